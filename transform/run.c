/* A run of the program: pass by pass, each pass's pipelines part by part on all workers. */
#include "transform/flow.h"
#include "transform/pass_task.h"

#include "core/manifest_json.h"
#include "core/thread.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORTH_KEEPING (8U * 1024U * 1024U) /* bytes of a barrier's rows */

struct pass {
    struct dv_run *run;
    unsigned number;
    struct dv_pipeline *pipelines;
    unsigned pipeline_count;
    struct dv_pass_tasks tasks;
};

/* ---- what is there already ---- */

static enum dv_status input_prepare(struct dv_run *run, struct dv_relation_run *state,
                                    struct dv_relation *relation, struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    state->dir = dv_arena_printf(&run->arena, "%s/extract/%s", run->context->run_dir, relation->name);
    if (state->dir == NULL)
        return dv_fail_memory(err);
    if (relation->single) {
        state->part_count = 1;
        state->rows = 1;
        state->done = true;
        return DV_OK;
    }
    bool whole;
    enum dv_status status = dv_dataset_look(state->dir, &whole, err);
    if (status != DV_OK)
        return status;
    if (!whole) {
        struct dv_arrival arrival;
        enum dv_status waited =
            dv_arrivals_wait_plan(run->context->arrivals, relation->name, state->dir, &arrival, err);
        if (waited == DV_OK) {
            state->part_count = arrival.parts;
            state->rows = arrival.estimated_rows;
        }
        if (waited != DV_END)
            return waited;
    }
    status = dv_dataset_manifest_read(state->dir, &manifest, err);
    if (status == DV_OK) {
        state->part_count = manifest.part_count;
        state->rows = manifest.rows;
        state->done = true;
    }
    dv_dataset_manifest_release(&manifest);
    return status;
}

static enum dv_status model_prepare(struct dv_run *run, struct dv_relation_run *state,
                                    struct dv_relation *relation, struct dv_err *err)
{
    state->dir = dv_arena_printf(&run->arena, "%s/transform/%s", run->context->run_dir, relation->name);
    if (state->dir == NULL)
        return dv_fail_memory(err);
    for (unsigned b = 0; b < relation->branch_count; b++) {
        const struct dv_relation_run *base =
            &run->relations[dv_relation_index(run->program, relation->branches[b].base)];
        state->part_count += base->part_count;
        state->rows += base->rows;
    }
    if (dv_relation_is_barrier(relation)) {
        while (relation->branches[0].key_count > 0 && state->bits < DV_MOST_BITS &&
               state->part_count > UINT32_C(1) << state->bits)
            state->bits++;
        state->part_count = UINT32_C(1) << state->bits;
    }
    enum dv_status status = relation->materialized ? dv_dataset_look(state->dir, &state->done, err) : DV_OK;
    state->settled = state->done;
    return status;
}

/* Whether anything that reads the relation in the pass of its level still has to be made. */
static bool readers_want(const struct dv_run *run, const struct dv_relation *relation, unsigned level)
{
    const struct dv_program *program = run->program;
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *reader = program->relations[r];
        for (unsigned b = 0; b < reader->branch_count; b++) {
            if (reader->branches[b].base != relation)
                continue;
            bool wants = dv_relation_is_barrier(reader)
                             ? reader->input_level == level && run->relations[r].wanted
                             : reader->level == level && ((reader->materialized && !run->relations[r].done) ||
                                                          readers_want(run, reader, level));
            if (wants)
                return true;
        }
    }
    return false;
}

/* What an earlier process left half-written in the folders that are the transform's own: the extract may be
 * at work beside it, and writes its rejects next to ours. */
static enum dv_status sweep(struct dv_run *run, struct dv_err *err)
{
    static const char *const folders[] = {"transform", "conflicts"};
    const struct dv_program *program = run->program;
    struct dv_arena arena = {0};
    enum dv_status status = DV_OK;
    for (unsigned f = 0; f < 2 && status == DV_OK; f++) {
        char *dir = dv_arena_printf(&arena, "%s/%s", run->context->run_dir, folders[f]);
        status = dir == NULL ? dv_fail_memory(err) : dv_file_sweep_tmp(dir, err);
    }
    for (unsigned r = 0; r < program->relation_count; r++)
        for (unsigned o = 0; o < program->relation_count && status == DV_OK; o++) {
            if (program->relations[r]->input)
                continue;
            char *dir = dv_reject_dir(&arena, run->context, program->relations[r], program->relations[o]);
            status = dir == NULL ? dv_fail_memory(err) : dv_file_sweep_tmp(dir, err);
            dv_arena_reset(&arena);
        }
    dv_arena_release(&arena);
    return status;
}

/* A barrier that an earlier process fed and sealed need not be fed again. Whatever else was spilled goes. */
static enum dv_status restore_sorters(struct dv_run *run, struct dv_err *err)
{
    const struct dv_program *program = run->program;
    enum dv_status status = DV_OK;
    for (unsigned r = 0; r < program->relation_count && status == DV_OK; r++) {
        struct dv_relation_run *state = &run->relations[r];
        json_t *note = NULL;
        if (!dv_relation_is_barrier(program->relations[r]))
            continue;
        state->spill_dir =
            dv_arena_printf(&run->arena, "%s/spill/%s", run->context->run_dir, program->relations[r]->name);
        if (state->spill_dir == NULL)
            return dv_fail_memory(err);
        status = state->wanted ? dv_sorter_restore(&state->sorter, state->spill_dir, state->bits, &note, err)
                               : DV_END;
        if (status == DV_OK)
            status = dv_tally_from_json(note, 0, &state->fed, err);
        if (status == DV_OK) {
            state->restored = true;
            dv_log_event(run->context->log, "info", "barrier_restored", "dataset:s",
                         program->relations[r]->name, NULL);
        } else if (status == DV_END) {
            status = dv_file_remove_tree(state->spill_dir, err);
        }
        json_decref(note);
    }
    return status;
}

/* Everything fed: on disk, so that an interruption from here on costs one partition; but what is fed again in
 * a moment stays in memory. */
static enum dv_status seal(struct dv_relation_run *state, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *note = NULL;
    if (dv_sorter_spilled_bytes(state->sorter) == 0 && dv_sorter_memory_bytes(state->sorter) < WORTH_KEEPING)
        return dv_sorter_seal(state->sorter, err);
    DV_TRY(dv_sorter_spill(state->sorter, err));
    note = json_object();
    if (note == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_tally_to_json(note, &state->fed, err));
    status = dv_sorter_publish(state->sorter, note, err);
done:
    json_decref(note);
    return status;
}

static enum dv_status prepare(struct dv_run *run, struct dv_err *err)
{
    struct dv_program *program = run->program;
    enum dv_status status = DV_OK;
    run->relations = dv_arena_zalloc(&run->arena, program->relation_count * sizeof *run->relations);
    if (run->relations == NULL)
        return dv_fail_memory(err);
    for (unsigned r = 0; r < program->relation_count; r++)
        DV_TRY(program->relations[r]->input
                   ? input_prepare(run, &run->relations[r], program->relations[r], err)
                   : model_prepare(run, &run->relations[r], program->relations[r], err));
    for (unsigned r = program->relation_count; r-- > 0;) {
        const struct dv_relation *relation = program->relations[r];
        if (dv_relation_is_barrier(relation))
            run->relations[r].wanted = (relation->materialized && !run->relations[r].done) ||
                                       readers_want(run, relation, relation->level);
    }
    DV_TRY(sweep(run, err));
    DV_TRY(restore_sorters(run, err));
done:
    return status;
}

/* ---- one pass ---- */

/* A quarter of the memory is the sorters', half the lookups'; the rest is blocks in and out. */
static enum dv_status make_sorters(struct pass *pass, struct dv_err *err)
{
    struct dv_run *run = pass->run;
    const struct dv_program *program = run->program;
    unsigned alive = 0;
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *relation = program->relations[r];
        if (dv_relation_is_barrier(relation) && run->relations[r].wanted &&
            (relation->input_level == pass->number || relation->level == pass->number))
            alive++;
    }
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *relation = program->relations[r];
        struct dv_relation_run *state = &run->relations[r];
        if (!dv_relation_is_barrier(relation) || !state->wanted || state->restored ||
            relation->input_level != pass->number)
            continue;
        enum dv_status status = dv_sorter_new(&state->sorter, state->spill_dir, state->bits,
                                              run->context->workers, run->context->memory / 4 / alive, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

/* A lookup that the pass needs: of which node and join, and how many rows it is made of. */
struct wanted_lookup {
    struct dv_node *node;
    unsigned join;
    uint64_t rows;
};

static int by_rows(const void *a, const void *b)
{
    const struct wanted_lookup *x = a, *y = b;
    return (x->rows > y->rows) - (x->rows < y->rows);
}

/* The pass's lookups into `wanted`, where that is not NULL; returns how many there are. */
static unsigned want_lookups(const struct pass *pass, struct wanted_lookup *wanted)
{
    unsigned count = 0;
    for (unsigned p = 0; p < pass->pipeline_count; p++)
        for (unsigned n = 0; n < pass->pipelines[p].node_count; n++) {
            struct dv_node *node = pass->pipelines[p].nodes[n];
            if (node->branch == NULL || node == pass->pipelines[p].top)
                continue;
            for (unsigned j = 0; j < node->branch->join_count; j++) {
                if (node->branch->joins[j].right == NULL)
                    continue;
                if (wanted != NULL)
                    wanted[count] = (struct wanted_lookup){.node = node, .join = j};
                count++;
            }
        }
    return count;
}

/* How many rows a relation of an earlier pass has; of an input that is still arriving, by estimate. */
static enum dv_status rows_of(const struct dv_run *run, const struct dv_relation *relation, uint64_t *rows,
                              struct dv_err *err)
{
    const struct dv_relation_run *state = &run->relations[dv_relation_index(run->program, relation)];
    struct dv_dataset_manifest manifest = {0};
    *rows = state->rows;
    if (relation->input)
        return DV_OK;
    enum dv_status status = dv_dataset_manifest_read(state->dir, &manifest, err);
    if (status == DV_OK)
        *rows = manifest.rows;
    dv_dataset_manifest_release(&manifest);
    return status;
}

/* The small ones first, each with all that is left but for the least that those behind it need. */
static enum dv_status make_lookups(struct pass *pass, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned count = want_lookups(pass, NULL);
    struct wanted_lookup *wanted = dv_arena_zalloc(&pass->run->arena, (count + 1) * sizeof *wanted);
    if (wanted == NULL)
        return dv_fail_memory(err);
    want_lookups(pass, wanted);
    for (unsigned i = 0; i < count; i++)
        DV_TRY(rows_of(pass->run, wanted[i].node->branch->joins[wanted[i].join].right, &wanted[i].rows, err));
    qsort(wanted, count, sizeof *wanted, by_rows);
    size_t memory = pass->run->context->memory / 2, least = memory / 4 / (count + 1), held = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct dv_branch *branch = wanted[i].node->branch;
        struct dv_lookup **lookup = &wanted[i].node->lookups[wanted[i].join];
        size_t taken = held + least * (count - i - 1);
        DV_TRY(dv_join_build(pass->run, branch, &branch->joins[wanted[i].join],
                             taken + least < memory ? memory - taken : least, lookup, err));
        held += dv_lookup_memory(*lookup);
    }
done:
    return status;
}

static void free_lookups(struct pass *pass)
{
    for (unsigned p = 0; p < pass->pipeline_count; p++)
        for (unsigned n = 0; n < pass->pipelines[p].node_count; n++) {
            struct dv_node *node = pass->pipelines[p].nodes[n];
            for (unsigned j = 0; node->lookups != NULL && j < node->branch->join_count; j++) {
                dv_lookup_free(node->lookups[j]);
                node->lookups[j] = NULL;
            }
        }
}

static void start_progress(struct pass *pass)
{
    struct dv_run *run = pass->run;
    for (unsigned p = 0; p < pass->pipeline_count; p++)
        for (unsigned n = 0; n < pass->pipelines[p].node_count; n++)
            if (pass->pipelines[p].nodes[n]->sink) {
                const struct dv_relation *relation = pass->pipelines[p].nodes[n]->branch->relation;
                struct dv_relation_run *state = &run->relations[dv_relation_index(run->program, relation)];
                state->progress =
                    dv_progress_start(run->context->progress, "transform", relation->name, state->rows);
            }
}

static enum dv_status run_task(void *context, unsigned worker, size_t number, struct dv_err *err)
{
    struct pass *pass = context;
    const struct dv_pass_task *task;
    enum dv_status status = dv_pass_tasks_claim(pass->run, &pass->tasks, number, &task, err);
    return status == DV_OK ? dv_pipeline_part(pass->run, task->pipeline, worker, task->part, err) : status;
}

/* A folder that is written only where there is something to write lacks parts: they become empty ones. */
static enum dv_status fill_and_publish(const char *dir, uint32_t parts, const struct dv_column *columns,
                                       unsigned column_count, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (uint32_t part = 0; part < parts; part++) {
        struct dv_stage_writer *writer;
        bool there;
        DV_TRY(dv_part_look(dir, part, &there, err));
        if (there)
            continue;
        DV_TRY(dv_stage_writer_open(&writer, dir, part, columns, column_count, err));
        DV_TRY(dv_stage_writer_publish(writer, NULL, err));
    }
    DV_TRY(dv_dataset_publish(dir, parts, columns, column_count, NULL, err));
done:
    return status;
}

static enum dv_status publish_rejects(struct dv_run *run, unsigned index, struct dv_err *err)
{
    const struct dv_program *program = run->program;
    const struct dv_relation *relation = program->relations[index];
    enum dv_status status = DV_OK;
    for (unsigned o = 0; o < program->relation_count; o++) {
        const struct dv_relation *root = program->relations[o];
        unsigned count;
        char *dir = dv_reject_dir(&run->arena, run->context, relation, root);
        struct dv_column *columns = dv_reject_columns(&run->arena, root, &count);
        if (dir == NULL || columns == NULL)
            return dv_fail_memory(err);
        bool some, whole = false;
        DV_TRY(dv_file_look(dir, &some, err));
        if (some && run->relations[index].settled)
            DV_TRY(dv_dataset_look(dir, &whole, err));
        if (!some || whole)
            continue;
        bool feeding = dv_relation_is_barrier(relation) && root != relation;
        unsigned base = feeding ? dv_relation_index(program, relation->branches[0].base) : index;
        DV_TRY(fill_and_publish(dir, run->relations[base].part_count, columns, count, err));
    }
done:
    return status;
}

static enum dv_status publish_conflicts(struct dv_run *run, unsigned index, struct dv_err *err)
{
    struct dv_part_manifest manifest = {0};
    enum dv_status status = DV_OK;
    uint32_t parts = run->relations[index].part_count, first = 0;
    char *dir = dv_arena_printf(&run->arena, "%s/conflicts/%s", run->context->run_dir,
                                run->program->relations[index]->name);
    if (dir == NULL)
        return dv_fail_memory(err);
    bool some = false, whole = false;
    for (; first < parts && !some; first += !some)
        DV_TRY(dv_part_look(dir, first, &some, err));
    if (some && run->relations[index].settled)
        DV_TRY(dv_dataset_look(dir, &whole, err));
    if (!some || whole)
        goto done;
    DV_TRY(dv_part_manifest_read(dir, first, &manifest, err));
    status = fill_and_publish(dir, parts, manifest.columns, manifest.column_count, err);
done:
    dv_part_manifest_release(&manifest);
    return status;
}

static enum dv_status publish_relation(struct pass *pass, unsigned index, struct dv_err *err)
{
    struct dv_run *run = pass->run;
    const struct dv_relation *relation = run->program->relations[index];
    struct dv_relation_run *state = &run->relations[index];
    enum dv_status status = DV_OK;
    DV_TRY(publish_rejects(run, index, err));
    if (relation->level != pass->number)
        goto done;
    DV_TRY(publish_conflicts(run, index, err));
    if (relation->materialized && !state->done) {
        DV_TRY(dv_dataset_publish(state->dir, state->part_count, relation->columns, relation->column_count,
                                  dv_relation_is_barrier(relation) ? &state->fed : NULL, err));
        state->done = true;
        dv_progress_finish(state->progress);
        dv_log_event(run->context->log, "info", "dataset_published", "stage:s", "transform", "dataset:s",
                     relation->name, "parts:u", (uint64_t)state->part_count, NULL);
    }
done:
    if (status != DV_OK)
        dv_err_place(err, "transform", relation->name, -1, -1);
    return status;
}

static enum dv_status run_pass(struct dv_run *run, unsigned number, struct dv_err *err)
{
    struct pass pass = {.run = run, .number = number};
    const struct dv_program *program = run->program;
    enum dv_status status = DV_OK;
    DV_TRY(make_sorters(&pass, err));
    DV_TRY(dv_pipelines_make(run, number, &pass.pipelines, &pass.pipeline_count, err));
    DV_TRY(make_lookups(&pass, err));
    DV_TRY(dv_pass_tasks_make(run, pass.pipelines, pass.pipeline_count, &pass.tasks, err));
    start_progress(&pass);
    DV_TRY(dv_run_tasks(pass.tasks.count, run->context->workers, run_task, &pass, err));
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *relation = program->relations[r];
        struct dv_relation_run *state = &run->relations[r];
        if (relation->input)
            continue;
        bool fed = dv_relation_is_barrier(relation) && relation->input_level == number;
        if (fed && state->sorter != NULL && !state->restored)
            DV_TRY(seal(state, err));
        if (fed && state->sorter != NULL)
            state->spilled = dv_sorter_spilled_bytes(state->sorter);
        if (fed || relation->level == number)
            DV_TRY(publish_relation(&pass, r, err));
        if (relation->level == number) {
            dv_sorter_free(state->sorter);
            state->sorter = NULL;
            if (state->spill_dir != NULL)
                DV_TRY(dv_file_remove_tree(state->spill_dir, err));
        }
    }
done:
    free_lookups(&pass);
    return status;
}

/* explain: NULL, or where the figures of that model go. */
static enum dv_status run_all(struct dv_run *run, const char *explain, struct dv_buf *out, struct dv_err *err)
{
    const struct dv_program *program = run->program;
    enum dv_status status = DV_OK;
    pthread_mutex_init(&run->mutex, NULL);
    DV_TRY(prepare(run, err));
    for (unsigned pass = 1; pass <= program->pass_count; pass++)
        DV_TRY(run_pass(run, pass, err));
    DV_TRY(sweep(run, err));
    if (explain != NULL)
        status = dv_explain(program, run, explain, out, err);
done:
    for (unsigned r = 0; run->relations != NULL && r < program->relation_count; r++)
        dv_sorter_free(run->relations[r].sorter);
    pthread_mutex_destroy(&run->mutex);
    dv_arena_release(&run->arena);
    if (status != DV_OK)
        dv_err_place(err, "transform", "", -1, -1);
    return status;
}

enum dv_status dv_program_run(struct dv_program *program, const struct dv_context *context,
                              struct dv_err *err)
{
    struct dv_run run = {.program = program, .context = context};
    return run_all(&run, NULL, NULL, err);
}

enum dv_status dv_program_analyze(struct dv_program *program, const struct dv_context *context,
                                  const char *model, struct dv_buf *out, struct dv_err *err)
{
    struct dv_run run = {.program = program, .context = context, .analyze = true};
    return run_all(&run, model, out, err);
}

enum dv_status dv_program_tally(const struct dv_program *program, const struct dv_context *context,
                                struct dv_tally *tally, struct dv_err *err)
{
    struct dv_arena arena = {0};
    enum dv_status status = DV_OK;
    *tally = (struct dv_tally){0};
    for (unsigned r = 0; r < program->relation_count && status == DV_OK; r++) {
        const struct dv_relation *relation = program->relations[r];
        for (unsigned o = 0; o < program->relation_count && status == DV_OK; o++) {
            struct dv_dataset_manifest manifest = {0};
            bool self = relation->input && o == r;
            char *dir = self ? dv_arena_printf(&arena, "%s/extract/%s", context->run_dir, relation->name)
                             : dv_reject_dir(&arena, context, relation, program->relations[o]);
            bool whole = false;
            if (dir == NULL)
                status = dv_fail_memory(err);
            else if (!relation->input || self)
                status = dv_dataset_look(dir, &whole, err);
            if (status == DV_OK && whole)
                status = dv_dataset_manifest_read(dir, &manifest, err);
            if (self) { /* an extract may have rejects of its own: what could not be read */
                tally->read += manifest.tally.read;
                tally->rejected += manifest.tally.rejected;
            } else {
                tally->rejected += manifest.rows;
            }
            dv_dataset_manifest_release(&manifest);
        }
    }
    tally->written = tally->read - tally->rejected;
    dv_arena_release(&arena);
    return status;
}
