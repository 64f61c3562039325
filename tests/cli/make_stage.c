/* Writes a small dataset for the command line's cases: make_stage DIR PARTS ROWS [unfinished]. Row i of part
 * p is p*ROWS+i, a text with everything that CSV has to quote, and NULL in every third row. */
#include "core/stage_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dv_status write_part(const char *dir, const struct dv_column *columns, uint32_t part,
                                 unsigned rows, struct dv_err *err)
{
    static const char *const texts[] = {"plain", "with, comma",  "with \"quotes\"", "two\nlines",
                                        "",      "ğüşİ 🙂"};
    struct dv_stage_writer *writer = NULL;
    enum dv_status status = dv_stage_writer_open(&writer, dir, part, columns, 3, err);
    for (unsigned i = 0; i < rows && status == DV_OK; i++) {
        const char *text = texts[i % 6];
        struct dv_value row[3] = {dv_int((int64_t)part * rows + i), dv_text(text, strlen(text)),
                                  i % 3 == 0 ? dv_null() : dv_int(i)};
        status = dv_stage_writer_row(writer, row, err);
    }
    if (status == DV_OK)
        return dv_stage_writer_publish(writer, NULL, err);
    dv_stage_writer_abort(writer);
    return status;
}

int main(int argc, char **argv)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_column columns[3] = {{.name = "id", .type = dv_type_of(DV_TYPE_INT8)},
                                   {.name = "Full Name", .type = dv_type_of(DV_TYPE_TEXT)},
                                   {.name = "age", .type = dv_type_of(DV_TYPE_INT4)}};
    if (argc < 4)
        return 2;
    enum dv_status status = DV_OK;
    uint32_t parts = (uint32_t)atoi(argv[2]);
    for (uint32_t part = 0; part < parts && status == DV_OK; part++)
        status = write_part(argv[1], columns, part, (unsigned)atoi(argv[3]), &err);
    if (status == DV_OK && argc == 4)
        status = dv_dataset_publish(argv[1], parts, columns, 3, NULL, &err);
    if (status == DV_OK)
        return 0;
    char text[2048];
    dv_err_format(&err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 1;
}
