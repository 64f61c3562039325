/* Any bytes, taken for the deflate stream of a gzip member that claims a size: every codec refuses it or
 * makes the same bytes, none writes past the size; and the input itself packed by one is unpacked by each.
 *
 * Input: a line with the size, then the stream. */
#include "core/alloc.h"
#include "core/codec.h"
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

#define HEADER  10
#define MOST    65536
#define GUARD   64
#define PATTERN 0x5a

/* Inflates by zlib itself what the stream holds, as far as `length` bytes go, for the member's CRC. */
static void fill_trailer(struct dv_buf *member, size_t raw_length)
{
    unsigned char out[MOST + 1];
    z_stream stream = {.next_in = (Bytef *)member->data + HEADER,
                       .avail_in = (uInt)(member->len - HEADER),
                       .next_out = out,
                       .avail_out = (uInt)raw_length};
    FUZZ_CHECK(inflateInit2(&stream, -15) == Z_OK);
    (void)inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    uint32_t words[2] = {dv_crc32(0, (const char *)out, stream.total_out), (uint32_t)raw_length};
    for (unsigned i = 0; i < 8; i++)
        dv_buf_byte(member, (char)(words[i / 4] >> (i % 4 * 8)));
}

static void unpack_by_each(const struct dv_buf *member, size_t raw_length, const char *expected,
                           struct dv_codec_state *state)
{
    for (const struct dv_codec *const *codec = dv_codec_list(); *codec != NULL; codec++) {
        struct dv_err err = DV_ERR_INIT;
        char *out = dv_alloc(raw_length + GUARD);
        FUZZ_CHECK(out != NULL);
        memset(out + raw_length, PATTERN, GUARD);
        enum dv_status status = (*codec)->decompress(state, member->data, member->len, out, raw_length, &err);
        for (unsigned i = 0; i < GUARD; i++)
            FUZZ_CHECK_OF(out[raw_length + i] == PATTERN, (*codec)->name);
        if (status != DV_OK)
            fuzz_check_refusal(status, &err, DV_EXIT_FAULT);
        if (expected != NULL)
            FUZZ_CHECK_OF(status == DV_OK && memcmp(out, expected, raw_length) == 0, (*codec)->name);
        dv_free(out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text stream = {(const char *)data, size}, line = fuzz_line(&stream);
    struct dv_codec_state *state = NULL;
    struct dv_buf member = {0};
    struct dv_err err = DV_ERR_INIT;
    size_t raw_length = 0;
    for (size_t i = 0; i < line.length && raw_length <= MOST; i++)
        raw_length = raw_length * 10 + (size_t)(unsigned char)line.p[i] % 10;
    if (raw_length > MOST)
        return 0;
    FUZZ_CHECK(dv_codec_state_new(&state, &err) == DV_OK);
    dv_buf_append(&member, "\x1f\x8b\x08\0\0\0\0\0\x04\xff", HEADER);
    dv_buf_append(&member, stream.p, stream.length);
    fill_trailer(&member, raw_length);
    unpack_by_each(&member, raw_length, NULL, state);
    for (const struct dv_codec *const *codec = dv_codec_list(); *codec != NULL; codec++) {
        dv_buf_reset(&member);
        FUZZ_CHECK((*codec)->compress(state, stream.p, stream.length, &member, &err) == DV_OK);
        unpack_by_each(&member, stream.length, stream.p, state);
    }
    dv_buf_release(&member);
    dv_codec_state_free(state);
    return 0;
}
