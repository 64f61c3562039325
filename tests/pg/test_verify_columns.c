/* Columns against stage files: one value, one row, wherever it is changed, is found and named; what is as it
 * was loaded, by whatever mode, is not. */
#include "load_fixture.h"

#include "load/loaded_rows.h"
#include "load/row_hash.h"

static void verify(struct run *run, struct dv_verification *out)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_target *target;
    test_ok(dv_target_open(&target, &run->context, test_url(), true, &err), &err);
    test_ok(
        dv_verify_run(target, &run->context, test_job_dir, run->specs, run->count, NULL, false, out, &err),
        &err);
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

/* The check must have failed with these samples; passed where they are NULL. */
static void expect(struct run *run, const char *name, const char *samples)
{
    struct dv_verification all;
    verify(run, &all);
    const struct dv_check *check = find(&all, name);
    if (samples == NULL && !check->passed)
        fail_msg("%s: %s", name, check->samples);
    if (samples != NULL) {
        assert_false(check->passed);
        assert_string_equal(check->samples, samples);
    }
    dv_verification_release(&all);
}

static void the_hash_is_the_servers(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    bool agrees = false;
    (void)state;
    test_ok(dv_row_hash_agrees(pg, &agrees, &err), &err);
    assert_true(agrees);
    dv_pg_close(pg);
    /* As PostgreSQL 15 prints them: a build whose hash is another one would compare everything row by row. */
    assert_true(dv_text_hash("", 0, 0) == UINT64_C(0x9fb1b765a7ea466d));
    assert_true(dv_text_hash("drover", 6, 0) == UINT64_C(0x2e00093fa91fe9a1));
}

struct sum {
    struct dv_row_hash hash;
    uint64_t rows;
};

static enum dv_status add(void *context, const struct dv_value *values, struct dv_err *err)
{
    struct sum *sum = context;
    uint64_t key = 0, row = 0;
    enum dv_status status = dv_row_hash_record(&sum->hash, values, &key, &row, err);
    sum->rows += row;
    return status;
}

/* Without a look at single rows: where the two sides print a type in different ways, a checksum is of no use,
 * and a verification takes many times as long. */
static void expect_same_sum(struct run *run)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_loaded_step step;
    struct dv_rejected_rows none = {0};
    struct dv_buf sql = {0};
    struct sum sum = {.rows = 0};
    char here[32];
    struct dv_pg *pg = test_connect();
    test_ok(dv_loaded_step_read(&step, pg, run->id, &run->specs[0], &err), &err);
    test_ok(dv_row_hash_init(&sum.hash, &step.table, &err), &err);
    for (uint32_t i = 0; i < step.part_count; i++)
        test_ok(dv_loaded_rows(&step, &step.parts[i], &none, add, &sum, &err), &err);
    dv_buf_str(&sql, "SELECT mod(mod(sum(");
    dv_row_hash_row_sql(&sql, &sum.hash, "t");
    dv_buf_printf(&sql, "), 2::numeric ^ 64) + 2::numeric ^ 64, 2::numeric ^ 64)::numeric(30, 0) FROM %s t",
                  step.table.quoted);
    (void)snprintf(here, sizeof here, "%llu", (unsigned long long)sum.rows);
    assert_value(dv_buf_cstr(&sql), here);
    dv_buf_release(&sql);
    dv_row_hash_release(&sum.hash);
    dv_loaded_step_release(&step);
    dv_pg_close(pg);
}

#define TYPED_COLUMNS                                                                                        \
    "id bigint, t text, v varchar(40), c bpchar, n numeric, m numeric, i integer, b boolean, d date, "       \
    "s timestamp, z timestamptz, u uuid, y bytea, f float8, j jsonb, a integer[]"
#define TYPED_ROWS(more)                                                                                     \
    "SELECT g AS id, CASE g % 4 WHEN 0 THEN '' WHEN 1 THEN NULL WHEN 2 THEN 'a, \"b\" (c)\\d' || g ELSE "    \
    "'é' || g || E'\\n' END AS t, 'v' || g AS v, 'c' || g % 7 AS c, g / 3.0 AS n, g::numeric AS m, g::int " \
    "AS i, g % 2 = 0 AS b, '2020-01-01'::date + g::int AS d, '2020-01-01'::timestamp + g * interval '1.5 "   \
    "s' AS s, '2020-01-01 UTC'::timestamptz + g * interval '1 s' AS z, md5(g::text)::uuid AS u, "            \
    "decode(md5(g::text), 'hex') AS y, g / 7.0::float8 AS f, jsonb_build_object('b', g, 'a', '1.0') AS j, "  \
    "ARRAY[g, NULL, 2]::int[] AS a FROM generate_series(1, " more ") x, (SELECT %u AS p) p, "                \
    "LATERAL (SELECT p * " more " + x AS g) y"

static const char typed_table[] =
    "CREATE TABLE typed (id bigint NOT NULL, t text, v varchar(40), c char(8), n numeric, m numeric(12,2), i "
    "int, b boolean, d date, s timestamp, z timestamptz, u uuid, y bytea, f float8, j jsonb, a int[])";

/* What is done to the loaded table, and how the check names it. */
static const struct {
    const char *change, *samples;
} changes[] = {
    {"UPDATE typed SET t = 'x' WHERE id = 8", "id,difference,wanted,found\n8,t,\"\",x\n"},
    {"UPDATE typed SET t = NULL WHERE id = 8", "id,difference,wanted,found\n8,t,\"\",\n"},
    {"UPDATE typed SET t = '' WHERE id = 9", "id,difference,wanted,found\n9,t,,\"\"\n"},
    {"UPDATE typed SET v = v || ' ' WHERE id = 8", "id,difference,wanted,found\n8,v,v8,v8 \n"},
    {"UPDATE typed SET c = 'other' WHERE id = 8", "id,difference,wanted,found\n8,c,c1,other\n"},
    {"UPDATE typed SET n = trim_scale(n) WHERE id = 9",
     "id,difference,wanted,found\n9,n,3.0000000000000000,3\n"},
    {"UPDATE typed SET m = m + 0.01 WHERE id = 8", "id,difference,wanted,found\n8,m,8.00,8.01\n"},
    {"UPDATE typed SET i = -i WHERE id = 8", "id,difference,wanted,found\n8,i,8,-8\n"},
    {"UPDATE typed SET b = NOT b WHERE id = 8", "id,difference,wanted,found\n8,b,true,false\n"},
    {"UPDATE typed SET d = d - 1 WHERE id = 8", "id,difference,wanted,found\n8,d,2020-01-09,2020-01-08\n"},
    {"UPDATE typed SET s = s + interval '1 us' WHERE id = 8",
     "id,difference,wanted,found\n8,s,2020-01-01 00:00:12,2020-01-01 00:00:12.000001\n"},
    {"UPDATE typed SET z = z + interval '1 hour' WHERE id = 8",
     "id,difference,wanted,found\n8,z,2020-01-01 00:00:08+00,2020-01-01 01:00:08+00\n"},
    {"UPDATE typed SET u = NULL WHERE id = 8",
     "id,difference,wanted,found\n8,u,c9f0f895-fb98-ab91-59f5-1fd0297e236d,\n"},
    {"UPDATE typed SET y = '\\x00' WHERE id = 8",
     "id,difference,wanted,found\n8,y,\\xc9f0f895fb98ab9159f51fd0297e236d,\\x00\n"},
    {"UPDATE typed SET f = f + 2e-16 WHERE id = 8",
     "id,difference,wanted,found\n8,f,1.1428571428571428,1.142857142857143\n"},
    {"UPDATE typed SET j = j || '{\"a\": 1.0}' WHERE id = 8",
     "id,difference,wanted,found\n8,j,\"{\"\"a\"\": \"\"1.0\"\", \"\"b\"\": 8}\",\"{\"\"a\"\": 1.0, "
     "\"\"b\"\": 8}\"\n"},
    {"UPDATE typed SET a = '{8,NULL,3}' WHERE id = 8",
     "id,difference,wanted,found\n8,a,\"{8,NULL,2}\",\"{8,NULL,3}\"\n"},
    {"UPDATE typed x SET i = y.i FROM typed y WHERE (x.id, y.id) IN ((8, 9), (9, 8))",
     "id,difference,wanted,found\n8,i,8,9\n9,i,9,8\n"},
    {"UPDATE typed x SET i = y.i, v = y.v FROM typed y WHERE (x.id, y.id) IN ((8, 9), (9, 8))",
     "id,difference,wanted,found\n8,v,v8,v9\n8,i,8,9\n9,v,v9,v8\n9,i,9,8\n"},
    {"DELETE FROM typed WHERE id = 8", "id,difference,wanted,found\n8,row missing,,\n"},
    {"UPDATE typed SET id = -8 WHERE id = 8", "id,difference,wanted,found\n8,row missing,,\n"},
};

static bool full(void)
{
    const char *value = getenv("DROVER_TEST_FULL");
    return value != NULL && *value != '\0';
}

static void load_typed(struct run *run, const char *id, const char *rows)
{
    test_sql("DROP TABLE IF EXISTS typed, typed_copy");
    test_sql(typed_table);
    run_new(run, id);
    run_step(run, "typed", "typed", "insert_new", TYPED_COLUMNS, 2, rows);
    load(run);
    test_sql("ALTER TABLE typed ADD PRIMARY KEY (id); CREATE TABLE typed_copy AS TABLE typed");
}

static void every_change_is_named(void **state)
{
    struct run run;
    struct dv_verification all;
    (void)state;
    load_typed(&run, "typed", full() ? TYPED_ROWS("50000") : TYPED_ROWS("5000"));
    expect_same_sum(&run);
    verify(&run, &all);
    for (unsigned i = 0; i < all.count; i++)
        if (!all.checks[i].passed)
            fail_msg("%s: %s", all.checks[i].name, all.checks[i].samples);
    assert_string_equal(find(&all, "columns typed")->samples,
                        full() ? "100000 rows, 16 columns: as in the stage files"
                               : "10000 rows, 16 columns: as in the stage files");
    dv_verification_release(&all);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        test_sql(changes[i].change);
        expect(&run, "columns typed", changes[i].samples);
        test_sql(
            "DELETE FROM typed WHERE id IN (-8, 8, 9); INSERT INTO typed SELECT * FROM typed_copy WHERE id "
            "IN (8, 9)");
    }
    expect(&run, "columns typed", NULL);
    test_sql("INSERT INTO typed (id, t) VALUES (-1, 'stranger')");
    verify(&run, &all);
    assert_true(all.passed); /* a warning: tables may be live already */
    assert_true(find(&all, "columns typed")->passed);
    assert_false(find(&all, "added typed")->passed);
    assert_true(find(&all, "added typed")->warning);
    assert_string_equal(find(&all, "added typed")->samples, "id,difference\n-1,row added\n");
    dv_verification_release(&all);
    /* As many rows as were loaded, but not the same. */
    test_sql("DELETE FROM typed WHERE id = 100");
    expect(&run, "added typed", "id,difference\n-1,row added\n");
    run_end(&run);
}

static void few_among_many(void **state)
{
    struct run run;
    struct dv_verification all;
    (void)state;
    load_typed(&run, "many", full() ? TYPED_ROWS("500000") : TYPED_ROWS("50000"));
    expect(&run, "columns typed", NULL);
    test_sql("UPDATE typed SET t = NULL WHERE id = 40000; UPDATE typed SET f = -f WHERE id = 99999;"
             "DELETE FROM typed WHERE id = 51234; INSERT INTO typed (id) VALUES (0);"
             "UPDATE typed x SET u = y.u FROM typed y WHERE (x.id, y.id) IN ((7, 77777), (77777, 7))");
    verify(&run, &all);
    assert_int_equal(find(&all, "columns typed")->violations, 5);
    assert_string_equal(find(&all, "columns typed")->samples,
                        "id,difference,wanted,found\n"
                        "7,u,8f14e45f-ceea-167a-5a36-dedd4bea2543,22a4d9b0-4fe9-5c98-93b4-1e2fde83a427\n"
                        "40000,t,\"\",\n"
                        "51234,row missing,,\n"
                        "77777,u,22a4d9b0-4fe9-5c98-93b4-1e2fde83a427,8f14e45f-ceea-167a-5a36-dedd4bea2543\n"
                        "99999,f,14285.57142857143,-14285.57142857143\n");
    assert_string_equal(find(&all, "added typed")->samples, "id,difference\n0,row added\n");
    dv_verification_release(&all);
    run_end(&run);
}

/* Values whose text in the file is not as the table prints them, and are the same all the same. */
static void other_spellings_are_no_difference(void **state)
{
    struct run run;
    (void)state;
    test_sql(
        "CREATE TABLE spelled (id int NOT NULL, n numeric(12,1), f float4, d timestamptz, s varchar(20), j "
        "jsonb, c char(9), b boolean)");
    run_new(&run, "spelled");
    run_step(
        &run, "spelled", "spelled", "upsert",
        "id text, n text, f text, d text, s text, j text, c text, b text", 2,
        "SELECT ' 0' || (g + 10000 * %u) || ' ', g * 0.125, g::text || 'e-3', '2020-01-01 0' || g % 10 || "
        "':00:00+02', 's' || g, '{\"b\":' || g || ', \"a\" : 1}', 'c' || g, CASE WHEN g % 2 = 0 THEN 'yes' "
        "ELSE 'off' END FROM generate_series(1, 1000) g");
    load(&run);
    test_sql("ALTER TABLE spelled ADD PRIMARY KEY (id)");
    expect(&run, "columns spelled", NULL);
    expect(&run, "added spelled", NULL);
    test_sql("UPDATE spelled SET n = n + 0.1 WHERE id = 10700");
    expect(&run, "columns spelled", "id,difference,wanted,found\n10700,n,87.5,87.6\n");
    test_sql("UPDATE spelled SET n = n - 0.1 WHERE id = 10700; INSERT INTO spelled VALUES (5000)");
    expect(&run, "added spelled", "id,difference\n5000,row added\n");
    run_end(&run);
}

/* Rows that were there: of insert_new only the inserted ones count, of upsert and update all. */
static void modes_mean_what_they_mean(void **state)
{
    static const char rows[] =
        "SELECT g, 'new' || g, g % 3 FROM generate_series(1, 100) g, (SELECT %u AS p) p WHERE g / 51 = p";
    static const char *const modes[] = {"insert_new", "upsert", "update"};
    char sql[256], table[32], name[32];
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct run run;
        (void)snprintf(table, sizeof table, "mode_%s", modes[i]);
        (void)snprintf(
            sql, sizeof sql,
            "CREATE TABLE %s (id int PRIMARY KEY, name text CHECK (name <> 'new7'), size int, own int); "
            "INSERT INTO %s SELECT g, 'old', 7, 1 FROM generate_series(90, 120) g",
            table, table);
        test_sql(sql);
        run_new(&run, table);
        run_step(&run, modes[i], table, modes[i], "id integer, name text, size integer", 2, rows);
        load(&run);
        (void)snprintf(name, sizeof name, "columns %s", modes[i]);
        expect(&run, name, NULL);
        (void)snprintf(sql, sizeof sql,
                       "UPDATE mode_%s SET own = 5; UPDATE mode_%s SET size = 99 WHERE id IN (40, "
                       "95, 110)",
                       modes[i], modes[i]);
        test_sql(sql);
        expect(&run, name,
               i == 0   ? "id,difference,wanted,found\n40,size,1,99\n"
               : i == 1 ? "id,difference,wanted,found\n40,size,1,99\n95,size,2,99\n"
                        : "id,difference,wanted,found\n95,size,2,99\n");
        run_end(&run);
    }
}

/* Nearly all rows updated, so that sums are compared; the strays spoil chunks of rows that are right. */
static void updates_of_nearly_all(void **state)
{
    static const char rows[] = "SELECT g + 5000 * p, 'new' || g, NULLIF(g % 3, 0)::numeric / 2 FROM "
                               "generate_series(1, 5000) g, (SELECT %u AS p) p";
    static const char *const modes[] = {"upsert", "update"};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct run run;
        struct dv_verification all;
        test_sql("DROP TABLE IF EXISTS nearly; CREATE TABLE nearly (id int PRIMARY KEY, name text, half "
                 "numeric, own int); INSERT INTO nearly SELECT g, 'old', 7 FROM generate_series(0, 10100) g");
        run_new(&run, modes[i]);
        run_step(&run, modes[i], "nearly", modes[i], "id integer, name text, half numeric", 2, rows);
        load(&run);
        test_sql("UPDATE nearly SET own = 5; ANALYZE nearly");
        verify(&run, &all);
        char name[32];
        (void)snprintf(name, sizeof name, "columns %s", modes[i]);
        assert_string_equal(find(&all, name)->samples, "10000 rows, 3 columns: as in the stage files");
        dv_verification_release(&all);
        test_sql("UPDATE nearly SET half = 0.50 WHERE id = 1; UPDATE nearly SET half = 0 WHERE id = 3;"
                 "UPDATE nearly SET name = NULL WHERE id = 7777; DELETE FROM nearly WHERE id = 9999;"
                 "UPDATE nearly SET half = 1, name = 'stray' WHERE id IN (0, 10100)");
        expect(&run, name, "id,difference,wanted,found\n3,half,,0\n7777,name,new2777,\n9999,row missing,,\n");
        test_sql("DELETE FROM nearly; ANALYZE nearly");
        verify(&run, &all);
        assert_int_equal(find(&all, name)->violations, 10000);
        dv_verification_release(&all);
        run_end(&run);
    }
}

/* Of two rows with one key insert_new takes the first; an upsert of several parts has the last word. */
static void keys_that_come_twice(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE twice (id int PRIMARY KEY, name text); INSERT INTO twice VALUES (1, 'there')");
    run_new(&run, "twice");
    run.context.workers = 1; /* part 0 comes first */
    run_step(&run, "twice", "twice", "insert_new", "id integer, name text", 2,
             "SELECT g / 2, 'g' || g + %u FROM generate_series(1, 20) g");
    load(&run);
    expect(&run, "columns twice", NULL);
    test_sql("UPDATE twice SET name = 'other' WHERE id IN (1, 5)");
    expect(&run, "columns twice", "id,difference,wanted,found\n5,name,g10,other\n");
    run_end(&run);
    test_sql("CREATE TABLE last (id int PRIMARY KEY, name text); INSERT INTO last VALUES (1, 'there')");
    run_new(&run, "last");
    run.context.workers = 1;
    run_step(&run, "last", "last", "upsert", "id integer, name text", 3,
             "SELECT g, 'p' || %u FROM generate_series(1, 20) g");
    load(&run);
    expect(&run, "columns last", NULL);
    test_sql("UPDATE last SET name = 'p1' WHERE id = 4");
    expect(&run, "columns last", "id,difference,wanted,found\n4,name,p2,p1\n");
    run_end(&run);
}

/* Two steps of a run on one table are no false alarm, whether they share columns or not. */
static void steps_on_one_table(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE shared (id int PRIMARY KEY, name text, owner text, note text)");
    run_new(&run, "shared");
    run_step(&run, "first", "shared", "insert_new", "id integer, name text, note text", 2,
             "SELECT g + 100 * %u, 'first', 'n' FROM generate_series(1, 100) g");
    run_step(&run, "owners", "shared", "update", "id integer, owner text", 1,
             "SELECT g, 'o' || g FROM generate_series(1 + %u, 50) g");
    run_step(&run, "renamed", "shared", "update", "id integer, name text", 1,
             "SELECT g, CASE WHEN g > 20 THEN 'second' ELSE 'first' END FROM generate_series(11 + %u, 30) g");
    load(&run);
    static const char *const names[] = {"columns first", "columns owners", "columns renamed", "added first"};
    for (unsigned i = 0; i < 4; i++)
        expect(&run, names[i], NULL);
    test_sql(
        "UPDATE shared SET name = 'edited' WHERE id IN (5, 25); UPDATE shared SET note = 'm' WHERE id = 26");
    expect(&run, "columns first", "id,difference,wanted,found\n5,name,first,edited\n26,note,n,m\n");
    expect(&run, "columns renamed", "id,difference,wanted,found\n25,name,second,edited\n");
    run_end(&run);
}

/* A step without a key: rows are a bag, in a table of its own and in one that had rows; a column that a later
 * step writes is left to that. */
static void rows_without_a_key(void **state)
{
    struct run run;
    (void)state;
    test_sql("CREATE TABLE bag (name text, half numeric, doc json); CREATE TABLE bags (LIKE bag); "
             "INSERT INTO bags VALUES ('there', 1, NULL), ('n1', 0.5, '{\"n\": 1}')");
    test_sql("ALTER TABLE bags ADD id serial UNIQUE, ADD owner text");
    static const char rows[] =
        "SELECT 'n' || g / 2, NULLIF(g % 2, 0)::numeric / 2, '{\"n\": ' || g / 2 || '}' "
        "FROM generate_series(2 + 2000 * %u, 2001) g";
    run_new(&run, "bag");
    run_step(&run, "alone", "bag", "insert", "name text, half numeric, doc text", 1, rows)->key_count = 0;
    run_step(&run, "among", "bags", "insert", "name text, half numeric, doc text", 1, rows)->key_count = 0;
    run_step(&run, "named", "bags", "update", "id integer, name text", 1,
             "SELECT g, 'late' FROM generate_series(5, 6 + %u) g");
    load(&run);
    static const char *const names[] = {"columns alone", "added alone", "columns among"};
    for (unsigned i = 0; i < 3; i++)
        expect(&run, names[i], NULL);
    test_sql("INSERT INTO bag SELECT * FROM bag WHERE name = 'n8' AND half = 0.5");
    expect(&run, "columns alone", NULL);
    expect(&run, "added alone",
           "name,half,doc,difference\nn8,0.50000000000000000000,\"{\"\"n\"\": 8}\",row added\n");
    test_sql(
        "UPDATE bag SET half = NULL WHERE name = 'n9'; UPDATE bags SET half = 9 WHERE name = 'n9' AND half "
        "IS NULL; DELETE FROM bags WHERE half = 0.5 AND name = 'n1'; UPDATE bags SET name = 'x', owner = "
        "'o'");
    expect(&run, "columns alone",
           "name,half,doc,difference\nn9,0.50000000000000000000,\"{\"\"n\"\": 9}\",row missing\n");
    expect(&run, "columns among",
           "half,doc,difference\n0.50000000000000000000,\"{\"\"n\"\": 1}\",row missing\n,\"{\"\"n\"\": "
           "9}\",row missing\n");
    run_end(&run);
}

/* Keys of several columns, refused rows, a renamed column. */
static void keys_of_several_columns(void **state)
{
    static const char *const key[] = {"a", "B c"};
    static const char *const from[] = {"x", "y", "z"}, *const to[] = {"a", "B c", "value"};
    struct run run;
    (void)state;
    test_sql("CREATE TABLE pairs (a int NOT NULL, \"B c\" text NOT NULL, value int CHECK (value <> 77))");
    run_new(&run, "pairs");
    struct dv_load_spec *spec =
        run_step(&run, "pairs", "pairs", "insert_new", "z integer, x integer, y text", 2,
                 "SELECT g, g / 10 + 100 * %u, 'k(' || g % 10 FROM "
                 "generate_series(0, 199) g");
    spec->key = key;
    spec->key_count = 2;
    spec->from = from;
    spec->to = to;
    spec->column_count = 3;
    load(&run);
    assert_int_equal(run.counts[0].rejected, 2);
    expect(&run, "columns pairs", NULL);
    expect(&run, "added pairs", NULL);
    test_sql(
        "UPDATE pairs SET value = 1000 WHERE value = 5 AND a < 100; INSERT INTO pairs VALUES (7, 'k(7', 0)");
    expect(&run, "columns pairs", "a,B c,difference,wanted,found\n0,k(5,value,5,1000\n");
    expect(&run, "added pairs", "a,B c,difference\n7,k(7,row added\n");
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_the_servers),
        cmocka_unit_test(every_change_is_named),
        cmocka_unit_test(few_among_many),
        cmocka_unit_test(other_spellings_are_no_difference),
        cmocka_unit_test(modes_mean_what_they_mean),
        cmocka_unit_test(updates_of_nearly_all),
        cmocka_unit_test(keys_that_come_twice),
        cmocka_unit_test(steps_on_one_table),
        cmocka_unit_test(rows_without_a_key),
        cmocka_unit_test(keys_of_several_columns),
    };
    return cmocka_run_group_tests(tests, test_job_start, test_job_stop);
}
