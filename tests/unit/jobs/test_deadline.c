/* When the window closes: a load that went on an hour too long because of a misread time is found by its
 * users. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobs/deadline.h"

#include <stdlib.h>

/* 2025-06-01 23:00:00 UTC: 01:00 on the 2nd in Zurich. */
#define NOW 1748818800

static time_t parse(const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    time_t deadline = 0;
    if (dv_deadline_parse(text, NOW, &deadline, &err) != DV_OK)
        fail_msg("%s: %s", text, err.message);
    return deadline - NOW;
}

static void a_clock_time_is_the_next_one(void **state)
{
    (void)state;
    assert_int_equal(parse("05:30"), 4 * 3600 + 1800);
    assert_int_equal(parse("01:00:01"), 1);
    assert_int_equal(parse("01:00"), 24 * 3600);
    assert_int_equal(parse("00:30"), 23 * 3600 + 1800);
}

static void a_night_may_be_an_hour_longer(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    time_t deadline;
    (void)state;
    /* 2025-10-25 22:00 in Zurich; the clocks go back at 03:00. */
    assert_int_equal(dv_deadline_parse("05:30", 1761422400, &deadline, &err), DV_OK);
    assert_int_equal(deadline - 1761422400, 8 * 3600 + 1800);
}

static void a_moment_is_a_moment(void **state)
{
    (void)state;
    assert_int_equal(parse("2025-06-02T05:30"), 4 * 3600 + 1800);
    assert_int_equal(parse("2025-06-02 05:30:10"), 4 * 3600 + 1810);
    assert_int_equal(parse("2025-06-02T03:30Z"), 4 * 3600 + 1800);
    assert_int_equal(parse("2025-06-01T23:30:00-01:00"), 5400);
    assert_int_equal(parse("2025-06-02T03:30+01"), 3 * 3600 + 1800);
}

static void a_duration_counts_from_now(void **state)
{
    (void)state;
    assert_int_equal(parse("+2h"), 7200);
    assert_int_equal(parse("+1h30m"), 5400);
    assert_int_equal(parse("+90s"), 90);
    assert_int_equal(parse("+1d"), 86400);
}

static void what_is_no_time_to_come_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "5:30",
                                      "24:00",
                                      "05:60",
                                      "05:30x",
                                      "0530",
                                      "+",
                                      "+2",
                                      "+h",
                                      "+2h3h",
                                      "+2m1h",
                                      "+99999999d",
                                      "2025-06-31T05:30",
                                      "tomorrow",
                                      "2025-06-02",
                                      "2025-06-01T05:30",
                                      "2025-06-02T05:30Q",
                                      "2025-06-02T05:30+1",
                                      "+0s",
                                      "-2h"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct dv_err err = DV_ERR_INIT;
        time_t deadline;
        if (dv_deadline_parse(bad[i], NOW, &deadline, &err) == DV_OK)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(err.code, DV_EXIT_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_time_is_the_next_one),
        cmocka_unit_test(a_night_may_be_an_hour_longer),
        cmocka_unit_test(a_moment_is_a_moment),
        cmocka_unit_test(a_duration_counts_from_now),
        cmocka_unit_test(what_is_no_time_to_come_is_refused),
    };
    if (setenv("TZ", "Europe/Zurich", 1) != 0)
        return 1;
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
