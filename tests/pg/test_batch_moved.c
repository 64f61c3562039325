/* Rows that others move, change, delete and insert while a part goes into a live table in batches: none is
 * missed, no stranger in a row's old place is touched, and the before-images are of what was overwritten. */
#include "load_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* An update of `other` is HOT where the page has room, one of n never is. */
static void new_table(void)
{
    test_sql("DROP TABLE IF EXISTS moved; DROP TABLE IF EXISTS go; CREATE TABLE go ();"
             "CREATE TABLE moved (id bigint PRIMARY KEY, name text, n int, other int) WITH (fillfactor = 80);"
             "CREATE INDEX ON moved (n); INSERT INTO moved SELECT g, 'old', g, 0 FROM generate_series(1, "
             "2000) g");
}

/* 2000 rows of the table in no order, and behind them 20 that it lacks. */
static void new_run(struct run *run, const char *id, const char *mode, uint64_t batch_rows)
{
    run_new(run, id);
    struct dv_load_spec *spec = run_step(run, "moved", "moved", mode, "id bigint, name text", 1,
                                         "SELECT g, 'new ' || g FROM generate_series(1 + %u, 2020) g "
                                         "ORDER BY g > 2000, hashint8(g)");
    spec->batched = true;
    spec->batch_rows = batch_rows;
    spec->batch_seconds = 60;
}

struct loading {
    struct run run;
    struct dv_err err;
    enum dv_status status;
    atomic_bool over;
    pthread_t thread;
    struct dv_progress *progress; /* owned */
};

static void *load_beside(void *argument)
{
    struct loading *loading = argument;
    loading->status = load_limited(&loading->run, UINT64_MAX, &loading->err);
    atomic_store(&loading->over, true);
    return NULL;
}

/* Until the load waits behind its first batch, as long as there is a table `go`. */
static void begin(struct loading *loading)
{
    static const struct dv_throttle throttle = {
        .sql = "SELECT EXISTS (SELECT FROM moved WHERE name LIKE 'new%') AND to_regclass('go') IS NOT NULL",
        .every_ms = 1};
    loading->progress = dv_calloc(1, sizeof *loading->progress);
    loading->run.context.progress = loading->progress;
    loading->run.context.throttle = &throttle;
    assert_int_equal(pthread_create(&loading->thread, NULL, load_beside, loading), 0);
    while (atomic_load(&loading->progress->waiting) == NULL && !atomic_load(&loading->over))
        pause_ms(10);
    assert_false(atomic_load(&loading->over));
}

static void finish(struct loading *loading)
{
    test_sql("DROP TABLE go");
    pthread_join(loading->thread, NULL);
    test_ok(loading->status, &loading->err);
}

static void end(struct loading *loading)
{
    dv_free(loading->progress);
    run_end(&loading->run);
}

/* What others do between two batches. Rows that are loaded already are left alone. */
static void move_rows(void)
{
    test_sql("DROP TABLE IF EXISTS loaded, places, before;"
             "CREATE TABLE loaded AS SELECT id FROM moved WHERE name LIKE 'new%';"
             "CREATE TABLE places AS SELECT ctid AS place, id FROM moved WHERE name = 'old' AND id % 10 IN "
             "(5, 6)");
    test_sql("UPDATE moved SET other = 1 WHERE name = 'old' AND id % 10 = 1");
    test_sql("UPDATE moved SET n = -n WHERE name = 'old' AND id % 10 = 2");
    test_sql("UPDATE moved SET name = 'theirs ' || id WHERE name = 'old' AND id % 10 = 3");
    test_sql("UPDATE moved SET name = 'new ' || id WHERE name = 'old' AND id % 10 = 4");
    test_sql("DELETE FROM moved WHERE name = 'old' AND id % 10 IN (5, 6)");
    test_sql("VACUUM moved");
    test_sql("INSERT INTO moved SELECT id + 100000, 'stranger', 0, 0 FROM places ORDER BY id");
    test_sql("INSERT INTO moved SELECT id, 'again', 0, 0 FROM places WHERE id % 10 = 6");
    test_sql("INSERT INTO moved SELECT g, 'late', 0, 0 FROM generate_series(2001, 2010) g");
    test_sql("CREATE TABLE before AS SELECT id, CASE WHEN EXISTS (SELECT FROM loaded l WHERE l.id = m.id) "
             "THEN 'old' ELSE name END AS name FROM moved m");
    assert_value("SELECT count(*) > 50 FROM moved m JOIN places p ON m.ctid = p.place AND m.id <> p.id", "t");
}

static void moved_rows_are_found(void **state)
{
    static const char *const modes[] = {"update", "upsert"};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct loading loading = {.err = DV_ERR_INIT};
        struct dv_rollback_count counts[1];
        bool update = i == 0;
        new_table();
        new_run(&loading.run, modes[i], modes[i], 100);
        begin(&loading);
        move_rows();
        finish(&loading);
        /* All that are there now, and those that update lacks: the deleted ones and ten that never were. */
        assert_value("SELECT count(*) FROM moved WHERE name <> 'new ' || id AND name <> 'stranger'", "0");
        assert_value("SELECT count(*) - (SELECT count(*) FROM places) FROM moved WHERE name = 'stranger'",
                     "0");
        char *missing = test_value("SELECT 2020 - count(*) FROM moved WHERE name <> 'stranger'");
        assert_int_equal(loading.run.counts[0].rejected, strtoull(missing, NULL, 10));
        assert_true(update ? loading.run.counts[0].rejected > 10 : loading.run.counts[0].rejected == 0);
        char *same = test_value("SELECT count(*) FROM before WHERE name LIKE 'new%'");
        assert_int_equal(loading.run.counts[0].unchanged, strtoull(same, NULL, 10));
        roll_back(&loading.run, true, counts);
        assert_value("SELECT count(*) FROM ((SELECT id, name FROM moved EXCEPT SELECT id, name FROM before) "
                     "UNION ALL (SELECT id, name FROM before EXCEPT SELECT id, name FROM moved)) x",
                     "0");
        dv_free(missing);
        dv_free(same);
        end(&loading);
    }
}

/* The table is written anew between two batches: its rows, all of one transaction, lie in one another's
 * places. */
static void clustered_rows_are_found(void **state)
{
    struct loading loading = {.err = DV_ERR_INIT};
    struct dv_rollback_count counts[1];
    (void)state;
    new_table();
    test_sql("DROP TABLE IF EXISTS places; UPDATE moved SET n = -n");
    test_sql("VACUUM FULL moved");
    test_sql("CREATE TABLE places AS SELECT ctid AS place, xmin AS by, id FROM moved");
    /* So few rows a batch that in their places there are none of the first one. */
    new_run(&loading.run, "clustered", "update", 10);
    begin(&loading);
    test_sql("CLUSTER moved USING moved_n_idx");
    assert_value("SELECT count(*) > 1000 FROM moved m JOIN places p ON m.ctid = p.place AND m.xmin = p.by "
                 "AND m.id <> p.id",
                 "t");
    finish(&loading);
    assert_counts(&loading.run.counts[0], 0, 2000, 0, 20);
    assert_value("SELECT count(*) FROM moved WHERE name = 'new ' || id", "2000");
    roll_back(&loading.run, true, counts);
    assert_value("SELECT count(*) FROM moved WHERE name = 'old'", "2000");
    end(&loading);
}

/* Moves rows one by one, in every way that keeps them. */
static void *hammer(void *argument)
{
    static const char *const deeds[] = {
        "UPDATE moved SET other = other + 1 WHERE id = $1", "UPDATE moved SET n = n - 1 WHERE id = $1",
        "UPDATE moved SET name = 'edit ' || txid_current() WHERE id = $1 AND name NOT LIKE 'new%'"};
    const atomic_bool *over = argument;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    for (unsigned i = 0; !atomic_load(over); i++) {
        char id[16];
        const char *params[] = {id};
        (void)snprintf(id, sizeof id, "%u", i * 7919 % 2000 + 1);
        test_ok(dv_pg_run(pg, deeds[i % 3], 1, params, NULL, &err), &err);
        if (i % 100 == 99)
            test_ok(dv_pg_exec(pg, "VACUUM moved", &err), &err);
        pause_ms(2);
    }
    dv_pg_close(pg);
    return NULL;
}

/* Loads in a child that is killed now and then, until one comes through. */
static unsigned load_with_kills(struct run *run)
{
    unsigned killed = 0;
    for (unsigned round = 0; round < 5; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct dv_err err = DV_ERR_INIT;
            _exit(load_limited(run, UINT64_MAX, &err) == DV_OK ? 0 : 1);
        }
        pause_ms(200 + rand() % 400);
        (void)kill(child, SIGKILL);
        int result;
        assert_int_equal(waitpid(child, &result, 0), child);
        killed += WIFSIGNALED(result);
    }
    return killed;
}

static void images_are_of_what_was_overwritten(void **state)
{
    struct run run;
    atomic_bool over = false;
    pthread_t other;
    struct dv_err err = DV_ERR_INIT;
    enum dv_status status = DV_RETRY;
    (void)state;
    srand(1911);
    new_table();
    test_sql("CREATE TABLE audit (id bigint, old text, by text);"
             "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.name LIKE ''new%'' "
             "THEN PERFORM pg_sleep(0.001); INSERT INTO audit VALUES (OLD.id, OLD.name, "
             "current_setting(''application_name'')); END "
             "IF; RETURN NULL; END';"
             "CREATE TRIGGER note AFTER UPDATE ON moved FOR EACH ROW EXECUTE FUNCTION note()");
    new_run(&run, "hammered", "update", 100);
    assert_int_equal(pthread_create(&other, NULL, hammer, &over), 0);
    unsigned killed = load_with_kills(&run);
    for (unsigned i = 0; i < 20 && status == DV_RETRY; i++)
        status = load_limited(&run, UINT64_MAX, &err);
    atomic_store(&over, true);
    pthread_join(other, NULL);
    test_ok(status, &err);
    assert_true(killed > 0);
    assert_counts(&run.counts[0], 0, 2000, 0, 20);
    assert_value("SELECT count(*) FROM moved WHERE name <> 'new ' || id", "0");
    /* audit notes the changed row's updates of other columns too: those are not drover's. */
    assert_value("SELECT count(*) || ' ' || count(DISTINCT id) FROM audit WHERE by LIKE 'drover/test/load %'",
                 "2000 2000");
    assert_value("SELECT count(*) > 0 FROM audit WHERE by LIKE 'drover/%' AND old LIKE 'edit%'", "t");
    assert_value("SELECT count(*) FROM audit a JOIN (SELECT k::bigint AS id, CASE WHEN cardinality(old) = 1 "
                 "THEN old[1] ELSE old[i] END AS old FROM drover.before_image, unnest(keys) WITH ORDINALITY "
                 "u (k, i) WHERE run_id = 'hammered') b ON b.id = a.id AND b.old = a.old "
                 "WHERE a.by LIKE 'drover/test/load %'",
                 "2000");
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moved_rows_are_found),
        cmocka_unit_test(clustered_rows_are_found),
        cmocka_unit_test(images_are_of_what_was_overwritten),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
