/* Functions in FROM: one row in, rows out. generate_series, unnest, jsonb_array_elements, jsonb_each and
 * their kin; a new one is one entry in set_function.c's table.
 *
 * Order of calls: dv_bind_set_call once; then for each row dv_set_start, dv_set_next until DV_END. Values are
 * borrowed from the arguments and from eval->arena. */
#ifndef DV_TRANSFORM_SET_FUNCTION_H
#define DV_TRANSFORM_SET_FUNCTION_H

#include "core/jsonb.h"
#include "transform/bind_internal.h"

#define DV_SET_ARGS    3
#define DV_SET_COLUMNS 3

struct dv_set_function;

struct dv_set_call {
    const struct dv_set_function *function;
    struct dv_expr *args[DV_SET_ARGS];
    unsigned arg_count;
    struct dv_column columns[DV_SET_COLUMNS]; /* what FROM shows, ordinality last */
    unsigned column_count;
    bool ordinality;
};

struct dv_set_cursor {
    const struct dv_set_call *call;
    struct dv_value args[DV_SET_ARGS];
    bool empty; /* an argument is NULL */
    int64_t at, stop, step;
    const char *text_at;
    struct dv_json_text key, value;
    struct dv_value current;
    uint64_t ordinal;
};

/* scope: the columns of the FROM items before it. */
enum dv_status dv_bind_set_call(struct dv_binder *binder, const struct dv_ast_from *from,
                                const struct dv_scope *scope, struct dv_set_call **out,
                                struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_set_start(const struct dv_set_call *call, struct dv_set_cursor *cursor,
                            struct dv_eval *eval, struct dv_err *err) DV_MUST_CHECK;
/* out: column_count values. */
enum dv_status dv_set_next(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                           struct dv_err *err) DV_MUST_CHECK;

#endif
