/* What the files about dates and times share. Internal to core/. */
#ifndef DV_CORE_DATETIME_PARTS_H
#define DV_CORE_DATETIME_PARTS_H

#include "core/datetime.h"

#define DV_US_SECOND 1000000LL
#define DV_US_MINUTE (60 * DV_US_SECOND)
#define DV_US_HOUR   (3600 * DV_US_SECOND)
#define DV_US_DAY    (86400 * DV_US_SECOND)

/* Julian day 0 (24 November 4714 BC) to 3 June 5874898, as PostgreSQL. */
#define DV_DATE_MIN (-2451545LL)
#define DV_DATE_END 2145031949LL

static inline bool dv_is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
int dv_days_in_month(int64_t year, int month);

/* ".123456789" (at its point) to microseconds, 0..1000000, rounded; *at ends behind the digits. */
int64_t dv_fraction_to_us(const char **at, const char *end);

#endif
