/* The work folder: locks, run ids, which run is the current one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/file.h"
#include "jobs/workdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/drover-workdir.XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    return dv_file_remove_tree(folder, &err) == DV_OK ? 0 : -1;
}

static void put(const struct dv_workdir *workdir, const char *run, const char *name)
{
    struct dv_err err = DV_ERR_INIT;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", workdir->path, run);
    assert_int_equal(dv_file_make_dirs(path, &err), DV_OK);
    if (name == NULL)
        return;
    snprintf(path, sizeof path, "%s/%s/%s", workdir->path, run, name);
    assert_int_equal(dv_file_publish(path, "{}", 2, &err), DV_OK);
}

/* Two runs of one job at a time would write the same files: the second is told who has the lock. */
static void test_lock(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_workdir first, second;
    char pid[32];
    long holder;
    (void)state;
    assert_int_equal(dv_workdir_open(&first, folder, "locked", &err), DV_OK);
    assert_int_equal(dv_workdir_open(&second, folder, "locked", &err), DV_OK);
    assert_int_equal(dv_workdir_holder(&first, &holder, &err), DV_OK);
    assert_int_equal(holder, 0);
    assert_int_equal(dv_workdir_lock(&first, &err), DV_OK);
    assert_int_equal(dv_workdir_lock(&second, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_LOCKED);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_non_null(strstr(err.message, pid));
    assert_int_equal(dv_workdir_holder(&second, &holder, &err), DV_OK);
    assert_int_equal(holder, getpid());
    dv_workdir_close(&first);
    assert_int_equal(dv_workdir_lock(&second, &err), DV_OK);
    dv_workdir_close(&second);
    dv_workdir_close(&second);
}

/* The current run is the newest, whatever lies around: a folder without run.json is what a crash left. */
static void test_newest(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_workdir workdir;
    struct dv_arena arena = {0};
    const char *const *ids;
    unsigned count;
    char id[DV_RUN_ID_SIZE];
    (void)state;
    assert_int_equal(dv_workdir_open(&workdir, folder, "newest", &err), DV_OK);
    assert_int_equal(dv_workdir_newest(&workdir, id, &err), DV_END);
    put(&workdir, "20250601T013000Z-4f2a", "run.json");
    put(&workdir, "20250531T235959Z-ffff", "run.json");
    put(&workdir, "20260101T000000Z-0000", NULL);
    put(&workdir, "notes", "run.json");
    put(&workdir, "20250601T013000Z-4f2a.old", "run.json");
    assert_int_equal(dv_workdir_newest(&workdir, id, &err), DV_OK);
    assert_string_equal(id, "20250601T013000Z-4f2a");
    assert_int_equal(dv_workdir_runs(&workdir, &arena, &ids, &count, &err), DV_OK);
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "20250531T235959Z-ffff");
    dv_arena_release(&arena);
    assert_int_equal(dv_workdir_find(&workdir, "20260101T000000Z-0000", id, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    assert_non_null(strstr(err.hint, "20250601T013000Z-4f2a"));
    assert_int_equal(dv_workdir_find(&workdir, "20250531T235959Z-ffff", id, &err), DV_OK);
    dv_workdir_close(&workdir);
}

/* A new run sorts behind every other one, also in the same second: else a resume would pick the old one. */
static void test_new_ids_ascend(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_workdir workdir;
    char id[DV_RUN_ID_SIZE], before[DV_RUN_ID_SIZE] = "";
    (void)state;
    assert_int_equal(dv_workdir_open(&workdir, folder, "ascend", &err), DV_OK);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(dv_workdir_new_id(&workdir, id, &err), DV_OK);
        assert_true(dv_run_id_valid(id));
        assert_true(strcmp(id, before) > 0);
        put(&workdir, id, "run.json");
        memcpy(before, id, sizeof id);
    }
    put(&workdir, "29990101T000000Z-0000", "run.json");
    assert_int_equal(dv_workdir_new_id(&workdir, id, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "future"));
    dv_workdir_close(&workdir);
}

static void assert_state(const char *path, enum dv_run_state wanted)
{
    struct dv_err err = DV_ERR_INIT;
    enum dv_run_state state;
    assert_int_equal(dv_run_state(path, &state, &err), DV_OK);
    assert_int_equal(state, wanted);
}

/* A run that was taken back is over, done or not: going on with it would load it again. */
static void test_states(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_workdir workdir;
    char path[256];
    (void)state;
    assert_int_equal(dv_workdir_open(&workdir, folder, "states", &err), DV_OK);
    snprintf(path, sizeof path, "%s/20250601T013000Z-4f2a", workdir.path);
    put(&workdir, "20250601T013000Z-4f2a", "run.json");
    assert_state(path, DV_RUN_UNFINISHED);
    put(&workdir, "20250601T013000Z-4f2a", "done.json");
    assert_state(path, DV_RUN_DONE);
    put(&workdir, "20250601T013000Z-4f2a", "rolled_back.json");
    assert_state(path, DV_RUN_ROLLED_BACK);
    dv_workdir_close(&workdir);
}

/* Without memory, or where the folder cannot be looked into, a run is neither done nor not done; and the runs
 * are not "none", after which another one would begin. */
static void test_states_that_cannot_be_told(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_workdir workdir;
    enum dv_run_state found;
    char path[400], id[DV_RUN_ID_SIZE];
    (void)state;
    assert_int_equal(dv_workdir_open(&workdir, folder, "untold", &err), DV_OK);
    put(&workdir, "20250601T013000Z-4f2a", "run.json");
    snprintf(path, sizeof path, "%s/20250601T013000Z-4f2a", workdir.path);
    for (unsigned at = 1;; at++) {
        dv_alloc_fail_at(at, 0);
        enum dv_status status = dv_workdir_newest(&workdir, id, &err);
        dv_alloc_fail_at(0, 0);
        if (status == DV_OK) {
            assert_true(at > 2);
            break;
        }
        assert_int_equal(status, DV_FAILED);
    }
    dv_alloc_fail_at(1, 0);
    assert_int_equal(dv_run_state(path, &found, &err), DV_FAILED);
    dv_alloc_fail_at(0, 0);
    /* A name that is too long for the file system stands for a look that fails for another reason than
     * absence. */
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(dv_run_state(path, &found, &err), DV_FAILED);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    dv_workdir_close(&workdir);
}

static void test_ids(void **state)
{
    (void)state;
    assert_true(dv_run_id_valid("20250601T013000Z-4f2a"));
    assert_false(dv_run_id_valid("20250601T013000Z-4F2A"));
    assert_false(dv_run_id_valid("20250601T013000Z-4f2"));
    assert_false(dv_run_id_valid("20250601T013000Z-4f2ab"));
    assert_false(dv_run_id_valid("../../../../../etc/pw"));
    assert_false(dv_run_id_valid(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_newest),
        cmocka_unit_test(test_new_ids_ascend),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_states_that_cannot_be_told),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
