/* Updates that remember what they overwrite. Internal to load/. */
#ifndef DV_LOAD_BEFORE_IMAGE_H
#define DV_LOAD_BEFORE_IMAGE_H

#include "load/mode.h"

/* Updates the table's rows that have the key of a staged row first..last and differ from it in a loaded
 * column, and writes their before-images. *changed: rows updated. RETRY where somebody else changed one of
 * them meanwhile. */
enum dv_status dv_update_changed(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *changed,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
