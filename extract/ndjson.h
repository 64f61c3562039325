/* Records of NDJSON: one JSON object a line, whose members are the columns. Private to extract/. */
#ifndef DV_EXTRACT_NDJSON_H
#define DV_EXTRACT_NDJSON_H

#include "extract/files_record.h"

/* Checks the line and finds the members that the columns want; false: reader->fault says what is wrong. */
bool dv_ndjson_read(struct dv_record_reader *reader, struct dv_record_bytes bytes);
/* Appends the member of the column; absent and null are NULL. */
enum dv_status dv_ndjson_put(struct dv_record_reader *reader, unsigned column, bool ascii, struct dv_buf *out,
                             bool *good, struct dv_err *err) DV_MUST_CHECK;

#endif
