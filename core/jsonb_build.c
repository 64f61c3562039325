#include "core/jsonb.h"

#include "core/jsonb_scan.h"
#include "core/numeric.h"
#include "core/value_error.h"

#include <stdlib.h>
#include <string.h>

#define MOST_LEVELS 6000U

struct frame {
    bool object, sorted;
    size_t entries; /* how many entries stood before this object's */
    size_t keys;    /* how long the keys' buffer was */
};

/* A member of an object that is still open. */
struct entry {
    size_t key, key_length; /* unescaped, in build.keys */
    size_t start, end;      /* its text in build.out */
};

/* One pass over the text without recursion. Every value is written as it is met; an object whose members turn
 * out to stand in another order than jsonb's is put in order when it closes. */
struct build {
    const char *text, *at, *end;
    struct dv_buf *out; /* NULL: only check, as the type json does */
    struct dv_buf frames, entries, keys, scratch;
    struct dv_arena arena;
    struct dv_err *err;
};

static enum dv_status syntax(struct build *build, const char *what)
{
    size_t length = (size_t)(build->end - build->text);
    enum dv_status status =
        dv_value_fail(build->err, "22P02", build->text, length, "invalid input syntax for type json");
    dv_err_hint(build->err, "byte %zu: %s", (size_t)(build->at - build->text), what);
    return status;
}

static struct frame *top(struct build *build)
{
    return build->frames.len == 0
               ? NULL
               : (struct frame *)(void *)(build->frames.data + build->frames.len - sizeof(struct frame));
}

static struct entry *entries_of(struct build *build, size_t first)
{
    return (struct entry *)(void *)build->entries.data + first;
}

static void put(struct build *build, const char *bytes, size_t length)
{
    if (build->out != NULL)
        dv_buf_append(build->out, bytes, length);
}

/* The string at build->at, checked. Behind it on return; *escapes: it holds some. */
static enum dv_status check_string(struct build *build, bool *escapes)
{
    *escapes = false;
    for (build->at++; build->at < build->end; build->at++) {
        unsigned char c = (unsigned char)*build->at;
        if (c == '"') {
            build->at++;
            return DV_OK;
        }
        if (c < 0x20)
            return syntax(build, "a control character in a string must be escaped");
        if (c != '\\')
            continue;
        *escapes = true;
        build->at++;
        if (build->at == build->end)
            break;
        if (*build->at == '\0' || strchr("\"\\/bfnrtu", *build->at) == NULL)
            return syntax(build, "an escape that JSON does not have");
        if (*build->at != 'u')
            continue;
        for (int i = 0; i < 4; i++) {
            build->at++;
            char c4 = build->at < build->end ? dv_lower_ascii(*build->at) : ' ';
            if (!dv_is_digit(c4) && (c4 < 'a' || c4 > 'f'))
                return syntax(build, "\\u must be followed by four hexadecimal digits");
        }
    }
    return syntax(build, "the string does not end");
}

/* Unescaped into build->keys (appended); its place is returned. */
static enum dv_status unescape_to_keys(struct build *build, const char *string, size_t length, size_t *start,
                                       size_t *made)
{
    *start = build->keys.len;
    *made = 0;
    if (!dv_buf_reserve(&build->keys, length + 1))
        return dv_fail_memory(build->err);
    enum dv_json_escape outcome =
        dv_json_unescape(string + 1, length - 2, build->keys.data + build->keys.len, made);
    build->keys.len += *made;
    return outcome == DV_JSON_ESCAPE_OK
               ? DV_OK
               : dv_json_bad_escape(outcome, build->text, (size_t)(build->end - build->text), build->err);
}

static enum dv_status put_string(struct build *build)
{
    const char *start = build->at;
    bool escapes;
    enum dv_status status = check_string(build, &escapes);
    size_t length = (size_t)(build->at - start), at, made;
    if (status != DV_OK || build->out == NULL)
        return status;
    if (!escapes) {
        put(build, start, length);
        return DV_OK;
    }
    status = unescape_to_keys(build, start, length, &at, &made);
    if (status == DV_OK)
        dv_json_quote(build->out, build->keys.data + at, made);
    build->keys.len = at;
    return status;
}

/* number = -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static bool check_number(struct build *build, bool *plain)
{
    const char *at = build->at, *end = build->end, *digits;
    bool negative = at < end && *at == '-', zero = true;
    at += negative;
    digits = at;
    while (at < end && dv_is_digit(*at))
        zero &= *at++ == '0';
    if (at == digits || (*digits == '0' && at - digits > 1))
        return false;
    if (at < end && *at == '.') {
        digits = ++at;
        while (at < end && dv_is_digit(*at))
            zero &= *at++ == '0';
        if (at == digits)
            return false;
    }
    *plain = !(negative && zero);
    if (at < end && (*at == 'e' || *at == 'E')) {
        *plain = false;
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        while (at < end && dv_is_digit(*at))
            at++;
        if (at == digits)
            return false;
    }
    if (at - build->at > 1000) /* may be more than numeric holds */
        *plain = false;
    build->at = at;
    return true;
}

static enum dv_status put_number(struct build *build)
{
    const char *start = build->at;
    bool plain;
    if (!check_number(build, &plain))
        return syntax(build, "not a JSON value");
    size_t length = (size_t)(build->at - start);
    if (plain || build->out == NULL) {
        put(build, start, length);
        return DV_OK;
    }
    struct dv_value number;
    enum dv_status status = dv_numeric_parse(start, length, &build->arena, &number, build->err);
    if (status == DV_OK)
        dv_numeric_format(&number, build->out);
    dv_arena_reset(&build->arena);
    return status;
}

static enum dv_status open_container(struct build *build, bool object)
{
    struct frame frame = {.object = object,
                          .sorted = true,
                          .entries = build->entries.len / sizeof(struct entry),
                          .keys = build->keys.len};
    if (build->frames.len / sizeof frame >= MOST_LEVELS)
        return dv_value_fail(build->err, "54001", build->text, (size_t)(build->end - build->text),
                             "the JSON value nests deeper than %u levels", MOST_LEVELS);
    dv_buf_append(&build->frames, &frame, sizeof frame);
    put(build, build->at, 1);
    build->at++;
    return dv_buf_check(&build->frames, build->err);
}

/* A scalar whole, or the opening of a container (*opened). */
static enum dv_status put_value(struct build *build, bool *opened)
{
    static const char *const words[] = {"true", "false", "null"};
    *opened = false;
    build->at = dv_json_skip_blanks(build->at, build->end);
    if (build->at == build->end)
        return syntax(build, "the text ends where a value is expected");
    char c = *build->at;
    if (c == '"')
        return put_string(build);
    if (c == '{' || c == '[') {
        *opened = true;
        return open_container(build, c == '{');
    }
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(build->end - build->at) >= length && memcmp(build->at, words[i], length) == 0) {
            put(build, build->at, length);
            build->at += length;
            return DV_OK;
        }
    }
    return put_number(build);
}

static int compare_entries(const struct entry *a, const struct entry *b, const char *keys)
{
    if (a->key_length != b->key_length)
        return a->key_length > b->key_length ? 1 : -1;
    return memcmp(keys + a->key, keys + b->key, a->key_length);
}

/* By key, then by place, so that the last of equal keys can be told. */
static int order_entries(const void *a, const void *b, void *keys)
{
    const struct entry *first = a, *second = b;
    int order = compare_entries(first, second, keys);
    return order != 0 ? order : (first->start > second->start) - (first->start < second->start);
}

/* A key with its colon; notes whether the object is still in order. */
static enum dv_status put_key(struct build *build)
{
    bool escapes;
    build->at = dv_json_skip_blanks(build->at, build->end);
    if (build->at == build->end || *build->at != '"')
        return syntax(build, "a member's name in double quotes is expected");
    const char *start = build->at;
    enum dv_status status = check_string(build, &escapes);
    if (status != DV_OK)
        return status;
    size_t length = (size_t)(build->at - start);
    build->at = dv_json_skip_blanks(build->at, build->end);
    if (build->at == build->end || *build->at != ':')
        return syntax(build, "\":\" is expected");
    build->at++;
    if (build->out == NULL)
        return DV_OK;

    struct entry entry = {.start = build->out->len};
    status = unescape_to_keys(build, start, length, &entry.key, &entry.key_length);
    if (status != DV_OK)
        return status;
    if (escapes)
        dv_json_quote(build->out, build->keys.data + entry.key, entry.key_length);
    else
        put(build, start, length);
    put(build, ": ", 2);
    struct frame *frame = top(build);
    size_t count = build->entries.len / sizeof entry;
    if (count > frame->entries &&
        compare_entries(entries_of(build, count - 1), &entry, build->keys.data) >= 0)
        frame->sorted = false;
    dv_buf_append(&build->entries, &entry, sizeof entry);
    return dv_buf_check(&build->entries, build->err);
}

static void end_member(struct build *build)
{
    if (build->out != NULL && top(build)->object)
        entries_of(build, build->entries.len / sizeof(struct entry) - 1)->end = build->out->len;
}

/* Writes the members of the innermost object anew: in order, of equal keys the last. */
static enum dv_status put_in_order(struct build *build, const struct frame *frame)
{
    size_t count = build->entries.len / sizeof(struct entry) - frame->entries;
    struct entry *entries = entries_of(build, frame->entries);
    size_t first = entries[0].start;
    if (build->out->failed)
        return dv_fail_memory(build->err);
    qsort_r(entries, count, sizeof *entries, order_entries, build->keys.data);
    dv_buf_reset(&build->scratch);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && compare_entries(&entries[i], &entries[i + 1], build->keys.data) == 0)
            continue;
        if (build->scratch.len > 0)
            dv_buf_append(&build->scratch, ", ", 2);
        dv_buf_append(&build->scratch, build->out->data + entries[i].start,
                      entries[i].end - entries[i].start);
    }
    build->out->len = first;
    dv_buf_append(build->out, build->scratch.data, build->scratch.len);
    return dv_buf_check(&build->scratch, build->err);
}

static enum dv_status close_container(struct build *build)
{
    struct frame frame = *top(build);
    enum dv_status status = DV_OK;
    if (build->out != NULL && !frame.sorted)
        status = put_in_order(build, &frame);
    put(build, frame.object ? "}" : "]", 1);
    build->at++;
    build->entries.len = frame.entries * sizeof(struct entry);
    build->keys.len = frame.keys;
    build->frames.len -= sizeof frame;
    return status;
}

static bool at_close(struct build *build)
{
    build->at = dv_json_skip_blanks(build->at, build->end);
    return build->at < build->end && *build->at == (top(build)->object ? '}' : ']');
}

static enum dv_status run(struct build *build)
{
    enum dv_status status;
    bool opened, whole = false;
    while (!whole) {
        DV_TRY(put_value(build, &opened));
        if (opened && !at_close(build)) {
            if (top(build)->object)
                DV_TRY(put_key(build));
            continue;
        }
        if (opened)
            DV_TRY(close_container(build));
        /* A value has ended: so may the containers around it. */
        for (;;) {
            if (build->frames.len == 0) {
                whole = true;
                break;
            }
            end_member(build);
            if (at_close(build)) {
                DV_TRY(close_container(build));
                continue;
            }
            if (build->at == build->end || *build->at != ',')
                return syntax(build, "\",\" or the closing bracket is expected");
            build->at++;
            put(build, ", ", 2);
            if (top(build)->object)
                DV_TRY(put_key(build));
            break;
        }
    }
    build->at = dv_json_skip_blanks(build->at, build->end);
    status = build->at == build->end ? DV_OK : syntax(build, "more text behind the value");
done:
    return status;
}

static enum dv_status build_json(const char *text, size_t length, struct dv_buf *out, struct dv_err *err)
{
    struct build build = {.text = text, .at = text, .end = text + length, .out = out, .err = err};
    enum dv_status status = run(&build);
    if (status == DV_OK && out != NULL)
        status = dv_buf_check(out, err);
    dv_buf_release(&build.frames);
    dv_buf_release(&build.entries);
    dv_buf_release(&build.keys);
    dv_buf_release(&build.scratch);
    dv_arena_release(&build.arena);
    return status;
}

enum dv_status dv_jsonb_canonical(const char *text, size_t length, struct dv_buf *out, struct dv_err *err)
{
    size_t before = out->len;
    enum dv_status status = build_json(text, length, out, err);
    if (status != DV_OK)
        out->len = before;
    return status;
}

enum dv_status dv_json_validate(const char *text, size_t length, struct dv_err *err)
{
    return build_json(text, length, NULL, err);
}

static void put_member(struct dv_buf *out, bool *first, struct dv_json_text key, struct dv_json_text value)
{
    if (!*first)
        dv_buf_append(out, ", ", 2);
    *first = false;
    dv_buf_append(out, key.p, key.len);
    dv_buf_append(out, ": ", 2);
    dv_buf_append(out, value.p, value.len);
}

/* Both in order already: a merge. */
static enum dv_status merge_objects(struct dv_json_text a, struct dv_json_text b, struct dv_buf *out,
                                    struct dv_err *err)
{
    struct dv_json_text key_a, key_b, value_a = {NULL, 0}, value_b = {NULL, 0};
    bool first = true;
    enum dv_status more_a = dv_json_next(a, &key_a, &value_a, err),
                   more_b = dv_json_next(b, &key_b, &value_b, err);
    dv_buf_byte(out, '{');
    while (more_a == DV_OK || more_b == DV_OK) {
        int order = more_a != DV_OK ? 1 : more_b != DV_OK ? -1 : dv_json_string_compare(key_a, key_b, true);
        if (order < 0)
            put_member(out, &first, key_a, value_a);
        else
            put_member(out, &first, key_b, value_b);
        if (order <= 0)
            more_a = dv_json_next(a, &key_a, &value_a, err);
        if (order >= 0)
            more_b = dv_json_next(b, &key_b, &value_b, err);
    }
    dv_buf_byte(out, '}');
    if (more_a != DV_END || more_b != DV_END)
        return more_a != DV_END ? more_a : more_b;
    return dv_buf_check(out, err);
}

/* What an operand gives to the elements of an array: an array its own, anything else itself. */
static struct dv_json_text as_elements(struct dv_json_text json)
{
    if (dv_json_kind_of(json) != DV_JSON_ARRAY || json.len < 2)
        return json;
    return (struct dv_json_text){json.p + 1, json.len - 2};
}

enum dv_status dv_jsonb_concat(struct dv_json_text a, struct dv_json_text b, struct dv_buf *out,
                               struct dv_err *err)
{
    if (dv_json_kind_of(a) == DV_JSON_OBJECT && dv_json_kind_of(b) == DV_JSON_OBJECT)
        return merge_objects(a, b, out, err);
    a = as_elements(a);
    b = as_elements(b);
    dv_buf_byte(out, '[');
    dv_buf_append(out, a.p, a.len);
    if (a.len > 0 && b.len > 0)
        dv_buf_append(out, ", ", 2);
    dv_buf_append(out, b.p, b.len);
    dv_buf_byte(out, ']');
    return dv_buf_check(out, err);
}
