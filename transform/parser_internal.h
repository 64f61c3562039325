/* What the files of the parser share: the reader over the tokens, and the parse functions that call each
 * other. Not for anybody else; transform/ast.h is the door.
 *
 * A parse function stands at the first token of what it parses and leaves the reader behind the last one.
 * After an error the reader is of no use any more. */
#ifndef DV_TRANSFORM_PARSER_INTERNAL_H
#define DV_TRANSFORM_PARSER_INTERNAL_H

#include "transform/ast.h"
#include "transform/lexer.h"

/* A call with OVER name or OVER (name …), until the WINDOW clause is read. */
struct dv_over_name {
    struct dv_ast_call *call;
    const struct dv_token *name;
    bool whole; /* no brackets */
    const struct dv_over_name *next;
};

struct dv_parser {
    const char *file;
    struct dv_arena *arena;
    struct dv_err *err;
    const struct dv_token *first, *at;
    unsigned depth;  /* of the recursion now */
    unsigned height; /* of the highest expression of the query being parsed */
    bool restricted; /* inside BETWEEN's lower bound or POSITION: no AND, OR, NOT, IN, LIKE (PostgreSQL's
                        b_expr) */
    const struct dv_over_name *over_names; /* of the SELECT being parsed */
};

/* Nothing is owned outside the arena, so an error needs no cleaning up. */
#define PARSE(call)                                                                                          \
    do {                                                                                                     \
        enum dv_status parse_status = (call);                                                                \
        if (parse_status != DV_OK)                                                                           \
            return parse_status;                                                                             \
    } while (0)

/* ---- tokens (parser_token.c) ---- */
const struct dv_token *dv_parser_ahead(const struct dv_parser *parser,
                                       unsigned count); /* END where there is none */
void dv_parser_next(struct dv_parser *parser);
bool dv_token_is_word(const struct dv_token *token, const char *word);
bool dv_token_is_mark(const struct dv_token *token, const char *mark);
bool dv_token_is_operator(const struct dv_token *token, const char *text);
bool dv_token_is_name(const struct dv_token *token);
bool dv_parser_take(struct dv_parser *parser, const char *word); /* moves on where the word stands here */
bool dv_parser_take_mark(struct dv_parser *parser, const char *mark);
enum dv_status dv_parser_expect(struct dv_parser *parser, const char *word, const char *after) DV_MUST_CHECK;
enum dv_status dv_parser_expect_mark(struct dv_parser *parser, const char *mark,
                                     const char *after) DV_MUST_CHECK;
/* A name of a column, table, alias: quoted, or a word that is no keyword there. `what` is named in the error.
 */
enum dv_status dv_parser_name(struct dv_parser *parser, const char *what, const char **name) DV_MUST_CHECK;
/* (a, b, ...) */
enum dv_status dv_parser_names(struct dv_parser *parser, const char *what, const char ***names,
                               unsigned *count) DV_MUST_CHECK;
/* From here on, behind any number of "(", a SELECT, WITH or VALUES begins. */
bool dv_parser_at_query(const struct dv_parser *parser);

enum dv_status dv_parser_fail(struct dv_parser *parser, const struct dv_token *token, const char *hint,
                              const char *format, ...) DV_PRINTF(4, 5);
/* The token here cannot stand here; looks for a misspelt keyword in it and the one before. */
enum dv_status dv_parser_unexpected(struct dv_parser *parser, const char *expected);
const char *dv_token_show(struct dv_parser *parser, const struct dv_token *token);

/* An array with room for one more element behind `count`; NULL when there is no memory. Elements come zeroed.
 */
void *dv_parser_grow(struct dv_parser *parser, void *items, unsigned count, size_t size);
enum dv_status dv_parser_enter(struct dv_parser *parser) DV_MUST_CHECK; /* one level of recursion deeper */
void dv_parser_leave(struct dv_parser *parser);

/* ---- nodes (parser_token.c) ---- */
struct dv_ast *dv_parser_new(struct dv_parser *parser, const struct dv_token *token, enum dv_ast_kind kind,
                             const char *text); /* NULL when there is no memory */
/* Gives the node its arguments (copied) and measures it; query_height: of the sub-query that it holds. */
enum dv_status dv_parser_finish(struct dv_parser *parser, struct dv_ast *node, struct dv_ast **args,
                                unsigned count, unsigned query_height) DV_MUST_CHECK;
enum dv_status dv_parser_node(struct dv_parser *parser, const struct dv_token *token, enum dv_ast_kind kind,
                              const char *text, struct dv_ast **args, unsigned count,
                              struct dv_ast **out) DV_MUST_CHECK;

/* ---- grammar ---- */
/* Gives a cast, whose type is set, its operand. A cast of ARRAY[...] is one of each element (manual 4.2.12).
 * parser_type.c */
enum dv_status dv_parser_cast(struct dv_parser *parser, struct dv_ast *cast,
                              struct dv_ast *operand) DV_MUST_CHECK;
enum dv_status dv_parse_expr(struct dv_parser *parser, struct dv_ast **out) DV_MUST_CHECK; /* parser_expr.c */
enum dv_status dv_parse_restricted(struct dv_parser *parser, struct dv_ast **out) DV_MUST_CHECK;
enum dv_status dv_parse_exprs(struct dv_parser *parser, struct dv_ast ***items,
                              unsigned *count) DV_MUST_CHECK;
enum dv_status dv_parse_primary(struct dv_parser *parser,
                                struct dv_ast **out) DV_MUST_CHECK; /* parser_primary.c */
enum dv_status dv_parse_call(struct dv_parser *parser, struct dv_ast **out) DV_MUST_CHECK; /* parser_call.c */
/* Behind OVER; `function` is named in errors. (parser_window.c) */
enum dv_status dv_parse_over(struct dv_parser *parser, const struct dv_token *function,
                             struct dv_ast_call *call) DV_MUST_CHECK;
/* The WINDOW clause, where one stands here. */
enum dv_status dv_parse_windows(struct dv_parser *parser, struct dv_ast_select *select) DV_MUST_CHECK;
/* Gives the calls that name a window what it says. select: NULL where there is no WINDOW clause. */
enum dv_status dv_resolve_windows(struct dv_parser *parser, const struct dv_ast_select *select) DV_MUST_CHECK;
/* EXTRACT(...), CAST(...) and all else that PostgreSQL gives a syntax of its own; *out NULL where none stands
 * here. */
enum dv_status dv_parse_special(struct dv_parser *parser,
                                struct dv_ast **out) DV_MUST_CHECK; /* parser_special.c */
/* The token behind a type name (brackets of arrays not counted), NULL where none stands here. (parser_type.c)
 */
const struct dv_token *dv_parser_type_end(const struct dv_parser *parser);
enum dv_status dv_parse_type(struct dv_parser *parser, struct dv_type *type) DV_MUST_CHECK;
/* Query level (parser.c, parser_from.c, parser_resolve.c) */
enum dv_status dv_parse_query(struct dv_parser *parser, struct dv_ast_query **query,
                              unsigned *height) DV_MUST_CHECK;
enum dv_status dv_parse_subquery(struct dv_parser *parser, struct dv_ast_query **query,
                                 unsigned *height) DV_MUST_CHECK; /* (query) */
enum dv_status dv_parse_order(struct dv_parser *parser, struct dv_ast_order **order,
                              unsigned *count) DV_MUST_CHECK;
enum dv_status dv_parse_from(struct dv_parser *parser, struct dv_ast_select *select) DV_MUST_CHECK;
/* Ordinals and output names in GROUP BY, DISTINCT ON and ORDER BY. */
enum dv_status dv_resolve_group(struct dv_parser *parser, struct dv_ast_select *select) DV_MUST_CHECK;
enum dv_status dv_resolve_distinct(struct dv_parser *parser, struct dv_ast_select *select) DV_MUST_CHECK;
enum dv_status dv_resolve_order(struct dv_parser *parser, struct dv_ast_query *query) DV_MUST_CHECK;

/* PostgreSQL's name for an output without AS (ast.c); NULL when there is no memory. */
const char *dv_ast_default_name(struct dv_arena *arena, const struct dv_ast *node);

#endif
