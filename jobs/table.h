/* A table of text for people: columns as wide as their widest cell, numbers to the right.
 *
 * Order of calls: dv_table_row (the first one is the head), cells from left to right, dv_table_write,
 * dv_table_release. A zeroed struct is a valid empty table. A cell for which there is no memory makes
 * dv_table_write fail. */
#ifndef DV_JOBS_TABLE_H
#define DV_JOBS_TABLE_H

#include "core/arena.h"
#include "core/buf.h"

#define DV_TABLE_COLUMNS 10

struct dv_table_row {
    struct dv_table_row *next;
    const char *cells[DV_TABLE_COLUMNS];
    unsigned count;
};

struct dv_table {
    struct dv_arena arena;
    struct dv_table_row *first, *last;
    unsigned rows;
    unsigned numbers; /* bit i: column i holds numbers */
    bool failed;
};

void dv_table_row(struct dv_table *table);
/* Copied; control characters become blanks. NULL, a buffer's that found no memory: dv_table_write fails. */
void dv_table_text(struct dv_table *table, const char *text);
void dv_table_number(struct dv_table *table, uint64_t number);
void dv_table_printf(struct dv_table *table, const char *format, ...) DV_PRINTF(2, 3); /* a text cell */
/* Each line behind two blanks; nothing at all for a table with nothing but its head. */
enum dv_status dv_table_write(struct dv_table *table, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
void dv_table_release(struct dv_table *table);

#endif
