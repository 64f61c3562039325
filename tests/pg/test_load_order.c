/* Which steps of a load run side by side, and which one after the other. */
#include "load_fixture.h"

#include "load/step.h"

#include <pthread.h>

/* A worker that finds its step's last parts taken goes on with the next step... */
static void *hold_first(void *argument)
{
    (void)argument;
    test_sql("BEGIN; LOCK TABLE side_a IN EXCLUSIVE MODE;"
             "DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM pg_sleep(0.05);"
             "IF (SELECT count(*) FROM side_b) > 0 THEN INSERT INTO side_seen VALUES (true); RETURN; END IF;"
             "END LOOP; END $$; COMMIT");
    return NULL;
}

static void unrelated_steps_are_loaded_side_by_side(void **state)
{
    struct run run;
    pthread_t other;
    (void)state;
    test_sql("CREATE TABLE side_a (id bigint, name text); CREATE TABLE side_b (LIKE side_a);"
             "CREATE TABLE side_seen (yes boolean)");
    run_new(&run, "side");
    run_step(&run, "side_a", "side_a", "insert", "id bigint, name text", 1, PART_SQL);
    run_step(&run, "side_b", "side_b", "insert", "id bigint, name text", 1, PART_SQL);
    assert_int_equal(pthread_create(&other, NULL, hold_first, NULL), 0);
    pause_ms(300);
    load(&run);
    pthread_join(other, NULL);
    assert_value("SELECT count(*) FROM side_seen", "1");
    assert_counts(&run.counts[0], 1000, 0, 0, 0);
    assert_counts(&run.counts[1], 1000, 0, 0, 0);
    run_end(&run);
}

/* ... but not where that one's rows refer to those that are not committed yet, or where both load one table.
 */
static void related_steps_are_loaded_one_after_the_other(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE first (id bigint PRIMARY KEY, name text);"
             "CREATE TABLE second (id bigint PRIMARY KEY REFERENCES first, name text)");
    run_new(&run, "related");
    run_step(&run, "first", "first", "insert", "id bigint, name text", 1,
             "SELECT g + %u, 'name' FROM generate_series(1, 60000) g");
    run_step(&run, "second", "second", "insert", "id bigint, name text", 3, PART_SQL);
    run_step(&run, "set", "public.\"second\"", "update", "id bigint, name text", 3,
             "SELECT %u * 1000 + g, 'set' FROM generate_series(1, 1000) g");
    load(&run);
    assert_counts(&run.counts[1], 3000, 0, 0, 0);
    assert_counts(&run.counts[2], 0, 3000, 0, 0);
    run_end(&run);
}

static bool apart(const struct dv_load_spec *a, const struct dv_load_spec *b)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    bool one, other;
    test_ok(dv_load_step_apart(pg, a, b, &one, &err), &err);
    test_ok(dv_load_step_apart(pg, b, a, &other, &err), &err);
    assert_int_equal(one, other);
    dv_pg_close(pg);
    return one;
}

/* A foreign key is no reason to wait where its columns stay as they are. */
static void steps_that_change_no_key_are_loaded_side_by_side(void **state)
{
    static const char *const code[] = {"code"};
    static const char *const from[] = {"id", "name"}, *const to[] = {"id", "parent_id"};
    struct run run;
    (void)state;
    test_sql("CREATE TABLE parent (id bigint PRIMARY KEY, code text UNIQUE, name text);"
             "CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint REFERENCES parent, name text)");
    run_new(&run, "apart");
    struct dv_load_spec *parents =
        run_step(&run, "parents", "parent", "update", "id bigint, name text", 1, PART_SQL);
    struct dv_load_spec *children =
        run_step(&run, "children", "child", "update", "id bigint, name text", 1, PART_SQL);
    struct dv_load_spec *codes = run_step(&run, "codes", "parent", "update", "code text, id bigint", 1,
                                          "SELECT 'c' || g + %u, g FROM generate_series(1, 2) g");
    assert_false(apart(parents, children));
    codes->key = code;
    assert_true(apart(codes, children)); /* changes parent.id */
    assert_true(apart(codes, parents));  /* one table */
    struct dv_load_spec adopted = *children;
    adopted.from = from;
    adopted.to = to;
    adopted.column_count = 2;
    assert_true(apart(parents, &adopted)); /* changes child.parent_id */
    static const char *const inserting[] = {"insert", "insert_new", "upsert"};
    for (size_t i = 0; i < sizeof inserting / sizeof inserting[0]; i++) {
        struct dv_load_spec inserts = *parents, inserted = *children;
        inserts.mode = inserted.mode = inserting[i];
        assert_true(apart(&inserts, children));
        assert_true(apart(parents, &inserted));
    }
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unrelated_steps_are_loaded_side_by_side),
        cmocka_unit_test(related_steps_are_loaded_one_after_the_other),
        cmocka_unit_test(steps_that_change_no_key_are_loaded_side_by_side),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
