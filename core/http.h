/* One GET over HTTP or HTTPS, answered or not: for checks of what stands behind a URL.
 *
 * No answer (refused, too slow, a name that is not known, a certificate that is not good) is a result too,
 * not an error of the call. Redirects are answers: they are not followed. The body is read and thrown away.
 * The proxy of the environment (http_proxy, https_proxy, no_proxy) is used. Thread-safe. Looks at the stop
 * flag about once a second. */
#ifndef DV_CORE_HTTP_H
#define DV_CORE_HTTP_H

#include "core/error.h"

struct dv_http_answer {
    long status;        /* 200, 404, ...; 0: there was no answer */
    char location[256]; /* where a redirect points to, cut short and without its query; "" */
    char failure[256];  /* why there was none; "" where there was */
};

/* Fails (USAGE) where the URL is none of http or https, or holds a user or password, which would be kept in
 * the run's folder. */
enum dv_status dv_http_check_url(const char *url, struct dv_err *err) DV_MUST_CHECK;
/* url: one that dv_http_check_url has passed. timeout_ms: of the whole of it, more than 0. */
enum dv_status dv_http_get(const char *url, unsigned timeout_ms, struct dv_http_answer *answer,
                           struct dv_err *err) DV_MUST_CHECK;

#endif
