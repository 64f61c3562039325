/* Finds rows that agree in a key by the 128-bit hashes of their values: among 10^9 rows two that differ have
 * the same one with odds of 10^-21. Hashes are held in as much memory as is given; where they need more, the
 * dataset is read several times, each time for a range of them. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/thread.h"
#include "load/unique_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define BUCKETS       16
#define LEAST_MEMORY  ((size_t)1024 * 1024)
#define FIRST_ENTRIES 1024

struct entry {
    uint64_t high, low;
    uint32_t part, row;
};

struct bucket {
    struct entry *list;
    size_t count, capacity;
};

struct scan {
    const struct dv_load_table *table;
    const struct dv_unique_key *const *keys;
    unsigned key_count, workers;
    uint64_t passes, pass;
    struct bucket *buckets; /* by worker, key, bucket */
    struct dv_unique_rows *found;
    pthread_mutex_t lock;
};

static struct bucket *bucket_of(const struct scan *scan, unsigned worker, unsigned key, unsigned number)
{
    return &scan->buckets[((size_t)worker * scan->key_count + key) * BUCKETS + number];
}

/* False where a value is NULL: such rows differ from all others. */
static bool hash_row(const struct scan *scan, const struct dv_unique_key *key, const struct dv_value *values,
                     struct dv_buf *text, XXH128_hash_t *hash)
{
    dv_buf_reset(text);
    for (unsigned i = 0; i < key->column_count; i++) {
        const struct dv_value *value = &values[scan->table->columns[key->columns[i]].source];
        if (value->state == DV_NULL)
            return false;
        size_t start = text->len;
        uint32_t length = 0;
        dv_buf_append(text, &length, sizeof length);
        if (value->state == DV_RAW_QUOTED)
            dv_csv_unquote(text, value->u.p, value->len);
        else
            dv_buf_append(text, value->u.p, value->len);
        length = (uint32_t)(text->len - start);
        if (!text->failed)
            memcpy(text->data + start, &length, sizeof length);
    }
    *hash = XXH3_128bits(text->data, text->len);
    return true;
}

static enum dv_status add_entry(struct bucket *bucket, const struct entry *entry, struct dv_err *err)
{
    if (bucket->count == bucket->capacity) {
        size_t capacity = bucket->capacity == 0 ? FIRST_ENTRIES : bucket->capacity + bucket->capacity / 2;
        struct entry *list = dv_realloc_array(bucket->list, capacity, sizeof *list);
        if (list == NULL)
            return dv_fail_memory(err);
        bucket->list = list;
        bucket->capacity = capacity;
    }
    bucket->list[bucket->count++] = *entry;
    return DV_OK;
}

static enum dv_status add_row(struct scan *scan, unsigned worker, const struct dv_value *values,
                              uint32_t part, uint32_t row, struct dv_buf *text, struct dv_err *err)
{
    for (unsigned k = 0; k < scan->key_count; k++) {
        XXH128_hash_t hash;
        if (!hash_row(scan, scan->keys[k], values, text, &hash))
            continue;
        if (((hash.high64 >> 32) * scan->passes) >> 32 != scan->pass)
            continue;
        struct entry entry = {.high = hash.high64, .low = hash.low64, .part = part, .row = row};
        enum dv_status status =
            add_entry(bucket_of(scan, worker, k, (unsigned)(hash.high64 % BUCKETS)), &entry, err);
        if (status != DV_OK)
            return status;
    }
    return dv_buf_check(text, err);
}

static enum dv_status read_part(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct scan *scan = context;
    const struct dv_load_table *table = scan->table;
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    struct dv_buf text = {0};
    enum dv_status status;
    struct dv_value *values = dv_calloc(table->file_columns, sizeof *values);
    if (values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_stage_reader_open(&reader, table->spec->dataset_dir, (uint32_t)task, err));
    if (scan->pass == 0)
        DV_TRY(dv_stage_reader_verify(reader, err));
    if (dv_stage_reader_manifest(reader)->rows > UINT32_MAX) {
        status = dv_fail(err, DV_EXIT_FAULT, "a part has more than %" PRIu32 " rows", UINT32_MAX);
        goto done;
    }
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        const char *at = block.data, *end = at + block.length;
        for (uint32_t row = (uint32_t)block.first_row; at < end; row++) {
            DV_TRY(dv_csv_split(at, end, values, table->file_columns, &at, err));
            DV_TRY(add_row(scan, worker, values, (uint32_t)task, row, &text, err));
        }
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    dv_buf_release(&text);
    dv_free(values);
    return status;
}

static bool before(const struct dv_unique_sample *a, const struct dv_unique_sample *b)
{
    return a->part != b->part ? a->part < b->part : a->row < b->row;
}

/* Keeps the first ones, in order. */
static void add_sample(struct dv_unique_rows *found, const struct entry *entry)
{
    struct dv_unique_sample sample = {.part = entry->part, .row = entry->row};
    unsigned at = found->count;
    if (at == DV_UNIQUE_SAMPLES && before(&found->samples[at - 1], &sample))
        return;
    at -= at == DV_UNIQUE_SAMPLES;
    for (; at > 0 && before(&sample, &found->samples[at - 1]); at--)
        found->samples[at] = found->samples[at - 1];
    found->samples[at] = sample;
    found->count += found->count < DV_UNIQUE_SAMPLES;
}

struct places {
    const struct entry *list;
    uint32_t *slots; /* 0: free; else the entry's place + 1 */
    bool *twice;     /* by slot */
    size_t mask;
};

static size_t find_slot(const struct places *places, const struct entry *entry)
{
    size_t slot = (size_t)entry->low & places->mask;
    for (; places->slots[slot] != 0; slot = (slot + 1) & places->mask) {
        const struct entry *other = &places->list[places->slots[slot] - 1];
        if (other->low == entry->low && other->high == entry->high)
            break;
    }
    return slot;
}

static enum dv_status compare(struct scan *scan, unsigned key, const struct entry *list, size_t count,
                              struct dv_err *err)
{
    struct places places = {.list = list};
    uint64_t extra = 0, keys = 0;
    enum dv_status status = DV_OK;
    size_t size = 64;
    while (size < count * 2)
        size *= 2;
    places.mask = size - 1;
    places.slots = dv_calloc(size, sizeof *places.slots);
    places.twice = dv_calloc(size, sizeof *places.twice);
    if (places.slots == NULL || places.twice == NULL || count >= UINT32_MAX) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        size_t slot = find_slot(&places, &list[i]);
        if (places.slots[slot] == 0) {
            places.slots[slot] = (uint32_t)i + 1;
            continue;
        }
        extra++;
        keys += !places.twice[slot];
        places.twice[slot] = true;
    }
    if (extra == 0)
        goto done;
    pthread_mutex_lock(&scan->lock);
    scan->found[key].extra += extra;
    scan->found[key].keys += keys;
    for (size_t i = 0; i < count; i++)
        if (places.twice[find_slot(&places, &list[i])])
            add_sample(&scan->found[key], &list[i]);
    pthread_mutex_unlock(&scan->lock);
done:
    dv_free(places.slots);
    dv_free(places.twice);
    return status;
}

/* One bucket of one key, of all workers. */
static enum dv_status compare_bucket(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct scan *scan = context;
    unsigned key = (unsigned)(task / BUCKETS), number = (unsigned)(task % BUCKETS);
    size_t count = 0, at = 0;
    (void)worker;
    for (unsigned w = 0; w < scan->workers; w++)
        count += bucket_of(scan, w, key, number)->count;
    struct entry *list = dv_calloc(count + 1, sizeof *list);
    if (list == NULL)
        return dv_fail_memory(err);
    for (unsigned w = 0; w < scan->workers; w++) {
        struct bucket *bucket = bucket_of(scan, w, key, number);
        if (bucket->count > 0)
            memcpy(&list[at], bucket->list, bucket->count * sizeof *list);
        at += bucket->count;
        bucket->count = 0;
    }
    enum dv_status status = compare(scan, key, list, count, err);
    dv_free(list);
    return status;
}

/* The key of one row, as text. */
static void name_key(const struct scan *scan, const struct dv_unique_key *key, const struct dv_value *values,
                     struct dv_unique_sample *sample)
{
    struct dv_buf text = {0};
    for (unsigned i = 0; i < key->column_count; i++) {
        const struct dv_load_column *column = &scan->table->columns[key->columns[i]];
        const struct dv_value *value = &values[column->source];
        dv_buf_printf(&text, "%s%s = ", i > 0 ? ", " : "", column->name);
        if (value->state == DV_RAW_QUOTED)
            dv_csv_unquote(&text, value->u.p, value->len);
        else
            dv_buf_append(&text, value->u.p, value->len);
    }
    const char *whole = dv_buf_cstr(&text);
    (void)snprintf(sample->key, sizeof sample->key, "%s", whole != NULL ? whole : "");
    dv_buf_release(&text);
}

static enum dv_status name_sample(const struct scan *scan, const struct dv_unique_key *key,
                                  struct dv_unique_sample *sample, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    struct dv_value *values = dv_calloc(scan->table->file_columns, sizeof *values);
    if (values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_stage_reader_open(&reader, scan->table->spec->dataset_dir, sample->part, err));
    do {
        DV_TRY(dv_stage_reader_block(reader, &block, err));
    } while (sample->row >= block.first_row + block.rows);
    const char *at = block.data, *end = at + block.length;
    for (uint64_t row = block.first_row; row <= sample->row; row++)
        DV_TRY(dv_csv_split(at, end, values, scan->table->file_columns, &at, err));
    name_key(scan, key, values, sample);
done:
    dv_stage_reader_close(reader);
    dv_free(values);
    return status;
}

static enum dv_status run_passes(struct scan *scan, uint32_t parts, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (scan->pass = 0; scan->pass < scan->passes; scan->pass++) {
        DV_TRY(dv_run_tasks(parts, scan->workers, read_part, scan, err));
        DV_TRY(dv_run_tasks((size_t)scan->key_count * BUCKETS, scan->workers, compare_bucket, scan, err));
    }
    for (unsigned k = 0; k < scan->key_count; k++)
        for (unsigned i = 0; i < scan->found[k].count; i++)
            DV_TRY(name_sample(scan, scan->keys[k], &scan->found[k].samples[i], err));
done:
    return status;
}

enum dv_status dv_unique_by_hash(const struct dv_context *context, const struct dv_load_table *table,
                                 const struct dv_unique_key *const *keys, unsigned count,
                                 struct dv_unique_rows *found, struct dv_err *err)
{
    struct scan scan = {.table = table, .keys = keys, .key_count = count, .found = found};
    struct dv_dataset_manifest dataset = {0};
    enum dv_status status;
    scan.workers = context->workers;
    for (unsigned i = 0; i < count; i++)
        found[i] = (struct dv_unique_rows){0};
    if (count == 0)
        return DV_OK;
    DV_TRY(dv_dataset_manifest_read(table->spec->dataset_dir, &dataset, err));
    /* Half of it for the hashes, as a bucket that grows, and the comparison of one, need as much again. */
    uint64_t memory = context->memory / 2 > LEAST_MEMORY ? context->memory / 2 : LEAST_MEMORY;
    scan.passes = 1 + dataset.rows * count * sizeof(struct entry) / memory;
    size_t buckets = (size_t)scan.workers * count * BUCKETS;
    scan.buckets = dv_calloc(buckets, sizeof *scan.buckets);
    if (scan.buckets == NULL || pthread_mutex_init(&scan.lock, NULL) != 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    status = run_passes(&scan, dataset.part_count, err);
    pthread_mutex_destroy(&scan.lock);
    for (size_t i = 0; i < buckets; i++)
        dv_free(scan.buckets[i].list);
done:
    dv_free(scan.buckets);
    dv_dataset_manifest_release(&dataset);
    return status;
}
