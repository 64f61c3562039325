#include "core/numeric_parts.h"
#include "core/value_error.h"

#include <stdlib.h>

dv_int128 dv_numeric_divide_wide(dv_int128 dividend, dv_int128 divisor, char mode)
{
    dv_int128 quotient = dividend / divisor, rest = dividend % divisor;
    if (rest == 0)
        return quotient;
    bool negative = (rest < 0) != (divisor < 0);
    if (rest < 0)
        rest = -rest;
    if (divisor < 0)
        divisor = -divisor;
    if ((mode == 'r' && rest >= divisor - rest) || (mode == 'c' && !negative) || (mode == 'f' && negative))
        quotient += negative ? -1 : 1;
    return quotient;
}

/* quotient = dividend / divisor by mode; dividend and divisor are overwritten. */
static void divide_big(mpz_t quotient, mpz_t dividend, mpz_t divisor, char mode)
{
    bool negative = (mpz_sgn(dividend) < 0) != (mpz_sgn(divisor) < 0);
    mpz_tdiv_qr(quotient, dividend, dividend, divisor);
    if (mpz_sgn(dividend) == 0)
        return;
    mpz_mul_2exp(dividend, dividend, 1);
    if ((mode == 'r' && mpz_cmpabs(dividend, divisor) >= 0) || (mode == 'c' && !negative) ||
        (mode == 'f' && negative)) {
        if (negative)
            mpz_sub_ui(quotient, quotient, 1);
        else
            mpz_add_ui(quotient, quotient, 1);
    }
}

void dv_numeric_drop_digits(mpz_t coefficient, int32_t drop, char mode)
{
    mpz_t power, quotient;
    mpz_inits(power, quotient, NULL);
    mpz_ui_pow_ui(power, 10, (unsigned long)drop);
    divide_big(quotient, coefficient, power, mode);
    mpz_swap(coefficient, quotient);
    mpz_clears(power, quotient, NULL);
}

static void raise_by(mpz_t value, int32_t digits)
{
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)digits);
    mpz_mul(value, value, power);
    mpz_clear(power);
}

static enum dv_status division_by_zero(struct dv_err *err)
{
    return dv_value_fail(err, "22012", "", 0, "division by zero");
}

static struct dv_value infinity(int sign)
{
    return dv_numeric_special(sign < 0 ? DV_NUM_MINUS_INFINITY : DV_NUM_INFINITY);
}

/* At least one operand is NaN or infinite. */
static enum dv_status special_arithmetic(char op, const struct dv_value *a, const struct dv_value *b,
                                         struct dv_value *out, struct dv_err *err)
{
    const struct dv_value nan = dv_numeric_special(DV_NUM_NAN);
    bool finite_a = dv_numeric_is_finite(a), finite_b = dv_numeric_is_finite(b);
    int sign_a = dv_numeric_sign_of(a), sign_b = dv_numeric_sign_of(b);
    if (a->kind == DV_NUM_NAN || b->kind == DV_NUM_NAN) {
        *out = nan;
        return DV_OK;
    }
    switch (op) {
    case '+':
    case '-':
        if (op == '-')
            sign_b = -sign_b;
        *out = !finite_a && !finite_b && sign_a != sign_b ? nan : infinity(finite_a ? sign_b : sign_a);
        return DV_OK;
    case '*':
        *out = sign_a * sign_b == 0 ? nan : infinity(sign_a * sign_b);
        return DV_OK;
    case '/':
        if (!finite_a && sign_b == 0)
            return division_by_zero(err);
        if (finite_a)
            *out = dv_numeric_from_int(0);
        else
            *out = finite_b ? infinity(sign_a * sign_b) : nan;
        return DV_OK;
    default:
        if (!finite_a && sign_b == 0)
            return division_by_zero(err);
        *out = finite_a ? *a : nan;
        return DV_OK;
    }
}

/* The first base-10000 digit of |coefficient| * 10^-scale and its weight, which PostgreSQL chooses a
 * quotient's scale by. */
static void leading_digit(const mpz_t coefficient, int32_t scale, int *weight, int *digit)
{
    *weight = *digit = 0;
    if (mpz_sgn(coefficient) == 0)
        return;
    mpz_t power, lead;
    mpz_inits(power, lead, NULL);
    int64_t count = (int64_t)mpz_sizeinbase(coefficient, 10);
    mpz_ui_pow_ui(power, 10, (unsigned long)count - 1);
    if (mpz_cmpabs(coefficient, power) < 0)
        count--;
    int64_t exponent = count - 1 - scale; /* of the leading decimal digit */
    int64_t place = exponent >= 0 ? exponent / 4 : -((-exponent + 3) / 4);
    int64_t shift = place * 4 + scale; /* decimal digits of the coefficient behind the leading group */
    mpz_abs(lead, coefficient);
    if (shift >= 0)
        dv_numeric_drop_digits(lead, (int32_t)shift, 't');
    else
        raise_by(lead, (int32_t)-shift);
    *weight = (int)place;
    *digit = (int)mpz_get_si(lead);
    mpz_clears(power, lead, NULL);
}

static void leading_digit_small(int64_t coefficient, int32_t scale, int *weight, int *digit)
{
    *weight = *digit = 0;
    if (coefficient == 0)
        return;
    uint64_t magnitude = coefficient < 0 ? ~(uint64_t)coefficient + 1U : (uint64_t)coefficient;
    int count = 1;
    while (count <= 18 && magnitude >= (uint64_t)dv_pow10[count])
        count++;
    int exponent = count - 1 - scale, place = exponent >= 0 ? exponent / 4 : -((-exponent + 3) / 4);
    int shift = place * 4 + scale;
    *weight = place;
    *digit =
        (int)(shift >= 0 ? magnitude / (uint64_t)dv_pow10[shift] : magnitude * (uint64_t)dv_pow10[-shift]);
}

/* select_div_scale(): at least 16 significant digits, at least either operand's scale, at most 1000. */
static int32_t quotient_scale(int weight_a, int digit_a, int weight_b, int digit_b, int32_t scale_a,
                              int32_t scale_b)
{
    int32_t weight = weight_a - weight_b - (digit_a <= digit_b ? 1 : 0);
    int32_t scale = 16 - weight * 4;
    if (scale < scale_a)
        scale = scale_a;
    if (scale < scale_b)
        scale = scale_b;
    if (scale < 0)
        scale = 0;
    return scale > 1000 ? 1000 : scale;
}

static enum dv_status arithmetic_big(char op, const struct dv_value *a, const struct dv_value *b,
                                     struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    enum dv_status status;
    int32_t scale_a = dv_numeric_scale_of(a), scale_b = dv_numeric_scale_of(b);
    int32_t scale = scale_a > scale_b ? scale_a : scale_b;
    mpz_t x, y, result;
    mpz_inits(x, y, result, NULL);
    dv_numeric_load(a, x);
    dv_numeric_load(b, y);
    if ((op == '/' || op == '%') && mpz_sgn(y) == 0) {
        status = division_by_zero(err);
        goto done;
    }
    if (op == '/') {
        int weight_a, digit_a, weight_b, digit_b;
        leading_digit(x, scale_a, &weight_a, &digit_a);
        leading_digit(y, scale_b, &weight_b, &digit_b);
        scale = quotient_scale(weight_a, digit_a, weight_b, digit_b, scale_a, scale_b);
        int32_t raise = scale + scale_b - scale_a;
        if (raise >= 0)
            raise_by(x, raise);
        else
            raise_by(y, -raise);
        divide_big(result, x, y, 'r');
    } else if (op == '*') {
        mpz_mul(result, x, y);
        scale = scale_a + scale_b;
        if (scale > DV_NUM_MAX_SCALE) {
            dv_numeric_drop_digits(result, scale - DV_NUM_MAX_SCALE, 'r');
            scale = DV_NUM_MAX_SCALE;
        }
    } else {
        raise_by(x, scale - scale_a);
        raise_by(y, scale - scale_b);
        if (op == '+')
            mpz_add(result, x, y);
        else if (op == '-')
            mpz_sub(result, x, y);
        else
            mpz_tdiv_r(result, x, y);
    }
    status = dv_numeric_store(result, scale, arena, out, err);
done:
    mpz_clears(x, y, result, NULL);
    return status;
}

/* Both small. False where 128 bits do not hold what lies between. */
static bool divide_small(const struct dv_value *a, const struct dv_value *b, dv_int128 *quotient,
                         int32_t *scale)
{
    int weight_a, digit_a, weight_b, digit_b;
    leading_digit_small(a->u.i, a->scale, &weight_a, &digit_a);
    leading_digit_small(b->u.i, b->scale, &weight_b, &digit_b);
    *scale = quotient_scale(weight_a, digit_a, weight_b, digit_b, a->scale, b->scale);
    int raise = *scale + b->scale - a->scale; /* never negative: scale is at least a's */
    dv_int128 magnitude = a->u.i < 0 ? -(dv_int128)a->u.i : a->u.i;
    if (raise > 36 || magnitude > (((dv_int128)1 << 126) / dv_pow10_wide(raise)))
        return false;
    *quotient = dv_numeric_divide_wide(a->u.i * dv_pow10_wide(raise), b->u.i, 'r');
    return true;
}

enum dv_status dv_numeric_arithmetic(char op, const struct dv_value *a, const struct dv_value *b,
                                     struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    if (!dv_numeric_is_finite(a) || !dv_numeric_is_finite(b))
        return special_arithmetic(op, a, b, out, err);
    if (a->kind != DV_NUM_SMALL || b->kind != DV_NUM_SMALL)
        return arithmetic_big(op, a, b, arena, out, err);
    if ((op == '/' || op == '%') && b->u.i == 0)
        return division_by_zero(err);

    dv_int128 x = a->u.i, y = b->u.i, result;
    int32_t scale = a->scale > b->scale ? a->scale : b->scale;
    if (op == '*')
        return dv_numeric_store_wide(x * y, a->scale + b->scale, arena, out, err);
    if (op == '/') {
        if (!divide_small(a, b, &result, &scale))
            return arithmetic_big(op, a, b, arena, out, err);
        return dv_numeric_store_wide(result, scale, arena, out, err);
    }
    x *= dv_pow10[scale - a->scale];
    y *= dv_pow10[scale - b->scale];
    result = op == '+' ? x + y : op == '-' ? x - y : x % y;
    return dv_numeric_store_wide(result, scale, arena, out, err);
}

enum dv_status dv_numeric_negate(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                                 struct dv_err *err)
{
    if (a->kind == DV_NUM_SMALL)
        return dv_numeric_store_wide(-(dv_int128)a->u.i, a->scale, arena, out, err);
    if (a->kind == DV_NUM_BIG) {
        mpz_t value;
        mpz_init(value);
        dv_numeric_load(a, value);
        mpz_neg(value, value);
        enum dv_status status = dv_numeric_store(value, a->u.big->scale, arena, out, err);
        mpz_clear(value);
        return status;
    }
    *out = a->kind == DV_NUM_NAN ? *a : infinity(-dv_numeric_sign_of(a));
    return DV_OK;
}

/* A finite value at another scale, which may be negative (rounded before the point; shown with scale 0). */
static enum dv_status rescale(const struct dv_value *a, int32_t scale, char mode, struct dv_arena *arena,
                              struct dv_value *out, struct dv_err *err)
{
    int32_t from = dv_numeric_scale_of(a), shown = scale < 0 ? 0 : scale;
    if (from == scale) {
        *out = *a;
        return DV_OK;
    }
    if (a->kind == DV_NUM_SMALL && scale >= from && scale - from <= 18)
        return dv_numeric_store_wide((dv_int128)a->u.i * dv_pow10[scale - from], scale, arena, out, err);
    if (a->kind == DV_NUM_SMALL && scale < from && from - scale <= 18 && scale >= -18) {
        dv_int128 kept = dv_numeric_divide_wide(a->u.i, dv_pow10[from - scale], mode);
        return dv_numeric_store_wide(kept * dv_pow10[shown - scale], shown, arena, out, err);
    }
    mpz_t value;
    mpz_init(value);
    dv_numeric_load(a, value);
    if (scale > from)
        raise_by(value, scale - from);
    else
        dv_numeric_drop_digits(value, from - scale, mode);
    if (scale < 0)
        raise_by(value, -scale);
    enum dv_status status = dv_numeric_store(value, shown, arena, out, err);
    mpz_clear(value);
    return status;
}

enum dv_status dv_numeric_round(const struct dv_value *a, int32_t scale, char mode, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err)
{
    if (!dv_numeric_is_finite(a)) {
        *out = *a;
        return DV_OK;
    }
    if (scale > 2000) /* NUMERIC_MAX_RESULT_SCALE */
        scale = 2000;
    if (scale < -2000)
        scale = -2000;
    return rescale(a, scale, mode, arena, out, err);
}

enum dv_status dv_numeric_modify(const struct dv_value *a, int32_t precision, int32_t scale,
                                 struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    if (precision < 0 || a->kind == DV_NUM_NAN) {
        *out = *a;
        return DV_OK;
    }
    if (!dv_numeric_is_finite(a)) {
        enum dv_status status = dv_value_fail(err, "22003", "", 0, "numeric field overflow");
        dv_err_hint(err, "A field with precision %d, scale %d cannot hold an infinite value.", precision,
                    scale);
        return status;
    }
    struct dv_value result;
    enum dv_status status = rescale(a, scale, 'r', arena, &result, err);
    if (status != DV_OK)
        return status;
    int32_t most = precision + (scale < 0 ? -scale : 0); /* digits of the coefficient */
    bool fits = true;
    if (result.kind == DV_NUM_SMALL) {
        fits = most > 18 || (result.u.i < dv_pow10[most] && result.u.i > -dv_pow10[most]);
    } else {
        mpz_t value, limit;
        mpz_inits(value, limit, NULL);
        dv_numeric_load(&result, value);
        mpz_ui_pow_ui(limit, 10, (unsigned long)most);
        fits = mpz_cmpabs(value, limit) < 0;
        mpz_clears(value, limit, NULL);
    }
    if (fits) {
        *out = result;
        return DV_OK;
    }
    int32_t whole = precision - scale;
    status = dv_value_fail(err, "22003", "", 0, "numeric field overflow");
    dv_err_hint(err, "A field with precision %d, scale %d must round to an absolute value less than %s%d.",
                precision, scale, whole != 0 ? "10^" : "", whole != 0 ? whole : 1);
    return status;
}

enum dv_status dv_numeric_to_int(const struct dv_value *value, int64_t min, int64_t max, int64_t *out,
                                 struct dv_err *err)
{
    const char *type = max == INT16_MAX ? "smallint" : max == INT32_MAX ? "integer" : "bigint";
    int64_t result = 0;
    bool fits = true;
    if (!dv_numeric_is_finite(value))
        return dv_value_fail(err, "0A000", "", 0, "cannot convert %s to %s",
                             value->kind == DV_NUM_NAN ? "NaN" : "infinity", type);
    if (value->kind == DV_NUM_SMALL) {
        result = value->scale == 0 ? value->u.i
                                   : (int64_t)dv_numeric_divide_wide(value->u.i, dv_pow10[value->scale], 'r');
    } else {
        mpz_t whole;
        mpz_init(whole);
        dv_numeric_load(value, whole);
        dv_numeric_drop_digits(whole, value->u.big->scale, 'r');
        fits = mpz_fits_slong_p(whole) != 0;
        result = fits ? mpz_get_si(whole) : 0;
        mpz_clear(whole);
    }
    if (!fits || result < min || result > max)
        return dv_value_fail(err, "22003", "", 0, "%s out of range", type);
    *out = result;
    return DV_OK;
}
