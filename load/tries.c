#include "load/tries.h"

#include "core/progress.h"
#include "load/blockers.h"
#include "load/session.h"

#include <stdio.h>
#include <string.h>

#define FAULT_TRIES     6
#define FAULT_PAUSE_US  200000
#define LOCK_TIMEOUT_MS 2000
#define LOCK_WAIT_MS    300000
#define LEAST_LOCKED                                                                                         \
    2 /* the first try that times out is not watched, so that a second one names the holder */
#define LONGEST_PAUSES 4 /* lock timeouts */

unsigned dv_lock_timeout_ms(const struct dv_context *context)
{
    return context->lock_timeout_ms > 0 ? context->lock_timeout_ms : LOCK_TIMEOUT_MS;
}

unsigned dv_lock_wait_ms(const struct dv_context *context)
{
    return context->lock_wait_ms > 0 ? context->lock_wait_ms : LOCK_WAIT_MS;
}

enum dv_status dv_lock_timeout_set(struct dv_pg *pg, const struct dv_context *context, struct dv_err *err)
{
    return dv_pg_execf(pg, err, "SET lock_timeout = %u", dv_lock_timeout_ms(context));
}

enum dv_status dv_lock_among_us(struct dv_pg *pg, const struct dv_context *context, const char *kind,
                                const char *name, struct dv_err *err)
{
    char key[24];
    dv_lock_key(key, kind, name);
    return dv_pg_execf(
        pg, err, "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(%s); SET LOCAL lock_timeout = %u",
        key, dv_lock_timeout_ms(context));
}

void dv_tries_watch(struct dv_tries *tries, const char *uri, struct dv_pg *pg)
{
    if (tries->locked > 0 && tries->watch == NULL)
        tries->watch = dv_blockers_start(uri, tries->context, PQbackendPID(dv_pg_conn(pg)));
}

void dv_tries_unwatch(struct dv_tries *tries)
{
    char seen[sizeof tries->holders];
    dv_blockers_stop(tries->watch, seen, sizeof seen);
    tries->watch = NULL;
    if (seen[0] != '\0')
        memcpy(tries->holders, seen, sizeof seen);
}

static bool pause_for(int64_t microseconds, enum dv_status *status, struct dv_err *err)
{
    struct dv_err stopped = DV_ERR_INIT;
    if (dv_pause(microseconds, &stopped) == DV_OK)
        return true;
    *status = stopped.status;
    *err = stopped;
    return false;
}

static void tell_holders(const struct dv_tries *tries, int64_t waited_us, struct dv_err *err)
{
    size_t length = strlen(err->message);
    (void)snprintf(err->message + length, sizeof err->message - length,
                   "; tried %u times in %lld s; in the way: %s", tries->locked,
                   (long long)((waited_us + 500000) / 1000000),
                   tries->holders[0] != '\0' ? tries->holders : "somebody who could not be seen");
    dv_err_hint(err, "run again when that is done; \"lock_wait\" in job.json is how long drover tries");
}

static bool locked_again(struct dv_tries *tries, enum dv_status *status, struct dv_err *err)
{
    int64_t now = dv_monotonic_us(), unit = (int64_t)dv_lock_timeout_ms(tries->context) * 1000;
    if (tries->locked++ == 0)
        tries->locked_since_us = now - unit;
    int64_t waited = now - tries->locked_since_us, limit = (int64_t)dv_lock_wait_ms(tries->context) * 1000;
    if (waited >= limit && tries->locked >= LEAST_LOCKED) {
        tell_holders(tries, waited, err);
        return false;
    }
    dv_log_event(tries->context->log, "warning", "lock_waited_for", "tries:d", (int64_t)tries->locked,
                 "seconds:f", (double)waited / 1e6, NULL);
    /* A quarter of the time spent in the queue, then ever more: whoever holds the lock for long is not to be
     * asked all the time. */
    int64_t pause = unit / 4;
    for (unsigned i = 1; i < tries->locked && pause < unit * LONGEST_PAUSES; i++)
        pause *= 2;
    if (pause > unit * LONGEST_PAUSES)
        pause = unit * LONGEST_PAUSES;
    if (pause > limit - waited && limit > waited)
        pause = limit - waited;
    return pause_for(pause, status, err);
}

bool dv_tries_again(struct dv_tries *tries, enum dv_status *status, struct dv_err *err)
{
    if (*status != DV_RETRY)
        return false;
    if (strcmp(err->sqlstate, "55P03") == 0)
        return locked_again(tries, status, err);
    if (++tries->faults >= FAULT_TRIES)
        return false;
    return pause_for((int64_t)FAULT_PAUSE_US << (tries->faults - 1), status, err);
}
