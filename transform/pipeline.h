/* Pipelines: what one pass over one root dataset does to its rows, as a tree of branches, and what a run
 * knows of each relation. Private to transform/.
 *
 * A pipeline's root is a dataset with stage files, or a barrier whose rows come out of its sorter. Its tasks
 * are the root's parts: a task reads one part, pushes each row down the tree, and publishes one part of every
 * sink. Nothing but files and sorters passes between tasks. */
#ifndef DV_TRANSFORM_PIPELINE_H
#define DV_TRANSFORM_PIPELINE_H

#include "core/context.h"
#include "transform/lookup.h"
#include "transform/relation.h"
#include "transform/sorter.h"

#include <pthread.h>

/* A barrier is cut into as many partitions as parts feed it, rounded up to a power of two, up to 2^this:
 * known before the first row, and the same for the same input. */
#define DV_MOST_BITS 12U

struct dv_node {
    const struct dv_branch *branch; /* NULL: the root is a dataset read from files */
    struct dv_node *parent;
    struct dv_node **children;
    unsigned child_count;
    uint32_t part_offset; /* added to the root's part number: the part of the branch's relation */
    bool recurses;        /* the recursive branch of the parent's relation: its rows are the parent's */
    bool sink;            /* writes its relation's stage files in this pass */
    bool feeds;           /* feeds its relation's barrier in this pass */
    bool accounts;        /* this pass is the one in which its rejects are written */
    unsigned index;
    struct dv_lookup **lookups; /* one a join; owned by the pass */
};

struct dv_pipeline {
    struct dv_relation *root;
    bool from_barrier;
    uint32_t part_count;
    struct dv_node *top; /* the root itself */
    struct dv_node **nodes;
    unsigned node_count;
};

/* What an analysed run says of a relation's own work, what it hands on not counted. */
struct dv_operator_figures {
    uint64_t rows_in, rows_out, bytes_out, nanoseconds;
};

/* What a run knows of a relation. */
struct dv_relation_run {
    char *dir; /* RUN/extract/NAME or RUN/transform/NAME */
    uint32_t part_count;
    uint64_t rows; /* at most this many: of an input exactly */
    bool done;     /* its dataset.json is there, or nobody needs it */
    bool settled;  /* it was done before this process began */
    bool wanted;   /* a barrier: somebody still needs its rows */
    struct dv_sorter *sorter;
    char *spill_dir; /* a barrier: where its sorter spills */
    bool restored;   /* a barrier: the sorter was sealed by an earlier process */
    unsigned bits;
    struct dv_tally fed; /* a barrier: what its feeding pass filtered and rejected; under the run's mutex */
    bool rejected;       /* some part of rejects/NAME was written; under the mutex */
    bool conflicted;
    uint32_t reject_parts; /* as many parts as rejects/NAME will have */
    struct dv_progress_item *progress;
    uint64_t spilled;                   /* a barrier: bytes */
    struct dv_operator_figures figures; /* analyze; under the run's mutex */
};

struct dv_run {
    struct dv_program *program;
    const struct dv_context *context;
    struct dv_arena arena;             /* nodes and paths */
    struct dv_relation_run *relations; /* by the relation's place in the program */
    pthread_mutex_t mutex;
    bool analyze; /* rows and time of every relation are measured */
};

unsigned dv_relation_index(const struct dv_program *program, const struct dv_relation *relation);

/* All pipelines of a pass, in the order of their roots. pipeline.c */
enum dv_status dv_pipelines_make(struct dv_run *run, unsigned pass, struct dv_pipeline **pipelines,
                                 unsigned *count, struct dv_err *err) DV_MUST_CHECK;
/* Runs one part of a pipeline: flow.c */
enum dv_status dv_pipeline_part(struct dv_run *run, struct dv_pipeline *pipeline, unsigned worker,
                                uint32_t part, struct dv_err *err) DV_MUST_CHECK;
/* Builds the lookup of one join from the right side's stage files. join_build.c */
enum dv_status dv_join_build(struct dv_run *run, const struct dv_branch *branch,
                             const struct dv_join_plan *join, size_t memory, struct dv_lookup **lookup,
                             struct dv_err *err) DV_MUST_CHECK;

/* The plan of a model in words; with the figures of `run` where it is not NULL. explain.c */
enum dv_status dv_explain(const struct dv_program *program, const struct dv_run *run, const char *model,
                          struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
