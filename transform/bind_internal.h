/* What the files of the binder share: node constructors, type rules, casts. Private to transform/.
 *
 * A bound call is a struct dv_call whose first member is the expression itself; its trampoline evaluates the
 * arguments (stopping at NULL where the function is strict) and hands plain values to the implementation.
 * Everything made at binding lives in binder->arena. */
#ifndef DV_TRANSFORM_BIND_INTERNAL_H
#define DV_TRANSFORM_BIND_INTERNAL_H

#include "transform/expr.h"

__extension__ typedef __int128 dv_int128;
__extension__ typedef unsigned __int128 dv_uint128;

#define DV_CALL_ARGS 100 /* arguments of one call, as many as PostgreSQL allows */

/* The implementation of a function: args are decoded values of the types it was bound with, `out` starts as
 * NULL. */
typedef enum dv_status (*dv_call_fn)(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err);

struct dv_call {
    struct dv_expr expr; /* first: a call is an expression */
    dv_call_fn fn;
    bool stable; /* PostgreSQL evaluates it row by row, even over constants: it fails only where it is reached
                  */
};

enum dv_cast_context { DV_CAST_IMPLICIT, DV_CAST_ASSIGNMENT, DV_CAST_EXPLICIT };

/* Errors of binding: USAGE, "FILE:LINE:COLUMN: message". */
enum dv_status dv_bind_fail(const struct dv_binder *binder, int line, int column, const char *sqlstate,
                            struct dv_err *err, const char *format, ...) DV_PRINTF(6, 7);
/* Errors of evaluation: FAULT with an SQLSTATE. */
enum dv_status dv_eval_fail(struct dv_err *err, const char *sqlstate, const char *format, ...)
    DV_PRINTF(3, 4);
/* "integer out of range" and its kin, by type. */
enum dv_status dv_eval_range(struct dv_err *err, enum dv_type_id type);

/* ---- nodes --------------------------------------------------------------------------------------------- */
enum dv_status dv_node_constant(struct dv_binder *binder, int line, int column, const struct dv_type *type,
                                const struct dv_value *value, struct dv_expr **out,
                                struct dv_err *err) DV_MUST_CHECK;
/* A node with an evaluator of its own, which evaluates its arguments itself (CASE, AND, coalesce). args are
 * copied. */
enum dv_status dv_node_lazy(struct dv_binder *binder, int line, int column, dv_eval_fn eval,
                            const struct dv_type *type, struct dv_expr **args, unsigned count,
                            const void *data, struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
/* A call over evaluated arguments. strict: a NULL argument gives NULL without a call. */
enum dv_status dv_node_call(struct dv_binder *binder, int line, int column, dv_call_fn fn, bool strict,
                            const struct dv_type *type, struct dv_expr **args, unsigned count,
                            const void *data, struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
/* The implementation of a call that dv_node_call made; NULL: another node. */
dv_call_fn dv_node_function(const struct dv_expr *expr);
/* Replaces *expr by a constant where all its arguments are constant, or a strict call has a NULL among them
 * (the others are then not evaluated, as in PostgreSQL). One whose evaluation fails is left: dv_node_failing
 * finds it, unless it stands in a branch that constants rule out. */
enum dv_status dv_node_fold(struct dv_binder *binder, struct dv_expr **expr,
                            struct dv_err *err) DV_MUST_CHECK;
/* A call over constants that fails, anywhere in the tree: PostgreSQL's planner reports it before any row is
 * read. */
const struct dv_expr *dv_node_failing(const struct dv_expr *expr);

/* ---- types --------------------------------------------------------------------------------------------- */
char dv_type_category(enum dv_type_id id); /* pg_type.typcategory; X for unknown */
bool dv_type_preferred(enum dv_type_id id);
bool dv_cast_exists(const struct dv_type *from, const struct dv_type *to, enum dv_cast_context context);
const char *dv_type_text(struct dv_binder *binder,
                         const struct dv_type *type); /* in the arena; for messages */
/* The cast, made. `to` may carry modifiers. Errors name line and column. */
enum dv_status dv_cast(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *to,
                       enum dv_cast_context context, int line, int column, struct dv_expr **out,
                       struct dv_err *err) DV_MUST_CHECK;
/* Common type of all (PostgreSQL's UNION, CASE rules); `what` is named in the error ("CASE", "COALESCE").
 * Casts them. */
enum dv_status dv_common(struct dv_binder *binder, struct dv_expr **args, unsigned count, const char *what,
                         int line, int column, struct dv_type *type, struct dv_err *err) DV_MUST_CHECK;
/* An unknown literal becomes text; everything else is left. */
enum dv_status dv_known(struct dv_binder *binder, struct dv_expr **expr, struct dv_err *err) DV_MUST_CHECK;
/* The value's text by cast to text (true, not t), appended. */
void dv_cast_text(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out);
/* varchar, bpchar: the length without trailing blanks. */
size_t dv_trimmed(const struct dv_value *value);

/* ---- binding ------------------------------------------------------------------------------------------- */
/* Edits that turn one name into the other, case ignored: small after a slip of the finger. */
unsigned dv_name_distance(const char *a, const char *b);
enum dv_status dv_bind_node(struct dv_binder *binder, const struct dv_ast *ast, const struct dv_scope *scope,
                            struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
/* args[0] op args[1] (or op args[0]) already bound; operators.c */
enum dv_status dv_bind_operator(struct dv_binder *binder, const char *op, int line, int column,
                                struct dv_expr **args, unsigned count, struct dv_expr **out,
                                struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_bind_like(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                            struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK; /* like.c */
enum dv_status dv_bind_boolean(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                               struct dv_expr **out,
                               struct dv_err *err) DV_MUST_CHECK; /* and, or, not, IS; case.c */
enum dv_status dv_bind_case(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                            struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_bind_between(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                               struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_bind_in(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                          struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_bind_array(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                             struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK; /* arrays.c */
/* Compares two set values of one type (or integers of different widths); operators.c */
int dv_compare_values(const struct dv_value *a, const struct dv_value *b, const struct dv_type *type);
/* The same for the two sides of a bound comparison, one of which may be a date and the other a timestamp. */
int dv_compare_sides(const struct dv_value *a, const struct dv_type *a_type, const struct dv_value *b,
                     const struct dv_type *b_type);

/* ---- values -------------------------------------------------------------------------------------------- */
/* Copies into the evaluation's arena. */
enum dv_status dv_out_text(struct dv_eval *eval, struct dv_value *out, const char *p, size_t length,
                           struct dv_err *err) DV_MUST_CHECK;
/* Room for `length` bytes of text in the evaluation's arena; NULL with err filled in. */
char *dv_out_room(struct dv_eval *eval, size_t length, struct dv_err *err);
/* What stands in eval->scratch, copied to the arena. */
enum dv_status dv_out_scratch(struct dv_eval *eval, struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_out_interval(struct dv_eval *eval, struct dv_value *out, int64_t months, int64_t days,
                               int64_t microseconds, struct dv_err *err) DV_MUST_CHECK;

/* UTF-8: bytes of the character that starts with `lead`. */
static inline unsigned dv_utf8_width(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
/* interval / divisor, with PostgreSQL's roundings; operators_time.c */
enum dv_status dv_interval_divide(struct dv_eval *eval, const struct dv_interval *span, double divisor,
                                  struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
size_t dv_utf8_count(const char *p, size_t length); /* characters */
size_t dv_utf8_offset(const char *p, size_t length,
                      int64_t chars); /* bytes of the first `chars` characters */

#endif
