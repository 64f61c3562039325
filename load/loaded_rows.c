#include "load/loaded_rows.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number_at(const PGresult *result, int row, int column)
{
    return strtoull(PQgetvalue(result, row, column), NULL, 10);
}

static enum dv_status read_parts(struct dv_loaded_step *step, struct dv_pg *pg, const char *run_id,
                                 const struct dv_dataset_manifest *dataset, struct dv_err *err)
{
    const char *params[] = {run_id, step->table.spec->step};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg,
                       "SELECT part, sha256, offered - rejected, inserted, rejected, loaded_at "
                       "FROM drover.ledger WHERE run_id = $1 AND step = $2 AND rolled_back_at IS NULL "
                       "ORDER BY part",
                       2, params, &result, err));
    int rows = PQntuples(result);
    step->parts = dv_calloc((size_t)rows + 1, sizeof *step->parts);
    if (step->parts == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    step->all_inserted = true;
    for (int row = 0; row < rows; row++) {
        struct dv_loaded_part *part = &step->parts[step->part_count];
        part->number = (uint32_t)number_at(result, row, 0);
        if (part->number >= dataset->part_count ||
            strcmp(PQgetvalue(result, row, 1), dataset->part_sha256[part->number]) != 0)
            continue;
        part->rows = number_at(result, row, 2);
        part->inserted = number_at(result, row, 3);
        part->rejected = number_at(result, row, 4);
        (void)snprintf(part->loaded_at, sizeof part->loaded_at, "%s", PQgetvalue(result, row, 5));
        step->rows += part->rows;
        step->all_inserted = step->all_inserted && part->inserted == part->rows;
        step->part_count++;
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_loaded_step_read(struct dv_loaded_step *step, struct dv_pg *pg, const char *run_id,
                                   const struct dv_load_spec *spec, struct dv_err *err)
{
    const char *params[] = {run_id, spec->step};
    struct dv_dataset_manifest dataset = {0};
    PGresult *result = NULL;
    enum dv_status status;
    *step = (struct dv_loaded_step){.part_count = 0};
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(dv_load_table_read(&step->table, pg, spec, dataset.columns, dataset.column_count, NULL, err));
    DV_TRY(dv_pg_query(pg, "SELECT table_was_empty FROM drover.step WHERE run_id = $1 AND step = $2", 2,
                       params, &result, err));
    step->table_was_empty = PQntuples(result) > 0 && PQgetvalue(result, 0, 0)[0] == 't';
    status = read_parts(step, pg, run_id, &dataset, err);
done:
    PQclear(result);
    dv_dataset_manifest_release(&dataset);
    if (status != DV_OK)
        dv_loaded_step_release(step);
    return status;
}

void dv_loaded_step_release(struct dv_loaded_step *step)
{
    dv_load_table_release(&step->table);
    dv_free(step->parts);
    *step = (struct dv_loaded_step){.part_count = 0};
}

enum dv_status dv_rejected_rows_read(struct dv_rejected_rows *rejected, struct dv_pg *pg, const char *run_id,
                                     const char *step, const struct dv_loaded_part *part, struct dv_err *err)
{
    char number[16];
    const char *params[] = {run_id, step, number};
    PGresult *result = NULL;
    enum dv_status status;
    if (part->rejected == 0)
        return DV_OK;
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    DV_TRY(dv_pg_query(pg,
                       "SELECT unnest(rejected_rows) AS n FROM drover.ledger "
                       "WHERE run_id = $1 AND step = $2 AND part = $3::int ORDER BY n",
                       3, params, &result, err));
    size_t count = (size_t)PQntuples(result);
    rejected->rows = dv_calloc(count + 1, sizeof *rejected->rows);
    if (rejected->rows == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (; rejected->count < count; rejected->count++)
        rejected->rows[rejected->count] = number_at(result, (int)rejected->count, 0);
done:
    PQclear(result);
    return status;
}

void dv_rejected_rows_release(struct dv_rejected_rows *rejected)
{
    dv_free(rejected->rows);
    *rejected = (struct dv_rejected_rows){0};
}

enum dv_status dv_loaded_rows(const struct dv_loaded_step *step, const struct dv_loaded_part *part,
                              const struct dv_rejected_rows *rejected, dv_loaded_row_fn each, void *context,
                              struct dv_err *err)
{
    const struct dv_load_table *table = &step->table;
    struct dv_stage_reader *reader = NULL;
    struct dv_value *values = dv_calloc(table->file_columns, sizeof *values);
    struct dv_stage_block block;
    size_t next = 0;
    enum dv_status status;
    if (values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_stage_reader_open(&reader, table->spec->dataset_dir, part->number, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        const char *at = block.data, *end = at + block.length;
        DV_TRY(dv_stop_check(err));
        for (uint64_t row = block.first_row; at < end; row++) {
            DV_TRY(dv_csv_split(at, end, values, table->file_columns, &at, err));
            if (next < rejected->count && rejected->rows[next] == row)
                next++;
            else
                DV_TRY(each(context, values, err));
        }
    }
    if (status == DV_END)
        status = DV_OK;
done:
    if (status < 0)
        dv_err_place(err, "verify", table->spec->step, part->number, -1);
    dv_stage_reader_close(reader);
    dv_free(values);
    return status;
}
