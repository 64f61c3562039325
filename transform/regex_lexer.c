#include "transform/regex_lexer.h"

#include "core/value_error.h"

#include <string.h>

enum dv_status dv_regex_bad(struct dv_err *err, const char *why)
{
    enum dv_status status = dv_value_fail(err, "2201B", "", 0, "invalid regular expression: %s", why);
    dv_err_hint(err, "docs/sql.md says what a regular expression may hold.");
    return status;
}

static bool follows(const struct dv_regex_lexer *lexer, uint32_t c)
{
    return lexer->at < lexer->end && *lexer->at == c;
}

static bool blank(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static enum dv_status give(struct dv_regex_lexer *lexer, enum dv_regex_token token, uint32_t value)
{
    lexer->token = token;
    lexer->value = value;
    return DV_OK;
}

/* ---- the start ----------------------------------------------------------------------------------------- */

static enum dv_status set_option(struct dv_regex_lexer *lexer, uint32_t option)
{
    switch (option) {
    case 'c':
        lexer->flags &= ~(unsigned)DV_REGEX_ICASE;
        return DV_OK;
    case 'i':
        lexer->flags |= DV_REGEX_ICASE;
        return DV_OK;
    case 'm':
    case 'n':
        lexer->flags |= DV_REGEX_NEWLINE_STOP | DV_REGEX_NEWLINE_ANCHOR;
        return DV_OK;
    case 'p':
        lexer->flags |= DV_REGEX_NEWLINE_STOP;
        lexer->flags &= ~(unsigned)DV_REGEX_NEWLINE_ANCHOR;
        return DV_OK;
    case 'q':
        lexer->flags |= DV_REGEX_LITERAL;
        return DV_OK;
    case 's':
        lexer->flags &= ~(unsigned)(DV_REGEX_NEWLINE_STOP | DV_REGEX_NEWLINE_ANCHOR);
        return DV_OK;
    case 't':
        lexer->flags &= ~(unsigned)DV_REGEX_EXPANDED;
        return DV_OK;
    case 'w':
        lexer->flags &= ~(unsigned)DV_REGEX_NEWLINE_STOP;
        lexer->flags |= DV_REGEX_NEWLINE_ANCHOR;
        return DV_OK;
    case 'x':
        lexer->flags |= DV_REGEX_EXPANDED;
        return DV_OK;
    default: /* b and e too: drover has the advanced form alone */
        return dv_regex_bad(lexer->err, "invalid embedded option");
    }
}

enum dv_status dv_regex_prefix(struct dv_regex_lexer *lexer)
{
    const uint32_t *p = lexer->at;
    lexer->advanced = true;
    if ((lexer->flags & DV_REGEX_LITERAL) != 0)
        return DV_OK;
    if (lexer->end - p >= 4 && p[0] == '*' && p[1] == '*' && p[2] == '*') {
        if (p[3] == '=') {
            lexer->flags |= DV_REGEX_LITERAL;
            lexer->at += 4;
            return DV_OK;
        }
        if (p[3] != ':')
            return dv_regex_bad(lexer->err, "quantifier operand invalid");
        lexer->at += 4;
        p = lexer->at;
    }
    if (lexer->end - p >= 3 && p[0] == '(' && p[1] == '?' &&
        ((p[2] >= 'a' && p[2] <= 'z') || (p[2] >= 'A' && p[2] <= 'Z'))) {
        for (p += 2; p < lexer->end && *p != ')'; p++) {
            enum dv_status status = set_option(lexer, *p);
            if (status != DV_OK)
                return status;
        }
        if (p == lexer->end)
            return dv_regex_bad(lexer->err, "invalid embedded option");
        lexer->at = p + 1;
    }
    return DV_OK;
}

/* ---- escapes ------------------------------------------------------------------------------------------- */

static int digit_of(uint32_t c, unsigned base)
{
    int digit = c >= '0' && c <= '9'   ? (int)(c - '0')
                : c >= 'a' && c <= 'f' ? (int)(c - 'a') + 10
                : c >= 'A' && c <= 'F' ? (int)(c - 'A') + 10
                                       : 99;
    return digit < (int)base ? digit : -1;
}

/* least to most digits; false: fewer, or a number past the last character. */
static bool read_digits(struct dv_regex_lexer *lexer, unsigned base, unsigned least, unsigned most,
                        uint32_t *out)
{
    uint64_t value = 0;
    unsigned count = 0;
    for (; count < most && lexer->at < lexer->end && digit_of(*lexer->at, base) >= 0; count++, lexer->at++)
        if (value < 0x100000000U)
            value = value * base + (unsigned)digit_of(*lexer->at, base);
    *out = (uint32_t)value;
    return count >= least && value <= 0x7fffffff;
}

static enum dv_status bad_escape(struct dv_regex_lexer *lexer)
{
    return dv_regex_bad(lexer->err, "invalid escape \\ sequence");
}

static enum dv_status plain_code(struct dv_regex_lexer *lexer, unsigned base, unsigned least, unsigned most)
{
    uint32_t c;
    return read_digits(lexer, base, least, most, &c) ? give(lexer, DV_RE_PLAIN, c) : bad_escape(lexer);
}

/* A digit: a reference where it is one alone or there are so many brackets; else octal. */
static enum dv_status numbered(struct dv_regex_lexer *lexer)
{
    const uint32_t *first = lexer->at - 1;
    uint32_t c;
    if (*first != '0') {
        lexer->at = first;
        if (!read_digits(lexer, 10, 1, 255, &c))
            return bad_escape(lexer);
        if (lexer->at == first + 1 || (c > 0 && c <= lexer->captures))
            return give(lexer, DV_RE_REFERENCE, c);
    }
    lexer->at = first;
    if (!read_digits(lexer, 8, 1, 3, &c))
        return bad_escape(lexer);
    if (c > 0xff) {
        lexer->at--;
        c >>= 3;
    }
    return give(lexer, DV_RE_PLAIN, c);
}

enum dv_status dv_regex_escape(struct dv_regex_lexer *lexer)
{
    static const char *const names = "abBefnrtv";
    static const char values[] = "\a\b\\\033\f\n\r\t\v";
    uint32_t c;
    const char *found;
    if (lexer->at == lexer->end)
        return bad_escape(lexer);
    c = *lexer->at++;
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
        return give(lexer, DV_RE_PLAIN, c);
    if (c >= '0' && c <= '9')
        return numbered(lexer);
    found = strchr(names, (int)c);
    if (found != NULL)
        return give(lexer, DV_RE_PLAIN, (unsigned char)values[found - names]);
    switch (c) {
    case 'A':
        return give(lexer, DV_RE_ASSERT, DV_AT_TEXT_START);
    case 'Z':
        return give(lexer, DV_RE_ASSERT, DV_AT_TEXT_END);
    case 'm':
        return give(lexer, DV_RE_ASSERT, DV_AT_WORD_START);
    case 'M':
        return give(lexer, DV_RE_ASSERT, DV_AT_WORD_END);
    case 'y':
        return give(lexer, DV_RE_ASSERT, DV_AT_WORD_EDGE);
    case 'Y':
        return give(lexer, DV_RE_ASSERT, DV_AT_NO_WORD_EDGE);
    case 'd':
    case 'D':
        return give(lexer, c == 'd' ? DV_RE_CLASS : DV_RE_NOT_CLASS, DV_CLASS_DIGIT);
    case 's':
    case 'S':
        return give(lexer, c == 's' ? DV_RE_CLASS : DV_RE_NOT_CLASS, DV_CLASS_SPACE);
    case 'w':
    case 'W':
        return give(lexer, c == 'w' ? DV_RE_CLASS : DV_RE_NOT_CLASS, DV_CLASS_WORD);
    case 'c':
        if (lexer->at == lexer->end)
            return bad_escape(lexer);
        return give(lexer, DV_RE_PLAIN, *lexer->at++ & 037U);
    case 'u':
        return plain_code(lexer, 16, 4, 4);
    case 'U':
        return plain_code(lexer, 16, 8, 8);
    case 'x':
        return plain_code(lexer, 16, 1, 255);
    default:
        return bad_escape(lexer);
    }
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

/* Blanks and comments, where the pattern is expanded; (?#...) always is one. */
static void skip(struct dv_regex_lexer *lexer)
{
    for (;;) {
        const uint32_t *start = lexer->at;
        if ((lexer->flags & DV_REGEX_EXPANDED) == 0)
            return;
        while (lexer->at < lexer->end && blank(*lexer->at))
            lexer->at++;
        if (follows(lexer, '#'))
            while (lexer->at < lexer->end && *lexer->at != '\n')
                lexer->at++;
        if (lexer->at == start)
            return;
    }
}

static enum dv_status quantifier(struct dv_regex_lexer *lexer, enum dv_regex_token token)
{
    bool lazy = follows(lexer, '?');
    if (lazy)
        lexer->at++;
    return give(lexer, token, lazy ? 0 : 1);
}

static enum dv_status opening(struct dv_regex_lexer *lexer)
{
    uint32_t c, behind;
    if (!follows(lexer, '?'))
        return give(lexer, DV_RE_OPEN, 1);
    lexer->at++;
    c = lexer->at < lexer->end ? *lexer->at++ : 0;
    if (c == ':')
        return give(lexer, DV_RE_OPEN, 0);
    if (c == '#') {
        while (lexer->at < lexer->end && *lexer->at != ')')
            lexer->at++;
        if (lexer->at < lexer->end)
            lexer->at++;
        return dv_regex_next(lexer);
    }
    if (c == '=' || c == '!')
        return give(lexer, DV_RE_LOOK, c == '=' ? 0 : 2);
    behind = c == '<' && lexer->at < lexer->end ? *lexer->at++ : 0;
    if (behind == '=' || behind == '!')
        return give(lexer, DV_RE_LOOK, behind == '=' ? 1 : 3);
    return dv_regex_bad(lexer->err, "quantifier operand invalid");
}

static enum dv_status opening_bracket(struct dv_regex_lexer *lexer)
{
    const uint32_t *p = lexer->at;
    if (lexer->end - p >= 6 && p[0] == '[' && p[1] == ':' && (p[2] == '<' || p[2] == '>') && p[3] == ':' &&
        p[4] == ']' && p[5] == ']') {
        lexer->at += 6;
        return give(lexer, DV_RE_ASSERT, p[2] == '<' ? DV_AT_WORD_START : DV_AT_WORD_END);
    }
    if (follows(lexer, '^')) {
        lexer->at++;
        return give(lexer, DV_RE_BRACKET, 0);
    }
    return give(lexer, DV_RE_BRACKET, 1);
}

enum dv_status dv_regex_next(struct dv_regex_lexer *lexer)
{
    bool lines = (lexer->flags & DV_REGEX_NEWLINE_ANCHOR) != 0;
    uint32_t c;
    if ((lexer->flags & DV_REGEX_LITERAL) == 0)
        skip(lexer);
    if (lexer->at == lexer->end)
        return give(lexer, DV_RE_END, 0);
    c = *lexer->at++;
    if ((lexer->flags & DV_REGEX_LITERAL) != 0)
        return give(lexer, DV_RE_PLAIN, c);
    switch (c) {
    case '|':
        return give(lexer, DV_RE_OR, 0);
    case '*':
        return quantifier(lexer, DV_RE_STAR);
    case '+':
        return quantifier(lexer, DV_RE_PLUS);
    case '?':
        return quantifier(lexer, DV_RE_OPTIONAL);
    case '{':
        skip(lexer);
        if (lexer->at == lexer->end || *lexer->at < '0' || *lexer->at > '9')
            return give(lexer, DV_RE_PLAIN, c);
        return give(lexer, DV_RE_BRACE, 0);
    case '(':
        return opening(lexer);
    case ')':
        return give(lexer, DV_RE_CLOSE, 0);
    case '[':
        return opening_bracket(lexer);
    case '.':
        return give(lexer, DV_RE_DOT, 0);
    case '^':
        return give(lexer, DV_RE_ASSERT, lines ? DV_AT_LINE_START : DV_AT_TEXT_START);
    case '$':
        return give(lexer, DV_RE_ASSERT, lines ? DV_AT_LINE_END : DV_AT_TEXT_END);
    case '\\':
        return dv_regex_escape(lexer);
    default:
        return give(lexer, DV_RE_PLAIN, c);
    }
}

static enum dv_status read_bound(struct dv_regex_lexer *lexer, unsigned *out)
{
    unsigned value = 0;
    if (lexer->at < lexer->end && (*lexer->at < '0' || *lexer->at > '9'))
        return dv_regex_bad(lexer->err, "invalid repetition count(s)");
    for (; lexer->at < lexer->end && *lexer->at >= '0' && *lexer->at <= '9' && value < DV_REGEX_INFINITE;
         lexer->at++)
        value = value * 10 + (*lexer->at - '0');
    if (value > 255)
        return dv_regex_bad(lexer->err, "invalid repetition count(s)");
    *out = value;
    return DV_OK;
}

enum dv_status dv_regex_bounds(struct dv_regex_lexer *lexer, unsigned *min, unsigned *max, int *prefer)
{
    enum dv_status status = read_bound(lexer, min);
    *max = *min;
    *prefer = -1;
    if (status == DV_OK && follows(lexer, ',')) {
        lexer->at++;
        *max = DV_REGEX_INFINITE;
        if (lexer->at < lexer->end && *lexer->at >= '0' && *lexer->at <= '9')
            status = read_bound(lexer, max);
        *prefer = 1;
    }
    if (status != DV_OK)
        return status;
    if (lexer->at == lexer->end)
        return dv_regex_bad(lexer->err, "braces {} not balanced");
    if (*min > *max || *lexer->at != '}')
        return dv_regex_bad(lexer->err, "invalid repetition count(s)");
    lexer->at++;
    if (follows(lexer, '?')) {
        lexer->at++;
        if (*prefer == 1)
            *prefer = 0;
    }
    return dv_regex_next(lexer);
}
