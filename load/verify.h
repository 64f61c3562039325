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
    dv_check_fn run;
    const struct dv_load_spec *spec; /* where it is about a step */
    char *path;                      /* owned: the dataset's folder, or the .sql file */
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
/* Runs one query whose rows are violations, once: counts up to 10,001 and keeps the first five. */
enum dv_status dv_check_query(struct dv_pg *pg, const char *sql, struct dv_check *check,
                              struct dv_err *err) DV_MUST_CHECK;
/* Adds the checks that follow from the job itself. */
enum dv_status dv_check_generate(struct dv_check_list *list, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
