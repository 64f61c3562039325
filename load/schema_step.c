/* Applies and undoes schema steps. A step claims its row in drover.schema_step first, inside its own
 * transaction: that waits for a dead predecessor's backend, and tells after a lost COMMIT whether the step
 * was applied. */
#include "core/alloc.h"
#include "core/thread.h"
#include "load/blockers.h"
#include "load/session.h"
#include "load/sql_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_TRIES    30
#define LOCK_LIMIT_US 300000000
#define LOST_TRIES    5
#define PAUSE_US      500000

static const char *const phase_names[] = {"expand", "index", "contract"};

struct apply {
    const char *uri;
    const struct dv_context *context;
    struct dv_schema_step **steps; /* of one number */
    bool down;
};

enum dv_status dv_schema_status(struct dv_pg *pg, const char *job, struct dv_schema *schema,
                                struct dv_err *err)
{
    const char *params[] = {job};
    PGresult *result = NULL;
    bool present;
    enum dv_status status;
    for (unsigned i = 0; i < schema->count; i++)
        schema->steps[i].applied = schema->steps[i].drifted = false;
    DV_TRY(dv_control_present(pg, &present, err));
    if (!present)
        goto done;
    DV_TRY(dv_pg_query(pg, "SELECT name, up_sha256 FROM drover.schema_step WHERE job = $1", 1, params,
                       &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        for (unsigned i = 0; i < schema->count; i++) {
            struct dv_schema_step *step = &schema->steps[i];
            if (strcmp(step->name, PQgetvalue(result, row, 0)) != 0)
                continue;
            step->applied = true;
            step->drifted = strcmp(step->up_sha256, PQgetvalue(result, row, 1)) != 0;
        }
    }
done:
    PQclear(result);
    return status;
}

/* Names the file and the line, which the server gives as a character of what was sent. */
static enum dv_status place(const struct dv_schema_step *step, bool down, const char *sql,
                            unsigned first_line, struct dv_err *err)
{
    const char *mark = strstr(err->message, "(at character ");
    char message[sizeof err->message];
    struct dv_err before = *err;
    unsigned line = 0;
    if (mark != NULL)
        line = first_line - 1 + dv_sql_line_of(sql, strtoul(mark + strlen("(at character "), NULL, 10));
    (void)snprintf(message, sizeof message, "%s", err->message);
    if (line > 0)
        (void)snprintf(err->message, sizeof err->message, "%s.%s.sql:%u: %.800s", step->name,
                       down ? "down" : "up", line, message);
    else
        (void)snprintf(err->message, sizeof err->message, "%s.%s.sql: %.800s", step->name,
                       down ? "down" : "up", message);
    return before.status;
}

/* One statement after the other: some of them, like CREATE INDEX CONCURRENTLY, refuse the implicit
 * transaction of a string of several. */
static enum dv_status run_singly(struct dv_pg *pg, const struct dv_schema_step *step, const char *sql,
                                 bool down, struct dv_err *err)
{
    unsigned line = 1;
    while (*sql != '\0') {
        bool empty;
        const char *end = dv_sql_statement_end(sql, &empty);
        char *statement = dv_strndup(sql, (size_t)(end - sql));
        if (statement == NULL)
            return dv_fail_memory(err);
        enum dv_status status = empty ? DV_OK : dv_pg_exec(pg, statement, err);
        if (status != DV_OK)
            (void)place(step, down, statement, line, err);
        dv_free(statement);
        if (status != DV_OK)
            return status;
        for (; sql < end; sql++)
            line += *sql == '\n';
    }
    return DV_OK;
}

static enum dv_status record(struct dv_pg *pg, const struct apply *apply, const struct dv_schema_step *step,
                             bool *news, struct dv_err *err)
{
    uint64_t touched = 0;
    const char *params[] = {apply->context->job, step->name, phase_names[step->phase], step->up_sha256,
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

static enum dv_status attempt(struct dv_pg *pg, const struct apply *apply, const struct dv_schema_step *step,
                              struct dv_err *err)
{
    const char *sql = apply->down ? step->down : step->up;
    bool news = true;
    enum dv_status status;
    DV_TRY(dv_pg_exec(pg, "SET lock_timeout = '2s'", err));
    if (step->no_transaction) {
        DV_TRY(run_singly(pg, step, sql, apply->down, err));
        return record(pg, apply, step, &news, err);
    }
    DV_TRY(dv_pg_exec(pg, "BEGIN", err));
    DV_TRY(record(pg, apply, step, &news, err));
    if (!news)
        return dv_pg_exec(pg, "ROLLBACK", err);
    status = dv_pg_exec(pg, sql, err);
    if (status != DV_OK) {
        (void)place(step, apply->down, sql, 1, err);
        goto done;
    }
    if (PQtransactionStatus(dv_pg_conn(pg)) != PQTRANS_INTRANS) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s ends the transaction that it runs in", step->name);
        dv_err_hint(err, "take COMMIT and ROLLBACK out, or mark the step: -- drover: no-transaction");
        goto done;
    }
    status = dv_pg_exec(pg, "COMMIT", err);
done:
    return status;
}

static enum dv_status apply_once(const struct apply *apply, const struct dv_schema_step *step, char *blockers,
                                 size_t size, struct dv_err *err)
{
    struct dv_pg *pg = NULL;
    char what[64];
    enum dv_status status;
    (void)snprintf(what, sizeof what, "schema %.40s", step->name);
    DV_TRY(dv_session_open(&pg, apply->uri, apply->context, what, err));
    struct dv_blockers *watch = dv_blockers_start(apply->uri, apply->context, PQbackendPID(dv_pg_conn(pg)));
    status = attempt(pg, apply, step, err);
    dv_blockers_stop(watch, blockers, size);
done:
    dv_pg_close(pg);
    return status;
}

static enum dv_status apply_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct apply *apply = context;
    const struct dv_schema_step *step = apply->steps[task];
    int64_t began = dv_monotonic_us();
    char blockers[400] = "", seen[400];
    unsigned locked = 0, lost = 0;
    (void)worker;
    for (;;) {
        enum dv_status status = apply_once(apply, step, seen, sizeof seen, err);
        if (seen[0] != '\0')
            memcpy(blockers, seen, sizeof blockers);
        bool lock = strcmp(err->sqlstate, "55P03") == 0;
        if (status == DV_OK) {
            dv_log_event(apply->context->log, "info",
                         apply->down ? "schema_step_undone" : "schema_step_applied", "name:s", step->name,
                         "ms:d", (dv_monotonic_us() - began) / 1000, NULL);
            return DV_OK;
        }
        bool again = status == DV_RETRY && (lock ? ++locked < LOCK_TRIES : ++lost < LOST_TRIES) &&
                     dv_monotonic_us() - began < LOCK_LIMIT_US;
        if (!again) {
            dv_err_place(err, "schema", step->name, -1, -1);
            if (lock)
                dv_err_hint(err, "in the way: %s; run again when it is done",
                            blockers[0] != '\0' ? blockers : "somebody");
            return status;
        }
        *err = (struct dv_err)DV_ERR_INIT;
        status = dv_pause(PAUSE_US, err);
        if (status != DV_OK)
            return status;
    }
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
            if (schema->steps[i].phase == phase && !schema->steps[i].applied)
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

enum dv_status dv_schema_down(struct dv_target *target, const struct dv_context *context,
                              struct dv_schema *schema, enum dv_phase phase, unsigned *undone,
                              struct dv_err *err)
{
    struct dv_schema_step *step;
    struct apply apply = {.uri = dv_target_uri(target), .context = context, .steps = &step, .down = true};
    enum dv_status status;
    *undone = 0;
    DV_TRY(dv_schema_status(dv_target_pg(target), context->job, schema, err));
    for (int at = DV_PHASE_CONTRACT; at >= (int)phase; at--) {
        for (unsigned i = schema->count; i-- > 0;) {
            step = &schema->steps[i];
            if ((int)step->phase != at || !step->applied)
                continue;
            if (step->down == NULL) {
                status = dv_fail(err, DV_EXIT_USAGE, "schema step %s cannot be undone: it has no .down.sql",
                                 step->name);
                dv_err_hint(err, "write schema/%s.down.sql", step->name);
                goto done;
            }
            DV_TRY(dv_run_tasks(1, 1, apply_task, &apply, err));
            step->applied = false;
            ++*undone;
        }
    }
done:
    return status;
}
