/* What an ordinal or an output's name in GROUP BY, DISTINCT ON and ORDER BY stands for (PostgreSQL manual,
 * SELECT: GROUP BY prefers a column of the input to an output of the same name, ORDER BY and DISTINCT ON the
 * output). */
#include "transform/parser_internal.h"

#include <stdlib.h>
#include <string.h>

static struct dv_token place_of(const struct dv_ast *node)
{
    return (struct dv_token){.line = node->line, .column = node->column};
}

/* The 1-based item that an ordinal names. */
static enum dv_status find_ordinal(struct dv_parser *parser, const struct dv_ast_select *select,
                                   const struct dv_ast *node, const char *clause, unsigned *item)
{
    struct dv_token place = place_of(node);
    bool whole = strspn(node->text, "0123456789") == strlen(node->text);
    if (!whole)
        return dv_parser_fail(parser, &place,
                              "Write a column, an expression, or the number of an output column.",
                              "%s %s is no output column's number", clause, node->text);
    unsigned long number = strlen(node->text) > 6 ? 999999 : strtoul(node->text, NULL, 10);
    for (unsigned i = 0; i < select->item_count && i < number; i++)
        if (select->items[i].expr->kind == DV_AST_STAR)
            return dv_parser_fail(parser, &place, "Name the column.", "%s %s cannot be counted past a *",
                                  clause, node->text);
    if (number == 0 || number > select->item_count)
        return dv_parser_fail(parser, &place, "Name the column.", "%s %s: the select list has %u columns",
                              clause, node->text, select->item_count);
    *item = (unsigned)number;
    return DV_OK;
}

/* The 1-based item of that output name; 0: none. Two of the name are ambiguous unless they are the same. */
static unsigned find_name(const struct dv_ast_select *select, const struct dv_ast *node, bool *ambiguous)
{
    unsigned found = 0;
    *ambiguous = false;
    if (node->kind != DV_AST_COLUMN || node->qualifier != NULL)
        return 0;
    for (unsigned i = 0; i < select->item_count; i++) {
        const struct dv_ast_item *item = &select->items[i];
        if (item->alias == NULL || strcmp(item->alias, node->text) != 0)
            continue;
        if (found != 0 && !dv_ast_equal(select->items[found - 1].expr, item->expr))
            *ambiguous = true;
        found = found == 0 ? i + 1 : found;
    }
    return found;
}

static enum dv_status refuse_constant(struct dv_parser *parser, const struct dv_ast *node, const char *clause)
{
    struct dv_token place = place_of(node);
    if (node->kind != DV_AST_STRING && node->kind != DV_AST_NULL && node->kind != DV_AST_BOOL)
        return DV_OK;
    return dv_parser_fail(parser, &place, "Write a column; a name in quotes is \"name\", not 'name'.",
                          "a constant in %s", clause);
}

/* For ORDER BY and DISTINCT ON: *item is set where the node names an output. */
static enum dv_status find_output(struct dv_parser *parser, const struct dv_ast_select *select,
                                  const struct dv_ast *node, const char *clause, unsigned *item)
{
    bool ambiguous;
    *item = 0;
    PARSE(refuse_constant(parser, node, clause));
    if (node->kind == DV_AST_NUMBER)
        return find_ordinal(parser, select, node, clause, item);
    *item = find_name(select, node, &ambiguous);
    if (ambiguous) {
        struct dv_token place = place_of(node);
        return dv_parser_fail(parser, &place, "Give the two outputs different names.",
                              "%s %s is ambiguous: two outputs have that name", clause, node->text);
    }
    return DV_OK;
}

enum dv_status dv_resolve_group(struct dv_parser *parser, struct dv_ast_select *select)
{
    if (select->group_count == 0)
        return DV_OK;
    select->group_alias = dv_arena_zalloc(parser->arena, select->group_count * sizeof(struct dv_ast *));
    if (select->group_alias == NULL)
        return dv_fail_memory(parser->err);
    for (unsigned i = 0; i < select->group_count; i++) {
        struct dv_ast *node = select->group_by[i];
        unsigned item = 0;
        bool ambiguous;
        PARSE(refuse_constant(parser, node, "GROUP BY"));
        if (node->kind == DV_AST_NUMBER) {
            PARSE(find_ordinal(parser, select, node, "GROUP BY", &item));
            select->group_by[i] = select->items[item - 1].expr;
            continue;
        }
        item = find_name(select, node, &ambiguous);
        if (item != 0 && !ambiguous && !dv_ast_equal(node, select->items[item - 1].expr))
            select->group_alias[i] = select->items[item - 1].expr;
    }
    return DV_OK;
}

enum dv_status dv_resolve_distinct(struct dv_parser *parser, struct dv_ast_select *select)
{
    for (unsigned i = 0; i < select->distinct_on_count; i++) {
        unsigned item;
        PARSE(find_output(parser, select, select->distinct_on[i], "DISTINCT ON", &item));
        if (item != 0)
            select->distinct_on[i] = select->items[item - 1].expr;
    }
    return DV_OK;
}

static bool has_star(const struct dv_ast_select *select)
{
    for (unsigned i = 0; i < select->item_count; i++)
        if (select->items[i].expr->kind == DV_AST_STAR)
            return true;
    return false;
}

enum dv_status dv_resolve_order(struct dv_parser *parser, struct dv_ast_query *query)
{
    const struct dv_ast_select *select = query->selects[0];
    for (unsigned i = 0; i < query->order_count; i++) {
        struct dv_ast_order *order = &query->order[i];
        PARSE(find_output(parser, select, order->expr, "ORDER BY", &order->item));
        if (order->item != 0 && query->select_count == 1)
            order->expr = select->items[order->item - 1].expr;
        if (query->select_count == 1 || order->item != 0)
            continue;
        struct dv_token place = place_of(order->expr);
        bool bare = order->expr->kind == DV_AST_COLUMN && order->expr->qualifier == NULL;
        if (!bare || !has_star(select))
            return dv_parser_fail(
                parser, &place,
                "Order by an output column of the first SELECT, or put the UNION ALL into FROM (...) x.",
                "behind UNION ALL, ORDER BY takes output columns only");
    }
    return DV_OK;
}
