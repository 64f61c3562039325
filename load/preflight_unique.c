#include "core/alloc.h"
#include "load/ledger.h"
#include "load/preflight.h"
#include "load/session.h"
#include "load/unique_key.h"

#include <inttypes.h>
#include <string.h>

struct checker {
    struct dv_pg *pg; /* a session of its own: the server's check copies into it */
    const char *uri;
    const struct dv_context *context;
    const struct dv_step_sql *planned;
    struct dv_findings *findings;
};

static enum dv_status report(struct checker *checker, const struct dv_load_spec *spec,
                             const struct dv_unique_key *key, const struct dv_unique_rows *found,
                             struct dv_err *err)
{
    enum dv_finding_kind kind = key->enforced ? DV_FINDING_WARNING : DV_FINDING_JOB;
    const char *fix = key->enforced
                          ? "the load refuses them, skips them, or has the later one win, as its mode does"
                          : "make the model's rows unique in it, or correct the step that makes the index";
    if (found->extra == 0)
        return DV_OK;
    struct dv_buf rows = {0};
    enum dv_status status;
    for (unsigned i = 0; i < found->count; i++)
        dv_buf_printf(&rows, "  dataset %s, part %" PRIu32 ", row %" PRIu64 ": %s\n", spec->dataset,
                      found->samples[i].part, found->samples[i].row, found->samples[i].key);
    DV_TRY(dv_sql_done(&rows, err));
    DV_TRY(dv_finding_add(checker->findings, kind, fix, err,
                          "dataset %s: %" PRIu64 " keys of %s (%s) on %s are there more than once, %" PRIu64
                          " rows too many",
                          spec->dataset, found->keys, key->label, key->elements, spec->table, found->extra));
    status = dv_finding_rows(checker->findings, rows.data, err);
done:
    dv_buf_release(&rows);
    return status;
}

/* A check that the server cannot carry out forbids nothing: the load or the index will tell. */
static enum dv_status by_server(struct checker *checker, const struct dv_load_table *table,
                                const struct dv_unique_key *key, struct dv_err *err)
{
    struct dv_unique_rows found;
    struct dv_err failure = DV_ERR_INIT;
    enum dv_status status = DV_OK;
    if (checker->pg == NULL)
        DV_TRY(dv_session_open(&checker->pg, checker->uri, checker->context, "preflight", err));
    status = dv_unique_by_server(checker->pg, table, key, &found, &failure);
    if (status == DV_OK)
        return report(checker, table->spec, key, &found, err);
    if (status == DV_FAILED && failure.sqlstate[0] != '\0' && !dv_pg_lost(checker->pg))
        return dv_finding_add(checker->findings, DV_FINDING_NOTE, NULL, err,
                              "dataset %s: whether its rows are unique in %s (%s) could not be looked at: %s",
                              table->spec->dataset, key->label, key->elements, failure.message);
    *err = failure;
done:
    return status;
}

/* *read: whether there was a key to look at; all files were read and compared with their manifests then. */
static enum dv_status by_hash(struct checker *checker, const struct dv_load_table *table,
                              const struct dv_unique_keys *keys, bool *read, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned count = 0;
    const struct dv_unique_key **exact = dv_calloc((size_t)keys->count + 1, sizeof *exact);
    struct dv_unique_rows *found = dv_calloc((size_t)keys->count + 1, sizeof *found);
    if (exact == NULL || found == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned i = 0; i < keys->count; i++)
        if (keys->list[i].exact)
            exact[count++] = &keys->list[i];
    DV_TRY(dv_unique_by_hash(checker->context, table, exact, count, found, err));
    *read = count > 0;
    for (unsigned i = 0; i < count; i++)
        DV_TRY(report(checker, table->spec, exact[i], &found[i], err));
done:
    dv_free(exact);
    dv_free(found);
    return status;
}

/* Nothing is left to find of a step that is loaded. */
static enum dv_status is_loaded(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                const struct dv_dataset_manifest *dataset, bool *whole, struct dv_err *err)
{
    bool *loaded = dv_calloc((size_t)dataset->part_count + 1, sizeof *loaded);
    if (loaded == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_ledger_loaded(pg, run_id, spec, dataset, loaded, err);
    *whole = true;
    for (uint32_t part = 0; part < dataset->part_count; part++)
        *whole = *whole && loaded[part];
    dv_free(loaded);
    return status;
}

static enum dv_status check_step(struct checker *checker, struct dv_pg *control, struct dv_load_spec *spec,
                                 struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_load_table table = {0};
    struct dv_unique_keys keys = {0};
    bool whole = false;
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(is_loaded(control, checker->context->run_id, spec, &dataset, &whole, err));
    if (whole)
        goto done;
    DV_TRY(dv_load_table_read(&table, control, spec, dataset.columns, dataset.column_count, NULL, err));
    DV_TRY(dv_unique_keys_find(control, &table, dataset.columns, checker->planned, &keys, err));
    DV_TRY(by_hash(checker, &table, &keys, &spec->checked, err));
    for (unsigned i = 0; i < keys.count; i++)
        if (!keys.list[i].exact)
            DV_TRY(by_server(checker, &table, &keys.list[i], err));
done:
    dv_unique_keys_release(&keys);
    dv_load_table_release(&table);
    dv_dataset_manifest_release(&dataset);
    if (status < 0)
        dv_err_place(err, "load", spec->step, -1, -1);
    return status;
}

enum dv_status dv_preflight_unique(struct dv_target *target, const struct dv_context *context,
                                   struct dv_load_spec *specs, unsigned count, const struct dv_schema *schema,
                                   struct dv_findings *findings, struct dv_err *err)
{
    struct dv_step_sql planned = {0};
    struct checker checker = {
        .uri = dv_target_uri(target), .context = context, .planned = &planned, .findings = findings};
    enum dv_status status;
    DV_TRY(dv_step_sql_read(schema, DV_PHASE_EXPAND, DV_PHASE_INDEX, &planned, err));
    for (unsigned i = 0; i < count; i++)
        DV_TRY(check_step(&checker, dv_target_pg(target), &specs[i], err));
done:
    dv_pg_close(checker.pg);
    dv_step_sql_release(&planned);
    return status;
}
