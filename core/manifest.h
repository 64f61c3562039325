/* Manifests: part-NNNNN.json beside part-NNNNN.csv.gz, and dataset.json over all parts of a folder.
 *
 * A part exists if and only if its .json does; a dataset is whole if and only if dataset.json is there. The
 * form is specified in docs/stage-files.md. */
#ifndef DV_CORE_MANIFEST_H
#define DV_CORE_MANIFEST_H

#include "core/file.h"
#include "core/tally.h"
#include "core/type.h"

#define DV_STAGE_FORMAT 1

struct dv_block {
    uint64_t offset;     /* of the gzip member within the file */
    uint32_t length;     /* compressed bytes */
    uint32_t rows;       /* records, the header record not counted */
    uint32_t raw_length; /* bytes of CSV */
    uint32_t crc;        /* CRC-32 of the raw bytes */
};

struct dv_part_manifest {
    uint32_t part;
    struct dv_column *columns; /* owned */
    unsigned column_count;
    uint64_t rows, raw_bytes, bytes; /* raw_bytes: CSV, the header included; bytes: the file */
    char sha256[DV_SHA256_HEX];      /* of the file */
    struct dv_block *blocks;         /* owned; block 0 holds the header record alone (rows 0) */
    unsigned block_count;
    struct dv_tally tally; /* what the step that made the part did; written == rows */
};

struct dv_dataset_manifest {
    struct dv_column *columns; /* owned */
    unsigned column_count;
    uint32_t part_count;
    uint64_t rows, raw_bytes, bytes;
    char (*part_sha256)[DV_SHA256_HEX]; /* owned; part_count of them */
    uint64_t *part_rows;                /* owned; part_count of them */
    struct dv_tally tally;              /* the sum over the parts and whatever the step did outside them */
};

/* "DIR/part-00007.csv.gz" or ".json"; buf is reset first. */
const char *dv_part_path(struct dv_buf *buf, const char *dir, uint32_t part, const char *suffix);

enum dv_status dv_part_look(const char *dir, uint32_t part, bool *there, struct dv_err *err) DV_MUST_CHECK;
/* Reads and checks form and inner sums (blocks contiguous, rows and bytes add up, format known). Code FAULT,
 * hint. */
enum dv_status dv_part_manifest_read(const char *dir, uint32_t part, struct dv_part_manifest *out,
                                     struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_part_manifest_publish(const char *dir, const struct dv_part_manifest *manifest,
                                        struct dv_err *err) DV_MUST_CHECK;
void dv_part_manifest_release(struct dv_part_manifest *manifest);

enum dv_status dv_dataset_look(const char *dir, bool *whole, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_dataset_manifest_read(const char *dir, struct dv_dataset_manifest *out,
                                        struct dv_err *err) DV_MUST_CHECK;
/* Reads dataset.json and the manifests of all its parts, which must say the same of rows, SHA-256 and
 * columns: what follows may then go by either. Code FAULT, hint. */
enum dv_status dv_dataset_check(const char *dir, struct dv_err *err) DV_MUST_CHECK;
/* Reads the parts 0..part_count-1, which must all exist and agree on their columns, adds them and `extra`
 * (NULL: none) up, checks the tally, and publishes dataset.json. With part_count 0 the columns are those
 * given. */
enum dv_status dv_dataset_publish(const char *dir, uint32_t part_count, const struct dv_column *columns,
                                  unsigned column_count, const struct dv_tally *extra,
                                  struct dv_err *err) DV_MUST_CHECK;
void dv_dataset_manifest_release(struct dv_dataset_manifest *manifest);

#endif
