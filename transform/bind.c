#include "transform/bind_internal.h"

#include "core/numeric.h"
#include "transform/aggregate.h"
#include "transform/array_bind.h"
#include "transform/functions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_LIMIT 1000 /* nesting of an expression */

static enum dv_status eval_column(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    struct dv_value *value = &eval->row[expr->slot];
    if (value->state >= DV_RAW) {
        struct dv_arena *arena = expr->slot < eval->scope.width ? eval->scope.arena : eval->arena;
        enum dv_status status = dv_value_decode(value, &expr->type, arena, err);
        if (status != DV_OK) {
            eval->line = expr->line;
            eval->column = expr->column;
            return status;
        }
    }
    *out = *value;
    return DV_OK;
}

struct dv_expr *dv_bind_slot(struct dv_binder *binder, unsigned slot, const struct dv_type *type)
{
    struct dv_expr *expr = dv_arena_zalloc(binder->arena, sizeof(*expr));
    if (expr == NULL)
        return NULL;
    expr->eval = eval_column;
    expr->type = *type;
    expr->slot = slot;
    expr->is_column = true;
    return expr;
}

static enum dv_status bind_slot_at(struct dv_binder *binder, const struct dv_ast *ast, unsigned slot,
                                   const struct dv_type *type, struct dv_expr **out, struct dv_err *err)
{
    *out = dv_bind_slot(binder, slot, type);
    if (*out == NULL)
        return dv_fail_memory(err);
    (*out)->line = ast->line;
    (*out)->column = ast->column;
    return DV_OK;
}

/* ---- names --------------------------------------------------------------------------------------------- */

static bool names_column(const struct dv_scope_column *column, const struct dv_ast *ast)
{
    if (strcmp(column->name, ast->text) != 0)
        return false;
    return ast->qualifier == NULL ||
           (column->qualifier != NULL && strcmp(column->qualifier, ast->qualifier) == 0);
}

static const struct dv_scope_column *find_column(const struct dv_scope *scope, const struct dv_ast *ast,
                                                 const struct dv_scope_column **second)
{
    const struct dv_scope_column *found = NULL;
    *second = NULL;
    for (unsigned i = 0; scope != NULL && i < scope->count; i++) {
        if (!names_column(&scope->columns[i], ast) ||
            (scope->columns[i].qualified_only && ast->qualifier == NULL))
            continue;
        if (found == NULL)
            found = &scope->columns[i];
        else if (scope->columns[i].slot != found->slot)
            *second = &scope->columns[i];
    }
    return found;
}

unsigned dv_name_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned row[65];
    if (n > 64 || m > 64)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            bool same = (a[i - 1] | 0x20) == (b[j - 1] | 0x20);
            unsigned best = diagonal + (same ? 0U : 1U);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

static enum dv_status no_column(struct dv_binder *binder, const struct dv_ast *ast,
                                const struct dv_scope *scope, struct dv_err *err)
{
    const struct dv_scope_column *nearest = NULL;
    unsigned best = 99;
    bool known_qualifier = ast->qualifier == NULL;
    for (unsigned i = 0; scope != NULL && i < scope->count; i++) {
        const struct dv_scope_column *column = &scope->columns[i];
        unsigned distance = dv_name_distance(column->name, ast->text);
        if (ast->qualifier != NULL && column->qualifier != NULL &&
            strcmp(column->qualifier, ast->qualifier) == 0)
            known_qualifier = true;
        if (distance < best) {
            best = distance;
            nearest = column;
        }
    }
    if (!known_qualifier) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42P01", err,
                           "missing FROM-clause entry for table \"%s\"", ast->qualifier);
        dv_err_hint(err, "Name a dataset of the FROM clause by its alias.");
        return DV_FAILED;
    }
    (void)dv_bind_fail(binder, ast->line, ast->column, "42703", err, "column %s%s%s%s%s does not exist",
                       ast->qualifier != NULL ? ast->qualifier : "", ast->qualifier != NULL ? "." : "",
                       ast->qualifier != NULL ? "" : "\"", ast->text, ast->qualifier != NULL ? "" : "\"");
    if (nearest != NULL && best <= 1 + strlen(ast->text) / 3)
        dv_err_hint(
            err, "Perhaps you meant to reference the column \"%s%s%s\"; a name with capitals needs quotes.",
            nearest->qualifier != NULL ? nearest->qualifier : "", nearest->qualifier != NULL ? "." : "",
            nearest->name);
    else
        dv_err_hint(err, "Use a column of the FROM clause's datasets; drover check JOB lists them.");
    return DV_FAILED;
}

static enum dv_status bind_column(struct dv_binder *binder, const struct dv_ast *ast,
                                  const struct dv_scope *scope, struct dv_expr **out, struct dv_err *err)
{
    const struct dv_scope_column *second, *column;
    if (binder->group_keys != NULL)
        scope = binder->input_scope;
    column = find_column(scope, ast, &second);
    if (column == NULL)
        return no_column(binder, ast, scope, err);
    if (second != NULL) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42702", err,
                           "column reference \"%s\" is ambiguous", ast->text);
        dv_err_hint(err, "Write %s.%s or %s.%s.", column->qualifier != NULL ? column->qualifier : "?",
                    column->name, second->qualifier != NULL ? second->qualifier : "?", second->name);
        return DV_FAILED;
    }
    if (binder->group_keys != NULL) {
        (void)dv_bind_fail(
            binder, ast->line, ast->column, "42803", err,
            "column \"%s%s%s\" must appear in the GROUP BY clause or be used in an aggregate function",
            column->qualifier != NULL ? column->qualifier : "", column->qualifier != NULL ? "." : "",
            column->name);
        dv_err_hint(err, "Add it to GROUP BY, or say which row's value is meant: first(%s ORDER BY ...).",
                    column->name);
        return DV_FAILED;
    }
    return bind_slot_at(binder, ast, column->slot, &column->type, out, err);
}

/* ---- grouping ------------------------------------------------------------------------------------------ */

/* The same expression, where a column may be written with or without its qualifier. */
static bool same_expression(const struct dv_binder *binder, const struct dv_ast *a, const struct dv_ast *b)
{
    if (dv_ast_equal(a, b))
        return true;
    if (a->kind != b->kind || a->arg_count != b->arg_count || a->flag != b->flag || a->call != NULL ||
        b->call != NULL || a->query != NULL || b->query != NULL || a->has_else != b->has_else)
        return false;
    if (a->kind == DV_AST_COLUMN) {
        const struct dv_scope_column *second, *left = find_column(binder->input_scope, a, &second), *right;
        if (left == NULL || second != NULL)
            return false;
        right = find_column(binder->input_scope, b, &second);
        return right != NULL && second == NULL && left->slot == right->slot;
    }
    if (a->arg_count == 0 || (a->text != NULL) != (b->text != NULL) ||
        (a->text != NULL && strcmp(a->text, b->text) != 0) || !dv_type_equal(&a->type, &b->type))
        return false;
    for (unsigned i = 0; i < a->arg_count; i++)
        if (!same_expression(binder, a->args[i], b->args[i]))
            return false;
    return true;
}

static bool find_group_key(const struct dv_binder *binder, const struct dv_ast *ast, unsigned *key)
{
    for (unsigned i = 0; i < binder->group_count; i++) {
        if (same_expression(binder, ast, binder->group_keys[i])) {
            *key = i;
            return true;
        }
    }
    return false;
}

static enum dv_status bind_aggregate_call(struct dv_binder *binder, const struct dv_ast *ast,
                                          struct dv_expr **out, struct dv_err *err)
{
    struct dv_aggregate *aggregate = NULL, **grown;
    unsigned count = binder->aggregate_count;
    enum dv_status status;
    if (binder->group_keys == NULL) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42803", err,
                           "aggregate function %s is not allowed here", ast->text);
        dv_err_hint(err,
                    "Aggregates stand in the select list, HAVING and ORDER BY, and never inside each other.");
        return DV_FAILED;
    }
    for (unsigned i = 0; i < count; i++)
        if (dv_ast_equal(binder->aggregates[i]->ast, ast))
            return bind_slot_at(binder, ast, binder->group_count + i, &binder->aggregates[i]->type, out, err);
    status = dv_bind_aggregate(binder, ast, &aggregate, err);
    if (status != DV_OK)
        return status;
    if ((count & (count - 1)) == 0 || count == 0) { /* full at every power of two */
        grown = dv_arena_alloc(binder->arena,
                               sizeof(struct dv_aggregate *) * (count == 0 ? 1 : (size_t)count * 2));
        if (grown == NULL)
            return dv_fail_memory(err);
        if (count > 0)
            memcpy(grown, binder->aggregates, sizeof(*grown) * count);
        binder->aggregates = grown;
    }
    binder->aggregates[count] = aggregate;
    binder->aggregate_count = count + 1;
    return bind_slot_at(binder, ast, binder->group_count + count, &aggregate->type, out, err);
}

/* ---- literals ------------------------------------------------------------------------------------------ */

/* int4, int8 or numeric, by size; the sign belongs to the number, so that -2147483648 is an int4. */
static enum dv_status bind_number(struct dv_binder *binder, const struct dv_ast *ast, bool negative,
                                  struct dv_expr **out, struct dv_err *err)
{
    struct dv_value value = dv_null();
    struct dv_type type;
    const char *text = negative ? dv_arena_printf(binder->arena, "-%s", ast->text) : ast->text;
    if (text == NULL)
        return dv_fail_memory(err);
    if (strspn(ast->text, "0123456789") == strlen(ast->text)) {
        char *end;
        errno = 0;
        long long number = strtoll(text, &end, 10);
        if (errno == 0 && *end == '\0') {
            type = dv_type_of(number >= INT32_MIN && number <= INT32_MAX ? DV_TYPE_INT4 : DV_TYPE_INT8);
            value = dv_int(number);
            return dv_node_constant(binder, ast->line, ast->column, &type, &value, out, err);
        }
    }
    type = dv_type_of(DV_TYPE_NUMERIC);
    if (dv_numeric_parse(text, strlen(text), binder->arena, &value, err) != DV_OK) {
        char message[256];
        (void)snprintf(message, sizeof(message), "%.255s", err->message);
        return dv_bind_fail(binder, ast->line, ast->column, "22003", err, "%s", message);
    }
    return dv_node_constant(binder, ast->line, ast->column, &type, &value, out, err);
}

static enum dv_status bind_literal(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **out,
                                   struct dv_err *err)
{
    struct dv_type type = dv_type_of(DV_TYPE_UNKNOWN);
    struct dv_value value = dv_null();
    enum dv_status status;
    if (ast->kind == DV_AST_BOOL) {
        type = dv_type_of(DV_TYPE_BOOL);
        value = dv_bool(ast->flag);
    } else if (ast->kind != DV_AST_NULL) {
        value = dv_text(ast->text, strlen(ast->text));
    }
    status = dv_node_constant(binder, ast->line, ast->column, &type, &value, out, err);
    if (status == DV_OK && ast->kind == DV_AST_TYPED_STRING)
        status = dv_cast(binder, *out, &ast->type, DV_CAST_EXPLICIT, ast->line, ast->column, out, err);
    return status;
}

static enum dv_status bind_param(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **out,
                                 struct dv_err *err)
{
    for (unsigned i = 0; i < binder->param_count; i++) {
        if (strcmp(binder->params[i].name, ast->text) == 0)
            return dv_node_constant(binder, ast->line, ast->column, &binder->params[i].type,
                                    &binder->params[i].value, out, err);
    }
    (void)dv_bind_fail(binder, ast->line, ast->column, "42P02", err, "there is no parameter :%s", ast->text);
    dv_err_hint(err, "Declare it under \"params\" in job.json.");
    return DV_FAILED;
}

/* ---- dispatch ------------------------------------------------------------------------------------------ */

static enum dv_status bind_children(struct dv_binder *binder, const struct dv_ast *ast,
                                    const struct dv_scope *scope, struct dv_expr ***out, struct dv_err *err)
{
    struct dv_expr **args =
        dv_arena_zalloc(binder->arena, sizeof(struct dv_expr *) * ((size_t)ast->arg_count + 1));
    if (args == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < ast->arg_count; i++) {
        enum dv_status status = dv_bind_node(binder, ast->args[i], scope, &args[i], err);
        if (status != DV_OK)
            return status;
    }
    *out = args;
    return DV_OK;
}

static enum dv_status bind_special(struct dv_binder *binder, const struct dv_ast *ast,
                                   const struct dv_scope *scope, struct dv_expr **out, struct dv_err *err)
{
    if (binder->special != NULL)
        return binder->special(binder->special_context, ast, scope, out, err);
    if (ast->kind == DV_AST_CALL)
        (void)dv_bind_fail(binder, ast->line, ast->column, "42P20", err,
                           "window functions are not allowed here");
    else
        (void)dv_bind_fail(binder, ast->line, ast->column, "0A000", err, "a sub-query is not allowed here");
    dv_err_hint(err, "Compute it in a WITH query or a model of its own, and refer to its column.");
    return DV_FAILED;
}

static enum dv_status refuse_call_extras(struct dv_binder *binder, const struct dv_ast *ast,
                                         struct dv_err *err)
{
    const char *what = NULL;
    const struct dv_ast_call *call = ast->call;
    if (call == NULL)
        return DV_OK;
    if (call->star)
        what = "(*) specified, but %s is not an aggregate function";
    else if (call->distinct)
        what = "DISTINCT specified, but %s is not an aggregate function";
    else if (call->order_count > 0)
        what = "ORDER BY specified, but %s is not an aggregate function";
    else if (call->filter != NULL)
        what = "FILTER specified, but %s is not an aggregate function";
    if (what == NULL)
        return DV_OK;
    {
        const char *tail = strstr(what, "%s") + 2;
        return dv_bind_fail(binder, ast->line, ast->column, "42809", err, "%.*s%s%s", (int)(tail - 2 - what),
                            what, ast->text, tail);
    }
}

static enum dv_status bind_compound(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                    struct dv_expr **out, struct dv_err *err)
{
    switch (ast->kind) {
    case DV_AST_UNARY:
        if (strcmp(ast->text, "not") == 0)
            return dv_bind_boolean(binder, ast, args, out, err);
        return dv_bind_operator(binder, ast->text, ast->line, ast->column, args, 1, out, err);
    case DV_AST_BINARY:
        if (strcmp(ast->text, "and") == 0 || strcmp(ast->text, "or") == 0)
            return dv_bind_boolean(binder, ast, args, out, err);
        return dv_bind_operator(binder, ast->text, ast->line, ast->column, args, 2, out, err);
    case DV_AST_IS:
    case DV_AST_DISTINCT_FROM:
        return dv_bind_boolean(binder, ast, args, out, err);
    case DV_AST_BETWEEN:
        return dv_bind_between(binder, ast, args, out, err);
    case DV_AST_IN:
        return dv_bind_in(binder, ast, args, out, err);
    case DV_AST_LIKE:
        return dv_bind_like(binder, ast, args, out, err);
    case DV_AST_CASE:
        return dv_bind_case(binder, ast, args, out, err);
    case DV_AST_CAST:
        return dv_cast(binder, args[0], &ast->type, DV_CAST_EXPLICIT, ast->line, ast->column, out, err);
    case DV_AST_CALL:
        return dv_bind_call(binder, ast, args, out, err);
    case DV_AST_ARRAY:
        return dv_bind_array(binder, ast, args, out, err);
    case DV_AST_ANY:
        return dv_bind_any(binder, ast, args, out, err);
    default:
        return dv_bind_fail(binder, ast->line, ast->column, "0A000", err,
                            "this expression is not allowed here");
    }
}

/* A number behind minus signs, which PostgreSQL's grammar takes into the literal. */
static bool signed_number(const struct dv_ast *ast, const struct dv_ast **number, bool *negative)
{
    *negative = false;
    while (ast->kind == DV_AST_UNARY && strcmp(ast->text, "-") == 0) {
        *negative = !*negative;
        ast = ast->args[0];
    }
    *number = ast;
    return ast->kind == DV_AST_NUMBER;
}

enum dv_status dv_bind_node(struct dv_binder *binder, const struct dv_ast *ast, const struct dv_scope *scope,
                            struct dv_expr **out, struct dv_err *err)
{
    struct dv_expr **args = NULL;
    const struct dv_ast *number = NULL;
    enum dv_status status;
    bool negative = false;
    unsigned key;
    if (ast->kind == DV_AST_CALL && ast->call != NULL && ast->call->over)
        return bind_special(binder, ast, scope, out, err);
    if (binder->group_keys != NULL && find_group_key(binder, ast, &key))
        return bind_slot_at(binder, ast, key, &binder->group_exprs[key]->type, out, err);
    switch (ast->kind) {
    case DV_AST_NULL:
    case DV_AST_BOOL:
    case DV_AST_STRING:
    case DV_AST_TYPED_STRING:
        return bind_literal(binder, ast, out, err);
    case DV_AST_NUMBER:
        return bind_number(binder, ast, false, out, err);
    case DV_AST_COLUMN:
        return bind_column(binder, ast, scope, out, err);
    case DV_AST_STAR:
        (void)dv_bind_fail(binder, ast->line, ast->column, "42601", err, "* is not allowed here");
        dv_err_hint(err, "Name the column that is meant.");
        return DV_FAILED;
    case DV_AST_PARAM:
        return bind_param(binder, ast, out, err);
    case DV_AST_IN_QUERY:
    case DV_AST_EXISTS:
    case DV_AST_SUBQUERY:
        return bind_special(binder, ast, scope, out, err);
    case DV_AST_SUBSCRIPT:
        return dv_bind_subscripts(binder, ast, scope, out, err);
    default:
        break;
    }
    if (ast->kind == DV_AST_CALL && dv_is_aggregate(ast->text))
        return bind_aggregate_call(binder, ast, out, err);
    if (ast->kind == DV_AST_UNARY && signed_number(ast, &number, &negative))
        return bind_number(binder, number, negative, out, err);
    if (ast->kind == DV_AST_CALL) {
        status = refuse_call_extras(binder, ast, err);
        if (status != DV_OK)
            return status;
    }
    status = bind_children(binder, ast, scope, &args, err);
    if (status != DV_OK)
        return status;
    return bind_compound(binder, ast, args, out, err);
}

/* ---- entry points -------------------------------------------------------------------------------------- */

struct depth {
    unsigned level;
};

static enum dv_status check_depth(void *context, const struct dv_ast *node, struct dv_err *err)
{
    struct depth below = {((const struct depth *)context)->level + 1};
    if (below.level > DEPTH_LIMIT)
        return dv_fail(err, DV_EXIT_USAGE, "%d:%d: the expression is nested deeper than %d levels",
                       node->line, node->column, DEPTH_LIMIT);
    return dv_ast_each_child(node, check_depth, &below, err);
}

static enum dv_status check_constants(struct dv_binder *binder, const struct dv_expr *expr,
                                      struct dv_err *err)
{
    const struct dv_expr *failing = dv_node_failing(expr);
    struct dv_eval eval = {.arena = binder->arena};
    struct dv_err inner = DV_ERR_INIT;
    struct dv_value value;
    if (failing == NULL || dv_expr_eval(failing, &eval, &value, &inner) == DV_OK) {
        dv_buf_release(&eval.scratch);
        return DV_OK;
    }
    dv_buf_release(&eval.scratch);
    (void)dv_bind_fail(binder, failing->line, failing->column, inner.sqlstate, err, "%.700s", inner.message);
    dv_err_hint(err, "%s",
                inner.hint[0] != '\0' ? inner.hint : "It fails whatever the row: change the constants.");
    return DV_FAILED;
}

enum dv_status dv_bind_expr(struct dv_binder *binder, const struct dv_ast *ast, const struct dv_scope *scope,
                            struct dv_expr **out, struct dv_err *err)
{
    struct depth top = {0};
    enum dv_status status = check_depth(&top, ast, err);
    if (status != DV_OK)
        return status;
    status = dv_bind_node(binder, ast, scope, out, err);
    return status == DV_OK ? check_constants(binder, *out, err) : status;
}

enum dv_status dv_bind_condition(struct dv_binder *binder, const struct dv_ast *ast,
                                 const struct dv_scope *scope, const char *what, struct dv_expr **out,
                                 struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    enum dv_status status = dv_bind_expr(binder, ast, scope, out, err);
    if (status != DV_OK)
        return status;
    if ((*out)->type.id != DV_TYPE_BOOL && (*out)->type.id != DV_TYPE_UNKNOWN) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42804", err,
                           "argument of %s must be type boolean, not type %s", what,
                           dv_type_text(binder, &(*out)->type));
        dv_err_hint(err, "Compare it with something, or test it with IS NOT NULL.");
        return DV_FAILED;
    }
    return dv_cast(binder, *out, &boolean, DV_CAST_IMPLICIT, ast->line, ast->column, out, err);
}

enum dv_status dv_bind_coerce(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *type,
                              struct dv_expr **out, struct dv_err *err)
{
    return dv_cast(binder, expr, type, DV_CAST_ASSIGNMENT, expr->line, expr->column, out, err);
}

void dv_expr_slots(const struct dv_expr *expr, bool *used)
{
    if (expr->eval == eval_column)
        used[expr->slot] = true;
    for (unsigned i = 0; i < expr->arg_count; i++)
        dv_expr_slots(expr->args[i], used);
}

bool dv_expr_is_true(const struct dv_value *value)
{
    return value->state == DV_SET && value->u.i != 0;
}
