/* Datasets of files in job.json: what a correct one gives, what an incorrect one says, and parameters put in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/file.h"
#include "jobs/run_parts.h"
#include "tests/unit/core/temp_folder.h"

#include <stdio.h>
#include <string.h>

static enum dv_status read_job(struct dv_job *job, const char *extract, struct dv_err *err)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"name\": \"a\", \"params\": {\"who\": {\"type\": \"text\"}}, \"extract\": {\"x\": {%s}}}",
        extract);
    assert_int_equal(dv_file_publish(in_temp("job.json"), text, strlen(text), err), DV_OK);
    return dv_job_read(job, temp_folder, err);
}

static void a_dataset_of_files(void **state)
{
    (void)state;
    struct dv_job job;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(
        read_job(
            &job,
            "\"files\": [{\"file\": \"n.csv.gz\", \"set\": {\"s\": \":who\"}},"
            " {\"file\": \"d.tsv\", \"names\": {\"Nr.\": \"id\"}, \"dialect\": {\"quote\": \"\"}},"
            " {\"file\": \"odd\", \"format\": \"ndjson\"}],"
            "\"columns\": {\"id\": \"bigint\", \"s\": \"text\", \"_line\": \"bigint\"}, \"optional\": true,"
            "\"dialect\": {\"decimal\": \",\", \"dates\": \"dmy\", \"null\": [\"-\"], \"max_record\": "
            "\"1MiB\"}",
            &err),
        DV_OK);
    const struct dv_job_extract *extract = &job.extracts[0];
    assert_int_equal(extract->file_count, 3);
    assert_true(extract->optional);
    const struct dv_file_spec *first = &extract->files[0], *second = &extract->files[1];
    assert_true(first->gzip);
    assert_int_equal(first->dialect.delimiter, ',');
    assert_int_equal(first->dialect.decimal, ',');
    assert_int_equal(first->dialect.max_record, 1024 * 1024);
    assert_string_equal(first->dialect.nulls[0], "-");
    assert_int_equal(first->order_count, 1); /* id: s is set, _line is no field */
    assert_int_equal(second->dialect.delimiter, '\t');
    assert_int_equal(second->dialect.quote, '\0');
    assert_int_equal(second->dialect.escape, '\0');
    assert_int_equal(second->dialect.dates, DV_DATES_DMY);
    assert_string_equal(second->names[0].column, "id");
    assert_int_equal(extract->files[2].format, DV_FILE_NDJSON);
    dv_job_release(&job);
}

static void mistakes_name_their_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"file\": \"a.csv\"", "extract.x.columns must be an object"},
        {"\"file\": \"a.csv\", \"columns\": {}", "extract.x.columns must name"},
        {"\"file\": \"a.csv\", \"columns\": {\"id\": \"int\"}, \"where\": \"1\"", "extract.x.where"},
        {"\"file\": \"a.csv\", \"files\": [], \"columns\": {\"id\": \"int\"}", "exclude each other"},
        {"\"files\": [{\"file\": \"a.csv\"}, 1], \"columns\": {\"id\": \"int\"}",
         "extract.x.files[1] must be"},
        {"\"file\": \"a.xls\", \"columns\": {\"id\": \"int\"}", "does not say what the file is"},
        {"\"file\": \"a.csv\", \"format\": \"xml\", \"columns\": {\"id\": \"int\"}", "extract.x.format"},
        {"\"file\": \"a.csv\", \"names\": {\"N\": \"nr\"}, \"columns\": {\"id\": \"int\"}",
         "\"nr\" is not among"},
        {"\"file\": \"a.csv\", \"set\": {\"id\": 7}, \"columns\": {\"id\": \"int\"}",
         "extract.x.set.id must be"},
        {"\"file\": \"a.csv\", \"names\": {\"N\": \"id\"}, \"set\": {\"id\": \"7\"}, \"columns\": {\"id\": "
         "\"int\"}",
         "both in names and in set"},
        {"\"file\": \"a.csv\", \"dialect\": {\"header\": false}, \"names\": {\"N\": \"id\"}, \"columns\": "
         "{\"id\": \"int\"}",
         "has no header"},
        {"\"file\": \"a.csv\", \"dialect\": {\"delimter\": \";\"}, \"columns\": {\"id\": \"int\"}",
         "extract.x.dialect.delimter"},
        {"\"file\": \"a.csv\", \"dialect\": {\"delimiter\": \"ab\"}, \"columns\": {\"id\": \"int\"}",
         "dialect.delimiter must be one ASCII character"},
        {"\"file\": \"a.csv\", \"dialect\": {\"delimiter\": \"\\\"\"}, \"columns\": {\"id\": \"int\"}",
         "delimiter and quote cannot both"},
        {"\"file\": \"a.csv\", \"dialect\": {\"thousands\": \".\"}, \"columns\": {\"id\": \"int\"}",
         "decimal and thousands cannot both"},
        {"\"file\": \"a.csv\", \"dialect\": {\"encoding\": \"latin-one\"}, \"columns\": {\"id\": \"int\"}",
         "the encoding \"latin-one\" is not known"},
        {"\"file\": \"a.csv\", \"dialect\": {\"dates\": \"ydm\"}, \"columns\": {\"id\": \"int\"}",
         "dialect.dates must be"},
        {"\"file\": \"a.csv\", \"dialect\": {\"null\": \"x\"}, \"columns\": {\"id\": \"int\"}",
         "dialect.null must be an array"},
        {"\"file\": \"a.csv\", \"dialect\": {\"max_record\": \"2GiB\"}, \"columns\": {\"id\": \"int\"}",
         "dialect.max_record"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_job job;
        assert_int_equal(read_job(&job, cases[i][0], &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_USAGE);
        if (strstr(err.message, cases[i][1]) == NULL || strstr(err.message, "job.json") == NULL)
            fail_msg("%s: %s", cases[i][0], err.message);
        assert_string_not_equal(err.hint, "");
    }
}

/* The file's name, or what is wrong with it. */
static void resolve(const char *file, const char *who, const char *path, const char *message)
{
    char extract[256];
    struct dv_run run = {.folder = "dir:/somewhere"};
    struct dv_program_param param = {.name = "who", .type = "text", .value = who};
    struct dv_extract_spec spec = {.table = ""};
    struct dv_err err = DV_ERR_INIT;
    (void)snprintf(extract, sizeof extract,
                   "\"file\": \"%s\", \"columns\": {\"id\": \"int\", \"s\": \"text\", \"t\": \"text\"}, "
                   "\"set\": {\"s\": \":who\", \"t\": \"at :who\"}",
                   file);
    assert_int_equal(read_job(&run.job, extract, &err), DV_OK);
    run.params.list = &param;
    run.params.count = 1;
    enum dv_status status = dv_run_files(&run, &run.job.extracts[0], &spec, &err);
    if (path != NULL) {
        assert_int_equal(status, DV_OK);
        assert_string_equal(spec.files[0].path, path);
        assert_string_equal(spec.files[0].constants[0].value, who);
        assert_string_equal(spec.files[0].constants[1].value, "at :who");
    } else {
        assert_int_equal(err.code, DV_EXIT_USAGE);
        assert_non_null(strstr(err.message, message));
        assert_string_not_equal(err.hint, "");
    }
    dv_job_release(&run.job);
    dv_arena_release(&run.arena);
}

static void parameters_in_names_stay_in_the_folder(void **state)
{
    (void)state;
    resolve("a.csv", "acme", "a.csv", NULL);
    resolve(":who/a-:who.csv", "acme", "acme/a-acme.csv", NULL);
    resolve("a:1:.csv", "acme", "a:1:.csv", NULL);
    resolve("..a/b..csv", "acme", "..a/b..csv", NULL);
    resolve(":who/a.csv", NULL, NULL, "needs the parameter who");
    resolve(":nobody/a.csv", "acme", NULL, "no parameter \"nobody\"");
    resolve(":who/a.csv", "..", NULL, "outside the folder");
    resolve("x/:who/a.csv", "../..", NULL, "outside the folder");
    resolve(":who/a.csv", "/etc", NULL, "outside the folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dataset_of_files),
        cmocka_unit_test(mistakes_name_their_place),
        cmocka_unit_test(parameters_in_names_stay_in_the_folder),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
