/* The rows of a part that cannot be loaded, and how many of them are allowed. Internal to load/. */
#ifndef DV_LOAD_REFUSED_H
#define DV_LOAD_REFUSED_H

#include "core/arena.h"
#include "load/load.h"

#include <pthread.h>

/* Shared by the workers of one dv_load_run. */
struct dv_allowed {
    pthread_mutex_t lock;
    uint64_t limit, offered; /* offered: by all steps */
    uint64_t rejected;       /* committed and under way */
    char text[64];           /* the allowance as a person says it: "50%", "100 rows" */
};

struct dv_refused_row {
    uint64_t row; /* 1-based within the part */
    const char *reason, *detail;
};

struct dv_refused {
    struct dv_allowed *allowed;
    uint64_t settled; /* rows of the part that are committed, from the first on: what was refused of those
                         stays here until the part is whole, and is not added again */
    struct dv_refused_row *rows; /* owned */
    size_t count, capacity;
    struct dv_arena arena;
};

/* The error is a row's fault: it goes to the rejects, and the part goes on without the row. */
bool dv_refused_is(const struct dv_err *err);
/* detail is copied. REJECTS where that is one more than allowed. */
enum dv_status dv_refused_add(struct dv_refused *refused, uint64_t row, const char *reason,
                              const char *detail, struct dv_err *err) DV_MUST_CHECK;
/* A row that the ledger says was refused. count: it is not in the allowance yet. */
enum dv_status dv_refused_known(struct dv_refused *refused, uint64_t row, const char *reason,
                                const char *detail, bool count, struct dv_err *err) DV_MUST_CHECK;
void dv_refused_forget(struct dv_refused *refused); /* what they took of the allowance stays taken */
void dv_refused_sort(struct dv_refused *refused);   /* by row */
/* Gives the allowance back, but for rows that are settled: the part starts over behind those. */
void dv_refused_clear(struct dv_refused *refused);
void dv_refused_cut(struct dv_refused *refused, size_t count); /* only the first `count` stay refused */
void dv_refused_release(struct dv_refused *refused);

/* RUN/rejects/load-STEP, NUL-terminated. Apart from the rejects of a model of the same name. */
enum dv_status dv_rejects_dir(struct dv_buf *out, const struct dv_context *context, const char *step,
                              struct dv_err *err) DV_MUST_CHECK;
/* Writes part N of the rejects: reason, detail, stage, dataset, part, row, then the row as it was. A part
 * without any leaves no file (force: an empty one). */
enum dv_status dv_rejects_write(const struct dv_context *context, const struct dv_load_spec *spec,
                                uint32_t part, const struct dv_refused *refused, bool force,
                                struct dv_err *err) DV_MUST_CHECK;
/* All parts of the step are loaded: makes the rejects a whole dataset where any row was refused. */
enum dv_status dv_rejects_finish(const struct dv_context *context, const struct dv_load_spec *spec,
                                 uint32_t part_count, struct dv_err *err) DV_MUST_CHECK;
/* Parts of the step are about to be unloaded: its rejects are no whole dataset any more. Those of its parts
 * stay to be read until a part is loaded again. */
enum dv_status dv_rejects_withdraw(const struct dv_context *context, const struct dv_load_spec *spec,
                                   struct dv_err *err) DV_MUST_CHECK;

#endif
