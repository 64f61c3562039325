#include "load/ledger.h"

#include "load/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum dv_status dv_ledger_claim(struct dv_load_part *part, bool *loaded, struct dv_err *err)
{
    const struct dv_load_spec *spec = part->table->spec;
    char number[16], rows[24];
    uint64_t claimed = 0;
    const char *params[] = {
        part->run->context->run_id, spec->step, number, spec->dataset, part->sha256, rows};
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    (void)snprintf(rows, sizeof rows, "%" PRIu64, part->rows);
    enum dv_status status =
        dv_pg_run(part->pg,
                  "INSERT INTO drover.ledger (run_id, step, part, dataset, sha256, offered, xid) "
                  "VALUES ($1, $2, $3::int, $4, $5, $6::bigint, pg_current_xact_id()) ON CONFLICT DO NOTHING",
                  6, params, &claimed, err);
    *loaded = claimed == 0;
    return status;
}

enum dv_status dv_ledger_finish(struct dv_load_part *part, struct dv_err *err)
{
    const struct dv_load_spec *spec = part->table->spec;
    struct dv_load_count *count = &part->count;
    struct dv_buf rejected = {0};
    char number[16], figures[4][24];
    enum dv_status status;
    count->offered = part->rows;
    count->rejected = part->refused.count;
    if (count->offered != count->inserted + count->updated + count->unchanged + count->rejected) {
        status = dv_fail(err, DV_EXIT_BUG,
                         "%" PRIu64 " rows offered, but %" PRIu64 " inserted, %" PRIu64 " updated, %" PRIu64
                         " unchanged, %" PRIu64 " rejected",
                         count->offered, count->inserted, count->updated, count->unchanged, count->rejected);
        goto done;
    }
    const uint64_t values[] = {count->inserted, count->updated, count->unchanged, count->rejected};
    for (unsigned i = 0; i < 4; i++)
        (void)snprintf(figures[i], sizeof figures[i], "%" PRIu64, values[i]);
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    dv_refused_sort(&part->refused);
    for (size_t i = 0; i < part->refused.count; i++)
        dv_buf_printf(&rejected, "%c%" PRIu64, i == 0 ? '{' : ',', part->refused.rows[i].row);
    dv_buf_str(&rejected, part->refused.count > 0 ? "}" : "{}");
    DV_TRY(dv_sql_done(&rejected, err));
    const char *params[] = {part->run->context->run_id,
                            spec->step,
                            number,
                            figures[0],
                            figures[1],
                            figures[2],
                            figures[3],
                            part->refused.count > 0 ? rejected.data : NULL};
    status = dv_pg_run(
        part->pg,
        "UPDATE drover.ledger SET inserted = $4::bigint, updated = $5::bigint, unchanged = $6::bigint, "
        "rejected = $7::bigint, rejected_rows = $8::bigint[], loaded_at = clock_timestamp() "
        "WHERE run_id = $1 AND step = $2 AND part = $3::int",
        8, params, NULL, err);
done:
    dv_buf_release(&rejected);
    return status;
}

enum dv_status dv_ledger_step_known(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    bool *known, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step};
    PGresult *result;
    enum dv_status status =
        dv_pg_query(pg, "SELECT FROM drover.step WHERE run_id = $1 AND step = $2", 2, params, &result, err);
    if (status == DV_OK)
        *known = PQntuples(result) > 0;
    PQclear(result);
    return status;
}

enum dv_status dv_ledger_begin_step(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                    bool empty, bool *was_empty, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step, spec->dataset, spec->table, spec->mode, empty ? "t" : "f"};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_run(pg,
                     "INSERT INTO drover.step (run_id, step, dataset, table_name, mode, table_was_empty) "
                     "VALUES ($1, $2, $3, $4, $5, $6::boolean) ON CONFLICT DO NOTHING",
                     6, params, NULL, err));
    DV_TRY(dv_pg_query(pg, "SELECT table_was_empty FROM drover.step WHERE run_id = $1 AND step = $2", 2,
                       params, &result, err));
    *was_empty = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    return status;
}

enum dv_status dv_ledger_loaded(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                const struct dv_dataset_manifest *dataset, bool *loaded, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(
        pg,
        "SELECT part, sha256, rolled_back_at IS NOT NULL FROM drover.ledger WHERE run_id = $1 AND step = $2",
        2, params, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        unsigned long part = strtoul(PQgetvalue(result, i, 0), NULL, 10);
        bool rolled_back = PQgetvalue(result, i, 2)[0] == 't';
        if (rolled_back) {
            status =
                dv_fail(err, DV_EXIT_CHANGED, "run %s was rolled back, or its rollback has begun", run_id);
            dv_err_hint(err, "finish it with drover rollback --run %s --yes, then start over with --new",
                        run_id);
        } else if (part >= dataset->part_count ||
                   strcmp(PQgetvalue(result, i, 1), dataset->part_sha256[part]) != 0) {
            status = dv_fail(err, DV_EXIT_CHANGED,
                             "part %lu of %s was loaded from another file than the one there now", part,
                             spec->dataset);
            dv_err_hint(err, "start over with --new, or roll the run back first");
        }
        if (status != DV_OK)
            goto done;
        loaded[part] = true;
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_load_counts(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *specs,
                              unsigned count, struct dv_load_count *counts, uint32_t *parts_done,
                              struct dv_err *err)
{
    const char *params[] = {run_id};
    PGresult *result = NULL;
    bool present;
    enum dv_status status;
    for (unsigned i = 0; i < count; i++) {
        counts[i] = (struct dv_load_count){0};
        parts_done[i] = 0;
    }
    DV_TRY(dv_control_present(pg, &present, err));
    if (!present)
        goto done;
    DV_TRY(dv_pg_query(
        pg,
        "SELECT step, sum(offered), sum(inserted), sum(updated), sum(unchanged), sum(rejected), count(*) "
        "FROM drover.ledger WHERE run_id = $1 GROUP BY step",
        1, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        for (unsigned i = 0; i < count; i++) {
            if (strcmp(specs[i].step, PQgetvalue(result, row, 0)) != 0)
                continue;
            uint64_t *figures[] = {&counts[i].offered, &counts[i].inserted, &counts[i].updated,
                                   &counts[i].unchanged, &counts[i].rejected};
            for (int f = 0; f < 5; f++)
                *figures[f] = strtoull(PQgetvalue(result, row, f + 1), NULL, 10);
            parts_done[i] = (uint32_t)strtoul(PQgetvalue(result, row, 6), NULL, 10);
        }
    }
done:
    PQclear(result);
    return status;
}
