#include "cli/work.h"

#include "cli/progress.h"
#include "core/alloc.h"
#include "core/file.h"

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

static enum dv_status print_summary(const struct dv_run *run, enum dv_status worked, struct dv_err *err)
{
    struct dv_buf out = {0};
    bool done = dv_run_state(run->dir) == DV_RUN_DONE;
    dv_buf_printf(&out, "%s %s%s%s\n", run->job.name, run->id, run->resumed ? " (resumed)" : "",
                  worked == DV_OK && done ? ": done and verified" : "");
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
        bool shown =
            status == DV_OK ? !options->quiet : err->code == DV_EXIT_VERIFY || err->code == DV_EXIT_REJECTS;
        enum dv_status printed = shown ? print_summary(&run, status, &of_summary) : DV_OK;
        if (status == DV_OK && printed != DV_OK) {
            status = printed;
            *err = of_summary;
        }
        dv_run_close(&run);
    }
    dv_free(progress);
    return status;
}
