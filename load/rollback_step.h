/* Taking back one load step inside an open transaction. Internal to load/. */
#ifndef DV_LOAD_ROLLBACK_STEP_H
#define DV_LOAD_ROLLBACK_STEP_H

#include "load/mode.h"

enum dv_rollback_deed {
    DV_ROLLBACK_PLAN,  /* do it to see what it does; the caller rolls the transaction back */
    DV_ROLLBACK_MARK,  /* the ledger's rows stay, marked: the run is over */
    DV_ROLLBACK_FORGET /* the ledger's rows go, with what belongs to them: the run may load the parts again */
};

/* The step's parts, last one first. counts: what was done; left alone where the ledger has no part of the
 * step. With MARK and FORGET the rows that were kept are listed in RUN/rollback/kept-STEP.csv before the
 * call returns, and with FORGET what the run's files say of the step is withdrawn: after a crash before
 * COMMIT they say less than is true, never more. */
enum dv_status dv_rollback_step(struct dv_pg *pg, const struct dv_load_run *run,
                                const struct dv_load_spec *spec, enum dv_rollback_deed deed,
                                struct dv_rollback_count *counts, struct dv_err *err) DV_MUST_CHECK;

#endif
