#include "transform/sorter.h"

#include "core/alloc.h"
#include "core/buf.h"
#include "core/codec.h"
#include "core/file.h"
#include "core/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Run files are cut into chunks: length and CRC-32 of the bytes, then whole records. A chunk never spans
 * partitions. */
#define CHUNK       (64U * 1024U)
#define CHUNK_HEAD  8U
#define STORE_BLOCK (128U * 1024U)
#define MIN_STORE   (1024U * 1024U)

/* A record in memory and in a run: sequence, key length, payload length, key, payload; a run puts the hash
 * first. */
#define RECORD_HEAD 16U

struct entry {
    uint64_t hash;
    const char *record;
};

struct store_block {
    struct store_block *next;
    size_t used, size;
    char bytes[];
};

struct run {
    off_t *offsets; /* of each partition, and the end */
};

struct worker {
    struct store_block *blocks;
    struct entry *entries;
    size_t count, capacity, bytes;
    int fd;
    char *path;
    off_t end;
    struct run *runs;
    unsigned run_count;
    struct dv_buf chunk;
};

struct dv_sorter {
    char *dir;
    unsigned bits, worker_count;
    size_t memory; /* of one worker */
    struct worker *workers;
};

static uint32_t get32(const char *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

static uint64_t get64(const char *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

static unsigned partition_of(const struct dv_sorter *sorter, uint64_t hash)
{
    return sorter->bits == 0 ? 0 : (unsigned)(hash >> (64 - sorter->bits));
}

static int compare_records(uint64_t hash_a, const char *a, uint64_t hash_b, const char *b)
{
    if (hash_a != hash_b)
        return hash_a < hash_b ? -1 : 1;
    uint32_t length_a = get32(a + 8), length_b = get32(b + 8);
    int order = memcmp(a + RECORD_HEAD, b + RECORD_HEAD, length_a < length_b ? length_a : length_b);
    if (order != 0)
        return order;
    if (length_a != length_b)
        return length_a < length_b ? -1 : 1;
    uint64_t sequence_a = get64(a), sequence_b = get64(b);
    return sequence_a < sequence_b ? -1 : sequence_a > sequence_b;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return compare_records(x->hash, x->record, y->hash, y->record);
}

/* Hashes are uniform: one pass spreads the entries over buckets of a few each, which are then sorted singly.
 */
static enum dv_status sort_entries(struct entry **entries, size_t count, struct dv_err *err)
{
    if (count < 64) {
        if (count > 1)
            qsort(*entries, count, sizeof **entries, compare_entries);
        return DV_OK;
    }
    unsigned bits = 1;
    while (bits < 20 && ((size_t)8 << bits) < count)
        bits++;
    size_t buckets = (size_t)1 << bits;
    size_t *start = dv_calloc(buckets + 1, sizeof *start);
    struct entry *sorted = dv_realloc_array(NULL, count, sizeof *sorted);
    if (start == NULL || sorted == NULL) {
        dv_free(start);
        dv_free(sorted);
        return dv_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        start[((*entries)[i].hash >> (64 - bits)) + 1]++;
    for (size_t b = 0; b < buckets; b++)
        start[b + 1] += start[b];
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &(*entries)[i];
        sorted[start[entry->hash >> (64 - bits)]++] = *entry;
    }
    for (size_t b = 0, from = 0; b < buckets; from = start[b], b++)
        if (start[b] - from > 1)
            qsort(sorted + from, start[b] - from, sizeof *sorted, compare_entries);
    dv_free(start);
    dv_free(*entries);
    *entries = sorted;
    return DV_OK;
}

enum dv_status dv_sorter_new(struct dv_sorter **out, const char *dir, unsigned bits, unsigned workers,
                             size_t memory, struct dv_err *err)
{
    struct dv_sorter *sorter = dv_calloc(1, sizeof *sorter);
    *out = NULL;
    if (sorter == NULL)
        return dv_fail_memory(err);
    sorter->bits = bits;
    sorter->memory = memory / workers < MIN_STORE ? MIN_STORE : memory / workers;
    sorter->dir = dv_strdup(dir);
    sorter->workers = dv_calloc(workers, sizeof *sorter->workers);
    if (sorter->dir == NULL || sorter->workers == NULL) {
        dv_sorter_free(sorter);
        return dv_fail_memory(err);
    }
    sorter->worker_count = workers;
    for (unsigned w = 0; w < workers; w++)
        sorter->workers[w].fd = -1;
    *out = sorter;
    return DV_OK;
}

static enum dv_status chunk_flush(struct worker *worker, struct dv_err *err)
{
    if (worker->chunk.len <= CHUNK_HEAD)
        return DV_OK;
    enum dv_status status = dv_buf_check(&worker->chunk, err);
    if (status != DV_OK)
        return status;
    uint32_t length = (uint32_t)(worker->chunk.len - CHUNK_HEAD);
    uint32_t crc = dv_crc32(0, worker->chunk.data + CHUNK_HEAD, length);
    memcpy(worker->chunk.data, &length, sizeof length);
    memcpy(worker->chunk.data + 4, &crc, sizeof crc);
    status = dv_file_write_all(worker->fd, worker->chunk.data, worker->chunk.len, worker->path, err);
    worker->end += (off_t)worker->chunk.len;
    worker->chunk.len = CHUNK_HEAD;
    return status;
}

static enum dv_status run_file_open(struct dv_sorter *sorter, struct worker *worker, struct dv_err *err)
{
    if (worker->fd >= 0)
        return DV_OK;
    enum dv_status status = dv_file_make_dirs(sorter->dir, err);
    if (status != DV_OK)
        return status;
    worker->path = dv_asprintf("%s/run-%u.tmp", sorter->dir, (unsigned)(worker - sorter->workers));
    if (worker->path == NULL)
        return dv_fail_memory(err);
    worker->fd = open(worker->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (worker->fd < 0)
        return dv_fail_os(err, errno, "cannot create the spill file %s", worker->path);
    return DV_OK;
}

static enum dv_status run_write(struct dv_sorter *sorter, struct worker *worker, struct run *run,
                                struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned partitions = 1U << sorter->bits, at = 0;
    dv_buf_reset(&worker->chunk);
    dv_buf_append(&worker->chunk, "\0\0\0\0\0\0\0\0", CHUNK_HEAD);
    run->offsets[0] = worker->end;
    for (size_t i = 0; i < worker->count; i++) {
        const struct entry *entry = &worker->entries[i];
        unsigned partition = partition_of(sorter, entry->hash);
        if (partition > at || worker->chunk.len >= CHUNK) {
            DV_TRY(chunk_flush(worker, err));
            while (at < partition)
                run->offsets[++at] = worker->end;
        }
        dv_buf_append(&worker->chunk, &entry->hash, sizeof entry->hash);
        dv_buf_append(&worker->chunk, entry->record,
                      RECORD_HEAD + get32(entry->record + 8) + get32(entry->record + 12));
    }
    DV_TRY(chunk_flush(worker, err));
    while (at < partitions)
        run->offsets[++at] = worker->end;
done:
    return status;
}

static void store_clear(struct worker *worker)
{
    while (worker->blocks != NULL) {
        struct store_block *next = worker->blocks->next;
        dv_free(worker->blocks);
        worker->blocks = next;
    }
    worker->count = 0;
    worker->bytes = worker->capacity * sizeof *worker->entries;
}

static enum dv_status spill(struct dv_sorter *sorter, struct worker *worker, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(dv_stop_check(err));
    DV_TRY(run_file_open(sorter, worker, err));
    struct run *runs = dv_realloc_array(worker->runs, worker->run_count + 1, sizeof *runs);
    if (runs == NULL)
        return dv_fail_memory(err);
    worker->runs = runs;
    struct run *run = &runs[worker->run_count];
    run->offsets = dv_calloc(((size_t)1 << sorter->bits) + 1, sizeof *run->offsets);
    if (run->offsets == NULL)
        return dv_fail_memory(err);
    worker->run_count++;
    DV_TRY(sort_entries(&worker->entries, worker->count, err));
    worker->capacity = worker->count; /* sorting made an array of just that size */
    DV_TRY(run_write(sorter, worker, run, err));
    store_clear(worker);
done:
    return status;
}

static enum dv_status store_room(struct worker *worker, size_t need, char **at, struct dv_err *err)
{
    struct store_block *block = worker->blocks;
    if (block == NULL || block->size - block->used < need) {
        size_t size = need > STORE_BLOCK ? need : STORE_BLOCK;
        block = dv_alloc(sizeof *block + size);
        if (block == NULL)
            return dv_fail_memory(err);
        *block = (struct store_block){.next = worker->blocks, .size = size};
        worker->blocks = block;
    }
    *at = block->bytes + block->used;
    block->used += need;
    worker->bytes += need;
    return DV_OK;
}

static enum dv_status entries_room(struct worker *worker, struct dv_err *err)
{
    if (worker->count < worker->capacity)
        return DV_OK;
    size_t capacity = worker->capacity < 1024 ? 1024 : worker->capacity * 2;
    struct entry *entries = dv_realloc_array(worker->entries, capacity, sizeof *entries);
    if (entries == NULL)
        return dv_fail_memory(err);
    worker->bytes += (capacity - worker->capacity) * sizeof *entries;
    worker->entries = entries;
    worker->capacity = capacity;
    return DV_OK;
}

enum dv_status dv_sorter_add(struct dv_sorter *sorter, unsigned number, const struct dv_record *record,
                             struct dv_err *err)
{
    struct worker *worker = &sorter->workers[number];
    enum dv_status status = DV_OK;
    char *at = NULL;
    size_t need = (size_t)RECORD_HEAD + record->key_length + record->payload_length;
    if (worker->bytes + need > sorter->memory && worker->count > 0)
        DV_TRY(spill(sorter, worker, err));
    DV_TRY(entries_room(worker, err));
    DV_TRY(store_room(worker, need, &at, err));
    memcpy(at, &record->sequence, 8);
    memcpy(at + 8, &record->key_length, 4);
    memcpy(at + 12, &record->payload_length, 4);
    if (record->key_length > 0)
        memcpy(at + RECORD_HEAD, record->key, record->key_length);
    if (record->payload_length > 0)
        memcpy(at + RECORD_HEAD + record->key_length, record->payload, record->payload_length);
    worker->entries[worker->count++] = (struct entry){.hash = record->hash, .record = at};
done:
    return status;
}

struct seal {
    struct worker *worker;
    struct dv_err err;
    enum dv_status status;
};

static void *seal_worker(void *argument)
{
    struct seal *seal = argument;
    seal->status = sort_entries(&seal->worker->entries, seal->worker->count, &seal->err);
    return NULL;
}

enum dv_status dv_sorter_seal(struct dv_sorter *sorter, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned w = 0; w < sorter->worker_count && status == DV_OK; w += 2) {
        struct seal seals[2] = {
            {.worker = &sorter->workers[w], .err = DV_ERR_INIT},
            {.worker = w + 1 < sorter->worker_count ? &sorter->workers[w + 1] : NULL, .err = DV_ERR_INIT}};
        pthread_t thread;
        bool started = seals[1].worker != NULL && pthread_create(&thread, NULL, seal_worker, &seals[1]) == 0;
        seal_worker(&seals[0]);
        if (started)
            pthread_join(thread, NULL);
        else if (seals[1].worker != NULL)
            seal_worker(&seals[1]);
        for (unsigned i = 0; i < 2 && status == DV_OK; i++)
            if (seals[i].status != DV_OK) {
                status = seals[i].status;
                *err = seals[i].err;
            }
    }
    return status;
}

uint64_t dv_sorter_spilled_bytes(const struct dv_sorter *sorter)
{
    uint64_t bytes = 0;
    for (unsigned w = 0; w < sorter->worker_count; w++)
        bytes += (uint64_t)sorter->workers[w].end;
    return bytes;
}

/* ---- reading ---- */

struct input {
    uint64_t hash;
    const char *record;             /* the current one */
    const struct entry *next, *end; /* in memory */
    struct worker *worker;          /* in a run file */
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

static const struct entry *first_of_partition(const struct dv_sorter *sorter, const struct worker *worker,
                                              unsigned partition)
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
    enum dv_status status = DV_OK;
    unsigned most = sorter->worker_count;
    *out = NULL;
    for (unsigned w = 0; w < sorter->worker_count; w++)
        most += sorter->workers[w].run_count;
    struct dv_sorter_cursor *cursor = dv_calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return dv_fail_memory(err);
    cursor->inputs = dv_calloc(most, sizeof *cursor->inputs);
    cursor->heap = dv_calloc(most, sizeof(struct input *));
    if (cursor->inputs == NULL || cursor->heap == NULL) {
        dv_sorter_close(cursor);
        return dv_fail_memory(err);
    }
    for (unsigned w = 0; w < sorter->worker_count; w++) {
        struct worker *worker = &sorter->workers[w];
        for (unsigned r = 0; r < worker->run_count; r++)
            if (worker->runs[r].offsets[partition] < worker->runs[r].offsets[partition + 1])
                cursor->inputs[cursor->input_count++] =
                    (struct input){.worker = worker,
                                   .at = worker->runs[r].offsets[partition],
                                   .stop = worker->runs[r].offsets[partition + 1]};
        const struct entry *from = first_of_partition(sorter, worker, partition);
        const struct entry *to = first_of_partition(sorter, worker, partition + 1);
        if (from != to)
            cursor->inputs[cursor->input_count++] = (struct input){.next = from, .end = to};
    }
    for (unsigned i = 0; i < cursor->input_count; i++) {
        DV_TRY(input_next(&cursor->inputs[i], err)); /* never empty */
        cursor->heap[cursor->heap_count++] = &cursor->inputs[i];
    }
    for (unsigned i = cursor->heap_count / 2; i-- > 0;)
        sift_down(cursor, i);
done:
    if (status != DV_OK)
        dv_sorter_close(cursor);
    else
        *out = cursor;
    return status;
}

enum dv_status dv_sorter_next(struct dv_sorter_cursor *cursor, struct dv_record *record, struct dv_err *err)
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
    const struct input *top = cursor->heap[0];
    record->hash = top->hash;
    record->sequence = get64(top->record);
    record->key_length = get32(top->record + 8);
    record->payload_length = get32(top->record + 12);
    record->key = top->record + RECORD_HEAD;
    record->payload = record->key + record->key_length;
    return DV_OK;
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

void dv_sorter_free(struct dv_sorter *sorter)
{
    if (sorter == NULL)
        return;
    for (unsigned w = 0; w < sorter->worker_count; w++) {
        struct worker *worker = &sorter->workers[w];
        store_clear(worker);
        dv_free(worker->entries);
        if (worker->fd >= 0) {
            close(worker->fd);
            unlink(worker->path);
        }
        for (unsigned r = 0; r < worker->run_count; r++)
            dv_free(worker->runs[r].offsets);
        dv_free(worker->runs);
        dv_free(worker->path);
        dv_buf_release(&worker->chunk);
    }
    dv_free(sorter->workers);
    if (sorter->dir != NULL)
        rmdir(sorter->dir);
    dv_free(sorter->dir);
    dv_free(sorter);
}
