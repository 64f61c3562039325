/* Functions and operators: one entry each, with PostgreSQL's signatures, so that PostgreSQL's own resolution
 * rules (manual, "Type Conversion") choose among them. A new function is one entry in its file's table.
 *
 * signature: argument types, comma-separated, then '>' and the result: "text,int4>text". "any" takes every
 * type (an untyped literal becomes text); "nonarray" and "array" the obvious ones; "text[]" is an array of
 * text; a trailing "..." repeats the last one, zero or more times. */
#ifndef DV_TRANSFORM_FUNCTIONS_H
#define DV_TRANSFORM_FUNCTIONS_H

#include "transform/bind_internal.h"

enum dv_function_flag {
    DV_FN_NULLS = 1, /* is called with NULL arguments; without it a NULL argument gives NULL */
    DV_FN_STABLE = 2 /* not immutable to PostgreSQL: fails only where a row reaches it, even over constants */
};

struct dv_function {
    const char *name; /* of an operator: its sign; "<=>" stands for all six comparisons */
    const char *signature;
    unsigned flags;
    dv_call_fn eval;
    /* After the arguments are cast: checks constants, precomputes call->expr.data, may exchange call->fn or
     * the type. */
    enum dv_status (*bind)(struct dv_binder *binder, struct dv_call *call, struct dv_err *err);
    /* Instead of signature and eval: binds the whole call itself (coalesce, nullif). */
    enum dv_status (*special)(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                              unsigned count, struct dv_expr **out, struct dv_err *err);
};

struct dv_function_table {
    const struct dv_function *entries;
    unsigned count;
};

/* The tables, one a file. */
extern const struct dv_function_table dv_functions_text, dv_functions_encode, dv_functions_regex,
    dv_functions_number, dv_functions_math, dv_functions_json, dv_functions_jsonb, dv_functions_time,
    dv_functions_clock, dv_functions_format, dv_functions_number_format, dv_functions_array,
    dv_functions_misc;
extern const struct dv_function_table dv_operators_compare, dv_operators_number, dv_operators_time,
    dv_operators_other, dv_operators_math, dv_operators_regex, dv_operators_jsonb;

#define DV_FUNCTION_TABLE(table)                                                                             \
    {                                                                                                        \
        (table), sizeof(table) / sizeof((table)[0])                                                          \
    }

enum dv_resolution { DV_RESOLVED, DV_RESOLVE_NONE, DV_RESOLVE_AMBIGUOUS };

/* PostgreSQL's func_select_candidate over the entries called `name` in the tables. as_operator: an untyped
 * literal is first taken to be of the other side's type. types: what each argument is to be cast to (id of
 * its own for "any"). */
enum dv_resolution dv_function_resolve(const struct dv_function_table *const *tables, unsigned table_count,
                                       const char *name, struct dv_expr **args, unsigned count,
                                       bool as_operator, const struct dv_function **found,
                                       enum dv_type_id *types, enum dv_type_id *result);
/* Casts the arguments and makes the node. op: for "<=>", which comparison. */
enum dv_status dv_function_make(struct dv_binder *binder, const struct dv_function *function,
                                const enum dv_type_id *types, enum dv_type_id result, struct dv_expr **args,
                                unsigned count, const void *data, int line, int column, struct dv_expr **out,
                                struct dv_err *err) DV_MUST_CHECK;
/* A call by name, its arguments bound. */
enum dv_status dv_bind_call(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                            struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;

#endif
