/* Inserted rows: found by key (or, without a key, by all loaded columns) and removed where they are as they
 * were loaded. Updated rows: found by the before-image's keys and given their old values where the changed
 * columns are as they were loaded. What was loaded is in the stage file; it goes into pg_temp.drover_stage,
 * and the rows to act on into pg_temp.drover_gone and drover_back with their places. */
#include "load/rollback_part.h"

#include "core/stage_reader.h"
#include "load/copy.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* They live as long as the step: each part empties them, since a table made anew for each part of a large
 * step would fill the server's lock table. */
enum dv_status dv_rollback_tables_make(struct dv_pg *pg, const struct dv_load_table *table,
                                       struct dv_err *err)
{
    struct dv_buf sql = {0}, values = {0};
    enum dv_status status;
    DV_TRY(dv_stage_table_make(pg, table, err));
    for (unsigned i = 0; i < table->column_count; i++)
        if (!table->columns[i].key)
            dv_buf_printf(&values, ", drover_has_%u boolean, drover_old_%u text", i, i);
    DV_TRY(dv_sql_done(&values, err));
    static const char place[] = "(drover_row bigint, drover_table oid, drover_tid tid, drover_edited boolean";
    dv_buf_printf(&sql,
                  "CREATE TEMPORARY TABLE drover_gone %s) ON COMMIT DROP; "
                  "CREATE TEMPORARY TABLE drover_back %s%s) ON COMMIT DROP; "
                  "CREATE TEMPORARY TABLE drover_old (drover_nothing boolean",
                  place, place, values.data);
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(&sql, ", k%u text", k);
    dv_buf_printf(&sql, "%s) ON COMMIT DROP", values.data);
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_exec(pg, sql.data, err);
done:
    dv_buf_release(&sql);
    dv_buf_release(&values);
    return status;
}

enum dv_status dv_rollback_tables_drop(struct dv_pg *pg, struct dv_err *err)
{
    return dv_pg_exec(pg,
                      "DROP TABLE pg_temp.drover_stage, pg_temp.drover_gone, pg_temp.drover_back, "
                      "pg_temp.drover_old",
                      err);
}

/* The rows that were loaded: those of the file without the refused ones. */
static enum dv_status stage(struct dv_take_back *back, struct dv_err *err)
{
    struct dv_load_part *part = &back->part;
    const char *dir = part->table->spec->dataset_dir;
    struct dv_part_manifest manifest = {0};
    enum dv_status status;
    DV_TRY(dv_part_manifest_read(dir, part->number, &manifest, err));
    if (strcmp(manifest.sha256, back->loaded->sha256) != 0) {
        status = dv_fail(err, DV_EXIT_CHANGED, "the stage file is not the one that was loaded");
        dv_err_hint(err, "put the run's stage files back: what was loaded can only be told from them");
        goto done;
    }
    DV_TRY(dv_stage_verify_part(dir, part->number, err));
    part->rows = manifest.rows;
    part->careful = back->loaded->rejected > 0;
    DV_TRY(dv_pg_exec(part->pg,
                      "TRUNCATE pg_temp.drover_stage, pg_temp.drover_gone, pg_temp.drover_back, "
                      "pg_temp.drover_old",
                      err));
    DV_TRY(dv_stage_table_number(part->pg, 1, err));
    DV_TRY(dv_copy_part(part, NULL, err));
    dv_refused_clear(&part->refused);
    if (back->loaded->rejected > 0)
        DV_TRY(dv_pg_run(part->pg,
                         "DELETE FROM pg_temp.drover_stage WHERE drover_row IN (SELECT unnest(rejected_rows) "
                         "FROM drover.ledger WHERE run_id = $1 AND step = $2 AND part = $3::int)",
                         3, back->params, NULL, err));
    status = dv_pg_exec(part->pg, "ANALYZE pg_temp.drover_stage", err);
done:
    dv_part_manifest_release(&manifest);
    return status;
}

/* A row that still is the version which the part's transaction wrote has not been edited in any column. */
static void untouched_or(struct dv_buf *sql, const struct dv_take_back *back, const char *before)
{
    if (back->touched != NULL)
        dv_buf_printf(sql, "%s(t.xmin <> '%" PRIu32 "'::xid AND (%s))", before, back->loaded->xid,
                      back->touched);
}

static bool all_inserted(const struct dv_loaded_part *loaded)
{
    return loaded->inserted >= loaded->offered - loaded->rejected;
}

static void gone_by_key(struct dv_buf *sql, const struct dv_take_back *back)
{
    const struct dv_load_table *table = back->part.table;
    dv_buf_str(sql, "INSERT INTO pg_temp.drover_gone SELECT s.drover_row, t.tableoid, t.ctid, ");
    dv_sql_differs(sql, table, "t", "s", false);
    untouched_or(sql, back, " OR ");
    dv_buf_printf(sql, " FROM pg_temp.drover_stage s JOIN %s t ON ", table->quoted);
    dv_sql_key_match(sql, table, "t", "s");
    if (all_inserted(back->loaded))
        return;
    dv_buf_str(sql, " JOIN (SELECT k.* FROM drover.inserted_key i, ");
    dv_sql_key_unnest(sql, table, "i.keys", NULL, "k");
    dv_buf_str(sql, " WHERE i.run_id = $1 AND i.step = $2 AND i.part = $3::int) k ON ");
    dv_sql_key_equal_text(sql, table, "k", "s");
}

/* Of several equal rows those that the part's transaction wrote are taken for ours, then the newest. */
static void gone_by_columns(struct dv_buf *sql, const struct dv_take_back *back)
{
    const struct dv_load_table *table = back->part.table;
    struct dv_buf staged = {0}, there = {0};
    dv_sql_columns(&staged, table, "");
    dv_sql_columns(&there, table, "t");
    if (dv_buf_cstr(&staged) != NULL && dv_buf_cstr(&there) != NULL) {
        dv_buf_printf(sql,
                      "INSERT INTO pg_temp.drover_gone SELECT s.drover_row, t.drover_table, t.drover_tid, "
                      "false FROM (SELECT drover_row, ROW(%s)::text AS drover_all, row_number() OVER "
                      "(PARTITION BY ROW(%s)::text ORDER BY drover_row DESC) AS drover_place "
                      "FROM pg_temp.drover_stage) s JOIN (SELECT t.tableoid AS drover_table, "
                      "t.ctid AS drover_tid, ROW(%s)::text AS drover_all, row_number() OVER "
                      "(PARTITION BY ROW(%s)::text ORDER BY t.xmin <> '%" PRIu32
                      "'::xid, t.ctid DESC) AS drover_place FROM %s t",
                      staged.data, staged.data, there.data, there.data, back->loaded->xid, table->quoted);
        untouched_or(sql, back, " WHERE NOT ");
        dv_buf_str(sql, ") t USING (drover_all, drover_place)");
    } else {
        sql->failed = true;
    }
    dv_buf_release(&staged);
    dv_buf_release(&there);
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

/* Fills one of the tables: params is 3 where the query has them. */
static enum dv_status fill(struct dv_take_back *back, struct dv_buf *query, int params, const char *table,
                           struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_sql_done(query, err));
    DV_TRY(dv_pg_run(back->part.pg, query->data, params, back->params, NULL, err));
    status = dv_pg_execf(back->part.pg, err, "ANALYZE %s", table);
done:
    return status;
}

/* A kept row keeps those that it refers to, and these others again. */
static enum dv_status keep_referred(struct dv_take_back *back, struct dv_err *err)
{
    uint64_t marked = 1;
    while (back->referred != NULL && marked > 0) {
        enum dv_status status = dv_pg_run(back->part.pg, back->referred, 0, NULL, &marked, err);
        if (status != DV_OK)
            return status;
        back->stuck += marked;
    }
    return DV_OK;
}

static enum dv_status find_gone(struct dv_take_back *back, struct dv_err *err)
{
    struct dv_buf sql = {0};
    uint64_t edited, rest;
    bool keyed = back->part.table->key_count > 0;
    enum dv_status status;
    if (back->loaded->inserted == 0)
        return DV_OK;
    if (keyed)
        gone_by_key(&sql, back);
    else
        gone_by_columns(&sql, back);
    int params = keyed && !all_inserted(back->loaded) ? 3 : 0;
    DV_TRY(fill(back, &sql, params, "pg_temp.drover_gone", err));
    DV_TRY(keep_referred(back, err));
    DV_TRY(count_rows(back->part.pg, "pg_temp.drover_gone", &edited, &rest, err));
    back->removed = rest;
    back->kept += edited;
    /* Without a key an edited row cannot be told from one that somebody has deleted. */
    if (!keyed && edited + rest < back->loaded->inserted)
        back->kept += back->loaded->inserted - edited - rest;
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status old_values(struct dv_take_back *back, struct dv_err *err)
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
    dv_buf_str(&sql, "INSERT INTO pg_temp.drover_old SELECT NULL");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(&sql, ", k.k%u", k);
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].key)
            continue;
        dv_buf_str(&sql, ", bool_or(i.column_name = ");
        dv_pg_quote_literal(&sql, table->columns[i].name);
        dv_buf_str(&sql, "), max(k.drover_value) FILTER (WHERE i.column_name = ");
        dv_pg_quote_literal(&sql, table->columns[i].name);
        dv_buf_byte(&sql, ')');
    }
    dv_buf_str(&sql, " FROM drover.before_image i, ");
    dv_sql_key_unnest(&sql, table, "i.keys", values.data, "k");
    dv_buf_str(&sql, " WHERE i.run_id = $1 AND i.step = $2 AND i.part = $3::int GROUP BY ");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(&sql, "%sk.k%u", k > 0 ? ", " : "", k);
    status = fill(back, &sql, 3, "pg_temp.drover_old", err);
done:
    dv_buf_release(&sql);
    dv_buf_release(&values);
    return status;
}

static enum dv_status find_back(struct dv_take_back *back, struct dv_err *err)
{
    const struct dv_load_table *table = back->part.table;
    struct dv_buf sql = {0};
    uint64_t edited, rest;
    enum dv_status status;
    if (back->loaded->updated == 0)
        return DV_OK;
    DV_TRY(old_values(back, err));
    dv_buf_str(&sql, "INSERT INTO pg_temp.drover_back SELECT s.drover_row, t.tableoid, t.ctid, (false");
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].key)
            continue;
        dv_buf_printf(&sql, " OR (b.drover_has_%u AND ", i);
        dv_sql_column_differs(&sql, &table->columns[i], "t", "s");
        dv_buf_byte(&sql, ')');
    }
    dv_buf_byte(&sql, ')');
    for (unsigned i = 0; i < table->column_count; i++)
        if (!table->columns[i].key)
            dv_buf_printf(&sql, ", b.drover_has_%u, b.drover_old_%u", i, i);
    dv_buf_str(&sql, " FROM pg_temp.drover_old b JOIN pg_temp.drover_stage s ON ");
    dv_sql_key_equal_text(&sql, table, "b", "s");
    dv_buf_printf(&sql, " JOIN %s t ON ", table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    DV_TRY(fill(back, &sql, 0, "pg_temp.drover_back", err));
    DV_TRY(count_rows(back->part.pg, "pg_temp.drover_back", &edited, &rest, err));
    back->restored = rest;
    back->kept += edited;
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_rollback_find_inserted(struct dv_take_back *back, struct dv_err *err)
{
    enum dv_status status;
    back->removed = back->restored = back->kept = back->stuck = 0;
    DV_TRY(stage(back, err));
    status = find_gone(back, err);
done:
    return status;
}

enum dv_status dv_rollback_find(struct dv_take_back *back, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_rollback_find_inserted(back, err));
    status = find_back(back, err);
done:
    return status;
}
