/* Conflicts: RUN/conflicts/RELATION, a row for each value that lost to another one of its group.
 *
 * Columns: the group's keys, `column` (the output that was contested), `kept`, `lost`, `rows` (how many input
 * rows held the losing value), then the keys that job.json asks for, of the first input row that held it.
 * Only picks (first, last) have losers. Of a group with more than MOST different values of one column the
 * rest is one row with `lost` NULL. */
#include "core/csv.h"
#include "core/stage_writer.h"
#include "transform/flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define MOST    65536U
#define BUCKETS 64U

struct candidate {
    struct candidate *next, *chain; /* in order of appearance; in its bucket */
    uint64_t hash, rows;
    const char *text, *keys; /* keys: ",KEY,KEY" as CSV */
    uint32_t length, keys_length;
};

struct contest {
    unsigned aggregate;
    const char *column;
    struct candidate *first, **last, *buckets[BUCKETS];
    unsigned count;
    uint64_t rest;
};

struct dv_conflicts {
    struct dv_flow *flow;
    const struct dv_branch *branch;
    struct dv_stage_writer *writer; /* opened at the first conflict */
    struct dv_arena group;
    struct contest *contests;
    unsigned contest_count;
    struct dv_buf text, keys, kept;
};

/* The output that shows the aggregate's value: the first that reads its slot. */
static const char *contested_column(const struct dv_branch *branch, unsigned aggregate, bool *slots,
                                    size_t slot_count)
{
    for (unsigned c = 0; c < branch->relation->column_count; c++) {
        memset(slots, 0, slot_count);
        dv_expr_slots(branch->outputs[c], slots);
        if (slots[branch->key_count + aggregate])
            return branch->relation->columns[c].name;
    }
    return NULL;
}

enum dv_status dv_conflicts_new(struct dv_conflicts **out, struct dv_flow *flow,
                                const struct dv_branch *branch, struct dv_err *err)
{
    size_t slot_count = (size_t)branch->key_count + branch->aggregate_count + 1;
    struct dv_conflicts *conflicts = dv_arena_zalloc(&flow->arena, sizeof *conflicts);
    bool *slots = dv_arena_zalloc(&flow->arena, slot_count);
    *out = NULL;
    if (conflicts == NULL || slots == NULL)
        return dv_fail_memory(err);
    conflicts->flow = flow;
    conflicts->branch = branch;
    conflicts->contests =
        dv_arena_zalloc(&flow->arena, (branch->aggregate_count + 1U) * sizeof(struct contest));
    if (conflicts->contests == NULL)
        return dv_fail_memory(err);
    for (unsigned a = 0; a < branch->aggregate_count; a++) {
        const char *column = contested_column(branch, a, slots, slot_count);
        if (!dv_aggregate_picks(branch->aggregates[a]) || column == NULL)
            continue;
        struct contest *contest = &conflicts->contests[conflicts->contest_count++];
        contest->aggregate = a;
        contest->column = column;
        contest->last = &contest->first;
    }
    *out = conflicts;
    return DV_OK;
}

static void row_keys(struct dv_conflicts *conflicts, const struct dv_eval *eval)
{
    const struct dv_branch *branch = conflicts->branch;
    dv_buf_reset(&conflicts->keys);
    for (unsigned k = 0; k < branch->conflict_count; k++) {
        unsigned slot = branch->conflict_slots[k];
        dv_buf_byte(&conflicts->keys, ',');
        dv_value_to_csv(&eval->row[slot], &branch->slot_types[slot], false, &conflicts->keys);
    }
}

static enum dv_status enter(struct dv_conflicts *conflicts, struct contest *contest,
                            const struct dv_eval *eval, struct dv_err *err)
{
    const struct dv_buf *text = &conflicts->text;
    uint64_t hash = XXH3_64bits(text->data, text->len);
    struct candidate **bucket = &contest->buckets[hash % BUCKETS];
    for (struct candidate *at = *bucket; at != NULL; at = at->chain)
        if (at->hash == hash && at->length == text->len && memcmp(at->text, text->data, text->len) == 0) {
            at->rows++;
            return DV_OK;
        }
    if (contest->count == MOST) {
        contest->rest++;
        return DV_OK;
    }
    struct candidate *candidate = dv_arena_zalloc(&conflicts->group, sizeof *candidate);
    row_keys(conflicts, eval);
    if (candidate == NULL || conflicts->keys.failed)
        return dv_fail_memory(err);
    *candidate = (struct candidate){
        .chain = *bucket,
        .hash = hash,
        .rows = 1,
        .text = dv_arena_copy(&conflicts->group, text->data, text->len),
        .length = (uint32_t)text->len,
        .keys = dv_arena_copy(&conflicts->group, conflicts->keys.data, conflicts->keys.len),
        .keys_length = (uint32_t)conflicts->keys.len};
    if (candidate->text == NULL || candidate->keys == NULL)
        return dv_fail_memory(err);
    *bucket = candidate;
    *contest->last = candidate;
    contest->last = &candidate->next;
    contest->count++;
    return DV_OK;
}

enum dv_status dv_conflicts_row(struct dv_conflicts *conflicts, struct dv_eval *eval, struct dv_err *err)
{
    for (unsigned i = 0; i < conflicts->contest_count; i++) {
        struct contest *contest = &conflicts->contests[i];
        const struct dv_aggregate *aggregate = conflicts->branch->aggregates[contest->aggregate];
        struct dv_value value;
        enum dv_status status = DV_OK;
        if (aggregate->filter != NULL) {
            status = dv_expr_eval(aggregate->filter, eval, &value, err);
            if (status == DV_OK && !dv_expr_is_true(&value))
                continue;
        }
        if (status == DV_OK)
            status = dv_expr_eval(aggregate->args[0], eval, &value, err);
        if (status != DV_OK)
            return status;
        if (value.state == DV_NULL)
            continue;
        dv_buf_reset(&conflicts->text);
        dv_value_to_text(&value, &aggregate->args[0]->type, &conflicts->text);
        status = dv_buf_check(&conflicts->text, err);
        if (status == DV_OK)
            status = enter(conflicts, contest, eval, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status open_writer(struct dv_conflicts *conflicts, struct dv_err *err)
{
    const struct dv_branch *branch = conflicts->branch;
    struct dv_arena *arena = &conflicts->flow->arena;
    unsigned count = branch->key_count + 4 + branch->conflict_count, at = 0;
    struct dv_column *columns = dv_arena_zalloc(arena, count * sizeof *columns);
    char *dir = dv_arena_printf(arena, "%s/conflicts/%s", conflicts->flow->run->context->run_dir,
                                branch->relation->name);
    if (columns == NULL || dir == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < branch->key_count; k++, at++) {
        snprintf(columns[at].name, sizeof columns[at].name, "key_%u", k + 1);
        for (unsigned c = 0; c < branch->relation->column_count; c++)
            if (branch->outputs[c]->is_column && branch->outputs[c]->slot == k)
                snprintf(columns[at].name, sizeof columns[at].name, "%s", branch->relation->columns[c].name);
        columns[at].type = branch->keys[k]->type;
    }
    static const char *const names[] = {"column", "kept", "lost", "rows"};
    for (unsigned n = 0; n < 4; n++, at++) {
        snprintf(columns[at].name, sizeof columns[at].name, "%s", names[n]);
        columns[at].type = dv_type_of(n < 3 ? DV_TYPE_TEXT : DV_TYPE_INT8);
    }
    for (unsigned k = 0; k < branch->conflict_count; k++, at++) {
        snprintf(columns[at].name, sizeof columns[at].name, "%s", branch->conflict_names[k]);
        columns[at].type = branch->slot_types[branch->conflict_slots[k]];
    }
    return dv_stage_writer_open(&conflicts->writer, dir, conflicts->flow->part, columns, count, err);
}

static enum dv_status write_loser(struct dv_conflicts *conflicts, const struct contest *contest,
                                  const struct candidate *loser, const struct dv_value *grouped,
                                  struct dv_err *err)
{
    const struct dv_branch *branch = conflicts->branch;
    if (conflicts->writer == NULL) {
        enum dv_status status = open_writer(conflicts, err);
        if (status != DV_OK)
            return status;
    }
    struct dv_buf *out = dv_stage_writer_buf(conflicts->writer);
    for (unsigned k = 0; k < branch->key_count; k++) {
        dv_value_to_csv(&grouped[k], &branch->keys[k]->type, false, out);
        dv_buf_byte(out, ',');
    }
    dv_csv_quote(out, contest->column, strlen(contest->column), false);
    dv_buf_byte(out, ',');
    dv_csv_quote(out, conflicts->kept.data, conflicts->kept.len, false);
    dv_buf_byte(out, ',');
    if (loser != NULL)
        dv_csv_quote(out, loser->text, loser->length, false);
    dv_buf_printf(out, ",%" PRIu64, loser != NULL ? loser->rows : contest->rest);
    if (loser != NULL)
        dv_buf_append(out, loser->keys, loser->keys_length);
    for (unsigned k = 0; loser == NULL && k < branch->conflict_count; k++)
        dv_buf_byte(out, ',');
    return dv_stage_writer_end_row(conflicts->writer, err);
}

enum dv_status dv_conflicts_group(struct dv_conflicts *conflicts, struct dv_value *grouped,
                                  struct dv_err *err)
{
    const struct dv_branch *branch = conflicts->branch;
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < conflicts->contest_count; i++) {
        struct contest *contest = &conflicts->contests[i];
        const struct dv_aggregate *aggregate = branch->aggregates[contest->aggregate];
        const struct dv_value *kept = &grouped[branch->key_count + contest->aggregate];
        if (contest->count > 1) {
            dv_buf_reset(&conflicts->kept);
            dv_value_to_text(kept, &aggregate->type, &conflicts->kept);
            DV_TRY(dv_buf_check(&conflicts->kept, err));
            for (const struct candidate *at = contest->first; at != NULL; at = at->next)
                if (at->length != conflicts->kept.len ||
                    memcmp(at->text, conflicts->kept.data, at->length) != 0)
                    DV_TRY(write_loser(conflicts, contest, at, grouped, err));
            if (contest->rest > 0)
                DV_TRY(write_loser(conflicts, contest, NULL, grouped, err));
        }
        if (contest->count > 0)
            *contest = (struct contest){.aggregate = contest->aggregate, .column = contest->column};
        contest->last = &contest->first;
    }
    dv_arena_reset(&conflicts->group);
done:
    return status;
}

enum dv_status dv_conflicts_publish(struct dv_conflicts *conflicts, struct dv_err *err)
{
    struct dv_stage_writer *writer = conflicts->writer;
    conflicts->writer = NULL;
    return writer == NULL ? DV_OK : dv_stage_writer_publish(writer, NULL, err);
}

void dv_conflicts_free(struct dv_conflicts *conflicts)
{
    if (conflicts == NULL)
        return;
    dv_stage_writer_abort(conflicts->writer);
    dv_arena_release(&conflicts->group);
    dv_buf_release(&conflicts->text);
    dv_buf_release(&conflicts->keys);
    dv_buf_release(&conflicts->kept);
}
