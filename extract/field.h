/* Fields of a file become fields of a stage file: text in the file's dialect to a value's CSV form, checked
 * against the column's type. Private to extract/.
 *
 * A converter belongs to one thread. What cannot be converted is no error but a fault: a reason by
 * PostgreSQL's condition names, and a sentence. */
#ifndef DV_EXTRACT_FIELD_H
#define DV_EXTRACT_FIELD_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/type.h"
#include "extract/dialect.h"

struct dv_field_fault {
    const char *reason; /* lasts */
    char detail[480];
};

/* false, for the caller to return. */
bool dv_field_fail(struct dv_field_fault *fault, const char *reason, const char *format, ...) DV_PRINTF(3, 4);

struct dv_converter {
    const struct dv_dialect *dialect;
    const struct dv_encoding *encoding;
    struct dv_arena arena; /* of the value being converted */
    struct dv_buf utf8, rewritten;
};

void dv_converter_release(struct dv_converter *converter); /* idempotent; a zeroed struct is fine */

/* What a record's bytes say about its fields. */
struct dv_record_bytes {
    bool high; /* some byte is above 0x7f */
    bool nul;  /* some byte is 0 */
};
struct dv_record_bytes dv_record_look(const char *text, size_t length);

/* Appends the text as a field of that column. quoted: it stood in quotes, so that a null word may be meant as
 * it is. ascii: no byte of it is above 0x7f. false: *fault says why not, and what was appended is worth
 * nothing. DV_FAILED for lack of memory alone. */
enum dv_status dv_field_put(struct dv_converter *converter, const struct dv_column *column, const char *text,
                            size_t length, bool quoted, bool ascii, bool only_column, struct dv_buf *out,
                            bool *good, struct dv_field_fault *fault, struct dv_err *err) DV_MUST_CHECK;

/* The text in UTF-8, in the converter's buffer where it had to be converted; false: *fault says why not. */
bool dv_field_utf8(struct dv_converter *converter, const struct dv_column *column, const char **text,
                   size_t *length, struct dv_field_fault *fault);

/* UTF-8 as PostgreSQL takes it: no surrogates, no overlong forms, nothing above U+10FFFF. The place of the
 * first byte that is none, or `length`. */
size_t dv_utf8_good(const char *text, size_t length);

#endif
