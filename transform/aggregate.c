#include "transform/aggregate_internal.h"

#include "transform/functions.h"

#include <stdio.h>
#include <string.h>

/* name, signature, implementation; "any>any": the result is of the argument's type */
#define AGGREGATES(X)                                                                                        \
    X("count", "any>int8", &dv_agg_count)                                                                    \
    X("sum", "int2>int8", &dv_agg_sum_int)                                                                   \
    X("sum", "int4>int8", &dv_agg_sum_int)                                                                   \
    X("sum", "int8>numeric", &dv_agg_sum_int8)                                                               \
    X("sum", "numeric>numeric", &dv_agg_sum_numeric)                                                         \
    X("sum", "float4>float4", &dv_agg_sum_float)                                                             \
    X("sum", "float8>float8", &dv_agg_sum_float)                                                             \
    X("sum", "interval>interval", &dv_agg_sum_interval)                                                      \
    X("avg", "int2>numeric", &dv_agg_avg_int)                                                                \
    X("avg", "int4>numeric", &dv_agg_avg_int)                                                                \
    X("avg", "int8>numeric", &dv_agg_avg_int)                                                                \
    X("avg", "numeric>numeric", &dv_agg_avg_numeric)                                                         \
    X("avg", "float4>float8", &dv_agg_avg_float)                                                             \
    X("avg", "float8>float8", &dv_agg_avg_float)                                                             \
    X("avg", "interval>interval", &dv_agg_avg_interval)                                                      \
    SPREAD(X, "var_pop", &dv_agg_var_pop, &dv_agg_var_pop_float)                                             \
    SPREAD(X, "var_samp", &dv_agg_var_samp, &dv_agg_var_samp_float)                                          \
    SPREAD(X, "variance", &dv_agg_var_samp, &dv_agg_var_samp_float)                                          \
    SPREAD(X, "stddev_pop", &dv_agg_stddev_pop, &dv_agg_stddev_pop_float)                                    \
    SPREAD(X, "stddev_samp", &dv_agg_stddev_samp, &dv_agg_stddev_samp_float)                                 \
    SPREAD(X, "stddev", &dv_agg_stddev_samp, &dv_agg_stddev_samp_float)                                      \
    BITS(X, "bit_and", &dv_agg_bit_and)                                                                      \
    BITS(X, "bit_or", &dv_agg_bit_or)                                                                        \
    BITS(X, "bit_xor", &dv_agg_bit_xor)                                                                      \
    ORDERED(X, "min", &dv_agg_min)                                                                           \
    ORDERED(X, "max", &dv_agg_max)                                                                           \
    X("bool_and", "bool>bool", &dv_agg_bool_and)                                                             \
    X("every", "bool>bool", &dv_agg_bool_and)                                                                \
    X("bool_or", "bool>bool", &dv_agg_bool_or)                                                               \
    X("string_agg", "text,text>text", &dv_agg_string)                                                        \
    X("string_agg", "bytea,bytea>bytea", &dv_agg_string)                                                     \
    X("array_agg", "nonarray>array", &dv_agg_array)                                                          \
    X("array_agg", "array>array", &dv_agg_arrays)                                                            \
    X("json_agg", "any>json", &dv_agg_json)                                                                  \
    X("json_object_agg", "any,any>json", &dv_agg_json_object)                                                \
    X("jsonb_agg", "any>jsonb", &dv_agg_jsonb)                                                               \
    X("jsonb_object_agg", "any,any>jsonb", &dv_agg_jsonb_object)                                             \
    X("first", "any>any", &dv_agg_first)                                                                     \
    X("last", "any>any", &dv_agg_last)

#define SPREAD(X, name, numeric, real)                                                                       \
    X(name, "int2>numeric", numeric)                                                                         \
    X(name, "int4>numeric", numeric)                                                                         \
    X(name, "int8>numeric", numeric)                                                                         \
    X(name, "numeric>numeric", numeric)                                                                      \
    X(name, "float4>float8", real)                                                                           \
    X(name, "float8>float8", real)
#define BITS(X, name, type)                                                                                  \
    X(name, "int2>int2", type)                                                                               \
    X(name, "int4>int4", type)                                                                               \
    X(name, "int8>int8", type)

/* The types that have min and max in PostgreSQL. */
#define ORDERED(X, name, type)                                                                               \
    X(name, "int2>int2", type)                                                                               \
    X(name, "int4>int4", type)                                                                               \
    X(name, "int8>int8", type)                                                                               \
    X(name, "numeric>numeric", type)                                                                         \
    X(name, "float4>float4", type)                                                                           \
    X(name, "float8>float8", type)                                                                           \
    X(name, "text>text", type)                                                                               \
    X(name, "bpchar>bpchar", type)                                                                           \
    X(name, "date>date", type)                                                                               \
    X(name, "time>time", type)                                                                               \
    X(name, "timestamp>timestamp", type)                                                                     \
    X(name, "timestamptz>timestamptz", type)                                                                 \
    X(name, "interval>interval", type)                                                                       \
    X(name, "array>any", type)

#define SIGNATURE(called, types, type) {.name = called, .signature = types},
#define TYPE(called, types, type)      type,
static const struct dv_function signatures[] = {AGGREGATES(SIGNATURE)};
static const struct dv_aggregate_type *const types[] = {AGGREGATES(TYPE)};
#define SIGNATURE_COUNT (sizeof(signatures) / sizeof(signatures[0]))
static const struct dv_function_table table = DV_FUNCTION_TABLE(signatures);

bool dv_is_aggregate(const char *name)
{
    for (size_t i = 0; i < SIGNATURE_COUNT; i++)
        if (strcmp(signatures[i].name, name) == 0)
            return true;
    return false;
}

const char *dv_aggregate_name(const struct dv_aggregate *aggregate)
{
    return aggregate->ast->text;
}

bool dv_aggregate_picks(const struct dv_aggregate *aggregate)
{
    return (aggregate->function->flags & DV_AGG_PICKS) != 0;
}

/* ---- binding ------------------------------------------------------------------------------------------- */

static enum dv_status no_aggregate(struct dv_binder *binder, const struct dv_ast *call, struct dv_expr **args,
                                   bool ambiguous, struct dv_err *err)
{
    char list[512] = "";
    size_t used = 0;
    for (unsigned i = 0; i < call->arg_count && used < sizeof(list); i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                                 dv_type_text(binder, &args[i]->type));
    (void)dv_bind_fail(binder, call->line, call->column, ambiguous ? "42725" : "42883", err,
                       "function %s(%s) %s", call->text, list,
                       ambiguous ? "is not unique" : "does not exist");
    dv_err_hint(err,
                "No aggregate of that name takes these types. You might need to add explicit type casts.");
    return DV_FAILED;
}

static enum dv_status bind_arguments(struct dv_binder *inner, const struct dv_ast *call,
                                     const struct dv_scope *scope, struct dv_aggregate *aggregate,
                                     struct dv_err *err)
{
    const struct dv_function *found = NULL;
    const struct dv_function_table *const tables[] = {&table};
    enum dv_type_id wanted[DV_CALL_ARGS], result = DV_TYPE_UNKNOWN;
    enum dv_resolution resolution;
    enum dv_status status = DV_OK;
    aggregate->arg_count = call->arg_count;
    aggregate->args = dv_arena_zalloc(inner->arena, sizeof(struct dv_expr *) * ((size_t)call->arg_count + 1));
    if (aggregate->args == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < call->arg_count; i++) {
        status = dv_bind_expr(inner, call->args[i], scope, &aggregate->args[i], err);
        if (status != DV_OK)
            return status;
    }
    resolution = dv_function_resolve(tables, 1, call->text, aggregate->args, call->arg_count, false, &found,
                                     wanted, &result);
    if (resolution != DV_RESOLVED)
        return no_aggregate(inner, call, aggregate->args, resolution == DV_RESOLVE_AMBIGUOUS, err);
    for (unsigned i = 0; status == DV_OK && i < call->arg_count; i++) {
        struct dv_type to = dv_type_of(wanted[i]);
        if (wanted[i] == DV_TYPE_UNKNOWN)
            status = dv_known(inner, &aggregate->args[i], err);
        else if (aggregate->args[i]->type.id != wanted[i])
            status = dv_cast(inner, aggregate->args[i], &to, DV_CAST_IMPLICIT, aggregate->args[i]->line,
                             aggregate->args[i]->column, &aggregate->args[i], err);
    }
    if (status != DV_OK)
        return status;
    aggregate->function = types[found - signatures];
    if (strcmp(found->signature, "any>any") == 0 || strcmp(found->signature, "array>any") == 0 ||
        aggregate->function == &dv_agg_arrays) {
        aggregate->type = aggregate->args[0]->type;
    } else if (aggregate->function == &dv_agg_array) {
        aggregate->type = dv_type_of(DV_TYPE_ARRAY);
        aggregate->type.element = aggregate->args[0]->type.id;
    } else {
        aggregate->type = dv_type_of(result);
    }
    return DV_OK;
}

static enum dv_status check_order(struct dv_binder *binder, const struct dv_expr *expr, const char *what,
                                  struct dv_err *err)
{
    if (expr->type.id != DV_TYPE_JSON)
        return DV_OK;
    (void)dv_bind_fail(binder, expr->line, expr->column, "42883", err,
                       "could not identify an %s operator for type json", what);
    dv_err_hint(err, "Cast it to jsonb or text.");
    return DV_FAILED;
}

static enum dv_status bind_extras(struct dv_binder *inner, const struct dv_ast *ast,
                                  const struct dv_scope *scope, struct dv_aggregate *aggregate,
                                  struct dv_err *err)
{
    const struct dv_ast_call *call = ast->call;
    enum dv_status status = DV_OK;
    if (call == NULL)
        return DV_OK;
    aggregate->distinct = call->distinct;
    aggregate->order_count = call->order_count;
    aggregate->order =
        dv_arena_zalloc(inner->arena, sizeof(*aggregate->order) * ((size_t)call->order_count + 1));
    if (aggregate->order == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; status == DV_OK && i < call->order_count; i++) {
        struct dv_aggregate_order *order = &aggregate->order[i];
        bool among = !call->distinct || dv_aggregate_picks(aggregate);
        status = dv_bind_expr(inner, call->order[i].expr, scope, &order->expr, err);
        if (status == DV_OK)
            status = dv_known(inner, &order->expr, err);
        if (status != DV_OK)
            return status;
        order->descending = call->order[i].descending;
        order->nulls_first = call->order[i].nulls_first;
        for (unsigned a = 0; a < ast->arg_count; a++)
            among = among || dv_ast_equal(call->order[i].expr, ast->args[a]);
        if (!among)
            return dv_bind_fail(
                inner, order->expr->line, order->expr->column, "42P10", err,
                "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list");
        status = check_order(inner, order->expr, "ordering", err);
    }
    for (unsigned i = 0; status == DV_OK && aggregate->distinct && i < aggregate->arg_count; i++)
        status = check_order(inner, aggregate->args[i], "equality", err);
    if (status == DV_OK && call->filter != NULL)
        status = dv_bind_condition(inner, call->filter, scope, "FILTER", &aggregate->filter, err);
    return status;
}

enum dv_status dv_bind_window_aggregate(struct dv_binder *binder, const struct dv_ast *call,
                                        const struct dv_scope *scope, struct dv_aggregate **out,
                                        struct dv_err *err)
{
    struct dv_aggregate *aggregate = dv_arena_zalloc(binder->arena, sizeof(*aggregate));
    enum dv_status status = DV_OK;
    if (aggregate == NULL)
        return dv_fail_memory(err);
    aggregate->ast = call;
    if (call->call != NULL && call->call->star) {
        if (strcmp(call->text, "count") != 0)
            return dv_bind_fail(binder, call->line, call->column, "42809", err,
                                "%s(*) specified, but only count takes *", call->text);
        aggregate->star = true;
        aggregate->function = &dv_agg_count;
        aggregate->type = dv_type_of(DV_TYPE_INT8);
    } else {
        status = bind_arguments(binder, call, scope, aggregate, err);
    }
    if (status == DV_OK)
        status = bind_extras(binder, call, scope, aggregate, err);
    if (status == DV_OK)
        *out = aggregate;
    return status;
}

enum dv_status dv_bind_aggregate(struct dv_binder *binder, const struct dv_ast *call,
                                 struct dv_aggregate **out, struct dv_err *err)
{
    struct dv_binder inner = *binder;
    inner.group_keys = NULL;
    inner.group_count = 0;
    return dv_bind_window_aggregate(&inner, call, binder->input_scope, out, err);
}

/* ---- running ------------------------------------------------------------------------------------------- */

/* Whether rows have to be kept and sorted: first and last compare as they go, min and count(x ORDER BY) do
 * not care. */
static bool keeps_rows(const struct dv_aggregate *aggregate)
{
    if ((aggregate->function->flags & (DV_AGG_PICKS | DV_AGG_ORDERLESS)) != 0 || aggregate->star)
        return false;
    return aggregate->distinct || (aggregate->order_count > 0 && aggregate->function != &dv_agg_count);
}

struct dv_aggregate_state *dv_aggregate_start(const struct dv_aggregate *aggregate, struct dv_arena *arena)
{
    struct dv_aggregate_state *state = dv_arena_zalloc(arena, sizeof(*state));
    if (state == NULL)
        return NULL;
    state->arena = arena;
    if (dv_aggregate_picks(aggregate) && aggregate->order_count > 0) {
        state->keys = dv_arena_zalloc(arena, sizeof(*state->keys) * aggregate->order_count);
        if (state->keys == NULL)
            return NULL;
    }
    return state;
}

enum dv_status dv_aggregate_step(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                 struct dv_eval *eval, struct dv_err *err)
{
    struct dv_value args[2];
    enum dv_status status;
    if (aggregate->filter != NULL) {
        status = dv_expr_eval(aggregate->filter, eval, &args[0], err);
        if (status != DV_OK || !dv_expr_is_true(&args[0]))
            return status;
    }
    for (unsigned i = 0; i < aggregate->arg_count; i++) {
        status = dv_expr_eval(aggregate->args[i], eval, &args[i], err);
        if (status != DV_OK)
            return status;
    }
    if (aggregate->arg_count > 0 && args[0].state == DV_NULL &&
        (aggregate->function->flags & DV_AGG_NULLS) == 0)
        return DV_OK;
    if (keeps_rows(aggregate))
        return dv_aggregate_keep_row(aggregate, state, args, eval, err);
    return aggregate->function->step(aggregate, state, args, eval, err);
}

enum dv_status dv_aggregate_final(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                  struct dv_value *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *out = dv_null();
    if (keeps_rows(aggregate)) {
        status = dv_aggregate_replay(aggregate, state, err);
        state->rows = state->last = NULL;
        state->row_count = 0;
    }
    return status == DV_OK ? aggregate->function->final(aggregate, state, out, err) : status;
}
