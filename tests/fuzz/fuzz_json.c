/* JSON as rows carry it, and the operators over it. Against jansson: what is valid, and every member, element
 * and string of it. By itself: canonical text is canonical, and what is known of the operators holds.
 *
 * Input: a line with a path (keys and indexes, "/" between them), a line with a second JSON, then the first.
 */
#include "core/jsonb.h"
#include "tests/fuzz/fuzz_expr.h"

#include <jansson.h>
#include <math.h>

#define MOST 4096

enum { S_TEXT, S_JSON, S_JSONB, S_OTHER, S_COUNT };

static const struct dv_scope *columns(void)
{
    static struct dv_scope_column list[S_COUNT] = {{.name = "p", .slot = S_TEXT},
                                                   {.name = "s", .slot = S_JSON},
                                                   {.name = "j", .slot = S_JSONB},
                                                   {.name = "k", .slot = S_OTHER}};
    static const struct dv_scope scope = {.columns = list, .count = S_COUNT};
    list[S_TEXT].type = dv_type_of(DV_TYPE_TEXT);
    list[S_JSON].type = dv_type_of(DV_TYPE_JSON);
    list[S_JSONB].type = list[S_OTHER].type = dv_type_of(DV_TYPE_JSONB);
    return &scope;
}

#define PATH      "string_to_array(p, '/')"
#define OF(kind)  "CASE WHEN jsonb_typeof(j) = '" kind "' THEN "
#define SAME(a)   "(" a ") IS NOT DISTINCT FROM "
#define OBJECT(x) OF("object") x " END"

static struct fuzz_expr values[] = {
    {.text = "j -> p"},
    {.text = "j ->> p"},
    {.text = "s -> p"},
    {.text = "s ->> p"},
    {.text = "j -> 0"},
    {.text = "j -> -1"},
    {.text = "s -> -1"},
    {.text = "j #> " PATH},
    {.text = "j #>> " PATH},
    {.text = "s #> " PATH},
    {.text = "s #>> " PATH},
    {.text = "j - p"},
    {.text = "j - 0"},
    {.text = "j - " PATH},
    {.text = "j #- " PATH},
    {.text = "jsonb_set(j, " PATH ", k)"},
    {.text = "jsonb_set(j, " PATH ", k, false)"},
    {.text = "jsonb_insert(j, " PATH ", k)"},
    {.text = "jsonb_insert(j, " PATH ", k, true)"},
    {.text = "j || k"},
    {.text = "k || j"},
    {.text = "j ?| " PATH},
    {.text = "j ?& " PATH},
    {.text = "jsonb_strip_nulls(j)"},
    {.text = "json_strip_nulls(s)"},
    {.text = "jsonb_array_length(j)"},
    {.text = "json_build_object(p, s)"},
    {.text = "jsonb_build_array(j, s, p, k)"},
    {.text = "jsonb_object(" PATH ")"},
    {.text = "jsonb_extract_path_text(j, p, p)"},
    {.text = "j::text || s::text"},
    {.text = "j::numeric"},
    {.text = "j::boolean"},
};

static struct fuzz_expr facts[] = {
    {.text = "j = j AND NOT j < j"},
    {.text = "(j < k) = (k > j) AND (j = k) = (k = j)"},
    {.text = "j @> j"},
    {.text = "(j @> k) = (k <@ j)"},
    {.text = "j::text::jsonb = j AND s::jsonb = j"},
    {.text = "jsonb_pretty(j)::jsonb = j"},
    {.text = "jsonb_strip_nulls(jsonb_strip_nulls(j)) = jsonb_strip_nulls(j)"},
    {.text = "jsonb_build_object(p, j) -> p = j"},
    {.text = "jsonb_build_array(j, k) -> 1 = k"},
    {.text = "to_jsonb(p) #>> '{}' = p"},
    {.text = OBJECT("(j || j) = j")},
    {.text = OBJECT("NOT ((j - p) ? p)")},
    {.text = OBJECT("(j ? p) = ((j -> p) IS NOT NULL)")},
    {.text = OBJECT(SAME("j #> ARRAY[p]") "(j -> p)")},
    {.text = OBJECT(SAME("j #>> ARRAY[p]") "(j ->> p)")},
    {.text = OBJECT("jsonb_set(j, ARRAY[p], k) -> p = k")},
    {.text = OBJECT("CASE WHEN jsonb_typeof(k) = 'object' THEN (j || k) @> k END")},
    {.text = OF("array") "jsonb_array_length(j || j) = 2 * jsonb_array_length(j) END"},
    {.text = OF("array") SAME("j -> 0") "(j #> '{0}') END"},
};

/* json and jsonb of the same text; not where a key stands twice, which they treat differently. */
static struct fuzz_expr same_facts[] = {
    {.text = SAME("(s -> p)::jsonb") "(j -> p)"},
    {.text = SAME("(s #> " PATH ")::jsonb") "(j #> " PATH ")"},
};

static void compare_string(const json_t *expected, struct dv_json_text got, struct dv_arena *arena)
{
    const char *text;
    size_t length;
    bool is_null;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf quoted = {0}, canonical = {0};
    FUZZ_CHECK(dv_json_as_text(got, arena, &text, &length, &is_null, &err) == DV_OK && !is_null);
    FUZZ_CHECK(length == json_string_length(expected));
    FUZZ_CHECK(memcmp(text, json_string_value(expected), length) == 0);
    dv_json_quote(&quoted, text, length);
    FUZZ_CHECK(dv_jsonb_canonical(quoted.data, quoted.len, &canonical, &err) == DV_OK);
    FUZZ_CHECK(canonical.len == quoted.len && memcmp(canonical.data, quoted.data, quoted.len) == 0);
    dv_buf_release(&quoted);
    dv_buf_release(&canonical);
}

static double number_of(struct dv_json_text json)
{
    char *text = strndup(json.p, json.len);
    FUZZ_CHECK(text != NULL);
    double number = strtod(text, NULL);
    free(text);
    return number;
}

/* Whether drover finds in the text what jansson read of it. As deep as jansson goes: 2,048. */
static void compare_tree(json_t *expected, struct dv_json_text got, struct dv_arena *arena)
{
    const char *key;
    json_t *member;
    size_t key_length, i;
    FUZZ_CHECK(got.p != NULL && got.len > 0);
    switch (json_typeof(expected)) {
    case JSON_OBJECT:
        FUZZ_CHECK(dv_json_kind_of(got) == DV_JSON_OBJECT);
        json_object_keylen_foreach(expected, key, key_length, member)
            compare_tree(member, dv_json_member(got, key, key_length), arena);
        break;
    case JSON_ARRAY:
        FUZZ_CHECK(dv_json_kind_of(got) == DV_JSON_ARRAY);
        FUZZ_CHECK(dv_json_element(got, (int64_t)json_array_size(expected)).p == NULL);
        for (i = 0; i < json_array_size(expected); i++)
            compare_tree(json_array_get(expected, i), dv_json_element(got, (int64_t)i), arena);
        break;
    case JSON_STRING:
        FUZZ_CHECK(dv_json_kind_of(got) == DV_JSON_STRING);
        compare_string(expected, got, arena);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        FUZZ_CHECK(dv_json_kind_of(got) == DV_JSON_NUMBER && number_of(got) == json_number_value(expected));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        FUZZ_CHECK(dv_json_kind_of(got) == DV_JSON_BOOLEAN && (*got.p == 't') == json_is_true(expected));
        break;
    case JSON_NULL:
        FUZZ_CHECK(dv_json_kind_of(got) == DV_JSON_NULL);
    }
}

static struct dv_json_text trimmed(struct fuzz_text text)
{
    struct dv_json_text out = {text.p, text.length};
    while (out.len > 0 && strchr(" \t\r\n", *out.p) != NULL) {
        out.p++;
        out.len--;
    }
    while (out.len > 0 && strchr(" \t\r\n", out.p[out.len - 1]) != NULL)
        out.len--;
    return out;
}

/* jansson refuses half a surrogate pair and numbers that no double holds; json takes both. */
static bool may_differ(struct fuzz_text text, const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_stack_overflow ||
           code == json_error_null_character || code == json_error_null_byte_in_key ||
           (text.length > 0 && memmem(text.p, text.length, "\\u", 2) != NULL);
}

/* The canonical form, and that it stays so. false: no JSON. */
static bool read_json(struct fuzz_text text, struct dv_buf *canonical, struct dv_arena *arena)
{
    const size_t flags = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf again = {0};
    json_error_t error;
    json_t *tree = json_loadb(text.p, text.length, flags, &error);
    bool valid = dv_json_validate(text.p, text.length, &err) == DV_OK;
    FUZZ_CHECK_OF(valid || strcmp(err.sqlstate, "22P02") == 0 || strcmp(err.sqlstate, "54001") == 0,
                  err.message);
    FUZZ_CHECK_OF(valid ? tree != NULL || may_differ(text, &error) : tree == NULL, err.message);
    bool whole = dv_jsonb_canonical(text.p, text.length, canonical, &err) == DV_OK;
    FUZZ_CHECK_OF(valid || !whole, err.message);
    if (whole) {
        FUZZ_CHECK(dv_jsonb_canonical(canonical->data, canonical->len, &again, &err) == DV_OK);
        FUZZ_CHECK(again.len == canonical->len && memcmp(again.data, canonical->data, again.len) == 0);
        dv_buf_release(&again);
    }
    if (whole && tree != NULL) {
        compare_tree(tree, trimmed(text), arena);
        compare_tree(tree, (struct dv_json_text){canonical->data, canonical->len}, arena);
    }
    json_decref(tree);
    return whole;
}

static bool unique_keys(struct fuzz_text text)
{
    json_error_t error;
    json_t *tree = json_loadb(text.p, text.length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    json_decref(tree);
    return tree != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text rest = {(const char *)data, size}, path = fuzz_line(&rest), other = fuzz_line(&rest);
    struct dv_arena arena = {0};
    struct dv_buf first = {0}, second = {0};
    if (size > MOST || !fuzz_is_text((const char *)data, size))
        return 0;
    fuzz_bind(values, FUZZ_COUNT(values), columns());
    fuzz_bind(facts, FUZZ_COUNT(facts), columns());
    fuzz_bind(same_facts, FUZZ_COUNT(same_facts), columns());
    bool both = read_json(rest, &first, &arena);
    if (read_json(other, &second, &arena) && both) {
        struct dv_value row[S_COUNT] = {
            [S_TEXT] = dv_text(path.p, path.length),
            [S_JSON] = dv_text(rest.p, rest.length),
            [S_JSONB] = dv_text(first.data, first.len),
            [S_OTHER] = dv_text(second.data, second.len),
        };
        fuzz_check_values(values, FUZZ_COUNT(values), row, &arena);
        fuzz_check_true(facts, FUZZ_COUNT(facts), row, &arena);
        if (unique_keys(rest))
            fuzz_check_true(same_facts, FUZZ_COUNT(same_facts), row, &arena);
    }
    dv_buf_release(&first);
    dv_buf_release(&second);
    dv_arena_release(&arena);
    return 0;
}
