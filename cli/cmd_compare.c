#include "cli/commands.h"
#include "jobs/compare.h"

#define SAMPLES 10

static enum dv_status compare(struct dv_options *options, struct dv_err *err)
{
    struct dv_buf out = {0};
    struct dv_err of_print = DV_ERR_INIT;
    enum dv_status status =
        dv_compare(&options->request, options->limit != UINT64_MAX ? options->limit : SAMPLES, &out, err);
    if (!options->quiet || status != DV_OK) {
        enum dv_status printed = dv_print(&out, &of_print);
        if (status == DV_OK && printed != DV_OK) {
            status = printed;
            *err = of_print;
        }
    }
    dv_buf_release(&out);
    return status;
}

const struct dv_command dv_cmd_compare = {
    .name = "compare",
    .summary = "the models done again by PostgreSQL, and compared",
    .usage = "JOB",
    .about = "Runs the same SQL over the run's extracted data in the sandbox server, and compares each "
             "model's rows\n"
             "with those that drover made. Code 5 where a row differs; --limit says how many are shown of a "
             "model.",
    .example = "drover compare jobs/bookings",
    .options = DV_OPT_BIT(DV_OPT_WORK) | DV_OPT_BIT(DV_OPT_RUN) | DV_OPT_BIT(DV_OPT_LIMIT) |
               DV_OPT_BIT(DV_OPT_PARAM) | DV_OPT_BIT(DV_OPT_QUIET),
    .least_arguments = 1,
    .most_arguments = 1,
    .run = compare,
};
