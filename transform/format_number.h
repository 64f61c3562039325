/* The patterns of to_char and to_number over numbers. Private to transform/. */
#ifndef DV_TRANSFORM_FORMAT_NUMBER_H
#define DV_TRANSFORM_FORMAT_NUMBER_H

#include "transform/functions.h"

enum dv_place {
    P_TEXT,
    P_COMMA,
    P_POINT,
    P_ZERO,
    P_NINE,
    P_BLANK,
    P_CURRENCY_ISO,
    P_DECIMAL,
    P_SCIENTIFIC,
    P_FILL,
    P_GROUP,
    P_CURRENCY,
    P_MINUS,
    P_PLUS,
    P_BRACKET,
    P_ROMAN,
    P_ROMAN_LOWER,
    P_SIGN_PLACE,
    P_SPELLED,
    P_SIGN,
    P_ORDINAL,
    P_ORDINAL_LOWER,
    P_SHIFT
};

enum flag {
    F_DECIMAL = 1,
    F_ZERO = 2,
    F_BLANK = 4,
    F_FILL = 8,
    F_SIGN = 16,
    F_BRACKET = 32,
    F_MINUS = 64,
    F_PLUS = 128,
    F_ROMAN = 256,
    F_SHIFT = 512,
    F_SCIENTIFIC = 1024
};

enum anchor { ANCHOR_NONE, ANCHOR_BEFORE, ANCHOR_BEHIND };

struct dv_number_place {
    enum dv_place place;
    const char *p;
    unsigned width;
};

struct dv_number_format {
    struct dv_number_place *nodes;
    unsigned count, flags;
    int pre, post, shift, zero_start, zero_end, before_sign;
    enum anchor anchor;
};

/* 42601: the pattern contradicts itself. */
enum dv_status dv_number_format_parse(const char *pattern, size_t length, struct dv_arena *arena,
                                      struct dv_number_format *format, struct dv_err *err) DV_MUST_CHECK;
/* The one made at binding (expr->data), copied, or that of the row. */
enum dv_status dv_number_format_of(const struct dv_expr *expr, struct dv_eval *eval,
                                   const struct dv_value *pattern, struct dv_number_format *format,
                                   struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_to_number(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                            struct dv_value *out, struct dv_err *err);

#endif
