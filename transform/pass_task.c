#include "transform/pass_task.h"

#include "core/manifest.h"

enum dv_status dv_pass_tasks_make(struct dv_run *run, struct dv_pipeline *pipelines, unsigned count,
                                  struct dv_pass_tasks *tasks, struct dv_err *err)
{
    size_t at = 0;
    *tasks = (struct dv_pass_tasks){0};
    for (unsigned p = 0; p < count; p++)
        tasks->count += pipelines[p].part_count;
    tasks->list = dv_arena_alloc(&run->arena, (tasks->count + 1) * sizeof *tasks->list);
    if (tasks->list == NULL)
        return dv_fail_memory(err);
    for (unsigned p = 0; p < count; p++)
        for (uint32_t part = 0; part < pipelines[p].part_count; part++)
            tasks->list[at++] = (struct dv_pass_task){.pipeline = &pipelines[p], .part = part};
    return DV_OK;
}

static enum dv_status is_there(const struct dv_run *run, const struct dv_pass_task *task, bool *there,
                               struct dv_err *err)
{
    const struct dv_relation *root = task->pipeline->root;
    const struct dv_relation_run *state = &run->relations[dv_relation_index(run->program, root)];
    *there = !root->input || state->done;
    return *there ? DV_OK : dv_part_look(state->dir, task->part, there, err);
}

enum dv_status dv_pass_tasks_claim(struct dv_run *run, struct dv_pass_tasks *tasks, size_t number,
                                   const struct dv_pass_task **task, struct dv_err *err)
{
    *task = run->context->arrivals == NULL ? &tasks->list[number] : NULL;
    if (*task != NULL)
        return DV_OK;
    for (;;) {
        enum dv_status status = DV_OK;
        uint64_t news = dv_arrivals_news(run->context->arrivals);
        pthread_mutex_lock(&run->mutex);
        for (size_t i = tasks->first; i < tasks->count && *task == NULL && status == DV_OK; i++) {
            bool there = false;
            if (!tasks->list[i].claimed)
                status = is_there(run, &tasks->list[i], &there, err);
            if (status == DV_OK && there) {
                tasks->list[i].claimed = true;
                *task = &tasks->list[i];
            }
        }
        while (tasks->first < tasks->count && tasks->list[tasks->first].claimed)
            tasks->first++;
        pthread_mutex_unlock(&run->mutex);
        if (status == DV_OK && *task == NULL)
            status = dv_arrivals_wait(run->context->arrivals, news, err);
        if (status != DV_OK || *task != NULL)
            return status;
    }
}
