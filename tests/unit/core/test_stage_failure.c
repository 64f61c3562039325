#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "tests/exists.h"
#include "tests/unit/core/temp_folder.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static struct dv_column columns[] = {{.name = "id"}, {.name = "note"}};

/* Enough rows for two blocks and a bit. */
static enum dv_status write_part(const char *dir, struct dv_err *err)
{
    enum dv_status status;
    struct dv_stage_writer *writer = NULL;
    columns[0].type = dv_type_of(DV_TYPE_INT8);
    columns[1].type = dv_type_of(DV_TYPE_TEXT);
    DV_TRY(dv_stage_writer_open(&writer, dir, 0, columns, 2, err));
    for (unsigned i = 0; i < 60000; i++) {
        struct dv_value values[] = {dv_int(i), dv_text("some text, and a little more of it", 34)};
        DV_TRY(dv_stage_writer_row(writer, values, err));
    }
    status = dv_stage_writer_publish(writer, NULL, err);
    writer = NULL;
done:
    dv_stage_writer_abort(writer);
    return status;
}

static enum dv_status read_part(const char *dir, uint64_t *rows, struct dv_err *err)
{
    enum dv_status status;
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    *rows = 0;
    DV_TRY(dv_stage_reader_open(&reader, dir, 0, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK)
        *rows += block.rows;
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    return status;
}

/* Memory that runs out anywhere must end in an error that says so: no crash, no leak (the sanitizer looks),
 * no part. */
static void every_failing_allocation_of_the_writer_is_survived(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    uint64_t rows;
    unsigned failures = 0;
    for (uint64_t nth = 1;; nth++) {
        const char *dir = in_temp("writer");
        assert_int_equal(dv_file_remove_tree(dir, &err), DV_OK);
        dv_alloc_fail_at(nth, nth % 2 == 0);
        err = (struct dv_err)DV_ERR_INIT;
        enum dv_status status = write_part(dir, &err);
        dv_alloc_fail_at(0, 0);
        if (status == DV_OK)
            break;
        failures++;
        assert_int_equal(status, DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_FAULT);
        assert_string_equal(err.message, "out of memory");
        assert_false(part_exists(dir, 0));
        assert_false(file_exists(in_temp("writer/part-00000.csv.gz.tmp")));
        assert_false(file_exists(in_temp("writer/part-00000.json.tmp")));
    }
    assert_true(failures > 20);
    assert_int_equal(read_part(in_temp("writer"), &rows, &err), DV_OK);
    assert_int_equal(rows, 60000);
}

static void every_failing_allocation_of_the_reader_is_survived(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    const char *dir = in_temp("reader");
    assert_int_equal(write_part(dir, &err), DV_OK);
    for (int what = 0; what < 3; what++) {
        unsigned failures = 0;
        for (uint64_t nth = 1;; nth++) {
            uint64_t rows = 60000;
            err = (struct dv_err)DV_ERR_INIT;
            dv_alloc_fail_at(nth, nth % 2 == 0);
            enum dv_status status = what == 0   ? read_part(dir, &rows, &err)
                                    : what == 1 ? dv_stage_verify_part(dir, 0, &err)
                                                : dv_dataset_publish(dir, 1, NULL, 0, NULL, &err);
            dv_alloc_fail_at(0, 0);
            if (status == DV_OK) {
                assert_int_equal(rows, 60000);
                break;
            }
            failures++;
            assert_int_equal(status, DV_FAILED);
            assert_int_equal(err.os_errno, ENOMEM);
            assert_string_equal(err.message, "out of memory");
            assert_false(dataset_exists(dir));
        }
        assert_true(failures > 10);
    }
}

/* A disk that fills up: whatever the byte at which it is full, there is no part and no half file. */
static void a_full_disk_leaves_no_part(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    static const rlim_t limits[] = {0, 1, 20, 200, 5000, 20000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const char *dir = in_temp("full");
        small = before;
        small.rlim_cur = limits[i];
        setrlimit(RLIMIT_FSIZE, &small);
        enum dv_status status = write_part(dir, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(status, DV_FAILED);
        assert_int_equal(err.os_errno, EFBIG);
        assert_false(part_exists(dir, 0));
        assert_false(file_exists(in_temp("full/part-00000.csv.gz.tmp")));
        assert_false(file_exists(in_temp("full/part-00000.csv.gz")));
    }
    assert_int_equal(write_part(in_temp("full"), &err), DV_OK);
    assert_int_equal(dv_stage_verify_part(in_temp("full"), 0, &err), DV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failing_allocation_of_the_writer_is_survived),
        cmocka_unit_test(every_failing_allocation_of_the_reader_is_survived),
        cmocka_unit_test(a_full_disk_leaves_no_part),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
