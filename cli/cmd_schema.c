#include "cli/commands.h"
#include "jobs/steps.h"

#include <string.h>

static enum dv_status schema(struct dv_options *options, struct dv_err *err)
{
    static const char *const words[] = {"status", "up", "down"};
    enum dv_status status = DV_OK;
    struct dv_buf out = {0};
    const char *word = options->arguments[0];
    unsigned action = 0;
    while (action < 3 && strcmp(word, words[action]) != 0)
        action++;
    if (action == 3) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is not status, up or down", word);
        dv_err_hint(err, "usage: drover schema status|up|down JOB");
        return status;
    }
    options->request.job_dir = options->arguments[1];
    enum dv_steps_action what = action == 0 ? DV_STEPS_STATUS : action == 1 ? DV_STEPS_UP : DV_STEPS_DOWN;
    enum dv_phase phase = what == DV_STEPS_UP ? DV_PHASE_INDEX : DV_PHASE_EXPAND;
    if (options->phase != NULL)
        DV_TRY(dv_phase_parse(options->phase, &phase, err));
    if (what == DV_STEPS_DOWN && !options->yes)
        what = DV_STEPS_DOWN_PLAN;
    DV_TRY(dv_steps(&options->request, what, phase, &out, err));
    status = dv_print(&out, err);
done:
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_schema = {
    .name = "schema",
    .summary = "a job's schema steps: status, up, down",
    .usage = "status|up|down JOB",
    .about = "up applies what is pending of the phases expand and index; with --phase, of the phases up to "
             "that one.\n"
             "down undoes what is applied, newest first; with --phase, from contract down to that phase; it "
             "only shows\n"
             "what it would undo unless --yes is given.",
    .example = "drover schema up jobs/bookings --target service=app",
    .options = DV_OPT_BIT(DV_OPT_TARGET) | DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_PHASE) |
               DV_OPT_BIT(DV_OPT_YES) | DV_OPT_BIT(DV_OPT_WORKERS),
    .least_arguments = 2,
    .most_arguments = 2,
    .run = schema,
};
