#include "core/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocations left until the one that fails, that one included; 0: no failure is asked for. */
static _Atomic uint64_t countdown;
static atomic_bool fail_forever;

/* Before main, so that a process started with DROVER_FAIL_ALLOC counts from its first allocation on. */
__attribute__((constructor)) static void read_environment(void)
{
    const char *text = getenv("DROVER_FAIL_ALLOC");
    if (text == NULL)
        return;
    char *rest = NULL;
    unsigned long long nth = strtoull(text, &rest, 10);
    dv_alloc_fail_at(nth, *rest == '+');
}

void dv_alloc_fail_at(uint64_t nth, int forever)
{
    atomic_store(&fail_forever, forever != 0);
    atomic_store(&countdown, nth);
}

static bool counted_failure(void)
{
    uint64_t left = atomic_load(&countdown);
    for (;;) {
        if (left == 0)
            return false;
        if (left == 1 && atomic_load(&fail_forever))
            return true;
        if (atomic_compare_exchange_weak(&countdown, &left, left - 1))
            return left == 1;
    }
}

static inline bool must_fail(void)
{
    if (__builtin_expect(atomic_load_explicit(&countdown, memory_order_relaxed) == 0, 1))
        return false;
    if (!counted_failure())
        return false;
    errno = ENOMEM; /* as malloc does */
    return true;
}

void *dv_alloc(size_t size)
{
    return must_fail() ? NULL : malloc(size > 0 ? size : 1);
}

void *dv_calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || must_fail())
        return NULL;
    return count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1);
}

void *dv_realloc(void *memory, size_t size)
{
    return must_fail() ? NULL : realloc(memory, size > 0 ? size : 1);
}

void *dv_realloc_array(void *memory, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return dv_realloc(memory, total);
}

char *dv_strdup(const char *text)
{
    return dv_strndup(text, strlen(text));
}

char *dv_strndup(const char *text, size_t length)
{
    size_t kept = strnlen(text, length);
    char *copy = dv_alloc(kept + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, kept);
    copy[kept] = '\0';
    return copy;
}

char *dv_asprintf(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char *text = NULL;
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0)
        text = dv_alloc((size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void dv_free(void *memory)
{
    free(memory);
}
