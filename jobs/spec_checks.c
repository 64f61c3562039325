/* Checks of URLs, and which of them a run asks. */
#include "core/file.h"
#include "core/http.h"
#include "jobs/run_parts.h"
#include "jobs/spec_parts.h"

#include <string.h>

#define USUAL_STATUS     200
#define USUAL_TIMEOUT_MS 5000
#define USUAL_TRIES      3
#define USUAL_PAUSE_MS   1000
#define MOST_TRIES       100

/* An absent key leaves *out as it is. */
static enum dv_status read_number(const json_t *object, const char *key, const char *place, unsigned least,
                                  unsigned most, unsigned *out, struct dv_err *err)
{
    uint64_t number = *out;
    enum dv_status status = dv_json_uint(object, key, place, false, DV_EXIT_USAGE, &number, err);
    if (status != DV_OK)
        return status;
    if (number < least || number > most)
        return dv_fail(err, DV_EXIT_USAGE, "%s.%s must be a number from %u to %u", place, key, least, most);
    *out = (unsigned)number;
    return DV_OK;
}

/* The error of a URL, with the place where it stands. */
static enum dv_status check_url(const char *url, const char *place, struct dv_err *err)
{
    enum dv_status status = dv_http_check_url(url, err);
    if (status == DV_OK || err->code != DV_EXIT_USAGE)
        return status;
    struct dv_err inner = *err;
    status = dv_fail(err, DV_EXIT_USAGE, "%s: %s", place, inner.message);
    dv_err_hint(err, "%s", inner.hint);
    return status;
}

/* ":name" is the parameter of that name, anything else the URL itself. */
static enum dv_status read_url(const struct dv_job *job, struct dv_job_check *check, const json_t *object,
                               const char *place, struct dv_err *err)
{
    enum dv_status status = dv_json_string(object, "url", place, true, DV_EXIT_USAGE, &check->http.url, err);
    if (status != DV_OK)
        return status;
    if (check->http.url[0] != ':')
        return check_url(check->http.url, place, err);
    check->param = check->http.url + 1;
    for (unsigned i = 0; i < job->param_count; i++)
        if (strcmp(job->params[i].name, check->param) == 0)
            return DV_OK;
    status = dv_fail(err, DV_EXIT_USAGE, "%s.url: the job has no parameter \"%s\"", place, check->param);
    dv_err_hint(err, "declare it under \"params\", or write the URL itself");
    return status;
}

static enum dv_status read_check(const struct dv_job *job, struct dv_job_check *check, const json_t *object,
                                 const char *place, struct dv_err *err)
{
    static const char *const keys[] = {"url", "status", "timeout", "tries", "pause", "severity", NULL};
    struct dv_http_check *http = &check->http;
    const char *severity = "error";
    enum dv_status status;
    http->status = USUAL_STATUS;
    http->timeout_ms = USUAL_TIMEOUT_MS;
    http->tries = USUAL_TRIES;
    http->pause_ms = USUAL_PAUSE_MS;
    DV_TRY(dv_spec_name(http->name, place, err));
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    DV_TRY(read_url(job, check, object, place, err));
    DV_TRY(read_number(object, "status", place, 100, 599, &http->status, err));
    DV_TRY(read_number(object, "tries", place, 1, MOST_TRIES, &http->tries, err));
    DV_TRY(dv_spec_duration(object, "timeout", place, 1, &http->timeout_ms, err));
    DV_TRY(dv_spec_duration(object, "pause", place, 0, &http->pause_ms, err));
    DV_TRY(dv_json_string(object, "severity", place, false, DV_EXIT_USAGE, &severity, err));
    http->warning = strcmp(severity, "warning") == 0;
    if (!http->warning && strcmp(severity, "error") != 0)
        status = dv_fail(err, DV_EXIT_USAGE, "%s.severity must be \"error\" or \"warning\", not \"%s\"",
                         place, severity);
done:
    return status;
}

/* A file of verify/ may not have the same name: a report names checks. */
static enum dv_status check_name(struct dv_job *job, const char *name, struct dv_err *err)
{
    const char *path = dv_arena_printf(&job->arena, "%s/verify/%s.sql", job->dir, name);
    bool there = false;
    enum dv_status status = path != NULL ? dv_file_look(path, &there, err) : dv_fail_memory(err);
    if (status != DV_OK || !there)
        return status;
    status = dv_fail(err, DV_EXIT_USAGE, "checks.%s: verify/%s.sql has that name", name, name);
    dv_err_hint(err, "give one of the two another name");
    return status;
}

enum dv_status dv_spec_checks(struct dv_job *job, const json_t *section, struct dv_err *err)
{
    if (!json_is_object(section))
        return dv_fail(err, DV_EXIT_USAGE, "checks must be an object of NAME: {url, status, ...}");
    job->checks = dv_arena_zalloc(&job->arena, (json_object_size(section) + 1) * sizeof *job->checks);
    if (job->checks == NULL)
        return dv_fail_memory(err);
    const char *name;
    json_t *object;
    json_object_foreach((json_t *)(uintptr_t)section, name, object)
    {
        struct dv_job_check *check = &job->checks[job->check_count++];
        const char *place = dv_arena_printf(&job->arena, "checks.%s", name);
        if (place == NULL)
            return dv_fail_memory(err);
        check->http.name = name;
        enum dv_status status = read_check(job, check, object, place, err);
        if (status == DV_OK && job->dir != NULL)
            status = check_name(job, name, err);
        if (status != DV_OK)
            return status;
    }
    return DV_OK;
}

/* *url: the value of the check's parameter; NULL where that has none. */
static enum dv_status url_of_param(struct dv_run *run, const char *param, const char **url,
                                   struct dv_err *err)
{
    const char *place = dv_arena_printf(&run->arena, "--param %s", param);
    for (unsigned i = 0; i < run->params.count; i++)
        if (strcmp(run->params.list[i].name, param) == 0)
            *url = run->params.list[i].value;
    if (place == NULL)
        return dv_fail_memory(err);
    return *url != NULL ? check_url(*url, place, err) : DV_OK;
}

enum dv_status dv_run_checks(struct dv_run *run, struct dv_err *err)
{
    const struct dv_job *job = &run->job;
    run->checks = dv_arena_zalloc(&run->arena, ((size_t)job->check_count + 1) * sizeof *run->checks);
    if (run->checks == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < job->check_count; i++) {
        const struct dv_job_check *check = &job->checks[i];
        const char *url = check->param == NULL ? check->http.url : NULL;
        enum dv_status status = DV_OK;
        if (check->param != NULL)
            status = url_of_param(run, check->param, &url, err);
        if (status != DV_OK)
            return status;
        if (url == NULL)
            continue;
        run->checks[run->check_count] = check->http;
        run->checks[run->check_count++].url = url;
    }
    return DV_OK;
}
