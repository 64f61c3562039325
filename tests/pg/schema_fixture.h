/* What the tests of schema steps share: a job's folder whose steps a test writes, and one call to apply them.
 */
#ifndef DV_TESTS_PG_SCHEMA_FIXTURE_H
#define DV_TESTS_PG_SCHEMA_FIXTURE_H

#include "load_fixture.h"

static char *job_dir;
static unsigned lock_timeout_ms, lock_wait_ms; /* 0: the defaults */
static struct dv_flags flags;                  /* what "when" of the steps asks; none */

static inline void write_step(const char *name, const char *text)
{
    struct dv_err err = DV_ERR_INIT;
    char *dir = dv_asprintf("%s/schema", job_dir), *path = dv_asprintf("%s/%s", dir, name);
    test_ok(dv_file_make_dirs(dir, &err), &err);
    test_ok(dv_file_publish(path, text, strlen(text), &err), &err);
    dv_free(dir);
    dv_free(path);
}

static inline enum dv_status apply(enum dv_phase phase, unsigned *count, struct dv_err *err)
{
    struct run run;
    struct dv_target *target = NULL;
    struct dv_schema schema = {0};
    run_new(&run, "schema");
    run.context.lock_timeout_ms = lock_timeout_ms;
    run.context.lock_wait_ms = lock_wait_ms;
    enum dv_status status = dv_target_open(&target, &run.context, test_url(), true, err);
    if (status == DV_OK)
        status = dv_schema_read(job_dir, &schema, err);
    if (status == DV_OK)
        status = dv_schema_settle(&schema, &flags, err);
    if (status == DV_OK)
        status = dv_schema_apply(target, &run.context, &schema, phase, count, err);
    dv_schema_release(&schema);
    dv_target_close(target);
    run_end(&run);
    return status;
}

static inline void new_job(const char *name)
{
    dv_free(job_dir);
    job_dir = test_path(name);
    lock_timeout_ms = lock_wait_ms = 0;
    flags = (struct dv_flags){0};
    test_sql("DROP SCHEMA IF EXISTS drover CASCADE");
}

static inline int stop(void **state)
{
    dv_free(job_dir);
    return test_server_stop(state);
}

#endif
