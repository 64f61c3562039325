/* Letter case by ICU under locale "und", as PostgreSQL's ICU default collation does it. */
#ifndef DV_TRANSFORM_TEXT_CASE_H
#define DV_TRANSFORM_TEXT_CASE_H

#include "transform/bind_internal.h"

/* Unchanged text is borrowed, changed text is in the arena. */
enum dv_status dv_text_lower(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                             struct dv_value *out, struct dv_err *err);
enum dv_status dv_text_upper(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                             struct dv_value *out, struct dv_err *err);
enum dv_status dv_text_initcap(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                               struct dv_value *out, struct dv_err *err);
/* normalize(text[, form]), slug(text) */
enum dv_status dv_text_normalize(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err);
enum dv_status dv_text_slug(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                            struct dv_value *out, struct dv_err *err);

#endif
