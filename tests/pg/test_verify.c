/* Verification: a loss anywhere between stage files, ledger and table is found, and the job's own checks are
 * run. */
#include "load_fixture.h"

static char *job_dir;

static void write_check(const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char *dir = dv_asprintf("%s/verify", job_dir), *path = dv_asprintf("%s/%s", dir, name);
    test_ok(dv_file_make_dirs(dir, &err), &err);
    test_ok(dv_file_publish(path, text, strlen(text), &err), &err);
    dv_free(dir);
    dv_free(path);
}

static void verify(struct run *run, struct dv_verification *out)
{
    static const char *const params[] = {"word=it's", NULL};
    struct dv_err err = DV_ERR_INIT;
    struct dv_target *target;
    test_ok(dv_target_open(&target, &run->context, test_url(), true, &err), &err);
    test_ok(dv_verify_run(target, &run->context, job_dir, run->specs, run->count, params, out, &err), &err);
    dv_target_close(target);
}

static const struct dv_check *find(const struct dv_verification *all, const char *name)
{
    for (unsigned i = 0; i < all->count; i++)
        if (strcmp(all->checks[i].name, name) == 0)
            return &all->checks[i];
    fail_msg("there is no check %s", name);
    return NULL;
}

static void losses_are_found(void **state)
{
    struct run run;
    struct dv_verification all;
    (void)state;
    test_sql("CREATE TABLE goods (id bigint NOT NULL, name text)");
    run_new(&run, "goods");
    run_step(&run, "goods", "goods", "insert_new", "id bigint, name text", 2,
             "SELECT p * 100 + g, 'n' FROM generate_series(1, 100) g, (SELECT %u AS p) x");
    load(&run);
    verify(&run, &all);
    assert_true(all.passed);
    assert_int_equal(all.count, 4);
    dv_verification_release(&all);
    test_sql("DELETE FROM goods WHERE id <= 3; INSERT INTO goods VALUES (4, 'again')");
    verify(&run, &all);
    assert_false(all.passed);
    assert_int_equal(find(&all, "count goods")->violations, 2);
    assert_int_equal(find(&all, "key goods")->violations, 1);
    assert_string_equal(find(&all, "key goods")->samples, "id,count\n4,2\n");
    assert_true(find(&all, "ledger goods")->passed);
    dv_verification_release(&all);
    test_sql("DELETE FROM drover.ledger WHERE part = 1");
    verify(&run, &all);
    assert_string_equal(find(&all, "ledger goods")->samples, "part 1: not in the ledger\n");
    dv_verification_release(&all);
    run_end(&run);
}

static void checks_of_the_job(void **state)
{
    struct run run;
    struct dv_verification all;
    (void)state;
    write_check("010_none.sql", "-- drover: severity=error\n-- No row is bad.\nSELECT 1 WHERE false;\n");
    write_check("020_warns.sql",
                "-- Two rows.\n-- drover: severity=warning\nSELECT g, :'word' AS \"the word\" "
                "FROM generate_series(1, 2) g -- not :'replaced'\n");
    write_check("030_many.sql", "WITH m AS (SELECT g FROM generate_series(1, 20000) g) SELECT * FROM m");
    run_new(&run, "checks");
    verify(&run, &all);
    assert_int_equal(all.count, 3);
    assert_false(all.passed);
    assert_true(find(&all, "010_none")->passed);
    assert_string_equal(find(&all, "010_none")->description, "No row is bad.");
    assert_true(find(&all, "020_warns")->warning);
    assert_string_equal(find(&all, "020_warns")->samples, "g,the word\n1,it's\n2,it's\n");
    assert_int_equal(find(&all, "030_many")->violations, 10001);
    assert_non_null(strstr(find(&all, "030_many")->samples, "10000+"));
    dv_verification_release(&all);
    write_check("030_many.sql", "SELECT FROM no_such_table");
    write_check("040_after.sql", "SELECT 1 WHERE false");
    verify(&run, &all);
    assert_false(find(&all, "030_many")->passed);
    assert_non_null(strstr(find(&all, "030_many")->samples, "no_such_table"));
    assert_true(find(&all, "040_after")->passed);
    dv_verification_release(&all);
    run_end(&run);
}

static int start(void **state)
{
    int failed = test_server_start(state);
    if (failed == 0)
        job_dir = test_path("job");
    return failed;
}

static int stop(void **state)
{
    dv_free(job_dir);
    return test_server_stop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_found),
        cmocka_unit_test(checks_of_the_job),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
