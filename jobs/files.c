/* The files of a run: parameters in their names and constants put in. */
#include "jobs/run_parts.h"

#include <ctype.h>
#include <string.h>

static const struct dv_program_param *find_param(const struct dv_run *run, const char *name, size_t length)
{
    for (unsigned i = 0; i < run->params.count; i++)
        if (strlen(run->params.list[i].name) == length && memcmp(run->params.list[i].name, name, length) == 0)
            return &run->params.list[i];
    return NULL;
}

static enum dv_status param_value(const struct dv_run *run, const struct dv_job_extract *extract,
                                  const char *name, size_t length, const char **value, struct dv_err *err)
{
    const struct dv_program_param *param = find_param(run, name, length);
    enum dv_status status;
    if (param == NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "extract.%s: the job has no parameter \"%.*s\"", extract->name,
                         (int)length, name);
        dv_err_hint(err, "declare it under params, or correct the name");
        return status;
    }
    *value = param->value;
    return DV_OK;
}

static size_t name_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    return isdigit((unsigned char)*at) ? 0 : length;
}

/* "a/../b" and "/etc" lead out of the folder. */
static bool leaves_folder(const char *path)
{
    if (*path == '/')
        return true;
    for (const char *at = path; *at != '\0'; at += *at == '/') {
        size_t length = strcspn(at, "/");
        if (length == 2 && memcmp(at, "..", 2) == 0)
            return true;
        at += length;
    }
    return false;
}

static enum dv_status resolve_path(struct dv_run *run, const struct dv_job_extract *extract, const char *path,
                                   const char **out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf text = {0};
    for (const char *at = path; *at != '\0';) {
        size_t length = *at == ':' ? name_length(at + 1) : 0;
        const char *value = NULL;
        if (length == 0) {
            dv_buf_byte(&text, *at++);
            continue;
        }
        DV_TRY(param_value(run, extract, at + 1, length, &value, err));
        if (value == NULL || *value == '\0') {
            status =
                dv_fail(err, DV_EXIT_USAGE, "extract.%s: the file's name \"%s\" needs the parameter %.*s",
                        extract->name, path, (int)length, at + 1);
            dv_err_hint(err, "add --param %.*s=VALUE", (int)length, at + 1);
            goto done;
        }
        dv_buf_str(&text, value);
        at += length + 1;
    }
    const char *whole = dv_buf_cstr(&text);
    *out = whole != NULL ? dv_arena_strdup(&run->arena, whole) : NULL;
    if (*out == NULL) {
        status = dv_fail_memory(err);
    } else if (leaves_folder(*out)) {
        status = dv_fail(err, DV_EXIT_USAGE, "extract.%s: the file \"%s\" would lie outside the folder",
                         extract->name, *out);
        dv_err_hint(err, "name it from the folder of --source dir:PATH, without .. and no / first");
    }
done:
    dv_buf_release(&text);
    return status;
}

static enum dv_status resolve_constants(struct dv_run *run, const struct dv_job_extract *extract,
                                        struct dv_file_spec *file, struct dv_err *err)
{
    struct dv_file_constant *constants =
        dv_arena_alloc(&run->arena, (file->constant_count + 1) * sizeof *constants);
    if (constants == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < file->constant_count; i++) {
        const char *value = file->constants[i].value;
        constants[i] = file->constants[i];
        size_t length = value != NULL && *value == ':' ? name_length(value + 1) : 0;
        if (length == 0 || value[1 + length] != '\0')
            continue;
        enum dv_status status = param_value(run, extract, value + 1, length, &constants[i].value, err);
        if (status != DV_OK)
            return status;
    }
    file->constants = constants;
    return DV_OK;
}

enum dv_status dv_run_files(struct dv_run *run, const struct dv_job_extract *extract,
                            struct dv_extract_spec *spec, struct dv_err *err)
{
    struct dv_file_spec *files = dv_arena_alloc(&run->arena, extract->file_count * sizeof *files);
    if (files == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < extract->file_count; i++) {
        files[i] = extract->files[i];
        enum dv_status status = resolve_path(run, extract, extract->files[i].path, &files[i].path, err);
        if (status == DV_OK)
            status = resolve_constants(run, extract, &files[i], err);
        if (status != DV_OK)
            return status;
    }
    spec->files = files;
    spec->file_count = extract->file_count;
    spec->source_uri = run->folder != NULL ? run->folder : "dir:";
    if (extract->file_count == 1)
        spec->table = files[0].path;
    return DV_OK;
}
