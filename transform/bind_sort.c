/* ORDER BY and LIMIT of a whole query: the query without them, in a relation of its own, is sorted into the
 * model. */
#include "transform/bind_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum dv_status row_count(struct dv_query_binder *query, const struct dv_ast *ast, const char *what,
                                uint64_t *out, struct dv_err *err)
{
    struct dv_binder expressions = dv_query_expressions(query);
    struct dv_scope none = {0};
    struct dv_type type = dv_type_of(DV_TYPE_INT8);
    struct dv_expr *expr;
    if (ast == NULL)
        return DV_OK;
    enum dv_status status = dv_bind_expr(&expressions, ast, &none, &expr, err);
    if (status == DV_OK)
        status = dv_bind_coerce(&expressions, expr, &type, &expr, err);
    if (status != DV_OK)
        return status;
    if (!expr->is_constant || (expr->constant.state == DV_SET && expr->constant.u.i < 0))
        return dv_query_fail(query, ast->line, ast->column, err,
                             "%s takes a constant number of rows, 0 or more", what);
    if (expr->constant.state == DV_SET)
        *out = (uint64_t)expr->constant.u.i;
    return DV_OK;
}

/* The query without ORDER BY and LIMIT; expressions that order it and are no outputs become outputs behind
 * the others. */
static enum dv_status inner_query(struct dv_query_binder *query, const struct dv_ast_query *whole,
                                  struct dv_ast_query **out, unsigned *places, struct dv_err *err)
{
    struct dv_arena *arena = &query->program->arena;
    struct dv_ast_query *inner = dv_arena_zalloc(arena, sizeof *inner);
    struct dv_ast_select **selects = dv_arena_alloc(arena, whole->select_count * sizeof *selects);
    struct dv_ast_select *first = dv_arena_zalloc(arena, sizeof *first);
    if (inner == NULL || selects == NULL || first == NULL)
        return dv_fail_memory(err);
    *inner = *whole;
    *first = *whole->selects[0];
    memcpy(selects, whole->selects, whole->select_count * sizeof *selects);
    selects[0] = first;
    inner->selects = selects;
    inner->limit = inner->offset = NULL;
    if (first->distinct_on_count == 0)
        inner->order_count = 0;
    first->items =
        dv_arena_zalloc(arena, (first->item_count + whole->order_count + 1) * sizeof *first->items);
    if (first->items == NULL)
        return dv_fail_memory(err);
    memcpy(first->items, whole->selects[0]->items, first->item_count * sizeof *first->items);
    for (unsigned o = 0; o < whole->order_count; o++) {
        const struct dv_ast_order *order = &whole->order[o];
        places[o] = 0; /* 1-based place among the items, 0: behind them */
        if (order->item > 0) {
            places[o] = order->item;
            continue;
        }
        if (whole->select_count > 1 || first->distinct || first->distinct_on_count > 0)
            return dv_query_fail(query, order->expr->line, order->expr->column, err,
                                 "ORDER BY of a UNION ALL or DISTINCT names a column of the result");
        struct dv_ast_item *item = &first->items[first->item_count++];
        item->expr = order->expr;
        item->alias = dv_arena_printf(arena, "order %u", o + 1); /* no identifier a model would use */
        if (item->alias == NULL)
            return dv_fail_memory(err);
    }
    *out = inner;
    return DV_OK;
}

static bool has_star(const struct dv_ast_select *select)
{
    for (unsigned i = 0; i < select->item_count; i++)
        if (select->items[i].expr->kind == DV_AST_STAR)
            return true;
    return false;
}

/* The column of the inner relation that orders: an item's place counts before stars are spread, so behind a
 * star it is found by its name. */
static enum dv_status order_column(struct dv_query_binder *query, const struct dv_ast_query *whole,
                                   const struct dv_relation *inner, unsigned o, unsigned place,
                                   unsigned *column, struct dv_err *err)
{
    char hidden[32];
    const char *name = hidden;
    (void)snprintf(hidden, sizeof hidden, "order %u", o + 1);
    if (place > 0 && !has_star(whole->selects[0])) {
        *column = place - 1;
        return DV_OK;
    }
    if (place > 0)
        name = whole->selects[0]->items[place - 1].alias;
    for (*column = 0; *column < inner->column_count; ++*column)
        if (name != NULL && strcmp(inner->columns[*column].name, name) == 0)
            return DV_OK;
    return dv_query_fail(query, whole->order[o].expr->line, whole->order[o].expr->column, err,
                         "ORDER BY: name the column instead of its place");
}

static enum dv_status fill_branch(struct dv_query_binder *query, const struct dv_ast_query *whole,
                                  struct dv_relation *inner, const unsigned *places, struct dv_branch *branch,
                                  struct dv_err *err)
{
    struct dv_arena *arena = &query->program->arena;
    struct dv_relation *relation = branch->relation;
    enum dv_status status = DV_OK;
    unsigned hidden = 0;
    for (unsigned o = 0; o < whole->order_count; o++)
        hidden += places[o] == 0;
    relation->columns = inner->columns;
    relation->column_count = inner->column_count - hidden;
    DV_TRY(dv_bind_through(query, inner, relation, err));
    branch->barrier = DV_BARRIER_SORT;
    branch->limit = UINT64_MAX;
    branch->order = dv_arena_zalloc(arena, (whole->order_count + 1) * sizeof *branch->order);
    if (branch->order == NULL)
        return dv_fail_memory(err);
    for (unsigned o = 0; o < whole->order_count; o++) {
        unsigned column;
        DV_TRY(order_column(query, whole, inner, o, places[o], &column, err));
        branch->order[o] = (struct dv_aggregate_order){.expr = branch->outputs[column],
                                                       .descending = whole->order[o].descending,
                                                       .nulls_first = whole->order[o].nulls_first};
    }
    branch->order_count = whole->order_count;
    DV_TRY(row_count(query, whole->limit, "LIMIT", &branch->limit, err));
    DV_TRY(row_count(query, whole->offset, "OFFSET", &branch->offset, err));
done:
    return status;
}

enum dv_status dv_bind_sorted(struct dv_query_binder *query, const struct dv_ast_query *whole,
                              struct dv_relation *relation, struct dv_err *err)
{
    struct dv_arena *arena = &query->program->arena;
    struct dv_ast_query *stripped = NULL;
    struct dv_relation *inner;
    enum dv_status status = DV_OK;
    unsigned *places = dv_arena_zalloc(arena, (whole->order_count + 1) * sizeof *places);
    relation->branches = dv_arena_zalloc(arena, sizeof *relation->branches);
    if (places == NULL || relation->branches == NULL)
        return dv_fail_memory(err);
    relation->branch_count = 1;
    relation->branches[0].relation = relation;
    DV_TRY(inner_query(query, whole, &stripped, places, err));
    DV_TRY(dv_bind_nested(query, "unsorted", stripped, &inner, err));
    status = fill_branch(query, whole, inner, places, &relation->branches[0], err);
done:
    return status;
}
