/* A schema step marked no-transaction: statement by statement, each by itself. Internal to load/.
 *
 * drover.schema_begun remembers how many statements are done and which one is under way, so that a step that
 * was interrupted anywhere goes on behind the statements that are done. Of the statement that was under way
 * this file finds out whether it is: an index that it left invalid is dropped and built again. What was
 * invalid before it began is never touched. */
#ifndef DV_LOAD_SCHEMA_SINGLY_H
#define DV_LOAD_SCHEMA_SINGLY_H

#include "load/load.h"

/* Leaves a transaction open in which the step is forgotten as begun: the caller records it as applied there,
 * and commits. */
enum dv_status dv_schema_singly(struct dv_pg *pg, const struct dv_context *context,
                                const struct dv_schema_step *step, bool down,
                                struct dv_err *err) DV_MUST_CHECK;
/* USAGE where a statement of such a step could not be found again after an interruption: an index without a
 * name. */
enum dv_status dv_schema_singly_check(const char *sql, const char *file, struct dv_err *err) DV_MUST_CHECK;
/* "FILE:LINE: " before the message, which may give the place as a character of what was sent. first_line:
 * that of the file on which the statement `sql` begins; 0: it is the whole file. */
void dv_schema_place(const struct dv_schema_step *step, bool down, const char *sql, unsigned first_line,
                     struct dv_err *err);

#endif
