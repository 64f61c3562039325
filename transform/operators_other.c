/* || and the operators of json and jsonb. */
#include "transform/functions.h"

#include "core/jsonb.h"
#include "transform/array_text.h"
#include "transform/json_path.h"

#include <string.h>

#define OP_FN(name)                                                                                          \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)

OP_FN(concat_bytes)
{
    size_t length = (size_t)args[0].len + args[1].len;
    char *room;
    (void)expr;
    room = dv_out_room(eval, length, err);
    if (room == NULL)
        return err->status;
    if (args[0].len > 0)
        memcpy(room, args[0].u.p, args[0].len);
    if (args[1].len > 0)
        memcpy(room + args[0].len, args[1].u.p, args[1].len);
    *out = dv_text(room, length);
    return DV_OK;
}

/* text || anything: the other side by cast to text. */
static enum dv_status bind_concat(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    for (unsigned i = 0; i < 2; i++) {
        struct dv_expr *arg = call->expr.args[i];
        enum dv_status status =
            dv_cast(binder, arg, &text, DV_CAST_EXPLICIT, arg->line, arg->column, &call->expr.args[i], err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

OP_FN(concat_jsonb)
{
    enum dv_status status;
    (void)expr;
    dv_buf_reset(&eval->scratch);
    status = dv_jsonb_concat((struct dv_json_text){args[0].u.p, args[0].len},
                             (struct dv_json_text){args[1].u.p, args[1].len}, &eval->scratch, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

/* ---- json ---------------------------------------------------------------------------------------------- */

static struct dv_json_text json_of(const struct dv_value *value)
{
    return dv_json_trim(value->u.p, value->len);
}

OP_FN(json_member)
{
    return dv_json_result(expr, eval, dv_json_member(json_of(&args[0]), args[1].u.p, args[1].len), out, err);
}

/* A jsonb scalar counts as an array of one; a json scalar does not. */
OP_FN(json_element)
{
    enum dv_json_kind kind = dv_json_kind_of(json_of(&args[0]));
    if (expr->args[0]->type.id == DV_TYPE_JSONB && kind != DV_JSON_ARRAY && kind != DV_JSON_OBJECT)
        return args[1].u.i == 0 || args[1].u.i == -1 ? dv_json_result(expr, eval, json_of(&args[0]), out, err)
                                                     : DV_OK;
    return dv_json_result(expr, eval, dv_json_element(json_of(&args[0]), args[1].u.i), out, err);
}

OP_FN(json_path)
{
    struct dv_json_text json = json_of(&args[0]);
    const char *at = NULL;
    struct dv_array_item item;
    for (;;) {
        enum dv_status status = dv_array_next(args[1].u.p, args[1].len, &at, &item, eval->arena, err);
        if (status == DV_END)
            break;
        if (status != DV_OK)
            return status;
        if (item.is_null || json.p == NULL)
            return DV_OK;
        if (dv_json_kind_of(json) == DV_JSON_OBJECT) {
            json = dv_json_member(json, item.p, item.len);
        } else if (dv_json_kind_of(json) == DV_JSON_ARRAY) {
            int64_t index;
            if (!dv_array_index(item.p, item.len, &index))
                return DV_OK;
            json = dv_json_element(json, index);
        } else {
            return DV_OK;
        }
    }
    return dv_json_result(expr, eval, json, out, err);
}

OP_FN(json_has_key)
{
    struct dv_json_text json = json_of(&args[0]), key = {0}, value = {0};
    enum dv_json_kind kind = dv_json_kind_of(json);
    (void)expr;
    if (kind == DV_JSON_OBJECT) {
        *out = dv_bool(dv_json_member(json, args[1].u.p, args[1].len).p != NULL);
        return DV_OK;
    }
    *out = dv_bool(0);
    while (kind == DV_JSON_ARRAY || kind == DV_JSON_STRING) {
        const char *text = NULL;
        size_t length = 0;
        bool is_null = false;
        enum dv_status status = DV_OK;
        if (kind == DV_JSON_STRING)
            value = json;
        else
            status = dv_json_next(json, &key, &value, err);
        if (status == DV_END)
            return DV_OK;
        if (status == DV_OK && dv_json_kind_of(value) == DV_JSON_STRING) {
            status = dv_json_as_text(value, eval->arena, &text, &length, &is_null, err);
            if (status == DV_OK && length == args[1].len && memcmp(text, args[1].u.p, length) == 0) {
                *out = dv_bool(1);
                return DV_OK;
            }
        }
        if (status != DV_OK || kind == DV_JSON_STRING)
            return status;
    }
    return DV_OK;
}

/* jsonb - 'key': members of that name, or strings of an array, left out. jsonb - 2: the element left out. */
OP_FN(jsonb_remove)
{
    struct dv_json_text json = json_of(&args[0]), key = {0}, value = {0};
    enum dv_json_kind kind = dv_json_kind_of(json);
    bool by_index = expr->args[1]->type.id != DV_TYPE_TEXT;
    int64_t index = 0, wanted = by_index ? args[1].u.i : 0;
    struct dv_json_text target = {0};
    bool first = true;
    if (kind != DV_JSON_ARRAY && kind != DV_JSON_OBJECT)
        return dv_eval_fail(err, "22023", "cannot delete from scalar");
    if (by_index && kind == DV_JSON_OBJECT)
        return dv_eval_fail(err, "22023", "cannot delete from object using integer index");
    if (by_index)
        target = dv_json_element(json, wanted);
    dv_buf_reset(&eval->scratch);
    dv_buf_byte(&eval->scratch, kind == DV_JSON_ARRAY ? '[' : '{');
    for (;; index++) {
        const char *text = NULL;
        size_t length = 0;
        bool is_null = false, drop = by_index && value.p != NULL && value.p == target.p;
        enum dv_status status = dv_json_next(json, &key, &value, err);
        if (status == DV_END)
            break;
        drop = by_index && value.p == target.p;
        if (status == DV_OK && !by_index &&
            (kind == DV_JSON_OBJECT || dv_json_kind_of(value) == DV_JSON_STRING)) {
            status = dv_json_as_text(kind == DV_JSON_OBJECT ? key : value, eval->arena, &text, &length,
                                     &is_null, err);
            drop = status == DV_OK && length == args[1].len && memcmp(text, args[1].u.p, length) == 0;
        }
        if (status != DV_OK)
            return status;
        if (drop)
            continue;
        if (!first)
            dv_buf_append(&eval->scratch, ", ", 2);
        first = false;
        if (kind == DV_JSON_OBJECT) {
            dv_buf_append(&eval->scratch, key.p, key.len);
            dv_buf_append(&eval->scratch, ": ", 2);
        }
        dv_buf_append(&eval->scratch, value.p, value.len);
    }
    dv_buf_byte(&eval->scratch, kind == DV_JSON_ARRAY ? ']' : '}');
    return dv_out_scratch(eval, out, err);
}

#define OP(sign, types, fn)                                                                                  \
    {                                                                                                        \
        .name = sign, .signature = types, .eval = fn                                                         \
    }
#define PATH(sign, types, fn, hook)                                                                          \
    {                                                                                                        \
        .name = sign, .signature = types, .eval = fn, .bind = hook                                           \
    }
#define CONCAT(types)                                                                                        \
    {                                                                                                        \
        .name = "||", .signature = types, .eval = concat_bytes, .bind = bind_concat                          \
    }
static const struct dv_function other_entries[] = {
    CONCAT("text,text>text"),
    CONCAT("text,nonarray>text"),
    CONCAT("nonarray,text>text"),
    OP("||", "bytea,bytea>bytea", concat_bytes),
    OP("||", "jsonb,jsonb>jsonb", concat_jsonb),
    PATH("->", "json,text>json", json_member, dv_json_arrow_bind),
    PATH("->", "json,int4>json", json_element, dv_json_arrow_bind),
    PATH("->", "jsonb,text>jsonb", json_member, dv_json_arrow_bind),
    PATH("->", "jsonb,int4>jsonb", json_element, dv_json_arrow_bind),
    PATH("->>", "json,text>text", json_member, dv_json_arrow_bind),
    PATH("->>", "json,int4>text", json_element, dv_json_arrow_bind),
    PATH("->>", "jsonb,text>text", json_member, dv_json_arrow_bind),
    PATH("->>", "jsonb,int4>text", json_element, dv_json_arrow_bind),
    PATH("#>", "json,array>json", json_path, dv_json_array_bind),
    PATH("#>", "jsonb,array>jsonb", json_path, dv_json_array_bind),
    PATH("#>>", "json,array>text", json_path, dv_json_array_bind),
    PATH("#>>", "jsonb,array>text", json_path, dv_json_array_bind),
    OP("?", "jsonb,text>bool", json_has_key),
    OP("-", "jsonb,text>jsonb", jsonb_remove),
    OP("-", "jsonb,int4>jsonb", jsonb_remove),
};
const struct dv_function_table dv_operators_other = DV_FUNCTION_TABLE(other_entries);
