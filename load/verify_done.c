#include "load/verify_done.h"

#include "core/alloc.h"
#include "core/json.h"

#include <stdio.h>
#include <string.h>

#define FORMAT       1
#define LARGEST_FILE ((size_t)16 * 1024 * 1024)

enum dv_status dv_checks_inputs(struct dv_pg *pg, const char *run_id, const char *const *params,
                                char inputs[DV_SHA256_HEX], struct dv_err *err)
{
    const char *run[] = {run_id};
    struct dv_sha256 *sha = NULL;
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_sha256_new(&sha, err));
    DV_TRY(dv_pg_query(pg,
                       "SELECT step, count(*), max(loaded_at), max(rolled_back_at) FROM drover.ledger "
                       "WHERE run_id = $1 GROUP BY step ORDER BY step",
                       1, run, &result, err));
    for (int row = 0; row < PQntuples(result); row++)
        for (int column = 0; column < 4; column++)
            dv_sha256_update(sha, PQgetvalue(result, row, column),
                             (size_t)PQgetlength(result, row, column) + 1);
    for (; params != NULL && *params != NULL; params++)
        dv_sha256_update(sha, *params, strlen(*params) + 1);
    dv_sha256_hex(sha, inputs);
done:
    PQclear(result);
    dv_sha256_free(sha);
    return status;
}

static enum dv_status add_file(struct dv_sha256 *sha, const char *path, struct dv_err *err)
{
    struct dv_buf text = {0};
    bool there;
    enum dv_status status = dv_file_look(path, &there, err);
    if (status == DV_OK && there)
        status = dv_file_read(path, LARGEST_FILE, &text, err);
    if (status == DV_OK)
        dv_sha256_update(sha, text.data, text.len);
    dv_buf_release(&text);
    return status;
}

static void add_spec(struct dv_sha256 *sha, const struct dv_load_spec *spec)
{
    const char *const texts[] = {spec->step, spec->table, spec->mode};
    for (unsigned i = 0; i < 3; i++)
        dv_sha256_update(sha, texts[i], strlen(texts[i]) + 1);
    for (unsigned i = 0; i < spec->key_count; i++)
        dv_sha256_update(sha, spec->key[i], strlen(spec->key[i]) + 1);
}

/* The check with all that it looks at. */
static enum dv_status digest(const struct dv_check_task *task, const struct dv_check *check,
                             const char *inputs, char out[DV_SHA256_HEX], struct dv_err *err)
{
    struct dv_sha256 *sha = NULL;
    struct dv_buf dataset = {0};
    const char *dir = task->spec != NULL ? task->spec->dataset_dir : check->own ? NULL : task->path;
    enum dv_status status;
    DV_TRY(dv_sha256_new(&sha, err));
    dv_sha256_update(sha, inputs, strlen(inputs));
    dv_sha256_update(sha, check->name, strlen(check->name) + 1);
    dv_sha256_update(sha, check->description, strlen(check->description) + 1);
    if (check->own)
        DV_TRY(add_file(sha, task->path, err));
    if (task->spec != NULL)
        add_spec(sha, task->spec);
    if (dir != NULL) {
        dv_buf_printf(&dataset, "%s/dataset.json", dir);
        DV_TRY(dv_buf_cstr(&dataset) != NULL ? DV_OK : dv_fail_memory(err));
        DV_TRY(add_file(sha, dataset.data, err));
    }
    dv_sha256_hex(sha, out);
done:
    dv_sha256_free(sha);
    dv_buf_release(&dataset);
    return status;
}

/* Named after what it looked at: other inputs, another file. */
static enum dv_status path_of(struct dv_buf *path, const struct dv_check_env *env,
                              const struct dv_check_task *task, const struct dv_check *check,
                              const char *inputs, struct dv_err *err)
{
    char name[DV_SHA256_HEX];
    enum dv_status status = digest(task, check, inputs, name, err);
    if (status != DV_OK)
        return status;
    dv_buf_printf(path, "%s/verify/%s.json", env->context->run_dir, name);
    return dv_buf_cstr(path) != NULL ? DV_OK : dv_fail_memory(err);
}

enum dv_status dv_check_remember(const struct dv_check_env *env, const struct dv_check_task *task,
                                 const struct dv_check *check, const char *inputs, struct dv_err *err)
{
    struct dv_buf path = {0}, dir = {0};
    json_t *document = NULL;
    enum dv_status status;
    dv_json_prepare();
    DV_TRY(path_of(&path, env, task, check, inputs, err));
    dv_buf_printf(&dir, "%s/verify", env->context->run_dir);
    document = json_pack("{s:i, s:s, s:f}", "format", FORMAT, "figures",
                         check->samples != NULL ? check->samples : "", "seconds", check->seconds);
    if (document == NULL || dv_buf_cstr(&dir) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_file_make_dirs(dir.data, err));
    status = dv_json_publish_sealed(path.data, document, err);
done:
    json_decref(document);
    dv_buf_release(&path);
    dv_buf_release(&dir);
    return status;
}

/* False where the file does not say it, for whatever reason: then the check is looked at again. */
static bool read_figures(const json_t *document, const char *path, const char **figures)
{
    struct dv_err ignored = DV_ERR_INIT;
    uint64_t format = 0;
    return dv_json_uint(document, "format", path, true, DV_EXIT_FAULT, &format, &ignored) == DV_OK &&
           format == FORMAT &&
           dv_json_string(document, "figures", path, true, DV_EXIT_FAULT, figures, &ignored) == DV_OK;
}

enum dv_status dv_check_recall(const struct dv_check_env *env, const struct dv_check_task *task,
                               struct dv_check *check, const char *inputs, bool *known, struct dv_err *err)
{
    struct dv_buf path = {0};
    struct dv_err ignored = DV_ERR_INIT;
    json_t *document = NULL;
    const char *figures = "";
    bool there;
    enum dv_status status;
    *known = false;
    DV_TRY(path_of(&path, env, task, check, inputs, err));
    DV_TRY(dv_file_look(path.data, &there, err));
    if (!there || dv_json_read_sealed(path.data, &document, &ignored) != DV_OK ||
        !read_figures(document, path.data, &figures))
        goto done;
    DV_TRY(dv_check_result(check, 0, figures, err));
    check->seconds = json_number_value(json_object_get(document, "seconds"));
    *known = true;
done:
    json_decref(document);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_checks_forget(const struct dv_context *context, struct dv_err *err)
{
    struct dv_buf dir = {0};
    enum dv_status status = DV_OK;
    dv_buf_printf(&dir, "%s/verify", context->run_dir);
    bool there;
    DV_TRY(dv_buf_cstr(&dir) != NULL ? dv_file_look(dir.data, &there, err) : dv_fail_memory(err));
    if (there)
        status = dv_file_remove_tree(dir.data, err);
done:
    dv_buf_release(&dir);
    return status;
}
