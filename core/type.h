/* The types of columns, named as PostgreSQL's format_type() names them.
 *
 * A type that drover computes with has an id of its own; every other type of PostgreSQL (inet, enums,
 * composite types, arrays in this version, ...) is DV_TYPE_OTHER and is carried as text, untouched, under its
 * own name. */
#ifndef DV_CORE_TYPE_H
#define DV_CORE_TYPE_H

#include "core/error.h"

#include <stdbool.h>

struct dv_buf;

enum dv_type_id {
    DV_TYPE_UNKNOWN = 0, /* an untyped literal or NULL */
    DV_TYPE_BOOL,
    DV_TYPE_INT2,
    DV_TYPE_INT4,
    DV_TYPE_INT8,
    DV_TYPE_NUMERIC, /* precision, scale: -1 where unlimited */
    DV_TYPE_FLOAT4,
    DV_TYPE_FLOAT8,
    DV_TYPE_TEXT,
    DV_TYPE_VARCHAR, /* length: -1 where unlimited */
    DV_TYPE_BPCHAR,  /* character(n) */
    DV_TYPE_UUID,
    DV_TYPE_DATE,
    DV_TYPE_TIME,
    DV_TYPE_TIMESTAMP,
    DV_TYPE_TIMESTAMPTZ,
    DV_TYPE_INTERVAL,
    DV_TYPE_JSON,
    DV_TYPE_JSONB,
    DV_TYPE_BYTEA,
    DV_TYPE_ARRAY, /* element: the element's type id; one dimension or more */
    DV_TYPE_OTHER, /* name says which */
    DV_TYPE_COUNT
};

struct dv_type {
    enum dv_type_id id;
    enum dv_type_id element; /* DV_TYPE_ARRAY only */
    int32_t
        precision; /* numeric precision, varchar/bpchar length, time(stamp) fraction digits; -1 unlimited */
    int32_t scale; /* numeric scale; -1 unlimited */
    char name[64]; /* DV_TYPE_OTHER only: the name as format_type() gives it, cut never: longer is an error */
};

struct dv_column {
    char name[64]; /* PostgreSQL's identifiers: at most 63 bytes */
    struct dv_type type;
};

struct dv_type dv_type_of(enum dv_type_id id); /* without modifiers */
/* Parses "numeric(12,2)", "timestamp with time zone", "timestamptz", "int", "text[]", "my_enum", ... (any
 * case). The short names of PostgreSQL (int4, bool, varchar, ...) are known too. */
enum dv_status dv_type_parse(const char *text, size_t length, struct dv_type *type,
                             struct dv_err *err) DV_MUST_CHECK;
void dv_type_format(const struct dv_type *type, struct dv_buf *out); /* the name as format_type() writes it */
bool dv_type_equal(const struct dv_type *a, const struct dv_type *b); /* modifiers included */
/* Underscores go behind the names of columns[own..count-1] until none of them is another column's: for
 * columns of a row behind columns of one's own. */
void dv_columns_keep_apart(struct dv_column *columns, unsigned own, unsigned count);
bool dv_type_is_text(const struct dv_type *type);    /* text, varchar, bpchar */
bool dv_type_is_number(const struct dv_type *type);  /* int2..float8 */
bool dv_type_is_integer(const struct dv_type *type); /* int2, int4, int8 */

#endif
