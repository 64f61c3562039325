/* What every stage is given: where the run's files are and what it may use. Made by jobs/, borrowed by the
 * stages. */
#ifndef DV_CORE_CONTEXT_H
#define DV_CORE_CONTEXT_H

#include "core/arrivals.h"
#include "core/flags.h"
#include "core/log.h"
#include "core/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A query that tells whether the target has to be spared just now. */
struct dv_throttle {
    const char *sql;
    bool numeric; /* it returns a number, and more than `above` means wait; else true does */
    double above;
    unsigned every_ms; /* how long an answer counts */
};

struct dv_rehearsal;

struct dv_context {
    const char *job;                    /* the job's name */
    const char *run_id;                 /* 20250601T013000Z-4f2a */
    const char *run_dir;                /* WORK/JOB/RUN, absolute; stage files in run_dir/extract/NAME,
                                           run_dir/transform/NAME, ... */
    int64_t now_us;                     /* the run's clock: microseconds since 2000-01-01 UTC */
    unsigned workers;                   /* 1 or more */
    size_t memory;                      /* bytes that the stage may use for its own buffers */
    struct dv_log *log;                 /* may be NULL */
    struct dv_progress *progress;       /* may be NULL */
    struct dv_arrivals *arrivals;       /* between two stages that overlap; NULL: they do not */
    const struct dv_throttle *throttle; /* NULL: none */
    unsigned statement_timeout_ms;      /* of the statements that change rows of a live table; 0: none */
    unsigned lock_timeout_ms;           /* how long a statement may queue for a lock; 0: 2 s */
    unsigned lock_wait_ms;              /* how long it is tried again and again; 0: 5 min */
    struct dv_flags flags;              /* what "when" asks of schema steps and checks */
    struct dv_rehearsal *rehearsal;     /* load/rehearsal.h; NULL: what is done is done */
};

#endif
