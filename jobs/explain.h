/* drover explain: what the engine does for a model. */
#ifndef DV_JOBS_EXPLAIN_H
#define DV_JOBS_EXPLAIN_H

#include "jobs/run.h"

/* The plan of one model as text, appended. analyze: from the newest run that is extracted, its models run
 * over its stage files in a folder of their own (removed afterwards; the run is left as it is), with rows,
 * bytes and time of every step. */
enum dv_status dv_explain_model(const struct dv_request *request, const char *model, bool analyze,
                                struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
