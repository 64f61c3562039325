/* Calls with OVER. All windows of one SELECT share their PARTITION BY, and those that have an ORDER BY share
 * that too, so that one sort serves them all. */
#include "transform/bind_query.h"

#include <string.h>

static bool same_list(struct dv_ast *const *a, unsigned a_count, struct dv_ast *const *b, unsigned b_count)
{
    bool same = a_count == b_count;
    for (unsigned i = 0; same && i < a_count; i++)
        same = dv_ast_equal(a[i], b[i]);
    return same;
}

static bool same_order(const struct dv_ast_call *a, const struct dv_ast_call *b)
{
    bool same = a->window_order_count == b->window_order_count;
    for (unsigned i = 0; same && i < a->window_order_count; i++)
        same = dv_ast_equal(a->window_order[i].expr, b->window_order[i].expr) &&
               a->window_order[i].descending == b->window_order[i].descending &&
               a->window_order[i].nulls_first == b->window_order[i].nulls_first;
    return same;
}

static enum dv_status bind_partition(struct dv_query_binder *query, struct dv_branch *branch,
                                     const struct dv_ast_call *call, const struct dv_scope *scope,
                                     struct dv_err *err)
{
    struct dv_binder expressions = dv_query_expressions(query);
    branch->barrier = DV_BARRIER_WINDOW;
    branch->keys =
        dv_arena_alloc(&query->program->arena, (call->partition_count + 1) * sizeof(struct dv_expr *));
    if (branch->keys == NULL)
        return dv_fail_memory(err);
    for (unsigned p = 0; p < call->partition_count; p++) {
        enum dv_status status = dv_bind_expr(&expressions, call->partition[p], scope, &branch->keys[p], err);
        if (status != DV_OK)
            return status;
    }
    branch->key_count = call->partition_count;
    return DV_OK;
}

static enum dv_status bind_order(struct dv_query_binder *query, struct dv_branch *branch,
                                 const struct dv_ast_call *call, const struct dv_scope *scope,
                                 struct dv_err *err)
{
    struct dv_binder expressions = dv_query_expressions(query);
    branch->order = dv_arena_zalloc(&query->program->arena, call->window_order_count * sizeof *branch->order);
    if (branch->order == NULL)
        return dv_fail_memory(err);
    for (unsigned o = 0; o < call->window_order_count; o++) {
        struct dv_aggregate_order *order = &branch->order[o];
        enum dv_status status =
            dv_bind_expr(&expressions, call->window_order[o].expr, scope, &order->expr, err);
        if (status != DV_OK)
            return status;
        order->descending = call->window_order[o].descending;
        order->nulls_first = call->window_order[o].nulls_first;
    }
    branch->order_count = call->window_order_count;
    return DV_OK;
}

/* Takes the call's PARTITION BY and ORDER BY for the branch's, or checks that they are. */
static enum dv_status settle(struct dv_query_binder *query, struct dv_branch *branch,
                             const struct dv_ast *node, const struct dv_scope *scope, struct dv_err *err)
{
    const struct dv_ast_call *call = node->call, *ordered = NULL;
    enum dv_status status = DV_OK;
    if (branch->window_count == 0)
        DV_TRY(bind_partition(query, branch, call, scope, err));
    else if (!same_list(branch->windows[0].ast->call->partition,
                        branch->windows[0].ast->call->partition_count, call->partition,
                        call->partition_count))
        return dv_query_fail(
            query, node->line, node->column, err,
            "the windows of one SELECT share their PARTITION BY: put this one into a model of its own");
    for (unsigned w = 0; w < branch->window_count; w++)
        if (branch->windows[w].ast->call->window_order_count > 0)
            ordered = branch->windows[w].ast->call;
    if (call->window_order_count == 0)
        return DV_OK;
    if (ordered == NULL)
        status = bind_order(query, branch, call, scope, err);
    else if (!same_order(ordered, call))
        status = dv_query_fail(
            query, node->line, node->column, err,
            "the windows of one SELECT share their ORDER BY: put this one into a model of its own");
done:
    return status;
}

static enum dv_status bind_function(struct dv_query_binder *query, const struct dv_ast *node,
                                    const struct dv_scope *scope, struct dv_window *window,
                                    struct dv_type *type, struct dv_err *err)
{
    static const struct {
        const char *name;
        enum dv_window_kind kind;
    } ranks[] = {{"row_number", DV_ROW_NUMBER}, {"rank", DV_RANK}, {"dense_rank", DV_DENSE_RANK}};
    *window = (struct dv_window){.ast = node, .ordered = node->call->window_order_count > 0};
    for (size_t r = 0; r < sizeof ranks / sizeof ranks[0]; r++)
        if (strcmp(ranks[r].name, node->text) == 0) {
            if (node->arg_count > 0 || node->call->star)
                return dv_query_fail(query, node->line, node->column, err, "%s() takes no arguments",
                                     node->text);
            window->kind = ranks[r].kind;
            *type = dv_type_of(DV_TYPE_INT8);
            return DV_OK;
        }
    if (!dv_is_aggregate(node->text)) {
        enum dv_status status =
            dv_query_fail(query, node->line, node->column, err, "%s is no window function", node->text);
        dv_err_hint(err, "OVER goes with row_number, rank, dense_rank and the aggregates");
        return status;
    }
    struct dv_binder expressions = dv_query_expressions(query);
    expressions.input_scope = scope;
    window->kind = DV_WINDOW_AGGREGATE;
    enum dv_status status = dv_bind_aggregate(&expressions, node, &window->aggregate, err);
    if (status == DV_OK)
        *type = window->aggregate->type;
    return status;
}

enum dv_status dv_bind_window(struct dv_query_binder *query, struct dv_branch *branch,
                              const struct dv_ast *node, const struct dv_scope *scope, struct dv_expr **out,
                              struct dv_err *err)
{
    struct dv_arena *arena = &query->program->arena;
    struct dv_binder expressions = dv_query_expressions(query);
    struct dv_type type;
    enum dv_status status = DV_OK;
    if (branch->barrier != DV_BARRIER_NONE && branch->barrier != DV_BARRIER_WINDOW)
        return dv_query_fail(
            query, node->line, node->column, err,
            "OVER beside GROUP BY or DISTINCT: put the grouped SELECT into a WITH or a model of its own");
    DV_TRY(settle(query, branch, node, scope, err));
    struct dv_window *windows = dv_arena_alloc(arena, (branch->window_count + 1) * sizeof *windows);
    if (windows == NULL)
        return dv_fail_memory(err);
    if (branch->window_count > 0)
        memcpy(windows, branch->windows, branch->window_count * sizeof *windows);
    branch->windows = windows;
    struct dv_window *window = &windows[branch->window_count];
    DV_TRY(bind_function(query, node, scope, window, &type, err));
    DV_TRY(dv_branch_add_slot(query->program, branch, &type, &window->slot, err));
    branch->window_count++;
    *out = dv_bind_slot(&expressions, window->slot, &type);
    if (*out == NULL)
        status = dv_fail_memory(err);
done:
    return status;
}
