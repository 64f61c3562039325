/* PostgreSQL 15's keywords, as far as they are more than plain names, and the nearest keyword to a misspelt
 * word.
 *
 * No state, no errors. Words are given folded to lower case. */
#ifndef DV_TRANSFORM_KEYWORD_H
#define DV_TRANSFORM_KEYWORD_H

#include <stdbool.h>

enum dv_keyword {
    DV_KEYWORD_FREE,     /* no keyword, or one that may name anything */
    DV_KEYWORD_COLUMN,   /* may name a column or table, not a function or type */
    DV_KEYWORD_FUNCTION, /* may name a function or type, not a column or table */
    DV_KEYWORD_RESERVED  /* names nothing unless quoted, or follows AS */
};

enum dv_keyword dv_keyword_of(const char *word);
/* May stand as an output column's name without AS before it. */
bool dv_keyword_bare_label(const char *word);
/* The word of the subset that `word` was probably meant to be; NULL: none is near, or it is one itself. */
const char *dv_keyword_near(const char *word);
/* One slip (a letter wrong, missing, too many, or two exchanged) lies between the two. */
bool dv_keyword_slip(const char *word, const char *meant);

#endif
