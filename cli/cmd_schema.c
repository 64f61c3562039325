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
    struct dv_steps_wish wish = {.action = (enum dv_steps_action)action,
                                 .phase = action == DV_STEPS_UP ? DV_PHASE_INDEX : DV_PHASE_EXPAND,
                                 .to = options->to,
                                 .yes = options->yes,
                                 .json = options->json};
    if (options->phase != NULL)
        DV_TRY(dv_phase_parse(options->phase, &wish.phase, err));
    if (options->to != NULL && (options->phase != NULL || wish.action != DV_STEPS_DOWN)) {
        status = dv_fail(err, DV_EXIT_USAGE, "--to is for drover schema down, without --phase");
        dv_err_hint(err, "usage: drover schema down JOB [--phase PHASE | --to STEP]");
        goto done;
    }
    DV_TRY(dv_steps(&options->request, &wish, &out, err));
    status = dv_print(&out, err);
done:
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_schema = {
    .name = "schema",
    .summary = "a job's schema steps: status, up, down",
    .usage = "status|up|down JOB",
    .about =
        "status lists the steps: phase, state, when and by which run each was applied.\n"
        "up applies what is pending of the phases expand and index; with --phase, of the phases up to that "
        "one.\n"
        "Contract steps destroy: --phase contract only lists them unless --yes is given, and then they wait "
        "for a\n"
        "verification of the newest run that passed.\n"
        "down undoes what is applied, newest first; with --phase, from contract down to that phase; with "
        "--to,\n"
        "what was applied after that step, in the order of phases and numbers. It only shows what it would "
        "undo\n"
        "unless --yes is given.",
    .example = "drover schema up jobs/bookings --target service=app",
    .options = DV_OPT_BIT(DV_OPT_TARGET) | DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_PHASE) |
               DV_OPT_BIT(DV_OPT_TO) | DV_OPT_BIT(DV_OPT_JSON) | DV_OPT_BIT(DV_OPT_YES) |
               DV_OPT_BIT(DV_OPT_PARAM) | DV_OPT_BIT(DV_OPT_WORKERS),
    .least_arguments = 2,
    .most_arguments = 2,
    .run = schema,
};
