/* Writes a small dataset for the command line's cases: make_stage DIR PARTS ROWS [rejects] [unfinished]. Row
 * i of part p is p*ROWS+i, a text with everything that CSV has to quote, and NULL in every third row.
 * rejects: with the columns of rejects in front, as if the rows were those of dataset people. */
#include "core/stage_writer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 6

static struct dv_value text_value(const char *text)
{
    return dv_text(text, strlen(text));
}

static enum dv_status write_part(const char *dir, const struct dv_column *columns, bool rejects,
                                 uint32_t part, unsigned rows, struct dv_err *err)
{
    static const char *const texts[] = {"plain", "with, comma",  "with \"quotes\"", "two\nlines",
                                        "",      "ğüşİ 🙂"};
    struct dv_stage_writer *writer = NULL;
    unsigned first = rejects ? 0 : PLACES;
    enum dv_status status =
        dv_stage_writer_open(&writer, dir, part, columns + first, PLACES + 3 - first, err);
    for (unsigned i = 0; i < rows && status == DV_OK; i++) {
        struct dv_value row[PLACES + 3] = {text_value("no_age"),
                                           text_value(i % 2 == 0 ? "value \"1\"" : "value \"22\""),
                                           text_value(strstr(dir, "load-") != NULL ? "load" : "transform"),
                                           text_value("people"),
                                           dv_int(part),
                                           dv_int(i + 1),
                                           dv_int((int64_t)part * rows + i),
                                           text_value(texts[i % 6]),
                                           i % 3 == 0 ? dv_null() : dv_int(i)};
        status = dv_stage_writer_row(writer, row + first, err);
    }
    if (status == DV_OK)
        return dv_stage_writer_publish(writer, NULL, err);
    dv_stage_writer_abort(writer);
    return status;
}

int main(int argc, char **argv)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_column columns[PLACES + 3] = {{.name = "reason", .type = dv_type_of(DV_TYPE_TEXT)},
                                            {.name = "detail", .type = dv_type_of(DV_TYPE_TEXT)},
                                            {.name = "stage", .type = dv_type_of(DV_TYPE_TEXT)},
                                            {.name = "dataset", .type = dv_type_of(DV_TYPE_TEXT)},
                                            {.name = "part", .type = dv_type_of(DV_TYPE_INT8)},
                                            {.name = "row", .type = dv_type_of(DV_TYPE_INT8)},
                                            {.name = "id", .type = dv_type_of(DV_TYPE_INT8)},
                                            {.name = "Full Name", .type = dv_type_of(DV_TYPE_TEXT)},
                                            {.name = "age", .type = dv_type_of(DV_TYPE_INT4)}};
    if (argc < 4)
        return 2;
    enum dv_status status = DV_OK;
    uint32_t parts = (uint32_t)atoi(argv[2]);
    bool rejects = argc > 4 && strcmp(argv[4], "rejects") == 0;
    bool finished = argc == (rejects ? 5 : 4);
    unsigned first = rejects ? 0 : PLACES;
    for (uint32_t part = 0; part < parts && status == DV_OK; part++)
        status = write_part(argv[1], columns, rejects, part, (unsigned)atoi(argv[3]), &err);
    if (status == DV_OK && finished)
        status = dv_dataset_publish(argv[1], parts, columns + first, PLACES + 3 - first, NULL, &err);
    if (status == DV_OK)
        return 0;
    char text[2048];
    dv_err_format(&err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 1;
}
