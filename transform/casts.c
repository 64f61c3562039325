/* Casts: literals read at binding, conversions of values, type modifiers. */
#include "transform/bind_internal.h"

#include "core/jsonb.h"
#include "core/numeric.h"
#include "transform/array_bind.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

size_t dv_trimmed(const struct dv_value *value)
{
    size_t length = value->len;
    while (length > 0 && value->u.p[length - 1] == ' ')
        length--;
    return length;
}

void dv_cast_text(const struct dv_value *value, const struct dv_type *type, struct dv_buf *out)
{
    if (type->id == DV_TYPE_BOOL)
        dv_buf_str(out, value->u.i != 0 ? "true" : "false");
    else if (type->id == DV_TYPE_BPCHAR)
        dv_buf_append(out, value->u.p, dv_trimmed(value));
    else
        dv_value_to_text(value, type, out);
}

/* ---- conversions of values ----------------------------------------------------------------------------- */

static enum dv_status cast_relabel(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    return dv_expr_eval(expr->args[0], eval, out, err);
}

static bool integer_limits(enum dv_type_id id, int64_t *min, int64_t *max)
{
    *min = id == DV_TYPE_INT2 ? INT16_MIN : id == DV_TYPE_INT4 ? INT32_MIN : INT64_MIN;
    *max = id == DV_TYPE_INT2 ? INT16_MAX : id == DV_TYPE_INT4 ? INT32_MAX : INT64_MAX;
    return true;
}

static enum dv_status cast_int_int(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    int64_t min, max;
    (void)eval;
    (void)integer_limits(expr->type.id, &min, &max);
    if (args[0].u.i < min || args[0].u.i > max)
        return dv_eval_range(err, expr->type.id);
    *out = dv_int(args[0].u.i);
    return DV_OK;
}

static enum dv_status cast_int_bool(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                    struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    (void)eval;
    (void)err;
    *out = dv_bool(args[0].u.i != 0);
    return DV_OK;
}

static enum dv_status cast_int_numeric(const struct dv_expr *expr, struct dv_eval *eval,
                                       struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    int64_t i = args[0].u.i;
    char digits[32];
    (void)expr;
    if (i > -INT64_C(1000000000000000000) && i < INT64_C(1000000000000000000)) {
        *out = dv_numeric_from_int(i);
        return DV_OK;
    }
    return dv_numeric_parse(digits, (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)i),
                            eval->arena, out, err);
}

static enum dv_status cast_int_float(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    (void)eval;
    (void)err;
    *out = dv_float(expr->type.id == DV_TYPE_FLOAT4 ? (double)(float)args[0].u.i : (double)args[0].u.i);
    return DV_OK;
}

static enum dv_status cast_numeric_int(const struct dv_expr *expr, struct dv_eval *eval,
                                       struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    int64_t min, max, value = 0;
    const char *name = expr->type.id == DV_TYPE_INT2   ? "smallint"
                       : expr->type.id == DV_TYPE_INT4 ? "integer"
                                                       : "bigint";
    (void)eval;
    (void)integer_limits(expr->type.id, &min, &max);
    if (args[0].kind == DV_NUM_NAN)
        return dv_eval_fail(err, "0A000", "cannot convert NaN to %s", name);
    if (args[0].kind == DV_NUM_INFINITY || args[0].kind == DV_NUM_MINUS_INFINITY)
        return dv_eval_fail(err, "0A000", "cannot convert infinity to %s", name);
    if (dv_numeric_to_int(&args[0], min, max, &value, err) != DV_OK)
        return dv_eval_range(err, expr->type.id);
    *out = dv_int(value);
    return DV_OK;
}

static enum dv_status narrow_float(double wide, struct dv_value *out, struct dv_err *err)
{
    float narrow = (float)wide;
    if (isinf(narrow) && !isinf(wide))
        return dv_eval_fail(err, "22003", "value out of range: overflow");
    if (narrow == 0.0F && wide != 0.0)
        return dv_eval_fail(err, "22003", "value out of range: underflow");
    *out = dv_float((double)narrow);
    return DV_OK;
}

/* Too small for a float, and not zero. */
static bool vanishes(double wide, const struct dv_value *numeric)
{
    struct dv_value zero = {.state = DV_SET, .kind = DV_NUM_SMALL};
    return wide == 0.0 && dv_numeric_compare(numeric, &zero) != 0;
}

static enum dv_status cast_numeric_float(const struct dv_expr *expr, struct dv_eval *eval,
                                         struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    bool finite = args[0].kind == DV_NUM_SMALL || args[0].kind == DV_NUM_BIG;
    (void)eval;
    if (expr->type.id == DV_TYPE_FLOAT4) {
        /* through text, as there: one rounding, not two */
        char room[512];
        struct dv_buf text = {0};
        if (!finite) {
            *out = dv_float(dv_numeric_to_float(&args[0]));
            return DV_OK;
        }
        dv_numeric_format(&args[0], &text);
        if (text.failed || text.len >= sizeof(room)) {
            dv_buf_release(&text);
            double wide = dv_numeric_to_float(&args[0]);
            if (isinf(wide) || vanishes(wide, &args[0]))
                return dv_eval_fail(err, "22003", "value is out of range for type real");
            return narrow_float(wide, out, err);
        }
        memcpy(room, text.data, text.len);
        room[text.len] = '\0';
        dv_buf_release(&text);
        *out = dv_float((double)strtof(room, NULL));
        if (isinf(out->u.f) || vanishes(out->u.f, &args[0]))
            return dv_eval_fail(err, "22003", "\"%s\" is out of range for type real", room);
        return DV_OK;
    }
    *out = dv_float(dv_numeric_to_float(&args[0]));
    if (finite && (isinf(out->u.f) || vanishes(out->u.f, &args[0])))
        return dv_eval_fail(err, "22003", "value is out of range for type double precision");
    return DV_OK;
}

static enum dv_status cast_float_float(const struct dv_expr *expr, struct dv_eval *eval,
                                       struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    (void)eval;
    if (expr->type.id == DV_TYPE_FLOAT4)
        return narrow_float(args[0].u.f, out, err);
    *out = args[0];
    return DV_OK;
}

static enum dv_status cast_float_int(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    int64_t min, max;
    double f = rint(args[0].u.f);
    (void)eval;
    (void)integer_limits(expr->type.id, &min, &max);
    if (!(f >= (double)min && (expr->type.id == DV_TYPE_INT8 ? f < 9223372036854775808.0 : f <= (double)max)))
        return dv_eval_range(err, expr->type.id);
    *out = dv_int((int64_t)f);
    return DV_OK;
}

static enum dv_status cast_float_numeric(const struct dv_expr *expr, struct dv_eval *eval,
                                         struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    char text[64];
    double f = args[0].u.f;
    int digits = expr->args[0]->type.id == DV_TYPE_FLOAT4 ? FLT_DIG : DBL_DIG;
    if (isnan(f))
        return dv_numeric_parse("NaN", 3, eval->arena, out, err);
    if (isinf(f))
        return dv_numeric_parse(f > 0 ? "Infinity" : "-Infinity", f > 0 ? 8 : 9, eval->arena, out, err);
    return dv_numeric_parse(text, (size_t)snprintf(text, sizeof(text), "%.*g", digits, f), eval->arena, out,
                            err);
}

static enum dv_status cast_to_text(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    dv_buf_reset(&eval->scratch);
    dv_cast_text(&args[0], &expr->args[0]->type, &eval->scratch);
    return dv_out_scratch(eval, out, err);
}

static enum dv_status cast_bpchar_text(const struct dv_expr *expr, struct dv_eval *eval,
                                       struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    (void)eval;
    (void)err;
    *out = dv_text(args[0].u.p, dv_trimmed(&args[0]));
    return DV_OK;
}

static enum dv_status cast_from_text(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    size_t length = expr->args[0]->type.id == DV_TYPE_BPCHAR ? dv_trimmed(&args[0]) : args[0].len;
    return dv_value_from_text(args[0].u.p, length, &expr->type, eval->arena, out, err);
}

static enum dv_status cast_json_jsonb(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                      struct dv_value *out, struct dv_err *err)
{
    enum dv_status status;
    (void)expr;
    dv_buf_reset(&eval->scratch);
    status = dv_jsonb_canonical(args[0].u.p, args[0].len, &eval->scratch, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

static enum dv_status cast_jsonb_scalar(const struct dv_expr *expr, struct dv_eval *eval,
                                        struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    static const char *const kinds[] = {"null", "string", "numeric", "boolean", "array", "object"};
    struct dv_json_text json = {args[0].u.p, args[0].len};
    enum dv_json_kind kind = dv_json_kind_of(json);
    struct dv_err inner = DV_ERR_INIT;
    struct dv_value number = dv_null();
    struct dv_buf name = {0};
    enum dv_status status = DV_OK;
    if (kind == (expr->type.id == DV_TYPE_BOOL ? DV_JSON_BOOLEAN : DV_JSON_NUMBER)) {
        struct dv_expr from = {.type = dv_type_of(DV_TYPE_NUMERIC)}, *from_list[1] = {&from};
        struct dv_expr step = {.type = expr->type, .args = from_list, .arg_count = 1};
        if (kind == DV_JSON_BOOLEAN) {
            *out = dv_bool(json.p[0] == 't');
            return DV_OK;
        }
        status = dv_numeric_parse(json.p, json.len, eval->arena, &number, &inner);
        if (status != DV_OK) {
            *err = inner;
            return status;
        }
        if (expr->type.id == DV_TYPE_NUMERIC) {
            *out = number;
            return DV_OK;
        }
        if (dv_type_is_integer(&expr->type))
            return cast_numeric_int(&step, eval, &number, out, err);
        return cast_numeric_float(&step, eval, &number, out, err);
    }
    dv_type_format(&expr->type, &name);
    status = dv_eval_fail(err, "22023", "cannot cast jsonb %s to type %.*s", kinds[kind], (int)name.len,
                          name.data != NULL ? name.data : "");
    dv_buf_release(&name);
    return status;
}

static int64_t floor_days(int64_t us)
{
    return us >= 0 ? us / DAY_US : -((-(us + 1)) / DAY_US) - 1;
}

static bool infinite(int64_t us)
{
    return us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY;
}

static enum dv_status cast_date_stamp(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                      struct dv_value *out, struct dv_err *err)
{
    int64_t days = args[0].u.i;
    (void)eval;
    (void)expr;
    if (days == DV_DATE_INFINITY || days == DV_DATE_MINUS_INFINITY) {
        *out = dv_int(days == DV_DATE_INFINITY ? DV_TIMESTAMP_INFINITY : DV_TIMESTAMP_MINUS_INFINITY);
        return DV_OK;
    }
    if (days >= 109203528 - 2451545) /* the first day of 294277 */
        return dv_eval_fail(err, "22008", "date out of range for timestamp");
    *out = dv_int(days * DAY_US);
    return DV_OK;
}

static enum dv_status cast_stamp_date(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                      struct dv_value *out, struct dv_err *err)
{
    int64_t us = args[0].u.i;
    (void)eval;
    (void)expr;
    (void)err;
    if (infinite(us))
        *out = dv_int(us == DV_TIMESTAMP_INFINITY ? DV_DATE_INFINITY : DV_DATE_MINUS_INFINITY);
    else
        *out = dv_int(floor_days(us));
    return DV_OK;
}

static enum dv_status cast_stamp_time(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                      struct dv_value *out, struct dv_err *err)
{
    (void)eval;
    (void)expr;
    (void)err;
    if (!infinite(args[0].u.i))
        *out = dv_int(args[0].u.i - floor_days(args[0].u.i) * DAY_US);
    return DV_OK;
}

static enum dv_status cast_time_interval(const struct dv_expr *expr, struct dv_eval *eval,
                                         struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    return dv_out_interval(eval, out, 0, 0, args[0].u.i, err);
}

static enum dv_status cast_interval_time(const struct dv_expr *expr, struct dv_eval *eval,
                                         struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    int64_t us = args[0].u.interval->microseconds;
    (void)eval;
    (void)expr;
    (void)err;
    *out = dv_int(us - floor_days(us) * DAY_US);
    return DV_OK;
}

/* ---- modifiers ----------------------------------------------------------------------------------------- */

static enum dv_status modify_numeric(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                     struct dv_value *out, struct dv_err *err)
{
    return dv_numeric_modify(&args[0], expr->type.precision, expr->type.scale < 0 ? 0 : expr->type.scale,
                             eval->arena, out, err);
}

static const char explicit_cast = 1; /* marks a length modifier that cuts */

/* varchar(n), character(n): an explicit cast cuts; an assignment cuts blanks alone. data not NULL: explicit.
 */
static enum dv_status modify_length(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                    struct dv_value *out, struct dv_err *err)
{
    const char *p = args[0].u.p;
    size_t length = args[0].len, keep = dv_utf8_offset(p, length, expr->type.precision), chars;
    if (keep < length) {
        for (size_t i = keep; expr->data == NULL && i < length; i++)
            if (p[i] != ' ')
                return dv_eval_fail(err, "22001", "value too long for type character%s(%d)",
                                    expr->type.id == DV_TYPE_VARCHAR ? " varying" : "",
                                    (int)expr->type.precision);
        *out = dv_text(p, keep);
        return DV_OK;
    }
    *out = args[0];
    if (expr->type.id == DV_TYPE_VARCHAR)
        return DV_OK;
    chars = dv_utf8_count(p, length);
    if (chars < (size_t)expr->type.precision) {
        size_t pad = (size_t)expr->type.precision - chars;
        char *room = dv_out_room(eval, length + pad, err);
        if (room == NULL)
            return err->status;
        if (length > 0)
            memcpy(room, p, length);
        memset(room + length, ' ', pad);
        *out = dv_text(room, length + pad);
    }
    return DV_OK;
}

static int64_t round_fraction(int64_t us, int32_t digits)
{
    int64_t unit = 1;
    for (int32_t i = digits; i < 6; i++)
        unit *= 10;
    if (unit == 1)
        return us;
    return us >= 0 ? (us + unit / 2) / unit * unit : -((-us + unit / 2) / unit * unit);
}

static enum dv_status modify_fraction(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                      struct dv_value *out, struct dv_err *err)
{
    if (expr->type.id == DV_TYPE_INTERVAL)
        return dv_out_interval(eval, out, args[0].u.interval->months, args[0].u.interval->days,
                               round_fraction(args[0].u.interval->microseconds, expr->type.precision), err);
    *out = args[0];
    if (!infinite(args[0].u.i))
        *out = dv_int(round_fraction(args[0].u.i, expr->type.precision));
    return DV_OK;
}

static dv_call_fn modifier(const struct dv_type *type)
{
    if (type->precision < 0)
        return NULL;
    switch (type->id) {
    case DV_TYPE_NUMERIC:
        return modify_numeric;
    case DV_TYPE_VARCHAR:
    case DV_TYPE_BPCHAR:
        return modify_length;
    case DV_TYPE_TIME:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
    case DV_TYPE_INTERVAL:
        return modify_fraction;
    default:
        return NULL;
    }
}

/* ---- choosing ------------------------------------------------------------------------------------------ */

static bool is_float(enum dv_type_id id)
{
    return id == DV_TYPE_FLOAT4 || id == DV_TYPE_FLOAT8;
}

static dv_call_fn from_integer(enum dv_type_id from, enum dv_type_id to)
{
    if (to == DV_TYPE_BOOL)
        return cast_int_bool;
    if (to == DV_TYPE_NUMERIC)
        return cast_int_numeric;
    if (is_float(to))
        return cast_int_float;
    return to > from ? NULL : cast_int_int;
}

/* The conversion's implementation; NULL: the value stays as it is, under its new type. */
static dv_call_fn conversion(const struct dv_type *from, const struct dv_type *to)
{
    if (dv_type_is_text(from))
        return !dv_type_is_text(to)         ? (to->id == DV_TYPE_OTHER ? NULL : cast_from_text)
               : from->id == DV_TYPE_BPCHAR ? cast_bpchar_text
                                            : NULL;
    if (dv_type_is_text(to))
        return from->id == DV_TYPE_JSON || from->id == DV_TYPE_JSONB || from->id == DV_TYPE_OTHER ||
                       from->id == DV_TYPE_ARRAY
                   ? NULL
                   : cast_to_text;
    if (dv_type_is_integer(from))
        return from_integer(from->id, to->id);
    switch (from->id) {
    case DV_TYPE_NUMERIC:
        return is_float(to->id) ? cast_numeric_float : cast_numeric_int;
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        return is_float(to->id)            ? cast_float_float
               : to->id == DV_TYPE_NUMERIC ? cast_float_numeric
                                           : cast_float_int;
    case DV_TYPE_DATE:
        return cast_date_stamp;
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return to->id == DV_TYPE_DATE ? cast_stamp_date : to->id == DV_TYPE_TIME ? cast_stamp_time : NULL;
    case DV_TYPE_TIME:
        return cast_time_interval;
    case DV_TYPE_INTERVAL:
        return cast_interval_time;
    case DV_TYPE_JSON:
        return cast_json_jsonb;
    case DV_TYPE_JSONB:
        return to->id == DV_TYPE_JSON ? NULL : cast_jsonb_scalar;
    default: /* bool to int4 */
        return NULL;
    }
}

/* An untyped literal is read as a value of the type, now: a literal that is none is an error of the model. */
static enum dv_status read_literal(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *to,
                                   int line, int column, struct dv_expr **out, struct dv_err *err)
{
    struct dv_value value = expr->constant;
    char *text;
    if (value.state != DV_NULL && to->id == DV_TYPE_OTHER) {
        return dv_node_constant(binder, line, column, to, &value, out, err);
    }
    if (value.state != DV_NULL) {
        struct dv_err inner = DV_ERR_INIT;
        text = dv_arena_copy(binder->arena, value.u.p, value.len);
        if (text == NULL)
            return dv_fail_memory(err);
        if (dv_value_from_text(text, value.len, to, binder->arena, &value, &inner) != DV_OK) {
            (void)dv_bind_fail(binder, line, column, inner.sqlstate, err, "%.700s", inner.message);
            dv_err_hint(err, "Write the literal in the form of the type, or cast the other side.");
            return DV_FAILED;
        }
    }
    return dv_node_constant(binder, line, column, to, &value, out, err);
}

static enum dv_status relabel(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *to,
                              int line, int column, struct dv_expr **out, struct dv_err *err)
{
    bool of_row = expr->of_row;
    if (expr->is_constant) {
        enum dv_status status = dv_node_constant(binder, line, column, to, &expr->constant, out, err);
        if (status == DV_OK)
            (*out)->of_row = of_row;
        return status;
    }
    return dv_node_lazy(binder, line, column, cast_relabel, to, &expr, 1, NULL, out, err);
}

static enum dv_status no_cast(struct dv_binder *binder, const struct dv_expr *expr, const struct dv_type *to,
                              int line, int column, enum dv_cast_context context, struct dv_err *err)
{
    (void)dv_bind_fail(binder, line, column, context == DV_CAST_EXPLICIT ? "42846" : "42804", err,
                       "cannot cast type %s to %s", dv_type_text(binder, &expr->type),
                       dv_type_text(binder, to));
    if (context != DV_CAST_EXPLICIT)
        dv_err_hint(err, "Write the cast out: ...::%s.", dv_type_text(binder, to));
    else
        dv_err_hint(err, "Cast to text first: ...::text::%s.", dv_type_text(binder, to));
    return DV_FAILED;
}

static bool is_clock(enum dv_type_id id)
{
    return id == DV_TYPE_DATE || id == DV_TYPE_TIME || id == DV_TYPE_TIMESTAMP || id == DV_TYPE_TIMESTAMPTZ ||
           id == DV_TYPE_INTERVAL;
}

/* Casts that depend on the session there, its zone or how it writes dates: PostgreSQL does not evaluate them
 * before a row is read. */
static bool by_session(const struct dv_type *from, const struct dv_type *to)
{
    return (from->id == DV_TYPE_TIMESTAMPTZ) != (to->id == DV_TYPE_TIMESTAMPTZ) ||
           (dv_type_is_text(from) && (is_clock(to->id) || to->id == DV_TYPE_ARRAY)) ||
           (is_clock(from->id) && dv_type_is_text(to));
}

enum dv_status dv_cast(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *to,
                       enum dv_cast_context context, int line, int column, struct dv_expr **out,
                       struct dv_err *err)
{
    struct dv_type bare = *to;
    bool same, modified;
    enum dv_status status = DV_OK;
    bare.precision = bare.scale = -1;
    if (to->id == DV_TYPE_UNKNOWN) {
        *out = expr;
        return DV_OK;
    }
    if (!dv_cast_exists(&expr->type, to, context))
        return no_cast(binder, expr, to, line, column, context, err);
    if (expr->type.id == DV_TYPE_ARRAY && to->id == DV_TYPE_ARRAY &&
        (expr->type.element != to->element || to->precision != expr->type.precision ||
         to->scale != expr->type.scale))
        return dv_array_cast(binder, expr, to, context, line, column, out, err);
    same = expr->type.id == to->id;
    modified = same && expr->type.precision == to->precision && expr->type.scale == to->scale;
    if (expr->type.id == DV_TYPE_UNKNOWN && expr->is_constant) {
        status = read_literal(binder, expr, &bare, line, column, &expr, err);
    } else if (expr->type.id == DV_TYPE_UNKNOWN) {
        expr->type = dv_type_of(DV_TYPE_TEXT);
        return dv_cast(binder, expr, to, DV_CAST_EXPLICIT, line, column, out, err);
    } else if (!same) {
        bool stable = by_session(&expr->type, to);
        dv_call_fn fn = conversion(&expr->type, to);
        if (fn == NULL)
            status = relabel(binder, expr, &bare, line, column, &expr, err);
        else
            status = dv_node_call(binder, line, column, fn, true, &bare, &expr, 1, NULL, &expr, err);
        if (status == DV_OK && fn != NULL && stable)
            ((struct dv_call *)expr)->stable = true;
        if (status == DV_OK)
            status = dv_node_fold(binder, &expr, err);
    }
    if (status == DV_OK && !modified && modifier(to) != NULL) {
        status = dv_node_call(binder, line, column, modifier(to), true, to, &expr, 1,
                              context == DV_CAST_EXPLICIT ? &explicit_cast : NULL, &expr, err);
        if (status == DV_OK)
            expr->type = *to, status = dv_node_fold(binder, &expr, err);
    } else if (status == DV_OK && same && !modified && context != DV_CAST_IMPLICIT) {
        status = relabel(binder, expr, to, line, column, &expr, err);
    }
    *out = expr;
    return status;
}
