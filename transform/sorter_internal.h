/* What the files of the sorter share: records, run files, cursors. Private to sorter*.c.
 *
 * A run file is the runs of one worker, one behind the other. It is cut into chunks: length and CRC-32 of the
 * bytes, then whole records; a chunk never spans partitions. A record in memory is sequence, key length,
 * payload length, key, payload; in a run the hash stands before it. */
#ifndef DV_TRANSFORM_SORTER_INTERNAL_H
#define DV_TRANSFORM_SORTER_INTERNAL_H

#include "core/buf.h"
#include "transform/sorter.h"

#include <string.h>
#include <sys/types.h>

#define CHUNK       (32U * 1024U)
#define CHUNK_HEAD  8U
#define RECORD_HEAD 16U

struct store_block;

struct run {
    off_t *offsets; /* of each partition, and the end; owned */
    unsigned level; /* 0: as it was spilled; n: merged of runs of level n - 1 */
};

struct sort_worker {
    struct store_block *blocks;
    struct dv_sorted *entries;
    size_t count, capacity, bytes;
    int fd; /* -1: nothing spilled */
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
    struct sort_worker *workers;
    bool kept; /* the run files outlive the sorter: dv_sorter_keep */
};

static inline uint32_t get32(const char *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

static inline uint64_t get64(const char *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof n);
    return n;
}

static inline unsigned partition_of(const struct dv_sorter *sorter, uint64_t hash)
{
    return sorter->bits == 0 ? 0 : (unsigned)(hash >> (64 - sorter->bits));
}

static inline int compare_records(uint64_t hash_a, const char *a, uint64_t hash_b, const char *b)
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

/* ---- writing runs: sorter_file.c ---- */
struct run_writer {
    struct dv_sorter *sorter;
    struct sort_worker *worker;
    off_t *offsets; /* of the run being written; owned until run_end hands it over */
    unsigned partition;
};

/* Records must come in order. run_end adds the run to the worker's; run_abandon is for a failure in between.
 */
enum dv_status dv_run_begin(struct run_writer *writer, struct dv_sorter *sorter, struct sort_worker *worker,
                            struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_run_record(struct run_writer *writer, uint64_t hash, const char *record,
                             struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_run_end(struct run_writer *writer, struct dv_err *err) DV_MUST_CHECK;
void dv_run_abandon(struct run_writer *writer);
/* Merges runs, so that the chunks of those that are left fit the memory when they are read together. Only
 * runs of one level are merged with one another: a record is written again once a level, however many there
 * are. */
enum dv_status dv_runs_compact(struct dv_sorter *sorter, struct sort_worker *worker,
                               struct dv_err *err) DV_MUST_CHECK;

/* ---- reading: sorter_read.c ---- */
enum dv_status dv_cursor_new(struct dv_sorter_cursor **cursor, unsigned most_inputs,
                             struct dv_err *err) DV_MUST_CHECK;
void dv_cursor_add_run(struct dv_sorter_cursor *cursor, const struct sort_worker *worker,
                       const struct run *run, unsigned partition);
void dv_cursor_add_entries(struct dv_sorter_cursor *cursor, const struct dv_sorted *from,
                           const struct dv_sorted *to);
enum dv_status dv_cursor_start(struct dv_sorter_cursor *cursor, struct dv_err *err) DV_MUST_CHECK;
/* The record in hand as it lies in memory, and its hash; DV_END behind the last. */
enum dv_status dv_cursor_raw(struct dv_sorter_cursor *cursor, uint64_t *hash, const char **record,
                             struct dv_err *err) DV_MUST_CHECK;

#endif
