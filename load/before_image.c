/* Three statements: find what differs or is missing (into pg_temp.drover_changed: place, new and old values),
 * update by place, keep the old values. The old values are kept by column, in arrays over the rows of a chunk
 * beside the rows' keys: a column that was the same everywhere, as NULL is in a column just added, costs one
 * value a chunk. */
#include "load/before_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_ROWS 4096 /* an array stays far below PostgreSQL's 1 GB even with values of 100 KB */

/* Between which keys the rows lie, as a condition on t: parts mostly hold a range of keys, and then the join
 * reads that range of the table and not all of it. */
static enum dv_status add_range(struct dv_buf *sql, const struct dv_load_part *part, const char *rows,
                                struct dv_err *err)
{
    const struct dv_load_column *key = &part->table->columns[part->table->keys[0]];
    static const char *const ends[] = {"ASC", "DESC"}, *const limits[] = {">=", "<="};
    struct dv_buf ask = {0};
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    if (key->no_equality)
        return DV_OK;
    dv_buf_str(&ask, "SELECT");
    for (unsigned i = 0; i < 2; i++)
        dv_buf_printf(&ask, "%s (SELECT s.%s::text FROM pg_temp.drover_stage s%s ORDER BY s.%s %s LIMIT 1)",
                      i > 0 ? "," : "", key->quoted, rows, key->quoted, ends[i]);
    DV_TRY(dv_sql_done(&ask, err));
    DV_TRY(dv_pg_query(part->pg, ask.data, 0, NULL, &result, err));
    for (int i = 0; i < 2; i++) {
        if (PQgetisnull(result, 0, i))
            continue;
        dv_buf_printf(sql, " AND t.%s %s ", key->quoted, limits[i]);
        dv_pg_quote_literal(sql, PQgetvalue(result, 0, i));
        dv_buf_printf(sql, "::%s", key->type);
    }
done:
    PQclear(result);
    dv_buf_release(&ask);
    return status;
}

static enum dv_status find_changed(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *found,
                                   struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    char rows[80] = "";
    enum dv_status status;
    if (first > 1 || last < part->rows)
        (void)snprintf(rows, sizeof rows, " WHERE s.drover_row BETWEEN %" PRIu64 " AND %" PRIu64, first,
                       last);
    DV_TRY(dv_pg_exec(part->pg, "DROP TABLE IF EXISTS pg_temp.drover_changed", err));
    dv_buf_str(&sql, "CREATE TEMPORARY TABLE drover_changed ON COMMIT DROP AS SELECT s.drover_row, "
                     "t.tableoid AS drover_table, t.ctid AS drover_tid");
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct dv_load_column *column = &table->columns[i];
        dv_buf_printf(&sql, ", s.%s", column->quoted);
        if (!column->key)
            dv_buf_printf(&sql, ", t.%s AS drover_old_%u", column->quoted, i);
    }
    dv_buf_printf(&sql, " FROM (SELECT * FROM pg_temp.drover_stage s%s) s LEFT JOIN %s t ON ", rows,
                  table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    DV_TRY(add_range(&sql, part, rows, err));
    dv_buf_str(&sql, " WHERE t.ctid IS NULL OR ");
    dv_sql_differs(&sql, table, "t", "s", false);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(part->pg, sql.data, 0, NULL, &result, err));
    *found = strtoull(PQcmdTuples(result), NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status count_missing(struct dv_load_part *part, uint64_t *missing, struct dv_err *err)
{
    PGresult *result;
    enum dv_status status =
        dv_pg_query(part->pg, "SELECT count(*) FROM pg_temp.drover_changed WHERE drover_tid IS NULL", 0, NULL,
                    &result, err);
    if (status == DV_OK)
        *missing = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return status;
}

static enum dv_status one_row_a_key(struct dv_load_part *part, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    if (part->table->key_unique)
        return DV_OK;
    DV_TRY(dv_pg_query(part->pg,
                       "SELECT FROM pg_temp.drover_changed GROUP BY drover_row HAVING count(*) > 1 LIMIT 1",
                       0, NULL, &result, err));
    if (PQntuples(result) > 0) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s has several rows with one key", part->table->spec->table);
        dv_err_hint(err, "make the key unique in the table, or name another \"key\" in job.json");
    }
done:
    PQclear(result);
    return status;
}

static enum dv_status update(struct dv_load_part *part, uint64_t changed, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    uint64_t updated = 0;
    enum dv_status status;
    /* By place, row after row: any other plan reads the whole table once a part. The place is still theirs:
     * by the snapshot, or because the rows or the table are locked. */
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
    dv_buf_str(&sql, " FROM pg_temp.drover_changed s WHERE t.ctid = s.drover_tid");
    if (table->partitioned)
        dv_buf_str(&sql, " AND t.tableoid = s.drover_table");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(part->pg, sql.data, 0, NULL, &updated, err));
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT",
                      err));
    if (updated != changed) {
        status = dv_fail_retry(
            err,
            "%" PRIu64 " rows of %s were changed by others, or a trigger kept them, while part %" PRIu32
            " was being loaded",
            changed - updated, table->spec->table, part->number);
        dv_err_hint(err, "run again to resume at a quieter time");
    }
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status keep_column(struct dv_load_part *part, unsigned number, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    const struct dv_load_column *column = &table->columns[number];
    const char *cast = column->no_equality ? "::text" : "";
    struct dv_buf sql = {0};
    char part_text[16];
    enum dv_status status;
    const char *params[] = {part->run->context->run_id, table->spec->step, part_text, column->name};
    (void)snprintf(part_text, sizeof part_text, "%" PRIu32, part->number);
    dv_buf_printf(&sql,
                  "INSERT INTO drover.before_image (run_id, step, part, chunk, column_name, keys, old) "
                  "SELECT $1, $2, $3::int, drover_row / %d, $4, ",
                  CHUNK_ROWS);
    dv_sql_key_array(&sql, table, "s");
    dv_buf_printf(
        &sql,
        ", CASE WHEN count(drover_value) = 0 OR (count(drover_value) = count(*) AND min(drover_value COLLATE "
        "\"C\") = max(drover_value COLLATE \"C\")) "
        "THEN ARRAY[min(drover_value COLLATE \"C\")] ELSE array_agg(drover_value) END FROM (SELECT *, "
        "drover_old_%u::text AS drover_value "
        "FROM pg_temp.drover_changed WHERE drover_tid IS NOT NULL AND drover_old_%u%s IS DISTINCT FROM %s%s) "
        "s GROUP BY drover_row / %d",
        number, number, cast, column->quoted, cast, CHUNK_ROWS);
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_run(part->pg, sql.data, 4, params, NULL, err);
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_update_changed(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *updated,
                                 uint64_t *missing, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    uint64_t found;
    enum dv_status status;
    *updated = *missing = 0;
    DV_TRY(find_changed(part, first, last, &found, err));
    if (found == 0)
        return DV_OK;
    DV_TRY(count_missing(part, missing, err));
    if (found == *missing)
        return DV_OK;
    DV_TRY(one_row_a_key(part, err));
    DV_TRY(update(part, found - *missing, err));
    *updated = found - *missing;
    /* Sorted, because rows are in the order of their chunks, and one chunk is in memory at a time. */
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashagg = off", err));
    for (unsigned i = 0; i < table->column_count; i++)
        if (!table->columns[i].key)
            DV_TRY(keep_column(part, i, err));
    status = dv_pg_exec(part->pg, "SET LOCAL enable_hashagg TO DEFAULT", err);
done:
    return status;
}
