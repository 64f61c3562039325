/* RUN/loaded/STEP.json: the parts that the run saw committed. The ledger alone decides what is loaded; this
 * is how a run notices that the target it finds is an older one, restored from a backup. Internal to load/.
 *
 * A part is written down only after its COMMIT was answered, and the file is withdrawn before a transaction
 * that takes parts out of the ledger commits: after a crash at any instant it names no part that the target
 * does not have. It may name fewer. */
#ifndef DV_LOAD_LOADED_H
#define DV_LOAD_LOADED_H

#include "load/load.h"

#include <pthread.h>

struct dv_loaded {
    pthread_mutex_t lock;
    const struct dv_context *context; /* borrowed */
    const char *step;                 /* borrowed */
    bool *parts;                      /* owned; NULL: not open */
    uint32_t count;
};

/* parts: those in the ledger; consumed, also on failure. */
enum dv_status dv_loaded_open(struct dv_loaded *loaded, const struct dv_context *context, const char *step,
                              bool *parts, uint32_t count, struct dv_err *err) DV_MUST_CHECK;
/* Any worker, behind the COMMIT of that part. */
enum dv_status dv_loaded_add(struct dv_loaded *loaded, uint32_t part, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_loaded_publish(struct dv_loaded *loaded, struct dv_err *err) DV_MUST_CHECK;
void dv_loaded_close(struct dv_loaded *loaded); /* idempotent */

enum dv_status dv_loaded_withdraw(const struct dv_context *context, const char *step,
                                  struct dv_err *err) DV_MUST_CHECK;

#endif
