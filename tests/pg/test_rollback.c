/* Taking a run back: what it inserted goes, what it changed gets its old values, what somebody has edited
 * since stays. */
#include "load_fixture.h"

static void inserted_rows_go_edited_ones_stay(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql("CREATE TABLE items (id bigint PRIMARY KEY, name text, n numeric, j json);"
             "INSERT INTO items VALUES (5, 'name 5', 1.5, '{}'), (7, 'theirs', 0, NULL)");
    run_new(&run, "items");
    run_step(&run, "items", "items", "insert_new", "id bigint, name text, n numeric, j json", 2,
             "SELECT p * 100 + g, 'name ' || p * 100 + g, 1.50, '{}' FROM generate_series(1, 100) g, (SELECT "
             "%u AS p) x");
    load(&run);
    assert_counts(&run.counts[0], 198, 0, 2, 0);
    test_sql("UPDATE items SET name = 'edited' WHERE id = 150; DELETE FROM items WHERE id = 151;"
             "INSERT INTO items VALUES (999, 'later', 0, NULL)");
    roll_back(&run, false, counts);
    assert_int_equal(counts[0].removed, 196);
    assert_int_equal(counts[0].kept, 1);
    assert_value("SELECT count(*) FROM items", "200");
    for (unsigned i = 0; i < 2; i++) { /* the second time nothing is left to do */
        roll_back(&run, true, counts);
        assert_int_equal(counts[0].removed, 196);
        assert_int_equal(counts[0].restored, 0);
        assert_int_equal(counts[0].kept, 1);
        /* 5 was there before the run and equals what it offered: it is not the run's. */
        assert_value("SELECT string_agg(id::text, ',' ORDER BY id) FROM items", "5,7,150,999");
    }
    assert_value("SELECT state FROM drover.run WHERE run_id = 'items'", "rolled_back");
    struct dv_buf kept = {0};
    struct dv_err err = DV_ERR_INIT;
    char *path = dv_asprintf("%s/rollback/kept-items.csv", run.dir);
    test_ok(dv_file_read(path, 4096, &kept, &err), &err);
    assert_string_equal(dv_buf_cstr(&kept), "id,name,n,j\n150,edited,1.50,{}\n");
    dv_buf_release(&kept);
    dv_free(path);
    /* What was rolled back is not loaded again by the same run; a new one starts afresh. */
    assert_int_equal(load_limited(&run, 0, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    struct run next;
    run_new(&next, "items-2");
    run_step(&next, "items", "items", "insert_new", "id bigint, name text, n numeric, j json", 2,
             "SELECT p * 100 + g, 'name ' || p * 100 + g, 1.50, '{}' FROM generate_series(1, 100) g, (SELECT "
             "%u AS p) x");
    load(&next);
    assert_counts(&next.counts[0], 197, 0, 3, 0);
    run_end(&next);
    run_end(&run);
}

static void old_values_come_back_exactly(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql(
        "CREATE TYPE mood AS ENUM ('good', 'bad');"
        "CREATE TABLE kinds (id int, part text, n numeric, t timestamptz, b bytea, a text[], j json, f "
        "float8, m mood, "
        "c char(5), i interval, d date, PRIMARY KEY (id, part));"
        "INSERT INTO kinds SELECT g, 'p,\"' || g, CASE g % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN 1.500 END, "
        "CASE WHEN g % 2 = 0 THEN 'infinity' ELSE '2024-01-01 10:00:00.123456+02'::timestamptz END, "
        "'\\x00ff', ARRAY['a,b', NULL, '\"q\"', ''], '{\"a\" : 1}', 0.1 + 0.2, 'good', 'x', '1 mon 2 days', "
        "CASE WHEN g = 4 THEN '-infinity' ELSE '0044-03-15 BC'::date END FROM generate_series(1, 9000) g;"
        "CREATE TABLE kinds_before AS TABLE kinds");
    static const char *const key[] = {"part", "id"};
    run_new(&run, "kinds");
    struct dv_load_spec *spec = run_step(&run, "kinds", "kinds", "update",
                                         "id int, part text, n numeric, t timestamptz, b bytea, a text[], j "
                                         "json, f float8, m text, c text, i interval, d date",
                                         1,
                                         "SELECT g, 'p,\"' || g, 7 + %u, now(), '\\x01'::bytea, ARRAY['z'], "
                                         "'[]', 1.0, 'bad', NULL, '1 sec', date '2020-01-01' "
                                         "FROM generate_series(1, 9000) g");
    spec->key = key;
    spec->key_count = 2;
    load(&run);
    assert_counts(&run.counts[0], 0, 9000, 0, 0);
    test_sql("UPDATE kinds SET n = 8 WHERE id = 77");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].restored, 8999);
    assert_int_equal(counts[0].kept, 1);
    assert_value("SELECT count(*) FROM kinds x JOIN kinds_before y USING (id, part) WHERE x::text = y::text",
                 "8999");
    assert_value("SELECT n || ' ' || m FROM kinds WHERE id = 77", "8 bad");
    run_end(&run);
}

static void edit_of_another_column_does_not_matter(void **state)
{
    struct run run;
    struct dv_rollback_count counts[2];
    (void)state;
    test_sql("CREATE TABLE refs (id bigint PRIMARY KEY, a text, b text);"
             "INSERT INTO refs SELECT g, 'a', 'b' FROM generate_series(1, 10) g;"
             "CREATE TABLE pointing (ref bigint REFERENCES refs)");
    run_new(&run, "refs");
    run_step(&run, "refs", "refs", "upsert", "id bigint, a text, b text", 1,
             "SELECT g + %u, CASE WHEN g <= 4 THEN 'new' ELSE 'a' END, 'b' FROM generate_series(1, 20) g");
    load(&run);
    assert_counts(&run.counts[0], 10, 4, 6, 0);
    /* b of row 1 was not changed by the run, a of row 2 was; row 12 is referred to by now. */
    test_sql("UPDATE refs SET b = 'edited' WHERE id = 1; UPDATE refs SET a = 'edited' WHERE id = 2;"
             "INSERT INTO pointing VALUES (12)");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 9);
    assert_int_equal(counts[0].restored, 3);
    assert_int_equal(counts[0].kept, 2);
    assert_value("SELECT string_agg(concat(id, a, b), ' ' ORDER BY id) FROM refs WHERE id < 4 OR id > 10",
                 "1aedited 2editedb 3ab 12ab");
    run_end(&run);
}

static void refused_row_of_another_is_not_taken(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql("CREATE TABLE owned (id bigint PRIMARY KEY, name text); INSERT INTO owned VALUES (3, 'name 3')");
    run_new(&run, "owned");
    run_step(
        &run, "owned", "owned", "insert", "id text, name text", 1,
        "SELECT CASE g WHEN 9 THEN 'x' ELSE g::text END, 'name ' || g FROM generate_series(1 + %u, 10) g");
    load(&run);
    assert_counts(&run.counts[0], 8, 0, 0, 2);
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 8);
    assert_value("SELECT string_agg(id || name, ' ') FROM owned", "3name 3");
    run_end(&run);
}

static void without_a_key_as_many_go_as_came(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql(
        "CREATE TABLE heap (id bigint, name text); INSERT INTO heap VALUES (1, 'x'), (1, 'x'), (2, NULL)");
    run_new(&run, "heap");
    run_step(&run, "heap", "heap", "insert", "id bigint, name text", 1,
             "SELECT 1 + %u, 'x' FROM generate_series(1, 3) UNION ALL SELECT 2, NULL")
        ->key_count = 0;
    load(&run);
    assert_value("SELECT count(*) FROM heap", "7");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 4);
    assert_int_equal(counts[0].kept, 0);
    assert_value("SELECT string_agg(concat(id, name), ' ' ORDER BY id) FROM heap", "1x 1x 2");
    run_end(&run);
}

static enum dv_status try_roll_back(struct run *run, struct dv_rollback_count *planned,
                                    struct dv_rollback_count *counts, const char *job_dir, struct dv_err *err)
{
    struct dv_target *target = NULL;
    bool rest;
    enum dv_status status = dv_target_open(&target, &run->context, test_url(), false, err);
    if (status == DV_OK)
        status = dv_rollback_check(target, &run->context, run->specs, run->count, planned, job_dir, err);
    if (status == DV_OK && counts == NULL)
        status = dv_rollback_plan(target, &run->context, run->specs, run->count, planned, err);
    else if (status == DV_OK)
        status = dv_rollback_run(target, &run->context, run->specs, run->count, planned, counts, err);
    if (status == DV_OK && counts != NULL)
        status = dv_rollback_finish(target, &run->context, &rest, err);
    dv_target_close(target);
    return status;
}

/* Parents and children of one run: what can be removed of the one depends on what was removed of the other,
 * and on a row of somebody else. */
static void plan_counts_what_is_done(void **state)
{
    struct run run;
    struct dv_rollback_count counts[2], planned[2];
    (void)state;
    test_sql("CREATE TABLE owner (id bigint PRIMARY KEY, name text);"
             "INSERT INTO owner SELECT g, 'old' FROM generate_series(1, 500) g;"
             "CREATE TABLE pet (id bigint PRIMARY KEY, owner bigint REFERENCES owner)");
    run_new(&run, "pets");
    run_step(&run, "owner", "owner", "upsert", "id bigint, name text", 2,
             "SELECT p * 1000 + g, 'new' FROM generate_series(1, 1000) g, (SELECT %u AS p) x");
    run_step(&run, "pet", "pet", "insert", "id bigint, owner bigint", 2,
             "SELECT p * 1000 + g, p * 1000 + g FROM generate_series(1, 1000) g, (SELECT %u AS p) x");
    load(&run);
    test_sql("INSERT INTO pet VALUES (9001, 1501); UPDATE pet SET owner = 7 WHERE id = 1502;"
             "UPDATE owner SET name = 'mine' WHERE id IN (3, 1700); DELETE FROM pet WHERE id = 12");
    roll_back(&run, false, planned);
    assert_value("SELECT count(*) FROM pet", "2000");
    /* 1501 is another's, 1502's owner may go since it points to 7; of 12 there is nothing to remove. */
    assert_int_equal(planned[1].removed, 1998);
    assert_int_equal(planned[1].kept, 1);
    assert_int_equal(planned[0].removed, 1498);
    assert_int_equal(planned[0].restored, 499);
    assert_int_equal(planned[0].kept, 3);
    roll_back(&run, true, counts); /* compares with its own plan */
    assert_memory_equal(planned, counts, sizeof planned);
    assert_value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM owner WHERE id = 3 OR id > 500",
                 "3mine 1501new 1700mine");
    run_end(&run);
}

static void edit_after_the_plan_stops_it(void **state)
{
    struct run run;
    struct dv_rollback_count counts[2], planned[2] = {{.left_out = false}};
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("CREATE TABLE first (id bigint PRIMARY KEY, name text);"
             "CREATE TABLE second (id bigint PRIMARY KEY, name text)");
    run_new(&run, "stops");
    run_step(&run, "first", "first", "insert", "id bigint, name text", 3,
             "SELECT p * 100 + g, 'x' FROM generate_series(1, 100) g, (SELECT %u AS p) x");
    run_step(&run, "second", "second", "insert", "id bigint, name text", 1,
             "SELECT g + %u, 'x' FROM generate_series(1, 100) g");
    load(&run);
    test_ok(try_roll_back(&run, planned, NULL, run.dir, &err), &err);
    test_sql("UPDATE first SET name = 'y' WHERE id = 5"); /* of the part that is taken back last */
    assert_int_equal(try_roll_back(&run, planned, counts, run.dir, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_non_null(strstr(err.message,
                           "first: planned were 300 rows to remove, 0 to restore, 0 to keep; now "
                           "it would be 299, 0, 1"));
    assert_non_null(strstr(err.hint, "--plan again"));
    /* The step before is done, of this one nothing is. */
    assert_value("SELECT (SELECT count(*) FROM first) || ' ' || (SELECT count(*) FROM second)", "300 0");
    assert_value("SELECT count(*) FILTER (WHERE rolled_back_at IS NULL) FROM drover.ledger "
                 "WHERE run_id = 'stops'",
                 "3");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 299);
    assert_int_equal(counts[0].kept, 1);
    assert_int_equal(counts[1].removed, 100);
    assert_value("SELECT string_agg(id || name, ' ') FROM first", "5y");
    run_end(&run);
}

/* A foreign key that deletes or empties what refers to a row: others' rows must not go with ours. */
static void cascade_takes_nothing_of_others(void **state)
{
    struct run run;
    struct dv_rollback_count counts[1];
    (void)state;
    test_sql("CREATE TABLE tree (id bigint PRIMARY KEY, parent bigint REFERENCES tree ON DELETE CASCADE);"
             "CREATE TABLE note (tree bigint REFERENCES tree ON DELETE CASCADE);"
             "CREATE TABLE mark (tree bigint REFERENCES tree ON DELETE SET NULL)");
    run_new(&run, "tree");
    run_step(&run, "tree", "tree", "insert", "id bigint, parent bigint", 1,
             "SELECT g + %u, CASE WHEN g > 1 THEN g / 2 END FROM generate_series(1, 100) g");
    load(&run);
    test_sql("INSERT INTO note VALUES (50); INSERT INTO mark VALUES (7)");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 93);
    assert_int_equal(counts[0].kept, 7);
    assert_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM tree", "1 3 6 7 12 25 50");
    assert_value("SELECT (SELECT tree FROM note) || ' ' || (SELECT tree FROM mark)", "50 7");
    run_end(&run);
}

/* A tree whose parents lie in any part, and whose foreign key came after the load. */
static void tree_goes_whatever_its_order(void **state)
{
    static const char *const actions[] = {"CASCADE", "NO ACTION"};
    for (unsigned i = 0; i < 2; i++) {
        struct run run;
        struct dv_rollback_count counts[1];
        struct dv_buf kept = {0};
        struct dv_err err = DV_ERR_INIT;
        char sql[160];
        (void)state;
        test_sql("DROP TABLE IF EXISTS wood; CREATE TABLE wood (id bigint PRIMARY KEY, parent bigint)");
        run_new(&run, i == 0 ? "wood-0" : "wood-1");
        run_step(&run, "wood", "wood", "insert", "id bigint, parent bigint", 4,
                 "SELECT g * 37 % 401, nullif(g * 37 % 401 / 2, 0) FROM (SELECT %u AS p) x, "
                 "generate_series(1 + p * 100, 100 + p * 100) g");
        load(&run);
        (void)snprintf(sql, sizeof sql,
                       "ALTER TABLE wood ADD FOREIGN KEY (parent) REFERENCES wood ON DELETE %s", actions[i]);
        test_sql(sql);
        test_sql("INSERT INTO wood VALUES (1000, 50); UPDATE wood SET parent = 2 WHERE id = 7");
        roll_back(&run, true, counts);
        assert_int_equal(counts[0].kept, 8);
        assert_int_equal(counts[0].removed, 392);
        assert_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM wood", "1 2 3 6 7 12 25 50 1000");
        char *path = dv_asprintf("%s/rollback/kept-wood.csv", run.dir);
        test_ok(dv_file_read(path, 4096, &kept, &err), &err);
        unsigned lines = 0;
        for (size_t at = 0; at < kept.len; at++)
            lines += kept.data[at] == '\n';
        assert_int_equal(lines, 1 + 8);
        dv_buf_release(&kept);
        dv_free(path);
        run_end(&run);
    }
}

/* What the run did not load is somebody's all the same. */
static void edit_of_what_was_not_loaded_keeps_the_row(void **state)
{
    struct run run;
    struct dv_rollback_count counts[2];
    (void)state;
    test_sql("CREATE TABLE part_loaded (id bigint PRIMARY KEY, name varchar(8), vip boolean DEFAULT false, "
             "price numeric(8,2) DEFAULT 0, memo text, tags text[] DEFAULT '{}', made timestamptz DEFAULT "
             "clock_timestamp(), stamp text);"
             "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS "
             "$$ BEGIN NEW.stamp := 'by trigger'; RETURN NEW; END $$;"
             "CREATE TRIGGER stamp BEFORE INSERT ON part_loaded FOR EACH ROW EXECUTE FUNCTION stamp()");
    run_new(&run, "part-loaded");
    run_step(&run, "part_loaded", "part_loaded", "insert", "id bigint, name text", 2,
             "SELECT p * 100 + g, 'x' FROM generate_series(1, 100) g, (SELECT %u AS p) x");
    load(&run);
    test_sql("UPDATE part_loaded SET vip = true WHERE id = 1; UPDATE part_loaded SET price = 1 WHERE id = 2;"
             "UPDATE part_loaded SET memo = 'm' WHERE id = 3; UPDATE part_loaded SET tags = '{a}' WHERE id = "
             "104; UPDATE part_loaded SET name = 'y' WHERE id = 105");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 195);
    assert_int_equal(counts[0].kept, 5);
    assert_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM part_loaded", "1 2 3 104 105");
    run_end(&run);
}

/* Moving unique values along leaves one order in which they can move back. */
static void unique_values_move_back_along_a_chain(void **state)
{
    for (int way = 0; way < 2; way++) {
        struct run run;
        struct dv_rollback_count counts[1];
        (void)state;
        test_sql("DROP TABLE IF EXISTS seats; CREATE TABLE seats (id bigint PRIMARY KEY, seat int UNIQUE);"
                 "INSERT INTO seats SELECT g, g FROM generate_series(1, 1000) g;"
                 "DROP TABLE IF EXISTS seats_before; CREATE TABLE seats_before AS TABLE seats");
        run_new(&run, way == 0 ? "seats-0" : "seats-1");
        run_step(&run, "seats", "seats", "update", "id bigint, seat int", 1,
                 way == 0 ? "SELECT g, g + 1 FROM generate_series(1000, 1 + %u, -1) g"
                          : "SELECT g, g - 1 FROM generate_series(1 + %u, 1000) g");
        load(&run);
        assert_counts(&run.counts[0], 0, 1000, 0, 0);
        roll_back(&run, true, counts);
        assert_int_equal(counts[0].restored, 1000);
        assert_int_equal(counts[0].kept, 0);
        assert_value("SELECT count(*) FROM (TABLE seats EXCEPT TABLE seats_before) d", "0");
        run_end(&run);
    }
}

/* So do those of several parts, which workers load in any order: the last one loaded goes first. */
static void unique_values_move_back_along_parts(void **state)
{
    for (int way = 0; way < 2; way++) {
        struct run run;
        struct dv_rollback_count counts[1];
        (void)state;
        test_sql("DROP TABLE IF EXISTS rows_moved; CREATE TABLE rows_moved (id bigint PRIMARY KEY, seat int);"
                 "INSERT INTO rows_moved SELECT g, g FROM generate_series(1, 400) g");
        run_new(&run, way == 0 ? "parts-0" : "parts-1");
        run.context.workers = 1;
        run_step(
            &run, "rows", "rows_moved", "update", "id bigint, seat int", 4,
            way == 0
                ? "SELECT g, g + 1 FROM generate_series(1, 400) g, (SELECT %u AS p) p WHERE (g - 1) / 100 = p"
                : "SELECT g, g - 1 FROM generate_series(1, 400) g, (SELECT %u AS p) p WHERE (g - 1) / 100 = "
                  "p");
        load(&run);
        /* As workers may have done it that took the parts from the other end. */
        if (way == 0)
            test_sql("UPDATE drover.ledger SET loaded_at = now() - part * interval '1 s' WHERE run_id = "
                     "'parts-0'");
        test_sql("CREATE UNIQUE INDEX ON rows_moved (seat)");
        roll_back(&run, true, counts);
        assert_int_equal(counts[0].restored, 400);
        assert_int_equal(counts[0].kept, 0);
        assert_value("SELECT count(*) FROM rows_moved WHERE seat <> id", "0");
        run_end(&run);
    }
}

static void single_steps_where_nothing_stands_on_them(void **state)
{
    struct run run;
    struct dv_rollback_count counts[3],
        planned[3] = {{.left_out = false}, {.left_out = true}, {.left_out = true}};
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("CREATE TABLE client (id bigint PRIMARY KEY, last bigint);"
             "CREATE TABLE invoice (id bigint PRIMARY KEY, client bigint REFERENCES client);"
             "INSERT INTO client SELECT g FROM generate_series(1, 10) g;"
             "CREATE TABLE client_before AS TABLE client");
    run_new(&run, "single");
    run_step(&run, "client", "client", "insert_new", "id bigint", 1,
             "SELECT g + %u FROM generate_series(1, 50) g");
    run_step(&run, "invoice", "invoice", "insert", "id bigint, client bigint", 1,
             "SELECT g + %u, g FROM generate_series(1, 50) g");
    run_step(&run, "last", "client", "update", "id bigint, last bigint", 1,
             "SELECT g + %u, g FROM generate_series(1, 50) g");
    load(&run);
    assert_int_equal(try_roll_back(&run, planned, NULL, run.dir, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_non_null(strstr(err.message, "client cannot be taken back alone: invoice, loaded after it, has a "
                                        "foreign key to its table"));
    planned[1].left_out = false;
    assert_int_equal(try_roll_back(&run, planned, NULL, run.dir, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "client cannot be taken back alone: last, loaded after it, loads the "
                                        "same table"));
    planned[0].left_out = true; /* invoices: nothing of the run refers to them */
    test_ok(try_roll_back(&run, planned, NULL, run.dir, &err), &err);
    test_ok(try_roll_back(&run, planned, counts, run.dir, &err), &err);
    assert_int_equal(counts[1].removed, 50);
    assert_value("SELECT (SELECT count(*) FROM client) || ' ' || (SELECT count(*) FROM invoice)", "50 0");
    assert_value("SELECT count(*) FROM drover.run WHERE run_id = 'single' AND state = 'rolled_back'", "0");
    roll_back(&run, true, counts);
    assert_int_equal(counts[0].removed, 40);
    assert_int_equal(counts[1].removed, 50);
    assert_int_equal(counts[2].restored, 50);
    assert_value("SELECT count(*) FROM (TABLE client EXCEPT TABLE client_before) d", "0");
    assert_value("SELECT state FROM drover.run WHERE run_id = 'single'", "rolled_back");
    run_end(&run);
}

static void a_step_that_wrote_nothing_stands_on_none(void **state)
{
    struct run run;
    struct dv_rollback_count counts[2], planned[2] = {{.left_out = false}, {.left_out = true}};
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    test_sql("CREATE TABLE lodger (id bigint PRIMARY KEY, room bigint)");
    run_new(&run, "idle");
    run_step(&run, "lodger", "lodger", "insert", "id bigint, room bigint", 1,
             "SELECT g + %u, g FROM generate_series(1, 50) g");
    run_step(&run, "room", "lodger", "update", "id bigint, room bigint", 1,
             "SELECT g + %u, g FROM generate_series(1, 50) g");
    load(&run);
    assert_counts(&run.counts[1], 0, 0, 50, 0);
    test_ok(try_roll_back(&run, planned, NULL, run.dir, &err), &err);
    test_ok(try_roll_back(&run, planned, counts, run.dir, &err), &err);
    assert_int_equal(counts[0].removed, 50);
    assert_value("SELECT count(*) FROM lodger", "0");
    run_end(&run);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char *folder = dv_asprintf("%s/schema", dir), *path = dv_asprintf("%s/schema/%s", dir, name);
    test_ok(dv_file_make_dirs(folder, &err), &err);
    test_ok(dv_file_publish(path, text, strlen(text), &err), &err);
    dv_free(folder);
    dv_free(path);
}

static void contract_step_stands_in_the_way(void **state)
{
    struct run run;
    struct dv_rollback_count planned[1] = {{.left_out = false}};
    struct dv_err err = DV_ERR_INIT;
    struct dv_schema schema;
    struct dv_target *target = NULL;
    unsigned applied;
    char *job_dir = test_path("contract-job");
    (void)state;
    put_file(job_dir, "900_drop_old.up.sql",
             "-- drover: phase=contract\n-- DELETE in a comment\nSELECT 1;\n"
             "ALTER TABLE slim\n  DROP COLUMN old; -- gone\n");
    test_sql("CREATE TABLE slim (id bigint PRIMARY KEY, name text, old text)");
    run_new(&run, "contract");
    run_step(&run, "slim", "slim", "insert", "id bigint, name text", 1,
             "SELECT g + %u, 'x' FROM generate_series(1, 10) g");
    load(&run);
    test_ok(dv_target_open(&target, &run.context, test_url(), true, &err), &err);
    test_ok(dv_schema_read(job_dir, &schema, &err), &err);
    test_ok(dv_schema_apply(target, &run.context, &schema, DV_PHASE_CONTRACT, &applied, &err), &err);
    assert_int_equal(applied, 1);
    dv_target_close(target);
    assert_int_equal(try_roll_back(&run, planned, NULL, job_dir, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    assert_non_null(strstr(err.message, "900_drop_old"));
    assert_non_null(strstr(err.message, "by this run, has destroyed"));
    assert_non_null(strstr(err.message, ": ALTER TABLE slim DROP COLUMN old"));
    assert_non_null(strstr(err.hint, "restore a backup"));
    /* By a later run, and a step that can be undone. */
    test_sql("UPDATE drover.schema_step SET run_id = 'later' WHERE name = '900_drop_old'");
    put_file(job_dir, "900_drop_old.down.sql", "ALTER TABLE slim ADD COLUMN old text;\n");
    assert_int_equal(try_roll_back(&run, planned, NULL, job_dir, &err), DV_FAILED);
    assert_non_null(strstr(err.message, ", after it, has destroyed"));
    assert_non_null(strstr(err.hint, "drover schema down JOB --phase contract --yes"));
    /* One that was there before the run began is none of its business. */
    test_sql("UPDATE drover.schema_step SET applied_at = (SELECT started_at FROM drover.run WHERE run_id = "
             "'contract') - interval '1 second' WHERE name = '900_drop_old'");
    test_ok(try_roll_back(&run, planned, NULL, job_dir, &err), &err);
    assert_int_equal(planned[0].removed, 10);
    test_sql("DELETE FROM drover.schema_step WHERE name = '900_drop_old'");
    dv_schema_release(&schema);
    dv_free(job_dir);
    run_end(&run);
}

/* The ids in the kept list of the step "people", in order, with a comma behind each. */
static char *listed(const struct run *run)
{
    struct dv_buf kept = {0}, sql = {0};
    struct dv_err err = DV_ERR_INIT;
    char *path = dv_asprintf("%s/rollback/kept-people.csv", run->dir), *rest = NULL;
    test_ok(dv_file_read(path, 1 << 20, &kept, &err), &err);
    dv_buf_str(&sql, "SELECT concat(string_agg(id::text, ',' ORDER BY id)) FROM unnest('{");
    const char *separator = "";
    char *line = strtok_r(dv_buf_cstr(&kept), "\n", &rest); /* the header */
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        dv_buf_printf(&sql, "%s%.*s", separator, (int)strcspn(line, ","), line);
        separator = ",";
    }
    dv_buf_str(&sql, "}'::bigint[]) id");
    char *ids = test_value(dv_buf_cstr(&sql));
    dv_buf_release(&kept);
    dv_buf_release(&sql);
    dv_free(path);
    return ids;
}

/* A thousand rows edited at random, over a table with a unique index, a foreign key and a trigger: those
 * whose inserted row or updated columns were edited stay, and are listed; every other one is what it was,
 * with what was edited in other columns. */
static void edit_a_thousand(const char *mode, unsigned first, unsigned seed)
{
    struct run run;
    struct dv_rollback_count counts[1];
    char sql[1024], id[32];
    test_sql(
        "DROP TABLE IF EXISTS people, team, before, after, edited, wanted, expected CASCADE;"
        "CREATE TABLE team (id int PRIMARY KEY); INSERT INTO team SELECT generate_series(0, 9);"
        "CREATE TABLE people (id bigint PRIMARY KEY, email text UNIQUE, name text, team int REFERENCES team, "
        "spent numeric, vip boolean DEFAULT false, memo text);"
        "CREATE OR REPLACE FUNCTION note_edit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF coalesce(current_setting('drover.run', true), '') = '' THEN NEW.memo := concat(NEW.memo, '!'); "
        "END IF; RETURN NEW; END $$;"
        "INSERT INTO people SELECT g, 'old' || g, CASE WHEN g % 7 > 0 THEN 'n' || g END, g % 10, g, g % 9 = "
        "0, "
        "CASE WHEN g % 3 = 0 THEN 'memo' END FROM generate_series(1, 3000) g;"
        "CREATE TRIGGER note_edit BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION note_edit();"
        "CREATE TABLE before AS TABLE people");
    (void)snprintf(id, sizeof id, "edits-%s", mode);
    run_new(&run, id);
    /* Of those that are there before (up to 3000) every fifth is as it is; two rows have no such team. */
    (void)snprintf(
        sql, sizeof sql,
        "SELECT g, CASE WHEN same THEN 'old' ELSE 'new' END || g, CASE WHEN NOT same THEN 'm' WHEN "
        "g %% 7 > 0 THEN 'n' || g END, CASE WHEN g %% 1500 = 777 THEN 99 ELSE g %% 10 END, "
        "CASE WHEN same THEN g ELSE g / 3.0 END FROM (SELECT g, g <= 3000 AND g %% 5 = 0 AS same "
        "FROM (SELECT %%u AS p) x, generate_series(%u + p * 1500, %u + p * 1500) g) s",
        first, first + 1499);
    run_step(&run, "people", "people", mode, "id bigint, email text, name text, team int, spent numeric", 2,
             sql);
    load(&run);
    (void)snprintf(
        sql, sizeof sql,
        "CREATE TABLE after AS TABLE people; SELECT setseed(%u / 1000.0);"
        "CREATE TABLE wanted AS SELECT id, floor(random() * 4)::int AS kind FROM people ORDER BY random() "
        "LIMIT 1000; UPDATE people p SET name = 'by hand' FROM wanted w WHERE w.id = p.id AND kind = 0;"
        "UPDATE people p SET spent = -1 FROM wanted w WHERE w.id = p.id AND kind = 1;"
        "UPDATE people p SET vip = NOT vip FROM wanted w WHERE w.id = p.id AND kind = 2;"
        "UPDATE people p SET team = (team + 1) %% 10 FROM wanted w WHERE w.id = p.id AND kind = 3;"
        "CREATE TABLE edited AS TABLE people",
        seed);
    test_sql(sql);
    test_sql(
        "CREATE TABLE expected AS SELECT e.id, kept, "
        "CASE WHEN NOT kept AND b.email <> a.email THEN b.email ELSE e.email END AS email, "
        "CASE WHEN NOT kept AND b.name IS DISTINCT FROM a.name THEN b.name ELSE e.name END AS name, e.team, "
        "CASE WHEN NOT kept AND b.spent <> a.spent THEN b.spent ELSE e.spent END AS spent, e.vip, e.memo "
        "FROM edited e JOIN after a USING (id) LEFT JOIN before b USING (id), LATERAL (SELECT CASE WHEN b.id "
        "IS NULL THEN e IS DISTINCT FROM a ELSE (b.name IS DISTINCT FROM a.name AND e.name IS DISTINCT FROM "
        "a.name) OR (b.spent <> a.spent AND e.spent <> a.spent) END AS kept) k "
        "WHERE b.id IS NOT NULL OR kept");
    roll_back(&run, true, counts);
    char *ids = test_value("SELECT concat(string_agg(id::text, ',' ORDER BY id)) FROM expected WHERE kept");
    char *list = listed(&run);
    assert_string_equal(list, ids);
    assert_true(strlen(ids) > 100); /* else nothing was tested */
    assert_value("SELECT count(*) FROM (SELECT id, email, name, team, spent, vip, memo FROM expected "
                 "EXCEPT SELECT id, email, name, team, spent, vip, memo FROM people) d",
                 "0");
    assert_value("SELECT (SELECT count(*) FROM people) - (SELECT count(*) FROM expected)", "0");
    (void)snprintf(sql, sizeof sql, "SELECT count(*) = %u FROM expected WHERE kept",
                   (unsigned)counts[0].kept);
    assert_value(sql, "t");
    dv_free(ids);
    dv_free(list);
    run_end(&run);
}

static void exactly_the_edited_rows_stay(void **state)
{
    (void)state;
    edit_a_thousand("insert", 3001, 1);
    edit_a_thousand("insert_new", 1501, 2);
    edit_a_thousand("upsert", 1501, 3);
    edit_a_thousand("update", 1, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserted_rows_go_edited_ones_stay),
        cmocka_unit_test(old_values_come_back_exactly),
        cmocka_unit_test(edit_of_another_column_does_not_matter),
        cmocka_unit_test(refused_row_of_another_is_not_taken),
        cmocka_unit_test(without_a_key_as_many_go_as_came),
        cmocka_unit_test(plan_counts_what_is_done),
        cmocka_unit_test(edit_after_the_plan_stops_it),
        cmocka_unit_test(cascade_takes_nothing_of_others),
        cmocka_unit_test(tree_goes_whatever_its_order),
        cmocka_unit_test(edit_of_what_was_not_loaded_keeps_the_row),
        cmocka_unit_test(unique_values_move_back_along_a_chain),
        cmocka_unit_test(unique_values_move_back_along_parts),
        cmocka_unit_test(single_steps_where_nothing_stands_on_them),
        cmocka_unit_test(a_step_that_wrote_nothing_stands_on_none),
        cmocka_unit_test(contract_step_stands_in_the_way),
        cmocka_unit_test(exactly_the_edited_rows_stay),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
