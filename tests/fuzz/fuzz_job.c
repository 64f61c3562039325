/* Any bytes, taken for job.json: refused as a fault of the job file, by a message that names it, or read; and
 * what was read keeps the rules of docs/job-file.md that the rest of drover builds on. */
#include "jobs/spec.h"
#include "tests/fuzz/fuzz.h"

/* What becomes a folder's name: nothing that leaves the folder that it is in. */
static void check_name(const char *name)
{
    size_t length = strlen(name);
    FUZZ_CHECK_OF(length > 0 && length < 64 && strpbrk(name, "/\\. \n\t\"'") == NULL, name);
    FUZZ_CHECK_OF(name[0] < '0' || name[0] > '9', name);
}

static void check_extracts(const struct dv_job *job)
{
    for (unsigned i = 0; i < job->extract_count; i++) {
        const struct dv_job_extract *extract = &job->extracts[i];
        check_name(extract->name);
        FUZZ_CHECK(extract->table[0] != '\0' && dv_job_find_extract(job, extract->name) == extract);
        for (unsigned j = 0; extract->columns != NULL && j < extract->column_count; j++)
            FUZZ_CHECK(extract->columns[j][0] != '\0');
        for (unsigned j = 0; extract->declared != NULL && j < extract->column_count; j++)
            FUZZ_CHECK(extract->declared[j].name[0] != '\0' &&
                       memchr(extract->declared[j].name, '\0', sizeof extract->declared[j].name) != NULL);
    }
}

static void check_models(const struct dv_job *job)
{
    for (unsigned i = 0; i < job->model_count; i++) {
        const struct dv_model_spec *model = &job->models[i];
        check_name(model->name);
        for (unsigned j = 0; j < model->rule_count; j++)
            FUZZ_CHECK(model->rules[j].name[0] != '\0' && model->rules[j].condition[0] != '\0');
        for (unsigned j = 0; j < model->conflict_key_count; j++)
            FUZZ_CHECK(model->conflict_keys[j][0] != '\0');
    }
}

static void check_loads(const struct dv_job *job)
{
    for (unsigned i = 0; i < job->load_count; i++) {
        const struct dv_load_spec *load = &job->loads[i].spec;
        check_name(load->dataset);
        check_name(load->step);
        FUZZ_CHECK(load->table[0] != '\0');
        FUZZ_CHECK_OF(strcmp(load->mode, "insert") == 0 || load->key_count > 0, load->mode);
        for (unsigned j = 0; j < load->key_count; j++)
            FUZZ_CHECK(load->key[j][0] != '\0');
        for (unsigned j = 0; j < load->column_count; j++)
            FUZZ_CHECK(load->from[j][0] != '\0' && load->to[j][0] != '\0');
        for (unsigned j = 0; j < i; j++)
            FUZZ_CHECK_OF(strcmp(load->step, job->loads[j].spec.step) != 0, load->step);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dv_job job;
    struct dv_err err = DV_ERR_INIT;
    fuzz_write("job.json", data, size);
    enum dv_status status = dv_job_read_copy(&job, fuzz_path("job.json"), &err);
    if (status != DV_OK) {
        fuzz_check_refusal(status, &err, DV_EXIT_USAGE);
        FUZZ_CHECK_OF(strstr(err.message, "job.json") != NULL, err.message);
        return 0;
    }
    check_name(job.name);
    FUZZ_CHECK(!job.allowance.percent || (job.allowance.share >= 0 && job.allowance.share <= 100));
    for (unsigned i = 0; i < job.param_count; i++)
        FUZZ_CHECK(job.params[i].name[0] != '\0' && job.params[i].type[0] != '\0');
    check_extracts(&job);
    check_models(&job);
    check_loads(&job);
    dv_job_release(&job);
    dv_job_release(&job);
    return 0;
}
