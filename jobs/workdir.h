/* The work folder of a job, WORK/JOB: its lock, its runs, which of them is the current one.
 *
 * Order of calls: dv_workdir_open, dv_workdir_lock (before anything is written), the rest, dv_workdir_close.
 * The lock is a flock(2) on WORK/JOB/.lock held for the life of the process: it goes with the process,
 * however that ends. A run is a folder that holds run.json; an empty folder is what a crash left before that,
 * and is no run. */
#ifndef DV_JOBS_WORKDIR_H
#define DV_JOBS_WORKDIR_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

#define DV_RUN_ID_SIZE 40 /* 20250601T013000Z-4f2a, a replay's .N behind it, and NUL */

enum dv_run_state { DV_RUN_UNFINISHED, DV_RUN_DONE, DV_RUN_ROLLED_BACK };

struct dv_workdir {
    const char *work, *path; /* WORK and WORK/JOB, absolute; in the arena */
    const char *job;
    int lock_fd; /* -1: not locked */
    struct dv_arena arena;
};

/* Makes nothing. job: borrowed. */
enum dv_status dv_workdir_open(struct dv_workdir *workdir, const char *work, const char *job,
                               struct dv_err *err) DV_MUST_CHECK;
/* Makes the folder. LOCKED, at once, where another process has it: with its pid. */
enum dv_status dv_workdir_lock(struct dv_workdir *workdir, struct dv_err *err) DV_MUST_CHECK;
/* The pid that holds the lock; 0: nobody does. */
enum dv_status dv_workdir_holder(const struct dv_workdir *workdir, long *pid,
                                 struct dv_err *err) DV_MUST_CHECK;
void dv_workdir_close(struct dv_workdir *workdir);

/* All runs, oldest first; NULL-terminated, in `arena`. */
enum dv_status dv_workdir_runs(const struct dv_workdir *workdir, struct dv_arena *arena,
                               const char *const **ids, unsigned *count, struct dv_err *err) DV_MUST_CHECK;
/* The newest run, DV_END where there is none. */
enum dv_status dv_workdir_newest(const struct dv_workdir *workdir, char id[DV_RUN_ID_SIZE],
                                 struct dv_err *err) DV_MUST_CHECK;
/* USAGE where there is no such run: names the newest. */
enum dv_status dv_workdir_find(const struct dv_workdir *workdir, const char *wanted, char id[DV_RUN_ID_SIZE],
                               struct dv_err *err) DV_MUST_CHECK;
/* An id that sorts behind those of all runs that are there. */
enum dv_status dv_workdir_new_id(const struct dv_workdir *workdir, char id[DV_RUN_ID_SIZE],
                                 struct dv_err *err) DV_MUST_CHECK;
bool dv_run_id_valid(const char *text);
/* FAULT where that cannot be found out: a run that is over must not be taken for one to go on with, nor the
 * other way round. */
enum dv_status dv_run_state(const char *run_dir, enum dv_run_state *state, struct dv_err *err) DV_MUST_CHECK;

#endif
