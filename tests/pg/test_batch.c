/* Parts that go into a live table in batches: what they leave is that of a part loaded at once, whenever they
 * are interrupted; and between two of them the load can be made to wait. */
#include "load_fixture.h"

#include "core/file.h"
#include "core/stop.h"
#include "tests/exists.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define COLUMNS   "id bigint, name text"
#define NEW_NAMES "SELECT g, 'new ' || g FROM generate_series(1 + %u, 1000) g"

static void in_batches(struct dv_load_spec *spec, uint64_t rows)
{
    spec->batched = true;
    spec->batch_rows = rows;
    spec->batch_seconds = 60;
}

static void each_batch_is_a_transaction(void **state)
{
    static const char *const modes[] = {"update", "upsert", "insert_new"};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct run run;
        test_sql("DROP TABLE IF EXISTS live; CREATE TABLE live (id bigint PRIMARY KEY, name text);"
                 "INSERT INTO live SELECT generate_series(1, 1000), 'old'");
        if (strcmp(modes[i], "insert_new") == 0)
            test_sql("DELETE FROM live WHERE id > 1");
        run_new(&run, modes[i]);
        in_batches(run_step(&run, "live", "live", modes[i], COLUMNS, 1, NEW_NAMES), 100);
        load(&run);
        if (strcmp(modes[i], "insert_new") == 0)
            assert_counts(&run.counts[0], 999, 0, 1, 0);
        else
            assert_counts(&run.counts[0], 0, 1000, 0, 0);
        assert_value("SELECT count(DISTINCT xmin::text) FROM live WHERE name LIKE 'new%'", "10");
        /* Again: nothing is left to do. */
        load(&run);
        assert_value("SELECT count(DISTINCT xmin::text) FROM live WHERE name LIKE 'new%'", "10");
        struct dv_rollback_count counts[1];
        roll_back(&run, true, counts);
        assert_value("SELECT count(*) FILTER (WHERE name = 'old') - count(*) FROM live", "0");
        run_end(&run);
    }
}

/* A dataset with everything that can be wrong with a row: a key that is not there, one that is NULL, one that
 * comes again (far behind, in another batch), a value that the type, a check or a trigger refuses. */
static void dirty(struct run *run, const char *id, uint64_t rows)
{
    test_sql(
        "DROP TABLE IF EXISTS dirty; CREATE TABLE dirty (id bigint PRIMARY KEY, n int CHECK (n < 90000));"
        "INSERT INTO dirty SELECT generate_series(1, 4000), 0");
    run_new(run, id);
    in_batches(
        run_step(run, "dirty", "dirty", "update", "id bigint, n text", 2,
                 "SELECT CASE WHEN g % 211 = 0 THEN NULL WHEN g % 307 = 0 THEN p * 2000 + 1 "
                 "WHEN g % 401 = 0 THEN 100000 + g ELSE p * 2000 + g END, CASE WHEN g % 503 = 0 THEN 'x' "
                 "WHEN g % 607 = 0 THEN '90000' ELSE g::text END "
                 "FROM generate_series(1, 2000) g, (SELECT %u AS p) q"),
        rows);
}

static char *rejects_of(const struct run *run)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf all = {0};
    for (uint32_t part = 0; part < 2; part++) {
        struct dv_stage_reader *reader;
        struct dv_stage_block block;
        char *dir = dv_asprintf("%s/rejects/load-dirty", run->dir);
        assert_true(dataset_exists(dir));
        test_ok(dv_stage_reader_open(&reader, dir, part, &err), &err);
        enum dv_status status;
        while ((status = dv_stage_reader_block(reader, &block, &err)) == DV_OK)
            dv_buf_append(&all, block.data, block.length);
        assert_int_equal(status, DV_END);
        dv_stage_reader_close(reader);
        dv_free(dir);
    }
    assert_non_null(dv_buf_cstr(&all));
    return dv_buf_steal(&all);
}

static char *table_and_ledger(const struct run *run)
{
    char *sql = dv_asprintf(
        "SELECT (SELECT md5(string_agg(concat(id, ' ', n), ',' ORDER BY id)) FROM dirty) || "
        "(SELECT string_agg(concat(part, offered, inserted, updated, unchanged, rejected, "
        "rejected_rows, rejected_for), ' ' ORDER BY part) FROM drover.ledger WHERE run_id = '%s')",
        run->id);
    char *value = test_value(sql);
    dv_free(sql);
    return value;
}

static void same_as_at_once(const struct run *run, const char *rejects, const char *loaded)
{
    char *found = rejects_of(run);
    assert_string_equal(found, rejects);
    dv_free(found);
    found = table_and_ledger(run);
    assert_string_equal(found, loaded);
    dv_free(found);
}

static void the_cut_does_not_show(void **state)
{
    static const uint64_t sizes[] = {1, 7, 500, 1999};
    struct run whole;
    (void)state;
    dirty(&whole, "whole", 100000);
    load(&whole);
    char *rejects = rejects_of(&whole), *loaded = table_and_ledger(&whole);
    assert_non_null(strstr(rejects, "key_duplicate"));
    assert_non_null(strstr(rejects, "key_not_found"));
    assert_non_null(strstr(rejects, "check_violation"));
    assert_non_null(strstr(rejects, "invalid_text_representation"));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct run run;
        char id[16];
        (void)snprintf(id, sizeof id, "cut-%zu", i);
        dirty(&run, id, sizes[i] == 1 ? 37 : sizes[i]);
        load(&run);
        same_as_at_once(&run, rejects, loaded);
        run_end(&run);
    }
    /* Killed as often as not between two batches or within one. */
    unsigned killed = 0;
    srand(1911);
    for (unsigned round = 0; round < 4; round++) {
        struct run run;
        char id[16];
        (void)snprintf(id, sizeof id, "killed-%u", round);
        dirty(&run, id, 100 + round * 31);
        for (unsigned kills = 0; kills < 6; kills++) {
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                struct dv_err err = DV_ERR_INIT;
                _exit(load_limited(&run, UINT64_MAX, &err) == DV_OK ? 0 : 1);
            }
            pause_ms(30 + rand() % 300);
            (void)kill(child, SIGKILL);
            int result;
            assert_int_equal(waitpid(child, &result, 0), child);
            if (WIFEXITED(result))
                break;
            killed++;
        }
        load(&run);
        same_as_at_once(&run, rejects, loaded);
        struct dv_rollback_count counts[1];
        roll_back(&run, true, counts);
        assert_value("SELECT count(*) FROM dirty WHERE n <> 0", "0");
        run_end(&run);
    }
    assert_true(killed > 0);
    dv_free(rejects);
    dv_free(loaded);
    run_end(&whole);
}

/* Ends drover's backends, as often as not while a COMMIT is under way: the answer is in the ledger. */
static void *end_backends(void *argument)
{
    const atomic_bool *over = argument;
    for (unsigned i = 0; i < 100 && !atomic_load(over); i++) {
        test_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
                 "'drover/test/load %'");
        pause_ms(40 + rand() % 60);
    }
    return NULL;
}

static void lost_answers_are_settled(void **state)
{
    struct run whole, run;
    pthread_t other;
    atomic_bool over = false;
    (void)state;
    dirty(&whole, "calm", 100000);
    load(&whole);
    char *rejects = rejects_of(&whole), *loaded = table_and_ledger(&whole);
    dirty(&run, "hit", 200);
    test_sql("CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
             "'BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END';"
             "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON drover.ledger DEFERRABLE INITIALLY DEFERRED "
             "FOR EACH ROW EXECUTE FUNCTION slow()");
    assert_int_equal(pthread_create(&other, NULL, end_backends, &over), 0);
    for (unsigned i = 0; i < 20; i++) {
        struct dv_err err = DV_ERR_INIT;
        enum dv_status status = load_limited(&run, UINT64_MAX, &err);
        if (status == DV_OK)
            break;
        assert_int_equal(status, DV_RETRY);
    }
    atomic_store(&over, true);
    pthread_join(other, NULL);
    test_sql("DROP TRIGGER slow ON drover.ledger");
    load(&run);
    same_as_at_once(&run, rejects, loaded);
    dv_free(rejects);
    dv_free(loaded);
    run_end(&whole);
    run_end(&run);
}

/* The allowance is one for all processes of a run: what was refused in committed batches counts once. */
static void allowance_counts_once(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql(
        "CREATE TABLE once (id bigint PRIMARY KEY, name text);"
        "INSERT INTO once SELECT generate_series(1, 1000), 'old';"
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN IF NEW.id = 650 THEN RAISE EXCEPTION USING ERRCODE = ''XX000''; END IF; RETURN NEW; END';"
        "CREATE TRIGGER stop BEFORE UPDATE ON once FOR EACH ROW EXECUTE FUNCTION stop()");
    run_new(&run, "once");
    in_batches(run_step(&run, "once", "once", "update", COLUMNS, 1,
                        "SELECT CASE WHEN g % 100 = 7 THEN g + 5000 ELSE g END, 'new' FROM "
                        "generate_series(1 + %u, 1000) g"),
               100);
    assert_int_equal(load_limited(&run, 10, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_value("SELECT count(*) FROM once WHERE name = 'new'", "594");
    assert_value("SELECT updated || ' ' || rejected || ' ' || cardinality(rejected_for) FROM drover.ledger "
                 "WHERE run_id = 'once'",
                 "594 6 12");
    test_sql("ALTER TABLE once DISABLE TRIGGER stop");
    assert_int_equal(load_limited(&run, 9, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_REJECTS);
    /* What its batches had loaded is taken back, and the part begun again. */
    assert_value("SELECT count(*) FROM once WHERE name = 'new'", "0");
    assert_value("SELECT count(*) FROM drover.ledger WHERE run_id = 'once'", "0");
    test_ok(load_limited(&run, 10, &err), &err);
    assert_counts(&run.counts[0], 0, 990, 0, 10);
    assert_value("SELECT rejected_for IS NULL FROM drover.ledger WHERE run_id = 'once'", "t");
    run_end(&run);
}

static void half_a_part_is_taken_back(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql("CREATE TABLE half (id bigint PRIMARY KEY, name text);"
             "INSERT INTO half SELECT g * 2, 'old' FROM generate_series(1, 500) g;"
             "CREATE TRIGGER stop BEFORE INSERT ON half FOR EACH ROW EXECUTE FUNCTION stop()");
    test_sql("UPDATE half SET name = 'theirs' WHERE id = 2");
    run_new(&run, "half");
    in_batches(run_step(&run, "half", "half", "upsert", COLUMNS, 1,
                        "SELECT g + CASE WHEN g = 649 THEN 1 ELSE 0 END, 'new ' || g "
                        "FROM generate_series(1 + %u, 1000) g WHERE g <> 650"),
               100);
    test_sql("DELETE FROM half WHERE id = 650");
    assert_int_equal(load_limited(&run, 0, &err), DV_FAILED);
    assert_value("SELECT count(*) || ' ' || count(*) FILTER (WHERE name LIKE 'new%') FROM half", "799 600");
    test_sql("UPDATE half SET name = 'edited' WHERE id IN (3, 4)");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 299);
    assert_int_equal(counts[0].restored, 299);
    assert_int_equal(counts[0].kept, 2);
    assert_value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM half WHERE name <> 'old'",
                 "2theirs 3edited 4edited");
    run_end(&run);
}

/* A statement that takes too long is tried on fewer rows. */
static void slow_batches_become_small(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE slowly (id bigint PRIMARY KEY, name text);"
             "INSERT INTO slowly SELECT generate_series(1, 400), 'old';"
             "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS "
             "'BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END';"
             "CREATE TRIGGER doze BEFORE UPDATE ON slowly FOR EACH ROW EXECUTE FUNCTION doze()");
    run_new(&run, "slowly");
    struct dv_load_spec *spec = run_step(&run, "slowly", "slowly", "update", COLUMNS, 1,
                                         "SELECT g, 'new' FROM generate_series(1 + %u, 400) g");
    run.context.statement_timeout_ms = 1000;
    load(&run);
    assert_counts(&run.counts[0], 0, 400, 0, 0);
    char *transactions = test_value("SELECT count(DISTINCT xmin::text) FROM slowly");
    assert_true(strtoul(transactions, NULL, 10) >= 3);
    dv_free(transactions);
    run_end(&run);
    /* One row that takes longer than it may is an error that says so. */
    test_sql("CREATE OR REPLACE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS "
             "'BEGIN PERFORM pg_sleep(1); RETURN NEW; END'");
    struct dv_err err = DV_ERR_INIT;
    run_new(&run, "too-slowly");
    spec = run_step(&run, "slowly", "slowly", "update", COLUMNS, 1, "SELECT 1 + %u, 'newer'");
    (void)spec;
    run.context.statement_timeout_ms = 200;
    assert_int_equal(load_limited(&run, 0, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_non_null(strstr(err.hint, "statement_timeout"));
    run_end(&run);
}

struct loading {
    struct run run;
    struct dv_err err;
    enum dv_status status;
    atomic_bool over;
};

static void *load_beside(void *argument)
{
    struct loading *loading = argument;
    loading->status = load_limited(&loading->run, 0, &loading->err);
    atomic_store(&loading->over, true);
    return NULL;
}

static void loading_new(struct loading *loading, const char *id)
{
    *loading = (struct loading){.err = DV_ERR_INIT};
    test_sql("DROP TABLE IF EXISTS wait; CREATE TABLE wait (id bigint PRIMARY KEY, name text);"
             "INSERT INTO wait SELECT generate_series(1, 1000), 'old'");
    run_new(&loading->run, id);
    loading->run.context.progress = dv_calloc(1, sizeof *loading->run.context.progress);
    in_batches(run_step(&loading->run, "wait", "wait", "update", COLUMNS, 1, NEW_NAMES), 50);
}

static void loading_end(struct loading *loading)
{
    dv_free(loading->run.context.progress);
    run_end(&loading->run);
}

static void await_waiting(struct loading *loading, const char *reason)
{
    for (unsigned i = 0; i < 200; i++) {
        const char *waiting = atomic_load(&loading->run.context.progress->waiting);
        if (waiting != NULL && strcmp(waiting, reason) == 0)
            return;
        assert_false(atomic_load(&loading->over));
        pause_ms(50);
    }
    fail_msg("the load does not wait");
}

/* Nobody waits for a load that waits. */
static void assert_holds_nothing(void)
{
    assert_value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'drover/test/%' AND "
                 "state <> 'idle'",
                 "0");
    assert_value("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE application_name "
                 "LIKE 'drover/test/%' AND locktype <> 'advisory'",
                 "0");
}

static void set_pause(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void a_pause_file_is_waited_for(void **state)
{
    static const char *const places[] = {"pause", "../pause"};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct loading loading;
        pthread_t other;
        char id[16];
        (void)snprintf(id, sizeof id, "pause-%u", i);
        loading_new(&loading, id);
        test_sql("CREATE TRIGGER doze BEFORE UPDATE ON wait FOR EACH ROW EXECUTE FUNCTION doze();"
                 "CREATE OR REPLACE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS "
                 "'BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END'");
        char *path = dv_asprintf("%s/%s", loading.run.dir, places[i]);
        assert_int_equal(pthread_create(&other, NULL, load_beside, &loading), 0);
        pause_ms(400);
        set_pause(path);
        await_waiting(&loading, "paused");
        assert_holds_nothing();
        char *before = test_value("SELECT count(*) FROM wait WHERE name <> 'old'");
        assert_true(strtoul(before, NULL, 10) < 1000);
        pause_ms(1000);
        assert_value("SELECT count(*) FROM wait WHERE name <> 'old'", before);
        dv_free(before);
        assert_int_equal(unlink(path), 0);
        pthread_join(other, NULL);
        test_ok(loading.status, &loading.err);
        assert_null(atomic_load(&loading.run.context.progress->waiting));
        assert_counts(&loading.run.counts[0], 0, 1000, 0, 0);
        dv_free(path);
        loading_end(&loading);
    }
}

static void a_stop_request_ends_the_waiting(void **state)
{
    struct loading loading;
    pthread_t other;
    (void)state;
    loading_new(&loading, "pause-stop");
    char *path = dv_asprintf("%s/pause", loading.run.dir);
    set_pause(path);
    assert_int_equal(pthread_create(&other, NULL, load_beside, &loading), 0);
    await_waiting(&loading, "paused");
    dv_stop_request(SIGTERM);
    pthread_join(other, NULL);
    dv_stop_request(0);
    assert_int_equal(loading.err.code, DV_EXIT_STOPPED);
    assert_value("SELECT count(*) FROM wait WHERE name <> 'old'", "0");
    dv_free(path);
    loading_end(&loading);
}

static void the_throttle_query_is_obeyed(void **state)
{
    static const struct dv_throttle throttles[] = {
        {.sql = "SELECT busy > 0 FROM load_of_it", .every_ms = 100},
        {.sql = "SELECT busy FROM load_of_it", .numeric = true, .above = 2.5, .every_ms = 100},
    };
    (void)state;
    test_sql("CREATE TABLE load_of_it (busy numeric)");
    for (unsigned i = 0; i < 2; i++) {
        struct loading loading;
        pthread_t other;
        char id[16];
        (void)snprintf(id, sizeof id, "throttle-%u", i);
        test_sql("TRUNCATE load_of_it; INSERT INTO load_of_it VALUES (3)");
        loading_new(&loading, id);
        loading.run.context.throttle = &throttles[i];
        assert_int_equal(pthread_create(&other, NULL, load_beside, &loading), 0);
        await_waiting(&loading, "throttled");
        assert_holds_nothing();
        assert_value("SELECT count(*) FROM wait WHERE name <> 'old'", "0");
        /* Nothing known is nothing to wait for. */
        test_sql(i == 0 ? "UPDATE load_of_it SET busy = NULL" : "UPDATE load_of_it SET busy = 2.5");
        pthread_join(other, NULL);
        test_ok(loading.status, &loading.err);
        assert_counts(&loading.run.counts[0], 0, 1000, 0, 0);
        loading_end(&loading);
    }
}

static void a_throttle_query_that_fails_stops_the_load(void **state)
{
    static const struct {
        struct dv_throttle throttle;
        const char *said;
    } cases[] = {
        {{.sql = "SELECT no_such_column", .every_ms = 100}, "the throttle query failed"},
        {{.sql = "SELECT 1", .every_ms = 100}, "returns no boolean"},
        {{.sql = "SELECT 'much'", .numeric = true, .every_ms = 100}, "is no number"},
        {{.sql = "SELECT true, false", .every_ms = 100}, "must return one value"},
        {{.sql = "CREATE TABLE by_throttle ()", .every_ms = 100}, "read-only"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loading loading;
        char id[24];
        (void)snprintf(id, sizeof id, "throttle-bad-%zu", i);
        loading_new(&loading, id);
        loading.run.context.throttle = &cases[i].throttle;
        (void)load_beside(&loading);
        assert_true(loading.status < 0);
        assert_non_null(strstr(loading.err.message, cases[i].said));
        assert_value("SELECT count(*) FROM wait WHERE name <> 'old'", "0");
        loading_end(&loading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_batch_is_a_transaction),
        cmocka_unit_test(the_cut_does_not_show),
        cmocka_unit_test(lost_answers_are_settled),
        cmocka_unit_test(allowance_counts_once),
        cmocka_unit_test(half_a_part_is_taken_back),
        cmocka_unit_test(slow_batches_become_small),
        cmocka_unit_test(a_pause_file_is_waited_for),
        cmocka_unit_test(a_stop_request_ends_the_waiting),
        cmocka_unit_test(the_throttle_query_is_obeyed),
        cmocka_unit_test(a_throttle_query_that_fails_stops_the_load),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
