#include "core/sandbox.h"

#include "core/alloc.h"
#include "core/child.h"
#include "core/file.h"
#include "core/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET_FILE  "/.s.PGSQL.5432"
#define SOCKET_LIMIT 107 /* bytes of sockaddr_un.sun_path, its NUL not counted */
#define POLL_US      20000

struct sandbox {
    char dir[PATH_MAX];  /* what the caller named, absolute */
    char home[PATH_MAX]; /* where the cluster is: dir, or elsewhere */
    char data[PATH_MAX + 8];
    char log[PATH_MAX + 16];
    char socket[SOCKET_LIMIT + 1]; /* the socket's folder; "" until start has settled it */
    bool drop;                     /* we are root: become uid before running PostgreSQL's programs */
    uid_t uid;
    gid_t gid;
    int lock;
};

/* The one line that a record file holds; "" where there is no such file. */
static enum dv_status read_record(const char *dir, const char *name, char *out, size_t size,
                                  struct dv_err *err)
{
    char path[PATH_MAX + 16];
    struct dv_buf text = {0};
    bool there;
    enum dv_status status;
    out[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    DV_TRY(dv_file_look(path, &there, err));
    if (there)
        DV_TRY(dv_file_read(path, size - 1, &text, err));
    dv_buf_byte(&text, '\0');
    DV_TRY(dv_buf_check(&text, err));
    (void)snprintf(out, size, "%.*s", (int)strcspn(text.data, "\n"), text.data);
done:
    dv_buf_release(&text);
    return status;
}

static enum dv_status write_record(const char *dir, const char *name, const char *text, struct dv_err *err)
{
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return dv_file_publish(path, text, strlen(text), err);
}

static enum dv_status set_home(struct sandbox *box, const char *home, struct dv_err *err)
{
    if (strlen(home) > PATH_MAX - 32)
        return dv_fail(err, DV_EXIT_USAGE, "the sandbox's path is too long: %.200s", home);
    memmove(box->home, home, strlen(home) + 1);
    (void)snprintf(box->data, sizeof box->data, "%.*s/data", PATH_MAX - 32, box->home);
    (void)snprintf(box->log, sizeof box->log, "%.*s/server.log", PATH_MAX - 32, box->home);
    return DV_OK;
}

static enum dv_status find_user(struct sandbox *box, struct dv_err *err)
{
    box->uid = geteuid();
    box->gid = getegid();
    box->drop = box->uid == 0;
    if (!box->drop)
        return DV_OK;
    char text[4096];
    struct passwd entry, *found = NULL;
    if (getpwnam_r("postgres", &entry, text, sizeof text, &found) != 0 || found == NULL)
        (void)getpwnam_r("nobody", &entry, text, sizeof text, &found);
    if (found == NULL)
        return dv_fail(err, DV_EXIT_FAULT,
                       "PostgreSQL does not run as root, and there is no user postgres or nobody");
    box->uid = found->pw_uid;
    box->gid = found->pw_gid;
    return DV_OK;
}

/* Between fork and exec: only calls that are safe there. */
static bool become(const struct sandbox *box)
{
    return !box->drop || (setgroups(0, NULL) == 0 && setgid(box->gid) == 0 && setuid(box->uid) == 0);
}

static bool reachable(const struct sandbox *box)
{
    pid_t child = fork();
    if (child == 0)
        _exit(become(box) && access(box->dir, R_OK | W_OK | X_OK) == 0 ? 0 : 1);
    int status = 1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Runs one of PostgreSQL's programs as the server's user; what it says goes to the log. */
static enum dv_status run(const struct sandbox *box, char *const argv[], int *exit_code, struct dv_err *err)
{
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8";
    char *const environment[] = {path, locale, NULL}; /* none of the caller's PG... variables */
    int output = open(box->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0 || (box->drop && fchown(output, box->uid, box->gid) != 0)) {
        enum dv_status status = dv_fail_os(err, errno, "cannot open %s", box->log);
        if (output >= 0)
            close(output);
        return status;
    }
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDONLY);
        if (dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || chdir("/") != 0)
            _exit(126);
        (void)close_range(3, ~0U, 0); /* the server must not hold the caller's files and locks */
        sigset_t none;
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)signal(SIGPIPE, SIG_DFL);
        if (!become(box))
            _exit(126);
        execve(argv[0], argv, environment);
        _exit(127);
    }
    int why = errno;
    close(output);
    if (child < 0)
        return dv_fail_os(err, why, "cannot start %s", argv[0]);
    return dv_child_await(child, argv[0], exit_code, err);
}

static enum dv_status take_lock(struct sandbox *box, struct dv_err *err)
{
    char path[PATH_MAX + 8];
    (void)snprintf(path, sizeof path, "%s/lock", box->dir);
    box->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (box->lock < 0)
        return dv_fail_os(err, errno, "cannot open %s", path);
    while (flock(box->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return dv_fail_os(err, errno, "cannot lock %s", path);
        enum dv_status status = dv_stop_check(err);
        if (status != DV_OK)
            return status;
        (void)usleep(POLL_US);
    }
    return DV_OK;
}

static void release(struct sandbox *box)
{
    if (box != NULL && box->lock >= 0)
        close(box->lock);
    dv_free(box);
}

/* What is recorded about the sandbox in `dir`, which must exist. With lock: nobody else starts or stops it
 * meanwhile. */
static enum dv_status open_box(const char *dir, bool lock, struct sandbox **out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char home[PATH_MAX];
    struct sandbox *box = dv_calloc(1, sizeof *box);
    *out = NULL;
    if (box == NULL)
        return dv_fail_memory(err);
    box->lock = -1;
    if (realpath(dir, box->dir) == NULL) {
        status = dv_fail_os(err, errno, "cannot find the sandbox %s", dir);
        goto done;
    }
    DV_TRY(find_user(box, err));
    if (lock)
        DV_TRY(take_lock(box, err));
    DV_TRY(read_record(box->dir, "home", home, sizeof home, err));
    DV_TRY(set_home(box, home[0] != '\0' ? home : box->dir, err));
    DV_TRY(read_record(box->dir, "socket", box->socket, sizeof box->socket, err));
    if (box->socket[0] == '\0' && strlen(box->home) + strlen(SOCKET_FILE) <= SOCKET_LIMIT)
        memcpy(box->socket, box->home, strlen(box->home) + 1);
    *out = box;
    box = NULL;
done:
    release(box);
    return status;
}

static enum dv_status make_folder(const struct sandbox *box, const char *under, char *out, size_t size,
                                  struct dv_err *err)
{
    int length = snprintf(out, size, "%s/drover-XXXXXX", under);
    if (length < 0 || (size_t)length >= size)
        return dv_fail(err, DV_EXIT_FAULT, "the path of the folder for temporary files is too long");
    if (mkdtemp(out) == NULL)
        return dv_fail_os(err, errno, "cannot make a folder under %s", under);
    if (box->drop && chown(out, box->uid, box->gid) != 0)
        return dv_fail_os(err, errno, "cannot give %s to the server's user", out);
    return DV_OK;
}

/* Settles where cluster and socket go; what is not DIR itself is recorded there. */
static enum dv_status settle(struct sandbox *box, struct dv_err *err)
{
    enum dv_status status;
    bool made = true, there = false;
    if (strcmp(box->home, box->dir) == 0)
        DV_TRY(dv_file_look(box->data, &made, err));
    if (!made) {
        if (box->drop && chown(box->dir, box->uid, box->gid) != 0)
            return dv_fail_os(err, errno, "cannot give %s to the server's user", box->dir);
        if (!reachable(box)) {
            char home[PATH_MAX];
            const char *temporary = getenv("TMPDIR");
            if (temporary == NULL || *temporary != '/')
                temporary = "/var/tmp";
            DV_TRY(make_folder(box, temporary, home, sizeof home, err));
            DV_TRY(write_record(box->dir, "home", home, err));
            DV_TRY(set_home(box, home, err));
            box->socket[0] = '\0';
        }
    }
    if (box->socket[0] == '\0' && strlen(box->home) + strlen(SOCKET_FILE) <= SOCKET_LIMIT)
        memcpy(box->socket, box->home, strlen(box->home) + 1);
    if (box->socket[0] != '\0')
        DV_TRY(dv_file_look(box->socket, &there, err));
    if (!there) { /* none yet, or /tmp was swept */
        DV_TRY(make_folder(box, "/tmp", box->socket, sizeof box->socket, err));
        DV_TRY(write_record(box->dir, "socket", box->socket, err));
    }
    return DV_OK;
done:
    return status;
}

static enum dv_status failed(const struct sandbox *box, const char *what, struct dv_err *err)
{
    char tail[700];
    dv_child_log_tail(box->log, tail, sizeof tail);
    enum dv_status status =
        dv_fail(err, DV_EXIT_FAULT, "%s: %s", what, tail[0] != '\0' ? tail : "it said nothing");
    dv_err_hint(err, "the whole log is %.400s", box->log);
    return status;
}

static enum dv_status url(const struct sandbox *box, struct dv_buf *out, struct dv_err *err)
{
    dv_buf_str(out, "host='");
    for (const char *at = box->socket; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\')
            dv_buf_byte(out, '\\');
        dv_buf_byte(out, *at);
    }
    dv_buf_str(out, "' port=5432 user=postgres dbname=postgres");
    return dv_buf_check(out, err);
}

static enum dv_status ping(const struct sandbox *box, bool *running, struct dv_err *err)
{
    *running = false;
    if (box->socket[0] == '\0')
        return DV_OK;
    struct dv_buf text = {0};
    enum dv_status status = url(box, &text, err);
    if (status == DV_OK) {
        dv_buf_str(&text, " connect_timeout=5");
        const char *uri = dv_buf_cstr(&text);
        PGPing answer = uri == NULL ? PQPING_NO_ATTEMPT : PQping(uri);
        *running = answer == PQPING_OK || answer == PQPING_REJECT;
    }
    dv_buf_release(&text);
    return status;
}

static enum dv_status find_program(const struct sandbox *box, const char *name, char *out, size_t size,
                                   struct dv_err *err)
{
    char version[16];
    struct dv_buf folder = {0};
    enum dv_status status = read_record(box->data, "PG_VERSION", version, sizeof version, err);
    if (status == DV_OK)
        status = dv_sandbox_binaries((unsigned)strtoul(version, NULL, 10), &folder, err);
    if (status == DV_OK)
        (void)snprintf(out, size, "%.*s/%s", (int)folder.len, folder.data, name);
    dv_buf_release(&folder);
    return status;
}

/* DIR/sandbox says "new" while initdb runs and "made" after it: what a crash left half made is made anew, and
 * a folder that is somebody else's is never touched. */
static enum dv_status make_cluster(const struct sandbox *box, unsigned flags, struct dv_err *err)
{
    char state[16], program[1100], data[sizeof box->data];
    bool there;
    enum dv_status status;
    DV_TRY(read_record(box->dir, "sandbox", state, sizeof state, err));
    if (strcmp(state, "made") == 0)
        return DV_OK;
    DV_TRY(dv_file_look(box->data, &there, err));
    if (state[0] == '\0' && there) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s is there already and is no sandbox", box->data);
        dv_err_hint(err, "name another folder for the sandbox");
        return status;
    }
    char icu[] = "--locale-provider=icu", und[] = "--icu-locale=und", encoding[] = "--encoding=UTF8",
         locale[] = "--locale=C.UTF-8", trust[] = "--auth=trust", user[] = "--username=postgres",
         where[] = "-D", no_sync[] = "--no-sync";
    int code = 0;
    DV_TRY(write_record(box->dir, "sandbox", "new\n", err));
    DV_TRY(dv_file_remove_tree(box->data, err));
    DV_TRY(find_program(box, "initdb", program, sizeof program, err));
    memcpy(data, box->data, sizeof data);
    char *argv[] = {program,  where,  data,  icu,  und,
                    encoding, locale, trust, user, (flags & DV_SANDBOX_UNSAFE) != 0 ? no_sync : NULL,
                    NULL};
    DV_TRY(run(box, argv, &code, err));
    if (code != 0) {
        status = failed(box, "initdb could not make the sandbox", err);
        goto done;
    }
    status = write_record(box->dir, "sandbox", "made\n", err);
done:
    return status;
}

/* One word for the shell that pg_ctl hands its options to. */
static void shell_word(struct dv_buf *out, const char *before, const char *text)
{
    dv_buf_str(out, before);
    dv_buf_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            dv_buf_str(out, "'\\'");
        dv_buf_byte(out, *text);
    }
    dv_buf_str(out, "' ");
}

static enum dv_status start_server(const struct sandbox *box, unsigned flags, struct dv_err *err)
{
    enum dv_status status;
    int code = 0;
    struct dv_buf options = {0};
    char program[1100], data[sizeof box->data], log[sizeof box->log];
    char start[] = "start", where[] = "-D", wait[] = "-w", limit[] = "-t", seconds[] = "300", silent[] = "-s",
         to[] = "-l", with[] = "-o";
    memcpy(data, box->data, sizeof data);
    memcpy(log, box->log, sizeof log);
    dv_buf_str(&options, "-c listen_addresses= -c port=5432 -c unix_socket_permissions=0700 ");
    shell_word(&options, "-k ", box->socket);
    if ((flags & DV_SANDBOX_UNSAFE) != 0)
        dv_buf_str(&options, "-c fsync=off -c synchronous_commit=off -c full_page_writes=off");
    char *text = dv_buf_cstr(&options);
    DV_TRY(dv_buf_check(&options, err));
    DV_TRY(find_program(box, "pg_ctl", program, sizeof program, err));
    char *argv[] = {program, start, where, data, wait, limit, seconds, silent, to, log, with, text, NULL};
    DV_TRY(run(box, argv, &code, err));
    bool running = false;
    if (code == 0)
        DV_TRY(ping(box, &running, err));
    if (!running)
        status = failed(box, "the sandbox's server did not start", err);
done:
    dv_buf_release(&options);
    return status;
}

enum dv_status dv_sandbox_start(const char *dir, unsigned flags, struct dv_err *err)
{
    struct sandbox *box = NULL;
    bool running = false;
    enum dv_status status;
    DV_TRY(dv_file_make_dirs(dir, err));
    DV_TRY(open_box(dir, true, &box, err));
    DV_TRY(ping(box, &running, err));
    if (running)
        goto done;
    DV_TRY(settle(box, err));
    DV_TRY(make_cluster(box, flags, err));
    DV_TRY(start_server(box, flags, err));
done:
    release(box);
    return status;
}

static enum dv_status stop_server(const struct sandbox *box, struct dv_err *err)
{
    char pid[PATH_MAX + 32], program[1100], data[sizeof box->data];
    char stop[] = "stop", where[] = "-D", mode[] = "-m", fast[] = "fast", wait[] = "-w", limit[] = "-t",
         seconds[] = "300", silent[] = "-s";
    bool running = false;
    int code = 0;
    enum dv_status status;
    (void)snprintf(pid, sizeof pid, "%s/postmaster.pid", box->data);
    DV_TRY(dv_file_look(pid, &running, err));
    if (!running)
        return DV_OK;
    running = false;
    DV_TRY(find_program(box, "pg_ctl", program, sizeof program, err));
    memcpy(data, box->data, sizeof data);
    char *argv[] = {program, stop, where, data, mode, fast, wait, limit, seconds, silent, NULL};
    DV_TRY(run(box, argv, &code, err));
    if (code != 0)
        DV_TRY(ping(box, &running, err));
    if (running)
        status = failed(box, "the sandbox's server did not stop", err);
done:
    return status;
}

enum dv_status dv_sandbox_stop(const char *dir, struct dv_err *err)
{
    char record[PATH_MAX + 16];
    struct sandbox *box = NULL;
    bool there;
    enum dv_status status;
    DV_TRY(dv_file_look(dir, &there, err));
    if (!there)
        return DV_OK;
    DV_TRY(open_box(dir, true, &box, err));
    DV_TRY(stop_server(box, err));
    (void)snprintf(record, sizeof record, "%s/socket", box->dir);
    DV_TRY(dv_file_look(record, &there, err));
    if (there) {
        DV_TRY(dv_file_remove_tree(box->socket, err));
        if (unlink(record) != 0 && errno != ENOENT)
            status = dv_fail_os(err, errno, "cannot remove %s", record);
    }
done:
    release(box);
    return status;
}

enum dv_status dv_sandbox_remove(const char *dir, struct dv_err *err)
{
    char state[16];
    struct sandbox *box = NULL;
    bool there;
    enum dv_status status;
    DV_TRY(dv_file_look(dir, &there, err));
    if (!there)
        return DV_OK;
    DV_TRY(read_record(dir, "sandbox", state, sizeof state, err));
    if (state[0] == '\0')
        return dv_fail(err, DV_EXIT_USAGE, "%s is no sandbox: not removed", dir);
    DV_TRY(dv_sandbox_stop(dir, err));
    DV_TRY(open_box(dir, true, &box, err));
    if (strcmp(box->home, box->dir) != 0)
        DV_TRY(dv_file_remove_tree(box->home, err));
    status = dv_file_remove_tree(box->dir, err);
done:
    release(box);
    return status;
}

enum dv_status dv_sandbox_url(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    struct sandbox *box = NULL;
    bool there;
    enum dv_status status;
    DV_TRY(open_box(dir, false, &box, err));
    DV_TRY(dv_file_look(box->data, &there, err));
    if (box->socket[0] == '\0' || !there) {
        status = dv_fail(err, DV_EXIT_FAULT, "the sandbox in %s was never started", dir);
        dv_err_hint(err, "start it: drover sandbox start");
        goto done;
    }
    status = url(box, out, err);
done:
    release(box);
    return status;
}

enum dv_status dv_sandbox_running(const char *dir, bool *running, struct dv_err *err)
{
    struct sandbox *box = NULL;
    bool there;
    enum dv_status status;
    *running = false;
    DV_TRY(dv_file_look(dir, &there, err));
    if (!there)
        return DV_OK;
    DV_TRY(open_box(dir, false, &box, err));
    status = ping(box, running, err);
done:
    release(box);
    return status;
}
