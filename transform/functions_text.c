/* Text functions. Positions and lengths count characters. */
#include "transform/functions.h"

#include "transform/text_case.h"

#include <openssl/evp.h>
#include <string.h>

#define TEXT_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

/* ---- trimming ------------------------------------------------------------------------------------------ */

static bool in_set(const struct dv_value *set, const char *p, size_t width)
{
    for (size_t i = 0; i < set->len;) {
        size_t step = dv_utf8_width((unsigned char)set->u.p[i]);
        if (step == width && memcmp(set->u.p + i, p, width) == 0)
            return true;
        i += step;
    }
    return false;
}

static void trim(struct dv_value *args, unsigned count, bool left, bool right, struct dv_value *out)
{
    const struct dv_value blank = dv_text(" ", 1), *set = count > 1 ? &args[1] : &blank;
    const char *p = args[0].u.p, *end = p + args[0].len;
    while (left && p < end) {
        size_t width = dv_utf8_width((unsigned char)*p);
        if (!in_set(set, p, width))
            break;
        p += width;
    }
    while (right && end > p) {
        const char *last = end - 1;
        while (last > p && ((unsigned char)*last & 0xc0U) == 0x80U)
            last--;
        if (!in_set(set, last, (size_t)(end - last)))
            break;
        end = last;
    }
    *out = dv_text(p, (size_t)(end - p));
}

TEXT_FN(fn_btrim)
{
    UNUSED;
    trim(args, expr->arg_count, true, true, out);
    return DV_OK;
}

TEXT_FN(fn_ltrim)
{
    UNUSED;
    trim(args, expr->arg_count, true, false, out);
    return DV_OK;
}

TEXT_FN(fn_rtrim)
{
    UNUSED;
    trim(args, expr->arg_count, false, true, out);
    return DV_OK;
}

/* ---- lengths and parts --------------------------------------------------------------------------------- */

TEXT_FN(fn_length)
{
    size_t length = args[0].len;
    UNUSED;
    if (expr->args[0]->type.id == DV_TYPE_BPCHAR)
        length = dv_trimmed(&args[0]);
    *out = dv_int((int64_t)dv_utf8_count(args[0].u.p, length));
    return DV_OK;
}

TEXT_FN(fn_octet_length)
{
    UNUSED;
    *out = dv_int(args[0].len);
    return DV_OK;
}

TEXT_FN(fn_bit_length)
{
    UNUSED;
    *out = dv_int((int64_t)args[0].len * 8);
    return DV_OK;
}

TEXT_FN(fn_substring)
{
    int64_t start = args[1].u.i, end = INT64_MAX;
    size_t from, to;
    UNUSED;
    if (expr->arg_count > 2) {
        if (args[2].u.i < 0)
            return dv_eval_fail(err, "22011", "negative substring length not allowed");
        end = start + args[2].u.i;
    }
    if (start < 1)
        start = 1;
    if (end <= start) {
        *out = dv_text("", 0);
        return DV_OK;
    }
    from = dv_utf8_offset(args[0].u.p, args[0].len, start - 1);
    to = from + dv_utf8_offset(args[0].u.p + from, args[0].len - from, end - start);
    *out = dv_text(args[0].u.p + from, to - from);
    return DV_OK;
}

TEXT_FN(fn_left)
{
    int64_t count = args[1].u.i;
    UNUSED;
    if (count < 0)
        count += (int64_t)dv_utf8_count(args[0].u.p, args[0].len);
    *out = dv_text(args[0].u.p, dv_utf8_offset(args[0].u.p, args[0].len, count));
    return DV_OK;
}

TEXT_FN(fn_right)
{
    int64_t skip =
        args[1].u.i < 0 ? -args[1].u.i : (int64_t)dv_utf8_count(args[0].u.p, args[0].len) - args[1].u.i;
    size_t from = dv_utf8_offset(args[0].u.p, args[0].len, skip);
    UNUSED;
    *out = dv_text(args[0].u.p + from, args[0].len - from);
    return DV_OK;
}

TEXT_FN(fn_strpos)
{
    const char *found;
    UNUSED;
    *out = dv_int(args[1].len == 0 ? 1 : 0);
    if (args[1].len == 0 || args[0].len == 0)
        return DV_OK;
    found = memmem(args[0].u.p, args[0].len, args[1].u.p, args[1].len);
    if (found != NULL)
        *out = dv_int((int64_t)dv_utf8_count(args[0].u.p, (size_t)(found - args[0].u.p)) + 1);
    return DV_OK;
}

TEXT_FN(fn_starts_with)
{
    UNUSED;
    *out = dv_bool(args[1].len <= args[0].len &&
                   (args[1].len == 0 || memcmp(args[0].u.p, args[1].u.p, args[1].len) == 0));
    return DV_OK;
}

static unsigned count_parts(const struct dv_value *text, const struct dv_value *separator)
{
    const char *p = text->u.p, *end = p + text->len;
    unsigned parts = 1;
    while ((p = memmem(p, (size_t)(end - p), separator->u.p, separator->len)) != NULL) {
        parts++;
        p += separator->len;
    }
    return parts;
}

TEXT_FN(fn_split_part)
{
    const char *p = args[0].u.p, *end = p + args[0].len, *found;
    int64_t wanted = args[2].u.i;
    UNUSED;
    if (wanted == 0)
        return dv_eval_fail(err, "22023", "field position must not be zero");
    *out = dv_text("", 0);
    if (args[0].len == 0)
        return DV_OK;
    if (args[1].len == 0) {
        if (wanted == 1 || wanted == -1)
            *out = args[0];
        return DV_OK;
    }
    if (wanted < 0)
        wanted += (int64_t)count_parts(&args[0], &args[1]) + 1;
    if (wanted < 1)
        return DV_OK;
    while ((found = memmem(p, (size_t)(end - p), args[1].u.p, args[1].len)) != NULL && --wanted > 0)
        p = found + args[1].len;
    if (found != NULL)
        *out = dv_text(p, (size_t)(found - p));
    else if (wanted == 1)
        *out = dv_text(p, (size_t)(end - p));
    return DV_OK;
}

/* ---- building ------------------------------------------------------------------------------------------ */

TEXT_FN(fn_replace)
{
    const char *p = args[0].u.p, *end = p + args[0].len, *found;
    UNUSED;
    *out = args[0];
    if (args[0].len == 0 || args[1].len == 0 ||
        (found = memmem(p, args[0].len, args[1].u.p, args[1].len)) == NULL)
        return DV_OK;
    dv_buf_reset(&eval->scratch);
    do {
        dv_buf_append(&eval->scratch, p, (size_t)(found - p));
        dv_buf_append(&eval->scratch, args[2].u.p, args[2].len);
        p = found + args[1].len;
        found = memmem(p, (size_t)(end - p), args[1].u.p, args[1].len);
    } while (found != NULL);
    dv_buf_append(&eval->scratch, p, (size_t)(end - p));
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_translate)
{
    UNUSED;
    dv_buf_reset(&eval->scratch);
    for (size_t i = 0; i < args[0].len;) {
        const char *p = args[0].u.p + i;
        size_t width = dv_utf8_width((unsigned char)*p), to = 0;
        bool found = false;
        for (size_t from = 0; from < args[1].len && !found;) {
            size_t step = dv_utf8_width((unsigned char)args[1].u.p[from]);
            found = step == width && memcmp(args[1].u.p + from, p, width) == 0;
            from += step;
            if (!found && to < args[2].len)
                to += dv_utf8_width((unsigned char)args[2].u.p[to]);
        }
        if (!found)
            dv_buf_append(&eval->scratch, p, width);
        else if (to < args[2].len)
            dv_buf_append(&eval->scratch, args[2].u.p + to, dv_utf8_width((unsigned char)args[2].u.p[to]));
        i += width;
    }
    return dv_out_scratch(eval, out, err);
}

/* lpad, rpad: cut to the length, or filled with the fill text over and over. */
static enum dv_status pad(struct dv_eval *eval, struct dv_value *args, unsigned count, bool left,
                          struct dv_value *out, struct dv_err *err)
{
    const struct dv_value blank = dv_text(" ", 1), *fill = count > 2 ? &args[2] : &blank;
    int64_t wanted = args[1].u.i < 0 ? 0 : args[1].u.i,
            chars = (int64_t)dv_utf8_count(args[0].u.p, args[0].len);
    struct dv_buf *to = &eval->scratch;
    if (wanted > 0x0fffffff)
        return dv_eval_fail(err, "54000", "requested length too large");
    if (wanted <= chars || fill->len == 0) {
        *out = dv_text(args[0].u.p, dv_utf8_offset(args[0].u.p, args[0].len, wanted));
        return DV_OK;
    }
    dv_buf_reset(to);
    if (!left)
        dv_buf_append(to, args[0].u.p, args[0].len);
    for (size_t at = 0; chars < wanted; chars++) {
        size_t width = dv_utf8_width((unsigned char)fill->u.p[at]);
        dv_buf_append(to, fill->u.p + at, width);
        at = at + width < fill->len ? at + width : 0;
    }
    if (left)
        dv_buf_append(to, args[0].u.p, args[0].len);
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_lpad)
{
    return pad(eval, args, expr->arg_count, true, out, err);
}

TEXT_FN(fn_rpad)
{
    return pad(eval, args, expr->arg_count, false, out, err);
}

TEXT_FN(fn_repeat)
{
    uint64_t times = args[1].u.i > 0 ? (uint64_t)args[1].u.i : 0;
    char *room;
    UNUSED;
    if (times * args[0].len > 0x3ffffff0U)
        return dv_eval_fail(err, "54000", "requested length too large");
    room = dv_out_room(eval, (size_t)times * args[0].len, err);
    if (room == NULL)
        return err->status;
    for (uint64_t i = 0; i < times && args[0].len > 0; i++)
        memcpy(room + i * args[0].len, args[0].u.p, args[0].len);
    *out = dv_text(room, (size_t)times * args[0].len);
    return DV_OK;
}

TEXT_FN(fn_reverse)
{
    char *room = dv_out_room(eval, args[0].len, err), *to;
    UNUSED;
    if (room == NULL)
        return err->status;
    to = room + args[0].len;
    for (size_t i = 0; i < args[0].len;) {
        size_t width = dv_utf8_width((unsigned char)args[0].u.p[i]);
        to -= width;
        memcpy(to, args[0].u.p + i, width);
        i += width;
    }
    *out = dv_text(room, args[0].len);
    return DV_OK;
}

/* The output function's text, as concat takes it (t, not true). */
static void append_output(struct dv_buf *to, const struct dv_value *value, const struct dv_type *type)
{
    if (type->id == DV_TYPE_TEXT || type->id == DV_TYPE_VARCHAR || type->id == DV_TYPE_BPCHAR)
        dv_buf_append(to, value->u.p, value->len);
    else
        dv_value_to_text(value, type, to);
}

TEXT_FN(fn_concat)
{
    UNUSED;
    dv_buf_reset(&eval->scratch);
    for (unsigned i = 0; i < expr->arg_count; i++)
        if (args[i].state != DV_NULL)
            append_output(&eval->scratch, &args[i], &expr->args[i]->type);
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_concat_ws)
{
    bool first = true;
    UNUSED;
    if (args[0].state == DV_NULL)
        return DV_OK;
    dv_buf_reset(&eval->scratch);
    for (unsigned i = 1; i < expr->arg_count; i++) {
        if (args[i].state == DV_NULL)
            continue;
        if (!first)
            dv_buf_append(&eval->scratch, args[0].u.p, args[0].len);
        first = false;
        append_output(&eval->scratch, &args[i], &expr->args[i]->type);
    }
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_md5)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char hex[32];
    UNUSED;
    if (EVP_Digest(args[0].u.p, args[0].len, digest, &length, EVP_md5(), NULL) != 1 || length != 16)
        return dv_eval_fail(err, "XX000", "could not compute MD5 hash");
    for (unsigned i = 0; i < 16; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return dv_out_text(eval, out, hex, sizeof(hex), err);
}

TEXT_FN(fn_chr)
{
    int64_t c = args[0].u.i;
    char bytes[4];
    size_t length;
    UNUSED;
    if (c < 0)
        return dv_eval_fail(err, "22023", "character number must be positive");
    if (c == 0)
        return dv_eval_fail(err, "54000", "null character not permitted");
    if (c > 0x10ffff)
        return dv_eval_fail(err, "54000", "requested character too large for encoding: %lld", (long long)c);
    if (c >= 0xd800 && c <= 0xdfff)
        return dv_eval_fail(err, "54000", "requested character not valid for encoding: %lld", (long long)c);
    length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)(length == 1 ? c : (0xf00 >> length & 0xf0) | c);
    return dv_out_text(eval, out, bytes, length, err);
}

TEXT_FN(fn_ascii)
{
    unsigned char lead = args[0].len > 0 ? (unsigned char)args[0].u.p[0] : 0;
    unsigned width = dv_utf8_width(lead);
    int64_t c = width == 1 ? lead : lead & (0x7f >> width);
    UNUSED;
    for (unsigned i = 1; i < width && i < args[0].len; i++)
        c = c << 6 | (args[0].u.p[i] & 0x3f);
    *out = dv_int(c);
    return DV_OK;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
static const struct dv_function text_entries[] = {
    FN("lower", "text>text", dv_text_lower),
    FN("upper", "text>text", dv_text_upper),
    FN("initcap", "text>text", dv_text_initcap),
    FN("btrim", "text>text", fn_btrim),
    FN("btrim", "text,text>text", fn_btrim),
    FN("ltrim", "text>text", fn_ltrim),
    FN("ltrim", "text,text>text", fn_ltrim),
    FN("rtrim", "text>text", fn_rtrim),
    FN("rtrim", "text,text>text", fn_rtrim),
    FN("length", "text>int4", fn_length),
    FN("length", "bpchar>int4", fn_length),
    FN("length", "bytea>int4", fn_octet_length),
    FN("char_length", "text>int4", fn_length),
    FN("char_length", "bpchar>int4", fn_length),
    FN("character_length", "text>int4", fn_length),
    FN("character_length", "bpchar>int4", fn_length),
    FN("octet_length", "text>int4", fn_octet_length),
    FN("octet_length", "bpchar>int4", fn_octet_length),
    FN("octet_length", "bytea>int4", fn_octet_length),
    FN("bit_length", "text>int4", fn_bit_length),
    FN("bit_length", "bytea>int4", fn_bit_length),
    FN("substring", "text,int4>text", fn_substring),
    FN("substring", "text,int4,int4>text", fn_substring),
    FN("substr", "text,int4>text", fn_substring),
    FN("substr", "text,int4,int4>text", fn_substring),
    FN("left", "text,int4>text", fn_left),
    FN("right", "text,int4>text", fn_right),
    FN("strpos", "text,text>int4", fn_strpos),
    FN("starts_with", "text,text>bool", fn_starts_with),
    FN("split_part", "text,text,int4>text", fn_split_part),
    FN("replace", "text,text,text>text", fn_replace),
    FN("translate", "text,text,text>text", fn_translate),
    FN("lpad", "text,int4>text", fn_lpad),
    FN("lpad", "text,int4,text>text", fn_lpad),
    FN("rpad", "text,int4>text", fn_rpad),
    FN("rpad", "text,int4,text>text", fn_rpad),
    FN("repeat", "text,int4>text", fn_repeat),
    FN("reverse", "text>text", fn_reverse),
    {.name = "concat",
     .signature = "any,any...>text",
     .flags = DV_FN_NULLS | DV_FN_STABLE,
     .eval = fn_concat},
    {.name = "concat_ws",
     .signature = "text,any,any...>text",
     .flags = DV_FN_NULLS | DV_FN_STABLE,
     .eval = fn_concat_ws},
    FN("md5", "text>text", fn_md5),
    FN("md5", "bytea>text", fn_md5),
    FN("chr", "int4>text", fn_chr),
    FN("ascii", "text>int4", fn_ascii),
    FN("normalize", "text>text", dv_text_normalize),
    FN("normalize", "text,text>text", dv_text_normalize),
    {.name = "slug", .signature = "text>text", .flags = DV_FN_NULLS, .eval = dv_text_slug},
};
const struct dv_function_table dv_functions_text = DV_FUNCTION_TABLE(text_entries);
