#include "jobs/run_parts.h"
#include "jobs/table.h"
#include "jobs/verification.h"

#include <inttypes.h>

static void head(struct dv_table *table, const char *const *names, unsigned count)
{
    dv_table_row(table);
    for (unsigned i = 0; i < count; i++)
        dv_table_text(table, names[i]);
}

/* A column's own words beside the sum: "3 email_invalid, 1 amount_missing". */
static void reasons(struct dv_table *table, const struct dv_tally *tally)
{
    struct dv_buf text = {0};
    for (unsigned i = 0; i < tally->reason_count; i++)
        dv_buf_printf(&text, "%s%" PRIu64 " %s", i > 0 ? ", " : "", tally->reasons[i].rows,
                      tally->reasons[i].name);
    dv_table_text(table, dv_buf_cstr(&text));
    dv_buf_release(&text);
}

static enum dv_status add_dataset(const struct dv_run *run, struct dv_table *table, const char *kind,
                                  const char *name, struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    const char *dir = dv_run_path(&table->arena, run->dir, kind, name);
    if (dir == NULL)
        return dv_fail_memory(err);
    bool whole;
    enum dv_status status = dv_dataset_look(dir, &whole, err);
    if (status != DV_OK || !whole)
        return status;
    status = dv_dataset_manifest_read(dir, &manifest, err);
    if (status == DV_OK) {
        const struct dv_tally *tally = &manifest.tally;
        dv_table_row(table);
        dv_table_text(table, kind);
        dv_table_text(table, name);
        dv_table_number(table, tally->read);
        dv_table_number(table, tally->written);
        dv_table_number(table, tally->merged);
        dv_table_number(table, tally->filtered);
        dv_table_number(table, tally->rejected);
        reasons(table, tally);
    }
    dv_dataset_manifest_release(&manifest);
    return status;
}

static enum dv_status datasets(const struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    static const char *const names[] = {"stage",  "dataset",  "read",     "written",
                                        "merged", "filtered", "rejected", "reasons"};
    enum dv_status status = DV_OK;
    struct dv_table table = {0};
    head(&table, names, 8);
    for (unsigned i = 0; i < run->input_count; i++)
        DV_TRY(add_dataset(run, &table, "extract", run->inputs[i].extract->name, err));
    for (unsigned i = 0; run->program != NULL && i < dv_program_model_count(run->program); i++)
        if (!dv_program_model_ephemeral(run->program, i))
            DV_TRY(add_dataset(run, &table, "transform", dv_program_model_name(run->program, i), err));
    status = dv_table_write(&table, out, err);
done:
    dv_table_release(&table);
    return status;
}

static enum dv_status loads(const struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    static const char *const names[] = {"load",     "table",   "mode",      "offered",
                                        "inserted", "updated", "unchanged", "rejected"};
    struct dv_table table = {0};
    head(&table, names, 8);
    for (unsigned i = 0; i < run->load_count; i++) {
        const struct dv_load_count *count = &run->load_counts[i];
        dv_table_row(&table);
        dv_table_text(&table, run->loads[i].step);
        dv_table_text(&table, run->loads[i].table);
        dv_table_text(&table, run->loads[i].mode);
        dv_table_number(&table, count->offered);
        dv_table_number(&table, count->inserted);
        dv_table_number(&table, count->updated);
        dv_table_number(&table, count->unchanged);
        dv_table_number(&table, count->rejected);
    }
    if (table.rows > 1 && out->len > 0)
        dv_buf_byte(out, '\n');
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    return status;
}

static void stages(const struct dv_run *run, struct dv_buf *out)
{
    static const char *const names[DV_STAGE_COUNT] = {"expand", "extract", "transform", "load",
                                                      "index",  "verify",  "contract",  NULL};
    const char *separator = "  ";
    size_t before = out->len;
    for (unsigned i = 0; i < DV_STAGE_COUNT; i++) {
        if (run->seconds[i] < 0 || names[i] == NULL)
            continue;
        dv_buf_printf(out, "%s%s %.1f s", separator, names[i], run->seconds[i]);
        separator = ", ";
    }
    if (out->len > before)
        dv_buf_byte(out, '\n');
}

enum dv_status dv_run_summary(const struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    DV_TRY(datasets(run, out, err));
    if (run->loads != NULL)
        DV_TRY(loads(run, out, err));
    if (run->verification.count > 0) {
        dv_buf_byte(out, '\n');
        bool all = (run->wanted & DV_STAGE_LOAD) == 0; /* they were asked for */
        DV_TRY(dv_verification_text(&run->verification, all, out, err));
    }
    dv_buf_byte(out, '\n');
    stages(run, out);
    if (run->steps_applied > 0)
        dv_buf_printf(out, "  schema steps applied: %u\n", run->steps_applied);
    status = dv_buf_check(out, err);
done:
    return status;
}
