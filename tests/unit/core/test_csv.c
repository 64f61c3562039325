#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dv_status split(const char *text, struct dv_value *values, unsigned count, const char **next,
                            struct dv_err *err)
{
    return dv_csv_split(text, text + strlen(text), values, count, next, err);
}

static void assert_raw(const struct dv_value *value, enum dv_value_state wanted, const char *text)
{
    assert_int_equal(value->state, wanted);
    if (wanted == DV_NULL)
        return;
    assert_int_equal(value->len, strlen(text));
    assert_memory_equal(value->u.p, text, value->len);
}

/* NULL and the empty string are different values in PostgreSQL and must stay so. */
static void null_and_empty_string_differ(void **state)
{
    (void)state;
    struct dv_value values[3];
    const char *next;
    struct dv_err err = DV_ERR_INIT;
    const char *text = ",\"\",x\n";
    assert_int_equal(split(text, values, 3, &next, &err), DV_OK);
    assert_raw(&values[0], DV_NULL, "");
    assert_raw(&values[1], DV_RAW_QUOTED, "\"\"");
    assert_raw(&values[2], DV_RAW, "x");
    assert_ptr_equal(next, text + strlen(text));
    assert_int_equal(dv_csv_split(next, next, values, 3, &next, &err), DV_END);
}

static void quoted_fields_hold_anything(void **state)
{
    (void)state;
    struct dv_value values[4];
    const char *next;
    struct dv_err err = DV_ERR_INIT;
    const char *text = "\"a,\"\"b\"\"\r\nc\",\"\\.\",\"\"\"\",\"\xC4\xB0\xF0\x9F\x98\x80\"\nnext,,,\n";
    assert_int_equal(split(text, values, 4, &next, &err), DV_OK);
    assert_raw(&values[0], DV_RAW_QUOTED, "\"a,\"\"b\"\"\r\nc\"");
    assert_raw(&values[1], DV_RAW_QUOTED, "\"\\.\"");
    assert_raw(&values[2], DV_RAW_QUOTED, "\"\"\"\"");
    assert_raw(&values[3], DV_RAW_QUOTED, "\"\xC4\xB0\xF0\x9F\x98\x80\"");
    assert_string_equal(next, "next,,,\n");
    assert_int_equal(split(next, values, 4, &next, &err), DV_OK);
    assert_raw(&values[3], DV_NULL, "");
}

static void last_record_may_lack_its_end(void **state)
{
    (void)state;
    struct dv_value values[2];
    const char *next;
    struct dv_err err = DV_ERR_INIT;
    const char *texts[] = {"a,b", "a,\"b\"", "a,", NULL};
    enum dv_value_state second[] = {DV_RAW, DV_RAW_QUOTED, DV_NULL};
    for (int i = 0; texts[i] != NULL; i++) {
        assert_int_equal(split(texts[i], values, 2, &next, &err), DV_OK);
        assert_int_equal(values[1].state, second[i]);
        assert_ptr_equal(next, texts[i] + strlen(texts[i]));
    }
}

/* Damaged data must be refused with the column, never read as something else. */
static void malformed_records_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"a,b\n", "column 2 is the record's last, but it must have 3"},
        {"a,b,c,d\n", "column 4 is the record's last, but it must have 3"},
        {"a,b\"c,d\n", "column 2 has a quote inside an unquoted field"},
        {"a,\"b\"c,d\n", "column 2 has text behind the closing quote"},
        {"a,\"b\"\"\"c,d\n", "column 2 has text behind the closing quote"},
        {"a,b,c\r\n", "column 3 has a carriage return outside quotes"},
        {"a,b,\"c\"\r\n", "column 3 has text behind the closing quote"},
        {"a,b,\"c\n", "column 3 has a quote that is never closed"},
        {"a,b,\"c\"\"\n", "column 3 has a quote that is never closed"},
        {"a,b,\"", "column 3 has a quote that is never closed"},
        {"a,b\"\"c,d\n", "column 2 has a quote inside an unquoted field"},
        {"\n", "column 1 is the record's last, but it must have 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dv_value values[3];
        const char *next = NULL;
        struct dv_err err = DV_ERR_INIT;
        assert_int_equal(split(cases[i].text, values, 3, &next, &err), DV_FAILED);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].message, err.message);
        assert_int_equal(err.code, DV_EXIT_FAULT);
    }
}

/* A fault in the next record is none of this one, although both stand in one window. */
static void a_later_fault_does_not_spoil_this_record(void **state)
{
    (void)state;
    struct dv_value values[2];
    const char *next;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(split("a,b\nc,d\"x\n", values, 2, &next, &err), DV_OK);
    assert_int_equal(split(next, values, 2, &next, &err), DV_FAILED);
}

static unsigned random_number(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A value made of `length` of the bytes that matter to CSV, mostly plain ones. */
static size_t random_text(char *out, size_t length, unsigned *seed)
{
    static const char palette[] = "\",\n\r\\.abcdefgh \xC3\xBC";
    for (size_t i = 0; i < length; i++)
        out[i] = random_number(seed) % 3 == 0 ? palette[random_number(seed) % (sizeof palette - 1)] : 'x';
    return length;
}

/* Any value comes back as it went in, wherever it falls among the 64-byte windows. */
static void random_records_round_trip(void **state)
{
    (void)state;
    enum { COLUMNS = 5 };
    unsigned seed = 7;
    struct dv_buf record = {0}, unquoted = {0};
    for (int round = 0; round < 20000; round++) {
        char texts[COLUMNS][200];
        size_t lengths[COLUMNS];
        dv_buf_reset(&record);
        for (int i = 0; i < COLUMNS; i++) {
            size_t length = random_number(&seed) % (round % 7 == 0 ? 200 : 20);
            lengths[i] = random_text(texts[i], length, &seed);
            if (i > 0)
                dv_buf_byte(&record, ',');
            dv_csv_quote(&record, texts[i], lengths[i], false);
        }
        dv_buf_byte(&record, '\n');
        /* An exact copy on the heap, so that the sanitizer sees a read beyond the end. */
        char *exact = malloc(record.len);
        assert_non_null(exact);
        memcpy(exact, record.data, record.len);
        struct dv_value values[COLUMNS];
        const char *next;
        struct dv_err err = DV_ERR_INIT;
        assert_ptr_equal(dv_csv_record_end(exact, exact + record.len), exact + record.len);
        assert_null(dv_csv_record_end(exact, exact + record.len - 1));
        assert_int_equal(dv_csv_split(exact, exact + record.len, values, COLUMNS, &next, &err), DV_OK);
        assert_ptr_equal(next, exact + record.len);
        for (int i = 0; i < COLUMNS; i++) {
            dv_buf_reset(&unquoted);
            if (values[i].state == DV_RAW_QUOTED)
                dv_csv_unquote(&unquoted, values[i].u.p, values[i].len);
            else
                dv_buf_append(&unquoted, values[i].u.p, values[i].len);
            assert_int_not_equal(values[i].state, DV_NULL);
            assert_int_equal(unquoted.len, lengths[i]);
            assert_memory_equal(unquoted.data, texts[i], lengths[i]);
        }
        free(exact);
    }
    dv_buf_release(&record);
    dv_buf_release(&unquoted);
}

/* A plain reading of the rules, byte by byte: the number of fields of the first record and its end, or no
 * record. */
static bool plain_split(const char *at, const char *end, unsigned *fields, const char **next)
{
    *fields = 1;
    for (;;) {
        if (at < end && *at == '"') {
            at++;
            for (;; at++) {
                if (at == end)
                    return false;
                if (*at != '"')
                    continue;
                if (at + 1 < end && at[1] == '"')
                    at++;
                else
                    break;
            }
            at++;
            if (at < end && *at != ',' && *at != '\n')
                return false;
        } else {
            for (; at < end && *at != ',' && *at != '\n'; at++)
                if (*at == '"' || *at == '\r')
                    return false;
        }
        if (at == end || *at == '\n') {
            *next = at == end ? end : at + 1;
            return true;
        }
        at++;
        (*fields)++;
    }
}

/* On arbitrary bytes the fast splitter accepts exactly what the plain one accepts. */
static void agrees_with_a_plain_reading(void **state)
{
    (void)state;
    unsigned seed = 99, accepted = 0;
    for (int round = 0; round < 200000; round++) {
        size_t length = 1 + random_number(&seed) % (round % 5 == 0 ? 150 : 12);
        char *text = malloc(length);
        assert_non_null(text);
        unsigned rare = round % 3 == 0 ? 2 : 9;
        for (size_t i = 0; i < length; i++)
            text[i] = random_number(&seed) % rare == 0 ? "\",\n\r"[random_number(&seed) % 4] : 'x';
        unsigned fields = 0;
        const char *plain_next = NULL, *next = NULL;
        bool good = plain_split(text, text + length, &fields, &plain_next);
        struct dv_value values[200];
        struct dv_err err = DV_ERR_INIT;
        enum dv_status status = dv_csv_split(text, text + length, values, good ? fields : 3, &next, &err);
        assert_int_equal(status, good ? DV_OK : DV_FAILED);
        if (good)
            assert_ptr_equal(next, plain_next);
        accepted += good;
        free(text);
    }
    assert_true(accepted > 1000);
}

/* The very bytes that PostgreSQL writes: otherwise checksums against the server would differ. */
static void quotes_where_postgresql_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool only;
        const char *csv;
    } cases[] = {
        {"", false, "\"\""},       {"a", false, "a"},
        {"a b", false, "a b"},     {"a,b", false, "\"a,b\""},
        {"\\.", false, "\\."},     {"\\.", true, "\"\\.\""},
        {"\\.x", true, "\\.x"},    {"q\"q", false, "\"q\"\"q\""},
        {"\n", false, "\"\n\""},   {"\r", false, "\"\r\""},
        {"\t", false, "\t"},       {" x ", false, " x "},
        {"\"", false, "\"\"\"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dv_buf out = {0};
        dv_csv_quote(&out, cases[i].text, strlen(cases[i].text), cases[i].only);
        assert_string_equal(dv_buf_cstr(&out), cases[i].csv);
        dv_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_and_empty_string_differ),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(last_record_may_lack_its_end),
        cmocka_unit_test(malformed_records_are_refused),
        cmocka_unit_test(a_later_fault_does_not_spoil_this_record),
        cmocka_unit_test(random_records_round_trip),
        cmocka_unit_test(agrees_with_a_plain_reading),
        cmocka_unit_test(quotes_where_postgresql_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
