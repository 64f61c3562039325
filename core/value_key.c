/* Comparison of values, and keys that memcmp orders the same way.
 *
 * A key is a tag byte (NULL or not), then by type: whole numbers and times as big-endian with the sign
 * flipped; floats likewise, all bits turned where negative; text with 0x00 as 0x00 0xFF and 0x00 0x00 at the
 * end; numerics as class, decimal exponent and pairs of digits; jsonb as kind, count and elements. Descending
 * keys are the complement of all but the tag. */
#include "core/array.h"
#include "core/value.h"

#include "core/jsonb.h"
#include "core/jsonb_scan.h"
#include "core/numeric.h"
#include "core/numeric_parts.h"

#include "core/digits.h"

#include <math.h>
#include <string.h>

static int three_way(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(const char *a, size_t length_a, const char *b, size_t length_b)
{
    size_t common = length_a < length_b ? length_a : length_b;
    int order = common == 0 ? 0 : memcmp(a, b, common);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (length_a > length_b) - (length_a < length_b);
}

/* character(n) compares without its trailing blanks. */
static size_t compared_length(const struct dv_value *value, const struct dv_type *type)
{
    size_t length = value->len;
    if (type->id == DV_TYPE_BPCHAR)
        while (length > 0 && value->u.p[length - 1] == ' ')
            length--;
    return length;
}

/* A month counts as 30 days and a day as 24 hours, as in PostgreSQL's comparison. */
static dv_int128 interval_span(const struct dv_interval *interval)
{
    int64_t days = (int64_t)interval->months * 30 + interval->days;
    return (dv_int128)days * 86400000000LL + interval->microseconds;
}

static int compare_floats(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

int dv_value_compare(const struct dv_value *a, const struct dv_value *b, const struct dv_type *type)
{
    switch (type->id) {
    case DV_TYPE_BOOL:
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_INT8:
    case DV_TYPE_DATE:
    case DV_TYPE_TIME:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return three_way(a->u.i, b->u.i);
    case DV_TYPE_NUMERIC:
        return dv_numeric_compare(a, b);
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        return compare_floats(a->u.f, b->u.f);
    case DV_TYPE_INTERVAL: {
        dv_int128 span_a = interval_span(a->u.interval), span_b = interval_span(b->u.interval);
        return (span_a > span_b) - (span_a < span_b);
    }
    case DV_TYPE_JSONB:
        return dv_jsonb_compare((struct dv_json_text){a->u.p, a->len}, (struct dv_json_text){b->u.p, b->len});
    case DV_TYPE_ARRAY: {
        struct dv_type element = dv_type_of(type->element);
        return dv_array_compare_text(a, b, &element);
    }
    default:
        return compare_bytes(a->u.p, compared_length(a, type), b->u.p, compared_length(b, type));
    }
}

static void put_big_endian(uint64_t value, unsigned bytes, struct dv_buf *out)
{
    char text[8];
    for (unsigned i = 0; i < bytes; i++)
        text[i] = (char)(value >> (8 * (bytes - 1 - i)));
    dv_buf_append(out, text, bytes);
}

static void put_escaped(const char *text, size_t length, struct dv_buf *out)
{
    static const char end_mark[2] = {0, 0}, zero[2] = {0, (char)0xFF};
    const char *at = text, *end = text + length;
    while (at < end) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        dv_buf_append(out, at, (size_t)((nul == NULL ? end : nul) - at));
        if (nul == NULL)
            break;
        dv_buf_append(out, zero, 2);
        at = nul + 1;
    }
    dv_buf_append(out, end_mark, 2);
}

static void put_float(double value, struct dv_buf *out)
{
    uint64_t bits, sign = 1ULL << 63;
    if (isnan(value))
        value = (double)NAN; /* every NaN is one */
    if (value == 0)
        value = 0; /* -0 too */
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        bits &= ~sign;
    put_big_endian((bits & sign) != 0 ? ~bits : bits | sign, 8, out);
}

enum numeric_class {
    CLASS_MINUS_INFINITY = 1,
    CLASS_NEGATIVE,
    CLASS_ZERO,
    CLASS_POSITIVE,
    CLASS_INFINITY,
    CLASS_NAN
};

/* digits: first not 0; the value is 0.d1d2d3... * 10^exponent. Pairs of digits, each plus one, then zero. */
static void put_digits(const char *digits, size_t count, int64_t exponent, bool negative, struct dv_buf *out)
{
    while (count > 0 && digits[count - 1] == '0')
        count--;
    if (!dv_buf_reserve(out, count / 2 + 8))
        return;
    char *start = out->data + out->len, *at = start;
    uint32_t biased = (uint32_t)(exponent + 0x40000000);
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (char)(biased >> shift);
    for (size_t i = 0; i < count; i += 2)
        *at++ = (char)((digits[i] - '0') * 10 + (i + 1 < count ? digits[i + 1] - '0' : 0) + 1);
    *at++ = 0;
    if (negative)
        for (char *p = start; p < at; p++)
            *p = (char)~*p;
    out->len = (size_t)(at - out->data);
}

static void put_big_numeric(const struct dv_value *value, bool negative, struct dv_buf *out)
{
    struct dv_buf text = {0};
    dv_numeric_format(value, &text);
    if (text.failed) {
        out->failed = true;
        goto done;
    }
    /* The sign and the point leave; so do the zeros in front. */
    size_t count = 0, scale = (size_t)value->u.big->scale, first = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= '0')
            text.data[count++] = text.data[i];
    while (first < count && text.data[first] == '0')
        first++;
    put_digits(text.data + first, count - first, (int64_t)(count - first) - (int64_t)scale, negative, out);
done:
    dv_buf_release(&text);
}

static void put_numeric(const struct dv_value *value, struct dv_buf *out)
{
    if (!dv_numeric_is_finite(value)) {
        dv_buf_byte(out, (char)(value->kind == DV_NUM_NAN        ? CLASS_NAN
                                : value->kind == DV_NUM_INFINITY ? CLASS_INFINITY
                                                                 : CLASS_MINUS_INFINITY));
        return;
    }
    int sign = dv_numeric_sign_of(value);
    dv_buf_byte(out, (char)(sign < 0 ? CLASS_NEGATIVE : sign == 0 ? CLASS_ZERO : CLASS_POSITIVE));
    if (sign == 0)
        return;
    if (value->kind == DV_NUM_BIG) {
        put_big_numeric(value, sign < 0, out);
        return;
    }
    char digits[20];
    unsigned count = dv_put_uint(digits, sign < 0 ? ~(uint64_t)value->u.i + 1U : (uint64_t)value->u.i);
    put_digits(digits, count, (int64_t)count - value->scale, sign < 0, out);
}

static void put_json(struct dv_json_text json, bool at_top, struct dv_buf *out, struct dv_err *ignored);

static void put_json_number(struct dv_json_text json, struct dv_buf *out)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value number;
    if (dv_numeric_parse(json.p, json.len, &arena, &number, &err) == DV_OK)
        put_numeric(&number, out);
    else
        out->failed = true; /* canonical text parses: there was no memory */
    dv_arena_release(&arena);
}

static void put_json_string(struct dv_json_text json, struct dv_buf *out)
{
    struct dv_buf text = {0};
    const char *inside = json.p + 1;
    size_t length = json.len - 2;
    if (memchr(inside, '\\', length) == NULL) {
        put_escaped(inside, length, out);
        return;
    }
    if (!dv_buf_reserve(&text, length + 1) ||
        dv_json_unescape(inside, length, text.data, &text.len) != DV_JSON_ESCAPE_OK)
        out->failed = true;
    else
        put_escaped(text.data, text.len, out);
    dv_buf_release(&text);
}

/* `ignored` is one for all levels: thousands of them must fit the stack. */
static void put_json_container(struct dv_json_text json, struct dv_buf *out, struct dv_err *ignored)
{
    struct dv_json_text key, value = {NULL, 0};
    uint64_t count = 0;
    size_t count_at = out->len;
    put_big_endian(0, 4, out);
    for (; dv_json_next(json, &key, &value, ignored) == DV_OK; count++) {
        if (key.p != NULL)
            put_json_string(key, out);
        put_json(value, false, out, ignored);
    }
    for (unsigned i = 0; i < 4 && !out->failed; i++)
        out->data[count_at + i] = (char)(count >> (8 * (3 - i)));
}

/* Kinds in jsonb's order. At the top an empty array comes first of all; see dv_jsonb_compare. */
static void put_json(struct dv_json_text json, bool at_top, struct dv_buf *out, struct dv_err *ignored)
{
    switch (dv_json_kind_of(json)) {
    case DV_JSON_NULL:
        dv_buf_byte(out, 1);
        break;
    case DV_JSON_STRING:
        dv_buf_byte(out, 2);
        put_json_string(json, out);
        break;
    case DV_JSON_NUMBER:
        dv_buf_byte(out, 3);
        put_json_number(json, out);
        break;
    case DV_JSON_BOOLEAN:
        dv_buf_byte(out, 4);
        dv_buf_byte(out, (char)(json.p[0] == 't'));
        break;
    case DV_JSON_ARRAY:
        if (at_top && json.len == 2) {
            dv_buf_byte(out, 0);
            break;
        }
        dv_buf_byte(out, 5);
        put_json_container(json, out, ignored);
        break;
    case DV_JSON_OBJECT:
        dv_buf_byte(out, 6);
        put_json_container(json, out, ignored);
        break;
    }
}

static void put_jsonb(const struct dv_value *value, struct dv_buf *out)
{
    struct dv_err ignored = DV_ERR_INIT;
    put_json((struct dv_json_text){value->u.p, value->len}, true, out, &ignored);
}

static void put_interval(const struct dv_interval *interval, struct dv_buf *out)
{
    dv_int128 span = interval_span(interval);
    put_big_endian((uint64_t)(span >> 64) ^ 1ULL << 63, 8, out);
    put_big_endian((uint64_t)span, 8, out);
}

static void put_key(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out);

/* Items, each behind a 1 (a NULL is a 2), then a 0, then the shape. */
static void put_array(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out)
{
    struct dv_type element = dv_type_of(type->element);
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_array array;
    enum dv_status status = dv_array_read(value->u.p, value->len, &element, &arena, &array, &err);
    if (status != DV_OK) {
        put_escaped(value->u.p, value->len, out);
        out->failed = out->failed || err.sqlstate[0] == '\0'; /* no memory */
        dv_arena_release(&arena);
        return;
    }
    for (size_t i = 0; i < array.count; i++) {
        dv_buf_byte(out, array.items[i].state == DV_NULL ? 2 : 1);
        if (array.items[i].state != DV_NULL)
            put_key(&array.items[i], &element, out);
    }
    dv_buf_byte(out, 0);
    put_big_endian(array.dimensions, 1, out);
    for (unsigned i = 0; i < array.dimensions; i++)
        put_big_endian((uint64_t)array.lengths[i], 4, out);
    for (unsigned i = 0; i < array.dimensions; i++)
        put_big_endian((uint64_t)((int64_t)array.lower[i] + 0x80000000LL), 4, out);
    dv_arena_release(&arena);
}

static void put_key(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out)
{
    switch (type->id) {
    case DV_TYPE_BOOL:
        put_big_endian((uint64_t)value->u.i, 1, out);
        break;
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_DATE:
        put_big_endian((uint64_t)(value->u.i + 0x80000000LL), 4, out);
        break;
    case DV_TYPE_INT8:
    case DV_TYPE_TIME:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        put_big_endian((uint64_t)value->u.i ^ 1ULL << 63, 8, out);
        break;
    case DV_TYPE_NUMERIC:
        put_numeric(value, out);
        break;
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        put_float(value->u.f, out);
        break;
    case DV_TYPE_UUID:
        dv_buf_append(out, value->u.p, 16);
        break;
    case DV_TYPE_INTERVAL:
        put_interval(value->u.interval, out);
        break;
    case DV_TYPE_JSONB:
        put_jsonb(value, out);
        break;
    case DV_TYPE_ARRAY:
        put_array(value, type, out);
        break;
    default:
        put_escaped(value->u.p, compared_length(value, type), out);
        break;
    }
}

void dv_value_sort_key(const struct dv_value *value, const struct dv_type *type, bool descending,
                       bool nulls_first, struct dv_buf *out)
{
    if (value->state == DV_NULL) {
        dv_buf_byte(out, nulls_first ? 0 : 2);
        return;
    }
    dv_buf_byte(out, 1);
    size_t start = out->len;
    put_key(value, type, out);
    if (descending && !out->failed)
        for (size_t i = start; i < out->len; i++)
            out->data[i] = (char)~out->data[i];
}
