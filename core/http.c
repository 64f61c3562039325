#include "core/http.h"

#include "core/alloc.h"
#include "core/stop.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void prepare_once(void)
{
    (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, dv_alloc, dv_free, dv_realloc, dv_strdup, dv_calloc);
}

static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, prepare_once);
}

static bool has_part(CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(parts, part, &text, 0);
    bool has = code == CURLUE_OK && text != NULL;
    curl_free(text);
    return has;
}

enum dv_status dv_http_check_url(const char *url, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char *scheme = NULL;
    prepare();
    CURLU *parts = curl_url();
    CURLUcode code = parts != NULL ? curl_url_set(parts, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    if (code == CURLUE_OUT_OF_MEMORY) {
        status = dv_fail_memory(err);
    } else if (code != CURLUE_OK || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
        status = dv_fail(err, DV_EXIT_USAGE, "\"%.200s\" is not the URL of a page", url);
        dv_err_hint(err, "write it like https://api.example.com/health");
    } else if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD)) {
        status = dv_fail(err, DV_EXIT_USAGE,
                         "a URL with a user or a password is not asked: both would be "
                         "kept in the run's folder");
        dv_err_hint(err, "name a page that needs no login");
    }
    curl_free(scheme);
    curl_url_cleanup(parts);
    return status;
}

static size_t throw_away(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

/* Anything but 0 ends the transfer. */
static int look_at_stop(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                        curl_off_t up)
{
    (void)context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return dv_stop_requested();
}

static CURLcode set_up(CURL *curl, const char *url, unsigned timeout_ms, char *reason)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_TIMEOUT_MS, (long)timeout_ms},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_NOPROGRESS, 0},
        {CURLOPT_FOLLOWLOCATION, 0},
    };
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_USERAGENT, "drover/" DROVER_VERSION);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, throw_away);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_at_stop);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    return code;
}

static void describe(CURL *curl, CURLcode code, const char *reason, struct dv_http_answer *answer)
{
    char *location = NULL;
    *answer = (struct dv_http_answer){0};
    if (code != CURLE_OK) {
        (void)snprintf(answer->failure, sizeof answer->failure, "%s",
                       reason[0] != '\0' ? reason : curl_easy_strerror(code));
        return;
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    if (curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location) == CURLE_OK && location != NULL)
        (void)snprintf(answer->location, sizeof answer->location, "%.*s", (int)strcspn(location, "?#"),
                       location);
}

enum dv_status dv_http_get(const char *url, unsigned timeout_ms, struct dv_http_answer *answer,
                           struct dv_err *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    enum dv_status status;
    prepare();
    CURL *curl = curl_easy_init();
    CURLcode code = curl != NULL ? set_up(curl, url, timeout_ms, reason) : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    status = code == CURLE_OUT_OF_MEMORY ? dv_fail_memory(err) : dv_stop_check(err);
    if (status == DV_OK)
        describe(curl, code, reason, answer);
    curl_easy_cleanup(curl);
    return status;
}
