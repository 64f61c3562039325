/* Any text, taken for a value of each type: read or refused, and what was read prints, to text and to CSV, to
 * what reads back as an equal value. Of two lines: two values, whose sort keys order as they do. */
#include "core/csv.h"
#include "core/value.h"
#include "tests/fuzz/fuzz.h"

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

/* memcmp of the two keys, which end by themselves. */
static int key_order(const struct dv_value *a, const struct dv_value *b, const struct dv_type *type,
                     bool descending)
{
    struct dv_buf keys[2] = {{0}};
    dv_value_sort_key(a, type, descending, false, &keys[0]);
    dv_value_sort_key(b, type, descending, false, &keys[1]);
    FUZZ_CHECK(!keys[0].failed && !keys[1].failed);
    size_t common = keys[0].len < keys[1].len ? keys[0].len : keys[1].len;
    int order = memcmp(keys[0].data, keys[1].data, common);
    FUZZ_CHECK(order != 0 || keys[0].len == keys[1].len);
    dv_buf_release(&keys[0]);
    dv_buf_release(&keys[1]);
    return sign(order);
}

static void two_values(enum dv_type_id id, struct fuzz_text a, struct fuzz_text b, struct dv_arena *arena)
{
    struct dv_type type = dv_type_of(id);
    struct dv_value values[2];
    struct dv_err err = DV_ERR_INIT;
    if (dv_value_from_text(a.p, a.length, &type, arena, &values[0], &err) != DV_OK ||
        dv_value_from_text(b.p, b.length, &type, arena, &values[1], &err) != DV_OK)
        return;
    int order = sign(dv_value_compare(&values[0], &values[1], &type));
    FUZZ_CHECK(sign(dv_value_compare(&values[1], &values[0], &type)) == -order);
    FUZZ_CHECK(key_order(&values[0], &values[1], &type, false) == order);
    FUZZ_CHECK(key_order(&values[0], &values[1], &type, true) == -order);
}

/* Through a record of one column and back. */
static void through_csv(const struct dv_value *value, const struct dv_type *type, struct dv_arena *arena)
{
    struct dv_buf record = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value again;
    const char *next;
    dv_value_to_csv(value, type, true, &record);
    dv_buf_byte(&record, '\n');
    FUZZ_CHECK(dv_csv_split(record.data, record.data + record.len, &again, 1, &next, &err) == DV_OK);
    FUZZ_CHECK(next == record.data + record.len && again.state != DV_NULL);
    FUZZ_CHECK(dv_value_decode(&again, type, arena, &err) == DV_OK);
    FUZZ_CHECK(dv_value_compare(value, &again, type) == 0);
    dv_buf_release(&record);
}

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
        through_csv(&value, &type, arena);
    } else if (status != DV_FAILED || err.sqlstate[0] == '\0') {
        abort(); /* every refusal has its SQLSTATE */
    }
    dv_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dv_type_id types[] = {
        DV_TYPE_BOOL,     DV_TYPE_INT2,  DV_TYPE_INT4,  DV_TYPE_INT8, DV_TYPE_NUMERIC,   DV_TYPE_FLOAT4,
        DV_TYPE_FLOAT8,   DV_TYPE_UUID,  DV_TYPE_DATE,  DV_TYPE_TIME, DV_TYPE_TIMESTAMP, DV_TYPE_TIMESTAMPTZ,
        DV_TYPE_INTERVAL, DV_TYPE_JSONB, DV_TYPE_BYTEA, DV_TYPE_TEXT, DV_TYPE_BPCHAR,    DV_TYPE_JSON};
    struct dv_arena arena = {0};
    if (size > 4096 || memchr(data, '\0', size) != NULL)
        return 0; /* text of PostgreSQL holds no NUL */
    struct fuzz_text second = {(const char *)data, size}, first = fuzz_line(&second);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        one_type(types[t], (const char *)data, size, &arena);
        two_values(types[t], first, second, &arena);
    }
    dv_arena_release(&arena);
    return 0;
}
