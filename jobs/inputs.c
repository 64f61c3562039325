#include "core/alloc.h"
#include "core/file.h"
#include "jobs/run_parts.h"

#include <string.h>

const char *dv_run_path(struct dv_arena *arena, const char *run_dir, const char *kind, const char *name)
{
    return dv_arena_printf(arena, "%s/%s/%s", run_dir, kind, name);
}

static bool active(const struct dv_run *run, const struct dv_job_extract *extract)
{
    return dv_job_databases_hold(extract->databases, run->separate);
}

/* Read, or empty because it is left out here and says what columns it would have. */
static bool has_dataset(const struct dv_run *run, const struct dv_job_extract *extract)
{
    return active(run, extract) || extract->declared != NULL;
}

enum dv_status dv_run_extracted(const struct dv_run *run, bool *extracted, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *extracted = run->dir != NULL;
    for (unsigned i = 0; i < run->job.extract_count && *extracted && status == DV_OK; i++) {
        if (!has_dataset(run, &run->job.extracts[i]))
            continue;
        char *dir = dv_asprintf("%s/extract/%s", run->dir, run->job.extracts[i].name);
        status = dir != NULL ? dv_dataset_look(dir, extracted, err) : dv_fail_memory(err);
        dv_free(dir);
    }
    return status;
}

static const struct dv_run_input *find_input(const struct dv_run *run, const char *name)
{
    for (unsigned i = 0; i < run->input_count; i++)
        if (strcmp(run->inputs[i].extract->name, name) == 0)
            return &run->inputs[i];
    return NULL;
}

const struct dv_column *dv_run_columns(const struct dv_run *run, const char *dataset, unsigned *count)
{
    const struct dv_run_input *input = find_input(run, dataset);
    *count = input != NULL ? input->column_count : 0;
    if (input != NULL)
        return input->columns;
    return run->program != NULL ? dv_program_columns(run->program, dataset, count) : NULL;
}

enum dv_status dv_run_table_columns(const struct dv_run *run, struct dv_pg *pg, const char *table,
                                    const char *const **names, unsigned *count, struct dv_arena *arena,
                                    struct dv_err *err)
{
    static const char sql[] =
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum";
    (void)run;
    enum dv_status status = DV_OK;
    PGresult *result = NULL;
    struct dv_buf quoted = {0};
    DV_TRY(dv_pg_quote_table(&quoted, table, err));
    const char *name = dv_buf_cstr(&quoted);
    if (name == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_pg_query(pg, sql, 1, &name, &result, err));
    *count = (unsigned)PQntuples(result);
    const char **list = dv_arena_zalloc(arena, (*count + 1) * sizeof *list);
    for (unsigned i = 0; i < *count && list != NULL; i++)
        if ((list[i] = dv_arena_strdup(arena, PQgetvalue(result, (int)i, 0))) == NULL)
            list = NULL;
    *names = list;
    if (list == NULL)
        status = dv_fail_memory(err);
done:
    PQclear(result);
    dv_buf_release(&quoted);
    return status;
}

/* The inputs of this run with their specs as the job states them, all columns. */
static enum dv_status list_inputs(struct dv_run *run, struct dv_err *err)
{
    run->input_count = 0;
    run->inputs = dv_arena_zalloc(&run->arena, (run->job.extract_count + 1) * sizeof *run->inputs);
    if (run->inputs == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->job.extract_count; i++) {
        const struct dv_job_extract *extract = &run->job.extracts[i];
        if (!has_dataset(run, extract))
            continue;
        run->inputs[run->input_count++] = (struct dv_run_input){
            .extract = extract,
            .spec = {.name = extract->name,
                     .job = run->job.name,
                     .source_uri = extract->from_target || !active(run, extract) ? run->target : run->source,
                     .table = extract->table,
                     .columns = extract->columns,
                     .column_count = extract->column_count,
                     .optional = extract->optional,
                     .empty = !active(run, extract),
                     .declared = extract->declared,
                     .declared_count = extract->declared != NULL ? extract->column_count : 0},
        };
        struct dv_extract_spec *spec = &run->inputs[run->input_count - 1].spec;
        enum dv_status status = dv_run_where(run, extract, &spec->where, err);
        if (status == DV_OK && extract->file_count > 0)
            status = dv_run_files(run, extract, spec, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status keep_columns(struct dv_run *run, struct dv_run_input *input,
                                   const struct dv_column *columns, unsigned count, struct dv_err *err)
{
    input->columns = dv_arena_alloc(&run->arena, (count + 1) * sizeof *columns);
    if (input->columns == NULL)
        return dv_fail_memory(err);
    if (count > 0)
        memcpy(input->columns, columns, count * sizeof *columns);
    input->column_count = count;
    return DV_OK;
}

static enum dv_status describe_source(struct dv_run *run, struct dv_run_input *input, struct dv_err *err)
{
    struct dv_column *columns = NULL;
    unsigned count = 0;
    enum dv_status status =
        dv_extract_describe(&input->spec, &columns, &count, &input->estimated_rows, &input->absent, err);
    if (status == DV_FAILED) {
        struct dv_extract_spec all = input->spec;
        bool to_come;
        all.where = NULL;
        status = dv_run_where_to_come(run, input, &to_come, err);
        if (to_come && status == DV_OK)
            status = dv_extract_describe(&all, &columns, &count, &input->estimated_rows, &input->absent, err);
    }
    if (status == DV_OK)
        status = keep_columns(run, input, columns, count, err);
    else
        dv_err_place(err, "extract", input->extract->name, -1, -1);
    dv_free(columns);
    return status;
}

static enum dv_status describe_dataset(struct dv_run *run, struct dv_run_input *input, struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    const char *dir = dv_run_path(&run->arena, run->dir, "extract", input->extract->name);
    if (dir == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_dataset_check(dir, err);
    if (status == DV_OK)
        status = dv_dataset_manifest_read(dir, &manifest, err);
    if (status == DV_OK)
        status = keep_columns(run, input, manifest.columns, manifest.column_count, err);
    input->estimated_rows = manifest.rows;
    dv_dataset_manifest_release(&manifest);
    return status;
}

enum dv_status dv_run_program(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    dv_program_free(run->program);
    run->program = NULL;
    const char *models = dv_arena_printf(&run->arena, "%s/transform", run->job.dir);
    struct dv_input *inputs = dv_arena_zalloc(&run->arena, (run->input_count + 1) * sizeof *inputs);
    if (models == NULL || inputs == NULL)
        return dv_fail_memory(err);
    bool there;
    DV_TRY(dv_file_look(models, &there, err));
    if (!there)
        return DV_OK;
    for (unsigned i = 0; i < run->input_count; i++)
        inputs[i] = (struct dv_input){.name = run->inputs[i].extract->name,
                                      .columns = run->inputs[i].columns,
                                      .column_count = run->inputs[i].column_count};
    status =
        dv_program_new(&run->program, models, inputs, run->input_count, run->job.models, run->job.model_count,
                       run->params.list, run->params.count, run->params.now_us, err);
done:
    return status;
}

static void use(const struct dv_run_input *input, const char *column, bool *used)
{
    for (unsigned i = 0; i < input->column_count; i++)
        if (strcmp(input->columns[i].name, column) == 0)
            used[i] = true;
}

/* Steps that are going to change the target's tables, which they have changed by now in a run. */
static bool steps_to_come(const struct dv_run *run)
{
    return run->request->rehearsal != NULL && dv_schema_pending(&run->schema, DV_PHASE_EXPAND);
}

/* What the load entries take of the dataset. Without columns of its own an entry copies what both tables
 * have; where the target's table is not there yet, or steps may still add columns to it, everything. */
static enum dv_status use_loaded(struct dv_run *run, struct dv_pg *target, const struct dv_run_input *input,
                                 bool *used, struct dv_err *err)
{
    for (unsigned i = 0; i < run->job.load_count; i++) {
        const struct dv_job_load *load = &run->job.loads[i];
        const char *const *names = load->spec.from;
        unsigned count = load->spec.column_count;
        if (strcmp(load->spec.dataset, input->extract->name) != 0 ||
            !dv_job_databases_hold(load->databases, run->separate))
            continue;
        if (count == 0 && !steps_to_come(run)) {
            enum dv_status status =
                dv_run_table_columns(run, target, load->spec.table, &names, &count, &run->arena, err);
            if (status != DV_OK)
                return status;
        }
        for (unsigned j = 0; j < count; j++)
            use(input, names[j], used);
        for (unsigned j = 0; j < input->column_count && count == 0; j++)
            used[j] = true;
    }
    return DV_OK;
}

/* Narrows the input to the used columns, in the table's order; at least one stays, or there would be no rows
 * to count. */
static enum dv_status narrow(struct dv_run *run, struct dv_run_input *input, const bool *used,
                             struct dv_err *err)
{
    const char **names = dv_arena_alloc(&run->arena, (input->column_count + 1) * sizeof *names);
    struct dv_column *declared = dv_arena_alloc(&run->arena, (input->column_count + 1) * sizeof *declared);
    unsigned kept = 0, declared_count = 0;
    if (names == NULL || declared == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < input->column_count; i++)
        if (used[i])
            input->columns[kept++] = input->columns[i];
    if (kept == 0 && input->column_count > 0)
        kept = 1;
    for (unsigned i = 0; i < kept; i++) {
        names[i] = input->columns[i].name;
        for (unsigned j = 0; j < input->spec.declared_count; j++)
            if (strcmp(input->spec.declared[j].name, names[i]) == 0)
                declared[declared_count++] = input->spec.declared[j];
    }
    input->column_count = kept;
    input->spec.columns = names;
    input->spec.column_count = kept;
    input->spec.declared = declared_count > 0 ? declared : NULL;
    input->spec.declared_count = declared_count;
    return DV_OK;
}

static enum dv_status prune(struct dv_run *run, struct dv_pg *target, struct dv_run_input *input,
                            struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool *used = dv_calloc(input->column_count + 1, sizeof *used);
    if (used == NULL)
        return dv_fail_memory(err);
    if (run->program != NULL)
        DV_TRY(dv_program_used_columns(run->program, input->extract->name, used, err));
    for (unsigned i = 0; i < input->column_count; i++)
        input->model_reads = input->model_reads || used[i];
    DV_TRY(use_loaded(run, target, input, used, err));
    status = narrow(run, input, used, err);
done:
    dv_free(used);
    return status;
}

enum dv_status dv_run_describe(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *target = NULL;
    bool extracted;
    DV_TRY(dv_run_extracted(run, &extracted, err));
    DV_TRY(list_inputs(run, err));
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(extracted ? describe_dataset(run, &run->inputs[i], err)
                         : describe_source(run, &run->inputs[i], err));
    DV_TRY(dv_run_program(run, err));
    if (extracted)
        return DV_OK;
    DV_TRY(dv_run_open_database(run, run->target, &target, err));
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(prune(run, target, &run->inputs[i], err));
    status = dv_run_program(run, err);
done:
    dv_pg_close(target);
    return status;
}
