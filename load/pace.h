/* How many rows the next batch of an update takes, so that a transaction lasts about as long as wanted.
 * Internal to load/.
 *
 * Order of calls: dv_pace_begin; then, a batch at a time, dv_pace_rows and, once it is committed,
 * dv_pace_measured (or dv_pace_too_long). A batch costs something however few rows it has (a plan that reads
 * the table, say). Where that alone comes near the time wanted, smaller batches only make more of them: then
 * the batch lasts twice that cost. One thread. */
#ifndef DV_LOAD_PACE_H
#define DV_LOAD_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct dv_pace {
    uint64_t rows, most; /* of the next batch; most: UINT64_MAX: no limit */
    double seconds;      /* wanted */
    double fixed;        /* seconds that a batch takes however few rows it has, as far as is known */
    uint64_t last_rows;  /* 0: none yet */
    double last_seconds;
};

/* most 0: no limit. */
void dv_pace_begin(struct dv_pace *pace, uint64_t most, double seconds);
/* At least 1, at most `left`; 0 where that is 0. */
uint64_t dv_pace_rows(const struct dv_pace *pace, uint64_t left);
void dv_pace_measured(struct dv_pace *pace, uint64_t rows, double seconds);
/* A batch of so many rows was given up. False where it cannot be made smaller. */
bool dv_pace_too_long(struct dv_pace *pace, uint64_t rows);

#endif
