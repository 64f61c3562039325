#include "cli/commands.h"
#include "jobs/scaffold.h"

static enum dv_status make_job(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    struct dv_scaffold_request request = {.name = options->arguments[0],
                                          .uri = options->from,
                                          .work = options->request.work,
                                          .schema = options->schema,
                                          .tables = options->tables,
                                          .dir = options->out};
    enum dv_status status;
    if (options->from == NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "from which database? --from is missing");
        dv_err_hint(err, "drover new NAME --from postgresql://HOST/DATABASE");
        return status;
    }
    status = dv_scaffold(&request, &out, err);
    if (status == DV_OK)
        status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_new = {
    .name = "new",
    .summary = "makes a job folder for the tables of a database",
    .usage = "NAME --from URI",
    .about =
        "Reads the catalog and writes a job that copies the tables of one schema into a new schema NAME: "
        "models that\n"
        "take every column as it is, steps for tables, indexes and keys, checks. It runs as it stands; what "
        "is to be\n"
        "different is changed in transform/ and schema/. It says what it could not take along.",
    .example = "drover new crm --from postgresql://old/app --tables people,orders",
    .options = DV_OPT_BIT(DV_OPT_FROM_URI) | DV_OPT_BIT(DV_OPT_SCHEMA) | DV_OPT_BIT(DV_OPT_TABLES) |
               DV_OPT_BIT(DV_OPT_OUT) | DV_OPT_BIT(DV_OPT_WORK),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = make_job,
};
