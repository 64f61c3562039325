/* WITH RECURSIVE in the parent-child shape: the rows to begin with, and a SELECT that looks the children of a
 * row up.
 *
 * The relation's one branch reads the rows to begin with; its `recursive` branch reads the relation itself,
 * and each row that it makes is a row of the relation again, in the very same pass, depth first. */
#include "transform/bind_query.h"

#include <stdio.h>
#include <string.h>

struct self_search {
    const char *name;
    bool found;
};

static enum dv_status visit(void *context, const char *name, int line, int column, struct dv_err *err)
{
    struct self_search *search = context;
    (void)line;
    (void)column;
    (void)err;
    search->found = search->found || strcmp(search->name, name) == 0;
    return DV_OK;
}

static enum dv_status reads_itself(const struct dv_ast_query *query, const char *name, bool *found,
                                   struct dv_err *err)
{
    struct self_search search = {.name = name};
    enum dv_status status = dv_ast_each_dataset(query, visit, &search, err);
    *found = search.found;
    return status;
}

enum dv_status dv_is_recursive(const struct dv_ast_with *with, bool *recursive, struct dv_err *err)
{
    return reads_itself(with->query, with->name, recursive, err);
}

/* The same SELECT with the relation itself first in FROM: an inner join may be turned round. */
static enum dv_status self_first(struct dv_query_binder *binder, const struct dv_ast_select *select,
                                 const char *name, struct dv_ast_select **out, struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_ast_select *turned = dv_arena_zalloc(arena, sizeof *turned);
    struct dv_ast_from *from = dv_arena_alloc(arena, (select->from_count + 1) * sizeof *from);
    unsigned at = 0, times = 0;
    if (turned == NULL || from == NULL)
        return dv_fail_memory(err);
    for (unsigned f = 0; f < select->from_count; f++)
        if (select->from[f].dataset != NULL && strcmp(select->from[f].dataset, name) == 0) {
            at = f;
            times++;
        }
    if (times != 1 || at > 1 ||
        (at == 1 && (select->from[1].join != DV_JOIN_INNER || select->from[1].on == NULL)))
        return dv_query_fail(
            binder, select->line, select->column, err,
            "the recursive SELECT reads children and parent once each: FROM children c JOIN %s p ON "
            "c.parent = p.id",
            name);
    *turned = *select;
    memcpy(from, select->from, select->from_count * sizeof *from);
    if (at == 1) {
        from[0] = select->from[1];
        from[1] = select->from[0];
        from[1].on = from[0].on;
        from[1].join = DV_JOIN_INNER;
        from[0].on = NULL;
        from[0].join = DV_JOIN_FROM;
    }
    turned->from = from;
    *out = turned;
    return DV_OK;
}

/* The SELECTs that do not read the relation, as a query of their own; the one that does. */
static enum dv_status split(struct dv_query_binder *binder, const struct dv_ast_with *with,
                            struct dv_ast_query **beginning, const struct dv_ast_select **step,
                            struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    const struct dv_ast_query *query = with->query;
    struct dv_ast_query *first = dv_arena_zalloc(arena, sizeof *first);
    if (first == NULL)
        return dv_fail_memory(err);
    *first = *query;
    first->selects = dv_arena_alloc(arena, (query->select_count + 1) * sizeof(struct dv_ast_select *));
    if (first->selects == NULL)
        return dv_fail_memory(err);
    first->select_count = 0;
    *step = NULL;
    for (unsigned s = 0; s < query->select_count; s++) {
        struct dv_ast_select *selects[1] = {query->selects[s]};
        struct dv_ast_query one = {.selects = selects, .select_count = 1};
        bool itself;
        enum dv_status status = reads_itself(&one, with->name, &itself, err);
        if (status != DV_OK)
            return status;
        if (!itself)
            first->selects[first->select_count++] = query->selects[s];
        else if (*step != NULL || s + 1 < query->select_count)
            return dv_query_fail(binder, selects[0]->line, selects[0]->column, err,
                                 "of a recursive WITH only the last SELECT may read \"%s\"", with->name);
        else
            *step = query->selects[s];
    }
    if (first->select_count == 0 || query->order_count > 0 || query->limit != NULL || query->with_count > 0)
        return dv_query_fail(
            binder, query->selects[0]->line, query->selects[0]->column, err,
            "a recursive WITH is: the rows to begin with UNION ALL the SELECT that reads \"%s\"", with->name);
    *beginning = first;
    return DV_OK;
}

static enum dv_status bind_step(struct dv_query_binder *binder, const struct dv_ast_with *with,
                                const struct dv_ast_select *step, struct dv_relation *relation,
                                struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_binder expressions = dv_query_expressions(binder);
    struct dv_branch *branch = dv_arena_zalloc(arena, sizeof *branch);
    struct dv_ast_query *query = dv_arena_zalloc(arena, sizeof *query);
    struct dv_ast_select *turned = NULL;
    enum dv_status status = DV_OK;
    if (branch == NULL || query == NULL)
        return dv_fail_memory(err);
    branch->relation = relation;
    DV_TRY(self_first(binder, step, with->name, &turned, err));
    DV_TRY(dv_bind_select(binder, turned, query, branch, err));
    if (branch->barrier != DV_BARRIER_NONE || branch->source != branch)
        return dv_query_fail(binder, step->line, step->column, err,
                             "the recursive SELECT must not group, number or order");
    for (unsigned j = 0; j < branch->join_count; j++)
        branch->joins[j].many = true; /* a parent has any number of children */
    for (unsigned c = 0; c < relation->column_count; c++)
        DV_TRY(dv_bind_coerce(&expressions, branch->outputs[c], &relation->columns[c].type,
                              &branch->outputs[c], err));
    relation->recursive = branch;
done:
    return status;
}

enum dv_status dv_bind_recursive(struct dv_query_binder *binder, const struct dv_ast_with *with,
                                 struct dv_relation **out, struct dv_err *err)
{
    struct dv_arena *arena = &binder->program->arena;
    struct dv_relation *beginning, *relation = dv_arena_zalloc(arena, sizeof *relation);
    struct dv_with_name *name = dv_arena_zalloc(arena, sizeof *name);
    struct dv_ast_query *first = NULL;
    const struct dv_ast_select *step = NULL;
    enum dv_status status = DV_OK;
    if (relation == NULL || name == NULL)
        return dv_fail_memory(err);
    DV_TRY(split(binder, with, &first, &step, err));
    DV_TRY(dv_bind_nested(binder, with->name, first, &beginning, err));
    *relation = (struct dv_relation){.file = binder->model->file,
                                     .ephemeral = true,
                                     .inner = true,
                                     .bound = true,
                                     .ast = binder->model->ast,
                                     .columns = beginning->columns,
                                     .column_count = beginning->column_count,
                                     .branch_count = 1};
    relation->name =
        dv_arena_printf(arena, "%s.%s_%u", binder->model->name, with->name, ++binder->model->nested);
    relation->branches = dv_arena_zalloc(arena, sizeof *relation->branches);
    if (relation->name == NULL || relation->branches == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_bind_through(binder, beginning, relation, err));
    if (with->column_count > relation->column_count)
        return dv_query_fail(binder, first->selects[0]->line, first->selects[0]->column, err,
                             "WITH \"%s\" names %u columns, its query has %u", with->name, with->column_count,
                             relation->column_count);
    for (unsigned c = 0; c < with->column_count; c++)
        snprintf(relation->columns[c].name, sizeof relation->columns[c].name, "%s", with->columns[c]);
    *name = (struct dv_with_name){.name = with->name, .relation = relation, .outer = binder->names};
    binder->names = name;
    DV_TRY(bind_step(binder, with, step, relation, err));
    DV_TRY(dv_program_add(binder->program, relation, err));
    *out = relation;
done:
    return status;
}
