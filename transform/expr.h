/* Bound expressions: a typed tree that evaluates over a flat row of values, with PostgreSQL's meaning.
 *
 * Order of calls: fill a scope, dv_bind_expr (types checked, constants folded, functions chosen), then
 * dv_expr_eval for each row. A bound expression is immutable and may be evaluated by many threads, each with
 * a struct dv_eval of its own. All memory of binding is in the binder's arena; values made by evaluation are
 * in eval->arena and live until the caller resets it (once a batch). Binding errors are code USAGE with
 * FILE:LINE:COLUMN; evaluation errors are DV_FAILED with SQLSTATE and PostgreSQL's wording, and
 * eval->line/column say where in the model. */
#ifndef DV_TRANSFORM_EXPR_H
#define DV_TRANSFORM_EXPR_H

#include "core/value.h"
#include "transform/ast.h"
#include "transform/keep.h"

/* The leading slots of a row that stay as they are while rows out of joins and functions come and go behind
 * them.
 */
struct dv_eval_scope {
    unsigned width;         /* slots */
    uint64_t row;           /* another number for other values; 0: results over them are not kept */
    struct dv_arena *arena; /* what lives as long as they do: they are decoded into it */
};

struct dv_eval {
    struct dv_value *row;   /* slots; a raw value is decoded in place when it is first read */
    struct dv_arena *arena; /* of the batch */
    int line, column;       /* of the expression that failed */
    struct dv_buf scratch;  /* reusable, any function may use it within one call */
    struct dv_keep *keep;   /* the worker's; NULL: nodes keep nothing from call to call */
    struct dv_eval_scope scope;
    uint64_t row_number; /* of the whole row, while it is complete and stays as it is; else 0 */
    uint64_t last_row;   /* the last number given to a row or a scope */
};

struct dv_expr;
typedef enum dv_status (*dv_eval_fn)(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                     struct dv_err *err);

struct dv_expr {
    dv_eval_fn eval;
    struct dv_type type;
    int line, column;
    unsigned slot;  /* column reference: index into eval->row; else the implementation's own use */
    bool is_column; /* a bare column reference: the engine copies the value, raw or not, without evaluating */
    bool is_constant;
    struct dv_value constant; /* is_constant */
    bool of_row; /* is_constant: PostgreSQL computes it row by row, and so what is made of it; see
                    dv_node_failing */
    unsigned arg_count;
    struct dv_expr **args;
    const void *data; /* the implementation's own, made at binding (compiled LIKE pattern, JSON key, uuid
                         namespace) */
};

static inline enum dv_status dv_expr_eval(const struct dv_expr *expr, struct dv_eval *eval,
                                          struct dv_value *out, struct dv_err *err)
{
    return expr->eval(expr, eval, out, err);
}

struct dv_scope_column {
    const char *qualifier; /* the FROM item's alias; NULL: none */
    const char *name;
    struct dv_type type;
    unsigned slot;
    bool qualified_only; /* found by qualifier.name alone (the right side's column of a USING) */
};

struct dv_scope {
    struct dv_scope_column *columns; /* ambiguity is an error that names both */
    unsigned count;
};

struct dv_param {
    const char *name;
    struct dv_type type;
    struct dv_value value; /* set or null; memory owned by whoever made it, outliving the expressions */
};

struct dv_aggregate; /* transform/aggregate.h */

struct dv_binder {
    const char *file;       /* for messages */
    struct dv_arena *arena; /* the model's: bound expressions live here */
    const struct dv_param *params;
    unsigned param_count;
    int64_t now_us; /* now(): the run's clock */

    /* Grouping: where group_keys is not NULL, an expression equal to a key binds to slot (index of the key)
     * and an aggregate call is bound over `scope` (the input) and appended to `aggregates`; it binds to slot
     * group_count + its index. A column that is neither is PostgreSQL's "must appear in the GROUP BY clause"
     * error. Equal aggregate calls share one slot. */
    struct dv_ast **group_keys;
    unsigned group_count;
    const struct dv_scope *input_scope;
    struct dv_expr **group_exprs;     /* bound keys, group_count of them, over input_scope */
    struct dv_aggregate **aggregates; /* grows in the arena */
    unsigned aggregate_count;

    /* A hook for calls with OVER and for sub-queries, which the engine plans itself: gets the node, returns
     * the bound expression. NULL: such nodes are an error. */
    enum dv_status (*special)(void *context, const struct dv_ast *node, const struct dv_scope *scope,
                              struct dv_expr **out, struct dv_err *err);
    void *special_context;
};

/* Binds over scope (or, in grouping mode, over keys and aggregates). */
enum dv_status dv_bind_expr(struct dv_binder *binder, const struct dv_ast *ast, const struct dv_scope *scope,
                            struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
/* Like dv_bind_expr, then made boolean (an untyped NULL or literal coerced), for WHERE, ON, HAVING, FILTER,
 * rules; `what` is named in the error ("argument of WHERE must be type boolean, not type text"). */
enum dv_status dv_bind_condition(struct dv_binder *binder, const struct dv_ast *ast,
                                 const struct dv_scope *scope, const char *what, struct dv_expr **out,
                                 struct dv_err *err) DV_MUST_CHECK;
/* Wraps expr with the implicit cast to `type` (a select list's unknown literal to text; a UNION's common
 * type). */
enum dv_status dv_bind_coerce(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *type,
                              struct dv_expr **out, struct dv_err *err) DV_MUST_CHECK;
/* The common type of two branches, as PostgreSQL's UNION and CASE resolve it. */
enum dv_status dv_bind_common_type(const struct dv_type *a, const struct dv_type *b, struct dv_type *out,
                                   struct dv_err *err) DV_MUST_CHECK;
/* a = b with PostgreSQL's operator resolution (join keys): both coerced to one comparable type. */
enum dv_status dv_bind_equality(struct dv_binder *binder, struct dv_expr **a, struct dv_expr **b,
                                struct dv_err *err) DV_MUST_CHECK;
/* A reference to a slot. */
struct dv_expr *dv_bind_slot(struct dv_binder *binder, unsigned slot, const struct dv_type *type);
/* Marks in used[slot] every slot that the expression reads (projection pushdown). */
void dv_expr_slots(const struct dv_expr *expr, bool *used);
/* A parameter value from its text, typed. */
bool dv_expr_is_true(const struct dv_value *value); /* set and true */

#endif
