/* Variance and standard deviation, exact over numerics; bits of integers. */
#include "transform/aggregate_internal.h"

#include "core/numeric.h"

#include <math.h>

#define AGG_STEP(name)                                                                                       \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *args, struct dv_eval *eval, struct dv_err *err)
#define AGG_FINAL(name)                                                                                      \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *out, struct dv_err *err)

/* ---- numerics ------------------------------------------------------------------------------------------ */

/* An integer of any size as a numeric. */
static enum dv_status as_numeric(const struct dv_value *value, const struct dv_type *type,
                                 struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    struct dv_buf text = {0};
    enum dv_status status;
    if (type->id == DV_TYPE_NUMERIC) {
        *out = *value;
        return DV_OK;
    }
    if (value->u.i > -INT64_C(1000000000000000000) && value->u.i < INT64_C(1000000000000000000)) {
        *out = dv_numeric_from_int(value->u.i);
        return DV_OK;
    }
    dv_value_to_text(value, type, &text);
    status = dv_buf_check(&text, err);
    if (status == DV_OK)
        status = dv_numeric_parse(text.data, text.len, arena, out, err);
    dv_buf_release(&text);
    return status;
}

/* sum += x, in the sum's own room. */
static enum dv_status add_to(struct dv_kept *sum, const struct dv_value *x, struct dv_eval *eval,
                             struct dv_arena *arena, struct dv_err *err)
{
    struct dv_type type = dv_type_of(DV_TYPE_NUMERIC);
    struct dv_value result = *x;
    enum dv_status status = DV_OK;
    if (sum->value.state != DV_NULL)
        status = dv_numeric_arithmetic('+', &sum->value, x, eval->arena, &result, err);
    return status == DV_OK ? dv_keep(sum, &result, &type, arena, err) : status;
}

AGG_STEP(step_squares)
{
    struct dv_value x = dv_null(), square = dv_null();
    enum dv_status status = as_numeric(&args[0], &aggregate->args[0]->type, eval->arena, &x, err);
    state->count++;
    if (status == DV_OK)
        status = dv_numeric_arithmetic('*', &x, &x, eval->arena, &square, err);
    if (status == DV_OK)
        status = add_to(&state->total_room, &x, eval, state->arena, err);
    return status == DV_OK ? add_to(&state->squares, &square, eval, state->arena, err) : status;
}

/* (n * sum of squares - square of the sum) / (n * n), or / (n * (n - 1)) of a sample. */
static enum dv_status spread(struct dv_aggregate_state *state, bool sample, bool root, struct dv_value *out,
                             struct dv_err *err)
{
    struct dv_value n = dv_numeric_from_int((int64_t)state->count), zero = dv_numeric_from_int(0),
                    less = dv_numeric_from_int((int64_t)state->count - (sample ? 1 : 0)), square = dv_null(),
                    above = dv_null();
    const struct dv_value *total = &state->total_room.value;
    enum dv_status status;
    if (state->count == 0 || (sample && state->count == 1))
        return DV_OK;
    if (dv_numeric_scale(total) < 0) {
        return dv_numeric_parse("NaN", 3, state->arena, out, err);
    }
    status = dv_numeric_arithmetic('*', total, total, state->arena, &square, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('*', &n, &state->squares.value, state->arena, &above, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('-', &above, &square, state->arena, &above, err);
    if (status != DV_OK)
        return status;
    *out = zero;
    if (dv_numeric_compare(&above, &zero) <= 0)
        return DV_OK;
    status = dv_numeric_arithmetic('*', &n, &less, state->arena, &less, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('/', &above, &less, state->arena, out, err);
    if (status == DV_OK && root)
        status = dv_numeric_sqrt_to(out, dv_numeric_scale(out), state->arena, out, err);
    return status;
}

/* ---- floats -------------------------------------------------------------------------------------------- */

/* By Youngs and Cramer: the sum, and the sum of squared differences from the mean so far. */
AGG_STEP(step_deviation)
{
    double x = args[0].u.f, before = state->real, n, difference;
    (void)aggregate;
    (void)eval;
    state->count++;
    state->real += x;
    n = (double)state->count;
    if (state->count == 1) {
        if (isnan(x) || isinf(x))
            state->deviation = (double)NAN;
        return DV_OK;
    }
    difference = x * n - state->real;
    state->deviation += difference * difference / (n * (n - 1.0));
    if (isinf(state->real) || isinf(state->deviation)) {
        if (!isinf(before) && !isinf(x))
            return dv_eval_fail(err, "22003", "value out of range: overflow");
        state->deviation = (double)NAN;
    }
    return DV_OK;
}

static enum dv_status spread_float(const struct dv_aggregate_state *state, bool sample, bool root,
                                   struct dv_value *out)
{
    double n = (double)state->count - (sample ? 1.0 : 0.0), result;
    if (state->count == 0 || (sample && state->count == 1))
        return DV_OK;
    result = state->deviation / n;
    *out = dv_float(root ? sqrt(result) : result);
    return DV_OK;
}

#define SPREAD(name, sample, root)                                                                           \
    AGG_FINAL(final_##name)                                                                                  \
    {                                                                                                        \
        (void)aggregate;                                                                                     \
        return spread(state, sample, root, out, err);                                                        \
    }                                                                                                        \
    AGG_FINAL(final_##name##_float)                                                                          \
    {                                                                                                        \
        (void)aggregate;                                                                                     \
        (void)err;                                                                                           \
        return spread_float(state, sample, root, out);                                                       \
    }                                                                                                        \
    const struct dv_aggregate_type dv_agg_##name = {.step = step_squares, .final = final_##name};            \
    const struct dv_aggregate_type dv_agg_##name##_float = {.step = step_deviation,                          \
                                                            .final = final_##name##_float};
SPREAD(var_pop, false, false)
SPREAD(var_samp, true, false)
SPREAD(stddev_pop, false, true)
SPREAD(stddev_samp, true, true)

/* ---- bits ---------------------------------------------------------------------------------------------- */

#define BITS(name, operation, orderless)                                                                     \
    AGG_STEP(step_bit_##name)                                                                                \
    {                                                                                                        \
        (void)aggregate;                                                                                     \
        (void)eval;                                                                                          \
        (void)err;                                                                                           \
        state->best.value =                                                                                  \
            dv_int(state->count++ == 0 ? args[0].u.i : (state->best.value.u.i operation args[0].u.i));       \
        return DV_OK;                                                                                        \
    }                                                                                                        \
    const struct dv_aggregate_type dv_agg_bit_##name = {                                                     \
        .flags = orderless, .step = step_bit_##name, .final = final_bits};

AGG_FINAL(final_bits)
{
    (void)aggregate;
    (void)err;
    *out = state->best.value;
    return DV_OK;
}

BITS(and, &, DV_AGG_ORDERLESS)
BITS(or, |, DV_AGG_ORDERLESS)
BITS(xor, ^, 0)
