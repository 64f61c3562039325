/* A manifest and the bytes of its data file, both as they come: refused with a reason, or read, and then all
 * that the manifest says is so.
 *
 * Input: the manifest, up to the first line that is "}" alone; behind it the file. */
#include "core/csv.h"
#include "core/stage_reader.h"
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

/* The whole file as any gzip library reads it, member after member. Owned by the caller. */
static struct dv_buf gunzip(const char *bytes, size_t length, size_t most)
{
    struct dv_buf out = {0};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};
    FUZZ_CHECK(inflateInit2(&stream, 31) == Z_OK && dv_buf_reserve(&out, most + 1));
    stream.next_out = (Bytef *)out.data;
    stream.avail_out = (uInt)most + 1;
    while (stream.avail_in > 0) {
        FUZZ_CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
        out.len = most + 1 - stream.avail_out;
        FUZZ_CHECK(inflateReset(&stream) == Z_OK);
    }
    (void)inflateEnd(&stream);
    return out;
}

/* Records and raw bytes of the blocks as the reader gives them, appended to `raw`. */
static enum dv_status read_blocks(struct dv_stage_reader *reader, struct dv_buf *raw, struct dv_err *err)
{
    uint64_t rows = 0;
    struct dv_stage_block block;
    enum dv_status status;
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        FUZZ_CHECK(block.length > 0 && block.data[block.length - 1] == '\n');
        FUZZ_CHECK(block.rows > 0 && block.first_row == rows + 1);
        rows += block.rows;
        dv_buf_append(raw, block.data, block.length);
    }
    if (status == DV_END) {
        const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
        FUZZ_CHECK(rows == manifest->rows && manifest->tally.written == rows);
        FUZZ_CHECK(raw->len + manifest->blocks[0].raw_length == manifest->raw_bytes);
        status = DV_OK;
    }
    return status;
}

/* Block by block from the last to the first: the same rows, whatever the order. */
static void read_backwards(struct dv_stage_reader *reader, const struct dv_buf *raw)
{
    const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
    size_t end = raw->len;
    for (unsigned i = manifest->block_count - 1; i > 0; i--) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_stage_block block;
        FUZZ_CHECK(dv_stage_reader_seek(reader, i, &err) == DV_OK);
        FUZZ_CHECK(dv_stage_reader_block(reader, &block, &err) == DV_OK);
        end -= block.length;
        FUZZ_CHECK(memcmp(raw->data + end, block.data, block.length) == 0);
    }
    FUZZ_CHECK(end == 0);
}

static uint64_t count_records(const struct dv_buf *raw)
{
    uint64_t records = 0;
    for (const char *at = raw->data, *end = at + raw->len; at < end; records++) {
        at = dv_csv_record_end(at, end);
        FUZZ_CHECK(at != NULL);
    }
    return records;
}

static void check_verified(const struct dv_part_manifest *manifest, const struct dv_buf *raw,
                           const char *bytes, size_t length)
{
    struct dv_buf all = gunzip(bytes, length, manifest->raw_bytes);
    size_t header = manifest->blocks[0].raw_length;
    FUZZ_CHECK(all.len == manifest->raw_bytes && all.len - header == raw->len);
    FUZZ_CHECK(raw->len == 0 || memcmp(all.data + header, raw->data, raw->len) == 0);
    FUZZ_CHECK(raw->len == 0 || count_records(raw) == manifest->rows);
    dv_buf_release(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dv_err err = DV_ERR_INIT, verify_err = DV_ERR_INIT;
    struct dv_stage_reader *reader = NULL;
    struct dv_buf raw = {0};
    const char *bytes = size > 0 ? memmem(data, size, "\n}\n", 3) : NULL;
    if (bytes == NULL)
        return 0;
    bytes += 3;
    size_t manifest_length = (size_t)(bytes - (const char *)data), length = size - manifest_length;
    fuzz_write("part-00000.json", data, manifest_length);
    fuzz_write("part-00000.csv.gz", bytes, length);
    enum dv_status verified = dv_stage_verify_part(fuzz_path(""), 0, &verify_err);
    enum dv_status status = dv_stage_reader_open(&reader, fuzz_path(""), 0, &err);
    if (status == DV_OK) {
        status = read_blocks(reader, &raw, &err);
        if (status == DV_OK)
            read_backwards(reader, &raw);
        if (verified == DV_OK)
            check_verified(dv_stage_reader_manifest(reader), &raw, bytes, length);
    }
    if (status != DV_OK) {
        fuzz_check_refusal(status, &err, DV_EXIT_FAULT);
        FUZZ_CHECK_OF(verified != DV_OK && strstr(err.message, "part-00000") != NULL, err.message);
    }
    if (verified != DV_OK)
        fuzz_check_refusal(verified, &verify_err, DV_EXIT_FAULT);
    dv_stage_reader_close(reader);
    dv_buf_release(&raw);
    return 0;
}
