/* Arena: memory that lives as long as its batch. Allocation is a pointer bump; everything goes at once.
 * Not thread-safe. A zeroed struct is a valid empty arena. */
#ifndef DV_CORE_ARENA_H
#define DV_CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct dv_arena_block;

struct dv_arena {
    char *next, *end;
    struct dv_arena_block *blocks; /* newest first; owned */
    size_t total;                  /* bytes held, the unused included */
};

/* 16-byte aligned; NULL when there is no memory. */
void *dv_arena_alloc_slow(struct dv_arena *arena, size_t size);

static inline void *dv_arena_alloc(struct dv_arena *arena, size_t size)
{
    size_t need = (size + 15U) & ~(size_t)15U;
    if (need >= size && need <= (size_t)(arena->end - arena->next) && arena->next != NULL) {
        void *memory = arena->next;
        arena->next += need;
        return memory;
    }
    return dv_arena_alloc_slow(arena, size);
}

void *dv_arena_zalloc(struct dv_arena *arena, size_t size);
char *dv_arena_copy(struct dv_arena *arena, const void *bytes,
                    size_t length); /* adds a NUL behind the bytes */
char *dv_arena_strdup(struct dv_arena *arena, const char *text);
char *dv_arena_printf(struct dv_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dv_arena_reset(struct dv_arena *arena);   /* keeps one block for reuse */
void dv_arena_release(struct dv_arena *arena); /* idempotent */

#endif
