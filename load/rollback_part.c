/* Inserted rows: found by key (or, without a key, by all loaded columns) and removed where they are as they
 * were loaded. Updated rows: found by the before-image's keys and given their old values where the changed
 * columns are as they were loaded. What was loaded is in the stage file; it goes into pg_temp.drover_stage,
 * and the rows to act on into pg_temp.drover_gone and drover_back with their places. One snapshot over all of
 * it. */
#include "load/rollback_part.h"

#include "core/alloc.h"
#include "core/stage_reader.h"
#include "load/copy.h"
#include "load/isolate.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ledger_row {
    bool done;
    uint64_t offered, inserted, updated, rejected, removed, restored, kept;
    char sha256[DV_SHA256_HEX];
};

struct take_back {
    struct dv_load_part part;
    struct ledger_row ledger;
    char number[16];
    const char *params[3]; /* run, step, part */
    bool gone, back;       /* which of the two tables there are */
    uint64_t removed, restored, kept;
};

static enum dv_status read_ledger(struct take_back *back, bool act, struct dv_err *err)
{
    struct ledger_row *row = &back->ledger;
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_printf(
        &sql,
        "SELECT rolled_back_at IS NOT NULL, offered, inserted, updated, rejected, coalesce(removed, 0), "
        "coalesce(restored, 0), coalesce(kept, 0), sha256 FROM drover.ledger "
        "WHERE run_id = $1 AND step = $2 AND part = $3::int%s",
        act ? " FOR UPDATE" : "");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(back->part.pg, sql.data, 3, back->params, &result, err));
    if (PQntuples(result) != 1) {
        status = dv_fail(err, DV_EXIT_FAULT, "the part has gone from the ledger");
        goto done;
    }
    row->done = PQgetvalue(result, 0, 0)[0] == 't';
    uint64_t *figures[] = {&row->offered, &row->inserted, &row->updated, &row->rejected,
                           &row->removed, &row->restored, &row->kept};
    for (int i = 0; i < 7; i++)
        *figures[i] = strtoull(PQgetvalue(result, 0, i + 1), NULL, 10);
    (void)snprintf(row->sha256, sizeof row->sha256, "%s", PQgetvalue(result, 0, 8));
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* The rows that were loaded: those of the file without the refused ones. */
static enum dv_status stage(struct take_back *back, struct dv_err *err)
{
    struct dv_load_part *part = &back->part;
    const char *dir = part->table->spec->dataset_dir;
    struct dv_part_manifest manifest = {0};
    enum dv_status status;
    DV_TRY(dv_part_manifest_read(dir, part->number, &manifest, err));
    if (strcmp(manifest.sha256, back->ledger.sha256) != 0) {
        status = dv_fail(err, DV_EXIT_CHANGED, "the stage file is not the one that was loaded");
        dv_err_hint(err, "put the run's stage files back: what was loaded can only be told from them");
        goto done;
    }
    DV_TRY(dv_stage_verify_part(dir, part->number, err));
    part->rows = manifest.rows;
    part->careful = back->ledger.rejected > 0;
    DV_TRY(dv_stage_table_make(part->pg, part->table, err));
    DV_TRY(dv_copy_part(part, NULL, err));
    dv_refused_clear(&part->refused);
    if (back->ledger.rejected > 0)
        DV_TRY(dv_pg_run(part->pg,
                         "DELETE FROM pg_temp.drover_stage WHERE drover_row IN (SELECT unnest(rejected_rows) "
                         "FROM drover.ledger WHERE run_id = $1 AND step = $2 AND part = $3::int)",
                         3, back->params, NULL, err));
    status = dv_pg_exec(part->pg, "ANALYZE pg_temp.drover_stage", err);
done:
    dv_part_manifest_release(&manifest);
    return status;
}

static void gone_by_key(struct dv_buf *sql, const struct take_back *back)
{
    const struct dv_load_table *table = back->part.table;
    dv_buf_str(sql, "SELECT s.drover_row, t.tableoid AS drover_table, t.ctid AS drover_tid, ");
    dv_sql_differs(sql, table, "t", "s", false);
    dv_buf_printf(sql, " AS drover_edited FROM pg_temp.drover_stage s JOIN %s t ON ", table->quoted);
    dv_sql_key_match(sql, table, "t", "s");
    if (back->ledger.inserted >= back->ledger.offered - back->ledger.rejected)
        return;
    dv_buf_str(sql, " JOIN (SELECT k.* FROM drover.inserted_key i, ");
    dv_sql_key_unnest(sql, table, "i.keys", NULL, "k");
    dv_buf_str(sql, " WHERE i.run_id = $1 AND i.step = $2 AND i.part = $3::int) k ON ");
    dv_sql_key_equal_text(sql, table, "k", "s");
}

/* Of several equal rows the newest ones are taken for ours. */
static void gone_by_columns(struct dv_buf *sql, const struct take_back *back)
{
    const struct dv_load_table *table = back->part.table;
    struct dv_buf columns = {0};
    dv_sql_columns(&columns, table, "");
    if (columns.failed)
        sql->failed = true;
    int length = (int)columns.len;
    dv_buf_printf(
        sql,
        "SELECT s.drover_row, t.drover_table, t.drover_tid, false AS drover_edited FROM "
        "(SELECT drover_row, ROW(%.*s)::text AS drover_all, row_number() OVER (PARTITION BY ROW(%.*s)::text "
        "ORDER BY drover_row DESC) AS drover_place FROM pg_temp.drover_stage) s JOIN "
        "(SELECT tableoid AS drover_table, ctid AS drover_tid, ROW(%.*s)::text AS drover_all, row_number() "
        "OVER (PARTITION BY ROW(%.*s)::text ORDER BY ctid DESC) AS drover_place FROM %s) t "
        "USING (drover_all, drover_place)",
        length, columns.data, length, columns.data, length, columns.data, length, columns.data,
        table->quoted);
    dv_buf_release(&columns);
}

static enum dv_status count_rows(struct dv_pg *pg, const char *table, uint64_t *edited, uint64_t *rest,
                                 struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_printf(
        &sql,
        "SELECT count(*) FILTER (WHERE drover_edited), count(*) FILTER (WHERE NOT drover_edited) FROM %s",
        table);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(pg, sql.data, 0, NULL, &result, err));
    *edited = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    *rest = strtoull(PQgetvalue(result, 0, 1), NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* CREATE TABLE AS takes no parameters, so they are quoted into it. */
static enum dv_status make_from(struct take_back *back, const char *table, struct dv_buf *query,
                                struct dv_err *err)
{
    struct dv_buf sql = {0};
    enum dv_status status;
    DV_TRY(dv_sql_done(query, err));
    dv_buf_printf(&sql, "CREATE TEMPORARY TABLE %s ON COMMIT DROP AS ", table);
    for (const char *at = query->data; *at != '\0'; at++) {
        if (at[0] == '$' && at[1] >= '1' && at[1] <= '3') {
            dv_pg_quote_literal(&sql, back->params[at[1] - '1']);
            at++;
        } else {
            dv_buf_byte(&sql, *at);
        }
    }
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_exec(back->part.pg, sql.data, err));
    dv_buf_reset(&sql);
    dv_buf_printf(&sql, "ANALYZE %s", table);
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_exec(back->part.pg, sql.data, err);
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status find_gone(struct take_back *back, struct dv_err *err)
{
    struct dv_buf sql = {0};
    uint64_t edited, rest;
    bool keyed = back->part.table->key_count > 0;
    enum dv_status status;
    if (back->ledger.inserted == 0)
        return DV_OK;
    if (keyed)
        gone_by_key(&sql, back);
    else
        gone_by_columns(&sql, back);
    DV_TRY(make_from(back, "drover_gone", &sql, err));
    DV_TRY(count_rows(back->part.pg, "pg_temp.drover_gone", &edited, &rest, err));
    back->gone = true;
    back->removed = rest;
    back->kept += edited;
    /* Without a key an edited row cannot be told from one that somebody has deleted. */
    if (!keyed && rest < back->ledger.inserted)
        back->kept += back->ledger.inserted - rest;
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status old_values(struct take_back *back, struct dv_err *err)
{
    const struct dv_load_table *table = back->part.table;
    struct dv_buf sql = {0}, values = {0};
    enum dv_status status;
    dv_buf_printf(
        &values,
        "CASE WHEN cardinality(i.old) = 1 THEN array_fill(i.old[1], ARRAY[cardinality(i.keys) / %u]) "
        "ELSE i.old END",
        table->key_count);
    DV_TRY(dv_sql_done(&values, err));
    dv_buf_str(&sql, "SELECT ");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(&sql, "%sk.k%u", k > 0 ? ", " : "", k);
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].key)
            continue;
        dv_buf_str(&sql, ", bool_or(i.column_name = ");
        dv_pg_quote_literal(&sql, table->columns[i].name);
        dv_buf_printf(&sql, ") AS drover_has_%u, max(k.drover_value) FILTER (WHERE i.column_name = ", i);
        dv_pg_quote_literal(&sql, table->columns[i].name);
        dv_buf_printf(&sql, ") AS drover_old_%u", i);
    }
    dv_buf_str(&sql, " FROM drover.before_image i, ");
    dv_sql_key_unnest(&sql, table, "i.keys", values.data, "k");
    dv_buf_str(&sql, " WHERE i.run_id = $1 AND i.step = $2 AND i.part = $3::int GROUP BY ");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(&sql, "%sk.k%u", k > 0 ? ", " : "", k);
    status = make_from(back, "drover_old", &sql, err);
done:
    dv_buf_release(&sql);
    dv_buf_release(&values);
    return status;
}

static enum dv_status find_back(struct take_back *back, struct dv_err *err)
{
    const struct dv_load_table *table = back->part.table;
    struct dv_buf sql = {0};
    uint64_t edited, rest;
    enum dv_status status;
    if (back->ledger.updated == 0)
        return DV_OK;
    DV_TRY(old_values(back, err));
    dv_buf_str(&sql, "SELECT s.drover_row, t.tableoid AS drover_table, t.ctid AS drover_tid, (false");
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].key)
            continue;
        dv_buf_printf(&sql, " OR (b.drover_has_%u AND ", i);
        dv_sql_column_differs(&sql, &table->columns[i], "t", "s");
        dv_buf_byte(&sql, ')');
    }
    dv_buf_str(&sql, ") AS drover_edited");
    for (unsigned i = 0; i < table->column_count; i++)
        if (!table->columns[i].key)
            dv_buf_printf(&sql, ", b.drover_has_%u, b.drover_old_%u", i, i);
    dv_buf_str(&sql, " FROM pg_temp.drover_old b JOIN pg_temp.drover_stage s ON ");
    dv_sql_key_equal_text(&sql, table, "b", "s");
    dv_buf_printf(&sql, " JOIN %s t ON ", table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    DV_TRY(make_from(back, "drover_back", &sql, err));
    DV_TRY(count_rows(back->part.pg, "pg_temp.drover_back", &edited, &rest, err));
    back->back = true;
    back->restored = rest;
    back->kept += edited;
done:
    dv_buf_release(&sql);
    return status;
}

static void where_place(struct dv_buf *sql, const struct dv_load_table *table, uint64_t first, uint64_t count)
{
    dv_buf_printf(sql,
                  " WHERE t.ctid = b.drover_tid AND NOT b.drover_edited AND b.drover_row BETWEEN %" PRIu64
                  " AND %" PRIu64,
                  first, first + count - 1);
    if (table->partitioned)
        dv_buf_str(sql, " AND t.tableoid = b.drover_table");
}

/* The row itself is left alone where others refer to it, or where its old values no longer fit. */
static enum dv_status remove_piece(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                   struct dv_err *err)
{
    struct dv_load_part *part = context;
    struct dv_buf sql = {0};
    uint64_t touched = 0;
    enum dv_status status;
    (void)bad;
    dv_buf_printf(&sql, "DELETE FROM %s t USING pg_temp.drover_gone b", part->table->quoted);
    where_place(&sql, part->table, first, count);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(part->pg, sql.data, 0, NULL, &touched, err));
    part->count.inserted += touched;
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status restore_piece(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                    struct dv_err *err)
{
    struct dv_load_part *part = context;
    struct dv_buf sql = {0};
    uint64_t touched = 0;
    const char *separator = "";
    enum dv_status status;
    (void)bad;
    dv_buf_printf(&sql, "UPDATE %s t SET ", part->table->quoted);
    for (unsigned i = 0; i < part->table->column_count; i++) {
        const struct dv_load_column *column = &part->table->columns[i];
        if (column->key)
            continue;
        dv_buf_printf(&sql, "%s%s = CASE WHEN b.drover_has_%u THEN b.drover_old_%u::%s ELSE t.%s END",
                      separator, column->quoted, i, i, column->type, column->quoted);
        separator = ", ";
    }
    dv_buf_str(&sql, " FROM pg_temp.drover_back b");
    where_place(&sql, part->table, first, count);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(part->pg, sql.data, 0, NULL, &touched, err));
    part->count.updated += touched;
done:
    dv_buf_release(&sql);
    return status;
}

/* All at once; in pieces where some row cannot go. */
static enum dv_status act_on(struct dv_load_part *part, dv_isolate_fn piece, struct dv_err *err)
{
    enum dv_status status;
    uint64_t bad;
    DV_TRY(dv_pg_exec(part->pg, "SAVEPOINT drover_all", err));
    status = piece(part, 1, part->rows, &bad, err);
    if (status == DV_OK || !dv_refused_is(err))
        return status;
    DV_TRY(dv_pg_exec(part->pg, "ROLLBACK TO drover_all", err));
    status = dv_isolate(part, 1, part->rows, piece, part, err);
done:
    return status;
}

enum dv_status dv_rollback_kept_path(struct dv_buf *out, const struct dv_context *context, const char *step,
                                     int64_t part, struct dv_err *err)
{
    dv_buf_reset(out);
    dv_buf_printf(out, "%s/rollback/kept-%s", context->run_dir, step);
    if (part >= 0)
        dv_buf_printf(out, "-part-%05" PRId64, part);
    dv_buf_str(out, ".csv");
    return dv_sql_done(out, err);
}

static enum dv_status list_kept(struct take_back *back, struct dv_err *err)
{
    const struct dv_load_table *table = back->part.table;
    const struct dv_context *context = back->part.run->context;
    static const char *const tables[] = {"drover_gone", "drover_back"};
    const bool there[] = {back->gone, back->back};
    struct dv_buf sql = {0}, path = {0}, rows = {0};
    const char *data;
    size_t length;
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < 2; i++) {
        if (!there[i])
            continue;
        dv_buf_reset(&sql);
        dv_buf_str(&sql, "COPY (SELECT ");
        dv_sql_columns(&sql, table, "t");
        /* Rows that were removed or given their old values are no longer where they were. */
        dv_buf_printf(&sql, " FROM %s t JOIN pg_temp.%s b ON t.ctid = b.drover_tid", table->quoted,
                      tables[i]);
        dv_buf_str(&sql, table->partitioned ? " AND t.tableoid = b.drover_table" : "");
        dv_buf_str(&sql, " ORDER BY b.drover_row) TO STDOUT (FORMAT csv)");
        DV_TRY(dv_sql_done(&sql, err));
        DV_TRY(dv_pg_copy_out_begin(back->part.pg, sql.data, err));
        while ((status = dv_pg_copy_out_data(back->part.pg, &data, &length, err)) == DV_OK)
            dv_buf_append(&rows, data, length);
        if (status != DV_END)
            goto done;
    }
    DV_TRY(dv_buf_check(&rows, err));
    dv_buf_printf(&path, "%s/rollback", context->run_dir);
    DV_TRY(dv_sql_done(&path, err));
    DV_TRY(dv_file_make_dirs(path.data, err));
    DV_TRY(dv_rollback_kept_path(&path, context, table->spec->step, back->part.number, err));
    status = dv_file_publish(path.data, rows.data != NULL ? rows.data : "", rows.len, err);
done:
    dv_buf_release(&sql);
    dv_buf_release(&path);
    dv_buf_release(&rows);
    return status;
}

static enum dv_status act(struct take_back *back, struct dv_err *err)
{
    struct dv_load_part *part = &back->part;
    char figures[3][24];
    enum dv_status status;
    part->count = (struct dv_load_count){0};
    DV_TRY(dv_pg_exec(part->pg,
                      "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL enable_hashjoin = off; "
                      "SET LOCAL enable_mergejoin = off",
                      err));
    if (back->gone && part->rows > 0)
        DV_TRY(act_on(part, remove_piece, err));
    if (back->back && part->rows > 0)
        DV_TRY(act_on(part, restore_piece, err));
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT",
                      err));
    back->kept += back->removed - part->count.inserted + back->restored - part->count.updated;
    back->removed = part->count.inserted;
    back->restored = part->count.updated;
    dv_refused_clear(&part->refused);
    DV_TRY(list_kept(back, err));
    const uint64_t values[] = {back->removed, back->restored, back->kept};
    for (unsigned i = 0; i < 3; i++)
        (void)snprintf(figures[i], sizeof figures[i], "%" PRIu64, values[i]);
    const char *params[] = {back->params[0], back->params[1], back->params[2],
                            figures[0],      figures[1],      figures[2]};
    DV_TRY(dv_pg_run(
        part->pg,
        "UPDATE drover.ledger SET rolled_back_at = clock_timestamp(), removed = $4::bigint, "
        "restored = $5::bigint, kept = $6::bigint WHERE run_id = $1 AND step = $2 AND part = $3::int",
        6, params, NULL, err));
    status = dv_pg_exec(part->pg, "COMMIT", err);
done:
    return status;
}

static enum dv_status attempt(struct take_back *back, bool acting, struct dv_err *err)
{
    enum dv_status status;
    back->gone = back->back = false;
    back->removed = back->restored = back->kept = 0;
    dv_refused_clear(&back->part.refused);
    DV_TRY(dv_pg_exec(back->part.pg, "BEGIN ISOLATION LEVEL REPEATABLE READ", err));
    DV_TRY(read_ledger(back, acting, err));
    if (back->ledger.done) {
        back->removed = back->ledger.removed;
        back->restored = back->ledger.restored;
        back->kept = back->ledger.kept;
        return dv_pg_exec(back->part.pg, "ROLLBACK", err);
    }
    DV_TRY(stage(back, err));
    DV_TRY(find_gone(back, err));
    DV_TRY(find_back(back, err));
    status = acting ? act(back, err) : dv_pg_exec(back->part.pg, "ROLLBACK", err);
done:
    return status;
}

enum dv_status dv_rollback_part(const struct dv_load_run *run, const struct dv_load_table *table,
                                uint32_t number, bool acting, struct dv_load_session *session,
                                struct dv_rollback_count *counts, struct dv_err *err)
{
    struct take_back back = {
        .part = {.run = run, .table = table, .number = number, .refused = {.allowed = run->allowed}}};
    unsigned tries = 0;
    enum dv_status status;
    (void)snprintf(back.number, sizeof back.number, "%" PRIu32, number);
    back.params[0] = run->context->run_id;
    back.params[1] = table->spec->step;
    back.params[2] = back.number;
    back.part.sequence_max = dv_calloc(table->column_count, sizeof *back.part.sequence_max);
    if (back.part.sequence_max == NULL)
        return dv_fail_memory(err);
    do {
        status = dv_load_session_ready(session, run->uri, run->context, "rollback", table->spec->step, err);
        if (status == DV_OK) {
            back.part.pg = session->pg;
            status = attempt(&back, acting, err);
        }
    } while (status != DV_OK && dv_part_try_again(&tries, &status, err));
    if (status == DV_OK) {
        counts->removed += back.removed;
        counts->restored += back.restored;
        counts->kept += back.kept;
    } else {
        dv_err_place(err, "rollback", table->spec->step, number, -1);
    }
    dv_refused_release(&back.part.refused);
    dv_free(back.part.sequence_max);
    return status;
}
