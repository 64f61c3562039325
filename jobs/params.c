#include "jobs/params.h"

#include "core/datetime.h"
#include "core/pg.h"

#include <string.h>

/* The value that the command gave for the name, or NULL. */
static enum dv_status find_given(const char *const *given, unsigned count, const char *name,
                                 const char **value, struct dv_err *err)
{
    size_t length = strlen(name);
    *value = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (strncmp(given[i], name, length) != 0 || given[i][length] != '=')
            continue;
        if (*value != NULL)
            return dv_fail(err, DV_EXIT_USAGE, "--param %s is given twice", name);
        *value = given[i] + length + 1;
    }
    return DV_OK;
}

static bool declared(const struct dv_job *job, const char *pair, size_t length)
{
    for (unsigned i = 0; i < job->param_count; i++)
        if (strlen(job->params[i].name) == length && strncmp(job->params[i].name, pair, length) == 0)
            return true;
    return length == 3 && strncmp(pair, "now", 3) == 0;
}

static enum dv_status check_given(const struct dv_job *job, const char *const *given, unsigned count,
                                  struct dv_err *err)
{
    for (unsigned i = 0; i < count; i++) {
        const char *equals = strchr(given[i], '=');
        if (equals == NULL || equals == given[i])
            return dv_fail(err, DV_EXIT_USAGE, "--param %s: NAME=VALUE is expected", given[i]);
        if (declared(job, given[i], (size_t)(equals - given[i])))
            continue;
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "job %s has no parameter \"%.*s\"", job->name,
                                        (int)(equals - given[i]), given[i]);
        struct dv_buf names = {0};
        for (unsigned j = 0; j < job->param_count; j++)
            dv_buf_printf(&names, "%s, ", job->params[j].name);
        dv_buf_str(&names, "now");
        if (dv_buf_cstr(&names) != NULL)
            dv_err_hint(err, "its parameters: %s", dv_buf_cstr(&names));
        dv_buf_release(&names);
        return status;
    }
    return DV_OK;
}

static enum dv_status check_value(const struct dv_job_param *param, const char *value, struct dv_err *err)
{
    struct dv_type type;
    struct dv_arena arena = {0};
    struct dv_value parsed;
    enum dv_status status = dv_type_parse(param->type, strlen(param->type), &type, err);
    if (status == DV_OK)
        status = dv_value_from_text(value, strlen(value), &type, &arena, &parsed, err);
    if (status != DV_OK) {
        struct dv_err inner = *err;
        status = dv_fail(err, DV_EXIT_USAGE, "--param %s: %s", param->name, inner.message);
        dv_err_hint(err, "the job wants a value of type %s", param->type);
    }
    dv_arena_release(&arena);
    return status;
}

static enum dv_status changed(const char *name, struct dv_err *err)
{
    enum dv_status status =
        dv_fail(err, DV_EXIT_CHANGED, "parameter %s is not the one that the run began with", name);
    dv_err_hint(err, "leave --param %s out to go on with that run, or start over with --new", name);
    return status;
}

static enum dv_status resolve_one(const struct dv_job_param *param, const char *given, const json_t *recorded,
                                  struct dv_arena *arena, struct dv_program_param *out, struct dv_err *err)
{
    const char *value = given != NULL ? given : param->fallback;
    if (recorded != NULL) {
        const char *kept = json_string_value(json_object_get(recorded, param->name));
        if (given != NULL && (kept == NULL || strcmp(kept, given) != 0))
            return changed(param->name, err);
        value = kept;
    } else if (value == NULL && param->required) {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "the job needs the parameter %s", param->name);
        dv_err_hint(err, "add --param %s=VALUE (%s)", param->name, param->type);
        return status;
    }
    *out = (struct dv_program_param){.name = param->name, .type = param->type};
    if (value == NULL)
        return DV_OK;
    enum dv_status status = check_value(param, value, err);
    if (status == DV_OK && (out->value = dv_arena_strdup(arena, value)) == NULL)
        status = dv_fail_memory(err);
    return status;
}

static enum dv_status resolve_now(const char *given, const json_t *recorded, int64_t *now_us,
                                  struct dv_err *err)
{
    const char *kept = json_string_value(json_object_get(recorded, "now"));
    int64_t kept_us = 0;
    enum dv_status status = DV_OK;
    if (kept != NULL)
        DV_TRY(dv_timestamp_parse(kept, strlen(kept), true, &kept_us, err));
    *now_us = kept != NULL ? kept_us : dv_timestamp_now();
    if (given == NULL)
        goto done;
    if (dv_timestamp_parse(given, strlen(given), true, now_us, err) != DV_OK ||
        *now_us == DV_TIMESTAMP_INFINITY || *now_us == DV_TIMESTAMP_MINUS_INFINITY) {
        status = dv_fail(err, DV_EXIT_USAGE, "--param now: \"%s\" is not a point in time", given);
        dv_err_hint(err, "write it like 2025-06-01T01:30:00Z");
    } else if (kept != NULL && kept_us != *now_us) {
        status = changed("now", err);
    }
done:
    return status;
}

enum dv_status dv_params_resolve(const struct dv_job *job, const char *const *given, unsigned given_count,
                                 const json_t *recorded, struct dv_arena *arena, struct dv_params *out,
                                 struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const char *value;
    *out = (struct dv_params){.count = job->param_count};
    DV_TRY(check_given(job, given, given_count, err));
    out->list = dv_arena_zalloc(arena, (job->param_count + 1) * sizeof *out->list);
    if (out->list == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < job->param_count; i++) {
        DV_TRY(find_given(given, given_count, job->params[i].name, &value, err));
        DV_TRY(resolve_one(&job->params[i], value, recorded, arena, &out->list[i], err));
    }
    DV_TRY(find_given(given, given_count, "now", &value, err));
    status = resolve_now(value, recorded, &out->now_us, err);
done:
    return status;
}

static enum dv_status read_flag(const struct dv_program_param *param, struct dv_arena *arena,
                                struct dv_flag *flags, unsigned *count, struct dv_err *err)
{
    struct dv_type type;
    struct dv_value value;
    enum dv_status status = dv_type_parse(param->type, strlen(param->type), &type, err);
    if (status != DV_OK || type.id != DV_TYPE_BOOL)
        return status;
    flags[*count] = (struct dv_flag){.name = param->name};
    if (param->value != NULL) {
        status = dv_value_from_text(param->value, strlen(param->value), &type, arena, &value, err);
        flags[*count].on = status == DV_OK && value.u.i != 0;
    }
    (*count)++;
    return status;
}

enum dv_status dv_params_settle(const struct dv_params *params, struct dv_job *job, struct dv_arena *arena,
                                struct dv_flags *flags, struct dv_err *err)
{
    struct dv_flag *list = dv_arena_zalloc(arena, (params->count + 1) * sizeof *list);
    enum dv_status status = DV_OK;
    unsigned count = 0, kept = 0;
    bool on = true;
    if (list == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < params->count; i++)
        DV_TRY(read_flag(&params->list[i], arena, list, &count, err));
    *flags = (struct dv_flags){.list = list, .count = count};
    for (unsigned i = 0; i < job->load_count; i++) {
        if (job->loads[i].when != NULL)
            DV_TRY(dv_flags_ask(flags, job->loads[i].when, job->loads[i].spec.step, &on, err));
        if (job->loads[i].when == NULL || on)
            job->loads[kept++] = job->loads[i];
    }
    job->load_count = kept;
done:
    return status;
}

json_t *dv_params_json(const struct dv_params *params)
{
    struct dv_buf now = {0};
    json_t *object = json_object();
    dv_timestamp_format(params->now_us, true, &now);
    const char *text = dv_buf_cstr(&now);
    bool good = object != NULL && text != NULL && json_object_set_new(object, "now", json_string(text)) == 0;
    for (unsigned i = 0; i < params->count && good; i++) {
        const struct dv_program_param *param = &params->list[i];
        json_t *value = param->value != NULL ? json_string(param->value) : json_null();
        good = json_object_set_new(object, param->name, value) == 0;
    }
    dv_buf_release(&now);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static void put_literal(struct dv_buf *out, const char *value, const char *type)
{
    dv_buf_byte(out, '(');
    if (value != NULL)
        dv_pg_quote_literal(out, value);
    else
        dv_buf_str(out, "NULL");
    dv_buf_printf(out, "::%s)", type);
}

enum dv_status dv_params_sql(const struct dv_params *params, const char *name, size_t length,
                             struct dv_buf *out, struct dv_err *err)
{
    if (length == 3 && memcmp(name, "now", 3) == 0) {
        struct dv_buf now = {0};
        dv_timestamp_format(params->now_us, true, &now);
        enum dv_status status = dv_buf_cstr(&now) != NULL ? DV_OK : dv_fail_memory(err);
        if (status == DV_OK)
            put_literal(out, now.data, "timestamptz");
        dv_buf_release(&now);
        return status;
    }
    for (unsigned i = 0; i < params->count; i++) {
        const struct dv_program_param *param = &params->list[i];
        if (strlen(param->name) != length || memcmp(param->name, name, length) != 0)
            continue;
        put_literal(out, param->value, param->type);
        return dv_buf_check(out, err);
    }
    return dv_fail(err, DV_EXIT_USAGE, "there is no parameter :%.*s", (int)length, name);
}

const char *const *dv_params_pairs(const struct dv_params *params, struct dv_arena *arena)
{
    const char **pairs = dv_arena_zalloc(arena, (params->count + 2) * sizeof *pairs);
    struct dv_buf now = {0};
    unsigned count = 0;
    dv_timestamp_format(params->now_us, true, &now);
    bool good = pairs != NULL && dv_buf_cstr(&now) != NULL;
    if (good)
        good = (pairs[count++] = dv_arena_printf(arena, "now=%s", dv_buf_cstr(&now))) != NULL;
    for (unsigned i = 0; i < params->count && good; i++) {
        const struct dv_program_param *param = &params->list[i];
        if (param->value != NULL)
            good = (pairs[count++] = dv_arena_printf(arena, "%s=%s", param->name, param->value)) != NULL;
    }
    dv_buf_release(&now);
    return good ? pairs : NULL;
}
