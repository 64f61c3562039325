/* Expressions over what a SELECT reads. Private to the model oracle. */
#ifndef TESTS_ORACLE_MODEL_EXPR_H
#define TESTS_ORACLE_MODEL_EXPR_H

#include "tests/oracle/model_values.h"

#define FIELDS 40

struct field {
    char name[24]; /* qualified in a scope */
    enum kind kind;
    bool exact; /* equal values are written alike: may be grouped by, compared by min */
};

struct scope {
    struct field fields[FIELDS];
    unsigned count;
    bool risky; /* expressions may fail for some rows */
};

extern const char *const kind_types[KINDS];

void expr_any(struct dv_buf *out, const struct scope *scope, enum kind kind, unsigned depth);
/* A field of that kind (KINDS: of any) that is exact where asked; NULL: none. */
const struct field *expr_field(const struct scope *scope, enum kind kind, bool exact);
bool expr_always_exact(enum kind kind);
void expr_literal(struct dv_buf *out, enum kind kind);

#endif
