#include "extract/files_record.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "extract/ndjson.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum dv_status dv_record_open(struct dv_record_reader *reader, const struct dv_file_layout *file,
                              unsigned column_count, struct dv_err *err)
{
    *reader = (struct dv_record_reader){
        .file = file,
        .column_count = column_count,
        .converter = {.dialect = &file->spec->dialect, .encoding = &file->encoding},
        .members = dv_calloc((size_t)column_count + 1, sizeof *reader->members),
        .member_lengths = dv_calloc((size_t)column_count + 1, sizeof *reader->member_lengths)};
    if (reader->members == NULL || reader->member_lengths == NULL)
        return dv_fail_memory(err);
    return dv_csv_scan_init(&reader->scan, &file->spec->dialect, file->field_count, err);
}

void dv_record_close(struct dv_record_reader *reader)
{
    dv_csv_scan_release(&reader->scan);
    dv_converter_release(&reader->converter);
    dv_buf_release(&reader->plain);
    dv_free(reader->members);
    dv_free(reader->member_lengths);
    *reader = (struct dv_record_reader){0};
}

/* What is wrong with the record as a whole. */
static bool look_at_fields(struct dv_record_reader *reader, struct dv_record_bytes bytes)
{
    const struct dv_csv_scan *scan = &reader->scan;
    unsigned wanted = reader->file->field_count;
    if (scan->fault != DV_CSV_FINE)
        return dv_field_fail(&reader->fault, "malformed_record", "field %u: %s", scan->fault_field + 1,
                             dv_csv_fault_text(scan->fault));
    if (scan->count != wanted)
        return dv_field_fail(&reader->fault, scan->count < wanted ? "too_few_fields" : "too_many_fields",
                             "the record has %u fields, but %u are expected", scan->count, wanted);
    return !bytes.nul ||
           dv_field_fail(&reader->fault, "nul_byte", "the record holds a byte 0, which no text may hold");
}

static enum dv_status put_field(struct dv_record_reader *reader, const struct dv_file_column *column,
                                bool ascii, struct dv_buf *out, bool *good, struct dv_err *err)
{
    const struct dv_csv_field *field = &reader->scan.fields[column->field];
    const char *text = field->text;
    size_t length = field->length;
    if (field->quoted && length > 0 && memchr(text, reader->scan.escape, length) != NULL) {
        dv_buf_reset(&reader->plain);
        if (!dv_buf_reserve(&reader->plain, length))
            return dv_fail_memory(err);
        length = dv_csv_unescape(&reader->scan, field, reader->plain.data);
        text = reader->plain.data;
    }
    return dv_field_put(&reader->converter, column->column, text, length, field->quoted, ascii,
                        reader->column_count == 1, out, good, &reader->fault, err);
}

/* The whole record, without the line's end. */
static enum dv_status put_record(struct dv_record_reader *reader, const struct dv_file_column *column,
                                 bool ascii, struct dv_buf *out, bool *good, struct dv_err *err)
{
    size_t length = reader->length;
    while (length > 0 && (reader->record[length - 1] == '\n' || reader->record[length - 1] == '\r'))
        length--;
    return dv_field_put(&reader->converter, column->column, reader->record, length, true, ascii,
                        reader->column_count == 1, out, good, &reader->fault, err);
}

static enum dv_status put_columns(struct dv_record_reader *reader, bool ascii, struct dv_buf *out, bool *good,
                                  struct dv_err *err)
{
    bool json = reader->file->spec->format == DV_FILE_NDJSON;
    enum dv_status status = DV_OK;
    *good = true;
    for (unsigned i = 0; i < reader->column_count && *good && status == DV_OK; i++) {
        const struct dv_file_column *column = &reader->file->columns[i];
        if (i > 0)
            dv_buf_byte(out, ',');
        if (column->from == DV_FROM_LINE)
            dv_buf_printf(out, "%" PRIu64, reader->line);
        else if (column->from == DV_FROM_RECORD)
            status = put_record(reader, column, ascii, out, good, err);
        else if (column->from != DV_FROM_FIELD)
            dv_buf_append(out, column->ready, column->ready_length);
        else if (json)
            status = dv_ndjson_put(reader, i, ascii, out, good, err);
        else
            status = put_field(reader, column, ascii, out, good, err);
    }
    return status;
}

static enum dv_csv_found find_line(struct dv_record_reader *reader, const struct dv_file_text *text)
{
    const char *lf = memchr(text->at, '\n', (size_t)(text->end - text->at));
    if (lf == NULL && !text->last)
        return DV_CSV_MORE;
    reader->scan.next = lf != NULL ? lf + 1 : text->end;
    reader->scan.lines = 1;
    for (const char *at = text->at; at < reader->scan.next; at++)
        if (*at != ' ' && *at != '\t' && *at != '\r' && *at != '\n')
            return DV_CSV_RECORD;
    return DV_CSV_NOTHING;
}

enum dv_status dv_record_next(struct dv_record_reader *reader, struct dv_file_text *text, struct dv_buf *out,
                              enum dv_record_read *read, struct dv_err *err)
{
    bool json = reader->file->spec->format == DV_FILE_NDJSON;
    enum dv_csv_found found =
        json ? find_line(reader, text) : dv_csv_scan(&reader->scan, text->at, text->end, text->last);
    *read = found == DV_CSV_MORE ? DV_RECORD_MORE : found == DV_CSV_NOTHING ? DV_RECORD_NONE : DV_RECORD_GOOD;
    if (*read == DV_RECORD_MORE)
        return DV_OK;
    reader->record = text->at;
    reader->length = (size_t)(reader->scan.next - text->at);
    reader->lines = reader->scan.lines;
    text->at = reader->scan.next;
    if (*read == DV_RECORD_NONE)
        return DV_OK;
    size_t start = out->len;
    struct dv_record_bytes bytes = dv_record_look(reader->record, reader->length);
    bool good = json ? dv_ndjson_read(reader, bytes) : look_at_fields(reader, bytes);
    enum dv_status status = DV_OK;
    if (good)
        status = put_columns(reader, !bytes.high, out, &good, err);
    if (!good) {
        *read = DV_RECORD_BAD;
        out->len = start;
    }
    return status;
}

static size_t ascii_length(const char *text, size_t length)
{
    size_t good = 0;
    while (good < length && (unsigned char)text[good] < 0x80)
        good++;
    return good;
}

/* "\xNN" there, of which something is made below: a byte that UTF-8 does not hold, or a backslash. */
static bool is_escape(const char *at, const char *end, unsigned char *byte)
{
    char digits[3] = "";
    if (end - at < 4 || at[0] != '\\' || at[1] != 'x' || !isxdigit((unsigned char)at[2]) ||
        !isxdigit((unsigned char)at[3]))
        return false;
    memcpy(digits, at + 2, 2);
    *byte = (unsigned char)strtoul(digits, NULL, 16);
    return *byte == 0 || *byte == '\\' || *byte > 0x7f;
}

/* Of UTF-8 without a byte 0. */
static void show_text(struct dv_buf *out, const char *at, const char *end)
{
    unsigned char byte;
    for (const char *plain = at;; at++) {
        const char *escape = at < end ? memchr(at, '\\', (size_t)(end - at)) : NULL;
        at = escape != NULL ? escape : end;
        if (at < end && !is_escape(at, end, &byte))
            continue;
        dv_buf_append(out, plain, (size_t)(at - plain));
        if (at == end)
            return;
        dv_buf_str(out, "\\x5c");
        plain = at + 1;
    }
}

void dv_record_show(struct dv_record_reader *reader, struct dv_buf *out)
{
    const struct dv_encoding *encoding = &reader->file->encoding;
    const char *at = reader->record, *end = at + reader->length;
    while (end > at && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    while (at < end) {
        size_t good = encoding->kind == DV_ENCODING_TABLE ? ascii_length(at, (size_t)(end - at))
                                                          : dv_utf8_good(at, (size_t)(end - at));
        const char *nul = memchr(at, '\0', good);
        if (nul != NULL)
            good = (size_t)(nul - at);
        show_text(out, at, at + good);
        at += good;
        if (at == end)
            return;
        unsigned char byte = (unsigned char)*at++;
        if (encoding->kind == DV_ENCODING_TABLE && byte > 0x7f && encoding->size[byte - 128] > 0)
            dv_buf_append(out, encoding->utf8[byte - 128], encoding->size[byte - 128]);
        else
            dv_buf_printf(out, "\\x%02x", byte);
    }
}

void dv_record_unshow(const char *shown, size_t length, struct dv_buf *out)
{
    const char *end = shown + length;
    for (const char *at = shown; at < end;) {
        unsigned char byte;
        if (is_escape(at, end, &byte)) {
            dv_buf_byte(out, (char)byte);
            at += 4;
        } else {
            dv_buf_byte(out, *at++);
        }
    }
}
