/* float4 and float8 as text, read and written as PostgreSQL does with extra_float_digits 1: the fewest digits
 * that read back as the same number. Internal to core/. */
#ifndef DV_CORE_VALUE_FLOAT_H
#define DV_CORE_VALUE_FLOAT_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>

/* 22P02, or 22003 where the number is too large or too small for the type. */
enum dv_status dv_float_parse(const char *text, size_t length, bool single, struct dv_arena *arena,
                              double *out, struct dv_err *err) DV_MUST_CHECK;
/* At most 32 bytes, not NUL-terminated; returns how many. */
unsigned dv_float_format(double value, bool single, char out[32]);

#endif
