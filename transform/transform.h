/* The transform stage: stage files to stage files, by the models of a job.
 *
 * Order of calls: dv_program_new (reads and parses the models, orders them, checks types; touches no data),
 * dv_program_run (streams; resumes), dv_program_free. */
#ifndef DV_TRANSFORM_TRANSFORM_H
#define DV_TRANSFORM_TRANSFORM_H

#include "core/buf.h"
#include "core/context.h"
#include "core/manifest.h"

/* A named condition over a model's rows. Reject: over its output columns, then its input columns; the row
 * goes to RUN/rejects/MODEL. Filter: over the input columns; the row is counted and left out. The first that
 * is true decides. */
struct dv_rule {
    const char *name;
    const char *condition;
    bool reject;
};

/* What job.json's "transform" says of a model; strings borrowed from the job. */
struct dv_model_spec {
    const char *name;
    const struct dv_rule *rules;
    unsigned rule_count;
    const char *crosswalk; /* the model that is this one's crosswalk; NULL */
    const char *const
        *conflict_keys; /* input columns that name a losing row; conflicts are written where count > 0 */
    unsigned conflict_key_count;
};

/* A dataset that models may read: an extracted one. */
struct dv_input {
    const char *name;
    const struct dv_column *columns;
    unsigned column_count;
};

/* A parameter: its value as text, typed; NULL: SQL NULL. "now" is always there (timestamptz). */
struct dv_program_param {
    const char *name, *type, *value;
};

struct dv_program;

/* models_dir: JOBDIR/transform. Errors are USAGE, FILE:LINE:COLUMN. */
enum dv_status dv_program_new(struct dv_program **program, const char *models_dir,
                              const struct dv_input *inputs, unsigned input_count,
                              const struct dv_model_spec *specs, unsigned spec_count,
                              const struct dv_program_param *params, unsigned param_count, int64_t now_us,
                              struct dv_err *err) DV_MUST_CHECK;
void dv_program_free(struct dv_program *program);

/* Models in the order in which they run; ephemeral ones included. */
unsigned dv_program_model_count(const struct dv_program *program);
const char *dv_program_model_name(const struct dv_program *program, unsigned model);
bool dv_program_model_ephemeral(const struct dv_program *program, unsigned model);
const char *dv_program_model_description(const struct dv_program *program, unsigned model); /* may be NULL */
/* Result columns of a model, or NULL where there is no model of that name. */
const struct dv_column *dv_program_columns(const struct dv_program *program, const char *model,
                                           unsigned *count);
/* Which columns of an input dataset any model reads (projection): used[i] set. For extract's column pruning.
 */
enum dv_status dv_program_used_columns(const struct dv_program *program, const char *input, bool *used,
                                       struct dv_err *err) DV_MUST_CHECK;

/* Runs whatever is not done of the models under context->run_dir: reads RUN/extract/NAME, writes
 * RUN/transform/MODEL, RUN/rejects/MODEL, RUN/conflicts/MODEL. */
enum dv_status dv_program_run(struct dv_program *program, const struct dv_context *context,
                              struct dv_err *err) DV_MUST_CHECK;
/* What the engine does for a model, in words, appended. */
enum dv_status dv_program_explain(const struct dv_program *program, const char *model, struct dv_buf *out,
                                  struct dv_err *err) DV_MUST_CHECK;
/* The same with rows, bytes and time of every step: all models are run under context->run_dir,
 * whose extract folder must be whole. */
enum dv_status dv_program_analyze(struct dv_program *program, const struct dv_context *context,
                                  const char *model, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
/* Sum of what the finished models read and rejected, for the allowance. */
enum dv_status dv_program_tally(const struct dv_program *program, const struct dv_context *context,
                                struct dv_tally *tally, struct dv_err *err) DV_MUST_CHECK;

#endif
