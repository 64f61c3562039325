#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/extract/files_check.h"

/* One line of NDJSON that holds "v"; what the column v has, by its type; NULL: the line is rejected. */
struct wanted {
    const char *json, *type, *value;
};

static void check_lines(const struct wanted *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char columns[80], line[512];
        (void)snprintf(columns, sizeof columns, "k int; v %s", wanted[i].type);
        (void)snprintf(line, sizeof line, "{\"k\":1,\"v\":%s}\n{\"k\":2}\n", wanted[i].json);
        struct files_case test = {
            .name = "in.ndjson", .content = line, .columns = columns, .dialect = plain_dialect()};
        struct extracted got;
        char rows[512];
        extract_case(&test, &got);
        (void)snprintf(rows, sizeof rows, "%s%s%s2,\n", wanted[i].value != NULL ? "1," : "",
                       wanted[i].value != NULL ? wanted[i].value : "", wanted[i].value != NULL ? "\n" : "");
        if (got.status != DV_OK || strcmp(got.rows, rows) != 0 ||
            got.tally.rejected != (wanted[i].value == NULL))
            fail_msg("%s as %s: %s\ngot:\n%swanted:\n%s", wanted[i].json, wanted[i].type, got.err.message,
                     got.rows, rows);
        free_extracted(&got);
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
        cmocka_unit_test(refused),
        cmocka_unit_test(lines_that_are_no_objects),
        cmocka_unit_test(an_array_is_no_ndjson),
        cmocka_unit_test(deep_nesting_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
