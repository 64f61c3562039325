/* A run of a job: opened, driven stage by stage, closed.
 *
 * Order of calls: dv_run_open, dv_run_stages (any number of times), dv_run_close. What was done is found
 * again in the files and in the target's ledger, so that every stage may be called on a run that was
 * interrupted anywhere, and does only what is missing.
 *
 * On disk under WORK/JOB/RUN, besides the stage files: run.json (made first; fingerprint, parameters, clock,
 * identities), job.json (as it was), source.json (what is extracted, column by column; made before the first
 * part), verify.json (jobs/verification.h), done.json (the summary; made last), log.jsonl. After a crash at
 * any instant the run is as far as these files say. One thread. */
#ifndef DV_JOBS_RUN_H
#define DV_JOBS_RUN_H

#include "core/context.h"
#include "extract/extract.h"
#include "jobs/params.h"
#include "jobs/spec.h"
#include "jobs/workdir.h"
#include "load/findings.h"

/* What the command asks for. Strings borrowed for the life of the run. */
struct dv_request {
    const char *job_dir;
    const char *source, *target; /* URIs; NULL: not given */
    const char *folder;          /* "dir:PATH"; NULL: not given */
    const char *work;
    const char *const *params; /* "K=V" */
    unsigned param_count;
    const char *max_rejects; /* NULL: the job's */
    const char *run_id;      /* NULL: the current run */
    bool fresh;              /* begin a new run, whatever there is */
    unsigned workers;
    size_t memory;
    struct dv_rehearsal *rehearsal; /* the target's part is one transaction, rolled back; NULL: it is real */
    struct dv_progress *progress;   /* may be NULL */
    void (*log_line)(void *context, const char *line); /* may be NULL */
    void *log_context;
};

enum dv_run_purpose {
    DV_RUN_TO_WORK,     /* locks; resumes the current run or begins one */
    DV_RUN_TO_CONTINUE, /* locks; the current run, which must be there */
    DV_RUN_FROM_FILES,  /* the same, for work that needs files alone: no database is looked at */
    DV_RUN_TO_REPLAY,   /* locks; a run that is there, also a finished one; the target alone is looked at */
    DV_RUN_TO_VERIFY,   /* locks; the newest run, also a finished one; begins one where there is none */
    DV_RUN_TO_EXPLAIN,  /* locks nothing, looks at no database: the newest run, also a finished one, and its
                           files */
    DV_RUN_TO_LOOK      /* locks nothing and writes nothing: check and plan */
};

/* An extracted dataset of this run: what it is and what it has. */
struct dv_run_input {
    const struct dv_job_extract *extract;
    struct dv_extract_spec spec; /* its columns are those that the job uses */
    struct dv_column *columns;   /* of the dataset; in the run's arena */
    unsigned column_count;
    uint64_t estimated_rows;
    bool absent;      /* the table is not there; optional */
    bool model_reads; /* some model reads it */
};

enum dv_stage {
    DV_STAGE_EXPAND = 1,
    DV_STAGE_EXTRACT = 2,
    DV_STAGE_TRANSFORM = 4,
    DV_STAGE_LOAD = 8,
    DV_STAGE_INDEX = 16,
    DV_STAGE_VERIFY = 32,
    DV_STAGE_CONTRACT = 64,
    DV_STAGE_DONE = 128 /* publishes done.json */
};
#define DV_STAGE_COUNT 8

struct dv_overlap;

struct dv_run {
    const struct dv_request *request;
    struct dv_job job;
    struct dv_workdir workdir;
    struct dv_params params;
    struct dv_flags flags;
    struct dv_allowance allowance;
    struct dv_arena arena;
    char id[DV_RUN_ID_SIZE]; /* "": none yet (DV_RUN_TO_LOOK) */
    const char *dir;         /* NULL: none yet */
    bool resumed;            /* the run was there before */
    json_t *record;          /* run.json; owned; NULL: none yet */
    json_t *files;           /* owned */
    char fingerprint[DV_SHA256_HEX];
    const char *source, *target; /* resolved: no "sandbox:" any more; source NULL: the job has none */
    const char *folder; /* "dir:" and the absolute path; NULL: none is given, or the job reads no files */
    const char *source_identity, *target_identity;
    bool separate; /* source and target are two databases */
    bool done;     /* done.json is there: found or published by the stage "done" */
    struct dv_log *log;
    struct dv_context context;
    struct dv_target *locked; /* the open target; NULL before the first stage that needs it */
    struct dv_schema schema;
    struct dv_run_input *inputs;
    unsigned input_count;
    struct dv_program *program; /* NULL where the job has no models, or before they are read */
    struct dv_load_spec *loads; /* those of this run, complete */
    struct dv_load_count *load_counts;
    unsigned load_count;
    struct dv_http_check *checks; /* of URLs: those that this run asks */
    unsigned check_count;
    struct dv_verification verification;
    struct dv_findings findings; /* of the preflight, which says too whether schema drover may be read: */
    bool target_readable;
    unsigned steps_applied;
    unsigned wanted;                /* bits of enum dv_stage: of the dv_run_stages under way */
    struct dv_overlap *overlap;     /* the transform that runs beside the extract; NULL: none does */
    int64_t transform_began_us;     /* its first row, on the monotonic clock; 0: it did not run beside */
    double seconds[DV_STAGE_COUNT]; /* of this call, by the bit of enum dv_stage; below 0: not done in it */
};

/* On failure nothing is left open. */
enum dv_status dv_run_open(struct dv_run *run, const struct dv_request *request, enum dv_run_purpose purpose,
                           struct dv_err *err) DV_MUST_CHECK;
/* stages: bits of enum dv_stage, done in that order; but in a rehearsal, which begins its transaction with
 * the first stage that needs the target, expand comes behind transform. A stage that needs an earlier one's
 * result finds it in the files, or fails (USAGE) and says which command makes it. Failed checks: VERIFY; too
 * many rejects: REJECTS. */
enum dv_status dv_run_stages(struct dv_run *run, unsigned stages, struct dv_err *err) DV_MUST_CHECK;
void dv_run_close(struct dv_run *run); /* idempotent */

/* The run's figures: a table a stage, aligned. Whatever is not there yet is left out. */
enum dv_status dv_run_summary(const struct dv_run *run, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
