/* Many paths over one json column: one scan a row, and the answers of each path alone. */
#include "program_fixture.h"

#include "transform/relation.h"

static void paths_share_what_the_row_holds(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {
        "1,\"{\"\"a\"\": \"\"x\\n\"\", \"\"bb\"\": {\"\"c\"\": [1, {\"\"d\"\": 2}]}}\","
        "\"{\"\"k\"\":1,\"\"k\"\":{\"\"l\"\":\"\"last\"\"}}\",\n"
        "2,\"{\"\"a\"\": null, \"\"bb\"\": 5}\",\" {\"\"k\"\" : [7] } \",\"{\"\"p\"\": \"\"q\"\"}\"\n"
        "3,,,\n4,\"[]\",3,\"{}\"\n",
        NULL};
    input(fixture, "docs", "id bigint, body jsonb, plain json, packed text", parts);
    model(fixture, "read",
          "SELECT id, body->>'a' AS a, body->'bb'->'c'->1->>'d' AS d, body #>> '{bb,c,0}' AS first, "
          "body->'bb'->0 AS self, jsonb_extract_path_text(body, 'bb', 'c', '-1', 'd') AS again, "
          "plain->'k'->>'l' AS l, plain #>> '{k,0}' AS k FROM docs WHERE body->>'zz' IS NULL");
    model(fixture, "cast_once",
          "SELECT id, packed::jsonb->>'p' AS p, packed::jsonb->>'none' AS none FROM docs");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/read", "1,\"x\n\",2,1,,2,last,\n2,,,,5,,,7\n3,,,,,,,\n4,,,,,,,\n");
    assert_rows(fixture, "transform/cast_once", "1,,\n2,q,\n3,,\n4,,\n");
}

/* A source that fails does so in the row that reads it, and in no other. */
static void a_source_that_fails_rejects_its_row(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,\"{\"\"p\"\": 1}\"\n2,{bad\n3,{bad\n", NULL};
    input(fixture, "docs", "id bigint, packed text", parts);
    model(fixture, "read",
          "SELECT id, CASE WHEN id < 3 THEN packed::jsonb->>'p' END AS p, "
          "CASE WHEN id < 2 THEN packed::jsonb->>'q' END AS q FROM docs");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/read", "1,1,\n3,,\n");
    assert_int_equal(tally_of(fixture, "transform/read").rejected, 1);
}

/* Each row of a function or a join has its own values; what stands before it keeps them. */
static void rows_out_of_joins_keep_apart(void **state)
{
    struct fixture *fixture = *state;
    static const char *const docs[] = {
        "1,\"{\"\"n\"\": \"\"one\"\", \"\"items\"\": [{\"\"s\"\": 1, \"\"t\"\": 2}, {\"\"s\"\": 3}]}\"\n"
        "2,\"{\"\"n\"\": \"\"two\"\", \"\"items\"\": [{\"\"t\"\": 4}]}\"\n",
        NULL};
    static const char *const notes[] = {
        "1,\"{\"\"m\"\": 1, \"\"z\"\": 9}\"\n1,\"{\"\"m\"\": 2}\"\n2,\"{\"\"m\"\": 3}\"\n", NULL};
    input(fixture, "docs", "id bigint, body jsonb", docs);
    input(fixture, "notes", "doc bigint, body jsonb", notes);
    model(fixture, "items",
          "SELECT d.id, d.body->>'n' AS n, i.value->>'s' AS s, i.value->>'t' AS t FROM docs d, "
          "jsonb_array_elements(d.body->'items') i WHERE d.body->>'n' IS NOT NULL");
    model(fixture, "noted",
          "-- drover: many\nSELECT d.id, d.body->>'n' AS n, o.body->>'m' AS m, o.body->>'z' AS z FROM docs d "
          "JOIN notes o ON o.doc = d.id AND (o.body->>'m')::int < 3");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/items", "1,one,1,2\n1,one,3,\n2,two,,4\n");
    assert_rows(fixture, "transform/noted", "1,one,1,9\n1,one,2,\n");
}

/* The memory of rows out of a function is reused; values of the row before it are not in it. */
static void a_long_expansion_leaves_the_row_alone(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {
        "1,\"say \"\"hello\"\" to everybody\",\"{\"\"k\"\": \"\"value of k\"\"}\"\n", NULL};
    input(fixture, "docs", "id bigint, note text, body jsonb", parts);
    model(fixture, "long",
          "SELECT g, repeat('z', 200) || g AS filler, upper(d.note) AS note, d.body->>'k' AS k "
          "FROM docs d, generate_series(1, 2000) g");
    model(fixture, "odd",
          "SELECT g, note, k FROM long WHERE note <> 'SAY \"HELLO\" TO EVERYBODY' OR k <> "
          "'value of k' OR k IS NULL");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/odd", "");
}

/* The text is changed behind the back of the second path, which must not look at it again until the row is
 * another. */
static void one_scan_answers_all_paths_of_a_row(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {NULL};
    struct dv_program *program = NULL;
    input(fixture, "docs", "id bigint, body jsonb", parts);
    model(fixture, "read", "SELECT body->>'a' AS a, body->>'bb' AS bb, body->>'ccc' AS ccc FROM docs");
    assert_int_equal(dv_program_new(&program, fixture->models, fixture->inputs, fixture->input_count, NULL, 0,
                                    NULL, 0, 0, &fixture->err),
                     DV_OK);
    const struct dv_branch *branch = &dv_program_relation(program, "read")->branches[0];
    char text[] = "{\"a\": \"1\", \"bb\": \"2\", \"ccc\": \"3\"}";
    struct dv_arena batch = {0};
    struct dv_keep keep = {0};
    struct dv_value row[2] = {dv_int(1), dv_text(text, strlen(text))}, value;
    struct dv_eval eval = {.row = row, .arena = &batch, .keep = &keep};
    eval.scope = (struct dv_eval_scope){.width = 2, .row = 1, .arena = &batch};
    assert_int_equal(dv_expr_eval(branch->outputs[0], &eval, &value, &fixture->err), DV_OK);
    assert_memory_equal(value.u.p, "1", 1);
    memset(strstr(text, "bb"), 'x', 2);
    assert_int_equal(dv_expr_eval(branch->outputs[1], &eval, &value, &fixture->err), DV_OK);
    assert_int_equal(value.state, DV_SET);
    assert_memory_equal(value.u.p, "2", 1);
    eval.scope.row = 2;
    assert_int_equal(dv_expr_eval(branch->outputs[1], &eval, &value, &fixture->err), DV_OK);
    assert_int_equal(value.state, DV_NULL);
    eval.scope.row = 0; /* no row to keep results of: the text is read as it is now */
    memset(strstr(text, "xx"), 'b', 2);
    assert_int_equal(dv_expr_eval(branch->outputs[1], &eval, &value, &fixture->err), DV_OK);
    assert_int_equal(value.state, DV_SET);
    dv_keep_release(&keep);
    dv_arena_release(&batch);
    dv_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_share_what_the_row_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_source_that_fails_rejects_its_row, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_out_of_joins_keep_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_expansion_leaves_the_row_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(one_scan_answers_all_paths_of_a_row, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
