/* Three steps: find what differs or is missing (load/changed.h), update by place, keep the old values. They
 * are kept by column, in arrays over the rows of a chunk beside the rows' keys: a column that was the same
 * everywhere, as NULL is in a column just added, costs one value a chunk. */
#include "load/before_image.h"

#include "load/changed.h"

#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_ROWS 4096 /* an array stays far below PostgreSQL's 1 GB even with values of 100 KB */

/* *updated: how many of `rows` were still the version that was found, and now are not. */
static enum dv_status update(struct dv_load_part *part, const char *rows, uint64_t *updated,
                             struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    enum dv_status status;
    /* By place, row after row: any other plan reads the whole table once a part. A version that is no longer
     * the newest is not updated: its old values would not be those that are overwritten. */
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off", err));
    dv_buf_printf(&sql, "UPDATE %s t SET ", table->quoted);
    const char *separator = "";
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct dv_load_column *column = &table->columns[i];
        if (column->key)
            continue;
        dv_buf_printf(&sql, "%s%s = s.%s", separator, column->quoted, column->quoted);
        separator = ", ";
    }
    dv_buf_printf(&sql,
                  " FROM (SELECT * FROM %s s ORDER BY drover_table, drover_tid) s "
                  "WHERE t.ctid = s.drover_tid AND t.xmin = s.drover_xmin AND ",
                  rows);
    /* A table that was written anew has other rows in these places, and they may be of one transaction. */
    dv_sql_key_match(&sql, table, "t", "s");
    if (table->partitioned)
        dv_buf_str(&sql, " AND t.tableoid = s.drover_table");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(part->pg, sql.data, 0, NULL, updated, err));
    status = dv_pg_exec(part->pg,
                        "SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT", err);
done:
    dv_buf_release(&sql);
    return status;
}

/* ---- the old values ---- */

static void begin_insert(struct dv_buf *sql)
{
    dv_buf_str(sql, "INSERT INTO drover.before_image (run_id, step, part, chunk, column_name, keys, old) ");
}

static enum dv_status run_insert(struct dv_load_part *part, struct dv_buf *sql, struct dv_err *err)
{
    char number[16];
    const char *params[] = {part->run->context->run_id, part->table->spec->step, number};
    enum dv_status status = dv_sql_done(sql, err);
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    return status == DV_OK ? dv_pg_run(part->pg, sql->data, 3, params, NULL, err) : status;
}

static void put_differs(struct dv_buf *sql, const struct dv_load_table *table, unsigned i)
{
    const struct dv_load_column *column = &table->columns[i];
    const char *cast = column->no_equality ? "::text" : "";
    dv_buf_printf(sql, "drover_old_%u%s IS DISTINCT FROM %s%s", i, cast, column->quoted, cast);
}

static enum dv_status keep_column(struct dv_load_part *part, const char *rows, unsigned i, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    begin_insert(&sql);
    dv_buf_printf(&sql, "SELECT $1, $2, $3::int, drover_row / %d, ", CHUNK_ROWS);
    dv_pg_quote_literal(&sql, table->columns[i].name);
    dv_buf_str(&sql, ", ");
    dv_sql_key_array(&sql, table, "s");
    dv_buf_printf(&sql,
                  ", CASE WHEN count(drover_value) = 0 OR (count(drover_value) = count(*) AND "
                  "min(drover_value COLLATE \"C\") = max(drover_value COLLATE \"C\")) "
                  "THEN ARRAY[min(drover_value COLLATE \"C\")] ELSE array_agg(drover_value) END "
                  "FROM (SELECT *, drover_old_%u::text AS drover_value FROM %s s "
                  "WHERE drover_tid IS NOT NULL AND ",
                  i, rows);
    put_differs(&sql, table, i);
    dv_buf_printf(&sql, ") s GROUP BY drover_row / %d", CHUNK_ROWS);
    enum dv_status status = run_insert(part, &sql, err);
    dv_buf_release(&sql);
    return status;
}

/* Columns that were NULL in every row, and are not now, share the rows' keys: one pass for all of them. */
static enum dv_status keep_null_columns(struct dv_load_part *part, const char *rows, const bool *null,
                                        struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    const char *separator = "";
    begin_insert(&sql);
    dv_buf_printf(&sql,
                  "SELECT $1, $2, $3::int, s.chunk, c.name, s.keys, ARRAY[NULL::text] "
                  "FROM (SELECT drover_row / %d AS chunk, ",
                  CHUNK_ROWS);
    dv_sql_key_array(&sql, table, "s");
    dv_buf_printf(&sql,
                  " AS keys FROM %s s WHERE drover_tid IS NOT NULL GROUP BY drover_row / %d) s, (VALUES ",
                  rows, CHUNK_ROWS);
    for (unsigned i = 0; i < table->column_count; i++) {
        if (!null[i])
            continue;
        dv_buf_printf(&sql, "%s(", separator);
        dv_pg_quote_literal(&sql, table->columns[i].name);
        dv_buf_byte(&sql, ')');
        separator = ", ";
    }
    dv_buf_str(&sql, ") c (name)");
    enum dv_status status = *separator == '\0' ? DV_OK : run_insert(part, &sql, err);
    dv_buf_release(&sql);
    return status;
}

/* What the rows differ in: `some`, columns in which at least one does; `null`, those that were NULL in all of
 * them and are not now, and that are not in `some`. */
static enum dv_status look_at_columns(struct dv_load_part *part, const char *rows, bool *some, bool *null,
                                      struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_str(&sql, "SELECT count(*)");
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].key)
            continue;
        dv_buf_str(&sql, ", count(*) FILTER (WHERE ");
        put_differs(&sql, table, i);
        dv_buf_printf(&sql, "), count(drover_old_%u)", i);
    }
    dv_buf_printf(&sql, " FROM %s s WHERE drover_tid IS NOT NULL", rows);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(part->pg, sql.data, 0, NULL, &result, err));
    for (int i = 0, field = 1; i < (int)table->column_count; i++) {
        if (table->columns[i].key)
            continue;
        bool all = strcmp(PQgetvalue(result, 0, field), PQgetvalue(result, 0, 0)) == 0;
        null[i] = all && strcmp(PQgetvalue(result, 0, field + 1), "0") == 0;
        some[i] = !null[i] && strcmp(PQgetvalue(result, 0, field), "0") != 0;
        field += 2;
    }
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status keep(struct dv_load_part *part, const char *rows, struct dv_err *err)
{
    unsigned columns = part->table->column_count;
    enum dv_status status;
    bool *some = dv_calloc(columns, 2 * sizeof *some);
    if (some == NULL)
        return dv_fail_memory(err);
    bool *null = some + columns;
    DV_TRY(look_at_columns(part, rows, some, null, err));
    /* Sorted, because rows are in the order of their chunks, and one chunk is in memory at a time. */
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashagg = off", err));
    DV_TRY(keep_null_columns(part, rows, null, err));
    for (unsigned i = 0; i < columns; i++)
        if (some[i])
            DV_TRY(keep_column(part, rows, i, err));
    status = dv_pg_exec(part->pg, "SET LOCAL enable_hashagg TO DEFAULT", err);
done:
    dv_free(some);
    return status;
}

/* ---- both ---- */

/* A batch as the look ahead found it. *done: that was possible; else nothing is changed. */
static enum dv_status update_as_found(struct dv_load_part *part, uint64_t first, uint64_t last, bool *done,
                                      uint64_t *updated, struct dv_err *err)
{
    char rows[DV_CHANGED_FROM];
    uint64_t found, missing;
    enum dv_status status;
    *done = false;
    if (!part->batched || part->careful || part->lock_rows || part->moved || !part->table->key_unique)
        return DV_OK;
    DV_TRY(dv_changed_found(part, first, last, rows, &found, &missing, err));
    if (missing > 0)
        return DV_OK;
    if (found > 0) {
        DV_TRY(dv_pg_exec(part->pg, "SAVEPOINT drover_as_found", err));
        DV_TRY(update(part, rows, updated, err));
        part->moved = *updated != found;
        if (part->moved) {
            *updated = 0;
            return dv_pg_exec(part->pg, "ROLLBACK TO drover_as_found; RELEASE drover_as_found", err);
        }
        DV_TRY(dv_pg_exec(part->pg, "RELEASE drover_as_found", err));
        DV_TRY(keep(part, rows, err));
    }
    *done = true;
done:
    return status;
}

enum dv_status dv_update_changed(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *updated,
                                 uint64_t *missing, struct dv_err *err)
{
    static const char rows[] = "pg_temp.drover_changed";
    uint64_t found;
    bool as_found;
    enum dv_status status;
    *updated = *missing = 0;
    DV_TRY(update_as_found(part, first, last, &as_found, updated, err));
    if (as_found)
        return DV_OK;
    DV_TRY(dv_changed_find(part, first, last, &found, missing, err));
    if (found == *missing)
        return DV_OK;
    DV_TRY(update(part, rows, updated, err));
    if (*updated != found - *missing) {
        status = dv_fail_retry(
            err,
            "%" PRIu64 " rows of %s were changed by others, or a trigger kept them, while part %" PRIu32
            " was being loaded",
            found - *missing - *updated, part->table->spec->table, part->number);
        dv_err_hint(err, "run again to resume at a quieter time");
        goto done;
    }
    status = keep(part, rows, err);
done:
    return status;
}
