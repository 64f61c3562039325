/* Arrays in their text form, '{a,"b c",NULL}': reading items, writing them. One dimension. */
#ifndef DV_TRANSFORM_ARRAY_TEXT_H
#define DV_TRANSFORM_ARRAY_TEXT_H

#include "core/value.h"

struct dv_array_item {
    const char *p;
    size_t len;
    bool is_null, nested; /* nested: an inner array, braces included */
};

/* Next item; *at starts as NULL. Unescaped items go to the arena. DV_END after the last; 22P02 on malformed
 * text. */
enum dv_status dv_array_next(const char *text, size_t length, const char **at, struct dv_array_item *item,
                             struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
/* Appends one item, quoted where PostgreSQL quotes it; NULL p: NULL. The caller writes braces and commas. */
void dv_array_quote(struct dv_buf *out, const char *p, size_t length);
/* A JSON path step that is an array index. */
bool dv_array_index(const char *p, size_t length, int64_t *index);

#endif
