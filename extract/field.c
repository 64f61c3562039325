#include "extract/field.h"

#include "core/csv.h"
#include "core/datetime.h"
#include "core/numeric.h"
#include "core/sqlstate.h"
#include "core/utf8_cut.h"
#include "core/value.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SHOWN 60 /* bytes of a value in a fault */

void dv_converter_release(struct dv_converter *converter)
{
    dv_arena_release(&converter->arena);
    dv_buf_release(&converter->utf8);
    dv_buf_release(&converter->rewritten);
    *converter = (struct dv_converter){0};
}

struct dv_record_bytes dv_record_look(const char *text, size_t length)
{
    size_t i = 0;
    bool high = false;
#ifdef __SSE2__
    __m128i all = _mm_setzero_si128();
    for (; i + 16 <= length; i += 16)
        all = _mm_or_si128(all, _mm_loadu_si128((const __m128i *)(const void *)(text + i)));
    high = _mm_movemask_epi8(all) != 0;
#endif
    for (; i < length; i++)
        high = high || (unsigned char)text[i] > 0x7f;
    return (struct dv_record_bytes){.high = high, .nul = memchr(text, '\0', length) != NULL};
}

size_t dv_utf8_good(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        unsigned char lead = *at;
        size_t left = (size_t)(end - at), size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (size == 1) {
            at++;
            continue;
        }
        if (lead < 0xc2 || lead > 0xf4 || left < size)
            break;
        unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (at[1] < least || at[1] > most || (size > 2 && (at[2] & 0xc0) != 0x80) ||
            (size > 3 && (at[3] & 0xc0) != 0x80))
            break;
        at += size;
    }
    return (size_t)((const char *)at - text);
}

bool dv_field_fail(struct dv_field_fault *fault, const char *reason, const char *format, ...)
{
    va_list arguments;
    fault->reason = reason;
    va_start(arguments, format);
    (void)vsnprintf(fault->detail, sizeof fault->detail, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- encoding ---- */

bool dv_field_utf8(struct dv_converter *converter, const struct dv_column *column, const char **text,
                   size_t *length, struct dv_field_fault *fault)
{
    const struct dv_encoding *encoding = converter->encoding;
    const char *p = *text;
    if (encoding->kind != DV_ENCODING_TABLE) {
        size_t good = dv_utf8_good(p, *length);
        if (good == *length)
            return true;
        if (encoding->kind == DV_ENCODING_STREAM)
            return dv_field_fail(fault, "character_not_in_repertoire",
                                 "column %s holds a byte that %s does not know", column->name,
                                 encoding->name);
        return dv_field_fail(fault, "character_not_in_repertoire",
                             "column %s holds the byte 0x%02x, which is not UTF-8 there", column->name,
                             (unsigned char)p[good]);
    }
    dv_buf_reset(&converter->utf8);
    for (size_t i = 0; i < *length; i++) {
        unsigned char byte = (unsigned char)p[i];
        if (byte < 0x80) {
            dv_buf_byte(&converter->utf8, p[i]);
        } else if (encoding->size[byte - 128] == 0) {
            return dv_field_fail(fault, "character_not_in_repertoire",
                                 "column %s holds the byte 0x%02x, which %s does not know", column->name,
                                 byte, encoding->name);
        } else {
            dv_buf_append(&converter->utf8, encoding->utf8[byte - 128], encoding->size[byte - 128]);
        }
    }
    *text = converter->utf8.data;
    *length = converter->utf8.len;
    return true;
}

/* ---- numbers and dates in other habits ---- */

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && isspace((unsigned char)**text)) {
        ++*text;
        --*length;
    }
    while (*length > 0 && isspace((unsigned char)(*text)[*length - 1]))
        --*length;
}

static unsigned digits_at(const char *text, size_t length, size_t at)
{
    unsigned count = 0;
    while (at + count < length && isdigit((unsigned char)text[at + count]))
        count++;
    return count;
}

/* 1.234,50 to 1234.50; false: it is no number of this dialect. Other text (NaN, 1e5) passes as it is. */
static bool rewrite_number(struct dv_converter *converter, const char **text, size_t *length)
{
    const struct dv_dialect *dialect = converter->dialect;
    struct dv_buf *out = &converter->rewritten;
    const char *p = *text;
    bool behind = false; /* the decimal mark */
    dv_buf_reset(out);
    for (size_t i = 0; i < *length; i++) {
        if (p[i] == dialect->decimal) {
            if (behind)
                return false;
            behind = true;
            dv_buf_byte(out, '.');
        } else if (p[i] == dialect->thousands && dialect->thousands != '\0') {
            if (behind || i == 0 || !isdigit((unsigned char)p[i - 1]) || digits_at(p, *length, i + 1) != 3)
                return false;
        } else if (p[i] == '.' || p[i] == ',') {
            return false;
        } else {
            dv_buf_byte(out, p[i]);
        }
    }
    *text = out->data;
    *length = out->len;
    return true;
}

/* A year of two digits, as PostgreSQL takes it. */
static unsigned whole_year(unsigned year, unsigned digits)
{
    return digits > 2 ? year : year + (year < 70 ? 2000 : 1900);
}

/* 31.12.2024 to 2024-12-31; what stands behind (a time) stays. Text of another shape passes as it is. */
static void rewrite_date(struct dv_converter *converter, const char **text, size_t *length)
{
    struct dv_buf *out = &converter->rewritten;
    const char *p = *text;
    unsigned number[3] = {0}, digits[3];
    size_t at = 0;
    char separator = '\0';
    for (unsigned i = 0; i < 3; i++) {
        digits[i] = digits_at(p, *length, at);
        if (digits[i] == 0 || digits[i] > 4 || (i == 1 && digits[i] > 2))
            return;
        for (unsigned k = 0; k < digits[i]; k++)
            number[i] = number[i] * 10 + (unsigned)(p[at++] - '0');
        if (i == 2)
            break;
        if (at == *length || (p[at] != '.' && p[at] != '/' && p[at] != '-') || (i == 1 && p[at] != separator))
            return;
        separator = p[at++];
    }
    enum dv_date_order order = digits[0] > 2 ? DV_DATES_YMD : converter->dialect->dates;
    if (order == DV_DATES_YMD && digits[0] <= 2)
        return;
    unsigned year = order == DV_DATES_YMD ? 0 : 2, month = order == DV_DATES_MDY ? 0 : 1;
    unsigned day = order == DV_DATES_YMD ? 2 : order == DV_DATES_DMY ? 0 : 1;
    if (digits[year] == 3 || digits[month] > 2 || digits[day] > 2)
        return;
    dv_buf_reset(out);
    dv_buf_printf(out, "%04u-%02u-%02u", whole_year(number[year], digits[year]), number[month], number[day]);
    dv_buf_append(out, p + at, *length - at);
    *text = out->data;
    *length = out->len;
}

static bool has_date(enum dv_type_id id)
{
    return id == DV_TYPE_DATE || id == DV_TYPE_TIMESTAMP || id == DV_TYPE_TIMESTAMPTZ;
}

static bool has_fraction(enum dv_type_id id)
{
    return id == DV_TYPE_NUMERIC || id == DV_TYPE_FLOAT4 || id == DV_TYPE_FLOAT8;
}

/* ---- values ---- */

/* Digits alone that need no second look: no sign but a minus, no leading zero, less than any type's limit. */
static bool plain_integer(const char *text, size_t length, const struct dv_type *type)
{
    size_t most = type->id == DV_TYPE_INT2 ? 4 : type->id == DV_TYPE_INT4 ? 9 : 18;
    size_t sign = length > 0 && *text == '-';
    if (length == sign || length - sign > most || (text[sign] == '0' && length > 1))
        return false;
    for (size_t i = sign; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* The same with a point and digits behind it, where no modifier would round. */
static bool plain_numeric(const char *text, size_t length, const struct dv_type *type)
{
    if (type->id != DV_TYPE_NUMERIC || type->precision >= 0)
        return false;
    size_t at = length > 0 && *text == '-';
    unsigned whole = digits_at(text, length, at), behind = 0;
    bool zero = whole == 1 && text[at] == '0';
    if (whole == 0 || whole > 1000 || (text[at] == '0' && whole > 1))
        return false;
    at += whole;
    if (at < length && text[at] == '.') {
        behind = digits_at(text, length, at + 1);
        if (behind == 0 || behind > 1000)
            return false;
        at += behind + 1;
    }
    return at == length && !(zero && *text == '-'); /* -0.00 loses its sign */
}

/* 2024-12-31 of a day that every month has. */
static bool plain_date(const char *text, size_t length, const struct dv_type *type)
{
    if (type->id != DV_TYPE_DATE || length != 10 || text[4] != '-' || text[7] != '-' || text[0] == '0')
        return false;
    for (unsigned i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !isdigit((unsigned char)text[i]))
            return false;
    unsigned month = (unsigned)(text[5] - '0') * 10 + (unsigned)(text[6] - '0');
    unsigned day = (unsigned)(text[8] - '0') * 10 + (unsigned)(text[9] - '0');
    return month >= 1 && month <= 12 && day >= 1 && day <= 28;
}

static bool of_error(struct dv_field_fault *fault, const struct dv_column *column, const struct dv_err *err)
{
    return dv_field_fail(fault, dv_sqlstate_name(err->sqlstate), "column %s: %s", column->name, err->message);
}

/* The type's modifiers, as an assignment applies them. */
static enum dv_status modify(struct dv_converter *converter, const struct dv_type *type,
                             struct dv_value *value, struct dv_err *err)
{
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    bool timed = type->id == DV_TYPE_TIME || type->id == DV_TYPE_TIMESTAMP || type->id == DV_TYPE_TIMESTAMPTZ;
    if (type->id == DV_TYPE_NUMERIC && type->precision >= 0)
        return dv_numeric_modify(value, type->precision, type->scale < 0 ? 0 : type->scale, &converter->arena,
                                 value, err);
    if (timed && type->precision >= 0 && type->precision < 6 && value->u.i != INT64_MAX &&
        value->u.i != INT64_MIN) {
        int64_t unit = units[type->precision], rest = value->u.i % unit;
        value->u.i -= rest;
        if (rest * 2 >= unit)
            value->u.i += unit;
        else if (-rest * 2 >= unit)
            value->u.i -= unit;
    }
    return DV_OK;
}

static enum dv_status put_value(struct dv_converter *converter, const struct dv_column *column,
                                const char *text, size_t length, bool only_column, struct dv_buf *out,
                                bool *good, struct dv_field_fault *fault, struct dv_err *err)
{
    struct dv_value value;
    struct dv_err why = DV_ERR_INIT;
    struct dv_type bare = column->type;
    bare.precision = bare.scale = -1;
    dv_arena_reset(&converter->arena);
    enum dv_status status = dv_value_from_text(text, length, &bare, &converter->arena, &value, &why);
    if (status == DV_OK)
        status = modify(converter, &column->type, &value, &why);
    if (status == DV_OK) {
        dv_value_to_csv(&value, &column->type, only_column, out);
    } else if (why.sqlstate[0] == '\0') { /* no memory */
        *err = why;
        return status;
    } else {
        *good = of_error(fault, column, &why);
    }
    return DV_OK;
}

static size_t characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static enum dv_status put_text(const struct dv_column *column, const char *text, size_t length,
                               bool only_column, struct dv_buf *out, bool *good, struct dv_field_fault *fault)
{
    int32_t most = column->type.precision;
    if (column->type.id != DV_TYPE_TEXT && most >= 0) {
        size_t count = characters(text, length);
        while (count > (size_t)most && text[length - 1] == ' ') { /* an assignment cuts blanks alone */
            length--;
            count--;
        }
        if (count > (size_t)most) {
            *good = dv_field_fail(fault, "string_data_right_truncation",
                                  "column %s has room for %d characters, but \"%.*s\" has %zu", column->name,
                                  (int)most, (int)dv_utf8_cut(text, length < SHOWN ? length : SHOWN), text,
                                  count);
            return DV_OK;
        }
        if (column->type.id == DV_TYPE_BPCHAR && count < (size_t)most) {
            struct dv_buf padded = {0};
            dv_buf_append(&padded, text, length);
            for (; count < (size_t)most; count++)
                dv_buf_byte(&padded, ' ');
            dv_csv_quote(out, padded.data, padded.len, only_column);
            out->failed = out->failed || padded.failed;
            dv_buf_release(&padded);
            return DV_OK;
        }
    }
    dv_csv_quote(out, text, length, only_column);
    return DV_OK;
}

static bool is_null_word(const struct dv_dialect *dialect, const char *text, size_t length)
{
    for (unsigned i = 0; i < dialect->null_count; i++)
        if (strlen(dialect->nulls[i]) == length && memcmp(dialect->nulls[i], text, length) == 0)
            return true;
    return false;
}

enum dv_status dv_field_put(struct dv_converter *converter, const struct dv_column *column, const char *text,
                            size_t length, bool quoted, bool ascii, bool only_column, struct dv_buf *out,
                            bool *good, struct dv_field_fault *fault, struct dv_err *err)
{
    const struct dv_type *type = &column->type;
    *good = true;
    if (!ascii && !dv_field_utf8(converter, column, &text, &length, fault)) {
        *good = false;
        return dv_buf_check(&converter->utf8, err);
    }
    bool textual = dv_type_is_text(type) || type->id == DV_TYPE_OTHER;
    /* Quotes tell an empty text from none; of any other type there is no such value. */
    if ((!quoted || converter->dialect->null_quoted || !textual) &&
        is_null_word(converter->dialect, text, length))
        return DV_OK;
    if (textual)
        return put_text(column, text, length, only_column, out, good, fault);
    if (type->id != DV_TYPE_JSON && type->id != DV_TYPE_JSONB && type->id != DV_TYPE_BYTEA)
        trim(&text, &length);
    if (dv_type_is_integer(type)
            ? plain_integer(text, length, type)
            : (converter->dialect->decimal == '.' && plain_numeric(text, length, type)) ||
                  plain_date(text, length, type)) {
        dv_buf_append(out, text, length);
        return DV_OK;
    }
    if (has_date(type->id)) {
        rewrite_date(converter, &text, &length);
    } else if (has_fraction(type->id) &&
               (converter->dialect->decimal != '.' || converter->dialect->thousands != '\0') &&
               !rewrite_number(converter, &text, &length)) {
        *good = dv_field_fail(fault, "invalid_text_representation",
                              "column %s: \"%.*s\" is not a number whose decimal mark is \"%c\"",
                              column->name, (int)dv_utf8_cut(text, length < SHOWN ? length : SHOWN), text,
                              converter->dialect->decimal);
        return DV_OK;
    }
    enum dv_status status = dv_buf_check(&converter->rewritten, err);
    return status != DV_OK ? status
                           : put_value(converter, column, text, length, only_column, out, good, fault, err);
}
