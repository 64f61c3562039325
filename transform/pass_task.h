/* The tasks of a pass: the parts of its pipelines' roots, handed out as they are there to be read. Private to
 * transform/.
 *
 * Order of calls: make, then claim once for each of `count` tasks, from any thread. Where the run's inputs
 * are still being extracted, claim waits for a part; which thread runs which task shows in no byte. */
#ifndef DV_TRANSFORM_PASS_TASK_H
#define DV_TRANSFORM_PASS_TASK_H

#include "transform/pipeline.h"

struct dv_pass_task {
    struct dv_pipeline *pipeline;
    uint32_t part;
    bool claimed;
};

struct dv_pass_tasks {
    struct dv_pass_task *list; /* in the run's arena */
    size_t count;
    size_t first; /* all before it are claimed; with the flags, under the run's mutex */
};

enum dv_status dv_pass_tasks_make(struct dv_run *run, struct dv_pipeline *pipelines, unsigned count,
                                  struct dv_pass_tasks *tasks, struct dv_err *err) DV_MUST_CHECK;
/* Task `number`; while inputs are coming in, the first whose part is there and that nobody has claimed. */
enum dv_status dv_pass_tasks_claim(struct dv_run *run, struct dv_pass_tasks *tasks, size_t number,
                                   const struct dv_pass_task **task, struct dv_err *err) DV_MUST_CHECK;

#endif
