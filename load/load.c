#include "core/alloc.h"
#include "core/thread.h"
#include "load/ledger.h"
#include "load/part.h"
#include "load/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct step_task {
    const struct dv_load_run *run;
    const struct dv_load_table *table;
    struct dv_load_session *sessions; /* one a worker */
    const uint32_t *parts;            /* those not loaded yet */
    struct dv_progress_item *item;
};

static enum dv_status load_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct step_task *step = context;
    int64_t began = dv_monotonic_us();
    uint32_t part = step->parts[task];
    enum dv_status status =
        dv_part_load(step->run, step->table, part, &step->sessions[worker], step->item, err);
    if (status == DV_OK)
        dv_log_event(step->run->context->log, "info", "part_loaded", "step:s", step->table->spec->step,
                     "part:d", (int64_t)part, "ms:d", (dv_monotonic_us() - began) / 1000, NULL);
    return status;
}

/* Looked at once a step, before its first part, and remembered in the target. */
static enum dv_status begin_step(struct dv_target *target, const struct dv_load_run *run,
                                 struct dv_load_table *table, struct dv_err *err)
{
    struct dv_pg *pg = dv_target_pg(target);
    const char *run_id = run->context->run_id;
    bool known = false, empty = false;
    enum dv_status status;
    DV_TRY(dv_ledger_step_known(pg, run_id, table->spec, &known, err));
    if (!known)
        DV_TRY(dv_load_table_empty(pg, table, &empty, err));
    status = dv_ledger_begin_step(pg, run_id, table->spec, empty, &table->was_empty, err);
done:
    return status;
}

static enum dv_status run_step(struct dv_target *target, const struct dv_load_run *run,
                               const struct dv_load_spec *spec, struct dv_load_session *sessions,
                               struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_load_table table = {0};
    bool *loaded = NULL;
    uint32_t *parts = NULL, left = 0;
    uint64_t rows = 0;
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(dv_load_table_read(&table, dv_target_pg(target), spec, dataset.columns, dataset.column_count, NULL,
                              err));
    DV_TRY(begin_step(target, run, &table, err));
    loaded = dv_calloc((size_t)dataset.part_count + 1, sizeof *loaded);
    parts = dv_calloc((size_t)dataset.part_count + 1, sizeof *parts);
    if (loaded == NULL || parts == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_ledger_loaded(dv_target_pg(target), run->context->run_id, spec, &dataset, loaded, err));
    for (uint32_t part = 0; part < dataset.part_count; part++) {
        if (loaded[part])
            continue;
        parts[left++] = part;
        rows += dataset.part_rows[part];
    }
    struct step_task task = {.run = run, .table = &table, .sessions = sessions, .parts = parts};
    task.item = dv_progress_start(run->context->progress, "load", spec->step, rows);
    DV_TRY(dv_run_tasks(left, run->context->workers, load_task, &task, err));
    if (task.item != NULL)
        dv_progress_finish(task.item);
    status = dv_rejects_finish(run->context, spec, dataset.part_count, err);
done:
    if (status < 0)
        dv_err_place(err, "load", spec->step, -1, -1);
    dv_free(loaded);
    dv_free(parts);
    dv_load_table_release(&table);
    dv_dataset_manifest_release(&dataset);
    return status;
}

static enum dv_status fill_allowed(struct dv_target *target, const struct dv_context *context,
                                   const struct dv_load_spec *specs, unsigned count,
                                   const struct dv_allowance *allowance, struct dv_load_count *counts,
                                   uint32_t *parts_done, struct dv_allowed *allowed, struct dv_err *err)
{
    enum dv_status status;
    for (unsigned i = 0; i < count; i++) {
        struct dv_dataset_manifest dataset = {0};
        DV_TRY(dv_dataset_manifest_read(specs[i].dataset_dir, &dataset, err));
        allowed->offered += dataset.rows;
        dv_dataset_manifest_release(&dataset);
    }
    if (allowance->percent) {
        allowed->limit = (uint64_t)((double)allowed->offered * allowance->share / 100.0);
        (void)snprintf(allowed->text, sizeof allowed->text, "%g%%", allowance->share);
    } else {
        allowed->limit = allowance->rows;
        (void)snprintf(allowed->text, sizeof allowed->text, "%" PRIu64 " rows", allowance->rows);
    }
    DV_TRY(dv_load_counts(dv_target_pg(target), context->run_id, specs, count, counts, parts_done, err));
    for (unsigned i = 0; i < count; i++)
        allowed->rejected += counts[i].rejected;
done:
    return status;
}

enum dv_status dv_load_run(struct dv_target *target, const struct dv_context *context,
                           const struct dv_load_spec *specs, unsigned count,
                           const struct dv_allowance *allowance, struct dv_load_count *counts,
                           struct dv_err *err)
{
    struct dv_allowed allowed = {.limit = 0};
    struct dv_load_run run = {.context = context, .uri = dv_target_uri(target), .allowed = &allowed};
    struct dv_load_session *sessions = dv_calloc(context->workers, sizeof *sessions);
    uint32_t *parts_done = dv_calloc((size_t)count + 1, sizeof *parts_done);
    enum dv_status status = DV_OK;
    if (pthread_mutex_init(&allowed.lock, NULL) != 0 || sessions == NULL || parts_done == NULL) {
        dv_free(sessions);
        dv_free(parts_done);
        return dv_fail_memory(err);
    }
    DV_TRY(fill_allowed(target, context, specs, count, allowance, counts, parts_done, &allowed, err));
    for (unsigned i = 0; i < count; i++)
        DV_TRY(run_step(target, &run, &specs[i], sessions, err));
    status = dv_load_counts(dv_target_pg(target), context->run_id, specs, count, counts, parts_done, err);
done:
    for (unsigned i = 0; i < context->workers; i++)
        dv_load_session_close(&sessions[i]);
    pthread_mutex_destroy(&allowed.lock);
    dv_free(sessions);
    dv_free(parts_done);
    return status;
}
