#include "transform/keep.h"

#include "core/alloc.h"

#include <stdbool.h>
#include <string.h>

#define SMALLEST_TABLE 16U

struct dv_keep_owner {
    const void *owner;
    struct dv_keep_entry *last; /* used last */
    struct dv_keep_entry entries[DV_KEEP_ENTRIES];
};

static struct dv_keep_owner **place_of(struct dv_keep_owner **owners, unsigned capacity, const void *owner)
{
    uint64_t hash = (uint64_t)(uintptr_t)owner * 0x9E3779B97F4A7C15ULL;
    unsigned at = (unsigned)(hash >> 32) & (capacity - 1);
    while (owners[at] != NULL && owners[at]->owner != owner)
        at = (at + 1) & (capacity - 1);
    return &owners[at];
}

/* Room for one more, the table at most half full. */
static bool grow(struct dv_keep *keep)
{
    if (keep->capacity >= 2 * (keep->count + 1))
        return true;
    unsigned capacity = keep->capacity == 0 ? SMALLEST_TABLE : 2 * keep->capacity;
    struct dv_keep_owner **owners = dv_calloc(capacity, sizeof(struct dv_keep_owner *));
    if (owners == NULL)
        return false;
    for (unsigned i = 0; i < keep->capacity; i++)
        if (keep->owners[i] != NULL)
            *place_of(owners, capacity, keep->owners[i]->owner) = keep->owners[i];
    dv_free(keep->owners);
    keep->owners = owners;
    keep->capacity = capacity;
    return true;
}

static struct dv_keep_owner *owner_of(struct dv_keep *keep, const void *owner)
{
    if (keep->capacity > 0) {
        struct dv_keep_owner *known = *place_of(keep->owners, keep->capacity, owner);
        if (known != NULL)
            return known;
    }
    struct dv_keep_owner *made = grow(keep) ? dv_calloc(1, sizeof *made) : NULL;
    if (made == NULL)
        return NULL;
    made->owner = owner;
    made->last = &made->entries[0];
    *place_of(keep->owners, keep->capacity, owner) = made;
    keep->count++;
    return made;
}

static bool is_entry(const struct dv_keep_entry *entry, const char *key, size_t length, unsigned variant)
{
    return entry->used > 0 && entry->key_length == length && entry->variant == variant &&
           (length == 0 || memcmp(entry->key, key, length) == 0);
}

struct dv_keep_entry *dv_keep_find(struct dv_keep *keep, const void *owner, const char *key, size_t length,
                                   unsigned variant)
{
    struct dv_keep_owner *own = owner_of(keep, owner);
    if (own == NULL)
        return NULL;
    struct dv_keep_entry *oldest = own->last;
    if (!is_entry(oldest, key, length, variant)) {
        for (unsigned i = 0; i < DV_KEEP_ENTRIES; i++) {
            if (is_entry(&own->entries[i], key, length, variant)) {
                oldest = &own->entries[i];
                break;
            }
            if (own->entries[i].used < oldest->used)
                oldest = &own->entries[i];
        }
    }
    own->last = oldest;
    if (!is_entry(oldest, key, length, variant) || oldest->made == NULL) { /* NULL: making it failed */
        dv_arena_reset(&oldest->arena);
        oldest->made = NULL;
        oldest->used = 0;
        oldest->key = dv_arena_copy(&oldest->arena, key, length);
        oldest->key_length = length;
        oldest->variant = variant;
        if (oldest->key == NULL)
            return NULL;
    }
    oldest->used = ++keep->clock;
    return oldest;
}

void dv_keep_release(struct dv_keep *keep)
{
    for (unsigned i = 0; i < keep->capacity; i++) {
        for (unsigned e = 0; keep->owners[i] != NULL && e < DV_KEEP_ENTRIES; e++)
            dv_arena_release(&keep->owners[i]->entries[e].arena);
        dv_free(keep->owners[i]);
    }
    dv_free(keep->owners);
    *keep = (struct dv_keep){0};
}
