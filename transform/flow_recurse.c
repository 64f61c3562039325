/* WITH RECURSIVE, depth first. Each depth has a frame of its own: the row in hand, where its lookups stand,
 * and the memory of what was made there, which is forgotten when the next sibling comes. So memory follows
 * the depth of the tree, not its size. A row that is found again on the path that leads to it closes a cycle
 * and is rejected. */
#include "transform/flow.h"
#include "transform/row_codec.h"

#include "core/alloc.h"

#include <xxhash.h>

#define DEEPEST 100000U

struct dv_frame {
    struct dv_value *row;
    struct dv_probe *probes;
    struct dv_arena arena;
    uint64_t *found; /* a join: the hash of the row that it found */
};

static enum dv_status frame_ready(struct dv_flow *flow, const struct dv_node *node, struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_branch *branch = node->branch;
    if (state->depth < state->frame_count)
        return DV_OK;
    if (state->depth >= DEEPEST)
        return dv_fail(err, DV_EXIT_FAULT, "%s: the recursion is deeper than %u rows", branch->relation->file,
                       DEEPEST);
    struct dv_frame **frames =
        dv_realloc_array(state->frames, state->frame_count + 1, sizeof(struct dv_frame *));
    struct dv_frame *frame = dv_arena_zalloc(&flow->arena, sizeof *frame);
    if (frames != NULL)
        state->frames = frames;
    if (frames == NULL || frame == NULL)
        return dv_fail_memory(err);
    size_t slots = (size_t)branch->width + branch->relation->column_count + 1;
    frames[state->frame_count] = frame;
    frame->row = dv_arena_zalloc(&flow->arena, slots * sizeof *frame->row);
    frame->probes = dv_arena_zalloc(&flow->arena, (branch->join_count + 1) * sizeof *frame->probes);
    frame->found = dv_arena_zalloc(&flow->arena, (branch->join_count + 1) * sizeof *frame->found);
    if (frame->row == NULL || frame->probes == NULL || frame->found == NULL)
        return dv_fail_memory(err);
    state->frame_count++;
    return DV_OK;
}

enum dv_status dv_flow_recurse(struct dv_flow *flow, const struct dv_node *node, const struct dv_value *base,
                               struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    struct dv_arena *outer = flow->eval.arena;
    enum dv_status status = frame_ready(flow, node, err);
    if (status != DV_OK)
        return status;
    struct dv_value *row = state->row;
    struct dv_probe *probes = state->probes;
    struct dv_frame *frame = state->frames[state->depth];
    dv_arena_reset(&frame->arena);
    state->row = frame->row;
    state->probes = frame->probes;
    state->depth++;
    for (unsigned c = 0; c < node->branch->base->column_count; c++)
        state->row[c] = base[c];
    flow->eval.arena = &frame->arena;
    flow->eval.row_number = 0;
    struct dv_eval_scope scope = dv_flow_scope(flow, node->branch->base->column_count);
    status = dv_flow_join(flow, node, 0, err);
    flow->eval.scope = scope;
    flow->eval.arena = outer;
    state->depth--;
    state->row = row;
    state->probes = probes;
    return status;
}

enum dv_status dv_flow_cycle(struct dv_flow *flow, const struct dv_node *node, unsigned j, bool *cycle,
                             struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_join_plan *join = &node->branch->joins[j];
    dv_buf_reset(&flow->payload);
    for (unsigned c = 0; c < join->slot_count; c++)
        dv_row_put(&flow->payload, &state->row[join->first_slot + c], &join->right->columns[c].type);
    enum dv_status status = dv_buf_check(&flow->payload, err);
    if (status != DV_OK)
        return status;
    uint64_t hash = XXH3_64bits(flow->payload.data, flow->payload.len);
    *cycle = false;
    for (unsigned d = 0; d + 1 < state->depth; d++)
        *cycle = *cycle || state->frames[d]->found[j] == hash;
    state->frames[state->depth - 1]->found[j] = hash;
    if (!*cycle)
        return DV_OK;
    dv_tally_reason(&state->failed, "cycle", true, 1);
    return dv_flow_reject(flow, node, "cycle", "the row leads back to itself", err);
}

void dv_flow_frames_free(struct dv_flow_node *state, unsigned join_count)
{
    for (unsigned f = 0; f < state->frame_count; f++) {
        for (unsigned j = 0; j < join_count; j++)
            dv_probe_release(&state->frames[f]->probes[j]);
        dv_arena_release(&state->frames[f]->arena);
    }
    dv_free(state->frames);
    state->frames = NULL;
    state->frame_count = 0;
}
