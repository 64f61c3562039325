#include "jobs/workdir.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/uuid.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME ".lock"
#define LOOKS     25 /* for half a second */
#define LOOK_US   20000

bool dv_run_id_valid(const char *text)
{
    static const char form[] = "ddddddddTddddddZ-xxxx";
    size_t i = 0;
    for (; i < sizeof form - 1; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool good = form[i] == 'd'   ? isdigit(byte) != 0
                    : form[i] == 'x' ? isdigit(byte) != 0 || (byte >= 'a' && byte <= 'f')
                                     : text[i] == form[i];
        if (!good)
            return false;
    }
    return text[i] == '\0';
}

enum dv_status dv_run_state(const char *run_dir, enum dv_run_state *state, struct dv_err *err)
{
    bool there = false;
    *state = DV_RUN_UNFINISHED;
    enum dv_status status = dv_file_look_in(run_dir, "rolled_back.json", &there, err);
    if (status == DV_OK && there) {
        *state = DV_RUN_ROLLED_BACK;
        return DV_OK;
    }
    if (status == DV_OK)
        status = dv_file_look_in(run_dir, "done.json", &there, err);
    if (status == DV_OK && there)
        *state = DV_RUN_DONE;
    return status;
}

enum dv_status dv_workdir_open(struct dv_workdir *workdir, const char *work, const char *job,
                               struct dv_err *err)
{
    *workdir = (struct dv_workdir){.lock_fd = -1, .job = job};
    if (work[0] == '/') {
        workdir->work = dv_arena_strdup(&workdir->arena, work);
    } else {
        char *here = getcwd(NULL, 0); /* of the C library's heap */
        if (here == NULL)
            return dv_fail_os(err, errno, "cannot tell the current folder");
        workdir->work =
            dv_arena_printf(&workdir->arena, "%s/%s", here, strncmp(work, "./", 2) == 0 ? work + 2 : work);
        free(here);
    }
    workdir->path =
        workdir->work != NULL ? dv_arena_printf(&workdir->arena, "%s/%s", workdir->work, job) : NULL;
    if (workdir->path == NULL) {
        dv_workdir_close(workdir);
        return dv_fail_memory(err);
    }
    return DV_OK;
}

void dv_workdir_close(struct dv_workdir *workdir)
{
    if (workdir->path != NULL && workdir->lock_fd >= 0)
        close(workdir->lock_fd);
    dv_arena_release(&workdir->arena);
    *workdir = (struct dv_workdir){.lock_fd = -1};
}

/* The pid that the holder wrote; 0 where nothing can be read, as between its lock and its write. */
static long read_pid(int fd)
{
    char text[32] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    return got > 0 ? strtol(text, NULL, 10) : 0;
}

static enum dv_status say_locked(const struct dv_workdir *workdir, long pid, struct dv_err *err)
{
    char holder[48] = "another process";
    if (pid > 0)
        snprintf(holder, sizeof holder, "process %ld", pid);
    enum dv_status status = dv_fail(err, DV_EXIT_LOCKED, "%s holds the lock on job %s in %s", holder,
                                    workdir->job, workdir->work);
    dv_err_hint(err, "wait for it, or stop it (kill %ld) and run again to resume", pid);
    if (pid <= 0)
        dv_err_hint(err, "wait for it, or stop it and run again to resume");
    return status;
}

enum dv_status dv_workdir_lock(struct dv_workdir *workdir, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    int fd = -1;
    char *path = dv_asprintf("%s/" LOCK_NAME, workdir->path);
    if (path == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_make_dirs(workdir->path, err));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        status = dv_fail_os(err, errno, "cannot open the lock %s", path);
        goto done;
    }
    /* A process that was killed this instant still holds its lock until it is gone. */
    int locked = flock(fd, LOCK_EX | LOCK_NB);
    for (int looks = 0; locked != 0 && errno == EWOULDBLOCK && looks < LOOKS; looks++) {
        (void)usleep(LOOK_US);
        locked = flock(fd, LOCK_EX | LOCK_NB);
    }
    if (locked != 0) {
        status = errno == EWOULDBLOCK ? say_locked(workdir, read_pid(fd), err)
                                      : dv_fail_os(err, errno, "cannot lock %s", path);
        goto done;
    }
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* The pid is a courtesy to whoever finds the lock taken; the lock holds without it. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)
        (void)ftruncate(fd, 0);
    workdir->lock_fd = fd;
    fd = -1;
done:
    if (fd >= 0)
        close(fd);
    dv_free(path);
    return status;
}

enum dv_status dv_workdir_holder(const struct dv_workdir *workdir, long *pid, struct dv_err *err)
{
    char *path = dv_asprintf("%s/" LOCK_NAME, workdir->path);
    *pid = 0;
    if (path == NULL)
        return dv_fail_memory(err);
    enum dv_status status = DV_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
        status = dv_fail_os(err, errno, "cannot open the lock %s", path);
    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            *pid = read_pid(fd);
        else
            status = dv_fail_os(err, errno, "cannot lock %s", path);
    }
    if (fd >= 0)
        close(fd);
    dv_free(path);
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum dv_status is_run(const struct dv_workdir *workdir, const char *name, bool *is, struct dv_err *err)
{
    *is = false;
    if (!dv_run_id_valid(name))
        return DV_OK;
    char record[DV_RUN_ID_SIZE + sizeof "/run.json"];
    (void)snprintf(record, sizeof record, "%s/run.json", name);
    return dv_file_look_in(workdir->path, record, is, err);
}

enum dv_status dv_workdir_runs(const struct dv_workdir *workdir, struct dv_arena *arena,
                               const char *const **ids, unsigned *count, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const char **list = NULL;
    unsigned found = 0, room = 0;
    DIR *folder = opendir(workdir->path);
    if (folder == NULL && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the folder %s", workdir->path);
    for (;;) {
        bool is = false;
        errno = 0;
        const struct dirent *entry = folder != NULL ? readdir(folder) : NULL;
        if (entry == NULL && folder != NULL && errno != 0) {
            status = dv_fail_os(err, errno, "cannot read the folder %s", workdir->path);
            goto done;
        }
        if (entry == NULL)
            break;
        DV_TRY(is_run(workdir, entry->d_name, &is, err));
        if (!is)
            continue;
        if (found == room) {
            room = room == 0 ? 16 : room * 2;
            const char **larger = dv_realloc_array(list, room, sizeof *list);
            if (larger == NULL) {
                status = dv_fail_memory(err);
                goto done;
            }
            list = larger;
        }
        if ((list[found++] = dv_arena_strdup(arena, entry->d_name)) == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
    }
    if (found > 1)
        qsort(list, found, sizeof *list, compare_ids);
    const char **kept = dv_arena_zalloc(arena, (found + 1) * sizeof *kept);
    if (kept == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned i = 0; i < found; i++)
        kept[i] = list[i];
    *ids = kept;
    *count = found;
done:
    if (folder != NULL)
        closedir(folder);
    dv_free(list);
    return status;
}

enum dv_status dv_workdir_newest(const struct dv_workdir *workdir, char id[DV_RUN_ID_SIZE],
                                 struct dv_err *err)
{
    struct dv_arena arena = {0};
    const char *const *ids;
    unsigned count = 0;
    enum dv_status status = dv_workdir_runs(workdir, &arena, &ids, &count, err);
    if (status == DV_OK && count == 0)
        status = DV_END;
    else if (status == DV_OK)
        memcpy(id, ids[count - 1], strlen(ids[count - 1]) + 1);
    dv_arena_release(&arena);
    return status;
}

enum dv_status dv_workdir_find(const struct dv_workdir *workdir, const char *wanted, char id[DV_RUN_ID_SIZE],
                               struct dv_err *err)
{
    bool is;
    enum dv_status status = is_run(workdir, wanted, &is, err);
    if (status != DV_OK)
        return status;
    if (is) {
        memcpy(id, wanted, strlen(wanted) + 1);
        return DV_OK;
    }
    char newest[DV_RUN_ID_SIZE];
    struct dv_err ignored = DV_ERR_INIT;
    status = dv_fail(err, DV_EXIT_USAGE, "job %s has no run %s in %s", workdir->job, wanted, workdir->work);
    if (dv_workdir_newest(workdir, newest, &ignored) == DV_OK)
        dv_err_hint(err, "its newest run is %s; drover status %s lists them all", newest, workdir->job);
    else
        dv_err_hint(err, "it has no runs there: check --work");
    return status;
}

enum dv_status dv_workdir_new_id(const struct dv_workdir *workdir, char id[DV_RUN_ID_SIZE],
                                 struct dv_err *err)
{
    char newest[DV_RUN_ID_SIZE] = "";
    unsigned char random[16];
    enum dv_status status = dv_workdir_newest(workdir, newest, err);
    if (status < 0)
        return status;
    dv_uuid_random(random);
    time_t seconds = time(NULL);
    /* Two runs within one second, or a clock that was set back a little: the newer one still sorts behind. */
    for (unsigned ahead = 0; ahead < 86400; ahead++, seconds++) {
        struct tm utc;
        char text[DV_RUN_ID_SIZE];
        gmtime_r(&seconds, &utc);
        size_t length = strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
        snprintf(text + length, sizeof text - length, "-%02x%02x", random[0], random[1]);
        if (strcmp(text, newest) > 0) {
            memcpy(id, text, sizeof text);
            return DV_OK;
        }
    }
    status =
        dv_fail(err, DV_EXIT_FAULT, "the newest run of job %s, %s, lies in the future", workdir->job, newest);
    dv_err_hint(err, "set the clock of this machine right, or move that run's folder out of %s",
                workdir->path);
    return status;
}
