/* Who stands in the way of a session that waits for a lock. Internal to load/.
 *
 * Order of calls: start, the statement that may wait, stop. A thread of its own looks four times or
 * more while the lock timeout lasts, because once it has struck nobody knows any more. */
#ifndef DV_LOAD_BLOCKERS_H
#define DV_LOAD_BLOCKERS_H

#include "load/load.h"

struct dv_blockers;

/* pid: the backend that may wait. NULL on any failure: the look is a courtesy. */
struct dv_blockers *dv_blockers_start(const char *uri, const struct dv_context *context, int pid);
/* "pid 123, user ann, application psql, idle in transaction, in its transaction since ...: SELECT ..." of
 * what was seen last, "" where nothing was. Frees; NULL is fine. */
void dv_blockers_stop(struct dv_blockers *blockers, char *out, size_t size);

#endif
