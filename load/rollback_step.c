#include "load/rollback_step.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "load/loaded.h"
#include "load/rollback_part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct step {
    struct dv_pg *pg;
    enum dv_rollback_deed deed;
    struct dv_dataset_manifest dataset;
    struct dv_load_table table;
    struct dv_loaded_part *parts; /* owned */
    size_t count;
    struct dv_buf touched, referred;
    bool itself; /* the table refers to itself, and its rows can be looked for again */
    struct dv_buf kept_path, kept_tmp;
    int kept_fd; /* -1: no list */
};

/* The parts that the ledger has of the step, in the order in which they were loaded: what a later one made
 * room for, or took, goes back first. Locked where they are to be marked. */
static enum dv_status read_ledger(struct step *step, const char *run_id, const char *name, struct dv_err *err)
{
    const char *params[] = {run_id, name};
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_printf(&sql,
                  "SELECT part, rolled_back_at IS NOT NULL, coalesce(removed, 0), coalesce(restored, 0), "
                  "coalesce(kept, 0), offered, inserted, updated, rejected, xid, sha256 "
                  "FROM drover.ledger WHERE run_id = $1 AND step = $2 ORDER BY loaded_at, part%s",
                  step->deed == DV_ROLLBACK_PLAN ? "" : " FOR UPDATE");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(step->pg, sql.data, 2, params, &result, err));
    step->count = (size_t)PQntuples(result);
    step->parts = dv_calloc(step->count + 1, sizeof *step->parts);
    if (step->parts == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < step->count; i++) {
        struct dv_loaded_part *part = &step->parts[i];
        int row = (int)i;
        uint64_t *figures[] = {&part->removed,  &part->restored, &part->kept,    &part->offered,
                               &part->inserted, &part->updated,  &part->rejected};
        part->number = (uint32_t)strtoul(PQgetvalue(result, row, 0), NULL, 10);
        part->done = PQgetvalue(result, row, 1)[0] == 't';
        for (int f = 0; f < 7; f++)
            *figures[f] = strtoull(PQgetvalue(result, row, f + 2), NULL, 10);
        part->xid = (uint32_t)strtoull(PQgetvalue(result, row, 9), NULL, 10); /* its epoch is not in xmin */
        (void)snprintf(part->sha256, sizeof part->sha256, "%s", PQgetvalue(result, row, 10));
    }
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* RUN/rollback/kept-STEP.csv.tmp with a header. */
static enum dv_status begin_list(struct step *step, const struct dv_context *context, struct dv_err *err)
{
    struct dv_buf header = {0};
    enum dv_status status;
    dv_buf_printf(&step->kept_path, "%s/rollback", context->run_dir);
    DV_TRY(dv_sql_done(&step->kept_path, err));
    DV_TRY(dv_file_make_dirs(step->kept_path.data, err));
    dv_buf_printf(&step->kept_tmp, "%s/kept-%s.csv.tmp", step->kept_path.data, step->table.spec->step);
    DV_TRY(dv_sql_done(&step->kept_tmp, err));
    dv_buf_reset(&step->kept_path);
    dv_buf_printf(&step->kept_path, "%s/rollback/kept-%s.csv", context->run_dir, step->table.spec->step);
    DV_TRY(dv_sql_done(&step->kept_path, err));
    step->kept_fd = open(step->kept_tmp.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (step->kept_fd < 0) {
        status = dv_fail_os(err, errno, "cannot write %s", step->kept_tmp.data);
        goto done;
    }
    for (unsigned i = 0; i < step->table.column_count; i++) {
        if (i > 0)
            dv_buf_byte(&header, ',');
        dv_csv_quote(&header, step->table.columns[i].name, strlen(step->table.columns[i].name), false);
    }
    dv_buf_byte(&header, '\n');
    DV_TRY(dv_buf_check(&header, err));
    status = dv_file_write_all(step->kept_fd, header.data, header.len, step->kept_tmp.data, err);
done:
    dv_buf_release(&header);
    return status;
}

static enum dv_status open_step(struct step *step, const struct dv_load_run *run,
                                const struct dv_load_spec *spec, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &step->dataset, err));
    DV_TRY(dv_load_table_read(&step->table, step->pg, spec, step->dataset.columns, step->dataset.column_count,
                              NULL, err));
    DV_TRY(dv_rollback_touched_sql(&step->touched, step->pg, &step->table, err));
    DV_TRY(dv_rollback_referred_sql(&step->referred, step->pg, &step->table, &step->itself, err));
    /* Without a key, rows that were there before would be taken for ours once ours have gone. */
    step->itself = step->itself && step->table.key_count > 0;
    DV_TRY(dv_rollback_tables_make(step->pg, &step->table, err));
    if (step->deed != DV_ROLLBACK_PLAN)
        status = begin_list(step, run->context, err);
done:
    return status;
}

static void close_step(struct step *step)
{
    if (step->kept_fd >= 0) {
        (void)close(step->kept_fd);
        (void)unlink(step->kept_tmp.data);
    }
    dv_buf_release(&step->touched);
    dv_buf_release(&step->referred);
    dv_buf_release(&step->kept_path);
    dv_buf_release(&step->kept_tmp);
    dv_free(step->parts);
    dv_load_table_release(&step->table);
    dv_dataset_manifest_release(&step->dataset);
}

static void begin_part(struct dv_take_back *back, struct step *step, const struct dv_load_run *run,
                       const struct dv_loaded_part *loaded)
{
    *back = (struct dv_take_back){.part = {.run = run,
                                           .table = &step->table,
                                           .pg = step->pg,
                                           .number = loaded->number,
                                           .refused = {.allowed = run->allowed}},
                                  .loaded = loaded,
                                  .touched = step->touched.len > 0 ? step->touched.data : NULL,
                                  .referred = step->referred.len > 0 ? step->referred.data : NULL};
    (void)snprintf(back->number, sizeof back->number, "%" PRIu32, loaded->number);
    back->params[0] = run->context->run_id;
    back->params[1] = step->table.spec->step;
    back->params[2] = back->number;
}

static enum dv_status end_part(struct dv_take_back *back, enum dv_status status, struct dv_err *err)
{
    if (status < 0)
        dv_err_place(err, "rollback", back->params[1], back->part.number, -1);
    dv_refused_release(&back->part.refused);
    return status;
}

static enum dv_status take_part(struct step *step, const struct dv_load_run *run,
                                struct dv_loaded_part *loaded, struct dv_err *err)
{
    struct dv_take_back back;
    enum dv_status status;
    begin_part(&back, step, run, loaded);
    DV_TRY(dv_rollback_find(&back, err));
    DV_TRY(dv_rollback_act(&back, err));
    loaded->removed = back.removed;
    loaded->restored = back.restored;
    loaded->kept = back.kept;
    loaded->stuck = back.stuck;
    if (step->kept_fd < 0 || back.kept == 0)
        goto done;
    if (!step->itself)
        DV_TRY(dv_rollback_list(&back, true, step->kept_fd, err));
    status = dv_rollback_list(&back, false, step->kept_fd, err);
done:
    return end_part(&back, status, err);
}

/* Inserted rows that a row of another part referred to, which has gone since. */
static enum dv_status take_stuck(struct step *step, const struct dv_load_run *run,
                                 struct dv_loaded_part *loaded, uint64_t *went, struct dv_err *err)
{
    struct dv_take_back back;
    enum dv_status status;
    begin_part(&back, step, run, loaded);
    DV_TRY(dv_rollback_find_inserted(&back, err));
    DV_TRY(dv_rollback_act(&back, err));
    loaded->removed += back.removed;
    loaded->kept -= back.removed;
    loaded->stuck = back.stuck;
    *went += back.removed;
done:
    return end_part(&back, status, err);
}

static enum dv_status list_inserted(struct step *step, const struct dv_load_run *run,
                                    const struct dv_loaded_part *loaded, struct dv_err *err)
{
    struct dv_take_back back;
    enum dv_status status;
    begin_part(&back, step, run, loaded);
    DV_TRY(dv_rollback_find_inserted(&back, err));
    status = dv_rollback_list(&back, true, step->kept_fd, err);
done:
    return end_part(&back, status, err);
}

static enum dv_status take_parts(struct step *step, const struct dv_load_run *run, struct dv_err *err)
{
    uint64_t went = 1;
    enum dv_status status = DV_OK;
    for (size_t i = step->count; i-- > 0;)
        if (!step->parts[i].done)
            DV_TRY(take_part(step, run, &step->parts[i], err));
    while (step->itself && went > 0) {
        went = 0;
        for (size_t i = step->count; i-- > 0;)
            if (!step->parts[i].done && step->parts[i].stuck > 0)
                DV_TRY(take_stuck(step, run, &step->parts[i], &went, err));
    }
    for (size_t i = step->count; i-- > 0;)
        if (step->itself && step->kept_fd >= 0 && !step->parts[i].done && step->parts[i].kept > 0)
            DV_TRY(list_inserted(step, run, &step->parts[i], err));
done:
    return status;
}

static enum dv_status mark(struct dv_pg *pg, const char *const key[3], const struct dv_loaded_part *part,
                           struct dv_err *err)
{
    const uint64_t values[] = {part->removed, part->restored, part->kept};
    char figures[3][24];
    for (unsigned i = 0; i < 3; i++)
        (void)snprintf(figures[i], sizeof figures[i], "%" PRIu64, values[i]);
    const char *params[] = {key[0], key[1], key[2], figures[0], figures[1], figures[2]};
    return dv_pg_run(
        pg,
        "UPDATE drover.ledger SET rolled_back_at = clock_timestamp(), removed = $4::bigint, "
        "restored = $5::bigint, kept = $6::bigint WHERE run_id = $1 AND step = $2 AND part = $3::int",
        6, params, NULL, err);
}

/* As though it had never been loaded. A row that was kept is one more that the table had before. */
static enum dv_status forget(struct dv_pg *pg, const char *const key[3], const struct dv_loaded_part *part,
                             struct dv_err *err)
{
    static const char *const tables[] = {"before_image", "inserted_key", "ledger"};
    enum dv_status status = DV_OK;
    char sql[128];
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(sql, sizeof sql,
                       "DELETE FROM drover.%s WHERE run_id = $1 AND step = $2 AND part = $3::int", tables[i]);
        DV_TRY(dv_pg_run(pg, sql, 3, key, NULL, err));
    }
    if (part->kept > 0)
        status =
            dv_pg_run(pg, "UPDATE drover.step SET table_was_empty = false WHERE run_id = $1 AND step = $2", 2,
                      key, NULL, err);
done:
    return status;
}

static enum dv_status settle(struct step *step, const struct dv_load_run *run, struct dv_err *err)
{
    char number[16];
    const char *const key[3] = {run->context->run_id, step->table.spec->step, number};
    enum dv_status status = DV_OK;
    if (step->deed == DV_ROLLBACK_PLAN)
        return DV_OK;
    for (size_t i = 0; i < step->count; i++) {
        if (step->parts[i].done)
            continue;
        (void)snprintf(number, sizeof number, "%" PRIu32, step->parts[i].number);
        DV_TRY(step->deed == DV_ROLLBACK_MARK ? mark(step->pg, key, &step->parts[i], err)
                                              : forget(step->pg, key, &step->parts[i], err));
    }
done:
    return status;
}

/* A step that kept nothing leaves no list, nor one that an earlier attempt has published. */
static enum dv_status publish_list(struct step *step, uint64_t kept, struct dv_err *err)
{
    int fd = step->kept_fd;
    if (fd < 0)
        return DV_OK;
    if (kept == 0)
        return dv_file_remove(step->kept_path.data, err);
    step->kept_fd = -1;
    return dv_file_publish_fd(fd, step->kept_tmp.data, step->kept_path.data, err);
}

enum dv_status dv_rollback_step(struct dv_pg *pg, const struct dv_load_run *run,
                                const struct dv_load_spec *spec, enum dv_rollback_deed deed,
                                struct dv_rollback_count *counts, struct dv_err *err)
{
    struct step step = {.pg = pg, .deed = deed, .kept_fd = -1};
    bool any = false;
    enum dv_status status;
    DV_TRY(read_ledger(&step, run->context->run_id, spec->step, err));
    if (step.count == 0)
        goto done;
    counts->removed = counts->restored = counts->kept = 0;
    for (size_t i = 0; i < step.count; i++)
        any = any || !step.parts[i].done;
    if (any) {
        DV_TRY(open_step(&step, run, spec, err));
        DV_TRY(take_parts(&step, run, err));
        DV_TRY(settle(&step, run, err));
    }
    for (size_t i = 0; i < step.count; i++) {
        counts->removed += step.parts[i].removed;
        counts->restored += step.parts[i].restored;
        counts->kept += step.parts[i].kept;
    }
    if (!any)
        goto done;
    if (deed == DV_ROLLBACK_FORGET) {
        DV_TRY(dv_loaded_withdraw(run->context, spec->step, err));
        DV_TRY(dv_rejects_withdraw(run->context, spec, err));
    }
    DV_TRY(publish_list(&step, counts->kept, err));
    status = dv_rollback_tables_drop(pg, err);
done:
    if (status < 0)
        dv_err_place(err, "rollback", spec->step, -1, -1);
    close_step(&step);
    return status;
}
