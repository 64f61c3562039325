/* Operators: resolution by PostgreSQL's rules, comparison, and IN, BETWEEN, which are made of comparisons. */
#include "transform/functions.h"

#include "core/jsonb.h"
#include "core/numeric.h"
#include "transform/array_bind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct dv_function_table *const operator_tables[] = {
    &dv_operators_compare, &dv_operators_number, &dv_operators_time, &dv_operators_other,
    &dv_operators_regex,   &dv_operators_jsonb,  &dv_operators_math};

/* ---- comparison ---------------------------------------------------------------------------------------- */

static int compare_bytes(const char *a, size_t n, const char *b, size_t m)
{
    size_t shorter = n < m ? n : m;
    int order = shorter > 0 ? memcmp(a, b, shorter) : 0;
    return order != 0 ? order : (n > m) - (n < m);
}

static int compare_floats(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b) > 0 ? 1 : isnan(a) - isnan(b) < 0 ? -1 : 0;
    return (a > b) - (a < b);
}

int dv_compare_values(const struct dv_value *a, const struct dv_value *b, const struct dv_type *type)
{
    switch (type->id) {
    case DV_TYPE_BOOL:
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_INT8:
    case DV_TYPE_DATE:
    case DV_TYPE_TIME:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return (a->u.i > b->u.i) - (a->u.i < b->u.i);
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        return compare_floats(a->u.f, b->u.f);
    case DV_TYPE_UUID:
        return memcmp(a->u.p, b->u.p, 16);
    case DV_TYPE_TEXT:
    case DV_TYPE_VARCHAR:
    case DV_TYPE_BYTEA:
    case DV_TYPE_OTHER:
        return compare_bytes(a->u.p, a->len, b->u.p, b->len);
    case DV_TYPE_BPCHAR:
        return compare_bytes(a->u.p, dv_trimmed(a), b->u.p, dv_trimmed(b));
    case DV_TYPE_NUMERIC:
        return dv_numeric_compare(a, b);
    default:
        return dv_value_compare(a, b, type);
    }
}

/* A date's midnight, which may lie past the last timestamp. */
static dv_int128 instant(const struct dv_value *value, const struct dv_type *type)
{
    const dv_int128 end = (dv_int128)1 << 100;
    int64_t i = value->u.i;
    if (type->id != DV_TYPE_DATE)
        return i == DV_TIMESTAMP_INFINITY ? end : i == DV_TIMESTAMP_MINUS_INFINITY ? -end : i;
    return i == DV_DATE_INFINITY         ? end
           : i == DV_DATE_MINUS_INFINITY ? -end
                                         : (dv_int128)i * INT64_C(86400000000);
}

int dv_compare_sides(const struct dv_value *a, const struct dv_type *a_type, const struct dv_value *b,
                     const struct dv_type *b_type)
{
    if (a_type->id != b_type->id && (a_type->id == DV_TYPE_DATE || b_type->id == DV_TYPE_DATE)) {
        dv_int128 left = instant(a, a_type), right = instant(b, b_type);
        return (left > right) - (left < right);
    }
    return dv_compare_values(a, b, a_type);
}

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };
static const enum comparison comparisons[] = {EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL};

static const enum comparison *comparison_named(const char *op)
{
    if (op[0] == '=')
        return &comparisons[EQUAL];
    if (op[0] == '<')
        return &comparisons[op[1] == '>' ? NOT_EQUAL : op[1] == '=' ? LESS_EQUAL : LESS];
    return &comparisons[op[1] == '=' ? GREATER_EQUAL : GREATER];
}

static enum dv_status op_compare(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    int order = dv_compare_sides(&args[0], &expr->args[0]->type, &args[1], &expr->args[1]->type);
    bool truth = false;
    (void)eval;
    (void)err;
    switch (*(const enum comparison *)expr->data) {
    case EQUAL:
        truth = order == 0;
        break;
    case NOT_EQUAL:
        truth = order != 0;
        break;
    case LESS:
        truth = order < 0;
        break;
    case LESS_EQUAL:
        truth = order <= 0;
        break;
    case GREATER:
        truth = order > 0;
        break;
    case GREATER_EQUAL:
        truth = order >= 0;
        break;
    }
    *out = dv_bool(truth);
    return DV_OK;
}

/* = and <> on text and its like: no order needed, the length alone often tells. */
static enum dv_status op_text_equal(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                    struct dv_value *out, struct dv_err *err)
{
    bool equal = args[0].len == args[1].len &&
                 (args[0].len == 0 || memcmp(args[0].u.p, args[1].u.p, args[0].len) == 0);
    (void)eval;
    (void)err;
    *out = dv_bool(equal == (*(const enum comparison *)expr->data == EQUAL));
    return DV_OK;
}

static enum dv_status bind_text_compare(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    (void)binder;
    (void)err;
    if (*(const enum comparison *)call->expr.data <= NOT_EQUAL)
        call->fn = op_text_equal;
    return DV_OK;
}

/* A type that drover carries as text: equality can be told, an order cannot. */
static enum dv_status bind_other_compare(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    const struct dv_type *a = &call->expr.args[0]->type, *b = &call->expr.args[1]->type;
    if (*(const enum comparison *)call->expr.data > NOT_EQUAL) {
        (void)dv_bind_fail(binder, call->expr.line, call->expr.column, "0A000", err,
                           "drover does not know the order of type %s", dv_type_text(binder, a));
        dv_err_hint(err, "Compare the text: ...::text.");
        return DV_FAILED;
    }
    if (a->id == DV_TYPE_OTHER && b->id == DV_TYPE_OTHER && strcmp(a->name, b->name) != 0)
        return dv_bind_fail(binder, call->expr.line, call->expr.column, "42883", err,
                            "operator does not exist: %s = %s", dv_type_text(binder, a),
                            dv_type_text(binder, b));
    call->fn = op_text_equal;
    return DV_OK;
}

#define COMPARE(a, b)                                                                                        \
    {                                                                                                        \
        .name = "<=>", .signature = a "," b ">bool", .eval = op_compare                                      \
    }
static const struct dv_function compare_entries[] = {
    COMPARE("bool", "bool"),
    COMPARE("int2", "int2"),
    COMPARE("int2", "int4"),
    COMPARE("int2", "int8"),
    COMPARE("int4", "int2"),
    COMPARE("int4", "int4"),
    COMPARE("int4", "int8"),
    COMPARE("int8", "int2"),
    COMPARE("int8", "int4"),
    COMPARE("int8", "int8"),
    COMPARE("numeric", "numeric"),
    COMPARE("float4", "float4"),
    COMPARE("float4", "float8"),
    COMPARE("float8", "float4"),
    COMPARE("float8", "float8"),
    COMPARE("uuid", "uuid"),
    COMPARE("date", "date"),
    COMPARE("time", "time"),
    COMPARE("timestamp", "timestamp"),
    COMPARE("timestamptz", "timestamptz"),
    COMPARE("interval", "interval"),
    COMPARE("jsonb", "jsonb"),
    COMPARE("bpchar", "bpchar"),
    COMPARE("date", "timestamp"),
    COMPARE("timestamp", "date"),
    COMPARE("date", "timestamptz"),
    COMPARE("timestamptz", "date"),
    COMPARE("timestamp", "timestamptz"),
    COMPARE("timestamptz", "timestamp"),
    {.name = "<=>", .signature = "text,text>bool", .eval = op_compare, .bind = bind_text_compare},
    {.name = "<=>", .signature = "bytea,bytea>bool", .eval = op_compare, .bind = bind_text_compare},
    {.name = "<=>", .signature = "other,other>bool", .eval = op_compare, .bind = bind_other_compare}};
const struct dv_function_table dv_operators_compare = DV_FUNCTION_TABLE(compare_entries);

/* ---- resolution ---------------------------------------------------------------------------------------- */

static enum dv_status no_operator(struct dv_binder *binder, const char *op, int line, int column,
                                  struct dv_expr **args, unsigned count, bool ambiguous, struct dv_err *err)
{
    const char *left = count == 2 ? dv_type_text(binder, &args[0]->type) : "";
    const char *right = dv_type_text(binder, &args[count - 1]->type);
    (void)dv_bind_fail(binder, line, column, ambiguous ? "42725" : "42883", err, "operator %s: %s%s%s %s",
                       ambiguous ? "is not unique" : "does not exist", left, count == 2 ? " " : "", op,
                       right);
    dv_err_hint(err,
                "No operator matches the given name and argument types. You might need to add explicit type "
                "casts.");
    return DV_FAILED;
}

/* "other" with a literal: the literal is of that type. */
static void literal_to_other(struct dv_expr **args, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct dv_expr *side = args[i], *other = args[count - 1 - i];
        if (side->type.id == DV_TYPE_OTHER && other->type.id == DV_TYPE_UNKNOWN && other->is_constant)
            other->type = side->type;
    }
}

enum dv_status dv_bind_operator(struct dv_binder *binder, const char *op, int line, int column,
                                struct dv_expr **args, unsigned count, struct dv_expr **out,
                                struct dv_err *err)
{
    const struct dv_function *found = NULL;
    enum dv_type_id types[DV_CALL_ARGS], result = DV_TYPE_UNKNOWN;
    const void *data = NULL;
    enum dv_resolution resolution;
    if (strcmp(op, "!=") == 0)
        op = "<>";
    if (count == 2)
        literal_to_other(args, count);
    if (count == 2 && dv_array_has_operator(op, args))
        return dv_array_operator(binder, op, line, column, args, out, err);
    resolution = dv_function_resolve(operator_tables, sizeof(operator_tables) / sizeof(operator_tables[0]),
                                     op, args, count, true, &found, types, &result);
    if (resolution != DV_RESOLVED)
        return no_operator(binder, op, line, column, args, count, resolution == DV_RESOLVE_AMBIGUOUS, err);
    if (strcmp(found->name, "<=>") == 0)
        data = comparison_named(op);
    return dv_function_make(binder, found, types, result, args, count, data, line, column, out, err);
}
