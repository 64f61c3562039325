/* Rows of a step without a key: as a bag. Whatever row the files hold more often than the table is missing.
 */
#include "load/verify_exact.h"

#include <inttypes.h>

/* The compared columns as text: a value that the table prints as the file's does is the same one. */
static void select_texts(struct dv_buf *sql, const struct dv_exact *exact, const char *prefix)
{
    const struct dv_load_table *table = &exact->step->table;
    const char *separator = "SELECT ";
    for (unsigned i = 0; i < table->column_count; i++) {
        if (exact->left[i])
            continue;
        dv_buf_printf(sql, "%s%s.%s::text COLLATE \"C\" AS %s", separator, prefix, table->columns[i].quoted,
                      table->columns[i].quoted);
        separator = ", ";
    }
}

static void from_files(struct dv_buf *sql, const struct dv_exact *exact)
{
    select_texts(sql, exact, "s");
    dv_buf_str(sql, " FROM pg_temp.drover_stage s");
}

static void from_table(struct dv_buf *sql, const struct dv_exact *exact)
{
    select_texts(sql, exact, "t");
    dv_buf_printf(sql, " FROM %s t WHERE ", exact->step->table.quoted);
    dv_exact_chunks_sql(sql, exact, "t");
}

/* The rows of one that the other lacks, with what that means. */
static void lacking(struct dv_buf *sql, const struct dv_exact *exact, const char *difference,
                    void (*one)(struct dv_buf *, const struct dv_exact *),
                    void (*other)(struct dv_buf *, const struct dv_exact *))
{
    const struct dv_load_table *table = &exact->step->table;
    dv_buf_str(sql, "SELECT ");
    for (unsigned i = 0; i < table->column_count; i++)
        if (!exact->left[i]) {
            dv_exact_shown_sql(sql, table->columns[i].quoted);
            dv_buf_printf(sql, " AS %s, ", table->columns[i].quoted);
        }
    dv_buf_printf(sql, "'%s' AS difference FROM (", difference);
    one(sql, exact);
    dv_buf_str(sql, " EXCEPT ALL ");
    other(sql, exact);
    dv_buf_str(sql, ") d ORDER BY d");
}

enum dv_status dv_exact_keyless(struct dv_exact *exact, struct dv_check_samples *added, struct dv_err *err)
{
    struct dv_pg *pg = exact->env->pg;
    struct dv_buf sql = {0};
    uint64_t rows = 0;
    enum dv_status status;
    select_texts(&sql, exact, "s");
    if (sql.len == 0 && !sql.failed)
        return DV_OK; /* later steps have the last word on all of it */
    dv_buf_reset(&sql);
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_exact_stage(exact, exact->step->parts, exact->step->part_count, false, &rows, err));
    exact->compared += rows;
    lacking(&sql, exact, "row missing", from_files, from_table);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_check_rows(pg, sql.data, &exact->samples, err));
    if (added != NULL) {
        dv_buf_reset(&sql);
        lacking(&sql, exact, "row added", from_table, from_files);
        DV_TRY(dv_sql_done(&sql, err));
        DV_TRY(dv_check_rows(pg, sql.data, added, err));
    }
    status = dv_pg_rollback(pg, err);
done:
    dv_buf_release(&sql);
    return status;
}
