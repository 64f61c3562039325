#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/extract/files_check.h"

/* rows: the stage file's records. rejects: "LINE:REASON " of each, in order. */
struct wanted {
    const char *what, *content, *columns, *rows, *rejects;
};

static void check(const struct wanted *wanted, struct dv_dialect dialect)
{
    struct files_case test = {
        .name = "in.csv", .content = wanted->content, .columns = wanted->columns, .dialect = dialect};
    struct extracted got;
    extract_case(&test, &got);
    char *rejects = reject_list(got.rejects);
    const char *wanted_rejects = wanted->rejects != NULL ? wanted->rejects : "";
    if (got.status != DV_OK || strcmp(got.rows, wanted->rows) != 0 || strcmp(rejects, wanted_rejects) != 0)
        fail_msg("%s: %s\ngot:\n%s%s\nwanted:\n%s%s", wanted->what, got.err.message, got.rows, rejects,
                 wanted->rows, wanted_rejects);
    dv_free(rejects);
    free_extracted(&got);
}

static void check_all(const struct wanted *wanted, size_t count, struct dv_dialect dialect)
{
    for (size_t i = 0; i < count; i++)
        check(&wanted[i], dialect);
}

#define CHECK_ALL(wanted, dialect) check_all(wanted, sizeof(wanted) / sizeof((wanted)[0]), dialect)

/* What RFC 4180, section 2, says of each rule, and the readings of it that files show. */
static void rfc_4180(void **state)
{
    (void)state;
    static const struct wanted wanted[] = {
        {"1: records end with CRLF", "a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "a text; b text; c text",
         "aaa,bbb,ccc\nzzz,yyy,xxx\n", NULL},
        {"2: the last record may lack its line break", "a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx",
         "a text; b text; c text", "aaa,bbb,ccc\nzzz,yyy,xxx\n", NULL},
        {"4: blanks belong to a field", "a,b\r\n x , y\r\n", "a text; b text", " x , y\n", NULL},
        {"4: a trailing comma is one more field", "a,b\r\nx,y,\r\n", "a text; b text", "",
         "2:too_many_fields "},
        {"5: fields may stand in quotes or not", "a,b,c\r\n\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx\r\n",
         "a text; b text; c text", "aaa,bbb,ccc\nzzz,yyy,xxx\n", NULL},
        {"5: no quotes inside a field without them", "a,b\r\nx\"y,z\r\n1,2\r\n", "a text; b text", "1,2\n",
         "2:malformed_record "},
        {"6: line breaks, quotes and commas in quotes", "a,b,c\r\n\"aaa\",\"b\r\nbb\",\"c,c\"\r\nzzz,yyy,xxx",
         "a text; b text; c text", "aaa,\"b\r\nbb\",\"c,c\"\nzzz,yyy,xxx\n", NULL},
        {"7: a quote inside quotes is doubled", "a,b\r\n\"b\"\"bb\",\"\"\"\"\r\n", "a text; b text",
         "\"b\"\"bb\",\"\"\"\"\n", NULL},
        {"the empty string and NULL", "a,b\n\"\",\n", "a text; b text", "\"\",\n", NULL},
        {"text behind the closing quote", "a,b\n\"x\" ,y\n1,2\n", "a text; b text", "1,2\n",
         "2:malformed_record "},
        {"a carriage return alone", "a,b\nx\ry,z\n1,2\n", "a text; b text", "1,2\n", "2:malformed_record "},
        {"too few", "a,b\nx\n1,2\n", "a text; b text", "1,2\n", "2:too_few_fields "},
        {"one column, blank lines", "a\n\nx\n\n\n", "a text", "x\n", NULL},
        {"no record", "a,b\n", "a text; b text", "", NULL},
        {"no line break at all", "a,b", "a text; b text", "", NULL},
        {"a quote closes at the end of the file", "a\n\"x\"", "a text", "x\n", NULL},
        {"columns in another order, others passed over", "x,b,y,a\n1,2,3,4\n", "a text; b text", "4,2\n",
         NULL},
        {"blanks and a byte order mark around the header", "\xef\xbb\xbf a ,\"b \"\n1,2\n", "a text; b text",
         "1,2\n", NULL},
        {"lines of records that take several", "a,_line\n\"x\n\n\",1\ny,2\n", "a text; _line bigint",
         "\"x\n\n\",2\ny,5\n", NULL},
    };
    CHECK_ALL(wanted, plain_dialect());
}

static void values_of_all_types(void **state)
{
    (void)state;
    static const struct wanted wanted[] = {
        {"integers", "a\n1\n-2\n +3\n007\n9223372036854775807\n9223372036854775808\n1.5\n\"\"\n\n",
         "a bigint", "1\n-2\n3\n7\n9223372036854775807\n\n",
         "7:numeric_value_out_of_range 8:invalid_text_representation "},
        {"smallint at its edges", "a\n32767\n32768\n-32768\n", "a smallint", "32767\n-32768\n",
         "3:numeric_value_out_of_range "},
        {"numeric keeps every digit", "a\n12345678901234567890.123456789\n1e3\n-0.50\n.5\n1.\n-0\nNaN\n--1\n",
         "a numeric", "12345678901234567890.123456789\n1000\n-0.50\n0.5\n1\n0\nNaN\n",
         "9:invalid_text_representation "},
        {"numeric(5,2) rounds and overflows", "a\n1.005\n999.994\n1000\n", "a numeric(5,2)", "1.01\n999.99\n",
         "4:numeric_value_out_of_range "},
        {"varchar cuts blanks alone", "a\nabc  \nabcd\näöü\n", "a varchar(3)", "abc\näöü\n",
         "3:string_data_right_truncation "},
        {"char is padded", "a,b\nx,1\n", "a char(3); b int", "x  ,1\n", NULL},
        {"bool", "a\ntrue\nF\nyes\n0\nmaybe\n", "a boolean", "t\nf\nt\nf\n",
         "6:invalid_text_representation "},
        {"dates", "a\n2024-02-29\n2023-02-29\n2024/12/31\n2024.1.2\n20240131\n", "a date",
         "2024-02-29\n2024-12-31\n2024-01-02\n2024-01-31\n", "3:datetime_field_overflow "},
        {"timestamps", "a\n2024-01-02T03:04:05Z\n2024-01-02 03:04:05.5+02\n", "a timestamptz",
         "2024-01-02 03:04:05+00\n2024-01-02 01:04:05.5+00\n", NULL},
        {"timestamp(0) rounds", "a\n2024-01-02 03:04:05.5\n", "a timestamp(0)", "2024-01-02 03:04:06\n",
         NULL},
        {"jsonb", "a,b\n\"{\"\"b\"\":1,\"\"a\"\":[]}\",1\n{,2\n", "a jsonb; b int",
         "\"{\"\"a\"\": [], \"\"b\"\": 1}\",1\n", "3:invalid_text_representation "},
        {"uuid and bytea", "a,b\nA0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11,\\x41\n", "a uuid; b bytea",
         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,\\x41\n", NULL},
    };
    CHECK_ALL(wanted, plain_dialect());
}

static void dialects(void **state)
{
    (void)state;
    struct dv_dialect german = plain_dialect();
    german.delimiter = ';';
    german.decimal = ',';
    german.thousands = '.';
    german.dates = DV_DATES_DMY;
    static const struct wanted of_german[] = {
        {"decimal marks", "a;b\n1.234,50;x\n-7,5;\n1.5;y\n1.23,4;z\n", "a numeric; b text",
         "1234.50,x\n-7.5,\n", "4:invalid_text_representation 5:invalid_text_representation "},
        {"dates", "a\n31.12.2024\n1/2/69\n1-2-70\n2024-12-31\n31.12.2024 23:59\n13.13.2024\n", "a timestamp",
         "2024-12-31 00:00:00\n2069-02-01 00:00:00\n1970-02-01 00:00:00\n2024-12-31 00:00:00\n"
         "2024-12-31 23:59:00\n",
         "7:datetime_field_overflow "},
    };
    CHECK_ALL(of_german, german);
    struct dv_dialect american = plain_dialect();
    american.dates = DV_DATES_MDY;
    static const struct wanted of_american[] = {{"dates", "a\n12/31/2024\n", "a date", "2024-12-31\n", NULL}};
    CHECK_ALL(of_american, american);
    struct dv_dialect dump = plain_dialect();
    static const char *const nulls[] = {"\\N", "NULL"};
    dump.escape = '\\';
    dump.comment = '#';
    dump.nulls = nulls;
    dump.null_count = 2;
    static const struct wanted of_dump[] = {
        {"backslashes", "# made by a dump\na,b\n\"x\\\"y\",\"1\\\\2\"\n#,\n\\N,\"NULL\"\n", "a text; b text",
         "\"x\"\"y\",1\\2\n,NULL\n", NULL},
        {"NULL in quotes is NULL where there is no such value", "a\n\"NULL\"\nNULL\n", "a int", "\n\n", NULL},
    };
    CHECK_ALL(of_dump, dump);
    dump.null_quoted = true;
    static const struct wanted of_nulls[] = {
        {"in quotes", "a,b\n\"NULL\",x\n", "a text; b text", ",x\n", NULL}};
    CHECK_ALL(of_nulls, dump);
    struct dv_dialect bare = plain_dialect();
    bare.quote = bare.escape = '\0';
    bare.delimiter = '\t';
    bare.header = false;
    static const struct wanted of_bare[] = {
        {"no quotes, no header", "5\" pipe\t\"x\n", "a text; b text", "\"5\"\" pipe\",\"\"\"x\"\n", NULL}};
    CHECK_ALL(of_bare, bare);
}

static void encodings(void **state)
{
    (void)state;
    static const struct wanted bad[] = {
        {"bytes that are not UTF-8", "a,b\nM\xfcller,1\nM\xc3\xbcller,2\n", "a text; b int",
         "M\xc3\xbcller,2\n", "2:character_not_in_repertoire "},
        {"overlong and surrogates", "a\n\xc0\xaf\n\xed\xa0\x80\n\xf4\x90\x80\x80\nx\n", "a text", "x\n",
         "2:character_not_in_repertoire 3:character_not_in_repertoire 4:character_not_in_repertoire "},
    };
    CHECK_ALL(bad, plain_dialect());
    struct dv_dialect latin = plain_dialect();
    latin.encoding = "windows-1252";
    static const struct wanted of_latin[] = {{"windows-1252",
                                              "gr\xf6\xdf"
                                              "e,b\n\x80 5,1\n\x81,2\n",
                                              "gr\xc3\xb6\xc3\x9f"
                                              "e text; b int",
                                              "\xe2\x82\xac 5,1\n", "3:character_not_in_repertoire "}};
    CHECK_ALL(of_latin, latin);
    struct dv_dialect wide = plain_dialect();
    wide.encoding = "utf-16";
    static const char utf16[] = "\xff\xfe"
                                "a\0,\0b\0\n\0\x3d\xd8\x00\xde,\0\x31\0\n\0y\0,\0\x32\0";
    struct files_case test = {.name = "in.csv",
                              .content = utf16,
                              .length = sizeof utf16 - 1,
                              .columns = "a text; b int",
                              .dialect = wide};
    struct extracted got;
    extract_case(&test, &got);
    assert_string_equal(got.rows, "\xf0\x9f\x98\x80,1\ny,2\n");
    free_extracted(&got);
}

static void nul_bytes_are_rejected(void **state)
{
    (void)state;
    static const char content[] = "a,b\nx\0y,1\nz,2\n";
    struct files_case test = {.name = "in.csv",
                              .content = content,
                              .length = sizeof content - 1,
                              .columns = "a text; b int",
                              .dialect = plain_dialect()};
    struct extracted got;
    extract_case(&test, &got);
    assert_int_equal(got.status, DV_OK);
    assert_string_equal(got.rows, "z,2\n");
    assert_non_null(strstr(got.rejects, "nul_byte"));
    assert_non_null(strstr(got.rejects, "x\\x00y,1"));
    assert_int_equal(got.tally.read, 2);
    assert_int_equal(got.tally.rejected, 1);
    free_extracted(&got);
}

struct refusal {
    const char *what, *content, *columns, *message;
};

/* What makes the whole file useless stops the run, and is named. */
static void refused_files(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"an open quote", "a,b\n1,2\n3,\"4\n5,6\n", "a text; b text",
         "in.csv, line 3: a quote opens here that is never closed"},
        {"an open quote behind lines in quotes", "a\n\"x\ny\"\n\"z\n", "a text",
         "in.csv, line 4: a quote opens here that is never closed"},
        {"nothing", "", "a text", "in.csv is empty: it has not even a header"},
        {"a column that is not there", "first,second\n1,2\n", "frist text",
         "in.csv, line 1: the header has no column \"frist\""},
        {"a column twice", "a,b,a\n1,2,3\n", "a text",
         "in.csv, line 1: the header has the column \"a\" twice, as columns 1 and 3"},
        {"a header in open quotes", "\"a,b\n1,2\n", "a text",
         "in.csv, line 1: the header is wrong: a quote opens and is never closed"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct files_case test = {.name = "in.csv",
                                  .content = refusals[i].content,
                                  .columns = refusals[i].columns,
                                  .dialect = plain_dialect()};
        struct extracted got;
        extract_case(&test, &got);
        assert_int_equal(got.err.code, DV_EXIT_FAULT);
        assert_string_equal(got.err.message, refusals[i].message);
        assert_string_not_equal(got.err.hint, "");
        free_extracted(&got);
    }
}

static void a_record_beyond_max_record_is_named(void **state)
{
    (void)state;
    size_t length = 4 * 1024 * 1024;
    char *content = dv_alloc(length);
    memset(content, 'x', length);
    memcpy(content, "a\n1\n\"", 5);
    struct files_case test = {.name = "in.csv",
                              .content = content,
                              .length = length,
                              .columns = "a text",
                              .dialect = plain_dialect()};
    test.dialect.max_record = 1024 * 1024;
    struct extracted got;
    extract_case(&test, &got);
    assert_string_equal(got.err.message, "in.csv, line 3: a record longer than 1048576 bytes begins here");
    free_extracted(&got);
    dv_free(content);
}

/* Records of all lengths across the edges of windows, against the same written plainly. */
static void edges_of_windows(void **state)
{
    (void)state;
    struct dv_buf content = {0}, wanted = {0};
    dv_buf_str(&content, "a,b\r\n");
    for (unsigned i = 0; content.len < 3 * 1024 * 1024; i++) {
        dv_buf_printf(&content, "%u,\"", i);
        dv_buf_printf(&wanted, "%u,\"", i);
        for (unsigned k = 0; k < i % 131; k++) {
            const char *piece = k % 7 == 3 ? "\"\"" : k % 11 == 5 ? "\r\n" : k % 5 == 2 ? "," : "z";
            dv_buf_str(&content, piece);
            dv_buf_str(&wanted, piece);
        }
        dv_buf_str(&content, ",\"\r\n");
        dv_buf_str(&wanted, ",\"\n");
    }
    struct files_case test = {.name = "in.csv",
                              .content = content.data,
                              .length = content.len,
                              .columns = "a bigint; b text",
                              .dialect = plain_dialect()};
    struct extracted got;
    extract_case(&test, &got);
    assert_int_equal(got.status, DV_OK);
    assert_int_equal(strlen(got.rows), wanted.len);
    assert_memory_equal(got.rows, wanted.data, wanted.len);
    assert_string_equal(got.rejects, "");
    free_extracted(&got);
    dv_buf_release(&content);
    dv_buf_release(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_4180),
        cmocka_unit_test(values_of_all_types),
        cmocka_unit_test(dialects),
        cmocka_unit_test(encodings),
        cmocka_unit_test(nul_bytes_are_rejected),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(a_record_beyond_max_record_is_named),
        cmocka_unit_test(edges_of_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
