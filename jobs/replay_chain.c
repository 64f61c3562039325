#include "core/alloc.h"
#include "core/file.h"
#include "jobs/replay_parts.h"

#include <stdlib.h>
#include <string.h>

static enum dv_status read_state(struct dv_link *link, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *document = NULL;
    char *path = NULL;
    bool done, begun, undone;
    DV_TRY(dv_file_look_in(link->dir, "done.json", &done, err));
    DV_TRY(dv_file_look_in(link->dir, "replay.json", &begun, err));
    DV_TRY(dv_file_look_in(link->dir, "rolled_back.json", &undone, err));
    link->state = done ? DV_REPLAY_DONE : begun ? DV_REPLAY_BEGUN : DV_REPLAY_UNMADE;
    if (!undone)
        return DV_OK;
    path = dv_asprintf("%s/rolled_back.json", link->dir);
    if (path == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_json_read(path, DV_EXIT_FAULT, &document, err));
    const char *state = json_string_value(json_object_get(document, "state"));
    link->state = state != NULL && strcmp(state, "done") == 0 ? DV_REPLAY_UNDONE : DV_REPLAY_UNDOING;
done:
    json_decref(document);
    dv_free(path);
    return status;
}

static const char *replay_dir(struct dv_arena *arena, const char *run_dir, unsigned number)
{
    return dv_arena_printf(arena, "%s/replays/%u", run_dir, number);
}

enum dv_status dv_chain_read(struct dv_chain *chain, const char *run_dir, const char *run_id,
                             struct dv_arena *arena, struct dv_err *err)
{
    unsigned count = 0;
    for (bool there = true; there;) {
        const char *dir = replay_dir(arena, run_dir, ++count);
        enum dv_status status = dir != NULL ? dv_file_look(dir, &there, err) : dv_fail_memory(err);
        if (status != DV_OK)
            return status;
    }
    *chain = (struct dv_chain){.links = dv_arena_zalloc(arena, (count + 1) * sizeof *chain->links)};
    if (chain->links == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < count; i++) {
        struct dv_link *link = &chain->links[i];
        link->number = i;
        link->dir = i == 0 ? run_dir : replay_dir(arena, run_dir, i);
        if (link->dir == NULL)
            return dv_fail_memory(err);
        if (i == 0)
            (void)snprintf(link->id, sizeof link->id, "%.*s", DV_RUN_ID_SIZE - 1, run_id);
        else
            (void)snprintf(link->id, sizeof link->id, "%.21s.%u", run_id, i);
        enum dv_status status = read_state(link, err);
        if (status != DV_OK)
            return status;
    }
    chain->count = count;
    return DV_OK;
}

const struct dv_link *dv_chain_newest(const struct dv_chain *chain)
{
    unsigned i = chain->count - 1;
    while (i > 0 && chain->links[i].state != DV_REPLAY_DONE)
        i--;
    return &chain->links[i];
}

const struct dv_link *dv_chain_last(const struct dv_chain *chain)
{
    for (unsigned i = chain->count; i-- > 1;)
        if (chain->links[i].state != DV_REPLAY_UNDONE && chain->links[i].state != DV_REPLAY_UNMADE)
            return &chain->links[i];
    return NULL;
}

void dv_replay_id_split(const char *id, char run[DV_RUN_ID_SIZE], unsigned *number)
{
    const char *dot = strrchr(id, '.');
    char *end = NULL;
    unsigned long value = dot != NULL && dot[1] >= '1' && dot[1] <= '9' ? strtoul(dot + 1, &end, 10) : 0;
    bool numbered = end != NULL && *end == '\0' && value <= 999999999;
    *number = numbered ? (unsigned)value : 0;
    int length = numbered ? (int)(dot - id) : (int)strlen(id);
    (void)snprintf(run, DV_RUN_ID_SIZE, "%.*s", length, id);
}

enum dv_status dv_rejects_open(struct dv_run *run, const struct dv_request *request, struct dv_err *err)
{
    enum dv_status status;
    *run = (struct dv_run){.request = request, .workdir.lock_fd = -1};
    DV_TRY(dv_job_read(&run->job, request->job_dir, err));
    DV_TRY(dv_workdir_open(&run->workdir, request->work, run->job.name, err));
    if (request->run_id != NULL)
        status = dv_workdir_find(&run->workdir, request->run_id, run->id, err);
    else
        status = dv_workdir_newest(&run->workdir, run->id, err);
    if (status == DV_END) {
        status = dv_fail(err, DV_EXIT_USAGE, "job %s has no run in %s", run->job.name, run->workdir.work);
        dv_err_hint(err, "check --work; drover run begins one");
    }
    if (status != DV_OK)
        goto done;
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, run->id);
    const char *record = dv_arena_printf(&run->arena, "%s/%s/run.json", run->workdir.path, run->id);
    if (run->dir == NULL || record == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    status = dv_json_read(record, DV_EXIT_FAULT, &run->record, err);
done:
    if (status != DV_OK)
        dv_run_close(run);
    return status;
}
