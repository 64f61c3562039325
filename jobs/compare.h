/* The job's models done a second time, by PostgreSQL: what a run made is held against what the very same SQL
 * gives there.
 *
 * Needs the files of a run alone, and the sandbox server in WORK/sandbox, which is started where it does not
 * run; neither source nor target is asked. A database drover_compare_JOB is made for it and dropped again.
 * Text sorts there by bytes, as drover's does, and letters are ICU's (sql/order.sql); drover's own functions
 * are those of sql/compat.sql.
 *
 * The extracted stage files become tables; each model is run over them as it stands, an ephemeral one as a
 * view, with parameters and the run's clock put in and the rules of job.json as conditions; the result and
 * the model's own stage files are compared row by row, as bags. Nothing in WORK/JOB is written. */
#ifndef DV_JOBS_COMPARE_H
#define DV_JOBS_COMPARE_H

#include "jobs/run.h"

/* The run asked for, else the newest whose transform is finished. samples: differing rows to show of a model.
 * The table of models and the differing rows are appended to out, also where the result is VERIFY: something
 * differs. A model that PostgreSQL cannot finish, and of which drover rejected rows, is named as not
 * compared; the models behind it get drover's rows of it. */
enum dv_status dv_compare(const struct dv_request *request, uint64_t samples, struct dv_buf *out,
                          struct dv_err *err) DV_MUST_CHECK;

#endif
