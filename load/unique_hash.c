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

/* A part among those of all sources. */
struct place {
    unsigned source;
    uint32_t part;
};

struct entry {
    uint64_t high, low;
    uint32_t place, row;
};

struct bucket {
    struct entry *list;
    size_t count, capacity;
};

struct scan {
    const struct dv_unique_source *sources; /* borrowed */
    struct place *places;                   /* in the order of sources and parts; owned */
    uint32_t place_count;
    uint64_t rows; /* times the questions that each answers */
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
static bool hash_row(const struct dv_load_table *table, const struct dv_unique_key *key,
                     const struct dv_value *values, struct dv_buf *text, XXH128_hash_t *hash)
{
    dv_buf_reset(text);
    for (unsigned i = 0; i < key->column_count; i++) {
        const struct dv_value *value = &values[table->columns[key->columns[i]].source];
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
                              uint32_t place, uint32_t row, struct dv_buf *text, struct dv_err *err)
{
    const struct dv_unique_source *source = &scan->sources[scan->places[place].source];
    for (unsigned k = 0; k < scan->key_count; k++) {
        XXH128_hash_t hash;
        if (source->keys[k] == NULL || !hash_row(source->table, source->keys[k], values, text, &hash))
            continue;
        if (((hash.high64 >> 32) * scan->passes) >> 32 != scan->pass)
            continue;
        struct entry entry = {.high = hash.high64, .low = hash.low64, .place = place, .row = row};
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
    const struct place *place = &scan->places[task];
    const struct dv_load_table *table = scan->sources[place->source].table;
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    struct dv_buf text = {0};
    enum dv_status status;
    struct dv_value *values = dv_calloc(table->file_columns, sizeof *values);
    if (values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_stage_reader_open(&reader, table->spec->dataset_dir, place->part, err));
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
    if (status < 0)
        dv_err_place(err, "load", table->spec->step, place->part, -1);
    dv_stage_reader_close(reader);
    dv_buf_release(&text);
    dv_free(values);
    return status;
}

static bool before(const struct dv_unique_sample *a, const struct dv_unique_sample *b)
{
    if (a->source != b->source)
        return a->source < b->source;
    return a->part != b->part ? a->part < b->part : a->row < b->row;
}

/* Keeps the first ones, in order. */
static void add_sample(struct dv_unique_rows *found, const struct place *place, uint64_t row)
{
    struct dv_unique_sample sample = {.source = place->source, .part = place->part, .row = row};
    unsigned at = found->count;
    if (at == DV_UNIQUE_SAMPLES && before(&found->samples[at - 1], &sample))
        return;
    at -= at == DV_UNIQUE_SAMPLES;
    for (; at > 0 && before(&sample, &found->samples[at - 1]); at--)
        found->samples[at] = found->samples[at - 1];
    found->samples[at] = sample;
    found->count += found->count < DV_UNIQUE_SAMPLES;
}

struct lookup {
    const struct entry *list;
    uint32_t *slots; /* 0: free; else the entry's place + 1 */
    bool *twice;     /* by slot */
    size_t mask;
};

static size_t find_slot(const struct lookup *lookup, const struct entry *entry)
{
    size_t slot = (size_t)entry->low & lookup->mask;
    for (; lookup->slots[slot] != 0; slot = (slot + 1) & lookup->mask) {
        const struct entry *other = &lookup->list[lookup->slots[slot] - 1];
        if (other->low == entry->low && other->high == entry->high)
            break;
    }
    return slot;
}

static enum dv_status compare(struct scan *scan, unsigned key, const struct entry *list, size_t count,
                              struct dv_err *err)
{
    struct lookup lookup = {.list = list};
    uint64_t extra = 0, keys = 0;
    enum dv_status status = DV_OK;
    size_t size = 64;
    while (size < count * 2)
        size *= 2;
    lookup.mask = size - 1;
    lookup.slots = dv_calloc(size, sizeof *lookup.slots);
    lookup.twice = dv_calloc(size, sizeof *lookup.twice);
    if (lookup.slots == NULL || lookup.twice == NULL || count >= UINT32_MAX) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        size_t slot = find_slot(&lookup, &list[i]);
        if (lookup.slots[slot] == 0) {
            lookup.slots[slot] = (uint32_t)i + 1;
            continue;
        }
        extra++;
        keys += !lookup.twice[slot];
        lookup.twice[slot] = true;
    }
    if (extra == 0)
        goto done;
    pthread_mutex_lock(&scan->lock);
    scan->found[key].extra += extra;
    scan->found[key].keys += keys;
    for (size_t i = 0; i < count; i++)
        if (lookup.twice[find_slot(&lookup, &list[i])])
            add_sample(&scan->found[key], &scan->places[list[i].place], list[i].row);
    pthread_mutex_unlock(&scan->lock);
done:
    dv_free(lookup.slots);
    dv_free(lookup.twice);
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
static void name_key(const struct dv_load_table *table, const struct dv_unique_key *key,
                     const struct dv_value *values, struct dv_unique_sample *sample)
{
    struct dv_buf text = {0};
    for (unsigned i = 0; i < key->column_count; i++) {
        const struct dv_load_column *column = &table->columns[key->columns[i]];
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

static enum dv_status name_sample(const struct scan *scan, unsigned question, struct dv_unique_sample *sample,
                                  struct dv_err *err)
{
    const struct dv_load_table *table = scan->sources[sample->source].table;
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    struct dv_value *values = dv_calloc(table->file_columns, sizeof *values);
    if (values == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_stage_reader_open(&reader, table->spec->dataset_dir, sample->part, err));
    do {
        DV_TRY(dv_stage_reader_block(reader, &block, err));
    } while (sample->row >= block.first_row + block.rows);
    const char *at = block.data, *end = at + block.length;
    for (uint64_t row = block.first_row; row <= sample->row; row++)
        DV_TRY(dv_csv_split(at, end, values, table->file_columns, &at, err));
    name_key(table, scan->sources[sample->source].keys[question], values, sample);
done:
    dv_stage_reader_close(reader);
    dv_free(values);
    return status;
}

static enum dv_status run_passes(struct scan *scan, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (scan->pass = 0; scan->pass < scan->passes; scan->pass++) {
        DV_TRY(dv_run_tasks(scan->place_count, scan->workers, read_part, scan, err));
        DV_TRY(dv_run_tasks((size_t)scan->key_count * BUCKETS, scan->workers, compare_bucket, scan, err));
    }
    for (unsigned k = 0; k < scan->key_count; k++)
        for (unsigned i = 0; i < scan->found[k].count; i++)
            DV_TRY(name_sample(scan, k, &scan->found[k].samples[i], err));
done:
    return status;
}

/* The parts of the source, where it has a key. */
static enum dv_status add_places(struct scan *scan, unsigned source, struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    enum dv_status status;
    unsigned keys = 0;
    for (unsigned k = 0; k < scan->key_count; k++)
        keys += scan->sources[source].keys[k] != NULL;
    if (keys == 0)
        return DV_OK;
    DV_TRY(dv_dataset_manifest_read(scan->sources[source].table->spec->dataset_dir, &dataset, err));
    size_t count = (size_t)scan->place_count + dataset.part_count;
    struct place *places =
        count <= UINT32_MAX ? dv_realloc_array(scan->places, count + 1, sizeof *places) : NULL;
    if (places == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    scan->places = places;
    for (uint32_t part = 0; part < dataset.part_count; part++)
        places[scan->place_count++] = (struct place){.source = source, .part = part};
    scan->rows += dataset.rows * keys;
done:
    dv_dataset_manifest_release(&dataset);
    return status;
}

enum dv_status dv_unique_by_hash(const struct dv_context *context, const struct dv_unique_source *sources,
                                 unsigned source_count, unsigned question_count, struct dv_unique_rows *found,
                                 struct dv_err *err)
{
    struct scan scan = {
        .sources = sources, .key_count = question_count, .workers = context->workers, .found = found};
    enum dv_status status;
    for (unsigned i = 0; i < question_count; i++)
        found[i] = (struct dv_unique_rows){0};
    if (question_count == 0)
        return DV_OK;
    for (unsigned i = 0; i < source_count; i++)
        DV_TRY(add_places(&scan, i, err));
    /* Half of it for the hashes, as a bucket that grows, and the comparison of one, need as much again. */
    uint64_t memory = context->memory / 2 > LEAST_MEMORY ? context->memory / 2 : LEAST_MEMORY;
    scan.passes = 1 + scan.rows * sizeof(struct entry) / memory;
    size_t buckets = (size_t)scan.workers * question_count * BUCKETS;
    scan.buckets = dv_calloc(buckets, sizeof *scan.buckets);
    if (scan.buckets == NULL || pthread_mutex_init(&scan.lock, NULL) != 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    status = run_passes(&scan, err);
    pthread_mutex_destroy(&scan.lock);
    for (size_t i = 0; i < buckets; i++)
        dv_free(scan.buckets[i].list);
done:
    dv_free(scan.buckets);
    dv_free(scan.places);
    return status;
}
