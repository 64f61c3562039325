#include "load/changed.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where the staged rows come from, and what is asked of them: a table and a condition on s. */
struct source {
    const char *table;
    char rows[100]; /* " WHERE ...", or nothing */
};

static void begin_source(struct source *source, const char *table, uint64_t first, uint64_t last)
{
    source->table = table;
    (void)snprintf(source->rows, sizeof source->rows, " WHERE s.drover_row BETWEEN %" PRIu64 " AND %" PRIu64,
                   first, last);
}

/* Between which keys the rows lie, as a condition on t: parts mostly hold a range of keys, and then the join
 * reads that range of the table and not all of it. */
static enum dv_status add_range(struct dv_buf *sql, const struct dv_load_part *part,
                                const struct source *source, struct dv_err *err)
{
    const struct dv_load_column *key = &part->table->columns[part->table->keys[0]];
    static const char *const ends[] = {"ASC", "DESC"}, *const limits[] = {">=", "<="};
    struct dv_buf ask = {0};
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    if (key->no_equality)
        return DV_OK;
    dv_buf_str(&ask, "SELECT");
    for (unsigned i = 0; i < 2; i++)
        dv_buf_printf(&ask, "%s (SELECT s.%s::text FROM %s s%s ORDER BY s.%s %s LIMIT 1)", i > 0 ? "," : "",
                      key->quoted, source->table, source->rows, key->quoted, ends[i]);
    DV_TRY(dv_sql_done(&ask, err));
    DV_TRY(dv_pg_query(part->pg, ask.data, 0, NULL, &result, err));
    for (int i = 0; i < 2; i++) {
        if (PQgetisnull(result, 0, i))
            continue;
        dv_buf_printf(sql, " AND t.%s %s ", key->quoted, limits[i]);
        dv_pg_quote_literal(sql, PQgetvalue(result, 0, i));
        dv_buf_printf(sql, "::%s", key->type);
    }
done:
    PQclear(result);
    dv_buf_release(&ask);
    return status;
}

static void select_changed(struct dv_buf *sql, const struct dv_load_table *table)
{
    dv_buf_str(sql, "SELECT s.drover_row, t.tableoid AS drover_table, t.ctid AS drover_tid, "
                    "t.xmin AS drover_xmin");
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct dv_load_column *column = &table->columns[i];
        dv_buf_printf(sql, ", s.%s", column->quoted);
        if (!column->key)
            dv_buf_printf(sql, ", t.%s AS drover_old_%u", column->quoted, i);
    }
}

static void where_changed(struct dv_buf *sql, const struct dv_load_table *table)
{
    dv_buf_str(sql, " WHERE t.ctid IS NULL OR ");
    dv_sql_differs(sql, table, "t", "s", false);
}

static enum dv_status by_key(struct dv_buf *sql, const struct dv_load_part *part, const struct source *source,
                             struct dv_err *err)
{
    dv_buf_printf(sql, " FROM (SELECT * FROM %s s%s) s LEFT JOIN %s t ON ", source->table, source->rows,
                  part->table->quoted);
    dv_sql_key_match(sql, part->table, "t", "s");
    enum dv_status status = add_range(sql, part, source, err);
    where_changed(sql, part->table);
    return status;
}

/* *rows: that the statement made. */
static enum dv_status make(struct dv_load_part *part, struct dv_buf *sql, uint64_t *rows, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_sql_done(sql, err));
    DV_TRY(dv_pg_query(part->pg, sql->data, 0, NULL, &result, err));
    *rows = strtoull(PQcmdTuples(result), NULL, 10);
done:
    PQclear(result);
    dv_buf_reset(sql);
    return status;
}

static enum dv_status one_row_a_key(struct dv_load_part *part, const char *found, struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    if (part->table->key_unique)
        return DV_OK;
    dv_buf_printf(&sql, "SELECT FROM %s GROUP BY drover_row HAVING count(*) > 1 LIMIT 1", found);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(part->pg, sql.data, 0, NULL, &result, err));
    if (PQntuples(result) > 0) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s has several rows with one key", part->table->spec->table);
        dv_err_hint(err, "make the key unique in the table, or name another \"key\" in job.json");
    }
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_changed_look_ahead(struct dv_load_part *part, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    struct source source;
    struct dv_buf sql = {0};
    uint64_t rows;
    enum dv_status status;
    if (!table->mode->updates)
        return DV_OK;
    part->moved = false;
    begin_source(&source, "pg_temp.drover_stage", part->refused.settled + 1, part->rows);
    if (part->refused.settled == 0)
        source.rows[0] = '\0';
    DV_TRY(dv_pg_exec(part->pg, "DROP TABLE IF EXISTS pg_temp.drover_found", err));
    dv_buf_str(&sql, "CREATE TEMPORARY TABLE drover_found AS ");
    select_changed(&sql, table);
    DV_TRY(by_key(&sql, part, &source, err));
    DV_TRY(make(part, &sql, &rows, err));
    DV_TRY(one_row_a_key(part, "pg_temp.drover_found", err));
    status = dv_pg_exec(part->pg,
                        "CREATE INDEX ON pg_temp.drover_found (drover_row); "
                        "ANALYZE pg_temp.drover_found (drover_row)",
                        err);
done:
    dv_buf_release(&sql);
    return status;
}

/* *found: rows of `rows`; *missing: of these, keys that the table lacks. */
static enum dv_status count_rows(struct dv_load_part *part, const char *rows, uint64_t *found,
                                 uint64_t *missing, struct dv_err *err)
{
    char sql[DV_CHANGED_FROM + 64];
    PGresult *result;
    (void)snprintf(sql, sizeof sql, "SELECT count(*), count(*) - count(drover_tid) FROM %s s", rows);
    enum dv_status status = dv_pg_query(part->pg, sql, 0, NULL, &result, err);
    if (status == DV_OK) {
        *found = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
        *missing = strtoull(PQgetvalue(result, 0, 1), NULL, 10);
    }
    PQclear(result);
    return status;
}

enum dv_status dv_changed_found(struct dv_load_part *part, uint64_t first, uint64_t last,
                                char rows[DV_CHANGED_FROM], uint64_t *found, uint64_t *missing,
                                struct dv_err *err)
{
    (void)snprintf(rows, DV_CHANGED_FROM,
                   "(SELECT * FROM pg_temp.drover_found WHERE drover_row BETWEEN %" PRIu64 " AND %" PRIu64
                   ")",
                   first, last);
    return count_rows(part, rows, found, missing, err);
}

/* By the index of the key, row after row, in the order in which the rows lie in the table: reading by an
 * index makes room in the pages for the new versions, which reading by place does not, and a row that others
 * have moved is found wherever it is. Any other plan reads the whole table once a batch. */
static enum dv_status find_again(struct dv_load_part *part, struct dv_buf *sql, const struct source *source,
                                 uint64_t *found, struct dv_err *err)
{
    enum dv_status status;
    dv_buf_printf(sql,
                  " FROM (SELECT * FROM %s s%s ORDER BY s.drover_table, s.drover_tid) s LEFT JOIN %s t ON ",
                  source->table, source->rows, part->table->quoted);
    dv_sql_key_match(sql, part->table, "t", "s");
    where_changed(sql, part->table);
    if (!part->table->key_unique)
        return make(part, sql, found, err);
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off", err));
    DV_TRY(make(part, sql, found, err));
    status = dv_pg_exec(part->pg,
                        "SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT", err);
done:
    return status;
}

enum dv_status dv_changed_find(struct dv_load_part *part, uint64_t first, uint64_t last, uint64_t *found,
                               uint64_t *missing, struct dv_err *err)
{
    struct source source;
    struct dv_buf sql = {0};
    enum dv_status status;
    *missing = 0;
    begin_source(&source, part->batched ? "pg_temp.drover_found" : "pg_temp.drover_stage", first, last);
    if (first == 1 && last == part->rows)
        source.rows[0] = '\0';
    DV_TRY(dv_pg_exec(part->pg, "DROP TABLE IF EXISTS pg_temp.drover_changed", err));
    dv_buf_str(&sql, "CREATE TEMPORARY TABLE drover_changed ON COMMIT DROP AS ");
    select_changed(&sql, part->table);
    if (part->batched) {
        DV_TRY(find_again(part, &sql, &source, found, err));
    } else {
        DV_TRY(by_key(&sql, part, &source, err));
        DV_TRY(make(part, &sql, found, err));
    }
    if (*found > 0)
        DV_TRY(count_rows(part, "pg_temp.drover_changed", found, missing, err));
    status = one_row_a_key(part, "pg_temp.drover_changed", err);
done:
    dv_buf_release(&sql);
    return status;
}
