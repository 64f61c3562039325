/* Any bytes, taken for CSV records, are split or refused; fields stay inside the input, and what was split
 * writes back to the same bytes. */
#include "core/csv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const char *record, const char *next, const struct dv_value *values, unsigned count)
{
    struct dv_buf out = {0};
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            dv_buf_byte(&out, ',');
        if (values[i].state != DV_NULL) {
            if (values[i].u.p < record || values[i].u.p + values[i].len > next)
                abort();
            dv_buf_append(&out, values[i].u.p, values[i].len);
        }
    }
    if (out.len > (size_t)(next - record) || (out.len > 0 && memcmp(out.data, record, out.len) != 0))
        abort();
    dv_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dv_value values[8];
    struct dv_err err = DV_ERR_INIT;
    const char *at, *end;
    if (size == 0)
        return 0;
    unsigned count = 1U + data[0] % 8U;
    at = (const char *)data + 1;
    end = (const char *)data + size;
    while (at < end) {
        const char *next = at;
        enum dv_status status = dv_csv_split(at, end, values, count, &next, &err);
        if (status != DV_OK)
            break;
        if (next <= at || next > end)
            abort();
        const char *behind = dv_csv_record_end(at, end);
        if (behind != NULL && behind != next)
            abort(); /* both must agree where a record ends */
        check_record(at, next, values, count);
        at = next;
    }
    return 0;
}
