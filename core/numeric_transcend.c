/* sqrt, exp, ln, log and power of numerics, with the number of digits that PostgreSQL gives them (numeric.c:
 * at least 16 significant ones, no fewer behind the point than the arguments have). Computed in binary fixed
 * point with 96 bits to spare, then rounded. */
#include "core/numeric_parts.h"
#include "core/value_error.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define SIGNIFICANT  16
#define MOST_SHOWN   1000
#define EXP_LIMIT    6000 /* e^6000 is past what PostgreSQL computes */
#define SMALL_EXP    0.01 /* up to this the series takes the number as it is */
#define LOG10_E      0.434294481903252
#define LN_10        2.302585092994046
#define BITS_PER_TEN 3.3219280948873626
#define SPARE_BITS   96

static int32_t clamp_scale(int32_t scale, int32_t a, int32_t b)
{
    scale = scale < a ? a : scale;
    scale = scale < b ? b : scale;
    scale = scale < 0 ? 0 : scale;
    return scale > MOST_SHOWN ? MOST_SHOWN : scale;
}

static enum dv_status overflow(struct dv_err *err)
{
    return dv_value_fail(err, "22003", "", 0, "value overflows numeric format");
}

/* The first base-10000 digits and the weight of the first, as PostgreSQL keeps a number. */
struct lead {
    int weight, count; /* count: digits without trailing zeros */
    int digits[4];     /* the first ones */
};

static void lead_of(const mpz_t coefficient, int32_t scale, struct lead *lead)
{
    mpz_t number, power;
    size_t length;
    int32_t pad = (4 - scale % 4) % 4;
    lead->weight = lead->count = 0;
    for (int i = 0; i < 4; i++)
        lead->digits[i] = 0;
    if (mpz_sgn(coefficient) == 0)
        return;
    mpz_inits(number, power, NULL);
    mpz_abs(number, coefficient);
    mpz_ui_pow_ui(power, 10, (unsigned long)pad);
    mpz_mul(number, number, power);
    length = mpz_sizeinbase(number, 10);
    mpz_ui_pow_ui(power, 10, (unsigned long)length - 1);
    if (mpz_cmp(number, power) < 0)
        length--;
    length = (length + 3) / 4;
    lead->weight = (int)length - 1 - (scale + pad) / 4;
    lead->count = (int)length;
    for (size_t i = 0; i < length && i < 4; i++) {
        mpz_ui_pow_ui(power, 10, (unsigned long)(4 * (length - 1 - i)));
        mpz_tdiv_qr(power, number, number, power);
        lead->digits[i] = (int)mpz_get_si(power);
    }
    if (mpz_sgn(number) == 0)
        while (lead->count > 1 && lead->count <= 4 && lead->digits[lead->count - 1] == 0)
            lead->count--;
    if (mpz_sgn(number) == 0 && lead->count > 4) {
        lead->count = 4;
        while (lead->count > 1 && lead->digits[lead->count - 1] == 0)
            lead->count--;
    }
    mpz_clears(number, power, NULL);
}

/* ---- binary fixed point -------------------------------------------------------------------------------- */

/* out = coefficient * 10^-scale * 2^bits */
static void to_fixed(const mpz_t coefficient, int32_t scale, mp_bitcnt_t bits, mpz_t out)
{
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)scale);
    mpz_mul_2exp(out, coefficient, bits);
    mpz_tdiv_q(out, out, power);
    mpz_clear(power);
}

/* coefficient = fixed * 10^scale / 2^bits, rounded half away from zero */
static void from_fixed(const mpz_t fixed, int32_t scale, mp_bitcnt_t bits, mpz_t coefficient)
{
    mpz_t power;
    bool negative = mpz_sgn(fixed) < 0;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)scale);
    mpz_mul(power, power, fixed);
    mpz_abs(power, power);
    mpz_mul_2exp(power, power, 1);
    mpz_tdiv_q_2exp(power, power, bits);
    mpz_add_ui(power, power, 1);
    mpz_tdiv_q_2exp(coefficient, power, 1);
    if (negative)
        mpz_neg(coefficient, coefficient);
    mpz_clear(power);
}

/* atanh(1/n) * 2^bits */
static void atanh_inverse(unsigned long n, mp_bitcnt_t bits, mpz_t out)
{
    mpz_t term, part;
    mpz_inits(term, part, NULL);
    mpz_set_ui(term, 1);
    mpz_mul_2exp(term, term, bits);
    mpz_tdiv_q_ui(term, term, n);
    mpz_set(out, term);
    for (unsigned long k = 3; mpz_sgn(term) != 0; k += 2) {
        mpz_tdiv_q_ui(term, term, n * n);
        mpz_tdiv_q_ui(part, term, k);
        mpz_add(out, out, part);
    }
    mpz_clears(term, part, NULL);
}

/* ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749) */
static void ln_two(mp_bitcnt_t bits, mpz_t out)
{
    mpz_t part;
    mpz_init(part);
    atanh_inverse(26, bits, out);
    mpz_mul_ui(out, out, 18);
    atanh_inverse(4801, bits, part);
    mpz_submul_ui(out, part, 2);
    atanh_inverse(8749, bits, part);
    mpz_addmul_ui(out, part, 8);
    mpz_clear(part);
}

/* out = ln(coefficient * 10^-scale) * 2^bits. Near 1 the difference from 1 is exact, so no digits are lost.
 */
static void ln_fixed(const mpz_t coefficient, int32_t scale, mp_bitcnt_t bits, mpz_t out)
{
    mp_bitcnt_t work = bits + 64;
    long shift;
    mpz_t one, low, high, square, term, part, power;
    mpz_inits(one, low, high, square, term, part, power, NULL);
    mpz_ui_pow_ui(power, 10, (unsigned long)scale);
    /* value = y * 2^shift, y between 0.7 and 1.42 */
    shift = (long)mpz_sizeinbase(coefficient, 2) - (long)mpz_sizeinbase(power, 2);
    mpz_set(low, coefficient);
    if (shift > 0)
        mpz_mul_2exp(power, power, (mp_bitcnt_t)shift);
    else
        mpz_mul_2exp(low, low, (mp_bitcnt_t)-shift);
    mpz_mul_ui(high, low, 5);
    mpz_mul_ui(part, power, 7);
    if (mpz_cmp(high, part) > 0) {
        mpz_mul_2exp(power, power, 1);
        shift++;
    }
    /* ln y = 2 atanh((a - b) / (a + b)), y = a / b */
    mpz_sub(high, low, power);
    mpz_add(part, low, power);
    mpz_mul_2exp(term, high, work);
    mpz_tdiv_q(term, term, part);
    mpz_set(out, term);
    mpz_mul(square, term, term);
    mpz_tdiv_q_2exp(square, square, work);
    for (unsigned long k = 3; mpz_sgn(term) != 0; k += 2) {
        mpz_mul(term, term, square);
        mpz_tdiv_q_2exp(term, term, work);
        mpz_tdiv_q_ui(part, term, k);
        mpz_add(out, out, part);
    }
    mpz_mul_2exp(out, out, 1);
    if (shift != 0) {
        ln_two(work, part);
        mpz_mul_si(part, part, shift);
        mpz_add(out, out, part);
    }
    mpz_tdiv_q_2exp(out, out, work - bits);
    mpz_clears(one, low, high, square, term, part, power, NULL);
}

/* out = e^(x / 2^bits) * 2^bits, for |x| < 2^bits * 7000 */
static void exp_fixed(const mpz_t x, mp_bitcnt_t bits, mpz_t out)
{
    unsigned halvings = 16 + (unsigned)(bits / 64 > 48 ? 48 : bits / 64);
    mp_bitcnt_t work = bits + halvings + 32;
    mpz_t two, rest, term, count;
    long shift;
    mpz_inits(two, rest, term, count, NULL);
    ln_two(work, two);
    mpz_mul_2exp(rest, x, work - bits);
    mpz_fdiv_qr(count, rest, rest, two); /* e^x = 2^count * e^rest */
    shift = mpz_get_si(count);
    mpz_tdiv_q_2exp(rest, rest, halvings);
    mpz_set_ui(out, 1);
    mpz_mul_2exp(out, out, work);
    mpz_set(term, out);
    for (unsigned long k = 1; mpz_sgn(term) != 0; k++) {
        mpz_mul(term, term, rest);
        mpz_tdiv_q_2exp(term, term, work);
        mpz_tdiv_q_ui(term, term, k);
        mpz_add(out, out, term);
    }
    for (unsigned i = 0; i < halvings; i++) {
        mpz_mul(out, out, out);
        mpz_tdiv_q_2exp(out, out, work);
    }
    shift -= (long)(work - bits);
    if (shift >= 0)
        mpz_mul_2exp(out, out, (mp_bitcnt_t)shift);
    else
        mpz_tdiv_q_2exp(out, out, (mp_bitcnt_t)-shift);
    mpz_clears(two, rest, term, count, NULL);
}

/* ---- functions ----------------------------------------------------------------------------------------- */

/* How many decimal digits before the point the logarithm has, by PostgreSQL's estimate. */
static int ln_weight(const mpz_t coefficient, int32_t scale)
{
    mpz_t one, tenths;
    struct lead lead;
    int weight = 0;
    bool near;
    mpz_inits(one, tenths, NULL);
    mpz_ui_pow_ui(one, 10, (unsigned long)scale);
    mpz_mul_ui(tenths, coefficient, 10);
    mpz_mul_ui(one, one, 9);
    near = mpz_cmp(tenths, one) >= 0;
    mpz_divexact_ui(one, one, 9);
    mpz_mul_ui(one, one, 11);
    near = near && mpz_cmp(tenths, one) <= 0;
    mpz_divexact_ui(one, one, 11);
    if (near) {
        mpz_sub(tenths, coefficient, one);
        lead_of(tenths, scale, &lead);
        if (lead.count > 0)
            weight = lead.weight * 4 + (int)log10(lead.digits[0]);
    } else {
        double digits, place;
        lead_of(coefficient, scale, &lead);
        digits = lead.digits[0];
        place = lead.weight * 4;
        if (lead.count > 1) {
            digits = digits * 10000 + lead.digits[1];
            place -= 4;
        }
        weight = (int)log10(fabs(log(digits) + place * LN_10));
    }
    mpz_clears(one, tenths, NULL);
    return weight;
}

static mp_bitcnt_t bits_for(int32_t digits)
{
    return (mp_bitcnt_t)((digits > 0 ? digits : 0) * BITS_PER_TEN) + SPARE_BITS;
}

static enum dv_status bad_logarithm(int sign, struct dv_err *err)
{
    return dv_value_fail(err, "2201E", "", 0, "cannot take logarithm of %s",
                         sign == 0 ? "zero" : "a negative number");
}

enum dv_status dv_numeric_sqrt_to(const struct dv_value *a, int32_t scale, struct dv_arena *arena,
                                  struct dv_value *out, struct dv_err *err)
{
    mpz_t value, power;
    enum dv_status status;
    if (a->kind == DV_NUM_NAN || a->kind == DV_NUM_INFINITY) {
        *out = *a;
        return DV_OK;
    }
    if (dv_numeric_sign_of(a) < 0)
        return dv_value_fail(err, "2201F", "", 0, "cannot take square root of a negative number");
    mpz_inits(value, power, NULL);
    dv_numeric_load(a, value);
    mpz_ui_pow_ui(power, 10, (unsigned long)(2 * (scale + 1)));
    mpz_mul(value, value, power);
    mpz_ui_pow_ui(power, 10, (unsigned long)dv_numeric_scale_of(a));
    mpz_tdiv_q(value, value, power);
    mpz_sqrt(value, value);
    dv_numeric_drop_digits(value, 1, 'r');
    status = dv_numeric_store(value, scale, arena, out, err);
    mpz_clears(value, power, NULL);
    return status;
}

enum dv_status dv_numeric_sqrt(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                               struct dv_err *err)
{
    struct lead lead = {0};
    int32_t scale = 0;
    if (dv_numeric_is_finite(a)) {
        mpz_t value;
        mpz_init(value);
        dv_numeric_load(a, value);
        scale = dv_numeric_scale_of(a);
        lead_of(value, scale, &lead);
        mpz_clear(value);
    }
    return dv_numeric_sqrt_to(a, clamp_scale(SIGNIFICANT - ((lead.weight + 1) * 4 / 2 - 1), scale, 0), arena,
                              out, err);
}

/* e^(x / 2^bits) at the scale. */
static enum dv_status store_exp(const mpz_t x, mp_bitcnt_t bits, int32_t scale, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err)
{
    mpz_t result, limit;
    enum dv_status status;
    int beyond;
    mpz_inits(result, limit, NULL);
    mpz_set_ui(limit, EXP_LIMIT);
    mpz_mul_2exp(limit, limit, bits);
    beyond = mpz_cmpabs(x, limit) >= 0 ? mpz_sgn(x) : 0;
    if (beyond > 0) {
        status = overflow(err);
    } else {
        if (beyond == 0) {
            exp_fixed(x, bits, result);
            from_fixed(result, scale, bits, limit);
        } else {
            mpz_set_ui(limit, 0);
        }
        status = dv_numeric_store(limit, scale, arena, out, err);
    }
    mpz_clears(result, limit, NULL);
    return status;
}

static void divide_rounded(mpz_t value, unsigned long divisor)
{
    mpz_mul_ui(value, value, 2);
    if (mpz_sgn(value) < 0)
        mpz_sub_ui(value, value, divisor);
    else
        mpz_add_ui(value, value, divisor);
    mpz_tdiv_q_ui(value, value, 2 * divisor);
}

/* e^x for an x that is small enough for PostgreSQL's series as it is (exp_var in numeric.c): x stays exact,
 * each later term is rounded to eight digits more than are shown, and so is what is left of the last one that
 * counts. */
static enum dv_status store_small_exp(const mpz_t x, int32_t x_scale, int32_t shown, struct dv_arena *arena,
                                      struct dv_value *out, struct dv_err *err)
{
    int32_t local = shown + 8, scale = x_scale > local ? x_scale : local;
    unsigned long n = 2;
    mpz_t sum, term, part;
    mpz_inits(sum, term, part, NULL);
    mpz_ui_pow_ui(sum, 10, (unsigned long)scale);
    mpz_ui_pow_ui(part, 10, (unsigned long)(scale - x_scale));
    mpz_addmul(sum, part, x);
    mpz_mul(term, x, x);
    if (2 * x_scale > local) {
        dv_numeric_drop_digits(term, 2 * x_scale - local, 'r');
    } else {
        mpz_ui_pow_ui(part, 10, (unsigned long)(local - 2 * x_scale));
        mpz_mul(term, term, part);
    }
    divide_rounded(term, n);
    while (mpz_sgn(term) != 0) {
        mpz_ui_pow_ui(part, 10, (unsigned long)(scale - local));
        mpz_addmul(sum, part, term);
        mpz_mul(term, term, x);
        dv_numeric_drop_digits(term, x_scale, 'r');
        divide_rounded(term, ++n);
    }
    dv_numeric_drop_digits(sum, scale - shown, 'r');
    enum dv_status status = dv_numeric_store(sum, shown, arena, out, err);
    mpz_clears(sum, term, part, NULL);
    return status;
}

enum dv_status dv_numeric_exp(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                              struct dv_err *err)
{
    double weight;
    int32_t scale, shown;
    mp_bitcnt_t bits;
    mpz_t value, x;
    enum dv_status status;
    if (!dv_numeric_is_finite(a)) {
        *out = a->kind == DV_NUM_MINUS_INFINITY ? dv_numeric_from_int(0) : *a;
        return DV_OK;
    }
    weight = dv_numeric_to_float(a) * LOG10_E;
    weight = weight < -2000 ? -2000 : weight > 2000 ? 2000 : weight;
    scale = dv_numeric_scale_of(a);
    shown = clamp_scale(SIGNIFICANT - (int)weight, scale, 0);
    if (fabs(dv_numeric_to_float(a)) > 7000) {
        if (dv_numeric_sign_of(a) > 0)
            return overflow(err);
        mpz_init(value);
        status = dv_numeric_store(value, shown, arena, out, err);
        mpz_clear(value);
        return status;
    }
    bits = bits_for(shown + (weight > 0 ? (int32_t)weight + 2 : 2));
    mpz_inits(value, x, NULL);
    dv_numeric_load(a, value);
    if (fabs(dv_numeric_to_float(a)) <= SMALL_EXP) {
        status = store_small_exp(value, scale, shown, arena, out, err);
    } else {
        to_fixed(value, scale, bits, x);
        status = store_exp(x, bits, shown, arena, out, err);
    }
    mpz_clears(value, x, NULL);
    return status;
}

enum dv_status dv_numeric_ln(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                             struct dv_err *err)
{
    int32_t scale, shown;
    mp_bitcnt_t bits;
    mpz_t value, result;
    enum dv_status status;
    if (a->kind == DV_NUM_NAN || a->kind == DV_NUM_INFINITY) {
        *out = *a;
        return DV_OK;
    }
    if (dv_numeric_sign_of(a) <= 0)
        return bad_logarithm(dv_numeric_sign_of(a), err);
    mpz_inits(value, result, NULL);
    dv_numeric_load(a, value);
    scale = dv_numeric_scale_of(a);
    shown = clamp_scale(SIGNIFICANT - ln_weight(value, scale), scale, 0);
    bits = bits_for(shown + 8);
    ln_fixed(value, scale, bits, result);
    from_fixed(result, shown, bits, value);
    status = dv_numeric_store(value, shown, arena, out, err);
    mpz_clears(value, result, NULL);
    return status;
}

/* base or number is NaN or infinite */
static enum dv_status special_log(const struct dv_value *base, const struct dv_value *a, struct dv_value *out)
{
    bool base_infinite = base->kind == DV_NUM_INFINITY, a_infinite = a->kind == DV_NUM_INFINITY;
    if (base->kind == DV_NUM_NAN || a->kind == DV_NUM_NAN || (base_infinite && a_infinite))
        *out = dv_numeric_special(DV_NUM_NAN);
    else
        *out = base_infinite ? dv_numeric_from_int(0) : dv_numeric_special(DV_NUM_INFINITY);
    return DV_OK;
}

enum dv_status dv_numeric_log(const struct dv_value *base, const struct dv_value *a, struct dv_arena *arena,
                              struct dv_value *out, struct dv_err *err)
{
    int32_t scale_base, scale_a, shown;
    int weight_base, weight_a;
    mp_bitcnt_t bits;
    mpz_t value_base, value_a, ln_base, ln_a;
    enum dv_status status;
    if (base->kind == DV_NUM_NAN || a->kind == DV_NUM_NAN)
        return special_log(base, a, out);
    if (dv_numeric_sign_of(base) <= 0 || dv_numeric_sign_of(a) <= 0)
        return bad_logarithm(dv_numeric_sign_of(base) < 0 || dv_numeric_sign_of(a) < 0 ? -1 : 0, err);
    if (!dv_numeric_is_finite(base) || !dv_numeric_is_finite(a))
        return special_log(base, a, out);
    mpz_inits(value_base, value_a, ln_base, ln_a, NULL);
    dv_numeric_load(base, value_base);
    dv_numeric_load(a, value_a);
    scale_base = dv_numeric_scale_of(base);
    scale_a = dv_numeric_scale_of(a);
    weight_base = ln_weight(value_base, scale_base);
    weight_a = ln_weight(value_a, scale_a);
    shown = clamp_scale(SIGNIFICANT - (weight_a - weight_base), scale_base, scale_a);
    bits = bits_for(shown + 16 + (weight_base < 0 ? -2 * weight_base : 0) +
                    (weight_a < 0 ? -weight_a : weight_a));
    ln_fixed(value_base, scale_base, bits, ln_base);
    ln_fixed(value_a, scale_a, bits, ln_a);
    if (mpz_sgn(ln_base) == 0) {
        status = dv_value_fail(err, "22012", "", 0, "division by zero");
    } else {
        mpz_mul_2exp(ln_a, ln_a, bits);
        mpz_tdiv_q(ln_a, ln_a, ln_base);
        from_fixed(ln_a, shown, bits, value_a);
        status = dv_numeric_store(value_a, shown, arena, out, err);
    }
    mpz_clears(value_base, value_a, ln_base, ln_a, NULL);
    return status;
}

/* ---- power --------------------------------------------------------------------------------------------- */

/* The whole number that a is; false: it is none, or past an int. */
static bool whole(const struct dv_value *a, int64_t *out)
{
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_value back;
    if (dv_numeric_to_int(a, INT64_MIN, INT64_MAX, out, &ignored) != DV_OK)
        return false;
    if (*out < INT32_MIN || *out > INT32_MAX)
        return false;
    back = dv_numeric_from_int(*out);
    return dv_numeric_compare(a, &back) == 0;
}

/* base^exponent, the exponent an int: by exact multiplication, or from logarithms where that is too long. */
/* The scale to which PostgreSQL rounds a product (power_var_int in numeric.c). */
static int32_t product_scale(int32_t digits, const mpz_t a, int32_t scale_a, const mpz_t b, int32_t scale_b)
{
    struct lead lead_a, lead_b;
    lead_of(a, scale_a, &lead_a);
    lead_of(b, scale_b, &lead_b);
    int32_t scale = digits - (lead_a.weight + lead_b.weight) * 4;
    scale = scale > scale_a + scale_b ? scale_a + scale_b : scale;
    return scale < 0 ? 0 : scale;
}

/* result = base^exponent by squaring, each product rounded as PostgreSQL rounds it; *scale: the base's, then
 * the result's. The base is used up. */
static void multiply_often(mpz_t base, int32_t *scale, uint64_t exponent, int32_t shown, double weight,
                           mpz_t result)
{
    int32_t digits = 1 + shown + (int)weight + (int)log((double)exponent) + 8, base_scale = *scale, to;
    int32_t result_scale = (exponent & 1) != 0 ? base_scale : 0;
    if ((exponent & 1) != 0)
        mpz_set(result, base);
    else
        mpz_set_ui(result, 1);
    while ((exponent >>= 1) > 0) {
        to = product_scale(digits, base, base_scale, base, base_scale);
        mpz_mul(base, base, base);
        dv_numeric_drop_digits(base, 2 * base_scale - to, 'r');
        base_scale = to;
        if ((exponent & 1) == 0)
            continue;
        to = product_scale(digits, base, base_scale, result, result_scale);
        mpz_mul(result, result, base);
        dv_numeric_drop_digits(result, base_scale + result_scale - to, 'r');
        result_scale = to;
    }
    *scale = result_scale;
}

static enum dv_status power_int(const struct dv_value *base, int64_t exponent, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err)
{
    int32_t scale = dv_numeric_scale_of(base), shown = clamp_scale(SIGNIFICANT, scale, 0);
    double weight = 0;
    struct lead lead;
    mpz_t value, result, ten;
    enum dv_status status;
    mpz_inits(value, result, ten, NULL);
    dv_numeric_load(base, value);
    lead_of(value, scale, &lead);
    if (lead.count > 0) {
        double f = lead.digits[0], p = lead.weight * 4;
        for (int i = 1; i < lead.count && i < 4; i++) {
            f = f * 10000 + lead.digits[i];
            p -= 4;
        }
        weight = (double)exponent * (log10(f) + p);
    }
    if (weight > DV_NUM_MAX_WHOLE) {
        status = overflow(err);
        goto done;
    }
    if (weight + 1 < -shown) {
        status = dv_numeric_store(result, shown, arena, out, err);
        goto done;
    }
    if (lead.count == 0 && exponent < 0) {
        status = dv_value_fail(err, "22012", "", 0, "division by zero");
        goto done;
    }
    if (exponent >= -1 && exponent <= 2) {
        mpz_pow_ui(result, value, (unsigned long)llabs(exponent));
        scale *= (int32_t)llabs(exponent);
    } else {
        multiply_often(value, &scale, (uint64_t)llabs(exponent), shown, weight, result);
    }
    mpz_ui_pow_ui(ten, 10, (unsigned long)scale);
    if (exponent < 0)
        mpz_swap(result, ten);
    mpz_ui_pow_ui(value, 10, (unsigned long)shown + 1);
    mpz_mul(result, result, value);
    mpz_tdiv_q(result, result, ten);
    dv_numeric_drop_digits(result, 1, 'r');
    status = dv_numeric_store(result, shown, arena, out, err);
done:
    mpz_clears(value, result, ten, NULL);
    return status;
}

/* One of the two is NaN or infinite. */
static enum dv_status special_power(const struct dv_value *a, const struct dv_value *b, struct dv_value *out,
                                    struct dv_err *err)
{
    const struct dv_value one = dv_numeric_from_int(1), minus = dv_numeric_from_int(-1),
                          zero = dv_numeric_from_int(0);
    int sign_a = dv_numeric_sign_of(a), sign_b = dv_numeric_sign_of(b), size;
    bool odd = false, integral = true;
    if (a->kind == DV_NUM_NAN || b->kind == DV_NUM_NAN) {
        bool is_one = (b->kind != DV_NUM_NAN && sign_b == 0) ||
                      (a->kind != DV_NUM_NAN && dv_numeric_compare(a, &one) == 0);
        *out = is_one ? one : dv_numeric_special(DV_NUM_NAN);
        return DV_OK;
    }
    if (sign_a == 0 && sign_b < 0)
        return dv_value_fail(err, "2201F", "", 0, "zero raised to a negative power is undefined");
    if (dv_numeric_is_finite(b)) {
        mpz_t value, rest, ten;
        mpz_inits(value, rest, ten, NULL);
        dv_numeric_load(b, value);
        mpz_ui_pow_ui(ten, 10, (unsigned long)dv_numeric_scale_of(b));
        mpz_tdiv_qr(value, rest, value, ten);
        integral = mpz_sgn(rest) == 0;
        odd = integral && mpz_odd_p(value) != 0;
        mpz_clears(value, rest, ten, NULL);
    }
    if (sign_a < 0 && !integral)
        return dv_value_fail(err, "2201F", "", 0,
                             "a negative number raised to a non-integer power yields a complex result");
    if (!dv_numeric_is_finite(b)) {
        size = dv_numeric_compare(a, &one) == 0 || dv_numeric_compare(a, &minus) == 0 ? 0
               : dv_numeric_compare(a, &one) > 0 || dv_numeric_compare(a, &minus) < 0 ? 1
                                                                                      : -1;
        *out = size == 0 ? one : (size > 0) == (sign_b > 0) ? dv_numeric_special(DV_NUM_INFINITY) : zero;
        return DV_OK;
    }
    if (sign_b == 0)
        *out = one;
    else if (sign_b < 0)
        *out = zero;
    else
        *out = dv_numeric_special(sign_a < 0 && odd ? DV_NUM_MINUS_INFINITY : DV_NUM_INFINITY);
    return DV_OK;
}

/* exponent * ln(base), to the eight digits or so that PostgreSQL estimates it with. */
static double product_estimate(const mpz_t base, int32_t scale, const mpz_t exponent, int32_t exponent_scale)
{
    int32_t digits = 8 - ln_weight(base, scale);
    mp_bitcnt_t bits;
    mpz_t x;
    double result;
    digits = digits < 0 ? 0 : digits;
    bits = bits_for(digits);
    mpz_init(x);
    ln_fixed(base, scale, bits, x);
    from_fixed(x, digits, bits, x);
    mpz_mul(x, x, exponent);
    dv_numeric_drop_digits(x, exponent_scale, 'r');
    result = mpz_get_d(x) / pow(10.0, digits);
    mpz_clear(x);
    return result;
}

enum dv_status dv_numeric_power(const struct dv_value *a, const struct dv_value *b, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err)
{
    int32_t scale_a, scale_b, shown;
    int64_t exponent = 0;
    double size;
    mp_bitcnt_t bits;
    mpz_t value_a, value_b, x, ten;
    enum dv_status status;
    bool negative = false;
    if (!dv_numeric_is_finite(a) || !dv_numeric_is_finite(b))
        return special_power(a, b, out, err);
    if (dv_numeric_sign_of(a) == 0 && dv_numeric_sign_of(b) < 0)
        return dv_value_fail(err, "2201F", "", 0, "zero raised to a negative power is undefined");
    scale_a = dv_numeric_scale_of(a);
    scale_b = dv_numeric_scale_of(b);
    if (whole(b, &exponent))
        return power_int(a, exponent, arena, out, err);
    mpz_inits(value_a, value_b, x, ten, NULL);
    if (dv_numeric_sign_of(a) == 0) {
        status = dv_numeric_store(x, SIGNIFICANT, arena, out, err);
        goto done;
    }
    dv_numeric_load(a, value_a);
    dv_numeric_load(b, value_b);
    if (mpz_sgn(value_a) < 0) {
        mpz_ui_pow_ui(ten, 10, (unsigned long)scale_b);
        mpz_tdiv_qr(x, ten, value_b, ten);
        if (mpz_sgn(ten) != 0) {
            status = dv_value_fail(err, "2201F", "", 0,
                                   "a negative number raised to a non-integer power yields a complex result");
            goto done;
        }
        negative = mpz_odd_p(x) != 0;
        mpz_neg(value_a, value_a);
    }
    size = product_estimate(value_a, scale_a, value_b, scale_b);
    if (fabs(size) > 2000 * 3.01) {
        mpz_set_ui(x, 0);
        status = size > 0 ? overflow(err) : dv_numeric_store(x, MOST_SHOWN, arena, out, err);
        goto done;
    }
    size *= LOG10_E;
    shown = SIGNIFICANT - (int)size;
    shown = shown < scale_b ? scale_b : shown;
    shown = clamp_scale(shown, scale_a, 0);
    if (fabs(size) <= SMALL_EXP * LOG10_E) {
        int32_t local = shown + 8 - ln_weight(value_a, scale_a); /* of the logarithm and of the product */
        bits = bits_for(local);
        ln_fixed(value_a, scale_a, bits, x);
        from_fixed(x, local, bits, x);
        mpz_mul(x, x, value_b);
        dv_numeric_drop_digits(x, scale_b, 'r');
        status = store_small_exp(x, local, shown, arena, out, err);
    } else {
        bits = bits_for(shown + 24 + (int32_t)fabs(size) + (int32_t)mpz_sizeinbase(value_b, 10));
        ln_fixed(value_a, scale_a, bits, x);
        mpz_mul(x, x, value_b);
        mpz_ui_pow_ui(ten, 10, (unsigned long)scale_b);
        mpz_tdiv_q(x, x, ten);
        status = store_exp(x, bits, shown, arena, out, err);
    }
    if (status == DV_OK && negative)
        status = dv_numeric_negate(out, arena, out, err);
done:
    mpz_clears(value_a, value_b, x, ten, NULL);
    return status;
}
