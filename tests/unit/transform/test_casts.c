/* Casts against PostgreSQL 15: the expectations in the table are the server's own answers. */
#include "tests/unit/transform/expr_check.h"

static const struct expr_case cast_cases[] = {
    {"1.5::int", "integer", "2", NULL},
    {"2.5::int", "integer", "3", NULL},
    {"2.5::float8::int", "integer", "2", NULL},
    {"'NaN'::numeric::int", NULL, NULL, "0A000"},
    {"1e10::int", NULL, NULL, "22003"},
    {"'12'::int", "integer", "12", NULL},
    {"' 12 '::int", "integer", "12", NULL},
    {"'1x'::int", NULL, NULL, "22P02"},
    {"'abc'::numeric", NULL, NULL, "22P02"},
    {"123.456::numeric(5,2)", "numeric", "123.46", NULL},
    {"1234.5::numeric(5,2)", NULL, NULL, "22003"},
    {"0.1::float8::numeric", "numeric", "0.1", NULL},
    {"0.1::real::float8", "double precision", "0.10000000149011612", NULL},
    {"1e40::float8::real", NULL, NULL, "22003"},
    {"true::int", "integer", "1", NULL},
    {"2::boolean", "boolean", "t", NULL},
    {"true::text", "text", "true", NULL},
    {"'yes'::boolean", "boolean", "t", NULL},
    {"'maybe'::boolean", NULL, NULL, "22P02"},
    {"'abcdef'::varchar(3)", "character varying", "abc", NULL},
    {"'ab'::char(4) || 'x'", "text", "abx", NULL},
    {"'ab'::char(4) = 'ab'", "boolean", "t", NULL},
    {"length('ab '::char(5))", "integer", "2", NULL},
    {"'a'::uuid", NULL, NULL, "22P02"},
    {"'{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}'::uuid", "uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", NULL},
    {"'\\x616263'::bytea", "bytea", "\\x616263", NULL},
};

/* A literal or a column changes its value on its way to another type. */
static void casts_are_postgresqls(void **state)
{
    (void)state;
    CHECK_TABLE(cast_cases);
}

/* An error of a cast in a row must say which place of the model it comes from, and why, as the server would.
 */
static void a_failing_cast_says_where(void **state)
{
    struct dv_scope_column column = {.name = "t", .type = dv_type_of(DV_TYPE_TEXT), .slot = 0};
    struct dv_scope scope = {&column, 1};
    struct dv_value row[1] = {dv_text("12x", 3)};
    struct dv_binder binder = {.file = "m.sql"};
    struct expr_result result = {0};
    (void)state;
    check_evaluate(&result, &binder, "1 +\n  t::int", &scope, row);
    assert_int_equal(result.status, DV_FAILED);
    assert_false(result.binding_failed);
    assert_string_equal(result.err.sqlstate, "22P02");
    assert_non_null(strstr(result.err.message, "invalid input syntax for type integer: \"12x\""));
    assert_int_equal(result.line, 2);
    check_release(&result);
}

/* Assignment must not cut text silently; an explicit cast cuts. */
static void assignment_refuses_what_a_cast_cuts(void **state)
{
    struct dv_arena arena = {0};
    struct dv_binder binder = {.file = "m.sql", .arena = &arena};
    struct dv_scope_column column = {.name = "t", .type = dv_type_of(DV_TYPE_TEXT), .slot = 0};
    struct dv_scope scope = {&column, 1};
    struct dv_value row[1] = {dv_text("abcdef", 6)}, value;
    struct dv_eval eval = {.row = row, .arena = &arena};
    struct dv_type varchar = dv_type_of(DV_TYPE_VARCHAR);
    struct dv_err err = DV_ERR_INIT;
    struct dv_ast *ast = NULL;
    struct dv_expr *expr = NULL;
    (void)state;
    varchar.precision = 3;
    assert_int_equal(dv_parse_expression("t", 1, "m.sql", &arena, &ast, &err), DV_OK);
    assert_int_equal(dv_bind_expr(&binder, ast, &scope, &expr, &err), DV_OK);
    assert_int_equal(dv_bind_coerce(&binder, expr, &varchar, &expr, &err), DV_OK);
    assert_int_equal(dv_expr_eval(expr, &eval, &value, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "22001");
    assert_string_equal(err.message, "value too long for type character varying(3)");
    row[0] = dv_text("abc   ", 6);
    assert_int_equal(dv_expr_eval(expr, &eval, &value, &err), DV_OK);
    assert_int_equal(value.len, 3);
    dv_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts_are_postgresqls),
        cmocka_unit_test(a_failing_cast_says_where),
        cmocka_unit_test(assignment_refuses_what_a_cast_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
