#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/uuid.h"

#include "core/value_error.h"

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = dv_lower_ascii(c);
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

enum dv_status dv_uuid_parse(const char *text, size_t length, unsigned char out[16], struct dv_err *err)
{
    const char *at = text, *end = text + length;
    bool braces = at < end && *at == '{';
    if (braces)
        at++;
    for (unsigned i = 0; i < 16; i++) {
        int high = end - at >= 2 ? hex_digit(at[0]) : -1, low = high >= 0 ? hex_digit(at[1]) : -1;
        if (low < 0)
            return dv_value_bad_syntax(err, "uuid", text, length);
        out[i] = (unsigned char)(high << 4 | low);
        at += 2;
        if (at < end && *at == '-' && i % 2 == 1 && i < 15)
            at++;
    }
    if (braces) {
        if (at == end || *at != '}')
            return dv_value_bad_syntax(err, "uuid", text, length);
        at++;
    }
    return at == end ? DV_OK : dv_value_bad_syntax(err, "uuid", text, length);
}

/* The two digits of every byte. */
#define PAIRS(h)                                                                                             \
    h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h "c" h "d" h "e" h "f"
static const char pairs[] = PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5") PAIRS("6")
    PAIRS("7") PAIRS("8") PAIRS("9") PAIRS("a") PAIRS("b") PAIRS("c") PAIRS("d") PAIRS("e") PAIRS("f");

void dv_uuid_format(const unsigned char uuid[16], char out[36])
{
    static const unsigned char places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    out[8] = out[13] = out[18] = out[23] = '-';
    for (unsigned i = 0; i < 16; i++)
        memcpy(out + places[i], pairs + 2 * (size_t)uuid[i], 2);
}

/* The low-level calls: the EVP ones look their algorithm up under a lock every time, which costs threads that
 * make a million ids more than the digest itself. They need no memory and cannot fail. */
static void sha1(const unsigned char namespace_uuid[16], const char *name, size_t length,
                 unsigned char digest[20])
{
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, namespace_uuid, 16);
    SHA1_Update(&context, name, length);
    SHA1_Final(digest, &context);
}

void dv_uuid_v5(const unsigned char namespace_uuid[16], const char *name, size_t length,
                unsigned char out[16])
{
    unsigned char digest[20];
    sha1(namespace_uuid, name, length, digest);
    memcpy(out, digest, 16);
    out[6] = (unsigned char)((out[6] & 0x0F) | 0x50);
    out[8] = (unsigned char)((out[8] & 0x3F) | 0x80);
}

void dv_uuid_namespace(const char *namespace_text, size_t length, unsigned char out[16])
{
    /* RFC 4122, appendix C: 6ba7b811-9dad-11d1-80b4-00c04fd430c8, names that are URLs */
    static const unsigned char url[16] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                                          0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    dv_uuid_v5(url, namespace_text, length, out);
}

void dv_uuid_random(unsigned char out[16])
{
    if (RAND_bytes(out, 16) != 1)
        abort(); /* no randomness: a repeated id would be worse */
    out[6] = (unsigned char)((out[6] & 0x0F) | 0x40);
    out[8] = (unsigned char)((out[8] & 0x3F) | 0x80);
}
