/* Rows of a table that keep a schema step from making its unique index. Internal to load/. */
#ifndef DV_LOAD_DUPLICATES_H
#define DV_LOAD_DUPLICATES_H

#include "load/load.h"

/* After the server refused the step's text (23505); rolls the transaction back. Adds to the error how many
 * rows there are, and where they are listed one by one: RUN/duplicates/STEP.csv, or the first of them in the
 * error itself where there is no run. A courtesy that never fails: without it the server's own words stand.
 */
void dv_duplicates_tell(struct dv_pg *pg, const struct dv_context *context, const struct dv_schema_step *step,
                        const char *sql, struct dv_err *err);

#endif
