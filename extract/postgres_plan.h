/* What a dataset of a PostgreSQL source consists of: columns, relations, and the parts that they are cut
 * into.
 *
 * Order of calls on a zeroed plan: find, then describe, then cut, then part_sql any number of times; release
 * at the end (idempotent). Everything in the plan lives in its arena. One thread until the cut is done; then
 * it is read only. */
#ifndef DV_EXTRACT_POSTGRES_PLAN_H
#define DV_EXTRACT_POSTGRES_PLAN_H

#include "extract/extract.h"

#include "core/arena.h"
#include "core/pg.h"

/* Heap of one part. Fixed, so that the same table gives the same parts whatever the workers and the memory.
 */
#define DV_POSTGRES_PART_BYTES (32U * 1024U * 1024U)

/* One heap, or one view or foreign table, whose rows are parts of the dataset. */
struct dv_postgres_relation {
    const char *name; /* qualified and quoted */
    const char *filenode;
    uint64_t pages;
    bool cut; /* by ctid; else it is one part */
    uint32_t first_part, part_count;
};

struct dv_postgres_plan {
    struct dv_arena arena;
    bool absent;       /* there is no such table; nothing below is filled in */
    bool lockable;     /* LOCK TABLE takes this kind of relation, and we have the right to */
    char kind;         /* pg_class.relkind */
    const char *oid;   /* decimal */
    const char *table; /* qualified and quoted */
    const char *alias; /* the bare name, quoted: what a condition may refer to */
    struct dv_column *columns;
    unsigned column_count;
    const char *select; /* the columns, quoted, with commas */
    uint64_t estimated_rows;
    struct dv_postgres_relation *relations;
    unsigned relation_count;
    uint32_t part_count, part_pages; /* part_pages: pages of one part */
    uint64_t pages;
};

/* Looks the table up. Absent: fine where the spec says optional, else FAULT naming the nearest there is. */
enum dv_status dv_postgres_find(struct dv_pg *pg, const struct dv_extract_spec *spec,
                                struct dv_postgres_plan *plan, struct dv_err *err) DV_MUST_CHECK;
/* Columns with their types (domains resolved to what they are made of) and the planner's row estimate, which
 * also makes the server check the condition and the privileges. */
enum dv_status dv_postgres_describe(struct dv_pg *pg, const struct dv_extract_spec *spec,
                                    struct dv_postgres_plan *plan, struct dv_err *err) DV_MUST_CHECK;
/* Relations in name order, parts numbered in relation and ctid order. To be called under the snapshot of the
 * extract: no row that it sees lies behind the size found here. */
enum dv_status dv_postgres_cut(struct dv_pg *pg, struct dv_postgres_plan *plan,
                               struct dv_err *err) DV_MUST_CHECK;
/* The COPY statement of one part, appended. */
enum dv_status dv_postgres_part_sql(const struct dv_postgres_plan *plan, const struct dv_extract_spec *spec,
                                    uint32_t part, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
void dv_postgres_plan_release(struct dv_postgres_plan *plan);

#endif
