#include "jobs/run_parts.h"

#include <string.h>

static bool has_name(const char *const *names, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

enum dv_status dv_run_map_extracted(struct dv_run *run, struct dv_pg *pg, struct dv_load_spec *spec,
                                    const struct dv_column *dataset, unsigned dataset_count,
                                    struct dv_err *err)
{
    const char *const *table;
    unsigned table_count, count = 0;
    enum dv_status status =
        dv_run_table_columns(run, pg, spec->table, &table, &table_count, &run->arena, err);
    if (status != DV_OK || table_count == 0)
        return status;
    const char **names = dv_arena_alloc(&run->arena, (dataset_count + 1) * sizeof *names);
    if (names == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < dataset_count; i++)
        if (has_name(table, table_count, dataset[i].name))
            names[count++] = dataset[i].name;
    if (count == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "load %s: %s and the dataset have no column in common",
                         spec->step, spec->table);
        dv_err_hint(err, "map the columns: \"columns\": {\"dataset_column\": \"table_column\"}");
        return status;
    }
    if (count < dataset_count) {
        spec->from = spec->to = names;
        spec->column_count = count;
    }
    return DV_OK;
}

static enum dv_status check_loadable(const struct dv_run *run, const struct dv_load_spec *spec,
                                     struct dv_err *err)
{
    for (unsigned i = 0; run->program != NULL && i < dv_program_model_count(run->program); i++) {
        if (strcmp(dv_program_model_name(run->program, i), spec->dataset) != 0 ||
            !dv_program_model_ephemeral(run->program, i))
            continue;
        enum dv_status status =
            dv_fail(err, DV_EXIT_USAGE, "load %s: the model %s is ephemeral and leaves no dataset",
                    spec->step, spec->dataset);
        dv_err_hint(err, "remove \"-- drover: ephemeral\" from transform/%s.sql", spec->dataset);
        return status;
    }
    return DV_OK;
}

enum dv_status dv_run_loads(struct dv_run *run, struct dv_pg *pg, struct dv_err *err)
{
    const char *dir = run->dir != NULL ? run->dir : "RUN";
    run->load_count = 0;
    run->loads = dv_arena_zalloc(&run->arena, (run->job.load_count + 1) * sizeof *run->loads);
    run->load_counts = dv_arena_zalloc(&run->arena, (run->job.load_count + 1) * sizeof *run->load_counts);
    if (run->loads == NULL || run->load_counts == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->job.load_count; i++) {
        const struct dv_job_load *load = &run->job.loads[i];
        if (!dv_job_databases_hold(load->databases, run->separate))
            continue;
        struct dv_load_spec *spec = &run->loads[run->load_count++];
        *spec = load->spec;
        bool extracted = dv_job_find_extract(&run->job, spec->dataset) != NULL;
        spec->dataset_dir = dv_run_path(&run->arena, dir, extracted ? "extract" : "transform", spec->dataset);
        if (spec->dataset_dir == NULL)
            return dv_fail_memory(err);
        enum dv_status status = check_loadable(run, spec, err);
        if (status == DV_OK && extracted && spec->column_count == 0) {
            unsigned columns;
            const struct dv_column *dataset = dv_run_columns(run, spec->dataset, &columns);
            status = dv_run_map_extracted(run, pg, spec, dataset, columns, err);
        }
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
