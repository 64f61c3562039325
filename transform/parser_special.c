/* Calls with a syntax of their own: CAST, EXTRACT, POSITION, SUBSTRING, OVERLAY, TRIM, NORMALIZE, COALESCE
 * and its like, ARRAY, EXISTS, CURRENT_DATE and its like. One table holds them, those that are refused
 * included. */
#include "transform/parser_internal.h"

#include <string.h>

enum { MOST_ARGUMENTS = 4 };

struct arguments {
    struct dv_ast *items[MOST_ARGUMENTS];
    unsigned count;
};

static enum dv_status finish_call(struct dv_parser *parser, const struct dv_token *token, const char *name,
                                  struct arguments *args, struct dv_ast **out)
{
    PARSE(dv_parser_expect_mark(parser, ")", "the arguments"));
    return dv_parser_node(parser, token, DV_AST_CALL, name, args->items, args->count, out);
}

static enum dv_status add(struct dv_parser *parser, struct arguments *args)
{
    return dv_parse_expr(parser, &args->items[args->count++]);
}

/* ---- each form; the reader stands behind the opening bracket ---- */

static enum dv_status parse_cast(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **out)
{
    struct dv_ast *operand = NULL, *node = dv_parser_new(parser, token, DV_AST_CAST, NULL);
    if (node == NULL)
        return dv_fail_memory(parser->err);
    PARSE(dv_parse_expr(parser, &operand));
    PARSE(dv_parser_expect(parser, "as", "CAST's value"));
    PARSE(dv_parse_type(parser, &node->type));
    PARSE(dv_parser_expect_mark(parser, ")", "CAST's type"));
    *out = node;
    return dv_parser_cast(parser, node, operand);
}

static enum dv_status parse_extract(struct dv_parser *parser, const struct dv_token *token,
                                    struct dv_ast **out)
{
    struct arguments args = {.count = 1};
    const struct dv_token *field = parser->at;
    if (field->kind != DV_TOKEN_WORD && field->kind != DV_TOKEN_STRING && field->kind != DV_TOKEN_QUOTED)
        return dv_parser_unexpected(parser, "a field such as year or epoch behind EXTRACT(");
    PARSE(dv_parser_node(parser, field, DV_AST_STRING, field->text, NULL, 0, &args.items[0]));
    dv_parser_next(parser);
    PARSE(dv_parser_expect(parser, "from", "EXTRACT's field"));
    PARSE(add(parser, &args));
    return finish_call(parser, token, "extract", &args, out);
}

static enum dv_status parse_position(struct dv_parser *parser, const struct dv_token *token,
                                     struct dv_ast **out)
{
    struct arguments args = {.count = 2};
    PARSE(dv_parse_restricted(parser, &args.items[1]));
    PARSE(dv_parser_expect(parser, "in", "what POSITION looks for"));
    PARSE(dv_parse_restricted(parser, &args.items[0]));
    PARSE(finish_call(parser, token, "strpos", &args, out));
    (*out)->label = "position";
    return DV_OK;
}

static enum dv_status parse_substring(struct dv_parser *parser, const struct dv_token *token,
                                      struct dv_ast **out)
{
    struct arguments args = {0};
    struct dv_ast *from = NULL, *length = NULL;
    PARSE(add(parser, &args));
    while (args.count < 3 && dv_parser_take_mark(parser, ","))
        PARSE(add(parser, &args));
    if (args.count > 1)
        return finish_call(parser, token, "substring", &args, out);
    if (dv_token_is_word(parser->at, "similar"))
        return dv_parser_fail(parser, parser->at, "Write a regular expression: substring(x FROM '[0-9]+').",
                              "SUBSTRING ... SIMILAR is not known");
    for (;;) {
        if (from == NULL && dv_parser_take(parser, "from"))
            PARSE(dv_parse_expr(parser, &from));
        else if (length == NULL && dv_parser_take(parser, "for"))
            PARSE(dv_parse_expr(parser, &length));
        else
            break;
    }
    if (from == NULL && length == NULL)
        return dv_parser_unexpected(parser, "FROM or FOR behind SUBSTRING's text");
    if (from == NULL)
        PARSE(dv_parser_node(parser, token, DV_AST_NUMBER, "1", NULL, 0, &from));
    args.items[args.count++] = from;
    if (length != NULL)
        args.items[args.count++] = length;
    return finish_call(parser, token, "substring", &args, out);
}

static enum dv_status parse_overlay(struct dv_parser *parser, const struct dv_token *token,
                                    struct dv_ast **out)
{
    struct arguments args = {0};
    PARSE(add(parser, &args));
    if (dv_parser_take(parser, "placing")) {
        PARSE(add(parser, &args));
        PARSE(dv_parser_expect(parser, "from", "OVERLAY's new text"));
        PARSE(add(parser, &args));
        if (dv_parser_take(parser, "for"))
            PARSE(add(parser, &args));
    } else {
        while (args.count < MOST_ARGUMENTS && dv_parser_take_mark(parser, ","))
            PARSE(add(parser, &args));
        if (args.count < 3)
            return dv_parser_unexpected(parser, "PLACING behind OVERLAY's text");
    }
    return finish_call(parser, token, "overlay", &args, out);
}

/* TRIM([BOTH | LEADING | TRAILING] [characters] FROM text), TRIM(text), TRIM(text, characters) */
static enum dv_status parse_trim(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **out)
{
    struct arguments args = {0};
    const char *name = dv_parser_take(parser, "leading")    ? "ltrim"
                       : dv_parser_take(parser, "trailing") ? "rtrim"
                                                            : "btrim";
    if (strcmp(name, "btrim") == 0)
        dv_parser_take(parser, "both");
    if (!dv_parser_take(parser, "from")) {
        PARSE(add(parser, &args));
        if (dv_parser_take(parser, "from")) {
            struct dv_ast *characters = args.items[0];
            PARSE(dv_parse_expr(parser, &args.items[0]));
            args.items[args.count++] = characters;
        } else if (dv_parser_take_mark(parser, ",")) {
            PARSE(add(parser, &args));
        }
    } else {
        PARSE(add(parser, &args));
    }
    return finish_call(parser, token, name, &args, out);
}

static enum dv_status parse_normalize(struct dv_parser *parser, const struct dv_token *token,
                                      struct dv_ast **out)
{
    static const char *const forms[] = {"nfc", "nfd", "nfkc", "nfkd"};
    static const char *const names[] = {"NFC", "NFD", "NFKC", "NFKD"};
    struct arguments args = {0};
    PARSE(add(parser, &args));
    if (dv_parser_take_mark(parser, ",")) {
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
            if (dv_token_is_word(parser->at, forms[i]))
                PARSE(dv_parser_node(parser, parser->at, DV_AST_STRING, names[i], NULL, 0,
                                     &args.items[args.count++]));
        if (args.count != 2)
            return dv_parser_unexpected(parser, "NFC, NFD, NFKC or NFKD without quotes");
        dv_parser_next(parser);
    }
    return finish_call(parser, token, "normalize", &args, out);
}

/* COALESCE, GREATEST, LEAST, NULLIF */
static enum dv_status parse_list_call(struct dv_parser *parser, const struct dv_token *token,
                                      struct dv_ast **out)
{
    struct dv_ast **args = NULL;
    unsigned count = 0;
    PARSE(dv_parse_exprs(parser, &args, &count));
    PARSE(dv_parser_expect_mark(parser, ")", "the arguments"));
    if (strcmp(token->text, "nullif") == 0 && count != 2)
        return dv_parser_fail(parser, token, "Write nullif(value, what_counts_as_null).",
                              "nullif takes two arguments");
    return dv_parser_node(parser, token, DV_AST_CALL, token->text, args, count, out);
}

static enum dv_status parse_exists(struct dv_parser *parser, const struct dv_token *token,
                                   struct dv_ast **out)
{
    struct dv_ast *node = dv_parser_new(parser, token, DV_AST_EXISTS, NULL);
    unsigned height = 0;
    if (node == NULL)
        return dv_fail_memory(parser->err);
    parser->at--; /* the bracket belongs to the sub-query */
    PARSE(dv_parse_subquery(parser, &node->query, &height));
    *out = node;
    return dv_parser_finish(parser, node, NULL, 0, height);
}

/* ARRAY[...], inner arrays [..] without the word included; the reader stands at the bracket. */
static enum dv_status parse_array(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **out)
{
    struct dv_ast **args = NULL;
    unsigned count = 0;
    PARSE(dv_parser_enter(parser));
    PARSE(dv_parser_expect_mark(parser, "[", "ARRAY"));
    bool nested = dv_token_is_mark(parser->at, "["); /* [[1, 2], [3, 4]]: all elements are arrays, or none */
    while (!dv_token_is_mark(parser->at, "]")) {
        args = dv_parser_grow(parser, args, count, sizeof(struct dv_ast *));
        if (args == NULL)
            return dv_fail_memory(parser->err);
        if (nested)
            PARSE(parse_array(parser, parser->at, &args[count]));
        else
            PARSE(dv_parse_expr(parser, &args[count]));
        count++;
        if (!dv_parser_take_mark(parser, ",") && !dv_token_is_mark(parser->at, "]"))
            return dv_parser_unexpected(parser, ", or ] behind an element of ARRAY");
        if (dv_token_is_mark(parser->at, "]") && dv_token_is_mark(parser->at - 1, ","))
            return dv_parser_unexpected(parser, "an element behind the comma");
    }
    dv_parser_next(parser);
    dv_parser_leave(parser);
    return dv_parser_node(parser, token, DV_AST_ARRAY, NULL, args, count, out);
}

/* ---- forms without brackets ---- */

static enum dv_status make_now(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **out)
{
    return dv_parser_node(parser, token, DV_AST_CALL, "now", NULL, 0, out);
}

static enum dv_status parse_clock(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **out)
{
    if (dv_token_is_mark(parser->at, "("))
        return dv_parser_fail(parser, parser->at, "Cast it: now()::timestamptz(3).", "%s takes no precision",
                              token->text);
    PARSE(make_now(parser, token, out));
    if (strcmp(token->text, "current_timestamp") != 0) {
        struct dv_ast *now = *out;
        struct dv_ast *cast = dv_parser_new(parser, token, DV_AST_CAST, NULL);
        if (cast == NULL)
            return dv_fail_memory(parser->err);
        cast->type = dv_type_of(strcmp(token->text, "current_date") == 0 ? DV_TYPE_DATE : DV_TYPE_TIMESTAMP);
        *out = cast;
        PARSE(dv_parser_finish(parser, cast, &now, 1, 0));
    }
    (*out)->label = token->text;
    return DV_OK;
}

/* ---- the table ---- */

struct special {
    const char *word;
    char opening; /* what must follow for the word to be this form; NUL: nothing */
    enum dv_status (*parse)(struct dv_parser *parser, const struct dv_token *token, struct dv_ast **out);
    const char *hint; /* parse NULL: refused */
};

static const struct special specials[] = {
    {"cast", '(', parse_cast, NULL},
    {"extract", '(', parse_extract, NULL},
    {"position", '(', parse_position, NULL},
    {"substring", '(', parse_substring, NULL},
    {"overlay", '(', parse_overlay, NULL},
    {"trim", '(', parse_trim, NULL},
    {"normalize", '(', parse_normalize, NULL},
    {"coalesce", '(', parse_list_call, NULL},
    {"greatest", '(', parse_list_call, NULL},
    {"least", '(', parse_list_call, NULL},
    {"nullif", '(', parse_list_call, NULL},
    {"exists", '(', parse_exists, NULL},
    {"array", '[', parse_array, NULL},
    {"current_timestamp", '\0', parse_clock, NULL},
    {"current_date", '\0', parse_clock, NULL},
    {"localtimestamp", '\0', parse_clock, NULL},
    {"array", '(', NULL, "Aggregate with array_agg(x ORDER BY y) instead."},
    {"row", '(', NULL, "Compare or return the parts one by one."},
    {"grouping", '(', NULL, "GROUPING SETS are not known: write one SELECT a grouping, joined by UNION ALL."},
    {"treat", '(', NULL, "Write CAST(x AS type)."},
    {"values", '(', NULL, "Write the rows as SELECT ... UNION ALL SELECT ..."},
    {"current_time", '\0', NULL, "Write now()::time."},
    {"localtime", '\0', NULL, "Write now()::time."},
    {"current_user", '\0', NULL,
     "A model does not depend on who runs it; give the name as a parameter, :name."},
    {"session_user", '\0', NULL,
     "A model does not depend on who runs it; give the name as a parameter, :name."},
    {"current_role", '\0', NULL,
     "A model does not depend on who runs it; give the name as a parameter, :name."},
    {"user", '\0', NULL, "As a name it is written \"user\"; a model does not depend on who runs it."},
    {"current_catalog", '\0', NULL,
     "A model does not depend on where it runs; give the name as a parameter, :name."},
    {"current_schema", '\0', NULL,
     "A model does not depend on where it runs; give the name as a parameter, :name."},
    {"default", '\0', NULL, "Leave the column out of the select list: the target then sets its default."},
    {"xmlelement", '(', NULL, "XML is not known."},
    {"xmlforest", '(', NULL, "XML is not known."},
    {"xmlparse", '(', NULL, "XML is not known."},
    {"xmlconcat", '(', NULL, "XML is not known."},
    {"xmlexists", '(', NULL, "XML is not known."},
    {"xmlserialize", '(', NULL, "XML is not known."},
};

enum dv_status dv_parse_special(struct dv_parser *parser, struct dv_ast **out)
{
    const struct dv_token *token = parser->at, *next = token + 1;
    *out = NULL;
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        const struct special *special = &specials[i];
        char opening[2] = {special->opening, '\0'};
        if (!dv_token_is_word(token, special->word) ||
            (opening[0] != '\0' && !dv_token_is_mark(next, opening)))
            continue;
        if (special->parse == NULL)
            return dv_parser_fail(parser, token, special->hint, "%s is not known here",
                                  dv_token_show(parser, token));
        dv_parser_next(parser);
        if (opening[0] == '(')
            dv_parser_next(parser);
        return special->parse(parser, token, out);
    }
    return DV_OK;
}
