#include "load/step.h"

#include "core/alloc.h"
#include "load/ledger.h"

#include <string.h>

/* $3 and $4: what each changes in rows that are there, NULL where it inserts rows too. A foreign key holds
 * two steps apart that only change rows where one of them changes a column of it. */
static const char apart_sql[] =
    "SELECT a IS NULL OR b IS NULL OR a = b OR EXISTS (SELECT FROM pg_catalog.pg_constraint "
    "WHERE contype = 'f' AND ((conrelid = a AND confrelid = b) OR (conrelid = b AND confrelid = a)) "
    "AND (changed_a IS NULL OR changed_b IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_attribute "
    "WHERE (attrelid = conrelid AND attnum = ANY (conkey) OR attrelid = confrelid AND attnum = ANY "
    "(confkey)) "
    "AND (attrelid = a AND attname = ANY (changed_a) OR attrelid = b AND attname = ANY (changed_b))))) "
    "OR EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid IN (a, b) AND NOT tgisinternal "
    "AND tgenabled <> 'D') OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid IN (a, b) "
    "AND (relkind <> 'r' OR relhassubclass OR relispartition OR relhasrules)) "
    "FROM (SELECT pg_catalog.to_regclass($1)::oid AS a, pg_catalog.to_regclass($2)::oid AS b, "
    "$3::text[] AS changed_a, $4::text[] AS changed_b) pair";

/* A text[] of the table's columns that the step changes; empty where it inserts. */
static enum dv_status changed_columns(const struct dv_load_spec *spec, struct dv_buf *out, struct dv_err *err)
{
    const struct dv_load_mode *mode = dv_load_mode_find(spec->mode);
    struct dv_dataset_manifest dataset = {0};
    const char **names = NULL;
    unsigned count = 0;
    enum dv_status status = DV_OK;
    if (mode == NULL || mode->inserts)
        return DV_OK;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    unsigned loaded = spec->column_count > 0 ? spec->column_count : dataset.column_count;
    names = dv_calloc((size_t)loaded + 1, sizeof(char *));
    if (names == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned i = 0; i < loaded; i++) {
        const char *name = spec->column_count > 0 ? spec->to[i] : dataset.columns[i].name;
        bool key = false;
        for (unsigned k = 0; k < spec->key_count; k++)
            key = key || strcmp(name, spec->key[k]) == 0;
        if (!key)
            names[count++] = name;
    }
    dv_sql_text_array(out, names, count);
    status = dv_sql_done(out, err);
done:
    dv_free(names);
    dv_dataset_manifest_release(&dataset);
    return status;
}

enum dv_status dv_load_step_apart(struct dv_pg *pg, const struct dv_load_spec *a,
                                  const struct dv_load_spec *b, bool *apart, struct dv_err *err)
{
    struct dv_buf left = {0}, right = {0}, changed[2] = {{0}};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_quote_table(&left, a->table, err));
    DV_TRY(dv_sql_done(&left, err));
    DV_TRY(dv_pg_quote_table(&right, b->table, err));
    DV_TRY(dv_sql_done(&right, err));
    DV_TRY(changed_columns(a, &changed[0], err));
    DV_TRY(changed_columns(b, &changed[1], err));
    const char *params[] = {left.data, right.data, changed[0].data, changed[1].data};
    DV_TRY(dv_pg_query(pg, apart_sql, 4, params, &result, err));
    *apart = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    dv_buf_release(&left);
    dv_buf_release(&right);
    dv_buf_release(&changed[0]);
    dv_buf_release(&changed[1]);
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
