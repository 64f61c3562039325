/* Windows, functions in FROM, sub-queries, order and limit, from stage files to stage files. */
#include "program_fixture.h"

static const char *const visits[] = {"1,a,10\n2,b,5\n3,a,10\n", "4,a,7\n5,b,\n6,c,1\n", NULL};
static const char columns[] = "id bigint, who text, spent int";

static void functions_in_from_make_rows(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,\"[1, \"\"x\"\", null]\"\n2,[]\n", "3,\"[{\"\"k\"\": 2}]\"\n",
                                        NULL};
    input(fixture, "docs", "id bigint, body jsonb", parts);
    model(fixture, "numbers", "SELECT g, g * g AS square FROM generate_series(1, 3) g");
    model(fixture, "down", "SELECT g FROM generate_series(5, 1, -2) AS g");
    model(
        fixture, "days",
        "SELECT d::date AS d FROM generate_series(date '2024-02-28', date '2024-03-01', interval '1 day') d");
    model(fixture, "items", "SELECT d.id, e.value AS item FROM docs d, jsonb_array_elements_text(d.body) e");
    model(fixture, "kept",
          "SELECT d.id, e.value, e.ordinality AS n FROM docs d "
          "LEFT JOIN LATERAL jsonb_array_elements(d.body) WITH ORDINALITY e ON true");
    model(fixture, "pairs",
          "SELECT p.key, p.value FROM docs d, jsonb_array_elements(d.body) e, jsonb_each(e.value) p WHERE "
          "d.id = 3");
    model(fixture, "words", "SELECT w FROM unnest(ARRAY['x', NULL, 'z']) w");
    model(fixture, "constant", "SELECT 1 AS one, 'two' AS two");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/numbers", "1,1\n2,4\n3,9\n");
    assert_rows(fixture, "transform/down", "5\n3\n1\n");
    assert_rows(fixture, "transform/days", "2024-02-28\n2024-02-29\n2024-03-01\n");
    assert_rows(fixture, "transform/items", "1,1\n1,x\n1,\n3,\"{\"\"k\"\": 2}\"\n");
    assert_rows(fixture, "transform/kept",
                "1,1,1\n1,\"\"\"x\"\"\",2\n1,null,3\n2,,\n3,\"{\"\"k\"\": 2}\",1\n");
    assert_rows(fixture, "transform/pairs", "k,2\n");
    assert_rows(fixture, "transform/words", "x\n\nz\n");
    assert_rows(fixture, "transform/constant", "1,two\n");
    struct dv_tally tally = tally_of(fixture, "transform/items");
    assert_int_equal(tally.read, tally.written + tally.filtered);
}

static void sub_queries_mark(void **state)
{
    struct fixture *fixture = *state;
    static const char *const known[] = {"a,1\nc,2\n", NULL};
    static const char *const holes[] = {"a,1\n,2\n", NULL};
    input(fixture, "visits", columns, visits);
    input(fixture, "known", "name text, kind int", known);
    input(fixture, "holes", "name text, x int", holes);
    model(fixture, "known_visits",
          "SELECT id FROM visits v WHERE EXISTS (SELECT 1 FROM known k WHERE k.name = v.who AND k.kind > 0)");
    model(fixture, "strangers",
          "SELECT id FROM visits v WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.name = v.who)");
    model(fixture, "listed", "SELECT id FROM visits WHERE who IN (SELECT name FROM known WHERE kind = 2)");
    model(fixture, "unlisted", "SELECT id FROM visits WHERE who NOT IN (SELECT name FROM known)");
    model(fixture, "null_in_list",
          "SELECT id, who IN (SELECT name FROM holes) AS listed FROM visits WHERE id < 3");
    model(fixture, "nobody", "SELECT id FROM visits WHERE who NOT IN (SELECT name FROM holes)");
    model(fixture, "any",
          "SELECT id FROM visits WHERE id > 5 AND EXISTS (SELECT name FROM known WHERE kind = 1)");
    model(fixture, "none", "SELECT id FROM visits WHERE EXISTS (SELECT name FROM known WHERE kind = 9)");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/known_visits", "1\n3\n4\n6\n");
    assert_rows(fixture, "transform/strangers", "2\n5\n");
    assert_rows(fixture, "transform/listed", "6\n");
    assert_rows(fixture, "transform/unlisted", "2\n5\n");
    assert_rows(fixture, "transform/null_in_list", "1,t\n2,\n");
    assert_rows(fixture, "transform/nobody", "");
    assert_rows(fixture, "transform/any", "6\n");
    assert_rows(fixture, "transform/none", "");
}

static void windows_number_and_sum(void **state)
{
    struct fixture *fixture = *state;
    input(fixture, "visits", columns, visits);
    model(fixture, "numbered",
          "SELECT who, id, row_number() OVER (PARTITION BY who ORDER BY spent DESC NULLS LAST, id) AS place, "
          "count(*) OVER (PARTITION BY who) AS visits FROM visits");
    model(fixture, "best", "SELECT who, id FROM numbered WHERE place = 1");
    model(fixture, "ranked",
          "SELECT id, rank() OVER (ORDER BY spent DESC NULLS LAST) AS r, "
          "dense_rank() OVER (ORDER BY spent DESC NULLS LAST) AS d, "
          "sum(spent) OVER (ORDER BY spent DESC NULLS LAST) AS s FROM visits");
    model(fixture, "sorted_places", "SELECT * FROM numbered ORDER BY who, place");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/sorted_places", "a,1,1,3\na,3,2,3\na,4,3,3\nb,2,1,2\nb,5,2,2\nc,6,1,1\n");
    assert_rows(fixture, "transform/ranked", "1,1,1,20\n3,1,1,20\n4,3,2,27\n2,4,3,32\n6,5,4,33\n5,6,5,33\n");
    char *rows = rows_of(fixture, "transform/best");
    assert_non_null(strstr(rows, "a,1\n"));
    assert_non_null(strstr(rows, "b,2\n"));
    assert_non_null(strstr(rows, "c,6\n"));
    dv_free(rows);
}

static void order_and_limit_hold(void **state)
{
    struct fixture *fixture = *state;
    input(fixture, "visits", columns, visits);
    model(fixture, "all_by_who", "SELECT id, who FROM visits ORDER BY who DESC, id");
    model(fixture, "top", "SELECT id FROM visits ORDER BY spent DESC NULLS LAST, id LIMIT 2 OFFSET 1");
    model(fixture, "united",
          "SELECT id AS x FROM visits UNION ALL SELECT spent FROM visits ORDER BY x NULLS FIRST LIMIT 4");
    model(fixture, "first_groups",
          "SELECT who, count(*) AS n FROM visits GROUP BY who ORDER BY n DESC, who LIMIT 2");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/all_by_who", "6,c\n2,b\n5,b\n1,a\n3,a\n4,a\n");
    assert_rows(fixture, "transform/top", "3\n4\n");
    assert_rows(fixture, "transform/united", "\n1\n1\n2\n");
    assert_rows(fixture, "transform/first_groups", "a,3\nb,2\n");
    struct dv_tally tally = tally_of(fixture, "transform/top");
    assert_int_equal(tally.read, 6);
    assert_int_equal(tally.written, 2);
    assert_int_equal(tally.filtered, 4);
}

static void recursion_walks_trees(void **state)
{
    struct fixture *fixture = *state;
    static const char *const tree[] = {"1,,root\n2,1,left\n3,1,right\n4,2,leaf\n5,,other\n",
                                       "6,5,under\n7,8,lost\n8,7,lost too\n", NULL};
    input(fixture, "nodes", "id bigint, parent bigint, name text", tree);
    model(fixture, "paths",
          "WITH RECURSIVE t AS (SELECT id, parent, 0 AS level, name AS path FROM nodes WHERE parent IS NULL "
          "UNION ALL SELECT n.id, n.parent, t.level + 1, t.path || '/' || n.name FROM nodes n JOIN t ON "
          "n.parent = t.id) "
          "SELECT id, level, path FROM t");
    model(fixture, "by_id", "SELECT * FROM paths ORDER BY id");
    model(fixture, "lost",
          "SELECT n.id FROM nodes n WHERE NOT EXISTS (SELECT 1 FROM paths p WHERE p.id = n.id)");
    model(fixture, "rounds",
          "WITH RECURSIVE t AS (SELECT id, 0 AS level FROM nodes WHERE id = 7 "
          "UNION ALL SELECT n.id, t.level + 1 FROM t JOIN nodes n ON n.parent = t.id) SELECT count(*) AS n "
          "FROM t");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/by_id",
                "1,0,root\n2,1,root/left\n3,1,root/right\n4,2,root/left/leaf\n5,0,other\n6,1,other/under\n");
    assert_rows(fixture, "transform/lost", "7\n8\n");
    assert_rows(fixture, "transform/rounds", "3\n"); /* 7, 8, 7 again: then 8 closes the cycle */
}

static void refusals_say_what_to_write(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"SELECT id FROM visits WHERE row_number() OVER () = 1", "select list alone"},
        {"SELECT row_number() OVER (PARTITION BY who), count(*) OVER (PARTITION BY id) FROM visits",
         "share their PARTITION BY"},
        {"SELECT who, count(*), row_number() OVER () FROM visits GROUP BY who", "GROUP BY"},
        {"SELECT id FROM visits v WHERE EXISTS (SELECT 1 FROM visits w WHERE w.id > v.id)",
         "equalities alone"},
        {"SELECT id FROM visits LIMIT -1", "constant number of rows"},
        {"SELECT x FROM lower('a') x", "no function that gives rows"},
        {"SELECT id FROM visits v WHERE id NOT IN (SELECT w.id FROM visits w WHERE w.who = v.who)",
         "NOT EXISTS"},
    };
    input(fixture, "visits", columns, visits);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        model(fixture, "m", cases[c].sql);
        fixture->err = (struct dv_err)DV_ERR_INIT;
        assert_int_equal(run(fixture, 1, 32U << 20), DV_FAILED);
        assert_int_equal(fixture->err.code, DV_EXIT_USAGE);
        if (strstr(fixture->err.message, cases[c].expected) == NULL)
            fail_msg("%s\n gave: %s", cases[c].sql, fixture->err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(functions_in_from_make_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(sub_queries_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_number_and_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(order_and_limit_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(recursion_walks_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_say_what_to_write, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
