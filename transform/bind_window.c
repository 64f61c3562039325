/* Calls with OVER. Those that share PARTITION BY and ORDER BY are windows of one barrier; each further
 * combination is a barrier of its own (bind_select.c chains them). */
#include "transform/bind_internal.h"
#include "transform/bind_query.h"

#include <string.h>

struct window_binder {
    struct dv_query_binder *query;
    struct dv_branch *branch;
    struct dv_binder *expressions;
    const struct dv_scope *scope;
};

static bool same_partition(const struct dv_ast_call *a, const struct dv_ast_call *b)
{
    bool same = a->partition_count == b->partition_count;
    for (unsigned i = 0; same && i < a->partition_count; i++)
        same = dv_ast_equal(a->partition[i], b->partition[i]);
    return same;
}

/* One sort serves both; a window without order takes any. */
static bool same_order(const struct dv_ast_call *a, const struct dv_ast_call *b)
{
    bool same = a->window_order_count == b->window_order_count;
    for (unsigned i = 0; same && i < a->window_order_count; i++)
        same = dv_ast_equal(a->window_order[i].expr, b->window_order[i].expr) &&
               a->window_order[i].descending == b->window_order[i].descending &&
               a->window_order[i].nulls_first == b->window_order[i].nulls_first;
    return same || a->window_order_count == 0 || b->window_order_count == 0;
}

/* ---- the plan ------------------------------------------------------------------------------------------ */

struct plan_search {
    struct dv_arena *arena;
    struct dv_window_plan *plan;
};

static enum dv_status plan_call(struct plan_search *search, const struct dv_ast *node, struct dv_err *err)
{
    struct dv_window_plan *plan = search->plan;
    struct dv_planned_window **last = &plan->windows;
    const struct dv_ast_call **leaders; /* of each group: the one whose order counts */
    for (; *last != NULL; last = &(*last)->next)
        if (dv_ast_equal((*last)->ast, node))
            return DV_OK;
    struct dv_planned_window *window = dv_arena_zalloc(search->arena, sizeof *window);
    leaders = dv_arena_zalloc(search->arena, (plan->group_count + 1) * sizeof *leaders);
    if (window == NULL || leaders == NULL)
        return dv_fail_memory(err);
    for (const struct dv_planned_window *at = plan->windows; at != NULL; at = at->next)
        if (leaders[at->group] == NULL || leaders[at->group]->window_order_count == 0)
            leaders[at->group] = at->ast->call;
    window->ast = node;
    while (window->group < plan->group_count && !(same_partition(leaders[window->group], node->call) &&
                                                  same_order(leaders[window->group], node->call)))
        window->group++;
    if (window->group == plan->group_count)
        plan->group_count++;
    *last = window;
    return DV_OK;
}

static enum dv_status search_windows(void *context, const struct dv_ast *node, struct dv_err *err)
{
    if (node->kind == DV_AST_CALL && node->call != NULL && node->call->over)
        return plan_call(context, node, err);
    return dv_ast_each_child(node, search_windows, context, err);
}

enum dv_status dv_plan_windows(struct dv_query_binder *query, const struct dv_ast *ast,
                               struct dv_window_plan *plan, struct dv_err *err)
{
    struct plan_search search = {.arena = &query->program->arena, .plan = plan};
    return search_windows(&search, ast, err);
}

struct dv_expr *dv_planned_result(const struct dv_window_plan *plan, const struct dv_ast *node)
{
    for (const struct dv_planned_window *at = plan->windows; at != NULL; at = at->next)
        if (dv_ast_equal(at->ast, node))
            return at->result;
    return NULL;
}

/* ---- one group ----------------------------------------------------------------------------------------- */

static enum dv_status bind_known(struct window_binder *binder, const struct dv_ast *ast, struct dv_expr **out,
                                 struct dv_err *err)
{
    enum dv_status status = dv_bind_expr(binder->expressions, ast, binder->scope, out, err);
    return status == DV_OK ? dv_known(binder->expressions, out, err) : status;
}

static enum dv_status bind_partition(struct window_binder *binder, const struct dv_ast_call *call,
                                     struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    branch->keys =
        dv_arena_alloc(binder->expressions->arena, (call->partition_count + 1) * sizeof(struct dv_expr *));
    if (branch->keys == NULL)
        return dv_fail_memory(err);
    branch->key_count = 0;
    for (unsigned p = 0; p < call->partition_count; p++) {
        enum dv_status status = bind_known(binder, call->partition[p], &branch->keys[p], err);
        if (status != DV_OK)
            return status;
        branch->key_count++;
    }
    return DV_OK;
}

static enum dv_status bind_order(struct window_binder *binder, const struct dv_ast_call *call,
                                 struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    branch->order =
        dv_arena_zalloc(binder->expressions->arena, (call->window_order_count + 1) * sizeof *branch->order);
    if (branch->order == NULL)
        return dv_fail_memory(err);
    for (unsigned o = 0; o < call->window_order_count; o++) {
        struct dv_aggregate_order *order = &branch->order[o];
        enum dv_status status = bind_known(binder, call->window_order[o].expr, &order->expr, err);
        if (status != DV_OK)
            return status;
        order->descending = call->window_order[o].descending;
        order->nulls_first = call->window_order[o].nulls_first;
    }
    branch->order_count = call->window_order_count;
    return DV_OK;
}

/* An argument that PostgreSQL declares integer: what only an explicit cast makes one is an error. */
static enum dv_status bind_integer(struct window_binder *binder, const struct dv_ast *call,
                                   const struct dv_ast *ast, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type type = dv_type_of(DV_TYPE_INT4);
    enum dv_status status = dv_bind_expr(binder->expressions, ast, binder->scope, out, err);
    if (status != DV_OK)
        return status;
    enum dv_type_id id = (*out)->type.id;
    if (id != DV_TYPE_INT2 && id != DV_TYPE_INT4 && id != DV_TYPE_UNKNOWN)
        return dv_query_fail(binder->query, ast->line, ast->column, err,
                             "%s takes an integer here: cast it (x::integer)", call->text);
    return dv_bind_coerce(binder->expressions, *out, &type, out, err);
}

/* lag(value, offset, default), lead: the value of the row that stands `shift` rows further on. */
static enum dv_status bind_shift(struct window_binder *binder, struct dv_window *window, int direction,
                                 struct dv_expr **out, struct dv_err *err)
{
    const struct dv_ast *node = window->ast;
    enum dv_status status = DV_OK;
    window->shift = direction;
    DV_TRY(bind_known(binder, node->args[0], &window->value, err));
    window->type = window->value->type;
    if (node->arg_count > 2) {
        DV_TRY(dv_bind_expr(binder->expressions, node->args[2], binder->scope, &window->fallback, err));
        status = dv_bind_common_type(&window->value->type, &window->fallback->type, &window->type, err);
        if (status != DV_OK)
            return dv_query_fail(binder->query, node->line, node->column, err,
                                 "%s: value and default have types that do not fit one another", node->text);
        DV_TRY(dv_bind_coerce(binder->expressions, window->value, &window->type, &window->value, err));
        DV_TRY(dv_bind_coerce(binder->expressions, window->fallback, &window->type, &window->fallback, err));
    }
    if (node->arg_count > 1) {
        struct dv_expr *offset;
        DV_TRY(bind_integer(binder, node, node->args[1], &offset, err));
        if (!offset->is_constant) {
            status = dv_query_fail(binder->query, node->args[1]->line, node->args[1]->column, err,
                                   "%s takes a constant offset: number the rows with row_number() and join "
                                   "them on the number",
                                   node->text);
            goto done;
        }
        if (offset->constant.state ==
            DV_NULL) { /* no row stands there, and the default is not taken either */
            struct dv_value null = dv_null();
            status = dv_node_constant(binder->expressions, node->line, node->column, &window->type, &null,
                                      out, err);
        }
        window->shift = direction * offset->constant.u.i;
    }
done:
    return status;
}

static const struct window_function {
    const char *name;
    enum dv_window_kind kind;
    unsigned least, most; /* arguments */
    enum dv_type_id type; /* of the result; UNKNOWN: the argument's */
} functions[] = {{"row_number", DV_ROW_NUMBER, 0, 0, DV_TYPE_INT8},
                 {"rank", DV_RANK, 0, 0, DV_TYPE_INT8},
                 {"dense_rank", DV_DENSE_RANK, 0, 0, DV_TYPE_INT8},
                 {"percent_rank", DV_PERCENT_RANK, 0, 0, DV_TYPE_FLOAT8},
                 {"cume_dist", DV_CUME_DIST, 0, 0, DV_TYPE_FLOAT8},
                 {"ntile", DV_NTILE, 1, 1, DV_TYPE_INT4},
                 {"lag", DV_SHIFT, 1, 3, DV_TYPE_UNKNOWN},
                 {"lead", DV_SHIFT, 1, 3, DV_TYPE_UNKNOWN},
                 {"first_value", DV_FIRST_VALUE, 1, 1, DV_TYPE_UNKNOWN},
                 {"last_value", DV_LAST_VALUE, 1, 1, DV_TYPE_UNKNOWN}};

static enum dv_status bind_aggregate(struct window_binder *binder, struct dv_window *window,
                                     struct dv_err *err)
{
    const struct dv_ast *node = window->ast;
    if (!dv_is_aggregate(node->text)) {
        enum dv_status status = dv_query_fail(binder->query, node->line, node->column, err,
                                              "%s is no window function", node->text);
        dv_err_hint(err, "OVER goes with row_number, rank, dense_rank, percent_rank, cume_dist, ntile, lag, "
                         "lead, first_value, last_value and the aggregates");
        return status;
    }
    window->kind = DV_WINDOW_AGGREGATE;
    enum dv_status status =
        dv_bind_window_aggregate(binder->expressions, node, binder->scope, &window->aggregate, err);
    if (status == DV_OK)
        window->type = window->aggregate->type;
    return status;
}

/* *out is set where the result is known already. */
static enum dv_status bind_function(struct window_binder *binder, const struct dv_ast *node,
                                    struct dv_window *window, struct dv_expr **out, struct dv_err *err)
{
    const struct window_function *function = NULL;
    bool ordered = node->call->window_order_count > 0;
    *window = (struct dv_window){.ast = node, .ordered = ordered, .reach = node->call->frame};
    if (window->reach == DV_FRAME_PEERS && !ordered)
        window->reach = DV_FRAME_PARTITION;
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++)
        if (strcmp(functions[f].name, node->text) == 0)
            function = &functions[f];
    if (function == NULL)
        return bind_aggregate(binder, window, err);
    if (node->arg_count < function->least || node->arg_count > function->most)
        return dv_query_fail(binder->query, node->line, node->column, err,
                             function->most == 0   ? "%s() takes no arguments"
                             : function->most == 1 ? "%s takes one argument"
                                                   : "%s takes a value, an offset and a default",
                             node->text);
    if (node->call->filter != NULL)
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "FILTER goes with aggregates alone, not with %s: write CASE WHEN … END inside",
                             node->text);
    window->kind = function->kind;
    window->type = dv_type_of(function->type);
    if (function->kind == DV_SHIFT)
        return bind_shift(binder, window, strcmp(node->text, "lag") == 0 ? -1 : 1, out, err);
    if (function->kind == DV_NTILE)
        return bind_integer(binder, node, node->args[0], &window->value, err);
    if (function->most == 0)
        return DV_OK;
    enum dv_status status = bind_known(binder, node->args[0], &window->value, err);
    if (status == DV_OK)
        window->type = window->value->type;
    return status;
}

enum dv_status dv_bind_windows(struct dv_query_binder *query, struct dv_branch *branch,
                               struct dv_binder *expressions, const struct dv_scope *scope,
                               struct dv_window_plan *plan, unsigned group, struct dv_err *err)
{
    struct window_binder binder = {
        .query = query, .branch = branch, .expressions = expressions, .scope = scope};
    const struct dv_ast_call *leader = NULL;
    enum dv_status status = DV_OK;
    unsigned count = 0;
    for (struct dv_planned_window *at = plan->windows; at != NULL; at = at->next)
        if (at->group == group) {
            count++;
            if (leader == NULL || leader->window_order_count == 0)
                leader = at->ast->call;
        }
    struct dv_window *windows = dv_arena_zalloc(&query->program->arena, (count + 1) * sizeof *windows);
    if (windows == NULL || leader == NULL)
        return dv_fail_memory(err);
    DV_TRY(bind_partition(&binder, leader, err));
    DV_TRY(bind_order(&binder, leader, err));
    branch->windows = windows;
    branch->window_count = 0;
    for (struct dv_planned_window *at = plan->windows; at != NULL; at = at->next) {
        struct dv_window *window = &windows[branch->window_count];
        if (at->group != group)
            continue;
        DV_TRY(bind_function(&binder, at->ast, window, &at->result, err));
        if (at->result != NULL)
            continue;
        DV_TRY(dv_branch_add_slot(query->program, branch, &window->type, &window->slot, err));
        branch->window_count++;
        at->result = dv_bind_slot(expressions, window->slot, &window->type);
        if (at->result == NULL)
            return dv_fail_memory(err);
    }
    branch->barrier = DV_BARRIER_WINDOW;
done:
    return status;
}
