#include "load/schema_singly.h"

#include "core/alloc.h"
#include "load/invalid_index.h"
#include "load/session.h"
#include "load/sql_scan.h"
#include "load/sql_token.h"
#include "load/tries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE 50 /* looks, 200 ms apart, before the backend of a dead process is ended */

struct singly {
    struct dv_pg *pg;
    const struct dv_context *context;
    const struct dv_schema_step *step;
    bool down;
    char sha256[DV_SHA256_HEX]; /* of the text that is run */
    unsigned done;              /* statements */
    const char *mark_params[3]; /* job, name, down: what a row of drover.schema_begun is found by */
};

#define WHERE_MARK "WHERE job = $1 AND name = $2 AND down = $3::boolean"

/* The backend of a process that was killed may still work on the statement: it is given a moment to notice,
 * then ended. The lock on the job keeps living ones away. */
static enum dv_status await_predecessor(struct singly *singly, const char *pid, const char *began,
                                        struct dv_err *err)
{
    const char *params[] = {pid, began};
    enum dv_status status = DV_OK;
    for (unsigned look = 0; look < 2 * PATIENCE; look++) {
        PGresult *result = NULL;
        DV_TRY(dv_pg_query(
            singly->pg,
            "SELECT FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz "
            "AND pid <> pg_backend_pid()",
            2, params, &result, err));
        bool gone = PQntuples(result) == 0;
        PQclear(result);
        if (gone)
            return DV_OK;
        if (look == PATIENCE)
            DV_TRY(dv_pg_run(singly->pg, "SELECT pg_terminate_backend($1::int)", 1, params, NULL, err));
        DV_TRY(dv_pause(200000, err));
    }
    status = dv_fail_retry(err, "the session %s, which an interrupted run left, still works on step %s", pid,
                           singly->step->name);
    dv_err_hint(err, "end it with pg_terminate_backend(%s), then run again", pid);
done:
    return status;
}

/* After this no statement is under way: what the one that was has left is settled. */
static enum dv_status forget_statement(struct singly *singly, bool done, struct dv_err *err)
{
    char count[16];
    const char *params[] = {singly->mark_params[0], singly->mark_params[1], singly->mark_params[2], count};
    singly->done += done;
    (void)snprintf(count, sizeof count, "%u", singly->done);
    return dv_pg_run(singly->pg,
                     "UPDATE drover.schema_begun SET statement = NULL, done = $4::int " WHERE_MARK, 4, params,
                     NULL, err);
}

/* What an earlier attempt says of the step: goes on where that one was. */
static enum dv_status resume(struct singly *singly, const PGresult *mark, struct dv_err *err)
{
    struct dv_index_sql parsed = {0};
    bool same_file = strcmp(PQgetvalue(mark, 0, 0), singly->sha256) == 0, done = false;
    enum dv_status status = DV_OK;
    singly->done = same_file ? (unsigned)strtoul(PQgetvalue(mark, 0, 1), NULL, 10) : 0;
    if (PQgetisnull(mark, 0, 2))
        goto done;
    DV_TRY(await_predecessor(singly, PQgetvalue(mark, 0, 4), PQgetvalue(mark, 0, 5), err));
    DV_TRY(dv_index_sql_parse(PQgetvalue(mark, 0, 2), &parsed, err));
    DV_TRY(dv_invalid_index_settle(singly->pg, &parsed, PQgetvalue(mark, 0, 3), &done, err));
    status = forget_statement(singly, done && same_file, err);
done:
    dv_index_sql_release(&parsed);
    return status;
}

static enum dv_status begin(struct singly *singly, struct dv_err *err)
{
    const char *const *mark = singly->mark_params;
    const char *params[] = {mark[0], mark[1], mark[2], singly->sha256};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(singly->pg,
                       "SELECT sha256, done, statement, invalid_before::text, pid, backend_start FROM "
                       "drover.schema_begun " WHERE_MARK,
                       3, mark, &result, err));
    if (PQntuples(result) > 0)
        DV_TRY(resume(singly, result, err));
    status = dv_pg_run(singly->pg,
                       "INSERT INTO drover.schema_begun AS b (job, name, down, sha256, done) "
                       "VALUES ($1, $2, $3::boolean, $4, 0) ON CONFLICT (job, name, down) DO UPDATE SET "
                       "done = CASE WHEN b.sha256 = excluded.sha256 THEN b.done ELSE 0 END, "
                       "sha256 = excluded.sha256",
                       4, params, NULL, err);
done:
    PQclear(result);
    return status;
}

static enum dv_status mark_statement(struct singly *singly, const char *sql, struct dv_err *err)
{
    const char *const *mark = singly->mark_params;
    const char *params[] = {mark[0], mark[1], mark[2], sql};
    return dv_pg_run(
        singly->pg,
        "UPDATE drover.schema_begun SET statement = $4, pid = pg_backend_pid(), backend_start = "
        "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()), invalid_before = "
        "ARRAY(SELECT indexrelid FROM pg_index WHERE NOT indisvalid) " WHERE_MARK,
        4, params, NULL, err);
}

/* Waiting for old transactions to end, which CONCURRENTLY does after it has built for hours, holds nobody up:
 * that may take as long as locks are tried for. The table's lock, which does hold others up, is tried first
 * by itself. */
static enum dv_status send(struct singly *singly, const struct dv_index_sql *parsed, const char *sql,
                           struct dv_err *err)
{
    struct dv_err failure = DV_ERR_INIT;
    enum dv_status status;
    if (parsed->verb == DV_INDEX_NONE)
        return dv_pg_exec(singly->pg, sql, err);
    DV_TRY(dv_invalid_index_probe(singly->pg, parsed, err));
    DV_TRY(dv_pg_execf(singly->pg, err, "SET lock_timeout = %u", dv_lock_wait_ms(singly->context)));
    status = dv_pg_exec(singly->pg, sql, err);
    if (dv_pg_lost(singly->pg))
        return status;
    enum dv_status reset = dv_lock_timeout_set(singly->pg, singly->context, &failure);
    if (status == DV_OK && reset != DV_OK) {
        *err = failure;
        status = reset;
    }
done:
    return status;
}

/* The server has said no, so what the statement left can go at once. Whatever keeps it from going, the error
 * that is told is the statement's; the mark stays then, and the next attempt sees to it. */
static void clean_up(struct singly *singly, const struct dv_index_sql *parsed, struct dv_err *err)
{
    static const char *const wanted = "SELECT invalid_before::text FROM drover.schema_begun " WHERE_MARK;
    struct dv_err ignored = DV_ERR_INIT;
    PGresult *result = NULL;
    bool done;
    if (dv_pg_lost(singly->pg) ||
        dv_pg_query(singly->pg, wanted, 3, singly->mark_params, &result, &ignored) != DV_OK)
        return;
    if (strcmp(err->sqlstate, "23505") == 0)
        dv_invalid_index_duplicates(singly->pg, parsed, err);
    if (PQntuples(result) == 0 ||
        dv_invalid_index_settle(singly->pg, parsed, PQgetvalue(result, 0, 0), &done, &ignored) != DV_OK ||
        forget_statement(singly, false, &ignored) != DV_OK)
        dv_err_hint(err, "what the statement left could not be removed yet (%.200s); run again",
                    ignored.message);
    PQclear(result);
}

static enum dv_status run_statement(struct singly *singly, const char *sql, unsigned line, struct dv_err *err)
{
    struct dv_index_sql parsed = {0};
    bool there = false;
    enum dv_status status;
    DV_TRY(dv_index_sql_parse(sql, &parsed, err));
    DV_TRY(dv_invalid_index_there(singly->pg, &parsed, &there, err));
    if (!there)
        DV_TRY(mark_statement(singly, sql, err));
    status = send(singly, &parsed, sql, err);
    if (status != DV_OK) {
        if (!there)
            clean_up(singly, &parsed, err);
        dv_schema_place(singly->step, singly->down, sql, line, err);
        goto done;
    }
    DV_TRY(dv_invalid_index_check(singly->pg, &parsed, err));
    status = forget_statement(singly, true, err);
done:
    dv_index_sql_release(&parsed);
    return status;
}

enum dv_status dv_schema_singly(struct dv_pg *pg, const struct dv_context *context,
                                const struct dv_schema_step *step, bool down, struct dv_err *err)
{
    struct singly singly = {.pg = pg, .context = context, .step = step, .down = down};
    const char *sql = down ? step->down : step->up;
    struct dv_sha256 *sha = NULL;
    unsigned line = 1, number = 0;
    enum dv_status status;
    singly.mark_params[0] = context->job;
    singly.mark_params[1] = step->name;
    singly.mark_params[2] = down ? "true" : "false";
    DV_TRY(dv_sha256_new(&sha, err));
    dv_sha256_update(sha, sql, strlen(sql));
    dv_sha256_hex(sha, singly.sha256);
    DV_TRY(begin(&singly, err));
    while (*sql != '\0') {
        bool empty;
        const char *end = dv_sql_statement_end(sql, &empty);
        if (!empty && number++ >= singly.done) {
            char *statement = dv_strndup(sql, (size_t)(end - sql));
            status = statement == NULL ? dv_fail_memory(err) : run_statement(&singly, statement, line, err);
            dv_free(statement);
            if (status != DV_OK)
                goto done;
        }
        for (; sql < end; sql++)
            line += *sql == '\n';
    }
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_WRITE, err));
    status = dv_pg_run(pg, "DELETE FROM drover.schema_begun " WHERE_MARK, 3, singly.mark_params, NULL, err);
done:
    dv_sha256_free(sha);
    return status;
}

enum dv_status dv_schema_singly_check(const char *sql, const char *file, struct dv_err *err)
{
    unsigned line = 1;
    while (*sql != '\0') {
        struct dv_index_sql parsed;
        bool empty;
        const char *end = dv_sql_statement_end(sql, &empty);
        enum dv_status status = dv_index_sql_parse(sql, &parsed, err);
        bool nameless = parsed.verb == DV_INDEX_CREATE && parsed.index == NULL;
        dv_index_sql_release(&parsed);
        if (status == DV_OK && nameless) {
            const char *start = sql;
            for (const char *text = dv_sql_next(&start).text; sql < text; sql++)
                line += *sql == '\n';
            status =
                dv_fail(err, DV_EXIT_USAGE, "%s:%u: CREATE INDEX CONCURRENTLY without a name", file, line);
            dv_err_hint(err,
                        "name the index, so that one that an interruption leaves unfinished is found again");
        }
        if (status != DV_OK)
            return status;
        for (; sql < end; sql++)
            line += *sql == '\n';
    }
    return DV_OK;
}

void dv_schema_place(const struct dv_schema_step *step, bool down, const char *sql, unsigned first_line,
                     struct dv_err *err)
{
    const char *mark = strstr(err->message, "(at character "), *start = sql;
    const char *direction = down ? "down" : "up";
    char message[sizeof err->message];
    unsigned line = first_line;
    if (mark != NULL)
        line = (first_line > 0 ? first_line - 1 : 0) +
               dv_sql_line_of(sql, strtoul(mark + strlen("(at character "), NULL, 10));
    else if (first_line > 0)
        for (const char *text = dv_sql_next(&start).text; sql < text; sql++)
            line += *sql == '\n';
    (void)snprintf(message, sizeof message, "%s", err->message);
    if (line > 0)
        (void)snprintf(err->message, sizeof err->message, "%s.%s.sql:%u: %.850s", step->name, direction, line,
                       message);
    else
        (void)snprintf(err->message, sizeof err->message, "%s.%s.sql: %.850s", step->name, direction,
                       message);
}
