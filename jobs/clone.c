#include "jobs/clone.h"

#include "core/alloc.h"
#include "core/child.h"
#include "core/file.h"
#include "core/sandbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "drover_dry_run_"

/* Every table with rows, its size, and whether it is wanted: one that was named ($1), one that a wanted one
 * refers to, or a part of such a one. Of drover's own tables those that say which schema steps are applied.
 */
static const char tables_sql[] =
    "WITH RECURSIVE wanted(oid) AS ("
    "SELECT pg_catalog.to_regclass(name)::oid FROM unnest($1::text[]) name "
    "UNION SELECT next.oid FROM wanted w JOIN LATERAL ("
    "SELECT confrelid AS oid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid = w.oid "
    "UNION ALL SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = w.oid) next ON true) "
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_table_size(c.oid), "
    "c.oid IN (SELECT oid FROM wanted WHERE oid IS NOT NULL), n.nspname = 'drover', "
    "n.nspname = 'drover' AND (c.relname = 'meta' OR c.relname LIKE 'schema%') "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
    "AND n.nspname <> 'information_schema' ORDER BY 1";

/* What pg_dump is told: grows by the tables that are left empty. */
struct words {
    char **words;
    size_t count, capacity;
    struct dv_arena *arena;
};

static enum dv_status add_word(struct words *list, const char *word, struct dv_err *err)
{
    if (list->count + 1 >= list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 32;
        char **words = dv_realloc_array(list->words, capacity, sizeof *words);
        if (words == NULL)
            return dv_fail_memory(err);
        list->words = words;
        list->capacity = capacity;
    }
    list->words[list->count] = dv_arena_strdup(list->arena, word);
    if (list->words[list->count] == NULL)
        return dv_fail_memory(err);
    list->words[++list->count] = NULL;
    return DV_OK;
}

static enum dv_status name_array(const char *const *tables, unsigned count, struct dv_buf *out,
                                 struct dv_err *err)
{
    struct dv_buf name = {0};
    enum dv_status status = DV_OK;
    dv_buf_byte(out, '{');
    for (unsigned i = 0; i < count && status == DV_OK; i++) {
        dv_buf_reset(&name);
        status = dv_pg_quote_table(&name, tables[i], err);
        if (status != DV_OK)
            break;
        dv_buf_str(out, i > 0 ? ",\"" : "\"");
        for (size_t k = 0; k < name.len; k++) {
            if (name.data[k] == '"' || name.data[k] == '\\')
                dv_buf_byte(out, '\\');
            dv_buf_byte(out, name.data[k]);
        }
        dv_buf_byte(out, '"');
    }
    dv_buf_byte(out, '}');
    (void)dv_buf_cstr(out);
    dv_buf_release(&name);
    return status == DV_OK ? dv_buf_check(out, err) : status;
}

static enum dv_status too_large(uint64_t bytes, struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE,
                                    "the tables that the job works with hold %" PRIu64
                                    " MiB, and a dry run copies %" PRIu64 " MiB at most",
                                    bytes >> 20, DV_CLONE_LIMIT >> 20);
    dv_err_hint(err, "restore a backup of the target somewhere, and run the job on that");
    return status;
}

static bool truth(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

/* Tables whose rows are not copied go to the words; the sizes of the others add up in clone->bytes. */
static enum dv_status choose_rows(struct dv_clone *clone, struct dv_pg *pg, const char *const *tables,
                                  unsigned count, struct words *words, struct dv_err *err)
{
    struct dv_buf names = {0}, word = {0};
    PGresult *result = NULL;
    uint64_t all = 0, wanted = 0;
    enum dv_status status;
    DV_TRY(name_array(tables, count, &names, err));
    const char *params[] = {names.data};
    DV_TRY(dv_pg_query(pg, tables_sql, 1, params, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t size = strtoull(PQgetvalue(result, i, 1), NULL, 10);
        all += truth(result, i, 3) ? 0 : size;
        wanted += truth(result, i, 2) ? size : 0;
    }
    bool copy_all = all <= DV_CLONE_LIMIT;
    clone->bytes = copy_all ? all : wanted;
    if (!copy_all && wanted > DV_CLONE_LIMIT) {
        status = too_large(wanted, err);
        goto done;
    }
    for (int i = 0; i < PQntuples(result); i++) {
        bool own = truth(result, i, 3);
        if (own ? truth(result, i, 4) : copy_all || truth(result, i, 2))
            continue;
        clone->left_empty += !own;
        dv_buf_reset(&word);
        dv_buf_printf(&word, "--exclude-table-data=%s", PQgetvalue(result, i, 0));
        if (dv_buf_cstr(&word) == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
        DV_TRY(add_word(words, word.data, err));
    }
done:
    PQclear(result);
    dv_buf_release(&names);
    dv_buf_release(&word);
    return status;
}

/* "PGPASSWORD=…" where the URI holds one: it must not stand in argv. */
static enum dv_status password_of(const char *uri, struct dv_arena *arena, char **out, struct dv_err *err)
{
    PQconninfoOption *options =
        strchr(uri, '=') != NULL || strstr(uri, "://") != NULL ? PQconninfoParse(uri, NULL) : NULL;
    enum dv_status status = DV_OK;
    *out = NULL;
    for (const PQconninfoOption *at = options; at != NULL && at->keyword != NULL; at++) {
        if (strcmp(at->keyword, "password") != 0 || at->val == NULL)
            continue;
        *out = dv_arena_printf(arena, "PGPASSWORD=%s", at->val);
        if (*out == NULL)
            status = dv_fail_memory(err);
    }
    PQconninfoFree(options);
    return status;
}

/* PROGRAM of PostgreSQL, with OPTIONS. */
static enum dv_status run_program(const char *program, struct words *words, char *password, const char *dir,
                                  struct dv_err *err)
{
    struct dv_buf path = {0};
    char name[] = "PGAPPNAME=drover/dry-run";
    char *const set[] = {name, password, NULL};
    enum dv_status status;
    const char *log = dv_arena_printf(words->arena, "%s/%s.log", dir, program);
    DV_TRY(dv_sandbox_binaries(0, &path, err));
    dv_buf_printf(&path, "/%s", program);
    if (dv_buf_cstr(&path) == NULL || log == NULL || words->count == 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    words->words[0] = path.data;
    DV_TRY(dv_child_run(words->words, set, log, err));
    (void)unlink(log);
done:
    dv_buf_release(&path);
    return status;
}

static enum dv_status dump(struct dv_clone *clone, const char *target, const char *const *tables,
                           unsigned count, const char *dir, const char *file, struct dv_arena *arena,
                           struct dv_err *err)
{
    static const char *const options[] = {"pg_dump",
                                          "--format=custom",
                                          "--compress=1",
                                          "--no-owner",
                                          "--no-privileges",
                                          "--no-publications",
                                          "--no-subscriptions",
                                          "--no-security-labels",
                                          "--no-tablespaces",
                                          "--lock-wait-timeout=10s",
                                          NULL};
    struct words words = {.arena = arena};
    struct dv_buf word = {0};
    struct dv_pg *pg = NULL;
    char *password = NULL;
    enum dv_status status = DV_OK;
    for (size_t i = 0; options[i] != NULL; i++)
        DV_TRY(add_word(&words, options[i], err));
    DV_TRY(dv_pg_open(&pg, target, "drover/dry-run", err));
    DV_TRY(choose_rows(clone, pg, tables, count, &words, err));
    DV_TRY(password_of(target, arena, &password, err));
    dv_buf_printf(&word, "--file=%s", file);
    if (dv_buf_cstr(&word) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(add_word(&words, word.data, err));
    dv_buf_reset(&word);
    dv_buf_str(&word, "--dbname=");
    dv_pg_safe_uri(&word, target);
    if (dv_buf_cstr(&word) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(add_word(&words, word.data, err));
    status = run_program("pg_dump", &words, password, dir, err);
    if (status != DV_OK && err->code == DV_EXIT_FAULT && err->hint[0] == '\0')
        dv_err_hint(err, "a dry run copies the target with pg_dump: its version must not be older than the "
                         "server's, and the user must be allowed to read every table");
done:
    dv_pg_close(pg);
    dv_buf_release(&word);
    dv_free(words.words);
    return status;
}

static enum dv_status restore(const struct dv_clone *clone, const char *dir, const char *file,
                              struct dv_arena *arena, struct dv_err *err)
{
    const char *dbname = dv_arena_printf(arena, "--dbname=%s", clone->uri);
    const char *const options[] = {
        "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--jobs=2", dbname, file};
    struct words words = {.arena = arena};
    enum dv_status status = DV_OK;
    if (dbname == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        DV_TRY(add_word(&words, options[i], err));
    status = run_program("pg_restore", &words, NULL, dir, err);
    if (status != DV_OK && err->code == DV_EXIT_FAULT)
        dv_err_hint(err, "what the target's schema needs (extensions, roles in policies) must be there on "
                         "this machine too; or restore a backup somewhere, and run the job on that");
done:
    dv_free(words.words);
    return status;
}

/* Copies that killed processes left: nobody works on them, because dry runs keep each other out. */
static enum dv_status drop_old(struct dv_pg *pg, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, "SELECT datname FROM pg_database WHERE datname ~ '^" PREFIX "[0-9]+$'", 0, NULL,
                       &result, err));
    for (int i = 0; i < PQntuples(result) && status == DV_OK; i++)
        status = dv_pg_execf(pg, err, "DROP DATABASE IF EXISTS %s WITH (FORCE)", PQgetvalue(result, i, 0));
done:
    PQclear(result);
    return status;
}

static enum dv_status make_database(struct dv_clone *clone, const char *work, struct dv_arena *arena,
                                    struct dv_err *err)
{
    struct dv_buf url = {0};
    bool running = false;
    enum dv_status status;
    clone->server = dv_arena_printf(arena, "%s/sandbox", work);
    if (clone->server == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_make_dirs(clone->server, err));
    DV_TRY(dv_sandbox_running(clone->server, &running, err));
    DV_TRY(dv_sandbox_start(clone->server, 0, err));
    clone->started = !running;
    DV_TRY(dv_sandbox_url(clone->server, &url, err));
    if (dv_buf_cstr(&url) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_pg_open(&clone->pg, url.data, "drover/dry-run", err));
    DV_TRY(drop_old(clone->pg, err));
    (void)snprintf(clone->database, sizeof clone->database, PREFIX "%ld", (long)getpid());
    DV_TRY(dv_pg_execf(clone->pg, err, "CREATE DATABASE %s TEMPLATE template0", clone->database));
    clone->uri = dv_arena_printf(arena, "%s dbname='%s'", url.data, clone->database);
    if (clone->uri == NULL)
        status = dv_fail_memory(err);
done:
    dv_buf_release(&url);
    return status;
}

enum dv_status dv_clone_make(struct dv_clone *clone, const char *work, const char *dir, const char *target,
                             const char *const *tables, unsigned count, struct dv_arena *arena,
                             struct dv_err *err)
{
    enum dv_status status;
    const char *file = dv_arena_printf(arena, "%s/copy.dump", dir);
    *clone = (struct dv_clone){0};
    if (file == NULL)
        return dv_fail_memory(err);
    DV_TRY(make_database(clone, work, arena, err));
    DV_TRY(dump(clone, target, tables, count, dir, file, arena, err));
    status = restore(clone, dir, file, arena, err);
done:
    (void)unlink(file);
    if (status != DV_OK)
        dv_clone_drop(clone);
    return status;
}

void dv_clone_drop(struct dv_clone *clone)
{
    struct dv_err ignored = DV_ERR_INIT; /* what stays is dropped by the next dry run */
    if (clone->pg != NULL && clone->database[0] != '\0' &&
        dv_pg_execf(clone->pg, &ignored, "DROP DATABASE IF EXISTS %s WITH (FORCE)", clone->database) == DV_OK)
        clone->database[0] = '\0';
    dv_pg_close(clone->pg);
    clone->pg = NULL;
    if (clone->started && dv_sandbox_stop(clone->server, &ignored) == DV_OK)
        clone->started = false;
}
