/* Function calls: name(DISTINCT a, b ORDER BY c) FILTER (WHERE d) OVER (…). */
#include "transform/parser_internal.h"

#include <string.h>

static enum dv_status parse_arguments(struct dv_parser *parser, struct dv_ast ***args, unsigned *count)
{
    struct dv_ast **found = NULL;
    unsigned n = 0;
    do {
        const struct dv_token *token = parser->at;
        if (dv_token_is_word(token, "variadic"))
            return dv_parser_fail(parser, token, "Give the arguments one by one.", "VARIADIC is not known");
        found = dv_parser_grow(parser, found, n, sizeof(struct dv_ast *));
        if (found == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parse_expr(parser, &found[n]));
        n++;
        if (dv_token_is_mark(parser->at, ":"))
            return dv_parser_fail(parser, token, "Arguments go by place, not by name.", "a named argument");
    } while (dv_parser_take_mark(parser, ","));
    *args = found;
    *count = n;
    return DV_OK;
}

/* Behind the opening bracket, up to and with the closing one. */
static enum dv_status parse_inside(struct dv_parser *parser, const struct dv_token *name,
                                   struct dv_ast_call *call, struct dv_ast ***args, unsigned *count)
{
    if (dv_token_is_operator(parser->at, "*")) {
        if (strcmp(name->text, "count") != 0)
            return dv_parser_fail(parser, parser->at, "Name the arguments.", "only count takes *");
        dv_parser_next(parser);
        call->star = true;
        return dv_parser_expect_mark(parser, ")", "count(*");
    }
    if (dv_parser_take_mark(parser, ")"))
        return DV_OK;
    if (dv_parser_take(parser, "distinct"))
        call->distinct = true;
    else
        dv_parser_take(parser, "all");
    PARSE(parse_arguments(parser, args, count));
    if (dv_token_is_word(parser->at, "order"))
        PARSE(dv_parse_order(parser, &call->order, &call->order_count));
    return dv_parser_expect_mark(parser, ")", "the arguments");
}

static enum dv_status parse_filter(struct dv_parser *parser, struct dv_ast_call *call)
{
    PARSE(dv_parser_expect_mark(parser, "(", "FILTER"));
    PARSE(dv_parser_expect(parser, "where", "FILTER ("));
    PARSE(dv_parse_expr(parser, &call->filter));
    return dv_parser_expect_mark(parser, ")", "FILTER's condition");
}

enum dv_status dv_parse_call(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *name = parser->at;
    struct dv_ast **args = NULL;
    unsigned count = 0;
    struct dv_ast *node = dv_parser_new(parser, name, DV_AST_CALL, name->text);
    struct dv_ast_call *call = dv_arena_zalloc(parser->arena, sizeof *call);
    if (node == NULL || call == NULL)
        return dv_fail_memory(parser->err);
    dv_parser_next(parser);
    PARSE(dv_parser_expect_mark(parser, "(", "the function's name"));
    PARSE(parse_inside(parser, name, call, &args, &count));
    if (dv_token_is_word(parser->at, "within"))
        return dv_parser_fail(parser, parser->at,
                              "Write the order inside the brackets: array_agg(x ORDER BY y).",
                              "WITHIN GROUP is not known");
    if (dv_parser_take(parser, "filter"))
        PARSE(parse_filter(parser, call));
    if (dv_parser_take(parser, "over"))
        PARSE(dv_parse_over(parser, name, call));
    if (call->star || call->distinct || call->order_count > 0 || call->filter != NULL || call->over)
        node->call = call;
    *out = node;
    return dv_parser_finish(parser, node, args, count, 0);
}
