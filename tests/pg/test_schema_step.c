/* Schema steps: applied once, in order, undone backwards; edited ones are named; nobody is queued behind a
 * lock. */
#include "schema_fixture.h"

#include <pthread.h>
#include <time.h>

static void applied_once_and_undone_backwards(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    new_job("steps");
    write_step(
        "010_a.up.sql",
        "-- drover: phase=expand\n-- A table.\nCREATE TABLE sa (id int);\nINSERT INTO sa VALUES (1);\n");
    write_step("010_a.down.sql", "DROP TABLE sa;\n");
    write_step("020_b.up.sql",
               "-- drover: phase=index\n-- drover: no-transaction\nCREATE INDEX CONCURRENTLY sa_1 ON sa (id);"
               "-- it's two; of them\nCREATE INDEX CONCURRENTLY sa_2 ON sa (id);\n");
    write_step("020_b.down.sql", "DROP INDEX sa_2, sa_1;\n");
    write_step("020_c.up.sql", "-- drover: phase=index\nALTER TABLE sa ADD b int;\n");
    write_step("020_c.down.sql", "ALTER TABLE sa DROP b;\n");
    test_ok(apply(DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 1);
    test_ok(apply(DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 0);
    assert_value("SELECT count(*) FROM sa", "1");
    test_ok(apply(DV_PHASE_INDEX, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_value("SELECT count(*) FROM pg_index WHERE indrelid = 'sa'::regclass AND indisvalid", "2");
    write_step("010_a.up.sql", "-- drover: phase=expand\nCREATE TABLE sa (id bigint);\n");
    assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    assert_non_null(strstr(err.message, "010_a"));
    struct run run;
    struct dv_target *target;
    struct dv_schema schema;
    run_new(&run, "schema");
    test_ok(dv_target_open(&target, &run.context, test_url(), true, &err), &err);
    test_ok(dv_schema_read(job_dir, &schema, &err), &err);
    test_ok(dv_schema_down(target, &run.context, &schema, NULL, DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_value("SELECT to_regclass('sa') IS NULL AND NOT EXISTS (SELECT FROM drover.schema_step)", "t");
    dv_schema_release(&schema);
    dv_target_close(target);
    run_end(&run);
}

static void errors_name_file_and_line(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    new_job("wrong");
    write_step(
        "010_a.up.sql",
        "-- drover: phase=expand\nCREATE TABLE wrong (id int);\n-- größer\nSELECT nothing FROM wrong;\n");
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "010_a.up.sql:4:"));
    assert_value("SELECT to_regclass('wrong') IS NULL", "t");
    write_step("010_a.up.sql", "-- drover: phase=expand\nSELECT '\\d';\n\\d wrong\n");
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_non_null(strstr(err.message, "010_a.up.sql:3:"));
    write_step("010_a.up.sql", "-- drover: phase=expand\nCREATE TABLE half (id int); COMMIT;\n");
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "ends the transaction"));
    write_step("010_a.up.sql", "CREATE TABLE nothing_said ();\n");
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "phase"));
}

/* A feature that is off leaves no trace; switched on later, its step is applied behind later ones; off again,
 * it stays.
 */
static void a_step_waits_for_its_parameter(void **state)
{
    struct dv_flag on[] = {{.name = "other", .on = true}, {.name = "extra", .on = true}};
    struct dv_flag off[] = {{.name = "other", .on = true}, {.name = "extra"}};
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    new_job("flags");
    write_step("010_a.up.sql", "-- drover: phase=expand, when=:extra\nCREATE TABLE fa ();\n");
    write_step("020_b.up.sql", "-- drover: phase=expand when=:other\nCREATE TABLE fb ();\n");
    flags = (struct dv_flags){.list = off, .count = 2};
    test_ok(apply(DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_value("SELECT to_regclass('fa') IS NULL AND to_regclass('fb') IS NOT NULL", "t");
    flags.list = on;
    test_ok(apply(DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 1);
    flags.list = off;
    test_ok(apply(DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 0);
    assert_value("SELECT count(*) FROM drover.schema_step", "2");
    flags.count = 1;
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_non_null(strstr(err.message, "010_a.up.sql: the job has no boolean parameter \"extra\""));
    write_step("010_a.up.sql", "-- drover: phase=expand, when=extra\nCREATE TABLE fa ();\n");
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "when=extra does not name a parameter"));
}

static void *hold_lock(void *argument)
{
    (void)argument;
    test_sql("BEGIN; LOCK TABLE held IN ACCESS SHARE MODE; SELECT pg_sleep(4); COMMIT");
    return NULL;
}

static void lock_is_waited_for_in_short_tries(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct timespec wait = {.tv_nsec = 300000000};
    pthread_t other;
    unsigned count;
    (void)state;
    new_job("held");
    test_sql("CREATE TABLE held (id int)");
    write_step("010_a.up.sql", "-- drover: phase=expand\nALTER TABLE held ADD b int;\n");
    assert_int_equal(pthread_create(&other, NULL, hold_lock, NULL), 0);
    (void)nanosleep(&wait, NULL);
    test_ok(apply(DV_PHASE_EXPAND, &count, &err), &err);
    assert_int_equal(count, 1);
    pthread_join(other, NULL);
}

/* Whoever has to mend the rows needs to know which they are, however the step makes the index. */
static void rows_that_are_there_twice_are_listed(void **state)
{
    static const struct {
        const char *sql, *said, *listed;
    } cases[] = {
        {"CREATE UNIQUE INDEX one_name ON public.twice (lower(name) DESC, tenant) WHERE id > 1;",
         "2 rows of public.twice share a key of one_name, listed in ",
         "row,times,id,tenant,name\n\"(0,2)\",2,2,1,A\n\"(0,3)\",2,3,1,a\n"},
        {"ALTER TABLE twice ADD CHECK (id > 0), ADD PRIMARY KEY (tenant);",
         "4 rows of twice share a key of twice_pkey, listed in ",
         "row,times,id,tenant,name\n\"(0,1)\",4,1,1,a\n\"(0,2)\",4,2,1,A\n\"(0,3)\",4,3,1,a\n\"(0,4)\",4,4,1,"
         "b\n"},
        {"DO $$ BEGIN EXECUTE 'CREATE UNIQUE INDEX put_together ON ' || 'twice (name)'; END $$;",
         "2 rows of twice share a key of put_together, listed in ",
         "row,times,id,tenant,name\n\"(0,1)\",2,1,1,a\n\"(0,3)\",2,3,1,a\n"},
    };
    (void)state;
    test_sql("CREATE TABLE twice (id int, tenant int, name text)");
    test_sql("INSERT INTO twice VALUES (1, 1, 'a'), (2, 1, 'A'), (3, 1, 'a'), (4, 1, 'b'), (5, NULL, NULL), "
             "(6, NULL, NULL)");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_buf text = {0};
        unsigned count;
        char step[256], *listed = test_path("schema/duplicates/010_unique.csv");
        new_job("duplicates");
        (void)snprintf(step, sizeof step, "-- drover: phase=index\n%s\n", cases[i].sql);
        write_step("010_unique.up.sql", step);
        assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED);
        assert_string_equal(err.sqlstate, "23505");
        if (strstr(err.message, cases[i].said) == NULL)
            fail_msg("%s", err.message);
        struct dv_err ignored = DV_ERR_INIT;
        test_ok(dv_file_read(listed, 10000, &text, &ignored), &ignored);
        assert_string_equal(dv_buf_cstr(&text), cases[i].listed);
        dv_buf_release(&text);
        dv_free(listed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applied_once_and_undone_backwards),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(a_step_waits_for_its_parameter),
        cmocka_unit_test(lock_is_waited_for_in_short_tries),
        cmocka_unit_test(rows_that_are_there_twice_are_listed),
    };
    return cmocka_run_group_tests(tests, test_server_start, stop);
}
