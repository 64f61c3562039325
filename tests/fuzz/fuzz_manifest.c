/* Any bytes, taken for part-N.json and for dataset.json: refused with a reason, or read; what was read adds
 * up, and a part's manifest is published and read again to the same. */
#include "core/manifest.h"
#include "core/manifest_json.h"
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>

static void check_columns(const struct dv_column *columns, unsigned count)
{
    FUZZ_CHECK(count > 0);
    for (unsigned i = 0; i < count; i++) {
        FUZZ_CHECK(columns[i].name[0] != '\0' && memchr(columns[i].name, '\0', sizeof columns[i].name));
        FUZZ_CHECK(columns[i].type.id < DV_TYPE_COUNT);
        for (unsigned j = 0; j < i; j++)
            FUZZ_CHECK(strcmp(columns[i].name, columns[j].name) != 0);
    }
}

static void check_tally(const struct dv_tally *tally, uint64_t rows)
{
    uint64_t sums[2] = {0};
    FUZZ_CHECK(tally->written == rows && tally->reason_count <= DV_TALLY_REASONS);
    for (unsigned i = 0; i < tally->reason_count; i++)
        sums[tally->reasons[i].rejected ? 1 : 0] += tally->reasons[i].rows;
    FUZZ_CHECK(sums[0] <= tally->filtered && sums[1] <= tally->rejected);
}

static void check_part(const struct dv_part_manifest *part)
{
    uint64_t bytes = 0, raw_bytes = 0, rows = 0;
    check_columns(part->columns, part->column_count);
    check_tally(&part->tally, part->rows);
    FUZZ_CHECK(part->block_count > 0 && strlen(part->sha256) == DV_SHA256_HEX - 1);
    for (unsigned i = 0; i < part->block_count; i++) {
        FUZZ_CHECK(part->blocks[i].offset == bytes && part->blocks[i].raw_length > 0);
        FUZZ_CHECK(part->blocks[i].rows <= part->blocks[i].raw_length);
        FUZZ_CHECK((part->blocks[i].rows == 0) == (i == 0));
        bytes += part->blocks[i].length;
        raw_bytes += part->blocks[i].raw_length;
        rows += part->blocks[i].rows;
    }
    FUZZ_CHECK(bytes == part->bytes && raw_bytes == part->raw_bytes && rows == part->rows);
}

static void check_dataset(const struct dv_dataset_manifest *dataset)
{
    uint64_t rows = 0;
    const struct dv_tally *tally = &dataset->tally;
    check_columns(dataset->columns, dataset->column_count);
    check_tally(tally, dataset->rows);
    for (uint32_t i = 0; i < dataset->part_count; i++)
        rows += dataset->part_rows[i];
    FUZZ_CHECK(rows == dataset->rows);
    FUZZ_CHECK(tally->read == tally->written + tally->merged + tally->filtered + tally->rejected);
}

static struct dv_buf file_of(uint32_t number)
{
    struct dv_buf path = {0}, bytes = {0};
    struct dv_err err = DV_ERR_INIT;
    FUZZ_CHECK(dv_file_read(dv_part_path(&path, fuzz_path(""), number, ".json"), (size_t)1 << 26, &bytes,
                            &err) == DV_OK);
    dv_buf_release(&path);
    return bytes;
}

static void publish_and_read(const struct dv_part_manifest *part)
{
    struct dv_part_manifest again;
    struct dv_err err = DV_ERR_INIT;
    FUZZ_CHECK_OF(dv_part_manifest_publish(fuzz_path(""), part, &err) == DV_OK, err.message);
    FUZZ_CHECK_OF(dv_part_manifest_read(fuzz_path(""), part->part, &again, &err) == DV_OK, err.message);
    struct dv_buf first = file_of(part->part);
    check_part(&again);
    FUZZ_CHECK_OF(dv_part_manifest_publish(fuzz_path(""), &again, &err) == DV_OK, err.message);
    struct dv_buf second = file_of(part->part);
    FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    dv_buf_release(&first);
    dv_buf_release(&second);
    dv_part_manifest_release(&again);
    struct dv_buf path = {0};
    FUZZ_CHECK(dv_file_remove(dv_part_path(&path, fuzz_path(""), part->part, ".json"), &err) == DV_OK);
    dv_buf_release(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dv_part_manifest part = {0};
    struct dv_dataset_manifest dataset = {0};
    struct dv_err err = DV_ERR_INIT;
    json_t *document = NULL;
    fuzz_write("input", data, size);
    enum dv_status status = dv_json_parse((const char *)data, size, "input", DV_EXIT_FAULT, &document, &err);
    if (status != DV_OK) {
        fuzz_check_refusal(status, &err, DV_EXIT_FAULT);
        return 0;
    }
    status = dv_part_manifest_from_json(document, &part, &err);
    if (status == DV_OK) {
        check_part(&part);
        publish_and_read(&part);
    } else {
        fuzz_check_refusal(status, &err, DV_EXIT_FAULT);
    }
    status = dv_dataset_manifest_from_json(document, &dataset, &err);
    if (status == DV_OK)
        check_dataset(&dataset);
    else
        fuzz_check_refusal(status, &err, DV_EXIT_FAULT);
    dv_part_manifest_release(&part);
    dv_dataset_manifest_release(&dataset);
    json_decref(document);
    return 0;
}
