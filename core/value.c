#include "core/value.h"

#include "core/array.h"

#include "core/csv.h"
#include "core/datetime.h"
#include "core/digits.h"
#include "core/jsonb.h"
#include "core/numeric.h"
#include "core/uuid.h"
#include "core/value_bytes.h"
#include "core/value_error.h"
#include "core/value_float.h"

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool parse_bool(const char *text, size_t length, int64_t *out)
{
    static const struct {
        const char *word;
        uint8_t shortest; /* how many letters make it unique */
        bool truth;
    } words[] = {{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false},
                 {"on", 2, true},   {"off", 2, false},   {"1", 1, true},   {"0", 1, false}};
    dv_trim_blanks(&text, &length);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (length < words[i].shortest || length > strlen(words[i].word))
            continue;
        size_t at = 0;
        while (at < length && dv_lower_ascii(text[at]) == words[i].word[at])
            at++;
        if (at == length) {
            *out = words[i].truth;
            return true;
        }
    }
    return false;
}

/* limit: the largest value of the type. Overflow is found before what stands behind the digits, as there. */
static enum dv_status parse_int(const char *text, size_t length, int64_t limit, const char *type,
                                int64_t *out, struct dv_err *err)
{
    const char *at = text, *end = text + length;
    while (at < end && dv_is_blank(*at))
        at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !dv_is_digit(*at))
        return dv_value_bad_syntax(err, type, text, length);
    uint64_t value = 0, most = (uint64_t)limit + (negative ? 1U : 0U);
    for (; at < end && dv_is_digit(*at); at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > (most - digit) / 10)
            return dv_value_out_of_range(err, type, text, length);
        value = value * 10 + digit;
    }
    while (at < end && dv_is_blank(*at))
        at++;
    if (at != end)
        return dv_value_bad_syntax(err, type, text, length);
    *out = negative ? (int64_t)(~value + 1U) : (int64_t)value;
    return DV_OK;
}

static enum dv_status parse_json(const char *text, size_t length, bool canonical, struct dv_arena *arena,
                                 struct dv_value *out, struct dv_err *err)
{
    enum dv_status status;
    struct dv_buf buf = {0};
    if (!canonical) {
        DV_TRY(dv_json_validate(text, length, err));
        *out = dv_text(text, length);
        goto done;
    }
    DV_TRY(dv_jsonb_canonical(text, length, &buf, err));
    const char *copy = dv_arena_copy(arena, buf.data, buf.len);
    if (copy == NULL)
        status = dv_fail_memory(err);
    else
        *out = dv_text(copy, buf.len);
done:
    dv_buf_release(&buf);
    return status;
}

static enum dv_status parse_uuid(const char *text, size_t length, struct dv_arena *arena,
                                 struct dv_value *out, struct dv_err *err)
{
    char *bytes = dv_arena_alloc(arena, 16);
    unsigned char uuid[16];
    if (bytes == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_uuid_parse(text, length, uuid, err);
    memcpy(bytes, uuid, 16);
    *out = dv_text(bytes, 16);
    return status;
}

static enum dv_status parse_interval(const char *text, size_t length, struct dv_arena *arena,
                                     struct dv_value *out, struct dv_err *err)
{
    struct dv_interval *interval = dv_arena_zalloc(arena, sizeof *interval);
    if (interval == NULL)
        return dv_fail_memory(err);
    *out = (struct dv_value){.u.interval = interval, .state = DV_SET};
    return dv_interval_parse(text, length, interval, err);
}

/* trusted: the text comes from a stage file, where json was checked and jsonb made canonical when it was
 * written. */
static enum dv_status parse(const char *text, size_t length, const struct dv_type *type, bool trusted,
                            struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_value value = {.state = DV_SET};
    if (length > UINT32_MAX)
        return dv_value_fail(err, "54000", text, 96, "a value of %zu bytes is longer than a field can be",
                             length);
    switch (type->id) {
    case DV_TYPE_BOOL:
        if (!parse_bool(text, length, &value.u.i))
            status = dv_value_bad_syntax(err, "boolean", text, length);
        break;
    case DV_TYPE_INT2:
        status = parse_int(text, length, INT16_MAX, "smallint", &value.u.i, err);
        break;
    case DV_TYPE_INT4:
        status = parse_int(text, length, INT32_MAX, "integer", &value.u.i, err);
        break;
    case DV_TYPE_INT8:
        status = parse_int(text, length, INT64_MAX, "bigint", &value.u.i, err);
        break;
    case DV_TYPE_NUMERIC:
        status = dv_numeric_parse(text, length, arena, &value, err);
        break;
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        status = dv_float_parse(text, length, type->id == DV_TYPE_FLOAT4, arena, &value.u.f, err);
        break;
    case DV_TYPE_UUID:
        status = parse_uuid(text, length, arena, &value, err);
        break;
    case DV_TYPE_DATE:
        status = dv_date_parse(text, length, &value.u.i, err);
        break;
    case DV_TYPE_TIME:
        status = dv_time_parse(text, length, &value.u.i, err);
        break;
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        status = dv_timestamp_parse(text, length, type->id == DV_TYPE_TIMESTAMPTZ, &value.u.i, err);
        break;
    case DV_TYPE_INTERVAL:
        status = parse_interval(text, length, arena, &value, err);
        break;
    case DV_TYPE_BYTEA:
        status = dv_bytea_parse(text, length, arena, &value, err);
        break;
    case DV_TYPE_JSON:
    case DV_TYPE_JSONB:
        if (!trusted) {
            status = parse_json(text, length, type->id == DV_TYPE_JSONB, arena, &value, err);
            break;
        }
        value = dv_text(text, length);
        break;
    case DV_TYPE_ARRAY:
        if (!trusted) {
            struct dv_type element = dv_type_of(type->element);
            status = dv_array_canonical(text, length, &element, arena, &value, err);
            break;
        }
        value = dv_text(text, length);
        break;
    default:
        value = dv_text(text, length);
        break;
    }
    if (status == DV_OK)
        *out = value;
    return status;
}

enum dv_status dv_value_from_text(const char *text, size_t length, const struct dv_type *type,
                                  struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    return parse(text, length, type, false, arena, out, err);
}

/* Copies a quoted field's inside without the second of every two quotes; returns the end of the copy. */
static char *copy_unquoted(const char *from, const char *end, char *to)
{
#ifdef __SSE2__
    /* Sixteen bytes a step, or up to the next quote. The copy is never longer than what was read of the
     * field, so the store stays within its length. */
    while (end - from >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
        unsigned quotes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
        unsigned taken = quotes == 0 ? 16 : (unsigned)__builtin_ctz(quotes) + 1;
        _mm_storeu_si128((__m128i *)(void *)to, bytes);
        to += taken;
        from += taken + (quotes != 0);
    }
#endif
    for (; from < end; to++) {
        *to = *from;
        from += 1 + (*from == '"');
    }
    return to;
}

static enum dv_status unquote(const struct dv_value *value, struct dv_arena *arena, const char **text,
                              size_t *length, struct dv_err *err)
{
    const char *from = value->u.p + 1, *end = value->u.p + value->len - 1;
    *text = from;
    *length = (size_t)(end - from);
    if (memchr(from, '"', *length) == NULL)
        return DV_OK;
    char *copy = dv_arena_alloc(arena, *length);
    if (copy == NULL)
        return dv_fail_memory(err);
    *text = copy;
    *length = (size_t)(copy_unquoted(from, end, copy) - copy);
    return DV_OK;
}

enum dv_status dv_value_decode(struct dv_value *value, const struct dv_type *type, struct dv_arena *arena,
                               struct dv_err *err)
{
    const char *text = value->u.p;
    size_t length = value->len;
    if (value->state == DV_NULL || value->state == DV_SET)
        return DV_OK;
    if (value->state == DV_RAW_QUOTED) {
        enum dv_status status = unquote(value, arena, &text, &length, err);
        if (status != DV_OK)
            return status;
    }
    return parse(text, length, type, true, arena, value, err);
}

static void put_int(int64_t value, struct dv_buf *out)
{
    if (dv_buf_reserve(out, 21))
        out->len += dv_put_int(out->data + out->len, value);
}

void dv_value_to_text(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out)
{
    if (value->state == DV_RAW) {
        dv_buf_append(out, value->u.p, value->len);
        return;
    }
    if (value->state == DV_RAW_QUOTED) {
        dv_csv_unquote(out, value->u.p, value->len);
        return;
    }
    switch (type->id) {
    case DV_TYPE_BOOL:
        dv_buf_byte(out, value->u.i != 0 ? 't' : 'f');
        break;
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_INT8:
        put_int(value->u.i, out);
        break;
    case DV_TYPE_NUMERIC:
        dv_numeric_format(value, out);
        break;
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        if (dv_buf_reserve(out, 32))
            out->len += dv_float_format(value->u.f, type->id == DV_TYPE_FLOAT4, out->data + out->len);
        break;
    case DV_TYPE_UUID:
        if (dv_buf_reserve(out, 36)) {
            dv_uuid_format((const unsigned char *)value->u.p, out->data + out->len);
            out->len += 36;
        }
        break;
    case DV_TYPE_DATE:
        dv_date_format(value->u.i, out);
        break;
    case DV_TYPE_TIME:
        dv_time_format(value->u.i, out);
        break;
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        dv_timestamp_format(value->u.i, type->id == DV_TYPE_TIMESTAMPTZ, out);
        break;
    case DV_TYPE_INTERVAL:
        dv_interval_format(value->u.interval, out);
        break;
    case DV_TYPE_BYTEA:
        dv_bytea_format(value->u.p, value->len, out);
        break;
    default:
        dv_buf_append(out, value->u.p, value->len);
        break;
    }
}

static bool is_carried_as_text(enum dv_type_id id)
{
    switch (id) {
    case DV_TYPE_UNKNOWN:
    case DV_TYPE_TEXT:
    case DV_TYPE_VARCHAR:
    case DV_TYPE_BPCHAR:
    case DV_TYPE_JSON:
    case DV_TYPE_JSONB:
    case DV_TYPE_ARRAY:
    case DV_TYPE_OTHER:
        return true;
    default:
        return false;
    }
}

void dv_value_to_csv(const struct dv_value *value, const struct dv_type *type, bool only_column,
                     struct dv_buf *out)
{
    if (value->state == DV_NULL)
        return;
    bool end_mark =
        value->state != DV_SET && only_column && value->len == 2 && memcmp(value->u.p, "\\.", 2) == 0;
    if (value->state != DV_SET && !end_mark) /* a line of it alone would end the data for COPY */
        dv_buf_append(out, value->u.p, value->len);
    else if (end_mark || is_carried_as_text(type->id))
        dv_csv_quote(out, value->u.p, value->len, only_column);
    else
        dv_value_to_text(value, type,
                         out); /* none of these holds a comma, a quote, a line end, or is empty */
}

enum dv_status dv_value_copy(const struct dv_value *from, const struct dv_type *type, struct dv_arena *arena,
                             struct dv_value *to, struct dv_err *err)
{
    struct dv_value copy = *from;
    const void *bytes = from->u.p;
    size_t length = from->len;
    if (from->state == DV_NULL) {
        *to = copy;
        return DV_OK;
    }
    if (from->state == DV_SET) {
        if (type->id == DV_TYPE_INTERVAL)
            length = sizeof *from->u.interval;
        else if (type->id == DV_TYPE_NUMERIC && from->kind == DV_NUM_BIG)
            length = sizeof *from->u.big + from->u.big->limb_count * sizeof from->u.big->limbs[0];
        else if (!is_carried_as_text(type->id) && type->id != DV_TYPE_UUID && type->id != DV_TYPE_BYTEA)
            bytes = NULL; /* the value is all there is */
    }
    if (bytes != NULL && (copy.u.p = dv_arena_copy(arena, bytes, length)) == NULL)
        return dv_fail_memory(err);
    *to = copy;
    return DV_OK;
}
