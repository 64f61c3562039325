/* What the files of load/ share about sessions. Internal to load/. */
#ifndef DV_LOAD_SESSION_H
#define DV_LOAD_SESSION_H

#include "load/load.h"

const char *dv_target_uri(const struct dv_target *target);
/* A connection named "drover/JOB/WHAT" with drover.run set to the run's id, which triggers may look at; in a
 * rehearsal, once that has begun, the target's own. */
enum dv_status dv_session_open(struct dv_pg **pg, const char *uri, const struct dv_context *context,
                               const char *what, struct dv_err *err) DV_MUST_CHECK;
/* A connection of its own in a rehearsal too: one that looks from outside. */
enum dv_status dv_session_open_apart(struct dv_pg **pg, const char *uri, const struct dv_context *context,
                                     const char *what, struct dv_err *err) DV_MUST_CHECK;
/* The 64-bit key of an advisory lock, as decimal text. */
void dv_lock_key(char out[24], const char *kind, const char *name);
/* Sleeps, looking at the stop flag. */
enum dv_status dv_pause(int64_t microseconds, struct dv_err *err) DV_MUST_CHECK;
/* Whether schema drover has its tables, of this version or an earlier one, which dv_target_open brings up to
 * date where it may make them; FAULT where they are of a later one. */
enum dv_status dv_control_present(struct dv_pg *pg, bool *present, struct dv_err *err) DV_MUST_CHECK;

#endif
