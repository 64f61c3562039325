#include "core/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Zero, or the signal that asked for the stop. Lock-free, so a handler may set it. */
static atomic_int stop_signal;
static _Atomic int64_t deadline_us;

void dv_stop_install(void)
{
    struct sigaction action = {.sa_handler = dv_stop_request, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A closed pipe or socket is an error of the write that meets it, not the end of the process. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

void dv_stop_request(int signal_number)
{
    atomic_store(&stop_signal, signal_number);
}

void dv_stop_deadline(int64_t unix_us)
{
    atomic_store(&deadline_us, unix_us);
}

static bool past_deadline(int64_t grace_s)
{
    int64_t deadline = atomic_load_explicit(&deadline_us, memory_order_relaxed);
    struct timespec now;
    if (deadline == 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return false;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 >= deadline + grace_s * 1000000;
}

bool dv_stop_requested(void)
{
    return atomic_load_explicit(&stop_signal, memory_order_relaxed) != 0 || past_deadline(DV_STOP_GRACE_S);
}

static enum dv_status check(int64_t grace_s, struct dv_err *err)
{
    int signal_number = atomic_load_explicit(&stop_signal, memory_order_relaxed);
    enum dv_status status;
    if (signal_number != 0)
        status = dv_fail(err, DV_EXIT_STOPPED, "stopped by signal %d (%s)", signal_number,
                         sigabbrev_np(signal_number) != NULL ? sigabbrev_np(signal_number) : "unknown");
    else if (past_deadline(grace_s))
        status = dv_fail(err, DV_EXIT_STOPPED, "stopped by the deadline");
    else
        return DV_OK;
    dv_err_hint(err, "run the same command again to resume");
    return status;
}

enum dv_status dv_stop_check(struct dv_err *err)
{
    return check(DV_STOP_GRACE_S, err);
}

enum dv_status dv_stop_boundary(struct dv_err *err)
{
    return check(0, err);
}
