#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stop.h"
#include "core/thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { TASKS = 200 };

struct work {
    atomic_int runs[TASKS];
    atomic_uint worst_worker;
    size_t fail_from, stop_at;
};

static enum dv_status do_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct work *work = context;
    atomic_fetch_add(&work->runs[task], 1);
    if (worker > atomic_load(&work->worst_worker))
        atomic_store(&work->worst_worker, worker);
    if (task >= work->fail_from)
        return dv_fail(err, DV_EXIT_FAULT, "task %zu", task);
    if (task == work->stop_at)
        dv_stop_request(SIGTERM);
    return DV_OK;
}

/* Lost or doubled tasks are lost or doubled parts. */
static void every_task_runs_once(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 9; workers++) {
        struct work work = {.fail_from = TASKS, .stop_at = TASKS};
        struct dv_err err = DV_ERR_INIT;
        assert_int_equal(dv_run_tasks(TASKS, workers, do_task, &work, &err), DV_OK);
        for (int i = 0; i < TASKS; i++)
            assert_int_equal(work.runs[i], 1);
        assert_true(work.worst_worker < (workers > 0 ? workers : 1));
    }
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_run_tasks(0, 4, do_task, NULL, &err), DV_OK);
    assert_true(dv_cpu_count() >= 1);
}

/* The error that a user sees must not depend on which thread was faster. */
static void lowest_failing_task_is_reported(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct work work = {.fail_from = 50, .stop_at = TASKS};
        struct dv_err err = DV_ERR_INIT;
        assert_int_equal(dv_run_tasks(TASKS, 4, do_task, &work, &err), DV_FAILED);
        assert_string_equal(err.message, "task 50");
        assert_int_equal(work.runs[60], 0);
    }
}

static void a_stop_request_ends_the_hand_out(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 4; workers += 3) {
        struct work work = {.fail_from = TASKS, .stop_at = 10};
        struct dv_err err = DV_ERR_INIT;
        assert_int_equal(dv_run_tasks(TASKS, workers, do_task, &work, &err), DV_FAILED);
        dv_stop_request(0);
        assert_int_equal(err.code, DV_EXIT_STOPPED);
        assert_non_null(strstr(err.message, "TERM"));
        assert_non_null(strstr(err.hint, "resume"));
        assert_int_equal(work.runs[10 + workers + 1], 0);
    }
}

static void signals_are_requests(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    dv_stop_install();
    assert_int_equal(dv_stop_check(&err), DV_OK);
    raise(SIGPIPE);
    assert_false(dv_stop_requested());
    raise(SIGINT);
    assert_true(dv_stop_requested());
    dv_stop_request(0);
}

static int64_t wall_us(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A part under way is let through to its end, and cut off when that does not come. */
static void a_deadline_stops_at_boundaries_first(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    dv_stop_deadline(wall_us() + 60000000);
    assert_int_equal(dv_stop_boundary(&err), DV_OK);
    dv_stop_deadline(wall_us());
    assert_int_equal(dv_stop_boundary(&err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_STOPPED);
    assert_non_null(strstr(err.message, "deadline"));
    assert_int_equal(dv_stop_check(&err), DV_OK);
    assert_false(dv_stop_requested());
    dv_stop_deadline(wall_us() - (int64_t)DV_STOP_GRACE_S * 1000000);
    assert_true(dv_stop_requested());
    assert_int_equal(dv_stop_check(&err), DV_FAILED);
    dv_stop_deadline(0);
    assert_int_equal(dv_stop_boundary(&err), DV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(lowest_failing_task_is_reported),
        cmocka_unit_test(a_stop_request_ends_the_hand_out),
        cmocka_unit_test(signals_are_requests),
        cmocka_unit_test(a_deadline_stops_at_boundaries_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
