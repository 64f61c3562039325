/* update: rows of the table are changed where a column differs; a key that the table lacks is refused. */
#include "load/before_image.h"
#include "load/mode.h"
#include "load/stage_table.h"

static enum dv_status apply(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                            struct dv_err *err)
{
    uint64_t staged, updated, missing;
    enum dv_status status;
    (void)whole;
    DV_TRY(dv_stage_table_rows(part, first, last, &staged, err));
    DV_TRY(dv_update_changed(part, first, last, &updated, &missing, err));
    if (missing > 0)
        DV_TRY(dv_stage_table_refuse(part,
                                     "SELECT drover_row FROM pg_temp.drover_changed WHERE drover_tid IS NULL "
                                     "ORDER BY drover_row",
                                     "key_not_found", "the table has no row with this key", err));
    part->count.updated += updated;
    part->count.unchanged += staged - updated - missing;
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
