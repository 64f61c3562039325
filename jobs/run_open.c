#include "core/alloc.h"
#include "core/datetime.h"
#include "core/file.h"
#include "jobs/fingerprint.h"
#include "jobs/overlap.h"
#include "jobs/run_parts.h"

#include <string.h>

#define RECORD_FORMAT 1
#define LARGEST_JOB   ((size_t)16 * 1024 * 1024)

/* Which run this is: the one asked for, the current one, or none yet (id stays empty). */
static enum dv_status choose_run(struct dv_run *run, enum dv_run_purpose purpose, struct dv_err *err)
{
    const struct dv_request *request = run->request;
    enum dv_status status = DV_OK;
    if (request->run_id != NULL && request->fresh)
        return dv_fail(err, DV_EXIT_USAGE, "--run and --new exclude each other");
    if (request->run_id != NULL)
        status = dv_workdir_find(&run->workdir, request->run_id, run->id, err);
    else if (!request->fresh)
        status = dv_workdir_newest(&run->workdir, run->id, err);
    if (status < 0 || run->id[0] == '\0')
        return status < 0 ? status : DV_OK;
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, run->id);
    if (run->dir == NULL)
        return dv_fail_memory(err);
    enum dv_run_state state;
    status = dv_run_state(run->dir, &state, err);
    if (status != DV_OK)
        return status;
    bool usable = state == DV_RUN_UNFINISHED ||
                  (state == DV_RUN_DONE && (purpose == DV_RUN_TO_VERIFY || purpose == DV_RUN_TO_EXPLAIN ||
                                            purpose == DV_RUN_TO_REPLAY));
    if (usable)
        return DV_OK;
    if (request->run_id != NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "run %s is %s", run->id,
                         state == DV_RUN_DONE ? "done and verified" : "rolled back");
        dv_err_hint(err, "begin a new run: leave --run out");
        return status;
    }
    run->id[0] = '\0';
    run->dir = NULL;
    return DV_OK;
}

static enum dv_status read_record(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    uint64_t format = 0;
    const char *path = dv_arena_printf(&run->arena, "%s/run.json", run->dir);
    if (path == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_json_read(path, DV_EXIT_FAULT, &run->record, err));
    DV_TRY(dv_json_uint(run->record, "format", "run.json", true, DV_EXIT_FAULT, &format, err));
    if (format != RECORD_FORMAT) {
        status = dv_fail(err, DV_EXIT_CHANGED, "run %s was begun by another version of drover (format %llu)",
                         run->id, (unsigned long long)format);
        dv_err_hint(err, "finish it with that version, or start over with --new");
    }
done:
    return status;
}

/* What must not have changed since the run began; and the values that it began with. */
static enum dv_status resolve(struct dv_run *run, struct dv_err *err)
{
    const struct dv_request *request = run->request;
    enum dv_status status = DV_OK;
    if (run->dir != NULL) {
        DV_TRY(read_record(run, err));
        run->resumed = true;
    }
    DV_TRY(dv_fingerprint_files(run->job.dir, &run->files, err));
    if (run->record != NULL)
        DV_TRY(dv_fingerprint_same_files(json_object_get(run->record, "files"), run->files, err));
    DV_TRY(dv_params_resolve(&run->job, request->params, request->param_count,
                             json_object_get(run->record, "params"), &run->arena, &run->params, err));
    DV_TRY(dv_params_settle(&run->params, &run->job, &run->arena, &run->flags, err));
    DV_TRY(dv_run_checks(run, err));
    run->allowance = run->job.allowance;
    if (request->max_rejects != NULL)
        DV_TRY(dv_allowance_parse(request->max_rejects, "--max-rejects", &run->allowance, err));
done:
    return status;
}

static json_t *database_json(struct dv_run *run, const char *uri, const char *identity, struct dv_err *err)
{
    const char *safe;
    if (uri == NULL || dv_run_safe_uri(&run->arena, uri, &safe, err) != DV_OK)
        return json_null();
    return json_pack("{s:s, s:s}", "uri", safe, "identity", identity);
}

static enum dv_status keep_job(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf text = {0};
    const char *from = dv_arena_printf(&run->arena, "%s/job.json", run->job.dir);
    const char *to = dv_arena_printf(&run->arena, "%s/job.json", run->dir);
    if (from == NULL || to == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_read(from, LARGEST_JOB, &text, err));
    status = dv_file_publish(to, text.data, text.len, err);
done:
    dv_buf_release(&text);
    return status;
}

/* A new run's folder. run.json comes last and makes it a run. */
static enum dv_status begin(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf started = {0};
    json_t *params = NULL, *folder = NULL;
    DV_TRY(dv_workdir_new_id(&run->workdir, run->id, err));
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, run->id);
    const char *path = dv_arena_printf(&run->arena, "%s/%s/run.json", run->workdir.path, run->id);
    params = dv_params_json(&run->params);
    dv_timestamp_format(dv_timestamp_now(), true, &started);
    if (run->dir == NULL || path == NULL || params == NULL || dv_buf_cstr(&started) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_fingerprint(run->files, params, run->source_identity, run->fingerprint, err));
    run->record =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:o, s:o, s:b}", "format", RECORD_FORMAT, "job",
                  run->job.name, "run", run->id, "tool_version", DROVER_VERSION, "started",
                  dv_buf_cstr(&started), "fingerprint", run->fingerprint, "files", run->files, "params",
                  params, "source", database_json(run, run->source, run->source_identity, err), "target",
                  database_json(run, run->target, run->target_identity, err), "separate", run->separate);
    if (run->folder != NULL && run->record != NULL)
        folder = json_string(run->folder);
    if (run->record == NULL || (run->folder != NULL && json_object_set(run->record, "folder", folder) != 0)) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_file_make_dirs(run->dir, err));
    DV_TRY(keep_job(run, err));
    status = dv_json_publish(path, run->record, err);
done:
    json_decref(params);
    json_decref(folder);
    dv_buf_release(&started);
    return status;
}

static enum dv_status open_log(struct dv_run *run, struct dv_err *err)
{
    const char *path = dv_arena_printf(&run->arena, "%s/log.jsonl", run->dir);
    if (path == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_log_open(&run->log, path, err);
    if (status != DV_OK)
        return status;
    if (run->request->log_line != NULL)
        dv_log_tee(run->log, run->request->log_line, run->request->log_context);
    dv_log_event(run->log, "info", run->resumed ? "run_resumed" : "run_begun", "job:s", run->job.name,
                 "run:s", run->id, "version:s", DROVER_VERSION, NULL);
    return DV_OK;
}

static void make_context(struct dv_run *run)
{
    run->context = (struct dv_context){.job = run->job.name,
                                       .run_id = run->id[0] != '\0' ? run->id : NULL,
                                       .run_dir = run->dir,
                                       .now_us = run->params.now_us,
                                       .workers = run->request->workers,
                                       .memory = run->request->memory,
                                       .log = run->log,
                                       .throttle = run->job.throttle.sql != NULL ? &run->job.throttle : NULL,
                                       .statement_timeout_ms = run->job.statement_timeout_ms,
                                       .progress = run->request->progress,
                                       .lock_timeout_ms = run->job.lock_timeout_ms,
                                       .lock_wait_ms = run->job.lock_wait_ms,
                                       .flags = run->flags,
                                       .rehearsal = run->request->rehearsal};
}

static enum dv_status open_steps(struct dv_run *run, enum dv_run_purpose purpose, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(dv_workdir_open(&run->workdir, run->request->work, run->job.name, err));
    bool looks = purpose == DV_RUN_TO_LOOK || purpose == DV_RUN_TO_EXPLAIN;
    bool replays = purpose == DV_RUN_TO_REPLAY;
    bool files = purpose == DV_RUN_FROM_FILES || purpose == DV_RUN_TO_EXPLAIN || replays;
    if (!looks)
        DV_TRY(dv_workdir_lock(&run->workdir, err));
    DV_TRY(choose_run(run, purpose, err));
    if (run->dir == NULL && (purpose == DV_RUN_TO_CONTINUE || files)) {
        status = dv_fail(err, DV_EXIT_USAGE, "job %s has no %s in %s", run->job.name,
                         replays ? "run that is not rolled back" : "unfinished run", run->workdir.work);
        dv_err_hint(err, replays ? "check --work; drover run begins one"
                                 : "drover extract begins one; drover run does all stages");
        goto done;
    }
    DV_TRY(resolve(run, err));
    DV_TRY(dv_schema_read(run->job.dir, &run->schema, err));
    DV_TRY(dv_schema_settle(&run->schema, &run->flags, err));
    if (files)
        dv_run_recorded_databases(run);
    if (replays)
        DV_TRY(dv_run_target(run, err));
    if (!files)
        DV_TRY(dv_run_databases(run, err));
    if (!looks) {
        if (!run->resumed)
            DV_TRY(begin(run, err));
        else
            DV_TRY(dv_file_sweep_tmp(run->dir, err));
        const char *fingerprint = json_string_value(json_object_get(run->record, "fingerprint"));
        if (run->resumed && fingerprint != NULL && strlen(fingerprint) < sizeof run->fingerprint)
            memcpy(run->fingerprint, fingerprint, strlen(fingerprint) + 1);
        DV_TRY(open_log(run, err));
    }
    make_context(run);
done:
    return status;
}

enum dv_status dv_run_open(struct dv_run *run, const struct dv_request *request, enum dv_run_purpose purpose,
                           struct dv_err *err)
{
    *run = (struct dv_run){.request = request, .workdir.lock_fd = -1};
    for (unsigned i = 0; i < DV_STAGE_COUNT; i++)
        run->seconds[i] = -1;
    enum dv_status status = dv_job_read(&run->job, request->job_dir, err);
    if (status == DV_OK)
        status = open_steps(run, purpose, err);
    if (status != DV_OK) {
        if (run->job.name != NULL)
            snprintf(err->job, sizeof err->job, "%s", run->job.name);
        dv_run_hint_resume(err);
        dv_run_close(run);
    }
    return status;
}

void dv_run_close(struct dv_run *run)
{
    dv_overlap_close(run);
    dv_target_close(run->locked);
    dv_program_free(run->program);
    dv_schema_release(&run->schema);
    dv_verification_release(&run->verification);
    dv_findings_release(&run->findings);
    dv_log_close(run->log);
    json_decref(run->record);
    json_decref(run->files);
    dv_workdir_close(&run->workdir);
    dv_job_release(&run->job);
    dv_arena_release(&run->arena);
    *run = (struct dv_run){.workdir.lock_fd = -1};
}
