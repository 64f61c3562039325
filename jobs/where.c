/* The condition of an extract: the run's parameters put in, and what it needs of schema steps to come. */
#include "core/alloc.h"
#include "jobs/run_parts.h"
#include "load/sql_token.h"

#include <ctype.h>
#include <string.h>

#define UNDEFINED_COLUMN "42703"

/* The length of the name at `at`, which stands behind a colon; 0: none does, as in a cast. */
static size_t name_at(const char *condition, const char *colon)
{
    const char *at = colon + 1;
    size_t length = 0;
    if ((colon > condition && colon[-1] == ':') || isdigit((unsigned char)*at))
        return 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    return length;
}

enum dv_status dv_run_where(struct dv_run *run, const struct dv_job_extract *extract, const char **where,
                            struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf text = {0};
    *where = extract->where;
    if (*where == NULL)
        return DV_OK;
    for (const char *at = *where, *copied = *where;;) {
        struct dv_sql_token token = dv_sql_next(&at);
        size_t length = dv_sql_symbol(&token, ':') ? name_at(*where, token.text) : 0;
        if (length == 0 && token.kind != DV_SQL_END)
            continue;
        dv_buf_append(&text, copied, (size_t)(token.text - copied));
        if (token.kind == DV_SQL_END)
            break;
        status = dv_params_sql(&run->params, token.text + 1, length, &text, err);
        if (status != DV_OK) {
            dv_err_place(err, "extract", extract->name, -1, -1);
            dv_err_hint(err, "its where names it: declare it under params, or correct the name; a colon that "
                             "bounds a slice of an array needs a blank behind it");
            goto done;
        }
        copied = at = token.text + 1 + length;
    }
    const char *whole = dv_buf_cstr(&text);
    *where = whole != NULL ? dv_arena_strdup(&run->arena, whole) : NULL;
    if (*where == NULL)
        status = dv_fail_memory(err);
done:
    dv_buf_release(&text);
    return status;
}

enum dv_status dv_run_where_to_come(struct dv_run *run, const struct dv_run_input *input, bool *to_come,
                                    struct dv_err *err)
{
    const struct dv_job_extract *extract = input->extract;
    struct dv_added_column added;
    struct dv_err of_looking = DV_ERR_INIT;
    *to_come = false;
    bool of_target = extract->from_target || !run->separate;
    if (extract->where == NULL || !of_target || strcmp(err->sqlstate, UNDEFINED_COLUMN) != 0)
        return DV_FAILED;
    enum dv_status status =
        dv_schema_adds(&run->schema, extract->table, extract->where, &run->arena, &added, &of_looking);
    if (status != DV_OK) {
        *err = of_looking;
        return status;
    }
    if (added.step == NULL)
        return DV_FAILED;
    if (run->workdir.lock_fd >= 0) { /* not a look alone: it is needed now */
        bool rehearsal = run->request->rehearsal != NULL;
        status = dv_fail(err, DV_EXIT_USAGE, "its where reads column %s of %s, which schema step %s adds%s",
                         added.column, extract->table, added.step,
                         rehearsal ? ", and a dry run in a transaction reads before its steps: use "
                                     "--dry-run=copy"
                                   : "");
        dv_err_hint(err, "drover run and drover schema up apply the step");
        return status;
    }
    *to_come = true;
    *err = (struct dv_err)DV_ERR_INIT;
    return dv_finding_add(&run->findings, DV_FINDING_WARNING, NULL, err,
                          "extract.%s: its where reads column %s of %s, which schema step %s adds: it is "
                          "looked at when that is applied",
                          extract->name, added.column, extract->table, added.step);
}
