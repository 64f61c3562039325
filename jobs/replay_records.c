#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_writer.h"
#include "core/stop.h"
#include "extract/reread.h"
#include "jobs/replay_parts.h"

#include <inttypes.h>
#include <string.h>

#define FILE_COLUMNS 3 /* of a reject, behind the six: file, line, record */

struct dv_records {
    const struct dv_reject_list *list;
    const struct dv_corrections *corrections;
    const char *dataset;
    char *to;                  /* the list as it is now; owned */
    struct dv_column *columns; /* of the list with the six; owned */
    unsigned column_count;
    struct dv_reread *reread;
    uint32_t next; /* the first part that the new list does not have yet */
    /* Of the part in hand: */
    struct dv_stage_writer *writer;
    struct dv_record *found; /* owned */
    size_t count, capacity;
    uint64_t more; /* records of the part by now beyond those that were read: of one have become several */
    struct dv_tally tally;
    struct dv_buf text, rows;
    struct dv_arena arena;
};

static const struct dv_reject_list *find_list(const struct dv_reject_lists *lists, const char *dataset)
{
    for (unsigned i = 0; i < lists->count; i++)
        if (lists->lists[i].extract && strcmp(lists->lists[i].name + strlen("extract-"), dataset) == 0)
            return &lists->lists[i];
    return NULL;
}

static bool is_one(const struct dv_records *records, const struct dv_correction *correction)
{
    return correction->of == DV_OF_RECORD && correction->changed &&
           strcmp(correction->dataset, records->dataset) == 0;
}

bool dv_records_touch(const struct dv_records *records, uint32_t part)
{
    bool touched = false;
    for (size_t i = 0; records != NULL && i < records->corrections->count && !touched; i++)
        touched =
            is_one(records, &records->corrections->rows[i]) && records->corrections->rows[i].part == part;
    return touched;
}

/* The list's columns, with the six. */
static enum dv_status read_columns(struct dv_records *records, struct dv_err *err)
{
    struct dv_part_manifest manifest = {0};
    enum dv_status status =
        dv_part_manifest_read(records->list->dir, records->list->parts[0], &manifest, err);
    if (status == DV_OK && manifest.column_count != DV_REJECT_COLUMNS + FILE_COLUMNS)
        status = dv_fail(err, DV_EXIT_FAULT, "%s holds no records of files: other columns are expected",
                         records->list->dir);
    if (status == DV_OK) {
        records->columns = manifest.columns;
        records->column_count = manifest.column_count;
        manifest.columns = NULL;
    }
    dv_part_manifest_release(&manifest);
    return status;
}

enum dv_status dv_records_open(struct dv_records **out, const struct dv_run *run,
                               const struct dv_run_input *input, const struct dv_reject_lists *lists,
                               const struct dv_link *replay, const struct dv_corrections *corrections,
                               struct dv_err *err)
{
    const struct dv_reject_list *list = find_list(lists, input->extract->name);
    enum dv_status status;
    bool any = false;
    *out = NULL;
    if (list == NULL)
        return DV_OK;
    struct dv_records *records = dv_calloc(1, sizeof *records);
    char *dir = dv_asprintf("%s/extract/%s", run->dir, input->extract->name);
    char *to = dv_asprintf("%s/rejects/%s", replay->dir, list->name);
    if (records == NULL || dir == NULL || to == NULL) {
        dv_free(to);
        status = dv_fail_memory(err);
        goto done;
    }
    *records = (struct dv_records){
        .list = list, .corrections = corrections, .dataset = input->extract->name, .to = to};
    for (size_t i = 0; i < corrections->count && !any; i++)
        any = is_one(records, &corrections->rows[i]);
    if (!any) {
        status = dv_replay_link_dataset(list->dir, to, err);
        goto done;
    }
    DV_TRY(read_columns(records, err));
    DV_TRY(dv_file_make_dirs(to, err));
    DV_TRY(dv_reread_open(&records->reread, &input->spec, input->columns, input->column_count, dir, err));
    *out = records;
    records = NULL;
done:
    dv_free(dir);
    dv_records_close(records);
    return status;
}

void dv_records_close(struct dv_records *records)
{
    if (records == NULL)
        return;
    dv_stage_writer_abort(records->writer);
    dv_reread_close(records->reread);
    dv_free(records->to);
    dv_free(records->columns);
    dv_free(records->found);
    dv_buf_release(&records->text);
    dv_buf_release(&records->rows);
    dv_arena_release(&records->arena);
    dv_free(records);
}

static enum dv_status add(struct dv_records *records, const struct dv_record *record, struct dv_err *err)
{
    if (records->count == records->capacity) {
        size_t capacity = records->capacity == 0 ? 64 : records->capacity * 2;
        struct dv_record *found = dv_realloc_array(records->found, capacity, sizeof *found);
        if (found == NULL)
            return dv_fail_memory(err);
        records->found = found;
        records->capacity = capacity;
    }
    records->found[records->count++] = *record;
    return DV_OK;
}

/* The record stays rejected, for that reason. row: its own columns. */
static enum dv_status put_reject(struct dv_records *records, const struct dv_reject *reject,
                                 const char *reason, const char *detail, const char *row, size_t length,
                                 struct dv_err *err)
{
    struct dv_buf *out = dv_stage_writer_buf(records->writer);
    const char *const texts[] = {reason, detail, reject->stage, reject->dataset};
    for (unsigned i = 0; i < 4; i++) {
        dv_csv_quote(out, texts[i], strlen(texts[i]), false);
        dv_buf_byte(out, ',');
    }
    dv_buf_printf(out, "%" PRIu32 ",%" PRIu64 ",", reject->part, reject->row + records->more);
    dv_buf_append(out, row, length);
    dv_tally_reason(&records->tally, reason, true, 1);
    return dv_stage_writer_end_row(records->writer, err);
}

/* Reads what the record has become. */
static enum dv_status reread(struct dv_records *records, const struct dv_reject *reject,
                             const struct dv_correction *correction, struct dv_err *err)
{
    struct dv_value values[FILE_COLUMNS];
    const char *next, *reason, *detail;
    uint64_t count;
    enum dv_status status;
    DV_TRY(dv_csv_split(correction->record, correction->record + correction->length, values, FILE_COLUMNS,
                        &next, err));
    dv_buf_reset(&records->text);
    dv_buf_reset(&records->rows);
    dv_raw_text(&records->text, &values[2]);
    DV_TRY(dv_buf_check(&records->text, err));
    DV_TRY(dv_reread_record(records->reread, reject->part, dv_raw_number(&values[1]), records->text.data,
                            records->text.len, &records->rows, &count, &reason, &detail, err));
    if (reason != NULL) {
        DV_TRY(add(records, &(struct dv_record){.number = reject->row}, err));
        status = put_reject(records, reject, reason, detail, correction->record, correction->length, err);
        goto done;
    }
    const char *rows = dv_arena_copy(&records->arena, records->rows.data, records->rows.len);
    if (rows == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    records->more += count - 1;
    records->tally.read += count - 1;
    records->tally.written += count;
    status = add(records,
                 &(struct dv_record){.number = reject->row, .rows = rows, .length = records->rows.len}, err);
done:
    return status;
}

static enum dv_status take(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct dv_records *records = context;
    const struct dv_correction *correction =
        dv_corrections_find(records->corrections, DV_OF_RECORD, reject->dataset, reject->part, reject->row);
    if (correction != NULL && correction->changed)
        return reread(records, reject, correction, err);
    enum dv_status status = add(records, &(struct dv_record){.number = reject->row}, err);
    if (status == DV_OK)
        status =
            put_reject(records, reject, reject->reason, reject->detail, reject->record, reject->length, err);
    return status;
}

/* The parts before that one, and before the list's end, are what they were. */
static enum dv_status link_before(struct dv_records *records, uint32_t part, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (; records->next < part && status == DV_OK; records->next++)
        status = dv_replay_link_part(records->list->dir, records->to, records->next, err);
    return status;
}

enum dv_status dv_records_read(struct dv_records *records, uint32_t part, const struct dv_tally *was,
                               struct dv_part_records *out, struct dv_err *err)
{
    struct dv_reject_list one = *records->list;
    struct dv_stage_writer *writer;
    enum dv_status status;
    DV_TRY(link_before(records, part, err));
    records->next = part + 1;
    records->count = 0;
    records->more = 0;
    dv_arena_reset(&records->arena);
    records->tally = (struct dv_tally){.read = was->read, .written = was->written};
    one.parts = &part;
    one.part_count = 1;
    DV_TRY(dv_stage_writer_open(&records->writer, records->to, part, records->columns, records->column_count,
                                err));
    DV_TRY(dv_rejects_each(&one, take, records, err));
    writer = records->writer;
    records->writer = NULL;
    DV_TRY(dv_stage_writer_publish(writer, NULL, err));
    *out = (struct dv_part_records){.list = records->found, .count = records->count, .tally = records->tally};
done:
    return status;
}

enum dv_status dv_records_publish(struct dv_records *records, struct dv_err *err)
{
    enum dv_status status = link_before(records, records->list->part_count, err);
    return status == DV_OK ? dv_dataset_publish(records->to, records->list->part_count, records->columns,
                                                records->column_count, NULL, err)
                           : status;
}
