#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/reread.h"
#include "tests/unit/extract/files_check.h"

struct corrected {
    const char *what, *text;
    const char *rows; /* NULL: it is bad */
    const char *reason;
};

static const char *const names[] = {"a", "b", "_line"};

/* Extracts the file, then reads each text as a record of its line 7. */
static void check_all(const char *file, const char *content, size_t length, struct dv_dialect dialect,
                      const char *rejects, const struct corrected *wanted, size_t count)
{
    struct files_case test = {.name = file, .columns = "a int; b text; _line bigint", .dialect = dialect};
    struct dv_file_spec spec = {.path = file, .dialect = dialect};
    struct dv_extract_spec of = {.name = "data", .files = &spec, .file_count = 1};
    struct dv_column columns[3];
    struct dv_reread *reread;
    struct dv_err err = DV_ERR_INIT;
    struct extracted got;
    void *state = NULL;
    assert_int_equal(make_temp_folder(&state), 0);
    write_file(in_temp(file), content, length);
    extract_file(&test, 1, &got);
    assert_int_equal(got.status, DV_OK);
    assert_non_null(strstr(got.rejects, rejects));
    free_extracted(&got);
    assert_int_equal(remove(in_temp(file)), 0);
    (void)parse_columns(test.columns, columns);
    (void)dv_file_format_of(file, &spec.format, &spec.gzip);
    spec.order = names;
    spec.order_count = 2;
    assert_int_equal(dv_reread_open(&reread, &of, columns, 3, in_temp("run/extract/data"), &err), DV_OK);
    for (size_t i = 0; i < count; i++) {
        const char *reason, *detail;
        uint64_t rows;
        struct dv_buf out = {0};
        const char *text = wanted[i].text;
        assert_int_equal(
            dv_reread_record(reread, 0, 7, text, strlen(text), &out, &rows, &reason, &detail, &err), DV_OK);
        bool same = wanted[i].rows == NULL
                        ? reason != NULL && strcmp(reason, wanted[i].reason) == 0 && out.len == 0
                        : reason == NULL && strcmp(dv_buf_cstr(&out), wanted[i].rows) == 0;
        if (!same)
            fail_msg("%s: %s\ngot: %s", wanted[i].what, reason != NULL ? detail : "no fault",
                     out.len > 0 ? dv_buf_cstr(&out) : "nothing");
        dv_buf_release(&out);
    }
    dv_reread_close(reread);
    assert_int_equal(remove_temp_folder(&state), 0);
}

static void csv(void **state)
{
    (void)state;
    static const char content[] = "b;x;a\n\x80;;y\\xe4\\\x81\n";
    static const struct corrected wanted[] = {
        {"one record", "\"x;\";;1", "1,x;,7\n", NULL},
        {"its end does not matter", "x;;1\r\n\n", "1,x,7\n", NULL},
        {"several, a comment among them", "\"x\ny\";;1\n# no\nz;;2\n", "1,\"x\ny\",7\n2,z,10\n", NULL},
        {"one of them is bad", "x;;1\nz;;b", NULL, "invalid_text_representation"},
        {"nothing", "", NULL, "malformed_record"},
        {"a comment", "# x;;1", NULL, "malformed_record"},
        {"too few", "x;1", NULL, "too_few_fields"},
        {"a quote that stays open", "\"x;;1", NULL, "malformed_record"},
        {"the byte that was not known", "\\x81;;1", NULL, "character_not_in_repertoire"},
        {"a byte 0", "\\x00;;1", NULL, "nul_byte"},
        {"other backslashes stay", "\\x41\\xg\\;;1", "1,\\x41\\xg\\,7\n", NULL},
        {"one that stood for itself", "\\x5cxe4;;1", "1,\\xe4,7\n", NULL},
    };
    struct dv_dialect dialect = plain_dialect();
    dialect.delimiter = ';';
    dialect.comment = '#';
    dialect.encoding = "windows-1252";
    dialect.max_record = 40;
    check_all("in.csv", content, sizeof content - 1, dialect, ",€;;y\\x5cxe4\\\\x81\n", wanted,
              sizeof wanted / sizeof wanted[0]);
    static const struct corrected long_one[] = {
        {"too long", "x;;123456789012345678901234567890123456789", NULL, "malformed_record"}};
    check_all("in.csv", content, sizeof content - 1, dialect, "€", long_one, 1);
}

static void without_header(void **state)
{
    (void)state;
    static const struct corrected wanted[] = {{"in the columns' order", "1,x", "1,x,7\n", NULL}};
    struct dv_dialect dialect = plain_dialect();
    dialect.header = false;
    check_all("in.csv", "z,y\n", 4, dialect, "\"z,y\"", wanted, 1);
}

static void ndjson(void **state)
{
    (void)state;
    static const struct corrected wanted[] = {
        {"one line", "{\"b\":\"\\u00e4\",\"a\":1}", "1,ä,7\n", NULL},
        {"two", "{\"a\":1}\n{\"a\":2}", "1,,7\n2,,8\n", NULL},
        {"an object over two lines", "{\"a\":\n1}", NULL, "invalid_json_text"},
    };
    check_all("in.ndjson", "{\"b\":\"\xe4\"}\n", 11, plain_dialect(), "\\xe4", wanted,
              sizeof wanted / sizeof wanted[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv),
        cmocka_unit_test(without_header),
        cmocka_unit_test(ndjson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
