/* Records of CSV in any dialect, found in a window of text. Private to extract/.
 *
 * A quote means something at the start of a field alone, so that one quote too many costs its own record and
 * not those behind it. The text is looked at 64 bytes at a time as in core/csv.c; a record that this shortcut
 * cannot judge (stray quotes, another escape than the doubled quote) is walked byte by byte.
 *
 * A scan belongs to one thread and one file. */
#ifndef DV_EXTRACT_CSV_H
#define DV_EXTRACT_CSV_H

#include "core/error.h"
#include "extract/file_spec.h"

#include <stddef.h>

struct dv_csv_field {
    const char *text; /* without the quotes around it */
    size_t length;
    bool quoted;
};

enum dv_csv_fault {
    DV_CSV_FINE,
    DV_CSV_STRAY_QUOTE, /* a quote inside a field that has none around it */
    DV_CSV_AFTER_QUOTE, /* text behind the closing quote */
    DV_CSV_BARE_CR,     /* a carriage return that no line feed follows */
    DV_CSV_OPEN_QUOTE   /* the text ends inside quotes */
};

enum dv_csv_found {
    DV_CSV_RECORD,
    DV_CSV_NOTHING, /* a blank line or a comment */
    DV_CSV_MORE,    /* the record goes on behind `end` */
};

struct dv_csv_scan {
    char delimiter, quote, escape, comment;
    bool shortcut;               /* quotes are escaped by doubling, or there are none */
    struct dv_csv_field *fields; /* owned */
    unsigned capacity;
    /* Of the record found: */
    unsigned count; /* of its fields; those beyond the capacity are counted alone */
    const char *next;
    uint64_t lines; /* that it takes, the last line feed included */
    enum dv_csv_fault fault;
    unsigned fault_field; /* from 0 */
    uint64_t fault_line;  /* from 0, within the record */
};

enum dv_status dv_csv_scan_init(struct dv_csv_scan *scan, const struct dv_dialect *dialect, unsigned capacity,
                                struct dv_err *err) DV_MUST_CHECK;
void dv_csv_scan_release(struct dv_csv_scan *scan); /* idempotent */
/* The record at `at`, which is before `end`. last: nothing follows behind `end`. */
enum dv_csv_found dv_csv_scan(struct dv_csv_scan *scan, const char *at, const char *end, bool last);
/* The content of a quoted field without its escapes, at most as long as it is. */
size_t dv_csv_unescape(const struct dv_csv_scan *scan, const struct dv_csv_field *field, char *out);
/* A sentence about the fault, without a full stop. */
const char *dv_csv_fault_text(enum dv_csv_fault fault);

#endif
