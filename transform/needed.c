/* Projection: which columns of each relation anybody reads. What nobody reads is neither extracted, decoded
 * nor computed. */
#include "transform/relation.h"
#include "transform/set_function.h"

#include <string.h>

static void mark_order(const struct dv_aggregate_order *order, unsigned count, bool *slots)
{
    for (unsigned o = 0; o < count; o++)
        dv_expr_slots(order[o].expr, slots);
}

static void mark_aggregate(const struct dv_aggregate *aggregate, bool *slots)
{
    for (unsigned i = 0; i < aggregate->arg_count; i++)
        dv_expr_slots(aggregate->args[i], slots);
    if (aggregate->filter != NULL)
        dv_expr_slots(aggregate->filter, slots);
    mark_order(aggregate->order, aggregate->order_count, slots);
}

/* Behind a GROUP barrier: which aggregates are read, by what is needed and by HAVING. Their slots are behind
 * those of the keys. */
static void mark_computed(struct dv_branch *branch, const bool *needed, bool *grouped)
{
    for (unsigned c = 0; c < branch->relation->column_count; c++)
        if (needed[c])
            dv_expr_slots(branch->outputs[c], grouped);
    if (branch->having != NULL)
        dv_expr_slots(branch->having, grouped);
    for (unsigned a = 0; a < branch->aggregate_count; a++) {
        branch->computed[a] = grouped[branch->key_count + a];
        if (branch->computed[a])
            mark_aggregate(branch->aggregates[a], branch->carried);
    }
}

/* Flat slots that a barrier's later half reads. Only outputs that are needed are computed there, and of
 * aggregates and windows those that are read: as PostgreSQL, which fails for nothing that nobody asks for. */
static void mark_barrier(struct dv_branch *branch, bool *needed, bool *grouped)
{
    for (unsigned r = 0; r < branch->reject_count; r++)
        dv_expr_slots(branch->rejects[r].condition, needed);
    if (branch->conflict_count > 0) /* any output may have losers */
        memset(needed, true, branch->relation->column_count);
    for (unsigned k = 0; k < branch->conflict_count; k++)
        branch->carried[branch->conflict_slots[k]] = true;
    if (branch->barrier == DV_BARRIER_GROUP) {
        mark_computed(branch, needed, grouped);
        return;
    }
    for (unsigned c = 0; c < branch->relation->column_count; c++)
        if (needed[c])
            dv_expr_slots(branch->outputs[c], branch->carried);
    for (unsigned w = 0; w < branch->window_count; w++) {
        struct dv_window *window = &branch->windows[w];
        window->needed = branch->carried[window->slot];
        branch->carried[window->slot] = false; /* made behind the barrier; no window reads another's */
        if (window->needed && window->aggregate != NULL)
            mark_aggregate(window->aggregate, branch->carried);
        if (window->needed && window->value != NULL)
            dv_expr_slots(window->value, branch->carried);
        if (window->needed && window->fallback != NULL)
            dv_expr_slots(window->fallback, branch->carried);
    }
}

/* Flat slots that the branch reads to fill the needed outputs; a reject rule that names an output makes it
 * needed. grouped: a scratch row of keys and aggregates. */
static void mark_slots(struct dv_branch *branch, bool *needed, bool *slots, bool *grouped)
{
    for (unsigned f = 0; f < branch->filter_count; f++)
        dv_expr_slots(branch->filters[f].condition, slots);
    if (branch->where != NULL)
        dv_expr_slots(branch->where, slots);
    for (unsigned k = 0; k < branch->key_count; k++)
        dv_expr_slots(branch->keys[k], slots);
    mark_order(branch->order, branch->order_count, slots);
    if (branch->barrier != DV_BARRIER_NONE) {
        mark_barrier(branch, needed, grouped);
        for (unsigned s = 0; s < branch->width; s++)
            slots[s] = slots[s] || branch->carried[s];
    } else {
        for (unsigned r = 0; r < branch->reject_count; r++)
            dv_expr_slots(branch->rejects[r].condition, slots);
        for (unsigned c = 0; c < branch->relation->column_count; c++) {
            needed[c] = needed[c] || slots[branch->width + c];
            if (needed[c])
                dv_expr_slots(branch->outputs[c], slots);
        }
    }
    for (unsigned j = 0; j < branch->join_count; j++) {
        const struct dv_join_plan *join = &branch->joins[j];
        for (unsigned k = 0; k < join->key_count; k++)
            dv_expr_slots(join->left_keys[k], slots);
        if (join->residual != NULL)
            dv_expr_slots(join->residual, slots);
        for (unsigned a = 0; join->kind == DV_EXPAND && a < join->set->arg_count; a++)
            dv_expr_slots(join->set->args[a], slots);
    }
}

static enum dv_status mark_branch(struct dv_program *program, struct dv_branch *branch, struct dv_err *err)
{
    struct dv_relation *relation = branch->relation;
    size_t most = (size_t)branch->width + relation->column_count + 1;
    bool *slots = dv_arena_zalloc(&program->arena, most);
    bool *grouped = dv_arena_zalloc(&program->arena, (size_t)branch->key_count + branch->aggregate_count + 1);
    branch->carried = dv_arena_zalloc(&program->arena, most);
    branch->computed = dv_arena_zalloc(&program->arena, branch->aggregate_count + 1U);
    if (slots == NULL || grouped == NULL || branch->carried == NULL || branch->computed == NULL)
        return dv_fail_memory(err);
    mark_slots(branch, relation->needed, slots, grouped);
    for (unsigned c = 0; c < branch->base->column_count; c++)
        branch->base->needed[c] = branch->base->needed[c] || slots[c];
    for (unsigned j = 0; j < branch->join_count; j++) {
        struct dv_join_plan *join = &branch->joins[j];
        if (join->right == NULL)
            continue;
        join->carried = join->kind != DV_MARK ? slots + join->first_slot : NULL;
        for (unsigned c = 0; c < join->right->column_count; c++)
            join->right->needed[c] = join->right->needed[c] || (join->carried != NULL && join->carried[c]);
        for (unsigned k = 0; k < join->key_count; k++)
            dv_expr_slots(join->right_keys[k], join->right->needed);
    }
    return DV_OK;
}

enum dv_status dv_mark_needed(struct dv_program *program, struct dv_err *err)
{
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *relation = program->relations[r];
        relation->needed = dv_arena_zalloc(&program->arena, (size_t)relation->column_count + 1);
        if (relation->needed == NULL)
            return dv_fail_memory(err);
    }
    for (unsigned r = program->relation_count; r-- > 0;) {
        struct dv_relation *relation = program->relations[r];
        if (!relation->input && relation->materialized && !relation->inner)
            memset(relation->needed, true, relation->column_count);
        enum dv_status status = DV_OK;
        if (relation->recursive != NULL) { /* its rows are its own input */
            memset(relation->needed, true, relation->column_count);
            status = mark_branch(program, relation->recursive, err);
        }
        for (unsigned b = 0; b < relation->branch_count && status == DV_OK; b++)
            status = mark_branch(program, &relation->branches[b], err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
