/* The sorter: what it gives back must be everything that went in, in one order, whatever memory, workers and
 * partitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/buf.h"
#include "core/file.h"
#include "transform/sorter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Feeds `rows` records, reads all partitions back, and returns what came out as one text. */
static char *sorted(unsigned rows, unsigned bits, unsigned workers, size_t memory, bool expect_spill)
{
    char dir[] = "/tmp/drover-sorter-XXXXXX";
    struct dv_err err = DV_ERR_INIT;
    struct dv_sorter *sorter;
    struct dv_buf out = {0};
    uint64_t seed = 42;
    assert_non_null(mkdtemp(dir));
    char *runs = dv_asprintf("%s/runs", dir);
    assert_int_equal(dv_sorter_new(&sorter, runs, bits, workers, memory, &err), DV_OK);
    for (unsigned i = 0; i < rows; i++) {
        char key[32], payload[64];
        int key_length = snprintf(key, sizeof key, "key-%u", (unsigned)(next_random(&seed) % (rows / 3 + 1)));
        int payload_length = snprintf(payload, sizeof payload, "payload of row %u", i);
        struct dv_record record = {.hash = XXH3_64bits(key, (size_t)key_length),
                                   .sequence = i,
                                   .key = key,
                                   .key_length = (uint32_t)key_length,
                                   .payload = payload,
                                   .payload_length = (uint32_t)payload_length};
        assert_int_equal(dv_sorter_add(sorter, i % workers, &record, &err), DV_OK);
    }
    assert_int_equal(dv_sorter_seal(sorter, &err), DV_OK);
    assert_int_equal(dv_sorter_spilled_bytes(sorter) > 0, expect_spill);
    unsigned count = 0;
    for (unsigned p = 0; p < 1U << bits; p++) {
        struct dv_sorter_cursor *cursor;
        struct dv_record record;
        enum dv_status status;
        assert_int_equal(dv_sorter_open(sorter, p, &cursor, &err), DV_OK);
        while ((status = dv_sorter_next(cursor, &record, &err)) == DV_OK) {
            dv_buf_printf(&out, "%016llx %.*s %.*s\n", (unsigned long long)record.hash,
                          (int)record.key_length, record.key, (int)record.payload_length, record.payload);
            count++;
        }
        assert_int_equal(status, DV_END);
        dv_sorter_close(cursor);
    }
    assert_int_equal(count, rows);
    dv_sorter_free(sorter);
    assert_int_equal(rmdir(dir), 0); /* nothing is left behind */
    dv_free(runs);
    return dv_buf_steal(&out);
}

static void same_order_whatever_the_means(void **state)
{
    (void)state;
    char *plain = sorted(60000, 0, 1, 64U << 20, false);
    static const struct {
        unsigned bits, workers;
        size_t memory;
        bool spill;
    } ways[] = {{0, 1, 1U << 20, true},
                {3, 1, 64U << 20, false},
                {3, 2, 64U << 20, false},
                {4, 5, 32U << 20, false},
                {2, 2, 2U << 20, true}};
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        char *other = sorted(60000, ways[w].bits, ways[w].workers, ways[w].memory, ways[w].spill);
        assert_string_equal(plain, other);
        dv_free(other);
    }
    dv_free(plain);
}

static struct dv_sorter *filled(const char *dir, unsigned rows, size_t memory)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_sorter *sorter;
    assert_int_equal(dv_sorter_new(&sorter, dir, 2, 2, memory, &err), DV_OK);
    for (unsigned i = 0; i < rows; i++) {
        char key[16];
        int length = snprintf(key, sizeof key, "%u", i);
        struct dv_record record = {.hash = XXH3_64bits(key, (size_t)length),
                                   .sequence = i,
                                   .key = key,
                                   .key_length = (uint32_t)length,
                                   .payload = "some payload that takes room",
                                   .payload_length = 28};
        assert_int_equal(dv_sorter_add(sorter, i % 2, &record, &err), DV_OK);
    }
    return sorter;
}

static unsigned count_of(struct dv_sorter *sorter)
{
    struct dv_err err = DV_ERR_INIT;
    unsigned count = 0;
    for (unsigned p = 0; p < 4; p++) {
        struct dv_sorter_cursor *cursor;
        struct dv_record record;
        uint64_t last = 0;
        assert_int_equal(dv_sorter_open(sorter, p, &cursor, &err), DV_OK);
        while (dv_sorter_next(cursor, &record, &err) == DV_OK) {
            assert_true(record.hash >= last);
            last = record.hash;
            count++;
        }
        dv_sorter_close(cursor);
    }
    return count;
}

/* Many small runs are merged on the way, so that reading them all at once stays within the memory. */
static void many_runs_become_few(void **state)
{
    (void)state;
    char dir[] = "/tmp/drover-sorter-XXXXXX";
    struct dv_err err = DV_ERR_INIT;
    assert_non_null(mkdtemp(dir));
    struct dv_sorter *sorter =
        filled(dir, 400000, 2U << 20); /* about 15 runs a worker, of which 8 may stay */
    assert_int_equal(dv_sorter_seal(sorter, &err), DV_OK);
    assert_int_equal(count_of(sorter), 400000);
    dv_sorter_free(sorter);
    rmdir(dir);
}

/* What a process sealed another one reads on; a file cut short is no kept sorter. */
static void a_kept_sorter_is_found_again(void **state)
{
    (void)state;
    char dir[] = "/tmp/drover-sorter-XXXXXX", path[64];
    struct dv_err err = DV_ERR_INIT;
    json_t *note = json_pack("{s:i}", "rows", 7), *found = NULL;
    assert_non_null(mkdtemp(dir));
    struct dv_sorter *sorter = filled(dir, 60000, 2U << 20);
    assert_int_equal(dv_sorter_spill(sorter, &err), DV_OK);
    assert_int_equal(dv_sorter_publish(sorter, note, &err), DV_OK);
    dv_sorter_free(sorter);
    assert_int_equal(dv_sorter_restore(&sorter, dir, 3, &found, &err), DV_END); /* other partitions */
    assert_int_equal(dv_sorter_restore(&sorter, dir, 2, &found, &err), DV_OK);
    assert_int_equal(json_integer_value(json_object_get(found, "rows")), 7);
    json_decref(found);
    assert_int_equal(count_of(sorter), 60000);
    dv_sorter_free(sorter);
    snprintf(path, sizeof path, "%s/run-1.tmp", dir);
    assert_int_equal(truncate(path, 1000), 0);
    assert_int_equal(dv_sorter_restore(&sorter, dir, 2, &found, &err), DV_END);
    json_decref(note);
    assert_int_equal(dv_file_remove_tree(dir, &err), DV_OK);
}

static void rows_of_one_key_keep_their_sequence(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_sorter *sorter;
    struct dv_sorter_cursor *cursor;
    struct dv_record record = {.hash = 7, .key = "k", .key_length = 1, .payload = "", .payload_length = 0};
    assert_int_equal(dv_sorter_new(&sorter, "/tmp/drover-sorter-unused", 0, 2, 1U << 20, &err), DV_OK);
    for (unsigned i = 1000; i-- > 0;) {
        record.sequence = i;
        assert_int_equal(dv_sorter_add(sorter, i % 2, &record, &err), DV_OK);
    }
    assert_int_equal(dv_sorter_seal(sorter, &err), DV_OK);
    assert_int_equal(dv_sorter_open(sorter, 0, &cursor, &err), DV_OK);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(dv_sorter_next(cursor, &record, &err), DV_OK);
        assert_int_equal(record.sequence, i);
    }
    assert_int_equal(dv_sorter_next(cursor, &record, &err), DV_END);
    dv_sorter_close(cursor);
    dv_sorter_free(sorter);
}

static void an_empty_sorter_has_empty_partitions(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_sorter *sorter;
    struct dv_sorter_cursor *cursor;
    struct dv_record record;
    assert_int_equal(dv_sorter_new(&sorter, "/tmp/drover-sorter-unused", 2, 2, 1U << 20, &err), DV_OK);
    assert_int_equal(dv_sorter_seal(sorter, &err), DV_OK);
    for (unsigned p = 0; p < 4; p++) {
        assert_int_equal(dv_sorter_open(sorter, p, &cursor, &err), DV_OK);
        assert_int_equal(dv_sorter_next(cursor, &record, &err), DV_END);
        dv_sorter_close(cursor);
    }
    dv_sorter_free(sorter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_order_whatever_the_means),
        cmocka_unit_test(many_runs_become_few),
        cmocka_unit_test(a_kept_sorter_is_found_again),
        cmocka_unit_test(rows_of_one_key_keep_their_sequence),
        cmocka_unit_test(an_empty_sorter_has_empty_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
