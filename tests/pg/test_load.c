/* The load against a real server: what each mode does to the table, what is refused, and that nothing is
 * loaded twice, whenever the process or its connection dies. */
#include "load_fixture.h"

#include "core/file.h"
#include "tests/exists.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void insert_and_move_the_sequence(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE plain (id bigserial PRIMARY KEY, name text)");
    run_new(&run, "insert");
    run_step(&run, "plain", "public.plain", "insert", "id bigint, name text", 3, PART_SQL);
    load(&run);
    assert_counts(&run.counts[0], 3000, 0, 0, 0);
    assert_value("SELECT count(*) || ' ' || sum(id) || ' ' || min(name) FROM plain", "3000 4501500 name 1");
    assert_value("INSERT INTO plain (name) VALUES ('next') RETURNING id", "3001");
    /* Again: the ledger says that all is done. */
    load(&run);
    assert_value("SELECT count(*) FROM plain", "3001");
    run_end(&run);
}

static void loaded_tables_are_analyzed(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("CREATE TABLE \"Seen\" (id bigint, name text); CREATE TABLE held (id bigint, name text)");
    struct dv_pg *other = test_connect();
    test_ok(dv_pg_exec(other, "BEGIN; LOCK TABLE held IN SHARE UPDATE EXCLUSIVE MODE", &err), &err);
    run_new(&run, "analyzed");
    run.context.lock_timeout_ms = 100;
    run_step(&run, "seen", "public.\"Seen\"", "insert", "id bigint, name text", 2,
             "SELECT g, 'n' || g % 7 FROM generate_series(1 + 1000 * %u, 1000) g");
    run_step(&run, "held", "public.held", "insert", "id bigint, name text", 1,
             "SELECT g, 'x' FROM generate_series(%u, 9) g");
    load(&run);
    assert_value("SELECT reltuples::int FROM pg_class WHERE oid = '\"Seen\"'::regclass", "1000");
    assert_value("SELECT n_distinct FROM pg_stats WHERE tablename = 'Seen' AND attname = 'name'", "7");
    assert_value("SELECT reltuples::int FROM pg_class WHERE oid = 'held'::regclass", "-1");
    assert_value("SELECT count(*) FROM held", "10");
    dv_pg_close(other);
    run_end(&run);
}

static void only_mapped_columns_are_loaded(void **state)
{
    static const char *const from[] = {"b", "key"}, *const to[] = {"second", "id"};
    struct run run;
    (void)state;
    test_sql("CREATE TABLE mapped (id bigint PRIMARY KEY, first text DEFAULT 'kept', second text)");
    run_new(&run, "mapped");
    struct dv_load_spec *spec =
        run_step(&run, "mapped", "mapped", "insert_new", "a text, key bigint, b text", 1,
                 "SELECT 'unused', %u + g, CASE g WHEN 1 THEN NULL WHEN 2 THEN '' ELSE E'a,\"\\n' || g END "
                 "FROM generate_series(1, 3) g");
    spec->from = from;
    spec->to = to;
    spec->column_count = 2;
    load(&run);
    assert_value("SELECT string_agg(format('%s %s %L', id, first, second), ';' ORDER BY id) FROM mapped",
                 "1 kept NULL;2 kept '';3 kept 'a,\"\n3'");
    run_end(&run);
}

static void second_run_changes_nothing(void **state)
{
    static const char *const modes[] = {"insert_new", "upsert"};
    (void)state;
    test_sql("CREATE TABLE again (id bigint NOT NULL, name text)");
    for (unsigned i = 0; i < 2; i++) {
        struct run first, second, third;
        test_sql("TRUNCATE again; DROP INDEX IF EXISTS again_key");
        run_new(&first, i == 0 ? "again-a" : "again-b");
        run_step(&first, "again", "again", modes[i], "id bigint, name text", 2, PART_SQL);
        load(&first);
        assert_counts(&first.counts[0], 2000, 0, 0, 0);
        /* Once without an index on the key, once with. */
        run_new(&second, i == 0 ? "again-c" : "again-d");
        run_step(&second, "again", "again", modes[i], "id bigint, name text", 2, PART_SQL);
        load(&second);
        assert_counts(&second.counts[0], 0, 0, 2000, 0);
        test_sql("CREATE UNIQUE INDEX again_key ON again (id); DELETE FROM again WHERE id IN (7, 1500)");
        run_new(&third, i == 0 ? "again-e" : "again-f");
        run_step(&third, "again", "again", modes[i], "id bigint, name text", 2, PART_SQL);
        load(&third);
        assert_counts(&third.counts[0], 2, 0, 1998, 0);
        assert_value("SELECT count(*) || ' ' || count(DISTINCT id) FROM again", "2000 2000");
        run_end(&first);
        run_end(&second);
        run_end(&third);
    }
}

static void upsert_and_update_count_what_differs(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE people (id bigint PRIMARY KEY, name text, info json, untouched int DEFAULT 5);"
             "INSERT INTO people SELECT g, 'name ' || g, '{}' FROM generate_series(1, 600) g;"
             "UPDATE people SET name = 'other' WHERE id <= 10; UPDATE people SET info = NULL WHERE id = 11");
    run_new(&run, "people");
    run_step(&run, "up", "people", "upsert", "id bigint, name text, info json", 1,
             "SELECT %u + g, 'name ' || g, '{}' FROM generate_series(1, 1000) g");
    run_step(
        &run, "set", "people", "update", "id bigint, name text", 1,
        "SELECT g, CASE WHEN g <= 3 THEN 'set' ELSE 'name ' || g END FROM generate_series(1 + %u, 1002) g "
        "UNION ALL SELECT NULL, 'x' UNION ALL SELECT 5, 'twice'");
    load(&run);
    assert_counts(&run.counts[0], 400, 11, 589, 0);
    assert_counts(&run.counts[1], 0, 3, 997, 4);
    assert_value(
        "SELECT count(*) || ' ' || count(*) FILTER (WHERE name = 'set') || ' ' || sum(untouched) FROM people",
        "1000 3 5000");
    assert_value("SELECT name FROM people WHERE id = 5", "name 5");
    struct dv_err err = DV_ERR_INIT;
    struct dv_stage_reader *reader;
    struct dv_stage_block block;
    char *dir = dv_asprintf("%s/rejects/load-set", run.dir);
    test_ok(dv_stage_reader_open(&reader, dir, 0, &err), &err);
    test_ok(dv_stage_reader_block(reader, &block, &err), &err);
    static const char expected[] =
        "key_not_found,the table has no row with this key,load,set,0,1001,1001,name 1001\n";
    assert_true(block.length > sizeof expected);
    assert_memory_equal(block.data, expected, sizeof expected - 1);
    assert_int_equal(block.rows, 4);
    assert_true(dataset_exists(dir));
    dv_stage_reader_close(reader);
    dv_free(dir);
    run_end(&run);
}

static void bad_rows_are_refused_one_by_one(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql(
        "CREATE TABLE parents (id bigint PRIMARY KEY); INSERT INTO parents SELECT generate_series(1, 100000);"
        "CREATE TABLE strict (id bigint PRIMARY KEY, parent bigint REFERENCES parents, n int CHECK (n >= 0), "
        "word varchar(12));"
        "INSERT INTO strict VALUES (50, 50, 1, 'mine')");
    run_new(&run, "strict");
    /* Row 50's key is there; every 1000th has no parent, every 1500th breaks the check; 2222 is too long,
     * 3333 no number. */
    run_step(
        &run, "strict", "strict", "insert", "id text, parent bigint, n int, word text", 1,
        "SELECT CASE g WHEN 3333 THEN 'x' ELSE g::text END, CASE WHEN g % 1000 = 0 THEN -1 ELSE g END, "
        "CASE WHEN g % 1500 = 0 THEN -1 ELSE 1 END, "
        "CASE g WHEN 2222 THEN 'far too long a word' ELSE E'a\\nb' END FROM generate_series(%u + 1, 9999) g");
    load(&run);
    assert_counts(&run.counts[0], 9999 - 9 - 6 + 3 - 3, 0, 0, 9 + 6 - 3 + 3);
    assert_value("SELECT count(*) FROM strict", "9985");
    assert_value("SELECT rejected_rows FROM drover.ledger WHERE run_id = 'strict'",
                 "{50,1000,1500,2000,2222,3000,3333,4000,4500,5000,6000,7000,7500,8000,9000}");
    /* One fewer allowed than there are. */
    test_sql("TRUNCATE strict; INSERT INTO strict VALUES (50, 50, 1, 'mine')");
    (void)snprintf(run.id, sizeof run.id, "strict-2");
    run.context.run_id = run.id;
    char *dir = test_path("strict-2");
    run.context.run_dir = dir;
    assert_int_equal(load_limited(&run, 14, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_REJECTS);
    assert_non_null(strstr(err.message, "nothing was loaded"));
    assert_value("SELECT count(*) FROM strict", "1");
    test_ok(load_limited(&run, 15, &err), &err);
    assert_value("SELECT count(*) FROM strict", "9985");
    dv_free(dir);
    run_end(&run);
}

static void staged_rows_are_refused_one_by_one(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE words (id bigint PRIMARY KEY, word text UNIQUE);"
             "INSERT INTO words SELECT g, 'old ' || g FROM generate_series(1, 500) g");
    run_new(&run, "words");
    run_step(&run, "words", "words", "upsert", "id bigint, word text", 1,
             "SELECT g, CASE WHEN g IN (7, 1777) THEN 'old 400' ELSE 'new ' || g END "
             "FROM generate_series(%u + 1, 3000) g WHERE g <> 400");
    load(&run);
    assert_counts(&run.counts[0], 2499, 498, 0, 2);
    assert_value("SELECT count(*) || ' ' || count(*) FILTER (WHERE word LIKE 'new%') FROM words",
                 "2999 2997");
    run_end(&run);
}

/* A first record of many lines must not send the search to the wrong rows: defaults count how often rows were
 * tried. */
static void refused_row_is_found_behind_a_record_of_many_lines(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE SEQUENCE tries; CREATE TABLE lines (id bigint, n int, note text, "
             "try bigint DEFAULT nextval('tries'))");
    run_new(&run, "lines");
    run_step(&run, "lines", "lines", "insert", "id bigint, n text, note text", 1,
             "SELECT g, CASE g WHEN 900 THEN 'x' ELSE g::text END, "
             "CASE g WHEN 1 THEN repeat(E'a\n', 500) ELSE E'b\n' END "
             "FROM generate_series(%u + 1, 1000) g");
    load(&run);
    assert_counts(&run.counts[0], 999, 0, 0, 1);
    assert_value("SELECT rejected_rows FROM drover.ledger WHERE run_id = 'lines'", "{900}");
    /* Twice up to the bad row, once without it, and the rest. */
    assert_value("SELECT last_value <= 900 + 900 + 1000 FROM tries", "t");
    run_end(&run);
}

/* The range of a part's keys narrows the search down, and must not lose a row by another order of its values.
 */
static void keys_of_any_type_are_found(void **state)
{
    static const char *const types[][3] = {
        {"text COLLATE \"und-x-icu\"", "text", "('a'),('B'),('Z''q'),('\u00e4'),(''),('\\\\x'),('10'),('9')"},
        {"text COLLATE \"C\"", "text", "('a'),('B'),('_'),('\U0001f600'),(E'l\\n2')"},
        {"char(4)", "text", "('a'),('B '),('abcd'),('  x')"},
        {"uuid", "uuid", "('00000000-0000-0000-0000-000000000001'),('ffffffff-0000-0000-0000-000000000000')"},
        {"numeric", "numeric", "('-1.50'),('9'),('10'),('NaN'),('1e30')"},
        {"float8", "float8", "('-Infinity'),('0.1'),('NaN'),('-0'),('3e-300')"},
        {"timestamptz", "timestamptz", "('-infinity'),('2025-03-30 01:30Z'),('0044-03-15 BC'),('infinity')"},
        {"bytea", "bytea", "('\\\\x00'),('\\\\xff'),('')"},
        {"inet", "text", "('10.0.0.1'),('9.0.0.0/8'),('::1')"},
        {"int4range", "text", "('empty'),('[1,5)'),('(,3)')"},
        {"keys_mood", "text", "('sad'),('glad'),('calm')"},
    };
    static const char *const key[] = {"k", "n"};
    (void)state;
    test_sql("CREATE TYPE keys_mood AS ENUM ('sad', 'glad', 'calm')");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct run run;
        char sql[512], columns[64], id[16];
        (void)snprintf(
            sql, sizeof sql,
            "DROP TABLE IF EXISTS keys; CREATE TABLE keys (k %s, n int, v text, PRIMARY KEY (k, n));"
            "INSERT INTO keys SELECT k::%s, n FROM (VALUES %s) x(k), generate_series(1, 2) n",
            types[i][0], types[i][0], types[i][2]);
        test_sql(sql);
        (void)snprintf(id, sizeof id, "keys-%zu", i);
        (void)snprintf(columns, sizeof columns, "k %s, n int, v text", types[i][1]);
        run_new(&run, id);
        struct dv_load_spec *spec =
            run_step(&run, "keys", "keys", "update", columns, 1, "SELECT k, n, 'new' FROM keys WHERE %u = 0");
        spec->key = key;
        spec->key_count = 2;
        load(&run);
        assert_int_equal(run.counts[0].rejected, 0);
        assert_value("SELECT count(*) FROM keys WHERE v IS DISTINCT FROM 'new'", "0");
        run_end(&run);
    }
}

static void row_that_came_meanwhile_is_no_error(void **state)
{
    struct run run;
    (void)state;
    /* The table was empty when the step began; by then the application has put a row in. */
    test_sql("CREATE TABLE late (id bigint PRIMARY KEY, name text)");
    run_new(&run, "late");
    run_step(&run, "late", "late", "insert_new", "id bigint, name text", 1, PART_SQL);
    struct dv_err err = DV_ERR_INIT;
    struct dv_target *target;
    test_ok(dv_target_open(&target, &run.context, test_url(), true, &err), &err);
    dv_target_close(target);
    test_sql("INSERT INTO drover.step VALUES ('late', 'late', 'late', 'late', 'insert_new', true);"
             "INSERT INTO late VALUES (17, 'theirs')");
    load(&run);
    assert_counts(&run.counts[0], 999, 0, 1, 0);
    assert_value("SELECT name FROM late WHERE id = 17", "theirs");
    run_end(&run);
}

/* A row under somebody else's hand is waited for, and what they wrote is seen. */
static void *change_slowly(void *argument)
{
    (void)argument;
    test_sql("BEGIN; UPDATE busy SET name = 'name 5' WHERE id = 5; SELECT pg_sleep(1); COMMIT");
    return NULL;
}

static void concurrent_change_is_counted_as_it_ended(void **state)
{
    (void)state;
    /* Without an index on the key the rows are found and changed in another way. */
    static const char *const keys[] = {"PRIMARY KEY", "NOT NULL"};
    for (unsigned i = 0; i < 2; i++) {
        struct run run;
        pthread_t other;
        char sql[256], id[16];
        (void)snprintf(sql, sizeof sql,
                       "DROP TABLE IF EXISTS busy; CREATE TABLE busy (id bigint %s, name text);"
                       "INSERT INTO busy SELECT generate_series(1, 1000)",
                       keys[i]);
        test_sql(sql);
        (void)snprintf(id, sizeof id, "busy-%u", i);
        run_new(&run, id);
        run_step(&run, "busy", "busy", "update", "id bigint, name text", 1, PART_SQL);
        assert_int_equal(pthread_create(&other, NULL, change_slowly, NULL), 0);
        pause_ms(300);
        load(&run);
        pthread_join(other, NULL);
        assert_counts(&run.counts[0], 0, 999, 1, 0);
        run_end(&run);
    }
}

static void prepare_kill(struct run *run, const char *id)
{
    run_new(run, id);
    test_sql("DROP TABLE IF EXISTS k_new, k_set; CREATE TABLE k_new (id bigint NOT NULL, name text);"
             "CREATE TABLE k_set (id bigint PRIMARY KEY, name text);"
             "INSERT INTO k_set SELECT generate_series(1, 20000)");
    run_step(
        run, "k_new", "k_new", "insert_new", "id bigint, name text", 4,
        "SELECT p * 5000 + g, 'name ' || p * 5000 + g FROM generate_series(1, 5000) g, (SELECT %u AS p) x");
    run_step(
        run, "k_set", "k_set", "update", "id bigint, name text", 4,
        "SELECT p * 5000 + g, 'name ' || p * 5000 + g FROM generate_series(1, 5000) g, (SELECT %u AS p) x");
}

static void check_killed(const struct run *run)
{
    assert_counts(&run->counts[0], 20000, 0, 0, 0);
    assert_counts(&run->counts[1], 0, 20000, 0, 0);
    assert_value("SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id) FROM k_new",
                 "20000 20000 200010000");
    assert_value("SELECT count(*) FROM k_set WHERE name = 'name ' || id", "20000");
    char *sql =
        dv_asprintf("SELECT sum(cardinality(keys)) FROM drover.before_image WHERE run_id = '%s'", run->id);
    assert_value(sql, "20000");
    dv_free(sql);
}

static void killed_anywhere_it_resumes(void **state)
{
    (void)state;
    unsigned killed = 0;
    srand(4711);
    for (unsigned round = 0; round < 4; round++) {
        struct run run;
        char id[32];
        unsigned kills = 0;
        (void)snprintf(id, sizeof id, "kill-%u", round);
        prepare_kill(&run, id);
        for (; kills < 12; kills++) {
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                struct dv_err err = DV_ERR_INIT;
                _exit(load_limited(&run, UINT64_MAX, &err) == DV_OK ? 0 : 1);
            }
            pause_ms(20 + rand() % 200);
            (void)kill(child, SIGKILL);
            int result;
            assert_int_equal(waitpid(child, &result, 0), child);
            if (WIFEXITED(result)) {
                assert_int_equal(WEXITSTATUS(result), 0);
                break;
            }
        }
        killed += kills;
        load(&run);
        check_killed(&run);
        run_end(&run);
    }
    assert_true(killed > 0); /* else nothing was tested */
}

/* Ends drover's backends of the load again and again, as often as not while a COMMIT is under way. */
static void *end_backends(void *argument)
{
    volatile bool *over = argument;
    for (unsigned i = 0; i < 40 && !*over; i++) {
        test_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
                 "'drover/test/load %'");
        pause_ms(60 + rand() % 60);
    }
    return NULL;
}

static void lost_answers_are_settled_by_the_ledger(void **state)
{
    struct run run;
    pthread_t other;
    volatile bool over = false;
    enum dv_status status;
    (void)state;
    prepare_kill(&run, "lost");
    /* COMMIT takes a while, so that many are hit in the middle. */
    test_sql("CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
             "'BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END';"
             "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON drover.ledger DEFERRABLE INITIALLY DEFERRED "
             "FOR EACH ROW EXECUTE FUNCTION slow()");
    assert_int_equal(pthread_create(&other, NULL, end_backends, (void *)(uintptr_t)&over), 0);
    for (unsigned i = 0; i < 20; i++) {
        struct dv_err err = DV_ERR_INIT;
        status = load_limited(&run, UINT64_MAX, &err);
        if (status == DV_OK)
            break;
        assert_int_equal(status, DV_RETRY);
    }
    over = true;
    pthread_join(other, NULL);
    test_sql("DROP TRIGGER slow ON drover.ledger");
    load(&run);
    check_killed(&run);
    run_end(&run);
}

static void second_run_at_the_same_time_is_kept_out(void **state)
{
    struct run one, two;
    struct dv_err err = DV_ERR_INIT;
    struct dv_target *first = NULL, *second = NULL;
    (void)state;
    run_new(&one, "lock-1");
    run_new(&two, "lock-2");
    test_ok(dv_target_open(&first, &one.context, test_url(), true, &err), &err);
    assert_int_equal(dv_target_open(&second, &two.context, test_url(), true, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_LOCKED);
    assert_non_null(strstr(err.message, "lock-1"));
    dv_target_close(first);
    run_end(&one);
    run_end(&two);
}

static void damaged_file_loads_nothing(void **state)
{
    struct run run;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("CREATE TABLE damaged (id bigint, name text)");
    run_new(&run, "damaged");
    run_step(&run, "damaged", "damaged", "insert", "id bigint, name text", 1, PART_SQL);
    char *path = dv_asprintf("%s/part-00000.csv.gz", run.dataset_dir[0]);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -20, SEEK_END), 0);
    assert_int_equal(fputc('x', file), 'x');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(load_limited(&run, 0, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_value("SELECT count(*) FROM damaged", "0");
    dv_free(path);
    run_end(&run);
}

static void check_names_what_cannot_be_loaded(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_column columns[2] = {{.name = "id"}, {.name = "name"}};
    struct dv_load_spec spec = {
        .step = "s", .dataset = "s", .table = "checked", .mode = "upsert", .key = key_id, .key_count = 1};
    (void)state;
    columns[0].type = dv_type_of(DV_TYPE_INT8);
    columns[1].type = dv_type_of(DV_TYPE_TEXT);
    struct dv_pg *pg = test_connect();
    test_ok(dv_load_check(pg, &spec, columns, 2, true, &err), &err);
    assert_int_equal(dv_load_check(pg, &spec, columns, 2, false, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    test_sql("CREATE TABLE checked (id bigint PRIMARY KEY, name text, needed int NOT NULL)");
    assert_int_equal(dv_load_check(pg, &spec, columns, 2, false, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "needed"));
    test_sql("ALTER TABLE checked DROP needed");
    test_ok(dv_load_check(pg, &spec, columns, 2, false, &err), &err);
    columns[0].type = dv_type_of(DV_TYPE_UUID);
    assert_int_equal(dv_load_check(pg, &spec, columns, 2, false, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "uuid"));
    dv_pg_close(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(insert_and_move_the_sequence),
        cmocka_unit_test(loaded_tables_are_analyzed),
        cmocka_unit_test(only_mapped_columns_are_loaded),
        cmocka_unit_test(second_run_changes_nothing),
        cmocka_unit_test(upsert_and_update_count_what_differs),
        cmocka_unit_test(bad_rows_are_refused_one_by_one),
        cmocka_unit_test(staged_rows_are_refused_one_by_one),
        cmocka_unit_test(refused_row_is_found_behind_a_record_of_many_lines),
        cmocka_unit_test(keys_of_any_type_are_found),
        cmocka_unit_test(row_that_came_meanwhile_is_no_error),
        cmocka_unit_test(concurrent_change_is_counted_as_it_ended),
        cmocka_unit_test(killed_anywhere_it_resumes),
        cmocka_unit_test(lost_answers_are_settled_by_the_ledger),
        cmocka_unit_test(second_run_at_the_same_time_is_kept_out),
        cmocka_unit_test(damaged_file_loads_nothing),
        cmocka_unit_test(check_names_what_cannot_be_loaded),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
