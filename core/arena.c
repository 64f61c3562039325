#include "core/arena.h"

#include "core/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SMALLEST_BLOCK ((size_t)16 * 1024)
#define LARGEST_STEP   ((size_t)1024 * 1024)

struct dv_arena_block {
    struct dv_arena_block *older;
    size_t size; /* of data */
    _Alignas(16) char data[];
};

static void use_block(struct dv_arena *arena, struct dv_arena_block *block)
{
    arena->next = block->data;
    arena->end = block->data + block->size;
}

void *dv_arena_alloc_slow(struct dv_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t need = (size + 15U) & ~(size_t)15U;
    /* Blocks double the arena, up to a step: few calls for a large batch, little waste for a small one. */
    size_t block_size = arena->total;
    if (block_size < SMALLEST_BLOCK)
        block_size = SMALLEST_BLOCK;
    if (block_size > LARGEST_STEP)
        block_size = LARGEST_STEP;
    if (block_size < need)
        block_size = need;
    struct dv_arena_block *block = dv_alloc(sizeof *block + block_size);
    if (block == NULL)
        return NULL;
    block->size = block_size;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->total += block_size;
    use_block(arena, block);
    arena->next += need;
    return block->data;
}

void *dv_arena_zalloc(struct dv_arena *arena, size_t size)
{
    void *memory = dv_arena_alloc(arena, size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

char *dv_arena_copy(struct dv_arena *arena, const void *bytes, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = dv_arena_alloc(arena, length + 1);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *dv_arena_strdup(struct dv_arena *arena, const char *text)
{
    return dv_arena_copy(arena, text, strlen(text));
}

char *dv_arena_printf(struct dv_arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char *text = NULL;
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0)
        text = dv_arena_alloc(arena, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void dv_arena_reset(struct dv_arena *arena)
{
    struct dv_arena_block *kept = arena->blocks;
    if (kept == NULL)
        return;
    for (struct dv_arena_block *block = kept->older; block != NULL;) {
        struct dv_arena_block *older = block->older;
        /* The largest of the ordinary blocks is worth keeping; one made for a giant value is not. */
        struct dv_arena_block *dropped = block;
        if (kept->size > LARGEST_STEP || (block->size <= LARGEST_STEP && block->size > kept->size)) {
            dropped = kept;
            kept = block;
        }
        dv_free(dropped);
        block = older;
    }
    kept->older = NULL;
    arena->blocks = kept;
    arena->total = kept->size;
    use_block(arena, kept);
}

void dv_arena_release(struct dv_arena *arena)
{
    for (struct dv_arena_block *block = arena->blocks; block != NULL;) {
        struct dv_arena_block *older = block->older;
        dv_free(block);
        block = older;
    }
    *arena = (struct dv_arena){0};
}
