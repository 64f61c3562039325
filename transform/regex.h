/* PostgreSQL's regular expressions (manual 9.7.3, "advanced" ones): parsed, compiled, matched.
 *
 * Order of calls: dv_regex_compile once (at binding where the pattern is constant), then dv_regex_find as
 * often as wanted. A compiled expression is immutable, lives in the arena it was compiled in, and may be used
 * by many threads. Positions are byte offsets into UTF-8 text.
 *
 * Which of several matches is taken follows the manual's 9.7.3.5: the earliest; of those the longest or the
 * shortest, as the whole expression prefers; then each part, from left to right, by its own preference. What
 * is decided without captures, back-references or look-around runs as a table of states, one step a
 * character. */
#ifndef DV_TRANSFORM_REGEX_H
#define DV_TRANSFORM_REGEX_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>

enum dv_regex_flag {
    DV_REGEX_ICASE = 1,
    DV_REGEX_NEWLINE_STOP = 2,   /* . and [^...] do not match a newline */
    DV_REGEX_NEWLINE_ANCHOR = 4, /* ^ and $ match at lines */
    DV_REGEX_EXPANDED = 8,       /* blanks and comments in the pattern do not count */
    DV_REGEX_LITERAL = 16,       /* the pattern is plain text */
    DV_REGEX_ONCE = 32           /* for one use: no table of states is built */
};

#define DV_REGEX_NONE SIZE_MAX

struct dv_regex_span {
    size_t start, end; /* DV_REGEX_NONE: took no part in the match */
};

struct dv_regex;

/* 2201B: "invalid regular expression: ...". The pattern is borrowed for the call alone. */
enum dv_status dv_regex_compile(const char *pattern, size_t length, unsigned flags, struct dv_arena *arena,
                                const struct dv_regex **out, struct dv_err *err) DV_MUST_CHECK;
unsigned dv_regex_captures(const struct dv_regex *regex);
/* Whether the text matches anywhere from byte `from` on. spans: [0] the whole, [n] the n-th bracket,
 * span_count of them wanted (0: only whether it matches). scratch: for the search, which resets nothing in
 * it. */
enum dv_status dv_regex_find(const struct dv_regex *regex, const char *text, size_t length, size_t from,
                             struct dv_regex_span *spans, unsigned span_count, struct dv_arena *scratch,
                             bool *found, struct dv_err *err) DV_MUST_CHECK;

#endif
