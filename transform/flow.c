#include "transform/flow.h"

#include "core/csv.h"
#include "core/sqlstate.h"
#include "core/stage_reader.h"
#include "core/stop.h"

#include <stdio.h>
#include <string.h>

#define BATCH_ROWS 256U

enum dv_status dv_flow_row_failed(struct dv_flow *flow, const struct dv_node *node, enum dv_status status,
                                  struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    if (status != DV_FAILED || err->sqlstate[0] == '\0')
        return status;
    char detail[1200];
    const struct dv_relation *relation = node->branch->relation;
    snprintf(detail, sizeof detail, "%s:%d:%d: %s", relation->file, flow->eval.line, flow->eval.column,
             err->message);
    const char *reason = dv_sqlstate_name(err->sqlstate);
    dv_tally_reason(&state->failed, reason, true, 1);
    return dv_flow_reject(flow, node, reason, detail, err);
}

bool dv_flow_condition(struct dv_flow *flow, const struct dv_expr *condition, enum dv_status *status,
                       struct dv_err *err)
{
    struct dv_value value;
    *status = dv_expr_eval(condition, &flow->eval, &value, err);
    return *status == DV_OK && dv_expr_is_true(&value);
}

/* ---- a row through a branch ---- */

enum dv_status dv_flow_emit(struct dv_flow *flow, const struct dv_node *node, const struct dv_value *outputs,
                            struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    if (node->recurses) { /* its rows are the parent's, made out of one that was read */
        flow->nodes[node->parent->index].multiplied++;
        return dv_flow_emit(flow, node->parent, outputs, err);
    }
    state->written++;
    if (state->write) {
        enum dv_status status = dv_stage_writer_row(state->writer, outputs, err);
        if (status != DV_OK)
            return status;
    }
    for (unsigned c = 0; c < node->child_count; c++)
        if (flow->nodes[node->children[c]->index].active) {
            enum dv_status status = dv_flow_push(flow, node->children[c], outputs, err);
            if (status != DV_OK)
                return status;
        }
    return DV_OK;
}

static enum dv_status finish_row(struct dv_flow *flow, const struct dv_node *node, struct dv_err *err)
{
    const struct dv_branch *branch = node->branch;
    const struct dv_relation *relation = branch->relation;
    struct dv_flow_node *state = &flow->nodes[node->index];
    struct dv_value *outputs = state->row + branch->width;
    enum dv_status status = DV_OK;
    flow->eval.row = state->row;
    for (unsigned f = 0; f < branch->filter_count; f++) {
        if (dv_flow_condition(flow, branch->filters[f].condition, &status, err)) {
            state->filtered[f]++;
            return DV_OK;
        }
        if (status != DV_OK)
            return dv_flow_row_failed(flow, node, status, err);
    }
    if (branch->where != NULL && !dv_flow_condition(flow, branch->where, &status, err)) {
        if (status != DV_OK)
            return dv_flow_row_failed(flow, node, status, err);
        state->where++;
        return DV_OK;
    }
    if (node->feeds) {
        status = dv_barrier_feed(flow, node, err);
        return status == DV_OK ? DV_OK : dv_flow_row_failed(flow, node, status, err);
    }
    for (unsigned c = 0; c < relation->column_count; c++) {
        const struct dv_expr *output = branch->outputs[c];
        if (!relation->needed[c])
            outputs[c] = dv_null();
        else if (output->is_column)
            outputs[c] = state->row[output->slot];
        else if ((status = dv_expr_eval(output, &flow->eval, &outputs[c], err)) != DV_OK)
            return dv_flow_row_failed(flow, node, status, err);
    }
    for (unsigned r = 0; r < branch->reject_count; r++) {
        if (dv_flow_condition(flow, branch->rejects[r].condition, &status, err)) {
            state->rejected[r]++;
            return dv_flow_reject(flow, node, branch->rejects[r].name, "", err);
        }
        if (status != DV_OK)
            return dv_flow_row_failed(flow, node, status, err);
    }
    return dv_flow_emit(flow, node, outputs, err);
}

enum dv_status dv_flow_finish(struct dv_flow *flow, const struct dv_node *node, struct dv_err *err)
{
    flow->eval.row_number = ++flow->eval.last_row;
    enum dv_status status = finish_row(flow, node, err);
    flow->eval.row_number = 0;
    return status;
}

struct dv_eval_scope dv_flow_scope(struct dv_flow *flow, unsigned width)
{
    struct dv_eval_scope outer = flow->eval.scope;
    flow->eval.scope =
        (struct dv_eval_scope){.width = width, .row = ++flow->eval.last_row, .arena = flow->eval.arena};
    return outer;
}

enum dv_status dv_flow_push(struct dv_flow *flow, const struct dv_node *node, const struct dv_value *base,
                            struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    if (node->recurses)
        return dv_flow_recurse(flow, node, base, err);
    state->read++;
    memcpy(state->row, base, node->branch->base->column_count * sizeof *base);
    flow->eval.row_number = 0;
    struct dv_eval_scope outer = dv_flow_scope(flow, node->branch->base->column_count);
    /* One row in 64 is timed, for all; not the same one at every node, or the outer would time the inner's
     * clock. */
    bool timed = flow->run->analyze && state->read % 64 == node->index * 7 % 64;
    uint64_t began = timed ? dv_flow_clock() : 0;
    enum dv_status status =
        node->branch->join_count == 0 ? dv_flow_finish(flow, node, err) : dv_flow_join(flow, node, 0, err);
    flow->eval.scope = outer;
    if (timed) {
        uint64_t took = dv_flow_clock() - began;
        state->nanoseconds += took > flow->clock_cost ? 64 * (took - flow->clock_cost) : 0;
    }
    return status;
}

/* ---- a task ---- */

void dv_flow_report(struct dv_flow *flow)
{
    for (unsigned n = 0; n < flow->pipeline->node_count; n++) {
        const struct dv_node *node = flow->pipeline->nodes[n];
        struct dv_flow_node *state = &flow->nodes[n];
        if (!state->write)
            continue;
        uint64_t rows = dv_stage_writer_rows(state->writer), bytes = dv_stage_writer_raw_bytes(state->writer);
        unsigned r = dv_relation_index(flow->run->program, node->branch->relation);
        dv_progress_add(flow->run->relations[r].progress, rows - state->reported_rows,
                        bytes - state->reported_bytes);
        state->reported_rows = rows;
        state->reported_bytes = bytes;
    }
}

static enum dv_status check_columns(const struct dv_flow *flow, const struct dv_part_manifest *manifest,
                                    struct dv_err *err)
{
    const struct dv_relation *root = flow->pipeline->root;
    bool same = manifest->column_count == root->column_count;
    for (unsigned c = 0; same && c < root->column_count; c++)
        same = strcmp(manifest->columns[c].name, root->columns[c].name) == 0;
    if (same)
        return DV_OK;
    return dv_fail(err, DV_EXIT_FAULT, "the columns of dataset %s part %u are not those that the job reads",
                   root->name, flow->part);
}

static enum dv_status push_children(struct dv_flow *flow, const struct dv_value *values, struct dv_err *err)
{
    const struct dv_node *top = flow->pipeline->top;
    flow->values = values;
    for (unsigned c = 0; c < top->child_count; c++)
        if (flow->nodes[top->children[c]->index].active) {
            enum dv_status status = dv_flow_push(flow, top->children[c], values, err);
            if (status != DV_OK)
                return status;
        }
    return DV_OK;
}

static enum dv_status scan_block(struct dv_flow *flow, const struct dv_stage_block *block,
                                 struct dv_value *values, struct dv_err *err)
{
    const struct dv_relation *root = flow->pipeline->root;
    const char *at = block->data, *end = block->data + block->length, *next;
    flow->row_number = block->first_row - 1;
    for (;;) {
        enum dv_status status = dv_csv_split(at, end, values, root->column_count, &next, err);
        if (status == DV_END)
            return DV_OK;
        flow->row_number++;
        if (status != DV_OK) {
            dv_err_place(err, "transform", root->name, flow->part, (int64_t)flow->row_number);
            return status;
        }
        flow->raw = at;
        flow->raw_length = (size_t)(next - at) - (next[-1] == '\n');
        status = push_children(flow, values, err);
        if (status != DV_OK)
            return status;
        if (flow->row_number % BATCH_ROWS == 0)
            dv_arena_reset(&flow->batch);
        at = next;
    }
}

static enum dv_status scan(struct dv_flow *flow, struct dv_err *err)
{
    const struct dv_relation *root = flow->pipeline->root;
    const char *dir = flow->run->relations[dv_relation_index(flow->run->program, root)].dir;
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    struct dv_value *values = dv_arena_zalloc(&flow->arena, (root->column_count + 1) * sizeof *values);
    if (values == NULL)
        return dv_fail_memory(err);
    if (root->single) {
        flow->row_number = 1;
        return push_children(flow, values, err);
    }
    DV_TRY(dv_stage_reader_open(&reader, dir, flow->part, err));
    DV_TRY(check_columns(flow, dv_stage_reader_manifest(reader), err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        DV_TRY(dv_stop_check(err));
        DV_TRY(scan_block(flow, &block, values, err));
        dv_arena_reset(&flow->batch);
        dv_flow_report(flow);
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    return status;
}

static enum dv_status node_prepare(struct dv_flow *flow, const struct dv_node *node, struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_branch *branch = node->branch;
    state->part = node->part_offset + flow->part;
    if (branch == NULL)
        return DV_OK;
    const struct dv_relation *relation = branch->relation;
    unsigned r = dv_relation_index(flow->run->program, relation);
    size_t slots =
        (size_t)branch->width + relation->column_count + branch->key_count + branch->aggregate_count + 1;
    state->row = dv_arena_zalloc(&flow->arena, slots * sizeof *state->row);
    state->probes = dv_arena_zalloc(&flow->arena, (branch->join_count + 1) * sizeof *state->probes);
    state->filtered = dv_arena_zalloc(&flow->arena, (branch->filter_count + 1) * sizeof(uint64_t));
    state->rejected = dv_arena_zalloc(&flow->arena, (branch->reject_count + 1) * sizeof(uint64_t));
    if (state->row == NULL || state->probes == NULL || state->filtered == NULL || state->rejected == NULL)
        return dv_fail_memory(err);
    bool there = !node->sink;
    enum dv_status status =
        node->sink ? dv_part_look(flow->run->relations[r].dir, state->part, &there, err) : DV_OK;
    if (status != DV_OK)
        return status;
    state->write = !there;
    state->active = state->write || node->feeds;
    if (!state->write)
        return DV_OK;
    return dv_stage_writer_open(&state->writer, flow->run->relations[r].dir, state->part, relation->columns,
                                relation->column_count, err);
}

static void count(struct dv_tally *tally, const char *name, bool rejected, uint64_t rows)
{
    if (rows > 0)
        dv_tally_reason(tally, name, rejected, rows);
}

static void count_failed(struct dv_tally *tally, const struct dv_flow_node *state)
{
    for (unsigned r = 0; r < state->failed.reason_count; r++)
        count(tally, state->failed.reasons[r].name, true, state->failed.reasons[r].rows);
}

/* The tally of a part: the node's own rows, and what ephemeral branches above it left out of the same read.
 * What a link left out of its own feed is counted with the first part. */
static void node_tally(const struct dv_flow *flow, const struct dv_node *node, struct dv_tally *tally)
{
    uint64_t read = 0, multiplied = 0;
    *tally = (struct dv_tally){.written = flow->nodes[node->index].written};
    for (const struct dv_node *at = node; at != NULL && at->branch != NULL; at = at->parent) {
        const struct dv_flow_node *state = &flow->nodes[at->index];
        const struct dv_branch *branch = at->branch;
        if (at != node && branch->relation->materialized)
            break;
        read = state->read;
        multiplied += state->multiplied;
        tally->merged += state->merged;
        for (unsigned f = 0; f < branch->filter_count; f++)
            count(tally, branch->filters[f].name, false, state->filtered[f]);
        count(tally, "where", false, state->where);
        count(tally, "having", false, state->having);
        count(tally, "limit", false, state->limited);
        count(tally, "no_match", false, state->unmatched);
        for (unsigned r = 0; r < branch->reject_count; r++)
            count(tally, branch->rejects[r].name, true, state->rejected[r]);
        count_failed(tally, state);
        for (unsigned c = 0; c < at->child_count; c++)
            if (at->children[c]->recurses) { /* rows that would have been of this relation */
                multiplied += flow->nodes[at->children[c]->index].failed.rejected;
                count_failed(tally, &flow->nodes[at->children[c]->index]);
            }
        if (at->parent != NULL && at->parent->branch != NULL && !at->parent->branch->relation->materialized)
            continue;
        break;
    }
    tally->read = read + multiplied;
    const struct dv_relation *root = flow->pipeline->root;
    if (root->link && !root->materialized && flow->part == 0) {
        const struct dv_run *run = flow->run;
        dv_tally_add(tally, &run->relations[dv_relation_index(run->program, root)].fed);
    }
}

static enum dv_status publish(struct dv_flow *flow, struct dv_err *err)
{
    struct dv_run *run = flow->run;
    for (unsigned n = 0; n < flow->pipeline->node_count; n++) {
        struct dv_stage_writer *rejects = flow->nodes[n].rejects;
        flow->nodes[n].rejects = NULL;
        enum dv_status status = rejects == NULL ? DV_OK : dv_stage_writer_publish(rejects, NULL, err);
        if (status != DV_OK)
            return status;
    }
    for (unsigned n = 0; n < flow->pipeline->node_count; n++) {
        const struct dv_node *node = flow->pipeline->nodes[n];
        struct dv_flow_node *state = &flow->nodes[n];
        struct dv_tally tally;
        if (node->branch == NULL || (!state->write && !node->feeds))
            continue;
        node_tally(flow, node, &tally);
        if (node->feeds) { /* what was fed is counted when it comes out */
            pthread_mutex_lock(&run->mutex);
            tally.read -= state->fed;
            dv_tally_add(&run->relations[dv_relation_index(run->program, node->branch->relation)].fed,
                         &tally);
            pthread_mutex_unlock(&run->mutex);
            continue;
        }
        struct dv_stage_writer *writer = state->writer;
        state->writer = NULL;
        enum dv_status status = dv_tally_check(&tally, "transform", node->branch->relation->name, err);
        if (status != DV_OK) {
            dv_stage_writer_abort(writer);
            return status;
        }
        status = dv_stage_writer_publish(writer, &tally, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static void flow_release(struct dv_flow *flow)
{
    for (unsigned n = 0; flow->nodes != NULL && n < flow->pipeline->node_count; n++) {
        struct dv_flow_node *state = &flow->nodes[n];
        dv_stage_writer_abort(state->writer);
        dv_stage_writer_abort(state->rejects);
        const struct dv_branch *branch = flow->pipeline->nodes[n]->branch;
        for (unsigned j = 0; branch != NULL && state->probes != NULL && j < branch->join_count; j++)
            dv_probe_release(&state->probes[j]);
        dv_arena_release(&state->expanded);
        dv_flow_frames_free(state, branch != NULL ? branch->join_count : 0);
    }
    dv_buf_release(&flow->key);
    dv_buf_release(&flow->payload);
    dv_buf_release(&flow->record);
    dv_buf_release(&flow->eval.scratch);
    dv_keep_release(&flow->keep);
    dv_arena_release(&flow->batch);
    dv_arena_release(&flow->arena);
}

enum dv_status dv_pipeline_part(struct dv_run *run, struct dv_pipeline *pipeline, unsigned worker,
                                uint32_t part, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_flow flow = {.run = run, .pipeline = pipeline, .worker = worker, .part = part};
    flow.eval.arena = &flow.batch;
    flow.eval.keep = &flow.keep;
    flow.nodes = dv_arena_zalloc(&flow.arena, pipeline->node_count * sizeof *flow.nodes);
    if (flow.nodes == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    bool any = false;
    for (unsigned n = 0; n < pipeline->node_count; n++)
        DV_TRY(node_prepare(&flow, pipeline->nodes[n], err));
    for (unsigned n = pipeline->node_count; n-- > 0;) { /* children come after their parents */
        const struct dv_node *node = pipeline->nodes[n];
        any = any || flow.nodes[n].active;
        if (flow.nodes[n].active && node->parent != NULL)
            flow.nodes[node->parent->index].active = true;
    }
    for (unsigned n = 0; n < pipeline->node_count; n++)
        if (pipeline->nodes[n]->recurses)
            flow.nodes[n].active = flow.nodes[pipeline->nodes[n]->parent->index].active;
    if (any) {
        uint64_t began = run->analyze ? dv_flow_clock() : 0;
        flow.clock_cost = run->analyze ? dv_flow_clock() - began : 0;
        DV_TRY(pipeline->from_barrier ? dv_barrier_read(&flow, err) : scan(&flow, err));
        if (run->analyze) {
            flow.nodes[pipeline->top->index].nanoseconds = dv_flow_clock() - began;
            dv_flow_figures(&flow);
        }
        dv_flow_report(&flow);
        DV_TRY(publish(&flow, err));
    }
done:
    flow_release(&flow);
    if (status != DV_OK)
        dv_err_place(err, "transform", pipeline->root->name, part, -1);
    return status;
}
