/* to_date and to_timestamp: text read by a pattern, by PostgreSQL's lenient rules. */
#include "transform/format_pattern.h"

#include "core/alloc.h"
#include "core/datetime.h"
#include "core/utf8_cut.h"
#include "transform/time_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fields {
    int hh, pm, mi, ss, ssss, d, dd, ddd, mm, ms, year, bc, ww, w, cc, j, us, year_digits, zone_sign,
        zone_hours, zone_minutes;
    bool half_day;
    char mode; /* G Gregorian, I ISO week, NUL not known */
};

struct reading {
    const char *at, *text; /* NUL-terminated */
    const struct dv_format_node *node, *end;
    int extra_skip;
    bool fixed;
    struct fields fields;
    struct dv_err *err;
};

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool separator(char c)
{
    return c > 0x20 && c < 0x7f && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
           !(c >= '0' && c <= '9');
}

static enum dv_status bad_value(struct reading *reading, const char *value, size_t length)
{
    return dv_eval_fail(reading->err, "22007", "invalid value \"%.*s\" for \"%s\"",
                        (int)dv_utf8_cut(value, length > 32 ? 32 : length), value, reading->node->word);
}

static enum dv_status set_int(struct reading *reading, int *to, int value)
{
    if (to == NULL)
        return DV_OK;
    if (*to != 0 && *to != value)
        return dv_eval_fail(reading->err, "22007", "conflicting values for \"%s\" field in formatting string",
                            reading->node->word);
    *to = value;
    return DV_OK;
}

/* Whether the digits of this field may run on: nothing that is a digit follows. */
static bool open_ended(const struct reading *reading)
{
    const struct dv_format_node *next = reading->node + 1;
    if (reading->node->fill || reading->node->th != '\0' || next == reading->end)
        return true;
    if (next->kind == DV_NODE_FIELD)
        return !next->digits;
    return !(next->width == 1 && next->p[0] >= '0' && next->p[0] <= '9');
}

/* A number of so many digits, fewer or more where nothing follows that could be part of it. */
static enum dv_status read_int(struct reading *reading, int *to, size_t length, int *taken)
{
    const char *start = reading->at;
    char copy[32], *last;
    long value;
    while (blank(*reading->at))
        reading->at++;
    errno = 0;
    if (open_ended(reading)) {
        value = strtol(reading->at, &last, 10);
        if (last == reading->at)
            return bad_value(reading, reading->at, strcspn(reading->at, " "));
        reading->at = last;
    } else {
        size_t have = strnlen(reading->at, length), used;
        memcpy(copy, reading->at, have);
        copy[have] = '\0';
        if (have < length)
            return dv_eval_fail(reading->err, "22007", "source string too short for \"%s\" formatting field",
                                reading->node->word);
        value = strtol(copy, &last, 10);
        used = (size_t)(last - copy);
        if (used < length)
            return bad_value(reading, copy, have);
        reading->at += used;
    }
    if (errno == ERANGE || value < INT_MIN || value > INT_MAX)
        return dv_eval_fail(reading->err, "22008", "value for \"%s\" in source string is out of range",
                            reading->node->word);
    if (taken != NULL)
        *taken = (int)(reading->at - start);
    return set_int(reading, to, (int)value);
}

static char lowered(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* One of the words, case ignored; short_form: its first three letters are enough. */
static enum dv_status read_word(struct reading *reading, const char *const *words, int count, size_t cut,
                                int *which)
{
    for (int i = 0; i < count; i++) {
        size_t length = cut != 0 ? cut : strlen(words[i]), same = 0;
        while (same < length && reading->at[same] != '\0' &&
               lowered(reading->at[same]) == lowered(words[i][same]))
            same++;
        if (same == length) {
            reading->at += length;
            *which = i;
            return DV_OK;
        }
    }
    return bad_value(reading, reading->at, strcspn(reading->at, " \t\n"));
}

static int near_2020(int year)
{
    return year < 70     ? year + 2000
           : year < 100  ? year + 1900
           : year < 520  ? year + 2000
           : year < 1000 ? year + 1000
                         : year;
}

static enum dv_status read_year(struct reading *reading)
{
    int digits = (int)reading->node->length, taken = 0, year = 0;
    struct fields *f = &reading->fields;
    enum dv_status status = read_int(reading, &f->year, (size_t)digits, &taken);
    if (status == DV_OK && digits < 4) {
        year = f->year;
        if (taken < 4)
            f->year = near_2020(year);
    }
    f->year_digits = digits;
    return status;
}

static enum dv_status read_long_year(struct reading *reading)
{
    int thousands, rest, used = 0;
    if (sscanf(reading->at, "%9d,%3d%n", &thousands, &rest, &used) < 2)
        return dv_eval_fail(reading->err, "22007", "invalid input string for \"Y,YYY\"");
    reading->at += used;
    reading->fields.year_digits = 4;
    return set_int(reading, &reading->fields.year, thousands * 1000 + rest);
}

static enum dv_status read_zone_hours(struct reading *reading)
{
    struct fields *f = &reading->fields;
    if (*reading->at == '+' || *reading->at == '-' || *reading->at == ' ') {
        f->zone_sign = *reading->at == '-' ? -1 : 1;
        reading->at++;
    } else {
        f->zone_sign =
            reading->extra_skip > 0 && reading->at > reading->text && reading->at[-1] == '-' ? -1 : 1;
    }
    return read_int(reading, &f->zone_hours, 2, NULL);
}

static enum dv_status read_half(struct reading *reading, const char *const *words, int *to)
{
    int which = 0;
    enum dv_status status = read_word(reading, words, 4, 0, &which);
    return status == DV_OK ? set_int(reading, to, which % 2) : status;
}

static enum dv_status read_named(struct reading *reading)
{
    static const char *const halves[] = {"a.m.", "p.m.", "A.M.", "P.M."}, *const short_halves[] = {
                                                                              "am", "pm", "AM", "PM"};
    static const char *const eras[] = {"a.d.", "b.c.", "A.D.", "B.C."}, *const short_eras[] = {"ad", "bc",
                                                                                               "AD", "BC"};
    static const char *const romans[] = {"XII", "XI", "X",  "IX",  "VIII", "VII",
                                         "VI",  "V",  "IV", "III", "II",   "I"};
    struct fields *f = &reading->fields;
    int which = 0;
    enum dv_status status;
    switch (reading->node->field) {
    case DV_F_AM:
    case DV_F_A_M:
        f->half_day = true;
        return read_half(reading, reading->node->field == DV_F_AM ? short_halves : halves, &f->pm);
    case DV_F_AD:
    case DV_F_A_D:
        return read_half(reading, reading->node->field == DV_F_AD ? short_eras : eras, &f->bc);
    case DV_F_MONTH:
    case DV_F_MON:
        status = read_word(reading, dv_month_names, 12, reading->node->field == DV_F_MON ? 3 : 0, &which);
        return status == DV_OK ? set_int(reading, &f->mm, which + 1) : status;
    case DV_F_DAY:
    case DV_F_DY:
        status = read_word(reading, dv_day_names, 7, reading->node->field == DV_F_DY ? 3 : 0, &which);
        if (status == DV_OK)
            status = set_int(reading, &f->d, which);
        f->d++;
        return status;
    default: /* RM */
        status = read_word(reading, romans, 12, 0, &which);
        return status == DV_OK ? set_int(reading, &f->mm, 12 - which) : status;
    }
}

static enum dv_status read_fraction(struct reading *reading, int *to, int length)
{
    int taken = 0;
    enum dv_status status = read_int(reading, to, (size_t)length, &taken);
    for (int i = taken; status == DV_OK && taken > 0 && i < (to == &reading->fields.ms ? 3 : 6); i++)
        *to *= 10;
    return status;
}

static enum dv_status read_field(struct reading *reading)
{
    struct fields *f = &reading->fields;
    size_t length = reading->node->length;
    enum dv_status status;
    switch (reading->node->field) {
    case DV_F_FX:
        reading->fixed = true;
        return DV_OK;
    case DV_F_HH12:
        f->half_day = true;
        return read_int(reading, &f->hh, 2, NULL);
    case DV_F_HH24:
        return read_int(reading, &f->hh, 2, NULL);
    case DV_F_MI:
        return read_int(reading, &f->mi, 2, NULL);
    case DV_F_SS:
        return read_int(reading, &f->ss, 2, NULL);
    case DV_F_MS:
        return read_fraction(reading, &f->ms, 3);
    case DV_F_FF:
    case DV_F_US:
        return read_fraction(reading, &f->us, (int)length);
    case DV_F_SSSS:
        return read_int(reading, &f->ssss, length, NULL);
    case DV_F_TZ:
    case DV_F_OF:
        return dv_eval_fail(reading->err, "0A000", "formatting field \"%s\" is only supported in to_char",
                            reading->node->word);
    case DV_F_TZH:
        return read_zone_hours(reading);
    case DV_F_TZM:
        f->zone_sign = f->zone_sign == 0 ? 1 : f->zone_sign;
        return read_int(reading, &f->zone_minutes, 2, NULL);
    case DV_F_MM:
        return read_int(reading, &f->mm, 2, NULL);
    case DV_F_DDD:
    case DV_F_IDDD:
        return read_int(reading, &f->ddd, 3, NULL);
    case DV_F_DD:
        return read_int(reading, &f->dd, 2, NULL);
    case DV_F_D:
        return read_int(reading, &f->d, 1, NULL);
    case DV_F_ID:
        status = read_int(reading, &f->d, 1, NULL);
        f->d = f->d >= 7 ? 1 : f->d + 1;
        return status;
    case DV_F_WW:
    case DV_F_IW:
        return read_int(reading, &f->ww, 2, NULL);
    case DV_F_Q:
        return read_int(reading, NULL, 1, NULL);
    case DV_F_CC:
        return read_int(reading, &f->cc, 2, NULL);
    case DV_F_Y_YYY:
        return read_long_year(reading);
    case DV_F_YYYY:
    case DV_F_IYYY:
        return read_year(reading);
    case DV_F_W:
        return read_int(reading, &f->w, 1, NULL);
    case DV_F_J:
        return read_int(reading, &f->j, 1, NULL);
    default:
        return read_named(reading);
    }
}

static enum dv_status set_mode(struct reading *reading)
{
    enum dv_field field = reading->node->field;
    char mode = '\0';
    if (field == DV_F_IDDD || field == DV_F_ID || field == DV_F_IW || field == DV_F_IYYY)
        mode = 'I';
    else if (field == DV_F_CC || field == DV_F_DDD || field == DV_F_DD || field == DV_F_D ||
             field == DV_F_MM || field == DV_F_MONTH || field == DV_F_MON || field == DV_F_RM ||
             field == DV_F_WW || field == DV_F_W || field == DV_F_YYYY || field == DV_F_Y_YYY)
        mode = 'G';
    if (mode == '\0')
        return DV_OK;
    if (reading->fields.mode != '\0' && reading->fields.mode != mode) {
        (void)dv_eval_fail(reading->err, "22007", "invalid combination of date conventions");
        dv_err_hint(reading->err,
                    "Do not mix Gregorian and ISO week date conventions in a formatting template.");
        return DV_FAILED;
    }
    reading->fields.mode = mode;
    return DV_OK;
}

static size_t char_width(const char *p)
{
    return strnlen(p, dv_utf8_width((unsigned char)*p));
}

static void skip_blanks(struct reading *reading)
{
    for (; blank(*reading->at); reading->at++)
        reading->extra_skip++;
}

static enum dv_status read_nodes(struct reading *reading, const struct dv_format *format)
{
    for (reading->node = format->nodes; reading->node < reading->end && *reading->at != '\0';
         reading->node++) {
        const struct dv_format_node *node = reading->node;
        bool is_field = node->kind == DV_NODE_FIELD;
        enum dv_status status;
        if (!reading->fixed && !(is_field && node->field == DV_F_FX) && (is_field || node == format->nodes))
            skip_blanks(reading);
        if (node->kind == DV_NODE_BLANK || node->kind == DV_NODE_SEPARATOR) {
            if (reading->fixed) {
                reading->at += char_width(reading->at);
                continue;
            }
            reading->extra_skip--;
            if (blank(*reading->at) || separator(*reading->at)) {
                reading->at++;
                reading->extra_skip++;
            }
            continue;
        }
        if (!is_field) {
            if (!reading->fixed && reading->extra_skip > 0)
                reading->extra_skip--;
            else
                reading->at += char_width(reading->at);
            continue;
        }
        status = set_mode(reading);
        if (status == DV_OK)
            status = read_field(reading);
        if (status != DV_OK)
            return status;
        if (node->th != '\0' && node->digits)
            for (int i = 0; i < 2 && *reading->at != '\0'; i++)
                reading->at += char_width(reading->at);
        if (!reading->fixed) {
            reading->extra_skip = 0;
            skip_blanks(reading);
        }
    }
    return DV_OK;
}

/* ---- fields to a moment -------------------------------------------------------------------------------- */

struct moment {
    int64_t year, month, day, hour, minute, second, micro;
    bool has_year, has_month, has_day;
};

static void settle_year(const struct fields *f, struct moment *m)
{
    int64_t cc = f->cc, year = f->year; /* whatever the text says, times 100 */
    if (f->bc != 0 && cc != 0 && (year == 0 || f->year_digits <= 2))
        cc = -cc;
    if (year != 0 && cc != 0 && f->year_digits <= 2) {
        m->year = year % 100;
        if (m->year != 0)
            m->year = cc >= 0 ? m->year + (cc - 1) * 100 : (cc + 1) * 100 - m->year + 1;
        else
            m->year = cc * 100 + (cc >= 0 ? 0 : 1);
    } else if (year != 0) {
        m->year = f->bc != 0 ? -year : year;
        if (m->year < 0)
            m->year++;
    } else if (cc != 0) {
        m->year = cc >= 0 ? (cc - 1) * 100 + 1 : cc * 100 + 1;
    }
    m->has_year = year != 0 || cc != 0;
}

static void set_days(struct moment *m, int64_t days)
{
    int month, day;
    dv_date_to_civil(days, &m->year, &month, &day);
    m->month = month;
    m->day = day;
    m->has_year = m->has_month = m->has_day = true;
}

/* The Monday of an ISO week. */
static int64_t iso_monday(int64_t year, int64_t week)
{
    int64_t iso_year, monday;
    (void)dv_iso_week(dv_date_from_civil(year, 1, 4), &iso_year, &monday);
    return monday + (week - 1) * 7;
}

static enum dv_status settle_day_of_year(struct fields *f, struct moment *m, struct dv_err *err)
{
    int64_t first, check_year;
    int month = 0, day = 0;
    if (m->year == 0 && f->bc == 0)
        return dv_eval_fail(err, "22007", "cannot calculate day of year without year information");
    if (f->mode == 'I') {
        set_days(m, iso_monday(m->year, 1) + f->ddd - 1);
        return DV_OK;
    }
    first = dv_date_from_civil(m->year, 1, 1);
    dv_date_to_civil(first + f->ddd - 1, &check_year, &month, &day);
    if (check_year != m->year) { /* past the year: refused below */
        month = 13;
        day = f->ddd;
    }
    if (m->month <= 1)
        m->month = month;
    if (m->day <= 1)
        m->day = day;
    m->has_month = m->has_day = true;
    return DV_OK;
}

static enum dv_status settle_date(struct fields *f, struct moment *m, struct dv_err *err)
{
    settle_year(f, m);
    if (f->j != 0)
        set_days(m, (int64_t)f->j - 2451545);
    if (f->ww != 0 && f->mode == 'I') {
        int64_t monday = iso_monday(m->year, f->ww);
        set_days(m, f->d == 0 ? monday : f->d > 1 ? monday + f->d - 2 : monday + 6);
    } else if (f->ww != 0) {
        f->ddd = f->ww > INT_MAX / 7 ? INT_MAX : (f->ww - 1) * 7 + 1;
    }
    if (f->w != 0)
        f->dd = f->w > INT_MAX / 7 ? INT_MAX : (f->w - 1) * 7 + 1;
    if (f->dd != 0) {
        m->day = f->dd;
        m->has_day = true;
    }
    if (f->mm != 0) {
        m->month = f->mm;
        m->has_month = true;
    }
    if (f->ddd != 0 && (m->month <= 1 || m->day <= 1))
        return settle_day_of_year(f, m, err);
    return DV_OK;
}

static enum dv_status settle_time(const struct fields *f, struct moment *m, struct dv_err *err)
{
    if (f->ssss != 0) {
        m->hour = f->ssss / 3600;
        m->minute = f->ssss / 60 % 60;
        m->second = f->ssss % 60;
    }
    if (f->ss != 0)
        m->second = f->ss;
    if (f->mi != 0)
        m->minute = f->mi;
    if (f->hh != 0)
        m->hour = f->hh;
    if (f->half_day) {
        if (m->hour < 1 || m->hour > 12) {
            (void)dv_eval_fail(err, "22007", "hour \"%lld\" is invalid for the 12-hour clock",
                               (long long)m->hour);
            dv_err_hint(err, "Use the 24-hour clock, or give an hour between 1 and 12.");
            return DV_FAILED;
        }
        if (f->pm != 0 && m->hour < 12)
            m->hour += 12;
        else if (f->pm == 0 && m->hour == 12)
            m->hour = 0;
    }
    m->micro = (int64_t)f->ms * 1000 + f->us;
    return DV_OK;
}

static enum dv_status out_of_range(const char *text, struct dv_err *err)
{
    return dv_eval_fail(err, "22008", "date/time field value out of range: \"%.*s\"",
                        (int)dv_utf8_cut(text, strnlen(text, 64)), text);
}

static bool valid(const struct moment *m)
{
    int64_t check_year;
    int month, day;
    if (m->hour < 0 || m->hour > 23 || m->minute < 0 || m->minute > 59 || m->second < 0 || m->second > 59 ||
        m->micro < 0 || m->micro > 999999)
        return false;
    if (!m->has_year && !m->has_month && !m->has_day)
        return true;
    if ((m->has_month && (m->month < 1 || m->month > 12)) || (m->has_day && (m->day < 1 || m->day > 31)))
        return false;
    dv_date_to_civil(dv_date_from_civil(m->year, (int)m->month, (int)m->day), &check_year, &month, &day);
    return !(m->has_year && m->has_month && m->has_day) || (month == m->month && day == m->day);
}

/* The moment in UTC: the date may lie a day outside where the zone brings it back. false: out of range. */
static bool to_moment(const struct moment *m, const struct fields *f, int64_t days, int64_t *us)
{
    int64_t zone = (int64_t)f->zone_sign * (f->zone_hours * 3600 + f->zone_minutes * 60);
    int64_t seconds = m->hour * 3600 + m->minute * 60 + m->second - zone;
    return !__builtin_mul_overflow(days, INT64_C(86400000000), us) &&
           !__builtin_add_overflow(*us, seconds * INT64_C(1000000) + m->micro, us) &&
           dv_timestamp_is_valid(*us);
}

enum dv_status dv_format_read(const struct dv_format *format, const char *text, size_t length, bool date_only,
                              int64_t *us, struct dv_err *err)
{
    char *copy = dv_alloc(length + 1);
    struct reading reading = {.end = format->nodes + format->count, .err = err};
    struct moment m = {.month = 1, .day = 1};
    const struct fields *f = &reading.fields;
    int64_t days;
    enum dv_status status;
    if (copy == NULL)
        return dv_fail_memory(err);
    memcpy(copy, text, length);
    copy[length] = '\0';
    reading.at = reading.text = copy;
    status = read_nodes(&reading, format);
    if (status == DV_OK)
        status = settle_time(f, &m, err);
    if (status == DV_OK)
        status = settle_date(&reading.fields, &m, err);
    if (status == DV_OK &&
        (!valid(&m) || (f->zone_sign != 0 && (f->zone_hours < 0 || f->zone_hours > 15 ||
                                              f->zone_minutes < 0 || f->zone_minutes > 59))))
        status = out_of_range(copy, err);
    if (status != DV_OK)
        goto done;
    days = dv_date_from_civil(m.year, (int)m.month, (int)m.day);
    if (date_only ? days < -2451545 || days >= INT64_C(2145031949) : !to_moment(&m, f, days, us))
        status = dv_eval_fail(err, "22008", "%s out of range: \"%.*s\"", date_only ? "date" : "timestamp",
                              (int)dv_utf8_cut(copy, strnlen(copy, 64)), copy);
    else if (date_only)
        *us = days;
done:
    dv_free(copy);
    return status;
}
