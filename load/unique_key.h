/* What is to be unique among the rows that a load step brings. Internal to load/. */
#ifndef DV_LOAD_UNIQUE_KEY_H
#define DV_LOAD_UNIQUE_KEY_H

#include "load/step_sql.h"
#include "load/table.h"

struct dv_unique_key {
    char *label;      /* "the key of load step users", "the unique index users_email of step 100_a" */
    char *elements;   /* "email, lower(name)": as SQL; owned, as are the others */
    char *condition;  /* NULL: all rows */
    bool nulls_equal; /* NULLS NOT DISTINCT */
    bool enforced;    /* the target has the index: the load refuses or skips what is there twice */
    bool own;         /* of the step, as job.json says */
    bool planned; /* a schema step makes it unique among all rows of the table, whatever step brings them */
    bool exact;   /* equal values have equal text in the stage file, and nothing but columns counts */
    unsigned *columns, column_count; /* exact: places in table->columns; by name */
};

struct dv_unique_keys {
    struct dv_unique_key *list; /* owned */
    unsigned count;
};

/* Each once: the target's unique indexes, then the step's own key, then what `planned` adds. Keys with a
 * column that is not loaded are left out. dataset: the columns of the stage file. */
enum dv_status dv_unique_keys_find(struct dv_pg *pg, const struct dv_load_table *table,
                                   const struct dv_column *dataset, const struct dv_step_sql *planned,
                                   struct dv_unique_keys *out, struct dv_err *err) DV_MUST_CHECK;
void dv_unique_keys_release(struct dv_unique_keys *keys);

/* An index's elements as expressions, appended: without the order that it may keep. */
void dv_unique_expressions(struct dv_buf *out, const char *elements);

/* Rows that agree in a key. */
#define DV_UNIQUE_SAMPLES 20
struct dv_unique_rows {
    uint64_t extra, keys; /* rows but for the first of each such key; such keys */
    unsigned count;       /* of samples, in the order of sources, parts and rows */
    struct dv_unique_sample {
        unsigned source;
        uint32_t part;
        uint64_t row;  /* 1-based within the part */
        char key[200]; /* cut short */
    } samples[DV_UNIQUE_SAMPLES];
};

/* A step whose rows are looked at: keys[i], borrowed, is its part in question i, NULL where it has none. The
 * keys of one question name the same columns. */
struct dv_unique_source {
    const struct dv_load_table *table;
    const struct dv_unique_key *const *keys;
};

/* Exact keys, all in one go, by 128-bit hashes in bounded memory; datasets that are larger are read several
 * times. found: one a question. Every part of a source with a key is compared with its manifest on the way.
 */
enum dv_status dv_unique_by_hash(const struct dv_context *context, const struct dv_unique_source *sources,
                                 unsigned source_count, unsigned question_count, struct dv_unique_rows *found,
                                 struct dv_err *err) DV_MUST_CHECK;
/* Any key, by the server: the dataset goes into a temporary table. */
enum dv_status dv_unique_by_server(struct dv_pg *pg, const struct dv_load_table *table,
                                   const struct dv_unique_key *key, struct dv_unique_rows *found,
                                   struct dv_err *err) DV_MUST_CHECK;

#endif
