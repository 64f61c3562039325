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
/* EXISTS (query) and IN (query) over the branch's scope: a join that marks. bind_subquery.c */
enum dv_status dv_bind_mark(struct dv_query_binder *binder, struct dv_branch *branch,
                            const struct dv_ast *node, const struct dv_scope *scope, struct dv_expr **out,
                            struct dv_err *err) DV_MUST_CHECK;
/* A call with OVER: a window of the branch. bind_window.c */
enum dv_status dv_bind_window(struct dv_query_binder *binder, struct dv_branch *branch,
                              const struct dv_ast *node, const struct dv_scope *scope, struct dv_expr **out,
                              struct dv_err *err) DV_MUST_CHECK;
/* ORDER BY and LIMIT of a whole query: the query in a relation of its own, sorted into `relation`.
 * bind_sort.c */
enum dv_status dv_bind_sorted(struct dv_query_binder *query, const struct dv_ast_query *whole,
                              struct dv_relation *relation, struct dv_err *err) DV_MUST_CHECK;
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
