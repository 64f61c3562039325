#include "load/batch.h"

#include "load/changed.h"
#include "load/gate.h"
#include "load/ledger.h"
#include "load/sequence.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <string.h>

#define USUAL_SECONDS 0.5

/* In a transaction of its own, in which the table itself is not touched. */
static enum dv_status stage(struct dv_load_part *part, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_pg_begin(part->pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_stage_table_make_lasting(part->pg, part->table, err));
    DV_TRY(dv_part_stage(part, NULL, err));
    DV_TRY(dv_changed_look_ahead(part, err));
    status = dv_pg_commit(part->pg, err);
done:
    return status;
}

/* advance: the sequences go past all of the part with its first batch. */
static enum dv_status one_batch(struct dv_load_part *part, uint64_t rows, bool advance, struct dv_err *err)
{
    uint64_t settled = part->refused.settled, done;
    bool loaded;
    enum dv_status status;
    DV_TRY(dv_part_begin(part, settled + 1, settled + rows, &loaded, &done, err));
    if (done != settled) {
        status = dv_fail_retry(
            err, "another session has loaded rows of the part: %" PRIu64 " are done, not %" PRIu64, done,
            settled);
        goto done;
    }
    DV_TRY(dv_part_apply(part, err));
    if (advance)
        DV_TRY(dv_sequence_advance(part, err));
    status = dv_part_commit(part, err);
done:
    return status;
}

enum dv_status dv_part_in_batches(struct dv_load_part *part, struct dv_pace *pace,
                                  struct dv_progress_item *item, struct dv_err *err)
{
    const struct dv_load_spec *spec = part->table->spec;
    bool loaded, first = true, known = part->resumed;
    enum dv_status status;
    if (pace->rows == 0)
        dv_pace_begin(pace, spec->batch_rows, spec->batch_seconds > 0 ? spec->batch_seconds : USUAL_SECONDS);
    DV_TRY(dv_ledger_resume(part, &loaded, err));
    if (!known)
        dv_progress_add(item, part->refused.settled, 0);
    if (loaded)
        return DV_OK;
    DV_TRY(stage(part, err));
    do {
        DV_TRY(dv_gate_pass(part->run->gate, err));
        uint64_t rows = dv_pace_rows(pace, part->rows - part->refused.settled);
        int64_t began = dv_monotonic_us();
        status = one_batch(part, rows, first, err);
        /* A statement that took too long is tried on fewer rows before it is given up. */
        if (status == DV_FAILED && strcmp(err->sqlstate, "57014") == 0 && dv_pace_too_long(pace, rows))
            status = err->status = DV_RETRY;
        if (status != DV_OK)
            goto done;
        dv_pace_measured(pace, rows, (double)(dv_monotonic_us() - began) / 1e6);
        dv_progress_add(item, rows, part->rows > 0 ? part->raw_bytes / part->rows * rows : 0);
        first = false;
    } while (part->refused.settled < part->rows);
done:
    return status;
}
