/* Values as JSON, for to_jsonb and the builders. */
#ifndef DV_TRANSFORM_JSON_BUILD_H
#define DV_TRANSFORM_JSON_BUILD_H

#include "transform/bind_internal.h"

/* Appends the value as JSON, as PostgreSQL's to_jsonb sees it (not yet canonical). NULL: null. arena: for
 * array items. */
enum dv_status dv_json_append(struct dv_buf *out, const struct dv_value *value, const struct dv_type *type,
                              struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
/* The same as an object's key: a string, whatever the type; an error for NULL, json and arrays. argument: its
 * number. */
enum dv_status dv_json_append_key(struct dv_buf *out, const struct dv_value *value,
                                  const struct dv_type *type, unsigned argument, struct dv_arena *arena,
                                  struct dv_err *err) DV_MUST_CHECK;

/* The result of a call that gives json or jsonb: the text in `raw` (consumed) as it is, or canonical. status:
 * how the writing of it went. */
enum dv_status dv_json_out(const struct dv_expr *expr, struct dv_eval *eval, struct dv_buf *raw,
                           enum dv_status status, struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;

#endif
