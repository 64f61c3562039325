#include "core/datetime.h"

#include "core/datetime_parts.h"
#include "core/digits.h"
#include "core/value_error.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int dv_days_in_month(int64_t year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && dv_is_leap_year(year) ? 29 : days[month - 1];
}

/* Years counted from March, so that the leap day is the last of its year; 400 years are 146,097 days. */
int64_t dv_date_from_civil(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400, year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 730425; /* 2000-01-01 is day 730,425 from 0000-03-01 */
}

void dv_date_to_civil(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t from_march = days + 730425;
    int64_t era = (from_march >= 0 ? from_march : from_march - 146096) / 146097;
    int64_t day_of_era = from_march - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* YYYY-MM-DD, at least four digits of the year; the year before 1 is 1 BC. */
static char *put_date(char *at, int64_t year, int month, int day)
{
    uint64_t shown = (uint64_t)(year > 0 ? year : 1 - year);
    if (shown < 10000) {
        dv_put_pair(at, (unsigned)(shown / 100));
        dv_put_pair(at + 2, (unsigned)(shown % 100));
        at += 4;
    } else {
        at += dv_put_uint(at, shown);
    }
    *at++ = '-';
    dv_put_pair(at, (unsigned)month);
    at[2] = '-';
    dv_put_pair(at + 3, (unsigned)day);
    return at + 5;
}

/* HH:MM:SS[.ffffff]; us 0..86400000000 */
static char *put_time(char *at, int64_t us)
{
    unsigned fraction = (unsigned)(us % DV_US_SECOND), seconds = (unsigned)(us / DV_US_SECOND);
    dv_put_pair(at, seconds / 3600);
    at[2] = ':';
    dv_put_pair(at + 3, seconds / 60 % 60);
    at[5] = ':';
    dv_put_pair(at + 6, seconds % 60);
    at += 8;
    if (fraction != 0) {
        at[0] = '.';
        dv_put_pair(at + 1, fraction / 10000);
        dv_put_pair(at + 3, fraction / 100 % 100);
        dv_put_pair(at + 5, fraction % 100);
        at += 7;
        while (at[-1] == '0')
            at--;
    }
    return at;
}

void dv_date_format(int64_t days, struct dv_buf *out)
{
    if (days == DV_DATE_INFINITY || days == DV_DATE_MINUS_INFINITY) {
        dv_buf_str(out, days > 0 ? "infinity" : "-infinity");
        return;
    }
    int64_t year;
    int month, day;
    dv_date_to_civil(days, &year, &month, &day);
    if (!dv_buf_reserve(out, 40))
        return;
    out->len = (size_t)(put_date(out->data + out->len, year, month, day) - out->data);
    if (year <= 0)
        dv_buf_append(out, " BC", 3);
}

void dv_time_format(int64_t us, struct dv_buf *out)
{
    if (dv_buf_reserve(out, 16))
        out->len = (size_t)(put_time(out->data + out->len, us) - out->data);
}

void dv_timestamp_format(int64_t us, bool with_zone, struct dv_buf *out)
{
    if (us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY) {
        dv_buf_str(out, us > 0 ? "infinity" : "-infinity");
        return;
    }
    int64_t days = us / DV_US_DAY, rest = us % DV_US_DAY, year;
    int month, day;
    if (rest < 0) {
        rest += DV_US_DAY;
        days--;
    }
    dv_date_to_civil(days, &year, &month, &day);
    if (!dv_buf_reserve(out, 64))
        return;
    char *at = put_date(out->data + out->len, year, month, day);
    *at++ = ' ';
    at = put_time(at, rest);
    if (with_zone) {
        memcpy(at, "+00", 3);
        at += 3;
    }
    if (year <= 0) {
        memcpy(at, " BC", 3);
        at += 3;
    }
    out->len = (size_t)(at - out->data);
}

int64_t dv_fraction_to_us(const char **at, const char *end)
{
    const char *digits = *at + 1;
    int64_t us = 0;
    int count = 0;
    const char *p = digits;
    for (; p < end && dv_is_digit(*p); p++, count++)
        if (count < 6)
            us = us * 10 + (*p - '0');
    *at = p;
    for (int i = count; i < 6; i++)
        us *= 10;
    if (count <= 6)
        return us;
    /* Past microseconds PostgreSQL rounds a double's product to the nearest, halves to even. */
    char text[40] = "0.";
    size_t kept = count < 36 ? (size_t)count : 36;
    memcpy(text + 2, digits, kept);
    text[2 + kept] = '\0';
    double scaled = strtod(text, NULL) * 1000000.0;
    us = (int64_t)scaled;
    double rest = scaled - (double)us;
    return us + (rest > 0.5 || (rest == 0.5 && us % 2 != 0));
}

static enum dv_status out_of_range(struct dv_err *err)
{
    return dv_value_fail(err, "22008", "", 0, "timestamp out of range");
}

/* The same day so many months away, the month's last where it has no such day. */
static enum dv_status add_months(int64_t us, int64_t months, int64_t *out, struct dv_err *err)
{
    int64_t days = us / DV_US_DAY, rest = us % DV_US_DAY, year;
    int month, day;
    if (rest < 0) {
        rest += DV_US_DAY;
        days--;
    }
    dv_date_to_civil(days, &year, &month, &day);
    int64_t total = year * 12 + (month - 1) + months;
    year = total >= 0 ? total / 12 : -((-total + 11) / 12);
    month = (int)(total - year * 12) + 1;
    int last = dv_days_in_month(year, month);
    days = dv_date_from_civil(year, month, day < last ? day : last);
    if (days < DV_DATE_MIN || __builtin_mul_overflow(days, DV_US_DAY, &us) ||
        __builtin_add_overflow(us, rest, &us) || !dv_timestamp_is_valid(us))
        return out_of_range(err);
    *out = us;
    return DV_OK;
}

enum dv_status dv_timestamp_add(int64_t us, const struct dv_interval *interval, int sign, int64_t *out,
                                struct dv_err *err)
{
    int64_t days, microseconds;
    if (us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY) {
        *out = us;
        return DV_OK;
    }
    if (interval->months != 0) {
        enum dv_status status = add_months(us, (int64_t)interval->months * sign, &us, err);
        if (status != DV_OK)
            return status;
    }
    if (__builtin_mul_overflow((int64_t)interval->days * sign, DV_US_DAY, &days) ||
        __builtin_add_overflow(us, days, &us) || !dv_timestamp_is_valid(us) ||
        __builtin_mul_overflow(interval->microseconds, sign, &microseconds) ||
        __builtin_add_overflow(us, microseconds, &us) || !dv_timestamp_is_valid(us))
        return out_of_range(err);
    *out = us;
    return DV_OK;
}

int64_t dv_timestamp_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec - 946684800) * DV_US_SECOND +
           now.tv_nsec / 1000; /* 2000-01-01 in Unix time */
}
