#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/progress.h"
#include "core/tally.h"

#include <stdio.h>
#include <string.h>

static void reasons_add_up(void **state)
{
    (void)state;
    struct dv_tally a = {.read = 10, .written = 4}, b = {.read = 5, .written = 5};
    struct dv_err err = DV_ERR_INIT;
    dv_tally_reason(&a, "email_missing", false, 2);
    dv_tally_reason(&a, "amount_missing", true, 3);
    dv_tally_reason(&a, "email_missing", false, 1);
    assert_int_equal(a.filtered, 3);
    assert_int_equal(a.rejected, 3);
    assert_int_equal(a.reason_count, 2);
    assert_int_equal(dv_tally_check(&a, "transform", "users", &err), DV_OK);
    dv_tally_reason(&b, "amount_missing", true, 1);
    dv_tally_reason(&b, "amount_missing", false, 1);
    b.read += 2;
    dv_tally_add(&b, &a);
    assert_int_equal(b.read, 17);
    assert_int_equal(b.rejected, 4);
    assert_int_equal(b.reason_count, 3);
    assert_int_equal(dv_tally_check(&b, "transform", "users", &err), DV_OK);
}

/* One lost row must fail the run, and the figures must be in the message. */
static void an_imbalance_is_a_bug(void **state)
{
    (void)state;
    struct dv_tally tally = {.read = 10, .written = 9};
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_tally_check(&tally, "transform", "users", &err), DV_BUG);
    assert_int_equal(err.code, DV_EXIT_BUG);
    assert_string_equal(err.dataset, "users");
    assert_non_null(strstr(err.message, "10 read"));
    assert_non_null(strstr(err.message, "9 written"));
}

/* A job with very many rules loses names, never rows, and never writes past the list. */
static void too_many_reasons_become_other(void **state)
{
    (void)state;
    struct dv_tally tally = {0};
    struct dv_err err = DV_ERR_INIT;
    char name[200];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "reason_%d", i);
        dv_tally_reason(&tally, name, i % 2 != 0, 1);
    }
    memset(name, 'n', sizeof name - 1);
    dv_tally_reason(&tally, name, true, 1);
    assert_int_equal(tally.reason_count, DV_TALLY_REASONS);
    assert_string_equal(tally.reasons[31].name, "reason_31");
    assert_string_equal(tally.reasons[32].name, "other");
    assert_string_equal(tally.reasons[33].name, "other");
    assert_int_equal(tally.reasons[32].rows + tally.reasons[33].rows, 69);
    tally.read = 101;
    assert_int_equal(dv_tally_check(&tally, "t", "d", &err), DV_OK);
}

static void progress_is_found_again_and_never_overflows(void **state)
{
    (void)state;
    static struct dv_progress progress;
    assert_null(dv_progress_start(NULL, "load", "x", 0));
    dv_progress_add(NULL, 1, 1);
    dv_progress_finish(NULL);
    struct dv_progress_item *item = dv_progress_start(&progress, "load", "users", 10);
    if (item == NULL) {
        fail();
        return;
    }
    dv_progress_add(item, 3, 100);
    assert_ptr_equal(dv_progress_start(&progress, "load", "users", 0), item);
    dv_progress_add(item, 4, 1);
    assert_int_equal(item->rows, 7);
    assert_int_equal(item->bytes, 101);
    assert_int_equal(item->expected_rows, 10);
    dv_progress_finish(item);
    assert_true(item->finished_us >= item->started_us);
    unsigned made = 1;
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        made += dv_progress_start(&progress, "load", name, 0) != NULL;
    }
    assert_int_equal(made, DV_PROGRESS_ITEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_add_up),
        cmocka_unit_test(an_imbalance_is_a_bug),
        cmocka_unit_test(too_many_reasons_become_other),
        cmocka_unit_test(progress_is_found_again_and_never_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
