#include "core/csv.h"
#include "core/manifest.h"
#include "core/stage_reader.h"
#include "core/stop.h"
#include "jobs/inspect.h"
#include "jobs/stage_path.h"

#include <string.h>

struct output {
    dv_write_fn write;
    void *context;
    uint64_t left; /* rows still to be written */
};

static enum dv_status write_header(struct output *output, const struct dv_column *columns, unsigned count,
                                   struct dv_err *err)
{
    struct dv_buf header = {0};
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            dv_buf_byte(&header, ',');
        dv_csv_quote(&header, columns[i].name, strlen(columns[i].name), count == 1);
    }
    dv_buf_byte(&header, '\n');
    enum dv_status status = dv_buf_check(&header, err);
    if (status == DV_OK)
        status = output->write(output->context, header.data, header.len, err);
    dv_buf_release(&header);
    return status;
}

static enum dv_status write_block(struct output *output, const struct dv_stage_block *block,
                                  struct dv_err *err)
{
    size_t length = block->length;
    if (block->rows <= output->left) {
        output->left -= block->rows;
    } else {
        const char *at = block->data, *end = block->data + block->length;
        for (; output->left > 0 && at != NULL && at < end; output->left--)
            at = dv_csv_record_end(at, end);
        length = at != NULL ? (size_t)(at - block->data) : block->length;
        output->left = 0;
    }
    return output->write(output->context, block->data, length, err);
}

static enum dv_status cat_part(struct output *output, const char *dir, uint32_t part, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    DV_TRY(dv_stage_verify_part(dir, part, err));
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    while (output->left > 0) {
        DV_TRY(dv_stop_check(err));
        status = dv_stage_reader_block(reader, &block, err);
        if (status == DV_END) {
            status = DV_OK;
            break;
        }
        if (status != DV_OK)
            goto done;
        DV_TRY(write_block(output, &block, err));
    }
done:
    dv_stage_reader_close(reader);
    return status;
}

static enum dv_status cat_dataset(struct output *output, const char *dir, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_dataset_manifest manifest = {0};
    bool whole;
    DV_TRY(dv_dataset_look(dir, &whole, err));
    if (!whole) {
        status = dv_fail(err, DV_EXIT_FAULT, "the dataset %s is not whole yet", dir);
        dv_err_hint(err, "finish the run, or name one of its parts");
        return status;
    }
    DV_TRY(dv_dataset_manifest_read(dir, &manifest, err));
    DV_TRY(write_header(output, manifest.columns, manifest.column_count, err));
    for (uint32_t part = 0; part < manifest.part_count && output->left > 0; part++)
        DV_TRY(cat_part(output, dir, part, err));
done:
    dv_dataset_manifest_release(&manifest);
    return status;
}

static enum dv_status cat_single(struct output *output, const char *dir, uint32_t part, struct dv_err *err)
{
    struct dv_part_manifest manifest = {0};
    enum dv_status status = dv_part_manifest_read(dir, part, &manifest, err);
    if (status == DV_OK)
        status = write_header(output, manifest.columns, manifest.column_count, err);
    dv_part_manifest_release(&manifest);
    return status == DV_OK ? cat_part(output, dir, part, err) : status;
}

enum dv_status dv_cat(const char *path, uint64_t limit, dv_write_fn write, void *context, struct dv_err *err)
{
    struct dv_stage_path what;
    struct output output = {.write = write, .context = context, .left = limit};
    enum dv_status status = dv_stage_path(path, &what, err);
    if (status != DV_OK)
        return status;
    if (what.kind == DV_PATH_PART) {
        status = cat_single(&output, what.dir, what.part, err);
    } else if (what.kind == DV_PATH_DATASET) {
        status = cat_dataset(&output, what.dir, err);
    } else {
        status = dv_fail(err, DV_EXIT_USAGE, "%s is a run: cat writes one dataset", path);
        dv_err_hint(err, "name one: %s/extract/NAME or %s/transform/NAME", what.dir, what.dir);
    }
    dv_stage_path_release(&what);
    return status;
}
