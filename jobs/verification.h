/* The result of a verification, for people and machines, and in the run's folder.
 *
 * RUN/verify.json holds the last one: removed when a verification begins, published when it is whole, also
 * where checks failed. So what it says was true of the whole run at that time; contract steps go by it. */
#ifndef DV_JOBS_VERIFICATION_H
#define DV_JOBS_VERIFICATION_H

#include "jobs/run.h"

enum dv_status dv_verification_publish(const struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_verification_forget(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* Into run->verification; *present false: there is none. */
enum dv_status dv_verification_read(struct dv_run *run, bool *present, struct dv_err *err) DV_MUST_CHECK;
/* The document of RUN/verify.json for run->verification, appended. */
enum dv_status dv_verification_json(const struct dv_run *run, struct dv_buf *out,
                                    struct dv_err *err) DV_MUST_CHECK;
/* A table of checks, all of them or those of the job and those that failed; the violating rows under it. */
enum dv_status dv_verification_text(const struct dv_verification *verification, bool all, struct dv_buf *out,
                                    struct dv_err *err) DV_MUST_CHECK;

#endif
