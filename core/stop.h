/* The stop flag: the one global. Set by SIGINT, SIGTERM or the deadline; long loops look at it between
 * blocks. At the deadline work stops at the next boundary (a part, a batch, a stage); what has not come to
 * one DV_STOP_GRACE_S later is stopped as a signal stops it. */
#ifndef DV_CORE_STOP_H
#define DV_CORE_STOP_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

void dv_stop_install(void); /* signal handlers for SIGINT and SIGTERM; SIGPIPE ignored */
#define DV_STOP_GRACE_S 5

void dv_stop_request(int signal_number); /* async-signal-safe; 0 takes the request back (tests) */
/* Unix time in microseconds, by the wall clock; 0: none. */
void dv_stop_deadline(int64_t unix_us);
bool dv_stop_requested(void);
/* DV_OK, or DV_FAILED with code STOPPED ("stopped by signal ..., run the same command again to resume"). */
enum dv_status dv_stop_check(struct dv_err *err) DV_MUST_CHECK;
/* The same at a boundary, where the deadline itself counts. */
enum dv_status dv_stop_boundary(struct dv_err *err) DV_MUST_CHECK;

#endif
