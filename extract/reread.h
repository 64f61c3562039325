/* Records of files that could not be read, read once more as a person has corrected them.
 *
 * The text is UTF-8, whatever the file is written in, as the rejects hold it; else the dialect is the file's.
 * Of the files themselves nothing is read: the extract has noted their headers.
 *
 * Order of calls: open, record*, close. One thread. */
#ifndef DV_EXTRACT_REREAD_H
#define DV_EXTRACT_REREAD_H

#include "extract/extract.h"

struct dv_reread;

/* spec: of files; columns: the dataset's. dir: RUN/extract/NAME. All borrowed until close. */
enum dv_status dv_reread_open(struct dv_reread **reread, const struct dv_extract_spec *spec,
                              const struct dv_column *columns, unsigned column_count, const char *dir,
                              struct dv_err *err) DV_MUST_CHECK;
/* What was one record of that part, from that line of its file on, and may be several now (a quote that never
 * closed has swallowed them): appends their rows as CSV, each with its LF, sets *rows, and *reason is NULL.
 * Else, where one of them is bad or there is none, nothing is appended, and *reason and *detail say what is
 * wrong until the next call. */
enum dv_status dv_reread_record(struct dv_reread *reread, uint32_t part, uint64_t line, const char *text,
                                size_t length, struct dv_buf *out, uint64_t *rows, const char **reason,
                                const char **detail, struct dv_err *err) DV_MUST_CHECK;
void dv_reread_close(struct dv_reread *reread); /* NULL is fine */

#endif
