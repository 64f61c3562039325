/* Values: what one field of a row holds, in 16 bytes, borrowed from the batch it came with.
 *
 * A value read from a stage file is RAW: a slice of the CSV text, quotes included. Nobody decodes it unless
 * an expression reads it; dv_value_decode does that in place, once. A raw value is written to the next file
 * as the bytes that it is. A value that an expression made is SET; `u` then holds, by the type of its column
 * or expression:
 *
 *   bool                        u.i  0 or 1
 *   int2, int4, int8            u.i
 *   float4, float8              u.f
 *   date                        u.i  days since 2000-01-01; DV_DATE_INFINITY, DV_DATE_MINUS_INFINITY
 *   time                        u.i  microseconds since midnight (24:00:00 allowed)
 *   timestamp, timestamptz      u.i  microseconds since 2000-01-01 00:00 UTC; DV_TIMESTAMP_(MINUS_)INFINITY
 *   interval                    u.interval  -> months, days, microseconds (in the arena)
 *   uuid                        u.p  -> 16 bytes, len 16
 *   bytea                       u.p, len: the bytes
 *   numeric                     small (kind DV_NUM_SMALL): u.i coefficient, scale digits after the point
 * (0..18); else see core/numeric.h text, varchar, bpchar, json, jsonb, unknown, other, array    u.p, len:
 * UTF-8 text, not NUL-terminated; jsonb is always in the form that PostgreSQL prints; an array in its '{...}'
 * form
 *
 * The CSV form is that of PostgreSQL's COPY ... (FORMAT csv) with DateStyle ISO, TimeZone UTC, bytea_output
 * hex, extra_float_digits 1, IntervalStyle postgres. */
#ifndef DV_CORE_VALUE_H
#define DV_CORE_VALUE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/type.h"

enum dv_value_state {
    DV_NULL = 0,
    DV_SET,
    DV_RAW,       /* unquoted CSV bytes: the text form of the value itself */
    DV_RAW_QUOTED /* CSV bytes with their surrounding quotes; a quote inside is doubled */
};

enum dv_num_kind { DV_NUM_SMALL = 0, DV_NUM_BIG, DV_NUM_NAN, DV_NUM_INFINITY, DV_NUM_MINUS_INFINITY };

struct dv_interval {
    int64_t microseconds;
    int32_t days, months;
};

struct dv_big; /* core/numeric.h */

struct dv_value {
    union {
        int64_t i;
        double f;
        const char *p;
        const struct dv_interval *interval;
        const struct dv_big *big;
    } u;
    uint32_t len;
    uint8_t state;  /* enum dv_value_state */
    uint8_t kind;   /* numeric: enum dv_num_kind */
    uint16_t scale; /* numeric, kind small: digits after the decimal point */
};

#define DV_TIMESTAMP_INFINITY       INT64_MAX
#define DV_TIMESTAMP_MINUS_INFINITY INT64_MIN
#define DV_DATE_INFINITY            ((int64_t)INT32_MAX)
#define DV_DATE_MINUS_INFINITY      ((int64_t)INT32_MIN)

static inline struct dv_value dv_null(void)
{
    return (struct dv_value){.state = DV_NULL};
}
static inline struct dv_value dv_int(int64_t i)
{
    return (struct dv_value){.u.i = i, .state = DV_SET};
}
static inline struct dv_value dv_bool(int truth)
{
    return (struct dv_value){.u.i = truth != 0, .state = DV_SET};
}
static inline struct dv_value dv_float(double f)
{
    return (struct dv_value){.u.f = f, .state = DV_SET};
}
static inline struct dv_value dv_text(const char *p, size_t len)
{
    return (struct dv_value){.u.p = p, .len = (uint32_t)len, .state = DV_SET};
}

/* Raw to set, in place; null and set values are left alone. Text without quotes inside keeps pointing at the
 * CSV bytes; what has to be unescaped or built goes to the arena. Fails (code FAULT, SQLSTATE 22P02 or 22008
 * ..., value filled in) on bytes that are not a value of the type. */
enum dv_status dv_value_decode(struct dv_value *value, const struct dv_type *type, struct dv_arena *arena,
                               struct dv_err *err) DV_MUST_CHECK;

/* Text (as SQL's 'text'::type reads it, PostgreSQL's input function) to a set value; modifiers of the type
 * (numeric scale, varchar length by explicit-cast rules: cut; assignment: error) are applied by
 * dv_value_coerce, not here. */
enum dv_status dv_value_from_text(const char *text, size_t length, const struct dv_type *type,
                                  struct dv_arena *arena, struct dv_value *out,
                                  struct dv_err *err) DV_MUST_CHECK;

/* The text form, as PostgreSQL's output function prints it, appended. Raw values are unescaped. Never called
 * on NULL. */
void dv_value_to_text(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out);

/* The CSV form, appended: raw bytes as they are; NULL as nothing; quoted only where PostgreSQL quotes (empty
 * string, delimiter, quote, CR, LF; and "\." where it is the only column). */
void dv_value_to_csv(const struct dv_value *value, const struct dv_type *type, bool only_column,
                     struct dv_buf *out);

/* Three-way comparison of two set (decoded, non-null) values of one type, in PostgreSQL's order; text by
 * bytes, NaN above all numbers, jsonb by PostgreSQL's jsonb order. Types without an order: bytes. */
int dv_value_compare(const struct dv_value *a, const struct dv_value *b, const struct dv_type *type);

/* Order-preserving key: memcmp over two keys built from the same list of appends orders as the values do, and
 * equal values give equal bytes (1.0 and 1.00). NULL sorts last, or first with nulls_first. Self-delimiting.
 * The value is decoded (or NULL), never raw. */
void dv_value_sort_key(const struct dv_value *value, const struct dv_type *type, bool descending,
                       bool nulls_first, struct dv_buf *out);

/* Deep copy into another arena (raw stays raw). */
enum dv_status dv_value_copy(const struct dv_value *from, const struct dv_type *type, struct dv_arena *arena,
                             struct dv_value *to, struct dv_err *err) DV_MUST_CHECK;

#endif
