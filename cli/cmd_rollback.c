#include "cli/commands.h"
#include "jobs/rollback.h"

/* The counts come first, also where --yes is given: they are what a reader of the log wants to find. */
static enum dv_status rollback(struct dv_options *options, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf out = {0};
    if (options->yes && options->plan)
        return dv_fail(err, DV_EXIT_USAGE, "--yes and --plan exclude each other");
    DV_TRY(dv_rollback(&options->request, false, &out, err));
    if (!options->yes) {
        status = dv_print(&out, err);
        goto done;
    }
    dv_buf_reset(&out);
    DV_TRY(dv_rollback(&options->request, true, &out, err));
    status = dv_print(&out, err);
done:
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_rollback = {
    .name = "rollback",
    .summary = "take one run back: counts first, --yes carries it out",
    .usage = "JOB --run ID",
    .about = "What the run inserted is removed, what it changed gets its old values, what somebody has "
             "edited since is\n"
             "left alone and listed. Without --yes only the three counts are shown.",
    .example = "drover rollback jobs/bookings --run 20250601T013000Z-4f2a --target service=app --yes",
    .options = DV_OPT_BIT(DV_OPT_TARGET) | DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_RUN) |
               DV_OPT_BIT(DV_OPT_YES) | DV_OPT_BIT(DV_OPT_PLAN) | DV_OPTIONS_EFFORT,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = rollback,
};
