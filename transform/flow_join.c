/* A row past the items of FROM behind the first and past sub-queries: lookups, marks (EXISTS, IN), values,
 * functions. */
#include "transform/flow.h"
#include "transform/row_codec.h"
#include "transform/set_function.h"

/* Rows out of one function call after which what they made is forgotten. */
#define EXPANDED_ROWS 256U

static enum dv_status join_key(struct dv_flow *flow, const struct dv_join_plan *join, bool *is_null,
                               struct dv_err *err)
{
    dv_buf_reset(&flow->key);
    *is_null = false;
    for (unsigned k = 0; k < join->key_count; k++) {
        struct dv_value value;
        enum dv_status status = dv_expr_eval(join->left_keys[k], &flow->eval, &value, err);
        if (status == DV_OK && value.state != DV_NULL)
            status = dv_value_decode(&value, &join->left_keys[k]->type, flow->eval.arena, err);
        if (status != DV_OK)
            return status;
        if (value.state == DV_NULL)
            *is_null = true;
        else
            dv_value_sort_key(&value, &join->left_keys[k]->type, false, false, &flow->key);
    }
    return dv_buf_check(&flow->key, err);
}

/* Starts the search for the row's key, moved to the batch: a later join of the row reuses the buffer. */
static enum dv_status find(struct dv_flow *flow, const struct dv_node *node, unsigned j, struct dv_err *err)
{
    char *key = dv_arena_copy(flow->eval.arena, flow->key.data, flow->key.len);
    if (key == NULL)
        return dv_fail_memory(err);
    return dv_probe_find(node->lookups[j], &flow->nodes[node->index].probes[j], key, (uint32_t)flow->key.len,
                         err);
}

static void fill_right(struct dv_value *row, const struct dv_join_plan *join, const char *payload)
{
    for (unsigned c = 0; c < join->slot_count; c++) {
        row[join->first_slot + c] = dv_null();
        if (payload != NULL && join->carried[c])
            payload = dv_row_get(payload, &row[join->first_slot + c]);
    }
}

/* Whether the residual condition holds; its failure is the row's. */
static enum dv_status residual(struct dv_flow *flow, const struct dv_node *node,
                               const struct dv_join_plan *join, bool *holds, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    flow->eval.row = flow->nodes[node->index].row;
    *holds = join->residual == NULL || dv_flow_condition(flow, join->residual, &status, err);
    return status;
}

/* What is left when the items are through: an outer join's NULLs, or the row falls away. */
static enum dv_status unmatched(struct dv_flow *flow, const struct dv_node *node, unsigned j,
                                struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_join_plan *join = &node->branch->joins[j];
    if (!join->left_join) {
        state->unmatched++;
        return DV_OK;
    }
    fill_right(state->row, join, NULL);
    return dv_flow_join(flow, node, j + 1, err);
}

static enum dv_status join_lookup(struct dv_flow *flow, const struct dv_node *node, unsigned j,
                                  struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_join_plan *join = &node->branch->joins[j];
    bool is_null, holds, matched = false;
    const char *payload;
    enum dv_status status = join_key(flow, join, &is_null, err);
    if (status != DV_OK)
        return dv_flow_row_failed(flow, node, status, err);
    if (is_null)
        return unmatched(flow, node, j, err);
    status = find(flow, node, j, err);
    while (status == DV_OK && (status = dv_probe_next(&state->probes[j], &payload)) == DV_OK) {
        fill_right(state->row, join, payload);
        status = residual(flow, node, join, &holds, err);
        if (status != DV_OK) {
            state->multiplied += matched;
            return dv_flow_row_failed(flow, node, status, err);
        }
        if (holds && node->recurses) {
            bool cycle;
            status = dv_flow_cycle(flow, node, j, &cycle, err);
            holds = !cycle;
        }
        if (status != DV_OK)
            return status;
        if (!holds)
            continue;
        if (matched)
            state->multiplied++; /* a further row out of one: counted as read, so that the sums hold */
        matched = true;
        status = dv_flow_join(flow, node, j + 1, err);
    }
    if (status != DV_END)
        return status;
    return matched ? DV_OK : unmatched(flow, node, j, err);
}

/* EXISTS is true or false; IN is NULL where no match is found and a NULL on either side leaves it open. */
static enum dv_status join_mark(struct dv_flow *flow, const struct dv_node *node, unsigned j,
                                struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_join_plan *join = &node->branch->joins[j];
    bool is_null, found = false;
    const char *payload;
    enum dv_status status = join_key(flow, join, &is_null, err);
    if (status != DV_OK)
        return dv_flow_row_failed(flow, node, status, err);
    if (!is_null) {
        status = find(flow, node, j, err);
        if (status == DV_OK)
            status = dv_probe_next(&state->probes[j], &payload);
        if (status != DV_OK && status != DV_END)
            return status;
        found = status == DV_OK;
    }
    bool has_null = dv_lookup_has_null(node->lookups[j]);
    bool empty = dv_lookup_rows(node->lookups[j]) == 0 && !has_null;
    struct dv_value *mark = &state->row[join->first_slot];
    if (join->null_aware && !found && !empty && (is_null || has_null))
        *mark = dv_null();
    else
        *mark = dv_bool(found != join->negated);
    return dv_flow_join(flow, node, j + 1, err);
}

/* The one row under the key. Several are an error only of who reads the value. */
static enum dv_status join_value(struct dv_flow *flow, const struct dv_node *node, unsigned j,
                                 struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_join_plan *join = &node->branch->joins[j];
    bool is_null, several = false;
    const char *payload;
    enum dv_status status = join_key(flow, join, &is_null, err);
    if (status != DV_OK)
        return dv_flow_row_failed(flow, node, status, err);
    fill_right(state->row, join, NULL);
    if (!is_null) {
        status = find(flow, node, j, err);
        if (status == DV_OK)
            status = dv_probe_next(&state->probes[j], &payload);
        if (status == DV_OK) {
            fill_right(state->row, join, payload);
            status = dv_probe_next(&state->probes[j], &payload);
            several = status == DV_OK;
        }
        if (status != DV_OK && status != DV_END)
            return status;
    }
    state->row[join->first_slot + join->slot_count] = dv_bool(several);
    return dv_flow_join(flow, node, j + 1, err);
}

static enum dv_status join_expand(struct dv_flow *flow, const struct dv_node *node, unsigned j,
                                  struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_join_plan *join = &node->branch->joins[j];
    struct dv_arena *outer = flow->eval.arena;
    struct dv_set_cursor cursor;
    bool holds;
    uint64_t rows = 0;
    /* What stands before the function outlives its rows, whose memory is reused. */
    struct dv_eval_scope scope = dv_flow_scope(flow, join->first_slot);
    enum dv_status status = dv_set_start(join->set, &cursor, &flow->eval, err);
    if (status != DV_OK) {
        flow->eval.scope = scope;
        return dv_flow_row_failed(flow, node, status, err);
    }
    while (status == DV_OK) {
        /* A nested call keeps to the outer one's memory, which is still in use. */
        flow->eval.arena = outer == &flow->batch ? &state->expanded : outer;
        flow->eval.row = state->row;
        status = dv_set_next(&cursor, &flow->eval, &state->row[join->first_slot], err);
        if (status == DV_OK)
            status = residual(flow, node, join, &holds, err);
        if (status != DV_OK)
            break;
        if (holds) {
            if (rows++ > 0)
                state->multiplied++;
            status = dv_flow_join(flow, node, j + 1, err);
        }
        if (outer == &flow->batch && rows % EXPANDED_ROWS == 0 &&
            join->set->columns[0].type.id != DV_TYPE_NUMERIC)
            dv_arena_reset(&state->expanded);
    }
    flow->eval.arena = outer;
    flow->eval.scope = scope;
    if (status != DV_END) {
        state->multiplied += rows > 0;
        return dv_flow_row_failed(flow, node, status, err);
    }
    return rows > 0 ? DV_OK : unmatched(flow, node, j, err);
}

enum dv_status dv_flow_join(struct dv_flow *flow, const struct dv_node *node, unsigned j, struct dv_err *err)
{
    flow->eval.row = flow->nodes[node->index].row;
    if (j == node->branch->join_count)
        return dv_flow_finish(flow, node, err);
    switch (node->branch->joins[j].kind) {
    case DV_MARK:
        return join_mark(flow, node, j, err);
    case DV_VALUE:
        return join_value(flow, node, j, err);
    case DV_EXPAND:
        return join_expand(flow, node, j, err);
    default:
        return join_lookup(flow, node, j, err);
    }
}
