#include "core/datetime.h"

#include "core/datetime_parts.h"
#include "core/digits.h"
#include "core/value_error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum outcome { READ_OK, BAD_FORMAT, FIELD_RANGE };

enum unit {
    MICROSECOND,
    MILLISECOND,
    SECOND,
    MINUTE,
    HOUR,
    DAY,
    WEEK,
    MONTH,
    YEAR,
    DECADE,
    CENTURY,
    MILLENNIUM,
    NO_UNIT
};

/* PostgreSQL looks at the first ten letters of a word. */
#define WORD_LETTERS 10

static const struct {
    const char *word;
    enum unit unit;
} units[] = {
    {"us", MICROSECOND},
    {"usec", MICROSECOND},
    {"usecs", MICROSECOND},
    {"usecond", MICROSECOND},
    {"useconds", MICROSECOND},
    {"microsecon", MICROSECOND},
    {"ms", MILLISECOND},
    {"msec", MILLISECOND},
    {"msecs", MILLISECOND},
    {"mseconds", MILLISECOND},
    {"millisecon", MILLISECOND},
    {"s", SECOND},
    {"sec", SECOND},
    {"secs", SECOND},
    {"second", SECOND},
    {"seconds", SECOND},
    {"m", MINUTE},
    {"min", MINUTE},
    {"mins", MINUTE},
    {"minute", MINUTE},
    {"minutes", MINUTE},
    {"h", HOUR},
    {"hr", HOUR},
    {"hrs", HOUR},
    {"hour", HOUR},
    {"hours", HOUR},
    {"d", DAY},
    {"day", DAY},
    {"days", DAY},
    {"w", WEEK},
    {"week", WEEK},
    {"weeks", WEEK},
    {"mon", MONTH},
    {"mons", MONTH},
    {"month", MONTH},
    {"months", MONTH},
    {"y", YEAR},
    {"yr", YEAR},
    {"yrs", YEAR},
    {"year", YEAR},
    {"years", YEAR},
    {"dec", DECADE},
    {"decs", DECADE},
    {"decade", DECADE},
    {"decades", DECADE},
    {"c", CENTURY},
    {"cent", CENTURY},
    {"century", CENTURY},
    {"centuries", CENTURY},
    {"mil", MILLENNIUM},
    {"mils", MILLENNIUM},
    {"millennium", MILLENNIUM},
    {"millennia", MILLENNIUM},
};

/* Bits of reader.seen */
#define ALL_SECONDS (1U << SECOND | 1U << MILLISECOND | 1U << MICROSECOND)
#define CLOCK_TIME  (1U << HOUR | 1U << MINUTE | ALL_SECONDS)

struct reader {
    const char *at, *end;
    struct dv_interval sum;
    unsigned seen; /* one bit a unit: each may stand once */
};

/* A number as the text has it: whole part and what stands behind the point, both with its sign. */
struct number {
    int64_t whole;
    double fraction;
};

static char peek(const struct reader *reader)
{
    return (char)(reader->at < reader->end ? *reader->at : '\0');
}

static void skip_blanks(struct reader *reader)
{
    while (dv_is_blank(peek(reader)))
        reader->at++;
}

static bool is_letter(char c)
{
    c = dv_lower_ascii(c);
    return c >= 'a' && c <= 'z';
}

static size_t word_length(const struct reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && is_letter(*at))
        at++;
    return (size_t)(at - reader->at);
}

static bool add_us(struct reader *reader, int64_t count, int64_t scale)
{
    int64_t us;
    return !__builtin_mul_overflow(count, scale, &us) &&
           !__builtin_add_overflow(reader->sum.microseconds, us, &reader->sum.microseconds);
}

static bool add_fraction_us(struct reader *reader, double fraction, int64_t scale)
{
    double scaled = fraction * (double)scale;
    int64_t us = (int64_t)scaled;
    double rest = scaled - (double)us;
    return add_us(reader, us + (rest > 0.5) - (rest < -0.5), 1);
}

static bool add_days(struct reader *reader, const struct number *number, int64_t scale)
{
    double scaled = number->fraction * (double)scale;
    int64_t days, whole = (int64_t)scaled;
    if (scale != 30 && (__builtin_mul_overflow(number->whole, scale, &days) ||
                        __builtin_add_overflow(reader->sum.days, days, &reader->sum.days)))
        return false; /* 30: the whole months were counted as months */
    return !__builtin_add_overflow(reader->sum.days, whole, &reader->sum.days) &&
           add_fraction_us(reader, scaled - (double)whole, DV_US_DAY);
}

static bool add_months(struct reader *reader, int64_t count, int64_t scale)
{
    int64_t months;
    return !__builtin_mul_overflow(count, scale, &months) &&
           !__builtin_add_overflow(reader->sum.months, months, &reader->sum.months);
}

static bool add_years(struct reader *reader, const struct number *number, int64_t scale)
{
    return add_months(reader, number->whole, 12 * scale) &&
           add_months(reader, (int64_t)rint(number->fraction * (double)scale * 12), 1);
}

static bool add_time(struct reader *reader, const struct number *number, int64_t scale)
{
    return add_us(reader, number->whole, scale) && add_fraction_us(reader, number->fraction, scale);
}

static enum outcome add(struct reader *reader, const struct number *number, enum unit unit)
{
    static const int64_t us[] = {[MICROSECOND] = 1,
                                 [MILLISECOND] = 1000,
                                 [SECOND] = DV_US_SECOND,
                                 [MINUTE] = DV_US_MINUTE,
                                 [HOUR] = DV_US_HOUR};
    unsigned bits = unit == SECOND && number->fraction != 0 ? ALL_SECONDS : 1U << unit;
    if (unit == NO_UNIT || (reader->seen & bits) != 0)
        return BAD_FORMAT;
    reader->seen |= bits;
    bool fits = false;
    switch (unit) {
    case MICROSECOND:
    case MILLISECOND:
    case SECOND:
    case MINUTE:
    case HOUR:
        fits = add_time(reader, number, us[unit]);
        break;
    case DAY:
        fits = add_days(reader, number, 1);
        break;
    case WEEK:
        fits = add_days(reader, number, 7);
        break;
    case MONTH:
        fits = add_months(reader, number->whole, 1) && add_days(reader, number, 30);
        break;
    case YEAR:
        fits = add_years(reader, number, 1);
        break;
    case DECADE:
        fits = add_years(reader, number, 10);
        break;
    case CENTURY:
        fits = add_years(reader, number, 100);
        break;
    case MILLENNIUM:
        fits = add_years(reader, number, 1000);
        break;
    case NO_UNIT:
        return BAD_FORMAT;
    }
    return fits ? READ_OK : FIELD_RANGE;
}

static enum outcome read_digits(struct reader *reader, int64_t *number)
{
    *number = 0;
    while (dv_is_digit(peek(reader)))
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, *reader->at++ - '0', number))
            return FIELD_RANGE;
    return READ_OK;
}

/* ".5" to 0.5, as strtod() has it */
static double read_fraction(struct reader *reader)
{
    char text[64] = "0";
    size_t length = 1;
    do {
        if (length < sizeof text - 1)
            text[length++] = *reader->at;
        reader->at++;
    } while (dv_is_digit(peek(reader)));
    text[length] = '\0';
    return strtod(text, NULL);
}

/* The rest of [-]H:MM[:SS[.f]], behind the hours. */
static enum outcome read_clock(struct reader *reader, bool negative, int64_t hours)
{
    int64_t minutes, seconds = 0, us = 0, total;
    reader->at++;
    if (!dv_is_digit(peek(reader)))
        return BAD_FORMAT;
    if (read_digits(reader, &minutes) != READ_OK)
        return FIELD_RANGE;
    if (peek(reader) == ':') {
        reader->at++;
        if (!dv_is_digit(peek(reader)))
            return BAD_FORMAT;
        if (read_digits(reader, &seconds) != READ_OK)
            return FIELD_RANGE;
    } else if (peek(reader) == '.') {
        seconds = minutes;
        minutes = hours;
        hours = 0;
    }
    if (peek(reader) == '.')
        us = dv_fraction_to_us(&reader->at, reader->end);
    if ((reader->seen & CLOCK_TIME) != 0)
        return BAD_FORMAT;
    reader->seen |= CLOCK_TIME;
    if (minutes > 59 || seconds > 60 || __builtin_mul_overflow(hours, DV_US_HOUR, &total) ||
        __builtin_add_overflow(total, minutes * DV_US_MINUTE + seconds * DV_US_SECOND + us, &total))
        return FIELD_RANGE;
    return add_us(reader, total, negative ? -1 : 1) ? READ_OK : FIELD_RANGE;
}

/* The rest of [-]Y-M, behind the years. */
static enum outcome read_years_months(struct reader *reader, bool negative, int64_t years)
{
    int64_t months;
    reader->at++;
    if (!dv_is_digit(peek(reader)))
        return BAD_FORMAT;
    if (read_digits(reader, &months) != READ_OK || months > 11 || __builtin_mul_overflow(years, 12, &years) ||
        __builtin_add_overflow(years, months, &years))
        return FIELD_RANGE;
    struct number number = {.whole = negative ? -years : years};
    return add(reader, &number, MONTH);
}

/* The unit that stands behind a number; without one it is seconds, or days where a clock time follows. */
static enum unit read_unit(struct reader *reader)
{
    skip_blanks(reader);
    size_t length = word_length(reader);
    if (length == 0) {
        const char *at = reader->at;
        if (at < reader->end && (*at == '-' || *at == '+'))
            at++;
        const char *digits = at;
        while (at < reader->end && dv_is_digit(*at))
            at++;
        if (at > digits && at < reader->end && *at == ':')
            return DAY;
        return reader->at == reader->end ? SECOND : NO_UNIT;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t letters = strlen(units[i].word);
        if ((length == letters || (letters == WORD_LETTERS && length > letters)) &&
            dv_is_word(reader->at, letters, units[i].word)) {
            reader->at += length;
            char next = peek(reader); /* the next field stands apart */
            return dv_is_digit(next) || next == '-' || next == '+' || next == '.' ? NO_UNIT : units[i].unit;
        }
    }
    return NO_UNIT;
}

static enum outcome read_field(struct reader *reader)
{
    struct number number = {0};
    bool negative = peek(reader) == '-';
    if (negative || peek(reader) == '+') {
        reader->at++;
        skip_blanks(reader);
        if (!dv_is_digit(peek(reader)))
            return BAD_FORMAT;
    }
    if (!dv_is_digit(peek(reader)) && peek(reader) != '.')
        return BAD_FORMAT;
    if (read_digits(reader, &number.whole) != READ_OK)
        return FIELD_RANGE;
    if (peek(reader) == ':')
        return read_clock(reader, negative, number.whole);
    if (peek(reader) == '-')
        return read_years_months(reader, negative, number.whole);
    if (peek(reader) == '.')
        number.fraction = read_fraction(reader);
    if (negative) {
        number.whole = -number.whole;
        number.fraction = -number.fraction;
    }
    return add(reader, &number, read_unit(reader));
}

/* A number of an ISO 8601 interval. PostgreSQL takes these as one double and splits that, so the fraction
 * carries its rounding. */
static enum outcome read_iso_number(struct reader *reader, struct number *number)
{
    char text[64], *end;
    size_t length = 0;
    const char *at = reader->at;
    if (!dv_is_digit(*at) && *at != '-' && *at != '.')
        return BAD_FORMAT;
    while (at < reader->end && length < sizeof text - 1 && strchr("0123456789.+-eE", *at) != NULL &&
           *at != '\0')
        text[length++] = *at++;
    text[length] = '\0';
    double value = strtod(text, &end);
    if (end == text)
        return BAD_FORMAT;
    if (isnan(value) || value < -1.0e15 || value > 1.0e15)
        return FIELD_RANGE;
    number->whole = (int64_t)value;
    number->fraction = value - (double)number->whole;
    reader->at += end - text;
    return READ_OK;
}

/* Behind "P": 1Y2M3W4DT5H6M7.8S */
static enum outcome read_iso(struct reader *reader)
{
    static const char letters[] = "YMWDHMS";
    static const enum unit meaning[] = {YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND};
    bool time = false, any = false;
    while (reader->at < reader->end) {
        if (peek(reader) == 'T') {
            if (time)
                return BAD_FORMAT;
            time = any = true;
            reader->at++;
            continue;
        }
        struct number number = {0};
        enum outcome outcome = read_iso_number(reader, &number);
        if (outcome != READ_OK)
            return outcome;
        const char *first = letters + (time ? 4 : 0), *last = letters + (time ? 7 : 4);
        while (first < last && *first != peek(reader))
            first++;
        if (first == last)
            return BAD_FORMAT;
        reader->at++;
        reader->seen = 0; /* PostgreSQL lets a unit stand twice here */
        outcome = add(reader, &number, meaning[first - letters]);
        if (outcome != READ_OK)
            return outcome;
        any = true;
    }
    return any ? READ_OK : BAD_FORMAT;
}

static enum outcome negate(struct dv_interval *interval)
{
    if (interval->microseconds == INT64_MIN || interval->days == INT32_MIN || interval->months == INT32_MIN)
        return FIELD_RANGE;
    *interval = (struct dv_interval){
        .microseconds = -interval->microseconds, .days = -interval->days, .months = -interval->months};
    return READ_OK;
}

static enum outcome read_interval(struct reader *reader)
{
    bool any = false;
    skip_blanks(reader);
    if (peek(reader) == 'P') {
        reader->at++;
        return read_iso(reader);
    }
    for (skip_blanks(reader); reader->at < reader->end; skip_blanks(reader)) {
        if (peek(reader) == '@' || (any && peek(reader) == ',')) {
            reader->at++;
            continue;
        }
        size_t length = word_length(reader);
        if (any && dv_is_word(reader->at, length, "ago")) {
            reader->at += length;
            skip_blanks(reader);
            return reader->at == reader->end ? negate(&reader->sum) : BAD_FORMAT;
        }
        enum outcome outcome = read_field(reader);
        if (outcome != READ_OK)
            return outcome;
        any = true;
    }
    return any ? READ_OK : BAD_FORMAT;
}

enum dv_status dv_interval_parse(const char *text, size_t length, struct dv_interval *out, struct dv_err *err)
{
    struct reader reader = {.at = text, .end = text + length};
    while (reader.end > reader.at && dv_is_blank(reader.end[-1]))
        reader.end--;
    enum outcome outcome = read_interval(&reader);
    if (outcome == READ_OK) {
        *out = reader.sum;
        return DV_OK;
    }
    if (outcome == FIELD_RANGE)
        return dv_value_fail(err, "22015", text, length, "interval field value out of range: \"%.*s\"",
                             (int)(length < 160 ? length : 160), text);
    enum dv_status status = dv_value_bad_syntax(err, "interval", text, length);
    memcpy(err->sqlstate, "22007", 6);
    dv_err_hint(err, "write it as \"1 year 2 mons 3 days 04:05:06\" or in ISO 8601 form, P1Y2M3DT4H5M6S");
    return status;
}

/* What the next part of the text has to know of the parts before. */
struct shown {
    char *at;
    bool any,
        negative; /* a part stands there; the last one was below zero, so a positive one needs its "+" */
};

static void put_part(struct shown *shown, int value, const char *unit)
{
    if (value == 0)
        return;
    if (shown->any)
        *shown->at++ = ' ';
    if (shown->negative && value > 0)
        *shown->at++ = '+';
    shown->at += dv_put_int(shown->at, value);
    *shown->at++ = ' ';
    size_t length = strlen(unit);
    memcpy(shown->at, unit, length);
    shown->at += length;
    if (value != 1)
        *shown->at++ = 's';
    shown->any = true;
    shown->negative = value < 0;
}

void dv_interval_format(const struct dv_interval *interval, struct dv_buf *out)
{
    if (!dv_buf_reserve(out, 128))
        return;
    struct shown shown = {.at = out->data + out->len};
    put_part(&shown, interval->months / 12, "year");
    put_part(&shown, interval->months % 12, "mon");
    put_part(&shown, interval->days, "day");
    bool negative = interval->microseconds < 0;
    uint64_t us = negative ? ~(uint64_t)interval->microseconds + 1U : (uint64_t)interval->microseconds;
    if (us != 0 || !shown.any) {
        if (shown.any)
            *shown.at++ = ' ';
        if (negative || shown.negative)
            *shown.at++ = negative ? '-' : '+';
        uint64_t hours = us / (uint64_t)DV_US_HOUR;
        unsigned fraction = (unsigned)(us % (uint64_t)DV_US_SECOND);
        unsigned seconds = (unsigned)(us / (uint64_t)DV_US_SECOND % 3600);
        if (hours < 10)
            *shown.at++ = '0';
        shown.at += dv_put_uint(shown.at, hours);
        *shown.at++ = ':';
        dv_put_pair(shown.at, seconds / 60);
        shown.at[2] = ':';
        dv_put_pair(shown.at + 3, seconds % 60);
        shown.at += 5;
        if (fraction != 0) {
            shown.at[0] = '.';
            dv_put_pair(shown.at + 1, fraction / 10000);
            dv_put_pair(shown.at + 3, fraction / 100 % 100);
            dv_put_pair(shown.at + 5, fraction % 100);
            shown.at += 7;
            while (shown.at[-1] == '0')
                shown.at--;
        }
    }
    out->len = (size_t)(shown.at - out->data);
}
