/* The look ahead: everything that would stop a run is found before it changes anything, with what to do; and
 * nothing is found where nothing is wrong. */
#include "schema_fixture.h"

#include "core/json.h"
#include "load/preflight.h"

/* The findings as lines. */
static char *text_of(const struct dv_findings *findings)
{
    struct dv_buf out = {0};
    dv_findings_format(findings, DV_FINDING_NOTE, &out);
    char *text = dv_buf_steal(&out);
    assert_non_null(text);
    return text;
}

static void assert_says(const struct dv_findings *findings, const char *expected)
{
    char *text = text_of(findings);
    if (strstr(text, expected) == NULL)
        fail_msg("found:\n%sexpected:\n%s", text, expected);
    dv_free(text);
}

static void assert_nothing(const struct dv_findings *findings)
{
    char *text = text_of(findings);
    assert_string_equal(text, "");
    dv_free(text);
}

/* On the run's first step; index steps come from job_dir. */
static enum dv_status try_look(struct run *run, struct dv_findings *findings, struct dv_err *err)
{
    struct dv_target *target;
    struct dv_schema schema;
    *findings = (struct dv_findings){0};
    test_ok(dv_target_open(&target, &run->context, test_url(), true, err), err);
    test_ok(dv_schema_read(job_dir, &schema, err), err);
    test_ok(dv_schema_status(dv_target_pg(target), "test", &schema, err), err);
    enum dv_status status =
        dv_preflight_unique(target, &run->context, run->specs, run->count, &schema, findings, err);
    dv_schema_release(&schema);
    dv_target_close(target);
    return status;
}

static void look(struct run *run, struct dv_findings *findings)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(try_look(run, findings, &err), &err);
}

#define SOME_ROWS "SELECT i, 'u' || i || '@x' FROM generate_series(1, 900) i WHERE i % 3 = %u"

static void good_rows_are_good(void **state)
{
    struct run run;
    struct dv_findings findings;
    (void)state;
    new_job("good");
    write_step("100_a.up.sql", "-- drover: phase=index\nCREATE UNIQUE INDEX ON good (email);\n"
                               "CREATE UNIQUE INDEX ON good (lower(email)) WHERE id > 0;\n");
    test_sql("CREATE TABLE good (id int, email text)");
    run_new(&run, "good-run");
    run_step(&run, "rows", "good", "insert_new", "id int, email text", 3, SOME_ROWS);
    look(&run, &findings);
    assert_nothing(&findings);
    run_end(&run);
}

static void change_sha256(const char *dir, unsigned part)
{
    struct dv_err err = DV_ERR_INIT;
    json_t *document;
    char *path = dv_asprintf("%s/part-%05u.json", dir, part);
    test_ok(dv_json_read_sealed(path, &document, &err), &err);
    char digest[DV_SHA256_HEX];
    (void)snprintf(digest, sizeof digest, "%s", json_string_value(json_object_get(document, "sha256")));
    digest[0] = digest[0] == '0' ? '1' : '0';
    assert_int_equal(json_object_set_new(document, "sha256", json_string(digest)), 0);
    test_ok(dv_json_publish_sealed(path, document, &err), &err);
    json_decref(document);
    dv_free(path);
}

/* A file of which every block is whole, but which is another one than the manifest's. In one pass and in
 * many. */
static void files_are_compared_with_their_manifests_on_the_way(void **state)
{
    static const size_t memory[] = {0, 1};
    struct run run;
    struct dv_findings findings;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    new_job("whole");
    test_sql("CREATE TABLE whole (id int, email text); CREATE TABLE keyless (id int, email text)");
    run_new(&run, "whole-run");
    run_step(&run, "rows", "whole", "insert_new", "id int, email text", 3, SOME_ROWS);
    struct dv_load_spec *keyless =
        run_step(&run, "keyless", "keyless", "insert", "id int, email text", 1, SOME_ROWS);
    keyless->key_count = 0;
    look(&run, &findings);
    assert_nothing(&findings);
    assert_true(run.specs[0].checked);
    assert_false(keyless->checked);
    change_sha256(run.dataset_dir[0], 2);
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        run.context.memory = memory[i];
        run.specs[0].checked = false;
        assert_int_equal(try_look(&run, &findings, &err), DV_FAILED);
        assert_non_null(strstr(err.message, "part-00002.csv.gz has SHA-256"));
        assert_int_equal(err.part, 2);
        assert_string_equal(err.dataset, "rows");
        assert_false(run.specs[0].checked);
        dv_findings_release(&findings);
        err = (struct dv_err)DV_ERR_INIT;
    }
    run_end(&run);
}

/* Two steps fill one table: what each holds once may be there twice. Where the later one goes by the key
 * itself, it leaves alone what the earlier one brought. */
static void steps_on_one_table_are_looked_at_together(void **state)
{
    static const char *const modes[] = {"insert", "insert_new", "upsert"};
    (void)state;
    new_job("joint");
    write_step("100_a.up.sql",
               "-- drover: phase=index\nCREATE UNIQUE INDEX joint_name ON joint (kind, name);\n"
               "ALTER TABLE joint ADD PRIMARY KEY (id);\n");
    test_sql("CREATE TABLE joint (id int, kind int, name text)");
    for (unsigned i = 0; i < 3; i++) {
        struct run run;
        struct dv_findings findings;
        run_new(&run, modes[i]);
        run_step(&run, "old", "joint", "insert_new", "id int, kind int, name text", 2,
                 "SELECT g + 100 * p, g % 5, 'n' || g + 100 * p FROM generate_series(1, 10) g, (SELECT %u AS "
                 "p) p");
        run_step(
            &run, "fresh", "joint", modes[i], "name text, id int, kind int", 1,
            "SELECT 'n' || g, CASE g WHEN 4 THEN 1 ELSE 200 + g + %u END, CASE g WHEN 3 THEN 3 ELSE 9 END "
            "FROM generate_series(1, 5) g");
        look(&run, &findings);
        assert_says(&findings,
                    "error: datasets old and fresh: 1 keys of the unique index joint_name that schema step "
                    "100_a makes (kind, name) on joint are there more than once, 1 rows too many\n"
                    "  dataset old, part 0, row 3: kind = 3, name = n3\n"
                    "  dataset fresh, part 0, row 3: kind = 3, name = n3\n");
        if (i == 0)
            assert_says(&findings,
                        "error: datasets old and fresh: 1 keys of the key of load step old (\"id\") on "
                        "joint are there more than once, 1 rows too many\n"
                        "  dataset old, part 0, row 1: id = 1\n"
                        "  dataset fresh, part 0, row 4: id = 1\n");
        assert_int_equal(findings.count, i == 0 ? 2 : 1);
        dv_findings_release(&findings);
        run_end(&run);
    }
}

/* Texts that CSV quotes, equal ones quoted or not; NULL; over parts; in one pass and in many. */
static void duplicates_are_listed_row_by_row(void **state)
{
    static const size_t memory[] = {0, (size_t)1 << 30, 1};
    (void)state;
    new_job("twice");
    write_step("100_a.up.sql",
               "-- drover: phase=index\nDO $$ BEGIN\n  ALTER TABLE twice ADD CONSTRAINT twice_name "
               "UNIQUE (name);\nEND $$;\n");
    test_sql("CREATE TABLE twice (id int, name text)");
    struct run run;
    run_new(&run, "twice-run");
    run_step(&run, "rows", "twice", "insert", "id int, name text", 3,
             "SELECT i, CASE WHEN i % 30000 = 7 THEN 'a \"b\", c' WHEN i % 1000 = 500 THEN NULL WHEN i = 12 "
             "THEN 'n13' "
             "ELSE 'n' || i END FROM generate_series(1, 90000) i WHERE i % 3 = %u");
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        struct dv_findings findings;
        struct dv_err err = DV_ERR_INIT;
        run.context.memory = memory[i];
        look(&run, &findings);
        assert_says(&findings, "error: dataset rows: 2 keys of the unique index twice_name that schema step "
                               "100_a makes (name) on "
                               "twice are there more than once, 3 rows too many\n"
                               "  dataset rows, part 0, row 4: name = n13\n"
                               "  dataset rows, part 1, row 3: name = a \"b\", c\n"
                               "  dataset rows, part 1, row 5: name = n13\n"
                               "  dataset rows, part 1, row 10003: name = a \"b\", c\n"
                               "  dataset rows, part 1, row 20003: name = a \"b\", c\n"
                               "  next: make the model's rows unique");
        assert_int_equal(findings.count, 1);
        assert_int_equal(dv_findings_fail(&findings, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_USAGE);
        dv_findings_release(&findings);
    }
    run_end(&run);
}

static void twenty_rows_and_a_count(void **state)
{
    struct run run;
    struct dv_findings findings;
    (void)state;
    new_job("many");
    test_sql("CREATE TABLE many (id int, email text)");
    run_new(&run, "many-run");
    run_step(&run, "rows", "many", "upsert", "id int, email text", 2,
             "SELECT i % 100, 'x' FROM generate_series(1, 1000) i WHERE i % 2 = %u");
    look(&run, &findings);
    assert_says(
        &findings,
        "100 keys of the key of load step rows (\"id\") on many are there more than once, 900 rows too "
        "many\n  dataset rows, part 0, row 1: id = 2\n");
    assert_says(&findings, "  dataset rows, part 0, row 20: id = 40\n  next");
    dv_findings_release(&findings);
    run_end(&run);
}

/* What is equal to the server, though its text differs; expressions; conditions. */
static void the_server_judges_the_rest(void **state)
{
    struct run run;
    struct dv_findings findings;
    (void)state;
    new_job("server");
    write_step(
        "100_a.up.sql",
        "-- drover: phase=index\nCREATE UNIQUE INDEX server_amount ON server (amount DESC NULLS LAST);\n"
        "CREATE UNIQUE INDEX server_lower ON server (lower(email), kind) WHERE kind = 'k';\n"
        "CREATE UNIQUE INDEX server_other ON server (no_such(email));\n"
        "CREATE UNIQUE INDEX server_absent ON server (not_loaded);\n"
        "CREATE UNIQUE INDEX elsewhere ON others (email);\n");
    test_sql(
        "CREATE TABLE server (id int PRIMARY KEY, amount numeric, email text, kind text, not_loaded int); "
        "CREATE TABLE others (email text)");
    run_new(&run, "server-run");
    run_step(&run, "rows", "server", "insert", "id int, amount numeric, email text, kind text", 2,
             "SELECT * FROM (VALUES (1, 1.0, 'A@x', 'k'), (2, 1.00, 'a@x', 'other'), (3, 3, 'B@x', 'k'), (4, "
             "4, 'b@x', "
             "'k'), (5, NULL, 'c@x', 'k'), (7, NULL, NULL, 'k')) v WHERE column1 % 2 = %u");
    look(&run, &findings);
    assert_says(&findings,
                "error: dataset rows: 1 keys of the unique index server_amount that schema step 100_a makes "
                "(amount DESC NULLS LAST) on server are there more than once, 1 rows too many\n"
                "  dataset rows, part 0, row 1: 1.00\n  dataset rows, part 1, row 1: 1.0\n");
    assert_says(
        &findings,
        "1 keys of the unique index server_lower that schema step 100_a makes (lower(email), kind) on "
        "server are there more than once, 1 rows too many\n"
        "  dataset rows, part 0, row 2: b@x, k\n  dataset rows, part 1, row 2: b@x, k\n");
    assert_says(
        &findings,
        "note: dataset rows: whether its rows are unique in the unique index server_other that schema "
        "step 100_a makes (no_such(email)) could not be looked at: function no_such(text)");
    assert_int_equal(findings.count, 3);
    dv_findings_release(&findings);
    run_end(&run);
}

/* The load refuses these itself. */
static void what_the_target_keeps_apart_is_a_warning(void **state)
{
    struct run run;
    struct dv_findings findings;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    new_job("there");
    test_sql("CREATE TABLE there (id int PRIMARY KEY, email text)");
    run_new(&run, "there-run");
    run_step(&run, "rows", "there", "upsert", "id int, email text", 1,
             "SELECT i % 9, 'x' FROM generate_series(1, 10) i WHERE i > %u");
    look(&run, &findings);
    assert_says(&findings, "warning: dataset rows: 1 keys of the unique index there_pkey (id) on there");
    test_ok(dv_findings_fail(&findings, &err), &err);
    assert_int_equal(findings.count, 1);
    dv_findings_release(&findings);
    run_end(&run);
}

static char *url_of(const char *role)
{
    char *url = dv_asprintf("%s user=%s", test_url(), role);
    assert_non_null(url);
    return url;
}

/* Looks as the user poor; steps of job_dir. */
static void look_as_poor(const struct dv_load_spec *spec, struct dv_findings *findings)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_schema schema;
    struct dv_pg *pg;
    char *url = url_of("poor");
    *findings = (struct dv_findings){0};
    test_ok(dv_pg_open(&pg, url, "drover/test", &err), &err);
    test_ok(dv_schema_read(job_dir, &schema, &err), &err);
    bool readable;
    test_ok(dv_preflight_privileges(pg, &readable, findings, &err), &err);
    test_ok(dv_preflight_changed(pg, &schema, findings, &err), &err);
    test_ok(dv_preflight_loaded(pg, spec, true, findings, &err), &err);
    test_ok(dv_preflight_read(pg, "target", "vault.read_too", NULL, 0, findings, &err), &err);
    dv_schema_release(&schema);
    dv_pg_close(pg);
    dv_free(url);
}

static void every_missing_privilege_comes_with_its_grant(void **state)
{
    struct run run;
    struct dv_findings findings;
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    new_job("poor");
    write_step("100_a.up.sql", "-- drover: phase=index\nCREATE INDEX ON vault.kept (name);\n");
    test_sql(
        "CREATE ROLE poor LOGIN; REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC; CREATE SCHEMA vault; "
        "CREATE TABLE vault.kept (id serial PRIMARY KEY, name text, at int GENERATED ALWAYS AS IDENTITY); "
        "CREATE TABLE vault.read_too (id int); "
        "CREATE ROLE keeper; ALTER TABLE vault.kept OWNER TO keeper");
    run_new(&run, "poor-run");
    struct dv_load_spec *spec = run_step(&run, "rows", "vault.kept", "upsert", "id int, name text", 2,
                                         "SELECT i, 'n' || i FROM generate_series(1, 10) i WHERE i % 2 = %u");
    static const char *const columns[] = {"id", "name"};
    spec->from = spec->to = columns;
    spec->column_count = 2;
    look_as_poor(spec, &findings);
    assert_says(&findings, "error: user poor may not make schema drover in database postgres\n"
                           "  next: GRANT CREATE ON DATABASE postgres TO poor\n");
    assert_says(&findings, "GRANT TEMPORARY ON DATABASE postgres TO poor\n");
    assert_says(&findings,
                "error: user poor may not use schema vault\n  next: GRANT USAGE ON SCHEMA vault TO poor\n");
    assert_says(&findings, "error: user poor lacks SELECT, INSERT, UPDATE on table vault.kept\n"
                           "  next: GRANT SELECT, INSERT, UPDATE ON vault.kept TO poor\n");
    assert_says(&findings,
                "warning: user poor lacks DELETE on table vault.kept, which a rollback of the run needs\n");
    assert_says(&findings, "GRANT SELECT, UPDATE ON SEQUENCE vault.kept_id_seq TO poor\n");
    assert_says(&findings, "error: user poor lacks SELECT on table vault.read_too of the target\n");
    assert_says(&findings, "error: schema step 100_a changes table vault.kept, which user poor does not own\n"
                           "  next: GRANT keeper TO poor, or ALTER TABLE vault.kept OWNER TO poor\n");
    /* What it tells to do is all that there is to do. */
    for (unsigned i = 0; i < findings.count; i++)
        if (strncmp(findings.list[i].fix, "GRANT keeper", 12) != 0)
            test_sql(findings.list[i].fix);
    dv_findings_release(&findings);
    look_as_poor(spec, &findings);
    assert_int_equal(findings.count, 1);
    dv_findings_release(&findings);
    struct dv_target *target;
    struct dv_allowance allowance = {.rows = 0};
    char *url = url_of("poor");
    test_ok(dv_target_open(&target, &run.context, url, true, &err), &err);
    test_ok(dv_load_run(target, &run.context, run.specs, run.count, &allowance, run.counts, &err), &err);
    dv_target_close(target);
    assert_value("SELECT count(*) FROM vault.kept", "10");
    test_sql("GRANT keeper TO poor; REVOKE INSERT ON drover.ledger FROM poor; ALTER SCHEMA drover OWNER TO "
             "postgres; "
             "ALTER TABLE drover.ledger OWNER TO postgres; GRANT SELECT ON drover.ledger TO poor");
    look_as_poor(spec, &findings);
    assert_says(&findings, "error: user poor lacks USAGE on schema drover\n");
    assert_says(&findings, "error: user poor lacks INSERT, UPDATE, DELETE on table drover.ledger\n"
                           "  next: GRANT INSERT, UPDATE, DELETE ON drover.ledger TO poor\n");
    dv_findings_release(&findings);
    dv_free(url);
    run_end(&run);
}

static void a_policy_would_hide_rows(void **state)
{
    struct dv_findings findings;
    const struct dv_load_spec spec = {.table = "hidden", .mode = "insert"};
    (void)state;
    new_job("hidden");
    test_sql("CREATE TABLE hidden (id int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; GRANT ALL ON "
             "hidden TO poor");
    look_as_poor(&spec, &findings);
    assert_says(&findings, "row-level security of table public.hidden applies to user poor");
    dv_findings_release(&findings);
}

#define SIXTY "a123456789b123456789c123456789d123456789e123456789f123456789"

static void long_names_are_found(void **state)
{
    struct dv_findings findings = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_schema schema;
    (void)state;
    new_job("names");
    write_step("010_a.up.sql", "-- drover: phase=expand\nCREATE TABLE " SIXTY "123 (\"" SIXTY "1234\" int);\n"
                               "DO $x$ BEGIN\n  CREATE INDEX " SIXTY "56789 ON t (x);\nEND $x$;\n"
                               "SELECT '" SIXTY SIXTY "', $$" SIXTY SIXTY "$$; -- " SIXTY SIXTY "\n");
    test_ok(dv_schema_read(job_dir, &schema, &err), &err);
    test_ok(dv_preflight_schema_names(&schema, &findings, &err), &err);
    test_ok(dv_preflight_name("job.json: load[0]", SIXTY "123", &findings, &err), &err);
    test_ok(dv_preflight_name("job.json: load[0]", SIXTY "1234", &findings, &err), &err);
    assert_says(&findings, "error: schema/010_a.up.sql:2: the name \"" SIXTY
                           "1234\" has 64 bytes; PostgreSQL cuts names "
                           "off at 63\n");
    assert_says(&findings, "error: schema/010_a.up.sql:4: the name \"" SIXTY "56789\" has 65 bytes");
    assert_says(&findings, "error: job.json: load[0]: the name \"" SIXTY "1234\" has 64 bytes");
    assert_int_equal(findings.count, 3);
    dv_schema_release(&schema);
    dv_findings_release(&findings);
}

static void who_holds_locks_is_told(void **state)
{
    struct dv_findings findings = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_schema schema;
    (void)state;
    new_job("locked");
    write_step("010_a.up.sql", "-- drover: phase=expand\nALTER TABLE locked ADD b int;\n");
    test_ok(dv_schema_read(job_dir, &schema, &err), &err);
    test_sql("CREATE TABLE locked (id int)");
    struct dv_pg *pg = test_connect(), *other;
    test_ok(dv_preflight_locks(pg, "public.locked", &findings, &err), &err);
    assert_nothing(&findings);
    test_ok(dv_pg_open(&other, test_url(), "somebody/else", &err), &err);
    test_ok(dv_pg_exec(other, "BEGIN; LOCK TABLE locked IN SHARE MODE", &err), &err);
    test_ok(dv_preflight_locks(pg, "public.locked", &findings, &err), &err);
    assert_says(&findings, "warning: table public.locked is locked (ShareLock) by pid ");
    assert_says(
        &findings,
        ", user postgres, application somebody/else, idle in transaction, in its transaction since 20");
    test_ok(dv_preflight_changed(pg, &schema, &findings, &err), &err);
    assert_int_equal(findings.count, 1); /* the same once more */
    dv_findings_release(&findings);
    test_ok(dv_preflight_changed(pg, &schema, &findings, &err), &err);
    assert_int_equal(findings.count, 1);
    dv_findings_release(&findings);
    dv_schema_release(&schema);
    dv_pg_close(other);
    dv_pg_close(pg);
}

static void space_is_compared(void **state)
{
    struct dv_findings findings = {0};
    struct dv_err err = DV_ERR_INIT;
    char *there = test_path("not/made/yet");
    (void)state;
    test_ok(dv_preflight_folder_space(there, 1, &findings, &err), &err);
    assert_int_equal(findings.list[0].kind, DV_FINDING_NOTE);
    test_ok(dv_preflight_folder_space(there, UINT64_MAX / 2, &findings, &err), &err);
    assert_int_equal(findings.list[1].kind, DV_FINDING_FAULT);
    struct dv_pg *pg = test_connect();
    test_ok(dv_preflight_server_space(pg, UINT64_MAX / 2, &findings, &err), &err);
    assert_int_equal(findings.list[2].kind, DV_FINDING_FAULT); /* the test's server is on this machine */
    dv_pg_close(pg);
    assert_int_equal(dv_findings_fail(&findings, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_non_null(strstr(err.message, "2 things stand in the way; the first: the work folder's disk"));
    dv_findings_release(&findings);
    char *url = url_of("poor"); /* who is not told where the files lie */
    test_ok(dv_pg_open(&pg, url, "drover/test", &err), &err);
    test_ok(dv_preflight_server_space(pg, (uint64_t)3 << 20, &findings, &err), &err);
    assert_says(&findings,
                "note: how much is free on the target's disk is not known here; the run needs about 3 MiB");
    dv_findings_release(&findings);
    dv_pg_close(pg);
    dv_free(url);
    dv_free(there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rows_are_good),
        cmocka_unit_test(files_are_compared_with_their_manifests_on_the_way),
        cmocka_unit_test(steps_on_one_table_are_looked_at_together),
        cmocka_unit_test(duplicates_are_listed_row_by_row),
        cmocka_unit_test(twenty_rows_and_a_count),
        cmocka_unit_test(the_server_judges_the_rest),
        cmocka_unit_test(what_the_target_keeps_apart_is_a_warning),
        cmocka_unit_test(every_missing_privilege_comes_with_its_grant),
        cmocka_unit_test(a_policy_would_hide_rows),
        cmocka_unit_test(long_names_are_found),
        cmocka_unit_test(who_holds_locks_is_told),
        cmocka_unit_test(space_is_compared),
    };
    return cmocka_run_group_tests(tests, test_server_start, stop);
}
