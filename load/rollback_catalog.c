/* What the catalog says of a table whose rows are taken back: which columns hold more than was loaded, and
 * which foreign keys refer to it. */
#include "load/rollback_part.h"

/* Columns that are neither computed nor filled by a function: what they hold in a row that nobody edited is
 * known. */
static const char defaults_sql[] =
    "SELECT attname, quote_ident(attname), format_type(atttypid, atttypmod), coalesce(expression, 'NULL') "
    "FROM (SELECT a.*, ty.typdefault, pg_get_expr(d.adbin, d.adrelid) AS expression FROM pg_attribute a "
    "  JOIN pg_type ty ON ty.oid = a.atttypid "
    "  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "  WHERE a.attrelid = to_regclass($1)) a "
    "WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = '' "
    "AND typdefault IS NULL AND (expression IS NULL OR expression ~ "
    "'^\\(?(-?[0-9.]+|true|false|NULL|''([^'']|'''')*'')\\)?"
    "(::[a-z_\" .]+(\\([0-9, ]+\\))?[a-z ]*(\\[\\])?)*$') ORDER BY attnum";

enum dv_status dv_rollback_touched_sql(struct dv_buf *out, struct dv_pg *pg,
                                       const struct dv_load_table *table, struct dv_err *err)
{
    const char *params[] = {table->quoted};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, defaults_sql, 1, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        bool loaded = false;
        for (unsigned i = 0; i < table->column_count; i++)
            loaded = loaded || strcmp(table->columns[i].name, PQgetvalue(result, row, 0)) == 0;
        if (loaded)
            continue;
        dv_buf_printf(out, "%st.%s::text IS DISTINCT FROM (%s)::%s::text", out->len > 0 ? " OR " : "",
                      PQgetvalue(result, row, 1), PQgetvalue(result, row, 3), PQgetvalue(result, row, 2));
    }
    status = dv_sql_done(out, err);
done:
    PQclear(result);
    return status;
}

/* One row a foreign key. Those that would change or remove the rows that refer to a removed one must be
 * looked at. Those that forbid it are, where that is allowed, because it is much faster than the server's
 * refusal, row by row. */
static const char referring_sql[] =
    "SELECT f.conrelid::regclass, f.conrelid = f.confrelid, "
    "  (SELECT string_agg(format('r.%I = t.%I', r.attname, t.attname), ' AND ') "
    "   FROM unnest(f.conkey, f.confkey) k(r, t) "
    "   JOIN pg_attribute r ON r.attrelid = f.conrelid AND r.attnum = k.r "
    "   JOIN pg_attribute t ON t.attrelid = f.confrelid AND t.attnum = k.t) "
    "FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = to_regclass($1) AND f.conparentid = 0 "
    "AND (f.confdeltype IN ('c', 'n', 'd') OR (has_table_privilege(f.conrelid, 'SELECT') "
    "  AND NOT row_security_active(f.conrelid))) ORDER BY f.oid";

enum dv_status dv_rollback_referred_sql(struct dv_buf *out, struct dv_pg *pg,
                                        const struct dv_load_table *table, bool *itself, struct dv_err *err)
{
    const char *params[] = {table->quoted};
    PGresult *result = NULL;
    enum dv_status status;
    *itself = false;
    DV_TRY(dv_pg_query(pg, referring_sql, 1, params, &result, err));
    int count = PQntuples(result);
    if (count > 0)
        dv_buf_printf(out,
                      "UPDATE pg_temp.drover_gone b SET drover_edited = true FROM %s t "
                      "WHERE t.tableoid = b.drover_table AND t.ctid = b.drover_tid AND NOT b.drover_edited "
                      "AND (",
                      table->quoted);
    for (int row = 0; row < count; row++) {
        bool own = PQgetvalue(result, row, 1)[0] == 't';
        *itself = *itself || own;
        dv_buf_printf(out, "%sEXISTS (SELECT FROM %s r WHERE %s%s)", row > 0 ? " OR " : "",
                      PQgetvalue(result, row, 0), PQgetvalue(result, row, 2),
                      own ? " AND NOT EXISTS (SELECT FROM pg_temp.drover_gone o WHERE NOT o.drover_edited "
                            "AND o.drover_table = r.tableoid AND o.drover_tid = r.ctid)"
                          : "");
    }
    if (count > 0)
        dv_buf_byte(out, ')');
    status = dv_sql_done(out, err);
done:
    PQclear(result);
    return status;
}
