/* Aggregates that keep only the best so far: min, max, first, last, bool_and, bool_or. */
#include "transform/aggregate_internal.h"

#include "core/numeric.h"

#include <string.h>

#define AGG_STEP(name)                                                                                       \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *args, struct dv_eval *eval, struct dv_err *err)
#define UNUSED_STEP ((void)aggregate, (void)eval, (void)err)

static bool by_bytes(const struct dv_type *type)
{
    switch (type->id) {
    case DV_TYPE_TEXT:
    case DV_TYPE_VARCHAR:
    case DV_TYPE_BPCHAR:
    case DV_TYPE_UUID:
    case DV_TYPE_BYTEA:
    case DV_TYPE_JSON:
    case DV_TYPE_JSONB:
    case DV_TYPE_ARRAY:
    case DV_TYPE_OTHER:
    case DV_TYPE_UNKNOWN:
        return true;
    default:
        return false;
    }
}

enum dv_status dv_keep(struct dv_kept *kept, const struct dv_value *value, const struct dv_type *type,
                       struct dv_arena *arena, struct dv_err *err)
{
    bool far = type->id == DV_TYPE_INTERVAL || (type->id == DV_TYPE_NUMERIC && value->kind == DV_NUM_BIG);
    size_t length = value->len;
    if (value->state == DV_NULL || (!far && !by_bytes(type))) {
        kept->value = *value;
        return DV_OK;
    }
    if (far)
        length = type->id == DV_TYPE_INTERVAL
                     ? sizeof(*value->u.interval)
                     : sizeof(*value->u.big) + value->u.big->limb_count * sizeof(value->u.big->limbs[0]);
    if (length > kept->cap || kept->room == NULL) {
        size_t cap = length < 32 ? 32 : length * 2;
        kept->room = dv_arena_alloc(arena, cap);
        if (kept->room == NULL)
            return dv_fail_memory(err);
        kept->cap = cap;
    }
    if (length > 0)
        memcpy(kept->room, value->u.p, length);
    kept->value = *value;
    kept->value.u.p = kept->room;
    return DV_OK;
}

/* Of equal values (1.0 and 1.00) the later stays, as in PostgreSQL. */
AGG_STEP(step_min)
{
    UNUSED_STEP;
    if (state->count++ > 0 && dv_compare_values(&state->best.value, &args[0], &aggregate->args[0]->type) < 0)
        return DV_OK;
    return dv_keep(&state->best, &args[0], &aggregate->args[0]->type, state->arena, err);
}

AGG_STEP(step_max)
{
    UNUSED_STEP;
    if (state->count++ > 0 && dv_compare_values(&state->best.value, &args[0], &aggregate->args[0]->type) > 0)
        return DV_OK;
    return dv_keep(&state->best, &args[0], &aggregate->args[0]->type, state->arena, err);
}

static enum dv_status final_best(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                 struct dv_value *out, struct dv_err *err)
{
    (void)aggregate;
    (void)err;
    *out = state->best.value;
    return DV_OK;
}

const struct dv_aggregate_type dv_agg_min = {
    .flags = DV_AGG_ORDERLESS, .step = step_min, .final = final_best};
const struct dv_aggregate_type dv_agg_max = {
    .flags = DV_AGG_ORDERLESS, .step = step_max, .final = final_best};

/* Takes the row where its ORDER BY values come before (first) or after (last) those of the best so far; a tie
 * keeps the earlier row for first and takes the later for last. */
static enum dv_status pick(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                           struct dv_value *args, struct dv_eval *eval, bool last, struct dv_err *err)
{
    struct dv_value key;
    enum dv_status status = DV_OK;
    bool wins = state->count == 0;
    for (unsigned i = 0; i < aggregate->order_count; i++) {
        const struct dv_aggregate_order *order = &aggregate->order[i];
        int compared = 0;
        status = dv_expr_eval(order->expr, eval, &key, err);
        if (status != DV_OK)
            return status;
        if (!wins) {
            compared = dv_aggregate_compare(order, &key, &state->keys[i].value);
            if (last ? compared < 0 : compared > 0)
                return DV_OK;
            if (compared == 0)
                continue; /* equal so far: the kept key stays as it is */
            wins = true;
        }
        status = dv_keep(&state->keys[i], &key, &order->expr->type, state->arena, err);
        if (status != DV_OK)
            return status;
    }
    if (!wins && !last)
        return DV_OK;
    state->count++;
    return dv_keep(&state->best, &args[0], &aggregate->args[0]->type, state->arena, err);
}

AGG_STEP(step_first)
{
    if (aggregate->order_count == 0 && state->count > 0)
        return DV_OK;
    return pick(aggregate, state, args, eval, false, err);
}

AGG_STEP(step_last)
{
    return pick(aggregate, state, args, eval, true, err);
}

const struct dv_aggregate_type dv_agg_first = {
    .flags = DV_AGG_PICKS, .step = step_first, .final = final_best};
const struct dv_aggregate_type dv_agg_last = {.flags = DV_AGG_PICKS, .step = step_last, .final = final_best};

AGG_STEP(step_bool_and)
{
    UNUSED_STEP;
    state->truth = (state->count++ == 0 || state->truth) && args[0].u.i != 0;
    return DV_OK;
}

AGG_STEP(step_bool_or)
{
    UNUSED_STEP;
    state->truth = (state->count++ > 0 && state->truth) || args[0].u.i != 0;
    return DV_OK;
}

static enum dv_status final_truth(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                  struct dv_value *out, struct dv_err *err)
{
    (void)aggregate;
    (void)err;
    if (state->count > 0)
        *out = dv_bool(state->truth);
    return DV_OK;
}

const struct dv_aggregate_type dv_agg_bool_and = {
    .flags = DV_AGG_ORDERLESS, .step = step_bool_and, .final = final_truth};
const struct dv_aggregate_type dv_agg_bool_or = {
    .flags = DV_AGG_ORDERLESS, .step = step_bool_or, .final = final_truth};
