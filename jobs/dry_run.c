#include "jobs/dry_run.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/manifest.h"
#include "jobs/run_parts.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 5

static enum dv_status identity(const char *uri, struct dv_buf *out, struct dv_err *err)
{
    struct dv_pg *pg = NULL;
    enum dv_status status = dv_pg_open(&pg, uri, "drover/dry-run", err);
    if (status == DV_OK)
        status = dv_pg_identity(pg, out, err);
    dv_pg_close(pg);
    return status == DV_OK && dv_buf_cstr(out) == NULL ? dv_fail_memory(err) : status;
}

/* Both resolved in the real work folder, whose sandbox they may name. */
static enum dv_status find_databases(struct dv_dry_run *dry, const struct dv_request *request,
                                     const char **source, const char **target, struct dv_err *err)
{
    const char *work = dry->guard.work;
    struct dv_buf left = {0}, right = {0};
    enum dv_status status;
    *source = NULL;
    dry->separate = true;
    if (request->target == NULL || request->target[0] == '\0') {
        status = dv_fail(err, DV_EXIT_USAGE, "no target is given");
        dv_err_hint(err, "add --target URI, or set DROVER_TARGET");
        return status;
    }
    DV_TRY(dv_run_resolve_uri(work, request->target, &dry->arena, target, err));
    DV_TRY(dv_run_safe_uri(&dry->arena, *target, &dry->target, err));
    if (request->source == NULL || request->source[0] == '\0')
        goto done;
    DV_TRY(dv_run_resolve_uri(work, request->source, &dry->arena, source, err));
    DV_TRY(dv_extract_check_uri(*source, err));
    DV_TRY(identity(*source, &left, err));
    DV_TRY(identity(*target, &right, err));
    dry->separate = strcmp(left.data, right.data) != 0;
done:
    dv_buf_release(&left);
    dv_buf_release(&right);
    return status;
}

/* Those that the run reads from the target or writes there. */
static const char **list_tables(struct dv_dry_run *dry, unsigned *count)
{
    const struct dv_job *job = &dry->job;
    const char **tables =
        dv_arena_alloc(&dry->arena, ((size_t)job->load_count + job->extract_count + 1) * sizeof *tables);
    *count = 0;
    for (unsigned i = 0; tables != NULL && i < job->load_count; i++)
        tables[(*count)++] = job->loads[i].spec.table;
    for (unsigned i = 0; tables != NULL && i < job->extract_count; i++)
        if (job->extracts[i].file_count == 0 && (job->extracts[i].from_target || !dry->separate))
            tables[(*count)++] = job->extracts[i].table;
    return tables;
}

/* The guard's lock keeps every other dry run of the work folder out, so what lies there is nobody's. */
static enum dv_status clear_folder(struct dv_dry_run *dry, struct dv_err *err)
{
    const char *old = dv_arena_printf(&dry->arena, "%s/%s", dry->guard.path, dry->job.name);
    return old != NULL ? dv_file_remove_tree(old, err) : dv_fail_memory(err);
}

static enum dv_status make_copy(struct dv_dry_run *dry, const char *source, const char *target,
                                struct dv_err *err)
{
    unsigned count;
    const char **tables = list_tables(dry, &count);
    if (tables == NULL)
        return dv_fail_memory(err);
    enum dv_status status =
        dv_clone_make(&dry->clone, dry->guard.work, dry->guard.path, target, tables, count, &dry->arena, err);
    dry->request.target = dry->clone.uri;
    dry->request.source = dry->separate ? source : dry->clone.uri;
    return status;
}

static enum dv_status use_target(struct dv_dry_run *dry, const char *source, const char *target,
                                 struct dv_err *err)
{
    struct dv_pg *pg = NULL;
    enum dv_status status;
    dry->request.target = target;
    dry->request.source = source;
    dry->request.rehearsal = &dry->rehearsal;
    DV_TRY(dv_pg_open(&pg, target, "drover/dry-run", err));
    status = dv_rehearsal_check(pg, err);
done:
    dv_pg_close(pg);
    return status;
}

enum dv_status dv_dry_run_begin(struct dv_dry_run *dry, const struct dv_request *request,
                                enum dv_dry_run_form form, struct dv_err *err)
{
    const char *source, *target;
    struct dv_params params;
    struct dv_flags flags;
    enum dv_status status;
    *dry = (struct dv_dry_run){.form = form, .request = *request, .guard.lock_fd = -1};
    if (request->run_id != NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "--run and --dry-run exclude each other");
        dv_err_hint(err, "a dry run begins anew each time");
        return status;
    }
    DV_TRY(dv_job_read(&dry->job, request->job_dir, err));
    DV_TRY(
        dv_params_resolve(&dry->job, request->params, request->param_count, NULL, &dry->arena, &params, err));
    DV_TRY(dv_params_settle(&params, &dry->job, &dry->arena, &flags, err));
    DV_TRY(dv_workdir_open(&dry->guard, request->work, "dry-run", err));
    DV_TRY(dv_workdir_lock(&dry->guard, err));
    DV_TRY(clear_folder(dry, err));
    DV_TRY(find_databases(dry, request, &source, &target, err));
    dry->request.work = dry->guard.path;
    dry->request.fresh = true;
    status =
        form == DV_DRY_RUN_COPY ? make_copy(dry, source, target, err) : use_target(dry, source, target, err);
done:
    if (status != DV_OK) {
        dv_err_place(err, "dry run", NULL, -1, -1);
        dv_dry_run_end(dry);
    }
    return status;
}

struct output {
    dv_write_fn write;
    void *context;
};

static enum dv_status say(const struct output *output, struct dv_err *err, const char *format, ...)
    DV_PRINTF(3, 4);
static enum dv_status say(const struct output *output, struct dv_err *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t size = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    return output->write(output->context, text, size, err);
}

static enum dv_status say_dataset(const struct output *output, const char *dir, const char *title,
                                  uint64_t most, struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    enum dv_status status = DV_OK;
    bool whole;
    DV_TRY(dv_dataset_look(dir, &whole, err));
    if (!whole)
        return DV_OK;
    DV_TRY(dv_dataset_manifest_read(dir, &manifest, err));
    if (manifest.rows == 0 && most == UINT64_MAX)
        goto done;
    if (manifest.rows > most)
        DV_TRY(say(output, err, "\n%s: %" PRIu64 " rows, the first %" PRIu64 " of them\n", title,
                   manifest.rows, most));
    else
        DV_TRY(say(output, err, "\n%s: %" PRIu64 " rows\n", title, manifest.rows));
    if (manifest.rows > 0)
        status = dv_cat(dir, most, output->write, output->context, err);
done:
    dv_dataset_manifest_release(&manifest);
    return status;
}

static enum dv_status say_loads(struct dv_dry_run *dry, const struct output *output, const char *run_dir,
                                struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < dry->job.load_count && status == DV_OK; i++) {
        const struct dv_load_spec *spec = &dry->job.loads[i].spec;
        bool extracted = dv_job_find_extract(&dry->job, spec->dataset) != NULL;
        if (!dv_job_databases_hold(dry->job.loads[i].databases, dry->separate))
            continue;
        const char *dir =
            dv_run_path(&dry->arena, run_dir, extracted ? "extract" : "transform", spec->dataset);
        const char *title =
            dv_arena_printf(&dry->arena, "%s to %s (%s)", spec->step, spec->table, spec->mode);
        status = dir != NULL && title != NULL ? say_dataset(output, dir, title, SAMPLES, err)
                                              : dv_fail_memory(err);
    }
    return status;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum dv_status say_rejects(struct dv_dry_run *dry, const struct output *output, const char *run_dir,
                                  struct dv_err *err)
{
    struct dirent **entries = NULL; /* of the C library's heap */
    enum dv_status status = DV_OK;
    const char *rejects = dv_arena_printf(&dry->arena, "%s/rejects", run_dir);
    if (rejects == NULL)
        return dv_fail_memory(err);
    int count = scandir(rejects, &entries, NULL, by_name);
    if (count < 0 && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the folder %s", rejects);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (status == DV_OK && name[0] != '.') {
            const char *dir = dv_arena_printf(&dry->arena, "%s/%s", rejects, name);
            const char *title = dv_arena_printf(&dry->arena, "rejected by %s", name);
            status = dir != NULL && title != NULL ? say_dataset(output, dir, title, UINT64_MAX, err)
                                                  : dv_fail_memory(err);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum dv_status say_copied(const struct dv_dry_run *dry, const struct output *output,
                                 struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(say(output, err, "  %" PRIu64 " KiB of its tables were copied, and the copy was loaded",
               dry->clone.bytes >> 10));
    if (dry->clone.left_empty > 0)
        DV_TRY(say(output, err, "; %u tables were left empty in it", dry->clone.left_empty));
    status = say(output, err, "\n");
done:
    return status;
}

static enum dv_status say_rolled_back(const struct dv_dry_run *dry, const struct output *output,
                                      struct dv_err *err)
{
    const struct dv_rehearsal *rehearsal = &dry->rehearsal;
    enum dv_status status;
    if (rehearsal->began_us == 0)
        return say(output, err, "  it did not come to the transaction\n");
    if (rehearsal->held_us < 0)
        return say(output, err, "  the connection was lost: the server rolls its transaction back\n");
    DV_TRY(say(output, err, "  one transaction did it, held its locks for %.1f s, and was rolled back\n",
               (double)rehearsal->held_us / 1e6));
    for (unsigned i = 0; i < rehearsal->left_out.count; i++)
        DV_TRY(say(output, err, "  %s\n", rehearsal->left_out.list[i].what));
done:
    return status;
}

enum dv_status dv_dry_run_report(struct dv_dry_run *dry, dv_write_fn write, void *context, struct dv_err *err)
{
    const struct output output = {.write = write, .context = context};
    struct dv_workdir workdir;
    char id[DV_RUN_ID_SIZE];
    enum dv_status status = dv_workdir_open(&workdir, dry->guard.path, dry->job.name, err);
    if (status != DV_OK)
        return status;
    status = dv_workdir_newest(&workdir, id, err);
    const char *run_dir = dv_arena_printf(&dry->arena, "%s/%s", workdir.path, id);
    dv_workdir_close(&workdir);
    if (status != DV_OK)
        return status < 0 ? status : DV_OK;
    if (run_dir == NULL)
        return dv_fail_memory(err);
    DV_TRY(say_loads(dry, &output, run_dir, err));
    DV_TRY(say_rejects(dry, &output, run_dir, err));
    DV_TRY(say(&output, err, "\ndry run: nothing was changed in %s\n", dry->target));
    DV_TRY(dry->form == DV_DRY_RUN_COPY ? say_copied(dry, &output, err) : say_rolled_back(dry, &output, err));
    status = say(&output, err, "  the files are in %s until the next dry run\n", run_dir);
done:
    return status;
}

void dv_dry_run_end(struct dv_dry_run *dry)
{
    dv_clone_drop(&dry->clone);
    dv_rehearsal_release(&dry->rehearsal);
    dv_workdir_close(&dry->guard);
    dv_job_release(&dry->job);
    dv_arena_release(&dry->arena);
    *dry = (struct dv_dry_run){.guard.lock_fd = -1};
}
