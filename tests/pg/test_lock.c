/* Locks that others hold: drover waits in short tries, between which everybody else gets through, says who is
 * in the way, and gives up after the time that the job allows. */
#include "schema_fixture.h"

#include "core/progress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void nap_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static struct dv_pg *hold(const char *table, const char *mode)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = NULL;
    test_ok(dv_pg_open(&pg, test_url(), "somebody/else", &err), &err);
    test_ok(dv_pg_execf(pg, &err, "BEGIN; LOCK TABLE %s IN %s MODE", table, mode), &err);
    return pg;
}

static void let_go(struct dv_pg *pg)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(dv_pg_exec(pg, "COMMIT", &err), &err);
    dv_pg_close(pg);
}

struct attempt {
    pthread_t thread;
    void (*work)(struct attempt *attempt);
    struct run *run;
    enum dv_status status;
    struct dv_err err;
    unsigned count;
    _Atomic int over;
};

static void *attempt_thread(void *argument)
{
    struct attempt *attempt = argument;
    attempt->work(attempt);
    atomic_store(&attempt->over, 1);
    return NULL;
}

static void begin(struct attempt *attempt)
{
    attempt->err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(pthread_create(&attempt->thread, NULL, attempt_thread, attempt), 0);
}

static void apply_expand(struct attempt *attempt)
{
    attempt->status = apply(DV_PHASE_EXPAND, &attempt->count, &attempt->err);
}

static void load_run(struct attempt *attempt)
{
    attempt->status = load_limited(attempt->run, UINT64_MAX, &attempt->err);
}

/* Reads `table`, as an application does, until the attempt is over or `most_ms` passed; sets how many reads
 * there were, the slowest, and the longest time that a session of drover's stood in a queue. */
static void watch(struct attempt *attempt, const char *table, int64_t most_ms, unsigned *reads,
                  int64_t *slowest_ms, int64_t *queued_ms)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    int64_t began = dv_monotonic_us();
    *reads = 0;
    *slowest_ms = *queued_ms = 0;
    while (!atomic_load(&attempt->over) && dv_monotonic_us() - began < most_ms * 1000) {
        int64_t before = dv_monotonic_us();
        if (table != NULL)
            test_ok(dv_pg_execf(pg, &err, "SELECT count(*) FROM %s", table), &err);
        int64_t took = (dv_monotonic_us() - before) / 1000;
        *slowest_ms = took > *slowest_ms ? took : *slowest_ms;
        ++*reads;
        char *queued = test_value(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart) * 1000), 0)::bigint FROM "
            "pg_locks "
            "JOIN pg_stat_activity USING (pid) WHERE NOT granted AND application_name LIKE 'drover/test/%'");
        int64_t now_queued = strtoll(queued, NULL, 10);
        *queued_ms = now_queued > *queued_ms ? now_queued : *queued_ms;
        dv_free(queued);
        nap_ms(10);
    }
    dv_pg_close(pg);
}

/* Who reads goes on reading, with a pause of the lock timeout at most; then the step is applied. */
static void others_get_through_between_the_tries(void **state)
{
    struct attempt attempt = {.work = apply_expand};
    unsigned reads;
    int64_t slowest, queued;
    (void)state;
    new_job("between");
    test_sql("CREATE TABLE held (id int)");
    write_step("010_a.up.sql", "-- drover: phase=expand\nALTER TABLE held ADD b int;\n");
    lock_timeout_ms = 400;
    struct dv_pg *other = hold("held", "ACCESS SHARE");
    begin(&attempt);
    watch(&attempt, "held", 3000, &reads, &slowest, &queued);
    let_go(other);
    (void)pthread_join(attempt.thread, NULL);
    test_ok(attempt.status, &attempt.err);
    assert_int_equal(attempt.count, 1);
    assert_in_range(queued, 0, 650);
    assert_in_range(slowest, 50, 650); /* it did stand behind drover, and not for long */
    assert_in_range(reads, 20, 100000);
    assert_value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'held'::regclass AND attname = 'b'",
                 "1");
}

static void the_default_is_two_seconds(void **state)
{
    struct attempt attempt = {.work = apply_expand};
    unsigned reads;
    int64_t slowest, queued;
    (void)state;
    new_job("default");
    test_sql("CREATE TABLE held_long (id int)");
    write_step("010_a.up.sql", "-- drover: phase=expand\nALTER TABLE held_long ADD b int;\n");
    struct dv_pg *other = hold("held_long", "ACCESS EXCLUSIVE");
    begin(&attempt);
    watch(&attempt, NULL, 5000, &reads, &slowest, &queued);
    let_go(other);
    (void)pthread_join(attempt.thread, NULL);
    test_ok(attempt.status, &attempt.err);
    assert_in_range(queued, 1500, 2300);
}

static void assert_names_holder(const struct dv_err *err)
{
    assert_int_equal(err->code, DV_EXIT_FAULT);
    assert_string_equal(err->sqlstate, "55P03");
    assert_non_null(strstr(err->message, "in the way: pid "));
    assert_non_null(strstr(err->message,
                           ", user postgres, application somebody/else, idle in transaction, in its "
                           "transaction since 20"));
    assert_non_null(strstr(err->message, ": BEGIN; LOCK TABLE "));
    assert_non_null(strstr(err->hint, "lock_wait"));
}

static void the_holder_is_named_when_time_is_up(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count;
    (void)state;
    new_job("named");
    test_sql("CREATE TABLE named (id int)");
    write_step("010_a.up.sql", "-- drover: phase=expand\nALTER TABLE named ADD b int;\n");
    lock_timeout_ms = 200;
    lock_wait_ms = 1500;
    struct dv_pg *other = hold("named", "ROW EXCLUSIVE");
    int64_t began = dv_monotonic_us();
    assert_int_equal(apply(DV_PHASE_EXPAND, &count, &err), DV_RETRY);
    assert_in_range((dv_monotonic_us() - began) / 1000, 1200, 5000);
    assert_names_holder(&err);
    assert_non_null(strstr(err.message, "010_a.up.sql"));
    let_go(other);
}

/* Modes that COPY straight into the table, by way of a temporary one, and with a lock on the table of their
 * own; two workers, which must not time out on one another. */
static void the_load_waits_in_short_tries_too(void **state)
{
    static const char *const modes[] = {"insert", "insert_new", "upsert"};
    static const char *const tables[] = {"load_held", "load_held_unique"};
    (void)state;
    test_sql("DROP SCHEMA IF EXISTS drover CASCADE; CREATE TABLE load_held (id int, v text); "
             "CREATE TABLE load_held_unique (id int PRIMARY KEY, v text); "
             "INSERT INTO load_held VALUES (-1, 'there'); INSERT INTO load_held_unique VALUES (-1, 'there')");
    for (unsigned i = 0; i < 6; i++) {
        struct run run;
        struct attempt attempt = {.work = load_run, .run = &run};
        unsigned reads;
        int64_t slowest, queued;
        char id[64];
        (void)snprintf(id, sizeof id, "held-%u", i);
        run_new(&run, id);
        run.context.lock_timeout_ms = 300;
        run_step(&run, "rows", tables[i / 3], modes[i % 3], "id int, v text", 3,
                 "SELECT i, 'v' || i FROM generate_series(1, 500) i WHERE i % 3 = %u");
        test_sql("DELETE FROM load_held WHERE id > 0; DELETE FROM load_held_unique WHERE id > 0");
        struct dv_pg *other = hold(tables[i / 3], "ACCESS EXCLUSIVE");
        begin(&attempt);
        watch(&attempt, NULL, 1200, &reads, &slowest, &queued);
        let_go(other);
        (void)pthread_join(attempt.thread, NULL);
        test_ok(attempt.status, &attempt.err);
        assert_in_range(queued, 100, 500);
        assert_counts(&run.counts[0], 500, 0, 0, 0);
        run_end(&run);
    }
}

static void the_load_names_the_holder_too(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("DROP SCHEMA IF EXISTS drover CASCADE; CREATE TABLE load_named (id int PRIMARY KEY)");
    run_new(&run, "load-named");
    run.context.lock_timeout_ms = 200;
    run.context.lock_wait_ms = 1500;
    run_step(&run, "rows", "load_named", "insert", "id int", 2,
             "SELECT i FROM generate_series(1, 10) i WHERE i % 2 = %u");
    struct dv_pg *other = hold("load_named", "SHARE");
    assert_int_equal(load_limited(&run, UINT64_MAX, &err), DV_RETRY);
    assert_names_holder(&err);
    let_go(other);
    test_ok(load_limited(&run, UINT64_MAX, &err), &err);
    assert_value("SELECT count(*) FROM load_named", "10");
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_get_through_between_the_tries),
        cmocka_unit_test(the_default_is_two_seconds),
        cmocka_unit_test(the_holder_is_named_when_time_is_up),
        cmocka_unit_test(the_load_waits_in_short_tries_too),
        cmocka_unit_test(the_load_names_the_holder_too),
    };
    return cmocka_run_group_tests(tests, test_server_start, stop);
}
