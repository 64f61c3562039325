/* Many paths by one walk: each must find what it finds alone, whatever the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/jsonb_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PATHS 8U
#define MOST_STEPS 4U

static uint64_t seed = 20251120;

static unsigned below(unsigned limit)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % limit;
}

static const char *const keys[] = {"a", "b", "0", "aa", "ab", "1", "", "-1", "\xc3\xa9"};
/* The same, as they may be written. */
static const char *const written[] = {"a", "b", "\\u0030", "aa", "a\\u0062", "\\u0031", "", "-1", "\\u00e9"};

static void blanks(struct dv_buf *to, bool any)
{
    if (any && below(4) == 0)
        dv_buf_append(to, " \n\t\r  ", below(6));
}

static void random_json(struct dv_buf *to, unsigned depth, bool spaced)
{
    static const char *const scalars[] = {"1",     "-2.50",       "true",          "null",
                                          "\"x\"", "\"q\\\"}]\"", "\"{\\\\\"",     "1e3",
                                          "false", "\"\"",        "\"\\u00e9,:\"", "0"};
    unsigned kind = depth == 0 ? 2 : below(4), count = below(5);
    if (kind >= 2 && depth < 4) {
        dv_buf_str(to, scalars[below(sizeof(scalars) / sizeof(scalars[0]))]);
        return;
    }
    dv_buf_byte(to, kind == 0 ? '{' : '[');
    blanks(to, spaced);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            dv_buf_byte(to, ',');
        blanks(to, spaced);
        if (kind == 0) {
            unsigned key = below(sizeof(keys) / sizeof(keys[0]));
            dv_buf_byte(to, '"');
            dv_buf_str(to, below(3) == 0 ? written[key] : keys[key]);
            dv_buf_byte(to, '"');
            blanks(to, spaced);
            dv_buf_byte(to, ':');
            blanks(to, spaced);
        }
        random_json(to, depth - 1, spaced);
        blanks(to, spaced);
    }
    dv_buf_byte(to, kind == 0 ? '}' : ']');
}

struct path {
    struct dv_json_step steps[MOST_STEPS];
    unsigned count, slot;
};

static void random_path(struct path *path, bool canonical)
{
    path->count = 1 + below(MOST_STEPS);
    for (unsigned i = 0; i < path->count; i++) {
        struct dv_json_step *step = &path->steps[i];
        unsigned key = below(sizeof(keys) / sizeof(keys[0]));
        *step = (struct dv_json_step){0};
        if (below(3) > 0) {
            step->by = DV_JSON_BY_KEY;
            step->key = keys[key];
            step->key_length = strlen(keys[key]);
            if (below(2) == 0 && step->key_length > 0 && strspn(keys[key], "-01") == step->key_length) {
                step->by |= DV_JSON_BY_INDEX;
                step->index = strtol(keys[key], NULL, 10);
            }
        } else {
            step->by = DV_JSON_BY_INDEX | (canonical ? (unsigned)DV_JSON_BY_SELF : 0U);
            step->index = (int64_t)below(6) - 3;
        }
    }
}

/* The text in memory of its very size, so that a byte read behind it is seen. */
static void check_text(const char *text, size_t length, bool canonical)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_json_paths paths = {0};
    struct path list[MOST_PATHS];
    unsigned count = 1 + below(MOST_PATHS);
    for (unsigned i = 0; i < count; i++) {
        random_path(&list[i], canonical);
        assert_int_equal(dv_json_paths_add(&paths, list[i].steps, list[i].count, &arena, &list[i].slot, &err),
                         DV_OK);
    }
    char *copy = dv_alloc(length);
    struct dv_json_text *found = dv_calloc(paths.count, sizeof *found);
    struct dv_json_text json = {copy, length};
    memcpy(copy, text, length);
    assert_true(dv_json_paths_scan(&paths, json, canonical, found));
    for (unsigned i = 0; i < count; i++) {
        struct dv_json_text alone = dv_json_walk(json, list[i].steps, list[i].count);
        struct dv_json_text together = found[list[i].slot];
        if (alone.p != together.p || (alone.p != NULL && alone.len != together.len))
            fail_msg("path %u of %.*s: alone \"%.*s\", together \"%.*s\"", i, (int)length, text,
                     (int)alone.len, alone.p != NULL ? alone.p : "", (int)together.len,
                     together.p != NULL ? together.p : "");
    }
    dv_free(found);
    dv_free(copy);
    dv_arena_release(&arena);
}

static void paths_together_find_what_each_finds_alone(void **state)
{
    struct dv_buf text = {0}, canonical = {0};
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        dv_buf_reset(&text);
        dv_buf_reset(&canonical);
        random_json(&text, 4, true);
        check_text(text.data, text.len, false);
        assert_int_equal(dv_jsonb_canonical(text.data, text.len, &canonical, &err), DV_OK);
        check_text(canonical.data, canonical.len, true);
    }
    dv_buf_release(&text);
    dv_buf_release(&canonical);
}

static unsigned add(struct dv_json_paths *paths, struct dv_arena *arena, const char *first,
                    const char *second)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned slot;
    struct dv_json_step steps[2] = {{.key = first, .key_length = strlen(first), .by = DV_JSON_BY_KEY}};
    if (second != NULL)
        steps[1] = (struct dv_json_step){.key = second, .key_length = strlen(second), .by = DV_JSON_BY_KEY};
    assert_int_equal(dv_json_paths_add(paths, steps, second != NULL ? 2 : 1, arena, &slot, &err), DV_OK);
    return slot;
}

static struct dv_json_text json_text(const char *text)
{
    return (struct dv_json_text){text, strlen(text)};
}

/* What stands behind the last wanted member is not looked at: here it is no JSON, and nobody notices. */
static void a_jsonb_is_read_no_further_than_wanted(void **state)
{
    struct dv_arena arena = {0};
    struct dv_json_paths paths = {0};
    struct dv_json_text found[8];
    (void)state;
    unsigned b = add(&paths, &arena, "b", NULL), inner = add(&paths, &arena, "cc", "x");
    assert_true(
        dv_json_paths_scan(&paths, json_text("{\"b\": 1, \"cc\": {\"x\": 2, \"y\" @@@"), true, found));
    assert_memory_equal(found[b].p, "1", found[b].len);
    assert_memory_equal(found[inner].p, "2", found[inner].len);
    /* "dd" stands where "cc" would have stood before it */
    assert_true(dv_json_paths_scan(&paths, json_text("{\"b\": 1, \"dd\": @@@"), true, found));
    assert_null(found[inner].p);
    dv_arena_release(&arena);
}

static void the_last_of_equal_keys_of_a_json_counts(void **state)
{
    struct dv_arena arena = {0};
    struct dv_json_paths paths = {0};
    struct dv_json_text found[8];
    (void)state;
    unsigned inner = add(&paths, &arena, "a", "x"), other = add(&paths, &arena, "a", "y");
    assert_true(dv_json_paths_scan(&paths, json_text("{\"a\": {\"x\": 1, \"y\": 2}, \"a\": {\"x\": 3}}"),
                                   false, found));
    assert_memory_equal(found[inner].p, "3", found[inner].len);
    assert_null(found[other].p);
    assert_true(dv_json_paths_scan(&paths, json_text("{\"a\": {\"x\": 1}, \"a\": 5}"), false, found));
    assert_null(found[inner].p);
    dv_arena_release(&arena);
}

/* Text cut short, or with a byte changed, is refused or read; nothing behind its end is. */
static void damaged_text_is_survived(void **state)
{
    static const char whole[] = "{\"a\": {\"x\": [1, \"q\\\"\", {}]}, \"bb\" : {\"y\":null}, \"a\":[2]}";
    struct dv_arena arena = {0};
    struct dv_json_paths paths = {0};
    struct dv_json_text found[8];
    (void)state;
    (void)add(&paths, &arena, "a", "x");
    (void)add(&paths, &arena, "bb", "y");
    for (size_t length = 1; length < sizeof(whole) - 1; length++) {
        char *copy = dv_alloc(length);
        memcpy(copy, whole, length);
        assert_false(dv_json_paths_scan(&paths, (struct dv_json_text){copy, length}, false, found));
        (void)dv_json_paths_scan(&paths, (struct dv_json_text){copy, length}, true, found);
        copy[below((unsigned)length)] = "\"{}[]:,\\ 1"[below(10)];
        (void)dv_json_paths_scan(&paths, (struct dv_json_text){copy, length}, false, found);
        (void)dv_json_paths_scan(&paths, (struct dv_json_text){copy, length}, true, found);
        dv_free(copy);
    }
    dv_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_together_find_what_each_finds_alone),
        cmocka_unit_test(a_jsonb_is_read_no_further_than_wanted),
        cmocka_unit_test(the_last_of_equal_keys_of_a_json_counts),
        cmocka_unit_test(damaged_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
