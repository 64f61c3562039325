#include "jobs/compare.h"

#include "core/alloc.h"
#include "core/datetime.h"
#include "jobs/compare_parts.h"
#include "jobs/compare_sql.h"
#include "jobs/fingerprint.h"
#include "jobs/run_parts.h"
#include "jobs/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct comparison {
    struct dv_run run;
    struct dv_pg *server, *pg; /* the sandbox's own database, and the one made for this */
    struct dv_buf database;    /* quoted */
    struct dv_table table;
    struct dv_buf details;
    uint64_t samples, different;
    unsigned not_compared;
};

/* ---- the run ------------------------------------------------------------------------------------------- */

/* DV_END where a model is not. */
static enum dv_status transformed(const struct dv_run *run, struct dv_err *err)
{
    bool whole = run->program != NULL;
    enum dv_status status = DV_OK;
    for (unsigned m = 0; whole && status == DV_OK && m < dv_program_model_count(run->program); m++) {
        if (dv_program_model_ephemeral(run->program, m))
            continue;
        char *dir = dv_asprintf("%s/transform/%s", run->dir, dv_program_model_name(run->program, m));
        status = dir != NULL ? dv_dataset_look(dir, &whole, err) : dv_fail_memory(err);
        dv_free(dir);
    }
    return status == DV_OK && !whole ? DV_END : status;
}

/* The run of that id as its files tell it; DV_END where its transform is not finished. */
static enum dv_status look_at(struct dv_run *run, const char *id, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool extracted;
    snprintf(run->id, sizeof run->id, "%s", id);
    run->dir = dv_arena_printf(&run->arena, "%s/%s", run->workdir.path, id);
    const char *record = dv_arena_printf(&run->arena, "%s/%s/run.json", run->workdir.path, id);
    if (run->dir == NULL || record == NULL)
        return dv_fail_memory(err);
    json_decref(run->record);
    run->record = NULL;
    DV_TRY(dv_json_read(record, DV_EXIT_FAULT, &run->record, err));
    run->separate = json_is_true(json_object_get(run->record, "separate"));
    DV_TRY(dv_run_extracted(run, &extracted, err));
    if (!extracted)
        return DV_END;
    DV_TRY(dv_fingerprint_same_files(json_object_get(run->record, "files"), run->files, err));
    DV_TRY(dv_params_resolve(&run->job, run->request->params, run->request->param_count,
                             json_object_get(run->record, "params"), &run->arena, &run->params, err));
    DV_TRY(dv_run_describe(run, err));
    status = transformed(run, err);
done:
    return status;
}

static enum dv_status find_run(struct dv_run *run, struct dv_err *err)
{
    const char *const *ids = NULL;
    unsigned count = 0;
    enum dv_status status = DV_END;
    if (run->request->run_id != NULL) {
        char id[DV_RUN_ID_SIZE];
        DV_TRY(dv_workdir_find(&run->workdir, run->request->run_id, id, err));
        status = look_at(run, id, err);
    } else {
        DV_TRY(dv_workdir_runs(&run->workdir, &run->arena, &ids, &count, err));
        for (status = DV_END; count > 0 && status == DV_END; count--)
            status = look_at(run, ids[count - 1], err);
    }
    if (status == DV_END) {
        status = dv_fail(err, DV_EXIT_USAGE, "job %s has no run in %s whose transform is finished",
                         run->job.name, run->workdir.work);
        dv_err_hint(err, "drover transform does it; drover run does all stages");
    }
done:
    return status;
}

static enum dv_status open_run(struct dv_run *run, const struct dv_request *request, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *run = (struct dv_run){.request = request, .workdir.lock_fd = -1};
    DV_TRY(dv_job_read(&run->job, request->job_dir, err));
    DV_TRY(dv_workdir_open(&run->workdir, request->work, run->job.name, err));
    DV_TRY(dv_workdir_lock(&run->workdir, err));
    DV_TRY(dv_fingerprint_files(run->job.dir, &run->files, err));
    status = find_run(run, err);
done:
    return status;
}

/* ---- the database -------------------------------------------------------------------------------------- */

static enum dv_status drop_database(struct comparison *comparison, struct dv_err *err)
{
    return dv_pg_execf(comparison->server, err, "DROP DATABASE IF EXISTS %s WITH (FORCE)",
                       dv_buf_cstr(&comparison->database));
}

/* now() is the run's clock; what is made goes to public; drover's text functions come before PostgreSQL's. */
static enum dv_status prepare_database(struct comparison *comparison, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf now = {0};
    DV_TRY(dv_pg_exec(comparison->pg,
                      "SET client_min_messages = warning; CREATE SCHEMA " DV_COMPARE_MADE
                      "; SET search_path = public",
                      err));
    DV_TRY(dv_pg_exec(comparison->pg, (const char *)dv_compat_sql, err));
    DV_TRY(dv_pg_exec(comparison->pg, (const char *)dv_order_sql, err));
    dv_timestamp_format(comparison->run.params.now_us, true, &now);
    DV_TRY(dv_buf_check(&now, err));
    DV_TRY(
        dv_pg_execf(comparison->pg, err,
                    "CREATE FUNCTION drover_text.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$SELECT "
                    "timestamptz '%s'$$; SET search_path = drover_text, pg_catalog, public",
                    dv_buf_cstr(&now)));
done:
    dv_buf_release(&now);
    return status;
}

static enum dv_status make_database(struct comparison *comparison, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_run *run = &comparison->run;
    char name[64];
    const char *server, *uri;
    snprintf(name, sizeof name, "drover_compare_%.45s", run->job.name);
    dv_pg_quote_ident(&comparison->database, name);
    const char *own = dv_arena_printf(&run->arena, "sandbox:%s", name);
    if (own == NULL || dv_buf_cstr(&comparison->database) == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_run_resolve_uri(run->workdir.work, "sandbox:", &run->arena, &server, err));
    DV_TRY(dv_run_open_database(run, server, &comparison->server, err));
    DV_TRY(drop_database(comparison, err));
    DV_TRY(dv_pg_execf(comparison->server, err,
                       "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc "
                       "LC_COLLATE 'C' LC_CTYPE 'C'",
                       dv_buf_cstr(&comparison->database)));
    DV_TRY(dv_run_resolve_uri(run->workdir.work, own, &run->arena, &uri, err));
    DV_TRY(dv_run_open_database(run, uri, &comparison->pg, err));
    status = prepare_database(comparison, err);
done:
    return status;
}

/* ---- one model ----------------------------------------------------------------------------------------- */

/* "key1=…, key2=…" of a row by what the job loads the model with; '' where it does not. */
static void put_key(const struct dv_job *job, const char *model, struct dv_buf *out)
{
    for (unsigned l = 0; l < job->load_count; l++) {
        const struct dv_load_spec *spec = &job->loads[l].spec;
        if (strcmp(spec->dataset, model) != 0 || spec->key_count == 0)
            continue;
        dv_buf_str(out, "concat_ws(', '");
        for (unsigned k = 0; k < spec->key_count; k++) {
            const char *name = spec->key[k];
            for (unsigned c = 0; c < spec->column_count; c++)
                if (strcmp(spec->to[c], spec->key[k]) == 0)
                    name = spec->from[c];
            dv_buf_str(out, ", ");
            dv_pg_quote_literal(out, name);
            dv_buf_str(out, " || '=' || ");
            dv_pg_quote_ident(out, name);
            dv_buf_str(out, "::text");
        }
        dv_buf_byte(out, ')');
        return;
    }
    dv_buf_str(out, "''");
}

static void put_rows(struct dv_buf *out, const char *key, const char *schema, const char *model)
{
    dv_buf_printf(out, "SELECT %s AS key, drover_row::text AS row FROM %s.", key, schema);
    dv_pg_quote_ident(out, model);
    dv_buf_str(out, " drover_row");
}

/* The rows that are in one of the two alone, and how many there are. */
static enum dv_status differing_rows(struct comparison *comparison, const char *model, uint64_t *count,
                                     struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf key = {0}, sql = {0};
    PGresult *result = NULL;
    put_key(&comparison->run.job, model, &key);
    DV_TRY(dv_buf_check(&key, err));
    const char *by = dv_buf_cstr(&key);
    dv_buf_str(&sql, "WITH theirs AS (");
    put_rows(&sql, by, "public", model);
    dv_buf_str(&sql, "), ours AS (");
    put_rows(&sql, by, DV_COMPARE_MADE, model);
    dv_buf_printf(
        &sql,
        "), d AS (SELECT 'PostgreSQL' AS side, t.* FROM (TABLE theirs EXCEPT ALL TABLE ours) t "
        "UNION ALL SELECT 'drover', t.* FROM (TABLE ours EXCEPT ALL TABLE theirs) t) "
        "SELECT side, key, left(row, 500), count(*) OVER () FROM d ORDER BY key, side, row LIMIT %" PRIu64,
        comparison->samples > 0 ? comparison->samples : 1);
    DV_TRY(dv_buf_check(&sql, err));
    DV_TRY(dv_pg_query(comparison->pg, dv_buf_cstr(&sql), 0, NULL, &result, err));
    *count = PQntuples(result) > 0 ? strtoull(PQgetvalue(result, 0, 3), NULL, 10) : 0;
    for (int row = 0; row < PQntuples(result) && (uint64_t)row < comparison->samples; row++) {
        const char *of = PQgetvalue(result, row, 1);
        dv_buf_printf(&comparison->details, "%s, only in %s%s%s:\n    %s\n", model,
                      PQgetvalue(result, row, 0), of[0] != '\0' ? ", " : "", of, PQgetvalue(result, row, 2));
    }
done:
    PQclear(result);
    dv_buf_release(&key);
    dv_buf_release(&sql);
    return status;
}

/* Names and types of the columns, in order; modifiers aside. */
static enum dv_status differing_columns(struct comparison *comparison, const char *model, bool *differ,
                                        struct dv_err *err)
{
    static const char sql[] =
        "SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attnum) "
        "FROM pg_attribute WHERE attrelid = ($2 || '.' || quote_ident($1))::regclass AND attnum > 0";
    enum dv_status status = DV_OK;
    PGresult *sides[2] = {NULL, NULL};
    static const char *const schemas[] = {"public", DV_COMPARE_MADE};
    for (unsigned s = 0; s < 2; s++) {
        const char *const params[] = {model, schemas[s]};
        DV_TRY(dv_pg_query(comparison->pg, sql, 2, params, &sides[s], err));
    }
    const char *theirs = PQgetvalue(sides[0], 0, 0), *ours = PQgetvalue(sides[1], 0, 0);
    *differ = strcmp(theirs, ours) != 0;
    if (*differ)
        dv_buf_printf(&comparison->details, "%s, columns in PostgreSQL: %s\n%s, columns in drover: %s\n",
                      model, theirs, model, ours);
done:
    PQclear(sides[0]);
    PQclear(sides[1]);
    return status;
}

static enum dv_status count_rows(struct dv_pg *pg, const char *schema, const char *model, uint64_t *count,
                                 struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    dv_buf_printf(&sql, "SELECT count(*) FROM %s.", schema);
    dv_pg_quote_ident(&sql, model);
    enum dv_status status = dv_buf_check(&sql, err);
    if (status == DV_OK)
        status = dv_pg_query(pg, dv_buf_cstr(&sql), 0, NULL, &result, err);
    if (status == DV_OK)
        *count = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status rejected_rows(const struct dv_run *run, const char *model, uint64_t *count,
                                    struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    char *dir = dv_asprintf("%s/transform/%s", run->dir, model);
    if (dir == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_dataset_manifest_read(dir, &manifest, err);
    *count = manifest.tally.rejected;
    dv_dataset_manifest_release(&manifest);
    dv_free(dir);
    return status;
}

static void table_row(struct comparison *comparison, const char *model, uint64_t theirs, uint64_t ours,
                      const char *result)
{
    dv_table_row(&comparison->table);
    dv_table_text(&comparison->table, model);
    dv_table_number(&comparison->table, theirs);
    dv_table_number(&comparison->table, ours);
    dv_table_text(&comparison->table, result);
}

/* PostgreSQL cannot finish it: no difference where drover set such rows aside. Those behind it read drover's
 * rows. */
static enum dv_status failed_there(struct comparison *comparison, const char *model, const char *what,
                                   struct dv_err *err)
{
    uint64_t rejected = 0, ours = 0;
    enum dv_status status = DV_OK;
    DV_TRY(rejected_rows(&comparison->run, model, &rejected, err));
    DV_TRY(count_rows(comparison->pg, DV_COMPARE_MADE, model, &ours, err));
    struct dv_buf copy = {0};
    dv_buf_str(&copy, "CREATE TABLE public.");
    dv_pg_quote_ident(&copy, model);
    dv_buf_str(&copy, " AS TABLE " DV_COMPARE_MADE ".");
    dv_pg_quote_ident(&copy, model);
    status = dv_buf_check(&copy, err);
    if (status == DV_OK)
        status = dv_pg_exec(comparison->pg, dv_buf_cstr(&copy), err);
    dv_buf_release(&copy);
    if (status != DV_OK)
        goto done;
    dv_buf_printf(&comparison->details, "%s, PostgreSQL says: %s\n", model, what);
    table_row(comparison, model, 0, ours, rejected > 0 ? "not compared" : "fails in PostgreSQL");
    if (rejected > 0)
        comparison->not_compared++;
    else
        comparison->different++;
done:
    return status;
}

static enum dv_status compare_table(struct comparison *comparison, const char *model, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    uint64_t theirs = 0, ours = 0, rows = 0;
    bool columns = false;
    char result[40];
    DV_TRY(count_rows(comparison->pg, "public", model, &theirs, err));
    DV_TRY(count_rows(comparison->pg, DV_COMPARE_MADE, model, &ours, err));
    DV_TRY(differing_columns(comparison, model, &columns, err));
    DV_TRY(differing_rows(comparison, model, &rows, err));
    snprintf(result, sizeof result,
             rows > 0  ? "%" PRIu64 " rows differ"
             : columns ? "columns differ"
                       : "same",
             rows);
    table_row(comparison, model, theirs, ours, result);
    comparison->different += rows > 0 ? rows : columns ? 1 : 0;
done:
    return status;
}

static enum dv_status compare_model(struct comparison *comparison, unsigned index, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const char *model = dv_program_model_name(comparison->run.program, index);
    bool ephemeral = dv_program_model_ephemeral(comparison->run.program, index);
    struct dv_buf select = {0}, sql = {0};
    struct dv_err said = DV_ERR_INIT;
    DV_TRY(dv_compare_model_sql(&comparison->run, model, &select, err));
    dv_buf_str(&sql, ephemeral ? "CREATE VIEW public." : "CREATE UNLOGGED TABLE public.");
    dv_pg_quote_ident(&sql, model);
    dv_buf_str(&sql, " AS\n");
    dv_buf_append(&sql, select.data, select.len);
    DV_TRY(dv_buf_check(&sql, err));
    if (!ephemeral)
        DV_TRY(dv_compare_load(&comparison->run, comparison->pg, "transform", model, DV_COMPARE_MADE, err));
    status = dv_pg_exec(comparison->pg, dv_buf_cstr(&sql), &said);
    if (status == DV_FAILED && said.sqlstate[0] != '\0' && !ephemeral) {
        status = failed_there(comparison, model, said.message, err);
    } else if (status != DV_OK) {
        *err = said;
        dv_err_place(err, "compare", model, -1, -1);
    } else if (!ephemeral) {
        status = compare_table(comparison, model, err);
    }
done:
    dv_buf_release(&select);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status compare_all(struct comparison *comparison, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const struct dv_run *run = &comparison->run;
    static const char *const head[] = {"model", "PostgreSQL", "drover", "result"};
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(dv_compare_load(run, comparison->pg, "extract", run->inputs[i].extract->name, "public", err));
    DV_TRY(dv_pg_exec(comparison->pg, "ANALYZE", err));
    dv_table_row(&comparison->table);
    for (unsigned i = 0; i < sizeof head / sizeof head[0]; i++)
        dv_table_text(&comparison->table, head[i]);
    for (unsigned m = 0; m < dv_program_model_count(run->program); m++)
        DV_TRY(compare_model(comparison, m, err));
done:
    return status;
}

static enum dv_status verdict(struct comparison *comparison, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = dv_buf_check(&comparison->details, err);
    dv_buf_printf(out, "run %s of job %s, by PostgreSQL and by drover\n", comparison->run.id,
                  comparison->run.job.name);
    if (status == DV_OK)
        status = dv_table_write(&comparison->table, out, err);
    dv_buf_append(out, comparison->details.data, comparison->details.len);
    if (status != DV_OK || comparison->different == 0)
        return status;
    status = dv_fail(err, DV_EXIT_VERIFY, "PostgreSQL and drover do not agree on what the models give");
    dv_err_hint(
        err, "a model that leaves something to chance (ties in ORDER BY, random()) differs from run to run; "
             "else this is a bug of drover: report the model and the row");
    return status;
}

enum dv_status dv_compare(const struct dv_request *request, uint64_t samples, struct dv_buf *out,
                          struct dv_err *err)
{
    struct comparison comparison = {.samples = samples};
    struct dv_err ignored = DV_ERR_INIT;
    enum dv_status status = DV_OK;
    DV_TRY(open_run(&comparison.run, request, err));
    DV_TRY(make_database(&comparison, err));
    DV_TRY(compare_all(&comparison, err));
    status = verdict(&comparison, out, err);
done:
    dv_pg_close(comparison.pg);
    if (comparison.server != NULL && dv_buf_cstr(&comparison.database) != NULL &&
        drop_database(&comparison, &ignored) != DV_OK && status == DV_OK) {
        status = DV_FAILED;
        *err = ignored;
    }
    dv_pg_close(comparison.server);
    dv_buf_release(&comparison.database);
    dv_buf_release(&comparison.details);
    dv_table_release(&comparison.table);
    dv_run_close(&comparison.run);
    return status;
}
