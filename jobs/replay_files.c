/* Files of a run that its replay takes over as they are. */
#include "core/alloc.h"
#include "jobs/replay_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum dv_status copy_file(const char *from, const char *to, struct dv_err *err)
{
    struct dv_buf bytes = {0};
    enum dv_status status = dv_file_read(from, SIZE_MAX, &bytes, err);
    if (status == DV_OK)
        status = dv_file_publish(to, bytes.data, bytes.len, err);
    dv_buf_release(&bytes);
    return status;
}

enum dv_status dv_replay_link_file(const char *from_dir, const char *to_dir, const char *name,
                                   struct dv_err *err)
{
    char *from = dv_asprintf("%s/%s", from_dir, name), *to = dv_asprintf("%s/%s", to_dir, name);
    enum dv_status status = DV_OK;
    if (from == NULL || to == NULL)
        status = dv_fail_memory(err);
    else if (link(from, to) != 0)
        status = copy_file(from, to, err);
    dv_free(from);
    dv_free(to);
    return status;
}

static enum dv_status copy_dataset_json(const char *from_dir, const char *to_dir, struct dv_err *err)
{
    char *from = dv_asprintf("%s/dataset.json", from_dir), *to = dv_asprintf("%s/dataset.json", to_dir);
    enum dv_status status = from != NULL && to != NULL ? copy_file(from, to, err) : dv_fail_memory(err);
    dv_free(from);
    dv_free(to);
    return status;
}

enum dv_status dv_replay_link_part(const char *from_dir, const char *to_dir, uint32_t part,
                                   struct dv_err *err)
{
    static const char *const suffixes[] = {".csv.gz", ".json"};
    struct dv_buf name = {0};
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < 2 && status == DV_OK; i++) {
        const char *path = dv_part_path(&name, from_dir, part, suffixes[i]);
        status = path != NULL ? dv_replay_link_file(from_dir, to_dir, strrchr(path, '/') + 1, err)
                              : dv_fail_memory(err);
    }
    dv_buf_release(&name);
    return status;
}

/* dataset.json comes last and is written, not linked: that syncs the folder. */
enum dv_status dv_replay_link_dataset(const char *from, const char *to, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool whole;
    DIR *folder = opendir(from);
    if (folder == NULL)
        return dv_fail_os(err, errno, "cannot read the folder %s", from);
    DV_TRY(dv_file_make_dirs(to, err));
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0) {
            status = dv_fail_os(err, errno, "cannot read the folder %s", from);
            goto done;
        }
        if (entry == NULL)
            break;
        size_t length = strlen(entry->d_name);
        bool leftover = length > 4 && strcmp(entry->d_name + length - 4, ".tmp") == 0;
        if (entry->d_name[0] != '.' && !leftover && strcmp(entry->d_name, "dataset.json") != 0)
            DV_TRY(dv_replay_link_file(from, to, entry->d_name, err));
    }
    DV_TRY(dv_dataset_look(from, &whole, err));
    if (whole)
        status = copy_dataset_json(from, to, err);
done:
    closedir(folder);
    return status;
}

enum dv_status dv_replay_link_all(const char *from, const char *to, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL; /* of the C library's heap */
    int count = scandir(from, &entries, NULL, alphasort);
    if (count < 0 && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the folder %s", from);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        bool here = name[0] != '.' && strncmp(name, "load-", 5) != 0 && strncmp(name, "extract-", 8) != 0;
        if (status == DV_OK && here) {
            char *one = dv_asprintf("%s/%s", from, name);
            char *other = dv_asprintf("%s/%s", to, name);
            status =
                one != NULL && other != NULL ? dv_replay_link_dataset(one, other, err) : dv_fail_memory(err);
            dv_free(one);
            dv_free(other);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}
