#include "jobs/stage_path.h"

#include "core/alloc.h"
#include "core/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* "part-00007.csv.gz" or ".json". */
static bool part_number(const char *name, uint32_t *part)
{
    char *end;
    if (strncmp(name, "part-", 5) != 0 || name[5] < '0' || name[5] > '9')
        return false;
    unsigned long number = strtoul(name + 5, &end, 10);
    *part = (uint32_t)number;
    return number <= UINT32_MAX && (strcmp(end, ".csv.gz") == 0 || strcmp(end, ".json") == 0);
}

static enum dv_status folder(struct dv_stage_path *out, const char *path, struct dv_err *err)
{
    out->dir = dv_strdup(path);
    if (out->dir == NULL)
        return dv_fail_memory(err);
    for (size_t length = strlen(out->dir); length > 1 && out->dir[length - 1] == '/'; length--)
        out->dir[length - 1] = '\0';
    bool is = false;
    enum dv_status status = dv_file_look_in(out->dir, "run.json", &is, err);
    out->kind = is ? DV_PATH_RUN : DV_PATH_DATASET;
    if (status == DV_OK && !is)
        status = dv_dataset_look(out->dir, &is, err);
    if (status == DV_OK && !is)
        status = dv_part_look(out->dir, 0, &is, err);
    if (status == DV_OK && !is)
        status = dv_fail(err, DV_EXIT_USAGE, "%s is the folder of no dataset and of no run", path);
    return status;
}

enum dv_status dv_stage_path(const char *path, struct dv_stage_path *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct stat is;
    *out = (struct dv_stage_path){0};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (stat(path, &is) != 0) {
        status = errno == ENOENT || errno == ENOTDIR ? dv_fail(err, DV_EXIT_USAGE, "there is no %s", path)
                                                     : dv_fail_os(err, errno, "cannot look at %s", path);
    } else if (S_ISDIR(is.st_mode)) {
        status = folder(out, path, err);
    } else if (part_number(name, &out->part)) {
        out->kind = DV_PATH_PART;
        out->dir = slash != NULL ? dv_strndup(path, (size_t)(slash - path)) : dv_strdup(".");
        if (out->dir == NULL)
            status = dv_fail_memory(err);
    } else if (strcmp(name, "dataset.json") == 0 || strcmp(name, "run.json") == 0) {
        char *dir = slash != NULL ? dv_strndup(path, (size_t)(slash - path)) : dv_strdup(".");
        status = dir != NULL ? folder(out, dir, err) : dv_fail_memory(err);
        dv_free(dir);
    } else {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is no stage file", path);
    }
    if (status == DV_FAILED && err->code == DV_EXIT_USAGE)
        dv_err_hint(err, "give a part (part-00000.csv.gz), the folder of a dataset, or the folder of a run");
    if (status != DV_OK)
        dv_stage_path_release(out);
    return status;
}

void dv_stage_path_release(struct dv_stage_path *path)
{
    dv_free(path->dir);
    *path = (struct dv_stage_path){0};
}
