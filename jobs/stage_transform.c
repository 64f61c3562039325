#include "jobs/overlap.h"

#include <inttypes.h>

static enum dv_status need_extract(struct dv_run *run, struct dv_err *err)
{
    bool extracted;
    enum dv_status status = dv_run_extracted(run, &extracted, err);
    if (status == DV_OK && extracted && (run->inputs == NULL || run->program == NULL))
        status = dv_run_describe(run, err);
    if (status != DV_OK || extracted)
        return status;
    status = dv_fail(err, DV_EXIT_USAGE, "run %s is not extracted yet", run->id);
    dv_err_hint(err, "drover extract does it; drover run does all stages");
    return status;
}

/* What the extract read and rejected, of a job without models. */
static enum dv_status extract_tally(struct dv_run *run, struct dv_tally *tally, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < run->input_count && status == DV_OK; i++) {
        struct dv_dataset_manifest manifest = {0};
        const char *dir = dv_run_path(&run->arena, run->dir, "extract", run->inputs[i].extract->name);
        status = dir != NULL ? dv_dataset_manifest_read(dir, &manifest, err) : dv_fail_memory(err);
        tally->read += manifest.tally.read;
        tally->rejected += manifest.tally.rejected;
        dv_dataset_manifest_release(&manifest);
    }
    return status;
}

enum dv_status dv_run_check_allowance(struct dv_run *run, struct dv_err *err)
{
    struct dv_tally tally = {0};
    enum dv_status status = run->program != NULL ? dv_program_tally(run->program, &run->context, &tally, err)
                                                 : extract_tally(run, &tally, err);
    if (status != DV_OK)
        return status;
    const struct dv_allowance *allowance = &run->allowance;
    if (allowance->percent ? (double)tally.rejected * 100 <= allowance->share * (double)tally.read
                           : tally.rejected <= allowance->rows)
        return DV_OK;
    if (allowance->percent)
        status = dv_fail(
            err, DV_EXIT_REJECTS, "%" PRIu64 " of %" PRIu64 " rows were rejected (%.2f%%), %g%% are allowed",
            tally.rejected, tally.read, 100 * (double)tally.rejected / (double)tally.read, allowance->share);
    else
        status = dv_fail(err, DV_EXIT_REJECTS,
                         "%" PRIu64 " of %" PRIu64 " rows were rejected, %" PRIu64 " are allowed",
                         tally.rejected, tally.read, allowance->rows);
    dv_err_place(err, "transform", NULL, -1, -1);
    dv_err_hint(
        err,
        "drover rejects list %s shows them (they lie in %s/rejects); correct the data or the model, or "
        "allow more with --max-rejects",
        run->request->job_dir, run->dir);
    return status;
}

enum dv_status dv_stage_transform(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (run->overlap != NULL) {
        dv_overlap_close(run);
        DV_TRY(dv_run_describe(run, err)); /* now from the datasets */
    }
    DV_TRY(need_extract(run, err));
    if (run->program != NULL)
        DV_TRY(dv_program_run(run->program, &run->context, err));
    status = dv_run_check_allowance(run, err);
done:
    return status;
}
