#include "transform/set_function.h"

#include "core/datetime.h"
#include "core/numeric.h"
#include "transform/array_text.h"

#include <stdio.h>
#include <string.h>

struct dv_set_function {
    const char *name;
    unsigned least, most; /* arguments */
    /* Casts the arguments, names and types the columns. */
    enum dv_status (*bind)(struct dv_binder *binder, struct dv_set_call *call, const struct dv_ast *ast,
                           struct dv_err *err);
    enum dv_status (*start)(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_err *err);
    enum dv_status (*next)(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                           struct dv_err *err);
};

static void column(struct dv_set_call *call, const char *name, enum dv_type_id type)
{
    struct dv_column *at = &call->columns[call->column_count++];
    (void)snprintf(at->name, sizeof at->name, "%s", name);
    at->type = dv_type_of(type);
}

static enum dv_status cast_args(struct dv_binder *binder, struct dv_set_call *call, enum dv_type_id id,
                                struct dv_err *err)
{
    struct dv_type type = dv_type_of(id);
    enum dv_status status = DV_OK;
    for (unsigned a = 0; a < call->arg_count && status == DV_OK; a++)
        status = dv_cast(binder, call->args[a], &type, DV_CAST_IMPLICIT, call->args[a]->line,
                         call->args[a]->column, &call->args[a], err);
    return status;
}

/* ---- generate_series ---- */

static enum dv_status bind_series(struct dv_binder *binder, struct dv_set_call *call,
                                  const struct dv_ast *ast, struct dv_err *err)
{
    enum dv_type_id id = DV_TYPE_INT4;
    bool time = false;
    for (unsigned a = 0; a < call->arg_count; a++) {
        enum dv_type_id arg = call->args[a]->type.id;
        if (arg == DV_TYPE_TIMESTAMP || arg == DV_TYPE_TIMESTAMPTZ || arg == DV_TYPE_DATE)
            time = true;
        if (a < 2 && (arg == DV_TYPE_TIMESTAMPTZ || arg == DV_TYPE_DATE))
            id = DV_TYPE_TIMESTAMPTZ;
        else if (a < 2 && arg == DV_TYPE_TIMESTAMP && id != DV_TYPE_TIMESTAMPTZ)
            id = DV_TYPE_TIMESTAMP;
        else if (arg == DV_TYPE_NUMERIC && !time)
            id = DV_TYPE_NUMERIC;
        else if (arg == DV_TYPE_INT8 && id == DV_TYPE_INT4)
            id = DV_TYPE_INT8;
    }
    if (time && call->arg_count == 3) {
        struct dv_type interval = dv_type_of(DV_TYPE_INTERVAL);
        enum dv_status status = dv_cast(binder, call->args[2], &interval, DV_CAST_IMPLICIT, ast->line,
                                        ast->column, &call->args[2], err);
        if (status != DV_OK)
            return status;
        call->arg_count = 2;
    } else if (time) {
        return dv_bind_fail(
            binder, ast->line, ast->column, "42883", err,
            "generate_series over times needs a step: generate_series(a, b, interval '1 day')");
    }
    enum dv_status status = cast_args(binder, call, id, err);
    if (time)
        call->arg_count = 3;
    column(call, "generate_series", id);
    return status;
}

static enum dv_status zero_step(struct dv_err *err)
{
    return dv_eval_fail(err, "22023", "step size cannot equal zero");
}

static enum dv_status start_series(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_err *err)
{
    enum dv_type_id id = cursor->call->columns[0].type.id;
    bool has_step = cursor->call->arg_count == 3;
    cursor->current = cursor->args[0];
    if (id == DV_TYPE_NUMERIC) {
        if (!has_step)
            cursor->args[2] = dv_numeric_from_int(1);
        struct dv_value zero = dv_numeric_from_int(0);
        cursor->step = dv_numeric_compare(&cursor->args[2], &zero);
        return cursor->step == 0 ? zero_step(err) : DV_OK;
    }
    cursor->at = cursor->args[0].u.i;
    cursor->stop = cursor->args[1].u.i;
    if (id == DV_TYPE_TIMESTAMP || id == DV_TYPE_TIMESTAMPTZ) {
        const struct dv_interval *step = cursor->args[2].u.interval;
        int64_t days = (int64_t)step->months * 30 + step->days; /* PostgreSQL's own estimate of the sign */
        int64_t sum = days * INT64_C(86400000000) + step->microseconds;
        cursor->step = sum < 0 ? -1 : sum > 0;
        (void)eval;
        return cursor->step == 0 ? zero_step(err) : DV_OK;
    }
    cursor->step = has_step ? cursor->args[2].u.i : 1;
    return cursor->step == 0 ? zero_step(err) : DV_OK;
}

static enum dv_status next_numeric(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    int order = dv_numeric_compare(&cursor->current, &cursor->args[1]);
    if (cursor->step > 0 ? order > 0 : order < 0)
        return DV_END;
    out[0] = cursor->current;
    return dv_numeric_arithmetic('+', &cursor->current, &cursor->args[2], eval->arena, &cursor->current, err);
}

static enum dv_status next_series(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    enum dv_type_id id = cursor->call->columns[0].type.id;
    if (id == DV_TYPE_NUMERIC)
        return next_numeric(cursor, eval, out, err);
    if (cursor->empty || (cursor->step > 0 ? cursor->at > cursor->stop : cursor->at < cursor->stop))
        return DV_END;
    out[0] = dv_int(cursor->at);
    if (id == DV_TYPE_TIMESTAMP || id == DV_TYPE_TIMESTAMPTZ)
        return dv_timestamp_add(cursor->at, cursor->args[2].u.interval, 1, &cursor->at, err);
    if (__builtin_add_overflow(cursor->at, cursor->step, &cursor->at))
        cursor->empty = true; /* past the last value of the type: the series ends here */
    return DV_OK;
}

/* ---- unnest ---- */

static enum dv_status bind_unnest(struct dv_binder *binder, struct dv_set_call *call,
                                  const struct dv_ast *ast, struct dv_err *err)
{
    if (call->args[0]->type.id != DV_TYPE_ARRAY)
        return dv_bind_fail(binder, ast->line, ast->column, "42883", err, "unnest takes an array, not %s",
                            dv_type_text(binder, &call->args[0]->type));
    column(call, "unnest", call->args[0]->type.element);
    return DV_OK;
}

static enum dv_status next_unnest(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    struct dv_array_item item;
    enum dv_status status =
        dv_array_next(cursor->args[0].u.p, cursor->args[0].len, &cursor->text_at, &item, eval->arena, err);
    if (status != DV_OK)
        return status;
    if (item.nested)
        return dv_eval_fail(err, "0A000", "unnest of an array of more than one dimension is not supported");
    out[0] = dv_null();
    if (item.is_null)
        return DV_OK;
    char *copy = dv_arena_copy(eval->arena, item.p, item.len);
    if (copy == NULL)
        return dv_fail_memory(err);
    return dv_value_from_text(copy, item.len, &cursor->call->columns[0].type, eval->arena, &out[0], err);
}

/* ---- json ---- */

static enum dv_status bind_json(struct dv_binder *binder, struct dv_set_call *call, const struct dv_ast *ast,
                                struct dv_err *err)
{
    bool text = strstr(ast->text, "_text") != NULL;
    enum dv_type_id json = strncmp(ast->text, "jsonb", 5) == 0 ? DV_TYPE_JSONB : DV_TYPE_JSON;
    if (strstr(ast->text, "object_keys") != NULL) {
        column(call, ast->text, DV_TYPE_TEXT);
    } else {
        if (strstr(ast->text, "each") != NULL)
            column(call, "key", DV_TYPE_TEXT);
        column(call, "value", text ? DV_TYPE_TEXT : json);
    }
    return cast_args(binder, call, json, err);
}

static struct dv_json_text argument(const struct dv_set_cursor *cursor)
{
    return (struct dv_json_text){cursor->args[0].u.p, cursor->args[0].len};
}

static enum dv_status start_elements(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_err *err)
{
    (void)eval;
    switch (dv_json_kind_of(argument(cursor))) {
    case DV_JSON_ARRAY:
        return DV_OK;
    case DV_JSON_OBJECT:
        return dv_eval_fail(err, "22023", "cannot extract elements from an object");
    default:
        return dv_eval_fail(err, "22023", "cannot extract elements from a scalar");
    }
}

static enum dv_status start_members(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_err *err)
{
    enum dv_json_kind kind = dv_json_kind_of(argument(cursor));
    (void)eval;
    if (kind == DV_JSON_OBJECT)
        return DV_OK;
    if (cursor->call->column_count == (cursor->call->ordinality ? 3U : 2U))
        return dv_eval_fail(err, "22023", "cannot call %s on a non-object", "jsonb_each");
    return dv_eval_fail(err, "22023",
                        kind == DV_JSON_ARRAY ? "cannot call jsonb_object_keys on an array"
                                              : "cannot call jsonb_object_keys on a scalar");
}

static enum dv_status give(const struct dv_set_cursor *cursor, const struct dv_column *as,
                           struct dv_eval *eval, struct dv_value *out, struct dv_err *err)
{
    const char *text;
    size_t length;
    bool is_null;
    if (as->type.id != DV_TYPE_TEXT) {
        *out = dv_text(cursor->value.p, cursor->value.len);
        return DV_OK;
    }
    enum dv_status status = dv_json_as_text(cursor->value, eval->arena, &text, &length, &is_null, err);
    if (status == DV_OK)
        *out = is_null ? dv_null() : dv_text(text, length);
    return status;
}

static enum dv_status next_element(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    enum dv_status status = dv_json_next(argument(cursor), &cursor->key, &cursor->value, err);
    return status == DV_OK ? give(cursor, &cursor->call->columns[0], eval, &out[0], err) : status;
}

static enum dv_status next_member(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                                  struct dv_err *err)
{
    const char *text;
    size_t length;
    bool is_null;
    enum dv_status status = dv_json_next(argument(cursor), &cursor->key, &cursor->value, err);
    if (status == DV_OK)
        status = dv_json_as_text(cursor->key, eval->arena, &text, &length, &is_null, err);
    if (status != DV_OK)
        return status;
    out[0] = dv_text(text, length);
    bool pair = cursor->call->column_count == (cursor->call->ordinality ? 3U : 2U);
    return pair ? give(cursor, &cursor->call->columns[1], eval, &out[1], err) : DV_OK;
}

static const struct dv_set_function functions[] = {
    {"generate_series", 2, 3, bind_series, start_series, next_series},
    {"unnest", 1, 1, bind_unnest, NULL, next_unnest},
    {"jsonb_array_elements", 1, 1, bind_json, start_elements, next_element},
    {"jsonb_array_elements_text", 1, 1, bind_json, start_elements, next_element},
    {"json_array_elements", 1, 1, bind_json, start_elements, next_element},
    {"json_array_elements_text", 1, 1, bind_json, start_elements, next_element},
    {"jsonb_each", 1, 1, bind_json, start_members, next_member},
    {"jsonb_each_text", 1, 1, bind_json, start_members, next_member},
    {"json_each", 1, 1, bind_json, start_members, next_member},
    {"json_each_text", 1, 1, bind_json, start_members, next_member},
    {"jsonb_object_keys", 1, 1, bind_json, start_members, next_member},
    {"json_object_keys", 1, 1, bind_json, start_members, next_member},
};

enum dv_status dv_bind_set_call(struct dv_binder *binder, const struct dv_ast_from *from,
                                const struct dv_scope *scope, struct dv_set_call **out, struct dv_err *err)
{
    const struct dv_ast *ast = from->function;
    const struct dv_set_function *found = NULL;
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++)
        if (strcmp(functions[f].name, ast->text) == 0)
            found = &functions[f];
    if (found == NULL) {
        enum dv_status status = dv_bind_fail(binder, from->line, from->column, "42883", err,
                                             "\"%s\" is no function that gives rows", ast->text);
        dv_err_hint(
            err,
            "in FROM may stand generate_series, unnest, jsonb_array_elements[_text], jsonb_each[_text] and "
            "jsonb_object_keys");
        return status;
    }
    if (ast->arg_count < found->least || ast->arg_count > found->most)
        return dv_bind_fail(binder, from->line, from->column, "42883", err,
                            "%s takes %u to %u arguments, not %u", found->name, found->least, found->most,
                            ast->arg_count);
    struct dv_set_call *call = dv_arena_zalloc(binder->arena, sizeof *call);
    if (call == NULL)
        return dv_fail_memory(err);
    call->function = found;
    call->arg_count = ast->arg_count;
    for (unsigned a = 0; a < ast->arg_count; a++) {
        enum dv_status status = dv_bind_expr(binder, ast->args[a], scope, &call->args[a], err);
        if (status != DV_OK)
            return status;
    }
    enum dv_status status = found->bind(binder, call, ast, err);
    if (status != DV_OK)
        return status;
    /* A single column goes by the alias, as in PostgreSQL; those with a name of their own (value) keep it. */
    if (call->column_count == 1 && strcmp(call->columns[0].name, "value") != 0 && from->alias != NULL)
        (void)snprintf(call->columns[0].name, sizeof call->columns[0].name, "%s", from->alias);
    call->ordinality = from->with_ordinality;
    if (from->with_ordinality)
        column(call, "ordinality", DV_TYPE_INT8);
    *out = call;
    return DV_OK;
}

enum dv_status dv_set_start(const struct dv_set_call *call, struct dv_set_cursor *cursor,
                            struct dv_eval *eval, struct dv_err *err)
{
    *cursor = (struct dv_set_cursor){.call = call};
    for (unsigned a = 0; a < call->arg_count; a++) {
        enum dv_status status = dv_expr_eval(call->args[a], eval, &cursor->args[a], err);
        if (status != DV_OK)
            return status;
        cursor->empty = cursor->empty || cursor->args[a].state == DV_NULL;
    }
    return cursor->empty || call->function->start == NULL ? DV_OK : call->function->start(cursor, eval, err);
}

enum dv_status dv_set_next(struct dv_set_cursor *cursor, struct dv_eval *eval, struct dv_value *out,
                           struct dv_err *err)
{
    const struct dv_set_call *call = cursor->call;
    if (cursor->empty)
        return DV_END;
    enum dv_status status = call->function->next(cursor, eval, out, err);
    if (status == DV_OK && call->ordinality)
        out[call->column_count - 1] = dv_int((int64_t)++cursor->ordinal);
    return status;
}
