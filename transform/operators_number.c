/* Arithmetic on numbers: integers with overflow checked, exact numerics, floats with PostgreSQL's range
 * errors. */
#include "transform/functions.h"

#include "core/numeric.h"

#include <math.h>

static enum dv_status fit(const struct dv_expr *expr, int64_t value, bool overflow, struct dv_value *out,
                          struct dv_err *err)
{
    if (overflow || (expr->type.id == DV_TYPE_INT4 && value != (int32_t)value) ||
        (expr->type.id == DV_TYPE_INT2 && value != (int16_t)value))
        return dv_eval_range(err, expr->type.id);
    *out = dv_int(value);
    return DV_OK;
}

#define UNUSED_EVAL (void)eval

static enum dv_status int_add(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                              struct dv_value *out, struct dv_err *err)
{
    int64_t value;
    bool overflow = __builtin_add_overflow(args[0].u.i, args[1].u.i, &value);
    UNUSED_EVAL;
    return fit(expr, value, overflow, out, err);
}

static enum dv_status int_subtract(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    int64_t value;
    bool overflow = __builtin_sub_overflow(args[0].u.i, args[1].u.i, &value);
    UNUSED_EVAL;
    return fit(expr, value, overflow, out, err);
}

static enum dv_status int_multiply(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    int64_t value;
    bool overflow = __builtin_mul_overflow(args[0].u.i, args[1].u.i, &value);
    UNUSED_EVAL;
    return fit(expr, value, overflow, out, err);
}

static enum dv_status int_divide(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    if (args[1].u.i == 0)
        return dv_eval_fail(err, "22012", "division by zero");
    if (args[1].u.i == -1)
        return fit(expr, args[0].u.i == INT64_MIN ? 0 : -args[0].u.i, args[0].u.i == INT64_MIN, out, err);
    return fit(expr, args[0].u.i / args[1].u.i, false, out, err);
}

static enum dv_status int_modulo(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    UNUSED_EVAL;
    if (args[1].u.i == 0)
        return dv_eval_fail(err, "22012", "division by zero");
    *out = dv_int(args[1].u.i == -1 ? 0 : args[0].u.i % args[1].u.i);
    return DV_OK;
}

static enum dv_status int_negate(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    bool overflow = args[0].u.i == INT64_MIN;
    UNUSED_EVAL;
    return fit(expr, overflow ? 0 : -args[0].u.i, overflow, out, err);
}

static enum dv_status same_value(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    (void)err;
    UNUSED_EVAL;
    *out = args[0];
    return DV_OK;
}

#define NUMERIC_FN(name, op)                                                                                 \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)                                     \
    {                                                                                                        \
        (void)expr;                                                                                          \
        return dv_numeric_arithmetic(op, &args[0], &args[1], eval->arena, out, err);                         \
    }
NUMERIC_FN(numeric_add, '+')
NUMERIC_FN(numeric_subtract, '-')
NUMERIC_FN(numeric_multiply, '*')
NUMERIC_FN(numeric_divide, '/')
NUMERIC_FN(numeric_modulo, '%')

static enum dv_status numeric_negate(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    return dv_numeric_negate(&args[0], eval->arena, out, err);
}

static enum dv_status float_result(double value, bool inputs_infinite, bool zero_expected,
                                   struct dv_value *out, struct dv_err *err)
{
    if (isinf(value) && !inputs_infinite)
        return dv_eval_fail(err, "22003", "value out of range: overflow");
    if (value == 0.0 && !zero_expected)
        return dv_eval_fail(err, "22003", "value out of range: underflow");
    *out = dv_float(value);
    return DV_OK;
}

static double to_width(const struct dv_expr *expr, double value)
{
    return expr->type.id == DV_TYPE_FLOAT4 ? (double)(float)value : value;
}

static enum dv_status float_add(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    return float_result(to_width(expr, args[0].u.f + args[1].u.f), isinf(args[0].u.f) || isinf(args[1].u.f),
                        true, out, err);
}

static enum dv_status float_subtract(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    return float_result(to_width(expr, args[0].u.f - args[1].u.f), isinf(args[0].u.f) || isinf(args[1].u.f),
                        true, out, err);
}

static enum dv_status float_multiply(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    return float_result(to_width(expr, args[0].u.f * args[1].u.f), isinf(args[0].u.f) || isinf(args[1].u.f),
                        args[0].u.f == 0.0 || args[1].u.f == 0.0, out, err);
}

static enum dv_status float_divide(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    if (args[1].u.f == 0.0 && !isnan(args[0].u.f))
        return dv_eval_fail(err, "22012", "division by zero");
    return float_result(to_width(expr, args[0].u.f / args[1].u.f), isinf(args[0].u.f),
                        args[0].u.f == 0.0 || isinf(args[1].u.f), out, err);
}

static enum dv_status float_negate(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    (void)err;
    UNUSED_EVAL;
    *out = dv_float(-args[0].u.f);
    return DV_OK;
}

static enum dv_status int_and(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                              struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    return fit(expr, args[0].u.i & args[1].u.i, false, out, err);
}

static enum dv_status int_or(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                             struct dv_value *out, struct dv_err *err)
{
    UNUSED_EVAL;
    return fit(expr, args[0].u.i | args[1].u.i, false, out, err);
}

#define OP(sign, types, fn)                                                                                  \
    {                                                                                                        \
        .name = sign, .signature = types, .eval = fn                                                         \
    }
#define INTEGERS(sign, fn)                                                                                   \
    OP(sign, "int2,int2>int2", fn), OP(sign, "int2,int4>int4", fn), OP(sign, "int2,int8>int8", fn),          \
        OP(sign, "int4,int2>int4", fn), OP(sign, "int4,int4>int4", fn), OP(sign, "int4,int8>int8", fn),      \
        OP(sign, "int8,int2>int8", fn), OP(sign, "int8,int4>int8", fn), OP(sign, "int8,int8>int8", fn)
#define SAME_INTEGERS(sign, fn)                                                                              \
    OP(sign, "int2,int2>int2", fn), OP(sign, "int4,int4>int4", fn), OP(sign, "int8,int8>int8", fn)
#define FLOATS(sign, fn)                                                                                     \
    OP(sign, "float4,float4>float4", fn), OP(sign, "float4,float8>float8", fn),                              \
        OP(sign, "float8,float4>float8", fn), OP(sign, "float8,float8>float8", fn)
#define EACH_NUMBER(sign, ints, numerics, floats)                                                            \
    OP(sign, "int2>int2", ints), OP(sign, "int4>int4", ints), OP(sign, "int8>int8", ints),                   \
        OP(sign, "numeric>numeric", numerics), OP(sign, "float4>float4", floats),                            \
        OP(sign, "float8>float8", floats)

static const struct dv_function number_entries[] = {
    INTEGERS("+", int_add),
    INTEGERS("-", int_subtract),
    INTEGERS("*", int_multiply),
    INTEGERS("/", int_divide),
    SAME_INTEGERS("%", int_modulo),
    SAME_INTEGERS("&", int_and),
    SAME_INTEGERS("|", int_or),
    OP("+", "numeric,numeric>numeric", numeric_add),
    OP("-", "numeric,numeric>numeric", numeric_subtract),
    OP("*", "numeric,numeric>numeric", numeric_multiply),
    OP("/", "numeric,numeric>numeric", numeric_divide),
    OP("%", "numeric,numeric>numeric", numeric_modulo),
    FLOATS("+", float_add),
    FLOATS("-", float_subtract),
    FLOATS("*", float_multiply),
    FLOATS("/", float_divide),
    EACH_NUMBER("-", int_negate, numeric_negate, float_negate),
    EACH_NUMBER("+", same_value, same_value, same_value)};
const struct dv_function_table dv_operators_number = DV_FUNCTION_TABLE(number_entries);
