/* What the tests of load/ share: a run's folder with datasets made by SQL, and one call to load, verify or
 * take back. */
#ifndef DV_TESTS_PG_LOAD_FIXTURE_H
#define DV_TESTS_PG_LOAD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "harness.h"
#include "load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A part of two columns: 1000 rows, numbered on from part to part. */
#define PART_SQL                                                                                             \
    "SELECT p * 1000 + g, 'name ' || p * 1000 + g FROM generate_series(1, 1000) g, (SELECT %u AS p) x"

static inline void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

struct run {
    struct dv_context context;
    char id[64], *dir, *dataset_dir[4];
    struct dv_load_spec specs[4];
    unsigned count;
    struct dv_load_count counts[4];
};

static inline void run_new(struct run *run, const char *id)
{
    *run = (struct run){.count = 0};
    (void)snprintf(run->id, sizeof run->id, "%s", id);
    run->dir = test_path(run->id);
    run->context = (struct dv_context){.job = "test", .run_id = run->id, .run_dir = run->dir, .workers = 2};
}

static inline void run_end(struct run *run)
{
    dv_free(run->dir);
    for (unsigned i = 0; i < run->count; i++)
        dv_free(run->dataset_dir[i]);
}

/* columns: "id bigint, name text". sql: its rows become the part; %u stands for the part's number. */
static inline void make_dataset(const char *dir, const char *columns, unsigned parts, const char *sql)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_column list[16];
    unsigned count = 0;
    char text[512], query[2048], *rest = NULL;
    (void)snprintf(text, sizeof text, "%s", columns);
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        item += strspn(item, " ");
        char *type = strchr(item, ' ');
        *type++ = '\0';
        (void)snprintf(list[count].name, sizeof list[count].name, "%s", item);
        test_ok(dv_type_parse(type, strlen(type), &list[count].type, &err), &err);
        count++;
    }
    struct dv_pg *pg = test_connect();
    for (unsigned part = 0; part < parts; part++) {
        struct dv_stage_writer *writer;
        const char *data;
        size_t length;
        const char *number = strstr(sql, "%u");
        assert_non_null(number);
        (void)snprintf(query, sizeof query, "COPY (%.*s%u%s) TO STDOUT (FORMAT csv)", (int)(number - sql),
                       sql, part, number + 2);
        test_ok(dv_stage_writer_open(&writer, dir, part, list, count, &err), &err);
        test_ok(dv_pg_copy_out_begin(pg, query, &err), &err);
        enum dv_status status;
        while ((status = dv_pg_copy_out_data(pg, &data, &length, &err)) == DV_OK)
            test_ok(dv_stage_writer_record(writer, data, length, &err), &err);
        assert_int_equal(status, DV_END);
        test_ok(dv_stage_writer_publish(writer, NULL, &err), &err);
    }
    test_ok(dv_dataset_publish(dir, parts, list, count, NULL, &err), &err);
    dv_pg_close(pg);
}

static const char *const key_id[] = {"id"};

static inline struct dv_load_spec *run_step(struct run *run, const char *step, const char *table,
                                            const char *mode, const char *columns, unsigned parts,
                                            const char *sql)
{
    char *dir = dv_asprintf("%s/transform/%s", run->dir, step);
    assert_non_null(dir);
    make_dataset(dir, columns, parts, sql);
    struct dv_load_spec *spec = &run->specs[run->count];
    *spec = (struct dv_load_spec){.step = step,
                                  .dataset = step,
                                  .dataset_dir = dir,
                                  .table = table,
                                  .mode = mode,
                                  .key = key_id,
                                  .key_count = 1};
    run->dataset_dir[run->count++] = dir;
    return spec;
}

static inline enum dv_status load_limited(struct run *run, uint64_t most, struct dv_err *err)
{
    struct dv_target *target = NULL;
    struct dv_allowance allowance = {.rows = most};
    enum dv_status status = dv_target_open(&target, &run->context, test_url(), true, err);
    if (status == DV_OK)
        status = dv_target_check_loaded(target, &run->context, err);
    if (status == DV_OK)
        status = dv_load_run(target, &run->context, run->specs, run->count, &allowance, run->counts, err);
    if (status < 0 && err->code == DV_EXIT_REJECTS)
        status = dv_load_take_back(target, &run->context, run->specs, run->count, err);
    dv_target_close(target);
    return status;
}

static inline void load(struct run *run)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(load_limited(run, UINT64_MAX, &err), &err);
}

static inline void assert_counts(const struct dv_load_count *count, uint64_t inserted, uint64_t updated,
                                 uint64_t unchanged, uint64_t rejected)
{
    assert_int_equal(count->offered, inserted + updated + unchanged + rejected);
    assert_int_equal(count->inserted, inserted);
    assert_int_equal(count->updated, updated);
    assert_int_equal(count->unchanged, unchanged);
    assert_int_equal(count->rejected, rejected);
}

static inline void assert_value(const char *sql, const char *expected)
{
    char *value = test_value(sql);
    assert_string_equal(value, expected);
    dv_free(value);
}

static inline void roll_back(struct run *run, bool act, struct dv_rollback_count *counts)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_target *target = NULL;
    struct dv_rollback_count planned[4] = {0};
    bool rest = false;
    test_ok(dv_target_open(&target, &run->context, test_url(), false, &err), &err);
    test_ok(dv_rollback_check(target, &run->context, run->specs, run->count, planned, run->dir, &err), &err);
    test_ok(dv_rollback_plan(target, &run->context, run->specs, run->count, planned, &err), &err);
    if (act) {
        test_ok(dv_rollback_run(target, &run->context, run->specs, run->count, planned, counts, &err), &err);
        test_ok(dv_rollback_finish(target, &run->context, &rest, &err), &err);
        assert_false(rest);
    }
    for (unsigned i = 0; i < run->count; i++) {
        if (act)
            assert_memory_equal(&counts[i], &planned[i], sizeof planned[i]);
        else
            counts[i] = planned[i];
    }
    dv_target_close(target);
}

#endif
