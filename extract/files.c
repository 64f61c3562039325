#include "extract/files.h"

#include "core/alloc.h"

#include <string.h>

static bool accepts(const char *uri)
{
    return strncmp(uri, "dir:", 4) == 0;
}

static enum dv_status describe(const struct dv_extract_spec *spec, struct dv_column **columns,
                               unsigned *count, uint64_t *estimated_rows, bool *absent, struct dv_err *err)
{
    struct dv_files_layout layout;
    enum dv_status status = dv_files_look(spec, &layout, err);
    if (status == DV_OK) {
        *absent = true;
        for (unsigned i = 0; i < spec->file_count; i++)
            *absent = *absent && layout.files[i].absent;
        *columns = layout.columns;
        *count = layout.column_count;
        *estimated_rows = layout.estimated_rows;
        layout.columns = NULL;
    }
    dv_files_layout_release(&layout);
    return status;
}

static enum dv_status identify(const struct dv_extract_spec *spec, struct dv_buf *out, struct dv_err *err)
{
    dv_buf_printf(out, "%s\t%s", spec->name, spec->source_uri);
    for (unsigned i = 0; i < spec->file_count; i++)
        dv_buf_printf(out, "\t%s", spec->files[i].path);
    dv_buf_byte(out, '\n');
    return dv_buf_check(out, err);
}

const struct dv_source_type dv_source_files = {
    .scheme = "dir",
    .form = "dir:PATH (a folder of CSV or NDJSON files)",
    .keeps_parts = true,
    .accepts = accepts,
    .describe = describe,
    .identify = identify,
    .extract = dv_files_extract,
};
