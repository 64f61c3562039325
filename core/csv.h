/* CSV as PostgreSQL writes and reads it (COPY ... FORMAT csv): comma, double quote doubled inside quotes, LF
 * ends a record, NULL an unquoted empty field, the empty string "". See the PostgreSQL manual, COPY, "CSV
 * Format". Foreign dialects are a matter of extract/, not of this file. */
#ifndef DV_CORE_CSV_H
#define DV_CORE_CSV_H

#include "core/buf.h"
#include "core/error.h"
#include "core/value.h"

/* Splits the record that starts at `at` into exactly `count` raw values (empty unquoted: DV_NULL; else DV_RAW
 * or DV_RAW_QUOTED slices of the input) and sets *next behind its LF. The last record may lack its LF. DV_END
 * where at == end. A record with another number of fields, a stray quote, a bare CR or an open quote at `end`
 * is DV_FAILED with the column's number in the message. */
enum dv_status dv_csv_split(const char *at, const char *end, struct dv_value *values, unsigned count,
                            const char **next, struct dv_err *err) DV_MUST_CHECK;

/* The position just behind the record that starts at `at` (its LF included), or NULL where the record does
 * not end before `end`: what a writer needs to cut a stream into whole records. */
const char *dv_csv_record_end(const char *at, const char *end);

/* Appends text as one field, quoted where PostgreSQL would quote it. */
void dv_csv_quote(struct dv_buf *out, const char *text, size_t length, bool only_column);

/* The content of a quoted slice (its quotes included) without quotes, doubled quotes halved, appended. */
void dv_csv_unquote(struct dv_buf *out, const char *raw, size_t length);

#endif
