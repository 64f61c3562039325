/* What the command line says: one table of options for all commands, of which each command takes some. */
#ifndef DV_CLI_OPTIONS_H
#define DV_CLI_OPTIONS_H

#include "core/buf.h"
#include "jobs/run.h"

#define DV_MOST_PARAMS    64
#define DV_MOST_ARGUMENTS 4

enum dv_option_id {
    DV_OPT_SOURCE,
    DV_OPT_TARGET,
    DV_OPT_WORK,
    DV_OPT_PARAM,
    DV_OPT_WORKERS,
    DV_OPT_MEMORY,
    DV_OPT_MAX_REJECTS,
    DV_OPT_RUN,
    DV_OPT_NEW,
    DV_OPT_CONTRACT,
    DV_OPT_ONLY,
    DV_OPT_DEADLINE,
    DV_OPT_DRY_RUN,
    DV_OPT_YES,
    DV_OPT_PLAN,
    DV_OPT_PHASE,
    DV_OPT_TO,
    DV_OPT_JSON,
    DV_OPT_WATCH,
    DV_OPT_ANALYZE,
    DV_OPT_LIMIT,
    DV_OPT_SAMPLES,
    DV_OPT_OUT,
    DV_OPT_FROM,
    DV_OPT_FROM_URI,
    DV_OPT_SCHEMA,
    DV_OPT_TABLES,
    DV_OPT_QUIET,
    DV_OPT_LOG_FORMAT,
    DV_OPT_HELP,
    DV_OPT_VERSION,
    DV_OPT_COUNT
};
#define DV_OPT_BIT(id) (1U << (unsigned)(id))

/* Everything borrowed from argv and the environment. */
struct dv_options {
    struct dv_request request;
    const char *params[DV_MOST_PARAMS];
    const char *phase, *to, *only, *out, *from, *schema, *tables; /* NULL: not given */
    const char *dry_run;                                          /* how: "copy", "transaction"; NULL: none */
    uint64_t limit, samples;
    char environment[2][4096];       /* DROVER_SOURCE taken apart: database, folder */
    bool source_given, folder_given; /* on the command line */
    bool contract, yes, plan, json, watch, analyze, quiet, log_json, help, version;
    const char *arguments[DV_MOST_ARGUMENTS];
    unsigned argument_count;
};

/* Defaults and the environment: DROVER_SOURCE, DROVER_TARGET, DROVER_WORK. */
void dv_options_init(struct dv_options *options);
/* argv[0..argc-1] behind the command's name. allowed: bits of enum dv_option_id; --help is always allowed. */
enum dv_status dv_options_parse(struct dv_options *options, unsigned allowed, const char *command, int argc,
                                char *const *argv, struct dv_err *err) DV_MUST_CHECK;
/* The help lines of the allowed options, appended. */
void dv_options_help(unsigned allowed, struct dv_buf *out);
/* "32MiB", "1GiB", "67108864". */
enum dv_status dv_memory_parse(const char *text, size_t *bytes, struct dv_err *err) DV_MUST_CHECK;

#endif
