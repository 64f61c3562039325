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

static bool is_there(const struct dv_run *run, const struct dv_pass_task *task)
{
    const struct dv_relation *root = task->pipeline->root;
    const struct dv_relation_run *state = &run->relations[dv_relation_index(run->program, root)];
    return !root->input || state->done || dv_part_exists(state->dir, task->part);
}

enum dv_status dv_pass_tasks_claim(struct dv_run *run, struct dv_pass_tasks *tasks, size_t number,
                                   const struct dv_pass_task **task, struct dv_err *err)
{
    *task = run->context->arrivals == NULL ? &tasks->list[number] : NULL;
    if (*task != NULL)
        return DV_OK;
    for (;;) {
        uint64_t news = dv_arrivals_news(run->context->arrivals);
        pthread_mutex_lock(&run->mutex);
        for (size_t i = tasks->first; i < tasks->count && *task == NULL; i++)
            if (!tasks->list[i].claimed && is_there(run, &tasks->list[i])) {
                tasks->list[i].claimed = true;
                *task = &tasks->list[i];
            }
        while (tasks->first < tasks->count && tasks->list[tasks->first].claimed)
            tasks->first++;
        pthread_mutex_unlock(&run->mutex);
        if (*task != NULL)
            return DV_OK;
        enum dv_status status = dv_arrivals_wait(run->context->arrivals, news, err);
        if (status != DV_OK)
            return status;
    }
}
