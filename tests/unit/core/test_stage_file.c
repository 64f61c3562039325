#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "tests/exists.h"
#include "tests/unit/core/temp_folder.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_columns(struct dv_column columns[3])
{
    static const char *const names[] = {"id", "Name, \"full\"", "note"};
    memset(columns, 0, 3 * sizeof *columns);
    for (int i = 0; i < 3; i++) {
        memcpy(columns[i].name, names[i], strlen(names[i]) + 1);
        columns[i].type = dv_type_of(i == 0 ? DV_TYPE_INT8 : DV_TYPE_TEXT);
    }
}

/* Record i, its LF included; some hold line breaks and quotes, one is longer than two blocks. */
static void make_record(unsigned i, struct dv_buf *out)
{
    dv_buf_reset(out);
    dv_buf_printf(out, "%u,", i);
    if (i == 700) {
        for (unsigned at = 0; at < 300000; at++)
            dv_buf_str(out, "longvalue");
        dv_buf_str(out, ",\n");
        return;
    }
    if (i % 10 == 0)
        dv_buf_printf(out, "\"a \"\"%u\"\"\n\\.\n\",\n", i * 7919);
    else
        dv_buf_printf(out, "user %u \xC3\xBC,\"\"\n", i * 7919);
}

enum way { BY_RECORD, BY_BUFFER, BY_VALUES };

static void write_part(const char *dir, uint32_t part, unsigned rows, enum way way)
{
    struct dv_stage_writer *writer;
    struct dv_err err = DV_ERR_INIT;
    struct dv_column columns[3];
    struct dv_buf record = {0};
    make_columns(columns);
    assert_int_equal(dv_stage_writer_open(&writer, dir, part, columns, 3, &err), DV_OK);
    for (unsigned i = 0; i < rows; i++) {
        make_record(i, &record);
        if (way == BY_RECORD) {
            assert_int_equal(dv_stage_writer_record(writer, record.data, record.len, &err), DV_OK);
        } else if (way == BY_BUFFER) {
            for (size_t at = 0; at + 1 < record.len; at += 5)
                dv_buf_append(dv_stage_writer_buf(writer), record.data + at,
                              record.len - 1 - at < 5 ? record.len - 1 - at : 5);
            assert_int_equal(dv_stage_writer_end_row(writer, &err), DV_OK);
        } else {
            struct dv_value values[3];
            const char *next;
            assert_int_equal(dv_csv_split(record.data, record.data + record.len, values, 3, &next, &err),
                             DV_OK);
            values[0] = dv_int(i);
            assert_int_equal(dv_stage_writer_row(writer, values, &err), DV_OK);
        }
    }
    assert_int_equal(dv_stage_writer_rows(writer), rows);
    assert_int_equal(dv_stage_writer_publish(writer, NULL, &err), DV_OK);
    dv_buf_release(&record);
}

static void read_whole(const char *path, struct dv_buf *out)
{
    struct dv_err err = DV_ERR_INIT;
    dv_buf_reset(out);
    assert_int_equal(dv_file_read(path, 100000000, out, &err), DV_OK);
}

static void assert_same_file(const char *a, const char *b)
{
    struct dv_buf left = {0}, right = {0};
    read_whole(a, &left);
    read_whole(b, &right);
    assert_int_equal(left.len, right.len);
    assert_memory_equal(left.data, right.data, left.len);
    dv_buf_release(&left);
    dv_buf_release(&right);
}

/* The bytes are a matter of the rows, not of how they came: a resumed run must equal an undisturbed one. */
static void bytes_depend_on_the_rows_alone(void **state)
{
    (void)state;
    static const char *const dirs[] = {"by_record", "by_buffer", "by_values"};
    for (int way = 0; way < 3; way++)
        write_part(in_temp(dirs[way]), 0, 60000, (enum way)way);
    for (int way = 1; way < 3; way++) {
        char other[600];
        snprintf(other, sizeof other, "%s/part-00000.csv.gz", in_temp(dirs[way]));
        assert_same_file(in_temp("by_record/part-00000.csv.gz"), other);
        snprintf(other, sizeof other, "%s/part-00000.json", in_temp(dirs[way]));
        assert_same_file(in_temp("by_record/part-00000.json"), other);
    }
    struct stat is;
    stat(in_temp("by_record/part-00000.csv.gz"), &is);
    assert_int_equal(is.st_mode & 0777, 0600);
    assert_false(file_exists(in_temp("by_record/part-00000.csv.gz.tmp")));
}

static void assert_rows(struct dv_stage_reader *reader, unsigned from, unsigned to)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf record = {0};
    struct dv_stage_block block;
    unsigned at_row = from;
    enum dv_status status;
    while ((status = dv_stage_reader_block(reader, &block, &err)) == DV_OK) {
        assert_int_equal(block.first_row, at_row + 1);
        const char *at = block.data, *end = block.data + block.length;
        for (uint32_t i = 0; i < block.rows; i++, at_row++) {
            make_record(at_row, &record);
            assert_true((size_t)(end - at) >= record.len);
            assert_memory_equal(at, record.data, record.len);
            at += record.len;
        }
        assert_ptr_equal(at, end);
    }
    assert_int_equal(status, DV_END);
    assert_int_equal(at_row, to);
    dv_buf_release(&record);
}

static void rows_come_back_and_any_block_can_be_read_alone(void **state)
{
    (void)state;
    struct dv_stage_reader *reader;
    struct dv_err err = DV_ERR_INIT;
    const char *dir = in_temp("round");
    write_part(dir, 7, 60000, BY_RECORD);
    assert_int_equal(dv_stage_verify_part(dir, 7, &err), DV_OK);
    assert_int_equal(dv_stage_reader_open(&reader, dir, 7, &err), DV_OK);
    assert_rows(reader, 0, 60000);
    const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
    assert_true(manifest->block_count >= 4);
    unsigned before = 0;
    for (unsigned i = 1; i < manifest->block_count; i++) {
        assert_int_equal(dv_stage_reader_seek(reader, i, &err), DV_OK);
        assert_rows(reader, before, 60000);
        before += manifest->blocks[i].rows;
        /* Cut at the first record that reaches the limit, so only the last block may be short. */
        assert_true(i + 1 == manifest->block_count || manifest->blocks[i].raw_length >= DV_STAGE_BLOCK);
    }
    assert_int_equal(manifest->tally.read, 60000);
    assert_int_equal(dv_stage_reader_seek(reader, 0, &err), DV_BUG);
    dv_stage_reader_close(reader);
}

/* Anybody's gzip reads it: the promise behind "plain gzip". */
static void zcat_reads_it(void **state)
{
    (void)state;
    struct dv_buf record = {0};
    char command[700], *line = NULL;
    size_t room = 0;
    const char *dir = in_temp("zcat");
    write_part(dir, 0, 2000, BY_RECORD);
    snprintf(command, sizeof command, "gzip -dc '%s/part-00000.csv.gz'", dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_true(getline(&line, &room, pipe) > 0);
    assert_string_equal(line, "id,\"Name, \"\"full\"\"\",note\n");
    for (unsigned i = 0; i < 2000; i++) {
        make_record(i, &record);
        char *back = malloc(record.len);
        assert_non_null(back);
        assert_int_equal(fread(back, 1, record.len, pipe), record.len);
        assert_memory_equal(back, record.data, record.len);
        free(back);
    }
    assert_int_equal(fgetc(pipe), EOF);
    assert_int_equal(pclose(pipe), 0);
    free(line);
    dv_buf_release(&record);
}

static void empty_parts_and_odd_columns(void **state)
{
    (void)state;
    struct dv_stage_writer *writer;
    struct dv_stage_reader *reader;
    struct dv_stage_block block;
    struct dv_err err = DV_ERR_INIT;
    struct dv_column column = {.name = "\\.", .type = dv_type_of(DV_TYPE_TEXT)};
    const char *dir = in_temp("odd");
    assert_int_equal(dv_stage_writer_open(&writer, dir, 0, &column, 1, &err), DV_OK);
    assert_int_equal(dv_stage_writer_publish(writer, NULL, &err), DV_OK);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_OK);

    /* One column: NULL is an empty line, and a lone "\." must not end somebody's COPY. */
    struct dv_value values[] = {dv_null(), dv_text("\\.", 2), dv_text("", 0)};
    assert_int_equal(dv_stage_writer_open(&writer, dir, 1, &column, 1, &err), DV_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(dv_stage_writer_row(writer, &values[i], &err), DV_OK);
    assert_int_equal(dv_stage_writer_publish(writer, NULL, &err), DV_OK);
    assert_int_equal(dv_stage_reader_open(&reader, dir, 1, &err), DV_OK);
    assert_int_equal(dv_stage_reader_block(reader, &block, &err), DV_OK);
    assert_int_equal(block.length, 9);
    assert_memory_equal(block.data, "\n\"\\.\"\n\"\"\n", 9);
    assert_int_equal(dv_stage_reader_block(reader, &block, &err), DV_END);
    dv_stage_reader_close(reader);
    assert_int_equal(dv_stage_writer_open(&writer, dir, 2, &column, 0, &err), DV_FAILED);
}

/* Without publish nothing exists; a part written again replaces the old one whole. */
static void only_publish_makes_a_part(void **state)
{
    (void)state;
    struct dv_stage_writer *writer;
    struct dv_err err = DV_ERR_INIT;
    struct dv_column columns[3];
    const char *dir = in_temp("abort");
    make_columns(columns);
    assert_int_equal(dv_stage_writer_open(&writer, dir, 0, columns, 3, &err), DV_OK);
    assert_int_equal(dv_stage_writer_record(writer, "1,2,3\n", 6, &err), DV_OK);
    assert_true(file_exists(in_temp("abort/part-00000.csv.gz.tmp")));
    dv_stage_writer_abort(writer);
    dv_stage_writer_abort(NULL);
    assert_false(file_exists(in_temp("abort/part-00000.csv.gz.tmp")));
    assert_false(part_exists(dir, 0));

    write_part(dir, 0, 50, BY_RECORD);
    write_part(dir, 0, 60, BY_RECORD);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_OK);

    assert_int_equal(dv_stage_writer_open(&writer, dir, 1, columns, 3, &err), DV_OK);
    dv_buf_str(dv_stage_writer_buf(writer), "1,2");
    assert_int_equal(dv_stage_writer_publish(writer, NULL, &err), DV_BUG);
    assert_int_equal(dv_stage_writer_open(&writer, dir, 1, columns, 3, &err), DV_OK);
    struct dv_tally wrong = {.read = 1, .written = 1};
    assert_int_equal(dv_stage_writer_publish(writer, &wrong, &err), DV_BUG);
    assert_false(part_exists(dir, 1));
    assert_false(file_exists(in_temp("abort/part-00001.csv.gz.tmp")));
}

static void overwrite(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Reads the part as a loader would, without verifying it first; true where every row came, and as it was. */
static bool reads_as_before(const char *dir, const struct dv_buf *expected)
{
    struct dv_stage_reader *reader;
    struct dv_stage_block block;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf rows = {0};
    enum dv_status status = dv_stage_reader_open(&reader, dir, 0, &err);
    if (status != DV_OK) {
        assert_int_equal(err.code, DV_EXIT_FAULT);
        return false;
    }
    while ((status = dv_stage_reader_block(reader, &block, &err)) == DV_OK)
        dv_buf_append(&rows, block.data, block.length);
    dv_stage_reader_close(reader);
    bool whole = status == DV_END;
    if (whole && (rows.len != expected->len || memcmp(rows.data, expected->data, rows.len) != 0))
        fail_msg("a damaged file gave other rows without an error");
    dv_buf_release(&rows);
    return whole;
}

static void every_flipped_bit_and_every_cut_is_refused(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf file = {0}, rows = {0}, record = {0};
    const char *dir = in_temp("damage");
    write_part(dir, 0, 12, BY_RECORD);
    for (unsigned i = 0; i < 12; i++) {
        make_record(i, &record);
        dv_buf_append(&rows, record.data, record.len);
    }
    char path[600];
    snprintf(path, sizeof path, "%s/part-00000.csv.gz", dir);
    read_whole(path, &file);
    assert_true(reads_as_before(dir, &rows));
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        file.data[bit / 8] = (char)(file.data[bit / 8] ^ 1 << bit % 8);
        overwrite(path, file.data, file.len);
        assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_FAULT);
        assert_non_null(strstr(err.message, "part-00000.csv.gz"));
        assert_true(err.hint[0] != '\0');
        reads_as_before(dir, &rows);
        file.data[bit / 8] = (char)(file.data[bit / 8] ^ 1 << bit % 8);
    }
    for (size_t length = 0; length < file.len; length++) {
        overwrite(path, file.data, length);
        assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
        assert_false(reads_as_before(dir, &rows));
    }
    dv_buf_byte(&file, 'x');
    overwrite(path, file.data, file.len);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
    overwrite(path, file.data, file.len - 1);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_OK);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
    overwrite(path, file.data, file.len - 1);
    snprintf(path, sizeof path, "%s/part-00000.json", dir);
    assert_int_equal(unlink(path), 0);
    assert_false(part_exists(dir, 0));
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
    dv_buf_release(&file);
    dv_buf_release(&rows);
    dv_buf_release(&record);
}

/* Another part's data under this part's manifest, although whole in itself. */
static void swapped_files_are_refused(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    const char *dir = in_temp("swap");
    write_part(dir, 0, 30, BY_RECORD);
    write_part(dir, 1, 31, BY_RECORD);
    assert_int_equal(rename(in_temp("swap/part-00001.csv.gz"), in_temp("swap/part-00000.csv.gz")), 0);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
    assert_int_equal(rename(in_temp("swap/part-00001.json"), in_temp("swap/part-00000.json")), 0);
    assert_int_equal(dv_stage_verify_part(dir, 0, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "part 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_depend_on_the_rows_alone),
        cmocka_unit_test(rows_come_back_and_any_block_can_be_read_alone),
        cmocka_unit_test(zcat_reads_it),
        cmocka_unit_test(empty_parts_and_odd_columns),
        cmocka_unit_test(only_publish_makes_a_part),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_refused),
        cmocka_unit_test(swapped_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
