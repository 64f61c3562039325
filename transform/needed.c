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

/* Flat slots that a barrier's later half reads. */
static void mark_carried(struct dv_branch *branch, const bool *needed)
{
    for (unsigned a = 0; a < branch->aggregate_count; a++)
        mark_aggregate(branch->aggregates[a], branch->carried);
    for (unsigned k = 0; k < branch->conflict_count; k++)
        branch->carried[branch->conflict_slots[k]] = true;
    for (unsigned w = 0; w < branch->window_count; w++)
        if (branch->windows[w].aggregate != NULL)
            mark_aggregate(branch->windows[w].aggregate, branch->carried);
    if (branch->barrier != DV_BARRIER_GROUP)
        for (unsigned c = 0; c < branch->relation->column_count; c++)
            if (needed[c])
                dv_expr_slots(branch->outputs[c], branch->carried);
}

/* Flat slots that the branch reads to fill the needed outputs; a reject rule that names an output makes it
 * needed. */
static void mark_slots(struct dv_branch *branch, bool *needed, bool *slots)
{
    for (unsigned f = 0; f < branch->filter_count; f++)
        dv_expr_slots(branch->filters[f].condition, slots);
    if (branch->where != NULL)
        dv_expr_slots(branch->where, slots);
    for (unsigned k = 0; k < branch->key_count; k++)
        dv_expr_slots(branch->keys[k], slots);
    mark_order(branch->order, branch->order_count, slots);
    if (branch->barrier != DV_BARRIER_NONE) {
        memset(needed, true,
               branch->relation->column_count); /* groups are few: their outputs are all computed */
        mark_carried(branch, needed);
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
    branch->carried = dv_arena_zalloc(&program->arena, most);
    if (slots == NULL || branch->carried == NULL)
        return dv_fail_memory(err);
    mark_slots(branch, relation->needed, slots);
    for (unsigned c = 0; c < branch->base->column_count; c++)
        branch->base->needed[c] = branch->base->needed[c] || slots[c];
    for (unsigned j = 0; j < branch->join_count; j++) {
        struct dv_join_plan *join = &branch->joins[j];
        if (join->right == NULL)
            continue;
        join->carried = join->kind == DV_LOOKUP ? slots + join->first_slot : NULL;
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
        if (!relation->input && relation->materialized)
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
