/* The transform stage from stage files to stage files: what a job's models make of given rows. */
#include "program_fixture.h"

/* A column that nobody computes with comes out as the very bytes that went in. */
static void columns_pass_through_untouched(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,\"a \"\"b\"\", c\",1.500,2024-02-29 12:00:00+00\n2,,,\n",
                                        "3,\"\",7,infinity\n", NULL};
    input(fixture, "things", "id bigint, name text, amount numeric, at timestamptz", parts);
    model(fixture, "copy", "SELECT id, name, amount, at FROM things");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/copy",
                "1,\"a \"\"b\"\", c\",1.500,2024-02-29 12:00:00+00\n2,,,\n3,\"\",7,infinity\n");
}

/* Leaves a half-written file in that folder of the run, and says its path. */
static char *half_written(struct fixture *fixture, const char *folder)
{
    char *dir = dv_asprintf("%s/%s", fixture->run, folder);
    char *path = dv_asprintf("%s/part-00000.csv.gz.tmp", dir);
    assert_int_equal(dv_file_make_dirs(dir, &fixture->err), DV_OK);
    assert_int_equal(dv_file_publish(path, "x", 1, &fixture->err), DV_OK);
    dv_free(dir);
    return path;
}

/* The extract beside it is writing its own rejects. */
static void sweeps_what_is_its_own(void **state)
{
    static const struct {
        const char *folder;
        bool stays;
    } cases[] = {{"transform/paid", false},
                 {"rejects/paid", false},
                 {"conflicts/paid", false},
                 {"rejects/extract-things", true}};
    struct fixture *fixture = *state;
    char *paths[4];
    model(fixture, "paid", "SELECT id FROM things");
    input(fixture, "things", "id bigint", (const char *[]){"1\n", NULL});
    for (size_t i = 0; i < 4; i++)
        paths[i] = half_written(fixture, cases[i].folder);
    assert_int_equal(run(fixture, 1, 1 << 20), DV_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(access(paths[i], F_OK) == 0, cases[i].stays);
        dv_free(paths[i]);
    }
}

static void rules_filter_and_reject(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,10\n2,\n3,0\n4,30\n5,x\n", NULL};
    static const struct dv_rule rules[] = {
        {.name = "zero", .condition = "amount = '0'"},
        {.name = "amount_missing", .condition = "cents IS NULL", .reject = true}};
    fixture->specs[0] = (struct dv_model_spec){.name = "paid", .rules = rules, .rule_count = 2};
    fixture->spec_count = 1;
    input(fixture, "things", "id bigint, amount text", parts);
    model(fixture, "paid", "SELECT id, amount::int * 100 AS cents FROM things WHERE id < 9 AND id <> 4");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/paid", "1,1000\n");
    char *rejects = rows_of(fixture, "rejects/paid");
    assert_non_null(strstr(rejects, "amount_missing,\"\",transform,things,0,2,2,\n"));
    assert_non_null(strstr(rejects, "invalid_text_representation,"));
    assert_non_null(strstr(rejects, "transform/paid.sql:1:"));
    assert_non_null(strstr(rejects, ",transform,things,0,5,5,x\n"));
    dv_free(rejects);
    struct dv_tally tally = tally_of(fixture, "transform/paid");
    assert_int_equal(tally.read, 5);
    assert_int_equal(tally.written, 1);
    assert_int_equal(tally.filtered, 2);
    assert_int_equal(tally.rejected, 2);
}

static void groups_merge_and_name_their_conflicts(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,a@x,Ann,5.10\n2,b@x,,1\n3,a@x,Anna,2.00\n",
                                        "4,a@x,Ann,\n5,,Nobody,9\n", NULL};
    static const char *const keys[] = {"id"};
    fixture->specs[0] =
        (struct dv_model_spec){.name = "people", .conflict_keys = keys, .conflict_key_count = 1};
    fixture->spec_count = 1;
    input(fixture, "things", "id bigint, email text, name text, amount numeric", parts);
    model(fixture, "people",
          "SELECT email, first(name ORDER BY id DESC) AS name, count(*)::int AS n, coalesce(sum(amount), 0) "
          "AS total "
          "FROM things WHERE email IS NOT NULL GROUP BY email");
    model(fixture, "greetings", "SELECT 'Dear ' || coalesce(name, 'friend') AS line, n FROM people");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    char *rows = rows_of(fixture, "transform/people");
    assert_non_null(strstr(rows, "a@x,Ann,3,7.10\n"));
    assert_non_null(strstr(rows, "b@x,,1,1\n"));
    dv_free(rows);
    rows = rows_of(fixture, "transform/greetings");
    assert_non_null(strstr(rows, "Dear Ann,3\n"));
    assert_non_null(strstr(rows, "Dear friend,1\n"));
    dv_free(rows);
    assert_rows(fixture, "conflicts/people", "a@x,name,Ann,Anna,1,3\n");
    struct dv_tally tally = tally_of(fixture, "transform/people");
    assert_int_equal(tally.read, 5);
    assert_int_equal(tally.written, 2);
    assert_int_equal(tally.merged, 2);
    assert_int_equal(tally.filtered, 1);
}

static void joins_look_up_and_never_multiply(void **state)
{
    struct fixture *fixture = *state;
    static const char *const orders[] = {"1,7\n2,8\n3,\n", NULL};
    static const char *const people[] = {"7,Seven\n", "8,Eight\n", NULL};
    static const char *const twice[] = {"7,Seven\n", "7,Again\n", NULL};
    input(fixture, "orders", "id bigint, person bigint", orders);
    input(fixture, "people", "id bigint, name text", people);
    input(fixture, "twice", "id bigint, name text", twice);
    model(fixture, "named", "SELECT o.id, p.name FROM orders o LEFT JOIN people p ON p.id = o.person");
    model(fixture, "found",
          "SELECT o.id, p.name FROM orders o JOIN people p ON p.id = o.person AND p.name <> 'Eight'");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/named", "1,Seven\n2,Eight\n3,\n");
    assert_rows(fixture, "transform/found", "1,Seven\n");
    model(fixture, "multiplied", "SELECT o.id, t.name FROM orders o JOIN twice t ON t.id = o.person");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_FAILED);
    assert_non_null(strstr(fixture->err.message, "multiplied.sql:1:"));
    assert_non_null(strstr(fixture->err.message, "is not unique"));
    model(fixture, "multiplied",
          "-- drover: many\nSELECT o.id, t.name FROM orders o JOIN twice t ON t.id = o.person");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/multiplied", "1,Seven\n1,Again\n");
}

static void unions_distinct_and_with(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,b\n2,a\n", "3,b\n", NULL};
    input(fixture, "things", "id bigint, kind text", parts);
    model(fixture, "both",
          "SELECT id, 'first' AS which FROM things UNION ALL SELECT id * 10, 'second' FROM things");
    model(fixture, "kinds", "SELECT count(*) AS n FROM (SELECT DISTINCT kind FROM things) k");
    model(fixture, "newest", "SELECT DISTINCT ON (kind) kind, id FROM things ORDER BY kind, id DESC");
    model(fixture, "counted",
          "WITH few AS (SELECT kind, count(*) AS n FROM things GROUP BY kind HAVING count(*) < 2) SELECT "
          "kind, n FROM few");
    assert_int_equal(run(fixture, 2, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/both", "1,first\n2,first\n3,first\n10,second\n20,second\n30,second\n");
    assert_rows(fixture, "transform/kinds", "2\n");
    assert_rows(fixture, "transform/counted", "a,1\n");
    char *rows = rows_of(fixture, "transform/newest");
    assert_non_null(strstr(rows, "b,3\n"));
    assert_non_null(strstr(rows, "a,2\n"));
    assert_int_equal(strlen(rows), 8);
    dv_free(rows);
}

static void mistakes_are_named_by_file_and_line(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1\n", NULL};
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"SELECT id\nFROM nothing", "transform/m.sql:2:"},
        {"SELECT x FROM things", "transform/m.sql:1:8"},
        {"SELECT id FROM m", "reads itself"},
        {"SELECT id, id FROM things", "two columns are named \"id\""},
        {"SELECT id, count(*) FROM things GROUP BY 2", "transform/m.sql:1:"},
        {"SELECT id FROM things WHERE id", "must be type boolean"},
    };
    input(fixture, "things", "id bigint", parts);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        model(fixture, "m", cases[c].sql);
        fixture->err = (struct dv_err)DV_ERR_INIT;
        assert_int_equal(run(fixture, 1, 32U << 20), DV_FAILED);
        assert_int_equal(fixture->err.code, DV_EXIT_USAGE);
        if (strstr(fixture->err.message, cases[c].expected) == NULL)
            fail_msg("%s\n gave: %s", cases[c].sql, fixture->err.message);
    }
}

/* The same bytes for any workers and memory: promise 5. */
static void bytes_do_not_depend_on_the_means(void **state)
{
    struct fixture *fixture = *state;
    enum { PARTS = 6, ROWS = 30000 };
    static char *texts[PARTS + 1];
    for (unsigned p = 0; p < PARTS; p++) {
        struct dv_buf rows = {0};
        for (unsigned i = 0; i < ROWS; i++)
            dv_buf_printf(&rows, "%u,person%u@example.org,name %u,%u.%02u\n", p * ROWS + i,
                          (i * 7919U + p) % 50021, i % 13, i % 100, i % 97);
        texts[p] = dv_buf_steal(&rows);
    }
    input(fixture, "things", "id bigint, email text, name text, amount numeric", (const char *const *)texts);
    for (unsigned p = 0; p < PARTS; p++)
        dv_free(texts[p]);
    static const char *const keys[] = {"id"};
    fixture->specs[0] =
        (struct dv_model_spec){.name = "people", .conflict_keys = keys, .conflict_key_count = 1};
    fixture->spec_count = 1;
    model(fixture, "people",
          "SELECT email, first(name ORDER BY id DESC) AS name, count(*) AS n, sum(amount) AS s FROM things "
          "GROUP BY email");
    model(fixture, "linked",
          "SELECT t.id, p.n, p.name FROM things t LEFT JOIN people p ON p.email = t.email");
    model(
        fixture, "walked", /* one partition of all rows: it does not fit 4 MiB */
        "SELECT id, lag(email, 1000) OVER w AS before, lead(id, 70000, -1) OVER w AS after, ntile(7) OVER w "
        "AS "
        "n, sum(amount) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) AS s, last_value(email) OVER (ORDER "
        "BY name) >= email AS last, count(*) OVER (PARTITION BY email) AS alike, (SELECT max(id) FROM "
        "things) "
        "AS most FROM things WINDOW w AS (ORDER BY id)");
    static const struct {
        unsigned workers;
        size_t memory;
    } ways[] = {{1, 256U << 20}, {2, 256U << 20}, {5, 64U << 20}, {2, 4U << 20}};
    static const char *const datasets[] = {"transform/people", "transform/linked", "conflicts/people",
                                           "transform/walked"};
    enum { DATASETS = sizeof datasets / sizeof datasets[0] };
    char *first[DATASETS] = {NULL};
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        assert_int_equal(run(fixture, ways[w].workers, ways[w].memory), DV_OK);
        for (unsigned d = 0; d < DATASETS; d++) {
            char *dir = dv_asprintf("%s/%s/dataset.json", fixture->run, datasets[d]);
            struct dv_buf manifest = {0};
            assert_int_equal(dv_file_read(dir, 1U << 20, &manifest, &fixture->err), DV_OK);
            char *now = dv_buf_steal(&manifest); /* holds every part's SHA-256 */
            if (w == 0) {
                first[d] = now;
            } else {
                assert_string_equal(first[d], now);
                dv_free(now);
            }
            dv_free(dir);
        }
        for (unsigned d = 0; d < 2; d++) {
            char *done = dv_asprintf("%s/%s", fixture->run, d == 0 ? "transform" : "conflicts");
            assert_int_equal(dv_file_remove_tree(done, &fixture->err), DV_OK);
            dv_free(done);
        }
    }
    for (unsigned d = 0; d < DATASETS; d++)
        dv_free(first[d]);
}

static void assert_pass(struct fixture *fixture, const struct dv_program *program, const char *model,
                        const char *pass)
{
    struct dv_buf text = {0};
    char *expected = dv_asprintf("%s: pass %s", model, pass);
    assert_int_equal(dv_program_explain(program, model, &text, &fixture->err), DV_OK);
    assert_non_null(dv_buf_cstr(&text));
    if (strncmp(text.data, expected, strlen(expected)) != 0)
        assert_string_equal(text.data, expected);
    dv_free(expected);
    dv_buf_release(&text);
}

/* Rows of `things` are read in the first pass in any case, for `groups`; those of `others` in the third
 * alone. */
static void a_dataset_is_read_as_seldom_as_can_be(void **state)
{
    struct fixture *fixture = *state;
    struct dv_program *program = NULL;
    static const char *const parts[] = {"1,1\n2,2\n", NULL};
    input(fixture, "things", "id bigint, k bigint", parts);
    input(fixture, "others", "id bigint, k bigint", parts);
    model(fixture, "groups", "SELECT k, count(*) AS n FROM things GROUP BY k");
    model(fixture, "linked", "SELECT t.id, g.n FROM things t LEFT JOIN groups g ON g.k = t.k");
    model(fixture, "plain", "SELECT id FROM things WHERE k > 1");
    model(fixture, "late", "SELECT o.id, g.n FROM others o LEFT JOIN groups g ON g.k = o.k");
    model(fixture, "early", "SELECT id FROM others WHERE k > 1");
    assert_int_equal(dv_program_new(&program, fixture->models, fixture->inputs, fixture->input_count, NULL, 0,
                                    NULL, 0, 0, &fixture->err),
                     DV_OK);
    assert_pass(fixture, program, "groups", "2 of 3");
    assert_pass(fixture, program, "linked", "3 of 3");
    assert_pass(fixture, program, "plain", "1 of 3");
    assert_pass(fixture, program, "late", "3 of 3");
    assert_pass(fixture, program, "early", "3 of 3");
    dv_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_pass_through_untouched, setup, teardown),
        cmocka_unit_test_setup_teardown(sweeps_what_is_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(rules_filter_and_reject, setup, teardown),
        cmocka_unit_test_setup_teardown(groups_merge_and_name_their_conflicts, setup, teardown),
        cmocka_unit_test_setup_teardown(joins_look_up_and_never_multiply, setup, teardown),
        cmocka_unit_test_setup_teardown(unions_distinct_and_with, setup, teardown),
        cmocka_unit_test_setup_teardown(mistakes_are_named_by_file_and_line, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_do_not_depend_on_the_means, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dataset_is_read_as_seldom_as_can_be, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
