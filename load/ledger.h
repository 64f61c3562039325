/* drover.ledger and drover.step: what is loaded. Internal to load/.
 *
 * A part's transaction claims its ledger row first and fills in the counts last. The claim waits for any
 * other transaction that has claimed the same part (a dead predecessor's, or one whose COMMIT got no answer)
 * to end, and then says whether the part is loaded: so nothing is ever loaded twice, and no lost answer needs
 * guessing. A part that its own run takes back loses its row in the transaction that takes its rows back, and
 * can be claimed again; one that a rollback takes back keeps it, marked, and cannot.
 * A part in batches is claimed by each of them, and each adds its counts: they add up to the rows,
 * from the part's first on, that are loaded. */
#ifndef DV_LOAD_LEDGER_H
#define DV_LOAD_LEDGER_H

#include "load/mode.h"

/* *loaded: all of the part was loaded before; *done: so many rows of it were. First statement of the
 * transaction. */
enum dv_status dv_ledger_claim(struct dv_load_part *part, bool *loaded, uint64_t *done,
                               struct dv_err *err) DV_MUST_CHECK;
/* Before the first batch, outside of a transaction: part->refused as the batches left it that are committed.
 */
enum dv_status dv_ledger_resume(struct dv_load_part *part, bool *loaded, struct dv_err *err) DV_MUST_CHECK;
/* Checks that the counts of the rows part->first..last add up (BUG where not) and adds them. Last statement
 * before COMMIT. */
enum dv_status dv_ledger_finish(struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;
/* Records the step where it is new, and reads whether its table was empty when it began. */
enum dv_status dv_ledger_begin_step(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    bool empty, bool *was_empty, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_ledger_step_known(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    bool *known, struct dv_err *err) DV_MUST_CHECK;
/* loaded[part] of the step's parts; a part loaded from another file (SHA-256) is CHANGED. Waits for a
 * transaction of a dead predecessor that is taking parts out of the ledger. */
enum dv_status dv_ledger_loaded(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                const struct dv_dataset_manifest *dataset, bool *loaded,
                                struct dv_err *err) DV_MUST_CHECK;

#endif
