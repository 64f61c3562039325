/* What the files of the model generator share. Private to the model oracle. */
#ifndef TESTS_ORACLE_MODEL_PARTS_H
#define TESTS_ORACLE_MODEL_PARTS_H

#include "tests/oracle/model_expr.h"
#include "tests/oracle/model_gen.h"

struct relation {
    char name[24];
    struct field fields[FIELDS];
    unsigned count;
    int unique; /* the field that no two rows share and no row lacks; -1: none */
    bool table;
};

/* What a SELECT reads: FROM and its scope. */
struct source {
    struct dv_buf with, from, condition; /* condition: what WHERE must say */
    struct scope scope;
    char order[64];  /* "a.id, b.id": a total order of the rows; "": none */
    char unique[40]; /* the field that is unique in the result, "": none */
    bool single;     /* one table and nothing else */
};

static inline bool parts_chance(unsigned percent)
{
    return model_pick(100) < percent;
}

/* One more field of the relation. */
struct field *parts_field(struct relation *relation, const char *name, enum kind kind, bool exact);

/* One to four windows over the rows of the source, as items of its select list; some are named in `clause`,
 * which stands behind WHERE. model_window.c */
void window_rows(struct dv_buf *out, struct relation *made, const struct source *source,
                 struct dv_buf *clause);
/* Windows over groups, whose keys are a total order. */
void window_groups(struct dv_buf *out, struct relation *made, char names[2][64], unsigned keys,
                   const struct source *source);

#endif
