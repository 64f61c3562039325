#include "core/codec.h"

#include "core/alloc.h"
#include "core/codec_member.h"

#include <isa-l.h>
#include <string.h>

#define HEADER_LENGTH  ((size_t)10)
#define TRAILER_LENGTH ((size_t)8)
#define LARGEST_MEMBER ((size_t)1 << 30)

/* RFC 1952: magic, deflate, no flags, no time, fastest algorithm, operating system unknown. */
static const unsigned char member_header[HEADER_LENGTH] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};

static const struct dv_codec *const codecs[] = {&dv_codec_libdeflate, &dv_codec_isal, &dv_codec_zlib, NULL};

const struct dv_codec *dv_codec_default(void)
{
    return &dv_codec_libdeflate; /* the one whose bytes depend on its input alone: docs/stage-files.md */
}

const struct dv_codec *dv_codec_reader(void)
{
    return &dv_codec_isal;
}

const struct dv_codec *dv_codec_find(const char *name)
{
    for (const struct dv_codec *const *codec = codecs; *codec != NULL; codec++)
        if (strcmp((*codec)->name, name) == 0)
            return *codec;
    return NULL;
}

const struct dv_codec *const *dv_codec_list(void)
{
    return codecs;
}

enum dv_status dv_codec_state_new(struct dv_codec_state **state, struct dv_err *err)
{
    *state = dv_calloc(1, sizeof **state);
    return *state != NULL ? DV_OK : dv_fail_memory(err);
}

void dv_codec_state_free(struct dv_codec_state *state)
{
    if (state == NULL)
        return;
    dv_codec_isal_free(state);
    dv_codec_libdeflate_free(state);
    dv_codec_zlib_free(state);
    dv_free(state);
}

uint32_t dv_crc32(uint32_t crc, const char *bytes, size_t length)
{
    if (length == 0)
        return crc;
    return crc32_gzip_refl(crc, (const unsigned char *)bytes, length);
}

static void put_le32(unsigned char *out, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (unsigned char)(number >> (8 * i));
}

static uint32_t get_le32(const char *bytes)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)(unsigned char)bytes[i] << (8 * i);
    return number;
}

enum dv_status dv_member_compress(struct dv_codec_state *state, dv_deflate_fn deflate, const char *bytes,
                                  size_t length, struct dv_buf *out, struct dv_err *err)
{
    if (length > LARGEST_MEMBER)
        return dv_fail(err, DV_EXIT_FAULT, "a block of %zu bytes is too large to compress (1 GiB at most)",
                       length);
    /* The room is a function of the length alone: a deflater may choose by the room that it has. */
    size_t room = length + length / 8 + 4096;
    if (!dv_buf_reserve(out, HEADER_LENGTH + room + TRAILER_LENGTH))
        return dv_fail_memory(err);
    size_t written = 0;
    enum dv_status status = deflate(state, length > 0 ? bytes : "", length,
                                    out->data + out->len + HEADER_LENGTH, room, &written, err);
    if (status != DV_OK)
        return status;
    unsigned char trailer[TRAILER_LENGTH];
    put_le32(trailer, dv_crc32(0, bytes, length));
    put_le32(trailer + 4, (uint32_t)length);
    memcpy(out->data + out->len, member_header, HEADER_LENGTH);
    out->len += HEADER_LENGTH + written;
    dv_buf_append(out, trailer, TRAILER_LENGTH);
    return DV_OK;
}

enum dv_status dv_member_decompress(struct dv_codec_state *state, dv_inflate_fn inflate, const char *bytes,
                                    size_t length, char *out, size_t raw_length, struct dv_err *err)
{
    if (length > UINT32_MAX || raw_length > LARGEST_MEMBER)
        return dv_fail(err, DV_EXIT_FAULT, "a gzip member of %zu bytes for %zu is too large", length,
                       raw_length);
    if (length < HEADER_LENGTH + TRAILER_LENGTH || memcmp(bytes, member_header, HEADER_LENGTH) != 0)
        return dv_fail(err, DV_EXIT_FAULT, "not a gzip member as drover writes it");
    const char *trailer = bytes + length - TRAILER_LENGTH;
    if (get_le32(trailer + 4) != raw_length)
        return dv_fail(err, DV_EXIT_FAULT, "the gzip member says that it holds %u bytes, not %zu",
                       get_le32(trailer + 4), raw_length);
    bool whole = false;
    char nothing;
    enum dv_status status = inflate(state, bytes + HEADER_LENGTH, length - HEADER_LENGTH - TRAILER_LENGTH,
                                    raw_length > 0 ? out : &nothing, raw_length, &whole, err);
    if (status != DV_OK)
        return status;
    if (!whole)
        return dv_fail(err, DV_EXIT_FAULT, "the compressed data is damaged");
    if (dv_crc32(0, out, raw_length) != get_le32(trailer))
        return dv_fail(err, DV_EXIT_FAULT, "the gzip member does not fit its own CRC-32");
    return DV_OK;
}
