/* The reader over the tokens, its error messages, and the making of nodes. */
#include "transform/keyword.h"
#include "transform/parser_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct dv_token *dv_parser_ahead(const struct dv_parser *parser, unsigned count)
{
    const struct dv_token *token = parser->at;
    while (count-- > 0 && token->kind != DV_TOKEN_END)
        token++;
    return token;
}

void dv_parser_next(struct dv_parser *parser)
{
    if (parser->at->kind != DV_TOKEN_END)
        parser->at++;
}

bool dv_token_is_word(const struct dv_token *token, const char *word)
{
    return token->kind == DV_TOKEN_WORD && strcmp(token->text, word) == 0;
}

bool dv_token_is_mark(const struct dv_token *token, const char *mark)
{
    return token->kind == DV_TOKEN_MARK && strcmp(token->text, mark) == 0;
}

bool dv_token_is_operator(const struct dv_token *token, const char *text)
{
    return token->kind == DV_TOKEN_OPERATOR && strcmp(token->text, text) == 0;
}

bool dv_token_is_name(const struct dv_token *token)
{
    if (token->kind == DV_TOKEN_QUOTED)
        return true;
    if (token->kind != DV_TOKEN_WORD)
        return false;
    enum dv_keyword category = dv_keyword_of(token->text);
    return category == DV_KEYWORD_FREE || category == DV_KEYWORD_COLUMN;
}

bool dv_parser_take(struct dv_parser *parser, const char *word)
{
    if (!dv_token_is_word(parser->at, word))
        return false;
    dv_parser_next(parser);
    return true;
}

bool dv_parser_take_mark(struct dv_parser *parser, const char *mark)
{
    if (!dv_token_is_mark(parser->at, mark))
        return false;
    dv_parser_next(parser);
    return true;
}

/* ---- errors ---- */

enum dv_status dv_parser_fail(struct dv_parser *parser, const struct dv_token *token, const char *hint,
                              const char *format, ...)
{
    char message[sizeof parser->err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return dv_sql_error(parser->err, parser->file, token->line, token->column, hint, "%s", message);
}

const char *dv_token_show(struct dv_parser *parser, const struct dv_token *token)
{
    if (token->kind == DV_TOKEN_END)
        return "the end of the text";
    size_t shown = dv_sql_excerpt(token->source, token->source_length, 40);
    const char *text = dv_arena_printf(parser->arena, "%.*s%s", (int)shown, token->source,
                                       shown < token->source_length ? "..." : "");
    return text == NULL ? token->text : text;
}

static const char *misspelt(const struct dv_token *token)
{
    return token->kind == DV_TOKEN_WORD ? dv_keyword_near(token->text) : NULL;
}

enum dv_status dv_parser_unexpected(struct dv_parser *parser, const char *expected)
{
    const struct dv_token *token = parser->at, *before = token > parser->first ? token - 1 : token;
    char hint[256];
    const struct dv_token *slip = misspelt(token) != NULL ? token : before;
    const char *meant = misspelt(slip);
    if (meant != NULL)
        snprintf(hint, sizeof hint, "Is \"%.*s\" meant to be %s?",
                 (int)dv_sql_excerpt(slip->source, slip->source_length, 63), slip->source, meant);
    else if (token->kind == DV_TOKEN_STRING && before->kind == DV_TOKEN_STRING)
        snprintf(hint, sizeof hint, "A quote inside a string is written ''; two strings are joined by ||.");
    else if (token->kind == DV_TOKEN_WORD && dv_keyword_of(token->text) != DV_KEYWORD_FREE)
        snprintf(hint, sizeof hint, "%s is a keyword; as a name it is written \"%s\".", token->text,
                 token->text);
    else
        snprintf(hint, sizeof hint,
                 "Look at what stands before it: a comma, an operator or a bracket may be missing.");
    return dv_parser_fail(parser, token, hint, "unexpected %s; expected %s", dv_token_show(parser, token),
                          expected);
}

enum dv_status dv_parser_expect(struct dv_parser *parser, const char *word, const char *after)
{
    char expected[128];
    if (dv_parser_take(parser, word))
        return DV_OK;
    snprintf(expected, sizeof expected, "%s behind %s", word, after);
    return dv_parser_unexpected(parser, expected);
}

enum dv_status dv_parser_expect_mark(struct dv_parser *parser, const char *mark, const char *after)
{
    char expected[128];
    if (dv_parser_take_mark(parser, mark))
        return DV_OK;
    snprintf(expected, sizeof expected, "%s behind %s", mark, after);
    return dv_parser_unexpected(parser, expected);
}

enum dv_status dv_parser_name(struct dv_parser *parser, const char *what, const char **name)
{
    if (!dv_token_is_name(parser->at))
        return dv_parser_unexpected(parser, what);
    *name = parser->at->text;
    dv_parser_next(parser);
    return DV_OK;
}

enum dv_status dv_parser_names(struct dv_parser *parser, const char *what, const char ***names,
                               unsigned *count)
{
    const char **items = NULL;
    unsigned found = 0;
    PARSE(dv_parser_expect_mark(parser, "(", what));
    do {
        const struct dv_token *token = parser->at;
        items = dv_parser_grow(parser, items, found, sizeof *items);
        if (items == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parser_name(parser, "a column's name", &items[found]));
        for (unsigned i = 0; i < found; i++)
            if (strcmp(items[i], items[found]) == 0)
                return dv_parser_fail(parser, token, "Name each column once.",
                                      "the column \"%s\" is named twice", items[found]);
        found++;
    } while (dv_parser_take_mark(parser, ","));
    PARSE(dv_parser_expect_mark(parser, ")", "the columns' names"));
    *names = items;
    *count = found;
    return DV_OK;
}

/* Behind the bracket that closes the one at `token`. */
static const struct dv_token *behind_bracket(const struct dv_token *token)
{
    unsigned open = 0;
    for (; token->kind != DV_TOKEN_END; token++) {
        open += dv_token_is_mark(token, "(");
        open -= dv_token_is_mark(token, ")");
        if (open == 0)
            return token + 1;
    }
    return token;
}

/* Whether a query in brackets may go on there: ((SELECT 1) UNION ALL …) is one, ((SELECT 1) + 2) is none. */
static bool goes_on(const struct dv_token *token)
{
    static const char *const words[] = {"union", "intersect", "except", "order", "limit", "offset", "fetch"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (dv_token_is_word(token, words[i]))
            return true;
    return dv_token_is_mark(token, ")") || token->kind == DV_TOKEN_END;
}

bool dv_parser_at_query(const struct dv_parser *parser)
{
    const struct dv_token *token = parser->at;
    unsigned open = 0;
    for (; open <= DV_AST_HIGHEST && dv_token_is_mark(token, "("); open++)
        token++;
    if (!dv_token_is_word(token, "select") && !dv_token_is_word(token, "with") &&
        !dv_token_is_word(token, "values"))
        return false;
    for (; open > 1; open--)
        if (!goes_on(behind_bracket(parser->at + open - 1)))
            return false;
    return true;
}

/* ---- memory and nodes ---- */

void *dv_parser_grow(struct dv_parser *parser, void *items, unsigned count, size_t size)
{
    /* Full at 0, 4, 8, 16, ... elements. */
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
        return items;
    void *grown = dv_arena_zalloc(parser->arena, (count == 0 ? 4 : (size_t)count * 2) * size);
    if (grown != NULL && count > 0)
        memcpy(grown, items, count * size);
    return grown;
}

static enum dv_status too_deep(struct dv_parser *parser, const struct dv_token *token)
{
    return dv_parser_fail(
        parser, token,
        "Cut it into several models or WITH queries; a long chain of OR is written IN (...), one of "
        "|| concat(...).",
        "more than %d levels inside each other", DV_AST_HIGHEST);
}

enum dv_status dv_parser_enter(struct dv_parser *parser)
{
    if (++parser->depth > DV_AST_HIGHEST)
        return too_deep(parser, parser->at);
    return DV_OK;
}

void dv_parser_leave(struct dv_parser *parser)
{
    parser->depth--;
}

struct dv_ast *dv_parser_new(struct dv_parser *parser, const struct dv_token *token, enum dv_ast_kind kind,
                             const char *text)
{
    struct dv_ast *node = dv_arena_zalloc(parser->arena, sizeof *node);
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->line = token->line;
    node->column = token->column;
    node->text = text;
    return node;
}

static unsigned higher(unsigned height, const struct dv_ast *child)
{
    return child != NULL && child->height > height ? child->height : height;
}

enum dv_status dv_parser_finish(struct dv_parser *parser, struct dv_ast *node, struct dv_ast **args,
                                unsigned count, unsigned query_height)
{
    unsigned height = query_height;
    if (count > 0) {
        node->args = dv_arena_alloc(parser->arena, count * sizeof(struct dv_ast *));
        if (node->args == NULL)
            return dv_fail_memory(parser->err);
        memcpy(node->args, args, count * sizeof(struct dv_ast *));
    }
    node->arg_count = count;
    for (unsigned i = 0; i < count; i++)
        height = higher(height, args[i]);
    if (node->call != NULL) {
        const struct dv_ast_call *call = node->call;
        height = higher(height, call->filter);
        for (unsigned i = 0; i < call->order_count; i++)
            height = higher(height, call->order[i].expr);
        for (unsigned i = 0; i < call->partition_count; i++)
            height = higher(height, call->partition[i]);
        for (unsigned i = 0; i < call->window_order_count; i++)
            height = higher(height, call->window_order[i].expr);
    }
    node->height = height + 1;
    if (node->height > DV_AST_HIGHEST) {
        struct dv_token place = {.line = node->line, .column = node->column};
        return too_deep(parser, &place);
    }
    if (node->height > parser->height)
        parser->height = node->height;
    return DV_OK;
}

enum dv_status dv_parser_node(struct dv_parser *parser, const struct dv_token *token, enum dv_ast_kind kind,
                              const char *text, struct dv_ast **args, unsigned count, struct dv_ast **out)
{
    struct dv_ast *node = dv_parser_new(parser, token, kind, text);
    if (node == NULL)
        return dv_fail_memory(parser->err);
    *out = node;
    return dv_parser_finish(parser, node, args, count, 0);
}
