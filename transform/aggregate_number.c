/* count, sum, avg. Sums of small numerics and of bigint run in 128 bits; what does not fit moves to a
 * numeric. */
#include "transform/aggregate_internal.h"

#include "core/numeric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AGG_STEP(name)                                                                                       \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *args, struct dv_eval *eval, struct dv_err *err)
#define AGG_FINAL(name)                                                                                      \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED_STEP  ((void)aggregate, (void)args, (void)eval, (void)err)
#define UNUSED_FINAL ((void)aggregate, (void)err)

AGG_STEP(step_count)
{
    UNUSED_STEP;
    state->count++;
    return DV_OK;
}

AGG_FINAL(final_count)
{
    UNUSED_FINAL;
    *out = dv_int((int64_t)state->count);
    return DV_OK;
}

const struct dv_aggregate_type dv_agg_count = {.step = step_count, .final = final_count};

AGG_STEP(step_int)
{
    UNUSED_STEP;
    state->count++;
    state->sum += args[0].u.i; /* 2^64 rows of the largest bigint just fit */
    return DV_OK;
}

AGG_FINAL(final_sum_int)
{
    UNUSED_FINAL;
    if (state->count == 0)
        return DV_OK;
    if (state->sum != (int64_t)state->sum)
        return dv_eval_range(err, DV_TYPE_INT8);
    *out = dv_int((int64_t)state->sum);
    return DV_OK;
}

const struct dv_aggregate_type dv_agg_sum_int = {.step = step_int, .final = final_sum_int};

/* The 128-bit sum as a numeric. */
static enum dv_status sum_value(const struct dv_aggregate_state *state, struct dv_value *out,
                                struct dv_err *err)
{
    dv_uint128 rest = state->sum < 0 ? -(dv_uint128)state->sum : (dv_uint128)state->sum;
    char digits[96];
    size_t at = sizeof(digits);
    int32_t written = 0;
    do {
        if (written == state->scale && state->scale > 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
        written++;
    } while (rest > 0 || written <= state->scale);
    if (state->sum < 0)
        digits[--at] = '-';
    return dv_numeric_parse(digits + at, sizeof(digits) - at, state->arena, out, err);
}

/* sum moves into total. */
static enum dv_status flush_sum(struct dv_aggregate_state *state, struct dv_err *err)
{
    struct dv_value part = dv_null(), total = dv_null();
    enum dv_status status = sum_value(state, &part, err);
    if (status == DV_OK && state->total.state != DV_NULL)
        status = dv_numeric_arithmetic('+', &state->total, &part, state->arena, &total, err);
    else
        total = part;
    if (status == DV_OK) {
        state->total = total;
        state->sum = 0;
        state->scale = 0;
    }
    return status;
}

static const int64_t powers[] = {1,
                                 10,
                                 100,
                                 1000,
                                 10000,
                                 100000,
                                 1000000,
                                 10000000,
                                 100000000,
                                 1000000000,
                                 10000000000,
                                 100000000000,
                                 1000000000000,
                                 10000000000000,
                                 100000000000000,
                                 1000000000000000,
                                 10000000000000000,
                                 100000000000000000,
                                 1000000000000000000};

static bool add_small(struct dv_aggregate_state *state, const struct dv_value *value)
{
    dv_int128 sum = state->sum, addend = value->u.i;
    int32_t scale = value->scale;
    if (scale > state->scale) {
        if (__builtin_mul_overflow(sum, (dv_int128)powers[scale - state->scale], &sum))
            return false;
    } else if (scale < state->scale) {
        addend *= powers[state->scale - scale];
        scale = state->scale;
    }
    if (__builtin_add_overflow(sum, addend, &sum))
        return false;
    state->sum = sum;
    state->scale = scale;
    return true;
}

AGG_STEP(step_numeric)
{
    enum dv_status status;
    struct dv_value total = dv_null();
    UNUSED_STEP;
    state->count++;
    if (args[0].kind == DV_NUM_SMALL) {
        if (add_small(state, &args[0]))
            return DV_OK;
        status = flush_sum(state, err);
        if (status == DV_OK && !add_small(state, &args[0]))
            status = dv_fail(err, DV_EXIT_BUG, "a small numeric does not fit an empty sum");
        return status;
    }
    if (state->total.state == DV_NULL)
        state->total = dv_numeric_from_int(0);
    status = dv_numeric_arithmetic('+', &state->total, &args[0], eval->arena, &total, err);
    if (status == DV_OK)
        status = dv_keep(&state->total_room, &total, &aggregate->type, state->arena, err);
    state->total = state->total_room.value;
    return status;
}

static enum dv_status whole_sum(struct dv_aggregate_state *state, struct dv_value *out, struct dv_err *err)
{
    enum dv_status status;
    if (state->total.state == DV_NULL && state->sum > -INT64_C(1000000000000000000) &&
        state->sum < INT64_C(1000000000000000000)) {
        *out = dv_numeric_from_int((int64_t)state->sum);
        out->scale = (uint16_t)state->scale;
        return DV_OK;
    }
    status = flush_sum(state, err);
    *out = state->total;
    return status;
}

AGG_FINAL(final_sum_numeric)
{
    UNUSED_FINAL;
    return state->count == 0 ? DV_OK : whole_sum(state, out, err);
}

AGG_FINAL(final_avg_numeric)
{
    struct dv_value sum = dv_null(), count = dv_numeric_from_int((int64_t)state->count);
    enum dv_status status;
    UNUSED_FINAL;
    if (state->count == 0)
        return DV_OK;
    status = whole_sum(state, &sum, err);
    return status == DV_OK ? dv_numeric_arithmetic('/', &sum, &count, state->arena, out, err) : status;
}

const struct dv_aggregate_type dv_agg_sum_int8 = {.step = step_int, .final = final_sum_numeric};
const struct dv_aggregate_type dv_agg_sum_numeric = {.step = step_numeric, .final = final_sum_numeric};
const struct dv_aggregate_type dv_agg_avg_int = {.step = step_int, .final = final_avg_numeric};
const struct dv_aggregate_type dv_agg_avg_numeric = {.step = step_numeric, .final = final_avg_numeric};

AGG_STEP(step_float)
{
    double before = state->real;
    UNUSED_STEP;
    state->real = state->count == 0 ? args[0].u.f : before + args[0].u.f;
    if (aggregate->type.id == DV_TYPE_FLOAT4)
        state->real = (double)(float)state->real;
    if (isinf(state->real) && !isinf(args[0].u.f) && !isinf(before))
        return dv_eval_fail(err, "22003", "value out of range: overflow");
    state->count++;
    return DV_OK;
}

AGG_FINAL(final_sum_float)
{
    UNUSED_FINAL;
    if (state->count > 0)
        *out = dv_float(state->real);
    return DV_OK;
}

AGG_FINAL(final_avg_float)
{
    UNUSED_FINAL;
    if (state->count > 0)
        *out = dv_float(state->real / (double)state->count);
    return DV_OK;
}

const struct dv_aggregate_type dv_agg_sum_float = {.step = step_float, .final = final_sum_float};
const struct dv_aggregate_type dv_agg_avg_float = {.step = step_float, .final = final_avg_float};

AGG_STEP(step_interval)
{
    struct dv_interval *sum = &state->interval;
    const struct dv_interval *next = args[0].u.interval;
    UNUSED_STEP;
    state->count++;
    if (__builtin_add_overflow(sum->months, next->months, &sum->months) ||
        __builtin_add_overflow(sum->days, next->days, &sum->days) ||
        __builtin_add_overflow(sum->microseconds, next->microseconds, &sum->microseconds))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    return DV_OK;
}

AGG_FINAL(final_sum_interval)
{
    UNUSED_FINAL;
    if (state->count > 0)
        *out = (struct dv_value){.u.interval = &state->interval, .state = DV_SET};
    return DV_OK;
}

AGG_FINAL(final_avg_interval)
{
    struct dv_eval eval = {.arena = state->arena};
    UNUSED_FINAL;
    return state->count == 0 ? DV_OK
                             : dv_interval_divide(&eval, &state->interval, (double)state->count, out, err);
}

const struct dv_aggregate_type dv_agg_avg_interval = {.step = step_interval, .final = final_avg_interval};
const struct dv_aggregate_type dv_agg_sum_interval = {.step = step_interval, .final = final_sum_interval};
