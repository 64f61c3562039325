/* What the readers of values share: errors worded and coded as PostgreSQL's, and blanks as its isspace() sees
 * them. Internal to core/. Every function fills err (code FAULT, SQLSTATE, the value cut short) and returns
 * DV_FAILED. */
#ifndef DV_CORE_VALUE_ERROR_H
#define DV_CORE_VALUE_ERROR_H

#include "core/error.h"

#include <stdbool.h>

/* 22P02: invalid input syntax for type TYPE: "TEXT" */
enum dv_status dv_value_bad_syntax(struct dv_err *err, const char *type, const char *text, size_t length);
/* 22003: value "TEXT" is out of range for type TYPE */
enum dv_status dv_value_out_of_range(struct dv_err *err, const char *type, const char *text, size_t length);
/* Any other: the message with one %.*s for the text (borrowed). */
enum dv_status dv_value_fail(struct dv_err *err, const char *sqlstate, const char *text, size_t length,
                             const char *format, ...) DV_PRINTF(5, 6);

static inline bool dv_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline bool dv_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline char dv_lower_ascii(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}
static inline void dv_trim_blanks(const char **text, size_t *length)
{
    while (*length > 0 && dv_is_blank(**text)) {
        ++*text;
        --*length;
    }
    while (*length > 0 && dv_is_blank((*text)[*length - 1]))
        --*length;
}
/* text equals the lower-case word, whatever text's case. */
static inline bool dv_is_word(const char *text, size_t length, const char *word)
{
    size_t i;
    for (i = 0; i < length && word[i] != '\0'; i++)
        if (dv_lower_ascii(text[i]) != word[i])
            return false;
    return i == length && word[i] == '\0';
}

#endif
