/* libdeflate at level 1: writes stage files. */
#include "core/alloc.h"
#include "core/codec_member.h"

#include <libdeflate.h>
#include <pthread.h>

static void use_our_heap(void)
{
    libdeflate_set_memory_allocator(dv_alloc, dv_free);
}

static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, use_our_heap);
}

static enum dv_status deflate_libdeflate(struct dv_codec_state *state, const char *bytes, size_t length,
                                         char *out, size_t room, size_t *written, struct dv_err *err)
{
    if (state->libdeflate_deflate == NULL) {
        prepare();
        state->libdeflate_deflate = libdeflate_alloc_compressor(1);
        if (state->libdeflate_deflate == NULL)
            return dv_fail_memory(err);
    }
    *written = libdeflate_deflate_compress(state->libdeflate_deflate, bytes, length, out, room);
    if (*written == 0)
        return dv_fail(err, DV_EXIT_BUG, "libdeflate could not compress %zu bytes", length);
    return DV_OK;
}

static enum dv_status inflate_libdeflate(struct dv_codec_state *state, const char *bytes, size_t length,
                                         char *out, size_t raw_length, bool *whole, struct dv_err *err)
{
    if (state->libdeflate_inflate == NULL) {
        prepare();
        state->libdeflate_inflate = libdeflate_alloc_decompressor();
        if (state->libdeflate_inflate == NULL)
            return dv_fail_memory(err);
    }
    size_t used = 0, made = 0;
    enum libdeflate_result result = libdeflate_deflate_decompress_ex(state->libdeflate_inflate, bytes, length,
                                                                     out, raw_length, &used, &made);
    *whole = result == LIBDEFLATE_SUCCESS && used == length && made == raw_length;
    return DV_OK;
}

static enum dv_status compress_libdeflate(struct dv_codec_state *state, const char *bytes, size_t length,
                                          struct dv_buf *out, struct dv_err *err)
{
    return dv_member_compress(state, deflate_libdeflate, bytes, length, out, err);
}

static enum dv_status decompress_libdeflate(struct dv_codec_state *state, const char *bytes, size_t length,
                                            char *out, size_t raw_length, struct dv_err *err)
{
    return dv_member_decompress(state, inflate_libdeflate, bytes, length, out, raw_length, err);
}

void dv_codec_libdeflate_free(struct dv_codec_state *state)
{
    if (state->libdeflate_deflate != NULL)
        libdeflate_free_compressor(state->libdeflate_deflate);
    if (state->libdeflate_inflate != NULL)
        libdeflate_free_decompressor(state->libdeflate_inflate);
}

const struct dv_codec dv_codec_libdeflate = {
    .name = "libdeflate",
    .compress = compress_libdeflate,
    .decompress = decompress_libdeflate,
};
