/* The select list, grouping and rules of one SELECT. */
#include "transform/bind_query.h"

#include <stdio.h>
#include <string.h>

struct select_binder {
    struct dv_query_binder *query;
    const struct dv_ast_select *select;
    struct dv_branch *branch;
    struct dv_scope scope; /* of the flat row */
    struct dv_binder expressions;
    struct dv_expr **items;
    const char **names;
    unsigned item_count;
    struct dv_binder plain; /* over the flat row, where `expressions` is over keys and aggregates */
    struct dv_window_plan windows;
    bool grouped, in_where;
    bool collecting; /* aggregates: what is inside them is over the flat row */
};

static bool has_over(const struct dv_ast *node)
{
    return node->kind == DV_AST_CALL && node->call != NULL && node->call->over;
}

static bool is_aggregate(const struct dv_ast *node)
{
    return node->kind == DV_AST_CALL && dv_is_aggregate(node->text) && !has_over(node);
}

static bool has_query(const struct dv_ast *node)
{
    return node->query != NULL;
}

struct search {
    bool (*wanted)(const struct dv_ast *node);
    bool found;
};

static enum dv_status search_tree(void *context, const struct dv_ast *node, struct dv_err *err)
{
    struct search *search = context;
    search->found = search->found || search->wanted(node);
    return search->found ? DV_OK : dv_ast_each_child(node, search_tree, context, err);
}

/* Whether the expression holds such a node; sub-queries are not entered. */
static bool holds(const struct dv_ast *ast, bool (*wanted)(const struct dv_ast *node))
{
    struct search search = {.wanted = wanted};
    struct dv_err ignored = DV_ERR_INIT;
    return search_tree(&search, ast, &ignored) == DV_OK && search.found;
}

static bool items_hold(const struct dv_ast_select *select, bool (*wanted)(const struct dv_ast *node))
{
    for (unsigned i = 0; i < select->item_count; i++)
        if (holds(select->items[i].expr, wanted))
            return true;
    return false;
}

static bool is_grouped(const struct dv_ast_select *select)
{
    return select->group_count > 0 || select->having != NULL || items_hold(select, is_aggregate);
}

bool dv_select_has_barrier(const struct dv_ast_select *select)
{
    return select->distinct || select->distinct_on_count > 0 || is_grouped(select) ||
           items_hold(select, has_over);
}

static enum dv_status bind_star(struct select_binder *binder, const struct dv_ast *star, struct dv_err *err)
{
    bool any = false;
    for (unsigned c = 0; c < binder->scope.count; c++) {
        const struct dv_scope_column *column = &binder->scope.columns[c];
        if (star->qualifier != NULL ? strcmp(star->qualifier, column->qualifier) != 0
                                    : column->qualified_only)
            continue;
        binder->items[binder->item_count] = dv_bind_slot(&binder->expressions, column->slot, &column->type);
        if (binder->items[binder->item_count] == NULL)
            return dv_fail_memory(err);
        binder->names[binder->item_count++] = column->name;
        any = true;
    }
    if (!any)
        return dv_query_fail(binder->query, star->line, star->column, err, "there is no \"%s\" in FROM",
                             star->qualifier == NULL ? "*" : star->qualifier);
    return DV_OK;
}

static enum dv_status bind_items(struct select_binder *binder, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    const struct dv_ast_select *select = binder->select;
    size_t most = (size_t)select->item_count * (binder->scope.count + 1) + 1;
    binder->items = dv_arena_alloc(arena, most * sizeof(struct dv_expr *));
    binder->names = dv_arena_alloc(arena, most * sizeof(char *));
    if (binder->items == NULL || binder->names == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < select->item_count; i++) {
        const struct dv_ast_item *item = &select->items[i];
        enum dv_status status;
        if (item->expr->kind == DV_AST_STAR) {
            if (binder->grouped)
                return dv_query_fail(binder->query, item->expr->line, item->expr->column, err,
                                     "* and GROUP BY do not go together: name the columns");
            status = bind_star(binder, item->expr, err);
        } else {
            binder->names[binder->item_count] = item->alias;
            status = dv_bind_expr(&binder->expressions, item->expr, &binder->scope,
                                  &binder->items[binder->item_count++], err);
        }
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

/* Settles the relation's column list (first branch) or checks it against the first one's length. */
static enum dv_status settle_columns(struct select_binder *binder, struct dv_err *err)
{
    struct dv_relation *relation = binder->branch->relation;
    const struct dv_ast_select *select = binder->select;
    if (relation->columns != NULL) {
        if (relation->column_count != binder->item_count)
            return dv_query_fail(binder->query, select->line, select->column, err,
                                 "UNION ALL: the first SELECT has %u columns, this one has %u",
                                 relation->column_count, binder->item_count);
        return DV_OK;
    }
    relation->columns =
        dv_arena_zalloc(&binder->query->program->arena, (binder->item_count + 1) * sizeof *relation->columns);
    if (relation->columns == NULL)
        return dv_fail_memory(err);
    relation->column_count = binder->item_count;
    for (unsigned i = 0; i < binder->item_count; i++) {
        struct dv_column *column = &relation->columns[i];
        snprintf(column->name, sizeof column->name, "%s", binder->names[i]);
        column->type = binder->items[i]->type;
        for (unsigned j = 0; j < i; j++)
            if (strcmp(relation->columns[j].name, column->name) == 0)
                return dv_query_fail(binder->query, select->line, select->column, err,
                                     "two columns are named \"%s\": give one another name with AS",
                                     column->name);
    }
    return DV_OK;
}

static enum dv_status bind_keys(struct select_binder *binder, struct dv_err *err)
{
    const struct dv_ast_select *select = binder->select;
    struct dv_branch *branch = binder->branch;
    struct dv_arena *arena = &binder->query->program->arena;
    struct dv_ast **keys = dv_arena_alloc(arena, (select->group_count + 1) * sizeof *keys);
    branch->keys = dv_arena_alloc(arena, (select->group_count + 1) * sizeof(struct dv_expr *));
    if (keys == NULL || branch->keys == NULL)
        return dv_fail_memory(err);
    for (unsigned g = 0; g < select->group_count; g++) {
        struct dv_err first = DV_ERR_INIT;
        keys[g] = select->group_by[g];
        enum dv_status status =
            dv_bind_expr(&binder->plain, keys[g], &binder->scope, &branch->keys[g], &first);
        if (status != DV_OK && select->group_alias != NULL && select->group_alias[g] != NULL) {
            keys[g] = select->group_alias[g]; /* no such input column: the name of an output */
            status = dv_bind_expr(&binder->plain, keys[g], &binder->scope, &branch->keys[g], &first);
        }
        if (status != DV_OK) {
            *err = first;
            return status;
        }
        branch->key_count = g + 1;
    }
    binder->expressions.group_keys = keys;
    binder->expressions.group_count = select->group_count;
    binder->expressions.group_exprs = branch->keys;
    binder->expressions.input_scope = &binder->scope;
    binder->grouped = true;
    return DV_OK;
}

/* Binds the aggregates in the expression, so that all are known before anything is bound over them. */
static enum dv_status collect(void *context, const struct dv_ast *node, struct dv_err *err)
{
    struct select_binder *binder = context;
    struct dv_expr *ignored;
    if (has_over(node) && node->call->filter != NULL && holds(node->call->filter, is_aggregate))
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "aggregate functions are not allowed in FILTER: write CASE WHEN … END inside %s",
                             node->text);
    return is_aggregate(node) ? dv_bind_expr(&binder->expressions, node, &binder->scope, &ignored, err)
                              : dv_ast_each_child(node, collect, context, err);
}

static enum dv_status collect_all(struct select_binder *binder, const struct dv_ast_query *whole,
                                  struct dv_err *err)
{
    const struct dv_ast_select *select = binder->select;
    enum dv_status status = DV_OK;
    binder->collecting = true;
    for (unsigned i = 0; i < select->item_count; i++)
        DV_TRY(collect(binder, select->items[i].expr, err));
    if (select->having != NULL)
        DV_TRY(collect(binder, select->having, err));
    for (unsigned d = 0; d < select->distinct_on_count; d++)
        DV_TRY(collect(binder, select->distinct_on[d], err));
    for (unsigned o = 0; select->distinct_on_count > 0 && o < whole->order_count; o++)
        DV_TRY(collect(binder, whole->order[o].expr, err));
done:
    binder->collecting = false;
    return status;
}

/* Keys, aggregates, HAVING. A HAVING that asks sub-queries is a WHERE over the groups. */
static enum dv_status bind_group(struct select_binder *binder, const struct dv_ast_query *whole,
                                 struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    const struct dv_ast *having = binder->select->having;
    enum dv_status status = DV_OK;
    DV_TRY(bind_keys(binder, err));
    DV_TRY(collect_all(binder, whole, err));
    branch->barrier = DV_BARRIER_GROUP;
    branch->aggregates = binder->expressions.aggregates;
    branch->aggregate_count = binder->expressions.aggregate_count;
    if (having == NULL)
        goto done;
    bool asks = holds(having, has_query);
    if (asks)
        DV_TRY(dv_branch_push_down(binder->query, branch, err));
    binder->in_where = true;
    DV_TRY(dv_bind_condition(&binder->expressions, having, &binder->scope, "HAVING",
                             asks ? &branch->where : &branch->having, err));
    binder->in_where = false;
done:
    return status;
}

/* A barrier stands alone in its relation: before the next one begins, what there is goes into a link. */
static enum dv_status next_barrier(struct select_binder *binder, struct dv_err *err)
{
    return binder->branch->barrier == DV_BARRIER_NONE
               ? DV_OK
               : dv_branch_push_down(binder->query, binder->branch, err);
}

/* The windows of the select list, a barrier for each PARTITION BY and ORDER BY. */
static enum dv_status bind_windows(struct select_binder *binder, struct dv_err *err)
{
    const struct dv_ast_select *select = binder->select;
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < select->item_count; i++)
        DV_TRY(dv_plan_windows(binder->query, select->items[i].expr, &binder->windows, err));
    for (unsigned g = 0; g < binder->windows.group_count; g++) {
        DV_TRY(next_barrier(binder, err));
        DV_TRY(dv_bind_windows(binder->query, binder->branch, &binder->expressions, &binder->scope,
                               &binder->windows, g, err));
    }
done:
    return status;
}

/* SELECT DISTINCT: grouped by every item, no aggregates. */
static enum dv_status make_distinct(struct select_binder *binder, struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    struct dv_arena *arena = &binder->query->program->arena;
    enum dv_status status = next_barrier(binder, err);
    if (status != DV_OK)
        return status;
    branch->barrier = DV_BARRIER_GROUP;
    branch->keys = binder->items;
    branch->key_count = binder->item_count;
    branch->outputs = dv_arena_alloc(arena, (binder->item_count + 1) * sizeof(struct dv_expr *));
    if (branch->outputs == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < binder->item_count; i++) {
        branch->outputs[i] = dv_bind_slot(&binder->expressions, i, &binder->items[i]->type);
        if (branch->outputs[i] == NULL)
            return dv_fail_memory(err);
    }
    return DV_OK;
}

/* DISTINCT ON (keys) ... ORDER BY keys, order: the first row of each key. */
static enum dv_status make_pick(struct select_binder *binder, const struct dv_ast_query *query,
                                struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    struct dv_arena *arena = &binder->query->program->arena;
    const struct dv_ast_select *select = binder->select;
    enum dv_status status = DV_OK;
    DV_TRY(next_barrier(binder, err));
    branch->outputs = binder->items;
    branch->barrier = DV_BARRIER_PICK;
    branch->keys = dv_arena_alloc(arena, select->distinct_on_count * sizeof(struct dv_expr *));
    branch->order = dv_arena_zalloc(arena, (query->order_count + 1) * sizeof *branch->order);
    if (branch->keys == NULL || branch->order == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < select->distinct_on_count; k++)
        DV_TRY(dv_bind_expr(&binder->expressions, select->distinct_on[k], &binder->scope, &branch->keys[k],
                            err));
    branch->key_count = select->distinct_on_count;
    unsigned matched = 0;
    for (unsigned o = 0; o < query->order_count; o++) {
        const struct dv_ast_order *order = &query->order[o];
        bool is_key = false, again = false;
        for (unsigned k = 0; k < select->distinct_on_count; k++)
            is_key = is_key || dv_ast_equal(order->expr, select->distinct_on[k]);
        for (unsigned before = 0; before < o; before++)
            again = again || dv_ast_equal(order->expr, query->order[before].expr);
        if (again) /* says nothing new, and is no mistake in PostgreSQL */
            continue;
        if (is_key ? branch->order_count > 0 : matched < select->distinct_on_count) {
            status = dv_query_fail(binder->query, order->expr->line, order->expr->column, err,
                                   "SELECT DISTINCT ON expressions must match initial ORDER BY expressions");
            goto done;
        }
        matched += is_key;
        if (is_key)
            continue;
        struct dv_aggregate_order *out = &branch->order[branch->order_count];
        DV_TRY(dv_bind_expr(&binder->expressions, order->expr, &binder->scope, &out->expr, err));
        out->descending = order->descending;
        out->nulls_first = order->nulls_first;
        branch->order_count++;
    }
done:
    return status;
}

static enum dv_status bind_rules(struct select_binder *binder, bool reject, struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    const struct dv_relation *relation = branch->relation;
    const struct dv_model_spec *spec = relation->spec;
    struct dv_arena *arena = &binder->query->program->arena;
    if (spec == NULL)
        return DV_OK;
    /* Outputs first: they shadow input columns of the same name. */
    struct dv_scope scope = binder->scope;
    bool row_wise = branch->barrier == DV_BARRIER_NONE && branch->source == branch;
    if (reject) {
        unsigned outputs = relation->column_count, at = outputs, inputs = binder->scope.count;
        unsigned first = branch->barrier == DV_BARRIER_NONE ? branch->width : 0;
        scope.columns = dv_arena_zalloc(arena, (outputs + inputs + 1) * sizeof *scope.columns);
        if (scope.columns == NULL)
            return dv_fail_memory(err);
        for (unsigned c = 0; c < outputs; c++)
            scope.columns[c] = (struct dv_scope_column){
                .name = relation->columns[c].name, .type = branch->outputs[c]->type, .slot = first + c};
        for (unsigned c = 0; c < inputs && row_wise; c++) {
            scope.columns[at] = binder->scope.columns[c];
            for (unsigned o = 0; o < outputs; o++)
                if (strcmp(scope.columns[o].name, scope.columns[at].name) == 0)
                    scope.columns[at].qualified_only = true;
            at++;
        }
        scope.count = at;
    }
    struct dv_bound_rule *rules = dv_arena_zalloc(arena, (spec->rule_count + 1) * sizeof *rules);
    if (rules == NULL)
        return dv_fail_memory(err);
    unsigned count = 0;
    for (unsigned r = 0; r < spec->rule_count; r++) {
        const struct dv_rule *rule = &spec->rules[r];
        if (rule->reject != reject)
            continue;
        const char *place = dv_arena_printf(arena, "job.json: transform.%s.%s.%s", relation->name,
                                            reject ? "reject" : "filter", rule->name);
        struct dv_ast *ast;
        struct dv_binder plain = dv_query_expressions(binder->query);
        enum dv_status status = place == NULL ? dv_fail_memory(err)
                                              : dv_parse_expression(rule->condition, strlen(rule->condition),
                                                                    place, arena, &ast, err);
        plain.file = place;
        if (status == DV_OK)
            status = dv_bind_condition(&plain, ast, &scope, "the rule", &rules[count].condition, err);
        if (status != DV_OK)
            return status;
        rules[count++].name = rule->name;
    }
    if (reject) {
        branch->rejects = rules;
        branch->reject_count = count;
    } else {
        branch->source->filters = rules;
        branch->source->filter_count = count;
    }
    return DV_OK;
}

static enum dv_status bind_conflicts(struct select_binder *binder, struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    const struct dv_model_spec *spec = branch->relation->spec;
    if (spec == NULL || spec->conflict_key_count == 0)
        return DV_OK;
    struct dv_arena *arena = &binder->query->program->arena;
    branch->conflict_slots =
        dv_arena_zalloc(arena, spec->conflict_key_count * sizeof *branch->conflict_slots);
    branch->conflict_names = dv_arena_zalloc(arena, spec->conflict_key_count * sizeof(char *));
    if (branch->conflict_slots == NULL || branch->conflict_names == NULL)
        return dv_fail_memory(err);
    if (branch->barrier != DV_BARRIER_GROUP || branch->source != branch)
        return dv_query_fail(
            binder->query, binder->select->line, binder->select->column, err,
            branch->source->barrier == DV_BARRIER_GROUP
                ? "job.json asks for the conflicts of \"%s\": put what stands over its GROUP "
                  "BY (OVER, DISTINCT, sub-queries) into a model of its own"
                : "job.json asks for the conflicts of \"%s\", which has no GROUP BY",
            branch->relation->name);
    for (unsigned k = 0; k < spec->conflict_key_count; k++) {
        unsigned c = 0;
        while (c < binder->scope.count && strcmp(binder->scope.columns[c].name, spec->conflict_keys[k]) != 0)
            c++;
        if (c == binder->scope.count)
            return dv_query_fail(binder->query, binder->select->line, binder->select->column, err,
                                 "job.json names the conflict key \"%s\", which \"%s\" does not read",
                                 spec->conflict_keys[k], branch->relation->name);
        branch->conflict_slots[k] = binder->scope.columns[c].slot;
        branch->conflict_names[k] = spec->conflict_keys[k];
    }
    branch->conflict_count = spec->conflict_key_count;
    return DV_OK;
}

/* What expressions leave to the query: sub-queries, and in the select list calls with OVER. */
static enum dv_status special(void *context, const struct dv_ast *node, const struct dv_scope *scope,
                              struct dv_expr **out, struct dv_err *err)
{
    struct select_binder *binder = context;
    if (has_query(node))
        return dv_bind_subquery(binder->query, binder->branch,
                                binder->collecting ? &binder->plain : &binder->expressions, node, scope, out,
                                err);
    *out = dv_planned_result(&binder->windows, node);
    if (*out != NULL)
        return DV_OK;
    return dv_query_fail(
        binder->query, node->line, node->column, err,
        binder->in_where || binder->select->distinct_on_count > 0
            ? "OVER may stand in the select list alone: filter in a further SELECT"
            : "OVER may not stand inside OVER, an aggregate or GROUP BY: compute it in a WITH "
              "before");
}

/* From FROM to the select list, in the order in which SQL evaluates them. */
static enum dv_status bind_clauses(struct select_binder *binder, const struct dv_ast_query *whole,
                                   struct dv_err *err)
{
    const struct dv_ast_select *select = binder->select;
    struct dv_branch *branch = binder->branch;
    enum dv_status status = DV_OK;
    DV_TRY(dv_bind_from(binder->query, select, branch, &binder->scope, err));
    branch->source = branch;
    binder->in_where = true;
    if (select->where != NULL)
        DV_TRY(dv_bind_condition(&binder->expressions, select->where, &binder->scope, "WHERE", &branch->where,
                                 err));
    binder->in_where = false;
    binder->plain = binder->expressions;
    if (is_grouped(select))
        DV_TRY(bind_group(binder, whole, err));
    DV_TRY(bind_windows(binder, err));
    if (items_hold(select, has_query)) /* they look up by what is known behind the barriers */
        DV_TRY(next_barrier(binder, err));
    DV_TRY(bind_items(binder, err));
    branch->outputs = binder->items;
    if (select->distinct)
        DV_TRY(make_distinct(binder, err));
    if (select->distinct_on_count > 0)
        DV_TRY(make_pick(binder, whole, err));
done:
    return status;
}

enum dv_status dv_bind_select(struct dv_query_binder *query, const struct dv_ast_select *select,
                              const struct dv_ast_query *whole, struct dv_branch *branch, struct dv_err *err)
{
    struct select_binder binder = {
        .query = query, .select = select, .branch = branch, .expressions = dv_query_expressions(query)};
    binder.expressions.special = special;
    binder.expressions.special_context = &binder;
    enum dv_status status = bind_clauses(&binder, whole, err);
    branch->scope = binder.scope;
    return status == DV_OK ? settle_columns(&binder, err) : status;
}

enum dv_status dv_bind_rules(struct dv_query_binder *query, const struct dv_ast_select *select,
                             struct dv_branch *branch, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct select_binder binder = {
        .query = query, .select = select, .branch = branch, .scope = branch->scope};
    DV_TRY(bind_rules(&binder, false, err));
    DV_TRY(bind_rules(&binder, true, err));
    DV_TRY(bind_conflicts(&binder, err));
done:
    return status;
}
