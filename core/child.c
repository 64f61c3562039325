#include "core/child.h"

#include "core/alloc.h"
#include "core/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_US 20000

extern char **environ;

void dv_child_log_tail(const char *log, char *out, size_t size)
{
    out[0] = '\0';
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    struct stat is;
    if (fd >= 0 && fstat(fd, &is) == 0) {
        off_t from = is.st_size > (off_t)size - 1 ? is.st_size - (off_t)size + 1 : 0;
        ssize_t length = pread(fd, out, size - 1, from);
        out[length < 0 ? 0 : length] = '\0';
    }
    if (fd >= 0)
        close(fd);
    for (char *at = out; *at != '\0'; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
}

enum dv_status dv_child_await(pid_t child, const char *program, int *exit_code, struct dv_err *err)
{
    int result;
    for (;;) {
        pid_t ended = waitpid(child, &result, WNOHANG);
        if (ended == child)
            break;
        if (ended < 0 && errno != EINTR)
            return dv_fail_os(err, errno, "waiting for %s", program);
        if (dv_stop_requested()) {
            (void)kill(child, SIGTERM);
            while (waitpid(child, &result, 0) < 0 && errno == EINTR)
                continue;
            return dv_stop_check(err);
        }
        (void)usleep(POLL_US);
    }
    *exit_code = WIFEXITED(result) ? WEXITSTATUS(result) : 128;
    return DV_OK;
}

static bool same_name(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length + 1) == 0;
}

/* Ours, but for the names that `set` gives another value. */
static char **environment(char *const set[])
{
    size_t ours = 0, more = 0, count = 0;
    while (environ[ours] != NULL)
        ours++;
    while (set != NULL && set[more] != NULL)
        more++;
    char **all = dv_calloc(ours + more + 1, sizeof *all);
    for (size_t i = 0; all != NULL && i < more; i++)
        all[count++] = set[i];
    for (size_t i = 0; all != NULL && i < ours; i++) {
        bool given = false;
        for (size_t k = 0; k < more; k++)
            given = given || same_name(set[k], environ[i]);
        if (!given)
            all[count++] = environ[i];
    }
    return all;
}

enum dv_status dv_child_run(char *const argv[], char *const set[], const char *log, struct dv_err *err)
{
    enum dv_status status;
    char said[600];
    int exit_code = 0;
    char **all = environment(set);
    int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (all == NULL || output < 0) {
        status = all == NULL ? dv_fail_memory(err) : dv_fail_os(err, errno, "cannot open %s", log);
        goto done;
    }
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDONLY);
        if (dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
            _exit(126);
        (void)close_range(3, ~0U, 0);
        (void)signal(SIGPIPE, SIG_DFL);
        execve(argv[0], argv, all);
        _exit(127);
    }
    if (child < 0) {
        status = dv_fail_os(err, errno, "cannot start %s", argv[0]);
        goto done;
    }
    DV_TRY(dv_child_await(child, argv[0], &exit_code, err));
    if (exit_code == 0)
        goto done;
    dv_child_log_tail(log, said, sizeof said);
    const char *name = strrchr(argv[0], '/');
    status = dv_fail(err, DV_EXIT_FAULT, "%s failed: %s", name != NULL ? name + 1 : argv[0],
                     exit_code == 127 ? "it cannot be started" : said);
done:
    if (output >= 0)
        close(output);
    dv_free(all);
    return status;
}
