/* Three steps: find what differs or is missing (load/changed.h), update by place, keep the old values. They
 * are kept by column, in arrays over the rows of a chunk beside the rows' keys: a column that was the same
 * everywhere, as NULL is in a column just added, costs one value a chunk. */
#include "load/before_image.h"

#include "load/changed.h"

#include <inttypes.h>
#include <stdio.h>

#define CHUNK_ROWS 4096 /* an array stays far below PostgreSQL's 1 GB even with values of 100 KB */

static enum dv_status update(struct dv_load_part *part, uint64_t changed, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    uint64_t updated = 0;
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
    dv_buf_str(&sql, " FROM pg_temp.drover_changed s WHERE t.ctid = s.drover_tid AND t.xmin = s.drover_xmin");
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
    DV_TRY(dv_changed_find(part, first, last, &found, missing, err));
    if (found == *missing)
        return DV_OK;
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
