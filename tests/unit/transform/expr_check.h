/* What the tests of expressions share: an expression's text in, its type and value as text out. */
#ifndef TESTS_UNIT_TRANSFORM_EXPR_CHECK_H
#define TESTS_UNIT_TRANSFORM_EXPR_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/expr.h"

#include <stdio.h>
#include <string.h>

/* One expression and what PostgreSQL 15 (ICU collation "und") makes of it: type and value (NULL: NULL), or an
 * SQLSTATE. */
struct expr_case {
    const char *expression, *type, *value, *sqlstate;
};

struct expr_result {
    struct dv_arena arena;
    struct dv_err err;
    enum dv_status status;
    bool binding_failed;
    char type[80];
    bool null;
    struct dv_buf text;
    int line, column; /* where evaluation failed */
};

/* Binds and evaluates over a row of CSV fields, one a column of the scope (both may be NULL). */
static inline void check_evaluate(struct expr_result *result, struct dv_binder *binder,
                                  const char *expression, const struct dv_scope *scope, struct dv_value *row)
{
    const struct dv_scope none = {0};
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    struct dv_eval eval = {.row = row, .arena = &result->arena};
    struct dv_value value = dv_null();
    struct dv_ast *ast = NULL;
    struct dv_expr *expr = NULL;
    binder->arena = &result->arena;
    result->err = (struct dv_err)DV_ERR_INIT;
    result->binding_failed = true;
    result->status =
        dv_parse_expression(expression, strlen(expression), binder->file, &result->arena, &ast, &result->err);
    if (result->status == DV_OK)
        result->status = dv_bind_expr(binder, ast, scope != NULL ? scope : &none, &expr, &result->err);
    if (result->status == DV_OK && expr->type.id == DV_TYPE_UNKNOWN)
        result->status = dv_bind_coerce(binder, expr, &text, &expr, &result->err);
    if (result->status != DV_OK)
        return;
    result->binding_failed = false;
    text = expr->type;
    text.precision = text.scale = -1;
    dv_type_format(&text, &result->text);
    (void)snprintf(result->type, sizeof(result->type), "%s",
                   text.id == DV_TYPE_BPCHAR ? "character" : dv_buf_cstr(&result->text));
    dv_buf_reset(&result->text);
    result->status = dv_expr_eval(expr, &eval, &value, &result->err);
    result->line = eval.line;
    result->column = eval.column;
    dv_buf_release(&eval.scratch);
    if (result->status != DV_OK)
        return;
    result->null = value.state == DV_NULL;
    if (!result->null)
        dv_value_to_text(&value, &expr->type, &result->text);
}

static inline void check_release(struct expr_result *result)
{
    dv_buf_release(&result->text);
    dv_arena_release(&result->arena);
}

/* Every case of the table; prints each that differs, and fails the test if one does. */
static inline void check_table(const struct expr_case *cases, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct expr_result result = {0};
        struct dv_binder binder = {.file = "case"};
        bool same;
        check_evaluate(&result, &binder, cases[i].expression, NULL, NULL);
        if (result.status != DV_OK)
            same = cases[i].sqlstate != NULL && strcmp(result.err.sqlstate, cases[i].sqlstate) == 0;
        else
            same = cases[i].sqlstate == NULL && strcmp(result.type, cases[i].type) == 0 &&
                   result.null == (cases[i].value == NULL) &&
                   (result.null || strcmp(dv_buf_cstr(&result.text), cases[i].value) == 0);
        if (!same) {
            wrong++;
            print_error("%s\n  expected %s %s %s\n  got %s %s (%s %s)\n", cases[i].expression,
                        cases[i].type != NULL ? cases[i].type : "",
                        cases[i].value != NULL ? cases[i].value : "NULL",
                        cases[i].sqlstate != NULL ? cases[i].sqlstate : "", result.type,
                        result.null || result.status != DV_OK ? "NULL" : dv_buf_cstr(&result.text),
                        result.err.sqlstate, result.err.message);
        }
        check_release(&result);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_TABLE(table) check_table((table), sizeof(table) / sizeof((table)[0]))

#endif
