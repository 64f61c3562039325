#include "jobs/deadline.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LONGEST_S ((long long)10 * 365 * 86400)

/* `digits` digits at *at, which moves behind them. */
static bool take(const char **at, unsigned digits, int most, int *out)
{
    int number = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (isdigit((unsigned char)(*at)[i]) == 0)
            return false;
        number = number * 10 + ((*at)[i] - '0');
    }
    *at += digits;
    *out = number;
    return number <= most;
}

static bool skip(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    ++*at;
    return true;
}

/* 05:30 or 05:30:15 */
static bool take_clock(const char **at, struct tm *time)
{
    time->tm_sec = 0;
    return take(at, 2, 23, &time->tm_hour) && skip(at, ':') && take(at, 2, 59, &time->tm_min) &&
           (!skip(at, ':') || take(at, 2, 59, &time->tm_sec));
}

static bool from_duration(const char *at, time_t now, time_t *out)
{
    static const struct {
        char unit;
        long long seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    long long total = 0;
    size_t next = 0;
    do {
        long long number = 0;
        if (isdigit((unsigned char)*at) == 0)
            return false;
        for (; isdigit((unsigned char)*at) != 0 && number < LONGEST_S; at++)
            number = number * 10 + (*at - '0');
        while (next < sizeof units / sizeof units[0] && units[next].unit != *at)
            next++;
        if (next == sizeof units / sizeof units[0] || number > LONGEST_S / units[next].seconds)
            return false;
        total += number * units[next++].seconds;
        at++;
    } while (*at != '\0');
    *out = now + (time_t)total;
    return total <= LONGEST_S;
}

static bool from_clock(const char *at, time_t now, time_t *out)
{
    struct tm time;
    if (localtime_r(&now, &time) == NULL || !take_clock(&at, &time) || *at != '\0')
        return false;
    struct tm today = time;
    today.tm_isdst = time.tm_isdst = -1;
    *out = mktime(&today);
    if (*out <= now) {
        time.tm_mday++;
        *out = mktime(&time);
    }
    return *out != (time_t)-1;
}

/* Behind the time: nothing, "Z", or "+02:00". */
static bool take_zone(const char *at, struct tm *time, time_t *out)
{
    int hours, minutes = 0, sign = *at == '-' ? -1 : 1;
    if (*at == '\0') {
        time->tm_isdst = -1;
        *out = mktime(time);
        return *out != (time_t)-1;
    }
    *out = timegm(time);
    if (strcmp(at, "Z") == 0)
        return true;
    if (!skip(&at, '+') && !skip(&at, '-'))
        return false;
    if (!take(&at, 2, 15, &hours) || (*at != '\0' && (!skip(&at, ':') || !take(&at, 2, 59, &minutes))))
        return false;
    *out -= (time_t)sign * (hours * 3600 + minutes * 60);
    return *at == '\0';
}

static bool from_timestamp(const char *at, time_t *out)
{
    struct tm time = {0};
    if (!take(&at, 4, 9999, &time.tm_year) || !skip(&at, '-') || !take(&at, 2, 12, &time.tm_mon) ||
        !skip(&at, '-') || !take(&at, 2, 31, &time.tm_mday) || (!skip(&at, 'T') && !skip(&at, ' ')) ||
        !take_clock(&at, &time))
        return false;
    int day = time.tm_mday;
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    struct tm as_given = time;
    return timegm(&as_given) != (time_t)-1 && as_given.tm_mday == day && day > 0 && take_zone(at, &time, out);
}

enum dv_status dv_deadline_parse(const char *text, time_t now, time_t *deadline, struct dv_err *err)
{
    enum dv_status status;
    bool good = text[0] == '+'              ? from_duration(text + 1, now, deadline)
                : strchr(text, '-') != NULL ? from_timestamp(text, deadline)
                                            : from_clock(text, now, deadline);
    if (!good) {
        status = dv_fail(err, DV_EXIT_USAGE, "--deadline: \"%s\" is not a time", text);
        dv_err_hint(err, "write 05:30, 2025-06-02T05:30, 2025-06-02T03:30Z, +2h or +1h30m");
        return status;
    }
    if (*deadline > now)
        return DV_OK;
    status = dv_fail(err, DV_EXIT_USAGE, "--deadline: %s is past", text);
    dv_err_hint(err, "give a time to come");
    return status;
}
