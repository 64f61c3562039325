/* Names, grouping, conditions and the messages of the binder. */
#include "tests/unit/transform/expr_check.h"

#include "transform/aggregate.h"

static struct dv_scope_column columns[] = {
    {.qualifier = "u", .name = "id", .slot = 0},     {.qualifier = "k", .name = "id", .slot = 1},
    {.qualifier = "u", .name = "email", .slot = 2},  {.qualifier = "u", .name = "contactDetails", .slot = 3},
    {.qualifier = "k", .name = "amount", .slot = 4},
};
static struct dv_scope scope = {columns, 5};

static int set_types(void **state)
{
    (void)state;
    columns[0].type = columns[1].type = dv_type_of(DV_TYPE_INT8);
    columns[2].type = dv_type_of(DV_TYPE_TEXT);
    columns[3].type = dv_type_of(DV_TYPE_JSONB);
    columns[4].type = dv_type_of(DV_TYPE_NUMERIC);
    return 0;
}

static void row_of(struct dv_value *row)
{
    static const char *const fields[] = {"7", "8", "\" Ann@X.org\"",
                                         "\"{\"\"email\"\": \"\" A@B.C\\n\"\", \"\"n\"\": null}\"", "12.50"};
    for (unsigned i = 0; i < 5; i++) {
        row[i] = dv_text(fields[i], strlen(fields[i]));
        row[i].state = fields[i][0] == '"' ? DV_RAW_QUOTED : DV_RAW;
    }
}

static void expect_error(const char *expression, const char *sqlstate, const char *message, const char *hint)
{
    struct expr_result result = {0};
    struct dv_binder binder = {.file = "m.sql"};
    check_evaluate(&result, &binder, expression, &scope, NULL);
    assert_int_equal(result.status, DV_FAILED);
    assert_true(result.binding_failed);
    assert_int_equal(result.err.code, DV_EXIT_USAGE);
    if (message != NULL)
        assert_string_equal(result.err.message, message);
    assert_string_equal(result.err.sqlstate, sqlstate);
    if (message != NULL)
        assert_string_equal(result.err.message, message);
    if (hint != NULL && strstr(result.err.hint, hint) == NULL)
        fail_msg("the hint \"%s\" does not say \"%s\"", result.err.hint, hint);
    check_release(&result);
}

/* A wrong name must be told with its place, and with what was probably meant. */
static void wrong_names_are_told(void **state)
{
    (void)state;
    expect_error("emial", "42703", "m.sql:1:1: column \"emial\" does not exist", "u.email");
    expect_error("u.emial", "42703", "m.sql:1:1: column u.emial does not exist", "u.email");
    expect_error("contactdetails", "42703", "m.sql:1:1: column \"contactdetails\" does not exist", "quotes");
    expect_error("x.email", "42P01", "m.sql:1:1: missing FROM-clause entry for table \"x\"", "alias");
    expect_error("1 +\n id", "42702", "m.sql:2:2: column reference \"id\" is ambiguous", "u.id or k.id");
    expect_error(":nope", "42P02", "m.sql:1:1: there is no parameter :nope", "job.json");
    expect_error("lowr('x')", "42883", "m.sql:1:1: function lowr(unknown) does not exist", "lower");
    expect_error("jsonb_path_query('1', '$')", "42883",
                 "m.sql:1:1: function jsonb_path_query(unknown, unknown) does not exist", "->>");
    expect_error("regexp_replac('x', 'y', 'z')", "42883",
                 "m.sql:1:1: function regexp_replac(unknown, unknown, unknown) does not exist",
                 "regexp_replace");
}

static void wrong_types_are_told(void **state)
{
    (void)state;
    expect_error("email + 1", "42883", "m.sql:1:7: operator does not exist: text + integer", "casts");
    expect_error("amount = email", "42883", "m.sql:1:8: operator does not exist: numeric = text", "casts");
    expect_error("case when true then email else amount end", "42804", NULL, NULL);
}

/* The contact chain of a booking: decoded once, trimmed, lowered. */
static void a_contact_field_is_cleaned(void **state)
{
    struct dv_value row[5];
    struct expr_result result = {0};
    struct dv_binder binder = {.file = "m.sql"};
    (void)state;
    row_of(row);
    check_evaluate(&result, &binder, "lower(nullif(btrim(\"contactDetails\"->>'email', E' \\t\\r\\n'), ''))",
                   &scope, row);
    assert_int_equal(result.status, DV_OK);
    assert_string_equal(dv_buf_cstr(&result.text), "a@b.c");
    assert_int_equal(row[3].state, DV_SET);
    assert_int_equal(row[2].state, DV_RAW_QUOTED); /* not read, not decoded */
    check_release(&result);
}

static void parameters_and_the_clock_are_constants(void **state)
{
    struct dv_param param = {.name = "limit", .type = dv_type_of(DV_TYPE_INT4), .value = dv_int(0)};
    struct dv_binder binder = {.file = "m.sql", .params = &param, .param_count = 1, .now_us = 3600000000};
    struct expr_result result = {0};
    (void)state;
    check_evaluate(&result, &binder, "case when :limit = 0 then now()::text else (1 / :limit)::text end",
                   NULL, NULL);
    assert_int_equal(result.status, DV_OK);
    assert_string_equal(dv_buf_cstr(&result.text), "2000-01-01 01:00:00+00");
    check_release(&result);
}

static void conditions_must_be_boolean(void **state)
{
    struct dv_arena arena = {0};
    struct dv_binder binder = {.file = "m.sql", .arena = &arena};
    struct dv_err err = DV_ERR_INIT;
    struct dv_ast *ast = NULL;
    struct dv_expr *expr = NULL;
    bool used[5] = {false};
    (void)state;
    assert_int_equal(dv_parse_expression("email", 5, "m.sql", &arena, &ast, &err), DV_OK);
    assert_int_equal(dv_bind_condition(&binder, ast, &scope, "WHERE", &expr, &err), DV_FAILED);
    assert_string_equal(err.message, "m.sql:1:1: argument of WHERE must be type boolean, not type text");
    assert_int_equal(dv_parse_expression("amount > 5 and email is not null", 32, "m.sql", &arena, &ast, &err),
                     DV_OK);
    assert_int_equal(dv_bind_condition(&binder, ast, &scope, "WHERE", &expr, &err), DV_OK);
    dv_expr_slots(expr, used);
    assert_true(used[2] && used[4] && !used[0] && !used[1] && !used[3]);
    dv_arena_release(&arena);
}

static enum dv_status bind_grouped(struct dv_binder *binder, const char *text, struct dv_expr **out,
                                   struct dv_err *err)
{
    struct dv_ast *ast = NULL;
    enum dv_status status = dv_parse_expression(text, strlen(text), "m.sql", binder->arena, &ast, err);
    return status == DV_OK ? dv_bind_expr(binder, ast, NULL, out, err) : status;
}

/* A key may be written with or without its qualifier; equal aggregates are computed once; anything else is an
 * error. */
static void grouping_finds_keys_and_shares_aggregates(void **state)
{
    struct dv_arena arena = {0};
    struct dv_binder plain = {.file = "m.sql", .arena = &arena}, binder;
    struct dv_err err = DV_ERR_INIT;
    struct dv_ast *keys[1] = {NULL};
    struct dv_expr *key_exprs[1], *expr = NULL;
    (void)state;
    assert_int_equal(dv_parse_expression("lower(btrim(email))", 19, "m.sql", &arena, &keys[0], &err), DV_OK);
    assert_int_equal(dv_bind_expr(&plain, keys[0], &scope, &key_exprs[0], &err), DV_OK);
    binder = plain;
    binder.group_keys = keys;
    binder.group_count = 1;
    binder.group_exprs = key_exprs;
    binder.input_scope = &scope;
    assert_int_equal(bind_grouped(&binder, "lower(btrim(u.email))", &expr, &err), DV_OK);
    assert_true(expr->is_column);
    assert_int_equal(expr->slot, 0);
    assert_int_equal(bind_grouped(&binder, "coalesce(sum(amount), 0)::numeric(14,2)", &expr, &err), DV_OK);
    assert_int_equal(bind_grouped(&binder, "sum(amount) + count(*)", &expr, &err), DV_OK);
    assert_int_equal(binder.aggregate_count, 2);
    assert_int_equal(bind_grouped(&binder, "count(*)", &expr, &err), DV_OK);
    assert_int_equal(expr->slot, 2);
    assert_int_equal(expr->type.id, DV_TYPE_INT8);
    assert_int_equal(bind_grouped(&binder, "upper(email)", &expr, &err), DV_FAILED);
    assert_string_equal(err.message,
                        "m.sql:1:7: column \"u.email\" must appear in the GROUP BY clause or be used in an "
                        "aggregate function");
    assert_int_equal(bind_grouped(&binder, "sum(count(*))", &expr, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "42803");
    dv_arena_release(&arena);
}

static void join_keys_meet_in_one_type(void **state)
{
    struct dv_arena arena = {0};
    struct dv_binder binder = {.file = "m.sql", .arena = &arena};
    struct dv_type int8 = dv_type_of(DV_TYPE_INT8), numeric = dv_type_of(DV_TYPE_NUMERIC),
                   uuid = dv_type_of(DV_TYPE_UUID);
    struct dv_expr *a = dv_bind_slot(&binder, 0, &int8), *b = dv_bind_slot(&binder, 1, &numeric);
    struct dv_expr *c = dv_bind_slot(&binder, 2, &uuid);
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    assert_int_equal(dv_bind_equality(&binder, &a, &b, &err), DV_OK);
    assert_int_equal(a->type.id, DV_TYPE_NUMERIC);
    assert_int_equal(b->type.id, DV_TYPE_NUMERIC);
    assert_int_equal(dv_bind_equality(&binder, &a, &c, &err), DV_FAILED);
    dv_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(wrong_names_are_told, set_types),
        cmocka_unit_test_setup(wrong_types_are_told, set_types),
        cmocka_unit_test_setup(a_contact_field_is_cleaned, set_types),
        cmocka_unit_test(parameters_and_the_clock_are_constants),
        cmocka_unit_test_setup(conditions_must_be_boolean, set_types),
        cmocka_unit_test_setup(grouping_finds_keys_and_shares_aggregates, set_types),
        cmocka_unit_test(join_keys_meet_in_one_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
