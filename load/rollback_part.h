/* Takes one loaded part back, or counts what that would do. Internal to load/. */
#ifndef DV_LOAD_ROLLBACK_PART_H
#define DV_LOAD_ROLLBACK_PART_H

#include "load/part.h"

/* Adds to counts. act: in one transaction with the mark in the ledger; a part that is marked is only counted.
 * Rows kept go to RUN/rollback/kept-STEP-part-N.csv. */
enum dv_status dv_rollback_part(const struct dv_load_run *run, const struct dv_load_table *table,
                                uint32_t number, bool act, struct dv_load_session *session,
                                struct dv_rollback_count *counts, struct dv_err *err) DV_MUST_CHECK;
/* The name of that file, NUL-terminated; part < 0: of the step's whole list. */
enum dv_status dv_rollback_kept_path(struct dv_buf *out, const struct dv_context *context, const char *step,
                                     int64_t part, struct dv_err *err) DV_MUST_CHECK;

#endif
