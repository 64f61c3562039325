/* Text in other forms: quoting, format, encode and decode, digests, code points. */
#include "transform/functions.h"

#include "transform/keyword.h"
#include "transform/text_case.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

/* ---- quoting ------------------------------------------------------------------------------------------- */

static void put_quoted(struct dv_buf *to, char quote, const char *p, size_t length)
{
    dv_buf_byte(to, quote);
    for (size_t i = 0; i < length; i++) {
        if (p[i] == quote || (quote == '\'' && p[i] == '\\'))
            dv_buf_byte(to, p[i]);
        dv_buf_byte(to, p[i]);
    }
    dv_buf_byte(to, quote);
}

static void put_literal(struct dv_buf *to, const char *p, size_t length)
{
    if (length > 0 && memchr(p, '\\', length) != NULL)
        dv_buf_byte(to, 'E');
    put_quoted(to, '\'', p, length);
}

static void put_identifier(struct dv_buf *to, const char *p, size_t length)
{
    char word[64];
    bool plain = length > 0 && !(p[0] >= '0' && p[0] <= '9');
    for (size_t i = 0; plain && i < length; i++)
        plain = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9') || p[i] == '_';
    if (plain && length < sizeof(word)) {
        memcpy(word, p, length);
        word[length] = '\0';
        plain = dv_keyword_of(word) == DV_KEYWORD_FREE;
    }
    if (plain)
        dv_buf_append(to, p, length);
    else
        put_quoted(to, '"', p, length);
}

TEXT_FN(fn_quote_ident)
{
    (void)expr;
    dv_buf_reset(&eval->scratch);
    put_identifier(&eval->scratch, args[0].u.p, args[0].len);
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_quote_literal)
{
    (void)expr;
    dv_buf_reset(&eval->scratch);
    put_literal(&eval->scratch, args[0].u.p, args[0].len);
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_quote_nullable)
{
    if (args[0].state == DV_NULL) {
        *out = dv_text("NULL", 4);
        return DV_OK;
    }
    return fn_quote_literal(expr, eval, args, out, err);
}

/* Of any type: its text. */
static enum dv_status bind_as_text(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    struct dv_expr *arg = call->expr.args[0];
    return dv_cast(binder, arg, &text, DV_CAST_EXPLICIT, arg->line, arg->column, &call->expr.args[0], err);
}

/* ---- format -------------------------------------------------------------------------------------------- */

struct directive {
    const char *at, *end;
    int64_t position, width, width_position; /* 0: the next argument; width_position -1: none */
    bool left;
};

static enum dv_status bad_format(struct dv_err *err, const char *message, const char *hint)
{
    (void)dv_eval_fail(err, "22023", "%s", message);
    dv_err_hint(err, "%s", hint);
    return DV_FAILED;
}

static enum dv_status unterminated(struct dv_err *err)
{
    return bad_format(err, "unterminated format() type specifier", "For a single \"%\" use \"%%\".");
}

static bool format_digits(struct directive *directive, int64_t *number)
{
    bool found = false;
    *number = 0;
    for (; directive->at < directive->end && *directive->at >= '0' && *directive->at <= '9';
         directive->at++) {
        found = true;
        if (*number < INT32_MAX)
            *number = *number * 10 + (*directive->at - '0');
    }
    return found;
}

/* n$ taken: the argument's number. */
static enum dv_status position(struct directive *directive, int64_t number, int64_t *out, struct dv_err *err)
{
    if (number == 0)
        return dv_eval_fail(err, "22023", "format specifies argument 0, but arguments are numbered from 1");
    *out = number;
    directive->at++;
    return directive->at < directive->end ? DV_OK : unterminated(err);
}

/* From behind the % to the letter. */
static enum dv_status read_directive(struct directive *directive, struct dv_err *err)
{
    int64_t number;
    enum dv_status status = DV_OK;
    directive->position = directive->width = 0;
    directive->width_position = -1;
    directive->left = false;
    if (format_digits(directive, &number)) {
        if (directive->at == directive->end)
            return unterminated(err);
        if (*directive->at != '$') {
            directive->width = number;
            return DV_OK;
        }
        status = position(directive, number, &directive->position, err);
    }
    for (; status == DV_OK && directive->at < directive->end && *directive->at == '-'; directive->at++)
        directive->left = true;
    if (status == DV_OK && directive->at < directive->end && *directive->at == '*') {
        directive->at++;
        directive->width_position = 0;
        if (format_digits(directive, &number)) {
            if (directive->at == directive->end)
                return unterminated(err);
            if (*directive->at != '$')
                return dv_eval_fail(err, "22023", "width argument position must be ended by \"$\"");
            status = position(directive, number, &directive->width_position, err);
        }
    } else if (status == DV_OK && format_digits(directive, &number)) {
        directive->width = number;
    }
    if (status == DV_OK && directive->at == directive->end)
        return unterminated(err);
    return status;
}

static void put_padded(struct dv_buf *to, const char *p, size_t length, int64_t width, bool left)
{
    int64_t fill;
    if (width < 0) {
        left = true;
        width = -width;
    }
    fill = width - (int64_t)dv_utf8_count(p, length);
    for (int64_t i = 0; !left && i < fill; i++)
        dv_buf_byte(to, ' ');
    dv_buf_append(to, p, length);
    for (int64_t i = 0; left && i < fill; i++)
        dv_buf_byte(to, ' ');
}

/* The width that an argument gives. */
static enum dv_status width_argument(const struct dv_value *value, const struct dv_type *type, int64_t *width,
                                     struct dv_err *err)
{
    struct dv_type integer = dv_type_of(DV_TYPE_INT4);
    struct dv_buf text = {0};
    struct dv_arena arena = {0};
    struct dv_value read = dv_null();
    enum dv_status status = DV_OK;
    *width = 0;
    if (value->state == DV_NULL)
        return DV_OK;
    dv_value_to_text(value, type, &text);
    status = dv_value_from_text(text.data != NULL ? text.data : "", text.len, &integer, &arena, &read, err);
    if (status == DV_OK)
        *width = read.u.i;
    dv_buf_release(&text);
    dv_arena_release(&arena);
    return status;
}

static enum dv_status put_argument(struct dv_buf *to, const struct directive *directive, struct dv_buf *work,
                                   const struct dv_value *value, const struct dv_type *type,
                                   struct dv_err *err)
{
    struct dv_buf text = {0};
    char letter = *directive->at;
    dv_buf_reset(work);
    if (value->state == DV_NULL) {
        if (letter == 'I')
            return dv_eval_fail(err, "22004", "null values cannot be formatted as an SQL identifier");
        put_padded(to, letter == 'L' ? "NULL" : "", letter == 'L' ? 4 : 0, directive->width, directive->left);
        return DV_OK;
    }
    dv_value_to_text(value, type, &text);
    if (letter == 'I')
        put_identifier(work, text.data != NULL ? text.data : "", text.len);
    else if (letter == 'L')
        put_literal(work, text.data != NULL ? text.data : "", text.len);
    else
        dv_buf_append(work, text.data != NULL ? text.data : "", text.len);
    put_padded(to, work->data != NULL ? work->data : "", work->len, directive->width, directive->left);
    to->failed = to->failed || work->failed || text.failed;
    dv_buf_release(&text);
    return DV_OK;
}

static enum dv_status put_directive(const struct dv_expr *expr, struct dv_value *args, struct dv_buf *to,
                                    struct directive *directive, struct dv_buf *work, int64_t *next,
                                    struct dv_err *err)
{
    enum dv_status status = read_directive(directive, err);
    if (status != DV_OK)
        return status;
    if (strchr("sIL", *directive->at) == NULL) {
        size_t width = dv_utf8_width((unsigned char)*directive->at);
        (void)dv_eval_fail(err, "22023", "unrecognized format() type specifier \"%.*s\"", (int)width,
                           directive->at);
        dv_err_hint(err, "For a single \"%%\" use \"%%%%\".");
        return DV_FAILED;
    }
    if (directive->width_position >= 0) {
        if (directive->width_position > 0)
            *next = directive->width_position;
        if (*next >= (int64_t)expr->arg_count)
            return dv_eval_fail(err, "22023", "too few arguments for format()");
        status = width_argument(&args[*next], &expr->args[*next]->type, &directive->width, err);
        if (status != DV_OK)
            return status;
        ++*next;
    }
    if (directive->position > 0)
        *next = directive->position;
    if (*next >= (int64_t)expr->arg_count)
        return dv_eval_fail(err, "22023", "too few arguments for format()");
    status = put_argument(to, directive, work, &args[*next], &expr->args[*next]->type, err);
    ++*next;
    directive->at++;
    return status;
}

TEXT_FN(fn_format)
{
    struct directive directive = {.at = args[0].u.p, .end = args[0].u.p + args[0].len};
    struct dv_buf work = {0};
    int64_t next = 1;
    enum dv_status status = DV_OK;
    if (args[0].state == DV_NULL)
        return DV_OK;
    dv_buf_reset(&eval->scratch);
    while (status == DV_OK && directive.at < directive.end) {
        char c = *directive.at++;
        if (c != '%') {
            dv_buf_byte(&eval->scratch, c);
        } else if (directive.at == directive.end) {
            status = unterminated(err);
        } else if (*directive.at == '%') {
            dv_buf_byte(&eval->scratch, '%');
            directive.at++;
        } else {
            status = put_directive(expr, args, &eval->scratch, &directive, &work, &next, err);
        }
    }
    dv_buf_release(&work);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

/* ---- encode, decode ------------------------------------------------------------------------------------ */

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum encoding { BY_HEX, BY_BASE64, BY_ESCAPE };

static enum dv_status encoding_named(const struct dv_value *name, enum encoding *encoding, struct dv_err *err)
{
    static const char *const names[] = {"hex", "base64", "escape"};
    for (int i = 0; i < 3; i++) {
        if (strlen(names[i]) == name->len && strncasecmp(names[i], name->u.p, name->len) == 0) {
            *encoding = (enum encoding)i;
            return DV_OK;
        }
    }
    (void)dv_eval_fail(err, "22023", "unrecognized encoding: \"%.*s\"",
                       (int)(name->len > 64 ? 64 : name->len), name->u.p);
    dv_err_hint(err, "Encodings are hex, base64 and escape.");
    return DV_FAILED;
}

static void encode_base64(struct dv_buf *to, const unsigned char *p, size_t length)
{
    size_t column = 0;
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t bits =
            (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0U) | (left > 2 ? p[i + 2] : 0U);
        dv_buf_byte(to, base64_digits[bits >> 18]);
        dv_buf_byte(to, base64_digits[bits >> 12 & 63]);
        dv_buf_byte(to, left > 1 ? base64_digits[bits >> 6 & 63] : '=');
        dv_buf_byte(to, left > 2 ? base64_digits[bits & 63] : '=');
        column += 4;
        if (column == 76 && left > 2) {
            dv_buf_byte(to, '\n');
            column = 0;
        }
    }
}

TEXT_FN(fn_encode)
{
    const unsigned char *p = (const unsigned char *)args[0].u.p;
    enum encoding encoding = BY_HEX;
    enum dv_status status = encoding_named(&args[1], &encoding, err);
    (void)expr;
    if (status != DV_OK)
        return status;
    dv_buf_reset(&eval->scratch);
    if (encoding == BY_BASE64)
        encode_base64(&eval->scratch, p, args[0].len);
    for (size_t i = 0; encoding != BY_BASE64 && i < args[0].len; i++) {
        if (encoding == BY_HEX) {
            dv_buf_byte(&eval->scratch, hex_digits[p[i] >> 4]);
            dv_buf_byte(&eval->scratch, hex_digits[p[i] & 15]);
        } else if (p[i] == 0 || p[i] >= 0x80) {
            dv_buf_printf(&eval->scratch, "\\%03o", p[i]);
        } else {
            if (p[i] == '\\')
                dv_buf_byte(&eval->scratch, '\\');
            dv_buf_byte(&eval->scratch, (char)p[i]);
        }
    }
    return dv_out_scratch(eval, out, err);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum dv_status bad_symbol(struct dv_err *err, const char *p, const char *format)
{
    char symbol[5] = "";
    memcpy(symbol, p, strnlen(p, dv_utf8_width((unsigned char)*p)));
    if (format[0] == 'h')
        return dv_eval_fail(err, "22023", "invalid hexadecimal digit: \"%s\"", symbol);
    return dv_eval_fail(err, "22023", "invalid symbol \"%s\" found while decoding base64 sequence", symbol);
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static enum dv_status decode_hex(struct dv_buf *to, const char *p, size_t length, struct dv_err *err)
{
    const char *end = p + length;
    while (p < end) {
        int high, low;
        if (blank(*p)) {
            p++;
            continue;
        }
        high = hex_value(*p);
        if (high < 0)
            return bad_symbol(err, p, "hex");
        if (++p == end)
            return dv_eval_fail(err, "22023", "invalid hexadecimal data: odd number of digits");
        low = hex_value(*p);
        if (low < 0)
            return bad_symbol(err, p, "hex");
        p++;
        dv_buf_byte(to, (char)(high << 4 | low));
    }
    return DV_OK;
}

static enum dv_status decode_base64(struct dv_buf *to, const char *p, size_t length, struct dv_err *err)
{
    uint32_t bits = 0;
    int count = 0, padding = 0;
    for (const char *end = p + length; p < end; p++) {
        const char *found;
        uint32_t value = 0;
        if (blank(*p))
            continue;
        if (*p == '=') {
            if (padding == 0 && count != 2 && count != 3)
                return dv_eval_fail(err, "22023", "unexpected \"=\" while decoding base64 sequence");
            if (padding == 0)
                padding = count - 1;
        } else {
            found = *p != '\0' ? strchr(base64_digits, *p) : NULL;
            if (found == NULL)
                return bad_symbol(err, p, "base64");
            value = (uint32_t)(found - base64_digits);
        }
        bits = bits << 6 | value;
        if (++count < 4)
            continue;
        dv_buf_byte(to, (char)(bits >> 16));
        if (padding == 0 || padding > 1)
            dv_buf_byte(to, (char)(bits >> 8));
        if (padding == 0)
            dv_buf_byte(to, (char)bits);
        bits = 0;
        count = 0;
    }
    if (count != 0) {
        (void)dv_eval_fail(err, "22023", "invalid base64 end sequence");
        dv_err_hint(err, "Input data is missing padding, is truncated, or is otherwise corrupted.");
        return DV_FAILED;
    }
    return DV_OK;
}

static enum dv_status decode_escape(struct dv_buf *to, const char *p, size_t length, struct dv_err *err)
{
    const char *end = p + length;
    while (p < end) {
        if (*p != '\\') {
            dv_buf_byte(to, *p++);
        } else if (end - p >= 4 && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
                   p[3] <= '7') {
            dv_buf_byte(to, (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0')));
            p += 4;
        } else if (end - p >= 2 && p[1] == '\\') {
            dv_buf_byte(to, '\\');
            p += 2;
        } else {
            return dv_eval_fail(err, "22P02", "invalid input syntax for type bytea");
        }
    }
    return DV_OK;
}

TEXT_FN(fn_decode)
{
    enum encoding encoding = BY_HEX;
    enum dv_status status = encoding_named(&args[1], &encoding, err);
    (void)expr;
    dv_buf_reset(&eval->scratch);
    if (status == DV_OK)
        status = encoding == BY_HEX      ? decode_hex(&eval->scratch, args[0].u.p, args[0].len, err)
                 : encoding == BY_BASE64 ? decode_base64(&eval->scratch, args[0].u.p, args[0].len, err)
                                         : decode_escape(&eval->scratch, args[0].u.p, args[0].len, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

static bool is_utf8(const struct dv_value *name)
{
    char letters[8] = "";
    size_t n = 0;
    for (size_t i = 0; i < name->len && n < sizeof(letters) - 1; i++)
        if (name->u.p[i] != '-' && name->u.p[i] != '_' && name->u.p[i] != ' ')
            letters[n++] =
                (char)(name->u.p[i] >= 'A' && name->u.p[i] <= 'Z' ? name->u.p[i] | 0x20 : name->u.p[i]);
    return strcmp(letters, "utf8") == 0 || strcmp(letters, "unicode") == 0;
}

static enum dv_status only_utf8(const struct dv_value *name, struct dv_err *err)
{
    (void)dv_eval_fail(err, "0A000", "the encoding \"%.*s\" is not supported",
                       (int)(name->len > 64 ? 64 : name->len), name->u.p);
    dv_err_hint(err, "Rows are UTF-8 everywhere: write 'UTF8'.");
    return DV_FAILED;
}

/* Bytes of the character at p; 0: it is none. */
static size_t valid_width(const unsigned char *p, size_t left)
{
    size_t width = dv_utf8_width(*p);
    uint32_t c = width == 1 ? *p : *p & (0x7fU >> width);
    if (*p < 0x80)
        return *p == 0 ? 0 : 1;
    if (*p < 0xc2 || *p > 0xf4 || width > left)
        return 0;
    for (size_t i = 1; i < width; i++) {
        if ((p[i] & 0xc0U) != 0x80U)
            return 0;
        c = c << 6 | (p[i] & 0x3fU);
    }
    return (width == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))) ||
                   (width == 4 && (c < 0x10000 || c > 0x10ffff))
               ? 0
               : width;
}

TEXT_FN(fn_convert_from)
{
    const unsigned char *p = (const unsigned char *)args[0].u.p;
    UNUSED;
    if (!is_utf8(&args[1]))
        return only_utf8(&args[1], err);
    for (size_t i = 0; i < args[0].len;) {
        size_t width = valid_width(p + i, args[0].len - i);
        if (width == 0)
            return dv_eval_fail(err, "22021", "invalid byte sequence for encoding \"UTF8\": 0x%02x", p[i]);
        i += width;
    }
    *out = args[0];
    return DV_OK;
}

TEXT_FN(fn_convert_to)
{
    UNUSED;
    if (!is_utf8(&args[1]))
        return only_utf8(&args[1], err);
    *out = args[0];
    return DV_OK;
}

/* data: the digest's name */
TEXT_FN(fn_sha)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    const char *name = expr->data;
    const EVP_MD *kind = strcmp(name, "224") == 0   ? EVP_sha224()
                         : strcmp(name, "256") == 0 ? EVP_sha256()
                         : strcmp(name, "384") == 0 ? EVP_sha384()
                                                    : EVP_sha512();
    if (EVP_Digest(args[0].u.p, args[0].len, digest, &length, kind, NULL) != 1)
        return dv_eval_fail(err, "XX000", "could not compute the hash");
    return dv_out_text(eval, out, (const char *)digest, length, err);
}

#define SHA_BIND(bits)                                                                                       \
    static enum dv_status bind_sha##bits(struct dv_binder *binder, struct dv_call *call, struct dv_err *err) \
    {                                                                                                        \
        (void)binder;                                                                                        \
        (void)err;                                                                                           \
        call->expr.data = #bits;                                                                             \
        return DV_OK;                                                                                        \
    }
SHA_BIND(224)
SHA_BIND(256)
SHA_BIND(384)
SHA_BIND(512)

/* ---- parts --------------------------------------------------------------------------------------------- */

TEXT_FN(fn_overlay)
{
    bool bytes = expr->type.id == DV_TYPE_BYTEA;
    int64_t from = args[2].u.i,
            chars = bytes ? args[0].len : (int64_t)dv_utf8_count(args[0].u.p, args[0].len), gap;
    size_t head, tail;
    gap = expr->arg_count > 3 ? args[3].u.i
                              : (bytes ? args[1].len : (int64_t)dv_utf8_count(args[1].u.p, args[1].len));
    if (from <= 0)
        return dv_eval_fail(err, "22011", "negative substring length not allowed");
    if (from + gap > INT32_MAX || from + gap < INT32_MIN)
        return dv_eval_range(err, DV_TYPE_INT4);
    gap = from - 1 + gap;
    gap = gap < 0 ? 0 : gap > chars ? chars : gap;
    from = from - 1 > chars ? chars : from - 1;
    head = bytes ? (size_t)from : dv_utf8_offset(args[0].u.p, args[0].len, from);
    tail = bytes ? (size_t)gap : dv_utf8_offset(args[0].u.p, args[0].len, gap);
    dv_buf_reset(&eval->scratch);
    dv_buf_append(&eval->scratch, args[0].u.p, head);
    dv_buf_append(&eval->scratch, args[1].u.p, args[1].len);
    dv_buf_append(&eval->scratch, args[0].u.p + tail, args[0].len - tail);
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_substring_bytes)
{
    int64_t start = args[1].u.i, end = expr->arg_count > 2 ? start + args[2].u.i : INT64_MAX;
    UNUSED;
    if (expr->arg_count > 2 && args[2].u.i < 0)
        return dv_eval_fail(err, "22011", "negative substring length not allowed");
    start = start < 1 ? 1 : start;
    end = end > (int64_t)args[0].len + 1 ? (int64_t)args[0].len + 1 : end;
    *out = end > start ? dv_text(args[0].u.p + start - 1, (size_t)(end - start)) : dv_text("", 0);
    return DV_OK;
}

TEXT_FN(fn_get_byte)
{
    UNUSED;
    if (args[1].u.i < 0 || args[1].u.i >= (int64_t)args[0].len)
        return dv_eval_fail(err, "2202E", "index %lld out of valid range, 0..%lld", (long long)args[1].u.i,
                            (long long)args[0].len - 1);
    *out = dv_int((unsigned char)args[0].u.p[args[1].u.i]);
    return DV_OK;
}

TEXT_FN(fn_to_hex)
{
    char text[24];
    uint64_t value = (uint64_t)args[0].u.i;
    if (expr->args[0]->type.id == DV_TYPE_INT4)
        value &= 0xffffffffU;
    return dv_out_text(eval, out, text,
                       (size_t)snprintf(text, sizeof(text), "%llx", (unsigned long long)value), err);
}

/* ---- code points --------------------------------------------------------------------------------------- */

static bool read_hex(const char *p, size_t count, const char *end, uint32_t *out)
{
    *out = 0;
    if ((size_t)(end - p) < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static void put_char(struct dv_buf *to, uint32_t c)
{
    if (c < 0x80) {
        dv_buf_byte(to, (char)c);
        return;
    }
    if (c < 0x800) {
        dv_buf_byte(to, (char)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            dv_buf_byte(to, (char)(0xe0 | c >> 12));
        } else {
            dv_buf_byte(to, (char)(0xf0 | c >> 18));
            dv_buf_byte(to, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        dv_buf_byte(to, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    dv_buf_byte(to, (char)(0x80 | (c & 0x3f)));
}

TEXT_FN(fn_unistr)
{
    const char *p = args[0].u.p, *end = p + args[0].len;
    uint32_t high = 0;
    UNUSED;
    dv_buf_reset(&eval->scratch);
    while (p < end) {
        uint32_t c = 0;
        size_t used = 0;
        if (*p != '\\' || (end - p > 1 && p[1] == '\\')) {
            if (high != 0)
                return dv_eval_fail(err, "42601", "invalid Unicode surrogate pair");
            used = *p == '\\' ? 2 : 1;
            dv_buf_byte(&eval->scratch, *p);
            p += used;
            continue;
        }
        if (read_hex(p + 1, 4, end, &c))
            used = 5;
        else if (end - p > 1 && p[1] == '+' && read_hex(p + 2, 6, end, &c))
            used = 8;
        else if (end - p > 1 && p[1] == 'u' && read_hex(p + 2, 4, end, &c))
            used = 6;
        else if (end - p > 1 && p[1] == 'U' && read_hex(p + 2, 8, end, &c))
            used = 10;
        if (used == 0) {
            (void)dv_eval_fail(err, "42601", "invalid Unicode escape");
            dv_err_hint(err, "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
            return DV_FAILED;
        }
        if (c == 0 || c > 0x10ffff)
            return dv_eval_fail(err, "22023", "invalid Unicode code point: %04X", (unsigned)c);
        p += used;
        if ((high != 0) != (c >= 0xdc00 && c <= 0xdfff))
            return dv_eval_fail(err, "42601", "invalid Unicode surrogate pair");
        if (high != 0) {
            c = 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00);
            high = 0;
        } else if (c >= 0xd800 && c <= 0xdbff) {
            high = c;
            continue;
        }
        put_char(&eval->scratch, c);
    }
    if (high != 0)
        return dv_eval_fail(err, "42601", "invalid Unicode surrogate pair");
    return dv_out_scratch(eval, out, err);
}

TEXT_FN(fn_is_normalized)
{
    struct dv_value form = dv_null();
    enum dv_status status = dv_text_normalize(expr, eval, args, &form, err);
    if (status == DV_OK)
        *out = dv_bool(form.len == args[0].len &&
                       (form.len == 0 || memcmp(form.u.p, args[0].u.p, form.len) == 0));
    return status;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
static const struct dv_function encode_entries[] = {
    FN("quote_ident", "text>text", fn_quote_ident),
    FN("quote_literal", "text>text", fn_quote_literal),
    {.name = "quote_literal", .signature = "any>text", .eval = fn_quote_literal, .bind = bind_as_text},
    {.name = "quote_nullable", .signature = "text>text", .flags = DV_FN_NULLS, .eval = fn_quote_nullable},
    {.name = "quote_nullable",
     .signature = "any>text",
     .flags = DV_FN_NULLS,
     .eval = fn_quote_nullable,
     .bind = bind_as_text},
    {.name = "format",
     .signature = "text,any...>text",
     .flags = DV_FN_NULLS | DV_FN_STABLE,
     .eval = fn_format},
    FN("encode", "bytea,text>text", fn_encode),
    FN("decode", "text,text>bytea", fn_decode),
    {.name = "convert_from", .signature = "bytea,text>text", .flags = DV_FN_STABLE, .eval = fn_convert_from},
    {.name = "convert_to", .signature = "text,text>bytea", .flags = DV_FN_STABLE, .eval = fn_convert_to},
    {.name = "sha224", .signature = "bytea>bytea", .eval = fn_sha, .bind = bind_sha224},
    {.name = "sha256", .signature = "bytea>bytea", .eval = fn_sha, .bind = bind_sha256},
    {.name = "sha384", .signature = "bytea>bytea", .eval = fn_sha, .bind = bind_sha384},
    {.name = "sha512", .signature = "bytea>bytea", .eval = fn_sha, .bind = bind_sha512},
    FN("overlay", "text,text,int4>text", fn_overlay),
    FN("overlay", "text,text,int4,int4>text", fn_overlay),
    FN("overlay", "bytea,bytea,int4>bytea", fn_overlay),
    FN("overlay", "bytea,bytea,int4,int4>bytea", fn_overlay),
    FN("substring", "bytea,int4>bytea", fn_substring_bytes),
    FN("substring", "bytea,int4,int4>bytea", fn_substring_bytes),
    FN("substr", "bytea,int4>bytea", fn_substring_bytes),
    FN("substr", "bytea,int4,int4>bytea", fn_substring_bytes),
    FN("get_byte", "bytea,int4>int4", fn_get_byte),
    FN("to_hex", "int4>text", fn_to_hex),
    FN("to_hex", "int8>text", fn_to_hex),
    FN("unistr", "text>text", fn_unistr),
    FN("is_normalized", "text>bool", fn_is_normalized),
    FN("is_normalized", "text,text>bool", fn_is_normalized),
};
const struct dv_function_table dv_functions_encode = DV_FUNCTION_TABLE(encode_entries);
