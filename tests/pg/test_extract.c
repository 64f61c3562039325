#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include "core/alloc.h"
#include "core/manifest.h"
#include "core/progress.h"
#include "core/stage_reader.h"
#include "core/stop.h"
#include "extract/extract.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dv_extract_spec spec_of(const char *name, const char *table)
{
    return (struct dv_extract_spec){.name = name, .source_uri = test_url(), .table = table};
}

static enum dv_status extract(const char *run, const struct dv_extract_spec *specs, unsigned count,
                              unsigned workers, bool per_part, struct dv_err *err)
{
    char *dir = test_path(run);
    struct dv_context context = {
        .job = "test", .run_id = "r", .run_dir = dir, .workers = workers, .memory = 1 << 26};
    enum dv_status status = dv_extract_run(&context, specs, count, per_part, err);
    dv_free(dir);
    return status;
}

static void extract_ok(const char *run, const struct dv_extract_spec *specs, unsigned count, unsigned workers)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(extract(run, specs, count, workers, false, &err), &err);
}

static char *dataset_path(const char *run, const char *name)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/extract/%s", run, name);
    return test_path(path);
}

static struct dv_dataset_manifest manifest_of(const char *run, const char *name)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_dataset_manifest manifest = {0};
    char *dir = dataset_path(run, name);
    test_ok(dv_dataset_manifest_read(dir, &manifest, &err), &err);
    dv_free(dir);
    return manifest;
}

/* All rows of the dataset, part after part. */
static void read_rows(const char *run, const char *name, struct dv_buf *out)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_dataset_manifest manifest = manifest_of(run, name);
    char *dir = dataset_path(run, name);
    for (uint32_t part = 0; part < manifest.part_count; part++) {
        struct dv_stage_reader *reader = NULL;
        struct dv_stage_block block;
        test_ok(dv_stage_verify_part(dir, part, &err), &err);
        test_ok(dv_stage_reader_open(&reader, dir, part, &err), &err);
        enum dv_status status;
        while ((status = dv_stage_reader_block(reader, &block, &err)) == DV_OK)
            dv_buf_append(out, block.data, block.length);
        test_ok(status, &err);
        dv_stage_reader_close(reader);
    }
    dv_dataset_manifest_release(&manifest);
    dv_free(dir);
}

static void server_rows(const char *query, struct dv_buf *out)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    char *sql = dv_asprintf("COPY (%s) TO STDOUT (FORMAT csv)", query);
    const char *data;
    size_t length;
    test_ok(dv_pg_copy_out_begin(pg, sql, &err), &err);
    enum dv_status status;
    while ((status = dv_pg_copy_out_data(pg, &data, &length, &err)) == DV_OK)
        dv_buf_append(out, data, length);
    test_ok(status, &err);
    dv_free(sql);
    dv_pg_close(pg);
}

/* The dataset holds exactly what the query gives, in its order. */
static void expect_rows(const char *run, const char *name, const char *query)
{
    struct dv_buf found = {0}, wanted = {0};
    read_rows(run, name, &found);
    server_rows(query, &wanted);
    assert_int_equal(found.len, wanted.len);
    if (found.len > 0)
        assert_memory_equal(found.data, wanted.data, found.len);
    dv_buf_release(&found);
    dv_buf_release(&wanted);
}

/* A value that changes on its way is a customer's amount, date or name that is wrong. */
static void every_type(void **state)
{
    (void)state;
    test_sql(
        "CREATE TYPE mood AS ENUM ('sad', 'it''s, \"fine\"'); CREATE TYPE pair AS (a int, b text);"
        "CREATE DOMAIN cents AS bigint CHECK (value >= 0); CREATE DOMAIN price AS numeric(12,2);"
        "CREATE DOMAIN net_price AS price; CREATE TYPE floats AS RANGE (subtype = float8);"
        "CREATE TABLE every (id serial PRIMARY KEY, b bool, i2 int2, i8 int8, n numeric, n2 numeric(10,3), "
        "f4 float4,"
        " f8 float8, t text, v varchar(20), c char(5), u uuid, d date, ti time, tz timetz, ts timestamp(3),"
        " tstz timestamptz, iv interval, j json, jb jsonb, by bytea, ia int[], ta text[], m mood, ma mood[], "
        "p pair,"
        " ce cents, np net_price, ip inet, mac macaddr, x xml, r floats, ir int4range, bi bit(3), vb varbit,"
        " mo money, pt point, o oid, tv tsvector, nm name, ch \"char\","
        " g int GENERATED ALWAYS AS (id * 2) STORED, \"Mixed \"\"Case\" text);"
        "INSERT INTO every (b) VALUES (NULL);"
        "INSERT INTO every (t, v, ta, \"Mixed \"\"Case\") VALUES ('', '', '{}', E'\\\\.'),"
        " (E'a,b\\n\"c\"\\r\\n\\td\\n\\\\.\\n', 'ümlaut', '{NULL,\"\",\"a,b\",\"\\\"\"}', 'İstanbul 😀');"
        "INSERT INTO every (i2, i8, n, n2, f4, f8, d, ts, tstz, iv, ti, tz) VALUES"
        " (-32768, -9223372036854775808, 'NaN', -1234567.891, '-Infinity', 'NaN', '4713-01-01 BC', "
        "'-infinity',"
        " 'infinity', '-178000000 years', '24:00:00', '23:59:59.999999-15:59'),"
        " (32767, 9223372036854775807, '-Infinity', 0.0005, 1e-45, 1.7976931348623157e308, '5874897-12-31',"
        " '294276-12-31 23:59:59.999', '4713-01-02 00:00:00+00 BC', '1 mon -1 day +00:00:00.000001', "
        "'00:00', '00:00+0'),"
        " (0, 0, (repeat('9', 5000) || '.' || repeat('1', 3000))::numeric, NULL, '-0', '-0', 'infinity',"
        " '0001-01-01 00:00:00 BC', '2024-03-31 01:30:00+01', '0', '12:34:56.5', NULL);"
        "INSERT INTO every (b, c, u, j, jb, by, ia, m, ma, p, ce, np, ip, mac, x, r, ir, bi, vb, mo, pt, o, "
        "tv, nm, ch)"
        " VALUES (true, 'ab', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', E'{\"b\":1,  \"a\":\\n2, \"a\":3}',"
        " '{\"b\":1.50,  \"a\":[null,\"\\u20ac\"]}', '\\x00ff0a22', '{{1,2},{3,NULL}}', 'it''s, \"fine\"', "
        "'{sad,NULL}',"
        " '(1,\"a,b\")', 5, 1.5, '::1/128', '08:00:2b:01:02:03', '<a b=\"c\">d</a>', '[1.5,2.5)', '(,5)', "
        "'101', '1',"
        " '-1234.5', '(1.5,-2)', 4294967295, 'a:1 fat:2A', 'some name', 'x')");
    struct dv_extract_spec spec = spec_of("every", "every");
    extract_ok("types", &spec, 1, 2);
    expect_rows("types", "every", "SELECT * FROM every ORDER BY ctid");
    struct dv_dataset_manifest manifest = manifest_of("types", "every");
    struct dv_buf types = {0};
    for (unsigned i = 0; i < manifest.column_count; i++) {
        dv_buf_str(&types, i == 0 ? "" : "|");
        dv_type_format(&manifest.columns[i].type, &types);
    }
    assert_string_equal(
        dv_buf_cstr(&types),
        "integer|boolean|smallint|bigint|numeric|numeric(10,3)|real|double precision|text|character "
        "varying(20)|"
        "character(5)|uuid|date|time without time zone|time with time zone|timestamp(3) without time zone|"
        "timestamp with time "
        "zone|interval|json|jsonb|bytea|integer[]|text[]|mood|mood[]|pair|bigint|numeric(12,2)|inet|"
        "macaddr|xml|floats|int4range|bit(3)|bit "
        "varying|money|point|oid|tsvector|name|\"char\"|integer|text");
    assert_string_equal(manifest.columns[manifest.column_count - 1].name, "Mixed \"Case");
    dv_buf_release(&types);
    dv_dataset_manifest_release(&manifest);
}

static void make_shapes(void)
{
    /* few rows a page, so that a table of three parts is made quickly */
    test_sql(
        "CREATE TABLE large (id int, note text, filler text) WITH (fillfactor = 10);"
        "ALTER TABLE large ALTER filler SET STORAGE PLAIN;"
        "INSERT INTO large SELECT g, 'n' || g, repeat('x', 700) FROM generate_series(1, 20000) g;"
        "DELETE FROM large WHERE id % 3 = 0 OR id BETWEEN 8000 AND 9000; UPDATE large SET note = 'again' "
        "WHERE id % 50 = 1;"
        "CREATE TABLE empty (a int, b text);"
        "CREATE TABLE emptied AS SELECT g FROM generate_series(1, 1000) g; DELETE FROM emptied;"
        "CREATE TABLE one_column (a text); INSERT INTO one_column VALUES (NULL), (''), ('\\.'), ('x');"
        "CREATE TABLE parted (id int, region text) PARTITION BY LIST (region);"
        "CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('n') PARTITION BY RANGE (id);"
        "CREATE TABLE a_north_high PARTITION OF parted_north FOR VALUES FROM (100) TO (MAXVALUE);"
        "CREATE TABLE b_north_low PARTITION OF parted_north FOR VALUES FROM (MINVALUE) TO (100);"
        "CREATE TABLE c_other (region text, id int); ALTER TABLE parted ATTACH PARTITION c_other DEFAULT;"
        "INSERT INTO parted SELECT g, (ARRAY['n','s','e'])[g % 3 + 1] FROM generate_series(1, 300) g;"
        "CREATE TABLE hollow (id int) PARTITION BY HASH (id);"
        "CREATE TABLE parent (id int); CREATE TABLE \"Child\" (extra text) INHERITS (parent);"
        "INSERT INTO parent VALUES (1); INSERT INTO \"Child\" VALUES (2, 'x');"
        "CREATE VIEW seen AS SELECT id, upper(note) AS loud FROM large WHERE id < 100 ORDER BY id DESC;"
        "CREATE MATERIALIZED VIEW kept AS SELECT id FROM large WHERE id < 50");
}

/* Every row exactly once: a lost one is a lost customer, a double one a double payment. */
static void every_shape(void **state)
{
    (void)state;
    make_shapes();
    struct dv_extract_spec specs[] = {
        spec_of("large", "public.large"),    spec_of("empty", "empty"),   spec_of("emptied", "emptied"),
        spec_of("one_column", "one_column"), spec_of("parted", "parted"), spec_of("hollow", "hollow"),
        spec_of("parent", "parent"),         spec_of("seen", "seen"),     spec_of("kept", "kept"),
    };
    extract_ok("shapes", specs, sizeof specs / sizeof specs[0], 2);
    expect_rows("shapes", "large", "SELECT * FROM large ORDER BY ctid");
    expect_rows("shapes", "empty", "SELECT * FROM empty");
    expect_rows("shapes", "emptied", "SELECT * FROM emptied");
    expect_rows("shapes", "one_column", "SELECT * FROM one_column ORDER BY ctid");
    expect_rows("shapes", "parted",
                "SELECT id, region FROM parted ORDER BY tableoid::regclass::text COLLATE \"C\", ctid");
    expect_rows("shapes", "hollow", "SELECT * FROM hollow");
    expect_rows("shapes", "parent", "SELECT id FROM parent ORDER BY id");
    expect_rows("shapes", "seen", "SELECT * FROM seen");
    expect_rows("shapes", "kept", "SELECT * FROM kept ORDER BY ctid");
    struct dv_dataset_manifest manifest = manifest_of("shapes", "large");
    assert_true(manifest.part_count >= 3);
    dv_dataset_manifest_release(&manifest);
}

static void expect_same_files(const char *run, const char *other, const char *name)
{
    struct dv_dataset_manifest a = manifest_of(run, name), b = manifest_of(other, name);
    assert_int_equal(a.part_count, b.part_count);
    for (uint32_t part = 0; part < a.part_count; part++)
        assert_string_equal(a.part_sha256[part], b.part_sha256[part]);
    dv_dataset_manifest_release(&a);
    dv_dataset_manifest_release(&b);
}

/* Same input, same output, whatever the number of workers. */
static void workers_do_not_show(void **state)
{
    (void)state;
    struct dv_extract_spec specs[] = {spec_of("large", "large"), spec_of("parted", "parted")};
    static const char *const runs[] = {"workers1", "workers2", "workers5"};
    static const unsigned workers[] = {1, 2, 5};
    for (unsigned i = 0; i < 3; i++) {
        extract_ok(runs[i], specs, 2, workers[i]);
        expect_same_files(runs[0], runs[i], "large");
        expect_same_files(runs[0], runs[i], "parted");
    }
}

static void columns_and_condition(void **state)
{
    (void)state;
    static const char *const wanted[] = {"note", "id"};
    struct dv_extract_spec spec = spec_of("some", "large");
    test_sql("CREATE INDEX ON large (note); ANALYZE large");
    spec.columns = wanted;
    spec.column_count = 2;
    spec.where = "note > 'n5' OR large.note = 'again' -- and so on";
    extract_ok("some", &spec, 1, 2);
    expect_rows("some", "some",
                "SELECT note, id FROM large WHERE note > 'n5' OR note = 'again' ORDER BY ctid");
    struct dv_extract_spec leaf = spec_of("leaf", "parted");
    leaf.where = "parted.id > 250";
    extract_ok("some2", &leaf, 1, 1);
    expect_rows(
        "some2", "leaf",
        "SELECT id, region FROM parted WHERE id > 250 ORDER BY tableoid::regclass::text COLLATE \"C\", ctid");
    /* an index-only scan would give another order */
    static const char *const note[] = {"note"};
    spec = spec_of("note", "one_column");
    spec.columns = note;
    spec.column_count = 1;
    test_sql("CREATE TABLE narrow AS SELECT (g * 7919) % 50000 AS note, repeat('x', 200) AS wide FROM"
             " generate_series(1, 50000) g; CREATE INDEX ON narrow (note)");
    test_sql("VACUUM ANALYZE narrow");
    spec.table = "narrow";
    extract_ok("some3", &spec, 1, 1);
    expect_rows("some3", "note", "SELECT note FROM narrow ORDER BY ctid");
}

static void optional_table(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    static const char *const wanted[] = {"b", "a"};
    const struct dv_column declared[] = {{.name = "a", .type = dv_type_of(DV_TYPE_INT4)},
                                         {.name = "b", .type = dv_type_of(DV_TYPE_TEXT)}};
    struct dv_extract_spec spec = spec_of("maybe", "not_there_yet");
    spec.optional = true;
    spec.declared = declared;
    spec.declared_count = 2;
    spec.columns = wanted;
    spec.column_count = 2;
    extract_ok("optional", &spec, 1, 1);
    struct dv_dataset_manifest manifest = manifest_of("optional", "maybe");
    assert_int_equal(manifest.rows, 0);
    assert_int_equal(manifest.column_count, 2);
    assert_string_equal(manifest.columns[0].name, "b");
    assert_int_equal(manifest.columns[1].type.id, DV_TYPE_INT4);
    dv_dataset_manifest_release(&manifest);
    struct dv_column *columns = NULL;
    unsigned count = 0;
    bool absent = false;
    test_ok(dv_extract_describe(&spec, &columns, &count, NULL, &absent, &err), &err);
    assert_true(absent);
    assert_int_equal(count, 2);
    dv_free(columns);
    spec.declared_count = 1;
    assert_int_equal(extract("optional2", &spec, 1, 1, false, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_string_equal(err.column, "b");
}

/* A table of another version of the application: what it lacks is NULL, and so is said before the run, too.
 */
static void optional_table_that_lacks_a_column(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    static const char *const wanted[] = {"seen", "id", "na\"me"};
    struct dv_column declared[] = {{.name = "id", .type = dv_type_of(DV_TYPE_INT8)},
                                   {.name = "na\"me", .type = dv_type_of(DV_TYPE_TEXT)},
                                   {.name = "seen", .type = dv_type_of(DV_TYPE_TIMESTAMPTZ)}};
    test_sql("CREATE TABLE older AS SELECT g AS id FROM generate_series(1, 3) g");
    struct dv_extract_spec spec = spec_of("older", "older");
    spec.optional = true;
    spec.declared = declared;
    spec.declared_count = 3;
    spec.columns = wanted;
    spec.column_count = 3;
    struct dv_column *columns = NULL;
    unsigned count = 0;
    bool absent = true;
    test_ok(dv_extract_describe(&spec, &columns, &count, NULL, &absent, &err), &err);
    assert_false(absent);
    assert_int_equal(count, 3);
    assert_int_equal(columns[0].type.id, DV_TYPE_TIMESTAMPTZ);
    assert_int_equal(columns[1].type.id, DV_TYPE_INT4); /* the table's own, where it has the column */
    dv_free(columns);
    extract_ok("older", &spec, 1, 1);
    expect_rows("older", "older", "SELECT NULL::timestamptz, id, NULL FROM older ORDER BY ctid");
    struct dv_dataset_manifest manifest = manifest_of("older", "older");
    assert_int_equal(manifest.rows, 3);
    assert_int_equal(manifest.columns[0].type.id, DV_TYPE_TIMESTAMPTZ);
    assert_string_equal(manifest.columns[2].name, "na\"me");
    dv_dataset_manifest_release(&manifest);
    /* Without "optional" a column that is not there is a mistake. */
    spec.optional = false;
    assert_int_equal(extract("older2", &spec, 1, 1, false, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
}

static void expect_error(const struct dv_extract_spec *spec, enum dv_exit code, const char *message,
                         const char *hint)
{
    for (int run = 0; run < 2; run++) { /* check and run must say the same */
        struct dv_err err = DV_ERR_INIT;
        struct dv_column *columns = NULL;
        unsigned count = 0;
        enum dv_status status = run == 1 ? extract("errors", spec, 1, 1, false, &err)
                                         : dv_extract_describe(spec, &columns, &count, NULL, NULL, &err);
        assert_int_equal(status, DV_FAILED);
        assert_int_equal(err.code, code);
        assert_string_equal(err.stage, "extract");
        if (strstr(err.message, message) == NULL || strstr(err.hint, hint) == NULL)
            fail_msg("\"%s\" / \"%s\"", err.message, err.hint);
    }
}

/* The message is all that somebody has at night. */
static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const char *const wanted[] = {"id", "nte"};
    struct dv_extract_spec spec = spec_of("x", "public.larg");
    expect_error(&spec, DV_EXIT_FAULT, "no table public.larg", "did you mean public.large?");
    spec.table = "nowhere.large";
    expect_error(&spec, DV_EXIT_FAULT, "no table nowhere.large", "did you mean public.large?");
    spec.table = "large";
    spec.columns = wanted;
    spec.column_count = 2;
    expect_error(&spec, DV_EXIT_FAULT, "no column nte", "did you mean note? there is: id, note, filler");
    spec = spec_of("x", "large; DROP TABLE large");
    expect_error(&spec, DV_EXIT_USAGE, "not the name of a table", "schema.table");
    spec = spec_of("x", "every_id_seq");
    expect_error(&spec, DV_EXIT_FAULT, "not a table", "");
    spec = spec_of("x", "large");
    spec.where = "not_a_column = 1";
    expect_error(&spec, DV_EXIT_FAULT, "not_a_column", "the job's condition");
    spec.source_uri = "mysql://ann:s3cret@h/d";
    expect_error(&spec, DV_EXIT_USAGE, "no kind of source for \"mysql://ann@h/d\"", "postgres://");
    spec.source_uri = "nonsense:/tmp/x";
    expect_error(&spec, DV_EXIT_USAGE, "no kind of source", "postgres://");
    test_sql("CREATE ROLE poor LOGIN; GRANT SELECT (id) ON large TO poor; GRANT SELECT ON empty TO poor");
    char *poor = dv_asprintf("%s user=poor", test_url());
    spec = spec_of("x", "large");
    spec.source_uri = poor;
    expect_error(&spec, DV_EXIT_FAULT, "permission denied", "privilege");
    spec.columns = wanted;
    spec.column_count = 1; /* the right to the column is enough */
    extract_ok("poor", &spec, 1, 1);
    expect_rows("poor", "x", "SELECT id FROM large ORDER BY ctid");
    test_sql("GRANT SELECT ON parted TO poor"); /* and not on its partitions */
    spec = spec_of("y", "parted");
    spec.source_uri = poor;
    extract_ok("poor", &spec, 1, 1);
    expect_rows("poor", "y", "SELECT * FROM parted");
    dv_free(poor);
}

static void describing(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_extract_spec spec = spec_of("large", "large");
    struct dv_column *columns = NULL;
    unsigned count = 0;
    uint64_t rows = 0;
    bool absent = true;
    test_sql("ANALYZE large");
    test_ok(dv_extract_describe(&spec, &columns, &count, &rows, &absent, &err), &err);
    assert_false(absent);
    assert_int_equal(count, 3);
    assert_string_equal(columns[1].name, "note");
    assert_true(rows > 10000 && rows < 16000);
    dv_free(columns);
    struct dv_buf before = {0}, same = {0}, after = {0};
    test_ok(dv_extract_identity(&spec, 1, &before, &err), &err);
    test_ok(dv_extract_identity(&spec, 1, &same, &err), &err);
    test_sql("ALTER TABLE large ADD added int");
    test_ok(dv_extract_identity(&spec, 1, &after, &err), &err);
    test_sql("ALTER TABLE large DROP added");
    assert_string_equal(dv_buf_cstr(&before), dv_buf_cstr(&same));
    assert_string_not_equal(dv_buf_cstr(&before), dv_buf_cstr(&after));
    dv_buf_release(&before);
    dv_buf_release(&same);
    dv_buf_release(&after);
}

/* "slow" takes pace.seconds a row; a view is handed out first, so another worker goes on with the rest
 * meanwhile. */
static void make_slow(void)
{
    test_sql(
        "CREATE TABLE IF NOT EXISTS pace (seconds float8); DELETE FROM pace; INSERT INTO pace VALUES (0);"
        "CREATE TABLE IF NOT EXISTS counted (id int);"
        "CREATE OR REPLACE VIEW slow AS SELECT g, (SELECT count(*) FROM counted) AS n,"
        " pg_sleep(seconds + g * 0)::text AS s FROM generate_series(1, 400) g, pace");
}

/* Runs the extract in a process of its own and kills it when `file` (below the run's folder) is there. */
static void killed_run(const char *run, const struct dv_extract_spec *specs, unsigned count, bool per_part,
                       const char *file)
{
    char *root = test_path(run), *path = dv_asprintf("%s/%s", root, file);
    pid_t child = fork();
    if (child == 0) {
        struct dv_err err = DV_ERR_INIT;
        _exit(extract(run, specs, count, 2, per_part, &err) == DV_OK ? 0 : 1);
    }
    bool there = false;
    for (int i = 0; i < 2000 && !there; i++) {
        (void)usleep(5000);
        there = access(path, F_OK) == 0;
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    assert_true(there);
    dv_free(root);
    dv_free(path);
}

/* Kill it anywhere: after the resume all datasets are of one moment again, and the files those of a run
 * undisturbed. */
static void resume_after_a_kill(void **state)
{
    (void)state;
    make_slow();
    test_sql("UPDATE pace SET seconds = 0.01");
    struct dv_extract_spec specs[] = {spec_of("slow", "slow"), spec_of("counted", "counted"),
                                      spec_of("large", "large")};
    killed_run("killed", specs, 3, false, "extract/large/dataset.json");
    test_sql("UPDATE pace SET seconds = 0; INSERT INTO counted VALUES (1)");
    extract_ok("killed", specs, 3, 2);
    extract_ok("undisturbed", specs, 3, 1);
    for (unsigned i = 0; i < 3; i++)
        expect_same_files("killed", "undisturbed", specs[i].name);
    /* what is whole is not read again */
    test_sql("INSERT INTO counted VALUES (2)");
    extract_ok("killed", specs, 3, 2);
    expect_same_files("killed", "undisturbed", "counted");
}

static ino_t inode_of(const char *run, const char *file)
{
    char *root = test_path(run), *path = dv_asprintf("%s/%s", root, file);
    struct stat is;
    assert_int_equal(stat(path, &is), 0);
    dv_free(root);
    dv_free(path);
    return is.st_ino;
}

/* Consistency by part: hours of work are kept, unless the table was rewritten under it. */
static void resume_keeps_parts(void **state)
{
    (void)state;
    make_slow();
    test_sql("UPDATE pace SET seconds = 0.01");
    struct dv_err err = DV_ERR_INIT;
    struct dv_extract_spec specs[] = {spec_of("slow", "slow"), spec_of("large", "large")};
    killed_run("parts", specs, 2, true, "extract/large/part-00001.json");
    char *dataset = dataset_path("parts", "large");
    char *whole = dv_asprintf("%s/dataset.json", dataset);
    (void)unlink(whole); /* were it quick enough to finish */
    ino_t before = inode_of("parts", "extract/large/part-00000.csv.gz");
    test_sql("UPDATE pace SET seconds = 0");
    test_ok(extract("parts", specs, 2, 2, true, &err), &err);
    assert_int_equal(inode_of("parts", "extract/large/part-00000.csv.gz"), before);
    expect_rows("parts", "large", "SELECT * FROM large ORDER BY ctid");
    assert_int_equal(unlink(whole), 0);
    test_sql("CREATE INDEX by_id ON large (id); CLUSTER large USING by_id");
    test_ok(extract("parts", specs, 2, 2, true, &err), &err);
    expect_rows("parts", "large", "SELECT * FROM large ORDER BY ctid");
    dv_free(whole);
    dv_free(dataset);
}

static void *stop_soon(void *nothing)
{
    (void)usleep(400000);
    dv_stop_request(SIGTERM);
    return nothing;
}

static void stop_flag(void **state)
{
    (void)state;
    make_slow();
    test_sql("UPDATE pace SET seconds = 0.05");
    struct dv_err err = DV_ERR_INIT;
    struct dv_extract_spec specs[] = {spec_of("slow", "slow"), spec_of("large", "large")};
    pthread_t thread;
    int64_t begin = dv_monotonic_us();
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    enum dv_status status = extract("stopped", specs, 2, 2, false, &err);
    int64_t took = dv_monotonic_us() - begin;
    pthread_join(thread, NULL);
    dv_stop_request(0);
    assert_int_equal(status, DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_STOPPED);
    assert_true(took < 3000000);
    char *leftover = test_path("stopped/extract/slow/part-00000.csv.gz.tmp");
    assert_int_not_equal(access(leftover, F_OK), 0);
    dv_free(leftover);
    test_sql("UPDATE pace SET seconds = 0");
    extract_ok("stopped", specs, 2, 2);
    expect_rows("stopped", "large", "SELECT * FROM large ORDER BY ctid");
}

/* One cut in time through all tables, whatever is written meanwhile. */
static _Atomic bool writing;

static void *write_pairs(void *nothing)
{
    struct dv_pg *pg = test_connect();
    while (writing) {
        struct dv_err err = DV_ERR_INIT;
        if (dv_pg_exec(pg,
                       "BEGIN; INSERT INTO left_side VALUES (1); INSERT INTO right_side VALUES (1); COMMIT",
                       &err) != DV_OK)
            break;
    }
    dv_pg_close(pg);
    return nothing;
}

static void one_snapshot(void **state)
{
    (void)state;
    test_sql("CREATE TABLE left_side (a int); CREATE TABLE right_side (a int)");
    struct dv_extract_spec specs[] = {spec_of("left", "left_side"), spec_of("large", "large"),
                                      spec_of("right", "right_side")};
    pthread_t thread;
    writing = true;
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, NULL), 0);
    (void)usleep(100000);
    extract_ok("snapshot", specs, 3, 1);
    writing = false;
    pthread_join(thread, NULL);
    struct dv_dataset_manifest left = manifest_of("snapshot", "left"),
                               right = manifest_of("snapshot", "right");
    assert_true(left.rows > 0);
    assert_int_equal(left.rows, right.rows);
    dv_dataset_manifest_release(&left);
    dv_dataset_manifest_release(&right);
}

static void *terminate_soon(void *who)
{
    (void)usleep(500000);
    test_sql(who);
    return NULL;
}

static void expect_survives(const char *run, char *terminate)
{
    struct dv_extract_spec specs[] = {spec_of("slow", "slow"), spec_of("large", "large")};
    pthread_t thread;
    make_slow();
    test_sql("UPDATE pace SET seconds = 0.003");
    assert_int_equal(pthread_create(&thread, NULL, terminate_soon, terminate), 0);
    extract_ok(run, specs, 2, 2);
    pthread_join(thread, NULL);
    expect_rows(run, "large", "SELECT * FROM large ORDER BY ctid");
    expect_rows(run, "slow", "SELECT * FROM slow");
    char *marker = test_value("SELECT count(*) FROM terminated");
    assert_string_not_equal(marker, "0"); /* the test did what it says */
    dv_free(marker);
}

/* A connection that breaks in the night is no reason to wake somebody. */
static void lost_worker(void **state)
{
    (void)state;
    test_sql("CREATE TABLE terminated (pid int)");
    char terminate[] =
        "INSERT INTO terminated SELECT pid FROM pg_stat_activity WHERE CASE WHEN application_name ="
        " 'drover/test/extract' AND state = 'active' THEN pg_terminate_backend(pid) ELSE false END";
    expect_survives("lost worker", terminate);
}

static void lost_everything(void **state)
{
    (void)state;
    test_sql("DELETE FROM terminated");
    char terminate[] =
        "INSERT INTO terminated SELECT pid FROM pg_stat_activity WHERE CASE WHEN application_name ="
        " 'drover/test/extract' THEN pg_terminate_backend(pid) ELSE false END";
    expect_survives("lost everything", terminate);
}

/* Stage files are UTF-8; a database without an encoding may hold anything, and must not smuggle it in. */
static void no_encoding(void **state)
{
    (void)state;
    test_sql("CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'");
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = NULL;
    char *uri = dv_asprintf("%s dbname=ascii", test_url());
    test_ok(dv_pg_open(&pg, uri, "drover/test", &err), &err);
    test_ok(dv_pg_exec(pg, "CREATE TABLE t (a text); INSERT INTO t VALUES ('gr\303\274n \360\237\230\200')",
                       &err),
            &err);
    struct dv_extract_spec spec = spec_of("t", "t");
    spec.source_uri = uri;
    extract_ok("ascii", &spec, 1, 1);
    test_ok(dv_pg_exec(pg, "INSERT INTO t VALUES (convert_from('\\x6772fc6e', 'SQL_ASCII'))", &err), &err);
    assert_int_equal(extract("ascii2", &spec, 1, 1, false, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "22021");
    assert_non_null(strstr(err.hint, "UTF-8"));
    assert_int_equal(err.row, 2);
    dv_pg_close(pg);
    dv_free(uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),
        cmocka_unit_test(every_shape),
        cmocka_unit_test(workers_do_not_show),
        cmocka_unit_test(columns_and_condition),
        cmocka_unit_test(optional_table),
        cmocka_unit_test(optional_table_that_lacks_a_column),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(describing),
        cmocka_unit_test(resume_after_a_kill),
        cmocka_unit_test(resume_keeps_parts),
        cmocka_unit_test(stop_flag),
        cmocka_unit_test(one_snapshot),
        cmocka_unit_test(lost_worker),
        cmocka_unit_test(lost_everything),
        cmocka_unit_test(no_encoding),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
