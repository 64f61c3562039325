/* The bound program: relations (extracted datasets and models), the branches that fill them, and in which
 * pass.
 *
 * A relation is an input (an extracted dataset), or a model. A model is filled by branches, one a SELECT of
 * its UNION ALL; a branch reads one base relation row by row and looks rows up in others. A branch with a
 * barrier (GROUP BY, DISTINCT) stands alone in its relation: its rows go through a sorter and come out, in
 * the next pass, partition by partition.
 *
 * Passes are numbered from 1. `level` is the pass in which a relation's rows come to be (0: an input);
 * whoever reads them row by row may do so in that very pass, without a file between; whoever looks them up
 * comes in a later one. Private to transform/. Immutable once bound. */
#ifndef DV_TRANSFORM_RELATION_H
#define DV_TRANSFORM_RELATION_H

#include "transform/aggregate.h"
#include "transform/expr.h"
#include "transform/transform.h"

struct dv_relation;

struct dv_bound_rule {
    const char *name;
    struct dv_expr *condition;
};

enum dv_join_kind {
    DV_LOOKUP, /* the right relation's rows under a key */
    DV_MARK,   /* EXISTS, IN: one boolean, whether the right relation has the key */
    DV_VALUE, /* (SELECT …): the right relation's one row under a key, or NULLs; the slot behind those of the
                 right side says whether there are several, which is an error to read */
    DV_EXPAND /* a function in FROM: its rows; there is no right relation */
};

/* One item of FROM behind the first, or one sub-query of a condition. */
struct dv_join_plan {
    enum dv_join_kind kind;
    struct dv_relation *right;   /* NULL for DV_EXPAND */
    bool left_join;              /* no match: NULLs; else the row is filtered */
    bool many;                   /* the right side need not be unique */
    struct dv_expr **left_keys;  /* over the branch's flat row */
    struct dv_expr **right_keys; /* over the right relation's own row */
    unsigned key_count;
    bool null_aware, negated; /* DV_MARK: IN's NULLs count; NOT IN */
    struct dv_set_call *set;  /* DV_EXPAND */
    struct dv_expr *residual; /* over the flat row, the right side included; NULL */
    unsigned first_slot;      /* of the right side's columns in the flat row */
    unsigned slot_count;
    bool *carried; /* per right column: read by this branch; dv_mark_needed */
    int line, column;
};

enum dv_barrier {
    DV_BARRIER_NONE,
    DV_BARRIER_GROUP,
    DV_BARRIER_PICK,   /* DISTINCT ON: the first row of each key */
    DV_BARRIER_WINDOW, /* OVER: every row, with what its partition says of it */
    DV_BARRIER_SORT    /* ORDER BY, LIMIT: every row, in order, in one part */
};

enum dv_window_kind {
    DV_ROW_NUMBER,
    DV_RANK,
    DV_DENSE_RANK,
    DV_PERCENT_RANK,
    DV_CUME_DIST,
    DV_NTILE,
    DV_SHIFT, /* lag, lead */
    DV_FIRST_VALUE,
    DV_LAST_VALUE,
    DV_WINDOW_AGGREGATE
};

/* One call with OVER; its result has a slot of the flat row. */
struct dv_window {
    const struct dv_ast *ast;
    enum dv_window_kind kind;
    struct dv_type type;
    bool ordered;               /* it has an ORDER BY */
    enum dv_window_frame reach; /* PEERS only where it is ordered */
    struct dv_aggregate *aggregate;
    struct dv_expr *value, *fallback; /* over the flat row: lag(value, shift, fallback), first_value(value) */
    int64_t shift;                    /* lag -1, lead 1: how many rows further on the value is */
    unsigned slot;
    bool needed; /* an output that somebody reads reads it; dv_mark_needed */
};

/* The flat row of a branch: the base's columns, then each join's right columns, then (row-wise) its own
 * outputs. */
struct dv_branch {
    struct dv_relation *relation;
    struct dv_relation *base;
    struct dv_branch
        *source;           /* what reads FROM: itself, or the branch at the lower end of a chain of links */
    struct dv_scope scope; /* names of the source's flat row */
    struct dv_join_plan *joins;
    unsigned join_count;
    unsigned width; /* slots before the outputs */
    struct dv_bound_rule *filters;
    unsigned filter_count;
    struct dv_expr *where;
    struct dv_expr **outputs; /* over the flat row; behind a GROUP barrier over keys and aggregates */
    struct dv_bound_rule
        *rejects; /* over outputs (slot width + i) and flat row; behind a barrier over outputs alone */
    unsigned reject_count;

    enum dv_barrier barrier;
    struct dv_expr **keys; /* over the flat row */
    unsigned key_count;
    struct dv_aggregate **aggregates;
    unsigned aggregate_count;
    bool *computed;                   /* per aggregate: an output that is needed, HAVING, a rule reads it */
    struct dv_expr *having;           /* over keys and aggregates */
    struct dv_aggregate_order *order; /* PICK: which row is first; WINDOW, SORT: the order of rows */
    unsigned order_count;
    struct dv_window *windows; /* WINDOW */
    unsigned window_count;
    uint64_t limit, offset; /* SORT; UINT64_MAX: no limit */
    bool *
        carried; /* flat slots that pass the barrier (aggregates' arguments, conflict keys, PICK's outputs) */
    struct dv_type *slot_types; /* of the flat row */
    unsigned *conflict_slots;   /* flat slots that name a losing row */
    const char **conflict_names;
    unsigned conflict_count;
};

struct dv_relation {
    const char *name;
    const char *file; /* for messages; NULL for inputs */
    const char *description;
    bool input, ephemeral;
    bool link;         /* the lower half of a SELECT with several barriers: what it leaves out counts as its
                          reader's */
    bool inner;        /* made by a WITH, a sub-select, a sub-query: nobody reads it but its own model */
    bool single;       /* the input of a SELECT that reads no dataset: one row without columns, no files */
    bool materialized; /* has stage files: an input, a written model, or one that others look up */
    struct dv_column *columns;
    unsigned column_count;
    struct dv_branch *branches;
    unsigned branch_count;
    struct dv_branch *recursive; /* WITH RECURSIVE: reads the relation's own rows, makes more of them; NULL */
    const struct dv_model_spec *spec; /* NULL: none */
    struct dv_ast_model *ast;
    bool binding, bound;
    bool looked_up;
    unsigned nested;      /* a model: relations that its WITH, sub-selects and sub-queries made so far */
    bool *needed;         /* per column: read by somebody, or written; dv_mark_needed */
    unsigned level;       /* the pass in which its rows come to be */
    unsigned input_level; /* a barrier: the pass that feeds it (level - 1) */
};

struct dv_program {
    struct dv_arena arena;
    struct dv_relation **relations; /* inputs first, then in the order in which they can run */
    unsigned relation_count, relation_capacity;
    unsigned input_count;
    struct dv_relation **unbound; /* the models, while they are being bound */
    unsigned unbound_count;
    struct dv_param *params;
    unsigned param_count;
    int64_t now_us;
    const char *models_dir;
    unsigned pass_count;
};

/* Barriers stand alone in their relation, so the one branch tells. */
static inline bool dv_relation_is_barrier(const struct dv_relation *relation)
{
    return relation->branch_count == 1 && relation->branches[0].barrier != DV_BARRIER_NONE;
}

/* An input or a bound model. NULL: none. */
struct dv_relation *dv_program_relation(const struct dv_program *program, const char *name);
enum dv_status dv_program_add(struct dv_program *program, struct dv_relation *relation,
                              struct dv_err *err) DV_MUST_CHECK;

/* Binds one model: its bases and right sides first (a cycle is an error that names it). bind_query.c */
enum dv_status dv_bind_relation(struct dv_program *program, struct dv_relation *relation,
                                struct dv_err *err) DV_MUST_CHECK;
/* Works out, from what is written back to the inputs, which columns anybody reads. needed.c */
enum dv_status dv_mark_needed(struct dv_program *program, struct dv_err *err) DV_MUST_CHECK;
/* Assigns levels and decides what is materialized. schedule.c */
void dv_schedule(struct dv_program *program);

#endif
