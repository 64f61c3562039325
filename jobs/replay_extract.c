/* The run's extracted datasets with the corrected rows in their places. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "core/stop.h"
#include "jobs/replay_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A dataset whose parts are made anew where a row of it, or of another dataset of the same table, is
 * corrected. */
struct remaking {
    const char *from, *to; /* folders */
    const struct dv_run_input *input;
    struct dv_dataset_manifest dataset;
    const struct dv_correction **rows; /* by part, row; owned */
    size_t row_count;
    struct dv_value *values, *new_values, *old_values;
    struct dv_records *reread; /* NULL: no record of a file is corrected */
    /* Of the part in hand: */
    size_t next, end; /* of `rows` */
    uint64_t record;  /* the number that the next record had when it was read, from 1 */
    struct dv_part_records records;
    size_t next_record;
};

/* ---- a part with corrected rows ---- */

static enum dv_status split_row(const char *record, size_t length, const struct dv_run_input *input,
                                struct dv_value *values, struct dv_err *err)
{
    const char *next;
    return dv_csv_split(record, record + length, values, input->column_count, &next, err);
}

static bool same_value(const struct dv_value *a, const struct dv_value *b)
{
    return (a->state == DV_NULL) == (b->state == DV_NULL) &&
           (a->state == DV_NULL || (a->len == b->len && memcmp(a->u.p, b->u.p, a->len) == 0));
}

/* Puts the correction's values of the columns that both datasets have into the row. */
static enum dv_status correct(struct remaking *remaking, const struct dv_correction *row,
                              const struct dv_run_input *of, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(split_row(row->record, row->length, of, remaking->new_values, err));
    DV_TRY(split_row(row->original, row->original_length, of, remaking->old_values, err));
    for (unsigned i = 0; i < remaking->input->column_count; i++) {
        for (unsigned j = 0; j < of->column_count; j++) {
            if (strcmp(remaking->input->columns[i].name, of->columns[j].name) != 0)
                continue;
            if (!same_value(&remaking->values[i], &remaking->old_values[j])) {
                status = dv_fail(err, DV_EXIT_USAGE,
                                 "%s:%u: the dataset %s has another row at that place than %s, though it "
                                 "reads the same table",
                                 row->file, row->line, remaking->input->extract->name, row->dataset);
                dv_err_hint(err, "correct the row in the source, and begin a new run");
                return status;
            }
            remaking->values[i] = remaking->new_values[j];
        }
    }
done:
    return status;
}

static void append_values(struct dv_buf *out, const struct dv_value *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            dv_buf_byte(out, ',');
        if (values[i].state != DV_NULL)
            dv_buf_append(out, values[i].u.p, values[i].len);
    }
}

static const struct dv_run_input *find_input(const struct dv_run *run, const char *name)
{
    for (unsigned i = 0; i < run->input_count; i++)
        if (strcmp(run->inputs[i].extract->name, name) == 0)
            return &run->inputs[i];
    return NULL;
}

/* Records of files that were rejected, up to the next one that was not. */
static enum dv_status put_records(struct remaking *remaking, struct dv_stage_writer *writer,
                                  struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (; remaking->next_record < remaking->records.count && status == DV_OK; remaking->next_record++) {
        const struct dv_record *record = &remaking->records.list[remaking->next_record];
        if (record->number != remaking->record)
            break;
        remaking->record++;
        const char *at = record->rows, *end = at != NULL ? at + record->length : NULL;
        for (const char *next; at != end && status == DV_OK; at = next) {
            next = dv_csv_record_end(at, end);
            status = dv_stage_writer_record(writer, at, (size_t)(next - at), err);
        }
    }
    return status;
}

static enum dv_status put_corrected(const struct dv_run *run, struct remaking *remaking, uint64_t row,
                                    struct dv_stage_writer *writer, struct dv_err *err)
{
    for (; remaking->next < remaking->end && remaking->rows[remaking->next]->row == row; remaking->next++) {
        const struct dv_correction *correction = remaking->rows[remaking->next];
        enum dv_status status = correct(remaking, correction, find_input(run, correction->dataset), err);
        if (status != DV_OK)
            return status;
    }
    append_values(dv_stage_writer_buf(writer), remaking->values, remaking->input->column_count);
    return dv_stage_writer_end_row(writer, err);
}

static enum dv_status remake_block(const struct dv_run *run, struct remaking *remaking,
                                   const struct dv_stage_block *block, struct dv_stage_writer *writer,
                                   struct dv_err *err)
{
    const char *at = block->data, *end = at + block->length;
    enum dv_status status = DV_OK;
    for (uint64_t row = block->first_row; at < end; row++) {
        const char *begin = at;
        DV_TRY(put_records(remaking, writer, err));
        DV_TRY(dv_csv_split(at, end, remaking->values, remaking->input->column_count, &at, err));
        if (remaking->next < remaking->end && remaking->rows[remaking->next]->row == row)
            DV_TRY(put_corrected(run, remaking, row, writer, err));
        else
            DV_TRY(dv_stage_writer_record(writer, begin, (size_t)(at - begin), err));
        remaking->record++;
    }
done:
    return status;
}

/* rows: [next, end) are the part's. */
static enum dv_status remake_part(const struct dv_run *run, struct remaking *remaking, uint32_t part,
                                  struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_writer *writer = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    bool reread = dv_records_touch(remaking->reread, part);
    DV_TRY(dv_stage_reader_open(&reader, remaking->from, part, err));
    const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
    remaking->records = (struct dv_part_records){.count = 0};
    remaking->next_record = 0;
    remaking->record = 1;
    if (reread)
        DV_TRY(dv_records_read(remaking->reread, part, &manifest->tally, &remaking->records, err));
    DV_TRY(dv_stage_writer_open(&writer, remaking->to, part, manifest->columns, manifest->column_count, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        DV_TRY(dv_stop_check(err));
        DV_TRY(remake_block(run, remaking, &block, writer, err));
    }
    if (status != DV_END)
        goto done;
    DV_TRY(put_records(remaking, writer, err));
    if (remaking->next < remaking->end || remaking->next_record < remaking->records.count) {
        status =
            dv_fail(err, DV_EXIT_FAULT, "part %" PRIu32 " of %s does not have all rows that its rejects name",
                    part, remaking->from);
        goto done;
    }
    status = dv_stage_writer_publish(writer, reread ? &remaking->records.tally : &manifest->tally, err);
    writer = NULL;
done:
    dv_stage_writer_abort(writer);
    dv_stage_reader_close(reader);
    return status;
}

/* ---- a dataset ---- */

static bool same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/* Two datasets of one table, read at one moment under one condition, have the same rows in the same places.
 */
static enum dv_status has_same_rows(const struct remaking *remaking, const struct dv_run_input *of,
                                    const struct dv_correction *row, const char *extract_dir,
                                    struct dv_err *err)
{
    struct dv_dataset_manifest other = {0};
    bool same = same_text(remaking->input->spec.where, of->spec.where);
    char *dir = dv_asprintf("%s/%s", extract_dir, of->extract->name);
    if (dir == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_dataset_manifest_read(dir, &other, err);
    dv_free(dir);
    if (status != DV_OK)
        return status;
    same = same && other.part_count == remaking->dataset.part_count;
    for (uint32_t part = 0; same && part < other.part_count; part++)
        same = other.part_rows[part] == remaking->dataset.part_rows[part];
    dv_dataset_manifest_release(&other);
    if (same)
        return DV_OK;
    status = dv_fail(err, DV_EXIT_USAGE,
                     "%s:%u: the dataset %s reads the same table as %s, but other rows of it: the correction "
                     "cannot be carried over",
                     row->file, row->line, remaking->input->extract->name, row->dataset);
    dv_err_hint(err, "correct the row in the source, and begin a new run");
    return status;
}

static int by_row(const void *a, const void *b)
{
    const struct dv_correction *left = *(const struct dv_correction *const *)a;
    const struct dv_correction *right = *(const struct dv_correction *const *)b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

/* The corrections that touch the dataset: its own, and those of others of its table. */
static enum dv_status choose_rows(const struct dv_run *run, struct remaking *remaking,
                                  const struct dv_corrections *corrections, const char *extract_dir,
                                  struct dv_err *err)
{
    const struct dv_run_input *checked = NULL;
    remaking->rows = dv_calloc(corrections->count + 1, sizeof *remaking->rows);
    if (remaking->rows == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < corrections->count; i++) {
        const struct dv_correction *row = &corrections->rows[i];
        const struct dv_run_input *of =
            row->of == DV_OF_ROW && row->changed ? find_input(run, row->dataset) : NULL;
        if (of == NULL || of->extract->from_target != remaking->input->extract->from_target ||
            strcmp(of->spec.table, remaking->input->spec.table) != 0)
            continue;
        if (of != remaking->input && of != checked) {
            enum dv_status status = has_same_rows(remaking, of, row, extract_dir, err);
            if (status != DV_OK)
                return status;
            checked = of;
        }
        remaking->rows[remaking->row_count++] = row;
    }
    if (remaking->row_count > 1)
        qsort(remaking->rows, remaking->row_count, sizeof *remaking->rows, by_row);
    return DV_OK;
}

static enum dv_status remake(const struct dv_run *run, struct remaking *remaking, struct dv_err *err)
{
    const struct dv_dataset_manifest *dataset = &remaking->dataset;
    enum dv_status status = DV_OK;
    unsigned most = 1;
    for (unsigned i = 0; i < run->input_count; i++)
        most = run->inputs[i].column_count > most ? run->inputs[i].column_count : most;
    remaking->values = dv_calloc(most, sizeof *remaking->values);
    remaking->new_values = dv_calloc(most, sizeof *remaking->values);
    remaking->old_values = dv_calloc(most, sizeof *remaking->values);
    if (remaking->values == NULL || remaking->new_values == NULL || remaking->old_values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_make_dirs(remaking->to, err));
    for (uint32_t part = 0; part < dataset->part_count; part++) {
        while (remaking->end < remaking->row_count && remaking->rows[remaking->end]->part == part)
            remaking->end++;
        if (remaking->end > remaking->next || dv_records_touch(remaking->reread, part))
            DV_TRY(remake_part(run, remaking, part, err));
        else
            DV_TRY(dv_replay_link_part(remaking->from, remaking->to, part, err));
    }
    if (remaking->reread != NULL)
        DV_TRY(dv_records_publish(remaking->reread, err));
    status = dv_dataset_publish(remaking->to, dataset->part_count, dataset->columns, dataset->column_count,
                                NULL, err);
done:
    return status;
}

static enum dv_status make_dataset(const struct dv_run *run, const struct dv_run_input *input,
                                   const struct dv_link *old, const struct dv_link *replay,
                                   const struct dv_reject_lists *lists,
                                   const struct dv_corrections *corrections, struct dv_err *err)
{
    struct remaking remaking = {.input = input};
    char *from = dv_asprintf("%s/extract/%s", old->dir, input->extract->name);
    char *to = dv_asprintf("%s/extract/%s", replay->dir, input->extract->name);
    char *extract_dir = dv_asprintf("%s/extract", old->dir);
    enum dv_status status;
    remaking.from = from;
    remaking.to = to;
    if (from == NULL || to == NULL || extract_dir == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_dataset_manifest_read(from, &remaking.dataset, err));
    DV_TRY(choose_rows(run, &remaking, corrections, extract_dir, err));
    DV_TRY(dv_records_open(&remaking.reread, run, input, lists, replay, corrections, err));
    status = remaking.row_count == 0 && remaking.reread == NULL ? dv_replay_link_dataset(from, to, err)
                                                                : remake(run, &remaking, err);
done:
    dv_records_close(remaking.reread);
    dv_dataset_manifest_release(&remaking.dataset);
    dv_free(remaking.rows);
    dv_free(remaking.values);
    dv_free(remaking.new_values);
    dv_free(remaking.old_values);
    dv_free(from);
    dv_free(to);
    dv_free(extract_dir);
    return status;
}

/* Only rows that were read from the source can be corrected: what a model made follows from them. */
static enum dv_status correctable(const struct dv_run *run, const struct dv_correction *row,
                                  struct dv_err *err)
{
    const struct dv_run_input *input = find_input(run, row->dataset);
    if (input != NULL && !input->extract->from_target)
        return DV_OK;
    enum dv_status status = dv_fail(
        err, DV_EXIT_USAGE, "%s:%u: a row of %s cannot be corrected: %s", row->file, row->line, row->dataset,
        input != NULL ? "it was read from the target" : "a model made it of several rows");
    dv_err_hint(err, input != NULL
                         ? "correct it in the target, and begin a new run"
                         : "correct the rows that it was made of in the source, and begin a new run");
    return status;
}

enum dv_status dv_replay_extract(struct dv_run *run, const struct dv_link *old, const struct dv_link *replay,
                                 const struct dv_reject_lists *lists,
                                 const struct dv_corrections *corrections, bool *again, struct dv_err *err)
{
    static const char *const kinds[] = {"transform", "rejects", "conflicts"};
    enum dv_status status = DV_OK;
    *again = false;
    for (size_t i = 0; i < corrections->count; i++) {
        const struct dv_correction *row = &corrections->rows[i];
        if (row->of == DV_OF_LOAD || !row->changed)
            continue;
        if (row->of == DV_OF_ROW)
            DV_TRY(correctable(run, row, err));
        *again = true;
    }
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(make_dataset(run, &run->inputs[i], old, replay, lists, corrections, err));
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && !*again; k++) {
        char *from = dv_asprintf("%s/%s", old->dir, kinds[k]);
        char *to = dv_asprintf("%s/%s", replay->dir, kinds[k]);
        status = from != NULL && to != NULL ? dv_replay_link_all(from, to, err) : dv_fail_memory(err);
        dv_free(from);
        dv_free(to);
        if (status != DV_OK)
            goto done;
    }
done:
    return status;
}
