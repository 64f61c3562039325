/* Taking a run back: what it inserted goes, what it changed gets its old values, what somebody has edited
 * since stays. */
#include "load_fixture.h"

static void inserted_rows_go_edited_ones_stay(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql("CREATE TABLE items (id bigint PRIMARY KEY, name text, n numeric, j json);"
             "INSERT INTO items VALUES (5, 'name 5', 1.5, '{}'), (7, 'theirs', 0, NULL)");
    run_new(&run, "items");
    run_step(&run, "items", "items", "insert_new", "id bigint, name text, n numeric, j json", 2,
             "SELECT p * 100 + g, 'name ' || p * 100 + g, 1.50, '{}' FROM generate_series(1, 100) g, (SELECT "
             "%u AS p) x");
    load(&run);
    assert_counts(&run.counts[0], 198, 0, 2, 0);
    test_sql("UPDATE items SET name = 'edited' WHERE id = 150; DELETE FROM items WHERE id = 151;"
             "INSERT INTO items VALUES (999, 'later', 0, NULL)");
    roll_back(&run, false, counts);
    assert_int_equal(counts[0].removed, 196);
    assert_int_equal(counts[0].kept, 1);
    assert_value("SELECT count(*) FROM items", "200");
    for (unsigned i = 0; i < 2; i++) { /* the second time nothing is left to do */
        roll_back(&run, true, counts);
        assert_int_equal(counts[0].removed, 196);
        assert_int_equal(counts[0].restored, 0);
        assert_int_equal(counts[0].kept, 1);
        /* 5 was there before the run and equals what it offered: it is not the run's. */
        assert_value("SELECT string_agg(id::text, ',' ORDER BY id) FROM items", "5,7,150,999");
    }
    assert_value("SELECT state FROM drover.run WHERE run_id = 'items'", "rolled_back");
    struct dv_buf kept = {0};
    struct dv_err err = DV_ERR_INIT;
    char *path = dv_asprintf("%s/rollback/kept-items.csv", run.dir);
    test_ok(dv_file_read(path, 4096, &kept, &err), &err);
    assert_string_equal(dv_buf_cstr(&kept), "id,name,n,j\n150,edited,1.50,{}\n");
    dv_buf_release(&kept);
    dv_free(path);
    /* What was rolled back is not loaded again by the same run; a new one starts afresh. */
    assert_int_equal(load_limited(&run, 0, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    struct run next;
    run_new(&next, "items-2");
    run_step(&next, "items", "items", "insert_new", "id bigint, name text, n numeric, j json", 2,
             "SELECT p * 100 + g, 'name ' || p * 100 + g, 1.50, '{}' FROM generate_series(1, 100) g, (SELECT "
             "%u AS p) x");
    load(&next);
    assert_counts(&next.counts[0], 197, 0, 3, 0);
    run_end(&next);
    run_end(&run);
}

static void old_values_come_back_exactly(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql(
        "CREATE TYPE mood AS ENUM ('good', 'bad');"
        "CREATE TABLE kinds (id int, part text, n numeric, t timestamptz, b bytea, a text[], j json, f "
        "float8, m mood, "
        "c char(5), i interval, d date, PRIMARY KEY (id, part));"
        "INSERT INTO kinds SELECT g, 'p,\"' || g, CASE g % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN 1.500 END, "
        "CASE WHEN g % 2 = 0 THEN 'infinity' ELSE '2024-01-01 10:00:00.123456+02'::timestamptz END, "
        "'\\x00ff', ARRAY['a,b', NULL, '\"q\"', ''], '{\"a\" : 1}', 0.1 + 0.2, 'good', 'x', '1 mon 2 days', "
        "CASE WHEN g = 4 THEN '-infinity' ELSE '0044-03-15 BC'::date END FROM generate_series(1, 9000) g;"
        "CREATE TABLE kinds_before AS TABLE kinds");
    static const char *const key[] = {"part", "id"};
    run_new(&run, "kinds");
    struct dv_load_spec *spec = run_step(&run, "kinds", "kinds", "update",
                                         "id int, part text, n numeric, t timestamptz, b bytea, a text[], j "
                                         "json, f float8, m text, c text, i interval, d date",
                                         1,
                                         "SELECT g, 'p,\"' || g, 7 + %u, now(), '\\x01'::bytea, ARRAY['z'], "
                                         "'[]', 1.0, 'bad', NULL, '1 sec', date '2020-01-01' "
                                         "FROM generate_series(1, 9000) g");
    spec->key = key;
    spec->key_count = 2;
    load(&run);
    assert_counts(&run.counts[0], 0, 9000, 0, 0);
    test_sql("UPDATE kinds SET n = 8 WHERE id = 77");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].restored, 8999);
    assert_int_equal(counts[0].kept, 1);
    assert_value("SELECT count(*) FROM kinds x JOIN kinds_before y USING (id, part) WHERE x::text = y::text",
                 "8999");
    assert_value("SELECT n || ' ' || m FROM kinds WHERE id = 77", "8 bad");
    run_end(&run);
}

static void edit_of_another_column_does_not_matter(void **state)
{
    struct run run;
    struct dv_rollback_count counts[2];
    (void)state;
    test_sql("CREATE TABLE refs (id bigint PRIMARY KEY, a text, b text);"
             "INSERT INTO refs SELECT g, 'a', 'b' FROM generate_series(1, 10) g;"
             "CREATE TABLE pointing (ref bigint REFERENCES refs)");
    run_new(&run, "refs");
    run_step(&run, "refs", "refs", "upsert", "id bigint, a text, b text", 1,
             "SELECT g + %u, CASE WHEN g <= 4 THEN 'new' ELSE 'a' END, 'b' FROM generate_series(1, 20) g");
    load(&run);
    assert_counts(&run.counts[0], 10, 4, 6, 0);
    /* b of row 1 was not changed by the run, a of row 2 was; row 12 is referred to by now. */
    test_sql("UPDATE refs SET b = 'edited' WHERE id = 1; UPDATE refs SET a = 'edited' WHERE id = 2;"
             "INSERT INTO pointing VALUES (12)");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 9);
    assert_int_equal(counts[0].restored, 3);
    assert_int_equal(counts[0].kept, 2);
    assert_value("SELECT string_agg(concat(id, a, b), ' ' ORDER BY id) FROM refs WHERE id < 4 OR id > 10",
                 "1aedited 2editedb 3ab 12ab");
    run_end(&run);
}

static void refused_row_of_another_is_not_taken(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql("CREATE TABLE owned (id bigint PRIMARY KEY, name text); INSERT INTO owned VALUES (3, 'name 3')");
    run_new(&run, "owned");
    run_step(
        &run, "owned", "owned", "insert", "id text, name text", 1,
        "SELECT CASE g WHEN 9 THEN 'x' ELSE g::text END, 'name ' || g FROM generate_series(1 + %u, 10) g");
    load(&run);
    assert_counts(&run.counts[0], 8, 0, 0, 2);
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 8);
    assert_value("SELECT string_agg(id || name, ' ') FROM owned", "3name 3");
    run_end(&run);
}

static void without_a_key_as_many_go_as_came(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql(
        "CREATE TABLE heap (id bigint, name text); INSERT INTO heap VALUES (1, 'x'), (1, 'x'), (2, NULL)");
    run_new(&run, "heap");
    run_step(&run, "heap", "heap", "insert", "id bigint, name text", 1,
             "SELECT 1 + %u, 'x' FROM generate_series(1, 3) UNION ALL SELECT 2, NULL")
        ->key_count = 0;
    load(&run);
    assert_value("SELECT count(*) FROM heap", "7");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 4);
    assert_int_equal(counts[0].kept, 0);
    assert_value("SELECT string_agg(concat(id, name), ' ' ORDER BY id) FROM heap", "1x 1x 2");
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserted_rows_go_edited_ones_stay),
        cmocka_unit_test(old_values_come_back_exactly),
        cmocka_unit_test(edit_of_another_column_does_not_matter),
        cmocka_unit_test(refused_row_of_another_is_not_taken),
        cmocka_unit_test(without_a_key_as_many_go_as_came),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
