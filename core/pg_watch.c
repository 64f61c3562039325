/* A second connection to the server of the first: it asks how the first one's session is, and cancels or ends
 * it.
 *
 * TCP notices a dead host (keepalives, tcp_user_timeout), but not a proxy, a load balancer or a tunnel that
 * takes bytes and passes none on: to TCP it is alive and well. And a statement may rightly be silent for
 * hours. So silence alone says nothing, and the server is asked: a session that computes or waits for a lock
 * is left alone for as long as it takes; one that waits for drover, while drover waits for it, will never
 * speak again. It is ended, for what it holds would stand in the way of the next try. */
#include "core/pg_private.h"

#include "core/progress.h"
#include "core/stop.h"

#define ASK_US       15000000 /* how long the server may take to answer the second connection */
#define ASK_AGAIN_US 10000000 /* at most, after the first suspicion: an answer may have been under way */
#define UNREACHABLE  3        /* so many times in a row: then the first connection is as dead as the server */
#define CANCEL_US    2000000

enum finding { WORKS, WAITS_FOR_US, GONE, NO_ANSWER };

static enum finding ask(struct dv_pg *other, const struct dv_pg *pg)
{
    const char *params[] = {pg->pid, pg->started};
    struct dv_err unheard = DV_ERR_INIT;
    PGresult *result = NULL;
    enum finding finding = WORKS;
    enum dv_status status =
        dv_pg_query(other,
                    "SELECT coalesce(wait_event IN ('ClientRead', 'ClientWrite'), false) "
                    "FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz",
                    2, params, &result, &unheard);
    if (status != DV_OK && unheard.sqlstate[0] == '\0')
        finding = NO_ANSWER;
    else if (status == DV_OK && PQntuples(result) == 0)
        finding = GONE;
    else if (status == DV_OK && PQgetvalue(result, 0, 0)[0] == 't')
        finding = WAITS_FOR_US;
    /* Else it works, or it is older than 9.6 and cannot tell. */
    PQclear(result);
    return finding;
}

/* pg_cancel_backend or pg_terminate_backend. False where that could not be said. */
static bool act_on(struct dv_pg *other, const struct dv_pg *pg, const char *function)
{
    struct dv_err unheard = DV_ERR_INIT;
    return dv_pg_execf(other, &unheard,
                       "SELECT %s(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = '%s'",
                       function, pg->pid, pg->started) == DV_OK;
}

static enum dv_status give_up(struct dv_pg *pg, enum finding finding, struct dv_err *err)
{
    int seconds = (int)((dv_monotonic_us() - pg->silent_since_us) / 1000000);
    pg->lost = true;
    enum dv_status status;
    if (finding == NO_ANSWER)
        status =
            dv_fail_retry(err, "the server of %s has not been heard of for %d s, nor can it be reached anew",
                          pg->label, seconds);
    else if (finding == GONE)
        status = dv_fail_retry(err, "the connection to %s was lost: the server has no such session any more",
                               pg->label);
    else
        status = dv_fail_retry(err,
                               "the connection to %s hangs: for %d s drover has waited for the server, and "
                               "the server for drover",
                               pg->label, seconds);
    dv_err_hint(err,
                "look at what stands between drover and the server (proxy, firewall, tunnel); run again to "
                "resume");
    return status;
}

enum dv_status dv_pg_watch(struct dv_pg *pg, struct dv_err *err)
{
    int64_t now = dv_monotonic_us();
    struct dv_err unheard = DV_ERR_INIT;
    struct dv_pg *other = NULL;
    if (pg->patience_us == 0)
        return DV_OK;
    if (pg->silent_since_us == 0) {
        pg->silent_since_us = now;
        pg->ask_at_us = now + pg->patience_us;
        pg->no_answers = 0;
        pg->suspected = false;
    }
    if (now < pg->ask_at_us)
        return DV_OK;
    enum finding finding = NO_ANSWER;
    enum dv_status reached = dv_pg_open_beside(&other, pg, now + ASK_US, false, &unheard);
    if (reached == DV_OK)
        finding = ask(other, pg);
    else if (dv_stop_requested() || unheard.sqlstate[0] != '\0')
        finding = WORKS; /* it lets nobody in just now, but it is there */
    bool over = finding == GONE || (finding == WAITS_FOR_US && pg->suspected) ||
                (finding == NO_ANSWER && ++pg->no_answers >= UNREACHABLE);
    if (over && finding == WAITS_FOR_US)
        (void)act_on(other, pg,
                     "pg_terminate_backend"); /* else the next try finds it in its way, and waits */
    dv_pg_close(other);
    if (over)
        return give_up(pg, finding, err);
    pg->suspected = finding == WAITS_FOR_US;
    if (finding != NO_ANSWER)
        pg->no_answers = 0;
    pg->ask_at_us = dv_monotonic_us() +
                    (pg->suspected && pg->patience_us > ASK_AGAIN_US ? ASK_AGAIN_US : pg->patience_us);
    return DV_OK;
}

bool dv_pg_cancel(struct dv_pg *pg)
{
    struct dv_err unheard = DV_ERR_INIT;
    struct dv_pg *other = NULL;
    if (dv_pg_open_beside(&other, pg, dv_monotonic_us() + CANCEL_US, true, &unheard) != DV_OK)
        return false;
    bool sent = act_on(other, pg, "pg_cancel_backend");
    dv_pg_close(other);
    return sent;
}
