/* The right side of a join: its stage files into a lookup. */
#include "transform/pipeline.h"
#include "transform/row_codec.h"

#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stop.h"

#include <inttypes.h>
#include <stdio.h>

struct builder {
    const struct dv_join_plan *join;
    const struct dv_branch *branch;
    struct dv_lookup *lookup;
    struct dv_eval eval;
    struct dv_arena batch;
    struct dv_value *values;
    struct dv_buf key, payload;
};

static enum dv_status add_row(struct builder *builder, struct dv_err *err)
{
    const struct dv_join_plan *join = builder->join;
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
            dv_lookup_add_null(builder->lookup);
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
    return status == DV_OK ? dv_lookup_add(builder->lookup, &builder->key, &builder->payload, err) : status;
}

static enum dv_status read_part(struct builder *builder, const char *dir, uint32_t part, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    unsigned columns = builder->join->right->column_count;
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    if (dv_stage_reader_manifest(reader)->column_count != columns) {
        status = dv_fail(err, DV_EXIT_FAULT,
                         "the columns of dataset %s part %" PRIu32 " are not those that the job reads",
                         builder->join->right->name, part);
        goto done;
    }
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        const char *at = block.data, *end = block.data + block.length;
        DV_TRY(dv_stop_check(err));
        while ((status = dv_csv_split(at, end, builder->values, columns, &at, err)) == DV_OK)
            DV_TRY(add_row(builder, err));
        if (status != DV_END)
            goto done;
        dv_arena_reset(&builder->batch);
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    if (status != DV_OK)
        dv_err_place(err, "transform", builder->join->right->name, part, -1);
    return status;
}

static enum dv_status duplicate_key(const struct builder *builder, const uint64_t rows[2], struct dv_err *err)
{
    const struct dv_relation *model = builder->branch->relation;
    if (builder->join->key_count == 0) {
        enum dv_status status = dv_fail(
            err, DV_EXIT_FAULT,
            "%s:%d:%d: the join with \"%s\" has no equality, and \"%s\" has more than one row, so a row "
            "would be multiplied",
            model->file, builder->join->line, builder->join->column, builder->join->right->name,
            builder->join->right->name);
        dv_err_hint(err, "join \"%s\" on an equality, make it one row, or write -- drover: many in the model",
                    builder->join->right->name);
        return status;
    }
    enum dv_status status = dv_fail(err, DV_EXIT_FAULT,
                                    "%s:%d:%d: the join with \"%s\" is not unique: rows %" PRIu64
                                    " and %" PRIu64 " of it have the same key, so a row would be multiplied",
                                    model->file, builder->join->line, builder->join->column,
                                    builder->join->right->name, rows[0], rows[1]);
    dv_err_hint(
        err, "make \"%s\" unique on its key (GROUP BY, DISTINCT ON), or write -- drover: many in the model",
        builder->join->right->name);
    return status;
}

enum dv_status dv_join_build(struct dv_run *run, const struct dv_branch *branch,
                             const struct dv_join_plan *join, size_t memory, struct dv_lookup **lookup,
                             struct dv_err *err)
{
    const struct dv_relation_run *right = &run->relations[dv_relation_index(run->program, join->right)];
    struct builder builder = {.join = join, .branch = branch};
    uint64_t rows[2];
    enum dv_status status = DV_OK;
    char *dir = dv_arena_printf(&run->arena, "%s/spill/lookup", run->context->run_dir);
    builder.values = dv_arena_zalloc(&run->arena, (join->right->column_count + 1) * sizeof *builder.values);
    if (dir == NULL || builder.values == NULL)
        return dv_fail_memory(err);
    builder.eval = (struct dv_eval){.row = builder.values, .arena = &builder.batch};
    DV_TRY(dv_lookup_new(&builder.lookup, dir, memory, err));
    if (join->right->input && !right->done)
        DV_TRY(dv_arrivals_wait_dataset(run->context->arrivals, right->dir, err));
    for (uint32_t part = 0; part < right->part_count; part++)
        DV_TRY(read_part(&builder, right->dir, part, err));
    status = dv_lookup_seal(builder.lookup, !join->many, rows, err);
    if (status == DV_END)
        status = duplicate_key(&builder, rows, err);
done:
    dv_arena_release(&builder.batch);
    dv_buf_release(&builder.key);
    dv_buf_release(&builder.payload);
    dv_buf_release(&builder.eval.scratch);
    if (status != DV_OK)
        dv_lookup_free(builder.lookup);
    else
        *lookup = builder.lookup;
    return status;
}
