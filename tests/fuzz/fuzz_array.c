/* Any text, taken for an array of each element type: refused with its SQLSTATE, or read; what was read prints
 * to a text that reads back equal, and both readers of that text (core/array.h, transform/array_text.h) find
 * the same items. */
#include "core/array.h"
#include "tests/fuzz/fuzz_expr.h"
#include "transform/array_text.h"

#define MOST 2048

static struct fuzz_expr values[] = {
    {.text = "array_to_string(a, ',', '-')"},
    {.text = "array_to_json(a)"},
    {.text = "array_dims(a)"},
    {.text = "array_append(a, 'x')"},
    {.text = "a[2]"},
    {.text = "a[1][1]"},
    {.text = "a[1:2]"},
    {.text = "a || a"},
    {.text = "trim_array(a, 1)"},
    {.text = "array_remove(a, 'a')"},
    {.text = "'x' = ANY (a)"},
    {.text = "array_positions(a, 'a')"},
};

static struct fuzz_expr facts[] = {
    {.text = "a = a AND a::text::text[] = a"},
    {.text = "NOT a < a"},
    {.text = "array_replace(a, 'a', 'a') = a"},
    {.text = "CASE WHEN array_ndims(a) = 1 AND array_upper(a, 1) < 2000000000 THEN cardinality(a || a) = 2 * "
             "cardinality(a) END"},
    {.text = "CASE WHEN array_ndims(a) = 1 AND array_upper(a, 1) < 2000000000 THEN "
             "cardinality(array_append(a, 'x')) = cardinality(a) + 1 END"},
    {.text = "cardinality(array_remove(a, 'a')) + cardinality(array_positions(a, 'a')) = cardinality(a)"},
};

static const struct dv_scope *columns(void)
{
    static struct dv_scope_column list = {.name = "a"};
    static const struct dv_scope scope = {.columns = &list, .count = 1};
    list.type = dv_type_of(DV_TYPE_ARRAY);
    list.type.element = DV_TYPE_TEXT;
    return &scope;
}

/* One dimension, bounds from 1: the reader that goes item by item. */
static void check_items(const struct dv_array *array, const struct dv_value *text,
                        const struct dv_type *element, struct dv_arena *arena)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_array_item item;
    const char *at = NULL;
    struct dv_buf expected = {0};
    for (size_t i = 0; i < array->count; i++) {
        FUZZ_CHECK(dv_array_next(text->u.p, text->len, &at, &item, arena, &err) == DV_OK && !item.nested);
        FUZZ_CHECK(item.is_null == (array->items[i].state == DV_NULL));
        if (item.is_null)
            continue;
        dv_buf_reset(&expected);
        dv_value_to_text(&array->items[i], element, &expected);
        FUZZ_CHECK(item.len == expected.len &&
                   (item.len == 0 || memcmp(item.p, expected.data, item.len) == 0));
    }
    FUZZ_CHECK(dv_array_next(text->u.p, text->len, &at, &item, arena, &err) == DV_END);
    dv_buf_release(&expected);
}

static bool one_type(enum dv_type_id id, struct fuzz_text text, struct dv_arena *arena, struct dv_value *out)
{
    struct dv_type element = dv_type_of(id);
    struct dv_array array, again;
    struct dv_value twice;
    struct dv_err err = DV_ERR_INIT;
    enum dv_status status = dv_array_canonical(text.p, text.length, &element, arena, out, &err);
    if (status != DV_OK) {
        FUZZ_CHECK_OF(status == DV_FAILED && err.sqlstate[0] != '\0', err.message);
        return false;
    }
    FUZZ_CHECK(dv_array_read(text.p, text.length, &element, arena, &array, &err) == DV_OK);
    FUZZ_CHECK(dv_array_read(out->u.p, out->len, &element, arena, &again, &err) == DV_OK);
    FUZZ_CHECK(dv_array_compare(&array, &again, &element) == 0);
    FUZZ_CHECK(dv_array_canonical(out->u.p, out->len, &element, arena, &twice, &err) == DV_OK);
    FUZZ_CHECK(twice.len == out->len && memcmp(twice.u.p, out->u.p, out->len) == 0);
    if (array.dimensions == 0 || (array.dimensions == 1 && array.lower[0] == 1))
        check_items(&array, out, &element, arena);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dv_type_id types[] = {DV_TYPE_INT4,  DV_TYPE_NUMERIC, DV_TYPE_BOOL,
                                            DV_TYPE_JSONB, DV_TYPE_DATE,    DV_TYPE_TIMESTAMPTZ,
                                            DV_TYPE_BYTEA, DV_TYPE_FLOAT8,  DV_TYPE_INTERVAL};
    struct fuzz_text text = {(const char *)data, size};
    struct dv_arena arena = {0};
    struct dv_value row = dv_null();
    if (size == 0 || size > MOST || !fuzz_is_text(text.p, size))
        return 0;
    fuzz_bind(values, FUZZ_COUNT(values), columns());
    fuzz_bind(facts, FUZZ_COUNT(facts), columns());
    for (size_t i = 0; i < FUZZ_COUNT(types); i++)
        (void)one_type(types[i], text, &arena, &row);
    if (one_type(DV_TYPE_TEXT, text, &arena, &row)) {
        fuzz_check_values(values, FUZZ_COUNT(values), &row, &arena);
        struct dv_err err = DV_ERR_INIT;
        struct dv_array array;
        struct dv_type element = dv_type_of(DV_TYPE_TEXT);
        FUZZ_CHECK(dv_array_read(row.u.p, row.len, &element, &arena, &array, &err) == DV_OK);
        if (array.dimensions <= 1)
            fuzz_check_true(facts, FUZZ_COUNT(facts), &row, &arena);
    }
    dv_arena_release(&arena);
    return 0;
}
