#include "core/alloc.h"
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

struct dv_sha256 {
    EVP_MD_CTX *context;
    bool failed; /* an update was refused: the digest would be a lie */
};

enum dv_status dv_sha256_new(struct dv_sha256 **out, struct dv_err *err)
{
    struct dv_sha256 *sha = dv_calloc(1, sizeof *sha);
    if (sha == NULL)
        return dv_fail_memory(err);
    sha->context = EVP_MD_CTX_new();
    if (sha->context == NULL || EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL) != 1) {
        dv_sha256_free(sha);
        return dv_fail(err, DV_EXIT_FAULT, "libcrypto offers no SHA-256");
    }
    *out = sha;
    return DV_OK;
}

void dv_sha256_update(struct dv_sha256 *sha, const void *bytes, size_t length)
{
    if (EVP_DigestUpdate(sha->context, bytes, length) != 1)
        sha->failed = true;
}

void dv_sha256_hex(struct dv_sha256 *sha, char out[DV_SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    if (EVP_DigestFinal_ex(sha->context, digest, NULL) != 1)
        sha->failed = true;
    for (size_t i = 0; i < 32; i++) {
        /* Of a failed digest: a text that equals no sum. */
        out[2 * i] = sha->failed ? '!' : digits[digest[i] >> 4];
        out[2 * i + 1] = sha->failed ? '!' : digits[digest[i] & 15U];
    }
    out[64] = '\0';
    sha->failed = EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL) != 1;
}

void dv_sha256_free(struct dv_sha256 *sha)
{
    if (sha == NULL)
        return;
    EVP_MD_CTX_free(sha->context);
    dv_free(sha);
}

enum dv_status dv_file_sha256(const char *path, char out[DV_SHA256_HEX], uint64_t *size, struct dv_err *err)
{
    const size_t chunk = (size_t)256 * 1024;
    enum dv_status status = DV_OK;
    struct dv_sha256 *sha = NULL;
    char *bytes = NULL;
    uint64_t total = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return dv_fail_os(err, errno, "cannot open %s", path);
    DV_TRY(dv_sha256_new(&sha, err));
    bytes = dv_alloc(chunk);
    if (bytes == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (;;) {
        ssize_t got = read(fd, bytes, chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            status = dv_fail_os(err, errno, "cannot read %s", path);
            goto done;
        }
        if (got == 0)
            break;
        dv_sha256_update(sha, bytes, (size_t)got);
        total += (uint64_t)got;
    }
    dv_sha256_hex(sha, out);
    if (size != NULL)
        *size = total;
done:
    dv_free(bytes);
    dv_sha256_free(sha);
    close(fd);
    return status;
}
