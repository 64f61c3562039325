#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/json.h"
#include "tests/unit/core/temp_folder.h"

#include <errno.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *document = NULL;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_json_parse(text, strlen(text), "job.json", DV_EXIT_USAGE, &document, &err), DV_OK);
    return document;
}

/* A mistake in a job file is found by its line, and is the user's, not drover's. */
static void bad_documents_name_the_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "{",
                                        "{\"a\": 1,\n \"a\": 2}",
                                        "[1,]",
                                        "{} x",
                                        "\"\\u0000\"",
                                        "{\"a\": \"\xff\"}",
                                        "nul",
                                        "{\"a\": 1e999}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *document = NULL;
        struct dv_err err = DV_ERR_INIT;
        assert_int_equal(
            dv_json_parse(texts[i], strlen(texts[i]), "job.json", DV_EXIT_USAGE, &document, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_USAGE);
        assert_non_null(strstr(err.message, "job.json, line "));
        assert_null(document);
    }
}

static void deep_documents_are_refused(void **state)
{
    (void)state;
    static char text[1000000];
    memset(text, '[', sizeof text);
    json_t *document = NULL;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_json_parse(text, sizeof text, "x", DV_EXIT_FAULT, &document, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
}

/* The same content gives the same bytes, whatever the order in which it was put together. */
static void published_bytes_are_sorted(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0};
    json_t *document = parse("{\"b\": [1, \"x\"], \"a\": {}}"), *back = NULL;
    assert_int_equal(dv_json_publish(in_temp("d.json"), document, &err), DV_OK);
    assert_int_equal(dv_file_read(in_temp("d.json"), 1000, &text, &err), DV_OK);
    assert_string_equal(dv_buf_cstr(&text), "{\n  \"a\": {},\n  \"b\": [\n    1,\n    \"x\"\n  ]\n}\n");
    assert_int_equal(dv_json_read(in_temp("d.json"), DV_EXIT_FAULT, &back, &err), DV_OK);
    assert_true(json_equal(back, document));
    json_decref(back);
    json_decref(document);
    dv_buf_release(&text);
    assert_int_equal(dv_json_read(in_temp("absent.json"), DV_EXIT_USAGE, &back, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_int_equal(err.os_errno, ENOENT);
}

/* The seal is that of the text without blanks, whatever the layout; no single bit changes what is read
 * without its being noticed. */
static void a_seal_tells_damage(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0};
    char path[600];
    json_t *document = parse("{\"b\": [1, \"x\"], \"a\": {}}"), *back = NULL;
    (void)snprintf(path, sizeof path, "%s", in_temp("sealed.json"));
    assert_int_equal(dv_json_publish_sealed(path, document, &err), DV_OK);
    assert_int_equal(dv_json_read(path, DV_EXIT_FAULT, &back, &err), DV_OK);
    assert_int_equal(json_integer_value(json_object_get(back, "crc32")), 2396027436U);
    json_decref(back);
    assert_int_equal(dv_file_read(path, 1000, &text, &err), DV_OK);
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        text.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(dv_file_publish(path, text.data, text.len, &err), DV_OK);
        text.data[bit / 8] ^= (char)(1 << bit % 8);
        if (dv_json_read_sealed(path, &back, &err) == DV_OK &&
            (json_object_get(back, "a") != NULL && json_object_get(back, "b") != NULL))
            assert_true(json_object_size(back) == 3); /* the seal's key, which is none that is known */
        json_decref(back);
    }
    dv_buf_release(&text);
    json_decref(document);
}

/* A misspelt key must not be ignored silently. */
static void unknown_keys_are_named_with_the_nearest(void **state)
{
    (void)state;
    static const char *const known[] = {"mode", "dataset", "table", NULL};
    struct dv_err err = DV_ERR_INIT;
    json_t *document = parse("{\"mode\": 1, \"tabel\": 2}");
    assert_int_equal(dv_json_only_keys(document, "load[2]", known, DV_EXIT_USAGE, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "load[2].tabel"));
    assert_non_null(strstr(err.hint, "\"table\""));
    json_decref(document);
    document = parse("{\"completely_else\": 1}");
    assert_int_equal(dv_json_only_keys(document, "", known, DV_EXIT_USAGE, &err), DV_FAILED);
    assert_null(strstr(err.hint, "did you mean"));
    json_decref(document);
    document = parse("[]");
    assert_int_equal(dv_json_only_keys(document, "load[0]", known, DV_EXIT_USAGE, &err), DV_FAILED);
    json_decref(document);
    assert_int_equal(dv_json_only_keys(NULL, "load[0]", known, DV_EXIT_USAGE, &err), DV_FAILED);
}

static void members_have_types(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    json_t *document = parse("{\"s\": \"x\", \"n\": 7, \"negative\": -1, \"real\": 1.5, \"b\": true}");
    const char *text = "kept";
    uint64_t number = 42;
    bool truth = false;
    assert_int_equal(dv_json_string(document, "s", "", true, DV_EXIT_USAGE, &text, &err), DV_OK);
    assert_string_equal(text, "x");
    assert_int_equal(dv_json_uint(document, "n", "", true, DV_EXIT_USAGE, &number, &err), DV_OK);
    assert_int_equal(number, 7);
    assert_int_equal(dv_json_bool(document, "b", "", true, DV_EXIT_USAGE, &truth, &err), DV_OK);
    assert_true(truth);
    assert_int_equal(dv_json_uint(document, "absent", "", false, DV_EXIT_USAGE, &number, &err), DV_OK);
    assert_int_equal(number, 7);
    assert_int_equal(dv_json_uint(document, "absent", "load[1]", true, DV_EXIT_USAGE, &number, &err),
                     DV_FAILED);
    assert_string_equal(err.message, "load[1].absent is missing");
    static const char *const wrong[] = {"negative", "real", "s", "b"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(dv_json_uint(document, wrong[i], "", true, DV_EXIT_USAGE, &number, &err), DV_FAILED);
    assert_int_equal(dv_json_string(document, "n", "", true, DV_EXIT_USAGE, &text, &err), DV_FAILED);
    assert_int_equal(dv_json_bool(document, "n", "", true, DV_EXIT_USAGE, &truth, &err), DV_FAILED);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_documents_name_the_line),
        cmocka_unit_test(deep_documents_are_refused),
        cmocka_unit_test(published_bytes_are_sorted),
        cmocka_unit_test(a_seal_tells_damage),
        cmocka_unit_test(unknown_keys_are_named_with_the_nearest),
        cmocka_unit_test(members_have_types),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
