#include "jobs/steps.h"

#include "core/alloc.h"
#include "jobs/run_parts.h"
#include "jobs/table.h"
#include "jobs/verification.h"

#include <string.h>

enum dv_status dv_phase_parse(const char *text, enum dv_phase *phase, struct dv_err *err)
{
    for (int i = DV_PHASE_EXPAND; i <= DV_PHASE_CONTRACT; i++) {
        if (strcmp(text, dv_phase_name((enum dv_phase)i)) == 0) {
            *phase = (enum dv_phase)i;
            return DV_OK;
        }
    }
    return dv_fail(err, DV_EXIT_USAGE, "--phase must be expand, index or contract, not \"%s\"", text);
}

static const char *state_of(const struct dv_schema_step *step)
{
    return step->drifted   ? "DRIFT: edited since it was applied"
           : step->missing ? "applied, but its FILE IS MISSING"
           : step->applied ? "applied"
           : step->off     ? "off"
                           : "pending";
}

static bool always(const struct dv_schema_step *step, const struct dv_schema_bound *bound)
{
    (void)bound;
    return step != NULL;
}

static bool pending_contract(const struct dv_schema_step *step, const struct dv_schema_bound *bound)
{
    (void)bound;
    return !step->applied && !step->off && step->phase == DV_PHASE_CONTRACT;
}

/* *listed: how many. */
static enum dv_status
list(const struct dv_schema *schema,
     bool (*wanted)(const struct dv_schema_step *step, const struct dv_schema_bound *bound),
     const struct dv_schema_bound *bound, unsigned *listed, struct dv_buf *out, struct dv_err *err)
{
    static const char *const head[] = {"step", "phase", "state", "applied at", "by run", "down"};
    struct dv_table table = {0};
    dv_table_row(&table);
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        dv_table_text(&table, head[i]);
    for (unsigned i = 0; i < schema->count; i++) {
        const struct dv_schema_step *step = &schema->steps[i];
        if (!wanted(step, bound))
            continue;
        dv_table_row(&table);
        dv_table_text(&table, step->name);
        dv_table_text(&table, dv_phase_name(step->phase));
        dv_table_text(&table, state_of(step));
        dv_table_text(&table, step->applied_at);
        dv_table_text(&table, step->applied && step->run_id[0] == '\0' ? "drover schema up" : step->run_id);
        dv_table_text(&table, step->down != NULL ? "" : "no .down.sql");
    }
    *listed = table.rows - 1;
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    return status;
}

static enum dv_status as_json(const struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    json_t *steps = json_array();
    bool good = steps != NULL;
    for (unsigned i = 0; good && i < run->schema.count; i++) {
        const struct dv_schema_step *step = &run->schema.steps[i];
        json_t *object =
            json_pack("{s:s, s:s, s:b, s:b, s:b, s:b}", "step", step->name, "phase",
                      dv_phase_name(step->phase), "applied", step->applied, "drift", step->drifted,
                      "file_missing", step->missing, "can_be_undone", step->down != NULL);
        good = object != NULL;
        if (good && step->applied)
            good = json_object_set_new(object, "applied_at", json_string(step->applied_at)) == 0 &&
                   json_object_set_new(
                       object, "run", step->run_id[0] != '\0' ? json_string(step->run_id) : json_null()) == 0;
        if (json_array_append_new(steps, object) != 0)
            good = false;
    }
    json_t *document = good ? json_pack("{s:s, s:O}", "job", run->job.name, "steps", steps) : NULL;
    char *text = document != NULL ? json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2)) : NULL;
    if (text != NULL)
        dv_buf_printf(out, "%s\n", text);
    enum dv_status status = text != NULL ? dv_buf_check(out, err) : dv_fail_memory(err);
    dv_free(text);
    json_decref(document);
    json_decref(steps);
    return status;
}

/* What is there, or what would be done. */
static enum dv_status look(struct dv_run *run, const struct dv_steps_wish *wish, struct dv_buf *out,
                           struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *pg = NULL;
    struct dv_schema_bound bound = {.phase = wish->phase};
    unsigned listed;
    DV_TRY(dv_run_open_database(run, run->target, &pg, err));
    DV_TRY(dv_schema_status(pg, run->job.name, &run->schema, err));
    if (wish->action == DV_STEPS_STATUS && wish->json) {
        status = as_json(run, out, err);
    } else if (wish->action == DV_STEPS_STATUS) {
        DV_TRY(list(&run->schema, always, &bound, &listed, out, err));
        if (listed == 0)
            dv_buf_str(out, "the job has no schema steps\n");
    } else if (wish->action == DV_STEPS_DOWN) {
        DV_TRY(dv_schema_bound(&run->schema, wish->to, wish->phase, &bound, err));
        DV_TRY(list(&run->schema, dv_schema_undoes, &bound, &listed, out, err));
        dv_buf_str(out, listed == 0 ? "nothing to undo\n"
                                    : "nothing was changed; --yes undoes these, newest first\n");
    } else {
        DV_TRY(list(&run->schema, pending_contract, &bound, &listed, out, err));
        if (listed > 0)
            dv_buf_printf(
                out, "%u contract steps are pending; they destroy: --phase contract --yes applies them\n",
                listed);
    }
done:
    dv_pg_close(pg);
    return status == DV_OK ? dv_buf_check(out, err) : status;
}

static enum dv_status not_verified(struct dv_run *run, const char *which, const char *why, struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_VERIFY,
                                    "contract steps destroy, and wait for a verification that passes: %s%s%s",
                                    which, which[0] != '\0' ? " " : "", why);
    dv_err_hint(
        err,
        "nothing was applied; drover verify %s verifies the newest run, drover run %s --contract does "
        "a run, verifies it, and goes on to them",
        run->request->job_dir, run->request->job_dir);
    return status;
}

/* The job's newest run on this target has passed its verification, as its files in the work folder say. */
static enum dv_status need_verified(struct dv_run *run, struct dv_err *err)
{
    const char *params[] = {run->job.name};
    struct dv_pg *pg = dv_target_pg(run->locked);
    struct dv_buf identity = {0};
    PGresult *result = NULL;
    bool present = false;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg,
                       "SELECT run_id, state, target_identity FROM drover.run WHERE job = $1 "
                       "AND strpos(run_id, '.') = 0 ORDER BY started_at DESC, run_id DESC LIMIT 1",
                       1, params, &result, err));
    if (PQntuples(result) == 0) {
        status = not_verified(run, "", "this target has no run of the job", err);
        goto done;
    }
    const char *id = PQgetvalue(result, 0, 0), *which = dv_arena_printf(&run->arena, "run %s", id);
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, id);
    if (run->dir == NULL || which == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_pg_identity(pg, &identity, err));
    DV_TRY(dv_verification_read(run, &present, err));
    if (strcmp(PQgetvalue(result, 0, 1), "rolled_back") == 0)
        status = not_verified(run, which, "was rolled back", err);
    else if (dv_buf_cstr(&identity) == NULL || strcmp(identity.data, PQgetvalue(result, 0, 2)) != 0)
        status = not_verified(run, which, "was verified on another target, of which this is a copy", err);
    else if (!present)
        status = not_verified(run, which, "has no verification in this work folder", err);
    else if (!run->verification.passed)
        status = not_verified(run, which, "has not passed its verification", err);
done:
    PQclear(result);
    dv_buf_release(&identity);
    return status;
}

static enum dv_status change(struct dv_run *run, const struct dv_steps_wish *wish, enum dv_phase last,
                             struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned total = 0, count = 0;
    bool up = wish->action == DV_STEPS_UP;
    DV_TRY(dv_target_open(&run->locked, &run->context, run->target, true, err));
    DV_TRY(dv_schema_status(dv_target_pg(run->locked), run->job.name, &run->schema, err));
    if (up && last == DV_PHASE_CONTRACT && dv_schema_pending(&run->schema, DV_PHASE_CONTRACT))
        DV_TRY(need_verified(run, err));
    if (!up)
        DV_TRY(dv_schema_down(run->locked, &run->context, &run->schema, wish->to, wish->phase, &total, err));
    for (unsigned i = DV_PHASE_EXPAND; up && i <= (unsigned)last; i++) {
        DV_TRY(dv_schema_apply(run->locked, &run->context, &run->schema, (enum dv_phase)i, &count, err));
        total += count;
    }
    dv_buf_printf(out, "%u schema steps %s\n", total, up ? "applied" : "undone");
    status = dv_buf_check(out, err);
done:
    return status;
}

static enum dv_status carry_out(struct dv_run *run, const struct dv_steps_wish *wish, struct dv_buf *out,
                                struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool contract = wish->phase == DV_PHASE_CONTRACT;
    if (wish->action == DV_STEPS_STATUS || (wish->action == DV_STEPS_DOWN && !wish->yes))
        return look(run, wish, out, err);
    if (wish->action == DV_STEPS_DOWN)
        return change(run, wish, wish->phase, out, err);
    DV_TRY(change(run, wish, contract && !wish->yes ? DV_PHASE_INDEX : wish->phase, out, err));
    if (!contract || !wish->yes)
        status = look(run, wish, out, err);
done:
    return status;
}

enum dv_status dv_steps(const struct dv_request *request, const struct dv_steps_wish *wish,
                        struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_run run = {.request = request, .workdir.lock_fd = -1};
    DV_TRY(dv_job_read(&run.job, request->job_dir, err));
    for (unsigned i = 0; i < run.job.param_count; i++)
        run.job.params[i].required = false; /* steps ask for none but the boolean ones */
    DV_TRY(dv_params_resolve(&run.job, request->params, request->param_count, NULL, &run.arena, &run.params,
                             err));
    DV_TRY(dv_params_settle(&run.params, &run.job, &run.arena, &run.flags, err));
    DV_TRY(dv_schema_read(run.job.dir, &run.schema, err));
    DV_TRY(dv_schema_settle(&run.schema, &run.flags, err));
    DV_TRY(dv_workdir_open(&run.workdir, request->work, run.job.name, err));
    if (request->target == NULL || request->target[0] == '\0') {
        status = dv_fail(err, DV_EXIT_USAGE, "no target is given");
        dv_err_hint(err, "add --target URI, or set DROVER_TARGET");
        goto done;
    }
    DV_TRY(dv_run_resolve_uri(run.workdir.work, request->target, &run.arena, &run.target, err));
    run.context = (struct dv_context){.job = run.job.name,
                                      .workers = request->workers,
                                      .memory = request->memory,
                                      .progress = request->progress,
                                      .lock_timeout_ms = run.job.lock_timeout_ms,
                                      .lock_wait_ms = run.job.lock_wait_ms};
    status = carry_out(&run, wish, out, err);
done:
    if (status != DV_OK)
        dv_err_place(err, "schema", NULL, -1, -1);
    dv_run_close(&run);
    return status;
}
