#include "core/alloc.h"
#include "core/stop.h"
#include "load/control.h"
#include "load/rehearsal.h"
#include "load/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#define PREDECESSOR_PATIENCE 50 /* looks, 200 ms apart, before a dead run's backend is ended */

struct dv_target {
    struct dv_pg *pg;
    char *uri, *identity;
    char job[64], run_id[64];
    char lock_key[24];
};

struct dv_pg *dv_target_pg(struct dv_target *target)
{
    return target->pg;
}

const char *dv_target_uri(const struct dv_target *target)
{
    return target->uri;
}

void dv_lock_key(char out[24], const char *kind, const char *name)
{
    XXH3_state_t *state = XXH3_createState();
    uint64_t hash = 0;
    if (state != NULL && XXH3_64bits_reset(state) == XXH_OK) {
        (void)XXH3_64bits_update(state, kind, strlen(kind));
        (void)XXH3_64bits_update(state, name, strlen(name));
        hash = XXH3_64bits_digest(state);
    }
    XXH3_freeState(state);
    int64_t key;
    memcpy(&key, &hash, sizeof key);
    (void)snprintf(out, 24, "%lld", (long long)key);
}

enum dv_status dv_pause(int64_t microseconds, struct dv_err *err)
{
    while (microseconds > 0) {
        enum dv_status status = dv_stop_check(err);
        if (status != DV_OK)
            return status;
        int64_t slice = microseconds < 100000 ? microseconds : 100000;
        struct timespec time = {.tv_sec = 0, .tv_nsec = (long)slice * 1000};
        (void)nanosleep(&time, NULL);
        microseconds -= slice;
    }
    return dv_stop_check(err);
}

enum dv_status dv_session_open_apart(struct dv_pg **pg, const char *uri, const struct dv_context *context,
                                     const char *what, struct dv_err *err)
{
    struct dv_buf sql = {0};
    char application[64];
    enum dv_status status;
    (void)snprintf(application, sizeof application, "drover/%.24s/%s", context->job, what);
    DV_TRY(dv_pg_open(pg, uri, application, err));
    if (context->run_id == NULL)
        goto done;
    dv_buf_str(&sql, "SET drover.run = ");
    dv_pg_quote_literal(&sql, context->run_id);
    dv_buf_byte(&sql, '\0');
    DV_TRY(dv_buf_check(&sql, err));
    status = dv_pg_exec(*pg, sql.data, err);
done:
    dv_buf_release(&sql);
    if (status < 0) {
        dv_pg_close(*pg);
        *pg = NULL;
    }
    return status;
}

/* drover.run stands there since the target was opened. */
static enum dv_status share_session(struct dv_pg **pg, const struct dv_context *context, const char *what,
                                    struct dv_err *err)
{
    char application[64];
    const char *params[] = {application};
    if (dv_pg_lost(context->rehearsal->pg))
        return dv_fail(err, DV_EXIT_FAULT,
                       "the connection of the dry run was lost, and its transaction with it");
    (void)snprintf(application, sizeof application, "drover/%.24s/%s", context->job, what);
    *pg = dv_pg_share(context->rehearsal->pg);
    enum dv_status status =
        dv_pg_run(*pg, "SELECT set_config('application_name', $1, false)", 1, params, NULL, err);
    if (status < 0) {
        dv_pg_close(*pg);
        *pg = NULL;
    }
    return status;
}

enum dv_status dv_session_open(struct dv_pg **pg, const char *uri, const struct dv_context *context,
                               const char *what, struct dv_err *err)
{
    if (context->rehearsal != NULL && context->rehearsal->pg != NULL)
        return share_session(pg, context, what, err);
    return dv_session_open_apart(pg, uri, context, what, err);
}

/* *version 0: they are not there. */
static enum dv_status control_version(struct dv_pg *pg, int *version, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    *version = 0;
    DV_TRY(dv_pg_query(pg, "SELECT to_regclass('drover.meta') IS NOT NULL", 0, NULL, &result, err));
    if (PQgetvalue(result, 0, 0)[0] != 't')
        goto done;
    PQclear(result);
    result = NULL;
    DV_TRY(dv_pg_query(pg, "SELECT max(version) FROM drover.meta", 0, NULL, &result, err));
    *version = atoi(PQgetvalue(result, 0, 0));
    if (*version < 1 || *version > DV_CONTROL_VERSION) {
        status = dv_fail(err, DV_EXIT_FAULT,
                         "the tables in schema drover have version %d, this drover knows 1 to %d", *version,
                         DV_CONTROL_VERSION);
        dv_err_hint(err,
                    "use the drover that made them, or a newer one: what they say of schema steps and runs "
                    "is lost without them");
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_control_present(struct dv_pg *pg, bool *present, struct dv_err *err)
{
    int version = 0;
    enum dv_status status = control_version(pg, &version, err);
    *present = version > 0;
    return status;
}

/* Two jobs may come at once, so the tables are made, or brought up to date, under a lock of their own. */
static enum dv_status make_control(struct dv_target *target, bool create, struct dv_err *err)
{
    int version;
    char key[24];
    enum dv_status status;
    DV_TRY(control_version(target->pg, &version, err));
    if (version == DV_CONTROL_VERSION || (version == 0 && !create))
        return DV_OK;
    dv_lock_key(key, "drover", "control tables");
    DV_TRY(dv_pg_begin(target->pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_pg_execf(target->pg, err, "SELECT pg_advisory_xact_lock(%s)", key));
    DV_TRY(control_version(target->pg, &version, err));
    if (version != DV_CONTROL_VERSION)
        DV_TRY(dv_pg_exec(target->pg, version == 0 ? dv_control_sql : dv_control_upgrade_sql, err));
    return dv_pg_commit(target->pg, err);
done:
    if (strcmp(err->sqlstate, "42501") == 0)
        dv_err_hint(err,
                    "for the first run of a version of drover: grant CREATE on the database to this user, or "
                    "run as the owner of schema drover");
    return status;
}

/* Who holds the lock: pid and a description; pid 0 where nobody does (any more). */
static enum dv_status lock_holder(struct dv_target *target, int *pid, bool *predecessor, char *text,
                                  size_t size, struct dv_err *err)
{
    const char *params[] = {target->lock_key, target->run_id};
    PGresult *result;
    enum dv_status status = dv_pg_query(
        target->pg,
        "SELECT a.pid, a.application_name, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), "
        "$2 <> '' AND a.application_name LIKE 'drover/%/run ' || $2 "
        "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND l.classid = (($1::bigint >> 32) & 4294967295)::oid AND l.objid = ($1::bigint & 4294967295)::oid",
        2, params, &result, err);
    if (status != DV_OK)
        return status;
    *pid = 0;
    *predecessor = false;
    (void)snprintf(text, size, "somebody who has just gone");
    if (PQntuples(result) > 0) {
        *pid = atoi(PQgetvalue(result, 0, 0));
        *predecessor = strcmp(PQgetvalue(result, 0, 3), "t") == 0;
        (void)snprintf(text, size, "%s, pid %d, since %s", PQgetvalue(result, 0, 1), *pid,
                       PQgetvalue(result, 0, 2));
    }
    PQclear(result);
    return DV_OK;
}

static enum dv_status try_lock(struct dv_target *target, bool *locked, struct dv_err *err)
{
    const char *params[] = {target->lock_key};
    PGresult *result;
    enum dv_status status =
        dv_pg_query(target->pg, "SELECT pg_try_advisory_lock($1::bigint)", 1, params, &result, err);
    if (status != DV_OK)
        return status;
    *locked = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    PQclear(result);
    return DV_OK;
}

static enum dv_status lock(struct dv_target *target, struct dv_err *err)
{
    char text[256] = "";
    bool locked = false, predecessor = false;
    int pid = 0;
    enum dv_status status;
    for (unsigned look = 0; look < 2 * PREDECESSOR_PATIENCE; look++) {
        DV_TRY(try_lock(target, &locked, err));
        if (locked)
            return DV_OK;
        DV_TRY(lock_holder(target, &pid, &predecessor, text, sizeof text, err));
        if (pid != 0 && !predecessor)
            break;
        if (look == PREDECESSOR_PATIENCE && predecessor)
            DV_TRY(dv_pg_execf(target->pg, err, "SELECT pg_terminate_backend(%d)", pid));
        DV_TRY(dv_pause(200000, err));
    }
    status = dv_fail(err, DV_EXIT_LOCKED, "another run of job %s holds the lock on this target: %s",
                     target->job, text);
    dv_err_hint(err, "wait until it is done, or stop it, and run again");
done:
    return status;
}

/* RUN/target holds the identity that the run began with: a resumed run must not go on elsewhere. */
static enum dv_status compare_identity(struct dv_target *target, const struct dv_context *context,
                                       bool record, struct dv_err *err)
{
    struct dv_buf path = {0}, known = {0};
    enum dv_status status = DV_OK;
    if (context->run_dir == NULL || context->run_id == NULL)
        return DV_OK;
    dv_buf_printf(&path, "%s/target", context->run_dir);
    dv_buf_byte(&path, '\0');
    DV_TRY(dv_buf_check(&path, err));
    bool there;
    DV_TRY(dv_file_look(path.data, &there, err));
    if (!there) {
        if (record) {
            DV_TRY(dv_file_make_dirs(context->run_dir, err));
            DV_TRY(dv_file_publish(path.data, target->identity, strlen(target->identity), err));
        }
        goto done;
    }
    DV_TRY(dv_file_read(path.data, 4096, &known, err));
    if (known.len != strlen(target->identity) || memcmp(known.data, target->identity, known.len) != 0) {
        status = dv_fail(err, DV_EXIT_CHANGED, "run %s began on target %.*s, this is %s", context->run_id,
                         (int)known.len, known.data, target->identity);
        dv_err_hint(err, "give the target that the run began with, or start over with --new");
    }
done:
    dv_buf_release(&path);
    dv_buf_release(&known);
    return status;
}

static enum dv_status record_run(struct dv_target *target, struct dv_err *err)
{
    const char *params[] = {target->run_id, target->job, target->identity};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_run(
        target->pg,
        "INSERT INTO drover.run (run_id, job, state, target_identity) VALUES ($1, $2, 'running', $3) "
        "ON CONFLICT (run_id) DO NOTHING",
        3, params, NULL, err));
    DV_TRY(dv_pg_query(target->pg, "SELECT target_identity FROM drover.run WHERE run_id = $1", 1, params,
                       &result, err));
    if (strcmp(PQgetvalue(result, 0, 0), target->identity) != 0) {
        status = dv_fail(err, DV_EXIT_CHANGED, "run %s began on target %s, this is %s: a copy of it",
                         target->run_id, PQgetvalue(result, 0, 0), target->identity);
        dv_err_hint(err, "give the target that the run began with, or start over with --new");
    }
done:
    PQclear(result);
    return status;
}

static enum dv_status connect_target(struct dv_target *target, const struct dv_context *context,
                                     struct dv_err *err)
{
    struct dv_buf identity = {0};
    char what[64];
    enum dv_status status;
    (void)snprintf(what, sizeof what, "run %.40s", target->run_id);
    DV_TRY(dv_session_open(&target->pg, target->uri, context, what, err));
    DV_TRY(dv_pg_identity(target->pg, &identity, err));
    target->identity = dv_buf_steal(&identity);
    if (target->identity == NULL)
        status = dv_fail_memory(err);
done:
    dv_buf_release(&identity);
    return status;
}

enum dv_status dv_target_open(struct dv_target **out, const struct dv_context *context, const char *uri,
                              bool create_control, struct dv_err *err)
{
    enum dv_status status;
    struct dv_target *target = dv_calloc(1, sizeof *target);
    *out = NULL;
    if (target == NULL)
        return dv_fail_memory(err);
    (void)snprintf(target->job, sizeof target->job, "%s", context->job);
    (void)snprintf(target->run_id, sizeof target->run_id, "%s",
                   context->run_id != NULL ? context->run_id : "");
    dv_lock_key(target->lock_key, "drover/", context->job);
    target->uri = dv_strdup(uri);
    if (target->uri == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(connect_target(target, context, err));
    DV_TRY(compare_identity(target, context, false, err));
    DV_TRY(lock(target, err));
    if (context->rehearsal != NULL)
        DV_TRY(dv_rehearsal_begin(context, target->pg, target->uri, err));
    DV_TRY(make_control(target, create_control, err));
    if (create_control) {
        DV_TRY(compare_identity(target, context, true, err));
        if (context->run_id != NULL)
            DV_TRY(record_run(target, err));
    }
    *out = target;
    return DV_OK;
done:
    if (context->rehearsal != NULL)
        dv_rehearsal_end(context->rehearsal);
    dv_target_close(target);
    return status;
}

void dv_target_close(struct dv_target *target)
{
    if (target == NULL)
        return;
    dv_pg_close(target->pg);
    dv_free(target->uri);
    dv_free(target->identity);
    dv_free(target);
}

enum dv_status dv_target_run_state(struct dv_target *target, const char *state, const char *fingerprint,
                                   struct dv_err *err)
{
    const char *params[] = {target->run_id, target->job, state, fingerprint, target->identity};
    return dv_pg_run(target->pg,
                     "INSERT INTO drover.run AS r (run_id, job, state, fingerprint, target_identity) "
                     "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run_id) DO UPDATE SET state = excluded.state, "
                     "fingerprint = coalesce(excluded.fingerprint, r.fingerprint), changed_at = now()",
                     5, params, NULL, err);
}
