/* What is tried again, how often, and how long drover waits for locks. Internal to load/.
 *
 * A statement never stands in a lock's queue longer than lock_timeout, because everybody who comes later
 * stands behind it; between two tries those others get through. Order of calls for each try: open the
 * session, dv_tries_watch, the work, dv_tries_unwatch, and after a failure dv_tries_again. One thread. */
#ifndef DV_LOAD_TRIES_H
#define DV_LOAD_TRIES_H

#include "load/load.h"

struct dv_blockers;

struct dv_tries {
    const struct dv_context *context;
    unsigned faults;         /* lost connections, deadlocks, ... */
    unsigned locked;         /* lock timeouts */
    int64_t locked_since_us; /* when the first try that timed out ended; monotonic */
    struct dv_blockers *watch;
    char holders[600]; /* who was in the way when somebody last looked */
};

/* Looks who is in the way of the session, once a try has timed out: a courtesy that never fails. */
void dv_tries_watch(struct dv_tries *tries, const char *uri, struct dv_pg *pg);
void dv_tries_unwatch(struct dv_tries *tries);
/* True, after a pause, where the failure passes: a lock that was not granted, for as long as the job's
 * lock_wait says; other passing faults 6 times in all, 0.2 s and doubling. False where it is to be reported;
 * *err then names who held the lock. */
bool dv_tries_again(struct dv_tries *tries, enum dv_status *status, struct dv_err *err);

unsigned dv_lock_timeout_ms(const struct dv_context *context);
unsigned dv_lock_wait_ms(const struct dv_context *context);
/* An advisory lock until the end of the transaction. Only drover's own sessions queue for it, so this wait
 * has no limit. kind, name: as for dv_lock_key. */
enum dv_status dv_lock_among_us(struct dv_pg *pg, const struct dv_context *context, const char *kind,
                                const char *name, struct dv_err *err) DV_MUST_CHECK;

#endif
