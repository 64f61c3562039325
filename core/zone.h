/* Time zones: PostgreSQL's abbreviations, the system's tzdata (TZif files under /usr/share/zoneinfo), POSIX
 * rules.
 *
 * A zone that was found is immutable, in the caller's arena. Times are seconds since 2000-01-01 UTC, offsets
 * seconds east of it. */
#ifndef DV_CORE_ZONE_H
#define DV_CORE_ZONE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>

struct dv_zone;

/* By name as AT TIME ZONE takes it: abbreviation, then file, then POSIX rule ("EST5EDT", "+05:30": hours
 * west). 22023 where there is none. */
enum dv_status dv_zone_find(const char *name, size_t length, struct dv_arena *arena,
                            const struct dv_zone **out, struct dv_err *err) DV_MUST_CHECK;
int32_t dv_zone_offset(const struct dv_zone *zone, int64_t utc);
/* The offset at a local time. One that the clocks skip is taken by the offset before, one that they show
 * twice by the offset after, as PostgreSQL does. */
int32_t dv_zone_local_offset(const struct dv_zone *zone, int64_t local);
/* A zone that is always so many seconds east. */
const struct dv_zone *dv_zone_fixed(int32_t offset, struct dv_arena *arena); /* NULL: no memory */

#endif
