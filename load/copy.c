#include "load/copy.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "load/isolate.h"
#include "load/sequence.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <string.h>

struct copier {
    struct dv_load_part *part; /* NULL: nothing is counted or refused */
    const struct dv_load_table *table;
    struct dv_pg *pg;
    struct dv_stage_reader *reader;
    struct dv_stage_block block;
    const char *data; /* the block's records as they are sent */
    size_t length;
    struct dv_buf sql, cut;
    struct dv_value *values; /* one a column of the file */
    const char **records;    /* careful: where the block's records begin; one more than there are rows */
    size_t record_capacity;
};

static void append_raw(struct dv_buf *out, const struct dv_value *value, bool only_column)
{
    if (value->state == DV_NULL)
        return;
    /* Unquoted, and alone on its line, this would end the data. */
    if (only_column && value->state == DV_RAW && value->len == 2 && memcmp(value->u.p, "\\.", 2) == 0)
        dv_buf_str(out, "\"\\.\"");
    else
        dv_buf_append(out, value->u.p, value->len);
}

void dv_copy_record(struct dv_buf *out, const struct dv_load_table *table, const struct dv_value *values)
{
    for (unsigned i = 0; i < table->column_count; i++) {
        if (i > 0)
            dv_buf_byte(out, ',');
        append_raw(out, &values[table->columns[i].source], table->column_count == 1);
    }
    dv_buf_byte(out, '\n');
}

static enum dv_status cut_block(struct copier *copier, struct dv_err *err)
{
    const struct dv_load_table *table = copier->table;
    const char *at = copier->block.data, *end = at + copier->block.length;
    dv_buf_reset(&copier->cut);
    while (at < end) {
        enum dv_status status = dv_csv_split(at, end, copier->values, table->file_columns, &at, err);
        if (status != DV_OK)
            return status;
        dv_copy_record(&copier->cut, table, copier->values);
    }
    copier->data = copier->cut.data;
    copier->length = copier->cut.len;
    return dv_buf_check(&copier->cut, err);
}

/* DV_END behind the last block. */
static enum dv_status next_block(struct copier *copier, struct dv_err *err)
{
    enum dv_status status = dv_stage_reader_block(copier->reader, &copier->block, err);
    if (status != DV_OK)
        return status;
    copier->data = copier->block.data;
    copier->length = copier->block.length;
    if (!copier->table->pass_through)
        status = cut_block(copier, err);
    struct dv_load_part *part = copier->part;
    if (status == DV_OK && part != NULL && part->direct && part->table->has_sequence) {
        bool cut = !copier->table->pass_through;
        status = dv_sequence_note(part, copier->data, copier->length, copier->values,
                                  cut ? copier->table->column_count : copier->table->file_columns, cut, err);
    }
    return status;
}

static enum dv_status open_copier(struct copier *copier, uint32_t part, bool direct, struct dv_err *err)
{
    const struct dv_load_table *table = copier->table;
    unsigned most = table->file_columns > table->column_count ? table->file_columns : table->column_count;
    enum dv_status status;
    copier->values = dv_calloc(most, sizeof *copier->values);
    if (copier->values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_stage_copy_sql(&copier->sql, table, direct, err));
    DV_TRY(dv_stage_reader_open(&copier->reader, table->spec->dataset_dir, part, err));
    if (dv_stage_reader_manifest(copier->reader)->column_count != table->file_columns)
        status = dv_fail(err, DV_EXIT_FAULT, "part has other columns than its dataset");
done:
    return status;
}

static void close_copier(struct copier *copier)
{
    dv_stage_reader_close(copier->reader);
    dv_buf_release(&copier->sql);
    dv_buf_release(&copier->cut);
    dv_free(copier->values);
    dv_free(copier->records);
}

static enum dv_status stream(struct copier *copier, struct dv_progress_item *item, uint64_t *rows,
                             struct dv_err *err)
{
    enum dv_status status = dv_pg_copy_in_begin(copier->pg, copier->sql.data, err);
    if (status != DV_OK)
        return status;
    while ((status = next_block(copier, err)) == DV_OK) {
        status = dv_pg_copy_in_data(copier->pg, copier->data, copier->length, err);
        if (status != DV_OK)
            return status;
        dv_progress_add(item, copier->block.rows, copier->block.length);
    }
    if (status != DV_END) {
        dv_pg_copy_in_abort(copier->pg);
        return status;
    }
    return dv_pg_copy_in_end(copier->pg, rows, NULL, err);
}

static enum dv_status index_records(struct copier *copier, struct dv_err *err)
{
    size_t need = (size_t)copier->block.rows + 1;
    if (need > copier->record_capacity) {
        const char **records = dv_realloc_array(copier->records, need, sizeof *records);
        if (records == NULL)
            return dv_fail_memory(err);
        copier->records = records;
        copier->record_capacity = need;
    }
    const char *at = copier->data, *end = at + copier->length;
    for (size_t i = 0; i + 1 < need; i++) {
        copier->records[i] = at;
        const char *behind = dv_csv_record_end(at, end);
        at = behind != NULL ? behind : end;
    }
    copier->records[need - 1] = end;
    return DV_OK;
}

static enum dv_status kept_out(const struct dv_load_table *table, uint64_t rows, struct dv_err *err)
{
    enum dv_status status =
        dv_fail(err, DV_EXIT_FAULT, "a trigger of %s kept %" PRIu64 " rows out without an error",
                table->spec->table, rows);
    dv_err_hint(
        err,
        "disable the trigger for the load (it can look at current_setting('drover.run', true)), or filter "
        "those rows in the transform");
    return status;
}

static enum dv_status load_piece(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                 struct dv_err *err)
{
    struct copier *copier = context;
    struct dv_load_part *part = copier->part;
    size_t from = (size_t)(first - copier->block.first_row);
    uint64_t line = 0, rows = 0;
    enum dv_status status = DV_OK;
    if (!part->direct)
        status = dv_stage_table_number(copier->pg, first, err);
    if (status == DV_OK)
        status = dv_pg_copy_in_begin(copier->pg, copier->sql.data, err);
    if (status != DV_OK)
        return status;
    const char *data = copier->records[from];
    status = dv_pg_copy_in_data(copier->pg, data, (size_t)(copier->records[from + count] - data), err);
    if (status == DV_OK)
        status = dv_pg_copy_in_end(copier->pg, &rows, &line, err);
    if (status == DV_OK && rows != count)
        status = kept_out(copier->table, count - rows, err);
    struct dv_pg_line_finder finder = {0};
    if (status != DV_OK && line > 0 &&
        dv_pg_find_line(&finder, data, (size_t)(copier->records[from + count] - data), line))
        *bad = first + finder.records - 1;
    if (status == DV_OK && part->direct)
        part->count.inserted += rows;
    return status;
}

static enum dv_status careful(struct copier *copier, struct dv_progress_item *item, struct dv_err *err)
{
    enum dv_status status;
    while ((status = next_block(copier, err)) == DV_OK) {
        DV_TRY(index_records(copier, err));
        DV_TRY(
            dv_isolate(copier->part, copier->block.first_row, copier->block.rows, load_piece, copier, err));
        dv_progress_add(item, copier->block.rows, copier->block.length);
    }
    if (status == DV_END)
        status = DV_OK;
done:
    return status;
}

enum dv_status dv_copy_part(struct dv_load_part *part, struct dv_progress_item *item, struct dv_err *err)
{
    struct copier copier = {.part = part, .table = part->table, .pg = part->pg};
    uint64_t rows = 0;
    enum dv_status status;
    DV_TRY(open_copier(&copier, part->number, part->direct, err));
    if (part->careful) {
        status = careful(&copier, item, err);
        goto done;
    }
    DV_TRY(stream(&copier, item, &rows, err));
    if (rows != part->rows)
        status = kept_out(part->table, part->rows - rows, err);
    if (part->direct)
        part->count.inserted += rows;
done:
    close_copier(&copier);
    return status;
}

enum dv_status dv_copy_staged(struct dv_pg *pg, const struct dv_load_table *table, uint32_t part,
                              struct dv_err *err)
{
    struct copier copier = {.table = table, .pg = pg};
    uint64_t rows;
    enum dv_status status;
    DV_TRY(open_copier(&copier, part, false, err));
    status = stream(&copier, NULL, &rows, err);
done:
    close_copier(&copier);
    return status;
}
