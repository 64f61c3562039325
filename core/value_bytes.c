#include "core/value_bytes.h"

#include "core/value_error.h"

#include <string.h>

static int hex_digit(char c)
{
    if (dv_is_digit(c))
        return c - '0';
    c = dv_lower_ascii(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t character_length(const char *text, const char *end)
{
    size_t length = 1;
    while (text + length < end && ((unsigned char)text[length] & 0xC0U) == 0x80U)
        length++;
    return length;
}

/* Blanks may stand between the bytes, not inside one. */
static enum dv_status parse_hex(const char *text, size_t length, char *bytes, size_t *count,
                                struct dv_err *err)
{
    const char *at = text + 2, *end = text + length;
    size_t made = 0;
    while (at < end) {
        if (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') {
            at++;
            continue;
        }
        int digits[2];
        for (int i = 0; i < 2; i++, at++) {
            if (at == end)
                return dv_value_fail(err, "22023", text, length,
                                     "invalid hexadecimal data: odd number of digits");
            digits[i] = hex_digit(*at);
            if (digits[i] < 0)
                return dv_value_fail(err, "22023", text, length, "invalid hexadecimal digit: \"%.*s\"",
                                     (int)character_length(at, end), at);
        }
        bytes[made++] = (char)(digits[0] << 4 | digits[1]);
    }
    *count = made;
    return DV_OK;
}

static enum dv_status parse_escaped(const char *text, size_t length, char *bytes, size_t *count,
                                    struct dv_err *err)
{
    const char *at = text, *end = text + length;
    size_t made = 0;
    while (at < end) {
        if (*at != '\\') {
            bytes[made++] = *at++;
        } else if (end - at >= 4 && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
                   at[3] >= '0' && at[3] <= '7') {
            bytes[made++] = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            at += 4;
        } else if (end - at >= 2 && at[1] == '\\') {
            bytes[made++] = '\\';
            at += 2;
        } else {
            return dv_value_fail(err, "22P02", text, length, "invalid input syntax for type bytea");
        }
    }
    *count = made;
    return DV_OK;
}

enum dv_status dv_bytea_parse(const char *text, size_t length, struct dv_arena *arena, struct dv_value *out,
                              struct dv_err *err)
{
    char *bytes = dv_arena_alloc(arena, length + 1);
    size_t count = 0;
    if (bytes == NULL)
        return dv_fail_memory(err);
    enum dv_status status = length >= 2 && text[0] == '\\' && text[1] == 'x'
                                ? parse_hex(text, length, bytes, &count, err)
                                : parse_escaped(text, length, bytes, &count, err);
    if (status == DV_OK)
        *out = dv_text(bytes, count);
    return status;
}

void dv_bytea_format(const char *bytes, size_t length, struct dv_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    if (!dv_buf_reserve(out, 2 + 2 * length))
        return;
    char *at = out->data + out->len;
    *at++ = '\\';
    *at++ = 'x';
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    out->len += 2 + 2 * length;
}
