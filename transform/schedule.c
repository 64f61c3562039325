/* Which pass each relation belongs to, and which of them get stage files. */
#include "transform/relation.h"

static unsigned max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned after_right_sides(const struct dv_branch *branch, unsigned level)
{
    for (unsigned j = 0; j < branch->join_count; j++)
        if (branch->joins[j].right != NULL)
            level = max(level, branch->joins[j].right->level + 1);
    return level;
}

/* The earliest pass in which the relation's branches can run: with its base at the soonest, after every right
 * side. */
static unsigned earliest(const struct dv_relation *relation)
{
    unsigned level = 1;
    for (unsigned b = 0; b < relation->branch_count; b++)
        level = after_right_sides(&relation->branches[b], max(level, relation->branches[b].base->level));
    return relation->recursive != NULL ? after_right_sides(relation->recursive, level) : level;
}

/* Levels in dependency order; a barrier fed in pass n yields its rows in pass n + 1. */
static void assign(struct dv_program *program)
{
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *relation = program->relations[r];
        if (relation->input)
            continue;
        unsigned level = earliest(relation);
        if (dv_relation_is_barrier(relation)) {
            relation->input_level = max(level, relation->input_level);
            relation->level = relation->input_level + 1;
        } else {
            relation->level = max(level, relation->level);
        }
    }
}

static bool depends(const struct dv_relation *relation, const struct dv_relation *on);

static bool looks_up(const struct dv_branch *branch, const struct dv_relation *on)
{
    for (unsigned j = 0; j < branch->join_count; j++)
        if (branch->joins[j].right != NULL && depends(branch->joins[j].right, on))
            return true;
    return false;
}

static bool depends(const struct dv_relation *relation, const struct dv_relation *on)
{
    if (relation == on)
        return true;
    for (unsigned b = 0; b < relation->branch_count; b++)
        if (depends(relation->branches[b].base, on) || looks_up(&relation->branches[b], on))
            return true;
    return relation->recursive != NULL && looks_up(relation->recursive, on);
}

/* The input or barrier that the rows of a relation's first branch come from, row by row. */
static const struct dv_relation *driver(const struct dv_relation *relation)
{
    const struct dv_relation *base = relation->branches[0].base;
    while (!base->input && !dv_relation_is_barrier(base))
        base = base->branches[0].base;
    return base;
}

/* A dataset is best read in one pass: a relation that could be fed earlier waits for the pass in which the
 * same rows are read anyway, where nothing of that pass waits for the relation itself. */
static bool gather(struct dv_program *program)
{
    bool moved = false;
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *relation = program->relations[r];
        if (relation->input || relation->looked_up)
            continue;
        bool barrier = dv_relation_is_barrier(relation);
        unsigned *level = barrier ? &relation->input_level : &relation->level;
        for (unsigned o = 0; o < program->relation_count; o++) {
            const struct dv_relation *other = program->relations[o];
            if (other->input || other == relation || driver(other) != driver(relation) ||
                depends(other, relation))
                continue;
            unsigned theirs = dv_relation_is_barrier(other) ? other->input_level : other->level;
            if (theirs > *level) {
                *level = theirs;
                moved = true;
            }
        }
    }
    return moved;
}

/* Whether anybody reads the relation's rows in a later pass than that in which they come to be. */
static bool read_later(const struct dv_program *program, const struct dv_relation *relation, unsigned level)
{
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *other = program->relations[r];
        for (unsigned b = 0; b < other->branch_count; b++) {
            if (other->branches[b].base != relation)
                continue;
            unsigned theirs = dv_relation_is_barrier(other) ? other->input_level : other->level;
            if (theirs > level ||
                (!other->materialized && !dv_relation_is_barrier(other) && read_later(program, other, level)))
                return true;
        }
    }
    return false;
}

void dv_schedule(struct dv_program *program)
{
    assign(program);
    for (unsigned round = 0; round < program->relation_count && gather(program); round++)
        assign(program);
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *relation = program->relations[r];
        relation->materialized =
            !relation->single && (relation->input || !relation->ephemeral || relation->looked_up);
        program->pass_count = max(program->pass_count, relation->level);
    }
    /* A barrier's rows are gone once its pass is over: whoever reads them later needs them on disk. */
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *relation = program->relations[r];
        if (!relation->materialized && dv_relation_is_barrier(relation) &&
            read_later(program, relation, relation->level))
            relation->materialized = true;
    }
}
