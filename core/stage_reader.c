#include "core/stage_reader.h"

#include "core/alloc.h"
#include "core/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct dv_stage_reader {
    char *path; /* owned */
    int fd;
    const struct dv_codec *codec;
    struct dv_codec_state *codec_state;
    struct dv_part_manifest manifest;
    struct dv_buf packed, raw;
    unsigned next_block;
    uint64_t rows_before; /* of next_block */
    bool header_checked;
    struct dv_sha256 *sha; /* only while the whole file is verified */
};

static enum dv_status damaged(struct dv_stage_reader *reader, unsigned block, const char *why,
                              struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_FAULT, "%s block %u: %s", reader->path, block, why);
    dv_err_place(err, NULL, NULL, reader->manifest.part, -1);
    dv_err_hint(err,
                "the file was damaged or changed: remove the dataset's folder and run again to make it anew");
    return status;
}

/* Fails where the file is not there, or has another size than its manifest says. */
static enum dv_status open_file(struct dv_stage_reader *reader, struct dv_err *err)
{
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0)
        return dv_fail_os(err, errno, "cannot open %s", reader->path);
    struct stat is;
    if (fstat(reader->fd, &is) != 0)
        return dv_fail_os(err, errno, "cannot stat %s", reader->path);
    if (S_ISREG(is.st_mode) && (uint64_t)is.st_size == reader->manifest.bytes)
        return DV_OK;
    enum dv_status status = dv_fail(err, DV_EXIT_FAULT, "%s has %lld bytes, but its manifest says %" PRIu64,
                                    reader->path, (long long)is.st_size, reader->manifest.bytes);
    dv_err_hint(err,
                "the file was damaged or changed: remove the dataset's folder and run again to make it anew");
    return status;
}

enum dv_status dv_stage_reader_open(struct dv_stage_reader **out, const char *dir, uint32_t part,
                                    struct dv_err *err)
{
    enum dv_status status;
    struct dv_buf path = {0};
    struct dv_stage_reader *reader = dv_calloc(1, sizeof *reader);
    if (reader == NULL)
        return dv_fail_memory(err);
    reader->fd = -1;
    reader->codec = dv_codec_reader();
    reader->next_block = 1;
    dv_part_path(&path, dir, part, ".csv.gz");
    reader->path = dv_buf_steal(&path);
    if (reader->path == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_part_manifest_read(dir, part, &reader->manifest, err));
    DV_TRY(open_file(reader, err));
    status = dv_codec_state_new(&reader->codec_state, err);
done:
    dv_buf_release(&path);
    if (status == DV_OK) {
        *out = reader;
    } else {
        dv_err_place(err, NULL, NULL, part, -1);
        dv_stage_reader_close(reader);
    }
    return status;
}

const struct dv_part_manifest *dv_stage_reader_manifest(const struct dv_stage_reader *reader)
{
    return &reader->manifest;
}

static enum dv_status read_member(struct dv_stage_reader *reader, unsigned number, struct dv_err *err)
{
    const struct dv_block *block = &reader->manifest.blocks[number];
    dv_buf_reset(&reader->packed);
    if (!dv_buf_reserve(&reader->packed, block->length))
        return dv_fail_memory(err);
    while (reader->packed.len < block->length) {
        ssize_t got = pread(reader->fd, reader->packed.data + reader->packed.len,
                            block->length - reader->packed.len, (off_t)(block->offset + reader->packed.len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return dv_fail_os(err, errno, "cannot read %s block %u", reader->path, number);
        if (got == 0)
            return damaged(reader, number, "the file ends within it", err);
        reader->packed.len += (size_t)got;
    }
    return DV_OK;
}

/* Reads, inflates and checks one block into reader->raw. */
static enum dv_status load_block(struct dv_stage_reader *reader, unsigned number, struct dv_err *err)
{
    const struct dv_block *block = &reader->manifest.blocks[number];
    enum dv_status status = read_member(reader, number, err);
    if (status != DV_OK)
        return status;
    if (reader->sha != NULL)
        dv_sha256_update(reader->sha, reader->packed.data, reader->packed.len);
    dv_buf_reset(&reader->raw);
    if (!dv_buf_reserve(&reader->raw, block->raw_length))
        return dv_fail_memory(err);
    status = reader->codec->decompress(reader->codec_state, reader->packed.data, reader->packed.len,
                                       reader->raw.data, block->raw_length, err);
    if (status != DV_OK && err->os_errno != 0)
        return status;
    if (status != DV_OK) {
        struct dv_err why = *err;
        return damaged(reader, number, why.message, err);
    }
    reader->raw.len = block->raw_length;
    if (dv_crc32(0, reader->raw.data, reader->raw.len) != block->crc)
        return damaged(reader, number, "its CRC-32 is not the one in the manifest", err);
    if (reader->raw.data[reader->raw.len - 1] != '\n')
        return damaged(reader, number, "it does not end with a whole record", err);
    return DV_OK;
}

static enum dv_status check_header(struct dv_stage_reader *reader, struct dv_err *err)
{
    const struct dv_part_manifest *manifest = &reader->manifest;
    struct dv_buf expected = {0};
    enum dv_status status = load_block(reader, 0, err);
    if (status != DV_OK)
        return status;
    for (unsigned i = 0; i < manifest->column_count; i++) {
        const char *name = manifest->columns[i].name;
        if (i > 0)
            dv_buf_byte(&expected, ',');
        dv_csv_quote(&expected, name, strlen(name), manifest->column_count == 1);
    }
    dv_buf_byte(&expected, '\n');
    status = dv_buf_check(&expected, err);
    if (status == DV_OK &&
        (expected.len != reader->raw.len || memcmp(expected.data, reader->raw.data, expected.len) != 0))
        status = damaged(reader, 0, "the header record is not that of the manifest's columns", err);
    dv_buf_release(&expected);
    reader->header_checked = status == DV_OK;
    return status;
}

static enum dv_status count_records(struct dv_stage_reader *reader, unsigned number,
                                    const struct dv_stage_block *block, struct dv_err *err)
{
    uint32_t rows = 0;
    const char *end = block->data + block->length;
    for (const char *at = block->data; at != end; rows++) {
        at = dv_csv_record_end(at, end);
        if (at == NULL)
            return damaged(reader, number, "its last record has a quote that is never closed", err);
    }
    if (rows != block->rows)
        return damaged(reader, number, "it holds another number of records than the manifest says", err);
    return DV_OK;
}

/* DV_END where the file is the one that the manifest knows. */
static enum dv_status check_sha256(struct dv_stage_reader *reader, struct dv_err *err)
{
    char sha256[DV_SHA256_HEX];
    dv_sha256_hex(reader->sha, sha256);
    dv_sha256_free(reader->sha);
    reader->sha = NULL;
    if (memcmp(sha256, reader->manifest.sha256, sizeof sha256) == 0)
        return DV_END;
    enum dv_status status = dv_fail(err, DV_EXIT_FAULT, "%s has SHA-256 %s, but its manifest says %s",
                                    reader->path, sha256, reader->manifest.sha256);
    dv_err_place(err, NULL, NULL, reader->manifest.part, -1);
    dv_err_hint(err,
                "the file was damaged or changed: remove the dataset's folder and run again to make it anew");
    return status;
}

enum dv_status dv_stage_reader_block(struct dv_stage_reader *reader, struct dv_stage_block *out,
                                     struct dv_err *err)
{
    enum dv_status status;
    if (!reader->header_checked)
        DV_TRY(check_header(reader, err));
    if (reader->next_block >= reader->manifest.block_count)
        return reader->sha != NULL ? check_sha256(reader, err) : DV_END;
    DV_TRY(load_block(reader, reader->next_block, err));
    *out = (struct dv_stage_block){
        .data = reader->raw.data,
        .length = reader->raw.len,
        .rows = reader->manifest.blocks[reader->next_block].rows,
        .first_row = reader->rows_before + 1,
    };
    if (reader->sha != NULL)
        DV_TRY(count_records(reader, reader->next_block, out, err));
    reader->rows_before += out->rows;
    reader->next_block++;
done:
    return status;
}

enum dv_status dv_stage_reader_seek(struct dv_stage_reader *reader, unsigned block, struct dv_err *err)
{
    if (block == 0 || block > reader->manifest.block_count)
        return dv_fail(err, DV_EXIT_BUG, "%s has no block %u to go to", reader->path, block);
    reader->rows_before = 0;
    for (unsigned i = 1; i < block; i++)
        reader->rows_before += reader->manifest.blocks[i].rows;
    reader->next_block = block;
    return DV_OK;
}

enum dv_status dv_stage_reader_verify(struct dv_stage_reader *reader, struct dv_err *err)
{
    return dv_sha256_new(&reader->sha, err);
}

enum dv_status dv_stage_verify_part(const char *dir, uint32_t part, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status;
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    DV_TRY(dv_stage_reader_verify(reader, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK)
        continue;
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    return status;
}

void dv_stage_reader_close(struct dv_stage_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    dv_sha256_free(reader->sha);
    dv_codec_state_free(reader->codec_state);
    dv_part_manifest_release(&reader->manifest);
    dv_buf_release(&reader->packed);
    dv_buf_release(&reader->raw);
    dv_free(reader->path);
    dv_free(reader);
}
