/* The right side of a join: a dataset's rows by key, read-only once built, probed by many workers.
 *
 * The rows are sorted by (hash of key, key, sequence). Where they fit the memory given they stay where the
 * sorter has put them, and a table says where each range of hashes begins; else they lie in a file of pages,
 * of which only each page's first hash is kept in memory, and a probe reads one page (through the operating
 * system's cache). The rows found are the same either way, and however many workers add them.
 *
 * Order of calls: dv_lookup_new, dv_lookup_add for each row, dv_lookup_seal, then dv_probe_* by any number of
 * workers (one struct dv_probe each), dv_lookup_free. The file is unlinked as soon as it is open: nothing
 * stays after a crash. */
#ifndef DV_TRANSFORM_LOOKUP_H
#define DV_TRANSFORM_LOOKUP_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct dv_lookup;
struct dv_sorted;

/* dir: for spill and page files. workers: how many add rows, each under its own number. memory: bytes it may
 * hold, but at least 1 MiB a worker. */
enum dv_status dv_lookup_new(struct dv_lookup **lookup, const char *dir, unsigned workers, size_t memory,
                             struct dv_err *err) DV_MUST_CHECK;
/* sequence: the row's place in its dataset; rows of one key are found in that order. */
enum dv_status dv_lookup_add(struct dv_lookup *lookup, unsigned worker, uint64_t sequence,
                             const struct dv_buf *key, const struct dv_buf *payload,
                             struct dv_err *err) DV_MUST_CHECK;
/* A row whose key is NULL: found by nobody, but remembered for IN. */
void dv_lookup_add_null(struct dv_lookup *lookup, unsigned worker);
bool dv_lookup_has_null(const struct dv_lookup *lookup);
/* DV_END where unique is asked for and two rows share a key: their sequences are given, and the caller words
 * the message. */
enum dv_status dv_lookup_seal(struct dv_lookup *lookup, bool unique, uint64_t duplicates[2],
                              struct dv_err *err) DV_MUST_CHECK;
uint64_t dv_lookup_rows(const struct dv_lookup *lookup);
bool dv_lookup_in_memory(const struct dv_lookup *lookup);
/* Bytes that it holds, once sealed: at most what it was given, but for where its pages begin. */
size_t dv_lookup_memory(const struct dv_lookup *lookup);
void dv_lookup_free(struct dv_lookup *lookup);

/* One worker's place in a lookup. A zeroed struct is ready. */
struct dv_probe {
    const struct dv_sorted *row, *behind; /* in memory: the next row to look at, and where all end */
    struct dv_buf page;                   /* the page in hand, when the rows lie in a file */
    uint64_t page_number;                 /* 1-based; 0: none */
    const char *at, *end;
    uint64_t hash;
    const char *key;
    uint32_t key_length;
};

/* Starts a search; then dv_probe_next gives the payload of each match in input order, DV_END after the last.
 * The key is borrowed until then; the payload is borrowed until the next dv_probe_find. */
enum dv_status dv_probe_find(const struct dv_lookup *lookup, struct dv_probe *probe, const char *key,
                             uint32_t key_length, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_probe_next(struct dv_probe *probe, const char **payload) DV_MUST_CHECK;
void dv_probe_release(struct dv_probe *probe);

#endif
