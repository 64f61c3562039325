/* Makes system calls of a process fail (LD_PRELOAD): FAULT_CALL, FAULT_AT and so on, see faults.h. A call
 * that fails does nothing, but for close, which closes. Calls that glibc makes inside itself are not seen. */
#include "faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
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

const char *const fault_calls[CALLS + 1] = {
    "open",    "close",  "read",  "pread", "write",   "pwrite",         "fsync", "ftruncate",
    "rename",  "unlink", "mkdir", "stat",  "opendir", "readdir",        "flock", "socket",
    "connect", "poll",   "recv",  "send",  "mmap",    "pthread_create", NULL,
};

_Static_assert(CALLS <= FAULT_MOST_CALLS, "faults.c counts no more");

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
    return fault_fails(CALL_OPEN, path, NULL) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return fault_fails(CALL_OPEN, path, NULL) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

int close(int fd)
{
    bool failed = fault_fails(CALL_CLOSE, NULL, NULL);
    int number = errno, outcome = (int)syscall(SYS_close, fd);
    if (!failed)
        return outcome;
    errno = number;
    return -1;
}

ssize_t read(int fd, void *bytes, size_t length)
{
    REAL(read);
    return fault_fails(CALL_READ, NULL, &length) ? -1 : real(fd, bytes, length);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t from)
{
    REAL(pread);
    return fault_fails(CALL_PREAD, NULL, &length) ? -1 : real(fd, bytes, length, from);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    REAL(write);
    return fault_fails(CALL_WRITE, NULL, &length) ? -1 : real(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t to)
{
    REAL(pwrite);
    return fault_fails(CALL_PWRITE, NULL, &length) ? -1 : real(fd, bytes, length, to);
}

int fsync(int fd)
{
    return fault_fails(CALL_FSYNC, NULL, NULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t length)
{
    return fault_fails(CALL_FTRUNCATE, NULL, NULL) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int rename(const char *from, const char *to)
{
    return fault_fails(CALL_RENAME, to, NULL) ? -1 : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    return fault_fails(CALL_UNLINK, path, NULL) ? -1 : (int)syscall(SYS_unlink, path);
}

int unlinkat(int folder, const char *path, int flags)
{
    return fault_fails(CALL_UNLINK, path, NULL) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    return fault_fails(CALL_MKDIR, path, NULL) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int stat(const char *restrict path, struct stat *restrict is)
{
    REAL(stat);
    return fault_fails(CALL_STAT, path, NULL) ? -1 : real(path, is);
}

int fstat(int fd, struct stat *is)
{
    REAL(fstat);
    return fault_fails(CALL_STAT, NULL, NULL) ? -1 : real(fd, is);
}

int lstat(const char *restrict path, struct stat *restrict is)
{
    REAL(lstat);
    return fault_fails(CALL_STAT, path, NULL) ? -1 : real(path, is);
}

int fstatat(int folder, const char *restrict path, struct stat *restrict is, int flags)
{
    REAL(fstatat);
    return fault_fails(CALL_STAT, path, NULL) ? -1 : real(folder, path, is, flags);
}

DIR *opendir(const char *path)
{
    REAL(opendir);
    return fault_fails(CALL_OPENDIR, path, NULL) ? NULL : real(path);
}

DIR *fdopendir(int fd)
{
    REAL(fdopendir);
    return fault_fails(CALL_OPENDIR, NULL, NULL) ? NULL : real(fd);
}

struct dirent *readdir(DIR *folder)
{
    REAL(readdir);
    return fault_fails(CALL_READDIR, NULL, NULL) ? NULL : real(folder);
}

int flock(int fd, int operation)
{
    return fault_fails(CALL_FLOCK, NULL, NULL) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int socket(int domain, int type, int protocol)
{
    return fault_fails(CALL_SOCKET, NULL, NULL) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    return fault_fails(CALL_CONNECT, NULL, NULL)
               ? -1
               : (int)syscall(SYS_connect, fd, address.__sockaddr__, length);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    REAL(poll);
    return fault_fails(CALL_POLL, NULL, NULL) ? -1 : real(fds, count, timeout);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
    REAL(recv);
    return fault_fails(CALL_RECV, NULL, &length) ? -1 : real(fd, bytes, length, flags);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    REAL(send);
    return fault_fails(CALL_SEND, NULL, &length) ? -1 : real(fd, bytes, length, flags);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t from)
{
    if (fault_fails(CALL_MMAP, NULL, NULL))
        return MAP_FAILED;
    /* What the system call says is an address. */
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, from);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*run)(void *), void *restrict argument)
{
    REAL(pthread_create);
    return fault_fails(CALL_THREAD, NULL, NULL) ? errno : real(thread, attributes, run, argument);
}
