#include "core/alloc.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "load/refused.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OWN_COLUMNS 6

enum dv_status dv_rejects_dir(struct dv_buf *out, const struct dv_context *context, const char *step,
                              struct dv_err *err)
{
    dv_buf_printf(out, "%s/rejects/load-%s", context->run_dir, step);
    (void)dv_buf_cstr(out);
    return dv_buf_check(out, err);
}

static struct dv_column *reject_columns(const struct dv_part_manifest *manifest)
{
    static const char *const names[OWN_COLUMNS] = {"reason", "detail", "stage", "dataset", "part", "row"};
    struct dv_column *columns = dv_calloc(manifest->column_count + OWN_COLUMNS, sizeof *columns);
    if (columns == NULL)
        return NULL;
    for (unsigned i = 0; i < OWN_COLUMNS; i++) {
        (void)snprintf(columns[i].name, sizeof columns[i].name, "%s", names[i]);
        columns[i].type = dv_type_of(i < 4 ? DV_TYPE_TEXT : DV_TYPE_INT8);
    }
    for (unsigned i = 0; i < manifest->column_count; i++)
        columns[OWN_COLUMNS + i] = manifest->columns[i];
    dv_columns_keep_apart(columns, OWN_COLUMNS, OWN_COLUMNS + manifest->column_count);
    return columns;
}

static enum dv_status write_row(struct dv_stage_writer *writer, const struct dv_load_spec *spec,
                                uint32_t part, const struct dv_refused_row *refused, const char *record,
                                size_t length, struct dv_err *err)
{
    struct dv_buf *out = dv_stage_writer_buf(writer);
    const char *const texts[] = {refused->reason, refused->detail, "load", spec->dataset};
    for (unsigned i = 0; i < 4; i++) {
        dv_csv_quote(out, texts[i], strlen(texts[i]), false);
        dv_buf_byte(out, ',');
    }
    dv_buf_printf(out, "%" PRIu32 ",%" PRIu64 ",", part, refused->row);
    if (length > 0 && record[length - 1] == '\n')
        length--;
    dv_buf_append(out, record, length);
    return dv_stage_writer_end_row(writer, err);
}

/* The refused rows of one block, found by counting its records. */
static enum dv_status write_block(struct dv_stage_writer *writer, const struct dv_load_spec *spec,
                                  uint32_t part, const struct dv_stage_block *block,
                                  const struct dv_refused *refused, size_t *next, struct dv_err *err)
{
    const char *at = block->data, *end = at + block->length;
    uint64_t row = block->first_row;
    while (*next < refused->count && at < end && refused->rows[*next].row < block->first_row + block->rows) {
        const char *behind = dv_csv_record_end(at, end);
        if (behind == NULL)
            behind = end;
        if (row == refused->rows[*next].row) {
            enum dv_status status =
                write_row(writer, spec, part, &refused->rows[*next], at, (size_t)(behind - at), err);
            if (status != DV_OK)
                return status;
            ++*next;
        }
        at = behind;
        row++;
    }
    return DV_OK;
}

static enum dv_status remove_part(const char *dir, uint32_t part, struct dv_err *err)
{
    static const char *const suffixes[] = {".json", ".csv.gz"};
    struct dv_buf path = {0};
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < 2 && status == DV_OK; i++) {
        const char *name = dv_part_path(&path, dir, part, suffixes[i]);
        if (name == NULL)
            status = dv_fail_memory(err);
        else
            (void)unlink(name);
    }
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_rejects_write(const struct dv_context *context, const struct dv_load_spec *spec,
                                uint32_t part, const struct dv_refused *refused, bool force,
                                struct dv_err *err)
{
    struct dv_buf dir = {0};
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_writer *writer = NULL;
    struct dv_column *columns = NULL;
    size_t next = 0, count = refused != NULL ? refused->count : 0;
    enum dv_status status;
    DV_TRY(dv_rejects_dir(&dir, context, spec->step, err));
    if (count == 0 && !force) {
        /* An attempt that was interrupted may have left one. */
        status = remove_part(dir.data, part, err);
        goto done;
    }
    DV_TRY(dv_stage_reader_open(&reader, spec->dataset_dir, part, err));
    const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
    columns = reject_columns(manifest);
    if (columns == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_stage_writer_open(&writer, dir.data, part, columns, manifest->column_count + OWN_COLUMNS, err));
    while (next < count) {
        struct dv_stage_block block;
        status = dv_stage_reader_block(reader, &block, err);
        if (status == DV_OK)
            status = write_block(writer, spec, part, &block, refused, &next, err);
        else if (status == DV_END)
            status = dv_fail(err, DV_EXIT_BUG, "a refused row lies behind the end of its part");
        if (status != DV_OK)
            goto done;
    }
    status = dv_stage_writer_publish(writer, NULL, err);
    writer = NULL;
done:
    dv_stage_writer_abort(writer);
    dv_stage_reader_close(reader);
    dv_free(columns);
    dv_buf_release(&dir);
    return status;
}

enum dv_status dv_rejects_finish(const struct dv_context *context, const struct dv_load_spec *spec,
                                 uint32_t part_count, struct dv_err *err)
{
    struct dv_buf dir = {0};
    bool some = false, whole, there;
    enum dv_status status;
    DV_TRY(dv_rejects_dir(&dir, context, spec->step, err));
    for (uint32_t part = 0; part < part_count && !some; part++)
        DV_TRY(dv_part_look(dir.data, part, &some, err));
    DV_TRY(dv_dataset_look(dir.data, &whole, err));
    if (!some || whole)
        goto done;
    for (uint32_t part = 0; part < part_count; part++) {
        DV_TRY(dv_part_look(dir.data, part, &there, err));
        if (!there)
            DV_TRY(dv_rejects_write(context, spec, part, NULL, true, err));
    }
    status = dv_dataset_publish(dir.data, part_count, NULL, 0, NULL, err);
done:
    dv_buf_release(&dir);
    return status;
}

enum dv_status dv_rejects_withdraw(const struct dv_context *context, const struct dv_load_spec *spec,
                                   struct dv_err *err)
{
    struct dv_buf path = {0};
    enum dv_status status;
    bool there;
    dv_buf_printf(&path, "%s/rejects/load-%s/dataset.json", context->run_dir, spec->step);
    DV_TRY(dv_buf_cstr(&path) != NULL ? DV_OK : dv_fail_memory(err));
    DV_TRY(dv_file_look(path.data, &there, err));
    if (there)
        status = dv_file_remove(path.data, err);
done:
    dv_buf_release(&path);
    return status;
}
