/* What one stage tells another while both work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arrivals.h"
#include "core/stop.h"
#include "core/thread.h"
#include "core/type.h"
#include "tests/unit/core/temp_folder.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct consumer {
    struct dv_arrivals *arrivals;
    const char *dir;
    pthread_t thread;
    enum dv_status status;
    struct dv_err err;
    struct dv_arrival arrival;
    atomic_bool over;
};

static void *wait_for_plan(void *argument)
{
    struct consumer *consumer = argument;
    consumer->status = dv_arrivals_wait_plan(consumer->arrivals, "orders", consumer->dir, &consumer->arrival,
                                             &consumer->err);
    atomic_store(&consumer->over, true);
    return NULL;
}

static void *wait_for_dataset(void *argument)
{
    struct consumer *consumer = argument;
    consumer->status = dv_arrivals_wait_dataset(consumer->arrivals, consumer->dir, &consumer->err);
    usleep(50000); /* what it does before it lets go */
    atomic_store(&consumer->over, true);
    dv_arrivals_let_go(consumer->arrivals);
    return NULL;
}

static void begin(struct consumer *consumer, void *(*run)(void *), const char *dir)
{
    *consumer = (struct consumer){.dir = dir, .err = DV_ERR_INIT};
    assert_int_equal(dv_arrivals_new(&consumer->arrivals, &consumer->err), DV_OK);
    assert_int_equal(dv_thread_start(&consumer->thread, run, consumer, &consumer->err), DV_OK);
}

static void end(struct consumer *consumer)
{
    pthread_join(consumer->thread, NULL);
    dv_arrivals_free(consumer->arrivals);
}

static void test_a_plan_reaches_who_waits(void **state)
{
    (void)state;
    struct consumer consumer;
    struct dv_err err = DV_ERR_INIT;
    struct dv_column column = {.name = "id"};
    begin(&consumer, wait_for_plan, temp_folder);
    assert_int_equal(dv_arrivals_plan(consumer.arrivals, "others", 3, 0, &column, 1, &err), DV_OK);
    usleep(20000);
    assert_false(atomic_load(&consumer.over));
    assert_int_equal(dv_arrivals_plan(consumer.arrivals, "orders", 7, 1234, &column, 1, &err), DV_OK);
    memset(&column, 0, sizeof column); /* the columns are copied */
    pthread_join(consumer.thread, NULL);
    assert_int_equal(consumer.status, DV_OK);
    assert_int_equal(consumer.arrival.parts, 7);
    assert_int_equal(consumer.arrival.estimated_rows, 1234);
    assert_string_equal(consumer.arrival.columns[0].name, "id");
    dv_arrivals_free(consumer.arrivals);
}

static void test_a_dataset_that_is_whole_needs_no_plan(void **state)
{
    (void)state;
    struct consumer consumer;
    begin(&consumer, wait_for_plan, temp_folder);
    FILE *file = fopen(in_temp("dataset.json"), "w");
    assert_non_null(file);
    fclose(file);
    dv_arrivals_published(consumer.arrivals);
    end(&consumer);
    assert_int_equal(consumer.status, DV_END);
}

static void test_who_waits_for_what_will_not_come_is_told(void **state)
{
    (void)state;
    struct consumer consumer;
    begin(&consumer, wait_for_plan, temp_folder);
    dv_arrivals_end(consumer.arrivals);
    end(&consumer);
    assert_int_equal(consumer.status, DV_END);
    begin(&consumer, wait_for_dataset, temp_folder);
    dv_arrivals_published(consumer.arrivals);
    dv_arrivals_end(consumer.arrivals);
    end(&consumer);
    assert_int_equal(consumer.status, DV_FAILED);
}

static void test_withdrawing_waits_until_the_other_side_has_let_go(void **state)
{
    (void)state;
    struct consumer consumer;
    begin(&consumer, wait_for_dataset, temp_folder);
    dv_arrivals_withdraw(consumer.arrivals);
    assert_true(atomic_load(&consumer.over));
    assert_true(dv_arrivals_withdrawn(consumer.arrivals));
    end(&consumer);
    assert_int_equal(consumer.status, DV_FAILED);
}

static void test_a_stop_request_ends_a_wait(void **state)
{
    (void)state;
    struct consumer consumer;
    begin(&consumer, wait_for_plan, temp_folder);
    dv_stop_request(15);
    end(&consumer);
    dv_stop_request(0);
    assert_int_equal(consumer.status, DV_FAILED);
    assert_int_equal(consumer.err.code, DV_EXIT_STOPPED);
}

static void test_where_nothing_comes_in_nobody_waits(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_arrival arrival;
    assert_int_equal(dv_arrivals_plan(NULL, "orders", 1, 1, NULL, 0, &err), DV_OK);
    dv_arrivals_published(NULL);
    dv_arrivals_withdraw(NULL);
    assert_int_equal(dv_arrivals_wait_plan(NULL, "orders", temp_folder, &arrival, &err), DV_END);
    assert_int_equal(dv_arrivals_wait_dataset(NULL, temp_folder, &err), DV_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_plan_reaches_who_waits, make_temp_folder, remove_temp_folder),
        cmocka_unit_test_setup_teardown(test_a_dataset_that_is_whole_needs_no_plan, make_temp_folder,
                                        remove_temp_folder),
        cmocka_unit_test_setup_teardown(test_who_waits_for_what_will_not_come_is_told, make_temp_folder,
                                        remove_temp_folder),
        cmocka_unit_test_setup_teardown(test_withdrawing_waits_until_the_other_side_has_let_go,
                                        make_temp_folder, remove_temp_folder),
        cmocka_unit_test_setup_teardown(test_a_stop_request_ends_a_wait, make_temp_folder,
                                        remove_temp_folder),
        cmocka_unit_test_setup_teardown(test_where_nothing_comes_in_nobody_waits, make_temp_folder,
                                        remove_temp_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
