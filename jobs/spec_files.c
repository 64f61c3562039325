/* Datasets that are read from files: "file" or "files" in place of "table". */
#include "jobs/spec_parts.h"

#include <string.h>

static bool has_column(const struct dv_job_extract *extract, const char *name)
{
    for (unsigned i = 0; i < extract->column_count; i++)
        if (strcmp(extract->columns[i], name) == 0)
            return true;
    return false;
}

static enum dv_status no_column(const struct dv_job_extract *extract, const char *place, const char *name,
                                struct dv_err *err)
{
    enum dv_status status =
        dv_fail(err, DV_EXIT_USAGE, "%s: \"%s\" is not among the columns of %s", place, name, extract->name);
    dv_err_hint(err, "add it to extract.%s.columns with its type, or correct the name", extract->name);
    return status;
}

/* "names": {"Art.-Nr.": "sku"} */
static enum dv_status read_names(struct dv_job *job, const struct dv_job_extract *extract,
                                 const json_t *object, const char *place, struct dv_file_spec *file,
                                 struct dv_err *err)
{
    if (object == NULL)
        return DV_OK;
    if (!json_is_object(object))
        return dv_fail(err, DV_EXIT_USAGE, "%s.names must be an object of HEADER: COLUMN", place);
    struct dv_file_rename *names =
        dv_arena_zalloc(&job->arena, (json_object_size(object) + 1) * sizeof *names);
    if (names == NULL)
        return dv_fail_memory(err);
    const char *header;
    json_t *column;
    json_object_foreach((json_t *)(uintptr_t)object, header, column)
    {
        const char *name = json_string_value(column);
        if (name == NULL)
            return dv_fail(err, DV_EXIT_USAGE, "%s.names: \"%s\" must give the name of a column", place,
                           header);
        if (!has_column(extract, name))
            return no_column(extract, place, name, err);
        for (unsigned i = 0; i < file->name_count; i++)
            if (strcmp(names[i].column, name) == 0)
                return dv_fail(err, DV_EXIT_USAGE, "%s.names: \"%s\" and \"%s\" both give the column %s",
                               place, names[i].header, header, name);
        names[file->name_count].header = dv_arena_strdup(&job->arena, header);
        names[file->name_count].column = dv_arena_strdup(&job->arena, name);
        if (names[file->name_count].header == NULL || names[file->name_count++].column == NULL)
            return dv_fail_memory(err);
    }
    file->names = names;
    return DV_OK;
}

/* "set": {"supplier_id": "7", "tenant": ":tenant"} */
static enum dv_status read_constants(struct dv_job *job, const struct dv_job_extract *extract,
                                     const json_t *object, const char *place, struct dv_file_spec *file,
                                     struct dv_err *err)
{
    if (object == NULL)
        return DV_OK;
    if (!json_is_object(object))
        return dv_fail(err, DV_EXIT_USAGE, "%s.set must be an object of COLUMN: value", place);
    struct dv_file_constant *constants =
        dv_arena_zalloc(&job->arena, (json_object_size(object) + 1) * sizeof *constants);
    if (constants == NULL)
        return dv_fail_memory(err);
    const char *column;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, column, value)
    {
        struct dv_file_constant *constant = &constants[file->constant_count++];
        if (!json_is_string(value) && !json_is_null(value))
            return dv_fail(err, DV_EXIT_USAGE, "%s.set.%s must be a string (\":NAME\": a parameter) or null",
                           place, column);
        if (!has_column(extract, column))
            return no_column(extract, place, column, err);
        for (unsigned i = 0; i < file->name_count; i++)
            if (strcmp(file->names[i].column, column) == 0)
                return dv_fail(err, DV_EXIT_USAGE, "%s: %s is both in names and in set", place, column);
        constant->column = dv_arena_strdup(&job->arena, column);
        constant->value = json_is_null(value) ? NULL : dv_arena_strdup(&job->arena, json_string_value(value));
        if (constant->column == NULL || (constant->value == NULL && !json_is_null(value)))
            return dv_fail_memory(err);
    }
    file->constants = constants;
    return DV_OK;
}

static bool is_constant(const struct dv_file_spec *file, const char *column)
{
    for (unsigned i = 0; i < file->constant_count; i++)
        if (strcmp(file->constants[i].column, column) == 0)
            return true;
    return strcmp(column, DV_FILE_NAME_COLUMN) == 0 || strcmp(column, DV_FILE_LINE_COLUMN) == 0 ||
           strcmp(column, DV_FILE_RECORD_COLUMN) == 0;
}

static enum dv_status read_format(const json_t *object, const char *place, struct dv_file_spec *file,
                                  struct dv_err *err)
{
    const char *format = NULL;
    bool known = dv_file_format_of(file->path, &file->format, &file->gzip);
    enum dv_status status = dv_json_string(object, "format", place, false, DV_EXIT_USAGE, &format, err);
    if (status != DV_OK)
        return status;
    if (format == NULL && !known) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s: the name \"%s\" does not say what the file is", place,
                         file->path);
        dv_err_hint(err,
                    "add \"format\": \"csv\" or \"ndjson\"; .csv, .txt, .tsv, .ndjson and .jsonl, and each "
                    "with .gz behind it, need none");
        return status;
    }
    if (format == NULL)
        return DV_OK;
    file->format = strcmp(format, "ndjson") == 0 ? DV_FILE_NDJSON : DV_FILE_CSV;
    if (file->format == DV_FILE_NDJSON || strcmp(format, "csv") == 0)
        return DV_OK;
    return dv_fail(err, DV_EXIT_USAGE, "%s.format must be \"csv\" or \"ndjson\", not \"%s\"", place, format);
}

/* object: the file's own keys over those that the dataset gives for all. */
static enum dv_status read_file(struct dv_job *job, struct dv_job_extract *extract, const json_t *object,
                                const char *place, struct dv_file_spec *file, struct dv_err *err)
{
    const char *path = NULL;
    enum dv_status status = DV_OK;
    DV_TRY(dv_json_string(object, "file", place, true, DV_EXIT_USAGE, &path, err));
    file->path = dv_arena_strdup(&job->arena, path);
    const char *at = dv_arena_printf(&job->arena, "%s.dialect", place);
    const char **order = dv_arena_alloc(&job->arena, (extract->column_count + 1) * sizeof *order);
    if (file->path == NULL || at == NULL || order == NULL)
        return dv_fail_memory(err);
    if (*path == '\0')
        return dv_fail(err, DV_EXIT_USAGE, "%s.file must name a file below the folder of --source dir:PATH",
                       place);
    DV_TRY(read_format(object, place, file, err));
    bool tabs = strcasestr(path, ".tsv") != NULL;
    DV_TRY(dv_spec_dialect(job, json_object_get(object, "dialect"), at, tabs, &file->dialect, err));
    DV_TRY(read_names(job, extract, json_object_get(object, "names"), place, file, err));
    DV_TRY(read_constants(job, extract, json_object_get(object, "set"), place, file, err));
    if (file->name_count > 0 && !file->dialect.header && file->format == DV_FILE_CSV) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s.names: the file has no header whose words it could change",
                         place);
        goto done;
    }
    for (unsigned i = 0; i < extract->column_count; i++)
        if (!is_constant(file, extract->columns[i]))
            order[file->order_count++] = extract->columns[i];
    file->order = order;
done:
    return status;
}

/* What a file says over what is said for all of the dataset; a new reference, NULL: no memory. */
static json_t *merge(const json_t *dataset, const json_t *file)
{
    static const char *const keys[] = {"format", "names", "set", "dialect"};
    json_t *merged = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *common = json_object_get(dataset, keys[i]), *own = json_object_get(file, keys[i]);
        json_t *both = json_is_object(common) && json_is_object(own) ? json_copy(common) : NULL;
        if (both != NULL)
            (void)json_object_update(both, own);
        if (both != NULL)
            (void)json_object_set_new(merged, keys[i], both);
        else if (own != NULL || common != NULL)
            (void)json_object_set(merged, keys[i], own != NULL ? own : common);
    }
    (void)json_object_set(merged, "file", json_object_get(file, "file"));
    return merged;
}

static enum dv_status read_list(struct dv_job *job, struct dv_job_extract *extract, const json_t *dataset,
                                const json_t *list, const char *place, struct dv_err *err)
{
    static const char *const keys[] = {"file", "format", "names", "set", "dialect", NULL};
    size_t count = json_array_size(list);
    if (count == 0)
        return dv_fail(err, DV_EXIT_USAGE, "%s.files must be an array of one or more {\"file\": ...}", place);
    extract->files = dv_arena_zalloc(&job->arena, count * sizeof *extract->files);
    if (extract->files == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        const json_t *file = json_array_get(list, i);
        const char *at = dv_arena_printf(&job->arena, "%s.files[%zu]", place, i);
        json_t *merged = NULL;
        enum dv_status status =
            at == NULL ? dv_fail_memory(err)
            : !json_is_object(file)
                ? dv_fail(err, DV_EXIT_USAGE, "%s must be {\"file\": \"NAME.csv\", ...}", at)
                : dv_json_only_keys(file, at, keys, DV_EXIT_USAGE, err);
        if (status == DV_OK && (merged = merge(dataset, file)) == NULL)
            status = dv_fail_memory(err);
        if (status == DV_OK)
            status = read_file(job, extract, merged, at, &extract->files[extract->file_count++], err);
        json_decref(merged);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status read_one(struct dv_job *job, struct dv_job_extract *extract, const json_t *dataset,
                               const char *place, struct dv_err *err)
{
    extract->files = dv_arena_zalloc(&job->arena, sizeof *extract->files);
    if (extract->files == NULL)
        return dv_fail_memory(err);
    extract->file_count = 1;
    return read_file(job, extract, dataset, place, &extract->files[0], err);
}

enum dv_status dv_spec_files(struct dv_job *job, struct dv_job_extract *extract, const json_t *object,
                             const char *place, struct dv_err *err)
{
    static const char *const keys[] = {"file",    "files",   "format",   "names", "set",
                                       "dialect", "columns", "optional", NULL};
    const json_t *columns = json_object_get(object, "columns"), *list = json_object_get(object, "files");
    enum dv_status status = DV_OK;
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    if (list != NULL && json_object_get(object, "file") != NULL)
        return dv_fail(err, DV_EXIT_USAGE, "%s: file and files exclude each other", place);
    DV_TRY(dv_json_bool(object, "optional", place, false, DV_EXIT_USAGE, &extract->optional, err));
    if (!json_is_object(columns)) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s.columns must be an object of NAME: type", place);
        dv_err_hint(err, "a file does not say what its columns are: \"columns\": {\"id\": \"bigint\", "
                         "\"name\": \"text\"}");
        goto done;
    }
    DV_TRY(dv_spec_declared(job, extract, columns, place, err));
    DV_TRY(list != NULL ? read_list(job, extract, object, list, place, err)
                        : read_one(job, extract, object, place, err));
    extract->table =
        extract->file_count == 1
            ? extract->files[0].path
            : dv_arena_printf(&job->arena, "%s and %u more", extract->files[0].path, extract->file_count - 1);
    if (extract->table == NULL)
        status = dv_fail_memory(err);
done:
    return status;
}
