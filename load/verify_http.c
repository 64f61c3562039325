/* Checks that ask a URL: whether the application answers as it should, after the load. */
#include "load/load.h"

#include "core/alloc.h"
#include "core/http.h"
#include "core/progress.h"
#include "core/thread.h"
#include "load/session.h"
#include "load/verify.h"

#include <stdio.h>
#include <string.h>

struct asking {
    const struct dv_context *context;
    const struct dv_http_check *checks;
    struct dv_check *results;
};

/* The query may hold a token: it is not shown. */
static void describe(const struct dv_http_check *check, struct dv_check *result)
{
    *result = (struct dv_check){.own = true, .warning = check->warning};
    (void)snprintf(result->name, sizeof result->name, "%s", check->name);
    (void)snprintf(result->description, sizeof result->description, "GET %.*s answers %u",
                   (int)strcspn(check->url, "?#"), check->url, check->status);
}

static void say(const struct dv_http_check *check, const struct dv_http_answer *answer, unsigned tries,
                struct dv_buf *out)
{
    if (answer->status == 0)
        dv_buf_printf(out, "no answer: %s", answer->failure);
    else
        dv_buf_printf(out, "answered %ld, not %u", answer->status, check->status);
    if (answer->location[0] != '\0')
        dv_buf_printf(out, ", and points to %s (a redirect is not followed)", answer->location);
    dv_buf_printf(out, "; asked %u time%s", tries, tries == 1 ? "" : "s");
}

static enum dv_status ask(const struct dv_http_check *check, struct dv_check *result, struct dv_err *err)
{
    struct dv_http_answer answer;
    struct dv_buf text = {0};
    unsigned tries = 0;
    enum dv_status status;
    do {
        if (tries > 0)
            DV_TRY(dv_pause((int64_t)check->pause_ms * 1000, err));
        DV_TRY(dv_http_get(check->url, check->timeout_ms, &answer, err));
        tries++;
    } while (answer.status != (long)check->status && tries < check->tries);
    bool passed = answer.status == (long)check->status;
    if (!passed)
        say(check, &answer, tries, &text);
    DV_TRY(dv_buf_check(&text, err));
    const char *samples = passed ? "" : dv_buf_cstr(&text);
    status = samples != NULL ? dv_check_result(result, !passed, samples, err) : dv_fail_memory(err);
done:
    dv_buf_release(&text);
    return status;
}

static enum dv_status ask_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    const struct asking *asking = context;
    struct dv_check *result = &asking->results[task];
    int64_t began = dv_monotonic_us();
    (void)worker;
    enum dv_status status = ask(&asking->checks[task], result, err);
    result->seconds = (double)(dv_monotonic_us() - began) / 1e6;
    if (status == DV_OK)
        dv_check_log(asking->context, result);
    else
        dv_err_place(err, "verify", result->name, -1, -1);
    return status;
}

enum dv_status dv_verify_http(const struct dv_context *context, const struct dv_http_check *checks,
                              unsigned count, struct dv_verification *out, struct dv_err *err)
{
    struct dv_check *all = dv_realloc_array(out->checks, (size_t)out->count + count + 1, sizeof *all);
    if (all == NULL)
        return dv_fail_memory(err);
    struct asking asking = {.context = context, .checks = checks, .results = all + out->count};
    out->checks = all;
    for (unsigned i = 0; i < count; i++)
        describe(&checks[i], &all[out->count++]);
    enum dv_status status = dv_run_tasks(count, context->workers, ask_task, &asking, err);
    for (unsigned i = 0; i < count; i++)
        out->passed = out->passed && (asking.results[i].passed || asking.results[i].warning);
    return status;
}
