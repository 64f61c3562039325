/* Aggregates: count, sum, min, max, avg, bool_and, bool_or, array_agg, string_agg, jsonb_agg,
 * jsonb_object_agg, first, last. Each is an entry of one table: a new one is a new entry.
 *
 * The engine gives the rows of one group in input order; where the aggregate has ORDER BY (or DISTINCT) the
 * aggregate itself sees to it. State memory is in the group's arena, which the engine resets between groups
 * (or batches of groups). */
#ifndef DV_TRANSFORM_AGGREGATE_H
#define DV_TRANSFORM_AGGREGATE_H

#include "transform/expr.h"

struct dv_aggregate_order {
    struct dv_expr *expr;
    bool descending, nulls_first;
};

struct dv_aggregate_type; /* one entry of the table, in aggregate.c */

struct dv_aggregate {
    const struct dv_aggregate_type *function;
    const struct dv_ast *ast;
    struct dv_type type;   /* of the result */
    struct dv_expr **args; /* over the input scope */
    unsigned arg_count;
    bool star, distinct;
    struct dv_expr *filter; /* NULL */
    struct dv_aggregate_order *order;
    unsigned order_count;
};

struct dv_aggregate_state; /* opaque; allocated in an arena */

/* Called by dv_bind_expr in grouping mode: resolves name and types. */
enum dv_status dv_bind_aggregate(struct dv_binder *binder, const struct dv_ast *call,
                                 struct dv_aggregate **out, struct dv_err *err) DV_MUST_CHECK;
/* The same for an aggregate with OVER, whose arguments are bound as the binder stands, over `scope`. */
enum dv_status dv_bind_window_aggregate(struct dv_binder *binder, const struct dv_ast *call,
                                        const struct dv_scope *scope, struct dv_aggregate **out,
                                        struct dv_err *err) DV_MUST_CHECK;
bool dv_is_aggregate(const char *name);
const char *dv_aggregate_name(const struct dv_aggregate *aggregate);
/* first and last: a row's value wins or loses, so their losers are conflicts. */
bool dv_aggregate_picks(const struct dv_aggregate *aggregate);

/* A fresh state in `arena`; NULL when there is no memory. */
struct dv_aggregate_state *dv_aggregate_start(const struct dv_aggregate *aggregate, struct dv_arena *arena);
/* Takes the row in eval->row (its values are copied where the state keeps them; eval->arena may be reset
 * between). */
enum dv_status dv_aggregate_step(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                 struct dv_eval *eval, struct dv_err *err) DV_MUST_CHECK;
/* The result; its memory is in the state's arena. */
enum dv_status dv_aggregate_final(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                  struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;

#endif
