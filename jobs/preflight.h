/* Looks ahead: what would stop a run, found before it changes anything of the target. Fills in run->findings;
 * fails (USAGE or FAULT) where something of it forbids to go on. */
#ifndef DV_JOBS_PREFLIGHT_H
#define DV_JOBS_PREFLIGHT_H

#include "jobs/run.h"

/* Names, privileges at source and target, disk space, locks. pg: the target. */
enum dv_status dv_run_preflight(struct dv_run *run, struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
/* The same over a connection of its own, with an error where something forbids to go on. */
enum dv_status dv_run_preflight_first(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* Between transform and load: the staged rows. After dv_run_loads; the target is locked. */
enum dv_status dv_run_preflight_staged(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;

#endif
