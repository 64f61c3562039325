/* A job's boolean parameters, as "when" asks for them: ":NAME" holds where the parameter is true.
 *
 * Made once by jobs/ and borrowed by every stage; constant, so threads may share it. */
#ifndef DV_CORE_FLAGS_H
#define DV_CORE_FLAGS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

struct dv_flag {
    const char *name;
    bool on; /* false too where the parameter is NULL */
};

struct dv_flags {
    const struct dv_flag *list;
    unsigned count;
};

/* when: ":NAME". USAGE, with where in front ("schema step 010_x"), where it is not of that shape or the job
 * has no boolean parameter of that name. */
enum dv_status dv_flags_ask(const struct dv_flags *flags, const char *when, const char *where, bool *on,
                            struct dv_err *err) DV_MUST_CHECK;

#endif
