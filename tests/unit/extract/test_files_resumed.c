#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/extract/files_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MIB (1024U * 1024U)

/* Some 7 MiB, three parts; a bad record in each. */
static void make_content(struct dv_buf *content)
{
    dv_buf_str(content, "id,name\n");
    char filler[1001];
    memset(filler, 'x', 1000);
    filler[1000] = '\0';
    for (unsigned i = 0; content->len < 7 * MIB; i++)
        dv_buf_printf(content, "%u,\"%s\n%s%u\"\n%s", i, filler, filler, i % 97,
                      i % 1000 == 500 ? "x,\n" : "");
}

static void sha_of(const char *name, char out[DV_SHA256_HEX])
{
    uint64_t size;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_sha256(in_temp(name), out, &size, &err), DV_OK);
}

static void sha_of_parts(char out[6][DV_SHA256_HEX])
{
    for (unsigned part = 0; part < 3; part++) {
        char name[80];
        (void)snprintf(name, sizeof name, "run/extract/data/part-%05u.csv.gz", part);
        sha_of(name, out[part]);
        (void)snprintf(name, sizeof name, "run/rejects/extract-data/part-%05u.csv.gz", part);
        sha_of(name, out[3 + part]);
    }
}

static void extract(const char *name, unsigned workers, enum dv_exit code, const char *message)
{
    struct files_case test = {.name = name, .columns = "id int; name text", .dialect = plain_dialect()};
    test.dialect.max_record = 2 * MIB;
    struct extracted got;
    extract_file(&test, workers, &got);
    if ((got.status == DV_OK ? DV_EXIT_DONE : got.err.code) != code ||
        (message != NULL && strstr(got.err.message, message) == NULL))
        fail_msg("%s: %s", name, got.err.message);
    free_extracted(&got);
}

static void remove_at(const char *name)
{
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_remove_tree(in_temp(name), &err), DV_OK);
}

static void write_gzip(const char *path, const struct dv_buf *content)
{
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, content->data, (unsigned)(content->len / 2)), content->len / 2);
    assert_int_equal(gzclose(file), Z_OK);
    file = gzopen(path, "ab1"); /* a second member */
    assert_int_equal(
        gzwrite(file, content->data + content->len / 2, (unsigned)(content->len - content->len / 2)),
        content->len - content->len / 2);
    assert_int_equal(gzclose(file), Z_OK);
}

/* The parts are the same whatever the workers, by gzip or not, at once or resumed from any of them. */
static void parts_depend_on_the_file_alone(void **state)
{
    (void)state;
    struct dv_buf content = {0};
    char wanted[6][DV_SHA256_HEX], got[6][DV_SHA256_HEX];
    make_content(&content);
    write_file(in_temp("in.csv"), content.data, content.len);
    write_gzip(in_temp("in.csv.gz"), &content);
    extract("in.csv", 1, DV_EXIT_DONE, NULL);
    sha_of_parts(wanted);
    remove_at("run/extract/data/dataset.json");
    remove_at("run/rejects/extract-data/dataset.json");
    remove_at("run/extract/data/part-00001.json");
    remove_at("run/rejects/extract-data/part-00001.csv.gz");
    remove_at("run/rejects/extract-data/part-00001.json");
    extract("in.csv", 3, DV_EXIT_DONE, NULL);
    sha_of_parts(got);
    assert_memory_equal(got, wanted, sizeof wanted);
    remove_at("run");
    extract("in.csv", 3, DV_EXIT_DONE, NULL);
    sha_of_parts(got);
    assert_memory_equal(got, wanted, sizeof wanted);
    remove_at("run");
    extract("in.csv.gz", 2, DV_EXIT_DONE, NULL);
    remove_at("run/extract/data/dataset.json");
    remove_at("run/extract/data/part-00000.json");
    remove_at("run/extract/data/part-00002.json");
    extract("in.csv.gz", 2, DV_EXIT_DONE, NULL);
    for (unsigned part = 0; part < 3; part++) { /* the rejects name the file */
        char name[80];
        (void)snprintf(name, sizeof name, "run/extract/data/part-%05u.csv.gz", part);
        sha_of(name, got[part]);
    }
    assert_memory_equal(got, wanted, sizeof wanted / 2);
    dv_buf_release(&content);
}

static void a_changed_file_is_refused(void **state)
{
    (void)state;
    struct stat before;
    remove_at("run");
    extract("in.csv", 1, DV_EXIT_DONE, NULL);
    remove_at("run/extract/data/dataset.json");
    remove_at("run/extract/data/part-00002.json");
    assert_int_equal(stat(in_temp("in.csv"), &before), 0);
    /* Another time of change, and other bytes with the old one. */
    struct timespec times[2] = {before.st_atim, before.st_mtim};
    times[1].tv_sec++;
    assert_int_equal(utimensat(AT_FDCWD, in_temp("in.csv"), times, 0), 0);
    extract("in.csv", 1, DV_EXIT_CHANGED, "in.csv changed since the run began");
    times[1].tv_sec--;
    FILE *file = fopen(in_temp("in.csv"), "r+b");
    assert_int_equal(fseek(file, (long)(6 * MIB + MIB / 2), SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, (long)(6 * MIB + MIB / 2), SEEK_SET), 0);
    assert_int_equal(fputc(byte == 'x' ? 'y' : 'x', file), byte == 'x' ? 'y' : 'x');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, in_temp("in.csv"), times, 0), 0);
    extract("in.csv", 1, DV_EXIT_CHANGED, "in.csv changed since the run began");
    assert_int_equal(unlink(in_temp("in.csv")), 0);
    extract("in.csv", 1, DV_EXIT_FAULT, "there is no file");
}

static void damaged_gzip_is_refused(void **state)
{
    (void)state;
    remove_at("run");
    struct dv_buf bytes = {0};
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_read(in_temp("in.csv.gz"), SIZE_MAX, &bytes, &err), DV_OK);
    write_file(in_temp("cut.csv.gz"), bytes.data, bytes.len - 9);
    extract("cut.csv.gz", 1, DV_EXIT_FAULT, "cut.csv.gz is damaged: it ends in the middle");
    memset(bytes.data + bytes.len / 3, 0x55, 64);
    write_file(in_temp("bit.csv.gz"), bytes.data, bytes.len);
    extract("bit.csv.gz", 1, DV_EXIT_FAULT, "bit.csv.gz is damaged");
    write_file(in_temp("no.csv.gz"), "id,name\n", 8);
    extract("no.csv.gz", 1, DV_EXIT_FAULT, "is not a gzip file");
    dv_buf_release(&bytes);
}

/* 32 MiB without a line feed in some 32 KiB: refused at max_record. */
static void a_gzip_bomb_is_refused(void **state)
{
    (void)state;
    remove_at("run");
    gzFile file = gzopen(in_temp("bomb.csv.gz"), "wb9");
    char *zeros = dv_calloc(MIB, 1);
    assert_int_equal(gzwrite(file, "id,name\n", 8), 8);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(gzwrite(file, zeros, MIB), MIB);
    assert_int_equal(gzclose(file), Z_OK);
    dv_free(zeros);
    extract("bomb.csv.gz", 1, DV_EXIT_FAULT, "a record longer than 2097152 bytes begins here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_depend_on_the_file_alone),
        cmocka_unit_test(damaged_gzip_is_refused),
        cmocka_unit_test(a_changed_file_is_refused),
        cmocka_unit_test(a_gzip_bomb_is_refused),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
