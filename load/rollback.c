#include "core/alloc.h"
#include "core/csv.h"
#include "load/rollback_part.h"
#include "load/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parts that the ledger has of the step, ascending; owned by the caller. */
static enum dv_status loaded_parts(struct dv_pg *pg, const char *run_id, const char *step, uint32_t **parts,
                                   size_t *count, struct dv_err *err)
{
    const char *params[] = {run_id, step};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, "SELECT part FROM drover.ledger WHERE run_id = $1 AND step = $2 ORDER BY part", 2,
                       params, &result, err));
    *count = (size_t)PQntuples(result);
    *parts = dv_calloc(*count + 1, sizeof **parts);
    if (*parts == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < *count; i++)
        (*parts)[i] = (uint32_t)strtoul(PQgetvalue(result, (int)i, 0), NULL, 10);
done:
    PQclear(result);
    return status;
}

/* One list for the step out of those of its parts, with a header. */
static enum dv_status join_kept(const struct dv_context *context, const struct dv_load_table *table,
                                const uint32_t *parts, size_t count, struct dv_err *err)
{
    struct dv_buf path = {0}, all = {0};
    enum dv_status status;
    DV_TRY(dv_rollback_kept_path(&path, context, table->spec->step, -1, err));
    if (dv_file_exists(path.data))
        goto done;
    for (unsigned i = 0; i < table->column_count; i++) {
        if (i > 0)
            dv_buf_byte(&all, ',');
        dv_csv_quote(&all, table->columns[i].name, strlen(table->columns[i].name), false);
    }
    dv_buf_byte(&all, '\n');
    for (size_t i = 0; i < count; i++) {
        DV_TRY(dv_rollback_kept_path(&path, context, table->spec->step, parts[i], err));
        if (dv_file_exists(path.data))
            DV_TRY(dv_file_read(path.data, SIZE_MAX, &all, err));
    }
    DV_TRY(dv_buf_check(&all, err));
    DV_TRY(dv_rollback_kept_path(&path, context, table->spec->step, -1, err));
    DV_TRY(dv_file_publish(path.data, all.data, all.len, err));
    for (size_t i = 0; i < count; i++) {
        DV_TRY(dv_rollback_kept_path(&path, context, table->spec->step, parts[i], err));
        (void)unlink(path.data);
    }
done:
    dv_buf_release(&path);
    dv_buf_release(&all);
    return status;
}

static enum dv_status roll_back_step(struct dv_target *target, const struct dv_load_run *run,
                                     const struct dv_load_spec *spec, bool act,
                                     struct dv_load_session *session, struct dv_rollback_count *counts,
                                     struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_load_table table = {0};
    uint32_t *parts = NULL;
    size_t count = 0;
    enum dv_status status;
    DV_TRY(loaded_parts(dv_target_pg(target), run->context->run_id, spec->step, &parts, &count, err));
    if (count == 0)
        goto done;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(dv_load_table_read(&table, dv_target_pg(target), spec, dataset.columns, dataset.column_count, NULL,
                              err));
    for (size_t i = count; i-- > 0;)
        DV_TRY(dv_rollback_part(run, &table, parts[i], act, session, counts, err));
    if (act)
        status = join_kept(run->context, &table, parts, count, err);
done:
    dv_free(parts);
    dv_load_table_release(&table);
    dv_dataset_manifest_release(&dataset);
    return status;
}

enum dv_status dv_rollback_run(struct dv_target *target, const struct dv_context *context,
                               const struct dv_load_spec *specs, unsigned count, bool act,
                               struct dv_rollback_count *counts, struct dv_err *err)
{
    struct dv_allowed allowed = {.limit = UINT64_MAX};
    struct dv_load_run run = {.context = context, .uri = dv_target_uri(target), .allowed = &allowed};
    struct dv_load_session session = {0};
    bool present;
    enum dv_status status;
    if (pthread_mutex_init(&allowed.lock, NULL) != 0)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < count; i++) {
        counts[i] = (struct dv_rollback_count){0};
        (void)snprintf(counts[i].step, sizeof counts[i].step, "%s", specs[i].step);
        (void)snprintf(counts[i].table, sizeof counts[i].table, "%s", specs[i].table);
    }
    DV_TRY(dv_control_present(dv_target_pg(target), &present, err));
    if (!present)
        goto done;
    for (unsigned i = count; i-- > 0;)
        DV_TRY(roll_back_step(target, &run, &specs[i], act, &session, &counts[i], err));
    if (act) {
        const char *params[] = {context->run_id};
        status =
            dv_pg_run(dv_target_pg(target),
                      "UPDATE drover.run SET state = 'rolled_back', changed_at = now() WHERE run_id = $1", 1,
                      params, NULL, err);
    }
done:
    dv_load_session_close(&session);
    pthread_mutex_destroy(&allowed.lock);
    return status;
}
