/* The statements that can leave an invalid index behind: CREATE INDEX, REINDEX and DROP INDEX, each
 * CONCURRENTLY. Internal to load/. */
#ifndef DV_LOAD_INDEX_SQL_H
#define DV_LOAD_INDEX_SQL_H

#include "core/buf.h"

enum dv_index_verb { DV_INDEX_NONE, DV_INDEX_CREATE, DV_INDEX_REINDEX, DV_INDEX_DROP };
enum dv_index_scope { DV_INDEX_ONE, DV_INDEX_TABLE, DV_INDEX_SCHEMA, DV_INDEX_DATABASE };

/* A zeroed struct is a statement of another kind. */
struct dv_index_sql {
    enum dv_index_verb verb;
    enum dv_index_scope scope; /* of a REINDEX */
    char *index; /* CREATE: its bare name, NULL where the statement gives none; REINDEX INDEX and DROP: as
                    to_regclass() reads it; owned */
    char *
        table; /* CREATE and REINDEX TABLE: as to_regclass() reads it; REINDEX SCHEMA: the bare name; owned */
};

enum dv_status dv_index_sql_parse(const char *sql, struct dv_index_sql *out,
                                  struct dv_err *err) DV_MUST_CHECK;
void dv_index_sql_release(struct dv_index_sql *parsed);

#endif
