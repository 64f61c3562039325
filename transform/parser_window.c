/* Windows: OVER (…), OVER name, and the WINDOW clause that the names come from. */
#include "transform/parser_internal.h"

#include <string.h>

#define FRAME_HINT                                                                                           \
    "Write ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, or AND UNBOUNDED FOLLOWING; for what follows "  \
    "a "                                                                                                     \
    "row order the window the other way round; for a neighbour write lag(x, n) or lead(x, n)."

static enum dv_status unknown_frame(struct dv_parser *parser)
{
    return dv_parser_fail(parser, parser->at, FRAME_HINT, "window frames of this kind are not known");
}

/* BETWEEN UNBOUNDED PRECEDING AND an end, or UNBOUNDED PRECEDING alone, which ends at the current row. */
static enum dv_status parse_extent(struct dv_parser *parser, bool *whole)
{
    bool between = dv_parser_take(parser, "between");
    *whole = false;
    if (!dv_parser_take(parser, "unbounded") || !dv_parser_take(parser, "preceding"))
        return unknown_frame(parser);
    if (!between)
        return DV_OK;
    PARSE(dv_parser_expect(parser, "and", "UNBOUNDED PRECEDING"));
    *whole = dv_parser_take(parser, "unbounded");
    if (*whole ? !dv_parser_take(parser, "following")
               : !dv_parser_take(parser, "current") || !dv_parser_take(parser, "row"))
        return unknown_frame(parser);
    return DV_OK;
}

static enum dv_status parse_frame(struct dv_parser *parser, struct dv_ast_call *call)
{
    bool rows = dv_parser_take(parser, "rows"), whole;
    if (dv_token_is_word(parser->at, "groups"))
        return unknown_frame(parser);
    if (!rows && !dv_parser_take(parser, "range"))
        return DV_OK;
    PARSE(parse_extent(parser, &whole));
    if (dv_token_is_word(parser->at, "exclude"))
        return unknown_frame(parser);
    call->framed = true;
    call->frame = whole ? DV_FRAME_PARTITION : rows ? DV_FRAME_ROW : DV_FRAME_PEERS;
    return DV_OK;
}

static bool begins_window(const struct dv_token *token)
{
    static const char *const words[] = {"partition", "rows", "range", "groups"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (dv_token_is_word(token, words[i]))
            return true;
    return false;
}

/* ([name] [PARTITION BY …] [ORDER BY …] [frame]); *base: the name's token, NULL: none. */
static enum dv_status parse_window(struct dv_parser *parser, struct dv_ast_call *call,
                                   const struct dv_token **base)
{
    *base = NULL;
    PARSE(dv_parser_expect_mark(parser, "(", "a window"));
    if (dv_token_is_name(parser->at) && !begins_window(parser->at)) {
        *base = parser->at;
        dv_parser_next(parser);
    }
    if (dv_parser_take(parser, "partition")) {
        PARSE(dv_parser_expect(parser, "by", "PARTITION"));
        PARSE(dv_parse_exprs(parser, &call->partition, &call->partition_count));
    }
    if (dv_token_is_word(parser->at, "order"))
        PARSE(dv_parse_order(parser, &call->window_order, &call->window_order_count));
    PARSE(parse_frame(parser, call));
    return dv_parser_expect_mark(parser, ")", "the window");
}

/* What `call` takes of the window of that name. whole: OVER name, which takes the frame too; OVER (name …)
 * may add an order and a frame, as the PostgreSQL manual has it under WINDOW. */
static enum dv_status take_named(struct dv_parser *parser, const struct dv_ast_window *windows,
                                 unsigned window_count, const struct dv_token *name, bool whole,
                                 struct dv_ast_call *call)
{
    const struct dv_ast_call *named = NULL;
    for (unsigned w = 0; w < window_count && named == NULL; w++)
        if (strcmp(windows[w].name, name->text) == 0)
            named = windows[w].call;
    if (named == NULL)
        return dv_parser_fail(parser, name,
                              "Define it behind HAVING: WINDOW w AS (PARTITION BY a ORDER BY b).",
                              "window \"%s\" does not exist", name->text);
    if (whole) {
        call->framed = named->framed;
        call->frame = named->frame;
    } else if (named->framed) {
        return dv_parser_fail(parser, name, "Write OVER w, or put the frame behind OVER alone.",
                              "cannot copy window \"%s\" because it has a frame clause", name->text);
    }
    if (call->partition_count > 0)
        return dv_parser_fail(parser, name, "Leave PARTITION BY out.",
                              "cannot override PARTITION BY clause of window \"%s\"", name->text);
    if (call->window_order_count > 0 && named->window_order_count > 0)
        return dv_parser_fail(parser, name, "Leave ORDER BY out of one of the two.",
                              "cannot override ORDER BY clause of window \"%s\"", name->text);
    call->partition = named->partition;
    call->partition_count = named->partition_count;
    if (named->window_order_count > 0) {
        call->window_order = named->window_order;
        call->window_order_count = named->window_order_count;
    }
    return DV_OK;
}

enum dv_status dv_parse_over(struct dv_parser *parser, const struct dv_token *function,
                             struct dv_ast_call *call)
{
    const struct dv_token *name = NULL;
    bool whole = dv_token_is_name(parser->at);
    call->over = true;
    if (call->distinct || call->order_count > 0)
        return dv_parser_fail(parser, function, "Leave it out, or aggregate in a sub-select first.",
                              "DISTINCT and ORDER BY inside %s(...) cannot go with OVER", function->text);
    if (whole) {
        name = parser->at;
        dv_parser_next(parser);
    } else {
        PARSE(parse_window(parser, call, &name));
    }
    if (name == NULL)
        return DV_OK;
    struct dv_over_name *waiting = dv_arena_zalloc(parser->arena, sizeof *waiting);
    if (waiting == NULL)
        return dv_fail_memory(parser->err);
    *waiting = (struct dv_over_name){.call = call, .name = name, .whole = whole, .next = parser->over_names};
    parser->over_names = waiting;
    return DV_OK;
}

enum dv_status dv_parse_windows(struct dv_parser *parser, struct dv_ast_select *select)
{
    if (!dv_parser_take(parser, "window"))
        return DV_OK;
    do {
        const struct dv_token *token = parser->at, *base;
        struct dv_ast_call *call = dv_arena_zalloc(parser->arena, sizeof *call);
        select->windows =
            dv_parser_grow(parser, select->windows, select->window_count, sizeof *select->windows);
        if (call == NULL || select->windows == NULL)
            return dv_fail_memory(parser->err);
        struct dv_ast_window *window = &select->windows[select->window_count];
        PARSE(dv_parser_name(parser, "a name behind WINDOW", &window->name));
        for (unsigned w = 0; w < select->window_count; w++)
            if (strcmp(select->windows[w].name, window->name) == 0)
                return dv_parser_fail(parser, token, "Give one of them another name.",
                                      "window \"%s\" is already defined", window->name);
        PARSE(dv_parser_expect(parser, "as", "the window's name"));
        PARSE(parse_window(parser, call, &base));
        if (base != NULL)
            PARSE(take_named(parser, select->windows, select->window_count, base, false, call));
        window->call = call;
        select->window_count++;
    } while (dv_parser_take_mark(parser, ","));
    return DV_OK;
}

enum dv_status dv_resolve_windows(struct dv_parser *parser, const struct dv_ast_select *select)
{
    for (const struct dv_over_name *at = parser->over_names; at != NULL; at = at->next)
        PARSE(take_named(parser, select != NULL ? select->windows : NULL,
                         select != NULL ? select->window_count : 0, at->name, at->whole, at->call));
    parser->over_names = NULL;
    return DV_OK;
}
