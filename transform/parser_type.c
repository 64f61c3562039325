/* Type names: in CAST, behind ::, and before a string. */
#include "transform/keyword.h"
#include "transform/parser_internal.h"

#include "core/buf.h"

#include <string.h>

static const char *const type_keywords[] = {
    "bigint", "bit",      "boolean", "char",      "character", "dec",   "decimal",
    "float",  "int",      "integer", "interval",  "national",  "nchar", "numeric",
    "real",   "smallint", "time",    "timestamp", "varchar",
};

static bool may_name_type(const struct dv_token *token)
{
    if (token->kind == DV_TOKEN_QUOTED)
        return true;
    if (token->kind != DV_TOKEN_WORD)
        return false;
    for (size_t i = 0; i < sizeof type_keywords / sizeof *type_keywords; i++)
        if (strcmp(type_keywords[i], token->text) == 0)
            return true;
    enum dv_keyword category = dv_keyword_of(token->text);
    return category == DV_KEYWORD_FREE || category == DV_KEYWORD_FUNCTION;
}

/* Behind "(12,2)"; `token` itself where no such list stands there. */
static const struct dv_token *skip_modifiers(const struct dv_token *token)
{
    const struct dv_token *at = token;
    if (!dv_token_is_mark(at, "("))
        return token;
    do {
        at++;
        if (dv_token_is_operator(at, "-"))
            at++;
        if (at->kind != DV_TOKEN_NUMBER)
            return token;
        at++;
    } while (dv_token_is_mark(at, ","));
    return dv_token_is_mark(at, ")") ? at + 1 : token;
}

const struct dv_token *dv_parser_type_end(const struct dv_parser *parser)
{
    const struct dv_token *token = parser->at, *end = token;
    if (!may_name_type(token))
        return NULL;
    end++;
    if (dv_token_is_word(token, "double"))
        end += dv_token_is_word(end, "precision") ? 1 : 0;
    if (dv_token_is_word(token, "national") &&
        (dv_token_is_word(end, "character") || dv_token_is_word(end, "char")))
        end++;
    if (dv_token_is_word(token, "character") || dv_token_is_word(token, "char") ||
        dv_token_is_word(token, "nchar") || dv_token_is_word(token, "national") ||
        dv_token_is_word(token, "bit"))
        end += dv_token_is_word(end, "varying") ? 1 : 0;
    end = skip_modifiers(end);
    if ((dv_token_is_word(token, "timestamp") || dv_token_is_word(token, "time")) &&
        (dv_token_is_word(end, "with") || dv_token_is_word(end, "without")) &&
        dv_token_is_word(end + 1, "time") && dv_token_is_word(end + 2, "zone"))
        end += 3;
    return end;
}

static enum dv_status refuse_type(struct dv_parser *parser)
{
    const struct dv_token *token = parser->at;
    if (dv_token_is_word(token, "setof"))
        return dv_parser_fail(parser, token, "Name a type of single values.", "SETOF is not known");
    return dv_parser_unexpected(parser, "a type");
}

/* Moves past [] and [3], adding them to the name. */
static enum dv_status array_bounds(struct dv_parser *parser, struct dv_buf *name)
{
    if (dv_token_is_word(parser->at, "array"))
        return dv_parser_fail(parser, parser->at, "Write the type with brackets: text[].",
                              "ARRAY behind a type is not known");
    while (dv_parser_take_mark(parser, "[")) {
        if (parser->at->kind == DV_TOKEN_NUMBER)
            dv_parser_next(parser);
        PARSE(dv_parser_expect_mark(parser, "]", "[ of an array type"));
        dv_buf_str(name, "[]");
    }
    return DV_OK;
}

static enum dv_status read_type(struct dv_parser *parser, struct dv_buf *name, struct dv_type *type)
{
    const struct dv_token *token = parser->at, *end = dv_parser_type_end(parser);
    struct dv_err inner = DV_ERR_INIT;
    if (end == NULL)
        return refuse_type(parser);
    if (dv_token_is_mark(end, "."))
        return dv_parser_fail(parser, token, "Write the type's name alone: int4, not pg_catalog.int4.",
                              "types are named without a schema");
    for (; parser->at < end; dv_parser_next(parser)) {
        if (parser->at > token && parser->at->kind == DV_TOKEN_WORD)
            dv_buf_byte(name, ' ');
        if (parser->at->kind == DV_TOKEN_QUOTED)
            dv_buf_append(name, parser->at->source, parser->at->source_length);
        else
            dv_buf_str(name, parser->at->text);
    }
    PARSE(array_bounds(parser, name));
    PARSE(dv_buf_check(name, parser->err));
    if (dv_type_parse(name->data, name->len, type, &inner) != DV_OK)
        return dv_parser_fail(parser, token, inner.hint[0] != '\0' ? inner.hint : NULL, "%s", inner.message);
    return DV_OK;
}

enum dv_status dv_parse_type(struct dv_parser *parser, struct dv_type *type)
{
    struct dv_buf name = {0};
    enum dv_status status = read_type(parser, &name, type);
    dv_buf_release(&name);
    return status;
}

static enum dv_status cast_elements(struct dv_parser *parser, struct dv_ast *array,
                                    const struct dv_type *type)
{
    for (unsigned i = 0; i < array->arg_count; i++) {
        struct dv_ast *element = array->args[i], *cast;
        if (element->kind == DV_AST_ARRAY) {
            PARSE(cast_elements(parser, element, type));
            continue;
        }
        cast = dv_arena_alloc(parser->arena, sizeof *cast);
        if (cast == NULL)
            return dv_fail_memory(parser->err);
        *cast = (struct dv_ast){
            .kind = DV_AST_CAST, .type = *type, .line = element->line, .column = element->column};
        cast->type.id = type->element;
        PARSE(dv_parser_finish(parser, cast, &element, 1, 0));
        array->args[i] = cast;
    }
    return dv_parser_finish(parser, array, array->args, array->arg_count, 0);
}

enum dv_status dv_parser_cast(struct dv_parser *parser, struct dv_ast *cast, struct dv_ast *operand)
{
    if (operand->kind == DV_AST_ARRAY && cast->type.id == DV_TYPE_ARRAY)
        PARSE(cast_elements(parser, operand, &cast->type));
    return dv_parser_finish(parser, cast, &operand, 1, 0);
}
