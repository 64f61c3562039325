/* One task of a pipeline: one part of the root through the tree of branches. Private to transform/.
 *
 * Rejects parts are published before the parts of the sinks, so that a part that exists never lacks its
 * rejects. */
#ifndef DV_TRANSFORM_FLOW_H
#define DV_TRANSFORM_FLOW_H

#include "core/stage_writer.h"
#include "transform/pipeline.h"

struct dv_flow_node {
    bool active; /* it or something below it has work in this part */
    bool write;  /* its sink's part is not there yet */
    uint32_t part;
    struct dv_value *row; /* flat row, then outputs */
    struct dv_stage_writer *writer, *rejects;
    struct dv_probe *probes;
    struct dv_frame **frames; /* a recursive branch: one a depth, outermost first */
    unsigned depth, frame_count;
    struct dv_arena expanded; /* what rows out of functions in FROM make */
    uint64_t read, multiplied /* rows made beyond one a row read */;
    uint64_t written, merged, unmatched, where, having, limited, fed;
    uint64_t *filtered, *rejected;          /* by rule */
    struct dv_tally failed;                 /* rows that an expression failed on */
    uint64_t nanoseconds;                   /* analyze: of the row's whole way from here on */
    uint64_t reported_rows, reported_bytes; /* to progress */
};

struct dv_flow {
    struct dv_run *run;
    struct dv_pipeline *pipeline;
    unsigned worker;
    uint32_t part;
    struct dv_flow_node *nodes;
    struct dv_arena arena; /* the task's */
    struct dv_arena batch; /* values of some rows */
    struct dv_eval eval;
    struct dv_keep keep; /* by nodes of the branches' expressions */
    struct dv_buf key, payload, record;
    uint64_t clock_cost; /* analyze: of looking at the clock */
    uint64_t row_number; /* of the root's row in hand */
    const char *raw;     /* its CSV record without LF; NULL: the root is a barrier */
    size_t raw_length;
    const struct dv_value *values; /* the root's row */
};

/* From here on the first `width` slots stay as they are, and what is decoded of them lives in eval.arena.
 * Returns the scope until now, which the caller puts back when they change. */
struct dv_eval_scope dv_flow_scope(struct dv_flow *flow, unsigned width);
/* Pushes one row of the base relation into the node. */
enum dv_status dv_flow_push(struct dv_flow *flow, const struct dv_node *node, const struct dv_value *base,
                            struct dv_err *err) DV_MUST_CHECK;
/* One row of a relation into its recursive branch. flow_recurse.c */
enum dv_status dv_flow_recurse(struct dv_flow *flow, const struct dv_node *node, const struct dv_value *base,
                               struct dv_err *err) DV_MUST_CHECK;
/* Whether the row that join j of a recursive branch found stands on the path to itself already; then it is
 * rejected. */
enum dv_status dv_flow_cycle(struct dv_flow *flow, const struct dv_node *node, unsigned j, bool *cycle,
                             struct dv_err *err) DV_MUST_CHECK;
void dv_flow_frames_free(struct dv_flow_node *state, unsigned join_count);
/* Goes on with join j of the branch and those behind it, then dv_flow_finish. flow_join.c */
enum dv_status dv_flow_join(struct dv_flow *flow, const struct dv_node *node, unsigned j,
                            struct dv_err *err) DV_MUST_CHECK;
/* The flat row is complete: filters, WHERE, outputs, rules. */
enum dv_status dv_flow_finish(struct dv_flow *flow, const struct dv_node *node,
                              struct dv_err *err) DV_MUST_CHECK;
bool dv_flow_condition(struct dv_flow *flow, const struct dv_expr *condition, enum dv_status *status,
                       struct dv_err *err);
/* Gives a finished output row to the sink and the children. */
enum dv_status dv_flow_emit(struct dv_flow *flow, const struct dv_node *node, const struct dv_value *outputs,
                            struct dv_err *err) DV_MUST_CHECK;
/* Writes the root's row in hand to rejects/RELATION. */
enum dv_status dv_flow_reject(struct dv_flow *flow, const struct dv_node *node, const char *reason,
                              const char *detail, struct dv_err *err) DV_MUST_CHECK;
/* The columns of rejects that come from `root`, and the folder of those of `relation`; NULL: no memory.
 * reject.c */
struct dv_column *dv_reject_columns(struct dv_arena *arena, const struct dv_relation *root, unsigned *count);
char *dv_reject_dir(struct dv_arena *arena, const struct dv_context *context,
                    const struct dv_relation *relation, const struct dv_relation *root);
/* An expression failed: a fault of the row rejects the row (DV_OK), anything else is passed on. */
enum dv_status dv_flow_row_failed(struct dv_flow *flow, const struct dv_node *node, enum dv_status status,
                                  struct dv_err *err) DV_MUST_CHECK;
/* analyze: adds the task's figures to the run's. flow_analyze.c */
void dv_flow_figures(struct dv_flow *flow);
uint64_t dv_flow_clock(void); /* nanoseconds of this thread's processor time */
/* Counts rows and bytes written since the last call. */
void dv_flow_report(struct dv_flow *flow);
/* Feeds the row in the node's flat row to its barrier. barrier_feed.c */
enum dv_status dv_barrier_feed(struct dv_flow *flow, const struct dv_node *node,
                               struct dv_err *err) DV_MUST_CHECK;
/* Drives a task whose root is a barrier. barrier_read.c */
enum dv_status dv_barrier_read(struct dv_flow *flow, struct dv_err *err) DV_MUST_CHECK;

/* Conflicts of one part: which values lost to which. conflicts.c */
struct dv_conflicts;
enum dv_status dv_conflicts_new(struct dv_conflicts **conflicts, struct dv_flow *flow,
                                const struct dv_branch *branch, struct dv_err *err) DV_MUST_CHECK;
/* A row of the group in hand, in the branch's flat row (eval->row). */
enum dv_status dv_conflicts_row(struct dv_conflicts *conflicts, struct dv_eval *eval,
                                struct dv_err *err) DV_MUST_CHECK;
/* The group is over: keys and aggregates as settled. */
enum dv_status dv_conflicts_group(struct dv_conflicts *conflicts, struct dv_value *grouped,
                                  struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_conflicts_publish(struct dv_conflicts *conflicts, struct dv_err *err) DV_MUST_CHECK;
void dv_conflicts_free(struct dv_conflicts *conflicts); /* NULL is fine */

#endif
