/* A moment taken apart into calendar fields, for extract, date_trunc and to_char. */
#ifndef DV_TRANSFORM_TIME_PARTS_H
#define DV_TRANSFORM_TIME_PARTS_H

#include "core/value.h"

#include <stdbool.h>

struct dv_time_parts {
    int64_t year; /* 0 is 1 BC */
    int month, day, hour, minute, second, micro;
    int64_t days; /* since 2000-01-01 */
};

void dv_time_split(int64_t us, struct dv_time_parts *parts);
int dv_day_of_week(int64_t days);                                  /* 0 is Sunday */
int dv_day_of_year(const struct dv_time_parts *parts);             /* 1..366 */
int dv_iso_week(int64_t days, int64_t *iso_year, int64_t *monday); /* week 1..53; the Monday that begins it */

/* date_trunc's units over the local time; dv_time_trunc fails for a unit that it does not know.
 * functions_time.c */
enum dv_status dv_time_trunc(const struct dv_value *unit, int64_t us, const struct dv_type *type,
                             bool *whole_days, int64_t *out, struct dv_err *err) DV_MUST_CHECK;
/* The same for an interval: what is smaller than the unit becomes 0. */
enum dv_status dv_interval_trunc(const struct dv_value *unit, const struct dv_interval *span,
                                 struct dv_interval *out, struct dv_err *err) DV_MUST_CHECK;

#endif
