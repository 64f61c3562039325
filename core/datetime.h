/* Dates, times, timestamps and intervals with PostgreSQL's meaning; proleptic Gregorian calendar, BC,
 * infinity, 24:00, leap seconds read as the next minute. Ranges as in PostgreSQL (4713 BC to 294276 AD for
 * timestamps). Text in PostgreSQL's ISO form and the ISO 8601 forms that people put into data ('T', 'Z',
 * offsets, no seconds, fractions rounded to microseconds), session zone UTC; other forms are errors 22007,
 * out of range 22008. */
#ifndef DV_CORE_DATETIME_H
#define DV_CORE_DATETIME_H

#include "core/value.h"

/* Julian day 0 (24 November 4714 BC) to the last moment of 294276, as PostgreSQL. */
#define DV_TIMESTAMP_MIN (-211813488000000000LL)
#define DV_TIMESTAMP_END 9223371331200000000LL

static inline bool dv_timestamp_is_valid(int64_t us)
{
    return us >= DV_TIMESTAMP_MIN && us < DV_TIMESTAMP_END;
}

enum dv_status dv_date_parse(const char *text, size_t length, int64_t *days,
                             struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_time_parse(const char *text, size_t length, int64_t *us, struct dv_err *err) DV_MUST_CHECK;
/* with_zone: timestamptz (a zone or offset moves the time to UTC); without, a zone in the text is ignored, as
 * there. */
enum dv_status dv_timestamp_parse(const char *text, size_t length, bool with_zone, int64_t *us,
                                  struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_interval_parse(const char *text, size_t length, struct dv_interval *out,
                                 struct dv_err *err) DV_MUST_CHECK;
void dv_date_format(int64_t days, struct dv_buf *out);
void dv_time_format(int64_t us, struct dv_buf *out);
void dv_timestamp_format(int64_t us, bool with_zone, struct dv_buf *out); /* with_zone: "+00" */
void dv_interval_format(const struct dv_interval *interval, struct dv_buf *out);

int64_t dv_date_from_civil(int64_t year, int month, int day); /* year 0 is 1 BC; days since 2000-01-01 */
void dv_date_to_civil(int64_t days, int64_t *year, int *month, int *day);
/* timestamp + interval: months first (day clipped to the month's end), then days, then microseconds; 22008
 * out of range */
enum dv_status dv_timestamp_add(int64_t us, const struct dv_interval *interval, int sign, int64_t *out,
                                struct dv_err *err) DV_MUST_CHECK;
int64_t dv_timestamp_now(void); /* the wall clock, microseconds since 2000-01-01 UTC */

#endif
