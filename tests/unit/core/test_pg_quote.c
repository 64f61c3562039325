#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pg.h"
#include "core/pg_private.h"

static void expect_safe(const char *uri, const char *wanted)
{
    struct dv_buf out = {0};
    dv_pg_safe_uri(&out, uri);
    assert_string_equal(dv_buf_cstr(&out), wanted);
    dv_buf_release(&out);
}

/* A password in a log or a report would be an incident. */
static void no_password_gets_out(void **state)
{
    (void)state;
    expect_safe("postgres://ann:s3cret@db.example/shop", "postgres://ann@db.example/shop");
    expect_safe(
        "postgresql://ann:s3cret@db.example:5433/shop?sslmode=require&password=other&application_name=x",
        "postgresql://ann@db.example:5433/shop?sslmode=require&application_name=x");
    expect_safe("postgres://h/d?password=x", "postgres://h/d");
    expect_safe("postgres://h/d?pass%77ord=x&a=b", "postgres://h/d?a=b");
    expect_safe("postgres://h/d?sslpassword=x", "postgres://h/d");
    expect_safe("postgres://ann:p@ss@h/d", "postgres://ann@h/d");
    expect_safe("postgres://ann:p?q@h/d", "postgres://ann@h/d");
    expect_safe("postgres://ann:p/w@h/d", "postgres://ann@h/d");
    expect_safe("postgres://ann:12/w@h/d", "postgres://ann@h/d");
    expect_safe("postgres://ann:p%zz@h/d", "postgres://ann@h/d");
    expect_safe("host=h password=s3cret dbname=shop user=ann", "user=ann dbname=shop host=h");
    expect_safe("host=h password='s3 c\\'ret' dbname='my shop'", "dbname='my shop' host=h");
    expect_safe("host=h password = 's3cret", "(a connection string that cannot be read)");
    expect_safe("mysql://ann:s3cret@h/d", "mysql://ann@h/d");
}

/* What has no password must stay readable. */
static void the_rest_stays(void **state)
{
    (void)state;
    expect_safe("shop", "shop");
    expect_safe("dump:/data/shop=1.sql.gz", "dump:/data/shop=1.sql.gz");
    expect_safe("dir:feeds", "dir:feeds");
    expect_safe("sandbox:", "sandbox:");
    expect_safe("postgres:///shop?host=/run/a@b", "postgres:///shop?host=/run/a@b");
    expect_safe("postgres://h:5432/d?options=a@b", "postgres://h:5432/d?options=a@b");
}

static void quoting(void **state)
{
    (void)state;
    struct dv_buf out = {0};
    dv_pg_quote_ident(&out, "contact\"Details");
    dv_buf_byte(&out, ' ');
    dv_pg_quote_literal(&out, "it's a \\ slash");
    assert_string_equal(dv_buf_cstr(&out), "\"contact\"\"Details\" 'it''s a \\ slash'");
    dv_buf_release(&out);
}

static void expect_table(const char *table, const char *wanted)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf out = {0};
    enum dv_status status = dv_pg_quote_table(&out, table, &err);
    if (wanted == NULL) {
        assert_int_equal(status, DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_USAGE);
    } else {
        assert_int_equal(status, DV_OK);
        assert_string_equal(dv_buf_cstr(&out), wanted);
    }
    dv_buf_release(&out);
}

/* A table's name goes into SQL text: nothing but a name may get through, and names mean what they mean in
 * SQL. */
static void table_names(void **state)
{
    (void)state;
    expect_table("public.bookings", "\"public\".\"bookings\"");
    expect_table("bookings", "\"bookings\"");
    expect_table("Public.Bookings", "\"public\".\"bookings\"");
    expect_table("\"Public\".\"my \"\"own\"\".table\"", "\"Public\".\"my \"\"own\"\".table\"");
    expect_table("caf\303\251_1$", "\"caf\303\251_1$\"");
    expect_table("", NULL);
    expect_table(".a", NULL);
    expect_table("a.", NULL);
    expect_table("a.b.c", NULL);
    expect_table("1a", NULL);
    expect_table("a; DROP TABLE b", NULL);
    expect_table("\"a", NULL);
    expect_table("\"a\"\"", NULL);
    expect_table("\"\"", NULL);
    expect_table("a.\"\"", NULL);
    expect_table("a b", NULL);
    expect_table("a123456789012345678901234567890123456789012345678901234567890123", NULL);
}

static void expect_line(const char *context, uint64_t line, const char *column, const char *value)
{
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_pg_copy_context(context, &err), line);
    assert_string_equal(err.column, column);
    assert_string_equal(err.value, value);
}

/* The line is how the load finds the row to reject: in whatever language the server speaks, whatever the row
 * holds. */
static void copy_context(void **state)
{
    (void)state;
    expect_line("COPY t, line 3, column amount: \"abc\"", 3, "amount", "abc");
    expect_line("COPY t, line 3", 3, "", "");
    expect_line("COPY t, line 12: \"1,2,3\"", 12, "", "");
    expect_line("COPY t, line 7, column amount: null input", 7, "amount", "null input");
    expect_line("COPY t, Zeile 3, Spalte amount: \"a, b 9: c\"", 3, "amount", "a, b 9: c");
    expect_line("SQL function \"f\" statement 1\nCOPY t, line 5, column a: \"x\ny\"", 5, "a", "x\ny");
    expect_line("COPY my table 3, line 8", 8, "", "");
    expect_line("PL/pgSQL function f() line 3 at RAISE", 0, "", "");
    expect_line("COPY t", 0, "", "");
    expect_line(NULL, 0, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_password_gets_out), cmocka_unit_test(the_rest_stays), cmocka_unit_test(quoting),
        cmocka_unit_test(table_names),          cmocka_unit_test(copy_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
