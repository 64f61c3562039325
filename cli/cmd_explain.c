#include "cli/commands.h"
#include "jobs/explain.h"

static enum dv_status explain(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    enum dv_status status =
        dv_explain_model(&options->request, options->arguments[1], options->analyze, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_explain = {
    .name = "explain",
    .summary = "what the engine does for a model: scan, lookups, barriers, passes",
    .usage = "JOB MODEL",
    .about =
        "Shows how MODEL is made, back to the extracted tables: as the newest run has them, or, where a\n"
        "database is given, as they are there. With --analyze the models are run over the stage files of\n"
        "the newest extracted run, beside it, and every step shows its rows, bytes and processor time.",
    .example = "drover explain jobs/bookings users --analyze",
    .options = DV_OPTIONS_DATABASES | DV_OPT_BIT(DV_OPT_PARAM) | DV_OPT_BIT(DV_OPT_RUN) |
               DV_OPT_BIT(DV_OPT_WORKERS) | DV_OPT_BIT(DV_OPT_MEMORY) | DV_OPT_BIT(DV_OPT_ANALYZE),
    .least_arguments = 2,
    .most_arguments = 2,
    .run = explain,
};
