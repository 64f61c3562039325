/* The text of a file, in a window that moves over it: read, inflated, converted to UTF-8 where that must come
 * before records are found (extract/dialect.h). Private to extract/.
 *
 * Order of calls: open, seek as wanted, { look at the window, at += what was consumed, more }*,
 * close (idempotent; a zeroed struct is fine). Memory: the window (1 MiB; it grows with what is not
 * consumed), and some hundred KiB for what inflates and converts. One thread. Errors are FAULT: an I/O error,
 * a damaged gzip file; CHANGED where the file is not the one expected. */
#ifndef DV_EXTRACT_FILE_TEXT_H
#define DV_EXTRACT_FILE_TEXT_H

#include "core/error.h"
#include "extract/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What tells a file from another of that name. */
struct dv_file_text_stamp {
    uint64_t size;
    int64_t modified_ns; /* since 1970 */
};

struct dv_file_text_source; /* what is below the window */

struct dv_file_text {
    const char *path;     /* borrowed */
    const char *at, *end; /* what is there of the text and not consumed yet */
    bool last;            /* nothing comes behind `end` */
    struct dv_file_text_stamp stamp;
    struct dv_file_text_source *source; /* owned */
};

#define DV_FILE_TEXT_HASH 33 /* hexadecimal digits of an XXH3-128, and NUL */

enum dv_status dv_file_text_open(struct dv_file_text *text, const char *path, const struct dv_file_spec *spec,
                                 const struct dv_encoding *encoding, struct dv_err *err) DV_MUST_CHECK;
void dv_file_text_close(struct dv_file_text *text);
/* Whether seek jumps; else it reads all that is before. */
bool dv_file_text_seekable(const struct dv_file_text *text);
/* Forward to the offset, of the text as the window shows it. */
enum dv_status dv_file_text_seek(struct dv_file_text *text, uint64_t offset,
                                 struct dv_err *err) DV_MUST_CHECK;
/* More behind `end`; what is between `at` and `end` stays, elsewhere. Not to be called once `last` is set. */
enum dv_status dv_file_text_more(struct dv_file_text *text, struct dv_err *err) DV_MUST_CHECK;
uint64_t dv_file_text_offset(const struct dv_file_text *text); /* of `at` */
/* The hash of what was consumed since the last call, or since seek. */
void dv_file_text_hash(struct dv_file_text *text, char out[DV_FILE_TEXT_HASH]);
/* CHANGED where the file under the path is not the open one as it was. */
enum dv_status dv_file_text_same(const struct dv_file_text *text, const struct dv_file_text_stamp *stamp,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
