/* Reading a sorter: runs and memory merged by a heap, partition by partition. */
#include "transform/sorter_internal.h"

#include "core/alloc.h"
#include "core/codec.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

struct input {
    uint64_t hash;
    const char *record;                 /* the current one */
    const struct dv_sorted *next, *end; /* in memory */
    const struct sort_worker *worker;   /* in a run file */
    off_t at, stop;
    char *chunk;
    size_t chunk_size, chunk_at, chunk_length;
};

struct dv_sorter_cursor {
    struct input *inputs;
    unsigned input_count;
    struct input **heap; /* least on top */
    unsigned heap_count;
    bool started;
};

static enum dv_status chunk_read(struct input *input, struct dv_err *err)
{
    char head[CHUNK_HEAD];
    if (pread(input->worker->fd, head, CHUNK_HEAD, input->at) != (ssize_t)CHUNK_HEAD)
        return dv_fail_os(err, errno, "cannot read the spill file %s", input->worker->path);
    uint32_t length = get32(head);
    if ((off_t)length > input->stop - input->at - (off_t)CHUNK_HEAD)
        return dv_fail(err, DV_EXIT_FAULT, "spill file %s is damaged at byte %jd", input->worker->path,
                       (intmax_t)input->at);
    if (length > input->chunk_size) {
        char *chunk = dv_realloc(input->chunk, length);
        if (chunk == NULL)
            return dv_fail_memory(err);
        input->chunk = chunk;
        input->chunk_size = length;
    }
    size_t got = 0;
    while (got < length) {
        ssize_t n =
            pread(input->worker->fd, input->chunk + got, length - got, input->at + (off_t)(CHUNK_HEAD + got));
        if (n <= 0)
            return dv_fail_os(err, n < 0 ? errno : EIO, "cannot read the spill file %s", input->worker->path);
        got += (size_t)n;
    }
    if (dv_crc32(0, input->chunk, length) != get32(head + 4))
        return dv_fail(err, DV_EXIT_FAULT, "spill file %s is damaged at byte %jd", input->worker->path,
                       (intmax_t)input->at);
    input->at += (off_t)(CHUNK_HEAD + length);
    input->chunk_at = 0;
    input->chunk_length = length;
    return DV_OK;
}

static enum dv_status input_next(struct input *input, struct dv_err *err)
{
    if (input->worker == NULL) {
        if (input->next == input->end)
            return DV_END;
        input->hash = input->next->hash;
        input->record = input->next->record;
        input->next++;
        return DV_OK;
    }
    if (input->chunk_at == input->chunk_length) {
        if (input->at == input->stop)
            return DV_END;
        enum dv_status status = chunk_read(input, err);
        if (status != DV_OK)
            return status;
    }
    const char *at = input->chunk + input->chunk_at;
    input->hash = get64(at);
    input->record = at + 8;
    input->chunk_at += 8 + (size_t)RECORD_HEAD + get32(input->record + 8) + get32(input->record + 12);
    return DV_OK;
}

static bool input_less(const struct input *a, const struct input *b)
{
    return compare_records(a->hash, a->record, b->hash, b->record) < 0;
}

static void sift_down(struct dv_sorter_cursor *cursor, unsigned at)
{
    struct input *moving = cursor->heap[at];
    for (;;) {
        unsigned child = 2 * at + 1;
        if (child >= cursor->heap_count)
            break;
        if (child + 1 < cursor->heap_count && input_less(cursor->heap[child + 1], cursor->heap[child]))
            child++;
        if (!input_less(cursor->heap[child], moving))
            break;
        cursor->heap[at] = cursor->heap[child];
        at = child;
    }
    cursor->heap[at] = moving;
}

enum dv_status dv_cursor_new(struct dv_sorter_cursor **out, unsigned most_inputs, struct dv_err *err)
{
    struct dv_sorter_cursor *cursor = dv_calloc(1, sizeof *cursor);
    *out = NULL;
    if (cursor == NULL)
        return dv_fail_memory(err);
    cursor->inputs = dv_calloc(most_inputs + 1, sizeof *cursor->inputs);
    cursor->heap = dv_calloc(most_inputs + 1, sizeof(struct input *));
    if (cursor->inputs == NULL || cursor->heap == NULL) {
        dv_sorter_close(cursor);
        return dv_fail_memory(err);
    }
    *out = cursor;
    return DV_OK;
}

void dv_cursor_add_run(struct dv_sorter_cursor *cursor, const struct sort_worker *worker,
                       const struct run *run, unsigned partition)
{
    if (run->offsets[partition] < run->offsets[partition + 1])
        cursor->inputs[cursor->input_count++] = (struct input){
            .worker = worker, .at = run->offsets[partition], .stop = run->offsets[partition + 1]};
}

void dv_cursor_add_entries(struct dv_sorter_cursor *cursor, const struct dv_sorted *from,
                           const struct dv_sorted *to)
{
    if (from != to)
        cursor->inputs[cursor->input_count++] = (struct input){.next = from, .end = to};
}

enum dv_status dv_cursor_start(struct dv_sorter_cursor *cursor, struct dv_err *err)
{
    for (unsigned i = 0; i < cursor->input_count; i++) {
        enum dv_status status = input_next(&cursor->inputs[i], err); /* never empty */
        if (status != DV_OK)
            return status;
        cursor->heap[cursor->heap_count++] = &cursor->inputs[i];
    }
    for (unsigned i = cursor->heap_count / 2; i-- > 0;)
        sift_down(cursor, i);
    return DV_OK;
}

static const struct dv_sorted *first_of_partition(const struct dv_sorter *sorter,
                                                  const struct sort_worker *worker, unsigned partition)
{
    size_t low = 0, high = worker->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (partition_of(sorter, worker->entries[middle].hash) < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return worker->entries == NULL ? NULL : worker->entries + low;
}

enum dv_status dv_sorter_open(struct dv_sorter *sorter, unsigned partition, struct dv_sorter_cursor **out,
                              struct dv_err *err)
{
    unsigned most = sorter->worker_count;
    for (unsigned w = 0; w < sorter->worker_count; w++)
        most += sorter->workers[w].run_count;
    enum dv_status status = dv_cursor_new(out, most, err);
    if (status != DV_OK)
        return status;
    for (unsigned w = 0; w < sorter->worker_count; w++) {
        const struct sort_worker *worker = &sorter->workers[w];
        for (unsigned r = 0; r < worker->run_count; r++)
            dv_cursor_add_run(*out, worker, &worker->runs[r], partition);
        dv_cursor_add_entries(*out, first_of_partition(sorter, worker, partition),
                              first_of_partition(sorter, worker, partition + 1));
    }
    status = dv_cursor_start(*out, err);
    if (status != DV_OK) {
        dv_sorter_close(*out);
        *out = NULL;
    }
    return status;
}

enum dv_status dv_cursor_raw(struct dv_sorter_cursor *cursor, uint64_t *hash, const char **record,
                             struct dv_err *err)
{
    if (cursor->started && cursor->heap_count > 0) {
        enum dv_status status = input_next(cursor->heap[0], err);
        if (status == DV_END)
            cursor->heap[0] = cursor->heap[--cursor->heap_count];
        else if (status != DV_OK)
            return status;
        if (cursor->heap_count > 1)
            sift_down(cursor, 0);
    }
    cursor->started = true;
    if (cursor->heap_count == 0)
        return DV_END;
    *hash = cursor->heap[0]->hash;
    *record = cursor->heap[0]->record;
    return DV_OK;
}

enum dv_status dv_sorter_next(struct dv_sorter_cursor *cursor, struct dv_record *record, struct dv_err *err)
{
    const char *at;
    enum dv_status status = dv_cursor_raw(cursor, &record->hash, &at, err);
    if (status != DV_OK)
        return status;
    record->sequence = get64(at);
    record->key_length = get32(at + 8);
    record->payload_length = get32(at + 12);
    record->key = at + RECORD_HEAD;
    record->payload = record->key + record->key_length;
    return DV_OK;
}

enum dv_status dv_sorter_array(struct dv_sorter *sorter, const struct dv_sorted **records, size_t *count,
                               struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_sorter_cursor *cursor = NULL;
    struct dv_sorted *all = NULL;
    struct sort_worker *first = &sorter->workers[0];
    size_t total = 0, at = 0;
    if (dv_sorter_spilled_bytes(sorter) > 0)
        return DV_END;
    for (unsigned w = 0; w < sorter->worker_count; w++)
        total += sorter->workers[w].count;
    if (total > first->count) {
        all = dv_realloc_array(NULL, total, sizeof *all);
        if (all == NULL)
            return dv_fail_memory(err);
        DV_TRY(dv_sorter_open(sorter, 0, &cursor, err));
        while (at < total && (status = dv_cursor_raw(cursor, &all[at].hash, &all[at].record, err)) == DV_OK)
            at++;
        if (status != DV_OK)
            goto done;
        for (unsigned w = 0; w < sorter->worker_count; w++) {
            dv_free(sorter->workers[w].entries);
            sorter->workers[w].entries = NULL;
            sorter->workers[w].count = sorter->workers[w].capacity = 0;
        }
        first->entries = all;
        first->count = first->capacity = total;
        all = NULL;
    }
    *records = first->entries;
    *count = total;
done:
    dv_sorter_close(cursor);
    dv_free(all);
    return status;
}

void dv_sorter_close(struct dv_sorter_cursor *cursor)
{
    if (cursor == NULL)
        return;
    for (unsigned i = 0; cursor->inputs != NULL && i < cursor->input_count; i++)
        dv_free(cursor->inputs[i].chunk);
    dv_free(cursor->inputs);
    dv_free(cursor->heap);
    dv_free(cursor);
}
