/* Verification: a loss anywhere between stage files, ledger and table is found, and the job's own checks are
 * run. */
#include "load_fixture.h"

#include "core/stop.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void write_check(const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char *dir = dv_asprintf("%s/verify", test_job_dir), *path = dv_asprintf("%s/%s", dir, name);
    test_ok(dv_file_make_dirs(dir, &err), &err);
    test_ok(dv_file_publish(path, text, strlen(text), &err), &err);
    dv_free(dir);
    dv_free(path);
}

static enum dv_status try_verify(struct run *run, struct dv_verification *out, struct dv_err *err)
{
    static const char *const params[] = {"word=it's", NULL};
    struct dv_target *target;
    test_ok(dv_target_open(&target, &run->context, test_url(), true, err), err);
    enum dv_status status =
        dv_verify_run(target, &run->context, test_job_dir, run->specs, run->count, params, false, out, err);
    dv_target_close(target);
    return status;
}

static void verify(struct run *run, struct dv_verification *out)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(try_verify(run, out, &err), &err);
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
    assert_int_equal(all.count, 6);
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

/* A manifest that cannot be read just now, here for a loop of links, says nothing of the data: the
 * verification did not come to its end, rather than that it failed. One that is gone is a finding. */
static void a_fault_of_the_disk_is_no_finding(void **state)
{
    static const char *const params[] = {NULL};
    struct dv_err err = DV_ERR_INIT;
    struct dv_verification all;
    struct dv_target *target;
    struct run run;
    (void)state;
    test_sql("CREATE TABLE unread (id bigint NOT NULL, name text)");
    run_new(&run, "unread");
    run_step(&run, "unread", "unread", "insert_new", "id bigint, name text", 1, "SELECT %u, 'n'");
    load(&run);
    char *path = dv_asprintf("%s/dataset.json", run.specs[0].dataset_dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(path, path), 0);
    test_ok(dv_target_open(&target, &run.context, test_url(), true, &err), &err);
    assert_int_equal(
        dv_verify_run(target, &run.context, test_job_dir, run.specs, run.count, params, false, &all, &err),
        DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_int_equal(err.os_errno, ELOOP);
    dv_target_close(target);
    assert_int_equal(unlink(path), 0);
    verify(&run, &all);
    assert_false(find(&all, "ledger unread")->passed);
    dv_verification_release(&all);
    dv_free(path);
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
    /* All of a check's rows are wanted: a plan that is fast for the first of them may be slow for all. */
    write_check("040_plan.sql", "SELECT 1 WHERE current_setting('cursor_tuple_fraction') <> '1'");
    run_new(&run, "checks");
    verify(&run, &all);
    assert_int_equal(all.count, 4);
    assert_true(find(&all, "040_plan")->passed);
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

/* A check whose parameter is not true is not made; a slip in its name, or in any word, is an error of the
 * call. */
static void a_check_waits_for_its_parameter(void **state)
{
    const struct dv_flag flags[] = {{.name = "extra"}, {.name = "other", .on = true}};
    struct dv_err err = DV_ERR_INIT;
    struct run run;
    struct dv_verification all;
    (void)state;
    write_check("010_none.sql", "SELECT 1 WHERE false");
    write_check("020_warns.sql", "SELECT 1 WHERE false");
    write_check("010_off.sql", "-- drover: severity=error, when=:extra\nSELECT FROM no_such_table");
    write_check("020_on.sql", "-- drover: when=:other severity=warning\n-- Said.\nSELECT 1");
    write_check("030_many.sql", "SELECT 1 WHERE false");
    write_check("040_after.sql", "SELECT 1 WHERE false");
    run_new(&run, "flags");
    run.context.flags = (struct dv_flags){.list = flags, .count = 2};
    verify(&run, &all);
    assert_true(all.passed);
    for (unsigned i = 0; i < all.count; i++)
        assert_string_not_equal(all.checks[i].name, "010_off");
    assert_true(find(&all, "020_on")->warning);
    assert_int_equal(find(&all, "020_on")->violations, 1);
    dv_verification_release(&all);
    run.context.flags.count = 0;
    assert_int_equal(try_verify(&run, &all, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_non_null(strstr(err.message, "010_off.sql: the job has no boolean parameter \"extra\""));
    write_check("010_off.sql", "-- drover: severity=fatal\nSELECT 1");
    assert_int_equal(try_verify(&run, &all, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "not \"severity=fatal\""));
    write_check("010_off.sql", "SELECT 1 WHERE false");
    run_end(&run);
}

/* What nothing vouches for is looked at: a NOT VALID constraint, one whose triggers were off, a key of
 * several columns; in both directions. */
static void orphans_are_found(void **state)
{
    struct run run;
    struct dv_verification all;
    (void)state;
    test_sql(
        "CREATE TABLE parents (id int PRIMARY KEY, a int, b text, UNIQUE (a, b));"
        "CREATE TABLE children (id int PRIMARY KEY, parent int, a int, b text);"
        "CREATE TABLE others (code text, parent int);"
        "INSERT INTO children VALUES (7, 70), (8, NULL); INSERT INTO others VALUES ('o', 71);"
        "ALTER TABLE children ADD CONSTRAINT c_parent FOREIGN KEY (parent) REFERENCES parents NOT VALID;"
        "ALTER TABLE children ADD CONSTRAINT c_pair FOREIGN KEY (a, b) REFERENCES parents (a, b) MATCH FULL;"
        "ALTER TABLE others ADD CONSTRAINT o_parent FOREIGN KEY (parent) REFERENCES parents NOT VALID");
    run_new(&run, "orphans");
    run_step(&run, "parents", "parents", "insert_new", "id integer, a integer, b text", 1,
             "SELECT g + %u, g, 'b' || g FROM generate_series(1, 10) g");
    load(&run);
    verify(&run, &all);
    assert_null(strstr(find(&all, "foreign key others.o_parent")->samples, "says so"));
    assert_string_equal(find(&all, "foreign key others.o_parent")->samples, "parent\n71\n");
    assert_string_equal(find(&all, "foreign key children.c_parent")->samples, "id,parent\n7,70\n");
    assert_string_equal(find(&all, "foreign key children.c_pair")->samples, "the constraint says so");
    assert_false(all.passed);
    dv_verification_release(&all);
    test_sql("DELETE FROM others; UPDATE children SET parent = 3 WHERE id = 7;"
             "ALTER TABLE children VALIDATE CONSTRAINT c_parent;"
             "ALTER TABLE children DISABLE TRIGGER ALL;"
             "INSERT INTO children VALUES (10, 72, 1, 'b1'), (11, 1, 1, 'b2'), (12, 1, 4, NULL)");
    verify(&run, &all);
    assert_true(find(&all, "foreign key others.o_parent")->passed);
    assert_string_equal(find(&all, "foreign key children.c_parent")->samples, "id,parent\n10,72\n");
    assert_string_equal(find(&all, "foreign key children.c_pair")->samples, "id,a,b\n11,1,b2\n12,4,\n");
    dv_verification_release(&all);
    test_sql("DELETE FROM children WHERE id > 9; ALTER TABLE children ENABLE TRIGGER ALL");
    verify(&run, &all);
    assert_true(all.passed);
    assert_string_equal(find(&all, "foreign key children.c_parent")->samples, "the constraint says so");
    dv_verification_release(&all);
    run_end(&run);
}

static enum dv_status verify_again(struct run *run, bool resume, struct dv_verification *out,
                                   struct dv_err *err)
{
    static const char *const params[] = {"word=x", NULL};
    struct dv_target *target;
    enum dv_status status = dv_target_open(&target, &run->context, test_url(), true, err);
    if (status == DV_OK)
        status = dv_verify_run(target, &run->context, test_job_dir, run->specs, run->count, params, resume,
                               out, err);
    dv_target_close(target);
    return status;
}

static void *stop_soon(void *argument)
{
    const struct timespec pause = {.tv_nsec = 500000000};
    (void)argument;
    nanosleep(&pause, NULL);
    dv_stop_request(SIGTERM);
    return NULL;
}

static void stopped_verification(struct run *run)
{
    struct dv_verification all;
    struct dv_err err = DV_ERR_INIT;
    pthread_t stopper;
    int64_t began = dv_monotonic_us();
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, NULL), 0);
    assert_int_equal(verify_again(run, true, &all, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_STOPPED);
    assert_true(dv_monotonic_us() - began < 2500000);
    pthread_join(stopper, NULL);
    dv_stop_request(0);
}

/* As a disk may do it. */
static void damage_remembered(const struct run *run)
{
    struct dv_err err = DV_ERR_INIT;
    char *dir = dv_asprintf("%s/verify", run->dir);
    DIR *folder = opendir(dir);
    unsigned files = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = dv_asprintf("%s/%s", dir, entry->d_name);
        test_ok(dv_file_publish(path, "{\"format\":", 10, &err), &err);
        dv_free(path);
        files++;
    }
    (void)closedir(folder);
    dv_free(dir);
    assert_true(files > 0);
}

/* A verification is stopped in its last check, within two seconds, again and again. What had passed by then
 * is known when the verification is resumed, even if it would not pass now, unless what it looked at has
 * changed. Asked for anew, or after one that was whole, all is looked at. */
static void passed_checks_are_known_again(void **state)
{
    static const char stops[] = "SELECT pg_sleep(60) FROM switch WHERE state = 'stop'\n";
    static const char trap[] = "SELECT * FROM trap\n";
    struct run run;
    struct dv_verification all;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql(
        "CREATE TABLE trap (n int); CREATE TABLE switch (state text); INSERT INTO switch VALUES ('stop')");
    write_check("010_none.sql", trap);
    write_check("020_warns.sql", "SELECT 1 WHERE false\n");
    write_check("030_many.sql", "SELECT 1 WHERE false\n");
    write_check("040_after.sql", stops);
    run_new(&run, "again");
    run.context.workers = 1;
    stopped_verification(&run);
    test_sql("INSERT INTO trap VALUES (1); UPDATE switch SET state = 'go'");
    test_ok(verify_again(&run, true, &all, &err), &err);
    assert_true(all.passed);
    dv_verification_release(&all);
    test_ok(verify_again(&run, true, &all, &err), &err); /* the last one was whole */
    assert_false(find(&all, "010_none")->passed);
    dv_verification_release(&all);
    static const struct {
        bool resume;
        const char *check;
        bool damaged, passes;
    } cases[] = {{true, trap, false, true},
                 {false, trap, false, false},
                 {true, "SELECT n FROM trap\n", false, false},
                 {true, trap, true, false}};
    for (unsigned i = 0; i < 4; i++) {
        test_sql("DELETE FROM trap; UPDATE switch SET state = 'stop'");
        write_check("010_none.sql", trap);
        stopped_verification(&run);
        test_sql("INSERT INTO trap VALUES (1); UPDATE switch SET state = 'go'");
        write_check("010_none.sql", cases[i].check);
        if (cases[i].damaged)
            damage_remembered(&run);
        test_ok(verify_again(&run, cases[i].resume, &all, &err), &err);
        assert_int_equal(find(&all, "010_none")->passed, cases[i].passes);
        dv_verification_release(&all);
    }
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_found),
        cmocka_unit_test(a_fault_of_the_disk_is_no_finding),
        cmocka_unit_test(orphans_are_found),
        cmocka_unit_test(checks_of_the_job),
        cmocka_unit_test(passed_checks_are_known_again),
        cmocka_unit_test(a_check_waits_for_its_parameter),
    };
    return cmocka_run_group_tests(tests, test_job_start, test_job_stop);
}
