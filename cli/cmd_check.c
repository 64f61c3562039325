#include "cli/commands.h"
#include "jobs/plan.h"

static enum dv_status check(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    enum dv_status status = dv_check_job(&options->request, &out, err);
    struct dv_err unprinted = DV_ERR_INIT;
    enum dv_status printed =
        status != DV_OK || !options->quiet ? dv_print(&out, &unprinted) : DV_OK; /* what is wrong: always */
    if (status == DV_OK && printed != DV_OK) {
        *err = unprinted;
        status = printed;
    }
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_check = {
    .name = "check",
    .summary = "parse and type-check a job against both databases; touches nothing",
    .usage = "JOB",
    .about =
        "Reads job.json, the models and the schema steps, and holds them against the columns of the source's "
        "and\n"
        "the target's tables. Says what was checked, or the first mistake with its place and what to do. "
        "Missing "
        "privileges,\n"
        "names that are too long and a full disk are named all at once, with what mends them.",
    .example = "drover check jobs/bookings --source service=legacy --target service=app",
    .options = DV_OPTIONS_DATABASES | DV_OPT_BIT(DV_OPT_PARAM) | DV_OPT_BIT(DV_OPT_QUIET),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = check,
};
