/* The way out of a barrier: groups in the sorter's order, each to one row. */
#include "transform/barrier.h"
#include "transform/row_codec.h"

#include "core/stop.h"

#include <stdio.h>
#include <string.h>

/* Groups share an arena, which is emptied when it has grown to this. */
#define GROUP_ARENA (256U * 1024U)

/* A fault in an aggregate has no single row to reject: the run stops and says which model. */
enum dv_status dv_barrier_failed(struct dv_barrier_reader *reader, enum dv_status status, struct dv_err *err)
{
    char message[sizeof err->message];
    if (status != DV_FAILED || err->sqlstate[0] == '\0')
        return status;
    snprintf(message, sizeof message, "%s", err->message);
    snprintf(err->message, sizeof err->message, "%s:%d:%d: %.900s", reader->branch->relation->file,
             reader->flow->eval.line, reader->flow->eval.column, message);
    dv_err_hint(
        err, "an aggregate failed over the rows of a group; filter or reject the offending rows before it");
    return status;
}

void dv_barrier_take(struct dv_barrier_reader *reader, const char *at, bool first)
{
    const struct dv_branch *branch = reader->branch;
    struct dv_value ignored;
    if (branch->barrier == DV_BARRIER_GROUP)
        for (unsigned k = 0; k < branch->key_count; k++)
            at = dv_row_get(at, first ? &reader->grouped[k] : &ignored);
    else
        at += sizeof(uint32_t);
    for (unsigned s = 0; s < branch->width; s++)
        if (branch->carried[s])
            at = dv_row_get(at, &reader->flat[s]);
}

static enum dv_status start_aggregates(struct dv_barrier_reader *reader, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    for (unsigned a = 0; a < branch->aggregate_count; a++) {
        if (!branch->computed[a])
            continue;
        reader->states[a] = dv_aggregate_start(branch->aggregates[a], &reader->groups);
        if (reader->states[a] == NULL)
            return dv_fail_memory(err);
    }
    return DV_OK;
}

/* The first record of a group: its bytes go with the cursor, so what the group keeps is copied. */
static enum dv_status group_open(struct dv_barrier_reader *reader, const struct dv_record *record,
                                 uint32_t key_length, struct dv_err *err)
{
    dv_buf_reset(&reader->group_key);
    dv_buf_append(&reader->group_key, record->key, key_length);
    reader->group_hash = record->hash;
    reader->open = true;
    char *payload = dv_arena_copy(&reader->groups, record->payload, record->payload_length);
    if (payload == NULL || reader->group_key.failed)
        return dv_fail_memory(err);
    dv_barrier_take(reader, payload, true);
    return start_aggregates(reader, err);
}

static enum dv_status group_row(struct dv_barrier_reader *reader, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    struct dv_eval *eval = &reader->flow->eval;
    enum dv_status status = DV_OK;
    eval->row = reader->flat;
    eval->arena = &reader->rows;
    for (unsigned a = 0; a < branch->aggregate_count; a++) {
        if (!branch->computed[a])
            continue;
        status = dv_aggregate_step(branch->aggregates[a], reader->states[a], eval, err);
        if (status != DV_OK)
            return dv_barrier_failed(reader, status, err);
    }
    if (reader->conflicts != NULL)
        DV_TRY(dv_conflicts_row(reader->conflicts, eval, err));
    if (reader->rows.total > GROUP_ARENA || reader->state->read % 256 == 0)
        dv_arena_reset(&reader->rows);
done:
    return status;
}

enum dv_status dv_barrier_emit(struct dv_barrier_reader *reader, struct dv_value *row, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    struct dv_flow *flow = reader->flow;
    struct dv_value verdict;
    enum dv_status status = DV_OK;
    flow->eval.row = row;
    flow->eval.arena = &reader->groups;
    for (unsigned c = 0; c < branch->relation->column_count; c++) {
        const struct dv_expr *output = branch->outputs[c];
        if (!branch->relation->needed[c])
            reader->outputs[c] = dv_null();
        else if (output->is_column)
            reader->outputs[c] = row[output->slot];
        else if ((status = dv_expr_eval(output, &flow->eval, &reader->outputs[c], err)) != DV_OK)
            return dv_barrier_failed(reader, status, err);
    }
    flow->values = reader->outputs;
    flow->row_number++;
    flow->eval.row = reader->outputs;
    for (unsigned r = 0; r < branch->reject_count; r++) {
        status = dv_expr_eval(branch->rejects[r].condition, &flow->eval, &verdict, err);
        if (status != DV_OK)
            return dv_barrier_failed(reader, status, err);
        if (dv_expr_is_true(&verdict)) {
            reader->state->rejected[r]++;
            return dv_flow_reject(flow, reader->node, branch->rejects[r].name, "", err);
        }
    }
    return dv_flow_emit(flow, reader->node, reader->outputs, err);
}

/* Keys and aggregates (or the picked row) to outputs, unless HAVING says no. */
static enum dv_status group_emit(struct dv_barrier_reader *reader, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    struct dv_flow *flow = reader->flow;
    struct dv_value verdict;
    struct dv_value *row = branch->barrier == DV_BARRIER_GROUP ? reader->grouped : reader->flat;
    if (branch->having != NULL) {
        flow->eval.row = row;
        flow->eval.arena = &reader->groups;
        enum dv_status status = dv_expr_eval(branch->having, &flow->eval, &verdict, err);
        if (status != DV_OK)
            return dv_barrier_failed(reader, status, err);
        if (!dv_expr_is_true(&verdict)) {
            reader->state->having++;
            return DV_OK;
        }
    }
    return dv_barrier_emit(reader, row, err);
}

static enum dv_status group_close(struct dv_barrier_reader *reader, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    enum dv_status status = DV_OK;
    if (!reader->open)
        return DV_OK;
    reader->open = false;
    for (unsigned a = 0; a < branch->aggregate_count; a++) {
        if (!branch->computed[a])
            continue;
        status = dv_aggregate_final(branch->aggregates[a], reader->states[a],
                                    &reader->grouped[branch->key_count + a], err);
        if (status != DV_OK)
            return dv_barrier_failed(reader, status, err);
    }
    if (reader->conflicts != NULL)
        DV_TRY(dv_conflicts_group(reader->conflicts, reader->grouped, err));
    DV_TRY(group_emit(reader, err));
    dv_arena_reset(&reader->groups);
    dv_arena_reset(&reader->flow->batch);
done:
    return status;
}

static enum dv_status take_record(struct dv_barrier_reader *reader, const struct dv_record *record,
                                  struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    uint32_t key_length = record->key_length;
    enum dv_status status = DV_OK;
    if (branch->barrier == DV_BARRIER_PICK)
        memcpy(&key_length, record->payload, sizeof key_length);
    bool same = reader->open && record->hash == reader->group_hash && key_length == reader->group_key.len &&
                memcmp(record->key, reader->group_key.data, key_length) == 0;
    if (!same) {
        DV_TRY(group_close(reader, err));
        DV_TRY(group_open(reader, record, key_length, err));
    } else {
        reader->state->merged++;
        if (branch->barrier == DV_BARRIER_GROUP)
            dv_barrier_take(reader, record->payload, false);
    }
    reader->state->read++;
    if (branch->barrier == DV_BARRIER_GROUP)
        DV_TRY(group_row(reader, err));
    if (reader->state->read % 8192 == 0) {
        DV_TRY(dv_stop_check(err));
        dv_flow_report(reader->flow);
    }
done:
    return status;
}

static enum dv_status reader_open(struct dv_barrier_reader *reader, struct dv_err *err)
{
    struct dv_flow *flow = reader->flow;
    const struct dv_branch *branch = reader->branch;
    size_t outputs = branch->relation->column_count + 1U;
    struct dv_relation_run *relation =
        &flow->run->relations[dv_relation_index(flow->run->program, branch->relation)];
    reader->flat = reader->state->row;
    reader->grouped = dv_arena_zalloc(&flow->arena, (branch->key_count + branch->aggregate_count + 1U) *
                                                        sizeof *reader->grouped);
    reader->outputs = dv_arena_zalloc(&flow->arena, outputs * sizeof *reader->outputs);
    reader->states = dv_arena_zalloc(&flow->arena, (branch->aggregate_count + 1U) * sizeof(void *));
    if (reader->grouped == NULL || reader->outputs == NULL || reader->states == NULL ||
        !dv_buf_reserve(&reader->group_key, 1))
        return dv_fail_memory(err);
    enum dv_status status = DV_OK;
    if (branch->conflict_count > 0)
        status = dv_conflicts_new(&reader->conflicts, flow, branch, err);
    return status == DV_OK ? dv_sorter_open(relation->sorter, flow->part, &reader->cursor, err) : status;
}

/* Aggregates without GROUP BY over no rows still make one row, which counts as read from nowhere. */
static enum dv_status empty_group(struct dv_barrier_reader *reader, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    if (branch->key_count > 0 || branch->aggregate_count == 0 || reader->open)
        return DV_OK;
    reader->state->read++;
    reader->open = true;
    return start_aggregates(reader, err);
}

static enum dv_status read_groups(struct dv_barrier_reader *reader, struct dv_err *err)
{
    struct dv_record record;
    enum dv_status status;
    while ((status = dv_sorter_next(reader->cursor, &record, err)) == DV_OK)
        DV_TRY(take_record(reader, &record, err));
    if (status != DV_END)
        goto done;
    if (reader->branch->barrier == DV_BARRIER_GROUP)
        DV_TRY(empty_group(reader, err));
    DV_TRY(group_close(reader, err));
    status = reader->conflicts != NULL ? dv_conflicts_publish(reader->conflicts, err) : DV_OK;
done:
    return status;
}

/* ORDER BY, LIMIT, OFFSET: the rows as they come, in order. */
static enum dv_status read_sorted(struct dv_barrier_reader *reader, struct dv_err *err)
{
    const struct dv_branch *branch = reader->branch;
    struct dv_record record;
    enum dv_status status;
    while ((status = dv_sorter_next(reader->cursor, &record, err)) == DV_OK) {
        uint64_t place = reader->state->read++;
        if (place < branch->offset || place - branch->offset >= branch->limit) {
            reader->state->limited++;
            continue;
        }
        dv_barrier_take(reader, record.payload, true);
        DV_TRY(dv_barrier_emit(reader, reader->flat, err));
        dv_arena_reset(&reader->groups);
        dv_arena_reset(&reader->flow->batch);
        if (reader->state->read % 8192 == 0) {
            DV_TRY(dv_stop_check(err));
            dv_flow_report(reader->flow);
        }
    }
    if (status == DV_END)
        status = DV_OK;
done:
    return status;
}

enum dv_status dv_barrier_read(struct dv_flow *flow, struct dv_err *err)
{
    const struct dv_node *node = flow->pipeline->top;
    struct dv_barrier_reader reader = {
        .flow = flow, .node = node, .branch = node->branch, .state = &flow->nodes[node->index]};
    enum dv_status status;
    DV_TRY(reader_open(&reader, err));
    if (node->branch->barrier == DV_BARRIER_WINDOW)
        status = dv_window_read(&reader, err);
    else if (node->branch->barrier == DV_BARRIER_SORT)
        status = read_sorted(&reader, err);
    else
        status = read_groups(&reader, err);
done:
    dv_sorter_close(reader.cursor);
    dv_conflicts_free(reader.conflicts);
    dv_buf_release(&reader.group_key);
    dv_arena_release(&reader.groups);
    dv_arena_release(&reader.rows);
    flow->eval.arena = &flow->batch;
    return status;
}
