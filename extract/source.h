/* A kind of source: one file and one line in the array of source.c. Private to extract/. */
#ifndef DV_EXTRACT_SOURCE_H
#define DV_EXTRACT_SOURCE_H

#include "extract/extract.h"

#define DV_EXTRACT_STAGE "extract"

/* The datasets of one run that come from one URI. Everything is borrowed. */
struct dv_extract_group {
    const struct dv_context *context;
    const struct dv_extract_spec *const *specs;
    const char *const *dirs; /* RUN/extract/NAME, beside specs */
    unsigned count;
    bool per_part;
};

struct dv_source_type {
    const char *scheme; /* what stands before the colon of such a URI */
    const char *form;   /* how such a URI is written, for people */
    bool keeps_parts;   /* parts of an earlier attempt are good whatever the job's consistency */
    /* Whether the URI is one of this kind. */
    bool (*accepts)(const char *uri);
    /* See dv_extract_describe. */
    enum dv_status (*describe)(const struct dv_extract_spec *spec, struct dv_column **columns,
                               unsigned *count, uint64_t *estimated_rows, bool *absent, struct dv_err *err);
    /* Appends the line of one dataset (LF at its end). */
    enum dv_status (*identify)(const struct dv_extract_spec *spec, struct dv_buf *out, struct dv_err *err);
    /* Makes every dataset of the group that is not whole, whole. Without per_part or keeps_parts the folders
     * of the group are empty when this is called, because not all of them were whole; else they hold what
     * earlier runs have published. */
    enum dv_status (*extract)(const struct dv_extract_group *group, struct dv_err *err);
};

extern const struct dv_source_type dv_source_files, dv_source_postgres;

enum dv_status dv_source_find(const char *uri, const struct dv_source_type **type,
                              struct dv_err *err) DV_MUST_CHECK;

/* Empties the folders of the group: a new attempt must not find parts of another snapshot. */
enum dv_status dv_extract_clear(const struct dv_extract_group *group, struct dv_err *err) DV_MUST_CHECK;

/* The declared columns in the order that the spec wants them, for an absent table; owned by the caller
 * (dv_free). */
enum dv_status dv_extract_declared(const struct dv_extract_spec *spec, struct dv_column **columns,
                                   unsigned *count, struct dv_err *err) DV_MUST_CHECK;

/* The candidate that is most like `wanted`, NULL where there is none at all. */
const char *dv_nearest(const char *wanted, const char *const *candidates, size_t count);

#endif
