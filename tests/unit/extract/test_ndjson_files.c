#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/extract/files_check.h"

/* A line of NDJSON that holds "v"; what the column v has, by its type; NULL: the line is rejected. */
struct wanted {
    const char *json, *type, *value;
};

/* Those of one type, in one file. */
static void check_type(const struct wanted *wanted, size_t count)
{
    struct dv_buf lines = {0}, rows = {0};
    char columns[80];
    uint64_t rejected = 0;
    struct extracted got;
    (void)snprintf(columns, sizeof columns, "k int; v %s", wanted->type);
    for (size_t i = 0; i < count; i++) {
        dv_buf_printf(&lines, "{\"k\":%zu,\"v\":%s}\n", i, wanted[i].json);
        if (wanted[i].value != NULL)
            dv_buf_printf(&rows, "%zu,%s\n", i, wanted[i].value);
        rejected += wanted[i].value == NULL;
    }
    dv_buf_printf(&lines, "{\"k\":-1}\n");
    dv_buf_printf(&rows, "-1,\n");
    struct files_case test = {
        .name = "in.ndjson", .content = dv_buf_cstr(&lines), .columns = columns, .dialect = plain_dialect()};
    extract_case(&test, &got);
    if (got.status != DV_OK || strcmp(got.rows, dv_buf_cstr(&rows)) != 0 || got.tally.rejected != rejected)
        fail_msg("%s: %s\ngot:\n%swanted:\n%s", wanted->type, got.err.message, got.rows, rows.data);
    free_extracted(&got);
    dv_buf_release(&lines);
    dv_buf_release(&rows);
}

static void check_lines(const struct wanted *wanted, size_t count)
{
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first; next < count && strcmp(wanted[next].type, wanted[first].type) == 0; next++)
            continue;
        check_type(&wanted[first], next - first);
    }
}

#define CHECK_LINES(wanted) check_lines(wanted, sizeof(wanted) / sizeof((wanted)[0]))

/* RFC 8259: what a reader of JSON must take. */
static void accepted(void **state)
{
    (void)state;
    static const struct wanted wanted[] = {
        {"0", "numeric", "0"},
        {"-0", "numeric", "0"},
        {"-123", "numeric", "-123"},
        {"1.5e+2", "numeric", "150"},
        {"1E-2", "numeric", "0.01"},
        {"123456789012345678901234567890", "numeric", "123456789012345678901234567890"},
        {"0.1000000000000000055511151231257827", "numeric", "0.1000000000000000055511151231257827"},
        {"9007199254740993", "bigint", "9007199254740993"},
        {"true", "boolean", "t"},
        {"false", "text", "false"},
        {"null", "text", ""},
        {"\"\"", "text", "\"\""},
        {"\"null\"", "text", "null"},
        {"\"a\\\"b\\\\c\\/d\"", "text", "\"a\"\"b\\c/d\""},
        {"\"\\b\\f\\t\"", "text", "\b\f\t"},
        {"\"\\n\\r\"", "text", "\"\n\r\""},
        {"\"\\u00e4\\u20AC\\ud83d\\ude00\"", "text", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\x7f\"", "text", "\x7f"},
        {"[]", "jsonb", "[]"},
        {" [ 1 , 2 ] ", "jsonb", "\"[1, 2]\""},
        {"{\"b\":1,\"a\":{\"\":[null,true]}}", "jsonb",
         "\"{\"\"a\"\": {\"\"\"\": [null, true]}, \"\"b\"\": 1}\""},
        {"{\"a\":1,\"a\":2}", "jsonb", "\"{\"\"a\"\": 2}\""},
        {"{\"b\": 1,\"a\" :2}", "json", "\"{\"\"b\"\": 1,\"\"a\"\" :2}\""},
        {"[1,{\"x\":\"y\"}]", "text", "\"[1,{\"\"x\"\":\"\"y\"\"}]\""},
        {"\"x\"", "jsonb", "\"\"\"x\"\"\""},
        {"1,\"v\":2", "int", "2"},
    };
    CHECK_LINES(wanted);
}

/* What none may take: the whole line is rejected, and the next one read. */
static void refused(void **state)
{
    (void)state;
    static const struct wanted wanted[] = {
        {"", "text", NULL},
        {"01", "text", NULL},
        {"+1", "text", NULL},
        {".5", "text", NULL},
        {"1.", "text", NULL},
        {"1e", "text", NULL},
        {"0x1", "text", NULL},
        {"NaN", "text", NULL},
        {"Infinity", "text", NULL},
        {"--1", "text", NULL},
        {"1 2", "text", NULL},
        {"nul", "text", NULL},
        {"True", "text", NULL},
        {"'x'", "text", NULL},
        {"\"x", "text", NULL},
        {"\"\\x\"", "text", NULL},
        {"\"\\u12\"", "text", NULL},
        {"\"\t\"", "text", NULL},
        {"\"\\ud800\"", "text", NULL},
        {"\"\\u0000\"", "text", NULL},
        {"[1,]", "text", NULL},
        {"[,1]", "text", NULL},
        {"[1 2]", "text", NULL},
        {"[1", "text", NULL},
        {"{\"a\"}", "text", NULL},
        {"{\"a\":1,}", "text", NULL},
        {"{a:1}", "text", NULL},
        {"{1:1}", "text", NULL},
        {"{\"a\" 1}", "text", NULL},
        {"// x", "text", NULL},
        {"\"\xff\"", "text", NULL},
        {"\"\xed\xa0\x80\"", "text", NULL},
        {"1}}", "text", NULL},
        {"\"x\"", "int", NULL},
        {"1.5", "int", NULL},
        {"9223372036854775808", "bigint", NULL},
    };
    CHECK_LINES(wanted);
}

/* The cases that JSON parsers are commonly tried with: each value of a line by itself. PostgreSQL's jsonb is
 * the judge of what becomes of it, which has no \u0000. */
static const struct wanted commonly_accepted[] = {
    {"[[]   ]", "jsonb", "[[]]"},
    {"[\"\"]", "jsonb", "\"[\"\"\"\"]\""},
    {"[false]", "jsonb", "[false]"},
    {"[null, 1, \"1\", {}]", "jsonb", "\"[null, 1, \"\"1\"\", {}]\""},
    {"[null]", "jsonb", "[null]"},
    {"[1\x09]", "jsonb", "[1]"},
    {"[2] ", "jsonb", "[2]"},
    {"[123e65]", "jsonb", "[12300000000000000000000000000000000000000000000000000000000000000000]"},
    {"[0e+1]", "jsonb", "[0]"},
    {"[0e1]", "jsonb", "[0]"},
    {"[ 4]", "jsonb", "[4]"},
    {"[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]", "jsonb",
     "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]"},
    {"[20e1]", "jsonb", "[200]"},
    {"[-0]", "jsonb", "[0]"},
    {"[-123]", "jsonb", "[-123]"},
    {"[-1]", "jsonb", "[-1]"},
    {"[1E22]", "jsonb", "[10000000000000000000000]"},
    {"[1E+2]", "jsonb", "[100]"},
    {"[123e45]", "jsonb", "[123000000000000000000000000000000000000000000000]"},
    {"[123.456e78]", "jsonb",
     "[123456000000000000000000000000000000000000000000000000000000000000000000000000000]"},
    {"[1e-2]", "jsonb", "[0.01]"},
    {"[1e+2]", "jsonb", "[100]"},
    {"[123.456789]", "jsonb", "[123.456789]"},
    {"{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "jsonb",
     "\"{\"\"asd\"\": \"\"sdf\"\", \"\"dfg\"\": \"\"fgh\"\"}\""},
    {"{\"asd\":\"sdf\"}", "jsonb", "\"{\"\"asd\"\": \"\"sdf\"\"}\""},
    {"{\"a\":\"b\",\"a\":\"b\"}", "jsonb", "\"{\"\"a\"\": \"\"b\"\"}\""},
    {"{}", "jsonb", "{}"},
    {"{\"\":0}", "jsonb", "\"{\"\"\"\": 0}\""},
    {"{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "jsonb",
     "\"{\"\"max\"\": 10000000000000000000000000000, \"\"min\"\": -10000000000000000000000000000}\""},
    {"{\"x\":[{\"id\": \"xx\"}], \"id\": \"xx\"}", "jsonb",
     "\"{\"\"x\"\": [{\"\"id\"\": \"\"xx\"\"}], \"\"id\"\": \"\"xx\"\"}\""},
    {"{\"a\":[]}", "jsonb", "\"{\"\"a\"\": []}\""},
    {"[\"\\u0060\\u012a\\u12AB\"]", "jsonb", "\"[\"\"`\xc4\xaa\xe1\x8a\xab\"\"]\""},
    {"[\"\\uD801\\udc37\"]", "jsonb", "\"[\"\"\xf0\x90\x90\xb7\"\"]\""},
    {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "jsonb", "\"[\"\"\\\"\"\\\\/\\b\\f\\n\\r\\t\"\"]\""},
    {"[\"\\\\u0000\"]", "jsonb", "\"[\"\"\\\\u0000\"\"]\""},
    {"[\"\\\"\"]", "jsonb", "\"[\"\"\\\"\"\"\"]\""},
    {"[\"a/*b*/c/*d//e\"]", "jsonb", "\"[\"\"a/*b*/c/*d//e\"\"]\""},
    {"[\"\\\\a\"]", "jsonb", "\"[\"\"\\\\a\"\"]\""},
    {"[\"\\\\n\"]", "jsonb", "\"[\"\"\\\\n\"\"]\""},
    {"[\"\\u0012\"]", "jsonb", "\"[\"\"\\u0012\"\"]\""},
    {"[\"\\uFFFF\"]", "jsonb", "\"[\"\"\xef\xbf\xbf\"\"]\""},
    {"[\"asd\"]", "jsonb", "\"[\"\"asd\"\"]\""},
    {"[ \"asd\"]", "jsonb", "\"[\"\"asd\"\"]\""},
    {"[\"\\uDBFF\\uDFFF\"]", "jsonb", "\"[\"\"\xf4\x8f\xbf\xbf\"\"]\""},
    {"[\"new\\u00A0line\"]", "jsonb", "\"[\"\"new\xc2\xa0line\"\"]\""},
    {"[\"\xf4\x8f\xbf\xbf\"]", "jsonb", "\"[\"\"\xf4\x8f\xbf\xbf\"\"]\""},
    {"[\"\xef\xbf\xbf\"]", "jsonb", "\"[\"\"\xef\xbf\xbf\"\"]\""},
    {"[\"\\u002c\"]", "jsonb", "\"[\"\",\"\"]\""},
    {"[\"\xcf\x80\"]", "jsonb", "\"[\"\"\xcf\x80\"\"]\""},
    {"[\"\xf0\x9b\xbf\xbf\"]", "jsonb", "\"[\"\"\xf0\x9b\xbf\xbf\"\"]\""},
    {"[\"asd \"]", "jsonb", "\"[\"\"asd \"\"]\""},
    {"\" \"", "jsonb", "\"\"\" \"\"\""},
    {"[\"\\uD834\\uDd1e\"]", "jsonb", "\"[\"\"\xf0\x9d\x84\x9e\"\"]\""},
    {"[\"\\u0821\"]", "jsonb", "\"[\"\"\xe0\xa0\xa1\"\"]\""},
    {"[\"\\u0123\"]", "jsonb", "\"[\"\"\xc4\xa3\"\"]\""},
    {"[\"\xe2\x80\xa8\"]", "jsonb", "\"[\"\"\xe2\x80\xa8\"\"]\""},
    {"[\"\xe2\x80\xa9\"]", "jsonb", "\"[\"\"\xe2\x80\xa9\"\"]\""},
    {"[\"\\u0061\\u30af\\u30EA\\u30b9\"]", "jsonb", "\"[\"\"a\xe3\x82\xaf\xe3\x83\xaa\xe3\x82\xb9\"\"]\""},
    {"[\"new\\u000Aline\"]", "jsonb", "\"[\"\"new\\nline\"\"]\""},
    {"[\"\x7f\"]", "jsonb", "\"[\"\"\x7f\"\"]\""},
    {"[\"\\uA66D\"]", "jsonb", "\"[\"\"\xea\x99\xad\"\"]\""},
    {"[\"\\u005C\"]", "jsonb", "\"[\"\"\\\\\"\"]\""},
    {"[\"\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82\"]", "jsonb",
     "\"[\"\"\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82\"\"]\""},
    {"[\"\\u0022\"]", "jsonb", "\"[\"\"\\\"\"\"\"]\""},
    {"[\"\\uDBFF\\uDFFE\"]", "jsonb", "\"[\"\"\xf4\x8f\xbf\xbe\"\"]\""},
    {"[\"\\u200B\"]", "jsonb", "\"[\"\"\xe2\x80\x8b\"\"]\""},
    {"[\"\\u2064\"]", "jsonb", "\"[\"\"\xe2\x81\xa4\"\"]\""},
    {"[\"\\uFDD0\"]", "jsonb", "\"[\"\"\xef\xb7\x90\"\"]\""},
    {"[\"\xe2\x82\xac\xf0\x9d\x84\x9e\"]", "jsonb", "\"[\"\"\xe2\x82\xac\xf0\x9d\x84\x9e\"\"]\""},
    {"[\"a\x7f"
     "a\"]",
     "jsonb",
     "\"[\"\"a\x7f"
     "a\"\"]\""},
};

static const struct wanted commonly_refused[] = {
    {"[1 true]", "jsonb", NULL},
    {"[a\xe5]", "jsonb", NULL},
    {"[\"\": 1]", "jsonb", NULL},
    {"[\"x\"]]", "jsonb", NULL},
    {"[\"x\"],", "jsonb", NULL},
    {"[1,,]", "jsonb", NULL},
    {"[1,,2]", "jsonb", NULL},
    {"[\"x\",,]", "jsonb", NULL},
    {"[\"\",]", "jsonb", NULL},
    {"[\"x\"", "jsonb", NULL},
    {"[x", "jsonb", NULL},
    {"[3[4]]", "jsonb", NULL},
    {"[\xff]", "jsonb", NULL},
    {"[1:2]", "jsonb", NULL},
    {"[,]", "jsonb", NULL},
    {"[-]", "jsonb", NULL},
    {"[   , \"\"]", "jsonb", NULL},
    {"[1,]", "jsonb", NULL},
    {"[\"\x0b"
     "a\"\\f]",
     "jsonb", NULL},
    {"[*]", "jsonb", NULL},
    {"[\"\"", "jsonb", NULL},
    {"[1,", "jsonb", NULL},
    {"[{}", "jsonb", NULL},
    {"[fals]", "jsonb", NULL},
    {"[nul]", "jsonb", NULL},
    {"[tru]", "jsonb", NULL},
    {"[++1234]", "jsonb", NULL},
    {"[+1]", "jsonb", NULL},
    {"[+Inf]", "jsonb", NULL},
    {"[-01]", "jsonb", NULL},
    {"[-1.0.]", "jsonb", NULL},
    {"[-2.]", "jsonb", NULL},
    {"[-NaN]", "jsonb", NULL},
    {"[.-1]", "jsonb", NULL},
    {"[.2e-3]", "jsonb", NULL},
    {"[0.1.2]", "jsonb", NULL},
    {"[0.3e+]", "jsonb", NULL},
    {"[0.3e]", "jsonb", NULL},
    {"[0.e1]", "jsonb", NULL},
    {"[0E+]", "jsonb", NULL},
    {"[0E]", "jsonb", NULL},
    {"[0e+]", "jsonb", NULL},
    {"[0e]", "jsonb", NULL},
    {"[1.0e+]", "jsonb", NULL},
    {"[1.0e-]", "jsonb", NULL},
    {"[1.0e]", "jsonb", NULL},
    {"[1 000.0]", "jsonb", NULL},
    {"[1eE2]", "jsonb", NULL},
    {"[2.e+3]", "jsonb", NULL},
    {"[2.e-3]", "jsonb", NULL},
    {"[2.e3]", "jsonb", NULL},
    {"[9.e+]", "jsonb", NULL},
    {"[Inf]", "jsonb", NULL},
    {"[NaN]", "jsonb", NULL},
    {"[\xef\xbc\x91]", "jsonb", NULL},
    {"[1+2]", "jsonb", NULL},
    {"[0x1]", "jsonb", NULL},
    {"[0x42]", "jsonb", NULL},
    {"[Infinity]", "jsonb", NULL},
    {"[0e+-1]", "jsonb", NULL},
    {"[-123.123foo]", "jsonb", NULL},
    {"[123\xe5]", "jsonb", NULL},
    {"[1e1\xe5]", "jsonb", NULL},
    {"[0\xe5]", "jsonb", NULL},
    {"[-Infinity]", "jsonb", NULL},
    {"[-foo]", "jsonb", NULL},
    {"[- 1]", "jsonb", NULL},
    {"[-012]", "jsonb", NULL},
    {"[-.123]", "jsonb", NULL},
    {"[-1x]", "jsonb", NULL},
    {"[1ea]", "jsonb", NULL},
    {"[1e\xe5]", "jsonb", NULL},
    {"[1.]", "jsonb", NULL},
    {"[.123]", "jsonb", NULL},
    {"[1.2a-3]", "jsonb", NULL},
    {"[1.8011670033376514H-308]", "jsonb", NULL},
    {"[012]", "jsonb", NULL},
    {"[\"x\", truth]", "jsonb", NULL},
    {"{[: \"x\"}", "jsonb", NULL},
    {"{\"x\", null}", "jsonb", NULL},
    {"{\"x\"::\"b\"}", "jsonb", NULL},
    {"{\xf0\x9f\x87\xa8\xf0\x9f\x87\xad}", "jsonb", NULL},
    {"{\"a\":\"a\" 123}", "jsonb", NULL},
    {"{key: 'value'}", "jsonb", NULL},
    {"{\"\xb9\":\"0\",}", "jsonb", NULL},
    {"{\"a\" b}", "jsonb", NULL},
    {"{:\"b\"}", "jsonb", NULL},
    {"{\"a\" \"b\"}", "jsonb", NULL},
    {"{\"a\":", "jsonb", NULL},
    {"{\"a\"", "jsonb", NULL},
    {"{1:1}", "jsonb", NULL},
    {"{9999E9999:1}", "jsonb", NULL},
    {"{null:null,null:null}", "jsonb", NULL},
    {"{\"id\":0,,,,,}", "jsonb", NULL},
    {"{'a':0}", "jsonb", NULL},
    {"{\"id\":0,}", "jsonb", NULL},
    {"{\"a\":\"b\"}/**/", "jsonb", NULL},
    {"{\"a\":\"b\"}/**//", "jsonb", NULL},
    {"{\"a\":\"b\"}//", "jsonb", NULL},
    {"{\"a\":\"b\"}/", "jsonb", NULL},
    {"{\"a\":\"b\",,\"c\":\"d\"}", "jsonb", NULL},
    {"{a: \"b\"}", "jsonb", NULL},
    {"{\"a\":\"a", "jsonb", NULL},
    {"{ \"foo\" : \"bar\", \"a\" }", "jsonb", NULL},
    {"{\"a\":\"b\"}#", "jsonb", NULL},
    {"[\"\\uD800\\\"]", "jsonb", NULL},
    {"[\"\\uD800\\u\"]", "jsonb", NULL},
    {"[\"\\uD800\\u1\"]", "jsonb", NULL},
    {"[\"\\uD800\\u1x\"]", "jsonb", NULL},
    {"[\xc3\xa9]", "jsonb", NULL},
    {"[\"\\x00\"]", "jsonb", NULL},
    {"[\"\\\\\\\"]", "jsonb", NULL},
    {"[\"\\\x09\"]", "jsonb", NULL},
    {"[\"\\\xf0\x9f\x8c\x80\"]", "jsonb", NULL},
    {"[\"\\\"]", "jsonb", NULL},
    {"[\"\\u00A\"]", "jsonb", NULL},
    {"[\"\\uD834\\uDd\"]", "jsonb", NULL},
    {"[\"\\uD800\\uD800\\x\"]", "jsonb", NULL},
    {"[\"\\u\xe5\"]", "jsonb", NULL},
    {"[\"\\a\"]", "jsonb", NULL},
    {"[\"\\uqqqq\"]", "jsonb", NULL},
    {"[\"\\\xe5\"]", "jsonb", NULL},
    {"[\\u0020\"asd\"]", "jsonb", NULL},
    {"[\\n]", "jsonb", NULL},
    {"\"", "jsonb", NULL},
    {"['single quote']", "jsonb", NULL},
    {"abc", "jsonb", NULL},
    {"[\"\\", "jsonb", NULL},
    {"[\"\x1f"
     "a\"]",
     "jsonb", NULL},
    {"[\"\x09\"]", "jsonb", NULL},
    {"\"\\UA66D\"", "jsonb", NULL},
    {"\"\"x", "jsonb", NULL},
    {"<.>", "jsonb", NULL},
    {"[<null>]", "jsonb", NULL},
    {"[1]x", "jsonb", NULL},
    {"[1]]", "jsonb", NULL},
    {"[\"asd]", "jsonb", NULL},
    {"a\xc3\xa5", "jsonb", NULL},
    {"[True]", "jsonb", NULL},
    {"1]", "jsonb", NULL},
    {"{\"x\": true,", "jsonb", NULL},
    {"[][]", "jsonb", NULL},
    {"]", "jsonb", NULL},
    {"\xef\xbb{}", "jsonb", NULL},
    {"\xe5", "jsonb", NULL},
    {"[", "jsonb", NULL},
    {"2@", "jsonb", NULL},
    {"{}}", "jsonb", NULL},
    {"{\"\":", "jsonb", NULL},
    {"{\"a\":/*comment*/\"b\"}", "jsonb", NULL},
    {"{\"a\": true} \"x\"", "jsonb", NULL},
    {"['", "jsonb", NULL},
    {"[,", "jsonb", NULL},
    {"[{", "jsonb", NULL},
    {"[\"a", "jsonb", NULL},
    {"[\"a\"", "jsonb", NULL},
    {"{]", "jsonb", NULL},
    {"{,", "jsonb", NULL},
    {"{[", "jsonb", NULL},
    {"{\"a", "jsonb", NULL},
    {"{'a'", "jsonb", NULL},
    {"[\"\\{[\"\\{[\"\\{[\"\\{", "jsonb", NULL},
    {"\xe9", "jsonb", NULL},
    {"*", "jsonb", NULL},
    {"{\"a\":\"b\"}#{}", "jsonb", NULL},
    {"[\\u000A\"\"]", "jsonb", NULL},
    {"[1", "jsonb", NULL},
    {"[ false, nul", "jsonb", NULL},
    {"[ true, fals", "jsonb", NULL},
    {"[ false, tru", "jsonb", NULL},
    {"\xc3\xa5", "jsonb", NULL},
    {"\xe2\x81\xa0", "jsonb", NULL},
    {"\xef\xbb\xbf", "jsonb", NULL},
    {"[\x0c]", "jsonb", NULL},
    {"[\"\xed\xa0\x80\"]", "jsonb", NULL},
    {"[\"\xf4\xbf\xbf\xbf\"]", "jsonb", NULL},
    {"[\"\xc0\xaf\"]", "jsonb", NULL},
    {"[\"\xfc\x83\xbf\xbf\xbf\xbf\"]", "jsonb", NULL},
    {"[\"\x81\"]", "jsonb", NULL},
    {"[\"\xe0\xff\"]", "jsonb", NULL},
    {"[\"\\uDADA\"]", "jsonb", NULL},
    {"[\"\\uD888\\u1234\"]", "jsonb", NULL},
    {"[\"\\uD800\\n\"]", "jsonb", NULL},
    {"[\"\\uDd1ea\"]", "jsonb", NULL},
    {"[\"\\uDFAA\"]", "jsonb", NULL},
    {"[\"\\u0000\"]", "jsonb", NULL},
    {"{\"a\\u0000b\":1}", "jsonb", NULL},
};

static void commonly_tried(void **state)
{
    (void)state;
    CHECK_LINES(commonly_accepted);
    CHECK_LINES(commonly_refused);
}

static void lines_that_are_no_objects(void **state)
{
    (void)state;
    struct files_case test = {.name = "in.ndjson",
                              .content = "{\"v\":1}\r\n\n  \n[1]\n{\"v\":2}\n1\n{\"other\":3}\n{\"v\":4}",
                              .columns = "v int; _line bigint; _record jsonb",
                              .dialect = plain_dialect()};
    struct extracted got;
    extract_case(&test, &got);
    char *rejects = reject_list(got.rejects);
    assert_string_equal(got.rows,
                        "1,1,\"{\"\"v\"\": 1}\"\n2,5,\"{\"\"v\"\": 2}\"\n,7,\"{\"\"other\"\": 3}\"\n"
                        "4,8,\"{\"\"v\"\": 4}\"\n");
    assert_string_equal(rejects, "4:not_an_object 6:not_an_object ");
    dv_free(rejects);
    free_extracted(&got);
}

static void an_array_is_no_ndjson(void **state)
{
    (void)state;
    struct files_case test = {
        .name = "in.ndjson", .content = "[{\"v\":1}]", .columns = "v int", .dialect = plain_dialect()};
    struct extracted got;
    extract_case(&test, &got);
    assert_int_equal(got.err.code, DV_EXIT_FAULT);
    assert_non_null(strstr(got.err.hint, "jq"));
    free_extracted(&got);
}

/* 100,000 brackets deep: one reject, no stack. */
static void deep_nesting_is_rejected(void **state)
{
    (void)state;
    struct dv_buf content = {0};
    dv_buf_str(&content, "{\"v\":");
    for (unsigned i = 0; i < 100000; i++)
        dv_buf_byte(&content, '[');
    for (unsigned i = 0; i < 100000; i++)
        dv_buf_byte(&content, ']');
    dv_buf_str(&content, "}\n{\"v\":1}\n");
    struct files_case test = {.name = "in.ndjson",
                              .content = content.data,
                              .length = content.len,
                              .columns = "v jsonb",
                              .dialect = plain_dialect()};
    struct extracted got;
    extract_case(&test, &got);
    assert_int_equal(got.status, DV_OK);
    assert_string_equal(got.rows, "1\n");
    assert_int_equal(got.tally.rejected, 1);
    free_extracted(&got);
    dv_buf_release(&content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(commonly_tried),
        cmocka_unit_test(refused),
        cmocka_unit_test(lines_that_are_no_objects),
        cmocka_unit_test(an_array_is_no_ndjson),
        cmocka_unit_test(deep_nesting_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
