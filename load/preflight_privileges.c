/* Privileges: every missing one, with the statement that grants it. Tables are found by their names alone, as
 * to_regclass() fails where a schema may not be used. */
#include "load/mode.h"
#include "load/preflight.h"
#include "load/step_sql.h"
#include "load/table.h"

#include <string.h>

/* Columns: what is missing, what grants it, whether a run can do without. Two steps may load one table. */
static enum dv_status add_missing(struct dv_findings *findings, const PGresult *result, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (int row = 0; row < PQntuples(result) && status == DV_OK; row++) {
        bool later = PQgetvalue(result, row, 2)[0] == 't';
        if (!dv_findings_has(findings, PQgetvalue(result, row, 0)))
            status = dv_finding_add(findings, later ? DV_FINDING_WARNING : DV_FINDING_JOB,
                                    PQgetvalue(result, row, 1), err, "%s", PQgetvalue(result, row, 0));
    }
    return status;
}

static enum dv_status ask(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                          struct dv_findings *findings, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(pg, sql, count, params, &result, err);
    if (status == DV_OK)
        status = add_missing(findings, result, err);
    PQclear(result);
    return status;
}

static const char database_sql[] =
    "WITH own AS (SELECT oid FROM pg_namespace WHERE nspname = 'drover'), tables AS (SELECT c.oid, c.relname "
    "FROM "
    "pg_class c JOIN own ON own.oid = c.relnamespace WHERE c.relkind = 'r') "
    "SELECT format('user %s may not %s in database %s', current_user, p.does, current_database()), "
    "format('GRANT %s ON DATABASE %I TO %I', p.name, current_database(), current_user), false "
    "FROM (VALUES ('CREATE', 'make schema drover', NOT EXISTS (SELECT FROM own)), "
    "('TEMPORARY', 'make temporary tables', true)) p(name, does, wanted) "
    "WHERE p.wanted AND NOT has_database_privilege(current_database(), p.name) "
    "UNION ALL SELECT format('user %s lacks %s on schema drover', current_user, string_agg(p.name, ', ')), "
    "format('GRANT %s ON SCHEMA drover TO %I', string_agg(p.name, ', '), current_user), false "
    "FROM own, (VALUES ('USAGE', true), ('CREATE', NOT EXISTS (SELECT FROM tables))) p(name, wanted) "
    "WHERE p.wanted AND NOT has_schema_privilege(own.oid, p.name) HAVING count(*) > 0 "
    "UNION ALL SELECT format('user %s lacks %s on table drover.%I', current_user, string_agg(p.name, ', '), "
    "t.relname), format('GRANT %s ON drover.%I TO %I', string_agg(p.name, ', '), t.relname, current_user), "
    "false "
    "FROM tables t, (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p(name) "
    "WHERE NOT has_table_privilege(t.oid, p.name) GROUP BY t.relname";

/* $1: the table as the job writes it. */
#define NAMED_TABLE                                                                                          \
    "WITH name AS (SELECT parse_ident($1) AS parts), t AS (SELECT c.oid, c.relnamespace, c.relowner, "       \
    "c.relrowsecurity, format('%I.%I', n.nspname, c.relname) AS shown, n.nspname FROM name JOIN pg_class c " \
    "ON "                                                                                                    \
    "c.relname = parts[cardinality(parts)] AND c.relkind IN ('r', 'p', 'v', 'm', 'f') JOIN pg_namespace n "  \
    "ON n.oid "                                                                                              \
    "= c.relnamespace WHERE CASE WHEN cardinality(parts) = 1 THEN pg_table_is_visible(c.oid) ELSE "          \
    "n.nspname = "                                                                                           \
    "parts[1] END) "

static const char schema_usage[] =
    "SELECT format('user %s may not use schema %I', current_user, t.nspname), "
    "format('GRANT USAGE ON SCHEMA %I TO %I', t.nspname, current_user), false FROM t "
    "WHERE NOT has_schema_privilege(t.relnamespace, 'USAGE') ";

/* $2 the loaded columns, NULL: all; $3 inserts, $4 updates, $5 a step makes a table that is not there. */
static const char loaded_sql[] = NAMED_TABLE
    "SELECT format('user %s lacks %s on table %s%s', current_user, string_agg(p.name, ', '), t.shown, "
    "CASE WHEN p.later THEN ', which a rollback of the run needs' ELSE '' END), "
    "format('GRANT %s ON %s TO %I', string_agg(p.name, ', '), t.shown, current_user), p.later "
    "FROM t, (VALUES ('SELECT', true, false), ('INSERT', $3::boolean, false), ('UPDATE', $4::boolean, "
    "false), "
    "('DELETE', $3::boolean, true)) p(name, wanted, later) WHERE p.wanted AND NOT has_table_privilege(t.oid, "
    "p.name) "
    "AND (p.later OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT "
    "a.attisdropped AND a.attgenerated = '' AND ($2::text[] IS NULL OR a.attname = ANY ($2::text[])) AND "
    "NOT CASE WHEN NOT p.later THEN has_column_privilege(t.oid, a.attnum, p.name) END)) GROUP BY t.shown, "
    "p.later "
    "UNION ALL SELECT format('user %s lacks %s on sequence %s, which stands behind %s.%I', current_user, "
    "string_agg(p.name, ', '), d.objid::regclass, t.shown, a.attname), format('GRANT %s ON SEQUENCE %s TO "
    "%I', "
    "string_agg(p.name, ', '), d.objid::regclass, current_user), false FROM t JOIN pg_depend d ON d.classid "
    "= "
    "'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.deptype IN "
    "('a', 'i') "
    "JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_attribute a ON a.attrelid = t.oid AND "
    "a.attnum = "
    "d.refobjsubid CROSS JOIN LATERAL (SELECT $2::text[] IS NULL OR a.attname = ANY ($2::text[]) AS loaded) "
    "l, "
    "(VALUES ('SELECT'), ('UPDATE'), ('USAGE')) p(name) WHERE $3::boolean AND CASE p.name WHEN 'USAGE' THEN "
    "NOT "
    "l.loaded AND a.attidentity = '' AND NOT has_sequence_privilege(s.oid, 'UPDATE') ELSE l.loaded END AND "
    "NOT "
    "has_sequence_privilege(s.oid, p.name) GROUP BY d.objid, t.shown, a.attname "
    "UNION ALL SELECT format('row-level security of table %s applies to user %s: rows would be missed', "
    "t.shown, "
    "current_user), format('ALTER ROLE %I BYPASSRLS, or connect as the owner of the table', current_user), "
    "false "
    "FROM t WHERE t.relrowsecurity AND row_security_active(t.oid) "
    "UNION ALL SELECT format('user %s may not make tables in schema %I, where a schema step makes %s', "
    "current_user, n.nspname, $1::text), format('GRANT CREATE ON SCHEMA %I TO %I', n.nspname, current_user), "
    "false "
    "FROM name JOIN pg_namespace n ON n.nspname = CASE WHEN cardinality(parts) = 1 THEN current_schema() "
    "ELSE "
    "parts[1] END WHERE $5::boolean AND NOT EXISTS (SELECT FROM t) AND NOT has_schema_privilege(n.oid, "
    "'CREATE') "
    "UNION ALL ";

static const char read_sql[] = NAMED_TABLE
    "SELECT format('user %s lacks SELECT on table %s of the %s', current_user, t.shown, $3::text), "
    "format('GRANT SELECT ON %s TO %I', t.shown, current_user), false FROM t WHERE NOT "
    "has_table_privilege(t.oid, "
    "'SELECT') AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT "
    "a.attisdropped AND ($2::text[] IS NULL OR a.attname = ANY ($2::text[])) AND NOT "
    "has_column_privilege(t.oid, "
    "a.attnum, 'SELECT')) UNION ALL ";

static const char owned_sql[] = NAMED_TABLE
    "SELECT format('schema step %s changes table %s, which user %s does not own', $2::text, t.shown, "
    "current_user), format('GRANT %I TO %I, or ALTER TABLE %s OWNER TO %2$I', r.rolname, current_user, "
    "t.shown), false "
    "FROM t JOIN pg_roles r ON r.oid = t.relowner WHERE NOT pg_has_role(t.relowner, 'USAGE')";

static const char referred_sql[] = NAMED_TABLE
    "SELECT format('user %s lacks REFERENCES on table %s, which schema step %s refers to', current_user, "
    "t.shown, $2::text), format('GRANT REFERENCES ON %s TO %I', t.shown, current_user), false FROM t "
    "WHERE NOT has_table_privilege(t.oid, 'REFERENCES')";

static enum dv_status with_usage(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                                 struct dv_findings *findings, struct dv_err *err)
{
    struct dv_buf whole = {0};
    enum dv_status status;
    dv_buf_str(&whole, sql);
    dv_buf_str(&whole, schema_usage);
    DV_TRY(dv_sql_done(&whole, err));
    status = ask(pg, whole.data, count, params, findings, err);
done:
    dv_buf_release(&whole);
    return status;
}

static const char readable_sql[] = "SELECT coalesce(bool_and(CASE WHEN has_schema_privilege(n.oid, 'USAGE') "
                                   "THEN coalesce(has_table_privilege(c.oid, "
                                   "'SELECT'), true) ELSE false END), true) FROM pg_namespace n LEFT JOIN "
                                   "pg_class c ON c.relnamespace = n.oid AND "
                                   "c.relkind = 'r' WHERE n.nspname = 'drover'";

enum dv_status dv_preflight_privileges(struct dv_pg *pg, bool *readable, struct dv_findings *findings,
                                       struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(ask(pg, database_sql, 0, NULL, findings, err));
    DV_TRY(dv_pg_query(pg, readable_sql, 0, NULL, &result, err));
    *readable = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    return status;
}

enum dv_status dv_preflight_changed(struct dv_pg *pg, const struct dv_schema *schema,
                                    struct dv_findings *findings, struct dv_err *err)
{
    struct dv_step_sql steps = {0};
    enum dv_status status;
    DV_TRY(dv_step_sql_read(schema, DV_PHASE_EXPAND, DV_PHASE_INDEX, &steps, err));
    for (unsigned i = 0; i < steps.changed.count; i++) {
        const char *params[] = {steps.changed.list[i].name, steps.changed.list[i].step};
        DV_TRY(ask(pg, owned_sql, 2, params, findings, err));
        DV_TRY(dv_preflight_locks(pg, steps.changed.list[i].name, findings, err));
    }
    for (unsigned i = 0; i < steps.referred.count; i++) {
        const char *params[] = {steps.referred.list[i].name, steps.referred.list[i].step};
        DV_TRY(ask(pg, referred_sql, 2, params, findings, err));
    }
done:
    dv_step_sql_release(&steps);
    return status;
}

enum dv_status dv_preflight_loaded(struct dv_pg *pg, const struct dv_load_spec *spec, bool made,
                                   struct dv_findings *findings, struct dv_err *err)
{
    const struct dv_load_mode *mode = dv_load_mode_find(spec->mode);
    struct dv_buf columns = {0};
    enum dv_status status;
    if (mode == NULL)
        return DV_OK; /* the check of the step says so */
    dv_sql_text_array(&columns, spec->to, spec->column_count);
    DV_TRY(dv_sql_done(&columns, err));
    /* A mode with a key locks the table where nothing else tells two sessions' rows apart: that takes UPDATE.
     */
    const char *params[] = {spec->table, spec->column_count > 0 ? columns.data : NULL,
                            mode->inserts ? "t" : "f", mode->updates || mode->needs_key ? "t" : "f",
                            made ? "t" : "f"};
    status = with_usage(pg, loaded_sql, 5, params, findings, err);
done:
    dv_buf_release(&columns);
    return status;
}

enum dv_status dv_preflight_read(struct dv_pg *pg, const char *which, const char *table,
                                 const char *const *columns, unsigned column_count,
                                 struct dv_findings *findings, struct dv_err *err)
{
    struct dv_buf list = {0};
    enum dv_status status;
    dv_sql_text_array(&list, columns, column_count);
    DV_TRY(dv_sql_done(&list, err));
    const char *params[] = {table, column_count > 0 ? list.data : NULL, which};
    status = with_usage(pg, read_sql, 3, params, findings, err);
done:
    dv_buf_release(&list);
    return status;
}
