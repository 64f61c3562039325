/* A file extracted in a folder of its own, and what came of it as text. */
#ifndef DV_TESTS_FILES_CHECK_H
#define DV_TESTS_FILES_CHECK_H

#include "core/alloc.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/stage_reader.h"
#include "extract/extract.h"
#include "tests/exists.h"
#include "tests/unit/core/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct extracted {
    enum dv_status status;
    struct dv_err err;
    char *rows;    /* records of all parts, "" where there is none; owned */
    char *rejects; /* likewise; owned */
    struct dv_tally tally;
};

struct files_case {
    const char *name, *content;
    size_t length;       /* 0: that of the string */
    const char *columns; /* "a text; b bigint" */
    struct dv_dialect dialect;
};

static inline struct dv_dialect plain_dialect(void)
{
    struct dv_dialect dialect;
    dv_dialect_default(&dialect);
    return dialect;
}

static inline void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        abort();
}

static inline unsigned parse_columns(const char *text, struct dv_column *columns)
{
    unsigned count = 0;
    struct dv_err err = DV_ERR_INIT;
    while (*text != '\0') {
        size_t name = strcspn(text, " "), type = strcspn(text + name + 1, ";");
        (void)snprintf(columns[count].name, sizeof columns[count].name, "%.*s", (int)name, text);
        if (dv_type_parse(text + name + 1, type, &columns[count++].type, &err) != DV_OK)
            abort();
        text += name + 1 + type;
        text += strspn(text, "; ");
    }
    return count;
}

/* All records of a dataset, header left out. */
static inline char *read_rows(const char *dir)
{
    struct dv_buf out = {0};
    struct dv_err err = DV_ERR_INIT;
    for (uint32_t part = 0; part_exists(dir, part); part++) {
        struct dv_stage_reader *reader = NULL;
        struct dv_stage_block block;
        if (dv_stage_verify_part(dir, part, &err) != DV_OK ||
            dv_stage_reader_open(&reader, dir, part, &err) != DV_OK)
            abort();
        while (dv_stage_reader_block(reader, &block, &err) == DV_OK)
            dv_buf_append(&out, block.data, block.length);
        dv_stage_reader_close(reader);
    }
    return dv_buf_steal(&out);
}

/* Extracts the file `test->name`, which lies in temp_folder, as the dataset "data" into temp_folder/run. */
static inline void extract_file(const struct files_case *test, unsigned workers, struct extracted *out)
{
    struct dv_dataset_manifest manifest = {0};
    struct dv_context context = {
        .job = "test", .run_id = "r", .run_dir = in_temp("run"), .workers = workers, .memory = 64 << 20};
    struct dv_column columns[64];
    const char *names[64];
    unsigned count = parse_columns(test->columns, columns);
    for (unsigned i = 0; i < count; i++)
        names[i] = columns[i].name;
    struct dv_file_spec file = {
        .path = test->name, .dialect = test->dialect, .order = names, .order_count = count};
    (void)dv_file_format_of(test->name, &file.format, &file.gzip);
    char uri[600];
    (void)snprintf(uri, sizeof uri, "dir:%s", temp_folder);
    struct dv_extract_spec spec = {.name = "data",
                                   .source_uri = uri,
                                   .table = test->name,
                                   .columns = names,
                                   .column_count = count,
                                   .declared = columns,
                                   .declared_count = count,
                                   .files = &file,
                                   .file_count = 1,
                                   .part_bytes = 3 * 1024 * 1024};
    *out = (struct extracted){.err = DV_ERR_INIT};
    out->status = dv_extract_run(&context, &spec, 1, false, &out->err);
    out->rows = read_rows(in_temp("run/extract/data"));
    out->rejects = read_rows(in_temp("run/rejects/extract-data"));
    if (out->status == DV_OK) {
        if (dv_dataset_manifest_read(in_temp("run/extract/data"), &manifest, &out->err) != DV_OK)
            abort();
        out->tally = manifest.tally;
    }
    dv_dataset_manifest_release(&manifest);
}

static inline void free_extracted(struct extracted *extracted)
{
    dv_free(extracted->rows);
    dv_free(extracted->rejects);
}

/* The same in a folder that comes and goes. */
static inline void extract_case(const struct files_case *test, struct extracted *out)
{
    void *state = NULL;
    if (make_temp_folder(&state) != 0)
        abort();
    write_file(in_temp(test->name), test->content, test->length > 0 ? test->length : strlen(test->content));
    extract_file(test, 1, out);
    if (remove_temp_folder(&state) != 0)
        abort();
}

/* "LINE:REASON " of each reject. */
static inline char *reject_list(const char *rejects)
{
    struct dv_buf out = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value values[9];
    const char *end = rejects + strlen(rejects);
    for (const char *at = rejects, *next; at < end; at = next) {
        if (dv_csv_split(at, end, values, 9, &next, &err) != DV_OK)
            abort();
        dv_buf_append(&out, values[7].u.p, values[7].len);
        dv_buf_byte(&out, ':');
        dv_buf_append(&out, values[0].u.p, values[0].len);
        dv_buf_byte(&out, ' ');
    }
    return dv_buf_steal(&out);
}

#endif
