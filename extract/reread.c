#include "extract/reread.h"

#include "core/alloc.h"
#include "extract/files_record.h"

#include <inttypes.h>
#include <string.h>

struct dv_reread {
    struct dv_extract_spec spec;
    struct dv_files_layout layout;
    struct dv_files_cut cut;
    struct dv_record_reader *readers; /* one a file, opened when it is first needed; owned */
    struct dv_buf text;
};

enum dv_status dv_reread_open(struct dv_reread **out, const struct dv_extract_spec *spec,
                              const struct dv_column *columns, unsigned column_count, const char *dir,
                              struct dv_err *err)
{
    struct dv_reread *reread = dv_calloc(1, sizeof *reread);
    enum dv_status status = DV_OK;
    if (reread == NULL)
        return dv_fail_memory(err);
    reread->spec = *spec;
    reread->layout.spec = &reread->spec;
    reread->layout.columns = dv_calloc((size_t)column_count + 1, sizeof *columns);
    reread->layout.column_count = column_count;
    reread->layout.files =
        dv_arena_zalloc(&reread->layout.arena, spec->file_count * sizeof *reread->layout.files);
    reread->readers = dv_calloc(spec->file_count, sizeof *reread->readers);
    if (reread->layout.columns == NULL || reread->layout.files == NULL || reread->readers == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    memcpy(reread->layout.columns, columns, column_count * sizeof *columns);
    for (unsigned i = 0; i < spec->file_count; i++) {
        struct dv_file_layout *file = &reread->layout.files[i];
        file->spec = &spec->files[i];
        file->path = file->spec->path;
        file->encoding = (struct dv_encoding){.kind = DV_ENCODING_UTF8, .name = "utf-8"};
    }
    DV_TRY(dv_files_recall(&reread->layout, dir, &reread->cut, err));
    for (unsigned i = 0; i < spec->file_count; i++)
        DV_TRY(dv_files_place(&reread->layout, &reread->layout.files[i], 1, err));
    *out = reread;
done:
    if (status != DV_OK)
        dv_reread_close(reread);
    return status;
}

void dv_reread_close(struct dv_reread *reread)
{
    if (reread == NULL)
        return;
    for (unsigned i = 0; reread->readers != NULL && i < reread->spec.file_count; i++)
        dv_record_close(&reread->readers[i]);
    dv_free(reread->readers);
    dv_files_cut_release(&reread->cut);
    dv_files_layout_release(&reread->layout);
    dv_buf_release(&reread->text);
    dv_free(reread);
}

/* All records of the text, as far as the first that is bad. */
static enum dv_status read_text(struct dv_record_reader *reader, const struct dv_buf *text,
                                struct dv_buf *out, uint64_t *rows, bool *bad, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    if (text->len == 0)
        return DV_OK;
    struct dv_file_text window = {
        .path = reader->file->path, .at = text->data, .end = text->data + text->len, .last = true};
    while (window.at < window.end && !*bad && status == DV_OK) {
        enum dv_record_read read = DV_RECORD_NONE;
        status = dv_record_next(reader, &window, out, &read, err);
        reader->line += reader->lines;
        *bad = read == DV_RECORD_BAD;
        if (read == DV_RECORD_GOOD) {
            dv_buf_byte(out, '\n');
            ++*rows;
        }
    }
    return status;
}

enum dv_status dv_reread_record(struct dv_reread *reread, uint32_t part, uint64_t line, const char *text,
                                size_t length, struct dv_buf *out, uint64_t *rows, const char **reason,
                                const char **detail, struct dv_err *err)
{
    size_t before = out->len;
    bool bad = false;
    enum dv_status status;
    *rows = 0;
    *reason = *detail = NULL;
    if (part >= reread->cut.part_count)
        return dv_fail(err, DV_EXIT_FAULT, "the files of %s were not cut into a part %" PRIu32,
                       reread->spec.name, part);
    uint32_t number = reread->cut.parts[part].file;
    struct dv_record_reader *reader = &reread->readers[number];
    if (reader->file == NULL)
        DV_TRY(dv_record_open(reader, &reread->layout.files[number], reread->layout.column_count, err));
    uint64_t most = reader->file->spec->dialect.max_record;
    dv_buf_reset(&reread->text);
    dv_record_unshow(text, length, &reread->text);
    DV_TRY(dv_buf_check(&reread->text, err));
    reader->line = line;
    if (reread->text.len > most)
        bad = !dv_field_fail(&reader->fault, "malformed_record",
                             "the record is longer than max_record, %" PRIu64 " bytes", most);
    else
        DV_TRY(read_text(reader, &reread->text, out, rows, &bad, err));
    if (!bad && *rows == 0)
        bad = !dv_field_fail(&reader->fault, "malformed_record",
                             "there is no record: the text is blank or a comment");
    if (bad) {
        out->len = before;
        *reason = reader->fault.reason;
        *detail = reader->fault.detail;
    }
    status = dv_buf_check(out, err);
done:
    return status;
}
