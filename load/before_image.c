/* Three statements: find what differs (into pg_temp.drover_changed: place, new and old values), update by
 * place, keep the old values. The old values are kept by column, in arrays over the rows of a chunk beside
 * the rows' keys: a column that was the same everywhere, as NULL is in a column just added, costs one value a
 * chunk. */
#include "load/before_image.h"

#include <inttypes.h>
#include <stdlib.h>

#define CHUNK_ROWS 4096 /* an array stays far below PostgreSQL's 1 GB even with values of 100 KB */

static enum dv_status find_changed(struct dv_load_part *part, uint64_t first, uint64_t last,
                                   uint64_t *changed, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_exec(part->pg, "DROP TABLE IF EXISTS pg_temp.drover_changed", err));
    dv_buf_str(&sql, "CREATE TEMPORARY TABLE drover_changed ON COMMIT DROP AS SELECT s.drover_row, "
                     "t.tableoid AS drover_table, t.ctid AS drover_tid");
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct dv_load_column *column = &table->columns[i];
        dv_buf_printf(&sql, ", s.%s", column->quoted);
        if (!column->key)
            dv_buf_printf(&sql, ", t.%s AS drover_old_%u", column->quoted, i);
    }
    dv_buf_printf(&sql, " FROM pg_temp.drover_stage s JOIN %s t ON ", table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    dv_buf_printf(&sql, " WHERE s.drover_row BETWEEN %" PRIu64 " AND %" PRIu64 " AND ", first, last);
    dv_sql_differs(&sql, table, "t", "s", false);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(part->pg, sql.data, 0, NULL, &result, err));
    *changed = strtoull(PQcmdTuples(result), NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
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
    /* By place, row after row: any other plan reads the whole table once a part. */
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
    dv_buf_str(&sql, " FROM pg_temp.drover_changed s WHERE t.ctid = s.drover_tid AND ");
    if (table->partitioned)
        dv_buf_str(&sql, "t.tableoid = s.drover_table AND ");
    dv_sql_key_match(&sql, table, "t", "s");
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
        "FROM pg_temp.drover_changed WHERE drover_old_%u%s IS DISTINCT FROM %s%s) s GROUP BY drover_row / %d",
        number, number, cast, column->quoted, cast, CHUNK_ROWS);
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_run(part->pg, sql.data, 4, params, NULL, err);
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_update_changed(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *changed,
                                 struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    enum dv_status status;
    *changed = 0;
    if (table->column_count == table->key_count)
        return DV_OK;
    DV_TRY(find_changed(part, first, last, changed, err));
    if (*changed == 0)
        return DV_OK;
    DV_TRY(one_row_a_key(part, err));
    DV_TRY(update(part, *changed, err));
    for (unsigned i = 0; i < table->column_count; i++)
        if (!table->columns[i].key)
            DV_TRY(keep_column(part, i, err));
done:
    return status;
}
