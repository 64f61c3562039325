/* The way into a barrier: key, and what the later half reads, to the sorter. */
#include "transform/flow.h"
#include "transform/row_codec.h"

#include <xxhash.h>

/* Values that a key is made of are decoded first: a raw 1.0 and a raw 1.00 are one key. */
static enum dv_status eval_key(struct dv_flow *flow, const struct dv_expr *expr, struct dv_value *value,
                               struct dv_err *err)
{
    enum dv_status status = dv_expr_eval(expr, &flow->eval, value, err);
    return status == DV_OK ? dv_value_decode(value, &expr->type, flow->eval.arena, err) : status;
}

enum dv_status dv_barrier_feed(struct dv_flow *flow, const struct dv_node *node, struct dv_err *err)
{
    const struct dv_branch *branch = node->branch;
    struct dv_flow_node *state = &flow->nodes[node->index];
    unsigned r = dv_relation_index(flow->run->program, branch->relation);
    struct dv_value value;
    enum dv_status status = DV_OK;
    dv_buf_reset(&flow->key);
    dv_buf_reset(&flow->payload);
    for (unsigned k = 0; k < branch->key_count; k++) {
        DV_TRY(eval_key(flow, branch->keys[k], &value, err));
        dv_value_sort_key(&value, &branch->keys[k]->type, false, false, &flow->key);
        if (branch->barrier == DV_BARRIER_GROUP)
            dv_row_put(&flow->payload, &value, &branch->keys[k]->type);
    }
    uint32_t group_length = (uint32_t)flow->key.len;
    uint64_t hash = branch->key_count == 0 ? 0 : XXH3_64bits(flow->key.data, flow->key.len);
    if (branch->barrier != DV_BARRIER_GROUP)
        dv_buf_append(&flow->payload, &group_length, sizeof group_length);
    for (unsigned o = 0; o < branch->order_count; o++) {
        const struct dv_aggregate_order *order = &branch->order[o];
        DV_TRY(eval_key(flow, order->expr, &value, err));
        dv_value_sort_key(&value, &order->expr->type, order->descending, order->nulls_first, &flow->key);
    }
    for (unsigned s = 0; s < branch->width; s++)
        if (branch->carried[s])
            dv_row_put(&flow->payload, &state->row[s], &branch->slot_types[s]);
    DV_TRY(dv_buf_check(&flow->key, err));
    DV_TRY(dv_buf_check(&flow->payload, err));
    uint32_t part = node->part_offset + flow->part;
    struct dv_record record = {.hash = hash,
                               .sequence = (uint64_t)part << 40 | state->fed,
                               .key = flow->key.data,
                               .key_length = (uint32_t)flow->key.len,
                               .payload = flow->payload.data,
                               .payload_length = (uint32_t)flow->payload.len};
    DV_TRY(dv_sorter_add(flow->run->relations[r].sorter, flow->worker, &record, err));
    state->fed++;
done:
    return status;
}
