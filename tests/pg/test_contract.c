/* Contract steps take away what the old application needs: they wait until this very run is verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/file.h"
#include "harness.h"
#include "jobs/steps.h"

#include <stdio.h>
#include <string.h>

#define BEFORE_VERIFY                                                                                        \
    ((unsigned)DV_STAGE_EXPAND | DV_STAGE_EXTRACT | DV_STAGE_TRANSFORM | DV_STAGE_LOAD | DV_STAGE_INDEX)

static void write_file(const char *folder, const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char *dir = dv_asprintf("%s/%s", test_job_dir, folder), *path = dv_asprintf("%s/%s", dir, name);
    test_ok(dv_file_make_dirs(dir, &err), &err);
    test_ok(dv_file_publish(path, text, strlen(text), &err), &err);
    dv_free(dir);
    dv_free(path);
}

/* As one call of the command; the code that it ends with. */
static enum dv_exit stages(unsigned wanted, bool fresh)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_run run;
    char *work = test_path("work");
    struct dv_request request = {.job_dir = test_job_dir,
                                 .source = test_url(),
                                 .target = test_url(),
                                 .work = work,
                                 .fresh = fresh,
                                 .workers = 2,
                                 .memory = (size_t)64 * 1024 * 1024};
    test_ok(dv_run_open(&run, &request, DV_RUN_TO_WORK, &err), &err);
    enum dv_status status = dv_run_stages(&run, wanted, &err);
    dv_run_close(&run);
    dv_free(work);
    return status == DV_OK ? DV_EXIT_DONE : err.code;
}

/* drover schema up --phase contract --yes */
static enum dv_exit up(void)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf out = {0};
    char *work = test_path("work");
    struct dv_request request = {.job_dir = test_job_dir, .target = test_url(), .work = work, .workers = 1};
    struct dv_steps_wish wish = {.action = DV_STEPS_UP, .phase = DV_PHASE_CONTRACT, .yes = true};
    enum dv_status status = dv_steps(&request, &wish, &out, &err);
    dv_buf_release(&out);
    dv_free(work);
    return status == DV_OK ? DV_EXIT_DONE : err.code;
}

static void expect_columns(const char *count)
{
    char *value =
        test_value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'persons'::regclass AND attnum > "
                   "0 AND NOT attisdropped");
    assert_string_equal(value, count);
    dv_free(value);
}

static void contract_waits_for_this_run(void **state)
{
    (void)state;
    test_sql("CREATE TABLE people AS SELECT g AS id, 'n' || g AS name FROM generate_series(1, 10) g;"
             "CREATE TABLE closed AS SELECT 1 AS reason");
    write_file("", "job.json",
               "{\"name\": \"gate\", \"extract\": {\"people\": {\"table\": \"public.people\"}}, \"load\": "
               "[{\"dataset\": \"persons\", \"table\": \"public.persons\", \"mode\": \"upsert\", \"key\": "
               "[\"id\"]}]}");
    write_file("transform", "persons.sql", "SELECT id, name FROM people\n");
    write_file(
        "schema", "010_persons.up.sql",
        "-- drover: phase=expand\nCREATE TABLE persons (id int PRIMARY KEY, name text, legacy int);\n");
    write_file("schema", "020_legacy.up.sql",
               "-- drover: phase=contract\nALTER TABLE persons DROP COLUMN legacy;\n");
    /* A name that is no UTF-8 keeps nothing from being written down. */
    write_file("verify", "010_open\xe9.sql", "SELECT * FROM closed\n");
    assert_int_equal(up(), DV_EXIT_VERIFY); /* no run */
    assert_int_equal(stages(BEFORE_VERIFY, false), DV_EXIT_DONE);
    assert_int_equal(stages(DV_STAGE_CONTRACT, false), DV_EXIT_VERIFY); /* no verification */
    assert_int_equal(up(), DV_EXIT_VERIFY);
    assert_int_equal(stages(DV_STAGE_VERIFY | DV_STAGE_CONTRACT, false), DV_EXIT_VERIFY);
    assert_int_equal(stages(DV_STAGE_CONTRACT, false), DV_EXIT_VERIFY); /* one that failed */
    assert_int_equal(up(), DV_EXIT_VERIFY);
    expect_columns("3");
    test_sql("DELETE FROM closed");
    assert_int_equal(stages(DV_STAGE_VERIFY, false), DV_EXIT_DONE);
    assert_int_equal(stages(BEFORE_VERIFY, true), DV_EXIT_DONE);
    assert_int_equal(stages(DV_STAGE_CONTRACT, false), DV_EXIT_VERIFY); /* that of another run */
    assert_int_equal(up(), DV_EXIT_VERIFY);
    /* A verification that a fault stopped is none, even if an earlier one passed. */
    assert_int_equal(stages(DV_STAGE_VERIFY, false), DV_EXIT_DONE);
    write_file("verify", "020_bad.sql", "-- drover: severity=unheard-of\nSELECT 1\n");
    assert_int_equal(stages(DV_STAGE_VERIFY, false), DV_EXIT_USAGE);
    assert_int_equal(stages(DV_STAGE_CONTRACT, false), DV_EXIT_VERIFY);
    expect_columns("3");
    write_file("verify", "020_bad.sql", "-- drover: severity=warning\nSELECT 1\n"); /* does not hold it up */
    assert_int_equal(stages(DV_STAGE_VERIFY, false), DV_EXIT_DONE);
    test_sql(
        "UPDATE drover.run SET state = 'rolled_back' WHERE run_id = (SELECT max(run_id) FROM drover.run)");
    assert_int_equal(up(), DV_EXIT_VERIFY);
    test_sql("UPDATE drover.run SET state = 'running' WHERE state = 'rolled_back'");
    test_sql("UPDATE drover.run SET target_identity = 'original/' || target_identity");
    assert_int_equal(up(), DV_EXIT_VERIFY);
    test_sql("UPDATE drover.run SET target_identity = substr(target_identity, 10)");
    expect_columns("3");
    assert_int_equal(up(), DV_EXIT_DONE);
    expect_columns("2");
    assert_int_equal(up(), DV_EXIT_DONE); /* nothing is pending any more */
    assert_int_equal(stages(DV_STAGE_CONTRACT, false), DV_EXIT_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract_waits_for_this_run),
    };
    return cmocka_run_group_tests(tests, test_job_start, test_job_stop);
}
