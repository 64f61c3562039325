/* to_char of moments and intervals. */
#include "transform/format_pattern.h"

#include "core/datetime.h"
#include "transform/time_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_word(struct dv_buf *out, const char *word, const struct dv_format_node *node, size_t length,
                     int pad)
{
    size_t from = out->len;
    for (size_t i = 0; i < length; i++) {
        char c = word[i];
        bool upper = node->letters == DV_CASE_UPPER || (node->letters == DV_CASE_TITLE && i == 0);
        if (c >= 'a' && c <= 'z' && upper)
            c = (char)(c - 32);
        else if (c >= 'A' && c <= 'Z' && !upper)
            c = (char)(c + 32);
        dv_buf_byte(out, c);
    }
    while (!node->fill && out->len - from < (size_t)pad)
        dv_buf_byte(out, ' ');
}

static const char *ordinal(const char *digits, size_t length, bool upper)
{
    char last = length > 0 ? digits[length - 1] : '0', before = length > 1 ? digits[length - 2] : '0';
    if (before == '1' || last < '1' || last > '3')
        return upper ? "TH" : "th";
    if (last == '1')
        return upper ? "ST" : "st";
    return last == '2' ? (upper ? "ND" : "nd") : (upper ? "RD" : "rd");
}

/* A number of at least `width` digits (one more with a sign), without FM; then its ordinal where asked. */
static void put_number(struct dv_buf *out, int64_t value, int width, const struct dv_format_node *node)
{
    char text[32];
    int length;
    bool of_day = node->field == DV_F_DD || node->field == DV_F_DDD || node->field == DV_F_WW;
    if (node->fill)
        width = 0;
    else if (value < 0 && !of_day)
        width++;
    length = snprintf(text, sizeof(text), "%0*lld", width, (long long)value);
    dv_buf_append(out, text, (size_t)length);
    if (node->th != '\0')
        dv_buf_append(out, ordinal(text, (size_t)length, node->th == 'T'), 2);
}

static int64_t shown_year(const struct dv_format_time *t, int64_t year)
{
    return t->is_interval || year > 0 ? year : 1 - year;
}

static void put_year(struct dv_buf *out, int64_t year, const struct dv_format_node *node)
{
    static const int64_t moduli[] = {0, 10, 100, 1000};
    put_number(out, node->length < 4 ? year % moduli[node->length] : year,
               node->length > 1 ? (int)node->length : 1, node);
}

static void put_century(struct dv_buf *out, const struct dv_format_time *t, const struct dv_format_node *node)
{
    int64_t century = t->is_interval ? t->year / 100
                      : t->year > 0  ? (t->year - 1) / 100 + 1
                                     : t->year / 100 - 1;
    put_number(out, century, century <= 99 && century >= -99 ? 2 : 0, node);
}

static void put_roman(struct dv_buf *out, int64_t month, const struct dv_format_time *t,
                      const struct dv_format_node *node)
{
    static const char *const romans[] = {"I",   "II",   "III", "IV", "V",  "VI",
                                         "VII", "VIII", "IX",  "X",  "XI", "XII"};
    const char *roman;
    if (month == 0 && t->year == 0)
        return;
    if (month == 0)
        month = t->year >= 0 ? 12 : 1;
    else if (month < 0)
        month = 13 + month;
    roman = romans[(month + 11) % 12];
    put_word(out, roman, node, strlen(roman), 4);
}

static void put_fraction(struct dv_buf *out, int64_t micro, int digits, const struct dv_format_node *node)
{
    char text[32];
    int length;
    for (int i = digits; i < 6; i++)
        micro /= 10;
    length = snprintf(text, sizeof(text), "%0*lld", digits, (long long)micro);
    dv_buf_append(out, text, (size_t)length);
    if (node->th != '\0')
        dv_buf_append(out, ordinal(text, (size_t)length, node->th == 'T'), 2);
}

/* Fields of the clock; false: it is none of them. */
static bool put_clock(struct dv_buf *out, const struct dv_format_time *t, const struct dv_format_node *node)
{
    switch (node->field) {
    case DV_F_AM:
        put_word(out, t->hour % 24 >= 12 ? "pm" : "am", node, 2, 0);
        return true;
    case DV_F_A_M:
        put_word(out, t->hour % 24 >= 12 ? "p.m." : "a.m.", node, 4, 0);
        return true;
    case DV_F_HH12:
        put_number(out, t->hour % 12 == 0 ? 12 : t->hour % 12, t->hour < 0 && t->hour % 12 == 0 ? 3 : 2,
                   node);
        return true;
    case DV_F_HH24:
        put_number(out, t->hour, 2, node);
        return true;
    case DV_F_MI:
        put_number(out, t->minute, 2, node);
        return true;
    case DV_F_SS:
        put_number(out, t->second, 2, node);
        return true;
    case DV_F_FF:
        put_fraction(out, t->micro, (int)node->length, node);
        return true;
    case DV_F_MS:
        put_fraction(out, t->micro, 3, node);
        return true;
    case DV_F_US:
        put_fraction(out, t->micro, 6, node);
        return true;
    case DV_F_SSSS:
        put_number(out, t->hour * 3600 + t->minute * 60 + t->second, 0, node);
        return true;
    default:
        return false;
    }
}

/* Fields that an interval has none of. */
static bool of_calendar(enum dv_field field)
{
    static const enum dv_field none[] = {DV_F_AD,   DV_F_A_D, DV_F_MONTH, DV_F_MON, DV_F_DAY, DV_F_DY,
                                         DV_F_D,    DV_F_ID,  DV_F_TZ,    DV_F_TZH, DV_F_TZM, DV_F_OF,
                                         DV_F_IYYY, DV_F_IW,  DV_F_IDDD,  DV_F_J};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (none[i] == field)
            return true;
    return false;
}

static void put_day(struct dv_buf *out, const struct dv_format_time *t, const struct dv_format_node *node)
{
    int64_t iso_year = t->year, monday = 0, year_day = t->days;
    int week = 0, weekday = 0;
    if (!t->is_interval) {
        week = dv_iso_week(t->days, &iso_year, &monday);
        weekday = dv_day_of_week(t->days);
        year_day = t->days - dv_date_from_civil(t->year, 1, 1) + 1;
    }
    switch (node->field) {
    case DV_F_DAY:
        put_word(out, dv_day_names[weekday], node, strlen(dv_day_names[weekday]), 9);
        break;
    case DV_F_DY:
        put_word(out, dv_day_names[weekday], node, 3, 0);
        break;
    case DV_F_DDD:
        put_number(out, year_day, 3, node);
        break;
    case DV_F_IDDD:
        put_number(out, (int64_t)(week - 1) * 7 + (t->days - monday) + 1, 3, node);
        break;
    case DV_F_D:
        put_number(out, weekday + 1, 0, node);
        break;
    case DV_F_ID:
        put_number(out, weekday == 0 ? 7 : weekday, 0, node);
        break;
    case DV_F_WW:
        put_number(out, (year_day - 1) / 7 + 1, 2, node);
        break;
    case DV_F_IW:
        put_number(out, week, 2, node);
        break;
    case DV_F_IYYY:
        put_year(out, shown_year(t, iso_year), node);
        break;
    default:
        break;
    }
}

static void put_date(struct dv_buf *out, const struct dv_format_time *t, const struct dv_format_node *node)
{
    const char *month = t->month >= 1 && t->month <= 12 ? dv_month_names[t->month - 1] : NULL;
    int64_t year = shown_year(t, t->year);
    switch (node->field) {
    case DV_F_AD:
        put_word(out, t->year <= 0 ? "bc" : "ad", node, 2, 0);
        break;
    case DV_F_A_D:
        put_word(out, t->year <= 0 ? "b.c." : "a.d.", node, 4, 0);
        break;
    case DV_F_CC:
        put_century(out, t, node);
        break;
    case DV_F_DD:
        put_number(out, t->day, 2, node);
        break;
    case DV_F_J:
        put_number(out, t->days + 2451545, 0, node);
        break;
    case DV_F_MM:
        put_number(out, t->month, 2, node);
        break;
    case DV_F_MONTH:
        put_word(out, month, node, strlen(month), 9);
        break;
    case DV_F_MON:
        put_word(out, month, node, 3, 0);
        break;
    case DV_F_OF:
        dv_buf_str(out, node->fill ? "+0" : "+00");
        break;
    case DV_F_TZH:
        dv_buf_append(out, "+00", 3);
        break;
    case DV_F_TZM:
        dv_buf_append(out, "00", 2);
        break;
    case DV_F_TZ:
        if (t->with_zone)
            put_word(out, "utc", node, 3, 0);
        break;
    case DV_F_Q:
        if (t->month != 0)
            put_number(out, (t->month - 1) / 3 + 1, 0, node);
        break;
    case DV_F_RM:
        put_roman(out, t->month, t, node);
        break;
    case DV_F_W:
        put_number(out, (t->day - 1) / 7 + 1, 0, node);
        break;
    case DV_F_Y_YYY: {
        char text[40];
        int length =
            snprintf(text, sizeof(text), "%lld,%03lld", (long long)(year / 1000), (long long)(year % 1000));
        dv_buf_append(out, text, (size_t)length);
        if (node->th != '\0')
            dv_buf_append(out, ordinal(text, (size_t)length, node->th == 'T'), 2);
        break;
    }
    case DV_F_YYYY:
        put_year(out, year, node);
        break;
    default:
        put_day(out, t, node);
        break;
    }
}

enum dv_status dv_format_put(const struct dv_format *format, const struct dv_format_time *t,
                             struct dv_buf *out, struct dv_err *err)
{
    for (unsigned i = 0; i < format->count; i++) {
        const struct dv_format_node *node = &format->nodes[i];
        if (node->kind != DV_NODE_FIELD) {
            dv_buf_append(out, node->p, node->width);
            continue;
        }
        if (t->is_interval && of_calendar(node->field)) {
            (void)dv_eval_fail(err, "22007", "invalid format specification for an interval value");
            dv_err_hint(err, "Intervals are not tied to specific calendar dates.");
            return DV_FAILED;
        }
        if (!put_clock(out, t, node))
            put_date(out, t, node);
    }
    return DV_OK;
}
