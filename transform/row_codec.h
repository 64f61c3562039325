/* Rows in spill memory and spill files: the values of chosen columns, packed, in this machine's byte order.
 * Private to one run on one machine; never a stage file. */
#ifndef DV_TRANSFORM_ROW_CODEC_H
#define DV_TRANSFORM_ROW_CODEC_H

#include "core/value.h"

/* Appends one value, raw or set. */
void dv_row_put(struct dv_buf *out, const struct dv_value *value, const struct dv_type *type);
/* Reads one value at `at`; bytes are borrowed from there. Returns the position behind it. The caller has seen
 * to it that the record is whole (spill blocks are checksummed). */
const char *dv_row_get(const char *at, struct dv_value *value);

#endif
