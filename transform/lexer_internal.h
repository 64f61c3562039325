/* What lexer.c and lexer_string.c share: the reader over the text. Not for anybody else. */
#ifndef DV_TRANSFORM_LEXER_INTERNAL_H
#define DV_TRANSFORM_LEXER_INTERNAL_H

#include "core/buf.h"
#include "transform/lexer.h"

#include <stdint.h>

struct dv_lexer {
    const char *at, *end;
    int line, column;
    const char *file;
    struct dv_arena *arena;
    struct dv_err *err;
    struct dv_tokens *tokens;
    unsigned capacity;
    struct dv_buf text;        /* the token being read */
    struct dv_buf description; /* of the first comment */
    int description_line;      /* the line after which it may go on; 0: no comment yet; -1: it is closed */
};

/* The byte `ahead` of the reader; NUL behind the end (the text itself holds none). */
static inline char dv_lexer_peek(const struct dv_lexer *lexer, size_t ahead)
{
    return ahead < (size_t)(lexer->end - lexer->at) ? lexer->at[ahead] : '\0';
}

void dv_lexer_skip(struct dv_lexer *lexer, size_t bytes); /* moves on, counting lines and columns */
bool dv_lexer_is_word_start(char byte);
bool dv_lexer_is_word(char byte);
bool dv_lexer_is_space(char byte);

/* The text read so far, as the token that began at `start`. */
enum dv_status dv_lexer_emit(struct dv_lexer *lexer, enum dv_token_kind kind, const struct dv_token *start);
enum dv_status dv_lexer_identifier_length(struct dv_lexer *lexer, const struct dv_token *start,
                                          const char *text, size_t length);

/* Each reads one token, the reader standing at its first byte (a prefix E or U& included). */
enum dv_status dv_lexer_string(struct dv_lexer *lexer);
enum dv_status dv_lexer_escape_string(struct dv_lexer *lexer);
enum dv_status dv_lexer_unicode_token(struct dv_lexer *lexer);
enum dv_status dv_lexer_quoted_identifier(struct dv_lexer *lexer);
enum dv_status dv_lexer_dollar_string(struct dv_lexer *lexer);
/* After the last token: resolves U& tokens, taking out their UESCAPE clauses. */
enum dv_status dv_lexer_resolve_unicode(struct dv_lexer *lexer);

#endif
