#include "load/duplicates.h"

#include "core/alloc.h"
#include "load/copy.h"
#include "load/unique_key.h"
#include "load/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST_LISTED 10000
#define FEW         5 /* in the error itself */

/* By its name; else the only one that the text leaves to the server to name. NULL: neither. */
static const struct dv_planned_key *find(const struct dv_step_sql *read, const char *name)
{
    const struct dv_planned_key *unnamed = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < read->key_count; i++) {
        const struct dv_planned_key *key = &read->keys[i];
        if (key->name != NULL && strcmp(key->name, name) == 0)
            return key;
        if (key->name == NULL) {
            unnamed = key;
            count++;
        }
    }
    return count == 1 ? unnamed : NULL;
}

/* The statement that a DO was executing: 'SQL statement "CREATE UNIQUE INDEX ..."' in the error's context, in
 * the server's language. NULL: it was none of these. */
static char *executed(const char *context)
{
    const char *start = strcasestr(context, "create unique index");
    if (start == NULL)
        start = strcasestr(context, "alter table");
    const char *end = start != NULL ? strstr(start, "\"\n") : NULL;
    return end != NULL ? dv_strndup(start, (size_t)(end - start)) : NULL;
}

/* Every row whose key another row has too, one key after the other. */
static enum dv_status list_rows(struct dv_pg *pg, const struct dv_planned_key *key,
                                struct dv_check_samples *rows, struct dv_err *err)
{
    struct dv_buf list = {0}, sql = {0};
    enum dv_status status;
    dv_unique_expressions(&list, key->elements);
    DV_TRY(dv_sql_done(&list, err));
    dv_buf_printf(&sql,
                  "SELECT * FROM (SELECT t.ctid AS row, count(*) OVER (PARTITION BY %s) AS times, t.* "
                  "FROM %s t WHERE (%s) AND (%s OR num_nulls(%s) = 0)) d WHERE times > 1 ORDER BY %s, row",
                  list.data, key->table, key->condition != NULL ? key->condition : "true",
                  key->nulls_equal ? "true" : "false", list.data, list.data);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_ONLY, err));
    DV_TRY(dv_check_rows(pg, sql.data, rows, err));
    status = dv_pg_rollback(pg, err);
done:
    dv_buf_release(&list);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status publish(const struct dv_context *context, const struct dv_schema_step *step,
                              const struct dv_buf *text, struct dv_buf *path, struct dv_err *err)
{
    struct dv_buf dir = {0};
    enum dv_status status;
    dv_buf_printf(&dir, "%s/duplicates", context->run_dir);
    dv_buf_printf(path, "%s/duplicates/%s.csv", context->run_dir, step->name);
    DV_TRY(dv_sql_done(&dir, err));
    DV_TRY(dv_sql_done(path, err));
    DV_TRY(dv_file_make_dirs(dir.data, err));
    status = dv_file_publish(path->data, text->data, text->len, err);
done:
    dv_buf_release(&dir);
    return status;
}

static void append(struct dv_err *err, const char *text, size_t length)
{
    size_t used = strlen(err->message), room = sizeof err->message - used - 1;
    memcpy(err->message + used, text, length < room ? length : room);
    err->message[used + (length < room ? length : room)] = '\0';
}

static void tell(struct dv_pg *pg, const struct dv_context *context, const struct dv_schema_step *step,
                 const struct dv_planned_key *key, const char *name, struct dv_err *err)
{
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_check_samples rows = {.most = context->run_dir != NULL ? MOST_LISTED : FEW};
    struct dv_buf path = {0};
    char said[256];
    if (list_rows(pg, key, &rows, &ignored) == DV_OK && rows.found > 0) {
        (void)snprintf(said, sizeof said, "; %" PRIu64 " rows of %s share a key of %s", rows.found,
                       key->table, name);
        append(err, said, strlen(said));
        if (context->run_dir == NULL) {
            append(err, ":\n", 2);
            append(err, rows.text.data, rows.text.len - 1);
        } else if (publish(context, step, &rows.text, &path, &ignored) == DV_OK) {
            append(err, ", listed in ", 12);
            append(err, path.data, strlen(path.data));
        }
        dv_err_hint(err, "mend or remove all but one of each key, then run again");
    }
    dv_check_samples_release(&rows);
    dv_buf_release(&path);
}

void dv_duplicates_tell(struct dv_pg *pg, const struct dv_context *context, const struct dv_schema_step *step,
                        const char *sql, struct dv_err *err)
{
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_step_sql in_context = {0}, in_step = {0};
    char name[64], *statement = executed(dv_pg_failed_context(pg));
    const struct dv_planned_key *key = NULL;
    (void)snprintf(name, sizeof name, "%s", dv_pg_failed_constraint(pg));
    if (dv_pg_lost(pg) || dv_pg_rollback(pg, &ignored) != DV_OK)
        goto done;
    if (statement != NULL && dv_step_sql_keys(statement, &in_context, &ignored) == DV_OK)
        key = find(&in_context, name);
    if (key == NULL && dv_step_sql_keys(sql, &in_step, &ignored) == DV_OK)
        key = find(&in_step, name);
    if (key != NULL)
        tell(pg, context, step, key, name, err);
done:
    dv_step_sql_release(&in_context);
    dv_step_sql_release(&in_step);
    dv_free(statement);
}
