#include "cli/commands.h"
#include "jobs/inspect.h"

static enum dv_status inspect(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    enum dv_status status = dv_inspect(options->arguments[0], &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_inspect = {
    .name = "inspect",
    .summary = "what is in a part, a dataset or a run; verifies it",
    .usage = "PATH",
    .about = "PATH is a part (part-00000.csv.gz), the folder of a dataset, or the folder of a run. Every "
             "part is read and\n"
             "compared with its manifest: columns, rows, blocks, SHA-256.",
    .example = "drover inspect drover-work/bookings/20250601T013000Z-4f2a/transform/users",
    .options = 0,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = inspect,
};
