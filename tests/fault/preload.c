/* Makes system calls of a process fail (LD_PRELOAD). What the environment says:
 *
 * - FAULT_CALL: the call, by its name in the table below; "none" only counts.
 * - FAULT_AT: which one fails, counted from 1 over all threads; "N+": that one and all behind it.
 * - FAULT_ERROR: EIO, ENOSPC, ...: what errno says. SHORT: read, write and their kin move half of what they
 *   could, a byte at least.
 * - FAULT_COUNTS: a file that gets, as the process ends, how often each call came: "write 12" a line.
 *
 * A call that fails does nothing, but for close, which closes. Calls that glibc makes inside itself are not
 * seen. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call {
    CALL_OPEN,
    CALL_CLOSE,
    CALL_READ,
    CALL_PREAD,
    CALL_WRITE,
    CALL_PWRITE,
    CALL_FSYNC,
    CALL_FTRUNCATE,
    CALL_RENAME,
    CALL_UNLINK,
    CALL_MKDIR,
    CALL_STAT,
    CALL_OPENDIR,
    CALL_READDIR,
    CALL_FLOCK,
    CALL_SOCKET,
    CALL_CONNECT,
    CALL_POLL,
    CALL_RECV,
    CALL_SEND,
    CALL_MMAP,
    CALL_THREAD,
    CALLS
};

static const char *const names[CALLS] = {
    "open",    "close",  "read",  "pread", "write",   "pwrite",         "fsync", "ftruncate",
    "rename",  "unlink", "mkdir", "stat",  "opendir", "readdir",        "flock", "socket",
    "connect", "poll",   "recv",  "send",  "mmap",    "pthread_create",
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE},
    {"ENOMEM", ENOMEM}, {"EDQUOT", EDQUOT}, {"EACCES", EACCES},
    {"EINTR", EINTR},   {"EAGAIN", EAGAIN}, {"ECONNRESET", ECONNRESET},
    {"EROFS", EROFS},
};

static struct {
    enum call call; /* CALLS: none */
    unsigned long at;
    bool forever, cut;
    int number;
    const char *counts;
} asked = {.call = CALLS};
static atomic_ulong came[CALLS];

__attribute__((constructor)) static void read_environment(void)
{
    const char *call = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERROR");
    asked.counts = getenv("FAULT_COUNTS");
    for (unsigned i = 0; call != NULL && i < CALLS; i++)
        if (strcmp(call, names[i]) == 0)
            asked.call = (enum call)i;
    char *rest = NULL;
    asked.at = at == NULL ? 0 : strtoul(at, &rest, 10);
    asked.forever = rest != NULL && *rest == '+';
    asked.cut = error != NULL && strcmp(error, "SHORT") == 0;
    asked.number = EIO;
    for (unsigned i = 0; error != NULL && i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(error, errors[i].name) == 0)
            asked.number = errors[i].number;
}

__attribute__((destructor)) static void tell_counts(void)
{
    FILE *file = asked.counts == NULL ? NULL : fopen(asked.counts, "w");
    if (file == NULL)
        return;
    for (unsigned i = 0; i < CALLS; i++)
        fprintf(file, "%s %lu\n", names[i], atomic_load(&came[i]));
    fclose(file);
}

static bool hit(enum call call)
{
    unsigned long number = atomic_fetch_add(&came[call], 1) + 1;
    return call == asked.call && (number == asked.at || (asked.forever && number > asked.at));
}

/* True where the call is to fail with errno set; *length is what a call that is to be cut short may move. */
static bool fails(enum call call, size_t *length)
{
    if (!hit(call))
        return false;
    if (!asked.cut) {
        errno = asked.number;
        return true;
    }
    if (length != NULL && *length > 1)
        *length /= 2;
    return false;
}

/* The function that this library stands before. */
#define REAL(name)                                                                                           \
    static __typeof__(&name) real;                                                                           \
    if (real == NULL)                                                                                        \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return fails(CALL_OPEN, NULL) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return fails(CALL_OPEN, NULL) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

int close(int fd)
{
    bool failed = fails(CALL_CLOSE, NULL);
    int number = errno, outcome = (int)syscall(SYS_close, fd);
    if (!failed)
        return outcome;
    errno = number;
    return -1;
}

ssize_t read(int fd, void *bytes, size_t length)
{
    REAL(read);
    return fails(CALL_READ, &length) ? -1 : real(fd, bytes, length);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t from)
{
    REAL(pread);
    return fails(CALL_PREAD, &length) ? -1 : real(fd, bytes, length, from);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    REAL(write);
    return fails(CALL_WRITE, &length) ? -1 : real(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t to)
{
    REAL(pwrite);
    return fails(CALL_PWRITE, &length) ? -1 : real(fd, bytes, length, to);
}

int fsync(int fd)
{
    return fails(CALL_FSYNC, NULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t length)
{
    return fails(CALL_FTRUNCATE, NULL) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int rename(const char *from, const char *to)
{
    return fails(CALL_RENAME, NULL) ? -1 : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    return fails(CALL_UNLINK, NULL) ? -1 : (int)syscall(SYS_unlink, path);
}

int unlinkat(int folder, const char *path, int flags)
{
    return fails(CALL_UNLINK, NULL) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    return fails(CALL_MKDIR, NULL) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int stat(const char *restrict path, struct stat *restrict is)
{
    REAL(stat);
    return fails(CALL_STAT, NULL) ? -1 : real(path, is);
}

int fstat(int fd, struct stat *is)
{
    REAL(fstat);
    return fails(CALL_STAT, NULL) ? -1 : real(fd, is);
}

int lstat(const char *restrict path, struct stat *restrict is)
{
    REAL(lstat);
    return fails(CALL_STAT, NULL) ? -1 : real(path, is);
}

int fstatat(int folder, const char *restrict path, struct stat *restrict is, int flags)
{
    REAL(fstatat);
    return fails(CALL_STAT, NULL) ? -1 : real(folder, path, is, flags);
}

DIR *opendir(const char *path)
{
    REAL(opendir);
    return fails(CALL_OPENDIR, NULL) ? NULL : real(path);
}

DIR *fdopendir(int fd)
{
    REAL(fdopendir);
    return fails(CALL_OPENDIR, NULL) ? NULL : real(fd);
}

struct dirent *readdir(DIR *folder)
{
    REAL(readdir);
    return fails(CALL_READDIR, NULL) ? NULL : real(folder);
}

int flock(int fd, int operation)
{
    return fails(CALL_FLOCK, NULL) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int socket(int domain, int type, int protocol)
{
    return fails(CALL_SOCKET, NULL) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    return fails(CALL_CONNECT, NULL) ? -1 : (int)syscall(SYS_connect, fd, address.__sockaddr__, length);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    REAL(poll);
    return fails(CALL_POLL, NULL) ? -1 : real(fds, count, timeout);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
    REAL(recv);
    return fails(CALL_RECV, &length) ? -1 : real(fd, bytes, length, flags);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    REAL(send);
    return fails(CALL_SEND, &length) ? -1 : real(fd, bytes, length, flags);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t from)
{
    if (fails(CALL_MMAP, NULL))
        return MAP_FAILED;
    /* What the system call says is an address. */
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, from);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*run)(void *), void *restrict argument)
{
    REAL(pthread_create);
    return fails(CALL_THREAD, NULL) ? errno : real(thread, attributes, run, argument);
}
