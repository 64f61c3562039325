#include "transform/sorter_internal.h"

#include "core/alloc.h"
#include "core/stop.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define STORE_BLOCK (128U * 1024U)
#define MIN_STORE   (1024U * 1024U)

struct store_block {
    struct store_block *next;
    size_t used, size;
    char bytes[];
};

static int compare_entries(const void *a, const void *b)
{
    const struct dv_sorted *x = a, *y = b;
    return compare_records(x->hash, x->record, y->hash, y->record);
}

/* Hashes are uniform: one pass spreads the entries over buckets of a few each, which are then sorted singly.
 */
static enum dv_status sort_entries(struct dv_sorted **entries, size_t count, struct dv_err *err)
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
    struct dv_sorted *sorted = dv_realloc_array(NULL, count, sizeof *sorted);
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
        struct dv_sorted *entry = &(*entries)[i];
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

static void store_clear(struct sort_worker *worker)
{
    while (worker->blocks != NULL) {
        struct store_block *next = worker->blocks->next;
        dv_free(worker->blocks);
        worker->blocks = next;
    }
    worker->count = 0;
    worker->bytes = worker->capacity * sizeof *worker->entries;
}

/* Everything in memory, sorted, becomes a run. */
static enum dv_status spill(struct dv_sorter *sorter, struct sort_worker *worker, struct dv_err *err)
{
    struct run_writer writer = {.offsets = NULL};
    enum dv_status status = DV_OK;
    DV_TRY(dv_stop_check(err));
    DV_TRY(sort_entries(&worker->entries, worker->count, err));
    worker->capacity = worker->count; /* sorting made an array of just that size */
    DV_TRY(dv_run_begin(&writer, sorter, worker, err));
    for (size_t i = 0; i < worker->count; i++)
        DV_TRY(dv_run_record(&writer, worker->entries[i].hash, worker->entries[i].record, err));
    DV_TRY(dv_run_end(&writer, err));
    store_clear(worker);
    status = dv_runs_compact(sorter, worker, err);
done:
    dv_run_abandon(&writer);
    return status;
}

static enum dv_status store_room(struct sort_worker *worker, size_t need, char **at, struct dv_err *err)
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

static enum dv_status entries_room(struct sort_worker *worker, struct dv_err *err)
{
    if (worker->count < worker->capacity)
        return DV_OK;
    size_t capacity = worker->capacity < 1024 ? 1024 : worker->capacity * 2;
    struct dv_sorted *entries = dv_realloc_array(worker->entries, capacity, sizeof *entries);
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
    struct sort_worker *worker = &sorter->workers[number];
    enum dv_status status = DV_OK;
    char *at = NULL;
    size_t need = (size_t)RECORD_HEAD + record->key_length + record->payload_length;
    size_t to_sort = worker->count * sizeof *worker->entries; /* a second array of them */
    if (worker->bytes + to_sort + need > sorter->memory && worker->count > 0)
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
    worker->entries[worker->count++] = (struct dv_sorted){.hash = record->hash, .record = at};
done:
    return status;
}

struct seal {
    struct sort_worker *worker;
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

enum dv_status dv_sorter_spill(struct dv_sorter *sorter, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned w = 0; w < sorter->worker_count && status == DV_OK; w++)
        if (sorter->workers[w].count > 0)
            status = spill(sorter, &sorter->workers[w], err);
    return status;
}

uint64_t dv_sorter_spilled_bytes(const struct dv_sorter *sorter)
{
    uint64_t bytes = 0;
    for (unsigned w = 0; w < sorter->worker_count; w++)
        bytes += (uint64_t)sorter->workers[w].end;
    return bytes;
}

uint64_t dv_sorter_memory_bytes(const struct dv_sorter *sorter)
{
    uint64_t bytes = 0;
    for (unsigned w = 0; w < sorter->worker_count; w++)
        if (sorter->workers[w].count > 0)
            bytes += sorter->workers[w].bytes;
    return bytes;
}

void dv_sorter_free(struct dv_sorter *sorter)
{
    if (sorter == NULL)
        return;
    for (unsigned w = 0; w < sorter->worker_count; w++) {
        struct sort_worker *worker = &sorter->workers[w];
        store_clear(worker);
        dv_free(worker->entries);
        if (worker->fd >= 0) {
            close(worker->fd);
            if (!sorter->kept)
                unlink(worker->path);
        }
        for (unsigned r = 0; r < worker->run_count; r++)
            dv_free(worker->runs[r].offsets);
        dv_free(worker->runs);
        dv_free(worker->path);
        dv_buf_release(&worker->chunk);
    }
    dv_free(sorter->workers);
    if (sorter->dir != NULL && !sorter->kept)
        rmdir(sorter->dir);
    dv_free(sorter->dir);
    dv_free(sorter);
}
