/* CASE, AND, OR, NOT, IS, IS DISTINCT FROM: what evaluates its arguments only as far as needed. */
#include "transform/bind_internal.h"

#include <stdio.h>
#include <string.h>

static enum dv_status eval_and(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                               struct dv_err *err)
{
    bool null;
    enum dv_status status = dv_expr_eval(expr->args[0], eval, out, err);
    if (status != DV_OK || (out->state != DV_NULL && out->u.i == 0))
        return status;
    null = out->state == DV_NULL;
    status = dv_expr_eval(expr->args[1], eval, out, err);
    if (status == DV_OK && null && out->state != DV_NULL && out->u.i != 0)
        *out = dv_null();
    return status;
}

static enum dv_status eval_or(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                              struct dv_err *err)
{
    bool null;
    enum dv_status status = dv_expr_eval(expr->args[0], eval, out, err);
    if (status != DV_OK || (out->state != DV_NULL && out->u.i != 0))
        return status;
    null = out->state == DV_NULL;
    status = dv_expr_eval(expr->args[1], eval, out, err);
    if (status == DV_OK && null && out->state != DV_NULL && out->u.i == 0)
        *out = dv_null();
    return status;
}

static enum dv_status eval_not(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                               struct dv_err *err)
{
    enum dv_status status = dv_expr_eval(expr->args[0], eval, out, err);
    if (status == DV_OK && out->state != DV_NULL)
        *out = dv_bool(out->u.i == 0);
    return status;
}

struct is_test {
    char wanted; /* n null, t true, f false */
    bool negated;
};

static enum dv_status eval_is(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                              struct dv_err *err)
{
    const struct is_test *test = expr->data;
    bool truth;
    enum dv_status status = dv_expr_eval(expr->args[0], eval, out, err);
    if (status != DV_OK)
        return status;
    if (test->wanted == 'n')
        truth = out->state == DV_NULL;
    else
        truth = out->state != DV_NULL && (out->u.i != 0) == (test->wanted == 't');
    *out = dv_bool(truth != test->negated);
    return DV_OK;
}

/* A column that is tested for NULL alone is not decoded. */
static enum dv_status eval_column_is_null(const struct dv_expr *expr, struct dv_eval *eval,
                                          struct dv_value *out, struct dv_err *err)
{
    const struct is_test *test = expr->data;
    (void)err;
    *out = dv_bool((eval->row[expr->args[0]->slot].state == DV_NULL) != test->negated);
    return DV_OK;
}

static enum dv_status eval_distinct(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                    struct dv_value *out, struct dv_err *err)
{
    bool differ;
    (void)eval;
    (void)err;
    if (args[0].state == DV_NULL || args[1].state == DV_NULL)
        differ = args[0].state != args[1].state;
    else
        differ = dv_compare_sides(&args[0], &expr->args[0]->type, &args[1], &expr->args[1]->type) != 0;
    *out = dv_bool(differ != (expr->data != NULL));
    return DV_OK;
}

static enum dv_status to_boolean(struct dv_binder *binder, struct dv_expr **arg, const char *what,
                                 struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    if ((*arg)->type.id != DV_TYPE_BOOL && (*arg)->type.id != DV_TYPE_UNKNOWN) {
        (void)dv_bind_fail(binder, (*arg)->line, (*arg)->column, "42804", err,
                           "argument of %s must be type boolean, not type %s", what,
                           dv_type_text(binder, &(*arg)->type));
        dv_err_hint(err, "Compare it with something, or test it with IS NOT NULL.");
        return DV_FAILED;
    }
    return dv_cast(binder, *arg, &boolean, DV_CAST_IMPLICIT, (*arg)->line, (*arg)->column, arg, err);
}

static enum dv_status bind_is(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                              struct dv_expr **out, struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct is_test *test = dv_arena_zalloc(binder->arena, sizeof(*test));
    enum dv_status status = DV_OK;
    dv_eval_fn eval = eval_is;
    char what[32];
    if (test == NULL)
        return dv_fail_memory(err);
    test->negated = ast->flag;
    test->wanted = ast->text[0] == 'u' ? 'n' : ast->text[0];
    if (strcmp(ast->text, "null") == 0) {
        status = dv_known(binder, &args[0], err);
        if (status == DV_OK && args[0]->is_column)
            eval = eval_column_is_null;
    } else {
        (void)snprintf(what, sizeof(what), "IS %s%s", ast->flag ? "NOT " : "",
                       test->wanted == 'n'   ? "UNKNOWN"
                       : test->wanted == 't' ? "TRUE"
                                             : "FALSE");
        status = to_boolean(binder, &args[0], what, err);
    }
    if (status == DV_OK)
        status = dv_node_lazy(binder, ast->line, ast->column, eval, &boolean, args, 1, test, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

static enum dv_status bind_distinct(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                    struct dv_expr **out, struct dv_err *err)
{
    static const char negated = 1;
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct dv_expr *equality;
    enum dv_status status = dv_bind_operator(binder, "=", ast->line, ast->column, args, 2, &equality, err);
    if (status == DV_OK) /* args have been cast to what = compares */
        status = dv_node_call(binder, ast->line, ast->column, eval_distinct, false, &boolean, args, 2,
                              ast->flag ? &negated : NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* A constant side decides AND and OR, or drops out, wherever it stands: the other is not evaluated, as in
 * PostgreSQL. */
static bool simplify(bool is_and, struct dv_expr **args, struct dv_expr **out)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!args[i]->is_constant || args[i]->of_row || args[i]->constant.state == DV_NULL)
            continue;
        if ((args[i]->constant.u.i != 0) == is_and)
            *out = args[1 - i];
        else if (i == 0 || dv_node_failing(args[0]) == NULL)
            *out = args[i];
        else
            return false;
        return true;
    }
    return false;
}

enum dv_status dv_bind_boolean(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                               struct dv_expr **out, struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    enum dv_status status = DV_OK;
    dv_eval_fn eval;
    if (ast->kind == DV_AST_IS)
        return bind_is(binder, ast, args, out, err);
    if (ast->kind == DV_AST_DISTINCT_FROM)
        return bind_distinct(binder, ast, args, out, err);
    eval = ast->text[0] == 'a' ? eval_and : ast->text[0] == 'o' ? eval_or : eval_not;
    for (unsigned i = 0; status == DV_OK && i < ast->arg_count; i++)
        status = to_boolean(binder, &args[i], eval == eval_and ? "AND" : eval == eval_or ? "OR" : "NOT", err);
    if (status == DV_OK && eval != eval_not && simplify(eval == eval_and, args, out))
        return DV_OK;
    if (status == DV_OK)
        status = dv_node_lazy(binder, ast->line, ast->column, eval, &boolean, args, ast->arg_count, NULL, out,
                              err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* Branches that constant conditions rule out are dropped; what is behind a constant true is never reached. */
static unsigned prune_case(struct dv_expr **flat, unsigned pairs)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < pairs; i++) {
        const struct dv_expr *when = flat[2 * i];
        bool decided = when->is_constant && !when->of_row;
        if (decided && (when->constant.state == DV_NULL || when->constant.u.i == 0))
            continue;
        if (decided) {
            flat[2 * kept] = flat[2 * i + 1];
            return kept;
        }
        flat[2 * kept] = flat[2 * i];
        flat[2 * kept + 1] = flat[2 * i + 1];
        kept++;
    }
    flat[2 * kept] = flat[2 * pairs];
    return kept;
}

/* args: when, then, when, then, ..., else */
static enum dv_status eval_case(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                struct dv_err *err)
{
    unsigned i = 0;
    for (; i + 1 < expr->arg_count; i += 2) {
        enum dv_status status = dv_expr_eval(expr->args[i], eval, out, err);
        if (status != DV_OK)
            return status;
        if (out->state != DV_NULL && out->u.i != 0)
            return dv_expr_eval(expr->args[i + 1], eval, out, err);
    }
    return dv_expr_eval(expr->args[i], eval, out, err);
}

enum dv_status dv_bind_case(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                            struct dv_expr **out, struct dv_err *err)
{
    unsigned at = ast->flag ? 1 : 0, pairs = (ast->arg_count - at - (ast->has_else ? 1 : 0)) / 2;
    struct dv_expr **results = dv_arena_zalloc(binder->arena, sizeof(struct dv_expr *) * ((size_t)pairs + 1));
    struct dv_expr **flat =
        dv_arena_zalloc(binder->arena, sizeof(struct dv_expr *) * ((size_t)pairs * 2 + 1));
    struct dv_type type = dv_type_of(DV_TYPE_UNKNOWN);
    struct dv_value null = dv_null();
    enum dv_status status;
    if (results == NULL || flat == NULL)
        return dv_fail_memory(err);
    /* ELSE comes first where the common type is sought, as in PostgreSQL */
    if (ast->has_else) {
        results[0] = args[ast->arg_count - 1];
    } else {
        status = dv_node_constant(binder, ast->line, ast->column, &type, &null, &results[0], err);
        if (status != DV_OK)
            return status;
    }
    for (unsigned i = 0; i < pairs; i++) {
        struct dv_expr *when = args[at + 2 * i];
        if (ast->flag) {
            struct dv_expr *pair[2] = {args[0], when};
            status = dv_bind_operator(binder, "=", when->line, when->column, pair, 2, &flat[2 * i], err);
        } else {
            flat[2 * i] = when;
            status = to_boolean(binder, &flat[2 * i], "CASE/WHEN", err);
        }
        if (status != DV_OK)
            return status;
        results[i + 1] = args[at + 2 * i + 1];
    }
    status = dv_common(binder, results, pairs + 1, "CASE", ast->line, ast->column, &type, err);
    if (status != DV_OK)
        return status;
    for (unsigned i = 0; i < pairs; i++)
        flat[2 * i + 1] = results[i + 1];
    flat[2 * pairs] = results[0];
    pairs = prune_case(flat, pairs);
    if (pairs == 0) {
        *out = flat[0];
        return DV_OK;
    }
    status =
        dv_node_lazy(binder, ast->line, ast->column, eval_case, &type, flat, 2 * pairs + 1, NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}
