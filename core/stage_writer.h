/* Writes one part of a dataset: DIR/part-N.csv.gz.tmp, then by publish the file and its manifest.
 *
 * Order of calls: open, { append fields to dv_stage_writer_buf(), dv_stage_writer_end_row() }*, publish or
 * abort. Blocks are cut after the record with which the raw bytes reach DV_STAGE_BLOCK, so the bytes depend
 * on the rows alone. An open writer holds about 1.1 MiB once its blocks fill; compressing one takes 1.5 MiB
 * more while it lasts. One thread at a time. After a crash: a .tmp is left over at most, or the data file
 * without its manifest: neither counts as a part, and the next open of the same part replaces them. */
#ifndef DV_CORE_STAGE_WRITER_H
#define DV_CORE_STAGE_WRITER_H

#include "core/codec.h"
#include "core/manifest.h"
#include "core/value.h"

#define DV_STAGE_BLOCK (1024U * 1024U)

struct dv_stage_writer;

/* Makes the folder where it is missing, writes the header record. dir, columns: borrowed for the call. */
enum dv_status dv_stage_writer_open(struct dv_stage_writer **writer, const char *dir, uint32_t part,
                                    const struct dv_column *columns, unsigned column_count,
                                    struct dv_err *err) DV_MUST_CHECK;
/* Where the fields and the separating commas of the next record go (no LF: end_row adds it). */
struct dv_buf *dv_stage_writer_buf(struct dv_stage_writer *writer);
enum dv_status dv_stage_writer_end_row(struct dv_stage_writer *writer, struct dv_err *err) DV_MUST_CHECK;
/* The record made of values, one a column. */
enum dv_status dv_stage_writer_row(struct dv_stage_writer *writer, const struct dv_value *values,
                                   struct dv_err *err) DV_MUST_CHECK;
/* One whole CSV record with its LF, as the server sent it: checked for nothing, copied. */
enum dv_status dv_stage_writer_record(struct dv_stage_writer *writer, const char *record, size_t length,
                                      struct dv_err *err) DV_MUST_CHECK;
uint64_t dv_stage_writer_rows(const struct dv_stage_writer *writer);
uint64_t dv_stage_writer_raw_bytes(const struct dv_stage_writer *writer);
/* tally: what the manifest says; NULL: read = written = rows. Only this makes the part exist. Frees the
 * writer. */
enum dv_status dv_stage_writer_publish(struct dv_stage_writer *writer, const struct dv_tally *tally,
                                       struct dv_err *err) DV_MUST_CHECK;
void dv_stage_writer_abort(
    struct dv_stage_writer *writer); /* removes the .tmp; NULL is fine; frees the writer */

#endif
