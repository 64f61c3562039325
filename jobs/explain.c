#include "jobs/explain.h"

#include "core/file.h"
#include "jobs/run_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static enum dv_status no_models(const struct dv_run *run, struct dv_err *err)
{
    return dv_fail(err, DV_EXIT_USAGE, "job %s has no models", run->job.name);
}

/* RUN/explain-XXXXXX with a link to the run's extract: the models' files of the analysis go there. */
static enum dv_status scratch_folder(struct dv_run *run, char **dir, struct dv_err *err)
{
    char *path = dv_arena_printf(&run->arena, "%s/explain-XXXXXX", run->dir);
    char *extract = dv_arena_printf(&run->arena, "%s/extract", run->dir);
    if (path == NULL || extract == NULL)
        return dv_fail_memory(err);
    if (mkdtemp(path) == NULL)
        return dv_fail_os(err, errno, "cannot make a folder in %s", run->dir);
    *dir = path;
    char *link = dv_arena_printf(&run->arena, "%s/extract", path);
    if (link == NULL)
        return dv_fail_memory(err);
    return symlink(extract, link) == 0 ? DV_OK : dv_fail_os(err, errno, "cannot link %s", link);
}

static enum dv_status analyze_run(struct dv_run *run, const char *model, struct dv_buf *out,
                                  struct dv_err *err)
{
    struct dv_err left = DV_ERR_INIT;
    char *dir = NULL;
    bool extracted;
    enum dv_status status = dv_run_extracted(run, &extracted, err);
    if (status != DV_OK)
        return status;
    if (!extracted) {
        status = dv_fail(err, DV_EXIT_USAGE, "run %s is not extracted yet", run->id);
        dv_err_hint(err, "drover extract does it; without --analyze no rows are needed");
        return status;
    }
    status = scratch_folder(run, &dir, err);
    if (status == DV_OK) {
        struct dv_context context = run->context;
        context.run_dir = dir;
        context.log = NULL;
        context.progress = NULL;
        status = dv_program_analyze(run->program, &context, model, out, err);
    }
    if (dir != NULL) {
        enum dv_status removed = dv_file_remove_tree(dir, &left);
        if (status == DV_OK && removed != DV_OK) {
            status = removed;
            *err = left;
        }
    }
    return status;
}

enum dv_status dv_explain_model(const struct dv_request *request, const char *model, bool analyze,
                                struct dv_buf *out, struct dv_err *err)
{
    struct dv_run run;
    bool from_files = analyze || (request->source == NULL && request->target == NULL);
    enum dv_status status = dv_run_open(&run, request, from_files ? DV_RUN_TO_EXPLAIN : DV_RUN_TO_LOOK, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_run_describe(&run, err));
    if (run.program == NULL)
        status = no_models(&run, err);
    else if (analyze)
        status = analyze_run(&run, model, out, err);
    else
        status = dv_program_explain(run.program, model, out, err);
done:
    dv_run_close(&run);
    return status;
}
