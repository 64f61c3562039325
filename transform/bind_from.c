/* FROM: the base relation and its lookups. */
#include "transform/bind_query.h"
#include "transform/set_function.h"

#include <stdio.h>
#include <string.h>

static enum dv_status resolve(struct dv_query_binder *binder, const struct dv_ast_from *from,
                              struct dv_relation **out, struct dv_err *err)
{
    if (from->subquery != NULL)
        return dv_bind_nested(binder, from->alias, from->subquery, out, err);
    for (const struct dv_with_name *name = binder->names; name != NULL; name = name->outer)
        if (strcmp(name->name, from->dataset) == 0) {
            *out = name->relation;
            return DV_OK;
        }
    struct dv_program *program = binder->program;
    struct dv_relation *relation = dv_program_relation(program, from->dataset);
    for (unsigned m = 0; relation == NULL && m < program->unbound_count; m++)
        if (strcmp(program->unbound[m]->name, from->dataset) == 0)
            relation = program->unbound[m];
    if (relation == NULL) {
        enum dv_status status = dv_query_fail(binder, from->line, from->column, err,
                                              "there is no dataset or model \"%s\"", from->dataset);
        dv_err_hint(err, "name a dataset of job.json's \"extract\" or a file of the transform folder");
        return status;
    }
    *out = relation;
    return dv_bind_relation(program, relation, err);
}

/* Appends columns to the scope under the item's alias, from `slot` on. */
static enum dv_status scope_add(struct dv_query_binder *binder, struct dv_scope *scope,
                                const struct dv_column *added, unsigned added_count,
                                const struct dv_ast_from *from, unsigned slot, struct dv_err *err)
{
    unsigned count = scope->count + added_count;
    struct dv_scope_column *columns = dv_arena_zalloc(&binder->program->arena, (count + 1) * sizeof *columns);
    if (columns == NULL)
        return dv_fail_memory(err);
    if (from->column_alias_count > added_count)
        return dv_query_fail(binder, from->line, from->column, err, "\"%s\" has %u columns, %u are named",
                             from->alias, added_count, from->column_alias_count);
    if (scope->count > 0)
        memcpy(columns, scope->columns, scope->count * sizeof *columns);
    for (unsigned c = 0; c < added_count; c++) {
        columns[scope->count + c] = (struct dv_scope_column){
            .qualifier = from->alias,
            .name = c < from->column_alias_count ? from->column_aliases[c] : added[c].name,
            .type = added[c].type,
            .slot = slot + c};
        for (unsigned u = 0; u < from->using_count; u++)
            if (strcmp(from->using_columns[u], columns[scope->count + c].name) == 0)
                columns[scope->count + c].qualified_only = true;
    }
    scope->columns = columns;
    scope->count = count;
    return DV_OK;
}

enum dv_status dv_branch_add_slot(struct dv_program *program, struct dv_branch *branch,
                                  const struct dv_type *type, unsigned *slot, struct dv_err *err)
{
    struct dv_type *types = dv_arena_alloc(&program->arena, (branch->width + 1) * sizeof *types);
    if (types == NULL)
        return dv_fail_memory(err);
    if (branch->width > 0)
        memcpy(types, branch->slot_types, branch->width * sizeof *types);
    types[branch->width] = *type;
    branch->slot_types = types;
    *slot = branch->width++;
    return DV_OK;
}

enum dv_status dv_branch_add_join(struct dv_program *program, struct dv_branch *branch,
                                  const struct dv_join_plan *join, struct dv_err *err)
{
    struct dv_join_plan *joins = dv_arena_alloc(&program->arena, (branch->join_count + 1) * sizeof *joins);
    if (joins == NULL)
        return dv_fail_memory(err);
    if (branch->join_count > 0)
        memcpy(joins, branch->joins, branch->join_count * sizeof *joins);
    joins[branch->join_count++] = *join;
    branch->joins = joins;
    return DV_OK;
}

static enum dv_status add_slots(struct dv_program *program, struct dv_branch *branch,
                                const struct dv_column *columns, unsigned count, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned slot;
    for (unsigned c = 0; c < count && status == DV_OK; c++)
        status = dv_branch_add_slot(program, branch, &columns[c].type, &slot, err);
    return status;
}

/* A sub-query in ON, bound over what stands left of the join. */
struct on_query {
    const struct dv_ast *node;
    struct dv_expr *expr;
    struct on_query *next;
};

struct join_binder {
    struct dv_query_binder *query;
    struct dv_branch *branch;
    struct dv_binder left_side; /* knows the sub-queries in ON */
    struct dv_binder right_side;
    struct dv_join_plan *join;
    struct dv_scope left, right; /* right: slots of the right relation's own row */
    struct dv_ast *residual;
    struct on_query *queries;
};

static enum dv_status add_key(struct join_binder *binder, struct dv_expr *left, struct dv_expr *right,
                              struct dv_err *err)
{
    struct dv_join_plan *join = binder->join;
    struct dv_arena *arena = &binder->query->program->arena;
    enum dv_status status = dv_bind_equality(&binder->right_side, &left, &right, err);
    if (status != DV_OK)
        return status;
    struct dv_expr **left_keys = dv_arena_alloc(arena, (join->key_count + 1) * sizeof *left_keys);
    struct dv_expr **right_keys = dv_arena_alloc(arena, (join->key_count + 1) * sizeof *right_keys);
    if (left_keys == NULL || right_keys == NULL)
        return dv_fail_memory(err);
    if (join->key_count > 0) {
        memcpy(left_keys, join->left_keys, join->key_count * sizeof *left_keys);
        memcpy(right_keys, join->right_keys, join->key_count * sizeof *right_keys);
    }
    left_keys[join->key_count] = left;
    right_keys[join->key_count] = right;
    join->left_keys = left_keys;
    join->right_keys = right_keys;
    join->key_count++;
    return DV_OK;
}

/* left_ast over the left side and right_ast over the right: DV_END where they do not bind that way round. */
static enum dv_status try_key(struct join_binder *binder, const struct dv_ast *left_ast,
                              const struct dv_ast *right_ast, struct dv_err *err)
{
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_expr *left, *right;
    if (dv_bind_expr(&binder->left_side, left_ast, &binder->left, &left, &ignored) != DV_OK ||
        dv_bind_expr(&binder->right_side, right_ast, &binder->right, &right, &ignored) != DV_OK)
        return DV_END;
    return add_key(binder, left, right, err);
}

static enum dv_status equality_key(struct join_binder *binder, const struct dv_ast *condition,
                                   struct dv_err *err)
{
    if (condition->kind != DV_AST_BINARY || strcmp(condition->text, "=") != 0)
        return DV_END;
    enum dv_status status = try_key(binder, condition->args[0], condition->args[1], err);
    return status == DV_END ? try_key(binder, condition->args[1], condition->args[0], err) : status;
}

/* Equalities of WHERE between the two sides are keys of an inner join that has none of its own; they stay in
 * WHERE too. */
static enum dv_status where_keys(struct join_binder *binder, const struct dv_ast *where, struct dv_err *err)
{
    if (where->kind == DV_AST_BINARY && strcmp(where->text, "and") == 0) {
        enum dv_status status = where_keys(binder, where->args[0], err);
        return status != DV_OK ? status : where_keys(binder, where->args[1], err);
    }
    enum dv_status status = equality_key(binder, where, err);
    return status == DV_END ? DV_OK : status;
}

static enum dv_status split_on(struct join_binder *binder, struct dv_ast *on, struct dv_err *err)
{
    if (on->kind == DV_AST_BINARY && strcmp(on->text, "and") == 0) {
        enum dv_status status = split_on(binder, on->args[0], err);
        return status != DV_OK ? status : split_on(binder, on->args[1], err);
    }
    enum dv_status key = equality_key(binder, on, err);
    if (key != DV_END)
        return key;
    if (binder->residual == NULL) {
        binder->residual = on;
        return DV_OK;
    }
    struct dv_arena *arena = &binder->query->program->arena;
    struct dv_ast *both = dv_arena_zalloc(arena, sizeof *both);
    struct dv_ast **args = dv_arena_alloc(arena, 2 * sizeof *args);
    if (both == NULL || args == NULL)
        return dv_fail_memory(err);
    args[0] = binder->residual;
    args[1] = on;
    *both = (struct dv_ast){.kind = DV_AST_BINARY,
                            .line = on->line,
                            .column = on->column,
                            .text = "and",
                            .arg_count = 2,
                            .args = args};
    binder->residual = both;
    return DV_OK;
}

static enum dv_status using_keys(struct join_binder *binder, const struct dv_ast_from *from,
                                 struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned u = 0; u < from->using_count; u++) {
        struct dv_ast column = {.kind = DV_AST_COLUMN,
                                .line = from->line,
                                .column = from->column,
                                .text = from->using_columns[u]};
        struct dv_expr *left, *right;
        struct dv_ast qualified = column;
        qualified.qualifier = from->alias;
        DV_TRY(dv_bind_expr(&binder->left_side, &column, &binder->left, &left, err));
        DV_TRY(dv_bind_expr(&binder->right_side, &qualified, &binder->right, &right, err));
        DV_TRY(add_key(binder, left, right, err));
    }
done:
    return status;
}

static enum dv_status bind_on_query(void *context, const struct dv_ast *node, struct dv_err *err)
{
    struct join_binder *binder = context;
    if (node->query == NULL)
        return dv_ast_each_child(node, bind_on_query, context, err);
    struct on_query *query = dv_arena_zalloc(&binder->query->program->arena, sizeof *query);
    if (query == NULL)
        return dv_fail_memory(err);
    *query = (struct on_query){.node = node, .next = binder->queries};
    binder->queries = query;
    return dv_bind_subquery(binder->query, binder->branch, &binder->right_side, node, &binder->left,
                            &query->expr, err);
}

static enum dv_status known_query(void *context, const struct dv_ast *node, const struct dv_scope *scope,
                                  struct dv_expr **out, struct dv_err *err)
{
    const struct join_binder *binder = context;
    (void)scope;
    for (const struct on_query *query = binder->queries; query != NULL; query = query->next)
        if (query->node == node) {
            *out = query->expr;
            return DV_OK;
        }
    return dv_query_fail(binder->query, node->line, node->column, err,
                         node->query != NULL ? "a sub-query may not stand here: give it a name in a WITH"
                                             : "window functions are not allowed in JOIN conditions");
}

static enum dv_status bind_lookup(struct join_binder *binder, const struct dv_ast_from *from,
                                  const struct dv_ast *where, struct dv_scope *scope, struct dv_err *err)
{
    struct dv_query_binder *query = binder->query;
    struct dv_join_plan *join = binder->join;
    enum dv_status status = DV_OK;
    DV_TRY(resolve(query, from, &join->right, err));
    join->many = query->model->ast->many;
    join->right->looked_up = true;
    join->slot_count = join->right->column_count;
    DV_TRY(scope_add(query, &binder->right, join->right->columns, join->slot_count, from, 0, err));
    DV_TRY(scope_add(query, scope, join->right->columns, join->slot_count, from, join->first_slot, err));
    if (from->on != NULL)
        DV_TRY(split_on(binder, from->on, err));
    DV_TRY(using_keys(binder, from, err));
    if (join->key_count == 0 && !join->left_join && where != NULL)
        DV_TRY(where_keys(binder, where, err));
    if (binder->residual != NULL)
        DV_TRY(
            dv_bind_condition(&binder->left_side, binder->residual, scope, "JOIN/ON", &join->residual, err));
    status = add_slots(query->program, binder->branch, join->right->columns, join->slot_count, err);
done:
    return status;
}

/* A function over the columns before it: its rows, each beside the row that it was called for. */
static enum dv_status bind_expand(struct join_binder *binder, const struct dv_ast_from *from,
                                  struct dv_scope *scope, struct dv_err *err)
{
    struct dv_query_binder *query = binder->query;
    struct dv_join_plan *join = binder->join;
    enum dv_status status = DV_OK;
    join->kind = DV_EXPAND;
    DV_TRY(dv_bind_set_call(&binder->right_side, from, scope, &join->set, err));
    join->slot_count = join->set->column_count;
    DV_TRY(scope_add(query, scope, join->set->columns, join->slot_count, from, join->first_slot, err));
    if (from->using_count > 0)
        return dv_query_fail(query, from->line, from->column, err,
                             "USING does not go with a function: write ON");
    if (from->on != NULL)
        DV_TRY(dv_bind_condition(&binder->left_side, from->on, scope, "JOIN/ON", &join->residual, err));
    status = add_slots(query->program, binder->branch, join->set->columns, join->slot_count, err);
done:
    return status;
}

static enum dv_status bind_item(struct dv_query_binder *query, const struct dv_ast_select *select,
                                const struct dv_ast_from *from, struct dv_branch *branch,
                                struct dv_scope *scope, struct dv_err *err)
{
    struct dv_join_plan join = {
        .left_join = from->join == DV_JOIN_LEFT, .line = from->line, .column = from->column};
    struct join_binder binder = {.query = query,
                                 .branch = branch,
                                 .left_side = dv_query_expressions(query),
                                 .right_side = dv_query_expressions(query),
                                 .join = &join,
                                 .left = *scope};
    enum dv_status status = DV_OK;
    binder.left_side.special = known_query;
    binder.left_side.special_context = &binder;
    if (from->on != NULL)
        DV_TRY(bind_on_query(&binder, from->on, err));
    join.first_slot = branch->width;
    DV_TRY(from->function != NULL ? bind_expand(&binder, from, scope, err)
                                  : bind_lookup(&binder, from, select->where, scope, err));
    status = dv_branch_add_join(query->program, branch, &join, err);
done:
    return status;
}

/* What a SELECT reads that names no dataset first: one row without columns. */
static enum dv_status single_row(struct dv_program *program, struct dv_relation **out, struct dv_err *err)
{
    static const char name[] = "(one row)"; /* no identifier can be this */
    *out = dv_program_relation(program, name);
    if (*out != NULL)
        return DV_OK;
    struct dv_relation *relation = dv_arena_zalloc(&program->arena, sizeof *relation);
    if (relation == NULL)
        return dv_fail_memory(err);
    *relation = (struct dv_relation){.name = name, .input = true, .single = true, .bound = true};
    relation->columns = dv_arena_zalloc(&program->arena, sizeof *relation->columns);
    *out = relation;
    return relation->columns == NULL ? dv_fail_memory(err) : dv_program_add(program, relation, err);
}

static enum dv_status bind_base(struct dv_query_binder *binder, const struct dv_ast_select *select,
                                struct dv_branch *branch, struct dv_scope *scope, unsigned *next,
                                struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *next = 0;
    if (select->from_count == 0 || select->from[0].function != NULL) {
        DV_TRY(single_row(binder->program, &branch->base, err));
    } else {
        DV_TRY(resolve(binder, &select->from[0], &branch->base, err));
        DV_TRY(scope_add(binder, scope, branch->base->columns, branch->base->column_count, &select->from[0],
                         0, err));
        *next = 1;
    }
    status = add_slots(binder->program, branch, branch->base->columns, branch->base->column_count, err);
done:
    return status;
}

enum dv_status dv_bind_from(struct dv_query_binder *binder, const struct dv_ast_select *select,
                            struct dv_branch *branch, struct dv_scope *scope, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned next;
    *scope = (struct dv_scope){0};
    DV_TRY(bind_base(binder, select, branch, scope, &next, err));
    for (unsigned f = next; f < select->from_count; f++)
        DV_TRY(bind_item(binder, select, &select->from[f], branch, scope, err));
done:
    return status;
}
