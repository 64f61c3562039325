#include "core/arrivals.h"

#include "core/alloc.h"
#include "core/manifest.h"
#include "core/stop.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define LOOK_EVERY_NS 100000000L /* how long a wait may overlook the stop flag */

struct planned {
    struct planned *next;
    char *dataset;
    struct dv_column *columns;
    struct dv_arrival arrival;
};

struct dv_arrivals {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct planned *planned;
    uint64_t news;
    bool ended, withdrawn, let_go;
};

enum dv_status dv_arrivals_new(struct dv_arrivals **out, struct dv_err *err)
{
    struct dv_arrivals *arrivals = dv_calloc(1, sizeof *arrivals);
    pthread_condattr_t attributes;
    *out = NULL;
    if (arrivals == NULL)
        return dv_fail_memory(err);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&arrivals->lock, NULL);
    pthread_cond_init(&arrivals->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    *out = arrivals;
    return DV_OK;
}

static void planned_free(struct planned *planned)
{
    if (planned == NULL)
        return;
    dv_free(planned->dataset);
    dv_free(planned->columns);
    dv_free(planned);
}

void dv_arrivals_free(struct dv_arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    while (arrivals->planned != NULL) {
        struct planned *next = arrivals->planned->next;
        planned_free(arrivals->planned);
        arrivals->planned = next;
    }
    pthread_cond_destroy(&arrivals->changed);
    pthread_mutex_destroy(&arrivals->lock);
    dv_free(arrivals);
}

/* Under the lock. */
static void tell(struct dv_arrivals *arrivals)
{
    arrivals->news++;
    pthread_cond_broadcast(&arrivals->changed);
}

enum dv_status dv_arrivals_plan(struct dv_arrivals *arrivals, const char *dataset, uint32_t parts,
                                uint64_t estimated_rows, const struct dv_column *columns,
                                unsigned column_count, struct dv_err *err)
{
    if (arrivals == NULL)
        return DV_OK;
    struct planned *planned = dv_calloc(1, sizeof *planned);
    if (planned == NULL)
        return dv_fail_memory(err);
    planned->dataset = dv_strdup(dataset);
    planned->columns = dv_calloc(column_count + 1U, sizeof *planned->columns);
    if (planned->dataset == NULL || planned->columns == NULL) {
        planned_free(planned);
        return dv_fail_memory(err);
    }
    if (column_count > 0)
        memcpy(planned->columns, columns, column_count * sizeof *columns);
    planned->arrival = (struct dv_arrival){.parts = parts,
                                           .estimated_rows = estimated_rows,
                                           .columns = planned->columns,
                                           .column_count = column_count};
    pthread_mutex_lock(&arrivals->lock);
    planned->next = arrivals->planned;
    arrivals->planned = planned;
    tell(arrivals);
    pthread_mutex_unlock(&arrivals->lock);
    return DV_OK;
}

void dv_arrivals_published(struct dv_arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    pthread_mutex_lock(&arrivals->lock);
    tell(arrivals);
    pthread_mutex_unlock(&arrivals->lock);
}

void dv_arrivals_end(struct dv_arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    pthread_mutex_lock(&arrivals->lock);
    arrivals->ended = true;
    tell(arrivals);
    pthread_mutex_unlock(&arrivals->lock);
}

void dv_arrivals_withdraw(struct dv_arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    pthread_mutex_lock(&arrivals->lock);
    arrivals->ended = arrivals->withdrawn = true;
    tell(arrivals);
    while (!arrivals->let_go)
        pthread_cond_wait(&arrivals->changed, &arrivals->lock);
    pthread_mutex_unlock(&arrivals->lock);
}

void dv_arrivals_let_go(struct dv_arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    arrivals->let_go = true;
    tell(arrivals);
    pthread_mutex_unlock(&arrivals->lock);
}

bool dv_arrivals_withdrawn(struct dv_arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    bool withdrawn = arrivals->withdrawn;
    pthread_mutex_unlock(&arrivals->lock);
    return withdrawn;
}

uint64_t dv_arrivals_news(struct dv_arrivals *arrivals)
{
    if (arrivals == NULL)
        return 0;
    pthread_mutex_lock(&arrivals->lock);
    uint64_t news = arrivals->news;
    pthread_mutex_unlock(&arrivals->lock);
    return news;
}

static enum dv_status fail_ended(struct dv_err *err)
{
    return dv_fail(err, DV_EXIT_FAULT, "the stage before this one ended before all of its parts were there");
}

enum dv_status dv_arrivals_wait(struct dv_arrivals *arrivals, uint64_t news, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (arrivals == NULL)
        return fail_ended(err);
    pthread_mutex_lock(&arrivals->lock);
    while (status == DV_OK && arrivals->news == news) {
        struct timespec until;
        if (arrivals->ended) {
            status = fail_ended(err);
            break;
        }
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_EVERY_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&arrivals->changed, &arrivals->lock, &until);
        status = dv_stop_check(err);
    }
    if (status == DV_OK && arrivals->withdrawn)
        status = fail_ended(err);
    pthread_mutex_unlock(&arrivals->lock);
    return status;
}

static bool find(struct dv_arrivals *arrivals, const char *dataset, struct dv_arrival *arrival, bool *ended)
{
    pthread_mutex_lock(&arrivals->lock);
    const struct planned *planned = arrivals->planned;
    while (planned != NULL && strcmp(planned->dataset, dataset) != 0)
        planned = planned->next;
    if (planned != NULL)
        *arrival = planned->arrival;
    *ended = arrivals->ended;
    pthread_mutex_unlock(&arrivals->lock);
    return planned != NULL;
}

enum dv_status dv_arrivals_wait_plan(struct dv_arrivals *arrivals, const char *dataset, const char *dir,
                                     struct dv_arrival *arrival, struct dv_err *err)
{
    bool ended = true;
    for (;;) {
        uint64_t news = dv_arrivals_news(arrivals);
        if (arrivals != NULL && find(arrivals, dataset, arrival, &ended))
            return DV_OK;
        bool whole = ended;
        enum dv_status status = ended ? DV_OK : dv_dataset_look(dir, &whole, err);
        if (status == DV_OK && whole)
            return DV_END;
        if (status == DV_OK)
            status = dv_arrivals_wait(arrivals, news, err);
        if (status != DV_OK)
            return status;
    }
}

enum dv_status dv_arrivals_wait_dataset(struct dv_arrivals *arrivals, const char *dir, struct dv_err *err)
{
    for (;;) {
        uint64_t news = dv_arrivals_news(arrivals);
        bool whole;
        enum dv_status status = dv_dataset_look(dir, &whole, err);
        if (status == DV_OK && !whole)
            status = dv_arrivals_wait(arrivals, news, err);
        if (status != DV_OK || whole)
            return status;
    }
}
