/* The transform beside the extract: it works on each part as the extract publishes it.
 *
 * Order of calls: begin, the extract with the context that begin gives, extracted; then end, where the
 * transform stage begins. Until then run->inputs and run->program are the transform's. What it has done is
 * found in its files; what it has not, or what it failed at, is left to the transform stage. */
#ifndef DV_JOBS_OVERLAP_H
#define DV_JOBS_OVERLAP_H

#include "jobs/run_parts.h"

/* run->inputs and run->program must stand, and nothing of the transform may be there yet. Sets run->overlap.
 */
enum dv_status dv_overlap_begin(struct dv_run *run, const struct dv_context **context,
                                struct dv_err *err) DV_MUST_CHECK;
/* The extract is over, well or not: the transform does not wait any longer for what is not there. *withdrawn:
 * the extract started over on the way, and what the transform made before is worth nothing. */
void dv_overlap_extracted(struct dv_run *run, bool *withdrawn);
/* Waits for the end of the transform. Does nothing where run->overlap is NULL. */
void dv_overlap_close(struct dv_run *run);

#endif
