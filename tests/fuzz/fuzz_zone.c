/* Any name of a time zone, at any time: refused with its SQLSTATE, or offsets of less than a week; and in a
 * zone of the system's files a local time that exists leads back to itself.
 *
 * Input: a line with the name, then a timestamp. */
#include "core/datetime.h"
#include "core/zone.h"
#include "tests/fuzz/fuzz_expr.h"

#define MOST      256
#define WEEK      (7 * 86400)
#define MICROS    1000000
#define FIRST_UTC (-211813488000LL) /* 4713 BC, seconds since 2000 */
#define LAST_UTC  9223371331200LL   /* 294276 AD */

static void check_at(const struct dv_zone *zone, bool real, int64_t utc)
{
    int32_t offset = dv_zone_offset(zone, utc);
    int32_t local = dv_zone_local_offset(zone, utc + offset);
    FUZZ_CHECK(offset > -WEEK - 86400 && offset < WEEK + 86400);
    FUZZ_CHECK(local > -WEEK - 86400 && local < WEEK + 86400);
    if (real)
        FUZZ_CHECK(dv_zone_offset(zone, utc + offset - local) == local);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text text = {(const char *)data, size}, name = fuzz_line(&text);
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    const struct dv_zone *zone;
    int64_t us = 0;
    if (size > MOST || !fuzz_is_text((const char *)data, size))
        return 0;
    enum dv_status status = dv_zone_find(name.p, name.length, &arena, &zone, &err);
    if (status == DV_OK) {
        /* A rule written by hand (it has digits) may jump further than a day, and then no local time is sure.
         */
        bool real = memchr(name.p, '/', name.length) != NULL;
        for (size_t i = 0; i < name.length; i++)
            real = real && (name.p[i] < '0' || name.p[i] > '9');
        for (int64_t utc = FIRST_UTC; utc < 3155760000; utc += 86400LL * 365 * 7 + 12345)
            check_at(zone, real, utc);
        check_at(zone, real, LAST_UTC);
        if (dv_timestamp_parse(text.p, text.length, true, &us, &err) == DV_OK &&
            us != DV_TIMESTAMP_INFINITY && us != DV_TIMESTAMP_MINUS_INFINITY)
            for (int64_t hour = -30; hour <= 30; hour++)
                check_at(zone, real, us / MICROS + hour * 3600);
    } else {
        FUZZ_CHECK_OF(status == DV_FAILED && strcmp(err.sqlstate, "22023") == 0, err.message);
    }
    dv_arena_release(&arena);
    return 0;
}
