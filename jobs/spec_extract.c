#include "jobs/spec_parts.h"

#include <string.h>

/* "columns": {"id": "uuid", ...}: what the dataset has where the table is absent. */
enum dv_status dv_spec_declared(struct dv_job *job, struct dv_job_extract *extract, const json_t *object,
                                const char *place, struct dv_err *err)
{
    size_t size = json_object_size(object);
    const char **names = dv_arena_alloc(&job->arena, (size + 1) * sizeof *names);
    extract->declared = dv_arena_zalloc(&job->arena, (size + 1) * sizeof *extract->declared);
    if (names == NULL || extract->declared == NULL)
        return dv_fail_memory(err);
    if (size == 0)
        return dv_fail(err, DV_EXIT_USAGE, "%s.columns must name one or more columns", place);
    const char *name;
    json_t *type;
    json_object_foreach((json_t *)(uintptr_t)object, name, type)
    {
        struct dv_column *column = &extract->declared[extract->column_count];
        if (!json_is_string(type))
            return dv_fail(err, DV_EXIT_USAGE, "%s.columns.%s must be the name of a type", place, name);
        if (name[0] == '\0' || strlen(name) >= sizeof column->name)
            return dv_fail(err, DV_EXIT_USAGE,
                           "%s.columns: \"%s\" is not the name of a column (1 to 63 bytes)", place, name);
        enum dv_status status =
            dv_type_parse(json_string_value(type), json_string_length(type), &column->type, err);
        if (status != DV_OK) {
            struct dv_err inner = *err;
            return dv_fail(err, DV_EXIT_USAGE, "%s.columns.%s: %s", place, name, inner.message);
        }
        memcpy(column->name, name, strlen(name) + 1);
        names[extract->column_count++] = name;
    }
    extract->columns = names;
    return DV_OK;
}

static enum dv_status read_columns(struct dv_job *job, struct dv_job_extract *extract, const json_t *columns,
                                   const char *place, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (columns == NULL && !extract->optional)
        return DV_OK;
    if (json_is_object(columns)) {
        status = dv_spec_declared(job, extract, columns, place, err);
    } else if (extract->optional) {
        status = dv_fail(err, DV_EXIT_USAGE,
                         "%s.columns must be an object of NAME: type, because the table is optional", place);
        dv_err_hint(
            err,
            "models need columns to read also where the table is absent: \"columns\": {\"id\": \"uuid\"}");
    } else {
        const char *at = dv_arena_printf(&job->arena, "%s.columns", place);
        if (at == NULL)
            return dv_fail_memory(err);
        status = dv_spec_strings(job, columns, at, &extract->columns, &extract->column_count, err);
    }
    return status;
}

static enum dv_status read_one(struct dv_job *job, struct dv_job_extract *extract, const json_t *object,
                               const char *place, struct dv_err *err)
{
    static const char *const keys[] = {"from", "table", "optional", "columns", "where", "when", NULL};
    enum dv_status status = DV_OK;
    const char *from = "source";
    DV_TRY(dv_spec_name(extract->name, place, err));
    if (json_object_get(object, "file") != NULL || json_object_get(object, "files") != NULL)
        return dv_spec_files(job, extract, object, place, err);
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    DV_TRY(dv_json_string(object, "from", place, false, DV_EXIT_USAGE, &from, err));
    extract->from_target = strcmp(from, "target") == 0;
    if (!extract->from_target && strcmp(from, "source") != 0) {
        status =
            dv_fail(err, DV_EXIT_USAGE, "%s.from must be \"source\" or \"target\", not \"%s\"", place, from);
        goto done;
    }
    DV_TRY(dv_spec_table(object, place, &extract->table, err));
    DV_TRY(dv_json_string(object, "where", place, false, DV_EXIT_USAGE, &extract->where, err));
    DV_TRY(dv_json_bool(object, "optional", place, false, DV_EXIT_USAGE, &extract->optional, err));
    DV_TRY(dv_spec_when(job, object, place, &extract->databases, NULL, err));
    status = read_columns(job, extract, json_object_get(object, "columns"), place, err);
done:
    return status;
}

enum dv_status dv_spec_extract(struct dv_job *job, const json_t *section, struct dv_err *err)
{
    if (!json_is_object(section))
        return dv_fail(err, DV_EXIT_USAGE, "extract must be an object of DATASET: {table or file, ...}");
    job->extracts = dv_arena_zalloc(&job->arena, (json_object_size(section) + 1) * sizeof *job->extracts);
    if (job->extracts == NULL)
        return dv_fail_memory(err);
    const char *name;
    json_t *object;
    json_object_foreach((json_t *)(uintptr_t)section, name, object)
    {
        struct dv_job_extract *extract = &job->extracts[job->extract_count++];
        const char *place = dv_arena_printf(&job->arena, "extract.%s", name);
        if (place == NULL)
            return dv_fail_memory(err);
        extract->name = name;
        enum dv_status status = read_one(job, extract, object, place, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
