/* Type names: what PostgreSQL's format_type() prints must be read back as the same type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/type.h"

#include <stdio.h>
#include <string.h>

/* in: a name as people and PostgreSQL write it; out: format_type() of a column declared so; NULL: refused. */
static const struct {
    const char *in, *out;
    enum dv_type_id id;
} names[] = {
    {"int", "integer", DV_TYPE_INT4},
    {"INT4", "integer", DV_TYPE_INT4},
    {"pg_catalog.int8", "bigint", DV_TYPE_INT8},
    {"smallint", "smallint", DV_TYPE_INT2},
    {"bool", "boolean", DV_TYPE_BOOL},
    {"float", "double precision", DV_TYPE_FLOAT8},
    {"float(24)", "real", DV_TYPE_FLOAT4},
    {"float(25)", "double precision", DV_TYPE_FLOAT8},
    {"Double  Precision", "double precision", DV_TYPE_FLOAT8},
    {"float(54)", NULL, DV_TYPE_UNKNOWN},
    {"numeric", "numeric", DV_TYPE_NUMERIC},
    {"numeric(5)", "numeric(5,0)", DV_TYPE_NUMERIC},
    {" NUMERIC ( 12 , 2 ) ", "numeric(12,2)", DV_TYPE_NUMERIC},
    {"decimal(3,-2)", "numeric(3,-2)", DV_TYPE_NUMERIC},
    {"numeric(1001,1)", NULL, DV_TYPE_UNKNOWN},
    {"numeric(0)", NULL, DV_TYPE_UNKNOWN},
    {"text", "text", DV_TYPE_TEXT},
    {"text(5)", NULL, DV_TYPE_UNKNOWN},
    {"varchar", "character varying", DV_TYPE_VARCHAR},
    {"varchar(20)", "character varying(20)", DV_TYPE_VARCHAR},
    {"character varying(7)", "character varying(7)", DV_TYPE_VARCHAR},
    {"varchar(0)", NULL, DV_TYPE_UNKNOWN},
    {"char", "character(1)", DV_TYPE_BPCHAR},
    {"character(9)", "character(9)", DV_TYPE_BPCHAR},
    {"bpchar", "bpchar", DV_TYPE_BPCHAR},
    {"uuid", "uuid", DV_TYPE_UUID},
    {"date", "date", DV_TYPE_DATE},
    {"time", "time without time zone", DV_TYPE_TIME},
    {"time(3)", "time(3) without time zone", DV_TYPE_TIME},
    {"timestamp", "timestamp without time zone", DV_TYPE_TIMESTAMP},
    {"timestamp(3) without time zone", "timestamp(3) without time zone", DV_TYPE_TIMESTAMP},
    {"timestamp(9)", "timestamp(6) without time zone", DV_TYPE_TIMESTAMP},
    {"timestamptz", "timestamp with time zone", DV_TYPE_TIMESTAMPTZ},
    {"timestamptz(0)", "timestamp(0) with time zone", DV_TYPE_TIMESTAMPTZ},
    {"timestamp(3) with time zone", "timestamp(3) with time zone", DV_TYPE_TIMESTAMPTZ},
    {"interval", "interval", DV_TYPE_INTERVAL},
    {"interval(3)", "interval(3)", DV_TYPE_INTERVAL},
    {"interval day to second", "interval day to second", DV_TYPE_OTHER},
    {"json", "json", DV_TYPE_JSON},
    {"jsonb", "jsonb", DV_TYPE_JSONB},
    {"bytea", "bytea", DV_TYPE_BYTEA},
    {"text[]", "text[]", DV_TYPE_ARRAY},
    {"int [3][]", "integer[]", DV_TYPE_ARRAY},
    {"numeric(12,2)[]", "numeric(12,2)[]", DV_TYPE_ARRAY},
    {"inet", "inet", DV_TYPE_OTHER},
    {"inet[]", "inet[]", DV_TYPE_OTHER},
    {"bit varying(5)", "bit varying(5)", DV_TYPE_OTHER},
    {"\"char\"", "\"char\"", DV_TYPE_OTHER},
    {"time with time zone", "time with time zone", DV_TYPE_OTHER},
    {"Shop.Order_Status", "shop.order_status", DV_TYPE_OTHER},
    {"shop.\"Order Status\"", "shop.\"Order Status\"", DV_TYPE_OTHER},
    {"", NULL, DV_TYPE_UNKNOWN},
    {"   ", NULL, DV_TYPE_UNKNOWN},
    {"a_name_that_is_longer_than_sixty_three_bytes_and_so_does_not_fit_here", NULL, DV_TYPE_UNKNOWN},
};

static enum dv_status parse(const char *name, struct dv_type *type)
{
    struct dv_err err = DV_ERR_INIT;
    enum dv_status status = dv_type_parse(name, strlen(name), type, &err);
    if (status != DV_OK)
        assert_int_equal(err.code, DV_EXIT_USAGE);
    return status;
}

static void names_as_postgresql(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct dv_type type, again;
        struct dv_buf out = {0};
        enum dv_status status = parse(names[i].in, &type);
        if (names[i].out == NULL) {
            assert_int_equal(status, DV_FAILED);
            continue;
        }
        assert_int_equal(status, DV_OK);
        dv_type_format(&type, &out);
        if (strcmp(dv_buf_cstr(&out), names[i].out) != 0)
            fail_msg("'%s': expected %s, got %s", names[i].in, names[i].out, out.data);
        assert_int_equal(type.id, names[i].id);
        assert_int_equal(parse(out.data, &again), DV_OK);
        assert_true(dv_type_equal(&type, &again));
        dv_buf_release(&out);
    }
}

/* A changed precision is a changed column; check and resume depend on seeing it. */
static void tells_types_apart(void **state)
{
    (void)state;
    static const char *const different[] = {"numeric",      "numeric(12,2)", "numeric(12,3)", "varchar",
                                            "varchar(3)",   "int",           "bigint",        "int[]",
                                            "bigint[]",     "inet",          "macaddr",       "timestamp",
                                            "timestamp(3)", "text",          "numeric(5)[]",  "numeric(6)[]"};
    size_t count = sizeof different / sizeof *different;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            struct dv_type a, b;
            assert_int_equal(parse(different[i], &a), DV_OK);
            assert_int_equal(parse(different[k], &b), DV_OK);
            assert_int_equal(dv_type_equal(&a, &b), i == k);
        }
}

static void knows_its_families(void **state)
{
    (void)state;
    for (int id = 0; id < DV_TYPE_COUNT; id++) {
        struct dv_type type = dv_type_of((enum dv_type_id)id);
        bool integer = id == DV_TYPE_INT2 || id == DV_TYPE_INT4 || id == DV_TYPE_INT8;
        bool number = integer || id == DV_TYPE_NUMERIC || id == DV_TYPE_FLOAT4 || id == DV_TYPE_FLOAT8;
        assert_int_equal(dv_type_is_integer(&type), integer);
        assert_int_equal(dv_type_is_number(&type), number);
        assert_int_equal(dv_type_is_text(&type),
                         id == DV_TYPE_TEXT || id == DV_TYPE_VARCHAR || id == DV_TYPE_BPCHAR);
        assert_int_equal(type.precision, -1);
    }
    struct dv_type array;
    assert_int_equal(parse("uuid[]", &array), DV_OK);
    assert_int_equal(array.element, DV_TYPE_UUID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_as_postgresql),
        cmocka_unit_test(tells_types_apart),
        cmocka_unit_test(knows_its_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
