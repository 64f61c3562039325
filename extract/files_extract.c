/* Parts of files: read once more and written, on as many threads as there are. */
#include "extract/files.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/stop.h"
#include "core/thread.h"
#include "extract/files_record.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_ROWS 1000U

static const char *const reject_names[] = {"reason", "detail", "stage", "dataset", "part",
                                           "row",    "file",   "line",  "record"};
#define REJECT_COLUMNS (sizeof reject_names / sizeof reject_names[0])

struct dataset {
    const struct dv_extract_spec *spec;
    const char *dir;
    char *rejects; /* RUN/rejects/extract-NAME; owned */
    struct dv_files_layout layout;
    struct dv_files_cut cut;
    struct dv_progress_item *item;
    _Atomic uint32_t parts_left;
    bool whole; /* published before: nothing to do */
};

/* Parts of one file that are read by one thread, one behind the other. */
struct task {
    struct dataset *dataset;
    uint32_t first, end;
};

struct extraction {
    const struct dv_extract_group *group;
    struct dataset *datasets;
    struct task *tasks;
    size_t task_count;
    struct dv_column reject_columns[REJECT_COLUMNS];
};

/* ---- one part ---- */

struct part_work {
    const struct extraction *run;
    struct dataset *dataset;
    uint32_t part;
    struct dv_file_text *text;
    struct dv_record_reader reader;
    struct dv_stage_writer *writer, *rejects;
    struct dv_tally tally;
    uint64_t told_rows, told_bytes; /* to the progress */
};

static enum dv_status reject(struct part_work *work, struct dv_err *err)
{
    struct dv_record_reader *reader = &work->reader;
    if (work->rejects == NULL) {
        enum dv_status status = dv_stage_writer_open(&work->rejects, work->dataset->rejects, work->part,
                                                     work->run->reject_columns, REJECT_COLUMNS, err);
        if (status != DV_OK)
            return status;
    }
    struct dv_buf *out = dv_stage_writer_buf(work->rejects);
    const char *const texts[] = {reader->fault.reason, reader->fault.detail, DV_EXTRACT_STAGE,
                                 work->dataset->spec->name};
    for (unsigned i = 0; i < 4; i++) {
        dv_csv_quote(out, texts[i], strlen(texts[i]), false);
        dv_buf_byte(out, ',');
    }
    dv_buf_printf(out, "%" PRIu32 ",%" PRIu64 ",", work->part, work->tally.read);
    dv_csv_quote(out, reader->file->spec->path, strlen(reader->file->spec->path), false);
    dv_buf_printf(out, ",%" PRIu64 ",", reader->line);
    dv_buf_reset(&reader->plain);
    dv_record_show(reader, &reader->plain);
    enum dv_status status = dv_buf_check(&reader->plain, err);
    if (status != DV_OK)
        return status;
    dv_csv_quote(out, reader->plain.data != NULL ? reader->plain.data : "", reader->plain.len, false);
    dv_tally_reason(&work->tally, reader->fault.reason, true, 1);
    return dv_stage_writer_end_row(work->rejects, err);
}

static void tell_progress(struct part_work *work)
{
    uint64_t rows = work->tally.read, bytes = dv_stage_writer_raw_bytes(work->writer);
    dv_progress_add(work->dataset->item, rows - work->told_rows, bytes - work->told_bytes);
    work->told_rows = rows;
    work->told_bytes = bytes;
}

static enum dv_status take_record(struct part_work *work, enum dv_record_read read, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (read == DV_RECORD_GOOD || read == DV_RECORD_BAD)
        work->tally.read++;
    if (read == DV_RECORD_GOOD) {
        work->tally.written++;
        status = dv_stage_writer_end_row(work->writer, err);
    } else if (read == DV_RECORD_BAD) {
        status = reject(work, err);
    }
    work->reader.line += work->reader.lines;
    if (status != DV_OK || work->tally.read - work->told_rows < PROGRESS_ROWS)
        return status;
    tell_progress(work);
    return dv_stop_check(err);
}

static enum dv_status read_part(struct part_work *work, const struct dv_file_part *part, struct dv_err *err)
{
    struct dv_file_text *text = work->text;
    uint64_t end = part->offset + part->length;
    char hash[DV_FILE_TEXT_HASH];
    enum dv_status status = DV_OK;
    while (dv_file_text_offset(text) < end) {
        enum dv_record_read read = DV_RECORD_MORE;
        if (text->at < text->end)
            DV_TRY(dv_record_next(&work->reader, text, dv_stage_writer_buf(work->writer), &read, err));
        else if (text->last)
            break;
        if (read == DV_RECORD_MORE)
            DV_TRY(dv_file_more(work->reader.file, text, work->reader.line, err));
        else
            DV_TRY(take_record(work, read, err));
    }
    dv_file_text_hash(text, hash);
    if (dv_file_text_offset(text) != end || strcmp(hash, part->hash) != 0)
        status = dv_file_text_same(text, NULL, err);
    else
        status = dv_file_text_same(text, &work->reader.file->stamp, err);
done:
    return status;
}

static enum dv_status publish_part(struct part_work *work, struct dv_err *err)
{
    const struct dv_context *context = work->run->group->context;
    struct dv_stage_writer *writer = work->writer, *rejects = work->rejects;
    enum dv_status status = DV_OK;
    tell_progress(work);
    work->rejects = NULL;
    if (rejects != NULL) /* first: the part says that they are there */
        DV_TRY(dv_stage_writer_publish(rejects, NULL, err));
    work->writer = NULL;
    DV_TRY(dv_stage_writer_publish(writer, &work->tally, err));
    dv_arrivals_published(context->arrivals);
    dv_log_event(context->log, "info", "part_published", "stage:s", DV_EXTRACT_STAGE, "dataset:s",
                 work->dataset->spec->name, "part:d", (int64_t)work->part, "rows:u", work->tally.written,
                 "rejected:u", work->tally.rejected, "bytes:u", work->told_bytes, NULL);
done:
    return status;
}

static enum dv_status extract_part(const struct extraction *run, struct dataset *dataset, uint32_t number,
                                   struct dv_file_text *text, struct dv_err *err)
{
    const struct dv_file_part *part = &dataset->cut.parts[number];
    const struct dv_file_layout *file = &dataset->layout.files[part->file];
    struct part_work work = {.run = run, .dataset = dataset, .part = number, .text = text};
    enum dv_status status;
    DV_TRY(dv_file_text_seek(text, part->offset, err));
    DV_TRY(dv_record_open(&work.reader, file, dataset->layout.column_count, err));
    work.reader.line = part->line;
    DV_TRY(dv_stage_writer_open(&work.writer, dataset->dir, number, dataset->layout.columns,
                                dataset->layout.column_count, err));
    DV_TRY(read_part(&work, part, err));
    status = publish_part(&work, err);
done:
    if (status != DV_OK)
        dv_progress_add(dataset->item, 0 - work.told_rows, 0 - work.told_bytes); /* it did not come to stay */
    dv_stage_writer_abort(work.writer);
    dv_stage_writer_abort(work.rejects);
    dv_record_close(&work.reader);
    return status;
}

/* ---- whole datasets ---- */

/* Parts without rejects get empty ones, so that the list is whole. */
static enum dv_status publish_rejects(const struct extraction *run, const struct dataset *dataset,
                                      struct dv_err *err)
{
    struct dv_stage_writer *writer;
    enum dv_status status = DV_OK;
    bool there;
    DV_TRY(dv_file_look(dataset->rejects, &there, err));
    if (!there)
        return DV_OK;
    for (uint32_t part = 0; part < dataset->cut.part_count; part++) {
        DV_TRY(dv_part_look(dataset->rejects, part, &there, err));
        if (there)
            continue;
        DV_TRY(
            dv_stage_writer_open(&writer, dataset->rejects, part, run->reject_columns, REJECT_COLUMNS, err));
        DV_TRY(dv_stage_writer_publish(writer, NULL, err));
    }
    status = dv_dataset_publish(dataset->rejects, dataset->cut.part_count, run->reject_columns,
                                REJECT_COLUMNS, NULL, err);
done:
    return status;
}

static enum dv_status publish_dataset(const struct extraction *run, struct dataset *dataset,
                                      struct dv_err *err)
{
    const struct dv_context *context = run->group->context;
    enum dv_status status = publish_rejects(run, dataset, err);
    if (status == DV_OK)
        status = dv_dataset_publish(dataset->dir, dataset->cut.part_count, dataset->layout.columns,
                                    dataset->layout.column_count, NULL, err);
    if (status != DV_OK)
        return status;
    dv_arrivals_published(context->arrivals);
    dv_progress_finish(dataset->item);
    dv_log_event(context->log, "info", "dataset_published", "stage:s", DV_EXTRACT_STAGE, "dataset:s",
                 dataset->spec->name, "parts:u", (uint64_t)dataset->cut.part_count, NULL);
    return DV_OK;
}

static enum dv_status extract_task(void *context, unsigned worker, size_t number, struct dv_err *err)
{
    struct extraction *run = context;
    const struct task *task = &run->tasks[number];
    struct dataset *dataset = task->dataset;
    const struct dv_file_layout *file = &dataset->layout.files[dataset->cut.parts[task->first].file];
    struct dv_file_text text = {0};
    enum dv_status status;
    (void)worker;
    DV_TRY(dv_file_text_open(&text, file->path, file->spec, &file->encoding, err));
    for (uint32_t part = task->first; part < task->end; part++) {
        bool there;
        DV_TRY(dv_part_look(dataset->dir, part, &there, err));
        if (there)
            continue;
        DV_TRY(dv_stop_boundary(err));
        status = extract_part(run, dataset, part, &text, err);
        if (status != DV_OK) {
            dv_err_place(err, DV_EXTRACT_STAGE, dataset->spec->name, part, -1);
            goto done;
        }
        if (atomic_fetch_sub(&dataset->parts_left, 1) == 1)
            DV_TRY(publish_dataset(run, dataset, err));
    }
done:
    dv_file_text_close(&text);
    return status;
}

static enum dv_status plan_dataset(struct extraction *run, struct dataset *dataset, struct dv_err *err)
{
    const struct dv_context *context = run->group->context;
    enum dv_status status;
    DV_TRY(dv_files_look(dataset->spec, &dataset->layout, err));
    dataset->item = dv_progress_start(context->progress, DV_EXTRACT_STAGE, dataset->spec->name,
                                      dataset->layout.estimated_rows);
    DV_TRY(dv_files_cut(&dataset->layout, dataset->dir, &dataset->cut, err));
    uint32_t left = 0;
    for (uint32_t part = 0; part < dataset->cut.part_count; part++) {
        bool there;
        DV_TRY(dv_part_look(dataset->dir, part, &there, err));
        left += !there;
    }
    if (left == dataset->cut.part_count) /* rejects of an attempt that came to nothing */
        DV_TRY(dv_file_remove_tree(dataset->rejects, err));
    atomic_store(&dataset->parts_left, left);
    DV_TRY(dv_arrivals_plan(context->arrivals, dataset->spec->name, dataset->cut.part_count,
                            dataset->layout.estimated_rows, dataset->layout.columns,
                            dataset->layout.column_count, err));
    run->task_count += left;
    if (left == 0)
        status = publish_dataset(run, dataset, err);
done:
    return status;
}

/* A file that can be read from anywhere gives a task a part; of any other, what is left is one. */
static enum dv_status make_tasks(struct extraction *run, struct dataset *dataset, struct dv_err *err)
{
    uint32_t end;
    for (uint32_t part = 0; part < dataset->cut.part_count; part = end) {
        uint32_t number = dataset->cut.parts[part].file;
        const struct dv_file_layout *file = &dataset->layout.files[number];
        bool there;
        end = part + 1;
        enum dv_status status = dv_part_look(dataset->dir, part, &there, err);
        if (status != DV_OK)
            return status;
        if (there)
            continue;
        if (file->spec->gzip || file->encoding.kind == DV_ENCODING_STREAM)
            while (end < dataset->cut.part_count && dataset->cut.parts[end].file == number)
                end++;
        run->tasks[run->task_count++] = (struct task){dataset, part, end};
    }
    return DV_OK;
}

static enum dv_status prepare(struct extraction *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < REJECT_COLUMNS; i++) {
        (void)snprintf(run->reject_columns[i].name, sizeof run->reject_columns[i].name, "%s",
                       reject_names[i]);
        run->reject_columns[i].type = dv_type_of(i == 4             ? DV_TYPE_INT4
                                                 : i == 5 || i == 7 ? DV_TYPE_INT8
                                                                    : DV_TYPE_TEXT);
    }
    for (unsigned i = 0; i < run->group->count; i++) {
        struct dataset *dataset = &run->datasets[i];
        dataset->spec = run->group->specs[i];
        dataset->dir = run->group->dirs[i];
        status = dv_dataset_look(dataset->dir, &dataset->whole, err);
        if (status != DV_OK)
            return status;
        dataset->rejects =
            dv_asprintf("%s/rejects/extract-%s", run->group->context->run_dir, dataset->spec->name);
        if (dataset->rejects == NULL)
            return dv_fail_memory(err);
        status = dataset->whole ? DV_OK : plan_dataset(run, dataset, err);
        if (status != DV_OK) {
            dv_err_place(err, DV_EXTRACT_STAGE, dataset->spec->name, -1, -1);
            return status;
        }
    }
    run->tasks = dv_calloc(run->task_count + 1, sizeof *run->tasks);
    run->task_count = 0;
    if (run->tasks == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < run->group->count; i++) {
        status = run->datasets[i].whole ? DV_OK : make_tasks(run, &run->datasets[i], err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

enum dv_status dv_files_extract(const struct dv_extract_group *group, struct dv_err *err)
{
    struct extraction run = {.group = group};
    enum dv_status status;
    run.datasets = dv_calloc(group->count, sizeof *run.datasets);
    if (run.datasets == NULL)
        return dv_fail_memory(err);
    status = prepare(&run, err);
    if (status == DV_OK)
        status = dv_run_tasks(run.task_count, group->context->workers, extract_task, &run, err);
    for (unsigned i = 0; i < group->count; i++) {
        dv_files_cut_release(&run.datasets[i].cut);
        dv_files_layout_release(&run.datasets[i].layout);
        dv_free(run.datasets[i].rejects);
    }
    dv_free(run.datasets);
    dv_free(run.tasks);
    return status;
}
