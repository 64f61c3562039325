/* Functions of dates and times. The session's zone is UTC, always. */
#include "transform/functions.h"

#include "core/datetime.h"
#include "core/numeric.h"
#include "transform/time_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DAY_US        INT64_C(86400000000)
#define UNIX_EPOCH_US INT64_C(946684800000000) /* from 1970-01-01 to 2000-01-01 */
#define TIME_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err, (void)args)

static bool infinite(int64_t us)
{
    return us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY;
}

static enum dv_status bind_now(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                               unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type type = dv_type_of(DV_TYPE_TIMESTAMPTZ);
    struct dv_value now = dv_int(binder->now_us);
    (void)args;
    if (count != 0)
        return dv_bind_fail(binder, ast->line, ast->column, "42883", err, "function now takes no arguments");
    enum dv_status status = dv_node_constant(binder, ast->line, ast->column, &type, &now, out, err);
    if (status == DV_OK)
        (*out)->of_row = true;
    return status;
}

static enum dv_status bind_today(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                 unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type type = dv_type_of(DV_TYPE_DATE);
    enum dv_status status = bind_now(binder, ast, args, count, out, err);
    if (status != DV_OK)
        return status;
    return dv_cast(binder, *out, &type, DV_CAST_EXPLICIT, ast->line, ast->column, out, err);
}

/* ---- fields -------------------------------------------------------------------------------------------- */

enum unit {
    U_MICRO,
    U_MILLI,
    U_SECOND,
    U_MINUTE,
    U_HOUR,
    U_DAY,
    U_WEEK,
    U_MONTH,
    U_QUARTER,
    U_YEAR,
    U_DECADE,
    U_CENTURY,
    U_MILLENNIUM,
    U_DOW,
    U_ISODOW,
    U_DOY,
    U_ISOYEAR,
    U_EPOCH,
    U_JULIAN,
    U_ZONE,
    U_ZONE_HOUR,
    U_ZONE_MINUTE,
    U_NONE
};

static const struct {
    const char *name;
    enum unit unit;
} units[] = {{"microseconds", U_MICRO},
             {"microsecond", U_MICRO},
             {"milliseconds", U_MILLI},
             {"millisecond", U_MILLI},
             {"second", U_SECOND},
             {"seconds", U_SECOND},
             {"minute", U_MINUTE},
             {"minutes", U_MINUTE},
             {"hour", U_HOUR},
             {"hours", U_HOUR},
             {"day", U_DAY},
             {"days", U_DAY},
             {"week", U_WEEK},
             {"weeks", U_WEEK},
             {"month", U_MONTH},
             {"months", U_MONTH},
             {"quarter", U_QUARTER},
             {"year", U_YEAR},
             {"years", U_YEAR},
             {"decade", U_DECADE},
             {"decades", U_DECADE},
             {"century", U_CENTURY},
             {"centuries", U_CENTURY},
             {"millennium", U_MILLENNIUM},
             {"millennia", U_MILLENNIUM},
             {"dow", U_DOW},
             {"isodow", U_ISODOW},
             {"doy", U_DOY},
             {"isoyear", U_ISOYEAR},
             {"epoch", U_EPOCH},
             {"julian", U_JULIAN},
             {"timezone", U_ZONE},
             {"timezone_hour", U_ZONE_HOUR},
             {"timezone_minute", U_ZONE_MINUTE}};

static enum unit unit_named(const struct dv_value *name)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].name) == name->len && strncasecmp(units[i].name, name->u.p, name->len) == 0)
            return units[i].unit;
    return U_NONE;
}

static enum dv_status bad_unit(const struct dv_value *name, enum unit unit, const struct dv_type *type,
                               struct dv_err *err)
{
    struct dv_buf text = {0};
    struct dv_type bare = dv_type_of(type->id);
    int length = (int)(name->len > 64 ? 64 : name->len);
    enum dv_status status;
    dv_type_format(&bare, &text);
    if (unit == U_NONE)
        status = dv_eval_fail(err, "22023", "unit \"%.*s\" not recognized for type %.*s", length, name->u.p,
                              (int)text.len, text.data != NULL ? text.data : "");
    else
        status = dv_eval_fail(err, "0A000", "unit \"%.*s\" not supported for type %.*s", length, name->u.p,
                              (int)text.len, text.data != NULL ? text.data : "");
    dv_buf_release(&text);
    return status;
}

/* A count as numeric with so many of its digits behind the point. */
static enum dv_status scaled(struct dv_eval *eval, dv_int128 value, int scale, struct dv_value *out,
                             struct dv_err *err)
{
    char text[48];
    dv_uint128 size = value < 0 ? -(dv_uint128)value : (dv_uint128)value;
    unsigned unit = scale == 6 ? 1000000 : scale == 3 ? 1000 : 1;
    unsigned long long whole = (unsigned long long)(size / unit), part = (unsigned long long)(size % unit);
    int length =
        scale == 0 ? snprintf(text, sizeof(text), "%s%llu", value < 0 ? "-" : "", whole)
                   : snprintf(text, sizeof(text), "%s%llu.%0*llu", value < 0 ? "-" : "", whole, scale, part);
    return dv_numeric_parse(text, (size_t)length, eval->arena, out, err);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* The whole-number fields of a calendar day; false: none of them. */
static bool day_field(enum unit unit, const struct dv_time_parts *t, int64_t *value)
{
    int64_t iso_year, monday, year = t->year > 0 ? t->year : t->year - 1; /* there is no year 0 */
    int week = dv_iso_week(t->days, &iso_year, &monday);
    switch (unit) {
    case U_DAY:
        *value = t->day;
        break;
    case U_WEEK:
        *value = week;
        break;
    case U_MONTH:
        *value = t->month;
        break;
    case U_QUARTER:
        *value = (t->month + 2) / 3;
        break;
    case U_YEAR:
        *value = year;
        break;
    case U_DECADE:
        *value = floor_div(t->year, 10);
        break;
    case U_CENTURY:
        *value = year > 0 ? (year + 99) / 100 : -((99 - year) / 100);
        break;
    case U_MILLENNIUM:
        *value = year > 0 ? (year + 999) / 1000 : -((999 - year) / 1000);
        break;
    case U_DOW:
        *value = dv_day_of_week(t->days);
        break;
    case U_ISODOW:
        *value = dv_day_of_week(t->days) == 0 ? 7 : dv_day_of_week(t->days);
        break;
    case U_DOY:
        *value = dv_day_of_year(t);
        break;
    case U_ISOYEAR:
        *value = iso_year > 0 ? iso_year : iso_year - 1;
        break;
    default:
        return false;
    }
    return true;
}

static enum dv_status clock_field(struct dv_eval *eval, enum unit unit, const struct dv_time_parts *t,
                                  struct dv_value *out, struct dv_err *err)
{
    switch (unit) {
    case U_MICRO:
        return scaled(eval, t->second * INT64_C(1000000) + t->micro, 0, out, err);
    case U_MILLI:
        return scaled(eval, t->second * INT64_C(1000000) + t->micro, 3, out, err);
    case U_SECOND:
        return scaled(eval, t->second * INT64_C(1000000) + t->micro, 6, out, err);
    case U_MINUTE:
        return scaled(eval, t->minute, 0, out, err);
    default:
        return scaled(eval, t->hour, 0, out, err);
    }
}

/* Infinity has no month, but it has a year. */
static enum dv_status infinite_field(struct dv_eval *eval, enum unit unit, bool positive,
                                     struct dv_value *out, struct dv_err *err)
{
    bool endless = unit == U_JULIAN || unit == U_YEAR || unit == U_DECADE || unit == U_CENTURY ||
                   unit == U_MILLENNIUM || unit == U_ISOYEAR || unit == U_EPOCH;
    if (!endless)
        return DV_OK;
    return positive ? dv_numeric_parse("Infinity", 8, eval->arena, out, err)
                    : dv_numeric_parse("-Infinity", 9, eval->arena, out, err);
}

/* Days of the Julian calendar, the time of day behind the point. */
static enum dv_status julian(struct dv_eval *eval, int64_t days, int64_t us, struct dv_value *out,
                             struct dv_err *err)
{
    struct dv_value whole = dv_numeric_from_int(days + 2451545), part = dv_numeric_from_int(us),
                    day = dv_numeric_from_int(DAY_US);
    enum dv_status status = dv_numeric_arithmetic('/', &part, &day, eval->arena, &part, err);
    return status == DV_OK ? dv_numeric_arithmetic('+', &whole, &part, eval->arena, out, err) : status;
}

TIME_FN(extract_stamp)
{
    enum unit unit = unit_named(&args[0]);
    int64_t us = args[1].u.i, value = 0;
    struct dv_time_parts parts;
    if (unit == U_NONE)
        return bad_unit(&args[0], unit, &expr->args[1]->type, err);
    if (infinite(us))
        return infinite_field(eval, unit, us > 0, out, err);
    if (unit >= U_ZONE && expr->args[1]->type.id != DV_TYPE_TIMESTAMPTZ)
        return bad_unit(&args[0], unit, &expr->args[1]->type, err);
    if (unit == U_EPOCH)
        return scaled(eval, (dv_int128)us + UNIX_EPOCH_US, 6, out, err);
    if (unit >= U_ZONE) /* the session's zone is UTC */
        return scaled(eval, 0, 0, out, err);
    dv_time_split(us, &parts);
    if (unit == U_JULIAN)
        return julian(eval, parts.days, us - parts.days * DAY_US, out, err);
    if (day_field(unit, &parts, &value))
        return scaled(eval, value, 0, out, err);
    return clock_field(eval, unit, &parts, out, err);
}

TIME_FN(extract_date)
{
    enum unit unit = unit_named(&args[0]);
    int64_t days = args[1].u.i, value = 0;
    struct dv_time_parts parts = {.days = days};
    if (unit <= U_HOUR || unit >= U_ZONE)
        return bad_unit(&args[0], unit, &expr->args[1]->type, err);
    if (days == DV_DATE_INFINITY || days == DV_DATE_MINUS_INFINITY)
        return infinite_field(eval, unit, days > 0, out, err);
    if (unit == U_EPOCH)
        return scaled(eval, (days + 10957) * 86400, 0, out, err);
    if (unit == U_JULIAN)
        return scaled(eval, days + 2451545, 0, out, err);
    dv_date_to_civil(days, &parts.year, &parts.month, &parts.day);
    (void)day_field(unit, &parts, &value);
    return scaled(eval, value, 0, out, err);
}

TIME_FN(extract_time)
{
    enum unit unit = unit_named(&args[0]);
    struct dv_time_parts parts;
    if (unit == U_EPOCH)
        return scaled(eval, args[1].u.i, 6, out, err);
    if (unit > U_HOUR)
        return bad_unit(&args[0], unit, &expr->args[1]->type, err);
    dv_time_split(args[1].u.i, &parts);
    parts.hour = (int)(args[1].u.i / INT64_C(3600000000));
    return clock_field(eval, unit, &parts, out, err);
}

TIME_FN(extract_interval)
{
    const struct dv_interval *span = args[1].u.interval;
    enum unit unit = unit_named(&args[0]);
    int64_t us = span->microseconds, rest = us % INT64_C(60000000), years = span->months / 12;
    switch (unit) {
    case U_MICRO:
        return scaled(eval, rest, 0, out, err);
    case U_MILLI:
        return scaled(eval, rest, 3, out, err);
    case U_SECOND:
        return scaled(eval, rest, 6, out, err);
    case U_MINUTE:
        return scaled(eval, us / INT64_C(60000000) % 60, 0, out, err);
    case U_HOUR:
        return scaled(eval, us / INT64_C(3600000000), 0, out, err);
    case U_DAY:
        return scaled(eval, span->days, 0, out, err);
    case U_MONTH:
        return scaled(eval, span->months % 12, 0, out, err);
    case U_QUARTER:
        return scaled(eval, span->months % 12 / 3 + 1, 0, out, err);
    case U_YEAR:
        return scaled(eval, years, 0, out, err);
    case U_DECADE:
        return scaled(eval, years / 10, 0, out, err);
    case U_CENTURY:
        return scaled(eval, years / 100, 0, out, err);
    case U_MILLENNIUM:
        return scaled(eval, years / 1000, 0, out, err);
    case U_EPOCH: { /* a year counts 365.25 days, a month 30 */
        dv_int128 seconds = (dv_int128)years * 31557600 + (dv_int128)(span->months % 12) * 2592000 +
                            (dv_int128)span->days * 86400;
        return scaled(eval, seconds * 1000000 + us, 6, out, err);
    }
    default:
        return bad_unit(&args[0], unit, &expr->args[1]->type, err);
    }
}

/* date_part: the same as a double, which PostgreSQL computes in doubles from the parts. */
static enum dv_status as_float(enum dv_status status, struct dv_value *out)
{
    if (status == DV_OK && out->state != DV_NULL)
        *out = dv_float(dv_numeric_to_float(out));
    return status;
}

/* Seconds (or milliseconds) within the minute. */
static struct dv_value float_seconds(enum unit unit, int64_t us)
{
    double second = (double)(us / 1000000 % 60), micro = (double)(us % 1000000);
    return dv_float(unit == U_MILLI ? second * 1000.0 + micro / 1000.0 : second + micro / 1000000.0);
}

static enum dv_status float_stamp(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                  struct dv_value *out, struct dv_err *err)
{
    enum unit unit = unit_named(&args[0]);
    int64_t us = args[1].u.i, since;
    struct dv_time_parts t;
    if (!infinite(us) && (unit == U_SECOND || unit == U_MILLI)) {
        dv_time_split(us, &t);
        *out = float_seconds(unit, t.second * INT64_C(1000000) + t.micro);
        return DV_OK;
    }
    if (!infinite(us) && unit == U_EPOCH) {
        if (__builtin_add_overflow(us, UNIX_EPOCH_US, &since))
            *out = dv_float(((double)us + (double)UNIX_EPOCH_US) / 1000000.0);
        else
            *out = dv_float((double)since / 1000000.0);
        return DV_OK;
    }
    return as_float(extract_stamp(expr, eval, args, out, err), out);
}

TIME_FN(part_stamp)
{
    return float_stamp(expr, eval, args, out, err);
}

/* By way of the timestamp: an hour of a date is 0, not an error. */
TIME_FN(part_date)
{
    struct dv_value stamp[2] = {args[0], args[1]};
    int64_t days = args[1].u.i;
    bool endless = days == DV_DATE_INFINITY || days == DV_DATE_MINUS_INFINITY;
    if (!endless && days >= 109203528 - 2451545)
        return dv_eval_fail(err, "22008", "date out of range for timestamp");
    stamp[1] = dv_int(!endless   ? days * DAY_US
                      : days > 0 ? DV_TIMESTAMP_INFINITY
                                 : DV_TIMESTAMP_MINUS_INFINITY);
    return float_stamp(expr, eval, stamp, out, err);
}

TIME_FN(part_time)
{
    enum unit unit = unit_named(&args[0]);
    if (unit == U_EPOCH)
        *out = dv_float((double)args[1].u.i / 1000000.0);
    else if (unit == U_SECOND || unit == U_MILLI)
        *out = float_seconds(unit, args[1].u.i);
    else
        return as_float(extract_time(expr, eval, args, out, err), out);
    return DV_OK;
}

TIME_FN(part_interval)
{
    const struct dv_interval *span = args[1].u.interval;
    enum unit unit = unit_named(&args[0]);
    if (unit == U_EPOCH) {
        double seconds = (double)span->microseconds / 1000000.0;
        seconds += 365.25 * 86400.0 * (double)(span->months / 12);
        seconds += 30.0 * 86400.0 * (double)(span->months % 12);
        *out = dv_float(seconds + 86400.0 * (double)span->days);
    } else if (unit == U_SECOND || unit == U_MILLI) {
        *out = float_seconds(unit, span->microseconds);
    } else {
        return as_float(extract_interval(expr, eval, args, out, err), out);
    }
    return DV_OK;
}

/* ---- date_trunc ---------------------------------------------------------------------------------------- */

static int64_t floor_unit(int64_t us, int64_t unit)
{
    int64_t rest = us % unit;
    return us - (rest < 0 ? rest + unit : rest);
}

/* The year that a decade, century or millennium begins with. */
static int64_t first_year(enum unit unit, int64_t year)
{
    int64_t span = unit == U_CENTURY ? 100 : 1000;
    if (unit == U_DECADE)
        return year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10;
    return year > 0 ? (year + span - 1) / span * span - (span - 1)
                    : -((span - 1 - (year - 1)) / span) * span + 1;
}

enum dv_status dv_time_trunc(const struct dv_value *name, int64_t us, const struct dv_type *type,
                             bool *whole_days, int64_t *out, struct dv_err *err)
{
    enum unit unit = unit_named(name);
    int64_t day = 0, iso_year, monday;
    struct dv_time_parts t;
    if (unit > U_MILLENNIUM)
        return bad_unit(name, unit, type, err);
    *out = us;
    *whole_days = unit >= U_DAY;
    if (infinite(us) || unit == U_MICRO)
        return DV_OK;
    if (unit <= U_DAY) {
        static const int64_t spans[] = {1, 1000, 1000000, 60000000, 3600000000, DAY_US};
        *out = floor_unit(us, spans[unit]);
        return DV_OK;
    }
    dv_time_split(us, &t);
    if (unit == U_WEEK) {
        (void)dv_iso_week(t.days, &iso_year, &monday);
        day = monday;
    } else if (unit == U_MONTH || unit == U_QUARTER) {
        day = dv_date_from_civil(t.year, unit == U_MONTH ? t.month : (t.month - 1) / 3 * 3 + 1, 1);
    } else {
        day = dv_date_from_civil(unit == U_YEAR ? t.year : first_year(unit, t.year), 1, 1);
    }
    if (day < -2451545) /* before the calendar's first day */
        return dv_eval_range(err, DV_TYPE_TIMESTAMP);
    *out = day * DAY_US;
    return DV_OK;
}

TIME_FN(trunc_stamp)
{
    bool whole_days;
    int64_t us = 0;
    enum dv_status status = dv_time_trunc(&args[0], args[1].u.i, &expr->args[1]->type, &whole_days, &us, err);
    (void)eval;
    *out = dv_int(us);
    return status;
}

enum dv_status dv_interval_trunc(const struct dv_value *name, const struct dv_interval *span,
                                 struct dv_interval *out, struct dv_err *err)
{
    static const int64_t spans[] = {1, 1000, 1000000, 60000000, 3600000000};
    struct dv_type type = dv_type_of(DV_TYPE_INTERVAL);
    enum unit unit = unit_named(name);
    int32_t months = 0;
    if (unit > U_MILLENNIUM || unit == U_WEEK) {
        enum dv_status status = bad_unit(name, unit, &type, err);
        if (unit == U_WEEK)
            dv_err_hint(err, "Months usually have fractional weeks.");
        return status;
    }
    *out = *span;
    if (unit <= U_HOUR) {
        out->microseconds -= span->microseconds % spans[unit];
        return DV_OK;
    }
    out->microseconds = 0;
    if (unit == U_DAY)
        return DV_OK;
    out->days = 0;
    months = unit == U_MONTH     ? 1
             : unit == U_QUARTER ? 3
             : unit == U_YEAR    ? 12
             : unit == U_DECADE  ? 120
             : unit == U_CENTURY ? 1200
                                 : 12000;
    out->months -= out->months % months;
    return DV_OK;
}

/* ---- others -------------------------------------------------------------------------------------------- */

TIME_FN(make_date)
{
    int64_t year = args[0].u.i, month = args[1].u.i, day = args[2].u.i, check_year;
    int check_month, check_day;
    UNUSED;
    if (year < 0)
        year++; /* -1 is 1 BC, which the calendar counts as 0 */
    else if (year == 0)
        month = 0;
    if (month >= 1 && month <= 12 && day >= 1 && day <= 31 && year >= -4713 && year <= 5874897) {
        int64_t days = dv_date_from_civil(year, (int)month, (int)day);
        dv_date_to_civil(days, &check_year, &check_month, &check_day);
        if (check_month == month && check_day == day && days >= -2451545) {
            *out = dv_int(days);
            return DV_OK;
        }
    }
    return dv_eval_fail(err, "22008", "date field value out of range: %lld-%02lld-%02lld",
                        (long long)args[0].u.i, (long long)args[1].u.i, (long long)args[2].u.i);
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define STABLE(called, types, fn)                                                                            \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_STABLE, .eval = fn                                \
    }
static const struct dv_function time_entries[] = {
    {.name = "now", .special = bind_now},
    {.name = "transaction_timestamp", .special = bind_now},
    {.name = "current_date", .special = bind_today},
    FN("extract", "text,timestamp>numeric", extract_stamp),
    STABLE("extract", "text,timestamptz>numeric", extract_stamp),
    FN("extract", "text,date>numeric", extract_date),
    FN("extract", "text,time>numeric", extract_time),
    FN("extract", "text,interval>numeric", extract_interval),
    FN("date_part", "text,timestamp>float8", part_stamp),
    STABLE("date_part", "text,timestamptz>float8", part_stamp),
    FN("date_part", "text,date>float8", part_date),
    FN("date_part", "text,time>float8", part_time),
    FN("date_part", "text,interval>float8", part_interval),
    FN("date_trunc", "text,timestamp>timestamp", trunc_stamp),
    STABLE("date_trunc", "text,timestamptz>timestamptz", trunc_stamp),
    FN("make_date", "int4,int4,int4>date", make_date),
};
const struct dv_function_table dv_functions_time = DV_FUNCTION_TABLE(time_entries);
