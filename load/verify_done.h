/* Checks that an interrupted verification has passed already: files in RUN/verify, one a check, published by
 * rename. Internal to load/.
 *
 * A check is known again where what it looked at is the same: its definition (SQL, parameters, constraint),
 * the step's dataset, and the ledger of the run. Only passed checks are remembered: a failed one is looked at
 * again, as somebody may have mended what it found. The folder goes when a verification is whole. */
#ifndef DV_LOAD_VERIFY_DONE_H
#define DV_LOAD_VERIFY_DONE_H

#include "load/verify.h"

/* inputs: what every check of this verification looks at; asked of the ledger once. Owned by the caller. */
enum dv_status dv_checks_inputs(struct dv_pg *pg, const char *run_id, const char *const *params,
                                char inputs[DV_SHA256_HEX], struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_check_remember(const struct dv_check_env *env, const struct dv_check_task *task,
                                 const struct dv_check *check, const char *inputs,
                                 struct dv_err *err) DV_MUST_CHECK;
/* *known: it has passed; the check is filled in. */
enum dv_status dv_check_recall(const struct dv_check_env *env, const struct dv_check_task *task,
                               struct dv_check *check, const char *inputs, bool *known,
                               struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_checks_forget(const struct dv_context *context, struct dv_err *err) DV_MUST_CHECK;

#endif
