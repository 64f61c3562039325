/* The way out of a barrier: what its readers share. Private to transform/. */
#ifndef DV_TRANSFORM_BARRIER_H
#define DV_TRANSFORM_BARRIER_H

#include "transform/flow.h"

struct dv_barrier_reader {
    struct dv_flow *flow;
    const struct dv_node *node;
    const struct dv_branch *branch;
    struct dv_flow_node *state;
    struct dv_sorter_cursor *cursor;
    struct dv_buf group_key; /* of the group in hand */
    uint64_t group_hash;
    bool open;
    struct dv_arena groups;   /* states and results of the group in hand */
    struct dv_arena rows;     /* what evaluating its rows makes */
    struct dv_value *flat;    /* a fed row */
    struct dv_value *grouped; /* keys, aggregates */
    struct dv_value *outputs;
    struct dv_aggregate_state **states;
    struct dv_conflicts *conflicts;
};

/* Reads a fed row from its payload: into `flat`, and a group's keys into `grouped` where first is set. */
void dv_barrier_take(struct dv_barrier_reader *reader, const char *payload, bool first);
/* The outputs over `row`, the rules, then sink and children. */
enum dv_status dv_barrier_emit(struct dv_barrier_reader *reader, struct dv_value *row,
                               struct dv_err *err) DV_MUST_CHECK;
/* A fault behind a barrier has no single row to reject: the run stops and says which model and where. */
enum dv_status dv_barrier_failed(struct dv_barrier_reader *reader, enum dv_status status, struct dv_err *err);
/* Windows over one partition of the sorter. barrier_window.c */
enum dv_status dv_window_read(struct dv_barrier_reader *reader, struct dv_err *err) DV_MUST_CHECK;

#endif
