/* What an interrupted CREATE INDEX, REINDEX or DROP INDEX, each CONCURRENTLY, leaves behind. Internal to
 * load/. A statement of another kind (DV_INDEX_NONE) leaves nothing here. */
#ifndef DV_LOAD_INVALID_INDEX_H
#define DV_LOAD_INVALID_INDEX_H

#include "core/pg.h"
#include "load/index_sql.h"

/* *there: the index that a CREATE makes is there already: it is not this statement's. */
enum dv_status dv_invalid_index_there(struct dv_pg *pg, const struct dv_index_sql *parsed, bool *there,
                                      struct dv_err *err) DV_MUST_CHECK;
/* Takes the lock on the table that the statement will take, and gives it back. */
enum dv_status dv_invalid_index_probe(struct dv_pg *pg, const struct dv_index_sql *parsed,
                                      struct dv_err *err) DV_MUST_CHECK;
/* Drops what the statement left invalid, but for `before` (an oid[] as text: what was invalid before it).
 * *done: what it was to do is done. */
enum dv_status dv_invalid_index_settle(struct dv_pg *pg, const struct dv_index_sql *parsed,
                                       const char *before, bool *done, struct dv_err *err) DV_MUST_CHECK;
/* FAULT where a CREATE ... IF NOT EXISTS found somebody else's invalid index and was content with it. */
enum dv_status dv_invalid_index_check(struct dv_pg *pg, const struct dv_index_sql *parsed,
                                      struct dv_err *err) DV_MUST_CHECK;
/* After a unique_violation: adds the keys that are there more than once to the message, as long as the index
 * that could not be built tells what they are. */
void dv_invalid_index_duplicates(struct dv_pg *pg, const struct dv_index_sql *parsed, struct dv_err *err);

#endif
