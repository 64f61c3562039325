#include "load/analyze.h"

#include "core/alloc.h"
#include "core/thread.h"
#include "load/tries.h"

#include <string.h>

static const char name[] = "analyze";

struct analysis {
    const struct dv_load_run *run;
    struct dv_load_session *sessions; /* one a worker */
    const char **tables;              /* borrowed from the specs */
};

static enum dv_status attempt(const struct analysis *analysis, unsigned worker, const char *sql,
                              struct dv_err *err)
{
    struct dv_load_session *session = &analysis->sessions[worker];
    enum dv_status status =
        dv_load_session_ready(session, analysis->run->uri, analysis->run->context, "load", name, err);
    return status == DV_OK ? dv_pg_exec(session->pg, sql, err) : status;
}

static enum dv_status analyze(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    const struct analysis *analysis = context;
    struct dv_tries tries = {.context = analysis->run->context};
    struct dv_buf sql = {0};
    enum dv_status status;
    dv_buf_str(&sql, "ANALYZE ");
    DV_TRY(dv_pg_quote_table(&sql, analysis->tables[task], err));
    DV_TRY(dv_sql_done(&sql, err));
    do {
        status = attempt(analysis, worker, sql.data, err);
        if (status == DV_RETRY && strcmp(err->sqlstate, "55P03") == 0) {
            dv_log_event(analysis->run->context->log, "warning", "not_analyzed", "table:s",
                         analysis->tables[task], "message:s", err->message, NULL);
            *err = (struct dv_err)DV_ERR_INIT;
            status = DV_OK;
        }
    } while (status != DV_OK && dv_tries_again(&tries, &status, err));
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_analyze_loaded(const struct dv_load_run *run, const struct dv_load_spec *specs,
                                 unsigned count, struct dv_load_session *sessions, struct dv_err *err)
{
    struct analysis analysis = {.run = run, .sessions = sessions};
    size_t tables = 0;
    int64_t began = dv_monotonic_us();
    enum dv_status status;
    if (run->context->rehearsal != NULL) /* the size that it writes down is not rolled back */
        return DV_OK;
    analysis.tables = dv_calloc((size_t)count + 1, sizeof *analysis.tables);
    if (analysis.tables == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < count; i++) {
        bool there = false;
        for (size_t k = 0; k < tables; k++)
            there = there || strcmp(analysis.tables[k], specs[i].table) == 0;
        if (!there)
            analysis.tables[tables++] = specs[i].table;
    }
    DV_TRY(dv_run_tasks(tables, run->context->workers, analyze, &analysis, err));
    dv_log_event(run->context->log, "info", "tables_analyzed", "tables:d", (int64_t)tables, "seconds:f",
                 (double)(dv_monotonic_us() - began) / 1e6, NULL);
done:
    dv_free(analysis.tables);
    return status;
}
