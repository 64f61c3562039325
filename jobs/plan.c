#include "jobs/plan.h"

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/preflight.h"
#include "jobs/run_parts.h"
#include "jobs/table.h"

#include <inttypes.h>
#include <string.h>

static void show_run(const struct dv_run *run, struct dv_buf *out)
{
    dv_buf_printf(out, "%s: %s\n", run->job.name, run->job.description);
    if (run->dir != NULL)
        dv_buf_printf(out, "would resume run %s\n", run->id);
    else
        dv_buf_str(out, "would begin a new run\n");
    dv_buf_printf(out, "source and target are %s\n", run->separate ? "two databases" : "one database");
    dv_buf_printf(out, "rejects allowed: ");
    if (run->allowance.percent)
        dv_buf_printf(out, "%g%%\n", run->allowance.share);
    else
        dv_buf_printf(out, "%" PRIu64 "\n", run->allowance.rows);
}

static enum dv_status show_schema(struct dv_run *run, struct dv_pg *pg, struct dv_buf *out,
                                  struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_table table = {0};
    DV_TRY(dv_schema_status(pg, run->job.name, &run->schema, err));
    dv_table_row(&table);
    dv_table_text(&table, "schema step");
    dv_table_text(&table, "phase");
    dv_table_text(&table, "state");
    for (unsigned i = 0; i < run->schema.count; i++) {
        const struct dv_schema_step *step = &run->schema.steps[i];
        dv_table_row(&table);
        dv_table_text(&table, step->name);
        dv_table_text(&table, dv_phase_name(step->phase));
        dv_table_text(&table, step->drifted                      ? "DRIFT: edited since it was applied"
                              : step->missing                    ? "applied, but its FILE IS MISSING"
                              : step->applied                    ? "applied"
                              : step->off                        ? "off"
                              : step->phase == DV_PHASE_CONTRACT ? "pending (only with --contract)"
                                                                 : "pending");
    }
    if (table.rows > 1)
        dv_buf_byte(out, '\n');
    status = dv_table_write(&table, out, err);
done:
    dv_table_release(&table);
    return status;
}

static enum dv_status show_extract(struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status;
    struct dv_table table = {0};
    dv_table_row(&table);
    dv_table_text(&table, "extract");
    dv_table_text(&table, "table");
    dv_table_text(&table, "from");
    dv_table_text(&table, "columns");
    dv_table_text(&table, "rows");
    dv_table_text(&table, "state");
    for (unsigned i = 0; i < run->input_count; i++) {
        const struct dv_run_input *input = &run->inputs[i];
        const char *dir =
            run->dir != NULL ? dv_run_path(&run->arena, run->dir, "extract", input->extract->name) : NULL;
        bool whole = false;
        if (dir != NULL)
            DV_TRY(dv_dataset_look(dir, &whole, err));
        dv_table_row(&table);
        dv_table_text(&table, input->extract->name);
        dv_table_text(&table, input->extract->table);
        dv_table_text(&table, input->extract->from_target ? "target" : "source");
        dv_table_number(&table, input->column_count);
        dv_table_number(&table, input->estimated_rows);
        dv_table_text(&table, whole               ? "done, skipped"
                              : input->spec.empty ? "left out, taken as empty"
                              : input->absent     ? "table absent, taken as empty"
                                                  : "");
    }
    if (table.rows > 1)
        dv_buf_byte(out, '\n');
    status = dv_table_write(&table, out, err);
done:
    dv_table_release(&table);
    return status;
}

/* Its length in bytes: up to the first full stop that ends a sentence. */
static int first_sentence(const char *text)
{
    size_t length = 0;
    while (text != NULL && text[length] != '\0' && length < 400 &&
           !(text[length] == '.' && text[length + 1] == ' '))
        length++;
    return (int)length;
}

static enum dv_status show_models(struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status;
    struct dv_table table = {0};
    dv_table_row(&table);
    dv_table_text(&table, "model");
    dv_table_text(&table, "state");
    dv_table_text(&table, "what it is");
    for (unsigned i = 0; run->program != NULL && i < dv_program_model_count(run->program); i++) {
        const char *name = dv_program_model_name(run->program, i);
        const char *description = dv_program_model_description(run->program, i);
        const char *dir = run->dir != NULL ? dv_run_path(&run->arena, run->dir, "transform", name) : NULL;
        bool whole = false;
        if (dir != NULL)
            DV_TRY(dv_dataset_look(dir, &whole, err));
        dv_table_row(&table);
        dv_table_text(&table, name);
        dv_table_text(&table, dv_program_model_ephemeral(run->program, i) ? "ephemeral"
                              : whole                                     ? "done, skipped"
                                                                          : "to run");
        dv_table_printf(&table, "%.*s", first_sentence(description), description != NULL ? description : "");
    }
    if (table.rows > 1)
        dv_buf_byte(out, '\n');
    status = dv_table_write(&table, out, err);
done:
    dv_table_release(&table);
    return status;
}

static enum dv_status show_loads(struct dv_run *run, struct dv_pg *pg, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_table table = {0};
    uint32_t *parts = dv_calloc(run->load_count + 1, sizeof *parts);
    if (parts == NULL)
        return dv_fail_memory(err);
    if (run->dir != NULL)
        DV_TRY(dv_load_counts(pg, run->id, run->loads, run->load_count, run->load_counts, parts, err));
    dv_table_row(&table);
    dv_table_text(&table, "load");
    dv_table_text(&table, "table");
    dv_table_text(&table, "mode");
    dv_table_text(&table, "state");
    for (unsigned i = 0; i < run->load_count; i++) {
        dv_table_row(&table);
        dv_table_text(&table, run->loads[i].step);
        dv_table_text(&table, run->loads[i].table);
        dv_table_text(&table, run->loads[i].mode);
        if (parts[i] > 0)
            dv_table_printf(&table, "%" PRIu32 " parts loaded, those are skipped", parts[i]);
    }
    if (table.rows > 1)
        dv_buf_byte(out, '\n');
    status = dv_table_write(&table, out, err);
done:
    dv_table_release(&table);
    dv_free(parts);
    return status;
}

enum dv_status dv_plan(const struct dv_request *request, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_run run;
    struct dv_pg *pg = NULL;
    status = dv_run_open(&run, request, DV_RUN_TO_LOOK, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_run_open_database(&run, run.target, &pg, err));
    DV_TRY(dv_run_preflight(&run, pg, err));
    if (!run.target_readable) { /* nor is there any more to be said of it */
        dv_findings_format(&run.findings, DV_FINDING_NOTE, out);
        status = dv_buf_check(out, err);
        goto done;
    }
    DV_TRY(dv_run_describe(&run, err));
    DV_TRY(dv_run_loads(&run, pg, err));
    show_run(&run, out);
    DV_TRY(show_schema(&run, pg, out, err));
    DV_TRY(show_extract(&run, out, err));
    DV_TRY(show_models(&run, out, err));
    DV_TRY(show_loads(&run, pg, out, err));
    dv_buf_str(out, run.findings.count > 0 ? "\n" : "");
    dv_findings_format(&run.findings, DV_FINDING_NOTE, out);
    status = dv_buf_check(out, err);
done:
    dv_pg_close(pg);
    dv_run_close(&run);
    return status;
}
