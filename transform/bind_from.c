/* FROM: the base relation and its lookups. */
#include "transform/bind_query.h"

#include <stdio.h>
#include <string.h>

static enum dv_status resolve(struct dv_query_binder *binder, const struct dv_ast_from *from,
                              struct dv_relation **out, struct dv_err *err)
{
    if (from->function != NULL)
        return dv_query_fail(
            binder, from->line, from->column, err,
            "functions in FROM are not supported in this version: a model reads datasets and models");
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

/* Appends the relation's columns to the scope under the item's alias, from `slot` on. */
static enum dv_status scope_add(struct dv_query_binder *binder, struct dv_scope *scope,
                                const struct dv_relation *relation, const struct dv_ast_from *from,
                                unsigned slot, struct dv_err *err)
{
    unsigned count = scope->count + relation->column_count;
    struct dv_scope_column *columns = dv_arena_zalloc(&binder->program->arena, (count + 1) * sizeof *columns);
    if (columns == NULL)
        return dv_fail_memory(err);
    if (from->column_alias_count > relation->column_count)
        return dv_query_fail(binder, from->line, from->column, err, "\"%s\" has %u columns, %u are named",
                             from->alias, relation->column_count, from->column_alias_count);
    if (scope->count > 0)
        memcpy(columns, scope->columns, scope->count * sizeof *columns);
    for (unsigned c = 0; c < relation->column_count; c++) {
        columns[scope->count + c] = (struct dv_scope_column){
            .qualifier = from->alias,
            .name = c < from->column_alias_count ? from->column_aliases[c] : relation->columns[c].name,
            .type = relation->columns[c].type,
            .slot = slot + c};
        for (unsigned u = 0; u < from->using_count; u++)
            if (strcmp(from->using_columns[u], columns[scope->count + c].name) == 0)
                columns[scope->count + c].qualified_only = true;
    }
    scope->columns = columns;
    scope->count = count;
    return DV_OK;
}

struct join_binder {
    struct dv_query_binder *query;
    struct dv_binder expressions;
    struct dv_join_plan *join;
    struct dv_scope left, right; /* right: slots of the right relation's own row */
    struct dv_ast *residual;
};

static enum dv_status add_key(struct join_binder *binder, struct dv_expr *left, struct dv_expr *right,
                              struct dv_err *err)
{
    struct dv_join_plan *join = binder->join;
    struct dv_arena *arena = &binder->query->program->arena;
    enum dv_status status = dv_bind_equality(&binder->expressions, &left, &right, err);
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
    if (dv_bind_expr(&binder->expressions, left_ast, &binder->left, &left, &ignored) != DV_OK ||
        dv_bind_expr(&binder->expressions, right_ast, &binder->right, &right, &ignored) != DV_OK)
        return DV_END;
    return add_key(binder, left, right, err);
}

static enum dv_status split_on(struct join_binder *binder, struct dv_ast *on, struct dv_err *err)
{
    if (on->kind == DV_AST_BINARY && strcmp(on->text, "and") == 0) {
        enum dv_status status = split_on(binder, on->args[0], err);
        return status != DV_OK ? status : split_on(binder, on->args[1], err);
    }
    if (on->kind == DV_AST_BINARY && strcmp(on->text, "=") == 0) {
        enum dv_status status = try_key(binder, on->args[0], on->args[1], err);
        if (status == DV_END)
            status = try_key(binder, on->args[1], on->args[0], err);
        if (status != DV_END)
            return status;
    }
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
        DV_TRY(dv_bind_expr(&binder->expressions, &column, &binder->left, &left, err));
        DV_TRY(dv_bind_expr(&binder->expressions, &qualified, &binder->right, &right, err));
        DV_TRY(add_key(binder, left, right, err));
    }
done:
    return status;
}

static enum dv_status bind_join(struct dv_query_binder *query, const struct dv_ast_from *from,
                                struct dv_branch *branch, struct dv_scope *scope, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_join_plan *join = &branch->joins[branch->join_count];
    if (from->join != DV_JOIN_INNER && from->join != DV_JOIN_LEFT)
        return dv_query_fail(query, from->line, from->column, err,
                             "a join is a lookup: write JOIN or LEFT JOIN … ON with at least one equality");
    struct join_binder binder = {
        .query = query, .expressions = dv_query_expressions(query), .join = join, .left = *scope};
    DV_TRY(resolve(query, from, &join->right, err));
    join->left_join = from->join == DV_JOIN_LEFT;
    join->many = query->model->ast->many;
    join->first_slot = branch->width;
    join->line = from->line;
    join->column = from->column;
    join->right->looked_up = true;
    DV_TRY(scope_add(query, &binder.right, join->right, from, 0, err));
    DV_TRY(scope_add(query, scope, join->right, from, branch->width, err));
    if (from->on != NULL)
        DV_TRY(split_on(&binder, from->on, err));
    DV_TRY(using_keys(&binder, from, err));
    if (join->key_count == 0) {
        status = dv_query_fail(query, from->line, from->column, err,
                               "the join with \"%s\" has no equality between the two sides", from->alias);
        goto done;
    }
    if (binder.residual != NULL)
        DV_TRY(
            dv_bind_condition(&binder.expressions, binder.residual, scope, "JOIN/ON", &join->residual, err));
    branch->width += join->right->column_count;
    branch->join_count++;
done:
    return status;
}

enum dv_status dv_bind_from(struct dv_query_binder *binder, const struct dv_ast_select *select,
                            struct dv_branch *branch, struct dv_scope *scope, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_arena *arena = &binder->program->arena;
    *scope = (struct dv_scope){0};
    if (select->from_count == 0)
        return dv_query_fail(binder, select->line, select->column, err,
                             "a model needs FROM: which dataset it reads");
    DV_TRY(resolve(binder, &select->from[0], &branch->base, err));
    branch->width = branch->base->column_count;
    branch->joins = dv_arena_zalloc(arena, select->from_count * sizeof *branch->joins);
    if (branch->joins == NULL)
        return dv_fail_memory(err);
    DV_TRY(scope_add(binder, scope, branch->base, &select->from[0], 0, err));
    for (unsigned f = 1; f < select->from_count; f++)
        DV_TRY(bind_join(binder, &select->from[f], branch, scope, err));
    branch->slot_types = dv_arena_alloc(arena, (scope->count + 1) * sizeof *branch->slot_types);
    if (branch->slot_types == NULL)
        return dv_fail_memory(err);
    for (unsigned c = 0; c < scope->count; c++)
        branch->slot_types[scope->columns[c].slot] = scope->columns[c].type;
done:
    return status;
}
