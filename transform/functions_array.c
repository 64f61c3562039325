/* Functions and operators of arrays. */
#include "transform/array_bind.h"
#include "transform/functions.h"

#include <stdio.h>
#include <string.h>

#define ARRAY_FN(name)                                                                                       \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

static enum dv_status load(const struct dv_expr *expr, struct dv_eval *eval, const struct dv_value *args,
                           unsigned which, struct dv_array *array, struct dv_err *err)
{
    memset(array, 0, sizeof(*array));
    if (args[which].state == DV_NULL)
        return DV_OK;
    return dv_array_load(eval, &args[which], &expr->args[which]->type, array, err);
}

static bool same_item(const struct dv_value *a, const struct dv_value *b, const struct dv_type *element)
{
    if (a->state == DV_NULL || b->state == DV_NULL)
        return a->state == b->state;
    return dv_value_compare(a, b, element) == 0;
}

static enum dv_status no_many_dimensions(const struct dv_array *array, const char *what, struct dv_err *err)
{
    return array->dimensions > 1 ? dv_eval_fail(err, "0A000", "%s", what) : DV_OK;
}

/* ---- growing ------------------------------------------------------------------------------------------- */

static enum dv_status extend(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                             unsigned array_at, bool in_front, struct dv_value *out, struct dv_err *err)
{
    struct dv_array array;
    struct dv_value *items;
    enum dv_status status = load(expr, eval, args, array_at, &array, err);
    if (status != DV_OK)
        return status;
    if (array.dimensions > 1)
        return dv_eval_fail(err, "22000", "argument must be empty or one-dimensional array");
    items = dv_arena_alloc(eval->arena, sizeof(*items) * (array.count + 1));
    if (items == NULL)
        return dv_fail_memory(err);
    if (array.count > 0)
        memcpy(items + (in_front ? 1 : 0), array.items, sizeof(*items) * array.count);
    items[in_front ? 0 : array.count] = args[1 - array_at];
    if (array.dimensions == 0)
        array.lower[0] = 1;
    array.dimensions = 1;
    array.items = items;
    array.lengths[0] = (int32_t)++array.count;
    return dv_array_store(eval, &array, &expr->type, out, err);
}

ARRAY_FN(fn_append)
{
    return extend(expr, eval, args, 0, false, out, err);
}

ARRAY_FN(fn_prepend)
{
    return extend(expr, eval, args, 1, true, out, err);
}

static enum dv_status cannot_join(struct dv_err *err)
{
    return dv_eval_fail(err, "2202E", "cannot concatenate incompatible arrays");
}

/* Arrays of one shape, or one a row of the other. */
ARRAY_FN(fn_cat)
{
    struct dv_array a, b, both;
    unsigned high;
    enum dv_status status = load(expr, eval, args, 0, &a, err);
    if (status == DV_OK)
        status = load(expr, eval, args, 1, &b, err);
    if (status != DV_OK)
        return status;
    if (args[0].state == DV_NULL || b.dimensions == 0) {
        *out = args[0].state == DV_NULL ? args[1] : args[0];
        return DV_OK;
    }
    if (args[1].state == DV_NULL || a.dimensions == 0) {
        *out = args[1].state == DV_NULL ? args[0] : args[1];
        return DV_OK;
    }
    if (a.dimensions != b.dimensions && a.dimensions != b.dimensions + 1 && b.dimensions != a.dimensions + 1)
        return cannot_join(err);
    both = a.dimensions >= b.dimensions ? a : b;
    high = both.dimensions;
    for (unsigned i = 1; i < high; i++) {
        int32_t left = a.dimensions == high ? a.lengths[i] : a.lengths[i - 1];
        int32_t right = b.dimensions == high ? b.lengths[i] : b.lengths[i - 1];
        int32_t left_low = a.dimensions == high ? a.lower[i] : a.lower[i - 1];
        int32_t right_low = b.dimensions == high ? b.lower[i] : b.lower[i - 1];
        if (left != right || left_low != right_low)
            return cannot_join(err);
    }
    both.lengths[0] = (a.dimensions == high ? a.lengths[0] : 1) + (b.dimensions == high ? b.lengths[0] : 1);
    both.items = dv_arena_alloc(eval->arena, sizeof(*both.items) * (a.count + b.count));
    if (both.items == NULL)
        return dv_fail_memory(err);
    memcpy(both.items, a.items, sizeof(*both.items) * a.count);
    memcpy(both.items + a.count, b.items, sizeof(*both.items) * b.count);
    both.count = a.count + b.count;
    return dv_array_store(eval, &both, &expr->type, out, err);
}

ARRAY_FN(fn_fill)
{
    struct dv_array array = {0}, lengths, lower;
    size_t count = 1;
    enum dv_status status;
    if (args[1].state == DV_NULL || (expr->arg_count > 2 && args[2].state == DV_NULL))
        return dv_eval_fail(err, "22004", "dimension array or low bound array cannot be null");
    status = load(expr, eval, args, 1, &lengths, err);
    if (status == DV_OK && expr->arg_count > 2)
        status = load(expr, eval, args, 2, &lower, err);
    if (status != DV_OK)
        return status;
    if (lengths.dimensions > 1 || lengths.count > DV_ARRAY_DIMENSIONS ||
        (expr->arg_count > 2 && lower.count != lengths.count))
        return dv_eval_fail(err, "2202E", "wrong number of array subscripts");
    array.dimensions = (unsigned)lengths.count;
    for (unsigned i = 0; i < array.dimensions; i++) {
        if (lengths.items[i].state == DV_NULL || (expr->arg_count > 2 && lower.items[i].state == DV_NULL))
            return dv_eval_fail(err, "22004", "dimension values cannot be null");
        array.lengths[i] = (int32_t)lengths.items[i].u.i;
        array.lower[i] = expr->arg_count > 2 ? (int32_t)lower.items[i].u.i : 1;
        count *= array.lengths[i] > 0 ? (size_t)array.lengths[i] : 0;
        if (array.lengths[i] < 0 || count > 134217727)
            return dv_eval_fail(err, "54000", "array size exceeds the maximum allowed (134217727)");
    }
    if (array.dimensions == 0)
        count = 0;
    array.items = dv_arena_alloc(eval->arena, sizeof(*array.items) * (count + 1));
    if (array.items == NULL)
        return dv_fail_memory(err);
    for (; array.count < count; array.count++)
        array.items[array.count] = args[0];
    return dv_array_store(eval, &array, &expr->type, out, err);
}

/* ---- shape --------------------------------------------------------------------------------------------- */

static enum dv_status bound(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                            char which, struct dv_value *out, struct dv_err *err)
{
    struct dv_array array;
    int64_t dimension = args[1].u.i;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK || dimension < 1 || dimension > (int64_t)array.dimensions)
        return status;
    *out = dv_int(which == 'n'   ? array.lengths[dimension - 1]
                  : which == 'l' ? array.lower[dimension - 1]
                                 : array.lower[dimension - 1] + array.lengths[dimension - 1] - 1);
    return DV_OK;
}

ARRAY_FN(fn_length)
{
    return bound(expr, eval, args, 'n', out, err);
}

ARRAY_FN(fn_lower)
{
    return bound(expr, eval, args, 'l', out, err);
}

ARRAY_FN(fn_upper)
{
    return bound(expr, eval, args, 'u', out, err);
}

ARRAY_FN(fn_cardinality)
{
    struct dv_array array;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    *out = dv_int((int64_t)array.count);
    return status;
}

ARRAY_FN(fn_ndims)
{
    struct dv_array array;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status == DV_OK && array.dimensions > 0)
        *out = dv_int(array.dimensions);
    return status;
}

ARRAY_FN(fn_dims)
{
    struct dv_array array;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK || array.dimensions == 0)
        return status;
    dv_buf_reset(&eval->scratch);
    for (unsigned i = 0; i < array.dimensions; i++)
        dv_buf_printf(&eval->scratch, "[%d:%d]", (int)array.lower[i],
                      (int)(array.lower[i] + array.lengths[i] - 1));
    return dv_out_scratch(eval, out, err);
}

/* ---- searching ----------------------------------------------------------------------------------------- */

ARRAY_FN(fn_position)
{
    struct dv_array array;
    int64_t from;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK || args[0].state == DV_NULL)
        return status;
    if (expr->arg_count > 2 && args[2].state == DV_NULL)
        return dv_eval_fail(err, "22004", "initial position must not be null");
    status =
        no_many_dimensions(&array, "searching for elements in multidimensional arrays is not supported", err);
    from = expr->arg_count > 2 ? args[2].u.i - array.lower[0] : 0;
    for (int64_t i = from < 0 ? 0 : from; status == DV_OK && i < (int64_t)array.count; i++) {
        if (same_item(&array.items[i], &args[1], &expr->args[1]->type)) {
            *out = dv_int(array.lower[0] + i);
            break;
        }
    }
    return status;
}

ARRAY_FN(fn_positions)
{
    struct dv_array array, found = {.dimensions = 1, .lower = {1}};
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK || args[0].state == DV_NULL)
        return status;
    status =
        no_many_dimensions(&array, "searching for elements in multidimensional arrays is not supported", err);
    if (status != DV_OK)
        return status;
    found.items = dv_arena_alloc(eval->arena, sizeof(*found.items) * (array.count + 1));
    if (found.items == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < array.count; i++)
        if (same_item(&array.items[i], &args[1], &expr->args[1]->type))
            found.items[found.count++] = dv_int(array.lower[0] + (int64_t)i);
    found.lengths[0] = (int32_t)found.count;
    return dv_array_store(eval, &found, &expr->type, out, err);
}

ARRAY_FN(fn_remove)
{
    struct dv_array array;
    size_t kept = 0;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK || args[0].state == DV_NULL)
        return status;
    status =
        no_many_dimensions(&array, "removing elements from multidimensional arrays is not supported", err);
    if (status != DV_OK)
        return status;
    for (size_t i = 0; i < array.count; i++)
        if (!same_item(&array.items[i], &args[1], &expr->args[1]->type))
            array.items[kept++] = array.items[i];
    array.count = kept;
    array.lengths[0] = (int32_t)kept;
    return dv_array_store(eval, &array, &expr->type, out, err);
}

ARRAY_FN(fn_replace)
{
    struct dv_array array;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK || args[0].state == DV_NULL)
        return status;
    for (size_t i = 0; i < array.count; i++)
        if (same_item(&array.items[i], &args[1], &expr->args[1]->type))
            array.items[i] = args[2];
    return dv_array_store(eval, &array, &expr->type, out, err);
}

ARRAY_FN(fn_trim)
{
    struct dv_array array;
    int64_t drop = args[1].u.i;
    size_t row = 1;
    enum dv_status status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK)
        return status;
    if (drop < 0 || drop > (array.dimensions > 0 ? array.lengths[0] : 0))
        return dv_eval_fail(err, "2202E", "number of elements to trim must be between 0 and %d",
                            array.dimensions > 0 ? (int)array.lengths[0] : 0);
    for (unsigned i = 1; i < array.dimensions; i++)
        row *= (size_t)array.lengths[i];
    array.lengths[0] -= (int32_t)drop;
    array.count -= (size_t)drop * row;
    for (unsigned i = 0; i < array.dimensions; i++)
        array.lower[i] = 1;
    return dv_array_store(eval, &array, &expr->type, out, err);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

ARRAY_FN(fn_to_string)
{
    struct dv_array array;
    struct dv_type element = dv_type_of(expr->args[0]->type.element);
    struct dv_buf text = {0};
    bool first = true;
    enum dv_status status;
    if (args[0].state == DV_NULL || args[1].state == DV_NULL)
        return DV_OK;
    status = load(expr, eval, args, 0, &array, err);
    if (status != DV_OK)
        return status;
    for (size_t i = 0; i < array.count; i++) {
        bool null = array.items[i].state == DV_NULL;
        if (null && (expr->arg_count < 3 || args[2].state == DV_NULL))
            continue;
        if (!first)
            dv_buf_append(&text, args[1].u.p, args[1].len);
        first = false;
        if (null)
            dv_buf_append(&text, args[2].u.p, args[2].len);
        else
            dv_value_to_text(&array.items[i], &element, &text);
    }
    status = dv_buf_check(&text, err);
    if (status == DV_OK)
        status = dv_out_text(eval, out, text.data, text.len, err);
    dv_buf_release(&text);
    return status;
}

static enum dv_status add_text(struct dv_eval *eval, struct dv_array *array, size_t *cap, const char *p,
                               size_t length, const struct dv_value *null, struct dv_err *err)
{
    if (array->count == *cap) {
        struct dv_value *grown;
        *cap = *cap == 0 ? 8 : *cap * 2;
        grown = dv_arena_alloc(eval->arena, sizeof(*grown) * *cap);
        if (grown == NULL)
            return dv_fail_memory(err);
        if (array->count > 0)
            memcpy(grown, array->items, sizeof(*grown) * array->count);
        array->items = grown;
    }
    array->items[array->count++] =
        null != NULL && null->state != DV_NULL && null->len == length && memcmp(null->u.p, p, length) == 0
            ? dv_null()
            : dv_text(p, length);
    array->dimensions = 1;
    array->lower[0] = 1;
    array->lengths[0] = (int32_t)array->count;
    return DV_OK;
}

/* NULL delimiter: characters; empty delimiter: the whole. */
ARRAY_FN(fn_from_string)
{
    struct dv_array array = {0};
    const struct dv_value *null = expr->arg_count > 2 ? &args[2] : NULL;
    const char *p = args[0].u.p, *end = p + args[0].len;
    size_t cap = 0;
    enum dv_status status = DV_OK;
    if (args[0].state == DV_NULL)
        return DV_OK;
    while (args[1].state == DV_NULL && p < end && status == DV_OK) {
        size_t width = dv_utf8_width((unsigned char)*p);
        status = add_text(eval, &array, &cap, p, width, null, err);
        p += width;
    }
    if (args[1].state != DV_NULL && args[0].len > 0) {
        const char *found = NULL;
        while (status == DV_OK && args[1].len > 0 &&
               (found = memmem(p, (size_t)(end - p), args[1].u.p, args[1].len)) != NULL) {
            status = add_text(eval, &array, &cap, p, (size_t)(found - p), null, err);
            p = found + args[1].len;
        }
        if (status == DV_OK)
            status = add_text(eval, &array, &cap, p, (size_t)(end - p), null, err);
    }
    return status == DV_OK ? dv_array_store(eval, &array, &expr->type, out, err) : status;
}

/* ---- operators ----------------------------------------------------------------------------------------- */

static bool holds(const struct dv_array *array, const struct dv_value *item, const struct dv_type *element)
{
    for (size_t i = 0; i < array->count; i++)
        if (array->items[i].state != DV_NULL && dv_value_compare(&array->items[i], item, element) == 0)
            return true;
    return false;
}

/* data: the operator */
ARRAY_FN(op_contain)
{
    struct dv_array a, b;
    struct dv_type element = dv_type_of(expr->args[0]->type.element);
    char op = *(const char *)expr->data;
    const struct dv_array *inner, *outer;
    enum dv_status status = load(expr, eval, args, 0, &a, err);
    if (status == DV_OK)
        status = load(expr, eval, args, 1, &b, err);
    if (status != DV_OK)
        return status;
    inner = op == '@' ? &b : &a;
    outer = op == '@' ? &a : &b;
    *out = dv_bool(op != '&');
    for (size_t i = 0; i < inner->count; i++) {
        bool found = inner->items[i].state != DV_NULL && holds(outer, &inner->items[i], &element);
        if (found == (op == '&')) {
            *out = dv_bool(op == '&');
            break;
        }
    }
    return DV_OK;
}

ARRAY_FN(op_compare)
{
    const char *op = expr->data;
    int order = dv_value_compare(&args[0], &args[1], &expr->args[0]->type);
    UNUSED;
    if (op[0] == '=')
        *out = dv_bool(order == 0);
    else if (op[0] == '<' && op[1] == '>')
        *out = dv_bool(order != 0);
    else if (op[1] == '=')
        *out = dv_bool(op[0] == '<' ? order <= 0 : order >= 0);
    else
        *out = dv_bool(op[0] == '<' ? order < 0 : order > 0);
    return DV_OK;
}

bool dv_array_has_operator(const char *op, struct dv_expr *const *args)
{
    static const char *const ops[] = {"||", "@>", "<@", "&&", "=", "<>", "<", "<=", ">", ">="};
    if (args[0]->type.id != DV_TYPE_ARRAY && args[1]->type.id != DV_TYPE_ARRAY)
        return false;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (strcmp(op, ops[i]) == 0)
            return strcmp(op, "||") == 0 ||
                   ((args[0]->type.id == DV_TYPE_ARRAY || args[0]->type.id == DV_TYPE_UNKNOWN) &&
                    (args[1]->type.id == DV_TYPE_ARRAY || args[1]->type.id == DV_TYPE_UNKNOWN));
    return false;
}

enum dv_status dv_array_operator(struct dv_binder *binder, const char *op, int line, int column,
                                 struct dv_expr **args, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type type = dv_type_of(DV_TYPE_BOOL), element;
    bool arrays[2], join = strcmp(op, "||") == 0,
                    contain = op[0] == '@' || op[0] == '&' || strcmp(op, "<@") == 0;
    const char *pattern = "AA";
    dv_call_fn fn = contain ? op_contain : op_compare;
    enum dv_status status;
    for (unsigned i = 0; i < 2; i++)
        arrays[i] = args[i]->type.id == DV_TYPE_ARRAY || args[i]->type.id == DV_TYPE_UNKNOWN;
    if (join) {
        pattern = arrays[0] && arrays[1] ? "AA" : arrays[0] ? "AE" : "EA";
        fn = arrays[0] && arrays[1] ? fn_cat : arrays[0] ? fn_append : fn_prepend;
    } else if (args[0]->type.id == DV_TYPE_ARRAY && args[1]->type.id == DV_TYPE_ARRAY &&
               args[0]->type.element != args[1]->type.element) {
        (void)dv_bind_fail(binder, line, column, "42883", err, "operator does not exist: %s %s %s",
                           dv_type_text(binder, &args[0]->type), op, dv_type_text(binder, &args[1]->type));
        dv_err_hint(err, "Cast one of them: ...::%s.", dv_type_text(binder, &args[0]->type));
        return DV_FAILED;
    }
    status = dv_array_unify(binder, pattern, args, op, line, column, &element, err);
    if (status == DV_OK && element.id == DV_TYPE_JSON && !join)
        return dv_bind_fail(binder, line, column, "42883", err,
                            "could not identify a comparison function for type json");
    if (status == DV_OK && join)
        type = args[arrays[0] ? 0 : 1]->type;
    if (status == DV_OK)
        status = dv_node_call(binder, line, column, fn, !join, &type, args, 2, op, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

/* ---- functions over any element type ------------------------------------------------------------------- */

/* A array, E element, i integer, t text, I array of integers; the result behind '>'. */
static const struct {
    const char *name, *pattern;
    bool strict;
    dv_call_fn fn;
} generic[] = {{"array_append", "AE>A", false, fn_append},
               {"array_prepend", "EA>A", false, fn_prepend},
               {"array_cat", "AA>A", false, fn_cat},
               {"array_fill", "EI>A", false, fn_fill},
               {"array_fill", "EII>A", false, fn_fill},
               {"array_length", "Ai>i", true, fn_length},
               {"array_lower", "Ai>i", true, fn_lower},
               {"array_upper", "Ai>i", true, fn_upper},
               {"array_ndims", "A>i", true, fn_ndims},
               {"array_dims", "A>t", true, fn_dims},
               {"cardinality", "A>i", true, fn_cardinality},
               {"array_position", "AE>i", false, fn_position},
               {"array_position", "AEi>i", false, fn_position},
               {"array_positions", "AE>I", false, fn_positions},
               {"array_remove", "AE>A", false, fn_remove},
               {"array_replace", "AEE>A", false, fn_replace},
               {"trim_array", "Ai>A", true, fn_trim},
               {"array_to_string", "At>t", false, fn_to_string},
               {"array_to_string", "Att>t", false, fn_to_string}};

static struct dv_type letter_type(char letter, const struct dv_type *element)
{
    struct dv_type type = dv_type_of(letter == 'i'   ? DV_TYPE_INT4
                                     : letter == 't' ? DV_TYPE_TEXT
                                                     : DV_TYPE_ARRAY);
    if (letter == 'A')
        type.element = element->id;
    else if (letter == 'I')
        type.element = DV_TYPE_INT4;
    return letter == 'E' ? *element : type;
}

static enum dv_status bind_generic(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                   unsigned count, struct dv_expr **out, struct dv_err *err)
{
    char pattern[8];
    struct dv_type element, type;
    enum dv_status status;
    size_t g = 0;
    for (; g < sizeof(generic) / sizeof(generic[0]); g++)
        if (strcmp(generic[g].name, ast->text) == 0 && strcspn(generic[g].pattern, ">") == count)
            break;
    if (g == sizeof(generic) / sizeof(generic[0])) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42883", err,
                           "function %s does not take %u arguments", ast->text, count);
        dv_err_hint(err, "docs/sql.md shows what it takes.");
        return DV_FAILED;
    }
    (void)snprintf(pattern, sizeof(pattern), "%.*s", (int)count, generic[g].pattern);
    status = dv_array_unify(binder, pattern, args, ast->text, ast->line, ast->column, &element, err);
    for (unsigned i = 0; status == DV_OK && i < count; i++) {
        type = letter_type(pattern[i], &element);
        if (pattern[i] != 'A' && pattern[i] != 'E')
            status = dv_cast(binder, args[i], &type, DV_CAST_IMPLICIT, args[i]->line, args[i]->column,
                             &args[i], err);
    }
    if (status != DV_OK)
        return status;
    if (element.id == DV_TYPE_JSON && strchr("pr", generic[g].name[6]) != NULL && generic[g].fn != fn_prepend)
        return dv_bind_fail(binder, ast->line, ast->column, "42883", err,
                            "could not identify an equality operator for type json");
    type = letter_type(generic[g].pattern[count + 1], &element);
    status = dv_node_call(binder, ast->line, ast->column, generic[g].fn, generic[g].strict, &type, args,
                          count, NULL, out, err);
    if (status != DV_OK)
        return status;
    ((struct dv_call *)*out)->stable =
        generic[g].fn == fn_to_string; /* it prints by the session's settings */
    return dv_node_fold(binder, out, err);
}

#define GENERIC(called)                                                                                      \
    {                                                                                                        \
        .name = called, .special = bind_generic                                                              \
    }
static const struct dv_function array_entries[] = {
    GENERIC("array_append"),
    GENERIC("array_prepend"),
    GENERIC("array_cat"),
    GENERIC("array_fill"),
    GENERIC("array_length"),
    GENERIC("array_lower"),
    GENERIC("array_upper"),
    GENERIC("array_ndims"),
    GENERIC("array_dims"),
    GENERIC("cardinality"),
    GENERIC("array_position"),
    GENERIC("array_positions"),
    GENERIC("array_remove"),
    GENERIC("array_replace"),
    GENERIC("trim_array"),
    GENERIC("array_to_string"),
    {.name = "string_to_array",
     .signature = "text,text>text[]",
     .flags = DV_FN_NULLS,
     .eval = fn_from_string},
    {.name = "string_to_array",
     .signature = "text,text,text>text[]",
     .flags = DV_FN_NULLS,
     .eval = fn_from_string},
};
const struct dv_function_table dv_functions_array = DV_FUNCTION_TABLE(array_entries);
