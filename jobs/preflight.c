#include "jobs/preflight.h"

#include "jobs/run_parts.h"
#include "load/preflight.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GROWTH 3 / 2 /* tables and their indexes, of what the tables take at the source */

static bool active_load(const struct dv_run *run, const struct dv_job_load *load)
{
    return dv_job_databases_hold(load->databases, run->separate);
}

static bool active_extract(const struct dv_run *run, const struct dv_job_extract *extract)
{
    return dv_job_databases_hold(extract->databases, run->separate);
}

static enum dv_status check_list(struct dv_run *run, const char *where, const char *const *names,
                                 unsigned count, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < count && status == DV_OK; i++)
        status = dv_preflight_name(where, names[i], &run->findings, err);
    return status;
}

static enum dv_status check_names(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < run->job.extract_count; i++) {
        const struct dv_job_extract *extract = &run->job.extracts[i];
        const char *where = dv_arena_printf(&run->arena, "job.json: extract.%s", extract->name);
        if (where == NULL)
            return dv_fail_memory(err);
        if (extract->file_count == 0)
            DV_TRY(dv_preflight_sql_names(where, extract->table, false, &run->findings, err));
        DV_TRY(check_list(run, where, extract->columns, extract->column_count, err));
    }
    for (unsigned i = 0; i < run->job.load_count; i++) {
        const struct dv_load_spec *spec = &run->job.loads[i].spec;
        const char *where = dv_arena_printf(&run->arena, "job.json: load[%u]", i);
        if (where == NULL)
            return dv_fail_memory(err);
        DV_TRY(dv_preflight_sql_names(where, spec->table, false, &run->findings, err));
        if (spec->column_count == 0) /* else they are among the columns */
            DV_TRY(check_list(run, where, spec->key, spec->key_count, err));
        DV_TRY(check_list(run, where, spec->to, spec->column_count, err));
    }
    status = dv_preflight_schema_names(&run->schema, &run->findings, err);
done:
    return status;
}

static enum dv_status check_read(struct dv_run *run, struct dv_pg *pg, bool from_target, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < run->job.extract_count && status == DV_OK; i++) {
        const struct dv_job_extract *extract = &run->job.extracts[i];
        if (extract->from_target == from_target && extract->file_count == 0 && active_extract(run, extract))
            status = dv_preflight_read(pg, from_target ? "target" : "source", extract->table,
                                       extract->columns, extract->column_count, &run->findings, err);
    }
    return status;
}

/* What the extracted tables of one database take, indexes left out. */
static enum dv_status add_size(struct dv_run *run, struct dv_pg *pg, bool from_target, uint64_t *bytes,
                               struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < run->job.extract_count && status == DV_OK; i++) {
        const struct dv_job_extract *extract = &run->job.extracts[i];
        PGresult *result = NULL;
        if (extract->from_target != from_target || extract->file_count > 0 || !active_extract(run, extract))
            continue;
        status = dv_pg_query(
            pg,
            "SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint FROM (SELECT parse_ident($1) AS "
            "parts) name JOIN pg_class c ON c.relname = parts[cardinality(parts)] JOIN pg_namespace n "
            "ON n.oid = c.relnamespace WHERE CASE WHEN cardinality(parts) = 1 THEN "
            "pg_table_is_visible(c.oid) ELSE n.nspname = parts[1] END",
            1, &extract->table, &result, err);
        if (status == DV_OK)
            *bytes += strtoull(PQgetvalue(result, 0, 0), NULL, 10);
        PQclear(result);
    }
    return status;
}

/* The same of a dataset's files: gzip makes a quarter of a text, as a rule. */
static enum dv_status add_files(struct dv_run *run, const struct dv_job_extract *extract, uint64_t *bytes,
                                struct dv_err *err)
{
    struct dv_extract_spec spec = {.optional = extract->optional};
    struct stat about;
    if (extract->file_count == 0 || run->folder == NULL)
        return DV_OK;
    enum dv_status status = dv_run_files(run, extract, &spec, err);
    for (unsigned i = 0; i < spec.file_count && status == DV_OK; i++) {
        const char *path =
            dv_arena_printf(&run->arena, "%s/%s", run->folder + strlen("dir:"), spec.files[i].path);
        if (path == NULL)
            return dv_fail_memory(err);
        if (stat(path, &about) == 0) /* else describing it tells */
            *bytes += (uint64_t)about.st_size * (spec.files[i].gzip ? 4 : 1);
    }
    return status;
}

/* Once all is extracted neither the source nor the room for its rows counts any more. */
static enum dv_status check_source(struct dv_run *run, struct dv_pg *target, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *source = NULL;
    uint64_t bytes = 0;
    bool extracted;
    DV_TRY(dv_run_extracted(run, &extracted, err));
    if (extracted)
        return DV_OK;
    DV_TRY(check_read(run, target, true, err));
    DV_TRY(add_size(run, target, true, &bytes, err));
    if (run->source != NULL) {
        DV_TRY(dv_run_open_database(run, run->source, &source, err));
        DV_TRY(check_read(run, source, false, err));
        DV_TRY(add_size(run, source, false, &bytes, err));
    }
    for (unsigned i = 0; i < run->job.extract_count; i++)
        DV_TRY(add_files(run, &run->job.extracts[i], &bytes, err));
    /* Stage files of extract and transform, a quarter of it each, and what sorters spill, half of it. */
    DV_TRY(dv_preflight_folder_space(run->workdir.path, bytes, &run->findings, err));
    status = dv_preflight_server_space(target, bytes * GROWTH, &run->findings, err);
done:
    dv_pg_close(source);
    return status;
}

enum dv_status dv_run_preflight(struct dv_run *run, struct dv_pg *pg, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    dv_findings_release(&run->findings);
    DV_TRY(check_names(run, err));
    DV_TRY(dv_preflight_privileges(pg, &run->target_readable, &run->findings, err));
    if (run->target_readable) {
        DV_TRY(dv_schema_status(pg, run->job.name, &run->schema, err));
        DV_TRY(dv_preflight_changed(pg, &run->schema, &run->findings, err));
    }
    for (unsigned i = 0; i < run->job.load_count; i++)
        if (active_load(run, &run->job.loads[i]))
            DV_TRY(dv_preflight_loaded(pg, &run->job.loads[i].spec,
                                       dv_schema_pending(&run->schema, DV_PHASE_EXPAND), &run->findings,
                                       err));
    DV_TRY(check_source(run, pg, err));
    for (unsigned i = 0; i < run->job.load_count; i++)
        if (active_load(run, &run->job.loads[i]))
            DV_TRY(dv_preflight_locks(pg, run->job.loads[i].spec.table, &run->findings, err));
done:
    if (status != DV_OK)
        dv_err_place(err, "preflight", NULL, -1, -1);
    return status;
}

/* first: the first finding that is news. */
static enum dv_status conclude(struct dv_run *run, unsigned first, int64_t began_us, struct dv_err *err)
{
    static const char *const levels[] = {"info", "warning", "error", "error"};
    for (unsigned i = first; i < run->findings.count; i++)
        dv_log_event(run->log, levels[run->findings.list[i].kind], "preflight", "what:s",
                     run->findings.list[i].what, NULL);
    dv_log_event(run->log, "info", "preflight_done", "seconds:f",
                 (double)(dv_monotonic_us() - began_us) / 1e6, NULL);
    enum dv_status status = dv_findings_fail(&run->findings, err);
    if (status != DV_OK)
        dv_err_place(err, "preflight", NULL, -1, -1);
    return status;
}

enum dv_status dv_run_preflight_first(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *pg = NULL;
    int64_t began_us = dv_monotonic_us();
    DV_TRY(dv_run_open_database(run, run->target, &pg, err));
    DV_TRY(dv_run_preflight(run, pg, err));
    status = conclude(run, 0, began_us, err);
done:
    dv_pg_close(pg);
    return status;
}

enum dv_status dv_run_preflight_staged(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    unsigned first = run->findings.count;
    int64_t began_us = dv_monotonic_us();
    DV_TRY(dv_schema_status(dv_target_pg(run->locked), run->job.name, &run->schema, err));
    DV_TRY(dv_preflight_unique(run->locked, &run->context, run->loads, run->load_count, &run->schema,
                               &run->findings, err));
    status = conclude(run, first, began_us, err);
done:
    return status;
}
