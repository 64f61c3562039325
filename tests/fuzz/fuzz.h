/* What the fuzz targets share: checks that end the process, input cut into parts, a folder for files.
 *
 * A target is one LLVMFuzzerTestOneInput. It returns where the input was refused as it should be, and calls
 * abort() by FUZZ_CHECK where a promise is broken. */
#ifndef DV_TESTS_FUZZ_H
#define DV_TESTS_FUZZ_H

#include "core/file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/utf8.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* what: the input or the expression that broke the promise. */
static inline void fuzz_broken(const char *check, const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s (%s)\n", file, line, check, what);
    abort();
}

#define FUZZ_CHECK_OF(condition, what)                                                                       \
    ((condition) ? (void)0 : fuzz_broken(#condition, (what), __FILE__, __LINE__))
#define FUZZ_CHECK(condition) FUZZ_CHECK_OF((condition), __func__)

struct fuzz_text {
    const char *p;
    size_t length;
};

/* The first line, without its LF; `rest` becomes what is behind it. Without any LF all of it. */
static inline struct fuzz_text fuzz_line(struct fuzz_text *rest)
{
    const char *lf = rest->length > 0 ? memchr(rest->p, '\n', rest->length) : NULL;
    struct fuzz_text line = {rest->p, lf != NULL ? (size_t)(lf - rest->p) : rest->length};
    size_t used = line.length + (lf != NULL ? 1 : 0);
    rest->p += used;
    rest->length -= used;
    return line;
}

/* Whether PostgreSQL would take the bytes for a text at all: UTF-8 without NUL. */
static inline bool fuzz_is_text(const char *p, size_t length)
{
    for (size_t at = 0; at < length;) {
        UChar32 c;
        U8_NEXT((const uint8_t *)p, at, length, c);
        if (c <= 0)
            return false;
    }
    return true;
}

/* "FOLDER/name", FOLDER being the process's own. The text lives until the next call. */
static inline const char *fuzz_path(const char *name)
{
    static char folder[512], path[1024];
    if (folder[0] == '\0') {
        const char *base = getenv("TMPDIR");
        (void)snprintf(folder, sizeof folder, "%s/drover-fuzz-XXXXXX", base != NULL ? base : "/tmp");
        FUZZ_CHECK(mkdtemp(folder) != NULL);
    }
    (void)snprintf(path, sizeof path, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    return path;
}

static void fuzz_clean_up(void)
{
    struct dv_err err = DV_ERR_INIT;
    if (dv_file_remove_tree(fuzz_path(""), &err) != DV_OK)
        fprintf(stderr, "%s\n", err.message);
}

/* Writes FOLDER/name. The folder is removed when the process ends well; a finding leaves it. */
static inline void fuzz_write(const char *name, const void *bytes, size_t length)
{
    static bool registered;
    FILE *file = fopen(fuzz_path(name), "wb");
    if (!registered)
        registered = atexit(fuzz_clean_up) == 0;
    FUZZ_CHECK(file != NULL && fwrite(length > 0 ? bytes : "", 1, length, file) == length);
    FUZZ_CHECK(fclose(file) == 0);
}

/* Every refusal says what is wrong, and is of the class that was promised. */
static inline void fuzz_check_refusal(enum dv_status status, const struct dv_err *err, enum dv_exit code)
{
    FUZZ_CHECK_OF(status == DV_FAILED && err->code == code && err->message[0] != '\0', err->message);
}

#endif
