#include "core/alloc.h"
#include "jobs/preflight.h"
#include "jobs/replay_parts.h"
#include "jobs/verification.h"

static enum dv_status need_datasets(struct dv_run *run, struct dv_err *err)
{
    for (unsigned i = 0; i < run->load_count; i++) {
        bool whole;
        enum dv_status status = dv_dataset_look(run->loads[i].dataset_dir, &whole, err);
        if (status == DV_OK && whole)
            status = dv_dataset_check(run->loads[i].dataset_dir, err);
        if (status != DV_OK)
            return status;
        if (whole)
            continue;
        status = dv_fail(err, DV_EXIT_USAGE, "the dataset %s of run %s is not made yet",
                         run->loads[i].dataset, run->id);
        dv_err_hint(err, "drover %s makes it; drover run does all stages",
                    dv_job_find_extract(&run->job, run->loads[i].dataset) != NULL ? "extract" : "transform");
        return status;
    }
    return DV_OK;
}

/* The load specs and, for a stage that comes after a load of an earlier call, what the ledger says of it. */
static enum dv_status prepare(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    uint32_t *parts = NULL;
    bool extracted;
    if (run->loads != NULL)
        return DV_OK;
    if (run->inputs == NULL) {
        DV_TRY(dv_run_extracted(run, &extracted, err));
        if (extracted)
            DV_TRY(dv_run_describe(run, err));
    }
    DV_TRY(dv_run_loads(run, dv_target_pg(run->locked), err));
    parts = dv_calloc(run->load_count + 1, sizeof *parts);
    if (parts == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    status = dv_load_counts(dv_target_pg(run->locked), run->id, run->loads, run->load_count, run->load_counts,
                            parts, err);
done:
    dv_free(parts);
    return status;
}

enum dv_status dv_stage_load(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(prepare(run, err));
    DV_TRY(need_datasets(run, err));
    DV_TRY(dv_run_check_allowance(run, err));
    DV_TRY(dv_run_preflight_staged(run, err));
    status = dv_load_run(run->locked, &run->context, run->loads, run->load_count, &run->allowance,
                         run->load_counts, err);
done:
    return status;
}

enum dv_status dv_run_take_back(struct dv_run *run, struct dv_err *err)
{
    struct dv_err fault = DV_ERR_INIT;
    bool any;
    enum dv_status status = dv_load_any(run->locked, &run->context, &any, &fault);
    if (status == DV_OK && any)
        status = prepare(run, &fault);
    if (status != DV_OK) {
        *err = fault;
        return status;
    }
    return dv_load_take_back(run->locked, &run->context, run->loads, any ? run->load_count : 0, err);
}

/* A contract step of this run may have taken away what checks look at: the verification that came before it
 * stands then. */
static enum dv_status contract_begun(struct dv_run *run, bool *begun, struct dv_err *err)
{
    const char *params[] = {run->job.name, run->id};
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(
        dv_target_pg(run->locked),
        "SELECT FROM drover.schema_step WHERE job = $1 AND run_id = $2 AND phase = 'contract' LIMIT 1", 2,
        params, &result, err);
    *begun = status == DV_OK && PQntuples(result) > 0;
    PQclear(result);
    return status;
}

static enum dv_status verdict(const struct dv_run *run, struct dv_err *err)
{
    enum dv_status status;
    unsigned failed = 0;
    if (run->verification.passed)
        return DV_OK;
    for (unsigned i = 0; i < run->verification.count; i++)
        failed += !run->verification.checks[i].passed && !run->verification.checks[i].warning;
    status = dv_fail(err, DV_EXIT_VERIFY, "%u of %u checks failed in run %s", failed, run->verification.count,
                     run->id);
    dv_err_place(err, "verify", NULL, -1, -1);
    dv_err_hint(
        err, "look at the rows named above; drover rollback takes the run back, drover run checks it again");
    return status;
}

enum dv_status dv_stage_verify(struct dv_run *run, struct dv_err *err)
{
    bool resume = (run->wanted & DV_STAGE_LOAD) != 0, begun = false, present = false;
    enum dv_status status = DV_OK;
    DV_TRY(prepare(run, err));
    if (resume)
        DV_TRY(contract_begun(run, &begun, err));
    if (begun)
        DV_TRY(dv_verification_read(run, &present, err));
    if (present && run->verification.passed)
        return DV_OK;
    const char *const *params = dv_params_pairs(&run->params, &run->arena);
    if (params == NULL)
        return dv_fail_memory(err);
    dv_verification_release(&run->verification);
    DV_TRY(dv_verification_forget(run, err));
    DV_TRY(dv_verify_run(run->locked, &run->context, run->job.dir, run->loads, run->load_count, params,
                         resume, &run->verification, err));
    DV_TRY(dv_replay_verify(run, err));
    DV_TRY(dv_verify_http(&run->context, run->checks, run->check_count, &run->verification, err));
    DV_TRY(dv_verification_publish(run, err));
    status = verdict(run, err);
done:
    return status;
}

enum dv_status dv_stage_contract(struct dv_run *run, struct dv_err *err)
{
    bool present = run->verification.count > 0;
    enum dv_status status = DV_OK;
    if (!present)
        DV_TRY(dv_verification_read(run, &present, err));
    if (!present || !run->verification.passed) {
        status = dv_fail(err, DV_EXIT_VERIFY,
                         "the contract steps wait for a verification of run %s that passes", run->id);
        dv_err_hint(err, "drover run %s --contract verifies the run, and goes on to them where it passed",
                    run->request->job_dir);
        goto done;
    }
    status = dv_run_apply_phase(run, DV_PHASE_CONTRACT, err);
done:
    return status;
}
