/* Taking back one run: what it inserted is removed, what it changed gets its old values, what somebody has
 * edited since is left alone. The run's own copy of job.json says which tables; the job's folder may have
 * changed since.
 *
 * On disk: the counts that were planned go to RUN/rollback/plan.json, then RUN/rolled_back.json is published,
 * both before the first row is touched: no later command goes on with that run. After an interruption the
 * same command counts again and takes back the rest. */
#ifndef DV_JOBS_ROLLBACK_H
#define DV_JOBS_ROLLBACK_H

#include "jobs/run.h"

struct dv_rollback_wish {
    bool act;         /* else it is only counted, and nothing is changed */
    const char *only; /* "STEP,STEP": these load steps alone; NULL: all */
    bool json;        /* the counts as JSON, else as a table */
};

/* What it did, or would do, is appended to out. request->run_id is required. */
enum dv_status dv_rollback(const struct dv_request *request, const struct dv_rollback_wish *wish,
                           struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
