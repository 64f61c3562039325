/* A run that ends with code 4 takes back what it has loaded and can load it again; and a target that is older
 * than what the run knows of it is refused. */
#include "core/file.h"
#include "load_fixture.h"

#include "tests/exists.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Four parts that load, then a table that refuses ten rows of a part; what was there before is in
 * NAME_before. */
static void prepare(struct run *run, const char *id)
{
    run_new(run, id);
    test_sql("DROP TABLE IF EXISTS picky, fine, changed, fine_before, changed_before;"
             "CREATE TABLE fine (id bigint PRIMARY KEY, name text);"
             "INSERT INTO fine SELECT g * 3, 'theirs' FROM generate_series(1, 1000) g;"
             "CREATE TABLE changed (id bigint PRIMARY KEY, name text, memo text);"
             "INSERT INTO changed SELECT g, 'old ' || g FROM generate_series(1, 4000) g;"
             "CREATE TABLE picky (id bigint PRIMARY KEY REFERENCES fine, name text CHECK (name <> ''));"
             "CREATE TABLE fine_before AS TABLE fine; CREATE TABLE changed_before AS TABLE changed");
    run_step(run, "fine", "fine", "insert_new", "id bigint, name text", 4,
             "SELECT p * 1000 + g, 'name' FROM generate_series(1, 1000) g, (SELECT %u AS p) x");
    run_step(run, "changed", "changed", "upsert", "id bigint, name text", 4,
             "SELECT p * 1200 + g, 'new' FROM generate_series(1, 1200) g, (SELECT %u AS p) x");
    run_step(
        run, "picky", "picky", "insert", "id bigint, name text", 4,
        "SELECT p * 1000 + g, CASE WHEN g % 100 > 0 THEN 'x' ELSE '' END FROM generate_series(1, 1000) g, "
        "(SELECT %u AS p) x");
}

static void assert_nothing_loaded(const struct run *run)
{
    char *sql =
        dv_asprintf("SELECT (SELECT count(*) FROM drover.ledger WHERE run_id = '%s') + (SELECT count(*) "
                    "FROM drover.before_image WHERE run_id = '%s') + (SELECT count(*) FROM "
                    "drover.inserted_key WHERE run_id = '%s') + (SELECT count(*) FROM picky)",
                    run->id, run->id, run->id);
    assert_value(sql, "0");
    dv_free(sql);
    assert_value(
        "SELECT (SELECT count(*) FROM fine) || ' ' || (SELECT count(*) FROM (TABLE fine EXCEPT ALL TABLE "
        "fine_before) d) || ' ' || (SELECT count(*) FROM changed) || ' ' || (SELECT count(*) FROM (TABLE "
        "changed EXCEPT ALL TABLE changed_before) d)",
        "1000 0 4000 0");
}

static void assert_loaded(const struct run *run)
{
    assert_counts(&run->counts[0], 3000 + 4 - 4, 0, 1000, 0);
    assert_counts(&run->counts[1], 800, 4000, 0, 0);
    assert_counts(&run->counts[2], 3960, 0, 0, 40);
    assert_value(
        "SELECT (SELECT count(*) || ' ' || sum(id) FROM picky) || ' ' || (SELECT count(*) FROM changed "
        "WHERE name = 'new') || ' ' || (SELECT count(*) FROM fine WHERE id > 3000 OR id % 3 > 0)",
        "3960 7920000 4800 3000");
    char *sql =
        dv_asprintf("SELECT sum(cardinality(keys)) FROM drover.before_image WHERE run_id = '%s'", run->id);
    assert_value(sql, "4000");
    dv_free(sql);
}

/* After code 4 the target is as it was; with a larger allowance the same run goes on, and can be taken back.
 */
static void code_4_means_nothing_was_loaded(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    struct dv_rollback_count counts[3];
    (void)state;
    prepare(&run, "four");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(load_limited(&run, 25, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_REJECTS);
        assert_non_null(strstr(err.message, "; nothing was loaded: what had been was taken back"));
        assert_non_null(strstr(err.hint, "check_violation"));
        assert_nothing_loaded(&run);
    }
    test_ok(load_limited(&run, 40, &err), &err);
    assert_loaded(&run);
    roll_back(&run, true, counts);
    assert_value(
        "SELECT (SELECT count(*) FROM (TABLE fine EXCEPT TABLE fine_before) d) + (SELECT count(*) FROM "
        "(TABLE changed EXCEPT TABLE changed_before) d) + (SELECT count(*) FROM picky)",
        "0");
    run_end(&run);
}

/* The rejects that were published as a whole dataset do not outlive the parts that they were refused from. */
static void rejects_are_withdrawn(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("CREATE TABLE early (id bigint PRIMARY KEY, n int CHECK (n > 0));"
             "CREATE TABLE later (id bigint PRIMARY KEY REFERENCES early, n int CHECK (n > 0))");
    run_new(&run, "withdrawn");
    run_step(&run, "early", "early", "insert", "id bigint, n int", 2,
             "SELECT p * 100 + g, g - 3 FROM generate_series(1, 100) g, (SELECT %u AS p) x");
    run_step(&run, "later", "later", "insert", "id bigint, n int", 1,
             "SELECT g + 3 + %u, 1 - g FROM generate_series(1, 50) g");
    char *dir = dv_asprintf("%s/rejects/load-early", run.dir);
    assert_int_equal(load_limited(&run, 10, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_REJECTS);
    assert_false(dataset_exists(dir));
    assert_true(part_exists(dir, 1)); /* to be looked at */
    test_sql(
        "ALTER TABLE early DROP CONSTRAINT early_n_check; ALTER TABLE later DROP CONSTRAINT later_n_check");
    test_ok(load_limited(&run, 0, &err), &err);
    assert_false(dataset_exists(dir));
    assert_false(part_exists(dir, 1));
    assert_counts(&run.counts[0], 200, 0, 0, 0);
    dv_free(dir);
    run_end(&run);
}

struct editor {
    const char *run_id;
    bool edited;
};

/* Somebody edits rows as soon as they are there. */
static void *edit_meanwhile(void *argument)
{
    struct editor *editor = argument;
    char *sql = dv_asprintf("SELECT count(*) = 4 FROM drover.ledger WHERE run_id = '%s' AND step = 'fine'",
                            editor->run_id);
    for (unsigned i = 0; i < 3000 && !editor->edited; i++) {
        char *there = test_value(sql);
        editor->edited = strcmp(there, "t") == 0;
        dv_free(there);
        pause_ms(2);
    }
    test_sql("UPDATE fine SET name = 'by hand' WHERE id IN (1, 2)");
    dv_free(sql);
    return NULL;
}

/* Kept rows are counted and listed, and when the parts are loaded again they are rows that were there before:
 * also in a table that was empty when the step began and has no unique index that would say so. */
static void edited_rows_are_kept_and_said(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    struct dv_rollback_count counts[2];
    pthread_t other;
    (void)state;
    test_sql("DROP TABLE IF EXISTS picky, fine; CREATE TABLE fine (id bigint NOT NULL, name text);"
             "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
             "$$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;"
             "CREATE TABLE picky (id bigint PRIMARY KEY, name text CHECK (name = ''));"
             "CREATE TRIGGER slow BEFORE INSERT ON picky FOR EACH STATEMENT EXECUTE FUNCTION slow()");
    run_new(&run, "kept");
    run_step(&run, "fine", "fine", "insert_new", "id bigint, name text", 4,
             "SELECT p * 1000 + g, 'name' FROM generate_series(1, 1000) g, (SELECT %u AS p) x");
    run_step(&run, "picky", "picky", "insert", "id bigint, name text", 1,
             "SELECT g + %u, 'x' FROM generate_series(1, 5) g");
    struct editor editor = {.run_id = run.id};
    test_sql("CREATE SCHEMA IF NOT EXISTS drover"); /* to look at */
    assert_int_equal(pthread_create(&other, NULL, edit_meanwhile, &editor), 0);
    assert_int_equal(load_limited(&run, 1, &err), DV_FAILED);
    pthread_join(other, NULL);
    assert_true(editor.edited);
    assert_int_equal(err.code, DV_EXIT_REJECTS);
    assert_non_null(strstr(err.message, "taken back, but for 2 rows that somebody has edited since: fine 2, "
                                        "listed in "));
    assert_value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM fine", "1by hand 2by hand");
    struct dv_buf kept = {0};
    char *path = dv_asprintf("%s/rollback/kept-fine.csv", run.dir);
    test_ok(dv_file_read(path, 4096, &kept, &err), &err);
    assert_string_equal(dv_buf_cstr(&kept), "id,name\n1,by hand\n2,by hand\n");
    test_sql("ALTER TABLE picky DROP CONSTRAINT picky_name_check");
    test_ok(load_limited(&run, 0, &err), &err);
    assert_counts(&run.counts[0], 3998, 0, 2, 0);
    assert_value("SELECT count(*) || ' ' || count(DISTINCT id) FROM fine", "4000 4000");
    roll_back(&run, true, counts);
    assert_value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM fine", "1by hand 2by hand");
    dv_buf_release(&kept);
    dv_free(path);
    run_end(&run);
}

/* Killed anywhere in a load that ends with code 4, in the taking back and in the load after that: nothing is
 * loaded twice, nothing is forgotten. */
static void killed_anywhere_it_is_loaded_once(void **state)
{
    unsigned killed = 0;
    struct timespec began, ended;
    struct run timed;
    struct dv_err ignored = DV_ERR_INIT;
    (void)state;
    prepare(&timed, "timed");
    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    assert_int_equal(load_limited(&timed, 25, &ignored), DV_FAILED);
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    run_end(&timed);
    long took_ms = (ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000;
    srand(1147);
    for (unsigned round = 0; round < 3; round++) {
        struct run run;
        struct dv_err err = DV_ERR_INIT;
        char id[32];
        (void)snprintf(id, sizeof id, "once-%u", round);
        prepare(&run, id);
        for (unsigned kills = 0; kills < 8; kills++) {
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                (void)load_limited(&run, kills < 7 ? 25 : 40, &err);
                _exit(0);
            }
            pause_ms(took_ms / 20 + rand() % (took_ms * 3 / 4 + 1));
            (void)kill(child, SIGKILL);
            int result;
            assert_int_equal(waitpid(child, &result, 0), child);
            killed += WIFSIGNALED(result);
        }
        if (round % 2 == 0) {
            /* One that was allowed more may have come to its end. */
            if (load_limited(&run, 25, &err) != DV_OK) {
                assert_int_equal(err.code, DV_EXIT_REJECTS);
                assert_nothing_loaded(&run);
            }
        }
        test_ok(load_limited(&run, 40, &err), &err);
        assert_loaded(&run);
        run_end(&run);
    }
    assert_true(killed > 5); /* else nothing was tested */
}

/* A backend whose client was killed may still be about to commit: what it is taking back counts as neither
 * loaded nor not, until it has ended. */
static void *commit_later(void *argument)
{
    struct dv_err err = DV_ERR_INIT;
    pause_ms(700);
    test_ok(dv_pg_exec(argument, "COMMIT", &err), &err);
    return NULL;
}

static void dead_predecessor_is_waited_for(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    pthread_t other;
    (void)state;
    prepare(&run, "waits");
    test_ok(load_limited(&run, 40, &err), &err);
    struct dv_pg *pg = test_connect();
    test_ok(
        dv_pg_exec(pg,
                   "BEGIN; DELETE FROM drover.ledger WHERE run_id = 'waits' AND step = 'picky' AND part = 2;"
                   "DELETE FROM picky WHERE id BETWEEN 2001 AND 3000",
                   &err),
        &err);
    char *note = dv_asprintf("%s/loaded/picky.json", run.dir);
    test_ok(dv_file_remove(note, &err), &err);
    assert_int_equal(pthread_create(&other, NULL, commit_later, pg), 0);
    test_ok(load_limited(&run, 40, &err), &err);
    pthread_join(other, NULL);
    assert_loaded(&run);
    assert_true(file_exists(note));
    dv_free(note);
    dv_pg_close(pg);
    run_end(&run);
}

static void older_target_is_refused(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    struct dv_rollback_count counts[3];
    (void)state;
    prepare(&run, "older");
    test_ok(load_limited(&run, 40, &err), &err);
    test_sql("DELETE FROM drover.ledger WHERE run_id = 'older' AND step = 'picky' AND part > 1;"
             "DELETE FROM picky WHERE id > 2000");
    assert_int_equal(load_limited(&run, 40, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    assert_non_null(strstr(err.message, "part 2 of picky (nor 1 other of that step)"));
    assert_non_null(strstr(err.hint, "drover rollback JOB --run older --yes"));
    assert_value("SELECT count(*) FROM picky", "1980");
    /* What it has of the run can be taken back. */
    roll_back(&run, true, counts);
    assert_value(
        "SELECT (SELECT count(*) FROM (TABLE fine EXCEPT TABLE fine_before) d) + (SELECT count(*) FROM "
        "(TABLE changed EXCEPT TABLE changed_before) d) + (SELECT count(*) FROM picky)",
        "0");
    run_end(&run);
    /* A file that says less than the ledger, or none at all, is no reason. */
    prepare(&run, "less");
    test_ok(load_limited(&run, 40, &err), &err);
    char *note = dv_asprintf("%s/loaded/picky.json", run.dir);
    test_ok(dv_file_publish(note, "{\"format\": 1, \"step\": \"picky\", \"parts\": [1]}", 44, &err), &err);
    test_ok(load_limited(&run, 40, &err), &err);
    test_ok(dv_file_remove(note, &err), &err);
    test_ok(load_limited(&run, 40, &err), &err);
    assert_loaded(&run);
    dv_free(note);
    run_end(&run);
}

static void a_target_of_an_earlier_version_goes_on(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    run_new(&run, "earlier");
    test_sql("CREATE TABLE aged (id bigint PRIMARY KEY, name text)");
    run_step(&run, "aged", "aged", "insert", "id bigint, name text", 2,
             "SELECT p * 10 + g, 'name' FROM generate_series(1, 10) g, (SELECT %u AS p) x");
    load(&run);
    /* As version 1 had them, with one part that is not loaded yet. */
    test_sql("ALTER TABLE drover.ledger DROP COLUMN rejected_for; DROP TABLE drover.schema_begun;"
             "UPDATE drover.meta SET version = 1; DELETE FROM aged WHERE id > 10;"
             "DELETE FROM drover.ledger WHERE run_id = 'earlier' AND part = 1");
    char *seen = dv_asprintf("%s/loaded/aged.json", run.dir);
    test_ok(dv_file_remove(seen, &err), &err);
    load(&run);
    assert_counts(&run.counts[0], 20, 0, 0, 0);
    assert_value("SELECT count(*) || ' ' || (SELECT max(version) FROM drover.meta) || ' ' || "
                 "(SELECT count(*) FROM drover.schema_begun) FROM aged",
                 "20 3 0");
    load(&run); /* once */
    assert_value("SELECT count(*) FROM drover.meta", "2");
    test_sql("INSERT INTO drover.meta (version) VALUES (9)");
    assert_int_equal(load_limited(&run, 0, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_non_null(strstr(err.message, "version 9"));
    assert_non_null(strstr(err.hint, "newer"));
    test_sql("DELETE FROM drover.meta WHERE version = 9; DROP TABLE aged");
    dv_free(seen);
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_of_an_earlier_version_goes_on),
        cmocka_unit_test(code_4_means_nothing_was_loaded),
        cmocka_unit_test(rejects_are_withdrawn),
        cmocka_unit_test(edited_rows_are_kept_and_said),
        cmocka_unit_test(killed_anywhere_it_is_loaded_once),
        cmocka_unit_test(dead_predecessor_is_waited_for),
        cmocka_unit_test(older_target_is_refused),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
