/* Walks through SQL text the way psql does: what is inside strings, quoted names, comments and dollar quotes
 * is skipped. Internal to load/. */
#ifndef DV_LOAD_SQL_SCAN_H
#define DV_LOAD_SQL_SCAN_H

#include "core/buf.h"

/* Behind the string, name, comment or dollar quote that starts at `at`; `at` itself where none does. An open
 * one ends at the text's end. */
const char *dv_sql_skip(const char *at);
/* Behind the statement that starts at `at`, its semicolon included. *empty: nothing but blanks and comments.
 */
const char *dv_sql_statement_end(const char *at, bool *empty);
/* The line (1-based) of the first psql meta-command, 0 where there is none. */
unsigned dv_sql_meta_command(const char *sql);
/* The line of the character at `offset` characters (not bytes, 1-based). */
unsigned dv_sql_line_of(const char *sql, unsigned long offset);
/* Appends sql with :'name' replaced by the quoted value. params: "name=value", NULL-terminated; may be NULL.
 * USAGE error for a name without a value. */
enum dv_status dv_sql_substitute(struct dv_buf *out, const char *sql, const char *const *params,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
