/* Steps without a transaction, interrupted in the middle of CREATE INDEX CONCURRENTLY and its kin: the next
 * attempt goes on where this one was, and no invalid index is left; what others left is not touched. */
#include "schema_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void nap(void)
{
    struct timespec moment = {.tv_nsec = 20000000};
    (void)nanosleep(&moment, NULL);
}

/* Waits until the query gives "t". */
static void await(const char *sql)
{
    for (unsigned look = 0; look < 1500; look++) {
        char *value = test_value(sql);
        bool there = strcmp(value, "t") == 0;
        dv_free(value);
        if (there)
            return;
        nap();
    }
    fail_msg("never true: %s", sql);
}

static void assert_invalid(const char *expected)
{
    assert_value("SELECT coalesce(string_agg(indexrelid::regclass::text, ',' ORDER BY "
                 "indexrelid::regclass::text), 'none') FROM pg_index "
                 "WHERE NOT indisvalid",
                 expected);
}

/* A table with rows and an open transaction that has written to it, for which CONCURRENTLY has to wait. */
static struct dv_pg *hold(void)
{
    struct dv_err err = DV_ERR_INIT;
    test_sql("DROP TABLE IF EXISTS busy; CREATE TABLE busy (id int, email text); "
             "INSERT INTO busy SELECT i, 'a' || i FROM generate_series(1, 2000) i");
    struct dv_pg *pg = test_connect();
    test_ok(dv_pg_exec(pg, "BEGIN; INSERT INTO busy VALUES (0, 'held')", &err), &err);
    return pg;
}

static void let_go(struct dv_pg *pg)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(dv_pg_exec(pg, "COMMIT", &err), &err);
    dv_pg_close(pg);
}

static const char two_indexes[] = "-- drover: phase=index\n-- drover: no-transaction\n"
                                  "CREATE INDEX CONCURRENTLY busy_one ON busy (id);\n"
                                  "CREATE UNIQUE INDEX CONCURRENTLY \"Busy_two\" ON public.busy (email);\n";

static void make_steps(const char *name, const char *up)
{
    new_job(name);
    write_step("010_a.up.sql", up);
}

struct attempt {
    pthread_t thread;
    enum dv_status status;
    struct dv_err err;
    unsigned count;
};

static void *attempt_thread(void *argument)
{
    struct attempt *attempt = argument;
    attempt->status = apply(DV_PHASE_INDEX, &attempt->count, &attempt->err);
    return NULL;
}

static void begin(struct attempt *attempt)
{
    *attempt = (struct attempt){.err = DV_ERR_INIT};
    assert_int_equal(pthread_create(&attempt->thread, NULL, attempt_thread, attempt), 0);
    await("SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)");
}

static void assert_whole(void)
{
    assert_invalid("none");
    assert_value(
        "SELECT string_agg(relname, ',' ORDER BY relname COLLATE \"C\") FROM pg_index JOIN pg_class ON oid = "
        "indexrelid WHERE indrelid = 'busy'::regclass AND indisvalid",
        "Busy_two,busy_one");
    assert_value(
        "SELECT count(*) || ' ' || (SELECT count(*) FROM drover.schema_begun) FROM drover.schema_step",
        "1 0");
}

static void a_session_that_is_ended_builds_again(void **state)
{
    struct attempt attempt;
    (void)state;
    make_steps("ended", two_indexes);
    struct dv_pg *other = hold();
    begin(&attempt);
    test_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
             "'drover/test/schema%'");
    let_go(other);
    (void)pthread_join(attempt.thread, NULL);
    test_ok(attempt.status, &attempt.err);
    assert_whole();
}

static void a_server_that_restarts_is_waited_for(void **state)
{
    struct attempt attempt;
    (void)state;
    make_steps("restart", two_indexes);
    struct dv_pg *other = hold();
    begin(&attempt);
    test_server_restart();
    dv_pg_close(other);
    (void)pthread_join(attempt.thread, NULL);
    test_ok(attempt.status, &attempt.err);
    assert_whole();
}

/* Killed while the first statement is under way, then once it is done: an attempt that sent it again would
 * fail, as its index is there. */
static void a_killed_process_is_gone_on_from(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    int ended;
    (void)state;
    make_steps("killed", two_indexes);
    test_sql("DROP TABLE IF EXISTS busy; CREATE TABLE busy (id int, email text); "
             "INSERT INTO busy SELECT i, 'a' || i FROM generate_series(1, 2000) i");
    for (unsigned statement = 0; statement < 2; statement++) {
        struct dv_pg *other = test_connect();
        test_ok(dv_pg_exec(other, statement == 0 ? "BEGIN; INSERT INTO busy VALUES (0, 'held')" : "SELECT 1",
                           &err),
                &err);
        pid_t child = fork();
        if (child == 0) {
            struct dv_err own = DV_ERR_INIT;
            _exit(apply(DV_PHASE_INDEX, &count, &own) == DV_OK ? 0 : 1);
        }
        if (statement == 1) {
            await("SELECT EXISTS (SELECT FROM drover.schema_begun WHERE done = 1) OR EXISTS (SELECT FROM "
                  "drover.schema_step)");
        } else {
            await("SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)");
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &ended, 0), child);
        test_ok(dv_pg_exec(other, statement == 0 ? "COMMIT" : "SELECT 1", &err), &err);
        dv_pg_close(other);
    }
    test_ok(apply(DV_PHASE_INDEX, &count, &err), &err);
    assert_whole();
}

static void a_broken_reindex_leaves_nothing(void **state)
{
    struct attempt attempt;
    (void)state;
    make_steps("reindex", "-- drover: phase=index no-transaction\nREINDEX TABLE CONCURRENTLY busy;\n");
    let_go(hold());
    test_sql("CREATE INDEX busy_one ON busy (id)");
    struct dv_pg *other = test_connect();
    test_ok(dv_pg_exec(other, "BEGIN; INSERT INTO busy VALUES (0, 'held')", &attempt.err), &attempt.err);
    begin(&attempt);
    test_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
             "'drover/test/schema%'");
    let_go(other);
    (void)pthread_join(attempt.thread, NULL);
    test_ok(attempt.status, &attempt.err);
    assert_invalid("none");
    assert_value(
        "SELECT string_agg(indexrelid::regclass::text, ',') FROM pg_index WHERE indrelid = 'busy'::regclass",
        "busy_one");
}

static void *undo_thread(void *argument)
{
    struct attempt *attempt = argument;
    struct run run;
    struct dv_target *target = NULL;
    struct dv_schema schema = {0};
    run_new(&run, "schema");
    attempt->status = dv_target_open(&target, &run.context, test_url(), true, &attempt->err);
    if (attempt->status == DV_OK)
        attempt->status = dv_schema_read(job_dir, &schema, &attempt->err);
    if (attempt->status == DV_OK)
        attempt->status = dv_schema_down(target, &run.context, &schema, NULL, DV_PHASE_EXPAND,
                                         &attempt->count, &attempt->err);
    dv_schema_release(&schema);
    dv_target_close(target);
    run_end(&run);
    return NULL;
}

/* The first index is gone when the second one's statement is cut off: neither is dropped twice. */
static void a_broken_drop_goes_on(void **state)
{
    struct attempt attempt = {.err = DV_ERR_INIT};
    (void)state;
    make_steps("drop", two_indexes);
    write_step("010_a.down.sql",
               "DROP INDEX CONCURRENTLY \"Busy_two\";\nDROP INDEX CONCURRENTLY busy_one;\n");
    let_go(hold());
    test_ok(apply(DV_PHASE_INDEX, &attempt.count, &attempt.err), &attempt.err);
    struct dv_pg *other = test_connect();
    test_ok(dv_pg_exec(other, "BEGIN; INSERT INTO busy VALUES (-1, 'held too')", &attempt.err), &attempt.err);
    assert_int_equal(pthread_create(&attempt.thread, NULL, undo_thread, &attempt), 0);
    await("SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)");
    test_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
             "'drover/test/schema%'");
    let_go(other);
    (void)pthread_join(attempt.thread, NULL);
    test_ok(attempt.status, &attempt.err);
    assert_int_equal(attempt.count, 1);
    assert_value("SELECT count(*) FROM pg_index WHERE indrelid = 'busy'::regclass", "0");
    assert_value(
        "SELECT (SELECT count(*) FROM drover.schema_step) + (SELECT count(*) FROM drover.schema_begun)", "0");
}

/* What was done of a text that is another one now counts for nothing. */
static void an_edited_step_starts_over(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    make_steps("edited",
               "-- drover: phase=index no-transaction\nCREATE TABLE edited_one ();\nSELECT 1 / 0;\n");
    assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "010_a.up.sql:3:"));
    assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED); /* the table is not made again */
    assert_non_null(strstr(err.message, "010_a.up.sql:3:"));
    write_step("010_a.up.sql", "-- drover: phase=index no-transaction\nDROP TABLE edited_one;\nSELECT 1;\n");
    test_ok(apply(DV_PHASE_INDEX, &count, &err), &err);
    assert_value("SELECT to_regclass('edited_one') IS NULL", "t");
}

static void duplicates_are_named_and_not_tried_again(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    make_steps("duplicates", two_indexes);
    let_go(hold());
    test_sql("INSERT INTO busy VALUES (5, 'a7'), (6, 'a7'), (7, 'a9'), (8, NULL), (9, NULL)");
    assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "23505");
    assert_non_null(strstr(err.message, "010_a.up.sql:4:"));
    assert_non_null(strstr(err.message, "2 keys are there more than once: (a7) 3 times, (a9) 2 times"));
    assert_invalid("none");
    test_sql("DELETE FROM busy WHERE id IN (5, 6, 7) AND email IN ('a7', 'a9') AND ctid <> (SELECT min(ctid) "
             "FROM busy b "
             "WHERE b.email = busy.email)");
    test_ok(apply(DV_PHASE_INDEX, &count, &err), &err);
    assert_whole();
}

static void what_others_left_stays(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    make_steps("others", two_indexes);
    let_go(hold());
    test_sql("INSERT INTO busy VALUES (1, 'a1')");
    struct dv_pg *pg = test_connect();
    assert_int_equal(dv_pg_exec(pg, "CREATE UNIQUE INDEX CONCURRENTLY theirs ON busy (id)", &err), DV_FAILED);
    assert_int_equal(dv_pg_exec(pg, "CREATE UNIQUE INDEX CONCURRENTLY also_theirs ON busy (id)", &err),
                     DV_FAILED);
    dv_pg_close(pg);
    test_sql("DELETE FROM busy WHERE ctid = (SELECT max(ctid) FROM busy WHERE id = 1)");
    test_ok(apply(DV_PHASE_INDEX, &count, &err), &err);
    assert_invalid("also_theirs,theirs");
    write_step("020_b.up.sql", "-- drover: phase=index no-transaction\n"
                               "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS theirs ON busy (id);\n");
    assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "theirs"));
    assert_non_null(strstr(err.message, "not this step's"));
    assert_invalid("also_theirs,theirs");
    test_sql("DROP TABLE busy");
}

static void an_index_needs_a_name(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    make_steps("nameless", "-- drover: phase=index no-transaction\n\n-- what\nSELECT 1;\n"
                           "CREATE INDEX CONCURRENTLY ON busy (id);\n");
    assert_int_equal(apply(DV_PHASE_INDEX, &count, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_non_null(strstr(err.message, "010_a.up.sql:5: CREATE INDEX CONCURRENTLY without a name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_is_ended_builds_again),
        cmocka_unit_test(a_server_that_restarts_is_waited_for),
        cmocka_unit_test(a_killed_process_is_gone_on_from),
        cmocka_unit_test(a_broken_reindex_leaves_nothing),
        cmocka_unit_test(a_broken_drop_goes_on),
        cmocka_unit_test(an_edited_step_starts_over),
        cmocka_unit_test(duplicates_are_named_and_not_tried_again),
        cmocka_unit_test(what_others_left_stays),
        cmocka_unit_test(an_index_needs_a_name),
    };
    return cmocka_run_group_tests(tests, test_server_start, stop);
}
