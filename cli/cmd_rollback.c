#include "cli/commands.h"
#include "jobs/rollback.h"

static enum dv_status rollback(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    const struct dv_rollback_wish wish = {.act = options->yes, .only = options->only, .json = options->json};
    if (options->yes && options->plan)
        return dv_fail(err, DV_EXIT_USAGE, "--yes and --plan exclude each other");
    enum dv_status status = dv_rollback(&options->request, &wish, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_rollback = {
    .name = "rollback",
    .summary = "take one run back: counts first, --yes carries it out",
    .usage = "JOB --run ID",
    .about =
        "What the run inserted is removed, what it changed gets its old values, what somebody has "
        "edited since is\n"
        "left alone and listed. Without --yes only the three counts are shown: the rollback is done and "
        "undone in\n"
        "one transaction, which locks the rows meanwhile. With --yes it stops before a step that would do "
        "anything\n"
        "else than was counted. A run whose data a contract step has destroyed is not taken back.",
    .example = "drover rollback jobs/bookings --run 20250601T013000Z-4f2a --target service=app --yes",
    .options = DV_OPT_BIT(DV_OPT_TARGET) | DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_RUN) |
               DV_OPT_BIT(DV_OPT_ONLY) | DV_OPT_BIT(DV_OPT_YES) | DV_OPT_BIT(DV_OPT_PLAN) |
               DV_OPT_BIT(DV_OPT_JSON) | DV_OPT_BIT(DV_OPT_DEADLINE) | DV_OPTIONS_EFFORT,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = rollback,
};
