/* Checks of URLs against a server of this test's own: what passes, what fails, and what the result says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/http.h"
#include "core/progress.h"
#include "core/stop.h"
#include "load/load.h"
#include "tests/http_server.h"

static unsigned port;

static int start(void **state)
{
    pthread_t thread;
    int listener = http_listen(&port);
    (void)state;
    /* The loopback is not asked for through a proxy. */
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
    (void)unsetenv("ALL_PROXY");
    if (listener < 0 || pthread_create(&thread, NULL, http_serve, (void *)(intptr_t)listener) != 0)
        return -1;
    return pthread_detach(thread);
}

static struct dv_http_check check_of(char url[96], const char *path)
{
    (void)snprintf(url, 96, "http://127.0.0.1:%u%s", port, path);
    atomic_store(&http_asked, 0);
    return (struct dv_http_check){
        .name = "health", .url = url, .status = 200, .timeout_ms = 5000, .tries = 1, .pause_ms = 10};
}

static void verify(const struct dv_http_check *check, struct dv_verification *out)
{
    struct dv_context context = {.job = "j", .workers = 2};
    struct dv_err err = DV_ERR_INIT;
    *out = (struct dv_verification){.passed = true};
    assert_int_equal(dv_verify_http(&context, check, 1, out, &err), DV_OK);
    assert_int_equal(out->count, 1);
}

static void assert_fails(const struct dv_http_check *check, const char *text)
{
    struct dv_verification found;
    verify(check, &found);
    assert_false(found.checks[0].passed);
    assert_int_equal(found.checks[0].violations, 1);
    assert_int_equal(found.passed, check->warning);
    if (strstr(found.checks[0].samples, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", found.checks[0].samples, text);
    dv_verification_release(&found);
}

static void test_status_as_expected(void **state)
{
    char url[96];
    struct dv_verification found;
    struct dv_http_check check = check_of(url, "/status/200?token=secret");
    (void)state;
    verify(&check, &found);
    assert_true(found.passed && found.checks[0].passed && found.checks[0].own);
    assert_null(strstr(found.checks[0].description, "secret"));
    assert_non_null(strstr(found.checks[0].description, "/status/200 answers 200"));
    dv_verification_release(&found);
    check = check_of(url, "/status/204");
    check.status = 204;
    verify(&check, &found);
    assert_true(found.passed);
    dv_verification_release(&found);
}

static void test_status_wrong_is_asked_again_and_then_fails(void **state)
{
    char url[96];
    struct dv_http_check check = check_of(url, "/status/503");
    (void)state;
    check.tries = 4;
    assert_fails(&check, "answered 503, not 200; asked 4 times");
    assert_int_equal(atomic_load(&http_asked), 4);
    check = check_of(url, "/status/404");
    check.warning = true;
    assert_fails(&check, "answered 404, not 200; asked 1 time");
}

static void test_an_application_that_comes_back_passes(void **state)
{
    char url[96];
    struct dv_verification found;
    struct dv_http_check check = check_of(url, "/flaky/2");
    (void)state;
    check.tries = 3;
    verify(&check, &found);
    assert_true(found.passed);
    assert_int_equal(atomic_load(&http_asked), 3);
    dv_verification_release(&found);
}

static void test_redirect_is_not_followed(void **state)
{
    char url[96];
    struct dv_http_check check = check_of(url, "/redirect");
    (void)state;
    assert_fails(&check, "answered 301, not 200, and points to http://127.0.0.1");
    assert_int_equal(atomic_load(&http_asked), 1);
    struct dv_http_answer answer;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_http_get(url, 5000, &answer, &err), DV_OK);
    assert_null(strstr(answer.location, "secret"));
}

static void test_no_answer_in_time(void **state)
{
    char url[96];
    (void)state;
    const char *const paths[] = {"/slow", "/endless"};
    for (int i = 0; i < 2; i++) {
        struct dv_http_check check = check_of(url, paths[i]);
        int64_t began = dv_monotonic_us();
        check.timeout_ms = 300;
        check.tries = 2;
        assert_fails(&check, "no answer: ");
        assert_true(dv_monotonic_us() - began < 5000000);
        assert_int_equal(atomic_load(&http_asked), 2);
    }
}

static void test_nobody_there(void **state)
{
    char url[96];
    unsigned free_port;
    struct dv_http_check check = check_of(url, "/mute");
    (void)state;
    assert_fails(&check, "no answer: ");
    int listener = http_listen(&free_port);
    (void)close(listener);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", free_port);
    assert_fails(&check, "no answer: ");
}

/* Several at once, one of them bad: the others' results are there, and severity decides. */
static void test_several(void **state)
{
    char urls[3][96];
    struct dv_context context = {.job = "j", .workers = 2};
    struct dv_err err = DV_ERR_INIT;
    struct dv_verification found = {.passed = true};
    struct dv_http_check checks[] = {check_of(urls[0], "/status/200"), check_of(urls[1], "/status/500"),
                                     check_of(urls[2], "/status/200")};
    (void)state;
    checks[1].warning = true;
    assert_int_equal(dv_verify_http(&context, checks, 3, &found, &err), DV_OK);
    assert_true(found.checks[0].passed && !found.checks[1].passed && found.checks[2].passed && found.passed);
    checks[1].warning = false;
    assert_int_equal(dv_verify_http(&context, checks, 3, &found, &err), DV_OK);
    assert_int_equal(found.count, 6);
    assert_false(found.passed);
    dv_verification_release(&found);
}

static void *stop_soon(void *argument)
{
    (void)argument;
    usleep(200000);
    dv_stop_request(SIGTERM);
    return NULL;
}

static void test_a_stop_ends_the_wait(void **state)
{
    char url[96];
    pthread_t thread;
    struct dv_context context = {.job = "j", .workers = 1};
    struct dv_err err = DV_ERR_INIT;
    struct dv_verification found = {.passed = true};
    struct dv_http_check check = check_of(url, "/slow");
    int64_t began = dv_monotonic_us();
    (void)state;
    check.timeout_ms = 20000;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    assert_int_equal(dv_verify_http(&context, &check, 1, &found, &err), DV_FAILED);
    (void)pthread_join(thread, NULL);
    dv_stop_request(0);
    assert_int_equal(err.code, DV_EXIT_STOPPED);
    assert_true(dv_monotonic_us() - began < 3000000);
    dv_verification_release(&found);
}

static void test_urls(void **state)
{
    static const struct {
        const char *url;
        bool good;
    } cases[] = {
        {"https://api.example.com/health", true},
        {"http://localhost:8080/products?limit=1", true},
        {"http://[::1]:80/", true},
        {"file:///etc/passwd", false},
        {"ftp://example.com/", false},
        {"example.com/health", false},
        {"https://", false},
        {"", false},
        {"https://user:word@example.com/", false},
        {"https://user@example.com/", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dv_err err = DV_ERR_INIT;
        enum dv_status status = dv_http_check_url(cases[i].url, &err);
        if ((status == DV_OK) != cases[i].good)
            fail_msg("%s", cases[i].url);
        if (!cases[i].good)
            assert_int_equal(err.code, DV_EXIT_USAGE);
        assert_null(strstr(err.message, "word@"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_as_expected),
        cmocka_unit_test(test_status_wrong_is_asked_again_and_then_fails),
        cmocka_unit_test(test_an_application_that_comes_back_passes),
        cmocka_unit_test(test_redirect_is_not_followed),
        cmocka_unit_test(test_no_answer_in_time),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_a_stop_ends_the_wait),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
