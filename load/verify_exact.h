/* Loaded rows against the table by the server itself: the stage file's rows go into a temporary table of the
 * same column types, so that equal means what it means there. Internal to load/.
 *
 * Slower than checksums, exact for every type, and names what differs: key, column, wanted and found. A value
 * that a later part or step of the same run has overwritten is no difference, as drover.before_image tells.
 * Leaves nothing behind: every call is one transaction, rolled back. Memory: one block. */
#ifndef DV_LOAD_VERIFY_EXACT_H
#define DV_LOAD_VERIFY_EXACT_H

#include "load/loaded_rows.h"
#include "load/row_hash.h"
#include "load/verify.h"

struct dv_exact {
    const struct dv_check_env *env; /* borrowed, as are the next three */
    const struct dv_loaded_step *step;
    struct dv_row_hash *hash;
    const bool *differs; /* one a chunk: rows of the others are left out; NULL: no row is */
    /* One a column of the table; owned. A later step that finds its rows by another key has the last word on
     * it: it is compared there alone. */
    bool *left;
    uint64_t mask; /* the row's chunk is its key's hash & mask */
    struct dv_check_samples samples;
    uint64_t compared, missing; /* rows; missing: of those compared */
};

/* Sets left; released by the second, with samples. */
enum dv_status dv_exact_begin(struct dv_exact *exact, struct dv_err *err) DV_MUST_CHECK;
void dv_exact_release(struct dv_exact *exact); /* idempotent */

/* All parts of the step. Adds to samples, compared and missing. */
enum dv_status dv_exact_parts(struct dv_exact *exact, struct dv_err *err) DV_MUST_CHECK;
/* The rows of a step without a key, all parts together. Adds to samples and compared; the rows that the table
 * has besides into `added` (NULL: it may have others). */
enum dv_status dv_exact_keyless(struct dv_exact *exact, struct dv_check_samples *added,
                                struct dv_err *err) DV_MUST_CHECK;
/* The table's rows whose key no row of the step has: into `added`. */
enum dv_status dv_exact_added(struct dv_exact *exact, struct dv_check_samples *added,
                              struct dv_err *err) DV_MUST_CHECK;

/* For both: the rows of the chunks that differ into pg_temp.drover_stage, `numbered` in the order of the
 * file; the condition on the table's rows for the same chunks, appended; a value as a sample shows it,
 * appended. */
enum dv_status dv_exact_stage(struct dv_exact *exact, const struct dv_loaded_part *parts, uint32_t count,
                              bool numbered, uint64_t *rows, struct dv_err *err) DV_MUST_CHECK;
void dv_exact_chunks_sql(struct dv_buf *sql, const struct dv_exact *exact, const char *prefix);
void dv_exact_shown_sql(struct dv_buf *sql, const char *value);

#endif
