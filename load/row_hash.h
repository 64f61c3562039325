/* The checksum of a row, computed here as the server computes it: hashtextextended() over the text of its
 * columns, key columns first, each seeded with the hash of those before it. Internal to load/.
 *
 * On the server's side a type prints itself; on this side the text comes from the stage file. So equal
 * checksums mean equal text, and equal text means an equal value, whatever the type is. Unequal text may
 * still be an equal value (1e3 in the file, 1000 in the table): then the server compares the values
 * (verify_exact.h). The hash is Bob Jenkins' lookup3 as PostgreSQL 11 and later have it on little-endian
 * machines; dv_row_hash_agrees() asks the server whether it has it too. */
#ifndef DV_LOAD_ROW_HASH_H
#define DV_LOAD_ROW_HASH_H

#include "core/value.h"
#include "load/table.h"

/* hashtextextended(bytes, seed). */
uint64_t dv_text_hash(const char *bytes, size_t length, uint64_t seed);
enum dv_status dv_row_hash_agrees(struct dv_pg *pg, bool *agrees, struct dv_err *err) DV_MUST_CHECK;

struct dv_hashed_column {
    int scale;   /* of numeric(p,s), where the server fills up zeros; -1: the text as it is */
    bool padded; /* char(n): blanks at the end mean nothing */
    bool text, cast, nullable;
};

/* Hashes one record after the other; zeroed before init, released by dv_row_hash_release. */
struct dv_row_hash {
    const struct dv_load_table *table; /* borrowed */
    struct dv_hashed_column *columns;  /* one a column of the table; owned, as is order */
    unsigned *order;                   /* of the columns: keys first */
    struct dv_buf text;                /* scratch */
};

enum dv_status dv_row_hash_init(struct dv_row_hash *hash, const struct dv_load_table *table,
                                struct dv_err *err) DV_MUST_CHECK;
void dv_row_hash_release(struct dv_row_hash *hash);
/* values: the record's, one a column of the stage file. *key: hash of the key columns (of a table without a
 * key: of all loaded ones), *row: of all loaded ones. */
enum dv_status dv_row_hash_record(struct dv_row_hash *hash, const struct dv_value *values, uint64_t *key,
                                  uint64_t *row, struct dv_err *err) DV_MUST_CHECK;
/* The server's expressions for the same two, appended; prefix: the table's alias. */
void dv_row_hash_key_sql(struct dv_buf *out, const struct dv_row_hash *hash, const char *prefix);
void dv_row_hash_row_sql(struct dv_buf *out, const struct dv_row_hash *hash, const char *prefix);

#endif
