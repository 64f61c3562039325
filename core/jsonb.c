#include "core/jsonb.h"

#include "core/jsonb_scan.h"
#include "core/value_error.h"

#include <stdint.h>
#include <string.h>

#define EVERY(byte) (0x0101010101010101ULL * (byte))

/* Not zero where a byte of the eight is zero (the lowest such byte exactly, which is all that is asked). */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EVERY(0x01U)) & ~word & EVERY(0x80U);
}

const char *dv_json_skip_string(const char *at, const char *end)
{
    at++;
    for (;;) {
        while (end - at >= 8) { /* eight bytes a step while none is a quote or a backslash */
            uint64_t word;
            memcpy(&word, at, 8);
            if ((zero_bytes(word ^ EVERY(0x22U)) | zero_bytes(word ^ EVERY(0x5CU))) != 0)
                break;
            at += 8;
        }
        while (at < end && *at != '"' && *at != '\\')
            at++;
        if (at >= end)
            return NULL;
        if (*at == '"')
            return at + 1;
        at += 2; /* the backslash and what it escapes */
        if (at > end)
            return NULL;
    }
}

const char *dv_json_skip_to_close(const char *at, const char *end)
{
    size_t depth = 1;
    while (at != NULL && at < end) {
        switch (*at) {
        case '"':
            at = dv_json_skip_string(at, end);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return at + 1;
            break;
        default:
            break;
        }
        at++;
    }
    return NULL;
}

const char *dv_json_skip_value(const char *at, const char *end)
{
    const char *start = at;
    if (at < end && *at == '"')
        return dv_json_skip_string(at, end);
    if (at < end && (*at == '{' || *at == '['))
        return dv_json_skip_to_close(at + 1, end);
    while (at < end && *at != ',' && *at != '}' && *at != ']' && !dv_is_blank(*at))
        at++;
    return at > start ? at : NULL;
}

enum dv_json_kind dv_json_kind_of(struct dv_json_text json)
{
    switch (json.len > 0 ? json.p[0] : '\0') {
    case 'n':
        return DV_JSON_NULL;
    case '"':
        return DV_JSON_STRING;
    case 't':
    case 'f':
        return DV_JSON_BOOLEAN;
    case '[':
        return DV_JSON_ARRAY;
    case '{':
        return DV_JSON_OBJECT;
    default:
        return DV_JSON_NUMBER;
    }
}

struct dv_json_text dv_json_trim(const char *text, size_t length)
{
    while (length > 0 && dv_is_blank(*text)) {
        text++;
        length--;
    }
    while (length > 0 && dv_is_blank(text[length - 1]))
        length--;
    return (struct dv_json_text){text, length};
}

static int hex4(const char *at, const char *end)
{
    int value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = dv_lower_ascii(at[i]);
        int digit = dv_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static size_t put_utf8(int code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* One escape at *at (its backslash) to out, at most 4 bytes. */
static enum dv_json_escape unescape_one(const char **at, const char *end, char *out, size_t *made)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = *at + 1;
    if (p >= end)
        return DV_JSON_ESCAPE_BAD;
    const char *simple = *p == '\0' ? NULL : strchr(from, *p);
    if (simple != NULL) {
        *out = to[simple - from];
        *made = 1;
        *at = p + 1;
        return DV_JSON_ESCAPE_OK;
    }
    int code = *p == 'u' ? hex4(p + 1, end) : -1;
    if (code < 0 || (code >= 0xDC00 && code < 0xE000))
        return DV_JSON_ESCAPE_BAD;
    p += 5;
    if (code >= 0xD800 && code < 0xDC00) {
        int low = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : -1;
        if (low < 0xDC00 || low >= 0xE000)
            return DV_JSON_ESCAPE_BAD;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    }
    if (code == 0)
        return DV_JSON_ESCAPE_NUL;
    *made = put_utf8(code, out);
    *at = p;
    return DV_JSON_ESCAPE_OK;
}

enum dv_json_escape dv_json_unescape(const char *text, size_t length, char *out, size_t *out_length)
{
    const char *at = text, *end = text + length;
    char *to = out;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape == NULL ? end : escape) - at), made = 0;
        memcpy(to, at, plain);
        to += plain;
        if (escape == NULL)
            break;
        at = escape;
        enum dv_json_escape outcome = unescape_one(&at, end, to, &made);
        if (outcome != DV_JSON_ESCAPE_OK)
            return outcome;
        to += made;
    }
    *out_length = (size_t)(to - out);
    return DV_JSON_ESCAPE_OK;
}

enum dv_status dv_json_bad_escape(enum dv_json_escape what, const char *text, size_t length,
                                  struct dv_err *err)
{
    if (what == DV_JSON_ESCAPE_NUL) {
        enum dv_status status =
            dv_value_fail(err, "22P05", text, length, "unsupported Unicode escape sequence");
        dv_err_hint(err, "\\u0000 cannot be converted to text.");
        return status;
    }
    return dv_value_fail(err, "22P02", text, length, "invalid input syntax for type json");
}

/* Bytes of a string one after the other, escapes resolved. */
struct string_walk {
    const char *at, *end;
    char pending[4];
    size_t next, count;
};

static struct string_walk walk_of(struct dv_json_text string)
{
    bool quoted = string.len >= 2;
    return (struct string_walk){.at = string.p + quoted, .end = string.p + string.len - quoted};
}

static int next_byte(struct string_walk *walk) /* -1 at the end; a bad escape stands for itself */
{
    if (walk->next < walk->count)
        return (unsigned char)walk->pending[walk->next++];
    if (walk->at >= walk->end)
        return -1;
    if (*walk->at != '\\' ||
        unescape_one(&walk->at, walk->end, walk->pending, &walk->count) != DV_JSON_ESCAPE_OK)
        return (unsigned char)*walk->at++;
    walk->next = 1;
    return (unsigned char)walk->pending[0];
}

static size_t walk_length(struct string_walk walk)
{
    size_t length = 0;
    while (next_byte(&walk) >= 0)
        length++;
    return length;
}

int dv_json_string_compare(struct dv_json_text a, struct dv_json_text b, bool by_length)
{
    struct string_walk walk_a = walk_of(a), walk_b = walk_of(b);
    if (memchr(a.p, '\\', a.len) == NULL && memchr(b.p, '\\', b.len) == NULL) {
        size_t length_a = (size_t)(walk_a.end - walk_a.at), length_b = (size_t)(walk_b.end - walk_b.at);
        int by_size = (length_a > length_b) - (length_a < length_b);
        if (by_length && by_size != 0)
            return by_size;
        int order = memcmp(walk_a.at, walk_b.at, length_a < length_b ? length_a : length_b);
        return order != 0 ? order : by_size;
    }
    if (by_length) {
        size_t length_a = walk_length(walk_a), length_b = walk_length(walk_b);
        if (length_a != length_b)
            return length_a > length_b ? 1 : -1;
    }
    int byte_a, byte_b;
    do {
        byte_a = next_byte(&walk_a);
        byte_b = next_byte(&walk_b);
    } while (byte_a == byte_b && byte_a >= 0);
    return (byte_a > byte_b) - (byte_a < byte_b);
}

bool dv_json_is_key(struct dv_json_text string, const char *key, size_t key_length)
{
    const char *at = string.p + 1;
    size_t length = string.len - 2;
    if (length == key_length && memcmp(at, key, length) == 0)
        return memchr(at, '\\', length) == NULL;
    if (length <= key_length || memchr(at, '\\', length) == NULL)
        return false; /* an escape only ever makes the text longer */
    struct string_walk walk = walk_of(string);
    for (size_t i = 0; i < key_length; i++)
        if (next_byte(&walk) != (unsigned char)key[i])
            return false;
    return next_byte(&walk) < 0;
}

int dv_json_key_order(struct dv_json_text string, const char *key, size_t key_length)
{
    size_t length = string.len - 2;
    if (memchr(string.p + 1, '\\', length) == NULL) {
        if (length != key_length)
            return length > key_length ? 1 : -1;
        return memcmp(string.p + 1, key, length);
    }
    struct string_walk walk = walk_of(string);
    length = walk_length(walk);
    if (length != key_length)
        return length > key_length ? 1 : -1;
    for (size_t i = 0; i < key_length; i++) {
        int byte = next_byte(&walk);
        if (byte != (unsigned char)key[i])
            return byte - (unsigned char)key[i];
    }
    return 0;
}

struct dv_json_text dv_json_member(struct dv_json_text json, const char *key, size_t key_length)
{
    struct dv_json_text found = {NULL, 0};
    if (json.len < 2 || json.p[0] != '{')
        return found;
    const char *at = json.p + 1, *end = json.p + json.len;
    for (;;) {
        at = dv_json_skip_blanks(at, end);
        if (at >= end || *at != '"')
            return found;
        const char *open = at, *behind = dv_json_skip_string(at, end);
        if (behind == NULL)
            return found;
        at = dv_json_skip_blanks(behind, end);
        if (at >= end || *at != ':')
            return found;
        at = dv_json_skip_blanks(at + 1, end);
        const char *value = at;
        if ((at = dv_json_skip_value(at, end)) == NULL)
            return found;
        if (dv_json_is_key((struct dv_json_text){open, (size_t)(behind - open)}, key, key_length))
            found = (struct dv_json_text){value, (size_t)(at - value)};
        at = dv_json_skip_blanks(at, end);
        if (at >= end || *at != ',')
            return found;
        at++;
    }
}

static enum dv_status broken(struct dv_json_text json, struct dv_err *err)
{
    return dv_value_fail(err, "22P02", json.p, json.len, "invalid input syntax for type json");
}

enum dv_status dv_json_next(struct dv_json_text container, struct dv_json_text *key,
                            struct dv_json_text *value, struct dv_err *err)
{
    const char *at = container.p, *end = container.p + container.len;
    if (container.len < 2 || (*at != '{' && *at != '['))
        return DV_END;
    bool object = *at == '{';
    if (value->p == NULL) {
        at = dv_json_skip_blanks(at + 1, end);
        if (at < end && (*at == '}' || *at == ']'))
            return DV_END;
    } else {
        at = dv_json_skip_blanks(value->p + value->len, end);
        if (at < end && (*at == '}' || *at == ']'))
            return DV_END;
        if (at >= end || *at != ',')
            return broken(container, err);
        at = dv_json_skip_blanks(at + 1, end);
    }
    *key = (struct dv_json_text){NULL, 0};
    if (object) {
        const char *behind = at < end && *at == '"' ? dv_json_skip_string(at, end) : NULL;
        if (behind == NULL)
            return broken(container, err);
        *key = (struct dv_json_text){at, (size_t)(behind - at)};
        at = dv_json_skip_blanks(behind, end);
        if (at >= end || *at != ':')
            return broken(container, err);
        at = dv_json_skip_blanks(at + 1, end);
    }
    const char *behind = dv_json_skip_value(at, end);
    if (behind == NULL)
        return broken(container, err);
    *value = (struct dv_json_text){at, (size_t)(behind - at)};
    return DV_OK;
}

struct dv_json_text dv_json_element(struct dv_json_text json, int64_t index)
{
    const struct dv_json_text none = {NULL, 0};
    struct dv_json_text key, value = none;
    struct dv_err ignored = DV_ERR_INIT; /* text that is broken has no element */
    if (json.len < 2 || json.p[0] != '[')
        return none;
    if (index < 0) {
        while (dv_json_next(json, &key, &value, &ignored) == DV_OK)
            index++;
        /* index is now count + index */
        int64_t count = index;
        value = none;
        if (count < 0)
            return none;
    }
    for (int64_t i = 0; dv_json_next(json, &key, &value, &ignored) == DV_OK; i++)
        if (i == index)
            return value;
    return none;
}

struct dv_json_text dv_jsonb_element(struct dv_json_text json, int64_t index)
{
    if (json.len > 0 && json.p[0] != '[' && json.p[0] != '{' && (index == 0 || index == -1))
        return json;
    return dv_json_element(json, index);
}

enum dv_status dv_json_as_text(struct dv_json_text json, struct dv_arena *arena, const char **text,
                               size_t *length, bool *is_null, struct dv_err *err)
{
    *is_null = dv_json_kind_of(json) == DV_JSON_NULL;
    *text = json.p;
    *length = json.len;
    if (json.len < 2 || json.p[0] != '"')
        return DV_OK;
    *text = json.p + 1;
    *length = json.len - 2;
    if (memchr(*text, '\\', *length) == NULL)
        return DV_OK;
    char *copy = dv_arena_alloc(arena, *length);
    if (copy == NULL)
        return dv_fail_memory(err);
    enum dv_json_escape outcome = dv_json_unescape(*text, *length, copy, length);
    *text = copy;
    return outcome == DV_JSON_ESCAPE_OK ? DV_OK : dv_json_bad_escape(outcome, json.p, json.len, err);
}

void dv_json_quote(struct dv_buf *out, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    const char *at = text, *end = text + length;
    dv_buf_byte(out, '"');
    while (at < end) {
        const char *plain = at;
        while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
            at++;
        dv_buf_append(out, plain, (size_t)(at - plain));
        if (at == end)
            break;
        unsigned char c = (unsigned char)*at++;
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        size_t made = 6;
        const char *letter = c == '\0' ? NULL : strchr("\"\\\bb\ff\nn\rr\tt", c);
        if (letter != NULL) {
            escape[1] = c == '"' || c == '\\' ? (char)c : letter[1];
            made = 2;
        }
        dv_buf_append(out, escape, made);
    }
    dv_buf_byte(out, '"');
}
