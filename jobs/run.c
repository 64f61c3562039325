#include "jobs/run.h"

#include "core/stop.h"
#include "jobs/preflight.h"
#include "jobs/run_parts.h"
#include "load/rehearsal.h"

#include <string.h>

#define UNSAFE_NEW_VALUE "55P04" /* unsafe_new_enum_value_usage */

enum dv_status dv_run_apply_phase(struct dv_run *run, enum dv_phase phase, struct dv_err *err)
{
    unsigned applied = 0;
    enum dv_status status = dv_schema_status(dv_target_pg(run->locked), run->job.name, &run->schema, err);
    if (status == DV_OK)
        status = dv_schema_apply(run->locked, &run->context, &run->schema, phase, &applied, err);
    if (status != DV_OK)
        dv_err_place(err, "schema", NULL, -1, -1);
    run->steps_applied += applied;
    return status;
}

static enum dv_status stage_expand(struct dv_run *run, struct dv_err *err)
{
    return dv_run_apply_phase(run, DV_PHASE_EXPAND, err);
}

static enum dv_status stage_index(struct dv_run *run, struct dv_err *err)
{
    return dv_run_apply_phase(run, DV_PHASE_INDEX, err);
}

/* In the order in which they are done. */
static const struct {
    enum dv_stage stage;
    const char *name;
    bool target; /* works on the target, which is locked for it */
    enum dv_status (*run)(struct dv_run *run, struct dv_err *err);
} stages[] = {
    {DV_STAGE_EXPAND, "expand", true, stage_expand},
    {DV_STAGE_EXTRACT, "extract", false, dv_stage_extract},
    {DV_STAGE_TRANSFORM, "transform", false, dv_stage_transform},
    {DV_STAGE_LOAD, "load", true, dv_stage_load},
    {DV_STAGE_INDEX, "index", true, stage_index},
    {DV_STAGE_VERIFY, "verify", true, dv_stage_verify},
    {DV_STAGE_CONTRACT, "contract", true, dv_stage_contract},
    {DV_STAGE_DONE, "done", true, dv_stage_done},
};

/* A rehearsal holds locks, and does not hold them while it extracts: sources may be tables of the target. */
static const unsigned char usual_order[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const unsigned char rehearsal_order[] = {1, 2, 0, 3, 4, 5, 6, 7};

static enum dv_status lock_target(struct dv_run *run, struct dv_err *err)
{
    bool asks_throttle = (run->wanted & DV_STAGE_LOAD) != 0 && run->context.rehearsal == NULL;
    enum dv_status status = DV_OK;
    if (run->locked != NULL)
        return DV_OK;
    if (run->context.rehearsal != NULL)
        dv_rehearsal_limit(&run->context);
    DV_TRY(dv_target_open(&run->locked, &run->context, run->target, true, err));
    DV_TRY(dv_target_check_loaded(run->locked, &run->context, err));
    if (asks_throttle)
        DV_TRY(dv_throttle_check(dv_target_pg(run->locked), run->context.throttle, err));
    status = dv_target_run_state(run->locked, "running", run->fingerprint, err);
done:
    return status;
}

/* Says so in the target, where it still answers. The error that is being reported is what matters. */
static void note_failure(struct dv_run *run, const struct dv_err *err)
{
    dv_log_error(run->log, err);
    if (run->locked == NULL || dv_pg_lost(dv_target_pg(run->locked)) || err->code == DV_EXIT_STOPPED)
        return;
    struct dv_err ignored = DV_ERR_INIT;
    if (dv_target_run_state(run->locked, "failed", run->fingerprint, &ignored) != DV_OK)
        dv_log_error(run->log, &ignored);
}

void dv_run_hint_resume(struct dv_err *err)
{
    if (err->hint[0] == '\0' && err->code == DV_EXIT_FAULT)
        dv_err_hint(err, "run the same command again to resume");
}

static enum dv_status fail(struct dv_run *run, enum dv_status status, struct dv_err *err)
{
    bool rehearsal = run->context.rehearsal != NULL;
    /* Code 4 says that nothing is loaded. An earlier call of this run may have had a larger allowance. */
    if (err->code == DV_EXIT_REJECTS && run->locked != NULL && !rehearsal)
        status = dv_run_take_back(run, err);
    if (rehearsal && strcmp(err->sqlstate, UNSAFE_NEW_VALUE) == 0)
        dv_err_hint(err,
                    "one transaction cannot use an enum value that it added itself; --dry-run alone can");
    dv_run_hint_resume(err);
    if (err->job[0] == '\0')
        snprintf(err->job, sizeof err->job, "%s", run->job.name);
    note_failure(run, err);
    return status;
}

enum dv_status dv_run_stages(struct dv_run *run, unsigned wanted, struct dv_err *err)
{
    const unsigned char *order = run->context.rehearsal != NULL ? rehearsal_order : usual_order;
    enum dv_status status = DV_OK;
    run->wanted = wanted;
    if ((wanted & (DV_STAGE_EXPAND | DV_STAGE_LOAD)) != 0)
        DV_TRY(dv_run_preflight_first(run, err));
    for (size_t at = 0; at < sizeof stages / sizeof stages[0]; at++) {
        unsigned i = order[at];
        if ((wanted & (unsigned)stages[i].stage) == 0)
            continue;
        DV_TRY(dv_stop_boundary(err));
        if (stages[i].target)
            DV_TRY(lock_target(run, err));
        int64_t began = dv_monotonic_us();
        dv_log_event(run->log, "info", "stage_begun", "stage:s", stages[i].name, NULL);
        DV_TRY(stages[i].run(run, err));
        if (stages[i].stage == DV_STAGE_TRANSFORM && run->transform_began_us > 0)
            began = run->transform_began_us;
        run->seconds[i] = (double)(dv_monotonic_us() - began) / 1e6;
        dv_log_event(run->log, "info", "stage_done", "stage:s", stages[i].name, "seconds:f", run->seconds[i],
                     NULL);
    }
done:
    if (status != DV_OK)
        status = fail(run, status, err);
    if (run->context.rehearsal != NULL) {
        dv_rehearsal_end(run->context.rehearsal);
        dv_target_close(run->locked);
        run->locked = NULL;
    }
    return status;
}
