#include "transform/array_bind.h"

#include <string.h>

enum dv_status dv_array_load(struct dv_eval *eval, const struct dv_value *value, const struct dv_type *type,
                             struct dv_array *out, struct dv_err *err)
{
    struct dv_type element = dv_type_of(type->element);
    return dv_array_read(value->u.p, value->len, &element, eval->arena, out, err);
}

enum dv_status dv_array_store(struct dv_eval *eval, const struct dv_array *array, const struct dv_type *type,
                              struct dv_value *out, struct dv_err *err)
{
    struct dv_type element = dv_type_of(type->element);
    enum dv_status status = dv_array_check_bounds(array, err);
    if (status != DV_OK)
        return status;
    dv_buf_reset(&eval->scratch);
    dv_array_write(array, &element, &eval->scratch);
    return dv_out_scratch(eval, out, err);
}

static struct dv_type array_of(const struct dv_type *element)
{
    struct dv_type type = dv_type_of(DV_TYPE_ARRAY);
    type.element = element->id;
    type.precision = element->precision;
    type.scale = element->scale;
    return type;
}

static bool can_be_element(const struct dv_type *type)
{
    return type->id != DV_TYPE_ARRAY && type->id != DV_TYPE_OTHER && type->id != DV_TYPE_UNKNOWN;
}

/* Evaluates an expression that was bound over slots 0 and 1 of a row of its own. */
static enum dv_status eval_over(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *row,
                                struct dv_value *out, struct dv_err *err)
{
    struct dv_eval inner = *eval;
    enum dv_status status;
    inner.row = row;
    status = dv_expr_eval(expr, &inner, out, err);
    eval->scratch = inner.scratch;
    eval->line = inner.line;
    eval->column = inner.column;
    return status;
}

/* ---- ARRAY[...] ---------------------------------------------------------------------------------------- */

static enum dv_status eval_array(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    struct dv_array array = {.dimensions = 1, .lower = {1}};
    array.items = args;
    array.count = expr->arg_count;
    array.lengths[0] = (int32_t)expr->arg_count;
    return dv_array_store(eval, &array, &expr->type, out, err);
}

/* Arrays side by side: one dimension more. NULL and empty ones count as empty, and all must be alike. */
static enum dv_status eval_array_of_arrays(const struct dv_expr *expr, struct dv_eval *eval,
                                           struct dv_value *args, struct dv_value *out, struct dv_err *err)
{
    struct dv_array whole = {.dimensions = 0}, part = {0}, first = {0};
    unsigned empty = 0;
    for (unsigned i = 0; i < expr->arg_count; i++) {
        struct dv_value *grown;
        enum dv_status status;
        memset(&part, 0, sizeof(part));
        if (args[i].state != DV_NULL) {
            status = dv_array_load(eval, &args[i], &expr->type, &part, err);
            if (status != DV_OK)
                return status;
        }
        if (part.dimensions == 0) {
            empty++;
            continue;
        }
        if (whole.count == 0)
            first = part;
        if (part.dimensions != first.dimensions || part.count != first.count ||
            memcmp(part.lengths, first.lengths, sizeof(part.lengths)) != 0 ||
            memcmp(part.lower, first.lower, sizeof(part.lower)) != 0 || empty > 0)
            break;
        grown = dv_arena_alloc(eval->arena, sizeof(*grown) * (whole.count + part.count));
        if (grown == NULL)
            return dv_fail_memory(err);
        if (whole.count > 0)
            memcpy(grown, whole.items, sizeof(*grown) * whole.count);
        memcpy(grown + whole.count, part.items, sizeof(*grown) * part.count);
        whole.items = grown;
        whole.count += part.count;
        whole.lengths[0]++;
    }
    if (whole.count > 0 && whole.lengths[0] != (int32_t)expr->arg_count)
        return dv_eval_fail(err, "2202E",
                            "multidimensional arrays must have array expressions with matching dimensions");
    if (whole.count > 0) {
        if (first.dimensions + 1 > DV_ARRAY_DIMENSIONS)
            return dv_eval_fail(err, "54000",
                                "number of array dimensions (%u) exceeds the maximum allowed (%d)",
                                first.dimensions + 1, DV_ARRAY_DIMENSIONS);
        whole.dimensions = first.dimensions + 1;
        whole.lower[0] = 1;
        for (unsigned d = 0; d < first.dimensions; d++) {
            whole.lengths[d + 1] = first.lengths[d];
            whole.lower[d + 1] = first.lower[d];
        }
    }
    return dv_array_store(eval, &whole, &expr->type, out, err);
}

enum dv_status dv_bind_array(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                             struct dv_expr **out, struct dv_err *err)
{
    struct dv_type element, type;
    bool nested;
    enum dv_status status;
    if (ast->arg_count == 0) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42P18", err,
                           "cannot determine type of empty array");
        dv_err_hint(err, "Explicitly cast to the desired type, for example '{}'::integer[].");
        return DV_FAILED;
    }
    status = dv_common(binder, args, ast->arg_count, "ARRAY", ast->line, ast->column, &element, err);
    if (status != DV_OK)
        return status;
    nested = element.id == DV_TYPE_ARRAY;
    if (!nested && !can_be_element(&element))
        return dv_bind_fail(binder, ast->line, ast->column, "0A000", err, "arrays of %s are not supported",
                            dv_type_text(binder, &element));
    type = nested ? element : array_of(&element);
    type.precision = type.scale = -1;
    status = dv_node_call(binder, ast->line, ast->column, nested ? eval_array_of_arrays : eval_array, false,
                          &type, args, ast->arg_count, NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* ---- subscripts ---------------------------------------------------------------------------------------- */

struct subscripts {
    unsigned count;
    bool slice;
    bool pair[DV_ARRAY_DIMENSIONS], open_low[DV_ARRAY_DIMENSIONS], open_high[DV_ARRAY_DIMENSIONS];
    const struct dv_array *constant; /* the array, where it is the same for all rows */
};

/* args: the array, then low and high of each subscript (high alone counts where there is one). */
static enum dv_status eval_element(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    const struct subscripts *subscripts = expr->data;
    const struct dv_array *array = subscripts->constant;
    struct dv_array own;
    size_t at = 0;
    if (array == NULL) {
        enum dv_status status = dv_array_load(eval, &args[0], &expr->args[0]->type, &own, err);
        if (status != DV_OK)
            return status;
        array = &own;
    }
    if (array->dimensions != subscripts->count)
        return DV_OK;
    for (unsigned i = 0; i < subscripts->count; i++) {
        int64_t index = args[2 + 2 * i].u.i - array->lower[i];
        if (index < 0 || index >= array->lengths[i])
            return DV_OK;
        at = at * (size_t)array->lengths[i] + (size_t)index;
    }
    *out = array->items[at];
    return DV_OK;
}

static void copy_slice(const struct dv_array *from, const int64_t *low, unsigned depth, size_t at,
                       struct dv_array *to)
{
    for (int32_t i = 0; i < to->lengths[depth]; i++) {
        size_t place = at * (size_t)from->lengths[depth] + (size_t)(low[depth] - from->lower[depth] + i);
        if (depth + 1 == from->dimensions)
            to->items[to->count++] = from->items[place];
        else
            copy_slice(from, low, depth + 1, place, to);
    }
}

static enum dv_status eval_slice(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    const struct subscripts *subscripts = expr->data;
    struct dv_array array, part = {0};
    int64_t low[DV_ARRAY_DIMENSIONS];
    size_t room = 1;
    enum dv_status status = dv_array_load(eval, &args[0], &expr->type, &array, err);
    if (status != DV_OK)
        return status;
    part.dimensions = array.dimensions < subscripts->count ? 0 : array.dimensions;
    for (unsigned i = 0; i < part.dimensions; i++) {
        int64_t last = (int64_t)array.lower[i] + array.lengths[i] - 1, high = last;
        low[i] = array.lower[i];
        if (i < subscripts->count) {
            if (!subscripts->pair[i])
                low[i] = 1;
            else if (!subscripts->open_low[i])
                low[i] = args[1 + 2 * i].u.i;
            if (!subscripts->open_high[i])
                high = args[2 + 2 * i].u.i;
        }
        if (low[i] < array.lower[i])
            low[i] = array.lower[i];
        if (high > last)
            high = last;
        if (low[i] > high) {
            part.dimensions = 0;
            break;
        }
        part.lower[i] = 1;
        part.lengths[i] = (int32_t)(high - low[i] + 1);
        room *= (size_t)part.lengths[i];
    }
    if (part.dimensions > 0) {
        part.items = dv_arena_alloc(eval->arena, sizeof(*part.items) * room);
        if (part.items == NULL)
            return dv_fail_memory(err);
        copy_slice(&array, low, 0, 0, &part);
    }
    return dv_array_store(eval, &part, &expr->type, out, err);
}

static enum dv_status bind_index(struct dv_binder *binder, const struct dv_ast *ast,
                                 const struct dv_scope *scope, bool open, struct dv_expr **out,
                                 struct dv_err *err)
{
    struct dv_type integer = dv_type_of(DV_TYPE_INT4);
    struct dv_value zero = dv_int(0);
    enum dv_status status;
    if (open)
        return dv_node_constant(binder, 0, 0, &integer, &zero, out, err);
    status = dv_bind_node(binder, ast, scope, out, err);
    return status == DV_OK
               ? dv_cast(binder, *out, &integer, DV_CAST_ASSIGNMENT, ast->line, ast->column, out, err)
               : status;
}

/* The chain from the array outward, bound to args[1..]. */
static enum dv_status bind_chain(struct dv_binder *binder, const struct dv_ast *const *chain,
                                 struct subscripts *subscripts, const struct dv_scope *scope,
                                 struct dv_expr **args, struct dv_err *err)
{
    for (unsigned i = 0; i < subscripts->count; i++) {
        const struct dv_ast *node = chain[i];
        enum dv_status status;
        subscripts->pair[i] = node->arg_count == 3;
        subscripts->slice = subscripts->slice || subscripts->pair[i];
        subscripts->open_low[i] = subscripts->pair[i] && node->args[1]->has_else;
        subscripts->open_high[i] = subscripts->pair[i] && node->args[2]->has_else;
        status = bind_index(binder, node->args[1], scope, !subscripts->pair[i] || subscripts->open_low[i],
                            &args[1 + 2 * i], err);
        if (status == DV_OK)
            status = bind_index(binder, node->args[subscripts->pair[i] ? 2 : 1], scope,
                                subscripts->open_high[i], &args[2 + 2 * i], err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

static enum dv_status read_constant(struct dv_binder *binder, const struct dv_expr *expr,
                                    struct subscripts *subscripts, struct dv_err *err)
{
    struct dv_array *array = dv_arena_alloc(binder->arena, sizeof(*array));
    struct dv_eval eval = {.arena = binder->arena};
    if (array == NULL)
        return dv_fail_memory(err);
    subscripts->constant = array;
    return dv_array_load(&eval, &expr->constant, &expr->type, array, err);
}

enum dv_status dv_bind_subscripts(struct dv_binder *binder, const struct dv_ast *ast,
                                  const struct dv_scope *scope, struct dv_expr **out, struct dv_err *err)
{
    const struct dv_ast *chain[DV_ARRAY_DIMENSIONS], *base = ast;
    struct subscripts *subscripts = dv_arena_zalloc(binder->arena, sizeof(*subscripts));
    struct dv_expr *args[1 + 2 * DV_ARRAY_DIMENSIONS];
    struct dv_type type;
    enum dv_status status;
    if (subscripts == NULL)
        return dv_fail_memory(err);
    for (; base->kind == DV_AST_SUBSCRIPT; base = base->args[0]) {
        if (subscripts->count == DV_ARRAY_DIMENSIONS)
            return dv_bind_fail(binder, ast->line, ast->column, "54000", err,
                                "number of array dimensions exceeds the maximum allowed (%d)",
                                DV_ARRAY_DIMENSIONS);
        memmove(chain + 1, chain, sizeof(*chain) * subscripts->count);
        chain[0] = base;
        subscripts->count++;
    }
    status = dv_bind_node(binder, base, scope, &args[0], err);
    if (status != DV_OK)
        return status;
    if (args[0]->type.id != DV_TYPE_ARRAY) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42804", err,
                           "cannot subscript type %s because it does not support subscripting",
                           dv_type_text(binder, &args[0]->type));
        dv_err_hint(err, "Of a json value take a part with -> or ->>.");
        return DV_FAILED;
    }
    status = bind_chain(binder, chain, subscripts, scope, args, err);
    type = subscripts->slice ? args[0]->type : dv_type_of(args[0]->type.element);
    if (status == DV_OK && !subscripts->slice && args[0]->is_constant && args[0]->constant.state != DV_NULL)
        status = read_constant(binder, args[0], subscripts, err);
    if (status == DV_OK)
        status = dv_node_call(binder, ast->line, ast->column, subscripts->slice ? eval_slice : eval_element,
                              true, &type, args, 1 + 2 * subscripts->count, subscripts, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* ---- casts --------------------------------------------------------------------------------------------- */

/* data: the cast of one element, bound over slot 0. */
static enum dv_status cast_array(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    struct dv_array array;
    enum dv_status status = dv_array_load(eval, &args[0], &expr->args[0]->type, &array, err);
    for (size_t i = 0; status == DV_OK && i < array.count; i++)
        if (array.items[i].state != DV_NULL)
            status = eval_over(expr->data, eval, &array.items[i], &array.items[i], err);
    return status == DV_OK ? dv_array_store(eval, &array, &expr->type, out, err) : status;
}

enum dv_status dv_array_cast(struct dv_binder *binder, struct dv_expr *expr, const struct dv_type *to,
                             enum dv_cast_context context, int line, int column, struct dv_expr **out,
                             struct dv_err *err)
{
    struct dv_type from = dv_type_of(expr->type.element), element = dv_type_of(to->element), bare = *to;
    struct dv_expr *item = dv_bind_slot(binder, 0, &from);
    enum dv_status status;
    if (item == NULL)
        return dv_fail_memory(err);
    element.precision = to->precision;
    element.scale = to->scale;
    bare.precision = bare.scale = -1;
    status = dv_cast(binder, item, &element, context, line, column, &item, err);
    if (status == DV_OK)
        status = dv_node_call(binder, line, column, cast_array, true, &bare, &expr, 1, item, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* ---- element types ------------------------------------------------------------------------------------- */

enum dv_status dv_array_unify(struct dv_binder *binder, const char *pattern, struct dv_expr **args,
                              const char *what, int line, int column, struct dv_type *element,
                              struct dv_err *err)
{
    struct dv_type array;
    enum dv_status status = DV_OK;
    *element = dv_type_of(DV_TYPE_UNKNOWN);
    for (unsigned i = 0; pattern[i] != '\0'; i++) {
        struct dv_type before = *element, next = args[i]->type;
        struct dv_err ignored = DV_ERR_INIT;
        if ((pattern[i] != 'A' && pattern[i] != 'E') || next.id == DV_TYPE_UNKNOWN)
            continue;
        if ((pattern[i] == 'A') != (next.id == DV_TYPE_ARRAY))
            return dv_bind_fail(binder, line, column, "42883", err, "%s does not take %s there", what,
                                dv_type_text(binder, &next));
        if (pattern[i] == 'A')
            next = dv_type_of(next.element);
        if (before.id == DV_TYPE_UNKNOWN)
            *element = next;
        else if (dv_bind_common_type(&before, &next, element, &ignored) != DV_OK)
            return dv_bind_fail(binder, line, column, "42883", err,
                                "%s: the types %s and %s do not go together", what,
                                dv_type_text(binder, &before), dv_type_text(binder, &next));
    }
    element->precision = element->scale = -1;
    if (element->id == DV_TYPE_UNKNOWN) {
        (void)dv_bind_fail(binder, line, column, "42804", err,
                           "could not determine polymorphic type because input has type unknown");
        dv_err_hint(err, "Cast the array: ...::text[].");
        return DV_FAILED;
    }
    if (!can_be_element(element))
        return dv_bind_fail(binder, line, column, "0A000", err, "arrays of %s are not supported",
                            dv_type_text(binder, element));
    array = array_of(element);
    for (unsigned i = 0; status == DV_OK && pattern[i] != '\0'; i++)
        if (pattern[i] == 'A' || pattern[i] == 'E')
            status = dv_cast(binder, args[i], pattern[i] == 'A' ? &array : element, DV_CAST_IMPLICIT,
                             args[i]->line, args[i]->column, &args[i], err);
    return status;
}

/* ---- ANY, ALL ------------------------------------------------------------------------------------------ */

struct quantified {
    const struct dv_expr *test; /* over slots 0 (left) and 1 (item) */
    bool all;
    const struct dv_array *constant;
};

static enum dv_status eval_any(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                               struct dv_value *out, struct dv_err *err)
{
    const struct quantified *quantified = expr->data;
    const struct dv_array *array = quantified->constant;
    struct dv_array own;
    bool null = false;
    if (args[1].state == DV_NULL)
        return DV_OK;
    if (array == NULL) {
        enum dv_status status = dv_array_load(eval, &args[1], &expr->args[1]->type, &own, err);
        if (status != DV_OK)
            return status;
        array = &own;
    }
    for (size_t i = 0; i < array->count; i++) {
        struct dv_value row[2] = {args[0], array->items[i]}, answer = dv_null();
        enum dv_status status = DV_OK;
        if (row[0].state != DV_NULL && row[1].state != DV_NULL)
            status = eval_over(quantified->test, eval, row, &answer, err);
        if (status != DV_OK)
            return status;
        if (answer.state == DV_NULL) {
            null = true;
        } else if ((answer.u.i != 0) != quantified->all) {
            *out = answer;
            return DV_OK;
        }
    }
    if (!null)
        *out = dv_bool(quantified->all);
    return DV_OK;
}

static enum dv_status bind_test(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                struct dv_type *element, struct dv_expr **test, struct dv_err *err)
{
    struct dv_type left = args[0]->type.id == DV_TYPE_UNKNOWN ? *element : args[0]->type;
    struct dv_expr *pair[2] = {dv_bind_slot(binder, 0, &left), dv_bind_slot(binder, 1, element)};
    enum dv_status status;
    if (pair[0] == NULL || pair[1] == NULL)
        return dv_fail_memory(err);
    status = dv_bind_operator(binder, ast->text, ast->line, ast->column, pair, 2, test, err);
    if (status == DV_OK && (*test)->type.id != DV_TYPE_BOOL)
        return dv_bind_fail(binder, ast->line, ast->column, "42809", err,
                            "op ANY/ALL (array) requires operator to yield boolean");
    if (status == DV_OK && args[0]->type.id == DV_TYPE_UNKNOWN)
        status =
            dv_cast(binder, args[0], &left, DV_CAST_IMPLICIT, args[0]->line, args[0]->column, &args[0], err);
    return status;
}

enum dv_status dv_bind_any(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                           struct dv_expr **out, struct dv_err *err)
{
    struct quantified *quantified = dv_arena_zalloc(binder->arena, sizeof(*quantified));
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL), element, array;
    struct dv_expr *test = NULL;
    enum dv_status status = DV_OK;
    if (quantified == NULL)
        return dv_fail_memory(err);
    if (args[1]->type.id == DV_TYPE_UNKNOWN) {
        element = args[0]->type.id == DV_TYPE_UNKNOWN || args[0]->type.id == DV_TYPE_VARCHAR
                      ? dv_type_of(DV_TYPE_TEXT)
                      : args[0]->type;
        element.precision = element.scale = -1;
        array = array_of(&element);
        status =
            dv_cast(binder, args[1], &array, DV_CAST_IMPLICIT, args[1]->line, args[1]->column, &args[1], err);
    }
    if (status != DV_OK)
        return status;
    if (args[1]->type.id != DV_TYPE_ARRAY) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42809", err,
                           "op ANY/ALL (array) requires array on right side");
        dv_err_hint(err, "Write x IN (a, b), or give an array: x = ANY (ARRAY[a, b]).");
        return DV_FAILED;
    }
    element = dv_type_of(args[1]->type.element);
    status = bind_test(binder, ast, args, &element, &test, err);
    quantified->test = test;
    quantified->all = ast->flag;
    if (status == DV_OK && args[1]->is_constant && args[1]->constant.state != DV_NULL) {
        struct dv_array *constant = dv_arena_alloc(binder->arena, sizeof(*constant));
        struct dv_eval eval = {.arena = binder->arena};
        if (constant == NULL)
            return dv_fail_memory(err);
        status = dv_array_load(&eval, &args[1]->constant, &args[1]->type, constant, err);
        quantified->constant = constant;
    }
    if (status == DV_OK)
        status = dv_node_call(binder, ast->line, ast->column, eval_any, false, &boolean, args, 2, quantified,
                              out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}
