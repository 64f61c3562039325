/* The text form of arrays item by item, for what does not need them whole. */
#include "transform/array_text.h"

#include "core/array.h"
#include "transform/bind_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static enum dv_status malformed(const char *text, size_t length, struct dv_err *err)
{
    return dv_eval_fail(err, "22P02", "malformed array literal: \"%.*s\"", (int)(length > 200 ? 200 : length),
                        text);
}

/* The end of a quoted item, behind its closing quote; NULL where there is none. */
static const char *quoted_end(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"')
            return p + 1;
    }
    return NULL;
}

static const char *nested_end(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = quoted_end(p, end);
            if (p == NULL)
                return NULL;
            continue;
        }
        if (*p == '\\')
            p++;
        else if (*p == '{')
            depth++;
        else if (*p == '}' && --depth == 0)
            return p + 1;
        p++;
    }
    return NULL;
}

static enum dv_status unescape(const char *p, const char *end, struct dv_arena *arena,
                               struct dv_array_item *item, struct dv_err *err)
{
    char *to;
    if (memchr(p, '\\', (size_t)(end - p)) == NULL) {
        item->p = p;
        item->len = (size_t)(end - p);
        return DV_OK;
    }
    item->p = to = dv_arena_alloc(arena, (size_t)(end - p));
    if (to == NULL)
        return dv_fail_memory(err);
    while (p < end) {
        if (*p == '\\' && p + 1 < end)
            p++;
        *to++ = *p++;
    }
    item->len = (size_t)(to - item->p);
    return DV_OK;
}

enum dv_status dv_array_next(const char *text, size_t length, const char **at, struct dv_array_item *item,
                             struct dv_arena *arena, struct dv_err *err)
{
    const char *p = *at, *end = text + length, *stop;
    bool first = p == NULL;
    if (first) {
        p = text;
        while (p < end && blank(*p))
            p++;
        if (p == end || *p++ != '{')
            return malformed(text, length, err);
    }
    while (p < end && blank(*p))
        p++;
    if (p == end)
        return malformed(text, length, err);
    if (*p == '}')
        return DV_END;
    if (!first) {
        if (*p++ != ',')
            return malformed(text, length, err);
        while (p < end && blank(*p))
            p++;
    }
    *item = (struct dv_array_item){0};
    if (p < end && (*p == '"' || *p == '{')) {
        stop = *p == '"' ? quoted_end(p, end) : nested_end(p, end);
        if (stop == NULL)
            return malformed(text, length, err);
        item->nested = *p == '{';
        *at = stop;
        if (item->nested) {
            item->p = p;
            item->len = (size_t)(stop - p);
            return DV_OK;
        }
        return unescape(p + 1, stop - 1, arena, item, err);
    }
    for (stop = p; stop < end && *stop != ',' && *stop != '}'; stop++)
        if (*stop == '\\')
            stop++;
    if (stop >= end)
        return malformed(text, length, err);
    *at = stop;
    while (stop > p && blank(stop[-1]))
        stop--;
    if (stop == p)
        return malformed(text, length, err);
    item->is_null = stop - p == 4 && strncasecmp(p, "null", 4) == 0;
    return unescape(p, stop, arena, item, err);
}

void dv_array_quote(struct dv_buf *out, const char *p, size_t length)
{
    if (p == NULL)
        dv_buf_append(out, "NULL", 4);
    else
        dv_array_put_item(out, p, length);
}

bool dv_array_index(const char *p, size_t length, int64_t *index)
{
    char digits[16], *end;
    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, p, length);
    digits[length] = '\0';
    *index = strtol(digits, &end, 10);
    return *end == '\0' && *index >= INT32_MIN && *index <= INT32_MAX;
}
