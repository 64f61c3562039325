/* Shared by the libraries that make calls of a process fail (LD_PRELOAD): preload.c, preload_alloc.c. What
 * the environment says:
 *
 * - FAULT_CALL: the call, by its name in the library's table; "none" only counts.
 * - FAULT_PLACE: only calls from that place count, a hash of the call stack that holds for one binary.
 * - FAULT_PATH: only calls count whose path ends in this.
 * - FAULT_AT: which one of those fails, counted from 1 over all threads; "N+": that one and, wherever they
 *   come from, all behind it.
 * - FAULT_ERROR: EIO, ENOSPC, ...: what errno says. SHORT: read, write and their kin move half of what they
 *   could, a byte at least.
 * - FAULT_COUNTS: a file that gets, as the process ends, how often each call came: "write 12" a line.
 * - FAULT_PLACES: a file that gets every place, a line each, in the order in which they first came:
 *   "write 00c0ffee00c0ffee badcab1ebadcab1e 3". The second hash is that of the stack's top alone: the site,
 *   to which many ways may lead. */
#ifndef DV_TESTS_FAULTS_H
#define DV_TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define FAULT_MOST_CALLS 32

extern const char *const fault_calls[]; /* the library's table of names, NULL behind the last */

/* True where this call is to fail, with errno set. path: NULL where there is none. *length, where it is not
 * NULL, is what a call that is to be cut short may move. */
bool fault_fails(unsigned call, const char *path, size_t *length);

/* Whether the address lies in the program itself, rather than in a library. */
bool fault_in_program(const void *address);

#endif
