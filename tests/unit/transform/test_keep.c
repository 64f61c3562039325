/* What nodes keep from row to row, and patterns, zones and formats that come with the rows. */
#include "program_fixture.h"

#include "transform/keep.h"
#include "transform/relation.h"

static struct dv_keep_entry *made(struct dv_keep *keep, const void *owner, const char *key, unsigned variant)
{
    struct dv_keep_entry *entry = dv_keep_find(keep, owner, key, strlen(key), variant);
    assert_non_null(entry);
    return entry;
}

static void the_one_used_longest_ago_makes_room(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e"};
    struct dv_keep keep = {0};
    int owners[100], other;
    (void)state;
    for (unsigned i = 0; i < DV_KEEP_ENTRIES; i++)
        made(&keep, &other, keys[i], 0)->made = &owners[i];
    assert_ptr_equal(made(&keep, &other, "a", 0)->made, &owners[0]);
    assert_null(made(&keep, &other, "e", 0)->made); /* takes the place of b */
    made(&keep, &other, "e", 0)->made = &owners[4];
    assert_ptr_equal(made(&keep, &other, "a", 0)->made, &owners[0]);
    assert_ptr_equal(made(&keep, &other, "c", 0)->made, &owners[2]);
    assert_ptr_equal(made(&keep, &other, "e", 0)->made, &owners[4]);
    assert_null(made(&keep, &other, "b", 0)->made);
    assert_null(made(&keep, &other, "a", 1)->made); /* another variant is another key */
    for (unsigned i = 0; i < 100; i++)              /* each owner has its own */
        made(&keep, &owners[i], "", 0)->made = &owners[i];
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_equal(made(&keep, &owners[i], "", 0)->made, &owners[i]);
    dv_keep_release(&keep);
    dv_keep_release(&keep);
}

/* An attempt that failed leaves nothing: a wrong pattern in every row does not grow the memory. */
static void a_failed_attempt_leaves_no_memory(void **state)
{
    struct dv_keep keep = {0};
    int owner;
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct dv_keep_entry *entry = made(&keep, &owner, "wrong", 0);
        assert_non_null(dv_arena_alloc(&entry->arena, 1000));
        assert_true(entry->arena.total < 100000);
    }
    dv_keep_release(&keep);
}

static enum dv_status no_memory_for(unsigned nth)
{
    struct dv_keep keep = {0};
    int owner;
    dv_alloc_fail_at(nth, 0);
    struct dv_keep_entry *entry = dv_keep_find(&keep, &owner, "key", 3, 0);
    dv_alloc_fail_at(0, 0);
    enum dv_status status = entry != NULL ? DV_OK : DV_FAILED;
    entry = made(&keep, &owner, "key", 0);
    assert_null(entry->made);
    assert_memory_equal(entry->key, "key", 3);
    dv_keep_release(&keep);
    return status;
}

static void a_lack_of_memory_is_survived(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth <= 3; nth++) /* the table, the owner, the key */
        assert_int_equal(no_memory_for(nth), DV_FAILED);
    assert_int_equal(no_memory_for(4), DV_OK);
}

/* More of them than are kept, wrong ones among them, in turn. */
static void patterns_come_with_the_rows(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {
        "1,abc,b+,i,YYYY,Europe/"
        "Berlin,999\n2,abc,B+,i,MM,UTC,9.9\n3,abc,[,i,DD,UTC,9\n4,abc,b+,i,YYYY,Nowhere,9\n"
        "5,abc,B+,c,MM,Asia/Tokyo,999\n6,abc,z,c,HH24,UTC,9.9\n7,abc,^a,q,MI,UTC,9\n8,abc,^a,c,SS,Europe/"
        "Berlin,999\n"
        "9,abc,b+,i,DD,UTC,0000\n10,abc,B+,i,YYYY,America/"
        "New_York,99\n11,abc,[,c,YYYY,UTC,9\n12,abc,b+,i,YYYY,UTC,9\n",
        NULL};
    input(fixture, "t", "id int, s text, p text, f text, c text, z text, n text", parts);
    model(fixture, "m",
          "SELECT id, regexp_like(s, p, f) AS r, s LIKE p || '%' AS l, to_char(timestamp '2024-05-06 "
          "07:08:09', c) "
          "AS d, timestamp '2024-05-06 07:08:09' AT TIME ZONE z AS t, to_char(id, n) AS n FROM t");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/m",
                "1,t,f,2024,2024-05-06 05:08:09+00,   1\n2,t,f,05,2024-05-06 07:08:09+00, 2.0\n"
                "5,f,f,05,2024-05-05 22:08:09+00,   5\n6,f,f,07,2024-05-06 07:08:09+00, 6.0\n"
                "7,f,f,08,2024-05-06 07:08:09+00, 7\n8,t,f,09,2024-05-06 05:08:09+00,   8\n"
                "9,t,f,06,2024-05-06 07:08:09+00, 0009\n10,t,f,2024,2024-05-06 11:08:09+00, 10\n"
                "12,t,f,2024,2024-05-06 07:08:09+00, #\n");
    struct dv_tally tally = tally_of(fixture, "transform/m");
    assert_int_equal(tally.rejected, 3);
}

/* The second row with the pattern finds what the first compiled. */
static void a_pattern_is_compiled_once(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {NULL};
    struct dv_program *program = NULL;
    input(fixture, "t", "s text, p text", parts);
    model(fixture, "m", "SELECT s ~ p AS r FROM t");
    assert_int_equal(dv_program_new(&program, fixture->models, fixture->inputs, fixture->input_count, NULL, 0,
                                    NULL, 0, 0, &fixture->err),
                     DV_OK);
    const struct dv_expr *expr = dv_program_relation(program, "m")->branches[0].outputs[0];
    struct dv_arena batch = {0};
    struct dv_keep keep = {0};
    struct dv_value row[2] = {dv_text("xay", 3), dv_text("a+", 2)}, value;
    struct dv_eval eval = {.row = row, .arena = &batch, .keep = &keep};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(dv_expr_eval(expr, &eval, &value, &fixture->err), DV_OK);
        assert_true(dv_expr_is_true(&value));
    }
    struct dv_keep_entry *entry = made(&keep, expr, "a+", 0);
    assert_non_null(entry->made);
    const char *next = entry->arena.next;
    assert_int_equal(dv_expr_eval(expr, &eval, &value, &fixture->err), DV_OK);
    assert_true(dv_expr_is_true(&value));
    assert_ptr_equal(entry->arena.next, next);
    dv_keep_release(&keep);
    dv_arena_release(&batch);
    dv_program_free(program);
}

/* A constant that is wrong fails the rows that get to it, and no other; where no row can change that it
 * fails, the model is refused. */
static void wrong_constants_fail_where_a_row_reaches_them(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"1,a,2024-01-01 00:00:00\n2,b,2024-01-02 00:00:00\n", NULL};
    struct dv_program *program = NULL;
    input(fixture, "t", "id int, s text, ts timestamp", parts);
    model(fixture, "regex", "SELECT id, CASE WHEN id = 2 THEN s ~ '[' END AS r FROM t");
    model(fixture, "zone", "SELECT id, CASE WHEN id = 2 THEN ts AT TIME ZONE 'Nowhere/None' END AS r FROM t");
    model(fixture, "never", "SELECT id FROM t WHERE id > 5 AND s ~ '['");
    model(fixture, "session",
          "SELECT id, CASE WHEN id = 2 THEN make_timestamptz(2020, 13, 1, 0, 0, 0) END AS r FROM t");
    assert_int_equal(run(fixture, 1, 32U << 20), DV_OK);
    assert_rows(fixture, "transform/regex", "1,\n");
    assert_rows(fixture, "transform/zone", "1,\n");
    assert_rows(fixture, "transform/never", "");
    assert_rows(fixture, "transform/session", "1,\n");
    assert_int_equal(tally_of(fixture, "transform/never").rejected, 0);
    model(fixture, "planned", "SELECT id, CASE WHEN id = 7 THEN 'x' ~ '[' END AS r FROM t");
    assert_int_equal(dv_program_new(&program, fixture->models, fixture->inputs, fixture->input_count, NULL, 0,
                                    NULL, 0, 0, &fixture->err),
                     DV_FAILED);
    assert_string_equal(fixture->err.sqlstate, "2201B");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_used_longest_ago_makes_room),
        cmocka_unit_test(a_failed_attempt_leaves_no_memory),
        cmocka_unit_test(a_lack_of_memory_is_survived),
        cmocka_unit_test_setup_teardown(patterns_come_with_the_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pattern_is_compiled_once, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_constants_fail_where_a_row_reaches_them, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
