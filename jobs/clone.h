/* A copy of the target in the private server of the work folder, for a dry run to work on.
 *
 * Order of calls: dv_clone_make, dv_clone_drop (idempotent, fine on a zeroed clone and after a failure). The
 * target is read by pg_dump alone, under ACCESS SHARE locks. The copy has the target's whole schema, and all
 * of its rows where those fit DV_CLONE_LIMIT; else the rows of the tables asked for and of those that they
 * refer to. What a killed process left, a database called drover_dry_run_PID, goes with the next copy. */
#ifndef DV_JOBS_CLONE_H
#define DV_JOBS_CLONE_H

#include "core/arena.h"
#include "core/pg.h"

#define DV_CLONE_LIMIT ((uint64_t)10 * 1024 * 1024 * 1024) /* bytes of the tables that are copied */

struct dv_clone {
    const char *uri;     /* of the copy */
    char database[64];   /* "": there is none */
    const char *server;  /* the sandbox's folder */
    struct dv_pg *pg;    /* to the sandbox's own database */
    bool started;        /* the server was not running before */
    unsigned left_empty; /* tables whose rows were not copied */
    uint64_t bytes;      /* of the tables whose rows were */
};

/* work: WORK, whose sandbox it is; dir: a folder for what lies there meanwhile. tables: as job.json names
 * them; those that are absent are left out. */
enum dv_status dv_clone_make(struct dv_clone *clone, const char *work, const char *dir, const char *target,
                             const char *const *tables, unsigned count, struct dv_arena *arena,
                             struct dv_err *err) DV_MUST_CHECK;
void dv_clone_drop(struct dv_clone *clone);

#endif
