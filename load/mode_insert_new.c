/* insert_new: rows whose key the table has already are left out, and counted as unchanged. */
#include "load/mode.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <stdlib.h>

/* The keys of the inserted rows are kept where some rows of the part were not inserted: only that run's own
 * rows may be taken back. */
static void insert_sql(struct dv_buf *sql, const struct dv_load_part *part, uint64_t first, uint64_t last,
                       bool whole)
{
    const struct dv_load_table *table = part->table;
    bool looked_up = table->mode->updates; /* by dv_update_changed */
    bool locked = !table->key_unique, distinct = locked && !looked_up;
    dv_buf_printf(sql, "WITH done AS (INSERT INTO %s (", table->quoted);
    dv_sql_columns(sql, table, "");
    dv_buf_str(sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    if (distinct) {
        dv_buf_str(sql, "DISTINCT ON (");
        dv_sql_keys(sql, table, "s");
        dv_buf_str(sql, ") ");
    }
    dv_sql_columns(sql, table, "s");
    if (looked_up)
        dv_buf_str(sql, " FROM pg_temp.drover_changed s WHERE s.drover_tid IS NULL");
    else
        dv_buf_printf(sql, " FROM pg_temp.drover_stage s WHERE s.drover_row BETWEEN %" PRIu64 " AND %" PRIu64,
                      first, last);
    if (distinct) {
        dv_buf_printf(sql, " AND NOT EXISTS (SELECT FROM %s t WHERE ", table->quoted);
        dv_sql_key_match(sql, table, "t", "s");
        dv_buf_byte(sql, ')');
    }
    dv_buf_str(sql, " ORDER BY ");
    if (distinct) {
        dv_sql_keys(sql, table, "s");
        dv_buf_str(sql, ", ");
    }
    dv_buf_str(sql, "s.drover_row");
    if (!locked) {
        dv_buf_str(sql, " ON CONFLICT (");
        dv_sql_keys(sql, table, "");
        dv_buf_str(sql, ") DO NOTHING");
    }
    dv_buf_str(sql, " RETURNING ");
    dv_sql_keys(sql, table, "");
    dv_buf_str(
        sql,
        "), kept AS (INSERT INTO drover.inserted_key (run_id, step, part, keys) SELECT $1, $2, $3::int, ");
    dv_sql_key_array(sql, table, "done");
    dv_buf_str(sql, " FROM done HAVING count(*) > 0");
    if (whole && part->refused.count == 0)
        dv_buf_printf(sql, " AND count(*) < %" PRIu64, part->rows);
    dv_buf_str(sql, ") SELECT count(*) FROM done");
}

enum dv_status dv_mode_insert_missing(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                                      uint64_t *inserted, struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    char number[16];
    enum dv_status status;
    const char *params[] = {part->run->context->run_id, part->table->spec->step, number};
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    insert_sql(&sql, part, first, last, whole);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(part->pg, sql.data, 3, params, &result, err));
    *inserted = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status apply(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                            struct dv_err *err)
{
    uint64_t staged, inserted;
    enum dv_status status;
    DV_TRY(dv_stage_table_rows(part, first, last, &staged, err));
    DV_TRY(dv_mode_insert_missing(part, first, last, whole, &inserted, err));
    part->count.inserted += inserted;
    part->count.unchanged += staged - inserted;
done:
    return status;
}

const struct dv_load_mode dv_mode_insert_new = {
    .name = "insert_new",
    .needs_key = true,
    .direct_when_empty = true,
    .inserts = true,
    .apply = apply,
};
