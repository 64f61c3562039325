/* The syntax tree of a model: one SELECT in drover's subset of PostgreSQL's SQL, as parsed, names not yet
 * resolved.
 *
 * Everything lives in the arena given to dv_parse_*: nothing is freed singly. Lines and columns are 1-based
 * and count characters as an editor does. Errors are code USAGE and read "FILE:LINE:COLUMN: what, and what to
 * write instead". */
#ifndef DV_TRANSFORM_AST_H
#define DV_TRANSFORM_AST_H

#include "core/arena.h"
#include "core/error.h"
#include "core/type.h"

#include <stdbool.h>

enum dv_ast_kind {
    DV_AST_NULL,
    DV_AST_BOOL,         /* flag */
    DV_AST_NUMBER,       /* text: digits as written (123, 1.50, 1e6) */
    DV_AST_STRING,       /* text: content, escapes of E'' and U&'' resolved */
    DV_AST_TYPED_STRING, /* type 'text': date '2024-02-29', interval '30 days' */
    DV_AST_COLUMN,       /* qualifier (may be NULL), text: name, case-folded unless quoted */
    DV_AST_STAR,         /* *, or qualifier.* : in a select list and count(*) only */
    DV_AST_PARAM,        /* :name ; text */
    DV_AST_UNARY,        /* text: operator "-", "+", "not" ; args[0] */
    DV_AST_BINARY, /* text: operator as written ("+", "||", "->>", "=", "<>" (also for !=), "~*", "and", "or",
                      ...) */
    DV_AST_IS,     /* args[0] IS [NOT: flag] text: "null", "true", "false", "unknown" */
    DV_AST_DISTINCT_FROM, /* args[0] IS [NOT: flag] DISTINCT FROM args[1] */
    DV_AST_BETWEEN,       /* args[0] [NOT: flag] BETWEEN [SYMMETRIC: text "symmetric"] args[1] AND args[2] */
    DV_AST_IN,            /* args[0] [NOT: flag] IN (args[1..]) */
    DV_AST_IN_QUERY,      /* args[0] [NOT: flag] IN (query) */
    DV_AST_EXISTS,        /* EXISTS (query); NOT EXISTS is UNARY not over it */
    DV_AST_SUBQUERY,      /* (query) as a value */
    DV_AST_LIKE,      /* args[0] [NOT: flag] LIKE | ILIKE (text: "like", "ilike") args[1] [ESCAPE args[2]] */
    DV_AST_CASE,      /* flag: simple form; args: [operand], when, then, when, then, ..., [else: has_else] */
    DV_AST_CAST,      /* args[0] to type (CAST(x AS t), x::t) */
    DV_AST_CALL,      /* text: function name, folded; args; see struct dv_ast_call for what may follow */
    DV_AST_ARRAY,     /* ARRAY[args] */
    DV_AST_SUBSCRIPT, /* args[0][args[1]]; a slice args[0][args[1]:args[2]]: a bound left open is a NULL with
                         has_else */
    DV_AST_ANY        /* args[0] text ANY (args[1]); ALL: flag; text: the operator */
};

struct dv_ast_query;

struct dv_ast_order {
    struct dv_ast *expr;
    bool descending;
    bool nulls_first; /* resolved: PostgreSQL's default where nothing is said (DESC: first) */
    /* ORDER BY of a query only: 1-based index into the items of its (first) SELECT where an ordinal or an
     * output's name stood here; 0: none. A single SELECT's expr is then that item's expression. Over UNION
     * ALL expr stays as written: the output's name, or the ordinal; item 0 with a name means one that only a
     * * of the first SELECT can give. */
    unsigned item;
};

/* How far a window reaches from the beginning of the partition. */
enum dv_window_frame {
    DV_FRAME_PEERS, /* the default: to the row's last peer; without ORDER BY all rows are peers */
    DV_FRAME_ROW,   /* ROWS … CURRENT ROW */
    DV_FRAME_PARTITION
};

/* What may stand in and behind a function call. Special forms are parsed to plain calls: EXTRACT(f FROM x) to
 * extract('f', x), POSITION(a IN b) to strpos(b, a), SUBSTRING(x FROM a FOR b) to
 * substring(x, a, b), TRIM(BOTH c FROM x) to btrim(x, c) (ltrim, rtrim), x AT TIME ZONE z to timezone(z, x),
 * COALESCE, NULLIF, GREATEST, LEAST to calls of these names, CURRENT_TIMESTAMP and now() to now(). */
struct dv_ast_call {
    bool star;     /* count(*) */
    bool distinct; /* f(DISTINCT x) */
    struct dv_ast_order *order;
    unsigned order_count;
    struct dv_ast *filter; /* FILTER (WHERE ...); NULL */
    bool over;             /* OVER (...) */
    struct dv_ast **partition;
    unsigned partition_count;
    struct dv_ast_order *window_order;
    unsigned window_order_count;
    enum dv_window_frame frame;
    bool framed; /* the frame was written */
};

struct dv_ast {
    enum dv_ast_kind kind;
    int line, column;
    const char *text;
    const char *qualifier;
    bool flag, has_else;
    struct dv_type type;
    unsigned arg_count;
    struct dv_ast **args;
    struct dv_ast_call *call;
    struct dv_ast_query *query;
    /* The default output name where the tree alone does not tell it (current_date); else NULL. */
    const char *label;
    /* Of the tree below, sub-queries included: at most DV_AST_HIGHEST, so that recursion is safe. */
    unsigned height;
};

enum { DV_AST_HIGHEST = 500 };

enum dv_join { DV_JOIN_FROM /* the first, or after a comma */, DV_JOIN_INNER, DV_JOIN_LEFT, DV_JOIN_CROSS };

struct dv_ast_from {
    int line, column;
    enum dv_join join;
    const char *dataset;           /* a dataset, model or WITH name; NULL for the other two */
    struct dv_ast_query *subquery; /* (SELECT ...) alias */
    struct dv_ast *function;       /* generate_series(...), unnest(...), jsonb_array_elements(...) */
    bool with_ordinality;
    /* The name that qualifies its columns: as given, else the dataset's or the function's; never NULL. */
    const char *alias;
    const char **column_aliases; /* alias(a, b) */
    unsigned column_alias_count;
    struct dv_ast *on; /* NULL */
    const char **using_columns;
    unsigned using_count;
};

struct dv_ast_item {
    struct dv_ast *expr;
    /* As given, or PostgreSQL's default: column name, function name, cast type name, "?column?"; NULL for *.
     */
    const char *alias;
    bool explicit_alias;
};

/* WINDOW name AS (…): partition, order and frame of `call`. The calls that name it hold a copy of them. */
struct dv_ast_window {
    const char *name;
    struct dv_ast_call *call;
};

struct dv_ast_select {
    int line, column;
    bool distinct;               /* SELECT DISTINCT */
    struct dv_ast **distinct_on; /* DISTINCT ON (...) */
    unsigned distinct_on_count;
    struct dv_ast_item *items;
    unsigned item_count;
    struct dv_ast_from *from; /* [0].join is DV_JOIN_FROM */
    unsigned from_count;
    struct dv_ast *where, *having;
    struct dv_ast **group_by; /* ordinals (GROUP BY 1) already replaced by the item's expression */
    /* One an entry: what to group by where the entry is a column that the input does not have, but an output
     * of that name is there (PostgreSQL prefers the input); else NULL. */
    struct dv_ast **group_alias;
    unsigned group_count;
    struct dv_ast_window *windows;
    unsigned window_count;
};

struct dv_ast_with {
    const char *name;
    const char **columns;
    unsigned column_count;
    struct dv_ast_query *query;
};

struct dv_ast_query {
    struct dv_ast_with *with;
    unsigned with_count;
    bool recursive;
    struct dv_ast_select **selects; /* one, or more joined by UNION ALL */
    unsigned select_count;
    struct dv_ast_order *order; /* of the whole result (for a single SELECT: of that; DISTINCT ON uses it) */
    unsigned order_count;
    struct dv_ast *limit, *offset;
};

/* One model file. Pragmas are comment lines "-- drover: word". */
struct dv_ast_model {
    const char *file;        /* for messages */
    const char *description; /* the first comment's text, where it stands before the SELECT; else NULL */
    bool ephemeral;          /* not written: read through by the models that name it */
    bool many;               /* its joins may multiply rows */
    struct dv_ast_query *query;
};

enum dv_status dv_parse_model(const char *sql, size_t length, const char *file, struct dv_arena *arena,
                              struct dv_ast_model **model, struct dv_err *err) DV_MUST_CHECK;
/* A single expression, for rules in job.json; `place` names it in errors: "job.json:
 * transform.users.reject.x". */
enum dv_status dv_parse_expression(const char *sql, size_t length, const char *place, struct dv_arena *arena,
                                   struct dv_ast **expression, struct dv_err *err) DV_MUST_CHECK;

bool dv_ast_equal(const struct dv_ast *a, const struct dv_ast *b); /* same structure; places do not count */
/* Every dataset that the query reads and that no WITH inside it defines: calls visit(context, name, line,
 * column). */
enum dv_status dv_ast_each_dataset(const struct dv_ast_query *query,
                                   enum dv_status (*visit)(void *context, const char *name, int line,
                                                           int column, struct dv_err *err),
                                   void *context, struct dv_err *err) DV_MUST_CHECK;
/* Children of an expression (arguments, order, filter, partition), subqueries not entered. */
enum dv_status dv_ast_each_child(const struct dv_ast *node,
                                 enum dv_status (*visit)(void *context, const struct dv_ast *child,
                                                         struct dv_err *err),
                                 void *context, struct dv_err *err) DV_MUST_CHECK;

#endif
