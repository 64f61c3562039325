/* JSON documents (job files, manifests) over jansson: getters that name the place in their errors. Not for
 * the JSON inside rows: that is core/jsonb.h. Paths in errors read like `load[2].mode`. */
#ifndef DV_CORE_JSON_H
#define DV_CORE_JSON_H

#include "core/buf.h"
#include "core/error.h"

#include <jansson.h>
#include <stdbool.h>

/* Before the first call to jansson itself (json_object(), ...): puts jansson on core/alloc. The functions
 * below do it. */
void dv_json_prepare(void);

/* `code` is the class of the error that a bad document makes (USAGE for job files, FAULT for manifests).
 * Duplicate keys are refused. Line and column stand in the message. */
enum dv_status dv_json_read(const char *path, enum dv_exit code, json_t **out,
                            struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_json_parse(const char *text, size_t length, const char *name, enum dv_exit code,
                             json_t **out, struct dv_err *err) DV_MUST_CHECK;
/* Sorted keys, two-space indent, LF at the end: the same document gives the same bytes. */
enum dv_status dv_json_publish(const char *path, const json_t *document, struct dv_err *err) DV_MUST_CHECK;

/* The same for what drover itself reads again: a member "crc32" says what the document should say, so that no
 * damage in it passes for a meaning. A document without one is taken, damage that the CRC tells is FAULT. The
 * document in memory is without it. */
enum dv_status dv_json_read_sealed(const char *path, json_t **out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_json_publish_sealed(const char *path, json_t *document, struct dv_err *err) DV_MUST_CHECK;

/* Fails where the object has a key that is not in the NULL-terminated list: names the key, the place, and the
 * nearest known key. */
enum dv_status dv_json_only_keys(const json_t *object, const char *place, const char *const *known,
                                 enum dv_exit code, struct dv_err *err) DV_MUST_CHECK;
/* Typed members. required false: an absent member leaves *out as it is. The string is borrowed from the
 * document. */
enum dv_status dv_json_string(const json_t *object, const char *key, const char *place, bool required,
                              enum dv_exit code, const char **out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_json_uint(const json_t *object, const char *key, const char *place, bool required,
                            enum dv_exit code, uint64_t *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_json_bool(const json_t *object, const char *key, const char *place, bool required,
                            enum dv_exit code, bool *out, struct dv_err *err) DV_MUST_CHECK;

#endif
