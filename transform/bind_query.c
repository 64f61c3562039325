#include "transform/bind_query.h"

#include <stdarg.h>
#include <stdio.h>

enum dv_status dv_query_fail(const struct dv_query_binder *binder, int line, int column, struct dv_err *err,
                             const char *format, ...)
{
    char message[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return dv_fail(err, DV_EXIT_USAGE, "%s:%d:%d: %s", binder->model->file, line, column, message);
}

struct dv_binder dv_query_expressions(const struct dv_query_binder *binder)
{
    struct dv_program *program = binder->program;
    return (struct dv_binder){.file = binder->model->file,
                              .arena = &program->arena,
                              .params = program->params,
                              .param_count = program->param_count,
                              .now_us = program->now_us};
}

enum dv_status dv_bind_nested(struct dv_query_binder *binder, const char *name,
                              const struct dv_ast_query *query, struct dv_relation **out, struct dv_err *err)
{
    struct dv_program *program = binder->program;
    struct dv_relation *relation = dv_arena_zalloc(&program->arena, sizeof *relation);
    enum dv_status status = DV_OK;
    if (relation == NULL)
        return dv_fail_memory(err);
    relation->name =
        dv_arena_printf(&program->arena, "%s.%s_%u", binder->model->name, name, ++binder->model->nested);
    if (relation->name == NULL)
        return dv_fail_memory(err);
    relation->file = binder->model->file;
    relation->ephemeral = relation->inner = true;
    relation->ast = binder->model->ast;
    DV_TRY(dv_bind_query(binder, query, relation, err));
    relation->bound = true;
    DV_TRY(dv_program_add(program, relation, err));
    *out = relation;
done:
    return status;
}

enum dv_status dv_bind_through(struct dv_query_binder *binder, struct dv_relation *base,
                               struct dv_relation *relation, struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_binder expressions = dv_query_expressions(binder);
    struct dv_branch *branch = &relation->branches[0];
    *branch =
        (struct dv_branch){.relation = relation, .base = base, .source = branch, .width = base->column_count};
    branch->slot_types = dv_arena_alloc(arena, (branch->width + 1) * sizeof *branch->slot_types);
    branch->outputs = dv_arena_alloc(arena, (branch->width + 1) * sizeof(struct dv_expr *));
    branch->scope.columns = dv_arena_zalloc(arena, (branch->width + 1) * sizeof *branch->scope.columns);
    if (branch->slot_types == NULL || branch->outputs == NULL || branch->scope.columns == NULL)
        return dv_fail_memory(err);
    branch->scope.count = branch->width;
    for (unsigned c = 0; c < branch->width; c++) {
        branch->slot_types[c] = base->columns[c].type;
        branch->scope.columns[c] =
            (struct dv_scope_column){.name = base->columns[c].name, .type = base->columns[c].type, .slot = c};
        branch->outputs[c] = dv_bind_slot(&expressions, c, &base->columns[c].type);
        if (branch->outputs[c] == NULL)
            return dv_fail_memory(err);
    }
    return DV_OK;
}

/* The columns of a link: the branch's flat row, or behind GROUP BY its keys and aggregates. */
static enum dv_status link_columns(struct dv_query_binder *binder, struct dv_relation *link,
                                   struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_binder expressions = dv_query_expressions(binder);
    struct dv_branch *branch = &link->branches[0];
    bool grouped = branch->barrier == DV_BARRIER_GROUP;
    unsigned count = grouped ? branch->key_count + branch->aggregate_count : branch->width;
    link->columns = dv_arena_zalloc(arena, (count + 1) * sizeof *link->columns);
    branch->outputs = dv_arena_alloc(arena, (count + 1) * sizeof(struct dv_expr *));
    if (link->columns == NULL || branch->outputs == NULL)
        return dv_fail_memory(err);
    for (unsigned c = 0; c < count; c++) {
        struct dv_column *column = &link->columns[c];
        snprintf(column->name, sizeof column->name, "slot_%u", c);
        column->type = !grouped                ? branch->slot_types[c]
                       : c < branch->key_count ? branch->keys[c]->type
                                               : branch->aggregates[c - branch->key_count]->type;
        branch->outputs[c] = dv_bind_slot(&expressions, c, &column->type);
        if (branch->outputs[c] == NULL)
            return dv_fail_memory(err);
    }
    link->column_count = count;
    return DV_OK;
}

enum dv_status dv_branch_push_down(struct dv_query_binder *binder, struct dv_branch *branch,
                                   struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_relation *link = dv_arena_zalloc(arena, sizeof *link);
    enum dv_status status = DV_OK;
    if (link == NULL)
        return dv_fail_memory(err);
    *link = (struct dv_relation){.file = binder->model->file,
                                 .ephemeral = true,
                                 .inner = true,
                                 .link = true,
                                 .bound = true,
                                 .ast = binder->model->ast,
                                 .branch_count = 1};
    link->name = dv_arena_printf(arena, "%s.step_%u", binder->model->name, ++binder->model->nested);
    link->branches = dv_arena_zalloc(arena, sizeof *link->branches);
    if (link->name == NULL || link->branches == NULL)
        return dv_fail_memory(err);
    link->branches[0] = *branch;
    link->branches[0].relation = link;
    if (branch->source == branch)
        link->branches[0].source = &link->branches[0];
    DV_TRY(link_columns(binder, link, err));
    *branch = (struct dv_branch){.relation = branch->relation,
                                 .base = link,
                                 .source = link->branches[0].source,
                                 .width = link->column_count};
    branch->slot_types = dv_arena_alloc(arena, (branch->width + 1) * sizeof *branch->slot_types);
    if (branch->slot_types == NULL)
        return dv_fail_memory(err);
    for (unsigned c = 0; c < branch->width; c++)
        branch->slot_types[c] = link->columns[c].type;
    status = dv_program_add(binder->program, link, err);
done:
    return status;
}

static enum dv_status bind_with(struct dv_query_binder *binder, const struct dv_ast_query *query,
                                struct dv_err *err)
{
    for (unsigned i = 0; i < query->with_count; i++) {
        const struct dv_ast_with *with = &query->with[i];
        struct dv_with_name *name = dv_arena_zalloc(&binder->program->arena, sizeof *name);
        if (name == NULL)
            return dv_fail_memory(err);
        struct dv_relation *relation;
        bool recursive = false;
        enum dv_status status = query->recursive ? dv_is_recursive(with, &recursive, err) : DV_OK;
        if (status == DV_OK && recursive) {
            status = dv_bind_recursive(binder, with, &relation, err);
            if (status != DV_OK)
                return status;
            continue;
        }
        if (status == DV_OK)
            status = dv_bind_nested(binder, with->name, with->query, &relation, err);
        if (status != DV_OK)
            return status;
        if (with->column_count > relation->column_count)
            return dv_query_fail(binder, with->query->selects[0]->line, with->query->selects[0]->column, err,
                                 "WITH \"%s\" names %u columns, its query has %u", with->name,
                                 with->column_count, relation->column_count);
        for (unsigned c = 0; c < with->column_count; c++)
            snprintf(relation->columns[c].name, sizeof relation->columns[c].name, "%s", with->columns[c]);
        *name = (struct dv_with_name){.name = with->name, .relation = relation, .outer = binder->names};
        binder->names = name;
    }
    return DV_OK;
}

/* A barrier must stand alone in its relation: in a UNION ALL it gets one, and the branch reads that through.
 */
static enum dv_status lift_barrier(struct dv_query_binder *binder, struct dv_ast_select *select,
                                   unsigned index, struct dv_ast_select **lifted, struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_ast_query *query = dv_arena_zalloc(arena, sizeof *query);
    struct dv_ast_select *outer = dv_arena_zalloc(arena, sizeof *outer);
    struct dv_ast_item *item = dv_arena_zalloc(arena, sizeof *item);
    struct dv_ast *star = dv_arena_zalloc(arena, sizeof *star);
    struct dv_ast_from *from = dv_arena_zalloc(arena, sizeof *from);
    struct dv_ast_select **selects = dv_arena_alloc(arena, sizeof(struct dv_ast_select *));
    char *alias = dv_arena_printf(arena, "union_%u", index + 1);
    if (query == NULL || outer == NULL || item == NULL || star == NULL || from == NULL || selects == NULL ||
        alias == NULL)
        return dv_fail_memory(err);
    selects[0] = select;
    query->selects = selects;
    query->select_count = 1;
    star->kind = DV_AST_STAR;
    star->line = select->line;
    star->column = select->column;
    *item = (struct dv_ast_item){.expr = star};
    *from = (struct dv_ast_from){.line = select->line,
                                 .column = select->column,
                                 .join = DV_JOIN_FROM,
                                 .subquery = query,
                                 .alias = alias};
    *outer = (struct dv_ast_select){.line = select->line,
                                    .column = select->column,
                                    .items = item,
                                    .item_count = 1,
                                    .from = from,
                                    .from_count = 1};
    *lifted = outer;
    return DV_OK;
}

/* One column list for all branches: names of the first, common types, outputs coerced. */
static enum dv_status unite(struct dv_query_binder *binder, const struct dv_ast_query *query,
                            struct dv_relation *relation, unsigned column, struct dv_err *err)
{
    struct dv_type type = relation->branches[0].outputs[column]->type;
    for (unsigned b = 1; b < relation->branch_count; b++) {
        enum dv_status status =
            dv_bind_common_type(&type, &relation->branches[b].outputs[column]->type, &type, err);
        if (status != DV_OK)
            return dv_query_fail(binder, query->selects[b]->line, query->selects[b]->column, err,
                                 "UNION ALL: column %u (\"%s\") has types that do not fit one another",
                                 column + 1, relation->columns[column].name);
    }
    if (type.id == DV_TYPE_UNKNOWN)
        type = dv_type_of(DV_TYPE_TEXT);
    struct dv_binder expressions = dv_query_expressions(binder);
    for (unsigned b = 0; b < relation->branch_count; b++) {
        struct dv_expr **output = &relation->branches[b].outputs[column];
        enum dv_status status = dv_bind_coerce(&expressions, *output, &type, output, err);
        if (status != DV_OK)
            return status;
    }
    relation->columns[column].type = type;
    return DV_OK;
}

/* DISTINCT ON has an ORDER BY of its own that says which row is meant; a dataset needs no other order. */
static bool wants_order(const struct dv_ast_query *query)
{
    bool picks = query->select_count == 1 && query->selects[0]->distinct_on_count > 0;
    return query->limit != NULL || query->offset != NULL || (query->order_count > 0 && !picks);
}

enum dv_status dv_bind_query(struct dv_query_binder *binder, const struct dv_ast_query *query,
                             struct dv_relation *relation, struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    const struct dv_with_name *outer = binder->names;
    enum dv_status status = DV_OK;
    if (wants_order(query)) {
        DV_TRY(dv_bind_sorted(binder, query, relation, err));
        status = dv_bind_rules(binder, query->selects[0], &relation->branches[0], err);
        goto done;
    }
    DV_TRY(bind_with(binder, query, err));
    relation->branch_count = query->select_count;
    relation->branches = dv_arena_zalloc(arena, query->select_count * sizeof *relation->branches);
    if (relation->branches == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned b = 0; b < query->select_count; b++) {
        struct dv_ast_select *select = query->selects[b];
        struct dv_branch *branch = &relation->branches[b];
        branch->relation = relation;
        if (query->select_count > 1 && dv_select_has_barrier(select))
            DV_TRY(lift_barrier(binder, select, b, &select, err));
        DV_TRY(dv_bind_select(binder, select, query, branch, err));
    }
    for (unsigned c = 0; c < relation->column_count; c++)
        DV_TRY(unite(binder, query, relation, c, err));
    for (unsigned b = 0; b < query->select_count; b++)
        DV_TRY(dv_bind_rules(binder, query->selects[b], &relation->branches[b], err));
done:
    binder->names = outer;
    return status;
}

enum dv_status dv_bind_relation(struct dv_program *program, struct dv_relation *relation, struct dv_err *err)
{
    if (relation->bound)
        return DV_OK;
    if (relation->binding)
        return dv_fail(err, DV_EXIT_USAGE, "%s: model \"%s\" reads itself, directly or through others",
                       relation->file, relation->name);
    struct dv_query_binder binder = {.program = program, .model = relation};
    relation->binding = true;
    enum dv_status status = dv_bind_query(&binder, relation->ast->query, relation, err);
    if (status == DV_OK) {
        relation->bound = true;
        status = dv_program_add(program, relation, err);
    }
    relation->binding = false;
    return status;
}
