#include "core/alloc.h"
#include "core/stage_reader.h"
#include "core/thread.h"
#include "load/analyze.h"
#include "load/gate.h"
#include "load/ledger.h"
#include "load/part.h"
#include "load/session.h"
#include "load/step.h"
#include "load/tries.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Steps whose parts may be loaded side by side: one queue, so that no worker idles at the end of a step. The
 * steps with the largest parts come first, so that what is still under way at the end is small. */
struct group {
    const struct dv_load_run *run;
    struct dv_load_session *sessions; /* one a worker */
    struct dv_load_step *steps;       /* in the job's order */
    unsigned *order;                  /* of the queue */
    unsigned count;
};

static enum dv_status finish_step(const struct group *group, struct dv_load_step *step, struct dv_err *err)
{
    enum dv_status status = dv_rejects_finish(group->run->context, step->spec, step->dataset.part_count, err);
    dv_progress_finish(step->item);
    if (status < 0)
        dv_err_place(err, "load", step->spec->step, -1, -1);
    return status;
}

static enum dv_status load_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct group *group = context;
    const unsigned *turn = group->order;
    int64_t began = dv_monotonic_us();
    while (task >= group->steps[*turn].part_count)
        task -= group->steps[*turn++].part_count;
    struct dv_load_step *step = &group->steps[*turn];
    uint32_t part = step->parts[task];
    if (atomic_fetch_add(&step->begun, 1) == 0 && step->item != NULL)
        atomic_store(&step->item->started_us, began);
    enum dv_status status = dv_gate_pass(group->run->gate, err);
    if (status == DV_OK)
        status = dv_part_load(group->run, &step->table, part, &group->sessions[worker], step->item, err);
    if (status == DV_OK)
        status = dv_loaded_add(&step->loaded, part, err);
    if (status != DV_OK)
        return status;
    dv_log_event(group->run->context->log, "info", "part_loaded", "step:s", step->spec->step, "part:d",
                 (int64_t)part, "ms:d", (dv_monotonic_us() - began) / 1000, NULL);
    return atomic_fetch_sub(&step->left, 1) == 1 ? finish_step(group, step, err) : DV_OK;
}

static enum dv_status may_join(const struct group *group, struct dv_pg *pg, const struct dv_load_spec *spec,
                               bool *joins, struct dv_err *err)
{
    *joins = true;
    for (unsigned i = 0; i < group->count && *joins; i++) {
        bool apart = true;
        enum dv_status status = dv_load_step_apart(pg, group->steps[i].spec, spec, &apart, err);
        if (status != DV_OK)
            return status;
        *joins = !apart;
    }
    return DV_OK;
}

/* Opening looks into the table, which somebody may hold locked. */
static enum dv_status open_step(struct dv_load_step *step, struct dv_pg *pg, const struct dv_load_run *run,
                                const struct dv_load_spec *spec, struct dv_err *err)
{
    struct dv_tries tries = {.context = run->context};
    enum dv_status status;
    do {
        dv_tries_watch(&tries, run->uri, pg);
        status = dv_load_step_open(step, pg, run, spec, err);
        dv_tries_unwatch(&tries);
    } while (status != DV_OK && !dv_pg_lost(pg) && dv_tries_again(&tries, &status, err));
    return status;
}

static uint64_t largest_part(const struct dv_load_step *step)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < step->part_count; i++)
        if (step->dataset.part_rows[step->parts[i]] > rows)
            rows = step->dataset.part_rows[step->parts[i]];
    return rows;
}

static void put_in_order(struct group *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        uint64_t rows = largest_part(&group->steps[i]);
        unsigned at = i;
        for (; at > 0 && largest_part(&group->steps[group->order[at - 1]]) < rows; at--)
            group->order[at] = group->order[at - 1];
        group->order[at] = i;
    }
}

/* Loads the first of the steps and those behind it that may go beside it. *taken: how many. */
static enum dv_status run_group(struct dv_pg *pg, struct group *group, const struct dv_load_spec *specs,
                                unsigned count, unsigned *taken, struct dv_err *err)
{
    size_t parts = 0;
    bool joins = true;
    enum dv_status status = DV_OK;
    group->count = 0;
    while (group->count < count) {
        DV_TRY(may_join(group, pg, &specs[group->count], &joins, err));
        if (!joins)
            break;
        struct dv_load_step *step = &group->steps[group->count];
        DV_TRY(open_step(step, pg, group->run, &specs[group->count], err));
        group->count++;
        parts += step->part_count;
        if (step->part_count > 0)
            continue;
        DV_TRY(dv_loaded_publish(&step->loaded, err));
        DV_TRY(finish_step(group, step, err));
    }
    put_in_order(group);
    status = dv_run_tasks(parts, group->run->context->workers, load_task, group, err);
done:
    *taken = group->count;
    for (unsigned i = 0; i < group->count; i++)
        dv_load_step_close(&group->steps[i]);
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

/* A part of any step, for the look at all of them before the first row is sent. */
struct staged_part {
    const struct dv_load_spec *spec;
    uint32_t part;
};

static enum dv_status verify_part(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    const struct staged_part *staged = (const struct staged_part *)context + task;
    (void)worker;
    enum dv_status status = dv_stage_verify_part(staged->spec->dataset_dir, staged->part, err);
    if (status < 0)
        dv_err_place(err, "load", staged->spec->step, staged->part, -1);
    return status;
}

/* Every part of a step that is not loaded yet, appended to the list. */
static enum dv_status list_unloaded(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    struct staged_part **parts, size_t *count, struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    bool *loaded = NULL;
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    loaded = dv_calloc((size_t)dataset.part_count + 1, sizeof *loaded);
    struct staged_part *more = dv_realloc_array(*parts, *count + dataset.part_count + 1, sizeof **parts);
    if (more != NULL)
        *parts = more;
    if (loaded == NULL || more == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_ledger_loaded(pg, run_id, spec, &dataset, loaded, err));
    for (uint32_t part = 0; part < dataset.part_count; part++)
        if (!loaded[part])
            (*parts)[(*count)++] = (struct staged_part){.spec = spec, .part = part};
done:
    dv_free(loaded);
    dv_dataset_manifest_release(&dataset);
    return status;
}

/* A damaged file is found before a row of any goes to the target; what is read later is still checked block
 * by block. */
static enum dv_status verify_all(struct dv_pg *pg, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count, struct dv_err *err)
{
    struct staged_part *parts = NULL;
    size_t part_count = 0;
    int64_t began = dv_monotonic_us();
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < count; i++)
        if (!specs[i].checked)
            DV_TRY(list_unloaded(pg, context->run_id, &specs[i], &parts, &part_count, err));
    DV_TRY(dv_run_tasks(part_count, context->workers, verify_part, parts, err));
    dv_log_event(context->log, "info", "files_checked", "parts:d", (int64_t)part_count, "seconds:f",
                 (double)(dv_monotonic_us() - began) / 1e6, NULL);
done:
    dv_free(parts);
    return status;
}

enum dv_status dv_load_run(struct dv_target *target, const struct dv_context *context,
                           const struct dv_load_spec *specs, unsigned count,
                           const struct dv_allowance *allowance, struct dv_load_count *counts,
                           struct dv_err *err)
{
    struct dv_allowed allowed = {.limit = 0};
    struct dv_load_run run = {.context = context, .uri = dv_target_uri(target), .allowed = &allowed};
    struct group group = {.run = &run};
    uint32_t *parts_done = dv_calloc((size_t)count + 1, sizeof *parts_done);
    enum dv_status status = DV_OK;
    group.sessions = dv_calloc(context->workers, sizeof *group.sessions);
    group.steps = dv_calloc((size_t)count + 1, sizeof *group.steps);
    group.order = dv_calloc((size_t)count + 1, sizeof *group.order);
    if (group.sessions == NULL || group.steps == NULL || group.order == NULL || parts_done == NULL ||
        pthread_mutex_init(&allowed.lock, NULL) != 0) {
        dv_free(group.sessions);
        dv_free(group.steps);
        dv_free(group.order);
        dv_free(parts_done);
        return dv_fail_memory(err);
    }
    /* The ledger's rows are locked by drover's own sessions alone, so that wait has no limit. */
    DV_TRY(verify_all(dv_target_pg(target), context, specs, count, err));
    DV_TRY(dv_lock_timeout_set(dv_target_pg(target), context, err));
    if (context->rehearsal == NULL) /* which has passed it, and would wait with all its locks */
        DV_TRY(dv_gate_open(&run.gate, context, run.uri, err));
    DV_TRY(dv_gate_pass(run.gate, err));
    DV_TRY(fill_allowed(target, context, specs, count, allowance, counts, parts_done, &allowed, err));
    for (unsigned first = 0, taken; first < count; first += taken)
        DV_TRY(run_group(dv_target_pg(target), &group, &specs[first], count - first, &taken, err));
    DV_TRY(dv_analyze_loaded(&run, specs, count, group.sessions, err));
    status = dv_load_counts(dv_target_pg(target), context->run_id, specs, count, counts, parts_done, err);
done:
    for (unsigned i = 0; i < context->workers; i++)
        dv_load_session_close(&group.sessions[i]);
    dv_gate_close(run.gate);
    pthread_mutex_destroy(&allowed.lock);
    dv_free(group.sessions);
    dv_free(group.steps);
    dv_free(group.order);
    dv_free(parts_done);
    return status;
}
