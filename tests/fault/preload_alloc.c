/* Makes allocations of a program fail (LD_PRELOAD), those that it asks for itself: not those of libraries for
 * themselves. For a program without sanitizers, which have a malloc of their own, and without sibling calls
 * (-O1), which hide who asks. The environment: faults.h; the call is "malloc". */
#include "faults.h"

#include <stdlib.h>

const char *const fault_calls[] = {"malloc", NULL};

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static bool fails(const void *caller)
{
    return fault_in_program(caller) && fault_fails(0, NULL, NULL);
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}
