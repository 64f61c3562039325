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

/* A row in a page: hash, key length, payload length, key, payload. In memory it is the sorter's record, whose
 * sequence stands where a page has the hash. */
#define ROW_HEAD 16U
/* As little as a probe may read: it costs as much to look into four times as many as to copy them. */
#define PAGE           1024U
#define ROWS_PER_RANGE 4U

struct fence {
    uint64_t hash, offset; /* a page's first hash, and where it starts */
};

struct lane {
    uint64_t bytes; /* of the rows that a worker added */
    bool has_null;
};

struct dv_lookup {
    char *dir;
    size_t memory;
    struct dv_sorter *sorter; /* once sealed, only where the rows are in memory: its own */
    struct lane *lanes;
    unsigned lane_count;
    uint64_t rows;
    const struct dv_sorted *sorted;
    uint32_t *ranges; /* where the rows begin whose hash has the highest bits r, and behind the last */
    unsigned range_bits;
    int fd; /* -1: in memory */
    struct dv_buf page;
    struct fence *fences;
    size_t fence_count, fence_capacity;
    uint64_t file_end;
};

enum dv_status dv_lookup_new(struct dv_lookup **out, const char *dir, unsigned workers, size_t memory,
                             struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_lookup *lookup = dv_calloc(1, sizeof *lookup);
    *out = NULL;
    if (lookup == NULL)
        return dv_fail_memory(err);
    lookup->fd = -1;
    lookup->memory = memory;
    lookup->dir = dv_strdup(dir);
    lookup->lanes = dv_calloc(workers, sizeof *lookup->lanes);
    lookup->lane_count = workers;
    if (lookup->dir == NULL || lookup->lanes == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_sorter_new(&lookup->sorter, dir, 0, workers, memory, err));
done:
    if (status != DV_OK)
        dv_lookup_free(lookup);
    else
        *out = lookup;
    return status;
}

enum dv_status dv_lookup_add(struct dv_lookup *lookup, unsigned worker, uint64_t sequence,
                             const struct dv_buf *key, const struct dv_buf *payload, struct dv_err *err)
{
    struct dv_record record = {.hash = XXH3_64bits(key->data, key->len),
                               .sequence = sequence,
                               .key = key->data,
                               .key_length = (uint32_t)key->len,
                               .payload = payload->data,
                               .payload_length = (uint32_t)payload->len};
    lookup->lanes[worker].bytes += ROW_HEAD + key->len + payload->len;
    return dv_sorter_add(lookup->sorter, worker, &record, err);
}

void dv_lookup_add_null(struct dv_lookup *lookup, unsigned worker)
{
    lookup->lanes[worker].has_null = true;
}

bool dv_lookup_has_null(const struct dv_lookup *lookup)
{
    bool has_null = false;
    for (unsigned l = 0; l < lookup->lane_count; l++)
        has_null = has_null || lookup->lanes[l].has_null;
    return has_null;
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
    if (lookup->page.len == 0)
        return DV_OK;
    enum dv_status status = dv_buf_check(&lookup->page, err);
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
    memcpy(&fence->hash, lookup->page.data, sizeof fence->hash);
    fence->offset = lookup->file_end;
    status = dv_file_write_all(lookup->fd, lookup->page.data, lookup->page.len, "lookup pages", err);
    lookup->file_end += lookup->page.len;
    dv_buf_reset(&lookup->page);
    return status;
}

/* The sorter's stream into pages; a page never parts rows of one hash. */
static enum dv_status take_pages(struct dv_lookup *lookup, bool unique, uint64_t duplicates[2],
                                 struct dv_err *err)
{
    struct dv_sorter_cursor *cursor = NULL;
    struct dv_record record;
    struct dv_buf last_key = {0};
    uint64_t last_hash = 0, last_sequence = 0;
    enum dv_status status = DV_OK;
    DV_TRY(open_pages(lookup, err));
    DV_TRY(dv_sorter_open(lookup->sorter, 0, &cursor, err));
    for (; (status = dv_sorter_next(cursor, &record, err)) == DV_OK; lookup->rows++) {
        bool same_hash = lookup->rows > 0 && record.hash == last_hash;
        if (unique && same_hash && record.key_length == last_key.len &&
            (last_key.len == 0 || memcmp(record.key, last_key.data, last_key.len) == 0)) {
            duplicates[0] = last_sequence;
            duplicates[1] = record.sequence;
            status = DV_END;
            goto done;
        }
        if (!same_hash && lookup->page.len >= PAGE)
            DV_TRY(page_flush(lookup, err));
        put_row(&lookup->page, &record);
        dv_buf_reset(&last_key);
        dv_buf_append(&last_key, record.key, record.key_length);
        DV_TRY(dv_buf_check(&last_key, err));
        last_hash = record.hash;
        last_sequence = record.sequence;
    }
    if (status == DV_END)
        status = page_flush(lookup, err);
done:
    dv_sorter_close(cursor);
    dv_buf_release(&last_key);
    dv_buf_release(&lookup->page);
    return status;
}

static bool same_key(const struct dv_sorted *a, const struct dv_sorted *b)
{
    uint32_t length;
    memcpy(&length, a->record + 8, sizeof length);
    return a->hash == b->hash && memcmp(a->record + 8, b->record + 8, sizeof length) == 0 &&
           memcmp(a->record + ROW_HEAD, b->record + ROW_HEAD, length) == 0;
}

/* Where the rows of each range of hashes begin: they are in the order of their hashes. */
static enum dv_status take_rows(struct dv_lookup *lookup, bool unique, uint64_t duplicates[2],
                                struct dv_err *err)
{
    const struct dv_sorted *sorted = lookup->sorted;
    lookup->range_bits = 1;
    while (lookup->range_bits < 31 && lookup->rows >> lookup->range_bits > ROWS_PER_RANGE)
        lookup->range_bits++;
    size_t ranges = (size_t)1 << lookup->range_bits, range = 0;
    lookup->ranges = dv_realloc_array(NULL, ranges + 1, sizeof *lookup->ranges);
    if (lookup->ranges == NULL)
        return dv_fail_memory(err);
    for (uint32_t i = 0; i < lookup->rows; i++) {
        if (unique && i > 0 && same_key(&sorted[i - 1], &sorted[i])) {
            memcpy(&duplicates[0], sorted[i - 1].record, sizeof duplicates[0]);
            memcpy(&duplicates[1], sorted[i].record, sizeof duplicates[1]);
            return DV_END;
        }
        while (range <= sorted[i].hash >> (64 - lookup->range_bits))
            lookup->ranges[range++] = i;
    }
    while (range <= ranges)
        lookup->ranges[range++] = (uint32_t)lookup->rows;
    return DV_OK;
}

enum dv_status dv_lookup_seal(struct dv_lookup *lookup, bool unique, uint64_t duplicates[2],
                              struct dv_err *err)
{
    size_t rows;
    enum dv_status status = dv_sorter_seal(lookup->sorter, err);
    if (status == DV_OK)
        status = dv_sorter_array(lookup->sorter, &lookup->sorted, &rows, err);
    if (status == DV_OK && rows < UINT32_MAX) {
        lookup->rows = rows;
        return take_rows(lookup, unique, duplicates, err);
    }
    if (status == DV_OK || status == DV_END)
        status = take_pages(lookup, unique, duplicates, err);
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
    size_t bytes = lookup->fence_capacity * sizeof *lookup->fences;
    if (lookup->fd < 0)
        bytes += lookup->rows * sizeof *lookup->sorted + (sizeof *lookup->ranges << lookup->range_bits);
    for (unsigned l = 0; l < lookup->lane_count && lookup->fd < 0; l++)
        bytes += lookup->lanes[l].bytes;
    return bytes;
}

void dv_lookup_free(struct dv_lookup *lookup)
{
    if (lookup == NULL)
        return;
    dv_sorter_free(lookup->sorter);
    dv_buf_release(&lookup->page);
    dv_free(lookup->lanes);
    dv_free(lookup->ranges);
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
    probe->row = probe->behind = NULL;
    if (lookup->rows == 0)
        return DV_OK;
    probe->row = lookup->sorted + lookup->ranges[probe->hash >> (64 - lookup->range_bits)];
    probe->behind = lookup->sorted + lookup->rows;
    while (probe->row < probe->behind && probe->row->hash < probe->hash)
        probe->row++;
    return DV_OK;
}

/* The payload of the row at `record`, where its key is the one looked for; else NULL. *end: behind the row.
 */
static const char *payload_of(const struct dv_probe *probe, const char *record, const char **end)
{
    uint32_t key_length, payload_length;
    memcpy(&key_length, record + 8, 4);
    memcpy(&payload_length, record + 12, 4);
    *end = record + ROW_HEAD + key_length + payload_length;
    return key_length == probe->key_length && memcmp(record + ROW_HEAD, probe->key, key_length) == 0
               ? record + ROW_HEAD + key_length
               : NULL;
}

enum dv_status dv_probe_next(struct dv_probe *probe, const char **payload)
{
    const char *end;
    while (probe->row < probe->behind && probe->row->hash == probe->hash) {
        *payload = payload_of(probe, probe->row++->record, &end);
        if (*payload != NULL)
            return DV_OK;
    }
    while (probe->at < probe->end) {
        uint64_t hash;
        memcpy(&hash, probe->at, 8);
        if (hash > probe->hash)
            break;
        *payload = payload_of(probe, probe->at, &probe->at);
        if (hash == probe->hash && *payload != NULL)
            return DV_OK;
    }
    probe->row = probe->behind = NULL;
    probe->at = probe->end = NULL;
    return DV_END;
}

void dv_probe_release(struct dv_probe *probe)
{
    dv_buf_release(&probe->page);
    *probe = (struct dv_probe){0};
}
