/* A load on the real target in one transaction that is rolled back.
 *
 * Order of calls: a zeroed struct into context.rehearsal, dv_rehearsal_limit on that context, dv_target_open,
 * which begins the transaction, then schema steps, load and checks as ever, dv_rehearsal_end,
 * dv_target_close, dv_rehearsal_release. All sessions of the load are the target's one connection (core/pg.h,
 * dv_pg_hold), so it takes one worker. It never waits at the gate (load/gate.h) once it has begun. After a
 * crash at any instant the target is as it was: the server rolls back what no client holds any more. */
#ifndef DV_LOAD_REHEARSAL_H
#define DV_LOAD_REHEARSAL_H

#include "load/findings.h"
#include "load/load.h"

struct dv_rehearsal {
    struct dv_pg *pg;            /* the target's, borrowed while it is held; NULL: not begun, or over */
    int64_t began_us, held_us;   /* monotonic; how long it was held */
    struct dv_findings left_out; /* what one transaction cannot do, or does otherwise */
};

/* One worker; and a lock that is not granted within lock_timeout is tried only once more, because all the
 * others are held meanwhile. */
void dv_rehearsal_limit(struct dv_context *context);
/* USAGE where the server is a standby: it takes no such transaction. */
enum dv_status dv_rehearsal_check(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_rehearsal_begin(const struct dv_context *context, struct dv_pg *pg, const char *uri,
                                  struct dv_err *err) DV_MUST_CHECK;
/* Rolls back; does nothing where it has not begun. Where that fails, closing the target does it. */
void dv_rehearsal_end(struct dv_rehearsal *rehearsal);
void dv_rehearsal_release(struct dv_rehearsal *rehearsal); /* idempotent */

/* Does the step's up text, in the transaction that is open. Of a step without a transaction: CREATE and DROP
 * INDEX CONCURRENTLY without that word, and what the server refuses within a transaction is left out; both
 * are noted. Internal to load/. */
enum dv_status dv_rehearse_step(struct dv_rehearsal *rehearsal, struct dv_pg *pg,
                                const struct dv_schema_step *step, struct dv_err *err) DV_MUST_CHECK;

#endif
