/* Any CSV in blocks that are packed as they should be, with a manifest that claims a number of rows for each:
 * verification accepts exactly the blocks that hold that many whole records, and the header.
 *
 * Input: a line with the claims, one digit a block; then the blocks, a form feed between two. */
#include "core/alloc.h"
#include "core/codec.h"
#include "core/stage_reader.h"
#include "tests/fuzz/fuzz.h"

#define MOST_BLOCKS 10

static const char header[] = "a,b\n";

/* Whether the text is so many whole records: an LF outside quotes ends one. Written apart from core/csv.c. */
static bool holds(struct fuzz_text text, unsigned wanted)
{
    unsigned records = 0;
    bool inside = false, whole = true;
    for (size_t i = 0; i < text.length; i++) {
        inside ^= text.p[i] == '"';
        whole = text.p[i] == '\n' && !inside;
        records += whole;
    }
    return whole && records == wanted;
}

static void add_block(struct dv_part_manifest *manifest, struct fuzz_text raw, unsigned rows,
                      struct dv_codec_state *state, struct dv_buf *file)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_block *block = &manifest->blocks[manifest->block_count++];
    size_t before = file->len;
    FUZZ_CHECK(dv_codec_find("zlib")->compress(state, raw.p, raw.length, file, &err) == DV_OK);
    *block = (struct dv_block){
        .offset = before,
        .length = (uint32_t)(file->len - before),
        .rows = rows,
        .raw_length = (uint32_t)raw.length,
        .crc = dv_crc32(0, raw.p, raw.length),
    };
    manifest->rows += rows;
    manifest->raw_bytes += raw.length;
    manifest->bytes = file->len;
    manifest->tally.written = manifest->tally.read = manifest->rows;
}

/* Publishes the part; returns whether a reader ought to accept it. */
static bool make_part(struct fuzz_text claims, struct fuzz_text rest, struct dv_codec_state *state)
{
    struct dv_column columns[2] = {{"a", dv_type_of(DV_TYPE_TEXT)}, {"b", dv_type_of(DV_TYPE_TEXT)}};
    struct dv_block blocks[MOST_BLOCKS + 1];
    struct dv_part_manifest manifest = {.columns = columns, .column_count = 2, .blocks = blocks};
    struct dv_buf file = {0};
    struct dv_sha256 *sha = NULL;
    struct dv_err err = DV_ERR_INIT;
    bool good = true;
    add_block(&manifest, (struct fuzz_text){header, sizeof header - 1}, 0, state, &file);
    for (size_t i = 0; i < claims.length && i < MOST_BLOCKS; i++) {
        const char *cut = rest.length > 0 ? memchr(rest.p, '\f', rest.length) : NULL;
        struct fuzz_text raw = {rest.p, cut != NULL ? (size_t)(cut - rest.p) : rest.length};
        unsigned rows = (unsigned)(claims.p[i] - '0');
        size_t used = raw.length + (cut != NULL ? 1 : 0);
        good = good && rows > 0 && holds(raw, rows);
        add_block(&manifest, raw, rows, state, &file);
        rest.p += used;
        rest.length -= used;
    }
    FUZZ_CHECK(dv_sha256_new(&sha, &err) == DV_OK);
    dv_sha256_update(sha, file.data, file.len);
    dv_sha256_hex(sha, manifest.sha256);
    dv_sha256_free(sha);
    fuzz_write("part-00000.csv.gz", file.data, file.len);
    FUZZ_CHECK(dv_part_manifest_publish(fuzz_path(""), &manifest, &err) == DV_OK);
    dv_buf_release(&file);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text rest = {(const char *)data, size}, claims = fuzz_line(&rest);
    struct dv_codec_state *state = NULL;
    struct dv_err err = DV_ERR_INIT;
    for (size_t i = 0; i < claims.length; i++)
        if (claims.p[i] < '0' || claims.p[i] > '9')
            return 0;
    FUZZ_CHECK(dv_codec_state_new(&state, &err) == DV_OK);
    bool good = make_part(claims, rest, state);
    enum dv_status status = dv_stage_verify_part(fuzz_path(""), 0, &err);
    FUZZ_CHECK_OF((status == DV_OK) == good, err.message);
    if (status != DV_OK)
        fuzz_check_refusal(status, &err, DV_EXIT_FAULT);
    dv_codec_state_free(state);
    return 0;
}
