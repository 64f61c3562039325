#include "core/alloc.h"
#include "jobs/run_parts.h"

static enum dv_status need_datasets(struct dv_run *run, struct dv_err *err)
{
    for (unsigned i = 0; i < run->load_count; i++) {
        if (dv_dataset_exists(run->loads[i].dataset_dir))
            continue;
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "the dataset %s of run %s is not made yet",
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
    if (run->loads != NULL)
        return DV_OK;
    if (run->inputs == NULL && dv_run_extracted(run))
        DV_TRY(dv_run_describe(run, err));
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
    status = dv_load_run(run->locked, &run->context, run->loads, run->load_count, &run->allowance,
                         run->load_counts, err);
done:
    return status;
}

enum dv_status dv_stage_verify(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(prepare(run, err));
    const char *const *params = dv_params_pairs(&run->params, &run->arena);
    if (params == NULL)
        return dv_fail_memory(err);
    dv_verification_release(&run->verification);
    DV_TRY(dv_verify_run(run->locked, &run->context, run->job.dir, run->loads, run->load_count, params,
                         &run->verification, err));
    if (run->verification.passed)
        return DV_OK;
    unsigned failed = 0;
    for (unsigned i = 0; i < run->verification.count; i++)
        failed += !run->verification.checks[i].passed && !run->verification.checks[i].warning;
    status = dv_fail(err, DV_EXIT_VERIFY, "%u of %u checks failed in run %s", failed, run->verification.count,
                     run->id);
    dv_err_place(err, "verify", NULL, -1, -1);
    dv_err_hint(
        err, "look at the rows named above; drover rollback takes the run back, drover run checks it again");
done:
    return status;
}
