/* Walking over JSON text that was checked before, and strings in it; shared by the jsonb files, internal to
 * core/. No function reads behind `end`, whatever the text holds. */
#ifndef DV_CORE_JSONB_SCAN_H
#define DV_CORE_JSONB_SCAN_H

#include "core/jsonb.h"

static inline const char *dv_json_skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* Behind the string that opens at `at`, or NULL where it does not close. */
const char *dv_json_skip_string(const char *at, const char *end);
/* Behind the value at `at`, or NULL where it does not end. */
const char *dv_json_skip_value(const char *at, const char *end);
/* Behind the bracket that closes the object or array that `at` stands in, or NULL where none does. */
const char *dv_json_skip_to_close(const char *at, const char *end);

enum dv_json_escape { DV_JSON_ESCAPE_OK, DV_JSON_ESCAPE_BAD, DV_JSON_ESCAPE_NUL };
/* The inside of a string, without quotes, unescaped to out (as many bytes as the text has are enough). */
enum dv_json_escape dv_json_unescape(const char *text, size_t length, char *out, size_t *out_length);
/* Two string slices, quotes included, by their unescaped content: bytes first, or length before bytes
 * (by_length), which is the order of keys. */
int dv_json_string_compare(struct dv_json_text a, struct dv_json_text b, bool by_length);
/* Whether a string slice, quotes included, reads as the key; and its place before or behind the key in the
 * order of a jsonb's members: by length, then bytes. */
bool dv_json_is_key(struct dv_json_text string, const char *key, size_t key_length);
int dv_json_key_order(struct dv_json_text string, const char *key, size_t key_length);
enum dv_status dv_json_bad_escape(enum dv_json_escape what, const char *text, size_t length,
                                  struct dv_err *err);

#endif
