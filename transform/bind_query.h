/* Binding of queries: from syntax to branches. Private to transform/. */
#ifndef DV_TRANSFORM_BIND_QUERY_H
#define DV_TRANSFORM_BIND_QUERY_H

#include "transform/relation.h"

/* A name that a WITH list defines. */
struct dv_with_name {
    const char *name;
    struct dv_relation *relation;
    const struct dv_with_name *outer;
};

/* Everything that lives while one query is bound. */
struct dv_query_binder {
    struct dv_program *program;
    struct dv_relation *model; /* whose file the text is in */
    const struct dv_with_name *names;
    unsigned depth; /* of sub-queries in expressions */
};

/* "FILE:LINE:COLUMN: message"; code USAGE. */
enum dv_status dv_query_fail(const struct dv_query_binder *binder, int line, int column, struct dv_err *err,
                             const char *format, ...) DV_PRINTF(5, 6);
/* A fresh expression binder over the program's parameters. */
struct dv_binder dv_query_expressions(const struct dv_query_binder *binder);

/* Fills relation's branches and columns from the query. bind_query.c */
enum dv_status dv_bind_query(struct dv_query_binder *binder, const struct dv_ast_query *query,
                             struct dv_relation *relation, struct dv_err *err) DV_MUST_CHECK;
/* Resolves FROM: sets branch->base, joins, width, slot_types, and the scope of the flat row. bind_from.c */
enum dv_status dv_bind_from(struct dv_query_binder *binder, const struct dv_ast_select *select,
                            struct dv_branch *branch, struct dv_scope *scope,
                            struct dv_err *err) DV_MUST_CHECK;
/* A WITH entry that reads itself: bound and put into binder->names. bind_recursive.c */
enum dv_status dv_is_recursive(const struct dv_ast_with *with, bool *recursive,
                               struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_bind_recursive(struct dv_query_binder *binder, const struct dv_ast_with *with,
                                 struct dv_relation **out, struct dv_err *err) DV_MUST_CHECK;
/* Fills relation->branches[0]: every column of base as it is. bind_query.c */
enum dv_status dv_bind_through(struct dv_query_binder *binder, struct dv_relation *base,
                               struct dv_relation *relation, struct dv_err *err) DV_MUST_CHECK;
/* One more slot in the branch's flat row. bind_from.c */
enum dv_status dv_branch_add_slot(struct dv_program *program, struct dv_branch *branch,
                                  const struct dv_type *type, unsigned *slot,
                                  struct dv_err *err) DV_MUST_CHECK;
/* One more join, copied. bind_from.c */
enum dv_status dv_branch_add_join(struct dv_program *program, struct dv_branch *branch,
                                  const struct dv_join_plan *join, struct dv_err *err) DV_MUST_CHECK;
/* EXISTS (query), IN (query) and (query) over the branch's scope: a join, and what reads it. outer: binds
 * what is the outer row's. bind_subquery.c */
enum dv_status dv_bind_subquery(struct dv_query_binder *binder, struct dv_branch *branch,
                                struct dv_binder *outer, const struct dv_ast *node,
                                const struct dv_scope *scope, struct dv_expr **out,
                                struct dv_err *err) DV_MUST_CHECK;

/* The calls with OVER of one SELECT, each once. */
struct dv_planned_window {
    const struct dv_ast *ast;
    unsigned group;         /* those of one group share PARTITION BY and ORDER BY */
    struct dv_expr *result; /* once bound */
    struct dv_planned_window *next;
};

struct dv_window_plan {
    struct dv_planned_window *windows;
    unsigned group_count;
};

/* Adds the calls with OVER in the expression to the plan. bind_window.c */
enum dv_status dv_plan_windows(struct dv_query_binder *binder, const struct dv_ast *ast,
                               struct dv_window_plan *plan, struct dv_err *err) DV_MUST_CHECK;
/* Makes the branch the barrier of one group, with a slot for each window. bind_window.c */
enum dv_status dv_bind_windows(struct dv_query_binder *binder, struct dv_branch *branch,
                               struct dv_binder *expressions, const struct dv_scope *scope,
                               struct dv_window_plan *plan, unsigned group, struct dv_err *err) DV_MUST_CHECK;
/* NULL: the call is in no group that was bound. */
struct dv_expr *dv_planned_result(const struct dv_window_plan *plan, const struct dv_ast *node);
/* ORDER BY and LIMIT of a whole query: the query in a relation of its own, sorted into `relation`.
 * bind_sort.c */
enum dv_status dv_bind_sorted(struct dv_query_binder *query, const struct dv_ast_query *whole,
                              struct dv_relation *relation, struct dv_err *err) DV_MUST_CHECK;
/* Puts what the branch holds so far into a relation of its own, a link, and makes the branch read that: row
 * by row and slot by slot the same (behind GROUP BY keys and aggregates), so that what was bound stays bound.
 * bind_query.c */
enum dv_status dv_branch_push_down(struct dv_query_binder *binder, struct dv_branch *branch,
                                   struct dv_err *err) DV_MUST_CHECK;
/* Whether the SELECT groups, picks or has windows. bind_select.c */
bool dv_select_has_barrier(const struct dv_ast_select *select);
/* Turns the select list and grouping into the branch's expressions. bind_select.c */
enum dv_status dv_bind_select(struct dv_query_binder *query, const struct dv_ast_select *select,
                              const struct dv_ast_query *whole, struct dv_branch *branch,
                              struct dv_err *err) DV_MUST_CHECK;
/* Binds job.json's rules and conflict keys, once the output types are settled, and marks what is read.
 * bind_select.c */
enum dv_status dv_bind_rules(struct dv_query_binder *binder, const struct dv_ast_select *select,
                             struct dv_branch *branch, struct dv_err *err) DV_MUST_CHECK;
/* An ephemeral relation of its own for a WITH entry or a sub-select, named MODEL.NAME. */
enum dv_status dv_bind_nested(struct dv_query_binder *binder, const char *name,
                              const struct dv_ast_query *query, struct dv_relation **out,
                              struct dv_err *err) DV_MUST_CHECK;

#endif
