/* Dates, times and intervals against PostgreSQL 15's answers, and round trips over the whole range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/datetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
    const char *type, *in, *out;
} parses[] = {
    {"date", "2024-02-29", "2024-02-29"},
    {"date", "2023-02-29", "ERR 22008"},
    {"date", "1900-02-29", "ERR 22008"},
    {"date", "2000-02-29", "2000-02-29"},
    {"date", "0001-01-01", "0001-01-01"},
    {"date", "0001-01-01 BC", "0001-01-01 BC"},
    {"date", "0000-01-01", "ERR 22008"},
    {"date", "4714-11-24 BC", "4714-11-24 BC"},
    {"date", "4714-11-23 BC", "ERR 22008"},
    {"date", "10000-01-01", "10000-01-01"},
    {"date", "5874897-12-31", "5874897-12-31"},
    {"date", "5874898-06-03", "ERR 22008"},
    {"date", "5874898-06-04", "ERR 22008"},
    {"date", "infinity", "infinity"},
    {"date", "-infinity", "-infinity"},
    {"date", "epoch", "1970-01-01"},
    {"date", "2024-13-01", "ERR 22008"},
    {"date", "2024-00-10", "ERR 22008"},
    {"date", "2024-01-32", "ERR 22008"},
    {"date", "2024-1-5", "2024-01-05"},
    {"date", "2024/01/05", "2024-01-05"},
    {"date", "20240105", "2024-01-05"},
    {"date", " 2024-01-05 ", "2024-01-05"},
    {"date", "2024-01-05 10:00:00+02", "2024-01-05"},
    {"date", "2024-01", "ERR 22007"},
    {"date", "abc", "ERR 22007"},
    {"date", "", "ERR 22007"},
    {"date", "2024-01-05x", "ERR 22007"},
    {"date", "2024-001-05", "ERR 22007"},
    {"date", "2024-01-05-08", "ERR 22007"},
    {"time without time zone", "10:00:00", "10:00:00"},
    {"time without time zone", "10:00", "10:00:00"},
    {"time without time zone", "1:2:3", "01:02:03"},
    {"time without time zone", "23:59:59.9999999", "24:00:00"},
    {"time without time zone", "24:00:00", "24:00:00"},
    {"time without time zone", "24:00:01", "ERR 22008"},
    {"time without time zone", "23:59:60", "24:00:00"},
    {"time without time zone", "23:59:60.5", "ERR 22008"},
    {"time without time zone", "10:00:61", "ERR 22008"},
    {"time without time zone", "25:00", "ERR 22008"},
    {"time without time zone", "10:00:00.1234565", "10:00:00.123456"},
    {"time without time zone", "10:00:00.1234575", "10:00:00.123458"},
    {"time without time zone", "040506", "04:05:06"},
    {"time without time zone", "12:00 AM", "00:00:00"},
    {"time without time zone", "12:30 pm", "12:30:00"},
    {"time without time zone", "13:00 PM", "ERR 22008"},
    {"time without time zone", "10:00:00+02", "10:00:00"},
    {"time without time zone", "2024-02-29 10:00:00", "10:00:00"},
    {"time without time zone", "", "ERR 22007"},
    {"time without time zone", ":10", "ERR 22007"},
    {"timestamp without time zone", "2024-02-29 10:11:12", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29T10:11:12", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29T10:11:12Z", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29 10:11:12.5", "2024-02-29 10:11:12.5"},
    {"timestamp without time zone", "2024-02-29 10:11:12.123456", "2024-02-29 10:11:12.123456"},
    {"timestamp without time zone", "2024-02-29 10:11:12.1234567", "2024-02-29 10:11:12.123457"},
    {"timestamp without time zone", "2024-02-29 23:59:59.9999999", "2024-03-01 00:00:00"},
    {"timestamp without time zone", "2024-02-29 24:00:00", "2024-03-01 00:00:00"},
    {"timestamp without time zone", "2024-02-29 24:00:01", "ERR 22008"},
    {"timestamp without time zone", "2024-12-31 23:59:60", "2025-01-01 00:00:00"},
    {"timestamp without time zone", "2024-02-29 10:11", "2024-02-29 10:11:00"},
    {"timestamp without time zone", "2024-02-29", "2024-02-29 00:00:00"},
    {"timestamp without time zone", "2024-02-29 10:11:12+02", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29 10:11:12+05:30", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29 10:11:12-0330", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29 10:11:12 +02:00:30", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "2024-02-29 10:11:12+16", "ERR 22009"},
    {"timestamp without time zone", "2024-02-29 10:11:12+15:60", "ERR 22009"},
    {"timestamp without time zone", "20240229T101112", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "20240229T101112Z", "2024-02-29 10:11:12"},
    {"timestamp without time zone", "0044-03-15 10:00:00+00 BC", "0044-03-15 10:00:00 BC"},
    {"timestamp without time zone", "0044-03-15 BC", "0044-03-15 00:00:00 BC"},
    {"timestamp without time zone", "10000-01-01 00:00:00", "10000-01-01 00:00:00"},
    {"timestamp without time zone", "294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999"},
    {"timestamp without time zone", "294277-01-01 00:00:00", "ERR 22008"},
    {"timestamp without time zone", "294276-12-31 23:59:59-01", "294276-12-31 23:59:59"},
    {"timestamp without time zone", "4714-11-24 00:00:00 BC", "4714-11-24 00:00:00 BC"},
    {"timestamp without time zone", "4714-11-23 23:59:59 BC", "ERR 22008"},
    {"timestamp without time zone", "infinity", "infinity"},
    {"timestamp without time zone", "-Infinity", "-infinity"},
    {"timestamp without time zone", "epoch", "1970-01-01 00:00:00"},
    {"timestamp without time zone", "2023-02-29 00:00:00", "ERR 22008"},
    {"timestamp without time zone", "2024-02-30T00:00:00Z", "ERR 22008"},
    {"timestamp without time zone", "2024-04-31", "ERR 22008"},
    {"timestamp without time zone", "2024-02-29 10:60:00", "ERR 22008"},
    {"timestamp without time zone", "2024-02-29 10", "ERR 22007"},
    {"timestamp without time zone", "now and then", "ERR 22007"},
    {"timestamp without time zone", "2024-02-29 10:00:00 PM", "2024-02-29 22:00:00"},
    {"timestamp without time zone", "2024-02-29 10:00:00 utc", "2024-02-29 10:00:00"},
    {"timestamp without time zone", "2024-02-29 1:2:3 GMT", "2024-02-29 01:02:03"},
    {"timestamp without time zone", "1999-12-31 23:59:59.999999+00", "1999-12-31 23:59:59.999999"},
    {"timestamp without time zone", "1970-01-01 00:00:00+00", "1970-01-01 00:00:00"},
    {"timestamp with time zone", "2024-02-29 10:11:12", "2024-02-29 10:11:12+00"},
    {"timestamp with time zone", "2024-02-29T10:11:12", "2024-02-29 10:11:12+00"},
    {"timestamp with time zone", "2024-02-29T10:11:12Z", "2024-02-29 10:11:12+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12.5", "2024-02-29 10:11:12.5+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12.123456", "2024-02-29 10:11:12.123456+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12.1234567", "2024-02-29 10:11:12.123457+00"},
    {"timestamp with time zone", "2024-02-29 23:59:59.9999999", "2024-03-01 00:00:00+00"},
    {"timestamp with time zone", "2024-02-29 24:00:00", "2024-03-01 00:00:00+00"},
    {"timestamp with time zone", "2024-02-29 24:00:01", "ERR 22008"},
    {"timestamp with time zone", "2024-12-31 23:59:60", "2025-01-01 00:00:00+00"},
    {"timestamp with time zone", "2024-02-29 10:11", "2024-02-29 10:11:00+00"},
    {"timestamp with time zone", "2024-02-29", "2024-02-29 00:00:00+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12+02", "2024-02-29 08:11:12+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12+05:30", "2024-02-29 04:41:12+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12-0330", "2024-02-29 13:41:12+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12 +02:00:30", "2024-02-29 08:10:42+00"},
    {"timestamp with time zone", "2024-02-29 10:11:12+16", "ERR 22009"},
    {"timestamp with time zone", "2024-02-29 10:11:12+15:60", "ERR 22009"},
    {"timestamp with time zone", "20240229T101112", "2024-02-29 10:11:12+00"},
    {"timestamp with time zone", "20240229T101112Z", "2024-02-29 10:11:12+00"},
    {"timestamp with time zone", "0044-03-15 10:00:00+00 BC", "0044-03-15 10:00:00+00 BC"},
    {"timestamp with time zone", "0044-03-15 BC", "0044-03-15 00:00:00+00 BC"},
    {"timestamp with time zone", "10000-01-01 00:00:00", "10000-01-01 00:00:00+00"},
    {"timestamp with time zone", "294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999+00"},
    {"timestamp with time zone", "294277-01-01 00:00:00", "ERR 22008"},
    {"timestamp with time zone", "294276-12-31 23:59:59-01", "ERR 22008"},
    {"timestamp with time zone", "4714-11-24 00:00:00 BC", "4714-11-24 00:00:00+00 BC"},
    {"timestamp with time zone", "4714-11-23 23:59:59 BC", "ERR 22008"},
    {"timestamp with time zone", "infinity", "infinity"},
    {"timestamp with time zone", "-Infinity", "-infinity"},
    {"timestamp with time zone", "epoch", "1970-01-01 00:00:00+00"},
    {"timestamp with time zone", "2023-02-29 00:00:00", "ERR 22008"},
    {"timestamp with time zone", "2024-02-30T00:00:00Z", "ERR 22008"},
    {"timestamp with time zone", "2024-04-31", "ERR 22008"},
    {"timestamp with time zone", "2024-02-29 10:60:00", "ERR 22008"},
    {"timestamp with time zone", "2024-02-29 10", "ERR 22007"},
    {"timestamp with time zone", "now and then", "ERR 22007"},
    {"timestamp with time zone", "2024-02-29 10:00:00 PM", "2024-02-29 22:00:00+00"},
    {"timestamp with time zone", "2024-02-29 10:00:00 utc", "2024-02-29 10:00:00+00"},
    {"timestamp with time zone", "2024-02-29 1:2:3 GMT", "2024-02-29 01:02:03+00"},
    {"timestamp with time zone", "1999-12-31 23:59:59.999999+00", "1999-12-31 23:59:59.999999+00"},
    {"timestamp with time zone", "1970-01-01 00:00:00+00", "1970-01-01 00:00:00+00"},
};

static const struct {
    const char *in, *out;
} intervals[] = {
    {"1 day", "1 day"},
    {"1 year 2 mons 3 days 04:05:06.789", "1 year 2 mons 3 days 04:05:06.789"},
    {"-1 years -2 mons +3 days -04:05:06.789", "-1 years -2 mons +3 days -04:05:06.789"},
    {"1 day ago", "-1 days"},
    {"-1 day ago", "1 day"},
    {"@ 1 minute", "00:01:00"},
    {"1.5 days", "1 day 12:00:00"},
    {"0.5 months", "15 days"},
    {"-0.5 months", "-15 days"},
    {"1.5 years", "1 year 6 mons"},
    {"1.7 years", "1 year 8 mons"},
    {"1.33 weeks", "9 days 07:26:24"},
    {"1.5 hours", "01:30:00"},
    {"0.0000005 s", "00:00:00"},
    {"1.0000015 s", "00:00:01.000001"},
    {"100:00:00", "100:00:00"},
    {"-04:05", "-04:05:00"},
    {"04:05", "04:05:00"},
    {"3 4:05:06", "3 days 04:05:06"},
    {"-3 -4:05:06", "-3 days -04:05:06"},
    {"1-2", "1 year 2 mons"},
    {"-1-2", "-1 years -2 mons"},
    {"10", "00:00:10"},
    {"1 mon -1 days", "1 mon -1 days"},
    {"1 year -2 mons", "10 mons"},
    {"13 mons", "1 year 1 mon"},
    {"-13 mons", "-1 years -1 mons"},
    {"P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"},
    {"PT1.5S", "00:00:01.5"},
    {"P-1Y", "-1 years"},
    {"P1.5W", "10 days 12:00:00"},
    {"PT", "00:00:00"},
    {"P", "ERR 22007"},
    {"p1y", "ERR 22007"},
    {"00:00:00", "00:00:00"},
    {"1 week", "7 days"},
    {"2 decades", "20 years"},
    {"1 century", "100 years"},
    {"1 millennium", "1000 years"},
    {"5 us", "00:00:00.000005"},
    {"1500 ms", "00:00:01.5"},
    {"1 day 1 day", "ERR 22007"},
    {"1 hour 04:05", "ERR 22007"},
    {"1 x", "ERR 22007"},
    {"", "ERR 22007"},
    {"abc", "ERR 22007"},
    {"1", "00:00:01"},
    {"-.5", "ERR 22007"},
    {"1 day2 hours", "ERR 22007"},
    {"2147483647 days", "2147483647 days"},
    {"2147483648 days", "ERR 22015"},
    {"9223372036854775807 us", "2562047788:00:54.775807"},
    {"9223372036854775808 us", "ERR 22015"},
    {"1 microseconds", "00:00:00.000001"},
    {"ago", "ERR 22007"},
};

static const struct {
    char op;
    const char *timestamp, *interval, *out;
} additions[] = {
    {'+', "2024-01-31 10:00:00", "1 mon", "2024-02-29 10:00:00"},
    {'+', "2023-01-31 10:00:00", "1 mon", "2023-02-28 10:00:00"},
    {'-', "2024-03-31 00:00:00", "1 mon", "2024-02-29 00:00:00"},
    {'+', "2024-02-29 00:00:00", "1 year", "2025-02-28 00:00:00"},
    {'+', "2024-02-29 00:00:00", "4 years", "2028-02-29 00:00:00"},
    {'+', "2024-01-31 00:00:00", "1 mon 1 day", "2024-03-01 00:00:00"},
    {'-', "2024-01-01 00:00:00", "1 us", "2023-12-31 23:59:59.999999"},
    {'+', "2024-12-31 23:59:59", "2 seconds", "2025-01-01 00:00:01"},
    {'+', "0001-01-01 00:00:00 BC", "-1 mon", "0002-12-01 00:00:00 BC"},
    {'+', "294276-12-31 00:00:00", "1 mon", "ERR 22008"},
    {'-', "4714-11-24 00:00:00 BC", "1 us", "ERR 22008"},
    {'+', "infinity", "1 year", "infinity"},
    {'+', "2000-01-01 00:00:00", "2147483647 days", "ERR 22008"},
    {'-', "2024-05-31 12:00:00", "3 mons 2 days 01:00:00", "2024-02-27 11:00:00"},
    {'+', "2024-01-31 00:00:00", "-11 mons", "2023-02-28 00:00:00"},
};

static void check(struct dv_buf *out, enum dv_status status, const struct dv_err *err, const char *expected,
                  const char *what)
{
    if (status != DV_OK) {
        dv_buf_reset(out);
        dv_buf_printf(out, "ERR %s", err->sqlstate);
    }
    if (strcmp(dv_buf_cstr(out), expected) != 0)
        fail_msg("'%s': expected %s, got %s", what, expected, out->data);
    dv_buf_release(out);
}

static void reads_and_prints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parses / sizeof *parses; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_buf out = {0};
        const char *in = parses[i].in;
        size_t length = strlen(in);
        int64_t value = 0;
        enum dv_status status;
        if (strcmp(parses[i].type, "date") == 0) {
            if ((status = dv_date_parse(in, length, &value, &err)) == DV_OK)
                dv_date_format(value, &out);
        } else if (strcmp(parses[i].type, "time without time zone") == 0) {
            if ((status = dv_time_parse(in, length, &value, &err)) == DV_OK)
                dv_time_format(value, &out);
        } else {
            bool zone = strcmp(parses[i].type, "timestamp with time zone") == 0;
            if ((status = dv_timestamp_parse(in, length, zone, &value, &err)) == DV_OK)
                dv_timestamp_format(value, zone, &out);
        }
        check(&out, status, &err, parses[i].out, in);
    }
}

static void reads_and_prints_intervals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_interval interval;
        struct dv_buf out = {0};
        enum dv_status status = dv_interval_parse(intervals[i].in, strlen(intervals[i].in), &interval, &err);
        if (status == DV_OK)
            dv_interval_format(&interval, &out);
        check(&out, status, &err, intervals[i].out, intervals[i].in);
    }
}

static void adds_intervals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_interval interval;
        struct dv_buf out = {0};
        int64_t us;
        assert_int_equal(
            dv_timestamp_parse(additions[i].timestamp, strlen(additions[i].timestamp), false, &us, &err),
            DV_OK);
        assert_int_equal(
            dv_interval_parse(additions[i].interval, strlen(additions[i].interval), &interval, &err), DV_OK);
        enum dv_status status = dv_timestamp_add(us, &interval, additions[i].op == '-' ? -1 : 1, &us, &err);
        if (status == DV_OK)
            dv_timestamp_format(us, false, &out);
        check(&out, status, &err, additions[i].out, additions[i].timestamp);
    }
}

static uint64_t seed;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* What is written must read back as the same moment, whatever the century. */
static void round_trips(void **state)
{
    (void)state;
    seed = 88172645463325252ULL;
    print_message("seed %" PRIu64 "\n", seed);
    for (int i = 0; i < 20000; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_buf out = {0};
        int64_t us, back, days, year;
        int month, day;
        if (i % 2 == 0)
            us = (int64_t)(draw() % 9435184819200000000ULL - 211813488000000000ULL);
        else
            us = (int64_t)(draw() % 1600000000) * 1000000 - 800000000000000LL +
                 (i % 4 == 1 ? 0 : (int64_t)(draw() % 1000000));
        dv_timestamp_format(us, true, &out);
        assert_int_equal(dv_timestamp_parse(out.data, out.len, true, &back, &err), DV_OK);
        assert_true(back == us);
        days = us / 86400000000LL;
        dv_date_to_civil(days, &year, &month, &day);
        assert_true(dv_date_from_civil(year, month, day) == days);
        dv_buf_reset(&out);
        dv_date_format(days, &out);
        assert_int_equal(dv_date_parse(out.data, out.len, &back, &err), DV_OK);
        assert_true(back == days);
        dv_buf_release(&out);
    }
}

static void knows_the_time(void **state)
{
    (void)state;
    assert_true(dv_timestamp_now() > dv_date_from_civil(2024, 1, 1) * 86400000000LL);
}

/* A zone that cannot be looked up, here for want of a file descriptor, is a fault of the machine: the text is
 * right, and its row must not be rejected. */
static void a_zone_that_cannot_be_read_is_no_bad_text(void **state)
{
    static const char text[] = "2024-06-01 10:00 Europe/Berlin";
    struct rlimit before, none;
    struct dv_err err = DV_ERR_INIT;
    int64_t us = 0;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum dv_status status = dv_timestamp_parse(text, sizeof text - 1, true, &us, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_string_equal(err.sqlstate, "");
    assert_int_equal(dv_timestamp_parse(text, sizeof text - 1, true, &us, &err), DV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints), cmocka_unit_test(reads_and_prints_intervals),
        cmocka_unit_test(adds_intervals),   cmocka_unit_test(round_trips),
        cmocka_unit_test(knows_the_time),   cmocka_unit_test(a_zone_that_cannot_be_read_is_no_bad_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
