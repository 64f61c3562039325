/* Taking back one run: what it inserted is removed, what it changed gets its old values, what somebody has
 * edited since is left alone. The run's own copy of job.json says which tables; the job's folder may have
 * changed since.
 *
 * On disk: RUN/rolled_back.json is published before the first row is touched, so that no later command goes
 * on with that run; after an interruption the same command takes back the rest. */
#ifndef DV_JOBS_ROLLBACK_H
#define DV_JOBS_ROLLBACK_H

#include "jobs/run.h"

/* act false: counts only, nothing is changed. The table of counts is appended to out. request->run_id is
 * required. */
enum dv_status dv_rollback(const struct dv_request *request, bool act, struct dv_buf *out,
                           struct dv_err *err) DV_MUST_CHECK;

#endif
