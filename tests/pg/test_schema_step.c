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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applied_once_and_undone_backwards),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(a_step_waits_for_its_parameter),
        cmocka_unit_test(lock_is_waited_for_in_short_tries),
    };
    return cmocka_run_group_tests(tests, test_server_start, stop);
}
