#include "load/unique_key.h"

#include "core/alloc.h"
#include "load/mode.h"
#include "load/sql_token.h"

#include <stdlib.h>
#include <string.h>

static const char indexes_sql[] =
    "SELECT format('the unique index %s', i.indexrelid::regclass), (SELECT "
    "string_agg(pg_get_indexdef(i.indexrelid, k, "
    "true), ', ' ORDER BY k) FROM generate_series(1, i.indnkeyatts) k), pg_get_expr(i.indpred, i.indrelid), "
    "coalesce(to_jsonb(i)->>'indnullsnotdistinct', 'false') FROM pg_index i WHERE i.indrelid = "
    "to_regclass($1) AND "
    "i.indisunique AND i.indisvalid ORDER BY i.indexrelid::regclass::text";

/* Types whose values are equal exactly where their text is. */
static const char exact_sql[] =
    "SELECT a.attname FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation WHERE "
    "a.attrelid = "
    "to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = ANY (ARRAY['int2', 'int4', "
    "'int8', "
    "'text', 'varchar', 'uuid', 'date', 'timestamp', 'timestamptz', 'bool', 'bytea']::regtype[]) AND "
    "(a.atttypmod = -1 "
    "OR a.atttypid = 'varchar'::regtype) AND coalesce(c.collisdeterministic, true)";

struct finder {
    struct dv_pg *pg;
    const struct dv_load_table *table;
    const struct dv_column *dataset;
    PGresult *exact_names;
    struct dv_unique_keys *out;
};

static void release_key(struct dv_unique_key *key)
{
    dv_free(key->label);
    dv_free(key->elements);
    dv_free(key->condition);
    dv_free(key->columns);
}

void dv_unique_keys_release(struct dv_unique_keys *keys)
{
    for (unsigned i = 0; i < keys->count; i++)
        release_key(&keys->list[i]);
    dv_free(keys->list);
    *keys = (struct dv_unique_keys){0};
}

static bool loaded_column(const struct dv_load_table *table, const char *name, unsigned *place)
{
    for (*place = 0; *place < table->column_count; ++*place)
        if (strcmp(table->columns[*place].name, name) == 0)
            return true;
    return false;
}

static bool exact_column(const struct finder *finder, unsigned place)
{
    const struct dv_load_column *column = &finder->table->columns[place];
    const struct dv_type *from = &finder->dataset[column->source].type;
    struct dv_type to;
    struct dv_err ignored = DV_ERR_INIT;
    if (dv_type_parse(column->type, strlen(column->type), &to, &ignored) != DV_OK)
        return false;
    bool same = from->id == to.id || ((from->id == DV_TYPE_TEXT || from->id == DV_TYPE_VARCHAR) &&
                                      (to.id == DV_TYPE_TEXT || to.id == DV_TYPE_VARCHAR));
    for (int row = 0; same && row < PQntuples(finder->exact_names); row++)
        if (strcmp(PQgetvalue(finder->exact_names, row, 0), column->name) == 0)
            return true;
    return false;
}

/* DESC, NULLS FIRST and the like say nothing about equality. */
static void skip_order(const char **at)
{
    static const char *const words[] = {"asc", "desc", "nulls first", "nulls last"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        (void)dv_sql_accept(at, words[i]);
}

/* "column IS NOT NULL" about a column of the key leaves out no row that could be there twice. */
static bool condition_is_idle(const struct finder *finder, const struct dv_unique_key *key)
{
    struct dv_buf name = {0};
    const char *at = key->condition;
    bool idle = false;
    unsigned place = 0;
    struct dv_sql_token token = dv_sql_next(&at);
    while (dv_sql_symbol(&token, '('))
        token = dv_sql_next(&at);
    if (!dv_sql_is_name(&token) || !dv_sql_accept(&at, "is not null"))
        return false;
    dv_sql_name(&name, &token);
    token = dv_sql_next(&at);
    while (dv_sql_symbol(&token, ')'))
        token = dv_sql_next(&at);
    if (token.kind == DV_SQL_END && dv_buf_cstr(&name) != NULL &&
        loaded_column(finder->table, name.data, &place))
        for (unsigned i = 0; i < key->column_count; i++)
            idle = idle || key->columns[i] == place;
    dv_buf_release(&name);
    return idle;
}

/* Reads the elements: fills in columns where they are nothing else. *wanted false where one is not loaded. */
static enum dv_status read_elements(const struct finder *finder, struct dv_unique_key *key, bool *wanted,
                                    struct dv_err *err)
{
    const char *at = key->elements;
    enum dv_status status = DV_OK;
    struct dv_buf name = {0};
    key->columns = dv_calloc((size_t)finder->table->column_count + 1, sizeof *key->columns);
    if (key->columns == NULL)
        return dv_fail_memory(err);
    key->exact = !key->nulls_equal;
    *wanted = true;
    for (;;) {
        unsigned place;
        struct dv_sql_token token = dv_sql_next(&at);
        skip_order(&at);
        const char *behind = at;
        struct dv_sql_token comma = dv_sql_next(&behind);
        if (!dv_sql_is_name(&token) || (comma.kind != DV_SQL_END && !dv_sql_symbol(&comma, ','))) {
            key->exact = false; /* an expression: the server tells */
            break;
        }
        dv_buf_reset(&name);
        dv_sql_name(&name, &token);
        DV_TRY(dv_sql_done(&name, err));
        if (!loaded_column(finder->table, name.data, &place)) {
            *wanted = false;
            break;
        }
        key->exact = key->exact && exact_column(finder, place);
        if (key->column_count < finder->table->column_count)
            key->columns[key->column_count++] = place;
        if (comma.kind == DV_SQL_END)
            break;
        at = behind;
    }
done:
    dv_buf_release(&name);
    return status;
}

/* So that the keys of several steps on one table are hashed alike. */
static int by_name(const void *a, const void *b, void *table)
{
    const struct dv_load_column *columns = ((const struct dv_load_table *)table)->columns;
    return strcmp(columns[*(const unsigned *)a].name, columns[*(const unsigned *)b].name);
}

static bool same_key(const struct dv_unique_key *a, const struct dv_unique_key *b)
{
    if (!a->exact || !b->exact)
        return strcmp(a->elements, b->elements) == 0 && strcmp(a->condition != NULL ? a->condition : "",
                                                               b->condition != NULL ? b->condition : "") == 0;
    return a->column_count == b->column_count &&
           memcmp(a->columns, b->columns, a->column_count * sizeof *a->columns) == 0;
}

/* Consumes the key. */
static enum dv_status add_key(struct finder *finder, struct dv_unique_key *key, struct dv_err *err)
{
    struct dv_unique_keys *out = finder->out;
    bool wanted = false;
    enum dv_status status = DV_OK;
    if (key->label == NULL || key->elements == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(read_elements(finder, key, &wanted, err));
    if (key->exact && key->condition != NULL)
        key->exact = condition_is_idle(finder, key);
    if (key->column_count > 1)
        qsort_r(key->columns, key->column_count, sizeof *key->columns, by_name,
                (void *)(uintptr_t)finder->table);
    for (unsigned i = 0; wanted && i < out->count; i++) {
        wanted = !same_key(&out->list[i], key);
        out->list[i].planned = out->list[i].planned || (!wanted && key->planned);
        out->list[i].own = out->list[i].own || (!wanted && key->own);
    }
    if (!wanted)
        goto done;
    struct dv_unique_key *list = dv_realloc_array(out->list, (size_t)out->count + 1, sizeof *list);
    if (list == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    out->list = list;
    list[out->count++] = *key;
    return DV_OK;
done:
    release_key(key);
    return status;
}

static enum dv_status add_existing(struct finder *finder, struct dv_err *err)
{
    const char *params[] = {finder->table->quoted};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(finder->pg, indexes_sql, 1, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        struct dv_unique_key key = {
            .label = dv_strdup(PQgetvalue(result, row, 0)),
            .elements = dv_strdup(PQgetvalue(result, row, 1)),
            .condition = PQgetisnull(result, row, 2) ? NULL : dv_strdup(PQgetvalue(result, row, 2)),
            .nulls_equal = strcmp(PQgetvalue(result, row, 3), "true") == 0,
            .enforced = true};
        DV_TRY(add_key(finder, &key, err));
    }
done:
    PQclear(result);
    return status;
}

static enum dv_status add_own(struct finder *finder, struct dv_err *err)
{
    struct dv_buf elements = {0};
    if (finder->table->key_count == 0)
        return DV_OK;
    dv_sql_keys(&elements, finder->table, "");
    struct dv_unique_key key = {.label = dv_asprintf("the key of load step %s", finder->table->spec->step),
                                .elements = dv_buf_steal(&elements),
                                .enforced = !finder->table->mode->inserts,
                                .own = true};
    return add_key(finder, &key, err);
}

static enum dv_status add_planned(struct finder *finder, const struct dv_planned_key *planned,
                                  struct dv_err *err)
{
    const char *params[] = {planned->table, finder->table->quoted};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(finder->pg, "SELECT coalesce(to_regclass($1) = to_regclass($2), false)", 2, params,
                       &result, err));
    if (PQgetvalue(result, 0, 0)[0] != 't')
        goto done;
    struct dv_unique_key key = {
        .label =
            dv_asprintf("the unique index%s%s that schema step %s makes", planned->name != NULL ? " " : "",
                        planned->name != NULL ? planned->name : "", planned->step),
        .elements = dv_strdup(planned->elements),
        .condition = planned->condition != NULL ? dv_strdup(planned->condition) : NULL,
        .nulls_equal = planned->nulls_equal,
        .planned = true};
    status = add_key(finder, &key, err);
done:
    PQclear(result);
    return status;
}

enum dv_status dv_unique_keys_find(struct dv_pg *pg, const struct dv_load_table *table,
                                   const struct dv_column *dataset, const struct dv_step_sql *planned,
                                   struct dv_unique_keys *out, struct dv_err *err)
{
    struct finder finder = {.pg = pg, .table = table, .dataset = dataset, .out = out};
    const char *params[] = {table->quoted};
    enum dv_status status;
    *out = (struct dv_unique_keys){0};
    DV_TRY(dv_pg_query(pg, exact_sql, 1, params, &finder.exact_names, err));
    DV_TRY(add_existing(&finder, err));
    DV_TRY(add_own(&finder, err));
    for (unsigned i = 0; i < planned->key_count; i++)
        DV_TRY(add_planned(&finder, &planned->keys[i], err));
done:
    PQclear(finder.exact_names);
    if (status != DV_OK)
        dv_unique_keys_release(out);
    return status;
}
