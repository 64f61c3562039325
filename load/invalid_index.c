#include "load/invalid_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* $1 the index's bare name, $2 the table as written. */
#define CREATED                                                                                              \
    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = left($1, 63) AND "            \
    "i.indrelid = to_regclass($2)"

static enum dv_status created_state(struct dv_pg *pg, const struct dv_index_sql *parsed, char *state,
                                    struct dv_err *err)
{
    const char *params[] = {parsed->index, parsed->table};
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(pg, "SELECT i.indisvalid " CREATED, 2, params, &result, err);
    if (status == DV_OK)
        *state = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0)[0] : '\0';
    PQclear(result);
    return status;
}

enum dv_status dv_invalid_index_there(struct dv_pg *pg, const struct dv_index_sql *parsed, bool *there,
                                      struct dv_err *err)
{
    char state = '\0';
    enum dv_status status = DV_OK;
    if (parsed->verb == DV_INDEX_CREATE)
        status = created_state(pg, parsed, &state, err);
    *there = state != '\0';
    return status;
}

enum dv_status dv_invalid_index_check(struct dv_pg *pg, const struct dv_index_sql *parsed, struct dv_err *err)
{
    char state = 't';
    enum dv_status status = DV_OK;
    if (parsed->verb == DV_INDEX_CREATE)
        status = created_state(pg, parsed, &state, err);
    if (status == DV_OK && state == 'f') {
        status = dv_fail(err, DV_EXIT_FAULT,
                         "the index %s of %s was there already and is invalid: it is not this step's",
                         parsed->index, parsed->table);
        dv_err_hint(err, "drop it or rebuild it by hand (DROP INDEX, REINDEX), then run again");
    }
    return status;
}

/* The table that the statement locks: no row where there is none, or none that LOCK TABLE takes. */
static enum dv_status locked_table(struct dv_pg *pg, const struct dv_index_sql *parsed, PGresult **result,
                                   struct dv_err *err)
{
    const char *params[] = {parsed->table, parsed->index};
    bool table = parsed->verb == DV_INDEX_CREATE ||
                 (parsed->verb == DV_INDEX_REINDEX && parsed->scope == DV_INDEX_TABLE);
    return dv_pg_query(
        pg,
        table ? "SELECT oid::regclass::text, $2::text FROM pg_class WHERE oid = to_regclass($1) "
                "AND relkind IN ('r', 'p')"
              : "SELECT t.oid::regclass::text, $1::text FROM pg_index JOIN pg_class t ON t.oid = "
                "indrelid WHERE indexrelid = to_regclass($2) AND t.relkind IN ('r', 'p')",
        2, params, result, err);
}

enum dv_status dv_invalid_index_probe(struct dv_pg *pg, const struct dv_index_sql *parsed, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    if (parsed->verb == DV_INDEX_NONE || parsed->scope == DV_INDEX_SCHEMA ||
        parsed->scope == DV_INDEX_DATABASE)
        return DV_OK;
    DV_TRY(locked_table(pg, parsed, &result, err));
    if (PQntuples(result) == 0)
        goto done; /* the statement itself will say what is missing */
    status = dv_pg_execf(pg, err, "BEGIN; LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE; COMMIT",
                         PQgetvalue(result, 0, 0));
    struct dv_err ignored = DV_ERR_INIT;
    if (status != DV_OK && dv_pg_exec(pg, "ROLLBACK", &ignored) != DV_OK)
        goto done; /* the connection is of no use any more; what is told is why the lock was not granted */
done:
    PQclear(result);
    return status;
}

/* The invalid indexes that the statement makes. $1 the index, $2 the table or schema, $3 what was invalid
 * before. REINDEX builds NAME_ccnew, which then becomes NAME, while the old one goes as NAME_ccold. */
static const char *leftover_sql(const struct dv_index_sql *parsed)
{
#define LEFT                                                                                                 \
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "  \
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND "                              \
    "NOT (i.indexrelid = ANY ($3::oid[])) AND $1::text IS NOT DISTINCT FROM $1::text AND "                   \
    "$2::text IS NOT DISTINCT FROM $2::text AND "
#define REBUILT LEFT "c.relname ~ '_cc(new|old)[0-9]*$' AND "
    static const char created[] = LEFT "c.relname = left($1, 63) AND i.indrelid = to_regclass($2)";
    static const char index[] =
        REBUILT "i.indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass($1)) AND "
                "starts_with((SELECT relname::text FROM pg_class WHERE oid = to_regclass($1)), "
                "regexp_replace(c.relname, '_cc(new|old)[0-9]*$', ''))";
    static const char table[] =
        REBUILT "i.indrelid IN (SELECT relid FROM pg_partition_tree(to_regclass($2)) UNION "
                "SELECT to_regclass($2) UNION SELECT reltoastrelid FROM pg_class WHERE oid IN (SELECT relid "
                "FROM pg_partition_tree(to_regclass($2)) UNION SELECT to_regclass($2)))";
    static const char schema[] =
        REBUILT "i.indrelid IN (SELECT unnest(ARRAY[t.oid, t.reltoastrelid]) FROM pg_class t JOIN "
                "pg_namespace s ON s.oid = t.relnamespace WHERE s.nspname = left($2, 63))";
    static const char database[] = REBUILT "true";
    static const char *const rebuilt[] = {index, table, schema, database};
#undef REBUILT
#undef LEFT
    return parsed->verb == DV_INDEX_CREATE ? created : rebuilt[parsed->scope];
}

static enum dv_status drop_leftovers(struct dv_pg *pg, const struct dv_index_sql *parsed, const char *before,
                                     struct dv_err *err)
{
    const char *params[] = {parsed->index, parsed->table, before};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, leftover_sql(parsed), 3, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++)
        DV_TRY(dv_pg_execf(pg, err, "DROP INDEX CONCURRENTLY IF EXISTS %s", PQgetvalue(result, row, 0)));
done:
    PQclear(result);
    return status;
}

enum dv_status dv_invalid_index_settle(struct dv_pg *pg, const struct dv_index_sql *parsed,
                                       const char *before, bool *done, struct dv_err *err)
{
    const char *params[] = {parsed->index};
    PGresult *result = NULL;
    char state = '\0';
    enum dv_status status = DV_OK;
    *done = false;
    switch (parsed->verb) {
    case DV_INDEX_CREATE:
        DV_TRY(drop_leftovers(pg, parsed, before, err));
        DV_TRY(created_state(pg, parsed, &state, err));
        *done = state == 't';
        break;
    case DV_INDEX_REINDEX:
        status = drop_leftovers(pg, parsed, before, err);
        break;
    case DV_INDEX_DROP:
        DV_TRY(dv_pg_query(pg, "SELECT to_regclass($1) IS NULL", 1, params, &result, err));
        *done = PQgetvalue(result, 0, 0)[0] == 't';
        break;
    case DV_INDEX_NONE:
        break;
    }
done:
    PQclear(result);
    return status;
}

/* $1, $2 as in CREATED. One query that counts the keys which are there more than once. */
static const char duplicates_sql[] =
    "SELECT format('SELECT string_agg(format(''(%%s) %%s times'', k, n), '', ''), max(total) FROM (SELECT "
    "concat_ws('', '', %1$s) k, count(*) n, count(*) OVER () total FROM %2$s WHERE %3$s GROUP BY %1$s HAVING "
    "count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 5) d', keys.list, i.indrelid::regclass, "
    "concat_ws(' AND ', '(' || pg_get_expr(i.indpred, i.indrelid) || ')', "
    "CASE WHEN to_jsonb(i)->>'indnullsnotdistinct' IS DISTINCT FROM 'true' THEN "
    "format('num_nulls(%s) = 0', keys.list) END, 'true')) "
    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid CROSS JOIN LATERAL "
    "(SELECT string_agg('(' || pg_get_indexdef(i.indexrelid, k, true) || ')', ', ' ORDER BY k) AS list FROM "
    "generate_series(1, i.indnkeyatts) k) keys "
    "WHERE c.relname = left($1, 63) AND i.indrelid = to_regclass($2) AND NOT i.indisvalid";

void dv_invalid_index_duplicates(struct dv_pg *pg, const struct dv_index_sql *parsed, struct dv_err *err)
{
    const char *params[] = {parsed->index, parsed->table};
    struct dv_err ignored = DV_ERR_INIT;
    PGresult *query = NULL, *found = NULL;
    if (parsed->verb == DV_INDEX_CREATE &&
        dv_pg_query(pg, duplicates_sql, 2, params, &query, &ignored) == DV_OK && PQntuples(query) > 0 &&
        dv_pg_query(pg, PQgetvalue(query, 0, 0), 0, NULL, &found, &ignored) == DV_OK &&
        !PQgetisnull(found, 0, 0)) {
        size_t length = strlen(err->message);
        (void)snprintf(err->message + length, sizeof err->message - length,
                       "; %s keys are there more than once: %.500s", PQgetvalue(found, 0, 1),
                       PQgetvalue(found, 0, 0));
        dv_err_hint(err, "mend these rows of %s, then run again", parsed->table);
    }
    PQclear(query);
    PQclear(found);
}
