#include "core/flags.h"

#include <string.h>

enum dv_status dv_flags_ask(const struct dv_flags *flags, const char *when, const char *where, bool *on,
                            struct dv_err *err)
{
    enum dv_status status;
    for (unsigned i = 0; i < flags->count && when[0] == ':'; i++) {
        if (strcmp(flags->list[i].name, when + 1) != 0)
            continue;
        *on = flags->list[i].on;
        return DV_OK;
    }
    if (when[0] != ':' || when[1] == '\0') {
        status = dv_fail(err, DV_EXIT_USAGE, "%s: when=%s does not name a parameter", where, when);
        dv_err_hint(err, "write when=:NAME, a boolean parameter of the job");
        return status;
    }
    status = dv_fail(err, DV_EXIT_USAGE, "%s: the job has no boolean parameter \"%s\"", where, when + 1);
    dv_err_hint(err,
                "declare it in job.json: \"params\": {\"%s\": {\"type\": \"boolean\", \"default\": \"off\"}}",
                when + 1);
    return status;
}
