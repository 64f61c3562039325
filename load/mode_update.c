/* update: rows of the table are changed where a column differs; a key that the table lacks is refused. */
#include "load/before_image.h"
#include "load/mode.h"
#include "load/stage_table.h"

#include <inttypes.h>

static enum dv_status refuse_missing(struct dv_load_part *part, uint64_t first, uint64_t last,
                                     uint64_t *missing, struct dv_err *err)
{
    struct dv_buf sql = {0};
    const struct dv_load_table *table = part->table;
    enum dv_status status;
    dv_buf_printf(&sql,
                  "SELECT s.drover_row FROM pg_temp.drover_stage s WHERE s.drover_row BETWEEN %" PRIu64
                  " AND %" PRIu64 " AND NOT EXISTS (SELECT FROM %s t WHERE ",
                  first, last, table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    dv_buf_str(&sql, ") ORDER BY s.drover_row");
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_stage_table_refuse(part, sql.data, "key_not_found", "the table has no row with this key",
                                   missing, err);
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status apply(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                            struct dv_err *err)
{
    uint64_t staged, changed, missing = 0;
    enum dv_status status;
    (void)whole;
    DV_TRY(dv_stage_table_rows(part, first, last, &staged, err));
    DV_TRY(dv_update_changed(part, first, last, &changed, err));
    if (changed < staged)
        DV_TRY(refuse_missing(part, first, last, &missing, err));
    part->count.updated += changed;
    part->count.unchanged += staged - changed - missing;
done:
    return status;
}

const struct dv_load_mode dv_mode_update = {
    .name = "update",
    .needs_key = true,
    .snapshot = true,
    .updates = true,
    .apply = apply,
};
