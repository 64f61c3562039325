/* The inside of a run, for the files run*.c, stage_*.c, plan.c and check.c of this folder alone. */
#ifndef DV_JOBS_RUN_PARTS_H
#define DV_JOBS_RUN_PARTS_H

#include "jobs/run.h"

/* ---- databases.c: where the data comes from and goes to ---- */
/* Resolves both URIs ("sandbox:" is started in WORK/sandbox) and finds out who they are. */
enum dv_status dv_run_databases(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* The target alone, not asked who it is. */
enum dv_status dv_run_target(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* What run.json says of them, without asking: for work on files alone. */
void dv_run_recorded_databases(struct dv_run *run);
enum dv_status dv_run_resolve_uri(const char *work, const char *uri, struct dv_arena *arena, const char **out,
                                  struct dv_err *err) DV_MUST_CHECK;
/* The URI without its password, in the arena. */
enum dv_status dv_run_safe_uri(struct dv_arena *arena, const char *uri, const char **out,
                               struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_run_open_database(const struct dv_run *run, const char *uri, struct dv_pg **pg,
                                    struct dv_err *err) DV_MUST_CHECK;

/* ---- files.c ---- */
/* Fills in the files of the spec, with the run's parameters, and where they are. */
enum dv_status dv_run_files(struct dv_run *run, const struct dv_job_extract *extract,
                            struct dv_extract_spec *spec, struct dv_err *err) DV_MUST_CHECK;

/* ---- where.c ---- */
/* The extract's condition with the run's parameters in it, in the arena; NULL: it has none. */
enum dv_status dv_run_where(struct dv_run *run, const struct dv_job_extract *extract, const char **where,
                            struct dv_err *err) DV_MUST_CHECK;
/* err: why the input could not be described. Where that is a column of its condition which a pending schema
 * step adds, *to_come, the findings say so and err is cleared; else the status is err's. */
enum dv_status dv_run_where_to_come(struct dv_run *run, const struct dv_run_input *input, bool *to_come,
                                    struct dv_err *err) DV_MUST_CHECK;

/* ---- inputs.c: the extracted datasets, described and pruned; the program over them ---- */
/* Whether every dataset of this run is whole. */
enum dv_status dv_run_extracted(const struct dv_run *run, bool *extracted, struct dv_err *err) DV_MUST_CHECK;
/* Fills in run->inputs and run->program, from the sources, or from the datasets where those are whole. */
enum dv_status dv_run_describe(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* The program over the inputs' columns as they are now. */
enum dv_status dv_run_program(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* Columns of a dataset that is loaded: a model's or an input's; NULL where nothing is known of it. */
const struct dv_column *dv_run_columns(const struct dv_run *run, const char *dataset, unsigned *count);
/* The target's columns of a table that can be written, in order; count 0 where the table is absent. */
enum dv_status dv_run_table_columns(const struct dv_run *run, struct dv_pg *pg, const char *table,
                                    const char *const **names, unsigned *count, struct dv_arena *arena,
                                    struct dv_err *err) DV_MUST_CHECK;

/* ---- loads.c ---- */
/* Fills in run->loads for the columns known; pg: the target. */
enum dv_status dv_run_loads(struct dv_run *run, struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;

/* A dataset extracted as it is may hold columns for the models that the target's table does not have: those
 * are not loaded. dataset: its columns; borrowed for the life of the spec. */
enum dv_status dv_run_map_extracted(struct dv_run *run, struct dv_pg *pg, struct dv_load_spec *spec,
                                    const struct dv_column *dataset, unsigned dataset_count,
                                    struct dv_err *err) DV_MUST_CHECK;

/* ---- spec_checks.c ---- */
/* Fills in run->checks: without those whose parameter is NULL. */
enum dv_status dv_run_checks(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;

/* ---- the stages ---- */
enum dv_status dv_stage_extract(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_stage_transform(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* REJECTS where the finished models rejected more than is allowed. */
enum dv_status dv_run_check_allowance(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_stage_load(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* Behind a REJECTS error of a stage, with the target locked: see dv_load_take_back. */
enum dv_status dv_run_take_back(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_stage_verify(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
/* VERIFY where no verification of this run has passed. */
enum dv_status dv_stage_contract(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_run_apply_phase(struct dv_run *run, enum dv_phase phase, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_stage_done(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;

/* run.c: the hint of a fault that has none of its own. */
void dv_run_hint_resume(struct dv_err *err);

/* RUN/KIND/NAME in the arena; NULL: no memory. */
const char *dv_run_path(struct dv_arena *arena, const char *run_dir, const char *kind, const char *name);

#endif
