/* What a job says about files to extract: where they are, how they are written, which column comes from
 * where. All strings are borrowed from the job for the life of the run. */
#ifndef DV_EXTRACT_FILE_SPEC_H
#define DV_EXTRACT_FILE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

enum dv_file_format { DV_FILE_CSV, DV_FILE_NDJSON };
enum dv_date_order { DV_DATES_YMD, DV_DATES_DMY, DV_DATES_MDY };

/* Columns that a job may ask for beside those of the file: its name, the line where the record begins, and
 * the record as it stands there. */
#define DV_FILE_NAME_COLUMN   "_file"
#define DV_FILE_LINE_COLUMN   "_line"
#define DV_FILE_RECORD_COLUMN "_record"

#define DV_RECORD_MOST ((uint64_t)1024 * 1024 * 1024) /* what max_record may be: a stage file's limit */

/* How a file is written. A character that is '\0' does not occur. */
struct dv_dialect {
    char delimiter, quote;
    char escape; /* the quote itself: a quote inside is doubled */
    char comment;
    bool header;      /* the first record names the columns; else they are the dataset's, in order */
    bool null_quoted; /* a null word is NULL in quotes too */
    const char *encoding;
    const char *const *nulls; /* words that mean NULL */
    unsigned null_count;
    enum dv_date_order dates;
    char decimal, thousands;
    uint64_t max_record; /* bytes of one record */
};

struct dv_file_rename {
    const char *header, *column;
};
struct dv_file_constant {
    const char *column, *value; /* value NULL: NULL */
};

struct dv_file_spec {
    const char *path; /* below the folder */
    enum dv_file_format format;
    bool gzip;
    struct dv_dialect dialect;
    const struct dv_file_rename *names;
    unsigned name_count;
    const struct dv_file_constant *constants;
    unsigned constant_count;
    const char *const *order; /* CSV without header: the columns of the file */
    unsigned order_count;
};

/* RFC 4180 in UTF-8, an empty field without quotes is NULL: what PostgreSQL's COPY ... CSV, HEADER reads. */
void dv_dialect_default(struct dv_dialect *dialect);
/* "csv" or "ndjson" and whether gzipped, by the name's ending; false: the ending says nothing. */
bool dv_file_format_of(const char *path, enum dv_file_format *format, bool *gzip);

#endif
