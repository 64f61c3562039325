/* Whether a table still holds rows as they were loaded. */
#include "load/copy.h"
#include "load/session.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <stdlib.h>

#define SAMPLES "3"

static void edited_sql(struct dv_buf *sql, const struct dv_load_table *table)
{
    dv_buf_str(sql, "SELECT concat_ws(', '");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(sql, ", s.%s", table->columns[table->keys[k]].quoted);
    dv_buf_printf(sql, "), count(*) OVER () FROM pg_temp.drover_stage s LEFT JOIN %s t ON ", table->quoted);
    dv_sql_key_match(sql, table, "t", "s");
    dv_buf_str(sql, " WHERE t.tableoid IS NULL OR (");
    dv_sql_differs(sql, table, "t", "s", false);
    dv_buf_str(sql, ") ORDER BY s.drover_row LIMIT " SAMPLES);
}

static enum dv_status count_edited(struct dv_pg *pg, const struct dv_load_table *table, uint64_t *edited,
                                   struct dv_buf *keys, struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    edited_sql(&sql, table);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(pg, sql.data, 0, NULL, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        *edited = strtoull(PQgetvalue(result, row, 1), NULL, 10);
        dv_buf_printf(keys, "%s%s", row > 0 ? "; " : "", PQgetvalue(result, row, 0));
    }
    status = dv_buf_check(keys, err);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_load_holds(struct dv_target *target, const struct dv_load_spec *spec, uint64_t *edited,
                             struct dv_buf *keys, struct dv_err *err)
{
    struct dv_pg *pg = dv_target_pg(target);
    struct dv_dataset_manifest dataset = {0};
    struct dv_load_table table = {0};
    struct dv_err ignored = DV_ERR_INIT;
    enum dv_status status;
    *edited = 0;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(dv_load_table_read(&table, pg, spec, dataset.columns, dataset.column_count, NULL, err));
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_stage_table_make(pg, &table, err));
    for (uint32_t number = 0; number < dataset.part_count; number++) {
        struct dv_load_part part = {
            .table = &table, .pg = pg, .number = number, .rows = dataset.part_rows[number]};
        DV_TRY(dv_copy_part(&part, NULL, err));
    }
    DV_TRY(dv_pg_exec(pg, "ANALYZE pg_temp.drover_stage", err));
    DV_TRY(count_edited(pg, &table, edited, keys, err));
    status = dv_pg_rollback(pg, err);
done:
    if (status < 0 && !dv_pg_lost(pg)) {
        enum dv_status undone = dv_pg_rollback(pg, &ignored);
        (void)undone; /* the error in hand is what matters */
    }
    dv_load_table_release(&table);
    dv_dataset_manifest_release(&dataset);
    return status;
}
