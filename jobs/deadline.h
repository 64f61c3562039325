/* A point in time as a person gives it on the command line. */
#ifndef DV_JOBS_DEADLINE_H
#define DV_JOBS_DEADLINE_H

#include "core/error.h"

#include <time.h>

/* "05:30", "05:30:15": the next time that the local clock shows that, today or tomorrow. "2025-06-02T05:30",
 * with seconds and with "Z" or "+02:00" if wanted: that moment, in local time where no zone stands.
 * "+2h", "+1h30m", "+90s": so long from `now`. USAGE on anything else, and on what is past. */
enum dv_status dv_deadline_parse(const char *text, time_t now, time_t *deadline,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
