#include "core/pg_private.h"

#include "core/alloc.h"

#include <string.h>
#include <strings.h>

#define NESTED    "drover_transaction" /* the savepoint that stands for a transaction */
#define STATEMENT "drover_statement"   /* and for a statement outside of one */

struct dv_pg_held {
    PGresult *settings; /* of the session when it was held: names and values */
    unsigned shares;    /* holders besides the first */
    bool inside;        /* between dv_pg_begin and its end */
    bool left;          /* a holder is gone: what its session was is to be cleared away */
};

bool dv_pg_in_transaction(const struct dv_pg *pg)
{
    return pg->held != NULL ? pg->held->inside : PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
}

enum dv_status dv_pg_hold(struct dv_pg *pg, struct dv_err *err)
{
    /* A temporary table fixes temp_buffers for the life of the session. */
    static const char settings_sql[] =
        "SELECT array_agg(name)::text, array_agg(setting)::text FROM pg_settings WHERE context IN ('user', "
        "'superuser') AND name NOT LIKE 'transaction\\_%' AND name <> 'temp_buffers'";
    PGresult *settings = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, settings_sql, 0, NULL, &settings, err));
    DV_TRY(dv_pg_send(pg, "BEGIN", err));
    pg->held = dv_calloc(1, sizeof *pg->held);
    if (pg->held == NULL)
        status = dv_fail_memory(err);
    else
        pg->held->settings = settings;
done:
    if (status != DV_OK)
        PQclear(settings);
    return status;
}

struct dv_pg *dv_pg_share(struct dv_pg *pg)
{
    pg->held->shares++;
    return pg;
}

void dv_pg_held_free(struct dv_pg *pg)
{
    if (pg->held != NULL)
        PQclear(pg->held->settings);
    dv_free(pg->held);
    pg->held = NULL;
}

enum dv_status dv_pg_let_go(struct dv_pg *pg, struct dv_err *err)
{
    dv_pg_held_free(pg);
    return pg->lost ? DV_OK : dv_pg_send(pg, "ROLLBACK", err);
}

bool dv_pg_held_leave(struct dv_pg *pg)
{
    struct dv_err ignored = DV_ERR_INIT; /* the next statement tries it again */
    if (pg->held == NULL || pg->held->shares == 0)
        return false;
    pg->held->shares--;
    pg->held->left = true;
    if (pg->held->inside && !dv_pg_lost(pg) && dv_pg_rollback(pg, &ignored) == DV_OK)
        pg->held->inside = false;
    return true;
}

/* To the next holder the session is a fresh one: no transaction, no temporary tables, settings as they were.
 */
static enum dv_status clear_left(struct dv_pg *pg, struct dv_err *err)
{
    const struct dv_pg_held *held = pg->held;
    const char *params[] = {PQgetvalue(held->settings, 0, 0), PQgetvalue(held->settings, 0, 1)};
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    if (!held->left)
        return DV_OK;
    pg->held->left = false;
    DV_TRY(dv_pg_rollback(pg, err));
    DV_TRY(dv_pg_send(pg, "RESET SESSION AUTHORIZATION; RESET ROLE; DISCARD TEMP", err));
    status = dv_pg_send_params(pg,
                               "SELECT set_config(s.name, v.setting, false) FROM pg_settings s JOIN "
                               "unnest($1::text[], $2::text[]) v(name, setting) USING (name) "
                               "WHERE s.setting IS DISTINCT FROM v.setting",
                               2, params, &result, err);
done:
    PQclear(result);
    return status;
}

/* What would end the transaction that all is held in. */
static bool ends_transaction(const char *sql)
{
    static const char *const words[] = {"BEGIN", "START ", "COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncasecmp(sql, words[i], strlen(words[i])) == 0)
            return strncasecmp(sql, "ROLLBACK TO ", strlen("ROLLBACK TO ")) != 0;
    return false;
}

enum dv_status dv_pg_enter(struct dv_pg *pg, const char *sql, bool *guarded, struct dv_err *err)
{
    *guarded = false;
    if (pg->held == NULL)
        return DV_OK;
    if (ends_transaction(sql))
        return dv_fail(err, DV_EXIT_BUG, "a statement would end the transaction that is to be rolled back");
    enum dv_status status = clear_left(pg, err);
    if (status != DV_OK || pg->held->inside)
        return status;
    status = dv_pg_send(pg, "SAVEPOINT " STATEMENT, err);
    *guarded = status == DV_OK;
    return status;
}

enum dv_status dv_pg_leave(struct dv_pg *pg, bool guarded, enum dv_status status, struct dv_err *err)
{
    struct dv_err ignored = DV_ERR_INIT;
    if (pg->held == NULL || dv_pg_lost(pg))
        return status;
    if (PQtransactionStatus(pg->conn) == PQTRANS_IDLE) {
        pg->lost = true;
        return dv_fail(err, DV_EXIT_BUG,
                       "the transaction that was to be rolled back has ended by itself: look at the target");
    }
    if (guarded && status == DV_OK)
        return dv_pg_send(pg, "RELEASE " STATEMENT, err);
    if (guarded && dv_pg_send(pg, "ROLLBACK TO " STATEMENT "; RELEASE " STATEMENT, &ignored) != DV_OK)
        pg->lost = true; /* nothing can be done any more but to roll all of it back */
    return status;
}

enum dv_status dv_pg_begin(struct dv_pg *pg, enum dv_pg_mode mode, struct dv_err *err)
{
    static const char *const begin[] = {"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN READ ONLY"};
    enum dv_status status;
    if (pg->held == NULL)
        return dv_pg_send(pg, begin[mode], err);
    status = clear_left(pg, err);
    if (status == DV_OK && pg->held->inside)
        status = dv_fail(err, DV_EXIT_BUG, "a transaction begins within another one");
    if (status == DV_OK)
        status = dv_pg_send(pg, "SAVEPOINT " NESTED, err);
    if (status != DV_OK)
        return status;
    pg->held->inside = true;
    return mode == DV_PG_READ_ONLY ? dv_pg_send(pg, "SET TRANSACTION READ ONLY", err) : DV_OK;
}

/* What COMMIT does and the release of a savepoint does not: it looks at deferred constraints, and what SET
 * CONSTRAINTS and SET LOCAL said ends with it. Of the latter drover leaves statement_timeout alone behind. */
static enum dv_status commit_nested(struct dv_pg *pg, struct dv_err *err)
{
    static const char deferred_sql[] =
        "SELECT 'SET CONSTRAINTS ' || string_agg(DISTINCT format('%I.%I', nspname, conname), ', ') || "
        "' DEFERRED' FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE condeferred";
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_send(pg, "SET CONSTRAINTS ALL IMMEDIATE", err));
    DV_TRY(dv_pg_send_params(pg, deferred_sql, 0, NULL, &result, err));
    if (!PQgetisnull(result, 0, 0))
        DV_TRY(dv_pg_send(pg, PQgetvalue(result, 0, 0), err));
    status = dv_pg_send(pg, "RELEASE " NESTED "; SET statement_timeout = 0", err);
done:
    PQclear(result);
    return status;
}

enum dv_status dv_pg_commit(struct dv_pg *pg, struct dv_err *err)
{
    struct dv_err ignored = DV_ERR_INIT;
    if (pg->held == NULL)
        return dv_pg_send(pg, "COMMIT", err);
    enum dv_status status = commit_nested(pg, err);
    if (status == DV_OK)
        pg->held->inside = false;
    else if (!dv_pg_lost(pg) && dv_pg_rollback(pg, &ignored) != DV_OK)
        pg->lost = true;
    return status;
}

enum dv_status dv_pg_rollback(struct dv_pg *pg, struct dv_err *err)
{
    if (pg->held == NULL)
        return dv_pg_send(pg, "ROLLBACK", err);
    if (!pg->held->inside)
        return DV_OK;
    enum dv_status status = dv_pg_send(pg, "ROLLBACK TO " NESTED "; RELEASE " NESTED, err);
    if (status == DV_OK)
        pg->held->inside = false;
    return status;
}
