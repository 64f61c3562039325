#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"

#include <errno.h>
#include <string.h>

/* The one text that a user sees: place, what, SQLSTATE, what next. */
static void formats_place_message_and_hint(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char text[512];
    assert_int_equal(dv_fail(&err, DV_EXIT_FAULT, "duplicate key %d", 7), DV_FAILED);
    memcpy(err.sqlstate, "23505", 6);
    dv_err_place(&err, "load", "users", 3, 17);
    dv_err_hint(&err, "remove it");
    dv_err_format(&err, text, sizeof text);
    assert_string_equal(
        text, "drover: load users part 3 row 17: duplicate key 7 (SQLSTATE 23505)\n  next: remove it");

    dv_err_value(&err, "email", "a@b", 3);
    dv_err_format(&err, text, sizeof text);
    assert_string_equal(text, "drover: load users part 3 row 17: duplicate key 7 (SQLSTATE 23505)\n"
                              "  where: column email, value a@b\n  next: remove it");
}

/* A caller farther out must not overwrite the exact place with its own. */
static void innermost_place_is_kept(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    dv_fail(&err, DV_EXIT_FAULT, "x");
    dv_err_place(&err, NULL, "users", 3, -1);
    dv_err_place(&err, "load", "payments", 9, 40);
    assert_string_equal(err.dataset, "users");
    assert_string_equal(err.stage, "load");
    assert_int_equal(err.part, 3);
    assert_int_equal(err.row, 40);
    dv_err_value(&err, "a", "1", 1);
    dv_err_value(&err, "b", "2", 1);
    assert_string_equal(err.column, "a");
    assert_string_equal(err.value, "1");
}

/* An error reused for the next failure must not carry the old place along, and may quote its own old message.
 */
static void failing_again_clears(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    dv_fail(&err, DV_EXIT_REJECTS, "first");
    dv_err_place(&err, "load", "users", 3, 17);
    assert_int_equal(dv_fail_retry(&err, "again: %s", err.message), DV_RETRY);
    assert_string_equal(err.message, "again: first");
    assert_int_equal(err.part, -1);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_string_equal(err.stage, "");
    assert_int_equal(dv_fail(&err, DV_EXIT_BUG, "b"), DV_BUG);
}

/* A full disk is named and says what to do; a very long path does not push the reason out. */
static void system_errors_name_the_reason(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char path[3000];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(dv_fail_os(&err, ENOSPC, "cannot write %s", path), DV_FAILED);
    assert_int_equal(err.os_errno, ENOSPC);
    assert_non_null(strstr(err.message, "No space left"));
    assert_non_null(strstr(err.hint, "make room"));
}

/* A value with line breaks or terminal codes must not break the report, nor be cut inside a character. */
static void values_are_cut_and_made_harmless(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char value[200];
    char text[512];
    for (size_t i = 0; i + 2 <= sizeof value; i += 2)
        memcpy(value + i, "\xC3\xBC", 2);
    dv_fail(&err, DV_EXIT_FAULT, "x");
    dv_err_value(&err, "c", value, sizeof value);
    size_t length = strlen(err.value);
    assert_string_equal(err.value + length - 3, "...");
    assert_int_equal((length - 3) % 2, 0);

    dv_fail(&err, DV_EXIT_FAULT, "a\nb\033[31m");
    dv_err_format(&err, text, sizeof text);
    assert_string_equal(text, "drover: a b [31m");
}

static void a_small_buffer_is_not_overrun(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    dv_fail(&err, DV_EXIT_FAULT, "some message \xC3\xBC\xC3\xBC");
    for (size_t size = 0; size < 40; size++) {
        char text[64];
        memset(text, '#', sizeof text);
        dv_err_format(&err, text, size);
        assert_int_equal(text[size], '#');
        if (size > 0)
            assert_true(strlen(text) < size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_place_message_and_hint),
        cmocka_unit_test(innermost_place_is_kept),
        cmocka_unit_test(failing_again_clears),
        cmocka_unit_test(system_errors_name_the_reason),
        cmocka_unit_test(values_are_cut_and_made_harmless),
        cmocka_unit_test(a_small_buffer_is_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
