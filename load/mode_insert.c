/* insert: every row is new; COPY straight into the table. */
#include "load/mode.h"

const struct dv_load_mode dv_mode_insert = {
    .name = "insert",
    .direct = true,
    .inserts = true,
};
