#include "core/stage_writer.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "core/manifest_json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

/* Room behind a full block for the record that fills it: without it the buffer would double for that one. */
#define LONGEST_USUAL_RECORD (16U * 1024U)

struct dv_stage_writer {
    char *dir, *path, *tmp_path, *manifest_path; /* owned */
    int fd;                                      /* -1: closed */
    const struct dv_codec *codec;
    struct dv_codec_state *codec_state;
    struct dv_sha256 *sha;
    struct dv_buf raw;    /* the block being filled */
    struct dv_buf packed; /* its gzip member */
    size_t record_start;  /* in raw: where the record being appended begins */
    uint32_t block_rows;
    unsigned block_capacity;
    uint64_t flushed_raw;             /* raw bytes of the blocks written */
    struct dv_part_manifest manifest; /* columns and blocks owned */
};

/* Frees all, removes the .tmp where the file is still open. */
static void destroy(struct dv_stage_writer *writer)
{
    if (writer->fd >= 0) {
        close(writer->fd);
        unlink(writer->tmp_path);
    }
    dv_codec_state_free(writer->codec_state);
    dv_sha256_free(writer->sha);
    dv_buf_release(&writer->raw);
    dv_buf_release(&writer->packed);
    dv_part_manifest_release(&writer->manifest);
    dv_free(writer->dir);
    dv_free(writer->path);
    dv_free(writer->tmp_path);
    dv_free(writer->manifest_path);
    dv_free(writer);
}

static enum dv_status note_block(struct dv_stage_writer *writer, uint32_t crc, struct dv_err *err)
{
    struct dv_part_manifest *manifest = &writer->manifest;
    if (manifest->block_count == writer->block_capacity) {
        unsigned capacity = writer->block_capacity > 0 ? writer->block_capacity * 2 : 16;
        struct dv_block *blocks = dv_realloc_array(manifest->blocks, capacity, sizeof *blocks);
        if (blocks == NULL)
            return dv_fail_memory(err);
        manifest->blocks = blocks;
        writer->block_capacity = capacity;
    }
    manifest->blocks[manifest->block_count++] = (struct dv_block){
        .offset = manifest->bytes,
        .length = (uint32_t)writer->packed.len,
        .rows = writer->block_rows,
        .raw_length = (uint32_t)writer->raw.len,
        .crc = crc,
    };
    manifest->bytes += writer->packed.len;
    manifest->rows += writer->block_rows;
    return DV_OK;
}

static enum dv_status flush_block(struct dv_stage_writer *writer, struct dv_err *err)
{
    enum dv_status status;
    if (writer->manifest.block_count == DV_MANIFEST_MOST_BLOCKS)
        return dv_fail(err, DV_EXIT_FAULT,
                       "%s would have more than %u blocks: cut the dataset into more parts", writer->path,
                       DV_MANIFEST_MOST_BLOCKS);
    /* The codec's memory and the member are given back at once: of many open writers one at a time needs
     * them. */
    DV_TRY(dv_codec_state_new(&writer->codec_state, err));
    DV_TRY(writer->codec->compress(writer->codec_state, writer->raw.data, writer->raw.len, &writer->packed,
                                   err));
    DV_TRY(dv_file_write_all(writer->fd, writer->packed.data, writer->packed.len, writer->tmp_path, err));
    dv_sha256_update(writer->sha, writer->packed.data, writer->packed.len);
    DV_TRY(note_block(writer, dv_crc32(0, writer->raw.data, writer->raw.len), err));
    writer->flushed_raw += writer->raw.len;
    writer->block_rows = 0;
    writer->record_start = 0;
    dv_buf_reset(&writer->raw);
done:
    dv_codec_state_free(writer->codec_state);
    writer->codec_state = NULL;
    dv_buf_release(&writer->packed);
    return status;
}

static enum dv_status name_files(struct dv_stage_writer *writer, const char *dir, uint32_t part,
                                 struct dv_err *err)
{
    struct dv_buf path = {0};
    writer->dir = dv_strdup(dir);
    writer->path = dv_strdup(dv_part_path(&path, dir, part, ".csv.gz"));
    writer->tmp_path = dv_strdup(dv_part_path(&path, dir, part, ".csv.gz.tmp"));
    writer->manifest_path = dv_strdup(dv_part_path(&path, dir, part, ".json"));
    bool named = writer->dir != NULL && writer->path != NULL && writer->tmp_path != NULL &&
                 writer->manifest_path != NULL && writer->manifest_path[0] != '\0' &&
                 writer->path[0] != '\0' && writer->tmp_path[0] != '\0';
    dv_buf_release(&path);
    return named ? DV_OK : dv_fail_memory(err);
}

static enum dv_status write_header(struct dv_stage_writer *writer, struct dv_err *err)
{
    const struct dv_part_manifest *manifest = &writer->manifest;
    for (unsigned i = 0; i < manifest->column_count; i++) {
        const char *name = manifest->columns[i].name;
        if (i > 0)
            dv_buf_byte(&writer->raw, ',');
        dv_csv_quote(&writer->raw, name, strlen(name), manifest->column_count == 1);
    }
    dv_buf_byte(&writer->raw, '\n');
    enum dv_status status = dv_buf_check(&writer->raw, err);
    return status == DV_OK ? flush_block(writer, err) : status;
}

enum dv_status dv_stage_writer_open(struct dv_stage_writer **out, const char *dir, uint32_t part,
                                    const struct dv_column *columns, unsigned column_count,
                                    struct dv_err *err)
{
    enum dv_status status;
    if (column_count == 0)
        return dv_fail(err, DV_EXIT_FAULT, "a dataset without columns cannot be written to %s", dir);
    struct dv_stage_writer *writer = dv_calloc(1, sizeof *writer);
    if (writer == NULL)
        return dv_fail_memory(err);
    writer->fd = -1;
    writer->codec = dv_codec_default();
    writer->manifest.part = part;
    writer->manifest.columns = dv_calloc(column_count, sizeof *columns);
    if (writer->manifest.columns == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    memcpy(writer->manifest.columns, columns, column_count * sizeof *columns);
    writer->manifest.column_count = column_count;
    DV_TRY(name_files(writer, dir, part, err));
    DV_TRY(dv_sha256_new(&writer->sha, err));
    if (!dv_buf_reserve(&writer->raw, DV_STAGE_BLOCK + LONGEST_USUAL_RECORD)) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_file_make_dirs(dir, err));
    writer->fd = open(writer->tmp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (writer->fd < 0) {
        status = dv_fail_os(err, errno, "cannot create %s", writer->tmp_path);
        goto done;
    }
    status = write_header(writer, err);
done:
    if (status == DV_OK)
        *out = writer;
    else
        destroy(writer);
    return status;
}

struct dv_buf *dv_stage_writer_buf(struct dv_stage_writer *writer)
{
    return &writer->raw;
}

/* The record is whole, its LF included. */
static inline enum dv_status end_record(struct dv_stage_writer *writer, struct dv_err *err)
{
    if (writer->raw.failed)
        return dv_fail_memory(err);
    writer->block_rows++;
    writer->record_start = writer->raw.len;
    if (writer->raw.len < DV_STAGE_BLOCK)
        return DV_OK;
    if (writer->raw.len > DV_BLOCK_MOST) {
        enum dv_status status =
            dv_fail(err, DV_EXIT_FAULT, "%s: the record is larger than 1 GiB", writer->path);
        dv_err_place(err, NULL, NULL, writer->manifest.part, (int64_t)dv_stage_writer_rows(writer));
        dv_err_hint(err, "leave its largest column out of the job, or shorten it in the source");
        return status;
    }
    return flush_block(writer, err);
}

enum dv_status dv_stage_writer_end_row(struct dv_stage_writer *writer, struct dv_err *err)
{
    dv_buf_byte(&writer->raw, '\n');
    return end_record(writer, err);
}

enum dv_status dv_stage_writer_row(struct dv_stage_writer *writer, const struct dv_value *values,
                                   struct dv_err *err)
{
    const struct dv_column *columns = writer->manifest.columns;
    unsigned count = writer->manifest.column_count;
    dv_value_to_csv(&values[0], &columns[0].type, count == 1, &writer->raw);
    for (unsigned i = 1; i < count; i++) {
        dv_buf_byte(&writer->raw, ',');
        dv_value_to_csv(&values[i], &columns[i].type, false, &writer->raw);
    }
    dv_buf_byte(&writer->raw, '\n');
    return end_record(writer, err);
}

enum dv_status dv_stage_writer_record(struct dv_stage_writer *writer, const char *record, size_t length,
                                      struct dv_err *err)
{
    dv_buf_append(&writer->raw, record, length);
    return end_record(writer, err);
}

uint64_t dv_stage_writer_rows(const struct dv_stage_writer *writer)
{
    return writer->manifest.rows + writer->block_rows;
}

uint64_t dv_stage_writer_raw_bytes(const struct dv_stage_writer *writer)
{
    return writer->flushed_raw + writer->raw.len;
}

static enum dv_status finish_manifest(struct dv_stage_writer *writer, const struct dv_tally *tally,
                                      struct dv_err *err)
{
    struct dv_part_manifest *manifest = &writer->manifest;
    if (tally != NULL)
        manifest->tally = *tally;
    else
        manifest->tally = (struct dv_tally){.read = manifest->rows, .written = manifest->rows};
    if (manifest->tally.written != manifest->rows)
        return dv_fail(err, DV_EXIT_BUG, "%s: %" PRIu64 " rows are said to be written, but it holds %" PRIu64,
                       writer->path, manifest->tally.written, manifest->rows);
    manifest->raw_bytes = writer->flushed_raw;
    dv_sha256_hex(writer->sha, manifest->sha256);
    return DV_OK;
}

enum dv_status dv_stage_writer_publish(struct dv_stage_writer *writer, const struct dv_tally *tally,
                                       struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_buf_check(&writer->raw, err));
    if (writer->raw.len > writer->record_start) {
        status = dv_fail(err, DV_EXIT_BUG, "%s: its last record was never ended", writer->path);
        goto done;
    }
    if (writer->block_rows > 0)
        DV_TRY(flush_block(writer, err));
    DV_TRY(finish_manifest(writer, tally, err));
    /* An older manifest must not be seen beside the new data, not even after a crash right here. */
    DV_TRY(dv_file_remove(writer->manifest_path, err));
    int fd = writer->fd;
    writer->fd = -1;
    DV_TRY(dv_file_publish_fd(fd, writer->tmp_path, writer->path, err));
    status = dv_part_manifest_publish(writer->dir, &writer->manifest, err);
done:
    destroy(writer);
    return status;
}

void dv_stage_writer_abort(struct dv_stage_writer *writer)
{
    if (writer != NULL)
        destroy(writer);
}
