/* Encodings: what stands in a file's bytes, and how they become UTF-8. Private to extract/. */
#ifndef DV_EXTRACT_DIALECT_H
#define DV_EXTRACT_DIALECT_H

#include "core/error.h"
#include "extract/file_spec.h"

#include <stdbool.h>

enum dv_encoding_kind {
    DV_ENCODING_UTF8,
    DV_ENCODING_TABLE, /* one byte a character, ASCII as it is: records are found before they are converted */
    DV_ENCODING_STREAM /* anything else: the text is converted before records are found */
};

/* A byte that the encoding does not know is this in the UTF-8 that comes of it: no UTF-8 holds it. */
#define DV_UNKNOWN_BYTE '\xff'

struct dv_encoding {
    enum dv_encoding_kind kind;
    const char *name;        /* borrowed */
    unsigned char size[128]; /* table: bytes of UTF-8 that the byte 128 + i becomes; 0: not known */
    char utf8[128][4];
};

/* USAGE where iconv has no such encoding. */
enum dv_status dv_encoding_find(const char *name, struct dv_encoding *encoding,
                                struct dv_err *err) DV_MUST_CHECK;

#endif
