/* What a load step has to do after a replay: its dataset as it is held against the dataset as it was.
 *
 * Part by part: a model that works row by row keeps its rows in their parts, and a barrier puts a key into
 * the part that its hash says, so that what did not change lies in the part of the same number. Within a part
 * rows are told apart by a 128-bit hash of the loaded columns: two different ones of n rows are taken for
 * equal with a chance of n * n / 2^129. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stop.h"
#include "jobs/replay_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* A row of the part as it was. */
struct old_row {
    uint64_t hash[2], key[2];
    uint64_t row;
    bool refused;
    bool found; /* the part as it is has it too */
};

/* A row that the target refused, in the dataset as it was. */
struct refused {
    uint64_t row;
    uint32_t part;
    const struct dv_correction *correction; /* it is replayed; NULL: it is not */
};

struct finding {
    struct dv_delta *delta;
    const struct dv_corrections *corrections;
    const char *dataset;
    unsigned column_count;
    unsigned *loaded, loaded_count; /* places of the loaded columns */
    unsigned *keys, key_count;
    struct dv_value *values;
    struct dv_buf text;
    struct old_row *old; /* of the part in hand, by hash and row */
    size_t old_count, old_room;
    struct refused *refused;                          /* by part, row */
    size_t refused_count, refused_room, next_refused; /* next: of the parts not looked at yet */
    size_t row_room, gone_room, kept_room;
};

static void *one_more(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    size_t more = *room == 0 ? 64 : *room * 2;
    void *larger = dv_realloc_array(list, more, size);
    if (larger != NULL)
        *room = more;
    return larger;
}

#define APPEND(list, count, room, ...)                                                                       \
    do {                                                                                                     \
        void *larger_ = one_more((list), (count), &(room), sizeof *(list));                                  \
        if (larger_ == NULL)                                                                                 \
            return dv_fail_memory(err);                                                                      \
        (list) = larger_;                                                                                    \
        (list)[(count)++] = __VA_ARGS__;                                                                     \
    } while (0)

/* ---- hashes ---- */

static enum dv_status hash_values(struct finding *finding, const unsigned *places, unsigned count,
                                  uint64_t out[2], struct dv_err *err)
{
    dv_buf_reset(&finding->text);
    for (unsigned i = 0; i < count; i++) {
        const struct dv_value *value = &finding->values[places[i]];
        uint32_t length = value->state == DV_NULL ? UINT32_MAX : value->len;
        dv_buf_append(&finding->text, &length, sizeof length);
        if (value->state != DV_NULL)
            dv_buf_append(&finding->text, value->u.p, value->len);
    }
    enum dv_status status = dv_buf_check(&finding->text, err);
    if (status != DV_OK)
        return status;
    XXH128_hash_t hash = XXH3_128bits(finding->text.data, finding->text.len);
    out[0] = hash.high64;
    out[1] = hash.low64;
    return DV_OK;
}

static int compare_hashes(const uint64_t a[2], const uint64_t b[2])
{
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    return (a[1] > b[1]) - (a[1] < b[1]);
}

static int by_hash(const void *a, const void *b)
{
    const struct old_row *left = a, *right = b;
    int order = compare_hashes(left->hash, right->hash);
    return order != 0 ? order : (left->row > right->row) - (left->row < right->row);
}

/* ---- one part ---- */

typedef enum dv_status (*row_fn)(struct finding *finding, uint32_t part, uint64_t row, struct dv_err *err);

static enum dv_status each_row(struct finding *finding, const char *dir, uint32_t part, row_fn each,
                               struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    if (dv_stage_reader_manifest(reader)->column_count != finding->column_count) {
        status = dv_fail(err, DV_EXIT_FAULT, "part %" PRIu32 " of %s has other columns than its dataset",
                         part, dir);
        goto done;
    }
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        const char *at = block.data, *end = at + block.length;
        DV_TRY(dv_stop_check(err));
        for (uint64_t row = block.first_row; at < end; row++) {
            DV_TRY(dv_csv_split(at, end, finding->values, finding->column_count, &at, err));
            DV_TRY(each(finding, part, row, err));
        }
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    return status;
}

static int by_place(const void *a, const void *b)
{
    const struct refused *left = a, *right = b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static const struct refused *find_refused(const struct finding *finding, uint32_t part, uint64_t row)
{
    struct refused wanted = {.part = part, .row = row};
    return finding->refused_count == 0
               ? NULL
               : bsearch(&wanted, finding->refused, finding->refused_count, sizeof wanted, by_place);
}

static enum dv_status take_old(struct finding *finding, uint32_t part, uint64_t row, struct dv_err *err)
{
    struct old_row old = {.row = row, .refused = find_refused(finding, part, row) != NULL};
    enum dv_status status = hash_values(finding, finding->loaded, finding->loaded_count, old.hash, err);
    if (status == DV_OK)
        status = hash_values(finding, finding->keys, finding->key_count, old.key, err);
    if (status != DV_OK)
        return status;
    APPEND(finding->old, finding->old_count, finding->old_room, old);
    return DV_OK;
}

/* Of equal rows the earliest that is not found yet. */
static struct old_row *find_old(const struct finding *finding, const uint64_t hash[2])
{
    size_t low = 0, high = finding->old_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_hashes(finding->old[middle].hash, hash) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < finding->old_count && compare_hashes(finding->old[low].hash, hash) == 0; low++)
        if (!finding->old[low].found)
            return &finding->old[low];
    return NULL;
}

/* A row that was refused and is there as before: it is loaded now, or stays refused. */
static enum dv_status take_refused(struct finding *finding, uint32_t part, uint64_t old_row, uint64_t row,
                                   const struct dv_correction *correction, struct dv_err *err)
{
    struct dv_delta *delta = finding->delta;
    if (correction == NULL)
        APPEND(delta->kept, delta->kept_count, finding->kept_room,
               (struct dv_delta_kept){.old_row = old_row, .row = row, .part = part});
    else
        APPEND(delta->rows, delta->row_count, finding->row_room,
               (struct dv_delta_row){
                   .row = row, .part = part, .kind = DV_DELTA_AGAIN, .correction = correction});
    return DV_OK;
}

static enum dv_status take_new(struct finding *finding, uint32_t part, uint64_t row, struct dv_err *err)
{
    struct dv_delta *delta = finding->delta;
    struct dv_delta_row new = {.row = row, .part = part, .kind = DV_DELTA_NEW};
    uint64_t hash[2];
    enum dv_status status = hash_values(finding, finding->loaded, finding->loaded_count, hash, err);
    if (status != DV_OK)
        return status;
    struct old_row *old = find_old(finding, hash);
    if (old != NULL) {
        old->found = true;
        return old->refused ? take_refused(finding, part, old->row, row,
                                           find_refused(finding, part, old->row)->correction, err)
                            : DV_OK;
    }
    status = hash_values(finding, finding->keys, finding->key_count, new.key, err);
    if (status != DV_OK)
        return status;
    APPEND(delta->rows, delta->row_count, finding->row_room, new);
    return DV_OK;
}

/* What is not there any more: a refused row has become another one, and that one is loaded. */
static enum dv_status take_gone(struct finding *finding, uint32_t part, struct dv_err *err)
{
    struct dv_delta *delta = finding->delta;
    for (size_t i = 0; i < finding->old_count; i++) {
        const struct old_row *old = &finding->old[i];
        const struct refused *refused = old->refused ? find_refused(finding, part, old->row) : NULL;
        if (old->found)
            continue;
        if (refused == NULL) {
            APPEND(delta->gone, delta->gone_count, finding->gone_room,
                   (struct dv_delta_gone){.key = {old->key[0], old->key[1]}, .row = old->row, .part = part});
        } else if (refused->correction != NULL && refused->correction->changed) {
            enum dv_status status = dv_fail(
                err, DV_EXIT_USAGE,
                "%s:%u: row %" PRIu64 " of part %" PRIu32
                " of %s becomes another one by the corrections of rows that it is made of",
                refused->correction->file, refused->correction->line, old->row, part, finding->dataset);
            dv_err_hint(err, "nothing was loaded; correct it in one of the two places, or in two replays");
            return status;
        }
    }
    return DV_OK;
}

static enum dv_status compare_part(struct finding *finding, uint32_t part, struct dv_err *err)
{
    const struct dv_delta *delta = finding->delta;
    enum dv_status status;
    finding->old_count = 0;
    DV_TRY(each_row(finding, delta->old->dataset_dir, part, take_old, err));
    if (finding->old_count > 1)
        qsort(finding->old, finding->old_count, sizeof *finding->old, by_hash);
    DV_TRY(each_row(finding, delta->new->dataset_dir, part, take_new, err));
    status = take_gone(finding, part, err);
done:
    return status;
}

static enum dv_status same_part(struct finding *finding, uint32_t part, struct dv_err *err)
{
    size_t *next = &finding->next_refused;
    while (*next < finding->refused_count && finding->refused[*next].part < part)
        ++*next;
    for (; *next < finding->refused_count && finding->refused[*next].part == part; ++*next) {
        const struct refused *refused = &finding->refused[*next];
        enum dv_status status =
            take_refused(finding, part, refused->row, refused->row, refused->correction, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

/* ---- the step ---- */

static enum dv_status note_refused(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct finding *finding = context;
    const struct dv_correction *correction =
        dv_corrections_find(finding->corrections, DV_OF_LOAD, reject->dataset, reject->part, reject->row);
    APPEND(finding->refused, finding->refused_count, finding->refused_room,
           (struct refused){.row = reject->row, .part = reject->part, .correction = correction});
    return DV_OK;
}

static bool place_of(const struct dv_dataset_manifest *dataset, const char *name, unsigned *place)
{
    for (unsigned i = 0; i < dataset->column_count; i++) {
        *place = i;
        if (strcmp(dataset->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Which columns are loaded, and which of them are the key. */
static enum dv_status find_columns(struct finding *finding, const struct dv_dataset_manifest *dataset,
                                   struct dv_err *err)
{
    const struct dv_load_spec *spec = finding->delta->new;
    unsigned count = spec->column_count > 0 ? spec->column_count : dataset->column_count;
    finding->column_count = dataset->column_count;
    finding->loaded = dv_calloc((size_t)count + 1, sizeof *finding->loaded);
    finding->keys = dv_calloc((size_t)spec->key_count + 1, sizeof *finding->keys);
    finding->values = dv_calloc((size_t)dataset->column_count + 1, sizeof *finding->values);
    if (finding->loaded == NULL || finding->keys == NULL || finding->values == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < count; i++) {
        const char *from = spec->column_count > 0 ? spec->from[i] : dataset->columns[i].name;
        const char *to = spec->column_count > 0 ? spec->to[i] : from;
        if (!place_of(dataset, from, &finding->loaded[i]))
            return dv_fail(err, DV_EXIT_USAGE, "the dataset %s has no column %s", spec->dataset, from);
        for (unsigned k = 0; k < spec->key_count; k++)
            if (strcmp(spec->key[k], to) == 0) {
                finding->keys[k] = finding->loaded[i];
                finding->key_count++;
            }
    }
    finding->loaded_count = count;
    return finding->key_count == spec->key_count
               ? DV_OK
               : dv_fail(err, DV_EXIT_USAGE, "load %s: a column of the key is not loaded", spec->step);
}

static int by_key(const void *a, const void *b)
{
    const struct dv_delta_gone *left = a, *right = b;
    int order = compare_hashes(left->key, right->key);
    if (order != 0)
        return order;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static int by_part(const void *a, const void *b)
{
    const struct dv_delta_row *left = a, *right = b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static int gone_by_part(const void *a, const void *b)
{
    const struct dv_delta_gone *left = a, *right = b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

/* The first row of that key that is gone and has no successor yet; NULL: none. */
static struct dv_delta_gone *find_gone(const struct dv_delta *delta, const uint64_t key[2])
{
    size_t low = 0, high = delta->gone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_hashes(delta->gone[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < delta->gone_count && compare_hashes(delta->gone[low].key, key) == 0; low++)
        if (!delta->gone[low].paired)
            return &delta->gone[low];
    return NULL;
}

/* A row whose key another one had is that row, changed. */
static void pair_keys(struct dv_delta *delta)
{
    if (delta->gone_count > 1)
        qsort(delta->gone, delta->gone_count, sizeof *delta->gone, by_key);
    if (delta->row_count > 1)
        qsort(delta->rows, delta->row_count, sizeof *delta->rows, by_part);
    for (size_t i = 0; i < delta->row_count; i++) {
        struct dv_delta_row *row = &delta->rows[i];
        struct dv_delta_gone *gone =
            row->kind == DV_DELTA_NEW && delta->new->key_count > 0 ? find_gone(delta, row->key) : NULL;
        if (gone != NULL) {
            gone->paired = true;
            row->kind = DV_DELTA_CHANGED;
        }
        delta->counts[row->kind]++;
    }
    if (delta->gone_count > 1)
        qsort(delta->gone, delta->gone_count, sizeof *delta->gone, gone_by_part);
}

static enum dv_status find(struct finding *finding, const struct dv_reject_lists *lists, struct dv_err *err)
{
    const struct dv_delta *delta = finding->delta;
    struct dv_dataset_manifest old = {0}, new = {0};
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(delta->old->dataset_dir, &old, err));
    DV_TRY(dv_dataset_manifest_read(delta->new->dataset_dir, &new, err));
    DV_TRY(find_columns(finding, &new, err));
    if (old.part_count != new.part_count) {
        status = dv_fail(err, DV_EXIT_FAULT, "the dataset %s has %" PRIu32 " parts and had %" PRIu32,
                         finding->dataset, new.part_count, old.part_count);
        goto done;
    }
    for (unsigned i = 0; i < lists->count; i++)
        if (lists->lists[i].load && strcmp(lists->lists[i].name + strlen("load-"), delta->new->step) == 0)
            DV_TRY(dv_rejects_each(&lists->lists[i], note_refused, finding, err));
    if (finding->refused_count > 1)
        qsort(finding->refused, finding->refused_count, sizeof *finding->refused, by_place);
    for (uint32_t part = 0; part < new.part_count; part++)
        DV_TRY(strcmp(old.part_sha256[part], new.part_sha256[part]) == 0 ? same_part(finding, part, err)
                                                                         : compare_part(finding, part, err));
    pair_keys(finding->delta);
done:
    dv_dataset_manifest_release(&old);
    dv_dataset_manifest_release(&new);
    return status;
}

enum dv_status dv_delta_find(struct dv_delta *delta, const struct dv_load_spec *old,
                             const struct dv_load_spec *new, const struct dv_reject_lists *lists,
                             const struct dv_corrections *corrections, struct dv_err *err)
{
    struct finding finding = {.delta = delta, .corrections = corrections, .dataset = new->dataset};
    *delta = (struct dv_delta){.old = old, .new = new};
    enum dv_status status = find(&finding, lists, err);
    dv_free(finding.loaded);
    dv_free(finding.keys);
    dv_free(finding.values);
    dv_free(finding.old);
    dv_free(finding.refused);
    dv_buf_release(&finding.text);
    if (status != DV_OK) {
        dv_err_place(err, "replay", new->step, -1, -1);
        dv_delta_release(delta);
    }
    return status;
}

void dv_delta_release(struct dv_delta *delta)
{
    dv_free(delta->rows);
    dv_free(delta->gone);
    dv_free(delta->kept);
    *delta = (struct dv_delta){.row_count = 0};
}
