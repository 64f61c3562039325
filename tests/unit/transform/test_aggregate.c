/* Aggregates over one small group, against PostgreSQL 15's answers, and drover's own first and last. */
#include "tests/unit/transform/expr_check.h"

#include "transform/aggregate.h"

static struct dv_scope_column columns[] = {
    {.name = "i", .slot = 0}, {.name = "n", .slot = 1}, {.name = "t", .slot = 2},
    {.name = "f", .slot = 3}, {.name = "b", .slot = 4},
};
static struct dv_scope scope = {columns, 5};

/* The rows, in CSV's form; NULL: NULL. */
static const char *const rows[5][5] = {{"3", "1.50", "b", "1.5", "t"},
                                       {"1", "2.25", NULL, "2.5", "f"},
                                       {NULL, "0.001", "a", NULL, NULL},
                                       {"2", "1.50", "b", "-1", "t"},
                                       {"1", "10", "\"c,d\"", "0.1", "t"}};

static int set_types(void **state)
{
    static const enum dv_type_id ids[] = {DV_TYPE_INT4, DV_TYPE_NUMERIC, DV_TYPE_TEXT, DV_TYPE_FLOAT8,
                                          DV_TYPE_BOOL};
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        columns[i].type = dv_type_of(ids[i]);
    return 0;
}

static struct dv_aggregate *bind(struct dv_arena *arena, const char *text, enum dv_status *status,
                                 struct dv_err *err)
{
    struct dv_ast *ast = NULL, *no_keys[1] = {NULL};
    struct dv_expr *expr = NULL;
    struct dv_binder binder = {.file = "m.sql", .arena = arena, .group_keys = no_keys, .input_scope = &scope};
    *status = dv_parse_expression(text, strlen(text), "m.sql", arena, &ast, err);
    if (*status == DV_OK)
        *status = dv_bind_expr(&binder, ast, NULL, &expr, err);
    return *status == DV_OK ? binder.aggregates[0] : NULL;
}

/* The aggregate over the first `count` rows; the batch's arena is reset between rows, as the engine may do.
 */
static enum dv_status run(struct dv_arena *arena, const struct dv_aggregate *aggregate, unsigned count,
                          struct dv_value *out, struct dv_err *err)
{
    struct dv_arena batch = {0};
    struct dv_eval eval = {.arena = &batch};
    struct dv_aggregate_state *state = dv_aggregate_start(aggregate, arena);
    enum dv_status status = DV_OK;
    for (unsigned r = 0; status == DV_OK && r < count; r++) {
        struct dv_value row[5];
        for (unsigned i = 0; i < 5; i++) {
            const char *field = rows[r][i];
            row[i] = field == NULL ? dv_null() : dv_text(dv_arena_strdup(&batch, field), strlen(field));
            if (field != NULL)
                row[i].state = field[0] == '"' ? DV_RAW_QUOTED : DV_RAW;
        }
        eval.row = row;
        status = dv_aggregate_step(aggregate, state, &eval, err);
        dv_arena_reset(&batch);
    }
    if (status == DV_OK)
        status = dv_aggregate_final(aggregate, state, out, err);
    dv_buf_release(&eval.scratch);
    dv_arena_release(&batch);
    return status;
}

static void expect(const char *text, unsigned count, const char *expected)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value value = dv_null();
    struct dv_buf shown = {0};
    enum dv_status status;
    struct dv_aggregate *aggregate = bind(&arena, text, &status, &err);
    if (status == DV_OK)
        status = run(&arena, aggregate, count, &value, &err);
    if (status != DV_OK)
        fail_msg("%s: %s", text, err.message);
    if (value.state != DV_NULL)
        dv_value_to_text(&value, &aggregate->type, &shown);
    if (expected == NULL ? value.state != DV_NULL
                         : value.state == DV_NULL || strcmp(dv_buf_cstr(&shown), expected) != 0)
        fail_msg("%s: expected %s, got %s", text, expected != NULL ? expected : "NULL",
                 value.state == DV_NULL ? "NULL" : dv_buf_cstr(&shown));
    dv_buf_release(&shown);
    dv_arena_release(&arena);
}

static void sums_and_counts_are_postgresqls(void **state)
{
    (void)state;
    expect("sum(i)", 5, "7");
    expect("sum(n)", 5, "15.251");
    expect("sum(f)", 5, "3.1");
    expect("avg(i)", 5, "1.7500000000000000");
    expect("avg(n)", 5, "3.0502000000000000");
    expect("count(*)", 5, "5");
    expect("count(i)", 5, "4");
    expect("count(distinct i)", 5, "3");
    expect("sum(distinct n)", 5, "13.751");
    expect("count(*) filter (where i > 1)", 5, "2");
    expect("sum(n) filter (where false)", 5, NULL);
    expect("sum(i)", 0, NULL);
    expect("count(*)", 0, "0");
    expect("sum(i + 9000000000000000000)", 2, "18000000000000000004");
    expect("sum(n * 1e30)", 2, "3750000000000000000000000000000.00");
    expect("sum(n + 0.000000000000000001)", 2, "3.750000000000000002");
}

static void extremes_and_truth_are_postgresqls(void **state)
{
    (void)state;
    expect("min(t)", 5, "a");
    expect("max(t)", 5, "c,d");
    expect("max(n)", 5, "10");
    expect("min(n * 1e20)", 5, "100000000000000000.000");
    expect("bool_and(b)", 5, "f");
    expect("bool_or(b)", 5, "t");
    expect("every(b)", 1, "t");
    expect("min(t)", 0, NULL);
}

static void lists_are_postgresqls(void **state)
{
    (void)state;
    expect("string_agg(t, '|')", 5, "b|a|b|c,d");
    expect("string_agg(t, '|' order by t desc, i)", 5, "c,d|b|b|a");
    expect("string_agg(distinct t, ',')", 5, "a,b,c,d");
    expect("array_agg(t)", 5, "{b,NULL,a,b,\"c,d\"}");
    expect("array_agg(i order by i desc)", 5, "{NULL,3,2,1,1}");
    expect("array_agg(distinct i)", 5, "{1,2,3,NULL}");
    expect("jsonb_agg(t order by i)", 5, "[null, \"c,d\", \"b\", \"b\", \"a\"]");
    expect("jsonb_object_agg(coalesce(i, 0)::text, n)", 5,
           "{\"0\": 0.001, \"1\": 10, \"2\": 1.50, \"3\": 1.50}");
    expect("array_agg(t)", 0, NULL);
}

static void spread_bits_and_lists_are_postgresqls(void **state)
{
    (void)state;
    expect("variance(i)", 5, "0.91666666666666666667");
    expect("var_pop(i)", 5, "0.68750000000000000000");
    expect("stddev(n)", 5, "3.9700094710214483");
    expect("stddev_pop(n)", 5, "3.5508844194087760");
    expect("var_samp(n * 1e20)", 5, "157609752000000000000000000000000000000000.000000");
    expect("variance(f)", 5, "2.3691666666666666");
    expect("stddev(f)", 5, "1.5392097539538485");
    expect("stddev_pop(f)", 5, "1.332994748676828");
    expect("variance(i - i)", 5, "0");
    expect("stddev(9223372036854775807 - i)", 5, "0.95742710775633810998");
    expect("bit_and(i)", 5, "0");
    expect("bit_or(i)", 5, "3");
    expect("bit_xor(i)", 5, "1");
    expect("avg(i * interval '1 day 01:00')", 5, "1 day 19:45:00");
    expect("sum(i * interval '1 day 01:00')", 5, "7 days 07:00:00");
    expect("json_agg(t)", 5, "[\"b\", null, \"a\", \"b\", \"c,d\"]");
    expect("json_agg(n)", 5, "[1.50, 2.25, 0.001, 1.50, 10]");
    expect("json_object_agg(coalesce(i, 0), t)", 5,
           "{ \"3\" : \"b\", \"1\" : null, \"0\" : \"a\", \"2\" : \"b\", \"1\" : \"c,d\" }");
    expect("array_agg(array[i, 1])", 5, "{{3,1},{1,1},{NULL,1},{2,1},{1,1}}");
    expect("array_agg(array[t])", 5, "{{b},{NULL},{a},{b},{\"c,d\"}}");
    expect("max(array[i, 1])", 5, "{NULL,1}");
    expect("min(string_to_array(t, ','))", 5, "{a}");
    expect("array_agg(f)", 5, "{1.5,2.5,NULL,-1,0.1}");
    expect("array_agg(b order by i)", 5, "{f,t,t,t,NULL}");
    expect("variance(i)", 0, NULL);
    expect("stddev_samp(n)", 1, NULL);
    expect("stddev_pop(n)", 1, "0");
    expect("bit_and(i)", 0, NULL);
    expect("json_agg(t)", 0, NULL);
}

/* The newest row that has the field wins; of a tie the first keeps the earlier row, the last takes the later.
 */
static void first_and_last_pick_the_row(void **state)
{
    (void)state;
    expect("first(t order by i)", 5, "c,d");
    expect("first(t order by i desc, n)", 5, "a");
    expect("first(t order by i desc nulls last)", 5, "b");
    expect("last(t order by i nulls first)", 5, "b");
    expect("first(n order by i)", 5, "2.25");
    expect("last(n order by i nulls first)", 5, "1.50");
    expect("first(n order by i nulls last, b desc)", 5, "10");
    expect("last(n order by 0)", 5, "10");
    expect("first(t)", 5, "b");
    expect("last(t)", 5, "c,d");
    expect("first(t order by t) filter (where t > 'a')", 5, "b");
    expect("first(t)", 0, NULL);
}

static void wrong_aggregates_are_refused(void **state)
{
    static const char *const cases[][2] = {{"sum(t)", "42883"},
                                           {"min(b)", "42883"},
                                           {"string_agg(t)", "42883"},
                                           {"sum(count(*))", "42803"},
                                           {"array_agg(distinct i order by n)", "42P10"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dv_arena arena = {0};
        struct dv_err err = DV_ERR_INIT;
        enum dv_status status;
        (void)bind(&arena, cases[i][0], &status, &err);
        assert_int_equal(status, DV_FAILED);
        assert_string_equal(err.sqlstate, cases[i][1]);
        dv_arena_release(&arena);
    }
}

/* A NULL key of an object is an error there; so it is here. */
static void a_null_key_is_refused(void **state)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    enum dv_status status;
    struct dv_value value;
    struct dv_aggregate *aggregate = bind(&arena, "jsonb_object_agg(t, n)", &status, &err);
    (void)state;
    assert_int_equal(status, DV_OK);
    assert_int_equal(run(&arena, aggregate, 5, &value, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "22023");
    dv_arena_release(&arena);
}

/* A million rows of a group must not make the group's memory grow: sums, counts, extremes and picks are kept
 * in place. */
static void a_long_group_takes_no_memory(void **state)
{
    static const char *const cases[] = {
        "count(*)",           "sum(n)",     "sum(i)",   "min(n)", "max(t)", "first(t order by i desc)",
        "last(n order by i)", "bit_xor(i)", "stddev(f)"};
    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct dv_arena arena = {0}, group = {0}, batch = {0};
        struct dv_err err = DV_ERR_INIT;
        struct dv_value row[5] = {dv_int(0), dv_int(0), dv_text("some text", 9), dv_null(), dv_null()}, value;
        struct dv_eval eval = {.row = row, .arena = &batch};
        enum dv_status status;
        struct dv_aggregate *aggregate = bind(&arena, cases[c], &status, &err);
        struct dv_aggregate_state *kept;
        size_t before;
        assert_int_equal(status, DV_OK);
        kept = dv_aggregate_start(aggregate, &group);
        assert_non_null(kept);
        before = group.total;
        for (int64_t i = 0; i < 100000; i++) {
            row[0] = dv_int(i);
            row[1] = dv_int(i * 7);
            row[1].scale = 2;
            assert_int_equal(dv_aggregate_step(aggregate, kept, &eval, &err), DV_OK);
        }
        assert_int_equal(group.total, before);
        assert_int_equal(dv_aggregate_final(aggregate, kept, &value, &err), DV_OK);
        dv_arena_release(&arena);
        dv_arena_release(&group);
        dv_arena_release(&batch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sums_and_counts_are_postgresqls, set_types),
        cmocka_unit_test_setup(extremes_and_truth_are_postgresqls, set_types),
        cmocka_unit_test_setup(lists_are_postgresqls, set_types),
        cmocka_unit_test_setup(spread_bits_and_lists_are_postgresqls, set_types),
        cmocka_unit_test_setup(first_and_last_pick_the_row, set_types),
        cmocka_unit_test_setup(wrong_aggregates_are_refused, set_types),
        cmocka_unit_test_setup(a_null_key_is_refused, set_types),
        cmocka_unit_test_setup(a_long_group_takes_no_memory, set_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
