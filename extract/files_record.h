/* One record of a file becomes one record of a part, or a reject. Private to extract/.
 *
 * A reader belongs to one thread and one file: open, { record }*, close (idempotent). */
#ifndef DV_EXTRACT_FILES_RECORD_H
#define DV_EXTRACT_FILES_RECORD_H

#include "core/stage_writer.h"
#include "extract/files.h"

struct dv_record_reader {
    const struct dv_file_layout *file;
    unsigned column_count;
    struct dv_csv_scan scan;
    struct dv_converter converter;
    struct dv_buf plain;  /* a quoted field without its escapes */
    const char **members; /* JSON: the values found, one a column; owned */
    size_t *member_lengths;
    /* Of the record read last: */
    const char *record;
    size_t length;
    uint64_t line, lines; /* where it begins, how many it takes */
    struct dv_field_fault fault;
};

enum dv_record_read {
    DV_RECORD_GOOD,
    DV_RECORD_BAD,  /* see fault; nothing was appended */
    DV_RECORD_NONE, /* a blank line, a comment */
    DV_RECORD_MORE  /* it is not whole in the window */
};

enum dv_status dv_record_open(struct dv_record_reader *reader, const struct dv_file_layout *file,
                              unsigned column_count, struct dv_err *err) DV_MUST_CHECK;
void dv_record_close(struct dv_record_reader *reader);
/* The record at text->at, which is before text->end: its fields go to out, without LF, and text->at behind
 * it. reader->line is the caller's to set, and moves on by `lines`. */
enum dv_status dv_record_next(struct dv_record_reader *reader, struct dv_file_text *text, struct dv_buf *out,
                              enum dv_record_read *read, struct dv_err *err) DV_MUST_CHECK;
/* The record in UTF-8: a byte that has no place in it stands as \xNN, and the backslash of what would look
 * like that as \x5c. */
void dv_record_show(struct dv_record_reader *reader, struct dv_buf *out);
/* The way back: the record in UTF-8 with those bytes as they were. */
void dv_record_unshow(const char *shown, size_t length, struct dv_buf *out);

#endif
