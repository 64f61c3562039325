/* ISA-L's igzip: reads stage files. It can write them too, and faster than any other, but not always the same
 * bytes. */
#include "core/alloc.h"
#include "core/codec_member.h"

#include <isa-l.h>
#include <string.h>

struct deflater {
    struct isal_zstream stream;
    uint8_t level_buffer[ISAL_DEF_LVL1_EXTRA_LARGE];
};

static enum dv_status deflate_isal(struct dv_codec_state *state, const char *bytes, size_t length, char *out,
                                   size_t room, size_t *written, struct dv_err *err)
{
    if (state->isal_deflate == NULL) {
        state->isal_deflate = dv_alloc(sizeof(struct deflater));
        if (state->isal_deflate == NULL)
            return dv_fail_memory(err);
    }
    struct deflater *deflater = state->isal_deflate;
    struct isal_zstream *stream = &deflater->stream;
    memset(stream, 0, sizeof *stream); /* the library's own init leaves some of it as it finds it */
    isal_deflate_stateless_init(stream);
    stream->level = 1;
    stream->level_buf = deflater->level_buffer;
    stream->level_buf_size = sizeof deflater->level_buffer;
    stream->end_of_stream = 1;
    stream->flush = NO_FLUSH;
    stream->gzip_flag = IGZIP_DEFLATE;
    stream->next_in = (uint8_t *)(uintptr_t)bytes; /* only read from */
    stream->avail_in = (uint32_t)length;
    stream->next_out = (uint8_t *)out;
    stream->avail_out = (uint32_t)room;
    int result = isal_deflate_stateless(stream);
    if (result != COMP_OK || stream->avail_in != 0)
        return dv_fail(err, DV_EXIT_BUG, "ISA-L could not compress %zu bytes (%d)", length, result);
    *written = stream->total_out;
    return DV_OK;
}

static enum dv_status inflate_isal(struct dv_codec_state *state, const char *bytes, size_t length, char *out,
                                   size_t raw_length, bool *whole, struct dv_err *err)
{
    if (state->isal_inflate == NULL) {
        state->isal_inflate = dv_calloc(1, sizeof(struct inflate_state));
        if (state->isal_inflate == NULL)
            return dv_fail_memory(err);
    }
    struct inflate_state *stream = state->isal_inflate;
    isal_inflate_init(stream);
    stream->crc_flag = ISAL_DEFLATE;
    stream->next_in = (uint8_t *)(uintptr_t)bytes; /* only read from */
    stream->avail_in = (uint32_t)length;
    stream->next_out = (uint8_t *)out;
    stream->avail_out = (uint32_t)raw_length;
    int result = isal_inflate_stateless(stream);
    *whole = result == ISAL_DECOMP_OK && stream->avail_in == 0 && stream->total_out == raw_length;
    return DV_OK;
}

static enum dv_status compress_isal(struct dv_codec_state *state, const char *bytes, size_t length,
                                    struct dv_buf *out, struct dv_err *err)
{
    return dv_member_compress(state, deflate_isal, bytes, length, out, err);
}

static enum dv_status decompress_isal(struct dv_codec_state *state, const char *bytes, size_t length,
                                      char *out, size_t raw_length, struct dv_err *err)
{
    return dv_member_decompress(state, inflate_isal, bytes, length, out, raw_length, err);
}

void dv_codec_isal_free(struct dv_codec_state *state)
{
    dv_free(state->isal_deflate);
    dv_free(state->isal_inflate);
}

const struct dv_codec dv_codec_isal = {
    .name = "isal",
    .compress = compress_isal,
    .decompress = decompress_isal,
};
