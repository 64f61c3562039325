#include "load/table.h"

#include "core/alloc.h"
#include "load/mode.h"

#include <string.h>

/* One row a column of the table. eq: the type, or what it is made of, has a btree equality of its own or by
 * an implicit binary cast. */
static const char catalog_sql[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, a.atttypmod) || "
    "  CASE WHEN a.attcollation <> ty.typcollation AND a.attcollation <> 0 "
    "    THEN (SELECT format(' COLLATE %I.%I', n.nspname, c.collname) FROM pg_collation c "
    "          JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation) ELSE '' END, "
    "  a.attnotnull, a.attgenerated <> '', a.atthasdef OR a.attidentity <> '', "
    "  pg_get_serial_sequence($1, a.attname), "
    "  CASE WHEN b.typtype IN ('e', 'r', 'm') THEN true WHEN b.typtype = 'c' THEN false ELSE EXISTS ("
    "    SELECT FROM pg_opclass o JOIN pg_am am ON am.oid = o.opcmethod WHERE am.amname = 'btree' AND "
    "o.opcdefault "
    "    AND (o.opcintype = b.oid OR EXISTS (SELECT FROM pg_cast x WHERE x.castsource = b.oid "
    "         AND x.casttarget = o.opcintype AND x.castmethod = 'b' AND x.castcontext = 'i'))) END, "
    "  c.relkind = 'p' OR c.relhassubclass "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "JOIN pg_type ty ON ty.oid = a.atttypid "
    "JOIN pg_type d ON d.oid = CASE WHEN ty.typtype = 'd' THEN ty.typbasetype ELSE ty.oid END "
    "JOIN pg_type b ON b.oid = CASE WHEN d.typcategory = 'A' AND d.typelem <> 0 THEN d.typelem ELSE d.oid "
    "END "
    "WHERE c.oid = to_regclass($1) ORDER BY a.attnum";

static const char unique_sql[] = "SELECT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = to_regclass($1) "
                                 "AND i.indisunique AND i.indisvalid "
                                 "AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND "
                                 "(SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM "
                                 "unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) k "
                                 "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k) = "
                                 "(SELECT array_agg(x ORDER BY x) FROM unnest($2::text[]) x))";

static char *ident(const char *name)
{
    struct dv_buf out = {0};
    dv_pg_quote_ident(&out, name);
    return dv_buf_steal(&out);
}

static enum dv_status no_column(const struct dv_load_spec *spec, const char *where, const char *name,
                                struct dv_err *err)
{
    enum dv_status status =
        dv_fail(err, DV_EXIT_USAGE, "load step %s: %s has no column %s", spec->step, where, name);
    dv_err_hint(err, "see the step's \"columns\" and \"key\" in job.json");
    return status;
}

static bool is_key(const struct dv_load_spec *spec, const char *name)
{
    for (unsigned i = 0; i < spec->key_count; i++)
        if (strcmp(spec->key[i], name) == 0)
            return true;
    return false;
}

static bool truth(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

static enum dv_status fill_column(struct dv_load_column *column, const struct dv_load_spec *spec,
                                  const PGresult *catalog, const char *to, struct dv_err *err)
{
    int row = 0;
    while (row < PQntuples(catalog) && strcmp(PQgetvalue(catalog, row, 0), to) != 0)
        row++;
    if (row == PQntuples(catalog))
        return no_column(spec, spec->table, to, err);
    column->name = dv_strdup(to);
    column->quoted = ident(to);
    column->type = dv_strdup(PQgetvalue(catalog, row, 1));
    column->definition = dv_strdup(PQgetvalue(catalog, row, 2));
    column->not_null = truth(catalog, row, 3);
    column->generated = truth(catalog, row, 4);
    column->has_default = truth(catalog, row, 5);
    if (!PQgetisnull(catalog, row, 6))
        column->sequence = dv_strdup(PQgetvalue(catalog, row, 6));
    column->no_equality = !truth(catalog, row, 7);
    column->key = is_key(spec, to);
    if (column->name == NULL || column->quoted == NULL || column->type == NULL ||
        column->definition == NULL || (column->sequence == NULL && !PQgetisnull(catalog, row, 6)))
        return dv_fail_memory(err);
    if (column->generated) {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "load step %s: %s.%s is a generated column",
                                        spec->step, spec->table, to);
        dv_err_hint(err, "leave it out with \"columns\"");
        return status;
    }
    return DV_OK;
}

static enum dv_status map_columns(struct dv_load_table *table, const PGresult *catalog,
                                  const struct dv_column *columns, unsigned column_count, struct dv_err *err)
{
    const struct dv_load_spec *spec = table->spec;
    unsigned count = spec->column_count > 0 ? spec->column_count : column_count;
    table->columns = dv_calloc(count, sizeof *table->columns);
    if (table->columns == NULL)
        return dv_fail_memory(err);
    table->pass_through = count == column_count;
    table->file_columns = column_count;
    /* In the file's order, so that a renaming of all columns still needs no cutting. */
    for (unsigned source = 0; source < column_count; source++) {
        bool used = false;
        for (unsigned i = 0; i < count; i++) {
            const char *from = spec->column_count > 0 ? spec->from[i] : columns[i].name;
            const char *to = spec->column_count > 0 ? spec->to[i] : columns[i].name;
            if (strcmp(from, columns[source].name) != 0)
                continue;
            struct dv_load_column *column = &table->columns[table->column_count++];
            column->from = from;
            column->source = source;
            enum dv_status status = fill_column(column, spec, catalog, to, err);
            if (status != DV_OK)
                return status;
            table->has_sequence = table->has_sequence || column->sequence != NULL;
            table->pass_through = table->pass_through && !used;
            used = true;
        }
        table->pass_through = table->pass_through && used;
    }
    for (unsigned i = 0; table->column_count < count && i < count; i++) {
        bool found = false;
        for (unsigned source = 0; source < column_count; source++)
            found = found || strcmp(spec->from[i], columns[source].name) == 0;
        if (!found)
            return no_column(spec, spec->dataset, spec->from[i], err);
    }
    return DV_OK;
}

static enum dv_status map_keys(struct dv_load_table *table, struct dv_err *err)
{
    const struct dv_load_spec *spec = table->spec;
    table->keys = dv_calloc(spec->key_count + 1, sizeof *table->keys);
    if (table->keys == NULL)
        return dv_fail_memory(err);
    for (unsigned k = 0; k < spec->key_count; k++) {
        unsigned i = 0;
        while (i < table->column_count && strcmp(table->columns[i].name, spec->key[k]) != 0)
            i++;
        if (i == table->column_count)
            return no_column(spec, "what it loads", spec->key[k], err);
        table->keys[table->key_count++] = i;
    }
    return DV_OK;
}

static enum dv_status find_unique(struct dv_load_table *table, struct dv_pg *pg, struct dv_err *err)
{
    struct dv_buf array = {0};
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    if (table->key_count == 0)
        return DV_OK;
    dv_sql_text_array(&array, table->spec->key, table->key_count);
    DV_TRY(dv_sql_done(&array, err));
    const char *params[] = {table->quoted, array.data};
    DV_TRY(dv_pg_query(pg, unique_sql, 2, params, &result, err));
    table->key_unique = truth(result, 0, 0);
done:
    PQclear(result);
    dv_buf_release(&array);
    return status;
}

static enum dv_status find_mode(struct dv_load_table *table, struct dv_err *err)
{
    const struct dv_load_spec *spec = table->spec;
    enum dv_status status = DV_OK;
    table->mode = dv_load_mode_find(spec->mode);
    if (table->mode == NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "load step %s: there is no mode %s", spec->step, spec->mode);
        dv_err_hint(err, "modes are insert, insert_new, upsert and update");
    } else if (table->mode->needs_key && spec->key_count == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "load step %s: mode %s needs a key", spec->step, spec->mode);
        dv_err_hint(err, "name the columns that tell rows apart: \"key\": [\"id\"]");
    }
    return status;
}

enum dv_status dv_load_table_read(struct dv_load_table *table, struct dv_pg *pg,
                                  const struct dv_load_spec *spec, const struct dv_column *columns,
                                  unsigned column_count, bool *absent, struct dv_err *err)
{
    struct dv_buf name = {0};
    PGresult *catalog = NULL;
    enum dv_status status;
    *table = (struct dv_load_table){.spec = spec};
    DV_TRY(find_mode(table, err));
    DV_TRY(dv_pg_quote_table(&name, spec->table, err));
    table->quoted = dv_buf_steal(&name);
    if (table->quoted == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    const char *params[] = {table->quoted};
    /* pg_get_serial_sequence() raises an error for a table that is not there. */
    DV_TRY(dv_pg_query(pg, "SELECT to_regclass($1) IS NOT NULL", 1, params, &catalog, err));
    bool present = truth(catalog, 0, 0);
    if (absent != NULL)
        *absent = !present;
    if (!present) {
        if (absent == NULL) {
            status =
                dv_fail(err, DV_EXIT_USAGE, "load step %s: there is no table %s", spec->step, spec->table);
            dv_err_hint(err, "make it by a schema step of phase expand, or correct \"table\" in job.json");
        }
        goto done;
    }
    PQclear(catalog);
    catalog = NULL;
    DV_TRY(dv_pg_query(pg, catalog_sql, 1, params, &catalog, err));
    table->partitioned = PQntuples(catalog) > 0 && truth(catalog, 0, 8);
    DV_TRY(map_columns(table, catalog, columns, column_count, err));
    DV_TRY(map_keys(table, err));
    DV_TRY(find_unique(table, pg, err));
done:
    PQclear(catalog);
    dv_buf_release(&name);
    if (status != DV_OK)
        dv_load_table_release(table);
    return status;
}

void dv_load_table_release(struct dv_load_table *table)
{
    for (unsigned i = 0; i < table->column_count; i++) {
        struct dv_load_column *column = &table->columns[i];
        dv_free(column->name);
        dv_free(column->quoted);
        dv_free(column->type);
        dv_free(column->definition);
        dv_free(column->sequence);
    }
    dv_free(table->columns);
    dv_free(table->keys);
    dv_free(table->quoted);
    *table = (struct dv_load_table){0};
}

enum dv_status dv_load_table_empty(struct dv_pg *pg, const struct dv_load_table *table, bool *empty,
                                   struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_printf(&sql, "SELECT NOT EXISTS (SELECT FROM %s)", table->quoted);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(pg, sql.data, 0, NULL, &result, err));
    *empty = truth(result, 0, 0);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}
