/* What a replay loads, and what stays refused, as stage files. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "core/stop.h"
#include "jobs/replay_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A dataset that gets rows part by part, and is there only if it got some. */
struct output {
    const char *dir;
    const struct dv_column *columns;
    unsigned column_count;
    struct dv_stage_writer *writer; /* of the part in hand; NULL: it has no rows yet */
    uint32_t parts;
};

static enum dv_status open_output(struct output *output, struct dv_err *err)
{
    return output->writer != NULL ? DV_OK
                                  : dv_stage_writer_open(&output->writer, output->dir, output->parts,
                                                         output->columns, output->column_count, err);
}

static enum dv_status end_part(struct output *output, struct dv_err *err)
{
    if (output->writer == NULL)
        return DV_OK;
    enum dv_status status = dv_stage_writer_publish(output->writer, NULL, err);
    output->writer = NULL;
    output->parts++;
    return status;
}

static enum dv_status end_output(struct output *output, struct dv_err *err)
{
    enum dv_status status = end_part(output, err);
    if (status != DV_OK || output->parts == 0)
        return status;
    return dv_dataset_publish(output->dir, output->parts, output->columns, output->column_count, NULL, err);
}

/* The row's place in front of it. */
static enum dv_status put_placed(struct output *output, uint32_t part, uint64_t row, const char *record,
                                 size_t length, struct dv_err *err)
{
    enum dv_status status = open_output(output, err);
    if (status != DV_OK)
        return status;
    struct dv_buf *out = dv_stage_writer_buf(output->writer);
    dv_buf_printf(out, "%" PRIu32 ",%" PRIu64 ",", part, row);
    dv_buf_append(out, record, length);
    return dv_stage_writer_end_row(output->writer, err);
}

/* ---- rows of a dataset by their places ---- */

typedef enum dv_status (*place_fn)(void *context, uint32_t part, uint64_t row, const char *record,
                                   size_t length, struct dv_err *err);
/* The row of the next place that is wanted in the part, UINT64_MAX where there is none. */
typedef uint64_t (*next_fn)(const void *context, uint32_t part);

static enum dv_status pick_rows(const char *dir, uint32_t part, next_fn next, place_fn each, void *context,
                                struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    while (next(context, part) != UINT64_MAX) {
        DV_TRY(dv_stop_check(err));
        status = dv_stage_reader_block(reader, &block, err);
        if (status == DV_END)
            status = dv_fail(err, DV_EXIT_FAULT, "part %" PRIu32 " of %s has no row %" PRIu64, part, dir,
                             next(context, part));
        if (status != DV_OK)
            goto done;
        const char *at = block.data, *end = at + block.length;
        for (uint64_t row = block.first_row; at < end && next(context, part) < block.first_row + block.rows;
             row++) {
            const char *behind = dv_csv_record_end(at, end);
            if (behind == NULL)
                behind = end;
            if (row == next(context, part))
                DV_TRY(each(context, part, row, at, (size_t)(behind - at) - 1, err));
            at = behind;
        }
    }
done:
    dv_stage_reader_close(reader);
    return status;
}

struct delta_writing {
    const struct dv_delta *delta;
    size_t next;
    struct output loaded, changed, before;
    bool apart; /* changed rows are a load of their own */
};

static uint64_t next_row(const void *context, uint32_t part)
{
    const struct delta_writing *writing = context;
    const struct dv_delta *delta = writing->delta;
    return writing->next < delta->row_count && delta->rows[writing->next].part == part
               ? delta->rows[writing->next].row
               : UINT64_MAX;
}

static enum dv_status write_row(void *context, uint32_t part, uint64_t row, const char *record, size_t length,
                                struct dv_err *err)
{
    struct delta_writing *writing = context;
    const struct dv_delta_row *of = &writing->delta->rows[writing->next++];
    if (of->correction != NULL && of->correction->changed) {
        record = of->correction->record;
        length = of->correction->length;
    }
    bool changed = writing->apart && of->kind == DV_DELTA_CHANGED;
    return put_placed(changed ? &writing->changed : &writing->loaded, part, row, record, length, err);
}

static uint64_t next_gone(const void *context, uint32_t part)
{
    const struct delta_writing *writing = context;
    const struct dv_delta *delta = writing->delta;
    return writing->next < delta->gone_count && delta->gone[writing->next].part == part
               ? delta->gone[writing->next].row
               : UINT64_MAX;
}

static enum dv_status write_gone(void *context, uint32_t part, uint64_t row, const char *record,
                                 size_t length, struct dv_err *err)
{
    struct delta_writing *writing = context;
    writing->next++;
    return put_placed(&writing->before, part, row, record, length, err);
}

static enum dv_status write_loaded(struct delta_writing *writing, struct dv_err *err)
{
    const struct dv_delta *delta = writing->delta;
    enum dv_status status = DV_OK;
    for (writing->next = 0; writing->next < delta->row_count;) {
        uint32_t part = delta->rows[writing->next].part;
        DV_TRY(pick_rows(delta->new->dataset_dir, part, next_row, write_row, writing, err));
        DV_TRY(end_part(&writing->loaded, err));
        DV_TRY(end_part(&writing->changed, err));
    }
    for (writing->next = 0; writing->next < delta->gone_count;) {
        uint32_t part = delta->gone[writing->next].part;
        DV_TRY(pick_rows(delta->old->dataset_dir, part, next_gone, write_gone, writing, err));
        DV_TRY(end_part(&writing->before, err));
    }
    DV_TRY(end_output(&writing->loaded, err));
    DV_TRY(end_output(&writing->changed, err));
    status = end_output(&writing->before, err);
done:
    return status;
}

/* ---- rejects at new places ---- */

static enum dv_status put_reject(struct output *output, const struct dv_reject *reject, uint32_t part,
                                 uint64_t row, const char *record, size_t length, struct dv_err *err)
{
    const char *const texts[] = {reject->reason, reject->detail, reject->stage, reject->dataset};
    enum dv_status status = open_output(output, err);
    if (status != DV_OK)
        return status;
    struct dv_buf *out = dv_stage_writer_buf(output->writer);
    for (unsigned i = 0; i < 4; i++) {
        dv_csv_quote(out, texts[i], strlen(texts[i]), false);
        dv_buf_byte(out, ',');
    }
    dv_buf_printf(out, "%" PRIu32 ",%" PRIu64 ",", part, row);
    dv_buf_append(out, record, length);
    return dv_stage_writer_end_row(output->writer, err);
}

/* The six columns and those given; owned by the caller. */
static struct dv_column *reject_columns(const struct dv_column *columns, unsigned count)
{
    static const char *const names[DV_REJECT_COLUMNS] = {"reason",  "detail", "stage",
                                                         "dataset", "part",   "row"};
    struct dv_column *all = dv_calloc((size_t)count + DV_REJECT_COLUMNS, sizeof *all);
    for (unsigned i = 0; i < DV_REJECT_COLUMNS && all != NULL; i++) {
        (void)snprintf(all[i].name, sizeof all[i].name, "%s", names[i]);
        all[i].type = dv_type_of(i < 4 ? DV_TYPE_TEXT : DV_TYPE_INT8);
    }
    for (unsigned i = 0; i < count && all != NULL; i++)
        all[DV_REJECT_COLUMNS + i] = columns[i];
    if (all != NULL)
        dv_columns_keep_apart(all, DV_REJECT_COLUMNS, DV_REJECT_COLUMNS + count);
    return all;
}

struct keeping {
    const struct dv_delta *delta;
    struct output output;
};

static int by_old_place(const void *a, const void *b)
{
    const struct dv_delta_kept *left = a, *right = b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->old_row > right->old_row) - (left->old_row < right->old_row);
}

static enum dv_status keep_reject(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct keeping *keeping = context;
    struct dv_delta_kept wanted = {.part = reject->part, .old_row = reject->row};
    const struct dv_delta_kept *kept =
        bsearch(&wanted, keeping->delta->kept, keeping->delta->kept_count, sizeof wanted, by_old_place);
    return kept == NULL ? DV_OK
                        : put_reject(&keeping->output, reject, kept->part, kept->row, reject->record,
                                     reject->length, err);
}

static enum dv_status write_kept(const struct dv_delta *delta, const struct dv_reject_lists *lists,
                                 const char *dir, const struct dv_dataset_manifest *dataset,
                                 struct dv_err *err)
{
    struct keeping keeping = {.delta = delta, .output = {.dir = dir}};
    struct dv_column *columns = NULL;
    enum dv_status status = DV_OK;
    if (delta->kept_count == 0)
        return DV_OK;
    columns = reject_columns(dataset->columns, dataset->column_count);
    if (columns == NULL)
        return dv_fail_memory(err);
    keeping.output.columns = columns;
    keeping.output.column_count = dataset->column_count + DV_REJECT_COLUMNS;
    qsort(delta->kept, delta->kept_count, sizeof *delta->kept, by_old_place);
    for (unsigned i = 0; i < lists->count; i++)
        if (lists->lists[i].load && strcmp(lists->lists[i].name + strlen("load-"), delta->new->step) == 0)
            DV_TRY(dv_rejects_each(&lists->lists[i], keep_reject, &keeping, err));
    status = end_output(&keeping.output, err);
done:
    dv_stage_writer_abort(keeping.output.writer);
    dv_free(columns);
    return status;
}

/* ---- one step ---- */

/* drover_part and drover_row in front of the dataset's columns. */
static enum dv_status placed_columns(const struct dv_dataset_manifest *dataset, struct dv_column **out,
                                     struct dv_err *err)
{
    static const char *const names[DV_DELTA_PLACE] = {"drover_part", "drover_row"};
    struct dv_column *columns = dv_calloc((size_t)dataset->column_count + DV_DELTA_PLACE, sizeof *columns);
    if (columns == NULL)
        return dv_fail_memory(err);
    *out = columns;
    for (unsigned i = 0; i < DV_DELTA_PLACE; i++) {
        (void)snprintf(columns[i].name, sizeof columns[i].name, "%s", names[i]);
        columns[i].type = dv_type_of(DV_TYPE_INT8);
        for (unsigned c = 0; c < dataset->column_count; c++)
            if (strcmp(dataset->columns[c].name, names[i]) == 0)
                return dv_fail(err, DV_EXIT_USAGE, "a dataset with a column %s cannot be replayed", names[i]);
    }
    memcpy(columns + DV_DELTA_PLACE, dataset->columns, dataset->column_count * sizeof *columns);
    return DV_OK;
}

static enum dv_status add_step(json_t *steps, const struct dv_delta *delta, const struct output *output,
                               const char *step, const char *mode, uint64_t changed, struct dv_err *err)
{
    if (output->parts == 0)
        return DV_OK;
    json_t *object = dv_replay_step_json(delta->new, step, mode, output->columns + DV_DELTA_PLACE,
                                         output->column_count - DV_DELTA_PLACE);
    if (object == NULL || json_object_set_new(object, "changed", json_integer((json_int_t)changed)) != 0 ||
        json_array_append_new(steps, object) != 0)
        return dv_fail_memory(err);
    return DV_OK;
}

enum dv_status dv_delta_write(const struct dv_delta *delta, const struct dv_reject_lists *lists,
                              const char *load_dir, json_t *steps, const char **before,
                              struct dv_arena *arena, struct dv_err *err)
{
    const char *step = delta->new->step, *mode = delta->new->mode;
    bool apart = strcmp(mode, "insert") == 0 || strcmp(mode, "insert_new") == 0;
    struct delta_writing writing = {.delta = delta, .apart = apart};
    struct dv_dataset_manifest dataset = {0};
    struct dv_column *columns = NULL;
    enum dv_status status;
    const char *kept = dv_arena_printf(arena, "%s/kept/rejects/load-%s", load_dir, step);
    const char *changed_step = dv_arena_printf(arena, "%s" DV_REPLAY_CHANGED, step);
    writing.loaded.dir = dv_arena_printf(arena, "%s/delta/%s", load_dir, step);
    writing.changed.dir = dv_arena_printf(arena, "%s/delta/%s" DV_REPLAY_CHANGED, load_dir, step);
    writing.before.dir = dv_arena_printf(arena, "%s/before/%s", load_dir, step);
    if (kept == NULL || changed_step == NULL || writing.loaded.dir == NULL || writing.changed.dir == NULL ||
        writing.before.dir == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_dataset_manifest_read(delta->new->dataset_dir, &dataset, err));
    DV_TRY(placed_columns(&dataset, &columns, err));
    struct output *const outputs[] = {&writing.loaded, &writing.changed, &writing.before};
    for (unsigned i = 0; i < 3; i++) {
        outputs[i]->columns = columns;
        outputs[i]->column_count = dataset.column_count + DV_DELTA_PLACE;
    }
    DV_TRY(write_loaded(&writing, err));
    DV_TRY(write_kept(delta, lists, kept, &dataset, err));
    /* Changed rows first: a new one may need a value that they give up. */
    DV_TRY(add_step(steps, delta, &writing.changed, changed_step, "update", delta->counts[DV_DELTA_CHANGED],
                    err));
    DV_TRY(add_step(steps, delta, &writing.loaded, step, mode, apart ? 0 : delta->counts[DV_DELTA_CHANGED],
                    err));
    *before = writing.before.parts > 0 ? writing.before.dir : NULL;
done:
    for (unsigned i = 0; i < 3; i++) {
        struct output *const all[] = {&writing.loaded, &writing.changed, &writing.before};
        dv_stage_writer_abort(all[i]->writer);
    }
    dv_free(columns);
    dv_dataset_manifest_release(&dataset);
    return status;
}

/* ---- after the load ---- */

struct refusing {
    struct output output;
    struct dv_column *columns;
};

static enum dv_status need_columns(struct refusing *refusing, const struct dv_column *columns, unsigned count,
                                   struct dv_err *err)
{
    if (refusing->columns != NULL)
        return DV_OK;
    refusing->columns = reject_columns(columns, count);
    refusing->output.columns = refusing->columns;
    refusing->output.column_count = count + DV_REJECT_COLUMNS;
    return refusing->columns != NULL ? DV_OK : dv_fail_memory(err);
}

static enum dv_status still_refused(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct refusing *refusing = context;
    enum dv_status status = need_columns(refusing, reject->columns, reject->column_count, err);
    return status != DV_OK ? status
                           : put_reject(&refusing->output, reject, reject->part, reject->row, reject->record,
                                        reject->length, err);
}

/* Refused in the replay: its part and row are those of what was loaded, the place in the dataset stands in
 * front of the row. */
static enum dv_status refused_again(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct refusing *refusing = context;
    const struct dv_value *place = reject->values;
    enum dv_status status =
        need_columns(refusing, reject->columns + DV_DELTA_PLACE, reject->column_count - DV_DELTA_PLACE, err);
    if (status != DV_OK)
        return status;
    uint64_t part = strtoull(place[0].u.p, NULL, 10), row = strtoull(place[1].u.p, NULL, 10);
    size_t skipped = (size_t)place[0].len + place[1].len + DV_DELTA_PLACE;
    return put_reject(&refusing->output, reject, (uint32_t)part, row, reject->record + skipped,
                      reject->length - skipped, err);
}

static enum dv_status each_in(const char *dir, const char *step, dv_reject_fn each, void *context,
                              struct dv_arena *arena, struct dv_err *err)
{
    struct dv_reject_lists lists;
    enum dv_status status = dv_reject_lists_find(&lists, dir, arena, err);
    for (unsigned i = 0; i < lists.count && status == DV_OK; i++)
        if (lists.lists[i].load && strcmp(lists.lists[i].name + strlen("load-"), step) == 0)
            status = dv_rejects_each(&lists.lists[i], each, context, err);
    return status;
}

enum dv_status dv_replay_refused(const struct dv_link *replay, const char *step, struct dv_arena *arena,
                                 struct dv_err *err)
{
    struct refusing refusing = {.columns = NULL};
    enum dv_status status;
    const char *kept = dv_arena_printf(arena, "%s/load/kept", replay->dir);
    const char *load = dv_replay_load_dir(arena, replay);
    refusing.output.dir = dv_arena_printf(arena, "%s/rejects/load-%s", replay->dir, step);
    if (kept == NULL || load == NULL || refusing.output.dir == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_remove_tree(refusing.output.dir, err));
    DV_TRY(each_in(kept, step, still_refused, &refusing, arena, err));
    DV_TRY(each_in(load, step, refused_again, &refusing, arena, err));
    status = end_output(&refusing.output, err);
done:
    dv_stage_writer_abort(refusing.output.writer);
    dv_free(refusing.columns);
    return status;
}
