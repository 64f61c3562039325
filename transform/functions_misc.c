/* coalesce, nullif, greatest, least, uuid5. */
#include "transform/functions.h"

#include "core/uuid.h"

#include <string.h>

static enum dv_status eval_coalesce(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                    struct dv_err *err)
{
    *out = dv_null();
    for (unsigned i = 0; i < expr->arg_count; i++) {
        enum dv_status status = dv_expr_eval(expr->args[i], eval, out, err);
        if (status != DV_OK || out->state != DV_NULL)
            return status;
    }
    return DV_OK;
}

static enum dv_status bind_common_call(struct dv_binder *binder, const struct dv_ast *ast,
                                       struct dv_expr **args, unsigned count, const char *what,
                                       dv_eval_fn eval, const void *data, struct dv_expr **out,
                                       struct dv_err *err)
{
    struct dv_type type;
    enum dv_status status;
    if (count == 0)
        return dv_bind_fail(binder, ast->line, ast->column, "42601", err, "%s needs an argument", what);
    status = dv_common(binder, args, count, what, ast->line, ast->column, &type, err);
    if (status == DV_OK)
        status = dv_node_lazy(binder, ast->line, ast->column, eval, &type, args, count, data, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

static enum dv_status bind_coalesce(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                    unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type type;
    unsigned kept = 0;
    enum dv_status status;
    if (count == 0)
        return dv_bind_fail(binder, ast->line, ast->column, "42601", err, "COALESCE needs an argument");
    status = dv_common(binder, args, count, "COALESCE", ast->line, ast->column, &type, err);
    if (status != DV_OK)
        return status;
    for (unsigned i = 0; i < count; i++) { /* constant NULLs drop out; a constant ends the list */
        if (args[i]->is_constant && args[i]->constant.state == DV_NULL && (kept > 0 || i + 1 < count))
            continue;
        args[kept++] = args[i];
        if (args[i]->is_constant && !args[i]->of_row)
            break;
    }
    if (kept == 1) {
        *out = args[0];
        return DV_OK;
    }
    return dv_node_lazy(binder, ast->line, ast->column, eval_coalesce, &type, args, kept, NULL, out, err);
}

/* greatest, least: NULLs do not count. data not NULL: least. */
static enum dv_status eval_extreme(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    *out = dv_null();
    for (unsigned i = 0; i < expr->arg_count; i++) {
        struct dv_value value;
        int order;
        enum dv_status status = dv_expr_eval(expr->args[i], eval, &value, err);
        if (status != DV_OK)
            return status;
        if (value.state == DV_NULL)
            continue;
        if (out->state == DV_NULL) {
            *out = value;
            continue;
        }
        order = dv_compare_values(&value, out, &expr->type);
        if (expr->data != NULL ? order < 0 : order > 0)
            *out = value;
    }
    return DV_OK;
}

static enum dv_status check_ordered(struct dv_binder *binder, const struct dv_ast *ast,
                                    const struct dv_type *type, struct dv_err *err)
{
    if (type->id != DV_TYPE_JSON && type->id != DV_TYPE_OTHER)
        return DV_OK;
    (void)dv_bind_fail(binder, ast->line, ast->column, "42883", err,
                       "could not identify a comparison function for type %s", dv_type_text(binder, type));
    dv_err_hint(err, "Cast it to text: ...::text.");
    return DV_FAILED;
}

static enum dv_status bind_greatest(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                    unsigned count, struct dv_expr **out, struct dv_err *err)
{
    enum dv_status status =
        bind_common_call(binder, ast, args, count, "GREATEST", eval_extreme, NULL, out, err);
    return status == DV_OK ? check_ordered(binder, ast, &(*out)->type, err) : status;
}

static enum dv_status bind_least(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                 unsigned count, struct dv_expr **out, struct dv_err *err)
{
    static const char least = 1;
    enum dv_status status =
        bind_common_call(binder, ast, args, count, "LEAST", eval_extreme, &least, out, err);
    return status == DV_OK ? check_ordered(binder, ast, &(*out)->type, err) : status;
}

static enum dv_status eval_nullif(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    struct dv_value other;
    enum dv_status status = dv_expr_eval(expr->args[0], eval, out, err);
    if (status != DV_OK || out->state == DV_NULL)
        return status;
    status = dv_expr_eval(expr->args[1], eval, &other, err);
    if (status == DV_OK && other.state != DV_NULL &&
        dv_compare_sides(out, &expr->args[0]->type, &other, &expr->args[1]->type) == 0)
        *out = dv_null();
    return status;
}

static enum dv_status bind_nullif(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                  unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_expr *equality;
    enum dv_status status;
    if (count != 2)
        return dv_bind_fail(binder, ast->line, ast->column, "42601", err, "NULLIF needs two arguments");
    status = dv_bind_operator(binder, "=", ast->line, ast->column, args, 2, &equality, err);
    if (status == DV_OK) /* args have been cast to what = compares */
        status = dv_node_lazy(binder, ast->line, ast->column, eval_nullif, &args[0]->type, args, 2, NULL, out,
                              err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* ---- uuid5 --------------------------------------------------------------------------------------------- */

/* data: the namespace where it is constant */
static enum dv_status fn_uuid5(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                               struct dv_value *out, struct dv_err *err)
{
    unsigned char namespace_uuid[16], *uuid = (unsigned char *)dv_out_room(eval, 16, err);
    if (uuid == NULL)
        return err->status;
    if (expr->data != NULL)
        memcpy(namespace_uuid, expr->data, sizeof(namespace_uuid));
    else
        dv_uuid_namespace(args[0].u.p, args[0].len, namespace_uuid);
    dv_uuid_v5(namespace_uuid, args[1].u.p, args[1].len, uuid);
    *out = dv_text((const char *)uuid, 16);
    return DV_OK;
}

static enum dv_status bind_uuid5(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    const struct dv_expr *name = call->expr.args[0];
    unsigned char *uuid;
    if (!name->is_constant || name->constant.state == DV_NULL)
        return DV_OK;
    uuid = dv_arena_alloc(binder->arena, 16);
    if (uuid == NULL)
        return dv_fail_memory(err);
    dv_uuid_namespace(name->constant.u.p, name->constant.len, uuid);
    call->expr.data = uuid;
    return DV_OK;
}

static const struct dv_function misc_entries[] = {
    {.name = "coalesce", .special = bind_coalesce},
    {.name = "nullif", .special = bind_nullif},
    {.name = "greatest", .special = bind_greatest},
    {.name = "least", .special = bind_least},
    {.name = "uuid5", .signature = "text,text>uuid", .eval = fn_uuid5, .bind = bind_uuid5},
};
const struct dv_function_table dv_functions_misc = DV_FUNCTION_TABLE(misc_entries);
