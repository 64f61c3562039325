/* The rows of a part on their way to the server. Internal to load/. */
#ifndef DV_LOAD_COPY_H
#define DV_LOAD_COPY_H

#include "core/value.h"
#include "load/mode.h"

/* COPYs the part into the table (part->direct) or the staging table, whole blocks at a time; where
 * part->careful, in pieces under savepoints, refusing what the server refuses. Adds to `item` and, where
 * direct, to part->count. */
enum dv_status dv_copy_part(struct dv_load_part *part, struct dv_progress_item *item,
                            struct dv_err *err) DV_MUST_CHECK;
/* As it is, into the staging table of that connection, without refusing anything: for looking at what is
 * staged. */
enum dv_status dv_copy_staged(struct dv_pg *pg, const struct dv_load_table *table, uint32_t part,
                              struct dv_err *err) DV_MUST_CHECK;
/* The record's loaded columns as one line of what is sent, appended. values: one a column of the file. */
void dv_copy_record(struct dv_buf *out, const struct dv_load_table *table, const struct dv_value *values);

#endif
