/* The tokens of a model: PostgreSQL's lexical rules (manual 4.1), plus :name parameters and "-- drover:"
 * pragmas.
 *
 * One call, dv_lex, turns the whole text into an array. The tokens and their texts live in the arena;
 * `source` points into the text that was given, which must outlive the tokens. Errors are code USAGE,
 * "FILE:LINE:COLUMN: ...". */
#ifndef DV_TRANSFORM_LEXER_H
#define DV_TRANSFORM_LEXER_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

enum dv_token_kind {
    DV_TOKEN_END,
    DV_TOKEN_WORD, /* keyword or plain identifier; text folded to lower case (ASCII only, as PostgreSQL does)
                    */
    DV_TOKEN_QUOTED,   /* "identifier" or U&"identifier"; text as it reads */
    DV_TOKEN_NUMBER,   /* text as written */
    DV_TOKEN_STRING,   /* '...', E'...', U&'...', $$...$$; text with escapes resolved */
    DV_TOKEN_PARAM,    /* :name; text without the colon, case kept */
    DV_TOKEN_OPERATOR, /* text as written, "<>" also for != */
    DV_TOKEN_MARK      /* ( ) [ ] , ; . : :: */
};

enum { DV_SQL_LARGEST = 1024 * 1024, DV_IDENTIFIER_LONGEST = 63 };

struct dv_token {
    enum dv_token_kind kind;
    int line, column; /* 1-based, in characters */
    const char *text;
    const char *source; /* as it stands in the file; borrowed */
    size_t source_length;
    bool escapes_pending; /* inside dv_lex only: a U& token before its UESCAPE is known */
};

struct dv_tokens {
    struct dv_token *items; /* the last one is DV_TOKEN_END */
    unsigned count;
    const char
        *description;     /* text of the first comment, where it stands before the first token; else NULL */
    bool ephemeral, many; /* the pragmas */
    bool has_pragma;
};

enum dv_status dv_lex(const char *sql, size_t length, const char *file, struct dv_arena *arena,
                      struct dv_tokens *tokens, struct dv_err *err) DV_MUST_CHECK;

/* "FILE:LINE:COLUMN: message", code USAGE, with a hint (NULL: none). */
enum dv_status dv_sql_error(struct dv_err *err, const char *file, int line, int column, const char *hint,
                            const char *format, ...) DV_PRINTF(6, 7);
/* The bytes of a character at `at` (1 to 4), or 0 where they are no valid UTF-8. */
unsigned dv_utf8_width(const char *at, const char *end);
/* How much of `length` bytes to show in a message: at most `most` bytes, whole characters of the first line.
 */
size_t dv_sql_excerpt(const char *text, size_t length, size_t most);

#endif
