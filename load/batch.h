/* A part whose staged rows go into the table in batches, each in a transaction with the ledger row that says
 * how far the part has come; and the steps of such a transaction, which a part that goes at once takes too.
 * Internal to load/.
 *
 * The part is staged once, in a temporary table that outlives transactions, and what is wrong with its rows
 * by themselves (keys that are NULL or stand there twice) is found over all of it: where it is cut does not
 * show in what is loaded. After a crash the ledger says which rows are loaded, and of which of them the
 * server refused what for; the part is staged again and goes on behind them. */
#ifndef DV_LOAD_BATCH_H
#define DV_LOAD_BATCH_H

#include "load/mode.h"
#include "load/pace.h"

/* After DV_OK all of the part is in the target. After a failure as many of its rows as part->refused.settled
 * says, and the call may be made again. pace zeroed: not begun. */
enum dv_status dv_part_in_batches(struct dv_load_part *part, struct dv_pace *pace,
                                  struct dv_progress_item *item, struct dv_err *err) DV_MUST_CHECK;

/* ---- part.c: a transaction over the rows first..last (last < first: none) ---- */
/* BEGIN and the claim; *loaded, *done: dv_ledger_claim. */
enum dv_status dv_part_begin(struct dv_load_part *part, uint64_t first, uint64_t last, bool *loaded,
                             uint64_t *done, struct dv_err *err) DV_MUST_CHECK;
/* Fills the staging table, which is there. */
enum dv_status dv_part_stage(struct dv_load_part *part, struct dv_progress_item *item,
                             struct dv_err *err) DV_MUST_CHECK;
/* From the staging table into the table. */
enum dv_status dv_part_apply(struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;
/* The ledger, the rejects file where that was the last of the part, COMMIT. */
enum dv_status dv_part_commit(struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;

#endif
