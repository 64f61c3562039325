/* ARRAY[...] and subscripts, on the text form of arrays. */
#include "transform/array_text.h"

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
    bool plain = length > 0 && !(length == 4 && p != NULL && strncasecmp(p, "null", 4) == 0);
    if (p == NULL) {
        dv_buf_append(out, "NULL", 4);
        return;
    }
    for (size_t i = 0; plain && i < length; i++)
        plain = !blank(p[i]) && p[i] != '"' && p[i] != '\\' && p[i] != '{' && p[i] != '}' && p[i] != ',';
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

/* ---- nodes --------------------------------------------------------------------------------------------- */

static enum dv_status eval_array(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    struct dv_type element = dv_type_of(expr->type.element);
    struct dv_buf text = {0};
    enum dv_status status;
    dv_buf_reset(&eval->scratch);
    dv_buf_byte(&eval->scratch, '{');
    for (unsigned i = 0; i < expr->arg_count; i++) {
        if (i > 0)
            dv_buf_byte(&eval->scratch, ',');
        if (args[i].state == DV_NULL) {
            dv_array_quote(&eval->scratch, NULL, 0);
            continue;
        }
        dv_buf_reset(&text);
        dv_value_to_text(&args[i], &element, &text);
        dv_array_quote(&eval->scratch, text.data != NULL ? text.data : "", text.len);
    }
    dv_buf_byte(&eval->scratch, '}');
    status = dv_buf_check(&text, err);
    dv_buf_release(&text);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

enum dv_status dv_bind_array(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                             struct dv_expr **out, struct dv_err *err)
{
    struct dv_type element, type = dv_type_of(DV_TYPE_ARRAY);
    enum dv_status status;
    if (ast->arg_count == 0) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42P18", err,
                           "cannot determine type of empty array");
        dv_err_hint(err, "Explicitly cast to the desired type, for example '{}'::integer[].");
        return DV_FAILED;
    }
    status = dv_common(binder, args, ast->arg_count, "ARRAY", ast->line, ast->column, &element, err);
    if (status != DV_OK)
        return status;
    if (element.id == DV_TYPE_ARRAY || element.id == DV_TYPE_OTHER)
        return dv_bind_fail(binder, ast->line, ast->column, "0A000", err, "arrays of %s are not supported",
                            dv_type_text(binder, &element));
    type.element = element.id;
    status = dv_node_call(binder, ast->line, ast->column, eval_array, false, &type, args, ast->arg_count,
                          NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

struct constant_array {
    unsigned count;
    struct dv_value values[];
};

static enum dv_status eval_subscript(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    const char *at = NULL;
    int64_t index = args[1].u.i;
    while (index-- > 0) {
        struct dv_array_item item;
        enum dv_status status = dv_array_next(args[0].u.p, args[0].len, &at, &item, eval->arena, err);
        if (status == DV_END)
            return DV_OK;
        if (status != DV_OK)
            return status;
        if (index > 0)
            continue;
        return item.is_null || item.nested
                   ? DV_OK
                   : dv_value_from_text(item.p, item.len, &expr->type, eval->arena, out, err);
    }
    return DV_OK;
}

static enum dv_status eval_constant_subscript(const struct dv_expr *expr, struct dv_eval *eval,
                                              struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    const struct constant_array *array = expr->data;
    (void)eval;
    (void)err;
    if (args[0].u.i >= 1 && args[0].u.i <= array->count)
        *out = array->values[args[0].u.i - 1];
    return DV_OK;
}

/* The items of a constant array, read once. */
static enum dv_status read_items(struct dv_binder *binder, const struct dv_value *text,
                                 const struct dv_type *element, struct constant_array **out,
                                 struct dv_err *err)
{
    struct dv_array_item item;
    const char *at = NULL;
    unsigned count = 0;
    enum dv_status status;
    struct constant_array *array;
    while ((status = dv_array_next(text->u.p, text->len, &at, &item, binder->arena, err)) == DV_OK)
        count++;
    if (status != DV_END)
        return status;
    array = dv_arena_zalloc(binder->arena, sizeof(*array) + sizeof(struct dv_value) * count);
    if (array == NULL)
        return dv_fail_memory(err);
    at = NULL;
    while ((status = dv_array_next(text->u.p, text->len, &at, &item, binder->arena, err)) == DV_OK) {
        if (!item.is_null && !item.nested) {
            status = dv_value_from_text(item.p, item.len, element, binder->arena,
                                        &array->values[array->count], err);
            if (status != DV_OK)
                return status;
        }
        array->count++;
    }
    *out = array;
    return status == DV_END ? DV_OK : status;
}

enum dv_status dv_bind_subscript(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                 struct dv_expr **out, struct dv_err *err)
{
    struct dv_type index = dv_type_of(DV_TYPE_INT4), element;
    struct constant_array *array = NULL;
    enum dv_status status;
    if (args[0]->type.id != DV_TYPE_ARRAY) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42804", err,
                           "cannot subscript type %s because it does not support subscripting",
                           dv_type_text(binder, &args[0]->type));
        dv_err_hint(err, "Of a json value take a part with -> or ->>.");
        return DV_FAILED;
    }
    element = dv_type_of(args[0]->type.element);
    status =
        dv_cast(binder, args[1], &index, DV_CAST_ASSIGNMENT, args[1]->line, args[1]->column, &args[1], err);
    if (status != DV_OK)
        return status;
    if (args[0]->is_constant && args[0]->constant.state != DV_NULL) {
        status = read_items(binder, &args[0]->constant, &element, &array, err);
        if (status == DV_OK)
            status = dv_node_call(binder, ast->line, ast->column, eval_constant_subscript, true, &element,
                                  &args[1], 1, array, out, err);
    } else {
        status = dv_node_call(binder, ast->line, ast->column, eval_subscript, true, &element, args, 2, NULL,
                              out, err);
    }
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}
