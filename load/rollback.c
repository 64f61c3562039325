#include "core/alloc.h"
#include "load/part.h"
#include "load/rollback_step.h"
#include "load/session.h"
#include "load/tries.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct rollback {
    struct dv_load_run run;
    const struct dv_load_spec *specs;
    enum dv_rollback_deed deed;
    const struct dv_rollback_count *planned; /* MARK: what must come of it; NULL: whatever does */
    struct dv_rollback_count *counts;
    struct dv_load_session session;
};

static enum dv_status compare_planned(const struct dv_rollback_count *planned,
                                      const struct dv_rollback_count *done, struct dv_err *err)
{
    if (planned->removed == done->removed && planned->restored == done->restored &&
        planned->kept == done->kept)
        return DV_OK;
    enum dv_status status =
        dv_fail(err, DV_EXIT_FAULT,
                "%s: planned were %" PRIu64 " rows to remove, %" PRIu64 " to restore, %" PRIu64
                " to keep; now it would be %" PRIu64 ", %" PRIu64 ", %" PRIu64
                ": somebody has changed rows meanwhile. Nothing of this step was taken back",
                done->step, planned->removed, planned->restored, planned->kept, done->removed, done->restored,
                done->kept);
    dv_err_hint(err, "look at drover rollback --plan again, then give --yes again");
    dv_err_place(err, "rollback", done->step, -1, -1);
    return status;
}

/* The steps from..to-1, last one first, in one transaction; a plan's is rolled back. */
static enum dv_status attempt(struct rollback *rollback, unsigned from, unsigned to, struct dv_err *err)
{
    struct dv_pg *pg = rollback->session.pg;
    enum dv_status status;
    /* Deferred constraints would speak up in COMMIT, when no row can be named any more. */
    DV_TRY(dv_pg_begin(pg, DV_PG_REPEATABLE_READ, err));
    DV_TRY(dv_pg_exec(pg, "SET CONSTRAINTS ALL IMMEDIATE", err));
    for (unsigned i = to; i-- > from;) {
        if (rollback->counts[i].left_out)
            continue;
        DV_TRY(dv_rollback_step(pg, &rollback->run, &rollback->specs[i], rollback->deed, &rollback->counts[i],
                                err));
        if (rollback->planned != NULL)
            DV_TRY(compare_planned(&rollback->planned[i], &rollback->counts[i], err));
    }
    status = rollback->deed == DV_ROLLBACK_PLAN ? dv_pg_rollback(pg, err) : dv_pg_commit(pg, err);
done:
    return status;
}

static enum dv_status transact(struct rollback *rollback, unsigned from, unsigned to, struct dv_err *err)
{
    const struct dv_load_run *run = &rollback->run;
    const char *step = rollback->specs[from].step;
    struct dv_tries tries = {.context = run->context};
    enum dv_status status;
    do {
        status = dv_load_session_ready(&rollback->session, run->uri, run->context, "rollback", step, err);
        if (status == DV_OK) {
            dv_tries_watch(&tries, run->uri, rollback->session.pg);
            status = attempt(rollback, from, to, err);
            dv_tries_unwatch(&tries);
        }
    } while (status != DV_OK && dv_tries_again(&tries, &status, err));
    return status;
}

static enum dv_status take_back(struct rollback *rollback, struct dv_target *target, unsigned count,
                                struct dv_err *err)
{
    struct dv_allowed allowed = {.limit = UINT64_MAX};
    bool present;
    enum dv_status status;
    if (pthread_mutex_init(&allowed.lock, NULL) != 0)
        return dv_fail_memory(err);
    rollback->run.uri = dv_target_uri(target);
    rollback->run.allowed = &allowed;
    for (unsigned i = 0; i < count; i++) {
        struct dv_rollback_count *counts = &rollback->counts[i];
        *counts = (struct dv_rollback_count){.left_out = counts->left_out};
        (void)snprintf(counts->step, sizeof counts->step, "%s", rollback->specs[i].step);
        (void)snprintf(counts->table, sizeof counts->table, "%s", rollback->specs[i].table);
    }
    DV_TRY(dv_control_present(dv_target_pg(target), &present, err));
    if (!present || count == 0)
        goto done;
    if (rollback->deed == DV_ROLLBACK_PLAN) {
        status = transact(rollback, 0, count, err);
        goto done;
    }
    for (unsigned i = count; i-- > 0;)
        if (!rollback->counts[i].left_out)
            DV_TRY(transact(rollback, i, i + 1, err));
done:
    dv_load_session_close(&rollback->session);
    pthread_mutex_destroy(&allowed.lock);
    return status;
}

enum dv_status dv_rollback_plan(struct dv_target *target, const struct dv_context *context,
                                const struct dv_load_spec *specs, unsigned count,
                                struct dv_rollback_count *counts, struct dv_err *err)
{
    struct rollback rollback = {
        .run.context = context, .specs = specs, .deed = DV_ROLLBACK_PLAN, .counts = counts};
    return take_back(&rollback, target, count, err);
}

enum dv_status dv_rollback_run(struct dv_target *target, const struct dv_context *context,
                               const struct dv_load_spec *specs, unsigned count,
                               const struct dv_rollback_count *planned, struct dv_rollback_count *counts,
                               struct dv_err *err)
{
    struct rollback rollback = {.run.context = context,
                                .specs = specs,
                                .deed = DV_ROLLBACK_MARK,
                                .planned = planned,
                                .counts = counts};
    for (unsigned i = 0; i < count; i++)
        counts[i].left_out = planned[i].left_out;
    return take_back(&rollback, target, count, err);
}

enum dv_status dv_rollback_finish(struct dv_target *target, const struct dv_context *context, bool *rest,
                                  struct dv_err *err)
{
    const char *params[] = {context->run_id};
    struct dv_pg *pg = dv_target_pg(target);
    bool present;
    enum dv_status status;
    DV_TRY(dv_load_any(target, context, rest, err));
    DV_TRY(dv_control_present(pg, &present, err));
    if (present && !*rest)
        status =
            dv_pg_run(pg, "UPDATE drover.run SET state = 'rolled_back', changed_at = now() WHERE run_id = $1",
                      1, params, NULL, err);
done:
    return status;
}

static void append(char *out, size_t size, const char *format, ...) DV_PRINTF(3, 4);
static void append(char *out, size_t size, const char *format, ...)
{
    size_t length = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(out + length, size - length, format, arguments);
    va_end(arguments);
}

static void say_taken_back(const struct dv_context *context, const struct dv_rollback_count *counts,
                           unsigned count, struct dv_err *err)
{
    uint64_t taken = 0, kept = 0;
    for (unsigned i = 0; i < count; i++) {
        taken += counts[i].removed + counts[i].restored;
        kept += counts[i].kept;
    }
    if (kept == 0) {
        append(err->message, sizeof err->message, "; nothing was loaded%s",
               taken > 0 ? ": what had been was taken back" : "");
        return;
    }
    append(err->message, sizeof err->message,
           "; what had been loaded was taken back, but for %" PRIu64 " rows that somebody has edited since",
           kept);
    const char *separator = ": ";
    for (unsigned i = 0; i < count; i++) {
        if (counts[i].kept == 0)
            continue;
        append(err->message, sizeof err->message, "%s%s %" PRIu64, separator, counts[i].step, counts[i].kept);
        separator = ", ";
    }
    append(err->message, sizeof err->message, ", listed in %s/rollback", context->run_dir);
}

enum dv_status dv_load_take_back(struct dv_target *target, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count, struct dv_err *err)
{
    struct dv_err fault = DV_ERR_INIT;
    struct dv_buf lists = {0};
    struct dv_rollback_count *counts = dv_calloc((size_t)count + 1, sizeof *counts);
    struct rollback rollback = {
        .run.context = context, .specs = specs, .deed = DV_ROLLBACK_FORGET, .counts = counts};
    enum dv_status status;
    dv_buf_printf(&lists, "%s/rollback", context->run_dir);
    if (counts == NULL || dv_buf_cstr(&lists) == NULL) {
        status = dv_fail_memory(&fault);
        goto done;
    }
    status = dv_file_remove_tree(lists.data, &fault);
    if (status == DV_OK)
        status = take_back(&rollback, target, count, &fault);
done:
    if (status == DV_OK) {
        status = err->status;
        say_taken_back(context, counts, count, err);
        for (unsigned i = 0; i < count; i++)
            if (counts[i].removed + counts[i].restored + counts[i].kept > 0)
                dv_log_event(context->log, "info", "step_taken_back", "step:s", counts[i].step, "removed:u",
                             counts[i].removed, "restored:u", counts[i].restored, "kept:u", counts[i].kept,
                             NULL);
    } else {
        append(fault.message, sizeof fault.message, ". Until then: %.400s", err->message);
        if (fault.code != DV_EXIT_STOPPED)
            dv_err_hint(&fault,
                        "part of the load may still be in the target: run the same command again to "
                        "take it back, or drover rollback JOB --run %s",
                        context->run_id);
        *err = fault;
    }
    dv_free(counts);
    dv_buf_release(&lists);
    return status;
}
