#include "cli/work.h"

static enum dv_status run(struct dv_options *options, struct dv_err *err)
{
    unsigned stages = DV_STAGE_EXPAND | DV_STAGE_EXTRACT | DV_STAGE_TRANSFORM | DV_STAGE_LOAD |
                      DV_STAGE_INDEX | DV_STAGE_VERIFY | DV_STAGE_DONE;
    if (options->contract)
        stages |= DV_STAGE_CONTRACT;
    return dv_work(options, DV_RUN_TO_WORK, stages, err);
}

const struct dv_command dv_cmd_run = {
    .name = "run",
    .summary = "do a job from the first stage to the last; resumes what is unfinished",
    .usage = "JOB",
    .about =
        "Schema (expand), extract, transform, load, schema (index), verify. Interrupted anywhere, the same "
        "command\n"
        "goes on where it was; after a finished run it begins a new one. Prints every row's fate at the end.",
    .example = "drover run jobs/bookings --source service=legacy --target service=app --workers 4",
    .options = DV_OPTIONS_RUN | DV_OPT_BIT(DV_OPT_CONTRACT),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
