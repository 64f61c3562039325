#include "jobs/spec_parts.h"

#include <string.h>

static enum dv_status read_rules(const json_t *object, const char *place, const char *kind,
                                 struct dv_rule *rules, unsigned *count, struct dv_err *err)
{
    const json_t *section = json_object_get(object, kind);
    if (section == NULL)
        return DV_OK;
    if (!json_is_object(section))
        return dv_fail(err, DV_EXIT_USAGE, "%s.%s must be an object of REASON: \"condition\"", place, kind);
    const char *name;
    json_t *condition;
    json_object_foreach((json_t *)(uintptr_t)section, name, condition)
    {
        if (!json_is_string(condition) || json_string_length(condition) == 0)
            return dv_fail(err, DV_EXIT_USAGE, "%s.%s.%s must be a condition in SQL, as a string", place,
                           kind, name);
        enum dv_status status = dv_spec_name(name, place, err);
        if (status != DV_OK)
            return status;
        for (unsigned i = 0; i < *count; i++)
            if (strcmp(rules[i].name, name) == 0)
                return dv_fail(err, DV_EXIT_USAGE,
                               "%s: the reason \"%s\" stands under filter and under reject", place, name);
        rules[(*count)++] = (struct dv_rule){
            .name = name, .condition = json_string_value(condition), .reject = strcmp(kind, "reject") == 0};
    }
    return DV_OK;
}

static enum dv_status read_one(struct dv_job *job, struct dv_model_spec *model, const json_t *object,
                               const char *place, struct dv_err *err)
{
    static const char *const keys[] = {"filter", "reject", "crosswalk", "conflicts", NULL};
    enum dv_status status = DV_OK;
    size_t rules = json_object_size(json_object_get(object, "filter")) +
                   json_object_size(json_object_get(object, "reject"));
    struct dv_rule *list = dv_arena_zalloc(&job->arena, (rules + 1) * sizeof *list);
    const char *conflicts = dv_arena_printf(&job->arena, "%s.conflicts", place);
    if (list == NULL || conflicts == NULL)
        return dv_fail_memory(err);
    model->rules = list;
    DV_TRY(dv_spec_name(model->name, place, err));
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    DV_TRY(read_rules(object, place, "filter", list, &model->rule_count, err));
    DV_TRY(read_rules(object, place, "reject", list, &model->rule_count, err));
    DV_TRY(dv_json_string(object, "crosswalk", place, false, DV_EXIT_USAGE, &model->crosswalk, err));
    if (json_object_get(object, "conflicts") != NULL)
        status = dv_spec_strings(job, json_object_get(object, "conflicts"), conflicts, &model->conflict_keys,
                                 &model->conflict_key_count, err);
done:
    return status;
}

enum dv_status dv_spec_transform(struct dv_job *job, const json_t *section, struct dv_err *err)
{
    if (!json_is_object(section))
        return dv_fail(err, DV_EXIT_USAGE, "transform must be an object of MODEL: {filter, reject, ...}");
    job->models = dv_arena_zalloc(&job->arena, (json_object_size(section) + 1) * sizeof *job->models);
    if (job->models == NULL)
        return dv_fail_memory(err);
    const char *name;
    json_t *object;
    json_object_foreach((json_t *)(uintptr_t)section, name, object)
    {
        struct dv_model_spec *model = &job->models[job->model_count++];
        const char *place = dv_arena_printf(&job->arena, "transform.%s", name);
        if (place == NULL)
            return dv_fail_memory(err);
        model->name = name;
        enum dv_status status = read_one(job, model, object, place, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}
