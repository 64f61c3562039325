/* What a job is: the folder's job.json, read and checked.
 *
 * Order of calls: dv_job_read, the fields, dv_job_release. Everything hangs on the job's arena and document
 * and lives until the release; a job is not changed after it was read, so threads may share it. Errors are
 * USAGE and name the file, the place in it and what is expected there. docs/job-file.md says what may stand
 * where. */
#ifndef DV_JOBS_SPEC_H
#define DV_JOBS_SPEC_H

#include "core/arena.h"
#include "core/context.h"
#include "core/json.h"
#include "core/type.h"
#include "extract/file_spec.h"
#include "load/load.h"
#include "transform/transform.h"

#include <stdbool.h>

struct dv_job_param {
    const char *name;
    const char *type;     /* "text" where the job names none */
    const char *fallback; /* the default; NULL: none, and the value is NULL unless required */
    bool required;
};

/* "when": over which databases an entry of the job takes part. */
enum dv_job_databases {
    DV_DATABASES_ANY,
    DV_DATABASES_SEPARATE, /* only where source and target are two databases */
    DV_DATABASES_SAME,     /* only where they are one */
};

static inline bool dv_job_databases_hold(enum dv_job_databases databases, bool separate)
{
    return databases == DV_DATABASES_ANY || separate == (databases == DV_DATABASES_SEPARATE);
}

struct dv_job_extract {
    const char *name;           /* the dataset */
    const char *table;          /* of files: how they are called together */
    const char *where;          /* NULL: all rows */
    const char *const *columns; /* NULL: those that the job uses */
    struct dv_column *declared; /* names and types for a table that may be absent; NULL */
    unsigned column_count;      /* of columns and, where there are any, of declared */
    bool from_target, optional;
    enum dv_job_databases databases; /* where it does not hold: empty if declared, else not there */
    struct dv_file_spec *files;      /* parameters not put in yet */
    unsigned file_count;             /* 0: a table */
};

struct dv_job_load {
    struct dv_load_spec spec; /* dataset_dir NULL: the run fills it in */
    enum dv_job_databases databases;
    const char *when; /* ":NAME", a boolean parameter; NULL: whatever the parameters are */
};

struct dv_job_check {
    struct dv_http_check http; /* url: as the job has it */
    const char *param;         /* whose value is the URL; NULL: http.url is */
};

struct dv_job {
    const char *dir; /* the job's folder, absolute */
    const char *name, *description;
    struct dv_allowance allowance;
    bool per_part;                          /* "consistency": "part" */
    struct dv_throttle throttle;            /* sql NULL: none */
    unsigned statement_timeout_ms;          /* 0: none */
    unsigned lock_timeout_ms, lock_wait_ms; /* 0: as core/context.h says */
    struct dv_job_param *params;
    unsigned param_count;
    struct dv_job_extract *extracts;
    unsigned extract_count;
    struct dv_model_spec *models;
    unsigned model_count;
    struct dv_job_load *loads;
    unsigned load_count;
    struct dv_job_check *checks;
    unsigned check_count;
    struct dv_arena arena;
    json_t *document; /* owned */
};

/* dir: the job's folder. */
enum dv_status dv_job_read(struct dv_job *job, const char *dir, struct dv_err *err) DV_MUST_CHECK;
/* A copy of job.json that a run has kept: the models that it names are not looked for. */
enum dv_status dv_job_read_copy(struct dv_job *job, const char *path, struct dv_err *err) DV_MUST_CHECK;
void dv_job_release(struct dv_job *job); /* idempotent; a zeroed job is fine */

const struct dv_job_extract *dv_job_find_extract(const struct dv_job *job, const char *name); /* NULL: none */

/* "1%", "100": how many rows may be rejected. what: where the text stands, for the error. */
enum dv_status dv_allowance_parse(const char *text, const char *what, struct dv_allowance *out,
                                  struct dv_err *err) DV_MUST_CHECK;

#endif
