/* Rejected rows: RUN/rejects/RELATION, in the shape of a stage file, with the root's row as it was.
 *
 * A relation fed from one root has one folder under its own name; rows of any other root (the far branch of a
 * UNION ALL of two datasets, or the rows on their way into a barrier) have other columns and lie in
 * RELATION@ROOT. */
#include "transform/flow.h"

#include "core/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const places[] = {"reason", "detail", "stage", "dataset", "part", "row"};
static const enum dv_type_id place_types[] = {DV_TYPE_TEXT, DV_TYPE_TEXT, DV_TYPE_TEXT,
                                              DV_TYPE_TEXT, DV_TYPE_INT4, DV_TYPE_INT8};
#define PLACES (sizeof places / sizeof places[0])

struct dv_column *dv_reject_columns(struct dv_arena *arena, const struct dv_relation *root, unsigned *count)
{
    *count = (unsigned)PLACES + root->column_count;
    struct dv_column *columns = dv_arena_zalloc(arena, *count * sizeof *columns);
    if (columns == NULL)
        return NULL;
    for (unsigned c = 0; c < PLACES; c++) {
        snprintf(columns[c].name, sizeof columns[c].name, "%s", places[c]);
        columns[c].type = dv_type_of(place_types[c]);
    }
    memcpy(columns + PLACES, root->columns, root->column_count * sizeof *columns);
    dv_columns_keep_apart(columns, PLACES, *count);
    return columns;
}

/* The dataset whose rows a relation's branches are driven by: what its rejects look like where nothing else
 * is said. */
static const struct dv_relation *usual_root(const struct dv_relation *relation)
{
    const struct dv_relation *base = relation;
    while (!base->input && !(dv_relation_is_barrier(base)))
        base = base->branches[0].base;
    return base;
}

char *dv_reject_dir(struct dv_arena *arena, const struct dv_context *context,
                    const struct dv_relation *relation, const struct dv_relation *root)
{
    if (root == usual_root(relation))
        return dv_arena_printf(arena, "%s/rejects/%s", context->run_dir, relation->name);
    return dv_arena_printf(arena, "%s/rejects/%s@%s", context->run_dir, relation->name, root->name);
}

static enum dv_status open_rejects(struct dv_flow *flow, const struct dv_node *node, struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_relation *root = flow->pipeline->root;
    unsigned count;
    struct dv_column *columns = dv_reject_columns(&flow->arena, root, &count);
    char *dir = dv_reject_dir(&flow->arena, flow->run->context, node->branch->relation, root);
    if (columns == NULL || dir == NULL)
        return dv_fail_memory(err);
    return dv_stage_writer_open(&state->rejects, dir, state->part, columns, count, err);
}

enum dv_status dv_flow_reject(struct dv_flow *flow, const struct dv_node *node, const char *reason,
                              const char *detail, struct dv_err *err)
{
    struct dv_flow_node *state = &flow->nodes[node->index];
    const struct dv_relation *root = flow->pipeline->root;
    if (!node->accounts)
        return DV_OK; /* written in the pass that the branch belongs to */
    if (state->rejects == NULL) {
        enum dv_status status = open_rejects(flow, node, err);
        if (status != DV_OK)
            return status;
    }
    struct dv_buf *out = dv_stage_writer_buf(state->rejects);
    dv_csv_quote(out, reason, strlen(reason), false);
    dv_buf_byte(out, ',');
    dv_csv_quote(out, detail, strlen(detail), false);
    dv_buf_str(out, ",transform,");
    dv_csv_quote(out, root->name, strlen(root->name), false);
    dv_buf_printf(out, ",%" PRIu32 ",%" PRIu64, flow->part, flow->row_number);
    if (flow->raw != NULL) {
        dv_buf_byte(out, ',');
        dv_buf_append(out, flow->raw, flow->raw_length);
    } else {
        for (unsigned c = 0; c < root->column_count; c++) {
            dv_buf_byte(out, ',');
            dv_value_to_csv(&flow->values[c], &root->columns[c].type, false, out);
        }
    }
    return dv_stage_writer_end_row(state->rejects, err);
}
