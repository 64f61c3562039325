#include "extract/postgres_plan.h"

#include "extract/source.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_IN_HINT 8 /* of what is there instead */

static char *keep(struct dv_postgres_plan *plan, const PGresult *result, int row, int column)
{
    return dv_arena_strdup(&plan->arena, PQgetvalue(result, row, column));
}

/* "did you mean X? there is: A, B, C, ..." */
static enum dv_status suggest(const PGresult *result, const char *wanted, struct dv_err *err)
{
    int rows = PQntuples(result);
    const char **names = dv_calloc((size_t)rows + 1, sizeof *names);
    if (names == NULL)
        return err->status;
    for (int i = 0; i < rows; i++)
        names[i] = PQgetvalue(result, i, 0);
    struct dv_buf list = {0};
    for (int i = 0; i < rows && i < NAMES_IN_HINT; i++)
        dv_buf_printf(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
    if (rows > NAMES_IN_HINT)
        dv_buf_str(&list, ", ...");
    const char *nearest = dv_nearest(wanted, names, (size_t)rows), *text = dv_buf_cstr(&list);
    if (nearest == NULL || text == NULL)
        dv_err_hint(err, "there is none that the user may see");
    else
        dv_err_hint(err, "did you mean %s? there is: %s", nearest, text);
    dv_buf_release(&list);
    dv_free(names);
    return err->status;
}

static enum dv_status missing_table(struct dv_pg *pg, const struct dv_extract_spec *spec, struct dv_err *err)
{
    static const char others[] =
        "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
        " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition"
        " AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1 LIMIT 5000";
    PGresult *result;
    enum dv_status status = dv_pg_query(pg, others, 0, NULL, &result, err);
    if (status != DV_OK)
        return status;
    (void)dv_fail(err, DV_EXIT_FAULT, "the source has no table %s", spec->table);
    status = suggest(result, spec->table, err);
    PQclear(result);
    return status;
}

enum dv_status dv_postgres_find(struct dv_pg *pg, const struct dv_extract_spec *spec,
                                struct dv_postgres_plan *plan, struct dv_err *err)
{
    static const char question[] =
        "SELECT c.oid, c.relkind, has_table_privilege(c.oid, 'SELECT') AND c.relkind IN ('r', 'p', 'v'),"
        " pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.format('%I', c.relname)"
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = pg_catalog.to_regclass($1)";
    struct dv_buf name = {0};
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    plan->absent = spec->empty;
    if (plan->absent)
        goto done;
    DV_TRY(dv_pg_quote_table(&name, spec->table, err));
    const char *parameters[] = {dv_buf_cstr(&name)};
    DV_TRY(dv_buf_check(&name, err));
    DV_TRY(dv_pg_query(pg, question, 1, parameters, &result, err));
    plan->absent = PQntuples(result) == 0;
    if (plan->absent) {
        if (!spec->optional)
            status = missing_table(pg, spec, err);
        goto done;
    }
    plan->oid = keep(plan, result, 0, 0);
    plan->kind = PQgetvalue(result, 0, 1)[0];
    plan->lockable = PQgetvalue(result, 0, 2)[0] == 't';
    plan->table = keep(plan, result, 0, 3);
    plan->alias = keep(plan, result, 0, 4);
    if (plan->oid == NULL || plan->table == NULL || plan->alias == NULL)
        status = dv_fail_memory(err);
    else if (strchr("rpvmf", plan->kind) == NULL)
        status = dv_fail(err, DV_EXIT_FAULT, "%s is not a table or a view", spec->table);
done:
    PQclear(result);
    dv_buf_release(&name);
    return status;
}

static enum dv_status take_column(struct dv_postgres_plan *plan, const PGresult *result, int row,
                                  struct dv_buf *select, struct dv_err *err)
{
    struct dv_column *column = &plan->columns[plan->column_count++];
    const char *name = PQgetvalue(result, row, 0), *type = PQgetvalue(result, row, 1);
    if (strlen(name) >= sizeof column->name)
        return dv_fail(err, DV_EXIT_FAULT, "the name of column %s is longer than 63 bytes", name);
    memcpy(column->name, name, strlen(name) + 1);
    struct dv_err unknown = DV_ERR_INIT;
    if (dv_type_parse(type, strlen(type), &column->type, &unknown) != DV_OK)
        column->type = dv_type_of(DV_TYPE_TEXT); /* carried as the text that it is */
    if (plan->column_count > 1)
        dv_buf_str(select, ", ");
    dv_pg_quote_ident(select, name);
    return DV_OK;
}

/* An optional table may be of a version that lacks a column which the job declares: NULL stands in for it. */
static const struct dv_column *stand_in(const struct dv_extract_spec *spec, const char *name)
{
    for (unsigned i = 0; spec->optional && i < spec->declared_count; i++)
        if (strcmp(spec->declared[i].name, name) == 0)
            return &spec->declared[i];
    return NULL;
}

static void take_stand_in(struct dv_postgres_plan *plan, const struct dv_column *column,
                          struct dv_buf *select)
{
    dv_buf_str(select, plan->column_count > 0 ? ", NULL::" : "NULL::");
    dv_type_format(&column->type, select);
    dv_buf_str(select, " AS ");
    dv_pg_quote_ident(select, column->name);
    plan->columns[plan->column_count++] = *column;
}

static enum dv_status wanted_columns(const struct dv_extract_spec *spec, struct dv_postgres_plan *plan,
                                     const PGresult *result, struct dv_buf *select, struct dv_err *err)
{
    int there = PQntuples(result);
    unsigned wanted = spec->columns != NULL ? spec->column_count : (unsigned)there;
    plan->columns = dv_arena_zalloc(&plan->arena, (wanted + 1) * sizeof *plan->columns);
    if (plan->columns == NULL)
        return dv_fail_memory(err);
    if (wanted == 0)
        return dv_fail(err, DV_EXIT_FAULT, "table %s has no columns to extract", spec->table);
    for (unsigned i = 0; i < wanted; i++) {
        int row = (int)i;
        if (spec->columns != NULL)
            for (row = 0; row < there && strcmp(PQgetvalue(result, row, 0), spec->columns[i]) != 0;)
                row++;
        const struct dv_column *declared = row == there ? stand_in(spec, spec->columns[i]) : NULL;
        if (declared != NULL) {
            take_stand_in(plan, declared, select);
            continue;
        }
        if (row == there) {
            (void)dv_fail(err, DV_EXIT_FAULT, "table %s has no column %s", spec->table, spec->columns[i]);
            dv_err_value(err, spec->columns[i], NULL, 0);
            return suggest(result, spec->columns[i], err);
        }
        enum dv_status status = take_column(plan, result, row, select, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static void from_where(const struct dv_postgres_plan *plan, const struct dv_extract_spec *spec,
                       const char *relation, struct dv_buf *out)
{
    dv_buf_printf(out, "SELECT %s FROM %s AS %s", plan->select, relation, plan->alias);
    if (spec->where != NULL)
        dv_buf_printf(out, " WHERE (%s\n)", spec->where); /* the line end closes a comment in the condition */
}

/* The planner's estimate knows conditions, views and tables that were never analysed. */
static enum dv_status estimate(struct dv_pg *pg, const struct dv_extract_spec *spec,
                               struct dv_postgres_plan *plan, struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_str(&sql, "EXPLAIN ");
    from_where(plan, spec, plan->table, &sql);
    const char *text = dv_buf_cstr(&sql);
    DV_TRY(dv_buf_check(&sql, err));
    status = dv_pg_query(pg, text, 0, NULL, &result, err);
    if (status != DV_OK) {
        if (spec->where != NULL && strncmp(err->sqlstate, "42", 2) == 0 &&
            strcmp(err->sqlstate, "42501") != 0)
            dv_err_hint(err, "the job's condition for this dataset is: %.300s", spec->where);
        goto done;
    }
    const char *rows = strstr(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "", " rows=");
    plan->estimated_rows = rows == NULL ? 0 : strtoull(rows + 6, NULL, 10);
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_postgres_describe(struct dv_pg *pg, const struct dv_extract_spec *spec,
                                    struct dv_postgres_plan *plan, struct dv_err *err)
{
    /* A domain's own modifier counts only where it has one: numeric(12,2) may come from any level. */
    static const char question[] =
        "WITH RECURSIVE levels AS ("
        "SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier FROM "
        "pg_catalog.pg_attribute a"
        " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped"
        " UNION ALL SELECT l.attnum, l.attname, t.typbasetype, CASE WHEN t.typtypmod <> -1 THEN t.typtypmod "
        "ELSE"
        " l.modifier END FROM levels l JOIN pg_catalog.pg_type t ON t.oid = l.type WHERE t.typtype = 'd')"
        " SELECT l.attname, pg_catalog.format_type(l.type, l.modifier) FROM levels l"
        " JOIN pg_catalog.pg_type t ON t.oid = l.type WHERE t.typtype <> 'd' ORDER BY l.attnum";
    struct dv_buf select = {0};
    PGresult *result = NULL;
    const char *parameters[] = {plan->oid};
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, question, 1, parameters, &result, err));
    DV_TRY(wanted_columns(spec, plan, result, &select, err));
    DV_TRY(dv_buf_check(&select, err));
    plan->select = dv_arena_copy(&plan->arena, select.data, select.len);
    if (plan->select == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    status = estimate(pg, spec, plan, err);
done:
    PQclear(result);
    dv_buf_release(&select);
    return status;
}

static enum dv_status count_parts(struct dv_pg *pg, struct dv_postgres_plan *plan,
                                  struct dv_postgres_relation *relation, struct dv_err *err)
{
    uint64_t parts = 1;
    /* Before version 14 a range of ctids is found by reading the whole table. */
    if (relation->cut && dv_pg_version(pg) >= 140000 && relation->pages > 0)
        parts = (relation->pages + plan->part_pages - 1) / plan->part_pages;
    if (parts + plan->part_count > 99999)
        return dv_fail(err, DV_EXIT_FAULT, "table %s is too large: it would make more than 99999 parts",
                       plan->table);
    relation->first_part = plan->part_count;
    relation->part_count = (uint32_t)parts;
    plan->part_count += (uint32_t)parts;
    plan->pages += relation->pages;
    return DV_OK;
}

/* A right to some columns only, or to a partitioned table but not to its partitions, is enough to read the
 * whole through the name that the job gives, but not by ctid. */
static bool readable_by_range(const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++)
        if (PQgetvalue(result, i, 5)[0] != 't')
            return false;
    return true;
}

static enum dv_status add_relation(struct dv_postgres_plan *plan, const PGresult *result, int row,
                                   bool by_range, struct dv_err *err)
{
    struct dv_postgres_relation *relation = &plan->relations[plan->relation_count++];
    char kind = PQgetvalue(result, row, 1)[0];
    relation->cut = by_range && (kind == 'r' || kind == 'm');
    relation->name = by_range && kind != 'v'
                         ? dv_arena_printf(&plan->arena, "ONLY %s", PQgetvalue(result, row, 0))
                         : plan->table;
    relation->pages = strtoull(PQgetvalue(result, row, 2), NULL, 10);
    relation->filenode = keep(plan, result, row, 3);
    plan->part_pages = DV_POSTGRES_PART_BYTES / (uint32_t)strtoul(PQgetvalue(result, row, 4), NULL, 10);
    return relation->name == NULL || relation->filenode == NULL ? dv_fail_memory(err) : DV_OK;
}

enum dv_status dv_postgres_cut(struct dv_pg *pg, struct dv_postgres_plan *plan, struct dv_err *err)
{
    static const char question[] =
        "WITH RECURSIVE tree AS (SELECT $1::oid AS oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i"
        " JOIN tree t ON t.oid = i.inhparent)"
        " SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind,"
        " CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / s.size ELSE 0 END,"
        " coalesce(pg_catalog.pg_relation_filenode(c.oid), 0), s.size, has_table_privilege(c.oid, 'SELECT')"
        " FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = "
        "c.relnamespace,"
        " (SELECT current_setting('block_size')::int AS size) s WHERE c.relkind <> 'p'"
        " ORDER BY c.oid <> $1::oid, n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";
    const char *parameters[] = {plan->oid};
    PGresult *result = NULL;
    enum dv_status status;
    DV_TRY(dv_pg_query(pg, question, 1, parameters, &result, err));
    plan->relation_count = 0;
    plan->relations =
        dv_arena_zalloc(&plan->arena, ((size_t)PQntuples(result) + 1) * sizeof *plan->relations);
    if (plan->relations == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    bool by_range = readable_by_range(result);
    for (int i = 0; i < PQntuples(result) && (by_range || i == 0); i++) {
        DV_TRY(add_relation(plan, result, i, by_range, err));
        DV_TRY(count_parts(pg, plan, &plan->relations[i], err));
    }
done:
    PQclear(result);
    return status;
}

enum dv_status dv_postgres_part_sql(const struct dv_postgres_plan *plan, const struct dv_extract_spec *spec,
                                    uint32_t part, struct dv_buf *out, struct dv_err *err)
{
    const struct dv_postgres_relation *relation = plan->relations;
    while (part >= relation->first_part + relation->part_count)
        relation++;
    dv_buf_str(out, "COPY (");
    from_where(plan, spec, relation->name, out);
    if (relation->cut) {
        /* A lower bound even for the first part: it keeps an index-only scan, whose order is another, away.
         * The last part is open-ended. */
        uint64_t from = (uint64_t)(part - relation->first_part) * plan->part_pages;
        dv_buf_printf(out, " %s ctid >= '(%llu,0)'", spec->where != NULL ? "AND" : "WHERE",
                      (unsigned long long)from);
        if (part + 1 < relation->first_part + relation->part_count)
            dv_buf_printf(out, " AND ctid < '(%llu,0)'", (unsigned long long)(from + plan->part_pages));
        if (spec->where != NULL) /* an index may serve the condition, and gives another order */
            dv_buf_str(out, " ORDER BY ctid");
    }
    dv_buf_str(out, ") TO STDOUT (FORMAT csv)");
    return dv_buf_check(out, err);
}

void dv_postgres_plan_release(struct dv_postgres_plan *plan)
{
    dv_arena_release(&plan->arena);
    *plan = (struct dv_postgres_plan){0};
}
