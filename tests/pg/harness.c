#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include "core/alloc.h"
#include "core/file.h"
#include "core/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[200], server[256];
static struct dv_buf url;

void test_ok(enum dv_status status, const struct dv_err *err)
{
    if (status >= 0)
        return;
    char text[2048];
    dv_err_format(err, text, sizeof text);
    fail_msg("%s", text);
}

int test_server_start(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/drover-test-XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL ||
        chmod(folder, 0711) != 0) /* open enough for the server's user, when we are root */
        return -1;
    (void)snprintf(server, sizeof server, "%s/server", folder);
    enum dv_status status = dv_sandbox_start(server, DV_SANDBOX_UNSAFE, &err);
    if (status == DV_OK)
        status = dv_sandbox_url(server, &url, &err);
    if (status != DV_OK || dv_buf_cstr(&url) == NULL) {
        char text[2048];
        dv_err_format(&err, text, sizeof text);
        (void)fprintf(stderr, "%s\n", text);
        return -1;
    }
    return 0;
}

int test_server_stop(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    enum dv_status stopped = dv_sandbox_remove(server, &err), removed = dv_file_remove_tree(folder, &err);
    dv_buf_release(&url);
    return stopped == DV_OK && removed == DV_OK ? 0 : -1;
}

void test_server_restart(void)
{
    struct dv_err err = DV_ERR_INIT;
    test_ok(dv_sandbox_stop(server, &err), &err);
    test_ok(dv_sandbox_start(server, DV_SANDBOX_UNSAFE, &err), &err);
}

const char *test_url(void)
{
    return url.data; /* NUL-terminated by the set-up; read by many threads */
}

const char *test_folder(void)
{
    return folder;
}

char *test_path(const char *name)
{
    char *path = dv_asprintf("%s/%s", folder, name);
    assert_non_null(path);
    return path;
}

struct dv_pg *test_connect(void)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = NULL;
    test_ok(dv_pg_open(&pg, test_url(), "drover/test", &err), &err);
    return pg;
}

void test_sql(const char *sql)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    enum dv_status status = dv_pg_exec(pg, sql, &err);
    dv_pg_close(pg);
    test_ok(status, &err);
}

char *test_value(const char *sql)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_pg *pg = test_connect();
    PGresult *result = NULL;
    enum dv_status status = dv_pg_query(pg, sql, 0, NULL, &result, &err);
    char *value = status == DV_OK && PQntuples(result) > 0 ? dv_strdup(PQgetvalue(result, 0, 0)) : NULL;
    PQclear(result);
    dv_pg_close(pg);
    test_ok(status, &err);
    assert_non_null(value);
    return value;
}

char *test_job_dir;

int test_job_start(void **state)
{
    int failed = test_server_start(state);
    if (failed == 0)
        test_job_dir = test_path("job");
    return failed;
}

int test_job_stop(void **state)
{
    dv_free(test_job_dir);
    return test_server_stop(state);
}
