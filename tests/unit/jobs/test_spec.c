/* job.json: what a correct one gives, and what an incorrect one says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64];

static void put(const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char path[192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(dv_file_publish(path, text, strlen(text), &err), DV_OK);
}

static int make_folder(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char path[96];
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/drover-spec.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/transform", folder);
    return dv_file_make_dirs(path, &err) == DV_OK ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    return dv_file_remove_tree(folder, &err) == DV_OK ? 0 : -1;
}

static const char whole_job[] =
    "{\"name\": \"people\", \"description\": \"d\", \"max_rejects\": \"2.5%\", \"consistency\": \"part\","
    " \"params\": {\"since\": {\"type\": \"date\", \"default\": \"2025-01-01\"}, \"who\": {\"required\": "
    "true}},"
    " \"extract\": {\"zebras\": {\"table\": \"public.\\\"Zebra\\\"\", \"where\": \"id > 3\"},"
    "   \"known\": {\"from\": \"target\", \"table\": \"people\", \"optional\": true,"
    "              \"columns\": {\"id\": \"uuid\", \"born\": \"timestamptz\"}},"
    "   \"rows\": {\"table\": \"a\", \"columns\": [\"x\", \"y\"], \"when\": \"separate\"}},"
    " \"transform\": {\"grown\": {\"filter\": {\"z_first\": \"a\", \"a_second\": \"b\"}, \"reject\": "
    "{\"third\": \"c\"},"
    "   \"crosswalk\": \"links\", \"conflicts\": [\"id\"]}},"
    " \"load\": [{\"dataset\": \"grown\", \"table\": \"people\", \"mode\": \"upsert\", \"key\": [\"id\"]},"
    "   {\"dataset\": \"grown\", \"step\": \"again\", \"table\": \"p\", \"mode\": \"update\", \"key\": "
    "[\"pid\"],"
    "    \"columns\": {\"id\": \"pid\", \"n\": \"name\"}},"
    "   {\"dataset\": \"rows\", \"table\": \"a\", \"mode\": \"insert\", \"when\": \"separate\"}]}";

static void read_good(struct dv_job *job, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    put("job.json", text);
    put("transform/grown.sql", "SELECT 1 AS id");
    if (dv_job_read(job, folder, &err) != DV_OK)
        fail_msg("%s", err.message);
}

/* Everything that a job says arrives, in the order in which it was written: the first rule that is true
 * decides. */
static void test_whole_job(void **state)
{
    struct dv_job job;
    (void)state;
    read_good(&job, whole_job);
    assert_string_equal(job.name, "people");
    assert_true(job.allowance.percent);
    assert_true(job.allowance.share > 2.49 && job.allowance.share < 2.51);
    assert_true(job.per_part);
    assert_int_equal(job.param_count, 2);
    assert_string_equal(job.params[0].fallback, "2025-01-01");
    assert_true(job.params[1].required);
    assert_string_equal(job.params[1].type, "text");
    assert_int_equal(job.extract_count, 3);
    assert_string_equal(job.extracts[0].name, "zebras");
    assert_string_equal(job.extracts[0].where, "id > 3");
    assert_null(job.extracts[0].columns);
    assert_true(job.extracts[1].from_target && job.extracts[1].optional);
    assert_int_equal(job.extracts[1].declared[1].type.id, DV_TYPE_TIMESTAMPTZ);
    assert_string_equal(job.extracts[1].columns[0], "id");
    assert_int_equal(job.extracts[2].databases, DV_DATABASES_SEPARATE);
    assert_int_equal(job.models[0].rule_count, 3);
    assert_string_equal(job.models[0].rules[0].name, "z_first");
    assert_string_equal(job.models[0].rules[1].name, "a_second");
    assert_true(job.models[0].rules[2].reject);
    assert_string_equal(job.models[0].crosswalk, "links");
    assert_int_equal(job.models[0].conflict_key_count, 1);
    assert_int_equal(job.load_count, 3);
    assert_string_equal(job.loads[0].spec.step, "grown");
    assert_string_equal(job.loads[1].spec.step, "again");
    assert_string_equal(job.loads[1].spec.from[1], "n");
    assert_string_equal(job.loads[1].spec.to[1], "name");
    assert_int_equal(job.loads[2].databases, DV_DATABASES_SEPARATE);
    assert_false(dv_job_databases_hold(DV_DATABASES_SEPARATE, false) ||
                 dv_job_databases_hold(DV_DATABASES_SAME, true));
    assert_true(dv_job_databases_hold(DV_DATABASES_SEPARATE, true) &&
                dv_job_databases_hold(DV_DATABASES_SAME, false));
    dv_job_release(&job);
    dv_job_release(&job);
}

/* A load entry may wait for a boolean parameter, under any of the type's names. */
static void test_when(void **state)
{
    struct dv_job job;
    (void)state;
    read_good(
        &job,
        "{\"name\": \"a\", \"params\": {\"b\": {\"type\": \"bool\"}}, \"load\": [{\"dataset\": \"grown\", "
        "\"table\": \"t\", \"mode\": \"insert\", \"when\": \":b\"}]}");
    assert_string_equal(job.loads[0].when, ":b");
    assert_int_equal(job.loads[0].databases, DV_DATABASES_ANY);
    dv_job_release(&job);
}

/* Without max_rejects one row in a hundred is allowed, not all and not none. */
static void test_defaults(void **state)
{
    struct dv_job job;
    (void)state;
    read_good(&job, "{\"name\": \"people\"}");
    assert_true(job.allowance.percent);
    assert_true(job.allowance.share > 0.99 && job.allowance.share < 1.01);
    assert_false(job.per_part);
    dv_job_release(&job);
    read_good(&job, "{\"name\": \"people\", \"max_rejects\": 7}");
    assert_false(job.allowance.percent);
    assert_int_equal(job.allowance.rows, 7);
    dv_job_release(&job);
}

/* The copy that a run keeps is readable without the job's folder: a rollback must not depend on it. */
static void test_a_live_target_is_spared(void **state)
{
    struct dv_job job;
    (void)state;
    read_good(&job, "{\"name\": \"a\", \"statement_timeout\": \"2min\","
                    " \"throttle\": {\"sql\": \"SELECT 1\", \"every\": \"500ms\", \"above\": 2.5},"
                    " \"load\": [{\"dataset\": \"grown\", \"table\": \"p\", \"mode\": \"update\", \"key\": "
                    "[\"id\"], \"batch\": {\"rows\": 500, \"seconds\": 0.2}}]}");
    assert_int_equal(job.statement_timeout_ms, 120000);
    assert_string_equal(job.throttle.sql, "SELECT 1");
    assert_int_equal(job.throttle.every_ms, 500);
    assert_true(job.throttle.numeric && job.throttle.above > 2.4 && job.throttle.above < 2.6);
    const struct dv_load_spec *spec = &job.loads[0].spec;
    assert_true(spec->batched && spec->batch_seconds > 0.19 && spec->batch_seconds < 0.21);
    assert_int_equal(spec->batch_rows, 500);
    dv_job_release(&job);
    read_good(&job, "{\"name\": \"a\"}");
    assert_int_equal(job.statement_timeout_ms, 600000);
    assert_null(job.throttle.sql);
    dv_job_release(&job);
}

static void test_copy_needs_no_models(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_job job;
    char path[96];
    (void)state;
    put("copy.json",
        "{\"name\": \"a\", \"load\": [{\"dataset\": \"gone\", \"table\": \"t\", \"mode\": \"insert\"}]}");
    snprintf(path, sizeof path, "%s/copy.json", folder);
    assert_int_equal(dv_job_read_copy(&job, path, &err), DV_OK);
    assert_string_equal(job.loads[0].spec.table, "t");
    dv_job_release(&job);
}

/* A mistake is USAGE and names the file and the place; the job is left released. */
static void test_mistakes_name_their_place(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"{\"name\": \"a\", \"extract\": {\"x\": {\"table\": \"t\", \"wher\": \"1\"}}}", "extract.x.wher"},
        {"{\"name\": \"a\", \"load\": [{\"dataset\": \"grown\", \"table\": \"t\", \"mode\": \"add\"}]}",
         "load[0].mode"},
        {"{\"name\": \"a\", \"load\": [{\"dataset\": \"grown\", \"table\": \"t\", \"mode\": \"insert\", "
         "\"columns\": {\"\": \"id\"}}]}",
         "load[0].columns"},
        {"{\"name\": \"a\", \"transform\": {\"absent\": {}}}", "transform/absent.sql"},
        {"{\"name\": \"a\", \"max_rejects\": \"101%\"}", "max_rejects"},
        {"{\"name\": \"a\", \"max_rejects\": 1.5}", "max_rejects"},
        {"{\"name\": \"a/b\"}", "a/b"},
        {"{\"name\": \"a\", \"params\": {\"n\": {\"type\": \"integer\"}}, \"load\": [{\"dataset\": "
         "\"grown\", \"table\": "
         "\"t\", \"mode\": \"insert\", \"when\": \":n\"}]}",
         "load[0].when: the job has no boolean parameter \"n\""},
        {"{\"name\": \"a\", \"params\": {\"b\": {\"type\": \"boolean\"}}, \"extract\": {\"x\": {\"table\": "
         "\"t\", "
         "\"when\": \":b\"}}}",
         "extract.x.when must be"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_job job;
        put("job.json", cases[i].text);
        assert_int_equal(dv_job_read(&job, folder, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_USAGE);
        assert_non_null(strstr(err.message, "job.json"));
        assert_non_null(strstr(err.message, cases[i].place));
        assert_true(err.hint[0] != '\0');
        assert_null(job.document);
    }
}

static void test_allowance(void **state)
{
    static const char *const bad[] = {"",    "%",    "-1",  "1e3",    "100.5",
                                      "1 %", "101%", ".5%", "1.2.3%", "99999999999999999999"};
    struct dv_err err = DV_ERR_INIT;
    struct dv_allowance allowance;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dv_allowance_parse(bad[i], "x", &allowance, &err), DV_FAILED);
    assert_int_equal(dv_allowance_parse("0", "x", &allowance, &err), DV_OK);
    assert_int_equal(allowance.rows, 0);
    assert_int_equal(dv_allowance_parse("100%", "x", &allowance, &err), DV_OK);
    assert_true(allowance.percent);
}

/* Whichever allocation fails, the call says so and leaves nothing behind (the sanitizer looks). */
static void test_no_memory(void **state)
{
    (void)state;
    put("job.json", whole_job);
    put("transform/grown.sql", "SELECT 1 AS id");
    for (uint64_t nth = 1; nth < 2000; nth++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_job job;
        dv_alloc_fail_at(nth, 0);
        enum dv_status status = dv_job_read(&job, folder, &err);
        dv_alloc_fail_at(0, 0);
        if (status == DV_OK) {
            dv_job_release(&job);
            assert_true(nth > 5);
            return;
        }
        assert_true(err.message[0] != '\0');
    }
    fail_msg("the job was never read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_job),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_when),
        cmocka_unit_test(test_a_live_target_is_spared),
        cmocka_unit_test(test_copy_needs_no_models),
        cmocka_unit_test(test_mistakes_name_their_place),
        cmocka_unit_test(test_allowance),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
