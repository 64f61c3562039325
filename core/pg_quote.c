/* SQL text from names and values; connection strings without passwords; what a database is known by. */
#include "core/pg.h"

#include <stdio.h>
#include <string.h>

static void quoted(struct dv_buf *out, const char *text, size_t length, char quote)
{
    dv_buf_byte(out, quote);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == quote)
            dv_buf_byte(out, quote);
        dv_buf_byte(out, text[i]);
    }
    dv_buf_byte(out, quote);
}

void dv_pg_quote_ident(struct dv_buf *out, const char *name)
{
    quoted(out, name, strlen(name), '"');
}

void dv_pg_quote_literal(struct dv_buf *out, const char *text)
{
    quoted(out, text, strlen(text), '\''); /* standard_conforming_strings is on: a backslash is itself */
}

static bool bare_byte(char byte, bool first)
{
    bool letter =
        (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || (byte & 0x80) != 0;
    return letter || (!first && ((byte >= '0' && byte <= '9') || byte == '$'));
}

/* One part of a name at *at, as SQL reads it (bare: ASCII capitals folded), into `name`. Its length, 0: not a
 * name. */
static size_t name_part(const char **at, char name[64])
{
    const char *in = *at;
    size_t length = 0;
    if (*in == '"') {
        bool closed = false;
        for (in++; *in != '\0' && length < 64; in++) {
            closed = *in == '"' && *++in != '"';
            if (closed)
                break;
            name[length++] = *in;
        }
        if (!closed)
            return 0;
    } else {
        for (; bare_byte(*in, length == 0) && length < 64; in++)
            name[length++] = (char)(*in >= 'A' && *in <= 'Z' ? *in - 'A' + 'a' : *in);
    }
    *at = in;
    return length < 64 ? length : 0;
}

enum dv_status dv_pg_quote_table(struct dv_buf *out, const char *table, struct dv_err *err)
{
    char first[64], second[64];
    size_t second_length = 0;
    const char *at = table;
    size_t first_length = name_part(&at, first);
    bool dotted = first_length > 0 && *at == '.';
    if (dotted) {
        at++;
        second_length = name_part(&at, second);
    }
    if (first_length == 0 || *at != '\0' || (dotted && second_length == 0)) {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "\"%.140s\" is not the name of a table", table);
        dv_err_hint(
            err,
            "write schema.table or table, each part at most 63 bytes; a part with capital letters, blanks "
            "or dots stands in double quotes");
        return status;
    }
    quoted(out, first, first_length, '"');
    if (dotted) {
        dv_buf_byte(out, '.');
        quoted(out, second, second_length, '"');
    }
    return dv_buf_check(out, err);
}

static bool secret(const char *keyword, size_t length)
{
    /* libpq decodes %XX in a URI's keywords, so one with a % may be any of them */
    return memchr(keyword, '%', length) != NULL || (length == 8 && memcmp(keyword, "password", 8) == 0) ||
           (length == 11 && memcmp(keyword, "sslpassword", 11) == 0);
}

static void safe_query(struct dv_buf *out, const char *query)
{
    char separator = '?';
    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        if (!secret(query, strcspn(query, "=&"))) {
            dv_buf_byte(out, separator);
            dv_buf_append(out, query, length);
            separator = '&';
        }
        query += length;
        query += *query == '&';
    }
}

/* body: what follows "scheme://". libpq takes everything before the first @ ahead of a slash for user and
 * password; a password with unencoded @ or / reaches further, so the last @ counts, in the whole text where
 * libpq gives up. */
static void safe_url(struct dv_buf *out, const char *uri, const char *body)
{
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    size_t slash = strcspn(body, "/"), query = strcspn(body, "?");
    size_t authority = options == NULL ? strlen(body) : slash > query ? slash : query;
    PQconninfoFree(options);
    const char *rest = body;
    for (const char *at = body; at < body + authority; at++)
        if (*at == '@')
            rest = at;
    dv_buf_append(out, uri, (size_t)(body - uri));
    if (rest != body) {
        size_t user = strcspn(body, ":@");
        dv_buf_append(out, body, user);
    }
    size_t before_query = strcspn(rest, "?");
    dv_buf_append(out, rest, before_query);
    if (rest[before_query] == '?')
        safe_query(out, rest + before_query + 1);
}

static void safe_pairs(struct dv_buf *out, PQconninfoOption *options)
{
    const char *separator = "";
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val == NULL || secret(option->keyword, strlen(option->keyword)))
            continue;
        dv_buf_printf(out, "%s%s=", separator, option->keyword);
        separator = " ";
        bool plain = *option->val != '\0' && strpbrk(option->val, " '\\\t\n") == NULL;
        if (plain) {
            dv_buf_str(out, option->val);
            continue;
        }
        dv_buf_byte(out, '\'');
        for (const char *at = option->val; *at != '\0'; at++) {
            if (*at == '\'' || *at == '\\')
                dv_buf_byte(out, '\\');
            dv_buf_byte(out, *at);
        }
        dv_buf_byte(out, '\'');
    }
}

void dv_pg_safe_uri(struct dv_buf *out, const char *uri)
{
    size_t scheme = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    if (strncmp(uri + scheme, "://", 3) == 0) {
        safe_url(out, uri, uri + scheme + 3);
        return;
    }
    if (strchr(uri, '=') == NULL || uri[scheme] == ':') { /* a bare database, dump:PATH, dir:PATH, sandbox: */
        dv_buf_str(out, uri);
        return;
    }
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    if (options == NULL)
        dv_buf_str(out, "(a connection string that cannot be read)");
    else
        safe_pairs(out, options);
    PQconninfoFree(options);
}

enum dv_status dv_pg_identity(struct dv_pg *pg, struct dv_buf *out, struct dv_err *err)
{
    /* The system identifier is open to everybody unless an administrator closed it; asked for first, because
     * a refusal would break the caller's transaction. */
    static const char question[] =
        "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";
    static const char full[] = "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text "
                               "|| '/' || oid::text || '/' || datname"
                               " FROM pg_catalog.pg_database WHERE datname = current_database()";
    static const char partial[] = "SELECT '-/' || oid::text || '/' || datname FROM pg_catalog.pg_database"
                                  " WHERE datname = current_database()";
    PGresult *result;
    enum dv_status status = dv_pg_query(pg, question, 0, NULL, &result, err);
    if (status != DV_OK)
        return status;
    bool open = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    status = dv_pg_query(pg, open ? full : partial, 0, NULL, &result, err);
    if (status != DV_OK)
        return status;
    dv_buf_str(out, PQgetvalue(result, 0, 0));
    PQclear(result);
    return dv_buf_check(out, err);
}
