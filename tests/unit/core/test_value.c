/* The text and CSV forms of values, against what PostgreSQL 15 answered for the same casts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/csv.h"
#include "core/uuid.h"
#include "core/value.h"

#include <stdio.h>
#include <string.h>

/* out: the text PostgreSQL prints, or "ERR " and its SQLSTATE */
static const struct {
    const char *type, *in, *out;
} casts[] = {
    {"boolean", "t", "t"},
    {"boolean", "f", "f"},
    {"boolean", "true", "t"},
    {"boolean", "TRUE", "t"},
    {"boolean", "tru", "t"},
    {"boolean", "yes", "t"},
    {"boolean", "y", "t"},
    {"boolean", "no", "f"},
    {"boolean", "on", "t"},
    {"boolean", "of", "f"},
    {"boolean", "off", "f"},
    {"boolean", "1", "t"},
    {"boolean", "0", "f"},
    {"boolean", " t ", "t"},
    {"boolean", "\tyes\n", "t"},
    {"boolean", "o", "ERR 22P02"},
    {"boolean", "", "ERR 22P02"},
    {"boolean", "truee", "ERR 22P02"},
    {"boolean", "2", "ERR 22P02"},
    {"boolean", "10", "ERR 22P02"},
    {"smallint", "32767", "32767"},
    {"smallint", "32768", "ERR 22003"},
    {"smallint", "-32768", "-32768"},
    {"smallint", "-32769", "ERR 22003"},
    {"smallint", " 5 ", "5"},
    {"smallint", "+5", "5"},
    {"smallint", "5 x", "ERR 22P02"},
    {"smallint", "", "ERR 22P02"},
    {"smallint", "1.0", "ERR 22P02"},
    {"integer", "2147483647", "2147483647"},
    {"integer", "2147483648", "ERR 22003"},
    {"integer", "-2147483648", "-2147483648"},
    {"integer", "99999999999x", "ERR 22003"},
    {"integer", "abc", "ERR 22P02"},
    {"integer", "- 5", "ERR 22P02"},
    {"integer", "0x1", "ERR 22P02"},
    {"integer", "1_0", "ERR 22P02"},
    {"integer", "\0137\014", "7"},
    {"bigint", "9223372036854775807", "9223372036854775807"},
    {"bigint", "9223372036854775808", "ERR 22003"},
    {"bigint", "-9223372036854775808", "-9223372036854775808"},
    {"bigint", "-9223372036854775809", "ERR 22003"},
    {"bigint", "007", "7"},
    {"bigint", "--1", "ERR 22P02"},
    {"double precision", "1", "1"},
    {"double precision", "-0", "-0"},
    {"double precision", "0.1", "0.1"},
    {"double precision", "100000000000000", "100000000000000"},
    {"double precision", "1000000000000000", "1e+15"},
    {"double precision", "1e15", "1e+15"},
    {"double precision", "123456789012345678", "1.2345678901234568e+17"},
    {"double precision", "1e20", "1e+20"},
    {"double precision", "0.0001", "0.0001"},
    {"double precision", "0.00001", "1e-05"},
    {"double precision", "1e-5", "1e-05"},
    {"double precision", "1e23", "9.999999999999999e+22"},
    {"double precision", "5e-324", "5e-324"},
    {"double precision", "2.2250738585072014e-308", "2.2250738585072014e-308"},
    {"double precision", "1.7976931348623157e308", "1.7976931348623157e+308"},
    {"double precision", "1e309", "ERR 22003"},
    {"double precision", "1e-400", "ERR 22003"},
    {"double precision", "NaN", "NaN"},
    {"double precision", "nan", "NaN"},
    {"double precision", "inf", "Infinity"},
    {"double precision", "-Infinity", "-Infinity"},
    {"double precision", "304279.81826", "304279.81826"},
    {"double precision", "5.890036180278533e-255", "5.890036180278533e-255"},
    {"double precision", "9007199254740993", "9.007199254740992e+15"},
    {"double precision", "", "ERR 22P02"},
    {"double precision", "1e", "ERR 22P02"},
    {"double precision", "1 2", "ERR 22P02"},
    {"double precision", "9.5367431640625e-07", "9.5367431640625e-07"},
    {"real", "1", "1"},
    {"real", "0.1", "0.1"},
    {"real", "100000", "100000"},
    {"real", "1000000", "1e+06"},
    {"real", "1234567", "1.234567e+06"},
    {"real", "16777216", "1.6777216e+07"},
    {"real", "3.4028235e38", "3.4028235e+38"},
    {"real", "1e39", "ERR 22003"},
    {"real", "1e-46", "ERR 22003"},
    {"real", "1.17549435e-38", "1.1754944e-38"},
    {"real", "0.0001", "0.0001"},
    {"real", "0.00001", "1e-05"},
    {"real", "3.14159265", "3.1415927"},
    {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "a0e-ebc999c0b4ef8bb6d6bb9bd380a11", "ERR 22P02"},
    {"uuid", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ERR 22P02"},
    {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "ERR 22P02"},
    {"uuid", "{a0eebc999c0b4ef8bb6d6bb9bd380a11", "ERR 22P02"},
    {"uuid", "a0eebc999c0b4ef8bb6d6bb9bd380a11-", "ERR 22P02"},
    {"bytea", "\\x", "\\x"},
    {"bytea", "\\x00fF", "\\x00ff"},
    {"bytea", "\\x 0 0", "ERR 22023"},
    {"bytea", "\\x00 ff", "\\x00ff"},
    {"bytea", "\\x0", "ERR 22023"},
    {"bytea", "\\xzz", "ERR 22023"},
    {"bytea", "abc", "\\x616263"},
    {"bytea", "a\\\\b", "\\x615c62"},
    {"bytea", "\\001\\377", "\\x01ff"},
    {"bytea", "\\400", "ERR 22P02"},
    {"bytea", "\\", "ERR 22P02"},
    {"bytea", "\303\251", "\\xc3a9"},
    {"json", " {\"a\" : 1} ", " {\"a\" : 1} "},
    {"json", "{\"a\":1,}", "ERR 22P02"},
    {"json", "\"\\ud800\"", "\"\\ud800\""},
    {"text", "", ""},
    {"text", "a,b", "a,b"},
    {"text", "\303\251", "\303\251"},
};

static struct dv_type type_named(const char *name)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_type type;
    assert_int_equal(dv_type_parse(name, strlen(name), &type, &err), DV_OK);
    return type;
}

/* A wrong cast would change data on the way, or stop a load that PostgreSQL takes. */
static void casts_as_postgresql(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        struct dv_type type = type_named(casts[i].type);
        struct dv_err err = DV_ERR_INIT;
        struct dv_value value;
        struct dv_buf out = {0};
        if (dv_value_from_text(casts[i].in, strlen(casts[i].in), &type, &arena, &value, &err) == DV_OK)
            dv_value_to_text(&value, &type, &out);
        else
            dv_buf_printf(&out, "ERR %s", err.sqlstate);
        if (strcmp(dv_buf_cstr(&out), casts[i].out) != 0)
            fail_msg("%s '%s': expected %s, got %s", casts[i].type, casts[i].in, casts[i].out, out.data);
        dv_buf_release(&out);
    }
    dv_arena_release(&arena);
}

static void messages_as_postgresql(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value value;
    struct dv_type type = dv_type_of(DV_TYPE_INT4);
    assert_int_equal(dv_value_from_text("abc", 3, &type, &arena, &value, &err), DV_FAILED);
    assert_string_equal(err.message, "invalid input syntax for type integer: \"abc\"");
    assert_string_equal(err.value, "abc");
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_int_equal(dv_value_from_text("99999999999", 11, &type, &arena, &value, &err), DV_FAILED);
    assert_string_equal(err.message, "value \"99999999999\" is out of range for type integer");
    dv_arena_release(&arena);
}

static struct dv_value raw(const char *text)
{
    return (struct dv_value){
        .u.p = text, .len = (uint32_t)strlen(text), .state = *text == '"' ? DV_RAW_QUOTED : DV_RAW};
}

/* Decoding text must not copy where it need not, and must not lose a quote where it must. */
static void decodes_raw_fields(void **state)
{
    (void)state;
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_type text = dv_type_of(DV_TYPE_TEXT), int4 = dv_type_of(DV_TYPE_INT4);
    struct dv_value value = raw("plain");
    const char *before = value.u.p;
    assert_int_equal(dv_value_decode(&value, &text, &arena, &err), DV_OK);
    assert_ptr_equal(value.u.p, before);
    assert_int_equal(value.state, DV_SET);
    value = raw("\"a,b\"");
    before = value.u.p;
    assert_int_equal(dv_value_decode(&value, &text, &arena, &err), DV_OK);
    assert_ptr_equal(value.u.p, before + 1);
    assert_int_equal(value.len, 3);
    value = raw("\"\"");
    assert_int_equal(dv_value_decode(&value, &text, &arena, &err), DV_OK);
    assert_int_equal(value.len, 0);
    value = raw("\"say \"\"hi\"\", \"\"\"\"\"");
    assert_int_equal(dv_value_decode(&value, &text, &arena, &err), DV_OK);
    assert_int_equal(value.len, 12);
    assert_memory_equal(value.u.p, "say \"hi\", \"\"", 12);
    value = raw("\"17\"");
    assert_int_equal(dv_value_decode(&value, &int4, &arena, &err), DV_OK);
    assert_int_equal(value.u.i, 17);
    value = raw("1x");
    assert_int_equal(dv_value_decode(&value, &int4, &arena, &err), DV_FAILED);
    assert_string_equal(err.sqlstate, "22P02");
    value = dv_null();
    assert_int_equal(dv_value_decode(&value, &int4, &arena, &err), DV_OK);
    assert_int_equal(value.state, DV_NULL);
    dv_arena_release(&arena);
}

static void csv_is(struct dv_value value, const char *type_name, bool only, const char *expected)
{
    struct dv_type type = type_named(type_name);
    struct dv_buf out = {0};
    dv_value_to_csv(&value, &type, only, &out);
    assert_string_equal(dv_buf_cstr(&out), expected);
    dv_buf_release(&out);
}

/* NULL and the empty string must stay apart, and what was read raw must leave as the same bytes. */
static void writes_csv(void **state)
{
    (void)state;
    csv_is(dv_null(), "text", false, "");
    csv_is(dv_text("", 0), "text", false, "\"\"");
    csv_is(dv_text("a,b", 3), "text", false, "\"a,b\"");
    csv_is(dv_text("a\"b", 3), "varchar(9)", false, "\"a\"\"b\"");
    csv_is(dv_text("a\nb", 3), "text", false, "\"a\nb\"");
    csv_is(dv_text("a\rb", 3), "text", false, "\"a\rb\"");
    csv_is(dv_text(" a ", 3), "text", false, " a ");
    csv_is(dv_text("\\.", 2), "text", true, "\"\\.\"");
    csv_is(dv_text("\\.", 2), "text", false, "\\.");
    csv_is(dv_text("{\"a\": 1}", 8), "jsonb", false, "\"{\"\"a\"\": 1}\"");
    csv_is(dv_text("{1,2}", 5), "int[]", false, "\"{1,2}\"");
    csv_is(dv_text("\x01\xff", 2), "bytea", false, "\\x01ff");
    csv_is(dv_bool(1), "boolean", false, "t");
    csv_is(dv_int(INT64_MIN), "bigint", false, "-9223372036854775808");
    csv_is(dv_int(0), "timestamptz", false, "2000-01-01 00:00:00+00");
    csv_is(raw("\"as, it was\""), "text", false, "\"as, it was\"");
    csv_is(raw("1.500"), "numeric", false, "1.500");
}

/* A copy must outlive the arena it was made from. */
static void copies_deeply(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"text", "abc"},
                                           {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
                                           {"numeric", "123456789012345678901234567890.5"},
                                           {"numeric", "1.5"},
                                           {"interval", "1 mon 2 days 00:00:03"},
                                           {"bytea", "\\x00ff"},
                                           {"double precision", "1.5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dv_arena from = {0}, to = {0};
        struct dv_err err = DV_ERR_INIT;
        struct dv_type type = type_named(cases[i][0]);
        struct dv_value value, copy;
        struct dv_buf out = {0};
        assert_int_equal(dv_value_from_text(cases[i][1], strlen(cases[i][1]), &type, &from, &value, &err),
                         DV_OK);
        assert_int_equal(dv_value_copy(&value, &type, &to, &copy, &err), DV_OK);
        dv_arena_release(&from);
        dv_value_to_text(&copy, &type, &out);
        assert_string_equal(dv_buf_cstr(&out), cases[i][1]);
        dv_buf_release(&out);
        dv_arena_release(&to);
    }
}

/* Doubled quotes at every distance from each other and from the end, in memory of the field's very size. */
static void unquotes_wherever_the_quotes_stand(void **state)
{
    const struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    (void)state;
    for (unsigned length = 1; length < 70; length++) {
        for (unsigned first = 0; first < length; first++) {
            for (unsigned gap = 1; gap < 20; gap++) {
                char plain[70];
                struct dv_buf raw = {0};
                struct dv_arena arena = {0};
                struct dv_err err = DV_ERR_INIT;
                for (unsigned i = 0; i < length; i++)
                    plain[i] = i >= first && (i - first) % gap == 0 ? '"' : (char)('a' + i % 26);
                dv_csv_quote(&raw, plain, length, false);
                char *field = dv_alloc(raw.len);
                memcpy(field, raw.data, raw.len);
                struct dv_value value = {.u.p = field, .len = (uint32_t)raw.len, .state = DV_RAW_QUOTED};
                assert_int_equal(dv_value_decode(&value, &text, &arena, &err), DV_OK);
                assert_int_equal(value.len, length);
                assert_memory_equal(value.u.p, plain, length);
                dv_free(field);
                dv_buf_release(&raw);
                dv_arena_release(&arena);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts_as_postgresql), cmocka_unit_test(messages_as_postgresql),
        cmocka_unit_test(decodes_raw_fields),  cmocka_unit_test(writes_csv),
        cmocka_unit_test(copies_deeply),       cmocka_unit_test(unquotes_wherever_the_quotes_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
