/* EXISTS and IN: the sub-query becomes a relation of its own, a set of keys, and the condition a join that
 * marks. */
#include "transform/bind_query.h"

#include <string.h>

struct mark_binder {
    struct dv_query_binder *query;
    struct dv_branch *branch;
    const struct dv_ast *node;
    const struct dv_scope *outer;
    struct dv_scope inner;
    const struct dv_ast_select *select;        /* of the sub-query */
    const struct dv_ast *left[32], *right[32]; /* outer and inner sides of the equalities between the two */
    unsigned key_count;
    struct dv_ast *inside; /* the conditions that concern the sub-query alone */
};

static struct dv_ast *both(struct dv_arena *arena, struct dv_ast *a, struct dv_ast *b)
{
    struct dv_ast *node = dv_arena_zalloc(arena, sizeof *node);
    struct dv_ast **args = dv_arena_alloc(arena, 2 * sizeof *args);
    if (node == NULL || args == NULL)
        return NULL;
    args[0] = a;
    args[1] = b;
    *node = (struct dv_ast){.kind = DV_AST_BINARY,
                            .line = b->line,
                            .column = b->column,
                            .text = "and",
                            .arg_count = 2,
                            .args = args};
    return node;
}

static bool binds(struct mark_binder *binder, const struct dv_ast *ast, const struct dv_scope *scope)
{
    struct dv_binder expressions = dv_query_expressions(binder->query);
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_expr *expr;
    return dv_bind_expr(&expressions, ast, scope, &expr, &ignored) == DV_OK;
}

static bool add_pair(struct mark_binder *binder, const struct dv_ast *outer, const struct dv_ast *inner)
{
    if (!binds(binder, inner, &binder->inner) || !binds(binder, outer, binder->outer))
        return false;
    binder->left[binder->key_count] = outer;
    binder->right[binder->key_count++] = inner;
    return true;
}

/* Sorts the conditions of WHERE: those of the sub-query alone, and equalities with the outer row. */
static enum dv_status split_where(struct mark_binder *binder, struct dv_ast *where, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    if (where->kind == DV_AST_BINARY && strcmp(where->text, "and") == 0) {
        enum dv_status status = split_where(binder, where->args[0], err);
        return status != DV_OK ? status : split_where(binder, where->args[1], err);
    }
    if (binds(binder, where, &binder->inner)) {
        binder->inside = binder->inside == NULL ? where : both(arena, binder->inside, where);
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

/* SELECT inner keys FROM … WHERE inside: what the set is made of. */
static enum dv_status key_query(struct mark_binder *binder, struct dv_ast_query **out, struct dv_err *err)
{
    struct dv_arena *arena = &binder->query->program->arena;
    struct dv_ast_query *query = dv_arena_zalloc(arena, sizeof *query);
    struct dv_ast_select *select = dv_arena_zalloc(arena, sizeof *select);
    struct dv_ast_select **selects = dv_arena_alloc(arena, sizeof *selects);
    struct dv_ast_item *items = dv_arena_zalloc(arena, (binder->key_count + 1) * sizeof *items);
    if (query == NULL || select == NULL || selects == NULL || items == NULL)
        return dv_fail_memory(err);
    *select = *binder->select;
    select->items = items;
    select->item_count = 0;
    select->where = binder->inside;
    for (unsigned k = 0; k < binder->key_count; k++) {
        struct dv_ast_item *item = &items[select->item_count++];
        union {
            const struct dv_ast *given;
            struct dv_ast *shared;
        } expr = {.given = binder->right[k]};
        item->expr = expr.shared;
        item->alias = dv_arena_printf(arena, "key_%u", k + 1);
        if (item->alias == NULL)
            return dv_fail_memory(err);
    }
    selects[0] = select;
    query->selects = selects;
    query->select_count = 1;
    *out = query;
    return DV_OK;
}

/* A sub-query that reads nothing of the outer row is taken as it is. For EXISTS any of its columns will do:
 * the set then has one key, or none. */
static bool stands_alone(const struct dv_ast_query *query)
{
    const struct dv_ast_select *select = query->selects[0];
    return query->select_count > 1 || query->with_count > 0 || select->group_count > 0 ||
           select->having != NULL || select->distinct || select->distinct_on_count > 0 ||
           query->limit != NULL || query->offset != NULL;
}

static enum dv_status decorrelate(struct mark_binder *binder, struct dv_ast_query **query, struct dv_err *err)
{
    const struct dv_ast *node = binder->node;
    struct dv_branch scratch = {0};
    enum dv_status status = DV_OK;
    binder->select = node->query->selects[0];
    DV_TRY(dv_bind_from(binder->query, binder->select, &scratch, &binder->inner, err));
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
    DV_TRY(key_query(binder, query, err));
done:
    return status;
}

static enum dv_status add_join(struct mark_binder *binder, struct dv_relation *right, struct dv_expr **out,
                               struct dv_err *err)
{
    struct dv_branch *branch = binder->branch;
    struct dv_program *program = binder->query->program;
    const struct dv_ast *node = binder->node;
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_binder expressions = dv_query_expressions(binder->query);
    enum dv_status status = DV_OK;
    struct dv_join_plan *joins = dv_arena_zalloc(&program->arena, (branch->join_count + 1) * sizeof *joins);
    if (joins == NULL)
        return dv_fail_memory(err);
    if (branch->join_count > 0)
        memcpy(joins, branch->joins, branch->join_count * sizeof *joins);
    branch->joins = joins;
    struct dv_join_plan *join = &joins[branch->join_count];
    *join = (struct dv_join_plan){.kind = DV_MARK,
                                  .right = right,
                                  .many = true,
                                  .null_aware = node->kind == DV_AST_IN_QUERY,
                                  .negated = node->kind == DV_AST_IN_QUERY && node->flag,
                                  .slot_count = 1,
                                  .line = node->line,
                                  .column = node->column};
    join->left_keys = dv_arena_alloc(&program->arena, (binder->key_count + 1) * sizeof(struct dv_expr *));
    join->right_keys = dv_arena_alloc(&program->arena, (binder->key_count + 1) * sizeof(struct dv_expr *));
    if (join->left_keys == NULL || join->right_keys == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < binder->key_count; k++) {
        join->right_keys[k] = dv_bind_slot(&expressions, k, &right->columns[k].type);
        if (join->right_keys[k] == NULL)
            return dv_fail_memory(err);
        DV_TRY(dv_bind_expr(&expressions, binder->left[k], binder->outer, &join->left_keys[k], err));
        DV_TRY(dv_bind_equality(&expressions, &join->left_keys[k], &join->right_keys[k], err));
    }
    join->key_count = binder->key_count;
    right->looked_up = true;
    DV_TRY(dv_branch_add_slot(program, branch, &boolean, &join->first_slot, err));
    branch->join_count++;
    *out = dv_bind_slot(&expressions, join->first_slot, &boolean);
    if (*out == NULL)
        status = dv_fail_memory(err);
done:
    return status;
}

enum dv_status dv_bind_mark(struct dv_query_binder *query, struct dv_branch *branch,
                            const struct dv_ast *node, const struct dv_scope *scope, struct dv_expr **out,
                            struct dv_err *err)
{
    struct mark_binder binder = {.query = query, .branch = branch, .node = node, .outer = scope};
    struct dv_ast_query *keys = node->query;
    struct dv_relation *right;
    enum dv_status status = DV_OK;
    if (!stands_alone(node->query)) {
        DV_TRY(decorrelate(&binder, &keys, err));
    } else if (node->kind == DV_AST_IN_QUERY) {
        binder.left[0] = node->args[0];
        binder.key_count = 1;
    }
    if (node->kind == DV_AST_IN_QUERY && node->flag && binder.key_count > 1)
        return dv_query_fail(query, node->line, node->column, err,
                             "NOT IN with a sub-query that is tied to the outer row: write NOT EXISTS");
    const char *name = dv_arena_printf(&query->program->arena, "subquery_%d_%d", node->line, node->column);
    if (name == NULL)
        return dv_fail_memory(err);
    if (keys->selects[0]->item_count == 0) { /* nothing ties the two: any row will do */
        struct dv_ast_item *item = dv_arena_zalloc(&query->program->arena, sizeof *item);
        struct dv_ast *one = dv_arena_zalloc(&query->program->arena, sizeof *one);
        if (item == NULL || one == NULL)
            return dv_fail_memory(err);
        *one = (struct dv_ast){.kind = DV_AST_BOOL, .flag = true, .line = node->line, .column = node->column};
        *item = (struct dv_ast_item){.expr = one, .alias = "found"};
        keys->selects[0]->items = item;
        keys->selects[0]->item_count = 1;
    }
    DV_TRY(dv_bind_nested(query, name, keys, &right, err));
    if (node->kind == DV_AST_IN_QUERY && stands_alone(node->query) && right->column_count != 1)
        return dv_query_fail(query, node->line, node->column, err,
                             "the sub-query of IN must give one column");
    status = add_join(&binder, right, out, err);
done:
    return status;
}
