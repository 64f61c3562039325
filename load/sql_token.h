/* The words of SQL text, one after the other, without comments: enough to see what a statement of a schema
 * step makes, not to understand it. For load/ and jobs/. */
#ifndef DV_LOAD_SQL_TOKEN_H
#define DV_LOAD_SQL_TOKEN_H

#include "core/buf.h"

enum dv_sql_kind {
    DV_SQL_END,
    DV_SQL_WORD,   /* a bare name, a keyword, a number */
    DV_SQL_QUOTED, /* "a name" */
    DV_SQL_STRING, /* 'text', E'text', $$text$$ */
    DV_SQL_SYMBOL  /* any other character */
};

struct dv_sql_token {
    enum dv_sql_kind kind;
    const char *text; /* borrowed from the SQL */
    size_t length;
};

/* The token at or behind *at, which moves behind it. */
struct dv_sql_token dv_sql_next(const char **at);
bool dv_sql_is(const struct dv_sql_token *token, const char *word); /* a bare word, in any case */
bool dv_sql_symbol(const struct dv_sql_token *token, char symbol);
bool dv_sql_is_name(const struct dv_sql_token *token);
/* Moves behind these words (separated by one blank) where they come next; else *at stays. */
bool dv_sql_accept(const char **at, const char *words);
/* The name that a token is to the server, appended: unquoted, or folded. */
void dv_sql_name(struct dv_buf *out, const struct dv_sql_token *token);
/* "a.b.c" at *at, which moves behind it: its text as written, blanks left out, appended, and where `last` is
 * not NULL the last part's token. False where there is no name. */
bool dv_sql_qualified(const char **at, struct dv_buf *out, struct dv_sql_token *last);
/* The text between the dollar quotes of a string, borrowed; *length 0 for other strings. */
const char *dv_sql_dollar_body(const struct dv_sql_token *token, size_t *length);

#endif
