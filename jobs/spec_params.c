#include "core/value.h"
#include "jobs/spec_parts.h"

#include <string.h>

/* The default must be a value of the type: told at once, and not in the night. */
static enum dv_status check_default(const struct dv_job_param *param, const char *place, struct dv_err *err)
{
    struct dv_type type;
    struct dv_arena arena = {0};
    struct dv_value value;
    enum dv_status status = dv_type_parse(param->type, strlen(param->type), &type, err);
    if (status == DV_OK && (type.id == DV_TYPE_OTHER || type.id == DV_TYPE_UNKNOWN))
        status = dv_fail(err, DV_EXIT_USAGE, "\"%s\" is no type that a parameter can have", param->type);
    if (status == DV_OK && param->fallback != NULL)
        status = dv_value_from_text(param->fallback, strlen(param->fallback), &type, &arena, &value, err);
    if (status != DV_OK) {
        struct dv_err inner = *err;
        status = dv_fail(err, DV_EXIT_USAGE, "%s: %s", place, inner.message);
    }
    dv_arena_release(&arena);
    return status;
}

static enum dv_status read_param(struct dv_job_param *param, const json_t *object, const char *place,
                                 struct dv_err *err)
{
    static const char *const keys[] = {"type", "default", "required", NULL};
    enum dv_status status = DV_OK;
    param->type = "text";
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    DV_TRY(dv_json_string(object, "type", place, false, DV_EXIT_USAGE, &param->type, err));
    DV_TRY(dv_json_string(object, "default", place, false, DV_EXIT_USAGE, &param->fallback, err));
    DV_TRY(dv_json_bool(object, "required", place, false, DV_EXIT_USAGE, &param->required, err));
    if (param->required && param->fallback != NULL) {
        status =
            dv_fail(err, DV_EXIT_USAGE, "%s is required and has a default: it can be one of the two", place);
        goto done;
    }
    status = check_default(param, place, err);
done:
    return status;
}

enum dv_status dv_spec_params(struct dv_job *job, const json_t *section, struct dv_err *err)
{
    if (!json_is_object(section))
        return dv_fail(err, DV_EXIT_USAGE, "params must be an object of NAME: {type, default, required}");
    job->params = dv_arena_zalloc(&job->arena, (json_object_size(section) + 1) * sizeof *job->params);
    if (job->params == NULL)
        return dv_fail_memory(err);
    const char *name;
    json_t *object;
    json_object_foreach((json_t *)(uintptr_t)section, name, object)
    {
        struct dv_job_param *param = &job->params[job->param_count++];
        const char *place = dv_arena_printf(&job->arena, "params.%s", name);
        if (place == NULL)
            return dv_fail_memory(err);
        param->name = name;
        enum dv_status status = dv_spec_name(name, place, err);
        if (status == DV_OK && strcmp(name, "now") == 0)
            status = dv_fail(err, DV_EXIT_USAGE,
                             "params.now: every job has this parameter, the run's clock; leave it out");
        if (status == DV_OK)
            status = read_param(param, object, place, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
