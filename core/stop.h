/* The stop flag: the one global. Set by SIGINT, SIGTERM or the deadline; long loops look at it between
 * blocks. */
#ifndef DV_CORE_STOP_H
#define DV_CORE_STOP_H

#include "core/error.h"

#include <stdbool.h>

void dv_stop_install(void); /* signal handlers for SIGINT and SIGTERM; SIGPIPE ignored */
/* Async-signal-safe. The deadline calls it with SIGALRM; 0 takes the request back (tests). */
void dv_stop_request(int signal_number);
bool dv_stop_requested(void);
/* DV_OK, or DV_FAILED with code STOPPED ("stopped by signal ..., run the same command again to resume"). */
enum dv_status dv_stop_check(struct dv_err *err) DV_MUST_CHECK;

#endif
