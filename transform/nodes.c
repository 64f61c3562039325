/* Nodes of bound expressions: making, folding, and the trampolines that evaluate arguments for a call. */
#include "transform/bind_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum dv_status dv_bind_fail(const struct dv_binder *binder, int line, int column, const char *sqlstate,
                            struct dv_err *err, const char *format, ...)
{
    char message[768];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    (void)dv_fail(err, DV_EXIT_USAGE, "%s:%d:%d: %s", binder->file != NULL ? binder->file : "expression",
                  line, column, message);
    (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%.5s", sqlstate);
    return DV_FAILED;
}

enum dv_status dv_eval_fail(struct dv_err *err, const char *sqlstate, const char *format, ...)
{
    char message[768];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    (void)dv_fail(err, DV_EXIT_FAULT, "%s", message);
    (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%.5s", sqlstate);
    return DV_FAILED;
}

enum dv_status dv_eval_range(struct dv_err *err, enum dv_type_id type)
{
    switch (type) {
    case DV_TYPE_INT2:
        return dv_eval_fail(err, "22003", "smallint out of range");
    case DV_TYPE_INT4:
        return dv_eval_fail(err, "22003", "integer out of range");
    case DV_TYPE_INT8:
        return dv_eval_fail(err, "22003", "bigint out of range");
    case DV_TYPE_DATE:
        return dv_eval_fail(err, "22008", "date out of range");
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return dv_eval_fail(err, "22008", "timestamp out of range");
    case DV_TYPE_INTERVAL:
        return dv_eval_fail(err, "22008", "interval out of range");
    default:
        return dv_eval_fail(err, "22003", "value out of range");
    }
}

/* ---- evaluators ---------------------------------------------------------------------------------------- */

static enum dv_status eval_constant(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                    struct dv_err *err)
{
    (void)eval;
    (void)err;
    *out = expr->constant;
    return DV_OK;
}

static enum dv_status run_call(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                               struct dv_value *out, struct dv_err *err)
{
    enum dv_status status;
    *out = dv_null();
    status = ((const struct dv_call *)expr)->fn(expr, eval, args, out, err);
    if (status != DV_OK) {
        eval->line = expr->line;
        eval->column = expr->column;
    }
    return status;
}

static enum dv_status eval_strict1(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    struct dv_value arg;
    enum dv_status status = dv_expr_eval(expr->args[0], eval, &arg, err);
    if (status != DV_OK || arg.state == DV_NULL) {
        *out = dv_null();
        return status;
    }
    return run_call(expr, eval, &arg, out, err);
}

static enum dv_status eval_strict2(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    struct dv_value args[2];
    enum dv_status status = dv_expr_eval(expr->args[0], eval, &args[0], err);
    if (status != DV_OK)
        return status;
    status = dv_expr_eval(expr->args[1], eval, &args[1], err);
    if (status != DV_OK || args[0].state == DV_NULL || args[1].state == DV_NULL) {
        *out = dv_null();
        return status;
    }
    return run_call(expr, eval, args, out, err);
}

static enum dv_status eval_many(const struct dv_expr *expr, struct dv_eval *eval, bool strict,
                                struct dv_value *out, struct dv_err *err)
{
    struct dv_value args[DV_CALL_ARGS];
    bool null = false;
    for (unsigned i = 0; i < expr->arg_count; i++) {
        enum dv_status status = dv_expr_eval(expr->args[i], eval, &args[i], err);
        if (status != DV_OK)
            return status;
        null = null || args[i].state == DV_NULL;
    }
    if (null && strict) {
        *out = dv_null();
        return DV_OK;
    }
    return run_call(expr, eval, args, out, err);
}

static enum dv_status eval_strict(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    return eval_many(expr, eval, true, out, err);
}

static enum dv_status eval_nulls(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                 struct dv_err *err)
{
    return eval_many(expr, eval, false, out, err);
}

/* ---- makers -------------------------------------------------------------------------------------------- */

enum dv_status dv_node_constant(struct dv_binder *binder, int line, int column, const struct dv_type *type,
                                const struct dv_value *value, struct dv_expr **out, struct dv_err *err)
{
    struct dv_expr *expr = dv_arena_zalloc(binder->arena, sizeof(*expr));
    if (expr == NULL)
        return dv_fail_memory(err);
    expr->eval = eval_constant;
    expr->type = *type;
    expr->line = line;
    expr->column = column;
    expr->is_constant = true;
    expr->constant = *value;
    *out = expr;
    return DV_OK;
}

static enum dv_status fill_node(struct dv_binder *binder, struct dv_expr *expr, int line, int column,
                                const struct dv_type *type, struct dv_expr **args, unsigned count,
                                const void *data, struct dv_err *err)
{
    expr->type = *type;
    expr->line = line;
    expr->column = column;
    expr->data = data;
    expr->arg_count = count;
    if (count == 0)
        return DV_OK;
    expr->args = dv_arena_alloc(binder->arena, sizeof(struct dv_expr *) * count);
    if (expr->args == NULL)
        return dv_fail_memory(err);
    memcpy(expr->args, args, sizeof(struct dv_expr *) * count);
    return DV_OK;
}

enum dv_status dv_node_lazy(struct dv_binder *binder, int line, int column, dv_eval_fn eval,
                            const struct dv_type *type, struct dv_expr **args, unsigned count,
                            const void *data, struct dv_expr **out, struct dv_err *err)
{
    struct dv_expr *expr = dv_arena_zalloc(binder->arena, sizeof(*expr));
    if (expr == NULL)
        return dv_fail_memory(err);
    expr->eval = eval;
    enum dv_status status = fill_node(binder, expr, line, column, type, args, count, data, err);
    *out = expr; /* last: args may be the address of what out points at */
    return status;
}

enum dv_status dv_node_call(struct dv_binder *binder, int line, int column, dv_call_fn fn, bool strict,
                            const struct dv_type *type, struct dv_expr **args, unsigned count,
                            const void *data, struct dv_expr **out, struct dv_err *err)
{
    struct dv_call *call;
    if (count > DV_CALL_ARGS)
        return dv_bind_fail(binder, line, column, "54023", err,
                            "cannot pass more than %d arguments to a function", DV_CALL_ARGS);
    call = dv_arena_zalloc(binder->arena, sizeof(*call));
    if (call == NULL)
        return dv_fail_memory(err);
    call->fn = fn;
    if (!strict || count == 0)
        call->expr.eval = eval_nulls;
    else
        call->expr.eval = count == 1 ? eval_strict1 : count == 2 ? eval_strict2 : eval_strict;
    enum dv_status status = fill_node(binder, &call->expr, line, column, type, args, count, data, err);
    *out = &call->expr; /* last: args may be the address of what out points at */
    return status;
}

static bool is_strict(const struct dv_expr *expr)
{
    return expr->eval == eval_strict1 || expr->eval == eval_strict2 || expr->eval == eval_strict;
}

dv_call_fn dv_node_function(const struct dv_expr *expr)
{
    return is_strict(expr) || expr->eval == eval_nulls ? ((const struct dv_call *)expr)->fn : NULL;
}

const struct dv_expr *dv_node_failing(const struct dv_expr *expr)
{
    bool all = expr->arg_count > 0 && (is_strict(expr) || expr->eval == eval_nulls) &&
               !((const struct dv_call *)expr)->stable;
    for (unsigned i = 0; i < expr->arg_count; i++) {
        const struct dv_expr *inner = dv_node_failing(expr->args[i]);
        if (inner != NULL)
            return inner;
        all = all && expr->args[i]->is_constant && !expr->args[i]->of_row;
    }
    return all ? expr : NULL;
}

enum dv_status dv_node_fold(struct dv_binder *binder, struct dv_expr **expr, struct dv_err *err)
{
    struct dv_eval eval = {.arena = binder->arena};
    struct dv_err ignored = DV_ERR_INIT;
    struct dv_value value = dv_null();
    enum dv_status status = DV_OK;
    bool all = true, null = false, failing = false, strict = is_strict(*expr);
    bool of_row = dv_node_function(*expr) != NULL && ((const struct dv_call *)*expr)->stable;
    for (unsigned i = 0; i < (*expr)->arg_count; i++) {
        const struct dv_expr *arg = (*expr)->args[i];
        all = all && arg->is_constant;
        null = null || (arg->is_constant && arg->constant.state == DV_NULL && !arg->of_row);
        failing = failing || dv_node_failing(arg) != NULL;
        of_row = of_row || arg->of_row;
    }
    bool is_null = strict && null && !failing;
    if (!is_null && !all)
        return DV_OK;
    if (!is_null)
        status = dv_expr_eval(*expr, &eval, &value, &ignored);
    dv_buf_release(&eval.scratch);
    if (status != DV_OK)
        return DV_OK;
    status = dv_node_constant(binder, (*expr)->line, (*expr)->column, &(*expr)->type, &value, expr, err);
    if (status == DV_OK)
        (*expr)->of_row = of_row && !is_null;
    return status;
}

/* ---- values -------------------------------------------------------------------------------------------- */

char *dv_out_room(struct dv_eval *eval, size_t length, struct dv_err *err)
{
    char *room;
    if (length > 0x3fffffffU) {
        (void)dv_eval_fail(err, "54000", "requested length too large");
        return NULL;
    }
    room = dv_arena_alloc(eval->arena, length == 0 ? 1 : length);
    if (room == NULL)
        (void)dv_fail_memory(err);
    return room;
}

enum dv_status dv_out_text(struct dv_eval *eval, struct dv_value *out, const char *p, size_t length,
                           struct dv_err *err)
{
    char *room = dv_out_room(eval, length, err);
    if (room == NULL)
        return err->status;
    if (length > 0)
        memcpy(room, p, length);
    *out = dv_text(room, length);
    return DV_OK;
}

enum dv_status dv_out_scratch(struct dv_eval *eval, struct dv_value *out, struct dv_err *err)
{
    enum dv_status status = dv_buf_check(&eval->scratch, err);
    if (status != DV_OK)
        return status;
    return dv_out_text(eval, out, eval->scratch.data, eval->scratch.len, err);
}

enum dv_status dv_out_interval(struct dv_eval *eval, struct dv_value *out, int64_t months, int64_t days,
                               int64_t microseconds, struct dv_err *err)
{
    struct dv_interval *interval;
    if (months < INT32_MIN || months > INT32_MAX || days < INT32_MIN || days > INT32_MAX)
        return dv_eval_range(err, DV_TYPE_INTERVAL);
    interval = dv_arena_alloc(eval->arena, sizeof(*interval));
    if (interval == NULL)
        return dv_fail_memory(err);
    *interval =
        (struct dv_interval){.months = (int32_t)months, .days = (int32_t)days, .microseconds = microseconds};
    *out = (struct dv_value){.u.interval = interval, .state = DV_SET};
    return DV_OK;
}

size_t dv_utf8_count(const char *p, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)p[i] & 0xc0U) != 0x80U;
    return count;
}

size_t dv_utf8_offset(const char *p, size_t length, int64_t chars)
{
    size_t at = 0;
    while (chars > 0 && at < length) {
        at += dv_utf8_width((unsigned char)p[at]);
        chars--;
    }
    return at < length ? at : length;
}
