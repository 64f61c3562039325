#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include "core/alloc.h"
#include "core/progress.h"
#include "core/stop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Values in stage files depend on these settings: a role's own defaults must not get through. */
static void session_settings(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    test_sql(
        "ALTER ROLE postgres SET DateStyle = 'German'; ALTER ROLE postgres SET TimeZone = 'Asia/Tokyo';"
        "ALTER ROLE postgres SET bytea_output = 'escape'; ALTER ROLE postgres SET IntervalStyle = 'iso_8601';"
        "ALTER ROLE postgres SET statement_timeout = '1s'; ALTER ROLE postgres SET extra_float_digits = -5");
    struct dv_pg *pg = test_connect();
    PGresult *result = NULL;
    test_ok(
        dv_pg_query(
            pg,
            "SELECT concat_ws('|', '2024-05-06 07:08:09+00'::timestamptz, '\\x00ff'::bytea,"
            " '1 day 02:03:04'::interval, 0.1::float8 + 0.2::float8, current_setting('statement_timeout'),"
            " current_setting('client_encoding'), current_setting('row_security'),"
            " current_setting('application_name'))",
            0, NULL, &result, &err),
        &err);
    assert_string_equal(PQgetvalue(result, 0, 0),
                        "2024-05-06 07:08:09+00|\\x00ff|1 day 02:03:04|0.30000000000000004|0|"
                        "UTF8|off|drover/test");
    PQclear(result);
    dv_pg_close(pg);
    test_sql("ALTER ROLE postgres RESET ALL");
}

static void queries(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    uint64_t affected = 0;
    assert_true(dv_pg_version(pg) >= 150000);
    test_ok(dv_pg_exec(pg, "CREATE TABLE q (a int, b text); SELECT 1; INSERT INTO q VALUES (1, 'x')", &err),
            &err);
    test_ok(dv_pg_execf(pg, &err, "INSERT INTO q SELECT g, 'y' FROM generate_series(1, %d) g", 9), &err);
    const char *parameters[] = {"5", NULL};
    test_ok(dv_pg_run(pg, "UPDATE q SET b = $2 WHERE a > $1", 2, parameters, &affected, &err), &err);
    assert_int_equal(affected, 4);
    PGresult *result = NULL;
    test_ok(dv_pg_query(pg, "SELECT count(*) FROM q WHERE b IS NULL", 0, NULL, &result, &err), &err);
    assert_string_equal(PQgetvalue(result, 0, 0), "4");
    PQclear(result);
    struct dv_buf identity = {0};
    test_ok(dv_pg_identity(pg, &identity, &err), &err);
    char *wanted = test_value("SELECT system_identifier || '/5/postgres' FROM pg_control_system()");
    assert_string_equal(dv_buf_cstr(&identity), wanted);
    dv_free(wanted);
    dv_buf_release(&identity);
    dv_pg_close(pg);
}

static void expect_failure(const char *sql, enum dv_status status, const char *sqlstate, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    assert_int_equal(dv_pg_exec(pg, sql, &err), status);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    if (strstr(err.message, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, err.message);
    err = (struct dv_err)DV_ERR_INIT;
    test_ok(dv_pg_exec(pg, "ROLLBACK", &err), &err); /* the connection is fit for use again */
    dv_pg_close(pg);
}

/* A role that is named as drover's schema finds its tables where it would without drover. */
static void the_schema_of_drover_is_no_place_for_tables(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    test_sql("CREATE SCHEMA IF NOT EXISTS drover; ALTER ROLE postgres SET search_path = drover, public");
    struct dv_pg *pg = test_connect();
    PGresult *result = NULL;
    test_ok(dv_pg_query(pg, "SELECT current_schema()", 0, NULL, &result, &err), &err);
    assert_string_equal(PQgetvalue(result, 0, 0), "public");
    PQclear(result);
    dv_pg_close(pg);
    test_sql("ALTER ROLE postgres RESET search_path; DROP SCHEMA drover");
}

/* The class of an error decides whether drover tries again or gives up, and the text is what somebody has to
 * act on. */
static void errors(void **state)
{
    (void)state;
    test_sql("CREATE TABLE e (id int PRIMARY KEY, n int CONSTRAINT positive CHECK (n > 0), m int NOT NULL)");
    expect_failure("SELECT * FROM nowhere", DV_FAILED, "42P01", "nowhere");
    expect_failure("SELECT 1; SELECT nothing FROM e; SELECT 2", DV_FAILED, "42703", "nothing");
    expect_failure("INSERT INTO e VALUES (1, 1, 1), (1, 1, 1)", DV_FAILED, "23505",
                   "Key (id)=(1) already exists.");
    expect_failure("INSERT INTO e VALUES (1, -1, 1)", DV_FAILED, "23514", "(constraint positive)");
    expect_failure("BEGIN; SELECT 1/0", DV_FAILED, "22012", "division by zero");
    expect_failure("DO $$ BEGIN RAISE 'again' USING ERRCODE = '40001'; END $$", DV_RETRY, "40001", "again");
    expect_failure("DO $$ BEGIN RAISE 'full' USING ERRCODE = '53100'; END $$", DV_FAILED, "53100", "full");
    expect_failure("DO $$ BEGIN RAISE 'many' USING ERRCODE = '53300'; END $$", DV_RETRY, "53300", "many");
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *holder = test_connect();
    test_ok(dv_pg_exec(holder, "BEGIN; LOCK TABLE e", &err), &err);
    expect_failure("SET lock_timeout = '50ms'; SELECT * FROM e", DV_RETRY, "55P03", "lock timeout");
    dv_pg_close(holder);
    struct dv_pg *pg = test_connect();
    assert_int_equal(dv_pg_exec(pg, "INSERT INTO e VALUES (1, 1, NULL)", &err), DV_FAILED);
    assert_string_equal(err.column, "m");
    dv_pg_close(pg);
}

static void expect_no_connection(const char *uri, enum dv_status status, enum dv_exit code,
                                 const char *sqlstate)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = NULL;
    assert_int_equal(dv_pg_open(&pg, uri, "drover/test", &err), status);
    assert_null(pg);
    assert_int_equal(err.code, code);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_true(err.hint[0] != '\0');
    char text[2048];
    dv_err_format(&err, text, sizeof text);
    assert_null(strstr(text, "s3cret"));
}

/* A wrong name must fail at once, a server that is restarting must not; the password must not show. */
static void connecting(void **state)
{
    (void)state;
    char *unknown = dv_asprintf("%s dbname=nowhere password=s3cret", test_url());
    char *nobody = dv_asprintf("%s user=nobody password=s3cret", test_url());
    expect_no_connection(unknown, DV_FAILED, DV_EXIT_FAULT, "3D000");
    expect_no_connection(nobody, DV_FAILED, DV_EXIT_FAULT, "28000");
    expect_no_connection("host=/nowhere/at/all user=a password=s3cret", DV_RETRY, DV_EXIT_FAULT, "");
    expect_no_connection("postgres://a:s3cret@127.0.0.1:1/d", DV_RETRY, DV_EXIT_FAULT, "");
    expect_no_connection("postgres://a:s3cret%zz@127.0.0.1/d", DV_FAILED, DV_EXIT_USAGE, "");
    expect_no_connection("postgres://a:12/s3cret@127.0.0.1/d", DV_FAILED, DV_EXIT_USAGE, "");
    expect_no_connection("postgres://a:s3cret/x@127.0.0.1/d", DV_FAILED, DV_EXIT_USAGE, "");
    expect_no_connection("host=h passwort=s3cret", DV_FAILED, DV_EXIT_USAGE, "");
    dv_free(unknown);
    dv_free(nobody);
}

static void lost_connection(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    PGresult *result = NULL;
    test_ok(dv_pg_query(pg, "SELECT pg_backend_pid()", 0, NULL, &result, &err), &err);
    char *kill_it = dv_asprintf("SELECT pg_terminate_backend(%s, 5000)", PQgetvalue(result, 0, 0));
    PQclear(result);
    assert_false(dv_pg_lost(pg));
    test_sql(kill_it);
    assert_int_equal(dv_pg_exec(pg, "SELECT 1", &err), DV_RETRY);
    assert_true(dv_pg_lost(pg));
    dv_free(kill_it);
    dv_pg_close(pg);
}

static enum dv_status copy_in(struct dv_pg *pg, const char *data, size_t step, uint64_t *rows,
                              uint64_t *bad_line, struct dv_err *err)
{
    size_t length = strlen(data);
    enum dv_status status = dv_pg_copy_in_begin(pg, "COPY c FROM STDIN (FORMAT csv)", err);
    for (size_t at = 0; status == DV_OK && at < length; at += step)
        status = dv_pg_copy_in_data(pg, data + at, length - at < step ? length - at : step, err);
    return status == DV_OK ? dv_pg_copy_in_end(pg, rows, bad_line, err) : status;
}

static uint64_t record_of(const char *data, uint64_t line)
{
    struct dv_pg_line_finder finder = {0};
    for (size_t i = 0; data[i] != '\0'; i++) /* byte by byte: pieces may be cut anywhere */
        if (dv_pg_find_line(&finder, data + i, 1, line))
            return finder.records;
    return 0;
}

static void expect_record(struct dv_pg *pg, const char *data, uint64_t record)
{
    struct dv_err err = DV_ERR_INIT;
    uint64_t rows = 0, line = 0;
    assert_int_equal(copy_in(pg, data, 1000, &rows, &line, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "23505");
    assert_int_equal(record_of(data, line), record);
}

/* The bad line found is the row that is rejected: one off, and the wrong customer is dropped. */
static void copy_errors_name_the_line(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    uint64_t rows = 0, line = 99;
    struct dv_pg *pg = test_connect();
    test_ok(dv_pg_exec(pg, "CREATE TABLE c (id int UNIQUE, amount numeric, note text)", &err), &err);
    test_ok(copy_in(pg, "1,2.5,x\n2,,\"a\nb\"\n3,1,\n", 5, &rows, &line, &err), &err);
    assert_int_equal(rows, 3);
    assert_int_equal(line, 0);
    assert_int_equal(copy_in(pg, "4,1,a\n5,\"a, line 9: b\",c\n6,1,d\n", 1000, &rows, &line, &err),
                     DV_FAILED);
    assert_int_equal(line, 2);
    assert_string_equal(err.sqlstate, "22P02");
    assert_string_equal(err.column, "amount");
    assert_string_equal(err.value, "a, line 9: b");
    err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(copy_in(pg, "4,1,\"x\ny\"\n2,1,\"two\nlines\"\n7,1,\n", 1000, &rows, &line, &err),
                     DV_FAILED);
    assert_string_equal(err.sqlstate, "23505");
    assert_int_equal(record_of("4,1,\"x\ny\"\n2,1,\"two\nlines\"\n7,1,\n", line), 2);
    expect_record(pg, "4,1,\"x\r\n\ny\"\"\"\n2,1,\n", 2);
    expect_record(pg, "2,1,\"\n\n\n\"\n3,1,\n", 1);
    expect_record(pg, "4,1,\n5,1,\"\r\n\n\"\n6,1,\"\n\"\n2,1,\n7,1,\n", 4);
    err = (struct dv_err)DV_ERR_INIT;
    test_ok(copy_in(pg, "8,1,\n", 1000, &rows, &line, &err), &err);
    test_ok(dv_pg_copy_in_begin(pg, "COPY c FROM STDIN (FORMAT csv)", &err), &err);
    test_ok(dv_pg_copy_in_data(pg, "9,1,\n", 5, &err), &err);
    dv_pg_copy_in_abort(pg);
    assert_false(dv_pg_lost(pg));
    assert_int_equal(dv_pg_copy_in_begin(pg, "COPY nowhere FROM STDIN", &err), DV_FAILED);
    assert_int_equal(dv_pg_copy_in_begin(pg, "SELECT 1", &err), DV_BUG);
    dv_pg_close(pg);
    char *count = test_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM c");
    assert_string_equal(count, "1 2 3 8");
    dv_free(count);
}

/* More than any socket buffer holds, both ways, and the same bytes come back. */
static void copy_large(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *in = test_connect(), *out = test_connect();
    uint64_t rows = 0, line = 0, received = 0;
    const char *data;
    size_t length;
    test_ok(dv_pg_exec(in, "CREATE TABLE l (a int, b text)", &err), &err);
    test_ok(dv_pg_copy_out_begin(
                out,
                "COPY (SELECT g, repeat('x' || g, 20) FROM generate_series(1, 200000) g) TO STDOUT"
                " (FORMAT csv)",
                &err),
            &err);
    test_ok(dv_pg_copy_in_begin(in, "COPY l FROM STDIN (FORMAT csv)", &err), &err);
    enum dv_status status;
    while ((status = dv_pg_copy_out_data(out, &data, &length, &err)) == DV_OK) {
        assert_int_equal(data[length - 1], '\n');
        received++;
        test_ok(dv_pg_copy_in_data(in, data, length, &err), &err);
    }
    assert_int_equal(status, DV_END);
    test_ok(dv_pg_copy_in_end(in, &rows, &line, &err), &err);
    assert_int_equal(rows, 200000);
    assert_int_equal(received, rows);
    assert_int_equal(
        dv_pg_copy_out_begin(out, "COPY (SELECT 1/(3-g) FROM generate_series(1, 5) g) TO STDOUT", &err),
        DV_OK);
    while ((status = dv_pg_copy_out_data(out, &data, &length, &err)) == DV_OK)
        continue;
    assert_int_equal(status, DV_FAILED); /* rows that came before the error are no success */
    assert_string_equal(err.sqlstate, "22012");
    err = (struct dv_err)DV_ERR_INIT;
    test_ok(dv_pg_exec(out, "SELECT 1", &err), &err);
    dv_pg_close(in);
    dv_pg_close(out);
}

/* A statement may be silent for as long as it takes: asked meanwhile, the server says that it works, or waits
 * for a lock of somebody else. */
static void silence_is_no_fault(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg, *holder = test_connect();
    char *url = dv_asprintf("%s tcp_user_timeout=200", test_url());
    test_ok(dv_pg_open(&pg, url, "drover/silent", &err), &err);
    test_ok(dv_pg_exec(pg, "SELECT pg_sleep(1.5)", &err), &err);
    test_ok(dv_pg_exec(holder, "CREATE TABLE silent ()", &err), &err);
    test_ok(dv_pg_exec(holder, "BEGIN; LOCK TABLE silent", &err), &err);
    test_ok(dv_pg_exec(pg, "SET lock_timeout = '1500ms'", &err), &err);
    assert_int_equal(dv_pg_exec(pg, "SELECT FROM silent", &err), DV_RETRY);
    assert_string_equal(err.sqlstate, "55P03");
    assert_false(dv_pg_lost(pg));
    dv_pg_close(pg);
    dv_pg_close(holder);
    test_sql("DROP TABLE silent");
    dv_free(url);
}

static void *stop_soon(void *nothing)
{
    (void)usleep(300000);
    dv_stop_request(SIGTERM);
    return nothing;
}

static void expect_stopped(struct dv_pg *pg, const char *sql)
{
    struct dv_err err = DV_ERR_INIT;
    pthread_t thread;
    int64_t begin = dv_monotonic_us();
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    enum dv_status status;
    if (strncmp(sql, "COPY", 4) == 0) {
        const char *data;
        size_t length;
        status = dv_pg_copy_out_begin(pg, sql, &err);
        while (status == DV_OK)
            status = dv_pg_copy_out_data(pg, &data, &length, &err);
    } else {
        status = dv_pg_exec(pg, sql, &err);
    }
    int64_t took = dv_monotonic_us() - begin;
    pthread_join(thread, NULL);
    enum dv_status after =
        dv_pg_exec(pg, "ROLLBACK", &err); /* short: goes through although the stop flag is set */
    dv_stop_request(0);
    assert_int_equal(status, DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_STOPPED);
    assert_true(took < 1500000);
    assert_int_equal(after, DV_OK);
}

/* Ctrl-C during an index build of an hour must not wait for that hour. */
static void stopping(void **state)
{
    (void)state;
    struct dv_pg *pg = test_connect();
    expect_stopped(pg, "BEGIN; SELECT pg_sleep(20)");
    expect_stopped(pg, "COPY (SELECT pg_sleep(20)) TO STDOUT");
    expect_stopped(pg, "COPY (SELECT g FROM generate_series(1, 1000000000) g) TO STDOUT");
    dv_pg_close(pg);
    char *busy =
        test_value("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
                   " AND backend_type = 'client backend'");
    assert_string_equal(busy, "0"); /* cancelled on the server as well */
    dv_free(busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_settings),
        cmocka_unit_test(queries),
        cmocka_unit_test(the_schema_of_drover_is_no_place_for_tables),
        cmocka_unit_test(errors),
        cmocka_unit_test(connecting),
        cmocka_unit_test(lost_connection),
        cmocka_unit_test(copy_errors_name_the_line),
        cmocka_unit_test(copy_large),
        cmocka_unit_test(silence_is_no_fault),
        cmocka_unit_test(stopping),
    };
    return cmocka_run_group_tests(tests, test_server_start, test_server_stop);
}
