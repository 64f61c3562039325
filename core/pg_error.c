/* From what libpq and the server say to struct dv_err. */
#include "core/pg_private.h"

#include "core/alloc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The first entry whose prefix fits the SQLSTATE gives the hint. SQLSTATEs: PostgreSQL manual, appendix A. */
static const struct {
    const char *prefix, *hint;
} hints[] = {
    {"28",
     "check user and password; drover takes the password from PGPASSFILE (~/.pgpass) or the service file"},
    {"3D000", "check the name of the database in the URI"},
    {"42501", "grant the missing privilege to the user that drover connects as, then run again"},
    {"53100", "free some space on the server's disk, then run again to resume"},
    {"53300", "the server has no connection free: use fewer --workers or raise max_connections"},
    {"53", "the server is short of resources: run again when it has recovered"},
    {"55P03",
     "another session holds a lock on it (see pg_locks and pg_stat_activity); run again when it is done"},
    {"42P01", "check schema and name of the table; a name with capital letters stands in double quotes"},
    {"42703", "check the name of the column; a name with capital letters stands in double quotes"},
    {"57014",
     "the statement took longer than statement_timeout allows: see what it waited for, or allow more in "
     "job.json, then run again to resume"},
    {"57P0", "the server was shut down or restarted: run again to resume when it is up"},
    {"40", "another session got in the way: run again to resume"},
    {"08", "the connection broke: run again to resume"},
};

static const char *class_hint(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strncmp(sqlstate, hints[i].prefix, strlen(hints[i].prefix)) == 0)
            return hints[i].hint;
    return NULL;
}

static bool passing(const char *sqlstate)
{
    return strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "40", 2) == 0 ||
           strcmp(sqlstate, "55P03") == 0 ||
           (strncmp(sqlstate, "53", 2) == 0 && strcmp(sqlstate, "53100") != 0) ||
           strcmp(sqlstate, "57P01") == 0 || strcmp(sqlstate, "57P02") == 0 || strcmp(sqlstate, "57P03") == 0;
}

/* One line: line ends and what follows them become one blank. */
static void flatten(char *out, size_t size, const char *text)
{
    size_t length = 0;
    for (; *text != '\0' && length + 1 < size; text++) {
        bool blank = *text == '\n' || *text == '\r' || *text == '\t' || *text == ' ';
        if (blank && (length == 0 || out[length - 1] == ' '))
            continue;
        out[length++] = blank ? ' ' : *text;
    }
    while (length > 0 && out[length - 1] == ' ')
        length--;
    out[length] = '\0';
}

static void append(char *out, size_t size, const char *before, const char *text, const char *after)
{
    size_t length = strlen(out);
    if (text != NULL && *text != '\0')
        (void)snprintf(out + length, size - length, "%s%s%s", before, text, after);
}

enum dv_status dv_pg_fail_lost(struct dv_pg *pg, struct dv_err *err)
{
    char text[512];
    flatten(text, sizeof text, PQerrorMessage(pg->conn));
    pg->lost = true;
    enum dv_status status = dv_fail_retry(err, "the connection to %s was lost: %s", pg->label, text);
    dv_err_hint(err, "run again to resume when the server can be reached");
    return status;
}

/* A job's statements go through an EXECUTE where the connection is held; those of a function that they call
 * have more lines of context. */
static const char *position(const struct dv_pg *pg, const PGresult *result)
{
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    if (pg->held != NULL && context != NULL && strchr(context, '\n') == NULL &&
        PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION) == NULL)
        return PQresultErrorField(result, PG_DIAG_INTERNAL_POSITION);
    return PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
}

/* Without memory for the context it is not known, and nothing else suffers. */
static void remember(struct dv_pg *pg, const PGresult *result)
{
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    (void)snprintf(pg->failed_constraint, sizeof pg->failed_constraint, "%s",
                   constraint != NULL ? constraint : "");
    dv_free(pg->failed_context);
    pg->failed_context = context != NULL ? dv_strdup(context) : NULL;
}

const char *dv_pg_failed_constraint(const struct dv_pg *pg)
{
    return pg->failed_constraint;
}

const char *dv_pg_failed_context(const struct dv_pg *pg)
{
    return pg->failed_context != NULL ? pg->failed_context : "";
}

enum dv_status dv_pg_fail_result(struct dv_pg *pg, const PGresult *result, struct dv_err *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate == NULL) {
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            return dv_pg_fail_lost(pg, err);
        char text[512];
        flatten(text, sizeof text, result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(pg->conn));
        return dv_fail(err, DV_EXIT_FAULT, "%s: %s", pg->label,
                       *text != '\0' ? text : "an unexpected answer");
    }
    remember(pg, result);
    char text[900], raw[900];
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    (void)snprintf(raw, sizeof raw, "%.600s", primary == NULL ? "the server reported an error" : primary);
    append(raw, sizeof raw, ": ", PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL), "");
    flatten(text, sizeof text, raw);
    const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    append(text, sizeof text, " (table ", PQresultErrorField(result, PG_DIAG_TABLE_NAME), ")");
    append(text, sizeof text, " (constraint ", PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME), ")");
    append(text, sizeof text, " (at character ", position(pg, result), ")");
    enum dv_status status =
        passing(sqlstate) ? dv_fail_retry(err, "%s", text) : dv_fail(err, DV_EXIT_FAULT, "%s", text);
    (void)snprintf(err->sqlstate, sizeof err->sqlstate, "%s", sqlstate);
    if (column != NULL)
        dv_err_value(err, column, "", 0);
    (void)dv_pg_copy_context(PQresultErrorField(result, PG_DIAG_CONTEXT), err);
    const char *hint = class_hint(sqlstate);
    if (hint == NULL)
        hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (hint != NULL)
        dv_err_hint(err, "%s", hint);
    return status;
}

/* The SQLSTATE of a refused connection, cut out of libpq's verbose text ("FATAL:  28P01: password ..."), of
 * the last host tried; "" where the server was never reached. */
static void take_sqlstate(char *text, char sqlstate[6])
{
    sqlstate[0] = '\0';
    for (char *at = text; (at = strstr(at, ":  ")) != NULL; at += 3) {
        char *code = at + 3;
        size_t length = 0;
        while (length < 5 && (isdigit((unsigned char)code[length]) || isupper((unsigned char)code[length])))
            length++;
        if (length == 5 && code[5] == ':' && code[6] == ' ') {
            memcpy(sqlstate, code, 5);
            sqlstate[5] = '\0';
            memmove(code - 1, code + 7, strlen(code + 7) + 1);
        }
    }
}

static void drop_location(char *text)
{
    for (char *at; (at = strstr(text, "\nLOCATION:")) != NULL;) {
        const char *end = strchr(at + 1, '\n');
        if (end == NULL)
            *at = '\0';
        else
            memmove(at, end, strlen(end) + 1);
    }
}

enum dv_status dv_pg_fail_connect(struct dv_pg *pg, struct dv_err *err)
{
    static const char *const permanent[] = {
        "SSL",          "certificate",           "authentication method", "invalid ",
        "service file", "definition of service", "channel binding",       "too long"};
    char raw[900], text[900], sqlstate[6];
    (void)snprintf(raw, sizeof raw, "%s", PQerrorMessage(pg->conn));
    drop_location(raw);
    take_sqlstate(raw, sqlstate);
    flatten(text, sizeof text, raw);
    bool password = PQconnectionNeedsPassword(pg->conn) != 0 || strncmp(sqlstate, "28", 2) == 0;
    bool retry = sqlstate[0] != '\0' ? passing(sqlstate) : !password;
    for (size_t i = 0; sqlstate[0] == '\0' && i < sizeof permanent / sizeof permanent[0]; i++)
        retry = retry && strstr(raw, permanent[i]) == NULL;
    pg->lost = true;
    enum dv_status status = retry ? dv_fail_retry(err, "cannot connect to %s: %s", pg->label, text)
                                  : dv_fail(err, DV_EXIT_FAULT, "cannot connect to %s: %s", pg->label, text);
    memcpy(err->sqlstate, sqlstate, sizeof sqlstate);
    const char *hint = class_hint(password && sqlstate[0] == '\0' ? "28P01" : sqlstate);
    if (hint == NULL && retry)
        hint = "the server is not reachable: check that it runs, and host and port in the URI";
    if (hint != NULL)
        dv_err_hint(err, "%s", hint);
    return status;
}

/* At ", WORD N" followed by a comma, a colon or the end: N, with *behind set. */
static bool counted(const char *at, uint64_t *number, const char **behind)
{
    if (at[0] != ',' || at[1] != ' ')
        return false;
    at += 2;
    const char *word = at;
    while (*at != '\0' && *at != ' ' && *at != ',' && !isdigit((unsigned char)*at))
        at++;
    if (at == word || *at != ' ' || !isdigit((unsigned char)at[1]))
        return false;
    uint64_t value = 0;
    for (at++; isdigit((unsigned char)*at); at++)
        value = value * 10 + (uint64_t)(*at - '0');
    *number = value;
    *behind = at;
    return *at == ',' || *at == ':' || *at == '\0' || *at == '\n';
}

uint64_t dv_pg_copy_context(const char *context, struct dv_err *err)
{
    const char *at = context == NULL ? NULL : strstr(context, "COPY ");
    uint64_t line = 0;
    const char *behind = NULL;
    while (at != NULL && *at != '\0' && *at != '\n' && !counted(at, &line, &behind))
        at++;
    if (behind == NULL || line == 0 || at == NULL || *at != ',')
        return 0;
    if (behind[0] != ',')
        return line;               /* what follows is the whole line: too much to repeat */
    const char *name = behind + 2; /* "column" in the server's language */
    name += strcspn(name, " ");
    name += strspn(name, " ");
    const char *colon = strchr(name, ':');
    char column[64];
    int length = (int)(colon == NULL ? strcspn(name, "\n") : (size_t)(colon - name));
    (void)snprintf(column, sizeof column, "%.*s", length, name);
    const char *value = colon == NULL ? "" : colon + 1;
    value += strspn(value, " ");
    size_t value_length = strlen(value);
    if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"') {
        value++;
        value_length -= 2;
    }
    dv_err_value(err, column, value, value_length);
    return line;
}
