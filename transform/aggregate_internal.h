/* What the files of the aggregates share. Private to transform/. */
#ifndef DV_TRANSFORM_AGGREGATE_INTERNAL_H
#define DV_TRANSFORM_AGGREGATE_INTERNAL_H

#include "transform/aggregate.h"
#include "transform/bind_internal.h"

/* A value kept beyond its batch; its bytes stand in a room that is reused when the value is replaced. */
struct dv_kept {
    struct dv_value value;
    char *room;
    size_t cap;
};

/* Text that grows in the group's arena. */
struct dv_grown {
    char *p;
    size_t len, cap;
};

struct dv_aggregate_row; /* aggregate_sort.c */

struct dv_aggregate_state {
    struct dv_arena *arena;
    uint64_t count; /* values taken */
    dv_int128 sum;  /* of integers, or of small numerics at `scale` */
    int32_t scale;
    struct dv_value total; /* numeric: what did not fit sum */
    double real, deviation;
    struct dv_kept total_room, squares; /* where a long total stands; variance: the sum of squares */
    struct dv_interval interval;
    struct dv_kept best;
    struct dv_kept *keys; /* first, last: of the best row, one an ORDER BY expression */
    struct dv_grown text;
    bool truth;
    struct dv_aggregate_row *rows, *last; /* ORDER BY, DISTINCT: kept until the end */
    uint64_t row_count;
};

enum dv_aggregate_flag {
    DV_AGG_NULLS = 1,    /* takes NULL too (array_agg, jsonb_agg) */
    DV_AGG_PICKS = 2,    /* first, last: compares ORDER BY itself */
    DV_AGG_ORDERLESS = 4 /* neither order nor repetition changes the result (min, bool_and) */
};

struct dv_aggregate_type {
    unsigned flags;
    /* args: the call's arguments; args[0] is not NULL but with DV_AGG_NULLS. */
    enum dv_status (*step)(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                           struct dv_value *args, struct dv_eval *eval, struct dv_err *err);
    enum dv_status (*final)(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                            struct dv_value *out, struct dv_err *err);
};

extern const struct dv_aggregate_type dv_agg_count, dv_agg_sum_int, dv_agg_sum_int8, dv_agg_sum_numeric,
    dv_agg_sum_float, dv_agg_sum_interval, dv_agg_avg_int, dv_agg_avg_numeric, dv_agg_avg_float,
    dv_agg_avg_interval; /* aggregate_number.c */
extern const struct dv_aggregate_type dv_agg_var_pop, dv_agg_var_samp, dv_agg_stddev_pop, dv_agg_stddev_samp,
    dv_agg_var_pop_float, dv_agg_var_samp_float, dv_agg_stddev_pop_float, dv_agg_stddev_samp_float,
    dv_agg_bit_and, dv_agg_bit_or, dv_agg_bit_xor; /* aggregate_spread.c */
extern const struct dv_aggregate_type dv_agg_min, dv_agg_max, dv_agg_first, dv_agg_last, dv_agg_bool_and,
    dv_agg_bool_or; /* aggregate_pick.c */
extern const struct dv_aggregate_type dv_agg_string, dv_agg_array, dv_agg_arrays, dv_agg_jsonb,
    dv_agg_jsonb_object, dv_agg_json, dv_agg_json_object; /* aggregate_list.c */

/* Replaces what is kept by a copy of value. */
enum dv_status dv_keep(struct dv_kept *kept, const struct dv_value *value, const struct dv_type *type,
                       struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_grow(struct dv_grown *text, const char *p, size_t length, struct dv_arena *arena,
                       struct dv_err *err) DV_MUST_CHECK;
/* One row of an ordered or distinct aggregate, kept; and at the end all of them handed to the step in order.
 */
enum dv_status dv_aggregate_keep_row(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                     const struct dv_value *args, struct dv_eval *eval,
                                     struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_aggregate_replay(const struct dv_aggregate *aggregate, struct dv_aggregate_state *state,
                                   struct dv_err *err) DV_MUST_CHECK;
/* Orders two values of an ORDER BY entry, NULLs where it wants them. */
int dv_aggregate_compare(const struct dv_aggregate_order *order, const struct dv_value *a,
                         const struct dv_value *b);

#endif
