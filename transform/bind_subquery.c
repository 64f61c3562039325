/* Sub-queries in expressions: the sub-query becomes a relation of its own, and the row looks it up under the
 * equalities that tie the two. EXISTS and IN ask whether it is there, a sub-query in brackets stands for the
 * one value that it has there. */
#include "transform/bind_internal.h"
#include "transform/bind_query.h"

#include <string.h>

#define DEEPEST 12U /* FROM of a sub-query is bound twice, so each level doubles the work */

struct sub_binder {
    struct dv_query_binder *query;
    struct dv_branch *branch;
    struct dv_binder *outer; /* binds what is the outer row's, over outer_scope */
    const struct dv_ast *node;
    const struct dv_scope *outer_scope;
    struct dv_scope inner;
    const struct dv_ast_select *select;        /* of the sub-query */
    const struct dv_ast *left[32], *right[32]; /* outer and inner sides of the equalities between the two */
    unsigned key_count;
    struct dv_ast *inside; /* the conditions that concern the sub-query alone */
};

static struct dv_ast *shared(const struct dv_ast *ast)
{
    union {
        const struct dv_ast *given;
        struct dv_ast *shared;
    } node = {.given = ast};
    return node.shared;
}

static struct dv_ast *make_node(struct dv_arena *arena, enum dv_ast_kind kind, const char *text,
                                const struct dv_ast *place)
{
    struct dv_ast *node = dv_arena_zalloc(arena, sizeof *node);
    if (node != NULL)
        *node = (struct dv_ast){.kind = kind, .text = text, .line = place->line, .column = place->column};
    return node;
}

static struct dv_ast *make_pair(struct dv_arena *arena, enum dv_ast_kind kind, const char *text,
                                struct dv_ast *a, struct dv_ast *b)
{
    struct dv_ast *node = make_node(arena, kind, text, b);
    struct dv_ast **args = dv_arena_alloc(arena, 2 * sizeof *args);
    if (node == NULL || args == NULL)
        return NULL;
    args[0] = a;
    args[1] = b;
    node->args = args;
    node->arg_count = 2;
    return node;
}

/* ---- which side a condition belongs to ----------------------------------------------------------------- */

/* A sub-query inside, for the question alone whether the rest binds: some value of its type. */
static enum dv_status stand_in(void *context, const struct dv_ast *node, const struct dv_scope *scope,
                               struct dv_expr **out, struct dv_err *err)
{
    struct dv_binder *expressions = context;
    struct dv_value null = dv_null();
    struct dv_type type = dv_type_of(node->kind == DV_AST_SUBQUERY ? DV_TYPE_UNKNOWN : DV_TYPE_BOOL);
    enum dv_status status = DV_OK;
    if (node->query == NULL)
        return dv_fail(err, DV_EXIT_USAGE, "OVER does not stand in a condition");
    for (unsigned a = 0; a < node->arg_count && status == DV_OK; a++)
        status = dv_bind_expr(expressions, node->args[a], scope, out, err);
    return status == DV_OK ? dv_node_constant(expressions, node->line, node->column, &type, &null, out, err)
                           : status;
}

static bool binds(const struct sub_binder *binder, const struct dv_ast *ast, const struct dv_scope *scope)
{
    struct dv_binder expressions =
        scope == &binder->inner ? dv_query_expressions(binder->query) : *binder->outer;
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_expr *expr;
    expressions.special = stand_in;
    expressions.special_context = &expressions;
    return dv_bind_expr(&expressions, ast, scope, &expr, &ignored) == DV_OK;
}

struct column_search {
    const struct sub_binder *binder;
    bool found;
};

static enum dv_status search_inner(void *context, const struct dv_ast *node, struct dv_err *err)
{
    struct column_search *search = context;
    if (node->kind == DV_AST_COLUMN && binds(search->binder, node, &search->binder->inner))
        search->found = true;
    return search->found ? DV_OK : dv_ast_each_child(node, search_inner, context, err);
}

/* A name means the sub-query's column first, so what names one is not the outer row's alone. */
static bool names_inner(const struct sub_binder *binder, const struct dv_ast *ast)
{
    struct column_search search = {.binder = binder};
    struct dv_err ignored = DV_ERR_INIT;
    return search_inner(&search, ast, &ignored) != DV_OK || search.found;
}

static bool add_pair(struct sub_binder *binder, const struct dv_ast *outer, const struct dv_ast *inner)
{
    if (!binds(binder, inner, &binder->inner) || !binds(binder, outer, binder->outer_scope) ||
        names_inner(binder, outer))
        return false;
    binder->left[binder->key_count] = outer;
    binder->right[binder->key_count++] = inner;
    return true;
}

static bool is_aggregate(const struct dv_ast *node)
{
    return node->kind == DV_AST_CALL && dv_is_aggregate(node->text) &&
           (node->call == NULL || !node->call->over);
}

static enum dv_status find_aggregate(void *context, const struct dv_ast *node, struct dv_err *err)
{
    bool *found = context;
    *found = *found || is_aggregate(node);
    return *found ? DV_OK : dv_ast_each_child(node, find_aggregate, context, err);
}

/* Sorts the conditions of WHERE: those of the sub-query alone, and equalities with the outer row. */
static enum dv_status split_where(struct sub_binder *binder, struct dv_ast *where, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    if (where->kind == DV_AST_BINARY && strcmp(where->text, "and") == 0) {
        enum dv_status status = split_where(binder, where->args[0], err);
        return status != DV_OK ? status : split_where(binder, where->args[1], err);
    }
    bool aggregates = false;
    enum dv_status status = find_aggregate(&aggregates, where, err);
    if (status != DV_OK || aggregates)
        return dv_query_fail(binder->query, where->line, where->column, err,
                             "aggregate functions are not allowed in WHERE: give it a name in a WITH before");
    if (binds(binder, where, &binder->inner)) {
        binder->inside =
            binder->inside == NULL ? where : make_pair(arena, DV_AST_BINARY, "and", binder->inside, where);
        return binder->inside == NULL ? dv_fail_memory(err) : DV_OK;
    }
    if (where->kind == DV_AST_BINARY && strcmp(where->text, "=") == 0 &&
        binder->key_count + 2 < sizeof binder->left / sizeof binder->left[0] &&
        (add_pair(binder, where->args[0], where->args[1]) ||
         add_pair(binder, where->args[1], where->args[0])))
        return DV_OK;
    return dv_query_fail(
        binder->query, where->line, where->column, err,
        "this condition of the sub-query binds to neither side: a sub-query may be tied to the outer "
        "row by equalities alone");
}

/* What FROM of the sub-query names. It is bound again with the sub-query itself: relations that it made for
 * the question alone are taken back. */
static enum dv_status bind_inner(struct sub_binder *binder, struct dv_err *err)
{
    struct dv_program *program = binder->query->program;
    struct dv_branch scratch = {0};
    unsigned before = program->relation_count, kept = before;
    enum dv_status status = dv_bind_from(binder->query, binder->select, &scratch, &binder->inner, err);
    for (unsigned r = before; r < program->relation_count; r++) {
        struct dv_relation *relation = program->relations[r];
        if (!relation->inner || relation->ast != binder->query->model->ast)
            program->relations[kept++] = relation;
    }
    program->relation_count = kept;
    return status;
}

/* A sub-query of such a form may read nothing of the outer row, and is taken as it is. */
static bool stands_alone(const struct dv_ast_query *query)
{
    const struct dv_ast_select *select = query->selects[0];
    return query->select_count > 1 || query->with_count > 0 || select->group_count > 0 ||
           select->having != NULL || select->distinct || select->distinct_on_count > 0 ||
           query->offset != NULL;
}

/* SELECT values, inner keys FROM … WHERE inside. */
static enum dv_status keyed_query(struct sub_binder *binder, struct dv_ast *const *values, unsigned count,
                                  struct dv_ast_query **out, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    struct dv_ast_query *query = dv_arena_zalloc(arena, sizeof *query);
    struct dv_ast_select *select = dv_arena_zalloc(arena, sizeof *select);
    struct dv_ast_select **selects = dv_arena_alloc(arena, sizeof *selects);
    struct dv_ast_item *items = dv_arena_zalloc(arena, (count + binder->key_count + 1) * sizeof *items);
    if (query == NULL || select == NULL || selects == NULL || items == NULL)
        return dv_fail_memory(err);
    *select = *binder->select;
    select->items = items;
    select->item_count = count + binder->key_count;
    select->where = binder->inside;
    for (unsigned i = 0; i < select->item_count; i++) {
        items[i].expr = i < count ? values[i] : shared(binder->right[i - count]);
        items[i].alias =
            dv_arena_printf(arena, i < count ? "value_%u" : "key_%u", i < count ? i + 1 : i - count + 1);
        if (items[i].alias == NULL)
            return dv_fail_memory(err);
    }
    selects[0] = select;
    query->selects = selects;
    query->select_count = 1;
    *out = query;
    return DV_OK;
}

static bool holds_aggregate(const struct dv_ast_select *select)
{
    struct dv_err ignored = DV_ERR_INIT;
    bool found = false;
    for (unsigned i = 0; i < select->item_count; i++)
        found = find_aggregate(&found, select->items[i].expr, &ignored) != DV_OK || found;
    return found;
}

/* ---- the join ------------------------------------------------------------------------------------------ */

/* Keys: the outer sides over the flat row, the inner ones the columns of `right` from first_key on. */
static enum dv_status bind_keys(struct sub_binder *binder, struct dv_relation *right, unsigned first_key,
                                struct dv_join_plan *join, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    struct dv_binder expressions = dv_query_expressions(binder->query);
    enum dv_status status = DV_OK;
    *join = (struct dv_join_plan){
        .right = right, .many = true, .line = binder->node->line, .column = binder->node->column};
    join->left_keys = dv_arena_alloc(arena, (binder->key_count + 1) * sizeof(struct dv_expr *));
    join->right_keys = dv_arena_alloc(arena, (binder->key_count + 1) * sizeof(struct dv_expr *));
    if (join->left_keys == NULL || join->right_keys == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < binder->key_count; k++) {
        join->right_keys[k] = dv_bind_slot(&expressions, first_key + k, &right->columns[first_key + k].type);
        if (join->right_keys[k] == NULL)
            return dv_fail_memory(err);
        DV_TRY(dv_bind_expr(binder->outer, binder->left[k], binder->outer_scope, &join->left_keys[k], err));
        DV_TRY(dv_bind_equality(&expressions, &join->left_keys[k], &join->right_keys[k], err));
    }
    join->key_count = binder->key_count;
    right->looked_up = true;
done:
    return status;
}

static enum dv_status nest(struct sub_binder *binder, const struct dv_ast_query *query,
                           struct dv_relation **out, struct dv_err *err)
{
    const char *name = dv_arena_printf(&binder->query->program->arena, "subquery_%d_%d", binder->node->line,
                                       binder->node->column);
    return name == NULL ? dv_fail_memory(err) : dv_bind_nested(binder->query, name, query, out, err);
}

/* ---- EXISTS, IN ---------------------------------------------------------------------------------------- */

static enum dv_status key_query(struct sub_binder *binder, struct dv_ast_query **query, struct dv_err *err)
{
    const struct dv_ast *node = binder->node;
    enum dv_status status = DV_OK;
    DV_TRY(bind_inner(binder, err));
    if (node->kind == DV_AST_IN_QUERY) {
        if (binder->select->item_count != 1 || binder->select->items[0].expr->kind == DV_AST_STAR)
            return dv_query_fail(binder->query, node->line, node->column, err,
                                 "the sub-query of IN must give one column");
        binder->left[0] = node->args[0];
        binder->right[0] = binder->select->items[0].expr;
        binder->key_count = 1;
    }
    if (binder->select->where != NULL)
        DV_TRY(split_where(binder, binder->select->where, err));
    if (binder->key_count > 0) {
        status = keyed_query(binder, NULL, 0, query, err);
        goto done;
    }
    /* nothing ties the two: any row will do */
    struct dv_ast *one = make_node(&binder->query->program->arena, DV_AST_BOOL, NULL, node);
    if (one == NULL)
        return dv_fail_memory(err);
    one->flag = true;
    status = keyed_query(binder, &one, 1, query, err);
done:
    return status;
}

static enum dv_status bind_mark(struct sub_binder *binder, struct dv_expr **out, struct dv_err *err)
{
    const struct dv_ast *node = binder->node;
    struct dv_program *program = binder->query->program;
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_ast_query *keys = node->query;
    struct dv_relation *right;
    struct dv_join_plan join;
    enum dv_status status = DV_OK;
    bool in = node->kind == DV_AST_IN_QUERY, alone = stands_alone(node->query) || node->query->limit != NULL;
    if (!in && !alone && holds_aggregate(binder->select))
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "EXISTS over an aggregate is always true: leave it out, or ask for the rows");
    if (!alone) {
        DV_TRY(key_query(binder, &keys, err));
    } else if (in) {
        binder->left[0] = node->args[0];
        binder->key_count = 1;
    }
    if (in && node->flag && binder->key_count > 1)
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "NOT IN with a sub-query that is tied to the outer row: write NOT EXISTS");
    DV_TRY(nest(binder, keys, &right, err));
    if (in && alone && right->column_count != 1)
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "the sub-query of IN must give one column");
    DV_TRY(bind_keys(binder, right, 0, &join, err));
    join.kind = DV_MARK;
    join.null_aware = in;
    join.negated = in && node->flag;
    join.slot_count = 1;
    DV_TRY(dv_branch_add_slot(program, binder->branch, &boolean, &join.first_slot, err));
    DV_TRY(dv_branch_add_join(program, binder->branch, &join, err));
    *out = dv_bind_slot(binder->outer, join.first_slot, &boolean);
    if (*out == NULL)
        status = dv_fail_memory(err);
done:
    return status;
}

/* ---- a value ------------------------------------------------------------------------------------------- */

/* The value, unless there are several: args are the value's slot and that of DV_VALUE's mark. */
static enum dv_status eval_single(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    enum dv_status status = dv_expr_eval(expr->args[1], eval, out, err);
    if (status != DV_OK || !dv_expr_is_true(out))
        return status == DV_OK ? dv_expr_eval(expr->args[0], eval, out, err) : status;
    eval->line = expr->line;
    eval->column = expr->column;
    return dv_eval_fail(err, "21000", "more than one row returned by a subquery used as an expression");
}

/* Looks `right` up: its columns get slots from *first on, behind them one that says whether it has several
 * rows under the key. */
static enum dv_status add_value(struct sub_binder *binder, struct dv_relation *right, unsigned first_key,
                                unsigned *first, struct dv_err *err)
{
    struct dv_program *program = binder->query->program;
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_join_plan join;
    enum dv_status status = DV_OK;
    unsigned slot;
    DV_TRY(bind_keys(binder, right, first_key, &join, err));
    join.kind = DV_VALUE;
    join.left_join = true;
    join.slot_count = right->column_count;
    join.first_slot = *first = binder->branch->width;
    for (unsigned c = 0; c < right->column_count; c++)
        DV_TRY(dv_branch_add_slot(program, binder->branch, &right->columns[c].type, &slot, err));
    DV_TRY(dv_branch_add_slot(program, binder->branch, &boolean, &slot, err));
    status = dv_branch_add_join(program, binder->branch, &join, err);
done:
    return status;
}

static enum dv_status single_value(struct sub_binder *binder, const struct dv_ast_query *query,
                                   struct dv_expr **out, struct dv_err *err)
{
    const struct dv_ast *node = binder->node;
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_relation *right;
    struct dv_expr *args[2];
    enum dv_status status = DV_OK;
    unsigned first;
    DV_TRY(nest(binder, query, &right, err));
    if (right->column_count != 1 + binder->key_count)
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "subquery must return only one column");
    DV_TRY(add_value(binder, right, 1, &first, err));
    args[0] = dv_bind_slot(binder->outer, first, &right->columns[0].type);
    args[1] = dv_bind_slot(binder->outer, first + right->column_count, &boolean);
    if (args[0] == NULL || args[1] == NULL)
        return dv_fail_memory(err);
    status = dv_node_lazy(binder->outer, node->line, node->column, eval_single, &right->columns[0].type, args,
                          2, NULL, out, err);
done:
    return status;
}

/* ORDER BY … LIMIT 1 of a sub-query that is tied to the row: the first row of each key. */
static enum dv_status pick_first(struct sub_binder *binder, struct dv_ast_query *keyed, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    const struct dv_ast_query *given = binder->node->query;
    struct dv_ast_select *select = keyed->selects[0];
    unsigned keys = binder->key_count;
    if (given->limit->kind != DV_AST_NUMBER || strcmp(given->limit->text, "1") != 0 ||
        given->order_count == 0)
        return dv_query_fail(
            binder->query, binder->node->line, binder->node->column, err,
            "LIMIT in a sub-query that is tied to the outer row: write ORDER BY … LIMIT 1, or "
            "number the rows with row_number() in a WITH and join it");
    select->distinct_on = dv_arena_alloc(arena, keys * sizeof *select->distinct_on);
    keyed->order = dv_arena_zalloc(arena, (keys + given->order_count) * sizeof *keyed->order);
    if (select->distinct_on == NULL || keyed->order == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < keys; k++)
        select->distinct_on[k] = keyed->order[k].expr = shared(binder->right[k]);
    memcpy(keyed->order + keys, given->order, given->order_count * sizeof *keyed->order);
    select->distinct_on_count = keys;
    keyed->order_count = keys + given->order_count;
    return DV_OK;
}

/* ---- an aggregate tied to the row ---------------------------------------------------------------------- */

struct rewriter {
    struct sub_binder *binder;
    struct dv_ast *aggregates[32];
    unsigned count;
};

/* No column of the sub-query can have such a name. */
static char *aggregate_name(struct dv_arena *arena, unsigned number)
{
    return dv_arena_printf(arena, "aggregate\1%u", number + 1);
}

/* The aggregate's column in the sub-query's relation. Where no row matches the lookup gives NULL, as the
 * aggregates do over no rows; count is 0 there. */
static enum dv_status column_of(struct rewriter *rewriter, const struct dv_ast *call, struct dv_ast **out,
                                struct dv_err *err)
{
    struct dv_arena *arena = &rewriter->binder->query->program->arena;
    unsigned a = 0;
    while (a < rewriter->count && !dv_ast_equal(rewriter->aggregates[a], call))
        a++;
    if (a == sizeof rewriter->aggregates / sizeof rewriter->aggregates[0])
        return dv_query_fail(rewriter->binder->query, call->line, call->column, err,
                             "a sub-query of more than %u aggregates: join a grouped sub-select instead", a);
    if (a == rewriter->count)
        rewriter->aggregates[rewriter->count++] = shared(call);
    const char *name = aggregate_name(arena, a);
    *out = name == NULL ? NULL : make_node(arena, DV_AST_COLUMN, name, call);
    if (*out != NULL && strcmp(call->text, "count") == 0) {
        struct dv_ast *zero = make_node(arena, DV_AST_NUMBER, "0", call);
        *out = zero == NULL ? NULL : make_pair(arena, DV_AST_CALL, "coalesce", *out, zero);
    }
    return *out == NULL ? dv_fail_memory(err) : DV_OK;
}

/* The expression with columns in place of its aggregates. */
static enum dv_status rewrite(struct rewriter *rewriter, const struct dv_ast *ast, struct dv_ast **out,
                              struct dv_err *err)
{
    struct dv_arena *arena = &rewriter->binder->query->program->arena;
    enum dv_status status = DV_OK;
    if (is_aggregate(ast))
        return column_of(rewriter, ast, out, err);
    struct dv_ast *copy = dv_arena_alloc(arena, sizeof *copy);
    struct dv_ast **args = dv_arena_alloc(arena, (ast->arg_count + 1) * sizeof *args);
    if (copy == NULL || args == NULL)
        return dv_fail_memory(err);
    *copy = *ast;
    copy->args = args;
    for (unsigned a = 0; a < ast->arg_count && status == DV_OK; a++)
        status = rewrite(rewriter, ast->args[a], &args[a], err);
    *out = copy;
    return status;
}

/* The aggregates are those of a relation that is grouped by the keys; what is made of them is computed for
 * the outer row. */
static enum dv_status aggregate_value(struct sub_binder *binder, struct dv_expr **out, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    struct rewriter rewriter = {.binder = binder};
    struct dv_binder expressions = dv_query_expressions(binder->query);
    struct dv_scope scope = {0};
    struct dv_ast_query *query = NULL;
    struct dv_relation *right;
    struct dv_ast *item;
    enum dv_status status = DV_OK;
    unsigned first;
    DV_TRY(rewrite(&rewriter, binder->select->items[0].expr, &item, err));
    DV_TRY(keyed_query(binder, rewriter.aggregates, rewriter.count, &query, err));
    struct dv_ast_select *select = query->selects[0];
    select->group_by = dv_arena_alloc(arena, binder->key_count * sizeof *select->group_by);
    scope.columns = dv_arena_zalloc(arena, rewriter.count * sizeof *scope.columns);
    if (select->group_by == NULL || scope.columns == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < binder->key_count; k++)
        select->group_by[k] = shared(binder->right[k]);
    select->group_count = binder->key_count;
    DV_TRY(nest(binder, query, &right, err));
    DV_TRY(add_value(binder, right, rewriter.count, &first, err));
    for (; scope.count < rewriter.count; scope.count++) {
        struct dv_scope_column *column = &scope.columns[scope.count];
        column->name = aggregate_name(arena, scope.count);
        column->type = right->columns[scope.count].type;
        column->slot = first + scope.count;
        if (column->name == NULL)
            return dv_fail_memory(err);
    }
    status = dv_bind_expr(&expressions, item, &scope, out, err);
done:
    return status;
}

static enum dv_status bind_value(struct sub_binder *binder, struct dv_expr **out, struct dv_err *err)
{
    const struct dv_ast *node = binder->node;
    const struct dv_ast_item *item = &binder->select->items[0];
    struct dv_ast *value = item->expr;
    struct dv_ast_query *keyed = NULL;
    enum dv_status status = DV_OK;
    if (binder->select->item_count != 1 || item->expr->kind == DV_AST_STAR)
        return dv_query_fail(binder->query, node->line, node->column, err,
                             "subquery must return only one column, and it is to be named");
    if (stands_alone(node->query))
        return single_value(binder, node->query, out, err);
    DV_TRY(bind_inner(binder, err));
    if (binder->select->where != NULL)
        DV_TRY(split_where(binder, binder->select->where, err));
    if (binder->key_count == 0)
        return single_value(binder, node->query, out, err);
    if (holds_aggregate(binder->select))
        return aggregate_value(binder, out, err);
    DV_TRY(keyed_query(binder, &value, 1, &keyed, err));
    if (node->query->limit != NULL)
        DV_TRY(pick_first(binder, keyed, err));
    status = single_value(binder, keyed, out, err);
done:
    return status;
}

enum dv_status dv_bind_subquery(struct dv_query_binder *query, struct dv_branch *branch,
                                struct dv_binder *outer, const struct dv_ast *node,
                                const struct dv_scope *scope, struct dv_expr **out, struct dv_err *err)
{
    struct sub_binder binder = {.query = query,
                                .branch = branch,
                                .outer = outer,
                                .node = node,
                                .outer_scope = scope,
                                .select = node->query->selects[0]};
    if (query->depth == DEEPEST)
        return dv_query_fail(query, node->line, node->column, err,
                             "sub-queries are nested deeper than %u levels: name the inner ones in a WITH",
                             DEEPEST);
    query->depth++;
    enum dv_status status =
        node->kind == DV_AST_SUBQUERY ? bind_value(&binder, out, err) : bind_mark(&binder, out, err);
    query->depth--;
    return status;
}
