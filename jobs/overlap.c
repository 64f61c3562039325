#include "jobs/overlap.h"

#include "core/alloc.h"
#include "core/thread.h"

#include <pthread.h>

#include <string.h>

struct dv_overlap {
    const struct dv_run *run;
    struct dv_context context; /* the run's, and the arrivals; for both stages */
    pthread_t thread;
    int64_t began_us; /* 0: it did not begin */
    struct dv_err err;
};

static bool same_columns(const struct dv_run_input *input, const struct dv_arrival *arrival)
{
    bool same = input->column_count == arrival->column_count;
    for (unsigned c = 0; same && c < input->column_count; c++)
        same = strcmp(input->columns[c].name, arrival->columns[c].name) == 0 &&
               dv_type_equal(&input->columns[c].type, &arrival->columns[c].type);
    return same;
}

/* Every dataset that is coming in is cut, and has the columns that the program was made for: they may have
 * changed before the extract's snapshot. Then the transform stage works with what there is. */
static enum dv_status as_planned(struct dv_overlap *overlap, bool *planned)
{
    const struct dv_run *run = overlap->run;
    *planned = true;
    for (unsigned i = 0; i < run->input_count && *planned; i++) {
        struct dv_arrival arrival;
        const struct dv_run_input *input = &run->inputs[i];
        char *dir = dv_asprintf("%s/extract/%s", run->dir, input->extract->name);
        enum dv_status status = dir == NULL
                                    ? dv_fail_memory(&overlap->err)
                                    : dv_arrivals_wait_plan(overlap->context.arrivals, input->extract->name,
                                                            dir, &arrival, &overlap->err);
        dv_free(dir);
        if (status == DV_OK)
            *planned = same_columns(input, &arrival);
        else if (status != DV_END)
            return status;
    }
    return DV_OK;
}

static void *transform(void *argument)
{
    struct dv_overlap *overlap = argument;
    bool planned;
    enum dv_status status = as_planned(overlap, &planned);
    if (status == DV_OK && planned) {
        overlap->began_us = dv_monotonic_us();
        status = dv_program_run(overlap->run->program, &overlap->context, &overlap->err);
    }
    dv_arrivals_let_go(overlap->context.arrivals);
    return NULL;
}

enum dv_status dv_overlap_begin(struct dv_run *run, const struct dv_context **context, struct dv_err *err)
{
    struct dv_overlap *overlap = dv_calloc(1, sizeof *overlap);
    if (overlap == NULL)
        return dv_fail_memory(err);
    *overlap = (struct dv_overlap){.run = run, .context = run->context, .err = DV_ERR_INIT};
    enum dv_status status = dv_arrivals_new(&overlap->context.arrivals, err);
    if (status == DV_OK)
        status = dv_thread_start(&overlap->thread, transform, overlap, err);
    if (status != DV_OK) {
        dv_arrivals_free(overlap->context.arrivals);
        dv_free(overlap);
        return status;
    }
    run->overlap = overlap;
    *context = &overlap->context;
    return DV_OK;
}

void dv_overlap_extracted(struct dv_run *run, bool *withdrawn)
{
    dv_arrivals_end(run->overlap->context.arrivals);
    *withdrawn = dv_arrivals_withdrawn(run->overlap->context.arrivals);
    if (*withdrawn)
        run->overlap->err = (struct dv_err)DV_ERR_INIT;
}

void dv_overlap_close(struct dv_run *run)
{
    struct dv_overlap *overlap = run->overlap;
    if (overlap == NULL)
        return;
    pthread_join(overlap->thread, NULL);
    if (overlap->err.message[0] != '\0')
        dv_log_error(run->log, &overlap->err);
    run->transform_began_us = overlap->began_us;
    dv_arrivals_free(overlap->context.arrivals);
    dv_free(overlap);
    run->overlap = NULL;
}
