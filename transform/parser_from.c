/* FROM: datasets, sub-selects, functions, and the joins between them. */
#include "transform/keyword.h"
#include "transform/parser_internal.h"

#include <string.h>

static enum dv_status parse_alias(struct dv_parser *parser, struct dv_ast_from *from)
{
    bool stated = dv_parser_take(parser, "as");
    const struct dv_token *token = parser->at;
    if (!stated && !dv_token_is_name(token))
        return DV_OK;
    PARSE(dv_parser_name(parser, "an alias behind AS", &from->alias));
    static const char *const joins[] = {"left", "right", "full", "inner", "outer", "cross"};
    for (size_t i = 0; !stated && dv_token_is_word(parser->at, "join") && i < sizeof joins / sizeof *joins;
         i++)
        if (token->kind == DV_TOKEN_WORD && dv_keyword_slip(token->text, joins[i]))
            return dv_parser_fail(parser, token, "Where it is an alias, write AS before it.",
                                  "is \"%s\" meant to be %s JOIN?", token->text, joins[i]);
    if (!dv_token_is_mark(parser->at, "("))
        return DV_OK;
    const struct dv_token *second = dv_parser_ahead(parser, 2);
    if (from->function != NULL && dv_token_is_name(second))
        return dv_parser_fail(parser, second, "Name the columns alone, without types: f(x) AS a(b, c).",
                              "types of a function's columns are not known here");
    return dv_parser_names(parser, "the alias", &from->column_aliases, &from->column_alias_count);
}

static enum dv_status parse_function(struct dv_parser *parser, struct dv_ast_from *from)
{
    const struct dv_token *name = parser->at;
    PARSE(dv_parse_call(parser, &from->function));
    if (from->function->call != NULL)
        return dv_parser_fail(parser, name, "Aggregate in a sub-select: (SELECT count(*) AS n FROM t) x.",
                              "an aggregate cannot stand in FROM");
    if (dv_token_is_word(parser->at, "with")) {
        dv_parser_next(parser);
        PARSE(dv_parser_expect(parser, "ordinality", "WITH"));
        from->with_ordinality = true;
    }
    from->alias = name->text;
    return parse_alias(parser, from);
}

static enum dv_status parse_dataset(struct dv_parser *parser, struct dv_ast_from *from)
{
    const struct dv_token *name = parser->at;
    PARSE(dv_parser_name(parser, "a dataset, a model or (SELECT ...)", &from->dataset));
    if (dv_token_is_mark(parser->at, ".")) {
        const struct dv_token *last = dv_parser_ahead(parser, 1);
        return dv_parser_fail(
            parser, name,
            "Write the dataset's name alone; which table it comes from stands in job.json, extract.",
            "a dataset has no schema: \"%s.%s\"", name->text, last->text);
    }
    from->alias = from->dataset;
    PARSE(parse_alias(parser, from));
    if (dv_token_is_word(parser->at, "tablesample"))
        return dv_parser_fail(parser, parser->at,
                              "Leave it out; a limit on the rows belongs into the job's extract.",
                              "TABLESAMPLE is not known");
    return DV_OK;
}

static enum dv_status parse_sub_select(struct dv_parser *parser, struct dv_ast_from *from)
{
    const struct dv_token *token = parser->at;
    unsigned height = 0;
    if (!dv_parser_at_query(parser))
        return dv_parser_fail(
            parser, token,
            "Write the joins one after the other without brackets, or as (SELECT ... FROM a JOIN b "
            "...) alias.",
            "joins in brackets are not known");
    PARSE(dv_parse_subquery(parser, &from->subquery, &height));
    if (height > parser->height)
        parser->height = height;
    PARSE(parse_alias(parser, from));
    if (from->alias == NULL)
        return dv_parser_fail(parser, token, "Write a name behind the closing bracket: (SELECT ...) AS x.",
                              "a SELECT in FROM needs an alias");
    return DV_OK;
}

static enum dv_status parse_item(struct dv_parser *parser, struct dv_ast_from *from)
{
    const struct dv_token *token = parser->at;
    if (dv_parser_take(parser, "lateral") && dv_token_is_mark(parser->at, "("))
        return dv_parser_fail(
            parser, token,
            "Join a grouped or DISTINCT ON sub-select on its key instead; functions need no LATERAL.",
            "LATERAL sub-selects are not known");
    from->line = parser->at->line;
    from->column = parser->at->column;
    if (dv_token_is_word(parser->at, "only"))
        return dv_parser_fail(parser, parser->at, "Leave it out.", "ONLY is not known");
    if (dv_token_is_mark(parser->at, "("))
        return parse_sub_select(parser, from);
    const struct dv_token *next = dv_parser_ahead(parser, 1);
    if (dv_token_is_word(parser->at, "rows") && dv_token_is_word(next, "from"))
        return dv_parser_fail(parser, parser->at, "Call one function, or join several by WITH ORDINALITY.",
                              "ROWS FROM is not known");
    if (dv_token_is_mark(next, "(") &&
        (parser->at->kind == DV_TOKEN_QUOTED || parser->at->kind == DV_TOKEN_WORD)) {
        enum dv_keyword category =
            parser->at->kind == DV_TOKEN_QUOTED ? DV_KEYWORD_FREE : dv_keyword_of(parser->at->text);
        if (category == DV_KEYWORD_FREE || category == DV_KEYWORD_FUNCTION)
            return parse_function(parser, from);
    }
    return parse_dataset(parser, from);
}

/* ---- joins ---- */

static enum dv_status parse_condition(struct dv_parser *parser, struct dv_ast_from *from,
                                      const struct dv_token *join)
{
    if (dv_parser_take(parser, "on"))
        return dv_parse_expr(parser, &from->on);
    if (!dv_parser_take(parser, "using")) {
        if (dv_token_is_word(parser->at, "join") || dv_token_is_word(parser->at, "inner") ||
            dv_token_is_word(parser->at, "left") || dv_token_is_word(parser->at, "cross"))
            return dv_parser_fail(
                parser, join, "Write ON or USING directly behind each join: a JOIN b ON ... JOIN c ON ...",
                "this join has no ON");
        return dv_parser_unexpected(parser, "ON or USING behind the joined dataset");
    }
    PARSE(dv_parser_names(parser, "USING", &from->using_columns, &from->using_count));
    if (dv_token_is_word(parser->at, "as"))
        return dv_parser_fail(parser, parser->at, "Leave it out: the columns of USING need no qualifier.",
                              "an alias of USING is not known");
    return DV_OK;
}

/* The words of a join, if one begins here. *join DV_JOIN_FROM: none does. */
static enum dv_status parse_join_words(struct dv_parser *parser, enum dv_join *join)
{
    const struct dv_token *token = parser->at;
    *join = DV_JOIN_FROM;
    if (dv_token_is_word(token, "right"))
        return dv_parser_fail(parser, token, "Exchange the two sides and write LEFT JOIN.",
                              "RIGHT JOIN is not known");
    if (dv_token_is_word(token, "full"))
        return dv_parser_fail(
            parser, token,
            "Write LEFT JOIN, UNION ALL, and what the other side has alone by NOT EXISTS (SELECT ...).",
            "FULL JOIN is not known");
    if (dv_token_is_word(token, "natural"))
        return dv_parser_fail(parser, token, "Name the columns: JOIN x USING (a, b).",
                              "NATURAL JOIN is not known");
    if (dv_parser_take(parser, "join")) {
        *join = DV_JOIN_INNER;
        return DV_OK;
    }
    if (dv_parser_take(parser, "inner"))
        *join = DV_JOIN_INNER;
    else if (dv_parser_take(parser, "cross"))
        *join = DV_JOIN_CROSS;
    else if (dv_parser_take(parser, "left")) {
        *join = DV_JOIN_LEFT;
        dv_parser_take(parser, "outer");
    } else
        return DV_OK;
    return dv_parser_expect(parser, "join", token->text);
}

static enum dv_status check_alias(struct dv_parser *parser, const struct dv_ast_select *select)
{
    const struct dv_ast_from *last = &select->from[select->from_count - 1];
    for (unsigned i = 0; i + 1 < select->from_count; i++) {
        struct dv_token place = {.line = last->line, .column = last->column};
        if (strcmp(select->from[i].alias, last->alias) == 0)
            return dv_parser_fail(parser, &place, "Give one of the two an alias.",
                                  "the name \"%s\" stands in FROM twice", last->alias);
    }
    return DV_OK;
}

static enum dv_status add_item(struct dv_parser *parser, struct dv_ast_select *select, enum dv_join join,
                               const struct dv_token *token)
{
    select->from = dv_parser_grow(parser, select->from, select->from_count, sizeof *select->from);
    if (select->from == NULL)
        return dv_fail_memory(parser->err);
    struct dv_ast_from *from = &select->from[select->from_count];
    from->join = join;
    PARSE(parse_item(parser, from));
    select->from_count++;
    PARSE(check_alias(parser, select));
    return join == DV_JOIN_INNER || join == DV_JOIN_LEFT ? parse_condition(parser, from, token) : DV_OK;
}

enum dv_status dv_parse_from(struct dv_parser *parser, struct dv_ast_select *select)
{
    PARSE(add_item(parser, select, DV_JOIN_FROM, parser->at));
    for (;;) {
        const struct dv_token *token = parser->at;
        enum dv_join join;
        PARSE(parse_join_words(parser, &join));
        if (join == DV_JOIN_FROM && !dv_parser_take_mark(parser, ","))
            return DV_OK;
        PARSE(add_item(parser, select, join, token));
    }
}
