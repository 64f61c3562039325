#include "extract/files.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/json.h"
#include "core/stop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define CUT_FORMAT 1
#define MOST_PARTS 99999U
/* A stage file takes about a quarter of its text. Beyond this share of the room that is left the files cannot
 * become stage files, whatever they hold. */
#define LEAST_SHARE 16

static enum dv_status add_part(struct dv_files_cut *cut, const struct dv_file_part *part, struct dv_err *err)
{
    if (cut->part_count == MOST_PARTS)
        return dv_fail(err, DV_EXIT_FAULT, "the files are too large: they would make more than %u parts",
                       MOST_PARTS);
    if (cut->part_count == cut->capacity) {
        uint32_t capacity = cut->capacity > 0 ? cut->capacity * 2 : 64;
        struct dv_file_part *parts = dv_realloc_array(cut->parts, capacity, sizeof *parts);
        if (parts == NULL)
            return dv_fail_memory(err);
        cut->parts = parts;
        cut->capacity = capacity;
    }
    cut->parts[cut->part_count++] = *part;
    return DV_OK;
}

void dv_files_cut_release(struct dv_files_cut *cut)
{
    dv_free(cut->parts);
    *cut = (struct dv_files_cut){0};
}

/* ---- reading through ---- */

struct cutter {
    const struct dv_file_layout *file;
    struct dv_files_cut *cut;
    struct dv_csv_scan scan;
    struct dv_file_text text;
    struct dv_file_part part; /* the one that is open */
    uint64_t before;          /* bytes of text of the files before */
    uint64_t room;            /* free on the disk that the parts go to */
    uint64_t part_bytes;
};

static enum dv_status close_part(struct cutter *cutter, struct dv_err *err)
{
    struct dv_file_part *part = &cutter->part;
    uint64_t offset = dv_file_text_offset(&cutter->text);
    part->length = offset - part->offset;
    dv_file_text_hash(&cutter->text, part->hash);
    enum dv_status status = add_part(cutter->cut, part, err);
    part->offset = offset;
    if (status == DV_OK && (cutter->before + offset) / LEAST_SHARE > cutter->room) {
        status = dv_fail(err, DV_EXIT_FAULT,
                         "%s is too large for the disk: %" PRIu64 " MiB of text up to here, and %" PRIu64
                         " MiB are free",
                         cutter->file->spec->path, (cutter->before + offset) >> 20, cutter->room >> 20);
        dv_err_hint(err, "%s",
                    cutter->file->spec->gzip
                        ? "is it what it should be? a gzip file may be made to grow without "
                          "end; else give a larger disk with --work"
                        : "give a larger disk with --work");
    }
    return status == DV_OK ? dv_stop_check(err) : status;
}

static enum dv_status never_closed(const struct cutter *cutter, uint64_t line, struct dv_err *err)
{
    enum dv_status status = dv_file_fail(cutter->file, line, err, "a quote opens here that is never closed");
    dv_err_hint(err, "everything behind it would be one field: correct the file, or say with \"quote\" and "
                     "\"escape\" in the dialect how it is written");
    return status;
}

/* The record at the window's start, which it need not hold whole. */
static enum dv_csv_found find_record(struct cutter *cutter)
{
    struct dv_file_text *text = &cutter->text;
    if (text->at == text->end)
        return DV_CSV_MORE;
    if (cutter->file->spec->format == DV_FILE_CSV)
        return dv_csv_scan(&cutter->scan, text->at, text->end, text->last);
    const char *lf = memchr(text->at, '\n', (size_t)(text->end - text->at));
    cutter->scan.next = lf != NULL ? lf + 1 : text->end;
    cutter->scan.lines = 1;
    return lf != NULL || text->last ? DV_CSV_RECORD : DV_CSV_MORE;
}

static enum dv_status cut_file(struct cutter *cutter, uint32_t number, struct dv_err *err)
{
    const struct dv_file_layout *file = cutter->file;
    struct dv_file_text *text = &cutter->text;
    uint64_t line = file->line;
    uint32_t parts_before = cutter->cut->part_count;
    enum dv_status status;
    DV_TRY(dv_csv_scan_init(&cutter->scan, &file->spec->dialect, 0, err));
    DV_TRY(dv_file_text_open(text, file->path, file->spec, &file->encoding, err));
    DV_TRY(dv_file_text_seek(text, file->offset, err));
    cutter->part = (struct dv_file_part){.file = number, .offset = file->offset, .line = line};
    while (text->at < text->end || !text->last) {
        if (find_record(cutter) == DV_CSV_MORE) {
            DV_TRY(dv_stop_check(err));
            DV_TRY(dv_file_more(file, text, line, err));
            continue;
        }
        if (cutter->scan.fault == DV_CSV_OPEN_QUOTE) {
            status = never_closed(cutter, line + cutter->scan.fault_line, err);
            goto done;
        }
        text->at = cutter->scan.next;
        line += cutter->scan.lines;
        if (dv_file_text_offset(text) - cutter->part.offset >= cutter->part_bytes) {
            DV_TRY(close_part(cutter, err));
            cutter->part.line = line;
        }
    }
    if (dv_file_text_offset(text) > cutter->part.offset || cutter->cut->part_count == parts_before)
        DV_TRY(close_part(cutter, err));
    cutter->before += dv_file_text_offset(text);
    status = dv_file_text_same(text, &file->stamp, err);
done:
    dv_file_text_close(text);
    dv_csv_scan_release(&cutter->scan);
    return status;
}

/* ---- cut.json ---- */

static json_t *part_json(const struct dv_file_part *part)
{
    return json_pack("{s:I, s:I, s:I, s:s}", "offset", (json_int_t)part->offset, "length",
                     (json_int_t)part->length, "line", (json_int_t)part->line, "xxh3", part->hash);
}

static json_t *file_json(const struct dv_file_layout *file, uint32_t number, const struct dv_files_cut *cut)
{
    json_t *parts = json_array(), *header = json_array();
    for (uint32_t i = 0; i < cut->part_count; i++)
        if (cut->parts[i].file == number)
            (void)json_array_append_new(parts, part_json(&cut->parts[i]));
    for (unsigned i = 0; i < file->header_count; i++)
        (void)json_array_append_new(header, json_string(file->header[i]));
    return json_pack("{s:s, s:b, s:I, s:I, s:o, s:o}", "file", file->spec->path, "absent", file->absent,
                     "size", (json_int_t)file->stamp.size, "modified_ns", (json_int_t)file->stamp.modified_ns,
                     "header", header, "parts", parts);
}

static enum dv_status write_cut(const struct dv_files_layout *layout, const char *path,
                                const struct dv_files_cut *cut, struct dv_err *err)
{
    dv_json_prepare();
    json_t *files = json_array();
    for (unsigned i = 0; i < layout->spec->file_count; i++)
        (void)json_array_append_new(files, file_json(&layout->files[i], i, cut));
    bool whole = files != NULL && json_array_size(files) == layout->spec->file_count;
    json_t *document = whole ? json_pack("{s:i, s:O}", "format", CUT_FORMAT, "files", files) : NULL;
    enum dv_status status =
        document != NULL ? dv_json_publish_sealed(path, document, err) : dv_fail_memory(err);
    json_decref(files);
    json_decref(document);
    return status;
}

static enum dv_status read_part(const json_t *object, uint32_t file, struct dv_files_cut *cut,
                                struct dv_err *err)
{
    struct dv_file_part part = {.file = file};
    const char *hash = NULL;
    enum dv_status status;
    DV_TRY(dv_json_uint(object, "offset", "parts", true, DV_EXIT_FAULT, &part.offset, err));
    DV_TRY(dv_json_uint(object, "length", "parts", true, DV_EXIT_FAULT, &part.length, err));
    DV_TRY(dv_json_uint(object, "line", "parts", true, DV_EXIT_FAULT, &part.line, err));
    DV_TRY(dv_json_string(object, "xxh3", "parts", true, DV_EXIT_FAULT, &hash, err));
    (void)snprintf(part.hash, sizeof part.hash, "%s", hash);
    status = add_part(cut, &part, err);
done:
    return status;
}

static enum dv_status changed(const char *path, const char *how, struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_CHANGED, "%s %s since the run began to read it", path, how);
    dv_err_hint(err, "put the file back as it was to go on with this run, or start over with --new");
    return status;
}

/* The files are those that were cut, as they were. */
static enum dv_status same_file(const json_t *object, const struct dv_file_layout *file, struct dv_err *err)
{
    const char *path = file->spec->path;
    bool was_absent = json_is_true(json_object_get(object, "absent"));
    const json_t *size = json_object_get(object, "size"), *modified = json_object_get(object, "modified_ns");
    if (was_absent != file->absent)
        return changed(path, was_absent ? "appeared" : "vanished", err);
    if ((uint64_t)json_integer_value(size) != file->stamp.size ||
        json_integer_value(modified) != file->stamp.modified_ns)
        return changed(path, "changed", err);
    return DV_OK;
}

static enum dv_status recall_header(const json_t *object, struct dv_files_layout *layout,
                                    struct dv_file_layout *file, struct dv_err *err)
{
    const json_t *words = json_object_get(object, "header");
    file->header_count = (unsigned)json_array_size(words);
    file->header = dv_arena_zalloc(&layout->arena, (file->header_count + 1) * sizeof *file->header);
    for (unsigned i = 0; i < file->header_count && file->header != NULL; i++) {
        const char *word = json_string_value(json_array_get(words, i));
        file->header[i] = dv_arena_strdup(&layout->arena, word != NULL ? word : "");
        if (file->header[i] == NULL)
            return dv_fail_memory(err);
    }
    if (file->header == NULL)
        return dv_fail_memory(err);
    if (file->header_count > 0 || file->absent || file->spec->format != DV_FILE_CSV ||
        !file->spec->dialect.header)
        return DV_OK;
    return dv_fail(err, DV_EXIT_FAULT, "the extract does not say which header %s had", file->spec->path);
}

/* path: of cut.json. recalled: takes what it says of the files; NULL: they are to be as they were. */
static enum dv_status read_cut(const struct dv_files_layout *layout, struct dv_files_layout *recalled,
                               const char *path, struct dv_files_cut *cut, struct dv_err *err)
{
    json_t *document = NULL;
    enum dv_status status = dv_json_read_sealed(path, &document, err);
    if (status != DV_OK)
        return status;
    const json_t *files = json_object_get(document, "files");
    if (json_array_size(files) != layout->spec->file_count) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s does not fit the job", path);
        goto done;
    }
    for (unsigned i = 0; i < layout->spec->file_count; i++) {
        const json_t *object = json_array_get(files, i), *parts = json_object_get(object, "parts");
        if (recalled == NULL) {
            DV_TRY(same_file(object, &layout->files[i], err));
        } else {
            recalled->files[i].absent = json_is_true(json_object_get(object, "absent"));
            DV_TRY(recall_header(object, recalled, &recalled->files[i], err));
        }
        for (size_t p = 0; p < json_array_size(parts); p++)
            DV_TRY(read_part(json_array_get(parts, p), i, cut, err));
    }
done:
    json_decref(document);
    return status;
}

enum dv_status dv_files_recall(struct dv_files_layout *layout, const char *dir, struct dv_files_cut *cut,
                               struct dv_err *err)
{
    char *path = dv_asprintf("%s/cut.json", dir);
    enum dv_status status = path != NULL ? read_cut(layout, layout, path, cut, err) : dv_fail_memory(err);
    dv_free(path);
    return status;
}

static enum dv_status make_cut(const struct dv_files_layout *layout, const char *dir, const char *path,
                               struct dv_files_cut *cut, struct dv_err *err)
{
    struct cutter cutter = {.cut = cut, .room = UINT64_MAX, .part_bytes = layout->spec->part_bytes};
    struct statvfs disk;
    enum dv_status status;
    if (cutter.part_bytes == 0)
        cutter.part_bytes = DV_FILE_PART_BYTES;
    DV_TRY(dv_file_remove_tree(dir, err)); /* parts are worth nothing without it */
    DV_TRY(dv_file_make_dirs(dir, err));
    if (statvfs(dir, &disk) == 0)
        cutter.room = (uint64_t)disk.f_bavail * disk.f_frsize;
    for (unsigned i = 0; i < layout->spec->file_count; i++) {
        cutter.file = &layout->files[i];
        if (!cutter.file->absent)
            DV_TRY(cut_file(&cutter, i, err));
    }
    status = write_cut(layout, path, cut, err);
done:
    return status;
}

enum dv_status dv_files_cut(const struct dv_files_layout *layout, const char *dir, struct dv_files_cut *cut,
                            struct dv_err *err)
{
    char *path = dv_asprintf("%s/cut.json", dir);
    if (path == NULL)
        return dv_fail_memory(err);
    bool there;
    enum dv_status status = dv_file_look(path, &there, err);
    if (status == DV_OK)
        status = there ? read_cut(layout, NULL, path, cut, err) : make_cut(layout, dir, path, cut, err);
    dv_free(path);
    return status;
}
