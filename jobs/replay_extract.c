/* The run's extracted datasets with the corrected rows in their places. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "core/stop.h"
#include "jobs/replay_parts.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A dataset whose parts are made anew where a row of it, or of another dataset of the same table, is
 * corrected. */
struct remaking {
    const char *from, *to; /* folders */
    const struct dv_run_input *input;
    struct dv_dataset_manifest dataset;
    const struct dv_correction **rows; /* by part, row; owned */
    size_t row_count;
    struct dv_value *values, *new_values, *old_values;
};

/* ---- files that stay as they are ---- */

static enum dv_status copy_file(const char *from, const char *to, struct dv_err *err)
{
    struct dv_buf bytes = {0};
    enum dv_status status = dv_file_read(from, SIZE_MAX, &bytes, err);
    if (status == DV_OK)
        status = dv_file_publish(to, bytes.data, bytes.len, err);
    dv_buf_release(&bytes);
    return status;
}

/* A second name for the file of that name; a copy where the file system has no such thing. */
static enum dv_status link_into(const char *from_dir, const char *to_dir, const char *name,
                                struct dv_err *err)
{
    char *from = dv_asprintf("%s/%s", from_dir, name), *to = dv_asprintf("%s/%s", to_dir, name);
    enum dv_status status = DV_OK;
    if (from == NULL || to == NULL)
        status = dv_fail_memory(err);
    else if (link(from, to) != 0)
        status = copy_file(from, to, err);
    dv_free(from);
    dv_free(to);
    return status;
}

static enum dv_status copy_dataset_json(const char *from_dir, const char *to_dir, struct dv_err *err)
{
    char *from = dv_asprintf("%s/dataset.json", from_dir), *to = dv_asprintf("%s/dataset.json", to_dir);
    enum dv_status status = from != NULL && to != NULL ? copy_file(from, to, err) : dv_fail_memory(err);
    dv_free(from);
    dv_free(to);
    return status;
}

/* All files of a dataset's folder. dataset.json comes last and is written, not linked: that syncs the folder.
 */
static enum dv_status link_dataset(const char *from, const char *to, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool whole;
    DIR *folder = opendir(from);
    if (folder == NULL)
        return dv_fail_os(err, errno, "cannot read the folder %s", from);
    DV_TRY(dv_file_make_dirs(to, err));
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0) {
            status = dv_fail_os(err, errno, "cannot read the folder %s", from);
            goto done;
        }
        if (entry == NULL)
            break;
        size_t length = strlen(entry->d_name);
        bool leftover = length > 4 && strcmp(entry->d_name + length - 4, ".tmp") == 0;
        if (entry->d_name[0] != '.' && !leftover && strcmp(entry->d_name, "dataset.json") != 0)
            DV_TRY(link_into(from, to, entry->d_name, err));
    }
    DV_TRY(dv_dataset_look(from, &whole, err));
    if (whole)
        status = copy_dataset_json(from, to, err);
done:
    closedir(folder);
    return status;
}

/* The datasets of RUN/KIND, but for those that the target refused rows of: these are put together after the
 * load. */
static enum dv_status link_kind(const char *from, const char *to, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL; /* of the C library's heap */
    int count = scandir(from, &entries, NULL, alphasort);
    if (count < 0 && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the folder %s", from);
    for (int i = 0; i < count; i++) {
        if (status == DV_OK && entries[i]->d_name[0] != '.' && strncmp(entries[i]->d_name, "load-", 5) != 0) {
            char *one = dv_asprintf("%s/%s", from, entries[i]->d_name);
            char *other = dv_asprintf("%s/%s", to, entries[i]->d_name);
            status = one != NULL && other != NULL ? link_dataset(one, other, err) : dv_fail_memory(err);
            dv_free(one);
            dv_free(other);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

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

static enum dv_status remake_block(const struct dv_run *run, struct remaking *remaking,
                                   const struct dv_stage_block *block, struct dv_stage_writer *writer,
                                   size_t *next, size_t end_of_part, struct dv_err *err)
{
    const char *at = block->data, *end = at + block->length;
    unsigned count = remaking->input->column_count;
    for (uint64_t row = block->first_row; at < end; row++) {
        const char *begin = at;
        enum dv_status status = dv_csv_split(at, end, remaking->values, count, &at, err);
        if (status != DV_OK)
            return status;
        if (*next == end_of_part || remaking->rows[*next]->row != row) {
            status = dv_stage_writer_record(writer, begin, (size_t)(at - begin), err);
            if (status != DV_OK)
                return status;
            continue;
        }
        for (; *next < end_of_part && remaking->rows[*next]->row == row; ++*next) {
            const struct dv_correction *correction = remaking->rows[*next];
            status = correct(remaking, correction, find_input(run, correction->dataset), err);
            if (status != DV_OK)
                return status;
        }
        append_values(dv_stage_writer_buf(writer), remaking->values, count);
        status = dv_stage_writer_end_row(writer, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status remake_part(const struct dv_run *run, struct remaking *remaking, uint32_t part,
                                  size_t first, size_t end_of_part, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_writer *writer = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    DV_TRY(dv_stage_reader_open(&reader, remaking->from, part, err));
    const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
    DV_TRY(dv_stage_writer_open(&writer, remaking->to, part, manifest->columns, manifest->column_count, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        DV_TRY(dv_stop_check(err));
        DV_TRY(remake_block(run, remaking, &block, writer, &first, end_of_part, err));
    }
    if (status != DV_END)
        goto done;
    if (first < end_of_part) {
        status = dv_fail(err, DV_EXIT_FAULT, "part %" PRIu32 " of %s has no row %" PRIu64, part,
                         remaking->from, remaking->rows[first]->row);
        goto done;
    }
    status = dv_stage_writer_publish(writer, &manifest->tally, err);
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
        const struct dv_run_input *of = row->load || !row->changed ? NULL : find_input(run, row->dataset);
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
    struct dv_buf name = {0};
    enum dv_status status = DV_OK;
    size_t first = 0;
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
        static const char *const suffixes[] = {".csv.gz", ".json"};
        size_t end = first;
        while (end < remaking->row_count && remaking->rows[end]->part == part)
            end++;
        if (end > first) {
            DV_TRY(remake_part(run, remaking, part, first, end, err));
            first = end;
            continue;
        }
        for (unsigned i = 0; i < 2; i++) {
            const char *path = dv_part_path(&name, remaking->from, part, suffixes[i]);
            if (path == NULL) {
                status = dv_fail_memory(err);
                goto done;
            }
            DV_TRY(link_into(remaking->from, remaking->to, strrchr(path, '/') + 1, err));
        }
    }
    status = dv_dataset_publish(remaking->to, dataset->part_count, dataset->columns, dataset->column_count,
                                NULL, err);
done:
    dv_buf_release(&name);
    return status;
}

static enum dv_status make_dataset(const struct dv_run *run, const struct dv_run_input *input,
                                   const struct dv_link *old, const struct dv_link *replay,
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
    status = remaking.row_count == 0 ? link_dataset(from, to, err) : remake(run, &remaking, err);
done:
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
                                 const struct dv_corrections *corrections, bool *again, struct dv_err *err)
{
    static const char *const kinds[] = {"transform", "rejects", "conflicts"};
    enum dv_status status = DV_OK;
    *again = false;
    for (size_t i = 0; i < corrections->count; i++) {
        if (corrections->rows[i].load || !corrections->rows[i].changed)
            continue;
        DV_TRY(correctable(run, &corrections->rows[i], err));
        *again = true;
    }
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(make_dataset(run, &run->inputs[i], old, replay, corrections, err));
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && !*again; k++) {
        char *from = dv_asprintf("%s/%s", old->dir, kinds[k]);
        char *to = dv_asprintf("%s/%s", replay->dir, kinds[k]);
        status = from != NULL && to != NULL ? link_kind(from, to, err) : dv_fail_memory(err);
        dv_free(from);
        dv_free(to);
        if (status != DV_OK)
            goto done;
    }
done:
    return status;
}
