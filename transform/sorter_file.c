/* Run files: written chunk by chunk, merged when there are too many. */
#include "transform/sorter_internal.h"

#include "core/alloc.h"
#include "core/codec.h"
#include "core/file.h"
#include "core/stop.h"

#include <errno.h>
#include <fcntl.h>

static enum dv_status chunk_flush(struct sort_worker *worker, struct dv_err *err)
{
    if (worker->chunk.len <= CHUNK_HEAD)
        return DV_OK;
    enum dv_status status = dv_buf_check(&worker->chunk, err);
    if (status != DV_OK)
        return status;
    uint32_t length = (uint32_t)(worker->chunk.len - CHUNK_HEAD);
    uint32_t crc = dv_crc32(0, worker->chunk.data + CHUNK_HEAD, length);
    memcpy(worker->chunk.data, &length, sizeof length);
    memcpy(worker->chunk.data + 4, &crc, sizeof crc);
    status = dv_file_write_all(worker->fd, worker->chunk.data, worker->chunk.len, worker->path, err);
    worker->end += (off_t)worker->chunk.len;
    worker->chunk.len = CHUNK_HEAD;
    return status;
}

static enum dv_status run_file_open(struct dv_sorter *sorter, struct sort_worker *worker, struct dv_err *err)
{
    if (worker->fd >= 0)
        return DV_OK;
    enum dv_status status = dv_file_make_dirs(sorter->dir, err);
    if (status != DV_OK)
        return status;
    worker->path = dv_asprintf("%s/run-%u.tmp", sorter->dir, (unsigned)(worker - sorter->workers));
    if (worker->path == NULL)
        return dv_fail_memory(err);
    worker->fd = open(worker->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (worker->fd < 0)
        return dv_fail_os(err, errno, "cannot create the spill file %s", worker->path);
    return DV_OK;
}

enum dv_status dv_run_begin(struct run_writer *writer, struct dv_sorter *sorter, struct sort_worker *worker,
                            struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *writer = (struct run_writer){.sorter = sorter, .worker = worker};
    DV_TRY(run_file_open(sorter, worker, err));
    writer->offsets = dv_calloc(((size_t)1 << sorter->bits) + 1, sizeof *writer->offsets);
    if (writer->offsets == NULL)
        return dv_fail_memory(err);
    dv_buf_reset(&worker->chunk);
    dv_buf_append(&worker->chunk, "\0\0\0\0\0\0\0\0", CHUNK_HEAD);
    writer->offsets[0] = worker->end;
done:
    return status;
}

enum dv_status dv_run_record(struct run_writer *writer, uint64_t hash, const char *record, struct dv_err *err)
{
    struct sort_worker *worker = writer->worker;
    unsigned partition = partition_of(writer->sorter, hash);
    if (partition > writer->partition || worker->chunk.len >= CHUNK) {
        enum dv_status status = chunk_flush(worker, err);
        if (status != DV_OK)
            return status;
        while (writer->partition < partition)
            writer->offsets[++writer->partition] = worker->end;
    }
    dv_buf_append(&worker->chunk, &hash, sizeof hash);
    dv_buf_append(&worker->chunk, record, RECORD_HEAD + get32(record + 8) + get32(record + 12));
    return DV_OK;
}

enum dv_status dv_run_end(struct run_writer *writer, struct dv_err *err)
{
    struct sort_worker *worker = writer->worker;
    enum dv_status status = chunk_flush(worker, err);
    if (status != DV_OK)
        return status;
    while (writer->partition < 1U << writer->sorter->bits)
        writer->offsets[++writer->partition] = worker->end;
    struct run *runs = dv_realloc_array(worker->runs, worker->run_count + 1, sizeof *runs);
    if (runs == NULL)
        return dv_fail_memory(err);
    worker->runs = runs;
    runs[worker->run_count++] = (struct run){.offsets = writer->offsets};
    writer->offsets = NULL;
    return DV_OK;
}

void dv_run_abandon(struct run_writer *writer)
{
    dv_free(writer->offsets);
    writer->offsets = NULL;
}

/* Level by level the runs stand together, the highest first. */
static unsigned level_start(const struct sort_worker *worker, unsigned level)
{
    unsigned first = 0;
    while (first < worker->run_count && worker->runs[first].level > level)
        first++;
    return first;
}

static enum dv_status merge_partition(struct run_writer *writer, unsigned first, unsigned partition,
                                      struct dv_err *err)
{
    struct dv_sorter_cursor *cursor = NULL;
    const struct sort_worker *worker = writer->worker;
    uint64_t hash;
    const char *record;
    enum dv_status status;
    DV_TRY(dv_stop_check(err));
    DV_TRY(dv_cursor_new(&cursor, worker->run_count - first, err));
    for (unsigned r = first; r < worker->run_count; r++)
        dv_cursor_add_run(cursor, worker, &worker->runs[r], partition);
    DV_TRY(dv_cursor_start(cursor, err));
    while ((status = dv_cursor_raw(cursor, &hash, &record, err)) == DV_OK)
        DV_TRY(dv_run_record(writer, hash, record, err));
    if (status == DV_END)
        status = DV_OK;
done:
    dv_sorter_close(cursor);
    return status;
}

/* The runs from `first` on become one of the next level, in the place of the first of them. */
static enum dv_status merge_from(struct dv_sorter *sorter, struct sort_worker *worker, unsigned first,
                                 struct dv_err *err)
{
    struct run_writer writer;
    unsigned last = worker->run_count, level = worker->runs[first].level + 1;
    enum dv_status status = dv_run_begin(&writer, sorter, worker, err);
    for (unsigned p = 0; p < 1U << sorter->bits && status == DV_OK; p++)
        status = merge_partition(&writer, first, p, err);
    if (status == DV_OK)
        status = dv_run_end(&writer, err);
    dv_run_abandon(&writer);
    if (status != DV_OK)
        return status;
    for (unsigned r = first; r < last; r++)
        dv_free(worker->runs[r].offsets);
    worker->runs[first] = worker->runs[last];
    worker->runs[first].level = level;
    worker->run_count = first + 1;
    return DV_OK;
}

enum dv_status dv_runs_compact(struct dv_sorter *sorter, struct sort_worker *worker, struct dv_err *err)
{
    size_t half = sorter->memory / CHUNK / 4;
    unsigned fan = half < 4 ? 4 : half > 256 ? 256 : (unsigned)half;
    for (unsigned level = 0;; level++) {
        unsigned first = level_start(worker, level);
        if (worker->run_count - first < fan)
            return DV_OK;
        enum dv_status status = merge_from(sorter, worker, first, err);
        if (status != DV_OK)
            return status;
    }
}
