/* Stage files to a table of the comparing database. */
#include "core/stage_reader.h"
#include "core/stop.h"
#include "jobs/compare_parts.h"
#include "jobs/run_parts.h"

static enum dv_status make_table(struct dv_pg *pg, const struct dv_dataset_manifest *manifest,
                                 const char *schema, const char *name, struct dv_err *err)
{
    struct dv_buf sql = {0};
    dv_buf_printf(&sql, "CREATE UNLOGGED TABLE %s.", schema);
    dv_pg_quote_ident(&sql, name);
    for (unsigned c = 0; c < manifest->column_count; c++) {
        const struct dv_column *column = &manifest->columns[c];
        dv_buf_str(&sql, c == 0 ? " (" : ", ");
        dv_pg_quote_ident(&sql, column->name);
        dv_buf_byte(&sql, ' ');
        if (column->type.id == DV_TYPE_OTHER)
            dv_buf_str(&sql, "text"); /* an enum of the source is not here */
        else
            dv_type_format(&column->type, &sql);
    }
    dv_buf_str(&sql, manifest->column_count > 0 ? ")" : " ()");
    enum dv_status status = dv_buf_check(&sql, err);
    if (status == DV_OK)
        status = dv_pg_exec(pg, dv_buf_cstr(&sql), err);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status send_part(struct dv_pg *pg, const char *dir, uint32_t part, struct dv_err *err)
{
    struct dv_stage_reader *reader = NULL;
    struct dv_stage_block block;
    enum dv_status status = DV_OK;
    DV_TRY(dv_stage_verify_part(dir, part, err));
    DV_TRY(dv_stage_reader_open(&reader, dir, part, err));
    while ((status = dv_stage_reader_block(reader, &block, err)) == DV_OK) {
        DV_TRY(dv_stop_check(err));
        DV_TRY(dv_pg_copy_in_data(pg, block.data, block.length, err));
    }
    if (status == DV_END)
        status = DV_OK;
done:
    dv_stage_reader_close(reader);
    return status;
}

static enum dv_status send(struct dv_pg *pg, const struct dv_dataset_manifest *manifest, const char *dir,
                           const char *schema, const char *name, struct dv_err *err)
{
    struct dv_buf sql = {0};
    enum dv_status status = DV_OK;
    uint64_t rows, bad_line;
    dv_buf_printf(&sql, "COPY %s.", schema);
    dv_pg_quote_ident(&sql, name);
    dv_buf_str(&sql, " FROM STDIN (FORMAT csv)");
    DV_TRY(dv_buf_check(&sql, err));
    DV_TRY(dv_pg_copy_in_begin(pg, dv_buf_cstr(&sql), err));
    for (uint32_t part = 0; part < manifest->part_count; part++) {
        status = send_part(pg, dir, part, err);
        if (status != DV_OK) {
            dv_pg_copy_in_abort(pg);
            goto done;
        }
    }
    status = dv_pg_copy_in_end(pg, &rows, &bad_line, err);
done:
    dv_buf_release(&sql);
    return status;
}

enum dv_status dv_compare_load(const struct dv_run *run, struct dv_pg *pg, const char *kind, const char *name,
                               const char *schema, struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    struct dv_arena arena = {0};
    enum dv_status status = DV_OK;
    const char *dir = dv_run_path(&arena, run->dir, kind, name);
    if (dir == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_dataset_manifest_read(dir, &manifest, err));
    DV_TRY(make_table(pg, &manifest, schema, name, err));
    DV_TRY(send(pg, &manifest, dir, schema, name, err));
done:
    if (status != DV_OK)
        dv_err_place(err, "compare", name, -1, -1);
    dv_dataset_manifest_release(&manifest);
    dv_arena_release(&arena);
    return status;
}
