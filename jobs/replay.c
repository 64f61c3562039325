#include "jobs/replay.h"

#include "core/alloc.h"
#include "core/datetime.h"
#include "core/file.h"
#include "jobs/replay_parts.h"
#include "jobs/table.h"
#include "jobs/verification.h"

#include <inttypes.h>
#include <string.h>

struct replaying {
    struct dv_run run;
    struct dv_chain chain;
    struct dv_link link; /* the replay in hand */
    const char *load_dir;
    struct dv_context context; /* of its load */
    struct dv_corrections corrections;
    json_t *document; /* replay.json; owned */
    struct dv_load_spec *specs;
    struct dv_load_count *counts;
    unsigned count;
};

/* ---- which run, which replay ---- */

/* What a later run has written must not be overwritten by what this one would have. */
static enum dv_status is_newest(struct dv_run *run, struct dv_err *err)
{
    const char *const *ids;
    unsigned count = 0;
    enum dv_status status = dv_workdir_runs(&run->workdir, &run->arena, &ids, &count, err);
    for (unsigned i = 0; i < count && status == DV_OK; i++) {
        const char *dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, ids[i]);
        if (dir == NULL)
            return dv_fail_memory(err);
        enum dv_run_state state;
        if (strcmp(ids[i], run->id) <= 0)
            continue;
        status = dv_run_state(dir, &state, err);
        if (status != DV_OK || state == DV_RUN_ROLLED_BACK)
            continue;
        status = dv_fail(err, DV_EXIT_USAGE, "run %s came after run %s", ids[i], run->id);
        dv_err_hint(err, "replay the rejects of the newest run, or take the later ones back first");
    }
    return status;
}

/* An unfinished replay has to be finished before another one; and the corrections of a finished one, given
 * again, are that replay. digest: NULL where no file is given. */
static enum dv_status goes_on(struct replaying *replaying, const struct dv_link *last, const char *digest,
                              bool *same, struct dv_err *err)
{
    json_t *document = NULL;
    const char *path = dv_arena_printf(&replaying->run.arena, "%s/replay.json", last->dir);
    enum dv_status status =
        path != NULL ? dv_json_read(path, DV_EXIT_FAULT, &document, err) : dv_fail_memory(err);
    if (status != DV_OK)
        return status;
    const char *recorded = json_string_value(json_object_get(document, "corrections_sha256"));
    bool finished = last->state == DV_REPLAY_DONE;
    *same = digest == NULL ? !finished : recorded != NULL && strcmp(recorded, digest) == 0;
    if (!finished && !*same) {
        status = dv_fail(err, DV_EXIT_CHANGED, "replay %s is not finished, and began with other corrections",
                         last->id);
        dv_err_hint(err, "finish it without --from, or take it back: drover rollback %s --run %s --yes",
                    replaying->run.request->job_dir, last->id);
    }
    json_decref(document);
    return status;
}

static enum dv_status choose_link(struct replaying *replaying, const char *from, bool *begun,
                                  struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    enum dv_status status;
    DV_TRY(dv_chain_read(&replaying->chain, run->dir, run->id, &run->arena, err));
    const struct dv_link *last = dv_chain_last(&replaying->chain);
    char digest[DV_SHA256_HEX];
    DV_TRY(dv_corrections_digest(from, digest, err));
    if (last != NULL && last->state == DV_REPLAY_UNDOING) {
        status = dv_fail(err, DV_EXIT_USAGE, "the rollback of replay %s is not finished", last->id);
        dv_err_hint(err, "drover rollback %s --run %s --yes finishes it", run->request->job_dir, last->id);
        goto done;
    }
    if (last != NULL)
        DV_TRY(goes_on(replaying, last, from != NULL ? digest : NULL, begun, err));
    if (*begun) {
        replaying->link = *last;
    } else {
        unsigned number = replaying->chain.count;
        if (number > 1 && replaying->chain.links[number - 1].state == DV_REPLAY_UNMADE)
            number--;
        replaying->link = (struct dv_link){
            .number = number, .dir = dv_arena_printf(&run->arena, "%s/replays/%u", run->dir, number)};
        (void)snprintf(replaying->link.id, sizeof replaying->link.id, "%.21s.%u", run->id, number);
    }
    replaying->load_dir =
        replaying->link.dir != NULL ? dv_replay_load_dir(&run->arena, &replaying->link) : NULL;
    if (replaying->load_dir == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    replaying->context = run->context;
    replaying->context.run_id = replaying->link.id;
    replaying->context.run_dir = replaying->load_dir;
    if (*begun)
        status = dv_replay_loads(&replaying->link, &run->arena, &replaying->document, &replaying->specs,
                                 &replaying->count, err);
done:
    return status;
}

/* The target that the run was loaded into, locked. */
static enum dv_status open_target(struct replaying *replaying, struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    struct dv_buf identity = {0};
    enum dv_status status;
    bool there;
    const char *known = dv_arena_printf(&run->arena, "%s/target", run->dir);
    const char *own = dv_arena_printf(&run->arena, "%s/target", replaying->load_dir);
    if (known == NULL || own == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_look(known, &there, err));
    if (there) {
        DV_TRY(dv_file_read(known, 4096, &identity, err));
        DV_TRY(dv_file_make_dirs(replaying->load_dir, err));
        DV_TRY(dv_file_publish(own, identity.data, identity.len, err));
    }
    status = dv_target_open(&run->locked, &replaying->context, run->target, false, err);
done:
    dv_buf_release(&identity);
    return status;
}

/* Every part of every step is in the ledger. */
static enum dv_status is_loaded(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status;
    bool loaded = true;
    uint32_t *parts = dv_calloc((size_t)run->load_count + 1, sizeof *parts);
    if (parts == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_load_counts(dv_target_pg(run->locked), run->id, run->loads, run->load_count, run->load_counts,
                          parts, err));
    for (unsigned i = 0; i < run->load_count && loaded; i++) {
        struct dv_dataset_manifest dataset = {0};
        DV_TRY(dv_dataset_look(run->loads[i].dataset_dir, &loaded, err));
        if (loaded)
            DV_TRY(dv_dataset_manifest_read(run->loads[i].dataset_dir, &dataset, err));
        loaded = loaded && parts[i] == dataset.part_count;
        dv_dataset_manifest_release(&dataset);
    }
    if (!loaded) {
        status = dv_fail(err, DV_EXIT_USAGE, "run %s is not loaded yet", run->id);
        dv_err_hint(err, "drover run finishes it (--max-rejects allows more rejects); then replay");
    }
done:
    dv_free(parts);
    return status;
}

/* ---- making it ---- */

/* The run's steps over the datasets of that link. */
static enum dv_status loads_of(struct dv_run *run, const struct dv_link *link, struct dv_load_spec **out,
                               struct dv_err *err)
{
    struct dv_load_spec *specs = dv_arena_alloc(&run->arena, ((size_t)run->load_count + 1) * sizeof *specs);
    *out = specs;
    for (unsigned i = 0; i < run->load_count && specs != NULL; i++) {
        bool extracted = dv_job_find_extract(&run->job, run->loads[i].dataset) != NULL;
        specs[i] = run->loads[i];
        specs[i].dataset_dir =
            dv_run_path(&run->arena, link->dir, extracted ? "extract" : "transform", specs[i].dataset);
        if (specs[i].dataset_dir == NULL)
            specs = NULL;
    }
    return specs != NULL ? DV_OK : dv_fail_memory(err);
}

static enum dv_status not_edited(struct dv_run *run, const struct dv_load_spec *of, const char *before,
                                 struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_load_spec spec = *of;
    struct dv_buf keys = {0};
    const char **names = NULL;
    uint64_t edited = 0;
    enum dv_status status;
    spec.dataset_dir = before;
    DV_TRY(dv_dataset_manifest_read(before, &dataset, err));
    if (spec.column_count == 0) {
        spec.column_count = dataset.column_count - DV_DELTA_PLACE;
        names = dv_calloc((size_t)spec.column_count + 1, sizeof *names);
        if (names == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
        for (unsigned i = 0; i < spec.column_count; i++)
            names[i] = dataset.columns[i + DV_DELTA_PLACE].name;
        spec.from = spec.to = names;
    }
    DV_TRY(dv_load_holds(run->locked, &spec, &edited, &keys, err));
    if (edited > 0) {
        status = dv_fail(err, DV_EXIT_CHANGED,
                         "%" PRIu64 " rows of %s that the replay would change are not as the run left them: "
                         "%.*s",
                         edited, of->table, (int)keys.len, keys.data);
        dv_err_place(err, "replay", of->step, -1, -1);
        dv_err_hint(err, "somebody has edited or removed them since; nothing was loaded; leave out the "
                         "corrections that change these rows, or make the change by hand");
    }
done:
    dv_free(names);
    dv_buf_release(&keys);
    dv_dataset_manifest_release(&dataset);
    return status;
}

static enum dv_status make_step(struct replaying *replaying, const struct dv_load_spec *old,
                                const struct dv_load_spec *new, const struct dv_reject_lists *lists,
                                json_t *steps, struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    struct dv_delta delta;
    const char *before = NULL;
    enum dv_status status = dv_delta_find(&delta, old, new, lists, &replaying->corrections, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_delta_possible(&delta, &replaying->chain, dv_target_pg(run->locked), err));
    DV_TRY(dv_delta_write(&delta, lists, replaying->load_dir, steps, &before, &run->arena, err));
    if (before != NULL)
        status = not_edited(run, new, before, err);
done:
    dv_delta_release(&delta);
    return status;
}

static enum dv_status run_models(struct replaying *replaying, struct dv_err *err)
{
    struct dv_context context = replaying->run.context;
    if (replaying->run.program == NULL)
        return DV_OK;
    context.run_dir = replaying->link.dir;
    return dv_program_run(replaying->run.program, &context, err);
}

static enum dv_status publish(struct replaying *replaying, const struct dv_link *old, json_t *steps,
                              struct dv_err *err)
{
    struct dv_arena *arena = &replaying->run.arena;
    const char *path = dv_arena_printf(arena, "%s/replay.json", replaying->link.dir);
    json_t *document = json_pack("{s:i, s:s, s:s, s:i, s:I, s:s, s:O}", "format", 1, "run", replaying->run.id,
                                 "replay", replaying->link.id, "of", (int)old->number, "corrections",
                                 (json_int_t)replaying->corrections.count, "corrections_sha256",
                                 replaying->corrections.digest, "steps", steps);
    enum dv_status status =
        path != NULL && document != NULL ? dv_json_publish(path, document, err) : dv_fail_memory(err);
    json_decref(document);
    if (status != DV_OK)
        return status;
    return dv_replay_loads(&replaying->link, arena, &replaying->document, &replaying->specs,
                           &replaying->count, err);
}

/* Everything up to the first row that is sent. */
static enum dv_status make(struct replaying *replaying, const char *from, struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    const struct dv_link *old = dv_chain_newest(&replaying->chain);
    struct dv_reject_lists lists;
    struct dv_load_spec *was, *is;
    bool again;
    json_t *steps = NULL;
    enum dv_status status;
    DV_TRY(dv_reject_lists_find(&lists, old->dir, &run->arena, err));
    DV_TRY(dv_corrections_read(&replaying->corrections, from, &lists, err));
    DV_TRY(dv_run_describe(run, err));
    DV_TRY(dv_file_remove_tree(replaying->link.dir, err));
    DV_TRY(open_target(replaying, err));
    DV_TRY(dv_run_loads(run, dv_target_pg(run->locked), err));
    DV_TRY(is_loaded(run, err));
    DV_TRY(loads_of(run, old, &was, err));
    DV_TRY(loads_of(run, &replaying->link, &is, err));
    DV_TRY(dv_replay_extract(run, old, &replaying->link, &lists, &replaying->corrections, &again, err));
    if (again)
        DV_TRY(run_models(replaying, err));
    steps = json_array();
    for (unsigned i = 0; i < run->load_count; i++)
        DV_TRY(make_step(replaying, &was[i], &is[i], &lists, steps, err));
    status = publish(replaying, old, steps, err);
done:
    json_decref(steps);
    struct dv_err left = DV_ERR_INIT;
    if (status != DV_OK && replaying->document == NULL &&
        dv_file_remove_tree(replaying->link.dir, &left) != DV_OK)
        dv_log_error(run->log, &left);
    return status;
}

/* ---- carrying it out ---- */

/* More rows were refused than may be: says it of the replay, and takes back what its other steps loaded. */
static enum dv_status say_refused(const struct replaying *replaying, unsigned step, bool apart,
                                  struct dv_err *err)
{
    const struct dv_run *run = &replaying->run;
    char hint[sizeof err->hint];
    memcpy(hint, err->hint, sizeof hint);
    enum dv_status status = dv_fail(
        err, DV_EXIT_REJECTS, "step %s of replay %s: the target refuses %s", replaying->specs[step].step,
        replaying->link.id, apart ? "a row as the replay would change it" : "more rows than are allowed");
    dv_err_hint(err,
                "run the same command again once that is mended, or drover rollback %s --run %s --yes; %s",
                run->request->job_dir, replaying->link.id, hint);
    return status == DV_FAILED
               ? dv_load_take_back(run->locked, &replaying->context, replaying->specs, replaying->count, err)
               : status;
}

static enum dv_status load(struct replaying *replaying, struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    static const struct dv_allowance none = {.rows = 0};
    struct dv_allowance any = {.rows = UINT64_MAX};
    enum dv_status status = DV_OK;
    replaying->counts =
        dv_arena_zalloc(&run->arena, ((size_t)replaying->count + 1) * sizeof *replaying->counts);
    if (replaying->counts == NULL)
        return dv_fail_memory(err);
    if (run->request->max_rejects != NULL)
        any = run->allowance;
    DV_TRY(dv_target_run_state(run->locked, "running", run->fingerprint, err));
    for (unsigned i = 0; i < replaying->count; i++) {
        const json_t *step = json_array_get(json_object_get(replaying->document, "steps"), i);
        const char *of = json_string_value(json_object_get(step, "of"));
        /* What was loaded, and cannot be changed now, is neither refused nor as it should be. */
        bool apart = of != NULL && strcmp(of, replaying->specs[i].step) != 0;
        status = dv_load_run(run->locked, &replaying->context, &replaying->specs[i], 1, apart ? &none : &any,
                             &replaying->counts[i], err);
        if (status != DV_OK && err->code == DV_EXIT_REJECTS)
            status = say_refused(replaying, i, apart, err);
        if (status != DV_OK)
            goto done;
    }
    for (unsigned i = 0; i < run->job.load_count; i++)
        DV_TRY(dv_replay_refused(&replaying->link, run->job.loads[i].spec.step, &run->arena, err));
done:
    return status;
}

static enum dv_status finish(struct replaying *replaying, struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    struct dv_buf finished = {0};
    enum dv_status status;
    const char *path = dv_arena_printf(&run->arena, "%s/done.json", replaying->link.dir);
    dv_timestamp_format(dv_timestamp_now(), true, &finished);
    const char *when = dv_buf_cstr(&finished);
    json_t *document = when != NULL ? json_pack("{s:i, s:s, s:s}", "format", 1, "replay", replaying->link.id,
                                                "finished", when)
                                    : NULL;
    if (path == NULL || document == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_target_run_state(run->locked, "done", run->fingerprint, err));
    DV_TRY(dv_json_publish(path, document, err));
    dv_log_event(run->log, "info", "replay_done", "replay:s", replaying->link.id, NULL);
done:
    json_decref(document);
    dv_buf_release(&finished);
    return status;
}

static enum dv_status count_rejects(struct replaying *replaying, uint64_t *rows, struct dv_err *err)
{
    struct dv_reject_lists lists;
    enum dv_status status = dv_reject_lists_find(&lists, replaying->link.dir, &replaying->run.arena, err);
    *rows = 0;
    for (unsigned i = 0; i < lists.count && status == DV_OK; i++) {
        struct dv_dataset_manifest manifest = {0};
        status = dv_dataset_manifest_read(lists.lists[i].dir, &manifest, err);
        *rows += manifest.rows;
        dv_dataset_manifest_release(&manifest);
    }
    return status;
}

static enum dv_status show(struct replaying *replaying, bool verified, struct dv_buf *out, struct dv_err *err)
{
    static const char *const names[] = {"load",     "table",   "mode",      "offered",
                                        "inserted", "updated", "unchanged", "rejected"};
    struct dv_table table = {0};
    uint64_t rejects = 0;
    enum dv_status status;
    dv_table_row(&table);
    for (unsigned i = 0; i < 8; i++)
        dv_table_text(&table, names[i]);
    for (unsigned i = 0; i < replaying->count; i++) {
        const struct dv_load_count *count = &replaying->counts[i];
        const uint64_t numbers[] = {count->offered, count->inserted, count->updated, count->unchanged,
                                    count->rejected};
        dv_table_row(&table);
        dv_table_text(&table, replaying->specs[i].step);
        dv_table_text(&table, replaying->specs[i].table);
        dv_table_text(&table, replaying->specs[i].mode);
        for (unsigned n = 0; n < 5; n++)
            dv_table_number(&table, numbers[n]);
    }
    DV_TRY(count_rejects(replaying, &rejects, err));
    dv_buf_printf(out, "%s replay %s%s\n", replaying->run.job.name, replaying->link.id,
                  verified ? ": done and verified" : ": done");
    DV_TRY(dv_table_write(&table, out, err));
    dv_buf_printf(out, "  rows replayed: %" JSON_INTEGER_FORMAT "; rejected now: %" PRIu64 "\n",
                  json_integer_value(json_object_get(replaying->document, "corrections")), rejects);
    DV_TRY(dv_verification_text(&replaying->run.verification, false, out, err));
    enum dv_run_state state;
    DV_TRY(dv_run_state(replaying->run.dir, &state, err));
    if (verified && state != DV_RUN_DONE)
        dv_buf_printf(out, "  run %s itself is not done yet: drover verify %s finishes it\n",
                      replaying->run.id, replaying->run.request->job_dir);
    status = dv_buf_check(out, err);
done:
    dv_table_release(&table);
    return status;
}

/* The run's steps, for its verification: they are not those of the replay. */
static enum dv_status prepare_run(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status;
    if (run->loads != NULL)
        return DV_OK;
    DV_TRY(dv_run_describe(run, err));
    DV_TRY(dv_run_loads(run, dv_target_pg(run->locked), err));
    status = is_loaded(run, err);
done:
    return status;
}

static enum dv_status carry_out(struct replaying *replaying, struct dv_buf *out, struct dv_err *err)
{
    struct dv_run *run = &replaying->run;
    struct dv_err ignored = DV_ERR_INIT;
    enum dv_status status;
    DV_TRY(prepare_run(run, err));
    DV_TRY(load(replaying, err));
    DV_TRY(finish(replaying, err));
    /* What other rejected rows leave open fails the job's checks until they are replayed too. */
    status = dv_stage_verify(run, err);
    if (status != DV_OK && err->code != DV_EXIT_VERIFY)
        goto done;
    struct dv_err of_summary = DV_ERR_INIT;
    enum dv_status shown = show(replaying, status == DV_OK, out, &of_summary);
    if (status == DV_OK && shown != DV_OK) {
        *err = of_summary;
        status = shown;
    }
done:
    if (status != DV_OK && err->code != DV_EXIT_STOPPED && err->code != DV_EXIT_VERIFY &&
        !dv_pg_lost(dv_target_pg(run->locked)) &&
        dv_target_run_state(run->locked, "failed", run->fingerprint, &ignored) != DV_OK)
        dv_log_error(run->log, &ignored);
    return status;
}

enum dv_status dv_rejects_replay(const struct dv_request *request, const char *from, struct dv_buf *out,
                                 struct dv_err *err)
{
    struct replaying replaying = {.count = 0};
    struct dv_run *run = &replaying.run;
    bool begun = false;
    enum dv_status status = dv_run_open(run, request, DV_RUN_TO_REPLAY, err);
    if (status != DV_OK)
        return status;
    DV_TRY(is_newest(run, err));
    DV_TRY(choose_link(&replaying, from, &begun, err));
    dv_log_event(run->log, "info", begun ? "replay_resumed" : "replay_begun", "replay:s", replaying.link.id,
                 NULL);
    if (begun)
        DV_TRY(open_target(&replaying, err));
    else
        DV_TRY(make(&replaying, from, err));
    status = carry_out(&replaying, out, err);
done:
    if (status != DV_OK) {
        if (err->hint[0] == '\0' && err->code == DV_EXIT_FAULT)
            dv_err_hint(err, "run the same command again to resume");
        dv_err_place(err, "replay", NULL, -1, -1);
        dv_log_error(run->log, err);
    }
    dv_corrections_release(&replaying.corrections);
    json_decref(replaying.document);
    dv_run_close(run);
    return status;
}
