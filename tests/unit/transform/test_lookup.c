/* Lookups: the same rows found in memory and on pages; a key that occurs twice is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The workers take turns, and each is given its rows last first. */
static struct dv_lookup *build(const char *dir, unsigned rows, unsigned copies, unsigned workers,
                               size_t memory)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_lookup *lookup;
    struct dv_buf key = {0}, payload = {0};
    uint64_t duplicates[2];
    assert_int_equal(dv_lookup_new(&lookup, dir, workers, memory, &err), DV_OK);
    for (unsigned c = copies; c-- > 0;)
        for (unsigned i = 0; i < rows; i++) {
            dv_buf_reset(&key);
            dv_buf_reset(&payload);
            dv_buf_printf(&key, "key %u", i);
            dv_buf_printf(&payload, "row %u copy %u", i, c);
            dv_buf_byte(&payload, '\0');
            assert_int_equal(dv_lookup_add(lookup, i % workers, c * rows + i + 1, &key, &payload, &err),
                             DV_OK);
        }
    assert_int_equal(dv_lookup_seal(lookup, copies == 1, duplicates, &err), DV_OK);
    dv_buf_release(&key);
    dv_buf_release(&payload);
    return lookup;
}

static void check(unsigned workers, size_t memory, bool in_memory)
{
    char dir[] = "/tmp/drover-lookup-XXXXXX", text[64];
    struct dv_err err = DV_ERR_INIT;
    struct dv_probe probe = {0};
    const char *payload;
    assert_non_null(mkdtemp(dir));
    struct dv_lookup *lookup = build(dir, 30000, 3, workers, memory);
    assert_int_equal(dv_lookup_in_memory(lookup), in_memory);
    assert_in_range(dv_lookup_memory(lookup), 1, memory);
    for (unsigned i = 0; i < 30000; i += 7) {
        int length = snprintf(text, sizeof text, "key %u", i);
        assert_int_equal(dv_probe_find(lookup, &probe, text, (uint32_t)length, &err), DV_OK);
        for (unsigned c = 0; c < 3; c++) {
            char expected[64];
            snprintf(expected, sizeof expected, "row %u copy %u", i, c);
            assert_int_equal(dv_probe_next(&probe, &payload), DV_OK);
            assert_string_equal(payload, expected);
        }
        assert_int_equal(dv_probe_next(&probe, &payload), DV_END);
    }
    assert_int_equal(dv_probe_find(lookup, &probe, "absent", 6, &err), DV_OK);
    assert_int_equal(dv_probe_next(&probe, &payload), DV_END);
    dv_probe_release(&probe);
    dv_lookup_free(lookup);
    rmdir(dir);
}

static void found_in_memory(void **state)
{
    (void)state;
    check(1, 64U << 20, true);
    check(3, 64U << 20, true);
}

static void found_on_pages(void **state)
{
    (void)state;
    check(1, 1U << 20, false);
    check(3, 1U << 20, false);
}

static void every_key_of_many_is_found(void **state)
{
    (void)state;
    char text[64], expected[64];
    struct dv_err err = DV_ERR_INIT;
    struct dv_probe probe = {0};
    const char *payload;
    struct dv_lookup *lookup = build("/tmp/drover-lookup-unused", 300000, 1, 2, 128U << 20);
    assert_true(dv_lookup_in_memory(lookup));
    for (unsigned i = 0; i < 300000; i++) {
        int length = snprintf(text, sizeof text, "key %u", i);
        snprintf(expected, sizeof expected, "row %u copy 0", i);
        assert_int_equal(dv_probe_find(lookup, &probe, text, (uint32_t)length, &err), DV_OK);
        assert_int_equal(dv_probe_next(&probe, &payload), DV_OK);
        assert_string_equal(payload, expected);
    }
    dv_probe_release(&probe);
    dv_lookup_free(lookup);
}

static void a_second_row_under_a_key_is_noticed(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_lookup *lookup;
    struct dv_buf key = {0}, payload = {0};
    uint64_t duplicates[2] = {0};
    assert_int_equal(dv_lookup_new(&lookup, "/tmp/drover-lookup-unused", 2, 8U << 20, &err), DV_OK);
    for (unsigned i = 0; i < 100; i++) {
        dv_buf_reset(&key);
        dv_buf_printf(&key, "%u", i == 77 ? 12 : i);
        assert_int_equal(dv_lookup_add(lookup, i % 2, i + 1, &key, &payload, &err), DV_OK);
    }
    assert_int_equal(dv_lookup_seal(lookup, true, duplicates, &err), DV_END);
    assert_int_equal(duplicates[0], 13);
    assert_int_equal(duplicates[1], 78);
    dv_lookup_free(lookup);
    dv_buf_release(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_in_memory),
        cmocka_unit_test(every_key_of_many_is_found),
        cmocka_unit_test(found_on_pages),
        cmocka_unit_test(a_second_row_under_a_key_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
