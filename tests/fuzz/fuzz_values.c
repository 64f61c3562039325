/* Any text, taken for a value of each type: read or refused, and what was read prints to a text that reads
 * back to an equal value. */
#include "core/value.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_type(enum dv_type_id id, const char *text, size_t size, struct dv_arena *arena)
{
    struct dv_type type = dv_type_of(id);
    struct dv_value value, again;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf out = {0};
    enum dv_status status = dv_value_from_text(text, size, &type, arena, &value, &err);
    if (status == DV_OK) {
        dv_value_to_text(&value, &type, &out);
        if (dv_value_from_text(out.data != NULL ? out.data : "", out.len, &type, arena, &again, &err) !=
                DV_OK ||
            dv_value_compare(&value, &again, &type) != 0)
            abort();
    } else if (status != DV_FAILED || err.sqlstate[0] == '\0') {
        abort(); /* every refusal has its SQLSTATE */
    }
    dv_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dv_type_id types[] = {
        DV_TYPE_BOOL,      DV_TYPE_INT2,        DV_TYPE_INT4,     DV_TYPE_INT8,  DV_TYPE_NUMERIC,
        DV_TYPE_FLOAT4,    DV_TYPE_FLOAT8,      DV_TYPE_UUID,     DV_TYPE_DATE,  DV_TYPE_TIME,
        DV_TYPE_TIMESTAMP, DV_TYPE_TIMESTAMPTZ, DV_TYPE_INTERVAL, DV_TYPE_JSONB, DV_TYPE_BYTEA};
    struct dv_arena arena = {0};
    if (size > 4096 || memchr(data, '\0', size) != NULL)
        return 0; /* text of PostgreSQL holds no NUL */
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        one_type(types[t], (const char *)data, size, &arena);
    dv_arena_release(&arena);
    return 0;
}
