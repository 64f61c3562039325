#include "load/part.h"

#include "core/alloc.h"
#include "core/stage_reader.h"
#include "core/stop.h"
#include "load/batch.h"
#include "load/copy.h"
#include "load/isolate.h"
#include "load/ledger.h"
#include "load/sequence.h"
#include "load/session.h"
#include "load/stage_table.h"
#include "load/tries.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPTIMISTIC 2 /* tries that count on nobody changing the rows meanwhile */

void dv_load_session_close(struct dv_load_session *session)
{
    dv_pg_close(session->pg);
    session->pg = NULL;
}

/* What the statements of a part need, where the server gives less: memory to join and sort one part in, and
 * for its temporary tables. They run for a second or two, and compiling them takes longer than it saves.
 * Cursors are read to their end. A
 * COMMIT that was answered is on the server's disk: what the run's files say of it stays true. */
static const char tuning_sql[] =
    "SELECT set_config(name, wanted, false) FROM (VALUES ('work_mem', '32MB'), ('temp_buffers', '64MB')) "
    "v(name, wanted) WHERE pg_size_bytes(current_setting(name)) < pg_size_bytes(wanted); SET jit = off; "
    "SET cursor_tuple_fraction = 1; "
    "SELECT set_config('synchronous_commit', 'local', false) "
    "WHERE current_setting('synchronous_commit') = 'off'";

enum dv_status dv_load_session_tune(struct dv_pg *pg, struct dv_err *err)
{
    return dv_pg_exec(pg, tuning_sql, err);
}

enum dv_status dv_load_session_ready(struct dv_load_session *session, const char *uri,
                                     const struct dv_context *context, const char *stage, const char *step,
                                     struct dv_err *err)
{
    char what[64];
    enum dv_status status = dv_stop_boundary(err);
    if (status != DV_OK)
        return status;
    if (session->pg != NULL && dv_pg_in_transaction(session->pg)) {
        struct dv_err ignored = DV_ERR_INIT;
        if (dv_pg_lost(session->pg) || dv_pg_rollback(session->pg, &ignored) != DV_OK)
            dv_load_session_close(session);
    }
    if (session->pg != NULL && (dv_pg_lost(session->pg) || session->step != step))
        dv_load_session_close(session);
    if (session->pg != NULL)
        return DV_OK;
    (void)snprintf(what, sizeof what, "%.10s %.40s", stage, step);
    if (session->step != step)
        session->pace = (struct dv_pace){0};
    session->step = step;
    status = dv_session_open(&session->pg, uri, context, what, err);
    if (status == DV_OK)
        status = dv_lock_timeout_set(session->pg, context, err);
    return status == DV_OK ? dv_load_session_tune(session->pg, err) : status;
}

static enum dv_status apply_piece(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                  struct dv_err *err)
{
    struct dv_load_part *part = context;
    uint64_t staged;
    enum dv_status status = dv_stage_table_rows(part, first, first + count - 1, &staged, err);
    (void)bad;
    if (status != DV_OK || staged == 0)
        return status;
    return part->table->mode->apply(part, first, first + count - 1, false, err);
}

enum dv_status dv_part_stage(struct dv_load_part *part, struct dv_progress_item *item, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_copy_part(part, item, err));
    DV_TRY(dv_stage_table_check_keys(part, part->table->mode->updates, err));
    status = dv_stage_table_ready(part, err);
done:
    return status;
}

/* From here on rows and locks of the table itself are at stake. */
static enum dv_status limit_statements(const struct dv_load_part *part, struct dv_err *err)
{
    return dv_pg_execf(part->pg, err, "SET LOCAL statement_timeout = %u",
                       part->run->context->statement_timeout_ms);
}

enum dv_status dv_part_apply(struct dv_load_part *part, struct dv_err *err)
{
    uint64_t count = part->last - part->first + 1;
    enum dv_status status;
    DV_TRY(limit_statements(part, err));
    DV_TRY(dv_stage_table_lock(part, err));
    if (count == 0)
        return DV_OK;
    if (part->careful)
        status = dv_isolate(part, part->first, count, apply_piece, part, err);
    else
        status = part->table->mode->apply(part, part->first, part->last, count == part->rows, err);
done:
    return status;
}

/* A snapshot must not be older than a lock on the table, and is of no use to rows that are locked. */
static bool wants_snapshot(const struct dv_load_part *part)
{
    const struct dv_load_table *table = part->table;
    bool locks_table = !table->key_unique && table->mode->inserts;
    return !part->direct && table->mode->snapshot && !locks_table && !part->lock_rows;
}

enum dv_status dv_part_begin(struct dv_load_part *part, uint64_t first, uint64_t last, bool *loaded,
                             uint64_t *done, struct dv_err *err)
{
    enum dv_status status;
    part->first = first;
    part->last = last;
    part->count = (struct dv_load_count){0};
    DV_TRY(dv_pg_begin(part->pg, wants_snapshot(part) ? DV_PG_REPEATABLE_READ : DV_PG_READ_WRITE, err));
    DV_TRY(dv_ledger_claim(part, loaded, done, err));
    /* Deferred constraints would speak up in COMMIT, when no row can be named any more. */
    status = dv_pg_exec(part->pg, "SET CONSTRAINTS ALL IMMEDIATE", err);
done:
    return status;
}

enum dv_status dv_part_commit(struct dv_load_part *part, struct dv_err *err)
{
    enum dv_status status;
    bool whole = part->last == part->rows;
    DV_TRY(dv_ledger_finish(part, err));
    if (whole)
        DV_TRY(dv_rejects_write(part->run->context, part->table->spec, part->number, &part->refused, false,
                                err));
    DV_TRY(dv_pg_commit(part->pg, err));
    part->refused.settled = part->last;
    if (whole)
        dv_refused_forget(&part->refused);
done:
    return status;
}

/* One transaction. After DV_OK the part is in the target, by this attempt or an earlier one. */
static enum dv_status at_once(struct dv_load_part *part, struct dv_progress_item *item, struct dv_err *err)
{
    bool loaded;
    uint64_t done;
    enum dv_status status;
    DV_TRY(dv_part_begin(part, 1, part->rows, &loaded, &done, err));
    if (loaded)
        return dv_pg_rollback(part->pg, err);
    if (done > 0) {
        /* It was begun in batches, because the table was no longer empty. */
        part->direct = false;
        part->batched = true;
        return dv_pg_rollback(part->pg, err);
    }
    if (part->direct) {
        DV_TRY(dv_copy_part(part, item, err));
    } else {
        DV_TRY(dv_stage_table_make(part->pg, part->table, err));
        DV_TRY(dv_part_stage(part, item, err));
        DV_TRY(dv_part_apply(part, err));
    }
    DV_TRY(dv_sequence_advance(part, err));
    status = dv_part_commit(part, err);
done:
    return status;
}

static enum dv_status attempt(struct dv_load_part *part, struct dv_pace *pace, struct dv_progress_item *item,
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    dv_refused_clear(&part->refused);
    for (unsigned i = 0; i < part->table->column_count; i++)
        part->sequence_max[i] = INT64_MIN;
    if (!part->batched)
        status = at_once(part, item, err);
    if (status == DV_OK && part->batched)
        status = dv_part_in_batches(part, pace, item, err);
    return status;
}

/* Rows of a live table: what a transaction holds of them, others wait for. */
static bool goes_in_batches(const struct dv_load_part *part)
{
    return !part->direct && (part->table->mode->updates || part->table->spec->batched);
}

/* A refused row is no reason to stop: the part is loaded again, more slowly. Where a row turned out to be in
 * a table that was empty when the step began, somebody else puts rows in: by the staging table then. */
static bool change_way(struct dv_load_part *part, const struct dv_err *err)
{
    if (!dv_refused_is(err))
        return false;
    if (part->direct && part->table->mode->apply != NULL && strcmp(err->sqlstate, "23505") == 0) {
        part->direct = false;
        part->careful = false;
        part->batched = goes_in_batches(part);
        return true;
    }
    if (part->careful)
        return false;
    part->careful = true;
    return true;
}

static enum dv_status read_part(struct dv_load_part *part, struct dv_err *err)
{
    struct dv_part_manifest manifest = {0};
    const char *dir = part->table->spec->dataset_dir;
    enum dv_status status;
    DV_TRY(dv_part_manifest_read(dir, part->number, &manifest, err));
    part->rows = manifest.rows;
    part->raw_bytes = manifest.raw_bytes;
    memcpy(part->sha256, manifest.sha256, sizeof part->sha256);
done:
    dv_part_manifest_release(&manifest);
    return status;
}

static bool goes_direct(const struct dv_load_table *table)
{
    if (table->mode->direct)
        return true;
    if (!table->mode->direct_when_empty || !table->was_empty)
        return false;
    for (unsigned i = 0; i < table->key_count; i++)
        if (!table->columns[table->keys[i]].not_null)
            return false; /* only the staging table finds a key that is NULL */
    return true;
}

enum dv_status dv_part_load(const struct dv_load_run *run, const struct dv_load_table *table, uint32_t number,
                            struct dv_load_session *session, struct dv_progress_item *item,
                            struct dv_err *err)
{
    struct dv_load_part part = {
        .run = run, .table = table, .number = number, .refused = {.allowed = run->allowed}};
    struct dv_tries tries = {.context = run->context};
    bool again;
    enum dv_status status;
    part.direct = goes_direct(table);
    part.batched = goes_in_batches(&part);
    part.sequence_max = dv_calloc(table->column_count, sizeof *part.sequence_max);
    if (part.sequence_max == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(read_part(&part, err));
    do {
        uint64_t shown = item != NULL ? atomic_load(&item->rows) : 0, settled = part.refused.settled;
        part.lock_rows = tries.faults >= OPTIMISTIC || run->context->rehearsal != NULL;
        status = dv_load_session_ready(session, run->uri, run->context, "load", table->spec->step, err);
        if (status == DV_OK) {
            part.pg = session->pg;
            dv_tries_watch(&tries, run->uri, part.pg);
            status = attempt(&part, &session->pace, item, err);
            dv_tries_unwatch(&tries);
        }
        if (part.refused.settled > settled)
            tries.faults = tries.locked = 0;
        again = status != DV_OK && (change_way(&part, err) || dv_tries_again(&tries, &status, err));
        if (again && item != NULL && run->context->workers == 1 && !part.batched)
            atomic_store(&item->rows, shown);
    } while (again);
    if (status != DV_OK) {
        dv_refused_clear(&part.refused);
        if (session->pg != NULL && dv_pg_in_transaction(session->pg))
            dv_load_session_close(session);
    }
done:
    if (status < 0)
        dv_err_place(err, "load", table->spec->step, number, -1);
    dv_free(part.sequence_max);
    dv_refused_release(&part.refused);
    return status;
}
