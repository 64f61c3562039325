#include "load/sequence.h"

#include "core/csv.h"
#include "load/tries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note_value(int64_t *max, const struct dv_value *value)
{
    const char *text = value->u.p;
    size_t length = value->len;
    char copy[24];
    if (value->state == DV_RAW_QUOTED && length >= 2) {
        text++;
        length -= 2;
    }
    /* What is no number the server refuses. */
    if (value->state == DV_NULL || length == 0 || length >= sizeof copy)
        return;
    memcpy(copy, text, length);
    copy[length] = '\0';
    int64_t number = strtoll(copy, NULL, 10);
    if (number > *max)
        *max = number;
}

enum dv_status dv_sequence_note(struct dv_load_part *part, const char *records, size_t length,
                                struct dv_value *values, unsigned count, bool cut, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    const char *end = records + length;
    for (const char *at = records; at < end;) {
        enum dv_status status = dv_csv_split(at, end, values, count, &at, err);
        if (status != DV_OK)
            return status;
        for (unsigned i = 0; i < table->column_count; i++)
            if (table->columns[i].sequence != NULL)
                note_value(&part->sequence_max[i], &values[cut ? i : table->columns[i].source]);
    }
    return DV_OK;
}

static enum dv_status staged_max(struct dv_load_part *part, const struct dv_load_column *column, int64_t *max,
                                 struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_printf(&sql, "SELECT max(%s)::bigint FROM pg_temp.drover_stage", column->quoted);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(part->pg, sql.data, 0, NULL, &result, err));
    *max = PQgetisnull(result, 0, 0) ? INT64_MIN : strtoll(PQgetvalue(result, 0, 0), NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* Under a lock, because two parts that look and then set could set the sequence back. */
static enum dv_status advance(struct dv_load_part *part, const struct dv_load_column *column, int64_t max,
                              struct dv_err *err)
{
    struct dv_buf sql = {0};
    enum dv_status status;
    DV_TRY(dv_lock_among_us(part->pg, part->run->context, "drover/sequence/", column->sequence, err));
    dv_buf_str(&sql, "SELECT setval(");
    dv_pg_quote_literal(&sql, column->sequence);
    dv_buf_printf(&sql, ", least(%" PRId64 ", d.seqmax)) FROM %s s, pg_sequence d WHERE d.seqrelid = ", max,
                  column->sequence);
    dv_pg_quote_literal(&sql, column->sequence);
    dv_buf_printf(&sql,
                  "::regclass AND d.seqincrement > 0 AND %" PRId64 " >= d.seqmin AND "
                  "(%" PRId64 " > s.last_value OR (%" PRId64 " = s.last_value AND NOT s.is_called))",
                  max, max, max);
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_pg_exec(part->pg, sql.data, err);
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_sequence_advance(struct dv_load_part *part, struct dv_err *err)
{
    const struct dv_load_table *table = part->table;
    /* setval() is not rolled back. */
    if (!table->has_sequence || !table->mode->inserts || part->run->context->rehearsal != NULL)
        return DV_OK;
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct dv_load_column *column = &table->columns[i];
        enum dv_status status = DV_OK;
        if (column->sequence == NULL)
            continue;
        if (!part->direct)
            status = staged_max(part, column, &part->sequence_max[i], err);
        if (status == DV_OK && part->sequence_max[i] != INT64_MIN)
            status = advance(part, column, part->sequence_max[i], err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
