/* Divisors, factorials and whole quotients of numerics. */
#include "core/numeric_parts.h"
#include "core/value_error.h"

/* The greatest common divisor, or the least common multiple. */
enum dv_status dv_numeric_gcd(const struct dv_value *a, const struct dv_value *b, bool multiple,
                              struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    int32_t scale_a, scale_b, scale;
    mpz_t x, y, ten;
    enum dv_status status;
    if (!dv_numeric_is_finite(a) || !dv_numeric_is_finite(b)) {
        *out = dv_numeric_special(DV_NUM_NAN);
        return DV_OK;
    }
    scale_a = dv_numeric_scale_of(a);
    scale_b = dv_numeric_scale_of(b);
    scale = scale_a > scale_b ? scale_a : scale_b;
    mpz_inits(x, y, ten, NULL);
    dv_numeric_load(a, x);
    dv_numeric_load(b, y);
    mpz_ui_pow_ui(ten, 10, (unsigned long)(scale - scale_a));
    mpz_mul(x, x, ten);
    mpz_ui_pow_ui(ten, 10, (unsigned long)(scale - scale_b));
    mpz_mul(y, y, ten);
    if (multiple)
        mpz_lcm(x, x, y);
    else
        mpz_gcd(x, x, y);
    status = dv_numeric_store(x, scale, arena, out, err);
    mpz_clears(x, y, ten, NULL);
    return status;
}

enum dv_status dv_numeric_factorial(int64_t n, struct dv_arena *arena, struct dv_value *out,
                                    struct dv_err *err)
{
    mpz_t result;
    enum dv_status status;
    if (n < 0)
        return dv_value_fail(err, "22003", "", 0, "factorial of a negative number is undefined");
    if (n > 32177)
        return dv_value_fail(err, "22003", "", 0, "value overflows numeric format");
    mpz_init(result);
    mpz_fac_ui(result, (unsigned long)n);
    status = dv_numeric_store(result, 0, arena, out, err);
    mpz_clear(result);
    return status;
}

/* a / b cut to a whole number. */
enum dv_status dv_numeric_div(const struct dv_value *a, const struct dv_value *b, struct dv_arena *arena,
                              struct dv_value *out, struct dv_err *err)
{
    mpz_t x, y, ten;
    enum dv_status status;
    if (!dv_numeric_is_finite(a) || !dv_numeric_is_finite(b))
        return dv_numeric_arithmetic('/', a, b, arena, out, err);
    if (dv_numeric_sign_of(b) == 0)
        return dv_value_fail(err, "22012", "", 0, "division by zero");
    mpz_inits(x, y, ten, NULL);
    dv_numeric_load(a, x);
    dv_numeric_load(b, y);
    mpz_ui_pow_ui(ten, 10, (unsigned long)dv_numeric_scale_of(b));
    mpz_mul(x, x, ten);
    mpz_ui_pow_ui(ten, 10, (unsigned long)dv_numeric_scale_of(a));
    mpz_mul(y, y, ten);
    mpz_tdiv_q(x, x, y);
    status = dv_numeric_store(x, 0, arena, out, err);
    mpz_clears(x, y, ten, NULL);
    return status;
}

int32_t dv_numeric_scale(const struct dv_value *a)
{
    return dv_numeric_is_finite(a) ? dv_numeric_scale_of(a) : -1;
}

int32_t dv_numeric_min_scale(const struct dv_value *a)
{
    int32_t scale;
    mpz_t value;
    if (!dv_numeric_is_finite(a))
        return -1;
    scale = dv_numeric_scale_of(a);
    mpz_init(value);
    dv_numeric_load(a, value);
    if (mpz_sgn(value) == 0)
        scale = 0;
    while (scale > 0 && mpz_divisible_ui_p(value, 10) != 0) {
        mpz_divexact_ui(value, value, 10);
        scale--;
    }
    mpz_clear(value);
    return scale;
}
