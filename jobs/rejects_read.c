#include "core/alloc.h"
#include "core/csv.h"
#include "core/stage_reader.h"
#include "core/stop.h"
#include "jobs/replay_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static bool part_number(const char *name, uint32_t *part)
{
    char *end;
    if (strncmp(name, "part-", 5) != 0)
        return false;
    unsigned long number = strtoul(name + 5, &end, 10);
    *part = (uint32_t)number;
    return strcmp(end, ".json") == 0 && number <= UINT32_MAX;
}

static int is_part(const struct dirent *entry)
{
    uint32_t part;
    return part_number(entry->d_name, &part);
}

/* Those of a list that is not whole. */
static enum dv_status find_loose_parts(struct dv_reject_list *list, struct dv_arena *arena,
                                       struct dv_err *err)
{
    struct dirent **entries = NULL; /* of the C library's heap */
    int count = scandir(list->dir, &entries, is_part, alphasort);
    if (count < 0)
        return dv_fail_os(err, errno, "cannot read the folder %s", list->dir);
    list->parts = dv_arena_zalloc(arena, ((size_t)count + 1) * sizeof *list->parts);
    for (int i = 0; i < count; i++) {
        if (list->parts != NULL)
            (void)part_number(entries[i]->d_name, &list->parts[i]);
        free(entries[i]);
    }
    free(entries);
    if (list->parts == NULL)
        return dv_fail_memory(err);
    list->part_count = (uint32_t)count;
    qsort(list->parts, list->part_count, sizeof *list->parts, by_number);
    return DV_OK;
}

/* The parts that are there: of a list that is whole, those that its dataset.json names. */
static enum dv_status find_parts(struct dv_reject_list *list, struct dv_arena *arena, struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    enum dv_status status = dv_dataset_look(list->dir, &list->whole, err);
    if (status == DV_OK && !list->whole)
        return find_loose_parts(list, arena, err);
    if (status == DV_OK)
        status = dv_dataset_manifest_read(list->dir, &manifest, err);
    if (status != DV_OK)
        return status;
    list->part_count = manifest.part_count;
    dv_dataset_manifest_release(&manifest);
    list->parts = dv_arena_zalloc(arena, ((size_t)list->part_count + 1) * sizeof *list->parts);
    for (uint32_t part = 0; part < list->part_count && list->parts != NULL; part++)
        list->parts[part] = part;
    return list->parts != NULL ? DV_OK : dv_fail_memory(err);
}

enum dv_status dv_reject_lists_find(struct dv_reject_lists *lists, const char *run_dir,
                                    struct dv_arena *arena, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL; /* of the C library's heap */
    const char *dir = dv_arena_printf(arena, "%s/rejects", run_dir);
    if (dir == NULL)
        return dv_fail_memory(err);
    int count = scandir(dir, &entries, NULL, alphasort);
    if (count < 0 && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the folder %s", dir);
    *lists = (struct dv_reject_lists){
        .lists = dv_arena_zalloc(arena, ((size_t)(count > 0 ? count : 0) + 1) * sizeof *lists->lists)};
    if (lists->lists == NULL)
        status = dv_fail_memory(err);
    for (int i = 0; i < count; i++) {
        if (status == DV_OK && entries[i]->d_name[0] != '.') {
            struct dv_reject_list *list = &lists->lists[lists->count];
            *list = (struct dv_reject_list){.name = dv_arena_strdup(arena, entries[i]->d_name),
                                            .dir = dv_arena_printf(arena, "%s/%s", dir, entries[i]->d_name),
                                            .load = strncmp(entries[i]->d_name, "load-", 5) == 0,
                                            .extract = strncmp(entries[i]->d_name, "extract-", 8) == 0};
            status =
                list->name != NULL && list->dir != NULL ? find_parts(list, arena, err) : dv_fail_memory(err);
            lists->count += status == DV_OK && list->part_count > 0;
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* One part on its way to the callback. */
struct walk {
    struct dv_reject reject;
    struct dv_value *values; /* with those of the six columns */
    struct dv_buf texts;     /* the four texts, NUL-terminated one behind the other */
    dv_reject_fn each;
    void *context;
};

void dv_raw_text(struct dv_buf *out, const struct dv_value *value)
{
    if (value->state == DV_RAW_QUOTED)
        dv_csv_unquote(out, value->u.p, value->len);
    else if (value->state == DV_RAW)
        dv_buf_append(out, value->u.p, value->len);
}

uint64_t dv_raw_number(const struct dv_value *value)
{
    uint64_t number = 0;
    for (uint32_t i = 0; value->state == DV_RAW && i < value->len; i++)
        number = number * 10 + (uint64_t)(value->u.p[i] - '0');
    return number;
}

static enum dv_status take_record(struct walk *walk, const char *end_of_record, struct dv_err *err)
{
    struct dv_reject *reject = &walk->reject;
    size_t starts[4];
    dv_buf_reset(&walk->texts);
    for (unsigned i = 0; i < 4; i++) {
        starts[i] = walk->texts.len;
        dv_raw_text(&walk->texts, &walk->values[i]);
        dv_buf_byte(&walk->texts, '\0');
    }
    enum dv_status status = dv_buf_check(&walk->texts, err);
    if (status != DV_OK)
        return status;
    const char **texts[] = {&reject->reason, &reject->detail, &reject->stage, &reject->dataset};
    for (unsigned i = 0; i < 4; i++)
        *texts[i] = walk->texts.data + starts[i];
    const struct dv_value *row = &walk->values[DV_REJECT_COLUMNS - 1];
    reject->part = (uint32_t)dv_raw_number(&walk->values[DV_REJECT_COLUMNS - 2]);
    reject->row = dv_raw_number(row);
    reject->record = row->u.p + row->len + 1;
    reject->length = (size_t)(end_of_record - reject->record);
    return walk->each(walk->context, reject, err);
}

static enum dv_status walk_part(struct walk *walk, uint32_t part, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    const char *dir = walk->reject.list->dir;
    enum dv_status status;
    DV_TRY(dv_stage_verify_part(dir, part, err));
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    const struct dv_part_manifest *manifest = dv_stage_reader_manifest(reader);
    unsigned count = manifest->column_count;
    if (count <= DV_REJECT_COLUMNS || strcmp(manifest->columns[5].name, "row") != 0) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s holds no rejects: other columns are expected", dir);
        goto done;
    }
    walk->reject.columns = manifest->columns + DV_REJECT_COLUMNS;
    walk->reject.column_count = count - DV_REJECT_COLUMNS;
    walk->values = dv_calloc(count, sizeof *walk->values);
    if (walk->values == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    walk->reject.values = walk->values + DV_REJECT_COLUMNS;
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        const char *at = block.data, *end = block.data + block.length;
        DV_TRY(dv_stop_check(err));
        while (at < end) {
            const char *next;
            DV_TRY(dv_csv_split(at, end, walk->values, count, &next, err));
            DV_TRY(take_record(walk, next - 1, err));
            at = next;
        }
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_free(walk->values);
    walk->values = NULL;
    dv_stage_reader_close(reader);
    return status;
}

enum dv_status dv_rejects_each(const struct dv_reject_list *list, dv_reject_fn each, void *context,
                               struct dv_err *err)
{
    struct walk walk = {.reject = {.list = list}, .each = each, .context = context};
    enum dv_status status = DV_OK;
    for (uint32_t i = 0; i < list->part_count && status == DV_OK; i++)
        status = walk_part(&walk, list->parts[i], err);
    dv_buf_release(&walk.texts);
    return status;
}

enum dv_status dv_reject_list_columns(const struct dv_reject_list *list, struct dv_column **columns,
                                      unsigned *count, struct dv_err *err)
{
    struct dv_part_manifest manifest = {0};
    enum dv_status status = dv_part_manifest_read(list->dir, list->parts[0], &manifest, err);
    if (status != DV_OK)
        return status;
    if (manifest.column_count <= DV_REJECT_COLUMNS) {
        dv_part_manifest_release(&manifest);
        return dv_fail(err, DV_EXIT_FAULT, "%s holds no rejects: other columns are expected", list->dir);
    }
    *count = manifest.column_count - DV_REJECT_COLUMNS;
    *columns = dv_calloc(*count, sizeof **columns);
    if (*columns != NULL)
        memcpy(*columns, manifest.columns + DV_REJECT_COLUMNS, *count * sizeof **columns);
    dv_part_manifest_release(&manifest);
    return *columns != NULL ? DV_OK : dv_fail_memory(err);
}
