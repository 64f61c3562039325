#include "load/stage_table.h"

#include <inttypes.h>
#include <stdlib.h>

#define ANALYZE_ROWS 1000 /* below that the planner's guess is good enough */

enum dv_status dv_stage_table_make(struct dv_pg *pg, const struct dv_load_table *table, struct dv_err *err)
{
    struct dv_buf sql = {0};
    enum dv_status status;
    dv_buf_str(&sql, "CREATE TEMPORARY TABLE drover_stage (drover_row bigserial");
    for (unsigned i = 0; i < table->column_count; i++)
        dv_buf_printf(&sql, ", %s %s", table->columns[i].quoted, table->columns[i].definition);
    dv_buf_str(&sql, ") ON COMMIT DROP");
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_exec(pg, sql.data, err);
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_stage_copy_sql(struct dv_buf *out, const struct dv_load_table *table, bool direct,
                                 struct dv_err *err)
{
    dv_buf_printf(out, "COPY %s (", direct ? table->quoted : "pg_temp.drover_stage");
    dv_sql_columns(out, table, "");
    dv_buf_str(out, ") FROM STDIN (FORMAT csv)");
    return dv_sql_done(out, err);
}

enum dv_status dv_stage_table_number(struct dv_pg *pg, uint64_t next_row, struct dv_err *err)
{
    return dv_pg_execf(pg, err, "SELECT setval('pg_temp.drover_stage_drover_row_seq', %" PRIu64 ", false)",
                       next_row);
}

enum dv_status dv_stage_table_ready(struct dv_pg *pg, uint64_t rows, struct dv_err *err)
{
    return rows < ANALYZE_ROWS ? DV_OK : dv_pg_exec(pg, "ANALYZE pg_temp.drover_stage", err);
}

enum dv_status dv_stage_table_refuse(struct dv_load_part *part, const char *sql, const char *reason,
                                     const char *detail, uint64_t *count, struct dv_err *err)
{
    PGresult *result = NULL;
    struct dv_buf remove = {0};
    enum dv_status status;
    uint64_t refused = 0;
    DV_TRY(dv_pg_query(part->pg, sql, 0, NULL, &result, err));
    int rows = PQntuples(result);
    dv_buf_str(&remove, "DELETE FROM pg_temp.drover_stage WHERE drover_row = ANY ('{");
    for (int i = 0; i < rows; i++) {
        uint64_t row = strtoull(PQgetvalue(result, i, 0), NULL, 10);
        DV_TRY(dv_refused_add(&part->refused, row, reason, detail, err));
        dv_buf_printf(&remove, "%s%" PRIu64, i > 0 ? "," : "", row);
        refused++;
    }
    dv_buf_str(&remove, "}'::bigint[])");
    if (rows > 0) {
        DV_TRY(dv_sql_done(&remove, err));
        DV_TRY(dv_pg_exec(part->pg, remove.data, err));
    }
    if (count != NULL)
        *count = refused;
done:
    PQclear(result);
    dv_buf_release(&remove);
    return status;
}

static enum dv_status any(struct dv_pg *pg, const char *sql, bool *found, struct dv_err *err)
{
    PGresult *result;
    enum dv_status status = dv_pg_query(pg, sql, 0, NULL, &result, err);
    if (status == DV_OK)
        *found = PQntuples(result) > 0;
    PQclear(result);
    return status;
}

enum dv_status dv_stage_table_check_keys(struct dv_load_part *part, bool duplicates, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    bool found = false;
    enum dv_status status;
    dv_buf_str(&sql, "SELECT drover_row FROM pg_temp.drover_stage WHERE ");
    for (unsigned i = 0; i < table->key_count; i++)
        dv_buf_printf(&sql, "%s%s IS NULL", i > 0 ? " OR " : "", table->columns[table->keys[i]].quoted);
    dv_buf_str(&sql, " ORDER BY drover_row");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_stage_table_refuse(part, sql.data, "key_null", "a column of the key is NULL", NULL, err));
    if (!duplicates)
        goto done;
    dv_buf_reset(&sql);
    dv_buf_str(&sql, "SELECT FROM pg_temp.drover_stage GROUP BY ");
    dv_sql_keys(&sql, table, "");
    dv_buf_str(&sql, " HAVING count(*) > 1 LIMIT 1");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(any(part->pg, sql.data, &found, err));
    if (!found)
        goto done;
    dv_buf_reset(&sql);
    dv_buf_str(&sql, "SELECT drover_row FROM (SELECT drover_row, row_number() OVER (PARTITION BY ");
    dv_sql_keys(&sql, table, "");
    dv_buf_str(
        &sql,
        " ORDER BY drover_row) AS place FROM pg_temp.drover_stage) s WHERE place > 1 ORDER BY drover_row");
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_stage_table_refuse(part, sql.data, "key_duplicate",
                                   "an earlier row of the part has the same key", NULL, err);
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_stage_table_rows(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *rows,
                                   struct dv_err *err)
{
    *rows = last - first + 1;
    for (size_t i = 0; i < part->refused.count; i++)
        if (part->refused.rows[i].row >= first && part->refused.rows[i].row <= last)
            --*rows;
    (void)err;
    return DV_OK;
}

enum dv_status dv_stage_table_lock(struct dv_load_part *part, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct dv_buf sql = {0};
    enum dv_status status = DV_OK;
    if (!table->key_unique) {
        /* Nothing but the table itself keeps two sessions from inserting one key twice. */
        if (table->mode->inserts)
            status = dv_pg_execf(part->pg, err, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", table->quoted);
        return status;
    }
    if (!part->lock_rows || !table->mode->updates)
        return DV_OK;
    /* In the order of the key, so that two such sessions cannot lock each other out. */
    dv_buf_printf(&sql, "SELECT count(*) FROM (SELECT FROM %s t JOIN pg_temp.drover_stage s ON ",
                  table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    dv_buf_str(&sql, " ORDER BY ");
    dv_sql_keys(&sql, table, "s");
    dv_buf_str(&sql, " FOR UPDATE OF t) x");
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_exec(part->pg, sql.data, err);
done:
    dv_buf_release(&sql);
    return status;
}
