#include "load/isolate.h"

#include "core/sqlstate.h"
#include "core/stop.h"

#define FIRST_PIECE   1024
#define LARGEST_PIECE 8192

static uint64_t piece_size(uint64_t size, uint64_t at, uint64_t end, uint64_t suspect)
{
    uint64_t count = size < end - at ? size : end - at;
    if (suspect == at)
        return 1;
    if (suspect > at && suspect - at < count)
        return suspect - at;
    return count;
}

static enum dv_status refuse(struct dv_load_part *part, uint64_t row, struct dv_err *err)
{
    char detail[sizeof err->message];
    const char *reason = dv_sqlstate_name(err->sqlstate);
    __builtin_memcpy(detail, err->message, sizeof detail);
    return dv_refused_add(&part->refused, row, reason, detail, err);
}

enum dv_status dv_isolate(struct dv_load_part *part, uint64_t first, uint64_t count, dv_isolate_fn load,
                          void *context, struct dv_err *err)
{
    uint64_t size = FIRST_PIECE, suspect = 0, end = first + count;
    for (uint64_t at = first; at < end;) {
        uint64_t piece = piece_size(size, at, end, suspect), bad = 0;
        struct dv_load_count before = part->count;
        size_t refused_before = part->refused.count;
        enum dv_status status = dv_stop_check(err);
        if (status == DV_OK)
            status = dv_pg_exec(part->pg, "SAVEPOINT drover_piece", err);
        if (status != DV_OK)
            return status;
        status = load(context, at, piece, &bad, err);
        if (status == DV_OK) {
            status = dv_pg_exec(part->pg, "RELEASE drover_piece", err);
            if (status != DV_OK)
                return status;
            at += piece;
            size = size * 2 < LARGEST_PIECE ? size * 2 : LARGEST_PIECE;
            continue;
        }
        if (!dv_refused_is(err))
            return status;
        struct dv_err failure = *err;
        status = dv_pg_exec(part->pg, "ROLLBACK TO drover_piece; RELEASE drover_piece", err);
        if (status != DV_OK)
            return status;
        part->count = before;
        dv_refused_cut(&part->refused, refused_before);
        size = size > 1 ? size / 2 : 1;
        if (piece > 1) {
            suspect = bad > at && bad < at + piece ? bad : bad == at ? at : 0;
            continue;
        }
        status = refuse(part, at, &failure);
        if (status != DV_OK) {
            *err = failure;
            return status;
        }
        at++;
    }
    return DV_OK;
}
