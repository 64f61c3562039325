/* What a scaffold takes from the catalog, as text that the server has already quoted. For scaffold*.c alone.
 * Everything is owned by the arena that was given. */
#ifndef DV_JOBS_SCAFFOLD_PARTS_H
#define DV_JOBS_SCAFFOLD_PARTS_H

#include "core/arena.h"
#include "core/json.h"
#include "core/pg.h"

#include <stdbool.h>

enum dv_scaffold_list {
    DV_SCAFFOLD_INDEXES,      /* CREATE INDEX, without the semicolon */
    DV_SCAFFOLD_NEW_KEYS,     /* ALTER TABLE ... ADD CONSTRAINT ... NOT VALID */
    DV_SCAFFOLD_KEYS,         /* ALTER TABLE ... VALIDATE CONSTRAINT */
    DV_SCAFFOLD_DROPPED_KEYS, /* ALTER TABLE ... DROP CONSTRAINT */
    DV_SCAFFOLD_DROPPED_INDEXES,
    DV_SCAFFOLD_SEQUENCES, /* SELECT setval(...) */
    DV_SCAFFOLD_BEHIND,    /* a query: one row where a sequence is behind its column */
    DV_SCAFFOLD_LEFT_OUT,  /* what stays behind, a sentence each */
    DV_SCAFFOLD_LISTS
};

struct dv_scaffold_table {
    char dataset[64];    /* fit for a file's name; "legacy_" goes before it for the extracted rows */
    const char *source;  /* schema.table, quoted */
    const char *target;  /* the same in the new schema */
    const char *bare;    /* the table's name alone, quoted */
    const char *create;  /* CREATE TABLE ..., comments behind it */
    const char *columns; /* of the SELECT, a line each */
    json_t *key;         /* array of column names; empty: the table has none; owned (dv_scaffold_release) */
    bool filled;         /* it has rows */
};

struct dv_scaffold_catalog {
    struct dv_arena arena;
    struct dv_scaffold_table *tables;
    unsigned count;
    const char **lists[DV_SCAFFOLD_LISTS];
    unsigned sizes[DV_SCAFFOLD_LISTS];
};

/* tables: as in struct dv_scaffold_request. The catalog is zeroed before; release it also after a failure. */
enum dv_status dv_scaffold_read(struct dv_pg *pg, const char *schema, const char *name, const char *tables,
                                struct dv_scaffold_catalog *catalog, struct dv_err *err) DV_MUST_CHECK;
void dv_scaffold_release(struct dv_scaffold_catalog *catalog);

#endif
