/* Which staged rows change the table, or are missing there: pg_temp.drover_changed. Internal to load/.
 *
 * Columns: drover_row; drover_table, drover_tid, drover_xmin: the version that is there, NULL where the table
 * lacks the key; the staged columns; drover_old_N: the table's value of loaded column N. Rows that are equal
 * are left out.
 *
 * A part that goes in batches is joined with its table once, by dv_changed_look_ahead (into
 * pg_temp.drover_found, of the same columns, which lasts as the staged rows do). Each batch then takes the
 * rows that differed as they were found, if they all are still the versions that they were; else it looks
 * them up, by their keys and in the order in which they lie in the table, and compares them again: others may
 * have moved, changed, deleted or inserted them. What was equal when it was looked at is not looked at again:
 * who changes it later comes after the load.
 */
#ifndef DV_LOAD_CHANGED_H
#define DV_LOAD_CHANGED_H

#include "load/mode.h"

/* The rows behind part->refused.settled. A mode that updates nothing needs none. */
enum dv_status dv_changed_look_ahead(struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;
/* Of the rows first..last, those that the look ahead found: how many, how many of them the table lacked, and
 * `rows`, which stands in FROM for them. */
#define DV_CHANGED_FROM 160 /* bytes that `rows` takes at most */
enum dv_status dv_changed_found(struct dv_load_part *part, uint64_t first, uint64_t last,
                                char rows[DV_CHANGED_FROM], uint64_t *found, uint64_t *missing,
                                struct dv_err *err) DV_MUST_CHECK;
/* The rows first..last, as the transaction's snapshot has them. *found: rows of drover_changed; *missing: of
 * these, keys that the table lacks. FAULT where it has several rows with one key. */
enum dv_status dv_changed_find(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *found,
                               uint64_t *missing, struct dv_err *err) DV_MUST_CHECK;

#endif
