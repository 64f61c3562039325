#include "core/file.h"
#include "core/sandbox.h"
#include "jobs/run_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SANDBOX "sandbox:"
#define FOLDER  "dir:"

/* "sandbox:" is the server's own database, "sandbox:NAME" another one on it. */
static enum dv_status sandbox_uri(const char *work, const char *uri, struct dv_arena *arena, const char **out,
                                  struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf url = {0};
    const char *database = uri + strlen(SANDBOX);
    const char *dir = dv_arena_printf(arena, "%s/sandbox", work);
    if (dir == NULL)
        return dv_fail_memory(err);
    for (const char *at = database; *at != '\0'; at++)
        if (*at == '\'' || *at == '\\')
            return dv_fail(err, DV_EXIT_USAGE,
                           "%s: quotes and backslashes cannot stand in that database's name", uri);
    DV_TRY(dv_file_make_dirs(work, err));
    DV_TRY(dv_sandbox_start(dir, 0, err));
    DV_TRY(dv_sandbox_url(dir, &url, err));
    if (database[0] != '\0') /* of a keyword given twice libpq takes the last */
        dv_buf_printf(&url, " dbname='%s'", database);
    *out = dv_buf_cstr(&url) != NULL ? dv_arena_strdup(arena, dv_buf_cstr(&url)) : NULL;
    if (*out == NULL)
        status = dv_fail_memory(err);
done:
    dv_buf_release(&url);
    return status;
}

enum dv_status dv_run_resolve_uri(const char *work, const char *uri, struct dv_arena *arena, const char **out,
                                  struct dv_err *err)
{
    if (strncmp(uri, SANDBOX, strlen(SANDBOX)) == 0)
        return sandbox_uri(work, uri, arena, out, err);
    *out = uri;
    return DV_OK;
}

enum dv_status dv_run_safe_uri(struct dv_arena *arena, const char *uri, const char **out, struct dv_err *err)
{
    struct dv_buf safe = {0};
    dv_pg_safe_uri(&safe, uri);
    *out = dv_buf_cstr(&safe) != NULL ? dv_arena_strdup(arena, dv_buf_cstr(&safe)) : NULL;
    dv_buf_release(&safe);
    return *out != NULL ? DV_OK : dv_fail_memory(err);
}

enum dv_status dv_run_open_database(const struct dv_run *run, const char *uri, struct dv_pg **pg,
                                    struct dv_err *err)
{
    char application[64];
    snprintf(application, sizeof application, "drover/%.24s/look", run->job.name);
    return dv_pg_open(pg, uri, application, err);
}

static enum dv_status identify(struct dv_run *run, const char *uri, const char *which, const char **identity,
                               struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *pg = NULL;
    struct dv_buf text = {0};
    *identity = NULL;
    DV_TRY(dv_run_open_database(run, uri, &pg, err));
    DV_TRY(dv_pg_identity(pg, &text, err));
    if (dv_buf_cstr(&text) != NULL)
        *identity = dv_arena_strdup(&run->arena, dv_buf_cstr(&text));
    if (*identity == NULL)
        status = dv_fail_memory(err);
done:
    if (status != DV_OK && err->hint[0] == '\0')
        dv_err_hint(err, "check --%s, and that the server is up and lets you in", which);
    dv_pg_close(pg);
    dv_buf_release(&text);
    return status;
}

static enum dv_status missing(const char *which, const char *variable, struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "no %s is given", which);
    dv_err_hint(err,
                "add --%s URI, or set %s; a URI is postgresql://HOST/DATABASE, a libpq connection string, or "
                "sandbox:",
                which, variable);
    return status;
}

/* The identity that the run recorded must be that of now. */
static enum dv_status compare(const struct dv_run *run, const char *which, const char *identity,
                              struct dv_err *err)
{
    const char *recorded =
        json_string_value(json_object_get(json_object_get(run->record, which), "identity"));
    if (recorded == NULL || strcmp(recorded, identity) == 0)
        return DV_OK;
    enum dv_status status =
        dv_fail(err, DV_EXIT_CHANGED, "the %s is another database than the one that run %s began with", which,
                run->id);
    dv_err_hint(err, "give that --%s again to go on with that run, or start over with --new", which);
    return status;
}

static bool wants_source(const struct dv_job *job)
{
    for (unsigned i = 0; i < job->extract_count; i++)
        if (!job->extracts[i].from_target && job->extracts[i].file_count == 0)
            return true;
    return false;
}

static bool wants_folder(const struct dv_job *job)
{
    for (unsigned i = 0; i < job->extract_count; i++)
        if (job->extracts[i].file_count > 0)
            return true;
    return false;
}

/* Without a folder, optional files are absent; of others describing them tells. */
static enum dv_status source_folder(struct dv_run *run, struct dv_err *err)
{
    const char *recorded = json_string_value(json_object_get(run->record, "folder"));
    const char *given = run->request->folder;
    if (given == NULL) {
        run->folder = recorded;
        return DV_OK;
    }
    const char *path = given + strlen(FOLDER);
    char *whole = realpath(path, NULL); /* of the C library's heap */
    if (whole == NULL) {
        int why = errno;
        enum dv_status status = why == ENOENT || *path == '\0'
                                    ? dv_fail(err, DV_EXIT_FAULT, "there is no folder \"%s\"", path)
                                    : dv_fail_os(err, why, "cannot look at the folder %s", path);
        dv_err_hint(err, "check --source dir:PATH");
        return status;
    }
    run->folder = dv_arena_printf(&run->arena, FOLDER "%s", whole);
    free(whole);
    if (run->folder == NULL)
        return dv_fail_memory(err);
    bool settled = run->record == NULL || (recorded != NULL && strcmp(recorded, run->folder) == 0);
    enum dv_status status = settled ? DV_OK : dv_run_extracted(run, &settled, err);
    if (status != DV_OK || settled)
        return status;
    status =
        dv_fail(err, DV_EXIT_CHANGED, "the folder is another than the one that run %s began with", run->id);
    dv_err_hint(err, "give that --source dir:PATH again to go on with that run, or start over with --new");
    return status;
}

/* Once all is extracted the source is not needed any more, so that a run can go on while that server is away.
 */
static enum dv_status source_is_past(const struct dv_run *run, const char *safe_uri, bool *past,
                                     struct dv_err *err)
{
    const json_t *recorded = json_object_get(run->record, "source");
    const char *uri = json_string_value(json_object_get(recorded, "uri"));
    *past = uri != NULL && json_object_get(recorded, "identity") != NULL &&
            (safe_uri == NULL || strcmp(uri, safe_uri) == 0);
    return *past ? dv_run_extracted(run, past, err) : DV_OK;
}

static enum dv_status source_database(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const char *safe = NULL;
    bool past;
    const char *given = run->request->source;
    if (given != NULL && given[0] != '\0') {
        DV_TRY(dv_run_resolve_uri(run->workdir.work, given, &run->arena, &run->source, err));
        DV_TRY(dv_extract_check_uri(run->source, err));
        DV_TRY(dv_run_safe_uri(&run->arena, run->source, &safe, err));
    }
    const json_t *recorded = json_object_get(run->record, "source");
    if (recorded != NULL)
        run->separate = json_is_true(json_object_get(run->record, "separate"));
    DV_TRY(source_is_past(run, safe, &past, err));
    if (past) {
        run->source_identity = json_string_value(json_object_get(recorded, "identity"));
        if (run->source == NULL)
            run->source = json_string_value(json_object_get(recorded, "uri"));
        return DV_OK;
    }
    if (run->source == NULL)
        return missing("source", "DROVER_SOURCE", err);
    DV_TRY(identify(run, run->source, "source", &run->source_identity, err));
    status = compare(run, "source", run->source_identity, err);
done:
    return status;
}

enum dv_status dv_run_target(struct dv_run *run, struct dv_err *err)
{
    const char *given = run->request->target;
    if (given == NULL || given[0] == '\0')
        return missing("target", "DROVER_TARGET", err);
    return dv_run_resolve_uri(run->workdir.work, given, &run->arena, &run->target, err);
}

enum dv_status dv_run_databases(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (wants_folder(&run->job))
        DV_TRY(source_folder(run, err));
    if (wants_source(&run->job))
        DV_TRY(source_database(run, err));
    DV_TRY(dv_run_target(run, err));
    DV_TRY(identify(run, run->target, "target", &run->target_identity, err));
    DV_TRY(compare(run, "target", run->target_identity, err));
    run->separate = run->source_identity == NULL || strcmp(run->source_identity, run->target_identity) != 0;
done:
    return status;
}

void dv_run_recorded_databases(struct dv_run *run)
{
    run->separate = json_is_true(json_object_get(run->record, "separate"));
    run->source_identity =
        json_string_value(json_object_get(json_object_get(run->record, "source"), "identity"));
    run->target_identity =
        json_string_value(json_object_get(json_object_get(run->record, "target"), "identity"));
}
