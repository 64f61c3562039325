/* The accounting of rows: every row that a step read was written, merged, filtered or rejected. */
#ifndef DV_CORE_TALLY_H
#define DV_CORE_TALLY_H

#include "core/error.h"

#include <stdbool.h>

#define DV_TALLY_REASONS 34 /* 32 named ones, and "other" for the filtered and for the rejected beyond */

struct dv_tally_reason {
    char name[64]; /* the rule's name; "where" for the model's own WHERE; an SQLSTATE condition name for a
                      failed cast */
    bool rejected; /* else filtered */
    uint64_t rows;
};

struct dv_tally {
    uint64_t read, written, merged, filtered, rejected;
    unsigned reason_count;
    struct dv_tally_reason reasons[DV_TALLY_REASONS];
};

/* Counts one more row filtered or rejected for that reason (the sums included). A 33rd reason is counted as
 * "other". */
void dv_tally_reason(struct dv_tally *tally, const char *name, bool rejected, uint64_t rows);
void dv_tally_add(struct dv_tally *to, const struct dv_tally *from);
/* DV_BUG (with the figures) where read != written + merged + filtered + rejected. */
enum dv_status dv_tally_check(const struct dv_tally *tally, const char *stage, const char *dataset,
                              struct dv_err *err) DV_MUST_CHECK;

#endif
