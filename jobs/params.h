/* A run's parameters: what the job declares, what the command gave, what the run has recorded.
 *
 * A resumed run keeps the values that it began with: one given again must be the same (CHANGED), one left out
 * is taken from run.json. Every job has "now", the run's clock. Values live in the given arena. */
#ifndef DV_JOBS_PARAMS_H
#define DV_JOBS_PARAMS_H

#include "core/flags.h"
#include "jobs/spec.h"

struct dv_params {
    struct dv_program_param *list; /* the job's, in its order; "now" is not among them */
    unsigned count;
    int64_t now_us;
};

/* given: "K=V" of the command. recorded: run.json's "params", or NULL for a new run. */
enum dv_status dv_params_resolve(const struct dv_job *job, const char *const *given, unsigned given_count,
                                 const json_t *recorded, struct dv_arena *arena, struct dv_params *out,
                                 struct dv_err *err) DV_MUST_CHECK;
/* The boolean parameters, in the arena; and takes out of the job the load entries that wait for one which is
 * not true, so that nothing behind it knows of them. */
enum dv_status dv_params_settle(const struct dv_params *params, struct dv_job *job, struct dv_arena *arena,
                                struct dv_flags *flags, struct dv_err *err) DV_MUST_CHECK;
/* The object for run.json, "now" included; NULL when there is no memory. The caller owns it. */
json_t *dv_params_json(const struct dv_params *params);
/* Appends the parameter of that name, "now" among them, as SQL: its value as a quoted literal, or NULL, cast
 * to its type and in parentheses. USAGE where the job has none of that name. */
enum dv_status dv_params_sql(const struct dv_params *params, const char *name, size_t length,
                             struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
/* "name=value" strings, NULL-terminated, for verify files; a parameter that is NULL is left out. NULL: no
 * memory. */
const char *const *dv_params_pairs(const struct dv_params *params, struct dv_arena *arena);

#endif
