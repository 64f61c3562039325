#include "transform/time_parts.h"

#include "core/datetime.h"
#include "transform/bind_internal.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)

void dv_time_split(int64_t us, struct dv_time_parts *parts)
{
    int64_t days = us >= 0 ? us / DAY_US : -((-(us + 1)) / DAY_US) - 1, rest = us - days * DAY_US;
    dv_date_to_civil(days, &parts->year, &parts->month, &parts->day);
    parts->days = days;
    parts->micro = (int)(rest % 1000000);
    rest /= 1000000;
    parts->second = (int)(rest % 60);
    parts->minute = (int)(rest / 60 % 60);
    parts->hour = (int)(rest / 3600);
}

int dv_day_of_week(int64_t days)
{
    int64_t day = (days + 6) % 7; /* 2000-01-01 was a Saturday */
    return (int)(day < 0 ? day + 7 : day);
}

int dv_day_of_year(const struct dv_time_parts *parts)
{
    return (int)(parts->days - dv_date_from_civil(parts->year, 1, 1)) + 1;
}

static int64_t monday_of(int64_t days)
{
    return days - (dv_day_of_week(days) + 6) % 7;
}

int dv_iso_week(int64_t days, int64_t *iso_year, int64_t *monday)
{
    int64_t year, first;
    int month, day;
    dv_date_to_civil(monday_of(days) + 3, &year, &month,
                     &day); /* the week's Thursday says whose week it is */
    first = monday_of(dv_date_from_civil(year, 1, 4));
    *iso_year = year;
    *monday = monday_of(days);
    return (int)((*monday - first) / 7) + 1;
}
