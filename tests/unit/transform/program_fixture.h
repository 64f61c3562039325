/* A folder with models and extracted datasets, the program run over them, and what came out. For tests that
 * include it once each. */
#ifndef DV_TESTS_PROGRAM_FIXTURE_H
#define DV_TESTS_PROGRAM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "transform/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char dir[64];
    char *models, *run;
    struct dv_input inputs[4];
    unsigned input_count;
    struct dv_model_spec specs[4];
    unsigned spec_count;
    struct dv_err err;
};

static int setup(void **state)
{
    struct fixture *fixture = dv_calloc(1, sizeof *fixture);
    strcpy(fixture->dir, "/tmp/drover-program-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    fixture->models = dv_asprintf("%s/models", fixture->dir);
    fixture->run = dv_asprintf("%s/run", fixture->dir);
    fixture->err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(dv_file_make_dirs(fixture->models, &fixture->err), DV_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(dv_file_remove_tree(fixture->dir, &fixture->err), DV_OK);
    for (unsigned i = 0; i < fixture->input_count; i++) {
        union {
            const struct dv_column *given;
            void *owned;
        } columns = {.given = fixture->inputs[i].columns};
        dv_free(columns.owned);
    }
    dv_free(fixture->models);
    dv_free(fixture->run);
    dv_free(fixture);
    return 0;
}

static inline void model(struct fixture *fixture, const char *name, const char *sql)
{
    char *path = dv_asprintf("%s/%s.sql", fixture->models, name);
    assert_int_equal(dv_file_publish(path, sql, strlen(sql), &fixture->err), DV_OK);
    dv_free(path);
}

/* "id bigint, email text" */
static struct dv_column *columns_of(const char *text, unsigned *count)
{
    struct dv_column *columns = dv_calloc(32, sizeof *columns);
    struct dv_err err = DV_ERR_INIT;
    *count = 0;
    while (*text != '\0') {
        struct dv_column *column = &columns[(*count)++];
        size_t name = strcspn(text, " "), type = strcspn(text + name + 1, ",");
        snprintf(column->name, sizeof column->name, "%.*s", (int)name, text);
        assert_int_equal(dv_type_parse(text + name + 1, type, &column->type, &err), DV_OK);
        text += name + 1 + type;
        text += strspn(text, ", ");
    }
    return columns;
}

/* parts: CSV records of each part, NULL-terminated. */
static void input(struct fixture *fixture, const char *name, const char *columns, const char *const *parts)
{
    struct dv_input *input = &fixture->inputs[fixture->input_count++];
    char *dir = dv_asprintf("%s/extract/%s", fixture->run, name);
    uint32_t part = 0;
    input->name = name;
    input->columns = columns_of(columns, &input->column_count);
    for (; parts[part] != NULL; part++) {
        struct dv_stage_writer *writer;
        assert_int_equal(
            dv_stage_writer_open(&writer, dir, part, input->columns, input->column_count, &fixture->err),
            DV_OK);
        for (const char *at = parts[part]; *at != '\0';) {
            size_t length = strcspn(at, "\n") + 1;
            assert_int_equal(dv_stage_writer_record(writer, at, length, &fixture->err), DV_OK);
            at += length;
        }
        assert_int_equal(dv_stage_writer_publish(writer, NULL, &fixture->err), DV_OK);
    }
    assert_int_equal(dv_dataset_publish(dir, part, input->columns, input->column_count, NULL, &fixture->err),
                     DV_OK);
    dv_free(dir);
}

static enum dv_status run(struct fixture *fixture, unsigned workers, size_t memory)
{
    struct dv_context context = {
        .job = "test", .run_id = "r", .run_dir = fixture->run, .workers = workers, .memory = memory};
    struct dv_program *program = NULL;
    enum dv_status status = dv_program_new(&program, fixture->models, fixture->inputs, fixture->input_count,
                                           fixture->specs, fixture->spec_count, NULL, 0, 0, &fixture->err);
    if (status == DV_OK)
        status = dv_program_run(program, &context, &fixture->err);
    dv_program_free(program);
    if (status != DV_OK && getenv("DROVER_TEST_SHOW") != NULL)
        print_message("%s\n", fixture->err.message);
    return status;
}

/* All rows of a dataset, parts in order. */
static char *rows_of(struct fixture *fixture, const char *dataset)
{
    char *dir = dv_asprintf("%s/%s", fixture->run, dataset);
    struct dv_dataset_manifest manifest;
    struct dv_buf out = {0};
    assert_int_equal(dv_dataset_manifest_read(dir, &manifest, &fixture->err), DV_OK);
    for (uint32_t part = 0; part < manifest.part_count; part++) {
        struct dv_stage_reader *reader;
        struct dv_stage_block block;
        assert_int_equal(dv_stage_verify_part(dir, part, &fixture->err), DV_OK);
        assert_int_equal(dv_stage_reader_open(&reader, dir, part, &fixture->err), DV_OK);
        while (dv_stage_reader_block(reader, &block, &fixture->err) == DV_OK)
            dv_buf_append(&out, block.data, block.length);
        dv_stage_reader_close(reader);
    }
    dv_dataset_manifest_release(&manifest);
    dv_free(dir);
    dv_buf_byte(&out, '\0');
    return out.data;
}

static inline struct dv_tally tally_of(struct fixture *fixture, const char *dataset)
{
    char *dir = dv_asprintf("%s/%s", fixture->run, dataset);
    struct dv_dataset_manifest manifest;
    assert_int_equal(dv_dataset_manifest_read(dir, &manifest, &fixture->err), DV_OK);
    struct dv_tally tally = manifest.tally;
    dv_dataset_manifest_release(&manifest);
    dv_free(dir);
    return tally;
}

static inline void assert_rows(struct fixture *fixture, const char *dataset, const char *expected)
{
    char *rows = rows_of(fixture, dataset);
    assert_string_equal(rows, expected);
    dv_free(rows);
}

#endif
