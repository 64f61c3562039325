/* Locks, names, disk space. */
#include "load/preflight.h"
#include "load/sql_token.h"
#include "load/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define LONGEST_NAME 63
#define MIB          ((uint64_t)1024 * 1024)

/* Locks that keep writers out, and any lock of a transaction that has lasted for longer than a lock is waited
 * for: a schema step that changes the table would wait for its end. */
static const char locks_sql[] =
    "SELECT concat('pid ', l.pid, ', user ' || a.usename, ', application ' || nullif(a.application_name, "
    "''), ', ' || "
    "a.state, ', in its transaction since ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ')), "
    "string_agg(DISTINCT l.mode, ', ' ORDER BY l.mode), format('%I.%I', n.nspname, c.relname) "
    "FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN "
    "pg_stat_activity a USING (pid), parse_ident($1) AS parts "
    "WHERE l.locktype = 'relation' AND l.granted AND c.relname = parts[cardinality(parts)] AND CASE WHEN "
    "cardinality(parts) = 1 THEN pg_table_is_visible(c.oid) ELSE n.nspname = parts[1] END AND "
    "l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
    "l.pid IS DISTINCT FROM pg_backend_pid() AND (l.mode IN ('ShareLock', 'ShareRowExclusiveLock', "
    "'ExclusiveLock', "
    "'AccessExclusiveLock') OR a.xact_start < now() - interval '2 s') "
    "GROUP BY l.pid, a.usename, a.application_name, a.state, a.xact_start, n.nspname, c.relname "
    "ORDER BY a.xact_start, l.pid";

enum dv_status dv_preflight_locks(struct dv_pg *pg, const char *table, struct dv_findings *findings,
                                  struct dv_err *err)
{
    struct dv_buf what = {0};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, locks_sql, 1, &table, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        dv_buf_reset(&what);
        dv_buf_printf(&what, "table %s is locked (%s) by %s", PQgetvalue(result, row, 2),
                      PQgetvalue(result, row, 1), PQgetvalue(result, row, 0));
        DV_TRY(dv_sql_done(&what, err));
        if (!dv_findings_has(findings, what.data)) /* a step may change a table that is loaded too */
            DV_TRY(dv_finding_add(findings, DV_FINDING_WARNING, NULL, err, "%s", what.data));
    }
done:
    PQclear(result);
    dv_buf_release(&what);
    return status;
}

enum dv_status dv_preflight_name(const char *where, const char *name, struct dv_findings *findings,
                                 struct dv_err *err)
{
    size_t length = strlen(name);
    if (length <= LONGEST_NAME)
        return DV_OK;
    return dv_finding_add(findings, DV_FINDING_JOB, "write a shorter name", err,
                          "%s: the name \"%.100s\"%s has %zu bytes; PostgreSQL cuts names off at %d", where,
                          name, length > 100 ? "..." : "", length, LONGEST_NAME);
}

static enum dv_status check_names(const char *where, const char *sql, unsigned line, bool lines, bool code,
                                  struct dv_findings *findings, struct dv_err *err);

/* A string that holds statements: the body of a DO or of a function. */
static enum dv_status check_body(const char *where, const struct dv_sql_token *token, unsigned line,
                                 struct dv_findings *findings, struct dv_err *err)
{
    size_t length;
    struct dv_buf text = {0};
    enum dv_status status;
    const char *body = dv_sql_dollar_body(token, &length);
    dv_buf_append(&text, body, length);
    DV_TRY(dv_sql_done(&text, err));
    status = check_names(where, text.data, line, true, false, findings, err);
done:
    dv_buf_release(&text);
    return status;
}

/* code: statements that may define something, whose bodies are read too. */
static enum dv_status check_names(const char *where, const char *sql, unsigned line, bool lines, bool code,
                                  struct dv_findings *findings, struct dv_err *err)
{
    struct dv_buf name = {0}, place = {0};
    const char *at = sql, *counted = sql;
    bool starts = true, defines = false;
    enum dv_status status = DV_OK;
    for (struct dv_sql_token token; (token = dv_sql_next(&at)).kind != DV_SQL_END;) {
        for (; counted < token.text; counted++)
            line += *counted == '\n';
        const char *behind = token.text;
        if (starts)
            defines = dv_sql_accept(&behind, "do") || dv_sql_accept(&behind, "create function") ||
                      dv_sql_accept(&behind, "create or replace function") ||
                      dv_sql_accept(&behind, "create procedure") ||
                      dv_sql_accept(&behind, "create or replace procedure");
        starts = dv_sql_symbol(&token, ';');
        if (token.kind == DV_SQL_STRING && code && defines)
            DV_TRY(check_body(where, &token, line, findings, err));
        if (!dv_sql_is_name(&token) || token.length <= LONGEST_NAME)
            continue;
        dv_buf_reset(&name);
        dv_buf_reset(&place);
        dv_sql_name(&name, &token);
        dv_buf_str(&place, where);
        if (lines)
            dv_buf_printf(&place, ":%u", line);
        DV_TRY(dv_sql_done(&name, err));
        DV_TRY(dv_sql_done(&place, err));
        DV_TRY(dv_preflight_name(place.data, name.data, findings, err));
    }
done:
    dv_buf_release(&name);
    dv_buf_release(&place);
    return status;
}

enum dv_status dv_preflight_sql_names(const char *where, const char *sql, bool lines,
                                      struct dv_findings *findings, struct dv_err *err)
{
    return check_names(where, sql, 1, lines, true, findings, err);
}

enum dv_status dv_preflight_schema_names(const struct dv_schema *schema, struct dv_findings *findings,
                                         struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < schema->count && status == DV_OK; i++) {
        const struct dv_schema_step *step = &schema->steps[i];
        char where[sizeof step->name + 32];
        (void)snprintf(where, sizeof where, "schema/%s.up.sql", step->name);
        if (step->up != NULL)
            status = dv_preflight_sql_names(where, step->up, true, findings, err);
        (void)snprintf(where, sizeof where, "schema/%s.down.sql", step->name);
        if (status == DV_OK && step->down != NULL)
            status = dv_preflight_sql_names(where, step->down, true, findings, err);
    }
    return status;
}

static enum dv_status compare_space(const char *what, const char *path, const struct statvfs *disk,
                                    uint64_t need, struct dv_findings *findings, struct dv_err *err)
{
    uint64_t free_bytes = (uint64_t)disk->f_bavail * disk->f_frsize;
    enum dv_finding_kind kind = free_bytes < need / 4 ? DV_FINDING_FAULT
                                : free_bytes < need   ? DV_FINDING_WARNING
                                                      : DV_FINDING_NOTE;
    return dv_finding_add(findings, kind, kind == DV_FINDING_NOTE ? NULL : "free some space there", err,
                          "%s (%s) has %" PRIu64 " MiB free; the run needs about %" PRIu64
                          " MiB, by estimate",
                          what, path, free_bytes / MIB, (need + MIB - 1) / MIB);
}

enum dv_status dv_preflight_folder_space(const char *path, uint64_t need, struct dv_findings *findings,
                                         struct dv_err *err)
{
    struct statvfs disk;
    char folder[4096];
    (void)snprintf(folder, sizeof folder, "%s", path);
    while (statvfs(folder, &disk) != 0) { /* a folder that is not made yet lies where its parent does */
        if (errno != ENOENT && errno != ENOTDIR)
            return dv_fail_os(err, errno, "cannot tell how much is free in %s", folder);
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash == folder)
            return DV_OK;
        *slash = '\0';
    }
    return compare_space("the work folder's disk", path, &disk, need, findings, err);
}

enum dv_status dv_preflight_server_space(struct dv_pg *pg, uint64_t need, struct dv_findings *findings,
                                         struct dv_err *err)
{
    struct statvfs disk;
    PGresult *result = NULL;
    const char *host = PQhost(dv_pg_conn(pg));
    bool local = host != NULL && host[0] == '/';
    enum dv_status status = DV_OK;
    /* Only those whom the server trusts with it are told where its files lie. */
    DV_TRY(dv_pg_query(
        pg,
        "SELECT CASE WHEN t.spcname <> 'pg_default' THEN pg_tablespace_location(t.oid) ELSE (SELECT "
        "setting FROM pg_settings WHERE name = 'data_directory') END FROM pg_database d JOIN "
        "pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = current_database()",
        0, NULL, &result, err));
    const char *path = PQntuples(result) > 0 && !PQgetisnull(result, 0, 0) ? PQgetvalue(result, 0, 0) : "";
    if (local && path[0] == '/' && statvfs(path, &disk) == 0)
        status = compare_space("the target's disk", path, &disk, need, findings, err);
    else
        status =
            dv_finding_add(findings, DV_FINDING_NOTE, NULL, err,
                           "how much is free on the target's disk is not known here; the run needs about "
                           "%" PRIu64 " MiB there, by estimate",
                           (need + MIB - 1) / MIB);
done:
    PQclear(result);
    return status;
}
