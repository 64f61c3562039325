/* What nodes of expressions keep from row to row, one set a worker: results over the row in hand, patterns
 * compiled from values. A node keeps at most DV_KEEP_ENTRIES; the one used longest ago makes room.
 *
 * Order of calls: a zeroed struct, dv_keep_find as often as wanted, dv_keep_release. Not thread-safe. */
#ifndef DV_TRANSFORM_KEEP_H
#define DV_TRANSFORM_KEEP_H

#include "core/arena.h"

#define DV_KEEP_ENTRIES 4U

struct dv_keep_entry {
    void *made; /* by the owner, in `arena`; NULL: not yet */
    struct dv_arena arena;
    char *key; /* a copy in `arena`, which what is made may point into */
    size_t key_length;
    unsigned variant;
    uint64_t used; /* 0: free */
};

struct dv_keep_owner;

struct dv_keep {
    struct dv_keep_owner **owners; /* by hash of the address, open addressing */
    unsigned capacity, count;
    uint64_t clock;
};

/* The owner's entry of that key and variant, an old one or a new one (made NULL), borrowed until the next
 * call. NULL: no memory. */
struct dv_keep_entry *dv_keep_find(struct dv_keep *keep, const void *owner, const char *key, size_t length,
                                   unsigned variant);
void dv_keep_release(struct dv_keep *keep);

#endif
