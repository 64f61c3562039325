/* The live lines on a terminal: one a dataset, redrawn five times a second by a thread of its own.
 *
 * Order of calls: start, stop (before anything else is written to stderr). Where stderr is no terminal, or
 * quiet is set, nothing is shown. */
#ifndef DV_CLI_PROGRESS_H
#define DV_CLI_PROGRESS_H

#include "core/progress.h"

struct dv_live;

/* NULL where nothing is shown. progress: borrowed until stop. */
struct dv_live *dv_live_start(struct dv_progress *progress, bool quiet);
void dv_live_stop(struct dv_live *live); /* NULL is fine */

#endif
