#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/buf.h"

#include <stdio.h>

static void appends_grow(void **state)
{
    (void)state;
    struct dv_buf buf = {0};
    struct dv_err err = DV_ERR_INIT;
    for (int i = 0; i < 1000; i++) {
        dv_buf_str(&buf, "ab");
        dv_buf_byte(&buf, 'c');
        dv_buf_printf(&buf, "%03d", i);
    }
    assert_int_equal(dv_buf_check(&buf, &err), DV_OK);
    assert_int_equal(buf.len, 6000);
    for (int i = 0; i < 1000; i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "abc%03d", i);
        assert_memory_equal(buf.data + i * 6, expected, 6);
    }
    dv_buf_release(&buf);
}

static void empty_buffers_are_valid(void **state)
{
    (void)state;
    struct dv_buf buf = {0};
    dv_buf_append(&buf, NULL, 0);
    assert_string_equal(dv_buf_cstr(&buf), "");
    char *text = dv_buf_steal(&buf);
    assert_string_equal(text, "");
    assert_null(buf.data);
    dv_free(text);
    dv_buf_release(&buf);
}

/* A lost append must not go unnoticed: half a record would be written as if it were whole. */
static void a_failed_append_sticks(void **state)
{
    (void)state;
    struct dv_buf buf = {0};
    struct dv_err err = DV_ERR_INIT;
    dv_buf_str(&buf, "kept");
    dv_alloc_fail_at(1, 0);
    char large[1000] = {0};
    dv_buf_append(&buf, large, sizeof large);
    dv_buf_byte(&buf, 'x');
    dv_buf_str(&buf, "y");
    dv_buf_printf(&buf, "%d", 1);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 4);
    assert_null(dv_buf_cstr(&buf));
    assert_null(dv_buf_steal(&buf));
    assert_int_equal(dv_buf_check(&buf, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);

    dv_buf_reset(&buf);
    dv_buf_append(&buf, large, sizeof large);
    assert_int_equal(dv_buf_check(&buf, &err), DV_OK);
    assert_int_equal(buf.len, sizeof large);
    dv_buf_release(&buf);
    dv_alloc_fail_at(0, 0);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct dv_buf buf = {0};
    assert_false(dv_buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    dv_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_grow),
        cmocka_unit_test(empty_buffers_are_valid),
        cmocka_unit_test(a_failed_append_sticks),
        cmocka_unit_test(impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
