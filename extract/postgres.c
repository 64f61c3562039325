#include "extract/postgres.h"

#include "extract/postgres_plan.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

static bool accepts(const char *uri)
{
    size_t scheme = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-_");
    if (uri[scheme] != ':')
        return *uri != '\0'; /* key=value pairs, or the bare name of a database */
    return strncmp(uri, "postgres://", 11) == 0 || strncmp(uri, "postgresql://", 13) == 0;
}

static enum dv_status look(const struct dv_extract_spec *spec, struct dv_pg **pg,
                           struct dv_postgres_plan *plan, struct dv_err *err)
{
    char application[64];
    (void)snprintf(application, sizeof application, "drover/%.40s/describe",
                   spec->job != NULL ? spec->job : "");
    enum dv_status status = dv_pg_open(pg, spec->source_uri, application, err);
    if (status == DV_OK)
        status = dv_postgres_find(*pg, spec, plan, err);
    if (status == DV_OK && !plan->absent)
        status = dv_postgres_describe(*pg, spec, plan, err);
    return status;
}

static enum dv_status describe(const struct dv_extract_spec *spec, struct dv_column **columns,
                               unsigned *count, uint64_t *estimated_rows, bool *absent, struct dv_err *err)
{
    struct dv_pg *pg = NULL;
    struct dv_postgres_plan plan = {0};
    enum dv_status status;
    DV_TRY(look(spec, &pg, &plan, err));
    *absent = plan.absent;
    *estimated_rows = plan.estimated_rows;
    if (plan.absent) {
        status = dv_extract_declared(spec, columns, count, err);
        goto done;
    }
    *columns = dv_calloc(plan.column_count, sizeof **columns);
    if (*columns == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    memcpy(*columns, plan.columns, plan.column_count * sizeof **columns);
    *count = plan.column_count;
done:
    dv_postgres_plan_release(&plan);
    dv_pg_close(pg);
    return status;
}

static enum dv_status identify(const struct dv_extract_spec *spec, struct dv_buf *out, struct dv_err *err)
{
    struct dv_pg *pg = NULL;
    struct dv_postgres_plan plan = {0};
    enum dv_status status;
    DV_TRY(look(spec, &pg, &plan, err));
    dv_buf_printf(out, "%s\t", spec->name);
    DV_TRY(dv_pg_identity(pg, out, err));
    dv_buf_printf(out, "\t%s\t", plan.absent ? "absent" : plan.oid);
    for (unsigned i = 0; i < plan.column_count; i++) {
        dv_buf_str(out, i == 0 ? "" : ", ");
        dv_pg_quote_ident(out, plan.columns[i].name);
        dv_buf_byte(out, ' ');
        dv_type_format(&plan.columns[i].type, out);
    }
    dv_buf_byte(out, '\n');
    status = dv_buf_check(out, err);
done:
    dv_postgres_plan_release(&plan);
    dv_pg_close(pg);
    return status;
}

const struct dv_source_type dv_source_postgres = {
    .scheme = "postgres",
    .form = "postgres://user@host/database or key=value pairs (a PostgreSQL database)",
    .accepts = accepts,
    .describe = describe,
    .identify = identify,
    .extract = dv_postgres_extract,
};
