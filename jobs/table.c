#include "jobs/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void dv_table_row(struct dv_table *table)
{
    struct dv_table_row *row = dv_arena_zalloc(&table->arena, sizeof *row);
    if (row == NULL) {
        table->failed = true;
        return;
    }
    if (table->last != NULL)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    table->rows++;
}

static void add(struct dv_table *table, const char *text)
{
    char *copy = text != NULL ? dv_arena_strdup(&table->arena, text) : NULL;
    if (copy == NULL || table->last == NULL || table->last->count == DV_TABLE_COLUMNS) {
        table->failed = true;
        return;
    }
    for (char *at = copy; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    table->last->cells[table->last->count++] = copy;
}

void dv_table_text(struct dv_table *table, const char *text)
{
    add(table, text);
}

void dv_table_number(struct dv_table *table, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, number);
    if (table->last != NULL)
        table->numbers |= 1U << table->last->count;
    add(table, text);
}

void dv_table_printf(struct dv_table *table, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(table, text);
}

/* Characters, not bytes: what does not begin one is not counted. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0U) != 0x80;
    return width;
}

static void pad(struct dv_buf *out, size_t count)
{
    while (count-- > 0)
        dv_buf_byte(out, ' ');
}

enum dv_status dv_table_write(struct dv_table *table, struct dv_buf *out, struct dv_err *err)
{
    size_t widths[DV_TABLE_COLUMNS] = {0};
    if (table->failed)
        return dv_fail_memory(err);
    if (table->rows < 2)
        return DV_OK;
    for (const struct dv_table_row *row = table->first; row != NULL; row = row->next)
        for (unsigned i = 0; i < row->count; i++)
            if (width_of(row->cells[i]) > widths[i])
                widths[i] = width_of(row->cells[i]);
    for (const struct dv_table_row *row = table->first; row != NULL; row = row->next) {
        for (unsigned i = 0; i < row->count; i++) {
            bool number = (table->numbers >> i & 1U) != 0;
            size_t space = widths[i] - width_of(row->cells[i]);
            pad(out, 2 + (number ? space : 0));
            dv_buf_str(out, row->cells[i]);
            if (!number && i + 1 < row->count)
                pad(out, space);
        }
        while (out->len > 0 && out->data[out->len - 1] == ' ') /* of empty cells */
            out->len--;
        dv_buf_byte(out, '\n');
    }
    return dv_buf_check(out, err);
}

void dv_table_release(struct dv_table *table)
{
    dv_arena_release(&table->arena);
    *table = (struct dv_table){0};
}
