/* Expressions: operators by precedence (PostgreSQL manual 4.1.6, and the grammar where the manual is silent).
 */
#include "transform/parser_internal.h"

#include <string.h>

/* From loosest to tightest. COMPARE, LIKE and IS do not chain: a < b < c is an error. */
enum level {
    LEVEL_NONE,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_IS,
    LEVEL_COMPARE,
    LEVEL_LIKE, /* BETWEEN, IN, LIKE, ILIKE */
    LEVEL_OPERATOR,
    LEVEL_ADD,
    LEVEL_MULTIPLY,
    LEVEL_POWER,
    LEVEL_ZONE,
    LEVEL_COLLATE,
    LEVEL_SIGN, /* unary minus */
    LEVEL_CAST
};

static const struct {
    const char *text;
    enum level level;
} operators[] = {
    {"=", LEVEL_COMPARE},    {"<>", LEVEL_COMPARE},  {"<", LEVEL_COMPARE},    {">", LEVEL_COMPARE},
    {"<=", LEVEL_COMPARE},   {">=", LEVEL_COMPARE},  {"+", LEVEL_ADD},        {"-", LEVEL_ADD},
    {"*", LEVEL_MULTIPLY},   {"/", LEVEL_MULTIPLY},  {"%", LEVEL_MULTIPLY},   {"^", LEVEL_POWER},
    {"||", LEVEL_OPERATOR},  {"->", LEVEL_OPERATOR}, {"->>", LEVEL_OPERATOR}, {"#>", LEVEL_OPERATOR},
    {"#>>", LEVEL_OPERATOR}, {"#-", LEVEL_OPERATOR}, {"@>", LEVEL_OPERATOR},  {"<@", LEVEL_OPERATOR},
    {"?", LEVEL_OPERATOR},   {"?|", LEVEL_OPERATOR}, {"?&", LEVEL_OPERATOR},  {"~", LEVEL_OPERATOR},
    {"~*", LEVEL_OPERATOR},  {"!~", LEVEL_OPERATOR}, {"!~*", LEVEL_OPERATOR}, {"&&", LEVEL_OPERATOR},
    {"&", LEVEL_OPERATOR},   {"|", LEVEL_OPERATOR},  {"#", LEVEL_OPERATOR},   {"<<", LEVEL_OPERATOR},
    {">>", LEVEL_OPERATOR},
};

static const struct {
    const char *text, *hint;
} refused_operators[] = {
    {"==", "Write =."},
    {"=>", "Arguments go by place, not by name."},
    {"~~", "Write LIKE."},
    {"~~*", "Write ILIKE."},
    {"!~~", "Write NOT LIKE."},
    {"!~~*", "Write NOT ILIKE."},
    {"|/", "Write sqrt(x)."},
    {"||/", "Write cbrt(x)."},
    {"@", "Write abs(x)."},
    {"^@", "Write x LIKE 'start%'."},
    {"@@", "JSON paths are not known: use -> and ->>."},
    {"@?", "JSON paths are not known: use -> and ->>."},
    {"**", "Write ^ for a power."},
    {"<=>", "Write IS NOT DISTINCT FROM."},
};

static enum level operator_level(const char *text)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].text, text) == 0)
            return operators[i].level;
    return LEVEL_NONE;
}

static enum dv_status refuse_operator(struct dv_parser *parser)
{
    const char *hint = "Put blanks around operators; docs/sql.md lists those that are known.";
    for (size_t i = 0; i < sizeof refused_operators / sizeof *refused_operators; i++)
        if (strcmp(refused_operators[i].text, parser->at->text) == 0)
            hint = refused_operators[i].hint;
    return dv_parser_fail(parser, parser->at, hint, "the operator %s is not known here",
                          dv_token_show(parser, parser->at));
}

static bool is_like_word(const struct dv_token *token)
{
    return dv_token_is_word(token, "between") || dv_token_is_word(token, "in") ||
           dv_token_is_word(token, "like") || dv_token_is_word(token, "ilike") ||
           dv_token_is_word(token, "similar");
}

static enum level word_level(const struct dv_parser *parser)
{
    const struct dv_token *token = parser->at, *next = dv_parser_ahead(parser, 1);
    if (dv_token_is_word(token, "at"))
        return dv_token_is_word(next, "time") ? LEVEL_ZONE : LEVEL_NONE;
    if (dv_token_is_word(token, "collate"))
        return LEVEL_COLLATE;
    if (dv_token_is_word(token, "is"))
        return LEVEL_IS;
    if (parser->restricted)
        return LEVEL_NONE;
    if (dv_token_is_word(token, "or"))
        return LEVEL_OR;
    if (dv_token_is_word(token, "and"))
        return LEVEL_AND;
    if (dv_token_is_word(token, "isnull") || dv_token_is_word(token, "notnull"))
        return LEVEL_IS;
    if (is_like_word(token) || dv_token_is_word(token, "overlaps"))
        return LEVEL_LIKE;
    return dv_token_is_word(token, "not") && is_like_word(next) ? LEVEL_LIKE : LEVEL_NONE;
}

/* How tightly the token here binds what stands on its left; LEVEL_NONE where the expression ends. */
static enum dv_status infix_level(struct dv_parser *parser, enum level *level)
{
    const struct dv_token *token = parser->at;
    *level = LEVEL_NONE;
    if (token->kind == DV_TOKEN_WORD) {
        *level = word_level(parser);
        if (dv_token_is_word(token, "operator") && dv_token_is_mark(dv_parser_ahead(parser, 1), "("))
            return dv_parser_fail(parser, token, "Write the operator alone.", "OPERATOR(...) is not known");
    } else if (token->kind == DV_TOKEN_MARK) {
        if (dv_token_is_mark(token, "::"))
            *level = LEVEL_CAST;
        if (dv_token_is_mark(token, "["))
            return dv_parser_fail(parser, token, "Put what stands before it in brackets: (f(x))[1].",
                                  "a subscript can follow a column, a parameter or a bracket only");
    } else if (token->kind == DV_TOKEN_OPERATOR) {
        *level = operator_level(token->text);
        if (*level == LEVEL_NONE)
            return refuse_operator(parser);
    }
    return DV_OK;
}

static enum dv_status parse_level(struct dv_parser *parser, enum level least, struct dv_ast **out);

/* ---- what follows an operand ---- */

/* ANY (array), SOME (array), ALL (array) behind an operator. */
static enum dv_status parse_any(struct dv_parser *parser, const struct dv_token *operator,
                                struct dv_ast ** left)
{
    struct dv_ast *args[2] = {*left, NULL};
    const struct dv_token *word = parser->at;
    bool all = dv_token_is_word(word, "all");
    dv_parser_next(parser);
    if (dv_parser_at_query(parser))
        return dv_parser_fail(parser, word, "Write x IN (SELECT ...) or EXISTS (SELECT ...).",
                              "%s (SELECT ...) is not known", dv_token_show(parser, word));
    dv_parser_next(parser);
    PARSE(dv_parse_expr(parser, &args[1]));
    PARSE(dv_parser_expect_mark(parser, ")", "the array"));
    PARSE(dv_parser_node(parser, operator, DV_AST_ANY, operator->text, args, 2, left));
    (*left)->flag = all;
    return DV_OK;
}

static enum dv_status parse_operator(struct dv_parser *parser, enum level level, struct dv_ast **left)
{
    const struct dv_token *token = parser->at;
    struct dv_ast *args[2] = {*left, NULL};
    dv_parser_next(parser);
    if ((dv_token_is_word(parser->at, "any") || dv_token_is_word(parser->at, "some") ||
         dv_token_is_word(parser->at, "all")) &&
        dv_token_is_mark(dv_parser_ahead(parser, 1), "("))
        return parse_any(parser, token, left);
    PARSE(parse_level(parser, level + 1, &args[1]));
    return dv_parser_node(parser, token, DV_AST_BINARY, token->text, args, 2, left);
}

/* Behind IS. *open: the right side is an expression, behind which another IS cannot follow. */
static enum dv_status parse_is(struct dv_parser *parser, struct dv_ast **left, bool *open)
{
    static const char *const tests[] = {"null", "true", "false", "unknown"};
    static const char *const forms[] = {"nfc", "nfd", "nfkc", "nfkd"};
    const struct dv_token *token = parser->at;
    struct dv_ast *args[2] = {*left, NULL};
    if (!dv_token_is_word(token, "is"))
        return dv_parser_fail(parser, token, "Write IS NULL or IS NOT NULL.", "%s is not known",
                              dv_token_show(parser, token));
    dv_parser_next(parser);
    bool negated = dv_parser_take(parser, "not");
    if (dv_parser_take(parser, "distinct")) {
        PARSE(dv_parser_expect(parser, "from", "DISTINCT"));
        PARSE(parse_level(parser, LEVEL_COMPARE, &args[1]));
        PARSE(dv_parser_node(parser, token, DV_AST_DISTINCT_FROM, NULL, args, 2, left));
        (*left)->flag = negated;
        *open = true;
        return DV_OK;
    }
    if (parser->restricted)
        return dv_parser_fail(parser, token, "Put it in brackets.", "IS cannot stand here without brackets");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (!dv_parser_take(parser, tests[i]))
            continue;
        PARSE(dv_parser_node(parser, token, DV_AST_IS, tests[i], args, 1, left));
        (*left)->flag = negated;
        return DV_OK;
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        bool named = dv_token_is_word(parser->at, forms[i]) &&
                     dv_token_is_word(dv_parser_ahead(parser, 1), "normalized");
        if (!named && !(i == 0 && dv_token_is_word(parser->at, "normalized")))
            continue;
        PARSE(dv_parser_node(parser, parser->at, DV_AST_STRING, forms[i], NULL, 0, &args[1]));
        dv_parser_next(parser);
        if (named)
            dv_parser_next(parser);
        PARSE(dv_parser_node(parser, token, DV_AST_CALL, "is_normalized", args, 2, left));
        args[0] = *left;
        return negated ? dv_parser_node(parser, token, DV_AST_UNARY, "not", args, 1, left) : DV_OK;
    }
    return dv_parser_unexpected(parser, "NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM behind IS");
}

static enum dv_status parse_between(struct dv_parser *parser, const struct dv_token *token,
                                    struct dv_ast **left)
{
    struct dv_ast *args[3] = {*left, NULL, NULL};
    const char *text = dv_parser_take(parser, "symmetric") ? "symmetric" : NULL;
    if (text == NULL)
        dv_parser_take(parser, "asymmetric");
    PARSE(dv_parse_restricted(parser, &args[1]));
    PARSE(dv_parser_expect(parser, "and", "BETWEEN's lower bound"));
    PARSE(parse_level(parser, LEVEL_OPERATOR, &args[2]));
    return dv_parser_node(parser, token, DV_AST_BETWEEN, text, args, 3, left);
}

static enum dv_status parse_in(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **left)
{
    if (dv_token_is_mark(parser->at, "(") && dv_parser_at_query(parser)) {
        struct dv_ast *node = dv_parser_new(parser, token, DV_AST_IN_QUERY, NULL);
        unsigned height = 0;
        if (node == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parse_subquery(parser, &node->query, &height));
        struct dv_ast *operand = *left;
        *left = node;
        return dv_parser_finish(parser, node, &operand, 1, height);
    }
    struct dv_ast **args = dv_parser_grow(parser, NULL, 0, sizeof *args);
    unsigned count = 1;
    if (args == NULL)
        return dv_fail_memory(parser->err);
    args[0] = *left;
    PARSE(dv_parser_expect_mark(parser, "(", "IN"));
    do {
        args = dv_parser_grow(parser, args, count, sizeof *args);
        if (args == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parse_expr(parser, &args[count]));
        count++;
    } while (dv_parser_take_mark(parser, ","));
    PARSE(dv_parser_expect_mark(parser, ")", "the list of IN"));
    return dv_parser_node(parser, token, DV_AST_IN, NULL, args, count, left);
}

static enum dv_status parse_like(struct dv_parser *parser, const struct dv_token *token, const char *word,
                                 struct dv_ast **left)
{
    struct dv_ast *args[3] = {*left, NULL, NULL};
    unsigned count = 2;
    if (dv_token_is_word(parser->at, "any") || dv_token_is_word(parser->at, "all") ||
        dv_token_is_word(parser->at, "some"))
        return dv_parser_fail(parser, parser->at, "Write one LIKE for each pattern, joined by OR or AND.",
                              "LIKE ANY and LIKE ALL are not known");
    PARSE(parse_level(parser, LEVEL_OPERATOR, &args[1]));
    if (dv_parser_take(parser, "escape"))
        PARSE(parse_level(parser, LEVEL_OPERATOR, &args[count++]));
    return dv_parser_node(parser, token, DV_AST_LIKE, word, args, count, left);
}

static enum dv_status parse_like_level(struct dv_parser *parser, struct dv_ast **left, bool *open)
{
    const struct dv_token *token = parser->at;
    bool negated = dv_parser_take(parser, "not");
    *open = true;
    if (dv_parser_take(parser, "between")) {
        PARSE(parse_between(parser, token, left));
    } else if (dv_parser_take(parser, "in")) {
        *open = false;
        PARSE(parse_in(parser, token, left));
    } else if (dv_parser_take(parser, "like")) {
        PARSE(parse_like(parser, token, "like", left));
    } else if (dv_parser_take(parser, "ilike")) {
        PARSE(parse_like(parser, token, "ilike", left));
    } else if (dv_token_is_word(parser->at, "similar")) {
        return dv_parser_fail(parser, parser->at, "Write a regular expression: x ~ '^(a|b)$'.",
                              "SIMILAR TO is not known");
    } else {
        return dv_parser_fail(parser, parser->at, "Write start_1 < end_2 AND start_2 < end_1.",
                              "OVERLAPS is not known");
    }
    (*left)->flag = negated;
    return DV_OK;
}

static enum dv_status parse_zone(struct dv_parser *parser, struct dv_ast **left)
{
    const struct dv_token *token = parser->at;
    struct dv_ast *args[2] = {NULL, *left};
    if (parser->restricted)
        return dv_parser_fail(parser, token, "Put it in brackets.",
                              "AT TIME ZONE cannot stand here without brackets");
    dv_parser_next(parser);
    dv_parser_next(parser);
    PARSE(dv_parser_expect(parser, "zone", "AT TIME"));
    PARSE(parse_level(parser, LEVEL_ZONE + 1, &args[0]));
    return dv_parser_node(parser, token, DV_AST_CALL, "timezone", args, 2, left);
}

/* All text sorts by bytes, which is what COLLATE "C" asks for: it leaves no trace in the tree. */
static enum dv_status parse_collate(struct dv_parser *parser)
{
    if (parser->restricted)
        return dv_parser_fail(parser, parser->at, "Put it in brackets.",
                              "COLLATE cannot stand here without brackets");
    dv_parser_next(parser);
    const struct dv_token *name = parser->at;
    if (name->kind == DV_TOKEN_QUOTED && strcmp(name->text, "C") == 0 && !dv_token_is_mark(name + 1, ".")) {
        dv_parser_next(parser);
        return DV_OK;
    }
    return dv_parser_fail(parser, name,
                          "Leave COLLATE out, or write COLLATE \"C\": text always sorts by bytes.",
                          "the collation %s is not known", dv_token_show(parser, name));
}

static enum dv_status parse_cast(struct dv_parser *parser, struct dv_ast **left)
{
    struct dv_ast *node = dv_parser_new(parser, parser->at, DV_AST_CAST, NULL), *operand = *left;
    if (node == NULL)
        return dv_fail_memory(parser->err);
    dv_parser_next(parser);
    PARSE(dv_parse_type(parser, &node->type));
    *left = node;
    return dv_parser_cast(parser, node, operand);
}

static enum dv_status parse_infix(struct dv_parser *parser, enum level level, struct dv_ast **left,
                                  bool *open)
{
    *open = false;
    switch (level) {
    case LEVEL_IS:
        return parse_is(parser, left, open);
    case LEVEL_LIKE:
        return parse_like_level(parser, left, open);
    case LEVEL_ZONE:
        return parse_zone(parser, left);
    case LEVEL_COLLATE:
        return parse_collate(parser);
    case LEVEL_CAST:
        return parse_cast(parser, left);
    case LEVEL_COMPARE:
        *open = true;
        return parse_operator(parser, level, left);
    default:
        return parse_operator(parser, level, left);
    }
}

/* ---- operands and the loop ---- */

static enum dv_status parse_prefix(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *token = parser->at;
    struct dv_ast *operand = NULL;
    if (dv_token_is_word(token, "not")) {
        if (parser->restricted)
            return dv_parser_fail(parser, token, "Put it in brackets.",
                                  "NOT cannot stand here without brackets");
        dv_parser_next(parser);
        PARSE(parse_level(parser, LEVEL_NOT, &operand));
        return dv_parser_node(parser, token, DV_AST_UNARY, "not", &operand, 1, out);
    }
    if (dv_token_is_operator(token, "-") || dv_token_is_operator(token, "+")) {
        dv_parser_next(parser);
        PARSE(parse_level(parser, LEVEL_SIGN, &operand));
        return dv_parser_node(parser, token, DV_AST_UNARY, token->text, &operand, 1, out);
    }
    if (dv_token_is_operator(token, "~")) {
        dv_parser_next(parser);
        PARSE(parse_level(parser, LEVEL_OPERATOR + 1, &operand));
        return dv_parser_node(parser, token, DV_AST_UNARY, token->text, &operand, 1, out);
    }
    if (dv_token_is_operator(token, "*"))
        return dv_parser_fail(parser, token,
                              "Name the columns; * stands in a select list and in count(*) alone.",
                              "* cannot stand here");
    if (token->kind == DV_TOKEN_OPERATOR)
        return operator_level(token->text) == LEVEL_NONE ? refuse_operator(parser)
                                                         : dv_parser_unexpected(parser, "an expression");
    return dv_parse_primary(parser, out);
}

static enum dv_status parse_level(struct dv_parser *parser, enum level least, struct dv_ast **out)
{
    enum level level, closed = LEVEL_NONE; /* closed: the level that cannot chain any more */
    PARSE(dv_parser_enter(parser));
    PARSE(parse_prefix(parser, out));
    for (;;) {
        bool open;
        PARSE(infix_level(parser, &level));
        if (level == LEVEL_NONE || level < least)
            break;
        if (level == closed)
            return dv_parser_fail(parser, parser->at,
                                  "Put one of the two in brackets, or join two comparisons by AND.",
                                  "%s cannot follow another of its kind", dv_token_show(parser, parser->at));
        PARSE(parse_infix(parser, level, out, &open));
        closed = open ? level : LEVEL_NONE;
    }
    dv_parser_leave(parser);
    return DV_OK;
}

static enum dv_status parse_whole(struct dv_parser *parser, bool restricted, struct dv_ast **out)
{
    bool outer = parser->restricted;
    parser->restricted = restricted;
    PARSE(parse_level(parser, LEVEL_NONE, out));
    parser->restricted = outer;
    return DV_OK;
}

enum dv_status dv_parse_expr(struct dv_parser *parser, struct dv_ast **out)
{
    return parse_whole(parser, false, out);
}

enum dv_status dv_parse_restricted(struct dv_parser *parser, struct dv_ast **out)
{
    return parse_whole(parser, true, out);
}

enum dv_status dv_parse_exprs(struct dv_parser *parser, struct dv_ast ***items, unsigned *count)
{
    struct dv_ast **found = NULL;
    unsigned n = 0;
    do {
        found = dv_parser_grow(parser, found, n, sizeof(struct dv_ast *));
        if (found == NULL)
            return dv_fail_memory(parser->err);
        PARSE(dv_parse_expr(parser, &found[n]));
        n++;
    } while (dv_parser_take_mark(parser, ","));
    *items = found;
    *count = n;
    return DV_OK;
}
