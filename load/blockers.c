#include "load/blockers.h"

#include "core/alloc.h"
#include "core/thread.h"
#include "load/session.h"
#include "load/tries.h"

#include <pthread.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LONGEST_LOOK_MS 500

struct dv_blockers {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool over;
    const char *uri;
    const struct dv_context *context;
    char pid[16], seen[600];
};

/* Those that the session waits for. What it may not see of others' sessions is left out. */
static const char blocking_sql[] =
    "SELECT string_agg(CASE WHEN b.pid = 0 THEN 'a prepared transaction (see pg_prepared_xacts)' ELSE "
    "concat('pid ', b.pid, ', user ' || a.usename, ', application ' || nullif(a.application_name, ''), "
    "', ' || a.state, ', in its transaction since ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), "
    "': ' || left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120)) END, '; ' ORDER BY b.pid) "
    "FROM (SELECT DISTINCT unnest(pg_blocking_pids($1::int)) AS pid) b LEFT JOIN pg_stat_activity a ON a.pid "
    "= "
    "b.pid";

/* A quarter of the lock timeout, so that a wait is seen before it ends. False when it is time to stop. */
static bool wait_a_moment(struct dv_blockers *blockers)
{
    struct timespec until;
    long wait_ms = (long)dv_lock_timeout_ms(blockers->context) / 4;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    wait_ms = wait_ms > LONGEST_LOOK_MS ? LONGEST_LOOK_MS : wait_ms;
    until.tv_nsec += wait_ms * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&blockers->lock);
    while (!blockers->over && pthread_cond_timedwait(&blockers->wake, &blockers->lock, &until) == 0)
        ;
    bool go_on = !blockers->over;
    pthread_mutex_unlock(&blockers->lock);
    return go_on;
}

static void *watch(void *argument)
{
    struct dv_blockers *blockers = argument;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = NULL;
    const char *params[] = {blockers->pid};
    while (wait_a_moment(blockers)) {
        PGresult *result = NULL;
        if (pg == NULL &&
            dv_session_open_apart(&pg, blockers->uri, blockers->context, "watch", &err) != DV_OK)
            break;
        if (dv_pg_query(pg, blocking_sql, 1, params, &result, &err) != DV_OK)
            break;
        pthread_mutex_lock(&blockers->lock);
        if (!PQgetisnull(result, 0, 0))
            (void)snprintf(blockers->seen, sizeof blockers->seen, "%s", PQgetvalue(result, 0, 0));
        pthread_mutex_unlock(&blockers->lock);
        PQclear(result);
    }
    dv_pg_close(pg);
    return NULL;
}

struct dv_blockers *dv_blockers_start(const char *uri, const struct dv_context *context, int pid)
{
    struct dv_blockers *blockers = dv_calloc(1, sizeof *blockers);
    struct dv_err ignored = DV_ERR_INIT;
    if (blockers == NULL)
        return NULL;
    blockers->uri = uri;
    blockers->context = context;
    (void)snprintf(blockers->pid, sizeof blockers->pid, "%d", pid);
    if (pthread_mutex_init(&blockers->lock, NULL) != 0) {
        dv_free(blockers);
        return NULL;
    }
    (void)pthread_cond_init(&blockers->wake, NULL);
    if (dv_thread_start(&blockers->thread, watch, blockers, &ignored) != DV_OK) {
        pthread_cond_destroy(&blockers->wake);
        pthread_mutex_destroy(&blockers->lock);
        dv_free(blockers);
        return NULL;
    }
    return blockers;
}

void dv_blockers_stop(struct dv_blockers *blockers, char *out, size_t size)
{
    out[0] = '\0';
    if (blockers == NULL)
        return;
    pthread_mutex_lock(&blockers->lock);
    blockers->over = true;
    pthread_cond_signal(&blockers->wake);
    pthread_mutex_unlock(&blockers->lock);
    pthread_join(blockers->thread, NULL);
    (void)snprintf(out, size, "%s", blockers->seen);
    pthread_cond_destroy(&blockers->wake);
    pthread_mutex_destroy(&blockers->lock);
    dv_free(blockers);
}
