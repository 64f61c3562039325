#include "jobs/spec_parts.h"

#include <string.h>

static enum dv_status read_columns(struct dv_job *job, struct dv_load_spec *spec, const json_t *columns,
                                   const char *place, struct dv_err *err)
{
    if (columns == NULL)
        return DV_OK;
    const char *at = dv_arena_printf(&job->arena, "%s.columns", place);
    if (at == NULL)
        return dv_fail_memory(err);
    if (json_is_array(columns)) {
        enum dv_status status = dv_spec_strings(job, columns, at, &spec->from, &spec->column_count, err);
        spec->to = spec->from;
        return status;
    }
    size_t size = json_object_size(columns);
    if (size == 0)
        return dv_fail(err, DV_EXIT_USAGE,
                       "%s must be an array of columns or an object of DATASET_COLUMN: \"table column\"", at);
    const char **from = dv_arena_alloc(&job->arena, size * sizeof *from);
    const char **to = dv_arena_alloc(&job->arena, size * sizeof *to);
    if (from == NULL || to == NULL)
        return dv_fail_memory(err);
    unsigned count = 0;
    const char *name;
    json_t *column;
    json_object_foreach((json_t *)(uintptr_t)columns, name, column)
    {
        if (name[0] == '\0')
            return dv_fail(err, DV_EXIT_USAGE, "%s: a column of the dataset has no name", at);
        if (!json_is_string(column) || json_string_length(column) == 0)
            return dv_fail(err, DV_EXIT_USAGE, "%s.%s must be the name of the table's column", at, name);
        for (unsigned i = 0; i < count; i++)
            if (strcmp(to[i], json_string_value(column)) == 0)
                return dv_fail(err, DV_EXIT_USAGE, "%s: the table's column \"%s\" is given two columns", at,
                               to[i]);
        from[count] = name;
        to[count++] = json_string_value(column);
    }
    spec->from = from;
    spec->to = to;
    spec->column_count = count;
    return DV_OK;
}

/* Every key column must be among the loaded ones, where those are listed. */
static enum dv_status check_key(const struct dv_load_spec *spec, const char *place, struct dv_err *err)
{
    for (unsigned i = 0; i < spec->key_count && spec->column_count > 0; i++) {
        unsigned j = 0;
        while (j < spec->column_count && strcmp(spec->to[j], spec->key[i]) != 0)
            j++;
        if (j == spec->column_count)
            return dv_fail(err, DV_EXIT_USAGE, "%s.key: \"%s\" is not among the columns that are loaded",
                           place, spec->key[i]);
    }
    return DV_OK;
}

static enum dv_status check_mode(const struct dv_load_spec *spec, const json_t *key, const char *place,
                                 struct dv_err *err)
{
    static const char *const modes[] = {"insert", "insert_new", "upsert", "update"};
    size_t mode = 0;
    while (mode < sizeof modes / sizeof modes[0] && strcmp(spec->mode, modes[mode]) != 0)
        mode++;
    if (mode == sizeof modes / sizeof modes[0])
        return dv_fail(err, DV_EXIT_USAGE,
                       "%s.mode must be \"insert\", \"insert_new\", \"upsert\" or \"update\", not \"%s\"",
                       place, spec->mode);
    if (key == NULL && mode != 0) {
        enum dv_status status =
            dv_fail(err, DV_EXIT_USAGE, "%s.key is missing: mode %s has to know its rows", place, spec->mode);
        dv_err_hint(err, "name the table's columns that tell its rows apart: \"key\": [\"id\"]");
        return status;
    }
    return DV_OK;
}

static enum dv_status check_step(const struct dv_job *job, const struct dv_job_load *load, const char *place,
                                 struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i + 1 < job->load_count; i++) {
        if (strcmp(job->loads[i].spec.step, load->spec.step) != 0)
            continue;
        status = dv_fail(err, DV_EXIT_USAGE, "%s: load[%u] is called \"%s\" too", place, i, load->spec.step);
        dv_err_hint(err, "give one of the two a \"step\" of its own");
        return status;
    }
    const struct dv_job_extract *extract = dv_job_find_extract(job, load->spec.dataset);
    if (extract != NULL && extract->databases != DV_DATABASES_ANY && load->databases != extract->databases) {
        bool separate = extract->databases == DV_DATABASES_SEPARATE;
        status =
            dv_fail(err, DV_EXIT_USAGE, "%s: the dataset \"%s\" is not there where source and target are %s",
                    place, extract->name, separate ? "one database" : "two databases");
        dv_err_hint(err, "say \"when\": \"%s\" here too", separate ? "separate" : "same");
    }
    return status;
}

static enum dv_status read_one(struct dv_job *job, struct dv_job_load *load, const json_t *object,
                               const char *place, struct dv_err *err)
{
    static const char *const keys[] = {"dataset", "step",  "table", "mode", "key",
                                       "columns", "batch", "when",  NULL};
    enum dv_status status = DV_OK;
    struct dv_load_spec *spec = &load->spec;
    const json_t *key = json_object_get(object, "key");
    const char *key_place = dv_arena_printf(&job->arena, "%s.key", place);
    const char *batch_place = dv_arena_printf(&job->arena, "%s.batch", place);
    if (key_place == NULL || batch_place == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    DV_TRY(dv_json_string(object, "dataset", place, true, DV_EXIT_USAGE, &spec->dataset, err));
    DV_TRY(dv_spec_name(spec->dataset, place, err));
    spec->step = spec->dataset;
    DV_TRY(dv_json_string(object, "step", place, false, DV_EXIT_USAGE, &spec->step, err));
    DV_TRY(dv_spec_name(spec->step, place, err));
    DV_TRY(dv_spec_table(object, place, &spec->table, err));
    DV_TRY(dv_json_string(object, "mode", place, true, DV_EXIT_USAGE, &spec->mode, err));
    DV_TRY(check_mode(spec, key, place, err));
    if (key != NULL)
        DV_TRY(dv_spec_strings(job, key, key_place, &spec->key, &spec->key_count, err));
    DV_TRY(read_columns(job, spec, json_object_get(object, "columns"), place, err));
    DV_TRY(check_key(spec, place, err));
    DV_TRY(dv_spec_batch(spec, json_object_get(object, "batch"), batch_place, err));
    DV_TRY(dv_spec_when(job, object, place, &load->databases, &load->when, err));
    status = check_step(job, load, place, err);
done:
    return status;
}

enum dv_status dv_spec_load(struct dv_job *job, const json_t *section, struct dv_err *err)
{
    if (!json_is_array(section))
        return dv_fail(err, DV_EXIT_USAGE, "load must be an array of {dataset, table, mode, key}");
    job->loads = dv_arena_zalloc(&job->arena, (json_array_size(section) + 1) * sizeof *job->loads);
    if (job->loads == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < json_array_size(section); i++) {
        struct dv_job_load *load = &job->loads[job->load_count++];
        const char *place = dv_arena_printf(&job->arena, "load[%zu]", i);
        if (place == NULL)
            return dv_fail_memory(err);
        enum dv_status status = read_one(job, load, json_array_get(section, i), place, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
