/* Columns that schema steps are going to add. */
#include "load/sql_token.h"
#include "load/step_sql.h"

#include <string.h>

/* The parts of "a.b" as the server has them; the schema is "" where none is written. */
static bool split(const char *table, struct dv_buf *schema, struct dv_buf *name)
{
    struct dv_sql_token token = dv_sql_next(&table), dot;
    dv_buf_reset(schema);
    dv_buf_reset(name);
    dv_sql_name(name, &token);
    dot = dv_sql_next(&table);
    if (dv_sql_symbol(&dot, '.')) {
        dv_buf_append(schema, name->data, name->len);
        dv_buf_reset(name);
        token = dv_sql_next(&table);
        dv_sql_name(name, &token);
    }
    return dv_buf_cstr(schema) != NULL && dv_buf_cstr(name) != NULL;
}

/* Whether the two may be one table: a name without a schema may be in any. */
static enum dv_status same_table(const char *a, const char *b, bool *same, struct dv_err *err)
{
    struct dv_buf schemas[2] = {{0}, {0}}, names[2] = {{0}, {0}};
    enum dv_status status = DV_OK;
    if (!split(a, &schemas[0], &names[0]) || !split(b, &schemas[1], &names[1]))
        status = dv_fail_memory(err);
    else
        *same = strcmp(names[0].data, names[1].data) == 0 &&
                (schemas[0].len == 0 || schemas[1].len == 0 || strcmp(schemas[0].data, schemas[1].data) == 0);
    for (unsigned i = 0; i < 2; i++) {
        dv_buf_release(&schemas[i]);
        dv_buf_release(&names[i]);
    }
    return status;
}

static enum dv_status names_column(const char *condition, const char *column, bool *named, struct dv_err *err)
{
    struct dv_buf name = {0};
    enum dv_status status = DV_OK;
    *named = false;
    for (;;) {
        struct dv_sql_token token = dv_sql_next(&condition);
        if (token.kind == DV_SQL_END || *named || status != DV_OK)
            break;
        if (!dv_sql_is_name(&token))
            continue;
        dv_buf_reset(&name);
        dv_sql_name(&name, &token);
        const char *text = dv_buf_cstr(&name);
        if (text == NULL)
            status = dv_fail_memory(err);
        else
            *named = strcmp(text, column) == 0;
    }
    dv_buf_release(&name);
    return status;
}

enum dv_status dv_schema_adds(const struct dv_schema *schema, const char *table, const char *condition,
                              struct dv_arena *arena, struct dv_added_column *added, struct dv_err *err)
{
    struct dv_step_sql steps;
    *added = (struct dv_added_column){.step = NULL};
    enum dv_status status = dv_step_sql_read(schema, DV_PHASE_EXPAND, DV_PHASE_EXPAND, &steps, err);
    if (status != DV_OK)
        return status;
    for (unsigned i = 0; i < steps.column_count && added->step == NULL; i++) {
        const struct dv_planned_column *column = &steps.columns[i];
        bool same, named;
        DV_TRY(same_table(column->table, table, &same, err));
        if (!same)
            continue;
        DV_TRY(names_column(condition, column->name, &named, err));
        if (!named)
            continue;
        added->step = dv_arena_strdup(arena, column->step);
        added->column = dv_arena_strdup(arena, column->name);
        if (added->step == NULL || added->column == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
    }
done:
    dv_step_sql_release(&steps);
    return status;
}
