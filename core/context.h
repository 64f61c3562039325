/* What every stage is given: where the run's files are and what it may use. Made by jobs/, borrowed by the
 * stages. */
#ifndef DV_CORE_CONTEXT_H
#define DV_CORE_CONTEXT_H

#include "core/log.h"
#include "core/progress.h"

#include <stddef.h>
#include <stdint.h>

struct dv_context {
    const char *job;              /* the job's name */
    const char *run_id;           /* 20250601T013000Z-4f2a */
    const char *run_dir;          /* WORK/JOB/RUN, absolute; stage files in run_dir/extract/NAME,
                                     run_dir/transform/NAME, ... */
    int64_t now_us;               /* the run's clock: microseconds since 2000-01-01 UTC */
    unsigned workers;             /* 1 or more */
    size_t memory;                /* bytes that the stage may use for its own buffers */
    struct dv_log *log;           /* may be NULL */
    struct dv_progress *progress; /* may be NULL */
};

#endif
