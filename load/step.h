/* A load step made ready: its table, its dataset, and the parts that are not loaded yet. Internal to load/.
 *
 * Order of calls: dv_load_step_apart against the steps that are under way, then dv_load_step_open, which
 * records in the target that the step has begun; parts are loaded by any number of workers; close at the end
 * (idempotent, fine on a zeroed step). After a crash nothing is to be undone: opening it again finds the
 * parts that are left. */
#ifndef DV_LOAD_STEP_H
#define DV_LOAD_STEP_H

#include "core/manifest.h"
#include "load/loaded.h"
#include "load/mode.h"

#include <stdatomic.h>

struct dv_load_step {
    const struct dv_load_spec *spec; /* borrowed */
    struct dv_dataset_manifest dataset;
    struct dv_load_table table;
    uint32_t *parts; /* those not loaded yet, ascending; owned */
    uint32_t part_count;
    uint64_t rows;                /* in those */
    _Atomic uint32_t begun, left; /* parts */
    struct dv_loaded loaded;      /* what the run has seen committed */
    struct dv_progress_item *item;
};

/* *apart: the parts of the one step must all be loaded before those of the other begin. So it is with one
 * table, with a foreign key between two (but for steps that only change rows, and no column of it), and with
 * tables that are more than rows: triggers and rules may look anywhere. Tables that are not there are left
 * for open to report. */
enum dv_status dv_load_step_apart(struct dv_pg *pg, const struct dv_load_spec *a,
                                  const struct dv_load_spec *b, bool *apart,
                                  struct dv_err *err) DV_MUST_CHECK;
/* On failure the step is closed. */
enum dv_status dv_load_step_open(struct dv_load_step *step, struct dv_pg *pg, const struct dv_load_run *run,
                                 const struct dv_load_spec *spec, struct dv_err *err) DV_MUST_CHECK;
void dv_load_step_close(struct dv_load_step *step);

#endif
