/* What an expression is made of: constants, columns, parameters, brackets, CASE. */
#include "transform/keyword.h"
#include "transform/parser_internal.h"

#include <string.h>

/* A bound of a slice, which may be left open. */
static enum dv_status parse_bound(struct dv_parser *parser, struct dv_ast **out)
{
    if (!dv_token_is_mark(parser->at, ":") && !dv_token_is_mark(parser->at, "]"))
        return dv_parse_expr(parser, out);
    PARSE(dv_parser_node(parser, parser->at, DV_AST_NULL, NULL, NULL, 0, out));
    (*out)->has_else = true;
    return DV_OK;
}

/* [n] and [m:n], any number of times, behind *left. */
static enum dv_status parse_subscripts(struct dv_parser *parser, struct dv_ast **left)
{
    while (dv_token_is_mark(parser->at, "[")) {
        const struct dv_token *token = parser->at;
        struct dv_ast *args[3] = {*left, NULL, NULL};
        unsigned count = 2;
        dv_parser_next(parser);
        PARSE(parse_bound(parser, &args[1]));
        if (parser->at->kind == DV_TOKEN_PARAM)
            return dv_parser_fail(parser, parser->at, "Put a blank behind the colon: x[1: :n].",
                                  "a parameter cannot stand right behind the bound");
        if (dv_parser_take_mark(parser, ":")) {
            count = 3;
            PARSE(parse_bound(parser, &args[2]));
        } else if (args[1]->has_else) {
            return dv_parser_unexpected(parser, "a subscript");
        }
        PARSE(dv_parser_expect_mark(parser, "]", "a subscript"));
        PARSE(dv_parser_node(parser, token, DV_AST_SUBSCRIPT, NULL, args, count, left));
    }
    return DV_OK;
}

/* (SELECT …) as a value */
static enum dv_status parse_query_value(struct dv_parser *parser, struct dv_ast **out)
{
    struct dv_ast *node = dv_parser_new(parser, parser->at, DV_AST_SUBQUERY, NULL);
    unsigned height = 0;
    if (node == NULL)
        return dv_fail_memory(parser->err);
    PARSE(dv_parse_subquery(parser, &node->query, &height));
    *out = node;
    PARSE(dv_parser_finish(parser, node, NULL, 0, height));
    return parse_subscripts(parser, out);
}

static enum dv_status parse_bracket(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *token = parser->at;
    if (dv_parser_at_query(parser))
        return parse_query_value(parser, out);
    dv_parser_next(parser);
    if (dv_token_is_mark(parser->at, ")"))
        return dv_parser_unexpected(parser, "an expression between the brackets");
    PARSE(dv_parse_expr(parser, out));
    if (dv_token_is_mark(parser->at, ","))
        return dv_parser_fail(parser, token, "Compare the parts one by one, joined by AND.",
                              "rows (a, b) are not known");
    PARSE(dv_parser_expect_mark(parser, ")", "the expression in brackets"));
    if (dv_token_is_mark(parser->at, "."))
        return dv_parser_fail(parser, parser->at, "JSON members are taken by ->> 'name'.",
                              "fields of rows are not known");
    return parse_subscripts(parser, out);
}

static enum dv_status parse_column(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *token = parser->at, *last = token;
    const char *qualifier = NULL;
    dv_parser_next(parser);
    if (dv_parser_take_mark(parser, ".")) {
        last = parser->at;
        if (dv_token_is_operator(last, "*"))
            return dv_parser_fail(parser, token, "Name the columns; x.* stands in a select list alone.",
                                  "%s.* cannot stand here", dv_token_show(parser, token));
        if (last->kind != DV_TOKEN_WORD && last->kind != DV_TOKEN_QUOTED)
            return dv_parser_unexpected(parser, "a column's name behind the dot");
        qualifier = token->text;
        dv_parser_next(parser);
        if (dv_token_is_mark(parser->at, "("))
            return dv_parser_fail(parser, token,
                                  "Write the function's name alone: lower(x), not pg_catalog.lower(x).",
                                  "functions are named without a schema");
        if (dv_token_is_mark(parser->at, "."))
            return dv_parser_fail(parser, token, "Write alias.column; datasets have no schema.",
                                  "a name of more than two parts");
    }
    PARSE(dv_parser_node(parser, token, DV_AST_COLUMN, last->text, NULL, 0, out));
    (*out)->qualifier = qualifier;
    return parse_subscripts(parser, out);
}

static enum dv_status parse_case(struct dv_parser *parser, struct dv_ast **out)
{
    struct dv_ast *node = dv_parser_new(parser, parser->at, DV_AST_CASE, NULL), **args = NULL;
    unsigned count = 0;
    if (node == NULL || (args = dv_parser_grow(parser, NULL, 0, sizeof *args)) == NULL)
        return dv_fail_memory(parser->err);
    dv_parser_next(parser);
    if (!dv_token_is_word(parser->at, "when")) {
        node->flag = true;
        PARSE(dv_parse_expr(parser, &args[count++]));
    }
    if (!dv_token_is_word(parser->at, "when"))
        return dv_parser_unexpected(parser, "WHEN behind CASE");
    while (!node->has_else && !dv_token_is_word(parser->at, "end")) {
        const char *word = parser->at->text;
        if (dv_parser_take(parser, "when")) {
            args = dv_parser_grow(parser, args, count, sizeof *args);
            if (args == NULL)
                return dv_fail_memory(parser->err);
            PARSE(dv_parse_expr(parser, &args[count++]));
            PARSE(dv_parser_expect(parser, "then", "WHEN's condition"));
        } else if (dv_parser_take(parser, "else")) {
            node->has_else = true;
        } else {
            return dv_parser_unexpected(parser, "WHEN, ELSE or END");
        }
        args = dv_parser_grow(parser, args, count, sizeof *args);
        if (args == NULL)
            return dv_fail_memory(parser->err);
        if (dv_token_is_word(parser->at, "end"))
            return dv_parser_fail(parser, parser->at, "Write the value, NULL where there is none.",
                                  "a value is missing behind %s", word);
        PARSE(dv_parse_expr(parser, &args[count++]));
    }
    PARSE(dv_parser_expect(parser, "end", "the last branch of CASE"));
    *out = node;
    return dv_parser_finish(parser, node, args, count, 0);
}

/* date '2024-02-29', numeric(12,2) '1.5' */
static enum dv_status parse_typed(struct dv_parser *parser, struct dv_ast **out)
{
    static const char *const fields[] = {"year", "month", "day", "hour", "minute", "second"};
    const struct dv_token *token = parser->at;
    struct dv_type type;
    PARSE(dv_parse_type(parser, &type));
    PARSE(dv_parser_node(parser, token, DV_AST_TYPED_STRING, parser->at->text, NULL, 0, out));
    (*out)->type = type;
    dv_parser_next(parser);
    for (size_t i = 0; type.id == DV_TYPE_INTERVAL && i < sizeof fields / sizeof *fields; i++)
        if (dv_token_is_word(parser->at, fields[i]))
            return dv_parser_fail(parser, parser->at, "Write the unit inside the quotes: interval '1 day'.",
                                  "a unit behind the interval");
    return DV_OK;
}

static enum dv_status parse_constant(struct dv_parser *parser, enum dv_ast_kind kind, struct dv_ast **out)
{
    const struct dv_token *token = parser->at;
    dv_parser_next(parser);
    PARSE(dv_parser_node(parser, token, kind, kind == DV_AST_NULL || kind == DV_AST_BOOL ? NULL : token->text,
                         NULL, 0, out));
    (*out)->flag = dv_token_is_word(token, "true");
    return DV_OK;
}

static enum dv_status parse_word(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *token = parser->at, *next = token + 1;
    const struct dv_token *type_end = dv_parser_type_end(parser);
    if (type_end != NULL && type_end->kind == DV_TOKEN_STRING)
        return parse_typed(parser, out);
    if (token->kind == DV_TOKEN_WORD) {
        if (dv_token_is_word(token, "null"))
            return parse_constant(parser, DV_AST_NULL, out);
        if (dv_token_is_word(token, "true") || dv_token_is_word(token, "false"))
            return parse_constant(parser, DV_AST_BOOL, out);
        if (dv_token_is_word(token, "case"))
            return parse_case(parser, out);
        PARSE(dv_parse_special(parser, out));
        if (*out != NULL)
            return DV_OK;
    }
    enum dv_keyword category = token->kind == DV_TOKEN_QUOTED ? DV_KEYWORD_FREE : dv_keyword_of(token->text);
    if (category == DV_KEYWORD_RESERVED)
        return dv_parser_unexpected(parser, "an expression");
    if (dv_token_is_mark(next, "(") && category != DV_KEYWORD_COLUMN)
        return dv_parse_call(parser, out);
    if (category == DV_KEYWORD_FUNCTION)
        return dv_parser_unexpected(parser, "an expression");
    return parse_column(parser, out);
}

enum dv_status dv_parse_primary(struct dv_parser *parser, struct dv_ast **out)
{
    *out = NULL;
    switch (parser->at->kind) {
    case DV_TOKEN_NUMBER:
        return parse_constant(parser, DV_AST_NUMBER, out);
    case DV_TOKEN_STRING:
        return parse_constant(parser, DV_AST_STRING, out);
    case DV_TOKEN_PARAM:
        PARSE(parse_constant(parser, DV_AST_PARAM, out));
        return parse_subscripts(parser, out);
    case DV_TOKEN_WORD:
    case DV_TOKEN_QUOTED:
        return parse_word(parser, out);
    case DV_TOKEN_MARK:
        if (dv_token_is_mark(parser->at, "("))
            return parse_bracket(parser, out);
        break;
    case DV_TOKEN_OPERATOR:
    case DV_TOKEN_END:
        break;
    }
    return dv_parser_unexpected(parser, "an expression");
}
