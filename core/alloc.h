/* The one door to the heap: every allocation of drover goes through here, so that a test can make the nth one
 * fail (dv_alloc_fail_at) and memory can be accounted for. Thread-safe. All return NULL when there is no
 * memory; the caller returns dv_fail_memory(err). */
#ifndef DV_CORE_ALLOC_H
#define DV_CORE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

void *dv_alloc(size_t size);                                     /* not zeroed */
void *dv_calloc(size_t count, size_t size);                      /* zeroed, overflow-checked */
void *dv_realloc(void *memory, size_t size);                     /* as realloc(3) */
void *dv_realloc_array(void *memory, size_t count, size_t size); /* overflow-checked */
char *dv_strdup(const char *text);
char *dv_strndup(const char *text, size_t length);
char *dv_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void dv_free(void *memory); /* NULL is fine */

/* Tests only: the nth allocation from now on (1 = the next) returns NULL; forever: so do all after it. 0
 * switches off. The environment variable DROVER_FAIL_ALLOC=N or N+ does the same for a whole process. */
void dv_alloc_fail_at(uint64_t nth, int forever);

#endif
