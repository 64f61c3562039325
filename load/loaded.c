#include "load/loaded.h"

#include "core/alloc.h"
#include "core/json.h"
#include "load/session.h"
#include "load/table.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT 1

static enum dv_status path_of(struct dv_buf *out, const struct dv_context *context, const char *step,
                              struct dv_err *err)
{
    dv_buf_printf(out, "%s/loaded/%s.json", context->run_dir, step);
    return dv_sql_done(out, err);
}

enum dv_status dv_loaded_open(struct dv_loaded *loaded, const struct dv_context *context, const char *step,
                              bool *parts, uint32_t count, struct dv_err *err)
{
    struct dv_buf dir = {0};
    enum dv_status status;
    *loaded = (struct dv_loaded){.context = context, .step = step, .count = count};
    dv_buf_printf(&dir, "%s/loaded", context->run_dir);
    DV_TRY(dv_sql_done(&dir, err));
    DV_TRY(dv_file_make_dirs(dir.data, err));
    if (pthread_mutex_init(&loaded->lock, NULL) != 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    loaded->parts = parts;
    parts = NULL;
done:
    dv_free(parts);
    dv_buf_release(&dir);
    return status;
}

void dv_loaded_close(struct dv_loaded *loaded)
{
    if (loaded->parts == NULL)
        return;
    pthread_mutex_destroy(&loaded->lock);
    dv_free(loaded->parts);
    loaded->parts = NULL;
}

static enum dv_status publish(const struct dv_loaded *loaded, struct dv_err *err)
{
    struct dv_buf path = {0};
    enum dv_status status;
    dv_json_prepare();
    json_t *parts = json_array(), *document = NULL;
    size_t count = 0;
    for (uint32_t part = 0; part < loaded->count; part++) {
        if (!loaded->parts[part])
            continue;
        json_array_append_new(parts, json_integer(part));
        count++;
    }
    if (json_array_size(parts) == count)
        document = json_pack("{s:i, s:s, s:O}", "format", FORMAT, "step", loaded->step, "parts", parts);
    if (document == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(path_of(&path, loaded->context, loaded->step, err));
    status = dv_json_publish_sealed(path.data, document, err);
done:
    json_decref(document);
    json_decref(parts);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_loaded_publish(struct dv_loaded *loaded, struct dv_err *err)
{
    pthread_mutex_lock(&loaded->lock);
    enum dv_status status = publish(loaded, err);
    pthread_mutex_unlock(&loaded->lock);
    return status;
}

enum dv_status dv_loaded_add(struct dv_loaded *loaded, uint32_t part, struct dv_err *err)
{
    pthread_mutex_lock(&loaded->lock);
    loaded->parts[part] = true;
    enum dv_status status = publish(loaded, err);
    pthread_mutex_unlock(&loaded->lock);
    return status;
}

enum dv_status dv_loaded_withdraw(const struct dv_context *context, const char *step, struct dv_err *err)
{
    struct dv_buf path = {0};
    enum dv_status status;
    bool there;
    DV_TRY(path_of(&path, context, step, err));
    DV_TRY(dv_file_look(path.data, &there, err));
    if (there) /* the folder of a run that loaded nothing may not be there */
        status = dv_file_remove(path.data, err);
done:
    dv_buf_release(&path);
    return status;
}

/* The parts of one file, as an array that the server reads. */
static enum dv_status read_parts(const char *path, const char **step, struct dv_buf *array, json_t **document,
                                 struct dv_err *err)
{
    enum dv_status status;
    uint64_t format = 0;
    size_t i;
    const json_t *part;
    DV_TRY(dv_json_read_sealed(path, document, err));
    DV_TRY(dv_json_uint(*document, "format", path, true, DV_EXIT_FAULT, &format, err));
    DV_TRY(dv_json_string(*document, "step", path, true, DV_EXIT_FAULT, step, err));
    const json_t *parts = json_object_get(*document, "parts");
    if (format != FORMAT || !json_is_array(parts)) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s is not what this drover writes", path);
        dv_err_hint(err, "use the drover that the run began with, or start over with --new");
        goto done;
    }
    dv_buf_byte(array, '{');
    json_array_foreach(parts, i, part)
        dv_buf_printf(array, "%s%" JSON_INTEGER_FORMAT, i > 0 ? "," : "", json_integer_value(part));
    dv_buf_byte(array, '}');
    status = dv_sql_done(array, err);
done:
    return status;
}

static enum dv_status say_missing(const char *run_id, const char *step, const char *part, const char *count,
                                  struct dv_err *err)
{
    char others[48] = "";
    unsigned long more = strtoul(count, NULL, 10) - 1;
    if (more > 0)
        (void)snprintf(others, sizeof others, " (nor %lu other%s of that step)", more, more > 1 ? "s" : "");
    enum dv_status status = dv_fail(
        err, DV_EXIT_CHANGED,
        "this target does not have part %s of %s%s, which run %s has loaded: drover.ledger has no row "
        "for it; the target was set back to an earlier state",
        part, step, others, run_id);
    dv_err_hint(err,
                "give the target as the run left it; or take back what this one has of the run, drover "
                "rollback JOB --run %s --yes, and start over with --new",
                run_id);
    dv_err_place(err, "load", step, (int64_t)strtoul(part, NULL, 10), -1);
    return status;
}

static enum dv_status check_file(struct dv_pg *pg, const struct dv_context *context, const char *path,
                                 struct dv_err *err)
{
    struct dv_buf array = {0};
    json_t *document = NULL;
    PGresult *result = NULL;
    const char *step = NULL;
    bool present;
    enum dv_status status;
    DV_TRY(read_parts(path, &step, &array, &document, err));
    DV_TRY(dv_control_present(pg, &present, err));
    const char *params[] = {array.data, context->run_id, step};
    if (present)
        status = dv_pg_query(
            pg,
            "SELECT min(seen), count(*) FROM unnest($1::int[]) AS parts(seen) WHERE NOT EXISTS (SELECT "
            "FROM drover.ledger l WHERE l.run_id = $2 AND l.step = $3 AND l.part = seen)",
            3, params, &result, err);
    else
        status = dv_pg_query(pg, "SELECT min(seen), count(*) FROM unnest($1::int[]) AS parts(seen)", 1,
                             params, &result, err);
    if (status == DV_OK && !PQgetisnull(result, 0, 0))
        status = say_missing(context->run_id, step, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1), err);
done:
    PQclear(result);
    json_decref(document);
    dv_buf_release(&array);
    return status;
}

static int is_json(const struct dirent *entry)
{
    const char *suffix = strrchr(entry->d_name, '.');
    return suffix != NULL && strcmp(suffix, ".json") == 0;
}

enum dv_status dv_target_check_loaded(struct dv_target *target, const struct dv_context *context,
                                      struct dv_err *err)
{
    struct dv_buf path = {0};
    struct dirent **entries = NULL; /* of the C library's heap */
    int count = 0;
    enum dv_status status;
    dv_buf_printf(&path, "%s/loaded", context->run_dir);
    DV_TRY(dv_sql_done(&path, err));
    count = scandir(path.data, &entries, is_json, alphasort);
    if (count < 0 && errno != ENOENT)
        status = dv_fail_os(err, errno, "cannot read the folder %s", path.data);
    for (int i = 0; i < count; i++) {
        if (status == DV_OK) {
            dv_buf_reset(&path);
            dv_buf_printf(&path, "%s/loaded/%s", context->run_dir, entries[i]->d_name);
            status = dv_sql_done(&path, err);
        }
        if (status == DV_OK)
            status = check_file(dv_target_pg(target), context, path.data, err);
        free(entries[i]);
    }
    free(entries);
done:
    dv_buf_release(&path);
    return status;
}
