#include "core/datetime.h"
#include "core/file.h"
#include "jobs/run_parts.h"

#include <unistd.h>

/* The array, or NULL (released) where an element found no memory: a summary is whole or not written. */
static json_t *whole_array(json_t *array, size_t size)
{
    if (json_array_size(array) == size)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *tally_json(const struct dv_dataset_manifest *manifest)
{
    const struct dv_tally *tally = &manifest->tally;
    json_t *reasons = json_array();
    for (unsigned i = 0; i < tally->reason_count; i++)
        json_array_append_new(reasons, json_pack("{s:s, s:s, s:I}", "reason", tally->reasons[i].name, "kind",
                                                 tally->reasons[i].rejected ? "rejected" : "filtered", "rows",
                                                 (json_int_t)tally->reasons[i].rows));
    reasons = whole_array(reasons, tally->reason_count);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "read", (json_int_t)tally->read, "written",
                     (json_int_t)tally->written, "merged", (json_int_t)tally->merged, "filtered",
                     (json_int_t)tally->filtered, "rejected", (json_int_t)tally->rejected, "bytes",
                     (json_int_t)manifest->bytes, "reasons", reasons);
}

static enum dv_status add_dataset(struct dv_run *run, json_t *section, const char *kind, const char *name,
                                  struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    const char *dir = dv_run_path(&run->arena, run->dir, kind, name);
    if (dir == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_dataset_manifest_read(dir, &manifest, err);
    if (status == DV_OK && json_object_set_new(section, name, tally_json(&manifest)) != 0)
        status = dv_fail_memory(err);
    dv_dataset_manifest_release(&manifest);
    return status;
}

static enum dv_status add_datasets(struct dv_run *run, json_t *document, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *extract = json_object(), *transform = json_object();
    if (json_object_set_new(document, "extract", extract) != 0 ||
        json_object_set_new(document, "transform", transform) != 0)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(add_dataset(run, extract, "extract", run->inputs[i].extract->name, err));
    for (unsigned i = 0; run->program != NULL && i < dv_program_model_count(run->program); i++)
        if (!dv_program_model_ephemeral(run->program, i))
            DV_TRY(add_dataset(run, transform, "transform", dv_program_model_name(run->program, i), err));
done:
    return status;
}

static json_t *loads_json(const struct dv_run *run)
{
    json_t *loads = json_array();
    for (unsigned i = 0; i < run->load_count && loads != NULL; i++) {
        const struct dv_load_count *count = &run->load_counts[i];
        json_array_append_new(
            loads, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "step", run->loads[i].step, "table",
                             run->loads[i].table, "offered", (json_int_t)count->offered, "inserted",
                             (json_int_t)count->inserted, "updated", (json_int_t)count->updated, "unchanged",
                             (json_int_t)count->unchanged, "rejected", (json_int_t)count->rejected));
    }
    return whole_array(loads, run->load_count);
}

static json_t *checks_json(const struct dv_verification *verification)
{
    json_t *checks = json_array();
    for (unsigned i = 0; i < verification->count && checks != NULL; i++) {
        const struct dv_check *check = &verification->checks[i];
        json_array_append_new(checks, json_pack("{s:s, s:s, s:b, s:I, s:f}", "name", check->name, "severity",
                                                check->warning ? "warning" : "error", "passed", check->passed,
                                                "violations", (json_int_t)check->violations, "seconds",
                                                check->seconds));
    }
    return whole_array(checks, verification->count);
}

static json_t *seconds_json(const struct dv_run *run)
{
    static const char *const names[DV_STAGE_COUNT] = {"expand", "extract", "transform", "load",
                                                      "index",  "verify",  "contract",  "done"};
    json_t *seconds = json_object();
    for (unsigned i = 0; i < DV_STAGE_COUNT && seconds != NULL; i++)
        if (run->seconds[i] >= 0)
            json_object_set_new(seconds, names[i], json_real(run->seconds[i]));
    return seconds;
}

static enum dv_status is_complete(const struct dv_run *run, bool *complete, struct dv_err *err)
{
    enum dv_status status = dv_run_extracted(run, complete, err);
    for (unsigned i = 0; i < run->load_count && *complete && status == DV_OK; i++)
        status = dv_dataset_look(run->loads[i].dataset_dir, complete, err);
    *complete = *complete && run->verification.passed;
    return status;
}

/* The last word of a run: first the target is told, then done.json is published. After a crash between the
 * two the next call finds everything done, verifies again and says both once more. A run that was only
 * verified, before all of it was made, is not done; one that was done before stays so. */
enum dv_status dv_stage_done(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf finished = {0};
    json_t *document = NULL;
    const char *path = dv_arena_printf(&run->arena, "%s/done.json", run->dir);
    enum dv_run_state state;
    bool complete;
    DV_TRY(dv_run_state(run->dir, &state, err));
    run->done = state == DV_RUN_DONE;
    if (run->done)
        return dv_target_run_state(run->locked, "done", run->fingerprint, err);
    DV_TRY(is_complete(run, &complete, err));
    if (!complete)
        return DV_OK;
    dv_timestamp_format(dv_timestamp_now(), true, &finished);
    document =
        json_pack("{s:i, s:s, s:s, s:o, s:o, s:o}", "format", 1, "run", run->id, "finished",
                  dv_buf_cstr(&finished) != NULL ? dv_buf_cstr(&finished) : "", "seconds", seconds_json(run),
                  "load", loads_json(run), "checks", checks_json(&run->verification));
    if (path == NULL || document == NULL || finished.failed) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(add_datasets(run, document, err));
    DV_TRY(dv_target_run_state(run->locked, "done", run->fingerprint, err));
    status = dv_json_publish(path, document, err);
    if (status != DV_OK) {
        /* Renamed, but the folder could not be fsynced: a run that ends with an error is not done, and the
         * next call must go on with it rather than begin another one. */
        (void)unlink(path);
        goto done;
    }
    run->done = true;
    dv_log_event(run->log, "info", "run_done", "run:s", run->id, NULL);
done:
    json_decref(document);
    dv_buf_release(&finished);
    return status;
}
