#include "jobs/inspect.h"

#include "core/alloc.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/stage_reader.h"
#include "jobs/stage_path.h"
#include "jobs/table.h"
#include "jobs/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum dv_status show_columns(const struct dv_column *columns, unsigned count, struct dv_buf *out,
                                   struct dv_err *err)
{
    struct dv_table table = {0};
    struct dv_buf type = {0};
    dv_table_row(&table);
    dv_table_text(&table, "column");
    dv_table_text(&table, "type");
    for (unsigned i = 0; i < count; i++) {
        dv_buf_reset(&type);
        dv_type_format(&columns[i].type, &type);
        dv_table_row(&table);
        dv_table_text(&table, columns[i].name);
        dv_table_text(&table, dv_buf_cstr(&type));
    }
    enum dv_status status = dv_table_write(&table, out, err);
    dv_buf_release(&type);
    dv_table_release(&table);
    return status;
}

static void show_tally(const struct dv_tally *tally, struct dv_buf *out)
{
    dv_buf_printf(out,
                  "  read %" PRIu64 " = written %" PRIu64 " + merged %" PRIu64 " + filtered %" PRIu64
                  " + rejected %" PRIu64 "\n",
                  tally->read, tally->written, tally->merged, tally->filtered, tally->rejected);
    for (unsigned i = 0; i < tally->reason_count; i++)
        dv_buf_printf(out, "    %s %" PRIu64 ": %s\n", tally->reasons[i].rejected ? "rejected" : "filtered",
                      tally->reasons[i].rows, tally->reasons[i].name);
}

static enum dv_status inspect_part(const char *dir, uint32_t part, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_part_manifest manifest = {0};
    struct dv_buf path = {0};
    DV_TRY(dv_stage_verify_part(dir, part, err));
    DV_TRY(dv_part_manifest_read(dir, part, &manifest, err));
    dv_buf_printf(out, "%s\n", dv_part_path(&path, dir, part, ".csv.gz"));
    dv_buf_printf(out, "  %" PRIu64 " rows, %" PRIu64 " bytes of CSV in %" PRIu64 " bytes, %u blocks\n",
                  manifest.rows, manifest.raw_bytes, manifest.bytes, manifest.block_count);
    dv_buf_printf(out, "  sha256 %s, verified\n", manifest.sha256);
    show_tally(&manifest.tally, out);
    status = show_columns(manifest.columns, manifest.column_count, out, err);
done:
    dv_buf_release(&path);
    dv_part_manifest_release(&manifest);
    return status;
}

static enum dv_status inspect_unfinished(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    dv_buf_printf(out, "%s\n  not whole: it has no dataset.json yet\n", dir);
    for (uint32_t part = 0;; part++) {
        bool there;
        enum dv_status status = dv_part_look(dir, part, &there, err);
        if (status == DV_OK && there)
            status = inspect_part(dir, part, out, err);
        if (status != DV_OK)
            return status;
        if (!there)
            return dv_buf_check(out, err);
    }
}

static enum dv_status inspect_dataset(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_dataset_manifest manifest = {0};
    struct dv_part_manifest part = {0};
    bool whole;
    DV_TRY(dv_dataset_look(dir, &whole, err));
    if (!whole)
        return inspect_unfinished(dir, out, err);
    DV_TRY(dv_dataset_manifest_read(dir, &manifest, err));
    for (uint32_t i = 0; i < manifest.part_count; i++) {
        DV_TRY(dv_stage_verify_part(dir, i, err));
        DV_TRY(dv_part_manifest_read(dir, i, &part, err));
        bool same = strcmp(part.sha256, manifest.part_sha256[i]) == 0 && part.rows == manifest.part_rows[i];
        dv_part_manifest_release(&part);
        if (!same) {
            status = dv_fail(err, DV_EXIT_FAULT, "%s/dataset.json does not fit its part %" PRIu32, dir, i);
            dv_err_hint(err,
                        "a part was replaced after the dataset was finished: run the job anew with --new");
            goto done;
        }
    }
    dv_buf_printf(out, "%s\n", dir);
    dv_buf_printf(out,
                  "  %" PRIu64 " rows, %" PRIu64 " bytes of CSV in %" PRIu64 " bytes, %" PRIu32
                  " parts, verified\n",
                  manifest.rows, manifest.raw_bytes, manifest.bytes, manifest.part_count);
    show_tally(&manifest.tally, out);
    status = show_columns(manifest.columns, manifest.column_count, out, err);
done:
    dv_dataset_manifest_release(&manifest);
    return status;
}

/* Of a folder without a part there is nothing to say. */
static enum dv_status inspect_begun(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    bool whole, begun = false;
    enum dv_status status = dv_dataset_look(dir, &whole, err);
    if (status == DV_OK && !whole)
        status = dv_part_look(dir, 0, &begun, err);
    return status == DV_OK && (whole || begun) ? inspect_dataset(dir, out, err) : status;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum dv_status inspect_stage(const char *run_dir, const char *stage, struct dv_buf *out,
                                    struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL; /* of the C library's heap */
    char *dir = dv_asprintf("%s/%s", run_dir, stage);
    if (dir == NULL)
        return dv_fail_memory(err);
    int count = scandir(dir, &entries, NULL, compare_names);
    int why = count < 0 ? errno : 0;
    if (why != 0 && why != ENOENT)
        status = dv_fail_os(err, why, "cannot read the folder %s", dir);
    for (int i = 0; i < count; i++) {
        char *path = dv_asprintf("%s/%s", dir, entries[i]->d_name);
        if (path == NULL)
            status = dv_fail_memory(err);
        else if (status == DV_OK && entries[i]->d_name[0] != '.')
            status = inspect_begun(path, out, err);
        dv_free(path);
        free(entries[i]);
    }
    free(entries);
    dv_free(dir);
    return status;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "-";
}

static enum dv_status inspect_run(const char *dir, struct dv_buf *out, struct dv_err *err)
{
    static const char *const stages[] = {"extract", "transform", "conflicts", "rejects"};
    static const char *const states[] = {"unfinished", "done", "rolled back"};
    enum dv_status status = DV_OK;
    json_t *record = NULL;
    char *path = dv_asprintf("%s/run.json", dir);
    if (path == NULL)
        return dv_fail_memory(err);
    enum dv_run_state state;
    DV_TRY(dv_json_read(path, DV_EXIT_FAULT, &record, err));
    DV_TRY(dv_run_state(dir, &state, err));
    dv_buf_printf(out, "run %s of job %s: %s\n", text_of(record, "run"), text_of(record, "job"),
                  states[state]);
    dv_buf_printf(out, "  begun %s by drover %s, clock %s\n", text_of(record, "started"),
                  text_of(record, "tool_version"), text_of(json_object_get(record, "params"), "now"));
    dv_buf_printf(out, "  source %s\n  target %s\n", text_of(json_object_get(record, "source"), "uri"),
                  text_of(json_object_get(record, "target"), "uri"));
    dv_buf_printf(out, "  fingerprint %s\n", text_of(record, "fingerprint"));
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        DV_TRY(inspect_stage(dir, stages[i], out, err));
    status = dv_buf_check(out, err);
done:
    json_decref(record);
    dv_free(path);
    return status;
}

enum dv_status dv_inspect(const char *path, struct dv_buf *out, struct dv_err *err)
{
    struct dv_stage_path what;
    enum dv_status status = dv_stage_path(path, &what, err);
    if (status != DV_OK)
        return status;
    switch (what.kind) {
    case DV_PATH_PART:
        status = inspect_part(what.dir, what.part, out, err);
        break;
    case DV_PATH_DATASET:
        status = inspect_dataset(what.dir, out, err);
        break;
    case DV_PATH_RUN:
        status = inspect_run(what.dir, out, err);
        break;
    }
    dv_stage_path_release(&what);
    return status;
}
