/* Extract: sources to stage files, one dataset at a time described by a spec, all of one run taken at once.
 *
 * Order of calls: describe and identity any number of times, from anywhere (they write nothing); run once at
 * a time for a run folder. Errors are USAGE (an unknown kind of source, a name that cannot be one), FAULT
 * (the source lacks a table or a column, refuses the user, went away too long), STOPPED.
 *
 * On disk: RUN/extract/NAME holds the parts of dataset NAME and, when it is whole, dataset.json. All datasets
 * of one database come from one snapshot. After a crash: run again. If every dataset of a database is whole,
 * nothing is read; if not, the snapshot is gone, and that database's extract starts over - unless
 * per_part_consistency, where whole parts are kept and each part is as of its own moment (for tables that
 * nobody writes to meanwhile). RUN/extract/NAME/cut.json, in that mode only, says how the parts were cut:
 * where the source's table was rewritten since, its dataset starts over. */
#ifndef DV_EXTRACT_EXTRACT_H
#define DV_EXTRACT_EXTRACT_H

#include "core/buf.h"
#include "core/context.h"
#include "core/error.h"
#include "core/type.h"
#include "extract/file_spec.h"

#include <stdbool.h>

/* One dataset to extract, as job.json's "extract" says. All strings borrowed from the job for the run's life.
 */
struct dv_extract_spec {
    const char *name;           /* the dataset */
    const char *job;            /* for the application_name; NULL: nothing stands there */
    const char *source_uri;     /* where it comes from: the source's or the target's URI */
    const char *table;          /* "public.bookings"; of files: how they are called together */
    const char *const *columns; /* wanted columns in order; NULL: all */
    unsigned column_count;
    bool optional; /* absent table: an empty dataset with the declared columns; absent column: NULL */
    bool empty;    /* nothing is looked for: an empty dataset with the declared columns */
    const struct dv_column *declared; /* types for an optional table that is absent, or lacks them */
    unsigned declared_count;
    const char *where;                /* NULL or an SQL condition pushed to the server */
    const struct dv_file_spec *files; /* of a folder (source_uri "dir:PATH"); the columns are declared */
    unsigned file_count;              /* 0: a table */
    uint64_t part_bytes;              /* of a file's text; 0: 32 MiB */
};

/* Columns and row estimate without reading data: for check, plan and type checking. *columns is owned by the
 * caller (dv_free). estimated_rows (0: not known) and absent may be NULL. absent: the optional table is not
 * there, the columns are the declared ones. */
enum dv_status dv_extract_describe(const struct dv_extract_spec *spec, struct dv_column **columns,
                                   unsigned *count, uint64_t *estimated_rows, bool *absent,
                                   struct dv_err *err) DV_MUST_CHECK;

/* Extracts every dataset that has no dataset.json yet into RUN/extract/NAME. A passing fault is retried for
 * some seconds, then it is FAULT. */
enum dv_status dv_extract_run(const struct dv_context *context, const struct dv_extract_spec *specs,
                              unsigned count, bool per_part_consistency, struct dv_err *err) DV_MUST_CHECK;

/* What identifies the sources, one line a dataset, appended: database, relation, columns with their types.
 * Equal text: the same sources, shaped the same; rows may differ. */
enum dv_status dv_extract_identity(const struct dv_extract_spec *specs, unsigned count, struct dv_buf *out,
                                   struct dv_err *err) DV_MUST_CHECK;

/* The kind of source that a URI names, checked without opening it: USAGE with the kinds that there are. */
enum dv_status dv_extract_check_uri(const char *uri, struct dv_err *err) DV_MUST_CHECK;

#endif
