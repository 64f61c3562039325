/* The right side of a join: its stage files into a lookup. */
#include "transform/pipeline.h"
#include "transform/row_codec.h"

#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stop.h"
#include "core/thread.h"

#include <inttypes.h>
#include <stdio.h>

/* A worker needs about as much for itself. */
#define WORTH_A_WORKER (4U * 1024U * 1024U)
/* A row's sequence: its part, and its number there from 1. */
#define ROW_BITS 40U

struct build {
    const struct dv_join_plan *join;
    const struct dv_branch *branch;
    const struct dv_relation_run *right;
    struct dv_lookup *lookup;
    struct builder *builders; /* of each worker */
};

struct builder {
    struct dv_eval eval;
    struct dv_arena batch;
    struct dv_value *values;
    struct dv_buf key, payload;
};

static enum dv_status add_row(const struct build *build, unsigned worker, uint64_t sequence,
                              struct dv_err *err)
{
    const struct dv_join_plan *join = build->join;
    struct builder *builder = &build->builders[worker];
    dv_buf_reset(&builder->key);
    dv_buf_reset(&builder->payload);
    for (unsigned k = 0; k < join->key_count; k++) {
        struct dv_value value;
        enum dv_status status = dv_expr_eval(join->right_keys[k], &builder->eval, &value, err);
        if (status == DV_OK && value.state != DV_NULL)
            status = dv_value_decode(&value, &join->right_keys[k]->type, &builder->batch, err);
        if (status != DV_OK)
            return status;
        if (value.state == DV_NULL) { /* NULL equals nothing */
            dv_lookup_add_null(build->lookup, worker);
            return DV_OK;
        }
        dv_value_sort_key(&value, &join->right_keys[k]->type, false, false, &builder->key);
    }
    for (unsigned c = 0; c < join->right->column_count; c++)
        if (join->carried != NULL && join->carried[c])
            dv_row_put(&builder->payload, &builder->values[c], &join->right->columns[c].type);
    enum dv_status status = dv_buf_check(&builder->key, err);
    if (status == DV_OK)
        status = dv_buf_check(&builder->payload, err);
    return status == DV_OK
               ? dv_lookup_add(build->lookup, worker, sequence, &builder->key, &builder->payload, err)
               : status;
}

static enum dv_status read_part(void *context, unsigned worker, size_t number, struct dv_err *err)
{
    const struct build *build = context;
    struct builder *builder = &build->builders[worker];
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    unsigned columns = build->join->right->column_count;
    uint32_t part = (uint32_t)number;
    uint64_t sequence = (uint64_t)part << ROW_BITS;
    DV_TRY(dv_stage_reader_open(&reader, build->right->dir, part, err));
    if (dv_stage_reader_manifest(reader)->column_count != columns) {
        status = dv_fail(err, DV_EXIT_FAULT,
                         "the columns of dataset %s part %" PRIu32 " are not those that the job reads",
                         build->join->right->name, part);
        goto done;
    }
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        const char *at = block.data, *end = block.data + block.length;
        DV_TRY(dv_stop_check(err));
        while ((status = dv_csv_split(at, end, builder->values, columns, &at, err)) == DV_OK)
            DV_TRY(add_row(build, worker, ++sequence, err));
        if (status != DV_END)
            goto done;
        dv_arena_reset(&builder->batch);
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    if (status != DV_OK)
        dv_err_place(err, "transform", build->join->right->name, part, -1);
    return status;
}

/* A sequence as the row's number in its dataset, from 1. */
static enum dv_status row_number(const struct build *build, uint64_t *sequence, struct dv_err *err)
{
    uint32_t parts = (uint32_t)(*sequence >> ROW_BITS);
    *sequence &= (UINT64_C(1) << ROW_BITS) - 1;
    for (uint32_t part = 0; part < parts; part++) {
        struct dv_part_manifest manifest = {0};
        enum dv_status status = dv_part_manifest_read(build->right->dir, part, &manifest, err);
        if (status != DV_OK)
            return status;
        *sequence += manifest.rows;
        dv_part_manifest_release(&manifest);
    }
    return DV_OK;
}

static enum dv_status duplicate_key(const struct build *build, uint64_t rows[2], struct dv_err *err)
{
    const struct dv_relation *model = build->branch->relation;
    if (build->join->key_count == 0) {
        enum dv_status status = dv_fail(
            err, DV_EXIT_FAULT,
            "%s:%d:%d: the join with \"%s\" has no equality, and \"%s\" has more than one row, so a row "
            "would be multiplied",
            model->file, build->join->line, build->join->column, build->join->right->name,
            build->join->right->name);
        dv_err_hint(err, "join \"%s\" on an equality, make it one row, or write -- drover: many in the model",
                    build->join->right->name);
        return status;
    }
    enum dv_status status = row_number(build, &rows[0], err);
    if (status == DV_OK)
        status = row_number(build, &rows[1], err);
    if (status != DV_OK)
        return status;
    status = dv_fail(err, DV_EXIT_FAULT,
                     "%s:%d:%d: the join with \"%s\" is not unique: rows %" PRIu64 " and %" PRIu64
                     " of it have the same key, so a row would be multiplied",
                     model->file, build->join->line, build->join->column, build->join->right->name, rows[0],
                     rows[1]);
    dv_err_hint(
        err, "make \"%s\" unique on its key (GROUP BY, DISTINCT ON), or write -- drover: many in the model",
        build->join->right->name);
    return status;
}

/* Workers for so many parts, where so much memory is to be shared. */
static unsigned workers_for(const struct dv_run *run, uint32_t parts, size_t memory)
{
    unsigned workers = run->context->workers;
    while (workers > 1 && (workers > parts || memory / workers < WORTH_A_WORKER))
        workers--;
    return workers;
}

enum dv_status dv_join_build(struct dv_run *run, const struct dv_branch *branch,
                             const struct dv_join_plan *join, size_t memory, struct dv_lookup **lookup,
                             struct dv_err *err)
{
    struct build build = {.join = join,
                          .branch = branch,
                          .right = &run->relations[dv_relation_index(run->program, join->right)]};
    const struct dv_relation_run *right = build.right;
    unsigned workers = workers_for(run, right->part_count, memory);
    uint64_t rows[2];
    enum dv_status status = DV_OK;
    char *dir = dv_arena_printf(&run->arena, "%s/spill/lookup", run->context->run_dir);
    build.builders = dv_arena_zalloc(&run->arena, workers * sizeof *build.builders);
    if (dir == NULL || build.builders == NULL)
        return dv_fail_memory(err);
    for (unsigned w = 0; w < workers; w++) {
        struct builder *builder = &build.builders[w];
        builder->values =
            dv_arena_zalloc(&run->arena, (join->right->column_count + 1) * sizeof *builder->values);
        if (builder->values == NULL)
            return dv_fail_memory(err);
        builder->eval = (struct dv_eval){.row = builder->values, .arena = &builder->batch};
    }
    DV_TRY(dv_lookup_new(&build.lookup, dir, workers, memory, err));
    if (join->right->input && !right->done)
        DV_TRY(dv_arrivals_wait_dataset(run->context->arrivals, right->dir, err));
    DV_TRY(dv_run_tasks(right->part_count, workers, read_part, &build, err));
    status = dv_lookup_seal(build.lookup, !join->many, rows, err);
    if (status == DV_END)
        status = duplicate_key(&build, rows, err);
done:
    for (unsigned w = 0; w < workers; w++) {
        dv_arena_release(&build.builders[w].batch);
        dv_buf_release(&build.builders[w].key);
        dv_buf_release(&build.builders[w].payload);
        dv_buf_release(&build.builders[w].eval.scratch);
    }
    if (status != DV_OK)
        dv_lookup_free(build.lookup);
    else
        *lookup = build.lookup;
    return status;
}
