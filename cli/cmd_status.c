#include "cli/commands.h"
#include "core/alloc.h"
#include "core/stop.h"
#include "jobs/status.h"

#include <time.h>
#include <unistd.h>

static enum dv_status show(const struct dv_options *options, bool clear, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *runs = NULL;
    struct dv_buf out = {0};
    char *json = NULL;
    if (clear)
        dv_buf_str(&out, "\033[H\033[2J");
    DV_TRY(dv_work_status(options->request.work, options->arguments[0], &runs, err));
    if (options->json) {
        json = json_dumps(runs, JSON_SORT_KEYS | JSON_INDENT(2));
        if (json == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
        dv_buf_printf(&out, "%s\n", json);
    } else {
        DV_TRY(dv_work_status_text(runs, &out, err));
    }
    status = dv_print(&out, err);
done:
    dv_free(json);
    json_decref(runs);
    dv_buf_release(&out);
    return status;
}

static enum dv_status status_of(struct dv_options *options, struct dv_err *err)
{
    bool terminal = options->watch && isatty(STDOUT_FILENO);
    do {
        enum dv_status status = show(options, terminal, err);
        if (status != DV_OK || !options->watch)
            return status;
        struct timespec pause = {.tv_sec = 1};
        nanosleep(&pause, NULL);
    } while (!dv_stop_requested());
    return DV_OK; /* stopping is how watching ends */
}

const struct dv_command dv_cmd_status = {
    .name = "status",
    .summary = "the runs in the work folder: state, stage, parts, rows",
    .usage = "[JOB]",
    .about = "All runs of JOB (its folder or its name), or the newest run of every job. Reads the work "
             "folder alone,\n"
             "no server is asked.",
    .example = "drover status jobs/bookings --watch",
    .options = DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_JSON) | DV_OPT_BIT(DV_OPT_WATCH),
    .least_arguments = 0,
    .most_arguments = 1,
    .run = status_of,
};
