/* PostgreSQL's arrays: their text form '{a,"b c",NULL}' read into items and written again, and their order.
 *
 * Values of rows carry an array as its text, always as PostgreSQL prints it. What works on the items reads
 * them (dv_array_read), changes the struct, and writes it (dv_array_write). Up to six dimensions, lower
 * bounds kept. */
#ifndef DV_CORE_ARRAY_H
#define DV_CORE_ARRAY_H

#include "core/value.h"

#define DV_ARRAY_DIMENSIONS 6

struct dv_array {
    unsigned dimensions; /* 0: empty */
    int32_t lengths[DV_ARRAY_DIMENSIONS], lower[DV_ARRAY_DIMENSIONS];
    size_t count;
    struct dv_value *items; /* row by row; set or NULL; in the arena */
};

/* 22P02 on malformed text and what the elements' own type refuses; 2202E where rows differ in length; 54000
 * by dv_array_check_bounds. */
enum dv_status dv_array_read(const char *text, size_t length, const struct dv_type *element,
                             struct dv_arena *arena, struct dv_array *out, struct dv_err *err) DV_MUST_CHECK;
/* 54000 where the upper bound of a dimension, and one more, is past an int4. What made or grew an array asks
 * this before it writes it. */
enum dv_status dv_array_check_bounds(const struct dv_array *array, struct dv_err *err) DV_MUST_CHECK;
void dv_array_write(const struct dv_array *array, const struct dv_type *element, struct dv_buf *out);
/* The text as PostgreSQL prints it, in the arena. */
enum dv_status dv_array_canonical(const char *text, size_t length, const struct dv_type *element,
                                  struct dv_arena *arena, struct dv_value *out,
                                  struct dv_err *err) DV_MUST_CHECK;
/* Items first (NULL above all), then their number, dimensions, lengths and bounds. */
int dv_array_compare(const struct dv_array *a, const struct dv_array *b, const struct dv_type *element);
/* The same over two texts. */
int dv_array_compare_text(const struct dv_value *a, const struct dv_value *b, const struct dv_type *element);
/* Appends one item, quoted where PostgreSQL quotes it. */
void dv_array_put_item(struct dv_buf *out, const char *p, size_t length);

#endif
