/* Type rules: categories, which casts exist, common types. Source: PostgreSQL manual, "Type Conversion", and
 * the catalog pg_cast of version 15. */
#include "transform/bind_internal.h"

#include <string.h>

char dv_type_category(enum dv_type_id id)
{
    switch (id) {
    case DV_TYPE_BOOL:
        return 'B';
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_INT8:
    case DV_TYPE_NUMERIC:
    case DV_TYPE_FLOAT4:
    case DV_TYPE_FLOAT8:
        return 'N';
    case DV_TYPE_TEXT:
    case DV_TYPE_VARCHAR:
    case DV_TYPE_BPCHAR:
        return 'S';
    case DV_TYPE_DATE:
    case DV_TYPE_TIME:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return 'D';
    case DV_TYPE_INTERVAL:
        return 'T';
    case DV_TYPE_ARRAY:
        return 'A';
    case DV_TYPE_UNKNOWN:
        return 'X';
    default:
        return 'U';
    }
}

bool dv_type_preferred(enum dv_type_id id)
{
    return id == DV_TYPE_BOOL || id == DV_TYPE_FLOAT8 || id == DV_TYPE_TEXT || id == DV_TYPE_TIMESTAMPTZ ||
           id == DV_TYPE_INTERVAL;
}

#define BIT(id) (1U << (id))
#define TEXTS   (BIT(DV_TYPE_TEXT) | BIT(DV_TYPE_VARCHAR) | BIT(DV_TYPE_BPCHAR))
#define NUMBERS                                                                                              \
    (BIT(DV_TYPE_INT2) | BIT(DV_TYPE_INT4) | BIT(DV_TYPE_INT8) | BIT(DV_TYPE_NUMERIC) |                      \
     BIT(DV_TYPE_FLOAT4) | BIT(DV_TYPE_FLOAT8))
#define STAMPS (BIT(DV_TYPE_DATE) | BIT(DV_TYPE_TIMESTAMP) | BIT(DV_TYPE_TIMESTAMPTZ))

/* By source type: what pg_cast has as implicit, and what as assignment besides; explicit-only ones in the
 * third. */
static const struct {
    unsigned implicit, assignment, explicit_only;
} casts[DV_TYPE_COUNT] = {
    [DV_TYPE_BOOL] = {0, TEXTS, BIT(DV_TYPE_INT4)},
    [DV_TYPE_INT2] = {NUMBERS & ~BIT(DV_TYPE_INT2), 0, 0},
    [DV_TYPE_INT4] = {NUMBERS & ~(BIT(DV_TYPE_INT2) | BIT(DV_TYPE_INT4)), BIT(DV_TYPE_INT2),
                      BIT(DV_TYPE_BOOL)},
    [DV_TYPE_INT8] = {BIT(DV_TYPE_NUMERIC) | BIT(DV_TYPE_FLOAT4) | BIT(DV_TYPE_FLOAT8),
                      BIT(DV_TYPE_INT2) | BIT(DV_TYPE_INT4), 0},
    [DV_TYPE_NUMERIC] = {BIT(DV_TYPE_FLOAT4) | BIT(DV_TYPE_FLOAT8),
                         BIT(DV_TYPE_INT2) | BIT(DV_TYPE_INT4) | BIT(DV_TYPE_INT8), 0},
    [DV_TYPE_FLOAT4] = {BIT(DV_TYPE_FLOAT8), NUMBERS & ~BIT(DV_TYPE_FLOAT4), 0},
    [DV_TYPE_FLOAT8] = {0, NUMBERS & ~BIT(DV_TYPE_FLOAT8), 0},
    [DV_TYPE_TEXT] = {TEXTS, 0, 0},
    [DV_TYPE_VARCHAR] = {TEXTS, 0, 0},
    [DV_TYPE_BPCHAR] = {TEXTS, 0, 0},
    [DV_TYPE_DATE] = {STAMPS, 0, 0},
    [DV_TYPE_TIME] = {BIT(DV_TYPE_INTERVAL), 0, 0},
    [DV_TYPE_TIMESTAMP] = {BIT(DV_TYPE_TIMESTAMPTZ), BIT(DV_TYPE_DATE) | BIT(DV_TYPE_TIME), 0},
    [DV_TYPE_TIMESTAMPTZ] = {0, BIT(DV_TYPE_DATE) | BIT(DV_TYPE_TIME) | BIT(DV_TYPE_TIMESTAMP), 0},
    [DV_TYPE_INTERVAL] = {0, BIT(DV_TYPE_TIME), 0},
    [DV_TYPE_JSON] = {0, BIT(DV_TYPE_JSONB), 0},
    [DV_TYPE_JSONB] = {0, BIT(DV_TYPE_JSON), NUMBERS | BIT(DV_TYPE_BOOL)},
};

static bool same_type(const struct dv_type *a, const struct dv_type *b)
{
    if (a->id != b->id)
        return false;
    if (a->id == DV_TYPE_ARRAY)
        return a->element == b->element;
    return a->id != DV_TYPE_OTHER || strcmp(a->name, b->name) == 0;
}

bool dv_cast_exists(const struct dv_type *from, const struct dv_type *to, enum dv_cast_context context)
{
    if (same_type(from, to) || from->id == DV_TYPE_UNKNOWN)
        return true;
    if (from->id == DV_TYPE_ARRAY && to->id == DV_TYPE_ARRAY) {
        struct dv_type inner = dv_type_of(from->element), outer = dv_type_of(to->element);
        return dv_cast_exists(&inner, &outer, context);
    }
    if ((casts[from->id].implicit & BIT(to->id)) != 0)
        return true;
    if (context == DV_CAST_IMPLICIT)
        return false;
    if ((casts[from->id].assignment & BIT(to->id)) != 0 || dv_type_is_text(to))
        return true; /* by output function: every type to text */
    if (context == DV_CAST_ASSIGNMENT)
        return false;
    return (casts[from->id].explicit_only & BIT(to->id)) != 0 ||
           dv_type_is_text(from); /* by input function */
}

const char *dv_type_text(struct dv_binder *binder, const struct dv_type *type)
{
    struct dv_type bare = *type;
    struct dv_buf buf = {0};
    const char *copy;
    if (type->id == DV_TYPE_UNKNOWN)
        return "unknown";
    bare.precision = bare.scale = -1;
    dv_type_format(&bare, &buf);
    copy = dv_arena_copy(binder->arena, buf.data != NULL ? buf.data : "", buf.len);
    dv_buf_release(&buf);
    return copy != NULL ? copy : "?";
}

/* One step of PostgreSQL's select_common_type: candidate becomes the common type, or stays what it is. */
static enum dv_status common_step(const struct dv_type *candidate, const struct dv_type *next,
                                  struct dv_type *out, struct dv_err *err)
{
    *out = *candidate;
    if (next->id == DV_TYPE_UNKNOWN || candidate->id == DV_TYPE_UNKNOWN) {
        if (candidate->id == DV_TYPE_UNKNOWN)
            *out = *next;
        out->precision = out->scale = -1; /* a literal has no modifiers, so the whole has none */
        return DV_OK;
    }
    if (same_type(candidate, next)) {
        if (candidate->precision != next->precision || candidate->scale != next->scale)
            out->precision = out->scale = -1;
        return DV_OK;
    }
    if (dv_type_category(candidate->id) != dv_type_category(next->id) || candidate->id == DV_TYPE_OTHER ||
        next->id == DV_TYPE_OTHER)
        return dv_fail(err, DV_EXIT_USAGE, "types do not match");
    if (!dv_type_preferred(candidate->id) && dv_cast_exists(candidate, next, DV_CAST_IMPLICIT) &&
        !dv_cast_exists(next, candidate, DV_CAST_IMPLICIT))
        *out = *next;
    else if (!dv_cast_exists(next, candidate, DV_CAST_IMPLICIT))
        return dv_fail(err, DV_EXIT_USAGE, "types do not match");
    out->precision = out->scale = -1;
    return DV_OK;
}

enum dv_status dv_bind_common_type(const struct dv_type *a, const struct dv_type *b, struct dv_type *out,
                                   struct dv_err *err)
{
    if (a->id == DV_TYPE_UNKNOWN && b->id == DV_TYPE_UNKNOWN) {
        *out = dv_type_of(DV_TYPE_TEXT);
        return DV_OK;
    }
    return common_step(a, b, out, err);
}

enum dv_status dv_common(struct dv_binder *binder, struct dv_expr **args, unsigned count, const char *what,
                         int line, int column, struct dv_type *type, struct dv_err *err)
{
    struct dv_type common = args[0]->type;
    for (unsigned i = 1; i < count; i++) {
        struct dv_type before = common;
        if (common_step(&before, &args[i]->type, &common, err) != DV_OK) {
            const char *left = dv_type_text(binder, &before), *right = dv_type_text(binder, &args[i]->type);
            (void)dv_bind_fail(binder, args[i]->line > 0 ? args[i]->line : line,
                               args[i]->line > 0 ? args[i]->column : column, "42804", err,
                               "%s types %s and %s cannot be matched", what, left, right);
            dv_err_hint(err, "Cast one of them: ...::%s.", left);
            return DV_FAILED;
        }
    }
    if (common.id == DV_TYPE_UNKNOWN)
        common = dv_type_of(DV_TYPE_TEXT);
    for (unsigned i = 0; i < count; i++) {
        enum dv_status status = dv_cast(binder, args[i], &common, DV_CAST_IMPLICIT, args[i]->line,
                                        args[i]->column, &args[i], err);
        if (status != DV_OK)
            return status;
    }
    *type = common;
    return DV_OK;
}

enum dv_status dv_known(struct dv_binder *binder, struct dv_expr **expr, struct dv_err *err)
{
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    if ((*expr)->type.id != DV_TYPE_UNKNOWN)
        return DV_OK;
    return dv_cast(binder, *expr, &text, DV_CAST_IMPLICIT, (*expr)->line, (*expr)->column, expr, err);
}

enum dv_status dv_bind_equality(struct dv_binder *binder, struct dv_expr **a, struct dv_expr **b,
                                struct dv_err *err)
{
    struct dv_expr *pair[2] = {*a, *b}, *made;
    struct dv_type type;
    enum dv_status status = dv_bind_operator(binder, "=", (*a)->line, (*a)->column, pair, 2, &made, err);
    if (status != DV_OK)
        return status;
    status = dv_common(binder, pair, 2, "JOIN", (*a)->line, (*a)->column, &type, err);
    *a = pair[0];
    *b = pair[1];
    return status;
}
