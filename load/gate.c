#include "load/gate.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/stop.h"
#include "load/load.h"
#include "load/session.h"
#include "load/tries.h"

#include <pthread.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_US     200000 /* between two looks at what is in the way */
#define QUERY_LIMIT "30s"  /* a throttle query that takes longer has failed */
#define BOOL_OID    16
#define PAUSED      "paused"
#define THROTTLED   "throttled"

struct dv_gate {
    pthread_mutex_t lock;
    const struct dv_context *context;
    const char *uri;
    char *pause[2];      /* the files; owned */
    struct dv_pg *pg;    /* the query's; opened when first needed */
    int64_t asked_us;    /* 0: not yet */
    bool busy;           /* what it said */
    const char *waiting; /* what was logged last; NULL: nothing is in the way */
};

enum dv_status dv_gate_open(struct dv_gate **out, const struct dv_context *context, const char *uri,
                            struct dv_err *err)
{
    struct dv_gate *gate = dv_calloc(1, sizeof *gate);
    *out = NULL;
    if (gate == NULL)
        return dv_fail_memory(err);
    gate->context = context;
    gate->uri = uri;
    gate->pause[0] = dv_asprintf("%s/pause", context->run_dir);
    gate->pause[1] = dv_asprintf("%s/../pause", context->run_dir);
    if (gate->pause[0] == NULL || gate->pause[1] == NULL || pthread_mutex_init(&gate->lock, NULL) != 0) {
        dv_free(gate->pause[0]);
        dv_free(gate->pause[1]);
        dv_free(gate);
        return dv_fail_memory(err);
    }
    *out = gate;
    return DV_OK;
}

void dv_gate_close(struct dv_gate *gate)
{
    if (gate == NULL)
        return;
    dv_pg_close(gate->pg);
    pthread_mutex_destroy(&gate->lock);
    dv_free(gate->pause[0]);
    dv_free(gate->pause[1]);
    dv_free(gate);
}

/* true or false; or, with "above", a number. No row and NULL: there is nothing to wait for. */
static enum dv_status read_answer(const struct dv_throttle *throttle, const PGresult *result, bool *busy,
                                  struct dv_err *err)
{
    *busy = false;
    if (PQnfields(result) != 1 || PQntuples(result) > 1)
        return dv_fail(err, DV_EXIT_USAGE, "the throttle query must return one value, not %d rows of %d",
                       PQntuples(result), PQnfields(result));
    bool none = PQntuples(result) == 0 || PQgetisnull(result, 0, 0);
    const char *text = none ? "" : PQgetvalue(result, 0, 0);
    if (!throttle->numeric) {
        if (PQftype(result, 0) != BOOL_OID)
            return dv_fail(
                err, DV_EXIT_USAGE,
                "the throttle query returns no boolean, and the job names no number to compare with");
        *busy = text[0] == 't';
        return DV_OK;
    }
    char *end = NULL;
    double number = none ? 0 : strtod(text, &end);
    if (!none && (end == text || *end != '\0'))
        return dv_fail(err, DV_EXIT_USAGE, "the throttle query returns \"%.40s\", which is no number", text);
    *busy = !none && number > throttle->above;
    return DV_OK;
}

/* On a session, or in a transaction, that is read-only. */
static enum dv_status answer(struct dv_pg *pg, const struct dv_throttle *throttle, bool *busy,
                             struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(pg, throttle->sql, 0, NULL, &result, err);
    if (status == DV_OK)
        status = read_answer(throttle, result, busy, err);
    PQclear(result);
    return status;
}

static enum dv_status ask_once(struct dv_gate *gate, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (gate->pg != NULL && dv_pg_lost(gate->pg)) {
        dv_pg_close(gate->pg);
        gate->pg = NULL;
    }
    if (gate->pg == NULL) {
        DV_TRY(dv_session_open_apart(&gate->pg, gate->uri, gate->context, "throttle", err));
        DV_TRY(dv_pg_exec(gate->pg,
                          "SET default_transaction_read_only = on; SET statement_timeout = '" QUERY_LIMIT "'",
                          err));
    }
    status = answer(gate->pg, gate->context->throttle, &gate->busy, err);
done:
    return status;
}

static void tell_throttle(struct dv_err *err)
{
    char message[sizeof err->message];
    if (err->code == DV_EXIT_STOPPED)
        return;
    memcpy(message, err->message, sizeof message);
    (void)snprintf(err->message, sizeof err->message, "the throttle query failed: %.900s", message);
    dv_err_hint(err, "mend throttle.sql in job.json, or let this user run it; then run again to resume");
}

enum dv_status dv_throttle_check(struct dv_pg *pg, const struct dv_throttle *throttle, struct dv_err *err)
{
    struct dv_err ignored = DV_ERR_INIT;
    bool busy;
    enum dv_status status;
    if (throttle == NULL)
        return DV_OK;
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_ONLY, err));
    DV_TRY(dv_pg_exec(pg, "SET LOCAL statement_timeout = '" QUERY_LIMIT "'", err));
    status = answer(pg, throttle, &busy, err);
    if (status < 0)
        tell_throttle(err);
    enum dv_status ended = dv_pg_rollback(pg, &ignored);
    if (status == DV_OK && ended != DV_OK) {
        *err = ignored;
        status = ended;
    }
done:
    return status;
}

static enum dv_status ask(struct dv_gate *gate, struct dv_err *err)
{
    struct dv_tries tries = {.context = gate->context};
    enum dv_status status;
    do
        status = ask_once(gate, err);
    while (status != DV_OK && dv_tries_again(&tries, &status, err));
    gate->asked_us = dv_monotonic_us();
    if (status < 0)
        tell_throttle(err);
    return status;
}

static enum dv_status look(struct dv_gate *gate, const char **waiting, struct dv_err *err)
{
    const struct dv_throttle *throttle = gate->context->throttle;
    bool paused = false;
    *waiting = NULL;
    for (unsigned i = 0; i < 2 && !paused; i++) {
        enum dv_status status = dv_file_look(gate->pause[i], &paused, err);
        if (status != DV_OK)
            return status;
    }
    if (paused) {
        *waiting = PAUSED;
        return DV_OK;
    }
    if (throttle == NULL)
        return DV_OK;
    if (gate->asked_us == 0 || dv_monotonic_us() - gate->asked_us >= (int64_t)throttle->every_ms * 1000) {
        enum dv_status status = ask(gate, err);
        if (status != DV_OK)
            return status;
    }
    *waiting = gate->busy ? THROTTLED : NULL;
    return DV_OK;
}

static void tell(struct dv_gate *gate, const char *waiting)
{
    const struct dv_context *context = gate->context;
    if (waiting == gate->waiting)
        return;
    if (gate->waiting != NULL)
        dv_log_event(context->log, "info", "waiting_over", "reason:s", gate->waiting, NULL);
    if (waiting != NULL)
        dv_log_event(context->log, "info", "waiting", "reason:s", waiting, NULL);
    dv_progress_waiting(context->progress, waiting);
    gate->waiting = waiting;
}

enum dv_status dv_gate_pass(struct dv_gate *gate, struct dv_err *err)
{
    const char *waiting = NULL;
    enum dv_status status = dv_stop_boundary(err);
    while (gate != NULL && status == DV_OK) {
        pthread_mutex_lock(&gate->lock);
        status = look(gate, &waiting, err);
        if (status == DV_OK)
            tell(gate, waiting);
        pthread_mutex_unlock(&gate->lock);
        if (status != DV_OK || waiting == NULL)
            break;
        status = dv_pause(LOOK_US, err);
        if (status == DV_OK)
            status = dv_stop_boundary(err);
    }
    return status;
}
