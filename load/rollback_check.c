/* Whether a run may be taken back as it is asked for. */
#include "load/load.h"
#include "load/session.h"
#include "load/sql_scan.h"
#include "load/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHOWN 200 /* bytes of a statement */

static bool begins_with(const char *at, const char *word)
{
    size_t length = strlen(word);
    return strncasecmp(at, word, length) == 0 && !isalnum((unsigned char)at[length]) && at[length] != '_';
}

/* Behind blanks and comments. */
static const char *first_word(const char *at, const char *end)
{
    for (;;) {
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (at >= end || (strncmp(at, "--", 2) != 0 && strncmp(at, "/*", 2) != 0))
            return at;
        at = dv_sql_skip(at);
    }
}

/* The first statement of the step that takes something away; of a step without one, its first. On one line,
 * cut short. */
static void show_statement(const char *sql, char *out, size_t size)
{
    static const char *const takers[] = {"DROP", "TRUNCATE", "DELETE", "ALTER", "UPDATE"};
    const char *shown = NULL, *shown_end = NULL;
    size_t length = 0;
    bool found = false;
    while (*sql != '\0' && !found) {
        bool empty;
        const char *end = dv_sql_statement_end(sql, &empty), *at = first_word(sql, end);
        for (size_t i = 0; i < sizeof takers / sizeof takers[0] && !empty; i++)
            found = found || begins_with(at, takers[i]);
        if (!empty && (shown == NULL || found)) {
            shown = at;
            shown_end = end;
        }
        sql = end;
    }
    for (; shown < shown_end && length + 4 < size && *shown != ';'; shown++) {
        bool blank = isspace((unsigned char)*shown);
        if (!blank || (length > 0 && out[length - 1] != ' '))
            out[length++] = blank ? ' ' : *shown;
    }
    out[length] = '\0';
    if (shown < shown_end && *shown != ';')
        (void)snprintf(out + length, size - length, "...");
}

static enum dv_status say_destroyed(const char *name, const char *sha256, const char *when, bool this_run,
                                    const char *run_id, const char *job_dir, struct dv_err *err)
{
    struct dv_schema schema;
    struct dv_err ignored = DV_ERR_INIT;
    char what[SHOWN] = "";
    bool undoable = false;
    if (dv_schema_read(job_dir, &schema, &ignored) == DV_OK) {
        for (unsigned i = 0; i < schema.count; i++) {
            const struct dv_schema_step *step = &schema.steps[i];
            if (strcmp(step->name, name) != 0)
                continue;
            if (strcmp(step->up_sha256, sha256) == 0)
                show_statement(step->up, what, sizeof what);
            undoable = step->down != NULL;
        }
        dv_schema_release(&schema);
    }
    enum dv_status status = dv_fail(err, DV_EXIT_CHANGED,
                                    "run %s cannot be taken back: the contract step %s, applied %s%s, has "
                                    "destroyed what it began with%s%s",
                                    run_id, name, when, this_run ? " by this run" : ", after it",
                                    what[0] != '\0' ? ": " : "", what);
    if (undoable)
        dv_err_hint(err,
                    "drover schema down JOB --phase contract --yes undoes the step as far as its .down.sql "
                    "goes; data that it destroyed comes from a backup taken before it");
    else
        dv_err_hint(err, "restore a backup taken before that step; it has no .down.sql that would undo it");
    return status;
}

static enum dv_status check_contract(struct dv_pg *pg, const struct dv_context *context, const char *job_dir,
                                     struct dv_err *err)
{
    const char *params[] = {context->job, context->run_id};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(
        pg,
        "SELECT s.name, s.up_sha256, to_char(s.applied_at, 'YYYY-MM-DD HH24:MI:SS TZ'), s.run_id = r.run_id "
        "FROM drover.schema_step s JOIN drover.run r ON r.run_id = $2 WHERE s.job = $1 "
        "AND s.phase = 'contract' AND (s.run_id = r.run_id OR s.applied_at >= r.started_at) "
        "ORDER BY s.applied_at LIMIT 1",
        2, params, &result, err));
    if (PQntuples(result) > 0)
        status = say_destroyed(PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 2),
                               PQgetvalue(result, 0, 3)[0] == 't', context->run_id, job_dir, err);
done:
    PQclear(result);
    return status;
}

/* Why the later step stands on the earlier one; NULL: it does not, as none that wrote nothing does. */
static enum dv_status depends(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *earlier,
                              const struct dv_load_spec *later, const char **why, struct dv_err *err)
{
    struct dv_buf left = {0}, right = {0};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_quote_table(&left, earlier->table, err));
    DV_TRY(dv_sql_done(&left, err));
    DV_TRY(dv_pg_quote_table(&right, later->table, err));
    DV_TRY(dv_sql_done(&right, err));
    const char *params[] = {left.data, right.data, run_id, later->step};
    DV_TRY(dv_pg_query(
        pg,
        "SELECT to_regclass($1) = to_regclass($2), EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' "
        "AND conrelid = to_regclass($2) AND confrelid = to_regclass($1)) WHERE EXISTS (SELECT FROM "
        "drover.ledger WHERE run_id = $3 AND step = $4 AND rolled_back_at IS NULL AND inserted + updated > "
        "0)",
        4, params, &result, err));
    *why = NULL;
    if (PQntuples(result) > 0 && PQgetvalue(result, 0, 0)[0] == 't')
        *why = "loads the same table";
    else if (PQntuples(result) > 0 && PQgetvalue(result, 0, 1)[0] == 't')
        *why = "has a foreign key to its table";
done:
    PQclear(result);
    dv_buf_release(&left);
    dv_buf_release(&right);
    return status;
}

enum dv_status dv_rollback_check(struct dv_target *target, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count,
                                 const struct dv_rollback_count *wanted, const char *job_dir,
                                 struct dv_err *err)
{
    struct dv_pg *pg = dv_target_pg(target);
    const char *why;
    bool present;
    enum dv_status status;
    DV_TRY(dv_control_present(pg, &present, err));
    if (!present)
        return DV_OK;
    DV_TRY(check_contract(pg, context, job_dir, err));
    for (unsigned i = 0; i < count; i++) {
        for (unsigned later = i + 1; later < count; later++) {
            if (wanted[i].left_out || !wanted[later].left_out)
                continue;
            DV_TRY(depends(pg, context->run_id, &specs[i], &specs[later], &why, err));
            if (why == NULL)
                continue;
            status = dv_fail(err, DV_EXIT_USAGE, "%s cannot be taken back alone: %s, loaded after it, %s",
                             specs[i].step, specs[later].step, why);
            dv_err_hint(err, "take both back, --only %s,%s, or the whole run: leave --only out",
                        specs[i].step, specs[later].step);
            goto done;
        }
    }
done:
    return status;
}
