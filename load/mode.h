/* Load modes: a table of them, and the part that they load. Internal to load/.
 *
 * A part is loaded by COPY straight into the table, or by COPY into a temporary table (pg_temp.drover_stage:
 * column drover_row, the row's number in the part, and the loaded columns) that the mode's apply() carries
 * over. Which of the two is decided before the first row is sent; a part that must change its way starts over
 * in a new transaction. */
#ifndef DV_LOAD_MODE_H
#define DV_LOAD_MODE_H

#include "load/refused.h"
#include "load/table.h"

struct dv_load_run {
    const struct dv_context *context;
    const char *uri;
    struct dv_allowed *allowed;
    struct dv_gate *gate; /* what the load passes between parts and batches; NULL: none */
};

struct dv_load_part {
    const struct dv_load_run *run;
    const struct dv_load_table *table;
    struct dv_pg *pg; /* borrowed from the worker for the time of an attempt */
    uint32_t number;
    uint64_t rows, raw_bytes; /* in the stage file */
    /* The rows that the transaction under way carries over; all of the part where it is not batched. */
    uint64_t first, last;
    char sha256[DV_SHA256_HEX];
    bool direct;    /* straight into the table */
    bool resumed;   /* dv_ledger_resume has looked at it */
    bool batched;   /* several transactions, one after the other; refused.settled rows are behind it */
    bool careful;   /* in small pieces under savepoints, because the server refused a row */
    bool lock_rows; /* lock the rows first, because others keep changing them meanwhile */
    bool moved;     /* others change the table: rows are not where the look ahead found them */
    struct dv_load_count count;
    struct dv_refused refused;
    int64_t *sequence_max; /* one a column; used where the column has a sequence; INT64_MIN: none seen */
};

struct dv_load_mode {
    const char *name;
    bool needs_key;
    bool direct;            /* always straight into the table */
    bool direct_when_empty; /* straight into a table that was empty when the step began */
    bool snapshot;          /* apply() needs one snapshot over its statements, or the rows locked */
    bool inserts, updates;
    /* Carries the staged rows first..last (drover_row, inclusive) over and adds to part->count. whole: that
     * is all of the part. Rows that cannot go are refused (dv_refused_add). NULL for a mode that never
     * stages. */
    enum dv_status (*apply)(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                            struct dv_err *err);
};

const struct dv_load_mode *dv_load_mode_find(const char *name); /* NULL: no such mode */
const struct dv_load_mode *const *dv_load_mode_list(void);      /* NULL-terminated */

extern const struct dv_load_mode dv_mode_insert, dv_mode_insert_new, dv_mode_upsert, dv_mode_update;

/* Shared by the modes. */
/* Inserts the staged rows first..last whose key the table lacks; remembers which where not all of them were.
 */
enum dv_status dv_mode_insert_missing(struct dv_load_part *part, uint64_t first, uint64_t last, bool whole,
                                      uint64_t *inserted, struct dv_err *err) DV_MUST_CHECK;

#endif
