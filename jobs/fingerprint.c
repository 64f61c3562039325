#include "jobs/fingerprint.h"

#include "core/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static enum dv_status add_file(json_t *files, const char *job_dir, const char *name, struct dv_err *err)
{
    char sha256[DV_SHA256_HEX];
    uint64_t size;
    char *path = dv_asprintf("%s/%s", job_dir, name);
    if (path == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_file_sha256(path, sha256, &size, err);
    if (status == DV_OK && json_object_set_new(files, name, json_string(sha256)) != 0)
        status = dv_fail_memory(err);
    dv_free(path);
    return status;
}

/* job.json without what says how, and not what: a throttle may be mended while a run waits for it. */
static enum dv_status add_job(json_t *files, const char *job_dir, struct dv_err *err)
{
    static const char *const how[] = {"throttle", "statement_timeout", "lock_timeout", "lock_wait", "checks"};
    char sha256[DV_SHA256_HEX];
    struct dv_sha256 *sha = NULL;
    json_t *job = NULL, *load;
    char *text = NULL, *path = dv_asprintf("%s/job.json", job_dir);
    size_t i;
    enum dv_status status;
    if (path == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_json_read(path, DV_EXIT_USAGE, &job, err));
    for (i = 0; i < sizeof how / sizeof how[0]; i++)
        (void)json_object_del(job, how[i]);
    json_array_foreach(json_object_get(job, "load"), i, load)
    {
        (void)json_object_del(load, "batch");
    }
    DV_TRY(dv_sha256_new(&sha, err));
    text = json_dumps(job, JSON_SORT_KEYS | JSON_COMPACT);
    if (text != NULL)
        dv_sha256_update(sha, text, strlen(text));
    dv_sha256_hex(sha, sha256);
    if (text == NULL || json_object_set_new(files, "job.json", json_string(sha256)) != 0)
        status = dv_fail_memory(err);
done:
    dv_sha256_free(sha);
    json_decref(job);
    dv_free(text);
    dv_free(path);
    return status;
}

static enum dv_status add_entries(json_t *files, const char *job_dir, const char *folder_name, DIR *folder,
                                  struct dv_err *err)
{
    enum dv_status status = DV_OK;
    while (status == DV_OK) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0)
            return dv_fail_os(err, errno, "cannot read the folder %s/%s", job_dir, folder_name);
        if (entry == NULL)
            break;
        const char *suffix = strrchr(entry->d_name, '.');
        /* Hidden files and an editor's copies are nobody's input. */
        if (entry->d_name[0] == '.' || suffix == NULL || strcmp(suffix, ".sql") != 0)
            continue;
        char *name = dv_asprintf("%s/%s", folder_name, entry->d_name);
        status = name != NULL ? add_file(files, job_dir, name, err) : dv_fail_memory(err);
        dv_free(name);
    }
    return status;
}

static enum dv_status add_folder(json_t *files, const char *job_dir, const char *folder_name,
                                 struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *path = dv_asprintf("%s/%s", job_dir, folder_name);
    if (path == NULL)
        return dv_fail_memory(err);
    DIR *folder = opendir(path);
    if (folder != NULL) {
        status = add_entries(files, job_dir, folder_name, folder, err);
        closedir(folder);
    } else if (errno != ENOENT) {
        status = dv_fail_os(err, errno, "cannot read the folder %s", path);
    }
    dv_free(path);
    return status;
}

enum dv_status dv_fingerprint_files(const char *job_dir, json_t **out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *files = json_object();
    if (files == NULL)
        return dv_fail_memory(err);
    DV_TRY(add_job(files, job_dir, err));
    DV_TRY(add_folder(files, job_dir, "transform", err));
    DV_TRY(add_folder(files, job_dir, "schema", err));
    *out = files;
    files = NULL;
done:
    json_decref(files);
    return status;
}

enum dv_status dv_fingerprint(const json_t *files, const json_t *params, const char *source_identity,
                              char out[DV_SHA256_HEX], struct dv_err *err)
{
    struct dv_sha256 *sha = NULL;
    char *texts[2] = {json_dumps(files, JSON_SORT_KEYS | JSON_COMPACT),
                      json_dumps(params, JSON_SORT_KEYS | JSON_COMPACT)};
    enum dv_status status = DV_OK;
    if (texts[0] == NULL || texts[1] == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_sha256_new(&sha, err));
    for (unsigned i = 0; i < 2; i++)
        dv_sha256_update(sha, texts[i], strlen(texts[i]) + 1); /* the NUL keeps the three apart */
    if (source_identity != NULL)
        dv_sha256_update(sha, source_identity, strlen(source_identity));
    dv_sha256_hex(sha, out);
done:
    dv_sha256_free(sha);
    dv_free(texts[0]);
    dv_free(texts[1]);
    return status;
}

/* Keeps the least of the names that differ, so that the message does not depend on a folder's order. */
static void note(const char **first, const char **what, const char *name, const char *how)
{
    if (*first == NULL || strcmp(name, *first) < 0) {
        *first = name;
        *what = how;
    }
}

enum dv_status dv_fingerprint_same_files(const json_t *recorded, const json_t *now, struct dv_err *err)
{
    const char *name, *first = NULL, *what = "";
    json_t *sha256;
    json_object_foreach((json_t *)(uintptr_t)recorded, name, sha256)
    {
        const json_t *other = json_object_get(now, name);
        if (other == NULL)
            note(&first, &what, name, "is gone");
        else if (!json_equal(sha256, other))
            note(&first, &what, name, "was changed");
    }
    json_object_foreach((json_t *)(uintptr_t)now, name, sha256)
    {
        if (json_object_get(recorded, name) == NULL)
            note(&first, &what, name, "is new");
    }
    if (first == NULL)
        return DV_OK;
    enum dv_status status = dv_fail(err, DV_EXIT_CHANGED, "%s %s since the run began", first, what);
    dv_err_hint(err, "put the file back to go on with that run, or start over with --new");
    return status;
}
