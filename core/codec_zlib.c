/* zlib at level 1: the yardstick that the faster codecs are tested against. */
#include "core/alloc.h"
#include "core/codec_member.h"

#include <zlib.h>

static voidpf zlib_alloc(voidpf unused, uInt count, uInt size)
{
    (void)unused;
    return dv_calloc(count, size);
}

static void zlib_free(voidpf unused, voidpf memory)
{
    (void)unused;
    dv_free(memory);
}

static z_stream *new_stream(void)
{
    z_stream *stream = dv_calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->zalloc = zlib_alloc;
    stream->zfree = zlib_free;
    return stream;
}

static enum dv_status deflate_zlib(struct dv_codec_state *state, const char *bytes, size_t length, char *out,
                                   size_t room, size_t *written, struct dv_err *err)
{
    z_stream *stream = state->zlib_deflate;
    if (stream == NULL) {
        stream = new_stream();
        if (stream == NULL || deflateInit2(stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            dv_free(stream);
            return dv_fail_memory(err);
        }
        state->zlib_deflate = stream;
    }
    deflateReset(stream);
    stream->next_in = (Bytef *)(uintptr_t)bytes; /* only read from */
    stream->avail_in = (uInt)length;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)room;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return dv_fail(err, DV_EXIT_BUG, "zlib could not compress %zu bytes", length);
    *written = room - stream->avail_out;
    return DV_OK;
}

static enum dv_status inflate_zlib(struct dv_codec_state *state, const char *bytes, size_t length, char *out,
                                   size_t raw_length, bool *whole, struct dv_err *err)
{
    z_stream *stream = state->zlib_inflate;
    if (stream == NULL) {
        stream = new_stream();
        if (stream == NULL || inflateInit2(stream, -15) != Z_OK) {
            dv_free(stream);
            return dv_fail_memory(err);
        }
        state->zlib_inflate = stream;
    }
    inflateReset(stream);
    stream->next_in = (Bytef *)(uintptr_t)bytes; /* only read from */
    stream->avail_in = (uInt)length;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)raw_length;
    int result = inflate(stream, Z_FINISH);
    if (result == Z_MEM_ERROR)
        return dv_fail_memory(err);
    *whole = result == Z_STREAM_END && stream->avail_in == 0 && stream->avail_out == 0;
    return DV_OK;
}

static enum dv_status compress_zlib(struct dv_codec_state *state, const char *bytes, size_t length,
                                    struct dv_buf *out, struct dv_err *err)
{
    return dv_member_compress(state, deflate_zlib, bytes, length, out, err);
}

static enum dv_status decompress_zlib(struct dv_codec_state *state, const char *bytes, size_t length,
                                      char *out, size_t raw_length, struct dv_err *err)
{
    return dv_member_decompress(state, inflate_zlib, bytes, length, out, raw_length, err);
}

void dv_codec_zlib_free(struct dv_codec_state *state)
{
    if (state->zlib_deflate != NULL)
        deflateEnd(state->zlib_deflate);
    if (state->zlib_inflate != NULL)
        inflateEnd(state->zlib_inflate);
    dv_free(state->zlib_deflate);
    dv_free(state->zlib_inflate);
}

const struct dv_codec dv_codec_zlib = {
    .name = "zlib",
    .compress = compress_zlib,
    .decompress = decompress_zlib,
};
