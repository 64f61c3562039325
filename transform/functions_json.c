/* Functions of json and jsonb. */
#include "transform/functions.h"

#include "core/jsonb.h"
#include "transform/json_build.h"

#include <string.h>

#define JSON_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

static struct dv_json_text trimmed(const struct dv_value *value)
{
    struct dv_json_text json = {value->u.p, value->len};
    while (json.len > 0 && strchr(" \t\r\n", json.p[0]) != NULL) {
        json.p++;
        json.len--;
    }
    return json;
}

JSON_FN(json_typeof)
{
    static const char *const names[] = {"null", "string", "number", "boolean", "array", "object"};
    const char *name = names[dv_json_kind_of(trimmed(&args[0]))];
    UNUSED;
    *out = dv_text(name, strlen(name));
    return DV_OK;
}

JSON_FN(array_length)
{
    struct dv_json_text json = trimmed(&args[0]), key = {0}, value = {0};
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

/* The JSON text built in `raw`, as canonical jsonb. */
static enum dv_status finish(struct dv_eval *eval, struct dv_buf *raw, enum dv_status status,
                             struct dv_value *out, struct dv_err *err)
{
    if (status == DV_OK)
        status = dv_buf_check(raw, err);
    if (status == DV_OK) {
        dv_buf_reset(&eval->scratch);
        status = dv_jsonb_canonical(raw->data, raw->len, &eval->scratch, err);
    }
    dv_buf_release(raw);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

JSON_FN(to_jsonb)
{
    struct dv_buf raw = {0};
    enum dv_status status = dv_json_append(&raw, &args[0], &expr->args[0]->type, eval->arena, err);
    return finish(eval, &raw, status, out, err);
}

JSON_FN(build_array)
{
    struct dv_buf raw = {0};
    enum dv_status status = DV_OK;
    dv_buf_byte(&raw, '[');
    for (unsigned i = 0; status == DV_OK && i < expr->arg_count; i++) {
        if (i > 0)
            dv_buf_byte(&raw, ',');
        status = dv_json_append(&raw, &args[i], &expr->args[i]->type, eval->arena, err);
    }
    dv_buf_byte(&raw, ']');
    return finish(eval, &raw, status, out, err);
}

JSON_FN(build_object)
{
    struct dv_buf raw = {0};
    enum dv_status status = DV_OK;
    if (expr->arg_count % 2 != 0) {
        (void)dv_eval_fail(err, "22023", "argument list must have even number of elements");
        dv_err_hint(err,
                    "The arguments of jsonb_build_object() must consist of alternating keys and values.");
        return DV_FAILED;
    }
    dv_buf_byte(&raw, '{');
    for (unsigned i = 0; status == DV_OK && i < expr->arg_count; i += 2) {
        if (i > 0)
            dv_buf_byte(&raw, ',');
        status = dv_json_append_key(&raw, &args[i], &expr->args[i]->type, i + 1, eval->arena, err);
        dv_buf_byte(&raw, ':');
        if (status == DV_OK)
            status = dv_json_append(&raw, &args[i + 1], &expr->args[i + 1]->type, eval->arena, err);
    }
    dv_buf_byte(&raw, '}');
    return finish(eval, &raw, status, out, err);
}

/* Members that are null left out, at every depth; elements of arrays stay. */
static enum dv_status strip(struct dv_buf *to, struct dv_json_text json, struct dv_err *err)
{
    enum dv_json_kind kind = dv_json_kind_of(json);
    struct dv_json_text key = {0}, value = {0};
    enum dv_status status = DV_OK;
    bool first = true;
    if (kind != DV_JSON_ARRAY && kind != DV_JSON_OBJECT) {
        dv_buf_append(to, json.p, json.len);
        return DV_OK;
    }
    dv_buf_byte(to, json.p[0]);
    while ((status = dv_json_next(json, &key, &value, err)) == DV_OK) {
        if (kind == DV_JSON_OBJECT && dv_json_kind_of(value) == DV_JSON_NULL)
            continue;
        if (!first)
            dv_buf_append(to, ", ", 2);
        first = false;
        if (kind == DV_JSON_OBJECT) {
            dv_buf_append(to, key.p, key.len);
            dv_buf_append(to, ": ", 2);
        }
        status = strip(to, value, err);
        if (status != DV_OK)
            return status;
    }
    dv_buf_byte(to, kind == DV_JSON_ARRAY ? ']' : '}');
    return status == DV_END ? DV_OK : status;
}

JSON_FN(strip_nulls)
{
    enum dv_status status;
    (void)expr;
    dv_buf_reset(&eval->scratch);
    status = strip(&eval->scratch, trimmed(&args[0]), err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define BUILD(called, types, fn)                                                                             \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_NULLS | DV_FN_CLOCK, .eval = fn                   \
    }
static const struct dv_function json_entries[] = {
    FN("json_typeof", "json>text", json_typeof),
    FN("jsonb_typeof", "jsonb>text", json_typeof),
    FN("json_array_length", "json>int4", array_length),
    FN("jsonb_array_length", "jsonb>int4", array_length),
    FN("to_jsonb", "any>jsonb", to_jsonb),
    BUILD("jsonb_build_array", "any...>jsonb", build_array),
    BUILD("jsonb_build_object", "any...>jsonb", build_object),
    FN("jsonb_strip_nulls", "jsonb>jsonb", strip_nulls),
};
const struct dv_function_table dv_functions_json = DV_FUNCTION_TABLE(json_entries);
