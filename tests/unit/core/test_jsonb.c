/* JSON against PostgreSQL 15's answers; broken text must be refused or ignored, never read past its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/jsonb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *in, *out;
} canonicals[] = {
    {"{}", "{}"},
    {"[]", "[]"},
    {" { \"b\" : 1 , \"a\" : [ true , false , null ] } ", "{\"a\": [true, false, null], \"b\": 1}"},
    {"{\"aa\":1,\"b\":2,\"a\":3}", "{\"a\": 3, \"b\": 2, \"aa\": 1}"},
    {"{\"a\":1,\"a\":2}", "{\"a\": 2}"},
    {"{\"b\":1,\"a\":2,\"b\":{\"z\":1,\"y\":2,\"z\":3}}", "{\"a\": 2, \"b\": {\"y\": 2, \"z\": 3}}"},
    {"1E2", "100"},
    {"1.0", "1.0"},
    {"1.50", "1.50"},
    {"-0", "0"},
    {"-0.0", "0.0"},
    {"1e-2", "0.01"},
    {"100e-2", "1.00"},
    {"0.1e1", "1"},
    {"12345678901234567890123456789.5e3", "12345678901234567890123456789500"},
    {"\"\\u00e9\"", "\"\303\251\""},
    {"\"\\ud83d\\ude00\"", "\"\360\237\230\200\""},
    {"\"\\ud83d\"", "ERR 22P02"},
    {"\"\\ude00\"", "ERR 22P02"},
    {"\"\\u0000\"", "ERR 22P05"},
    {"\"a\\/b\\b\\f\\n\\r\\t\\\"\\\\\"", "\"a/b\\b\\f\\n\\r\\t\\\"\\\\\""},
    {"\"\\u001f\\u007f\"", "\"\\u001f\177\""},
    {"{\"\\u0061\":1,\"a\":2}", "{\"a\": 2}"},
    {"{\"\303\251\":1,\"zz\":2,\"\":3}", "{\"\": 3, \"zz\": 2, \"\303\251\": 1}"},
    {"\"\303\251\360\237\230\200\"", "\"\303\251\360\237\230\200\""},
    {"{\"a\":1,}", "ERR 22P02"},
    {"[1,]", "ERR 22P02"},
    {"[1 2]", "ERR 22P02"},
    {"{a:1}", "ERR 22P02"},
    {"{'a':1}", "ERR 22P02"},
    {"01", "ERR 22P02"},
    {"1.", "ERR 22P02"},
    {".5", "ERR 22P02"},
    {"+1", "ERR 22P02"},
    {"1e", "ERR 22P02"},
    {"nul", "ERR 22P02"},
    {"true false", "ERR 22P02"},
    {"", "ERR 22P02"},
    {"\"a", "ERR 22P02"},
    {"\"\\x\"", "ERR 22P02"},
    {"\"\\u12\"", "ERR 22P02"},
    {"\"\t\"", "ERR 22P02"},
    {"[1}", "ERR 22P02"},
    {"NaN", "ERR 22P02"},
    {"1e200000", "ERR 22003"},
};

static const struct {
    const char *type, *json, *key, *out;
} members[] = {
    {"json", "{\"a\":1,\"b\":\"x\"}", "b", "x"},
    {"json", "{\"a\":1}", "b", "NULL"},
    {"json", "{\"a\":null}", "a", "NULL"},
    {"json", "{\"a\":\"q\\\"\\u0041\"}", "a", "q\"A"},
    {"json", "{\"a\":1,\"a\":2}", "a", "2"},
    {"json", "{\"\\u0061\":5}", "a", "5"},
    {"json", "{ \"a\" : { \"b\" : [1, 2] } }", "a", "{ \"b\" : [1, 2] }"},
    {"json", "[1]", "a", "NULL"},
    {"json", "\"a\"", "a", "NULL"},
    {"json", "{\"x\":\"{\\\"a\\\":1}\",\"a\":\"yes\"}", "a", "yes"},
    {"json", "{\"a\\\\\":1,\"a\":2}", "a", "2"},
    {"json", "{\"\":\"e\"}", "", "e"},
    {"json", "{\"email\":\"A@x.org\",\"firstName\":\"Zo\\u00eb\"}", "firstName", "Zo\303\253"},
    {"jsonb", "{\"a\":1,\"b\":\"x\"}", "b", "x"},
    {"jsonb", "{\"a\":1}", "b", "NULL"},
    {"jsonb", "{\"a\":null}", "a", "NULL"},
    {"jsonb", "{\"a\":\"q\\\"\\u0041\"}", "a", "q\"A"},
    {"jsonb", "{\"a\":1,\"a\":2}", "a", "2"},
    {"jsonb", "{\"\\u0061\":5}", "a", "5"},
    {"jsonb", "{ \"a\" : { \"b\" : [1, 2] } }", "a", "{\"b\": [1, 2]}"},
    {"jsonb", "[1]", "a", "NULL"},
    {"jsonb", "\"a\"", "a", "NULL"},
    {"jsonb", "{\"x\":\"{\\\"a\\\":1}\",\"a\":\"yes\"}", "a", "yes"},
    {"jsonb", "{\"a\\\\\":1,\"a\":2}", "a", "2"},
    {"jsonb", "{\"\":\"e\"}", "", "e"},
    {"jsonb", "{\"email\":\"A@x.org\",\"firstName\":\"Zo\\u00eb\"}", "firstName", "Zo\303\253"},
};

static const struct {
    const char *type, *json;
    int64_t index;
    const char *out;
} elements[] = {
    {"json", "[1,2,3]", 0, "1"},
    {"json", "[1,2,3]", 2, "3"},
    {"json", "[1,2,3]", 3, "NULL"},
    {"json", "[1,2,3]", -1, "3"},
    {"json", "[1,2,3]", -3, "1"},
    {"json", "[1,2,3]", -4, "NULL"},
    {"json", "[]", 0, "NULL"},
    {"json", "{\"a\":1}", 0, "NULL"},
    {"json", "[ \"a,]b\" , [ 1 ] ]", 1, "[ 1 ]"},
    {"json", "[null]", 0, "NULL"},
    {"json", "5", 0, "NULL"},
    {"json", "\"x\"", -1, "NULL"},
    {"json", "5", 1, "NULL"},
    {"jsonb", "[1,2,3]", 0, "1"},
    {"jsonb", "[1,2,3]", 2, "3"},
    {"jsonb", "[1,2,3]", 3, "NULL"},
    {"jsonb", "[1,2,3]", -1, "3"},
    {"jsonb", "[1,2,3]", -3, "1"},
    {"jsonb", "[1,2,3]", -4, "NULL"},
    {"jsonb", "[]", 0, "NULL"},
    {"jsonb", "{\"a\":1}", 0, "NULL"},
    {"jsonb", "[ \"a,]b\" , [ 1 ] ]", 1, "[1]"},
    {"jsonb", "[null]", 0, "NULL"},
    {"jsonb", "5", 0, "5"},
    {"jsonb", "\"x\"", -1, "x"},
    {"jsonb", "5", 1, "NULL"},
};

static const struct {
    const char *a, *b, *out;
} concatenations[] = {
    {"{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":4}", "{\"a\": 1, \"b\": 3, \"c\": 4}"},
    {"{}", "{\"a\":1}", "{\"a\": 1}"},
    {"[1]", "[2,3]", "[1, 2, 3]"},
    {"[]", "[]", "[]"},
    {"[]", "1", "[1]"},
    {"1", "2", "[1, 2]"},
    {"{\"a\":1}", "[2]", "[{\"a\": 1}, 2]"},
    {"[2]", "{\"a\":1}", "[2, {\"a\": 1}]"},
    {"{\"a\":1}", "5", "[{\"a\": 1}, 5]"},
    {"5", "{\"a\":1}", "[5, {\"a\": 1}]"},
    {"[]", "{}", "[{}]"},
    {"{}", "[]", "[{}]"},
    {"{\"a\":1}", "null", "[{\"a\": 1}, null]"},
    {"{\"aa\":1,\"b\":2}", "{\"a\":9,\"aaa\":0}", "{\"a\": 9, \"b\": 2, \"aa\": 1, \"aaa\": 0}"},
};

static const struct {
    const char *a, *b, *out;
} comparisons[] = {
    {"[]", "[]", "0"},
    {"[]", "{}", "-1"},
    {"[]", "null", "-1"},
    {"[]", "1", "-1"},
    {"[]", "\"a\"", "-1"},
    {"[]", "\"b\"", "-1"},
    {"[]", "[1]", "-1"},
    {"[]", "[[]]", "-1"},
    {"[]", "[1, 2]", "-1"},
    {"[]", "true", "-1"},
    {"[]", "false", "-1"},
    {"[]", "{\"a\": 1}", "-1"},
    {"[]", "{\"a\": 2}", "-1"},
    {"[]", "{\"b\": 0}", "-1"},
    {"[]", "{\"a\": 1, \"b\": 1}", "-1"},
    {"[]", "1.0", "-1"},
    {"[]", "-1", "-1"},
    {"[]", "1e400", "-1"},
    {"{}", "{}", "0"},
    {"{}", "null", "1"},
    {"{}", "1", "1"},
    {"{}", "\"a\"", "1"},
    {"{}", "\"b\"", "1"},
    {"{}", "[1]", "1"},
    {"{}", "[[]]", "1"},
    {"{}", "[1, 2]", "1"},
    {"{}", "true", "1"},
    {"{}", "false", "1"},
    {"{}", "{\"a\": 1}", "-1"},
    {"{}", "{\"a\": 2}", "-1"},
    {"{}", "{\"b\": 0}", "-1"},
    {"{}", "{\"a\": 1, \"b\": 1}", "-1"},
    {"{}", "1.0", "1"},
    {"{}", "-1", "1"},
    {"{}", "1e400", "1"},
    {"null", "null", "0"},
    {"null", "1", "-1"},
    {"null", "\"a\"", "-1"},
    {"null", "\"b\"", "-1"},
    {"null", "[1]", "-1"},
    {"null", "[[]]", "-1"},
    {"null", "[1, 2]", "-1"},
    {"null", "true", "-1"},
    {"null", "false", "-1"},
    {"null", "{\"a\": 1}", "-1"},
    {"null", "{\"a\": 2}", "-1"},
    {"null", "{\"b\": 0}", "-1"},
    {"null", "{\"a\": 1, \"b\": 1}", "-1"},
    {"null", "1.0", "-1"},
    {"null", "-1", "-1"},
    {"null", "1e400", "-1"},
    {"1", "1", "0"},
    {"1", "\"a\"", "1"},
    {"1", "\"b\"", "1"},
    {"1", "[1]", "-1"},
    {"1", "[[]]", "-1"},
    {"1", "[1, 2]", "-1"},
    {"1", "true", "-1"},
    {"1", "false", "-1"},
    {"1", "{\"a\": 1}", "-1"},
    {"1", "{\"a\": 2}", "-1"},
    {"1", "{\"b\": 0}", "-1"},
    {"1", "{\"a\": 1, \"b\": 1}", "-1"},
    {"1", "1.0", "0"},
    {"1", "-1", "1"},
    {"1", "1e400", "-1"},
    {"\"a\"", "\"a\"", "0"},
    {"\"a\"", "\"b\"", "-1"},
    {"\"a\"", "[1]", "-1"},
    {"\"a\"", "[[]]", "-1"},
    {"\"a\"", "[1, 2]", "-1"},
    {"\"a\"", "true", "-1"},
    {"\"a\"", "false", "-1"},
    {"\"a\"", "{\"a\": 1}", "-1"},
    {"\"a\"", "{\"a\": 2}", "-1"},
    {"\"a\"", "{\"b\": 0}", "-1"},
    {"\"a\"", "{\"a\": 1, \"b\": 1}", "-1"},
    {"\"a\"", "1.0", "-1"},
    {"\"a\"", "-1", "-1"},
    {"\"a\"", "1e400", "-1"},
    {"\"b\"", "\"b\"", "0"},
    {"\"b\"", "[1]", "-1"},
    {"\"b\"", "[[]]", "-1"},
    {"\"b\"", "[1, 2]", "-1"},
    {"\"b\"", "true", "-1"},
    {"\"b\"", "false", "-1"},
    {"\"b\"", "{\"a\": 1}", "-1"},
    {"\"b\"", "{\"a\": 2}", "-1"},
    {"\"b\"", "{\"b\": 0}", "-1"},
    {"\"b\"", "{\"a\": 1, \"b\": 1}", "-1"},
    {"\"b\"", "1.0", "-1"},
    {"\"b\"", "-1", "-1"},
    {"\"b\"", "1e400", "-1"},
    {"[1]", "[1]", "0"},
    {"[1]", "[[]]", "-1"},
    {"[1]", "[1, 2]", "-1"},
    {"[1]", "true", "1"},
    {"[1]", "false", "1"},
    {"[1]", "{\"a\": 1}", "-1"},
    {"[1]", "{\"a\": 2}", "-1"},
    {"[1]", "{\"b\": 0}", "-1"},
    {"[1]", "{\"a\": 1, \"b\": 1}", "-1"},
    {"[1]", "1.0", "1"},
    {"[1]", "-1", "1"},
    {"[1]", "1e400", "1"},
    {"[[]]", "[[]]", "0"},
    {"[[]]", "[1, 2]", "-1"},
    {"[[]]", "true", "1"},
    {"[[]]", "false", "1"},
    {"[[]]", "{\"a\": 1}", "-1"},
    {"[[]]", "{\"a\": 2}", "-1"},
    {"[[]]", "{\"b\": 0}", "-1"},
    {"[[]]", "{\"a\": 1, \"b\": 1}", "-1"},
    {"[[]]", "1.0", "1"},
    {"[[]]", "-1", "1"},
    {"[[]]", "1e400", "1"},
    {"[1, 2]", "[1, 2]", "0"},
    {"[1, 2]", "true", "1"},
    {"[1, 2]", "false", "1"},
    {"[1, 2]", "{\"a\": 1}", "-1"},
    {"[1, 2]", "{\"a\": 2}", "-1"},
    {"[1, 2]", "{\"b\": 0}", "-1"},
    {"[1, 2]", "{\"a\": 1, \"b\": 1}", "-1"},
    {"[1, 2]", "1.0", "1"},
    {"[1, 2]", "-1", "1"},
    {"[1, 2]", "1e400", "1"},
    {"true", "true", "0"},
    {"true", "false", "1"},
    {"true", "{\"a\": 1}", "-1"},
    {"true", "{\"a\": 2}", "-1"},
    {"true", "{\"b\": 0}", "-1"},
    {"true", "{\"a\": 1, \"b\": 1}", "-1"},
    {"true", "1.0", "1"},
    {"true", "-1", "1"},
    {"true", "1e400", "1"},
    {"false", "false", "0"},
    {"false", "{\"a\": 1}", "-1"},
    {"false", "{\"a\": 2}", "-1"},
    {"false", "{\"b\": 0}", "-1"},
    {"false", "{\"a\": 1, \"b\": 1}", "-1"},
    {"false", "1.0", "1"},
    {"false", "-1", "1"},
    {"false", "1e400", "1"},
    {"{\"a\": 1}", "{\"a\": 1}", "0"},
    {"{\"a\": 1}", "{\"a\": 2}", "-1"},
    {"{\"a\": 1}", "{\"b\": 0}", "-1"},
    {"{\"a\": 1}", "{\"a\": 1, \"b\": 1}", "-1"},
    {"{\"a\": 1}", "1.0", "1"},
    {"{\"a\": 1}", "-1", "1"},
    {"{\"a\": 1}", "1e400", "1"},
    {"{\"a\": 2}", "{\"a\": 2}", "0"},
    {"{\"a\": 2}", "{\"b\": 0}", "-1"},
    {"{\"a\": 2}", "{\"a\": 1, \"b\": 1}", "-1"},
    {"{\"a\": 2}", "1.0", "1"},
    {"{\"a\": 2}", "-1", "1"},
    {"{\"a\": 2}", "1e400", "1"},
    {"{\"b\": 0}", "{\"b\": 0}", "0"},
    {"{\"b\": 0}", "{\"a\": 1, \"b\": 1}", "-1"},
    {"{\"b\": 0}", "1.0", "1"},
    {"{\"b\": 0}", "-1", "1"},
    {"{\"b\": 0}", "1e400", "1"},
    {"{\"a\": 1, \"b\": 1}", "{\"a\": 1, \"b\": 1}", "0"},
    {"{\"a\": 1, \"b\": 1}", "1.0", "1"},
    {"{\"a\": 1, \"b\": 1}", "-1", "1"},
    {"{\"a\": 1, \"b\": 1}", "1e400", "1"},
    {"1.0", "1.0", "0"},
    {"1.0", "-1", "1"},
    {"1.0", "1e400", "-1"},
    {"-1", "-1", "0"},
    {"-1", "1e400", "-1"},
    {"1e400", "1e400", "0"},
};

static struct dv_json_text slice(const struct dv_buf *buf)
{
    return (struct dv_json_text){buf->data, buf->len};
}

static void canonical(const char *text, struct dv_buf *out)
{
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_jsonb_canonical(text, strlen(text), out, &err), DV_OK);
}

static void makes_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof canonicals / sizeof *canonicals; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_buf out = {0};
        if (dv_jsonb_canonical(canonicals[i].in, strlen(canonicals[i].in), &out, &err) != DV_OK)
            dv_buf_printf(&out, "ERR %s", err.sqlstate);
        if (strcmp(dv_buf_cstr(&out), canonicals[i].out) != 0)
            fail_msg("'%s': expected %s, got %s", canonicals[i].in, canonicals[i].out, out.data);
        dv_buf_release(&out);
    }
}

/* found's ->> text, "NULL" where there is none. */
static void text_is(struct dv_json_text found, const char *expected, const char *what)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    const char *text = "NULL";
    size_t length = 4;
    bool is_null = true;
    if (found.p != NULL)
        assert_int_equal(dv_json_as_text(found, &arena, &text, &length, &is_null, &err), DV_OK);
    if (is_null) {
        text = "NULL";
        length = 4;
    }
    if (length != strlen(expected) || memcmp(text, expected, length) != 0)
        fail_msg("%s: expected %s, got %.*s", what, expected, (int)length, text);
    dv_arena_release(&arena);
}

static void finds_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct dv_buf buf = {0};
        if (strcmp(members[i].type, "jsonb") == 0)
            canonical(members[i].json, &buf);
        else
            dv_buf_str(&buf, members[i].json);
        text_is(dv_json_member(slice(&buf), members[i].key, strlen(members[i].key)), members[i].out,
                members[i].json);
        dv_buf_release(&buf);
    }
}

static void finds_elements(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        bool binary = strcmp(elements[i].type, "jsonb") == 0;
        struct dv_buf buf = {0};
        if (binary)
            canonical(elements[i].json, &buf);
        else
            dv_buf_str(&buf, elements[i].json);
        text_is(binary ? dv_jsonb_element(slice(&buf), elements[i].index)
                       : dv_json_element(slice(&buf), elements[i].index),
                elements[i].out, elements[i].json);
        dv_buf_release(&buf);
    }
}

static void concatenates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof concatenations / sizeof *concatenations; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_buf a = {0}, b = {0}, out = {0};
        canonical(concatenations[i].a, &a);
        canonical(concatenations[i].b, &b);
        assert_int_equal(dv_jsonb_concat(slice(&a), slice(&b), &out, &err), DV_OK);
        assert_string_equal(dv_buf_cstr(&out), concatenations[i].out);
        dv_buf_release(&a);
        dv_buf_release(&b);
        dv_buf_release(&out);
    }
}

static void compares(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        struct dv_buf a = {0}, b = {0};
        int expected = atoi(comparisons[i].out);
        canonical(comparisons[i].a, &a);
        canonical(comparisons[i].b, &b);
        if (dv_jsonb_compare(slice(&a), slice(&b)) != expected ||
            dv_jsonb_compare(slice(&b), slice(&a)) != -expected)
            fail_msg("%s and %s: expected %d", comparisons[i].a, comparisons[i].b, expected);
        dv_buf_release(&a);
        dv_buf_release(&b);
    }
}

static void iterates(void **state)
{
    (void)state;
    static const char text[] = "{ \"a\" : [1, {\"b\": \"}\"}] , \"c\\\"\":null }";
    struct dv_json_text container = {text, sizeof text - 1}, key, value = {NULL, 0};
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_json_next(container, &key, &value, &err), DV_OK);
    assert_memory_equal(key.p, "\"a\"", key.len);
    assert_int_equal(value.len, 15);
    assert_int_equal(dv_json_kind_of(value), DV_JSON_ARRAY);
    assert_int_equal(dv_json_next(container, &key, &value, &err), DV_OK);
    assert_int_equal(key.len, 5);
    assert_int_equal(dv_json_kind_of(value), DV_JSON_NULL);
    assert_int_equal(dv_json_next(container, &key, &value, &err), DV_END);
}

static void quotes(void **state)
{
    (void)state;
    struct dv_buf out = {0};
    dv_json_quote(&out, "a\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9", 14);
    assert_string_equal(dv_buf_cstr(&out), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
    dv_buf_release(&out);
}

/* PostgreSQL refuses such depth too; a crash here would let one row stop every run. */
static void refuses_the_bottomless(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf deep = {0}, out = {0};
    for (int i = 0; i < 100000; i++)
        dv_buf_byte(&deep, '[');
    assert_int_equal(dv_jsonb_canonical(deep.data, deep.len, &out, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "54001");
    assert_int_equal(out.len, 0);
    dv_buf_reset(&deep);
    for (int i = 0; i < 11998; i++)
        dv_buf_byte(&deep, i < 5999 ? '[' : ']');
    assert_int_equal(dv_jsonb_canonical(deep.data, deep.len, &out, &err), DV_OK);
    assert_int_equal(out.len, 11998);
    dv_buf_release(&deep);
    dv_buf_release(&out);
}

/* Every prefix and many damaged copies, each in memory of its own exact size. */
static void survives_damage(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\": [1.5e3, \"x\\u00e9\\\\\", {\"k\": null}], \"bb\": \"\\ud83d\\ude00\", \"c\": -0}";
    uint64_t seed = 4242;
    print_message("seed %" PRIu64 "\n", seed);
    for (size_t i = 0; i < 20000; i++) {
        size_t length = i < sizeof text ? i : sizeof text - 1;
        char *copy = dv_alloc(length + 1);
        struct dv_arena arena = {0};
        struct dv_err err = DV_ERR_INIT;
        struct dv_buf out = {0};
        assert_non_null(copy);
        memcpy(copy, text, length);
        if (i >= sizeof text)
            for (int k = 0; k < 2; k++) {
                seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
                copy[(seed >> 33) % length] = "{}[]\",:\\u0 e-"[(seed >> 20) % 13];
            }
        copy = dv_realloc(copy, length > 0 ? length : 1);
        struct dv_json_text json = {copy, length}, key, value = {NULL, 0};
        if (dv_jsonb_canonical(copy, length, &out, &err) ==
            DV_OK) { /* canonical text is its own canonical form */
            struct dv_buf again = {0};
            assert_int_equal(dv_jsonb_canonical(out.data, out.len, &again, &err), DV_OK);
            assert_int_equal(again.len, out.len);
            assert_memory_equal(again.data, out.data, out.len);
            dv_buf_release(&again);
        }
        struct dv_json_text found = dv_json_member(json, "bb", 2);
        const char *as_text;
        size_t text_length;
        bool is_null;
        if (found.p != NULL &&
            dv_json_as_text(found, &arena, &as_text, &text_length, &is_null, &err) == DV_OK)
            assert_true(text_length <= length);
        (void)dv_json_element(json, -1);
        while (dv_json_next(json, &key, &value, &err) == DV_OK)
            assert_true(value.p + value.len <= copy + length);
        dv_buf_release(&out);
        dv_arena_release(&arena);
        dv_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_canonical), cmocka_unit_test(finds_members),
        cmocka_unit_test(finds_elements),  cmocka_unit_test(concatenates),
        cmocka_unit_test(compares),        cmocka_unit_test(iterates),
        cmocka_unit_test(quotes),          cmocka_unit_test(refuses_the_bottomless),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
