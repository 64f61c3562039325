/* JSON inside rows: jsonb with PostgreSQL's meaning, worked on as text, no tree built where none is needed.
 *
 * "Canonical" is the text that PostgreSQL prints for a jsonb: keys unique (the last one wins), ordered by
 * length then bytes, ": " and ", ", numbers as numeric prints them, strings with minimal escapes. A jsonb
 * value of a row is always canonical (the server wrote it so, or dv_jsonb_canonical made it); a json value is
 * any valid JSON text. Nesting deeper than 6,000 levels is refused (PostgreSQL's stack limit refuses at about
 * that depth). */
#ifndef DV_CORE_JSONB_H
#define DV_CORE_JSONB_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>

enum dv_json_kind {
    DV_JSON_NULL,
    DV_JSON_STRING,
    DV_JSON_NUMBER,
    DV_JSON_BOOLEAN,
    DV_JSON_ARRAY,
    DV_JSON_OBJECT
};

struct dv_json_text {
    const char *p; /* borrowed slice of a JSON text, no blanks around it; NULL: not there */
    size_t len;
};

/* Any valid JSON text to canonical form, appended. Error 22P02 (with the offset), 22P05 for \u0000. */
enum dv_status dv_jsonb_canonical(const char *text, size_t length, struct dv_buf *out,
                                  struct dv_err *err) DV_MUST_CHECK;
/* Whether the text is JSON, as the type json checks it (\u0000 passes). 22P02. */
enum dv_status dv_json_validate(const char *text, size_t length, struct dv_err *err) DV_MUST_CHECK;
enum dv_json_kind dv_json_kind_of(struct dv_json_text json); /* by its first byte */
/* A row's json without the blanks around it (jsonb has none). */
struct dv_json_text dv_json_trim(const char *text, size_t length);

/* -> : member of an object by name, element of an array by index (negative from the end); .p NULL where there
 * is none or the value is of another kind. Works on any valid JSON text (for json the last of duplicate keys
 * wins, as there). */
struct dv_json_text dv_json_member(struct dv_json_text json, const char *key, size_t key_length);
struct dv_json_text dv_json_element(struct dv_json_text json, int64_t index);
/* The same as jsonb has it: a scalar at the top is its own element 0 and -1. */
struct dv_json_text dv_jsonb_element(struct dv_json_text json, int64_t index);
/* ->> : the text of a slice: strings unescaped (into the arena only where an escape occurs), JSON null gives
 * is_null, everything else its own text. */
enum dv_status dv_json_as_text(struct dv_json_text json, struct dv_arena *arena, const char **text,
                               size_t *length, bool *is_null, struct dv_err *err) DV_MUST_CHECK;

/* Iteration: next element or member behind *at (start with {NULL, 0} in value). DV_END after the last. key
 * stays as it stands in the text, quotes included. */
enum dv_status dv_json_next(struct dv_json_text container, struct dv_json_text *key,
                            struct dv_json_text *value, struct dv_err *err) DV_MUST_CHECK;

/* jsonb || jsonb, canonical in, canonical out. */
enum dv_status dv_jsonb_concat(struct dv_json_text a, struct dv_json_text b, struct dv_buf *out,
                               struct dv_err *err) DV_MUST_CHECK;
/* A JSON string literal with PostgreSQL's escapes, quotes included, appended. */
void dv_json_quote(struct dv_buf *out, const char *text, size_t length);
/* jsonb's own order. */
int dv_jsonb_compare(struct dv_json_text a, struct dv_json_text b);

#endif
