#include "cli/work.h"

static enum dv_status extract(struct dv_options *options, struct dv_err *err)
{
    return dv_work(options, DV_RUN_TO_WORK, DV_STAGE_EXTRACT, err);
}

static enum dv_status transform(struct dv_options *options, struct dv_err *err)
{
    return dv_work(options, DV_RUN_FROM_FILES, DV_STAGE_TRANSFORM, err);
}

static enum dv_status load(struct dv_options *options, struct dv_err *err)
{
    return dv_work(options, DV_RUN_TO_CONTINUE, DV_STAGE_EXPAND | DV_STAGE_LOAD | DV_STAGE_INDEX, err);
}

static enum dv_status verify(struct dv_options *options, struct dv_err *err)
{
    return dv_work(options, DV_RUN_TO_VERIFY, DV_STAGE_VERIFY | DV_STAGE_DONE, err);
}

const struct dv_command dv_cmd_extract = {
    .name = "extract",
    .summary = "the first stage alone: tables to stage files",
    .usage = "JOB",
    .about = "Reads the job's tables into the stage files of the current run, or of a new one where there is "
             "none. What\n"
             "is there already is not read again.",
    .example = "drover extract jobs/bookings --source service=legacy --target service=app",
    .options = DV_OPTIONS_RUN,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = extract,
};

const struct dv_command dv_cmd_transform = {
    .name = "transform",
    .summary = "the second stage alone: the job's models over the stage files",
    .usage = "JOB",
    .about = "Runs the models of the current run that are not done. Stops with code 4 where more rows are "
             "rejected than\n"
             "the job allows. Needs the stage files and no database.",
    .example = "drover transform jobs/bookings --max-rejects 2%",
    .options = DV_OPTIONS_RUN & ~DV_OPT_BIT(DV_OPT_NEW),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = transform,
};

const struct dv_command dv_cmd_load = {
    .name = "load",
    .summary = "the third stage alone: stage files to the target's tables",
    .usage = "JOB",
    .about = "Applies the schema steps of the phases expand and index around the load of the current run's "
             "datasets.\n"
             "Parts that the target's ledger names are not sent again.",
    .example = "drover load jobs/bookings --target service=app",
    .options = DV_OPTIONS_RUN & ~DV_OPT_BIT(DV_OPT_NEW),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = load,
};

const struct dv_command dv_cmd_verify = {
    .name = "verify",
    .summary = "the checks alone, of the current run or of the last one",
    .usage = "JOB",
    .about =
        "Rows accounted for, ledger and loaded columns against stage files, keys, foreign keys, and the "
        "job's "
        "own\n"
        "verify/*.sql: all of them anew. Code 5 where one of severity error fails; the violating rows are "
        "shown. The\n"
        "result is kept in the run's verify.json.",
    .example = "drover verify jobs/bookings --target service=app",
    .options = (DV_OPTIONS_RUN & ~(DV_OPT_BIT(DV_OPT_NEW) | DV_OPT_BIT(DV_OPT_MAX_REJECTS))) |
               DV_OPT_BIT(DV_OPT_JSON),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = verify,
};
