#include "jobs/spec.h"

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/spec_parts.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ALLOWANCE "1%"

enum dv_status dv_allowance_parse(const char *text, const char *what, struct dv_allowance *out,
                                  struct dv_err *err)
{
    size_t length = strlen(text);
    bool percent = length > 0 && text[length - 1] == '%';
    size_t digits = percent ? length - 1 : length;
    bool good = digits > 0 && digits < 20 && isdigit((unsigned char)text[0]) != 0;
    for (size_t i = 0; i < digits; i++)
        good = good && (isdigit((unsigned char)text[i]) != 0 || (percent && text[i] == '.'));
    if (good && percent) {
        char *end;
        double share = strtod(text, &end);
        good = end == text + digits && share >= 0 && share <= 100;
        *out = (struct dv_allowance){.percent = true, .share = share};
    } else if (good) {
        errno = 0;
        *out = (struct dv_allowance){.rows = strtoull(text, NULL, 10)};
        good = errno == 0;
    }
    if (good)
        return DV_OK;
    enum dv_status status =
        dv_fail(err, DV_EXIT_USAGE, "%s: \"%s\" is not a number of rows or a percentage", what, text);
    dv_err_hint(err, "write a number of rows like 100, or a share of the rows read like 0.5%%");
    return status;
}

enum dv_status dv_spec_name(const char *name, const char *place, struct dv_err *err)
{
    size_t length = strlen(name);
    bool good = length > 0 && length < 64 && (isalpha((unsigned char)name[0]) != 0 || name[0] == '_');
    for (size_t i = 0; i < length; i++)
        good = good && (isalnum((unsigned char)name[i]) != 0 || name[i] == '_');
    if (good)
        return DV_OK;
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s: \"%s\" is not a name", place, name);
    dv_err_hint(err, "use letters, digits and underscores, no digit first, at most 63 of them");
    return status;
}

enum dv_status dv_spec_strings(struct dv_job *job, const json_t *array, const char *place,
                               const char *const **out, unsigned *count, struct dv_err *err)
{
    if (!json_is_array(array) || json_array_size(array) == 0)
        return dv_fail(err, DV_EXIT_USAGE, "%s must be an array of one or more strings", place);
    size_t size = json_array_size(array);
    const char **strings = dv_arena_alloc(&job->arena, size * sizeof *strings);
    if (strings == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < size; i++) {
        strings[i] = json_string_value(json_array_get(array, i));
        if (strings[i] == NULL || strings[i][0] == '\0')
            return dv_fail(err, DV_EXIT_USAGE, "%s[%zu] must be a string that is not empty", place, i);
        for (size_t j = 0; j < i; j++)
            if (strcmp(strings[i], strings[j]) == 0)
                return dv_fail(err, DV_EXIT_USAGE, "%s: \"%s\" stands there twice", place, strings[i]);
    }
    *out = strings;
    *count = (unsigned)size;
    return DV_OK;
}

static bool is_boolean(const struct dv_job *job, const char *name)
{
    struct dv_type type;
    struct dv_err ignored = DV_ERR_INIT;
    for (unsigned i = 0; i < job->param_count; i++)
        if (strcmp(job->params[i].name, name) == 0)
            return dv_type_parse(job->params[i].type, strlen(job->params[i].type), &type, &ignored) ==
                       DV_OK &&
                   type.id == DV_TYPE_BOOL;
    return false;
}

enum dv_status dv_spec_when(const struct dv_job *job, const json_t *object, const char *place,
                            enum dv_job_databases *databases, const char **flag, struct dv_err *err)
{
    static const char *const words[] = {
        [DV_DATABASES_ANY] = "always", [DV_DATABASES_SEPARATE] = "separate", [DV_DATABASES_SAME] = "same"};
    const char *when = words[DV_DATABASES_ANY];
    enum dv_status status = dv_json_string(object, "when", place, false, DV_EXIT_USAGE, &when, err);
    if (status != DV_OK)
        return status;
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(when, words[i]) != 0)
            continue;
        *databases = (enum dv_job_databases)i;
        return DV_OK;
    }
    if (flag != NULL && when[0] == ':' && is_boolean(job, when + 1)) {
        *flag = when;
        return DV_OK;
    }
    if (flag != NULL && when[0] == ':') {
        status =
            dv_fail(err, DV_EXIT_USAGE, "%s.when: the job has no boolean parameter \"%s\"", place, when + 1);
        dv_err_hint(err, "declare it: \"params\": {\"NAME\": {\"type\": \"boolean\", \"default\": \"off\"}}");
        return status;
    }
    return dv_fail(err, DV_EXIT_USAGE, "%s.when must be \"always\", \"separate\"%s \"same\"%s, not \"%s\"",
                   place, flag != NULL ? "," : " or", flag != NULL ? " or \":PARAMETER\"" : "", when);
}

enum dv_status dv_spec_table(const json_t *object, const char *place, const char **out, struct dv_err *err)
{
    enum dv_status status = dv_json_string(object, "table", place, true, DV_EXIT_USAGE, out, err);
    if (status != DV_OK)
        return status;
    struct dv_buf quoted = {0};
    status = dv_pg_quote_table(&quoted, *out, err);
    dv_buf_release(&quoted);
    if (status == DV_OK || err->code != DV_EXIT_USAGE)
        return status;
    status = dv_fail(err, DV_EXIT_USAGE, "%s.table: \"%s\" is not the name of a table", place, *out);
    dv_err_hint(err, "write schema.table, with \"double quotes\" around a part that has capitals or blanks");
    return status;
}

const struct dv_job_extract *dv_job_find_extract(const struct dv_job *job, const char *name)
{
    for (unsigned i = 0; i < job->extract_count; i++)
        if (strcmp(job->extracts[i].name, name) == 0)
            return &job->extracts[i];
    return NULL;
}

/* "100" or 100 or "1%". */
static enum dv_status read_allowance(struct dv_job *job, struct dv_err *err)
{
    const json_t *given = json_object_get(job->document, "max_rejects");
    if (given == NULL)
        return dv_allowance_parse(DEFAULT_ALLOWANCE, "max_rejects", &job->allowance, err);
    if (json_is_string(given))
        return dv_allowance_parse(json_string_value(given), "max_rejects", &job->allowance, err);
    if (!json_is_integer(given) || json_integer_value(given) < 0)
        return dv_fail(err, DV_EXIT_USAGE,
                       "max_rejects must be a number of rows like 100, or a string like \"1%%\"");
    job->allowance = (struct dv_allowance){.rows = (uint64_t)json_integer_value(given)};
    return DV_OK;
}

static enum dv_status read_top(struct dv_job *job, struct dv_err *err)
{
    static const char *const keys[] = {"$schema",      "name",      "description", "max_rejects",
                                       "consistency",  "params",    "extract",     "transform",
                                       "load",         "checks",    "throttle",    "statement_timeout",
                                       "lock_timeout", "lock_wait", NULL};
    const char *consistency = "run";
    enum dv_status status = DV_OK;
    job->description = "";
    DV_TRY(dv_json_only_keys(job->document, "", keys, DV_EXIT_USAGE, err));
    DV_TRY(dv_json_string(job->document, "name", "", true, DV_EXIT_USAGE, &job->name, err));
    DV_TRY(dv_spec_name(job->name, "name", err));
    DV_TRY(dv_json_string(job->document, "description", "", false, DV_EXIT_USAGE, &job->description, err));
    DV_TRY(dv_json_string(job->document, "consistency", "", false, DV_EXIT_USAGE, &consistency, err));
    job->per_part = strcmp(consistency, "part") == 0;
    if (!job->per_part && strcmp(consistency, "run") != 0) {
        status =
            dv_fail(err, DV_EXIT_USAGE, "consistency must be \"run\" or \"part\", not \"%s\"", consistency);
        goto done;
    }
    DV_TRY(dv_spec_duration(job->document, "lock_timeout", "", 10, &job->lock_timeout_ms, err));
    DV_TRY(dv_spec_duration(job->document, "lock_wait", "", 1, &job->lock_wait_ms, err));
    DV_TRY(dv_spec_statement_timeout(job, err));
    status = read_allowance(job, err);
done:
    return status;
}

static enum dv_status read_sections(struct dv_job *job, struct dv_err *err)
{
    static const struct {
        const char *key;
        enum dv_status (*read)(struct dv_job *job, const json_t *section, struct dv_err *err);
    } sections[] = {
        {"params", dv_spec_params}, {"extract", dv_spec_extract},   {"transform", dv_spec_transform},
        {"load", dv_spec_load},     {"throttle", dv_spec_throttle}, {"checks", dv_spec_checks},
    };
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const json_t *section = json_object_get(job->document, sections[i].key);
        if (section == NULL)
            continue;
        enum dv_status status = sections[i].read(job, section, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status name_file(struct dv_err *err, const char *path)
{
    struct dv_err inner = *err;
    if (inner.code != DV_EXIT_USAGE)
        return inner.status;
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s: %s", path, inner.message);
    dv_err_hint(err, "%s",
                inner.hint[0] != '\0' ? inner.hint : "see docs/job-file.md for what may stand there");
    return status;
}

/* The models that job.json names must have their file; a dataset that is loaded, a file or an extract. */
static enum dv_status check_files(const struct dv_job *job, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf path = {0};
    for (unsigned i = 0; i < job->model_count + job->load_count && status == DV_OK; i++) {
        bool model = i < job->model_count;
        const char *name = model ? job->models[i].name : job->loads[i - job->model_count].spec.dataset;
        if (!model && dv_job_find_extract(job, name) != NULL)
            continue;
        dv_buf_reset(&path);
        dv_buf_printf(&path, "%s/transform/%s.sql", job->dir, name);
        const char *file = dv_buf_cstr(&path);
        bool there;
        status = file != NULL ? dv_file_look(file, &there, err) : dv_fail_memory(err);
        if (status != DV_OK || there)
            continue;
        if (model) {
            status =
                dv_fail(err, DV_EXIT_USAGE, "transform.%s: there is no model transform/%s.sql", name, name);
            dv_err_hint(err, "write that model, or correct the name");
        } else {
            status = dv_fail(err, DV_EXIT_USAGE,
                             "load[%u].dataset: \"%s\" is neither a model (transform/%s.sql) nor extracted",
                             i - job->model_count, name, name);
            dv_err_hint(err, "write that model, name it under \"extract\", or correct the name");
        }
    }
    dv_buf_release(&path);
    return status;
}

static enum dv_status read_file(struct dv_job *job, const char *path, const char *dir, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (dir != NULL && (job->dir = dv_arena_strdup(&job->arena, dir)) == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_json_read(path, DV_EXIT_USAGE, &job->document, err));
    status = read_top(job, err);
    if (status == DV_OK)
        status = read_sections(job, err);
    if (status == DV_OK && dir != NULL)
        status = check_files(job, err);
    if (status != DV_OK)
        status = name_file(err, path);
done:
    if (status != DV_OK)
        dv_job_release(job);
    return status;
}

enum dv_status dv_job_read(struct dv_job *job, const char *dir, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *path = NULL;
    *job = (struct dv_job){0};
    char *whole = realpath(dir, NULL); /* of the C library's heap */
    if (whole == NULL && errno != ENOENT && errno != ENOTDIR)
        return dv_fail_os(err, errno, "cannot find the job folder %s", dir);
    if (whole == NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "there is no job folder %s", dir);
        dv_err_hint(err, "give the path of the folder that holds job.json");
        return status;
    }
    path = dv_asprintf("%s/job.json", whole);
    bool there;
    status = path != NULL ? dv_file_look(path, &there, err) : dv_fail_memory(err);
    if (status == DV_OK && !there) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is no job: it has no job.json", dir);
        dv_err_hint(err, "give the path of the folder that holds job.json");
    } else if (status == DV_OK) {
        status = read_file(job, path, whole, err);
    }
    dv_free(path);
    free(whole);
    return status;
}

enum dv_status dv_job_read_copy(struct dv_job *job, const char *path, struct dv_err *err)
{
    *job = (struct dv_job){0};
    return read_file(job, path, NULL, err);
}

void dv_job_release(struct dv_job *job)
{
    json_decref(job->document);
    dv_arena_release(&job->arena);
    *job = (struct dv_job){0};
}
