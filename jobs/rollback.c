#include "jobs/rollback.h"

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/run_parts.h"
#include "jobs/table.h"

#include <inttypes.h>

/* The run as it was, from its own files: nothing of the job's folder but the name counts here. */
static enum dv_status open_past(struct dv_run *run, struct dv_job *job, struct dv_err *err)
{
    const struct dv_request *request = run->request;
    enum dv_status status = DV_OK;
    if (request->run_id == NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "which run? --run is missing");
        dv_err_hint(err, "drover status %s lists them", request->job_dir);
        return status;
    }
    DV_TRY(dv_job_read(job, request->job_dir, err));
    DV_TRY(dv_workdir_open(&run->workdir, request->work, job->name, err));
    DV_TRY(dv_workdir_lock(&run->workdir, err));
    DV_TRY(dv_workdir_find(&run->workdir, request->run_id, run->id, err));
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, run->id);
    const char *path = dv_arena_printf(&run->arena, "%s/%s/job.json", run->workdir.path, run->id);
    const char *record = dv_arena_printf(&run->arena, "%s/%s/run.json", run->workdir.path, run->id);
    if (run->dir == NULL || path == NULL || record == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_job_read_copy(&run->job, path, err));
    DV_TRY(dv_json_read(record, DV_EXIT_FAULT, &run->record, err));
    run->separate = json_is_true(json_object_get(run->record, "separate"));
    if (request->target == NULL || request->target[0] == '\0') {
        status = dv_fail(err, DV_EXIT_USAGE, "no target is given");
        dv_err_hint(err, "add --target URI, or set DROVER_TARGET");
        return status;
    }
    DV_TRY(dv_run_resolve_uri(run->workdir.work, request->target, &run->arena, &run->target, err));
done:
    return status;
}

static enum dv_status list_loads(struct dv_run *run, struct dv_err *err)
{
    run->loads = dv_arena_zalloc(&run->arena, (run->job.load_count + 1) * sizeof *run->loads);
    if (run->loads == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->job.load_count; i++) {
        const struct dv_job_load *load = &run->job.loads[i];
        if (load->separate_only && !run->separate)
            continue;
        struct dv_load_spec *spec = &run->loads[run->load_count++];
        *spec = load->spec;
        bool extracted = dv_job_find_extract(&run->job, spec->dataset) != NULL;
        spec->dataset_dir =
            dv_run_path(&run->arena, run->dir, extracted ? "extract" : "transform", spec->dataset);
        if (spec->dataset_dir == NULL)
            return dv_fail_memory(err);
    }
    return DV_OK;
}

static enum dv_status show(const struct dv_run *run, const struct dv_rollback_count *counts, bool act,
                           struct dv_buf *out, struct dv_err *err)
{
    static const char *const done[] = {"load", "table", "removed", "restored", "kept, edited since"};
    static const char *const planned[] = {"load", "table", "to remove", "to restore", "kept, edited since"};
    struct dv_table table = {0};
    uint64_t kept = 0;
    dv_table_row(&table);
    for (unsigned i = 0; i < 5; i++)
        dv_table_text(&table, act ? done[i] : planned[i]);
    for (unsigned i = 0; i < run->load_count; i++) {
        dv_table_row(&table);
        dv_table_text(&table, counts[i].step[0] != '\0' ? counts[i].step : run->loads[i].step);
        dv_table_text(&table, counts[i].table[0] != '\0' ? counts[i].table : run->loads[i].table);
        dv_table_number(&table, counts[i].removed);
        dv_table_number(&table, counts[i].restored);
        dv_table_number(&table, counts[i].kept);
        kept += counts[i].kept;
    }
    dv_buf_printf(out, "run %s of job %s\n", run->id, run->job.name);
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    if (kept > 0 && act)
        dv_buf_printf(out, "the rows that were kept are listed in %s/rollback\n", run->dir);
    dv_buf_str(out, act ? "rolled back\n" : "nothing was changed; --yes carries it out\n");
    return status == DV_OK ? dv_buf_check(out, err) : status;
}

static enum dv_status publish_state(struct dv_run *run, const char *state, struct dv_err *err)
{
    const char *path = dv_arena_printf(&run->arena, "%s/rolled_back.json", run->dir);
    json_t *document = json_pack("{s:i, s:s, s:s}", "format", 1, "run", run->id, "state", state);
    enum dv_status status =
        path != NULL && document != NULL ? dv_json_publish(path, document, err) : dv_fail_memory(err);
    json_decref(document);
    return status;
}

static enum dv_status take_back(struct dv_run *run, bool act, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const char *fingerprint = json_string_value(json_object_get(run->record, "fingerprint"));
    struct dv_rollback_count *counts = dv_calloc(run->load_count + 1, sizeof *counts);
    if (counts == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_target_open(&run->locked, &run->context, run->target, false, err));
    if (act)
        DV_TRY(publish_state(run, "begun", err));
    DV_TRY(dv_rollback_run(run->locked, &run->context, run->loads, run->load_count, act, counts, err));
    if (act) {
        DV_TRY(dv_target_run_state(run->locked, "rolled_back", fingerprint != NULL ? fingerprint : "", err));
        DV_TRY(publish_state(run, "done", err));
    }
    status = show(run, counts, act, out, err);
done:
    dv_free(counts);
    return status;
}

enum dv_status dv_rollback(const struct dv_request *request, bool act, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_job job = {0};
    struct dv_run run = {.request = request, .workdir.lock_fd = -1};
    DV_TRY(open_past(&run, &job, err));
    run.context = (struct dv_context){.job = run.job.name,
                                      .run_id = run.id,
                                      .run_dir = run.dir,
                                      .workers = request->workers,
                                      .memory = request->memory,
                                      .progress = request->progress};
    DV_TRY(list_loads(&run, err));
    status = take_back(&run, act, out, err);
done:
    if (status != DV_OK)
        dv_err_place(err, "rollback", NULL, -1, -1);
    dv_run_close(&run);
    dv_job_release(&job);
    return status;
}
