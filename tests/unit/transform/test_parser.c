/* Models as PostgreSQL 15 parses them, and what is refused: a tree other than PostgreSQL's gives other data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/buf.h"
#include "transform/ast.h"

#include <stdlib.h>
#include <string.h>

static struct dv_arena arena;
static struct dv_err err;
static struct dv_ast_model *model;

static int release(void **state)
{
    (void)state;
    dv_arena_release(&arena);
    arena = (struct dv_arena){0};
    return 0;
}

/* ---- a tree as text
 * ---------------------------------------------------------------------------------------------- */

static void show(const struct dv_ast *node, struct dv_buf *out);

static void show_order(const char *word, const struct dv_ast_order *order, unsigned count, struct dv_buf *out)
{
    for (unsigned i = 0; i < count; i++) {
        dv_buf_printf(out, " %s:", word);
        show(order[i].expr, out);
        dv_buf_str(out, order[i].descending ? " desc" : "");
        dv_buf_str(out, order[i].nulls_first ? " first" : "");
    }
}

static void show_call(const struct dv_ast_call *call, struct dv_buf *out)
{
    dv_buf_str(out, call->star ? " *" : "");
    dv_buf_str(out, call->distinct ? " distinct" : "");
    show_order("order", call->order, call->order_count, out);
    if (call->filter != NULL) {
        dv_buf_str(out, " filter:");
        show(call->filter, out);
    }
    dv_buf_str(out, call->over ? " over" : "");
    for (unsigned i = 0; i < call->partition_count; i++) {
        dv_buf_str(out, " by:");
        show(call->partition[i], out);
    }
    show_order("sort", call->window_order, call->window_order_count, out);
}

static void show(const struct dv_ast *node, struct dv_buf *out)
{
    static const char *const names[] = {[DV_AST_IS] = "is",
                                        [DV_AST_DISTINCT_FROM] = "distinct",
                                        [DV_AST_BETWEEN] = "between",
                                        [DV_AST_IN] = "in",
                                        [DV_AST_IN_QUERY] = "in-query",
                                        [DV_AST_EXISTS] = "exists",
                                        [DV_AST_CASE] = "case",
                                        [DV_AST_CAST] = "cast",
                                        [DV_AST_ARRAY] = "array",
                                        [DV_AST_SUBSCRIPT] = "sub",
                                        [DV_AST_TYPED_STRING] = "typed"};
    bool leaf = node->kind <= DV_AST_PARAM && node->kind != DV_AST_TYPED_STRING;
    const char *name = (size_t)node->kind < sizeof names / sizeof *names ? names[node->kind] : NULL;
    if (leaf) {
        const char *text = node->kind == DV_AST_NULL   ? "null"
                           : node->kind == DV_AST_STAR ? "*"
                           : node->kind == DV_AST_BOOL ? (node->flag ? "true" : "false")
                                                       : node->text;
        const char *quote = node->kind == DV_AST_STRING ? "'" : "";
        if (node->qualifier != NULL)
            dv_buf_printf(out, "%s.", node->qualifier);
        dv_buf_printf(out, "%s%s%s%s", node->kind == DV_AST_PARAM ? ":" : "", quote, text, quote);
        return;
    }
    dv_buf_printf(out, "(%s%s%s", node->flag && node->kind != DV_AST_CASE ? "not-" : "",
                  name == NULL ? "" : name, node->kind == DV_AST_CASE && node->flag ? "-of" : "");
    if (node->text != NULL)
        dv_buf_printf(out, "%s%s", name == NULL ? "" : " ", node->text);
    if (node->kind == DV_AST_CAST || node->kind == DV_AST_TYPED_STRING) {
        dv_buf_str(out, " ");
        dv_type_format(&node->type, out);
    }
    for (unsigned i = 0; i < node->arg_count; i++) {
        dv_buf_str(out, " ");
        show(node->args[i], out);
    }
    if (node->call != NULL)
        show_call(node->call, out);
    dv_buf_str(out, ")");
}

static struct dv_ast *parse(const char *sql)
{
    struct dv_ast *node = NULL;
    err = (struct dv_err)DV_ERR_INIT;
    if (dv_parse_expression(sql, strlen(sql), "x", &arena, &node, &err) != DV_OK)
        fail_msg("%s: %s", sql, err.message);
    return node;
}

static void expect_tree(const char *sql, const char *tree)
{
    struct dv_buf out = {0};
    show(parse(sql), &out);
    char *text = dv_buf_steal(&out);
    assert_non_null(text);
    bool same = strcmp(text, tree) == 0;
    if (!same)
        print_error("%s\n  is       %s\n  expected %s\n", sql, text, tree);
    dv_free(text);
    assert_true(same);
}

static const struct dv_ast_query *query_of(const char *sql)
{
    err = (struct dv_err)DV_ERR_INIT;
    if (dv_parse_model(sql, strlen(sql), "m.sql", &arena, &model, &err) != DV_OK)
        fail_msg("%s: %s (%s)", sql, err.message, err.hint);
    return model->query;
}

static void expect_shown(const struct dv_ast *node, const char *tree)
{
    struct dv_buf out = {0};
    assert_non_null(node);
    show(node, &out);
    const char *text = dv_buf_cstr(&out);
    assert_non_null(text);
    assert_string_equal(text, tree);
    dv_buf_release(&out);
}

/* Refused at that place, with those words in the message or the hint. */
static void expect_refused(const char *sql, const char *place, const char *words)
{
    err = (struct dv_err)DV_ERR_INIT;
    if (dv_parse_model(sql, strlen(sql), "m.sql", &arena, &model, &err) == DV_OK)
        fail_msg("accepted: %s", sql);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    if (strncmp(err.message, place, strlen(place)) != 0)
        fail_msg("%s: \"%s\" is not at %s", sql, err.message, place);
    if (strstr(err.message, words) == NULL && strstr(err.hint, words) == NULL)
        fail_msg("%s: \"%s\" (%s) does not say \"%s\"", sql, err.message, err.hint, words);
    assert_true(err.hint[0] != '\0');
}

/* ---- expressions
 * ------------------------------------------------------------------------------------------------- */

/* PostgreSQL manual 4.1.6; each line was checked against what PostgreSQL 15 makes of it. */
static void test_precedence(void **state)
{
    (void)state;
    expect_tree("1 + 2 * 3 ^ 2", "(+ 1 (* 2 (^ 3 2)))");
    expect_tree("2 ^ 3 ^ 2", "(^ (^ 2 3) 2)");
    expect_tree("-2 ^ 2", "(^ (- 2) 2)");
    expect_tree("-a::int", "(- (cast integer a))");
    expect_tree("1 - 2 - 3", "(- (- 1 2) 3)");
    expect_tree("a || b + 1", "(|| a (+ b 1))");
    expect_tree("a -> 'x' ->> 'y' = 'z'", "(= (->> (-> a 'x') 'y') 'z')");
    expect_tree("a || '-' || b || c::text", "(|| (|| (|| a '-') b) (cast text c))");
    expect_tree("not a = b and c or d", "(or (and (not (= a b)) c) d)");
    expect_tree("a or b and not c", "(or a (and b (not c)))");
    expect_tree("not a is null", "(not (is null a))");
    expect_tree("a = b is true", "(is true (= a b))");
    expect_tree("a < b like c", "(< a (like b c))");
    expect_tree("a like b || '%'", "(like a (|| b '%'))");
    expect_tree("a between 1 and 2 and b", "(and (between a 1 2) b)");
    expect_tree("a between b + 1 and c * 2 or d", "(or (between a (+ b 1) (* c 2)) d)");
    expect_tree("a + 1 in (1, 2)", "(in (+ a 1) 1 2)");
    expect_tree("x at time zone 'UTC' at time zone y", "(timezone y (timezone 'UTC' x))");
    expect_tree("-x at time zone 'UTC'", "(timezone 'UTC' (- x))");
    expect_tree("a + b at time zone 'UTC'", "(+ a (timezone 'UTC' b))");
    expect_tree("a collate \"C\" < b", "(< a b)");
    expect_tree("a = not b", "(= a (not b))");
    expect_tree("a is null = b", "(= (is null a) b)");
    expect_tree("a is null is null", "(is null (is null a))");
    expect_tree("'a' || 'b' ~ 'c'", "(~ (|| 'a' 'b') 'c')");
    expect_tree("a # b & c | d << 1", "(<< (| (& (# a b) c) d) 1)");
}

static void test_not_chained(void **state)
{
    (void)state;
    expect_refused("SELECT a < b < c", "m.sql:1:14", "cannot follow another");
    expect_refused("SELECT a = b = c", "m.sql:1:14", "cannot follow another");
    expect_refused("SELECT a LIKE b LIKE c", "m.sql:1:17", "cannot follow another");
    expect_refused("SELECT a IS DISTINCT FROM b IS NULL", "m.sql:1:29", "cannot follow another");
    expect_refused("SELECT a BETWEEN x IN (1) AND 2", "m.sql:1:20", "expected and");
    expect_refused("SELECT a BETWEEN x AT TIME ZONE 'UTC' AND 2", "m.sql:1:20", "brackets");
}

static void test_tests(void **state)
{
    (void)state;
    expect_tree("a is not null", "(not-is null a)");
    expect_tree("a is unknown", "(is unknown a)");
    expect_tree("a is not distinct from b + 1", "(not-distinct a (+ b 1))");
    expect_tree("a not between symmetric 2 and 1", "(not-between symmetric a 2 1)");
    expect_tree("a not in ('x')", "(not-in a 'x')");
    expect_tree("a not ilike b escape '!'", "(not-ilike a b '!')");
    expect_tree("a !~* 'x' and b != 1", "(and (!~* a 'x') (<> b 1))");
    expect_tree("a ?| array['x', 'y']", "(?| a (array 'x' 'y'))");
}

static void test_forms(void **state)
{
    (void)state;
    expect_tree("case a when 1 then 'x' when 2 then 'y' else 'z' end", "(case-of a 1 'x' 2 'y' 'z')");
    expect_tree("case when a then b end", "(case a b)");
    expect_tree("cast(a as numeric(12, 2))", "(cast numeric(12,2) a)");
    expect_tree("a::timestamp(3) with time zone::date", "(cast date (cast timestamp(3) with time zone a))");
    expect_tree("a::text[]", "(cast text[] a)");
    expect_tree("date '2024-02-29' + interval '1 day'", "(+ (typed 2024-02-29 date) (typed 1 day interval))");
    expect_tree("timestamp with time zone '2024-01-01'", "(typed 2024-01-01 timestamp with time zone)");
    expect_tree("numeric(3,1) '1.5'", "(typed 1.5 numeric(3,1))");
    expect_tree("extract(year from a)", "(extract 'year' a)");
    expect_tree("position('a' in b)", "(strpos b 'a')");
    expect_tree("substring(a from 2 for 3)", "(substring a 2 3)");
    expect_tree("substring(a for 3)", "(substring a 1 3)");
    expect_tree("substring(a, 2)", "(substring a 2)");
    expect_tree("overlay(a placing b from 2)", "(overlay a b 2)");
    expect_tree("trim(a)", "(btrim a)");
    expect_tree("trim(both 'x' from a)", "(btrim a 'x')");
    expect_tree("trim(leading from a)", "(ltrim a)");
    expect_tree("trim(trailing 'x' from a)", "(rtrim a 'x')");
    expect_tree("normalize(a, NFKD)", "(normalize a 'NFKD')");
    expect_tree("coalesce(a, nullif(b, ''), greatest(1, 2))", "(coalesce a (nullif b '') (greatest 1 2))");
    expect_tree("current_timestamp", "(now)");
    expect_tree("current_date", "(cast date (now))");
    expect_tree("(array['a','b'])[s + 1]", "(sub (array 'a' 'b') (+ s 1))");
    expect_tree("array[[1,2],[3,4]]", "(array (array 1 2) (array 3 4))");
    expect_tree("t.a[1][2]", "(sub (sub t.a 1) 2)");
    expect_tree(":now::timestamptz + :n", "(+ (cast timestamp with time zone :now) :n)");
    expect_tree("left(a, 1) || \"Left\"", "(|| (left a 1) Left)");
}

static void test_aggregates(void **state)
{
    (void)state;
    expect_tree("count(*) filter (where a > 1)", "(count * filter:(> a 1))");
    expect_tree("count(distinct a)", "(count a distinct)");
    expect_tree("first(a order by b desc, c nulls first)", "(first a order:b desc first order:c first)");
    expect_tree("string_agg(a, ',' order by b desc nulls last)", "(string_agg a ',' order:b desc)");
    expect_tree("row_number() over (partition by a, b order by c)", "(row_number over by:a by:b sort:c)");
    expect_tree("count(*) filter (where a is null) over (order by b)",
                "(count * filter:(is null a) over sort:b)");
    expect_tree("(array_agg(a order by b) filter (where a <> ''))[1]",
                "(sub (array_agg a order:b filter:(<> a '')) 1)");
}

/* ---- queries
 * ----------------------------------------------------------------------------------------------------- */

static void test_select(void **state)
{
    (void)state;
    const struct dv_ast_query *query =
        query_of("-- About.\nWITH RECURSIVE t(id, up) AS (SELECT 1, 2 UNION ALL SELECT x.id, t.up FROM t "
                 "JOIN x USING (id, up))\n"
                 "SELECT DISTINCT ON (a.id) a.*, b.n AS m, count(*) c\n"
                 "FROM a LEFT OUTER JOIN b ON b.id = a.id CROSS JOIN generate_series(1, 3) WITH ORDINALITY "
                 "AS g(v, o),\n"
                 "     LATERAL unnest(a.tags) u, (SELECT 1 AS one) AS s\n"
                 "WHERE EXISTS (SELECT 1 FROM e) AND a.id NOT IN ((SELECT id FROM f))\n"
                 "GROUP BY a.id HAVING count(*) > 1 ORDER BY a.id, m DESC LIMIT 10 OFFSET 5 ROWS;\n");
    assert_string_equal(model->description, "About.");
    assert_true(query->recursive);
    assert_int_equal(query->with_count, 1);
    assert_string_equal(query->with[0].columns[1], "up");
    assert_int_equal(query->with[0].query->select_count, 2);
    assert_int_equal(query->with[0].query->selects[1]->from[1].using_count, 2);
    const struct dv_ast_select *select = query->selects[0];
    assert_int_equal(select->distinct_on_count, 1);
    assert_int_equal(select->item_count, 3);
    assert_int_equal(select->items[0].expr->kind, DV_AST_STAR);
    assert_string_equal(select->items[0].expr->qualifier, "a");
    assert_string_equal(select->items[2].alias, "c");
    assert_int_equal(select->from_count, 5);
    assert_int_equal(select->from[1].join, DV_JOIN_LEFT);
    assert_int_equal(select->from[2].join, DV_JOIN_CROSS);
    assert_true(select->from[2].with_ordinality);
    assert_string_equal(select->from[2].column_aliases[1], "o");
    assert_int_equal(select->from[3].join, DV_JOIN_FROM);
    assert_string_equal(select->from[3].alias, "u");
    assert_non_null(select->from[4].subquery);
    expect_shown(select->where, "(and (exists) (not-in-query a.id))");
    expect_shown(select->having, "(> (count *) 1)");
    assert_int_equal(query->order[1].item, 2);
    expect_shown(query->order[1].expr, "b.n");
    expect_shown(query->limit, "10");
    expect_shown(query->offset, "5");
}

/* The names of output columns are the columns of the target; PostgreSQL's own rule gives those without AS. */
static void test_default_names(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *name;
    } cases[] = {
        {"t.a", "a"},
        {"lower(a)", "lower"},
        {"a::text", "a"},
        {"'x'::text", "text"},
        {"1::int", "int4"},
        {"cast(1 as double precision)", "float8"},
        {"date '2024-01-01'", "date"},
        {"now()::date", "now"},
        {"case when a then b end", "case"},
        {"case when a then b else c end", "c"},
        {"(case when a then 1 end)::numeric(3)", "numeric"},
        {"1 + 2", "?column?"},
        {"'x'", "?column?"},
        {"a is null", "?column?"},
        {"coalesce(a, b)", "coalesce"},
        {"nullif(a, b)", "nullif"},
        {"greatest(a, b)", "greatest"},
        {"extract(year from a)", "extract"},
        {"a at time zone 'UTC'", "timezone"},
        {"position('a' in b)", "position"},
        {"trim(a)", "btrim"},
        {"current_date", "current_date"},
        {"current_timestamp", "current_timestamp"},
        {"array[1]", "array"},
        {"(array[1])[1]", "array"},
        {"(array_agg(a))[1]", "array_agg"},
        {"a[1]", "a"},
        {"exists (select 1)", "exists"},
        {"-a", "?column?"},
        {"true", "?column?"},
        {"'{}'::int[]", "int4"},
        {"a collate \"C\"", "a"},
        {":p", "?column?"},
        {"x::char(3)", "x"},
        {"'x'::char(3)", "bpchar"},
        {"'x'::inet", "inet"},
        {"'x'::\"My\"\"T\"", "My\"T"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[128] = "SELECT ";
        strcat(sql, cases[i].sql);
        const struct dv_ast_item *item = &query_of(sql)->selects[0]->items[0];
        if (strcmp(item->alias, cases[i].name) != 0)
            fail_msg("%s is named %s, not %s", cases[i].sql, item->alias, cases[i].name);
        assert_false(item->explicit_alias);
    }
}

/* An ordinal or alias that stays unresolved groups by a constant, or by a column that is not there. */
static void test_group_names(void **state)
{
    (void)state;
    const struct dv_ast_select *select =
        query_of("SELECT lower(a) AS k, b, upper(c) FROM t GROUP BY 1, k, b, upper, t.k")->selects[0];
    assert_int_equal(select->group_count, 5);
    expect_shown(select->group_by[0], "(lower a)");
    assert_null(select->group_alias[0]);
    expect_shown(select->group_by[1], "k");
    expect_shown(select->group_alias[1], "(lower a)");
    assert_null(select->group_alias[2]);
    expect_shown(select->group_alias[3], "(upper c)");
    assert_null(select->group_alias[4]);
    expect_refused("SELECT a FROM t GROUP BY 2", "m.sql:1:26", "the select list has 1 columns");
    expect_refused("SELECT *, a FROM t GROUP BY 2", "m.sql:1:29", "cannot be counted past a *");
    expect_refused("SELECT a FROM t GROUP BY 'a'", "m.sql:1:26", "a constant in GROUP BY");
}

static void test_order_names(void **state)
{
    (void)state;
    const struct dv_ast_query *query = query_of("SELECT -a AS a, b FROM t ORDER BY a, 2 DESC, t.a, a + 1");
    expect_shown(query->order[0].expr, "(- a)");
    expect_shown(query->order[1].expr, "b");
    assert_true(query->order[1].descending && query->order[1].nulls_first);
    assert_int_equal(query->order[2].item, 0);
    expect_shown(query->order[3].expr, "(+ a 1)");
    query = query_of("(SELECT a AS k, b FROM t) UNION ALL SELECT c, d FROM u ORDER BY k, 2");
    assert_int_equal(query->select_count, 2);
    assert_int_equal(query->order[0].item, 1);
    assert_int_equal(query->order[1].item, 2);
    expect_refused("SELECT a, b AS a FROM t ORDER BY a", "m.sql:1:34", "ambiguous");
    expect_refused("SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY a + 1", "m.sql:1:54",
                   "output columns only");
    expect_refused("SELECT a FROM t ORDER BY 1.5", "m.sql:1:26", "no output column's number");
}

struct names {
    char text[256];
};

static enum dv_status note_dataset(void *context, const char *name, int line, int column,
                                   struct dv_err *error)
{
    struct names *names = context;
    (void)error;
    assert_true(line > 0 && column > 0);
    strcat(strcat(names->text, name), " ");
    return DV_OK;
}

static void expect_datasets(const char *sql, const char *expected)
{
    struct names names = {""};
    assert_int_equal(dv_ast_each_dataset(query_of(sql), note_dataset, &names, &err), DV_OK);
    assert_string_equal(names.text, expected);
}

/* The order in which models run follows from this. */
static void test_datasets(void **state)
{
    (void)state;
    expect_datasets("WITH a AS (SELECT * FROM a), b AS (SELECT * FROM a) SELECT * FROM b, c", "a c ");
    expect_datasets("WITH RECURSIVE a AS (SELECT * FROM a, b), b AS (SELECT 1) SELECT * FROM a", "");
    expect_datasets("SELECT CASE WHEN EXISTS (SELECT 1 FROM x WHERE y IN (SELECT z FROM w)) THEN 1 END "
                    "FROM (WITH d AS (SELECT 1) SELECT * FROM d) s LEFT JOIN d ON d.x IN (SELECT 1 FROM v)",
                    "d v x w ");
    expect_datasets("SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM f)) FROM g GROUP BY b ORDER BY b",
                    "g f ");
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(dv_ast_equal(parse("lower( A ) || 'x'"), parse("lower(a)||'x'")));
    assert_true(dv_ast_equal(parse("count(*) filter (where a in (select b from c))"),
                             parse("COUNT(*) FILTER (WHERE a IN (SELECT b FROM c))")));
    assert_false(dv_ast_equal(parse("a in (select b from c)"), parse("a in (select b from d)")));
    assert_false(dv_ast_equal(parse("a::numeric(3,1)"), parse("a::numeric(3,2)")));
    assert_false(dv_ast_equal(parse("first(a order by b)"), parse("first(a order by b desc)")));
    assert_false(dv_ast_equal(parse("a is null"), parse("a is not null")));
    assert_false(dv_ast_equal(parse("t.a"), parse("a")));
    assert_false(dv_ast_equal(parse("'1'"), parse("1")));
}

/* ---- what is refused
 * --------------------------------------------------------------------------------------------- */

static void test_refused_statements(void **state)
{
    (void)state;
    expect_refused("", "m.sql:1:1: the model is empty", "Write one SELECT");
    expect_refused("-- only this\n", "m.sql:2:1", "empty");
    expect_refused("INSERT INTO a SELECT 1", "m.sql:1:1", "job.json, load");
    expect_refused("CREATE TABLE a AS SELECT 1", "m.sql:1:1", "schema/");
    expect_refused("WITH x AS (DELETE FROM a RETURNING *) SELECT 1", "m.sql:1:12", "drover deletes nothing");
    expect_refused("VALUES (1)", "m.sql:1:1", "UNION ALL SELECT");
    expect_refused("SELECT 1; SELECT 2", "m.sql:1:11", "one statement");
    expect_refused("SELECT a INTO b FROM c", "m.sql:1:10", "goes to the dataset");
}

static void test_refused_queries(void **state)
{
    (void)state;
    expect_refused("SELECT 1 UNION SELECT 2", "m.sql:1:10", "UNION ALL");
    expect_refused("SELECT 1 INTERSECT SELECT 2", "m.sql:1:10", "EXISTS");
    expect_refused("SELECT 1 EXCEPT SELECT 2", "m.sql:1:10", "NOT EXISTS");
    expect_refused("SELECT 1, 2 UNION ALL SELECT 3", "m.sql:1:23", "has 1 columns");
    expect_refused("(SELECT 1 LIMIT 1) UNION ALL SELECT 2", "m.sql:1:1", "WITH x AS");
    expect_refused("SELECT * FROM a RIGHT JOIN b ON true", "m.sql:1:17", "LEFT JOIN");
    expect_refused("SELECT * FROM a FULL JOIN b ON true", "m.sql:1:17", "UNION ALL");
    expect_refused("SELECT * FROM a NATURAL JOIN b", "m.sql:1:17", "USING");
    expect_refused("SELECT * FROM a JOIN b", "m.sql:1:23", "ON or USING");
    expect_refused("SELECT * FROM a JOIN b JOIN c ON true ON true", "m.sql:1:17",
                   "directly behind each join");
    expect_refused("SELECT * FROM (a JOIN b ON true)", "m.sql:1:15", "without brackets");
    expect_refused("SELECT * FROM public.bookings", "m.sql:1:15", "job.json");
    expect_refused("SELECT * FROM a, LATERAL (SELECT 1) b", "m.sql:1:18", "DISTINCT ON");
    expect_refused("SELECT * FROM (SELECT 1)", "m.sql:1:15", "alias");
    expect_refused("SELECT * FROM a, b AS a", "m.sql:1:18", "twice");
    expect_refused("SELECT a FROM t GROUP BY ROLLUP (a)", "m.sql:1:26", "UNION ALL");
    expect_refused("SELECT a FROM t GROUP BY GROUPING SETS ((a))", "m.sql:1:26", "UNION ALL");
    expect_refused("SELECT DISTINCT ON (a) a FROM t", "m.sql:1:1", "ORDER BY");
    expect_refused("SELECT a FROM t FOR UPDATE", "m.sql:1:17", "locks nothing");
    expect_refused("SELECT a FROM t FETCH FIRST ROW ONLY", "m.sql:1:17", "LIMIT");
    expect_refused("SELECT sum(a) OVER w FROM t", "m.sql:1:20", "WINDOW w AS (PARTITION BY");
    expect_refused("SELECT sum(a) OVER (w ORDER BY b) FROM t WINDOW w AS (ORDER BY a)", "m.sql:1:21",
                   "one of the two");
    expect_refused("SELECT sum(a) OVER (w PARTITION BY b) FROM t WINDOW w AS ()", "m.sql:1:21",
                   "PARTITION BY out");
    expect_refused("SELECT sum(a) OVER (w) FROM t WINDOW w AS (ROWS UNBOUNDED PRECEDING)", "m.sql:1:21",
                   "OVER w");
    expect_refused("SELECT 1 FROM t WINDOW w AS (), w AS ()", "m.sql:1:33", "another name");
    expect_refused("SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING)", "m.sql:1:37",
                   "ROWS BETWEEN UNBOUNDED PRECEDING");
    expect_refused("SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
                   "m.sql:1:45", "the other way round");
    expect_refused("SELECT sum(a) OVER (ORDER BY b GROUPS UNBOUNDED PRECEDING)", "m.sql:1:32",
                   "ROWS BETWEEN");
    expect_refused("WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1", "m.sql:1:23", "twice");
}

static void test_refused_expressions(void **state)
{
    (void)state;
    expect_refused("SELECT a = ANY (SELECT b FROM c)", "m.sql:1:12", "IN (");
    expect_refused("SELECT pg_catalog.lower(a)", "m.sql:1:8", "lower(x), not pg_catalog.lower(x)");
    expect_refused("SELECT s.t.c FROM t", "m.sql:1:8", "alias.column");
    expect_refused("SELECT a SIMILAR TO 'x'", "m.sql:1:10", "~");
    expect_refused("SELECT a COLLATE \"de_DE\"", "m.sql:1:18", "COLLATE \"C\"");
    expect_refused("SELECT (a, b) = (1, 2)", "m.sql:1:8", "one by one");
    expect_refused("SELECT f(x)[1]", "m.sql:1:12", "(f(x))[1]");
    expect_refused("SELECT a[1:b]", "m.sql:1:11", "blank behind the colon");
    expect_refused("SELECT a ISNULL", "m.sql:1:10", "IS NULL");
    expect_refused("SELECT interval '1' day", "m.sql:1:21", "interval '1 day'");
    expect_refused("SELECT a ~~ b", "m.sql:1:10", "LIKE");
    expect_refused("SELECT make(x => 1)", "m.sql:1:15", "by place");
    expect_refused("SELECT sum(*)", "m.sql:1:12", "only count takes *");
    expect_refused("SELECT lower(t.*) FROM t", "m.sql:1:14", "select list alone");
    expect_refused("SELECT current_user", "m.sql:1:8", ":name");
    expect_refused("SELECT a::pg_catalog.int4", "m.sql:1:11", "without a schema");
    expect_refused("SELECT a::numeric(0)", "m.sql:1:11", "precision");
    expect_refused("SELECT 'a' 'b'", "m.sql:1:12", "''");
    expect_refused("SELECT user FROM t", "m.sql:1:8", "\"user\"");
    expect_refused("SELECT order FROM t", "m.sql:1:8", "\"order\"");
    expect_refused("SELECT a, FROM t", "m.sql:1:11", "comma");
    expect_refused("SELECT (a FROM t", "m.sql:1:11", "expected )");
}

static void test_misspelt(void **state)
{
    (void)state;
    expect_refused("SELCT a FROM t", "m.sql:1:1", "meant to be select");
    expect_refused("SELECT a FORM t", "m.sql:1:15", "meant to be from");
    expect_refused("SELECT a FROM t\nWEHRE b", "m.sql:2:7", "meant to be where");
    expect_refused("SELECT a FROM t GRUOP BY a", "m.sql:1:23", "meant to be group");
    expect_refused("SELECT a FROM t LFET JOIN u ON true", "m.sql:1:17", "meant to be left");
    expect_refused("SELECT a FROM t LEFT JION u ON true", "m.sql:1:22", "meant to be join");
}

/* Nesting is cut off before the stack is: a job file from somebody else must not crash the run. */
static void test_depth(void **state)
{
    static const struct {
        const char *before, *after, *core;
    } shapes[] = {{"(", ")", "1"},
                  {"", "+1", "1"},
                  {"NOT ", "", "true"},
                  {"- ", "", "1"},
                  {"CASE WHEN a THEN ", " END", "1"},
                  {"f(", ")", "1"},
                  {"ARRAY[", "]", "1"},
                  {"a IN (SELECT b FROM c WHERE ", ")", "1"},
                  {"", "::int", "1"},
                  {"", " IS NULL", "a"},
                  {"a[", "]", "1"}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (unsigned levels = 100; levels <= 20000; levels += 19900) {
            struct dv_buf sql = {0};
            struct dv_ast *node = NULL;
            for (unsigned n = 0; n < levels; n++)
                dv_buf_str(&sql, shapes[i].before);
            dv_buf_str(&sql, shapes[i].core);
            for (unsigned n = 0; n < levels; n++)
                dv_buf_str(&sql, shapes[i].after);
            err = (struct dv_err)DV_ERR_INIT;
            enum dv_status status = dv_parse_expression(sql.data, sql.len, "x", &arena, &node, &err);
            if (levels == 100 && status != DV_OK)
                fail_msg("%s: %s", shapes[i].before, err.message);
            if (levels > 100) {
                assert_int_equal(status, DV_FAILED);
                assert_non_null(strstr(err.message, "levels inside each other"));
            }
            dv_buf_release(&sql);
        }
    }
}

static void test_expression_place(void **state)
{
    struct dv_ast *node = NULL;
    (void)state;
    const char *sql = "amount IS NULL )";
    err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(
        dv_parse_expression(sql, strlen(sql), "job.json: transform.users.reject.x", &arena, &node, &err),
        DV_FAILED);
    assert_non_null(strstr(err.message, "job.json: transform.users.reject.x:1:16: unexpected )"));
    assert_int_equal(dv_parse_expression("", 0, "x", &arena, &node, &err), DV_FAILED);
}

static void test_no_memory(void **state)
{
    static const char sql[] =
        "WITH a(b) AS (SELECT 1) SELECT DISTINCT ON (x) x, count(*) OVER (PARTITION BY y ORDER BY z) "
        "FROM a JOIN b USING (c) WHERE d IN (1, 2) GROUP BY x ORDER BY 1 LIMIT 3";
    unsigned failures = 0;
    (void)state;
    for (uint64_t nth = 1; nth < 1000; nth++) {
        dv_arena_release(&arena);
        arena = (struct dv_arena){0};
        err = (struct dv_err)DV_ERR_INIT;
        dv_alloc_fail_at(nth, 0);
        enum dv_status status = dv_parse_model(sql, strlen(sql), "m.sql", &arena, &model, &err);
        dv_alloc_fail_at(0, 0);
        if (status == DV_OK)
            break;
        assert_int_not_equal(err.code, DV_EXIT_USAGE);
        failures++;
    }
    assert_in_range(failures, 2, 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_precedence, release),
        cmocka_unit_test_teardown(test_not_chained, release),
        cmocka_unit_test_teardown(test_tests, release),
        cmocka_unit_test_teardown(test_forms, release),
        cmocka_unit_test_teardown(test_aggregates, release),
        cmocka_unit_test_teardown(test_select, release),
        cmocka_unit_test_teardown(test_default_names, release),
        cmocka_unit_test_teardown(test_group_names, release),
        cmocka_unit_test_teardown(test_order_names, release),
        cmocka_unit_test_teardown(test_datasets, release),
        cmocka_unit_test_teardown(test_equal, release),
        cmocka_unit_test_teardown(test_refused_statements, release),
        cmocka_unit_test_teardown(test_refused_queries, release),
        cmocka_unit_test_teardown(test_refused_expressions, release),
        cmocka_unit_test_teardown(test_misspelt, release),
        cmocka_unit_test_teardown(test_depth, release),
        cmocka_unit_test_teardown(test_expression_place, release),
        cmocka_unit_test_teardown(test_no_memory, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
