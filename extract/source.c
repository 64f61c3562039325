#include "extract/source.h"

#include "core/pg.h"

#include <string.h>

static const struct dv_source_type *const types[] = {
    &dv_source_postgres,
    &dv_source_files,
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

enum dv_status dv_source_find(const char *uri, const struct dv_source_type **type, struct dv_err *err)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (types[i]->accepts(uri)) {
            *type = types[i];
            return DV_OK;
        }
    struct dv_buf safe = {0}, forms = {0};
    dv_pg_safe_uri(&safe, uri);
    for (size_t i = 0; i < TYPE_COUNT; i++)
        dv_buf_printf(&forms, "%s%s", i == 0 ? "" : ", or ", types[i]->form);
    const char *shown = dv_buf_cstr(&safe), *known = dv_buf_cstr(&forms);
    enum dv_status status =
        dv_fail(err, DV_EXIT_USAGE, "there is no kind of source for \"%.200s\"", shown == NULL ? "" : shown);
    dv_err_hint(err, "a source is written %s", known == NULL ? "postgres://..." : known);
    dv_buf_release(&safe);
    dv_buf_release(&forms);
    return status;
}

enum dv_status dv_extract_check_uri(const char *uri, struct dv_err *err)
{
    const struct dv_source_type *type;
    return dv_source_find(uri, &type, err);
}
