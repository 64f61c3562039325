/* Constant paths into json: ->, ->>, #>, #>> and the extract_path functions whose steps are known at binding.
 *
 * Bound, such a call walks its own steps. dv_json_plan then joins chains of them, and lets all paths over one
 * source (a column, or one and the same expression) of a branch be answered by one scan a row, made when the
 * first of them is evaluated. The results hold while the row of eval does (see struct dv_eval); without one,
 * or without eval->keep, every path is walked alone. Private to transform/. */
#ifndef DV_TRANSFORM_JSON_PATH_H
#define DV_TRANSFORM_JSON_PATH_H

#include "core/jsonb.h"
#include "transform/bind_internal.h"
#include "transform/relation.h"

/* bind hooks, which take constant steps apart: of -> and ->>; of #> and #>>; of extract_path. */
enum dv_status dv_json_arrow_bind(struct dv_binder *binder, struct dv_call *call,
                                  struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_json_array_bind(struct dv_binder *binder, struct dv_call *call,
                                  struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_json_extract_bind(struct dv_binder *binder, struct dv_call *call,
                                    struct dv_err *err) DV_MUST_CHECK;
/* The slice as the result of a call: json as it is, or, where the call gives text, its text. */
enum dv_status dv_json_result(const struct dv_expr *expr, struct dv_eval *eval, struct dv_json_text json,
                              struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;

/* Plans the paths of all branches. After dv_mark_needed: what nobody reads is not looked for. */
enum dv_status dv_json_plan(struct dv_program *program, struct dv_err *err) DV_MUST_CHECK;

#endif
