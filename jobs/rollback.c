#include "jobs/rollback.h"

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/replay_parts.h"
#include "jobs/table.h"

#include <string.h>

/* The run as it was, from its own files: nothing of the job's folder but the name counts here. */
static enum dv_status open_past(struct dv_run *run, struct dv_job *job, unsigned *replay, struct dv_err *err)
{
    const struct dv_request *request = run->request;
    enum dv_status status = DV_OK;
    char id[DV_RUN_ID_SIZE];
    if (request->run_id == NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "which run? --run is missing");
        dv_err_hint(err, "drover status %s lists them", request->job_dir);
        return status;
    }
    DV_TRY(dv_job_read(job, request->job_dir, err));
    DV_TRY(dv_workdir_open(&run->workdir, request->work, job->name, err));
    DV_TRY(dv_workdir_lock(&run->workdir, err));
    dv_replay_id_split(request->run_id, id, replay);
    DV_TRY(dv_workdir_find(&run->workdir, id, run->id, err));
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, run->id);
    const char *path = dv_arena_printf(&run->arena, "%s/%s/job.json", run->workdir.path, run->id);
    const char *record = dv_arena_printf(&run->arena, "%s/%s/run.json", run->workdir.path, run->id);
    if (run->dir == NULL || path == NULL || record == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_job_read_copy(&run->job, path, err));
    DV_TRY(dv_json_read(record, DV_EXIT_FAULT, &run->record, err));
    run->separate = json_is_true(json_object_get(run->record, "separate"));
    DV_TRY(dv_params_resolve(&run->job, NULL, 0, json_object_get(run->record, "params"), &run->arena,
                             &run->params, err));
    DV_TRY(dv_params_settle(&run->params, &run->job, &run->arena, &run->flags, err));
    if (request->target == NULL || request->target[0] == '\0') {
        status = dv_fail(err, DV_EXIT_USAGE, "no target is given");
        dv_err_hint(err, "add --target URI, or set DROVER_TARGET");
        return status;
    }
    DV_TRY(dv_run_resolve_uri(run->workdir.work, request->target, &run->arena, &run->target, err));
done:
    return status;
}

/* The columns that were loaded: as at the load, those that the table has. */
static enum dv_status map_columns(struct dv_run *run, struct dv_load_spec *spec, struct dv_err *err)
{
    enum dv_status status;
    struct dv_dataset_manifest manifest = {0};
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &manifest, err));
    size_t size = manifest.column_count * sizeof *manifest.columns;
    struct dv_column *columns = dv_arena_alloc(&run->arena, size + 1);
    if (columns == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    memcpy(columns, manifest.columns, size);
    status = dv_run_map_extracted(run, dv_target_pg(run->locked), spec, columns, manifest.column_count, err);
done:
    dv_dataset_manifest_release(&manifest);
    return status;
}

static enum dv_status list_loads(struct dv_run *run, struct dv_err *err)
{
    run->loads = dv_arena_zalloc(&run->arena, (run->job.load_count + 1) * sizeof *run->loads);
    if (run->loads == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->job.load_count; i++) {
        const struct dv_job_load *load = &run->job.loads[i];
        enum dv_status status = DV_OK;
        if (!dv_job_databases_hold(load->databases, run->separate))
            continue;
        struct dv_load_spec *spec = &run->loads[run->load_count++];
        *spec = load->spec;
        bool extracted = dv_job_find_extract(&run->job, spec->dataset) != NULL;
        spec->dataset_dir =
            dv_run_path(&run->arena, run->dir, extracted ? "extract" : "transform", spec->dataset);
        if (spec->dataset_dir == NULL)
            return dv_fail_memory(err);
        bool whole = false;
        if (extracted && spec->column_count == 0)
            status = dv_dataset_look(spec->dataset_dir, &whole, err);
        if (status == DV_OK && whole)
            status = map_columns(run, spec, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status no_such_step(const struct dv_run *run, const char *name, struct dv_err *err)
{
    struct dv_buf names = {0};
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "--only: the run has no load step %s", name);
    for (unsigned i = 0; i < run->load_count; i++)
        dv_buf_printf(&names, "%s%s", i > 0 ? ", " : "", run->loads[i].step);
    if (dv_buf_cstr(&names) != NULL)
        dv_err_hint(err, "its steps are %s", names.data);
    dv_buf_release(&names);
    return status;
}

/* "payments,activity": all others are left out. */
static enum dv_status choose_steps(struct dv_run *run, const char *only, struct dv_rollback_count *counts,
                                   struct dv_err *err)
{
    char *rest = NULL, *names = only != NULL ? dv_arena_strdup(&run->arena, only) : NULL;
    if (only == NULL)
        return DV_OK;
    if (names == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->load_count; i++)
        counts[i].left_out = true;
    for (const char *name = strtok_r(names, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        unsigned i = 0;
        while (i < run->load_count && strcmp(run->loads[i].step, name) != 0)
            i++;
        if (i == run->load_count)
            return no_such_step(run, name, err);
        counts[i].left_out = false;
    }
    return strspn(only, ",") == strlen(only) ? no_such_step(run, "without a name", err) : DV_OK;
}

static json_t *counts_json(const struct dv_run *run, const struct dv_rollback_count *counts)
{
    json_t *steps = json_array();
    size_t wanted = 0;
    for (unsigned i = 0; i < run->load_count; i++) {
        if (counts[i].left_out)
            continue;
        wanted++;
        json_array_append_new(steps,
                              json_pack("{s:s, s:s, s:I, s:I, s:I}", "step", counts[i].step, "table",
                                        counts[i].table, "removed", (json_int_t)counts[i].removed, "restored",
                                        (json_int_t)counts[i].restored, "kept", (json_int_t)counts[i].kept));
    }
    if (json_array_size(steps) == wanted)
        return steps;
    json_decref(steps);
    return NULL;
}

static enum dv_status show_json(const struct dv_run *run, const struct dv_rollback_count *counts,
                                const char *state, struct dv_buf *out, struct dv_err *err)
{
    json_t *document = json_pack("{s:s, s:s, s:s, s:o}", "job", run->job.name, "run", run->id, "state", state,
                                 "steps", counts_json(run, counts));
    char *text = document != NULL ? json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2)) : NULL;
    enum dv_status status = text != NULL ? DV_OK : dv_fail_memory(err);
    if (text != NULL)
        dv_buf_printf(out, "%s\n", text);
    dv_free(text);
    json_decref(document);
    return status == DV_OK ? dv_buf_check(out, err) : status;
}

static enum dv_status show(const struct dv_run *run, const struct dv_rollback_count *counts, bool act,
                           bool rest, struct dv_buf *out, struct dv_err *err)
{
    static const char *const done[] = {"load", "table", "removed", "restored", "kept, edited since"};
    static const char *const planned[] = {"load", "table", "to remove", "to restore", "kept, edited since"};
    struct dv_table table = {0};
    uint64_t kept = 0;
    dv_table_row(&table);
    for (unsigned i = 0; i < 5; i++)
        dv_table_text(&table, act ? done[i] : planned[i]);
    for (unsigned i = 0; i < run->load_count; i++) {
        if (counts[i].left_out)
            continue;
        dv_table_row(&table);
        dv_table_text(&table, counts[i].step);
        dv_table_text(&table, counts[i].table);
        dv_table_number(&table, counts[i].removed);
        dv_table_number(&table, counts[i].restored);
        dv_table_number(&table, counts[i].kept);
        kept += counts[i].kept;
    }
    dv_buf_printf(out, "run %s of job %s\n", run->id, run->job.name);
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    if (kept > 0 && act)
        dv_buf_printf(out, "the rows that were kept are listed in %s/rollback\n", run->context.run_dir);
    dv_buf_str(out, !act   ? "nothing was changed; --yes carries it out\n"
                    : rest ? "rolled back; the run's other steps stay until they are taken back too\n"
                           : "rolled back\n");
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

/* RUN/rollback/plan.json. Lists that an exit with code 4 left there are of rows that are not the run's any
 * more. */
static enum dv_status publish_plan(struct dv_run *run, const struct dv_rollback_count *planned,
                                   struct dv_err *err)
{
    enum dv_status status = DV_OK;
    enum dv_run_state state;
    json_t *document = NULL;
    const char *dir = dv_arena_printf(&run->arena, "%s/rollback", run->context.run_dir);
    const char *path = dv_arena_printf(&run->arena, "%s/rollback/plan.json", run->context.run_dir);
    if (dir == NULL || path == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_run_state(run->dir, &state, err));
    if (state != DV_RUN_ROLLED_BACK)
        DV_TRY(dv_file_remove_tree(dir, err));
    DV_TRY(dv_file_make_dirs(dir, err));
    document = json_pack("{s:i, s:s, s:o}", "format", 1, "run", run->id, "steps", counts_json(run, planned));
    if (document == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    status = dv_json_publish(path, document, err);
done:
    json_decref(document);
    return status;
}

static enum dv_status carry_out(struct dv_run *run, const struct dv_rollback_count *planned,
                                struct dv_rollback_count *counts, bool *rest, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(publish_plan(run, planned, err));
    DV_TRY(publish_state(run, "begun", err));
    DV_TRY(dv_rollback_run(run->locked, &run->context, run->loads, run->load_count, planned, counts, err));
    DV_TRY(dv_rollback_finish(run->locked, &run->context, rest, err));
    if (!*rest)
        status = publish_state(run, "done", err);
done:
    return status;
}

/* run->loads NULL: those of the run itself. */
static enum dv_status take_back(struct dv_run *run, const struct dv_rollback_wish *wish, struct dv_buf *out,
                                struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool rest = false;
    struct dv_rollback_count *planned = NULL, *done = NULL, *counts;
    DV_TRY(dv_target_open(&run->locked, &run->context, run->target, false, err));
    if (run->loads == NULL)
        DV_TRY(list_loads(run, err));
    counts = planned = dv_calloc(run->load_count + 1, sizeof *planned);
    done = dv_calloc(run->load_count + 1, sizeof *done);
    if (planned == NULL || done == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(choose_steps(run, wish->only, planned, err));
    DV_TRY(dv_rollback_check(run->locked, &run->context, run->loads, run->load_count, planned,
                             run->request->job_dir, err));
    DV_TRY(dv_rollback_plan(run->locked, &run->context, run->loads, run->load_count, planned, err));
    if (wish->act) {
        counts = done;
        DV_TRY(carry_out(run, planned, done, &rest, err));
    }
    if (wish->json)
        status = show_json(run, counts,
                           !wish->act ? "planned"
                           : rest     ? "partly rolled back"
                                      : "rolled back",
                           out, err);
    else
        status = show(run, counts, wish->act, rest, out, err);
done:
    dv_free(planned);
    dv_free(done);
    return status;
}

/* A replay is a run of its own here: its steps, its folder, its rows in the ledger. */
static enum dv_status take_back_replay(const struct dv_run *of, const struct dv_link *replay,
                                       const struct dv_rollback_wish *wish, struct dv_buf *out,
                                       struct dv_err *err)
{
    struct dv_run run = *of;
    json_t *document = NULL;
    enum dv_status status;
    run.arena = (struct dv_arena){0};
    memcpy(run.id, replay->id, sizeof run.id);
    run.dir = replay->dir;
    run.context.run_id = run.id;
    run.context.run_dir = dv_replay_load_dir(&run.arena, replay);
    if (run.context.run_dir == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_replay_loads(replay, &run.arena, &document, &run.loads, &run.load_count, err));
    status = take_back(&run, wish, out, err);
done:
    dv_target_close(run.locked);
    json_decref(document);
    dv_arena_release(&run.arena);
    return status;
}

/* Replays go before the run that they correct, newest first: each was made of what the one before left. Of a
 * single one, that one alone. */
static enum dv_status take_back_replays(struct dv_run *run, unsigned wanted,
                                        const struct dv_rollback_wish *wish, struct dv_buf *out,
                                        struct dv_err *err)
{
    struct dv_chain chain;
    enum dv_status status = dv_chain_read(&chain, run->dir, run->id, &run->arena, err);
    if (status != DV_OK)
        return status;
    const struct dv_link *last = dv_chain_last(&chain);
    if (wanted >= chain.count || (wanted > 0 && chain.links[wanted].state == DV_REPLAY_UNMADE))
        return dv_fail(err, DV_EXIT_USAGE, "run %s has no replay %u", run->id, wanted);
    if (wanted > 0 && last != NULL && last->number > wanted) {
        status =
            dv_fail(err, DV_EXIT_USAGE, "replay %s came after replay %s", last->id, chain.links[wanted].id);
        dv_err_hint(err, "take that one back first");
        return status;
    }
    if (wanted > 0)
        return take_back_replay(run, &chain.links[wanted], wish, out, err);
    bool some = false;
    for (unsigned i = chain.count; i-- > 1 && status == DV_OK;) {
        enum dv_replay_state state = chain.links[i].state;
        if (state == DV_REPLAY_UNMADE || state == DV_REPLAY_UNDONE)
            continue;
        if (wish->only != NULL) {
            status =
                dv_fail(err, DV_EXIT_USAGE, "run %s has replays, which go before any step of it", run->id);
            dv_err_hint(err, "take replay %s back first: --run %s", chain.links[i].id, chain.links[i].id);
            return status;
        }
        some = true;
        status = take_back_replay(run, &chain.links[i], wish, out, err);
    }
    if (some && !wish->act && !wish->json)
        dv_buf_str(out,
                   "rows that these replays changed count as edited in what follows, until they are taken "
                   "back\n");
    return status;
}

enum dv_status dv_rollback(const struct dv_request *request, const struct dv_rollback_wish *wish,
                           struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_job job = {0};
    struct dv_run run = {.request = request, .workdir.lock_fd = -1};
    unsigned replay = 0;
    DV_TRY(open_past(&run, &job, &replay, err));
    run.context = (struct dv_context){.job = run.job.name,
                                      .run_id = run.id,
                                      .run_dir = run.dir,
                                      .workers = request->workers,
                                      .memory = request->memory,
                                      .progress = request->progress,
                                      .lock_timeout_ms = run.job.lock_timeout_ms,
                                      .lock_wait_ms = run.job.lock_wait_ms};
    DV_TRY(take_back_replays(&run, replay, wish, out, err));
    if (replay == 0)
        status = take_back(&run, wish, out, err);
done:
    if (status != DV_OK) {
        dv_err_place(err, "rollback", NULL, -1, -1);
        dv_run_hint_resume(err);
    }
    dv_run_close(&run);
    dv_job_release(&job);
    return status;
}
