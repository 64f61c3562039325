/* IN lists and BETWEEN. A list of constants is sorted at binding, so that a long one costs a binary search.
 */
#include "transform/bind_internal.h"

#include <stdlib.h>
#include <string.h>

struct constant_list {
    const struct dv_type *type;
    struct dv_value *values; /* sorted, without NULL */
    unsigned count;
    bool has_null, negated;
};

static int order_values(const void *a, const void *b, void *type)
{
    return dv_compare_values(a, b, type);
}

static enum dv_status eval_in_list(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    const struct constant_list *list = expr->data;
    unsigned low = 0, high = list->count;
    (void)eval;
    (void)err;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order = dv_compare_values(&args[0], &list->values[middle], list->type);
        if (order == 0) {
            *out = dv_bool(!list->negated);
            return DV_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (!list->has_null)
        *out = dv_bool(list->negated);
    return DV_OK;
}

static enum dv_status make_list(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct constant_list *list = dv_arena_zalloc(binder->arena, sizeof(*list));
    enum dv_status status;
    if (list == NULL ||
        (list->values = dv_arena_alloc(binder->arena, sizeof(struct dv_value) * count)) == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 1; i < count; i++) {
        if (args[i]->constant.state == DV_NULL)
            list->has_null = true;
        else
            list->values[list->count++] = args[i]->constant;
    }
    list->type = &args[0]->type;
    list->negated = ast->flag;
    if (list->count > 1)
        qsort_r(list->values, list->count, sizeof(struct dv_value), order_values, &args[0]->type);
    status =
        dv_node_call(binder, ast->line, ast->column, eval_in_list, true, &boolean, args, 1, list, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* What dv_bind_in leaves of items that read no column and yet are no constants: they fail, or the server
 * alone could tell. PostgreSQL makes one array of all such items and evaluates it before it compares. */
struct in_list {
    struct dv_expr **first;
    unsigned first_count;
};

static enum dv_status eval_in(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                              struct dv_err *err)
{
    const struct in_list *list = expr->data;
    for (unsigned i = 0; i < list->first_count; i++) {
        enum dv_status status = dv_expr_eval(list->first[i], eval, out, err);
        if (status != DV_OK)
            return status;
    }
    return dv_expr_eval(expr->args[0], eval, out, err);
}

static bool reads_no_column(const struct dv_expr *expr)
{
    bool none = !expr->is_column;
    for (unsigned i = 0; i < expr->arg_count && none; i++)
        none = reads_no_column(expr->args[i]);
    return none;
}

/* a = x OR a = y ..., left to right, three-valued. data not NULL: negated. */
static enum dv_status eval_any_true(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                    struct dv_err *err)
{
    bool null = false;
    for (unsigned i = 0; i < expr->arg_count; i++) {
        enum dv_status status = dv_expr_eval(expr->args[i], eval, out, err);
        if (status != DV_OK)
            return status;
        if (out->state == DV_NULL) {
            null = true;
        } else if (out->u.i != 0) {
            *out = dv_bool(expr->data == NULL);
            return DV_OK;
        }
    }
    *out = null ? dv_null() : dv_bool(expr->data != NULL);
    return DV_OK;
}

static const char negated = 1;

static bool comparable(enum dv_type_id id)
{
    return id != DV_TYPE_JSON && id != DV_TYPE_ARRAY && id != DV_TYPE_OTHER;
}

/* All constants of one common type with the left side: PostgreSQL makes = ANY of that; so do we. */
static bool as_list(struct dv_binder *binder, struct dv_expr **args, unsigned count, struct dv_type *type)
{
    struct dv_err ignored = DV_ERR_INIT;
    *type = dv_type_of(DV_TYPE_UNKNOWN);
    (void)binder;
    if (count < 3) /* one element: a plain comparison */
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct dv_type before = *type;
        if (i > 0 && !args[i]->is_constant)
            return false;
        if (before.id == DV_TYPE_UNKNOWN)
            *type = args[i]->type;
        else if (args[i]->type.id != DV_TYPE_UNKNOWN &&
                 dv_bind_common_type(&before, &args[i]->type, type, &ignored) != DV_OK)
            return false;
    }
    if (type->id == DV_TYPE_UNKNOWN || type->id == DV_TYPE_VARCHAR)
        *type = dv_type_of(DV_TYPE_TEXT);
    return comparable(type->id);
}

static enum dv_status evaluate_first(struct dv_binder *binder, const struct dv_ast *ast,
                                     struct dv_expr **args, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct in_list *list = dv_arena_zalloc(binder->arena, sizeof *list);
    struct dv_expr *test = *out;
    unsigned together = 0;
    if (list == NULL ||
        (list->first = dv_arena_alloc(binder->arena, ast->arg_count * sizeof(struct dv_expr *))) == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 1; i < ast->arg_count; i++) {
        together += reads_no_column(args[i]);
        if (!args[i]->is_constant && reads_no_column(args[i]))
            list->first[list->first_count++] = args[i];
    }
    if (together < 2 || list->first_count == 0)
        return DV_OK;
    return dv_node_lazy(binder, ast->line, ast->column, eval_in, &boolean, &test, 1, list, out, err);
}

enum dv_status dv_bind_in(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                          struct dv_expr **out, struct dv_err *err)
{
    struct dv_type type, boolean = dv_type_of(DV_TYPE_BOOL);
    unsigned count = ast->arg_count;
    enum dv_status status = DV_OK;
    struct dv_expr **tests;
    if (as_list(binder, args, count, &type)) {
        type.precision = type.scale = -1;
        for (unsigned i = 0; i < count; i++) {
            status = dv_cast(binder, args[i], &type, DV_CAST_IMPLICIT, args[i]->line, args[i]->column,
                             &args[i], err);
            if (status != DV_OK)
                return status;
        }
        return make_list(binder, ast, args, count, out, err);
    }
    tests = dv_arena_alloc(binder->arena, sizeof(struct dv_expr *) * count);
    if (tests == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 1; i < count; i++) {
        struct dv_expr *pair[2] = {args[0], args[i]};
        status = dv_bind_operator(binder, "=", ast->line, ast->column, pair, 2, &tests[i - 1], err);
        if (status != DV_OK)
            return status;
    }
    status = dv_node_lazy(binder, ast->line, ast->column, eval_any_true, &boolean, tests, count - 1,
                          ast->flag ? &negated : NULL, out, err);
    if (status == DV_OK)
        status = dv_node_fold(binder, out, err);
    return status == DV_OK ? evaluate_first(binder, ast, args, out, err) : status;
}

/* ---- BETWEEN ------------------------------------------------------------------------------------------- */

static enum dv_status eval_all_true(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                    struct dv_err *err)
{
    bool null = false;
    for (unsigned i = 0; i < expr->arg_count; i++) {
        enum dv_status status = dv_expr_eval(expr->args[i], eval, out, err);
        if (status != DV_OK)
            return status;
        if (out->state == DV_NULL) {
            null = true;
        } else if (out->u.i == 0) {
            *out = dv_bool(expr->data != NULL);
            return DV_OK;
        }
    }
    *out = null ? dv_null() : dv_bool(expr->data == NULL);
    return DV_OK;
}

static enum dv_status bind_range(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr *value,
                                 struct dv_expr *low, struct dv_expr *high, bool not_in, struct dv_expr **out,
                                 struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_expr *from[2] = {value, low}, *to[2] = {value, high}, *tests[2];
    enum dv_status status = dv_bind_operator(binder, ">=", ast->line, ast->column, from, 2, &tests[0], err);
    if (status == DV_OK)
        status = dv_bind_operator(binder, "<=", ast->line, ast->column, to, 2, &tests[1], err);
    if (status == DV_OK)
        status = dv_node_lazy(binder, ast->line, ast->column, eval_all_true, &boolean, tests, 2,
                              not_in ? &negated : NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

enum dv_status dv_bind_between(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                               struct dv_expr **out, struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_expr *either[2];
    enum dv_status status;
    if (ast->text == NULL || strcmp(ast->text, "symmetric") != 0)
        return bind_range(binder, ast, args[0], args[1], args[2], ast->flag, out, err);
    status = bind_range(binder, ast, args[0], args[1], args[2], false, &either[0], err);
    if (status == DV_OK)
        status = bind_range(binder, ast, args[0], args[2], args[1], false, &either[1], err);
    if (status == DV_OK)
        status = dv_node_lazy(binder, ast->line, ast->column, eval_any_true, &boolean, either, 2,
                              ast->flag ? &negated : NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}
