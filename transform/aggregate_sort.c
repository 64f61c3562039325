/* Aggregates with ORDER BY or DISTINCT: the rows are kept in the group's arena, sorted at the end, and only
 * then taken. */
#include "transform/aggregate_internal.h"

#include "core/alloc.h"

#include <stdlib.h>

struct dv_aggregate_row {
    struct dv_aggregate_row *next;
    uint64_t number;          /* in input order */
    struct dv_value values[]; /* arguments, then ORDER BY */
};

int dv_aggregate_compare(const struct dv_aggregate_order *order, const struct dv_value *a,
                         const struct dv_value *b)
{
    int result;
    if (a->state == DV_NULL || b->state == DV_NULL) {
        if (a->state == b->state)
            return 0;
        return (a->state == DV_NULL) == order->nulls_first ? -1 : 1;
    }
    result = dv_compare_values(a, b, &order->expr->type);
    return order->descending ? -result : result;
}

enum dv_status dv_aggregate_keep_row(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                     const struct dv_value *args, struct dv_eval *eval, struct dv_err *err)
{
    unsigned count = aggregate->arg_count + aggregate->order_count;
    struct dv_aggregate_row *row =
        dv_arena_alloc(state->arena, sizeof(*row) + sizeof(struct dv_value) * count);
    if (row == NULL)
        return dv_fail_memory(err);
    row->next = NULL;
    row->number = state->row_count++;
    for (unsigned i = 0; i < count; i++) {
        bool is_arg = i < aggregate->arg_count;
        const struct dv_expr *expr =
            is_arg ? aggregate->args[i] : aggregate->order[i - aggregate->arg_count].expr;
        struct dv_value value;
        enum dv_status status = DV_OK;
        if (is_arg)
            value = args[i];
        else
            status = dv_expr_eval(expr, eval, &value, err);
        if (status == DV_OK)
            status = dv_value_copy(&value, &expr->type, state->arena, &row->values[i], err);
        if (status != DV_OK)
            return status;
    }
    if (state->last != NULL)
        state->last->next = row;
    else
        state->rows = row;
    state->last = row;
    return DV_OK;
}

static int compare_args(const struct dv_aggregate *aggregate, const struct dv_aggregate_row *a,
                        const struct dv_aggregate_row *b)
{
    int result = 0;
    for (unsigned i = 0; result == 0 && i < aggregate->arg_count; i++) {
        struct dv_aggregate_order order = {.expr = aggregate->args[i]};
        result = dv_aggregate_compare(&order, &a->values[i], &b->values[i]);
    }
    return result;
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct dv_aggregate *aggregate = context;
    const struct dv_aggregate_row *a = *(struct dv_aggregate_row *const *)left,
                                  *b = *(struct dv_aggregate_row *const *)right;
    int result = 0;
    for (unsigned i = 0; result == 0 && i < aggregate->order_count; i++)
        result = dv_aggregate_compare(&aggregate->order[i], &a->values[aggregate->arg_count + i],
                                      &b->values[aggregate->arg_count + i]);
    if (result == 0 && aggregate->distinct)
        result = compare_args(aggregate, a, b);
    return result != 0 ? result : (a->number > b->number) - (a->number < b->number);
}

enum dv_status dv_aggregate_replay(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                   struct dv_err *err)
{
    struct dv_eval eval = {.arena = state->arena};
    struct dv_aggregate context = *aggregate;
    struct dv_aggregate_row **sorted, *before = NULL;
    enum dv_status status = DV_OK;
    uint64_t n = 0;
    if (state->row_count == 0)
        return DV_OK;
    sorted = dv_alloc(sizeof(*sorted) * state->row_count);
    if (sorted == NULL)
        return dv_fail_memory(err);
    for (struct dv_aggregate_row *row = state->rows; row != NULL; row = row->next)
        sorted[n++] = row;
    qsort_r(sorted, n, sizeof(*sorted), compare_rows, &context);
    for (uint64_t i = 0; status == DV_OK && i < n; i++) {
        if (aggregate->distinct && before != NULL && compare_args(aggregate, before, sorted[i]) == 0)
            continue;
        before = sorted[i];
        if (sorted[i]->values[0].state != DV_NULL || (aggregate->function->flags & DV_AGG_NULLS) != 0)
            status = aggregate->function->step(aggregate, state, sorted[i]->values, &eval, err);
    }
    dv_buf_release(&eval.scratch);
    dv_free(sorted);
    return status;
}
