#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/arena.h"
#include "core/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The failure tests of every other module lean on exactly this one allocation failing. */
static void nth_allocation_fails_once(void **state)
{
    (void)state;
    dv_alloc_fail_at(3, 0);
    void *memory[4];
    for (int i = 0; i < 4; i++)
        memory[i] = dv_alloc(8);
    dv_alloc_fail_at(0, 0);
    assert_non_null(memory[0]);
    assert_non_null(memory[1]);
    assert_null(memory[2]);
    assert_non_null(memory[3]);
    for (int i = 0; i < 4; i++)
        dv_free(memory[i]);
}

static void all_fail_from_the_nth_on(void **state)
{
    (void)state;
    dv_alloc_fail_at(2, 1);
    char *first = dv_strdup("a");
    char *second = dv_strdup("b");
    void *third = dv_calloc(1, 1);
    void *fourth = dv_realloc(NULL, 1);
    dv_alloc_fail_at(0, 0);
    assert_non_null(first);
    assert_null(second);
    assert_null(third);
    assert_null(fourth);
    dv_free(first);
}

/* A count from a hostile file times a size must not wrap around to a small allocation. */
static void overflow_is_no_memory(void **state)
{
    (void)state;
    assert_null(dv_realloc_array(NULL, SIZE_MAX / 2, 4));
    assert_null(dv_calloc(SIZE_MAX / 2, 4));
    struct dv_arena arena = {0};
    assert_null(dv_arena_alloc(&arena, SIZE_MAX));
    assert_null(dv_arena_alloc(&arena, SIZE_MAX - 8));
    dv_arena_release(&arena);
}

static void zero_sizes_give_memory(void **state)
{
    (void)state;
    void *a = dv_alloc(0), *b = dv_calloc(0, 8);
    assert_non_null(a);
    assert_non_null(b);
    a = dv_realloc(a, 0);
    assert_non_null(a);
    dv_free(a);
    dv_free(b);
    dv_free(NULL);
}

static void strings(void **state)
{
    (void)state;
    char *cut = dv_strndup("abcdef", 3), *shorter = dv_strndup("ab", 9), *made = dv_asprintf("%s-%d", "x", 5);
    assert_string_equal(cut, "abc");
    assert_string_equal(shorter, "ab");
    assert_string_equal(made, "x-5");
    dv_free(cut);
    dv_free(shorter);
    dv_free(made);
}

static const char *program;

/* The fault tests start the whole command with this variable set. */
static void the_environment_reaches_a_whole_process(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        int failures; /* of the child's three allocations: bit i for allocation i */
    } cases[] = {{"", 0}, {"0", 0}, {"2", 2}, {"2+", 6}, {"1+", 7}, {"9", 0}, {"nonsense", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[600];
        snprintf(command, sizeof command, "DROVER_FAIL_ALLOC='%s' '%s' child", cases[i].setting, program);
        int result = system(command);
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), cases[i].failures);
    }
}

static int run_child(void)
{
    int failures = 0;
    for (int i = 0; i < 3; i++) {
        void *memory = dv_alloc(1);
        failures |= (memory == NULL) << i;
        dv_free(memory);
    }
    return failures;
}

int main(int count, char **arguments)
{
    if (count > 1)
        return run_child();
    program = arguments[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nth_allocation_fails_once),
        cmocka_unit_test(all_fail_from_the_nth_on),
        cmocka_unit_test(overflow_is_no_memory),
        cmocka_unit_test(zero_sizes_give_memory),
        cmocka_unit_test(strings),
        cmocka_unit_test(the_environment_reaches_a_whole_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
