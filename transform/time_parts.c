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

/* ---- to_char ------------------------------------------------------------------------------------------- */

enum field {
    F_YYYY,
    F_YY,
    F_MM,
    F_DDD,
    F_DD,
    F_D,
    F_HH24,
    F_HH12,
    F_MI,
    F_SS,
    F_MS,
    F_US,
    F_MONTH_UPPER,
    F_MONTH_TITLE,
    F_MONTH_LOWER,
    F_MON_UPPER,
    F_MON_TITLE,
    F_MON_LOWER,
    F_Q,
    F_IYYY,
    F_IW,
    F_ID
};

static const struct {
    const char *word;
    enum field field;
} fields[] = {{"YYYY", F_YYYY},
              {"yyyy", F_YYYY},
              {"IYYY", F_IYYY},
              {"iyyy", F_IYYY},
              {"YY", F_YY},
              {"yy", F_YY},
              {"MM", F_MM},
              {"mm", F_MM},
              {"MONTH", F_MONTH_UPPER},
              {"Month", F_MONTH_TITLE},
              {"month", F_MONTH_LOWER},
              {"MON", F_MON_UPPER},
              {"Mon", F_MON_TITLE},
              {"mon", F_MON_LOWER},
              {"MI", F_MI},
              {"mi", F_MI},
              {"MS", F_MS},
              {"ms", F_MS},
              {"DDD", F_DDD},
              {"ddd", F_DDD},
              {"DD", F_DD},
              {"dd", F_DD},
              {"HH24", F_HH24},
              {"hh24", F_HH24},
              {"HH12", F_HH12},
              {"hh12", F_HH12},
              {"HH", F_HH12},
              {"hh", F_HH12},
              {"SS", F_SS},
              {"ss", F_SS},
              {"US", F_US},
              {"us", F_US},
              {"IW", F_IW},
              {"iw", F_IW},
              {"ID", F_ID},
              {"id", F_ID},
              {"D", F_D},
              {"d", F_D},
              {"Q", F_Q},
              {"q", F_Q}};

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

static void month_name(struct dv_buf *out, int month, char style, bool whole)
{
    const char *name = months[month - 1];
    size_t length = whole ? strlen(name) : 3;
    for (size_t i = 0; i < length; i++) {
        bool upper = style == 'U' || (style == 'T' && i == 0);
        dv_buf_byte(out, (char)(upper ? name[i] & ~0x20 : name[i] | 0x20));
    }
    for (; whole && length < 9; length++)
        dv_buf_byte(out, ' ');
}

static void put_year(struct dv_buf *out, int64_t year)
{
    int64_t shown = year > 0 ? year : 1 - year; /* 0 is 1 BC */
    dv_buf_printf(out, "%04lld", (long long)shown);
}

static void put_field(struct dv_buf *out, enum field field, const struct dv_time_parts *t)
{
    int64_t iso_year, monday;
    int week = dv_iso_week(t->days, &iso_year, &monday), day = dv_day_of_week(t->days);
    switch (field) {
    case F_YYYY:
        put_year(out, t->year);
        break;
    case F_IYYY:
        put_year(out, iso_year);
        break;
    case F_YY:
        dv_buf_printf(out, "%02d", (int)((t->year > 0 ? t->year : 1 - t->year) % 100));
        break;
    case F_MM:
        dv_buf_printf(out, "%02d", t->month);
        break;
    case F_DDD:
        dv_buf_printf(out, "%03d", dv_day_of_year(t));
        break;
    case F_DD:
        dv_buf_printf(out, "%02d", t->day);
        break;
    case F_D:
        dv_buf_printf(out, "%d", day + 1);
        break;
    case F_ID:
        dv_buf_printf(out, "%d", day == 0 ? 7 : day);
        break;
    case F_HH24:
        dv_buf_printf(out, "%02d", t->hour);
        break;
    case F_HH12:
        dv_buf_printf(out, "%02d", t->hour % 12 == 0 ? 12 : t->hour % 12);
        break;
    case F_MI:
        dv_buf_printf(out, "%02d", t->minute);
        break;
    case F_SS:
        dv_buf_printf(out, "%02d", t->second);
        break;
    case F_MS:
        dv_buf_printf(out, "%03d", t->micro / 1000);
        break;
    case F_US:
        dv_buf_printf(out, "%06d", t->micro);
        break;
    case F_Q:
        dv_buf_printf(out, "%d", (t->month + 2) / 3);
        break;
    case F_IW:
        dv_buf_printf(out, "%02d", week);
        break;
    case F_MONTH_UPPER:
    case F_MON_UPPER:
        month_name(out, t->month, 'U', field == F_MONTH_UPPER);
        break;
    case F_MONTH_TITLE:
    case F_MON_TITLE:
        month_name(out, t->month, 'T', field == F_MONTH_TITLE);
        break;
    case F_MONTH_LOWER:
    case F_MON_LOWER:
        month_name(out, t->month, 'L', field == F_MONTH_LOWER);
        break;
    }
}

static const char *quoted_text(const char *p, const char *end, struct dv_buf *out)
{
    for (; p < end && *p != '"'; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        dv_buf_byte(out, *p);
    }
    return p < end ? p + 1 : p;
}

enum dv_status dv_time_to_char(int64_t us, const char *pattern, size_t length, struct dv_buf *out,
                               struct dv_err *err)
{
    const char *p = pattern, *end = pattern + length;
    struct dv_time_parts parts;
    dv_time_split(us, &parts);
    while (p < end) {
        size_t i, count = sizeof(fields) / sizeof(fields[0]);
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        if (*p == '"') {
            p = quoted_text(p + 1, end, out);
            continue;
        }
        if (!letter && *p != '\\') {
            dv_buf_byte(out, *p++);
            continue;
        }
        for (i = 0; i < count; i++)
            if (strlen(fields[i].word) <= (size_t)(end - p) &&
                memcmp(fields[i].word, p, strlen(fields[i].word)) == 0)
                break;
        if (i < count)
            put_field(out, fields[i].field, &parts);
        if (i < count)
            p += strlen(fields[i].word);
        if (i == count || (end - p >= 2 && (memcmp(p, "TH", 2) == 0 || memcmp(p, "th", 2) == 0))) {
            (void)dv_eval_fail(err, "0A000", "to_char: the pattern \"%.*s\" is not supported",
                               (int)(length > 100 ? 100 : length), pattern);
            dv_err_hint(
                err,
                "Patterns are YYYY YY MM Month Mon DD DDD D HH24 HH12 MI SS MS US Q IYYY IW ID; put other "
                "letters in double quotes.");
            return DV_FAILED;
        }
    }
    return DV_OK;
}
