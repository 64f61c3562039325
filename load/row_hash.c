#include "load/row_hash.h"

#include "core/alloc.h"
#include "core/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 1

static uint32_t rotated(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void mix_word(uint32_t *word, const uint32_t *next, uint32_t *last, unsigned bits)
{
    *word = (*word - *last) ^ rotated(*last, bits);
    *last += *next;
}

static void mix(uint32_t *a, uint32_t *b, uint32_t *c)
{
    mix_word(a, b, c, 4);
    mix_word(b, c, a, 6);
    mix_word(c, a, b, 8);
    mix_word(a, b, c, 16);
    mix_word(b, c, a, 19);
    mix_word(c, a, b, 4);
}

static void finish_word(uint32_t *word, uint32_t other, unsigned bits)
{
    *word = (*word ^ other) - rotated(other, bits);
}

static void finish(uint32_t *a, uint32_t *b, uint32_t *c)
{
    finish_word(c, *b, 14);
    finish_word(a, *c, 11);
    finish_word(b, *a, 25);
    finish_word(c, *b, 16);
    finish_word(a, *c, 4);
    finish_word(b, *a, 14);
    finish_word(c, *b, 24);
}

uint64_t dv_text_hash(const char *text, size_t length, uint64_t seed)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t begin = 0x9e3779b9U + (uint32_t)length + 3923095U;
    uint32_t a = begin, b = begin, c = begin;
    if (seed != 0) {
        a += (uint32_t)(seed >> 32);
        b += (uint32_t)seed;
        mix(&a, &b, &c);
    }
    for (; length >= 12; length -= 12, bytes += 12) {
        a += word_at(bytes);
        b += word_at(bytes + 4);
        c += word_at(bytes + 8);
        mix(&a, &b, &c);
    }
    /* The lowest byte of c stands for the length. */
    unsigned char rest[12] = {0};
    if (length > 0)
        memcpy(rest, bytes, length);
    a += word_at(rest);
    b += word_at(rest + 4);
    c += word_at(rest + 8) << 8;
    finish(&a, &b, &c);
    return (uint64_t)b << 32 | c;
}

/* Whether the server's hash is this one: by every length of the last word, both ways of the seed. */
enum dv_status dv_row_hash_agrees(struct dv_pg *pg, bool *agrees, struct dv_err *err)
{
    static const char sql[] =
        "SELECT hashtextextended(left('drover reads, drover loads: \u00e9t\u00e9', n) COLLATE \"C\", n / 2) "
        "FROM generate_series(0, 31) n ORDER BY n";
    static const char text[] = "drover reads, drover loads: \u00e9t\u00e9";
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(pg, sql, 0, NULL, &result, err);
    *agrees = status == DV_OK;
    for (int n = 0; *agrees && n < PQntuples(result); n++) {
        size_t length = 0;
        for (int left = n; left > 0; left--)
            length += (unsigned char)text[length] >= 0xc0 ? 2 : 1;
        uint64_t server = (uint64_t)strtoll(PQgetvalue(result, n, 0), NULL, 10);
        *agrees = server == dv_text_hash(text, length, (uint64_t)n / 2);
    }
    PQclear(result);
    return status;
}

static bool begins(const char *type, const char *with)
{
    return strncmp(type, with, strlen(with)) == 0;
}

/* How a value's text is had on both sides. */
static void learn(struct dv_hashed_column *hashed, const struct dv_load_column *column)
{
    /* Types whose cast to text is what they print; it is the fastest way to it. */
    static const char *const cast[] = {"uuid",   "smallint", "integer",   "bigint", "numeric", "real",
                                       "double", "date",     "timestamp", "json",   "bytea",   "character("};
    unsigned precision, scale;
    *hashed = (struct dv_hashed_column){.scale = -1, .nullable = !column->not_null};
    if (sscanf(column->type, "numeric(%u,%u)", &precision, &scale) == 2)
        hashed->scale = (int)scale;
    hashed->padded = begins(column->type, "character(");
    hashed->text = strcmp(column->type, "text") == 0 || begins(column->type, "character varying");
    for (unsigned i = 0; i < sizeof cast / sizeof cast[0]; i++)
        hashed->cast = hashed->cast || (begins(column->type, cast[i]) && strstr(column->type, "[]") == NULL);
}

enum dv_status dv_row_hash_init(struct dv_row_hash *hash, const struct dv_load_table *table,
                                struct dv_err *err)
{
    unsigned count = 0;
    hash->table = table;
    hash->columns = dv_calloc(table->column_count, sizeof *hash->columns);
    hash->order = dv_calloc(table->column_count, sizeof *hash->order);
    if (hash->columns == NULL || hash->order == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < table->column_count; i++)
        learn(&hash->columns[i], &table->columns[i]);
    for (; count < table->key_count; count++)
        hash->order[count] = table->keys[count];
    for (unsigned i = 0; i < table->column_count; i++)
        if (!table->columns[i].key)
            hash->order[count++] = i;
    return DV_OK;
}

void dv_row_hash_release(struct dv_row_hash *hash)
{
    dv_free(hash->columns);
    dv_free(hash->order);
    dv_buf_release(&hash->text);
    *hash = (struct dv_row_hash){.table = NULL};
}

/* Zeros behind the point, as many as the table's type has. */
static void fill_up(struct dv_buf *text, int scale)
{
    const char *point = text->len > 0 ? memchr(text->data, '.', text->len) : NULL;
    size_t behind = point != NULL ? text->len - (size_t)(point - text->data) - 1 : 0;
    if (text->len == 0 || text->data[text->len - 1] < '0' || text->data[text->len - 1] > '9')
        return; /* NaN, Infinity */
    if (point == NULL && scale > 0)
        dv_buf_byte(text, '.');
    for (; behind < (size_t)scale; behind++)
        dv_buf_byte(text, '0');
}

/* The hash goes on from column to column: the last one's is the seed of the next. So a value that moves to
 * another column or row changes the sum, and NULL is not ''. */
static uint64_t hash_value(struct dv_buf *scratch, const struct dv_hashed_column *column,
                           const struct dv_value *value, uint64_t seed)
{
    if (value->state == DV_NULL)
        return dv_text_hash(NULL, 0, column->nullable ? seed ^ 1 : seed);
    const char *text = value->u.p;
    size_t length = value->len;
    if (value->state == DV_RAW_QUOTED || column->scale >= 0) {
        dv_buf_reset(scratch);
        if (value->state == DV_RAW_QUOTED)
            dv_csv_unquote(scratch, text, length);
        else
            dv_buf_append(scratch, text, length);
        if (column->scale >= 0)
            fill_up(scratch, column->scale);
        text = scratch->data;
        length = scratch->len;
    }
    while (column->padded && length > 0 && text[length - 1] == ' ')
        length--;
    return dv_text_hash(text, length, seed);
}

enum dv_status dv_row_hash_record(struct dv_row_hash *hash, const struct dv_value *values, uint64_t *key,
                                  uint64_t *row, struct dv_err *err)
{
    const struct dv_load_table *table = hash->table;
    uint64_t seed = SEED;
    for (unsigned place = 0; place < table->column_count; place++) {
        unsigned i = hash->order[place];
        seed = hash_value(&hash->text, &hash->columns[i], &values[table->columns[i].source], seed);
        if (hash->text.failed)
            return dv_buf_check(&hash->text, err);
        if (place + 1 == table->key_count)
            *key = seed;
    }
    if (table->key_count == 0)
        *key = seed;
    *row = seed;
    return DV_OK;
}

/* hashtextextended(last, hashtextextended(…, hashtextextended(first, SEED))) */
static void chain(struct dv_buf *out, const struct dv_row_hash *hash, unsigned count, const char *prefix)
{
    const struct dv_load_table *table = hash->table;
    for (unsigned place = count; place-- > 0;) {
        const struct dv_hashed_column *column = &hash->columns[hash->order[place]];
        const char *name = table->columns[hash->order[place]].quoted;
        const char *type = column->text ? "" : "::text";
        if (!column->text && !column->cast)
            dv_buf_printf(out, "hashtextextended(concat(%s.%s) COLLATE \"C\", ", prefix, name);
        else if (column->nullable)
            dv_buf_printf(out, "hashtextextended(coalesce(%s.%s%s, '') COLLATE \"C\", ", prefix, name, type);
        else
            dv_buf_printf(out, "hashtextextended(%s.%s%s COLLATE \"C\", ", prefix, name, type);
        if (column->nullable)
            dv_buf_printf(out, "CASE WHEN %s.%s IS NULL THEN 1::bigint ELSE 0 END # ", prefix, name);
    }
    dv_buf_printf(out, "%d", SEED);
    for (unsigned place = 0; place < count; place++)
        dv_buf_byte(out, ')');
}

void dv_row_hash_key_sql(struct dv_buf *out, const struct dv_row_hash *hash, const char *prefix)
{
    const struct dv_load_table *table = hash->table;
    chain(out, hash, table->key_count > 0 ? table->key_count : table->column_count, prefix);
}

void dv_row_hash_row_sql(struct dv_buf *out, const struct dv_row_hash *hash, const char *prefix)
{
    chain(out, hash, hash->table->column_count, prefix);
}
