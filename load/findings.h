/* What a look ahead found: all of it, not just the first. Order of calls: dv_finding_add any number of times,
 * dv_findings_format, dv_findings_fail, dv_findings_release. A zeroed struct is a valid empty list. Not
 * thread-safe. */
#ifndef DV_LOAD_FINDINGS_H
#define DV_LOAD_FINDINGS_H

#include "core/arena.h"
#include "core/buf.h"

enum dv_finding_kind {
    DV_FINDING_NOTE,    /* nothing to do about it */
    DV_FINDING_WARNING, /* the run goes on */
    DV_FINDING_JOB,     /* it cannot: the job or a privilege is to be mended (USAGE) */
    DV_FINDING_FAULT    /* it cannot now: disk space (FAULT) */
};

struct dv_finding {
    enum dv_finding_kind kind;
    const char *what, *fix; /* fix: one line, an SQL statement where one helps; NULL: none */
    const char *rows;       /* lines with values of rows, which no log gets; NULL: none */
};

struct dv_findings {
    struct dv_arena arena;
    struct dv_finding *list; /* owned */
    unsigned count;
};

/* Both texts are copied; fix may be NULL. */
enum dv_status dv_finding_add(struct dv_findings *findings, enum dv_finding_kind kind, const char *fix,
                              struct dv_err *err, const char *format, ...) DV_PRINTF(5, 6) DV_MUST_CHECK;
/* Gives the last finding its rows: whole lines; copied. */
enum dv_status dv_finding_rows(struct dv_findings *findings, const char *rows,
                               struct dv_err *err) DV_MUST_CHECK;
/* Those of that kind or worse, errors first: what, rows, fix, each on a line of its own; appended. */
void dv_findings_format(const struct dv_findings *findings, enum dv_finding_kind least, struct dv_buf *out);
bool dv_findings_has(const struct dv_findings *findings, const char *what); /* word for word */
bool dv_findings_forbid(const struct dv_findings *findings);                /* some finding is an error */
/* DV_OK where nothing forbids to go on; else an error that says how many and the first of them. */
enum dv_status dv_findings_fail(const struct dv_findings *findings, struct dv_err *err) DV_MUST_CHECK;
void dv_findings_release(struct dv_findings *findings); /* idempotent */

#endif
