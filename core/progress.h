/* Progress: counters that workers add to and the cli shows. Adding is lock-free and never fails; a NULL is
 * fine. */
#ifndef DV_CORE_PROGRESS_H
#define DV_CORE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DV_PROGRESS_ITEMS 256

struct dv_progress_item {
    char stage[16], dataset[64];
    _Atomic uint64_t rows, bytes;
    _Atomic uint64_t expected_rows;          /* 0: not known */
    _Atomic int64_t started_us, finished_us; /* CLOCK_MONOTONIC; 0: not yet */
};

struct dv_progress {
    struct dv_progress_item items[DV_PROGRESS_ITEMS];
    _Atomic unsigned count;
    atomic_bool starting; /* held while an item is added */
    _Atomic(const char *)
        waiting; /* why nothing moves just now: a text that lasts; NULL: nothing is in the way */
};

/* Finds or adds the item; NULL where progress is NULL or full. */
struct dv_progress_item *dv_progress_start(struct dv_progress *progress, const char *stage,
                                           const char *dataset, uint64_t expected_rows);
void dv_progress_add(struct dv_progress_item *item, uint64_t rows, uint64_t bytes);
void dv_progress_finish(struct dv_progress_item *item);
void dv_progress_waiting(struct dv_progress *progress, const char *waiting);
int64_t dv_monotonic_us(void);

#endif
