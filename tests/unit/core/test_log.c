#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/log.h"
#include "core/thread.h"
#include "tests/unit/core/temp_folder.h"

#include <math.h>
#include <string.h>

/* Reads the log back, one JSON document a line; returns how many lines there are. */
static size_t read_log(const char *path, json_t **documents, size_t most)
{
    struct dv_buf text = {0};
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_read(path, 10000000, &text, &err), DV_OK);
    size_t count = 0;
    for (char *at = dv_buf_cstr(&text), *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        json_t *document = NULL;
        if (dv_json_parse(at, (size_t)(end - at), "log", DV_EXIT_FAULT, &document, &err) != DV_OK)
            document = json_null();
        assert_true(count < most);
        documents[count++] = document;
    }
    dv_buf_release(&text);
    return count;
}

static const char *text_of(const json_t *document, const char *key)
{
    return json_string_value(json_object_get(document, key));
}

static void count_line(void *context, const char *json)
{
    assert_int_equal(json[0], '{');
    assert_null(strchr(json, '\n'));
    ++*(unsigned *)context;
}

static void events_are_json_whatever_they_hold(void **state)
{
    (void)state;
    struct dv_log *log;
    struct dv_err err = DV_ERR_INIT;
    json_t *lines[8];
    unsigned teed = 0;
    const char *path = in_temp("log.jsonl");
    assert_int_equal(dv_log_open(&log, path, &err), DV_OK);
    dv_log_tee(log, count_line, &teed);
    dv_log_event(log, "info", "part_published", "dataset:s", "a\"b\\c\n\x01\xC3\xBC\xff", "part:d",
                 (int64_t)-3, "rows:u", UINT64_MAX / 2, "rate:f", 2.5, "bad:f", NAN, "none:s", NULL, NULL);
    dv_log_event(NULL, "info", "nowhere", NULL);
    dv_log_close(log);
    assert_int_equal(teed, 1);
    assert_int_equal(read_log(path, lines, 8), 1);
    assert_string_equal(text_of(lines[0], "dataset"), "a\"b\\c\n\x01\xC3\xBC\xEF\xBF\xBD");
    assert_string_equal(text_of(lines[0], "event"), "part_published");
    assert_int_equal(json_integer_value(json_object_get(lines[0], "part")), -3);
    assert_true(json_is_null(json_object_get(lines[0], "bad")));
    assert_int_equal(strlen(text_of(lines[0], "time")), strlen("2025-06-01T01:30:00.000Z"));
    json_decref(lines[0]);
}

/* Personal data must not be left in logs. */
static void errors_are_logged_without_the_value(void **state)
{
    (void)state;
    struct dv_log *log;
    struct dv_err err = DV_ERR_INIT;
    json_t *lines[8];
    struct dv_buf text = {0};
    const char *path = in_temp("errors.jsonl");
    assert_int_equal(dv_log_open(&log, path, &err), DV_OK);
    dv_fail(&err, DV_EXIT_FAULT, "not an email");
    dv_err_place(&err, "transform", "users", 3, 17);
    dv_err_value(&err, "email", "secret@example.com", 18);
    dv_log_error(log, &err);
    dv_log_close(log);
    assert_int_equal(read_log(path, lines, 8), 1);
    assert_string_equal(text_of(lines[0], "column"), "email");
    assert_int_equal(json_integer_value(json_object_get(lines[0], "row")), 17);
    json_decref(lines[0]);
    assert_int_equal(dv_file_read(path, 10000, &text, &err), DV_OK);
    assert_null(strstr(dv_buf_cstr(&text), "secret"));
    dv_buf_release(&text);
}

/* What a crash cut short stays one bad line: it must not swallow the next run's first one. */
static void a_cut_line_is_closed(void **state)
{
    (void)state;
    struct dv_log *log;
    struct dv_err err = DV_ERR_INIT;
    json_t *lines[8];
    const char *path = in_temp("cut.jsonl");
    assert_int_equal(dv_file_publish(path, "{\"time\":\"20", 11, &err), DV_OK);
    assert_int_equal(dv_log_open(&log, path, &err), DV_OK);
    dv_log_event(log, "info", "resumed", NULL);
    dv_log_close(log);
    assert_int_equal(read_log(path, lines, 8), 2);
    assert_true(json_is_null(lines[0]));
    assert_string_equal(text_of(lines[1], "event"), "resumed");
    json_decref(lines[1]);
}

static enum dv_status log_much(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    (void)err;
    for (int i = 0; i < 50; i++)
        dv_log_event(context, "info", "tick", "worker:d", (int64_t)worker, "task:u", (uint64_t)task, NULL);
    return DV_OK;
}

static void threads_do_not_mix_lines(void **state)
{
    (void)state;
    static json_t *lines[2000];
    struct dv_log *log;
    struct dv_err err = DV_ERR_INIT;
    const char *path = in_temp("threads.jsonl");
    assert_int_equal(dv_log_open(&log, path, &err), DV_OK);
    assert_int_equal(dv_run_tasks(20, 4, log_much, log, &err), DV_OK);
    dv_log_close(log);
    assert_int_equal(read_log(path, lines, 2000), 1000);
    for (int i = 0; i < 1000; i++) {
        assert_true(json_is_object(lines[i]));
        json_decref(lines[i]);
    }
    assert_int_equal(dv_log_open(&log, in_temp("no/such/folder"), &err), DV_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_json_whatever_they_hold),
        cmocka_unit_test(errors_are_logged_without_the_value),
        cmocka_unit_test(a_cut_line_is_closed),
        cmocka_unit_test(threads_do_not_mix_lines),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
