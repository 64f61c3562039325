/* Arithmetic on dates, times and intervals. Source: PostgreSQL manual, "Date/Time Functions and Operators".
 */
#include "transform/functions.h"

#include "core/datetime.h"

#include <math.h>

#define DAY_US     INT64_C(86400000000)
#define DATE_FIRST INT64_C(-2451545)               /* 4714-11-24 BC, day 0 of the Julian calendar */
#define DATE_LAST  (INT64_C(2147483494) - 2451545) /* the first day past the end */

static bool infinite_date(int64_t days)
{
    return days == DV_DATE_INFINITY || days == DV_DATE_MINUS_INFINITY;
}

static bool infinite_stamp(int64_t us)
{
    return us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY;
}

static enum dv_status shift_date(int64_t days, int64_t by, struct dv_value *out, struct dv_err *err)
{
    int64_t sum = days + by; /* both fit 32 bits */
    if (infinite_date(days))
        sum = days;
    else if (sum < DATE_FIRST || sum >= DATE_LAST)
        return dv_eval_range(err, DV_TYPE_DATE);
    *out = dv_int(sum);
    return DV_OK;
}

#define TIME_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)

TIME_FN(date_plus_days)
{
    bool date_first = expr->args[0]->type.id == DV_TYPE_DATE;
    (void)eval;
    return shift_date(args[date_first ? 0 : 1].u.i, args[date_first ? 1 : 0].u.i, out, err);
}

TIME_FN(date_minus_days)
{
    (void)expr;
    (void)eval;
    return shift_date(args[0].u.i, -args[1].u.i, out, err);
}

TIME_FN(date_minus_date)
{
    (void)expr;
    (void)eval;
    if (infinite_date(args[0].u.i) || infinite_date(args[1].u.i))
        return dv_eval_fail(err, "22008", "cannot subtract infinite dates");
    *out = dv_int((int32_t)(args[0].u.i - args[1].u.i));
    return DV_OK;
}

/* A date's midnight as a timestamp. */
static enum dv_status midnight(int64_t days, int64_t *us, struct dv_err *err)
{
    if (infinite_date(days)) {
        *us = days == DV_DATE_INFINITY ? DV_TIMESTAMP_INFINITY : DV_TIMESTAMP_MINUS_INFINITY;
        return DV_OK;
    }
    if (days >= 109203528 - 2451545)
        return dv_eval_fail(err, "22008", "date out of range for timestamp");
    *us = days * DAY_US;
    return DV_OK;
}

/* stamp or date, and interval, in either order; sign by the operator's own function. */
static enum dv_status move(const struct dv_expr *expr, const struct dv_value *args, int sign,
                           struct dv_value *out, struct dv_err *err)
{
    unsigned interval = expr->args[0]->type.id == DV_TYPE_INTERVAL ? 0 : 1;
    int64_t us = args[1 - interval].u.i, moved = 0;
    enum dv_status status = DV_OK;
    if (expr->args[1 - interval]->type.id == DV_TYPE_DATE)
        status = midnight(us, &us, err);
    if (status == DV_OK && infinite_stamp(us))
        moved = us;
    else if (status == DV_OK)
        status = dv_timestamp_add(us, args[interval].u.interval, sign, &moved, err);
    *out = dv_int(moved);
    return status;
}

TIME_FN(stamp_plus)
{
    (void)eval;
    return move(expr, args, 1, out, err);
}

TIME_FN(stamp_minus)
{
    (void)eval;
    return move(expr, args, -1, out, err);
}

TIME_FN(stamp_difference)
{
    int64_t us;
    (void)expr;
    if (infinite_stamp(args[0].u.i) || infinite_stamp(args[1].u.i))
        return dv_eval_fail(err, "22008", "cannot subtract infinite timestamps");
    if (__builtin_sub_overflow(args[0].u.i, args[1].u.i, &us))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    return dv_out_interval(eval, out, 0, us / DAY_US, us % DAY_US, err);
}

TIME_FN(date_plus_time)
{
    unsigned date = expr->args[0]->type.id == DV_TYPE_DATE ? 0 : 1;
    int64_t us = 0;
    enum dv_status status = midnight(args[date].u.i, &us, err);
    (void)eval;
    if (status == DV_OK && !infinite_stamp(us) && __builtin_add_overflow(us, args[1 - date].u.i, &us))
        return dv_eval_range(err, DV_TYPE_TIMESTAMP);
    *out = dv_int(us);
    return status;
}

TIME_FN(time_minus_time)
{
    (void)expr;
    return dv_out_interval(eval, out, 0, 0, args[0].u.i - args[1].u.i, err);
}

static int64_t around_the_clock(int64_t us)
{
    us %= DAY_US;
    return us < 0 ? us + DAY_US : us;
}

TIME_FN(time_plus)
{
    unsigned time = expr->args[0]->type.id == DV_TYPE_TIME ? 0 : 1;
    (void)eval;
    (void)err;
    *out = dv_int(around_the_clock(args[time].u.i + args[1 - time].u.interval->microseconds % DAY_US));
    return DV_OK;
}

TIME_FN(time_minus)
{
    (void)expr;
    (void)eval;
    (void)err;
    *out = dv_int(around_the_clock(args[0].u.i - args[1].u.interval->microseconds % DAY_US));
    return DV_OK;
}

static enum dv_status add_intervals(struct dv_eval *eval, const struct dv_interval *a,
                                    const struct dv_interval *b, int sign, struct dv_value *out,
                                    struct dv_err *err)
{
    int64_t us;
    bool overflow = sign > 0 ? __builtin_add_overflow(a->microseconds, b->microseconds, &us)
                             : __builtin_sub_overflow(a->microseconds, b->microseconds, &us);
    if (overflow)
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    return dv_out_interval(eval, out, (int64_t)a->months + (int64_t)sign * b->months,
                           (int64_t)a->days + (int64_t)sign * b->days, us, err);
}

TIME_FN(interval_plus)
{
    (void)expr;
    return add_intervals(eval, args[0].u.interval, args[1].u.interval, 1, out, err);
}

TIME_FN(interval_minus)
{
    (void)expr;
    return add_intervals(eval, args[0].u.interval, args[1].u.interval, -1, out, err);
}

TIME_FN(interval_negate)
{
    static const struct dv_interval zero = {0};
    (void)expr;
    return add_intervals(eval, &zero, args[0].u.interval, -1, out, err);
}

static double round_micro(double x)
{
    return rint(x * 1000000.0) / 1000000.0;
}

/* One field times (or over) the factor. */
static double scale(double field, double factor, bool divide)
{
    return divide ? field / factor : field * factor;
}

/* What is left of months goes to days (30 each), what is left of days to seconds: the order of the roundings
 * is part of the result. */
static enum dv_status scale_interval(struct dv_eval *eval, const struct dv_interval *span, double factor,
                                     bool divide, struct dv_value *out, struct dv_err *err)
{
    double months = scale(span->months, factor, divide), days = scale(span->days, factor, divide), rest,
           seconds, us;
    uint32_t whole_days; /* what is carried into a day at the end of the range wraps, in PostgreSQL 15 too */
    if (!(months >= INT32_MIN && months < -(double)INT32_MIN && days >= INT32_MIN &&
          days < -(double)INT32_MIN))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    rest = round_micro((months - (double)(int32_t)months) * 30.0);
    seconds = round_micro((days - (double)(int32_t)days + rest - (double)(int32_t)rest) * 86400.0);
    whole_days = (uint32_t)(int32_t)days;
    if (fabs(seconds) >= 86400.0) {
        whole_days += (uint32_t)(int32_t)(seconds / 86400.0);
        seconds -= (double)((int32_t)(seconds / 86400.0)) * 86400.0;
    }
    whole_days += (uint32_t)(int32_t)rest;
    us = rint(scale((double)span->microseconds, factor, divide) + seconds * 1000000.0);
    if (!(us >= -9223372036854775808.0 && us < 9223372036854775808.0))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    return dv_out_interval(eval, out, (int32_t)months, (int32_t)whole_days, (int64_t)us, err);
}

enum dv_status dv_interval_divide(struct dv_eval *eval, const struct dv_interval *span, double divisor,
                                  struct dv_value *out, struct dv_err *err)
{
    return scale_interval(eval, span, divisor, true, out, err);
}

TIME_FN(interval_times)
{
    unsigned interval = expr->args[0]->type.id == DV_TYPE_INTERVAL ? 0 : 1;
    return scale_interval(eval, args[interval].u.interval, args[1 - interval].u.f, false, out, err);
}

TIME_FN(interval_over)
{
    (void)expr;
    if (args[1].u.f == 0.0)
        return dv_eval_fail(err, "22012", "division by zero");
    return scale_interval(eval, args[0].u.interval, args[1].u.f, true, out, err);
}

#define OP(sign, types, fn)                                                                                  \
    {                                                                                                        \
        .name = sign, .signature = types, .eval = fn                                                         \
    }
#define STABLE(sign, types, fn)                                                                              \
    {                                                                                                        \
        .name = sign, .signature = types, .flags = DV_FN_STABLE, .eval = fn                                  \
    }
static const struct dv_function time_entries[] = {
    OP("+", "date,int4>date", date_plus_days),
    OP("+", "int4,date>date", date_plus_days),
    OP("-", "date,int4>date", date_minus_days),
    OP("-", "date,date>int4", date_minus_date),
    OP("+", "date,interval>timestamp", stamp_plus),
    OP("+", "interval,date>timestamp", stamp_plus),
    OP("-", "date,interval>timestamp", stamp_minus),
    OP("+", "timestamp,interval>timestamp", stamp_plus),
    OP("+", "interval,timestamp>timestamp", stamp_plus),
    OP("-", "timestamp,interval>timestamp", stamp_minus),
    STABLE("+", "timestamptz,interval>timestamptz", stamp_plus),
    STABLE("+", "interval,timestamptz>timestamptz", stamp_plus),
    STABLE("-", "timestamptz,interval>timestamptz", stamp_minus),
    OP("-", "timestamp,timestamp>interval", stamp_difference),
    OP("-", "timestamptz,timestamptz>interval", stamp_difference),
    OP("+", "date,time>timestamp", date_plus_time),
    OP("+", "time,date>timestamp", date_plus_time),
    OP("-", "time,time>interval", time_minus_time),
    OP("+", "time,interval>time", time_plus),
    OP("+", "interval,time>time", time_plus),
    OP("-", "time,interval>time", time_minus),
    OP("+", "interval,interval>interval", interval_plus),
    OP("-", "interval,interval>interval", interval_minus),
    OP("-", "interval>interval", interval_negate),
    OP("*", "interval,float8>interval", interval_times),
    OP("*", "float8,interval>interval", interval_times),
    OP("/", "interval,float8>interval", interval_over),
};
const struct dv_function_table dv_operators_time = DV_FUNCTION_TABLE(time_entries);
