/* Arrays in expressions: ARRAY[...], subscripts, casts from element to element, operators, ANY and ALL.
 * Private to transform/. */
#ifndef DV_TRANSFORM_ARRAY_BIND_H
#define DV_TRANSFORM_ARRAY_BIND_H

#include "core/array.h"
#include "transform/bind_internal.h"

/* x[1], x[1][2], x[1:2]: the whole chain of subscripts at once. */
enum dv_status dv_bind_subscripts(struct dv_binder *binder, const struct dv_ast *ast,
                                  const struct dv_scope *scope, struct dv_expr **out,
                                  struct dv_err *err) DV_MUST_CHECK;
/* x op ANY (array), x op ALL (array) */
enum dv_status dv_bind_any(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                           struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
/* An array to one of another element type. */
enum dv_status dv_array_cast(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *to,
                             enum dv_cast_context context, int line, int column, struct dv_expr **out,
                             struct dv_err *err) DV_MUST_CHECK;
/* Whether op has a meaning over arrays that array_operator binds. */
bool dv_array_has_operator(const char *op, struct dv_expr *const *args);
enum dv_status dv_array_operator(struct dv_binder *binder, const char *op, int line, int column,
                                 struct dv_expr **args, struct dv_expr **out,
                                 struct dv_err *err) DV_MUST_CHECK;

/* The common element type of arguments by a pattern of letters: A array, E element, anything else is left
 * alone. Casts them. 42804 where they do not agree, or all are untyped. */
enum dv_status dv_array_unify(struct dv_binder *binder, const char *pattern, struct dv_expr **args,
                              const char *what, int line, int column, struct dv_type *element,
                              struct dv_err *err) DV_MUST_CHECK;

/* ---- values -------------------------------------------------------------------------------------------- */
enum dv_status dv_array_load(struct dv_eval *eval, const struct dv_value *value, const struct dv_type *type,
                             struct dv_array *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_array_store(struct dv_eval *eval, const struct dv_array *array, const struct dv_type *type,
                              struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;

#endif
