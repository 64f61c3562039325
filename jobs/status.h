/* What the work folder says of its runs, without asking any server: state, stage, and datasets with their
 * parts and rows. Reads only; a run may be going on meanwhile. */
#ifndef DV_JOBS_STATUS_H
#define DV_JOBS_STATUS_H

#include "core/json.h"

/* job: a job's folder or its name; NULL: all jobs of the work folder, the newest run of each. Fills *out with
 * an array of runs, oldest first; the caller owns it. */
enum dv_status dv_work_status(const char *work, const char *job, json_t **out,
                              struct dv_err *err) DV_MUST_CHECK;
/* The same for people. */
enum dv_status dv_work_status_text(const json_t *runs, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
