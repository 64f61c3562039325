/* A dry run: the whole job, done for real on a copy of the target, or on the target itself in one transaction
 * that is rolled back (load/rehearsal.h).
 *
 * Order of calls: dv_dry_run_begin, a run by dry->request, dv_dry_run_report, dv_dry_run_end (idempotent).
 * The run lies in WORK/dry-run/JOB, where no other run looks, and stays there until the next dry run of the
 * job. One dry run at a time in a work folder (LOCKED). A target that is copied is only read, by pg_dump
 * (jobs/clone.h); where source and target are one database, the copy is both. */
#ifndef DV_JOBS_DRY_RUN_H
#define DV_JOBS_DRY_RUN_H

#include "jobs/clone.h"
#include "jobs/inspect.h"
#include "jobs/run.h"
#include "load/rehearsal.h"

enum dv_dry_run_form { DV_DRY_RUN_COPY, DV_DRY_RUN_TRANSACTION };

struct dv_dry_run {
    enum dv_dry_run_form form;
    struct dv_request request; /* that of the run on the copy, or in the transaction */
    struct dv_workdir guard;
    struct dv_arena arena;
    struct dv_job job;
    struct dv_clone clone;
    struct dv_rehearsal rehearsal;
    const char *target; /* fit to be shown */
    bool separate;
};

enum dv_status dv_dry_run_begin(struct dv_dry_run *dry, const struct dv_request *request,
                                enum dv_dry_run_form form, struct dv_err *err) DV_MUST_CHECK;
/* The first rows of what each table would get, and every rejected row; of a run that was stopped, what there
 * is. */
enum dv_status dv_dry_run_report(struct dv_dry_run *dry, dv_write_fn write, void *context,
                                 struct dv_err *err) DV_MUST_CHECK;
void dv_dry_run_end(struct dv_dry_run *dry);

#endif
