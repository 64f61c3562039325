/* OVER: each row of a partition with what the partition says of it.
 *
 * Rows come sorted by partition, then by the windows' order. Up to three cursors go over the same sorter
 * partition: one ahead to the end of the partition (windows over all of it), one ahead to the end of the
 * row's peers (windows that grow along the order), and the one whose rows are put out. So a partition may be
 * of any size. */
#include "transform/barrier.h"
#include "transform/row_codec.h"

#include "core/stop.h"

#include <string.h>

/* A cursor that can tell where a partition and a group of peers end. */
struct walker {
    struct dv_sorter_cursor *cursor;
    struct dv_record record; /* the next row, not yet taken */
    bool ended;
    struct dv_value *flat; /* its last row */
};

struct windower {
    struct dv_barrier_reader *reader;
    struct walker whole, peers, rows;
    struct dv_aggregate_state **states; /* one a window; NULL for ranks */
    struct dv_value *results;           /* one a window */
    struct dv_arena partition;          /* states */
    struct dv_arena values;             /* results over the peers in hand */
    struct dv_buf key;                  /* of the partition in hand; then of the peers */
    struct dv_buf peer_key;
    uint64_t hash;
    int64_t row_number, rank, dense_rank;
    bool any_whole, any_ordered;
};

static uint32_t partition_length(const struct dv_record *record)
{
    uint32_t length;
    memcpy(&length, record->payload, sizeof length);
    return length;
}

static enum dv_status advance(struct walker *walker, struct dv_err *err)
{
    enum dv_status status = dv_sorter_next(walker->cursor, &walker->record, err);
    walker->ended = status == DV_END;
    return status == DV_END ? DV_OK : status;
}

static bool in_partition(const struct windower *windower, const struct walker *walker)
{
    const struct dv_record *record = &walker->record;
    return !walker->ended && record->hash == windower->hash &&
           partition_length(record) == windower->key.len &&
           memcmp(record->key, windower->key.data, windower->key.len) == 0;
}

static bool is_peer(const struct windower *windower, const struct walker *walker)
{
    return in_partition(windower, walker) && walker->record.key_length == windower->peer_key.len &&
           memcmp(walker->record.key, windower->peer_key.data, windower->peer_key.len) == 0;
}

/* Gives the walker's row to the aggregates of that kind and moves on. */
static enum dv_status step(struct windower *windower, struct walker *walker, bool ordered, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    struct dv_value *flat = reader->flat;
    enum dv_status status = DV_OK;
    reader->flat = walker->flat;
    dv_barrier_take(reader, walker->record.payload, false);
    reader->flat = flat;
    reader->flow->eval.row = walker->flat;
    reader->flow->eval.arena = &reader->rows;
    for (unsigned w = 0; w < branch->window_count; w++) {
        const struct dv_window *window = &branch->windows[w];
        if (window->kind != DV_WINDOW_AGGREGATE || window->ordered != ordered)
            continue;
        status = dv_aggregate_step(window->aggregate, windower->states[w], &reader->flow->eval, err);
        if (status != DV_OK)
            return dv_barrier_failed(reader, status, err);
    }
    dv_arena_reset(&reader->rows);
    return advance(walker, err);
}

static enum dv_status results(struct windower *windower, bool ordered, struct dv_err *err)
{
    const struct dv_branch *branch = windower->reader->branch;
    for (unsigned w = 0; w < branch->window_count; w++) {
        const struct dv_window *window = &branch->windows[w];
        if (window->kind != DV_WINDOW_AGGREGATE || window->ordered != ordered)
            continue;
        enum dv_status status =
            dv_aggregate_final(window->aggregate, windower->states[w], &windower->results[w], err);
        if (status == DV_OK)
            status = dv_value_copy(&windower->results[w], &window->aggregate->type, &windower->values,
                                   &windower->results[w], err);
        if (status != DV_OK)
            return dv_barrier_failed(windower->reader, status, err);
    }
    return DV_OK;
}

static enum dv_status partition_begin(struct windower *windower, struct dv_err *err)
{
    const struct dv_branch *branch = windower->reader->branch;
    const struct dv_record *record = &windower->rows.record;
    enum dv_status status = DV_OK;
    dv_buf_reset(&windower->key);
    dv_buf_append(&windower->key, record->key, partition_length(record));
    DV_TRY(dv_buf_check(&windower->key, err));
    windower->hash = record->hash;
    windower->row_number = windower->rank = windower->dense_rank = 0;
    dv_arena_reset(&windower->partition);
    dv_arena_reset(&windower->values);
    for (unsigned w = 0; w < branch->window_count; w++)
        if (branch->windows[w].kind == DV_WINDOW_AGGREGATE) {
            windower->states[w] = dv_aggregate_start(branch->windows[w].aggregate, &windower->partition);
            if (windower->states[w] == NULL)
                return dv_fail_memory(err);
        }
    while (windower->any_whole && in_partition(windower, &windower->whole))
        DV_TRY(step(windower, &windower->whole, false, err));
    DV_TRY(results(windower, false, err));
done:
    return status;
}

/* The first row of a group of peers: all of them count for the windows along the order. */
static enum dv_status peers_begin(struct windower *windower, struct dv_err *err)
{
    const struct dv_record *record = &windower->rows.record;
    enum dv_status status = DV_OK;
    dv_buf_reset(&windower->peer_key);
    dv_buf_append(&windower->peer_key, record->key, record->key_length);
    DV_TRY(dv_buf_check(&windower->peer_key, err));
    windower->rank = windower->row_number + 1;
    windower->dense_rank++;
    if (!windower->any_ordered)
        return DV_OK;
    while (is_peer(windower, &windower->peers))
        DV_TRY(step(windower, &windower->peers, true, err));
    if (!windower->any_whole)
        dv_arena_reset(&windower->values);
    DV_TRY(results(windower, true, err));
done:
    return status;
}

static enum dv_status put_row(struct windower *windower, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    dv_barrier_take(reader, windower->rows.record.payload, true);
    windower->row_number++;
    reader->state->read++;
    for (unsigned w = 0; w < branch->window_count; w++) {
        struct dv_value *result = &reader->flat[branch->windows[w].slot];
        switch (branch->windows[w].kind) {
        case DV_ROW_NUMBER:
            *result = dv_int(windower->row_number);
            break;
        case DV_RANK:
            *result = dv_int(windower->rank);
            break;
        case DV_DENSE_RANK:
            *result = dv_int(windower->dense_rank);
            break;
        case DV_WINDOW_AGGREGATE:
            *result = windower->results[w];
            break;
        }
    }
    enum dv_status status = dv_barrier_emit(reader, reader->flat, err);
    dv_arena_reset(&reader->groups);
    dv_arena_reset(&reader->flow->batch);
    return status;
}

static enum dv_status walker_open(struct windower *windower, struct walker *walker, struct dv_err *err)
{
    struct dv_flow *flow = windower->reader->flow;
    const struct dv_branch *branch = windower->reader->branch;
    unsigned r = dv_relation_index(flow->run->program, branch->relation);
    walker->flat = dv_arena_zalloc(&flow->arena, (branch->width + 1) * sizeof *walker->flat);
    if (walker->flat == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_sorter_open(flow->run->relations[r].sorter, flow->part, &walker->cursor, err);
    return status == DV_OK ? advance(walker, err) : status;
}

static enum dv_status windower_open(struct windower *windower, struct dv_err *err)
{
    struct dv_flow *flow = windower->reader->flow;
    const struct dv_branch *branch = windower->reader->branch;
    enum dv_status status = DV_OK;
    for (unsigned w = 0; w < branch->window_count; w++)
        if (branch->windows[w].kind == DV_WINDOW_AGGREGATE) {
            windower->any_ordered = windower->any_ordered || branch->windows[w].ordered;
            windower->any_whole = windower->any_whole || !branch->windows[w].ordered;
        }
    windower->states = dv_arena_zalloc(&flow->arena, (branch->window_count + 1) * sizeof(void *));
    windower->results = dv_arena_zalloc(&flow->arena, (branch->window_count + 1) * sizeof *windower->results);
    if (windower->states == NULL || windower->results == NULL || !dv_buf_reserve(&windower->key, 1) ||
        !dv_buf_reserve(&windower->peer_key, 1))
        return dv_fail_memory(err);
    DV_TRY(walker_open(windower, &windower->rows, err));
    if (windower->any_whole)
        DV_TRY(walker_open(windower, &windower->whole, err));
    if (windower->any_ordered)
        DV_TRY(walker_open(windower, &windower->peers, err));
done:
    return status;
}

enum dv_status dv_window_read(struct dv_barrier_reader *reader, struct dv_err *err)
{
    struct windower windower = {.reader = reader};
    bool begun = false;
    enum dv_status status;
    DV_TRY(windower_open(&windower, err));
    while (!windower.rows.ended) {
        if (!begun || !in_partition(&windower, &windower.rows)) {
            DV_TRY(partition_begin(&windower, err));
            DV_TRY(peers_begin(&windower, err));
            begun = true;
        } else if (!is_peer(&windower, &windower.rows)) {
            DV_TRY(peers_begin(&windower, err));
        }
        DV_TRY(put_row(&windower, err));
        DV_TRY(advance(&windower.rows, err));
        if (reader->state->read % 8192 == 0) {
            DV_TRY(dv_stop_check(err));
            dv_flow_report(reader->flow);
        }
    }
done:
    dv_sorter_close(windower.rows.cursor);
    dv_sorter_close(windower.whole.cursor);
    dv_sorter_close(windower.peers.cursor);
    dv_arena_release(&windower.partition);
    dv_arena_release(&windower.values);
    dv_buf_release(&windower.key);
    dv_buf_release(&windower.peer_key);
    return status;
}
