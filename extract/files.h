/* The source of files: what its parts share. Private to extract/.
 *
 * A dataset's files are looked at (files_look.c: is it there, does its header fit), cut into parts of about
 * DV_FILE_PART_BYTES of text at the ends of records (files_cut.c, one reading through), and the parts are
 * read again and written (files_extract.c), each on any thread. The cut depends on the files alone, and is
 * kept in RUN/extract/NAME/cut.json beside the parts: a resumed extract goes by it, and a file that is not as
 * it was (size, time of change, hash of what each part was read from) is CHANGED. */
#ifndef DV_EXTRACT_FILES_H
#define DV_EXTRACT_FILES_H

#include "core/arena.h"
#include "extract/csv.h"
#include "extract/field.h"
#include "extract/file_text.h"
#include "extract/source.h"

#define DV_FILE_PART_BYTES ((uint64_t)32 * 1024 * 1024) /* where the spec says nothing */

/* Where a column's values come from. */
enum dv_file_from { DV_FROM_FIELD, DV_FROM_CONSTANT, DV_FROM_NAME, DV_FROM_LINE, DV_FROM_RECORD };

struct dv_file_column {
    const struct dv_column *column; /* of the dataset */
    enum dv_file_from from;
    unsigned field;  /* of the CSV record */
    const char *key; /* of the JSON object */
    size_t key_length;
    const char *ready; /* a constant's CSV form */
    size_t ready_length;
};

/* One file of a dataset. In the arena of its dataset's layout. */
struct dv_file_layout {
    const struct dv_file_spec *spec;
    const char *path; /* whole */
    bool absent;      /* nothing is read below */
    struct dv_encoding encoding;
    struct dv_file_text_stamp stamp;
    struct dv_file_column *columns; /* one a column of the dataset */
    const char **header;            /* its words, in the arena; NULL: there is none */
    unsigned header_count;
    unsigned field_count;  /* of every record; 0: not CSV */
    uint64_t offset, line; /* of the first record behind the header; lines from 1 */
    uint64_t estimated_rows;
};

struct dv_files_layout {
    const struct dv_extract_spec *spec;
    struct dv_column *columns; /* owned */
    unsigned column_count;
    struct dv_file_layout *files;
    uint64_t estimated_rows;
    struct dv_arena arena;
};

struct dv_file_part {
    uint32_t file;
    uint64_t offset, length, line; /* of the text */
    char hash[DV_FILE_TEXT_HASH];
};

/* How a dataset is cut. */
struct dv_files_cut {
    struct dv_file_part *parts; /* owned; in the order of files and offsets */
    uint32_t part_count, capacity;
};

/* ---- files_look.c ---- */
/* Heads of all files; release also after a failure. FAULT: a file that is not there or whose header does not
 * fit; USAGE: columns that the job does not say enough of. */
enum dv_status dv_files_look(const struct dv_extract_spec *spec, struct dv_files_layout *layout,
                             struct dv_err *err) DV_MUST_CHECK;
/* Which of the header's words, or of the dataset's columns where it has none, each column comes from. line:
 * the header's. */
enum dv_status dv_files_place(struct dv_files_layout *layout, struct dv_file_layout *file, uint64_t line,
                              struct dv_err *err) DV_MUST_CHECK;
void dv_files_layout_release(struct dv_files_layout *layout);

/* ---- files_cut.c ---- */
/* dir: RUN/extract/NAME. Takes cut.json where it is there (CHANGED where it does not fit), else empties the
 * folder, reads the files and makes it. */
enum dv_status dv_files_cut(const struct dv_files_layout *layout, const char *dir, struct dv_files_cut *cut,
                            struct dv_err *err) DV_MUST_CHECK;
/* What cut.json says, whatever the files are now: the parts, and of the layout's files whether they were
 * absent and their headers. */
enum dv_status dv_files_recall(struct dv_files_layout *layout, const char *dir, struct dv_files_cut *cut,
                               struct dv_err *err) DV_MUST_CHECK;
void dv_files_cut_release(struct dv_files_cut *cut);

/* ---- files_extract.c ---- */
enum dv_status dv_files_extract(const struct dv_extract_group *group, struct dv_err *err) DV_MUST_CHECK;

/* ---- what a scan of a file says to people ---- */
/* "FILE, line N". */
enum dv_status dv_file_fail(const struct dv_file_layout *file, uint64_t line, struct dv_err *err,
                            const char *format, ...) DV_PRINTF(4, 5);
/* More text behind the record at line; a record that is too long is named. */
enum dv_status dv_file_more(const struct dv_file_layout *file, struct dv_file_text *text, uint64_t line,
                            struct dv_err *err) DV_MUST_CHECK;

#endif
