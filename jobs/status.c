#include "jobs/status.h"

#include "core/alloc.h"
#include "core/manifest.h"
#include "jobs/replay_parts.h"
#include "jobs/table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_TAIL 65536

/* Finished parts of a dataset that is not whole yet. */
static enum dv_status count_parts(const char *dir, uint32_t *count, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return dv_fail_os(err, errno, "cannot read the folder %s", dir);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0)
            status = dv_fail_os(err, errno, "cannot read the folder %s", dir);
        if (entry == NULL)
            break;
        const char *suffix = strrchr(entry->d_name, '.');
        *count += strncmp(entry->d_name, "part-", 5) == 0 && suffix != NULL && strcmp(suffix, ".json") == 0;
    }
    closedir(folder);
    return status;
}

static enum dv_status add_dataset(json_t *datasets, const char *stage, const char *name, const char *dir,
                                  struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    bool whole;
    enum dv_status status = dv_dataset_look(dir, &whole, err);
    if (status == DV_OK)
        status = whole ? dv_dataset_manifest_read(dir, &manifest, err)
                       : count_parts(dir, &manifest.part_count, err);
    if (status == DV_OK) {
        json_t *object = json_pack("{s:s, s:s, s:b, s:I}", "stage", stage, "dataset", name, "whole", whole,
                                   "parts", (json_int_t)manifest.part_count);
        if (object != NULL && whole &&
            json_object_set_new(object, "rows", json_integer((json_int_t)manifest.rows)) != 0) {
            json_decref(object);
            object = NULL;
        }
        if (object == NULL || json_array_append_new(datasets, object) != 0)
            status = dv_fail_memory(err);
    }
    dv_dataset_manifest_release(&manifest);
    return status;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum dv_status is_folder(const char *path, bool *is, struct dv_err *err)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return dv_fail_os(err, errno, "cannot stat %s", path);
    *is = S_ISDIR(found.st_mode);
    return DV_OK;
}

static enum dv_status add_stage(json_t *datasets, const char *run_dir, const char *stage, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL; /* of the C library's heap */
    char *dir = dv_asprintf("%s/%s", run_dir, stage);
    if (dir == NULL)
        return dv_fail_memory(err);
    int count = scandir(dir, &entries, NULL, compare_names);
    int why = count < 0 ? errno : 0;
    if (why != 0 && why != ENOENT)
        status = dv_fail_os(err, why, "cannot read the folder %s", dir);
    for (int i = 0; i < count; i++) {
        bool is = false;
        char *path = dv_asprintf("%s/%s", dir, entries[i]->d_name);
        if (path == NULL)
            status = dv_fail_memory(err);
        else if (status == DV_OK && entries[i]->d_name[0] != '.')
            status = is_folder(path, &is, err);
        if (is)
            status = add_dataset(datasets, stage, entries[i]->d_name, path, err);
        dv_free(path);
        free(entries[i]);
    }
    free(entries);
    dv_free(dir);
    return status;
}

struct reached {
    char stage[32];
    char waiting[32]; /* "paused", "throttled"; "": it does not wait */
};

static void take_event(struct reached *reached, const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "event"));
    const char *stage = json_string_value(json_object_get(event, "stage"));
    const char *reason = json_string_value(json_object_get(event, "reason"));
    if (name == NULL)
        return;
    if (stage != NULL && strcmp(name, "stage_begun") == 0)
        snprintf(reached->stage, sizeof reached->stage, "%s", stage);
    if (reason != NULL && strcmp(name, "waiting") == 0)
        snprintf(reached->waiting, sizeof reached->waiting, "%s", reason);
    if (strcmp(name, "waiting_over") == 0 || strcmp(name, "run_resumed") == 0)
        reached->waiting[0] = '\0';
}

/* What the log's last lines speak of. */
static enum dv_status find_reached(const char *run_dir, struct reached *reached, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct stat is;
    char *path = dv_asprintf("%s/log.jsonl", run_dir);
    char *text = dv_alloc(LOG_TAIL + 1);
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    *reached = (struct reached){.stage = ""};
    if (path == NULL || text == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    if (fd < 0 && errno == ENOENT)
        goto done;
    ssize_t got = -1;
    if (fd >= 0 && fstat(fd, &is) == 0)
        got = pread(fd, text, LOG_TAIL, is.st_size > LOG_TAIL ? is.st_size - LOG_TAIL : 0);
    if (got < 0) {
        status = dv_fail_os(err, errno, "cannot read %s", path);
        goto done;
    }
    text[got] = '\0';
    for (char *line = text, *save = NULL; (line = strtok_r(line, "\n", &save)) != NULL; line = NULL) {
        json_t *event = json_loads(line, 0, NULL);
        take_event(reached, event);
        json_decref(event);
    }
done:
    if (fd >= 0)
        close(fd);
    dv_free(text);
    dv_free(path);
    return status;
}

static const char *state_name(const char *run_dir, long pid)
{
    struct dv_err unknown = DV_ERR_INIT;
    enum dv_run_state state;
    if (dv_run_state(run_dir, &state, &unknown) != DV_OK)
        return "unknown";
    switch (state) {
    case DV_RUN_DONE:
        return "done";
    case DV_RUN_ROLLED_BACK:
        return "rolled back";
    case DV_RUN_UNFINISHED:
        break;
    }
    return pid > 0 ? "running" : "unfinished";
}

/* Replays of its rejects: {"replay": id, "state", "corrections"}. */
static enum dv_status add_replays(json_t *object, const char *dir, const char *id, struct dv_err *err)
{
    static const char *const states[] = {[DV_REPLAY_UNMADE] = "not made yet",
                                         [DV_REPLAY_BEGUN] = "unfinished",
                                         [DV_REPLAY_DONE] = "done",
                                         [DV_REPLAY_UNDOING] = "being rolled back",
                                         [DV_REPLAY_UNDONE] = "rolled back"};
    struct dv_arena arena = {0};
    struct dv_chain chain;
    json_t *replays = json_array();
    enum dv_status status;
    if (replays == NULL || json_object_set(object, "replays", replays) != 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_chain_read(&chain, dir, id, &arena, err));
    for (unsigned i = 1; i < chain.count; i++) {
        const char *path = dv_arena_printf(&arena, "%s/replay.json", chain.links[i].dir);
        json_t *record = NULL;
        bool there = false;
        DV_TRY(path != NULL ? dv_file_look(path, &there, err) : dv_fail_memory(err));
        if (there)
            DV_TRY(dv_json_read(path, DV_EXIT_FAULT, &record, err));
        json_t *replay =
            json_pack("{s:s, s:s, s:I}", "replay", chain.links[i].id, "state", states[chain.links[i].state],
                      "corrections", json_integer_value(json_object_get(record, "corrections")));
        json_decref(record);
        if (replay == NULL || json_array_append_new(replays, replay) != 0) {
            status = dv_fail_memory(err);
            goto done;
        }
    }
done:
    json_decref(replays);
    dv_arena_release(&arena);
    return status;
}

static enum dv_status add_run(json_t *runs, const struct dv_workdir *workdir, const char *id, long pid,
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct reached reached;
    json_t *record = NULL, *datasets = json_array();
    char *dir = dv_asprintf("%s/%s", workdir->path, id);
    char *path = dv_asprintf("%s/%s/run.json", workdir->path, id);
    if (dir == NULL || path == NULL || datasets == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_json_read(path, DV_EXIT_FAULT, &record, err));
    DV_TRY(add_stage(datasets, dir, "extract", err));
    DV_TRY(add_stage(datasets, dir, "transform", err));
    DV_TRY(add_stage(datasets, dir, "rejects", err));
    DV_TRY(find_reached(dir, &reached, err));
    const char *started = json_string_value(json_object_get(record, "started"));
    const char *state = state_name(dir, pid);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "job", workdir->job, "run", id, "state",
                               state, "stage", reached.stage, "started", started != NULL ? started : "",
                               "path", dir, "datasets", datasets);
    if (object != NULL && strcmp(state, "running") == 0) {
        json_object_set_new(object, "pid", json_integer(pid));
        if (reached.waiting[0] != '\0')
            json_object_set_new(object, "waiting", json_string(reached.waiting));
    }
    if (object != NULL)
        status = add_replays(object, dir, id, err);
    if (status != DV_OK)
        json_decref(object);
    else if (object == NULL || json_array_append_new(runs, object) != 0)
        status = dv_fail_memory(err);
done:
    json_decref(record);
    json_decref(datasets);
    dv_free(dir);
    dv_free(path);
    return status;
}

static enum dv_status add_job(json_t *runs, const char *work, const char *job, bool newest_only,
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_workdir workdir;
    const char *const *ids;
    unsigned count = 0;
    long pid = 0;
    status = dv_workdir_open(&workdir, work, job, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_workdir_holder(&workdir, &pid, err));
    DV_TRY(dv_workdir_runs(&workdir, &workdir.arena, &ids, &count, err));
    for (unsigned i = newest_only && count > 0 ? count - 1 : 0; i < count; i++)
        DV_TRY(add_run(runs, &workdir, ids[i], i + 1 == count ? pid : 0, err));
done:
    dv_workdir_close(&workdir);
    return status;
}

static enum dv_status add_jobs(json_t *runs, const char *work, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL;
    int count = scandir(work, &entries, NULL, compare_names);
    if (count < 0 && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the work folder %s", work);
    for (int i = 0; i < count; i++) {
        if (status == DV_OK && entries[i]->d_name[0] != '.' && strcmp(entries[i]->d_name, "sandbox") != 0)
            status = add_job(runs, work, entries[i]->d_name, true, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* A job's folder has its name in job.json; anything else is taken as the name itself. */
static enum dv_status job_name(const char *job, char *out, size_t size, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *document = NULL;
    char *path = dv_asprintf("%s/job.json", job);
    const char *name = job;
    if (path == NULL)
        return dv_fail_memory(err);
    bool there;
    DV_TRY(dv_file_look(path, &there, err));
    if (there) {
        DV_TRY(dv_json_read(path, DV_EXIT_USAGE, &document, err));
        DV_TRY(dv_json_string(document, "name", "", true, DV_EXIT_USAGE, &name, err));
    } else if (strchr(job, '/') != NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is no job: it has no job.json", job);
        goto done;
    }
    snprintf(out, size, "%s", name);
done:
    json_decref(document);
    dv_free(path);
    return status;
}

enum dv_status dv_work_status(const char *work, const char *job, json_t **out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char name[64];
    json_t *runs = json_array();
    if (runs == NULL)
        return dv_fail_memory(err);
    if (job == NULL) {
        status = add_jobs(runs, work, err);
    } else {
        DV_TRY(job_name(job, name, sizeof name, err));
        status = add_job(runs, work, name, false, err);
    }
    if (status == DV_OK) {
        *out = runs;
        runs = NULL;
    }
done:
    json_decref(runs);
    return status;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static enum dv_status show_datasets(const json_t *run, struct dv_buf *out, struct dv_err *err)
{
    struct dv_table table = {0};
    size_t i;
    const json_t *dataset;
    dv_table_row(&table);
    dv_table_text(&table, "stage");
    dv_table_text(&table, "dataset");
    dv_table_text(&table, "parts");
    dv_table_text(&table, "rows");
    json_array_foreach(json_object_get(run, "datasets"), i, dataset)
    {
        dv_table_row(&table);
        dv_table_text(&table, text_of(dataset, "stage"));
        dv_table_text(&table, text_of(dataset, "dataset"));
        dv_table_number(&table, (uint64_t)json_integer_value(json_object_get(dataset, "parts")));
        if (json_is_true(json_object_get(dataset, "whole")))
            dv_table_number(&table, (uint64_t)json_integer_value(json_object_get(dataset, "rows")));
        else
            dv_table_text(&table, "not whole yet");
    }
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    return status;
}

static void show_replays(const json_t *run, struct dv_buf *out)
{
    size_t i;
    const json_t *replay;
    json_array_foreach(json_object_get(run, "replays"), i, replay)
    {
        dv_buf_printf(out, "  replay %s  %s, %" JSON_INTEGER_FORMAT " rows\n", text_of(replay, "replay"),
                      text_of(replay, "state"), json_integer_value(json_object_get(replay, "corrections")));
    }
}

enum dv_status dv_work_status_text(const json_t *runs, struct dv_buf *out, struct dv_err *err)
{
    size_t i;
    const json_t *run;
    json_array_foreach(runs, i, run)
    {
        const char *stage = text_of(run, "stage");
        bool last = i + 1 == json_array_size(runs) ||
                    strcmp(text_of(run, "job"), text_of(json_array_get(runs, i + 1), "job")) != 0;
        dv_buf_printf(out, "%s  %s  %s", text_of(run, "job"), text_of(run, "run"), text_of(run, "state"));
        if (json_object_get(run, "pid") != NULL)
            dv_buf_printf(out, " (process %" JSON_INTEGER_FORMAT ")",
                          json_integer_value(json_object_get(run, "pid")));
        if (json_object_get(run, "waiting") != NULL)
            dv_buf_printf(out, ", %s", text_of(run, "waiting"));
        if (stage[0] != '\0' && strcmp(stage, "done") != 0)
            dv_buf_printf(out, ", stage %s", stage);
        dv_buf_printf(out, ", begun %s\n", text_of(run, "started"));
        show_replays(run, out);
        enum dv_status status = last ? show_datasets(run, out, err) : DV_OK;
        if (status != DV_OK)
            return status;
    }
    if (json_array_size(runs) == 0)
        dv_buf_str(out, "no runs\n");
    return dv_buf_check(out, err);
}
