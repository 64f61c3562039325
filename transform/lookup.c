#include "transform/lookup.h"

#include "core/alloc.h"
#include "core/file.h"
#include "transform/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

/* A row in memory or in a page: hash, key length, payload length, key, payload. */
#define ROW_HEAD 16U
#define PAGE     4096U

struct fence {
    uint64_t hash, offset; /* a page's first hash, and where it starts */
};

/* A slot: where the first row of a hash lies, plus 1 (0: free), under the hash's highest bits. */
#define TAG_BITS    16U
#define OFFSET_MASK (UINT64_MAX >> TAG_BITS)

struct dv_lookup {
    char *dir;
    size_t memory;
    struct dv_sorter *sorter;
    uint64_t rows, bytes;
    bool has_null;
    struct dv_buf data; /* in memory: all rows; else the page being written */
    uint64_t *slots;
    uint64_t slot_mask;
    int fd; /* -1: in memory */
    struct fence *fences;
    size_t fence_count, fence_capacity;
    uint64_t file_end;
};

enum dv_status dv_lookup_new(struct dv_lookup **out, const char *dir, size_t memory, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_lookup *lookup = dv_calloc(1, sizeof *lookup);
    *out = NULL;
    if (lookup == NULL)
        return dv_fail_memory(err);
    lookup->fd = -1;
    lookup->memory = memory;
    lookup->dir = dv_strdup(dir);
    if (lookup->dir == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_sorter_new(&lookup->sorter, dir, 0, 1, memory / 2, err));
done:
    if (status != DV_OK)
        dv_lookup_free(lookup);
    else
        *out = lookup;
    return status;
}

enum dv_status dv_lookup_add(struct dv_lookup *lookup, const struct dv_buf *key, const struct dv_buf *payload,
                             struct dv_err *err)
{
    struct dv_record record = {.hash = XXH3_64bits(key->data, key->len),
                               .sequence = ++lookup->rows,
                               .key = key->data,
                               .key_length = (uint32_t)key->len,
                               .payload = payload->data,
                               .payload_length = (uint32_t)payload->len};
    lookup->bytes += ROW_HEAD + key->len + payload->len;
    return dv_sorter_add(lookup->sorter, 0, &record, err);
}

void dv_lookup_add_null(struct dv_lookup *lookup)
{
    lookup->has_null = true;
}

bool dv_lookup_has_null(const struct dv_lookup *lookup)
{
    return lookup->has_null;
}

static void put_row(struct dv_buf *out, const struct dv_record *record)
{
    char head[ROW_HEAD];
    memcpy(head, &record->hash, 8);
    memcpy(head + 8, &record->key_length, 4);
    memcpy(head + 12, &record->payload_length, 4);
    dv_buf_append(out, head, sizeof head);
    dv_buf_append(out, record->key, record->key_length);
    dv_buf_append(out, record->payload, record->payload_length);
}

static enum dv_status open_pages(struct dv_lookup *lookup, struct dv_err *err)
{
    enum dv_status status = dv_file_make_dirs(lookup->dir, err);
    if (status != DV_OK)
        return status;
    char *path = dv_asprintf("%s/pages-XXXXXX", lookup->dir);
    if (path == NULL)
        return dv_fail_memory(err);
    lookup->fd = mkostemp(path, O_CLOEXEC);
    if (lookup->fd < 0)
        status = dv_fail_os(err, errno, "cannot create a lookup file in %s", lookup->dir);
    else
        unlink(path);
    dv_free(path);
    return status;
}

static enum dv_status page_flush(struct dv_lookup *lookup, struct dv_err *err)
{
    if (lookup->data.len == 0)
        return DV_OK;
    enum dv_status status = dv_buf_check(&lookup->data, err);
    if (status != DV_OK)
        return status;
    if (lookup->fence_count == lookup->fence_capacity) {
        size_t capacity = lookup->fence_capacity < 256 ? 256 : lookup->fence_capacity * 2;
        struct fence *fences = dv_realloc_array(lookup->fences, capacity, sizeof *fences);
        if (fences == NULL)
            return dv_fail_memory(err);
        lookup->fences = fences;
        lookup->fence_capacity = capacity;
    }
    struct fence *fence = &lookup->fences[lookup->fence_count++];
    memcpy(&fence->hash, lookup->data.data, sizeof fence->hash);
    fence->offset = lookup->file_end;
    status = dv_file_write_all(lookup->fd, lookup->data.data, lookup->data.len, "lookup pages", err);
    lookup->file_end += lookup->data.len;
    dv_buf_reset(&lookup->data);
    return status;
}

static uint64_t slot_of(const struct dv_lookup *lookup, uint64_t hash)
{
    return (hash * UINT64_C(0x9E3779B97F4A7C15)) >> 16 & lookup->slot_mask;
}

static void slot_put(struct dv_lookup *lookup, uint64_t hash, uint64_t offset)
{
    uint64_t at = slot_of(lookup, hash);
    while (lookup->slots[at] != 0)
        at = (at + 1) & lookup->slot_mask;
    lookup->slots[at] = (hash & ~OFFSET_MASK) | (offset + 1);
}

/* The sorter's stream into memory or pages; a page never parts rows of one hash. */
static enum dv_status take_sorted(struct dv_lookup *lookup, bool unique, uint64_t duplicate_rows[2],
                                  struct dv_err *err)
{
    struct dv_sorter_cursor *cursor = NULL;
    struct dv_record record;
    struct dv_buf last_key = {0};
    uint64_t last_hash = 0, last_sequence = 0;
    enum dv_status status = dv_sorter_open(lookup->sorter, 0, &cursor, err);
    bool first = true, duplicate = false;
    while (status == DV_OK && (status = dv_sorter_next(cursor, &record, err)) == DV_OK) {
        bool same_hash = !first && record.hash == last_hash;
        if (unique && same_hash && record.key_length == last_key.len &&
            (last_key.len == 0 || memcmp(record.key, last_key.data, last_key.len) == 0)) {
            duplicate_rows[0] = last_sequence;
            duplicate_rows[1] = record.sequence;
            duplicate = true;
            break;
        }
        if (lookup->fd >= 0 && !same_hash && lookup->data.len >= PAGE)
            status = page_flush(lookup, err);
        if (lookup->fd < 0 && !same_hash)
            slot_put(lookup, record.hash, lookup->data.len);
        put_row(&lookup->data, &record);
        dv_buf_reset(&last_key);
        dv_buf_append(&last_key, record.key, record.key_length);
        last_hash = record.hash;
        last_sequence = record.sequence;
        first = false;
    }
    if (status == DV_END)
        status = dv_buf_check(&lookup->data, err);
    if (status == DV_OK && last_key.failed)
        status = dv_fail_memory(err);
    if (status == DV_OK && !duplicate && lookup->fd >= 0)
        status = page_flush(lookup, err);
    dv_sorter_close(cursor);
    dv_buf_release(&last_key);
    return status == DV_OK && duplicate ? DV_END : status;
}

enum dv_status dv_lookup_seal(struct dv_lookup *lookup, bool unique, uint64_t duplicate_rows[2],
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    uint64_t slots = 16;
    while (slots < lookup->rows * 3 / 2)
        slots *= 2;
    DV_TRY(dv_sorter_seal(lookup->sorter, err));
    bool spilled = dv_sorter_spilled_bytes(lookup->sorter) > 0;
    if (!spilled && slots * sizeof *lookup->slots + lookup->bytes <= lookup->memory / 2) {
        lookup->slots = dv_calloc(slots, sizeof *lookup->slots);
        if (lookup->slots == NULL || !dv_buf_reserve(&lookup->data, lookup->bytes)) {
            status = dv_fail_memory(err);
            goto done;
        }
        lookup->slot_mask = slots - 1;
    } else {
        DV_TRY(open_pages(lookup, err));
    }
    DV_TRY(take_sorted(lookup, unique, duplicate_rows, err));
    if (lookup->fd >= 0)
        dv_buf_release(&lookup->data);
done:
    dv_sorter_free(lookup->sorter);
    lookup->sorter = NULL;
    return status;
}

uint64_t dv_lookup_rows(const struct dv_lookup *lookup)
{
    return lookup->rows;
}

bool dv_lookup_in_memory(const struct dv_lookup *lookup)
{
    return lookup->fd < 0;
}

size_t dv_lookup_memory(const struct dv_lookup *lookup)
{
    size_t slots = lookup->slots != NULL ? (size_t)lookup->slot_mask + 1 : 0;
    return lookup->data.cap + slots * sizeof *lookup->slots + lookup->fence_capacity * sizeof *lookup->fences;
}

void dv_lookup_free(struct dv_lookup *lookup)
{
    if (lookup == NULL)
        return;
    dv_sorter_free(lookup->sorter);
    dv_buf_release(&lookup->data);
    dv_free(lookup->slots);
    dv_free(lookup->fences);
    if (lookup->fd >= 0)
        close(lookup->fd);
    dv_free(lookup->dir);
    dv_free(lookup);
}

/* ---- probing ---- */

static enum dv_status page_load(const struct dv_lookup *lookup, struct dv_probe *probe, uint64_t hash,
                                struct dv_err *err)
{
    size_t low = 0, high = lookup->fence_count; /* the last fence whose hash is not above */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lookup->fences[middle].hash <= hash)
            low = middle + 1;
        else
            high = middle;
    }
    probe->at = probe->end = NULL;
    if (low == 0)
        return DV_OK;
    if (probe->page_number != low) {
        uint64_t from = lookup->fences[low - 1].offset;
        uint64_t to = low < lookup->fence_count ? lookup->fences[low].offset : lookup->file_end;
        size_t length = (size_t)(to - from), got = 0;
        probe->page_number = 0;
        dv_buf_reset(&probe->page);
        if (!dv_buf_reserve(&probe->page, length))
            return dv_fail_memory(err);
        while (got < length) {
            ssize_t n = pread(lookup->fd, probe->page.data + got, length - got, (off_t)(from + got));
            if (n <= 0)
                return dv_fail_os(err, n < 0 ? errno : EIO, "cannot read a lookup page");
            got += (size_t)n;
        }
        probe->page.len = length;
        probe->page_number = low;
    }
    probe->at = probe->page.data;
    probe->end = probe->page.data + probe->page.len;
    return DV_OK;
}

enum dv_status dv_probe_find(const struct dv_lookup *lookup, struct dv_probe *probe, const char *key,
                             uint32_t key_length, struct dv_err *err)
{
    probe->hash = XXH3_64bits(key, key_length);
    probe->key = key;
    probe->key_length = key_length;
    if (lookup->fd >= 0)
        return page_load(lookup, probe, probe->hash, err);
    probe->at = probe->end = NULL;
    if (lookup->slots == NULL)
        return DV_OK;
    for (uint64_t at = slot_of(lookup, probe->hash); lookup->slots[at] != 0;
         at = (at + 1) & lookup->slot_mask) {
        uint64_t slot = lookup->slots[at], hash;
        if ((slot ^ probe->hash) > OFFSET_MASK)
            continue;
        const char *row = lookup->data.data + (slot & OFFSET_MASK) - 1;
        memcpy(&hash, row, sizeof hash);
        if (hash == probe->hash) {
            probe->at = row;
            probe->end = lookup->data.data + lookup->data.len;
            break;
        }
    }
    return DV_OK;
}

enum dv_status dv_probe_next(struct dv_probe *probe, const char **payload)
{
    while (probe->at < probe->end) {
        uint64_t hash;
        uint32_t key_length, payload_length;
        const char *row = probe->at;
        memcpy(&hash, row, 8);
        if (hash > probe->hash)
            break;
        memcpy(&key_length, row + 8, 4);
        memcpy(&payload_length, row + 12, 4);
        probe->at = row + ROW_HEAD + key_length + payload_length;
        if (hash == probe->hash && key_length == probe->key_length &&
            memcmp(row + ROW_HEAD, probe->key, key_length) == 0) {
            *payload = row + ROW_HEAD + key_length;
            return DV_OK;
        }
    }
    probe->at = probe->end = NULL;
    return DV_END;
}

void dv_probe_release(struct dv_probe *probe)
{
    dv_buf_release(&probe->page);
    *probe = (struct dv_probe){0};
}
