/* Time zones, times made of parts, ages and bins. The session's zone is UTC. */
#include "transform/functions.h"

#include "core/datetime.h"
#include "core/zone.h"
#include "transform/time_parts.h"

#include <math.h>
#include <string.h>

#define DAY_US    INT64_C(86400000000)
#define SECOND_US INT64_C(1000000)
#define CLOCK_FN(name)                                                                                       \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

static bool infinite(int64_t us)
{
    return us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY;
}

static int64_t floor_seconds(int64_t us)
{
    return us >= 0 ? us / SECOND_US : -((-(us + 1)) / SECOND_US) - 1;
}

/* ---- zones --------------------------------------------------------------------------------------------- */

/* data: the zone, where it is constant */
static enum dv_status zone_of(const struct dv_expr *expr, struct dv_eval *eval, const struct dv_value *name,
                              const struct dv_zone **zone, struct dv_err *err)
{
    if (expr->data != NULL) {
        *zone = expr->data;
        return DV_OK;
    }
    if (eval->keep == NULL)
        return dv_zone_find(name->u.p, name->len, eval->arena, zone, err);
    struct dv_keep_entry *entry = dv_keep_find(eval->keep, expr, name->u.p, name->len, 0);
    if (entry == NULL)
        return dv_fail_memory(err);
    if (entry->made == NULL) {
        const struct dv_zone **kept = dv_arena_zalloc(&entry->arena, sizeof *kept);
        if (kept == NULL)
            return dv_fail_memory(err);
        enum dv_status status = dv_zone_find(entry->key, entry->key_length, &entry->arena, kept, err);
        if (status != DV_OK)
            return status;
        entry->made = (void *)kept;
    }
    *zone = *(const struct dv_zone **)entry->made;
    return DV_OK;
}

/* A name that is wrong fails where a row gets to it. */
static enum dv_status bind_zone(struct dv_binder *binder, struct dv_call *call, unsigned which,
                                struct dv_err *err)
{
    const struct dv_expr *name = call->expr.args[which];
    const struct dv_zone *zone = NULL;
    struct dv_err inner = DV_ERR_INIT;
    if (!name->is_constant || name->constant.state == DV_NULL)
        return DV_OK;
    if (dv_zone_find(name->constant.u.p, name->constant.len, binder->arena, &zone, &inner) == DV_OK) {
        call->expr.data = zone;
        return DV_OK;
    }
    if (inner.sqlstate[0] != '\0')
        return DV_OK;
    *err = inner;
    return inner.status;
}

static enum dv_status bind_first_zone(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    return bind_zone(binder, call, 0, err);
}

static enum dv_status moved(int64_t us, int64_t seconds, struct dv_value *out, struct dv_err *err)
{
    int64_t result;
    if (__builtin_add_overflow(us, seconds * SECOND_US, &result) || !dv_timestamp_is_valid(result))
        return dv_eval_range(err, DV_TYPE_TIMESTAMP);
    *out = dv_int(result);
    return DV_OK;
}

static enum dv_status in_zone(const struct dv_zone *zone, bool from_local, int64_t us, struct dv_value *out,
                              struct dv_err *err)
{
    if (infinite(us)) {
        *out = dv_int(us);
        return DV_OK;
    }
    if (from_local)
        return moved(us, -dv_zone_local_offset(zone, floor_seconds(us)), out, err);
    return moved(us, dv_zone_offset(zone, floor_seconds(us)), out, err);
}

CLOCK_FN(at_zone)
{
    const struct dv_zone *zone = NULL;
    bool from_local = expr->type.id == DV_TYPE_TIMESTAMPTZ;
    enum dv_status status = DV_OK;
    if (infinite(args[1].u.i)) {
        *out = args[1];
        return DV_OK;
    }
    status = zone_of(expr, eval, &args[0], &zone, err);
    return status == DV_OK ? in_zone(zone, from_local, args[1].u.i, out, err) : status;
}

CLOCK_FN(at_offset)
{
    const struct dv_interval *span = args[0].u.interval;
    bool from_local = expr->type.id == DV_TYPE_TIMESTAMPTZ;
    int64_t seconds = span->microseconds / SECOND_US;
    (void)eval;
    if (span->months != 0 || span->days != 0)
        return dv_eval_fail(err, "22023", "interval time zone must not include months or days");
    *out = args[1];
    return infinite(args[1].u.i) ? DV_OK : moved(args[1].u.i, from_local ? -seconds : seconds, out, err);
}

/* date_trunc(unit, time, zone): by the clocks of the zone */
CLOCK_FN(trunc_in_zone)
{
    const struct dv_zone *zone = NULL;
    struct dv_value local = dv_null();
    bool whole_days = false;
    int64_t cut = 0;
    enum dv_status status = zone_of(expr, eval, &args[2], &zone, err);
    if (status != DV_OK)
        return status;
    if (infinite(args[1].u.i)) {
        *out = args[1];
        return dv_time_trunc(&args[0], args[1].u.i, &expr->args[1]->type, &whole_days, &cut, err);
    }
    status = in_zone(zone, false, args[1].u.i, &local, err);
    if (status == DV_OK)
        status = dv_time_trunc(&args[0], local.u.i, &expr->args[1]->type, &whole_days, &cut, err);
    if (status != DV_OK)
        return status;
    if (whole_days)
        return in_zone(zone, true, cut, out, err);
    return moved(cut, -dv_zone_offset(zone, floor_seconds(args[1].u.i)), out, err);
}

static enum dv_status bind_third_zone(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    return bind_zone(binder, call, 2, err);
}

static enum dv_status out_span(struct dv_eval *eval, const struct dv_interval *span, struct dv_value *out,
                               struct dv_err *err)
{
    return dv_out_interval(eval, out, span->months, span->days, span->microseconds, err);
}

CLOCK_FN(trunc_interval)
{
    struct dv_interval cut;
    enum dv_status status = dv_interval_trunc(&args[0], args[1].u.interval, &cut, err);
    (void)expr;
    return status == DV_OK ? out_span(eval, &cut, out, err) : status;
}

/* ---- made of parts ------------------------------------------------------------------------------------- */

static bool day_of(int64_t year, int64_t month, int64_t day, int64_t *days)
{
    int64_t check_year;
    int check_month, check_day;
    if (year < 0)
        year++; /* -1 is 1 BC, which the calendar counts as 0 */
    else if (year == 0)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31 || year < -4713 || year > 5874897)
        return false;
    *days = dv_date_from_civil(year, (int)month, (int)day);
    dv_date_to_civil(*days, &check_year, &check_month, &check_day);
    return check_month == month && check_day == day && *days >= -2451545;
}

static enum dv_status time_of(int64_t hour, int64_t minute, double second, int64_t *us, struct dv_err *err)
{
    double micro = rint(second * 1000000.0);
    bool good = hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 && !isnan(second) && micro >= 0 &&
                micro <= 60.0 * 1000000.0;
    *us = good ? (hour * 60 + minute) * 60 * SECOND_US + (int64_t)micro : 0;
    if (!good || *us > DAY_US)
        return dv_eval_fail(err, "22008", "time field value out of range: %lld:%02lld:%02g", (long long)hour,
                            (long long)minute, second);
    return DV_OK;
}

CLOCK_FN(make_time)
{
    int64_t us = 0;
    enum dv_status status = time_of(args[0].u.i, args[1].u.i, args[2].u.f, &us, err);
    UNUSED;
    *out = dv_int(us);
    return status;
}

static enum dv_status stamp_of(const struct dv_value *args, int64_t *us, struct dv_err *err)
{
    int64_t days = 0, time = 0;
    enum dv_status status;
    if (!day_of(args[0].u.i, args[1].u.i, args[2].u.i, &days))
        return dv_eval_fail(err, "22008", "date field value out of range: %lld-%02lld-%02lld",
                            (long long)args[0].u.i, (long long)args[1].u.i, (long long)args[2].u.i);
    status = time_of(args[3].u.i, args[4].u.i, args[5].u.f, &time, err);
    if (status == DV_OK && (__builtin_mul_overflow(days, DAY_US, us) ||
                            __builtin_add_overflow(*us, time, us) || !dv_timestamp_is_valid(*us)))
        return dv_eval_range(err, DV_TYPE_TIMESTAMP);
    return status;
}

CLOCK_FN(make_timestamp)
{
    int64_t us = 0;
    enum dv_status status = stamp_of(args, &us, err);
    UNUSED;
    *out = dv_int(us);
    return status;
}

CLOCK_FN(make_timestamp_in_zone)
{
    const struct dv_zone *zone = NULL;
    const struct dv_value *name = &args[6];
    int64_t us = 0;
    enum dv_status status = stamp_of(args, &us, err);
    char offset[40];
    if (status != DV_OK)
        return status;
    if (name->len > 0 && name->len < sizeof(offset) && (name->u.p[0] == '+' || name->u.p[0] == '-')) {
        /* here, unlike in a zone's name, + is east */
        memcpy(offset, name->u.p, name->len);
        offset[0] = offset[0] == '+' ? '-' : '+';
        status = dv_zone_find(offset, name->len, eval->arena, &zone, err);
    } else if (name->len > 0 && name->u.p[0] >= '0' && name->u.p[0] <= '9') {
        status = dv_eval_fail(err, "22023", "invalid input syntax for type numeric time zone: \"%.*s\"",
                              (int)(name->len > 64 ? 64 : name->len), name->u.p);
        dv_err_hint(err, "Numeric time zones must have \"-\" or \"+\" as first character.");
    } else {
        status = zone_of(expr, eval, name, &zone, err);
    }
    return status == DV_OK ? in_zone(zone, true, us, out, err) : status;
}

CLOCK_FN(make_interval)
{
    int64_t part[6] = {0}, months, days;
    double seconds = expr->arg_count > 6 ? args[6].u.f : 0.0;
    for (unsigned i = 0; i < 6 && i < expr->arg_count; i++)
        part[i] = args[i].u.i;
    if (isnan(seconds) || isinf(seconds))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    months = (int32_t)(part[0] * 12 + part[1]); /* PostgreSQL's 32 bits */
    days = (int32_t)(part[2] * 7 + part[3]);
    return dv_out_interval(
        eval, out, months, days,
        part[4] * 3600 * SECOND_US + part[5] * 60 * SECOND_US + (int64_t)rint(seconds * 1000000.0), err);
}

CLOCK_FN(from_epoch)
{
    double seconds = args[0].u.f;
    UNUSED;
    if (isnan(seconds))
        return dv_eval_fail(err, "22008", "timestamp cannot be NaN");
    if (isinf(seconds)) {
        *out = dv_int(seconds > 0 ? DV_TIMESTAMP_INFINITY : DV_TIMESTAMP_MINUS_INFINITY);
        return DV_OK;
    }
    if (seconds < 86400.0 * (0 - 2440588.0) || seconds >= 86400.0 * (109203528.0 - 2440588.0))
        return dv_eval_fail(err, "22008", "timestamp out of range: \"%g\"", seconds);
    seconds = rint((seconds - 946684800.0) * 1000000.0);
    *out = dv_int((int64_t)seconds);
    return DV_OK;
}

/* ---- intervals ----------------------------------------------------------------------------------------- */

static int days_in_month(int64_t year, int month)
{
    int64_t first = dv_date_from_civil(year, month, 1);
    int64_t next = month == 12 ? dv_date_from_civil(year + 1, 1, 1) : dv_date_from_civil(year, month + 1, 1);
    return (int)(next - first);
}

/* Years, months and days as one counts birthdays. */
static enum dv_status age_between(struct dv_eval *eval, int64_t later, int64_t earlier, struct dv_value *out,
                                  struct dv_err *err)
{
    struct dv_time_parts a, b;
    int64_t months, days, us, sign = later < earlier ? -1 : 1, year;
    int month;
    if (infinite(later) || infinite(earlier))
        return dv_eval_range(err, DV_TYPE_TIMESTAMP);
    dv_time_split(later, &a);
    dv_time_split(earlier, &b);
    months = sign * ((a.year - b.year) * 12 + a.month - b.month);
    days = sign * (a.day - b.day);
    us = sign * ((later - a.days * DAY_US) - (earlier - b.days * DAY_US));
    if (us < 0) {
        us += DAY_US;
        days--;
    }
    year = sign < 0 ? a.year : b.year;
    month = sign < 0 ? a.month : b.month;
    while (days < 0) {
        days += days_in_month(year, month);
        months--;
    }
    return dv_out_interval(eval, out, sign * months, sign * days, sign * us, err);
}

CLOCK_FN(age_two)
{
    (void)expr;
    return age_between(eval, args[0].u.i, args[1].u.i, out, err);
}

/* age(x): from x to today's midnight. args: today, then x */
static enum dv_status bind_age(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                               unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type stamp = dv_type_of(DV_TYPE_TIMESTAMP), zoned = dv_type_of(DV_TYPE_TIMESTAMPTZ),
                   span = dv_type_of(DV_TYPE_INTERVAL);
    struct dv_type today_type = dv_type_of(DV_TYPE_TIMESTAMPTZ);
    int64_t midnight = binder->now_us - ((binder->now_us % DAY_US) + DAY_US) % DAY_US;
    struct dv_value today = dv_int(midnight);
    struct dv_expr *pair[2];
    bool with_zone = false;
    enum dv_status status = DV_OK;
    if (count != 1 && count != 2)
        return dv_bind_fail(binder, ast->line, ast->column, "42883", err, "age takes one or two arguments");
    for (unsigned i = 0; i < count; i++) {
        enum dv_type_id id = args[i]->type.id;
        with_zone = with_zone || id == DV_TYPE_TIMESTAMPTZ || id == DV_TYPE_DATE || id == DV_TYPE_UNKNOWN;
    }
    if (count == 2 && (args[0]->type.id == DV_TYPE_TIMESTAMP || args[1]->type.id == DV_TYPE_TIMESTAMP) &&
        args[0]->type.id != DV_TYPE_TIMESTAMPTZ && args[1]->type.id != DV_TYPE_TIMESTAMPTZ &&
        args[0]->type.id != DV_TYPE_DATE && args[1]->type.id != DV_TYPE_DATE)
        with_zone = false;
    for (unsigned i = 0; status == DV_OK && i < count; i++)
        status = dv_cast(binder, args[i], with_zone ? &zoned : &stamp, DV_CAST_IMPLICIT, args[i]->line,
                         args[i]->column, &args[i], err);
    if (status != DV_OK)
        return status;
    pair[0] = args[0];
    pair[1] = args[count - 1];
    if (count == 1)
        status = dv_node_constant(binder, ast->line, ast->column, &today_type, &today, &pair[0], err);
    if (status == DV_OK)
        status = dv_node_call(binder, ast->line, ast->column, age_two, true, &span, pair, 2, NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

static void days_to_months(struct dv_interval *span)
{
    int32_t months = span->days / 30;
    span->days -= months * 30;
    span->months += months;
}

CLOCK_FN(justify_days)
{
    struct dv_interval span = *args[0].u.interval;
    (void)expr;
    days_to_months(&span);
    if (span.months > 0 && span.days < 0) {
        span.days += 30;
        span.months--;
    } else if (span.months < 0 && span.days > 0) {
        span.days -= 30;
        span.months++;
    }
    return out_span(eval, &span, out, err);
}

static void settle_time(struct dv_interval *span)
{
    if (span->days > 0 && span->microseconds < 0) {
        span->microseconds += DAY_US;
        span->days--;
    } else if (span->days < 0 && span->microseconds > 0) {
        span->microseconds -= DAY_US;
        span->days++;
    }
}

CLOCK_FN(justify_hours)
{
    struct dv_interval span = *args[0].u.interval;
    int64_t days = span.days + span.microseconds / DAY_US;
    (void)expr;
    if (days < INT32_MIN || days > INT32_MAX)
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    span.days = (int32_t)days;
    span.microseconds %= DAY_US;
    settle_time(&span);
    return out_span(eval, &span, out, err);
}

CLOCK_FN(justify_interval)
{
    struct dv_interval span = *args[0].u.interval;
    int64_t days;
    (void)expr;
    if ((span.days > 0 && span.microseconds > 0) || (span.days < 0 && span.microseconds < 0))
        days_to_months(&span);
    days = span.days + span.microseconds / DAY_US;
    if (days < INT32_MIN || days > INT32_MAX)
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    span.days = (int32_t)days;
    span.microseconds %= DAY_US;
    days_to_months(&span);
    if (span.months > 0 && (span.days < 0 || (span.days == 0 && span.microseconds < 0))) {
        span.days += 30;
        span.months--;
    } else if (span.months < 0 && (span.days > 0 || (span.days == 0 && span.microseconds > 0))) {
        span.days -= 30;
        span.months++;
    }
    settle_time(&span);
    return out_span(eval, &span, out, err);
}

CLOCK_FN(is_finite)
{
    int64_t i = args[0].u.i;
    enum dv_type_id type = expr->args[0]->type.id;
    UNUSED;
    *out =
        dv_bool(type == DV_TYPE_INTERVAL ||
                (type == DV_TYPE_DATE ? i != DV_DATE_INFINITY && i != DV_DATE_MINUS_INFINITY : !infinite(i)));
    return DV_OK;
}

CLOCK_FN(bin)
{
    const struct dv_interval *stride = args[0].u.interval;
    int64_t span, difference, rest, result;
    UNUSED;
    *out = args[1];
    if (infinite(args[1].u.i))
        return DV_OK;
    if (infinite(args[2].u.i))
        return dv_eval_fail(err, "22008", "origin out of range");
    if (stride->months != 0)
        return dv_eval_fail(err, "0A000",
                            "timestamps cannot be binned into intervals containing months or years");
    if (__builtin_mul_overflow((int64_t)stride->days, DAY_US, &span) ||
        __builtin_add_overflow(span, stride->microseconds, &span))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    if (span <= 0)
        return dv_eval_fail(err, "22008", "stride must be greater than zero");
    if (__builtin_sub_overflow(args[1].u.i, args[2].u.i, &difference))
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    rest = difference % span;
    result = args[2].u.i + (difference - rest);
    if (rest < 0 && (__builtin_sub_overflow(result, span, &result) || !dv_timestamp_is_valid(result)))
        return dv_eval_range(err, DV_TYPE_TIMESTAMP);
    *out = dv_int(result);
    return DV_OK;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define STABLE(called, types, fn)                                                                            \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_STABLE, .eval = fn                                \
    }
#define ZONED(called, types, fn, binds)                                                                      \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn, .bind = binds                                        \
    }
static const struct dv_function clock_entries[] = {
    ZONED("timezone", "text,timestamp>timestamptz", at_zone, bind_first_zone),
    ZONED("timezone", "text,timestamptz>timestamp", at_zone, bind_first_zone),
    FN("timezone", "interval,timestamp>timestamptz", at_offset),
    FN("timezone", "interval,timestamptz>timestamp", at_offset),
    {.name = "date_trunc",
     .signature = "text,timestamptz,text>timestamptz",
     .flags = DV_FN_STABLE,
     .eval = trunc_in_zone,
     .bind = bind_third_zone},
    FN("date_trunc", "text,interval>interval", trunc_interval),
    FN("date_bin", "interval,timestamp,timestamp>timestamp", bin),
    FN("date_bin", "interval,timestamptz,timestamptz>timestamptz", bin),
    FN("make_time", "int4,int4,float8>time", make_time),
    FN("make_timestamp", "int4,int4,int4,int4,int4,float8>timestamp", make_timestamp),
    STABLE("make_timestamptz", "int4,int4,int4,int4,int4,float8>timestamptz", make_timestamp),
    STABLE("make_timestamptz", "int4,int4,int4,int4,int4,float8,text>timestamptz", make_timestamp_in_zone),
    FN("make_interval", ">interval", make_interval),
    FN("make_interval", "int4>interval", make_interval),
    FN("make_interval", "int4,int4>interval", make_interval),
    FN("make_interval", "int4,int4,int4>interval", make_interval),
    FN("make_interval", "int4,int4,int4,int4>interval", make_interval),
    FN("make_interval", "int4,int4,int4,int4,int4>interval", make_interval),
    FN("make_interval", "int4,int4,int4,int4,int4,int4>interval", make_interval),
    FN("make_interval", "int4,int4,int4,int4,int4,int4,float8>interval", make_interval),
    FN("to_timestamp", "float8>timestamptz", from_epoch),
    {.name = "age", .special = bind_age},
    FN("justify_days", "interval>interval", justify_days),
    FN("justify_hours", "interval>interval", justify_hours),
    FN("justify_interval", "interval>interval", justify_interval),
    FN("isfinite", "date>bool", is_finite),
    FN("isfinite", "timestamp>bool", is_finite),
    FN("isfinite", "timestamptz>bool", is_finite),
    FN("isfinite", "interval>bool", is_finite),
};
const struct dv_function_table dv_functions_clock = DV_FUNCTION_TABLE(clock_entries);
