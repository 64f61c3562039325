/* Driving a run from the command line: opens it, shows progress, does the stages, prints the summary. */
#ifndef DV_CLI_WORK_H
#define DV_CLI_WORK_H

#include "cli/commands.h"

/* stages: bits of enum dv_stage. The summary is printed on success, and where rejects or checks stopped the
 * run; with --json the checks instead. */
enum dv_status dv_work(struct dv_options *options, enum dv_run_purpose purpose, unsigned stages,
                       struct dv_err *err) DV_MUST_CHECK;

#endif
