/* Statistics of the loaded tables, for the statements that come next: index steps, checks, the application.
 * Internal to load/. */
#ifndef DV_LOAD_ANALYZE_H
#define DV_LOAD_ANALYZE_H

#include "load/part.h"

/* ANALYZEs the steps' tables, each once, side by side. sessions: one a worker. A table that somebody keeps
 * locked against it is passed over with a warning in the log, and so, by the server, is one of another owner:
 * neither is a reason to fail a load. */
enum dv_status dv_analyze_loaded(const struct dv_load_run *run, const struct dv_load_spec *specs,
                                 unsigned count, struct dv_load_session *sessions,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
