/* What a run would do, and whether it could: neither writes anything anywhere (a "sandbox:" is started). */
#ifndef DV_JOBS_PLAN_H
#define DV_JOBS_PLAN_H

#include "jobs/run.h"

/* drover plan: schema steps pending, datasets with their estimated rows and columns, models in order, load
 * modes, and what a resume would skip; as text, appended. */
enum dv_status dv_plan(const struct dv_request *request, struct dv_buf *out,
                       struct dv_err *err) DV_MUST_CHECK;
/* drover check: parses and type-checks everything against both databases; says what was checked. */
enum dv_status dv_check_job(const struct dv_request *request, struct dv_buf *out,
                            struct dv_err *err) DV_MUST_CHECK;

#endif
