/* Tokens of a regular expression. Private to the regex files. */
#ifndef DV_TRANSFORM_REGEX_LEXER_H
#define DV_TRANSFORM_REGEX_LEXER_H

#include "transform/regex_internal.h"

enum dv_regex_token {
    DV_RE_END,
    DV_RE_PLAIN,
    DV_RE_OR,
    DV_RE_STAR, /* of the quantifiers, value: 1 greedy, 0 not */
    DV_RE_PLUS,
    DV_RE_OPTIONAL,
    DV_RE_BRACE,
    DV_RE_OPEN, /* value: 1 captures */
    DV_RE_CLOSE,
    DV_RE_BRACKET, /* value: 0 negated; the inside is read by the parser, from `at` */
    DV_RE_DOT,
    DV_RE_ASSERT,    /* value: enum dv_regex_assertion */
    DV_RE_CLASS,     /* value: enum dv_regex_class */
    DV_RE_NOT_CLASS, /* the same */
    DV_RE_REFERENCE,
    DV_RE_LOOK /* value: 1 behind, 2 negative, or'ed */
};

struct dv_regex_lexer {
    const uint32_t *at, *end;
    unsigned flags;
    unsigned captures; /* opened so far: whether \12 is a reference depends on it */
    bool advanced;
    enum dv_regex_token token;
    uint32_t value;
    struct dv_err *err;
};

/* The start of the pattern: *** directors and (?options). */
enum dv_status dv_regex_prefix(struct dv_regex_lexer *lexer) DV_MUST_CHECK;
enum dv_status dv_regex_next(struct dv_regex_lexer *lexer) DV_MUST_CHECK;
/* Behind a backslash; the token is PLAIN, a class, an assertion or a reference. */
enum dv_status dv_regex_escape(struct dv_regex_lexer *lexer) DV_MUST_CHECK;
/* {m}, {m,}, {m,n}, behind the brace. *prefer: 1 greedy, 0 not, -1 as what it repeats. */
enum dv_status dv_regex_bounds(struct dv_regex_lexer *lexer, unsigned *min, unsigned *max,
                               int *prefer) DV_MUST_CHECK;

#endif
