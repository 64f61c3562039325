/* Reads one part of a dataset block by block, refusing whatever its manifest does not fit.
 *
 * Order of calls: open, dv_stage_reader_block() until DV_END, close. Any block can be read alone
 * (dv_stage_reader_seek). Errors are DV_FAILED, code FAULT, and name file and block. One thread at a time. */
#ifndef DV_CORE_STAGE_READER_H
#define DV_CORE_STAGE_READER_H

#include "core/codec.h"
#include "core/manifest.h"

struct dv_stage_reader;

struct dv_stage_block {
    const char *data; /* whole records, borrowed until the next call */
    size_t length;
    uint32_t rows;
    uint64_t first_row; /* 1-based row number within the part of the block's first record */
};

/* Reads the manifest and checks the file's size against it. */
enum dv_status dv_stage_reader_open(struct dv_stage_reader **reader, const char *dir, uint32_t part,
                                    struct dv_err *err) DV_MUST_CHECK;
const struct dv_part_manifest *dv_stage_reader_manifest(const struct dv_stage_reader *reader);
/* The next block with rows; the header block is checked and skipped. CRC and raw length are checked. DV_END
 * at the end. */
enum dv_status dv_stage_reader_block(struct dv_stage_reader *reader, struct dv_stage_block *block,
                                     struct dv_err *err) DV_MUST_CHECK;
/* The next dv_stage_reader_block() gives this block (0-based index into the manifest's blocks, 1 or more). */
enum dv_status dv_stage_reader_seek(struct dv_stage_reader *reader, unsigned block,
                                    struct dv_err *err) DV_MUST_CHECK;
/* Behind open, before the first block: compares what dv_stage_verify_part compares while the file is read
 * from its beginning to DV_END, which stands for a file that is whole. Blocks that come before it may be
 * false. */
enum dv_status dv_stage_reader_verify(struct dv_stage_reader *reader, struct dv_err *err) DV_MUST_CHECK;
/* Reads the whole file and compares size, SHA-256, every block's CRC and row count with the manifest, before
 * a single row is used. */
enum dv_status dv_stage_verify_part(const char *dir, uint32_t part, struct dv_err *err) DV_MUST_CHECK;
void dv_stage_reader_close(struct dv_stage_reader *reader); /* NULL is fine */

#endif
