/* Compression: a table of codecs over one format, independent gzip members (RFC 1952) of whole records.
 * The codec that writes is fixed by the stage file format version, so that the same rows give the same bytes
 * on every machine; any codec can read. Stateless: each worker keeps a struct dv_codec_state of its own. */
#ifndef DV_CORE_CODEC_H
#define DV_CORE_CODEC_H

#include "core/buf.h"
#include "core/error.h"

struct dv_codec_state; /* scratch memory of one thread */

struct dv_codec {
    const char *name;
    /* Appends one whole gzip member holding `length` bytes. */
    enum dv_status (*compress)(struct dv_codec_state *state, const char *bytes, size_t length,
                               struct dv_buf *out, struct dv_err *err);
    /* Decodes exactly one member of `length` bytes that inflates to exactly raw_length bytes at `out`; checks
     * the member's own CRC-32 and size. Fails with code FAULT on anything else. */
    enum dv_status (*decompress)(struct dv_codec_state *state, const char *bytes, size_t length, char *out,
                                 size_t raw_length, struct dv_err *err);
};

const struct dv_codec *dv_codec_default(void);          /* the one that writes stage files */
const struct dv_codec *dv_codec_reader(void);           /* the fastest that reads them */
const struct dv_codec *dv_codec_find(const char *name); /* NULL: no such codec */
const struct dv_codec *const *dv_codec_list(void);      /* NULL-terminated */
enum dv_status dv_codec_state_new(struct dv_codec_state **state, struct dv_err *err) DV_MUST_CHECK;
void dv_codec_state_free(struct dv_codec_state *state);
uint32_t dv_crc32(uint32_t crc, const char *bytes, size_t length); /* the CRC of gzip; start with 0 */

#endif
