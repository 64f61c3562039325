#include "core/tally.h"

#include "core/utf8_cut.h"

#include <inttypes.h>
#include <string.h>

#define NAMED_REASONS (DV_TALLY_REASONS - 2)

static struct dv_tally_reason *find_reason(struct dv_tally *tally, const char *name, bool rejected)
{
    for (unsigned i = 0; i < tally->reason_count; i++) {
        struct dv_tally_reason *reason = &tally->reasons[i];
        if (reason->rejected == rejected && strcmp(reason->name, name) == 0)
            return reason;
    }
    return NULL;
}

static struct dv_tally_reason *add_reason(struct dv_tally *tally, const char *name, bool rejected)
{
    struct dv_tally_reason *reason = &tally->reasons[tally->reason_count++];
    *reason = (struct dv_tally_reason){.rejected = rejected};
    memcpy(reason->name, name, strlen(name));
    return reason;
}

static void count(struct dv_tally *tally, const char *name, bool rejected, uint64_t rows)
{
    char kept[sizeof tally->reasons[0].name] = "";
    size_t length = strlen(name);
    memcpy(kept, name, length < sizeof kept ? length : dv_utf8_cut(name, sizeof kept - 1));

    struct dv_tally_reason *reason = find_reason(tally, kept, rejected);
    if (reason == NULL && tally->reason_count < NAMED_REASONS)
        reason = add_reason(tally, kept, rejected);
    if (reason == NULL)
        reason = find_reason(tally, "other", rejected);
    if (reason == NULL) /* two places are kept free: one for either kind of "other" */
        reason = add_reason(tally, "other", rejected);
    reason->rows += rows;
}

void dv_tally_reason(struct dv_tally *tally, const char *name, bool rejected, uint64_t rows)
{
    count(tally, name, rejected, rows);
    if (rejected)
        tally->rejected += rows;
    else
        tally->filtered += rows;
}

void dv_tally_add(struct dv_tally *to, const struct dv_tally *from)
{
    to->read += from->read;
    to->written += from->written;
    to->merged += from->merged;
    to->filtered += from->filtered;
    to->rejected += from->rejected;
    for (unsigned i = 0; i < from->reason_count; i++)
        count(to, from->reasons[i].name, from->reasons[i].rejected, from->reasons[i].rows);
}

enum dv_status dv_tally_check(const struct dv_tally *tally, const char *stage, const char *dataset,
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    uint64_t sums[2] = {0, 0};
    for (unsigned i = 0; i < tally->reason_count; i++)
        sums[tally->reasons[i].rejected] += tally->reasons[i].rows;
    if (tally->read != tally->written + tally->merged + tally->filtered + tally->rejected)
        status = dv_fail(err, DV_EXIT_BUG,
                         "rows do not add up: %" PRIu64 " read, but %" PRIu64 " written + %" PRIu64
                         " merged + %" PRIu64 " filtered + %" PRIu64 " rejected",
                         tally->read, tally->written, tally->merged, tally->filtered, tally->rejected);
    else if (sums[0] > tally->filtered || sums[1] > tally->rejected)
        status = dv_fail(err, DV_EXIT_BUG,
                         "reasons do not add up: %" PRIu64 " filtered and %" PRIu64
                         " rejected, but the reasons say %" PRIu64 " and %" PRIu64,
                         tally->filtered, tally->rejected, sums[0], sums[1]);
    if (status != DV_OK)
        dv_err_place(err, stage, dataset, -1, -1);
    return status;
}
