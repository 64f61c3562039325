/* Programs that are run for a dry run: what they say must reach the one who asked, and they must not outlive
 * drover's wish to stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/child.h"
#include "core/progress.h"
#include "core/stop.h"
#include "tests/unit/core/temp_folder.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static char shell[] = "/bin/sh", command[] = "-c";

static enum dv_status run(char *script, char *const set[], struct dv_err *err)
{
    char *const argv[] = {shell, command, script, NULL};
    return dv_child_run(argv, set, in_temp("said"), err);
}

static void what_it_says_is_in_the_error(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char good[] = "exit 0", bad[] = "echo first; echo no such table >&2; exit 3";
    (void)state;
    assert_int_equal(run(good, NULL, &err), DV_OK);
    assert_int_equal(run(bad, NULL, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_string_equal(err.message, "sh failed: first no such table ");
    char missing[] = "/no/such/program";
    char *const argv[] = {missing, NULL};
    assert_int_equal(dv_child_run(argv, NULL, in_temp("said"), &err), DV_FAILED);
    assert_non_null(strstr(err.message, "cannot be started"));
}

static void settings_come_before_the_environment(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char script[] = "test \"$PGPASSWORD\" = mine && test -n \"$PATH\"", password[] = "PGPASSWORD=mine";
    char *const set[] = {password, NULL};
    (void)state;
    assert_int_equal(setenv("PGPASSWORD", "theirs", 1), 0);
    assert_int_equal(run(script, set, &err), DV_OK);
    assert_int_equal(run(script, NULL, &err), DV_FAILED);
    assert_int_equal(unsetenv("PGPASSWORD"), 0);
}

static void *stop_soon(void *argument)
{
    struct timespec soon = {.tv_nsec = 200000000};
    (void)argument;
    nanosleep(&soon, NULL);
    dv_stop_request(SIGTERM);
    return NULL;
}

static void a_stop_request_ends_it(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    char script[] = "exec sleep 60";
    pthread_t other;
    (void)state;
    int64_t began = dv_monotonic_us();
    assert_int_equal(pthread_create(&other, NULL, stop_soon, NULL), 0);
    assert_int_equal(run(script, NULL, &err), DV_FAILED);
    pthread_join(other, NULL);
    dv_stop_request(0);
    assert_int_equal(err.code, DV_EXIT_STOPPED);
    assert_true(dv_monotonic_us() - began < 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_is_in_the_error),
        cmocka_unit_test(settings_come_before_the_environment),
        cmocka_unit_test(a_stop_request_ends_it),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
