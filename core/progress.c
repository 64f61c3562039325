#include "core/progress.h"

#include "core/utf8_cut.h"

#include <sched.h>
#include <string.h>
#include <time.h>

int64_t dv_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void copy_name(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size)
        length = dv_utf8_cut(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

static struct dv_progress_item *find_or_add(struct dv_progress *progress, const char *stage,
                                            const char *dataset, uint64_t expected_rows)
{
    char stage_name[sizeof progress->items[0].stage];
    char dataset_name[sizeof progress->items[0].dataset];
    copy_name(stage_name, sizeof stage_name, stage);
    copy_name(dataset_name, sizeof dataset_name, dataset);

    unsigned count = atomic_load(&progress->count);
    for (unsigned i = 0; i < count; i++) {
        struct dv_progress_item *known = &progress->items[i];
        if (strcmp(known->stage, stage_name) == 0 && strcmp(known->dataset, dataset_name) == 0) {
            if (expected_rows > 0)
                atomic_store(&known->expected_rows, expected_rows);
            atomic_store(&known->finished_us, 0);
            return known;
        }
    }
    if (count >= DV_PROGRESS_ITEMS)
        return NULL;
    struct dv_progress_item *item = &progress->items[count];
    memcpy(item->stage, stage_name, sizeof stage_name);
    memcpy(item->dataset, dataset_name, sizeof dataset_name);
    atomic_store(&item->expected_rows, expected_rows);
    atomic_store(&item->started_us, dv_monotonic_us());
    atomic_store(&progress->count, count + 1); /* last: a reader sees whole items only */
    return item;
}

struct dv_progress_item *dv_progress_start(struct dv_progress *progress, const char *stage,
                                           const char *dataset, uint64_t expected_rows)
{
    if (progress == NULL)
        return NULL;
    while (atomic_exchange(&progress->starting, true))
        sched_yield();
    struct dv_progress_item *item = find_or_add(progress, stage, dataset, expected_rows);
    atomic_store(&progress->starting, false);
    return item;
}

void dv_progress_add(struct dv_progress_item *item, uint64_t rows, uint64_t bytes)
{
    if (item == NULL)
        return;
    atomic_fetch_add_explicit(&item->rows, rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&item->bytes, bytes, memory_order_relaxed);
}

void dv_progress_finish(struct dv_progress_item *item)
{
    if (item != NULL)
        atomic_store(&item->finished_us, dv_monotonic_us());
}

void dv_progress_waiting(struct dv_progress *progress, const char *waiting)
{
    if (progress != NULL)
        atomic_store(&progress->waiting, waiting);
}
