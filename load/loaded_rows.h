/* The rows of a step that this run loaded, as the ledger and the stage files tell: for the checks of a
 * verification. Internal to load/. A part that is not in the ledger, was loaded from another file or was
 * taken back has none: the check "ledger" reports that. */
#ifndef DV_LOAD_LOADED_ROWS_H
#define DV_LOAD_LOADED_ROWS_H

#include "core/value.h"
#include "load/table.h"

struct dv_loaded_part {
    uint32_t number;
    uint64_t rows;     /* offered and not rejected */
    uint64_t inserted; /* fewer than rows: the table had the others, as drover.inserted_key tells */
    uint64_t rejected;
    char loaded_at[48]; /* as text, in full precision */
};

struct dv_loaded_step {
    struct dv_load_table table;
    struct dv_loaded_part *parts; /* ascending; owned */
    uint32_t part_count;
    uint64_t rows;
    bool table_was_empty; /* when the step began */
    bool all_inserted;
};

/* Reads catalog and ledger. */
enum dv_status dv_loaded_step_read(struct dv_loaded_step *step, struct dv_pg *pg, const char *run_id,
                                   const struct dv_load_spec *spec, struct dv_err *err) DV_MUST_CHECK;
void dv_loaded_step_release(struct dv_loaded_step *step); /* idempotent */

typedef enum dv_status (*dv_loaded_row_fn)(void *context, const struct dv_value *values, struct dv_err *err);
/* The numbers of the part's rejected rows, ascending; zeroed before the first read, released by the caller.
 */
struct dv_rejected_rows {
    uint64_t *rows; /* owned */
    size_t count;
};
enum dv_status dv_rejected_rows_read(struct dv_rejected_rows *rejected, struct dv_pg *pg, const char *run_id,
                                     const char *step, const struct dv_loaded_part *part,
                                     struct dv_err *err) DV_MUST_CHECK;
void dv_rejected_rows_release(struct dv_rejected_rows *rejected);

/* Calls each for every row of the part that was not rejected, in order; values: raw, one a column of the
 * file, borrowed for the call. Looks at the stop flag between blocks. */
enum dv_status dv_loaded_rows(const struct dv_loaded_step *step, const struct dv_loaded_part *part,
                              const struct dv_rejected_rows *rejected, dv_loaded_row_fn each, void *context,
                              struct dv_err *err) DV_MUST_CHECK;

#endif
