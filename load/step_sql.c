#include "load/step_sql.h"

#include "core/alloc.h"
#include "load/schema_option.h"
#include "load/sql_scan.h"
#include "load/sql_token.h"

#include <string.h>

struct reader {
    struct dv_step_sql *out;
    const char *step;
    bool inside; /* the body of a DO */
};

static char *copy(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\n' || *start == '\t' || *start == '\r'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return dv_strndup(start, (size_t)(end - start));
}

/* Behind the parenthesis that closes the one at *at; its content goes to *content (may be NULL). False where
 * none opens there or none closes. */
static bool parentheses(const char **at, char **content, bool *failed)
{
    const char *behind = *at, *start;
    struct dv_sql_token token = dv_sql_next(&behind);
    unsigned depth = 1;
    if (!dv_sql_symbol(&token, '('))
        return false;
    start = behind;
    while (depth > 0) {
        token = dv_sql_next(&behind);
        if (token.kind == DV_SQL_END)
            return false;
        depth += dv_sql_symbol(&token, '(');
        depth -= dv_sql_symbol(&token, ')');
    }
    if (content != NULL) {
        *content = copy(start, token.text);
        *failed = *failed || *content == NULL;
    }
    *at = behind;
    return true;
}

static char *table_name(const char **at, bool *failed)
{
    struct dv_buf name = {0};
    (void)dv_sql_accept(at, "if exists");
    (void)dv_sql_accept(at, "only");
    if (!dv_sql_qualified(at, &name, NULL)) {
        dv_buf_release(&name);
        return NULL;
    }
    char *text = dv_buf_steal(&name);
    *failed = *failed || text == NULL;
    return text;
}

static char *bare_name(const char **at, bool *failed)
{
    struct dv_buf name = {0};
    const char *behind = *at;
    struct dv_sql_token token = dv_sql_next(&behind);
    if (!dv_sql_is_name(&token))
        return NULL;
    *at = behind;
    dv_sql_name(&name, &token);
    char *text = dv_buf_steal(&name);
    *failed = *failed || text == NULL;
    return text;
}

static void release_key(struct dv_planned_key *key)
{
    dv_free(key->name);
    dv_free(key->table);
    dv_free(key->elements);
    dv_free(key->condition);
}

static enum dv_status add_key(struct reader *reader, struct dv_planned_key *key, struct dv_err *err)
{
    struct dv_step_sql *out = reader->out;
    struct dv_planned_key *keys = dv_realloc_array(out->keys, (size_t)out->key_count + 1, sizeof *keys);
    if (keys == NULL) {
        release_key(key);
        return dv_fail_memory(err);
    }
    out->keys = keys;
    key->step = reader->step;
    keys[out->key_count++] = *key;
    return DV_OK;
}

static enum dv_status add_table(struct dv_step_tables *tables, const char *step, const char *name,
                                size_t length, struct dv_err *err)
{
    for (unsigned i = 0; i < tables->count; i++)
        if (strlen(tables->list[i].name) == length && strncmp(tables->list[i].name, name, length) == 0)
            return DV_OK;
    struct dv_step_table *list = dv_realloc_array(tables->list, (size_t)tables->count + 1, sizeof *list);
    if (list == NULL)
        return dv_fail_memory(err);
    tables->list = list;
    list[tables->count] = (struct dv_step_table){.name = dv_strndup(name, length), .step = step};
    if (list[tables->count].name == NULL)
        return dv_fail_memory(err);
    tables->count++;
    return DV_OK;
}

static enum dv_status add_changed(struct reader *reader, const char *table, struct dv_err *err)
{
    if (reader->inside || table == NULL)
        return DV_OK;
    return add_table(&reader->out->changed, reader->step, table, strlen(table), err);
}

/* Behind CREATE [UNIQUE] INDEX. */
static enum dv_status read_index(struct reader *reader, const char *at, bool unique, struct dv_err *err)
{
    struct dv_planned_key key = {0};
    bool failed = false, whole = false;
    (void)dv_sql_accept(&at, "concurrently");
    (void)dv_sql_accept(&at, "if not exists");
    if (!dv_sql_accept(&at, "on")) {
        key.name = bare_name(&at, &failed);
        if (!dv_sql_accept(&at, "on"))
            goto done;
    }
    key.table = table_name(&at, &failed);
    if (dv_sql_accept(&at, "using"))
        (void)dv_sql_next(&at);
    whole = key.table != NULL && parentheses(&at, &key.elements, &failed);
    if (dv_sql_accept(&at, "include"))
        (void)parentheses(&at, NULL, &failed);
    key.nulls_equal = dv_sql_accept(&at, "nulls not distinct");
    for (struct dv_sql_token token;
         (token = dv_sql_next(&at)).kind != DV_SQL_END && !dv_sql_symbol(&token, ';');) {
        if (!dv_sql_is(&token, "where"))
            continue;
        const char *start = at, *end = at;
        while ((token = dv_sql_next(&at)).kind != DV_SQL_END && !dv_sql_symbol(&token, ';'))
            end = at;
        key.condition = copy(start, end);
        failed = failed || key.condition == NULL;
        break;
    }
done:
    if (failed) {
        release_key(&key);
        return dv_fail_memory(err);
    }
    enum dv_status status = add_changed(reader, key.table, err);
    if (status == DV_OK && whole && unique)
        return add_key(reader, &key, err);
    release_key(&key);
    return status;
}

/* ADD [CONSTRAINT name] PRIMARY KEY | UNIQUE (columns) at *at. */
static enum dv_status read_constraint(struct reader *reader, const char **at, const char *table,
                                      struct dv_err *err)
{
    struct dv_planned_key key = {0};
    bool failed = false, whole = false;
    if (dv_sql_accept(at, "constraint"))
        key.name = bare_name(at, &failed);
    if (dv_sql_accept(at, "primary key")) {
        whole = parentheses(at, &key.elements, &failed);
    } else if (dv_sql_accept(at, "unique")) {
        key.nulls_equal = dv_sql_accept(at, "nulls not distinct");
        whole = parentheses(at, &key.elements, &failed);
    }
    if (whole && !failed) {
        key.table = dv_strdup(table);
        failed = key.table == NULL;
    }
    if (whole && !failed)
        return add_key(reader, &key, err);
    release_key(&key);
    return failed ? dv_fail_memory(err) : DV_OK;
}

/* ADD [COLUMN] name at *at; where something else is added, *at stays. */
static enum dv_status read_column(struct reader *reader, const char **at, const char *table,
                                  struct dv_err *err)
{
    static const char *const others[] = {"constraint", "primary", "unique", "foreign", "check", "exclude"};
    struct dv_step_sql *out = reader->out;
    const char *behind = *at;
    bool failed = false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (dv_sql_accept(&behind, others[i]))
            return DV_OK;
    (void)dv_sql_accept(&behind, "column");
    (void)dv_sql_accept(&behind, "if not exists");
    char *name = bare_name(&behind, &failed);
    if (name == NULL)
        return failed ? dv_fail_memory(err) : DV_OK;
    struct dv_planned_column *columns =
        dv_realloc_array(out->columns, (size_t)out->column_count + 1, sizeof *columns);
    char *of = columns != NULL ? dv_strdup(table) : NULL;
    if (columns != NULL)
        out->columns = columns;
    if (of == NULL) {
        dv_free(name);
        return dv_fail_memory(err);
    }
    columns[out->column_count++] =
        (struct dv_planned_column){.step = reader->step, .table = of, .name = name};
    *at = behind;
    return DV_OK;
}

/* Behind ALTER TABLE. */
static enum dv_status read_alter(struct reader *reader, const char *at, struct dv_err *err)
{
    bool failed = false;
    char *table = table_name(&at, &failed);
    enum dv_status status = failed ? dv_fail_memory(err) : add_changed(reader, table, err);
    while (status == DV_OK && table != NULL) {
        struct dv_sql_token token = dv_sql_next(&at);
        if (token.kind == DV_SQL_END || dv_sql_symbol(&token, ';'))
            break;
        if (!dv_sql_is(&token, "add"))
            continue;
        status = read_column(reader, &at, table, err);
        if (status == DV_OK)
            status = read_constraint(reader, &at, table, err);
    }
    dv_free(table);
    return status;
}

static enum dv_status read_text(struct reader *reader, const char *sql, struct dv_err *err);

static enum dv_status read_body(struct reader *reader, const char *at, struct dv_err *err)
{
    size_t length = 0;
    struct dv_sql_token token;
    while ((token = dv_sql_next(&at)).kind != DV_SQL_END && !dv_sql_symbol(&token, ';') && length == 0)
        if (token.kind == DV_SQL_STRING) {
            const char *body = dv_sql_dollar_body(&token, &length);
            char *text = length > 0 ? dv_strndup(body, length) : NULL;
            if (length > 0 && text == NULL)
                return dv_fail_memory(err);
            reader->inside = true;
            enum dv_status status = text != NULL ? read_text(reader, text, err) : DV_OK;
            reader->inside = false;
            dv_free(text);
            if (status != DV_OK)
                return status;
        }
    return DV_OK;
}

/* Inside a DO a statement may begin behind THEN, ELSE, LOOP and the like: every word is looked at there. */
static enum dv_status read_text(struct reader *reader, const char *sql, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    while (status == DV_OK) {
        const char *start = sql, *at = sql;
        struct dv_sql_token token = dv_sql_next(&sql);
        if (token.kind == DV_SQL_END)
            break;
        if (dv_sql_accept(&at, "create unique index"))
            status = read_index(reader, at, true, err);
        else if (dv_sql_accept(&at, "create index"))
            status = read_index(reader, at, false, err);
        else if (dv_sql_accept(&at, "alter table"))
            status = read_alter(reader, at, err);
        else if (!reader->inside && dv_sql_accept(&at, "do"))
            status = read_body(reader, at, err);
        if (!reader->inside) {
            bool empty;
            sql = dv_sql_statement_end(start, &empty);
        }
    }
    return status;
}

static enum dv_status read_options(struct reader *reader, const char *up, struct dv_err *err)
{
    struct dv_schema_options options = {.rest = up};
    enum dv_status status = DV_OK;
    while (status == DV_OK && dv_schema_option(&options)) {
        size_t length;
        const char *table = dv_schema_option_value(&options, "changes", &length);
        if (table != NULL)
            status = add_table(&reader->out->changed, reader->step, table, length, err);
        else if ((table = dv_schema_option_value(&options, "references", &length)) != NULL)
            status = add_table(&reader->out->referred, reader->step, table, length, err);
    }
    return status;
}

enum dv_status dv_step_sql_read(const struct dv_schema *schema, enum dv_phase from, enum dv_phase to,
                                struct dv_step_sql *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *out = (struct dv_step_sql){0};
    for (unsigned i = 0; i < schema->count && status == DV_OK; i++) {
        const struct dv_schema_step *step = &schema->steps[i];
        struct reader reader = {.out = out, .step = step->name};
        if (step->applied || step->off || step->up == NULL || step->phase < from || step->phase > to)
            continue;
        status = read_options(&reader, step->up, err);
        if (status == DV_OK)
            status = read_text(&reader, step->up, err);
    }
    if (status != DV_OK)
        dv_step_sql_release(out);
    return status;
}

enum dv_status dv_step_sql_keys(const char *text, struct dv_step_sql *out, struct dv_err *err)
{
    struct reader reader = {.out = out, .step = "", .inside = true};
    *out = (struct dv_step_sql){0};
    enum dv_status status = read_text(&reader, text, err);
    if (status != DV_OK)
        dv_step_sql_release(out);
    return status;
}

static void release_tables(struct dv_step_tables *tables)
{
    for (unsigned i = 0; i < tables->count; i++)
        dv_free(tables->list[i].name);
    dv_free(tables->list);
}

void dv_step_sql_release(struct dv_step_sql *read)
{
    for (unsigned i = 0; i < read->key_count; i++)
        release_key(&read->keys[i]);
    for (unsigned i = 0; i < read->column_count; i++) {
        dv_free(read->columns[i].table);
        dv_free(read->columns[i].name);
    }
    release_tables(&read->changed);
    release_tables(&read->referred);
    dv_free(read->keys);
    dv_free(read->columns);
    *read = (struct dv_step_sql){0};
}
