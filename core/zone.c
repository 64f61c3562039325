#include "core/zone.h"

#include "core/value_error.h"
#include "core/zone_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER     "/usr/share/zoneinfo"
#define UNIX_EPOCH 946684800 /* 2000-01-01 in Unix time */
#define DAY        86400
#define MOST_BYTES (1 << 20)

/* Mm.w.d, Jn or n, and the second of the day. */
struct rule {
    char kind; /* M, J, or 0 */
    int month, week, day;
    int32_t time;
};

struct dv_zone {
    size_t count;
    const int64_t *times; /* Unix, when offsets[i] begins */
    const int32_t *offsets;
    int32_t first; /* before the first of them */
    bool has_rule, has_summer;
    int32_t standard, summer;
    struct rule begin, end; /* of summer time */
};

/* ---- POSIX rules --------------------------------------------------------------------------------------- */

static bool read_number(const char **at, int least, int most, int *out)
{
    const char *p = *at;
    long value = 0;
    if (!dv_is_digit(*p))
        return false;
    for (; dv_is_digit(*p) && value <= most; p++)
        value = value * 10 + (*p - '0');
    *at = p;
    *out = (int)value;
    return value >= least && value <= most;
}

/* [+-]h[:mm[:ss]] in seconds */
static bool read_span(const char **at, int most_hours, int32_t *out)
{
    int hours = 0, minutes = 0, seconds = 0;
    bool negative = **at == '-';
    if (**at == '-' || **at == '+')
        ++*at;
    if (!read_number(at, 0, most_hours, &hours))
        return false;
    if (**at == ':') {
        ++*at;
        if (!read_number(at, 0, 59, &minutes))
            return false;
        if (**at == ':') {
            ++*at;
            if (!read_number(at, 0, 60, &seconds))
                return false;
        }
    }
    *out = (hours * 60 + minutes) * 60 + seconds;
    if (negative)
        *out = -*out;
    return true;
}

static bool skip_name(const char **at)
{
    const char *start = *at;
    if (**at == '<') {
        while (**at != '\0' && **at != '>')
            ++*at;
        if (**at != '>')
            return false;
        ++*at;
        return true;
    }
    while (**at != '\0' && !dv_is_digit(**at) && strchr(",+-", **at) == NULL)
        ++*at;
    return *at >= start;
}

static bool read_rule(const char **at, struct rule *rule)
{
    bool good;
    *rule = (struct rule){.time = 7200};
    if (**at == 'M') {
        rule->kind = 'M';
        ++*at;
        good = read_number(at, 1, 12, &rule->month) && *(*at)++ == '.' &&
               read_number(at, 1, 5, &rule->week) && *(*at)++ == '.' && read_number(at, 0, 6, &rule->day);
    } else if (**at == 'J') {
        rule->kind = 'J';
        ++*at;
        good = read_number(at, 1, 365, &rule->day);
    } else {
        good = read_number(at, 0, 365, &rule->day);
    }
    if (good && **at == '/') {
        ++*at;
        good = read_span(at, 24 * 7, &rule->time);
    }
    return good;
}

/* "CET-1CEST,M3.5.0,M10.5.0/3" */
static bool read_posix(const char *text, struct dv_zone *zone)
{
    const char *at = text;
    if (!skip_name(&at) || !read_span(&at, 24 * 7, &zone->standard))
        return false;
    zone->standard = -zone->standard;
    zone->has_rule = true;
    if (*at == '\0')
        return true;
    zone->has_summer = true;
    zone->summer = zone->standard + 3600;
    if (!skip_name(&at))
        return false;
    if (*at != '\0' && *at != ',') {
        if (!read_span(&at, 24 * 7, &zone->summer))
            return false;
        zone->summer = -zone->summer;
    }
    if (*at == '\0')
        at = ",M3.2.0,M11.1.0";
    if (*at++ != ',' || !read_rule(&at, &zone->begin) || *at++ != ',' || !read_rule(&at, &zone->end))
        return false;
    return *at == '\0';
}

/* Days since 1970-01-01. */
static int64_t civil(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* When the rule strikes in a year, by the clock that then runs `offset` east. */
static int64_t strike(const struct rule *rule, int64_t year, int32_t offset)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day;
    if (rule->kind == 'M') {
        int length = lengths[rule->month - 1] + (rule->month == 2 && leap(year) ? 1 : 0), weekday, first;
        day = civil(year, rule->month, 1);
        weekday = (int)(((day + 4) % 7 + 7) % 7);
        first = (rule->day - weekday + 7) % 7;
        first += (rule->week - 1) * 7;
        while (first >= length)
            first -= 7;
        day += first;
    } else {
        day = civil(year, 1, 1) + rule->day;
        if (rule->kind == 'J')
            day -= leap(year) && rule->day >= 60 ? 0 : 1;
    }
    return day * DAY + rule->time - offset;
}

static int64_t year_of(int64_t unix_time)
{
    int64_t days = unix_time >= 0 ? unix_time / DAY : -((-unix_time + DAY - 1) / DAY);
    int64_t year = 1970 + days / 365;
    while (civil(year, 1, 1) > days)
        year--;
    while (civil(year + 1, 1, 1) <= days)
        year++;
    return year;
}

static int32_t rule_offset(const struct dv_zone *zone, int64_t unix_time)
{
    int64_t year, begin, end;
    bool summer;
    if (!zone->has_summer)
        return zone->standard;
    year = year_of(unix_time + zone->standard);
    begin = strike(&zone->begin, year, zone->standard);
    end = strike(&zone->end, year, zone->summer);
    summer = begin < end ? unix_time >= begin && unix_time < end : unix_time >= begin || unix_time < end;
    return summer ? zone->summer : zone->standard;
}

/* The first change by rule after a time. */
static bool rule_change(const struct dv_zone *zone, int64_t after, int64_t *when)
{
    int64_t year, best = INT64_MAX;
    if (!zone->has_summer)
        return false;
    year = year_of(after);
    for (int64_t y = year - 1; y <= year + 1; y++) {
        int64_t begin = strike(&zone->begin, y, zone->standard), end = strike(&zone->end, y, zone->summer);
        if (begin > after && begin < best)
            best = begin;
        if (end > after && end < best)
            best = end;
    }
    *when = best;
    return best != INT64_MAX;
}

/* ---- offsets ------------------------------------------------------------------------------------------- */

/* How many changes have come by then. */
static size_t changes_until(const struct dv_zone *zone, int64_t unix_time)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= unix_time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t offset_at(const struct dv_zone *zone, int64_t unix_time)
{
    size_t changes = changes_until(zone, unix_time);
    if (changes == zone->count && zone->has_rule)
        return rule_offset(zone, unix_time);
    return changes == 0 ? zone->first : zone->offsets[changes - 1];
}

/* The first change after a time. */
static bool next_change(const struct dv_zone *zone, int64_t after, int64_t *when)
{
    size_t changes = changes_until(zone, after);
    if (changes < zone->count) {
        *when = zone->times[changes];
        return true;
    }
    return zone->has_rule && rule_change(zone, after, when);
}

int32_t dv_zone_offset(const struct dv_zone *zone, int64_t utc)
{
    return offset_at(zone, utc + UNIX_EPOCH);
}

int32_t dv_zone_local_offset(const struct dv_zone *zone, int64_t local)
{
    int64_t mine = local + UNIX_EPOCH, change = 0, by_before, by_after;
    int32_t before = offset_at(zone, mine - DAY), after;
    if (!next_change(zone, mine - DAY, &change))
        return before;
    after = offset_at(zone, change);
    by_before = mine - before;
    by_after = mine - after;
    if (by_before < change && by_after < change)
        return before;
    if (by_before > change && by_after >= change)
        return after;
    return by_before > by_after ? before : after;
}

const struct dv_zone *dv_zone_fixed(int32_t offset, struct dv_arena *arena)
{
    struct dv_zone *zone = dv_arena_zalloc(arena, sizeof(*zone));
    if (zone != NULL) {
        zone->has_rule = true;
        zone->standard = zone->first = offset;
    }
    return zone;
}

/* ---- files --------------------------------------------------------------------------------------------- */

static int64_t big_endian(const unsigned char *p, unsigned bytes)
{
    uint64_t value = (p[0] & 0x80U) != 0 ? UINT64_MAX : 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

struct header {
    size_t utc, standard, leaps, times, types, chars;
};

static bool read_header(const unsigned char *p, size_t left, struct header *header)
{
    if (left < 44 || memcmp(p, "TZif", 4) != 0)
        return false;
    header->utc = (size_t)big_endian(p + 20, 4);
    header->standard = (size_t)big_endian(p + 24, 4);
    header->leaps = (size_t)big_endian(p + 28, 4);
    header->times = (size_t)big_endian(p + 32, 4);
    header->types = (size_t)big_endian(p + 36, 4);
    header->chars = (size_t)big_endian(p + 40, 4);
    return header->times < MOST_BYTES && header->types < 257 && header->types > 0 &&
           header->chars < MOST_BYTES && header->leaps < MOST_BYTES && header->utc < MOST_BYTES &&
           header->standard < MOST_BYTES;
}

static size_t body_size(const struct header *header, size_t width)
{
    return header->times * (width + 1) + header->types * 6 + header->chars + header->leaps * (width + 4) +
           header->standard + header->utc;
}

/* The second block, with 64-bit times, and the rule behind it. */
static bool read_tzif(const unsigned char *p, size_t size, struct dv_arena *arena, struct dv_zone *zone)
{
    struct header header;
    const unsigned char *types;
    int64_t *times;
    int32_t *offsets;
    size_t body;
    char footer[128];
    const unsigned char *end;
    if (!read_header(p, size, &header) || p[4] < '2')
        return false;
    body = 44 + body_size(&header, 4);
    if (body > size || !read_header(p + body, size - body, &header))
        return false;
    p += body + 44;
    size -= body + 44;
    body = body_size(&header, 8);
    if (body > size)
        return false;
    types = p + header.times * 9;
    times = dv_arena_alloc(arena, sizeof(*times) * (header.times + 1));
    offsets = dv_arena_alloc(arena, sizeof(*offsets) * (header.times + 1));
    if (times == NULL || offsets == NULL)
        return false;
    zone->first = (int32_t)big_endian(types, 4);
    for (size_t i = 0; i < header.times; i++) {
        size_t type = p[header.times * 8 + i];
        if (type >= header.types)
            return false;
        times[i] = big_endian(p + i * 8, 8);
        offsets[i] = (int32_t)big_endian(types + type * 6, 4);
    }
    zone->count = header.times;
    zone->times = times;
    zone->offsets = offsets;
    p += body;
    size -= body;
    end = size > 1 && p[0] == '\n' ? memchr(p + 1, '\n', size - 1) : NULL;
    if (end == NULL || end == p + 1 || (size_t)(end - p) > sizeof(footer))
        return true;
    memcpy(footer, p + 1, (size_t)(end - p) - 1);
    footer[end - p - 1] = '\0';
    return read_posix(footer, zone);
}

/* A zone that cannot be looked up is not one that does not exist: rows would be rejected for it. */
static bool absent(int why)
{
    return why == ENOENT || why == ENOTDIR || why == ENAMETOOLONG;
}

/* Replaces one part of the path by the entry of the folder that it is but for case. False with errno where
 * there is none. */
static bool find_entry(const char *folder, char *part)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    if (listing == NULL)
        return false;
    do {
        errno = 0;
        entry = readdir(listing);
    } while (entry != NULL && strcasecmp(entry->d_name, part) != 0);
    int why = errno != 0 ? errno : ENOENT;
    if (entry != NULL)
        memcpy(part, entry->d_name, strlen(part));
    (void)closedir(listing);
    errno = why;
    return entry != NULL;
}

/* Opens the zone's file, case ignored; -1 with errno: there is none (absent()), or it cannot be opened. */
static int open_zone(const char *name)
{
    char path[256];
    int file;
    size_t at;
    errno = ENOENT;
    if (name[0] == '\0' || name[0] == '/' || name[0] == '.' || strstr(name, "..") != NULL ||
        strlen(name) + sizeof(FOLDER) + 1 > sizeof(path))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 || !absent(errno))
        return file;
    for (at = sizeof(FOLDER); path[at] != '\0';) {
        size_t end = at + strcspn(path + at, "/");
        char next = path[end];
        bool found;
        path[end] = path[at - 1] = '\0';
        found = find_entry(path, path + at);
        path[at - 1] = '/';
        path[end] = next;
        if (!found)
            return -1;
        at = next == '\0' ? end : end + 1;
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

static enum dv_status read_file(int file, const char *name, struct dv_arena *arena, struct dv_zone *zone,
                                bool *found, struct dv_err *err)
{
    struct stat status;
    unsigned char *bytes;
    size_t size = 0;
    *found = false;
    if (fstat(file, &status) != 0)
        return dv_fail_os(err, errno, "cannot stat %s/%s", FOLDER, name);
    if (!S_ISREG(status.st_mode) || status.st_size > MOST_BYTES)
        return DV_OK;
    bytes = dv_arena_alloc(arena, (size_t)status.st_size + 1);
    if (bytes == NULL)
        return dv_fail_memory(err);
    while (size < (size_t)status.st_size) {
        ssize_t got = read(file, bytes + size, (size_t)status.st_size - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return dv_fail_os(err, errno, "cannot read %s/%s", FOLDER, name);
        if (got == 0)
            return DV_OK;
        size += (size_t)got;
    }
    *found = read_tzif(bytes, size, arena, zone);
    return DV_OK;
}

enum dv_status dv_zone_find(const char *name, size_t length, struct dv_arena *arena,
                            const struct dv_zone **out, struct dv_err *err)
{
    struct dv_zone *zone = dv_arena_zalloc(arena, sizeof(*zone));
    char text[128];
    enum dv_status status;
    bool found = false;
    int file;
    if (zone == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < sizeof(dv_zone_abbreviations) / sizeof(dv_zone_abbreviations[0]); i++) {
        if (dv_is_word(name, length, dv_zone_abbreviations[i].name)) {
            *out = dv_zone_fixed(dv_zone_abbreviations[i].offset, arena);
            return *out != NULL ? DV_OK : dv_fail_memory(err);
        }
    }
    if (length > 0 && length < sizeof(text) && memchr(name, '\0', length) == NULL) {
        memcpy(text, name, length);
        text[length] = '\0';
        file = open_zone(text);
        if (file >= 0) {
            status = read_file(file, text, arena, zone, &found, err);
            (void)close(file);
            if (status != DV_OK)
                return status;
        } else if (!absent(errno)) {
            return dv_fail_os(err, errno, "cannot open %s/%s", FOLDER, text);
        } else {
            found = read_posix(text, zone);
            zone->first = zone->standard;
        }
    }
    if (found) {
        *out = zone;
        return DV_OK;
    }
    status = dv_value_fail(err, "22023", name, length, "time zone \"%.*s\" not recognized",
                           (int)(length < 64 ? length : 64), name);
    dv_err_hint(err, "Name it as under " FOLDER ": 'Europe/Berlin'.");
    return status;
}
