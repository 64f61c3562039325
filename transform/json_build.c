#include "transform/json_build.h"

#include "core/jsonb.h"
#include "transform/array_text.h"
#include "transform/bind_internal.h"

#include <math.h>
#include <string.h>

/* 2024-02-29 13:00:00+00 as 2024-02-29T13:00:00+00:00 */
static void iso_form(struct dv_buf *text, const struct dv_type *type)
{
    char *blank;
    bool stamp = type->id == DV_TYPE_TIMESTAMP || type->id == DV_TYPE_TIMESTAMPTZ;
    if (!stamp || text->failed || text->len == 0 || text->data[0] == 'i' || text->data[0] == '-')
        return;
    blank = memchr(text->data, ' ', text->len);
    if (blank != NULL)
        *blank = 'T';
    if (type->id == DV_TYPE_TIMESTAMPTZ) {
        bool bc = text->len > 3 && memcmp(text->data + text->len - 3, " BC", 3) == 0;
        if (bc)
            text->len -= 3;
        dv_buf_str(text, bc ? ":00 BC" : ":00");
    }
}

static enum dv_status append_array(struct dv_buf *out, const struct dv_value *value,
                                   const struct dv_type *type, struct dv_arena *arena, struct dv_err *err)
{
    struct dv_type element = dv_type_of(type->element);
    struct dv_array_item item;
    const char *at = NULL;
    enum dv_status status;
    bool first = true;
    dv_buf_byte(out, '[');
    while ((status = dv_array_next(value->u.p, value->len, &at, &item, arena, err)) == DV_OK) {
        struct dv_value inner = dv_null();
        if (!first)
            dv_buf_byte(out, ',');
        first = false;
        if (item.nested) {
            inner = dv_text(item.p, item.len);
            status = append_array(out, &inner, type, arena, err);
        } else {
            if (!item.is_null)
                status = dv_value_from_text(item.p, item.len, &element, arena, &inner, err);
            if (status == DV_OK)
                status = dv_json_append(out, &inner, &element, arena, err);
        }
        if (status != DV_OK)
            return status;
    }
    dv_buf_byte(out, ']');
    return status == DV_END ? DV_OK : status;
}

static bool is_finite(const struct dv_value *value, const struct dv_type *type)
{
    if (type->id == DV_TYPE_NUMERIC)
        return value->kind == DV_NUM_SMALL || value->kind == DV_NUM_BIG;
    return dv_type_is_integer(type) || isfinite(value->u.f);
}

enum dv_status dv_json_append(struct dv_buf *out, const struct dv_value *value, const struct dv_type *type,
                              struct dv_arena *arena, struct dv_err *err)
{
    struct dv_buf text = {0};
    enum dv_status status;
    if (value->state == DV_NULL) {
        dv_buf_append(out, "null", 4);
        return DV_OK;
    }
    if (type->id == DV_TYPE_BOOL) {
        dv_buf_str(out, value->u.i != 0 ? "true" : "false");
        return DV_OK;
    }
    if (type->id == DV_TYPE_ARRAY)
        return append_array(out, value, type, arena, err);
    if (type->id == DV_TYPE_JSON || type->id == DV_TYPE_JSONB) {
        dv_buf_append(out, value->u.p, value->len);
        return DV_OK;
    }
    if (dv_type_is_text(type)) {
        dv_json_quote(out, value->u.p, value->len);
        return DV_OK;
    }
    dv_value_to_text(value, type, &text);
    iso_form(&text, type);
    status = dv_buf_check(&text, err);
    if (status == DV_OK && dv_type_is_number(type) && is_finite(value, type))
        dv_buf_append(out, text.data, text.len);
    else if (status == DV_OK)
        dv_json_quote(out, text.data != NULL ? text.data : "", text.len);
    dv_buf_release(&text);
    return status;
}

enum dv_status dv_json_append_key(struct dv_buf *out, const struct dv_value *value,
                                  const struct dv_type *type, unsigned argument, struct dv_arena *arena,
                                  struct dv_err *err)
{
    struct dv_buf text = {0};
    enum dv_status status;
    if (value->state == DV_NULL) {
        if (argument == 0)
            return dv_eval_fail(err, "22023", "field name must not be null");
        return dv_eval_fail(err, "22023", "argument %u: key must not be null", argument);
    }
    if (type->id == DV_TYPE_ARRAY || type->id == DV_TYPE_JSON || type->id == DV_TYPE_JSONB)
        return dv_eval_fail(err, "22023", "key value must be scalar, not array, composite, or json");
    status = dv_json_append(&text, value, type, arena, err);
    if (status == DV_OK)
        status = dv_buf_check(&text, err);
    if (status == DV_OK && text.data[0] == '"')
        dv_buf_append(out, text.data, text.len);
    else if (status == DV_OK)
        dv_json_quote(out, text.data, text.len);
    dv_buf_release(&text);
    return status;
}

enum dv_status dv_json_out(const struct dv_expr *expr, struct dv_eval *eval, struct dv_buf *raw,
                           enum dv_status status, struct dv_value *out, struct dv_err *err)
{
    if (status == DV_OK)
        status = dv_buf_check(raw, err);
    if (status == DV_OK && expr->type.id == DV_TYPE_JSONB) {
        dv_buf_reset(&eval->scratch);
        status = dv_jsonb_canonical(raw->data, raw->len, &eval->scratch, err);
        if (status == DV_OK)
            status = dv_out_scratch(eval, out, err);
    } else if (status == DV_OK) {
        status = dv_out_text(eval, out, raw->data, raw->len, err);
    }
    dv_buf_release(raw);
    return status;
}
