/* The inside of compare, for the files compare*.c alone. */
#ifndef DV_JOBS_COMPARE_PARTS_H
#define DV_JOBS_COMPARE_PARTS_H

#include "jobs/run.h"

#define DV_COMPARE_MADE "drover_made" /* the schema of what drover made; PostgreSQL's own is in public */

/* The SELECT of a model of the job for PostgreSQL: parameters and clock put in, rules as conditions.
 * compare_model.c */
enum dv_status dv_compare_model_sql(const struct dv_run *run, const char *model, struct dv_buf *sql,
                                    struct dv_err *err) DV_MUST_CHECK;

/* RUN/KIND/NAME as a table SCHEMA.NAME. compare_load.c */
enum dv_status dv_compare_load(const struct dv_run *run, struct dv_pg *pg, const char *kind, const char *name,
                               const char *schema, struct dv_err *err) DV_MUST_CHECK;

#endif
