/* Functions of numbers. What rests on a libm whose last digit differs between machines (power, ln, exp) is
 * left out. */
#include "transform/functions.h"

#include "core/numeric.h"

#include <math.h>

#define NUMBER_FN(name)                                                                                      \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

NUMBER_FN(abs_int)
{
    int64_t min = expr->type.id == DV_TYPE_INT2   ? INT16_MIN
                  : expr->type.id == DV_TYPE_INT4 ? INT32_MIN
                                                  : INT64_MIN;
    UNUSED;
    if (args[0].u.i == min)
        return dv_eval_range(err, expr->type.id);
    *out = dv_int(args[0].u.i < 0 ? -args[0].u.i : args[0].u.i);
    return DV_OK;
}

/* -1, 0, 1; a NaN counts as above zero. */
static int sign_of(const struct dv_value *value)
{
    struct dv_value zero = dv_numeric_from_int(0);
    return dv_numeric_compare(value, &zero);
}

NUMBER_FN(abs_numeric)
{
    UNUSED;
    if (sign_of(&args[0]) < 0)
        return dv_numeric_negate(&args[0], eval->arena, out, err);
    *out = args[0];
    return DV_OK;
}

NUMBER_FN(abs_float)
{
    UNUSED;
    *out = dv_float(fabs(args[0].u.f));
    return DV_OK;
}

NUMBER_FN(sign_numeric)
{
    int sign = sign_of(&args[0]);
    UNUSED;
    if (args[0].kind == DV_NUM_NAN)
        *out = args[0];
    else
        *out = dv_numeric_from_int(sign > 0 ? 1 : sign < 0 ? -1 : 0);
    return DV_OK;
}

NUMBER_FN(sign_float)
{
    UNUSED;
    *out = dv_float(args[0].u.f > 0 ? 1.0 : args[0].u.f < 0 ? -1.0 : 0.0);
    return DV_OK;
}

static enum dv_status round_numeric(struct dv_eval *eval, const struct dv_value *a, int64_t scale, char mode,
                                    struct dv_value *out, struct dv_err *err)
{
    if (a->kind != DV_NUM_SMALL && a->kind != DV_NUM_BIG) {
        *out = *a;
        return DV_OK;
    }
    scale = scale > 16383 ? 16383 : scale < -16383 ? -16383 : scale;
    return dv_numeric_round(a, (int32_t)scale, mode, eval->arena, out, err);
}

NUMBER_FN(numeric_rounded)
{
    UNUSED;
    return round_numeric(eval, &args[0], expr->arg_count > 1 ? args[1].u.i : 0, 'r', out, err);
}

NUMBER_FN(numeric_cut)
{
    UNUSED;
    return round_numeric(eval, &args[0], expr->arg_count > 1 ? args[1].u.i : 0, 't', out, err);
}

NUMBER_FN(numeric_ceil)
{
    UNUSED;
    return round_numeric(eval, &args[0], 0, 'c', out, err);
}

NUMBER_FN(numeric_floor)
{
    UNUSED;
    return round_numeric(eval, &args[0], 0, 'f', out, err);
}

NUMBER_FN(float_rounded)
{
    UNUSED;
    *out = dv_float(rint(args[0].u.f));
    return DV_OK;
}

NUMBER_FN(float_cut)
{
    UNUSED;
    *out = dv_float(trunc(args[0].u.f));
    return DV_OK;
}

NUMBER_FN(float_ceil)
{
    UNUSED;
    *out = dv_float(ceil(args[0].u.f));
    return DV_OK;
}

NUMBER_FN(float_floor)
{
    UNUSED;
    *out = dv_float(floor(args[0].u.f));
    return DV_OK;
}

NUMBER_FN(mod_int)
{
    UNUSED;
    if (args[1].u.i == 0)
        return dv_eval_fail(err, "22012", "division by zero");
    *out = dv_int(args[1].u.i == -1 ? 0 : args[0].u.i % args[1].u.i);
    return DV_OK;
}

NUMBER_FN(mod_numeric)
{
    UNUSED;
    return dv_numeric_arithmetic('%', &args[0], &args[1], eval->arena, out, err);
}

NUMBER_FN(sqrt_float)
{
    UNUSED;
    if (args[0].u.f < 0)
        return dv_eval_fail(err, "2201F", "cannot take square root of a negative number");
    *out = dv_float(sqrt(args[0].u.f));
    return DV_OK;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define INTEGERS(called, fn)                                                                                 \
    FN(called, "int2,int2>int2", fn), FN(called, "int4,int4>int4", fn), FN(called, "int8,int8>int8", fn)
static const struct dv_function number_entries[] = {
    FN("abs", "int2>int2", abs_int),
    FN("abs", "int4>int4", abs_int),
    FN("abs", "int8>int8", abs_int),
    FN("abs", "numeric>numeric", abs_numeric),
    FN("abs", "float4>float4", abs_float),
    FN("abs", "float8>float8", abs_float),
    FN("sign", "numeric>numeric", sign_numeric),
    FN("sign", "float8>float8", sign_float),
    FN("round", "numeric>numeric", numeric_rounded),
    FN("round", "numeric,int4>numeric", numeric_rounded),
    FN("round", "float8>float8", float_rounded),
    FN("trunc", "numeric>numeric", numeric_cut),
    FN("trunc", "numeric,int4>numeric", numeric_cut),
    FN("trunc", "float8>float8", float_cut),
    FN("ceil", "numeric>numeric", numeric_ceil),
    FN("ceil", "float8>float8", float_ceil),
    FN("ceiling", "numeric>numeric", numeric_ceil),
    FN("ceiling", "float8>float8", float_ceil),
    FN("floor", "numeric>numeric", numeric_floor),
    FN("floor", "float8>float8", float_floor),
    INTEGERS("mod", mod_int),
    FN("mod", "numeric,numeric>numeric", mod_numeric),
    FN("sqrt", "float8>float8", sqrt_float),
};
const struct dv_function_table dv_functions_number = DV_FUNCTION_TABLE(number_entries);
