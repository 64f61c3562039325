/* Sets of characters: building them, reading [...]. Private to the regex files. */
#ifndef DV_TRANSFORM_REGEX_SET_H
#define DV_TRANSFORM_REGEX_SET_H

#include "transform/regex_lexer.h"

enum dv_status dv_regex_set_char(struct dv_regex_set *set, uint32_t c, bool any_case, struct dv_arena *arena,
                                 struct dv_err *err) DV_MUST_CHECK;
/* The inside of [...], to its closing bracket; the lexer then stands behind that. */
enum dv_status dv_regex_read_bracket(struct dv_regex_lexer *lexer, struct dv_regex_set *set,
                                     struct dv_arena *arena) DV_MUST_CHECK;
/* Its number among the expression's sets; an equal one is used again. */
enum dv_status dv_regex_add_set(struct dv_regex *regex, const struct dv_regex_set *set,
                                struct dv_arena *arena, unsigned *number, struct dv_err *err) DV_MUST_CHECK;

#endif
