/* Updates that remember what they overwrite. Internal to load/. */
#ifndef DV_LOAD_BEFORE_IMAGE_H
#define DV_LOAD_BEFORE_IMAGE_H

#include "load/mode.h"

/* Looks the staged rows first..last up in the table (load/changed.h), updates the rows there that differ in a
 * loaded column, and writes their before-images. *updated: rows changed; *missing: staged rows whose key the
 * table lacks, which then are in pg_temp.drover_changed with drover_tid NULL. RETRY where somebody else
 * changed a row meanwhile. */
enum dv_status dv_update_changed(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *updated,
                                 uint64_t *missing, struct dv_err *err) DV_MUST_CHECK;

#endif
