#include "load/sql_scan.h"

#include "core/pg.h"

#include <ctype.h>
#include <string.h>

static bool word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

static const char *skip_quoted(const char *at, char quote, bool backslash)
{
    for (at++; *at != '\0'; at++) {
        if (backslash && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == quote) {
            if (at[1] != quote)
                return at + 1;
            at++;
        }
    }
    return at;
}

static const char *skip_comment(const char *at)
{
    unsigned depth = 0;
    do {
        if (at[0] == '/' && at[1] == '*') {
            depth++;
            at += 2;
        } else if (at[0] == '*' && at[1] == '/') {
            depth--;
            at += 2;
        } else {
            at++;
        }
    } while (depth > 0 && *at != '\0');
    return at;
}

static const char *skip_dollar(const char *at)
{
    const char *tag_end = at + 1;
    if (isdigit((unsigned char)*tag_end))
        return at;
    while (word(*tag_end))
        tag_end++;
    if (*tag_end != '$')
        return at;
    size_t length = (size_t)(tag_end - at) + 1;
    for (const char *end = tag_end + 1; *end != '\0'; end++)
        if (*end == '$' && strncmp(end, at, length) == 0)
            return end + length;
    return at + strlen(at);
}

const char *dv_sql_skip(const char *at)
{
    switch (*at) {
    case '\'':
        return skip_quoted(at, '\'', false);
    case 'e':
    case 'E':
        return at[1] == '\'' ? skip_quoted(at + 1, '\'', true) : at;
    case '"':
        return skip_quoted(at, '"', false);
    case '-':
        return at[1] == '-' ? at + strcspn(at, "\n") : at;
    case '/':
        return at[1] == '*' ? skip_comment(at) : at;
    case '$':
        return skip_dollar(at);
    default:
        return at;
    }
}

/* The next position: behind what is skipped, behind a whole word (so that its end is not taken for the start
 * of a string), or one further. */
static const char *step(const char *at)
{
    const char *behind = dv_sql_skip(at);
    if (behind != at)
        return behind;
    if (!word(*at))
        return at + 1;
    while (word(*at) || *at == '$')
        at++;
    return at;
}

static bool comment(const char *at)
{
    return (at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*');
}

const char *dv_sql_statement_end(const char *at, bool *empty)
{
    *empty = true;
    while (*at != '\0') {
        if (*at == ';')
            return at + 1;
        if (!isspace((unsigned char)*at) && !comment(at))
            *empty = false;
        at = step(at);
    }
    return at;
}

unsigned dv_sql_meta_command(const char *sql)
{
    for (const char *at = sql; *at != '\0'; at = step(at)) {
        if (*at != '\\')
            continue;
        unsigned line = 1;
        for (const char *before = sql; before < at; before++)
            line += *before == '\n';
        return line;
    }
    return 0;
}

unsigned dv_sql_line_of(const char *sql, unsigned long offset)
{
    unsigned line = 1;
    for (unsigned long character = 1; character < offset && *sql != '\0'; sql++) {
        if (((unsigned char)sql[1] & 0xc0) != 0x80)
            character++;
        line += *sql == '\n';
    }
    return line;
}

static const char *find_param(const char *const *params, const char *name, size_t length)
{
    for (; params != NULL && *params != NULL; params++)
        if (strncmp(*params, name, length) == 0 && (*params)[length] == '=')
            return *params + length + 1;
    return NULL;
}

enum dv_status dv_sql_substitute(struct dv_buf *out, const char *sql, const char *const *params,
                                 struct dv_err *err)
{
    for (const char *at = sql; *at != '\0';) {
        size_t length = at[0] == ':' && at[1] == '\'' ? strcspn(at + 2, "'\n") : 0;
        if (length > 0 && at[2 + length] == '\'' && (at == sql || at[-1] != ':')) {
            const char *value = find_param(params, at + 2, length);
            if (value == NULL) {
                enum dv_status status =
                    dv_fail(err, DV_EXIT_USAGE, "there is no parameter %.*s", (int)length, at + 2);
                dv_err_hint(err, "give it with --param %.*s=VALUE", (int)length, at + 2);
                return status;
            }
            dv_pg_quote_literal(out, value);
            at += length + 3;
            continue;
        }
        const char *behind = step(at);
        dv_buf_append(out, at, (size_t)(behind - at));
        at = behind;
    }
    return dv_buf_check(out, err);
}
