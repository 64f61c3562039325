/* Applies and undoes schema steps. A step claims its row in drover.schema_step first, inside its own
 * transaction: that waits for a dead predecessor's backend, and tells after a lost COMMIT whether the step
 * was applied. */
#include "core/alloc.h"
#include "core/thread.h"
#include "load/duplicates.h"
#include "load/rehearsal.h"
#include "load/schema_singly.h"
#include "load/session.h"
#include "load/tries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct apply {
    const char *uri;
    const struct dv_context *context;
    struct dv_schema_step **steps; /* of one number */
    bool down;
};

static enum dv_status record(struct dv_pg *pg, const struct apply *apply, const struct dv_schema_step *step,
                             bool *news, struct dv_err *err)
{
    uint64_t touched = 0;
    const char *params[] = {apply->context->job, step->name, dv_phase_name(step->phase), step->up_sha256,
                            apply->context->run_id != NULL ? apply->context->run_id : ""};
    enum dv_status status =
        apply->down ? dv_pg_run(pg, "DELETE FROM drover.schema_step WHERE job = $1 AND name = $2", 2, params,
                                &touched, err)
                    : dv_pg_run(pg,
                                "INSERT INTO drover.schema_step (job, name, phase, up_sha256, run_id) "
                                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                                5, params, &touched, err);
    *news = touched > 0;
    return status;
}

/* A backend whose process was killed notices it while it builds, instead of at the end. Not every server can:
 * those finish the statement first. */
static enum dv_status watch_client(struct dv_pg *pg, struct dv_err *err)
{
    struct dv_err failure = DV_ERR_INIT;
    if (dv_pg_version(pg) < 140000 ||
        dv_pg_exec(pg, "SET client_connection_check_interval = '1s'", &failure) == DV_OK || !dv_pg_lost(pg))
        return DV_OK;
    *err = failure;
    return failure.status;
}

static enum dv_status send(struct dv_pg *pg, const struct apply *apply, const struct dv_schema_step *step,
                           struct dv_err *err)
{
    const char *sql = apply->down ? step->down : step->up;
    enum dv_status status = dv_pg_exec(pg, sql, err);
    if (status != DV_OK)
        dv_schema_place(step, apply->down, sql, 0, err);
    if (status != DV_OK && strcmp(err->sqlstate, "23505") == 0)
        dv_duplicates_tell(pg, apply->context, step, sql, err);
    return status;
}

static enum dv_status attempt(struct dv_pg *pg, const struct apply *apply, const struct dv_schema_step *step,
                              struct dv_err *err)
{
    bool news = true;
    enum dv_status status;
    DV_TRY(dv_lock_timeout_set(pg, apply->context, err));
    DV_TRY(watch_client(pg, err));
    if (step->no_transaction && apply->context->rehearsal == NULL) {
        DV_TRY(dv_schema_singly(pg, apply->context, step, apply->down, err));
        DV_TRY(record(pg, apply, step, &news, err));
        return dv_pg_commit(pg, err);
    }
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_WRITE, err));
    DV_TRY(record(pg, apply, step, &news, err));
    if (!news)
        return dv_pg_rollback(pg, err);
    if (apply->context->rehearsal != NULL)
        DV_TRY(dv_rehearse_step(apply->context->rehearsal, pg, step, err));
    else
        DV_TRY(send(pg, apply, step, err));
    if (PQtransactionStatus(dv_pg_conn(pg)) != PQTRANS_INTRANS) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s ends the transaction that it runs in", step->name);
        dv_err_hint(err, "take COMMIT and ROLLBACK out, or mark the step: -- drover: no-transaction");
        goto done;
    }
    status = dv_pg_commit(pg, err);
done:
    return status;
}

static enum dv_status apply_once(const struct apply *apply, const struct dv_schema_step *step,
                                 struct dv_tries *tries, struct dv_err *err)
{
    struct dv_pg *pg = NULL;
    char what[64];
    enum dv_status status;
    (void)snprintf(what, sizeof what, "schema %.40s", step->name);
    DV_TRY(dv_session_open(&pg, apply->uri, apply->context, what, err));
    dv_tries_watch(tries, apply->uri, pg);
    status = attempt(pg, apply, step, err);
    dv_tries_unwatch(tries);
done:
    dv_pg_close(pg);
    return status;
}

static enum dv_status apply_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct apply *apply = context;
    const struct dv_schema_step *step = apply->steps[task];
    struct dv_tries tries = {.context = apply->context};
    int64_t began = dv_monotonic_us();
    enum dv_status status;
    (void)worker;
    do {
        status = apply_once(apply, step, &tries, err);
    } while (status != DV_OK && dv_tries_again(&tries, &status, err));
    if (status != DV_OK)
        dv_err_place(err, "schema", step->name, -1, -1);
    else
        dv_log_event(apply->context->log, "info", apply->down ? "schema_step_undone" : "schema_step_applied",
                     "name:s", step->name, "ms:d", (dv_monotonic_us() - began) / 1000, NULL);
    return status;
}

static enum dv_status check_drift(const struct dv_schema *schema, struct dv_err *err)
{
    for (unsigned i = 0; i < schema->count; i++) {
        if (!schema->steps[i].drifted)
            continue;
        enum dv_status status = dv_fail(
            err, DV_EXIT_CHANGED, "schema step %s was edited after it was applied", schema->steps[i].name);
        dv_err_hint(err, "put the file back as it was, and write the change as a new step");
        dv_err_place(err, "schema", schema->steps[i].name, -1, -1);
        return status;
    }
    return DV_OK;
}

enum dv_status dv_schema_apply(struct dv_target *target, const struct dv_context *context,
                               struct dv_schema *schema, enum dv_phase phase, unsigned *applied,
                               struct dv_err *err)
{
    struct dv_schema_step **steps = dv_calloc((size_t)schema->count + 1, sizeof *steps);
    struct apply apply = {.uri = dv_target_uri(target), .context = context, .steps = steps};
    enum dv_status status;
    *applied = 0;
    if (steps == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_schema_status(dv_target_pg(target), context->job, schema, err));
    DV_TRY(check_drift(schema, err));
    for (unsigned i = 0; i < schema->count;) {
        unsigned number = schema->steps[i].number;
        size_t count = 0;
        for (; i < schema->count && schema->steps[i].number == number; i++)
            if (schema->steps[i].phase == phase && !schema->steps[i].applied && !schema->steps[i].off)
                steps[count++] = &schema->steps[i];
        DV_TRY(dv_run_tasks(count, context->workers, apply_task, &apply, err));
        for (size_t s = 0; s < count; s++)
            steps[s]->applied = true;
        *applied += (unsigned)count;
    }
done:
    dv_free(steps);
    return status;
}

bool dv_schema_undoes(const struct dv_schema_step *step, const struct dv_schema_bound *bound)
{
    if (!step->applied)
        return false;
    if (bound->to == NULL)
        return step->phase >= bound->phase;
    if (step->phase != bound->to->phase)
        return step->phase > bound->to->phase;
    return dv_schema_compare(step, bound->to) > 0;
}

/* All of them can be undone, or none is. */
static enum dv_status check_undoable(const struct dv_schema *schema, const struct dv_schema_bound *bound,
                                     struct dv_err *err)
{
    for (unsigned i = 0; i < schema->count; i++) {
        const struct dv_schema_step *step = &schema->steps[i];
        if (!dv_schema_undoes(step, bound) || step->down != NULL)
            continue;
        enum dv_status status =
            dv_fail(err, DV_EXIT_USAGE,
                    "schema step %s cannot be undone: it has no .down.sql; nothing was undone", step->name);
        dv_err_hint(err, "write schema/%s.down.sql%s", step->name,
                    step->missing ? ", and put its .up.sql back" : "");
        dv_err_place(err, "schema", step->name, -1, -1);
        return status;
    }
    return DV_OK;
}

enum dv_status dv_schema_down(struct dv_target *target, const struct dv_context *context,
                              struct dv_schema *schema, const char *to, enum dv_phase phase, unsigned *undone,
                              struct dv_err *err)
{
    struct dv_schema_step *step;
    struct dv_schema_bound bound;
    struct apply apply = {.uri = dv_target_uri(target), .context = context, .steps = &step, .down = true};
    enum dv_status status;
    *undone = 0;
    DV_TRY(dv_schema_status(dv_target_pg(target), context->job, schema, err));
    DV_TRY(dv_schema_bound(schema, to, phase, &bound, err));
    DV_TRY(check_undoable(schema, &bound, err));
    for (int at = DV_PHASE_CONTRACT; at >= DV_PHASE_EXPAND; at--) {
        for (unsigned i = schema->count; i-- > 0;) {
            step = &schema->steps[i];
            if ((int)step->phase != at || !dv_schema_undoes(step, &bound))
                continue;
            DV_TRY(dv_run_tasks(1, 1, apply_task, &apply, err));
            step->applied = false;
            ++*undone;
        }
    }
done:
    return status;
}

enum dv_status dv_schema_bound(const struct dv_schema *schema, const char *to, enum dv_phase phase,
                               struct dv_schema_bound *bound, struct dv_err *err)
{
    *bound = (struct dv_schema_bound){.phase = phase};
    for (unsigned i = 0; to != NULL && i < schema->count; i++)
        if (strcmp(schema->steps[i].name, to) == 0)
            bound->to = &schema->steps[i];
    if (to == NULL || (bound->to != NULL && bound->to->applied))
        return DV_OK;
    enum dv_status status = bound->to == NULL
                                ? dv_fail(err, DV_EXIT_USAGE, "--to: the job has no schema step %s", to)
                                : dv_fail(err, DV_EXIT_USAGE, "--to: schema step %s is not applied", to);
    dv_err_hint(err, "drover schema status lists the steps; --to names the last one that stays");
    return status;
}
