/* What the engine does for a model, in words: scan, fusion, lookups, barriers, passes; with figures after a
 * run. */
#include "transform/pipeline.h"
#include "transform/set_function.h"

#include <inttypes.h>
#include <string.h>

struct explainer {
    const struct dv_program *program;
    const struct dv_run *run; /* NULL: no figures */
    struct dv_buf *out;
    bool *told; /* relations that were explained */
};

static const struct dv_relation_run *state_of(const struct explainer *explainer,
                                              const struct dv_relation *relation)
{
    return explainer->run == NULL
               ? NULL
               : &explainer->run->relations[dv_relation_index(explainer->program, relation)];
}

static void list_columns(const struct explainer *explainer, const struct dv_relation *relation,
                         const bool *which)
{
    const char *separator = "";
    for (unsigned c = 0; c < relation->column_count; c++)
        if (which == NULL || which[c]) {
            dv_buf_printf(explainer->out, "%s%s", separator, relation->columns[c].name);
            separator = ", ";
        }
    if (separator[0] == '\0')
        dv_buf_str(explainer->out, "none");
}

static void megabytes(const struct explainer *explainer, uint64_t bytes)
{
    dv_buf_printf(explainer->out, "%.1f MiB", (double)bytes / (1024.0 * 1024.0));
}

static void explain_input(const struct explainer *explainer, const struct dv_relation *relation)
{
    const struct dv_relation_run *state = state_of(explainer, relation);
    if (relation->single) {
        dv_buf_str(explainer->out, "  one row, for the SELECT that names no dataset\n");
        return;
    }
    dv_buf_printf(explainer->out, "  scan       extract/%s", relation->name);
    if (state != NULL)
        dv_buf_printf(explainer->out, ": %" PRIu64 " rows in %" PRIu32 " parts", state->rows,
                      state->part_count);
    dv_buf_str(explainer->out, "\n  columns    ");
    list_columns(explainer, relation, relation->needed);
    dv_buf_str(explainer->out, "; a field is decoded when an expression reads it\n");
}

static void explain_join(const struct explainer *explainer, const struct dv_join_plan *join)
{
    static const char *const kinds[] = {"lookup", "mark", "value", "expand"};
    dv_buf_printf(explainer->out, "  %-10s ", kinds[join->kind]);
    if (join->kind == DV_EXPAND) {
        dv_buf_printf(explainer->out, "rows of a function (line %d)%s\n", join->line,
                      join->left_join ? ", NULLs where there are none" : "");
        return;
    }
    const struct dv_relation_run *state = state_of(explainer, join->right);
    dv_buf_printf(explainer->out, "%s (line %d) on %u key%s: ", join->right->name, join->line,
                  join->key_count, join->key_count == 1 ? "" : "s");
    if (join->kind == DV_MARK)
        dv_buf_printf(explainer->out, "whether the key is there%s",
                      join->null_aware ? ", with IN's NULLs" : "");
    else if (join->kind == DV_VALUE)
        dv_buf_str(explainer->out, "one value, NULL where there is none");
    else
        dv_buf_printf(explainer->out, "%s, %s", join->left_join ? "left join" : "inner join",
                      join->many ? "any number of matches" : "at most one match, checked");
    if (join->carried != NULL) {
        dv_buf_str(explainer->out, "; takes ");
        list_columns(explainer, join->right, join->carried);
    }
    if (state != NULL)
        dv_buf_printf(explainer->out, "; %" PRIu64 " rows", state->rows);
    dv_buf_str(explainer->out, "\n");
}

static void explain_barrier(const struct explainer *explainer, const struct dv_branch *branch)
{
    static const char *const kinds[] = {"", "group", "pick", "window", "sort"};
    const struct dv_relation_run *state = state_of(explainer, branch->relation);
    unsigned carried = 0, aggregates = 0, windows = 0;
    for (unsigned s = 0; s < branch->width; s++)
        carried += branch->carried[s];
    for (unsigned a = 0; a < branch->aggregate_count; a++)
        aggregates += branch->computed[a];
    for (unsigned w = 0; w < branch->window_count; w++)
        windows += branch->windows[w].needed;
    dv_buf_printf(explainer->out, "  %-10s ", kinds[branch->barrier]);
    if (branch->barrier == DV_BARRIER_SORT) {
        dv_buf_printf(explainer->out, "by %u expressions", branch->order_count);
        if (branch->limit != UINT64_MAX)
            dv_buf_printf(explainer->out, ", the first %" PRIu64, branch->limit);
        if (branch->offset > 0)
            dv_buf_printf(explainer->out, " after %" PRIu64, branch->offset);
    } else {
        dv_buf_printf(explainer->out, "by %u key%s", branch->key_count, branch->key_count == 1 ? "" : "s");
        if (aggregates > 0)
            dv_buf_printf(explainer->out, ", %u aggregates", aggregates);
        if (windows > 0)
            dv_buf_printf(explainer->out, ", %u windows", windows);
    }
    dv_buf_printf(explainer->out, "; a barrier, fed in pass %u, read in pass %u; carries %u of %u columns",
                  branch->relation->input_level, branch->relation->level, carried, branch->width);
    if (state != NULL) {
        dv_buf_printf(explainer->out, "; %" PRIu32 " partitions by hash", state->part_count);
        if (state->spilled > 0) {
            dv_buf_str(explainer->out, ", spilled ");
            megabytes(explainer, state->spilled);
        }
    }
    dv_buf_str(explainer->out, "\n");
}

static void explain_figures(const struct explainer *explainer, const struct dv_relation *relation)
{
    const struct dv_relation_run *state = state_of(explainer, relation);
    if (state == NULL || !explainer->run->analyze)
        return;
    const struct dv_operator_figures *figures = &state->figures;
    dv_buf_printf(explainer->out, "  figures    %" PRIu64 " rows in, %" PRIu64 " out", figures->rows_in,
                  figures->rows_out);
    if (figures->bytes_out > 0) {
        dv_buf_str(explainer->out, ", ");
        megabytes(explainer, figures->bytes_out);
        dv_buf_str(explainer->out, " of CSV");
    }
    dv_buf_printf(explainer->out, "; %.3f s of processor time", (double)figures->nanoseconds / 1e9);
    if (figures->rows_in > 0)
        dv_buf_printf(explainer->out, ", %" PRIu64 " ns a row", figures->nanoseconds / figures->rows_in);
    dv_buf_str(explainer->out, "\n");
}

static void explain_branch(const struct explainer *explainer, const struct dv_branch *branch)
{
    const struct dv_relation *relation = branch->relation, *base = branch->base;
    unsigned level = branch->barrier == DV_BARRIER_NONE ? relation->level : relation->input_level;
    unsigned computed = 0, copied = 0;
    bool fused = !base->input && base->level == level;
    dv_buf_printf(explainer->out, "  read       %s, %s\n", base->name,
                  fused                ? "fused: its rows come by as they are made"
                  : base->materialized ? "from its stage files"
                                       : "made again on the way");
    for (unsigned j = 0; j < branch->join_count; j++)
        explain_join(explainer, &branch->joins[j]);
    for (unsigned f = 0; f < branch->filter_count; f++)
        dv_buf_printf(explainer->out, "  filter     %s\n", branch->filters[f].name);
    if (branch->where != NULL)
        dv_buf_printf(explainer->out, "  filter     where (line %d)\n", branch->where->line);
    if (branch->barrier != DV_BARRIER_NONE)
        explain_barrier(explainer, branch);
    if (branch->having != NULL)
        dv_buf_printf(explainer->out, "  filter     having (line %d)\n", branch->having->line);
    for (unsigned c = 0; c < relation->column_count; c++) {
        computed += relation->needed[c];
        copied += relation->needed[c] && branch->outputs[c]->is_column;
    }
    dv_buf_printf(explainer->out, "  output     %u columns, %u of them copied as they are\n", computed,
                  copied);
    for (unsigned r = 0; r < branch->reject_count; r++)
        dv_buf_printf(explainer->out, "  reject     %s\n", branch->rejects[r].name);
}

static void explain_relation(const struct explainer *explainer, const struct dv_relation *relation)
{
    bool *told = &explainer->told[dv_relation_index(explainer->program, relation)];
    if (*told)
        return;
    *told = true;
    dv_buf_printf(explainer->out, "%s", relation->name);
    if (relation->input)
        dv_buf_str(explainer->out, ": extracted\n");
    else
        dv_buf_printf(explainer->out, ": pass %u of %u, %s\n", relation->level,
                      explainer->program->pass_count,
                      relation->materialized ? "written to stage files" : "not written");
    if (relation->input)
        explain_input(explainer, relation);
    for (unsigned b = 0; b < relation->branch_count; b++)
        explain_branch(explainer, &relation->branches[b]);
    if (relation->recursive != NULL) {
        dv_buf_str(explainer->out, "  recurse    each row looks its children up, depth first\n");
        for (unsigned j = 0; j < relation->recursive->join_count; j++)
            explain_join(explainer, &relation->recursive->joins[j]);
    }
    explain_figures(explainer, relation);
    for (unsigned b = 0; b < relation->branch_count; b++) {
        explain_relation(explainer, relation->branches[b].base);
        for (unsigned j = 0; j < relation->branches[b].join_count; j++)
            if (relation->branches[b].joins[j].right != NULL)
                explain_relation(explainer, relation->branches[b].joins[j].right);
    }
    for (unsigned j = 0; relation->recursive != NULL && j < relation->recursive->join_count; j++)
        if (relation->recursive->joins[j].right != NULL)
            explain_relation(explainer, relation->recursive->joins[j].right);
}

enum dv_status dv_explain(const struct dv_program *program, const struct dv_run *run, const char *model,
                          struct dv_buf *out, struct dv_err *err)
{
    struct dv_arena arena = {0};
    struct dv_relation *relation = dv_program_relation(program, model);
    struct explainer explainer = {.program = program, .run = run, .out = out};
    if (relation == NULL) {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "the job has no model \"%s\"", model);
        dv_err_hint(err, "drover plan JOB lists the models");
        return status;
    }
    explainer.told = dv_arena_zalloc(&arena, program->relation_count);
    if (explainer.told == NULL)
        return dv_fail_memory(err);
    explain_relation(&explainer, relation);
    dv_arena_release(&arena);
    return dv_buf_check(out, err);
}

enum dv_status dv_program_explain(const struct dv_program *program, const char *model, struct dv_buf *out,
                                  struct dv_err *err)
{
    return dv_explain(program, NULL, model, out, err);
}
