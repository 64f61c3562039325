#include "load/step.h"

#include "core/alloc.h"
#include "load/ledger.h"

static const char apart_sql[] =
    "SELECT a IS NULL OR b IS NULL OR a = b OR EXISTS (SELECT FROM pg_catalog.pg_constraint "
    "WHERE contype = 'f' AND ((conrelid = a AND confrelid = b) OR (conrelid = b AND confrelid = a))) "
    "OR EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid IN (a, b) AND NOT tgisinternal "
    "AND tgenabled <> 'D') OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid IN (a, b) "
    "AND (relkind <> 'r' OR relhassubclass OR relispartition OR relhasrules)) "
    "FROM (SELECT pg_catalog.to_regclass($1)::oid AS a, pg_catalog.to_regclass($2)::oid AS b) pair";

enum dv_status dv_load_step_apart(struct dv_pg *pg, const struct dv_load_spec *a,
                                  const struct dv_load_spec *b, bool *apart, struct dv_err *err)
{
    struct dv_buf left = {0}, right = {0};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_quote_table(&left, a->table, err));
    DV_TRY(dv_sql_done(&left, err));
    DV_TRY(dv_pg_quote_table(&right, b->table, err));
    DV_TRY(dv_sql_done(&right, err));
    const char *params[] = {left.data, right.data};
    DV_TRY(dv_pg_query(pg, apart_sql, 2, params, &result, err));
    *apart = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    dv_buf_release(&left);
    dv_buf_release(&right);
    return status;
}

/* Whether the table is empty is looked at once a step, before its first part, and remembered in the target.
 */
static enum dv_status begin(struct dv_load_step *step, struct dv_pg *pg, const char *run_id,
                            struct dv_err *err)
{
    bool known = false, empty = false;
    enum dv_status status;
    DV_TRY(dv_ledger_step_known(pg, run_id, step->spec, &known, err));
    if (!known)
        DV_TRY(dv_load_table_empty(pg, &step->table, &empty, err));
    status = dv_ledger_begin_step(pg, run_id, step->spec, empty, &step->table.was_empty, err);
done:
    return status;
}

static enum dv_status find_parts(struct dv_load_step *step, struct dv_pg *pg,
                                 const struct dv_context *context, struct dv_err *err)
{
    const struct dv_dataset_manifest *dataset = &step->dataset;
    bool *loaded = dv_calloc((size_t)dataset->part_count + 1, sizeof *loaded);
    enum dv_status status;
    step->parts = dv_calloc((size_t)dataset->part_count + 1, sizeof *step->parts);
    if (loaded == NULL || step->parts == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_ledger_loaded(pg, context->run_id, step->spec, dataset, loaded, err));
    for (uint32_t part = 0; part < dataset->part_count; part++) {
        if (loaded[part])
            continue;
        step->parts[step->part_count++] = part;
        step->rows += dataset->part_rows[part];
    }
    atomic_store(&step->left, step->part_count);
    status = dv_loaded_open(&step->loaded, context, step->spec->step, loaded, dataset->part_count, err);
    loaded = NULL;
done:
    dv_free(loaded);
    return status;
}

enum dv_status dv_load_step_open(struct dv_load_step *step, struct dv_pg *pg, const struct dv_load_run *run,
                                 const struct dv_load_spec *spec, struct dv_err *err)
{
    const char *run_id = run->context->run_id;
    enum dv_status status;
    *step = (struct dv_load_step){.spec = spec};
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &step->dataset, err));
    DV_TRY(dv_load_table_read(&step->table, pg, spec, step->dataset.columns, step->dataset.column_count, NULL,
                              err));
    DV_TRY(begin(step, pg, run_id, err));
    DV_TRY(find_parts(step, pg, run->context, err));
    step->item = dv_progress_start(run->context->progress, "load", spec->step, step->rows);
done:
    if (status < 0) {
        dv_err_place(err, "load", spec->step, -1, -1);
        dv_load_step_close(step);
    }
    return status;
}

void dv_load_step_close(struct dv_load_step *step)
{
    dv_free(step->parts);
    step->parts = NULL;
    dv_loaded_close(&step->loaded);
    dv_load_table_release(&step->table);
    dv_dataset_manifest_release(&step->dataset);
}
