/* pg_temp.drover_stage: the rows of one part inside the server, for the modes that cannot COPY straight into
 * the table. Lives until the end of the transaction; that of a part in batches until the session makes the
 * next one, or ends. Internal to load/. */
#ifndef DV_LOAD_STAGE_TABLE_H
#define DV_LOAD_STAGE_TABLE_H

#include "load/mode.h"

/* In place of one that an earlier part of the session left: what ON COMMIT drops outlives a savepoint. */
#define DV_DROP_STAGE "DROP TABLE IF EXISTS pg_temp.drover_stage; "

enum dv_status dv_stage_table_make(struct dv_pg *pg, const struct dv_load_table *table,
                                   struct dv_err *err) DV_MUST_CHECK;
/* One that outlives the transaction. */
enum dv_status dv_stage_table_make_lasting(struct dv_pg *pg, const struct dv_load_table *table,
                                           struct dv_err *err) DV_MUST_CHECK;
/* The COPY statement, NUL-terminated: into the staging table, or (direct) into the table itself. */
enum dv_status dv_stage_copy_sql(struct dv_buf *out, const struct dv_load_table *table, bool direct,
                                 struct dv_err *err) DV_MUST_CHECK;
/* The next row copied in gets this number. */
enum dv_status dv_stage_table_number(struct dv_pg *pg, uint64_t next_row, struct dv_err *err) DV_MUST_CHECK;
/* After the last row: statistics for the planner, and indexes where they pay. */
enum dv_status dv_stage_table_ready(const struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;
/* Refuses rows without a key (key_null), and (duplicates) all but the first row of a key (key_duplicate). */
enum dv_status dv_stage_table_check_keys(struct dv_load_part *part, bool duplicates,
                                         struct dv_err *err) DV_MUST_CHECK;
/* How many rows of first..last are staged: refused ones are not. */
enum dv_status dv_stage_table_rows(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *rows,
                                   struct dv_err *err) DV_MUST_CHECK;
/* Refuses the rows that the query lists (drover_row, ascending). */
enum dv_status dv_stage_table_refuse(struct dv_load_part *part, const char *sql, const char *reason,
                                     const char *detail, struct dv_err *err) DV_MUST_CHECK;
/* Locks what apply() will look at of the rows part->first..last: the table where its key has no unique index,
 * else the rows (lock_rows). */
enum dv_status dv_stage_table_lock(struct dv_load_part *part, struct dv_err *err) DV_MUST_CHECK;

#endif
