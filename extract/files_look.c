#include "extract/files.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/value_error.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME       "dir:"
#define MOST_HEADERS 65536U

enum dv_status dv_file_fail(const struct dv_file_layout *file, uint64_t line, struct dv_err *err,
                            const char *format, ...)
{
    char message[768];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return dv_fail(err, DV_EXIT_FAULT, "%s, line %llu: %s", file->spec->path, (unsigned long long)line,
                   message);
}

enum dv_status dv_file_more(const struct dv_file_layout *file, struct dv_file_text *text, uint64_t line,
                            struct dv_err *err)
{
    uint64_t most = file->spec->dialect.max_record;
    if ((uint64_t)(text->end - text->at) < most)
        return dv_file_text_more(text, err);
    enum dv_status status = dv_file_fail(file, line, err, "a record longer than %llu bytes begins here",
                                         (unsigned long long)most);
    dv_err_hint(err, "most likely a quote is never closed, or lines end in another way than by a line feed; "
                     "where records are meant to be as long, set max_record in the dialect");
    return status;
}

/* ---- the folder ---- */

/* Names in the folder of the path that is not there, for the nearest of them. */
static enum dv_status no_file(const struct dv_file_layout *file, struct dv_err *err)
{
    const char *slash = strrchr(file->path, '/');
    char *folder = dv_strndup(file->path, (size_t)(slash - file->path));
    struct dirent **entries = NULL; /* of the C library's heap */
    int count = folder != NULL ? scandir(folder, &entries, NULL, alphasort) : -1;
    enum dv_status status;
    if (folder != NULL && count < 0 && errno == ENOENT) {
        status = dv_fail(err, DV_EXIT_FAULT, "there is no folder %s", folder);
        dv_err_hint(err, "check --source dir:PATH");
    } else {
        const char **names = dv_calloc((size_t)(count > 0 ? count : 0) + 1, sizeof *names);
        size_t kept = 0;
        for (int i = 0; i < count && names != NULL; i++)
            if (entries[i]->d_name[0] != '.')
                names[kept++] = entries[i]->d_name;
        const char *nearest = names != NULL ? dv_nearest(slash + 1, names, kept) : NULL;
        status = dv_fail(err, DV_EXIT_FAULT, "there is no file %s", file->path);
        if (nearest != NULL)
            dv_err_hint(err,
                        "the nearest name there is %s; where the file may be absent, say \"optional\": true",
                        nearest);
        else
            dv_err_hint(err, "the folder is empty; where the file may be absent, say \"optional\": true");
        dv_free(names);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    dv_free(folder);
    return status;
}

static enum dv_status find_file(const struct dv_extract_spec *spec, struct dv_files_layout *layout,
                                struct dv_file_layout *file, struct dv_err *err)
{
    const char *folder = spec->source_uri + strlen(SCHEME);
    bool there = false;
    file->path = dv_arena_printf(&layout->arena, "%s/%s", folder, file->spec->path);
    if (file->path == NULL)
        return dv_fail_memory(err);
    enum dv_status looked = *folder != '\0' ? dv_file_look(file->path, &there, err) : DV_OK;
    if (looked != DV_OK)
        return looked;
    file->absent = !there;
    if (!file->absent || spec->optional) {
        enum dv_status status = dv_encoding_find(file->spec->dialect.encoding, &file->encoding, err);
        if (file->encoding.kind == DV_ENCODING_TABLE && file->spec->format == DV_FILE_NDJSON)
            file->encoding.kind = DV_ENCODING_STREAM; /* a record is one text there, not fields */
        return status;
    }
    if (*folder == '\0') {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "no folder is given for %s", file->spec->path);
        dv_err_hint(err, "add --source dir:PATH");
        return status;
    }
    return no_file(file, err);
}

/* ---- the header ---- */

static const char *header_name(struct dv_files_layout *layout, const struct dv_file_layout *file,
                               const struct dv_csv_scan *scan, const struct dv_csv_field *field)
{
    struct dv_converter converter = {.dialect = &file->spec->dialect, .encoding = &file->encoding};
    struct dv_column text = {.name = "header", .type = dv_type_of(DV_TYPE_TEXT)};
    struct dv_field_fault fault;
    const char *p = field->text, *name = NULL;
    size_t length = field->length;
    char *plain = dv_arena_alloc(&layout->arena, length + 1);
    if (plain == NULL)
        return NULL;
    if (field->quoted) {
        length = dv_csv_unescape(scan, field, plain);
        p = plain;
    }
    dv_trim_blanks(&p, &length);
    if (dv_field_utf8(&converter, &text, &p, &length, &fault))
        name = dv_arena_copy(&layout->arena, p, length);
    else
        name = "";
    dv_converter_release(&converter);
    return name;
}

static enum dv_status take_header(struct dv_files_layout *layout, struct dv_file_layout *file,
                                  const struct dv_csv_scan *scan, uint64_t line, struct dv_err *err)
{
    if (scan->fault != DV_CSV_FINE) {
        enum dv_status status = dv_file_fail(file, line + scan->fault_line, err, "the header is wrong: %s",
                                             dv_csv_fault_text(scan->fault));
        dv_err_hint(err, "correct the file, or say in the dialect how it is written");
        return status;
    }
    if (scan->count > scan->capacity)
        return dv_file_fail(file, line, err, "the header has %u columns, more than %u", scan->count,
                            scan->capacity);
    file->header_count = scan->count;
    file->header = dv_arena_zalloc(&layout->arena, scan->count * sizeof *file->header);
    if (file->header == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < scan->count; i++)
        if ((file->header[i] = header_name(layout, file, scan, &scan->fields[i])) == NULL)
            return dv_fail_memory(err);
    return DV_OK;
}

/* The header record, where there is one: what stands before it (comments, blank lines) is passed over. */
static enum dv_status read_header(struct dv_files_layout *layout, struct dv_file_layout *file,
                                  struct dv_file_text *text, uint64_t *line, struct dv_err *err)
{
    struct dv_csv_scan scan = {0};
    enum dv_status status;
    DV_TRY(dv_csv_scan_init(&scan, &file->spec->dialect, MOST_HEADERS, err));
    for (;;) {
        enum dv_csv_found found = DV_CSV_MORE;
        if (text->at < text->end)
            found = dv_csv_scan(&scan, text->at, text->end, text->last);
        else if (text->last)
            break;
        if (found == DV_CSV_MORE) {
            DV_TRY(dv_file_more(file, text, file->line, err));
            continue;
        }
        *line = file->line;
        text->at = scan.next;
        file->line += scan.lines;
        if (found == DV_CSV_NOTHING)
            continue;
        status = take_header(layout, file, &scan, *line, err);
        goto done;
    }
    status = dv_fail(err, DV_EXIT_FAULT, "%s is empty: it has not even a header", file->spec->path);
    dv_err_hint(err,
                "have the file sent again; where it has no header, say \"header\": false in the dialect");
done:
    dv_csv_scan_release(&scan);
    return status;
}

/* ---- columns ---- */

static enum dv_status not_in_header(const struct dv_file_layout *file, uint64_t line,
                                    const char *const *names, const char *wanted, struct dv_err *err)
{
    const char *nearest = dv_nearest(wanted, names, file->field_count);
    enum dv_status status = dv_file_fail(file, line, err, "the header has no column \"%s\"", wanted);
    if (file->field_count == 1)
        dv_err_hint(err, "it has one column, \"%.120s\": is another delimiter meant?", names[0]);
    else
        dv_err_hint(err,
                    "the nearest there is \"%.60s\"; correct the job, or give the header's word in names: "
                    "{\"%.60s\": \"COLUMN\"}",
                    nearest, nearest);
    return status;
}

/* Among the header's words, or the columns in order where the file has none. */
static enum dv_status find_field(const struct dv_file_layout *file, uint64_t line, const char *wanted,
                                 unsigned *field, struct dv_err *err)
{
    const char *const *names = file->spec->dialect.header ? file->header : file->spec->order;
    unsigned found = file->field_count;
    for (unsigned i = 0; i < file->field_count; i++) {
        if (strcmp(names[i], wanted) != 0)
            continue;
        if (found < file->field_count) {
            enum dv_status status =
                dv_file_fail(file, line, err, "the header has the column \"%s\" twice, as columns %u and %u",
                             wanted, found + 1, i + 1);
            dv_err_hint(err, "rename one of them in the file");
            return status;
        }
        found = i;
    }
    *field = found;
    return found < file->field_count ? DV_OK : not_in_header(file, line, names, wanted, err);
}

static enum dv_status make_constant(struct dv_files_layout *layout, struct dv_file_column *column,
                                    const char *value, struct dv_err *err)
{
    struct dv_dialect plain;
    dv_dialect_default(&plain);
    struct dv_encoding utf8 = {.kind = DV_ENCODING_UTF8, .name = "utf-8"};
    struct dv_converter converter = {.dialect = &plain, .encoding = &utf8};
    struct dv_buf out = {0};
    struct dv_field_fault fault;
    bool good = true;
    enum dv_status status = DV_OK;
    column->ready = "";
    column->ready_length = 0;
    if (value != NULL)
        DV_TRY(dv_field_put(&converter, column->column, value, strlen(value), true, false,
                            layout->column_count == 1, &out, &good, &fault, err));
    if (!good) {
        status = dv_fail(err, DV_EXIT_USAGE, "extract.%s: set: %s", layout->spec->name, fault.detail);
        goto done;
    }
    column->ready_length = out.len;
    column->ready = dv_arena_copy(&layout->arena, out.len > 0 ? out.data : "", out.len);
    status = column->ready != NULL ? dv_buf_check(&out, err) : dv_fail_memory(err);
done:
    dv_converter_release(&converter);
    dv_buf_release(&out);
    return status;
}

/* The file's own word for a column. */
static const char *word_for(const struct dv_file_spec *spec, const char *column)
{
    for (unsigned i = 0; i < spec->name_count; i++)
        if (strcmp(spec->names[i].column, column) == 0)
            return spec->names[i].header;
    return column;
}

static enum dv_status place_column(struct dv_files_layout *layout, const struct dv_file_layout *file,
                                   uint64_t line, struct dv_file_column *out, struct dv_err *err)
{
    const struct dv_file_spec *spec = file->spec;
    const char *name = out->column->name;
    for (unsigned i = 0; i < spec->constant_count; i++)
        if (strcmp(spec->constants[i].column, name) == 0) {
            out->from = DV_FROM_CONSTANT;
            return make_constant(layout, out, spec->constants[i].value, err);
        }
    if (strcmp(name, DV_FILE_LINE_COLUMN) == 0 || strcmp(name, DV_FILE_RECORD_COLUMN) == 0) {
        out->from = strcmp(name, DV_FILE_LINE_COLUMN) == 0 ? DV_FROM_LINE : DV_FROM_RECORD;
        return DV_OK;
    }
    if (strcmp(name, DV_FILE_NAME_COLUMN) == 0) {
        enum dv_status status = make_constant(layout, out, spec->path, err);
        out->from = DV_FROM_NAME;
        return status;
    }
    const char *word = word_for(spec, name);
    out->from = DV_FROM_FIELD;
    out->key = word;
    out->key_length = strlen(word);
    return file->absent || spec->format == DV_FILE_NDJSON
               ? DV_OK
               : find_field(file, line, spec->dialect.header ? word : name, &out->field, err);
}

enum dv_status dv_files_place(struct dv_files_layout *layout, struct dv_file_layout *file, uint64_t line,
                              struct dv_err *err)
{
    const struct dv_file_spec *spec = file->spec;
    enum dv_status status = DV_OK;
    if (spec->format == DV_FILE_CSV)
        file->field_count = spec->dialect.header ? file->header_count : spec->order_count;
    file->columns = dv_arena_zalloc(&layout->arena, layout->column_count * sizeof *file->columns);
    if (file->columns == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < layout->column_count && status == DV_OK; i++) {
        file->columns[i].column = &layout->columns[i];
        status = place_column(layout, file, line, &file->columns[i], err);
    }
    return status;
}

/* Of records in the window. */
static uint64_t estimate(const struct dv_file_layout *file, const struct dv_file_text *text)
{
    uint64_t lines = 0, bytes = (uint64_t)(text->end - text->at);
    for (const char *at = text->at;
         at < text->end && (at = memchr(at, '\n', (size_t)(text->end - at))) != NULL; at++)
        lines++;
    if (lines == 0 || text->last)
        return lines;
    return (file->spec->gzip ? 4 * text->stamp.size : text->stamp.size) / (bytes / lines + 1);
}

static enum dv_status look_at_json(const struct dv_file_layout *file, const struct dv_file_text *text,
                                   struct dv_err *err)
{
    const char *at = text->at;
    while (at < text->end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
        at++;
    if (at == text->end || *at == '{')
        return DV_OK;
    enum dv_status status = dv_file_fail(file, file->line, err,
                                         "NDJSON holds one JSON object a line, but this begins with \"%c\"",
                                         *at >= ' ' && *at < 127 ? *at : '?');
    dv_err_hint(err, *at == '[' ? "jq -c '.[]' makes NDJSON of an array" : "is it another format?");
    return status;
}

static enum dv_status look_at_file(struct dv_files_layout *layout, struct dv_file_layout *file,
                                   struct dv_err *err)
{
    const struct dv_file_spec *spec = file->spec;
    struct dv_file_text text = {0};
    uint64_t header_line = 1;
    enum dv_status status = DV_OK;
    file->line = 1;
    if (!file->absent) {
        DV_TRY(dv_file_text_open(&text, file->path, spec, &file->encoding, err));
        DV_TRY(dv_file_text_more(&text, err));
        file->stamp = text.stamp;
        if (text.end - text.at >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
            text.at += 3;
        if (spec->format == DV_FILE_NDJSON)
            DV_TRY(look_at_json(file, &text, err));
        else if (spec->dialect.header)
            DV_TRY(read_header(layout, file, &text, &header_line, err));
        file->offset = dv_file_text_offset(&text);
        file->estimated_rows = estimate(file, &text);
    }
    status = dv_files_place(layout, file, header_line, err);
done:
    dv_file_text_close(&text);
    return status;
}

enum dv_status dv_files_look(const struct dv_extract_spec *spec, struct dv_files_layout *layout,
                             struct dv_err *err)
{
    *layout = (struct dv_files_layout){.spec = spec};
    enum dv_status status = dv_extract_declared(spec, &layout->columns, &layout->column_count, err);
    if (status != DV_OK)
        return status;
    layout->files = dv_arena_zalloc(&layout->arena, spec->file_count * sizeof *layout->files);
    if (layout->files == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < spec->file_count; i++) {
        layout->files[i].spec = &spec->files[i];
        DV_TRY(find_file(spec, layout, &layout->files[i], err));
        DV_TRY(look_at_file(layout, &layout->files[i], err));
        layout->estimated_rows += layout->files[i].estimated_rows;
    }
done:
    return status;
}

void dv_files_layout_release(struct dv_files_layout *layout)
{
    dv_free(layout->columns);
    dv_arena_release(&layout->arena);
    *layout = (struct dv_files_layout){0};
}
