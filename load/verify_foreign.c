/* Foreign keys of the loaded tables, those that they have and those that refer to them. A validated
 * constraint whose triggers fire needs no look: the server checked every row. One that is NOT VALID, or whose
 * triggers are off, says nothing of the rows that are there. */
#include "load/table.h"
#include "load/verify.h"

#include <stdio.h>
#include <string.h>

static const char list_sql[] =
    "SELECT c.oid, c.conrelid::regclass::text || '.' || c.conname, pg_get_constraintdef(c.oid) FROM "
    "pg_constraint c "
    "WHERE c.contype = 'f' AND (c.conrelid IN (SELECT to_regclass(name)::oid FROM loaded) OR "
    "c.confrelid IN (SELECT to_regclass(name)::oid FROM loaded)) ORDER BY 2";

/* The constraint's own parts are looked at too, where its table is partitioned. */
static const char trusted_sql[] =
    "SELECT c.convalidated AND current_setting('session_replication_role') <> 'replica' AND NOT EXISTS ("
    "SELECT FROM pg_trigger g JOIN pg_constraint k ON k.oid = g.tgconstraint "
    "WHERE (k.oid = c.oid OR k.conparentid = c.oid) AND g.tgenabled IN ('D', 'R')) "
    "FROM pg_constraint c WHERE c.oid = $1::oid";

/* MATCH FULL: all columns of the key are NULL, or none is. A constraint is about the table alone, without
 * those that inherit from it, but for partitions. */
static const char orphans_sql[] =
    "SELECT format('SELECT %s FROM %s %s c WHERE (%s) AND NOT EXISTS (SELECT FROM %s %s p WHERE %s)', "
    "  (SELECT string_agg(format('c.%I', a.attname), ', ' ORDER BY shown.place) FROM ("
    "     SELECT key.n, min(key.place) AS place FROM ("
    "       SELECT n, place FROM pg_index i, unnest(i.indkey) WITH ORDINALITY x(n, place) "
    "       WHERE i.indrelid = c.conrelid AND i.indisprimary "
    "       UNION ALL SELECT n, 100 + place FROM unnest(c.conkey) WITH ORDINALITY x(n, place)) key "
    "     GROUP BY key.n) shown JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = shown.n), "
    "  CASE child.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, c.conrelid::regclass, "
    "  string_agg(format('c.%I IS NOT NULL', f.attname), CASE c.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' "
    "AND ' "
    "END), "
    "  CASE parent.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, c.confrelid::regclass, "
    "  string_agg(format('p.%I = c.%I', t.attname, f.attname), ' AND ')) "
    "FROM pg_constraint c JOIN pg_class child ON child.oid = c.conrelid "
    "JOIN pg_class parent ON parent.oid = c.confrelid, "
    "unnest(c.conkey, c.confkey) WITH ORDINALITY k(f, t, place) "
    "JOIN pg_attribute f ON f.attnum = k.f JOIN pg_attribute t ON t.attnum = k.t "
    "WHERE c.oid = $1::oid AND f.attrelid = c.conrelid AND t.attrelid = c.confrelid "
    "GROUP BY c.oid, c.conrelid, c.confrelid, c.conkey, c.confmatchtype, child.relkind, parent.relkind";

static enum dv_status foreign_key(const struct dv_check_env *env, const struct dv_check_task *task,
                                  struct dv_check *check, struct dv_err *err)
{
    const char *params[] = {task->path};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(env->pg, trusted_sql, 1, params, &result, err));
    if (PQntuples(result) == 0) {
        status = dv_check_result(check, 1, "the constraint has gone meanwhile", err);
        goto done;
    }
    if (PQgetvalue(result, 0, 0)[0] == 't') {
        status = dv_check_result(check, 0, "the constraint says so", err);
        goto done;
    }
    PQclear(result);
    result = NULL;
    DV_TRY(dv_pg_query(env->pg, orphans_sql, 1, params, &result, err));
    status = dv_check_query(env->pg, PQgetvalue(result, 0, 0), check, err);
done:
    PQclear(result);
    return status;
}

enum dv_status dv_check_add_foreign_keys(struct dv_check_list *list, struct dv_pg *pg,
                                         const struct dv_load_spec *specs, unsigned count, struct dv_err *err)
{
    struct dv_buf sql = {0}, table = {0};
    PGresult *result = NULL;
    char name[128];
    enum dv_status status = DV_OK;
    if (count == 0)
        return DV_OK;
    for (unsigned i = 0; i < count; i++) {
        dv_buf_reset(&table);
        DV_TRY(dv_pg_quote_table(&table, specs[i].table, err));
        DV_TRY(dv_sql_done(&table, err));
        dv_buf_str(&sql, i == 0 ? "WITH loaded(name) AS (VALUES (" : "), (");
        dv_pg_quote_literal(&sql, table.data);
    }
    dv_buf_str(&sql, ")) ");
    dv_buf_str(&sql, list_sql);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(pg, sql.data, 0, NULL, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        (void)snprintf(name, sizeof name, "foreign key %.110s", PQgetvalue(result, row, 1));
        DV_TRY(dv_check_add(list, foreign_key, NULL, PQgetvalue(result, row, 0), name,
                            PQgetvalue(result, row, 2), err));
    }
done:
    PQclear(result);
    dv_buf_release(&sql);
    dv_buf_release(&table);
    return status;
}
