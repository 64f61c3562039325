#include "jobs/steps.h"

#include "jobs/run_parts.h"
#include "jobs/table.h"

#include <string.h>

static const char *const phases[] = {"expand", "index", "contract"};

enum dv_status dv_phase_parse(const char *text, enum dv_phase *phase, struct dv_err *err)
{
    for (unsigned i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        if (strcmp(text, phases[i]) == 0) {
            *phase = (enum dv_phase)i;
            return DV_OK;
        }
    }
    return dv_fail(err, DV_EXIT_USAGE, "--phase must be expand, index or contract, not \"%s\"", text);
}

static enum dv_status list(const struct dv_schema *schema, bool applied_only, enum dv_phase from,
                           struct dv_buf *out, struct dv_err *err)
{
    struct dv_table table = {0};
    dv_table_row(&table);
    dv_table_text(&table, "step");
    dv_table_text(&table, "phase");
    dv_table_text(&table, "state");
    for (unsigned i = 0; i < schema->count; i++) {
        const struct dv_schema_step *step = &schema->steps[i];
        if (applied_only && (!step->applied || step->phase < from))
            continue;
        dv_table_row(&table);
        dv_table_text(&table, step->name);
        dv_table_text(&table, phases[step->phase]);
        dv_table_text(&table, step->drifted   ? "DRIFT: edited since it was applied"
                              : step->applied ? "applied"
                                              : "pending");
    }
    if (table.rows < 2)
        dv_buf_str(out, applied_only ? "nothing to undo\n" : "the job has no schema steps\n");
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    return status;
}

static enum dv_status look(struct dv_run *run, enum dv_steps_action action, enum dv_phase phase,
                           struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *pg = NULL;
    DV_TRY(dv_run_open_database(run, run->target, &pg, err));
    DV_TRY(dv_schema_status(pg, run->job.name, &run->schema, err));
    DV_TRY(list(&run->schema, action == DV_STEPS_DOWN_PLAN, phase, out, err));
    if (action == DV_STEPS_DOWN_PLAN)
        dv_buf_str(out, "nothing was changed; --yes undoes these, newest first\n");
    status = dv_buf_check(out, err);
done:
    dv_pg_close(pg);
    return status;
}

static enum dv_status change(struct dv_run *run, enum dv_steps_action action, enum dv_phase phase,
                             struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned total = 0, count = 0;
    DV_TRY(dv_target_open(&run->locked, &run->context, run->target, action == DV_STEPS_UP, err));
    DV_TRY(dv_schema_status(dv_target_pg(run->locked), run->job.name, &run->schema, err));
    if (action == DV_STEPS_DOWN)
        DV_TRY(dv_schema_down(run->locked, &run->context, &run->schema, phase, &total, err));
    for (unsigned i = DV_PHASE_EXPAND; action == DV_STEPS_UP && i <= (unsigned)phase; i++) {
        DV_TRY(dv_schema_apply(run->locked, &run->context, &run->schema, (enum dv_phase)i, &count, err));
        total += count;
    }
    dv_buf_printf(out, "%u schema steps %s\n", total, action == DV_STEPS_UP ? "applied" : "undone");
    status = dv_buf_check(out, err);
done:
    return status;
}

enum dv_status dv_steps(const struct dv_request *request, enum dv_steps_action action, enum dv_phase phase,
                        struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_run run = {.request = request, .workdir.lock_fd = -1};
    DV_TRY(dv_job_read(&run.job, request->job_dir, err));
    DV_TRY(dv_schema_read(run.job.dir, &run.schema, err));
    DV_TRY(dv_workdir_open(&run.workdir, request->work, run.job.name, err));
    if (request->target == NULL || request->target[0] == '\0') {
        status = dv_fail(err, DV_EXIT_USAGE, "no target is given");
        dv_err_hint(err, "add --target URI, or set DROVER_TARGET");
        goto done;
    }
    DV_TRY(dv_run_resolve_uri(run.workdir.work, request->target, &run.arena, &run.target, err));
    run.context = (struct dv_context){.job = run.job.name,
                                      .workers = request->workers,
                                      .memory = request->memory,
                                      .progress = request->progress};
    status = action == DV_STEPS_STATUS || action == DV_STEPS_DOWN_PLAN
                 ? look(&run, action, phase, out, err)
                 : change(&run, action, phase, out, err);
done:
    if (status != DV_OK)
        dv_err_place(err, "schema", NULL, -1, -1);
    dv_run_close(&run);
    return status;
}
