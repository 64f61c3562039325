/* What the text of schema steps says that they do to tables: enough to look ahead, not to understand it all.
 * Internal to load/.
 *
 * Seen are ALTER TABLE, CREATE INDEX and ADD PRIMARY KEY or UNIQUE, as statements of a step or inside the
 * body of a DO; what such a body puts together as text and EXECUTEs is not, and conditions around a statement
 * are not evaluated. What is not seen a step may say: "-- drover: changes=TABLE, references=TABLE". */
#ifndef DV_LOAD_STEP_SQL_H
#define DV_LOAD_STEP_SQL_H

#include "load/load.h"

struct dv_planned_key {
    const char *step; /* borrowed from the schema */
    char *name;       /* the index's or constraint's; NULL where none is given; all owned */
    char *table;      /* as to_regclass() reads it */
    char *elements;   /* "lower(email), tenant" */
    char *condition;  /* behind WHERE; NULL: none */
    bool nulls_equal; /* NULLS NOT DISTINCT */
};

/* A table, and the first step that names it. */
struct dv_step_table {
    char *name;       /* owned */
    const char *step; /* borrowed from the schema */
};

struct dv_step_tables {
    struct dv_step_table *list; /* owned */
    unsigned count;
};

/* A column that a step adds to a table by ALTER TABLE. */
struct dv_planned_column {
    const char *step;   /* borrowed from the schema */
    char *table, *name; /* the table as it is written, the column as the server has it; owned */
};

struct dv_step_sql {
    struct dv_planned_key *keys; /* owned */
    unsigned key_count;
    struct dv_planned_column *columns; /* owned */
    unsigned column_count;
    struct dv_step_tables changed;  /* by a statement of a step itself, and by no step made */
    struct dv_step_tables referred; /* by foreign keys: as the steps say */
};

/* Reads the pending steps of the phases from..to. */
enum dv_status dv_step_sql_read(const struct dv_schema *schema, enum dv_phase from, enum dv_phase to,
                                struct dv_step_sql *out, struct dv_err *err) DV_MUST_CHECK;
/* The keys alone of some text: statements, wherever they begin in it. */
enum dv_status dv_step_sql_keys(const char *text, struct dv_step_sql *out, struct dv_err *err) DV_MUST_CHECK;
void dv_step_sql_release(struct dv_step_sql *read);

#endif
