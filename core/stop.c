#include "core/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

/* Zero, or the signal that asked for the stop. Lock-free, so a handler may set it. */
static atomic_int stop_signal;

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

bool dv_stop_requested(void)
{
    return atomic_load_explicit(&stop_signal, memory_order_relaxed) != 0;
}

enum dv_status dv_stop_check(struct dv_err *err)
{
    int signal_number = atomic_load_explicit(&stop_signal, memory_order_relaxed);
    if (signal_number == 0)
        return DV_OK;
    enum dv_status status;
    if (signal_number == SIGALRM)
        status = dv_fail(err, DV_EXIT_STOPPED, "stopped by the deadline");
    else
        status = dv_fail(err, DV_EXIT_STOPPED, "stopped by signal %d (%s)", signal_number,
                         sigabbrev_np(signal_number) != NULL ? sigabbrev_np(signal_number) : "unknown");
    dv_err_hint(err, "run the same command again to resume");
    return status;
}
