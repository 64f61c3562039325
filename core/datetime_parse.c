#include "core/datetime.h"

#include "core/datetime_parts.h"
#include "core/value_error.h"
#include "core/zone.h"

#include <string.h>

enum outcome { READ_OK, BAD_FORMAT, FIELD_RANGE, ZONE_RANGE, NO_ZONE, NOT_READ };

enum special { NOT_SPECIAL, EPOCH, INFINITE, MINUS_INFINITE };

/* What a text said, field by field. */
struct moment {
    bool has_date, has_time, has_zone, bc, ad, half_day, afternoon;
    bool compact; /* the time was HHMMSS */
    enum special special;
    int64_t year, hour, minute, second, us;
    int64_t month, day;
    int64_t zone;          /* seconds east of UTC */
    const char *zone_name; /* in the text; NULL: zone holds */
    size_t zone_length;
};

struct reader {
    const char *at, *end;
};

static char peek(const struct reader *reader)
{
    return (char)(reader->at < reader->end ? *reader->at : '\0');
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && dv_is_blank(*reader->at))
        reader->at++;
}

/* Digits to a number; returns how many there were. Past nine the number stays at a value that no field takes.
 */
static int read_digits(struct reader *reader, int64_t *number)
{
    int count = 0;
    *number = 0;
    for (; dv_is_digit(peek(reader)); reader->at++, count++)
        if (*number < 1000000000)
            *number = *number * 10 + (*reader->at - '0');
    return count;
}

/* The rest of YYYY-MM-DD, behind the year. */
static enum outcome read_date(struct reader *reader, struct moment *moment)
{
    char separator = peek(reader);
    reader->at++;
    int month_digits = read_digits(reader, &moment->month);
    if (month_digits == 0 || month_digits > 2 || peek(reader) != separator)
        return BAD_FORMAT;
    reader->at++;
    int day_digits = read_digits(reader, &moment->day);
    if (day_digits == 0)
        return BAD_FORMAT;
    moment->has_date = true;
    return READ_OK;
}

/* The rest of HH:MM[:SS[.ffffff]], behind the hour. MM:SS.f where a fraction comes early, as PostgreSQL reads
 * it. */
static enum outcome read_time(struct reader *reader, struct moment *moment)
{
    reader->at++;
    if (read_digits(reader, &moment->minute) == 0)
        return BAD_FORMAT;
    if (peek(reader) == ':') {
        reader->at++;
        if (read_digits(reader, &moment->second) == 0)
            return BAD_FORMAT;
    } else if (peek(reader) == '.') {
        moment->second = moment->minute;
        moment->minute = moment->hour;
        moment->hour = 0;
    }
    if (peek(reader) == '.')
        moment->us = dv_fraction_to_us(&reader->at, reader->end);
    moment->has_time = true;
    return READ_OK;
}

/* HHMMSS[.f] or HHMM */
static enum outcome split_time(struct reader *reader, int digits, int64_t number, struct moment *moment)
{
    if (digits == 6) {
        moment->second = number % 100;
        number /= 100;
        if (peek(reader) == '.')
            moment->us = dv_fraction_to_us(&reader->at, reader->end);
    }
    moment->minute = number % 100;
    moment->hour = number / 100;
    moment->has_time = moment->compact = true;
    return READ_OK;
}

static enum outcome read_number(struct reader *reader, bool time_wanted, bool after_t, struct moment *moment)
{
    int64_t number;
    int digits = read_digits(reader, &number);
    char next = peek(reader);
    if (next == ':' && !moment->has_time) {
        moment->hour = number;
        return read_time(reader, moment);
    }
    bool clock = time_wanted && !moment->has_time && next == '.' && digits == 6;
    if ((next == '-' || next == '/' || next == '.') && !clock && !moment->has_date && digits >= 3 &&
        !after_t) {
        moment->year = number;
        return read_date(reader, moment);
    }
    if (digits == 8 && !moment->has_date && !after_t) {
        moment->year = number / 10000;
        moment->month = number / 100 % 100;
        moment->day = number % 100;
        moment->has_date = true;
        return READ_OK;
    }
    if (!moment->has_time && (moment->has_date || time_wanted || after_t) &&
        (digits == 6 || (digits == 4 && (after_t || time_wanted))))
        return split_time(reader, digits, number, moment);
    return BAD_FORMAT;
}

/* +HH, +HHMM, +HH:MM, +HH:MM:SS */
static enum outcome read_offset(struct reader *reader, struct moment *moment)
{
    int64_t hours, minutes = 0, seconds = 0;
    bool west = peek(reader) == '-';
    /* Right behind a date the sign is a hyphen too many. */
    if (west && !moment->has_time && !dv_is_blank(reader->at[-1]))
        return BAD_FORMAT;
    reader->at++;
    int digits = read_digits(reader, &hours);
    if (digits == 0 || moment->has_zone)
        return BAD_FORMAT;
    if (peek(reader) == ':') {
        if (west && moment->compact)
            return BAD_FORMAT;
        reader->at++;
        read_digits(reader, &minutes);
        if (peek(reader) == ':') {
            reader->at++;
            read_digits(reader, &seconds);
        }
    } else if (digits > 2) {
        minutes = hours % 100;
        hours /= 100;
    }
    if (hours > 15 || minutes > 59 || seconds > 59)
        return ZONE_RANGE;
    moment->zone = (west ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
    moment->has_zone = true;
    return READ_OK;
}

/* The name of a zone, to the next blank: looked up where its offset is wanted. */
static enum outcome read_zone_name(struct reader *reader, const char *word, struct moment *moment)
{
    while (reader->at < reader->end && !dv_is_blank(*reader->at))
        reader->at++;
    if (moment->has_zone || (!moment->has_time && !moment->has_date))
        return BAD_FORMAT;
    moment->has_zone = true;
    moment->zone_name = word;
    moment->zone_length = (size_t)(reader->at - word);
    return READ_OK;
}

static enum outcome read_word(struct reader *reader, struct moment *moment)
{
    const char *word = reader->at;
    while (dv_lower_ascii(peek(reader)) >= 'a' && dv_lower_ascii(peek(reader)) <= 'z')
        reader->at++;
    size_t length = (size_t)(reader->at - word);
    char next = peek(reader);
    if (length > 0 && (next == '/' || next == '+' || next == '-' || next == '_' || dv_is_digit(next)))
        return read_zone_name(reader, word, moment);
    if (dv_is_word(word, length, "bc") || dv_is_word(word, length, "ad")) {
        if (moment->bc || moment->ad || !moment->has_date)
            return BAD_FORMAT;
        *(dv_lower_ascii(*word) == 'b' ? &moment->bc : &moment->ad) = true;
        return READ_OK;
    }
    if (dv_is_word(word, length, "am") || dv_is_word(word, length, "pm")) {
        if (moment->half_day || !moment->has_time)
            return BAD_FORMAT;
        moment->half_day = true;
        moment->afternoon = dv_lower_ascii(*word) == 'p';
        return READ_OK;
    }
    if (dv_is_word(word, length, "z") || dv_is_word(word, length, "utc") || dv_is_word(word, length, "gmt") ||
        dv_is_word(word, length, "zulu") || dv_is_word(word, length, "ut")) {
        if (moment->has_zone || (!moment->has_time && !moment->has_date))
            return BAD_FORMAT;
        moment->has_zone = true;
        return READ_OK;
    }
    return length > 2 ? read_zone_name(reader, word, moment) : BAD_FORMAT;
}

static enum outcome check(struct moment *moment)
{
    if (moment->half_day) {
        if (moment->hour > 12)
            return FIELD_RANGE;
        if (moment->afternoon && moment->hour != 12)
            moment->hour += 12;
        else if (!moment->afternoon && moment->hour == 12)
            moment->hour = 0;
    }
    if (moment->has_date) {
        if (moment->year > 99999999 || moment->year < 1)
            return FIELD_RANGE;
        if (moment->bc)
            moment->year = 1 - moment->year;
        if (moment->month < 1 || moment->month > 12 || moment->day < 1 ||
            moment->day > dv_days_in_month(moment->year, (int)moment->month))
            return FIELD_RANGE;
    }
    if (moment->hour > 24 || moment->minute > 59 || moment->second > 60)
        return FIELD_RANGE;
    int64_t total = (moment->hour * 3600 + moment->minute * 60 + moment->second) * DV_US_SECOND + moment->us;
    return total > DV_US_DAY ? FIELD_RANGE : READ_OK;
}

static enum outcome read_moment(const char *text, size_t length, bool time_wanted, struct moment *moment)
{
    struct reader reader = {text, text + length};
    dv_trim_blanks(&reader.at, &length);
    reader.end = reader.at + length;
    memset(moment, 0, sizeof *moment);
    if (dv_is_word(reader.at, length, "infinity"))
        moment->special = INFINITE;
    else if (dv_is_word(reader.at, length, "-infinity"))
        moment->special = MINUS_INFINITE;
    else if (dv_is_word(reader.at, length, "epoch"))
        moment->special = EPOCH;
    if (moment->special != NOT_SPECIAL)
        return READ_OK;

    while (reader.at < reader.end) {
        char c = peek(&reader);
        bool t = (c == 't' || c == 'T') && !moment->has_time && reader.end - reader.at > 1 &&
                 (dv_is_digit(reader.at[1]) || (moment->has_date && dv_is_blank(reader.at[1])));
        if (t) {
            reader.at++;
            skip_blanks(&reader);
            c = peek(&reader);
        }
        enum outcome outcome = BAD_FORMAT;
        if (dv_is_digit(c))
            outcome = read_number(&reader, time_wanted, t, moment);
        else if (c == '+' || c == '-')
            outcome = moment->has_time || moment->has_date ? read_offset(&reader, moment) : BAD_FORMAT;
        else
            outcome = read_word(&reader, moment);
        if (outcome != READ_OK)
            return outcome;
        skip_blanks(&reader);
    }
    return moment->has_date || moment->has_time ? check(moment) : BAD_FORMAT;
}

static enum dv_status refuse(enum outcome outcome, const char *type, const char *text, size_t length,
                             struct dv_err *err)
{
    enum dv_status status;
    int shown = (int)(length < 160 ? length : 160);
    switch (outcome) {
    case NOT_READ: /* said already: no fault of the text */
        status = err->status;
        break;
    case FIELD_RANGE:
        status = dv_value_fail(err, "22008", text, length, "date/time field value out of range: \"%.*s\"",
                               shown, text);
        break;
    case ZONE_RANGE:
        status = dv_value_fail(err, "22009", text, length, "time zone displacement out of range: \"%.*s\"",
                               shown, text);
        break;
    case NO_ZONE:
        status =
            dv_value_fail(err, "22023", text, length, "time zone in \"%.*s\" not recognized", shown, text);
        break;
    default:
        status = dv_value_bad_syntax(err, type, text, length);
        memcpy(err->sqlstate, "22007", 6);
        dv_err_hint(
            err,
            "write it as YYYY-MM-DD, HH:MM:SS or both, with an offset such as +02:00 where it has a zone");
        break;
    }
    return status;
}

static enum dv_status past_range(const char *type, const char *text, size_t length, struct dv_err *err)
{
    return dv_value_fail(err, "22008", text, length, "%s out of range: \"%.*s\"", type,
                         (int)(length < 160 ? length : 160), text);
}

static int pair(const char *at) /* two digits, or -1 */
{
    unsigned tens = (unsigned)(unsigned char)at[0] - '0', ones = (unsigned)(unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* YYYY-MM-DD, the year from 1 on */
static bool fast_date(const char *at, int64_t *days)
{
    int century = pair(at), year = pair(at + 2), month = pair(at + 5), day = pair(at + 8);
    if (century < 0 || year < 0 || at[4] != '-' || at[7] != '-' || month < 1 || month > 12 || day < 1)
        return false;
    year += century * 100;
    if (year == 0 || (day > 28 && day > dv_days_in_month(year, month)))
        return false;
    *days = dv_date_from_civil(year, month, day);
    return true;
}

/* HH:MM:SS[.f{1,6}] */
static bool fast_time(const char *at, const char *end, int64_t *us)
{
    if (end - at < 8 || at[2] != ':' || at[5] != ':')
        return false;
    int hour = pair(at), minute = pair(at + 3), second = pair(at + 6);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    int64_t fraction = 0;
    if (end - at > 8) {
        int64_t unit = 100000;
        if (at[8] != '.' || end - at > 15 || end - at == 9)
            return false;
        for (const char *p = at + 9; p < end; p++, unit /= 10) {
            if (!dv_is_digit(*p))
                return false;
            fraction += (*p - '0') * unit;
        }
    }
    *us = ((int64_t)hour * 3600 + minute * 60 + second) * DV_US_SECOND + fraction;
    return true;
}

static bool fast_timestamp(const char *text, size_t length, bool with_zone, int64_t *us)
{
    int64_t days, time;
    size_t end = length;
    if (length < 19 || (text[10] != ' ' && text[10] != 'T'))
        return false;
    if (with_zone) {
        if (length >= 22 && memcmp(text + length - 3, "+00", 3) == 0)
            end -= 3;
        else if (text[length - 1] == 'Z')
            end--;
    }
    if (!fast_time(text + 11, text + end, &time) || !fast_date(text, &days))
        return false;
    *us = days * DV_US_DAY + time;
    return true;
}

enum dv_status dv_date_parse(const char *text, size_t length, int64_t *days, struct dv_err *err)
{
    if (length == 10 && fast_date(text, days))
        return DV_OK;
    struct moment moment;
    enum outcome outcome = read_moment(text, length, false, &moment);
    if (outcome == READ_OK && moment.special == NOT_SPECIAL && !moment.has_date)
        outcome = BAD_FORMAT;
    if (outcome != READ_OK)
        return refuse(outcome, "date", text, length, err);
    int64_t result = 0;
    switch (moment.special) {
    case INFINITE:
        result = DV_DATE_INFINITY;
        break;
    case MINUS_INFINITE:
        result = DV_DATE_MINUS_INFINITY;
        break;
    case EPOCH:
        result = -10957; /* 1970-01-01 */
        break;
    case NOT_SPECIAL:
        result = dv_date_from_civil(moment.year, (int)moment.month, (int)moment.day);
        if (result < DV_DATE_MIN || result >= DV_DATE_END)
            return past_range("date", text, length, err);
        break;
    }
    *days = result;
    return DV_OK;
}

static int64_t time_of(const struct moment *moment)
{
    return (moment->hour * 3600 + moment->minute * 60 + moment->second) * DV_US_SECOND + moment->us;
}

enum dv_status dv_time_parse(const char *text, size_t length, int64_t *us, struct dv_err *err)
{
    if (fast_time(text, text + length, us))
        return DV_OK;
    struct moment moment;
    enum outcome outcome = read_moment(text, length, true, &moment);
    if (outcome == READ_OK && (moment.special != NOT_SPECIAL || !moment.has_time))
        outcome = BAD_FORMAT;
    if (outcome != READ_OK)
        return refuse(outcome, "time", text, length, err);
    *us = time_of(&moment);
    return DV_OK;
}

/* The offset of the zone that the text names, at the local time that it says. */
static enum outcome resolve_zone(struct moment *moment, struct dv_err *err)
{
    struct dv_arena arena = {0};
    const struct dv_zone *zone = NULL;
    int64_t days;
    enum outcome outcome = READ_OK;
    if (moment->zone_name == NULL)
        return READ_OK;
    if (dv_zone_find(moment->zone_name, moment->zone_length, &arena, &zone, err) != DV_OK) {
        if (err->sqlstate[0] == '\0')
            outcome = NOT_READ;
        else
            outcome = memchr(moment->zone_name, '/', moment->zone_length) != NULL ? NO_ZONE : BAD_FORMAT;
    } else {
        days = dv_date_from_civil(moment->year, (int)moment->month, (int)moment->day);
        moment->zone = dv_zone_local_offset(zone, days * 86400 + time_of(moment) / DV_US_SECOND);
    }
    dv_arena_release(&arena);
    return outcome;
}

enum dv_status dv_timestamp_parse(const char *text, size_t length, bool with_zone, int64_t *us,
                                  struct dv_err *err)
{
    if (fast_timestamp(text, length, with_zone, us))
        return DV_OK;
    struct moment moment;
    enum outcome outcome = read_moment(text, length, false, &moment);
    if (outcome == READ_OK && moment.special == NOT_SPECIAL && !moment.has_date)
        outcome = BAD_FORMAT;
    if (outcome == READ_OK)
        outcome = resolve_zone(&moment, err);
    if (outcome != READ_OK)
        return refuse(outcome, with_zone ? "timestamp with time zone" : "timestamp", text, length, err);
    int64_t result = 0;
    switch (moment.special) {
    case INFINITE:
        result = DV_TIMESTAMP_INFINITY;
        break;
    case MINUS_INFINITE:
        result = DV_TIMESTAMP_MINUS_INFINITY;
        break;
    case EPOCH:
        result = -946684800 * DV_US_SECOND;
        break;
    case NOT_SPECIAL:
        result = dv_date_from_civil(moment.year, (int)moment.month, (int)moment.day);
        if (result < DV_DATE_MIN || __builtin_mul_overflow(result, DV_US_DAY, &result) ||
            __builtin_add_overflow(result, time_of(&moment) - (with_zone ? moment.zone * DV_US_SECOND : 0),
                                   &result) ||
            !dv_timestamp_is_valid(result))
            return past_range("timestamp", text, length, err);
        break;
    }
    *us = result;
    return DV_OK;
}
