#include "cli/commands.h"
#include "cli/progress.h"
#include "core/alloc.h"
#include "jobs/replay.h"

#include <string.h>

static enum dv_status list(struct dv_options *options, struct dv_buf *out, struct dv_err *err)
{
    return dv_rejects_list(&options->request, options->samples, options->json, out, err);
}

static enum dv_status export_rows(struct dv_options *options, struct dv_buf *out, struct dv_err *err)
{
    if (options->out != NULL)
        return dv_rejects_export(&options->request, options->out, out, err);
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "where to? --out is missing");
    dv_err_hint(err, "drover rejects export JOB --out DIR writes one CSV file a list");
    return status;
}

static enum dv_status replay(struct dv_options *options, struct dv_buf *out, struct dv_err *err)
{
    struct dv_progress *progress = dv_calloc(1, sizeof *progress);
    if (progress == NULL)
        return dv_fail_memory(err);
    options->request.progress = progress;
    struct dv_live *live = dv_live_start(progress, options->quiet);
    enum dv_status status = dv_rejects_replay(&options->request, options->from, out, err);
    dv_live_stop(live);
    dv_free(progress);
    return status;
}

static const struct {
    const char *word;
    enum dv_status (*run)(struct dv_options *options, struct dv_buf *out, struct dv_err *err);
} actions[] = {{"list", list}, {"export", export_rows}, {"replay", replay}};

static enum dv_status rejects(struct dv_options *options, struct dv_err *err)
{
    const char *word = options->arguments[0];
    struct dv_err of_print = DV_ERR_INIT;
    struct dv_buf out = {0};
    enum dv_status status;
    size_t action = 0, count = sizeof actions / sizeof actions[0];
    while (action < count && strcmp(word, actions[action].word) != 0)
        action++;
    if (action == count) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is not list, export or replay", word);
        dv_err_hint(err, "usage: drover rejects list|export|replay JOB");
        return status;
    }
    options->request.job_dir = options->arguments[1];
    status = actions[action].run(options, &out, err);
    /* What was found is shown also where checks failed. */
    bool shown = !options->quiet && (status == DV_OK || err->code == DV_EXIT_VERIFY);
    enum dv_status printed = shown ? dv_print(&out, &of_print) : DV_OK;
    if (status == DV_OK && printed != DV_OK) {
        status = printed;
        *err = of_print;
    }
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_rejects = {
    .name = "rejects",
    .summary = "rejected rows: list them, export them to be corrected, replay them",
    .usage = "list|export|replay JOB",
    .about = "list shows rejected rows by stage, dataset and reason. export writes them as CSV files into "
             "--out; corrected\n"
             "there, replay --from sends them through again: the target becomes what the run would have made "
             "of the\n"
             "corrected rows. Of records that could not be read from files the column record is corrected. "
             "Without --from\n"
             "the rows that the target refused are tried again as they are. A wrong line in a file stops it "
             "before\n"
             "anything is loaded. Interrupted, the same command goes on.",
    .example = "drover rejects replay jobs/bookings --from corrected/ --target service=app",
    .options = DV_OPT_BIT(DV_OPT_TARGET) | DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_RUN) |
               DV_OPT_BIT(DV_OPT_JSON) | DV_OPT_BIT(DV_OPT_SAMPLES) | DV_OPT_BIT(DV_OPT_OUT) |
               DV_OPT_BIT(DV_OPT_FROM) | DV_OPT_BIT(DV_OPT_MAX_REJECTS) | DV_OPT_BIT(DV_OPT_QUIET) |
               DV_OPTIONS_EFFORT,
    .least_arguments = 2,
    .most_arguments = 2,
    .run = rejects,
};
