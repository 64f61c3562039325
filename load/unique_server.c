#include "load/copy.h"
#include "load/sql_token.h"
#include "load/stage_table.h"
#include "load/unique_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dv_unique_expressions(struct dv_buf *out, const char *elements)
{
    unsigned depth = 0;
    const char *at = elements;
    for (struct dv_sql_token token; (token = dv_sql_next(&at)).kind != DV_SQL_END;) {
        bool order = depth == 0 && (dv_sql_is(&token, "asc") || dv_sql_is(&token, "desc"));
        const char *behind = token.text;
        depth += dv_sql_symbol(&token, '(');
        depth -= depth > 0 && dv_sql_symbol(&token, ')');
        if (depth == 0 && (dv_sql_accept(&behind, "nulls first") || dv_sql_accept(&behind, "nulls last")))
            at = behind;
        else if (!order)
            dv_buf_printf(out, "%.*s ", (int)token.length, token.text);
    }
}

static enum dv_status make_sql(struct dv_buf *sql, const struct dv_unique_key *key, struct dv_err *err)
{
    struct dv_buf list = {0};
    enum dv_status status;
    dv_unique_expressions(&list, key->elements);
    DV_TRY(dv_sql_done(&list, err));
    dv_buf_printf(
        sql,
        "SELECT drover_row, left(concat_ws(', ', %s), 150), extra, keys FROM (SELECT *, sum((place > "
        "1)::int) "
        "OVER () AS extra, sum((place = 1)::int) OVER () AS keys FROM (SELECT *, count(*) OVER (PARTITION BY "
        "%s) AS drover_times, row_number() OVER (PARTITION BY %s ORDER BY drover_row) AS place FROM "
        "pg_temp.drover_stage WHERE (%s) AND (%s OR num_nulls(%s) = 0)) s WHERE drover_times > 1) t "
        "ORDER BY drover_row LIMIT %d",
        list.data, list.data, list.data, key->condition != NULL ? key->condition : "true",
        key->nulls_equal ? "true" : "false", list.data, DV_UNIQUE_SAMPLES);
    status = dv_sql_done(sql, err);
done:
    dv_buf_release(&list);
    return status;
}

static void take_samples(const PGresult *result, const struct dv_dataset_manifest *dataset,
                         struct dv_unique_rows *found)
{
    uint64_t first = 0;
    uint32_t part = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        uint64_t number = strtoull(PQgetvalue(result, row, 0), NULL, 10);
        while (part + 1 < dataset->part_count && number > first + dataset->part_rows[part])
            first += dataset->part_rows[part++];
        struct dv_unique_sample *sample = &found->samples[found->count++];
        sample->part = part;
        sample->row = number - first;
        (void)snprintf(sample->key, sizeof sample->key, "%s", PQgetvalue(result, row, 1));
        found->extra = strtoull(PQgetvalue(result, row, 2), NULL, 10);
        found->keys = strtoull(PQgetvalue(result, row, 3), NULL, 10);
    }
}

enum dv_status dv_unique_by_server(struct dv_pg *pg, const struct dv_load_table *table,
                                   const struct dv_unique_key *key, struct dv_unique_rows *found,
                                   struct dv_err *err)
{
    struct dv_dataset_manifest dataset = {0};
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    *found = (struct dv_unique_rows){0};
    DV_TRY(dv_dataset_manifest_read(table->spec->dataset_dir, &dataset, err));
    DV_TRY(make_sql(&sql, key, err));
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_WRITE, err));
    DV_TRY(dv_stage_table_make(pg, table, err));
    for (uint32_t part = 0; part < dataset.part_count; part++)
        DV_TRY(dv_copy_staged(pg, table, part, err));
    DV_TRY(dv_pg_query(pg, sql.data, 0, NULL, &result, err));
    take_samples(result, &dataset, found);
done:
    PQclear(result);
    dv_buf_release(&sql);
    dv_dataset_manifest_release(&dataset);
    struct dv_err ignored = DV_ERR_INIT;
    if (dv_pg_in_transaction(pg) && !dv_pg_lost(pg)) {
        enum dv_status ended = dv_pg_rollback(pg, &ignored);
        if (status == DV_OK && ended != DV_OK) {
            *err = ignored;
            status = ended;
        }
    }
    return status;
}
