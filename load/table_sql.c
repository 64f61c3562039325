#include "load/table.h"

#include <string.h>

static void qualified(struct dv_buf *out, const char *prefix, const struct dv_load_column *column)
{
    if (*prefix != '\0') {
        dv_buf_str(out, prefix);
        dv_buf_byte(out, '.');
    }
    dv_buf_str(out, column->quoted);
}

void dv_sql_columns(struct dv_buf *out, const struct dv_load_table *table, const char *prefix)
{
    for (unsigned i = 0; i < table->column_count; i++) {
        if (i > 0)
            dv_buf_str(out, ", ");
        qualified(out, prefix, &table->columns[i]);
    }
}

void dv_sql_keys(struct dv_buf *out, const struct dv_load_table *table, const char *prefix)
{
    for (unsigned i = 0; i < table->key_count; i++) {
        if (i > 0)
            dv_buf_str(out, ", ");
        qualified(out, prefix, &table->columns[table->keys[i]]);
    }
}

void dv_sql_key_match(struct dv_buf *out, const struct dv_load_table *table, const char *left,
                      const char *right)
{
    for (unsigned i = 0; i < table->key_count; i++) {
        if (i > 0)
            dv_buf_str(out, " AND ");
        qualified(out, left, &table->columns[table->keys[i]]);
        dv_buf_str(out, " = ");
        qualified(out, right, &table->columns[table->keys[i]]);
    }
}

void dv_sql_column_differs(struct dv_buf *out, const struct dv_load_column *column, const char *left,
                           const char *right)
{
    const char *cast = column->no_equality ? "::text" : "";
    qualified(out, left, column);
    dv_buf_printf(out, "%s IS DISTINCT FROM ", cast);
    qualified(out, right, column);
    dv_buf_str(out, cast);
}

void dv_sql_differs(struct dv_buf *out, const struct dv_load_table *table, const char *left,
                    const char *right, bool with_keys)
{
    const char *separator = "(";
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].key && !with_keys)
            continue;
        dv_buf_str(out, separator);
        dv_sql_column_differs(out, &table->columns[i], left, right);
        separator = " OR ";
    }
    dv_buf_str(out, *separator == '(' ? "false" : ")");
}

void dv_sql_key_array(struct dv_buf *out, const struct dv_load_table *table, const char *prefix)
{
    for (unsigned i = 0; i < table->key_count; i++) {
        dv_buf_str(out, i > 0 ? " || array_agg(" : "array_agg(");
        qualified(out, prefix, &table->columns[table->keys[i]]);
        dv_buf_str(out, "::text)");
    }
}

void dv_sql_key_unnest(struct dv_buf *out, const struct dv_load_table *table, const char *list,
                       const char *values, const char *alias)
{
    unsigned count = table->key_count;
    dv_buf_str(out, "unnest(");
    for (unsigned i = 0; i < count; i++) {
        if (count == 1)
            dv_buf_str(out, list);
        else
            dv_buf_printf(out, "%s%s[cardinality(%s) / %u * %u + 1 : cardinality(%s) / %u * %u]",
                          i > 0 ? ", " : "", list, list, count, i, list, count, i + 1);
    }
    if (values != NULL)
        dv_buf_printf(out, ", %s", values);
    dv_buf_printf(out, ") AS %s(", alias);
    for (unsigned i = 0; i < count; i++)
        dv_buf_printf(out, "%sk%u", i > 0 ? ", " : "", i);
    dv_buf_str(out, values != NULL ? ", drover_value)" : ")");
}

void dv_sql_key_equal_text(struct dv_buf *out, const struct dv_load_table *table, const char *alias,
                           const char *prefix)
{
    for (unsigned i = 0; i < table->key_count; i++) {
        const struct dv_load_column *column = &table->columns[table->keys[i]];
        dv_buf_printf(out, "%s%s.k%u::%s = ", i > 0 ? " AND " : "", alias, i, column->type);
        qualified(out, prefix, column);
    }
}

void dv_sql_text_array(struct dv_buf *out, const char *const *texts, unsigned count)
{
    dv_buf_byte(out, '{');
    for (unsigned i = 0; i < count; i++) {
        dv_buf_str(out, i > 0 ? ",\"" : "\"");
        for (const char *at = texts[i]; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\')
                dv_buf_byte(out, '\\');
            dv_buf_byte(out, *at);
        }
        dv_buf_byte(out, '"');
    }
    dv_buf_byte(out, '}');
}

enum dv_status dv_sql_done(struct dv_buf *sql, struct dv_err *err)
{
    (void)dv_buf_cstr(sql);
    return dv_buf_check(sql, err);
}
