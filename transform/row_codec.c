#include "transform/row_codec.h"

enum tag { TAG_NULL, TAG_RAW, TAG_RAW_QUOTED, TAG_INLINE, TAG_BYTES, TAG_NUMERIC };

static void put_bytes(struct dv_buf *out, char tag, const void *bytes, uint32_t length)
{
    char head[5] = {tag};
    memcpy(head + 1, &length, sizeof length);
    dv_buf_append(out, head, sizeof head);
    dv_buf_append(out, bytes, length);
}

static void put_inline(struct dv_buf *out, const struct dv_value *value)
{
    char packed[9] = {TAG_INLINE};
    memcpy(packed + 1, &value->u.i, sizeof value->u.i);
    dv_buf_append(out, packed, sizeof packed);
}

/* As the text form: for rare and wide values; the reader decodes it as it does any raw field. */
static void put_text(struct dv_buf *out, const struct dv_value *value, const struct dv_type *type)
{
    struct dv_buf text = {0};
    dv_value_to_text(value, type, &text);
    if (text.failed)
        out->failed = true;
    else
        put_bytes(out, TAG_RAW, text.data, (uint32_t)text.len);
    dv_buf_release(&text);
}

static void put_numeric(struct dv_buf *out, const struct dv_value *value)
{
    char packed[12] = {TAG_NUMERIC, (char)value->kind};
    memcpy(packed + 2, &value->scale, sizeof value->scale);
    memcpy(packed + 4, &value->u.i, sizeof value->u.i);
    dv_buf_append(out, packed, sizeof packed);
}

static bool is_inline(enum dv_type_id id)
{
    switch (id) {
    case DV_TYPE_BOOL:
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_INT8:
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
    case DV_TYPE_DATE:
    case DV_TYPE_TIME:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return true;
    default:
        return false;
    }
}

void dv_row_put(struct dv_buf *out, const struct dv_value *value, const struct dv_type *type)
{
    if (value->state == DV_NULL)
        dv_buf_byte(out, TAG_NULL);
    else if (value->state == DV_RAW)
        put_bytes(out, TAG_RAW, value->u.p, value->len);
    else if (value->state == DV_RAW_QUOTED)
        put_bytes(out, TAG_RAW_QUOTED, value->u.p, value->len);
    else if (type->id == DV_TYPE_INTERVAL || (type->id == DV_TYPE_NUMERIC && value->kind == DV_NUM_BIG))
        put_text(out, value, type);
    else if (type->id == DV_TYPE_NUMERIC)
        put_numeric(out, value);
    else if (is_inline(type->id))
        put_inline(out, value);
    else
        put_bytes(out, TAG_BYTES, value->u.p, value->len);
}

const char *dv_row_get(const char *at, struct dv_value *value)
{
    *value = dv_null();
    char tag = *at++;
    switch (tag) {
    case TAG_NULL:
        return at;
    case TAG_INLINE:
        value->state = DV_SET;
        memcpy(&value->u.i, at, sizeof value->u.i);
        return at + sizeof value->u.i;
    case TAG_NUMERIC:
        value->state = DV_SET;
        value->kind = (uint8_t)at[0];
        memcpy(&value->scale, at + 1, sizeof value->scale);
        memcpy(&value->u.i, at + 3, sizeof value->u.i);
        return at + 11;
    default:
        break;
    }
    uint32_t length;
    memcpy(&length, at, sizeof length);
    at += sizeof length;
    value->len = length;
    value->u.p = at;
    value->state = tag == TAG_RAW ? DV_RAW : tag == TAG_RAW_QUOTED ? DV_RAW_QUOTED : DV_SET;
    return at + length;
}
