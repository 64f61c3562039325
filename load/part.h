/* One part's transaction or batches, begun again until it is committed or cannot be. Internal to load/. */
#ifndef DV_LOAD_PART_H
#define DV_LOAD_PART_H

#include "load/mode.h"
#include "load/pace.h"

/* The connection of one worker: opened when first needed, again when lost. */
struct dv_load_session {
    struct dv_pg *pg;    /* owned */
    const char *step;    /* what its application_name says */
    struct dv_pace pace; /* of the step's batches; zeroed before the first */
};

/* Loads the part, or finds that it is loaded. Passing faults are tried again (load/tries.h). */
enum dv_status dv_part_load(const struct dv_load_run *run, const struct dv_load_table *table, uint32_t number,
                            struct dv_load_session *session, struct dv_progress_item *item,
                            struct dv_err *err) DV_MUST_CHECK;
/* Settings of a session that loads, where the server's are smaller. */
enum dv_status dv_load_session_tune(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
void dv_load_session_close(struct dv_load_session *session);
/* Makes sure that there is a usable connection; what a failed transaction left is rolled back or closed. */
enum dv_status dv_load_session_ready(struct dv_load_session *session, const char *uri,
                                     const struct dv_context *context, const char *stage, const char *step,
                                     struct dv_err *err) DV_MUST_CHECK;

#endif
