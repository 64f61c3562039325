#include "jobs/scaffold.h"

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/run_parts.h"
#include "jobs/scaffold_parts.h"
#include "jobs/spec_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct scaffold {
    const struct dv_scaffold_request *request;
    const char *schema, *dir, *unfinished; /* unfinished: the folder until it is whole */
    struct dv_scaffold_catalog catalog;
    struct dv_buf text; /* of the file that is being written */
};

/* Writes text to FOLDER/NAME of the job, and empties it. */
static enum dv_status put(struct scaffold *scaffold, const char *folder, const char *name, struct dv_err *err)
{
    enum dv_status status = dv_buf_check(&scaffold->text, err);
    char *dir = dv_asprintf("%s%s%s", scaffold->unfinished, folder[0] != '\0' ? "/" : "", folder);
    char *path = dir != NULL ? dv_asprintf("%s/%s", dir, name) : NULL;
    if (status == DV_OK && path == NULL)
        status = dv_fail_memory(err);
    if (status == DV_OK)
        status = dv_file_make_dirs(dir, err);
    if (status == DV_OK)
        status = dv_file_publish(path, scaffold->text.data, scaffold->text.len, err);
    dv_buf_reset(&scaffold->text);
    dv_free(path);
    dv_free(dir);
    return status;
}

static void statements(struct dv_buf *out, const struct dv_scaffold_catalog *catalog,
                       enum dv_scaffold_list list)
{
    for (unsigned i = 0; i < catalog->sizes[list]; i++)
        dv_buf_printf(out, "%s;\n", catalog->lists[list][i]);
}

static enum dv_status write_tables(struct scaffold *scaffold, struct dv_err *err)
{
    struct dv_buf *out = &scaffold->text, quoted = {0};
    const struct dv_scaffold_catalog *catalog = &scaffold->catalog;
    enum dv_status status = DV_OK;
    dv_pg_quote_ident(&quoted, scaffold->request->name);
    const char *name = dv_buf_cstr(&quoted);
    DV_TRY(dv_buf_check(&quoted, err));
    dv_buf_printf(out,
                  "-- drover: phase=expand\n-- The tables, with what the load needs: keys and checks.\n"
                  "CREATE SCHEMA %s;\n",
                  name);
    for (unsigned i = 0; i < catalog->count; i++)
        dv_buf_printf(out, "\n%s", catalog->tables[i].create);
    DV_TRY(put(scaffold, "schema", "010_tables.up.sql", err));
    for (unsigned i = catalog->count; i > 0; i--)
        dv_buf_printf(out, "DROP TABLE %s;\n", catalog->tables[i - 1].target);
    dv_buf_printf(out, "DROP SCHEMA %s;\n", name);
    status = put(scaffold, "schema", "010_tables.down.sql", err);
done:
    dv_buf_release(&quoted);
    return status;
}

/* What is quicker to make once the rows are there. */
static enum dv_status write_later_steps(struct scaffold *scaffold, struct dv_err *err)
{
    static const struct {
        const char *name, *about;
        enum dv_scaffold_list up, down;
    } steps[] = {
        {"020_indexes", "Indexes, made when the rows are there.", DV_SCAFFOLD_INDEXES,
         DV_SCAFFOLD_DROPPED_INDEXES},
        {"030_foreign_keys", "Foreign keys: new rows are checked from here on.", DV_SCAFFOLD_NEW_KEYS,
         DV_SCAFFOLD_DROPPED_KEYS},
        {"040_validate", "The rows that are there are checked too.", DV_SCAFFOLD_KEYS, DV_SCAFFOLD_LISTS},
        {"050_sequences", "Numbers go on behind the highest that is there.", DV_SCAFFOLD_SEQUENCES,
         DV_SCAFFOLD_LISTS},
    };
    char file[64];
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (scaffold->catalog.sizes[steps[i].up] == 0)
            continue;
        dv_buf_printf(&scaffold->text, "-- drover: phase=index\n-- %s\n", steps[i].about);
        statements(&scaffold->text, &scaffold->catalog, steps[i].up);
        snprintf(file, sizeof file, "%s.up.sql", steps[i].name);
        enum dv_status status = put(scaffold, "schema", file, err);
        if (status != DV_OK)
            return status;
        if (steps[i].down == DV_SCAFFOLD_LISTS)
            dv_buf_str(&scaffold->text,
                       "-- Nothing is left of it once the steps before it are taken back.\n");
        else
            statements(&scaffold->text, &scaffold->catalog, steps[i].down);
        snprintf(file, sizeof file, "%s.down.sql", steps[i].name);
        status = put(scaffold, "schema", file, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status write_models(struct scaffold *scaffold, struct dv_err *err)
{
    char file[80];
    for (unsigned i = 0; i < scaffold->catalog.count; i++) {
        const struct dv_scaffold_table *table = &scaffold->catalog.tables[i];
        dv_buf_printf(&scaffold->text,
                      "-- %s as it is. What is to be different, change here.\nSELECT\n%s\n"
                      "FROM legacy_%s\n",
                      table->bare, table->columns, table->dataset);
        snprintf(file, sizeof file, "%s.sql", table->dataset);
        enum dv_status status = put(scaffold, "transform", file, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status write_checks(struct scaffold *scaffold, struct dv_err *err)
{
    const struct dv_scaffold_catalog *catalog = &scaffold->catalog;
    bool first = true;
    enum dv_status status = DV_OK;
    dv_buf_str(&scaffold->text, "-- A table that had rows when this job was made has some.\n"
                                "-- drover: severity=warning\n");
    for (unsigned i = 0; i < catalog->count; i++) {
        const struct dv_scaffold_table *table = &catalog->tables[i];
        if (!table->filled)
            continue;
        dv_buf_printf(&scaffold->text, "%sSELECT ", first ? "" : "UNION ALL\n");
        dv_pg_quote_literal(&scaffold->text, table->target);
        dv_buf_printf(&scaffold->text, " AS empty_table WHERE NOT EXISTS (SELECT FROM %s)\n", table->target);
        first = false;
    }
    if (!first)
        DV_TRY(put(scaffold, "verify", "010_tables_filled.sql", err));
    dv_buf_reset(&scaffold->text);
    if (catalog->sizes[DV_SCAFFOLD_BEHIND] > 0) {
        dv_buf_str(&scaffold->text, "-- No sequence is behind its column, or the next row made by the "
                                    "application would collide.\n-- The statements of "
                                    "schema/050_sequences.up.sql bring them up.\n"
                                    "-- drover: severity=warning\n");
        for (unsigned i = 0; i < catalog->sizes[DV_SCAFFOLD_BEHIND]; i++)
            dv_buf_printf(&scaffold->text, "%s%s\n", i == 0 ? "" : "UNION ALL\n",
                          catalog->lists[DV_SCAFFOLD_BEHIND][i]);
        status = put(scaffold, "verify", "020_sequences.sql", err);
    }
done:
    return status;
}

static json_t *load_entry(const struct dv_scaffold_table *table)
{
    bool keyed = json_array_size(table->key) > 0;
    json_t *entry = json_pack("{s:s, s:s, s:s}", "dataset", table->dataset, "table", table->target, "mode",
                              keyed ? "upsert" : "insert");
    if (entry != NULL && keyed && json_object_set(entry, "key", table->key) != 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

static enum dv_status write_job(struct scaffold *scaffold, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *text = NULL;
    char name[80];
    json_t *extract = json_object(), *load = json_array();
    json_t *job = json_pack("{s:s, s:s+, s:s, s:O, s:O}", "name", scaffold->request->name, "description",
                            "The tables of schema ", scaffold->schema, "max_rejects", "1%", "extract",
                            extract, "load", load);
    bool good = job != NULL;
    for (unsigned i = 0; i < scaffold->catalog.count && good; i++) {
        const struct dv_scaffold_table *table = &scaffold->catalog.tables[i];
        snprintf(name, sizeof name, "legacy_%s", table->dataset);
        good = json_object_set_new(extract, name, json_pack("{s:s}", "table", table->source)) == 0 &&
               json_array_append_new(load, load_entry(table)) == 0;
    }
    if (good)
        text = json_dumps(job, JSON_INDENT(2));
    if (text == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    dv_buf_printf(&scaffold->text, "%s\n", text);
    status = put(scaffold, "", "job.json", err);
done:
    dv_free(text);
    json_decref(extract);
    json_decref(load);
    json_decref(job);
    return status;
}

/* What the user has to know: appended to both the README and what the command says. */
static void remarks(const struct scaffold *scaffold, const char *bullet, struct dv_buf *out)
{
    const struct dv_scaffold_catalog *catalog = &scaffold->catalog;
    for (unsigned i = 0; i < catalog->count; i++)
        if (json_array_size(catalog->tables[i].key) == 0)
            dv_buf_printf(
                out, "%s%s has no key: every run adds its rows again; give it a key, or clear it before\n",
                bullet, catalog->tables[i].bare);
    for (unsigned i = 0; i < catalog->sizes[DV_SCAFFOLD_LEFT_OUT]; i++)
        dv_buf_printf(out, "%snot taken along: %s\n", bullet, catalog->lists[DV_SCAFFOLD_LEFT_OUT][i]);
}

static void commands(const struct scaffold *scaffold, const char *uri, struct dv_buf *out)
{
    static const char *const verbs[] = {"check", "plan", "run"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        dv_buf_printf(out, "    drover %s %s --source '%s' --target URI\n", verbs[i], scaffold->dir, uri);
}

static enum dv_status write_readme(struct scaffold *scaffold, const char *uri, struct dv_err *err)
{
    struct dv_buf *out = &scaffold->text;
    const char *name = scaffold->request->name;
    dv_buf_printf(out, "# %s\n\nCopies %u tables of schema %s into schema %s, as they are.\n\n", name,
                  scaffold->catalog.count, scaffold->schema, name);
    commands(scaffold, uri, out);
    dv_buf_str(
        out,
        "\n| Folder | What it holds |\n|---|---|\n"
        "| `job.json` | what is read and loaded |\n"
        "| `transform/` | the models: one SELECT a table; what is to be different is changed there |\n"
        "| `schema/` | the new tables (before the load), indexes and keys (after it), and the way back |\n"
        "| `verify/` | the checks: each returns the rows that are wrong |\n");
    size_t before = out->len;
    dv_buf_str(out, "\n## What to look at\n\n");
    size_t head = out->len;
    remarks(scaffold, "- ", out);
    if (out->len == head)
        out->len = before;
    return put(scaffold, "", "README.md", err);
}

static enum dv_status write_all(struct scaffold *scaffold, const char *uri, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(dv_file_make_dirs(scaffold->unfinished, err));
    DV_TRY(write_tables(scaffold, err));
    DV_TRY(write_later_steps(scaffold, err));
    DV_TRY(write_models(scaffold, err));
    DV_TRY(write_checks(scaffold, err));
    DV_TRY(write_readme(scaffold, uri, err));
    DV_TRY(write_job(scaffold, err));
    if (rename(scaffold->unfinished, scaffold->dir) != 0)
        status = dv_fail_os(err, errno, "cannot rename %s to %s", scaffold->unfinished, scaffold->dir);
done:
    if (status != DV_OK) {
        struct dv_err ignored = DV_ERR_INIT;
        (void)!dv_file_remove_tree(scaffold->unfinished, &ignored);
    }
    return status;
}

/* The schema that tables come from must be there, and the one that they go to must not. */
static enum dv_status check_schemas(struct dv_pg *pg, const struct scaffold *scaffold, struct dv_err *err)
{
    static const char sql[] = "SELECT to_regnamespace(quote_ident($1)) IS NOT NULL, "
                              "to_regnamespace(quote_ident($2)) IS NOT NULL";
    const char *params[] = {scaffold->schema, scaffold->request->name};
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(pg, sql, 2, params, &result, err);
    if (status != DV_OK)
        return status;
    if (PQgetvalue(result, 0, 0)[0] != 't') {
        status = dv_fail(err, DV_EXIT_USAGE, "there is no schema %s", params[0]);
        dv_err_hint(err, "name the schema of your tables with --schema");
    } else if (PQgetvalue(result, 0, 1)[0] == 't') {
        status = dv_fail(err, DV_EXIT_USAGE, "that database has a schema %s already", params[1]);
        dv_err_hint(err, "the job makes a schema of its own name: give the job another one");
    }
    PQclear(result);
    return status;
}

static enum dv_status read_catalog(struct scaffold *scaffold, const char *uri, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_pg *pg = NULL;
    DV_TRY(dv_pg_open(&pg, uri, "drover/new", err));
    DV_TRY(check_schemas(pg, scaffold, err));
    /* Without a search path the catalog's functions qualify what they name. */
    DV_TRY(
        dv_pg_exec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''", err));
    DV_TRY(dv_scaffold_read(pg, scaffold->schema, scaffold->request->name, scaffold->request->tables,
                            &scaffold->catalog, err));
    DV_TRY(dv_pg_exec(pg, "COMMIT", err));
    if (scaffold->catalog.count == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "schema %s has no tables", scaffold->schema);
        dv_err_hint(err, "name the schema of your tables with --schema");
    }
done:
    dv_pg_close(pg);
    return status;
}

/* The folder appears by being renamed; neither it nor what it is called before may be somebody's. */
static enum dv_status check_free(const char *dir, struct dv_err *err)
{
    bool there = false;
    enum dv_status status = dv_file_look(dir, &there, err);
    if (status != DV_OK || !there)
        return status;
    status = dv_fail(err, DV_EXIT_USAGE, "%s is there already", dir);
    dv_err_hint(err, "name another folder with --out, or move that one away");
    return status;
}

static enum dv_status check_request(const struct scaffold *scaffold, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(dv_spec_name(scaffold->request->name, "the job's name", err));
    if (strncmp(scaffold->request->name, "pg_", 3) == 0 || strcmp(scaffold->request->name, "drover") == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "a schema cannot be called %s", scaffold->request->name);
        dv_err_hint(err, "the job makes a schema of its own name: give the job another one");
        goto done;
    }
    DV_TRY(check_free(scaffold->dir, err));
    status = check_free(scaffold->unfinished, err);
done:
    return status;
}

enum dv_status dv_scaffold(const struct dv_scaffold_request *request, struct dv_buf *out, struct dv_err *err)
{
    struct scaffold scaffold = {.request = request, .schema = "public", .dir = request->name};
    struct dv_arena arena = {0};
    const char *uri = request->uri, *safe = NULL;
    enum dv_status status = DV_OK;
    dv_json_prepare();
    if (request->schema != NULL)
        scaffold.schema = request->schema;
    if (request->dir != NULL)
        scaffold.dir = request->dir;
    scaffold.unfinished = dv_arena_printf(&arena, "%s.tmp", scaffold.dir);
    if (scaffold.unfinished == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(check_request(&scaffold, err));
    DV_TRY(dv_run_resolve_uri(request->work, request->uri, &arena, &uri, err));
    DV_TRY(dv_run_safe_uri(&arena, request->uri, &safe, err));
    DV_TRY(read_catalog(&scaffold, uri, err));
    DV_TRY(write_all(&scaffold, safe, err));
    dv_buf_printf(out, "made %s: %u tables of schema %s become schema %s\n", scaffold.dir,
                  scaffold.catalog.count, scaffold.schema, request->name);
    remarks(&scaffold, "  ", out);
    dv_buf_str(out, "\nnext:\n");
    commands(&scaffold, safe, out);
    status = dv_buf_check(out, err);
done:
    dv_scaffold_release(&scaffold.catalog);
    dv_buf_release(&scaffold.text);
    dv_arena_release(&arena);
    return status;
}
