#include "cli/commands.h"
#include "jobs/plan.h"

static enum dv_status plan(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    enum dv_status status = dv_plan(&options->request, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_plan = {
    .name = "plan",
    .summary = "show what a run would do; writes nothing",
    .usage = "JOB",
    .about = "Schema steps that are pending, tables with their estimated rows, models in the order in which "
             "they run,\n"
             "load modes, what a resume of the current run would skip, and what would stop a run: missing "
             "privileges,\n"
             "names that are too long, disk space, locks.",
    .example = "drover plan jobs/bookings --source service=legacy --target service=app",
    .options = DV_OPTIONS_DATABASES | DV_OPT_BIT(DV_OPT_PARAM) | DV_OPT_BIT(DV_OPT_RUN) |
               DV_OPT_BIT(DV_OPT_NEW) | DV_OPT_BIT(DV_OPT_MAX_REJECTS),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = plan,
};
