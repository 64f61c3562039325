#include "cli/work.h"

#include "cli/progress.h"
#include "core/alloc.h"
#include "core/file.h"
#include "jobs/verification.h"

#include <string.h>
#include <unistd.h>

static void log_to_stderr(void *context, const char *line)
{
    struct dv_buf text = {0};
    struct dv_err ignored = DV_ERR_INIT;
    (void)context;
    dv_buf_str(&text, line);
    if (text.len == 0 || text.data[text.len - 1] != '\n')
        dv_buf_byte(&text, '\n');
    /* log.jsonl has the line too; a closed stderr does not stop the run */
    if (!text.failed && dv_file_write_all(STDERR_FILENO, text.data, text.len, "stderr", &ignored) != DV_OK)
        dv_buf_reset(&text);
    dv_buf_release(&text);
}

static enum dv_status print_json(const struct dv_run *run, struct dv_err *err)
{
    struct dv_buf out = {0};
    enum dv_status status = dv_verification_json(run, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

/* What the look ahead found: beside the summary, as the summary is what others read. */
static void tell_findings(const struct dv_run *run, bool quiet)
{
    struct dv_buf out = {0};
    struct dv_err ignored = DV_ERR_INIT;
    if (!quiet || dv_findings_forbid(&run->findings))
        dv_findings_format(&run->findings, DV_FINDING_WARNING, &out);
    /* log.jsonl has the findings too */
    if (!out.failed && out.len > 0 &&
        dv_file_write_all(STDERR_FILENO, out.data, out.len, "stderr", &ignored) != DV_OK)
        dv_buf_reset(&out);
    dv_buf_release(&out);
}

static enum dv_status print_summary(const struct dv_run *run, enum dv_status worked, struct dv_err *err)
{
    struct dv_buf out = {0};
    dv_buf_printf(&out, "%s %s%s%s\n", run->job.name, run->id, run->resumed ? " (resumed)" : "",
                  worked == DV_OK && run->done ? ": done and verified" : "");
    enum dv_status status = dv_run_summary(run, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

enum dv_status dv_work(struct dv_options *options, enum dv_run_purpose purpose, unsigned stages,
                       struct dv_err *err)
{
    struct dv_run run;
    struct dv_err of_summary = DV_ERR_INIT;
    struct dv_progress *progress = dv_calloc(1, sizeof *progress);
    if (progress == NULL)
        return dv_fail_memory(err);
    options->request.progress = progress;
    if (options->log_json)
        options->request.log_line = log_to_stderr;
    enum dv_status status = dv_run_open(&run, &options->request, purpose, err);
    if (status == DV_OK) {
        struct dv_live *live = dv_live_start(progress, options->quiet || options->log_json);
        status = dv_run_stages(&run, stages, err);
        dv_live_stop(live);
        if (!options->log_json) /* else they are events */
            tell_findings(&run, options->quiet);
        bool told = status == DV_OK || err->code == DV_EXIT_VERIFY || err->code == DV_EXIT_REJECTS;
        enum dv_status printed = DV_OK;
        if (told && options->json)
            printed = print_json(&run, &of_summary);
        else if (told && (status != DV_OK || !options->quiet))
            printed = print_summary(&run, status, &of_summary);
        /* What is done stays done where nobody could be told: the same command would begin another run. */
        if (status == DV_OK && printed != DV_OK && !run.done) {
            status = printed;
            *err = of_summary;
        }
        dv_run_close(&run);
    }
    dv_free(progress);
    return status;
}
