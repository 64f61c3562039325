#include "load/findings.h"

#include "core/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum dv_status dv_finding_add(struct dv_findings *findings, enum dv_finding_kind kind, const char *fix,
                              struct dv_err *err, const char *format, ...)
{
    char text[1200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct dv_finding *list =
        dv_realloc_array(findings->list, (size_t)findings->count + 1, sizeof *findings->list);
    if (list == NULL)
        return dv_fail_memory(err);
    findings->list = list;
    struct dv_finding *added = &list[findings->count];
    *added = (struct dv_finding){.kind = kind, .what = dv_arena_strdup(&findings->arena, text)};
    if (fix != NULL)
        added->fix = dv_arena_strdup(&findings->arena, fix);
    if (added->what == NULL || (fix != NULL && added->fix == NULL))
        return dv_fail_memory(err);
    findings->count++;
    return DV_OK;
}

enum dv_status dv_finding_rows(struct dv_findings *findings, const char *rows, struct dv_err *err)
{
    struct dv_finding *last = &findings->list[findings->count - 1];
    last->rows = dv_arena_strdup(&findings->arena, rows);
    return last->rows != NULL ? DV_OK : dv_fail_memory(err);
}

bool dv_findings_has(const struct dv_findings *findings, const char *what)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (strcmp(findings->list[i].what, what) == 0)
            return true;
    return false;
}

bool dv_findings_forbid(const struct dv_findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].kind >= DV_FINDING_JOB)
            return true;
    return false;
}

void dv_findings_format(const struct dv_findings *findings, enum dv_finding_kind least, struct dv_buf *out)
{
    static const char *const words[] = {"note", "warning", "error", "error"};
    for (int kind = DV_FINDING_FAULT; kind >= (int)least; kind--) {
        for (unsigned i = 0; i < findings->count; i++) {
            const struct dv_finding *finding = &findings->list[i];
            if ((int)finding->kind != kind)
                continue;
            dv_buf_printf(out, "%s: %s\n", words[kind], finding->what);
            if (finding->rows != NULL)
                dv_buf_str(out, finding->rows);
            if (finding->fix != NULL)
                dv_buf_printf(out, "  next: %s\n", finding->fix);
        }
    }
}

enum dv_status dv_findings_fail(const struct dv_findings *findings, struct dv_err *err)
{
    const struct dv_finding *first = NULL;
    unsigned count = 0;
    enum dv_exit code = DV_EXIT_FAULT;
    for (unsigned i = 0; i < findings->count; i++) {
        const struct dv_finding *finding = &findings->list[i];
        if (finding->kind < DV_FINDING_JOB)
            continue;
        count++;
        if (finding->kind == DV_FINDING_JOB)
            code = DV_EXIT_USAGE;
        if (first == NULL)
            first = finding;
    }
    if (first == NULL)
        return DV_OK;
    enum dv_status status =
        count == 1 ? dv_fail(err, code, "%.900s", first->what)
                   : dv_fail(err, code, "%u things stand in the way; the first: %.900s", count, first->what);
    if (first->fix != NULL)
        dv_err_hint(err, "%s", first->fix);
    return status;
}

void dv_findings_release(struct dv_findings *findings)
{
    dv_free(findings->list);
    dv_arena_release(&findings->arena);
    *findings = (struct dv_findings){0};
}
