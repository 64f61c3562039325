#include "core/manifest_json.h"

#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FAULT        DV_EXIT_FAULT
#define MOST_COLUMNS 1664U /* PostgreSQL's limit of a result's columns */
#define MOST_PARTS   1048576U
/* Deflate makes at most 258 bytes of two bits and a block needs a few more: beyond it the manifest lies. */
#define MOST_RATIO 1032U

static enum dv_status get_uint_to(const json_t *object, const char *key, const char *place, uint64_t most,
                                  uint64_t *out, struct dv_err *err)
{
    enum dv_status status = dv_json_uint(object, key, place, true, FAULT, out, err);
    if (status == DV_OK && *out > most)
        return dv_fail(err, FAULT, "%s%s%s is %" PRIu64 ", more than the %" PRIu64 " that are possible",
                       place, place[0] != '\0' ? "." : "", key, *out, most);
    return status;
}

static enum dv_status get_u32(const json_t *object, const char *key, const char *place, uint64_t most,
                              uint32_t *out, struct dv_err *err)
{
    uint64_t number = 0;
    enum dv_status status = get_uint_to(object, key, place, most, &number, err);
    *out = (uint32_t)number;
    return status;
}

static enum dv_status get_format(const json_t *document, struct dv_err *err)
{
    uint64_t format = 0;
    enum dv_status status = dv_json_uint(document, "format", "", true, FAULT, &format, err);
    if (status == DV_OK && format != DV_STAGE_FORMAT) {
        status = dv_fail(err, FAULT, "stage file format %" PRIu64 " is not known, only format %d", format,
                         DV_STAGE_FORMAT);
        dv_err_hint(err, "use the version of drover that wrote it, or start over with --new");
    }
    return status;
}

static enum dv_status get_list(const json_t *document, const char *key, size_t least, size_t most,
                               const json_t **out, struct dv_err *err)
{
    *out = json_object_get(document, key);
    if (!json_is_array(*out))
        return dv_fail(err, FAULT, "%s must be a list", key);
    if (json_array_size(*out) < least || json_array_size(*out) > most)
        return dv_fail(err, FAULT, "%s has %zu members: %zu to %zu are possible", key, json_array_size(*out),
                       least, most);
    return DV_OK;
}

static enum dv_status get_sha256(const json_t *object, const char *place, char out[DV_SHA256_HEX],
                                 struct dv_err *err)
{
    const char *text = NULL;
    enum dv_status status = dv_json_string(object, "sha256", place, true, FAULT, &text, err);
    if (status != DV_OK)
        return status;
    if (strlen(text) != DV_SHA256_HEX - 1 || strspn(text, "0123456789abcdef") != DV_SHA256_HEX - 1)
        return dv_fail(err, FAULT, "%s%ssha256 must be 64 lower-case hexadecimal digits", place,
                       place[0] != '\0' ? "." : "");
    memcpy(out, text, DV_SHA256_HEX);
    return DV_OK;
}

static enum dv_status get_column(const json_t *object, const char *place, struct dv_column *column,
                                 struct dv_err *err)
{
    static const char *const known[] = {"name", "type", NULL};
    const char *name = NULL, *type = NULL;
    enum dv_status status;
    DV_TRY(dv_json_only_keys(object, place, known, FAULT, err));
    DV_TRY(dv_json_string(object, "name", place, true, FAULT, &name, err));
    DV_TRY(dv_json_string(object, "type", place, true, FAULT, &type, err));
    if (name[0] == '\0' || strlen(name) >= sizeof column->name)
        return dv_fail(err, FAULT, "%s.name must have 1 to 63 bytes", place);
    memcpy(column->name, name, strlen(name) + 1);
    status = dv_type_parse(type, strlen(type), &column->type, err);
    if (status == DV_FAILED && err->os_errno == 0) {
        struct dv_err why = *err;
        return dv_fail(err, FAULT, "%s.type: %s", place, why.message);
    }
done:
    return status;
}

static enum dv_status get_columns(const json_t *document, struct dv_column **out, unsigned *count,
                                  struct dv_err *err)
{
    const json_t *list;
    enum dv_status status = get_list(document, "columns", 1, MOST_COLUMNS, &list, err);
    if (status != DV_OK)
        return status;
    unsigned total = (unsigned)json_array_size(list);
    struct dv_column *columns = *out = dv_calloc(total, sizeof *columns);
    if (columns == NULL)
        return dv_fail_memory(err);
    *count = total;
    for (unsigned i = 0; i < total; i++) {
        char place[32];
        snprintf(place, sizeof place, "columns[%u]", i);
        status = get_column(json_array_get(list, i), place, &columns[i], err);
        if (status != DV_OK)
            return status;
        for (unsigned j = 0; j < i; j++)
            if (strcmp(columns[i].name, columns[j].name) == 0)
                return dv_fail(err, FAULT, "%s.name is that of columns[%u]", place, j);
    }
    return DV_OK;
}

static enum dv_status get_reasons(const json_t *reasons, const char *key, bool rejected,
                                  struct dv_tally *tally, struct dv_err *err)
{
    const json_t *object = json_object_get(reasons, key);
    if (!json_is_object(object))
        return dv_fail(err, FAULT, "tally.reasons.%s must be an object", key);
    const uint64_t most = rejected ? tally->rejected : tally->filtered;
    uint64_t sum = 0;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)object, name, member)
    {
        struct dv_tally_reason reason = {.rejected = rejected};
        if (strlen(name) >= sizeof reason.name || tally->reason_count == DV_TALLY_REASONS)
            return dv_fail(err, FAULT, "tally.reasons.%s has too long or too many names", key);
        memcpy(reason.name, name, strlen(name));
        if (!json_is_integer(member) || json_integer_value(member) < 0)
            return dv_fail(err, FAULT, "tally.reasons.%s.%s must be a whole number, zero or more", key, name);
        reason.rows = (uint64_t)json_integer_value(member);
        if (reason.rows > most - sum)
            return dv_fail(err, FAULT, "tally.reasons.%s say more rows than tally.%s", key, key);
        sum += reason.rows;
        tally->reasons[tally->reason_count++] = reason;
    }
    return DV_OK;
}

enum dv_status dv_tally_from_json(const json_t *document, uint64_t rows, struct dv_tally *tally,
                                  struct dv_err *err)
{
    static const char *const known[] = {"read", "written", "merged", "filtered", "rejected", "reasons", NULL};
    static const char *const known_reasons[] = {"filtered", "rejected", NULL};
    const json_t *object = json_object_get(document, "tally");
    enum dv_status status;
    DV_TRY(dv_json_only_keys(object, "tally", known, FAULT, err));
    DV_TRY(dv_json_uint(object, "read", "tally", true, FAULT, &tally->read, err));
    DV_TRY(dv_json_uint(object, "written", "tally", true, FAULT, &tally->written, err));
    DV_TRY(dv_json_uint(object, "merged", "tally", true, FAULT, &tally->merged, err));
    DV_TRY(dv_json_uint(object, "filtered", "tally", true, FAULT, &tally->filtered, err));
    DV_TRY(dv_json_uint(object, "rejected", "tally", true, FAULT, &tally->rejected, err));
    const json_t *reasons = json_object_get(object, "reasons");
    DV_TRY(dv_json_only_keys(reasons, "tally.reasons", known_reasons, FAULT, err));
    DV_TRY(get_reasons(reasons, "filtered", false, tally, err));
    DV_TRY(get_reasons(reasons, "rejected", true, tally, err));
    if (tally->written != rows)
        status =
            dv_fail(err, FAULT, "tally.written is %" PRIu64 ", but rows is %" PRIu64, tally->written, rows);
done:
    return status;
}

static enum dv_status get_block(const json_t *object, unsigned index, struct dv_block *block,
                                struct dv_err *err)
{
    static const char *const known[] = {"offset", "length", "rows", "raw_length", "crc32", NULL};
    char place[32];
    snprintf(place, sizeof place, "blocks[%u]", index);
    enum dv_status status;
    DV_TRY(dv_json_only_keys(object, place, known, FAULT, err));
    DV_TRY(dv_json_uint(object, "offset", place, true, FAULT, &block->offset, err));
    DV_TRY(get_u32(object, "length", place, UINT32_MAX, &block->length, err));
    DV_TRY(get_u32(object, "raw_length", place, DV_BLOCK_MOST, &block->raw_length, err));
    DV_TRY(get_u32(object, "rows", place, block->raw_length, &block->rows, err));
    DV_TRY(get_u32(object, "crc32", place, UINT32_MAX, &block->crc, err));
    if (block->raw_length == 0 || block->raw_length / MOST_RATIO > block->length)
        status = dv_fail(err, FAULT, "%s: %" PRIu32 " bytes of CSV cannot stand in %" PRIu32, place,
                         block->raw_length, block->length);
    else if ((index == 0) != (block->rows == 0))
        status = dv_fail(err, FAULT, "%s.rows is %" PRIu32 ": the first block has none, every other has some",
                         place, block->rows);
done:
    return status;
}

static enum dv_status get_blocks(const json_t *document, struct dv_part_manifest *out, struct dv_err *err)
{
    const json_t *list;
    enum dv_status status = get_list(document, "blocks", 1, DV_MANIFEST_MOST_BLOCKS, &list, err);
    if (status != DV_OK)
        return status;
    unsigned total = (unsigned)json_array_size(list);
    out->blocks = dv_calloc(total, sizeof *out->blocks);
    if (out->blocks == NULL)
        return dv_fail_memory(err);
    out->block_count = total;
    uint64_t bytes = 0, raw_bytes = 0, rows = 0;
    for (unsigned i = 0; i < total; i++) {
        status = get_block(json_array_get(list, i), i, &out->blocks[i], err);
        if (status != DV_OK)
            return status;
        if (out->blocks[i].offset != bytes)
            return dv_fail(err, FAULT,
                           "blocks[%u].offset is %" PRIu64 ", but the block before ends at %" PRIu64, i,
                           out->blocks[i].offset, bytes);
        bytes += out->blocks[i].length;
        raw_bytes += out->blocks[i].raw_length;
        rows += out->blocks[i].rows;
    }
    if (bytes != out->bytes || raw_bytes != out->raw_bytes || rows != out->rows)
        return dv_fail(err, FAULT,
                       "its blocks hold %" PRIu64 " bytes, %" PRIu64 " of CSV and %" PRIu64
                       " rows, but it says %" PRIu64 ", %" PRIu64 " and %" PRIu64,
                       bytes, raw_bytes, rows, out->bytes, out->raw_bytes, out->rows);
    return DV_OK;
}

enum dv_status dv_part_manifest_from_json(const json_t *document, struct dv_part_manifest *out,
                                          struct dv_err *err)
{
    static const char *const known[] = {"format", "part",   "columns", "rows",  "raw_bytes",
                                        "bytes",  "blocks", "sha256",  "tally", NULL};
    enum dv_status status;
    DV_TRY(get_format(document, err));
    DV_TRY(dv_json_only_keys(document, "", known, FAULT, err));
    DV_TRY(get_u32(document, "part", "", MOST_PARTS - 1, &out->part, err));
    DV_TRY(dv_json_uint(document, "rows", "", true, FAULT, &out->rows, err));
    DV_TRY(dv_json_uint(document, "raw_bytes", "", true, FAULT, &out->raw_bytes, err));
    DV_TRY(dv_json_uint(document, "bytes", "", true, FAULT, &out->bytes, err));
    DV_TRY(get_sha256(document, "", out->sha256, err));
    DV_TRY(get_columns(document, &out->columns, &out->column_count, err));
    DV_TRY(get_blocks(document, out, err));
    DV_TRY(dv_tally_from_json(document, out->rows, &out->tally, err));
done:
    return status;
}

static enum dv_status get_parts(const json_t *document, struct dv_dataset_manifest *out, struct dv_err *err)
{
    static const char *const known[] = {"part", "rows", "sha256", NULL};
    const json_t *list;
    enum dv_status status = get_list(document, "parts", 0, MOST_PARTS, &list, err);
    if (status != DV_OK)
        return status;
    uint32_t total = (uint32_t)json_array_size(list);
    out->part_sha256 = dv_calloc(total, sizeof *out->part_sha256);
    out->part_rows = dv_calloc(total, sizeof *out->part_rows);
    if (out->part_sha256 == NULL || out->part_rows == NULL)
        return dv_fail_memory(err);
    out->part_count = total;
    uint64_t left = out->rows;
    for (uint32_t i = 0; i < total; i++) {
        const json_t *object = json_array_get(list, i);
        char place[32];
        uint32_t number;
        snprintf(place, sizeof place, "parts[%" PRIu32 "]", i);
        DV_TRY(dv_json_only_keys(object, place, known, FAULT, err));
        DV_TRY(get_u32(object, "part", place, MOST_PARTS - 1, &number, err));
        if (number != i)
            return dv_fail(err, FAULT, "%s.part is %" PRIu32 ": parts stand in order, none left out", place,
                           number);
        DV_TRY(dv_json_uint(object, "rows", place, true, FAULT, &out->part_rows[i], err));
        DV_TRY(get_sha256(object, place, out->part_sha256[i], err));
        if (out->part_rows[i] > left)
            return dv_fail(err, FAULT, "the parts hold more than the %" PRIu64 " rows of the dataset",
                           out->rows);
        left -= out->part_rows[i];
    }
    if (left != 0)
        return dv_fail(err, FAULT, "the parts hold %" PRIu64 " rows less than the %" PRIu64 " of the dataset",
                       left, out->rows);
done:
    return status;
}

enum dv_status dv_dataset_manifest_from_json(const json_t *document, struct dv_dataset_manifest *out,
                                             struct dv_err *err)
{
    static const char *const known[] = {"format", "columns", "rows",  "raw_bytes",
                                        "bytes",  "parts",   "tally", NULL};
    enum dv_status status;
    DV_TRY(get_format(document, err));
    DV_TRY(dv_json_only_keys(document, "", known, FAULT, err));
    DV_TRY(dv_json_uint(document, "rows", "", true, FAULT, &out->rows, err));
    DV_TRY(dv_json_uint(document, "raw_bytes", "", true, FAULT, &out->raw_bytes, err));
    DV_TRY(dv_json_uint(document, "bytes", "", true, FAULT, &out->bytes, err));
    DV_TRY(get_columns(document, &out->columns, &out->column_count, err));
    DV_TRY(get_parts(document, out, err));
    DV_TRY(dv_tally_from_json(document, out->rows, &out->tally, err));
    const struct dv_tally *tally = &out->tally;
    uint64_t sum = tally->written;
    if (__builtin_add_overflow(sum, tally->merged, &sum) ||
        __builtin_add_overflow(sum, tally->filtered, &sum) ||
        __builtin_add_overflow(sum, tally->rejected, &sum) || sum != tally->read)
        status = dv_fail(err, FAULT, "tally: rows read are not written + merged + filtered + rejected");
done:
    return status;
}
