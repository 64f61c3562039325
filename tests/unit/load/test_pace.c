/* How large the batches of an update become: about as long as wanted, and not ever smaller where that does
 * not help. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/pace.h"

/* A server on which a batch of n rows takes fixed + n * a_row seconds, for so many batches. Returns the rows
 * of the last. */
static uint64_t settle(struct dv_pace *pace, double fixed, double a_row, unsigned batches)
{
    uint64_t rows = 0;
    for (unsigned i = 0; i < batches; i++) {
        rows = dv_pace_rows(pace, UINT64_MAX);
        dv_pace_measured(pace, rows, fixed + (double)rows * a_row);
    }
    return rows;
}

static void batches_last_as_long_as_wanted(void **state)
{
    struct dv_pace pace;
    (void)state;
    dv_pace_begin(&pace, 0, 0.5);
    uint64_t rows = settle(&pace, 0.02, 0.00001, 12);
    assert_in_range(rows, 45000, 51000);
    /* The server gets ten times slower, and faster again. */
    assert_in_range(settle(&pace, 0.02, 0.0001, 12), 4500, 5100);
    assert_in_range(settle(&pace, 0.02, 0.00001, 12), 45000, 51000);
}

static void a_dear_batch_is_not_made_ever_smaller(void **state)
{
    struct dv_pace pace;
    (void)state;
    dv_pace_begin(&pace, 0, 0.5);
    /* A second a batch whatever it holds: half of the time at most goes into that. */
    assert_in_range(settle(&pace, 1.0, 0.0001, 20), 9000, 11000);
}

static void the_job_sets_the_most(void **state)
{
    struct dv_pace pace;
    (void)state;
    dv_pace_begin(&pace, 700, 0.5);
    assert_int_equal(dv_pace_rows(&pace, 10000), 700);
    assert_int_equal(settle(&pace, 0, 0.00001, 5), 700);
    assert_int_equal(dv_pace_rows(&pace, 12), 12);
    assert_int_equal(dv_pace_rows(&pace, 0), 0);
    /* A short rest of a part is followed by a batch as before. */
    dv_pace_measured(&pace, 12, 0.001);
    assert_int_equal(dv_pace_rows(&pace, 10000), 700);
}

static void never_less_than_a_row(void **state)
{
    struct dv_pace pace;
    (void)state;
    dv_pace_begin(&pace, 0, 0.001);
    assert_int_equal(settle(&pace, 0, 1, 20), 1);
    assert_false(dv_pace_too_long(&pace, 1));
    assert_true(dv_pace_too_long(&pace, 1000));
    assert_int_equal(dv_pace_rows(&pace, 10000), 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_last_as_long_as_wanted),
        cmocka_unit_test(a_dear_batch_is_not_made_ever_smaller),
        cmocka_unit_test(the_job_sets_the_most),
        cmocka_unit_test(never_less_than_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
