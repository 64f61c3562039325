/* The parts of job.json, each read by a function of its own. For spec.c alone; the rules are those of spec.h.
 */
#ifndef DV_JOBS_SPEC_PARTS_H
#define DV_JOBS_SPEC_PARTS_H

#include "jobs/spec.h"

enum dv_status dv_spec_params(struct dv_job *job, const json_t *section, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_spec_extract(struct dv_job *job, const json_t *section, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_spec_transform(struct dv_job *job, const json_t *section, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_spec_load(struct dv_job *job, const json_t *section, struct dv_err *err) DV_MUST_CHECK;
/* Needs the parameters. */
enum dv_status dv_spec_checks(struct dv_job *job, const json_t *section, struct dv_err *err) DV_MUST_CHECK;

/* "columns": {"id": "uuid", ...}: names and types. */
enum dv_status dv_spec_declared(struct dv_job *job, struct dv_job_extract *extract, const json_t *object,
                                const char *place, struct dv_err *err) DV_MUST_CHECK;
/* An extract of "file" or "files". */
enum dv_status dv_spec_files(struct dv_job *job, struct dv_job_extract *extract, const json_t *object,
                             const char *place, struct dv_err *err) DV_MUST_CHECK;
/* object NULL: the default. tabs: the name says that tabs delimit. */
enum dv_status dv_spec_dialect(struct dv_job *job, const json_t *object, const char *place, bool tabs,
                               struct dv_dialect *dialect, struct dv_err *err) DV_MUST_CHECK;

/* "500ms", "2s", "5min", "1h": PostgreSQL's units. An absent key leaves *out as it is. */
enum dv_status dv_spec_duration(const json_t *object, const char *key, const char *place, unsigned least_ms,
                                unsigned *out, struct dv_err *err) DV_MUST_CHECK;
/* How a live target is spared. */
enum dv_status dv_spec_statement_timeout(struct dv_job *job, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_spec_throttle(struct dv_job *job, const json_t *section, struct dv_err *err) DV_MUST_CHECK;
/* section NULL: the load entry has none. */
enum dv_status dv_spec_batch(struct dv_load_spec *spec, const json_t *section, const char *place,
                             struct dv_err *err) DV_MUST_CHECK;

/* A name that becomes a folder's or a column's: letters, digits and underscores, not a digit first, at most
 * 63 bytes. */
enum dv_status dv_spec_name(const char *name, const char *place, struct dv_err *err) DV_MUST_CHECK;
/* An array of strings, each of them not empty and none of them twice. */
enum dv_status dv_spec_strings(struct dv_job *job, const json_t *array, const char *place,
                               const char *const **out, unsigned *count, struct dv_err *err) DV_MUST_CHECK;
/* "when": "always", "separate", "same" or, where flag is not NULL, ":NAME", a boolean parameter. */
enum dv_status dv_spec_when(const struct dv_job *job, const json_t *object, const char *place,
                            enum dv_job_databases *databases, const char **flag,
                            struct dv_err *err) DV_MUST_CHECK;
/* "schema.table" or "table", as dv_pg_quote_table reads it. */
enum dv_status dv_spec_table(const json_t *object, const char *place, const char **out,
                             struct dv_err *err) DV_MUST_CHECK;

#endif
