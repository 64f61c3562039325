/* upsert: rows whose key the table has are updated where a column differs; the others are inserted. */
#include "load/before_image.h"
#include "load/mode.h"
#include "load/stage_table.h"

static enum dv_status apply(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                            struct dv_err *err)
{
    uint64_t staged, updated, missing, inserted = 0;
    enum dv_status status;
    DV_TRY(dv_stage_table_rows(part, first, last, &staged, err));
    DV_TRY(dv_update_changed(part, first, last, &updated, &missing, err));
    if (missing > 0)
        DV_TRY(dv_mode_insert_missing(part, first, last, whole, &inserted, err));
    part->count.updated += updated;
    part->count.inserted += inserted;
    part->count.unchanged += staged - updated - inserted;
done:
    return status;
}

const struct dv_load_mode dv_mode_upsert = {
    .name = "upsert",
    .needs_key = true,
    .direct_when_empty = true,
    .snapshot = true,
    .inserts = true,
    .updates = true,
    .apply = apply,
};
