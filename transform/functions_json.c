/* Functions of json and jsonb: kinds, building, printing. */
#include "transform/functions.h"

#include "core/array.h"
#include "core/jsonb.h"
#include "transform/array_bind.h"
#include "transform/json_build.h"

#include <string.h>

#define JSON_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

JSON_FN(json_typeof)
{
    static const char *const names[] = {"null", "string", "number", "boolean", "array", "object"};
    const char *name = names[dv_json_kind_of(dv_json_trim(args[0].u.p, args[0].len))];
    UNUSED;
    *out = dv_text(name, strlen(name));
    return DV_OK;
}

JSON_FN(array_length)
{
    struct dv_json_text json = dv_json_trim(args[0].u.p, args[0].len), key = {0}, value = {0};
    enum dv_json_kind kind = dv_json_kind_of(json);
    int64_t count = 0;
    enum dv_status status;
    UNUSED;
    if (kind == DV_JSON_OBJECT)
        return dv_eval_fail(err, "22023", "cannot get array length of a non-array");
    if (kind != DV_JSON_ARRAY)
        return dv_eval_fail(err, "22023", "cannot get array length of a scalar");
    while ((status = dv_json_next(json, &key, &value, err)) == DV_OK)
        count++;
    *out = dv_int(count);
    return status == DV_END ? DV_OK : status;
}

/* ---- building ------------------------------------------------------------------------------------------ */

JSON_FN(to_json)
{
    struct dv_buf raw = {0};
    enum dv_status status = dv_json_append(&raw, &args[0], &expr->args[0]->type, eval->arena, err);
    return dv_json_out(expr, eval, &raw, status, out, err);
}

JSON_FN(build_array)
{
    struct dv_buf raw = {0};
    enum dv_status status = DV_OK;
    dv_buf_byte(&raw, '[');
    for (unsigned i = 0; status == DV_OK && i < expr->arg_count; i++) {
        if (i > 0)
            dv_buf_append(&raw, ", ", 2);
        status = dv_json_append(&raw, &args[i], &expr->args[i]->type, eval->arena, err);
    }
    dv_buf_byte(&raw, ']');
    return dv_json_out(expr, eval, &raw, status, out, err);
}

JSON_FN(build_object)
{
    struct dv_buf raw = {0};
    enum dv_status status = DV_OK;
    if (expr->arg_count % 2 != 0) {
        (void)dv_eval_fail(err, "22023", "argument list must have even number of elements");
        dv_err_hint(err, "The arguments of %s_build_object() must consist of alternating keys and values.",
                    expr->type.id == DV_TYPE_JSONB ? "jsonb" : "json");
        return DV_FAILED;
    }
    dv_buf_byte(&raw, '{');
    for (unsigned i = 0; status == DV_OK && i < expr->arg_count; i += 2) {
        if (i > 0)
            dv_buf_append(&raw, ", ", 2);
        status = dv_json_append_key(&raw, &args[i], &expr->args[i]->type, i + 1, eval->arena, err);
        dv_buf_append(&raw, " : ", 3);
        if (status == DV_OK)
            status = dv_json_append(&raw, &args[i + 1], &expr->args[i + 1]->type, eval->arena, err);
    }
    dv_buf_byte(&raw, '}');
    return dv_json_out(expr, eval, &raw, status, out, err);
}

/* Texts in pairs, from one array or two. */
JSON_FN(object_of_texts)
{
    struct dv_array keys, values;
    struct dv_buf raw = {0};
    bool two = expr->arg_count > 1;
    size_t pairs;
    enum dv_status status = dv_array_load(eval, &args[0], &expr->args[0]->type, &keys, err);
    if (status == DV_OK && two)
        status = dv_array_load(eval, &args[1], &expr->args[1]->type, &values, err);
    if (status != DV_OK)
        return status;
    if (keys.dimensions > (two ? 1U : 2U) || (two && values.dimensions > 1))
        return dv_eval_fail(err, "2202E", "wrong number of array subscripts");
    if (!two && keys.dimensions == 2 && keys.lengths[1] != 2)
        return dv_eval_fail(err, "2202E", "array must have two columns");
    if (!two && keys.dimensions == 1 && keys.count % 2 != 0)
        return dv_eval_fail(err, "2202E", "array must have even number of elements");
    if (two && keys.count != values.count)
        return dv_eval_fail(err, "2202E", "mismatched array dimensions");
    pairs = two ? keys.count : keys.count / 2;
    dv_buf_byte(&raw, '{');
    for (size_t i = 0; i < pairs; i++) {
        const struct dv_value *key = &keys.items[two ? i : 2 * i];
        const struct dv_value *value = two ? &values.items[i] : &keys.items[2 * i + 1];
        if (key->state == DV_NULL) {
            dv_buf_release(&raw);
            return dv_eval_fail(err, "22004", "null value not allowed for object key");
        }
        if (i > 0)
            dv_buf_append(&raw, ", ", 2);
        dv_json_quote(&raw, key->u.p, key->len);
        dv_buf_append(&raw, " : ", 3);
        if (value->state == DV_NULL)
            dv_buf_append(&raw, "null", 4);
        else
            dv_json_quote(&raw, value->u.p, value->len);
    }
    dv_buf_byte(&raw, '}');
    return dv_json_out(expr, eval, &raw, DV_OK, out, err);
}

/* ---- printing ------------------------------------------------------------------------------------------ */

/* How a text is written again. */
struct style {
    const char *comma, *colon;
    bool strip;   /* members that are null are left out, at every depth; elements of arrays stay */
    bool indent;  /* a line for each item */
    bool requote; /* strings with PostgreSQL's escapes, whatever theirs are */
};

static void new_line(struct dv_buf *to, unsigned level)
{
    dv_buf_byte(to, '\n');
    for (unsigned i = 0; i < level; i++)
        dv_buf_append(to, "    ", 4);
}

static enum dv_status put_scalar(const struct style *style, struct dv_buf *to, struct dv_json_text json,
                                 struct dv_arena *arena, struct dv_err *err)
{
    const char *text = NULL;
    size_t length = 0;
    bool is_null = false;
    if (!style->requote || dv_json_kind_of(json) != DV_JSON_STRING) {
        dv_buf_append(to, json.p, json.len);
        return DV_OK;
    }
    enum dv_status status = dv_json_as_text(json, arena, &text, &length, &is_null, err);
    if (status == DV_OK)
        dv_json_quote(to, text, length);
    return status;
}

static enum dv_status put(const struct style *style, struct dv_buf *to, struct dv_json_text json,
                          unsigned level, struct dv_arena *arena, struct dv_err *err)
{
    enum dv_json_kind kind = dv_json_kind_of(json);
    struct dv_json_text key = {0}, value = {0};
    enum dv_status status;
    bool first = true;
    if (kind != DV_JSON_ARRAY && kind != DV_JSON_OBJECT)
        return put_scalar(style, to, json, arena, err);
    dv_buf_byte(to, json.p[0]);
    while ((status = dv_json_next(json, &key, &value, err)) == DV_OK) {
        if (style->strip && kind == DV_JSON_OBJECT && dv_json_kind_of(value) == DV_JSON_NULL)
            continue;
        if (!first)
            dv_buf_str(to, style->comma);
        first = false;
        if (style->indent)
            new_line(to, level + 1);
        if (kind == DV_JSON_OBJECT) {
            status = put_scalar(style, to, key, arena, err);
            dv_buf_str(to, style->colon);
        }
        if (status == DV_OK)
            status = put(style, to, value, level + 1, arena, err);
        if (status != DV_OK)
            return status;
    }
    if (style->indent)
        new_line(to, level);
    dv_buf_byte(to, kind == DV_JSON_ARRAY ? ']' : '}');
    return status == DV_END ? DV_OK : status;
}

static enum dv_status rewrite(const struct style *style, struct dv_eval *eval, const struct dv_value *json,
                              struct dv_value *out, struct dv_err *err)
{
    dv_buf_reset(&eval->scratch);
    enum dv_status status =
        put(style, &eval->scratch, dv_json_trim(json->u.p, json->len), 0, eval->arena, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

JSON_FN(strip_jsonb)
{
    static const struct style style = {.comma = ", ", .colon = ": ", .strip = true};
    (void)expr;
    return rewrite(&style, eval, &args[0], out, err);
}

JSON_FN(strip_json)
{
    static const struct style style = {.comma = ",", .colon = ":", .strip = true, .requote = true};
    (void)expr;
    return rewrite(&style, eval, &args[0], out, err);
}

JSON_FN(pretty)
{
    static const struct style style = {.comma = ",", .colon = ": ", .indent = true};
    (void)expr;
    return rewrite(&style, eval, &args[0], out, err);
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define BUILD(called, types, fn)                                                                             \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_NULLS | DV_FN_STABLE, .eval = fn                  \
    }
static const struct dv_function json_entries[] = {
    FN("json_typeof", "json>text", json_typeof),
    FN("jsonb_typeof", "jsonb>text", json_typeof),
    FN("json_array_length", "json>int4", array_length),
    FN("jsonb_array_length", "jsonb>int4", array_length),
    {.name = "to_jsonb", .signature = "any>jsonb", .flags = DV_FN_STABLE, .eval = to_json},
    {.name = "to_json", .signature = "any>json", .flags = DV_FN_STABLE, .eval = to_json},
    {.name = "array_to_json", .signature = "array>json", .flags = DV_FN_STABLE, .eval = to_json},
    BUILD("jsonb_build_array", "any...>jsonb", build_array),
    BUILD("jsonb_build_object", "any...>jsonb", build_object),
    BUILD("json_build_array", "any...>json", build_array),
    BUILD("json_build_object", "any...>json", build_object),
    FN("json_object", "text[]>json", object_of_texts),
    FN("json_object", "text[],text[]>json", object_of_texts),
    FN("jsonb_object", "text[]>jsonb", object_of_texts),
    FN("jsonb_object", "text[],text[]>jsonb", object_of_texts),
    FN("jsonb_strip_nulls", "jsonb>jsonb", strip_jsonb),
    FN("json_strip_nulls", "json>json", strip_json),
    FN("jsonb_pretty", "jsonb>text", pretty),
};
const struct dv_function_table dv_functions_json = DV_FUNCTION_TABLE(json_entries);
