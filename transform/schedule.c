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

/* ---- reading a dataset as seldom as possible ---- */

/* Not one that its readers make again on the way. */
static bool has_rows_of_its_own(const struct dv_relation *relation)
{
    return !relation->input &&
           (dv_relation_is_barrier(relation) || !relation->ephemeral || relation->looked_up);
}

static unsigned *pass_of(struct dv_relation *relation)
{
    return dv_relation_is_barrier(relation) ? &relation->input_level : &relation->level;
}

/* The input or barrier that the rows of a branch come from, row by row. */
static const struct dv_relation *driver(const struct dv_branch *branch)
{
    const struct dv_relation *base = branch->base;
    while (!base->input && !dv_relation_is_barrier(base))
        base = base->branches[0].base;
    return base;
}

static bool reads(const struct dv_relation *relation, const struct dv_relation *dataset)
{
    for (unsigned b = 0; b < relation->branch_count; b++)
        if (driver(&relation->branches[b]) == dataset)
            return true;
    return false;
}

/* Whether the relation may wait: nobody looks into it, and it reads nothing else. */
static bool may_wait(const struct dv_relation *relation, const struct dv_relation *dataset)
{
    for (unsigned b = 0; b < relation->branch_count; b++)
        if (driver(&relation->branches[b]) != dataset)
            return false;
    return !relation->looked_up;
}

static bool reads_in(struct dv_relation *relation, const struct dv_relation *dataset, unsigned pass)
{
    return has_rows_of_its_own(relation) && *pass_of(relation) == pass && reads(relation, dataset);
}

/* Whether `later`, which reads the dataset too, has to come behind one of those that read it in the pass. */
static bool waits_for(struct dv_program *program, const struct dv_relation *later,
                      const struct dv_relation *dataset, unsigned pass)
{
    for (unsigned r = 0; r < program->relation_count; r++)
        if (reads_in(program->relations[r], dataset, pass) && depends(later, program->relations[r]))
            return true;
    return false;
}

/* The next pass that reads the dataset and could serve all that the given one serves; 0: none. */
static unsigned pass_instead(struct dv_program *program, const struct dv_relation *dataset, unsigned pass)
{
    unsigned next = 0;
    for (unsigned r = 0; r < program->relation_count; r++)
        if (reads_in(program->relations[r], dataset, pass) && !may_wait(program->relations[r], dataset))
            return 0;
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *later = program->relations[r];
        unsigned theirs = has_rows_of_its_own(later) && reads(later, dataset) ? *pass_of(later) : 0;
        if (theirs > pass && (next == 0 || theirs < next) && !waits_for(program, later, dataset, pass))
            next = theirs;
    }
    return next;
}

/* A dataset is best read in one pass. Where all that a pass makes of its rows can wait for a pass in which
 * the same rows are read anyway, it does; where only some of it can, the earlier pass reads them all the
 * same. */
static bool gather(struct dv_program *program)
{
    bool moved = false;
    for (unsigned d = 0; d < program->relation_count; d++) {
        const struct dv_relation *dataset = program->relations[d];
        for (unsigned r = 0; r < program->relation_count; r++) {
            struct dv_relation *relation = program->relations[r];
            if (!has_rows_of_its_own(relation) || !reads(relation, dataset))
                continue;
            unsigned pass = *pass_of(relation), instead = pass_instead(program, dataset, pass);
            for (unsigned o = 0; o < program->relation_count && instead > 0; o++)
                if (reads_in(program->relations[o], dataset, pass))
                    *pass_of(program->relations[o]) = instead;
            moved = moved || instead > 0;
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
