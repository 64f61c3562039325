#include "cli/commands.h"
#include "jobs/inspect.h"

static enum dv_status cat(struct dv_options *options, struct dv_err *err)
{
    return dv_cat(options->arguments[0], options->limit, dv_print_bytes, NULL, err);
}

const struct dv_command dv_cmd_cat = {
    .name = "cat",
    .summary = "a dataset or a part as CSV, verified",
    .usage = "PATH",
    .about = "Writes the rows to standard output, the header once. Each part is compared with its manifest "
             "before its\n"
             "first row is written.",
    .example = "drover cat drover-work/bookings/20250601T013000Z-4f2a/transform/users --limit 10",
    .options = DV_OPT_BIT(DV_OPT_LIMIT),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = cat,
};
