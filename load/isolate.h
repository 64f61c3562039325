/* Finds the rows that the server refuses: the rows are loaded in pieces under savepoints, and a piece that
 * fails is made smaller until it is one row. Costs some statements a refused row, not the whole part again.
 * Internal to load/. */
#ifndef DV_LOAD_ISOLATE_H
#define DV_LOAD_ISOLATE_H

#include "load/mode.h"

/* Loads the rows first..first+count-1 as one piece. *bad: the row that the server named, 0 where it named
 * none. */
typedef enum dv_status (*dv_isolate_fn)(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                        struct dv_err *err);

/* Every row is loaded or refused (dv_refused_add). Leaves part->count and part->refused as the loaded pieces
 * made them. */
enum dv_status dv_isolate(struct dv_load_part *part, uint64_t first, uint64_t count, dv_isolate_fn load,
                          void *context, struct dv_err *err) DV_MUST_CHECK;

#endif
