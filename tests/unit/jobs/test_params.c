/* Parameters of a run: new, resumed, wrong; and the fingerprint that they are part of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "core/file.h"
#include "jobs/fingerprint.h"
#include "jobs/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dv_job_param declared[] = {
    {.name = "since", .type = "date", .fallback = "2025-01-01"},
    {.name = "who", .type = "text", .required = true},
    {.name = "note", .type = "text"},
};
static const struct dv_job job = {.name = "people", .params = declared, .param_count = 3};

/* The run's record is all that a resume has: what went in comes out, NULL and the clock included. */
static void test_resume_keeps_values(void **state)
{
    const char *const given[] = {"who=a=b", "now=2025-06-01T01:30:00.25+02"};
    struct dv_err err = DV_ERR_INIT;
    struct dv_arena arena = {0};
    struct dv_params first, again;
    (void)state;
    assert_int_equal(dv_params_resolve(&job, given, 2, NULL, &arena, &first, &err), DV_OK);
    assert_string_equal(first.list[0].value, "2025-01-01");
    assert_string_equal(first.list[1].value, "a=b");
    assert_null(first.list[2].value);
    json_t *record = dv_params_json(&first);
    assert_non_null(record);
    assert_int_equal(dv_params_resolve(&job, NULL, 0, record, &arena, &again, &err), DV_OK);
    assert_int_equal(again.now_us, first.now_us);
    assert_string_equal(again.list[1].value, "a=b");
    assert_null(again.list[2].value);
    assert_int_equal(dv_params_resolve(&job, given, 2, record, &arena, &again, &err), DV_OK);
    const char *const *pairs = dv_params_pairs(&again, &arena);
    assert_string_equal(pairs[0], "now=2025-05-31 23:30:00.25+00");
    assert_string_equal(pairs[2], "who=a=b");
    assert_null(pairs[3]);
    json_decref(record);
    dv_arena_release(&arena);
}

/* A boolean parameter that is not true takes its load entries out of the job; NULL counts as off. */
static void test_flags(void **state)
{
    static struct dv_job_param params[] = {{.name = "a", .type = "boolean", .fallback = "off"},
                                           {.name = "n", .type = "integer", .fallback = "1"},
                                           {.name = "b", .type = "bool"}};
    struct dv_job_load loads[] = {{.spec.step = "always"},
                                  {.spec.step = "with_a", .when = ":a"},
                                  {.spec.step = "with_b", .when = ":b"},
                                  {.spec.step = "last"}};
    struct dv_job flagged = {
        .name = "j", .params = params, .param_count = 3, .loads = loads, .load_count = 4};
    const char *const given[] = {"a=on"};
    struct dv_err err = DV_ERR_INIT;
    struct dv_arena arena = {0};
    struct dv_params resolved;
    struct dv_flags flags;
    bool on = true;
    (void)state;
    assert_int_equal(dv_params_resolve(&flagged, given, 1, NULL, &arena, &resolved, &err), DV_OK);
    assert_int_equal(dv_params_settle(&resolved, &flagged, &arena, &flags, &err), DV_OK);
    assert_int_equal(flags.count, 2);
    assert_int_equal(flagged.load_count, 3);
    assert_string_equal(flagged.loads[1].spec.step, "with_a");
    assert_string_equal(flagged.loads[2].spec.step, "last");
    assert_int_equal(dv_flags_ask(&flags, ":b", "x", &on, &err), DV_OK);
    assert_false(on);
    assert_int_equal(dv_flags_ask(&flags, ":n", "x", &on, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "no boolean parameter \"n\""));
    dv_arena_release(&arena);
}

/* A run finished with other parameters than it began with would be half of each. */
static void test_resume_refuses_others(void **state)
{
    const char *const given[] = {"who=x", "now=2025-06-01"}, *const who[] = {"who=y"},
                      *const now[] = {"now=2025-06-02"};
    const char *const note[] = {"note=n"};
    struct dv_err err = DV_ERR_INIT;
    struct dv_arena arena = {0};
    struct dv_params params;
    (void)state;
    assert_int_equal(dv_params_resolve(&job, given, 2, NULL, &arena, &params, &err), DV_OK);
    json_t *record = dv_params_json(&params);
    const char *const *const others[] = {who, now, note};
    static const char *const names[] = {"who", "now", "note"};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(dv_params_resolve(&job, others[i], 1, record, &arena, &params, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_CHANGED);
        assert_non_null(strstr(err.message, names[i]));
    }
    json_decref(record);
    dv_arena_release(&arena);
}

static void test_mistakes(void **state)
{
    static const char *const mistakes[][2] = {
        {"who=x", "whom=y"}, {"who=x", "who=y"},        {"who=x", "since=soon"},
        {"who=x", "since"},  {"who=x", "now=infinity"}, {"since=2025-01-01", "note=n"},
        {"who=x", "=y"}};
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_arena arena = {0};
        struct dv_params params;
        assert_int_equal(dv_params_resolve(&job, mistakes[i], 2, NULL, &arena, &params, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_USAGE);
        dv_arena_release(&arena);
    }
}

static void put(const char *folder, const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char path[192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(dv_file_publish(path, text, strlen(text), &err), DV_OK);
}

/* Any file that shapes the data counts, a check or a note does not; the message names the file. */
static void test_fingerprint_names_the_file(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char folder[] = "/tmp/drover-fingerprint.XXXXXX", path[96];
    json_t *before = NULL, *after = NULL;
    (void)state;
    assert_non_null(mkdtemp(folder));
    static const char *const folders[] = {"transform", "schema", "verify"};
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        assert_int_equal(dv_file_make_dirs(path, &err), DV_OK);
    }
    put(folder, "job.json", "{}");
    put(folder, "transform/a.sql", "SELECT 1");
    put(folder, "schema/010_a.up.sql", "SELECT 1");
    assert_int_equal(dv_fingerprint_files(folder, &before, &err), DV_OK);
    put(folder, "verify/check.sql", "SELECT 1");
    put(folder, "README.md", "notes");
    put(folder, "transform/.a.sql.swp", "x");
    put(folder, "transform/a.sql~", "x");
    assert_int_equal(dv_fingerprint_files(folder, &after, &err), DV_OK);
    assert_int_equal(dv_fingerprint_same_files(before, after, &err), DV_OK);
    json_decref(after);
    put(folder, "transform/a.sql", "SELECT 2");
    assert_int_equal(dv_fingerprint_files(folder, &after, &err), DV_OK);
    assert_int_equal(dv_fingerprint_same_files(before, after, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    assert_non_null(strstr(err.message, "transform/a.sql was changed"));
    assert_int_equal(dv_fingerprint_same_files(before, json_object_get(after, "none"), &err), DV_FAILED);
    assert_non_null(strstr(err.message, "is gone"));
    json_decref(before);
    json_decref(after);
    assert_int_equal(dv_file_remove_tree(folder, &err), DV_OK);
}

/* A load that harms its target must be slowed down without beginning it anew. */
static void test_fingerprint_leaves_the_pace_out(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char folder[] = "/tmp/drover-fingerprint.XXXXXX";
    json_t *before = NULL, *after = NULL;
    (void)state;
    assert_non_null(mkdtemp(folder));
    put(folder, "job.json", "{\"name\": \"a\", \"load\": [{\"mode\": \"update\"}]}");
    assert_int_equal(dv_fingerprint_files(folder, &before, &err), DV_OK);
    put(folder, "job.json",
        "{\"throttle\": {\"sql\": \"SELECT true\"}, \"statement_timeout\": \"5s\", \"name\": \"a\",\n"
        " \"load\": [{\"mode\": \"update\", \"batch\": {\"rows\": 5}}]}");
    assert_int_equal(dv_fingerprint_files(folder, &after, &err), DV_OK);
    assert_int_equal(dv_fingerprint_same_files(before, after, &err), DV_OK);
    json_decref(after);
    put(folder, "job.json", "{\"name\": \"a\", \"load\": [{\"mode\": \"upsert\"}]}");
    assert_int_equal(dv_fingerprint_files(folder, &after, &err), DV_OK);
    assert_int_equal(dv_fingerprint_same_files(before, after, &err), DV_FAILED);
    json_decref(before);
    json_decref(after);
    assert_int_equal(dv_file_remove_tree(folder, &err), DV_OK);
}

/* Another source, another fingerprint; the same input, the same one. */
static void test_fingerprint_covers_all(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char one[DV_SHA256_HEX], two[DV_SHA256_HEX];
    (void)state;
    json_t *files = json_pack("{s:s}", "job.json", "x"), *params = json_pack("{s:s}", "p", "1");
    assert_int_equal(dv_fingerprint(files, params, "1/2/a", one, &err), DV_OK);
    assert_int_equal(dv_fingerprint(files, params, "1/2/a", two, &err), DV_OK);
    assert_string_equal(one, two);
    assert_int_equal(dv_fingerprint(files, params, "1/3/a", two, &err), DV_OK);
    assert_string_not_equal(one, two);
    json_object_set_new(params, "p", json_string("2"));
    assert_int_equal(dv_fingerprint(files, params, "1/2/a", two, &err), DV_OK);
    assert_string_not_equal(one, two);
    json_decref(files);
    json_decref(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume_keeps_values),
        cmocka_unit_test(test_resume_refuses_others),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_fingerprint_names_the_file),
        cmocka_unit_test(test_fingerprint_leaves_the_pace_out),
        cmocka_unit_test(test_fingerprint_covers_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
