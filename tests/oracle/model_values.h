/* Kinds of columns in generated cases, and values of them. Private to the model oracle. */
#ifndef TESTS_ORACLE_MODEL_VALUES_H
#define TESTS_ORACLE_MODEL_VALUES_H

#include "core/buf.h"

enum kind {
    KIND_BOOL,
    KIND_INT,
    KIND_BIGINT,
    KIND_NUMERIC,
    KIND_FLOAT,
    KIND_TEXT,
    KIND_UUID,
    KIND_DATE,
    KIND_TIMESTAMP,
    KIND_TIMESTAMPTZ,
    KIND_INTERVAL,
    KIND_JSON,
    KINDS
};

/* A value's text. exact: of values that are equal none is written in two ways (1.0 and 1.00), and sums do not
 * depend on the order. awkward: also those on which much fails. */
void value_text(struct dv_buf *out, enum kind kind, bool exact, bool awkward);

#endif
