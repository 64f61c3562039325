/* A sealed sorter that outlives its process: everything in run files, and a manifest over them, so that a run
 * that was interrupted behind a barrier need not feed it again.
 *
 * DIR/sealed.json is published last; without it, or where a run file has another length than it says, there
 * is no kept sorter and the barrier is fed anew. Chunks are checked by their CRC-32 when they are read.
 * Nothing is fsynced but the manifest: after a power failure the lengths or the checksums tell. Private to
 * one version of drover on one machine. */
#include "transform/sorter_internal.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/json.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_FORMAT 1

static json_t *worker_json(const struct dv_sorter *sorter, const struct sort_worker *worker)
{
    json_t *runs = json_array(), *json = json_object();
    for (unsigned r = 0; r < worker->run_count; r++) {
        json_t *offsets = json_array();
        for (unsigned p = 0; p <= 1U << sorter->bits; p++)
            json_array_append_new(offsets, json_integer(worker->runs[r].offsets[p]));
        json_array_append_new(runs, offsets);
    }
    json_object_set_new(json, "bytes", json_integer(worker->end));
    json_object_set_new(json, "runs", runs);
    return json;
}

enum dv_status dv_sorter_publish(struct dv_sorter *sorter, json_t *note, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *path = dv_asprintf("%s/sealed.json", sorter->dir);
    json_t *workers = json_array(), *document = json_object();
    if (path == NULL || workers == NULL || document == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned w = 0; w < sorter->worker_count; w++)
        json_array_append_new(workers, worker_json(sorter, &sorter->workers[w]));
    json_object_set_new(document, "format", json_integer(KEPT_FORMAT));
    json_object_set_new(document, "version", json_string(DROVER_VERSION));
    json_object_set_new(document, "bits", json_integer(sorter->bits));
    json_object_set(document, "workers", workers);
    json_object_set(document, "note", note);
    DV_TRY(dv_json_publish_sealed(path, document, err));
    sorter->kept = true;
done:
    json_decref(workers);
    json_decref(document);
    dv_free(path);
    return status;
}

/* True where the run file is there in its full length and the offsets lie in it in order. */
static bool worker_restore(struct dv_sorter *sorter, struct sort_worker *worker, unsigned number,
                           const json_t *json)
{
    const json_t *runs = json_object_get(json, "runs");
    size_t partitions = (size_t)1 << sorter->bits, count = json_array_size(runs);
    struct stat file;
    worker->end = (off_t)json_integer_value(json_object_get(json, "bytes"));
    if (worker->end == 0)
        return count == 0;
    worker->path = dv_asprintf("%s/run-%u.tmp", sorter->dir, number);
    worker->runs = dv_calloc(count + 1, sizeof *worker->runs);
    if (worker->path == NULL || worker->runs == NULL)
        return false;
    worker->fd = open(worker->path, O_RDONLY | O_CLOEXEC);
    if (worker->fd < 0 || fstat(worker->fd, &file) != 0 || file.st_size != worker->end)
        return false;
    for (size_t r = 0; r < count; r++) {
        const json_t *offsets = json_array_get(runs, r);
        off_t last = 0;
        if (json_array_size(offsets) != partitions + 1)
            return false;
        worker->runs[r].offsets = dv_calloc(partitions + 1, sizeof(off_t));
        if (worker->runs[r].offsets == NULL)
            return false;
        worker->run_count++;
        for (size_t p = 0; p <= partitions; p++) {
            off_t at = (off_t)json_integer_value(json_array_get(offsets, p));
            if (at < last || at > worker->end)
                return false;
            worker->runs[r].offsets[p] = last = at;
        }
    }
    return true;
}

enum dv_status dv_sorter_restore(struct dv_sorter **out, const char *dir, unsigned bits, json_t **note,
                                 struct dv_err *err)
{
    enum dv_status status;
    struct dv_err unread = DV_ERR_INIT;
    json_t *document = NULL;
    struct dv_sorter *sorter = NULL;
    char *path = dv_asprintf("%s/sealed.json", dir);
    bool there;
    *out = NULL;
    if (path == NULL)
        return dv_fail_memory(err);
    status = dv_file_look(path, &there, err);
    if (status != DV_OK)
        goto done;
    status = DV_END;
    if (!there || dv_json_read_sealed(path, &document, &unread) != DV_OK)
        goto done;
    const json_t *workers = json_object_get(document, "workers");
    const char *version = json_string_value(json_object_get(document, "version"));
    if (json_integer_value(json_object_get(document, "format")) != KEPT_FORMAT || version == NULL ||
        strcmp(version, DROVER_VERSION) != 0 ||
        json_integer_value(json_object_get(document, "bits")) != (json_int_t)bits ||
        json_array_size(workers) == 0 || json_array_size(workers) > 4096)
        goto done;
    status = dv_sorter_new(&sorter, dir, bits, (unsigned)json_array_size(workers), 0, err);
    if (status != DV_OK)
        goto done;
    sorter->kept = true;
    for (unsigned w = 0; w < sorter->worker_count && status == DV_OK; w++)
        if (!worker_restore(sorter, &sorter->workers[w], w, json_array_get(workers, w)))
            status = DV_END;
    if (status == DV_OK) {
        *out = sorter;
        *note = json_incref(json_object_get(document, "note"));
        sorter = NULL;
    }
done:
    dv_sorter_free(sorter);
    json_decref(document);
    dv_free(path);
    return status;
}
