#include "load/rollback_part.h"

#include "core/file.h"
#include "load/isolate.h"

#include <inttypes.h>

#define LIST_BYTES 65536 /* of kept rows, before they are written */

static void where_place(struct dv_buf *sql, const struct dv_load_table *table, uint64_t first, uint64_t count)
{
    dv_buf_printf(sql,
                  " WHERE t.ctid = b.drover_tid AND NOT b.drover_edited AND b.drover_row BETWEEN %" PRIu64
                  " AND %" PRIu64,
                  first, first + count - 1);
    if (table->partitioned)
        dv_buf_str(sql, " AND t.tableoid = b.drover_table");
}

/* The row itself is left alone where others refer to it, or where its old values no longer fit. */
static enum dv_status remove_piece(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                   struct dv_err *err)
{
    struct dv_load_part *part = context;
    struct dv_buf sql = {0};
    uint64_t touched = 0;
    enum dv_status status;
    (void)bad;
    dv_buf_printf(&sql, "DELETE FROM %s t USING pg_temp.drover_gone b", part->table->quoted);
    where_place(&sql, part->table, first, count);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(part->pg, sql.data, 0, NULL, &touched, err));
    part->count.inserted += touched;
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status restore_piece(void *context, uint64_t first, uint64_t count, uint64_t *bad,
                                    struct dv_err *err)
{
    struct dv_load_part *part = context;
    struct dv_buf sql = {0};
    uint64_t touched = 0;
    const char *separator = "";
    enum dv_status status;
    (void)bad;
    dv_buf_printf(&sql, "UPDATE %s t SET ", part->table->quoted);
    for (unsigned i = 0; i < part->table->column_count; i++) {
        const struct dv_load_column *column = &part->table->columns[i];
        if (column->key)
            continue;
        dv_buf_printf(&sql, "%s%s = CASE WHEN b.drover_has_%u THEN b.drover_old_%u::%s ELSE t.%s END",
                      separator, column->quoted, i, i, column->type, column->quoted);
        separator = ", ";
    }
    dv_buf_str(&sql, " FROM pg_temp.drover_back b");
    where_place(&sql, part->table, first, count);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_run(part->pg, sql.data, 0, NULL, &touched, err));
    part->count.updated += touched;
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status try_one(struct dv_load_part *part, dv_isolate_fn piece, uint64_t row, bool *went,
                              struct dv_err *err)
{
    struct dv_err refusal = DV_ERR_INIT;
    uint64_t bad;
    enum dv_status status;
    DV_TRY(dv_pg_exec(part->pg, "SAVEPOINT drover_one", err));
    status = piece(part, row, 1, &bad, &refusal);
    *went = status == DV_OK;
    if (status != DV_OK && !dv_refused_is(&refusal)) {
        *err = refusal;
        goto done;
    }
    status = dv_pg_exec(part->pg, *went ? "RELEASE drover_one" : "ROLLBACK TO drover_one; RELEASE drover_one",
                        err);
done:
    return status;
}

/* What one row was refused for may be another one that has gone since: its child, or the holder of its old
 * unique value. Forward and backward in turn, so that a chain of rows takes two rounds, whichever way it
 * runs. */
static enum dv_status try_refused_again(struct dv_load_part *part, dv_isolate_fn piece, struct dv_err *err)
{
    struct dv_refused_row *rows = part->refused.rows;
    size_t left = part->refused.count;
    bool progress = left > 1, backward = true;
    while (progress) {
        size_t still = 0;
        for (size_t i = 0; i < left; i++) {
            bool went = false;
            size_t at = backward ? left - 1 - i : i;
            enum dv_status status = try_one(part, piece, rows[at].row, &went, err);
            if (status != DV_OK)
                return status;
            if (went)
                rows[at].row = 0;
        }
        for (size_t i = 0; i < left; i++)
            if (rows[i].row != 0)
                rows[still++].row = rows[i].row;
        progress = still < left && still > 0;
        left = still;
        backward = !backward;
    }
    return DV_OK;
}

/* All at once; in pieces where some row cannot go. */
static enum dv_status act_on(struct dv_load_part *part, dv_isolate_fn piece, struct dv_err *err)
{
    enum dv_status status;
    uint64_t bad;
    DV_TRY(dv_pg_exec(part->pg, "SAVEPOINT drover_all", err));
    status = piece(part, 1, part->rows, &bad, err);
    if (status == DV_OK)
        return dv_pg_exec(part->pg, "RELEASE drover_all", err);
    if (!dv_refused_is(err))
        return status;
    DV_TRY(dv_pg_exec(part->pg, "ROLLBACK TO drover_all; RELEASE drover_all", err));
    dv_refused_clear(&part->refused);
    DV_TRY(dv_isolate(part, 1, part->rows, piece, part, err));
    status = try_refused_again(part, piece, err);
done:
    return status;
}

enum dv_status dv_rollback_list(struct dv_take_back *back, bool inserted, int fd, struct dv_err *err)
{
    const struct dv_load_table *table = back->part.table;
    struct dv_buf sql = {0}, rows = {0};
    const char *data;
    size_t length;
    enum dv_status status;
    dv_buf_str(&sql, "COPY (SELECT ");
    dv_sql_columns(&sql, table, "t");
    /* Rows that were removed or given their old values are no longer where they were. */
    dv_buf_printf(&sql, " FROM %s t JOIN pg_temp.%s b ON t.ctid = b.drover_tid", table->quoted,
                  inserted ? "drover_gone" : "drover_back");
    dv_buf_str(&sql, table->partitioned ? " AND t.tableoid = b.drover_table" : "");
    dv_buf_str(&sql, " ORDER BY b.drover_row) TO STDOUT (FORMAT csv)");
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_copy_out_begin(back->part.pg, sql.data, err));
    while ((status = dv_pg_copy_out_data(back->part.pg, &data, &length, err)) == DV_OK) {
        dv_buf_append(&rows, data, length);
        if (rows.len < LIST_BYTES && !rows.failed)
            continue;
        DV_TRY(dv_buf_check(&rows, err));
        DV_TRY(dv_file_write_all(fd, rows.data, rows.len, "the list of kept rows", err));
        dv_buf_reset(&rows);
    }
    if (status != DV_END)
        goto done;
    DV_TRY(dv_buf_check(&rows, err));
    status = rows.len > 0 ? dv_file_write_all(fd, rows.data, rows.len, "the list of kept rows", err) : DV_OK;
done:
    dv_buf_release(&sql);
    dv_buf_release(&rows);
    return status;
}

enum dv_status dv_rollback_act(struct dv_take_back *back, struct dv_err *err)
{
    struct dv_load_part *part = &back->part;
    enum dv_status status;
    part->count = (struct dv_load_count){0};
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off", err));
    if (back->removed > 0)
        DV_TRY(act_on(part, remove_piece, err));
    if (back->restored > 0)
        DV_TRY(act_on(part, restore_piece, err));
    DV_TRY(dv_pg_exec(part->pg, "SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT",
                      err));
    back->stuck += back->removed - part->count.inserted;
    back->kept += back->removed - part->count.inserted + back->restored - part->count.updated;
    back->removed = part->count.inserted;
    back->restored = part->count.updated;
    dv_refused_clear(&part->refused);
done:
    return status;
}
