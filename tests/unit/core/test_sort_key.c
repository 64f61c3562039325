/* Sort keys: memcmp over them must order as the values do, or sorting and grouping go wrong without a word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (seed >> 33) % below;
}

static void put_json(struct dv_buf *out, int depth)
{
    static const char *const scalars[] = {"null", "true",     "false", "0",     "-1",     "1.0",
                                          "1",    "1e3",      "\"\"",  "\"a\"", "\"ab\"", "\"\\n\"",
                                          "1e30", "\"\\\"\"", "0.5",   "-0.50"};
    switch (depth > 2 ? 0 : draw(3)) {
    case 1:
        dv_buf_byte(out, '[');
        for (uint64_t i = 0, n = draw(4); i < n; i++) {
            if (i > 0)
                dv_buf_byte(out, ',');
            put_json(out, depth + 1);
        }
        dv_buf_byte(out, ']');
        break;
    case 2:
        dv_buf_byte(out, '{');
        for (uint64_t i = 0, n = draw(3); i < n; i++) {
            static const char *const keys[] = {"a", "b", "aa", "", "a\\n"};
            dv_buf_printf(out, "%s\"%s\":", i > 0 ? "," : "", keys[draw(5)]);
            put_json(out, depth + 1);
        }
        dv_buf_byte(out, '}');
        break;
    default:
        dv_buf_str(out, scalars[draw(16)]);
        break;
    }
}

/* Text of a value of the type, from few enough that equal ones come up. */
static void put_text(enum dv_type_id id, struct dv_buf *out)
{
    static const char *const numbers[] = {
        "0",     "0.00",     "-0",        "1",  "1.0", "1.000000000000000000000",
        "NaN",   "9",        "10",        "99", "-1",  "-1.5",
        "-1.50", "Infinity", "-Infinity", "100"};
    static const char *const doubles[] = {"0", "-0",    "NaN",    "Infinity", "-Infinity",
                                          "1", "1e300", "-1e300", "5e-324",   "1.5"};
    static const char *const spans[] = {
        "1 mon",    "30 days",         "720:00",           "-1 mon",          "0", "1 us", "-1 us", "1 year",
        "360 days", "178000000 years", "-178000000 years", "29 days 24:00:00"};
    int64_t small = (int64_t)draw(7) - 3,
            large = (int64_t)(draw(1U << 31) * draw(4)) - (int64_t)draw(1U << 31);
    uint64_t length = draw(5);
    switch (id) {
    case DV_TYPE_BOOL:
        dv_buf_byte(out, draw(2) == 0 ? 't' : 'f');
        break;
    case DV_TYPE_INT2:
        dv_buf_printf(out, "%d", (int)draw(65536) - 32768);
        break;
    case DV_TYPE_INT4:
        dv_buf_printf(out, "%" PRId64, draw(2) == 0 ? small : (int64_t)draw(1U << 31) - (1 << 30));
        break;
    case DV_TYPE_INT8:
        dv_buf_printf(out, "%" PRId64, draw(2) == 0 ? small : large * 1000000007);
        break;
    case DV_TYPE_NUMERIC:
        if (draw(2) == 0)
            dv_buf_str(out, numbers[draw(16)]);
        else
            dv_buf_printf(out, "%" PRId64 ".%" PRIu64 "e%d", draw(2) == 0 ? small : large, draw(1000),
                          (int)draw(50) - 25);
        break;
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        if (draw(2) == 0 && id == DV_TYPE_FLOAT8)
            dv_buf_str(out, doubles[draw(10)]);
        else
            dv_buf_printf(out, "%" PRId64 "e%d", small, (int)draw(20) - 10);
        break;
    case DV_TYPE_UUID:
        dv_buf_printf(out, "%08x-0000-4000-8000-0000000000%02x", (unsigned)draw(3) << 30, (unsigned)draw(3));
        break;
    case DV_TYPE_DATE:
        dv_buf_printf(out, "%04u-0%u-11%s", (unsigned)draw(4000) + 1, (unsigned)draw(9) + 1,
                      draw(3) == 0 ? " BC" : "");
        break;
    case DV_TYPE_TIME:
        dv_buf_printf(out, "%02u:00:00.%u", (unsigned)draw(24), (unsigned)draw(1000));
        break;
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        if (draw(5) == 0)
            dv_buf_str(out, draw(2) == 0 ? "infinity" : "-infinity");
        else
            dv_buf_printf(out, "%04u-01-0%u 10:00:00", (unsigned)draw(4000) + 1, (unsigned)draw(9) + 1);
        break;
    case DV_TYPE_INTERVAL:
        dv_buf_str(out, spans[draw(12)]);
        break;
    case DV_TYPE_JSONB:
        put_json(out, 0);
        break;
    case DV_TYPE_BYTEA:
        dv_buf_str(out, "\\x");
        for (uint64_t i = 0; i < length; i++)
            dv_buf_str(out, ((const char *const[]){"00", "ff", "01", "61"})[draw(4)]);
        break;
    default:
        for (uint64_t i = 0; i < length; i++)
            dv_buf_str(out, ((const char *const[]){"a", "b", " ", "\xc3\xa9", "\x01"})[draw(5)]);
        break;
    }
}

static struct dv_value draw_value(const struct dv_type *type, struct dv_arena *arena)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_value value;
    struct dv_buf text = {0};
    put_text(type->id, &text);
    const char *kept = dv_arena_copy(arena, text.data == NULL ? "" : text.data, text.len);
    assert_non_null(kept);
    if (dv_value_from_text(kept, text.len, type, arena, &value, &err) != DV_OK)
        fail_msg("'%s': %s", kept, err.message);
    dv_buf_release(&text);
    return value;
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static int compare_keys(const struct dv_buf *a, const struct dv_buf *b)
{
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order != 0 ? sign(order) : (a->len > b->len) - (a->len < b->len);
}

static const enum dv_type_id ids[] = {
    DV_TYPE_BOOL,   DV_TYPE_INT2,      DV_TYPE_INT4,        DV_TYPE_INT8,     DV_TYPE_NUMERIC, DV_TYPE_FLOAT4,
    DV_TYPE_FLOAT8, DV_TYPE_TEXT,      DV_TYPE_VARCHAR,     DV_TYPE_BPCHAR,   DV_TYPE_UUID,    DV_TYPE_DATE,
    DV_TYPE_TIME,   DV_TYPE_TIMESTAMP, DV_TYPE_TIMESTAMPTZ, DV_TYPE_INTERVAL, DV_TYPE_JSONB,   DV_TYPE_BYTEA};
#define ID_COUNT (sizeof ids / sizeof *ids)

static void orders_as_the_values(void **state)
{
    (void)state;
    seed = 71;
    print_message("seed %" PRIu64 "\n", seed);
    for (size_t t = 0; t < ID_COUNT; t++) {
        struct dv_type type = dv_type_of(ids[t]);
        struct dv_arena arena = {0};
        for (int i = 0; i < 3000; i++) {
            struct dv_value a = draw_value(&type, &arena), b = draw_value(&type, &arena);
            int order = dv_value_compare(&a, &b, &type);
            assert_int_equal(dv_value_compare(&b, &a, &type), -order);
            for (int descending = 0; descending < 2; descending++) {
                struct dv_buf key_a = {0}, key_b = {0};
                dv_value_sort_key(&a, &type, descending != 0, false, &key_a);
                dv_value_sort_key(&b, &type, descending != 0, false, &key_b);
                if (compare_keys(&key_a, &key_b) != (descending != 0 ? -order : order))
                    fail_msg("type %d, pair %d: the keys order otherwise than the values (%d)", (int)type.id,
                             i, order);
                dv_buf_release(&key_a);
                dv_buf_release(&key_b);
            }
            dv_arena_reset(&arena);
        }
        dv_arena_release(&arena);
    }
}

/* Two columns behind each other: the second counts only where the first are equal, whatever their lengths. */
static void orders_by_several_columns(void **state)
{
    (void)state;
    seed = 72;
    print_message("seed %" PRIu64 "\n", seed);
    for (int i = 0; i < 20000; i++) {
        struct dv_arena arena = {0};
        struct dv_type type[2] = {dv_type_of(ids[draw(ID_COUNT)]), dv_type_of(ids[draw(ID_COUNT)])};
        bool descending[2] = {draw(2) == 0, draw(2) == 0}, nulls_first[2] = {draw(2) == 0, draw(2) == 0};
        struct dv_buf key[2] = {{0}, {0}};
        struct dv_value rows[2][2];
        int expected = 0;
        for (int column = 0; column < 2; column++) {
            for (int row = 0; row < 2; row++) {
                rows[row][column] = draw(6) == 0 ? dv_null() : draw_value(&type[column], &arena);
                dv_value_sort_key(&rows[row][column], &type[column], descending[column], nulls_first[column],
                                  &key[row]);
            }
            const struct dv_value *a = &rows[0][column], *b = &rows[1][column];
            if (expected != 0)
                continue;
            if (a->state == DV_NULL || b->state == DV_NULL)
                expected = ((a->state == DV_NULL) - (b->state == DV_NULL)) * (nulls_first[column] ? -1 : 1);
            else
                expected = dv_value_compare(a, b, &type[column]) * (descending[column] ? -1 : 1);
        }
        assert_int_equal(compare_keys(&key[0], &key[1]), expected);
        dv_buf_release(&key[0]);
        dv_buf_release(&key[1]);
        dv_arena_release(&arena);
    }
}

/* As deep as jsonb may be: neither the comparison nor the key may run out of stack. */
static void orders_the_deepest_json(void **state)
{
    (void)state;
    enum { LEVELS = 5999 };
    struct dv_type type = dv_type_of(DV_TYPE_JSONB);
    struct dv_buf texts[2] = {{0}}, keys[2] = {{0}};
    struct dv_value values[2];
    for (int i = 0; i < 2; i++) {
        for (int level = 0; level < LEVELS; level++)
            dv_buf_byte(&texts[i], '[');
        dv_buf_byte(&texts[i], (char)('1' + i));
        for (int level = 0; level < LEVELS; level++)
            dv_buf_byte(&texts[i], ']');
        values[i] = dv_text(texts[i].data, texts[i].len);
        dv_value_sort_key(&values[i], &type, false, false, &keys[i]);
    }
    assert_true(dv_value_compare(&values[0], &values[1], &type) < 0);
    assert_true(compare_keys(&keys[0], &keys[1]) < 0);
    for (int i = 0; i < 2; i++) {
        dv_buf_release(&texts[i]);
        dv_buf_release(&keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_as_the_values),
        cmocka_unit_test(orders_by_several_columns),
        cmocka_unit_test(orders_the_deepest_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
