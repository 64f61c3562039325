#include "transform/pipeline.h"

#include <string.h>

unsigned dv_relation_index(const struct dv_program *program, const struct dv_relation *relation)
{
    unsigned r = 0;
    while (program->relations[r] != relation)
        r++;
    return r;
}

struct maker {
    struct dv_run *run;
    unsigned pass;
    struct dv_pipeline *pipeline;
    unsigned capacity;
};

static struct dv_relation_run *run_of(const struct maker *maker, const struct dv_relation *relation)
{
    return &maker->run->relations[dv_relation_index(maker->run->program, relation)];
}

/* The parts of the relation that come before those of its branch number b. */
static uint32_t branch_offset(const struct maker *maker, const struct dv_relation *relation, unsigned b)
{
    uint32_t offset = 0;
    for (unsigned i = 0; i < b; i++)
        offset += run_of(maker, relation->branches[i].base)->part_count;
    return offset;
}

static enum dv_status node_new(struct maker *maker, const struct dv_branch *branch, struct dv_node *parent,
                               struct dv_node **out, struct dv_err *err)
{
    struct dv_arena *arena = &maker->run->arena;
    struct dv_pipeline *pipeline = maker->pipeline;
    struct dv_node *node = dv_arena_zalloc(arena, sizeof *node);
    if (node == NULL)
        return dv_fail_memory(err);
    if (pipeline->node_count == maker->capacity) {
        unsigned capacity = maker->capacity < 8 ? 8 : maker->capacity * 2;
        struct dv_node **nodes = dv_arena_alloc(arena, capacity * sizeof(struct dv_node *));
        if (nodes == NULL)
            return dv_fail_memory(err);
        if (pipeline->node_count > 0)
            memcpy(nodes, pipeline->nodes, pipeline->node_count * sizeof(struct dv_node *));
        pipeline->nodes = nodes;
        maker->capacity = capacity;
    }
    node->branch = branch;
    node->parent = parent;
    node->index = pipeline->node_count;
    if (branch != NULL && branch->join_count > 0) {
        node->lookups = dv_arena_zalloc(arena, branch->join_count * sizeof(struct dv_lookup *));
        if (node->lookups == NULL)
            return dv_fail_memory(err);
    }
    pipeline->nodes[pipeline->node_count++] = node;
    *out = node;
    return DV_OK;
}

static enum dv_status adopt(struct maker *maker, struct dv_node *parent, struct dv_node *child,
                            struct dv_err *err)
{
    struct dv_node **children =
        dv_arena_alloc(&maker->run->arena, (parent->child_count + 1) * sizeof(struct dv_node *));
    if (children == NULL)
        return dv_fail_memory(err);
    if (parent->child_count > 0)
        memcpy(children, parent->children, parent->child_count * sizeof(struct dv_node *));
    children[parent->child_count++] = child;
    parent->children = children;
    return DV_OK;
}

static enum dv_status expand(struct maker *maker, struct dv_node *parent, const struct dv_relation *base,
                             bool *useful, struct dv_err *err);

static enum dv_status recursive_child(struct maker *maker, struct dv_node *parent,
                                      const struct dv_relation *relation, struct dv_err *err)
{
    struct dv_node *node;
    enum dv_status status = node_new(maker, relation->recursive, parent, &node, err);
    if (status != DV_OK)
        return status;
    node->part_offset = parent->part_offset;
    node->accounts = parent->accounts;
    node->recurses = true;
    return adopt(maker, parent, node, err);
}

/* The branch as a child of `parent`, kept where it or anything below it has work in this pass. */
static enum dv_status grow(struct maker *maker, struct dv_node *parent, const struct dv_relation *relation,
                           unsigned b, bool *useful, struct dv_err *err)
{
    const struct dv_branch *branch = &relation->branches[b];
    const struct dv_relation_run *state = run_of(maker, relation);
    struct dv_node *node;
    unsigned kept = maker->pipeline->node_count;
    bool below = false;
    enum dv_status status = node_new(maker, branch, parent, &node, err);
    if (status != DV_OK)
        return status;
    node->part_offset = parent->part_offset + branch_offset(maker, relation, b);
    if (branch->barrier != DV_BARRIER_NONE) {
        node->feeds = state->wanted && !state->restored;
        node->accounts = true;
    } else {
        node->sink = relation->level == maker->pass && relation->materialized && !state->done;
        node->accounts = relation->level == maker->pass;
        status = relation->recursive != NULL ? recursive_child(maker, node, relation, err) : DV_OK;
        if (status == DV_OK)
            status = expand(maker, node, relation, &below, err);
        if (status != DV_OK)
            return status;
    }
    if (!node->sink && !node->feeds && !below) {
        maker->pipeline->node_count = kept;
        return DV_OK;
    }
    *useful = true;
    return adopt(maker, parent, node, err);
}

/* All branches that read `base` row by row in this pass. */
static enum dv_status expand(struct maker *maker, struct dv_node *parent, const struct dv_relation *base,
                             bool *useful, struct dv_err *err)
{
    const struct dv_program *program = maker->run->program;
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *relation = program->relations[r];
        for (unsigned b = 0; b < relation->branch_count; b++) {
            if (relation->branches[b].base != base)
                continue;
            bool here = dv_relation_is_barrier(relation)
                            ? relation->input_level == maker->pass
                            : relation->level == maker->pass ||
                                  (relation->level < maker->pass && !relation->materialized);
            if (!here)
                continue;
            enum dv_status status = grow(maker, parent, relation, b, useful, err);
            if (status != DV_OK)
                return status;
        }
    }
    return DV_OK;
}

enum dv_status dv_pipelines_make(struct dv_run *run, unsigned pass, struct dv_pipeline **pipelines,
                                 unsigned *count, struct dv_err *err)
{
    const struct dv_program *program = run->program;
    *count = 0;
    *pipelines = dv_arena_zalloc(&run->arena, program->relation_count * sizeof **pipelines);
    if (*pipelines == NULL)
        return dv_fail_memory(err);
    for (unsigned r = 0; r < program->relation_count; r++) {
        struct dv_relation *root = program->relations[r];
        bool barrier = dv_relation_is_barrier(root) && root->level == pass;
        if (barrier ? !run->relations[r].wanted
                    : (!root->materialized && !root->single) || root->level >= pass)
            continue;
        struct dv_pipeline *pipeline = &(*pipelines)[*count];
        struct maker maker = {.run = run, .pass = pass, .pipeline = pipeline};
        bool useful = false;
        *pipeline = (struct dv_pipeline){
            .root = root, .from_barrier = barrier, .part_count = run->relations[r].part_count};
        enum dv_status status =
            node_new(&maker, barrier ? &root->branches[0] : NULL, NULL, &pipeline->top, err);
        if (status == DV_OK)
            status = expand(&maker, pipeline->top, root, &useful, err);
        if (status != DV_OK)
            return status;
        pipeline->top->sink = barrier && root->materialized && !run->relations[r].done;
        pipeline->top->accounts = barrier;
        if (useful || pipeline->top->sink)
            (*count)++;
    }
    return DV_OK;
}
