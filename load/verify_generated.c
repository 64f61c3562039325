/* The checks that follow from the job itself. */
#include "core/alloc.h"
#include "load/mode.h"
#include "load/verify.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dv_status conservation(const struct dv_check_env *env, const struct dv_check_task *task,
                                   struct dv_check *check, struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_err found = DV_ERR_INIT;
    char text[sizeof found.message];
    enum dv_status status;
    (void)env;
    DV_TRY(dv_dataset_manifest_read(task->path, &dataset, err));
    const struct dv_tally *tally = &dataset.tally;
    bool balanced = dv_tally_check(tally, "verify", task->path, &found) == DV_OK;
    if (balanced)
        (void)snprintf(text, sizeof text,
                       "read %" PRIu64 " = written %" PRIu64 " + merged %" PRIu64 " + filtered %" PRIu64
                       " + rejected %" PRIu64,
                       tally->read, tally->written, tally->merged, tally->filtered, tally->rejected);
    else
        (void)snprintf(text, sizeof text, "%s", found.message);
    status = dv_check_result(check, balanced ? 0 : 1, text, err);
done:
    dv_dataset_manifest_release(&dataset);
    return status;
}

static enum dv_status ledger(const struct dv_check_env *env, const struct dv_check_task *task,
                             struct dv_check *check, struct dv_err *err)
{
    const struct dv_load_spec *spec = task->spec;
    const char *params[] = {env->context->run_id, spec->step};
    struct dv_dataset_manifest dataset = {0};
    struct dv_buf text = {0};
    PGresult *result = NULL;
    uint64_t violations = 0, rows = 0;
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(
        dv_pg_query(env->pg,
                    "SELECT part, sha256, offered, offered = inserted + updated + unchanged + rejected, "
                    "rolled_back_at IS NULL FROM drover.ledger WHERE run_id = $1 AND step = $2 ORDER BY part",
                    2, params, &result, err));
    int row = 0;
    for (uint32_t part = 0; part < dataset.part_count; part++) {
        const char *wrong = NULL;
        if (row >= PQntuples(result) || strtoul(PQgetvalue(result, row, 0), NULL, 10) != part)
            wrong = "not in the ledger";
        else if (strcmp(PQgetvalue(result, row, 1), dataset.part_sha256[part]) != 0)
            wrong = "loaded from another file";
        else if (strtoull(PQgetvalue(result, row, 2), NULL, 10) != dataset.part_rows[part])
            wrong = "another number of rows offered than the file has";
        else if (PQgetvalue(result, row, 3)[0] != 't')
            wrong = "counts do not add up";
        else if (PQgetvalue(result, row, 4)[0] != 't')
            wrong = "rolled back";
        if (row < PQntuples(result) && strtoul(PQgetvalue(result, row, 0), NULL, 10) == part)
            rows += strtoull(PQgetvalue(result, row++, 2), NULL, 10);
        if (wrong != NULL && violations++ < DV_VERIFY_SAMPLES)
            dv_buf_printf(&text, "part %" PRIu32 ": %s\n", part, wrong);
    }
    for (; row < PQntuples(result); row++)
        if (violations++ < DV_VERIFY_SAMPLES)
            dv_buf_printf(&text, "part %s: in the ledger, but not in the dataset\n",
                          PQgetvalue(result, row, 0));
    if (violations == 0)
        dv_buf_printf(&text, "%" PRIu32 " parts, %" PRIu64 " rows", dataset.part_count, rows);
    DV_TRY(dv_sql_done(&text, err));
    status = dv_check_result(check, violations, text.data, err);
done:
    PQclear(result);
    dv_buf_release(&text);
    dv_dataset_manifest_release(&dataset);
    return status;
}

bool dv_check_same_table(const struct dv_load_spec *a, const struct dv_load_spec *b)
{
    struct dv_buf left = {0}, right = {0};
    struct dv_err ignored = DV_ERR_INIT;
    bool same = dv_pg_quote_table(&left, a->table, &ignored) == DV_OK &&
                dv_pg_quote_table(&right, b->table, &ignored) == DV_OK && left.len == right.len &&
                memcmp(left.data, right.data, left.len) == 0;
    dv_buf_release(&left);
    dv_buf_release(&right);
    return same;
}

void dv_check_same_run(struct dv_buf *sql, const char *column, const char *run_id)
{
    struct dv_buf run = {0};
    dv_buf_append(&run, run_id, strcspn(run_id, "."));
    const char *text = dv_buf_cstr(&run);
    if (text == NULL)
        sql->failed = true;
    dv_buf_printf(sql, "(%s = ", column);
    dv_pg_quote_literal(sql, text != NULL ? text : "");
    dv_buf_printf(sql, " OR pg_catalog.starts_with(%s, ", column);
    dv_pg_quote_literal(sql, text != NULL ? text : "");
    dv_buf_str(sql, " || '.'))");
    dv_buf_release(&run);
}

/* What this run inserted must be in the table, beside whatever else is. */
static enum dv_status table_count(const struct dv_check_env *env, const struct dv_check_task *task,
                                  struct dv_check *check, struct dv_err *err)
{
    const char *params[] = {env->context->run_id};
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    uint64_t inserted = 0;
    char text[128];
    enum dv_status status;
    DV_TRY(dv_pg_query(env->pg,
                       "SELECT step, sum(inserted) FROM drover.ledger WHERE run_id = $1 GROUP BY step", 1,
                       params, &result, err));
    for (int row = 0; row < PQntuples(result); row++)
        for (unsigned i = 0; i < env->count; i++)
            if (strcmp(env->specs[i].step, PQgetvalue(result, row, 0)) == 0 &&
                dv_check_same_table(&env->specs[i], task->spec))
                inserted += strtoull(PQgetvalue(result, row, 1), NULL, 10);
    PQclear(result);
    result = NULL;
    dv_buf_str(&sql, "SELECT count(*) FROM ");
    DV_TRY(dv_pg_quote_table(&sql, task->spec->table, err));
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(env->pg, sql.data, 0, NULL, &result, err));
    uint64_t rows = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    (void)snprintf(text, sizeof text, "%" PRIu64 " rows in the table, %" PRIu64 " inserted by this run", rows,
                   inserted);
    status = dv_check_result(check, rows < inserted ? inserted - rows : 0, text, err);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status key_unique(const struct dv_check_env *env, const struct dv_check_task *task,
                                 struct dv_check *check, struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_load_table table = {0};
    struct dv_buf sql = {0};
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(task->spec->dataset_dir, &dataset, err));
    DV_TRY(dv_load_table_read(&table, env->pg, task->spec, dataset.columns, dataset.column_count, NULL, err));
    if (table.key_unique) {
        status = dv_check_result(check, 0, "a unique index says so", err);
        goto done;
    }
    dv_buf_str(&sql, "SELECT ");
    dv_sql_keys(&sql, &table, "");
    dv_buf_printf(&sql, ", count(*) FROM %s GROUP BY ", table.quoted);
    dv_sql_keys(&sql, &table, "");
    dv_buf_str(&sql, " HAVING count(*) > 1");
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_check_query(env->pg, sql.data, check, err);
done:
    dv_buf_release(&sql);
    dv_load_table_release(&table);
    dv_dataset_manifest_release(&dataset);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum dv_status add_datasets(struct dv_check_list *list, const struct dv_context *context,
                                   const char *stage, struct dv_err *err)
{
    struct dv_buf dir = {0}, path = {0};
    char **names = NULL, name[128];
    size_t count = 0;
    DIR *folder = NULL;
    enum dv_status status = DV_OK;
    dv_buf_printf(&dir, "%s/%s", context->run_dir, stage);
    DV_TRY(dv_sql_done(&dir, err));
    folder = opendir(dir.data);
    if (folder == NULL && errno != ENOENT)
        status = dv_fail_os(err, errno, "%s", dir.data);
    while (status == DV_OK && folder != NULL) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0)
            status = dv_fail_os(err, errno, "cannot read the folder %s", dir.data);
        if (entry == NULL)
            break;
        if (entry->d_name[0] == '.')
            continue;
        char **more = dv_realloc_array(names, count + 1, sizeof *names);
        if (more != NULL)
            names = more;
        if (more == NULL || (names[count++] = dv_strdup(entry->d_name)) == NULL)
            status = dv_fail_memory(err);
    }
    if (status == DV_OK && count > 1)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count && status == DV_OK; i++) {
        dv_buf_reset(&path);
        dv_buf_printf(&path, "%s/%s", dir.data, names[i]);
        DV_TRY(dv_sql_done(&path, err));
        bool whole;
        DV_TRY(dv_dataset_look(path.data, &whole, err));
        if (!whole)
            continue;
        (void)snprintf(name, sizeof name, "conservation %s/%s", stage, names[i]);
        status = dv_check_add(list, conservation, NULL, path.data, name,
                              "every row read was written, merged, filtered or rejected", err);
    }
done:
    if (folder != NULL)
        (void)closedir(folder);
    for (size_t i = 0; i < count; i++)
        dv_free(names[i]);
    dv_free(names);
    dv_buf_release(&dir);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_check_generate(struct dv_check_list *list, const struct dv_context *context,
                                 const struct dv_load_spec *specs, unsigned count, struct dv_err *err)
{
    char name[128];
    enum dv_status status;
    DV_TRY(add_datasets(list, context, "extract", err));
    DV_TRY(add_datasets(list, context, "transform", err));
    for (unsigned i = 0; i < count; i++) {
        const struct dv_load_mode *mode = dv_load_mode_find(specs[i].mode);
        bool first = true;
        for (unsigned before = 0; before < i; before++)
            first = first && !dv_check_same_table(&specs[before], &specs[i]);
        (void)snprintf(name, sizeof name, "ledger %.100s", specs[i].step);
        DV_TRY(dv_check_add(
            list, ledger, &specs[i], NULL, name,
            "every part of the dataset is loaded, from the file that is there, all its rows accounted for",
            err));
        if (first) {
            (void)snprintf(name, sizeof name, "count %.100s", specs[i].table);
            DV_TRY(dv_check_add(list, table_count, &specs[i], NULL, name,
                                "the table holds at least the rows that this run inserted", err));
        }
        DV_TRY(dv_check_add_columns(list, &specs[i], err));
        if (mode != NULL && mode->inserts && specs[i].key_count > 0) {
            (void)snprintf(name, sizeof name, "key %.100s", specs[i].step);
            DV_TRY(
                dv_check_add(list, key_unique, &specs[i], NULL, name, "no two rows have the same key", err));
        }
    }
done:
    return status;
}
