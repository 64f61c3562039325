#include "core/array.h"

#include "core/value_error.h"

#include <string.h>

struct array_reader {
    const char *text, *at, *end;
    size_t length;
    const struct dv_type *element;
    struct dv_arena *arena;
    struct dv_err *err;
    struct dv_array *array;
    unsigned deepest;                    /* dimensions, once the first item was met */
    int32_t counts[DV_ARRAY_DIMENSIONS]; /* of the row being read, by depth */
    bool known[DV_ARRAY_DIMENSIONS];     /* lengths[] holds */
    size_t cap;
};

static enum dv_status malformed(const struct array_reader *reader)
{
    return dv_value_fail(reader->err, "22P02", reader->text, reader->length,
                         "malformed array literal: \"%.*s\"",
                         (int)(reader->length < 160 ? reader->length : 160), reader->text);
}

static void skip_blanks(struct array_reader *reader)
{
    while (reader->at < reader->end && dv_is_blank(*reader->at))
        reader->at++;
}

static bool take(struct array_reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static enum dv_status add_item(struct array_reader *reader, const char *p, size_t length, bool null)
{
    struct dv_array *array = reader->array;
    if (array->count == reader->cap) {
        size_t cap = reader->cap == 0 ? 8 : reader->cap * 2;
        struct dv_value *grown = dv_arena_alloc(reader->arena, sizeof(*grown) * cap);
        if (grown == NULL)
            return dv_fail_memory(reader->err);
        if (array->count > 0)
            memcpy(grown, array->items, sizeof(*grown) * array->count);
        array->items = grown;
        reader->cap = cap;
    }
    array->items[array->count] = dv_null();
    if (!null) {
        enum dv_status status = dv_value_from_text(p, length, reader->element, reader->arena,
                                                   &array->items[array->count], reader->err);
        if (status != DV_OK)
            return status;
    }
    array->count++;
    return DV_OK;
}

/* A quoted or plain item, escapes resolved. */
static enum dv_status read_item(struct array_reader *reader)
{
    bool quoted = take(reader, '"'), escaped = false;
    char *copy = dv_arena_alloc(reader->arena, (size_t)(reader->end - reader->at) + 1);
    size_t length = 0, kept = 0; /* kept: up to here trailing blanks stay */
    if (copy == NULL)
        return dv_fail_memory(reader->err);
    for (;; reader->at++) {
        char c = (char)(reader->at < reader->end ? *reader->at : '\0');
        if (reader->at == reader->end)
            return malformed(reader);
        if (quoted ? c == '"' : c == ',' || c == '}')
            break;
        if (!quoted && (c == '"' || c == '{'))
            return malformed(reader);
        if (c == '\\') {
            if (++reader->at == reader->end)
                return malformed(reader);
            c = *reader->at;
            escaped = true;
            copy[length++] = c;
            kept = length;
            continue;
        }
        copy[length++] = c;
        if (quoted || !dv_is_blank(c))
            kept = length;
    }
    if (quoted) {
        reader->at++;
        return add_item(reader, copy, length, false);
    }
    if (kept == 0)
        return malformed(reader);
    return add_item(reader, copy, kept, !escaped && dv_is_word(copy, kept, "null"));
}

/* One pair of braces at depth `depth`, the opening one still ahead. */
static enum dv_status read_level(struct array_reader *reader, unsigned depth)
{
    int32_t count = 0;
    if (depth >= DV_ARRAY_DIMENSIONS)
        return dv_value_fail(reader->err, "54000", reader->text, reader->length,
                             "number of array dimensions exceeds the maximum allowed (%d)",
                             DV_ARRAY_DIMENSIONS);
    if (!take(reader, '{'))
        return malformed(reader);
    skip_blanks(reader);
    while (reader->at < reader->end && !(count == 0 && *reader->at == '}')) {
        enum dv_status status;
        skip_blanks(reader);
        if (reader->at < reader->end && *reader->at == '{') {
            if (reader->deepest != 0 && depth + 1 >= reader->deepest)
                return malformed(reader);
            status = read_level(reader, depth + 1);
        } else {
            if (reader->deepest == 0)
                reader->deepest = depth + 1;
            if (depth + 1 != reader->deepest)
                return malformed(reader);
            status = read_item(reader);
        }
        if (status != DV_OK)
            return status;
        count++;
        skip_blanks(reader);
        if (!take(reader, ','))
            break;
        skip_blanks(reader);
        if (reader->at < reader->end && *reader->at == '}')
            return malformed(reader);
    }
    if (!take(reader, '}') || (count == 0 && depth > 0))
        return malformed(reader);
    if (reader->known[depth] && reader->array->lengths[depth] != count)
        return malformed(reader);
    reader->known[depth] = true;
    reader->array->lengths[depth] = count;
    return DV_OK;
}

static bool read_int(struct array_reader *reader, int64_t *out)
{
    bool negative = take(reader, '-');
    const char *start;
    if (!negative)
        (void)take(reader, '+');
    start = reader->at;
    *out = 0;
    while (reader->at < reader->end && dv_is_digit(*reader->at) && *out < INT32_MAX)
        *out = *out * 10 + (*reader->at++ - '0');
    if (negative)
        *out = -*out;
    return reader->at > start && *out >= INT32_MIN && *out <= INT32_MAX;
}

/* [1:3][0:1]= before the braces; *given: how many. */
static enum dv_status read_bounds(struct array_reader *reader, unsigned *given, int32_t *lengths)
{
    *given = 0;
    for (skip_blanks(reader); take(reader, '['); skip_blanks(reader)) {
        int64_t low = 1, high;
        if (*given >= DV_ARRAY_DIMENSIONS || !read_int(reader, &high))
            return malformed(reader);
        if (take(reader, ':')) {
            low = high;
            if (!read_int(reader, &high))
                return malformed(reader);
        }
        if (!take(reader, ']'))
            return malformed(reader);
        if (high < low)
            return dv_value_fail(reader->err, "2202E", reader->text, reader->length,
                                 "upper bound cannot be less than lower bound");
        reader->array->lower[*given] = (int32_t)low;
        lengths[(*given)++] = (int32_t)(high - low + 1);
    }
    if (*given > 0 && !take(reader, '='))
        return malformed(reader);
    skip_blanks(reader);
    return DV_OK;
}

enum dv_status dv_array_check_bounds(const struct dv_array *array, struct dv_err *err)
{
    for (unsigned i = 0; i < array->dimensions; i++)
        if (array->lower[i] > INT32_MAX - array->lengths[i])
            return dv_value_fail(err, "54000", "", 0, "array lower bound is too large: %d",
                                 (int)array->lower[i]);
    return DV_OK;
}

enum dv_status dv_array_read(const char *text, size_t length, const struct dv_type *element,
                             struct dv_arena *arena, struct dv_array *out, struct dv_err *err)
{
    struct array_reader reader = {.text = text,
                                  .at = text,
                                  .end = text + length,
                                  .length = length,
                                  .element = element,
                                  .arena = arena,
                                  .err = err,
                                  .array = out};
    int32_t lengths[DV_ARRAY_DIMENSIONS];
    unsigned given = 0;
    enum dv_status status;
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < DV_ARRAY_DIMENSIONS; i++)
        out->lower[i] = 1;
    status = read_bounds(&reader, &given, lengths);
    if (status == DV_OK)
        status = read_level(&reader, 0);
    if (status != DV_OK)
        return status;
    skip_blanks(&reader);
    if (reader.at != reader.end)
        return malformed(&reader);
    if (out->count == 0) {
        memset(out, 0, sizeof(*out));
        return DV_OK;
    }
    out->dimensions = reader.deepest;
    for (unsigned i = 0; given > 0 && i < (given > out->dimensions ? given : out->dimensions); i++)
        if (given != out->dimensions || lengths[i] != out->lengths[i])
            return malformed(&reader);
    return dv_array_check_bounds(out, err);
}

void dv_array_put_item(struct dv_buf *out, const char *p, size_t length)
{
    bool plain = length > 0 && !dv_is_word(p, length, "null");
    for (size_t i = 0; plain && i < length; i++)
        plain =
            !dv_is_blank(p[i]) && p[i] != '"' && p[i] != '\\' && p[i] != '{' && p[i] != '}' && p[i] != ',';
    if (plain) {
        dv_buf_append(out, p, length);
        return;
    }
    dv_buf_byte(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (p[i] == '"' || p[i] == '\\')
            dv_buf_byte(out, '\\');
        dv_buf_byte(out, p[i]);
    }
    dv_buf_byte(out, '"');
}

static void write_level(const struct dv_array *array, const struct dv_type *element, unsigned depth,
                        size_t *at, struct dv_buf *text, struct dv_buf *out)
{
    dv_buf_byte(out, '{');
    for (int32_t i = 0; i < array->lengths[depth]; i++) {
        if (i > 0)
            dv_buf_byte(out, ',');
        if (depth + 1 < array->dimensions) {
            write_level(array, element, depth + 1, at, text, out);
            continue;
        }
        if (array->items[*at].state == DV_NULL) {
            dv_buf_append(out, "NULL", 4);
        } else {
            dv_buf_reset(text);
            dv_value_to_text(&array->items[*at], element, text);
            dv_array_put_item(out, text->data != NULL ? text->data : "", text->len);
        }
        ++*at;
    }
    dv_buf_byte(out, '}');
}

void dv_array_write(const struct dv_array *array, const struct dv_type *element, struct dv_buf *out)
{
    struct dv_buf text = {0};
    bool shifted = false;
    size_t at = 0;
    if (array->dimensions == 0 || array->count == 0) {
        dv_buf_append(out, "{}", 2);
        return;
    }
    for (unsigned i = 0; i < array->dimensions; i++)
        shifted = shifted || array->lower[i] != 1;
    for (unsigned i = 0; shifted && i < array->dimensions; i++)
        dv_buf_printf(out, "[%d:%d]", (int)array->lower[i], (int)(array->lower[i] + array->lengths[i] - 1));
    if (shifted)
        dv_buf_byte(out, '=');
    write_level(array, element, 0, &at, &text, out);
    out->failed = out->failed || text.failed;
    dv_buf_release(&text);
}

enum dv_status dv_array_canonical(const char *text, size_t length, const struct dv_type *element,
                                  struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    struct dv_array array;
    struct dv_buf buf = {0};
    const char *copy;
    enum dv_status status = dv_array_read(text, length, element, arena, &array, err);
    if (status != DV_OK)
        return status;
    dv_array_write(&array, element, &buf);
    status = dv_buf_check(&buf, err);
    if (status == DV_OK && (copy = dv_arena_copy(arena, buf.data, buf.len)) == NULL)
        status = dv_fail_memory(err);
    if (status == DV_OK)
        *out = dv_text(copy, buf.len);
    dv_buf_release(&buf);
    return status;
}

int dv_array_compare(const struct dv_array *a, const struct dv_array *b, const struct dv_type *element)
{
    size_t shorter = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < shorter; i++) {
        bool null_a = a->items[i].state == DV_NULL, null_b = b->items[i].state == DV_NULL;
        int order =
            null_a || null_b ? null_a - null_b : dv_value_compare(&a->items[i], &b->items[i], element);
        if (order != 0)
            return order < 0 ? -1 : 1;
    }
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    if (a->dimensions != b->dimensions)
        return a->dimensions < b->dimensions ? -1 : 1;
    for (unsigned i = 0; i < a->dimensions; i++)
        if (a->lengths[i] != b->lengths[i])
            return a->lengths[i] < b->lengths[i] ? -1 : 1;
    for (unsigned i = 0; i < a->dimensions; i++)
        if (a->lower[i] != b->lower[i])
            return a->lower[i] < b->lower[i] ? -1 : 1;
    return 0;
}

int dv_array_compare_text(const struct dv_value *a, const struct dv_value *b, const struct dv_type *element)
{
    struct dv_arena arena = {0};
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_array left, right;
    int order;
    if (a->len == b->len && (a->len == 0 || memcmp(a->u.p, b->u.p, a->len) == 0))
        return 0;
    if (dv_array_read(a->u.p, a->len, element, &arena, &left, &ignored) == DV_OK &&
        dv_array_read(b->u.p, b->len, element, &arena, &right, &ignored) == DV_OK) {
        order = dv_array_compare(&left, &right, element);
    } else { /* no array that drover or PostgreSQL wrote: any order that is always the same */
        size_t shorter = a->len < b->len ? a->len : b->len;
        order = memcmp(a->u.p, b->u.p, shorter);
        if (order == 0)
            order = a->len < b->len ? -1 : 1;
    }
    dv_arena_release(&arena);
    return order;
}
