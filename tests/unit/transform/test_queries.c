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

/* The run's clock is a parameter that nobody declares; the fixture's stands at 2000-01-01. */
static void the_clock_is_a_parameter(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,1999-12-31\n2,2000-01-02\n", NULL};
    input(fixture, "people", "id bigint, born date", parts);
    model(fixture, "born", "SELECT id, born < :now AS before, :now::date AS today FROM people");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/born", "1,t,2000-01-01\n2,f,2000-01-01\n");
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

static void sub_queries_are_values(void **state)
{
    struct fixture *fixture = *state;
    static const char *const people[] = {"a,Ann\nb,Bob\n", "b,Bea\n", NULL};
    input(fixture, "visits", columns, visits);
    input(fixture, "people", "who text, name text", people);
    model(fixture, "last",
          "SELECT id, id = (SELECT max(id) FROM visits) AS last FROM visits WHERE id > (SELECT "
          "max(spent) / 2 FROM visits)");
    model(fixture, "named",
          "SELECT DISTINCT who, (SELECT p.name FROM people p WHERE p.who = v.who AND p.name <> 'Bea') "
          "FROM visits v ORDER BY who");
    model(fixture, "counted",
          "SELECT p.name, (SELECT count(*) FROM visits v WHERE v.who = p.who AND spent > 5) AS n, "
          "(SELECT coalesce(sum(spent), 0) + count(*) FILTER (WHERE id > 3) FROM visits v WHERE v.who = "
          "p.name) "
          "AS none, (SELECT max(id) - min(id) FROM visits v WHERE p.who = v.who) AS span FROM people p ORDER "
          "BY "
          "name");
    model(
        fixture, "newest",
        "SELECT p.name, (SELECT v.id FROM visits v WHERE v.who = p.who ORDER BY v.spent DESC NULLS LAST, id "
        "LIMIT 1) AS best FROM people p ORDER BY name");
    model(fixture, "lazy",
          "SELECT v.id, CASE WHEN v.who <> 'b' THEN (SELECT p.name FROM people p WHERE p.who = v.who) END AS "
          "name FROM visits v WHERE v.id < 3");
    model(fixture, "shares",
          "SELECT who, sum(spent) * 100 / (SELECT sum(spent) FROM visits) AS share, sum(spent - (SELECT "
          "min(spent) FROM visits)) AS above FROM visits GROUP BY who HAVING count(*) > (SELECT 1) AND "
          "EXISTS (SELECT 1 FROM people p WHERE p.who = visits.who) ORDER BY who");
    model(fixture, "joined",
          "SELECT v.id, p.name FROM visits v LEFT JOIN people p ON p.who = v.who AND p.name = (SELECT "
          "min(name) "
          "FROM people x WHERE x.who = v.who) AND v.id < (SELECT max(id) FROM visits)");
    model(fixture, "nested",
          "SELECT id FROM visits WHERE who IN (SELECT who FROM people WHERE name = (SELECT max(name) FROM "
          "people)) AND ((SELECT 1) + 1) = 2");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/last", "6,t\n");
    assert_rows(fixture, "transform/named", "a,Ann\nb,Bob\nc,\n");
    assert_rows(fixture, "transform/counted", "Ann,3,0,3\nBea,0,0,3\nBob,0,0,3\n");
    assert_rows(fixture, "transform/newest", "Ann,1\nBea,2\nBob,2\n");
    assert_rows(fixture, "transform/lazy", "1,Ann\n2,\n");
    assert_rows(fixture, "transform/shares", "a,81,24\nb,15,4\n");
    assert_rows(fixture, "transform/joined", "1,Ann\n2,Bea\n3,Ann\n4,Ann\n5,Bea\n6,\n");
    assert_rows(fixture, "transform/nested", "2\n5\n");
}

/* PostgreSQL fails for such a row: here it is rejected, and the others are written. */
static void several_rows_are_no_value(void **state)
{
    struct fixture *fixture = *state;
    static const char *const people[] = {"a,Ann\nb,Bob\n", "b,Bea\n", NULL};
    input(fixture, "visits", columns, visits);
    input(fixture, "people", "who text, name text", people);
    model(fixture, "named",
          "SELECT id, (SELECT name FROM people p WHERE p.who = v.who) AS name FROM visits v");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/named", "1,Ann\n3,Ann\n4,Ann\n6,\n");
    char *rows = rows_of(fixture, "rejects/named");
    assert_non_null(strstr(rows,
                           "cardinality_violation,transform/named.sql:1:12: more than one row returned by a "
                           "subquery used as an expression,"));
    dv_free(rows);
}

/* A row may have columns of the names that rejects have in front of it. */
static void rejects_of_rows_with_a_reason(void **state)
{
    struct fixture *fixture = *state;
    static const char *const events[] = {"1,late,r\n0,lost,s\n", NULL};
    input(fixture, "events", "row int, reason text, reason_ text", events);
    model(fixture, "shares", "SELECT 10 / row AS share, reason FROM events");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/shares", "10,late\n");
    char *rows = rows_of(fixture, "rejects/shares");
    assert_non_null(
        strstr(rows, "division_by_zero,transform/shares.sql:1:11: division by zero,transform,events,0,2,"
                     "0,lost,s\n"));
    dv_free(rows);
}

static void joins_need_no_equality(void **state)
{
    struct fixture *fixture = *state;
    static const char *const limits[] = {"5,10\n", NULL};
    static const char *const people[] = {"a,Ann\nb,Bob\n", NULL};
    input(fixture, "visits", columns, visits);
    input(fixture, "limits", "low int, high int", limits);
    input(fixture, "people", "who text, name text", people);
    model(fixture, "crossed", "SELECT v.id, v.spent - l.low AS above FROM visits v CROSS JOIN limits l");
    model(fixture, "left_over",
          "SELECT v.id, l.high FROM visits v LEFT JOIN limits l ON v.spent BETWEEN l.low AND l.high");
    model(fixture, "inside", "SELECT v.id FROM visits v JOIN limits l ON v.spent > l.low");
    model(fixture, "listed",
          "SELECT v.id, p.name, l.low FROM visits v, limits l, people p WHERE v.who = p.who AND v.id > 3");
    model(fixture, "single", "SELECT v.id, m.top FROM visits v, (SELECT max(id) AS top FROM visits) m");
    model(fixture, "many",
          "-- drover: many\nSELECT v.id, p.name FROM visits v JOIN people p ON true WHERE v.id < 3");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/crossed", "1,5\n2,0\n3,5\n4,2\n5,\n6,-4\n");
    assert_rows(fixture, "transform/left_over", "1,10\n2,10\n3,10\n4,10\n5,\n6,\n");
    assert_rows(fixture, "transform/inside", "1\n3\n4\n");
    assert_rows(fixture, "transform/listed", "4,Ann,5\n5,Bob,5\n");
    assert_rows(fixture, "transform/single", "1,6\n2,6\n3,6\n4,6\n5,6\n6,6\n");
    assert_rows(fixture, "transform/many", "1,Ann\n1,Bob\n2,Ann\n2,Bob\n");
    model(fixture, "multiplied", "SELECT v.id, p.name FROM visits v CROSS JOIN people p");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_FAILED);
    assert_non_null(strstr(fixture->err.message, "more than one row"));
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

/* Any number of partitions and orders beside each other, each as if it were alone. */
static void windows_of_several_kinds_stand_together(void **state)
{
    struct fixture *fixture = *state;
    static const struct dv_rule rules[] = {{.name = "cheap", .condition = "spent < 5"}};
    input(fixture, "visits", columns, visits);
    fixture->specs[0] = (struct dv_model_spec){.name = "kept", .rules = rules, .rule_count = 1};
    fixture->spec_count = 1;
    model(fixture, "mixed",
          "SELECT id, row_number() OVER (PARTITION BY who ORDER BY id DESC) AS place, "
          "count(*) OVER (PARTITION BY spent) AS alike, sum(spent) OVER (ORDER BY id) AS so_far, "
          "rank() OVER (PARTITION BY who) AS unordered FROM visits ORDER BY id");
    model(fixture, "groups",
          "SELECT who, sum(spent) AS spent, sum(count(*)) OVER () AS visits, "
          "rank() OVER (ORDER BY sum(spent) DESC) AS place FROM visits GROUP BY who HAVING count(*) > 1 "
          "ORDER BY rank() OVER (ORDER BY sum(spent) DESC)");
    model(fixture, "distinct_shares",
          "SELECT DISTINCT who, count(*) OVER (PARTITION BY who) AS n FROM visits ORDER BY who");
    model(fixture, "picked",
          "SELECT DISTINCT ON (who) who, count(*) AS n, max(id) AS last FROM visits GROUP BY who, spent "
          "ORDER BY who, count(*) DESC");
    model(fixture, "united",
          "SELECT id, lead(id) OVER (ORDER BY id) AS next FROM visits WHERE who = 'a' UNION ALL SELECT "
          "count(*), "
          "0 FROM visits");
    model(fixture, "kept",
          "SELECT id, count(*) OVER () AS n, count(*) OVER (PARTITION BY who) AS alike FROM visits");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/mixed",
                "1,3,2,10,1\n2,2,1,15,1\n3,2,2,25,1\n4,1,1,32,1\n5,1,1,32,1\n6,1,1,33,1\n");
    assert_rows(fixture, "transform/groups", "a,27,5,1\nb,5,5,2\n");
    assert_rows(fixture, "transform/distinct_shares", "a,3\nb,2\nc,1\n");
    char *rows = rows_of(fixture, "transform/picked");
    assert_non_null(strstr(rows, "a,2,3\n"));
    dv_free(rows);
    assert_rows(fixture, "transform/united", "1,3\n3,4\n4,\n6,0\n");
    rows = rows_of(fixture, "transform/kept"); /* the filter stands before all windows, and is counted */
    assert_non_null(strstr(rows, "1,5,3\n"));
    dv_free(rows);
    struct dv_tally tally = tally_of(fixture, "transform/kept");
    assert_int_equal(tally.read, 6);
    assert_int_equal(tally.written, 5);
    assert_int_equal(tally.filtered, 1);
    assert_string_equal(tally.reasons[0].name, "cheap");
}

/* A SELECT of several barriers is one step to its reader: rows that fall out on the way are its own. */
static void steps_inside_are_accounted_for(void **state)
{
    struct fixture *fixture = *state;
    static const char *const dirty[] = {"1,a,4\n2,a,x\n3,b,\n", "4,b,9\n5,b,1\n", NULL};
    input(fixture, "dirty", "id bigint, who text, amount text", dirty);
    model(fixture, "ranked",
          "SELECT id, rank() OVER (ORDER BY id) AS r, count(*) OVER (PARTITION BY who) AS n FROM dirty WHERE "
          "amount::int > 3");
    model(
        fixture, "groups",
        "SELECT who, count(*) AS n, sum(count(*)) OVER () AS all_rows FROM dirty WHERE id <> 4 GROUP BY who");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    struct dv_tally tally = tally_of(fixture, "transform/ranked");
    assert_int_equal(tally.read, 5);
    assert_int_equal(tally.written, 2);
    assert_int_equal(tally.filtered, 2);
    assert_int_equal(tally.rejected, 1);
    char *rows = rows_of(fixture, "rejects/ranked.step_1@dirty");
    assert_non_null(strstr(rows, "invalid_text_representation,"));
    assert_non_null(strstr(rows, ",transform,dirty,0,2,2,a,x\n"));
    dv_free(rows);
    tally = tally_of(fixture, "transform/groups");
    assert_int_equal(tally.read, 5);
    assert_int_equal(tally.written, 2);
    assert_int_equal(tally.merged, 2);
    assert_int_equal(tally.filtered, 1);
}

static void windows_look_at_other_rows(void **state)
{
    struct fixture *fixture = *state;
    input(fixture, "visits", columns, visits);
    model(fixture, "neighbours",
          "SELECT id, lag(spent) OVER w AS before, lead(spent, 1, -1) OVER w AS after, "
          "lag(id, 2, 0) OVER w AS second, lag(id, NULL) OVER w AS nothing, first_value(id) OVER w AS first, "
          "last_value(id) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last "
          "FROM visits WINDOW p AS (PARTITION BY who), w AS (p ORDER BY id) ORDER BY id");
    model(fixture, "totals",
          "SELECT id, sum(spent) OVER (ORDER BY who ROWS UNBOUNDED PRECEDING) - "
          "sum(spent) OVER (ORDER BY who ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS none, "
          "last_value(id) OVER (ORDER BY who) >= id AS peers, count(*) OVER (ORDER BY who) AS n, "
          "count(*) OVER (ORDER BY who RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS six "
          "FROM visits ORDER BY id");
    model(fixture, "shares",
          "SELECT id, ntile(4) OVER (ORDER BY id) AS quarter, percent_rank() OVER (ORDER BY who) AS p, "
          "cume_dist() OVER (ORDER BY who) AS c FROM visits ORDER BY id");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/neighbours",
                "1,,10,0,,1,4\n2,,,0,,2,5\n3,10,7,0,,1,4\n4,10,-1,1,,1,4\n5,5,-1,0,,2,5\n6,,-1,0,,6,6\n");
    assert_rows(fixture, "transform/totals",
                "1,0,t,3,6\n2,0,t,5,6\n3,0,t,3,6\n4,0,t,3,6\n5,0,t,5,6\n6,0,t,6,6\n");
    assert_rows(fixture, "transform/shares",
                "1,1,0,0.5\n2,1,0.6,0.8333333333333334\n3,2,0,0.5\n4,2,0,0.5\n5,3,0.6,0.8333333333333334\n"
                "6,4,1,1\n");
    model(fixture, "none", "SELECT id, ntile(id::int - 1) OVER (ORDER BY id) AS n FROM visits");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_FAILED);
    assert_string_equal(fixture->err.sqlstate, "22014");
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

/* What a nested query gives and nobody reads is not computed: PostgreSQL leaves it out too, and fails for
 * nothing in it. */
static void what_nobody_reads_is_not_computed(void **state)
{
    struct fixture *fixture = *state;
    static const char *const dirty[] = {"1,a,x\n2,a,5\n3,b,\n", NULL};
    static const char *const orders[] = {"7,a\n8,z\n", NULL};
    input(fixture, "dirty", "id bigint, who text, amount text", dirty);
    input(fixture, "orders", "id bigint, who text", orders);
    model(fixture, "grouped",
          "WITH w AS (SELECT who, count(*) AS n, sum(amount::int) AS total, 1 / (count(*) - count(*)) AS bad "
          "FROM dirty GROUP BY who) SELECT who, n FROM w ORDER BY who");
    model(fixture, "windowed",
          "SELECT id, place FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place, "
          "sum(amount::int) OVER () AS total FROM dirty) w ORDER BY id");
    model(fixture, "picked",
          "SELECT who FROM (SELECT DISTINCT ON (who) who, amount::int AS n FROM dirty ORDER BY who, id) w "
          "ORDER BY who");
    model(fixture, "through",
          "-- drover: ephemeral\nSELECT who, max(amount::int) AS m FROM dirty GROUP BY who");
    model(fixture, "people", "SELECT who FROM through ORDER BY who");
    model(
        fixture, "looked_up",
        "SELECT o.id, w.n FROM orders o LEFT JOIN (SELECT who, count(*) AS n, sum(amount::int) AS total FROM "
        "dirty GROUP BY who) w ON w.who = o.who");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/grouped", "a,2\nb,1\n");
    assert_rows(fixture, "transform/windowed", "1,3\n2,2\n3,1\n");
    assert_rows(fixture, "transform/picked", "a\nb\n");
    assert_rows(fixture, "transform/people", "a\nb\n");
    assert_rows(fixture, "transform/looked_up", "7,2\n8,\n");
    model(fixture, "having",
          "SELECT who FROM (SELECT who, sum(amount::int) AS total FROM dirty GROUP BY who HAVING "
          "sum(amount::int) > 0) w");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_FAILED);
    assert_string_equal(fixture->err.sqlstate, "22P02");
}

static void assert_plan(struct fixture *fixture, const char *sql, const char *const *expected)
{
    struct dv_program *program = NULL;
    struct dv_buf plan = {0};
    model(fixture, "m", sql);
    assert_int_equal(dv_program_new(&program, fixture->models, fixture->inputs, fixture->input_count, NULL, 0,
                                    NULL, 0, 0, &fixture->err),
                     DV_OK);
    assert_int_equal(dv_program_explain(program, "m", &plan, &fixture->err), DV_OK);
    dv_program_free(program);
    for (; *expected != NULL; expected++)
        if (strstr(dv_buf_cstr(&plan), *expected) == NULL)
            fail_msg("no \"%s\" in\n%s", *expected, dv_buf_cstr(&plan));
    dv_buf_release(&plan);
}

static void plans_tell_barriers_and_lookups(void **state)
{
    struct fixture *fixture = *state;
    static const char *const pruned[] = {"group      by 1 key, 1 aggregates;", "carries 0 of 3 columns",
                                         "columns    who;", NULL};
    static const char *const one_sort[] = {
        "window     by 1 key, 3 windows; a barrier, fed in pass 1, read in pass 2; carries 1 of", NULL};
    static const char *const two_sorts[] = {
        "window     by 0 keys, 1 windows; a barrier, fed in pass 1, read in pass 2; carries 2 of",
        "window     by 0 keys, 1 windows; a barrier, fed in pass 2, read in pass 3; carries 2 of", NULL};
    static const char *const looked_up[] = {"on 1 key: one value, NULL where there is none; takes value_1",
                                            "on 0 keys: inner join, at most one match, checked", NULL};
    input(fixture, "visits", columns, visits);
    assert_plan(
        fixture,
        "WITH w AS (SELECT who, count(*) AS n, sum(spent) AS s, max(id) AS m FROM visits GROUP BY who) "
        "SELECT who, n FROM w",
        pruned);
    assert_plan(fixture,
                "SELECT id, rank() OVER (PARTITION BY who ORDER BY id) AS r, lag(id) OVER (PARTITION BY who "
                "ORDER BY id) AS l, count(*) OVER (PARTITION BY who) AS n FROM visits",
                one_sort);
    assert_plan(fixture,
                "SELECT id, rank() OVER (ORDER BY id) AS r, rank() OVER (ORDER BY spent) AS s FROM visits",
                two_sorts);
    assert_plan(
        fixture,
        "SELECT id, (SELECT count(*) FROM visits x WHERE x.who = v.who) AS n FROM visits v CROSS JOIN "
        "(SELECT max(id) AS top FROM visits) m",
        looked_up);
}

static void refusals_say_what_to_write(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"SELECT id FROM visits WHERE row_number() OVER () = 1", "select list alone"},
        {"SELECT sum(row_number() OVER ()) OVER () FROM visits", "not stand inside OVER"},
        {"SELECT sum(count(*)) FILTER (WHERE count(*) > 1) OVER () FROM visits", "not allowed in FILTER"},
        {"SELECT rank() FILTER (WHERE id > 1) OVER () FROM visits", "aggregates alone"},
        {"SELECT DISTINCT ON (who) who FROM visits ORDER BY who, rank() OVER (ORDER BY id)",
         "select list alone"},
        {"SELECT lag(id, id::int) OVER (ORDER BY id) FROM visits", "constant offset"},
        {"SELECT lag(id, 1::bigint) OVER (ORDER BY id) FROM visits", "takes an integer"},
        {"SELECT lag(id, 1, 'x'::text) OVER (ORDER BY id) FROM visits", "do not fit"},
        {"SELECT nth_value(id, 2) OVER (ORDER BY id) FROM visits", "no window function"},
        {"SELECT rank(id) OVER (ORDER BY id) FROM visits", "takes no arguments"},
        {"SELECT who, id, rank() OVER (ORDER BY who) FROM visits GROUP BY who",
         "must appear in the GROUP BY"},
        {"SELECT id FROM visits v WHERE EXISTS (SELECT 1 FROM visits w WHERE w.id > v.id)",
         "equalities alone"},
        {"SELECT id FROM visits LIMIT -1", "constant number of rows"},
        {"SELECT x FROM lower('a') x", "no function that gives rows"},
        {"SELECT id FROM visits v WHERE id NOT IN (SELECT w.id FROM visits w WHERE w.who = v.who)",
         "NOT EXISTS"},
        {"SELECT who, (SELECT w.who FROM visits w WHERE w.id = count(*)) FROM visits GROUP BY who",
         "not allowed in WHERE"},
        {"SELECT (SELECT id, who FROM visits) FROM visits", "only one column"},
        {"SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT "
         "(SELECT "
         "1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM "
         "(SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1 FROM (SELECT (SELECT 1) AS a) b) "
         "AS a) b) "
         "AS a) b) AS a) b) AS a) b) AS a) b) AS a) b) AS a) b) AS a) b) AS a) b) AS a) b) AS a) b) FROM "
         "visits",
         "nested deeper"},
        {"SELECT (SELECT * FROM visits) FROM visits", "only one column"},
        {"SELECT (SELECT id FROM visits w WHERE w.who < v.who) FROM visits v", "equalities alone"},
        {"SELECT (SELECT id FROM visits w WHERE w.id = v.id || who) FROM visits v", "equalities alone"},
        {"SELECT (SELECT id FROM visits w WHERE w.who = v.who LIMIT 1) FROM visits v", "ORDER BY … LIMIT 1"},
        {"SELECT id FROM visits v WHERE EXISTS (SELECT count(*) FROM visits w WHERE w.who = v.who)",
         "always true"},
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
        cmocka_unit_test_setup_teardown(the_clock_is_a_parameter, setup, teardown),
        cmocka_unit_test_setup_teardown(sub_queries_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(sub_queries_are_values, setup, teardown),
        cmocka_unit_test_setup_teardown(several_rows_are_no_value, setup, teardown),
        cmocka_unit_test_setup_teardown(rejects_of_rows_with_a_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(joins_need_no_equality, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_number_and_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_of_several_kinds_stand_together, setup, teardown),
        cmocka_unit_test_setup_teardown(steps_inside_are_accounted_for, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_look_at_other_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(order_and_limit_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(recursion_walks_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(what_nobody_reads_is_not_computed, setup, teardown),
        cmocka_unit_test_setup_teardown(plans_tell_barriers_and_lookups, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_say_what_to_write, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
