#include "cli/work.h"

#include "jobs/dry_run.h"

#include <stdio.h>
#include <string.h>

/* What came of the run is told also where rejects or checks stopped it. */
static enum dv_status dry_run(struct dv_options *options, unsigned stages, struct dv_err *err)
{
    bool transaction = strcmp(options->dry_run, "transaction") == 0;
    struct dv_dry_run dry;
    struct dv_err of_report = DV_ERR_INIT;
    enum dv_status status;
    if (transaction && options->contract) {
        status = dv_fail(err, DV_EXIT_USAGE, "--dry-run=transaction and --contract exclude each other");
        dv_err_hint(err,
                    "use --dry-run --contract, which destroys in a copy; this one would lock all that it "
                    "destroys");
        return status;
    }
    status = dv_dry_run_begin(&dry, &options->request, transaction ? DV_DRY_RUN_TRANSACTION : DV_DRY_RUN_COPY,
                              err);
    if (status != DV_OK)
        return status;
    if (transaction && !options->quiet && !options->log_json) /* else it is an event */
        fputs("warning: from the load to the end this dry run holds locks on the target's tables and rows\n",
              stderr);
    options->request = dry.request;
    status = dv_work(options, DV_RUN_TO_WORK, stages, err);
    if (status < 0 && (err->code == DV_EXIT_FAULT || err->code == DV_EXIT_STOPPED))
        dv_err_hint(err, "nothing was changed in the target; a dry run begins anew each time");
    enum dv_status told = options->quiet ? DV_OK : dv_dry_run_report(&dry, dv_print_bytes, NULL, &of_report);
    if (status == DV_OK && told != DV_OK) {
        status = told;
        *err = of_report;
    }
    dv_dry_run_end(&dry);
    return status;
}

static enum dv_status run(struct dv_options *options, struct dv_err *err)
{
    unsigned stages = DV_STAGE_EXPAND | DV_STAGE_EXTRACT | DV_STAGE_TRANSFORM | DV_STAGE_LOAD |
                      DV_STAGE_INDEX | DV_STAGE_VERIFY | DV_STAGE_DONE;
    if (options->contract)
        stages |= DV_STAGE_CONTRACT;
    return options->dry_run != NULL ? dry_run(options, stages, err)
                                    : dv_work(options, DV_RUN_TO_WORK, stages, err);
}

const struct dv_command dv_cmd_run = {
    .name = "run",
    .summary = "do a job from the first stage to the last; resumes what is unfinished",
    .usage = "JOB",
    .about =
        "Schema (expand), extract, transform, load, schema (index), verify. Interrupted anywhere, the same "
        "command\n"
        "goes on where it was; after a finished run it begins a new one. Prints every row's fate at the "
        "end.\n"
        "--dry-run does all of it on a copy of the target in a private server, shows what each table would "
        "get "
        "and every\n"
        "rejected row, and ends with the code that the run would end with. The target is only read.\n"
        "--dry-run=transaction extracts and transforms, then does the rest on the target itself, over one\n"
        "connection and in one transaction, which is rolled back. Its locks on the target last that long.",
    .example = "drover run jobs/bookings --source service=legacy --target service=app --workers 4",
    .options = DV_OPTIONS_RUN | DV_OPT_BIT(DV_OPT_CONTRACT) | DV_OPT_BIT(DV_OPT_DRY_RUN),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
