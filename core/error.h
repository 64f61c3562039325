/* Errors: what a function returns, and the one structure that says what went wrong.
 *
 * A function that can fail returns enum dv_status and takes a struct dv_err * as its last parameter (never
 * NULL). On a negative status the struct is filled in; on DV_OK and DV_END it is untouched. Nothing below
 * cli/ prints or exits: the cli prints the struct once and exits with err->code. Not thread-safe: one struct
 * a thread. */
#ifndef DV_CORE_ERROR_H
#define DV_CORE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#define DV_MUST_CHECK                  __attribute__((warn_unused_result))
#define DV_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))

enum dv_status {
    DV_OK = 0,
    DV_END = 1, /* no more rows, blocks, parts */
    DV_RETRY =
        -1, /* a passing fault: the same call may succeed later (connection lost, deadlock, lock timeout) */
    DV_FAILED = -2, /* a permanent fault: somebody must change something */
    DV_BUG = -3     /* a broken invariant inside drover */
};

/* The exit codes of the command; also the class of an error. */
enum dv_exit {
    DV_EXIT_DONE = 0,
    DV_EXIT_BUG = 1,
    DV_EXIT_USAGE = 2,   /* usage or job file */
    DV_EXIT_FAULT = 3,   /* stopped by a fault, run again to resume */
    DV_EXIT_REJECTS = 4, /* more rejects than allowed, nothing was loaded */
    DV_EXIT_VERIFY = 5,  /* verification failed */
    DV_EXIT_STOPPED = 6, /* signal or deadline, run again to resume */
    DV_EXIT_LOCKED = 7,  /* another run holds the lock */
    DV_EXIT_CHANGED = 8  /* job, parameters or source changed since the run began */
};

struct dv_err {
    enum dv_status status;
    enum dv_exit code;
    char sqlstate[6]; /* "" where the server said nothing */
    int os_errno;     /* 0 where no system call failed */
    char job[64];
    char stage[16]; /* extract, transform, load, verify, schema, rollback; "" where not known */
    char dataset[128];
    int64_t part; /* -1: not known */
    int64_t row;  /* 1-based within the part; -1: not known */
    char column[64];
    char value[96]; /* the offending value, cut short with "..." */
    char message[1024];
    char hint[512]; /* what to do next */
};

#define DV_ERR_INIT                                                                                          \
    {                                                                                                        \
        .part = -1, .row = -1                                                                                \
    }

/* Fills err (clearing what it held), and returns DV_FAILED, or DV_BUG where code is DV_EXIT_BUG. */
enum dv_status dv_fail(struct dv_err *err, enum dv_exit code, const char *format, ...) DV_PRINTF(3, 4);
/* The same for a passing fault: returns DV_RETRY, code DV_EXIT_FAULT. */
enum dv_status dv_fail_retry(struct dv_err *err, const char *format, ...) DV_PRINTF(2, 3);
/* A failed system call: appends strerror(os_errno); code DV_EXIT_FAULT. ENOSPC gets its own hint. */
enum dv_status dv_fail_os(struct dv_err *err, int os_errno, const char *format, ...) DV_PRINTF(3, 4);
enum dv_status dv_fail_memory(struct dv_err *err);

/* Add to an error already filled in. A place that is known already is kept: the innermost caller knows best.
 */
void dv_err_hint(struct dv_err *err, const char *format, ...) DV_PRINTF(2, 3);
void dv_err_place(struct dv_err *err, const char *stage, const char *dataset, int64_t part, int64_t row);
void dv_err_value(struct dv_err *err, const char *column, const char *value, size_t length);

/* The whole error in one readable text of one to three lines ("drover: ...", "  where: ...", "  next: ...").
 */
void dv_err_format(const struct dv_err *err, char *out, size_t size);

/* Leaves by the function's one cleanup label `done`, with `status` set. */
#define DV_TRY(call)                                                                                         \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != DV_OK)                                                                                 \
            goto done;                                                                                       \
    } while (0)

#endif
