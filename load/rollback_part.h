/* Taking back one loaded part, inside the transaction of its step. Internal to load/.
 *
 * Order of calls: dv_rollback_tables_make once a step; for each part dv_rollback_find, which fills those
 * tables and counts, dv_rollback_act, which does it and counts what was done, and dv_rollback_list;
 * dv_rollback_tables_drop. In a table that refers to itself a row may have to stay until a row of another
 * part has gone: dv_rollback_find_inserted and dv_rollback_act again, while any go. The transaction has one
 * snapshot (REPEATABLE READ), so that a row's place is still its place. */
#ifndef DV_LOAD_ROLLBACK_PART_H
#define DV_LOAD_ROLLBACK_PART_H

#include "load/mode.h"

/* What the ledger says of a part, and what becomes of it. */
struct dv_loaded_part {
    uint32_t number;
    bool done;                        /* taken back before */
    uint64_t removed, restored, kept; /* then, or now */
    uint64_t stuck;                   /* now: see struct dv_take_back */
    uint64_t offered, inserted, updated, rejected;
    uint32_t xid; /* of the transaction that loaded it, as xmin shows it */
    char sha256[DV_SHA256_HEX];
};

struct dv_take_back {
    struct dv_load_part part;
    const struct dv_loaded_part *loaded; /* borrowed */
    const char *touched;  /* SQL on t: a column that is not loaded lost its default; NULL: none */
    const char *referred; /* SQL that marks rows of drover_gone that must stay; NULL: none */
    char number[16];
    const char *params[3]; /* run, step, part */
    uint64_t removed, restored, kept;
    uint64_t stuck; /* of those kept, inserted rows that nobody has edited: others refer to them */
};

enum dv_status dv_rollback_tables_make(struct dv_pg *pg, const struct dv_load_table *table,
                                       struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_rollback_tables_drop(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;

/* The two conditions of struct dv_take_back, read from the catalog once a step; NUL-terminated, empty where
 * there is nothing to look at. *itself: the table refers to itself. */
enum dv_status dv_rollback_touched_sql(struct dv_buf *out, struct dv_pg *pg,
                                       const struct dv_load_table *table, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_rollback_referred_sql(struct dv_buf *out, struct dv_pg *pg,
                                        const struct dv_load_table *table, bool *itself,
                                        struct dv_err *err) DV_MUST_CHECK;

/* CHANGED where the stage file is not the one that was loaded. */
enum dv_status dv_rollback_find(struct dv_take_back *back, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_rollback_find_inserted(struct dv_take_back *back, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_rollback_act(struct dv_take_back *back, struct dv_err *err) DV_MUST_CHECK;
/* Appends the rows kept of drover_gone (inserted) or drover_back to the file, as CSV. */
enum dv_status dv_rollback_list(struct dv_take_back *back, bool inserted, int fd,
                                struct dv_err *err) DV_MUST_CHECK;

#endif
