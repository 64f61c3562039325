#include "core/pg_private.h"

#include "core/alloc.h"
#include "core/progress.h"
#include "core/stop.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 15
#define MOST_OPTIONS    96

static const char session_settings[] =
    "SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = "
    "'postgres';"
    "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET standard_conforming_strings = on;"
    "SET row_security = off; SET synchronize_seqscans = off; SET statement_timeout = 0;"
    "SET idle_in_transaction_session_timeout = 0;"
    /* A session whose drover is gone, or behind a network that swallows all, must not keep its locks: the
       server looks for it too. Each is set where the server knows it (pg_settings would list them all). */
    "SELECT set_config(name, value, false) FROM (VALUES ('tcp_keepalives_idle', '30'), "
    "('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'), ('tcp_user_timeout', '60s'), "
    "('client_connection_check_interval', '10s')) v(name, value) WHERE current_setting(name, true) IS NOT "
    "NULL;"
    /* Drover's own schema is no place for a job's tables, not even where the role is named as it is
       ("$user"). */
    "SELECT set_config('search_path', (SELECT coalesce(string_agg(quote_ident(s), ', '), 'public') FROM "
    "unnest(current_schemas(false)) s WHERE s <> 'drover'), false);"
    "SELECT pid, backend_start FROM pg_stat_get_activity(pg_backend_pid())";

/* What a connection gets where its URI says nothing. */
static const struct {
    const char *keyword, *value;
} defaults[] = {
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "60000"},
};

static void swallow_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    return NULL;
}

/* libpq quotes the piece that it could not read, and that may be the password: pieces in quotes are left out.
 */
static void without_quoted(char *out, size_t size, const char *text)
{
    size_t length = 0;
    bool quoted = false;
    for (; *text != '\0' && length + 4 < size; text++) {
        if (*text == '"') {
            if (!quoted) {
                memcpy(out + length, "...", 3);
                length += 3;
            }
            quoted = !quoted;
        } else if (!quoted && *text != '\n') {
            out[length++] = *text;
        }
    }
    out[length] = '\0';
}

/* A URI whose password holds an unencoded slash or @ is read by libpq as other things, which it would then
 * print. */
static bool misread(const char *uri, const PQconninfoOption *options)
{
    const char *port = option_value(options, "port"), *database = option_value(options, "dbname");
    bool url = strstr(uri, "://") != NULL;
    return (port != NULL && port[strspn(port, "0123456789,")] != '\0') ||
           (url && database != NULL && strchr(database, '@') != NULL &&
            strchr(strstr(uri, "://"), '@') != NULL);
}

static enum dv_status parse_uri(const char *uri, PQconninfoOption **options, struct dv_err *err)
{
    *options = NULL;
    if (strchr(uri, '=') == NULL && strstr(uri, "://") == NULL)
        return DV_OK; /* the bare name of a database */
    char *message = NULL;
    char reason[256];
    *options = PQconninfoParse(uri, &message);
    if (*options != NULL && !misread(uri, *options))
        return DV_OK;
    if (*options != NULL) {
        PQconninfoFree(*options);
        *options = NULL;
        (void)snprintf(reason, sizeof reason, "the port is no number, or the database's name holds an @");
    } else {
        without_quoted(reason, sizeof reason, message == NULL ? "out of memory" : message);
    }
    PQfreemem(message);
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "the connection string cannot be read: %s", reason);
    dv_err_hint(
        err,
        "write postgres://user@host:5432/database or host=... dbname=... user=...; special characters in a "
        "URI are percent-encoded");
    return status;
}

/* Said twice, a keyword's last value counts. */
static unsigned same_server(const struct dv_pg *beside, const char **keywords, const char **values)
{
    const char *host = PQhost(beside->conn), *address = PQhostaddr(beside->conn);
    unsigned count = 0;
    keywords[count] = "host";
    values[count++] = host != NULL ? host : "";
    keywords[count] = "hostaddr";
    values[count++] = address != NULL && host != NULL && host[0] != '/' ? address : "";
    keywords[count] = "port";
    values[count++] = PQport(beside->conn);
    keywords[count] = "target_session_attrs";
    values[count++] = "any";
    return count;
}

/* beside: the connection whose server it must be; NULL: any that the URI names. */
static enum dv_status start(struct dv_pg *pg, const char *uri, const char *application,
                            const struct dv_pg *beside, struct dv_err *err)
{
    PQconninfoOption *options = NULL;
    enum dv_status status = parse_uri(uri, &options, err);
    if (status != DV_OK)
        return status;
    const char *keywords[MOST_OPTIONS + 1], *values[MOST_OPTIONS + 1];
    unsigned count = 0;
    if (options == NULL) {
        keywords[count] = "dbname";
        values[count++] = uri;
    }
    for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++)
        if (option->val != NULL && count < MOST_OPTIONS - 12 &&
            strcmp(option->keyword, "client_encoding") != 0 &&
            strcmp(option->keyword, "application_name") != 0) {
            keywords[count] = option->keyword;
            values[count++] = option->val;
        }
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (option_value(options, defaults[i].keyword) == NULL) {
            keywords[count] = defaults[i].keyword;
            values[count++] = defaults[i].value;
        }
    if (beside != NULL)
        count += same_server(beside, keywords + count, values + count);
    keywords[count] = "application_name";
    values[count++] = application;
    keywords[count] = "client_encoding";
    values[count++] = "UTF8";
    keywords[count] = NULL;
    values[count] = NULL;
    pg->conn = PQconnectStartParams(keywords, values, 0);
    PQconninfoFree(options);
    if (pg->conn == NULL)
        return dv_fail_memory(err);
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE); /* so that a refused connection tells its SQLSTATE */
    PQsetNoticeReceiver(pg->conn, swallow_notice, NULL);
    return DV_OK;
}

#define PATIENCE_MS 60000 /* as tcp_user_timeout is where the URI says nothing */

/* What the URI says of bytes that get no answer holds for statements as well, as the moment to ask. */
static int64_t patience(const struct dv_pg *pg)
{
    PQconninfoOption *options = PQconninfo(pg->conn);
    const char *text = option_value(options, "tcp_user_timeout");
    int64_t milliseconds = text == NULL ? 0 : strtol(text, NULL, 10);
    PQconninfoFree(options);
    return (milliseconds > 0 ? milliseconds : PATIENCE_MS) * 1000;
}

/* Seconds for all hosts together: libpq leaves the watch to whoever polls. */
static int64_t connect_seconds(const struct dv_pg *pg)
{
    PQconninfoOption *options = PQconninfo(pg->conn);
    const char *text = option_value(options, "connect_timeout");
    int64_t seconds = text == NULL ? 0 : strtol(text, NULL, 10);
    if (seconds <= 0)
        seconds = CONNECT_SECONDS;
    int64_t hosts = 1;
    const char *host = option_value(options, "host");
    for (; host != NULL && *host != '\0'; host++)
        hosts += *host == ',';
    PQconninfoFree(options);
    return seconds * hosts;
}

static enum dv_status finish_connect(struct dv_pg *pg, struct dv_err *err)
{
    int64_t seconds = connect_seconds(pg);
    int64_t deadline = dv_monotonic_us() + seconds * 1000000;
    if (pg->deadline_us > 0 && pg->deadline_us < deadline)
        deadline = pg->deadline_us;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED || PQstatus(pg->conn) == CONNECTION_BAD)
            return dv_pg_fail_connect(pg, err);
        struct pollfd wait = {.fd = PQsocket(pg->conn),
                              .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int ready = poll(&wait, 1, DV_PG_PATIENCE_US / 1000);
        enum dv_status status = pg->through_stop ? DV_OK : dv_stop_check(err);
        if (status != DV_OK)
            return status;
        if (ready > 0) {
            next = PQconnectPoll(pg->conn);
        } else if (dv_monotonic_us() > deadline) {
            status = dv_fail_retry(err, "cannot connect to %s: no answer within %lld s", pg->label,
                                   (long long)seconds);
            dv_err_hint(err, "check host, port and firewall; connect_timeout in the URI sets another limit");
            return status;
        }
    }
    return DV_OK;
}

static enum dv_status collect(struct dv_pg *pg, PGresult **last, struct dv_err *err);

static enum dv_status prepare(struct dv_pg *pg, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
    if (PQsetnonblocking(pg->conn, 1) != 0 || PQsendQuery(pg->conn, session_settings) == 0)
        return dv_pg_fail_result(pg, NULL, err);
    DV_TRY(collect(pg, &result, err));
    if (PQntuples(result) == 1) {
        (void)snprintf(pg->pid, sizeof pg->pid, "%s", PQgetvalue(result, 0, 0));
        (void)snprintf(pg->started, sizeof pg->started, "%s", PQgetvalue(result, 0, 1));
    }
done:
    PQclear(result);
    return status;
}

static enum dv_status open_it(struct dv_pg **out, const char *uri, const char *application,
                              const struct dv_pg *beside, int64_t deadline_us, bool through_stop,
                              struct dv_err *err)
{
    *out = NULL;
    enum dv_status status;
    struct dv_buf label = {0};
    struct dv_pg *pg = dv_calloc(1, sizeof *pg);
    if (pg == NULL)
        return dv_fail_memory(err);
    pg->deadline_us = deadline_us;
    pg->through_stop = through_stop;
    dv_pg_safe_uri(&label, uri);
    DV_TRY(dv_buf_check(&label, err));
    size_t length = label.len < sizeof pg->label ? label.len : sizeof pg->label - 1;
    memcpy(pg->label, label.data == NULL ? "" : label.data, length);
    pg->uri = dv_strdup(uri);
    if (pg->uri == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(start(pg, uri, application, beside, err));
    DV_TRY(finish_connect(pg, err));
    /* Nobody can be asked about a session whose pid is not known yet: its settings may take as long again. */
    int64_t limit_us = dv_monotonic_us() + connect_seconds(pg) * 1000000;
    if (deadline_us == 0 || limit_us < deadline_us)
        pg->deadline_us = limit_us;
    DV_TRY(prepare(pg, err));
    pg->deadline_us = deadline_us;
    if (beside == NULL && pg->pid[0] != '\0')
        pg->patience_us = patience(pg);
    *out = pg;
    pg = NULL;
done:
    dv_buf_release(&label);
    dv_pg_close(pg);
    return status;
}

enum dv_status dv_pg_open(struct dv_pg **out, const char *uri, const char *application, struct dv_err *err)
{
    return open_it(out, uri, application, NULL, 0, false, err);
}

enum dv_status dv_pg_open_beside(struct dv_pg **out, const struct dv_pg *pg, int64_t deadline_us,
                                 bool through_stop, struct dv_err *err)
{
    return open_it(out, pg->uri, "drover/watch", pg, deadline_us, through_stop, err);
}

void dv_pg_close(struct dv_pg *pg)
{
    if (pg == NULL || dv_pg_held_leave(pg))
        return;
    dv_pg_held_free(pg);
    PQfreemem(pg->row);
    PQfinish(pg->conn);
    dv_free(pg->failed_context);
    dv_free(pg->uri);
    dv_free(pg);
}

PGconn *dv_pg_conn(struct dv_pg *pg)
{
    return pg->conn;
}

bool dv_pg_lost(const struct dv_pg *pg)
{
    return pg->lost || PQstatus(pg->conn) == CONNECTION_BAD;
}

int dv_pg_version(const struct dv_pg *pg)
{
    return PQserverVersion(pg->conn);
}

static enum dv_status stop(struct dv_pg *pg, struct dv_err *err)
{
    if (!dv_pg_cancel(pg))
        pg->lost = true; /* nothing more to wait for: closing the connection is what is left */
    if (!pg->lost)
        dv_pg_drain(pg, 2000000);
    enum dv_status status = dv_stop_check(err);
    return status != DV_OK ? status
                           : dv_fail(err, DV_EXIT_STOPPED, "stopped while waiting for %s", pg->label);
}

static enum dv_status nothing_came(struct dv_pg *pg, struct dv_err *err)
{
    if (pg->deadline_us == 0 || dv_monotonic_us() < pg->deadline_us)
        return dv_pg_watch(pg, err);
    pg->lost = true;
    return dv_fail_retry(err, "no answer from %s in time", pg->label);
}

enum dv_status dv_pg_wait(struct dv_pg *pg, short events, int64_t since_us, struct dv_err *err)
{
    struct pollfd wait = {.fd = PQsocket(pg->conn), .events = events};
    if (wait.fd < 0)
        return dv_pg_fail_result(pg, NULL, err);
    int ready = poll(&wait, 1, DV_PG_PATIENCE_US / 1000);
    if (ready < 0 && errno != EINTR)
        return dv_fail_os(err, errno, "waiting for %s", pg->label);
    if (dv_stop_requested() && !pg->through_stop &&
        (since_us == 0 || dv_monotonic_us() - since_us >= DV_PG_PATIENCE_US))
        return stop(pg, err);
    if (ready <= 0)
        return nothing_came(pg, err);
    pg->silent_since_us = 0;
    if ((wait.revents & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(pg->conn) == 0)
        return dv_pg_fail_lost(pg, err);
    return DV_OK;
}

enum dv_status dv_pg_flush(struct dv_pg *pg, struct dv_err *err)
{
    int64_t since = 0;
    for (;;) {
        int left = PQflush(pg->conn);
        if (left == 0)
            break;
        if (left < 0)
            return dv_pg_fail_lost(pg, err);
        if (since == 0)
            since = dv_monotonic_us();
        enum dv_status status = dv_pg_wait(pg, POLLIN | POLLOUT, since, err);
        if (status != DV_OK)
            return status;
    }
    pg->unflushed = 0;
    return DV_OK;
}

enum dv_status dv_pg_next_result(struct dv_pg *pg, PGresult **result, struct dv_err *err)
{
    *result = NULL;
    if (PQisBusy(pg->conn)) {
        int64_t since = dv_monotonic_us();
        do {
            enum dv_status status = dv_pg_wait(pg, POLLIN, since, err);
            if (status != DV_OK)
                return status;
        } while (PQisBusy(pg->conn));
    }
    *result = PQgetResult(pg->conn);
    return DV_OK;
}

void dv_pg_drain(struct dv_pg *pg, int64_t limit_us)
{
    int64_t deadline = dv_monotonic_us() + limit_us;
    while (PQstatus(pg->conn) == CONNECTION_OK) {
        char *row = NULL;
        PGresult *result = NULL;
        PGTransactionStatusType state = PQtransactionStatus(pg->conn);
        if (state != PQTRANS_ACTIVE)
            return;
        int taken = PQgetCopyData(pg->conn, &row, 1);
        PQfreemem(row);
        if (taken > 0)
            continue;
        if (taken != 0 && !PQisBusy(pg->conn)) {
            result = PQgetResult(pg->conn);
            if (PQresultStatus(result) == PGRES_COPY_IN)
                (void)PQputCopyEnd(pg->conn, "given up");
            PQclear(result);
            if (result == NULL)
                return;
            continue;
        }
        if (dv_monotonic_us() > deadline)
            break;
        (void)PQflush(pg->conn);
        struct pollfd wait = {.fd = PQsocket(pg->conn), .events = POLLIN};
        (void)poll(&wait, 1, 50);
        if (PQconsumeInput(pg->conn) == 0)
            break;
    }
    pg->lost = true;
}

/* Runs the statement that was just sent to its end. `last`: the last result that came without error, or NULL.
 */
static enum dv_status collect(struct dv_pg *pg, PGresult **last, struct dv_err *err)
{
    enum dv_status status = dv_pg_flush(pg, err), failure = DV_OK;
    while (status == DV_OK) {
        PGresult *result;
        status = dv_pg_next_result(pg, &result, err);
        if (status != DV_OK || result == NULL)
            break;
        ExecStatusType outcome = PQresultStatus(result);
        bool fine = outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK || outcome == PGRES_EMPTY_QUERY;
        if (outcome == PGRES_COPY_IN || outcome == PGRES_COPY_OUT || outcome == PGRES_COPY_BOTH) {
            PQclear(result);
            pg->lost = true;
            return dv_fail(err, DV_EXIT_BUG, "COPY was sent as if it were a query");
        }
        if (!fine && failure == DV_OK)
            failure = dv_pg_fail_result(pg, result, err);
        if (fine && last != NULL) {
            PQclear(*last);
            *last = result;
        } else {
            PQclear(result);
        }
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            break;
    }
    return status != DV_OK ? status : failure;
}

enum dv_status dv_pg_send(struct dv_pg *pg, const char *sql, struct dv_err *err)
{
    if (PQsendQuery(pg->conn, sql) == 0)
        return dv_pg_fail_result(pg, NULL, err);
    return collect(pg, NULL, err);
}

enum dv_status dv_pg_exec(struct dv_pg *pg, const char *sql, struct dv_err *err)
{
    bool guarded;
    enum dv_status status = dv_pg_enter(pg, sql, &guarded, err);
    return status == DV_OK ? dv_pg_leave(pg, guarded, dv_pg_send(pg, sql, err), err) : status;
}

enum dv_status dv_pg_execf(struct dv_pg *pg, struct dv_err *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *sql = length < 0 ? NULL : dv_alloc((size_t)length + 1);
    if (sql == NULL)
        return dv_fail_memory(err);
    va_start(arguments, format);
    (void)vsnprintf(sql, (size_t)length + 1, format, arguments);
    va_end(arguments);
    enum dv_status status = dv_pg_exec(pg, sql, err);
    dv_free(sql);
    return status;
}

enum dv_status dv_pg_send_params(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                                 PGresult **result, struct dv_err *err)
{
    *result = NULL;
    if (PQsendQueryParams(pg->conn, sql, count, NULL, params, NULL, NULL, 0) == 0)
        return dv_pg_fail_result(pg, NULL, err);
    enum dv_status status = collect(pg, result, err);
    if (status == DV_OK && *result == NULL)
        status = dv_pg_fail_result(pg, NULL, err);
    if (status != DV_OK) {
        PQclear(*result);
        *result = NULL;
    }
    return status;
}

enum dv_status dv_pg_query(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                           PGresult **result, struct dv_err *err)
{
    bool guarded;
    *result = NULL;
    enum dv_status status = dv_pg_enter(pg, sql, &guarded, err);
    if (status != DV_OK)
        return status;
    status = dv_pg_send_params(pg, sql, count, params, result, err);
    status = dv_pg_leave(pg, guarded, status, err);
    if (status != DV_OK) {
        PQclear(*result);
        *result = NULL;
    }
    return status;
}

enum dv_status dv_pg_run(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                         uint64_t *affected, struct dv_err *err)
{
    PGresult *result;
    enum dv_status status = dv_pg_query(pg, sql, count, params, &result, err);
    if (status == DV_OK && affected != NULL)
        *affected = strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return status;
}
