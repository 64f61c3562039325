/* Rejected rows as CSV files that a person can edit. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/stage_reader.h"
#include "jobs/replay_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static enum dv_status is_free(const char *path, struct dv_err *err)
{
    bool there;
    enum dv_status status = dv_file_look(path, &there, err);
    if (status != DV_OK || !there)
        return status;
    status = dv_fail(err, DV_EXIT_USAGE, "%s is there already; nothing was written", path);
    dv_err_hint(err, "it may hold somebody's corrections: move it away, or give another folder");
    return status;
}

static enum dv_status write_header(int fd, const struct dv_part_manifest *manifest, const char *path,
                                   struct dv_err *err)
{
    struct dv_buf line = {0};
    for (unsigned i = 0; i < manifest->column_count; i++) {
        if (i > 0)
            dv_buf_byte(&line, ',');
        dv_csv_quote(&line, manifest->columns[i].name, strlen(manifest->columns[i].name), false);
    }
    dv_buf_byte(&line, '\n');
    enum dv_status status = dv_buf_check(&line, err);
    if (status == DV_OK)
        status = dv_file_write_all(fd, line.data, line.len, path, err);
    dv_buf_release(&line);
    return status;
}

static enum dv_status write_part(int fd, const struct dv_reject_list *list, uint32_t index, const char *path,
                                 uint64_t *rows, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    DV_TRY(dv_stage_verify_part(list->dir, list->parts[index], err));
    DV_TRY(dv_stage_reader_open(&reader, list->dir, list->parts[index], err));
    if (index == 0)
        DV_TRY(write_header(fd, dv_stage_reader_manifest(reader), path, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        *rows += block.rows;
        DV_TRY(dv_file_write_all(fd, block.data, block.length, path, err));
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    return status;
}

static enum dv_status write_list(const struct dv_reject_list *list, const char *path, uint64_t *rows,
                                 struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *tmp = dv_asprintf("%s.tmp", path);
    if (tmp == NULL)
        return dv_fail_memory(err);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        status = dv_fail_os(err, errno, "cannot create %s", tmp);
    for (uint32_t i = 0; i < list->part_count && status == DV_OK; i++)
        status = write_part(fd, list, i, tmp, rows, err);
    if (status == DV_OK) {
        status = dv_file_publish_fd(fd, tmp, path, err);
    } else if (fd >= 0) {
        close(fd);
        unlink(tmp);
    }
    dv_free(tmp);
    return status;
}

enum dv_status dv_rejects_export(const struct dv_request *request, const char *to, struct dv_buf *out,
                                 struct dv_err *err)
{
    struct dv_run run;
    struct dv_chain chain;
    struct dv_reject_lists lists;
    enum dv_status status = dv_rejects_open(&run, request, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_chain_read(&chain, run.dir, run.id, &run.arena, err));
    DV_TRY(dv_reject_lists_find(&lists, dv_chain_newest(&chain)->dir, &run.arena, err));
    const char **paths = dv_arena_zalloc(&run.arena, ((size_t)lists.count + 1) * sizeof *paths);
    for (unsigned i = 0; i < lists.count && paths != NULL; i++)
        if ((paths[i] = dv_arena_printf(&run.arena, "%s/%s.csv", to, lists.lists[i].name)) == NULL)
            paths = NULL;
    if (paths == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned i = 0; i < lists.count; i++)
        DV_TRY(is_free(paths[i], err));
    DV_TRY(dv_file_make_dirs(to, err));
    for (unsigned i = 0; i < lists.count; i++) {
        uint64_t rows = 0;
        DV_TRY(write_list(&lists.lists[i], paths[i], &rows, err));
        dv_buf_printf(out, "%s: %" PRIu64 " rows\n", paths[i], rows);
    }
    if (lists.count == 0)
        dv_buf_printf(out, "run %s has no rejected rows\n", run.id);
    status = dv_buf_check(out, err);
done:
    dv_run_close(&run);
    return status;
}
