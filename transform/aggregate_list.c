/* Aggregates that keep everything: string_agg, array_agg, jsonb_agg, jsonb_object_agg. */
#include "transform/aggregate_internal.h"

#include "core/array.h"
#include "core/jsonb.h"
#include "transform/array_text.h"
#include "transform/json_build.h"

#include <stdio.h>
#include <string.h>

#define AGG_STEP(name)                                                                                       \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *args, struct dv_eval *eval, struct dv_err *err)
#define AGG_FINAL(name)                                                                                      \
    static enum dv_status name(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,       \
                               struct dv_value *out, struct dv_err *err)

enum dv_status dv_grow(struct dv_grown *text, const char *p, size_t length, struct dv_arena *arena,
                       struct dv_err *err)
{
    if (length > text->cap - text->len) {
        size_t cap = text->cap * 2 > text->len + length ? text->cap * 2 : text->len + length + 64;
        char *room;
        if (cap > 0x3fffffffU)
            return dv_eval_fail(err, "54000", "the aggregate's result is longer than 1 GB");
        room = dv_arena_alloc(arena, cap);
        if (room == NULL)
            return dv_fail_memory(err);
        if (text->len > 0)
            memcpy(room, text->p, text->len);
        text->p = room;
        text->cap = cap;
    }
    if (length > 0)
        memcpy(text->p + text->len, p, length);
    text->len += length;
    return DV_OK;
}

AGG_STEP(step_string)
{
    enum dv_status status = DV_OK;
    (void)aggregate;
    (void)eval;
    if (state->count++ > 0 && args[1].state != DV_NULL)
        status = dv_grow(&state->text, args[1].u.p, args[1].len, state->arena, err);
    return status == DV_OK ? dv_grow(&state->text, args[0].u.p, args[0].len, state->arena, err) : status;
}

AGG_FINAL(final_string)
{
    (void)aggregate;
    (void)err;
    if (state->count > 0)
        *out = dv_text(state->text.p != NULL ? state->text.p : "", state->text.len);
    return DV_OK;
}

const struct dv_aggregate_type dv_agg_string = {.step = step_string, .final = final_string};

/* Appends what stands in eval->scratch, behind the separator or the opening text. */
static enum dv_status append_item(struct dv_aggregate_state *state, struct dv_eval *eval, const char *opening,
                                  const char *separator, struct dv_err *err)
{
    const char *before = state->count++ == 0 ? opening : separator;
    enum dv_status status = dv_buf_check(&eval->scratch, err);
    if (status == DV_OK)
        status = dv_grow(&state->text, before, strlen(before), state->arena, err);
    return status == DV_OK ? dv_grow(&state->text, eval->scratch.data, eval->scratch.len, state->arena, err)
                           : status;
}

AGG_STEP(step_array)
{
    dv_buf_reset(&eval->scratch);
    if (args[0].state == DV_NULL) {
        dv_array_quote(&eval->scratch, NULL, 0);
    } else if (dv_type_is_text(&aggregate->args[0]->type)) {
        dv_array_quote(&eval->scratch, args[0].u.p, args[0].len);
    } else {
        struct dv_buf text = {0};
        dv_value_to_text(&args[0], &aggregate->args[0]->type, &text);
        dv_array_quote(&eval->scratch, text.data != NULL ? text.data : "", text.len);
        eval->scratch.failed = eval->scratch.failed || text.failed;
        dv_buf_release(&text);
    }
    return append_item(state, eval, "{", ",", err);
}

/* Arrays of one shape become the rows of one that has a dimension more. */
AGG_STEP(step_arrays)
{
    struct dv_type element = dv_type_of(aggregate->args[0]->type.element);
    struct dv_array array;
    char shape[96];
    int length = 0;
    enum dv_status status;
    if (args[0].state == DV_NULL)
        return dv_eval_fail(err, "22004", "cannot accumulate null arrays");
    status = dv_array_read(args[0].u.p, args[0].len, &element, eval->arena, &array, err);
    if (status != DV_OK)
        return status;
    if (array.dimensions == 0)
        return dv_eval_fail(err, "2202E", "cannot accumulate empty arrays");
    for (unsigned i = 0; i < array.dimensions; i++) {
        length += snprintf(shape + length, sizeof(shape) - (size_t)length, "%d,", (int)array.lengths[i]);
        array.lower[i] = 1;
    }
    if (state->count == 0)
        status =
            dv_keep(&state->best, &(struct dv_value){.u.p = shape, .len = (uint32_t)length, .state = DV_SET},
                    &(struct dv_type){.id = DV_TYPE_TEXT, .precision = -1, .scale = -1}, state->arena, err);
    else if (state->best.value.len != (uint32_t)length ||
             memcmp(state->best.value.u.p, shape, (size_t)length) != 0)
        status = dv_eval_fail(err, "2202E", "cannot accumulate arrays of different dimensionality");
    if (status != DV_OK)
        return status;
    dv_buf_reset(&eval->scratch);
    dv_array_write(&array, &element, &eval->scratch);
    return append_item(state, eval, "{", ",", err);
}

static enum dv_status close_list(struct dv_aggregate_state *state, const char *closing, struct dv_value *out,
                                 struct dv_err *err)
{
    enum dv_status status;
    if (state->count == 0)
        return DV_OK;
    status = dv_grow(&state->text, closing, strlen(closing), state->arena, err);
    *out = dv_text(state->text.p, state->text.len);
    return status;
}

AGG_FINAL(final_array)
{
    (void)aggregate;
    return close_list(state, "}", out, err);
}

const struct dv_aggregate_type dv_agg_array = {
    .flags = DV_AGG_NULLS, .step = step_array, .final = final_array};

const struct dv_aggregate_type dv_agg_arrays = {
    .flags = DV_AGG_NULLS, .step = step_arrays, .final = final_array};

AGG_STEP(step_json_object)
{
    enum dv_status status;
    dv_buf_reset(&eval->scratch);
    status = dv_json_append_key(&eval->scratch, &args[0], &aggregate->args[0]->type, 0, eval->arena, err);
    dv_buf_append(&eval->scratch, " : ", 3);
    if (status == DV_OK)
        status = dv_json_append(&eval->scratch, &args[1], &aggregate->args[1]->type, eval->arena, err);
    return status == DV_OK ? append_item(state, eval, "{ ", ", ", err) : status;
}

AGG_FINAL(final_json)
{
    (void)aggregate;
    return close_list(state, "]", out, err);
}

AGG_FINAL(final_json_object)
{
    (void)aggregate;
    return close_list(state, " }", out, err);
}

AGG_STEP(step_jsonb)
{
    enum dv_status status;
    dv_buf_reset(&eval->scratch);
    status = dv_json_append(&eval->scratch, &args[0], &aggregate->args[0]->type, eval->arena, err);
    return status == DV_OK ? append_item(state, eval, "[", ", ", err) : status;
}

AGG_STEP(step_jsonb_object)
{
    enum dv_status status;
    dv_buf_reset(&eval->scratch);
    status = dv_json_append_key(&eval->scratch, &args[0], &aggregate->args[0]->type, 0, eval->arena, err);
    dv_buf_append(&eval->scratch, ": ", 2);
    if (status == DV_OK)
        status = dv_json_append(&eval->scratch, &args[1], &aggregate->args[1]->type, eval->arena, err);
    return status == DV_OK ? append_item(state, eval, "{", ", ", err) : status;
}

static enum dv_status canonical(struct dv_aggregate_state *state, const char *closing, struct dv_value *out,
                                struct dv_err *err)
{
    struct dv_buf text = {0};
    struct dv_value raw = dv_null();
    char *copy = NULL;
    enum dv_status status = close_list(state, closing, &raw, err);
    if (status != DV_OK || raw.state == DV_NULL)
        return status;
    status = dv_jsonb_canonical(raw.u.p, raw.len, &text, err);
    if (status == DV_OK)
        status = dv_buf_check(&text, err);
    if (status == DV_OK) {
        copy = dv_arena_copy(state->arena, text.data, text.len);
        if (copy == NULL)
            status = dv_fail_memory(err);
        else
            *out = dv_text(copy, text.len);
    }
    dv_buf_release(&text);
    return status;
}

AGG_FINAL(final_jsonb)
{
    (void)aggregate;
    return canonical(state, "]", out, err);
}

AGG_FINAL(final_jsonb_object)
{
    (void)aggregate;
    return canonical(state, "}", out, err);
}

const struct dv_aggregate_type dv_agg_jsonb = {
    .flags = DV_AGG_NULLS, .step = step_jsonb, .final = final_jsonb};
const struct dv_aggregate_type dv_agg_jsonb_object = {
    .flags = DV_AGG_NULLS, .step = step_jsonb_object, .final = final_jsonb_object};
const struct dv_aggregate_type dv_agg_json = {.flags = DV_AGG_NULLS, .step = step_jsonb, .final = final_json};
const struct dv_aggregate_type dv_agg_json_object = {
    .flags = DV_AGG_NULLS, .step = step_json_object, .final = final_json_object};
