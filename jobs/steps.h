/* A job's schema steps by themselves: their state, up, down. */
#ifndef DV_JOBS_STEPS_H
#define DV_JOBS_STEPS_H

#include "jobs/run.h"

enum dv_steps_action {
    DV_STEPS_STATUS, /* lists them; writes nothing */
    DV_STEPS_UP,     /* applies what is pending of the phases up to `phase` */
    DV_STEPS_DOWN /* undoes what is applied: behind step `to`, or of the phases from contract down to `phase`;
                     newest first */
};

struct dv_steps_wish {
    enum dv_steps_action action;
    enum dv_phase phase;
    const char *to; /* DOWN: the last step that stays; NULL: `phase` counts */
    bool yes;       /* DOWN, and UP of contract steps: carry it out, else only list what would be done */
    bool json;      /* STATUS */
};

/* Needs no source. Text or JSON, appended. VERIFY, and nothing applied, where contract steps are to be
 * applied and the job's newest run on the target has no verification that passed. */
enum dv_status dv_steps(const struct dv_request *request, const struct dv_steps_wish *wish,
                        struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
/* "expand", "index", "contract"; USAGE on anything else. */
enum dv_status dv_phase_parse(const char *text, enum dv_phase *phase, struct dv_err *err) DV_MUST_CHECK;

#endif
