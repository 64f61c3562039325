/* OVER: each row of a partition with what the partition says of it.
 *
 * Rows come sorted by partition, then by the windows' order. Several cursors go over the same sorter
 * partition: one ahead to the end of the partition (windows over all of it), one ahead to the end of the
 * row's peers (windows that grow along the order), one for each distance of lag and lead, and the one whose
 * rows are put out. So a partition may be of any size. */
#include "transform/barrier.h"
#include "transform/bind_internal.h"
#include "transform/row_codec.h"

#include "core/stop.h"

#include <string.h>

/* A cursor that can tell where a partition and a group of peers end. */
struct walker {
    struct dv_sorter_cursor *cursor;
    struct dv_record record; /* the next row, not yet taken */
    bool ended;
    struct dv_value *flat; /* its last row */
    int64_t shift;         /* lag, lead: how far it is from the row in hand */
    bool found;            /* such a row is there */
};

/* What the windows of one reach share. */
struct reach {
    bool any;               /* some window has it */
    bool keeps_last;        /* last_value among them: the last row is kept */
    struct dv_buf last;     /* its payload */
    struct dv_arena values; /* results */
};

struct windower {
    struct dv_barrier_reader *reader;
    struct walker whole, peers, rows;
    struct walker *shifted;
    unsigned shifted_count;
    struct dv_aggregate_state **states; /* one a window; NULL for all that are no aggregates */
    struct dv_value *results;           /* one a window; of ntile the number of buckets */
    struct reach reaches[3];            /* by enum dv_window_frame */
    struct dv_arena partition;          /* states; what the first row says */
    struct dv_buf key;                  /* of the partition in hand; then of the peers */
    struct dv_buf peer_key;
    uint64_t hash;
    int64_t row_number, rank, dense_rank;
    int64_t total, through_peers; /* rows of the partition; of it up to the row's last peer */
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

/* ---- frames -------------------------------------------------------------------------------------------- */

/* Whether the window is made of the rows in its frame, and that frame ends there. */
static bool reaches(const struct dv_window *window, enum dv_window_frame frame)
{
    return window->needed && window->reach == frame &&
           (window->kind == DV_WINDOW_AGGREGATE || window->kind == DV_LAST_VALUE);
}

/* The row into `flat`, which expressions then read. */
static void take_row(const struct windower *windower, struct dv_value *flat, const char *payload)
{
    struct dv_barrier_reader *reader = windower->reader;
    struct dv_value *in_hand = reader->flat;
    reader->flat = flat;
    dv_barrier_take(reader, payload, false);
    reader->flat = in_hand;
    reader->flow->eval.row = flat;
    reader->flow->eval.arena = &reader->rows;
}

/* The value of expr over the row taken last, copied to where it lives as long as `arena`. */
static enum dv_status keep_value(const struct windower *windower, const struct dv_expr *expr,
                                 struct dv_arena *arena, struct dv_value *out, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    struct dv_value value;
    enum dv_status status = dv_expr_eval(expr, &reader->flow->eval, &value, err);
    return status == DV_OK ? dv_value_copy(&value, &expr->type, arena, out, err)
                           : dv_barrier_failed(reader, status, err);
}

/* Gives the row taken last to the aggregates of that frame. */
static enum dv_status step(struct windower *windower, enum dv_window_frame frame, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    for (unsigned w = 0; w < branch->window_count; w++) {
        const struct dv_window *window = &branch->windows[w];
        if (!reaches(window, frame) || window->kind != DV_WINDOW_AGGREGATE)
            continue;
        enum dv_status status =
            dv_aggregate_step(window->aggregate, windower->states[w], &reader->flow->eval, err);
        if (status != DV_OK)
            return dv_barrier_failed(reader, status, err);
    }
    return DV_OK;
}

/* The walker's row into the frame; then it moves on. */
static enum dv_status walk(struct windower *windower, struct walker *walker, enum dv_window_frame frame,
                           struct dv_err *err)
{
    struct reach *reach = &windower->reaches[frame];
    enum dv_status status = DV_OK;
    take_row(windower, walker->flat, walker->record.payload);
    DV_TRY(step(windower, frame, err));
    if (reach->keeps_last) {
        dv_buf_reset(&reach->last);
        dv_buf_append(&reach->last, walker->record.payload, walker->record.payload_length);
        DV_TRY(dv_buf_check(&reach->last, err));
    }
    dv_arena_reset(&windower->reader->rows);
    status = advance(walker, err);
done:
    return status;
}

/* The results of a frame that has grown to its end for now; `last` is its last row. */
static enum dv_status results(struct windower *windower, enum dv_window_frame frame, const char *last,
                              struct dv_value *flat, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    struct reach *reach = &windower->reaches[frame];
    dv_arena_reset(&reach->values);
    if (reach->keeps_last)
        take_row(windower, flat, last);
    for (unsigned w = 0; w < branch->window_count; w++) {
        const struct dv_window *window = &branch->windows[w];
        struct dv_value *result = &windower->results[w];
        enum dv_status status = DV_OK;
        if (!reaches(window, frame))
            continue;
        if (window->kind == DV_LAST_VALUE) {
            status = keep_value(windower, window->value, &reach->values, result, err);
        } else {
            status = dv_aggregate_final(window->aggregate, windower->states[w], result, err);
            if (status == DV_OK)
                status = dv_value_copy(result, &window->type, &reach->values, result, err);
            if (status != DV_OK)
                status = dv_barrier_failed(reader, status, err);
        }
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

/* ---- lag and lead -------------------------------------------------------------------------------------- */

/* A walker behind the row in hand comes to the partition from the one before it; one ahead of it stands at
 * its first row. */
static enum dv_status shifted_begin(struct windower *windower, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned s = 0; s < windower->shifted_count; s++) {
        struct walker *walker = &windower->shifted[s];
        while (!walker->ended && !in_partition(windower, walker))
            DV_TRY(advance(walker, err));
        for (int64_t ahead = 0; ahead < walker->shift && in_partition(windower, walker); ahead++)
            DV_TRY(advance(walker, err));
    }
done:
    return status;
}

/* The values that lag and lead take from other rows; row_number is that of the row in hand. */
static enum dv_status shifted_values(struct windower *windower, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    enum dv_status status = DV_OK;
    for (unsigned s = 0; s < windower->shifted_count; s++) {
        struct walker *walker = &windower->shifted[s];
        walker->found = windower->row_number + walker->shift > 0 && in_partition(windower, walker);
        if (walker->found)
            take_row(windower, walker->flat, walker->record.payload);
        for (unsigned w = 0; w < branch->window_count; w++) {
            const struct dv_window *window = &branch->windows[w];
            if (window->kind != DV_SHIFT || !window->needed || window->shift != walker->shift)
                continue;
            reader->flow->eval.row = walker->found ? walker->flat : reader->flat;
            windower->results[w] = dv_null();
            if (walker->found)
                DV_TRY(keep_value(windower, window->value, &reader->groups, &windower->results[w], err));
            else if (window->fallback != NULL)
                DV_TRY(keep_value(windower, window->fallback, &reader->groups, &windower->results[w], err));
        }
    }
done:
    return status;
}

static enum dv_status shifted_advance(struct windower *windower, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned s = 0; s < windower->shifted_count && status == DV_OK; s++)
        if (windower->shifted[s].found)
            status = advance(&windower->shifted[s], err);
    return status;
}

/* ---- a partition, its peers, its rows ------------------------------------------------------------------ */

/* What the first row of a partition says for all of it: first_value, and ntile's number of buckets. */
static enum dv_status first_row(struct windower *windower, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    enum dv_status status = DV_OK;
    take_row(windower, reader->flat, windower->rows.record.payload);
    for (unsigned w = 0; w < branch->window_count; w++) {
        const struct dv_window *window = &branch->windows[w];
        struct dv_value *result = &windower->results[w];
        if (!window->needed || (window->kind != DV_FIRST_VALUE && window->kind != DV_NTILE))
            continue;
        DV_TRY(keep_value(windower, window->value, &windower->partition, result, err));
        if (window->kind == DV_NTILE && result->state != DV_NULL && result->u.i <= 0) {
            reader->flow->eval.line = window->ast->line;
            reader->flow->eval.column = window->ast->column;
            status = dv_eval_fail(err, "22014", "argument of ntile must be greater than zero");
            return dv_barrier_failed(reader, status, err);
        }
    }
    dv_arena_reset(&reader->rows);
done:
    return status;
}

static enum dv_status partition_begin(struct windower *windower, struct dv_err *err)
{
    const struct dv_branch *branch = windower->reader->branch;
    const struct dv_record *record = &windower->rows.record;
    struct reach *whole = &windower->reaches[DV_FRAME_PARTITION];
    enum dv_status status = DV_OK;
    dv_buf_reset(&windower->key);
    dv_buf_append(&windower->key, record->key, partition_length(record));
    DV_TRY(dv_buf_check(&windower->key, err));
    windower->hash = record->hash;
    windower->row_number = windower->rank = windower->dense_rank = 0;
    windower->total = windower->through_peers = 0;
    dv_arena_reset(&windower->partition);
    for (unsigned w = 0; w < branch->window_count; w++)
        if (branch->windows[w].needed && branch->windows[w].kind == DV_WINDOW_AGGREGATE) {
            windower->states[w] = dv_aggregate_start(branch->windows[w].aggregate, &windower->partition);
            if (windower->states[w] == NULL)
                return dv_fail_memory(err);
        }
    DV_TRY(first_row(windower, err));
    DV_TRY(shifted_begin(windower, err));
    for (; whole->any && in_partition(windower, &windower->whole); windower->total++)
        DV_TRY(walk(windower, &windower->whole, DV_FRAME_PARTITION, err));
    DV_TRY(results(windower, DV_FRAME_PARTITION, whole->last.data, windower->whole.flat, err));
    dv_arena_reset(&windower->reader->rows);
done:
    return status;
}

/* The first row of a group of peers: all of them count for the windows along the order. */
static enum dv_status peers_begin(struct windower *windower, struct dv_err *err)
{
    const struct dv_record *record = &windower->rows.record;
    struct reach *peers = &windower->reaches[DV_FRAME_PEERS];
    enum dv_status status = DV_OK;
    dv_buf_reset(&windower->peer_key);
    dv_buf_append(&windower->peer_key, record->key, record->key_length);
    DV_TRY(dv_buf_check(&windower->peer_key, err));
    windower->rank = windower->row_number + 1;
    windower->dense_rank++;
    for (; peers->any && is_peer(windower, &windower->peers); windower->through_peers++)
        DV_TRY(walk(windower, &windower->peers, DV_FRAME_PEERS, err));
    DV_TRY(results(windower, DV_FRAME_PEERS, peers->last.data, windower->peers.flat, err));
    dv_arena_reset(&windower->reader->rows);
done:
    return status;
}

/* The bucket of row n (from 0) of total: of unequal ones the first are the larger. */
static int64_t bucket(int64_t n, int64_t total, int64_t buckets)
{
    int64_t size = total / buckets, larger = total % buckets;
    return n < larger * (size + 1) ? n / (size + 1) + 1 : (n - larger * (size + 1)) / size + larger + 1;
}

/* Without ORDER BY all rows are peers of the first. */
static struct dv_value result_of(const struct windower *windower, unsigned w)
{
    const struct dv_window *window = &windower->reader->branch->windows[w];
    struct dv_value kept = windower->results[w];
    switch (window->kind) {
    case DV_ROW_NUMBER:
        return dv_int(windower->row_number);
    case DV_RANK:
        return dv_int(window->ordered ? windower->rank : 1);
    case DV_DENSE_RANK:
        return dv_int(window->ordered ? windower->dense_rank : 1);
    case DV_PERCENT_RANK:
        if (!window->ordered || windower->total == 1)
            return dv_float(0);
        return dv_float((double)(windower->rank - 1) / (double)(windower->total - 1));
    case DV_CUME_DIST:
        if (!window->ordered)
            return dv_float(1);
        return dv_float((double)windower->through_peers / (double)windower->total);
    case DV_NTILE:
        return kept.state == DV_NULL ? kept
                                     : dv_int(bucket(windower->row_number - 1, windower->total, kept.u.i));
    default:
        return kept;
    }
}

static enum dv_status put_row(struct windower *windower, struct dv_err *err)
{
    struct dv_barrier_reader *reader = windower->reader;
    const struct dv_branch *branch = reader->branch;
    enum dv_status status = DV_OK;
    windower->row_number++;
    reader->state->read++;
    take_row(windower, reader->flat, windower->rows.record.payload);
    DV_TRY(shifted_values(windower, err));
    reader->flow->eval.row = reader->flat;
    if (windower->reaches[DV_FRAME_ROW].any) {
        DV_TRY(step(windower, DV_FRAME_ROW, err));
        DV_TRY(results(windower, DV_FRAME_ROW, windower->rows.record.payload, reader->flat, err));
    }
    for (unsigned w = 0; w < branch->window_count; w++)
        if (branch->windows[w].needed)
            reader->flat[branch->windows[w].slot] = result_of(windower, w);
    DV_TRY(dv_barrier_emit(reader, reader->flat, err));
    dv_arena_reset(&reader->groups);
    dv_arena_reset(&reader->rows);
    dv_arena_reset(&reader->flow->batch);
    status = shifted_advance(windower, err);
done:
    return status;
}

/* ---- cursors ------------------------------------------------------------------------------------------- */

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

static enum dv_status shifted_open(struct windower *windower, int64_t shift, struct dv_err *err)
{
    for (unsigned s = 0; s < windower->shifted_count; s++)
        if (windower->shifted[s].shift == shift)
            return DV_OK;
    struct walker *walker = &windower->shifted[windower->shifted_count++];
    walker->shift = shift;
    return walker_open(windower, walker, err);
}

static enum dv_status windower_open(struct windower *windower, struct dv_err *err)
{
    struct dv_flow *flow = windower->reader->flow;
    const struct dv_branch *branch = windower->reader->branch;
    enum dv_status status = DV_OK;
    windower->states = dv_arena_zalloc(&flow->arena, (branch->window_count + 1) * sizeof(void *));
    windower->results = dv_arena_zalloc(&flow->arena, (branch->window_count + 1) * sizeof *windower->results);
    windower->shifted = dv_arena_zalloc(&flow->arena, (branch->window_count + 1) * sizeof *windower->shifted);
    if (windower->states == NULL || windower->results == NULL || windower->shifted == NULL ||
        !dv_buf_reserve(&windower->key, 1) || !dv_buf_reserve(&windower->peer_key, 1))
        return dv_fail_memory(err);
    DV_TRY(walker_open(windower, &windower->rows, err));
    for (unsigned w = 0; w < branch->window_count; w++) {
        const struct dv_window *window = &branch->windows[w];
        bool counts = window->kind == DV_NTILE || window->kind == DV_PERCENT_RANK;
        if (!window->needed)
            continue;
        if (window->kind == DV_SHIFT)
            DV_TRY(shifted_open(windower, window->shift, err));
        if (reaches(window, window->reach)) {
            windower->reaches[window->reach].any = true;
            windower->reaches[window->reach].keeps_last |= window->kind == DV_LAST_VALUE;
        }
        if (counts || window->kind == DV_CUME_DIST)
            windower->reaches[DV_FRAME_PARTITION].any = true;
        if (window->kind == DV_CUME_DIST)
            windower->reaches[DV_FRAME_PEERS].any = true;
    }
    if (windower->reaches[DV_FRAME_PARTITION].any)
        DV_TRY(walker_open(windower, &windower->whole, err));
    if (windower->reaches[DV_FRAME_PEERS].any)
        DV_TRY(walker_open(windower, &windower->peers, err));
done:
    return status;
}

static void windower_close(struct windower *windower)
{
    dv_sorter_close(windower->rows.cursor);
    dv_sorter_close(windower->whole.cursor);
    dv_sorter_close(windower->peers.cursor);
    for (unsigned s = 0; s < windower->shifted_count; s++)
        dv_sorter_close(windower->shifted[s].cursor);
    for (size_t r = 0; r < sizeof windower->reaches / sizeof windower->reaches[0]; r++) {
        dv_buf_release(&windower->reaches[r].last);
        dv_arena_release(&windower->reaches[r].values);
    }
    dv_arena_release(&windower->partition);
    dv_buf_release(&windower->key);
    dv_buf_release(&windower->peer_key);
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
    windower_close(&windower);
    return status;
}
