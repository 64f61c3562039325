/* Sequences behind serial and identity columns. Internal to load/. */
#ifndef DV_LOAD_SEQUENCE_H
#define DV_LOAD_SEQUENCE_H

#include "core/value.h"
#include "load/mode.h"

/* Notes the numbers that records bring into such columns. values: scratch, one a column of the records. */
enum dv_status dv_sequence_note(struct dv_load_part *part, const char *records, size_t length,
                                struct dv_value *values, unsigned count, bool cut,
                                struct dv_err *err) DV_MUST_CHECK;
/* Moves the sequences past what was noted or is staged. Last thing before the ledger: it holds a lock until
 * commit. */
enum dv_status dv_sequence_advance(struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;

#endif
