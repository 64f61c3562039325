#include "core/file.h"

#include "core/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A write(2) moves at most 2 GiB - 4 KiB; smaller steps also let a stop request through between them. */
#define WRITE_STEP ((size_t)64 * 1024 * 1024)
#define DEEPEST    64U /* of folders within folders; a work folder has five levels */

/* The folder that `path` stands in; owned by the caller. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return dv_strdup(".");
    if (slash == path)
        return dv_strdup("/");
    return dv_strndup(path, (size_t)(slash - path));
}

static enum dv_status open_folder_of(const char *path, int *fd, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *folder = parent_of(path);
    if (folder == NULL)
        return dv_fail_memory(err);
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        status = dv_fail_os(err, errno, "cannot open the folder %s", folder);
    dv_free(folder);
    return status;
}

/* Consumes the descriptor of the folder that `path` stands in. */
static enum dv_status sync_folder(int fd, const char *path, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    /* EINVAL: a file system that has no fsync of folders (some network ones); the rename is all it offers. */
    if (fsync(fd) != 0 && errno != EINVAL)
        status = dv_fail_os(err, errno, "cannot fsync the folder of %s", path);
    close(fd);
    return status;
}

static enum dv_status sync_folder_of(const char *path, struct dv_err *err)
{
    int fd;
    enum dv_status status = open_folder_of(path, &fd, err);
    return status == DV_OK ? sync_folder(fd, path, err) : status;
}

enum dv_status dv_file_make_dirs(const char *path, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *partial = dv_strdup(path);
    if (partial == NULL)
        return dv_fail_memory(err);
    for (char *at = partial; *at != '\0';) {
        while (*at == '/')
            at++;
        while (*at != '\0' && *at != '/')
            at++;
        char kept = *at;
        *at = '\0';
        if (mkdir(partial, 0700) == 0) {
            DV_TRY(sync_folder_of(partial, err));
        } else {
            int why = errno;
            struct stat is;
            if (stat(partial, &is) != 0) {
                status = dv_fail_os(err, why, "cannot make the folder %s", partial);
                goto done;
            }
            if (!S_ISDIR(is.st_mode)) {
                status = dv_fail_os(err, ENOTDIR, "cannot make the folder %s", partial);
                goto done;
            }
        }
        *at = kept;
    }
done:
    dv_free(partial);
    return status;
}

enum dv_status dv_file_write_all(int fd, const void *bytes, size_t length, const char *path,
                                 struct dv_err *err)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(fd, at, length < WRITE_STEP ? length : WRITE_STEP);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return dv_fail_os(err, errno, "cannot write %s", path);
        at += written;
        length -= (size_t)written;
    }
    return DV_OK;
}

enum dv_status dv_file_publish_fd(int tmp_fd, const char *tmp_path, const char *path, struct dv_err *err)
{
    /* All that can fail for want of memory or descriptors comes before the rename, which makes the file
     * exist. */
    int folder_fd = -1;
    enum dv_status status = open_folder_of(path, &folder_fd, err);
    if (status == DV_OK && fsync(tmp_fd) != 0)
        status = dv_fail_os(err, errno, "cannot fsync %s", tmp_path);
    if (close(tmp_fd) != 0 && errno != EINTR && status == DV_OK)
        status = dv_fail_os(err, errno, "cannot close %s", tmp_path);
    if (status == DV_OK && rename(tmp_path, path) != 0)
        status = dv_fail_os(err, errno, "cannot rename %s to %s", tmp_path, path);
    if (status == DV_OK)
        return sync_folder(folder_fd, path, err);
    unlink(tmp_path);
    if (folder_fd >= 0)
        close(folder_fd);
    return status;
}

enum dv_status dv_file_publish(const char *path, const void *bytes, size_t length, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *tmp_path = dv_asprintf("%s.tmp", path);
    if (tmp_path == NULL)
        return dv_fail_memory(err);
    int fd = open(tmp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        status = dv_fail_os(err, errno, "cannot create %s", tmp_path);
        goto done;
    }
    status = dv_file_write_all(fd, bytes, length, tmp_path, err);
    if (status != DV_OK) {
        close(fd);
        unlink(tmp_path);
        goto done;
    }
    status = dv_file_publish_fd(fd, tmp_path, path, err);
done:
    dv_free(tmp_path);
    return status;
}

/* Reads up to `limit` bytes and one more, which tells a file at the limit from one beyond it. */
static enum dv_status read_fd(int fd, const char *path, size_t limit, struct dv_buf *out, struct dv_err *err)
{
    size_t start = out->len;
    struct stat is;
    if (fstat(fd, &is) != 0)
        return dv_fail_os(err, errno, "cannot stat %s", path);
    if (S_ISDIR(is.st_mode))
        return dv_fail_os(err, EISDIR, "cannot read %s", path);
    size_t step = 4096;
    if (is.st_size > 0 && (uint64_t)is.st_size <= limit)
        step = (size_t)is.st_size + 1;
    for (;;) {
        if (!dv_buf_reserve(out, step))
            return dv_fail_memory(err);
        ssize_t got = read(fd, out->data + out->len, out->cap - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return dv_fail_os(err, errno, "cannot read %s", path);
        if (got == 0)
            return DV_OK;
        out->len += (size_t)got;
        if (out->len - start > limit) {
            out->len = start;
            return dv_fail(err, DV_EXIT_FAULT, "%s is larger than the %zu bytes expected at most", path,
                           limit);
        }
        step = 4096;
    }
}

enum dv_status dv_file_read(const char *path, size_t limit, struct dv_buf *out, struct dv_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return dv_fail_os(err, errno, "cannot open %s", path);
    enum dv_status status = read_fd(fd, path, limit, out, err);
    close(fd);
    return status;
}

enum dv_status dv_file_look(const char *path, bool *there, struct dv_err *err)
{
    struct stat is;
    *there = stat(path, &is) == 0;
    if (*there || errno == ENOENT || errno == ENOTDIR)
        return DV_OK;
    return dv_fail_os(err, errno, "cannot stat %s", path);
}

enum dv_status dv_file_look_in(const char *dir, const char *name, bool *there, struct dv_err *err)
{
    char *path = dv_asprintf("%s/%s", dir, name);
    enum dv_status status = path != NULL ? dv_file_look(path, there, err) : dv_fail_memory(err);
    dv_free(path);
    return status;
}

enum dv_status dv_file_remove(const char *path, struct dv_err *err)
{
    if (unlink(path) == 0)
        return sync_folder_of(path, err);
    return errno == ENOENT ? DV_OK : dv_fail_os(err, errno, "cannot remove %s", path);
}

static bool is_tmp(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".tmp") == 0;
}

/* Removes below the folder `name` of `at_fd` what ends in .tmp, or everything. Symbolic links are never
 * followed. */
static enum dv_status clean_folder(int at_fd, const char *name, bool everything, unsigned depth,
                                   struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DIR *folder = NULL;
    int fd = openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? DV_OK : dv_fail_os(err, errno, "cannot open the folder %s", name);
    if (depth > DEEPEST) {
        close(fd);
        return dv_fail(err, DV_EXIT_FAULT, "folders are nested more than %u deep at %s", DEEPEST, name);
    }
    folder = fdopendir(fd);
    if (folder == NULL) {
        status = dv_fail_os(err, errno, "cannot read the folder %s", name);
        close(fd);
        return status;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0)
                status = dv_fail_os(err, errno, "cannot read the folder %s", name);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        struct stat is;
        if (fstatat(dirfd(folder), entry->d_name, &is, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT)
                continue;
            status = dv_fail_os(err, errno, "cannot stat %s in %s", entry->d_name, name);
            break;
        }
        bool is_folder = S_ISDIR(is.st_mode);
        if (is_folder)
            DV_TRY(clean_folder(dirfd(folder), entry->d_name, everything, depth + 1, err));
        if (!everything && (is_folder || !is_tmp(entry->d_name)))
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, is_folder ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT) {
            status = dv_fail_os(err, errno, "cannot remove %s in %s", entry->d_name, name);
            break;
        }
    }
done:
    closedir(folder);
    return status;
}

enum dv_status dv_file_sweep_tmp(const char *dir, struct dv_err *err)
{
    return clean_folder(AT_FDCWD, dir, false, 0, err);
}

enum dv_status dv_file_remove_tree(const char *path, struct dv_err *err)
{
    struct stat is;
    if (lstat(path, &is) != 0)
        return errno == ENOENT ? DV_OK : dv_fail_os(err, errno, "cannot stat %s", path);
    if (S_ISDIR(is.st_mode)) {
        enum dv_status status = clean_folder(AT_FDCWD, path, true, 0, err);
        if (status != DV_OK)
            return status;
    }
    if (remove(path) != 0 && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot remove %s", path);
    return DV_OK;
}
