#include "core/alloc.h"
#include "core/file.h"
#include "jobs/overlap.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the run extracts, column by column: a resumed extract must find the same. */
static json_t *describe_json(const struct dv_run *run)
{
    json_t *document = json_object();
    struct dv_buf type = {0};
    for (unsigned i = 0; i < run->input_count && document != NULL; i++) {
        const struct dv_run_input *input = &run->inputs[i];
        json_t *columns = json_array();
        for (unsigned j = 0; j < input->column_count && columns != NULL; j++) {
            dv_buf_reset(&type);
            dv_type_format(&input->columns[j].type, &type);
            const char *name = dv_buf_cstr(&type);
            json_array_append_new(
                columns,
                name == NULL ? NULL : json_pack("{s:s, s:s}", "name", input->columns[j].name, "type", name));
        }
        bool good = columns != NULL && json_array_size(columns) == input->column_count;
        json_t *object = good ? json_pack("{s:s, s:b, s:o}", "table", input->spec.table, "absent",
                                          input->absent, "columns", columns)
                              : NULL;
        if (!good)
            json_decref(columns);
        if (object == NULL || json_object_set_new(document, input->extract->name, object) != 0) {
            json_decref(document);
            document = NULL;
        }
    }
    dv_buf_release(&type);
    return document;
}

static enum dv_status say_changed(const json_t *recorded, const json_t *now, struct dv_err *err)
{
    const char *name, *changed = "";
    json_t *object;
    json_object_foreach((json_t *)(uintptr_t)now, name, object)
    {
        if (!json_equal(object, json_object_get(recorded, name)))
            changed = name;
    }
    const char *table = json_string_value(json_object_get(json_object_get(now, changed), "table"));
    enum dv_status status = dv_fail(err, DV_EXIT_CHANGED, "the columns of %s changed since the run began",
                                    table != NULL ? table : "an extracted table");
    dv_err_place(err, "extract", changed, -1, -1);
    dv_err_hint(err, "start over with --new");
    return status;
}

/* An optional table that was not there and is now (the run's own expand steps made it) is no change of the
 * source. */
static void forget_absent(json_t *recorded, json_t *now)
{
    const char *name;
    json_t *object;
    json_object_foreach(now, name, object)
    {
        const json_t *before = json_object_get(recorded, name);
        if (json_is_true(json_object_get(before, "absent")))
            json_object_set(recorded, name, object);
    }
}

static enum dv_status record_sources(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    bool known;
    json_t *recorded = NULL;
    json_t *now = describe_json(run);
    const char *path = dv_arena_printf(&run->arena, "%s/source.json", run->dir);
    if (now == NULL || path == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_file_look(path, &known, err));
    if (!known) {
        status = dv_json_publish_sealed(path, now, err);
        goto done;
    }
    DV_TRY(dv_json_read_sealed(path, &recorded, err));
    forget_absent(recorded, now);
    if (!json_equal(recorded, now))
        status = say_changed(recorded, now, err);
    else
        status = dv_json_publish_sealed(path, now, err);
done:
    json_decref(recorded);
    json_decref(now);
    return status;
}

/* The rejects of everybody but the extract, whose parts say that theirs are there. */
static enum dv_status drop_rejects(struct dv_run *run, struct dv_err *err)
{
    static const char own[] = "extract-";
    enum dv_status status = DV_OK;
    struct dirent **entries = NULL; /* of the C library's heap */
    const char *dir = dv_arena_printf(&run->arena, "%s/rejects", run->dir);
    int count = dir != NULL ? scandir(dir, &entries, NULL, alphasort) : -1;
    if (dir == NULL)
        status = dv_fail_memory(err);
    else if (count < 0 && errno != ENOENT)
        status = dv_fail_os(err, errno, "cannot read the folder %s", dir);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        bool drop =
            strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strncmp(name, own, sizeof own - 1) != 0;
        const char *path = drop && status == DV_OK ? dv_arena_printf(&run->arena, "%s/%s", dir, name) : NULL;
        if (drop && status == DV_OK)
            status = path != NULL ? dv_file_remove_tree(path, err) : dv_fail_memory(err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* What the transform made of parts that are going to be extracted anew. */
static enum dv_status drop_transformed(struct dv_run *run, struct dv_err *err)
{
    static const char *const kinds[] = {"transform", "conflicts", "spill"};
    enum dv_status status = drop_rejects(run, err);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && status == DV_OK; k++) {
        const char *path = dv_arena_printf(&run->arena, "%s/%s", run->dir, kinds[k]);
        status = path == NULL ? dv_fail_memory(err) : dv_file_remove_tree(path, err);
    }
    return status;
}

static enum dv_status extract_beside_transform(struct dv_run *run, const struct dv_extract_spec *specs,
                                               struct dv_err *err)
{
    const struct dv_context *context;
    bool withdrawn;
    enum dv_status status = dv_overlap_begin(run, &context, err);
    if (status != DV_OK)
        return status;
    status = dv_extract_run(context, specs, run->input_count, run->job.per_part, err);
    dv_overlap_extracted(run, &withdrawn);
    if (status == DV_OK && !withdrawn)
        return DV_OK;
    dv_overlap_close(run);
    run->transform_began_us = 0;
    return status == DV_OK ? drop_transformed(run, err) : status;
}

enum dv_status dv_stage_extract(struct dv_run *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_extract_spec *specs = NULL;
    unsigned count = 0;
    bool extracted;
    DV_TRY(dv_run_extracted(run, &extracted, err));
    DV_TRY(dv_run_describe(run, err));
    if (extracted)
        return DV_OK;
    DV_TRY(record_sources(run, err));
    DV_TRY(drop_transformed(run, err));
    specs = dv_calloc(run->input_count + 1, sizeof *specs);
    if (specs == NULL)
        return dv_fail_memory(err);
    /* What is in the target already comes first: it is little as a rule, and the transform can begin once the
     * last database is cut into parts. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < run->input_count; i++)
            if (run->inputs[i].extract->from_target == (pass == 0))
                specs[count++] = run->inputs[i].spec;
    if (run->program != NULL && (run->wanted & DV_STAGE_TRANSFORM) != 0)
        DV_TRY(extract_beside_transform(run, specs, err));
    else
        DV_TRY(dv_extract_run(&run->context, specs, run->input_count, run->job.per_part, err));
    if (run->overlap == NULL)
        status = dv_run_describe(run, err); /* now from the datasets: what the models will really read */
done:
    if (status != DV_OK)
        dv_err_place(err, "extract", NULL, -1, -1);
    dv_free(specs);
    return status;
}
