#include "load/blockers.h"

#include "core/alloc.h"
#include "load/session.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct dv_blockers {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool over;
    const char *uri;
    const struct dv_context *context;
    char pid[16], seen[400];
};

/* False when it is time to stop. */
static bool wait_half_second(struct dv_blockers *blockers)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 500000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&blockers->lock);
    while (!blockers->over && pthread_cond_timedwait(&blockers->wake, &blockers->lock, &until) == 0)
        ;
    bool go_on = !blockers->over;
    pthread_mutex_unlock(&blockers->lock);
    return go_on;
}

static void *watch(void *argument)
{
    struct dv_blockers *blockers = argument;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = NULL;
    const char *params[] = {blockers->pid};
    while (wait_half_second(blockers)) {
        PGresult *result = NULL;
        if (pg == NULL && dv_session_open(&pg, blockers->uri, blockers->context, "watch", &err) != DV_OK)
            break;
        if (dv_pg_query(pg,
                        "SELECT string_agg(format('pid %s (%s): %s', pid, state, left(query, 120)), '; ') "
                        "FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1::int))",
                        1, params, &result, &err) != DV_OK)
            break;
        pthread_mutex_lock(&blockers->lock);
        if (!PQgetisnull(result, 0, 0))
            (void)snprintf(blockers->seen, sizeof blockers->seen, "%s", PQgetvalue(result, 0, 0));
        pthread_mutex_unlock(&blockers->lock);
        PQclear(result);
    }
    dv_pg_close(pg);
    return NULL;
}

struct dv_blockers *dv_blockers_start(const char *uri, const struct dv_context *context, int pid)
{
    struct dv_blockers *blockers = dv_calloc(1, sizeof *blockers);
    sigset_t all, before;
    if (blockers == NULL)
        return NULL;
    blockers->uri = uri;
    blockers->context = context;
    (void)snprintf(blockers->pid, sizeof blockers->pid, "%d", pid);
    if (pthread_mutex_init(&blockers->lock, NULL) != 0) {
        dv_free(blockers);
        return NULL;
    }
    (void)pthread_cond_init(&blockers->wake, NULL);
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&blockers->thread, NULL, watch, blockers);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_cond_destroy(&blockers->wake);
        pthread_mutex_destroy(&blockers->lock);
        dv_free(blockers);
        return NULL;
    }
    return blockers;
}

void dv_blockers_stop(struct dv_blockers *blockers, char *out, size_t size)
{
    out[0] = '\0';
    if (blockers == NULL)
        return;
    pthread_mutex_lock(&blockers->lock);
    blockers->over = true;
    pthread_cond_signal(&blockers->wake);
    pthread_mutex_unlock(&blockers->lock);
    pthread_join(blockers->thread, NULL);
    (void)snprintf(out, size, "%s", blockers->seen);
    pthread_cond_destroy(&blockers->wake);
    pthread_mutex_destroy(&blockers->lock);
    dv_free(blockers);
}
