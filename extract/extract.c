#include "extract/extract.h"

#include "extract/source.h"

#include "core/alloc.h"
#include "core/manifest.h"

#include <string.h>

enum dv_status dv_extract_describe(const struct dv_extract_spec *spec, struct dv_column **columns,
                                   unsigned *count, uint64_t *estimated_rows, bool *absent,
                                   struct dv_err *err)
{
    const struct dv_source_type *type;
    uint64_t rows = 0;
    bool missing = false;
    enum dv_status status = dv_source_find(spec->source_uri, &type, err);
    if (status == DV_OK)
        status = type->describe(spec, columns, count, &rows, &missing, err);
    if (status < 0) {
        dv_err_place(err, DV_EXTRACT_STAGE, spec->name, -1, -1);
        return status;
    }
    if (estimated_rows != NULL)
        *estimated_rows = rows;
    if (absent != NULL)
        *absent = missing;
    return DV_OK;
}

enum dv_status dv_extract_identity(const struct dv_extract_spec *specs, unsigned count, struct dv_buf *out,
                                   struct dv_err *err)
{
    for (unsigned i = 0; i < count; i++) {
        const struct dv_source_type *type;
        enum dv_status status = dv_source_find(specs[i].source_uri, &type, err);
        if (status == DV_OK)
            status = type->identify(&specs[i], out, err);
        if (status < 0) {
            dv_err_place(err, DV_EXTRACT_STAGE, specs[i].name, -1, -1);
            return status;
        }
    }
    return DV_OK;
}

enum dv_status dv_extract_declared(const struct dv_extract_spec *spec, struct dv_column **columns,
                                   unsigned *count, struct dv_err *err)
{
    unsigned wanted = spec->columns != NULL ? spec->column_count : spec->declared_count;
    struct dv_column *made = wanted == 0 ? NULL : dv_calloc(wanted, sizeof *made);
    if (wanted == 0) {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE,
                                        "the source has no table %s, and the job declares no columns "
                                        "to stand in for it",
                                        spec->table);
        dv_err_hint(err, "an optional table needs its columns and their types in the job");
        return status;
    }
    if (made == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < wanted; i++) {
        unsigned k = 0;
        while (spec->columns != NULL && k < spec->declared_count &&
               strcmp(spec->columns[i], spec->declared[k].name) != 0)
            k++;
        if (spec->columns == NULL)
            k = i;
        if (k == spec->declared_count) {
            enum dv_status status = dv_fail(err, DV_EXIT_USAGE,
                                            "the source has no table %s, and the job does not declare "
                                            "its column %s",
                                            spec->table, spec->columns[i]);
            dv_err_value(err, spec->columns[i], NULL, 0);
            dv_err_hint(err, "declare the column with its type");
            dv_free(made);
            return status;
        }
        made[i] = spec->declared[k];
    }
    *columns = made;
    *count = wanted;
    return DV_OK;
}

enum dv_status dv_extract_clear(const struct dv_extract_group *group, struct dv_err *err)
{
    for (unsigned i = 0; i < group->count; i++) {
        enum dv_status status = dv_file_remove_tree(group->dirs[i], err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status run_group(const struct dv_extract_group *group, struct dv_err *err)
{
    const struct dv_source_type *type;
    enum dv_status status = DV_OK;
    bool whole = true;
    for (unsigned i = 0; i < group->count && whole && status == DV_OK; i++)
        status = dv_dataset_look(group->dirs[i], &whole, err);
    if (status != DV_OK || whole)
        return status;
    status = dv_source_find(group->specs[0]->source_uri, &type, err);
    /* The snapshot of whatever is there went with its process. While this clears the folders, at least one
     * dataset of the group stays unfinished, so that a crash in the middle ends up here again. */
    if (status == DV_OK && !group->per_part && !type->keeps_parts)
        status = dv_extract_clear(group, err);
    if (status == DV_OK)
        status = type->extract(group, err);
    if (status == DV_RETRY) {
        status = err->status = DV_FAILED;
        err->code = DV_EXIT_FAULT;
        if (err->hint[0] == '\0')
            dv_err_hint(err, "run again to resume");
    }
    return status;
}

static enum dv_status check_name(const char *name, struct dv_err *err)
{
    if (*name != '\0' && *name != '.' && strchr(name, '/') == NULL && strlen(name) < 128)
        return DV_OK;
    return dv_fail(err, DV_EXIT_USAGE, "\"%.140s\" cannot be the name of a dataset: it names a folder", name);
}

enum dv_status dv_extract_run(const struct dv_context *context, const struct dv_extract_spec *specs,
                              unsigned count, bool per_part_consistency, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const struct dv_extract_spec **members = dv_calloc(count + 1U, sizeof *members);
    char **dirs = dv_calloc(count + 1U, sizeof *dirs);
    const char **member_dirs = dv_calloc(count + 1U, sizeof *member_dirs);
    char *base = dv_asprintf("%s/extract", context->run_dir);
    if (members == NULL || dirs == NULL || member_dirs == NULL || base == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned i = 0; i < count; i++) {
        DV_TRY(check_name(specs[i].name, err));
        dirs[i] = dv_asprintf("%s/%s", base, specs[i].name);
        if (dirs[i] == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
    }
    DV_TRY(dv_file_make_dirs(base, err));
    DV_TRY(dv_file_sweep_tmp(base, err));
    for (unsigned i = 0; i < count; i++) {
        struct dv_extract_group group = {
            .context = context, .specs = members, .dirs = member_dirs, .per_part = per_part_consistency};
        bool earlier = false;
        for (unsigned k = 0; k < i; k++)
            earlier = earlier || strcmp(specs[k].source_uri, specs[i].source_uri) == 0;
        if (earlier)
            continue;
        for (unsigned k = i; k < count; k++)
            if (strcmp(specs[k].source_uri, specs[i].source_uri) == 0) {
                members[group.count] = &specs[k];
                member_dirs[group.count++] = dirs[k];
            }
        DV_TRY(run_group(&group, err));
    }
done:
    if (status < 0)
        dv_err_place(err, DV_EXTRACT_STAGE, NULL, -1, -1);
    for (unsigned i = 0; dirs != NULL && i < count; i++)
        dv_free(dirs[i]);
    dv_free(dirs);
    dv_free(member_dirs);
    dv_free(members);
    dv_free(base);
    return status;
}
