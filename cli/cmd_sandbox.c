#include "cli/commands.h"
#include "core/alloc.h"
#include "core/file.h"
#include "core/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static enum dv_status start(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(dv_sandbox_start(dir, 0, err));
    DV_TRY(dv_sandbox_url(dir, out, err));
    dv_buf_byte(out, '\n');
done:
    return status;
}

static enum dv_status stop(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = dv_sandbox_stop(dir, err);
    if (status == DV_OK)
        dv_buf_str(out, "stopped\n");
    return status;
}

static enum dv_status url(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = dv_sandbox_url(dir, out, err);
    dv_buf_byte(out, '\n');
    return status;
}

/* Becomes psql: of the server's own version where that is there, else the one in PATH. */
static enum dv_status psql(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf uri = {0}, program = {0};
    bool packaged;
    (void)out;
    DV_TRY(dv_sandbox_start(dir, 0, err));
    DV_TRY(dv_sandbox_url(dir, &uri, err));
    DV_TRY(dv_sandbox_binaries(0, &program, err));
    dv_buf_str(&program, "/psql");
    const char *path = dv_buf_cstr(&program), *where = dv_buf_cstr(&uri);
    if (path == NULL || where == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_file_look(path, &packaged, err));
    signal(SIGPIPE, SIG_DFL); /* an ignored signal would stay ignored in psql */
    if (packaged)
        execl(path, "psql", where, (char *)NULL);
    else
        execlp("psql", "psql", where, (char *)NULL);
    status = dv_fail_os(err, errno, "cannot start psql");
    dv_err_hint(err, "install PostgreSQL's client programs");
done:
    dv_buf_release(&uri);
    dv_buf_release(&program);
    return status;
}

static enum dv_status sandbox(struct dv_options *options, struct dv_err *err)
{
    static const struct {
        const char *word;
        enum dv_status (*run)(const char *dir, struct dv_buf *out, struct dv_err *err);
    } actions[] = {{"start", start}, {"stop", stop}, {"psql", psql}, {"url", url}};
    enum dv_status status = DV_OK;
    struct dv_buf out = {0};
    size_t action = 0, count = sizeof actions / sizeof actions[0];
    while (action < count && strcmp(options->arguments[0], actions[action].word) != 0)
        action++;
    if (action == count) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is not start, stop, psql or url", options->arguments[0]);
        dv_err_hint(err, "usage: drover sandbox start|stop|psql|url");
        return status;
    }
    char *dir = dv_asprintf("%s/sandbox", options->request.work);
    if (dir == NULL)
        return dv_fail_memory(err);
    status = actions[action].run(dir, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    dv_free(dir);
    return status;
}

const struct dv_command dv_cmd_sandbox = {
    .name = "sandbox",
    .summary = "a private PostgreSQL in the work folder: start, stop, psql, url",
    .usage = "start|stop|psql|url",
    .about = "The server listens on a Unix socket only and outlives the command. As --source or --target it "
             "is called\n"
             "sandbox:, or sandbox:NAME for another database on it.",
    .example = "drover sandbox start && psql \"$(drover sandbox url)\"",
    .options = DV_OPT_BIT(DV_OPT_WORK),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = sandbox,
};
