/* Where the load waits: between parts and batches, while it holds neither a transaction nor a lock on a table
 * (the run's advisory lock stays). It waits while a file `pause` lies in the run's folder or in the job's,
 * and while the job's throttle query says so. Internal to load/.
 *
 * Order of calls: open, pass by any number of threads, close. What it waits for is logged once, when it
 * begins
 * ("waiting") and when it ends ("waiting_over"), and stands in the progress. The query runs on a connection
 * of its own, read-only, every so often, by whichever thread comes first. */
#ifndef DV_LOAD_GATE_H
#define DV_LOAD_GATE_H

#include "core/context.h"

struct dv_gate;

/* context, uri: borrowed until close. Connects to nothing. */
enum dv_status dv_gate_open(struct dv_gate **gate, const struct dv_context *context, const char *uri,
                            struct dv_err *err) DV_MUST_CHECK;
/* Returns when nothing is in the way. STOPPED by a signal or the deadline. A throttle query that fails is
 * FAULT: nobody knows then whether the load may go on. gate NULL: there is nothing to wait for. */
enum dv_status dv_gate_pass(struct dv_gate *gate, struct dv_err *err) DV_MUST_CHECK;
void dv_gate_close(struct dv_gate *gate); /* NULL is fine */

#endif
