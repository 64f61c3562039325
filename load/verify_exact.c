#include "load/verify_exact.h"

#include "core/alloc.h"
#include "load/copy.h"
#include "load/mode.h"
#include "load/stage_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_BYTES   ((size_t)256 * 1024)
#define BATCH_ROWS   1000000 /* that are staged at once, on the server's disk */
#define SHOWN_LENGTH 60      /* characters of a value in a sample */

struct sender {
    struct dv_exact *exact;
    struct dv_buf lines;
    uint64_t rows;
};

static enum dv_status flush(struct sender *sender, struct dv_err *err)
{
    enum dv_status status = dv_buf_check(&sender->lines, err);
    if (status == DV_OK && sender->lines.len > 0)
        status = dv_pg_copy_in_data(sender->exact->env->pg, sender->lines.data, sender->lines.len, err);
    dv_buf_reset(&sender->lines);
    return status;
}

static enum dv_status send_row(void *context, const struct dv_value *values, struct dv_err *err)
{
    struct sender *sender = context;
    struct dv_exact *exact = sender->exact;
    if (exact->differs != NULL) {
        uint64_t key, row;
        enum dv_status status = dv_row_hash_record(exact->hash, values, &key, &row, err);
        if (status != DV_OK)
            return status;
        if (!exact->differs[key & exact->mask])
            return DV_OK;
    }
    dv_copy_record(&sender->lines, &exact->step->table, values);
    sender->rows++;
    return sender->lines.len >= SEND_BYTES ? flush(sender, err) : DV_OK;
}

static enum dv_status send_part(struct sender *sender, const struct dv_loaded_part *part, const char *copy,
                                struct dv_err *err)
{
    const struct dv_check_env *env = sender->exact->env;
    const struct dv_loaded_step *step = sender->exact->step;
    struct dv_rejected_rows rejected = {0};
    enum dv_status status;
    DV_TRY(
        dv_rejected_rows_read(&rejected, env->pg, env->context->run_id, step->table.spec->step, part, err));
    DV_TRY(dv_pg_copy_in_begin(env->pg, copy, err));
    status = dv_loaded_rows(step, part, &rejected, send_row, sender, err);
    if (status == DV_OK)
        status = flush(sender, err);
    if (status == DV_OK)
        status = dv_pg_copy_in_end(env->pg, NULL, NULL, err);
    else
        dv_pg_copy_in_abort(env->pg);
done:
    dv_rejected_rows_release(&rejected);
    return status;
}

/* The staging table without numbers of rows, which would cost a third of its COPY. */
static enum dv_status make_plain(struct dv_pg *pg, const struct dv_load_table *table, struct dv_err *err)
{
    struct dv_buf sql = {0};
    dv_buf_str(&sql, DV_DROP_STAGE "CREATE TEMPORARY TABLE drover_stage (");
    for (unsigned i = 0; i < table->column_count; i++)
        dv_buf_printf(&sql, "%s%s %s", i > 0 ? ", " : "", table->columns[i].quoted,
                      table->columns[i].definition);
    dv_buf_str(&sql, ") ON COMMIT DROP");
    enum dv_status status = dv_sql_done(&sql, err);
    if (status == DV_OK)
        status = dv_pg_exec(pg, sql.data, err);
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_exact_stage(struct dv_exact *exact, const struct dv_loaded_part *parts, uint32_t count,
                              bool numbered, uint64_t *rows, struct dv_err *err)
{
    const struct dv_load_table *table = &exact->step->table;
    struct sender sender = {.exact = exact};
    struct dv_buf sql = {0};
    enum dv_status status;
    DV_TRY(numbered ? dv_stage_table_make(exact->env->pg, table, err)
                    : make_plain(exact->env->pg, table, err));
    DV_TRY(dv_stage_copy_sql(&sql, table, false, err));
    for (uint32_t i = 0; i < count; i++)
        DV_TRY(send_part(&sender, &parts[i], sql.data, err));
    *rows = sender.rows;
    dv_buf_reset(&sql);
    dv_buf_str(&sql, "ANALYZE pg_temp.drover_stage");
    if (table->key_count > 0) {
        dv_buf_str(&sql, " (");
        dv_sql_keys(&sql, table, "");
        dv_buf_byte(&sql, ')');
    }
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_exec(exact->env->pg, sql.data, err);
done:
    dv_buf_release(&sender.lines);
    dv_buf_release(&sql);
    return status;
}

/* Where the table had some of the part's keys already, only the rows that the run inserted are to be there:
 * by drover.inserted_key, and of several rows with one key the first. */
static enum dv_status keep_inserted(struct dv_exact *exact, const struct dv_loaded_part *part, uint64_t *rows,
                                    struct dv_err *err)
{
    const struct dv_load_table *table = &exact->step->table;
    struct dv_buf sql = {0};
    char number[16];
    const char *params[] = {exact->env->context->run_id, table->spec->step, number};
    uint64_t others = 0, later = 0;
    enum dv_status status;
    (void)snprintf(number, sizeof number, "%" PRIu32, part->number);
    dv_buf_str(&sql,
               "DELETE FROM pg_temp.drover_stage s WHERE NOT EXISTS (SELECT FROM drover.inserted_key i, ");
    dv_sql_key_unnest(&sql, table, "i.keys", NULL, "k");
    dv_buf_str(&sql, " WHERE i.run_id = $1 AND i.step = $2 AND i.part = $3::int AND ");
    dv_sql_key_equal_text(&sql, table, "k", "s");
    dv_buf_byte(&sql, ')');
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(exact->env->pg, sql.data, 3, params, &others, err));
    dv_buf_reset(&sql);
    dv_buf_str(&sql, "DELETE FROM pg_temp.drover_stage s USING pg_temp.drover_stage e WHERE "
                     "e.drover_row < s.drover_row AND ");
    dv_sql_key_match(&sql, table, "e", "s");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(exact->env->pg, sql.data, 0, NULL, &later, err));
    *rows -= others + later;
done:
    dv_buf_release(&sql);
    return status;
}

static bool later_step(const struct dv_exact *exact, unsigned number)
{
    const struct dv_load_spec *own = exact->step->table.spec, *other = &exact->env->specs[number];
    const struct dv_load_mode *mode = dv_load_mode_find(other->mode);
    return other > own && mode != NULL && mode->updates && dv_check_same_table(own, other);
}

static bool same_key(const struct dv_load_spec *a, const struct dv_load_spec *b)
{
    bool same = a->key_count == b->key_count;
    for (unsigned i = 0; same && i < a->key_count; i++)
        same = strcmp(a->key[i], b->key[i]) == 0;
    return same;
}

/* The columns of another step on the table: those that job.json names, or all of its dataset. */
static enum dv_status mark_columns(struct dv_exact *exact, const struct dv_load_spec *spec,
                                   struct dv_err *err)
{
    const struct dv_load_table *table = &exact->step->table;
    struct dv_dataset_manifest dataset = {0};
    enum dv_status status = DV_OK;
    if (spec->column_count == 0)
        DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    unsigned count = spec->column_count > 0 ? spec->column_count : dataset.column_count;
    for (unsigned i = 0; i < count; i++) {
        const char *name = spec->column_count > 0 ? spec->to[i] : dataset.columns[i].name;
        for (unsigned column = 0; column < table->column_count; column++)
            if (strcmp(table->columns[column].name, name) == 0)
                exact->left[column] = true;
    }
done:
    dv_dataset_manifest_release(&dataset);
    return status;
}

enum dv_status dv_exact_begin(struct dv_exact *exact, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    exact->left = dv_calloc(exact->step->table.column_count, sizeof *exact->left);
    if (exact->left == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < exact->env->count; i++)
        if (later_step(exact, i) && !same_key(exact->step->table.spec, &exact->env->specs[i]))
            DV_TRY(mark_columns(exact, &exact->env->specs[i], err));
done:
    return status;
}

void dv_exact_release(struct dv_exact *exact)
{
    dv_check_samples_release(&exact->samples);
    dv_free(exact->left);
    exact->left = NULL;
}

void dv_exact_shown_sql(struct dv_buf *sql, const char *value)
{
    dv_buf_printf(sql, "CASE WHEN length(%s) > %d THEN left(%s, %d) || '...' ELSE %s END", value,
                  SHOWN_LENGTH, value, SHOWN_LENGTH - 3, value);
}

void dv_exact_chunks_sql(struct dv_buf *sql, const struct dv_exact *exact, const char *prefix)
{
    const char *separator = "'{";
    if (exact->differs == NULL) {
        dv_buf_str(sql, "true");
        return;
    }
    dv_buf_byte(sql, '(');
    dv_row_hash_key_sql(sql, exact->hash, prefix);
    dv_buf_printf(sql, " & %" PRIu64 ") = ANY (", exact->mask);
    for (uint64_t chunk = 0; chunk <= exact->mask; chunk++) {
        if (!exact->differs[chunk])
            continue;
        dv_buf_printf(sql, "%s%" PRIu64, separator, chunk);
        separator = ",";
    }
    dv_buf_str(sql, *separator == ',' ? "}'::bigint[])" : "'{}'::bigint[])");
}

/* What an inserted row holds is what the file says, to the letter. An update leaves alone what is equal. */
static void column_differs(struct dv_buf *sql, const struct dv_load_column *column, bool strict)
{
    if (!strict) {
        dv_sql_column_differs(sql, column, "t", "s");
        return;
    }
    dv_buf_printf(sql, "t.%s::text COLLATE \"C\" IS DISTINCT FROM s.%s::text COLLATE \"C\"", column->quoted,
                  column->quoted);
}

/* By their bytes, which is fast; what is left is looked at column by column. The casts are there because two
 * bare ROW(...) would be compared column by column. */
static void row_differs(struct dv_buf *sql, const struct dv_load_table *table, bool strict)
{
    if (!strict) {
        dv_sql_differs(sql, table, "t", "s", false);
        return;
    }
    dv_buf_str(sql, "ROW(");
    dv_sql_columns(sql, table, "t");
    dv_buf_str(sql, ")::record OPERATOR(pg_catalog.*<>) ROW(");
    dv_sql_columns(sql, table, "s");
    dv_buf_str(sql, ")::record");
}

static bool strict_for(const struct dv_exact *exact, const struct dv_loaded_part *part)
{
    return !exact->step->table.mode->updates || part->inserted == part->rows;
}

/* FROM the staged rows that the table lacks or has otherwise. */
static void differing_sql(struct dv_buf *sql, const struct dv_exact *exact, bool strict)
{
    const struct dv_load_table *table = &exact->step->table;
    dv_buf_printf(sql, " FROM pg_temp.drover_stage s LEFT JOIN %s t ON ", table->quoted);
    dv_sql_key_match(sql, table, "t", "s");
    dv_buf_str(sql, " WHERE ");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(sql, "s.%s IS NOT NULL AND ", table->columns[table->keys[k]].quoted);
    dv_buf_printf(sql, "(t.%s IS NULL OR ", table->columns[table->keys[0]].quoted);
    row_differs(sql, table, strict);
    dv_buf_byte(sql, ')');
}

static void found_sql(struct dv_buf *sql, const struct dv_exact *exact, bool strict)
{
    const struct dv_load_table *table = &exact->step->table;
    dv_buf_str(sql, "WITH found AS MATERIALIZED (SELECT ");
    dv_sql_keys(sql, table, "s");
    dv_buf_printf(sql, ", t.%s IS NULL AS drover_missing", table->columns[table->keys[0]].quoted);
    for (unsigned i = 0; i < table->column_count; i++) {
        const char *column = table->columns[i].quoted;
        dv_buf_str(sql, ", ");
        column_differs(sql, &table->columns[i], strict);
        dv_buf_printf(sql,
                      " AS drover_differs_%u, s.%s::text AS drover_wanted_%u, t.%s::text AS drover_found_%u",
                      i, column, i, column, i);
    }
    differing_sql(sql, exact, strict);
    dv_buf_byte(sql, ')');
}

static void step_names(struct dv_buf *sql, const char *step)
{
    dv_pg_quote_literal(sql, step);
    dv_buf_str(sql, ", ");
    dv_pg_quote_literal(sql, step);
    dv_buf_str(sql, " || '" DV_REPLAY_CHANGED "'");
}

/* Not a difference: what a later part of this run, or a replay of its rejects, made of the row. */
static void excused_sql(struct dv_buf *sql, const struct dv_exact *exact, const struct dv_loaded_part *part)
{
    const struct dv_load_table *table = &exact->step->table;
    dv_buf_str(sql,
               " AND NOT EXISTS (SELECT FROM drover.before_image b JOIN drover.ledger l USING (run_id, step, "
               "part), ");
    dv_sql_key_unnest(sql, table, "b.keys", NULL, "k");
    dv_buf_str(sql, " WHERE ");
    dv_check_same_run(sql, "b.run_id", exact->env->context->run_id);
    dv_buf_str(sql, " AND l.rolled_back_at IS NULL AND b.step IN (");
    step_names(sql, table->spec->step);
    for (unsigned i = 0; i < exact->env->count; i++) {
        if (!later_step(exact, i) || !same_key(table->spec, &exact->env->specs[i]))
            continue;
        dv_buf_str(sql, ", ");
        step_names(sql, exact->env->specs[i].step);
    }
    dv_buf_str(sql, ") AND b.column_name = v.difference AND l.loaded_at > ");
    dv_pg_quote_literal(sql, part->loaded_at);
    dv_buf_str(sql, "::timestamptz AND ");
    dv_sql_key_equal_text(sql, table, "k", "found");
    dv_buf_byte(sql, ')');
}

static void differences_sql(struct dv_buf *sql, const struct dv_exact *exact,
                            const struct dv_loaded_part *part, bool excuse)
{
    const struct dv_load_table *table = &exact->step->table;
    bool strict = strict_for(exact, part);
    found_sql(sql, exact, strict);
    dv_buf_str(sql, " SELECT ");
    dv_sql_keys(sql, table, "found");
    dv_buf_str(sql, ", v.difference");
    dv_buf_str(sql, ", ");
    dv_exact_shown_sql(sql, "v.wanted");
    dv_buf_str(sql, " AS wanted, ");
    dv_exact_shown_sql(sql, "v.found");
    dv_buf_str(sql, " AS found");
    dv_buf_str(sql,
               " FROM found, LATERAL (VALUES ('row missing', 0, drover_missing, NULL::text, NULL::text)");
    for (unsigned i = 0; i < table->column_count; i++) {
        if ((table->columns[i].key && !strict) || exact->left[i])
            continue;
        dv_buf_str(sql, ", (");
        dv_pg_quote_literal(sql, table->columns[i].name);
        dv_buf_printf(sql,
                      ", %u, drover_differs_%u AND NOT drover_missing, drover_wanted_%u, drover_found_%u)",
                      i + 1, i, i, i);
    }
    dv_buf_str(sql, ") v(difference, place, differs, wanted, found) WHERE v.differs");
    if (excuse)
        excused_sql(sql, exact, part);
    dv_buf_str(sql, " ORDER BY ");
    dv_sql_keys(sql, table, "found");
    dv_buf_str(sql, ", v.place");
}

static enum dv_status count_missing(struct dv_exact *exact, uint64_t *missing, struct dv_err *err)
{
    const struct dv_load_table *table = &exact->step->table;
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_printf(&sql,
                  "SELECT count(*) FROM pg_temp.drover_stage s WHERE NOT EXISTS (SELECT FROM %s t WHERE ",
                  table->quoted);
    dv_sql_key_match(&sql, table, "t", "s");
    dv_buf_byte(&sql, ')');
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(exact->env->pg, sql.data, 0, NULL, &result, err));
    *missing = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* The differences that are left when those are excused that the run itself made. */
static enum dv_status compare(struct dv_exact *exact, const struct dv_loaded_part *part, struct dv_err *err)
{
    struct dv_check_samples plain = {.most = 0};
    struct dv_buf sql = {0};
    uint64_t missing = 0;
    enum dv_status status;
    differences_sql(&sql, exact, part, false);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_check_rows(exact->env->pg, sql.data, &plain, err));
    if (plain.found == 0)
        goto done;
    DV_TRY(count_missing(exact, &missing, err));
    exact->missing += missing;
    dv_buf_reset(&sql);
    differences_sql(&sql, exact, part, true);
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_check_rows(exact->env->pg, sql.data, &exact->samples, err);
done:
    dv_check_samples_release(&plain);
    dv_buf_release(&sql);
    return status;
}

static bool some_inserted(const struct dv_exact *exact, const struct dv_loaded_part *part)
{
    return !exact->step->table.mode->updates && part->inserted < part->rows;
}

static enum dv_status compare_part(struct dv_exact *exact, const struct dv_loaded_part *part,
                                   struct dv_err *err)
{
    uint64_t rows = 0;
    enum dv_status status;
    if (some_inserted(exact, part) && part->inserted == 0)
        return DV_OK;
    DV_TRY(dv_pg_begin(exact->env->pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_exact_stage(exact, part, 1, some_inserted(exact, part), &rows, err));
    if (some_inserted(exact, part))
        DV_TRY(keep_inserted(exact, part, &rows, err));
    exact->compared += rows;
    if (rows > 0)
        DV_TRY(compare(exact, part, err));
    status = dv_pg_rollback(exact->env->pg, err);
done:
    return status;
}

/* One join for many parts: whether any of their rows differs. */
static enum dv_status screen(struct dv_exact *exact, const struct dv_loaded_part *parts, uint32_t count,
                             uint64_t *rows, bool *differ, struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_begin(exact->env->pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_exact_stage(exact, parts, count, false, rows, err));
    dv_buf_str(&sql, "SELECT count(*)");
    differing_sql(&sql, exact, strict_for(exact, parts));
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(exact->env->pg, sql.data, 0, NULL, &result, err));
    *differ = strcmp(PQgetvalue(result, 0, 0), "0") != 0;
    status = dv_pg_rollback(exact->env->pg, err);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* How many of the parts may be screened together. */
static uint32_t batch_of(const struct dv_exact *exact, const struct dv_loaded_part *parts, uint32_t count)
{
    uint32_t batch = 0;
    uint64_t rows = 0;
    bool strict = strict_for(exact, parts);
    while (batch < count && !some_inserted(exact, &parts[batch]) &&
           strict_for(exact, &parts[batch]) == strict &&
           (batch == 0 || rows + parts[batch].rows <= BATCH_ROWS))
        rows += parts[batch++].rows;
    return batch;
}

enum dv_status dv_exact_parts(struct dv_exact *exact, struct dv_err *err)
{
    const struct dv_loaded_step *step = exact->step;
    enum dv_status status = DV_OK;
    for (uint32_t at = 0; at < step->part_count;) {
        const struct dv_loaded_part *parts = &step->parts[at];
        uint32_t batch = batch_of(exact, parts, step->part_count - at);
        uint64_t rows = 0;
        bool differ = batch <= 1; /* not known, and not worth a look */
        if (!differ)
            DV_TRY(screen(exact, parts, batch, &rows, &differ, err));
        if (!differ)
            exact->compared += rows;
        if (batch == 0)
            batch = 1;
        for (uint32_t i = 0; i < batch && differ; i++)
            DV_TRY(compare_part(exact, &parts[i], err));
        at += batch;
    }
done:
    return status;
}

enum dv_status dv_exact_added(struct dv_exact *exact, struct dv_check_samples *added, struct dv_err *err)
{
    const struct dv_loaded_step *step = exact->step;
    const struct dv_load_table *table = &step->table;
    struct dv_buf sql = {0};
    uint64_t rows;
    enum dv_status status;
    DV_TRY(dv_pg_begin(exact->env->pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_exact_stage(exact, step->parts, step->part_count, false, &rows, err));
    dv_buf_str(&sql, "SELECT ");
    dv_sql_keys(&sql, table, "t");
    dv_buf_printf(&sql, ", 'row added' AS difference FROM %s t WHERE ", table->quoted);
    dv_exact_chunks_sql(&sql, exact, "t");
    dv_buf_str(&sql, " AND ");
    for (unsigned k = 0; k < table->key_count; k++)
        dv_buf_printf(&sql, "t.%s IS NOT NULL AND ", table->columns[table->keys[k]].quoted);
    dv_buf_str(&sql, "NOT EXISTS (SELECT FROM pg_temp.drover_stage s WHERE ");
    dv_sql_key_match(&sql, table, "t", "s");
    dv_buf_str(&sql, ") ORDER BY ");
    dv_sql_keys(&sql, table, "t");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_check_rows(exact->env->pg, sql.data, added, err));
    status = dv_pg_rollback(exact->env->pg, err);
done:
    dv_buf_release(&sql);
    return status;
}
