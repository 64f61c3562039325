/* dv_load_check: what can be known before a row is sent. */
#include "load/mode.h"

#include "core/alloc.h"

#include <string.h>

/* The staged text of one type is read by the other's input function. Numbers, times and JSON must stay what
 * they are; text may become anything, as a value that does not fit is refused row by row. */
static enum dv_status check_type(const struct dv_load_spec *spec, const struct dv_load_column *column,
                                 const struct dv_type *from, struct dv_err *err)
{
    struct dv_type to = {0};
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_buf name = {0};
    enum dv_status status = DV_OK;
    if (dv_type_parse(column->type, strlen(column->type), &to, &ignored) != DV_OK)
        return DV_OK; /* a type of the target's own: the server decides */
    bool fine = from->id == to.id || dv_type_is_text(from) || dv_type_is_text(&to) ||
                from->id == DV_TYPE_UNKNOWN || from->id == DV_TYPE_OTHER || to.id == DV_TYPE_OTHER ||
                (dv_type_is_number(from) && dv_type_is_number(&to));
    bool times =
        (from->id == DV_TYPE_TIMESTAMP || from->id == DV_TYPE_TIMESTAMPTZ || from->id == DV_TYPE_DATE) &&
        (to.id == DV_TYPE_TIMESTAMP || to.id == DV_TYPE_TIMESTAMPTZ || to.id == DV_TYPE_DATE);
    bool json = (from->id == DV_TYPE_JSON || from->id == DV_TYPE_JSONB) &&
                (to.id == DV_TYPE_JSON || to.id == DV_TYPE_JSONB);
    if (!fine && !times && !json) {
        dv_type_format(from, &name);
        const char *text = dv_buf_cstr(&name);
        status = dv_fail(err, DV_EXIT_USAGE, "load step %s: column %s is %s, but %s.%s is %s", spec->step,
                         column->from, text != NULL ? text : "?", spec->table, column->name, column->type);
        dv_err_hint(err, "cast it in the model, or change the table's column");
    }
    dv_buf_release(&name);
    return status;
}

/* A column that must have a value and gets none from anywhere: every row would be refused. */
static enum dv_status check_required(struct dv_pg *pg, const struct dv_load_table *table, struct dv_err *err)
{
    const char *params[] = {table->quoted};
    PGresult *result = NULL;
    enum dv_status status;
    if (!table->mode->inserts)
        return DV_OK;
    DV_TRY(dv_pg_query(pg,
                       "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 "
                       "AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''",
                       1, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        unsigned i = 0;
        while (i < table->column_count && strcmp(table->columns[i].name, PQgetvalue(result, row, 0)) != 0)
            i++;
        if (i < table->column_count)
            continue;
        status = dv_fail(err, DV_EXIT_USAGE, "load step %s: %s.%s must have a value, and nothing loads it",
                         table->spec->step, table->spec->table, PQgetvalue(result, row, 0));
        dv_err_hint(err, "load the column, or give it a default");
        goto done;
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_load_check(struct dv_pg *pg, const struct dv_load_spec *spec,
                             const struct dv_column *columns, unsigned column_count, bool table_may_be_absent,
                             struct dv_err *err)
{
    struct dv_load_table table = {0};
    bool absent = false, empty = false;
    enum dv_status status;
    DV_TRY(dv_load_table_read(&table, pg, spec, columns, column_count, table_may_be_absent ? &absent : NULL,
                              err));
    if (absent)
        goto done;
    for (unsigned i = 0; i < table.column_count; i++)
        DV_TRY(check_type(spec, &table.columns[i], &columns[table.columns[i].source].type, err));
    DV_TRY(check_required(pg, &table, err));
    if (!table.mode->needs_key || table.key_unique)
        goto done;
    DV_TRY(dv_load_table_empty(pg, &table, &empty, err));
    if (!empty) {
        status = dv_fail(err, DV_EXIT_USAGE, "load step %s: no unique index on the key of %s, which has rows",
                         spec->step, spec->table);
        dv_err_hint(err, "make the key unique by a schema step, or name another \"key\" in job.json");
    }
done:
    dv_load_table_release(&table);
    if (status < 0)
        dv_err_place(err, "load", spec->step, -1, -1);
    return status;
}
