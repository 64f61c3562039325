/* The commands of drover: one description each, listed in main.c. A command's function has no logic of its
 * own: it calls jobs/ and prints what it gets. */
#ifndef DV_CLI_COMMANDS_H
#define DV_CLI_COMMANDS_H

#include "cli/options.h"

struct dv_command {
    const char *name, *summary;
    const char *usage; /* behind the name: "JOB" */
    const char *about; /* the paragraph of the help */
    const char *example;
    unsigned options; /* bits of enum dv_option_id */
    unsigned least_arguments, most_arguments;
    enum dv_status (*run)(struct dv_options *options, struct dv_err *err);
};

extern const struct dv_command dv_cmd_check, dv_cmd_plan, dv_cmd_run, dv_cmd_extract, dv_cmd_transform,
    dv_cmd_load, dv_cmd_verify, dv_cmd_rollback, dv_cmd_status, dv_cmd_inspect, dv_cmd_cat, dv_cmd_schema,
    dv_cmd_sandbox, dv_cmd_compare, dv_cmd_explain, dv_cmd_rejects, dv_cmd_new;

/* Options of every command that works on a job. */
#define DV_OPTIONS_DATABASES (DV_OPT_BIT(DV_OPT_SOURCE) | DV_OPT_BIT(DV_OPT_TARGET) | DV_OPT_BIT(DV_OPT_WORK))
#define DV_OPTIONS_EFFORT    (DV_OPT_BIT(DV_OPT_WORKERS) | DV_OPT_BIT(DV_OPT_MEMORY))
#define DV_OPTIONS_RUN                                                                                       \
    (DV_OPTIONS_DATABASES | DV_OPTIONS_EFFORT | DV_OPT_BIT(DV_OPT_PARAM) | DV_OPT_BIT(DV_OPT_MAX_REJECTS) |  \
     DV_OPT_BIT(DV_OPT_RUN) | DV_OPT_BIT(DV_OPT_NEW) | DV_OPT_BIT(DV_OPT_QUIET) |                            \
     DV_OPT_BIT(DV_OPT_LOG_FORMAT) | DV_OPT_BIT(DV_OPT_DEADLINE))

/* To stdout, whole. A reader that has gone (| head) sets err->os_errno EPIPE; main ends quietly on that. */
enum dv_status dv_print(const struct dv_buf *text, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_print_bytes(void *context, const char *bytes, size_t length,
                              struct dv_err *err) DV_MUST_CHECK;

#endif
