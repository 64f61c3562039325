#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "tests/exists.h"
#include "tests/unit/core/temp_folder.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned entries(const char *path)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void assert_content(const char *path, const char *expected)
{
    struct dv_buf text = {0};
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_read(path, 100000, &text, &err), DV_OK);
    assert_string_equal(dv_buf_cstr(&text), expected);
    dv_buf_release(&text);
}

static void publishes_whole_files_for_the_owner_only(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct stat is;
    const char *dir = in_temp("a/b/c");
    assert_int_equal(dv_file_make_dirs(dir, &err), DV_OK);
    assert_int_equal(dv_file_make_dirs(dir, &err), DV_OK);
    assert_int_equal(dv_file_publish(in_temp("a/b/c/f"), "old", 3, &err), DV_OK);
    assert_int_equal(dv_file_publish(in_temp("a/b/c/f"), "newer", 5, &err), DV_OK);
    assert_content(in_temp("a/b/c/f"), "newer");
    assert_int_equal(entries(dir), 1);
    stat(in_temp("a/b/c/f"), &is);
    assert_int_equal(is.st_mode & 0777, 0600);
    stat(dir, &is);
    assert_int_equal(is.st_mode & 0777, 0700);
}

/* A disk that is full in the middle of a file must leave the old file whole and no new one half. */
static void a_failed_publish_leaves_the_old_file(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    static char large[100000];
    memset(large, 'x', sizeof large);
    const char *dir = in_temp("full"), *path = in_temp("full/f"), *fresh = in_temp("full/g");
    assert_int_equal(dv_file_make_dirs(dir, &err), DV_OK);
    assert_int_equal(dv_file_publish(path, "old", 3, &err), DV_OK);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 50000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    enum dv_status replaced = dv_file_publish(path, large, sizeof large, &err);
    enum dv_status made = dv_file_publish(fresh, large, sizeof large, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(replaced, DV_FAILED);
    assert_int_equal(made, DV_FAILED);
    assert_int_equal(err.os_errno, EFBIG);
    assert_content(path, "old");
    assert_false(file_exists(fresh));
    assert_int_equal(entries(dir), 1);
}

static void a_target_that_cannot_be_replaced_leaves_nothing(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_make_dirs(in_temp("r/f/inside"), &err), DV_OK);
    assert_int_equal(dv_file_publish(in_temp("r/f"), "x", 1, &err), DV_FAILED);
    assert_int_equal(entries(in_temp("r")), 1);
    assert_int_equal(dv_file_publish(in_temp("absent/f"), "x", 1, &err), DV_FAILED);
    assert_int_equal(err.os_errno, ENOENT);
    assert_non_null(strstr(err.message, "absent/f"));
}

static void reads_no_more_than_allowed(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0};
    const char *path = in_temp("ten");
    assert_int_equal(dv_file_publish(path, "0123456789", 10, &err), DV_OK);
    assert_int_equal(dv_file_read(path, 10, &text, &err), DV_OK);
    assert_int_equal(text.len, 10);
    dv_buf_reset(&text);
    assert_int_equal(dv_file_read(path, 9, &text, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_int_equal(dv_file_read(temp_folder, 9, &text, &err), DV_FAILED);
    assert_int_equal(dv_file_read(in_temp("not there"), 9, &text, &err), DV_FAILED);
    assert_int_equal(err.os_errno, ENOENT);
    dv_buf_release(&text);
}

/* The next run clears what a killed one left, and nothing else: not finished files, not what a link points
 * at. */
static void sweeps_tmp_files_only(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_make_dirs(in_temp("s/deep/er"), &err), DV_OK);
    assert_int_equal(dv_file_make_dirs(in_temp("outside"), &err), DV_OK);
    static const char *const files[] = {"s/a.tmp", "s/a.csv.gz", "s/deep/er/b.json.tmp", "s/deep/tmp",
                                        "outside/c.tmp"};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(dv_file_publish(in_temp(files[i]), "x", 1, &err), DV_OK);
    assert_int_equal(symlink(in_temp("outside"), in_temp("s/link")), 0);
    assert_int_equal(dv_file_sweep_tmp(in_temp("s"), &err), DV_OK);
    assert_false(file_exists(in_temp("s/a.tmp")));
    assert_false(file_exists(in_temp("s/deep/er/b.json.tmp")));
    assert_true(file_exists(in_temp("s/a.csv.gz")));
    assert_true(file_exists(in_temp("s/deep/tmp")));
    assert_true(file_exists(in_temp("outside/c.tmp")));
    assert_int_equal(dv_file_sweep_tmp(in_temp("never made"), &err), DV_OK);

    assert_int_equal(dv_file_remove_tree(in_temp("s"), &err), DV_OK);
    assert_false(file_exists(in_temp("s")));
    assert_true(file_exists(in_temp("outside/c.tmp")));
    assert_int_equal(dv_file_remove_tree(in_temp("s"), &err), DV_OK);
    assert_int_equal(dv_file_remove(in_temp("outside/c.tmp"), &err), DV_OK);
    assert_int_equal(dv_file_remove(in_temp("outside/c.tmp"), &err), DV_OK);
}

static void sums_are_sha256(void **state)
{
    (void)state;
    static const char abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; /* FIPS 180-2 */
    struct dv_err err = DV_ERR_INIT;
    struct dv_sha256 *sha;
    char hex[DV_SHA256_HEX];
    uint64_t size = 0;
    assert_int_equal(dv_sha256_new(&sha, &err), DV_OK);
    for (int round = 0; round < 2; round++) { /* the second shows that hex resets */
        dv_sha256_update(sha, "a", 1);
        dv_sha256_update(sha, "bc", 2);
        dv_sha256_hex(sha, hex);
        assert_string_equal(hex, abc);
    }
    dv_sha256_free(sha);
    assert_int_equal(dv_file_publish(in_temp("abc"), "abc", 3, &err), DV_OK);
    assert_int_equal(dv_file_sha256(in_temp("abc"), hex, &size, &err), DV_OK);
    assert_string_equal(hex, abc);
    assert_int_equal(size, 3);
}

static void folders_in_the_way_are_named(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_file_publish(in_temp("plain"), "x", 1, &err), DV_OK);
    assert_int_equal(dv_file_make_dirs(in_temp("plain/below"), &err), DV_FAILED);
    assert_int_equal(err.os_errno, ENOTDIR);
    assert_non_null(strstr(err.message, "plain"));
}

/* What cannot be looked at is not absent: a part would be made again, a run begun anew. */
static void what_cannot_be_looked_at_is_not_absent(void **state)
{
    char name[300];
    struct dv_err err = DV_ERR_INIT;
    bool there = true;
    (void)state;
    assert_int_equal(dv_file_look(in_temp("nothing/at/all"), &there, &err), DV_OK);
    assert_false(there);
    memset(name, 'x', sizeof name - 1); /* longer than a file's name may be */
    name[sizeof name - 1] = '\0';
    assert_int_equal(dv_file_look(in_temp(name), &there, &err), DV_FAILED);
    assert_int_equal(err.os_errno, ENAMETOOLONG);
    err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(dv_file_look_in(temp_folder, name, &there, &err), DV_FAILED);
    assert_int_equal(err.os_errno, ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_looked_at_is_not_absent),
        cmocka_unit_test(publishes_whole_files_for_the_owner_only),
        cmocka_unit_test(a_failed_publish_leaves_the_old_file),
        cmocka_unit_test(a_target_that_cannot_be_replaced_leaves_nothing),
        cmocka_unit_test(reads_no_more_than_allowed),
        cmocka_unit_test(sweeps_tmp_files_only),
        cmocka_unit_test(sums_are_sha256),
        cmocka_unit_test(folders_in_the_way_are_named),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
