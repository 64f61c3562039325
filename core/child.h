/* Programs that drover runs: PostgreSQL's own, which know what drover need not. They are stopped with it. */
#ifndef DV_CORE_CHILD_H
#define DV_CORE_CHILD_H

#include "core/error.h"

#include <sys/types.h>

/* Waits for the child to end; a stop request ends it (SIGTERM). exit_code 128: by a signal. */
enum dv_status dv_child_await(pid_t child, const char *program, int *exit_code,
                              struct dv_err *err) DV_MUST_CHECK;
/* Runs argv[0] (a path) and waits. Its environment is ours, with `set` ("NAME=value", NULL-terminated; may be
 * NULL) in place of what stands there under those names. What it says goes to the file log, made anew; FAULT
 * with the end of that where it fails.
 */
enum dv_status dv_child_run(char *const argv[], char *const set[], const char *log,
                            struct dv_err *err) DV_MUST_CHECK;
/* The end of a file on one line, for messages; "" where it cannot be read. */
void dv_child_log_tail(const char *log, char *out, size_t size);

#endif
