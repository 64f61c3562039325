#include "load/index_sql.h"

#include "core/alloc.h"
#include "load/sql_token.h"

/* A name, owned; NULL where there is none, or no memory (and *failed set). */
static char *take_name(const char **at, bool bare, bool *failed)
{
    struct dv_buf out = {0};
    struct dv_sql_token token;
    const char *behind = *at;
    if (!bare && !dv_sql_qualified(at, &out, &token))
        return NULL;
    if (bare) {
        token = dv_sql_next(&behind);
        if (!dv_sql_is_name(&token))
            return NULL;
        *at = behind;
        dv_sql_name(&out, &token);
    }
    char *name = dv_buf_steal(&out);
    *failed = *failed || name == NULL;
    return name;
}

/* Behind CREATE [UNIQUE] INDEX CONCURRENTLY. */
static bool parse_create(const char *at, struct dv_index_sql *out, bool *failed)
{
    (void)dv_sql_accept(&at, "if not exists");
    if (!dv_sql_accept(&at, "on")) {
        out->index = take_name(&at, true, failed);
        if (out->index == NULL || !dv_sql_accept(&at, "on"))
            return false;
    }
    (void)dv_sql_accept(&at, "only");
    out->table = take_name(&at, false, failed);
    return out->table != NULL;
}

/* Behind REINDEX: [(options)] INDEX | TABLE | SCHEMA | DATABASE | SYSTEM [CONCURRENTLY] name */
static bool parse_reindex(const char *at, struct dv_index_sql *out, bool *failed)
{
    static const struct {
        const char *word;
        enum dv_index_scope scope;
    } scopes[] = {{"index", DV_INDEX_ONE},
                  {"table", DV_INDEX_TABLE},
                  {"schema", DV_INDEX_SCHEMA},
                  {"database", DV_INDEX_DATABASE}};
    const char *behind = at;
    bool concurrently = false, off = false;
    struct dv_sql_token token = dv_sql_next(&behind);
    if (dv_sql_symbol(&token, '(')) {
        do {
            token = dv_sql_next(&behind);
            if (dv_sql_is(&token, "concurrently")) {
                concurrently = true;
                off = dv_sql_accept(&behind, "false") || dv_sql_accept(&behind, "off");
            }
        } while (token.kind != DV_SQL_END && !dv_sql_symbol(&token, ')'));
        at = behind;
    }
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        if (!dv_sql_accept(&at, scopes[i].word))
            continue;
        concurrently = dv_sql_accept(&at, "concurrently") || (concurrently && !off);
        out->scope = scopes[i].scope;
        if (out->scope == DV_INDEX_ONE)
            out->index = take_name(&at, false, failed);
        else
            out->table = take_name(&at, out->scope == DV_INDEX_SCHEMA, failed);
        return concurrently && (out->index != NULL || out->table != NULL || out->scope == DV_INDEX_DATABASE);
    }
    return false;
}

/* Behind DROP INDEX CONCURRENTLY, which takes one name only. */
static bool parse_drop(const char *at, struct dv_index_sql *out, bool *failed)
{
    (void)dv_sql_accept(&at, "if exists");
    out->index = take_name(&at, false, failed);
    return out->index != NULL;
}

enum dv_status dv_index_sql_parse(const char *sql, struct dv_index_sql *out, struct dv_err *err)
{
    const char *at = sql;
    bool found = false, failed = false;
    *out = (struct dv_index_sql){0};
    if (dv_sql_accept(&at, "create index concurrently") ||
        dv_sql_accept(&at, "create unique index concurrently")) {
        found = parse_create(at, out, &failed);
        out->verb = DV_INDEX_CREATE;
    } else if (dv_sql_accept(&at, "reindex")) {
        found = parse_reindex(at, out, &failed);
        out->verb = DV_INDEX_REINDEX;
    } else if (dv_sql_accept(&at, "drop index concurrently")) {
        found = parse_drop(at, out, &failed);
        out->verb = DV_INDEX_DROP;
    }
    if (!found)
        dv_index_sql_release(out);
    return failed ? dv_fail_memory(err) : DV_OK;
}

void dv_index_sql_release(struct dv_index_sql *parsed)
{
    dv_free(parsed->index);
    dv_free(parsed->table);
    *parsed = (struct dv_index_sql){0};
}
