#include "jobs/plan.h"
#include "jobs/preflight.h"
#include "jobs/run_parts.h"

static enum dv_status check_drift(const struct dv_run *run, struct dv_err *err)
{
    for (unsigned i = 0; i < run->schema.count; i++) {
        if (!run->schema.steps[i].drifted)
            continue;
        enum dv_status status =
            dv_fail(err, DV_EXIT_CHANGED, "schema step %s was edited since it was applied",
                    run->schema.steps[i].name);
        dv_err_hint(err, "put the file back, and write a new step for what is to change");
        return status;
    }
    return DV_OK;
}

static enum dv_status check_load(struct dv_run *run, struct dv_pg *pg, const struct dv_load_spec *spec,
                                 bool pending, unsigned *unchecked, struct dv_err *err)
{
    const char *const *names;
    unsigned table_count, count;
    const struct dv_column *columns = dv_run_columns(run, spec->dataset, &count);
    enum dv_status status =
        dv_run_table_columns(run, pg, spec->table, &names, &table_count, &run->arena, err);
    if (status != DV_OK)
        return status;
    if (columns == NULL)
        return dv_fail(err, DV_EXIT_USAGE, "load %s: there is no dataset %s in this run", spec->step,
                       spec->dataset);
    status = dv_load_check(pg, spec, columns, count, pending, err);
    /* What a pending step still adds to a table that is there already cannot be told from a mistake before it
     * ran. */
    if (status == DV_FAILED && pending && err->code == DV_EXIT_USAGE) {
        (*unchecked)++;
        return DV_OK;
    }
    if (status == DV_OK && table_count == 0)
        (*unchecked)++;
    if (status != DV_OK)
        dv_err_place(err, "load", spec->step, -1, -1);
    return status;
}

static enum dv_status check_all(struct dv_run *run, struct dv_pg *pg, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned unchecked = 0, applied = 0, off = 0;
    DV_TRY(dv_schema_status(pg, run->job.name, &run->schema, err));
    DV_TRY(check_drift(run, err));
    DV_TRY(dv_throttle_check(pg, run->context.throttle, err));
    /* A table that a pending expand step makes may be absent now; its columns are checked by the run, after
     * that step. */
    bool pending = dv_schema_pending(&run->schema, DV_PHASE_EXPAND);
    for (unsigned i = 0; i < run->load_count; i++)
        DV_TRY(check_load(run, pg, &run->loads[i], pending, &unchecked, err));
    for (unsigned i = 0; i < run->schema.count; i++) {
        applied += run->schema.steps[i].applied;
        off += !run->schema.steps[i].applied && run->schema.steps[i].off;
    }
    dv_buf_printf(out, "%s is good\n", run->job.name);
    dv_buf_printf(out, "  job.json and its %u parameters\n", run->params.count);
    dv_buf_printf(out, "  %u extracted tables and the columns that the job uses of them\n", run->input_count);
    dv_buf_printf(out, "  %u models, parsed and type-checked\n",
                  run->program != NULL ? dv_program_model_count(run->program) : 0);
    dv_buf_printf(out, "  %u schema steps, %u of them applied", run->schema.count, applied);
    if (off > 0)
        dv_buf_printf(out, "; %u are off, as the parameters say", off);
    dv_buf_byte(out, '\n');
    dv_buf_printf(out, "  %u load steps against the target's tables", run->load_count - unchecked);
    if (unchecked > 0)
        dv_buf_printf(out, "; %u more wait for schema steps that are not applied yet", unchecked);
    dv_buf_byte(out, '\n');
    status = dv_buf_check(out, err);
done:
    return status;
}

enum dv_status dv_check_job(const struct dv_request *request, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_run run;
    struct dv_pg *pg = NULL;
    struct dv_request fresh = *request; /* what is on disk of a run says nothing about the job */
    fresh.fresh = true;
    fresh.run_id = NULL;
    status = dv_run_open(&run, &fresh, DV_RUN_TO_LOOK, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_run_open_database(&run, run.target, &pg, err));
    DV_TRY(dv_lock_timeout_set(pg, &run.context, err)); /* a table without a unique key is looked into */
    DV_TRY(dv_run_preflight(&run, pg, err));
    if (dv_findings_forbid(&run.findings)) {
        dv_findings_format(&run.findings, DV_FINDING_WARNING, out);
        status = dv_findings_fail(&run.findings, err);
        goto done;
    }
    DV_TRY(dv_run_describe(&run, err));
    DV_TRY(dv_run_loads(&run, pg, err));
    DV_TRY(check_all(&run, pg, out, err));
    dv_findings_format(&run.findings, DV_FINDING_WARNING, out);
    status = dv_buf_check(out, err);
done:
    dv_pg_close(pg);
    dv_run_close(&run);
    return status;
}
