#include "core/manifest.h"

#include "core/alloc.h"
#include "core/json.h"
#include "core/manifest_json.h"

#include <inttypes.h>
#include <string.h>

const char *dv_part_path(struct dv_buf *buf, const char *dir, uint32_t part, const char *suffix)
{
    dv_buf_reset(buf);
    dv_buf_printf(buf, "%s/part-%05" PRIu32 "%s", dir, part, suffix);
    const char *path = dv_buf_cstr(buf);
    return path != NULL ? path : "";
}

static const char *dataset_path(struct dv_buf *buf, const char *dir)
{
    dv_buf_reset(buf);
    dv_buf_printf(buf, "%s/dataset.json", dir);
    const char *path = dv_buf_cstr(buf);
    return path != NULL ? path : "";
}

/* Releases the path, which is "" where there was no memory for it. */
static enum dv_status look(struct dv_buf *path, const char *name, bool *there, struct dv_err *err)
{
    enum dv_status status = *name != '\0' ? dv_file_look(name, there, err) : dv_fail_memory(err);
    dv_buf_release(path);
    return status;
}

enum dv_status dv_part_look(const char *dir, uint32_t part, bool *there, struct dv_err *err)
{
    struct dv_buf path = {0};
    return look(&path, dv_part_path(&path, dir, part, ".json"), there, err);
}

enum dv_status dv_dataset_look(const char *dir, bool *whole, struct dv_err *err)
{
    struct dv_buf path = {0};
    return look(&path, dataset_path(&path, dir), whole, err);
}

/* A fault of a manifest: which file, and what to do about it. */
static enum dv_status in_file(enum dv_status status, const char *path, struct dv_err *err)
{
    if (status == DV_OK || err->os_errno != 0 || err->code != DV_EXIT_FAULT)
        return status;
    if (strstr(err->message, path) == NULL) {
        char message[sizeof err->message];
        memcpy(message, err->message, sizeof message);
        struct dv_err before = *err;
        dv_fail(err, before.code, "%s: %s", path, message);
        dv_err_hint(err, "%s", before.hint);
        err->status = before.status;
    }
    if (err->hint[0] == '\0')
        dv_err_hint(
            err,
            "the file was damaged or changed: remove the dataset's folder and run again to make it anew");
    return status;
}

static enum dv_status add_columns(json_t *document, const struct dv_column *columns, unsigned count,
                                  struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf type = {0};
    json_t *list = json_array();
    if (list == NULL || json_object_set_new(document, "columns", list) != 0)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < count && status == DV_OK; i++) {
        dv_buf_reset(&type);
        dv_type_format(&columns[i].type, &type);
        const char *name = dv_buf_cstr(&type);
        json_t *column = name != NULL ? json_pack("{s:s, s:s}", "name", columns[i].name, "type", name) : NULL;
        if (column == NULL || json_array_append_new(list, column) != 0)
            status = dv_fail_memory(err);
    }
    dv_buf_release(&type);
    return status;
}

enum dv_status dv_tally_to_json(json_t *document, const struct dv_tally *tally, struct dv_err *err)
{
    json_t *filtered = json_object(), *rejected = json_object();
    int failed = filtered == NULL || rejected == NULL;
    for (unsigned i = 0; i < tally->reason_count && !failed; i++)
        failed |=
            json_object_set_new(tally->reasons[i].rejected ? rejected : filtered, tally->reasons[i].name,
                                json_integer((json_int_t)tally->reasons[i].rows));
    /* "o" takes the two over, also where json_pack fails. */
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:{s:o, s:o}}", "read", (json_int_t)tally->read, "written",
                  (json_int_t)tally->written, "merged", (json_int_t)tally->merged, "filtered",
                  (json_int_t)tally->filtered, "rejected", (json_int_t)tally->rejected, "reasons", "filtered",
                  filtered, "rejected", rejected);
    if (failed || object == NULL) {
        json_decref(object);
        return dv_fail_memory(err);
    }
    return json_object_set_new(document, "tally", object) == 0 ? DV_OK : dv_fail_memory(err);
}

static enum dv_status set_uint(json_t *object, const char *key, uint64_t number, struct dv_err *err)
{
    return json_object_set_new(object, key, json_integer((json_int_t)number)) == 0 ? DV_OK
                                                                                   : dv_fail_memory(err);
}

static enum dv_status add_blocks(json_t *document, const struct dv_part_manifest *manifest,
                                 struct dv_err *err)
{
    json_t *list = json_array();
    if (list == NULL || json_object_set_new(document, "blocks", list) != 0)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < manifest->block_count; i++) {
        const struct dv_block *block = &manifest->blocks[i];
        json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:I}", "offset", (json_int_t)block->offset, "length",
                                   (json_int_t)block->length, "rows", (json_int_t)block->rows, "raw_length",
                                   (json_int_t)block->raw_length, "crc32", (json_int_t)block->crc);
        if (object == NULL || json_array_append_new(list, object) != 0)
            return dv_fail_memory(err);
    }
    return DV_OK;
}

static enum dv_status new_document(json_t **document, uint64_t rows, uint64_t raw_bytes, uint64_t bytes,
                                   struct dv_err *err)
{
    enum dv_status status;
    dv_json_prepare();
    *document = json_object();
    if (*document == NULL)
        return dv_fail_memory(err);
    DV_TRY(set_uint(*document, "format", DV_STAGE_FORMAT, err));
    DV_TRY(set_uint(*document, "rows", rows, err));
    DV_TRY(set_uint(*document, "raw_bytes", raw_bytes, err));
    DV_TRY(set_uint(*document, "bytes", bytes, err));
done:
    return status;
}

enum dv_status dv_part_manifest_publish(const char *dir, const struct dv_part_manifest *manifest,
                                        struct dv_err *err)
{
    enum dv_status status;
    struct dv_buf path = {0};
    json_t *document = NULL;
    if (manifest->block_count > DV_MANIFEST_MOST_BLOCKS)
        return dv_fail(err, DV_EXIT_FAULT,
                       "part %" PRIu32 " of %s has more than %u blocks: cut it into more parts",
                       manifest->part, dir, DV_MANIFEST_MOST_BLOCKS);
    DV_TRY(new_document(&document, manifest->rows, manifest->raw_bytes, manifest->bytes, err));
    DV_TRY(set_uint(document, "part", manifest->part, err));
    DV_TRY(add_columns(document, manifest->columns, manifest->column_count, err));
    DV_TRY(add_blocks(document, manifest, err));
    DV_TRY(dv_tally_to_json(document, &manifest->tally, err));
    if (json_object_set_new(document, "sha256", json_string(manifest->sha256)) != 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    dv_part_path(&path, dir, manifest->part, ".json");
    DV_TRY(dv_buf_check(&path, err));
    status = dv_json_publish_sealed(path.data, document, err);
done:
    json_decref(document);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_part_manifest_read(const char *dir, uint32_t part, struct dv_part_manifest *out,
                                     struct dv_err *err)
{
    enum dv_status status;
    struct dv_buf path = {0};
    json_t *document = NULL;
    *out = (struct dv_part_manifest){.part = part};
    dv_part_path(&path, dir, part, ".json");
    DV_TRY(dv_buf_check(&path, err));
    DV_TRY(dv_json_read_sealed(path.data, &document, err));
    status = dv_part_manifest_from_json(document, out, err);
    if (status == DV_OK && out->part != part)
        status = dv_fail(err, DV_EXIT_FAULT, "says that it is part %" PRIu32, out->part);
done:
    status = in_file(status, path.data != NULL ? path.data : dir, err);
    if (status != DV_OK)
        dv_part_manifest_release(out);
    json_decref(document);
    dv_buf_release(&path);
    return status;
}

void dv_part_manifest_release(struct dv_part_manifest *manifest)
{
    dv_free(manifest->columns);
    dv_free(manifest->blocks);
    *manifest = (struct dv_part_manifest){0};
}

enum dv_status dv_dataset_manifest_read(const char *dir, struct dv_dataset_manifest *out, struct dv_err *err)
{
    enum dv_status status;
    struct dv_buf path = {0};
    json_t *document = NULL;
    *out = (struct dv_dataset_manifest){0};
    dataset_path(&path, dir);
    DV_TRY(dv_buf_check(&path, err));
    DV_TRY(dv_json_read_sealed(path.data, &document, err));
    status = dv_dataset_manifest_from_json(document, out, err);
done:
    status = in_file(status, path.data != NULL ? path.data : dir, err);
    if (status != DV_OK)
        dv_dataset_manifest_release(out);
    json_decref(document);
    dv_buf_release(&path);
    return status;
}

void dv_dataset_manifest_release(struct dv_dataset_manifest *manifest)
{
    dv_free(manifest->columns);
    dv_free(manifest->part_sha256);
    dv_free(manifest->part_rows);
    *manifest = (struct dv_dataset_manifest){0};
}

static bool same_columns(const struct dv_column *a, unsigned a_count, const struct dv_column *b,
                         unsigned b_count)
{
    if (a_count != b_count)
        return false;
    for (unsigned i = 0; i < a_count; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || !dv_type_equal(&a[i].type, &b[i].type))
            return false;
    return true;
}

static enum dv_status check_part(const char *dir, const struct dv_dataset_manifest *dataset, uint32_t part,
                                 struct dv_err *err)
{
    struct dv_part_manifest manifest;
    struct dv_buf path = {0};
    enum dv_status status = dv_part_manifest_read(dir, part, &manifest, err);
    if (status != DV_OK)
        return status;
    const char *file = dv_part_path(&path, dir, part, ".json"), *differs = NULL;
    if (manifest.rows != dataset->part_rows[part])
        differs = "another number of rows";
    else if (strcmp(manifest.sha256, dataset->part_sha256[part]) != 0)
        differs = "another SHA-256";
    else if (!same_columns(dataset->columns, dataset->column_count, manifest.columns, manifest.column_count))
        differs = "other columns";
    if (differs != NULL)
        status = dv_fail(err, DV_EXIT_FAULT, "%s has %s than dataset.json says", file, differs);
    dv_part_manifest_release(&manifest);
    status = in_file(status, file, err);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_dataset_check(const char *dir, struct dv_err *err)
{
    struct dv_dataset_manifest dataset;
    enum dv_status status = dv_dataset_manifest_read(dir, &dataset, err);
    for (uint32_t part = 0; status == DV_OK && part < dataset.part_count; part++)
        status = check_part(dir, &dataset, part, err);
    dv_dataset_manifest_release(&dataset);
    return status;
}

/* Adds the part to the sums and to the list `parts`. */
static enum dv_status add_part(const char *dir, uint32_t part, struct dv_dataset_manifest *sum, json_t *parts,
                               struct dv_err *err)
{
    struct dv_part_manifest manifest;
    enum dv_status status = dv_part_manifest_read(dir, part, &manifest, err);
    if (status != DV_OK)
        return status;
    if (sum->columns == NULL) {
        sum->columns = manifest.columns;
        sum->column_count = manifest.column_count;
        manifest.columns = NULL;
    } else if (!same_columns(sum->columns, sum->column_count, manifest.columns, manifest.column_count)) {
        status = dv_fail(err, DV_EXIT_FAULT, "part %" PRIu32 " of %s has other columns than it should have",
                         part, dir);
        dv_err_hint(err,
                    "its parts were made by different versions of the job: remove the folder and run again");
        goto done;
    }
    sum->rows += manifest.rows;
    sum->raw_bytes += manifest.raw_bytes;
    sum->bytes += manifest.bytes;
    dv_tally_add(&sum->tally, &manifest.tally);
    json_t *entry = json_pack("{s:I, s:I, s:s}", "part", (json_int_t)part, "rows", (json_int_t)manifest.rows,
                              "sha256", manifest.sha256);
    if (entry == NULL || json_array_append_new(parts, entry) != 0)
        status = dv_fail_memory(err);
done:
    dv_part_manifest_release(&manifest);
    return status;
}

/* A copy, so that the sums own their columns wherever those came from. */
static enum dv_status take_columns(struct dv_dataset_manifest *sum, const struct dv_column *columns,
                                   unsigned count, struct dv_err *err)
{
    if (columns == NULL || count == 0)
        return DV_OK;
    sum->columns = dv_calloc(count, sizeof *columns);
    if (sum->columns == NULL)
        return dv_fail_memory(err);
    memcpy(sum->columns, columns, count * sizeof *columns);
    sum->column_count = count;
    return DV_OK;
}

enum dv_status dv_dataset_publish(const char *dir, uint32_t part_count, const struct dv_column *columns,
                                  unsigned column_count, const struct dv_tally *extra, struct dv_err *err)
{
    enum dv_status status;
    struct dv_dataset_manifest sum = {0};
    struct dv_buf path = {0};
    json_t *document = NULL, *parts = NULL;
    dv_json_prepare();
    parts = json_array();
    if (parts == NULL)
        return dv_fail_memory(err);
    DV_TRY(take_columns(&sum, columns, column_count, err));
    for (uint32_t part = 0; part < part_count; part++)
        DV_TRY(add_part(dir, part, &sum, parts, err));
    if (sum.column_count == 0) {
        status = dv_fail(err, DV_EXIT_BUG, "the dataset %s has neither parts nor columns", dir);
        goto done;
    }
    if (extra != NULL)
        dv_tally_add(&sum.tally, extra);
    DV_TRY(dv_tally_check(&sum.tally, NULL, dir, err));
    if (sum.tally.written != sum.rows) {
        status = dv_fail(err, DV_EXIT_BUG,
                         "%s: %" PRIu64 " rows are said to be written, but its parts hold %" PRIu64, dir,
                         sum.tally.written, sum.rows);
        goto done;
    }
    DV_TRY(new_document(&document, sum.rows, sum.raw_bytes, sum.bytes, err));
    DV_TRY(add_columns(document, sum.columns, sum.column_count, err));
    DV_TRY(dv_tally_to_json(document, &sum.tally, err));
    if (json_object_set(document, "parts", parts) != 0) {
        status = dv_fail_memory(err);
        goto done;
    }
    dataset_path(&path, dir);
    DV_TRY(dv_buf_check(&path, err));
    DV_TRY(dv_file_make_dirs(dir, err));
    status = dv_json_publish_sealed(path.data, document, err);
done:
    json_decref(document);
    json_decref(parts);
    dv_buf_release(&path);
    dv_dataset_manifest_release(&sum);
    return status;
}
