/* Powers, logarithms, divisors, buckets, bits. Floats by the C library, with PostgreSQL's checks. */
#include "transform/functions.h"

#include "core/numeric.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MATH_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

/* ---- floats -------------------------------------------------------------------------------------------- */

static enum dv_status overflow(struct dv_err *err)
{
    return dv_eval_fail(err, "22003", "value out of range: overflow");
}

static enum dv_status underflow(struct dv_err *err)
{
    return dv_eval_fail(err, "22003", "value out of range: underflow");
}

MATH_FN(float_exp)
{
    double x = args[0].u.f, result;
    UNUSED;
    if (isnan(x) || isinf(x)) {
        *out = dv_float(isinf(x) && x < 0 ? 0.0 : x);
        return DV_OK;
    }
    result = exp(x);
    if (isinf(result))
        return overflow(err);
    if (result == 0.0)
        return underflow(err);
    *out = dv_float(result);
    return DV_OK;
}

static enum dv_status logarithm(double x, double (*of)(double), struct dv_value *out, struct dv_err *err)
{
    if (x == 0.0)
        return dv_eval_fail(err, "2201E", "cannot take logarithm of zero");
    if (x < 0.0)
        return dv_eval_fail(err, "2201E", "cannot take logarithm of a negative number");
    *out = dv_float(of(x));
    return DV_OK;
}

MATH_FN(float_ln)
{
    UNUSED;
    return logarithm(args[0].u.f, log, out, err);
}

MATH_FN(float_log10)
{
    UNUSED;
    return logarithm(args[0].u.f, log10, out, err);
}

/* One of the two is infinite, neither NaN. */
static double infinite_power(double x, double y)
{
    bool odd;
    if (isinf(y)) {
        double size = fabs(x);
        if (size == 1.0)
            return 1.0;
        return (size > 1.0) == (y > 0.0) ? (double)INFINITY : 0.0;
    }
    if (y == 0.0)
        return 1.0;
    if (x > 0)
        return y > 0.0 ? x : 0.0;
    odd = y / 2.0 != floor(y / 2.0);
    if (y > 0.0)
        return odd ? x : -x;
    return odd ? -0.0 : 0.0;
}

MATH_FN(float_power)
{
    double x = args[0].u.f, y = args[1].u.f, result;
    UNUSED;
    if (isnan(x) || isnan(y)) {
        bool one = isnan(x) ? !isnan(y) && y == 0.0 : x == 1.0;
        *out = dv_float(one ? 1.0 : (double)NAN);
        return DV_OK;
    }
    if (x == 0.0 && y < 0.0)
        return dv_eval_fail(err, "2201F", "zero raised to a negative power is undefined");
    if (x < 0.0 && floor(y) != y)
        return dv_eval_fail(err, "2201F",
                            "a negative number raised to a non-integer power yields a complex result");
    if (isinf(x) || isinf(y)) {
        *out = dv_float(infinite_power(x, y));
        return DV_OK;
    }
    result = pow(x, y);
    if (isinf(result))
        return overflow(err);
    if (result == 0.0 && x != 0.0)
        return underflow(err);
    *out = dv_float(result);
    return DV_OK;
}

MATH_FN(float_cbrt)
{
    UNUSED;
    *out = dv_float(cbrt(args[0].u.f));
    return DV_OK;
}

MATH_FN(float_pi)
{
    (void)args;
    UNUSED;
    *out = dv_float(3.14159265358979323846);
    return DV_OK;
}

static enum dv_status checked(double result, bool infinite, bool zero, struct dv_value *out,
                              struct dv_err *err)
{
    if (isinf(result) && !infinite)
        return overflow(err);
    if (result == 0.0 && !zero)
        return underflow(err);
    *out = dv_float(result);
    return DV_OK;
}

MATH_FN(float_degrees)
{
    UNUSED;
    return checked(args[0].u.f / 0.0174532925199432957692, isinf(args[0].u.f), args[0].u.f == 0.0, out, err);
}

MATH_FN(float_radians)
{
    UNUSED;
    return checked(args[0].u.f * 0.0174532925199432957692, isinf(args[0].u.f), args[0].u.f == 0.0, out, err);
}

static enum dv_status out_of_range(struct dv_err *err)
{
    return dv_eval_fail(err, "22003", "input is out of range");
}

#define ANGLE(name, of)                                                                                      \
    MATH_FN(name)                                                                                            \
    {                                                                                                        \
        UNUSED;                                                                                              \
        if (isinf(args[0].u.f))                                                                              \
            return out_of_range(err);                                                                        \
        *out = dv_float(of(args[0].u.f));                                                                    \
        return DV_OK;                                                                                        \
    }
ANGLE(float_sin, sin)
ANGLE(float_cos, cos)
ANGLE(float_tan, tan)

#define INVERSE(name, of)                                                                                    \
    MATH_FN(name)                                                                                            \
    {                                                                                                        \
        UNUSED;                                                                                              \
        if (args[0].u.f < -1.0 || args[0].u.f > 1.0)                                                         \
            return out_of_range(err);                                                                        \
        *out = dv_float(of(args[0].u.f));                                                                    \
        return DV_OK;                                                                                        \
    }
INVERSE(float_asin, asin)
INVERSE(float_acos, acos)

MATH_FN(float_atan)
{
    UNUSED;
    *out = dv_float(atan(args[0].u.f));
    return DV_OK;
}

MATH_FN(float_atan2)
{
    UNUSED;
    *out = dv_float(atan2(args[0].u.f, args[1].u.f));
    return DV_OK;
}

/* ---- numerics ------------------------------------------------------------------------------------------ */

MATH_FN(numeric_sqrt)
{
    (void)expr;
    return dv_numeric_sqrt(&args[0], eval->arena, out, err);
}

MATH_FN(numeric_exp)
{
    (void)expr;
    return dv_numeric_exp(&args[0], eval->arena, out, err);
}

MATH_FN(numeric_ln)
{
    (void)expr;
    return dv_numeric_ln(&args[0], eval->arena, out, err);
}

MATH_FN(numeric_log10)
{
    struct dv_value ten = dv_numeric_from_int(10);
    (void)expr;
    return dv_numeric_log(&ten, &args[0], eval->arena, out, err);
}

MATH_FN(numeric_log)
{
    (void)expr;
    return dv_numeric_log(&args[0], &args[1], eval->arena, out, err);
}

MATH_FN(numeric_power)
{
    (void)expr;
    return dv_numeric_power(&args[0], &args[1], eval->arena, out, err);
}

MATH_FN(numeric_div)
{
    (void)expr;
    return dv_numeric_div(&args[0], &args[1], eval->arena, out, err);
}

MATH_FN(numeric_gcd)
{
    (void)expr;
    return dv_numeric_gcd(&args[0], &args[1], false, eval->arena, out, err);
}

MATH_FN(numeric_lcm)
{
    (void)expr;
    return dv_numeric_gcd(&args[0], &args[1], true, eval->arena, out, err);
}

MATH_FN(factorial)
{
    (void)expr;
    return dv_numeric_factorial(args[0].u.i, eval->arena, out, err);
}

MATH_FN(numeric_scale)
{
    UNUSED;
    if (dv_numeric_scale(&args[0]) >= 0)
        *out = dv_int(dv_numeric_scale(&args[0]));
    return DV_OK;
}

MATH_FN(numeric_min_scale)
{
    UNUSED;
    if (dv_numeric_scale(&args[0]) >= 0)
        *out = dv_int(dv_numeric_min_scale(&args[0]));
    return DV_OK;
}

MATH_FN(numeric_trim_scale)
{
    (void)expr;
    if (dv_numeric_scale(&args[0]) >= 0)
        return dv_numeric_round(&args[0], dv_numeric_min_scale(&args[0]), 't', eval->arena, out, err);
    *out = args[0];
    return DV_OK;
}

/* ---- integers ------------------------------------------------------------------------------------------ */

static uint64_t size_of(int64_t value)
{
    return value < 0 ? ~(uint64_t)value + 1U : (uint64_t)value;
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static enum dv_status fit(const struct dv_expr *expr, uint64_t value, struct dv_value *out,
                          struct dv_err *err)
{
    uint64_t most = expr->type.id == DV_TYPE_INT4 ? (uint64_t)INT32_MAX : (uint64_t)INT64_MAX;
    if (value > most)
        return dv_eval_range(err, expr->type.id);
    *out = dv_int((int64_t)value);
    return DV_OK;
}

MATH_FN(int_gcd)
{
    UNUSED;
    return fit(expr, divisor(size_of(args[0].u.i), size_of(args[1].u.i)), out, err);
}

MATH_FN(int_lcm)
{
    uint64_t a = size_of(args[0].u.i), b = size_of(args[1].u.i), multiple;
    UNUSED;
    if (a == 0 || b == 0)
        return fit(expr, 0, out, err);
    if (__builtin_mul_overflow(a / divisor(a, b), b, &multiple))
        multiple = UINT64_MAX;
    return fit(expr, multiple, out, err);
}

static unsigned bits_of(const struct dv_expr *expr)
{
    return expr->type.id == DV_TYPE_INT2 ? 16 : expr->type.id == DV_TYPE_INT4 ? 32 : 64;
}

/* The lowest bits as a signed number. */
static struct dv_value wrapped(uint64_t bits, unsigned width)
{
    return dv_int((int64_t)(bits << (64 - width)) >> (64 - width));
}

MATH_FN(int_xor)
{
    UNUSED;
    *out = dv_int(args[0].u.i ^ args[1].u.i);
    return DV_OK;
}

MATH_FN(int_not)
{
    UNUSED;
    *out = dv_int(~args[0].u.i);
    return DV_OK;
}

/* By the processor's rule, as PostgreSQL leaves it: int2 and int4 shift by 5 bits of the count, int8 by 6. */
MATH_FN(int_left)
{
    unsigned width = bits_of(expr), count = (unsigned)((uint64_t)args[1].u.i & (width == 64 ? 63U : 31U));
    UNUSED;
    *out = wrapped((uint64_t)args[0].u.i << count, width);
    return DV_OK;
}

MATH_FN(int_right)
{
    unsigned count = (unsigned)((uint64_t)args[1].u.i & (bits_of(expr) == 64 ? 63U : 31U));
    UNUSED;
    *out = dv_int(args[0].u.i >> count);
    return DV_OK;
}

/* ---- buckets ------------------------------------------------------------------------------------------- */

static enum dv_status bad_bucket(struct dv_err *err, const char *message)
{
    return dv_eval_fail(err, "2201G", "%s", message);
}

static enum dv_status beyond(int64_t count, struct dv_value *out, struct dv_err *err)
{
    if (count == INT32_MAX)
        return dv_eval_range(err, DV_TYPE_INT4);
    *out = dv_int(count + 1);
    return DV_OK;
}

MATH_FN(float_bucket)
{
    double x = args[0].u.f, low = args[1].u.f, high = args[2].u.f, place;
    int64_t count = args[3].u.i, bucket;
    bool down = low > high;
    UNUSED;
    if (count <= 0)
        return bad_bucket(err, "count must be greater than zero");
    if (isnan(x) || isnan(low) || isnan(high))
        return bad_bucket(err, "operand, lower bound, and upper bound cannot be NaN");
    if (isinf(low) || isinf(high))
        return bad_bucket(err, "lower and upper bounds must be finite");
    if (low == high)
        return bad_bucket(err, "lower bound cannot equal upper bound");
    *out = dv_int(0);
    if (down ? x > low : x < low)
        return DV_OK;
    if (down ? x <= high : x >= high)
        return beyond(count, out, err);
    if (isinf(high - low))
        place = (double)count * ((x / 2 - low / 2) / (high / 2 - low / 2));
    else
        place = (double)count * (down ? (low - x) / (low - high) : (x - low) / (high - low));
    bucket = (int64_t)place;
    *out = dv_int((bucket >= count ? count - 1 : bucket) + 1);
    return DV_OK;
}

MATH_FN(numeric_bucket)
{
    const struct dv_value *x = &args[0], *low = &args[1], *high = &args[2];
    struct dv_value span = dv_null(), place = dv_null(), count = dv_numeric_from_int(args[3].u.i);
    int order;
    enum dv_status status;
    (void)expr;
    if (args[3].u.i <= 0)
        return bad_bucket(err, "count must be greater than zero");
    if (x->kind == DV_NUM_NAN || low->kind == DV_NUM_NAN || high->kind == DV_NUM_NAN)
        return bad_bucket(err, "operand, lower bound, and upper bound cannot be NaN");
    if (dv_numeric_scale(low) < 0 || dv_numeric_scale(high) < 0)
        return bad_bucket(err, "lower and upper bounds must be finite");
    order = dv_numeric_compare(low, high);
    if (order == 0)
        return bad_bucket(err, "lower bound cannot equal upper bound");
    *out = dv_int(0);
    if (order < 0 ? dv_numeric_compare(x, low) < 0 : dv_numeric_compare(x, low) > 0)
        return DV_OK;
    if (order < 0 ? dv_numeric_compare(x, high) >= 0 : dv_numeric_compare(x, high) <= 0)
        return beyond(args[3].u.i, out, err);
    status = dv_numeric_arithmetic('-', x, low, eval->arena, &place, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('-', high, low, eval->arena, &span, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('*', &place, &count, eval->arena, &place, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('/', &place, &span, eval->arena, &place, err);
    if (status == DV_OK)
        status = dv_numeric_round(&place, 0, 'f', eval->arena, &place, err);
    if (status == DV_OK) {
        int64_t bucket = 0;
        status = dv_numeric_to_int(&place, INT64_MIN, INT64_MAX, &bucket, err);
        *out = dv_int(bucket >= args[3].u.i ? args[3].u.i : bucket + 1);
    }
    return status;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define BOTH(called, floats, numerics)                                                                       \
    FN(called, "float8>float8", floats), FN(called, "numeric>numeric", numerics)
#define BOTH_2(called, floats, numerics)                                                                     \
    FN(called, "float8,float8>float8", floats), FN(called, "numeric,numeric>numeric", numerics)
static const struct dv_function math_entries[] = {
    FN("sqrt", "numeric>numeric", numeric_sqrt),
    FN("cbrt", "float8>float8", float_cbrt),
    BOTH("exp", float_exp, numeric_exp),
    BOTH("ln", float_ln, numeric_ln),
    BOTH("log", float_log10, numeric_log10),
    BOTH("log10", float_log10, numeric_log10),
    FN("log", "numeric,numeric>numeric", numeric_log),
    BOTH_2("power", float_power, numeric_power),
    BOTH_2("pow", float_power, numeric_power),
    FN("div", "numeric,numeric>numeric", numeric_div),
    FN("gcd", "int4,int4>int4", int_gcd),
    FN("gcd", "int8,int8>int8", int_gcd),
    FN("gcd", "numeric,numeric>numeric", numeric_gcd),
    FN("lcm", "int4,int4>int4", int_lcm),
    FN("lcm", "int8,int8>int8", int_lcm),
    FN("lcm", "numeric,numeric>numeric", numeric_lcm),
    FN("factorial", "int8>numeric", factorial),
    FN("scale", "numeric>int4", numeric_scale),
    FN("min_scale", "numeric>int4", numeric_min_scale),
    FN("trim_scale", "numeric>numeric", numeric_trim_scale),
    FN("pi", ">float8", float_pi),
    FN("degrees", "float8>float8", float_degrees),
    FN("radians", "float8>float8", float_radians),
    FN("sin", "float8>float8", float_sin),
    FN("cos", "float8>float8", float_cos),
    FN("tan", "float8>float8", float_tan),
    FN("asin", "float8>float8", float_asin),
    FN("acos", "float8>float8", float_acos),
    FN("atan", "float8>float8", float_atan),
    FN("atan2", "float8,float8>float8", float_atan2),
    FN("width_bucket", "float8,float8,float8,int4>int4", float_bucket),
    FN("width_bucket", "numeric,numeric,numeric,int4>int4", numeric_bucket),
};
const struct dv_function_table dv_functions_math = DV_FUNCTION_TABLE(math_entries);

#define SAME(sign, fn)                                                                                       \
    FN(sign, "int2,int2>int2", fn), FN(sign, "int4,int4>int4", fn), FN(sign, "int8,int8>int8", fn)
#define SHIFT(sign, fn)                                                                                      \
    FN(sign, "int2,int4>int2", fn), FN(sign, "int4,int4>int4", fn), FN(sign, "int8,int4>int8", fn)
static const struct dv_function math_operators[] = {
    FN("^", "float8,float8>float8", float_power),
    FN("^", "numeric,numeric>numeric", numeric_power),
    SAME("#", int_xor),
    SHIFT("<<", int_left),
    SHIFT(">>", int_right),
    FN("~", "int2>int2", int_not),
    FN("~", "int4>int4", int_not),
    FN("~", "int8>int8", int_not),
};
const struct dv_function_table dv_operators_math = DV_FUNCTION_TABLE(math_operators);
