#include "load/rehearsal.h"

#include "core/alloc.h"
#include "load/gate.h"
#include "load/invalid_index.h"
#include "load/part.h"
#include "load/schema_singly.h"
#include "load/sql_scan.h"
#include "load/sql_token.h"
#include "load/table.h"
#include "load/tries.h"

#include <string.h>

#define SHOWN_LENGTH 100 /* of a statement in a note */

void dv_rehearsal_limit(struct dv_context *context)
{
    context->workers = 1;
    context->lock_wait_ms = dv_lock_timeout_ms(context);
}

enum dv_status dv_rehearsal_check(struct dv_pg *pg, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, "SELECT pg_is_in_recovery()", 0, NULL, &result, err));
    if (PQgetvalue(result, 0, 0)[0] == 't') {
        status = dv_fail(err, DV_EXIT_USAGE,
                         "the target is a standby: nothing can be done there, not even to be "
                         "rolled back");
        dv_err_hint(err, "give the primary as --target, or use --dry-run alone, which only reads the target");
    }
done:
    PQclear(result);
    return status;
}

/* It waits here, where it holds nothing, for what a load waits for between parts. */
static enum dv_status pass_gate(const struct dv_context *context, const char *uri, struct dv_err *err)
{
    struct dv_gate *gate = NULL;
    enum dv_status status = dv_gate_open(&gate, context, uri, err);
    if (status == DV_OK)
        status = dv_gate_pass(gate, err);
    dv_gate_close(gate);
    return status;
}

enum dv_status dv_rehearsal_begin(const struct dv_context *context, struct dv_pg *pg, const char *uri,
                                  struct dv_err *err)
{
    struct dv_rehearsal *rehearsal = context->rehearsal;
    enum dv_status status = pass_gate(context, uri, err);
    if (status == DV_OK)
        status = dv_load_session_tune(pg, err); /* temp_buffers can be set only before the first use */
    if (status == DV_OK)
        status = dv_pg_hold(pg, err);
    if (status != DV_OK)
        return status;
    rehearsal->pg = pg;
    rehearsal->began_us = dv_monotonic_us();
    dv_log_event(context->log, "warning", "rehearsal_begun", "what:s",
                 "locks on the target are held until the dry run ends", NULL);
    return DV_OK;
}

void dv_rehearsal_end(struct dv_rehearsal *rehearsal)
{
    struct dv_err ignored = DV_ERR_INIT;
    if (rehearsal->pg == NULL)
        return;
    if (dv_pg_let_go(rehearsal->pg, &ignored) == DV_OK)
        rehearsal->held_us = dv_monotonic_us() - rehearsal->began_us;
    else
        rehearsal->held_us = -1;
    rehearsal->pg = NULL;
}

void dv_rehearsal_release(struct dv_rehearsal *rehearsal)
{
    dv_findings_release(&rehearsal->left_out);
}

/* EXECUTE of PL/pgSQL refuses what would end the transaction, however the text is written. */
static enum dv_status execute(struct dv_pg *pg, const char *sql, struct dv_err *err)
{
    struct dv_buf body = {0}, statement = {0};
    enum dv_status status;
    dv_buf_str(&body, "BEGIN EXECUTE ");
    dv_pg_quote_literal(&body, sql);
    dv_buf_str(&body, "; END");
    DV_TRY(dv_sql_done(&body, err));
    dv_buf_str(&statement, "DO LANGUAGE plpgsql ");
    dv_pg_quote_literal(&statement, body.data);
    DV_TRY(dv_sql_done(&statement, err));
    status = dv_pg_exec(pg, statement.data, err);
    if (status != DV_OK && strcmp(err->sqlstate, "0A000") == 0 && strstr(err->message, "EXECUTE") != NULL)
        dv_err_hint(err, "take BEGIN, COMMIT and ROLLBACK out: a dry run in a transaction must not be ended");
done:
    dv_buf_release(&body);
    dv_buf_release(&statement);
    return status;
}

static enum dv_status note(struct dv_rehearsal *rehearsal, const struct dv_schema_step *step,
                           const char *what, const char *sql, struct dv_err *err)
{
    char text[SHOWN_LENGTH + 1];
    size_t length = 0;
    for (const char *at = dv_sql_next(&sql).text; *at != '\0' && length < SHOWN_LENGTH; at++)
        text[length++] = *at == '\n' || *at == '\t' ? ' ' : *at;
    text[length] = '\0';
    return dv_finding_add(&rehearsal->left_out, DV_FINDING_NOTE, NULL, err, "schema step %s: %s: %s",
                          step->name, what, text);
}

/* Cuts CONCURRENTLY out of the statement. */
static void build_plainly(char *sql)
{
    const char *at = sql;
    for (struct dv_sql_token token; (token = dv_sql_next(&at)).kind != DV_SQL_END;)
        if (dv_sql_is(&token, "concurrently")) {
            memset(sql + (token.text - sql), ' ', token.length);
            return;
        }
}

static bool not_in_transaction(const struct dv_err *err)
{
    return strcmp(err->sqlstate, "25001") == 0 || strcmp(err->sqlstate, "2D000") == 0;
}

static enum dv_status one_statement(struct dv_rehearsal *rehearsal, struct dv_pg *pg,
                                    const struct dv_schema_step *step, char *sql, struct dv_err *err)
{
    struct dv_index_sql parsed = {0};
    enum dv_status status;
    DV_TRY(dv_index_sql_parse(sql, &parsed, err));
    if (parsed.verb == DV_INDEX_REINDEX) {
        status = note(rehearsal, step, "left out", sql, err);
        goto done;
    }
    if (parsed.verb != DV_INDEX_NONE) {
        DV_TRY(note(rehearsal, step, "done without CONCURRENTLY", sql, err));
        build_plainly(sql);
    }
    DV_TRY(dv_pg_exec(pg, "SAVEPOINT drover_singly", err));
    status = execute(pg, sql, err);
    if (status == DV_OK) {
        DV_TRY(dv_pg_exec(pg, "RELEASE drover_singly", err));
        status = dv_invalid_index_check(pg, &parsed, err);
    } else if (not_in_transaction(err)) {
        *err = (struct dv_err)DV_ERR_INIT;
        DV_TRY(dv_pg_exec(pg, "ROLLBACK TO drover_singly; RELEASE drover_singly", err));
        status = note(rehearsal, step, "left out, it cannot be done in a transaction", sql, err);
    }
done:
    dv_index_sql_release(&parsed);
    return status;
}

static enum dv_status singly(struct dv_rehearsal *rehearsal, struct dv_pg *pg,
                             const struct dv_schema_step *step, struct dv_err *err)
{
    unsigned line = 1;
    for (const char *sql = step->up; *sql != '\0';) {
        bool empty;
        const char *end = dv_sql_statement_end(sql, &empty);
        if (!empty) {
            char *statement = dv_strndup(sql, (size_t)(end - sql));
            enum dv_status status =
                statement == NULL ? dv_fail_memory(err) : one_statement(rehearsal, pg, step, statement, err);
            if (status != DV_OK)
                dv_schema_place(step, false, sql, line, err);
            dv_free(statement);
            if (status != DV_OK)
                return status;
        }
        for (; sql < end; sql++)
            line += *sql == '\n';
    }
    return DV_OK;
}

enum dv_status dv_rehearse_step(struct dv_rehearsal *rehearsal, struct dv_pg *pg,
                                const struct dv_schema_step *step, struct dv_err *err)
{
    if (step->no_transaction)
        return singly(rehearsal, pg, step, err);
    enum dv_status status = execute(pg, step->up, err);
    if (status != DV_OK)
        dv_schema_place(step, false, step->up, 0, err);
    return status;
}
