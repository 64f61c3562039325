/* Expressions for the fuzz targets: bound once over the columns below, evaluated for every input. */
#ifndef DV_TESTS_FUZZ_EXPR_H
#define DV_TESTS_FUZZ_EXPR_H

#include "tests/fuzz/fuzz.h"
#include "transform/expr.h"

struct fuzz_expr {
    const char *text;
    const struct dv_expr *bound; /* set by fuzz_bind */
};

/* All of them: an expression that does not bind is a fault of the target. */
static inline void fuzz_bind(struct fuzz_expr *exprs, size_t count, const struct dv_scope *scope)
{
    static struct dv_arena arena; /* lives as long as the process */
    struct dv_binder binder = {.file = "fuzz", .arena = &arena};
    for (size_t i = 0; i < count && exprs[i].bound == NULL; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_ast *ast = NULL;
        struct dv_expr *expr = NULL;
        enum dv_status status =
            dv_parse_expression(exprs[i].text, strlen(exprs[i].text), "fuzz", &arena, &ast, &err);
        if (status == DV_OK)
            status = dv_bind_expr(&binder, ast, scope, &expr, &err);
        FUZZ_CHECK_OF(status == DV_OK, err.message);
        exprs[i].bound = expr;
    }
}

/* false: evaluation failed, as it may, with an SQLSTATE and a message that can stand in a stage file. */
static inline bool fuzz_evaluate(const struct fuzz_expr *expr, struct dv_value *row, struct dv_arena *arena,
                                 struct dv_value *out, struct dv_err *err)
{
    struct dv_eval eval = {.row = row, .arena = arena};
    enum dv_status status = dv_expr_eval(expr->bound, &eval, out, err);
    dv_buf_release(&eval.scratch);
    FUZZ_CHECK_OF(status == DV_OK || (status == DV_FAILED && err->sqlstate[0] != '\0'), expr->text);
    FUZZ_CHECK_OF(status == DV_OK || fuzz_is_text(err->message, strlen(err->message)), expr->text);
    return status == DV_OK;
}

/* What an expression made is a value of its type: it prints to UTF-8 which reads back as an equal value. */
static inline void fuzz_check_value(const struct fuzz_expr *expr, const struct dv_value *value,
                                    struct dv_arena *arena)
{
    const struct dv_type *type = &expr->bound->type;
    struct dv_buf text = {0}, twice = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value again;
    if (value->state == DV_NULL)
        return;
    dv_value_to_text(value, type, &text);
    FUZZ_CHECK_OF(!text.failed && fuzz_is_text(text.data, text.len), expr->text);
    FUZZ_CHECK_OF(
        dv_value_from_text(text.data != NULL ? text.data : "", text.len, type, arena, &again, &err) == DV_OK,
        expr->text);
    FUZZ_CHECK_OF(dv_value_compare(value, &again, type) == 0, expr->text);
    dv_value_to_text(&again, type, &twice);
    FUZZ_CHECK_OF(text.len == twice.len && (text.len == 0 || memcmp(text.data, twice.data, text.len) == 0),
                  expr->text);
    dv_buf_release(&text);
    dv_buf_release(&twice);
}

/* Every one of the expressions: what it gives is a value. */
static inline void fuzz_check_values(const struct fuzz_expr *exprs, size_t count, struct dv_value *row,
                                     struct dv_arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_value value = dv_null();
        if (fuzz_evaluate(&exprs[i], row, arena, &value, &err))
            fuzz_check_value(&exprs[i], &value, arena);
    }
}

/* Every one of the expressions is a statement: true, or NULL where it says nothing. None may be refused. */
static inline void fuzz_check_true(const struct fuzz_expr *exprs, size_t count, struct dv_value *row,
                                   struct dv_arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_value value = dv_null();
        FUZZ_CHECK_OF(fuzz_evaluate(&exprs[i], row, arena, &value, &err), exprs[i].text);
        FUZZ_CHECK_OF(value.state == DV_NULL || value.u.i != 0, exprs[i].text);
    }
}

#define FUZZ_COUNT(list) (sizeof(list) / sizeof((list)[0]))

#endif
