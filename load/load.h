/* The load: stage files into target tables, each part in one transaction with its ledger row.
 *
 * Order of calls: dv_target_open (locks out other runs), dv_schema_apply(expand), dv_load_run,
 * dv_schema_apply(index), dv_verify_run; dv_rollback_* apart. Control tables live in schema drover of the
 * target: run, ledger, before_image, schema_step, crosswalk (docs/guarantees.md). Lock first, then read the
 * ledger. After a crash: the target holds exactly the parts whose ledger rows it holds; a resumed call skips
 * those. */
#ifndef DV_LOAD_LOAD_H
#define DV_LOAD_LOAD_H

#include "core/arena.h"
#include "core/context.h"
#include "core/manifest.h"
#include "core/pg.h"

/* One entry of job.json's "load", in order. Strings borrowed from the job. */
struct dv_load_spec {
    const char *step;    /* unique within the job: the dataset's name, or as the job names it */
    const char *dataset; /* RUN/transform/NAME or RUN/extract/NAME: dataset_dir says which */
    const char *dataset_dir;
    const char *table;      /* "public.users" */
    const char *mode;       /* insert, insert_new, upsert, update: an entry of the mode table */
    const char *const *key; /* target columns; for all modes but insert */
    unsigned key_count;
    /* Column mapping: from[i] of the dataset goes to to[i] of the table. column_count 0: every column under
     * its own name. */
    const char *const *from, *const *to;
    unsigned column_count;
    /* Rows that go through the staging table are carried over in batches, each a transaction: of at most
     * batch_rows (0: no limit) and of about batch_seconds each. Not batched: as the mode does it by itself
     * (update and upsert: 0.5 s). */
    bool batched;
    uint64_t batch_rows;
    double batch_seconds;
    bool checked; /* this process has compared all its parts with their manifests (dv_preflight_unique) */
};

/* A replay of a run's rejects is a run RUN.N; its step STEP.changed changes rows that STEP inserted before.
 */
#define DV_REPLAY_CHANGED ".changed"

struct dv_allowance {
    bool percent;  /* rejects allowed: a share of the rows offered, or a number */
    double share;  /* percent: 0..100 */
    uint64_t rows; /* not percent; UINT64_MAX: no limit */
};

struct dv_load_count {
    uint64_t offered, inserted, updated, unchanged, rejected;
};

struct dv_target; /* the open target: URI, control connection, advisory lock */

/* Connects, makes schema drover where it is missing (create_control; else an absent schema is fine), takes
 * the job's advisory lock: LOCKED where another run has it (it says which run, pid, since when). A dead
 * predecessor of this very run (same run id in its application_name) is waited for, then terminated. Records
 * the target's identity for the run and refuses another one (CHANGED). */
enum dv_status dv_target_open(struct dv_target **target, const struct dv_context *context, const char *uri,
                              bool create_control, struct dv_err *err) DV_MUST_CHECK;
struct dv_pg *dv_target_pg(struct dv_target *target);
void dv_target_close(struct dv_target *target);

/* Refuses an older state of the target, restored from a backup, which lacks parts that the run has seen
 * committed (CHANGED): says which. To be asked before anything is done for the run. */
enum dv_status dv_target_check_loaded(struct dv_target *target, const struct dv_context *context,
                                      struct dv_err *err) DV_MUST_CHECK;

/* drover.run: one row a run; state running, done, failed, rolled_back. */
enum dv_status dv_target_run_state(struct dv_target *target, const char *state, const char *fingerprint,
                                   struct dv_err *err) DV_MUST_CHECK;

/* The session's statements wait for locks as long as the job allows, from now on. */
enum dv_status dv_lock_timeout_set(struct dv_pg *pg, const struct dv_context *context,
                                   struct dv_err *err) DV_MUST_CHECK;

/* ---- schema steps: JOBDIR/schema/NNN_name.up.sql, .down.sql ---- */
enum dv_phase { DV_PHASE_EXPAND, DV_PHASE_INDEX, DV_PHASE_CONTRACT };

struct dv_schema_step {
    char name[128]; /* NNN_name */
    unsigned number;
    enum dv_phase phase;
    bool no_transaction;
    char when[65];   /* ":NAME"; "": always */
    char *up, *down; /* owned; down NULL where there is no file */
    char up_sha256[DV_SHA256_HEX];
    bool off; /* its parameter is not true: it is not applied. dv_schema_settle says so */
    /* filled in by dv_schema_status: */
    bool applied, drifted;
    bool missing;                    /* applied, but its file is not there (any more): up and down are NULL */
    char applied_at[40], run_id[64]; /* "" where it is not applied; run_id "" too where no run applied it */
};

struct dv_schema {
    struct dv_schema_step *steps; /* by number, then name; owned */
    unsigned count;
};

enum dv_status dv_schema_read(const char *job_dir, struct dv_schema *schema,
                              struct dv_err *err) DV_MUST_CHECK;
void dv_schema_release(struct dv_schema *schema);
/* Says which steps are off. USAGE where one asks for a parameter that the job has not. */
enum dv_status dv_schema_settle(struct dv_schema *schema, const struct dv_flags *flags,
                                struct dv_err *err) DV_MUST_CHECK;
/* Says which steps are applied; adds those of which the target knows and the folder does not. */
enum dv_status dv_schema_status(struct dv_pg *pg, const char *job, struct dv_schema *schema,
                                struct dv_err *err) DV_MUST_CHECK;
/* Applies what is not applied of that phase, and not off: in number order, steps of one number in parallel
 * over context->workers connections; each under lock_timeout 2 s with retries. Drift is an error (CHANGED)
 * that names the step. applied: how many were. */
enum dv_status dv_schema_apply(struct dv_target *target, const struct dv_context *context,
                               struct dv_schema *schema, enum dv_phase phase, unsigned *applied,
                               struct dv_err *err) DV_MUST_CHECK;
const char *dv_phase_name(enum dv_phase phase);
/* Some step of that phase is still to be applied. After dv_schema_status. */
bool dv_schema_pending(const struct dv_schema *schema, enum dv_phase phase);
/* The first column that a pending expand step adds to the table and that the condition names, both strings in
 * the arena; step NULL: none. After dv_schema_status. */
struct dv_added_column {
    const char *step, *column;
};
enum dv_status dv_schema_adds(const struct dv_schema *schema, const char *table, const char *condition,
                              struct dv_arena *arena, struct dv_added_column *added,
                              struct dv_err *err) DV_MUST_CHECK;
int dv_schema_compare(const void *a, const void *b); /* two struct dv_schema_step: by number, then name */

/* How far back: behind step `to`, in the order in which steps are applied; or, `to` NULL, the phases from
 * contract down to `phase`. */
struct dv_schema_bound {
    const struct dv_schema_step *to; /* borrowed from the schema */
    enum dv_phase phase;
};

/* USAGE where `to` (may be NULL) is no applied step. After dv_schema_status. */
enum dv_status dv_schema_bound(const struct dv_schema *schema, const char *to, enum dv_phase phase,
                               struct dv_schema_bound *bound, struct dv_err *err) DV_MUST_CHECK;
bool dv_schema_undoes(const struct dv_schema_step *step, const struct dv_schema_bound *bound);
/* Undoes the applied steps within the bound, newest first. USAGE, before anything is undone, where one of
 * them has no .down.sql. */
enum dv_status dv_schema_down(struct dv_target *target, const struct dv_context *context,
                              struct dv_schema *schema, const char *to, enum dv_phase phase, unsigned *undone,
                              struct dv_err *err) DV_MUST_CHECK;

/* ---- the load ---- */
/* Checks specs against the target's tables (columns, types assignable, key unique or table empty) and the
 * staged columns. columns/column_count: the dataset's, as transform or extract describe them. */
enum dv_status dv_load_check(struct dv_pg *pg, const struct dv_load_spec *spec,
                             const struct dv_column *columns, unsigned column_count, bool table_may_be_absent,
                             struct dv_err *err) DV_MUST_CHECK;
/* counts: one a spec. Every part that is not checked yet is verified against its manifest (SHA-256) before
 * the first row of any is sent. Refused rows go to RUN/rejects/load-STEP; more than allowed: REJECTS, and the
 * parts that were committed before that are still there (dv_load_take_back). */
enum dv_status dv_load_run(struct dv_target *target, const struct dv_context *context,
                           const struct dv_load_spec *specs, unsigned count,
                           const struct dv_allowance *allowance, struct dv_load_count *counts,
                           struct dv_err *err) DV_MUST_CHECK;
/* Whether the ledger has a part of the run that is not rolled back. */
enum dv_status dv_load_any(struct dv_target *target, const struct dv_context *context, bool *any,
                           struct dv_err *err) DV_MUST_CHECK;
/* Behind a REJECTS error, which is in err: takes back all that the run has loaded, so that the ledger is as
 * it was before the load and a resumed run loads the parts again. Adds to the message what became of it, and
 * returns err's own status; where that could not be done, err becomes the fault that was in the way. */
enum dv_status dv_load_take_back(struct dv_target *target, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count,
                                 struct dv_err *err) DV_MUST_CHECK;
/* Asks the job's throttle query once, whatever it says: a mistake in it is found before the first row. NULL:
 * there is none. */
enum dv_status dv_throttle_check(struct dv_pg *pg, const struct dv_throttle *throttle,
                                 struct dv_err *err) DV_MUST_CHECK;
/* What the ledger says of the run (zeros where there is none): for status, plan, report. parts_done: one a
 * spec. */
enum dv_status dv_load_counts(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *specs,
                              unsigned count, struct dv_load_count *counts, uint32_t *parts_done,
                              struct dv_err *err) DV_MUST_CHECK;
/* Whether the table holds the rows of the spec's dataset as they are there. *edited: of how many it does not;
 * keys: of the first of them, appended. The spec has a key. */
enum dv_status dv_load_holds(struct dv_target *target, const struct dv_load_spec *spec, uint64_t *edited,
                             struct dv_buf *keys, struct dv_err *err) DV_MUST_CHECK;

/* ---- verify ---- */
struct dv_check {
    char name[128];
    char description[256];
    bool own;     /* the job's: a file of verify/ */
    bool warning; /* else an error */
    bool passed;
    uint64_t violations; /* rows that the check returned */
    char
        *samples; /* owned; up to 5 violating rows as CSV lines, or a generated check's figures; NULL: none */
    double seconds;
};

struct dv_verification {
    struct dv_check *checks; /* owned */
    unsigned count;
    bool passed; /* no error-severity check failed */
};

/* Generated checks (conservation of every dataset under the run, ledger against stage files part by part,
 * counts, keys unique, loaded columns as in the stage files, foreign keys whole) and the .sql files of
 * JOBDIR/verify; run in parallel over context->workers connections. A failed check is not an error of the
 * call. params: name=value pairs given to verify SQL as psql-like :'name' (NULL-terminated, may be NULL).
 * resume: what an interrupted call has passed (RUN/verify) is not looked at again. */
enum dv_status dv_verify_run(struct dv_target *target, const struct dv_context *context, const char *job_dir,
                             const struct dv_load_spec *specs, unsigned count, const char *const *params,
                             bool resume, struct dv_verification *out, struct dv_err *err) DV_MUST_CHECK;
void dv_verification_release(struct dv_verification *verification);

/* A URL that must answer with a status: the application, behind the load. */
struct dv_http_check {
    const char *name, *url;
    unsigned status;
    unsigned timeout_ms;      /* of one try */
    unsigned tries, pause_ms; /* at most so many, so long apart */
    bool warning;             /* else an error */
};

/* Asks them, over context->workers threads, and adds the results to the verification. No answer, or another
 * one, is a failed check. */
enum dv_status dv_verify_http(const struct dv_context *context, const struct dv_http_check *checks,
                              unsigned count, struct dv_verification *out, struct dv_err *err) DV_MUST_CHECK;

/* ---- rollback ---- */
struct dv_rollback_count {
    char step[128], table[192];
    uint64_t removed, restored, kept; /* kept: edited since the run, left alone */
    bool left_out;                    /* given: this step is not to be taken back */
};

/* Refuses a rollback after a contract step that the run, or somebody after it, has applied (CHANGED; job_dir:
 * where the step's text is looked for), and one of single steps while a later step that stays depends on one
 * of them (USAGE). */
enum dv_status dv_rollback_check(struct dv_target *target, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count,
                                 const struct dv_rollback_count *wanted, const char *job_dir,
                                 struct dv_err *err) DV_MUST_CHECK;
/* Counts what a rollback does, by doing it in one transaction that is rolled back: rows are locked meanwhile.
 * counts: one a spec, zeroed but for left_out. */
enum dv_status dv_rollback_plan(struct dv_target *target, const struct dv_context *context,
                                const struct dv_load_spec *specs, unsigned count,
                                struct dv_rollback_count *counts, struct dv_err *err) DV_MUST_CHECK;
/* Carries it out in reverse load order, one transaction a step, resumable and idempotent. A step that would
 * do anything else than planned (of dv_rollback_plan) is left as it is: FAULT. Kept rows are listed in
 * RUN/rollback/kept-STEP.csv. */
enum dv_status dv_rollback_run(struct dv_target *target, const struct dv_context *context,
                               const struct dv_load_spec *specs, unsigned count,
                               const struct dv_rollback_count *planned, struct dv_rollback_count *counts,
                               struct dv_err *err) DV_MUST_CHECK;
/* Says in the target that the run is rolled back, unless a part of it is still loaded (*rest). */
enum dv_status dv_rollback_finish(struct dv_target *target, const struct dv_context *context, bool *rest,
                                  struct dv_err *err) DV_MUST_CHECK;

#endif
