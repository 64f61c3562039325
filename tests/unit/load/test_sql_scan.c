/* Where a statement ends decides what the server is sent: a semicolon inside a string or a function body is
 * no end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/sql_scan.h"

#include <string.h>

static void statements_end_at_their_own_semicolon(void **state)
{
    static const char sql[] =
        "SELECT ';', \"a;b\", E'\\';' -- ;\n/* ; /* ; */ ; */ , $x$ ; $$ ; $x$, a$1;next;";
    bool empty;
    (void)state;
    const char *end = dv_sql_statement_end(sql, &empty);
    assert_false(empty);
    assert_string_equal(end, "next;");
    end = dv_sql_statement_end(" -- only a comment\n", &empty);
    assert_true(empty);
    assert_string_equal(end, "");
    /* An open string goes on to the end instead of past it. */
    assert_string_equal(dv_sql_statement_end("SELECT 'open; ", &empty), "");
    assert_string_equal(dv_sql_statement_end("SELECT $a$ open; ", &empty), "");
    assert_string_equal(dv_sql_statement_end("/* open; ", &empty), "");
}

static void meta_commands_are_found_outside_strings(void **state)
{
    (void)state;
    assert_int_equal(dv_sql_meta_command("SELECT '\\d';\n-- \\d\n$$ \\d $$"), 0);
    assert_int_equal(dv_sql_meta_command("SELECT 1;\n\\d t\n"), 2);
}

static void lines_are_counted_in_characters(void **state)
{
    (void)state;
    assert_int_equal(dv_sql_line_of("a\nb\nc", 1), 1);
    assert_int_equal(dv_sql_line_of("a\nb\nc", 3), 2);
    assert_int_equal(dv_sql_line_of("\xc3\xa9\xc3\xa9\nb", 4), 2);
    assert_int_equal(dv_sql_line_of("\xc3\xa9\xc3\xa9\nb", 2), 1);
}

static void parameters_are_quoted(void **state)
{
    static const char *const params[] = {"a=it's", "ab=2", NULL};
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf out = {0};
    (void)state;
    assert_int_equal(
        dv_sql_substitute(&out, "SELECT :'a', :'ab', ':''a''', x::text -- :'none'", params, &err), DV_OK);
    assert_string_equal(dv_buf_cstr(&out), "SELECT 'it''s', '2', ':''a''', x::text -- :'none'");
    assert_int_equal(dv_sql_substitute(&out, "SELECT :'none'", params, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    dv_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_at_their_own_semicolon),
        cmocka_unit_test(meta_commands_are_found_outside_strings),
        cmocka_unit_test(lines_are_counted_in_characters),
        cmocka_unit_test(parameters_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
