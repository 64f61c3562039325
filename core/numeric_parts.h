/* How numeric values are taken apart and put together; shared by numeric.c and numeric_math.c, internal to
 * core/. GMP allocates through malloc by its own hooks, and stops the process where there is no memory: those
 * hooks are one for the whole process, so they cannot report into a caller's struct dv_err. */
#ifndef DV_CORE_NUMERIC_PARTS_H
#define DV_CORE_NUMERIC_PARTS_H

#include "core/numeric.h"

#include <gmp.h>

__extension__ typedef __int128 dv_int128;

#define DV_NUM_SMALL_SCALE 18
#define DV_NUM_MAX_SCALE   16383  /* NUMERIC_DSCALE_MAX */
#define DV_NUM_MAX_WHOLE   131072 /* digits before the point: weights up to 32767, four digits each */

extern const int64_t dv_pow10[19];

static inline bool dv_numeric_is_finite(const struct dv_value *value)
{
    return value->kind == DV_NUM_SMALL || value->kind == DV_NUM_BIG;
}
static inline int32_t dv_numeric_scale_of(const struct dv_value *value)
{
    return value->kind == DV_NUM_SMALL ? (int32_t)value->scale : value->u.big->scale;
}
static inline dv_int128 dv_pow10_wide(int exponent) /* 0..36 */
{
    return exponent <= 18 ? (dv_int128)dv_pow10[exponent] : (dv_int128)dv_pow10[18] * dv_pow10[exponent - 18];
}

struct dv_value dv_numeric_special(enum dv_num_kind kind);
int dv_numeric_sign_of(const struct dv_value *value); /* -1, 0, 1; infinities too; NaN 1 */
/* The coefficient of a finite value into an initialised mpz. */
void dv_numeric_load(const struct dv_value *value, mpz_t out);
/* coefficient * 10^-scale as a value: small where it can be; 22003 where PostgreSQL's format overflows. */
enum dv_status dv_numeric_store(const mpz_t coefficient, int32_t scale, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_store_wide(dv_int128 coefficient, int32_t scale, struct dv_arena *arena,
                                     struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
/* coefficient / 10^drop in place, rounded by mode as dv_numeric_round has it. */
void dv_numeric_drop_digits(mpz_t coefficient, int32_t drop, char mode);
dv_int128 dv_numeric_divide_wide(dv_int128 dividend, dv_int128 divisor, char mode);

#endif
