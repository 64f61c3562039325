/* The parser's query level: one model, WITH, UNION ALL, SELECT and its clauses. */
#include "transform/keyword.h"
#include "transform/parser_internal.h"

#include <string.h>

struct refusal {
    const char *word, *hint;
};

static enum dv_status refuse(struct dv_parser *parser, const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (dv_token_is_word(parser->at, refusals[i].word))
            return dv_parser_fail(parser, parser->at, refusals[i].hint, "%s is not known here",
                                  dv_token_show(parser, parser->at));
    return DV_OK;
}

/* ---- SELECT ---- */

static bool may_be_bare_label(const struct dv_token *token)
{
    return token->kind == DV_TOKEN_QUOTED ||
           (token->kind == DV_TOKEN_WORD && dv_keyword_bare_label(token->text));
}

/* *, or x.* ; *out NULL where neither stands here. */
static enum dv_status parse_star(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *token = parser->at;
    *out = NULL;
    if (dv_token_is_operator(token, "*")) {
        dv_parser_next(parser);
        return dv_parser_node(parser, token, DV_AST_STAR, NULL, NULL, 0, out);
    }
    if (!dv_token_is_name(token) || !dv_token_is_mark(dv_parser_ahead(parser, 1), ".") ||
        !dv_token_is_operator(dv_parser_ahead(parser, 2), "*"))
        return DV_OK;
    parser->at += 3;
    PARSE(dv_parser_node(parser, token, DV_AST_STAR, NULL, NULL, 0, out));
    (*out)->qualifier = token->text;
    return DV_OK;
}

static enum dv_status parse_item(struct dv_parser *parser, struct dv_ast_item *item)
{
    PARSE(parse_star(parser, &item->expr));
    if (item->expr != NULL)
        return DV_OK;
    PARSE(dv_parse_expr(parser, &item->expr));
    const struct dv_token *label = parser->at;
    if (dv_parser_take(parser, "as")) {
        label = parser->at;
        if (label->kind != DV_TOKEN_WORD && label->kind != DV_TOKEN_QUOTED)
            return dv_parser_unexpected(parser, "an output column's name behind AS");
        item->explicit_alias = true;
    } else {
        item->explicit_alias = may_be_bare_label(label);
    }
    item->alias = item->explicit_alias ? label->text : dv_ast_default_name(parser->arena, item->expr);
    if (item->alias == NULL)
        return dv_fail_memory(parser->err);
    if (item->explicit_alias)
        dv_parser_next(parser);
    return DV_OK;
}

static enum dv_status parse_items(struct dv_parser *parser, struct dv_ast_select *select)
{
    do {
        if (dv_token_is_word(parser->at, "from") || parser->at->kind == DV_TOKEN_END)
            return dv_parser_fail(parser, parser->at, "Name a column, or take out the comma before it.",
                                  "an output column is missing");
        select->items = dv_parser_grow(parser, select->items, select->item_count, sizeof *select->items);
        if (select->items == NULL)
            return dv_fail_memory(parser->err);
        PARSE(parse_item(parser, &select->items[select->item_count]));
        select->item_count++;
    } while (dv_parser_take_mark(parser, ","));
    return DV_OK;
}

static enum dv_status parse_distinct(struct dv_parser *parser, struct dv_ast_select *select)
{
    if (dv_parser_take(parser, "all") || !dv_parser_take(parser, "distinct"))
        return DV_OK;
    if (!dv_parser_take(parser, "on")) {
        select->distinct = true;
        return DV_OK;
    }
    PARSE(dv_parser_expect_mark(parser, "(", "DISTINCT ON"));
    PARSE(dv_parse_exprs(parser, &select->distinct_on, &select->distinct_on_count));
    return dv_parser_expect_mark(parser, ")", "the columns of DISTINCT ON");
}

static enum dv_status parse_group(struct dv_parser *parser, struct dv_ast_select *select)
{
    static const struct refusal sets[] = {
        {"rollup", "Write one SELECT a grouping, joined by UNION ALL."},
        {"cube", "Write one SELECT a grouping, joined by UNION ALL."},
        {"grouping", "Write one SELECT a grouping, joined by UNION ALL."},
        {"distinct", "Leave it out."},
        {"all", "Name the columns to group by."},
    };
    PARSE(dv_parser_expect(parser, "by", "GROUP"));
    do {
        const struct dv_token *token = parser->at, *next = dv_parser_ahead(parser, 1);
        if (dv_token_is_mark(next, "(") || dv_token_is_word(next, "sets") || !dv_token_is_name(token))
            PARSE(refuse(parser, sets, sizeof sets / sizeof *sets));
        if (dv_token_is_mark(token, "(") && dv_token_is_mark(next, ")"))
            return dv_parser_fail(parser, token, "Leave GROUP BY out: aggregates alone give one row.",
                                  "an empty grouping");
        select->group_by =
            dv_parser_grow(parser, select->group_by, select->group_count, sizeof *select->group_by);
        if (select->group_by == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parse_expr(parser, &select->group_by[select->group_count]));
        select->group_count++;
    } while (dv_parser_take_mark(parser, ","));
    return DV_OK;
}

static enum dv_status parse_select(struct dv_parser *parser, struct dv_ast_select **out)
{
    static const struct refusal into[] = {
        {"into", "Leave it out: the result goes to the dataset named as the model."}};
    struct dv_ast_select *select = dv_arena_zalloc(parser->arena, sizeof *select);
    if (select == NULL)
        return dv_fail_memory(parser->err);
    select->line = parser->at->line;
    select->column = parser->at->column;
    dv_parser_next(parser);
    PARSE(parse_distinct(parser, select));
    PARSE(parse_items(parser, select));
    PARSE(refuse(parser, into, 1));
    if (dv_parser_take(parser, "from"))
        PARSE(dv_parse_from(parser, select));
    if (dv_parser_take(parser, "where"))
        PARSE(dv_parse_expr(parser, &select->where));
    if (dv_parser_take(parser, "group"))
        PARSE(parse_group(parser, select));
    if (dv_parser_take(parser, "having"))
        PARSE(dv_parse_expr(parser, &select->having));
    PARSE(dv_parse_windows(parser, select));
    PARSE(dv_resolve_windows(parser, select));
    PARSE(dv_resolve_group(parser, select));
    PARSE(dv_resolve_distinct(parser, select));
    *out = select;
    return DV_OK;
}

/* ---- UNION ALL ---- */

static bool is_plain(const struct dv_ast_query *query)
{
    return query->with_count == 0 && query->order_count == 0 && query->limit == NULL && query->offset == NULL;
}

static bool tail_follows(const struct dv_parser *parser)
{
    static const char *const words[] = {"union", "intersect", "except", "order",
                                        "limit", "offset",    "fetch",  "for"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (dv_token_is_word(parser->at, words[i]))
            return true;
    return false;
}

/* A SELECT, or a query in brackets: its SELECTs are added to those of `query`. */
static enum dv_status parse_branch(struct dv_parser *parser, struct dv_ast_query *query)
{
    static const struct refusal others[] = {
        {"values", "Write the rows as SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y'."},
        {"table", "Write SELECT * FROM the dataset."},
        {"with", "Write WITH before the first SELECT."},
    };
    const struct dv_token *token = parser->at;
    if (dv_token_is_mark(token, "(")) {
        struct dv_ast_query *inner = NULL;
        unsigned height = 0;
        PARSE(dv_parse_subquery(parser, &inner, &height));
        if (height > parser->height)
            parser->height = height;
        bool alone = query->select_count == 0 && query->with_count == 0 && !tail_follows(parser);
        if (!alone && !is_plain(inner))
            return dv_parser_fail(parser, token,
                                  "Name it in WITH x AS (...), and write SELECT * FROM x here.",
                                  "a SELECT in brackets with WITH, ORDER BY or LIMIT of its own");
        if (alone) {
            *query = *inner;
            return DV_OK;
        }
        for (unsigned i = 0; i < inner->select_count; i++) {
            query->selects =
                dv_parser_grow(parser, query->selects, query->select_count, sizeof *query->selects);
            if (query->selects == NULL)
                return dv_fail_memory(parser->err);
            query->selects[query->select_count++] = inner->selects[i];
        }
        return DV_OK;
    }
    PARSE(refuse(parser, others, sizeof others / sizeof *others));
    if (!dv_token_is_word(token, "select"))
        return dv_parser_unexpected(parser, "SELECT");
    query->selects = dv_parser_grow(parser, query->selects, query->select_count, sizeof *query->selects);
    if (query->selects == NULL)
        return dv_fail_memory(parser->err);
    PARSE(parse_select(parser, &query->selects[query->select_count]));
    query->select_count++;
    return DV_OK;
}

static bool knows_width(const struct dv_ast_select *select)
{
    for (unsigned i = 0; i < select->item_count; i++)
        if (select->items[i].expr->kind == DV_AST_STAR)
            return false;
    return true;
}

static enum dv_status check_widths(struct dv_parser *parser, const struct dv_ast_query *query)
{
    const struct dv_ast_select *first = query->selects[0];
    for (unsigned i = 1; i < query->select_count && knows_width(first); i++) {
        const struct dv_ast_select *other = query->selects[i];
        struct dv_token place = {.line = other->line, .column = other->column};
        if (knows_width(other) && other->item_count != first->item_count)
            return dv_parser_fail(parser, &place, "Write NULL where a branch has no value.",
                                  "this SELECT has %u columns, the first of the UNION ALL has %u",
                                  other->item_count, first->item_count);
    }
    return DV_OK;
}

static enum dv_status parse_branches(struct dv_parser *parser, struct dv_ast_query *query)
{
    static const struct refusal others[] = {
        {"intersect", "Write WHERE EXISTS (SELECT ...) or IN (SELECT ...)."},
        {"except", "Write WHERE NOT EXISTS (SELECT ...)."},
        {"minus", "Write WHERE NOT EXISTS (SELECT ...)."},
    };
    PARSE(parse_branch(parser, query));
    for (;;) {
        const struct dv_token *token = parser->at;
        PARSE(refuse(parser, others, sizeof others / sizeof *others));
        if (!dv_parser_take(parser, "union"))
            break;
        if (!dv_parser_take(parser, "all"))
            return dv_parser_fail(parser, token,
                                  "Write UNION ALL, and SELECT DISTINCT * FROM (...) x around it.",
                                  "UNION without ALL is not known");
        PARSE(parse_branch(parser, query));
    }
    return check_widths(parser, query);
}

/* ---- ORDER BY, LIMIT, OFFSET ---- */

enum dv_status dv_parse_order(struct dv_parser *parser, struct dv_ast_order **order, unsigned *count)
{
    struct dv_ast_order *items = NULL;
    unsigned n = 0;
    PARSE(dv_parser_expect(parser, "order", "this"));
    PARSE(dv_parser_expect(parser, "by", "ORDER"));
    do {
        items = dv_parser_grow(parser, items, n, sizeof *items);
        if (items == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parse_expr(parser, &items[n].expr));
        if (dv_token_is_word(parser->at, "using"))
            return dv_parser_fail(parser, parser->at, "Write ASC or DESC.",
                                  "ORDER BY ... USING is not known");
        items[n].descending = dv_parser_take(parser, "desc");
        if (!items[n].descending)
            dv_parser_take(parser, "asc");
        items[n].nulls_first = items[n].descending;
        if (dv_parser_take(parser, "nulls")) {
            items[n].nulls_first = dv_parser_take(parser, "first");
            if (!items[n].nulls_first)
                PARSE(dv_parser_expect(parser, "last", "NULLS (or FIRST)"));
        }
        n++;
    } while (dv_parser_take_mark(parser, ","));
    *order = items;
    *count = n;
    return DV_OK;
}

static enum dv_status parse_limit(struct dv_parser *parser, struct dv_ast_query *query)
{
    const struct dv_token *token = parser->at;
    if (dv_parser_take(parser, "limit")) {
        if (query->limit != NULL)
            return dv_parser_fail(parser, token, "Leave one of the two out.", "LIMIT stands twice");
        if (dv_parser_take(parser, "all"))
            return DV_OK;
        PARSE(dv_parse_expr(parser, &query->limit));
        if (dv_token_is_mark(parser->at, ","))
            return dv_parser_fail(parser, parser->at, "Write LIMIT n OFFSET m.", "LIMIT with two numbers");
        return DV_OK;
    }
    if (query->offset != NULL)
        return dv_parser_fail(parser, token, "Leave one of the two out.", "OFFSET stands twice");
    dv_parser_next(parser);
    PARSE(dv_parse_expr(parser, &query->offset));
    if (!dv_parser_take(parser, "rows"))
        dv_parser_take(parser, "row");
    return DV_OK;
}

static enum dv_status parse_tail(struct dv_parser *parser, struct dv_ast_query *query)
{
    static const struct refusal others[] = {
        {"fetch", "Write LIMIT n."},
        {"for", "Leave it out: a model reads files and locks nothing."},
        {"returning", "Leave it out: a model is a SELECT."},
    };
    if (dv_token_is_word(parser->at, "order")) {
        PARSE(dv_parse_order(parser, &query->order, &query->order_count));
        PARSE(dv_resolve_windows(parser, query->select_count == 1 ? query->selects[0] : NULL));
        PARSE(dv_resolve_order(parser, query));
    }
    while (dv_token_is_word(parser->at, "limit") || dv_token_is_word(parser->at, "offset"))
        PARSE(parse_limit(parser, query));
    PARSE(refuse(parser, others, sizeof others / sizeof *others));
    for (unsigned i = 0; i < query->select_count; i++) {
        const struct dv_ast_select *select = query->selects[i];
        struct dv_token place = {.line = select->line, .column = select->column};
        if (select->distinct_on_count > 0 && query->select_count > 1)
            return dv_parser_fail(parser, &place,
                                  "Put it in WITH x AS (...) with its ORDER BY, and SELECT * FROM x here.",
                                  "DISTINCT ON in a UNION ALL");
        if (select->distinct_on_count > 0 && query->order_count == 0)
            return dv_parser_fail(
                parser, &place,
                "Write ORDER BY with the columns of DISTINCT ON first, then what decides which row stays.",
                "DISTINCT ON without ORDER BY would keep any row");
    }
    return DV_OK;
}

/* ---- WITH and the whole query ---- */

static enum dv_status parse_with_item(struct dv_parser *parser, struct dv_ast_query *query)
{
    static const struct refusal after[] = {
        {"search", "Compute the order's key in the query itself."},
        {"cycle", "Give the query a level column and a limit on it."},
    };
    static const struct refusal hints[] = {{"materialized", "Leave it out."},
                                           {"not", "Leave NOT MATERIALIZED out."}};
    const struct dv_token *token = parser->at;
    query->with = dv_parser_grow(parser, query->with, query->with_count, sizeof *query->with);
    if (query->with == NULL)
        return dv_fail_memory(parser->err);
    struct dv_ast_with *with = &query->with[query->with_count];
    unsigned height = 0;
    PARSE(dv_parser_name(parser, "a name behind WITH", &with->name));
    for (unsigned i = 0; i < query->with_count; i++)
        if (strcmp(query->with[i].name, with->name) == 0)
            return dv_parser_fail(parser, token, "Give one of them another name.", "WITH names \"%s\" twice",
                                  with->name);
    if (dv_token_is_mark(parser->at, "("))
        PARSE(dv_parser_names(parser, "WITH's name", &with->columns, &with->column_count));
    PARSE(dv_parser_expect(parser, "as", "the name in WITH"));
    PARSE(refuse(parser, hints, sizeof hints / sizeof *hints));
    PARSE(dv_parse_subquery(parser, &with->query, &height));
    if (height > parser->height)
        parser->height = height;
    query->with_count++;
    return refuse(parser, after, sizeof after / sizeof *after);
}

static const struct refusal statements[] = {
    {"insert", "Write the SELECT alone; how its rows are loaded stands in job.json, load."},
    {"update", "Write a SELECT of the key and the new values; job.json, load, mode update does the rest."},
    {"delete", "Write a SELECT of the rows to keep; drover deletes nothing but in a rollback."},
    {"merge", "Write the SELECT alone; job.json, load, mode upsert does the rest."},
    {"create",
     "Schema changes stand in schema/NNN_name.up.sql; a model is a SELECT, CREATE TABLE ... AS left out."},
    {"alter", "Schema changes stand in schema/NNN_name.up.sql."},
    {"drop", "Schema changes stand in schema/NNN_name.up.sql."},
    {"truncate", "Schema changes stand in schema/NNN_name.up.sql."},
    {"copy", "Files are read by a source in job.json, extract."},
    {"set", "Settings are fixed: UTC, ISO dates, UTF-8."},
    {"begin", "Leave it out: a model runs in no transaction of its own."},
    {"commit", "Leave it out: a model runs in no transaction of its own."},
    {"explain", "Run drover plan JOB."},
    {"do", "Write a SELECT; procedures are not known."},
    {"call", "Write a SELECT; procedures are not known."},
    {"declare", "Write a SELECT; cursors are not known."},
    {"show", "Write a SELECT."},
};

static enum dv_status parse_query(struct dv_parser *parser, struct dv_ast_query **out)
{
    struct dv_ast_query *query = dv_arena_zalloc(parser->arena, sizeof *query);
    if (query == NULL)
        return dv_fail_memory(parser->err);
    PARSE(dv_parser_enter(parser));
    if (dv_parser_take(parser, "with")) {
        query->recursive = dv_parser_take(parser, "recursive");
        do {
            PARSE(parse_with_item(parser, query));
        } while (dv_parser_take_mark(parser, ","));
    }
    PARSE(refuse(parser, statements, sizeof statements / sizeof *statements));
    PARSE(parse_branches(parser, query));
    PARSE(parse_tail(parser, query));
    dv_parser_leave(parser);
    *out = query;
    return DV_OK;
}

enum dv_status dv_parse_query(struct dv_parser *parser, struct dv_ast_query **query, unsigned *height)
{
    unsigned outer = parser->height;
    bool restricted = parser->restricted;
    const struct dv_over_name *over_names = parser->over_names;
    parser->height = 0;
    parser->restricted = false;
    parser->over_names = NULL;
    PARSE(parse_query(parser, query));
    *height = parser->height + 1;
    parser->height = outer;
    parser->restricted = restricted;
    parser->over_names = over_names;
    return DV_OK;
}

enum dv_status dv_parse_subquery(struct dv_parser *parser, struct dv_ast_query **query, unsigned *height)
{
    PARSE(dv_parser_expect_mark(parser, "(", "this"));
    PARSE(dv_parse_query(parser, query, height));
    return dv_parser_expect_mark(parser, ")", "the SELECT in brackets");
}

/* ---- the door ---- */

static struct dv_parser make_parser(const struct dv_tokens *tokens, const char *file, struct dv_arena *arena,
                                    struct dv_err *err)
{
    return (struct dv_parser){
        .file = file, .arena = arena, .err = err, .first = tokens->items, .at = tokens->items};
}

enum dv_status dv_parse_model(const char *sql, size_t length, const char *file, struct dv_arena *arena,
                              struct dv_ast_model **model, struct dv_err *err)
{
    struct dv_tokens tokens;
    unsigned height;
    PARSE(dv_lex(sql, length, file, arena, &tokens, err));
    struct dv_parser parser = make_parser(&tokens, file, arena, err);
    struct dv_ast_model *made = dv_arena_zalloc(arena, sizeof *made);
    if (made == NULL || (made->file = dv_arena_strdup(arena, file)) == NULL)
        return dv_fail_memory(err);
    made->description = tokens.description;
    made->ephemeral = tokens.ephemeral;
    made->many = tokens.many;
    if (parser.at->kind == DV_TOKEN_END)
        return dv_parser_fail(&parser, parser.at, "Write one SELECT.", "the model is empty");
    PARSE(dv_parse_query(&parser, &made->query, &height));
    if (dv_parser_take_mark(&parser, ";") && parser.at->kind != DV_TOKEN_END)
        return dv_parser_fail(&parser, parser.at,
                              "Put each SELECT into a file of its own, or name it in WITH.",
                              "a model is one statement");
    if (parser.at->kind != DV_TOKEN_END)
        return dv_parser_unexpected(&parser, "a clause of SELECT or the end");
    *model = made;
    return DV_OK;
}

enum dv_status dv_parse_expression(const char *sql, size_t length, const char *place, struct dv_arena *arena,
                                   struct dv_ast **expression, struct dv_err *err)
{
    struct dv_tokens tokens;
    PARSE(dv_lex(sql, length, place, arena, &tokens, err));
    struct dv_parser parser = make_parser(&tokens, place, arena, err);
    if (tokens.has_pragma)
        return dv_parser_fail(&parser, parser.at, "Pragmas stand in models.",
                              "a pragma inside an expression");
    PARSE(dv_parse_expr(&parser, expression));
    PARSE(dv_resolve_windows(&parser, NULL));
    if (parser.at->kind != DV_TOKEN_END)
        return dv_parser_unexpected(&parser, "an operator or the end of the expression");
    return DV_OK;
}
