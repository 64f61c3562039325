/* What the codecs share: the gzip member around a raw deflate stream. Private to core/codec*.c.
 *
 * Every member has the same ten header bytes and the usual trailer (CRC-32, size), whichever library
 * deflates, so that the bytes depend on the deflate stream alone and a reader can refuse any other header. */
#ifndef DV_CORE_CODEC_MEMBER_H
#define DV_CORE_CODEC_MEMBER_H

#include "core/codec.h"

#include <stdint.h>

/* Scratch memory, made by each codec when it first needs it. */
struct dv_codec_state {
    void *isal_deflate, *isal_inflate;
    void *libdeflate_deflate, *libdeflate_inflate;
    void *zlib_deflate, *zlib_inflate;
};

void dv_codec_isal_free(struct dv_codec_state *state);
void dv_codec_libdeflate_free(struct dv_codec_state *state);
void dv_codec_zlib_free(struct dv_codec_state *state);

extern const struct dv_codec dv_codec_isal, dv_codec_libdeflate, dv_codec_zlib;

/* Raw deflate, one stream: */
typedef enum dv_status (*dv_deflate_fn)(struct dv_codec_state *state, const char *bytes, size_t length,
                                        char *out, size_t room, size_t *written, struct dv_err *err);
/* Must use up exactly `length` bytes and make exactly raw_length; false where it does not. */
typedef enum dv_status (*dv_inflate_fn)(struct dv_codec_state *state, const char *bytes, size_t length,
                                        char *out, size_t raw_length, bool *whole, struct dv_err *err);

enum dv_status dv_member_compress(struct dv_codec_state *state, dv_deflate_fn deflate, const char *bytes,
                                  size_t length, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_member_decompress(struct dv_codec_state *state, dv_inflate_fn inflate, const char *bytes,
                                    size_t length, char *out, size_t raw_length,
                                    struct dv_err *err) DV_MUST_CHECK;

#endif
