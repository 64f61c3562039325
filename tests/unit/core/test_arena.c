#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/arena.h"

#include <string.h>

/* Values of a batch must neither overlap nor be moved, however many and large they are. */
static void allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    enum { COUNT = 3000 };
    static unsigned char *memory[COUNT];
    for (int i = 0; i < COUNT; i++) {
        size_t size = (size_t)(i * 7 % 2500);
        memory[i] = dv_arena_alloc(&arena, size);
        assert_non_null(memory[i]);
        assert_int_equal((uintptr_t)memory[i] % 16, 0);
        memset(memory[i], i & 255, size);
    }
    for (int i = 0; i < COUNT; i++)
        for (size_t at = 0; at < (size_t)(i * 7 % 2500); at++)
            assert_int_equal(memory[i][at], i & 255);
    dv_arena_release(&arena);
    dv_arena_release(&arena);
    assert_int_equal(arena.total, 0);
}

/* A reset between batches must reuse memory: otherwise a run's memory grows with its data. */
static void reset_keeps_memory_bounded(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    size_t after_first = 0;
    for (int batch = 0; batch < 50; batch++) {
        for (int i = 0; i < 2000; i++)
            assert_non_null(dv_arena_alloc(&arena, 1000));
        assert_true(arena.total < 4u << 20);
        dv_arena_reset(&arena);
        if (batch == 0)
            after_first = arena.total;
        assert_true(arena.total <= after_first || after_first == 0);
    }
    /* One giant value must not be kept for ever. */
    assert_non_null(dv_arena_alloc(&arena, 32u << 20));
    dv_arena_reset(&arena);
    assert_true(arena.total <= 2u << 20);
    dv_arena_release(&arena);
}

static void texts(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    assert_string_equal(dv_arena_strdup(&arena, "abc"), "abc");
    assert_string_equal(dv_arena_printf(&arena, "%d/%s", 4, "x"), "4/x");
    assert_memory_equal(dv_arena_copy(&arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(dv_arena_copy(&arena, NULL, 0), "");
    const char *zeros = dv_arena_zalloc(&arena, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(zeros[i], 0);
    dv_arena_release(&arena);
}

static void no_memory_leaves_the_arena_usable(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    dv_alloc_fail_at(1, 0);
    assert_null(dv_arena_alloc(&arena, 10));
    assert_non_null(dv_arena_alloc(&arena, 10));
    dv_alloc_fail_at(1, 0);
    assert_null(dv_arena_alloc(&arena, 1u << 20));
    dv_alloc_fail_at(0, 0);
    assert_non_null(dv_arena_alloc(&arena, 10));
    dv_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(reset_keeps_memory_bounded),
        cmocka_unit_test(texts),
        cmocka_unit_test(no_memory_leaves_the_arena_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
