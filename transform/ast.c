#include "transform/ast.h"

#include "transform/parser_internal.h"

#include <string.h>

/* ---- equality ---- */

static bool query_equal(const struct dv_ast_query *a, const struct dv_ast_query *b);

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool list_equal(struct dv_ast *const *a, unsigned a_count, struct dv_ast *const *b, unsigned b_count)
{
    if (a_count != b_count)
        return false;
    for (unsigned i = 0; i < a_count; i++)
        if (!dv_ast_equal(a[i], b[i]))
            return false;
    return true;
}

static bool names_equal(const char *const *a, unsigned a_count, const char *const *b, unsigned b_count)
{
    if (a_count != b_count)
        return false;
    for (unsigned i = 0; i < a_count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool order_equal(const struct dv_ast_order *a, unsigned a_count, const struct dv_ast_order *b,
                        unsigned b_count)
{
    if (a_count != b_count)
        return false;
    for (unsigned i = 0; i < a_count; i++)
        if (a[i].descending != b[i].descending || a[i].nulls_first != b[i].nulls_first ||
            !dv_ast_equal(a[i].expr, b[i].expr))
            return false;
    return true;
}

static bool call_equal(const struct dv_ast_call *a, const struct dv_ast_call *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->star == b->star && a->distinct == b->distinct && a->over == b->over && a->frame == b->frame &&
           order_equal(a->order, a->order_count, b->order, b->order_count) &&
           dv_ast_equal(a->filter, b->filter) &&
           list_equal(a->partition, a->partition_count, b->partition, b->partition_count) &&
           order_equal(a->window_order, a->window_order_count, b->window_order, b->window_order_count);
}

bool dv_ast_equal(const struct dv_ast *a, const struct dv_ast *b)
{
    if (a == NULL || b == NULL || a == b)
        return a == b;
    if (a->kind != b->kind || a->flag != b->flag || a->has_else != b->has_else ||
        !text_equal(a->text, b->text) || !text_equal(a->qualifier, b->qualifier))
        return false;
    if ((a->kind == DV_AST_CAST || a->kind == DV_AST_TYPED_STRING) && !dv_type_equal(&a->type, &b->type))
        return false;
    return list_equal(a->args, a->arg_count, b->args, b->arg_count) && call_equal(a->call, b->call) &&
           query_equal(a->query, b->query);
}

static bool from_equal(const struct dv_ast_from *a, const struct dv_ast_from *b)
{
    return a->join == b->join && text_equal(a->dataset, b->dataset) &&
           query_equal(a->subquery, b->subquery) && dv_ast_equal(a->function, b->function) &&
           a->with_ordinality == b->with_ordinality && text_equal(a->alias, b->alias) &&
           dv_ast_equal(a->on, b->on) &&
           names_equal(a->column_aliases, a->column_alias_count, b->column_aliases, b->column_alias_count) &&
           names_equal(a->using_columns, a->using_count, b->using_columns, b->using_count);
}

static bool select_equal(const struct dv_ast_select *a, const struct dv_ast_select *b)
{
    if (a->distinct != b->distinct || a->item_count != b->item_count || a->from_count != b->from_count ||
        !list_equal(a->distinct_on, a->distinct_on_count, b->distinct_on, b->distinct_on_count) ||
        !list_equal(a->group_by, a->group_count, b->group_by, b->group_count) ||
        !dv_ast_equal(a->where, b->where) || !dv_ast_equal(a->having, b->having))
        return false;
    for (unsigned i = 0; i < a->item_count; i++)
        if (!text_equal(a->items[i].alias, b->items[i].alias) ||
            !dv_ast_equal(a->items[i].expr, b->items[i].expr))
            return false;
    for (unsigned i = 0; i < a->from_count; i++)
        if (!from_equal(&a->from[i], &b->from[i]))
            return false;
    return true;
}

static bool query_equal(const struct dv_ast_query *a, const struct dv_ast_query *b)
{
    if (a == NULL || b == NULL || a == b)
        return a == b;
    if (a->with_count != b->with_count || a->recursive != b->recursive ||
        a->select_count != b->select_count ||
        !order_equal(a->order, a->order_count, b->order, b->order_count) ||
        !dv_ast_equal(a->limit, b->limit) || !dv_ast_equal(a->offset, b->offset))
        return false;
    for (unsigned i = 0; i < a->with_count; i++)
        if (strcmp(a->with[i].name, b->with[i].name) != 0 ||
            !query_equal(a->with[i].query, b->with[i].query) ||
            !names_equal(a->with[i].columns, a->with[i].column_count, b->with[i].columns,
                         b->with[i].column_count))
            return false;
    for (unsigned i = 0; i < a->select_count; i++)
        if (!select_equal(a->selects[i], b->selects[i]))
            return false;
    return true;
}

/* ---- children ---- */

typedef enum dv_status (*child_visitor)(void *context, const struct dv_ast *child, struct dv_err *err);

static enum dv_status each_of(struct dv_ast *const *items, unsigned count, child_visitor visit, void *context,
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < count && status == DV_OK; i++)
        status = visit(context, items[i], err);
    return status;
}

static enum dv_status each_order(const struct dv_ast_order *order, unsigned count, child_visitor visit,
                                 void *context, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < count && status == DV_OK; i++)
        status = visit(context, order[i].expr, err);
    return status;
}

enum dv_status dv_ast_each_child(const struct dv_ast *node, child_visitor visit, void *context,
                                 struct dv_err *err)
{
    const struct dv_ast_call *call = node->call;
    PARSE(each_of(node->args, node->arg_count, visit, context, err));
    if (call == NULL)
        return DV_OK;
    PARSE(each_order(call->order, call->order_count, visit, context, err));
    if (call->filter != NULL)
        PARSE(visit(context, call->filter, err));
    PARSE(each_of(call->partition, call->partition_count, visit, context, err));
    return each_order(call->window_order, call->window_order_count, visit, context, err);
}

/* ---- datasets ---- */

/* The WITH names that a query may use: the first `visible` of this query's, and all that its surroundings
 * see. */
struct scope {
    const struct scope *outer;
    const struct dv_ast_query *query;
    unsigned visible;
};

typedef enum dv_status (*dataset_visitor)(void *context, const char *name, int line, int column,
                                          struct dv_err *err);

struct search {
    const struct scope *scope;
    dataset_visitor visit;
    void *context;
};

static enum dv_status search_query(const struct search *search, const struct dv_ast_query *query,
                                   struct dv_err *err);

static bool is_defined(const struct scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->outer)
        for (unsigned i = 0; i < scope->visible; i++)
            if (strcmp(scope->query->with[i].name, name) == 0)
                return true;
    return false;
}

static enum dv_status search_expr(void *context, const struct dv_ast *node, struct dv_err *err)
{
    const struct search *search = context;
    if (node == NULL)
        return DV_OK;
    if (node->query != NULL)
        PARSE(search_query(search, node->query, err));
    return dv_ast_each_child(node, search_expr, context, err);
}

static enum dv_status search_from(struct search *search, const struct dv_ast_from *from, struct dv_err *err)
{
    if (from->dataset != NULL && !is_defined(search->scope, from->dataset))
        PARSE(search->visit(search->context, from->dataset, from->line, from->column, err));
    if (from->subquery != NULL)
        PARSE(search_query(search, from->subquery, err));
    PARSE(search_expr(search, from->function, err));
    return search_expr(search, from->on, err);
}

static enum dv_status search_select(struct search *search, const struct dv_ast_select *select,
                                    struct dv_err *err)
{
    for (unsigned i = 0; i < select->from_count; i++)
        PARSE(search_from(search, &select->from[i], err));
    PARSE(each_of(select->distinct_on, select->distinct_on_count, search_expr, search, err));
    for (unsigned i = 0; i < select->item_count; i++)
        PARSE(search_expr(search, select->items[i].expr, err));
    PARSE(search_expr(search, select->where, err));
    PARSE(each_of(select->group_by, select->group_count, search_expr, search, err));
    return search_expr(search, select->having, err);
}

static enum dv_status search_query(const struct search *search, const struct dv_ast_query *query,
                                   struct dv_err *err)
{
    struct scope scope = {.outer = search->scope, .query = query};
    struct search inner = {.scope = &scope, .visit = search->visit, .context = search->context};
    for (unsigned i = 0; i < query->with_count; i++) {
        /* A WITH query sees those before it; in WITH RECURSIVE itself and all the others too. */
        scope.visible = query->recursive ? query->with_count : i;
        PARSE(search_query(&inner, query->with[i].query, err));
    }
    scope.visible = query->with_count;
    for (unsigned i = 0; i < query->select_count; i++)
        PARSE(search_select(&inner, query->selects[i], err));
    PARSE(each_order(query->order, query->order_count, search_expr, &inner, err));
    PARSE(search_expr(&inner, query->limit, err));
    return search_expr(&inner, query->offset, err);
}

enum dv_status dv_ast_each_dataset(const struct dv_ast_query *query, dataset_visitor visit, void *context,
                                   struct dv_err *err)
{
    struct search search = {.visit = visit, .context = context};
    return search_query(&search, query, err);
}

/* ---- default names ---- */

/* How sure PostgreSQL is of a name (FigureColname): a cast's or CASE's own gives way to that of what is
 * inside it. */
enum strength { NAMELESS, WEAK, STRONG };

/* "MyType"[] to MyType. */
static const char *bare_name(struct dv_arena *arena, const char *name)
{
    size_t length = strlen(name), kept = 0;
    while (length > 2 && strcmp(name + length - 2, "[]") == 0)
        length -= 2;
    char *bare = dv_arena_copy(arena, name, length);
    if (bare == NULL || bare[0] != '"')
        return bare;
    for (size_t i = 1; i + 1 < length; i++) {
        bare[kept++] = name[i];
        i += name[i] == '"'; /* a quote inside is doubled */
    }
    bare[kept] = '\0';
    return bare;
}

static const char *type_name(struct dv_arena *arena, const struct dv_type *type)
{
    static const char *const names[DV_TYPE_COUNT] = {
        [DV_TYPE_UNKNOWN] = "unknown", [DV_TYPE_BOOL] = "bool",         [DV_TYPE_INT2] = "int2",
        [DV_TYPE_INT4] = "int4",       [DV_TYPE_INT8] = "int8",         [DV_TYPE_NUMERIC] = "numeric",
        [DV_TYPE_FLOAT4] = "float4",   [DV_TYPE_FLOAT8] = "float8",     [DV_TYPE_TEXT] = "text",
        [DV_TYPE_VARCHAR] = "varchar", [DV_TYPE_BPCHAR] = "bpchar",     [DV_TYPE_UUID] = "uuid",
        [DV_TYPE_DATE] = "date",       [DV_TYPE_TIME] = "time",         [DV_TYPE_TIMESTAMP] = "timestamp",
        [DV_TYPE_JSON] = "json",       [DV_TYPE_JSONB] = "jsonb",       [DV_TYPE_TIMESTAMPTZ] = "timestamptz",
        [DV_TYPE_BYTEA] = "bytea",     [DV_TYPE_INTERVAL] = "interval",
    };
    enum dv_type_id id = type->id == DV_TYPE_ARRAY ? type->element : type->id;
    if (id == DV_TYPE_OTHER)
        return strcmp(type->name, "time with time zone") == 0 ? "timetz" : bare_name(arena, type->name);
    return id < DV_TYPE_COUNT && names[id] != NULL ? names[id] : "?column?";
}

static enum strength figure_name(struct dv_arena *arena, const struct dv_ast *node, const char **name)
{
    enum strength inner;
    if (node->label != NULL) {
        *name = node->label;
        return STRONG;
    }
    switch (node->kind) {
    case DV_AST_COLUMN:
    case DV_AST_CALL:
        *name = node->text;
        return STRONG;
    case DV_AST_SUBSCRIPT:
        return figure_name(arena, node->args[0], name);
    case DV_AST_EXISTS:
        *name = "exists";
        return STRONG;
    case DV_AST_SUBQUERY:
        *name = node->query->selects[0]->items[0].alias;
        return *name == NULL ? NAMELESS : STRONG;
    case DV_AST_ARRAY:
        *name = "array";
        return STRONG;
    case DV_AST_CASE:
        inner = node->has_else ? figure_name(arena, node->args[node->arg_count - 1], name) : NAMELESS;
        if (inner == STRONG)
            return STRONG;
        *name = "case";
        return WEAK;
    case DV_AST_CAST:
        inner = figure_name(arena, node->args[0], name);
        if (inner == STRONG)
            return STRONG;
        *name = type_name(arena, &node->type);
        return WEAK;
    case DV_AST_TYPED_STRING:
        *name = type_name(arena, &node->type);
        return WEAK;
    default:
        return NAMELESS;
    }
}

const char *dv_ast_default_name(struct dv_arena *arena, const struct dv_ast *node)
{
    const char *name = NULL;
    return figure_name(arena, node, &name) == NAMELESS ? "?column?" : name;
}
