/* Stage files for people: what is in a part, a dataset or a run, verified; and a dataset as plain CSV.
 *
 * Paths: a part's .csv.gz or .json, a dataset's folder, or a run's folder. A folder whose dataset.json is
 * missing is not whole: inspect says so and shows its parts. USAGE where the path is none of these, FAULT
 * where a file and its manifest do not fit. */
#ifndef DV_JOBS_INSPECT_H
#define DV_JOBS_INSPECT_H

#include "core/buf.h"
#include "core/error.h"

#include <stdint.h>

/* Text, appended. Every part is read and compared with its manifest before anything is said of it. */
enum dv_status dv_inspect(const char *path, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

typedef enum dv_status (*dv_write_fn)(void *context, const char *bytes, size_t length, struct dv_err *err);

/* A dataset or a part as CSV: the header once, then up to `limit` rows (UINT64_MAX: all). Each part is
 * verified before its first row is written. */
enum dv_status dv_cat(const char *path, uint64_t limit, dv_write_fn write, void *context,
                      struct dv_err *err) DV_MUST_CHECK;

#endif
