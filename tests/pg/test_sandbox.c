#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/sandbox.h"
#include "tests/exists.h"

#include <string.h>
#include <sys/stat.h>

static bool running(const char *dir)
{
    struct dv_err err = DV_ERR_INIT;
    bool answer = false;
    test_ok(dv_sandbox_running(dir, &answer, &err), &err);
    return answer;
}

static char *ask(const char *dir, const char *sql)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf uri = {0};
    struct dv_pg *pg = NULL;
    PGresult *result = NULL;
    test_ok(dv_sandbox_url(dir, &uri, &err), &err);
    test_ok(dv_pg_open(&pg, dv_buf_cstr(&uri), "drover/test", &err), &err);
    test_ok(dv_pg_query(pg, sql, 0, NULL, &result, &err), &err);
    char *value = PQntuples(result) > 0 ? dv_strdup(PQgetvalue(result, 0, 0)) : NULL;
    PQclear(result);
    dv_pg_close(pg);
    dv_buf_release(&uri);
    return value;
}

static void expect(const char *dir, const char *sql, const char *value)
{
    char *found = ask(dir, sql);
    assert_non_null(found);
    assert_string_equal(found, value);
    dv_free(found);
}

/* A second start must find the running server, not break it; data must be there again after stop and start.
 */
static void lives_on(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char *dir = test_path("it's here");
    test_ok(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), &err);
    assert_true(running(dir));
    char *made = ask(dir, "CREATE TABLE t AS SELECT 42 AS a");
    assert_null(made);
    test_ok(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), &err);
    expect(dir, "SELECT a FROM t", "42");
    expect(dir, "SELECT current_user", "postgres");
    expect(dir, "SHOW listen_addresses", "");
    expect(dir,
           "SELECT datlocprovider::text || coalesce(daticulocale, '') || pg_encoding_to_char(encoding) FROM "
           "pg_database "
           "WHERE datname = 'postgres'",
           "iundUTF8");
    test_ok(dv_sandbox_stop(dir, &err), &err);
    assert_false(running(dir));
    test_ok(dv_sandbox_stop(dir, &err), &err);
    test_ok(dv_sandbox_start(dir, 0, &err), &err);
    expect(dir, "SELECT a FROM t", "42");
    expect(dir, "SHOW fsync", "on");
    test_ok(dv_sandbox_remove(dir, &err), &err);
    assert_false(file_exists(dir));
    dv_free(dir);
}

/* Work folders lie deep: a path too long for a socket must not keep the sandbox from working. */
static void long_path(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char *dir = test_path(
        "a-work-folder-of-a-customer-with-a-long-name/2025-06-01-migration-of-the-bookings-database/"
        "rehearsal-number-17/sandbox");
    char *root = test_path("a-work-folder-of-a-customer-with-a-long-name");
    test_ok(dv_file_make_dirs(dir, &err), &err);
    test_ok(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), &err);
    expect(dir, "SELECT 1", "1");
    test_ok(dv_sandbox_stop(dir, &err), &err);
    test_ok(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), &err);
    expect(dir, "SELECT 1", "1");
    test_ok(dv_sandbox_remove(dir, &err), &err);
    test_ok(dv_file_remove_tree(root, &err), &err);
    dv_free(dir);
    dv_free(root);
}

/* A folder "data" that is not ours must survive, and somebody must be told. */
static void foreign_folder(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char *dir = test_path("foreign"), *data = test_path("foreign/data"),
         *file = test_path("foreign/data/precious");
    test_ok(dv_file_make_dirs(data, &err), &err);
    test_ok(dv_file_publish(file, "x", 1, &err), &err);
    assert_int_equal(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "no sandbox"));
    assert_int_equal(dv_sandbox_remove(dir, &err), DV_FAILED);
    assert_true(file_exists(file));
    dv_free(dir);
    dv_free(data);
    dv_free(file);
}

/* A start that fails must say why in the server's own words. */
static void failure_quotes_log(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    char *dir = test_path("broken"), *conf = test_path("broken/data/postgresql.auto.conf");
    test_ok(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), &err);
    test_ok(dv_sandbox_stop(dir, &err), &err);
    test_ok(dv_file_publish(conf, "no_such_setting = 1\n", 20, &err), &err);
    assert_int_equal(chmod(conf, 0644), 0);
    assert_int_equal(dv_sandbox_start(dir, DV_SANDBOX_UNSAFE, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "no_such_setting"));
    test_ok(dv_sandbox_remove(dir, &err), &err);
    dv_free(dir);
    dv_free(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_on),
        cmocka_unit_test(long_path),
        cmocka_unit_test(foreign_folder),
        cmocka_unit_test(failure_quotes_log),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
