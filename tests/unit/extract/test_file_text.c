#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/dialect.h"
#include "extract/file_text.h"
#include "tests/unit/core/temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A run that is resumed ends with another code where its source changed: an I/O error is no change. */
static void a_file_that_cannot_be_looked_at_is_not_changed(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_file_spec spec = {.path = "a.csv", .format = DV_FILE_CSV};
    struct dv_encoding encoding;
    struct dv_file_text text;
    const char *path = in_temp("a.csv");
    (void)state;
    dv_dialect_default(&spec.dialect);
    assert_int_equal(dv_file_publish(path, "a\n1\n", 4, &err), DV_OK);
    assert_int_equal(dv_encoding_find(spec.dialect.encoding, &encoding, &err), DV_OK);
    int next = dup(STDIN_FILENO); /* the number that the file will be opened under */
    assert_true(next >= 0);
    close(next);
    assert_int_equal(dv_file_text_open(&text, path, &spec, &encoding, &err), DV_OK);
    struct dv_file_text_stamp stamp = text.stamp, other = text.stamp;
    other.size++;
    assert_int_equal(dv_file_text_same(&text, &stamp, &err), DV_OK);
    assert_int_equal(dv_file_text_same(&text, &other, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_CHANGED);
    close(next);
    assert_int_equal(dv_file_text_same(&text, &stamp, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_int_equal(err.os_errno, EBADF);
    assert_int_equal(open(path, O_RDONLY), next); /* for the text to close */
    dv_file_text_close(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_cannot_be_looked_at_is_not_changed),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
