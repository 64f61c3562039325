#include "load/ledger.h"

#include "load/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rows of a part that are loaded, from the first on. */
#define DONE_ROWS "inserted + updated + unchanged + rejected"

/* What stands in a part's ledger row; *known: it has one. lock: whoever is at the part is waited for. */
static enum dv_status read_done(struct dv_load_part *part, bool lock, bool *known, uint64_t *done,
                                struct dv_err *err)
{
    char number[16];
    const char *params[] = {part->run->context->run_id, part->table->spec->step, number};
    PGresult *result;
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    enum dv_status status = dv_pg_query(
        part->pg,
        lock ? "SELECT " DONE_ROWS
               " FROM drover.ledger WHERE run_id = $1 AND step = $2 AND part = $3::int FOR UPDATE"
             : "SELECT " DONE_ROWS " FROM drover.ledger WHERE run_id = $1 AND step = $2 AND part = $3::int",
        3, params, &result, err);
    if (status != DV_OK)
        return status;
    *known = PQntuples(result) > 0;
    *done = *known ? strtoull(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return DV_OK;
}

enum dv_status dv_ledger_claim(struct dv_load_part *part, bool *loaded, uint64_t *done, struct dv_err *err)
{
    const struct dv_load_spec *spec = part->table->spec;
    char number[16], rows[24];
    uint64_t claimed = 0;
    bool known = false;
    const char *params[] = {
        part->run->context->run_id, spec->step, number, spec->dataset, part->sha256, rows};
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    (void)snprintf(rows, sizeof rows, "%" PRIu64, part->rows);
    *loaded = false;
    *done = 0;
    enum dv_status status =
        dv_pg_run(part->pg,
                  "INSERT INTO drover.ledger (run_id, step, part, dataset, sha256, offered, xid) "
                  "VALUES ($1, $2, $3::int, $4, $5, $6::bigint, pg_current_xact_id()) ON CONFLICT DO NOTHING",
                  6, params, &claimed, err);
    if (status != DV_OK || claimed > 0)
        return status;
    status = read_done(part, true, &known, done, err);
    if (status == DV_OK && !known)
        return dv_fail_retry(err, "the ledger's row of the part has gone while it was claimed");
    *loaded = *done == part->rows;
    return status;
}

enum dv_status dv_ledger_resume(struct dv_load_part *part, bool *loaded, struct dv_err *err)
{
    char number[16];
    const char *params[] = {part->run->context->run_id, part->table->spec->step, number};
    struct dv_refused *refused = &part->refused;
    uint64_t counted = part->resumed ? refused->settled : part->rows, done;
    PGresult *result = NULL;
    bool known;
    enum dv_status status;
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    DV_TRY(read_done(part, false, &known, &done, err));
    *loaded = known && done == part->rows;
    DV_TRY(dv_pg_query(part->pg,
                       "SELECT r, rejected_for[2 * i - 1], rejected_for[2 * i] FROM drover.ledger, "
                       "unnest(rejected_rows) WITH ORDINALITY u (r, i) "
                       "WHERE run_id = $1 AND step = $2 AND part = $3::int AND rejected_for IS NOT NULL",
                       3, params, &result, err));
    dv_refused_clear(refused);
    dv_refused_forget(refused);
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t row = strtoull(PQgetvalue(result, i, 0), NULL, 10);
        DV_TRY(dv_refused_known(refused, row, PQgetvalue(result, i, 1), PQgetvalue(result, i, 2),
                                row > counted, err));
    }
    refused->settled = done;
    part->resumed = true;
done:
    PQclear(result);
    return status;
}

/* An element of an array's text. */
static void add_element(struct dv_buf *out, const char *text)
{
    dv_buf_byte(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            dv_buf_byte(out, '\\');
        dv_buf_byte(out, *text);
    }
    dv_buf_byte(out, '"');
}

/* The refused rows of the transaction under way, as two arrays; the second is for a part that goes on. */
static enum dv_status refused_arrays(struct dv_load_part *part, struct dv_buf *rows, struct dv_buf *why,
                                     struct dv_err *err)
{
    const struct dv_refused *refused = &part->refused;
    dv_refused_sort(&part->refused);
    for (size_t i = 0; i < refused->count; i++) {
        const struct dv_refused_row *row = &refused->rows[i];
        if (row->row < part->first || row->row > part->last)
            continue;
        dv_buf_printf(rows, "%c%" PRIu64, rows->len == 0 ? '{' : ',', row->row);
        dv_buf_byte(why, why->len == 0 ? '{' : ',');
        add_element(why, row->reason);
        dv_buf_byte(why, ',');
        add_element(why, row->detail);
    }
    dv_buf_str(rows, rows->len > 0 ? "}" : "{}");
    dv_buf_str(why, why->len > 0 ? "}" : "{}");
    enum dv_status status = dv_sql_done(rows, err);
    return status == DV_OK ? dv_sql_done(why, err) : status;
}

static enum dv_status check_counts(const struct dv_load_count *count, struct dv_err *err)
{
    if (count->offered == count->inserted + count->updated + count->unchanged + count->rejected)
        return DV_OK;
    return dv_fail(err, DV_EXIT_BUG,
                   "%" PRIu64 " rows offered, but %" PRIu64 " inserted, %" PRIu64 " updated, %" PRIu64
                   " unchanged, %" PRIu64 " rejected",
                   count->offered, count->inserted, count->updated, count->unchanged, count->rejected);
}

enum dv_status dv_ledger_finish(struct dv_load_part *part, struct dv_err *err)
{
    const struct dv_load_spec *spec = part->table->spec;
    struct dv_load_count *count = &part->count;
    struct dv_buf rows = {0}, why = {0};
    char number[16], figures[4][24];
    enum dv_status status;
    count->offered = part->last - part->first + 1;
    count->rejected = 0;
    for (size_t i = 0; i < part->refused.count; i++)
        count->rejected +=
            part->refused.rows[i].row >= part->first && part->refused.rows[i].row <= part->last;
    DV_TRY(check_counts(count, err));
    const uint64_t values[] = {count->inserted, count->updated, count->unchanged, count->rejected};
    for (unsigned i = 0; i < 4; i++)
        (void)snprintf(figures[i], sizeof figures[i], "%" PRIu64, values[i]);
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    DV_TRY(refused_arrays(part, &rows, &why, err));
    bool whole = part->last == part->rows;
    const char *params[] = {part->run->context->run_id,
                            spec->step,
                            number,
                            figures[0],
                            figures[1],
                            figures[2],
                            figures[3],
                            rows.data,
                            whole ? NULL : why.data};
    status = dv_pg_run(
        part->pg,
        "UPDATE drover.ledger SET inserted = inserted + $4::bigint, updated = updated + $5::bigint, "
        "unchanged = unchanged + $6::bigint, rejected = rejected + $7::bigint, "
        "rejected_rows = nullif(coalesce(rejected_rows, '{}') || $8::bigint[], '{}'), "
        "rejected_for = CASE WHEN $9::text[] IS NOT NULL THEN coalesce(rejected_for, '{}') || $9 END, "
        "loaded_at = clock_timestamp() "
        "WHERE run_id = $1 AND step = $2 AND part = $3::int",
        9, params, NULL, err);
done:
    dv_buf_release(&rows);
    dv_buf_release(&why);
    return status;
}

enum dv_status dv_ledger_step_known(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    bool *known, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step};
    PGresult *result;
    enum dv_status status =
        dv_pg_query(pg, "SELECT FROM drover.step WHERE run_id = $1 AND step = $2", 2, params, &result, err);
    if (status == DV_OK)
        *known = PQntuples(result) > 0;
    PQclear(result);
    return status;
}

enum dv_status dv_ledger_begin_step(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    bool empty, bool *was_empty, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step, spec->dataset, spec->table, spec->mode, empty ? "t" : "f"};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_run(pg,
                     "INSERT INTO drover.step (run_id, step, dataset, table_name, mode, table_was_empty) "
                     "VALUES ($1, $2, $3, $4, $5, $6::boolean) ON CONFLICT DO NOTHING",
                     6, params, NULL, err));
    DV_TRY(dv_pg_query(pg, "SELECT table_was_empty FROM drover.step WHERE run_id = $1 AND step = $2", 2,
                       params, &result, err));
    *was_empty = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    return status;
}

enum dv_status dv_ledger_loaded(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                const struct dv_dataset_manifest *dataset, bool *loaded, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg,
                       "SELECT part, sha256, rolled_back_at IS NOT NULL, offered = " DONE_ROWS
                       " FROM drover.ledger WHERE run_id = $1 AND step = $2 FOR SHARE",
                       2, params, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        unsigned long part = strtoul(PQgetvalue(result, i, 0), NULL, 10);
        bool rolled_back = PQgetvalue(result, i, 2)[0] == 't';
        if (rolled_back) {
            status =
                dv_fail(err, DV_EXIT_CHANGED, "run %s was rolled back, or its rollback has begun", run_id);
            dv_err_hint(err, "finish it with drover rollback --run %s --yes, then start over with --new",
                        run_id);
        } else if (part >= dataset->part_count ||
                   strcmp(PQgetvalue(result, i, 1), dataset->part_sha256[part]) != 0) {
            status = dv_fail(err, DV_EXIT_CHANGED,
                             "part %lu of %s was loaded from another file than the one there now", part,
                             spec->dataset);
            dv_err_hint(err, "start over with --new, or roll the run back first");
        }
        if (status != DV_OK)
            goto done;
        loaded[part] = PQgetvalue(result, i, 3)[0] == 't';
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_load_counts(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *specs,
                              unsigned count, struct dv_load_count *counts, uint32_t *parts_done,
                              struct dv_err *err)
{
    const char *params[] = {run_id};
    PGresult *result = NULL;
    bool present;
    enum dv_status status;
    for (unsigned i = 0; i < count; i++) {
        counts[i] = (struct dv_load_count){0};
        parts_done[i] = 0;
    }
    DV_TRY(dv_control_present(pg, &present, err));
    if (!present)
        goto done;
    DV_TRY(dv_pg_query(
        pg,
        "SELECT step, sum(" DONE_ROWS "), sum(inserted), sum(updated), sum(unchanged), sum(rejected), "
        "count(*) FILTER (WHERE offered = " DONE_ROWS ") FROM drover.ledger WHERE run_id = $1 GROUP BY step",
        1, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        for (unsigned i = 0; i < count; i++) {
            if (strcmp(specs[i].step, PQgetvalue(result, row, 0)) != 0)
                continue;
            uint64_t *figures[] = {&counts[i].offered, &counts[i].inserted, &counts[i].updated,
                                   &counts[i].unchanged, &counts[i].rejected};
            for (int f = 0; f < 5; f++)
                *figures[f] = strtoull(PQgetvalue(result, row, f + 1), NULL, 10);
            parts_done[i] = (uint32_t)strtoul(PQgetvalue(result, row, 6), NULL, 10);
        }
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_load_any(struct dv_target *target, const struct dv_context *context, bool *any,
                           struct dv_err *err)
{
    struct dv_pg *pg = dv_target_pg(target);
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_control_present(pg, any, err));
    if (!*any)
        return DV_OK;
    DV_TRY(dv_pg_query(
        pg, "SELECT EXISTS (SELECT FROM drover.ledger WHERE run_id = $1 AND rolled_back_at IS NULL)", 1,
        &context->run_id, &result, err));
    *any = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    return status;
}
