/* One check of a verification. Internal to load/. */
#ifndef DV_LOAD_VERIFY_H
#define DV_LOAD_VERIFY_H

#include "load/load.h"

#define DV_VERIFY_SAMPLES 5

struct dv_check_task;

struct dv_check_env {
    struct dv_pg *pg; /* the worker's connection */
    const struct dv_context *context;
    const struct dv_load_spec *specs;
    unsigned count;
    const char *const *params;
};

/* Fills check->passed, violations, samples. A check that cannot be carried out for a reason of its own (a
 * table is missing, its SQL is wrong) has failed; an error is returned for what hits all of them: connection
 * lost, stopped. */
typedef enum dv_status (*dv_check_fn)(const struct dv_check_env *env, const struct dv_check_task *task,
                                      struct dv_check *check, struct dv_err *err);

struct dv_check_task {
    dv_check_fn run;                 /* NULL: the check before fills this one in too */
    const struct dv_load_spec *spec; /* where it is about a step */
    char *path;                      /* owned: the dataset's folder, the .sql file, or a constraint's oid */
    uint64_t rows;                   /* how much there is to do: those with more of it begin first */
};

/* Both lists grow together; owned by the caller. */
struct dv_check_list {
    struct dv_check_task *tasks;
    struct dv_check *checks;
    unsigned count;
};

enum dv_status dv_check_add(struct dv_check_list *list, dv_check_fn run, const struct dv_load_spec *spec,
                            const char *path, const char *name, const char *description,
                            struct dv_err *err) DV_MUST_CHECK;
/* Sets check->samples to the text; violations and passed as given. */
enum dv_status dv_check_result(struct dv_check *check, uint64_t violations, const char *samples,
                               struct dv_err *err) DV_MUST_CHECK;

/* Violating rows: how many, and the first of them as CSV under one header. */
struct dv_check_samples {
    struct dv_buf text;
    unsigned rows, most; /* in the text; most: of them */
    uint64_t found;
    uint64_t limit; /* to which is counted; 0: to the end */
};
/* Runs one query whose rows are violations, in the transaction that is open, and adds its rows. */
enum dv_status dv_check_rows(struct dv_pg *pg, const char *sql, struct dv_check_samples *samples,
                             struct dv_err *err) DV_MUST_CHECK;
void dv_check_log(const struct dv_context *context, const struct dv_check *check);
void dv_check_samples_release(struct dv_check_samples *samples);
/* The same in a transaction of its own, as the check's result: counts up to 10,001 and keeps the first five.
 */
enum dv_status dv_check_query(struct dv_pg *pg, const char *sql, struct dv_check *check,
                              struct dv_err *err) DV_MUST_CHECK;

bool dv_check_same_table(const struct dv_load_spec *a, const struct dv_load_spec *b);
/* Appends a condition: `column` names the run or a replay of it, whichever of them run_id is. */
void dv_check_same_run(struct dv_buf *sql, const char *column, const char *run_id);
/* Adds the checks that follow from the job itself. */
enum dv_status dv_check_generate(struct dv_check_list *list, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count,
                                 struct dv_err *err) DV_MUST_CHECK;

/* Loaded columns against the stage files (verify_columns.c); foreign keys of the loaded tables, in both
 * directions (verify_foreign.c). */
enum dv_status dv_check_add_columns(struct dv_check_list *list, const struct dv_load_spec *spec,
                                    struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_check_add_foreign_keys(struct dv_check_list *list, struct dv_pg *pg,
                                         const struct dv_load_spec *specs, unsigned count,
                                         struct dv_err *err) DV_MUST_CHECK;

#endif
